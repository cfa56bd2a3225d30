"""Editions: the split of a change adds up exactly, and causes are told apart."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conciliazione_lib.errors import DatiError
from conciliazione_lib.evidence import Figure, Input, Ledger, Place
from conciliazione_lib.quality.anomalies import OUTSIDE_THE_HISTORY, OUTSIDE_THE_PEERS, WITHOUT_CAUSE, anomalies
from conciliazione_lib.quality.decomposition import split
from conciliazione_lib.quality.editions import Edition, causes, compare, to_frame

ATS = [Place("ats", code, code.title()) for code in ("insubria", "pavia", "bergamo", "brescia", "brianza", "milano")]


def figure(valore: float | None, *, place: Place = ATS[0], periodo: str = "2022-01-01", sha: str = "a" * 64) -> Figure:
    source = Input(tabella="popolazione", sha256=sha, data_riferimento=periodo)
    return Figure("residenti", valore, "persone", 0, place, periodo, inputs=(source,), note="" if valore else "manca")


def edizione(
    nome: str, *figures: Figure, methods: Mapping[str, str] = {}, boundaries: Mapping[str, str] = {}
) -> Edition:
    registry = Ledger()
    for f in figures:
        registry.add(f)
    return Edition(nome, registry, dict(methods), dict(boundaries))


possible_causes = st.lists(st.sampled_from(["periodo", "confini", "metodo", "revisione"]), unique=True, min_size=1)


@given(possible_causes, st.data())
def test_the_split_adds_up_exactly(cause: list, data: st.DataObject) -> None:
    values: dict[frozenset, float] = {}

    def value(insieme: frozenset) -> float:
        return values.setdefault(insieme, data.draw(st.integers(-1000, 1000)) / 4)

    effects = split(cause, value)
    assert sum(effects.values()) == pytest.approx(value(frozenset(cause)) - value(frozenset()), abs=1e-9)
    assert set(effects) == set(cause)


def test_additive_causes_get_exactly_their_effect() -> None:
    effect = {"periodo": 3.0, "confini": -5.0, "metodo": 0.5}
    assert split(list(effect), lambda s: 100 + sum(effect[c] for c in s)) == effect


def test_causes_that_cannot_be_separated_are_said_to_be_joint() -> None:
    end = {frozenset(): 10.0, frozenset({"periodo", "confini"}): 14.0}
    assert split(["periodo", "confini"], end.get) == {"congiunte": 4.0}


def test_an_unchanged_edition_has_no_changes() -> None:
    a = edizione("A", *(figure(100 + i, place=place) for i, place in enumerate(ATS)))
    changes = compare(a, a)
    assert len(changes) == len(ATS)
    assert all(c.variazione == 0 and not c.effetti for c in changes)
    assert anomalies(changes) == []


def test_each_cause_is_told_apart() -> None:
    before, boundaries = figure(100), {"insubria": "x"}
    a = edizione("A", before, methods={"residenti": "m"}, boundaries=boundaries)
    cases = {
        "periodo": (figure(110, periodo="2023-01-01"), "m", "x"),
        "revisione": (figure(110, sha="b" * 64), "m", "x"),
        "confini": (figure(110), "m", "y"),
        "metodo": (figure(110), "n", "x"),
    }
    for cause, (after, method, boundary) in cases.items():
        b = edizione("B", after, methods={"residenti": method}, boundaries={"insubria": boundary})
        assert causes(before, after, a, b) == [cause]
        [change] = compare(a, b)
        assert change.effetti == {cause: 10.0}


def test_a_change_without_a_cause_is_an_anomaly() -> None:
    a, b = edizione("A", figure(100)), edizione("B", figure(110))
    [anomaly] = anomalies(compare(a, b))
    assert anomaly.change.effetti == {"ignota": 10.0}
    assert anomaly.motivi == (WITHOUT_CAUSE,)


def test_two_causes_are_split_when_the_figure_can_be_computed_again() -> None:
    a = edizione("A", figure(100), boundaries={"insubria": "x"})
    b = edizione("B", figure(130, periodo="2023-01-01"), boundaries={"insubria": "y"})
    assert compare(a, b)[0].effetti == {"congiunte": 30.0}
    # at the old boundaries the new period would give 110, at the new ones the old period 115
    target = {frozenset({"periodo"}): 110.0, frozenset({"confini"}): 115.0}
    [change] = compare(a, b, lambda before, after, agite: target[agite])
    assert change.effetti == {"periodo": 12.5, "confini": 17.5}
    row = to_frame([change]).iloc[0]
    assert row["variazione"] == row[["periodo", "confini", "metodo", "revisione", "congiunte", "ignota"]].sum()


def test_figures_that_appear_or_disappear_are_listed() -> None:
    a, b = edizione("A", figure(100)), edizione("B", figure(90, place=ATS[1]))
    new, vanished = compare(a, b)[1], compare(a, b)[0]
    assert vanished.dopo is None
    assert new.prima is None
    assert new.variazione is None


def test_an_outlier_among_its_peers_is_an_anomaly() -> None:
    a = edizione("A", *(figure(1000, place=place) for place in ATS))
    new = [1010, 1012, 1009, 1011, 1013, 1500]
    b = edizione("B", *(figure(v, place=place, sha="b" * 64) for v, place in zip(new, ATS, strict=True)))
    [anomaly] = anomalies(compare(a, b))
    assert (anomaly.change.figure.territory.codice, anomaly.motivi) == ("milano", (OUTSIDE_THE_PEERS,))


def test_a_step_out_of_its_own_history_is_an_anomaly() -> None:
    past = [figure(1000 + 10 * i, periodo=str(2015 + i)) for i in range(6)]
    a = edizione("A", *past)
    still, jump = figure(1061, periodo="2021", sha="b" * 64), figure(1200, periodo="2021", sha="b" * 64)
    usual, strange = edizione("B", *past, still), edizione("B", *past, jump)
    # the new year is compared with the last of the older edition, when that is no longer there
    last_without = edizione("A", *past[:-1], figure(1050, periodo="2020-01-01"))
    assert anomalies(compare(a, usual), usual.ledger) == []
    assert anomalies(compare(last_without, usual), usual.ledger) == []
    [anomaly] = anomalies(compare(edizione("A", *past, figure(1060, periodo="2021")), strange), strange.ledger)
    assert (anomaly.change.figure.period, anomaly.motivi) == ("2021", (OUTSIDE_THE_HISTORY,))


def test_an_edition_is_read_as_it_was_saved(tmp_path: Path) -> None:
    a = edizione("2025-2027", figure(100), methods={"residenti": "m"}, boundaries={"insubria": "x"})
    a.save(tmp_path)
    a.ledger.save(tmp_path / "cifre.json")
    read_ = Edition.read(tmp_path)
    assert (read_.nome, read_.metodi, read_.confini) == ("2025-2027", {"residenti": "m"}, {"insubria": "x"})
    assert read_.ledger.to_dict() == a.ledger.to_dict()


def test_a_folder_that_is_not_an_edition_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatiError, match=r"manca edizione\.json"):
        Edition.read(tmp_path)
    (tmp_path / "edizione.json").write_text("{", encoding="utf-8")
    with pytest.raises(DatiError, match="danneggiato"):
        Edition.read(tmp_path)
