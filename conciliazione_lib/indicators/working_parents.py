"""How many children have parents who all work: bounds from margins that are published, where the joint rate is not.

Employment of mothers and of fathers is published, that of couples by age of the children is not: their share is bounded
as Fréchet (1951) bounds a joint probability by its margins. Mothers by age of the youngest child are not published for
Lombardia either: their bounds follow from what is, with two orders that hold in every publication that has both terms
(mothers of the smallest work less than mothers of minors, and these less than women without children).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import pandas as pd

from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.region import REGIONE

#: Ages of the services: nursery, nursery school, primary school, lower secondary school.
ETA: Mapping[str, tuple[int, int]] = MappingProxyType(
    {"0-2": (0, 2), "3-5": (3, 5), "6-10": (6, 10), "11-13": (11, 13)}
)
#: A child older than this has a mother whose youngest child may be of any age; up to it, the youngest is as small.
SMALL: Final = 5
METODO: Final = (
    "limiti di Fréchet dai tassi pubblicati di madri e padri, allargati di quanto l'occupazione delle donne della "
    "provincia dista dalla regione"
)


def frechet(first: float, second: float) -> tuple[float, float]:
    """Bound the share for whom two things are both true, from the shares for whom each one is.

    Parameters
    ----------
    first, second : float
        Shares, in %.

    Returns
    -------
    (float, float)
        The least and the most, in %.

    References
    ----------
    Fréchet, M. (1951), Sur les tableaux de corrélation dont les marges sont données, Annales de l'Université de Lyon.

    Examples
    --------
    >>> frechet(70, 90), frechet(40, 50)
    ((60.0, 70.0), (0.0, 40.0))
    """
    for share in (first, second):
        if not 0 <= share <= 100:
            raise CalcoloError(f"Una quota sta fra 0 e 100: {share}.")
    return max(0.0, float(first + second - 100)), float(min(first, second))


@dataclass(frozen=True)
class Margins:
    """What is published of the employment of parents, in %.

    Attributes
    ----------
    mothers : float
        Mothers of minors, in the region.
    ratio : float
        Mothers of children of 0-5 years, per 100 women without children, in the region (rate over rate).
    fathers : float
        Fathers whose youngest child is under six, in Italy: the least that fathers work in a region above Italy.
    """

    mothers: float
    ratio: float
    fathers: float

    def of_mothers(self) -> dict[str, tuple[float, float]]:
        """Return the bounds of the employment of mothers, by age of the child.

        With ``m`` mothers of minors, ``r`` the ratio, ``s`` mothers of the smallest and ``w`` women without children:
        ``s = r w``, ``s <= m <= w``. So ``r m <= s <= m`` and ``w <= m / r``; the mother of an older child is anywhere
        between mothers of the smallest and women without children.

        Examples
        --------
        >>> found = Margins(mothers=72.0, ratio=80.0, fathers=90.0).of_mothers()
        >>> [round(x, 1) for x in found["0-2"]], [round(x, 1) for x in found["6-10"]]
        ([57.6, 72.0], [57.6, 90.0])
        """
        least = self.mothers * self.ratio / 100
        most = min(100.0, 100 * self.mothers / self.ratio)
        return {name: (least, self.mothers if last <= SMALL else most) for name, (_, last) in ETA.items()}

    def of_parents(self) -> dict[str, tuple[float, float]]:
        """Return the bounds of the share of children whose parents all work, by age.

        Of a child who lives with the mother alone it is the mother who works: her rate is between the bounds too, for
        it is at least the joint one and at most that of mothers.

        Examples
        --------
        >>> found = Margins(mothers=72.0, ratio=80.0, fathers=90.0).of_parents()
        >>> [round(x, 1) for x in found["0-2"]]
        [47.6, 72.0]
        """
        return {
            name: (frechet(low, self.fathers)[0], frechet(high, 100)[1])
            for name, (low, high) in self.of_mothers().items()
        }


def children(
    population: pd.DataFrame, shares: Mapping[str, tuple[float, float]], distance: pd.Series | None = None
) -> pd.DataFrame:
    """Estimate the children whose parents all work, by comune and age: a range, never a number.

    Parameters
    ----------
    population : DataFrame
        Rows ``cod_comune, eta, residenti``.
    shares : mapping
        Bounds of the region by age, in %, as from :meth:`Margins.of_parents`.
    distance : Series, optional
        By comune, how far the employment of women of its province is from that of the region, in points: the range
        widens by it on that side, so that it is never narrower than that of what it is made from.

    Returns
    -------
    DataFrame
        Rows ``cod_comune, eta`` (the band) with ``bambini`` (all the children), ``inferiore``, ``superiore``.

    Examples
    --------
    >>> people = pd.DataFrame({"cod_comune": ["a", "a"], "eta": [1, 30], "residenti": [200, 900]})
    >>> children(people, {"0-2": (50, 70)})[["inferiore", "superiore"]].to_dict("records")
    [{'inferiore': 100.0, 'superiore': 140.0}]
    >>> children(people, {"0-2": (50, 70)}, pd.Series({"a": -5.0}))[["inferiore", "superiore"]].to_dict("records")
    [{'inferiore': 90.0, 'superiore': 140.0}]
    """
    comuni = pd.Index(sorted(population["cod_comune"].unique()), name="cod_comune")
    away = pd.Series(0.0, index=comuni) if distance is None else distance.reindex(comuni)
    if away.isna().any():
        raise CalcoloError("Manca la distanza dalla regione di qualche comune.")
    parts = []
    for name, (low, high) in shares.items():
        own = population[population["eta"].between(*ETA[name])].groupby("cod_comune")["residenti"].sum()
        of = own.reindex(comuni, fill_value=0).astype("float64")
        least = (low + away.clip(upper=0)).clip(0, 100) / 100
        most = (high + away.clip(lower=0)).clip(0, 100) / 100
        parts.append(pd.DataFrame({"bambini": of, "inferiore": of * least, "superiore": of * most}).assign(eta=name))
    return pd.concat(parts).reset_index()


def figures(sums: pd.DataFrame, name: str, step: float = 1.0) -> pd.DataFrame:
    """Turn summed bounds into a figure of which only the interval can be said.

    Parameters
    ----------
    sums : DataFrame
        With ``inferiore`` and ``superiore``; missing where a sum is.
    name : str
        The indicator.
    step : float
        What the bounds are rounded to, outwards: whole people by default.

    Returns
    -------
    DataFrame
        The other columns, and ``<name>`` (the middle), its bounds and ``<name>_imputata``.

    Examples
    --------
    >>> figures(pd.DataFrame({"inferiore": [10.4], "superiore": [20.2]}), "n").to_dict("records")
    [{'n': 15.5, 'n_inferiore': 10.0, 'n_superiore': 21.0, 'n_imputata': 1.0}]
    """
    low = step * (sums["inferiore"] / step + 1e-6).floordiv(1)
    high = -step * (-(sums["superiore"] / step - 1e-6)).floordiv(1)
    table = sums.drop(columns=["inferiore", "superiore"])
    table[name], table[f"{name}_inferiore"], table[f"{name}_superiore"] = (low + high) / 2, low, high
    return table.assign(**{f"{name}_imputata": 1.0})


def margins(published: pd.DataFrame, ratios: pd.DataFrame, region: str = REGIONE) -> Margins:
    """Read the margins of a region among what was published: the latest of each.

    Parameters
    ----------
    published : DataFrame
        Rows of ``indicatori_lavoro``: ``misura, territorio, periodo, sesso, gruppo, valore``.
    ratios : DataFrame
        Rows of ``madri_occupazione``: the ratio between mothers and women without children, by year.
    region : str
        Code of the region.

    Returns
    -------
    Margins
        The ratio is that of the year of the mothers of minors.

    Raises
    ------
    CalcoloError
        One of them is not there.
    """
    of_minors = published.query("misura == 'tasso_occupazione_figli_minori' and gruppo == 'con figli minori'")
    mothers = of_minors.query("territorio == @region and sesso == 'F'").sort_values("periodo")
    fathers = published.query(
        "misura == 'tasso_occupazione_figlio_sotto_6' and territorio == 'italia' and sesso == 'M'"
    )
    if mothers.empty or fathers.empty:
        raise CalcoloError("Mancano i tassi pubblicati di madri e padri.")
    year = int(str(mothers["periodo"].iloc[-1])[:4])
    ratio = ratios.query("misura == 'rapporto_occupazione_madri' and territorio == @region and anno == @year")
    if ratio.empty:
        raise CalcoloError(f"Manca il rapporto fra madri e donne senza figli del {year}.")
    return Margins(float(mothers["valore"].iloc[-1]), float(ratio["valore"].iloc[0]), float(fathers["valore"].iloc[-1]))


def of_region(shares: Mapping[str, tuple[float, float]], region: str = REGIONE) -> pd.DataFrame:
    """Return the bounds of the shares of a region as figures: ``territorio, eta, quota_genitori_occupati`` and bounds.

    Examples
    --------
    >>> of_region({"0-2": (49.06, 73.6)})["quota_genitori_occupati_superiore"].round(1).tolist()
    [73.6]
    """
    rows = [
        {"territorio": region, "eta": age, "inferiore": low, "superiore": high} for age, (low, high) in shares.items()
    ]
    return figures(pd.DataFrame(rows), "quota_genitori_occupati", step=0.1)
