"""The money again: allocations against the rule they declare, and amounts that other amounts limit."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal

import pandas as pd

from conciliazione_lib.evidence.formats import euro, numero
from conciliazione_lib.quality.arithmetic import Comparison, compare, compare_sum, exact, rounding
from conciliazione_lib.quality.check import Outcome, check, outcome_of, outcome_of_many, outcome_of_part
from conciliazione_lib.quality.reading import read

ALLEGATO_C, ALLEGATO_E = "DGR X/1081/2013, Allegato C", "DGR X/1081/2013, Allegato E"
DOCUMENTO_2020 = "Documento territoriale di ATS Milano 2020-2023, § 5"
SLIDE_2017 = "Presentazione «Il modello lombardo», 2017"
STAMPA = "Comunicati ripresi dalla stampa"
#: Decree 7132/2017: projects funded and the most that each may get (seed of the presentation of 2017).
FINANZIATI, MASSIMALE = 26, Decimal(100_000)
#: Sheets G1 and G2 of Allegato E: the state resources of each.
G1, G2 = Decimal("1343500"), Decimal("234500")


def _quote_1081() -> pd.DataFrame:
    righe = read("riparti").query("programma == '2014-2015' and livello == 'asl'")
    return righe.pivot(index="territorio", columns="voce", values="importo")


@check(
    "risorse-1081-pesi",
    "DGR X/1081: i pesi dei cinque indicatori sommano a 100",
    fonti=[ALLEGATO_C],
    tabelle=["riparti_indicatori"],
    gravita="errore",
)
def pesi() -> Outcome:
    """10, 30, 30, 10 and 20."""
    tabella = read("riparti_indicatori")
    valori = tabella[tabella["indicatore"] != "ponderato"].groupby("indicatore")["peso"].first()
    return outcome_of(compare_sum(valori.tolist(), 100), "Cento e somma dei pesi", numero)


@check(
    "risorse-1081-fisse-indicatore",
    "DGR X/1081: la quota fissa di ogni ASL è quella del suo indicatore ponderato",
    fonti=[ALLEGATO_C],
    tabelle=["riparti", "riparti_indicatori"],
    gravita="avviso",
)
def fisse_indicatore() -> Outcome:
    """Compare each fixed share, as a percentage of their total, with the weighted indicator, to its tenth."""
    fisse = _quote_1081()["fissa"]
    totale = read("riparti").query("programma == '2014-2015' and livello == 'regione' and voce == 'fissa'")["importo"]
    pesi_asl = read("riparti_indicatori").query("indicatore == 'ponderato'").set_index("territorio")["quota"]
    fuori = [
        str(asl)
        for asl, importo in fisse.items()
        if not Comparison(exact(pesi_asl[str(asl)]), exact(importo) / exact(totale.item()) * 100, rounding(1)).holds
    ]
    return outcome_of_many(
        fuori, len(fisse), "Indicatore ponderato e quota fissa sul totale", "Tutti entro l'arrotondamento al decimo."
    )


@check(
    "risorse-1081-80-20-asl",
    "DGR X/1081: in ogni ASL la quota variabile è un quarto della fissa (20 e 80%)",
    fonti=[ALLEGATO_C],
    tabelle=["riparti"],
    gravita="avviso",
)
def ottanta_venti_asl() -> Outcome:
    """Compare four times the variable share with the fixed one: both are rounded to the euro."""
    quote = _quote_1081()
    fuori = [
        str(asl)
        for asl, riga in quote.iterrows()
        # half a euro on the fixed share and four times half a euro on the variable one
        if not Comparison(exact(riga["fissa"]), exact(riga["variabile"]) * 4, rounding(0, 5)).holds
    ]
    return outcome_of_many(fuori, len(quote), "Quota fissa e quattro volte la variabile", "Tornano tutte, all'euro.")


@check(
    "risorse-linea-g-schede",
    "Intesa 2012: le schede G1 e G2 sommano alle risorse statali della linea g)",
    fonti=[ALLEGATO_E],
    tabelle=["somme_dichiarate"],
    gravita="avviso",
)
def linea_g() -> Outcome:
    """1.343.500 and 234.500 against 1.578.000."""
    righe = read("somme_dichiarate").query("gruppo == 'intesa-2012-statali' and voce == 'linea g)'")
    return outcome_of(compare_sum([G1, G2], exact(righe["valore"].item())), "Linea g) e somma delle due schede", euro)


@check(
    "risorse-2017-2018",
    "Programma 2017–2018: azioni di sistema e progetti sommano alle risorse dichiarate",
    fonti=[SLIDE_2017, "Secondo Welfare, sulla DGR XI/1017/2018"],
    tabelle=["riparti", "figure_pubblicate"],
    gravita="avviso",
)
def risorse_2017() -> Outcome:
    """806.418 and 2.782.889 against «3,5 milioni»."""
    pubblicate = read("figure_pubblicate").set_index("indicatore")["valore"]
    parti = [pubblicate["piani_conciliazione_azioni_sistema"], pubblicate["piani_conciliazione_contributo_concesso"]]
    dichiarate = read("riparti").query("programma == '2017-2018' and livello == 'regione'")["importo"].item()
    somma = compare_sum(parti, dichiarate).expected
    confronto = Comparison(exact(dichiarate), somma, rounding(-5))
    return outcome_of(
        confronto,
        "Risorse dichiarate, al centinaio di migliaia, e somma di azioni di sistema e contributi ai progetti",
        euro,
        spiegazione=(
            "La presentazione del 2017 parla di «3,5 milioni di euro»; gli importi concessi, pubblicati alla fine del "
            "2018, sono di più di quanto spieghi l'arrotondamento: lo stanziamento può essere stato integrato, o la "
            "cifra della presentazione essere troncata. Nei rapporti si usa quella dichiarata, perché il riparto fra "
            "le ATS non è pubblicato."
        ),
        correzione="3,6 milioni anziché 3,5.",
        cifre=["risorse_assegnate.lombardia.2017-2018", "risorse_annue.lombardia.2017-2018"],
    )


@check(
    "risorse-investimento-2017-2019",
    "Programmazione 2017–2019: le risorse note non superano l'investimento dichiarato",
    fonti=[STAMPA, SLIDE_2017],
    tabelle=["figure_pubblicate", "contributi_province"],
    gravita="avviso",
)
def investimento() -> Outcome:
    """Regional resources, the extension of 2019 and the contributions of 2017 against 9,5 million."""
    pubblicate = read("figure_pubblicate").set_index("indicatore")["valore"]
    note = [
        pubblicate["piani_conciliazione_azioni_sistema"],
        pubblicate["piani_conciliazione_contributo_concesso"],
        pubblicate["piani_conciliazione_proroga"],
        read("contributi_province")["contributo"].sum(),
    ]
    return outcome_of_part(
        float(sum(note)), float(pubblicate["piani_conciliazione_investimento"]), "Risorse note e investimento", euro
    )


@check(
    "risorse-contributi-massimale",
    "Decreto 7132/2017: i contributi per provincia stanno nel massimo di 100.000 euro a progetto",
    fonti=[SLIDE_2017],
    tabelle=["contributi_province"],
    gravita="avviso",
)
def massimale() -> Outcome:
    """Compare the fewest projects that the contribution of each province needs with the 26 funded."""
    contributi = read("contributi_province")["contributo"]
    minimi = [(exact(c) / MASSIMALE).to_integral_value(ROUND_CEILING) for c in contributi]
    return outcome_of_part(
        float(sum(minimi)), FINANZIATI, "Progetti che servono almeno, con il massimo a progetto, e progetti finanziati"
    )


@check(
    "risorse-2398-stampa-triennio",
    "DGR 2398/2019: le quote riportate dalla stampa, sommate nei tre anni, sono il totale dell'atto",
    fonti=[STAMPA, DOCUMENTO_2020],
    tabelle=["riparti"],
    gravita="avviso",
)
def stampa_triennio() -> Outcome:
    """799.000, 999.600 and 999.600 against 2.800.000: the years are shared out otherwise, the whole is the same."""
    righe = read("riparti").query("programma == '2020-2023' and livello == 'ats' and precisione == 'arrotondata'")
    quote = righe[righe["periodo"].isin(["2020", "2021", "2022"])]["importo"]
    atto = read("riparti").query("programma == '2020-2023' and livello == 'regione' and periodo == '2020-2022'")
    somma = compare(quote.sum(), atto["importo"].iloc[0]).published
    return outcome_of(
        Comparison(exact(atto["importo"].iloc[0]), somma, rounding(-3, len(quote))),
        "Totale del triennio nell'atto e somma delle quote della stampa",
        euro,
        spiegazione=(
            "La stampa divide diversamente i primi due anni, ma il totale del triennio è quello dell'atto, entro gli "
            "arrotondamenti."
        ),
    )


@check(
    "risorse-1081-formazione",
    "DGR X/1081: le quote di formazione delle quindici ASL sommano al totale",
    fonti=[ALLEGATO_C],
    tabelle=["riparti"],
    gravita="errore",
)
def formazione() -> Outcome:
    """Fifteen shares of 20.000 against 300.000."""
    righe = read("riparti").query("programma == '2014-2015' and voce == 'formazione'").set_index("livello")["importo"]
    quote = righe.loc[["asl"]]
    return outcome_of(
        compare_sum(quote.tolist(), righe["regione"]), f"Totale della formazione e somma di {len(quote)} quote", euro
    )


@check(
    "risorse-2025-2027-annualita",
    "Riparto 2025-2027: in ogni anno le quote delle otto ATS sommano al totale dell'anno",
    fonti=["Linee guida 2025-2027, § 4.4"],
    tabelle=["riparti"],
    gravita="errore",
)
def annualita() -> Outcome:
    """Eight shares against 1.000.000, each year."""
    righe = read("riparti").query("programma == '2025-2027' and voce == 'totale'")
    totali = righe[righe["livello"] == "regione"].set_index("periodo")["importo"]
    quote = righe[righe["livello"] == "ats"].groupby("periodo")["importo"].sum()
    fuori = [str(anno) for anno in quote.index if quote[anno] != totali[anno]]
    return outcome_of_many(
        fuori, len(quote), "Totale dell'anno e somma delle otto ATS", "I tre anni tornano al centesimo."
    )


@check(
    "risorse-2398-stampa-ats",
    "DGR 2398/2019: le quote della stampa sommano all'importo esatto, per le ATS di cui si conosce",
    fonti=[STAMPA, DOCUMENTO_2020],
    tabelle=["riparti"],
    gravita="avviso",
)
def stampa_ats() -> Outcome:
    """Compare the exact amount of an ATS over the three years with the sum of the rounded ones, to the thousand."""
    righe = read("riparti").query("programma == '2020-2023' and livello == 'ats' and voce == 'totale'")
    esatti = righe.query("periodo == '2020-2022' and precisione == 'centesimo'").set_index("territorio")["importo"]
    arrotondate = righe[righe["precisione"] == "arrotondata"].groupby("territorio")["importo"]
    fuori = [
        f"{ats}, {euro(esatto)} e {euro(arrotondate.get_group(ats).sum())}"
        for ats, esatto in esatti.items()
        if not Comparison(
            exact(esatto), exact(arrotondate.get_group(ats).sum()), rounding(-3, arrotondate.get_group(ats).size)
        ).holds
    ]
    return outcome_of_many(
        fuori, len(esatti), "Importo esatto e somma delle quote della stampa", "Tornano, entro gli arrotondamenti."
    )
