"""The Piani dei Tempi: published counts against their parts, lists against the counts they declare."""

from __future__ import annotations

from decimal import Decimal

from conciliazione_lib import territory
from conciliazione_lib.evidence.formats import numero, percento
from conciliazione_lib.indicators import time_plans
from conciliazione_lib.indicators.time_plan_states import CONFERMATO, CONTRADDETTO, SOLO_DICHIARATO
from conciliazione_lib.quality.arithmetic import compare, compare_share, compare_sum, corrections, exact
from conciliazione_lib.quality.check import Outcome, check, outcome_of, outcome_of_many
from conciliazione_lib.quality.intervals import Interval, interval
from conciliazione_lib.quality.reading import read, residents

RELAZIONE = "DGR XI/2639/2019, riportata dal documento territoriale di ATS Milano 2020-2023, § 2"
RILEVAZIONE = "Rilevazione di ATS Milano, dicembre 2019 - gennaio 2020 (documento territoriale 2020-2023, § 2)"
PROGETTI = "Elenco dei progetti del quinto bando (documento territoriale di ATS Milano 2020-2023, § 2)"
#: Population from which a Piano territoriale degli orari is compulsory (art. 23 L. 53/2000), and the date we count at.
SOGLIA, DATA = 30_000, "2022-01-01"
#: The figures of the reports that count the comuni of the survey.
INTERPELLATI = ("comuni_interpellati.milano.*", "comuni_interpellati.lombardia.*")


def _pubblicati() -> dict[str, Decimal]:
    tabella = read("piani_tempi_regione").set_index("voce")["valore"]
    return {str(voce): exact(valore) for voce, valore in tabella.items()}


def _capoluoghi() -> list[str]:
    """Return the codes of the chief towns of the provinces at our date."""
    return list(time_plans.chief_towns(territory.load(data=DATA).comuni))


def _oltre_soglia() -> tuple[int, int]:
    """Count the comuni above the threshold at our date, and how many of them are chief towns of a province."""
    popolazione = residents("comune", DATA)
    obbligati = popolazione[popolazione > SOGLIA].index
    return len(obbligati), len(set(obbligati) & set(_capoluoghi()))


@check(
    "tempi-2019-classi",
    "Comuni con un Piano territoriale degli orari nel 2019: le classi sommano al totale",
    fonti=[RELAZIONE],
    tabelle=["piani_tempi_regione", "popolazione"],
    gravita="avviso",
)
def classi_2019() -> Outcome:
    """12 + 13 + 41 + 63 against 139."""
    p = _pubblicati()
    classi = {
        "capoluoghi": p["capoluoghi"],
        "comuni oltre 30.000 abitanti": p["oltre_30000"],
        "comuni fra 15.000 e 30.000": p["da_15000_a_30000"],
        "comuni sotto 15.000": p["sotto_15000"],
    }
    oltre, capoluoghi = _oltre_soglia()
    attesi_oltre = oltre - capoluoghi - int(p["obbligati_senza_piano"])
    proposte = corrections(
        classi,
        p["comuni_adottanti"],
        # Lombardia has twelve chief towns; the total is stated twice, as a count and as a share
        confirmed=["capoluoghi", "totale"],
        contradicted=["comuni oltre 30.000 abitanti"] if attesi_oltre > p["oltre_30000"] else [],
    )
    confronto = compare_sum(classi.values(), p["comuni_adottanti"])
    prima = proposte[0] if proposte else None
    return outcome_of(
        confronto,
        "Totale dei comuni con un piano e somma delle quattro classi",
        numero,
        spiegazione=(
            f"Le classi stampate sommano a {confronto.expected:f}. Al 1° gennaio 2022 i comuni oltre 30.000 abitanti "
            f"sono {oltre}, di cui {capoluoghi} capoluoghi: tolti i {p['obbligati_senza_piano']:f} senza piano, gli "
            f"altri sono {attesi_oltre}, molti più dei {p['oltre_30000']:f} stampati. La relazione non è corretta "
            "d'ufficio: si riportano entrambe le cifre."
        ),
        correzione=f"{prima.name}: {prima.printed:f} dovrebbe essere {prima.corrected:f}." if prima else "",
        cifre=["comuni_adottanti_relazione.lombardia.*", "somma_classi_relazione.lombardia.*"],
    )


@check(
    "tempi-2019-quota-comuni",
    "Comuni con un Piano territoriale degli orari nel 2019: la quota è il rapporto con i comuni lombardi",
    fonti=[RELAZIONE],
    tabelle=["piani_tempi_regione"],
    gravita="nota",
)
def quota_2019() -> Outcome:
    """139 over the comuni of December 2019 against 9.1%."""
    p = _pubblicati()
    comuni = len(territory.load(data="2019-12-01").comuni)
    passato = len(territory.load(data="2017-01-01").comuni)
    confronto = compare_share(p["comuni_adottanti"], comuni, p["quota_comuni"], 1)
    return outcome_of(
        confronto,
        f"Quota pubblicata e {p['comuni_adottanti']:f} comuni su {numero(comuni)}",
        percento,
        spiegazione=(
            f"La quota torna con i {numero(passato)} comuni del 2017: la relazione usa probabilmente un numero di "
            "comuni precedente alle fusioni."
        ),
        cifre=["quota_comuni_relazione.lombardia.*"],
    )


@check(
    "tempi-2019-associati",
    "Comuni con un Piano territoriale degli orari nel 2019: gli associati non superano la loro classe né il totale",
    fonti=[RELAZIONE],
    tabelle=["piani_tempi_regione"],
    gravita="avviso",
)
def associati_2019() -> Outcome:
    """32 of 41, 56 of 63, and 139 − 68 that are neither single nor leaders."""
    p = _pubblicati()
    coerenti = (
        p["da_15000_a_30000_associati"] <= p["da_15000_a_30000"]
        and p["sotto_15000_associati"] <= p["sotto_15000"]
        and p["comuni_adottanti"] - p["singoli_o_capofila"]
        <= p["da_15000_a_30000_associati"] + p["sotto_15000_associati"]
    )
    return Outcome(
        esito="quadra" if coerenti else "non_quadra",
        confronto=(
            f"Associati {p['da_15000_a_30000_associati']:f} su {p['da_15000_a_30000']:f} e "
            f"{p['sotto_15000_associati']:f} su {p['sotto_15000']:f}; non capofila "
            f"{p['comuni_adottanti'] - p['singoli_o_capofila']:f}"
        ),
        spiegazione="Le tre cifre possono stare insieme." if coerenti else "Le tre cifre si contraddicono.",
    )


@check(
    "tempi-obbligati",
    "Comuni obbligati al Piano territoriale degli orari: la relazione del 2019 e la popolazione al 1° gennaio 2022",
    fonti=[RELAZIONE, "ISTAT, popolazione residente al 1° gennaio 2022"],
    tabelle=["piani_tempi_regione", "popolazione"],
    gravita="nota",
)
def obbligati() -> Outcome:
    """12 + 13 + 2 against the comuni over 30.000 and the chief towns below them."""
    p = _pubblicati()
    oltre, capoluoghi = _oltre_soglia()
    nostri = oltre + (12 - capoluoghi)
    dichiarati = p["capoluoghi"] + p["oltre_30000"] + p["obbligati_senza_piano"]
    return outcome_of(
        compare(dichiarati, nostri),
        "Capoluoghi e comuni oltre 30.000 abitanti: dichiarati nel 2019 e contati al 1° gennaio 2022",
        numero,
        spiegazione=(
            "Pochi comuni attraversano la soglia fra le due date: una differenza così grande non dipende dalla data. "
            "Con la correzione delle classi pubblicate nel 2019 (23 comuni anziché 13) i dichiarati diventano "
            f"{dichiarati + 10:f}."
        ),
        cifre=["comuni_obbligati.lombardia.*"],
    )


@check(
    "tempi-obbligati-dichiarati",
    "Comuni obbligati al Piano territoriale degli orari: chi smentisce la relazione regionale",
    fonti=[RELAZIONE, RILEVAZIONE],
    tabelle=["piani_tempi", "piani_tempi_dichiarazioni", "popolazione"],
    gravita="avviso",
    territori=["milano"],
)
def dichiarati() -> Outcome:
    """Compare "all but two have a plan" with the answers: Paderno Dugnano and Bollate have none."""
    t = territory.load(data=DATA)
    registro = time_plans.register(t.comuni, residents("comune", DATA), read("piani_tempi"))
    detti = time_plans.declared_states(registro, read("piani_tempi_dichiarazioni"))
    smentiti = detti[detti["riscontro"] == CONTRADDETTO]
    soli = int((detti["riscontro"] == SOLO_DICHIARATO).sum())
    return outcome_of_many(
        (
            f"{t.name('comune', str(riga.cod_comune))} ({riga.stato}: {riga.rilevazione})"
            for riga in smentiti.itertuples()
        ),
        int(detti["riscontro"].isin([CONFERMATO, CONTRADDETTO]).sum()),
        f"Comuni obbligati di cui dice qualcosa anche un'altra fonte (di altri {soli} c'è solo la relazione)",
        "Nessuna risposta smentisce la relazione.",
        cifre=("obbligati_senza_piano.milano.*", "obbligati_senza_piano.lombardia.*"),
    )


@check(
    "tempi-obbligati-contati",
    "Comuni obbligati al Piano territoriale degli orari: la relazione ne conta quanti le sue parole implicano",
    fonti=[RELAZIONE, "ISTAT, popolazione residente al 1° gennaio 2022"],
    tabelle=["piani_tempi_dichiarazioni", "popolazione"],
    gravita="avviso",
)
def contati() -> Outcome:
    """Compare the 13 comuni counted with all those over the threshold, but for chief towns and the two left out."""
    [dichiarazione] = read("piani_tempi_dichiarazioni").to_dict("records")
    oltre, capoluoghi = _oltre_soglia()
    impliciti = oltre - capoluoghi - len(str(dichiarazione["eccezioni"]).split())
    return outcome_of(
        compare(dichiarazione["comuni_contati"], impliciti),
        "Comuni oltre 30.000 abitanti con un piano, senza i capoluoghi: contati, e tutti meno due",
        numero,
        spiegazione="Le parole della relazione («tutti ad eccezione di») e la sua cifra non stanno insieme.",
    )


@check(
    "tempi-milano-elenchi",
    "Rilevazione di ATS Milano: ogni ambito elenca i comuni che dichiara",
    fonti=[RILEVAZIONE],
    tabelle=["piani_tempi_ambiti"],
    gravita="avviso",
    territori=["milano"],
)
def elenchi_milano() -> Outcome:
    """Compare declared and listed comuni of eighteen ambiti: Paullo declares six and lists five."""
    ambiti = read("piani_tempi_ambiti")
    diversi = ambiti[ambiti["comuni_dichiarati"] != ambiti["comuni_elencati"]]
    elenco = "; ".join(
        f"{r.ambito_fonte} ne dichiara {r.comuni_dichiarati} e ne elenca {r.comuni_elencati}"
        for r in diversi.itertuples()
    )
    return outcome_of(
        compare_sum(ambiti["comuni_elencati"].tolist(), int(ambiti["comuni_dichiarati"].sum())),
        f"Comuni dichiarati ed elencati nei {len(ambiti)} ambiti",
        numero,
        spiegazione=f"{elenco}." if elenco else "Ogni ambito elenca tutti i comuni che dichiara.",
        cifre=INTERPELLATI,
    )


@check(
    "tempi-milano-comuni-cessati",
    "Rilevazione di ATS Milano: i comuni elencati esistevano alla data della rilevazione",
    fonti=[RILEVAZIONE],
    tabelle=["piani_tempi"],
    gravita="nota",
    territori=["milano"],
)
def cessati_milano() -> Outcome:
    """Vermezzo and Zelo Surrigone are listed apart, though merged since 2019."""
    rilevati = read("piani_tempi").query("rilevazione.str.contains('ATS Milano')", engine="python")
    # the table gives merged comuni the code of their successor: more than one name for a code is a merger
    fusi = rilevati[rilevati["cod_comune"].duplicated(keep=False)]
    t = territory.load(data="2019-12-01")
    nomi = fusi.groupby("cod_comune", sort=True)["comune"].agg(" e ".join)
    elenco = [f"{insieme} (dal 2019 {t.name('comune', str(codice))})" for codice, insieme in nomi.items()]
    return Outcome(
        esito="non_quadra" if elenco else "quadra",
        confronto=f"{len(rilevati)} comuni elencati e {rilevati['cod_comune'].nunique()} esistenti a dicembre 2019",
        spiegazione=(
            f"Erano già fusi: {'; '.join(elenco)}. Si contano nel comune che li ha sostituiti."
            if elenco
            else "Tutti i comuni elencati esistevano."
        ),
        cifre=INTERPELLATI,
    )


@check(
    "tempi-2019-popolazione",
    "Comuni con un Piano territoriale degli orari nel 2019: la quota di popolazione può stare con i comuni contati",
    fonti=[RELAZIONE, "ISTAT, popolazione residente al 1° gennaio 2022"],
    tabelle=["piani_tempi_regione", "popolazione"],
    gravita="avviso",
)
def popolazione_2019() -> Outcome:
    """Compare «poco più del 40%» with the least and the most residents that so many comuni of each class may have."""
    p = _pubblicati()
    residenti = residents("comune", DATA).sort_values()
    capoluoghi = set(_capoluoghi())
    altri = residenti[~residenti.index.isin(capoluoghi)]
    minimo = massimo = int(residenti[residenti.index.isin(capoluoghi)].sum())
    for voce, da, a in (
        ("oltre_30000", SOGLIA, None),
        ("da_15000_a_30000", 15_000, SOGLIA),
        ("sotto_15000", 0, 15_000),
    ):
        classe = altri[(altri > da) & (altri <= (a or altri.max()))]
        quanti = int(p[voce])
        minimo, massimo = minimo + int(classe.head(quanti).sum()), massimo + int(classe.tail(quanti).sum())
    totale = int(residenti.sum())
    possibile = Interval(exact(minimo), exact(massimo)).share(Interval(exact(totale), exact(totale)))
    dichiarata = interval(float(p["quota_popolazione"]), "poco più")
    torna = dichiarata.meets(possibile)
    return Outcome(
        "quadra" if torna else "non_quadra",
        f"Quota di popolazione, in percento: {dichiarata} dichiarata e {possibile} possibile con quei comuni",
        spiegazione="La quota è possibile." if torna else "Nessuna scelta dei comuni dà quella quota.",
    )


@check(
    "tempi-piani-precedenti",
    "Comuni con un piano prima della l.r. 28/2004: sono quanti la relazione ne nomina",
    fonti=[RELAZIONE],
    tabelle=["piani_tempi_regione"],
    gravita="avviso",
)
def precedenti() -> Outcome:
    """Five comuni, five names."""
    righe = read("piani_tempi_regione").set_index("voce").loc[["comuni_con_piano_prima_della_legge"]]
    nomi = str(righe["note"].item()).split(",")
    return outcome_of(compare(righe["valore"].item(), len(nomi)), "Comuni contati e nominati", numero)


#: Number printed before the last of the projects listed (document of ATS Milano, section 2).
ULTIMO_PROGETTO = 7


@check(
    "tempi-progetti-elenco",
    "Quinto bando sui tempi: i progetti elencati sono quanti ne numera l'elenco",
    fonti=[PROGETTI],
    tabelle=["piani_tempi_progetti"],
    gravita="avviso",
    territori=["milano"],
)
def progetti_elencati() -> Outcome:
    """Six projects, numbered from 2 to 7."""
    progetti = read("piani_tempi_progetti").query("elenco == 'progetti finanziati'")["progetto"].nunique()
    return outcome_of(
        compare(ULTIMO_PROGETTO, progetti),
        "Ultimo numero stampato e progetti elencati",
        numero,
        spiegazione=(
            "Nel documento l'elenco comincia dal numero 2: o manca il primo progetto, o la numerazione è sbagliata. "
            "Si riportano i progetti che ci sono."
        ),
        correzione="i numeri da 2 a 7 dovrebbero essere da 1 a 6, se non manca un progetto.",
    )


@check(
    "tempi-progetti-comuni",
    "Quinto bando sui tempi: i comuni delle azioni per area sono fra quelli dei progetti finanziati",
    fonti=[PROGETTI],
    tabelle=["piani_tempi_progetti"],
    gravita="avviso",
    territori=["milano"],
)
def progetti_comuni() -> Outcome:
    """Every comune of the table of actions is in the list of projects."""
    elenchi = read("piani_tempi_progetti").groupby("elenco")["comune"].unique()
    azioni, finanziati = set(elenchi["azioni per area"]), set(elenchi["progetti finanziati"])
    return outcome_of_many(
        sorted(azioni - finanziati),
        len(azioni),
        "Comuni delle azioni per area e dei progetti finanziati",
        "Ogni comune con un'azione ha il suo progetto.",
    )


@check(
    "tempi-2019-capoluoghi",
    "Comuni con un Piano territoriale degli orari nel 2019: i capoluoghi sono uno per provincia",
    fonti=[RELAZIONE],
    tabelle=["piani_tempi_regione"],
    gravita="avviso",
)
def capoluoghi_2019() -> Outcome:
    """Twelve chief towns, twelve provinces."""
    return outcome_of(
        compare(_pubblicati()["capoluoghi"], len(_capoluoghi())), "Capoluoghi con un piano e province", numero
    )
