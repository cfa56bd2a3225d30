"""The survey on city-time plans: a workbook for each ambito, its answers, and putting them in the table."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from conciliazione_lib.catalog import spec, validate
from conciliazione_lib.errors import UsoError
from conciliazione_lib.indicators.time_plan_states import NON_PERVENUTO
from conciliazione_lib.sources.extraction import read_table
from conciliazione_lib.sources.templates import write_template
from conciliazione_lib.territory import Territory

TABLE = "piani_tempi"
#: Given when the answers are imported: whoever fills in the workbook does not write them.
_DATED_BY_US = ("rilevazione", "ambito_fonte", "grado", "fonte", "url")


def write_survey(path: Path, register: pd.DataFrame, comuni: pd.DataFrame | None = None) -> None:
    """Write the workbook to send to an Ufficio di Piano, with its comuni, their residents and their duty filled in.

    Parameters
    ----------
    path : Path
        The ``.xlsx`` to write.
    register : DataFrame
        The comuni asked, from :func:`conciliazione_lib.indicators.time_plans.register`: index ``cod_comune``;
        ``nome, residenti, obbligo``. Nothing of what is already known of their plans is written.
    comuni : DataFrame, optional
        The comuni among which a lead may be chosen; those asked by default.

    Raises
    ------
    UsoError
        When there is no comune.
    """
    if register.empty:
        raise UsoError("Non c'è nessun comune da interpellare.", "Scegliere un ambito i cui comuni siano noti.")
    rows = pd.DataFrame(
        {
            "cod_comune": register.index,
            "comune": register["nome"].to_numpy(),
            "residenti": register["residenti"].to_numpy(),
            "obbligo_di_piano": register["obbligo"].map({True: "sì", False: "no"}).to_numpy(),
        }
    )
    write_template(
        path,
        spec(TABLE),
        comuni,
        rows=rows,
        leave_out=_DATED_BY_US,
        how="Compilare la colonna «stato» per ogni comune: una riga senza stato conta come non pervenuta.",
    )


def read_survey(path: Path, territorio: Territory, *, rilevazione: str, ambito: str, fonte: str) -> pd.DataFrame:
    """Read the answers of an ambito.

    Rows whose state is empty are answers not received: they come back as such, so that the reminders name them.

    Parameters
    ----------
    path : Path
        The workbook of :func:`write_survey`, filled in.
    territorio : Territory
        The comuni in force.
    rilevazione, ambito, fonte : str
        The survey, the ambito that answers, and how the answer is to be cited.

    Returns
    -------
    DataFrame
        Rows of the table ``piani_tempi``.

    Raises
    ------
    DatiError
        With every wrong answer: row, column, value, rule.
    """
    known = {
        "rilevazione": rilevazione,
        "ambito_fonte": ambito,
        "grado": "pubblicazione",
        "fonte": fonte,
        "stato": NON_PERVENUTO,
    }
    return read_table(path, spec(TABLE), territorio, sheet=TABLE, defaults=known).frame


def merge(table: pd.DataFrame, answers: pd.DataFrame) -> pd.DataFrame:
    """Put the answers of an ambito in the table, in the place of those it gave before to the same survey.

    Parameters
    ----------
    table, answers : DataFrame
        Rows of the table ``piani_tempi``.

    Returns
    -------
    DataFrame
        The table to store, validated as a whole.
    """
    new = pd.MultiIndex.from_frame(answers[["rilevazione", "ambito_fonte"]])
    old = pd.MultiIndex.from_frame(table[["rilevazione", "ambito_fonte"]])
    whole = pd.concat([table[~old.isin(new)], answers], ignore_index=True)
    return validate(whole, spec(TABLE))
