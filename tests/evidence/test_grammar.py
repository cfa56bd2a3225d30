"""Articles and prepositions for every territory the package knows, and for tricky names."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest

from conciliazione_lib import storage
from conciliazione_lib.errors import UsoError
from conciliazione_lib.evidence import Place, formats, grammar

EXPECTED = list(csv.DictReader((Path(__file__).parent / "nomi_attesi.csv").open(encoding="utf-8")))


@pytest.mark.parametrize("livello", ["ats", "distretto", "ambito"])
def test_the_table_holds_every_territory_of_the_data(livello):
    folder = storage.embedded_root() / {"ats": "ats", "distretto": "distretti", "ambito": "ambiti"}[livello]
    data = pd.read_csv(next(folder.glob("*.csv")), dtype=str)
    expected = {row["codice"] for row in EXPECTED if row["livello"] == livello}
    assert expected == set(data[livello])


@pytest.mark.parametrize("row", EXPECTED, ids=lambda r: f"{r['livello']}:{r['codice']}")
def test_every_name_with_every_preposition(row):
    place = Place(row["livello"], row["codice"], row["nome"])
    assert grammar.nome(place) == row["con_articolo"]
    assert grammar.di(place) == row["di"]
    assert grammar.a(place) == row["a"]
    assert grammar.da(place) == row["da"]
    assert grammar.in_(place) == row["in"]
    assert grammar.su(place) == row["su"]


@pytest.mark.parametrize(
    ("nome", "motion"),
    [
        ("Azzate", "ad"),
        ("Erba", "a"),
        ("Àrdesio", "ad"),
        ("Valbrona", "a"),
        ("Isola di Fondra", "a"),
        ("La Valletta Brianza", "a"),
        ("Torre de' Busi", "a"),
        ("Alta Valle Intelvi", "ad"),
    ],
)
def test_comuni_take_no_article(nome, motion):
    place = Place("comune", "000000", nome)
    shapes = (grammar.nome, grammar.di, grammar.a, grammar.da, grammar.in_, grammar.su)
    expected = (nome, f"di {nome}", f"{motion} {nome}", f"da {nome}", f"{motion} {nome}", f"su {nome}")
    assert tuple(shape(place) for shape in shapes) == expected


@pytest.mark.parametrize(
    ("word", "kind", "singular", "plurale"),
    [
        ("ATS", "f", "l'", "le"),
        ("provincia", "f", "la", "le"),
        ("distretto", "m", "il", "i"),
        ("ambito", "m", "l'", "gli"),
        ("studio", "m", "lo", "gli"),
        ("zaino", "m", "lo", "gli"),
        ("gnomo", "m", "lo", "gli"),
        ("Ýork", "m", "lo", "gli"),
        ("saldo", "m", "il", "i"),
        ("iato", "m", "lo", "gli"),
        ("età", "f", "l'", "le"),
    ],
)
def test_articles(word, kind, singular, plurale):
    assert grammar.articolo(word, kind) == singular
    assert grammar.articolo(word, kind, plurale=True) == plurale


def test_short_names_and_the_area_alone():
    montagna, bergamo = Place("ats", "montagna", "Montagna"), Place("ats", "bergamo", "Bergamo")
    assert grammar.preposto("in", montagna, breve=True) == "nella Montagna"
    assert grammar.preposto("di", Place("ats", "insubria", "Insubria"), breve=True) == "dell'Insubria"
    assert grammar.preposto("in", bergamo, breve=True) == "a Bergamo"
    assert grammar.senza_articolo(montagna) == "ATS della Montagna"
    assert grammar.breve(Place("ats", "milano", "Milano")) == "Città Metropolitana di Milano"


def test_a_name_that_repeats_its_level_is_not_doubled():
    assert grammar.nome(Place("distretto", "lodi", "Distretto Lodi")) == "il distretto di Lodi"
    assert grammar.nome(Place("ambito", "garda", "AMBITO DEL Garda")) == "l'ambito del Garda"
    assert grammar.nome(Place("ambito", "x", "Ambito dell'Alto Sebino")) == "l'ambito dell'Alto Sebino"


def test_number_and_gender():
    assert grammar.tutti("ats", 8) == "le otto ATS"
    assert grammar.tutti("ambito", 18) == "i diciotto ambiti"
    assert grammar.tutti("ambito", 8) == "gli otto ambiti"
    assert grammar.tutti("comune", 134) == "i 134 comuni"
    assert grammar.tutti("provincia", 1) == "l'unica provincia"
    assert grammar.altri("ats", 7) == "delle altre sette ATS"
    assert grammar.altri("ambito", 1) == "dell'altro ambito"
    assert grammar.nomi_livello("comune", 1) == "comune"
    assert grammar.maiuscola("l'ATS") == "L'ATS"


def test_unknown_levels_and_prepositions_are_refused():
    with pytest.raises(UsoError, match="«rione»"):
        grammar.nome(Place("rione", "x", "X"))
    with pytest.raises(UsoError, match="«per»"):
        grammar.preposto("per", Place("comune", "x", "X"))


@pytest.mark.parametrize(
    ("numero", "articolo"),
    [
        ("63,5%", "il"),
        ("8,7%", "l'"),
        ("11,7%", "l'"),
        ("1,2%", "l'"),
        ("0,5%", "lo"),
        ("80,1%", "l'"),
        ("18,0%", "il"),
        ("1.250", "il"),
        ("8.300", "l'"),
        ("11.400", "l'"),
        ("81.000", "l'"),
        ("108", "il"),
        ("-8%", "l'"),
    ],
)
def test_a_number_takes_the_article_of_how_it_is_read(numero, articolo):
    assert formats.number_article(numero) == articolo
