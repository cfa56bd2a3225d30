"""The plan of an ATS as a workbook: the template to fill in, and reading it back."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pandas as pd

from conciliazione_lib.catalog import TableSpec, read, spec
from conciliazione_lib.errors import DatiError, Problem, UsoError
from conciliazione_lib.indicators.compliance import Plan
from conciliazione_lib.sources.extraction import read_table
from conciliazione_lib.sources.templates import write_template
from conciliazione_lib.territory import Territory, load

#: The sheets of the workbook: each has the name and the columns of a table.
SHEETS = ("piano_progetti", "piano_partner", "piano_azioni")


def write_plan_template(path: Path) -> None:
    """Write the workbook to fill in: projects, partners, actions, with drop-downs and instructions."""
    write_template(path, _specs(), how="Compilato, il piano si controlla nella pagina «Piano» della scrivania.")


def read_plan(path: Path, territorio: Territory, budget: Decimal | None = None) -> Plan:
    """Read a plan from its workbook.

    Parameters
    ----------
    path : Path
        The workbook made by :func:`write_plan_template`, filled in.
    territorio : Territory
        The comuni in force, as reading any file of an analyst wants them.
    budget : Decimal, optional
        Euros assigned to the ATS for the programme.

    Raises
    ------
    UsoError, DatiError
        The file cannot be read, or has problems: those of every sheet at once.
    """
    tables: list[pd.DataFrame] = []
    problems: list[Problem] = []
    for table in _specs():
        try:
            tables.append(read_table(path, table, territorio, sheet=table.name).frame)
        except DatiError as error:
            problems += error.problemi or [Problem(f"il foglio «{table.name}» compilato", error.messaggio, file=path)]
    if problems:
        raise DatiError(
            f"Il piano «{path.name}» non si può leggere.", "Correggere i fogli indicati e riprovare.", problems
        )
    projects, partner, actions = tables
    return Plan(projects, partner, actions, budget)


def rules(programma: str, ats: str) -> pd.DataFrame:
    """Return the rules of a programme that an ATS must follow.

    Raises
    ------
    UsoError
        If the programme has none.
    """
    one_rules = read("regole_programma")
    programmes = sorted(set(one_rules["programma"]))
    if programma not in programmes:
        raise UsoError(f"Il programma «{programma}» non ha regole.", f"Programmi: {', '.join(programmes)}.")
    own = one_rules["territorio"].isna() | (one_rules["territorio"] == ats)
    return one_rules[(one_rules["programma"] == programma) & own]


def endowment(programma: str, ats: str) -> Decimal | None:
    """Return the euros assigned to an ATS for a programme, to the cent, or None when they are not known so well.

    Raises
    ------
    UsoError
        If there is no such ATS.
    """
    codes = load().codes("ats")
    if ats not in codes:
        raise UsoError(f"«{ats}» non è una ATS.", f"Scriverne una di: {', '.join(codes)}.")
    rows = read("riparti")
    assigned = rows[
        (rows["programma"] == programma)
        & (rows["livello"] == "ats")
        & (rows["territorio"] == ats)
        & (rows["precisione"] != "arrotondata")
    ]
    # A total of the whole programme already holds its years.
    overall = assigned[assigned["periodo"].str.contains("-")]
    amounts = overall["importo"] if len(overall) else assigned["importo"]
    return sum((Decimal(str(amount)) for amount in amounts), Decimal(0)) if len(amounts) else None


def _specs() -> list[TableSpec]:
    return [spec(name) for name in SHEETS]
