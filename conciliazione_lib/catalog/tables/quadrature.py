"""What documents declare, to be checked: sums with their parts, percentages with their terms, figures to remake."""

import pandas as pd

from conciliazione_lib.catalog.spec import Rule, TableSpec, integer, number, source_columns, text
from conciliazione_lib.errors import Problem

SOMME_DICHIARATE = TableSpec(
    name="somme_dichiarate",
    title="Somme dichiarate nei documenti",
    description=(
        "Una riga per ogni parte e per ogni totale che un documento dichiara. Serve alle quadrature: ci sono solo le "
        "somme che non si trovano già in un'altra tabella."
    ),
    columns={
        "gruppo": text("Identificativo della somma", pattern=r"[a-z0-9-]+"),
        "titolo": text("Che cosa deve quadrare, in italiano"),
        "ruolo": text("Parte, totale, o altro importo dichiarato con essi", values=("parte", "totale", "altro")),
        "voce": text("Nome della parte o del totale"),
        "valore": number("Valore stampato"),
        "sezione": text("Sezione del documento"),
        **source_columns(),
    },
    keys=("gruppo", "voce"),
)

#: How a printed number is softened (see ``quality.intervals``).
PRECISIONS = ("esatta", "oltre", "poco più", "quasi", "poco meno", "circa")

RAPPORTI_DICHIARATI = TableSpec(
    name="rapporti_dichiarati",
    title="Percentuali dichiarate con i loro termini",
    description=(
        "Una riga per ogni percentuale che un documento dichiara insieme ai due numeri da cui viene. Serve alle "
        "quadrature: ci sono solo le percentuali che non si trovano già in un'altra tabella."
    ),
    columns={
        "rapporto": text("Identificativo", pattern=r"[a-z0-9-]+"),
        "titolo": text("Che cosa deve quadrare, in italiano"),
        "parte_nome": text("Che cosa conta il numeratore"),
        "parte": number("Numeratore stampato"),
        "parte_precisione": text("Come è dichiarato il numeratore", values=PRECISIONS),
        "intero_nome": text("Che cosa conta il denominatore"),
        "intero": number("Denominatore stampato, o differenza di due numeri stampati", minimum=1),
        "intero_precisione": text("Come è dichiarato il denominatore", values=PRECISIONS),
        "quota": number("Percentuale stampata"),
        "decimali": integer("Decimali con cui è stampata", minimum=0),
        "spiegazione": text("Che cosa c'è da sapere del confronto", required=False),
        "sezione": text("Sezione del documento", required=False),
        **source_columns(),
    },
    keys=("rapporto",),
)


def _unexplained(frame: pd.DataFrame) -> list[Problem]:
    """Find the differences with a reason and no explanation, or the other way round."""
    outside = frame[(frame["motivo"] == "nessuno") != frame["spiegazione"].isna()]
    return [
        Problem("una spiegazione quando c'è un motivo, e solo allora", f"voce {entry}", colonna="spiegazione")
        for entry in outside["voce"]
    ]


DOCUMENTO_2020 = TableSpec(
    name="documento_2020",
    title="Cifre del documento territoriale di ATS Milano 2020–2023",
    description=(
        "Una riga per cifra del documento che i dati distribuiti permettono di rifare, con il motivo per cui la nostra "
        "può essere diversa. La cifra nostra la calcola la stanza «quality»."
    ),
    columns={
        "voce": text("Identificativo della cifra", pattern=r"[a-z0-9_]+"),
        "descrizione": text("Che cosa dice la cifra, in italiano"),
        "livello": text("Livello del territorio", values=("italia", "regione", "ats")),
        "territorio": text("Codice del territorio"),
        "anno": integer("Anno cui il documento riferisce la cifra", minimum=2000),
        "valore": number("Valore stampato"),
        "unita": text("Unità di misura"),
        "decimali": integer("Decimali con cui è stampata", minimum=0),
        "precisione": text(
            "Come il documento dichiara il valore; «calcolata» da due cifre stampate",
            values=("esatta", "oltre", "calcolata"),
        ),
        "sezione": text("Sezione del documento"),
        "motivo": text(
            "Perché la nostra cifra è diversa", values=("nessuno", "data", "geografia", "definizione", "errore")
        ),
        "spiegazione": text("La differenza spiegata a chi legge; vuota quando non ce n'è", required=False),
        **source_columns(),
    },
    keys=("voce",),
    rules=(
        Rule(
            "motivo_spiegato",
            "Ogni differenza ha la sua spiegazione.",
            check=_unexplained,
        ),
    ),
)
