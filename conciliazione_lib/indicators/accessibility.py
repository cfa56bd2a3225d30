"""Spatial access to services: floating catchments, travel times between comuni, reliance on neighbours.

Matrices of travel cost have one row per demand point and one column per supply point. Arguments with labels
(pandas) are matched by label, never by position; plain arrays are taken in the order given.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, cast

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from conciliazione_lib.errors import CalcoloError

Decay = Callable[[NDArray[np.float64]], NDArray[np.float64]]

# Weights of the three zones of 10 minutes of the enhanced method, in its first application (Luo & Qi 2009).
LUO_QI_2009: Final[Mapping[float, float]] = MappingProxyType({10.0: 1.0, 20.0: 0.68, 30.0: 0.22})


def step_decay(zones: Mapping[float, float] = LUO_QI_2009) -> Decay:
    """Return a decay by zones: the enhanced two-step floating catchment area (E2SFCA).

    Parameters
    ----------
    zones : mapping of float to float
        Upper limit of each zone (included), in the unit of the travel cost, and its weight (0 or more).
        Beyond the last limit the weight is 0.

    Returns
    -------
    callable
        From an array of costs to an array of weights, same shape.

    Raises
    ------
    CalcoloError
        When there are no zones, or a limit or a weight is negative.

    References
    ----------
    Luo W., Qi Y. (2009), An enhanced two-step floating catchment area (E2SFCA) method for measuring spatial
    accessibility to primary care physicians, Health & Place 15(4), 1100-1107.
    """
    limits = np.array(sorted(zones), dtype=float)
    weights = np.array([zones[limit] for limit in sorted(zones)] + [0.0], dtype=float)
    if limits.size == 0 or limits[0] < 0 or (weights < 0).any():
        raise CalcoloError(
            "Le fasce del decadimento con la distanza non sono valide.",
            "Indicare almeno una fascia, con limite e peso non negativi.",
        )
    return lambda cost: weights[np.searchsorted(limits, cost, side="left")]


def gaussian_decay(bandwidth: float) -> Decay:
    """Return the decay ``exp(-cost**2 / (2 * bandwidth**2))``, equal to 1 at cost 0.

    Parameters
    ----------
    bandwidth : float
        Standard deviation of the curve, in the unit of the travel cost, greater than 0.

    Returns
    -------
    callable
        From an array of costs to an array of weights, same shape.

    Raises
    ------
    CalcoloError
        When the bandwidth is not positive.

    References
    ----------
    Kwan M.-P. (1998), Space-time and integral measures of individual accessibility, Geographical Analysis
    30(3), 191-216 (Gaussian impedance).
    """
    if not bandwidth > 0:
        raise CalcoloError(f"L'ampiezza della curva di decadimento deve essere maggiore di zero; trovata {bandwidth}.")
    return lambda cost: np.exp(-(cost**2) / (2.0 * bandwidth**2))


def _labels(supply: object, demand: object, distance: object) -> tuple[pd.Index | None, pd.Index | None]:
    """Return the labels that the arguments agree on (demand, supply), refusing the ones that do not match."""
    found: list[pd.Index | None] = []
    for series, axis, name in ((demand, 0, "della domanda"), (supply, 1, "dell'offerta")):
        labels = series.index if isinstance(series, pd.Series) else None
        if isinstance(distance, pd.DataFrame):
            own = distance.index if axis == 0 else distance.columns
            if labels is None:
                labels = own
            elif not labels.is_unique or not own.is_unique or set(labels) != set(own):
                missing = sorted(map(str, set(labels) ^ set(own)))[:5]
                raise CalcoloError(
                    f"I codici della matrice dei tempi e quelli {name} non coincidono o sono ripetuti"
                    + (f" (per esempio {', '.join(missing)})." if missing else "."),
                    "Usare gli stessi codici, ciascuno una volta sola, nella matrice e nelle serie.",
                )
        found.append(labels)
    return found[0], found[1]


def _checked(values: object, labels: pd.Index | None, name: str) -> NDArray[np.float64]:
    """Return one-dimensional quantities in the order of the labels, refusing missing and negative ones."""
    if isinstance(values, pd.Series) and labels is not None:
        values = values.reindex(labels)
    array = np.asarray(values, dtype=float)
    if array.ndim != 1 or not np.isfinite(array).all() or (array < 0).any():
        raise CalcoloError(
            f"I valori di {name} devono essere una lista di numeri non negativi, senza valori mancanti.",
            "Correggere i valori oppure escludere i territori di cui il dato non è noto.",
        )
    return array


def _weights(distance: NDArray[np.float64], threshold: float, decay: Decay | None) -> NDArray[np.float64]:
    """Return the weight of each pair: 0 beyond the threshold, the decay (or 1) within it."""
    if not threshold >= 0:
        raise CalcoloError(f"La soglia di distanza deve essere un numero non negativo; trovata {threshold}.")
    if np.isnan(distance).any() or (distance < 0).any():
        raise CalcoloError(
            "La matrice dei tempi contiene valori mancanti o negativi.",
            "Usare infinito per le coppie che non si raggiungono.",
        )
    within = distance <= threshold
    if decay is None:
        return within.astype(float)
    # The decay sees only reachable pairs: infinite costs would make some curves return NaN.
    return np.where(within, decay(np.where(within, distance, 0.0)), 0.0)


def _problem(
    supply: ArrayLike, demand: ArrayLike, distance: ArrayLike, threshold: float, decay: Decay | None
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], pd.Index | None, pd.Index | None]:
    """Check the arguments of a catchment model and return supply, demand, pair weights and labels."""
    rows, columns = _labels(supply, demand, distance)
    offered, wanted = _checked(supply, columns, "offerta"), _checked(demand, rows, "domanda")
    if isinstance(distance, pd.DataFrame):
        distance = distance.reindex(index=rows, columns=columns)
    cost = np.asarray(distance, dtype=float)
    if cost.shape != (wanted.size, offered.size):
        raise CalcoloError(
            "La matrice dei tempi deve avere una riga per punto di domanda e una colonna per punto di "
            f"offerta: attese {wanted.size} righe e {offered.size} colonne, trovata forma {cost.shape}."
        )
    return offered, wanted, _weights(cost, threshold, decay), rows, columns


def two_step_fca(
    supply: ArrayLike,
    demand: ArrayLike,
    distance: ArrayLike,
    threshold: float,
    decay: Decay | None = None,
) -> NDArray[np.float64] | pd.Series:
    """Two-step floating catchment area: places within reach, per person who competes for them.

    Step 1: at each supply point the places are divided by all the people within the threshold. Step 2: each
    demand point sums the ratios of the supply points within the threshold. With a ``decay`` both steps weigh
    the pairs (enhanced method).

    Parameters
    ----------
    supply : array-like, shape (m,)
        Places at each supply point, 0 or more.
    demand : array-like, shape (n,)
        People at each demand point, 0 or more.
    distance : array-like, shape (n, m)
        Travel cost from each demand point (rows) to each supply point (columns); infinite where unreachable.
    threshold : float
        Catchment size, in the unit of ``distance``; a cost equal to it is within.
    decay : callable, optional
        Weight of a pair given its cost; see `step_decay` and `gaussian_decay`. Default: 1 within the
        threshold.

    Returns
    -------
    ndarray or Series, shape (n,)
        Places per person at each demand point (multiply by 100 for places per 100), a Series with the labels
        of the demand when it or the matrix has any. The mean weighted by demand is the total supply over the
        total demand, as long as every supply point has somebody within reach: places that nobody can reach
        count for nobody.

    Raises
    ------
    CalcoloError
        When shapes or labels do not match, or values are missing or negative.

    References
    ----------
    Luo W., Wang F. (2003), Measures of spatial accessibility to health care in a GIS environment, Environment
    and Planning B 30(6), 865-884. Luo W., Qi Y. (2009), Health & Place 15(4), 1100-1107, for the decay.
    """
    offered, wanted, weights, rows, _ = _problem(supply, demand, distance, threshold, decay)
    potential = wanted @ weights
    ratio = np.divide(offered, potential, out=np.zeros_like(offered), where=potential > 0)
    access = weights @ ratio
    return access if rows is None else pd.Series(access, index=rows, name="accesso")


def catchment_flows(
    supply: ArrayLike,
    demand: ArrayLike,
    distance: ArrayLike,
    threshold: float,
    decay: Decay | None = None,
) -> pd.DataFrame:
    """Places that the catchment model hands from each supply point to each demand point.

    The places of a supply point are shared among the people within reach in proportion to their (weighted)
    number: the allocation that `two_step_fca` implies, so the row sums are access times demand. It is a model
    of potential use, not a count of enrolments.

    Parameters
    ----------
    supply, demand, distance, threshold, decay
        As in `two_step_fca`.

    Returns
    -------
    DataFrame, shape (n, m)
        Places, demand points on the rows and supply points on the columns. A column sums to the places of its
        supply point, or to 0 when nobody is within reach.

    Raises
    ------
    CalcoloError
        As in `two_step_fca`.
    """
    offered, wanted, weights, rows, columns = _problem(supply, demand, distance, threshold, decay)
    competing = wanted[:, None] * weights
    total = competing.sum(axis=0)
    share = np.divide(competing, total, out=np.zeros_like(competing), where=total > 0)
    return pd.DataFrame(share * offered, index=rows, columns=columns)


def border_balance(flows: pd.DataFrame, groups: Mapping[Hashable, str] | pd.Series) -> pd.DataFrame:
    """Who relies on the neighbours: places used and places lent across the borders of the territories.

    Parameters
    ----------
    flows : DataFrame
        Result of `catchment_flows`, labelled on both sides.
    groups : mapping or Series
        Territory (for example the ambito) of each demand and supply point.

    Returns
    -------
    DataFrame
        Index ``territorio``, sorted; columns in places: ``posti`` (located here and within somebody's reach),
        ``posti_residenti`` (used by the residents, wherever they are), ``posti_interni`` (both here),
        ``posti_da_vicini`` (used by the residents elsewhere), ``posti_a_vicini`` (here, used by others),
        ``saldo`` (``posti_a_vicini`` minus ``posti_da_vicini``: positive lends, negative relies) and
        ``quota_da_vicini`` (per cent of what the residents use; missing where they use nothing).

    Raises
    ------
    CalcoloError
        When a point has no territory.
    """
    territory = pd.Series(groups)
    unknown = sorted(map(str, (set(flows.index) | set(flows.columns)) - set(territory.dropna().index)))
    if unknown:
        raise CalcoloError(f"Non si sa a quale territorio appartengono questi punti: {', '.join(unknown[:10])}.")
    of_demand = territory.reindex(flows.index).to_numpy()
    of_supply = territory.reindex(flows.columns).to_numpy()
    table = flows.groupby(of_demand).sum().T.groupby(of_supply).sum().T
    names = sorted(set(table.index) | set(table.columns))
    table = table.reindex(index=names, columns=names, fill_value=0.0)
    used, located = table.sum(axis=1), table.sum(axis=0)
    internal = pd.Series(np.diag(table.to_numpy()), index=names)
    balance = pd.DataFrame(
        {
            "posti": located,
            "posti_residenti": used,
            "posti_interni": internal,
            "posti_da_vicini": used - internal,
            "posti_a_vicini": located - internal,
            "saldo": located - used,
        }
    )
    balance["quota_da_vicini"] = (100.0 * balance["posti_da_vicini"] / used).where(used > 0)
    return balance.rename_axis("territorio")


@dataclass(frozen=True)
class TravelModel:
    """Car minutes between comuni from straight-line distances: simple, stated, replaceable by real times.

    The road is the straight line times ``detour``; its first ``urban_km`` are driven at ``urban_kmh``, the
    rest at ``rural_kmh``. Two comuni far apart are never nearer in minutes than two that are close.

    Attributes
    ----------
    detour : float
        Road length over straight-line length, 1 or more. Boscoe, Henry and Zdeb (2012, The Professional
        Geographer 64(2), 188-196) found 1.417 on average, from homes to hospitals in the United States.
    urban_km : float
        Road kilometres driven at urban speed.
    urban_kmh, rural_kmh : float
        Speeds, working hypotheses to be varied: results must say them.
    """

    detour: float = 1.417
    urban_km: float = 5.0
    urban_kmh: float = 30.0
    rural_kmh: float = 60.0

    def __post_init__(self) -> None:
        """Refuse a model that would make no sense."""
        if self.detour < 1 or self.urban_km < 0 or not 0 < self.urban_kmh <= self.rural_kmh:
            raise CalcoloError(
                "Il modello dei tempi di percorrenza non è valido.",
                "Il fattore di tortuosità è almeno 1, i chilometri urbani non sono negativi, la velocità "
                "extraurbana non è minore di quella urbana.",
            )

    def minutes(self, straight_km: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the minutes for straight-line distances in kilometres, same shape."""
        road = straight_km * self.detour
        urban = np.minimum(road, self.urban_km)
        return 60.0 * (urban / self.urban_kmh + (road - urban) / self.rural_kmh)

    def assumptions(self) -> str:
        """Return what the times rest on, as the note of a map or a table says it."""
        detour = f"{self.detour:.3f}".replace(".", ",")
        return (
            "Tempi in automobile stimati dalla distanza in linea d'aria fra i centri dei comuni, moltiplicata per "
            f"{detour} (Boscoe e altri, 2012), a {self.urban_kmh:.0f} km/h per i primi {self.urban_km:.0f} km e a "
            f"{self.rural_kmh:.0f} km/h oltre."
        )


def travel_times(
    points: pd.DataFrame,
    model: TravelModel | None = None,
    to: Sequence[Hashable] | None = None,
) -> pd.DataFrame:
    """Minutes between comuni under a stated travel model.

    Parameters
    ----------
    points : DataFrame
        One row per comune, index its code; ``x`` and ``y`` (metres, a projected reference system such as
        EPSG:32632) and ``superficie_kmq``.
    model : TravelModel, optional
        Default: ``TravelModel()``.
    to : sequence, optional
        Codes of the destinations; default all.

    Returns
    -------
    DataFrame
        Minutes, origins on the rows (all the points), destinations on the columns. Within a comune the
        straight line is the mean distance from the centre of a disc of the same area, 2/3 of its radius.

    Raises
    ------
    CalcoloError
        When coordinates or areas are missing, or a code is repeated.
    """
    model = model or TravelModel()
    if not points.index.is_unique or points[["x", "y", "superficie_kmq"]].isna().to_numpy().any():
        raise CalcoloError("Ogni comune deve comparire una volta sola, con coordinate e superficie note.")
    destinations = points if to is None else points.loc[list(to)]
    start, end = points[["x", "y"]].to_numpy(float), destinations[["x", "y"]].to_numpy(float)
    straight = np.hypot(*(start[:, None, :] - end[None, :, :]).transpose(2, 0, 1)) / 1000.0
    own = cast(NDArray[np.int64], points.index.get_indexer(destinations.index))
    area = destinations["superficie_kmq"].to_numpy(float)
    straight[own, np.arange(own.size)] = 2.0 / 3.0 * np.sqrt(area / np.pi)
    return pd.DataFrame(model.minutes(straight), index=points.index, columns=destinations.index)


def travel_matrix(times: pd.DataFrame, codes: Sequence[Hashable]) -> pd.DataFrame:
    """Square matrix of minutes from an analyst's own list of times.

    Parameters
    ----------
    times : DataFrame
        Columns ``origine``, ``destinazione`` (codes of comuni) and ``minuti``; each ordered pair once.
    codes : sequence
        Comuni wanted, in order.

    Returns
    -------
    DataFrame
        Minutes, origins on the rows; pairs that are not in the list are infinite (not reachable), except that
        a comune reaches itself in 0 minutes unless the list says otherwise.

    Raises
    ------
    CalcoloError
        When a pair is repeated.
    """
    if times.duplicated(["origine", "destinazione"]).any():
        raise CalcoloError("Nei tempi di percorrenza una coppia di comuni compare più di una volta.")
    pairs = times.set_index(["origine", "destinazione"])["minuti"].astype(float)
    wanted = pd.MultiIndex.from_product([codes, codes])
    minutes = pairs.reindex(wanted).to_numpy(copy=True).reshape(len(codes), len(codes))
    own = np.diag(minutes).copy()
    minutes[np.isnan(minutes)] = np.inf
    np.fill_diagonal(minutes, np.where(np.isnan(own), 0.0, own))
    return pd.DataFrame(minutes, index=list(codes), columns=list(codes))


def minutes_between(
    points: pd.DataFrame, times: pd.DataFrame | None = None, model: TravelModel | None = None
) -> tuple[pd.DataFrame, str]:
    """Minutes between comuni, real where an analyst gave them and estimated otherwise, with what they rest on.

    Parameters
    ----------
    points : DataFrame
        The comuni, as in :func:`travel_times`.
    times : DataFrame, optional
        The analyst's list, as in :func:`travel_matrix`; it takes the place of the estimate.
    model : TravelModel, optional
        Of the estimate.

    Returns
    -------
    (DataFrame, str)
        Square matrix of minutes, and a sentence for the reader.
    """
    if times is not None:
        return travel_matrix(times, list(points.index)), "Tempi forniti dalla ATS."
    model = model or TravelModel()
    return travel_times(points, model), model.assumptions()
