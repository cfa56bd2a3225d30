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
SENZA_CONFRONTI = {
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
NUMERI = {
    "riparti": ("importo", 0.05, 0.2),
    "residenti_atto": ("residenti", 0.05, 0.2),
    "contributi_province": ("contributo", 0.05, 0.2),
    "risorse_2014_2015": ("importo", 0.05, 0.2),
    "somme_dichiarate": ("valore", 0.05, 0.2),
    # shares printed with one digit: a twentieth of them is rounding
    "rapporti_dichiarati": ("quota", 0.5, 0.9),
}


@pytest.fixture(scope="module")
def buoni() -> set[str]:
    return {r.check.id for r in check.run() if r.outcome.esito == "quadra"}


@pytest.fixture
def guasta(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, pd.Index, str, float], None]]:
    """Give a function that seeds an error in a table, for all the checks."""
    vera = catalog.read

    def semina(tabella: str, riga: int, colonna: str, valore: float) -> None:
        def letta(nome: str, data: str | None = None) -> pd.DataFrame:
            frame = vera(nome, data=data)
            if nome == tabella:
                frame = frame.astype({colonna: "float64"})
                frame.loc[riga, colonna] = valore
            return frame

        monkeypatch.setattr(catalog, "read", letta)
        reading.read.cache_clear()

    yield semina
    monkeypatch.undo()
    reading.forget()


def righe_da_guastare(tabella: str, frame: pd.DataFrame) -> pd.Index:
    """Return the rows whose number some check holds right."""
    if tabella == "riparti":  # those of the press do not agree with the act to begin with, nor do those of 2017
        return frame.index[(frame["precisione"] != "arrotondata")]
    if tabella == "somme_dichiarate":
        return frame.index[frame["ruolo"] != "altro"]
    if tabella == "rapporti_dichiarati":
        return frame.index[frame["rapporto"] != "adi-obiettivo-2024"]
    return frame.index


@pytest.mark.parametrize("tabella", sorted(NUMERI))
def test_an_error_in_any_number_is_found(tabella: str, buoni: set[str], guasta: Callable[..., None]) -> None:
    casuale = np.random.default_rng(20250101)
    colonna, minimo, massimo = NUMERI[tabella]
    frame = catalog.read(tabella)
    righe = righe_da_guastare(tabella, frame)
    interessati = [c for c in check.checks() if c.id in buoni and tabella in c.tabelle]
    for riga in casuale.choice(righe, min(len(righe), 12), replace=False):
        valore = float(frame.loc[riga, colonna]) * (1 + casuale.choice([-1, 1]) * casuale.uniform(minimo, massimo))
        guasta(tabella, riga, colonna, round(valore, 2) or 1000.0)
        caduti = {c.id for c in interessati if c.esegui().esito == "non_quadra"}
        assert caduti, f"nobody sees the error in {frame.loc[riga].to_dict()}"


def test_the_wrong_number_of_a_sum_is_named(guasta: Callable[..., None]) -> None:
    frame = catalog.read("contributi_province")
    milano = frame.index[frame["provincia"] == "MI"][0]
    guasta("contributi_province", milano, "contributo", 405_995.08)  # a digit of 495.995,08 misread
    [esito] = [c.esegui() for c in check.checks() if c.id == "risorse-contributi-province"]
    assert esito.esito == "non_quadra"
    assert esito.differenza == Decimal("90000")
    assert "Milano da 405.995,08 € a 495.995,08 €" in esito.correzione


def test_every_table_that_can_be_checked_is() -> None:
    radice = Path(__file__).parents[2] / "data"
    incorporate = {cartella.name for cartella in radice.iterdir() if cartella.is_dir() and cartella.name != "locale"}
    lette = {tabella for c in check.checks() for tabella in c.tabelle}
    assert lette <= set(catalog.names())
    assert incorporate - lette - SENZA_CONFRONTI == set()


def test_an_unknown_check_is_refused() -> None:
    with pytest.raises(UsoError, match="Verifica sconosciuta: nessuna"):
        check.run(["nessuna"])


def test_words_that_soften_a_number() -> None:
    assert str(interval(40, "poco più")) == "40,0–41,0"
    assert str(interval(650, "quasi")) == "640,0–650,0"
    assert str(interval(34.6, "esatta")) == "34,55–34,65"
    dieci_milioni = interval(10_050_000, "oltre")
    assert (dieci_milioni.low, dieci_milioni.high) == (10_050_000, 10_060_000)
    quota = interval(1_181_772, "esatta").share(dieci_milioni)
    assert quota.meets(interval(11.7, "esatta"))
    assert not quota.meets(interval(12.7, "esatta"))
    assert Interval(quota.low, quota.low).meets(quota)


def test_a_check_on_a_province_concerns_the_ats_that_have_part_of_it() -> None:
    dette = {r.check.id: r.check for r in check.run(territorio="insubria")}
    assert {"popolazione-vecchiaia-va", "popolazione-vecchiaia-co", "popolazione-vecchiaia-lombardia"} <= set(dette)
    assert "popolazione-vecchiaia-bg" not in dette
    assert dette["popolazione-vecchiaia-co"].territori == ("insubria", "montagna")
    assert "della provincia di Como " in dette["popolazione-vecchiaia-co"].titolo


def test_words_for_readers_name_no_check_by_its_id() -> None:
    risultati = check.run()
    nomi = {r.check.id for r in risultati}
    for r in risultati:
        detto = f"{r.check.titolo} {r.outcome.confronto} {r.outcome.spiegazione} {r.outcome.correzione}"
        assert not [nome for nome in nomi if nome in detto], r.check.id


def test_each_territory_has_the_checks_that_concern_it() -> None:
    elenco = check.by_territory("tempi-", ["milano", "montagna"])
    quanti = elenco.groupby("territorio").size()
    assert quanti["lombardia"] == quanti["milano"] > quanti["montagna"] > 0
    propri = [c for c in check.checks() if c.id.startswith("tempi-") and c.territori]
    assert not {c.id for c in propri} & set(elenco.loc[elenco["territorio"] == "montagna", "controllo"])
    # the classes of the regional report do not sum to its total
    assert "non quadra" in set(elenco.loc[elenco["differisce"], "esito"])
