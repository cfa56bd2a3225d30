"""The money of the programmes: allocations, the indicators behind them, contributions, and the rules of a plan."""

from __future__ import annotations

import pandas as pd

from conciliazione_lib.catalog.spec import Rule, TableSpec, day, integer, number, source_columns, text
from conciliazione_lib.catalog.tables.territorio import ATS
from conciliazione_lib.errors import Problem
from conciliazione_lib.indicators.plan_vocabulary import CHECKS, NATURE, SPENDING_KINDS
from conciliazione_lib.region import REGION

ASL = REGION.asl
PRECISIONS = ("centesimo", "euro", "arrotondata")


def _known_territories(frame: pd.DataFrame) -> list[Problem]:
    allowed = {"asl": ASL, "ats": ATS, "regione": (REGION.codice,)}
    return [
        Problem(f"un territorio di livello {level}", str(territorio), riga=int(row))
        for row, level, territorio in zip(frame.index, frame["livello"], frame["territorio"], strict=True)
        if territorio not in allowed[level]
    ]


RIPARTI = TableSpec(
    name="riparti",
    title="Riparti delle risorse per la conciliazione dal 2013",
    description=(
        "Una riga per programma, periodo, territorio, voce e precisione: gli importi assegnati alle ASL (fino"
        " al 2015) e alle ATS, e i totali regionali dichiarati dagli atti. Lo stesso importo può comparire "
        "due volte, con il centesimo in un documento e arrotondato in un comunicato: i due valori restano "
        "distinti."
    ),
    columns={
        "programma": text("Programma", values=("2014-2015", "2017-2018", "2019", "2020-2023", "2025-2027")),
        "periodo": text("Anno, o primo e ultimo anno", pattern=r"\d{4}(-\d{4})?"),
        "livello": text("Livello del territorio", values=("asl", "ats", "regione")),
        "territorio": text("ASL, ATS o regione"),
        "voce": text(
            "Quota a cui l'importo si riferisce",
            values=("totale", "fissa", "variabile", "formazione", "azioni regionali"),
        ),
        "importo": number("Importo in euro", minimum=0),
        "precisione": text("Precisione con cui la fonte dà l'importo", values=PRECISIONS),
        "atto": text("Atto che assegna l'importo"),
        "ente": text("Ente che lo assegna"),
        **source_columns(),
    },
    keys=("programma", "periodo", "livello", "territorio", "voce", "precisione"),
    rules=(Rule("territori_noti", "Il territorio esiste nel suo livello.", _known_territories),),
)

RIPARTI_INDICATORI = TableSpec(
    name="riparti_indicatori",
    title="Gli indicatori del riparto 2014–2015 per ASL",
    description=(
        "Allegato C della DGR X/1081 del 2013: quota percentuale di ogni ASL sul totale lombardo per cinque "
        "indicatori, il peso di ciascuno, e l'indicatore ponderato pubblicato (indicatore «ponderato», senza "
        "peso)."
    ),
    columns={
        "territorio": text("ASL", values=ASL),
        "indicatore": text(
            "Indicatore",
            values=("donne_18_45", "bambini_0_6", "forza_lavoro_femminile", "mpmi", "anziani_75", "ponderato"),
        ),
        "descrizione": text("L'indicatore come lo definisce l'atto"),
        "peso": integer("Peso dell'indicatore, per cento", minimum=0, maximum=100, required=False),
        "quota": number("Quota dell'ASL sul totale lombardo, per cento", minimum=0, maximum=100),
        **source_columns(),
    },
    keys=("territorio", "indicatore"),
)

PREMIALITA_INDICATORI = TableSpec(
    name="premialita_indicatori",
    title="I nove indicatori di premialità della DGR X/1081",
    description=(
        "Gli indicatori di risultato a cui l'Allegato C lega la quota variabile del biennio 2014–2015. L'atto non dice "
        "come ciascuno si misura né quanto pesa."
    ),
    columns={
        "ordine": integer("Posto nell'elenco dell'atto", minimum=1),
        "indicatore": text("L'indicatore, come lo scrive l'atto"),
        **source_columns(),
    },
    keys=("ordine",),
)

RESIDENTI_ATTO = TableSpec(
    name="residenti_atto",
    title="Residenti per ATS usati dal riparto 2025–2027",
    description=(
        "Gli abitanti (ISTAT, 31 dicembre 2024) su cui la delibera ripartisce le risorse, come stampati nell'atto."
    ),
    columns={
        "data": day("Data a cui si riferiscono i residenti"),
        "territorio": text("ATS", values=ATS),
        "residenti": integer("Residenti", minimum=1),
        **source_columns(),
    },
    keys=("data", "territorio"),
)

CONTRIBUTI_PROVINCE = TableSpec(
    name="contributi_province",
    title="Contributi ai progetti per l'infanzia e l'adolescenza, per provincia",
    description=(
        "Contributi concessi con il decreto n. 7132 del 15 giugno 2017 (avviso POR FSE del 10 marzo 2017). Il"
        " numero di progetti per provincia non è leggibile nella fonte e manca: è noto solo il totale, 26 "
        "finanziati su 54 ammessi."
    ),
    columns={
        "provincia": text("Sigla della provincia", pattern=r"[A-Z]{2}"),
        "nome": text("Nome della provincia"),
        "progetti": integer("Progetti approvati", minimum=0, required=False),
        "contributo": number("Contributo concesso, in euro", minimum=0),
        **source_columns(),
    },
    keys=("provincia",),
)

RISORSE_2014_2015 = TableSpec(
    name="risorse_2014_2015",
    title="Risorse complessive dei piani territoriali 2014–2015",
    description=(
        "Gli importi del grafico «Scomposizione delle risorse complessive», che nel testo disponibile ha "
        "perso le etichette: quali importi formino ciascun totale si ricava perché le somme tornano; che cosa"
        " sia ciascun importo no."
    ),
    columns={
        "situazione": text("A quando si riferisce la scomposizione", values=("luglio 2014", "successiva")),
        "voce": text("Posto dell'importo nella scomposizione", values=("prima", "seconda", "terza", "totale")),
        "importo": number("Importo in euro", minimum=0),
        **source_columns(),
    },
    keys=("situazione", "voce"),
)

REGOLE_PROGRAMMA = TableSpec(
    name="regole_programma",
    title="Le regole dei programmi, con il loro articolo",
    description=(
        "Una riga per regola: che cosa chiede, dove è scritta, con quale controllo e con quale soglia si "
        "verifica. Il controllo di conformità di un piano legge questa tabella."
    ),
    columns={
        "programma": text("Programma", values=("2020-2023", "2025-2027")),
        "regola": text("Identificativo della regola", pattern=r"[a-z0-9_]+"),
        "titolo": text("La regola in breve"),
        "controllo": text("Controllo che la verifica", values=CHECKS),
        "soglia": number("Soglia del controllo, dove c'è", required=False),
        "unita": text("Unità della soglia", values=("%", "€", "enti", "macrocategorie", "mesi"), required=False),
        "categoria": text("Categoria di spesa o di azione a cui il controllo si applica", required=False),
        "base": number(
            "Quota della dotazione su cui si calcola la soglia, per cento", minimum=0, maximum=100, required=False
        ),
        "territorio": text("ATS a cui la regola si applica, vuoto se vale per tutte", values=ATS, required=False),
        "articolo": text("Documento e paragrafo"),
        **source_columns(),
    },
    keys=("programma", "regola"),
)

PIANO_PROGETTI = TableSpec(
    name="piano_progetti",
    title="Il piano di una ATS: i progetti",
    description="Una riga per progetto del piano di conciliazione da controllare. La compila la ATS.",
    columns={
        "progetto": text("Codice del progetto nel piano"),
        "titolo": text("Titolo del progetto"),
        "tipo": text(
            "Progetto di un partenariato o azione di sistema della ATS", values=("progetto", "azione di sistema")
        ),
        "costo": number("Costo totale in euro", minimum=0, required=False),
        "contributo": number("Contributo regionale in euro", minimum=0, required=False),
        "inizio": day("Primo giorno di attività", required=False),
        "fine": day("Ultimo giorno di attività", required=False),
    },
    keys=("progetto",),
)

PIANO_PARTNER = TableSpec(
    name="piano_partner",
    title="Il piano di una ATS: i partner",
    description="Una riga per ogni ente di ogni progetto. La compila la ATS.",
    columns={
        "progetto": text("Codice del progetto nel piano"),
        "ente": text("Nome dell'ente"),
        "natura": text("Natura dell'ente", values=NATURE),
        "ruolo": text("Ruolo nel partenariato", values=("capofila", "partner", "rete di supporto")),
    },
    keys=("progetto", "ente"),
)

PIANO_AZIONI = TableSpec(
    name="piano_azioni",
    title="Il piano di una ATS: le azioni",
    description="Una riga per ogni azione di ogni progetto, con la categoria e la spesa. La compila la ATS.",
    columns={
        "progetto": text("Codice del progetto nel piano"),
        "azione": text("Che cosa si fa"),
        "categoria": text(
            "Lettera della macrocategoria delle linee guida (a, b, c…), oppure «tempi» per la l.r. 28/2004",
            pattern="[a-e]|tempi",
        ),
        "contributo": number("Contributo destinato all'azione, in euro", minimum=0, required=False),
        "spesa": text("Tipo di spesa", values=SPENDING_KINDS),
    },
    keys=("progetto", "azione"),
)
