"""What a card says is enough to check the number by hand."""

from __future__ import annotations

import pytest

from conciliazione_lib import evidence
from conciliazione_lib.evidence import Place, cards

INSUBRIA = Place("ats", "insubria", "Insubria")


@pytest.fixture
def cards_of(f, ledger):
    evidence.render(
        "{{ f.indice_vecchiaia }} {{ confronto(f.indice_vecchiaia, 'lombardia') }}, {{ f.residenti_0_14 }}, "
        "{{ differenza(f.indice_vecchiaia, 'lombardia') }}",
        ledger,
        f=f,
    )
    return {card.figure.id: card for group in cards.cards(ledger).values() for card in group}


def test_the_formula_carries_its_actual_numbers(cards_of):
    card = cards_of["indice_vecchiaia.insubria.2022-01-01"]
    assert card.title == "Indice di vecchiaia – ATS dell'Insubria"
    assert card.formula == "100 × [Residenti di 65 anni e più] / [Residenti di 0–14 anni]"
    assert card.substituted == "100 × 225 / 110 = 204,5"


def test_comparators_claims_and_sources(cards_of):
    card = cards_of["indice_vecchiaia.insubria.2022-01-01"]
    assert [c.territory.codice for c in card.comparators] == ["lombardia"]
    assert {c.kind for c in card.claims} == {"confronto", "differenza"}
    (source,) = card.sources
    assert source.input.fonte == "ISTAT"
    assert source.columns == ("territorio", "eta", "residenti")
    assert source.first == (("insubria", 5, 110), ("insubria", 40, 640), ("insubria", 70, 225))
    assert source.csv_name.startswith("popolazione-")


def test_a_difference_shows_the_two_numbers(cards_of):
    card = cards_of["differenza.insubria.2022-01-01.da-lombardia.di-indice_vecchiaia"]
    assert card.substituted == "| 204,5 − 157,4 | = 47,1 punti"


def test_a_count_has_no_formula(cards_of):
    card = cards_of["residenti_0_14.insubria.2022-01-01"]
    assert (card.formula, card.substituted, card.uncertainty) == ("", "", "")


def test_the_interval_is_said_with_its_method(the_figure, ledger):
    ledger.add(the_figure(30, lower=25, upper=35, confidence=0.95))
    (card,) = cards.cards(ledger)["indice_vecchiaia"]
    assert card.uncertainty == "tra il 25,0% e il 35,0%, confidenza 95%"


def test_addresses_are_stable_and_group_an_indicator(the_figure):
    assert cards.page(the_figure(1)) == "indice_vecchiaia.html#insubria.2022"
    assert cards.page("indice_vecchiaia.lombardia.2022") == "indice_vecchiaia.html#lombardia.2022"
    assert cards.page("indice_vecchiaia.ambito-pavia.2022") == "indice_vecchiaia-territori.html#ambito-pavia.2022"
    assert cards.page("a.comune-015146.2022.sesso-F") == "a-comuni.html#comune-015146.2022.sesso-F"


@pytest.mark.parametrize(
    "id", ["indice_vecchiaia.insubria.2022", "a.comune-015146.2022.sesso-F", "b.ambito-x.2018/2022"]
)
def test_an_address_says_its_figure(id: str) -> None:
    address = cards.page(id)
    assert cards.figure_at(f"../../cifre/{address}") == id
    page, _, anchor = address.partition("#")
    assert cards.figure_at(f"#{anchor}", f"sito/cifre/{page}") == id
    assert cards.figure_at("../metodi.html") == ""


def test_the_appendix_lists_every_figure_once(cards_of, ledger):
    rows = cards.appendix(ledger)
    assert {row[0] for row in rows} == set(ledger.figures)
    assert (
        "indice_vecchiaia.lombardia.2022-01-01",
        "Indice di vecchiaia",
        "Lombardia",
        "1° gennaio 2022",
        "157,4",
    ) in rows
