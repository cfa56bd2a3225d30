"""A demographic change with several causes is split by computing the figure again; the parts add up."""

from __future__ import annotations

from pathlib import Path

import pytest

from conciliazione_lib import catalog, storage, territory
from conciliazione_lib.evidence import Figure, Input, Ledger, Place
from conciliazione_lib.quality.editions import Edition, compare
from conciliazione_lib.quality.recompute import demographic

PAVIA = Place("ats", "pavia", "Pavia")
CITY = "018110"  # Pavia: the comune that the older boundaries leave out
DATE = ("2022-01-01", "2023-01-01")


@pytest.fixture(autouse=True)
def second_date(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Give the population another date: that of the checks, as if an analyst had imported it."""
    monkeypatch.setenv("CONCILIAZIONE_DATI", str(tmp_path))
    frame = catalog.read("popolazione_di_controllo")
    entry = {"data_riferimento": DATE[1], "titolo": "t", "fonte": "f", "url": "", "licenza": "", "recuperato": ""}
    entry |= {"grado": "pubblicazione"}
    storage.write_version("popolazione", "importata", "p.parquet", lambda f: frame.to_parquet(f, index=False), entry)


def before_the_boundaries(livello: str, codice: str) -> set[str]:
    return set(territory.load(data=DATE[0]).members(livello, codice)) - {CITY}


def now(livello: str, codice: str) -> set[str]:
    return set(territory.load(data=DATE[0]).members(livello, codice))


def figure(indicatore: str, periodo: str, comuni: set[str], sha: str = "") -> Figure:
    table = catalog.table("popolazione", data=periodo)
    source = Input(tabella="popolazione", sha256=sha or table.provenance.sha256, data_riferimento=periodo)
    empty = Figure(indicatore, 0.0, "persone", 0, PAVIA, periodo, inputs=(source,))
    value = demographic(lambda *_: comuni, lambda *_: comuni)(empty, empty, frozenset({"revisione"}))
    return Figure(indicatore, value, "persone", 0, PAVIA, periodo, inputs=(source,))


def edizione(nome: str, figure: Figure, boundaries: str) -> Edition:
    registry = Ledger()
    registry.add(figure)
    return Edition(nome, registry, {figure.indicator: "m"}, {"pavia": boundaries})


@pytest.mark.parametrize("indicatore", ["residenti", "indice_vecchiaia"])
def test_period_and_boundaries_add_up(indicatore: str) -> None:
    a = edizione("A", figure(indicatore, DATE[0], before_the_boundaries("ats", "pavia")), "x")
    b = edizione("B", figure(indicatore, DATE[1], now("ats", "pavia")), "y")
    [change] = compare(a, b, demographic(before_the_boundaries, now))
    assert set(change.effetti) == {"periodo", "confini"}
    assert all(change.effetti.values())
    assert sum(change.effetti.values()) == pytest.approx(change.variazione, abs=1e-9)
    if indicatore == "residenti":
        populations = [catalog.read("popolazione", data=d).query("cod_comune == @CITY") for d in DATE]
        city = [p["residenti"].sum() for p in populations]
        # of an additive figure, the boundaries are worth the mean of the comune at the two dates
        assert change.effetti["confini"] == sum(city) / 2


def test_a_revised_file_that_is_no_longer_there_is_not_guessed() -> None:
    a = edizione("A", figure("residenti", DATE[0], before_the_boundaries("ats", "pavia"), "b" * 64), "x")
    b = edizione("B", figure("residenti", DATE[0], now("ats", "pavia")), "y")
    [change] = compare(a, b, demographic(before_the_boundaries, now))
    assert change.effetti == {"congiunte": change.variazione}
