"""Work and care: employment, pay, part time, parents' resignations, mothers' employment, care burdens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import Any

import pandas as pd

from conciliazione_lib.catalog.spec import (
    Rule,
    TableSpec,
    cod_comune,
    integer,
    number,
    reading_column,
    source_columns,
    status_column,
    text,
)
from conciliazione_lib.errors import Problem

LEVELS = ("comune", "ambito", "distretto", "ats", "provincia", "regione", "ripartizione", "italia")
SEXES = ("M", "F", "T")
PERIODS = ("anno", "S1", "S2", "T1", "T2", "T3", "T4")
SERIES = ("rfl_pre2021", "rfl_ricostruita", "rfl_2021", "censimento")
PRECISIONS = ("esatta", "circa", "quasi", "oltre", "poco meno", "poco più")
#: A class of completed years, or open above, or what some sources leave unsaid.
ETA = r"\d{1,2}-\d{2}|\d{2}\+|non indicata"

#: Published with one decimal: a total may seem to leave its range by half a unit of the last digit.
_ROUNDING = 0.05
#: Women are about half of the people of working age (per 100): outside, a total is not that of its two sexes.
_POPULATION_SHARE = (42.0, 58.0)
#: Women among the employees of a territory, per 100.
_EMPLOYEE_SHARE = (30.0, 60.0)
#: Below this distance between the sexes (points, euro), rounding alone can give any share.
_RATE_DISTANCE = 5.0
_EURO_DISTANCE = 500.0

#: How ISTAT's own tables and analysts' sheets write them.
_COLUMNS = MappingProxyType(
    {
        "sesso": ("genere",),
        "eta": ("età", "classe di età", "classe_eta"),
        "valore": ("tasso", "osservazione", "value", "obs_value"),
        "anno": ("tempo", "time", "time_period", "periodo_di_riferimento"),
        "territorio": ("codice_territorio", "ref_area"),
    }
)
_VALUES = MappingProxyType(
    {
        "sesso": {
            "maschi": "M",
            "uomini": "M",
            "femmine": "F",
            "donne": "F",
            "totale": "T",
            "maschi e femmine": "T",
        }
    }
)

Keys = Sequence[str]
Check = Callable[[pd.DataFrame], list[Problem]]


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows as dictionaries, with the label of the row under ``riga``."""
    return [{**{str(k): v for k, v in row.items()}, "riga": label} for label, row in frame.to_dict("index").items()]


def _sexes(frame: pd.DataFrame, keys: Keys, value: str) -> pd.DataFrame:
    """Return the rows of the totals that have both parts beside them, in the columns F, M, T."""
    # Repeated keys are told by the catalog: they cannot be set side by side.
    frame = frame.drop_duplicates([*keys, "sesso"], keep=False)
    wide = frame.pivot(index=list(keys), columns="sesso", values=value).reindex(columns=["F", "M", "T"])
    totals = frame.loc[frame["sesso"] == "T", list(keys)]
    return totals.join(wide.astype("float64").dropna(), on=list(keys), how="inner")


def _describe(row: dict[str, Any], keys: Keys) -> str:
    return ", ".join(f"{key} {row[key]}" for key in keys)


def _total_between(keys: Keys, value: str = "valore") -> Check:
    def check(frame: pd.DataFrame) -> list[Problem]:
        wide = _sexes(frame, keys, value)
        low, high = wide[["F", "M"]].min(axis=1), wide[["F", "M"]].max(axis=1)
        bad = wide[(wide["T"] < low - _ROUNDING) | (wide["T"] > high + _ROUNDING)]
        return [
            Problem(
                f"un totale compreso tra donne ({row['F']:g}) e uomini ({row['M']:g})",
                f"{row['T']:g} ({_describe(row, keys)})",
                riga=row["riga"],
                colonna=value,
                rimedio="Controllare se le righe di M, F e T sono scambiate.",
            )
            for row in _rows(bad)
        ]

    return check


def _plausible_share(keys: Keys, bounds: tuple[float, float], distance: float, misura: str | None = None) -> Check:
    def check(frame: pd.DataFrame) -> list[Problem]:
        wide = _sexes(frame if misura is None else frame[frame["misura"] == misura], keys, "valore")
        wide = wide[(wide["M"] - wide["F"]).abs() >= distance]
        share = (wide["M"] - wide["T"]) / (wide["M"] - wide["F"]) * 100
        # A total beyond the two sexes is told by the rule on totals: once is enough.
        bad = wide.assign(quota=share)[share.between(0, 100) & ~share.between(*bounds)]
        return [
            Problem(
                f"un totale in cui le donne pesino tra il {bounds[0]:g} e il {bounds[1]:g} per cento",
                f"{row['T']:g}, che darebbe alle donne il {row['quota']:.0f} per cento ({_describe(row, keys)})",
                riga=row["riga"],
                colonna="valore",
                rimedio="Uno dei tre valori è probabilmente trascritto male.",
            )
            for row in _rows(bad)
        ]

    return check


def _within_100(column: str, exempt: str) -> Check:
    def check(frame: pd.DataFrame) -> list[Problem]:
        bad = frame[(frame[column] != exempt) & (frame["valore"] > 100)]
        return [
            Problem("un valore non superiore a 100", f"{row['valore']:g}", riga=row["riga"], colonna="valore")
            for row in _rows(bad)
        ]

    return check


def _year_read(frame: pd.DataFrame) -> list[Problem]:
    unread = frame[frame["note"].fillna("").str.contains("ANNO NON LETTO", case=False)]
    return [
        Problem(
            "un anno letto nella fonte",
            f"anno {row['anno']}, attribuito («{row['note']}»)",
            riga=row["riga"],
            colonna="anno",
            rimedio="Togliere la riga, o trovare l'anno nella fonte.",
        )
        for row in _rows(unread)
    ]


def _parts_make_the_total(frame: pd.DataFrame) -> list[Problem]:
    wide = _sexes(frame, _TERRITORY_KEYS, "provvedimenti")
    return [
        Problem(
            f"un totale uguale a madri più padri ({row['F'] + row['M']:.0f})",
            f"{row['T']:.0f} ({_describe(row, _TERRITORY_KEYS)})",
            riga=row["riga"],
            colonna="provvedimenti",
        )
        for row in _rows(wide[wide["F"] + wide["M"] != wide["T"]])
    ]


def _parts_within_the_total(frame: pd.DataFrame) -> list[Problem]:
    keys = list(_TERRITORY_KEYS)
    totals = frame[frame["sesso"] == "T"].set_index(keys)["provvedimenti"]
    parts = frame[frame["sesso"] != "T"].join(totals.rename("totale"), on=keys)
    return [
        Problem(
            f"non più del totale ({row['totale']:.0f})",
            str(row["provvedimenti"]),
            riga=row["riga"],
            colonna="provvedimenti",
        )
        for row in _rows(parts[parts["provvedimenti"] > parts["totale"]])
    ]


def _employed_within_residents(frame: pd.DataFrame) -> list[Problem]:
    return [
        Problem(
            f"non più dei residenti ({row['popolazione']})", str(row["occupati"]), riga=row["riga"], colonna="occupati"
        )
        for row in _rows(frame[frame["occupati"] > frame["popolazione"]])
    ]


_EMPLOYMENT_KEYS = ("misura", "livello", "territorio", "anno", "periodo", "eta", "serie")
_TERRITORY_KEYS = ("livello", "territorio", "anno")

YEAR_READ = Rule("anno_letto", "L'anno di ogni cifra è scritto nella fonte, non attribuito.", _year_read)

OCCUPAZIONE = TableSpec(
    name="occupazione",
    title="Occupazione, attività, inattività e disoccupazione per sesso, età e territorio",
    description=(
        "Una riga per misura, territorio, anno, periodo, sesso e classe di età; tassi per cento. La colonna «serie» "
        "separa ciò che non si può concatenare: la rilevazione sulle forze di lavoro fino al 2020 con le regole di "
        "allora (rfl_pre2021), gli anni 2018-2020 ricostruiti da ISTAT con le regole nuove (rfl_ricostruita), la "
        "rilevazione dal 2021, secondo il Regolamento UE 2019/1700 (rfl_2021), il censimento permanente (censimento). "
        "Un valore che la fonte non dà è una riga che non c'è."
    ),
    columns={
        "misura": text(
            "Che cosa si misura",
            values=(
                "tasso_occupazione",
                "tasso_attivita",
                "tasso_inattivita",
                "tasso_disoccupazione",
                "tasso_mancata_partecipazione",
                "quota_neet",
                "quota_donne_occupati",
            ),
        ),
        "livello": text("Livello del territorio", values=LEVELS),
        "territorio": text("Codice del territorio nel suo livello"),
        "anno": integer("Anno", minimum=2000, maximum=2100),
        "periodo": text("Media dell'anno, oppure semestre (S1, S2) o trimestre (T1…T4)", values=PERIODS),
        "sesso": text("M, F, oppure T per il totale", values=SEXES),
        "eta": text("Classe di età in anni compiuti, come 20-64", pattern=ETA),
        "valore": number("Tasso, per cento", minimum=0, maximum=100),
        "serie": text("Serie a cui il valore appartiene", values=SERIES),
        **source_columns(),
        **reading_column(),
        **status_column(),
    },
    keys=(*_EMPLOYMENT_KEYS, "sesso"),
    column_aliases=_COLUMNS,
    value_aliases=_VALUES,
    rules=(
        Rule(
            "totale_fra_i_sessi",
            "Il tasso totale sta fra quello delle donne e quello degli uomini.",
            _total_between(_EMPLOYMENT_KEYS),
        ),
        Rule(
            "peso_delle_donne",
            "Nel tasso di occupazione totale le donne pesano circa la metà.",
            _plausible_share(_EMPLOYMENT_KEYS, _POPULATION_SHARE, _RATE_DISTANCE, misura="tasso_occupazione"),
        ),
        YEAR_READ,
    ),
)

OCCUPATI_COMUNI = TableSpec(
    name="occupati_comuni",
    title="Occupati e residenti per comune, sesso ed età",
    description=(
        "Una riga per comune, anno, sesso e classe di età, dal censimento permanente o da un'altra fonte che conti gli "
        "occupati comune per comune. Non è incorporata: quando viene importata, i divari di ATS e ambiti si misurano "
        "invece di stimarsi dalle province."
    ),
    columns={
        "cod_comune": cod_comune(),
        "anno": integer("Anno", minimum=2000, maximum=2100),
        "sesso": text("M oppure F", values=("M", "F")),
        "eta": text("Classe di età in anni compiuti, come 15+ o 20-64", pattern=ETA),
        "occupati": integer("Occupati", minimum=0),
        "popolazione": integer("Residenti della stessa età", minimum=0),
        **source_columns(),
        **status_column(),
    },
    keys=("cod_comune", "anno", "sesso", "eta"),
    column_aliases=_COLUMNS,
    value_aliases=_VALUES,
    rules=(
        Rule("occupati_fra_i_residenti", "Gli occupati non superano i residenti.", _employed_within_residents),
        YEAR_READ,
    ),
)

RETRIBUZIONI = TableSpec(
    name="retribuzioni",
    title="Retribuzione media annua dei lavoratori dipendenti per sesso",
    description=(
        "Una riga per territorio, anno e sesso; euro all'anno. È la retribuzione di un anno, non di un'ora: "
        "contiene anche le ore e le settimane lavorate. La colonna «copertura» dice a quali province si riferisce "
        "il valore quando non è la sola provincia indicata."
    ),
    columns={
        "livello": text("Livello del territorio", values=LEVELS),
        "territorio": text("Codice del territorio nel suo livello"),
        "anno": integer("Anno", minimum=2000, maximum=2100),
        "sesso": text("M, F, oppure T per il totale", values=SEXES),
        "valore": number("Retribuzione media annua, in euro", minimum=1_000, maximum=200_000),
        "copertura": text("Province comprese, come MI+MB; vuota sopra la provincia", required=False),
        **source_columns(),
        **reading_column(),
    },
    keys=("livello", "territorio", "anno", "sesso"),
    column_aliases=_COLUMNS,
    value_aliases=_VALUES,
    rules=(
        Rule(
            "totale_fra_i_sessi",
            "La retribuzione totale sta fra quella delle donne e quella degli uomini.",
            _total_between(_TERRITORY_KEYS),
        ),
        Rule(
            "peso_delle_donne",
            "Nella retribuzione totale le donne pesano tra il 30 e il 60 per cento dei dipendenti.",
            _plausible_share(_TERRITORY_KEYS, _EMPLOYEE_SHARE, _EURO_DISTANCE),
        ),
        YEAR_READ,
    ),
)

PART_TIME = TableSpec(
    name="part_time",
    title="Lavoro a tempo parziale per sesso",
    description=(
        "Una riga per misura, territorio, anno, sesso ed età; per cento. «quota_part_time» è la parte degli occupati "
        "di quel sesso che lavora a tempo parziale; «quota_part_time_involontario» la parte che lo fa perché non ha "
        "trovato un lavoro a tempo pieno; «quota_donne_tra_part_time» la parte di donne fra chi lavora a tempo "
        "parziale."
    ),
    columns={
        "misura": text(
            "Che cosa si misura",
            values=("quota_part_time", "quota_part_time_involontario", "quota_donne_tra_part_time"),
        ),
        "livello": text("Livello del territorio", values=LEVELS),
        "territorio": text("Codice del territorio nel suo livello"),
        "anno": integer("Anno", minimum=2000, maximum=2100),
        "sesso": text("M, F, oppure T per il totale", values=SEXES),
        "eta": text("Classe di età in anni compiuti", pattern=ETA),
        "valore": number("Per cento", minimum=0, maximum=100),
        **source_columns(),
    },
    keys=("misura", "livello", "territorio", "anno", "sesso", "eta"),
    column_aliases=_COLUMNS,
    value_aliases=_VALUES,
    rules=(
        Rule(
            "totale_fra_i_sessi",
            "La quota totale sta fra quella delle donne e quella degli uomini.",
            _total_between(("misura", "livello", "territorio", "anno", "eta")),
        ),
        YEAR_READ,
    ),
)

DIMISSIONI_GENITORI = TableSpec(
    name="dimissioni_genitori",
    title="Convalide di dimissioni di madri e padri",
    description=(
        "Provvedimenti con cui l'Ispettorato del lavoro convalida dimissioni e risoluzioni consensuali di genitori nei "
        "primi tre anni di vita del bambino (art. 55 del D.Lgs. 151/2001). Una riga per territorio, anno e sesso."
    ),
    columns={
        "livello": text("Livello del territorio", values=LEVELS),
        "territorio": text("Codice del territorio nel suo livello"),
        "anno": integer("Anno", minimum=2000, maximum=2100),
        "sesso": text("F madri, M padri, T totale", values=SEXES),
        "provvedimenti": integer("Convalide nell'anno", minimum=0),
        **source_columns(),
    },
    keys=("livello", "territorio", "anno", "sesso"),
    column_aliases=_COLUMNS,
    value_aliases=_VALUES,
    rules=(
        Rule("madri_e_padri", "Madri più padri fanno il totale, dove ci sono tutti e tre.", _parts_make_the_total),
        Rule("parte_nel_totale", "Madri o padri non superano il totale.", _parts_within_the_total),
        YEAR_READ,
    ),
)

MADRI_OCCUPAZIONE = TableSpec(
    name="madri_occupazione",
    title="Occupazione e inattività di madri e padri, per età del figlio più piccolo e titolo di studio",
    description=(
        "Una riga per misura, territorio, anno e gruppo di persone. «divario_senza_figli» è in punti percentuali, "
        "«rapporto_occupazione_madri» è il tasso delle madri per cento di quello delle donne senza figli, il resto è "
        "per cento. «precisione» dice se la fonte dà la cifra esatta o arrotondata a parole."
    ),
    columns={
        "misura": text(
            "Che cosa si misura",
            values=("tasso_occupazione", "tasso_inattivita", "divario_senza_figli", "rapporto_occupazione_madri"),
        ),
        "livello": text("Livello del territorio", values=LEVELS),
        "territorio": text("Codice del territorio nel suo livello"),
        "anno": integer("Anno", minimum=2000, maximum=2100),
        "sesso": text("F donne, M uomini", values=("F", "M")),
        "eta": text("Classe di età in anni compiuti", pattern=ETA),
        "condizione": text("Con figli o senza figli coabitanti", values=("con figli", "senza figli")),
        "eta_figlio": text(
            "Età del figlio più piccolo, vuota per chi non ne ha", pattern=r"\d-\d{1,2}", required=False
        ),
        "titolo_studio": text("Titolo di studio", values=("tutti", "licenza media o meno", "diploma", "laurea o più")),
        "valore": number("Valore", minimum=0, maximum=150),
        "precisione": text("Come la fonte dà la cifra", values=PRECISIONS),
        **source_columns(),
        **reading_column(),
    },
    keys=(
        "misura",
        "livello",
        "territorio",
        "anno",
        "sesso",
        "eta",
        "condizione",
        "eta_figlio",
        "titolo_studio",
    ),
    column_aliases=_COLUMNS,
    value_aliases=_VALUES,
    rules=(
        Rule(
            "tassi_entro_cento",
            "I tassi non superano 100; il rapporto fra madri e donne senza figli può.",
            _within_100("misura", exempt="rapporto_occupazione_madri"),
        ),
        YEAR_READ,
    ),
)

CARICHI_CURA = TableSpec(
    name="carichi_cura",
    title="Carichi di cura e lavoro",
    description=(
        "Quante persone si prendono cura di figli minori di 15 anni o di parenti malati, disabili o anziani, e con "
        "quali conseguenze sul lavoro. Una riga per misura e popolazione di riferimento."
    ),
    columns={
        "misura": text("Che cosa si misura"),
        "popolazione": text("Su chi è calcolata la cifra"),
        "livello": text("Livello del territorio", values=LEVELS),
        "territorio": text("Codice del territorio nel suo livello"),
        "anno": integer("Anno", minimum=2000, maximum=2100),
        "valore": number("Valore", minimum=0),
        "unita": text("Unità di misura", values=("%", "migliaia")),
        "precisione": text("Come la fonte dà la cifra", values=PRECISIONS),
        **source_columns(),
    },
    keys=("misura", "popolazione", "livello", "territorio", "anno", "unita"),
    rules=(
        Rule(
            "quote_entro_cento",
            "Le quote non superano 100.",
            _within_100("unita", exempt="migliaia"),
        ),
        YEAR_READ,
    ),
)
