"""Age bands and demographic indices, as ISTAT defines them, and the ratios that say how heavy care is.

Everything is computed on a cube of numbers (territory, age, sex): thousands of territories take milliseconds.

References
----------
ISTAT, *Indicatori demografici*, glossary (https://demo.istat.it): indices of ageing, dependency, turnover and
structure of the active population, children per woman of fertile age, mean age.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from conciliazione_lib.errors import CalcoloError

Array = NDArray[np.float64]

OLDEST_AGE: Final = 100
SEXES: Final = ("M", "F")
REASON: Final = "_motivo"
STATE: Final = "_stato"
DENOMINATOR_ZERO: Final = "Non vi risiede nessuno dell'età con cui si fa il rapporto."
WITHOUT_POPULATION: Final = "La popolazione manca."


class Band(NamedTuple):
    """Completed ages from ``da`` to ``a``, both included, of one sex or both (``None``)."""

    da: int
    a: int
    sesso: str | None = None


#: The bands by id: those of care and school, and those of the indices.
BANDS: Final = MappingProxyType(
    {
        "residenti": Band(0, 100),
        "residenti_m": Band(0, 100, "M"),
        "residenti_f": Band(0, 100, "F"),
        "residenti_0": Band(0, 0),
        "residenti_0_2": Band(0, 2),
        "residenti_3_5": Band(3, 5),
        "residenti_6_10": Band(6, 10),
        "residenti_11_13": Band(11, 13),
        "residenti_14_17": Band(14, 17),
        "residenti_0_4": Band(0, 4),
        "residenti_0_14": Band(0, 14),
        "residenti_15_19": Band(15, 19),
        "residenti_15_39": Band(15, 39),
        "residenti_15_64": Band(15, 64),
        "residenti_40_64": Band(40, 64),
        "residenti_45_64": Band(45, 64),
        "residenti_50_64": Band(50, 64),
        "residenti_60_64": Band(60, 64),
        "residenti_65_piu": Band(65, 100),
        "residenti_75_piu": Band(75, 100),
        "residenti_80_piu": Band(80, 100),
        "donne_15_49": Band(15, 49, "F"),
        "donne_30_44": Band(30, 44, "F"),
    }
)

#: The bands given as shares of residents.
QUOTE: Final = ("0_2", "3_5", "6_10", "11_13", "14_17", "0_14", "15_64", "65_piu", "75_piu", "80_piu")


class Ratio(NamedTuple):
    """A ratio of sums of bands, times a scale."""

    numeratore: tuple[str, ...]
    denominatore: str
    scala: float = 100.0


#: The indices by id, but for the mean age.
RATIOS: Final = MappingProxyType(
    {
        "indice_vecchiaia": Ratio(("residenti_65_piu",), "residenti_0_14"),
        "indice_dipendenza_strutturale": Ratio(("residenti_0_14", "residenti_65_piu"), "residenti_15_64"),
        "indice_dipendenza_giovanile": Ratio(("residenti_0_14",), "residenti_15_64"),
        "indice_dipendenza_anziani": Ratio(("residenti_65_piu",), "residenti_15_64"),
        "indice_ricambio_popolazione_attiva": Ratio(("residenti_60_64",), "residenti_15_19"),
        "indice_struttura_popolazione_attiva": Ratio(("residenti_40_64",), "residenti_15_39"),
        "indice_carico_figli": Ratio(("residenti_0_4",), "donne_15_49"),
        "rapporto_mascolinita": Ratio(("residenti_m",), "residenti_f"),
        "bambini_0_2_per_100_donne_30_44": Ratio(("residenti_0_2",), "donne_30_44"),
        "anziani_80_per_100_50_64": Ratio(("residenti_80_piu",), "residenti_50_64"),
        "quota_eta_sandwich": Ratio(("residenti_45_64",), "residenti"),
        "carico_eta_sandwich": Ratio(("residenti_0_14", "residenti_80_piu"), "residenti_45_64"),
        "bambini_0_anni_per_1000": Ratio(("residenti_0",), "residenti", 1000.0),
    }
)


def terms(indicators: Iterable[str]) -> list[str]:
    """Return the bands that some indices are made of, in alphabetical order; an id that is not an index has none.

    Parameters
    ----------
    indicators : iterable of str
        Some of them ids of :data:`RATIOS`.

    Examples
    --------
    >>> terms(["indice_vecchiaia", "divario_occupazione"])
    ['residenti_0_14', 'residenti_65_piu']
    """
    ratios = [RATIOS[name] for name in indicators if name in RATIOS]
    return sorted({band for ratio in ratios for band in (*ratio.numeratore, ratio.denominatore)})


@dataclass(frozen=True)
class Cube:
    """Residents by territory, age and sex.

    Attributes
    ----------
    chiavi : DataFrame
        One row for each territory: ``territorio`` and, when given, ``livello``.
    residenti : array, shape (territories, 101, 2)
        Residents by completed age (the last one is open) and sex, in the order ``M``, ``F``.
    """

    chiavi: pd.DataFrame
    residenti: Array

    def band(self, fascia: Band) -> Array:
        """Return the residents of a band, one number for each territory."""
        eta = self.residenti[:, fascia.da : fascia.a + 1, :]
        return eta.sum(axis=(1, 2)) if fascia.sesso is None else eta[:, :, SEXES.index(fascia.sesso)].sum(axis=1)

    def mean_age(self) -> Array:
        """Return the mean age: half a year is added to completed ages, as ISTAT does."""
        by_eta = self.residenti.sum(axis=2)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(by_eta @ (np.arange(OLDEST_AGE + 1) + 0.5) / by_eta.sum(axis=1))


def cube(frame: pd.DataFrame) -> Cube:
    """Arrange residents by territory, age and sex.

    Parameters
    ----------
    frame : DataFrame
        Columns ``territorio, eta, sesso, residenti`` and optionally ``livello``; one row for each combination, in any
        order. Ages go from 0 to 100 (100 and more), sexes are ``M`` and ``F``. A combination without a row counts 0;
        a missing number of residents makes missing what depends on it.

    Raises
    ------
    CalcoloError
        When a column is missing, an age or a sex is not one of those, a number is negative, or a row is repeated.
    """
    absent = {"territorio", "eta", "sesso", "residenti"} - set(frame.columns)
    if absent:
        raise CalcoloError(f"Alla popolazione mancano le colonne: {', '.join(sorted(absent))}.")
    names = ["livello", "territorio"] if "livello" in frame else ["territorio"]
    if not frame["eta"].between(0, OLDEST_AGE).all() or not frame["sesso"].isin(SEXES).all():
        raise CalcoloError("Le età vanno da 0 a 100 (100 e più) e i sessi sono M e F.", "Correggere la popolazione.")
    residenti = frame["residenti"].to_numpy(float, na_value=np.nan)
    if np.any(residenti < 0):
        raise CalcoloError("La popolazione ha un numero di residenti negativo.")
    groups = frame.groupby(names, sort=True, observed=True)
    place = groups.ngroup().to_numpy()
    eta = frame["eta"].to_numpy(int)
    sex = (frame["sesso"] == SEXES[1]).to_numpy(int)
    shape = (groups.ngroups, OLDEST_AGE + 1, len(SEXES))
    one_indices = np.ravel_multi_index((place, eta, sex), shape)
    if np.bincount(one_indices).max(initial=0) > 1:
        raise CalcoloError("La popolazione ha più righe per lo stesso territorio, età e sesso.", "Sommarle prima.")
    full = np.zeros(shape)
    full.ravel()[one_indices] = residenti
    keys = groups.size().reset_index()[names]
    return Cube(keys, full)


def bands(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the residents of each band: one row per territory, one column per id of :data:`BANDS`.

    Parameters
    ----------
    frame : DataFrame
        As for :func:`cube`.
    """
    return _bands(cube(frame))


def indices(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the demographic indices, in the published scale (per 100, per 1.000, years).

    Parameters
    ----------
    frame : DataFrame
        As for :func:`cube`: rows ``territorio, eta, sesso, residenti``.

    Returns
    -------
    DataFrame
        One row per territory: ``territorio`` (and ``livello``), one column per index id. An index whose denominator
        is 0, or whose terms are missing, is missing: the columns ``<id>_stato`` (``non_calcolabile``,
        ``non_disponibile``) and ``<id>_motivo`` say so; they are there only for the indices that are missing somewhere.
    """
    one_cube = cube(frame)
    return pd.concat([one_cube.chiavi, _indices(one_cube)], axis=1)


def profile(frame: pd.DataFrame) -> pd.DataFrame:
    """Return bands, shares of residents (``quota_…``) and indices together, one row per territory.

    The terms of every formula are then in the frame, as the figures' cards need.

    Parameters
    ----------
    frame : DataFrame
        As for :func:`cube`.
    """
    one_cube = cube(frame)
    one_bands = _bands(one_cube)
    quote = _ratios(one_bands, {f"quota_{band}": Ratio((f"residenti_{band}",), "residenti") for band in QUOTE})
    return pd.concat([one_bands, quote, _indices(one_cube)], axis=1)


def pyramid(frame: pd.DataFrame, *, breadth: int = 5) -> pd.DataFrame:
    """Return the percentages of men and women by age class, for each territory.

    Parameters
    ----------
    frame : DataFrame
        As for :func:`cube`.
    breadth : int
        Width of the classes in years; the last class is open, from 100 on.

    Returns
    -------
    DataFrame
        Index: ``territorio`` (and ``livello``) and ``classe`` (``0–4``, …, ``100+``), youngest first; columns
        ``maschi`` and ``femmine``, percent of all the residents of the territory.
    """
    if breadth < 1:
        raise CalcoloError(f"L'ampiezza delle classi di età deve essere almeno 1; trovata {breadth}.")
    one_cube = cube(frame)
    starts = np.arange(0, OLDEST_AGE + 1, breadth)
    sums = np.add.reduceat(one_cube.residenti, starts, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        quote = 100 * sums / sums.sum(axis=(1, 2), keepdims=True)
    classes = [_class_name(int(start), breadth) for start in starts]
    keys = one_cube.chiavi.loc[one_cube.chiavi.index.repeat(len(classes))]
    index = pd.MultiIndex.from_frame(keys.assign(classe=classes * len(one_cube.chiavi)))
    return pd.DataFrame(quote.reshape(-1, len(SEXES)), index=index, columns=["maschi", "femmine"])


def _class_name(inizio: int, breadth: int) -> str:
    end = inizio + breadth - 1
    if end >= OLDEST_AGE:
        return f"{inizio}+"
    return str(inizio) if breadth == 1 else f"{inizio}–{end}"


def _bands(cube: Cube) -> pd.DataFrame:
    counts = {key: cube.band(band) for key, band in BANDS.items()}
    return cube.chiavi.assign(**counts)


def _indices(cube: Cube) -> pd.DataFrame:
    ratios = _ratios(_bands(cube), RATIOS)
    age = cube.mean_age()
    people = cube.band(BANDS["residenti"])
    return pd.concat([with_absences("eta_media", age, people, ratios.index), ratios], axis=1)


def _ratios(bands: pd.DataFrame, ratios: Mapping[str, Ratio]) -> pd.DataFrame:
    parts = []
    for name, ratio in ratios.items():
        above = bands[list(ratio.numeratore)].sum(axis=1, skipna=False).to_numpy()
        below = bands[ratio.denominatore].to_numpy()
        with np.errstate(divide="ignore", invalid="ignore"):
            values = np.where(below == 0, np.nan, ratio.scala * above / below)
        parts.append(with_absences(name, values, below, bands.index))
    return pd.concat(parts, axis=1)


def with_absences(name: str, values: Array, below: Array, index: pd.Index) -> pd.DataFrame:
    """Return a column of ratios and, where one is missing, what kind of absence it is and why.

    Parameters
    ----------
    name : str
        The id of the indicator.
    values, below : array
        The ratios, and what they divide by.
    index : Index
        Of both.

    Returns
    -------
    DataFrame
        Column ``name``; when a value is missing, also ``<name>_stato`` (``non_calcolabile`` where the denominator is
        zero, ``non_disponibile`` where something is not known) and ``<name>_motivo``.
    """
    column = pd.DataFrame({name: values}, index=index)
    absences = {0: (None, None), 1: ("non_disponibile", WITHOUT_POPULATION), 2: ("non_calcolabile", DENOMINATOR_ZERO)}
    kinds = np.isnan(values).astype(int) * (1 + (below == 0))
    if kinds.any():
        column[name + STATE] = [absences[kind][0] for kind in kinds]
        column[name + REASON] = [absences[kind][1] for kind in kinds]
    return column
