"""Care and services used by families, as a document reports them: shares, numbers and the words that soften them.

The document writes «oltre», «quasi», «circa»: each figure is an interval, and figures agree when their intervals can.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from functools import partial

import pandas as pd

from conciliazione_lib.quality.check import Outcome, check
from conciliazione_lib.quality.intervals import Interval, interval
from conciliazione_lib.quality.reading import read

DOCUMENTO = "Documento territoriale di ATS Milano 2020-2023"


def _carico(misura: str, unita: str) -> Interval:
    righe = read("carichi_cura").query(
        "misura == @misura and unita == @unita and popolazione == 'persone di 18-64 anni'"
    )
    return interval(righe["valore"].item(), righe["precisione"].item())


def _uso(misura: str, ripartizione: str = "Italia", famiglie: str = "famiglie con figli di 0–14 anni") -> Interval:
    righe = read("uso_servizi").query("misura == @misura and ripartizione == @ripartizione and famiglie == @famiglie")
    return interval(righe["valore"].item(), righe["precisione"].item())


def _esito(torna: bool, confronto: str, spiegazione: str) -> Outcome:
    return Outcome("quadra" if torna else "non_quadra", confronto, spiegazione=spiegazione)


@check(
    "famiglie-carichi-base",
    "Carichi di cura nel 2018: i numeri e le quote si riferiscono alla stessa popolazione",
    fonti=[f"{DOCUMENTO}, § 1.3"],
    tabelle=["carichi_cura"],
    gravita="avviso",
)
def base_dei_carichi() -> Outcome:
    """12.746 thousand as 34,6%, over 10.500 as nearly 29%, over 2.800 as 7,7%: one population of 18–64."""
    misure = ("con carichi di cura", "con figli minori di 15 anni", "assiste figli o parenti di 15 anni e più")
    basi = [_carico(m, "migliaia").base(_carico(m, "%")) for m in misure]
    torna = max(b.low for b in basi) <= min(b.high for b in basi)
    return _esito(
        torna,
        f"Persone di 18–64 anni che le tre cifre implicano, in migliaia: {'; '.join(map(str, basi))}",
        "Le tre cifre possono riferirsi alla stessa popolazione." if torna else "Le tre cifre si contraddicono.",
    )


@check(
    "famiglie-carichi-somma",
    "Carichi di cura nel 2018: chi ha figli più chi assiste altri, meno chi fa entrambe le cose, è il totale",
    fonti=[f"{DOCUMENTO}, § 1.3"],
    tabelle=["carichi_cura"],
    gravita="avviso",
)
def somma_dei_carichi() -> Outcome:
    """Over 10.500, plus over 2.800, less nearly 650, against 12.746 thousand."""
    figli, altri, entrambi, totale = (
        _carico(m, "migliaia")
        for m in (
            "con figli minori di 15 anni",
            "assiste figli o parenti di 15 anni e più",
            "con entrambi i carichi",
            "con carichi di cura",
        )
    )
    attesi = figli + altri - entrambi
    torna = attesi.meets(totale)
    return _esito(
        torna,
        f"Persone con carichi di cura, in migliaia: {totale} dichiarate e {attesi} dalle parti",
        "La somma torna, con le approssimazioni che il testo dichiara." if torna else "La somma non torna.",
    )


@check(
    "famiglie-senza-aiuto",
    "Famiglie senza servizi né aiuto nel 2018: i due motivi sommano alla quota",
    fonti=[f"{DOCUMENTO}, § 1.4"],
    tabelle=["uso_servizi"],
    gravita="avviso",
)
def senza_aiuto() -> Outcome:
    """37 and little more than 10 against 48."""
    nessuno = "né servizi né aiuto"
    totale = _uso(nessuno)
    parti = _uso(f"{nessuno}: se ne occupano i genitori") + _uso(f"{nessuno}: figli autosufficienti")
    torna = totale.meets(parti)
    return _esito(
        torna,
        f"Quota di famiglie, in percento: {totale} dichiarata e {parti} dalle parti",
        "La somma torna, con le approssimazioni che il testo dichiara." if torna else "La somma non torna.",
    )


@check(
    "famiglie-servizi-o-aiuto",
    "Famiglie e servizi nel 2018: chi usa servizi, chi ha aiuti e chi non ha né gli uni né gli altri",
    fonti=[f"{DOCUMENTO}, § 1.4"],
    tabelle=["uso_servizi"],
    gravita="avviso",
)
def servizi_o_aiuto() -> Outcome:
    """31, 38 and 48: those with both would be 17, fewer than those with either."""
    servizi, aiuto, nessuno = (
        _uso(m) for m in ("usa almeno un servizio", "aiuto regolare di parenti o amici", "né servizi né aiuto")
    )
    entrambi = servizi + aiuto + nessuno - Interval(Decimal(100), Decimal(100))
    torna = entrambi.high >= 0 and entrambi.low <= min(servizi.high, aiuto.high)
    return _esito(
        torna,
        f"Famiglie che avrebbero sia servizi sia aiuti, in percento: {entrambi}",
        "Le tre quote possono stare insieme." if torna else "Le tre quote si contraddicono.",
    )


def _in_mezzo(totale: Interval, parti: Iterable[Interval]) -> bool:
    elenco = list(parti)
    return min(p.low for p in elenco) <= totale.high and totale.low <= max(p.high for p in elenco)


@check(
    "famiglie-ripartizioni",
    "Famiglie e servizi nel 2018: l'Italia sta fra le sue ripartizioni",
    fonti=[f"{DOCUMENTO}, § 1.4"],
    tabelle=["uso_servizi"],
    gravita="avviso",
)
def ripartizioni() -> Outcome:
    """Compare the share of Italy with those of its parts, for every measure that has them."""
    tabella = read("uso_servizi").dropna(subset="valore")
    confrontati, fuori = 0, []
    for (misura, famiglie), righe in tabella.groupby(["misura", "famiglie"]):
        quote = _intervalli(righe)
        parti = [quota for luogo, quota in quote.items() if luogo != "Italia"]
        if "Italia" not in quote or len(parti) < 2:
            continue
        confrontati += 1
        if not _in_mezzo(quote["Italia"], parti):
            fuori.append(f"{misura}, {famiglie}")
    return _esito(
        not fuori,
        f"Quota dell'Italia e delle ripartizioni: {confrontati} confronti",
        f"Non tornano: {'; '.join(fuori)}." if fuori else "La quota dell'Italia sta sempre in mezzo.",
    )


def _intervalli(righe: pd.DataFrame) -> dict[str, Interval]:
    return {
        str(luogo): interval(valore, precisione)
        for luogo, valore, precisione in zip(righe["ripartizione"], righe["valore"], righe["precisione"], strict=True)
    }


def _madri(colonna: str, valori: tuple[str, ...]) -> list[Interval]:
    """Return the employment rates of mothers for some values of a column, as intervals."""
    tassi = read("madri_occupazione").query("misura == 'tasso_occupazione' and condizione == 'con figli'")
    scelti = tassi[tassi[colonna].isin(valori)]
    return [interval(v, p) for v, p in zip(scelti["valore"], scelti["precisione"], strict=True)]


def _media_in_mezzo(colonna: str, valori: tuple[str, ...]) -> Outcome:
    tassi = read("madri_occupazione").query(
        "misura == 'tasso_occupazione' and condizione == 'con figli' and territorio == 'italia' "
        "and eta_figlio == '0-14' and titolo_studio == 'tutti'"
    )
    media, parti = interval(tassi["valore"].item(), tassi["precisione"].item()), _madri(colonna, valori)
    torna = _in_mezzo(media, parti)
    return _esito(
        torna,
        f"Tasso di occupazione delle madri, in percento: {media} in Italia e {'; '.join(map(str, parti))} nelle parti",
        "La media sta in mezzo." if torna else "La media è fuori dai valori delle parti.",
    )


for _colonna, _valori, _nome in (
    ("territorio", ("nord", "centro", "mezzogiorno"), "ripartizione"),
    ("titolo_studio", ("laurea o più", "licenza media o meno"), "titolo di studio"),
):
    check(
        f"famiglie-madri-{_nome.replace(' ', '-')}",
        f"Occupazione delle madri nel 2018: la media sta fra i valori per {_nome}",
        fonti=[f"{DOCUMENTO}, § 1.3"],
        tabelle=["madri_occupazione"],
        gravita="avviso",
    )(partial(_media_in_mezzo, _colonna, _valori))


@check(
    "famiglie-madri-divari",
    "Occupazione delle madri nel 2018: il divario dell'Italia sta fra quelli delle ripartizioni",
    fonti=[f"{DOCUMENTO}, § 1.3"],
    tabelle=["madri_occupazione"],
    gravita="avviso",
)
def divari() -> Outcome:
    """72,1 less 57 points, between 10,4 and 16."""
    tabella = read("madri_occupazione").query("titolo_studio == 'tutti' and anno == 2018 and sesso == 'F'")
    italia = tabella.query("misura == 'tasso_occupazione' and territorio == 'italia'").set_index("condizione")
    con, senza = (
        interval(righe["valore"].item(), righe["precisione"].item())
        for righe in (italia[italia["eta_figlio"] == "0-14"].loc[["con figli"]], italia.loc[["senza figli"]])
    )
    divario = senza - con
    righe = tabella[tabella["misura"] == "divario_senza_figli"]
    parti = [interval(v, p) for v, p in zip(righe["valore"], righe["precisione"], strict=True)]
    torna = _in_mezzo(divario, parti)
    return _esito(
        torna,
        f"Divario in punti percentuali: {divario} in Italia e {'; '.join(map(str, parti))} nelle ripartizioni",
        "Il divario dell'Italia sta in mezzo." if torna else "Il divario dell'Italia è fuori da quelli delle parti.",
    )
