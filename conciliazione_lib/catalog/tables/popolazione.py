"""Resident population, by age and sex."""

from types import MappingProxyType

from conciliazione_lib.catalog.spec import TableSpec, cod_comune, integer, number, status_column, text
from conciliazione_lib.catalog.tables.territorio import PROVINCE
from conciliazione_lib.region import REGION

_SEX = text("Sesso", values=("M", "F"))
_PROVINCIA = text("Sigla della provincia", values=PROVINCE)

#: Shared by every table of people by single age and sex.
AGE_SEX_RESIDENTI = MappingProxyType(
    {
        "eta": integer("Età in anni compiuti; 100 vale 100 e più", minimum=0, maximum=100),
        "sesso": _SEX,
        "residenti": integer("Residenti al 1° gennaio", minimum=0),
        **status_column(),
    }
)

POPOLAZIONE = TableSpec(
    name="popolazione",
    title=f"Popolazione residente per comune {REGION.di}, età e sesso",
    description=(
        "Una riga per comune, singolo anno di età e sesso, al 1° gennaio. I comuni sono quelli in vigore alla data. "
        "Dove ISTAT non ha dato l'età per comune la versione è una nostra stima, e lo dice: i dati di ISTAT, quando si "
        "aggiornano o si importano, ne prendono il posto."
    ),
    columns={"cod_comune": cod_comune(), **AGE_SEX_RESIDENTI},
    keys=("cod_comune", "eta", "sesso"),
)

POPOLAZIONE_ITALIA = TableSpec(
    name="popolazione_italia",
    title="Popolazione residente in Italia per età e sesso",
    description=(
        "Una riga per singolo anno di età e sesso, al 1° gennaio. Nel 2022 il totale non comprende tre comuni fuori "
        "dalla regione che nella fonte usata non hanno popolazione: per gli indici la differenza è trascurabile."
    ),
    columns=AGE_SEX_RESIDENTI,
    keys=("eta", "sesso"),
)

POPOLAZIONE_DI_CONTROLLO = TableSpec(
    name="popolazione_di_controllo",
    title="Popolazione per comune, età e sesso usata solo nelle verifiche",
    description=(
        "Una riga per comune, singolo anno di età e sesso, al 1° gennaio 2023. Il livello non è quello definitivo: "
        "nessuna cifra ne deriva, serve a misurare gli errori delle stime."
    ),
    columns={"cod_comune": cod_comune(), **AGE_SEX_RESIDENTI},
    keys=("cod_comune", "eta", "sesso"),
)

POPOLAZIONE_PROVINCE = TableSpec(
    name="popolazione_province",
    title=f"Popolazione residente per provincia {REGION.di}, età e sesso",
    description="Una riga per provincia, singolo anno di età e sesso, al 1° gennaio.",
    columns={"provincia": _PROVINCIA, **AGE_SEX_RESIDENTI},
    keys=("provincia", "eta", "sesso"),
)

RESIDENTI_COMUNI = TableSpec(
    name="residenti_comuni",
    title=f"Residenti per comune {REGION.di} e sesso",
    description="Una riga per comune e sesso, al 1° gennaio, senza l'età. I comuni sono quelli in vigore alla data.",
    columns={"cod_comune": cod_comune(), "sesso": _SEX, "residenti": AGE_SEX_RESIDENTI["residenti"]},
    keys=("cod_comune", "sesso"),
)

RESIDENTI_CLASSI = TableSpec(
    name="residenti_classi",
    title=f"Residenti per comune {REGION.di} e grande classe di età",
    description="Una riga per comune e classe (0–14, 15–64, 65 anni e più), al 1° gennaio.",
    columns={
        "cod_comune": cod_comune(),
        "classe": text("Classe di età, in anni compiuti", values=("0-14", "15-64", "65+")),
        "residenti": AGE_SEX_RESIDENTI["residenti"],
    },
    keys=("cod_comune", "classe"),
)

ERRORI_POPOLAZIONE = TableSpec(
    name="errori_popolazione",
    title="Errori della stima della popolazione per età",
    description=(
        "Una riga per fascia di età, livello e dimensione del comune: di quanto la stima si scosta dal vero, senza "
        "segno, nel luogo mediano e in nove luoghi su dieci. La prova dice che cosa era nascosto: «classi-2026» le tre "
        "classi di età al 1° gennaio 2026; «struttura-2025» la struttura per età delle province al 1° gennaio 2025, di "
        "cui la stima invece si serve; «nascosti-2022» i bambini al 1° gennaio 2022; «anno-2023» un anno solo, con gli "
        "errori moltiplicati per quanto quelli della classe di età crescono in quattro anni."
    ),
    columns={
        "fascia": text("Fascia di età, con l'identificativo del suo indicatore"),
        "livello": text("Livello", values=("comune", "ambito", "ats", "provincia", "regione")),
        "da_residenti": integer("Residenti da cui comincia la classe dei comuni; 0 agli altri livelli", minimum=0),
        "prova": text("Prova", values=("classi-2026", "struttura-2025", "nascosti-2022", "anno-2023")),
        "territori": integer("Luoghi della prova", minimum=1),
        "errore_mediano": number("Errore nel luogo mediano, in per cento", minimum=0),
        "errore_nono_decile": number("Errore che nove luoghi su dieci non superano, in per cento", minimum=0),
    },
    keys=("fascia", "livello", "da_residenti"),
)
