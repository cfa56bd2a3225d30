"""Comuni, their mergers, and the territories they belong to.

The room ``territory`` reads these same tables, through ``storage``: here they are declared, so that they are
validated, described and published like any other.
"""

import pandas as pd

from conciliazione_lib.catalog.spec import (
    Column,
    Rule,
    TableSpec,
    cod_comune,
    day,
    integer,
    number,
    source_columns,
    text,
    yes_no,
)
from conciliazione_lib.errors import Problem
from conciliazione_lib.region import REGION
from conciliazione_lib.territory.loading import HINTS

ATS = REGION.ats
PROVINCE = tuple(REGION.province)
SLUG = r"[a-z0-9]+(-[a-z0-9]+)*"
#: What a row of «comuni_ambiti» comes from, when it says that a comune belongs to an ambito.
MEMBERSHIPS = ("ambito", "consorzio", "capofila", "registro", "deduzione")


def _ats() -> dict[str, Column]:
    return {"ats": text("ATS, con il suo codice breve", values=ATS)}


def _one_period_at_a_time(frame: pd.DataFrame) -> list[Problem]:
    """Return the rows whose period overlaps the previous one of the same comune."""
    sorted_ = frame.sort_values(["cod_comune", "valido_dal"], na_position="first")
    start = sorted_["valido_dal"].fillna("0000-00-00")
    end_before = sorted_.groupby("cod_comune")["valido_al"].shift().fillna("9999-99-99")
    repeated = sorted_["cod_comune"].duplicated()
    sovrapposte = sorted_.loc[repeated & (start <= end_before), "cod_comune"]
    return [
        Problem("periodi che non si sovrappongono", f"«{code!s}» in due periodi insieme", riga=row)
        for row, code in zip(sovrapposte.index.tolist(), sovrapposte.tolist(), strict=True)
    ]


COMUNI = TableSpec(
    name="comuni",
    title=f"Comuni {REGION.di} con i periodi di validità",
    description=(
        "Una riga per comune e periodo in cui ha avuto lo stesso nome e la stessa estensione, dal 2011. Un inizio "
        "mancante vuol dire «da prima»; una fine mancante, «tuttora»."
    ),
    columns={
        "cod_comune": cod_comune(),
        "nome": text("Denominazione ISTAT"),
        "provincia": text("Sigla della provincia", values=PROVINCE),
        "valido_dal": day("Primo giorno", required=False),
        "valido_al": day("Ultimo giorno", required=False),
        "superficie_kmq": number("Superficie in km², dai confini ISTAT in EPSG:32632", minimum=0, required=False),
    },
    keys=("cod_comune", "valido_dal"),
    rules=(Rule("periodi", "I periodi di un comune non si sovrappongono.", _one_period_at_a_time),),
)

FUSIONI_COMUNI = TableSpec(
    name="fusioni_comuni",
    title=f"Fusioni, incorporazioni e cambi di nome e di provincia dei comuni {REGION.di}",
    description="Una riga per ogni comune che cessa o cambia, con il comune che ne prende il posto per intero.",
    columns={
        "data": day("Primo giorno del nuovo comune"),
        "tipo": text("Tipo", values=("fusione", "incorporazione", "cambio_nome", "cambio_provincia")),
        "cod_prima": cod_comune("Codice ISTAT del comune che cessa o cambia"),
        "nome_prima": text("Nome del comune che cessa o cambia"),
        "provincia_prima": text("Sigla della sua provincia", values=PROVINCE),
        "cod_dopo": cod_comune("Codice ISTAT del comune che ne prende il posto"),
        "nome_dopo": text("Nome del comune che ne prende il posto"),
        **source_columns(),
    },
    keys=("data", "tipo", "nome_prima"),
)

CODICI_PRECEDENTI = TableSpec(
    name="codici_precedenti",
    title="Codici dei comuni prima che fossero province Lecco, Lodi e Monza e della Brianza",
    description=(
        "Una riga per ogni comune che ha cambiato codice ISTAT perché è nata la sua provincia: chi tiene un elenco da "
        "allora scrive ancora il codice di prima."
    ),
    columns={
        "cod_prima": cod_comune("Codice ISTAT di prima"),
        "nome": text("Nome del comune"),
        "provincia_prima": text("Sigla della provincia di prima", values=PROVINCE),
        "cod_dopo": cod_comune("Codice ISTAT nella nuova provincia"),
        "valido_dal": day("Primo giorno del nuovo codice"),
        **source_columns(),
    },
    keys=("cod_prima",),
)

CONFINI = TableSpec(
    name="confini",
    title=f"Confini dei comuni {REGION.di}",
    description=(
        "Una forma per comune, in EPSG:32632. La forma senza inizio vale al 1° gennaio 2022; quelle con una data "
        "valgono da quel giorno e sono l'unione dei comuni fusi."
    ),
    columns={
        "cod_comune": cod_comune(),
        "valido_dal": day("Primo giorno in cui vale la forma", required=False),
    },
    keys=("cod_comune", "valido_dal"),
    geometric=True,
)

ALTITUDINE_COMUNI = TableSpec(
    name="altitudine_comuni",
    title=f"Altitudine del centro dei comuni {REGION.di}",
    description="Una riga per comune. È l'altitudine del centro: non è la zona altimetrica né la montanità legale.",
    columns={
        "cod_comune": cod_comune(),
        "altitudine_m": integer("Altitudine del centro, in metri", minimum=0, maximum=2500),
    },
    keys=("cod_comune",),
)

AGENZIE = TableSpec(
    name="ats",
    title=f"Agenzie di tutela della salute {REGION.di}",
    description="Una riga per ATS, con il codice ministeriale e le province i cui comuni ne fanno parte.",
    columns={
        **_ats(),
        "codice": text("Codice del Ministero della Salute", pattern=r"\d{3}"),
        "nome": text("Denominazione"),
        "nome_breve": text("Nome breve"),
        "province": text("Sigle delle province, separate da uno spazio"),
        **source_columns(),
    },
    keys=("ats",),
)

COMUNI_ATS = TableSpec(
    name="comuni_ats",
    title="Comuni la cui ATS non è quella della provincia",
    description="Una riga per comune e periodo. Per tutti gli altri comuni vale l'ATS della provincia (tabella ats).",
    columns={
        "cod_comune": cod_comune(),
        **_ats(),
        "area": text("Area"),
        "valido_dal": day("Primo giorno", required=False),
        "valido_al": day("Ultimo giorno", required=False),
        **source_columns(),
    },
    keys=("cod_comune", "valido_dal"),
    rules=(Rule("periodi", "I periodi di un comune non si sovrappongono.", _one_period_at_a_time),),
)

ASL = TableSpec(
    name="asl",
    title=f"Aziende sanitarie locali {REGION.di} fino al 2015",
    description="Una riga per ASL, con la provincia e l'ATS che dal 2016 ne ha la maggior parte del territorio.",
    columns={
        "asl": text("ASL, con il suo codice breve", pattern=SLUG),
        "nome": text("Denominazione"),
        **_ats(),
        "provincia": text("Sigla della provincia", values=PROVINCE),
        **source_columns(),
    },
    keys=("asl",),
)

COMUNI_ASL = TableSpec(
    name="comuni_asl",
    title="Comuni la cui ASL non era quella della provincia, o in provincia di Milano",
    description="Una riga per comune, ai codici del 1° gennaio 2022. Per tutti gli altri vale la ASL della provincia.",
    columns={"cod_comune": cod_comune(), "asl": text("ASL", pattern=SLUG), **source_columns()},
    keys=("cod_comune",),
)

COMUNI_ASST = TableSpec(
    name="comuni_asst",
    title=f"Comuni {REGION.di} e ASST di appartenenza",
    description=(
        "Una riga per ogni comune in cui i registri regionali delle unità d'offerta hanno un servizio, con la ASST che "
        "vi è scritta e il giorno del registro. Non è incorporata: si riempie con «dati aggiorna»."
    ),
    columns={
        "cod_comune": cod_comune(),
        "cod_asst": text("Codice regionale della ASST", pattern=r"\d{6}"),
        "asst": text("Nome della ASST nel registro", required=False),
        "data": day("Giorno del registro"),
        **source_columns(),
    },
    keys=("cod_comune",),
)

DISTRETTI = TableSpec(
    name="distretti",
    title="Distretti dell'ATS della Città Metropolitana di Milano",
    description="Una riga per distretto del Documento territoriale di indirizzo 2020-2023.",
    columns={
        "distretto": text("Distretto, con il suo codice breve", pattern=SLUG),
        "nome": text("Denominazione"),
        **_ats(),
        "area": text("Macro-area dell'ATS"),
        **source_columns(),
    },
    keys=("distretto",),
)

AMBITI = TableSpec(
    name="ambiti",
    title=f"Ambiti territoriali (Piani di zona) {REGION.di}",
    description=(
        "Una riga per ambito. Quanti dei suoi comuni si conoscono, e se sono tutti, non è scritto qui: si ricava a "
        "ogni data dalle appartenenze, dai comuni dichiarati e dall'interezza dell'elenco letto."
    ),
    columns={
        "ambito": text("Ambito, con il suo codice breve", pattern=SLUG),
        "nome": text("Nome dell'ambito"),
        **_ats(),
        "distretto": text("Distretto di cui l'ambito fa parte, dove accertato", pattern=SLUG, required=False),
        "capofila": text("Ente capofila o gestore", required=False),
        "comuni_dichiarati": integer("Comuni dichiarati dalla fonte", minimum=1, required=False),
        "dichiarati_al": day("Giorno a cui si riferiscono i comuni dichiarati: le fusioni li riducono", required=False),
        "elenco": text(
            "L'elenco dei comuni letto nella fonte: intero, oppure interrotto; vuoto se non ne è stato letto uno",
            values=("intero", "interrotto"),
            required=False,
        ),
        "popolazione_dichiarata": integer("Popolazione dichiarata dalla fonte", minimum=0, required=False),
        "anno_popolazione": integer("Anno della popolazione dichiarata", required=False),
        "attestato": text("Documenti e anni in cui l'ambito è attestato"),
        "attestato_dal_2021": yes_no("Se l'ambito è attestato nel 2021 o dopo"),
        "valido_dal": day("Primo giorno in cui l'ambito è attestato, se è nato da altri", required=False),
        "valido_al": day("Ultimo giorno, se altri ne hanno preso il posto", required=False),
        **source_columns(),
    },
    keys=("ambito",),
)

COMUNI_AMBITI = TableSpec(
    name="comuni_ambiti",
    title=f"Comuni {REGION.di} e ambito territoriale di appartenenza",
    description=(
        "Una riga per comune e periodo, ai codici del 1° gennaio 2022 o di un comune nato dopo. Le righe dedotte hanno "
        "grado «stima»; quelle lette nell'elenco di un distretto o di un'area sono un indizio, non un'appartenenza. I "
        "comuni senza riga non hanno un ambito accertato. Un inizio mancante vuol dire «da prima»; una fine, «tuttora»."
    ),
    columns={
        "cod_comune": cod_comune(),
        "ambito": text("Ambito", pattern=SLUG),
        "valido_dal": day("Primo giorno", required=False),
        "valido_al": day("Ultimo giorno", required=False),
        "periodo": text("Periodo a cui si riferisce la fonte"),
        "tipo_elenco": text(
            "Da che cosa viene: l'elenco di un ambito o di chi lo gestisce (consorzio, capofila), il registro "
            "regionale, una deduzione; oppure, ed è solo un indizio, l'elenco di un distretto o di un'area",
            values=(*MEMBERSHIPS, *HINTS),
        ),
        **source_columns(),
    },
    keys=("cod_comune", "valido_dal"),
    rules=(Rule("periodi", "I periodi di un comune non si sovrappongono.", _one_period_at_a_time),),
    column_aliases={
        "cod_comune": ("comune", "codice istat", "cod istat", "codice comune"),
        "ambito": ("ambito territoriale", "ambito territoriale sociale", "nome ambito"),
        "periodo": ("piano di zona", "anno"),
        "tipo_elenco": ("elenco di", "tipo di elenco"),
    },
)

SOMME_AMBITI = TableSpec(
    name="somme_ambiti",
    title="Quanti comuni hanno insieme alcuni ambiti",
    description=(
        "Una riga per ogni conto che una fonte permette: gli ambiti, e i comuni che hanno in tutto a un giorno. Prova "
        "le appartenenze: dove gli ambiti di una somma sono tutti completi, i loro comuni sono quelli."
    ),
    columns={
        "somma": text("Nome del conto", pattern=SLUG),
        "ambiti": text("Codici brevi degli ambiti, separati da uno spazio", pattern=rf"{SLUG}( {SLUG})*"),
        "comuni": integer("Comuni che hanno insieme", minimum=1),
        "al": day("Giorno a cui si riferisce; senza, vale per ogni data", required=False),
        **source_columns(),
    },
    keys=("somma",),
)
