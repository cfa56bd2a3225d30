"""A mutated number, cell or word is found, and pointed at."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from conciliazione_lib import evidence
from conciliazione_lib.evidence import Ledger, verify
from conciliazione_lib.evidence.verify import Passage, Shown

ID = "indice_vecchiaia.insubria.2022-01-01"


@pytest.fixture
def book(f, ledger) -> Ledger:
    evidence.render("{{ f.indice_vecchiaia }} {{ confronto(f.indice_vecchiaia, 'lombardia') }}", ledger, f=f)
    return ledger


def the_shown(testo: str = "204,5", *, kind: str = "cifra", id: str = ID, value: str | None = None) -> Shown:
    return Shown("insubria/demografia.html, riga 12", kind, id, testo, value)


def test_a_true_edition_has_no_findings(book):
    claim = next(iter(book.claims.values()))
    value = repr(book[ID].value)
    shown = [
        the_shown(),
        the_shown(value=value, kind="cella"),
        the_shown(" 204,5\xa0"),
        the_shown("Sopra la media regionale", kind="affermazione", id=claim.id),
    ]
    cards = {key: figure.text for key, figure in book.figures.items()}
    assert verify.check_shown(book, shown, cards) == []
    assert verify.check_cards(book, cards) == []
    assert verify.check_ledger(book, texts=cards) == []
    assert verify.check_passages([Passage("p", "Al 1° gennaio 2022, secondo l'art. 3.")]) == []


@pytest.mark.parametrize(
    ("thing", "regola", "expected"),
    [
        (the_shown("204,6"), "cifra", "atteso «204,5»; trovato «204,6»"),
        (the_shown("204,5", value="204.6", kind="cella"), "valore", "trovato 204.6"),
        (the_shown("204,5", value="", kind="cella"), "valore", "trovato nessun valore"),
        (the_shown(id="indice_vecchiaia.altrove.2022"), "cifra", "una cifra del registro"),
    ],
)
def test_a_mutated_number_or_cell_is_found_with_its_place(book, thing, regola, expected):
    (found, *_) = verify.check_shown(book, [thing])
    assert found.rule == regola
    assert str(found).startswith("insubria/demografia.html, riga 12 [indice_vecchiaia.")
    assert expected in str(found)


def test_the_cell_of_a_guess_holds_its_interval_and_nothing_else(book):
    guess = replace(book[ID], lower=180.0, upper=231.4, imputed=1.0)
    registry = Ledger()
    registry.add(guess)
    cells = [the_shown(told, kind="cella", value=repr(guess.value)) for told in ("180,0–231,4", "204,5", "180,0–231,5")]
    assert verify.check_shown(registry, cells[:1]) == verify.check_cells(registry, cells[:1]) == []
    assert [found.found for found in verify.check_cells(registry, cells)] == ["«204,5»", "«180,0–231,5»"]


def test_a_mutated_word_is_found(book):
    key = next(iter(book.claims))
    (found,) = verify.check_shown(book, [the_shown("sotto la media regionale", kind="affermazione", id=key)])
    assert str(found).endswith("atteso «sopra la media regionale»; trovato «sotto la media regionale».")
    (unknown,) = verify.check_shown(book, [the_shown("sopra", kind="affermazione", id="confronto.x.000000")])
    assert "un'affermazione del registro" in str(unknown)


def test_a_mutated_ledger_no_longer_supports_its_words(book):
    data = json.loads(json.dumps(book.to_dict()))
    for entry in data["cifre"]:
        if entry["id"] == ID:
            entry["valore"] = 100.0
    mutated = Ledger.from_dict(data)
    texts = {entry["id"]: entry["testo"] for entry in data["cifre"]}
    rules = {found.rule: str(found) for found in verify.check_ledger(mutated, texts=texts)}
    assert "«sotto la media regionale», secondo la regola; trovato «sopra la media regionale»" in rules["affermazione"]
    assert f"cifre.json [{ID}]: atteso «100,0»; trovato «204,5»" in rules["registro"]


def test_a_claim_with_an_unknown_rule_or_figure_is_a_finding_not_a_crash(book):
    key, said = next(iter(book.claims.items()))
    for broken in (
        replace(said, kind="boh"),
        replace(said, figures=(ID, "x.y.z")),
        replace(said, params=(("boh", 1),)),
    ):
        book.claims[key] = broken
        (found,) = verify.check_ledger(book)
        assert found.expected == "un'affermazione valutabile"


def test_a_figure_without_a_card_or_with_another_text_on_it_is_found(book):
    assert [t.rule for t in verify.check_shown(book, [the_shown()], {})] == ["scheda"]
    (found,) = verify.check_cards(book, {ID: "204,6"})
    assert "«204,6»" in str(found)


def test_a_number_left_in_prose_is_found(book):
    (found,) = verify.check_passages([Passage("pavia/lavoro.html, riga 3", "Le donne sono il 57% del totale.")])
    assert str(found) == (
        "pavia/lavoro.html, riga 3: atteso un numero legato alla sua cifra; "
        "trovato «57%» in «Le donne sono il 57% del totale.»."
    )


def test_a_document_holds_every_sentence_of_the_pages():
    sentence = ("L'indice di vecchiaia dell'ATS dell'Insubria è ", "204,5", ", ", "sopra la media regionale", ".")
    text = "L’indice di vec-\nchiaia dell’ATS\n dell’Insubria è 204,5,\nsopra la media  regionale. Altro."
    assert verify.check_document([(ID, sentence)], text, "insubria.pdf") == []
    (found,) = verify.check_document([(ID, sentence)], text.replace("204,5", "204,6"), "insubria.pdf")
    assert "la frase «L'indice di vecchiaia dell'ATS dell'Insubria è 204,5, sopra" in str(found)
    assert verify.check_document([(ID, sentence)], text.replace("204,5,", "204,5¹²,"), "con nota.pdf") == []
    assert verify.check_document([(ID, sentence)], f"{text.replace('204,5', '1')} {text}", "due volte.pdf") == []
    balance = ("saldo di ", "-5")
    assert verify.check_document([(ID, balance)], "saldo di\n-5", "x") == []
    assert verify.check_document([(ID, balance)], "saldo di\n5", "x") != []


@pytest.mark.parametrize(
    ("told", "right"),
    [
        ("Nel 2022 il tasso è 3,2%, 134 persone.", True),
        ("Nel 2022 il tasso è\n3,2%\n12\n, 134\npersone.", True),
        ("Nel 2022 il tasso è −3,2%, 134 persone.", False),
        ("Nel 2022 il tasso è 13,2%, 134 persone.", False),
        ("Nel 2022 il tasso è non 3,2% ma 9,9%, 134 persone.", False),
        ("Nel 2022 il tasso è 3,2%, 134.567 persone.", False),
        ("Nel 2022 il tasso è 3,2%, 1.134 persone.", False),
    ],
)
def test_a_number_of_a_document_is_the_whole_number(told, right):
    sentence = ("Nel 2022 il tasso è ", "3,2%", ", ", "134", " persone.")
    assert (verify.check_document([(ID, sentence)], told, "x") == []) is right


@pytest.mark.parametrize(
    ("a", "b", "equal"),
    [
        ("asilo-nido", "asilo-\nnido", True),
        ("2022-01-01", "2022 \n-\n01\n-\n01", True),
        ("vecchiaia", "vec\u00ad\nchiaia", True),
        ("3-5", "35", False),
        ("di -0,3", "di 0,3", False),
    ],
)
def test_only_the_hyphens_of_words_and_dates_do_not_count(a, b, equal):
    assert (verify.squeeze(a) == verify.squeeze(b)) is equal
