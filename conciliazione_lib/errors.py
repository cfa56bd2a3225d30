"""The errors a user may meet: one small tree, every message in Italian and with a remedy.

An error says what was expected, what was found, where, and what to do. The command line prints
it without a traceback and turns ``codice_uscita`` into the exit code of the process.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path


@dataclass(frozen=True)
class Problem:
    """One thing wrong in an input, located as precisely as the input allows.

    Attributes
    ----------
    atteso, trovato : str
        What the rule expects and what is there, in Italian.
    file : Path or str, optional
        The file that holds it.
    foglio : str, optional
        The sheet, for workbooks.
    riga : int, optional
        Row as the user counts it, 1-based, title rows included.
    colonna : str, optional
        Column name, as written in the file.
    rimedio : str, optional
        What to do about it.
    """

    atteso: str
    trovato: str
    file: Path | str | None = None
    foglio: str | None = None
    riga: int | None = None
    colonna: str | None = None
    rimedio: str | None = None

    def dove(self) -> str:
        """Return the place in Italian, e.g. ``file nidi.xlsx, foglio Nidi, riga 7, colonna posti``."""
        parts = [
            f"file {Path(self.file).name}" if self.file else "",
            f"foglio {self.foglio}" if self.foglio else "",
            f"riga {self.riga}" if self.riga is not None else "",
            f"colonna {self.colonna}" if self.colonna else "",
        ]
        return ", ".join(part for part in parts if part)

    def __str__(self) -> str:
        where = self.dove()
        text = f"{where}: " if where else ""
        text += f"atteso {self.atteso}; trovato {self.trovato}."
        return f"{text} {self.rimedio}" if self.rimedio else text


def grouped(problems: Sequence[Problem], limit: int = 30) -> list[str]:
    """Return the lines that tell some problems to a reader: those of one kind together, with the remedy once.

    Parameters
    ----------
    problems : sequence of Problem
        All the problems, in order.
    limit : int
        Kinds, and values of a kind, beyond which the others are only counted.

    Returns
    -------
    list of str
        A kind with one problem is told whole; the others by value, most frequent first, with the number of their cells.

    Examples
    --------
    >>> for line in grouped([Problem("pubblica o privata", "«P»", riga=r, colonna="gestione") for r in range(2, 92)]):
    ...     print(line)
    colonna gestione: atteso pubblica o privata.
        «P»: 90 celle (righe 2, 3, 4, 5, 6, …)
    """
    kinds: dict[tuple[object, ...], list[Problem]] = {}
    for p in problems:
        kinds.setdefault((p.file, p.foglio, p.colonna, p.atteso), []).append(p)
    lines: list[str] = []
    for alike in list(kinds.values())[:limit]:
        if len(alike) == 1:
            lines.append(str(alike[0]))
            continue
        remedies = {p.rimedio for p in alike}
        once = next(iter(remedies)) if len(remedies) == 1 else None
        where = replace(alike[0], riga=None).dove()
        lines.append(
            f"{where}: atteso {alike[0].atteso}.{f' {once}' if once else ''}" if where else f"atteso {alike[0].atteso}."
        )
        values: dict[tuple[str, str | None], list[int | None]] = {}
        for p in alike:
            values.setdefault((p.trovato, p.rimedio), []).append(p.riga)
        frequent = sorted(values.items(), key=lambda one: -len(one[1]))
        for (found, remedy), rows in frequent[:limit]:
            lines.append(f"    {found}: {_rows(rows)}{f'. {remedy}' if remedy and not once else ''}")
        if len(frequent) > limit:
            others = sum(len(rows) for _, rows in frequent[limit:])
            lines.append(f"    e altri {len(frequent) - limit} valori, in {others} celle.")
    if len(kinds) > limit:
        others = sum(len(alike) for alike in list(kinds.values())[limit:])
        lines.append(f"e altri {others} problemi, di {len(kinds) - limit} generi diversi.")
    return lines


def _rows(rows: Sequence[int | None], shown: int = 5) -> str:
    known = [str(row) for row in rows if row is not None]
    if not known:
        return f"{len(rows)} volte" if len(rows) > 1 else "una volta"
    if len(known) == 1:
        return f"riga {known[0]}"
    return f"{len(rows)} celle (righe {', '.join(known[:shown])}{', …' if len(known) > shown else ''})"


class ConciliazioneError(Exception):
    """Base of every error shown to a user.

    Parameters
    ----------
    message : str
        What happened, in one Italian sentence.
    remedy : str, optional
        What to do, in one Italian sentence.
    problems : sequence of Problem, optional
        All the problems found, when there can be several at once.
    """

    codice_uscita = 1

    def __init__(self, message: str, remedy: str | None = None, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.messaggio = message
        self.rimedio = remedy
        self.problemi = tuple(problems)

    def __str__(self) -> str:
        rows = [self.messaggio]
        rows += [f"  {row}" if row.startswith(" ") else f"  - {row}" for row in grouped(self.problemi)]
        if self.rimedio:
            rows.append(f"Che cosa fare: {self.rimedio}")
        return "\n".join(rows)

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross process boundaries (kernels, pools, Dask); the default would pass one argument only.
        return (type(self), (self.messaggio, self.rimedio, self.problemi))


class UsoError(ConciliazioneError):
    """The request itself is wrong: unknown territory, option, parameter or table."""

    codice_uscita = 2


class DatiError(ConciliazioneError):
    """An input breaks its schema or cannot be read; carries every problem found."""

    codice_uscita = 2


class CalcoloError(ConciliazioneError):
    """A computation refuses its arguments: it would mislead rather than inform."""

    codice_uscita = 2


class EsecuzioneError(ConciliazioneError):
    """A run could not be completed: a chapter failed, an output is locked, a check does not hold."""

    codice_uscita = 1
