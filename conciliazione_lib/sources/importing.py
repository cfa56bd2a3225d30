"""Bringing a table in: read, told, and put among the rows of the others.

:mod:`conciliazione_lib.sources.extraction` reads the file, :mod:`~conciliazione_lib.sources.merging` says
what it takes the place of, :mod:`~conciliazione_lib.sources.keeping` stores it with the way back; here a file becomes
what they work on.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

import conciliazione_lib.sources.answers as answers
import conciliazione_lib.sources.demo as demo
import conciliazione_lib.sources.questionnaire as questionnaire
import conciliazione_lib.sources.statuses as statuses
from conciliazione_lib import catalog, storage
from conciliazione_lib.catalog.spec import TableSpec
from conciliazione_lib.errors import UsoError
from conciliazione_lib.region import REGION
from conciliazione_lib.sources.extraction import Extracted, read_table
from conciliazione_lib.sources.files import SPREADSHEETS, check_readable
from conciliazione_lib.sources.keeping import in_turn, restore, store
from conciliazione_lib.sources.merging import Changes, Placed, added_to, changes, cited, in_force, in_place, period
from conciliazione_lib.sources.numbers import DECIMALS
from conciliazione_lib.territory import Territory, load

__all__ = [
    "Changes",
    "Placed",
    "Understood",
    "added_to",
    "changes",
    "in_force",
    "in_place",
    "in_turn",
    "restore",
    "store",
    "understand",
]

#: How many things of a kind are listed, and how many rows.
SHOWN_NAMES = 10
SHOWN_ROWS = 12


@dataclass(frozen=True)
class Understood:
    """A file as it was understood, before it is stored.

    Attributes
    ----------
    spec : TableSpec
        The table it becomes.
    frame : DataFrame
        Its rows, validated.
    data : str
        Reference date or period.
    titolo, fonte : str
        As they will be cited.
    url, licenza : str
        Address and licence of the source, when known.
    come : str
        How the file was read, in Italian, one thing a line: what is missing first.
    note : str
        What a reader must know.
    stato : str
        How final the source says it is, one of :data:`storage.STATES`.
    insieme : tuple of Understood
        Other tables that the same file holds, which go with this one.
    risposte : mapping
        What the analyst said of some of its headers: header to column of the table.
    valori : mapping
        What she said of some of its values: column to value as written to value of the table.
    origine_file : str
        What names the origin of the file: see :func:`conciliazione_lib.sources.answers.origin`.
    invece : tuple of str
        Dates of the versions of its tier that it takes the place of: those whose other rows it holds.
    """

    spec: TableSpec
    frame: pd.DataFrame
    data: str
    titolo: str
    fonte: str
    url: str
    licenza: str
    come: str
    note: str = ""
    stato: str = storage.FINAL
    insieme: tuple[Understood, ...] = ()
    risposte: Mapping[str, str] = field(default_factory=dict)
    valori: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    origine_file: str = ""
    invece: tuple[str, ...] = ()

    def remember(self) -> None:
        """Keep what was answered about the file, for the next one of the same origin."""
        answers.remember(self.spec.name, self.origine_file, self.risposte)
        answers.remember_values(self.spec.name, self.origine_file, self.valori)


def understand(
    path: Path,
    table: str,
    *,
    sheet: str | None = None,
    data: str | None = None,
    fonte: str | None = None,
    defaults: Mapping[str, str] | None = None,
    colonne: Mapping[str, str] | None = None,
    decimali: str | None = None,
    valori: Mapping[str, Mapping[str, str]] | None = None,
    salta: Collection[int] = (),
) -> Understood:
    """Read a file as a table of the catalog.

    Parameters
    ----------
    path : Path
        A CSV, a spreadsheet, or a population file of demo.istat.it.
    table : str
        Name of the table.
    sheet : str, optional
        The sheet to read.
    data : str, optional
        Reference date of the data; by default what the file says, in its title or in the years of its rows, or today.
    fonte : str, optional
        Source to be cited: asked for where the rows of the file do not say it.
    defaults : mapping, optional
        Values for columns that the file does not have.
    colonne : mapping, optional
        Which column of the table some headers of the file are; they are remembered for the files of the same origin.
    decimali : {"virgola", "punto"}, optional
        The sign of the decimals, where the file does not tell.
    valori : mapping, optional
        What some values of the file mean: column of the table to value as written to value of the table (``-`` where it
        says that there is none). They are remembered too.
    salta : collection of int
        Rows of the sheet that are not data: a note, a legend.

    Returns
    -------
    Understood

    Raises
    ------
    UsoError
        If the file or the table does not exist, or nobody says whose data it is.
    DatiError
        With every problem of the file, and every question about it.
    """
    spec = catalog.spec(table)
    check_readable(path)
    if decimali is not None and decimali not in DECIMALS:
        raise UsoError(
            f"«{decimali}» non è un segno dei decimali.", "Scrivere --decimali virgola oppure --decimali punto."
        )
    # A workbook is large to open twice: only those tables may come from one that was a file of demo.istat.it.
    may_be = table in demo.TABLES or path.suffix.lower() not in SPREADSHEETS
    known = demo.recognise(path) if may_be else None
    if known is not None and table in known.tabelle:
        if known.data is not None and data not in (None, known.data):
            raise UsoError(f"I dati del file sono al {known.data}, non al {data}.", "Togliere --data.")
        return _from_demo(
            path, spec, known.data or data, fonte or "ISTAT, demo.istat.it", titled=known.data is not None
        )
    if known is not None:
        raise UsoError(
            f"Il file «{path.name}» di demo.istat.it riempie la tabella «{known.tabelle[0]}», non «{table}».",
            f'Importarlo così: conciliazione dati importa "{path}" --come {known.tabelle[0]}',
        )
    if table == "questionari":
        return _questionnaires(path, spec, sheet, data, fonte, dict(defaults or {}))
    said = _Said(dict(colonne or {}), {name: dict(known) for name, known in (valori or {}).items()}, tuple(salta))
    _check_columns(said.values, spec)
    return _from_table(path, spec, sheet, data, fonte, dict(defaults or {}), said, decimali)


@dataclass(frozen=True)
class _Said:
    """What the analyst said of a file: of its headers, of its values, of its rows."""

    columns: Mapping[str, str]
    values: Mapping[str, Mapping[str, str]]
    rows: tuple[int, ...]


def _check_columns(values: Mapping[str, object], spec: TableSpec) -> None:
    unknown = [name for name in values if name not in spec.columns]
    if unknown:
        raise UsoError(
            f"La tabella «{spec.name}» non ha la colonna «{unknown[0]}».",
            f"Le colonne sono: {', '.join(spec.columns)}.",
        )


def _from_table(
    path: Path,
    spec: TableSpec,
    sheet: str | None,
    data: str | None,
    fonte: str | None,
    defaults: Mapping[str, str],
    said: _Said,
    decimali: str | None,
) -> Understood:
    given = {"grado": "pubblicazione"} | ({"fonte": fonte} if fonte else {}) | dict(defaults)
    where = answers.origin(path, given.get("fonte"))
    read = read_table(
        path,
        spec,
        _territory(data),
        sheet=sheet,
        defaults={k: v for k, v in given.items() if k in spec.columns},
        answers=said.columns,
        remembered=answers.recall(spec.name, where),
        decimals=DECIMALS[decimali] if decimali else None,
        values=_together(answers.recall_values(spec.name, where), said.values),
        skip=said.rows,
    )
    source = cited(read.frame["fonte"]) if "fonte" in read.frame else given.get("fonte")
    if not source:
        raise UsoError(
            f"Non è detto di chi sono i dati del file «{path.name}»: è ciò che si cita accanto a ogni cifra.",
            'Aggiungere --fonte "ENTE, che cosa, anno".',
        )
    told = _told(read, spec, said.columns)
    day = data or period(read.frame, spec)
    if day is None:
        day = dt.date.today().isoformat()
        told.append(
            "Il file non dice di quando sono i dati: vale la data di oggi. Per dirne un'altra: --data AAAA-MM-GG."
        )
    return Understood(
        spec,
        read.frame.reset_index(drop=True),
        day,
        spec.title,
        source,
        "",
        "",
        "\n".join(told),
        risposte=dict(said.columns),
        valori=said.values,
        origine_file=where,
    )


def _together(
    known: Mapping[str, Mapping[str, str]], said: Mapping[str, Mapping[str, str]]
) -> dict[str, dict[str, str]]:
    """Return what was said of values before and now, which counts more."""
    return {name: {**known.get(name, {}), **said.get(name, {})} for name in {**known, **said}}


def _told(read: Extracted, spec: TableSpec, said: Mapping[str, str]) -> list[str]:
    """Return what to say of how a file was read, the most serious first."""
    rows = len(read.frame)
    told = [
        f"Attenzione: il file non dà «{name}» ({spec.columns[name].description}): "
        f"{f'in tutte le {rows} righe' if rows > 1 else 'nella sua unica riga'} resta non noto."
        for name in read.unfilled
    ]
    where = f"foglio «{read.sheet}», " if read.sheet else ""
    told.append(f"Letto: {where}intestazione alla riga {read.header_row}; righe: {rows}.")
    for name, missing in read.missing.items():
        told.append(f"Letti come mancanti in «{name}»: {len(missing)} (righe {_first(missing)}).")
    if read.doubtful:
        told.append(f"Letture da controllare: {_listed(read.doubtful)}.")
    if read.totals:
        told.append(f"Righe di totale riconosciute e lasciate fuori: {_listed(read.totals)}.")
    if read.other_sheets:
        told.append(f"Altri fogli non letti: {_listed(read.other_sheets)}.")
    if read.corrected:
        told.append(f"Valori letti come è stato detto: {_listed(read.corrected)}.")
    if read.skipped:
        told.append(f"Righe che non sono dati, non lette: {_first(read.skipped)}.")
    if read.renamed:
        told.append(f"Comuni chiamati con un altro nome: {_listed(read.renamed)}.")
    if read.ignored:
        told.append(f"Colonne non usate: {', '.join(read.ignored)}.")
    known_before = [header for header in read.answered if header not in said]
    if known_before:
        told.append(f"Lette come è stato detto per un file della stessa origine: {', '.join(known_before)}.")
    return told


def _listed(things: Iterable[str]) -> str:
    every = list(things)
    others = len(every) - SHOWN_NAMES
    return "; ".join(every[:SHOWN_NAMES]) + (f"; e altri {others}" if others > 0 else "")


def _first(rows: tuple[int, ...]) -> str:
    return ", ".join(map(str, rows[:SHOWN_ROWS])) + (", …" if len(rows) > SHOWN_ROWS else "")


def _from_demo(path: Path, spec: TableSpec, data: str | None, fonte: str, *, titled: bool) -> Understood:
    """Read a file of demo.istat.it: Lombardia by comune and, when the population is all there, Italy."""
    citation = (fonte, "https://demo.istat.it", "CC BY 4.0")
    read_ = demo.read(path, spec.name, data, fonte=fonte, url=citation[1])
    day = read_.data
    when = f"al 1° gennaio {day[:4]}" if day.endswith("-01-01") else f"del {day}"
    comuni = read_.frame["cod_comune"].nunique()
    how = f"File di demo.istat.it, dati {when}: {comuni} comuni {REGION.di} ({read_.altrove} di altre regioni)."
    if read_.stato != storage.FINAL:
        declared = statuses.DECLARED[read_.stato] if titled else "Manca il titolo, che direbbe se sono definitivi"
        how += f" {declared}: se ci sono dati definitivi, si usano solo chiedendo questa data."
    italia: tuple[Understood, ...] = ()
    if spec.name == "popolazione" and read_.italia is not None:
        of_italia = catalog.spec("popolazione_italia")
        title = f"Popolazione residente in Italia per età e sesso {when}"
        frame = catalog.validate(read_.italia, of_italia)
        total_of = "Somma di tutti i comuni del file."
        italia = (Understood(of_italia, frame, day, title, *citation, total_of, stato=read_.stato),)
        how += " Ne viene anche la popolazione dell'Italia, come somma dei comuni."
    elif spec.name == "popolazione":
        how += " Il file non contiene tutta l'Italia: la sua popolazione resta quella di prima."
    return Understood(
        spec,
        catalog.validate(read_.frame, spec),
        day,
        f"{spec.title} {when}",
        *citation,
        how,
        stato=read_.stato,
        insieme=italia,
    )


def _questionnaires(
    path: Path, spec: TableSpec, sheet: str | None, data: str | None, fonte: str | None, given: dict[str, str]
) -> Understood:
    one_cited = fonte or "Questionari raccolti dall'Alleanza"
    read_ = questionnaire.read_export(
        path, catalog.read("questionario"), {"grado": "pubblicazione", "fonte": one_cited} | given, sheet=sheet
    )
    how = f"Questionari con almeno una risposta: {read_.respondents}; domande riconosciute: {read_.questions}."
    if read_.ignored:
        how += f" Colonne lasciate fuori, e non conservate: {', '.join(read_.ignored)}."
    return Understood(spec, read_.frame, data or dt.date.today().isoformat(), spec.title, one_cited, "", "", how)


def _territory(data: str | None) -> Territory:
    """Return the comuni at the date of some data; those of today for a period, or before the first that are known."""
    for part in (data or "").split("/") if data is not None else ():
        try:
            dt.datetime.strptime(part, "%Y" if len(part) == 4 else "%Y-%m-%d")
        except ValueError as cause:
            raise UsoError(
                f"«{data}» non è una data.",
                "Scriverla nella forma AAAA-MM-GG, per esempio 2022-01-01; un periodo di anni come 2019/2024.",
            ) from cause
    return load(data=data) if data is not None and len(data) == 10 and data >= "2010-01-01" else load()
