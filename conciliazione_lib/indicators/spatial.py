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
PERMUTAZIONI: Final = 999
PERMUTAZIONI_LOCALI: Final = 9999
SEME: Final = 20250101
#: p-value under which similar values are said to be near each other.
SIGNIFICATIVO: Final = 0.05

#: Quadrants of the local test, as ``esda`` numbers them.
QUADRANTI: Final = MappingProxyType({1: "alto-alto", 2: "basso-alto", 3: "basso-basso", 4: "alto-basso"})


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
        together = self.i > self.expected and self.p_value < SIGNIFICATIVO
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
    sopra, sotto = above.astype("float64"), below.astype("float64")
    sotto = sotto.where(sotto > 0)
    sopra = sopra.where(sotto.notna())
    insieme = sopra.sum() / sotto.sum()
    rapporto = sopra / sotto
    fra = (sotto * (rapporto - insieme) ** 2).sum() / sotto.sum() - insieme / sotto.mean()
    # where chance alone explains the differences, only chance is left in the variance
    varianza = max(fra, 0.0) + insieme / sotto
    return (rapporto - insieme) / np.sqrt(varianza)


def _con_vicini(values: pd.Series, graph: Graph) -> tuple[pd.Series, Graph]:
    """Keep the territories that have a value and a neighbour with a value, and standardise the weights by row."""
    presenti = values.dropna()
    ridotto = graph.subgraph(presenti.index)
    isole = ridotto.isolates
    if len(isole):
        presenti = presenti.drop(index=isole)
        ridotto = ridotto.subgraph(presenti.index)
    if len(presenti) < 5:
        raise CalcoloError(
            f"L'analisi spaziale richiede almeno 5 territori confinanti con un valore: qui sono {len(presenti)}.",
            "Usare un livello territoriale più fine o completare i dati.",
        )
    if np.isclose(presenti.std(), 0.0):
        raise CalcoloError("L'analisi spaziale richiede un indicatore che vari da un territorio all'altro.")
    return presenti.reindex(ridotto.unique_ids), ridotto.transform("r")


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

    presenti, pesi = _con_vicini(values, graph)
    # esda draws these permutations from numpy's legacy generator: it is seeded for the test and then left as it was
    stato = np.random.get_state()  # noqa: NPY002
    try:
        np.random.seed(SEME)  # noqa: NPY002
        esito = esda.Moran(presenti.to_numpy(), pesi, permutations=PERMUTAZIONI)
    finally:
        np.random.set_state(stato)  # noqa: NPY002
    return Autocorrelation(float(esito.I), float(esito.EI), float(esito.p_sim), len(presenti))


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

    presenti, pesi = _con_vicini(values, graph)
    with warnings.catch_warnings():
        # esda announces a two-sided alternative for its next release: the p-values are doubled here already
        warnings.filterwarnings("ignore", message="The alternative hypothesis", category=DeprecationWarning)
        locali = _esda().Moran_Local(presenti.to_numpy(), pesi, permutations=PERMUTAZIONI_LOCALI, seed=SEME, n_jobs=1)
    p = np.minimum(2 * locali.p_sim, 1.0)
    significativi = multipletests(p, alpha=fdr, method="fdr_bh")[0]
    gruppi = [QUADRANTI[int(q)] if s else "non significativo" for q, s in zip(locali.q, significativi, strict=True)]
    tabella = pd.DataFrame({"i": locali.Is, "p": p, "gruppo": gruppi}, index=presenti.index)
    return tabella.reindex(values.index)


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
    scarti = profiles.std(ddof=0)
    variabili = profiles.loc[:, scarti > 0]
    z = ((variabili - variabili.mean()) / variabili.std(ddof=0)).to_numpy()
    distanze = np.sqrt(((z[:, None, :] - z[None, :, :]) ** 2).mean(axis=2))
    np.fill_diagonal(distanze, np.inf)
    righe = []
    for i, territorio in enumerate(profiles.index):
        for posizione, j in enumerate(np.argsort(distanze[i], kind="stable")[:k], start=1):
            righe.append((territorio, profiles.index[j], posizione, float(distanze[i, j])))
    return pd.DataFrame(righe, columns=["territorio", "vicino", "posizione", "distanza"])


def _esda() -> ModuleType:
    """Return PySAL's ``esda``, imported without the notice that a notebook lacks progress bars."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="IProgress not found")
        import esda
    return esda
