"""What every territory was assigned, programme by programme, on today's ATS."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pandas as pd

from conciliazione_lib.indicators.resources import largest_remainder, per_head
from conciliazione_lib.indicators.weighting import weighted_shares

#: Years over which each programme spreads its money, from its own acts.
YEARS = MappingProxyType({"2014-2015": 2, "2017-2018": 2, "2019": 1, "2020-2023": 3, "2025-2027": 3})

_PRECISION = ("centesimo", "euro", "arrotondata")


_GRADES = ("atto", "pubblicazione", "stampa")


def used_amounts(riparti: pd.DataFrame, asl_to_ats: Mapping[str, str]) -> pd.DataFrame:
    """Return the very rows that the history is made of, each at the territory of today it counts for.

    The amounts of the ASL count for the ATS that took their territory. Where a document gives the amount to
    the cent and a press release a rounded one, the precise one is kept; an amount for the whole programme prevails on
    the sum of its years.

    Parameters
    ----------
    riparti : DataFrame
        Rows of the table ``riparti``.
    asl_to_ats : mapping
        ATS of each ASL.

    Returns
    -------
    DataFrame
        Some of the rows, with ``livello`` and ``territorio`` of today (``asl`` keeps the old one), ``periodo`` that of
        the programme in ISO form (``2025/2027``) and ``parte`` the year or years of the amount.
    """
    rows = riparti[riparti["voce"] == "totale"].copy()
    asl = rows["livello"] == "asl"
    rows["asl"] = rows["territorio"].where(asl)
    rows["territorio"] = rows["territorio"].mask(asl, rows["territorio"].map(asl_to_ats))
    rows["livello"] = rows["livello"].mask(asl, "ats")
    rows["parte"], rows["periodo"] = rows["periodo"], rows["programma"].str.replace("-", "/")
    whole = rows["parte"].str.contains("-")
    # The whole programme, when it is there, already holds its years.
    keys = [rows[name] for name in ("programma", "livello", "territorio")]
    rows = rows[whole | ~whole.groupby(keys).transform("any")]
    precise = rows.sort_values("precisione", key=lambda p: p.map(_PRECISION.index), kind="stable")
    double = ["programma", "livello", "territorio", "asl", "parte"]
    return precise.drop_duplicates(double).sort_index()


def history(riparti: pd.DataFrame, asl_to_ats: Mapping[str, str]) -> pd.DataFrame:
    """Return the resources assigned to each ATS by each programme, and the regional totals the acts declare.

    Parameters
    ----------
    riparti, asl_to_ats
        As in :func:`used_amounts`, which says what is summed.

    Returns
    -------
    DataFrame
        ``livello`` (``ats, regione``), ``territorio, programma, periodo`` (ISO), ``anni, risorse_assegnate,
        risorse_annue, quota_risorse`` (percent of what all the ATS have; missing for the region), ``precisione`` (the
        coarsest of the amounts summed) and ``grado`` (the weakest), by programme and territory.
    """
    rows = used_amounts(riparti, asl_to_ats)
    rows = rows.assign(_posto=rows["precisione"].map(_PRECISION.index), _grado=rows["grado"].map(_GRADES.index))
    outcome = rows.groupby(["programma", "periodo", "livello", "territorio"], as_index=False).agg(
        risorse_assegnate=("importo", "sum"), _posto=("_posto", "max"), _grado=("_grado", "max")
    )
    outcome["anni"] = outcome["programma"].map(YEARS)
    outcome["risorse_annue"] = outcome["risorse_assegnate"] / outcome["anni"]
    of_the_ats = outcome["risorse_assegnate"].where(outcome["livello"] == "ats")
    outcome["quota_risorse"] = 100 * of_the_ats / of_the_ats.groupby(outcome["programma"]).transform("sum")
    outcome["precisione"] = outcome["_posto"].map(lambda place: _PRECISION[int(place)])
    outcome["grado"] = outcome["_grado"].map(lambda place: _GRADES[int(place)])
    return outcome.drop(columns=["_posto", "_grado"])


def per_thousand(assigned: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """Divide the resources of a year by the people they are for.

    Parameters
    ----------
    assigned : DataFrame
        From :func:`history`.
    people : DataFrame
        Index ``livello, territorio``: ``residenti, residenti_0_14, donne_occupate_stimate`` with bounds and share
        imputed of the last one, which is an estimate.

    Returns
    -------
    DataFrame
        ``livello, territorio, periodo`` and, in euros a year for 1,000 people, ``risorse_per_1000_abitanti,
        risorse_per_1000_bambini, risorse_per_1000_occupate``; the last one with the bounds that those of the women in
        employment give it, and their share imputed.
    """
    divisors = {
        "abitanti": "residenti",
        "bambini": "residenti_0_14",
        "occupate": "donne_occupate_stimate",
        "occupate_inferiore": "donne_occupate_stimate_superiore",
        "occupate_superiore": "donne_occupate_stimate_inferiore",
    }
    known = people[[*divisors.values(), "donne_occupate_stimate_imputata"]]
    joined = assigned.join(known, on=["livello", "territorio"])
    outcome = joined[["livello", "territorio", "periodo"]].copy()
    for by_who, who in divisors.items():
        outcome[f"risorse_per_1000_{by_who}"] = 1000 * per_head(joined["risorse_annue"], joined[who])
    outcome["risorse_per_1000_occupate_imputata"] = joined["donne_occupate_stimate_imputata"]
    return outcome


def employed_women(rates: pd.DataFrame, population: pd.DataFrame) -> pd.DataFrame:
    """Estimate the women in employment: residents of 20–64 years times their employment rate.

    Parameters
    ----------
    rates : DataFrame
        ``livello, territorio, periodo`` and ``tasso_occupazione_f`` (percent) with its bounds and share imputed.
    population : DataFrame
        Rows ``livello, territorio, eta, sesso, residenti``.

    Returns
    -------
    DataFrame
        ``rates`` without ``periodo``, with ``donne_20_64`` and ``donne_occupate_stimate``: its bounds and share imputed
        are those of the rate, its method (``…_metodo``) says of which year.

    Examples
    --------
    >>> tasso = {"": 60.0, "_inferiore": 55.0, "_superiore": 65.0, "_imputata": 0.0}
    >>> tasso = {f"tasso_occupazione_f{lato}": valore for lato, valore in tasso.items()}
    >>> tasso |= {"livello": "ats", "territorio": "pavia", "periodo": "2023"}
    >>> donne = {"livello": "ats", "territorio": "pavia", "eta": 40, "sesso": "F", "residenti": 1000}
    >>> employed_women(pd.DataFrame([tasso]), pd.DataFrame([donne]))["donne_occupate_stimate"].tolist()
    [600.0]
    """
    of_age = population[(population["sesso"] == "F") & population["eta"].between(20, 64)]
    women = of_age.groupby(["livello", "territorio"])["residenti"].sum().rename("donne_20_64")
    outcome = rates.join(women, on=["livello", "territorio"])
    for side in ("", "_inferiore", "_superiore"):
        outcome[f"donne_occupate_stimate{side}"] = outcome["donne_20_64"] * outcome[f"tasso_occupazione_f{side}"] / 100
    outcome["donne_occupate_stimate_imputata"] = outcome["tasso_occupazione_f_imputata"]
    outcome["donne_occupate_stimate_metodo"] = "tasso di occupazione del " + outcome.pop("periodo")
    return outcome


def programmes(assigned: pd.DataFrame, used: pd.DataFrame, residents_at: str) -> pd.DataFrame:
    """Say what the amount of each programme and territory rests on.

    Parameters
    ----------
    assigned : DataFrame
        From :func:`history`.
    used : DataFrame
        From :func:`used_amounts`.
    residents_at : str
        Date of the residents printed in the act in force, that of the last programme.

    Returns
    -------
    DataFrame
        ``livello, territorio, periodo, programma, anni, precisione, grado, abitanti_al`` (only of the last programme)
        and ``fonte``, the sources of its amounts.

    Examples
    --------
    >>> from conciliazione_lib import catalog
    >>> riparti, asl = catalog.read("riparti"), catalog.read("asl").set_index("asl")["ats"].to_dict()
    >>> tutti = programmes(history(riparti, asl), used_amounts(riparti, asl), "2023-01-01")
    >>> tutti.loc[tutti["abitanti_al"].notna(), "programma"].unique().tolist()
    ['2025-2027']
    """
    keys = ["livello", "territorio", "periodo"]
    date = pd.Series(pd.NA, index=assigned.index, dtype="object")
    date = date.mask(assigned["periodo"] == assigned["periodo"].max(), residents_at)
    outcome = assigned[[*keys, "programma", "anni", "precisione", "grado"]].assign(abitanti_al=date)
    sources = used.groupby(keys)["fonte"].agg(lambda rows: "; ".join(dict.fromkeys(rows)))
    return outcome.join(sources, on=keys)


def annex_c(riparti: pd.DataFrame, indicators: pd.DataFrame, asl: pd.DataFrame) -> pd.DataFrame:
    """Compute again the fixed shares of the first allocation (DGR X/1081/2013, Allegato C) from its own indicators.

    Parameters
    ----------
    riparti : DataFrame
        Rows of the table ``riparti``; the first programme is taken.
    indicators : DataFrame
        Rows of ``riparti_indicatori``: ``territorio, indicatore, quota`` (percent of the region) and ``peso``, missing
        for those that are not weighed.
    asl : DataFrame
        Rows of the table ``asl``.

    Returns
    -------
    DataFrame
        Index ``asl``: ``nome, ats``, euros (``fissa, variabile, totale``), the indicators and ``scarto``: euros between
        the fixed share printed and that of the weights of the act.

    Examples
    --------
    >>> from conciliazione_lib import catalog
    >>> len(annex_c(*(catalog.read(name) for name in ("riparti", "riparti_indicatori", "asl"))))
    15
    """
    shares = indicators.pivot(index="territorio", columns="indicatore", values="quota")
    weights = indicators.dropna(subset="peso").groupby("indicatore")["peso"].first().sort_index()
    first = riparti[riparti["programma"] == riparti["programma"].min()]
    amounts = first[first["livello"] == "asl"].pivot(index="territorio", columns="voce", values="importo")
    (fixed,) = first.loc[(first["livello"] == "regione") & (first["voce"] == "fissa"), "importo"]
    by_name = {str(name): weight for name, weight in weights.items()}
    again = largest_remainder(weighted_shares(shares[list(by_name)], by_name), fixed, 1)
    outcome = asl.set_index("asl")[["nome", "ats"]].join(amounts[["fissa", "variabile", "totale"]]).join(shares)
    return outcome.assign(scarto=outcome["fissa"] - again.astype(float))
