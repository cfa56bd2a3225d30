"""Services for families: the supply lists of the ATS, their vocabulary, the norms, and what is known of their use."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

import pandas as pd

from conciliazione_lib.catalog.spec import (
    Rule,
    TableSpec,
    cod_comune,
    hour,
    integer,
    number,
    source_columns,
    text,
    yes_no,
)
from conciliazione_lib.errors import Problem

# The types of service, in the order of the drop-down of the template: early childhood, minors, family, disability,
# elderly, time saving, mobility, self-employed. What each one is stands in the table ``tipi_servizio``.
KINDS = (
    "asilo_nido",
    "micronido",
    "nido_famiglia",
    "centro_prima_infanzia",
    "sezione_primavera",
    "pre_post_scuola",
    "tempo_pieno",
    "custodia_chiusura_scuole",
    "centro_estivo",
    "cag",
    "crd",
    "servizio_educativo_diurno",
    "baby_sitting",
    "accompagnamento",
    "centro_famiglia_hub",
    "centro_famiglia_spoke",
    "sprint",
    "cse",
    "sfa",
    "cdd",
    "cdi",
    "centro_diurno_anziani",
    "sad",
    "adi",
    "rsa",
    "alloggio_protetto_anziani",
    "assistenza_emergenza",
    "banca_del_tempo",
    "recapito_spesa",
    "maggiordomo_comunita",
    "gruppo_acquisto",
    "baby_bank",
    "trasporto_agevolato",
    "car_pooling",
    "navetta",
    "coworking",
    "consulenza_autonomi",
    "welfare_territoriale",
)
Check = Callable[[pd.DataFrame], list[Problem]]
AREAS = ("prima infanzia", "minori", "famiglia", "disabilità", "anziani", "tempo", "mobilità", "lavoro autonomo")
MANAGEMENTS = ("pubblica", "privata accreditata", "privata")
MACROCATEGORIE = ("a", "b", "c", "d")
# A capacity beyond this is a slip of the keyboard: the largest services of Lombardia have some hundreds of places.
MOST_POSTI = 5000

# How the lists of the ATS write the types, beside the identifier: lower case, no accents, no punctuation.
OTHER_NAMES = MappingProxyType(
    {
        "asilo_nido": "asili nido; nido; nidi; nido d infanzia; asilo nido comunale; asilo nido privato",
        "micronido": "micronidi; micro nido",
        "nido_famiglia": "nidi famiglia; nido in famiglia",
        "centro_prima_infanzia": "centri prima infanzia; cpi; centro per la prima infanzia",
        "sezione_primavera": "sezioni primavera; primavera",
        "pre_post_scuola": (
            "pre e dopo scuola; servizi di pre e dopo scuola; pre scuola; post scuola; prescuola; doposcuola; pre "
            "e post scuola; aiuto compiti"
        ),
        "custodia_chiusura_scuole": (
            "custodia nei periodi di chiusura delle scuole; servizi di custodia nei periodi di chiusura delle "
            "scuole; centri natalizi; centri nelle vacanze"
        ),
        "tempo_pieno": ("classi a tempo pieno; classe a tempo pieno; scuola a tempo pieno; tempo pieno scolastico"),
        "centro_estivo": "centri estivi; grest; campo estivo; campi estivi; centro ricreativo estivo; cre",
        "cag": (
            "centro di aggregazione giovanile; centri di aggregazione giovanile; centro aggregazione giovanile; "
            "centro di aggregazione giovanile cag; c a g"
        ),
        "crd": (
            "centro ricreativo diurno; centri ricreativi diurni; centro ricreativo diurno crd; c r d; centro "
            "ricreativo diurno per minori; crdm"
        ),
        "servizio_educativo_diurno": "servizi educativi diurni; sed; centro educativo diurno",
        "baby_sitting": "baby sitting e custodia; servizi di baby sitting e custodia; babysitting; baby sitter; tata",
        "accompagnamento": (
            "accompagnamento di minori e familiari fragili; servizi di accompagnamento; pedibus; bicibus; "
            "trasporto minori; accompagnamenti assistiti"
        ),
        "centro_famiglia_hub": (
            "centro per la famiglia hub; centri per la famiglia hub; hub; centro per la famiglia; centro per le "
            "famiglie; cpf hub"
        ),
        "centro_famiglia_spoke": (
            "sportello del centro per la famiglia spoke; sportelli dei centri per la famiglia spoke; spoke; "
            "sportello famiglia; cpf spoke"
        ),
        "sprint": "progetto sprint lombardia insieme; progetti sprint lombardia insieme; sprint lombardia insieme",
        "cse": "centro socio educativo; centri socio educativi; centro socioeducativo; c s e",
        "sfa": (
            "servizio di formazione all autonomia; servizi di formazione all autonomia; servizio formazione "
            "autonomia; servizio formazione all autonomia; s f a"
        ),
        "cdd": (
            "centro diurno disabili; centri diurni disabili; centro diurno per disabili; centro diurno per "
            "persone con disabilita; c d d"
        ),
        "cdi": "centro diurno integrato; centri diurni integrati; centro diurno integrato anziani; c d i",
        "centro_diurno_anziani": "centri diurni anziani; centro diurno; cd anziani; cda",
        "sad": (
            "servizio di assistenza domiciliare; servizi di assistenza domiciliare; assistenza domiciliare; "
            "servizio assistenza domiciliare; s a d"
        ),
        "adi": (
            "assistenza domiciliare integrata; servizi di assistenza domiciliare integrata; a d i; assistenza "
            "domiciliare integrata adi"
        ),
        "rsa": (
            "residenza sanitaria assistenziale; residenze sanitarie assistenziali; casa di riposo; residenza "
            "sanitaria assistenziale per anziani; residenza sanitario assistenziale; r s a"
        ),
        "alloggio_protetto_anziani": "alloggio protetto per anziani; alloggi protetti per anziani; alloggi protetti",
        "assistenza_emergenza": (
            "cura a domicilio anche di emergenza; servizi di cura a domicilio anche di emergenza; caregiving a "
            "domicilio; care giving; assistenza di emergenza; badante di emergenza"
        ),
        "banca_del_tempo": "banche del tempo; bdt",
        "recapito_spesa": "recapito della spesa; servizi di recapito della spesa; spesa a domicilio; consegna spesa",
        "maggiordomo_comunita": (
            "maggiordomo di comunita; maggiordomi di comunita; maggiordomo; maggiordomo di quartiere; "
            "portierato sociale"
        ),
        "gruppo_acquisto": "gruppo di acquisto solidale; gruppi di acquisto solidale; gas; gruppo acquisto solidale",
        "trasporto_agevolato": (
            "convenzione per il trasporto pubblico agevolato; convenzioni per il trasporto pubblico agevolato; "
            "abbonamenti agevolati; convenzione trasporto pubblico; convenzione tpl"
        ),
        "car_pooling": (
            "car pooling o car sharing aziendale; servizi di car pooling o car sharing aziendale; car sharing; "
            "carpooling; carsharing"
        ),
        "navetta": (
            "navetta verso poli di interscambio; navette verso poli di interscambio; navette; navetta aziendale"
        ),
        "coworking": "spazi di coworking; co working; spazio coworking",
        "consulenza_autonomi": (
            "formazione e consulenza per autonomi e professionisti; servizi di formazione e consulenza per "
            "autonomi e professionisti; consulenza lavoro autonomo"
        ),
        "welfare_territoriale": (
            "welfare aziendale o territoriale; servizi di welfare aziendale o territoriale; welfare aziendale; "
            "voucher salvatempo"
        ),
    }
)


def _ages_in_order(frame: pd.DataFrame) -> list[Problem]:
    wrong = frame[(frame["eta_a"] < frame["eta_da"]).fillna(False)]
    return [
        Problem("un'età finale non minore di quella iniziale", f"da {row.eta_da} a {row.eta_a}", riga=row.Index)  # type: ignore[arg-type]
        for row in wrong.itertuples()
    ]


def _in_order(lower: str, upper: str, what: str) -> Check:
    """Return the check that one column never comes after another; a table may have neither."""

    def check(frame: pd.DataFrame) -> list[Problem]:
        if not {lower, upper} <= set(frame.columns):
            return []
        wrong = frame[(frame[upper] < frame[lower]).fillna(False).astype(bool)]
        pairs = zip(wrong.index, wrong[lower], wrong[upper], strict=True)
        return [Problem(what, f"da {first} a {last}", riga=row, colonna=upper) for row, first, last in pairs]

    return check


def _all_types_described(frame: pd.DataFrame) -> list[Problem]:
    missing = [name for name in KINDS if name not in set(frame["tipo"])]
    return [Problem("una riga per ogni tipo di servizio", f"nessuna riga per «{name}»") for name in missing]


SORTED_AGES = Rule(
    "eta_ordinate", "La fascia di età finisce dopo essere iniziata; senza età finale è aperta.", _ages_in_order
)

#: What an office may add to a row: when a service is open, for whom, at what price, how full it is.
OPTIONAL = MappingProxyType(
    {
        "eta_da": integer("Prima età accolta, in anni compiuti", minimum=0, maximum=110, required=False, present=False),
        "eta_a": integer("Ultima età accolta, in anni compiuti", minimum=0, maximum=110, required=False, present=False),
        "apertura": hour("Ora in cui apre, compreso il pre-orario (7:30)", required=False, present=False),
        "chiusura": hour("Ora in cui chiude, compreso il prolungamento (18:00)", required=False, present=False),
        "giorni": integer("Giorni di apertura alla settimana", minimum=1, maximum=7, required=False, present=False),
        "sabato": yes_no("Se è aperto il sabato", required=False, present=False),
        "settimane": integer("Settimane di apertura nell'anno", minimum=1, maximum=53, required=False, present=False),
        "agosto": yes_no("Se è aperto in agosto, anche in parte", required=False, present=False),
        "vacanze_scolastiche": yes_no(
            "Se è aperto quando le scuole sono chiuse (Natale, Pasqua, estate)", required=False, present=False
        ),
        "iscritti": integer("Iscritti o utenti", minimum=0, maximum=100_000, required=False, present=False),
        "lista_attesa": integer("Persone in lista d'attesa", minimum=0, maximum=100_000, required=False, present=False),
        "retta_minima": number(
            "Retta mensile più bassa, in euro", minimum=0, maximum=10_000, required=False, present=False
        ),
        "retta_massima": number(
            "Retta mensile più alta, in euro", minimum=0, maximum=10_000, required=False, present=False
        ),
        "elenco_completo": yes_no(
            "Se l'elenco comprende tutti i comuni della ATS; «no» se qualcuno non ha risposto",
            required=False,
            present=False,
        ),
        "posti_disabilita": integer(
            "Posti riservati a persone con disabilità", minimum=0, maximum=MOST_POSTI, required=False, present=False
        ),
    }
)

SERVIZI_OFFERTA = TableSpec(
    name="servizi_offerta",
    title="Offerta di servizi di conciliazione per comune",
    description=(
        "Una riga per ogni servizio: comune, tipo, gestione, posti autorizzati, anno, fonte. È l'elenco che ogni ATS "
        "tiene o può tenere, con ciò che sa di età, orari, rette e iscritti: la tabella non ha righe finché un elenco "
        "non viene importato. Se un tipo compare nell'elenco di una ATS, i comuni di quella ATS senza righe di quel "
        "tipo si intendono privi del servizio, a meno che l'elenco dica di non essere completo; se un tipo non vi "
        "compare affatto, la sua offerta non è nota. Un comune che non ha servizi lo dice con una riga di 0 posti."
    ),
    columns={
        "cod_comune": cod_comune("Codice ISTAT del comune in cui ha sede il servizio"),
        "denominazione": text("Nome del servizio"),
        "tipo": text("Tipo di servizio, dal vocabolario della tabella «tipi_servizio»", values=KINDS),
        "gestione": text("Gestione del servizio", values=MANAGEMENTS, required=False),
        "posti": integer("Posti autorizzati", minimum=0, maximum=MOST_POSTI, required=False),
        "anno": integer("Anno a cui si riferiscono i posti", minimum=2000, maximum=2100),
        **source_columns(),
        **OPTIONAL,
    },
    keys=("cod_comune", "denominazione", "tipo", "anno"),
    rules=(
        Rule(
            "eta_ordinate",
            "L'ultima età accolta non viene prima della prima.",
            _in_order("eta_da", "eta_a", "un'ultima età non minore della prima"),
        ),
        Rule(
            "orari_ordinati",
            "Si chiude dopo avere aperto.",
            _in_order("apertura", "chiusura", "una chiusura dopo l'apertura"),
        ),
        Rule(
            "rette_ordinate",
            "La retta più alta non è minore della più bassa.",
            _in_order("retta_minima", "retta_massima", "una retta massima non minore della minima"),
        ),
        Rule(
            "posti_riservati",
            "I posti riservati sono parte dei posti.",
            _in_order("posti_disabilita", "posti", "posti riservati non più dei posti"),
        ),
    ),
    column_aliases={
        "cod_comune": (
            "codice istat",
            "cod istat",
            "istat",
            "codice comune",
            "codice istat comune",
            "comune",
            "comune sede",
            "comune di ubicazione",
            "comune di sede",
            "comune della struttura",
        ),
        "denominazione": (
            "denominazione udo",
            "denominazione servizio",
            "denominazione struttura",
            "nome",
            "nome servizio",
            "nome struttura",
            "servizio",
            "struttura",
            "unita di offerta",
            "udo",
        ),
        "tipo": ("tipologia", "tipologia udo", "tipo udo", "tipo servizio", "tipologia servizio", "tipo di servizio"),
        "gestione": (
            "tipo gestione",
            "natura giuridica",
            "natura",
            "pubblico privato",
            "titolarita",
            "ente gestore tipo",
        ),
        "posti": (
            "posti autorizzati",
            "n posti",
            "numero posti",
            "capacita",
            "capacita ricettiva",
            "capienza",
            "posti in esercizio",
            "ricettivita",
        ),
        "anno": ("anno di riferimento", "anno dati"),
        "eta_da": ("eta minima", "eta da", "dall eta", "da anni", "eta min"),
        "eta_a": ("eta massima", "eta a", "fino a anni", "a anni", "eta max"),
        "apertura": ("orario apertura", "ora apertura", "orario di apertura", "apre alle", "dalle ore", "ora inizio"),
        "chiusura": ("orario chiusura", "ora chiusura", "orario di chiusura", "chiude alle", "alle ore", "ora fine"),
        "giorni": ("giorni settimana", "giorni alla settimana", "giorni di apertura", "giorni settimanali"),
        "sabato": ("aperto sabato", "aperto il sabato", "apertura sabato", "apertura il sabato"),
        "settimane": ("settimane anno", "settimane di apertura", "settimane di apertura all anno", "n settimane"),
        "agosto": (
            "aperto ad agosto",
            "aperto in agosto",
            "apertura agosto",
            "apertura in agosto",
            "apertura ad agosto",
        ),
        "vacanze_scolastiche": (
            "aperto nelle vacanze",
            "aperto nelle vacanze scolastiche",
            "apertura vacanze",
            "apertura vacanze scolastiche",
            "apertura chiusura scuole",
        ),
        "iscritti": ("n iscritti", "numero iscritti", "bambini iscritti", "frequentanti"),
        "lista_attesa": ("lista d attesa", "lista di attesa", "in lista d attesa", "in lista di attesa", "in attesa"),
        "retta_minima": ("retta minima mensile", "retta min", "tariffa minima", "quota minima", "retta mensile minima"),
        "retta_massima": (
            "retta massima mensile",
            "retta max",
            "tariffa massima",
            "quota massima",
            "retta mensile massima",
        ),
        "posti_disabilita": (
            "posti disabilita",
            "posti disabili",
            "posti per disabili",
            "posti per bambini con disabilita",
        ),
        "note": ("annotazioni", "osservazioni"),
        "url": ("sito", "indirizzo web"),
    },
    column_words={
        "posti": ("letti", "utenti", "utenza", "bambini", "ospiti", "iscrivibili", "massima", "accreditati", "cap"),
        "tipo": ("tipologia", "udo", "categoria"),
        "gestione": ("gestore", "proprieta"),
        "denominazione": ("denominazione", "ragione", "insegna"),
    },
    value_aliases={
        "tipo": {alias: name for name, aliases in OTHER_NAMES.items() for alias in aliases.split("; ")},
        "gestione": {
            "pubblico": "pubblica",
            "comunale": "pubblica",
            "comune": "pubblica",
            "ente pubblico": "pubblica",
            "privato": "privata",
            "privato accreditato": "privata accreditata",
            "accreditata": "privata accreditata",
            "accreditato": "privata accreditata",
            "convenzionata": "privata accreditata",
            "convenzionato": "privata accreditata",
        },
    },
)

TIPI_SERVIZIO = TableSpec(
    name="tipi_servizio",
    title="Tipi di servizio di conciliazione",
    description=(
        "Il vocabolario dei servizi: area, macrocategoria delle linee guida 2025–2027 (§4.1), se ha posti, se i posti "
        "contano per la copertura della prima infanzia, e la fascia di età con cui confrontarli. La fascia di età è "
        "una scelta di lavoro, per avere un denominatore noto in ogni comune: non dice chi ha diritto al servizio."
    ),
    columns={
        "tipo": text("Identificativo del tipo", values=KINDS),
        "nome": text("Nome per esteso"),
        "plurale": text("Nome al plurale, come si scrive in una frase"),
        "area": text("Area di bisogno", values=AREAS),
        "macrocategoria": text("Macrocategoria delle linee guida 2025–2027", values=MACROCATEGORIE),
        "con_posti": yes_no("Il servizio ha una capienza in posti"),
        "prima_infanzia": yes_no("I posti contano per la copertura 0–2 anni"),
        "eta_da": integer("Prima età della fascia di confronto", minimum=0, maximum=100),
        "eta_a": integer("Ultima età, vuota se la fascia è aperta", minimum=0, maximum=100, required=False),
        **source_columns(),
    },
    keys=("tipo",),
    rules=(
        SORTED_AGES,
        Rule("tutti_i_tipi", "Ogni tipo che un elenco può contenere è descritto.", _all_types_described),
    ),
)

AREE_BISOGNO = TableSpec(
    name="aree_bisogno",
    title="Aree di bisogno e interventi regionali già attivi",
    description=(
        "Una riga per area di bisogno: gli interventi regionali che le linee guida nominano per l'area, a cui un "
        "progetto di conciliazione si affianca o si aggiunge."
    ),
    columns={
        "area": text("Area di bisogno", values=AREAS),
        "gia_attivo": text("Interventi regionali già attivi, separati da punto e virgola", required=False),
        **source_columns(),
    },
    keys=("area",),
)

SERVIZI_COMUNI = TableSpec(
    name="servizi_comuni",
    title="Interventi e servizi sociali dei comuni",
    description=(
        "Quota di comuni che offrono un servizio, utenti e spesa, per area e territorio, dall'indagine ISTAT sugli "
        "interventi e i servizi sociali dei comuni."
    ),
    columns={
        "livello": text("Livello del territorio", values=("ambito", "provincia", "ats", "regione", "italia")),
        "territorio": text("Codice del territorio nel suo livello"),
        "anno": integer("Anno dei dati", minimum=2000, maximum=2100),
        "area": text("Area di utenza", values=("famiglia e minori", "disabili", "anziani", "povertà")),
        "servizio": text("Servizio o intervento"),
        "misura": text("Che cosa si misura", values=("comuni_che_offrono", "utenti", "spesa")),
        "valore": number("Valore", minimum=0),
        "unita": text("Unità di misura", values=("%", "persone", "€")),
        **source_columns(),
    },
    keys=("livello", "territorio", "anno", "area", "servizio", "misura"),
)

USO_SERVIZI = TableSpec(
    name="uso_servizi",
    title="Uso dei servizi e aiuto informale per la cura dei figli, per tipo di famiglia",
    description=(
        "Nuclei familiari con figli coabitanti per uso di servizi e aiuto di parenti o amici (ISTAT, conciliazione tra "
        "lavoro e famiglia, 2018), come riportati nel Documento di indirizzo della ATS Città Metropolitana di Milano."
    ),
    columns={
        "ripartizione": text("Territorio", values=("Italia", "Nord", "Centro", "Centro-nord", "Mezzogiorno")),
        "famiglie": text("Nuclei a cui si riferisce la percentuale"),
        "misura": text("Servizio usato o aiuto ricevuto"),
        "anno": integer("Anno dell'indagine", minimum=2000, maximum=2100),
        "valore": number("Percentuale dei nuclei", minimum=0, maximum=100),
        "precisione": text(
            "Come la fonte dà la cifra: esatta, oppure arrotondata a parole",
            values=("esatta", "circa", "quasi", "oltre", "poco meno", "poco più"),
        ),
        **source_columns(),
    },
    keys=("ripartizione", "famiglie", "misura", "anno"),
)

NORME_SERVIZI = TableSpec(
    name="norme_servizi",
    title="Norme e obiettivi di copertura dei servizi",
    description=(
        "I valori con cui la copertura si confronta: chi li ha fissati, per quale età, entro quando. La fonte è quella "
        "in cui il valore è stato letto, che può non essere il testo dell'atto: lo dice il grado."
    ),
    columns={
        "norma": text("Identificativo", pattern=r"[a-z0-9_]+"),
        "nome": text("Nome breve"),
        "servizio": text("A che cosa si applica"),
        "misura": text(
            "Che cosa deve raggiungere il valore",
            values=("posti_per_100", "partecipazione", "quota_comuni", "assistiti"),
        ),
        "valore": number("Valore da raggiungere, per cento", minimum=0, maximum=100),
        "eta_da": integer("Prima età", minimum=0, maximum=100),
        "eta_a": integer("Ultima età, vuota se la fascia è aperta", minimum=0, maximum=100, required=False),
        "entro": integer("Anno entro cui raggiungerlo", minimum=2000, maximum=2100, required=False),
        "atto": text("Atto che lo fissa"),
        **source_columns(),
    },
    keys=("norma",),
    rules=(SORTED_AGES,),
)

MACROCATEGORY_ENTRIES = TableSpec(
    name="macrocategorie",
    title="Macrocategorie di intervento delle linee guida 2025–2027",
    description=(
        "Le quattro macrocategorie a cui ricondurre gli interventi finanziabili (almeno due per progetto) e gli esempi "
        "che le linee guida ne danno, una riga per esempio."
    ),
    columns={
        "macrocategoria": text("Lettera", values=MACROCATEGORIE),
        "nome": text("Nome della macrocategoria"),
        "voce": integer("Ordine dell'esempio", minimum=1),
        "esempio": text("Esempio di intervento"),
        **source_columns(),
    },
    keys=("macrocategoria", "voce"),
)

INTERVENTI_REGIONALI = TableSpec(
    name="interventi_regionali",
    title="Interventi regionali in atto per le famiglie",
    description=(
        "Le quantità che le linee guida 2025–2027 danno degli interventi già attivi, con cui le Comunità di Pratica "
        "devono coordinarsi: Centri per la famiglia, Sprint! Lombardia Insieme, invecchiamento attivo."
    ),
    columns={
        "intervento": text("Intervento"),
        "misura": text("Che cosa si conta"),
        "valore": number("Quantità per l'intera regione", minimum=0),
        "unita": text("Unità di misura"),
        "periodo": text("Periodo a cui si riferisce, vuoto se la fonte non lo dice", required=False),
        "macrocategoria": text("Macrocategoria a cui contribuisce", values=MACROCATEGORIE),
        **source_columns(),
    },
    keys=("intervento", "misura"),
)

TEMPI_PERCORRENZA = TableSpec(
    name="tempi_percorrenza",
    title="Tempi di percorrenza tra comuni",
    description=(
        "Minuti in automobile tra coppie ordinate di comuni, se la ATS li ha: sostituiscono il modello basato sulla "
        "distanza in linea d'aria. Le coppie che non ci sono si intendono non raggiungibili."
    ),
    columns={
        "origine": cod_comune("Codice ISTAT del comune di partenza"),
        "destinazione": cod_comune("Codice ISTAT del comune di arrivo"),
        "minuti": number("Minuti", minimum=0, maximum=600),
        **source_columns(),
    },
    keys=("origine", "destinazione"),
)
