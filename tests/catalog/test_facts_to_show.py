"""Facts that were embedded and that no page showed: each can be read from a table, with the filter written here."""

import pytest

from conciliazione_lib import catalog

#: Where each fact is: table, filter, the column of its value and what it holds.
FACTS = {
    "births of Italy": (
        "bilancio_territori", "livello == 'italia' and anno in [2023, 2024]", "nati", [379_890, 369_944],
    ),
    "employed people of 15-89 by province": (
        "figure_pubblicate", "indicatore == 'occupati_15_89' and territorio == 'BG'", "valore", [494.647],
    ),
    "nursery places in the north-west": (
        "nidi_regione",
        "territorio == 'nord-ovest' and servizio == 'tutti i servizi educativi' and gestione == 'tutte' "
        "and misura == 'posti_per_100'",
        "valore", [36.6],
    ),
    "nursery places in Lombardia": (
        "nidi_regione",
        "territorio == 'lombardia' and servizio == 'nidi e sezioni primavera' and gestione == 'tutte' "
        "and misura == 'posti_per_100' and anno >= 2022",
        "valore", [34.1, 35.9],
    ),
    "Nidi Gratis, comuni": ("indicatori_servizi", "misura == 'nidi_gratis_comuni'", "valore", [385, 442, 530, 581]),
    "Nidi Gratis, money of 2021": (
        "figure_pubblicate", "indicatore == 'nidi_gratis_risorse' and anno == 2021", "valore", [10_000_000],
    ),
    "macro-areas of the districts": (
        "distretti", "distretto in ['milano', 'lodi']", "area", ["Milano città", "Milano est"],
    ),
    "resignations of parents": (
        "dimissioni_genitori", "anno >= 2023", "provvedimenti", [62_688, 44_118, 18_570, 60_756, 42_237, 18_519],
    ),
    "why they resign": (
        "indicatori_lavoro", "misura == 'dimissioni_motivo' and periodo == '2024'", "valore", [77.5],
    ),
    "mothers at work by education": (
        "madri_occupazione", "misura == 'tasso_occupazione' and titolo_studio != 'tutti'", "valore", [80, 34],
    ),
    "mothers at work by area": (
        "madri_occupazione",
        "misura == 'tasso_occupazione' and livello == 'ripartizione'",
        "valore", [69.4, 65.1, 35.9],
    ),
    "fathers who are not in the labour force": (
        "madri_occupazione", "misura == 'tasso_inattivita' and sesso == 'M'", "valore", [5.3, 9.1],
    ),
    "fathers at work": (
        "indicatori_lavoro",
        "misura == 'tasso_occupazione_figli_minori' and sesso == 'M' and territorio == 'italia'",
        "valore", [91.5, 77.8],
    ),
}  # fmt: skip


@pytest.mark.parametrize("fact", FACTS)
def test_the_fact_can_be_read(fact):
    table, where, column, expected = FACTS[fact]
    assert catalog.read(table).query(where)[column].tolist() == expected
