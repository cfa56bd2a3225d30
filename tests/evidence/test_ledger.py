"""The ledger: one value for one id, and the same bytes for the same content."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

import pytest

from conciliazione_lib.errors import CalcoloError, DatiError, UsoError
from conciliazione_lib.evidence import Figure, Ledger, claim, union
from conciliazione_lib.evidence.figure import Input
from conciliazione_lib.evidence.ledger import replaced, text_of


def test_ids_are_readable_and_tell_levels_apart(the_figure):
    assert the_figure(1, periodo="2022-01-01").id == "indice_vecchiaia.insubria.2022-01-01"
    assert (
        the_figure(1, "pavia").id != the_figure(1, "pavia", livello="ambito").id == "indice_vecchiaia.ambito-pavia.2022"
    )
    double = the_figure(1, breakdown=(("sesso", "F"), ("eta", "65+")))
    assert double.id == "indice_vecchiaia.insubria.2022.eta-65-piu.sesso-F"
    assert double.id == the_figure(1, breakdown=(("eta", "65+"), ("sesso", "F"))).id


def test_two_values_for_one_id_are_refused(the_figure):
    registry = Ledger()
    registry.add(the_figure(56.4))
    registry.add(the_figure(56.4))
    with pytest.raises(CalcoloError, match=r"Due valori diversi .* 56\.4 \(%\) e 56\.5 \(%\)"):
        registry.add(the_figure(56.5))
    with pytest.raises(CalcoloError):
        registry.add(the_figure(56.4, unita="per 100"))
    with pytest.raises(CalcoloError):
        registry.add(the_figure(None))
    with pytest.raises(CalcoloError):
        union([registry, union([_with(the_figure(56.5))])])


def _with(*figure: Figure) -> Ledger:
    registry = Ledger()
    for figure_ in figure:
        registry.add(figure_)
    return registry


def test_the_last_bit_of_a_float_is_not_a_conflict(the_figure):
    assert len(_with(the_figure(0.1 + 0.2), the_figure(0.3))) == 1


def test_json_round_trip_and_order(the_figure, tmp_path):
    a = the_figure(None, "pavia", note="il dato manca nella fonte")
    b = the_figure(
        12, lower=10.5, upper=13, confidence=0.95, terms=(("x", 3.0), ("y", None)), inputs=(Input("t", sha256="a"),)
    )
    one, two = _with(a, b), _with(b, a)
    for registry in (one, two):
        registry.add_claim(claim("confronto", [b, a]))
    assert one.to_dict() == two.to_dict()
    one.save(tmp_path / "uno.json")
    two.save(tmp_path / "due.json")
    assert (tmp_path / "uno.json").read_bytes() == (tmp_path / "due.json").read_bytes()
    assert Ledger.read(tmp_path / "uno.json").to_dict() == one.to_dict()
    assert json.loads((tmp_path / "uno.json").read_text("utf-8"))["cifre"][0]["testo"] == "12,0%"


def test_merging_keeps_the_better_documented_figure_whatever_the_order(the_figure):
    poor, right = the_figure(5.0), the_figure(5.0, inputs=(Input("popolazione", righe=9),))
    wide = the_figure(5.0, inputs=(Input("popolazione", righe=9), Input("norme", righe=6)), grade="stampa")
    for order in itertools.permutations((poor, right, wide)):
        assert _with(*order)[poor.id] == right


def test_a_claim_needs_its_figures(the_figure):
    with pytest.raises(UsoError, match="non è nel registro"):
        Ledger().add_claim(claim("confronto", [the_figure(1), the_figure(2, "pavia")]))


@pytest.mark.parametrize(
    ("content", "message"),
    [("{", "non si legge"), ("{}", "formato sconosciuto"), ('{"formato": 1}', "non si legge")],
)
def test_what_is_not_a_ledger_is_refused(tmp_path, content, message):
    file = tmp_path / "cifre.json"
    file.write_text(content, "utf-8")
    with pytest.raises(DatiError, match=message):
        Ledger.read(file)
    with pytest.raises(DatiError, match="Manca il registro"):
        Ledger.read(tmp_path / "altro.json")


def test_opened_figures_are_made_one_by_one_and_are_those_of_their_ids(the_figure):
    table = Input("t", sha256="a", filtro="anno = 2022", righe=2)
    registry = _with(the_figure(12, inputs=(table,)), the_figure(9, "pavia"))
    registry.add_claim(claim("confronto", list(registry)))
    data = registry.to_dict()
    opened = Ledger.opened(data)
    assert opened.about == registry.about, "without making any"
    assert (len(opened), opened.to_dict()) == (2, data)
    with pytest.raises(UsoError):
        opened["nessuna"]

    other = json.loads(json.dumps(data))
    other["cifre"][0]["territorio"] = "milano"
    with pytest.raises(DatiError, match="è in realtà"):
        _ = Ledger.opened(other)[data["cifre"][0]["id"]]
    del other["cifre"][0]["unita"]
    with pytest.raises(DatiError, match="non si legge"):
        _ = Ledger.opened(other)[data["cifre"][0]["id"]]
    twice = {**data, "cifre": [data["cifre"][0], {**data["cifre"][0], "valore": 13}]}
    with pytest.raises(CalcoloError, match="Due valori diversi"):
        Ledger.opened(twice)


def test_a_ledger_opened_from_its_text_is_the_same_and_reads_what_is_asked_for(the_figure):
    registry = _with(*(the_figure(n, code) for n, code in ((12, "insubria"), (9, "pavia"))), the_figure(None, "milano"))
    registry.add_claim(claim("confronto", list(registry)[:2]))
    data, text = registry.to_dict(), registry.text()
    opened = Ledger.opened_text(text.encode())
    assert (opened.to_dict(), opened.about) == (data, registry.about)

    one, *_ = data["cifre"]
    broken = text.replace(json.dumps(one, ensure_ascii=False), f'{{"id": "{one["id"]}", "valore": ]}}').encode()
    opened = Ledger.opened_text(broken)
    assert opened[data["cifre"][1]["id"]] == registry[data["cifre"][1]["id"]], "the line of another is not read"
    with pytest.raises(DatiError, match="non si legge"):
        _ = opened[one["id"]]


@pytest.mark.parametrize(
    "written",
    [
        lambda data: json.dumps(data),
        lambda data: json.dumps(data, indent=1),
        lambda data: text_of({**data, "cifre": [dict(reversed(entry.items())) for entry in data["cifre"]]}),
        lambda data: text_of({**data, "cifre": []}),
    ],
)
def test_a_ledger_written_otherwise_is_read_whole(the_figure, written):
    text = written(_with(the_figure(12), the_figure(9, "pavia")).to_dict())
    assert Ledger.opened_text(text.encode()).to_dict() == Ledger.from_dict(json.loads(text)).to_dict()


def test_a_text_that_is_no_ledger_or_has_two_values_is_refused(the_figure):
    data = _with(the_figure(12)).to_dict()
    with pytest.raises(DatiError, match="formato sconosciuto"):
        Ledger.opened_text(text_of({**data, "formato": 0}).encode())
    twice = text_of({**data, "cifre": [*data["cifre"], {**data["cifre"][0], "valore": 13}]}).encode()
    with pytest.raises(CalcoloError, match="Due valori diversi"):
        Ledger.opened_text(twice)


def test_the_figures_without_a_value_are_found_by_indicator_or_by_state(the_figure):
    hidden = the_figure(None, indicatore="altro", state="protetto")
    own = the_figure(None, "pavia", indicatore="contati")
    registry = _with(hidden, own, the_figure(3, indicatore="contati"), the_figure(None, indicatore="nessuno"))
    for ledger in (registry, Ledger.opened(registry.to_dict()), Ledger.opened_text(registry.text().encode())):
        assert {figure.id for figure in ledger.without_value({"contati"}, "protetto")} == {hidden.id, own.id}


def test_a_ledger_with_some_indicators_replaced_is_that_of_them_all(the_figure):
    def ledger(of_two: float) -> list[Ledger]:
        shared = Input("t", sha256="a" * 64, titolo="una tabella", filtro="x", righe=1)
        one = the_figure(12, indicatore="a", inputs=(shared,))
        two = the_figure(of_two, indicatore="b", inputs=(Input("t", sha256="a" * 64, titolo="un'altra"), shared))
        first, second = Ledger(), Ledger()
        for registry, figures in ((first, [one]), (second, [two, the_figure(1, "pavia", indicatore="b")])):
            for figure in figures:
                kept = tuple(registry.keep(i, {"colonne": ["x"], "righe": [[of_two]]}) for i in figure.inputs)
                registry.add(replace(figure, inputs=kept))
        return [first, second]

    before = union(ledger(5)).to_dict()
    one, two = ledger(5)[0], ledger(7)[1]
    assert text_of(replaced(before, {"a"}, [two])) == union([one, two]).text()
    assert text_of(replaced(before, {"a", "b"}, [])) == union(ledger(5)).text()
    assert text_of(replaced(before, (), [one, two])) == union([one, two]).text()
