"""Figures as others published them: to be quoted with their source, and to check ours."""

from conciliazione_lib.catalog.spec import TableSpec, integer, number, reading_column, source_columns, text

LEVELS = ("comune", "ambito", "provincia", "ats", "regione", "ripartizione", "italia", "altro")

FIGURE_PUBBLICATE = TableSpec(
    name="figure_pubblicate",
    title="Cifre pubblicate per Italia, regione, province, ATS e comuni",
    description=(
        "Una riga per ogni cifra pubblicata da ISTAT, Ispettorato nazionale del lavoro, Regione o altri: "
        "indicatore, territorio, anno, sesso, valore e fonte. Le cifre si citano come sono; dove una cifra "
        "manca nella fonte la riga non c'è. Le cifre «al 1 gennaio» hanno l'anno di quel giorno; quelle senza "
        "questa nota sono dell'intero anno, o del 31 dicembre quando sono consistenze."
    ),
    columns={
        "indicatore": text("Identificativo dell'indicatore", pattern=r"[a-z0-9_]+"),
        "livello": text("Livello del territorio", values=LEVELS),
        "territorio": text("Codice del territorio nel suo livello"),
        "denominazione": text("Nome del territorio nella fonte"),
        "anno": integer("Anno della cifra", minimum=2000, maximum=2030),
        "sesso": text("M, F, oppure T per il totale e dove il sesso non si applica", values=("M", "F", "T")),
        "valore": number("Valore, nella scala pubblicata"),
        "unita": text("Unità di misura"),
        "definizione": text("Definizione breve, come nella fonte"),
        "stato": text("Stato dichiarato dalla fonte", values=("provvisorio", "stimato"), required=False),
        **source_columns(),
        **reading_column(),
    },
    keys=("indicatore", "livello", "territorio", "anno", "sesso"),
)
