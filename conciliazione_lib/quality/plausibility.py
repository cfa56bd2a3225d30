"""Plausibility of a table just imported: what looks wrong without breaking any rule.

Robust checks that warn and never block: the analyst knows her territory, the program only asks her to look. Each
warning says what was found, where, and why it is unusual.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy

from conciliazione_lib import territory
from conciliazione_lib.catalog import TableSpec
from conciliazione_lib.evidence.formats import numero

#: Median absolute deviation to standard deviation, for a normal distribution.
_MAD_SCALE = 1.4826


@dataclass(frozen=True)
class Notice:
    """Something unusual in a table.

    Attributes
    ----------
    genere : str
        ``salto``, ``struttura``, ``cifre``, ``ripetizione``.
    messaggio : str
        What was found and why it is unusual, in Italian.
    righe : tuple
        Index labels of the rows concerned (at most ten).
    """

    genere: str
    messaggio: str
    righe: tuple[object, ...] = ()


def of_table(spec: TableSpec, frame: pd.DataFrame, old: pd.DataFrame | None) -> list[str]:
    """Return what is to be looked at in a table before it is put in force.

    Parameters
    ----------
    spec : TableSpec
        The table.
    frame, old : DataFrame
        Its new rows, and those that they take the place of, if any.
    """
    found: list[Notice] = []
    if spec.name == "popolazione":
        by_comune = frame.groupby("cod_comune")["residenti"].sum()
        found += age_structure(frame.rename(columns={"cod_comune": "territorio"}), minimum=20_000)
        if old is not None:
            names = territory.load().comuni["nome"].to_dict()
            before = old.groupby("cod_comune")["residenti"].sum()
            found += jumps(before.rename(names), by_comune.rename(names))
        found += digit_preference(by_comune)
    else:
        measures = [str(c) for c in frame.select_dtypes("number") if c not in spec.keys]
        if len(measures) > 1:  # one small number is often the same for many in a row, and rightly
            found += repeated(frame, measures, list(spec.keys))
    return [warning.messaggio for warning in found]


def jumps(before: pd.Series, after: pd.Series, threshold: float = 6.0, minimum: float = 50.0) -> list[Notice]:
    """Find values that changed, since the previous version, far more than the others did.

    Parameters
    ----------
    before, after : Series
        The same measure in the previous and in the new version, on the same kind of index (e.g. comuni).
    threshold : float
        Robust distance of the logarithm of the ratio from its median, from which a change is a jump.
    minimum : float
        Values below this in both versions are not looked at: small numbers jump by themselves.

    Returns
    -------
    list of Avviso
        One per jump, largest first; plus one when values vanish.

    References
    ----------
    Iglewicz B., Hoaglin D.C. (1993), *How to Detect and Handle Outliers*, ASQC.
    """
    pairs = pd.concat([before.rename("prima"), after.rename("dopo")], axis=1)
    vanished = pairs.index[pairs["dopo"].isna() & pairs["prima"].notna()]
    warnings = []
    if len(vanished):
        warnings.append(
            Notice(
                "salto",
                f"{len(vanished)} voci presenti nella versione precedente non ci sono più.",
                tuple(vanished[:10]),
            )
        )
    present = pairs.dropna()
    present = present[(present > 0).all(axis=1) & (present >= minimum).any(axis=1)]
    if len(present) < 5:
        return warnings
    ratio = pd.Series(np.log(present["dopo"] / present["prima"]), index=present.index)
    distance = (ratio - ratio.median()).abs()
    # at least one per cent: when nearly nothing changed, a small change is not a jump
    scale = max(float(distance.median()) * _MAD_SCALE, 0.01)
    outside = distance[distance / scale > threshold].sort_values(ascending=False)
    return warnings + [
        Notice(
            "salto",
            f"{entry}: da {numero(present.loc[entry, 'prima'])} a {numero(present.loc[entry, 'dopo'])}, "
            f"mentre la variazione tipica è {numero(np.expm1(ratio.median()) * 100, 1, segno=True)}%.",
            (entry,),
        )
        for entry in outside.index
    ]


def digit_preference(values: pd.Series, minimum: int = 100, alpha: float = 0.001) -> list[Notice]:
    """Tell whether so many counts end in zero, or in zero and five, that they must have been rounded.

    Last digits of true counts are not all equally frequent: small numbers, capacities set by a rule and sums of few
    terms favour some of them. What only rounding does is to heap numbers on the ends of a ruler.

    Parameters
    ----------
    values : Series
        Whole numbers; only those of at least three digits are looked at.
    minimum : int
        Fewer values than these say nothing.
    alpha : float
        Level of the binomial test of more zeros, or zeros and fives, than half again as many as chance gives.

    Returns
    -------
    list of Avviso
        At most one, which names the digits.

    References
    ----------
    Camarda C.G., Eilers P.H.C., Gampe J. (2008), Modelling general patterns of digit preference, *Statistical
    Modelling* 8.
    """
    counts = values.dropna()
    counts = counts[(counts >= 100) & (counts == counts.round())].astype("int64")
    if len(counts) < minimum:
        return []
    for ending, divisor, chance in (("0", 10, 0.1), ("0 o per 5", 5, 0.2)):
        heaped = int((counts % divisor == 0).sum())
        if scipy.stats.binomtest(heaped, len(counts), 1.5 * chance, alternative="greater").pvalue < alpha:
            return [
                Notice(
                    "cifre",
                    f"Il {heaped / len(counts) * 100:.0f}% dei {len(counts)} valori finisce per {ending} (attesi circa "
                    f"{chance * 100:.0f}%): i numeri potrebbero essere arrotondati o stimati.",
                )
            ]
    return []


def repeated(frame: pd.DataFrame, measures: Sequence[str], keys: Sequence[str], minimum: int = 5) -> list[Notice]:
    """Find blocks of consecutive rows that repeat the same values, as after a wrong copy and paste.

    Parameters
    ----------
    frame : DataFrame
        The table, in the order of the file.
    measures : sequence of str
        Columns of measures.
    keys : sequence of str
        Columns that identify a row, which may well differ.
    minimum : int
        Shortest run of equal rows that is worth a warning; rows of all zeros or missing values are not looked at.

    Returns
    -------
    list of Avviso
        One per run.
    """
    values = frame[list(measures)]
    empty = (values.isna() | (values == 0)).all(axis=1)
    equal = (values == values.shift()).all(axis=1) & ~empty
    blocks = (~equal).cumsum()
    warnings = []
    for _, indices in frame.index.to_series().groupby(blocks.to_numpy()):
        if len(indices) < minimum or empty.loc[indices.iloc[0]]:
            continue
        first = ", ".join(str(frame.loc[indices.iloc[0], k]) for k in keys)
        last = ", ".join(str(frame.loc[indices.iloc[-1], k]) for k in keys)
        warnings.append(
            Notice(
                "ripetizione",
                f"{len(indices)} righe di seguito con gli stessi valori, da «{first}» a «{last}»: "
                "potrebbe essere un copia e incolla.",
                tuple(indices[:10]),
            )
        )
    return warnings


def age_structure(population: pd.DataFrame, minimum: int = 1000, threshold: float = 0.35) -> list[Notice]:
    """Find populations by age that no real place has.

    Parameters
    ----------
    population : DataFrame
        Columns ``territorio, eta, sesso, residenti``, by single year of age.
    minimum : int
        Territories with fewer residents are not looked at.
    threshold : float
        Largest relative distance of an age between 1 and 84 from the mean of its two neighbours on each side.

    Returns
    -------
    list of Avviso
        One per territory with a spike or a hole, or with fewer than 80 or more than 125 men per 100 women.
    """
    warnings = []
    for territorio, group in population.groupby("territorio", sort=True):
        total = group["residenti"].sum()
        if total < minimum:
            continue
        by_sex = group.groupby("sesso")["residenti"].sum()
        ratio = by_sex.get("M", 0) / max(by_sex.get("F", 0), 1) * 100
        if not 80 <= ratio <= 125:
            warnings.append(
                Notice(
                    "struttura",
                    f"{territorio}: {ratio:.0f} uomini ogni 100 donne, fuori dai valori di qualunque comune grande.",
                    (territorio,),
                )
            )
        eta = group.groupby("eta")["residenti"].sum().reindex(range(0, 87), fill_value=0).to_numpy(dtype=float)
        near = (eta[:-4] + eta[1:-3] + eta[3:-1] + eta[4:]) / 4
        centre = eta[2:-2]
        # Poisson noise of a cell is its square root: three of them on top of the relative threshold
        allowed = threshold * near + 3 * np.sqrt(np.maximum(near, 1))
        outside = np.flatnonzero(np.abs(centre - near) > allowed) + 2
        if len(outside):
            listing = ", ".join(str(int(e)) for e in outside[:5])
            warnings.append(
                Notice("struttura", f"{territorio}: residenti fuori linea alle età {listing}.", (territorio,))
            )
    return warnings
