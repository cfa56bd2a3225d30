"""The checks themselves: errors seeded in the tables they read are found, and located."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from conciliazione_lib import catalog
from conciliazione_lib.errors import UsoError
from conciliazione_lib.quality import check, reading
from conciliazione_lib.quality.intervals import Interval, interval

#: Tables with nothing to compare: names and boundaries, choices and rules of ours or of the law, templates.
WITHOUT_COMPARISONS = {
    "ambiti_istat",
    "bisogni",
    "codici_precedenti",
    "comuni",
    "confini",
    "distretti",
    "errori_popolazione",
    "fusioni_comuni",
    "indice_bisogno",
    "macrocategorie",
    "norme_servizi",
    "questionario",
    "regole_azione",
    "regole_programma",
    "servizi_comuni",
    "soglie_riservatezza",
    "aree_bisogno",
    "tipi_servizio",
    # the back-test compares them
    "documento_2020",
    "popolazione_italia",
}
#: Tables of the founding documents and of the facts: the column of their numbers, and how large an error to seed.
NUMBERS = {
    "riparti": ("importo", 0.05, 0.2),
    "residenti_atto": ("residenti", 0.05, 0.2),
    "contributi_province": ("contributo", 0.05, 0.2),
    "risorse_2014_2015": ("importo", 0.05, 0.2),
    "somme_dichiarate": ("valore", 0.05, 0.2),
    # shares printed with one digit: a twentieth of them is rounding
    "rapporti_dichiarati": ("quota", 0.5, 0.9),
}


@pytest.fixture(scope="module")
def results() -> list[check.Result]:
    return check.run()


@pytest.fixture(scope="module")
def good(results: list[check.Result]) -> set[str]:
    return {r.check.id for r in results if r.outcome.esito == "quadra"}


@pytest.fixture
def faulty(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, pd.Index, str, float], None]]:
    """Give a function that seeds an error in a table, for all the checks."""
    true = catalog.read

    def sow(tabella: str, row: int, column: str, valore: float) -> None:
        def read_(nome: str, data: str | None = None) -> pd.DataFrame:
            frame = true(nome, data=data)
            if nome == tabella:
                frame = frame.astype({column: "float64"})
                frame.loc[row, column] = valore
            return frame

        monkeypatch.setattr(catalog, "read", read_)
        reading.forget()

    yield sow
    monkeypatch.undo()
    reading.forget()


def rows_to_spoil(tabella: str, frame: pd.DataFrame) -> pd.Index:
    """Return the rows whose number some check holds right."""
    if tabella == "riparti":  # those of the press do not agree with the act to begin with, nor do those of 2017
        return frame.index[(frame["precisione"] != "arrotondata")]
    if tabella == "somme_dichiarate":
        return frame.index[frame["ruolo"] != "altro"]
    if tabella == "rapporti_dichiarati":
        return frame.index[frame["rapporto"] != "adi-obiettivo-2024"]
    return frame.index


@pytest.mark.parametrize("tabella", sorted(NUMBERS))
def test_an_error_in_any_number_is_found(tabella: str, good: set[str], faulty: Callable[..., None]) -> None:
    random = np.random.default_rng(20250101)
    column, minimum, maximum = NUMBERS[tabella]
    frame = catalog.read(tabella)
    rows = rows_to_spoil(tabella, frame)
    concerned = [c for c in check.checks() if c.id in good and tabella in c.tabelle]
    for row in random.choice(rows, min(len(rows), 12), replace=False):
        value = float(frame.loc[row, column]) * (1 + random.choice([-1, 1]) * random.uniform(minimum, maximum))
        faulty(tabella, row, column, round(value, 2) or 1000.0)
        fallen = {c.id for c in concerned if c.esegui().esito == "non_quadra"}
        assert fallen, f"nobody sees the error in {frame.loc[row].to_dict()}"


def test_the_wrong_number_of_a_sum_is_named(faulty: Callable[..., None]) -> None:
    frame = catalog.read("contributi_province")
    milano = frame.index[frame["provincia"] == "MI"][0]
    faulty("contributi_province", milano, "contributo", 405_995.08)  # a digit of 495.995,08 misread
    [outcome] = [c.esegui() for c in check.checks() if c.id == "risorse-contributi-province"]
    assert outcome.esito == "non_quadra"
    assert outcome.differenza == Decimal("90000")
    assert "Milano da 405.995,08 € a 495.995,08 €" in outcome.correzione


def test_every_table_that_can_be_checked_is() -> None:
    root = Path(__file__).parents[2] / "data"
    declared = [file for file in root.glob("*/tabella.toml") if "[[versioni]]" in file.read_text(encoding="utf-8")]
    incorporate = {file.parent.name for file in declared}
    read = {table for c in check.checks() for table in c.tabelle}
    assert read <= set(catalog.names())
    assert incorporate - read - WITHOUT_COMPARISONS == set()


def test_an_unknown_check_is_refused() -> None:
    with pytest.raises(UsoError, match="Verifica sconosciuta: nessuna"):
        check.run(["nessuna"])


def test_words_that_soften_a_number() -> None:
    assert str(interval(40, "poco più")) == "40,0–41,0"
    assert str(interval(650, "quasi")) == "640,0–650,0"
    assert str(interval(34.6, "esatta")) == "34,55–34,65"
    ten_millions = interval(10_050_000, "oltre")
    assert (ten_millions.low, ten_millions.high) == (10_050_000, 10_060_000)
    share = interval(1_181_772, "esatta").share(ten_millions)
    assert share.meets(interval(11.7, "esatta"))
    assert not share.meets(interval(12.7, "esatta"))
    assert Interval(share.low, share.low).meets(share)


def test_a_check_on_a_province_concerns_the_ats_that_have_part_of_it() -> None:
    said = {r.check.id: r.check for r in check.run(territorio="insubria")}
    assert {"popolazione-vecchiaia-va", "popolazione-vecchiaia-co", "popolazione-vecchiaia-lombardia"} <= set(said)
    assert "popolazione-vecchiaia-bg" not in said
    assert said["popolazione-vecchiaia-co"].territori == ("insubria", "montagna")
    assert "della provincia di Como " in said["popolazione-vecchiaia-co"].titolo


def test_words_for_readers_name_no_check_by_its_id(results: list[check.Result]) -> None:
    names = {r.check.id for r in results}
    for r in results:
        said = f"{r.check.titolo} {r.outcome.confronto} {r.outcome.spiegazione} {r.outcome.correzione}"
        assert not [name for name in names if name in said], r.check.id


def test_each_territory_has_the_checks_that_concern_it() -> None:
    listing = check.by_territory("tempi-", ["milano", "montagna"])
    how_many = listing.groupby("territorio").size()
    assert how_many["lombardia"] == how_many["milano"] > how_many["montagna"] > 0
    own = [c for c in check.checks() if c.id.startswith("tempi-") and c.territori]
    assert not {c.id for c in own} & set(listing.loc[listing["territorio"] == "montagna", "controllo"])
    # the classes of the regional report do not sum to its total
    assert "non quadra" in set(listing.loc[listing["differisce"], "esito"])


def test_a_check_tells_the_tables_that_it_looked_for() -> None:
    some = [c for c in check.checks() if c.tabelle][:40]
    found = {result.check.id: tables for result, tables in check.run_each(some)}
    alone = {c.id: next(check.run_each([c]))[1] for c in some}
    assert found == alone, "also of what another had read already"
    assert all(set(c.tabelle) <= found[c.id] for c in some)
