"""What the user chooses reaches the build, and how it ended reaches the user."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest

from conciliazione_lib import cli
from conciliazione_lib.build import engine
from conciliazione_lib.build.model import ChapterResult, Choice, RunResult
from conciliazione_lib.errors import EsecuzioneError

NOTEBOOK = Path("/uscita/reports/2025/notebook/ats/pavia/02.ipynb")


@pytest.fixture(autouse=True)
def progetto(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one small chapter."""
    parameters = "territorio: str = 'insubria'\nedizione: str = '2025'\ndata: str = '2022-01-01'"
    cell = nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "a.ipynb")
    (tmp_path / "reports.toml").write_text(
        'edizione = "2025"\n[edizioni."2025"]\ntitolo = "Edizione"\ndata = "2022-01-01"\n'
        '[[capitoli]]\nid = "01"\ntitolo = "Uno"\nnotebook = "a.ipynb"\nlivelli = ["regione", "ats"]\n',
        encoding="utf-8",
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def chapter(nome: str, stato: str = "fatto", error: str | None = None, executed: bool = True) -> ChapterResult:
    return ChapterResult(nome, "ats", "pavia", "ATS di Pavia", NOTEBOOK, stato, error, eseguito=executed)


def with_outcome(monkeypatch: pytest.MonkeyPatch, outcome: RunResult | Exception) -> dict[str, object]:
    """Replace the build with a given end; return what it was asked."""
    asked: dict[str, object] = {}

    def run(config: object, choice: Choice, **other: object) -> RunResult:
        asked.update(other, choice=choice)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(engine, "run", run)
    return asked


def test_the_choice_reaches_the_build(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    asked = with_outcome(monkeypatch, RunResult([chapter("01")], True, tmp_path / "reports" / "2025", [], 1.23))
    choices = ["--ats", "pavia", "--ats", "insubria", "--ambito", "melzo", "--capitolo", "01"]
    others = ["--processi", "3", "--da-capo", "--uscita", str(tmp_path / "altrove")]
    assert cli.main(["genera", *choices, *others]) == 0
    assert asked["choice"] == Choice(("pavia", "insubria"), ("melzo",), ("01",))
    assert asked["output"] == tmp_path / "altrove"
    assert asked["processes"] == 3
    assert asked["afresh"] is True
    assert capsys.readouterr().out.startswith("1 capitolo eseguito in 1,2 secondi.\n")


def test_ends_by_saying_where_everything_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = tmp_path / "reports" / "2025"
    (folder / "sito").mkdir(parents=True)
    (folder / "sito" / "index.html").touch()
    with_outcome(monkeypatch, RunResult([chapter("01", executed=False)], False, folder, [], 0.4))
    assert cli.main(["genera"]) == 0
    assert capsys.readouterr().out == (
        "Niente da eseguire: nessun ingresso è cambiato (0,4 secondi).\n\n"
        f"Tutto è in {folder}\nIl sito: {folder / 'sito' / 'index.html'}\n"
        "Per vederlo: conciliazione anteprima\n"
    )


def test_the_word_document_is_told_first(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    word = tmp_path / "documenti" / "pavia" / "analisi-dei-bisogni-pavia.docx"
    word.parent.mkdir(parents=True)
    word.touch()
    with_outcome(monkeypatch, RunResult([chapter("01")], True, tmp_path, [], 1.2))
    assert cli.main(["genera"]) == 0
    assert f"\n\nIl documento in Word: {word}\nTutto è in {tmp_path}\n" in capsys.readouterr().out


def test_failures_are_listed_with_their_reason(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    failed = [chapter("01"), chapter("02", "fallito", "Manca la tabella.\nChe cosa fare: importarla.")]
    with_outcome(monkeypatch, RunResult(failed, True, tmp_path, ["ats/milano/01"], 12.0))
    assert cli.main(["genera", "--ats", "pavia"]) == 1
    said = capsys.readouterr().out
    assert (
        "Non riusciti: 1.\n  ATS di Pavia, 02:\n    Manca la tabella.\n    Che cosa fare: importarla.\n"
        f"    Quaderno con l'errore: {NOTEBOOK}\n"
    ) in said
    assert "Non più aggiornati, e fuori dalla scelta fatta: ats/milano/01.\n" in said


def test_a_program_may_read_the_answer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with_outcome(monkeypatch, RunResult([chapter("02", "fallito", "No.")], True, tmp_path, [], 2.0))
    assert cli.main(["genera", "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert answer["capitoli"][0]["stato"] == "fallito"
    assert answer["capitoli"][0]["errore"] == "No."
    assert answer["cartella"] == str(tmp_path)


def test_what_is_to_be_looked_at_is_told_and_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    warnings = [f"Da controllare: cifra {number}." for number in range(12)]
    with_outcome(monkeypatch, RunResult([chapter("01")], True, tmp_path / "2025", [], 2.0, warnings))
    assert cli.main(["genera"]) == 0
    said = capsys.readouterr().out
    assert "12 avvisi, da guardare prima di diffondere:\n  Da controllare: cifra 0.\n" in said
    assert "cifra 9." in said
    assert "cifra 10." not in said
    assert f"… e altri 2, nel registro {tmp_path / '2025'}.log\n" in said
    assert cli.main(["genera", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["avvisi"] == warnings


def test_a_refused_build_says_why(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with_outcome(monkeypatch, EsecuzioneError("Un'altra generazione sta già scrivendo.", remedy="attendere."))
    assert cli.main(["genera"]) == 1
    assert capsys.readouterr().err == "Un'altra generazione sta già scrivendo.\nChe cosa fare: attendere.\n"


def with_analysis(progetto: Path) -> None:
    """Add an analysis, which the chapter shows."""
    cell = nbformat.v4.new_code_cell(
        "edizione: str = '2025'\ndata: str = '2022-01-01'", metadata={"tags": ["parameters"]}
    )
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), progetto / "b.ipynb")
    with (progetto / "reports.toml").open("a", encoding="utf-8") as file:
        file.write('analisi = ["cifre"]\n[[analisi]]\nid = "cifre"\ntitolo = "Cifre"\nnotebook = "b.ipynb"\n')


def test_the_plan_counts_analyses_and_chapters_apart(capsys: pytest.CaptureFixture[str], progetto: Path) -> None:
    with_analysis(progetto)
    assert cli.main(["genera", "--solo-piano"]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert rows[0].startswith("  eseguire  analisi/cifre: ")
    assert rows[-1] == "Da eseguire: 1 analisi su 1 e 9 capitoli su 9."
    assert cli.main(["genera", "--solo-piano", "--solo-cifre"]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == ["Da eseguire: 1 analisi su 1."]


@pytest.mark.parametrize(
    "choice", [["--ats", "pavia"], ["--ambito", "melzo"], ["--capitolo", "01"], ["--scheduler", "tcp://localhost:1"]]
)
def test_figures_alone_are_those_of_the_whole_region(
    choice: list[str], capsys: pytest.CaptureFixture[str], progetto: Path
) -> None:
    with_analysis(progetto)
    assert cli.main(["genera", "--solo-cifre", *choice]) == 2
    said = capsys.readouterr().err
    assert said.startswith("Con --solo-cifre non si scelgono ATS, ambiti o capitoli, né uno scheduler")
    assert "togliere --ats, --ambito, --capitolo e --scheduler; oppure togliere --solo-cifre" in said
    assert not (progetto / "reports").exists()


def test_analyses_that_were_run_are_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with_outcome(monkeypatch, RunResult([chapter("01", executed=False)], False, tmp_path, [], 0.4, analisi=2))
    assert cli.main(["genera"]) == 0
    assert capsys.readouterr().out.startswith(
        "2 analisi eseguite.\nNessun capitolo da rifare: le cifre che mostrano sono le stesse (0,4 secondi).\n"
    )
    with_outcome(monkeypatch, RunResult([chapter("01")], True, tmp_path, [], 1.2, analisi=1))
    assert cli.main(["genera"]) == 0
    assert capsys.readouterr().out.startswith("1 analisi eseguita.\n1 capitolo eseguito in 1,2 secondi.\n")


def test_the_plan_is_shown_and_nothing_is_done(capsys: pytest.CaptureFixture[str], progetto: Path) -> None:
    assert cli.main(["genera", "--solo-piano", "--ats", "pavia"]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert rows[0].startswith("  eseguire  ats/pavia/01: ")
    assert rows[-1] == "Da eseguire: 1 capitolo su 1."
    assert cli.main(["genera", "--solo-piano", "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert len(plan) == 9
    assert all(entry["da_eseguire"] for entry in plan)
    assert not (progetto / "reports" / "2025").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--ats", "milan"], "L'ATS «milan» non esiste.\nChe cosa fare: forse si intendeva: milano"),
        (["--capitolo", "99"], "Il capitolo «99» non esiste.\nChe cosa fare: scegliere fra: 01"),
        (["--processi", "0"], "Valore non ammesso per --processi"),
        (["--processi", "due"], "Il valore di --processi deve essere un numero."),
        (["--edizione", "1999"], "L'edizione «1999» non è dichiarata in reports.toml."),
    ],
)
def test_a_wrong_choice_is_refused(arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["genera", "--solo-piano", *arguments]) == 2
    assert capsys.readouterr().err.startswith(told)
