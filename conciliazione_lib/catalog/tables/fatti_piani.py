"""What is known of the plans of conciliation of every ATS, from the pages that speak of them."""

from __future__ import annotations

import pandas as pd

from conciliazione_lib.catalog.spec import Rule, TableSpec, number, source_columns, text, yes_no
from conciliazione_lib.errors import Problem

SECTIONS = ("avvisi", "bisogni_espressi", "esiti", "progetti", "risorse", "tempi")
PRECISIONS = ("esatta", "circa", "quasi", "oltre", "almeno", "al massimo")


def _reason_to_withhold(frame: pd.DataFrame) -> list[Problem]:
    wrong = frame[(frame["pubblicabile"] == "no") != frame["motivo"].notna()]
    return [
        Problem("un motivo se e solo se il fatto non è pubblicabile", f"«{row.pubblicabile}»", riga=row.Index)  # type: ignore[arg-type]
        for row in wrong.itertuples()
    ]


def _one_value(frame: pd.DataFrame) -> list[Problem]:
    wrong = frame[frame["valore"].notna() & frame["valore_testo"].notna()]
    return [
        Problem("un numero o un testo, non entrambi", f"{row.valore} e «{row.valore_testo}»", riga=row.Index)  # type: ignore[arg-type]
        for row in wrong.itertuples()
    ]


FATTI_PIANI = TableSpec(
    name="fatti_piani",
    title="Fatti sui piani di conciliazione: progetti, risorse, esiti, avvisi, bisogni espressi",
    description=(
        "Una riga per fatto, con indirizzo e grado. Quasi tutto viene da estratti di pagine: un fatto con "
        "«pubblicabile» no non si pubblica senza averlo controllato, e il motivo dice perché. Le cifre di fatti "
        "diversi non si sommano. Non ripete ciò che è nella tabella «riparti»."
    ),
    columns={
        "fatto_id": text("Identificativo: sezione e progressivo", pattern=r"[a-z_]+-\d{2}"),
        "sezione": text("Di che cosa parla", values=SECTIONS),
        "livello": text("Livello del territorio", values=("regione", "ats")),
        "territorio": text("Codice del territorio"),
        "periodo": text("Periodo, come la fonte lo dice"),
        "soggetto": text("A chi o a che cosa si riferisce"),
        "valore": number("Valore", minimum=0, required=False),
        "valore_testo": text("Data o intervallo, quando il valore non è un numero", required=False),
        "unita": text("Unità di misura", required=False),
        "precisione": text("Come la fonte dà la cifra", values=PRECISIONS, required=False),
        "fatto": text("Il fatto, in parole nostre"),
        "pubblicabile": yes_no("Se si può pubblicare senza altri controlli"),
        "motivo": text("Perché non si può", required=False),
        "data_fonte": text("Data della fonte, come si conosce", pattern=r"\d{4}(-\d{2}){0,2}", required=False),
        "lettura": text("Quanto della pagina è stato letto", values=("estratto", "pare intera")),
        **source_columns(),
    },
    keys=("fatto_id",),
    rules=(
        Rule("motivo", "Un fatto che non si pubblica dice perché.", _reason_to_withhold),
        Rule("un_valore", "Il valore è un numero o un testo.", _one_value),
    ),
)
