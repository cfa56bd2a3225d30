"""Gender gaps in employment and pay, and the penalty of motherhood.

Definitions are the standard ones, so that the figures can be set beside the published ones:

* employment gap in percentage points, men minus women, as Eurostat's *gender employment gap*
  (indicator ``sdg_05_30``, ages 20-64) and ISTAT's BES dei territori;
* pay gap as a share of men's pay, the form of Eurostat's *gender pay gap* (``sdg_05_20``). Eurostat's is on
  **hourly** earnings; on **annual** pay, as here, the gap also holds hours and weeks worked, and is wider;
* ratio of the employment rates of mothers and of women without children, as ISTAT's BES (domain *Lavoro
  e conciliazione dei tempi di vita*, women aged 25-49, children of preschool age).

References
----------
Eurostat, *Gender employment gap* and *Gender pay gap in unadjusted form*, reference metadata.
ISTAT, *Bes 2023. Il benessere equo e sostenibile in Italia*, chapter 3.
Kitagawa E. M. (1955), "Components of a difference between two rates", JASA 50(272), 1168-1194.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from conciliazione_lib.errors import CalcoloError

_SEXES = ("F", "M", "T")


def _by_sex(frame: pd.DataFrame, value: str) -> pd.DataFrame:
    """Turn ``…keys, sesso, value`` into one row per key with columns F, M, T; refuse duplicated keys."""
    missing = [c for c in ("sesso", value) if c not in frame.columns]
    if missing:
        raise CalcoloError(
            f"Per calcolare un divario servono le colonne sesso e {value}; mancano: {', '.join(missing)}.",
            remedy="Passare una tabella lunga, con una riga per territorio, anno e sesso.",
        )
    keys = [c for c in ("livello", "territorio", "provincia", "anno") if c in frame.columns]
    if not keys:
        raise CalcoloError(
            "La tabella non ha nessuna colonna che dica a chi si riferiscono i valori.",
            remedy="Aggiungere almeno una fra livello, territorio, provincia, anno.",
        )
    twice = frame.duplicated([*keys, "sesso"], keep=False)
    if twice.any():
        first = frame.loc[twice, [*keys, "sesso"]].iloc[0]
        raise CalcoloError(
            "La stessa chiave compare più volte, con valori che non si possono sommare: "
            + ", ".join(f"{k} {first[k]}" for k in first.index)
            + ".",
            remedy="Scegliere una sola misura, classe di età e serie prima di calcolare i divari.",
        )
    wide = frame.pivot(index=keys, columns="sesso", values=value).astype("float64")
    return wide.reindex(columns=list(_SEXES))


def _with_estimates_marked(gaps: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    if "stima" in rows.columns:
        gaps["stima"] = rows.groupby(list(gaps.index.names))["stima"].any()
    return gaps


def employment_gaps(rates: pd.DataFrame, value: str = "valore") -> pd.DataFrame:
    """Gaps between men's and women's employment rates.

    Parameters
    ----------
    rates : DataFrame
        Long: any of ``livello, territorio, provincia, anno``; ``sesso`` (``F``, ``M``, and ``T`` if there);
        the rate, per 100. One measure, one age class, one series.
    value : str
        Column that holds the rate.

    Returns
    -------
    DataFrame
        Indexed by the keys found. Columns: ``tasso_occupazione_f``, ``tasso_occupazione_m``,
        ``tasso_occupazione`` (all per 100); ``divario_occupazione`` (points, men minus women);
        ``divario_occupazione_relativo`` (the gap per 100 of men's rate); ``rapporto_occupazione_genere``
        (women's rate per 100 of men's). A missing rate makes its gaps missing, never zero. With a column ``stima`` in
        ``rates``, the same column says which rows rest on an estimated rate.

    Raises
    ------
    CalcoloError
        A column is missing or a key is repeated.

    References
    ----------
    Eurostat ``sdg_05_30`` for the gap in points.
    """
    wide = _by_sex(rates, value)
    men = wide["M"].where(wide["M"] > 0)
    gaps = pd.DataFrame(
        {
            "tasso_occupazione_f": wide["F"],
            "tasso_occupazione_m": wide["M"],
            "tasso_occupazione": wide["T"],
            "divario_occupazione": wide["M"] - wide["F"],
            "divario_occupazione_relativo": (wide["M"] - wide["F"]) / men * 100,
            "rapporto_occupazione_genere": wide["F"] / men * 100,
        }
    )
    return _with_estimates_marked(gaps, rates)


def common_years(
    gaps: pd.DataFrame, places: Iterable[tuple[str, str]], column: str = "divario_occupazione"
) -> list[int]:
    """Return the years in which all the places have a value, so that they can be compared.

    Parameters
    ----------
    gaps : DataFrame
        Indexed by ``livello, territorio, anno``, as from :func:`employment_gaps`.
    places : iterable of (str, str)
        Level and code of each place.
    column : str
        The measure they must all have.

    Returns
    -------
    list of int
        In order; never empty.

    Raises
    ------
    CalcoloError
        There is no such year.
    """
    wanted = list(places)
    wide = gaps[column].unstack("anno").reindex(wanted)
    years = wide.columns[wide.notna().all()]
    if not len(years):
        names = ", ".join(code for _, code in wanted)
        raise CalcoloError(
            f"Non c'è un anno in cui tutti questi territori abbiano un valore: {names}.",
            remedy="Confrontarne di meno, o completare la tabella «occupazione».",
        )
    return sorted(int(year) for year in years)


def last_common_rates(rates: pd.DataFrame, provinces: Iterable[str]) -> pd.DataFrame:
    """Return the rates of provinces in the last year in which all of them have that of women and that of men.

    Parameters
    ----------
    rates : DataFrame
        ``livello, territorio, anno, sesso, valore``, as for :func:`employment_gaps`.
    provinces : iterable of str
        Codes of those that count.

    Returns
    -------
    DataFrame
        The rows of provinces in that year, ``territorio`` called ``provincia``.

    Raises
    ------
    CalcoloError
        There is no such year.
    """
    own = rates[rates["livello"] == "provincia"]
    year = common_years(employment_gaps(own), [("provincia", code) for code in provinces])[-1]
    return own[own["anno"] == year].rename(columns={"territorio": "provincia"})


def mean_gap(gaps: pd.DataFrame, years: Sequence[int]) -> pd.DataFrame:
    """Average the yearly gaps of each territory, which wobble less together than one by one.

    Parameters
    ----------
    gaps : DataFrame
        Indexed by ``livello, territorio, anno``, with ``divario_occupazione``.
    years : sequence of int
        Years to average; a territory that misses one has no mean.

    Returns
    -------
    DataFrame
        Indexed by ``livello, territorio``: ``divario_occupazione_medio`` (points) and ``anni`` (how many).
    """
    wide = gaps["divario_occupazione"].unstack("anno").reindex(columns=list(years))
    return pd.DataFrame({"divario_occupazione_medio": wide.mean(axis=1, skipna=False), "anni": len(years)})


def pay_gaps(pay: pd.DataFrame, value: str = "valore") -> pd.DataFrame:
    """Gaps between men's and women's average annual pay.

    Parameters
    ----------
    pay : DataFrame
        Long, as for :func:`employment_gaps`; the value is euro a year.
    value : str
        Column that holds the pay.

    Returns
    -------
    DataFrame
        Indexed by the keys found. Columns: ``retribuzione_f``, ``retribuzione_m``, ``retribuzione`` (euro a
        year); ``divario_retributivo`` (men minus women, per 100 of men's pay); ``divario_retributivo_euro``.

    Notes
    -----
    Annual pay mixes the hourly wage with hours and weeks worked: this is **not** Eurostat's unadjusted gender
    pay gap, which is on gross hourly earnings in firms with ten employees or more.
    """
    wide = _by_sex(pay, value)
    men = wide["M"].where(wide["M"] > 0)
    gaps = pd.DataFrame(
        {
            "retribuzione_f": wide["F"],
            "retribuzione_m": wide["M"],
            "retribuzione": wide["T"],
            "divario_retributivo": (wide["M"] - wide["F"]) / men * 100,
            "divario_retributivo_euro": wide["M"] - wide["F"],
        }
    )
    return _with_estimates_marked(gaps, pay)


def resignations(frame: pd.DataFrame) -> pd.DataFrame:
    """Count the validated resignations of parents and the share of mothers.

    Parameters
    ----------
    frame : DataFrame
        ``livello, territorio, anno, sesso, provvedimenti``, as the table ``dimissioni_genitori``.

    Returns
    -------
    DataFrame
        Indexed by ``livello, territorio, anno``: ``convalide_dimissioni`` (mothers and fathers) and
        ``quota_madri_dimissioni`` (per 100); missing where the source does not give both.
    """
    wide = _by_sex(frame, "provvedimenti")
    total = wide["T"].where(wide["T"] > 0)
    return pd.DataFrame({"convalide_dimissioni": wide["T"], "quota_madri_dimissioni": wide["F"] / total * 100})


def rates_from_counts(counts: pd.DataFrame, territories: pd.Series) -> pd.DataFrame:
    """Measure employment rates of territories from the employed and the residents of their comuni.

    Where comuni are counted (permanent census) nothing has to be estimated from provinces.

    Parameters
    ----------
    counts : DataFrame
        ``cod_comune, anno, sesso`` (``M``, ``F``), ``occupati, popolazione``; one age class.
    territories : Series
        Territory of each comune, indexed by ``cod_comune``; comuni without one are left out.

    Returns
    -------
    DataFrame
        ``territorio, anno, sesso`` (``F``, ``M``, ``T``), ``occupati, popolazione, valore`` (per 100), ``comuni``
        (how many comuni were counted) and ``comuni_attesi`` (how many the territory has). A territory that lacks a
        comune has no value.

    Raises
    ------
    CalcoloError
        A comune is counted twice for the same year and sex, as when two age classes are mixed.
    """
    twice = counts[counts.duplicated(["cod_comune", "anno", "sesso"])]
    if len(twice):
        raise CalcoloError(
            f"Il comune {twice['cod_comune'].iloc[0]} è contato più volte nello stesso anno e per lo stesso sesso.",
            remedy="Scegliere una sola classe di età prima di calcolare i tassi.",
        )
    known = territories.dropna()
    keyed = counts.join(known.rename("territorio"), on="cod_comune", how="inner")
    both = keyed.groupby(["territorio", "anno", "cod_comune"], as_index=False)[["occupati", "popolazione"]].sum()
    long = pd.concat([keyed, both.assign(sesso="T")], ignore_index=True)
    out = (
        long.groupby(["territorio", "anno", "sesso"])
        .agg(occupati=("occupati", "sum"), popolazione=("popolazione", "sum"), comuni=("cod_comune", "nunique"))
        .reset_index()
    )
    out["comuni_attesi"] = out["territorio"].map(known.value_counts())
    complete = (out["comuni"] == out["comuni_attesi"]) & (out["popolazione"] > 0)
    out["valore"] = (out["occupati"] / out["popolazione"] * 100).where(complete)
    return out


def gap_contributions(rates: pd.DataFrame, weights: pd.DataFrame) -> pd.DataFrame:
    r"""How much each province adds to the gap of a territory made of several (Kitagawa's decomposition).

    With women's and men's weights :math:`w^F_p, w^M_p` (each summing to one) and rates :math:`r^F_p, r^M_p`,
    the gap :math:`\sum_p w^M_p r^M_p - \sum_p w^F_p r^F_p` is exactly the sum over provinces of a *rate*
    part, :math:`\bar w_p (r^M_p - r^F_p)`, and of a *composition* part, :math:`\bar r_p (w^M_p - w^F_p)`, the
    bars being the means of the two sexes.

    Parameters
    ----------
    rates : DataFrame
        ``provincia, sesso, valore`` (per 100), one year.
    weights : DataFrame
        ``provincia, sesso, peso`` of one territory, as given by
        :func:`conciliazione_lib.indicators.apportionment.province_weights`.

    Returns
    -------
    DataFrame
        Indexed by ``provincia``: ``peso`` (mean of the two sexes), ``divario`` (points),
        ``contributo_tassi``, ``contributo_composizione``, ``contributo`` (points: their sum is the gap), ``quota``
        (per 100 of the gap).

    Raises
    ------
    CalcoloError
        The rate of a province with weight is missing: a contribution cannot be left out of a sum.

    References
    ----------
    Kitagawa (1955), eq. 2.
    """
    rate = rates.pivot(index="provincia", columns="sesso", values="valore").astype("float64")
    weight = weights.pivot(index="provincia", columns="sesso", values="peso").astype("float64")
    rate = rate.reindex(weight.index)
    absent = rate.index[rate.reindex(columns=["F", "M"]).isna().any(axis=1)]
    if len(absent):
        raise CalcoloError(
            f"Manca il tasso di donne o uomini di: {', '.join(absent)}; il divario non si può scomporre.",
            remedy="Scegliere un anno in cui il dato c'è per tutte le province del territorio.",
        )
    mean_weight = (weight["M"] + weight["F"]) / 2
    mean_rate = (rate["M"] + rate["F"]) / 2
    out = pd.DataFrame(
        {
            "peso": mean_weight,
            "divario": rate["M"] - rate["F"],
            "contributo_tassi": mean_weight * (rate["M"] - rate["F"]),
            "contributo_composizione": mean_rate * (weight["M"] - weight["F"]),
        }
    )
    out["contributo"] = out["contributo_tassi"] + out["contributo_composizione"]
    total = out["contributo"].sum()
    out["quota"] = out["contributo"] / total * 100 if total else np.nan
    return out
