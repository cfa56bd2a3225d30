"""The plan of an ATS as a workbook: the template to fill in, and reading it back."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pandas as pd

from conciliazione_lib.catalog import TableSpec, spec
from conciliazione_lib.errors import DatiError, Problem
from conciliazione_lib.indicators.compliance import Plan
from conciliazione_lib.sources.extraction import read_table
from conciliazione_lib.sources.templates import write_template
from conciliazione_lib.territory import Territory

#: The sheets of the workbook: each has the name and the columns of a table.
FOGLI = ("piano_progetti", "piano_partner", "piano_azioni")


def write_plan_template(path: Path) -> None:
    """Write the workbook to fill in: projects, partners, actions, with drop-downs and instructions."""
    write_template(path, _specs(), how=f"Per controllare il piano: conciliazione piano controlla «{path.name}»")


def read_plan(path: Path, territorio: Territory, dotazione: Decimal | None = None) -> Plan:
    """Read a plan from its workbook.

    Parameters
    ----------
    path : Path
        The workbook made by :func:`write_plan_template`, filled in.
    territorio : Territory
        The comuni in force, as reading any file of an analyst wants them.
    dotazione : Decimal, optional
        Euros assigned to the ATS for the programme.

    Raises
    ------
    UsoError, DatiError
        The file cannot be read, or has problems: those of every sheet at once.
    """
    tavole: list[pd.DataFrame] = []
    problemi: list[Problem] = []
    for tabella in _specs():
        try:
            tavole.append(read_table(path, tabella, territorio, sheet=tabella.name).frame)
        except DatiError as errore:
            problemi += errore.problemi or [
                Problem(f"il foglio «{tabella.name}» compilato", errore.messaggio, file=path)
            ]
    if problemi:
        raise DatiError(
            f"Il piano «{path.name}» non si può leggere.", "Correggere i fogli indicati e riprovare.", problemi
        )
    progetti, partner, azioni = tavole
    return Plan(progetti, partner, azioni, dotazione)


def _specs() -> list[TableSpec]:
    return [spec(nome) for nome in FOGLI]
