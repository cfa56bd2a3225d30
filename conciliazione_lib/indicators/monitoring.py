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
from conciliazione_lib.indicators.protected import MOTIVO, STATO, Thresholds
from conciliazione_lib.region import REGIONE

#: Checks of :func:`findings`, with what the reader is told. The first group leaves the progress without a value.
CONTROLLI = MappingProxyType(
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
PERSONE = ("persone", "organizzazioni", "accessi")
#: The three values of an indicator, and what a reader calls them.
MOMENTI = MappingProxyType({"valore_partenza": "partenza", "traguardo": "traguardo", "valore_raggiunto": "raggiunto"})
_VALORI = tuple(MOMENTI)
#: Reasons that a number would not mend: there is nothing to divide by, or to sum.
NON_SOMMABILI = "i valori dei partner non si sommano"
_NON_CALCOLABILI = (NON_SOMMABILI, CONTROLLI["partenza_uguale_traguardo"])


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
    righe = []
    for (ats, alleanza, codice), parti in kpi.groupby(["ats", "alleanza", "cod_kpi"], sort=True):
        prima = parti.iloc[0]
        riga: dict[str, Any] = {"ats": ats, "alleanza": alleanza, "cod_azione": prima["cod_azione"], "cod_kpi": codice}
        riga |= {colonna: prima[colonna] for colonna in ("tipo", "indicatore", "unita", "conteggio")}
        riga |= {"partner": len(parti), "data_valore": parti["data_valore"].min()}
        # a sum with a missing part would be smaller than the truth
        riga |= {colonna: parti[colonna].sum(min_count=len(parti)) for colonna in _VALORI}
        motivo = _reason(parti, riga)
        if len(parti) > 1 and not _summable(parti):
            riga |= dict.fromkeys(_VALORI, np.nan)
        cammino = riga["traguardo"] - riga["valore_partenza"]
        fatto = riga["valore_raggiunto"] - riga["valore_partenza"]
        riga["avanzamento_kpi"] = np.nan if motivo else 100 * fatto / cammino
        riga["avanzamento_kpi_motivo"] = motivo
        righe.append(riga)
    colonne = ["ats", "alleanza", "cod_azione", "cod_kpi", "tipo", "indicatore", "unita", "conteggio", "partner"]
    return pd.DataFrame(righe, columns=[*colonne, *_VALORI, "data_valore", "avanzamento_kpi", "avanzamento_kpi_motivo"])


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
    esito = progress(kpi)
    gruppi = dict(iter(kpi.groupby(["ats", "alleanza", "cod_kpi"])))
    nascoste = pd.DataFrame(False, index=esito.index, columns=list(_VALORI))
    persone = esito["conteggio"].isna() | esito["conteggio"].isin(PERSONE)
    for colonna in _VALORI:
        contributi = [
            gruppi[chiave][colonna].dropna().tolist()
            for chiave in esito[["ats", "alleanza", "cod_kpi"]].itertuples(index=False, name=None)
        ]
        dominati = disclosure.primary_dominance(contributi, thresholds.quota, thresholds.contribuenti)
        piccoli = disclosure.primary_counts(esito[colonna], thresholds.conteggio)
        nascoste[colonna] = (persone & piccoli) | ((esito["conteggio"] == "euro") & dominati)
    esito[list(_VALORI)] = esito[list(_VALORI)].mask(nascoste)
    coperte = nascoste.any(axis=1)
    motivi = esito["avanzamento_kpi_motivo"].mask(coperte & (esito["avanzamento_kpi_motivo"] == ""), MOTIVO)
    return esito.assign(
        avanzamento_kpi=esito["avanzamento_kpi"].mask(coperte),
        avanzamento_kpi_motivo=motivi,
        avanzamento_kpi_stato=motivi.map({"": "", MOTIVO: STATO} | dict.fromkeys(_NON_CALCOLABILI, "non_calcolabile"))
        .fillna("non_disponibile")
        .astype("str"),
        **{f"{colonna}_nascosto": nascoste[colonna] for colonna in _VALORI},
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
        One row per indicator and moment: the columns of ``published``, ``momento`` (a value of :data:`MOMENTI`),
        ``valore``, ``stato``, ``motivo`` and ``misura`` (``persone_kpi``, ``importo_kpi`` or ``valore_kpi``).
    """
    parti = [
        published.assign(
            momento=momento,
            valore=published[colonna],
            stato=np.where(published[f"{colonna}_nascosto"], STATO, ""),
            motivo=np.where(published[f"{colonna}_nascosto"], MOTIVO, "non dichiarato o non sommabile"),
        )
        for colonna, momento in MOMENTI.items()
    ]
    misure = _measure(published)
    return pd.concat([parte.assign(misura=misure) for parte in parti], ignore_index=True).drop(columns=list(MOMENTI))


def _measure(published: pd.DataFrame) -> pd.Series:
    """Return the measure that says how the values of each indicator are protected."""
    misure = published["conteggio"].map({"euro": "importo_kpi"} | dict.fromkeys(PERSONE, "persone_kpi"))
    # what does not say what it counts is treated as people
    return misure.mask(published["conteggio"].isna(), "persone_kpi").fillna("valore_kpi")


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


def _summable(parti: pd.DataFrame) -> bool:
    # shares and scores never add up, whatever the row says
    return parti["somma"].iloc[0] in ("somma", "unici") and parti["conteggio"].iloc[0] not in ("quota", "punteggio")


def _reason(parti: pd.DataFrame, riga: dict[str, Any]) -> str:
    """Return why an indicator has no progress; empty when it has."""
    if len(parti) > 1 and not _summable(parti):
        return NON_SOMMABILI
    nomi = {"valore_partenza": "senza_partenza", "traguardo": "senza_traguardo", "valore_raggiunto": "senza_valore"}
    mancanti = [CONTROLLI[nome] for colonna, nome in nomi.items() if pd.isna(riga[colonna])]
    if mancanti:
        return mancanti[0]
    return CONTROLLI["partenza_uguale_traguardo"] if riga["traguardo"] == riga["valore_partenza"] else ""


def findings(kpi: pd.DataFrame, mappa: pd.DataFrame | None = None) -> pd.DataFrame:
    """List what is missing or incoherent in the indicators of the Alleanze.

    Parameters
    ----------
    kpi : DataFrame
        Rows of the table ``kpi``.
    mappa : DataFrame, optional
        Rows of the table ``mappa_impatto``: with it, actions and indicators are looked for in each other.

    Returns
    -------
    DataFrame
        Columns ``ats, alleanza, cod_azione, cod_kpi, partner, controllo, messaggio``; one row per finding, in the order
        of :data:`CONTROLLI` inside each Alleanza. ``cod_kpi`` and ``partner`` are missing for findings on a whole
        action.
    """
    quanti = kpi.groupby(["ats", "alleanza", "cod_kpi"])["partner"].transform("size")
    contati = kpi["conteggio"].isin(["persone", "organizzazioni"])
    per_riga = {
        "senza_partenza": kpi["valore_partenza"].isna(),
        "senza_traguardo": kpi["traguardo"].isna(),
        "senza_valore": kpi["valore_raggiunto"].isna(),
        "partenza_uguale_traguardo": kpi["traguardo"].notna() & (kpi["traguardo"] == kpi["valore_partenza"]),
        "traguardo_senza_unita": kpi["traguardo"].notna() & kpi["unita"].isna(),
        "senza_conteggio": kpi["conteggio"].isna(),
        "senza_somma": (quanti > 1) & kpi["somma"].isna(),
        "doppio_conteggio": (quanti > 1) & contati & (kpi["somma"] == "somma"),
        "partenza_tardiva": kpi["data_partenza"].notna() & (kpi["data_partenza"] == kpi["data_valore"]),
    }
    trovati = [
        kpi.loc[quali, ["ats", "alleanza", "cod_azione", "cod_kpi", "partner"]].assign(controllo=nome)
        for nome, quali in per_riga.items()
    ]
    chiave = ["ats", "alleanza", "cod_azione"]
    tipi = kpi.groupby(chiave)["tipo"].agg(lambda t: "outcome" in set(t))
    trovati.append(tipi[~tipi].reset_index()[chiave].assign(controllo="senza_outcome"))
    if mappa is not None:
        nella_mappa = pd.MultiIndex.from_frame(mappa[chiave]).unique()
        misurate = pd.MultiIndex.from_frame(kpi[chiave]).unique()
        for azioni, nome in (
            (misurate.difference(nella_mappa), "azione_non_in_mappa"),
            (nella_mappa.difference(misurate), "azione_senza_kpi"),
        ):
            trovati.append(azioni.to_frame(index=False).set_axis(chiave, axis=1).assign(controllo=nome))
    colonne = ["ats", "alleanza", "cod_azione", "cod_kpi", "partner", "controllo"]
    tutti = pd.concat([parte for parte in trovati if len(parte)] or [pd.DataFrame(columns=colonne)])
    tutti = tutti.reindex(columns=colonne)
    ordine = {nome: posto for posto, nome in enumerate(CONTROLLI)}
    tutti = tutti.sort_values(["ats", "alleanza", "controllo", "cod_azione", "cod_kpi", "partner"],
                              key=lambda s: s.map(ordine) if s.name == "controllo" else s, kind="stable")  # fmt: skip
    return tutti.assign(messaggio=tutti["controllo"].map(CONTROLLI)).reset_index(drop=True)


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
    avanzamento = progress(kpi).assign(completo=lambda f: f["avanzamento_kpi"].notna())
    parti = []
    for livello, chi in (("ats", avanzamento["ats"]), ("regione", pd.Series(REGIONE, index=avanzamento.index))):
        conteggi = avanzamento.groupby(chi)["completo"].agg(n_kpi="size", n_kpi_completi="sum")
        parti.append(conteggi.rename_axis("territorio").reset_index().assign(livello=livello))
    tutti = pd.concat(parti, ignore_index=True)
    tutti["quota_kpi_completi"] = 100 * tutti["n_kpi_completi"] / tutti["n_kpi"]
    return tutti[["livello", "territorio", "n_kpi", "n_kpi_completi", "quota_kpi_completi"]]
