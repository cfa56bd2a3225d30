"""Checks that are rows: a row is added and its check runs, a wrong one is refused, each kind says what it finds."""

from __future__ import annotations

import pickle
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from conciliazione_lib import catalog
from conciliazione_lib.errors import DatiError
from conciliazione_lib.quality import check, rows
from conciliazione_lib.quality.check import Outcome
from conciliazione_lib.quality.checks.by_rows import add
from conciliazione_lib.quality.quantities import Quantity

COMMON = """
titolo = "Una prova"
fonti = ["Un atto, § 1"]
gravita = "avviso"
confronto = "Le due cifre"
"""
#: As docs/SVILUPPO.md gives it to whoever adds a check.
RECIPE = """
[prova-milano]
titolo = "Riparto 2025-2027: le quote annue di ATS Milano sommano al suo totale"
fonti = ["Linee guida 2025-2027, § 4.4"]
gravita = "errore"
territori = ["milano"]
tipo = "somma"
confronto = "Totale di ATS Milano e somma dei tre anni"
formato = "euro"
pubblicato = 1_050_000
atteso.tabella = "riparti"
atteso.dove = { programma = "2025-2027", livello = "ats", territorio = "milano", periodo = ["2025", "2026", "2027"] }
atteso.per = ["periodo"]
atteso.valore = "importo"
"""


def outcome(kind: str, text: str) -> Outcome:
    [row] = rows.parse({"prova.toml": f'[prova]\ntipo = "{kind}"{COMMON}{text}'})
    return row.outcome()


def refused(text: str) -> str:
    with pytest.raises(DatiError) as error:
        rows.parse({"prova.toml": text})
    assert str(error.value).startswith("Le verifiche non sono valide.")
    return str(error.value)


def test_a_row_added_is_a_check_that_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {c.id for c in check.checks()}
    monkeypatch.setattr(check, "_register", dict(check._register))
    [row] = rows.parse({"prova.toml": RECIPE})
    add(row)
    assert {c.id for c in check.checks()} - before == {"prova-milano"}
    [found] = check.run(["prova-milano"])
    assert found.check.tabelle == ("riparti",)
    assert found.check.territori == ("milano",)
    assert found.outcome.confronto.startswith("Totale di ATS Milano e somma dei tre anni: 1.050.000,00 € e ")
    assert found.outcome.esito == "quadra"
    shares = catalog.read("riparti").query("programma == '2025-2027' and livello == 'ats' and territorio == 'milano'")
    assert found.outcome.atteso == shares.loc[shares["periodo"].isin(["2025", "2026", "2027"]), "importo"].sum()
    assert "prova-milano" not in {r.check.id for r in check.run(territorio="pavia")}


def test_the_recipe_of_the_guide_is_the_one_tried_here() -> None:
    guide = Path(__file__).parents[2] / "docs" / "SVILUPPO.md"
    assert RECIPE.strip() in guide.read_text(encoding="utf-8")


def test_every_row_of_the_package_can_travel_to_another_process() -> None:
    some = rows.load()
    assert len(some) > 150
    assert pickle.loads(pickle.dumps(some)) == some


def test_a_check_travels_to_another_process_without_what_runs_it() -> None:
    some = check.checks()
    sent = pickle.dumps(some)
    assert pickle.loads(sent) == some
    assert set(re.findall(rb"conciliazione_lib[.\w]+", sent)) == {b"conciliazione_lib.quality.check"}, (
        "the rest is heavy"
    )


@pytest.mark.parametrize(
    ("old", "new", "expected", "found"),
    [
        (
            '"somma"',
            '"summa"',
            "uno dei tipi: uguali, somma, serie, parte, fra_le_parti",
            "prova-milano.tipo = 'summa'",
        ),
        ('tipo = "somma"', "", "uno dei tipi: uguali, somma", "prova-milano.tipo = assente"),
        ("formato =", "formatto =", "solo i campi del tipo «somma» (i più simili: formato", "prova-milano.formatto."),
        ("atteso.per", "atteso.peer", "solo i campi di una quantità (i più simili: per", "prova-milano.atteso.peer."),
        ('"euro"', '"dollari"', "uno fra numero, euro, percento;", "prova-milano.formato = 'dollari'"),
        ('"errore"', '"grave"', "uno fra errore, avviso, nota;", "prova-milano.gravita = 'grave'"),
        ("pubblicato = 1_050_000", "", "il campo obbligatorio;", "prova-milano.pubblicato assente"),
        ("1_050_000", '"molti"', "un valore del genere giusto;", "prova-milano.pubblicato = 'molti'"),
        ('"2025-2027"', "{ dal = 2025 }", "un valore del genere giusto;", ".atteso.dove.programma = {'dal': 2025}"),
        ('"riparti"', '"ripartti"', "una tabella (i più simili: riparti,", "prova-milano.atteso: «ripartti»"),
        ('"importo"', '"importi"', "una colonna di riparti (i più simili: importo)", "atteso: «importi»"),
        ("programma =", "programa =", "una colonna di riparti (i più simili: programma)", "atteso: «programa»"),
        ('["milano"]', '["Milano"]', "in «territori» il nome breve di una ATS (i più simili: milano)", ": «Milano»"),
        ('atteso.valore = "importo"', "", "con «tabella» anche «valore» o «colonne», se", "nessuno dei due"),
        ("atteso.valore", 'atteso.territori = "ats"\natteso.valore', "una sola di queste", "tabella, territori"),
        ("atteso.valore", 'atteso.livello = "ats"\natteso.valore', "con «livello» anche «data»", "livello senza"),
        ("formato =", 'tabelle = ["asl"]\nformato =', "in «tabelle» tutte quelle che la verifica legge", "riparti"),
        ('dei tre anni"', 'di {anni} anni"', "in «confronto», fra graffe, un nome di «dette»", ": «anni»"),
        ('dei tre anni"', 'dei tre {anni"', "in «confronto» graffe aperte e chiuse", "dei tre {anni"),
        ("[prova-milano]", "[prova-milano", "un file TOML valido", "line 2"),
        ("[prova-milano]", 'titolo = "x"\n[prova-milano]', "una tabella per verifica", "titolo = 'x'"),
    ],
)
def test_a_wrong_row_is_refused_with_what_to_write(old: str, new: str, expected: str, found: str) -> None:
    text = RECIPE.replace(old, new)
    assert text != RECIPE
    said = refused(text)
    # one problem, told once, and nothing of the machinery
    assert said.count("file prova.toml: atteso ") == 1
    assert f"atteso {expected}" in said
    assert found in said.partition("; trovato ")[2]
    assert not [word for word in ("pydantic", "Traceback", "Input should", "Value error", "type=") if word in said]


def test_a_check_told_twice_and_cases_that_are_none_are_refused() -> None:
    text = RECIPE.replace("[prova-milano]", "[prova-milano]\nper_ogni = [{ caso = 1 }, { caso = 2 }]")
    assert "atteso un identificativo usato una volta sola; trovato prova-milano" in refused(text)
    for cases in ('"ats"', "3", "[1]", '{ livello = "borgo", data = "2022-01-01" }', '{ livello = "ats" }'):
        text = RECIPE.replace("tipo =", f"per_ogni = {cases}\ntipo =")
        assert "prova-milano.per_ogni" in refused(text)


def test_a_row_stands_for_every_case_and_for_every_territory() -> None:
    text = """
    ["prova-{sigla}"]
    titolo = "Anno {anno}"
    fonti = ["Un atto"]
    gravita = "nota"
    tipo = "uguali"
    confronto = "Valore del {anno}"
    per_ogni = [{ sigla = "A_1", anno = 2020 }, { sigla = "B_2", anno = 2021 }]
    pubblicato = "{anno}"
    atteso = 2020
    """
    first, second = rows.parse({"prova.toml": text})
    assert [first.id, second.id, second.titolo] == ["prova-a-1", "prova-b-2", "Anno 2021"]
    assert [first.outcome().esito, second.outcome().esito] == ["quadra", "non_quadra"]
    text = (
        text.replace("{sigla}", "{codice}")
        .replace("{anno}", "{nome}")
        .replace('pubblicato = "{nome}"', "pubblicato = 1")
    )
    start, end = text.index("per_ogni"), text.index("pubblicato")
    text = f'{text[:start]}per_ogni = {{ livello = "provincia", data = "2022-01-01" }}\n{text[end:]}'
    of_provinces = {row.id: row for row in rows.parse({"prova.toml": text})}
    assert len(of_provinces) == 12
    assert of_provinces["prova-co"].titolo == "Anno Como"
    assert of_provinces["prova-co"].territori == ("insubria", "montagna")


def test_two_figures_are_equal_within_what_rounding_or_a_stated_part_explains() -> None:
    assert outcome("uguali", "pubblicato = 10\natteso = 10").esito == "quadra"
    wrong = outcome("uguali", "pubblicato = 10\natteso = 10.4\ndecimali = 1")
    assert (wrong.esito, wrong.confronto, str(wrong.differenza)) == ("non_quadra", "Le due cifre: 10,0 e 10,4", "-0.4")
    assert outcome("uguali", "pubblicato = 10\natteso = 10.4\narrotondamento = 0").esito == "quadra"
    assert outcome("uguali", "pubblicato = 10\natteso = 10.6\narrotondamento = 0").esito == "non_quadra"
    assert outcome("uguali", "pubblicato = 10\natteso = 10.6\narrotondamento = 0\narrotondati = 2").esito == "quadra"
    assert outcome("uguali", "pubblicato = 10\natteso = 12\ntolleranza = 2").esito == "quadra"
    assert outcome("uguali", "pubblicato = 97\natteso = 100\ntolleranza_relativa = 0.03").esito == "quadra"
    told = 'spiegazione = "È cresciuto del {variazione}."\npubblicato = 110\natteso = 100'
    assert outcome("uguali", told).spiegazione == "È cresciuto del 10,0%."


def test_words_follow_the_outcome() -> None:
    words = (
        'quadra = "Sì."\nnon_quadra = "No, {altra:euro}."\ndifferisce = "Quasi."\ndette.altra = 3\narrotondamento = 0\n'
    )
    assert outcome("uguali", f"{words}pubblicato = 1\natteso = 1").spiegazione == "Sì."
    assert outcome("uguali", f"{words}pubblicato = 1\natteso = 1.2").spiegazione == "Quasi."
    assert outcome("uguali", f"{words}pubblicato = 1\natteso = 2").spiegazione == "No, 3,00 €."


def test_parts_sum_and_the_smallest_correction_is_told() -> None:
    right = outcome("somma", "pubblicato = 6\natteso.valori = { a = 1, b = 2, c = 3 }")
    assert (right.esito, right.correzione) == ("quadra", "")
    wrong = outcome("somma", "pubblicato = 1_000\natteso.valori = { a = 900, b = 10, c = 60 }")
    assert (wrong.esito, wrong.correzione) == ("non_quadra", "a da 900 a 930.")
    rounded = "pubblicato = 8\narrotondamento = 0\natteso.valori = { a = 1, b = 2, c = 3 }"
    # half a unit for each of the four numbers
    assert outcome("somma", rounded).esito == "quadra"
    assert outcome("somma", f"{rounded}\narrotondati = 3").esito == "non_quadra"


def test_series_are_compared_key_by_key() -> None:
    right = outcome(
        "serie", 'quadra = "Tutti."\npubblicato.valori = { a = 1, b = 2 }\natteso.valori = { b = 2, a = 1, c = 9 }'
    )
    assert (right.esito, right.confronto, right.spiegazione) == ("quadra", "Le due cifre: 2 confronti", "Tutti.")
    missing = "pubblicato.valori = { a = 1, b = 2 }\natteso.valori = { a = 3 }"
    assert outcome("serie", missing).spiegazione == "Non tornano: a: 1 e 3; b: 2 e n.d.."
    assert outcome("serie", f"solo_comuni = true\n{missing}").spiegazione == "Non tornano: a: 1 e 3."
    every = "pubblicato = 5\natteso.valori = { a = 5, b = 5 }"
    assert outcome("serie", every).confronto == "Le due cifre: 2 confronti"
    nothing = outcome("serie", "solo_comuni = true\npubblicato.valori = { a = 1 }\natteso.valori = { b = 1 }")
    assert nothing.esito == "non_verificabile"


def test_a_part_is_not_larger_than_its_whole() -> None:
    assert outcome("parte", "parte = 3\ntutto = 3").esito == "quadra"
    assert outcome("parte", "parte = 4\ntutto = 3").confronto == "Le due cifre: 4 su 3"
    many = "parte.valori = { a = 1, b = 5 }\ntutto.valori = { a = 2, b = 4 }"
    assert outcome("parte", many).spiegazione == "Non tornano: b: 5 su 4."
    assert outcome("parte", "parte.valori = { a = 1, b = 5 }\ntutto = 5").esito == "quadra"


def test_a_mean_is_between_its_parts() -> None:
    parts = "[[prova.parti.unione]]\nvalori = { a = 1, b = 4 }\n[[prova.parti.unione]]\nvalori = { a = 3, c = 1 }\n"
    assert outcome("fra_le_parti", f"parti_attese = 2\ntotale.valori = {{ a = 2, b = 9 }}\n{parts}").esito == "quadra"
    wrong = outcome("fra_le_parti", f"totale.valori = {{ a = 5, b = 4 }}\n{parts}")
    assert wrong.spiegazione == "Non tornano: a: 5, con minimo 1 e massimo 3."
    assert wrong.confronto == "Le due cifre: 2 confronti"


def test_what_words_soften_is_an_interval() -> None:
    table = tomllib.loads(
        'tabella = "carichi_cura"\nvalore = "valore"\nprecisione = "precisione"\ncalcolo = "ogni"\nper = ["misura"]'
    )
    burdens = dict(Quantity(**table, dove={"unita": "migliaia"}).pairs())
    assert str(burdens["con entrambi i carichi"]) == "640,0–650,0"
    text = """
    pubblicato.tabella = "carichi_cura"
    pubblicato.dove = { misura = "con entrambi i carichi", unita = "migliaia", popolazione = "persone di 18-64 anni" }
    pubblicato.valore = "valore"
    pubblicato.precisione = "precisione"
    quadra = "Può essere {atteso}."
    """
    assert outcome("intervalli", f"{text}\natteso = 645").spiegazione == "Può essere 645."
    assert outcome("intervalli", f"{text}\natteso = 651").esito == "non_quadra"


def test_lists_are_compared() -> None:
    text = "elenco.valori = { a = 1, b = 1 }\nfra.valori = { a = 1 }"
    assert outcome("elenco", text).spiegazione == "Non tornano: b."
    assert outcome("comuni", 'comuni.pendolarismo = "2021-12-31"').esito == "quadra"
    assert outcome("comuni", 'comuni.pendolarismo = "2026-01-01"').esito == "non_quadra"


def test_a_figure_that_is_not_there_cannot_be_checked_and_one_too_many_is_refused() -> None:
    text = 'atteso = 1\npubblicato = { tabella = "figure_pubblicate", dove = { indicatore = "%s" }, valore = "valore" }'
    absent = outcome("uguali", text % "nessuno")
    assert (absent.esito, absent.confronto) == ("non_verificabile", "Le due cifre: 0 cifre da confrontare, ne mancano")
    assert outcome("uguali", f'assente = "Manca."\n{text % "nessuno"}').confronto == "Manca."
    with pytest.raises(DatiError, match="Più righe di figure_pubblicate"):
        outcome("uguali", text % "nati")


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ({"somma": [1, {"valori": {"a": 1, "b": 2}}]}, {"a": 2, "b": 3}),
        ({"differenza": [{"valori": {"a": 5, "b": 2}}, {"valori": {"b": 1}}]}, {"b": 1}),
        ({"rapporto": [{"valori": {"a": 1, "b": 2}}, {"valori": {"a": 4, "b": 0}}]}, {"a": 0.25, "b": None}),
        ({"totale": {"valori": {"a": 1, "b": 2}}}, {"": 3}),
        ({"territori": "ats"}, {"": 8}),
        ({"territori": "comune", "livello": "ats", "territorio": "montagna", "data": "2022-01-01"}, {"": 134}),
        ({"tabella": "asl", "calcolo": "numero"}, {"": 15}),
        (
            {"tabella": "riparti_indicatori", "dove": {"territorio": "bergamo"}, "escluso": {"indicatore": "ponderato"},
             "per": ["territorio"], "valore": "peso", "calcolo": "somma"},
            {"bergamo": 100},
        ),
        (
            {"tabella": "popolazione", "data": "2022-01-01", "livello": "regione", "per": ["territorio"],
             "dove": {"eta": {"da": 0, "a": 200}}, "valore": "residenti", "calcolo": "somma"},
            {"lombardia": 9_943_004},
        ),
    ],
)  # fmt: skip
def test_quantities(written: dict[str, Any], found: dict[str, float | None]) -> None:
    values = Quantity.model_validate(written).series()
    assert {key: None if value is None else float(value) for key, value in values.items()} == found  # type: ignore[arg-type]
