"""Progress of the indicators of a project, and what in their definition is missing or does not hold.

A progress is computed only when starting value, target and latest value are there and, with several partners, when
their values may be summed: otherwise it is missing, with the reason.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

import conciliazione_lib.indicators.disclosure as disclosure
from conciliazione_lib.indicators.protected import REASON, STATE, Thresholds
from conciliazione_lib.region import REGIONE

#: Checks of :func:`findings`, with what the reader is told. The first group leaves the progress without a value.
CHECKS = MappingProxyType(
    {
        "senza_partenza": "manca il valore di partenza: l'avanzamento non si può calcolare",
        "senza_traguardo": "manca il traguardo: l'avanzamento non si può calcolare",
        "senza_valore": "non è ancora stato misurato",
        "partenza_uguale_traguardo": "il traguardo è uguale al valore di partenza: non c'è un cammino da misurare",
        "traguardo_senza_unita": "il traguardo non ha unità di misura",
        "senza_conteggio": "non è detto se si contano persone o accessi",
        "senza_somma": "più partner, ma non è detto come si sommano",
        "doppio_conteggio": "si sommano persone od organizzazioni di più partner: chi è seguito da due conta due volte",
        "azione_non_in_mappa": "l'azione non è nella mappa d'impatto",
        "senza_outcome": "l'azione ha solo indicatori di prodotto: il cambiamento atteso non è misurato",
        "azione_senza_kpi": "l'azione della mappa d'impatto non ha indicatori",
        "partenza_tardiva": "il valore di partenza è stato preso il giorno della misura: non precede l'intervento",
    }
)

#: What counts who is behind it: a number of people or organisations, or of accesses, which are at least as many.
PEOPLE = ("persone", "organizzazioni", "accessi")
#: The three values of an indicator, and what a reader calls them.
MOMENTS = MappingProxyType({"valore_partenza": "partenza", "traguardo": "traguardo", "valore_raggiunto": "raggiunto"})
_VALUES = tuple(MOMENTS)
#: Reasons that a number would not mend: there is nothing to divide by, or to sum.
NOT_ADDITIVE = "i valori dei partner non si sommano"
_NOT_COMPUTABLE = (NOT_ADDITIVE, CHECKS["partenza_uguale_traguardo"])


def progress(kpi: pd.DataFrame) -> pd.DataFrame:
    """Compute how far each indicator has come, from its starting value to its target.

    Parameters
    ----------
    kpi : DataFrame
        Rows of the table ``kpi``: one per indicator and partner.

    Returns
    -------
    DataFrame
        One row per indicator: ``ats, alleanza, cod_azione, cod_kpi, tipo, indicatore, unita, conteggio, partner``
        (how many), ``valore_partenza, traguardo, valore_raggiunto`` (sums over the partners), ``data_valore`` (the
        oldest measure among the partners), ``avanzamento_kpi`` (percent of the way; over 100 beyond the target,
        negative when it moved away) and ``avanzamento_kpi_motivo`` (why it is missing).

    Notes
    -----
    ``100 × (value − start) / (target − start)`` holds both for what must grow and for what must fall.
    """
    rows = []
    for (ats, alleanza, code), parts in kpi.groupby(["ats", "alleanza", "cod_kpi"], sort=True):
        before = parts.iloc[0]
        row: dict[str, Any] = {"ats": ats, "alleanza": alleanza, "cod_azione": before["cod_azione"], "cod_kpi": code}
        row |= {column: before[column] for column in ("tipo", "indicatore", "unita", "conteggio")}
        row |= {"partner": len(parts), "data_valore": parts["data_valore"].min()}
        # a sum with a missing part would be smaller than the truth
        row |= {column: parts[column].sum(min_count=len(parts)) for column in _VALUES}
        reason = _reason(parts, row)
        if len(parts) > 1 and not _summable(parts):
            row |= dict.fromkeys(_VALUES, np.nan)
        walk = row["traguardo"] - row["valore_partenza"]
        fact = row["valore_raggiunto"] - row["valore_partenza"]
        row["avanzamento_kpi"] = np.nan if reason else 100 * fact / walk
        row["avanzamento_kpi_motivo"] = reason
        rows.append(row)
    columns = ["ats", "alleanza", "cod_azione", "cod_kpi", "tipo", "indicatore", "unita", "conteggio", "partner"]
    return pd.DataFrame(rows, columns=[*columns, *_VALUES, "data_valore", "avanzamento_kpi", "avanzamento_kpi_motivo"])


def publishable(kpi: pd.DataFrame, thresholds: Thresholds) -> pd.DataFrame:
    """Compute the progress of each indicator, without what would tell of few people or of one partner's money.

    Parameters
    ----------
    kpi : DataFrame
        Rows of the table ``kpi``.
    thresholds : Thresholds
        The thresholds in force.

    Returns
    -------
    DataFrame
        As :func:`progress`, with ``avanzamento_kpi_stato`` (``protetto``, ``non_calcolabile``, ``non_disponibile``;
        empty where there is a value). Hidden: a value that counts people, organisations or accesses (or does not say
        what it counts) below the threshold; an amount in euros that the largest partners make almost alone. Where one
        of the three values is hidden the progress is too: with the other two it would give it back.
    """
    outcome = progress(kpi)
    groups = dict(iter(kpi.groupby(["ats", "alleanza", "cod_kpi"])))
    hidden = pd.DataFrame(False, index=outcome.index, columns=list(_VALUES))
    people = outcome["conteggio"].isna() | outcome["conteggio"].isin(PEOPLE)
    for column in _VALUES:
        contributions = [
            groups[key][column].dropna().tolist()
            for key in outcome[["ats", "alleanza", "cod_kpi"]].itertuples(index=False, name=None)
        ]
        dominated = disclosure.primary_dominance(contributions, thresholds.quota, thresholds.contribuenti)
        small = disclosure.primary_counts(outcome[column], thresholds.conteggio)
        hidden[column] = (people & small) | ((outcome["conteggio"] == "euro") & dominated)
    outcome[list(_VALUES)] = outcome[list(_VALUES)].mask(hidden)
    covered = hidden.any(axis=1)
    reasons = outcome["avanzamento_kpi_motivo"].mask(covered & (outcome["avanzamento_kpi_motivo"] == ""), REASON)
    return outcome.assign(
        avanzamento_kpi=outcome["avanzamento_kpi"].mask(covered),
        avanzamento_kpi_motivo=reasons,
        avanzamento_kpi_stato=reasons.map({"": "", REASON: STATE} | dict.fromkeys(_NOT_COMPUTABLE, "non_calcolabile"))
        .fillna("non_disponibile")
        .astype("str"),
        **{f"{column}_nascosto": hidden[column] for column in _VALUES},
    )


def values(published: pd.DataFrame) -> pd.DataFrame:
    """Reshape the three values of each indicator, each under the measure that says how it is protected.

    Parameters
    ----------
    published : DataFrame
        What :func:`publishable` gave, with other columns if wanted.

    Returns
    -------
    DataFrame
        One row per indicator and moment: the columns of ``published``, ``momento`` (a value of :data:`MOMENTS`),
        ``valore``, ``stato``, ``motivo`` and ``misura`` (``persone_kpi``, ``importo_kpi`` or ``valore_kpi``).
    """
    parts = [
        published.assign(
            momento=moment,
            valore=published[column],
            stato=np.where(published[f"{column}_nascosto"], STATE, ""),
            motivo=np.where(published[f"{column}_nascosto"], REASON, "non dichiarato o non sommabile"),
        )
        for column, moment in MOMENTS.items()
    ]
    measures = _measure(published)
    return pd.concat([part.assign(misura=measures) for part in parts], ignore_index=True).drop(columns=list(MOMENTS))


def _measure(published: pd.DataFrame) -> pd.Series:
    """Return the measure that says how the values of each indicator are protected."""
    measures = published["conteggio"].map({"euro": "importo_kpi"} | dict.fromkeys(PEOPLE, "persone_kpi"))
    # what does not say what it counts is treated as people
    return measures.mask(published["conteggio"].isna(), "persone_kpi").fillna("valore_kpi")


def items(kpi: pd.DataFrame, thresholds: Thresholds) -> pd.DataFrame:
    """Name the publishable indicators of the projects, each with its territory and its measure.

    Parameters
    ----------
    kpi, thresholds
        As for :func:`publishable`.

    Returns
    -------
    DataFrame
        As :func:`publishable`, with ``livello, territorio, voce`` (Alleanza and indicator) and ``misura``.
    """
    published = publishable(kpi, thresholds)
    name = published["alleanza"] + ", " + published["cod_kpi"]
    return published.assign(livello="ats", territorio=published["ats"], voce=name, misura=_measure(published))


def by_measure(listed: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Divide the three values of each indicator by measure, under the names that figures have.

    Parameters
    ----------
    listed : DataFrame
        As from :func:`items`.

    Returns
    -------
    dict of str to DataFrame
        By measure: the rows of :func:`values` with the measure as a column, and ``<measure>_stato``,
        ``<measure>_motivo``. The progress is not among them.
    """
    rows = values(listed).drop(columns=["avanzamento_kpi"])
    names = {"valore": "", "stato": "_stato", "motivo": "_motivo"}
    return {
        str(measure): own.rename(columns={old: f"{measure}{ending}" for old, ending in names.items()})
        for measure, own in rows.groupby("misura")
    }


def measured_on(kpi: pd.DataFrame) -> str | None:
    """Return the last date at which an indicator was measured, ISO; nothing where no row has one."""
    dates = kpi["data_valore"].dropna().astype("str")
    return str(dates.max()) if len(dates) else None


def _summable(parts: pd.DataFrame) -> bool:
    # shares and scores never add up, whatever the row says
    return parts["somma"].iloc[0] in ("somma", "unici") and parts["conteggio"].iloc[0] not in ("quota", "punteggio")


def _reason(parts: pd.DataFrame, row: dict[str, Any]) -> str:
    """Return why an indicator has no progress; empty when it has."""
    if len(parts) > 1 and not _summable(parts):
        return NOT_ADDITIVE
    names = {"valore_partenza": "senza_partenza", "traguardo": "senza_traguardo", "valore_raggiunto": "senza_valore"}
    missing = [CHECKS[name] for column, name in names.items() if pd.isna(row[column])]
    if missing:
        return missing[0]
    return CHECKS["partenza_uguale_traguardo"] if row["traguardo"] == row["valore_partenza"] else ""


def findings(kpi: pd.DataFrame, map_: pd.DataFrame | None = None) -> pd.DataFrame:
    """List what is missing or incoherent in the indicators of the Alleanze.

    Parameters
    ----------
    kpi : DataFrame
        Rows of the table ``kpi``.
    map_ : DataFrame, optional
        Rows of the table ``mappa_impatto``: with it, actions and indicators are looked for in each other.

    Returns
    -------
    DataFrame
        Columns ``ats, alleanza, cod_azione, cod_kpi, partner, controllo, messaggio``; one row per finding, in the order
        of :data:`CHECKS` inside each Alleanza. ``cod_kpi`` and ``partner`` are missing for findings on a whole
        action.
    """
    how_many = kpi.groupby(["ats", "alleanza", "cod_kpi"])["partner"].transform("size")
    counted = kpi["conteggio"].isin(["persone", "organizzazioni"])
    by_row = {
        "senza_partenza": kpi["valore_partenza"].isna(),
        "senza_traguardo": kpi["traguardo"].isna(),
        "senza_valore": kpi["valore_raggiunto"].isna(),
        "partenza_uguale_traguardo": kpi["traguardo"].notna() & (kpi["traguardo"] == kpi["valore_partenza"]),
        "traguardo_senza_unita": kpi["traguardo"].notna() & kpi["unita"].isna(),
        "senza_conteggio": kpi["conteggio"].isna(),
        "senza_somma": (how_many > 1) & kpi["somma"].isna(),
        "doppio_conteggio": (how_many > 1) & counted & (kpi["somma"] == "somma"),
        "partenza_tardiva": kpi["data_partenza"].notna() & (kpi["data_partenza"] == kpi["data_valore"]),
    }
    found = [
        kpi.loc[which, ["ats", "alleanza", "cod_azione", "cod_kpi", "partner"]].assign(controllo=name)
        for name, which in by_row.items()
    ]
    key = ["ats", "alleanza", "cod_azione"]
    kinds = kpi.groupby(key)["tipo"].agg(lambda t: "outcome" in set(t))
    found.append(kinds[~kinds].reset_index()[key].assign(controllo="senza_outcome"))
    if map_ is not None:
        nella_map = pd.MultiIndex.from_frame(map_[key]).unique()
        misurate = pd.MultiIndex.from_frame(kpi[key]).unique()
        for actions, name in (
            (misurate.difference(nella_map), "azione_non_in_mappa"),
            (nella_map.difference(misurate), "azione_senza_kpi"),
        ):
            found.append(actions.to_frame(index=False).set_axis(key, axis=1).assign(controllo=name))
    columns = ["ats", "alleanza", "cod_azione", "cod_kpi", "partner", "controllo"]
    everyone = pd.concat([part for part in found if len(part)] or [pd.DataFrame(columns=columns)])
    everyone = everyone.reindex(columns=columns)
    order = {name: place for place, name in enumerate(CHECKS)}
    everyone = everyone.sort_values(["ats", "alleanza", "controllo", "cod_azione", "cod_kpi", "partner"],
                              key=lambda s: s.map(order) if s.name == "controllo" else s, kind="stable")  # fmt: skip
    return everyone.assign(messaggio=everyone["controllo"].map(CHECKS)).reset_index(drop=True)


def completeness(kpi: pd.DataFrame) -> pd.DataFrame:
    """Count, for each ATS and for the region, the indicators whose progress can be computed.

    Parameters
    ----------
    kpi : DataFrame
        Rows of the table ``kpi``.

    Returns
    -------
    DataFrame
        ``livello, territorio, n_kpi, n_kpi_completi, quota_kpi_completi`` (percent).
    """
    one_progress = progress(kpi).assign(completo=lambda f: f["avanzamento_kpi"].notna())
    parts = []
    for level, who in (("ats", one_progress["ats"]), ("regione", pd.Series(REGIONE, index=one_progress.index))):
        counts = one_progress.groupby(who)["completo"].agg(n_kpi="size", n_kpi_completi="sum")
        parts.append(counts.rename_axis("territorio").reset_index().assign(livello=level))
    everyone = pd.concat(parts, ignore_index=True)
    everyone["quota_kpi_completi"] = 100 * everyone["n_kpi_completi"] / everyone["n_kpi"]
    return everyone[["livello", "territorio", "n_kpi", "n_kpi_completi", "quota_kpi_completi"]]
