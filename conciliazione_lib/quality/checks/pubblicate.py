"""Published figures carried from the facts: parts and totals, rates and ratios, the same fact in two tables."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from typing import Any

import pandas as pd

from conciliazione_lib.evidence.formats import numero, percento
from conciliazione_lib.quality.arithmetic import Comparison, compare_share, compare_sum, exact, rounding
from conciliazione_lib.quality.check import Outcome, check, outcome_of, outcome_of_many
from conciliazione_lib.quality.reading import population, read, residents

ISTAT = "ISTAT, cifre pubblicate"
POPOLAZIONE = "ISTAT, popolazione residente"
#: A mean population may come from provisional counts: what their revision may move a rate by, in proportion.
REVISIONE = Decimal("0.005")


def _valori(indicatore: str, livello: str, anno: int, sesso: str = "T") -> pd.Series:
    """Return the published values of an indicator, by territory."""
    righe = read("figure_pubblicate").query(
        "indicatore == @indicatore and livello == @livello and anno == @anno and sesso == @sesso"
    )
    return righe.set_index("territorio")["valore"]


def _nome(chiave: Any) -> str:
    """Return the keys of a row as words."""
    return " ".join(map(str, chiave))


@check(
    "pubblicate-stranieri-province",
    "Stranieri residenti al 1° gennaio 2023: le province sommano alla Lombardia",
    fonti=[ISTAT],
    tabelle=["figure_pubblicate"],
    gravita="avviso",
)
def stranieri_province() -> Outcome:
    """Twelve provinces against 1.176.169."""
    parti = _valori("stranieri_residenti", "provincia", 2022)
    totale = _valori("stranieri_residenti", "regione", 2022)["lombardia"]
    return outcome_of(compare_sum(parti.tolist(), totale), "Stranieri in Lombardia e somma delle province", numero)


@check(
    "pubblicate-stranieri-sesso",
    "Stranieri residenti al 1° gennaio 2023: uomini e donne sommano al totale",
    fonti=[ISTAT],
    tabelle=["figure_pubblicate"],
    gravita="avviso",
)
def stranieri_sesso() -> Outcome:
    """578.536 men and 597.633 women against 1.176.169."""
    per_sesso = [_valori("stranieri_residenti", "regione", 2022, s)["lombardia"] for s in ("M", "F", "T")]
    return outcome_of(compare_sum(per_sesso[:2], per_sesso[2]), "Totale e somma di uomini e donne", numero)


@check(
    "pubblicate-stranieri-quota",
    "Stranieri residenti al 1° gennaio 2023: la quota è il rapporto con i residenti",
    fonti=[ISTAT],
    tabelle=["figure_pubblicate"],
    gravita="avviso",
)
def stranieri_quota() -> Outcome:
    """1.176.169 over 9.976.509 against 11,8%."""
    stranieri, residenti, quota = (
        _valori(i, "regione", 2022)["lombardia"]
        for i in ("stranieri_residenti", "popolazione_residente", "stranieri_residenti_pct")
    )
    return outcome_of(compare_share(stranieri, residenti, quota, 1), "Quota pubblicata e calcolata", percento)


@check(
    "pubblicate-eta-quote",
    "Struttura per età delle province: le quote di 0–14, 15–64 e 65 anni e più sommano a 100",
    fonti=[ISTAT],
    tabelle=["figure_pubblicate"],
    gravita="avviso",
)
def quote_eta() -> Outcome:
    """Compare the sum of the three shares with 100, within their rounding to a tenth."""
    quote = read("figure_pubblicate").query("livello == 'provincia'")
    quote = quote[quote["indicatore"].isin(["popolazione_0_14_pct", "popolazione_15_64_pct", "popolazione_65_piu_pct"])]
    gruppi = quote.pivot(index=["territorio", "anno"], columns="indicatore", values="valore").dropna()
    fuori = []
    for chiave, riga in gruppi.iterrows():
        # 100 is exact: only the three shares are rounded
        confronto = Comparison(Decimal(100), compare_sum(riga.tolist(), 100).expected, rounding(1, 3))
        if not confronto.holds:
            fuori.append(f"{_nome(chiave)}: {numero(confronto.expected, 1)}")
    return outcome_of_many(
        fuori, len(gruppi), "Somma delle tre quote e 100", "Tutte entro l'arrotondamento delle quote."
    )


def _natalita(anno: int) -> Outcome:
    nati = _valori("nati", "regione", anno)["lombardia"]
    fine = [_valori("popolazione_residente", "regione", a)["lombardia"] for a in (anno - 1, anno)]
    tasso = _valori("tasso_natalita", "regione", anno)["lombardia"]
    media = (exact(fine[0]) + exact(fine[1])) / 2
    return outcome_of(
        Comparison(exact(tasso), exact(nati) / media * 1000, rounding(1)),
        "Tasso di natalità pubblicato e calcolato dai nati e dalla popolazione media",
        partial(numero, decimali=1),
    )


for _anno in (2021, 2022):
    check(
        f"pubblicate-natalita-{_anno}",
        f"Tasso di natalità della Lombardia nel {_anno}: è il rapporto fra i nati e la popolazione media",
        fonti=[ISTAT],
        tabelle=["figure_pubblicate"],
        gravita="avviso",
    )(partial(_natalita, _anno))


@check(
    "pubblicate-natalita-province",
    "Tasso di natalità delle province nel 2022: è il rapporto fra i nati e la popolazione media",
    fonti=[ISTAT, POPOLAZIONE],
    tabelle=["figure_pubblicate", "popolazione", "popolazione_di_controllo"],
    gravita="avviso",
)
def natalita_province() -> Outcome:
    """Compare published rates with births over the mean of two populations, the second of which is provisional."""
    nati, tassi = _valori("nati", "provincia", 2022), _valori("tasso_natalita", "provincia", 2022)
    fine = residents("provincia", "2023-01-01", "popolazione_di_controllo")
    media = (residents("provincia", "2022-01-01") + fine) / 2
    comuni = nati.index.intersection(tassi.index)
    fuori = []
    for provincia in comuni:
        calcolato = exact(nati[provincia]) / exact(media[provincia]) * 1000
        confronto = Comparison(exact(tassi[provincia]), calcolato, rounding(1) + calcolato * REVISIONE)
        if not confronto.holds:
            fuori.append(f"{provincia}: {numero(confronto.published, 1)} e {numero(calcolato, 2)}")
    return outcome_of_many(fuori, len(comuni), "Tassi pubblicati e calcolati", "Tutti entro l'arrotondamento.")


@check(
    "pubblicate-dimissioni",
    "Convalide delle dimissioni dei genitori: madri e padri sommano al totale",
    fonti=["INL, relazioni annuali"],
    tabelle=["dimissioni_genitori"],
    gravita="avviso",
)
def dimissioni() -> Outcome:
    """Compare women plus men with the total, where all three are published."""
    tabella = read("dimissioni_genitori")
    gruppi = tabella.pivot(index=["territorio", "anno"], columns="sesso", values="provvedimenti").dropna()
    fuori = [
        _nome(chiave) for chiave, riga in gruppi.iterrows() if not compare_sum([riga["F"], riga["M"]], riga["T"]).holds
    ]
    return outcome_of_many(
        fuori, len(gruppi), "Totale e somma di madri e padri", "I totali sono la somma di madri e padri."
    )


def _fra_i_sessi(tabella: str, chiavi: list[str], misure: tuple[str, ...] = ()) -> Outcome:
    """Check that the mean of both sexes lies between that of women and that of men."""
    righe = read(tabella)
    if misure:
        righe = righe[righe["misura"].isin(misure)]
    gruppi = righe.pivot_table(index=chiavi, columns="sesso", values="valore", aggfunc="first").dropna()
    fuori = gruppi[(gruppi["T"] < gruppi[["F", "M"]].min(axis=1)) | (gruppi["T"] > gruppi[["F", "M"]].max(axis=1))]
    elenco = [_nome(chiave) for chiave in fuori.index]
    return outcome_of_many(
        elenco,
        len(gruppi),
        "Valore totale fra quello delle donne e quello degli uomini",
        "Tutti i totali stanno in mezzo.",
    )


check(
    "pubblicate-occupazione-sessi",
    "Tassi di occupazione: il totale sta fra quello delle donne e quello degli uomini",
    fonti=["ISTAT, rilevazione sulle forze di lavoro e Bes dei territori"],
    tabelle=["occupazione"],
    gravita="avviso",
)(
    partial(
        _fra_i_sessi,
        "occupazione",
        ["livello", "territorio", "anno", "periodo", "eta", "serie"],
        ("tasso_occupazione",),
    )
)
check(
    "pubblicate-retribuzioni-sessi",
    "Retribuzioni medie: il totale sta fra quella delle donne e quella degli uomini",
    fonti=["ISTAT, Bes dei territori"],
    tabelle=["retribuzioni"],
    gravita="avviso",
)(partial(_fra_i_sessi, "retribuzioni", ["livello", "territorio", "anno"]))


def _fra_le_parti(totali: pd.Series, parti: Mapping[Any, pd.Series], testo: str) -> Outcome:
    """Check that a mean lies between the smallest and the largest of its parts."""
    fuori = [
        f"{chiave}: {numero(totali[chiave], 2)}, con minimo {numero(p.min(), 2)} e massimo {numero(p.max(), 2)}"
        for chiave, p in parti.items()
        if not p.min() <= totali[chiave] <= p.max()
    ]
    return outcome_of_many(fuori, len(parti), testo, "La media sta sempre fra il minimo e il massimo delle parti.")


@check(
    "pubblicate-occupazione-province",
    "Tasso di occupazione di 20–64 anni: la Lombardia sta fra le sue province",
    fonti=["ISTAT, Bes dei territori"],
    tabelle=["occupazione"],
    gravita="avviso",
)
def occupazione_province() -> Outcome:
    """Compare the rate of the region with the extremes of the twelve provinces, each year."""
    tassi = read("occupazione").query(
        "misura == 'tasso_occupazione' and eta == '20-64' and periodo == 'anno' and sesso == 'T'"
    )
    regione = tassi[tassi["livello"] == "regione"].set_index("anno")["valore"]
    province = {
        anno: righe["valore"]
        for anno, righe in tassi[tassi["livello"] == "provincia"].groupby("anno")
        if len(righe) == 12 and anno in regione.index
    }
    return _fra_le_parti(regione, province, "Tasso della Lombardia e delle dodici province, per anno")


@check(
    "pubblicate-rsa-ats",
    "Posti nelle RSA ogni 100 anziani: la Lombardia sta fra le sue ATS",
    fonti=["Cifre pubblicate sulle RSA, 2021 e 2023"],
    tabelle=["figure_pubblicate"],
    gravita="avviso",
)
def rsa() -> Outcome:
    """Compare the index of the region with the extremes of the ATS published."""
    regione = pd.Series({a: _valori("rsa_posti_per_100_over65", "regione", a)["lombardia"] for a in (2021, 2023)})
    ats = {anno: _valori("rsa_posti_per_100_over65", "ats", anno) for anno in (2021, 2023)}
    return _fra_le_parti(regione, ats, "Indice della Lombardia e delle ATS pubblicate, per anno")


@check(
    "pubblicate-nidi-nord-ovest",
    "Posti nei nidi nel 2023: il Nord-ovest sta fra i suoi capoluoghi e gli altri comuni",
    fonti=[ISTAT],
    tabelle=["figure_pubblicate"],
    gravita="avviso",
)
def nidi() -> Outcome:
    """36,6 between 33,5 and 44,8."""
    posti = read("figure_pubblicate").query("indicatore == 'posti_nido_per_100' and anno == 2023")
    valori = posti.set_index("territorio")["valore"]
    parti = valori[["nord-ovest-capoluoghi", "nord-ovest-altri-comuni"]]
    return _fra_le_parti(valori, {"nord-ovest": parti}, "Posti ogni 100 bambini nel Nord-ovest e nelle sue due parti")


def _fra_le_province(indicatore: str) -> Outcome:
    righe = read("figure_pubblicate").query("indicatore == @indicatore and sesso == 'T'")
    regione = righe[righe["livello"] == "regione"].set_index("anno")["valore"]
    province = {
        anno: parti["valore"]
        for anno, parti in righe[righe["livello"] == "provincia"].groupby("anno")
        if len(parti) == 12 and anno in regione.index
    }
    return _fra_le_parti(regione, province, "Valore della Lombardia e delle dodici province, per anno")


for _indicatore, _titolo in (("indice_vecchiaia", "Indice di vecchiaia"), ("tasso_natalita", "Tasso di natalità")):
    check(
        f"pubblicate-province-{_indicatore.replace('_', '-')}",
        f"{_titolo}: la Lombardia sta fra le sue province",
        fonti=[ISTAT],
        tabelle=["figure_pubblicate"],
        gravita="avviso",
    )(partial(_fra_le_province, _indicatore))


@check(
    "pubblicate-quota-donne",
    "Quota di donne fra i residenti a fine 2022: è plausibile con la nostra popolazione",
    fonti=[ISTAT, POPOLAZIONE],
    tabelle=["figure_pubblicate", "popolazione"],
    gravita="avviso",
)
def quota_donne() -> Outcome:
    """50,9% against our share a year earlier, which moves by less than a tenth."""
    pubblicata = _valori("quota_donne_popolazione", "regione", 2022, "F")["lombardia"]
    lombardia = population("regione", "2022-01-01")
    donne = lombardia[lombardia["sesso"] == "F"]["residenti"].sum()
    nostra = exact(int(donne)) / exact(int(lombardia["residenti"].sum())) * 100
    return outcome_of(
        Comparison(exact(pubblicata), nostra, rounding(1) + rounding(1)),
        "Quota pubblicata a fine 2022 e nostra al 1° gennaio 2022",
        percento,
    )
