"""Plausibility of a table just imported: what looks wrong without breaking any rule.

Robust checks that warn and never block: the analyst knows her territory, the program only asks her to look. Each
warning says what was found, where, and why it is unusual.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from conciliazione_lib import territory
from conciliazione_lib.catalog import TableSpec
from conciliazione_lib.evidence.formats import numero

#: Median absolute deviation to standard deviation, for a normal distribution.
_SCALA_MAD = 1.4826


@dataclass(frozen=True)
class Avviso:
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
    found: list[Avviso] = []
    if spec.name == "popolazione":
        per_comune = frame.groupby("cod_comune")["residenti"].sum()
        found += age_structure(frame.rename(columns={"cod_comune": "territorio"}), minimum=20_000)
        if old is not None:
            names = territory.load().comuni["nome"].to_dict()
            before = old.groupby("cod_comune")["residenti"].sum()
            found += jumps(before.rename(names), per_comune.rename(names))
        found += digit_preference(per_comune)
    else:
        measures = [str(c) for c in frame.select_dtypes("number") if c not in spec.keys]
        if len(measures) > 1:  # one small number is often the same for many in a row, and rightly
            found += repeated(frame, measures, list(spec.keys))
    return [warning.messaggio for warning in found]


def jumps(before: pd.Series, after: pd.Series, threshold: float = 6.0, minimum: float = 50.0) -> list[Avviso]:
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
    coppie = pd.concat([before.rename("prima"), after.rename("dopo")], axis=1)
    sparite = coppie.index[coppie["dopo"].isna() & coppie["prima"].notna()]
    avvisi = []
    if len(sparite):
        avvisi.append(
            Avviso(
                "salto",
                f"{len(sparite)} voci presenti nella versione precedente non ci sono più.",
                tuple(sparite[:10]),
            )
        )
    presenti = coppie.dropna()
    presenti = presenti[(presenti > 0).all(axis=1) & (presenti >= minimum).any(axis=1)]
    if len(presenti) < 5:
        return avvisi
    rapporto = pd.Series(np.log(presenti["dopo"] / presenti["prima"]), index=presenti.index)
    distanza = (rapporto - rapporto.median()).abs()
    # at least one per cent: when nearly nothing changed, a small change is not a jump
    scala = max(float(distanza.median()) * _SCALA_MAD, 0.01)
    fuori = distanza[distanza / scala > threshold].sort_values(ascending=False)
    return avvisi + [
        Avviso(
            "salto",
            f"{voce}: da {numero(presenti.loc[voce, 'prima'])} a {numero(presenti.loc[voce, 'dopo'])}, "
            f"mentre la variazione tipica è {numero(np.expm1(rapporto.median()) * 100, 1, segno=True)}%.",
            (voce,),
        )
        for voce in fuori.index
    ]


def digit_preference(values: pd.Series, minimum: int = 100, alpha: float = 0.001) -> list[Avviso]:
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
        if stats.binomtest(heaped, len(counts), 1.5 * chance, alternative="greater").pvalue < alpha:
            return [
                Avviso(
                    "cifre",
                    f"Il {heaped / len(counts) * 100:.0f}% dei {len(counts)} valori finisce per {ending} (attesi circa "
                    f"{chance * 100:.0f}%): i numeri potrebbero essere arrotondati o stimati.",
                )
            ]
    return []


def repeated(frame: pd.DataFrame, measures: Sequence[str], keys: Sequence[str], minimum: int = 5) -> list[Avviso]:
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
    valori = frame[list(measures)]
    vuote = (valori.isna() | (valori == 0)).all(axis=1)
    uguale = (valori == valori.shift()).all(axis=1) & ~vuote
    blocchi = (~uguale).cumsum()
    avvisi = []
    for _, indici in frame.index.to_series().groupby(blocchi.to_numpy()):
        if len(indici) < minimum or vuote.loc[indici.iloc[0]]:
            continue
        primo = ", ".join(str(frame.loc[indici.iloc[0], k]) for k in keys)
        ultimo = ", ".join(str(frame.loc[indici.iloc[-1], k]) for k in keys)
        avvisi.append(
            Avviso(
                "ripetizione",
                f"{len(indici)} righe di seguito con gli stessi valori, da «{primo}» a «{ultimo}»: "
                "potrebbe essere un copia e incolla.",
                tuple(indici[:10]),
            )
        )
    return avvisi


def age_structure(population: pd.DataFrame, minimum: int = 1000, threshold: float = 0.35) -> list[Avviso]:
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
    avvisi = []
    for territorio, gruppo in population.groupby("territorio", sort=True):
        totale = gruppo["residenti"].sum()
        if totale < minimum:
            continue
        per_sesso = gruppo.groupby("sesso")["residenti"].sum()
        rapporto = per_sesso.get("M", 0) / max(per_sesso.get("F", 0), 1) * 100
        if not 80 <= rapporto <= 125:
            avvisi.append(
                Avviso(
                    "struttura",
                    f"{territorio}: {rapporto:.0f} uomini ogni 100 donne, fuori dai valori di qualunque comune grande.",
                    (territorio,),
                )
            )
        eta = gruppo.groupby("eta")["residenti"].sum().reindex(range(0, 87), fill_value=0).to_numpy(dtype=float)
        vicine = (eta[:-4] + eta[1:-3] + eta[3:-1] + eta[4:]) / 4
        centro = eta[2:-2]
        # Poisson noise of a cell is its square root: three of them on top of the relative threshold
        ammesso = threshold * vicine + 3 * np.sqrt(np.maximum(vicine, 1))
        fuori = np.flatnonzero(np.abs(centro - vicine) > ammesso) + 2
        if len(fuori):
            elenco = ", ".join(str(int(e)) for e in fuori[:5])
            avvisi.append(Avviso("struttura", f"{territorio}: residenti fuori linea alle età {elenco}.", (territorio,)))
    return avvisi
