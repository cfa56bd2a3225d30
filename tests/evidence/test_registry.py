"""The declarations of the indicators."""

from __future__ import annotations

import importlib.util
import re

import numpy as np
import pandas as pd
import pytest

from conciliazione_lib.errors import DatiError, UsoError
from conciliazione_lib.evidence import cards, registry
from conciliazione_lib.indicators import demography

GOOD = """
tema = "Servizi"
[posti_nido]
nome = "Posti nei nidi"
definizione = "Posti autorizzati al funzionamento. Non sono gli iscritti."
unita = "posti"
riferimento = "ISTAT"
[copertura_nido]
nome = "Copertura dei nidi"
definizione = "Posti ogni 100 bambini."
formula = "100 × {posti_nido} / {bambini}"
termini = { bambini = "residenti di 0–2 anni" }
unita = "%"
polarita = "positiva"
riferimento = "ISTAT"
"""


def test_what_is_not_declared_follows_from_the_unit():
    ledger = registry.parse({"servizi.toml": GOOD})
    posti, copertura = ledger["posti_nido"], ledger["copertura_nido"]
    assert (posti.decimali, posti.media, posti.nome_breve) == (0, "totale", "Posti nei nidi")
    assert posti.definizione_breve == "Posti autorizzati al funzionamento."
    assert (copertura.decimali, copertura.media, copertura.tema) == (1, "media", "Servizi")
    assert copertura.terms == ("posti_nido", "bambini")
    assert list(ledger.themes()) == ["Servizi"]


def test_every_declaration_of_the_package_is_valid_and_complete():
    ledger = registry.load()
    assert ledger["indice_vecchiaia"].terms == ("residenti_65_piu", "residenti_0_14")
    for indicatore in ledger.values():
        assert indicatore.incertezza in cards.UNCERTAINTIES, indicatore.id
        assert indicatore.definizione.endswith("."), indicatore.id
        assert indicatore.riferimento, indicatore.id
        assert len(indicatore.nome_breve) <= 45, indicatore.id


def test_the_code_of_an_indicator_exists():
    for indicatore in registry.load().values():
        if indicatore.codice:
            assert importlib.util.find_spec(f"conciliazione_lib.{indicatore.codice}"), indicatore.id


def test_declared_formulas_give_the_computed_values():
    die = np.random.default_rng(4)
    eta, sesso = np.meshgrid(np.arange(101), ["M", "F"], indexing="ij")
    popolazione = pd.DataFrame({"territorio": "insubria", "eta": eta.ravel(), "sesso": sesso.ravel()})
    popolazione["residenti"] = die.integers(50, 500, len(popolazione))
    row = demography.profile(popolazione).iloc[0]
    ledger, tried = registry.load(), 0
    for column in row.index.drop("territorio"):
        indicatore = ledger[column]
        if not indicatore.formula or "Σ" in indicatore.formula:
            continue
        computation = re.sub(r"\{(\w+)\}", lambda m: repr(float(row[m[1]])), indicatore.formula).replace("×", "*")
        assert eval(computation) == pytest.approx(row[column]), indicatore.id
        tried += 1
    assert tried >= len(demography.RATIOS) + len(demography.QUOTE)


def test_an_unknown_id_names_the_nearest():
    with pytest.raises(UsoError, match="indice_vecchiaia") as error:
        registry.load()["indice_vechiaia"]
    assert "Indicatore non dichiarato: «indice_vechiaia»" in str(error.value)


def test_every_problem_is_reported_at_once_with_file_and_field():
    broken = GOOD.replace('unita = "posti"', 'unita = "post"').replace("{posti_nido}", "{posti_nidi}")
    broken = broken.replace('polarita = "positiva"', 'polarita = "positiva"\ncolore = "rosso"')
    with pytest.raises(DatiError) as error:
        registry.parse({"servizi.toml": broken, "altro.toml": "tema = 3", "rotto.toml": "[[["})
    testo = str(error.value)
    assert "posti_nido.unita = 'post'" in testo
    assert "le più simili: posti" in testo
    assert "copertura_nido.colore = 'rosso'" in testo
    assert "file altro.toml" in testo
    assert "file rotto.toml" in testo


def test_a_term_must_be_an_indicator_or_explained():
    with pytest.raises(DatiError, match=r"\{posti_nidi\} in copertura_nido") as error:
        registry.parse({"servizi.toml": GOOD.replace("{posti_nido}", "{posti_nidi}")})
    assert "I più simili: posti_nido" in str(error.value)


def test_an_id_is_declared_once():
    with pytest.raises(DatiError, match=r"posti_nido, già in a\.toml"):
        registry.parse({"a.toml": GOOD, "b.toml": GOOD})


def test_definitions_name_no_module_and_no_table_by_its_code():
    """They are printed in what an ATS signs."""
    for voce in registry.load().values():
        for testo in (voce.nome, voce.definizione, voce.riferimento):
            assert not re.search(r"indicators\.|«[a-z]+_[a-z_]+»|\btabella [a-z]+_[a-z]", testo), voce.id
