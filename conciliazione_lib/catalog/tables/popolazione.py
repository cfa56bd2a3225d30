"""Resident population, by age and sex."""

from conciliazione_lib.catalog.spec import TableSpec, cod_comune, integer, status_column, text

#: Shared by every table of people by single age and sex.
ETA_SESSO_RESIDENTI = {
    "eta": integer("Età in anni compiuti; 100 vale 100 e più", minimum=0, maximum=100),
    "sesso": text("Sesso", values=("M", "F")),
    "residenti": integer("Residenti al 1° gennaio", minimum=0),
    **status_column(),
}

POPOLAZIONE = TableSpec(
    name="popolazione",
    title="Popolazione residente per comune della Lombardia, età e sesso",
    description=(
        "Una riga per comune, singolo anno di età e sesso, al 1° gennaio. Il 2022 è la data di riferimento; il 2023 è "
        "provvisorio e va chiesto per data. I comuni sono quelli in vigore alla data."
    ),
    columns={"cod_comune": cod_comune(), **ETA_SESSO_RESIDENTI},
    keys=("cod_comune", "eta", "sesso"),
)

POPOLAZIONE_ITALIA = TableSpec(
    name="popolazione_italia",
    title="Popolazione residente in Italia per età e sesso",
    description=(
        "Una riga per singolo anno di età e sesso, al 1° gennaio. Il totale non comprende tre comuni fuori dalla "
        "Lombardia che nella fonte usata non hanno popolazione: per gli indici la differenza è trascurabile."
    ),
    columns=ETA_SESSO_RESIDENTI,
    keys=("eta", "sesso"),
)
