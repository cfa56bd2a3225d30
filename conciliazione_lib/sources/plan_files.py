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
FOGLI = ("piano_progetti", "piano_partner", "piano_azioni")


def write_plan_template(path: Path) -> None:
    """Write the workbook to fill in: projects, partners, actions, with drop-downs and instructions."""
    write_template(path, _specs(), how="Compilato, il piano si controlla nella pagina «Piano» della scrivania.")


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


def rules(programma: str, ats: str) -> pd.DataFrame:
    """Return the rules of a programme that an ATS must follow.

    Raises
    ------
    UsoError
        If the programme has none.
    """
    regole = read("regole_programma")
    programmi = sorted(set(regole["programma"]))
    if programma not in programmi:
        raise UsoError(f"Il programma «{programma}» non ha regole.", f"Programmi: {', '.join(programmi)}.")
    proprie = regole["territorio"].isna() | (regole["territorio"] == ats)
    return regole[(regole["programma"] == programma) & proprie]


def endowment(programma: str, ats: str) -> Decimal | None:
    """Return the euros assigned to an ATS for a programme, to the cent, or None when they are not known so well.

    Raises
    ------
    UsoError
        If there is no such ATS.
    """
    codici = load().codes("ats")
    if ats not in codici:
        raise UsoError(f"«{ats}» non è una ATS.", f"Scriverne una di: {', '.join(codici)}.")
    righe = read("riparti")
    assegnati = righe[
        (righe["programma"] == programma)
        & (righe["livello"] == "ats")
        & (righe["territorio"] == ats)
        & (righe["precisione"] != "arrotondata")
    ]
    # A total of the whole programme already holds its years.
    complessivo = assegnati[assegnati["periodo"].str.contains("-")]
    importi = complessivo["importo"] if len(complessivo) else assegnati["importo"]
    return sum((Decimal(str(importo)) for importo in importi), Decimal(0)) if len(importi) else None


def _specs() -> list[TableSpec]:
    return [spec(nome) for nome in FOGLI]
