"""Balances, foreigners and families that ISTAT publishes by territory, beside those that an analyst may bring in."""

from __future__ import annotations

import pandas as pd

from conciliazione_lib.catalog.spec import Column, Rule, TableSpec, cod_comune, integer, status_column, text
from conciliazione_lib.errors import Problem


def _count(description: str, *, required: bool = True) -> Column:
    return integer(description, minimum=0, required=required)


def _accounts(frame: pd.DataFrame) -> list[Problem]:
    """Return the rows where what enters and leaves does not lead from the first residents to the last."""
    computed = (
        frame["residenti_inizio"]
        + frame["nati"]
        - frame["morti"]
        + frame["iscritti_altri_comuni"]
        - frame["cancellati_altri_comuni"]
        + frame["iscritti_estero"]
        - frame["cancellati_estero"]
        + frame["variazioni_territoriali"]
    )
    counted = (frame["residenti_calcolati"] + frame["aggiustamento_statistico"]).fillna(frame["residenti_censiti"])
    return [
        *_unequal(computed, frame["residenti_calcolati"], "residenti_calcolati"),
        *_unequal(counted.dropna(), frame["residenti_censiti"].dropna(), "residenti_censiti"),
    ]


def _accounts_of_foreigners(frame: pd.DataFrame) -> list[Problem]:
    computed = (
        frame["residenti_inizio"]
        + frame["nati"]
        - frame["morti"]
        + frame["saldo_interno"]
        + frame["saldo_estero"]
        - frame["acquisizioni_cittadinanza"]
    )
    return _unequal(computed, frame["residenti_fine"], "residenti_fine")


def _unequal(expected: pd.Series, found: pd.Series, column: str) -> list[Problem]:
    wrong = found[found != expected]
    return [
        Problem(f"{expected.at[label]:.0f}, dalle altre colonne", f"{value:.0f}", riga=label, colonna=column)  # type: ignore[arg-type]
        for label, value in wrong.items()
    ]


BILANCIO_TERRITORI = TableSpec(
    name="bilancio_territori",
    title="Bilancio demografico di Italia, province e comuni bresciani",
    description=(
        "Una riga per territorio e anno: da quanti residenti si parte, nati, morti, iscritti e cancellati, a quanti si "
        "arriva. I residenti calcolati sono quelli dell'anagrafe; i censiti, che aprono l'anno dopo, ne differiscono "
        "per l'aggiustamento statistico del censimento permanente. Province e Italia 2019–2024; i comuni sono solo "
        "quelli della provincia di Brescia. I nati di un anno sono questi, non chi ha meno di un anno."
    ),
    columns={
        "livello": text("Livello del territorio", values=("comune", "provincia", "italia")),
        "territorio": text("Codice del territorio nel suo livello"),
        "anno": integer("Anno del bilancio", minimum=2002, maximum=2100),
        "residenti_inizio": _count("Residenti censiti al 1° gennaio"),
        "nati": _count("Nati vivi nell'anno"),
        "morti": _count("Morti nell'anno"),
        "iscritti_altri_comuni": _count("Iscritti da altri comuni"),
        "cancellati_altri_comuni": _count("Cancellati per altri comuni"),
        "iscritti_estero": _count("Iscritti dall'estero"),
        "cancellati_estero": _count("Cancellati per l'estero"),
        "variazioni_territoriali": integer("Residenti che passano per variazioni territoriali"),
        "residenti_calcolati": _count("Residenti al 31 dicembre secondo il bilancio"),
        "aggiustamento_statistico": integer("Censiti meno calcolati; manca prima del censimento", required=False),
        "residenti_censiti": _count("Residenti censiti al 31 dicembre", required=False),
        **status_column(),
    },
    keys=("livello", "territorio", "anno"),
    rules=(Rule("conti", "Entrate e uscite portano dai residenti iniziali a quelli finali.", _accounts),),
)

STRANIERI_TOTALI = TableSpec(
    name="stranieri_totali",
    title="Residenti stranieri dei comuni, senza età né sesso",
    description=(
        "Una riga per comune e anno: residenti con cittadinanza straniera al 1° gennaio. Dove servono l'età e il sesso "
        "la tabella è «stranieri», che un aggiornamento o un file riempie. I comuni sono quelli in vigore alla "
        "data; nel 2023 la fonte conta già insieme Campospinoso e Albaredo Arnaboldi, fusi in novembre."
    ),
    columns={
        "cod_comune": cod_comune(),
        "anno": integer("Anno, al 1° gennaio", minimum=2000, maximum=2100),
        "residenti": _count("Residenti stranieri"),
    },
    keys=("cod_comune", "anno"),
)

BILANCIO_STRANIERI = TableSpec(
    name="bilancio_stranieri",
    title="Bilancio demografico dei residenti stranieri per comune e sesso",
    description=(
        "Una riga per comune, anno e sesso. Chi acquista la cittadinanza italiana esce dal conto senza partire. I nati "
        "stranieri sono i figli di due genitori stranieri."
    ),
    columns={
        "cod_comune": cod_comune(),
        "anno": integer("Anno del bilancio", minimum=2002, maximum=2100),
        "sesso": text("Sesso", values=("M", "F")),
        "residenti_inizio": _count("Residenti stranieri al 1° gennaio"),
        "nati": _count("Nati vivi nell'anno"),
        "morti": _count("Morti nell'anno"),
        "saldo_interno": integer("Saldo migratorio con gli altri comuni"),
        "saldo_estero": integer("Saldo migratorio con l'estero"),
        "acquisizioni_cittadinanza": _count("Acquisizioni della cittadinanza italiana"),
        "residenti_fine": _count("Residenti stranieri al 31 dicembre"),
    },
    keys=("cod_comune", "anno", "sesso"),
    rules=(Rule("conti", "Entrate e uscite portano dai residenti iniziali a quelli finali.", _accounts_of_foreigners),),
)

FAMIGLIE_COMPONENTI = TableSpec(
    name="famiglie_componenti",
    title="Famiglie per numero di componenti",
    description=(
        "Una riga per comune, anno e numero di componenti, dal censimento permanente, al 31 dicembre. La somma delle "
        "classi è il totale della tabella «famiglie». Solo la provincia di Brescia."
    ),
    columns={
        "cod_comune": cod_comune(),
        "anno": integer("Anno, al 31 dicembre", minimum=2000, maximum=2100),
        "componenti": text("Persone della famiglia", values=("1", "2", "3", "4", "5", "6+")),
        "famiglie": _count("Famiglie residenti"),
    },
    keys=("cod_comune", "anno", "componenti"),
)
