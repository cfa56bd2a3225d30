"""Where need clusters, and who resembles whom.

Spatial autocorrelation is PySAL's (``esda``), with permutation tests under a fixed seed; local tests are many, so their
significance is corrected for the false discovery rate. Neighbours by profile have nothing to do with the map: they are
the territories most alike in their indicators, to learn from.

References
----------
Anselin L. (1995), "Local indicators of spatial association - LISA", *Geographical Analysis* 27(2), 93-115. Benjamini
Y., Hochberg Y. (1995), "Controlling the false discovery rate", *JRSS B* 57, 289-300. Rey S., Anselin L. (2007), "PySAL:
a Python library of spatial analytical methods", *Review of Regional Studies* 37(1), 5-27. Assunção R.M., Reis E.A.
(1999), "A new proposal to adjust Moran's I for population density", *Statistics in Medicine* 18, 2147-2162.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from conciliazione_lib.errors import CalcoloError

if TYPE_CHECKING:
    import geopandas as gpd
    from libpysal.graph import Graph

#: One global test needs no more; a local one must survive the correction over fifteen hundred comuni.
PERMUTATIONS: Final = 999
LOCAL_PERMUTATIONS: Final = 9999
SEED: Final = 20250101
#: p-value under which similar values are said to be near each other.
SIGNIFICANT: Final = 0.05

#: Quadrants of the local test, as ``esda`` numbers them.
QUADRANTS: Final = MappingProxyType({1: "alto-alto", 2: "basso-alto", 3: "basso-basso", 4: "alto-basso"})


@dataclass(frozen=True)
class Autocorrelation:
    """Global spatial autocorrelation of an indicator.

    Attributes
    ----------
    i : float
        Moran's I.
    expected : float
        Its value without autocorrelation.
    p_value : float
        One-sided pseudo p-value over permutations.
    n : int
        Territories with at least one neighbour.
    """

    i: float
    expected: float
    p_value: float
    n: int

    def table(self) -> pd.DataFrame:
        """Return it as one row: ``i, atteso, p, territori`` and ``addensato``, whether similar values are together.

        Examples
        --------
        >>> Autocorrelation(0.5, -0.01, 0.001, 100).table()["addensato"].tolist()
        [True]
        """
        together = self.i > self.expected and self.p_value < SIGNIFICANT
        row = {"i": self.i, "atteso": self.expected, "p": self.p_value, "territori": self.n, "addensato": together}
        return pd.DataFrame([row])


def contiguity(boundaries: gpd.GeoDataFrame) -> Graph:
    """Say which territories touch: queen contiguity.

    Parameters
    ----------
    boundaries : GeoDataFrame
        One geometry per territory, whose code is the index.

    Returns
    -------
    libpysal.graph.Graph
        Binary; a territory that touches no other is an isolate.
    """
    from libpysal.graph import Graph

    return Graph.build_contiguity(boundaries, rook=False)


def standardised_ratio(above: pd.Series, below: pd.Series) -> pd.Series:
    """Put ratios of counts on one scale, where small denominators do not pass for extreme territories.

    Parameters
    ----------
    above, below : Series
        Numerator and denominator by territory.

    Returns
    -------
    Series
        Distance of each ratio from the overall one, in standard deviations that allow for how much chance moves it
        (the empirical Bayes standardisation of Assunção and Reis); missing without a denominator.
    """
    one_above, one_below = above.astype("float64"), below.astype("float64")
    one_below = one_below.where(one_below > 0)
    one_above = one_above.where(one_below.notna())
    whole = one_above.sum() / one_below.sum()
    ratio = one_above / one_below
    between = (one_below * (ratio - whole) ** 2).sum() / one_below.sum() - whole / one_below.mean()
    # where chance alone explains the differences, only chance is left in the variance
    variance = max(between, 0.0) + whole / one_below
    return (ratio - whole) / np.sqrt(variance)


def _with_neighbours(values: pd.Series, graph: Graph) -> tuple[pd.Series, Graph]:
    """Keep the territories that have a value and a neighbour with a value, and standardise the weights by row."""
    present = values.dropna()
    reduced = graph.subgraph(present.index)
    islands = reduced.isolates
    if len(islands):
        present = present.drop(index=islands)
        reduced = reduced.subgraph(present.index)
    if len(present) < 5:
        raise CalcoloError(
            f"L'analisi spaziale richiede almeno 5 territori confinanti con un valore: qui sono {len(present)}.",
            "Usare un livello territoriale più fine o completare i dati.",
        )
    if np.isclose(present.std(), 0.0):
        raise CalcoloError("L'analisi spaziale richiede un indicatore che vari da un territorio all'altro.")
    return present.reindex(reduced.unique_ids), reduced.transform("r")


def moran(values: pd.Series, graph: Graph) -> Autocorrelation:
    """Test whether similar values are near each other.

    Parameters
    ----------
    values : Series
        Indicator, by code of the territory; missing values and isolates are left out.
    graph : Graph
        Neighbours, from :func:`contiguity`.

    Returns
    -------
    Autocorrelation

    Raises
    ------
    CalcoloError
        With fewer than five territories, or a constant indicator.
    """
    esda = _esda()

    present, weights = _with_neighbours(values, graph)
    # esda draws these permutations from numpy's legacy generator: it is seeded for the test and then left as it was
    status = np.random.get_state()  # noqa: NPY002
    try:
        np.random.seed(SEED)  # noqa: NPY002
        outcome = esda.Moran(present.to_numpy(), weights, permutations=PERMUTATIONS)
    finally:
        np.random.set_state(status)  # noqa: NPY002
    return Autocorrelation(float(outcome.I), float(outcome.EI), float(outcome.p_sim), len(present))


def local_clusters(values: pd.Series, graph: Graph, fdr: float = 0.05) -> pd.DataFrame:
    """Find clusters of high and of low values.

    Parameters
    ----------
    values : Series
        Indicator, by code of the territory.
    graph : Graph
        Neighbours, from :func:`contiguity`.
    fdr : float
        False discovery rate over all the territories.

    Returns
    -------
    DataFrame
        Index of ``values``; columns ``i``, ``p`` (two-sided) and ``gruppo``: ``alto-alto``, ``basso-basso``,
        ``alto-basso``, ``basso-alto``, ``non significativo``, or missing for territories without a value or neighbours.
    """
    from statsmodels.stats.multitest import multipletests

    present, weights = _with_neighbours(values, graph)
    with warnings.catch_warnings():
        # esda announces a two-sided alternative for its next release: the p-values are doubled here already
        warnings.filterwarnings("ignore", message="The alternative hypothesis", category=DeprecationWarning)
        local = _esda().Moran_Local(present.to_numpy(), weights, permutations=LOCAL_PERMUTATIONS, seed=SEED, n_jobs=1)
    p = np.minimum(2 * local.p_sim, 1.0)
    significant = multipletests(p, alpha=fdr, method="fdr_bh")[0]
    groups = [QUADRANTS[int(q)] if s else "non significativo" for q, s in zip(local.q, significant, strict=True)]
    table = pd.DataFrame({"i": local.Is, "p": p, "gruppo": groups}, index=present.index)
    return table.reindex(values.index)


def cluster_counts(clusters: pd.Series, groups: Mapping[str, pd.Series]) -> pd.DataFrame:
    """Count the comuni in clusters of high and of low values, by territory.

    Parameters
    ----------
    clusters : Series
        ``gruppo`` of :func:`local_clusters`, by ``cod_comune``.
    groups : mapping of str to Series
        For each level, the territory of each comune; comuni without one are left out.

    Returns
    -------
    DataFrame
        ``livello, territorio, comuni_addensamento_alto, comuni_addensamento_basso``.

    Examples
    --------
    >>> gruppi = pd.Series({"015146": "alto-alto", "015002": "non significativo"})
    >>> cluster_counts(gruppi, {"ats": pd.Series("milano", index=gruppi.index)})["comuni_addensamento_alto"].tolist()
    [1]
    """
    inside = pd.DataFrame({f"comuni_addensamento_{name}": clusters == f"{name}-{name}" for name in ("alto", "basso")})
    counts = {level: inside.groupby(of).sum().rename_axis("territorio") for level, of in groups.items()}
    return pd.concat(counts, names=["livello"]).reset_index()


def profile_neighbours(profiles: pd.DataFrame, k: int = 3) -> pd.DataFrame:
    """Find, for each territory, the ones most alike in their indicators: its statistical neighbours.

    Parameters
    ----------
    profiles : DataFrame
        One row per territory (code as index), one column per indicator, no missing values.
    k : int
        How many neighbours.

    Returns
    -------
    DataFrame
        Columns ``territorio, vicino, posizione, distanza``: Euclidean distance between standardised indicators, divided
        by the square root of their number, so that one is "a standard deviation apart, on average".

    Raises
    ------
    CalcoloError
        With missing values, or no more territories than neighbours.
    """
    if profiles.isna().to_numpy().any():
        raise CalcoloError("I vicini statistici richiedono profili senza valori mancanti.")
    if len(profiles) <= k:
        raise CalcoloError(f"Per trovare {k} vicini servono più di {k} territori: qui sono {len(profiles)}.")
    gaps = profiles.std(ddof=0)
    variables = profiles.loc[:, gaps > 0]
    z = ((variables - variables.mean()) / variables.std(ddof=0)).to_numpy()
    distances = np.sqrt(((z[:, None, :] - z[None, :, :]) ** 2).mean(axis=2))
    np.fill_diagonal(distances, np.inf)
    rows = []
    for i, territorio in enumerate(profiles.index):
        for position, j in enumerate(np.argsort(distances[i], kind="stable")[:k], start=1):
            rows.append((territorio, profiles.index[j], position, float(distances[i, j])))
    return pd.DataFrame(rows, columns=["territorio", "vicino", "posizione", "distanza"])


def _esda() -> ModuleType:
    """Return PySAL's ``esda``, imported without the notice that a notebook lacks progress bars."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="IProgress not found")
        import esda
    return esda
