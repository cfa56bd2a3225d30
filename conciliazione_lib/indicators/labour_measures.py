"""Published measures of the labour market and of care, told in the words figures are broken down by.

Nothing is computed: sources write measures, sexes, parts of a year and groups of people with codes of their own, and
each release ends at a period of its own.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import pandas as pd

#: Columns that tell one measure of the labour market from another.
MARKET_KEYS: Final = ("misura", "eta", "sesso", "quando")
_MEASURES: Final = MappingProxyType(
    {
        "tasso_attivita": "tasso di attività",
        "tasso_occupazione": "tasso di occupazione",
        "tasso_disoccupazione": "tasso di disoccupazione",
        "tasso_mancata_partecipazione": "mancata partecipazione al lavoro",
        "quota_neet": "non studiano e non lavorano",
        "quota_donne_occupati": "donne fra gli occupati",
    }
)
_SEXES: Final = MappingProxyType({"F": "donne", "M": "uomini", "T": "tutti"})
_PARTS: Final = MappingProxyType(
    {
        "anno": "",
        "S1": ", primo semestre",
        "S2": ", secondo semestre",
        "T1": ", primo trimestre",
        "T2": ", secondo trimestre",
        "T3": ", terzo trimestre",
        "T4": ", quarto trimestre",
    }
)


def yearly_rates(rates: pd.DataFrame, ages: str = "20-64") -> pd.DataFrame:
    """Choose the employment rates of an age class, year by year.

    Parameters
    ----------
    rates : DataFrame
        Rows of ``occupazione``.
    ages : str
        The class.

    Returns
    -------
    DataFrame
        The same columns; ``periodo`` is the year.

    Examples
    --------
    >>> import pandas as pd
    >>> row = {"misura": "tasso_occupazione", "eta": "20-64", "periodo": "anno", "anno": 2022}
    >>> yearly_rates(pd.DataFrame([row, row | {"periodo": "T1"}]))["periodo"].tolist()
    ['2022']
    """
    chosen = rates[_is_yearly(rates, ages)]
    return chosen.assign(periodo=chosen["anno"].astype(str))


def market(rates: pd.DataFrame, ages: str = "20-64") -> pd.DataFrame:
    """Choose all the rest, measures, sexes and parts of the year in words.

    Parameters
    ----------
    rates : DataFrame
        Rows of ``occupazione``.
    ages : str
        The class of :func:`yearly_rates`, left out.

    Returns
    -------
    DataFrame
        The same columns and ``quando`` (``2024, terzo trimestre``); ``periodo`` is the year.

    Examples
    --------
    >>> import pandas as pd
    >>> row = {"misura": "quota_neet", "eta": "15-29", "sesso": "F", "periodo": "T3", "anno": 2024}
    >>> market(pd.DataFrame([row]))[["misura", "sesso", "quando"]].loc[0].tolist()
    ['non studiano e non lavorano', 'donne', '2024, terzo trimestre']
    """
    rest = rates[~_is_yearly(rates, ages)]
    years = rest["anno"].astype(str)
    return rest.assign(
        quando=years + rest["periodo"].map(_PARTS),
        misura=rest["misura"].map(_MEASURES),
        sesso=rest["sesso"].map(_SEXES),
        periodo=years,
    )


def latest(rows: pd.DataFrame, series: str) -> pd.DataFrame:
    """Choose the last value of every measure of the region and of Italy, in one series.

    Parameters
    ----------
    rows : DataFrame
        As from :func:`market`.
    series : str
        The series: that after a break does not go on with the one before.

    Returns
    -------
    DataFrame
        ``livello, territorio``, :data:`MARKET_KEYS`, ``periodo``: of the last year the whole of it where it is known,
        rather than a part. Values of the same measure for women, men and all are of the same time, so that they can
        be read side by side: one of another time is left out.

    Examples
    --------
    >>> import pandas as pd
    >>> row = {"livello": "italia", "territorio": "italia", "misura": "m", "eta": "15-64", "sesso": "F", "serie": "a"}
    >>> times = [(2023, "2023"), (2024, "2024, primo trimestre"), (2024, "2024")]
    >>> rows = pd.DataFrame([row | {"anno": y, "quando": w, "periodo": str(y)} for y, w in times])
    >>> latest(rows, "a")["quando"].tolist()
    ['2024']
    """
    new = rows[rows["livello"].isin(["regione", "italia"]) & (rows["serie"] == series)]
    new = new.sort_values(["anno", "quando"], ascending=[True, False])
    last = new.drop_duplicates(["livello", "misura", "eta", "sesso"], keep="last")
    whole = last["quando"].eq(last["periodo"])
    of_a_measure = [last[name] for name in ("livello", "misura", "eta")]
    best = last["anno"] * 2 + whole
    top = best.groupby(of_a_measure).transform("max")
    moment = last["quando"].where(best.eq(top)).groupby(of_a_measure).transform("last")
    last = last[last["quando"].eq(moment)]
    last = last.sort_values(["misura", "eta", "livello", "sesso"], ignore_index=True)
    return last[["livello", "territorio", *MARKET_KEYS, "periodo"]]


def parents(rows: pd.DataFrame) -> pd.DataFrame:
    """Name the group of people each rate of parents is about.

    Parameters
    ----------
    rows : DataFrame
        Rows of ``madri_occupazione``.

    Returns
    -------
    DataFrame
        The same columns, the year as ``periodo``, and ``gruppo``: sex, condition, age of the child and education, what
        is not narrowed left out.

    Examples
    --------
    >>> import pandas as pd
    >>> row = {"anno": 2023, "sesso": "donne", "condizione": "con figli", "eta_figlio": None, "titolo_studio": "tutti"}
    >>> parents(pd.DataFrame([row]))["gruppo"].item()
    'donne con figli'
    """
    words = rows[["sesso", "condizione", "eta_figlio", "titolo_studio"]].fillna("").replace("tutti", "")
    group = words.agg(" ".join, axis=1).str.split().str.join(" ")
    return rows.rename(columns={"anno": "periodo"}).assign(gruppo=group)


def of_areas(rows: pd.DataFrame) -> pd.DataFrame:
    """Tell the rows of the parts of Italy as a breakdown of Italy, which is a territory of the figures.

    Parameters
    ----------
    rows : DataFrame
        ``livello, territorio`` and anything else.

    Returns
    -------
    DataFrame
        The same rows, of Italy, with the part in ``area``.

    Examples
    --------
    >>> import pandas as pd
    >>> of_areas(pd.DataFrame({"livello": ["ripartizione"], "territorio": ["nord"]})).loc[0].to_dict()
    {'livello': 'italia', 'area': 'nord', 'territorio': 'italia'}
    """
    return rows.rename(columns={"territorio": "area"}).assign(territorio="italia", livello="italia")


def _is_yearly(rates: pd.DataFrame, ages: str) -> pd.Series:
    of_measure = (rates["misura"] == "tasso_occupazione") & (rates["eta"] == ages)
    return of_measure & (rates["periodo"] == "anno")
