"""Sums that documents declare, to be checked against their parts."""

from conciliazione_lib.catalog.spec import TableSpec, number, source_columns, text

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
