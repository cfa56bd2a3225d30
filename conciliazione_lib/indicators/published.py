"""Series that a source publishes for whole territories: reported as they are, one column each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import pandas as pd

#: The levels whose territories are told apart by their code.
LEVELS: Final = ("provincia", "regione", "italia")
ABSENT: Final = "La fonte letta non lo dà per quell'anno."


def of_territories(published: pd.DataFrame, indicators: Sequence[str]) -> pd.DataFrame:
    """Return the rows of some indicators that are about all the people of a province, the region or Italy.

    Parameters
    ----------
    published : DataFrame
        Rows of ``figure_pubblicate``.
    indicators : sequence of str
        As the table calls them.

    Examples
    --------
    >>> from conciliazione_lib import catalog
    >>> of_territories(catalog.read("figure_pubblicate"), ["indice_vecchiaia"])["sesso"].unique().tolist()
    ['T']
    """
    whole = (published["sesso"] == "T") & ~published["territorio"].isna()
    return published[whole & published["indicatore"].isin(indicators) & published["livello"].isin(LEVELS)]


def side_by_side(rows: pd.DataFrame, names: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Put the indicators of a long table side by side.

    Parameters
    ----------
    rows : DataFrame
        ``livello, territorio, anno, indicatore, valore``, as from :func:`of_territories`.
    names : mapping, optional
        Other names for some of the indicators.

    Returns
    -------
    DataFrame
        One row for each territory and year: ``livello, territorio, periodo`` and one column for each indicator, missing
        where the source does not give it; ``attrs["motivi"]`` says so.

    Examples
    --------
    >>> nati = [("italia", "italia", 2024, "nati", 369_944.0), ("italia", "italia", 2023, "nati", 379_890.0)]
    >>> righe = pd.DataFrame(nati, columns=["livello", "territorio", "anno", "indicatore", "valore"])
    >>> side_by_side(righe, {"nati": "nati_pubblicati"})["nati_pubblicati"].tolist()
    [379890.0, 369944.0]
    """
    wide = rows.pivot(index=["livello", "territorio", "anno"], columns="indicatore", values="valore").reset_index()
    wide = wide.rename(columns={"anno": "periodo", **(names or {})})
    wide.attrs["motivi"] = dict.fromkeys(wide.columns, ABSENT)
    return wide
