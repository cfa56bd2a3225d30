"""The command line as its users meet it: Italian throughout, right exit codes, never a traceback."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.main import get_command

from conciliazione_lib import cli
from conciliazione_lib.cli.italiano import App, complaint, execute
from conciliazione_lib.errors import DatiError, EsecuzioneError, Problem, UsoError

ENGLISH = re.compile(
    r"\b(usage|options?|arguments?|commands?|default|required|show|this message|exit\b|error|try|for help|missing"
    r"|invalid|such|unexpected|text|integer|str|bool|int|float|path|directory|traceback|deprecated)\b",
    re.IGNORECASE,
)


def aids(command: object, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every command and subcommand, as the words that reach it."""
    names = command.list_commands(None) if hasattr(command, "list_commands") else []
    return [path, *(p for name in names for p in aids(command.get_command(None, name), (*path, name)))]


@pytest.mark.parametrize("path", aids(get_command(cli.app)), ids=lambda p: " ".join(p) or "radice")
def test_every_help_page_is_italian(path: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([*path, "--help"]) == 0
    page = capsys.readouterr().out
    assert page.startswith(f"Uso: {' '.join(['conciliazione', *path])}")
    assert "Mostra questo aiuto ed esce." in page
    assert [word[0] for word in ENGLISH.finditer(page.replace("--help", ""))] == []


def test_help_lists_every_command_and_imports_nothing_heavy() -> None:
    trial = (
        "import sys; from conciliazione_lib.cli import main; main(['--help']);"
        "print(sorted({'pandas', 'numpy', 'geopandas', 'rich', 'matplotlib'} & set(sys.modules)), file=sys.stderr)"
    )
    outcome = subprocess.run(
        [sys.executable, "-c", trial], capture_output=True, text=True, check=True, encoding="utf-8"
    )
    assert outcome.stderr.strip() == "[]"
    for command, explanation in cli.COMMANDS.items():
        assert re.search(rf"^  {command} ", outcome.stdout, re.MULTILINE), command
        assert explanation.split()[0] in outcome.stdout


def test_runs_as_a_module_and_as_a_command() -> None:
    module = subprocess.run(
        [sys.executable, "-m", "conciliazione_lib", "--versione"], capture_output=True, text=True, check=True
    )
    script = Path(sys.executable).parent / "conciliazione"
    installed = subprocess.run([str(script), "--versione"], capture_output=True, text=True, check=True)
    assert module.stdout == installed.stdout == f"conciliazione {cli.__version__}\n"


def prova(*arguments: str) -> int:
    """A small application with every kind of parameter, run on some arguments."""
    app = App("Prova.")

    @app.italian_command()
    def conta(quanti: int, modo: str, *, ats: str = "tutte", forte: bool = False) -> int:
        """Conta."""
        return quanti

    @app.italian_command()
    def altro() -> None:
        """Altro."""

    return execute(get_command(app), arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["conta"], "Manca l'argomento «quanti»."),
        (["conta", "x", "y"], "Il valore di quanti deve essere un numero."),
        (["conta", "1", "y", "z"], "Argomenti di troppo: z."),
        (["conta", "1", "y", "--at", "z"], "Opzione sconosciuta: --at. Forse: --ats."),
        (["conta", "1", "y", "--boh"], "Opzione sconosciuta: --boh."),
        (["conta", "1", "y", "--ats"], "L'opzione --ats vuole un valore."),
        (["conta", "1", "y", "--forte=2"], "L'opzione --forte non vuole un valore."),
        (["conto"], "Comando sconosciuto: «conto». Forse «conta»."),
        (["--ats"], "Opzione sconosciuta: --ats."),
    ],
)
def test_wrong_use_is_explained_in_italian(arguments: list[str], message: str) -> None:
    with pytest.raises(UsoError) as error:
        prova(*arguments)
    assert error.value.messaggio == message
    assert error.value.rimedio is not None
    assert error.value.rimedio.endswith("--help")
    assert error.value.codice_uscita == 2


def test_the_number_a_command_returns_is_the_exit_code() -> None:
    assert prova("conta", "1", "y") == 1
    assert prova("altro") == 0


def test_an_unknown_complaint_is_never_shown_in_english() -> None:
    assert complaint("Some new message of the library.") == "La riga di comando non è scritta come dovrebbe."


def with_command(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Replace the module of one command with one that fails."""
    app = App()

    @app.italian_command()
    def fails() -> None:
        """Fallisce."""
        raise error

    monkeypatch.setattr(cli, "COMMANDS", {**cli.COMMANDS, "fallisce": "Fallisce."})
    monkeypatch.setattr(cli, "import_module", lambda name: SimpleNamespace(app=app))


@pytest.mark.parametrize(
    ("error", "codice", "expected"),
    [
        (UsoError("ATS sconosciuta: «milan».", remedy="usare milano."), 2, "Che cosa fare: usare milano.\n"),
        (EsecuzioneError("Un capitolo non è riuscito."), 1, "Un capitolo non è riuscito.\n"),
        (
            DatiError("Tabella rifiutata.", problems=[Problem("un numero", "«x»", file="a/nidi.xlsx", riga=7)]),
            2,
            "Tabella rifiutata.\n  - file nidi.xlsx, riga 7: atteso un numero; trovato «x».\n",
        ),
    ],
)
def test_our_errors_become_a_message_and_an_exit_code(
    error: Exception, codice: int, expected: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with_command(monkeypatch, error)
    assert cli.main(["fallisce"]) == codice
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.endswith(expected)


def test_interruption_is_a_short_message(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with_command(monkeypatch, KeyboardInterrupt())
    assert cli.main(["fallisce"]) == 130
    assert capsys.readouterr().err.strip().startswith("Interrotto.")


def test_the_unexpected_goes_to_a_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with_command(monkeypatch, ZeroDivisionError("nascosto"))
    monkeypatch.chdir(tmp_path)
    assert cli.main(["fallisce"]) == 1
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert "nascosto" not in said
    registry = Path(said.split("allegando il file ")[1].strip())
    assert registry.parent == tmp_path / ".lavoro"
    assert "ZeroDivisionError: nascosto" in registry.read_text(encoding="utf-8")


def test_commands_are_written_as_they_work_here() -> None:
    """Who starts from avvia.py has no program called conciliazione: what is read can be copied all the same."""
    command = [sys.executable, "-m", "conciliazione_lib"]
    environment = {**os.environ, "CONCILIAZIONE_COMANDO": "python avvia.py conciliazione", "PYTHONUTF8": "1"}

    def said(*arguments: str, **other: str) -> str:
        outcome = subprocess.run(
            [*command, *arguments], capture_output=True, text=True, encoding="utf-8", env={**environment, **other}
        )
        return outcome.stdout + outcome.stderr

    assert "Uso: python avvia.py conciliazione dati importa" in said("dati", "importa", "--help")
    assert "per l'elenco dei comandi: python avvia.py conciliazione --help" in said("dati ")
    status = said("dati", "stato")
    assert "python avvia.py conciliazione dati stato TABELLA" in status
    assert re.search(r"(?<!avvia\.py )conciliazione (dati|genera)", status) is None
    assert "avvia.py" not in said("dati", "importa", "--help", CONCILIAZIONE_COMANDO="")
