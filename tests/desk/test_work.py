"""What the desk says of the work: what is chosen, what is ready, what is missing and who has it; in plain words."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any
from unittest.mock import patch

import piccola_edizione
import pytest

from conciliazione_lib import catalog
from conciliazione_lib.build import load
from conciliazione_lib.desk import arrivals, child, simulator, work
from conciliazione_lib.desk.server import Upload
from conciliazione_lib.desk.shown import here
from conciliazione_lib.errors import UsoError
from conciliazione_lib.report import Capitolo, gaps
from conciliazione_lib.sources import importing, refresh

CONFIG = load(Path(__file__).parents[2])


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new folder of data."""
    monkeypatch.setenv("CONCILIAZIONE_DATI", str(tmp_path / "dati"))
    return tmp_path / "dati"


def test_a_choice_is_remembered_and_a_wrong_one_refused() -> None:
    assert work.chosen() == work.Chosen()
    assert work.choose("Pavia", "2022-01-01") == work.Chosen("pavia", "2022-01-01")
    assert work.chosen() == work.Chosen("pavia", "2022-01-01")
    for ats, date in (("roma", ""), ("pavia", "1990-01-01"), ("pavia", "../x")):
        with pytest.raises(UsoError):
            work.choose(ats, date)
    assert work.chosen().ats == "pavia"
    dates = work.dates(CONFIG)
    assert dates[0] == ("", "1° gennaio 2025, stimata (dell'edizione)")
    assert ("2022-01-01", "1° gennaio 2022") in dates


def test_before_a_document_what_is_missing_is_what_there_is_no_table_of(tmp_path: Path) -> None:
    found = work.lacking(CONFIG, tmp_path, "pavia")
    declared = [gap.template for gap in gaps.declared().values() if gap.template]
    tables = [one.table for one in found]
    assert tables == [table for table in declared if table in tables]
    assert {"servizi_offerta", "kpi", "questionari"} <= set(tables)
    assert "comuni_ambiti" not in tables  # there is one: what it lacks is known when figures are
    assert all(one.effect and one.who and not one.figures for one in found)
    assert next(one for one in found if one.table == "prima_infanzia_comuni").online


def test_what_is_missing_is_what_the_document_says_in_its_order(tmp_path: Path) -> None:
    """Which, in which words and in which order, the chapter decides; with the figures that wait for it."""
    with patch("IPython.display.display"):
        c = Capitolo.apri("02_demografia", territorio="pavia", data="2022-01-01", edizione=CONFIG.edizione)
        c.manca("Un dato", effetto="Non si dice nulla {{ di(t) }}.", chi="i comuni", modello="servizi_offerta")
        c.manca("Un altro", effetto="Non si dice altro.", chi="nessuno")
        c.chiudi()
    folder = tmp_path / "reports" / CONFIG.edizione / "notebook" / "ats" / "pavia"
    folder.mkdir(parents=True)
    piccola_edizione.notebook(c, folder / "02_demografia.ipynb")
    found = work.lacking(CONFIG, tmp_path, "pavia")
    assert [(one.what, one.effect, one.who, one.table, one.online) for one in found] == [
        ("Un dato", "Non si dice nulla dell'ATS di Pavia.", "i comuni", "servizi_offerta", True),
        ("Un altro", "Non si dice altro.", "nessuno", "", False),
    ]


def test_what_is_ready_is_told_with_the_word_document_first(tmp_path: Path) -> None:
    folder = tmp_path / "reports" / CONFIG.edizione / "documenti" / "pavia"
    folder.mkdir(parents=True)
    for kind in ("pdf", "docx"):
        (folder / f"analisi-dei-bisogni-pavia.{kind}").write_bytes(b"x")
    assert [one.key for one in work.made(CONFIG, tmp_path, "pavia")] == ["word", "pdf"]


def test_what_comes_in_can_be_taken_back() -> None:
    assert work.undoable() == []
    text = b"comune;denominazione;tipo;gestione;posti;anno;fonte\nPavia;Nido;asilo nido;pubblica;60;2024;ATS\n"
    arrival = arrivals.arrived(Upload("elenco.csv", text))
    assert arrival.look().questions == 0
    arrivals.put_in(arrival, sure=False, used=lambda table: work.chapters_of(CONFIG, table))
    assert [name for name, _ in work.undoable()] == ["servizi_offerta"]
    assert any(one["origine"] == "importata da voi" for one in work.tables(CONFIG))


def test_an_import_that_takes_much_away_asks_first() -> None:
    rows = [f"Pavia;Nido {n};asilo nido;pubblica;60;2024;ATS" for n in range(30)]
    header = "comune;denominazione;tipo;gestione;posti;anno;fonte"
    arrivals.put_in(arrivals_ready("\n".join([header, *rows]) + "\n"), sure=False, used=lambda table: [])
    fewer = arrivals_ready("\n".join([header, *rows[:5]]) + "\n")
    assert arrivals.needs_yes(fewer.look().placed or pytest.fail("non si legge")).startswith(
        "Con questo file la tabella perde 25"
    )
    with pytest.raises(UsoError, match="perde 25 righe"):
        arrivals.put_in(fewer, sure=False, used=lambda table: [])
    assert len(catalog.read("servizi_offerta")) == 30
    arrivals.put_in(fewer, sure=True, used=lambda table: [])
    assert len(catalog.read("servizi_offerta")) == 5


def arrivals_ready(text: str) -> arrivals.Arrival:
    """Return a file dropped on the desk and looked at once."""
    arrival = arrivals.arrived(Upload("elenco.csv", text.encode()))
    arrival.look()
    return arrival


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("Per rifarli: conciliazione genera --ats pavia", "Per rifarli: la pagina «Genera»"),
        ("Si ottiene con «conciliazione dati modello servizi_offerta».", "Si ottiene con il modello da scaricare"),
        ("generarli con: python avvia.py conciliazione genera", "generarli con: la pagina «Genera»"),
        ("Indicare quale foglio leggere, con --foglio.", "Indicare quale foglio leggere nel menu «Foglio»."),
        ("Per dirne un'altra: --data AAAA-MM-GG.", "Per dirne un'altra: «Data dei dati», qui sotto."),
        (
            'Così: conciliazione dati importa "C:\\i miei file\\a.csv" --come popolazione',
            "Così: la pagina «Porta dentro",
        ),
        ('È quella? Rispondere con --colonna "Nr posti=posti".', "Rispondere con «posti» nel menu della colonna."),
        ("oppure il suo valore con --con anno=VALORE.", "oppure il suo valore nel campo «anno»."),
        ("dopo «conciliazione dati importa» o «conciliazione dati aggiorna».", "«Porta dentro i dati» o la pagina"),
    ],
)
def test_messages_name_pages_and_not_commands(command: str, words: str) -> None:
    assert words in here(command)
    assert "conciliazione " not in here(command)
    assert "--" not in here(command)


def test_answers_are_forgotten_when_asked() -> None:
    arrival = arrivals_ready("comune;denominazione;tipo;gestione;posti;anno\nPavia;Nido;asilo nido;P;60;2024\n")
    assert [one.values[0].written for one in arrival.look().asked] == ["P"]
    arrivals.said_in({"fonte": ["ATS"], "valore:gestione:P": ["privata"], "riga": ["9"]}, arrival.choices)
    assert arrival.answered
    assert arrival.look().questions == 0
    arrivals.said_in({"ricomincia": ["si"]}, arrival.choices)
    assert not arrival.answered
    assert (arrival.choices.table, arrival.choices.source) == ("servizi_offerta", "ATS")
    assert [one.values[0].written for one in arrival.look().asked] == ["P"]


def test_answers_to_questionnaires_are_asked_whose_they_are() -> None:
    arrival = arrivals.arrived(Upload("risposte.csv", b"B1;B2\n5;4\n"))
    arrivals.said_in({"tabella": ["questionari"]}, arrival.choices)
    assert arrival.look().asked_apart == arrivals.ASKED_OF_QUESTIONNAIRES
    said = {"modulo": "beneficiari", "ats": "pavia", "alleanza": "Nord", "rilevazione": "2026"}
    arrivals.said_in({f"dato:{name}": [value] for name, value in said.items()}, arrival.choices)
    assert arrival.choices.adding
    assert arrival.look().asked_apart == ()


def test_the_sources_ask_before_they_replace_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = catalog.spec("servizi_offerta")
    text = "comune;denominazione;tipo;gestione;posti;anno;fonte\nPavia;Nido;asilo nido;pubblica;60;2024;ATS\n"
    read = arrivals_ready(text).understand()
    asked: list[bool] = []

    def downloaded(tables: Any, *, progress: Any, accept: Any) -> list[refresh.Outcome]:
        progress("Tabella «servizi_offerta».")
        asked.append(accept(read, importing.changes(read.frame, None, spec)))
        return [refresh.Outcome("servizi_offerta", refresh.NOT_ACCEPTED, "Restano i dati di prima.")]

    monkeypatch.setattr(refresh, "refresh", downloaded)
    for answer in ("si", "no"):
        events = io.StringIO()
        line = child.Line(events, io.StringIO())
        line.answers.put(answer)
        told = child.refresh({"tabelle": ["servizi_offerta"]}, line)
        said = [json.loads(one) for one in events.getvalue().splitlines()]
        assert said[0] == {"nota": "Tabella «servizi_offerta»."}
        assert said[1]["domanda"]["totali"] == [{"colonna": "posti", "prima": "0", "dopo": "60"}]
        assert said[1]["domanda"]["righe"]["dopo"] == "1"
    assert asked == [True, False]
    assert told["falliti"] == ["servizi_offerta"]


def test_a_rule_is_tried_with_other_numbers_and_nothing_else_changes() -> None:
    said = {"totale:2025": "2.000.000", "peso:residenti": "50", "unita": "0,01"}
    tried = simulator.attempt("abitanti-2025-2027", lambda field: said.get(field, ""), 10)
    assert {str(k): int(v) for k, v in tried.file.totali.items()} == {"2025": 2_000_000, "2026": 10**6, "2027": 10**6}
    assert [part.riparto["importo"].sum() for part in tried.shares] == [2_000_000, 1_000_000]
    kept = [line for line in tried.text.splitlines() if not re.match(r"(2025|unita|peso) =", line)]
    whole = simulator.attempt("abitanti-2025-2027", lambda field: "", 10).text.splitlines()
    assert kept == [line for line in whole if not re.match(r"(2025|unita|peso) =", line)]
    for wrong in ("tanto", "1; x", "-5", "1e9", "1\n[altro]"):
        with pytest.raises(UsoError, match="non è un numero"):
            simulator.attempt("abitanti-2025-2027", lambda field, w=wrong: w if field == "unita" else "", 10)
    with pytest.raises(UsoError, match="non c'è"):
        simulator.attempt("../../reports", lambda field: "", 10)
