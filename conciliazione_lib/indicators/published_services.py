"""What others published of services: chosen, completed where arithmetic can, and told in the form of figures."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd

import conciliazione_lib.indicators.apportionment as apportionment
from conciliazione_lib.region import REGIONE

#: Figure of each measure of the services of the region, by kind and manager.
BY_KIND: Final = MappingProxyType(
    {
        "servizi": "servizi_infanzia_regione",
        "posti": "posti_infanzia_regione",
        "posti_per_100": "posti_infanzia_regione_per_100",
    }
)
_MANAGERS: Final = ("tutte", "titolare pubblico", "titolare privato")


def parts_of_italy(rows: pd.DataFrame) -> pd.DataFrame:
    """Tell the rows of a part of Italy as a breakdown of Italy, which is a territory of the figures.

    Parameters
    ----------
    rows : DataFrame
        ``livello, territorio, denominazione``.

    Returns
    -------
    DataFrame
        The same rows and ``ripartizione``: the name of the part, empty elsewhere.

    Examples
    --------
    >>> import pandas as pd
    >>> row = {"livello": ["ripartizione"], "territorio": ["nord-est"], "denominazione": ["Nord-est"]}
    >>> parts_of_italy(pd.DataFrame(row))[["livello", "territorio", "ripartizione"]].loc[0].tolist()
    ['italia', 'italia', 'Nord-est']
    """
    part = rows["livello"].eq("ripartizione")
    return rows.assign(
        ripartizione=rows["denominazione"].where(part, ""),
        livello=rows["livello"].mask(part, "italia"),
        territorio=rows["territorio"].mask(part, "italia"),
    )


def nursery_rates(survey: pd.DataFrame, press: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Choose who published the places for early childhood per 100 children: ISTAT, and others where it did not.

    Parameters
    ----------
    survey : DataFrame
        Rows of ``nidi_regione``.
    press : DataFrame
        Rows of ``figure_pubblicate`` about the same rate.

    Returns
    -------
    (survey, press) : tuple of DataFrame
        The rows to take from each, with ``ripartizione`` as in :func:`parts_of_italy`; no place and year is in both.
    """
    every = survey["servizio"].eq("tutti i servizi educativi") & survey["gestione"].eq("tutte")
    rows = survey[every & survey["misura"].eq("posti_per_100")]
    names = rows["territorio"].map({"nord-ovest": "Nord-ovest"}).fillna("")
    ours, theirs = parts_of_italy(rows.assign(denominazione=names)), parts_of_italy(press)
    keys = ["livello", "territorio", "ripartizione", "anno"]
    return ours, theirs[~theirs.set_index(keys).index.isin(ours.set_index(keys).index)]


def latest_by_kind(survey: pd.DataFrame) -> pd.DataFrame:
    """Choose the services of the region by kind and manager, in the last year in which they are whole.

    Parameters
    ----------
    survey : DataFrame
        Rows of ``nidi_regione``.

    Returns
    -------
    DataFrame
        The rows of the measures of :data:`BY_KIND`, of the last year with as many kinds of manager as any.

    Examples
    --------
    >>> import pandas as pd
    >>> row = {"territorio": "lombardia", "misura": "posti", "gestione": "titolare pubblico", "anno": 2021}
    >>> rows = [row, row | {"gestione": "titolare privato"}, row | {"anno": 2022}]
    >>> latest_by_kind(pd.DataFrame(rows))["anno"].unique().tolist()
    [2021]
    """
    rows = survey[survey["territorio"].eq(REGIONE) & survey["misura"].isin(BY_KIND)]
    rows = rows[rows["gestione"].isin(_MANAGERS)]
    managers = rows.groupby("anno")["gestione"].nunique()
    return rows[rows["anno"] == managers[managers == managers.max()].index.max()]


def not_in(press: pd.DataFrame, periods: pd.Series) -> pd.DataFrame:
    """Choose, of the amounts that the press gives by edition, those of other editions.

    Parameters
    ----------
    press : DataFrame
        Rows of ``figure_pubblicate`` whose ``definizione`` ends with the edition (``2022-2023``).
    periods : Series
        Editions already known (``2022/2023``).

    Returns
    -------
    DataFrame
        The same columns and ``periodo``.

    Examples
    --------
    >>> import pandas as pd
    >>> press = pd.DataFrame({"definizione": ["risorse 2019-2020", "risorse 2022-2023"]})
    >>> not_in(press, pd.Series(["2019/2020"]))["periodo"].tolist()
    ['2022/2023']
    """
    editions = press["definizione"].str.extract(r"(\d{4}-\d{4})$", expand=False).str.replace("-", "/")
    rows = press.assign(periodo=editions)
    return rows[~rows["periodo"].isin(periods)]


def in_ats(
    shares: pd.DataFrame, weights: pd.DataFrame, name: str, places: Mapping[str, str], step: float = 0.1
) -> pd.DataFrame:
    """Give a share published by province to the ATS too, and to the one province that has none.

    Parameters
    ----------
    shares : DataFrame
        ``livello, territorio, anno, valore, grado``: provinces and larger territories, per 100.
    weights : DataFrame
        Of the provinces in each ATS, by the people the share is of (:func:`apportionment.province_weights`).
    name : str
        Of the figure.
    places : mapping of str to str
        Names of the provinces, for the text of the method.
    step : float
        Last digit of the published shares.

    Returns
    -------
    DataFrame
        ``livello, territorio, periodo, grado``, the share under its name and, under that name and the ending, bounds,
        ``_imputata`` and ``_metodo``. An ATS has the weighted mean of its provinces in the last year; the missing
        province, for that sum alone, is found by difference from the region. Shares come from counts and have no
        sampling error: the interval is how far a province usually is from the rest, for what is imputed, and the worst
        that rounding leaves in what was found by difference.

    References
    ----------
    Gonzalez and Waksberg (1973); Rao and Molina (2015), chapter 3: see
    :mod:`~conciliazione_lib.indicators.apportionment`.
    """
    last = shares.loc[shares["livello"] == "provincia", "anno"].max()
    in_last = shares[shares["anno"] == last]
    known = in_last[in_last["livello"] == "provincia"].set_index("territorio")["valore"]
    both = weights[weights["sesso"] == "T"]
    people = both.groupby("provincia")["residenti"].sum()
    whole = in_last.loc[in_last["livello"] == "regione", "valore"].iloc[0]
    every = apportionment.by_difference(known, people, whole)
    found = sorted(every.dropna().index.difference(known.index))
    method = "media delle province pesata con i residenti di 0–2 anni"
    if found:
        method += f"; {' e '.join(places[code] for code in found)}: per differenza dalla regione"
    values = every.rename("valore").rename_axis("provincia").reset_index().assign(anno=last, sesso="T")
    ats = apportionment.from_provinces(values, weights)
    exact = ats["esatta"].astype(bool)
    ats = ats.assign(
        livello="ats",
        **{f"{name}_metodo": exact.map({True: None, False: method})},
        grado=exact.map({True: shares["grado"].iloc[0], False: "stima"}),
    )
    joined = pd.concat([shares, ats]).rename(columns={"valore": name, "anno": "periodo"})
    table = apportionment.with_bounds(
        joined.set_index(["livello", "territorio", "periodo"]),
        {name: 0.0},
        {name: apportionment.part_spread(known, people)},
        apportionment.imputed_share(weights),
        len(known),
    ).reset_index()
    guessed = both[both["provincia"].isin(found)].set_index("territorio")["peso"]
    deduced = table["territorio"].map(guessed).where(table["livello"] == "ats", 0.0).fillna(0.0)
    rounding = apportionment.difference_rounding(people, known.index, step)
    half = np.hypot((table[name] - table[f"{name}_inferiore"]).fillna(0.0), deduced * rounding)
    table[f"{name}_inferiore"] = (table[name] - half).where(half > 0)
    table[f"{name}_superiore"] = (table[name] + half).where(half > 0)
    table[f"{name}_imputata"] += deduced
    return table
