"""The population files of demo.istat.it, of all residents or of the foreigners: one row per comune and age.

A file is a zip with one CSV, or the CSV itself: a first line with the title and the date, a header whose columns change
with the year (with or without the marital status, with or without the sum), ages from 0 to 100 and over, and for each
comune a row of age 999 with its totals, which is used to check the others and then left out. Notes close it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import pandas as pd

import conciliazione_lib.sources.statuses as statuses
from conciliazione_lib.errors import DatiError, Problem
from conciliazione_lib.sources.demo_lines import (
    PROVINCE,
    DemoCsv,
    check_whole,
    head,
    not_in_force,
    of_unknown_date,
    opened,
    refused,
    whole_number,
)
from conciliazione_lib.storage import weakest_status
from conciliazione_lib.territory import Territory

AGE_TOTAL = 999
OLDEST_AGE = 100
#: Fewer comuni than these are not the whole of Italy (they are some 7.900).
COMUNI_ITALIA = 7_500
#: What is read of a row, and the names that the years give to its column.
COLUMNS = MappingProxyType(
    {
        "età": ("eta",),
        "totale maschi": ("totale maschi", "maschi"),
        "totale femmine": ("totale femmine", "femmine"),
    }
)
TOTAL = "totale"
_ALL_AGES = (1 << (OLDEST_AGE + 1)) - 1
#: What follows the oldest age, in some years.
_AND_MORE = re.compile(r"(?<=\d) e (più|oltre)$")


@dataclass(frozen=True)
class Format:
    """How one of the files is written.

    Attributes
    ----------
    titolo : Pattern
        Its first line; the group is the year.
    nome : str
        Its title on the site.
    """

    titolo: re.Pattern[str]
    nome: str


#: By the table that the file fills.
FORMATS = MappingProxyType(
    {
        "popolazione": Format(
            re.compile(r"(?!.*stranier)popolazione residente .*\b1\W?º? ?gennaio (\d{4})", re.IGNORECASE),
            "Popolazione residente per età e sesso",
        ),
        "stranieri": Format(
            re.compile(r"stranier.*\b1\W?º? ?gennaio (\d{4})", re.IGNORECASE),
            "Popolazione straniera residente per età e sesso",
        ),
    }
)


@dataclass(frozen=True)
class PopulationFile:
    """A population file as read.

    Attributes
    ----------
    data : str
        Date of the population, ISO.
    frame : DataFrame
        ``cod_comune, eta, sesso, residenti`` of the comuni of Lombardia.
    altrove : int
        Comuni of other regions in the file.
    italia : DataFrame or None
        ``eta, sesso, residenti`` of the whole country, when the file holds it.
    stato : str
        How final its title or its notes say that it is, one of :data:`storage.STATES`.
    """

    data: str
    frame: pd.DataFrame
    altrove: int
    italia: pd.DataFrame | None
    stato: str


@dataclass
class _Read:
    """What was read so far, of the comuni of Lombardia and of the others.

    Attributes
    ----------
    people : dict
        Men and women by comune of Lombardia and age.
    others : dict
        People of the other regions by age and sex.
    ages : dict
        For each comune, one bit for each age it has.
    sums, totals : dict
        For each comune, men and women: as added up, and as its row of totals says (None where it is empty).
    problems : list of Problem
        What is wrong.
    """

    people: dict[tuple[str, int], tuple[int, int]] = field(default_factory=dict)
    others: dict[tuple[int, str], int] = field(default_factory=lambda: defaultdict(int))
    ages: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    sums: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    totals: dict[str, list[int | None]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def recognise(path: Path, tabella: str = "popolazione") -> str | None:
    """Return the date of a population file of demo.istat.it, or None when the file is something else.

    Parameters
    ----------
    path : Path
        A ``.zip``, a ``.csv``, or the workbook that a spreadsheet made of it.
    tabella : {"popolazione", "stranieri"}
        Of whom.
    """
    return date_of(head(path)[0], tabella)


def date_of(title: str, tabella: str) -> str | None:
    """Return the date that the title of a population file says, or None when it is another title."""
    found = FORMATS[tabella].titolo.search(title)
    return f"{found[1]}-01-01" if found else None


def has_columns(header: Sequence[str]) -> bool:
    """Tell whether some columns are those of a population file, of whatever territories."""
    return all(any(name in header for name in names) for names in COLUMNS.values())


def read_population(
    path: Path, territorio: Territory, tabella: str = "popolazione", data: str | None = None
) -> PopulationFile:
    """Read a population file of demo.istat.it.

    Parameters
    ----------
    path : Path
        The zip as downloaded, or the CSV inside it, also when a spreadsheet saved it again.
    territorio : Territory
        Comuni of Lombardia in force at the date of the file.
    tabella : {"popolazione", "stranieri"}
        Of whom.
    data : str, optional
        Its date, for a file that lost its title: nothing says that it is final, and it counts as provisional.

    Returns
    -------
    PopulationFile

    Raises
    ------
    DatiError
        With every problem found: a title that is not that of the file, a column that is not there, a row that does not
        add up, a comune whose ages do not sum to its total, a comune of Lombardia that is missing or repeated, an age
        that is missing, text for a number. A file of provinces, regions, or of one province, is told to be so.
    """
    format_ = FORMATS[tabella]
    with opened(path) as file:
        told = date_of(file.title, tabella)
        if told is None and not has_columns(file.header):
            raise DatiError(
                f"Il file «{path.name}» non è «{format_.nome}» di demo.istat.it.",
                f"Scaricare da demo.istat.it «{format_.nome}», tutti i comuni, e non modificarlo.",
                [Problem(f"nella prima riga, «{format_.nome} al 1° gennaio …»", "altro testo", path, riga=1)],
            )
        read = _read(file)
    check_whole({code for code, _ in read.people}, territorio, path)
    date = told or data
    if date is None:
        raise of_unknown_date(path, "AAAA-01-01")
    whole = len(read.ages) >= COMUNI_ITALIA
    problems = file.problems + read.problems + _sums(read, path, everywhere=whole)
    problems += not_in_force({code for code, _ in read.people}, territorio, path)
    if problems:
        raise refused(path, tabella, sorted(problems, key=lambda problem: problem.riga or 10**9))
    frame = pd.DataFrame(
        [(c, e, s, n) for (c, e), (m, f) in sorted(read.people.items()) for s, n in (("F", f), ("M", m))],
        columns=["cod_comune", "eta", "sesso", "residenti"],
    )
    elsewhere = len(read.ages) - frame["cod_comune"].nunique()
    italia = _italia(frame, read.others) if whole else None
    status = statuses.of_words(file.title, file.notes)
    if told is None:
        status = weakest_status([status, "provvisorio"])
    return PopulationFile(date, frame, elsewhere, italia, status)


def _italia(frame: pd.DataFrame, others: dict[tuple[int, str], int]) -> pd.DataFrame:
    """Add the comuni of the other regions to those of Lombardia, by age and sex."""
    here = frame.groupby(["eta", "sesso"])["residenti"].sum()
    index = pd.MultiIndex.from_tuples(others, names=["eta", "sesso"]) if others else here.index[:0]
    there = pd.Series(list(others.values()), index=index, dtype="int64")
    return here.add(there, fill_value=0).astype("int64").rename("residenti").reset_index()


def _read(file: DemoCsv) -> _Read:
    """Read the rows; what is wrong in any region is a problem, because Italy is the sum of all."""
    places = {name: file.place(*names) for name, names in COLUMNS.items()}
    sum_place = file.place(TOTAL)
    missing = [name for name, place in places.items() if place is None]
    out = _Read()
    rows = file.rows()
    if missing:
        next(rows, None)  # a file of other territories is told to be so first
        raise DatiError(
            f"Il file «{file.path.name}» non ha le colonne che servono.",
            "Scaricare di nuovo il file da demo.istat.it; se le colonne sono cambiate, segnalarlo.",
            [
                Problem(f"la colonna «{name}»", f"{', '.join(file.header)}"[:300], file.path, riga=file.header_row)
                for name in missing
            ],
        )
    at = [place for place in places.values() if place is not None]
    read = [*zip(places, at, strict=True), *([] if sum_place is None else [(TOTAL, sum_place)])]
    for number, code, cells in rows:
        age = whole_number(_AND_MORE.sub("", cells[at[0]].strip()))
        people = [whole_number(cells[place]) for place in at[1:]]
        total = None if sum_place is None else whole_number(cells[sum_place])
        if age == AGE_TOTAL and code not in out.totals:
            out.totals[code] = people
        values = [age, *people] if sum_place is None else [age, *people, total]
        if None in values:
            unread = [(name, cells[place]) for (name, place), v in zip(read, values, strict=True) if v is None]
            if age == AGE_TOTAL:  # the row of totals may have empty cells
                unread = [(name, text) for name, text in unread if text.strip()]
            if unread:
                name, text = unread[0]
                wanted = "un numero intero non negativo"
                out.problems.append(Problem(wanted, f"«{text}»", file.path, riga=number, colonna=name))
                continue
        men, women = people
        assert age is not None
        if total is not None and men is not None and women is not None and men + women != total:
            wanted = f"maschi più femmine ({men + women})"
            out.problems.append(Problem(wanted, str(total), file.path, riga=number, colonna=TOTAL))
        elif age == AGE_TOTAL:
            continue
        elif age > OLDEST_AGE:
            wanted = f"un'età fino a {OLDEST_AGE}, o {AGE_TOTAL}"
            out.problems.append(Problem(wanted, str(age), file.path, riga=number, colonna="età"))
        elif out.ages[code] >> age & 1:
            found = f"{code}, età {age} ripetuta"
            out.problems.append(Problem("una sola riga per comune ed età", found, file.path, riga=number))
        else:
            assert men is not None
            assert women is not None
            out.ages[code] |= 1 << age
            out.sums[code][0] += men
            out.sums[code][1] += women
            if code.startswith(PROVINCE):
                out.people[code, age] = (men, women)
            else:
                out.others[age, "M"] += men
                out.others[age, "F"] += women
    return out


def _sums(read: _Read, path: Path, *, everywhere: bool) -> list[Problem]:
    """Return the comuni whose ages are not all there, or do not make the total of their row 999.

    Those of the other regions matter only where they make the sum of Italy.
    """
    problems = []
    for code in sorted({*read.ages, *read.totals}):
        if not everywhere and not code.startswith(PROVINCE):
            continue
        men, women = read.sums[code]
        stated = read.totals.get(code, [None, None])
        wrong = [s for s, n in zip(stated, (men, women), strict=True) if s is not None and s != n]
        if wrong:
            wanted = " e ".join(str(n) if n is not None else "?" for n in stated)
            problems.append(
                Problem(
                    f"per il comune {code}, il totale della riga {AGE_TOTAL} (maschi e femmine: {wanted})",
                    f"la somma delle età ({men} e {women})",
                    path,
                    rimedio="Mancano delle età, o il file è stato tagliato.",
                )
            )
        elif None in stated and read.ages[code] != _ALL_AGES:
            missing = (_ALL_AGES ^ read.ages[code]).bit_count()
            wanted = f"per il comune {code}, tutte le età da 0 a {OLDEST_AGE} o la riga {AGE_TOTAL} col totale"
            problems.append(Problem(wanted, f"{missing} età mancanti", path))
    return problems
