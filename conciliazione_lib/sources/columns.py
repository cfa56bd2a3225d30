"""Which column of a file is which column of a table; and the questions to ask where only the analyst knows.

A header that is one of the names of a column is that column. One that only resembles the name of a column that nothing
else fills is a question: a number of places left out in silence would make a chapter without places.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from conciliazione_lib.catalog import TableSpec
from conciliazione_lib.catalog.spec import Column
from conciliazione_lib.errors import Problem, UsoError
from conciliazione_lib.sources.cells import is_number, shown
from conciliazione_lib.sources.files import Sheet, normalise
from conciliazione_lib.sources.numbers import Quantity, read_numbers

HEADER_ROWS = 40
#: As an answer: the column of the file is none of the table.
NONE = "-"
#: Headers whose meaning nobody doubts, and which no table asks for.
_NEUTRAL = frozenset(
    [
        "cap",
        "codice postale",
        "telefono",
        "tel",
        "cellulare",
        "fax",
        "email",
        "e mail",
        "mail",
        "pec",
        "indirizzo",
        "via",
        "n civico",
        "civico",
        "numero civico",
        "partita iva",
        "p iva",
        "codice fiscale",
        "latitudine",
        "longitudine",
        "lat",
        "lon",
        "lng",
        "x",
        "y",
        "coordinate",
        "sito",
        "sito web",
        "id",
        "progressivo",
        "n ord",
        "ats",
        "ambito",
        "distretto",
        "provincia",
        "asst",
        "asl",
        "referente",
        "responsabile",
        "comune",
        "nome comune",
    ]
)
#: Words that many headers share without meaning the same.
_COMMON = frozenset(
    [
        "con",
        "dal",
        "del",
        "dei",
        "della",
        "delle",
        "degli",
        "per",
        "alla",
        "alle",
        "num",
        "numero",
        "nro",
        "tot",
        "totale",
        "totali",
        "somma",
        "cod",
        "codice",
        "tipo",
        "tipologia",
        "nome",
        "denominazione",
        "descrizione",
        "data",
        "anno",
        "val",
        "valore",
        "ente",
        "servizio",
        "servizi",
        "struttura",
        "istat",
        "rif",
        "riferimento",
    ]
)
#: Columns that say where a row comes from: never filled by resemblance.
_ABOUT_ROWS = ("grado", "fonte", "url", "note")
_SAMPLE = 2000
ASK_SOURCE = 'Di chi sono i dati? Aggiungere --fonte "ENTE, che cosa, anno": è ciò che si cita accanto a ogni cifra.'


@dataclass
class Layout:
    """Where the header is and which column of the sheet holds which column of the table.

    Attributes
    ----------
    first, row : int
        First and last row of the header, from 0.
    columns : dict
        Position of each column of the table that the sheet has.
    names : dict
        What the file calls it.
    second : dict
        For a column found twice under different names, the position of the other one (a name beside its code).
    unused : dict
        Headers of the other columns, by position.
    doubles : list of Problem
        Columns with the same name.
    answered : tuple of str
        Headers whose meaning was said by the analyst.
    """

    first: int
    row: int
    columns: dict[str, int] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    second: dict[str, int] = field(default_factory=dict)
    unused: dict[int, str] = field(default_factory=dict)
    doubles: list[Problem] = field(default_factory=list)
    answered: tuple[str, ...] = ()

    @property
    def ignored(self) -> tuple[str, ...]:
        """Headers of the columns left out."""
        return tuple(self.unused.values())


def answer(header: str, name: str) -> str:
    """Return how it is said, on the command line, that a header is a column.

    >>> answer("Nr posti", "posti")
    '--colonna "Nr posti=posti"'
    """
    return f'--colonna "{header}={name}"'


def find_layout(sheet: Sheet, spec: TableSpec, answers: Mapping[str, str]) -> Layout | None:
    """Return the layout of the row, or of the two rows, that name most columns of the table (at least two).

    Parameters
    ----------
    sheet : Sheet
        The sheet.
    spec : TableSpec
        The table.
    answers : mapping
        What the analyst said of some headers: normalised header to column of the table, or to :data:`NONE`.
    """
    targets = _targets(spec)
    best: Layout | None = None
    rows = sheet.cells[:HEADER_ROWS]
    for number, row in enumerate(rows):
        headers = {at: shown(cell) for at, cell in enumerate(row) if cell is not None}
        texts = {at for at, cell in enumerate(row) if isinstance(cell, str)}
        layout = _named(headers, texts, number, number, targets, answers)
        if number + 1 < len(rows) and (double := _two_rows(sheet, number, targets)) is not None:
            layout = _named(double, set(double), number, number + 1, targets, answers)
        if len(layout.columns) >= 2 and (best is None or len(layout.columns) > len(best.columns)):
            best = layout
    return best


def questions(
    sheet: Sheet, spec: TableSpec, layout: Layout, given: Collection[str], answers: Mapping[str, str]
) -> list[Problem]:
    """Return a question for each unused column that could be one that nothing fills.

    Parameters
    ----------
    sheet, spec, layout
        What was found.
    given : collection of str
        Columns whose value comes from elsewhere.
    answers : mapping
        As in :func:`find_layout`.
    """
    open_columns = {
        name: column
        for name, column in spec.columns.items()
        if name not in layout.columns and name not in given and name not in _ABOUT_ROWS and column.required
    }
    without_measure = not any(name in layout.columns or name in given for name in measures(spec))
    asked = []
    for at, header in layout.unused.items():
        plain = normalise(header)
        if plain in answers or plain in _NEUTRAL or at in layout.second.values():
            continue
        cells = [row[at] for row in sheet.cells[layout.row + 1 :][:_SAMPLE] if at < len(row) and row[at] is not None]
        if not cells:
            continue
        near = [name for name in open_columns if _share(plain, _vocabulary(name, spec))]
        if not near and without_measure:
            near = [name for name, column in open_columns.items() if _looks_like(cells, name, column, spec)]
        if near:
            ways = " oppure ".join(answer(header, name) for name in near)
            asked.append(
                Problem(
                    " o ".join(f"una colonna per «{name}» ({spec.columns[name].description})" for name in near),
                    f"nessuna; ma c'è «{header}», che non si usa",
                    riga=layout.row + 1,
                    colonna=header,
                    rimedio=f"È quella? Rispondere con {ways}; se non lo è, con {answer(header, NONE)}.",
                )
            )
    return asked


def missing_columns(sheet: Sheet, spec: TableSpec, layout: Layout, given: Collection[str]) -> list[Problem]:
    """Return the compulsory columns that the sheet does not have."""
    header = [shown(cell) for row in sheet.cells[layout.first : layout.row + 1] for cell in row if cell is not None]
    problems = []
    for name in needed(spec, given):
        if name in layout.columns:
            continue
        near = get_close_matches(name, layout.ignored, n=1, cutoff=0.6)
        problems.append(
            Problem(
                f"la colonna «{name}» ({spec.columns[name].description})",
                f"un'intestazione con: {', '.join(header)}",
                riga=layout.row + 1,
                rimedio=ASK_SOURCE
                if name == "fonte"
                else f"Forse è «{near[0]}»: {answer(near[0], name)}."
                if near
                else f"Aggiungere la colonna «{name}», oppure il suo valore con --con {name}=VALORE.",
            )
        )
    return problems


def needed(spec: TableSpec, given: Collection[str]) -> list[str]:
    """Return the columns that every row must have and that do not come from elsewhere."""
    return [name for name, column in spec.columns.items() if not column.nullable and name not in given]


def numbers(spec: TableSpec) -> list[str]:
    """Return the columns of numbers of a table, but for its key."""
    return [name for name, column in spec.columns.items() if is_number(column) and name not in spec.keys]


def measures(spec: TableSpec) -> list[str]:
    """Return the columns that hold the quantities of a table: what an office may add to them is not asked for."""
    return [name for name in numbers(spec) if spec.columns[name].required]


def checked_answers(answers: Mapping[str, str], spec: TableSpec) -> dict[str, str]:
    """Return the answers of an analyst by normalised header.

    Raises
    ------
    UsoError
        When an answer names a column that the table does not have.
    """
    for header, name in answers.items():
        if name != NONE and name not in spec.columns:
            raise UsoError(
                f"La tabella «{spec.name}» non ha la colonna «{name}», detta per «{header}».",
                f"Le colonne sono: {', '.join(spec.columns)}; per non usarla: {answer(header, NONE)}.",
            )
    return {normalise(header): name for header, name in answers.items()}


def _targets(spec: TableSpec) -> dict[str, tuple[str, int]]:
    return {
        normalise(alias): (column, priority)
        for column in spec.columns
        for priority, alias in enumerate([column, *spec.column_aliases.get(column, ())])
    }


def _named(
    headers: Mapping[int, str],
    texts: Collection[int],
    first: int,
    row: int,
    targets: Mapping[str, tuple[str, int]],
    answers: Mapping[str, str],
) -> Layout:
    layout = Layout(first, row)
    ranks: dict[str, int] = {}
    answered = []
    for at, written in headers.items():
        header = " ".join(written.split())  # some have line breaks, which nobody can write in an answer
        plain = normalise(header)
        column, rank = targets.get(plain, (None, 0)) if at in texts else (None, 0)
        if plain in answers and at in texts:
            answered.append(header)
            column, rank = (None, 0) if answers[plain] == NONE else (answers[plain], -1)
        if column is None:
            layout.unused[at] = header
        elif column not in ranks or rank < ranks[column]:
            if column in ranks:
                layout.second[column] = layout.columns[column]
                layout.unused[layout.columns[column]] = layout.names[column]
            ranks[column], layout.columns[column], layout.names[column] = rank, at, header
        elif rank == ranks[column]:
            layout.doubles.append(
                Problem(f"una sola colonna «{header}»", "due colonne con lo stesso nome", riga=row + 1)
            )
        else:
            layout.second.setdefault(column, at)
            layout.unused[at] = header
    layout.answered = tuple(answered)
    return layout


def _two_rows(sheet: Sheet, number: int, targets: Mapping[str, tuple[str, int]]) -> dict[int, str] | None:
    """Return the headers written on two rows (``POSTI`` over ``Autorizzati``), or None when they are not.

    A row of data under its header has something under each name; the second row of a header has nothing under the names
    that stand on two rows, and several names under one that spans them.
    """
    upper, lower = sheet.cells[number], sheet.cells[number + 1]
    width = max(len(upper), len(lower))
    upper, lower = upper + [None] * (width - len(upper)), lower + [None] * (width - len(lower))
    if any(cell is not None and not isinstance(cell, str) for cell in [*upper, *lower]):
        return None
    headers: dict[int, str] = {}
    alone = groups = 0
    group: str | None = None
    for at, (over, under) in enumerate(zip(upper, lower, strict=True)):
        if over is not None:
            group = str(over)
        if over is None and under is None:
            group = None
        elif under is None:
            headers[at], group, alone = str(over), None, alone + 1
        elif over is None and group is None:
            headers[at], alone = str(under), alone + 1
        else:
            beside = at + 1 < width and lower[at + 1] is not None and upper[at + 1] in (None, over)
            spans = over is None or beside or (at > 0 and over == upper[at - 1] and lower[at - 1] is not None)
            both = f"{group} {under}"
            if not spans and normalise(both) not in targets:
                return None
            # What is under a group says more than the group; together they may be a name of the table.
            headers[at], groups = both, groups + 1
    return headers if alone and groups else None


def _vocabulary(name: str, spec: TableSpec) -> set[str]:
    """Return the words that may mean a column."""
    ways = [name, *spec.column_aliases.get(name, ()), *spec.column_words.get(name, ())]
    return {word for way in ways for word in normalise(way).split() if len(word) >= 3 and word not in _COMMON}


def _share(header: str, vocabulary: Collection[str]) -> bool:
    words = [word for word in header.split() if len(word) >= 3 and word not in _COMMON]
    return any(
        word.startswith(known)
        or known.startswith(word)
        or bool(len(word) >= 5 and get_close_matches(word, [known], cutoff=0.8))
        for word in words
        for known in vocabulary
    )


def _looks_like(cells: list[object], name: str, column: Column, spec: TableSpec) -> bool:
    """Tell whether some cells could be the quantity that a table is about, whatever their header says."""
    if not is_number(column) or name in spec.keys:
        return False
    quantity = Quantity.of(column)
    read = read_numbers(cells, quantity).values
    numbers = [value for value in read.values() if isinstance(value, (int, float))]
    known = [value for value in read.values() if value is not None]
    in_bounds = [value for value in numbers if quantity.fits(value) and not 1900 <= value <= 2100]
    order = [read.get(cell) if isinstance(cell, str) else cell for cell in cells]
    if order == list(range(1, len(order) + 1)) and len(order) > 1:
        return False  # the number of the row
    return bool(known) and len(in_bounds) >= 0.8 * len(known)
