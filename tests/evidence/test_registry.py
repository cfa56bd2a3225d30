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

BUONO = """
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
    registro = registry.parse({"servizi.toml": BUONO})
    posti, copertura = registro["posti_nido"], registro["copertura_nido"]
    assert (posti.decimali, posti.media, posti.nome_breve) == (0, "totale", "Posti nei nidi")
    assert posti.definizione_breve == "Posti autorizzati al funzionamento."
    assert (copertura.decimali, copertura.media, copertura.tema) == (1, "media", "Servizi")
    assert copertura.terms == ("posti_nido", "bambini")
    assert list(registro.themes()) == ["Servizi"]


def test_every_declaration_of_the_package_is_valid_and_complete():
    registro = registry.load()
    assert registro["indice_vecchiaia"].terms == ("residenti_65_piu", "residenti_0_14")
    for indicatore in registro.values():
        assert indicatore.incertezza in cards.INCERTEZZE, indicatore.id
        assert indicatore.definizione.endswith("."), indicatore.id
        assert indicatore.riferimento, indicatore.id
        assert len(indicatore.nome_breve) <= 45, indicatore.id


def test_the_code_of_an_indicator_exists():
    for indicatore in registry.load().values():
        if indicatore.codice:
            assert importlib.util.find_spec(f"conciliazione_lib.{indicatore.codice}"), indicatore.id


def test_declared_formulas_give_the_computed_values():
    dado = np.random.default_rng(4)
    eta, sesso = np.meshgrid(np.arange(101), ["M", "F"], indexing="ij")
    popolazione = pd.DataFrame({"territorio": "insubria", "eta": eta.ravel(), "sesso": sesso.ravel()})
    popolazione["residenti"] = dado.integers(50, 500, len(popolazione))
    riga = demography.profile(popolazione).iloc[0]
    registro, provate = registry.load(), 0
    for colonna in riga.index.drop("territorio"):
        indicatore = registro[colonna]
        if not indicatore.formula or "Σ" in indicatore.formula:
            continue
        calcolo = re.sub(r"\{(\w+)\}", lambda m: repr(float(riga[m[1]])), indicatore.formula).replace("×", "*")
        assert eval(calcolo) == pytest.approx(riga[colonna]), indicatore.id
        provate += 1
    assert provate >= len(demography.RAPPORTI) + len(demography.QUOTE)


def test_an_unknown_id_names_the_nearest():
    with pytest.raises(UsoError, match="indice_vecchiaia") as errore:
        registry.load()["indice_vechiaia"]
    assert "Indicatore non dichiarato: «indice_vechiaia»" in str(errore.value)


def test_every_problem_is_reported_at_once_with_file_and_field():
    rotto = BUONO.replace('unita = "posti"', 'unita = "post"').replace("{posti_nido}", "{posti_nidi}")
    rotto = rotto.replace('polarita = "positiva"', 'polarita = "positiva"\ncolore = "rosso"')
    with pytest.raises(DatiError) as errore:
        registry.parse({"servizi.toml": rotto, "altro.toml": "tema = 3", "rotto.toml": "[[["})
    testo = str(errore.value)
    assert "posti_nido.unita = 'post'" in testo
    assert "le più simili: posti" in testo
    assert "copertura_nido.colore = 'rosso'" in testo
    assert "file altro.toml" in testo
    assert "file rotto.toml" in testo


def test_a_term_must_be_an_indicator_or_explained():
    with pytest.raises(DatiError, match=r"\{posti_nidi\} in copertura_nido") as errore:
        registry.parse({"servizi.toml": BUONO.replace("{posti_nido}", "{posti_nidi}")})
    assert "I più simili: posti_nido" in str(errore.value)


def test_an_id_is_declared_once():
    with pytest.raises(DatiError, match=r"posti_nido, già in a\.toml"):
        registry.parse({"a.toml": BUONO, "b.toml": BUONO})


def test_definitions_name_no_module_and_no_table_by_its_code():
    """They are printed in what an ATS signs."""
    for voce in registry.load().values():
        for testo in (voce.nome, voce.definizione, voce.riferimento):
            assert not re.search(r"indicators\.|«[a-z]+_[a-z_]+»|\btabella [a-z]+_[a-z]", testo), voce.id
