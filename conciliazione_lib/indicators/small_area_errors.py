"""How wrong the estimated ages of small areas are, and the range to give beside them.

The error of a band of ages in a place is measured where the truth is known and was hidden from the estimate; it depends
above all on how many people live there. What is kept is its median and its ninth decile among the places of each size:
nine places in ten are within the second, which makes the range of a figure. Where it is too large, the range takes the
place of the figure.

References
----------
Smith S.K., Tayman J., Swanson D.A. (2013), *A Practitioner's Guide to State and Local Population Projections*,
Springer, ch. 13 (evaluating accuracy; error by population size). National Research Council (1980), *Estimating
Population and Income of Small Areas*, National Academy Press, ch. 2.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd

from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.indicators.demography import BANDS, QUOTE, RATIOS

#: The totals, which are known; and the bands whose error is measured, all the others of the figures.
FASCE_NOTE: Final = ("residenti", "residenti_m", "residenti_f")
ESTIMATED_BANDS: Final = tuple(band for band in BANDS if band not in FASCE_NOTE)
#: Residents from which a class of comuni begins; the last has no end.
CLASSI: Final = (0, 500, 1_000, 2_000, 5_000, 10_000, 50_000)
#: Ninth decile of the error, in per cent, above which a figure is given as a range.
LARGEST_ERROR: Final = 10.0


def sizes(residents: pd.Series) -> pd.Series:
    """Return the class of size of each place: the residents its class begins with."""
    places = np.searchsorted(np.array(CLASSI), residents.to_numpy(float), side="right") - 1
    return pd.Series(np.array(CLASSI)[places], index=residents.index)


def summary(estimated: pd.Series, true: pd.Series, classes: pd.Series | None = None) -> pd.DataFrame:
    """Summarise how far estimates are from the truth, without sign.

    Parameters
    ----------
    estimated, true : Series
        People of a band in each place. A place where the truth is nobody has no relative error, and is left out.
    classes : Series, optional
        Class of each place; without it all are of one class, 0.

    Returns
    -------
    DataFrame
        Index: the class; ``territori`` (how many places), ``errore_mediano`` and ``errore_nono_decile`` (per cent).

    Examples
    --------
    >>> import pandas as pd
    >>> summary(pd.Series([11.0, 10.0, 8.0]), pd.Series([10.0, 10.0, 10.0])).loc[0, "errore_mediano"].round(1)
    np.float64(10.0)
    """
    errors = ((estimated / true.where(true > 0) - 1).abs() * 100).dropna()
    of_class = pd.Series(0, index=errors.index) if classes is None else classes.reindex(errors.index)
    groups = errors.groupby(of_class)
    return pd.DataFrame(
        {"territori": groups.size(), "errore_mediano": groups.median(), "errore_nono_decile": groups.quantile(0.9)}
    )


def with_bounds(profile: pd.DataFrame, errors: pd.DataFrame, level: str) -> pd.DataFrame:
    """Put beside the figures of an estimated population the range that its measured error gives.

    Parameters
    ----------
    profile : DataFrame
        One row per territory, all of one level: ``residenti`` and any of the bands, shares (``quota_…``) and ratios of
        :func:`conciliazione_lib.indicators.demography.profile`, with the bands that make them.
    errors : DataFrame
        The table ``errori_popolazione``: ``fascia, livello, da_residenti, errore_nono_decile``.
    level : str
        Level of the territories, as in ``errors``; a ``distretto`` has the error of the ambiti.

    Returns
    -------
    DataFrame
        The same columns, and for each figure ``<id>_inferiore``, ``<id>_superiore`` (same unit) and ``<id>_imputata``:
        1 where the error of nine places in ten is within more than :data:`LARGEST_ERROR` per cent, so that the figure
        is a guess and its range is to be shown in its place; 0 elsewhere. Errors of the parts of a ratio are added, as
        if they always went the same way.

    Raises
    ------
    CalcoloError
        When the errors do not have that level.
    """
    of_level = errors[errors["livello"] == ("ambito" if level == "distretto" else level)]
    if of_level.empty:
        raise CalcoloError(
            f"Gli errori della popolazione stimata non sono misurati per il livello «{level}».",
            f"I livelli sono: {', '.join(sorted(errors['livello'].unique()))}.",
        )
    table = of_level.pivot(index="da_residenti", columns="fascia", values="errore_nono_decile")
    table = table.reindex(columns=list(ESTIMATED_BANDS))
    sizes_of = sizes(profile["residenti"]) if level == "comune" else pd.Series(0, index=profile.index)
    of_bands = table.reindex(sizes_of.to_numpy()).set_axis(profile.index) / 100
    relative = {band: of_bands[band] for band in ESTIMATED_BANDS if band in profile}
    relative |= {f"quota_{band}": of_bands[f"residenti_{band}"] for band in QUOTE if f"quota_{band}" in profile}
    relative |= {
        name: _of_ratio(profile, of_bands, ratio.numeratore, ratio.denominatore)
        for name, ratio in RATIOS.items()
        if name in profile
    }
    return pd.concat([profile, pd.DataFrame(_bounds(profile, relative))], axis=1)


def with_ranges(profile: pd.DataFrame, errors: pd.DataFrame) -> pd.DataFrame:
    """Put the ranges of :func:`with_bounds` beside the figures of the territories of every level.

    Parameters
    ----------
    profile : DataFrame
        As for :func:`with_bounds`, with ``livello`` and ``imputata``: how much of each territory rests on memberships
        that were deduced (:func:`conciliazione_lib.indicators.levels.imputed`).
    errors : DataFrame
        The table ``errori_popolazione``.

    Returns
    -------
    DataFrame
        As from :func:`with_bounds`, level by level; no figure is less imputed than its territory.

    Examples
    --------
    >>> import pandas as pd
    >>> paese = {"livello": "comune", "territorio": "015002", "residenti": 1000, "residenti_0_14": 200, "imputata": 0.4}
    >>> errore = {"fascia": "residenti_0_14", "livello": "comune", "da_residenti": 1000, "errore_nono_decile": 5.0}
    >>> ranged = with_ranges(pd.DataFrame([paese]), pd.DataFrame([errore]))
    >>> ranged[["residenti_0_14_inferiore", "residenti_0_14_superiore", "residenti_0_14_imputata"]].iloc[0].tolist()
    [190.0, 210.0, 0.4]
    """
    ranged = pd.concat([with_bounds(part, errors, str(level)) for level, part in profile.groupby("livello")])
    imputed = [str(name) for name in ranged.filter(regex="_imputata$")]
    ranged[imputed] = ranged[imputed].clip(lower=ranged["imputata"], axis=0)
    return ranged


def _of_ratio(profile: pd.DataFrame, of_bands: pd.DataFrame, above: tuple[str, ...], below: str) -> pd.Series:
    """Return the relative error of a ratio of sums of bands; totals have none."""
    errors = of_bands.reindex(columns=[*above, below]).assign(**dict.fromkeys(FASCE_NOTE, 0.0))
    parts = profile[list(above)]
    weighted = (parts * errors[list(above)]).sum(axis=1) / parts.sum(axis=1).where(parts.sum(axis=1) > 0)
    return weighted + errors[below]


def _bounds(profile: pd.DataFrame, relative: Mapping[str, pd.Series]) -> dict[str, pd.Series]:
    columns = {}
    for name, error in relative.items():
        columns[f"{name}_inferiore"] = profile[name] * (1 - error).clip(lower=0)
        columns[f"{name}_superiore"] = profile[name] * (1 + error)
        too_large = error * 100 > LARGEST_ERROR
        columns[f"{name}_imputata"] = too_large.astype("float64")
    return columns
