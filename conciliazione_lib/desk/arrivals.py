"""The files dropped on the desk: kept until they are imported or thrown away, with what was said of each.

A file and its answers are on the disk from the first moment: who kills the desk in the middle finds them again.
"""

from __future__ import annotations

import contextlib
import json
import re
import secrets
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import conciliazione_lib.desk.life as life
from conciliazione_lib import catalog, territory
from conciliazione_lib.catalog import TableSpec
from conciliazione_lib.desk.server import Upload
from conciliazione_lib.errors import ConciliazioneError, DatiError, Problem, UsoError
from conciliazione_lib.quality.plausibility import of_table
from conciliazione_lib.sources import importing, recognising
from conciliazione_lib.sources.cells import has_vocabulary, is_comune, is_number
from conciliazione_lib.sources.columns import NONE
from conciliazione_lib.sources.files import SPREADSHEETS, TEXTS
from conciliazione_lib.sources.importing import Placed, Understood
from conciliazione_lib.sources.recognising import Header

STATE: Final = "scelte.json"
#: Values of a column that are asked about one by one; beyond them, the copy to correct is quicker.
ASKED: Final = 40
#: What is to be said of a file of answers, which an instrument on line never writes in it.
QUESTIONNAIRES: Final = "questionari"
ASKED_OF_QUESTIONNAIRES: Final = ("modulo", "ats", "alleanza", "rilevazione")
#: Rows that may be left out by choice.
ROWS: Final = 60
_ID = re.compile(r"[0-9a-f]{16}")
_WRITTEN = re.compile(r"^«(.*)»$", re.DOTALL)


@dataclass
class Choices:
    """What was said of a file.

    Attributes
    ----------
    name : str
        The name of the file, as it was dropped.
    table : str
        The table that it becomes.
    sheet, date, source, decimals : str
        As for :func:`conciliazione_lib.sources.importing.understand`; empty where nothing was said.
    columns, values, given : dict
        Headers, values of columns, columns that have one value for the whole file.
    rows : list of int
        Rows that are not data.
    adding : bool
        Whether its rows are added to those in force.
    """

    name: str
    table: str = ""
    sheet: str = ""
    date: str = ""
    source: str = ""
    decimals: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    given: dict[str, str] = field(default_factory=dict)
    rows: list[int] = field(default_factory=list)
    adding: bool = False


@dataclass(frozen=True)
class Value:
    """A value of a file that the table does not know: where it is, and what it may be read as."""

    written: str
    rows: tuple[int, ...]
    remedy: str


@dataclass(frozen=True)
class Asked:
    """A column whose values are to be said.

    Attributes
    ----------
    column, header : str
        In the table and in the file.
    expected : str
        What goes in it.
    values : tuple of Value
        Most frequent first.
    menu : tuple of str
        What may be chosen; empty where it is to be written.
    places : bool
        Whether it holds comuni.
    none : bool
        Whether the value may be missing.
    """

    column: str
    header: str
    expected: str
    values: tuple[Value, ...]
    menu: tuple[str, ...]
    places: bool
    none: bool


@dataclass(frozen=True)
class Looked:
    """A file as it stands: what it was understood to be, or what is still to be said.

    Attributes
    ----------
    guesses : tuple of Guess
        The tables that it may be.
    sheets : tuple of str
        The sheets that have columns of the table.
    headers : tuple of Header
        Its columns.
    missing : tuple of str
        Columns that every row must have and the file does not.
    source : bool
        Whether it is to be said whose data it is.
    decimals : bool
        Whether it is to be said which sign separates the decimals.
    asked : tuple of Asked
        Values to be said.
    notes : tuple of Problem
        Rows that do not look like data.
    others : tuple of Problem
        What can only be corrected in the file.
    refused : ConciliazioneError, optional
        Why it is not read.
    read : Understood, optional
        What it was understood to be.
    placed : Placed, optional
        What it would change, when it can be imported.
    warnings : tuple of str
        What is to be looked at before it is imported.
    asked_apart : tuple of str
        Columns that files of this kind never have, and that have one value for the whole file.
    """

    guesses: tuple[recognising.Guess, ...] = ()
    sheets: tuple[str, ...] = ()
    headers: tuple[Header, ...] = ()
    missing: tuple[str, ...] = ()
    source: bool = False
    decimals: bool = False
    asked: tuple[Asked, ...] = ()
    notes: tuple[Problem, ...] = ()
    others: tuple[Problem, ...] = ()
    refused: ConciliazioneError | None = None
    read: Understood | None = None
    placed: Placed | None = None
    warnings: tuple[str, ...] = ()
    asked_apart: tuple[str, ...] = ()

    @property
    def questions(self) -> int:
        """How many things are to be said before it can be read."""
        doubtful = sum(bool(one.asked) for one in self.headers)
        lacking = [name for name in self.missing if name != "fonte"]
        values = sum(len(one.values) for one in self.asked)
        return (
            len(self.asked_apart)
            + doubtful
            + len(lacking)
            + values
            + len(self.notes)
            + int(self.source)
            + int(self.decimals)
        )


class Arrival:
    """A file dropped on the desk.

    Parameters
    ----------
    folder : Path
        Its own, with the file and what was said of it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        known = json.loads((folder / STATE).read_text(encoding="utf-8"))
        self.choices = Choices(**known)

    @property
    def id(self) -> str:
        """Its name in addresses."""
        return self.folder.name

    @property
    def path(self) -> Path:
        """The file."""
        return self.folder / "file" / _safe(self.choices.name)

    def save(self) -> None:
        """Write down what was said of it."""
        _write(self.folder, self.choices)

    def throw_away(self) -> None:
        """Forget it."""
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def answered(self) -> bool:
        """Whether anything was said of its columns, values or rows."""
        said = self.choices
        return bool(said.columns or said.values or said.rows or said.given or said.decimals or said.date)

    def understand(self) -> Understood:
        """Read it as it was said."""
        said = self.choices
        return importing.understand(
            self.path,
            said.table,
            sheet=said.sheet or None,
            data=said.date or None,
            fonte=said.source or None,
            defaults=said.given,
            colonne=said.columns,
            decimali=said.decimals or None,
            valori=said.values,
            salta=said.rows,
        )

    def look(self) -> Looked:
        """Return what it is understood to be, or what is to be said of it."""
        said = self.choices
        try:
            guesses = tuple(recognising.guesses(self.path))
        except ConciliazioneError as error:
            return Looked(refused=error)
        if not said.table:
            if not guesses:
                return Looked()
            said.table, said.sheet = guesses[0].table, guesses[0].sheet or ""
            self.save()
        if said.table == QUESTIONNAIRES and not {*ASKED_OF_QUESTIONNAIRES} <= set(said.given):
            return Looked(guesses, asked_apart=ASKED_OF_QUESTIONNAIRES)
        spec = catalog.spec(said.table)
        text = self.path.suffix.lower() in TEXTS
        sheets = () if text or not _tabular(self.path) else tuple(recognising.sheets_like(self.path, spec))
        given = ["grado", *(["fonte"] if said.source else []), *said.given]
        try:
            outline = recognising.outline(self.path, spec, said.sheet or None, said.columns, given)
        except ConciliazioneError:
            outline = None
        headers = outline.headers if outline else ()
        try:
            read = self.understand()
            placed = importing.added_to(read) if said.adding else importing.in_place(read)
        except DatiError as error:
            return _to_say(error, spec, guesses, sheets, headers, outline.missing if outline else (), said)
        except UsoError as error:
            source = not said.source and "di chi sono i dati" in error.messaggio
            return Looked(guesses, sheets, headers, source=source, refused=error)
        warnings = [shift.testo for shift in placed.shifts] + of_table(spec, read.frame, placed.before)
        return Looked(guesses, sheets, headers, read=read, placed=placed, warnings=tuple(warnings))

    def problems(self) -> Sequence[Problem]:
        """Return everything that is wrong in it, for the copy to correct."""
        try:
            self.understand()
        except DatiError as error:
            return error.problemi
        return ()


def _to_say(
    error: DatiError,
    spec: TableSpec,
    guesses: tuple[recognising.Guess, ...],
    sheets: tuple[str, ...],
    headers: tuple[Header, ...],
    missing: tuple[str, ...],
    said: Choices,
) -> Looked:
    """Sort the problems of a file by what can be said of them."""
    column = {one.written: one.column for one in headers if one.column}
    doubtful = {one.written for one in headers if one.asked}
    values: dict[str, dict[str, list[Problem]]] = {}
    notes: list[Problem] = []
    others: list[Problem] = []
    bad = [p.riga for p in error.problemi if p.colonna in column and p.riga is not None]
    decimals = any("--decimali" in (p.rimedio or "") for p in error.problemi)
    for p in error.problemi:
        written = _WRITTEN.match(p.trovato)
        if p.colonna in doubtful or any(f"«{name}»" in p.atteso for name in missing):
            continue  # asked among the columns
        if "--decimali" in (p.rimedio or ""):
            continue
        if p.colonna in column and written and p.riga is not None:
            if bad.count(p.riga) >= 3:  # a legend under the table fills some columns too
                if all(note.riga != p.riga for note in notes):
                    notes.append(Problem("una riga di dati", p.trovato, riga=p.riga))
                continue
            values.setdefault(str(p.colonna), {}).setdefault(written[1], []).append(p)
        elif p.riga is not None and p.colonna is None and written:
            notes.append(p)
        else:
            others.append(p)
    asked = []
    for header, found in values.items():
        name = str(column[header])
        declared = spec.columns[name]
        if len(found) > ASKED:
            others += [p for alike in found.values() for p in alike]
            continue
        menu = _vocabulary(spec, name)
        each = [
            Value(written, tuple(p.riga or 0 for p in alike), _remedy(alike[0]))
            for written, alike in sorted(found.items(), key=lambda one: -len(one[1]))
        ]
        expected = str(declared.description or next(iter(found.values()))[0].atteso)
        asked.append(Asked(name, header, expected, tuple(each), menu, is_comune(declared), bool(declared.nullable)))
    beside = {note.riga for note in notes}
    others = [p for p in others if p.riga is None or p.riga not in beside]  # of a row that may not be data
    if len(notes) > ROWS:
        others, notes = others + notes, []
    return Looked(
        guesses,
        sheets,
        headers,
        missing=missing,
        source="fonte" in missing and not said.source,
        decimals=decimals,
        asked=tuple(asked),
        notes=tuple(notes),
        others=tuple(others),
        refused=error,
    )


def _remedy(problem: Problem) -> str:
    return problem.rimedio or ""


def _vocabulary(spec: TableSpec, name: str) -> tuple[str, ...]:
    column = spec.columns[name]
    if not has_vocabulary(column) or is_number(column):
        return ()
    return column.values or ()


def arrived(upload: Upload) -> Arrival:
    """Keep a file that was dropped.

    Raises
    ------
    UsoError
        If it is of a kind that is not read.
    """
    kinds = (*SPREADSHEETS, *TEXTS, ".zip")
    if Path(upload.name).suffix.lower() not in kinds:
        raise UsoError(
            f"Il file «{upload.name}» non è di un tipo che si possa leggere.", f"Si leggono: {', '.join(kinds)}."
        )
    folder = _root() / secrets.token_hex(8)
    making = folder.with_name(f".{folder.name}")
    (making / "file").mkdir(parents=True)
    (making / "file" / _safe(upload.name)).write_bytes(upload.content)
    _write(making, Choices(upload.name))
    making.rename(folder)  # whole or not at all
    return Arrival(folder)


def waiting() -> list[Arrival]:
    """Return the files that were dropped and not imported yet, the last first."""
    found = [path for path in _root().iterdir() if _ID.fullmatch(path.name) and (path / STATE).is_file()]
    return [Arrival(path) for path in sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)]


def find(id: str) -> Arrival | None:
    """Return a file by its name in addresses; None when there is none."""
    folder = _root() / id
    return Arrival(folder) if _ID.fullmatch(id) and (folder / STATE).is_file() else None


def put_in(arrival: Arrival, *, sure: bool, used: Callable[[str], list[str]]) -> tuple[str, list[str]]:
    """Import a file, as ``conciliazione dati importa`` does, and return what happened and what to know of it.

    Parameters
    ----------
    arrival : Arrival
    sure : bool
        Whether fewer rows than before, or totals far from those of before, were said to be right.
    used : callable
        Gives the chapters that use a table.

    Raises
    ------
    UsoError
        If that was not said, and must be.
    """
    with importing.in_turn():
        read = arrival.understand()
        placed = importing.added_to(read) if arrival.choices.adding else importing.in_place(read)
        if not sure and needs_yes(placed):
            raise UsoError(needs_yes(placed), "Segnare la casella, se è così, e confermare di nuovo.")
        importing.store(placed.understood)
        read.remember()
    arrival.throw_away()
    chapters = used(read.spec.name)
    more = [f"La usano i capitoli: {', '.join(chapters)}."] if chapters else []
    rows = "una riga" if len(read.frame) == 1 else f"{len(read.frame)} righe"
    return f"«{read.spec.title}» è in vigore: {rows} dal file «{arrival.choices.name}».", more


def needs_yes(placed: Placed) -> str:
    """Return what must be said to be right before a file is imported; nothing when there is nothing."""
    wild = "; ".join(shift.testo for shift in placed.shifts if shift.incredibile)
    if placed.lost:
        return f"Con questo file la tabella perde {placed.lost} righe del suo territorio."
    return f"I totali sono molto lontani da quelli in vigore: {wild}." if wild else ""


def comuni_names() -> list[str]:
    """Return the names of the comuni, for the field where one is written."""
    return sorted(territory.load().comuni["nome"])


def _tabular(path: Path) -> bool:
    return path.suffix.lower() in SPREADSHEETS


def _root() -> Path:
    root = life.folder() / "arrivi"
    root.mkdir(exist_ok=True)
    return root


def _safe(name: str) -> str:
    """Return a name that every system can have, with the same ending."""
    plain = re.sub(r"[^\w\s.()’«»+,-]", "_", name).strip(" .") or "file"
    path = Path(plain)
    return f"{path.stem[:80].strip()}{path.suffix}"


def _write(folder: Path, choices: Choices) -> None:
    new = folder / f".{STATE}"
    new.write_text(json.dumps(asdict(choices), ensure_ascii=False, indent=1), encoding="utf-8")
    new.replace(folder / STATE)


def clean() -> None:
    """Remove what a kill left half written."""
    with contextlib.suppress(OSError):
        for left in _root().glob(".*"):
            shutil.rmtree(left, ignore_errors=True)


def said_in(form: dict[str, list[str]] | Any, choices: Choices) -> None:
    """Take the answers of a form into what was said of a file.

    Fields: ``tabella, foglio, fonte, data, decimali, aggiungi``; ``colonna:HEADER``, ``valore:COLUMN:WRITTEN``,
    ``dato:COLUMN``, ``riga`` (repeated); ``ricomincia`` forgets what was said of columns, values and rows.
    """

    def one(name: str) -> str | None:
        return form[name][-1].strip() if name in form else None

    if "ricomincia" in form:
        vars(choices).update(vars(Choices(choices.name, choices.table, choices.sheet, source=choices.source)))
        return
    table = one("tabella")
    if table and table != choices.table:
        catalog.spec(table)
        # Another table: everything that was said of the first is of no use, but for whose data it is.
        vars(choices).update(vars(Choices(choices.name, table, one("foglio") or "", source=choices.source)))
        return
    sheet = one("foglio")
    if sheet is not None and sheet != choices.sheet:
        choices.sheet, choices.columns, choices.values, choices.rows = sheet, {}, {}, []
        return
    for name, kept in (("fonte", "source"), ("data", "date"), ("decimali", "decimals")):
        if (value := one(name)) is not None:
            setattr(choices, kept, value)
    if "modo" in form:
        choices.adding = one("modo") == "aggiungi"
    elif choices.table == QUESTIONNAIRES and not choices.given:
        choices.adding = True  # each Alleanza sends its own file
    spec = catalog.spec(choices.table) if choices.table else None
    for name, values in form.items():
        kind, _, rest = name.partition(":")
        value = values[-1].strip()
        if spec is None or not rest or not value:
            continue
        if kind == "colonna" and (value == NONE or value in spec.columns):
            choices.columns[rest] = value
        elif kind == "dato" and rest in spec.columns:
            choices.given[rest] = value
        elif kind == "valore":
            column, _, written = rest.partition(":")
            if column in spec.columns:
                choices.values.setdefault(column, {})[written] = value
    choices.rows = sorted({*choices.rows, *(int(row) for row in form.get("riga", ()) if row.isdigit())})
