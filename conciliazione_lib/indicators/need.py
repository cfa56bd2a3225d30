"""The composite index of conciliation need, with what it owes to choices that could have been otherwise.

The index is the Adjusted Mazziotta-Pareto Index (:mod:`conciliazione_lib.indicators.composite`) of a declared set of
indicators, read as a negative phenomenon: a high score is a high need, and imbalance raises it. Beside it, the same
territories are scored many times under other choices, and each source of choice gets its share of the variance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd
import scipy
from numpy.typing import NDArray

from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.indicators.composite import Goalposts, aggregate_ampi, goalposts_of, normalise, varying
from conciliazione_lib.indicators.demography import RATIOS, Band, cube
from conciliazione_lib.indicators.sensitivity import indistinguishable, rank_intervals, sobol

Array = NDArray[np.float64]

#: What could have been chosen otherwise, in the order of the inputs of the simulation.
SCELTE: Final = MappingProxyType(
    {
        "pesi": "pesi degli indicatori",
        "normalizzazione": "modo di rendere confrontabili gli indicatori",
        "aggregazione": "modo di sommarli",
        "indicatori": "indicatori inclusi",
        "rumore": "variabilità casuale dei dati",
    }
)

#: Scenarios drawn once for each of the choices that are not a short list.
SCENARIOS: Final = 256
SEED: Final = 20250101

#: What the data allow of the five indicators of DGR X/1081, Allegato C: female labour force and firms are not counted
#: by comune in the tables of the project.
COUNTS_OF_ATTO: Final = MappingProxyType(
    {"donne_18_45": Band(18, 45, "F"), "bambini_0_6": Band(0, 6), "anziani_75": Band(75, 100)}
)


def usable(values: pd.DataFrame, choices: pd.DataFrame) -> pd.DataFrame:
    """Say which of the declared indicators can enter the index, and how far from it the others are.

    Of each dimension enters the first indicator, in the order of the declaration, that is known for every territory and
    tells some of them apart: a ranking built on who answered would reward who did not.

    Parameters
    ----------
    values : DataFrame
        Index: territories; one column per indicator. An indicator without a column is known nowhere.
    choices : DataFrame
        Rows of ``indice_bisogno`` for one level: ``dimensione, indicatore``.

    Returns
    -------
    DataFrame
        Index ``indicatore``, in the order of ``choices``: ``dimensione``, ``noti`` and ``territori`` (counts) and
        ``esito``: ``entra``, ``non calcolabile``, ``uguale ovunque``, or ``sostituito``, by a better one of its
        dimension.
    """
    present = values.reindex(columns=list(choices["indicatore"]))
    table = choices.set_index("indicatore")[["dimensione"]].assign(
        noti=present.notna().sum(), territori=len(present), esito="entra"
    )
    table.loc[present.nunique() < 2, "esito"] = "uguale ovunque"
    table.loc[table["noti"] < table["territori"], "esito"] = "non calcolabile"
    entered = table[table["esito"] == "entra"]
    table.loc[entered.index[entered.duplicated("dimensione")], "esito"] = "sostituito"
    return table


def act_counts(population: pd.DataFrame) -> pd.DataFrame:
    """Count the people that DGR X/1081 weighs, and all the residents.

    Parameters
    ----------
    population : DataFrame
        Rows ``territorio, eta, sesso, residenti`` of some territories of one level.

    Returns
    -------
    DataFrame
        Index ``territorio``; the columns of :data:`COUNTS_OF_ATTO`, and ``residenti``.
    """
    one_cube = cube(population)
    counted = {name: one_cube.band(band) for name, band in COUNTS_OF_ATTO.items()}
    return pd.DataFrame(counted, index=pd.Index(one_cube.chiavi["territorio"])).assign(
        residenti=one_cube.band(Band(0, 100))
    )


def act_index(counts: pd.DataFrame, weights: Mapping[str, float], whole: pd.Series) -> pd.Series:
    """Weigh the territories as DGR X/1081 does, per resident, so that it can be read beside the index of need.

    Parameters
    ----------
    counts : DataFrame
        Index: territories; the counts of the act that are known and ``residenti``, as from :func:`act_counts`.
    weights : mapping of str to float
        Weights of the act, of which only those of the columns are used.
    whole : Series
        The same counts of the whole, worth 100.

    Returns
    -------
    Series
        ``indice_dgr_1081``: 100 × the weighted mean of the shares of the whole, over the share of its residents. Above
        100 the act's weights would give the territory more than its residents alone.
    """
    quote = counts.div(whole)
    population = quote.pop("residenti")
    one_weights = pd.Series({c: float(weights[str(c)]) for c in quote})
    return (100 * (quote * (one_weights / one_weights.sum())).sum(axis=1) / population).rename("indice_dgr_1081")


def poisson_errors(counts: pd.DataFrame, indicators: Sequence[str]) -> pd.DataFrame:
    """Return the standard errors of ratios of counts, were the counts random around their mean.

    Parameters
    ----------
    counts : DataFrame
        Index: territories; columns: the counts by age of :mod:`demography`, such as ``residenti_0_2``.
    indicators : sequence of str
        Ids of :data:`demography.RATIOS`.

    Returns
    -------
    DataFrame
        Same index, one column per indicator: ``ratio × sqrt(1/numerator + 1/denominator)``. It measures how much chance
        moves the ratios of small territories, not an error of the register.

    References
    ----------
    Breslow N.E., Day N.E. (1987), *Statistical Methods in Cancer Research*, vol. II, IARC, ch. 2 (delta method).
    """
    errors = {}
    for identifier in indicators:
        ratio = RATIOS[identifier]
        above = counts[list(ratio.numeratore)].sum(axis=1)
        below = counts[ratio.denominatore]
        errors[identifier] = above / below * ratio.scala * np.sqrt(1 / above + 1 / below)
    return pd.DataFrame(errors)


def standard_errors(
    values: pd.DataFrame, counts: pd.DataFrame, indicators: Sequence[str], confidence: float = 0.95
) -> pd.DataFrame:
    """Return the standard errors of some indicators: chance of the counts they are made of, or from their interval.

    Parameters
    ----------
    values : DataFrame
        Index: territories; ``<indicator>_inferiore`` and ``<indicator>_superiore`` for those that have an interval.
    counts : DataFrame
        Same index; the counts by age of the indicators that are ratios of counts.
    indicators : sequence of str
        Which ones.
    confidence : float
        Of the intervals, taken as normal.

    Returns
    -------
    DataFrame
        Same index, one column per indicator; 0 where nothing is known of the error.
    """
    ratios = [i for i in indicators if i in RATIOS]
    errors = poisson_errors(counts.reindex(values.index), ratios)
    breadth = 2 * scipy.special.ndtri(1 - (1 - confidence) / 2)
    for indicator in indicators:
        ends = [f"{indicator}_inferiore", f"{indicator}_superiore"]
        if indicator not in ratios and set(ends) <= set(values):
            errors[indicator] = (values[ends[1]] - values[ends[0]]) / breadth
    return errors.reindex(columns=list(indicators)).astype("float64").fillna(0.0)


@dataclass(frozen=True)
class Sensitivity:
    """How firm a ranking is.

    Attributes
    ----------
    ranghi : DataFrame
        Per territory: ``rango_mediano, rango_min, rango_max, quota_primo_terzo``.
    indistinguibili : DataFrame of bool
        Pairs of territories that cannot be ordered.
    quote : DataFrame
        Index: the choices of :data:`SCELTE`; columns ``primo_ordine, totale``: share of the variance of the ranks.
    """

    ranghi: pd.DataFrame
    indistinguibili: pd.DataFrame
    quote: pd.DataFrame


class _Alternative:
    """The index under other choices: a function of five numbers in [0, 1], one for each source of choice."""

    def __init__(
        self,
        values: pd.DataFrame,
        polarity: Mapping[str, int],
        reference: pd.Series,
        errors: pd.DataFrame | None,
        weights: Mapping[str, float],
    ) -> None:
        self.colonne = [str(c) for c in values]
        if len(self.colonne) < 2:
            raise CalcoloError("L'analisi di sensibilità richiede almeno due indicatori.")
        rng = np.random.default_rng(SEED)
        self.valori = values.to_numpy(dtype=float)
        self.verso = np.array([polarity[c] for c in self.colonne], dtype=float)
        self.riferimento = reference.reindex(values.columns).to_numpy(dtype=float)
        base = np.array([weights[c] for c in self.colonne], dtype=float)
        # each weight from half to one and a half times its own
        self.pesi = base * rng.uniform(0.5, 1.5, (SCENARIOS, len(base)))
        gaps = np.zeros_like(self.valori) if errors is None else errors[self.colonne].to_numpy(dtype=float)
        self.rumori = rng.standard_normal((SCENARIOS, *self.valori.shape)) * gaps
        # every indicator in, or one left out
        self.inclusi = np.vstack([np.ones(len(base)), 1 - np.eye(len(base))])

    def scores(self, choices: Array) -> Array:
        """Return the scores, shape (runs, territories), of choices of shape (runs, 5)."""

        def pick(choice: str, n: int) -> NDArray[np.intp]:
            column = choices[:, list(SCELTE).index(choice)]
            return np.minimum((column * n).astype(np.intp), n - 1)

        weights = self.pesi[pick("pesi", SCENARIOS)] * self.inclusi[pick("indicatori", len(self.inclusi))]
        weights = weights / weights.sum(axis=1, keepdims=True)
        points = self._normalise(self.valori + self.rumori[pick("rumore", SCENARIOS)], pick("normalizzazione", 3))

        def media(x: Array) -> Array:
            return np.asarray(np.einsum("rtc,rc->rt", x, weights))

        means = media(points)
        deviations = media((points - means[:, :, None]) ** 2)
        # the geometric mean of what is not need, so that imbalance raises need, as the penalty does
        geometriche = 200 - np.exp(media(np.log(np.maximum(200 - points, 1.0))))
        way = pick("aggregazione", 3)[:, None]
        return np.select([way == 0, way == 1], [means + deviations / means, means], geometriche)

    def _normalise(self, values: Array, way: NDArray[np.intp]) -> Array:
        distances = (values - self.riferimento) * self.verso
        points = np.empty_like(distances)
        minmax, zeta, ranks = (way == m for m in range(3))
        for rows, one_scale, breadth in ((minmax, 60, np.ptp), (zeta, 10, np.std)):
            widths = breadth(distances[rows], axis=1, keepdims=True)
            points[rows] = 100 + one_scale * np.divide(
                distances[rows], widths, out=np.zeros_like(distances[rows]), where=widths > 0
            )
        # equal values share their place
        points[ranks] = 70 + 60 * (scipy.stats.rankdata(distances[ranks], axis=1) - 1) / max(values.shape[1] - 1, 1)
        return points


def _varying(values: pd.DataFrame) -> pd.DataFrame:
    """Keep the indicators that tell some territory apart from another."""
    return values.loc[:, varying(values)]


def scale(values: pd.DataFrame, reference: pd.Series, choices: pd.DataFrame) -> dict[str, Goalposts]:
    """Return the ends of the scale of each indicator: the declared ones, which stay when the data change.

    Parameters
    ----------
    values : DataFrame
        Index: territories; one column per indicator.
    reference : Series
        Value of each indicator that is worth 100.
    choices : DataFrame
        Index: indicators; ``minimo`` and ``massimo``, missing where they have not been fixed yet: they are then set on
        the values, around the reference.

    Returns
    -------
    dict of str to Goalposts
    """
    ends = goalposts_of(values, reference)
    fixed = choices.reindex(values.columns)[["minimo", "massimo"]].dropna()
    return ends | {str(i): Goalposts(float(x.minimo), float(x.massimo)) for i, x in fixed.iterrows()}


def need_index(
    values: pd.DataFrame, polarity: Mapping[str, int], scale: Mapping[str, Goalposts], weights: Mapping[str, float]
) -> pd.DataFrame:
    """Compute the index of need and the part of each indicator in it.

    Parameters
    ----------
    values : DataFrame
        Index: territories; one column per indicator, no missing values.
    polarity : mapping of str to int
        ``+1`` when a higher value means more need.
    scale : mapping of str to Goalposts
        Ends of the scale of each indicator, from :func:`scale`: half way between them is worth 100.
    weights : mapping of str to float
        Weight of each indicator.

    Returns
    -------
    DataFrame
        Column ``indice_bisogno`` and, per indicator ``x``, ``contributo_x``: how much it moves the score from 100; with
        ``contributo_squilibrio``, the penalty, they sum to ``indice_bisogno − 100``. An indicator whose scale has no
        width, because it does not vary, changes nothing: its part is 0.
    """
    used = values[[c for c in values if scale[str(c)].maximum > scale[str(c)].minimum]]
    if used.empty:
        points, index, total = used, pd.Series(100.0, index=values.index), 1.0
    else:
        points = normalise(used, polarity, scale)
        index = aggregate_ampi(points, "+", weights)
        total = sum(weights[str(c)] for c in points)
    parts = {f"contributo_{c}": (points[c] - 100) * weights[str(c)] / total if c in points else 0.0 for c in values}
    table = pd.DataFrame({"indice_bisogno": index, **parts})
    table["contributo_squilibrio"] = index - 100 - pd.DataFrame(parts).sum(axis=1)
    return table


def sensitivity(
    values: pd.DataFrame,
    polarity: Mapping[str, int],
    reference: pd.Series,
    weights: Mapping[str, float],
    errors: pd.DataFrame | None = None,
    runs: int = 2048,
    confidence: float = 0.9,
) -> Sensitivity:
    """Score the territories under other choices, and say how firm their ranking is.

    Parameters
    ----------
    values, polarity, weights
        As in :func:`need_index`.
    reference : Series
        Value of each indicator that is worth 100 (that of Lombardia).
    errors : DataFrame, optional
        Standard errors of the values, same shape; none by default.
    runs : int
        Random choices for the ranks.
    confidence : float
        Share of the runs inside the interval of a rank.

    Returns
    -------
    Sensitivity
        The variance that is shared out is that of the ranks of all the territories.

    References
    ----------
    Saisana M., Saltelli A., Tarantola S. (2005), *JRSS A* 168(2), 307-323.
    """
    # by name, so that the noise of a territory is its own whatever the order of the rows
    used = _varying(values).sort_index()
    alternative = _Alternative(
        used, polarity, reference, None if errors is None else errors.reindex(used.index), weights
    )
    choices = np.random.default_rng(SEED).random((runs, len(SCELTE)))
    points = alternative.scores(choices)
    names = [str(t) for t in used.index]

    def ranks(x: Array) -> Array:
        return np.asarray(scipy.stats.rankdata(-alternative.scores(x), axis=1), dtype=float)

    quote = sobol(ranks, list(SCELTE), runs=1024).clip(lower=0.0)
    order = [str(t) for t in values.index]
    uncertain = indistinguishable(points, names, confidence).loc[order, order]
    return Sensitivity(rank_intervals(points, names, confidence).loc[order], uncertain, quote)


def firm_groups(result: Sensitivity) -> pd.Series:
    """Say which territories are firmly above or below the middle of the ranking.

    Parameters
    ----------
    result : Sensitivity
        From :func:`sensitivity`.

    Returns
    -------
    Series of str
        Per territory: ``alto`` when its whole interval is in the first half of the ranking, ``basso`` when in the
        second, ``non distinguibile`` otherwise.
    """
    target = len(result.ranghi) / 2
    high = result.ranghi["rango_max"] <= target
    low = result.ranghi["rango_min"] > target
    return pd.Series(
        np.select([high, low], ["alto", "basso"], "non distinguibile"), index=result.ranghi.index, name="gruppo"
    )


#: How the groups of :func:`firm_groups` are called in a table.
GROUP_NAMES: Final = MappingProxyType(
    {"alto": "nella prima metà", "basso": "nella seconda metà", "non distinguibile": "non distinguibile"}
)


def ranking(index: pd.DataFrame, result: Sensitivity) -> pd.DataFrame:
    """Put beside the index what its ranking is worth.

    Parameters
    ----------
    index : DataFrame
        From :func:`need_index`.
    result : Sensitivity
        From :func:`sensitivity`, of the same territories.

    Returns
    -------
    DataFrame
        One row per territory, highest index first: ``territorio``, the columns of ``index``, ``rango_bisogno`` with its
        bounds, ``intervallo`` (the bounds as text), ``gruppo`` (as in :data:`GROUP_NAMES`) and ``non_distinguibili``
        (how many other territories cannot be ordered with it).
    """
    outcome = result.ranghi
    ends = zip(outcome["rango_min"], outcome["rango_max"], strict=True)
    table = index.join(
        pd.DataFrame(
            {
                "rango_bisogno": outcome["rango_mediano"],
                "rango_bisogno_inferiore": outcome["rango_min"],
                "rango_bisogno_superiore": outcome["rango_max"],
                "intervallo": [f"{a}–{b}" if a < b else str(a) for a, b in ends],
                "gruppo": firm_groups(result).map(GROUP_NAMES),
                "non_distinguibili": result.indistinguibili.sum(axis=1) - 1,
            }
        )
    )
    return table.rename_axis("territorio").sort_values("indice_bisogno", ascending=False, kind="stable").reset_index()


@dataclass(frozen=True)
class Ranked:
    """The territories of a level in order of need, and how the order was made.

    Attributes
    ----------
    indicatori : DataFrame
        From :func:`usable`: which of the declared indicators entered, and why the others did not.
    graduatoria : DataFrame
        From :func:`ranking`.
    riferimento : float
        Index of the reference on the same scale: 100 on the day the scale was fixed.
    quote : DataFrame
        Share of the variance of the ranks that each choice makes, in percentage: index the choices of :data:`SCELTE`,
        columns ``primo_ordine, totale``.
    pesi : Series
        Weight of each indicator that entered, in the order of the declaration.
    """

    indicatori: pd.DataFrame
    graduatoria: pd.DataFrame
    riferimento: float
    quote: pd.DataFrame
    pesi: pd.Series


def rank(
    values: pd.DataFrame, choices: pd.DataFrame, reference: pd.Series, errors: pd.DataFrame | None = None
) -> Ranked:
    """Rank some territories by the index of need, with the declared indicators that all of them have.

    Parameters
    ----------
    values : DataFrame
        Index: territories; one column per indicator, missing values where one is not known.
    choices : DataFrame
        Rows of ``indice_bisogno`` for one level: ``dimensione, indicatore, polarita, peso, minimo, massimo``.
    reference : Series
        Value of each indicator that is worth 100; where it is missing, the mean of the territories.
    errors : DataFrame, optional
        Standard errors, by territory and indicator; what is not there has none.

    Returns
    -------
    Ranked

    Raises
    ------
    CalcoloError
        When fewer than two indicators are known for all the territories.
    """
    outcome = usable(values, choices)
    used = choices.set_index("indicatore").loc[outcome.index[outcome["esito"] == "entra"]]
    names = [str(i) for i in used.index]
    known = values[names].astype("float64")
    centre = reference.reindex(names).astype("float64").fillna(known.mean())
    gaps = pd.DataFrame(0.0, index=known.index, columns=names)
    if errors is not None:
        gaps = errors.reindex(index=known.index, columns=names).astype("float64").fillna(0.0)
    verses = {str(i): int(x) for i, x in used["polarita"].items()}
    weights = {str(i): float(x) for i, x in used["peso"].items()}
    ends = scale(known, centre, used)
    firmness = sensitivity(known, verses, centre, weights, gaps)
    whole = need_index(centre.to_frame("riferimento").T, verses, ends, weights)
    return Ranked(
        indicatori=outcome,
        graduatoria=ranking(need_index(known, verses, ends, weights), firmness),
        riferimento=float(whole["indice_bisogno"].iloc[0]),
        quote=100 * firmness.quote,
        pesi=pd.Series(weights, name="peso"),
    )


def rank_within(
    values: pd.DataFrame, choices: pd.DataFrame, reference: pd.Series, errors: pd.DataFrame, of: pd.Series
) -> dict[str, Ranked]:
    """Rank the territories of each group where more indicators are known than among all of them.

    What is known in one group only cannot enter the ranking of all, and would be lost.

    Parameters
    ----------
    values, choices, reference, errors
        As in :func:`rank`.
    of : Series
        Group of each territory.

    Returns
    -------
    dict of str to Ranked
        By group: those of at least three territories, where an indicator that cannot be computed for all can.

    Examples
    --------
    >>> valori = pd.DataFrame({"a": [1.0, 2, 4, 9], "b": [3.0, 5, 4, 1], "c": [6.0, 5, 7, None]}, index=list("wxyz"))
    >>> scelte = pd.DataFrame({"dimensione": list("abc"), "indicatore": list("abc"), "polarita": 1, "peso": 1})
    >>> scelte = scelte.assign(minimo=float("nan"), massimo=float("nan"))
    >>> di = pd.Series(["pavia", "pavia", "pavia", "milano"], index=valori.index)
    >>> {name: list(r.pesi.index) for name, r in rank_within(valori, scelte, valori.mean(), valori * 0, di).items()}
    {'pavia': ['a', 'b', 'c']}
    """
    lacking = usable(values, choices)["esito"] == "non calcolabile"
    found = {}
    for group, members in values.groupby(of.reindex(values.index), sort=False):
        more = (usable(members, choices)["esito"] == "entra") & lacking
        if len(members) >= 3 and more.any():
            found[str(group)] = rank(members, choices, reference, errors)
    return found


#: Why a contribution is missing.
OUTSIDE: Final = "L'indicatore non entra nell'indice."


def with_absences(ranked: Ranked, values: pd.DataFrame, contributions: Sequence[str]) -> pd.DataFrame:
    """Return a ranking with all the contributions that there could be, and how much of the index is imputed.

    Parameters
    ----------
    ranked : Ranked
        From :func:`rank`.
    values : DataFrame
        Index: territories; ``<indicator>_imputata``, from 0 to 1, for those that have it.
    contributions : sequence of str
        Columns ``contributo_…`` to give: those of indicators that did not enter are missing, and say why.

    Returns
    -------
    DataFrame
        ``ranked.graduatoria``, with ``<contribution>_stato`` and ``<contribution>_motivo`` of those that are missing,
        and ``indice_bisogno_imputata``: the weighted mean of the shares imputed of the indicators that entered.

    Examples
    --------
    >>> valori = pd.DataFrame({"a": [1.0, 2.0, 4.0], "b": [3.0, 5.0, 7.0]}, index=["x", "y", "z"])
    >>> scelte = pd.DataFrame({"dimensione": ["a", "b"], "indicatore": ["a", "b"], "polarita": 1, "peso": 1})
    >>> scelte = scelte.assign(livello="ats", serve=None, minimo=float("nan"), massimo=float("nan"))
    >>> esito = rank(valori, scelte, valori.mean())
    >>> with_absences(esito, valori, ["contributo_c"])["contributo_c_stato"].unique().tolist()
    ['non_applicabile']
    """
    table = ranked.graduatoria
    out = [name for name in contributions if name not in table]
    weights = ranked.pesi
    shares = values.reindex(columns=[f"{name}_imputata" for name in weights.index]).fillna(0.0)
    imputed = (shares.set_axis(weights.index, axis=1) * weights).sum(axis=1) / weights.sum()
    return table.reindex(columns=[*table, *out]).assign(
        **dict.fromkeys([f"{name}_stato" for name in out], "non_applicabile"),
        **dict.fromkeys([f"{name}_motivo" for name in out], OUTSIDE),
        indice_bisogno_imputata=imputed.reindex(table["territorio"]).to_numpy(),
    )


def unexplained(ranking: pd.DataFrame) -> pd.Series:
    """Return what the contributions leave out of the distance of each index from 100: nothing, but for rounding.

    Parameters
    ----------
    ranking : DataFrame
        ``indice_bisogno`` and the columns ``contributo_…``.

    Examples
    --------
    >>> unexplained(pd.DataFrame({"indice_bisogno": [103.0], "contributo_a": [2.0], "contributo_squilibrio": [1.0]}))
    0    0.0
    dtype: float64
    """
    parts = ranking.filter(like="contributo_").select_dtypes("number")
    return ranking["indice_bisogno"] - 100 - parts.sum(axis=1)


def places(rankings: Mapping[str, Ranked], levels: Mapping[str, str]) -> pd.DataFrame:
    """Put several rankings one after the other.

    Parameters
    ----------
    rankings : mapping of str to Ranked
        By name.
    levels : mapping of str to str
        Level of the territories of each of them.

    Returns
    -------
    DataFrame
        ``territorio, intervallo, gruppo`` (as in :func:`ranking`), ``graduatoria`` (the name), ``livello, posto``.

    Examples
    --------
    >>> valori = pd.DataFrame({"a": [1.0, 2.0, 4.0], "b": [3.0, 5.0, 7.0]}, index=["x", "y", "z"])
    >>> scelte = pd.DataFrame({"dimensione": ["a", "b"], "indicatore": ["a", "b"], "polarita": 1, "peso": 1})
    >>> scelte = scelte.assign(livello="ats", serve=None, minimo=float("nan"), massimo=float("nan"))
    >>> esito = rank(valori, scelte, valori.mean())
    >>> places({"tutte": esito}, {"tutte": "ats"}).set_index("territorio")["posto"].to_dict()
    {'z': 1, 'y': 2, 'x': 3}
    """
    tables = [
        ranked.graduatoria[["territorio", "intervallo", "gruppo"]].assign(
            graduatoria=name, livello=levels[name], posto=range(1, len(ranked.graduatoria) + 1)
        )
        for name, ranked in rankings.items()
    ]
    return pd.concat(tables, ignore_index=True)


def composition(rankings: Mapping[str, Ranked], levels: Mapping[str, str], choices: pd.DataFrame) -> pd.DataFrame:
    """Say of several rankings which indicators entered and what the others lack.

    Parameters
    ----------
    rankings, levels
        As in :func:`places`.
    choices : DataFrame
        Rows of ``indice_bisogno`` of all the levels.

    Returns
    -------
    DataFrame
        The rows of :func:`usable` with ``peso``, ``serve`` (what it takes to have the indicator, ``—`` when nothing),
        ``graduatoria`` (the name) and ``ordine`` of its dimension in the declaration.

    Examples
    --------
    >>> valori = pd.DataFrame({"a": [1.0, 2.0, 4.0], "b": [3.0, 5.0, 7.0]}, index=["x", "y", "z"])
    >>> scelte = pd.DataFrame({"dimensione": ["a", "b"], "indicatore": ["a", "b"], "polarita": 1, "peso": 1})
    >>> scelte = scelte.assign(livello="ats", serve=None, minimo=float("nan"), massimo=float("nan"))
    >>> esito = rank(valori, scelte, valori.mean())
    >>> composition({"tutte": esito}, {"tutte": "ats"}, scelte)[["indicatore", "esito", "serve"]].to_numpy().tolist()
    [['a', 'entra', '—'], ['b', 'entra', '—']]
    """
    order = {dimension: place for place, dimension in enumerate(choices["dimensione"].unique())}
    declared = choices[["livello", "indicatore", "peso", "serve"]]
    tables = [
        ranked.indicatori.reset_index()
        .merge(declared[declared["livello"] == levels[name]].drop(columns="livello"), on="indicatore")
        .assign(graduatoria=name)
        for name, ranked in rankings.items()
    ]
    joined = pd.concat(tables, ignore_index=True)
    return joined.assign(serve=joined["serve"].astype("string").fillna("—"), ordine=joined["dimensione"].map(order))
