"""Classes of a map: few, with bounds as they are printed, and the count of territories in each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import numpy as np
import pandas as pd

import conciliazione_lib.report.style as style
from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.evidence import Figure, formats
from conciliazione_lib.report.blocks import Classe

Method = Literal["quantili", "naturali"]

#: Values natural breaks are looked for among: evenly spaced in rank, when there are more.
SAMPLE = 200


def classes(
    values: pd.Series, *, decimali: int = 1, numero: int = 5, metodo: Method = "naturali"
) -> tuple[list[Classe], dict[str, int]]:
    """Divide values into classes.

    Bounds are values as printed (rounded to ``decimali``), so that a reader can tell from a printed value which class
    it is in: a class goes from its first to its last printed value, both included.

    Parameters
    ----------
    values : Series
        Index: territory codes. Missing values belong to no class.
    decimali : int
        Decimals of the printed values.
    numero : int
        Classes wanted, 2 to 6; fewer when there are fewer distinct values.
    metodo : {"naturali", "quantili"}
        Natural breaks (Fisher and Jenks), or classes of about equal count: the bounds of ``mapclassify``, which takes
        longer to import than a chapter takes to run.

    Returns
    -------
    list of Classe
        From the lowest.
    dict
        Place of the class of each territory with a value.

    Raises
    ------
    CalcoloError
        There is no value, or the number of classes is out of range.
    """
    if not 2 <= numero <= 6:
        raise CalcoloError(f"Il numero di classi di una mappa va da 2 a 6; richieste {numero}.")
    present = values.dropna().astype(float)
    if present.empty:
        raise CalcoloError(
            "La mappa non ha nessun valore da mostrare.", "Usare c.manca(…) per dire quale dato manca e come fornirlo."
        )
    round_ = present.map(lambda value: float(formats.rounded(value, decimali)))
    distinct = np.unique(round_)
    if len(distinct) <= numero:
        limits = distinct
    else:
        limits = _limits(round_.to_numpy(), numero, metodo)
        limits = np.unique([distinct[np.searchsorted(distinct, limit, side="right") - 1] for limit in limits])
        limits[-1] = distinct[-1]
    place = np.searchsorted(limits, round_.to_numpy(), side="left")
    colours = style.SEQUENCE.get(len(limits), style.SEQUENCE[6])
    if len(limits) == 1:
        colours = (style.SEQUENCE[3][1],)
    outcome = []
    for index in range(len(limits)):
        inside = round_.to_numpy()[place == index]
        outcome.append(Classe(colore=colours[index], n=int(inside.size), da=float(inside.min()), a=float(inside.max())))
    return outcome, {str(code): int(p) for code, p in zip(round_.index.tolist(), place, strict=True)}


def uncertain(figure: Iterable[Figure], elenco: Sequence[Classe], classe: Mapping[str, int]) -> frozenset[str]:
    """Return the territories whose value is guessed, and whose interval goes beyond the class of the guess.

    Parameters
    ----------
    figure : iterable of Figure
        Of the territories drawn.
    elenco, classe
        As :func:`classes` gives them.
    """
    guessed = [f for f in figure if f.guessed and f.territory.codice in classe]
    return frozenset(f.territory.codice for f in guessed if not _within(f, elenco[classe[f.territory.codice]]))


def _within(figure: Figure, one: Classe) -> bool:
    bounds = (figure.lower, figure.upper, one.da, one.a)
    lower, upper, least, most = (
        float(formats.rounded(bound, figure.decimals)) for bound in bounds if bound is not None
    )
    return least <= lower and upper <= most


def categories(
    values: pd.Series, *, ordine: Sequence[str] | None = None, colours: Mapping[str, str] | None = None
) -> tuple[list[Classe], dict[str, int]]:
    """Give each category a colour.

    Parameters
    ----------
    values : Series
        Index: territory codes; values: names of categories. Missing values belong to none.
    ordine : sequence of str, optional
        Order of the categories; by default the one they are met in, alphabetically.
    colours : mapping, optional
        Colour by category.

    Returns
    -------
    list of Classe, dict
        As in :func:`classes`.

    Raises
    ------
    CalcoloError
        More categories than colours that can be told apart, or a category outside ``ordine``.
    """
    present = values.dropna().astype(str)
    names = list(ordine) if ordine is not None else sorted(present.unique())
    outside = sorted(set(present) - set(names))
    if outside:
        raise CalcoloError(f"Categorie non previste nella mappa: {', '.join(outside)}.")
    if colours is None and len(names) > len(style.CATEGORIES):
        raise CalcoloError(
            f"Una mappa distingue al più {len(style.CATEGORIES)} categorie; trovate {len(names)}.",
            "Raggruppare le categorie, oppure scrivere i nomi sulla mappa con etichette=True.",
        )
    outcome = [
        Classe(
            colore=(colours or {}).get(name, style.MAP_CATEGORIES[place % len(style.MAP_CATEGORIES)]),
            n=int((present == name).sum()),
            etichetta=name,
        )
        for place, name in enumerate(names)
    ]
    return outcome, {str(code): names.index(name) for code, name in present.items()}


def bivariate(
    first: pd.Series, second: pd.Series, *, name_of_first: str, name_of_second: str
) -> tuple[list[Classe], dict[str, int]]:
    """Cross two variables in three classes each (terciles), nine in all.

    Parameters
    ----------
    first, second : Series
        Index: territory codes. A territory that misses either belongs to no class.
    name_of_first, name_of_second : str
        Names of the variables, for the legend.

    Returns
    -------
    list of Classe, dict
        As in :func:`classes`; the place is ``3 * tercile of the second + tercile of the first``.
    """
    data = pd.concat({"a": first.astype(float), "b": second.astype(float)}, axis=1).dropna()
    if data.empty:
        raise CalcoloError("Nessun territorio ha entrambe le variabili della mappa.")
    thirds = {column: _thirds(data[column]) for column in ("a", "b")}
    place = 3 * thirds["b"] + thirds["a"]
    names = ("basso", "medio", "alto")
    outcome = [
        Classe(
            colore=style.BIVARIATA[row][column],
            n=int((place == 3 * row + column).sum()),
            etichetta=f"{name_of_first}: {names[column]}; {name_of_second}: {names[row]}",
        )
        for row in range(3)
        for column in range(3)
    ]
    return outcome, {str(code): int(p) for code, p in place.items()}


def _thirds(values: pd.Series) -> pd.Series:
    cuts = np.quantile(values, [1 / 3, 2 / 3])
    return pd.Series(np.searchsorted(cuts, values.to_numpy(), side="left"), index=values.index)


def _limits(values: np.ndarray, numero: int, metodo: Method) -> np.ndarray:
    """Upper bounds of the classes."""
    if metodo == "quantili":
        # Equal values leave fewer classes, which is meant.
        return np.unique(np.quantile(values, np.arange(1, numero + 1) / numero))
    if values.size > SAMPLE:
        values = np.quantile(values, np.linspace(0, 1, SAMPLE), method="nearest")
    return _fisher(np.sort(values), min(numero, np.unique(values).size))


def _fisher(values: np.ndarray, numero: int) -> np.ndarray:
    """Upper bounds of the classes of sorted values whose squared distances from their means are least.

    As good as ``mapclassify.FisherJenks`` (a test compares them), which looks at the pairs of values one by one; here
    whole rows are taken at once. Its other procedures would not do: NaturalBreaks starts from random centres, and
    JenksCaspall may never end when a class empties.
    """
    count = values.size
    places = np.arange(count)
    # Row l, column i: the values from i to l, added from the last backwards.
    tail = np.tril(np.broadcast_to(values, (count, count)))[:, ::-1]
    sums, squares = (np.cumsum(addends, axis=1)[:, ::-1] for addends in (tail, tail * tail))
    counts = (places[:, None] - places + 1).clip(1)
    gaps = np.where(places <= places[:, None], squares - sums * sums / counts, np.inf)
    # For the values up to each: the least sum with one class more at every turn, and where (from one) the last begins.
    least, starts = np.append(0.0, gaps[1:, 0]), []
    for _ in range(numero - 1):
        totals = gaps[1:, 1:] + least[:-1]
        best = totals.argmin(axis=1)
        starts.append(np.append([0, 1], best + 2))
        least = np.append(0.0, totals[places[:-1], best])
    until, last = count, [count - 1]
    for start in reversed(starts):
        until = start[until] - 1
        last.append(until - 1)
    return values[last[::-1]]
