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
def libro(f, registro) -> Ledger:
    evidence.render("{{ f.indice_vecchiaia }} {{ confronto(f.indice_vecchiaia, 'lombardia') }}", registro, f=f)
    return registro


def mostrata(testo: str = "204,5", *, kind: str = "cifra", id: str = ID, value: str | None = None) -> Shown:
    return Shown("insubria/demografia.html, riga 12", kind, id, testo, value)


def test_a_true_edition_has_no_findings(libro):
    affermazione = next(iter(libro.claims.values()))
    valore = repr(libro[ID].value)
    mostrate = [
        mostrata(),
        mostrata(value=valore, kind="cella"),
        mostrata(" 204,5\xa0"),
        mostrata("Sopra la media regionale", kind="affermazione", id=affermazione.id),
    ]
    schede = {chiave: figura.text for chiave, figura in libro.figures.items()}
    assert verify.check_shown(libro, mostrate, schede) == []
    assert verify.check_cards(libro, schede) == []
    assert verify.check_ledger(libro, texts=schede) == []
    assert verify.check_passages([Passage("p", "Al 1° gennaio 2022, secondo l'art. 3.")]) == []


@pytest.mark.parametrize(
    ("cosa", "regola", "atteso"),
    [
        (mostrata("204,6"), "cifra", "atteso «204,5»; trovato «204,6»"),
        (mostrata("204,5", value="204.6", kind="cella"), "valore", "trovato 204.6"),
        (mostrata("204,5", value="", kind="cella"), "valore", "trovato nessun valore"),
        (mostrata(id="indice_vecchiaia.altrove.2022"), "cifra", "una cifra del registro"),
    ],
)
def test_a_mutated_number_or_cell_is_found_with_its_place(libro, cosa, regola, atteso):
    (trovata, *_) = verify.check_shown(libro, [cosa])
    assert trovata.rule == regola
    assert str(trovata).startswith("insubria/demografia.html, riga 12 [indice_vecchiaia.")
    assert atteso in str(trovata)


def test_the_cell_of_a_guess_holds_its_interval_and_nothing_else(libro):
    guess = replace(libro[ID], lower=180.0, upper=231.4, imputed=1.0)
    registro = Ledger()
    registro.add(guess)
    cells = [mostrata(told, kind="cella", value=repr(guess.value)) for told in ("180,0–231,4", "204,5", "180,0–231,5")]
    assert verify.check_shown(registro, cells[:1]) == verify.check_cells(registro, cells[:1]) == []
    assert [found.found for found in verify.check_cells(registro, cells)] == ["«204,5»", "«180,0–231,5»"]


def test_a_mutated_word_is_found(libro):
    chiave = next(iter(libro.claims))
    (trovata,) = verify.check_shown(libro, [mostrata("sotto la media regionale", kind="affermazione", id=chiave)])
    assert str(trovata).endswith("atteso «sopra la media regionale»; trovato «sotto la media regionale».")
    (ignota,) = verify.check_shown(libro, [mostrata("sopra", kind="affermazione", id="confronto.x.000000")])
    assert "un'affermazione del registro" in str(ignota)


def test_a_mutated_ledger_no_longer_supports_its_words(libro):
    dati = json.loads(json.dumps(libro.to_dict()))
    for voce in dati["cifre"]:
        if voce["id"] == ID:
            voce["valore"] = 100.0
    mutato = Ledger.from_dict(dati)
    testi = {voce["id"]: voce["testo"] for voce in dati["cifre"]}
    regole = {trovata.rule: str(trovata) for trovata in verify.check_ledger(mutato, texts=testi)}
    assert "«sotto la media regionale», secondo la regola; trovato «sopra la media regionale»" in regole["affermazione"]
    assert f"cifre.json [{ID}]: atteso «100,0»; trovato «204,5»" in regole["registro"]


def test_a_claim_with_an_unknown_rule_or_figure_is_a_finding_not_a_crash(libro):
    chiave, detta = next(iter(libro.claims.items()))
    for rotta in (
        replace(detta, kind="boh"),
        replace(detta, figures=(ID, "x.y.z")),
        replace(detta, params=(("boh", 1),)),
    ):
        libro.claims[chiave] = rotta
        (trovata,) = verify.check_ledger(libro)
        assert trovata.expected == "un'affermazione valutabile"


def test_a_figure_without_a_card_or_with_another_text_on_it_is_found(libro):
    assert [t.rule for t in verify.check_shown(libro, [mostrata()], {})] == ["scheda"]
    (trovata,) = verify.check_cards(libro, {ID: "204,6"})
    assert "«204,6»" in str(trovata)


def test_a_number_left_in_prose_is_found(libro):
    (trovata,) = verify.check_passages([Passage("pavia/lavoro.html, riga 3", "Le donne sono il 57% del totale.")])
    assert str(trovata) == (
        "pavia/lavoro.html, riga 3: atteso un numero legato alla sua cifra; "
        "trovato «57%» in «Le donne sono il 57% del totale.»."
    )


def test_a_document_holds_every_sentence_of_the_pages():
    frase = ("L'indice di vecchiaia dell'ATS dell'Insubria è ", "204,5", ", ", "sopra la media regionale", ".")
    testo = "L’indice di vec-\nchiaia dell’ATS\n dell’Insubria è 204,5,\nsopra la media  regionale. Altro."
    assert verify.check_document([(ID, frase)], testo, "insubria.pdf") == []
    (trovata,) = verify.check_document([(ID, frase)], testo.replace("204,5", "204,6"), "insubria.pdf")
    assert "la frase «L'indice di vecchiaia dell'ATS dell'Insubria è 204,5, sopra" in str(trovata)
    assert verify.check_document([(ID, frase)], testo.replace("204,5,", "204,5¹²,"), "con nota.pdf") == []
    assert verify.check_document([(ID, frase)], f"{testo.replace('204,5', '1')} {testo}", "due volte.pdf") == []
    saldo = ("saldo di ", "-5")
    assert verify.check_document([(ID, saldo)], "saldo di\n-5", "x") == []
    assert verify.check_document([(ID, saldo)], "saldo di\n5", "x") != []


@pytest.mark.parametrize(
    ("detto", "giusto"),
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
def test_a_number_of_a_document_is_the_whole_number(detto, giusto):
    frase = ("Nel 2022 il tasso è ", "3,2%", ", ", "134", " persone.")
    assert (verify.check_document([(ID, frase)], detto, "x") == []) is giusto


@pytest.mark.parametrize(
    ("a", "b", "uguali"),
    [
        ("asilo-nido", "asilo-\nnido", True),
        ("2022-01-01", "2022 \n-\n01\n-\n01", True),
        ("vecchiaia", "vec\u00ad\nchiaia", True),
        ("3-5", "35", False),
        ("di -0,3", "di 0,3", False),
    ],
)
def test_only_the_hyphens_of_words_and_dates_do_not_count(a, b, uguali):
    assert (verify.squeeze(a) == verify.squeeze(b)) is uguali
