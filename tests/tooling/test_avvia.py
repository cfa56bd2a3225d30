"""The set-up file: on old Pythons, without network, interrupted, in awkward folders."""

from __future__ import annotations

import ast
import importlib
import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
START = ROOT / "avvia.py"
WITHOUT_INDEX = {
    "PIP_CONFIG_FILE": os.devnull,
    "PIP_DEFAULT_TIMEOUT": "2",
    "PIP_FIND_LINKS": "",
    "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
    "PIP_RETRIES": "1",
    "UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple",
    "UV_HTTP_RETRIES": "0",
    "UV_NO_CONFIG": "1",
}


@pytest.fixture
def progetto(tmp_path: Path) -> Path:
    """A small project with its own set-up, in a folder with spaces and accents."""
    folder = tmp_path / "Così è la città di là"
    (folder / "conciliazione_lib").mkdir(parents=True)
    for name in ("avvia.py", "pyproject.toml", "requirements.lock", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    (folder / "conciliazione_lib" / "__init__.py").write_text('__version__ = "0"\n', encoding="utf-8")
    return folder


@pytest.fixture
def start(progetto: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The set-up file of that project, as a module."""
    monkeypatch.syspath_prepend(str(progetto))
    monkeypatch.delitem(sys.modules, "avvia", raising=False)
    module = importlib.import_module("avvia")
    assert Path(str(module.__file__)).parent == progetto
    monkeypatch.delitem(sys.modules, "avvia")
    return module


def launch(progetto: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the set-up file as a user does."""
    return subprocess.run(
        [sys.executable, str(progetto / "avvia.py"), *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONUTF8": "1", **environment},
    )


def test_needs_only_the_standard_library() -> None:
    tree = ast.parse(START.read_text(encoding="utf-8"))
    modules = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    modules |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {module.partition(".")[0] for module in modules} <= sys.stdlib_module_names


def test_an_old_python_can_read_the_file_and_is_told_what_to_do() -> None:
    ast.parse(START.read_text(encoding="utf-8"), feature_version=(3, 6))
    fake = "import sys, runpy; sys.version_info = (3, 9, 18, 'final', 0); runpy.run_path(sys.argv[1])"
    outcome = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", fake, str(START)], capture_output=True, text=True, encoding="utf-8"
    )
    assert outcome.returncode == 1
    assert outcome.stderr.startswith("Python 3.9 è troppo vecchio: serve Python 3.11 o più recente.\nChe cosa fare: ")


def test_minimum_python_is_the_one_of_the_project(start: ModuleType) -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'requires-python = ">={start.VERSIONE_MINIMA[0]}.{start.VERSIONE_MINIMA[1]}"' in project


def test_the_makefile_gives_the_same_commands(start: ModuleType) -> None:
    rule = re.search(r"^([\w ]+):\n\t@\$\(PYTHON\) avvia.py \$@", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert rule is not None
    commands = {row.split()[0] for row in start.AIUTO.splitlines() if row.startswith("  ")}
    assert commands == {*rule[1].split(), "conciliazione"}


def test_says_what_it_can_do(progetto: Path) -> None:
    assert launch(progetto, "--help").returncode == 0
    wrong = launch(progetto, "sit")
    assert wrong.returncode == 2
    assert wrong.stderr.startswith("Comando sconosciuto: «sit».\n\nUso: python avvia.py [COMANDO]")
    assert not (progetto / ".venv").exists()


@pytest.mark.parametrize("with_uv", [True, False])
def test_an_unreachable_index_is_explained(progetto: Path, with_uv: bool) -> None:
    venv.create(progetto / ".venv", with_pip=not with_uv)
    environment = dict(WITHOUT_INDEX)
    if with_uv:
        assert shutil.which("uv", path=str(Path(sys.executable).parent)), "uv is in the lock"
        environment["PATH"] = str(Path(sys.executable).parent)
        environment["UV_CACHE_DIR"] = str(progetto / "cache")
    else:
        environment["PATH"] = "/nessuna"
    outcome = launch(progetto, "env", **environment)
    assert outcome.returncode == 1
    assert outcome.stderr.startswith("L'indice dei pacchetti Python non è raggiungibile")
    assert "riprende da dove si era\nfermato" in outcome.stderr
    assert "Traceback" not in outcome.stderr
    assert not (progetto / ".venv" / "conciliazione-pronto").exists()


def feigns_the_steps(start: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Replace downloads and installations with a record of what was asked."""
    steps: list[str] = []

    def step(*command: object) -> bool:
        steps.append(" ".join(map(str, command)))
        if "venv" in map(str, command):
            venv.create(start.VENV, with_pip=False)
        return True

    monkeypatch.setattr(start, "passo", step)
    monkeypatch.setattr(start, "trova_uv", lambda: sys.executable)
    return steps


def test_nothing_is_done_twice(start: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = feigns_the_steps(start, monkeypatch)
    start.prepara()
    assert ["--require-hashes" in p for p in steps] == [False, True, False]
    start.prepara()
    assert len(steps) == 3


def test_a_changed_lock_is_installed_in_the_same_environment(
    start: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = feigns_the_steps(start, monkeypatch)
    start.prepara()
    start.LOCK.write_text(start.LOCK.read_text(encoding="utf-8") + "# altro\n", encoding="utf-8")
    steps.clear()
    start.prepara()
    assert len(steps) == 2
    assert all("pip install" in p for p in steps)


def test_who_only_generates_does_not_install_what_tests_need(
    start: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = feigns_the_steps(start, monkeypatch)
    start.prepara()
    listing = start.RADICE / ".lavoro" / "pacchetti.txt"
    run = listing.read_text(encoding="utf-8")
    assert "pandas==" in run
    assert "hatchling==" in run
    assert "dask==" in run
    for name in ("playwright", "mypy", "pytest", "jupyterlab"):
        assert f"\n{name}==" not in run
    start.prepara(("test",))
    assert "\nplaywright==" in listing.read_text(encoding="utf-8")
    steps.clear()
    start.prepara()
    assert not steps, "what was installed for other commands stays"
    assert set(start.necessari(frozenset({"docs", "lab", "test"}))) == set(start.blocchi())


def test_an_interrupted_set_up_goes_on(start: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = feigns_the_steps(start, monkeypatch)
    fake = start.passo

    def interrupted(*command: object) -> bool:
        if "--require-hashes" in command:
            raise KeyboardInterrupt
        return fake(*command)

    monkeypatch.setattr(start, "passo", interrupted)
    assert start.main(["env"]) == 130
    monkeypatch.setattr(start, "passo", fake)
    steps.clear()
    assert start.main(["env"]) == 0
    assert all("pip install" in p for p in steps), "the environment itself is not made again"


def test_a_moved_folder_gets_a_new_environment(start: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = feigns_the_steps(start, monkeypatch)
    start.prepara()
    rows = start.TIMBRO.read_text(encoding="utf-8").splitlines()
    start.TIMBRO.write_text(f"{start.RADICE} di prima\n{rows[1]}\n\n", encoding="utf-8")
    steps.clear()
    start.prepara()
    assert " venv " in steps[0]


def test_a_tampered_package_stops_the_set_up(start: ModuleType) -> None:
    said = "print('Hash mismatch for `pandas==3.1`')"
    with pytest.raises(start.Fermo, match="impronta non corrisponde"):
        start.passo(sys.executable, "-c", f"{said}; raise SystemExit(2)")
    assert start.passo(sys.executable, "-c", said)


@pytest.mark.parametrize(
    ("told", "understood"),
    [
        ("OSError: [Errno 28] No space left on device: certificate.pem", "Il disco è pieno"),
        ("failed to fetch x: No space left on device (os error 28)", "Il disco è pieno"),
        ("invalid peer certificate: UnknownIssuer", "L'indice dei pacchetti Python non è raggiungibile"),
        ("Could not find a version that satisfies pandas==9 (from versions: none)", None),
        ("ERROR: certifi has no attribute certificate", None),
    ],
)
def test_a_step_that_fails_is_not_blamed_on_the_network_without_a_sign_of_it(
    start: ModuleType, told: str, understood: str | None
) -> None:
    command = (sys.executable, "-c", f"print({told!r}); raise SystemExit(2)")
    if understood is None:
        assert not start.passo(*command)
    else:
        with pytest.raises(start.Fermo, match=understood):
            start.passo(*command)


def test_without_pip_and_venv_says_what_to_install(start: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "passo", lambda *command: False)
    with pytest.raises(start.Fermo, match="python3-venv"):
        start.crea_venv(None)


def test_the_installer_is_checked_by_the_lock_too(start: ModuleType) -> None:
    rows = start.requisito_uv().read_text(encoding="utf-8").splitlines()
    assert re.fullmatch(r"uv==[\d.]+ \\", rows[0])
    assert all(re.match(r"    (--hash=sha256:[0-9a-f]{64}|#)", row) for row in rows[1:])


def test_the_project_is_found_from_a_folder_with_accents_in_any_encoding(progetto: Path, start: ModuleType) -> None:
    venv.create(start.VENV, with_pip=False)
    (packages,) = [*start.VENV.glob("lib/python*/site-packages"), *start.VENV.glob("Lib/site-packages")][:1]
    (packages / "_editable_impl_conciliazione.pth").write_text(str(progetto), encoding="utf-8")
    start.rendi_relativo()
    assert (packages / "_editable_impl_conciliazione.pth").read_bytes().isascii()
    find = "import conciliazione_lib; print(ascii(conciliazione_lib.__file__))"
    outcome = subprocess.run(
        [str(start.PYTHON), "-c", find], capture_output=True, text=True, check=True, cwd=progetto.parent
    )
    assert Path(ast.literal_eval(outcome.stdout)) == progetto / "conciliazione_lib" / "__init__.py"


def test_without_a_command_it_prepares_in_sight_and_opens_the_desk(
    start: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Double click: whoever has no terminal to look at sees the set-up in the browser, then the desk."""
    open_: list[str] = []
    commands: list[tuple[str, ...]] = []
    monkeypatch.setattr(start.webbrowser, "open", lambda address: open_.append(address))
    monkeypatch.setattr(start, "esegui", lambda *command: commands.append(tuple(map(str, command))) or 0)
    monkeypatch.setattr(start, "prepara", lambda: start.dice("Ambiente pronto in 3 secondi.", fine=True))
    assert start.main([]) == 0
    page = start.RADICE / ".lavoro" / "preparazione.html"
    assert open_ == [page.as_uri()]
    assert "Ambiente pronto in 3 secondi." in page.read_text(encoding="utf-8")
    assert "refresh" not in page.read_text(encoding="utf-8")
    assert [command[1:] for command in commands] == [("-m", "conciliazione_lib", "scrivania")]

    def not_succeeds() -> None:
        start.dice("Installo i pacchetti.")
        assert "refresh" in page.read_text(encoding="utf-8")
        raise start.Fermo("Il disco è pieno: <liberare> spazio.")

    monkeypatch.setattr(start, "prepara", not_succeeds)
    assert start.main([]) == 1
    assert "Il disco è pieno: &lt;liberare&gt; spazio." in page.read_text(encoding="utf-8")
    assert "Il disco è pieno" in capsys.readouterr().err

    open_.clear()
    monkeypatch.setattr(start, "prepara", lambda: None)  # nothing is missing: straight to the desk
    assert start.main([]) == 0
    assert open_ == []


def test_what_python_compiles_is_kept_for_the_next_process(start: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    ask = [sys.executable, "-c", "import sys; print(sys.dont_write_bytecode)"]
    assert subprocess.run(ask, capture_output=True, text=True).stdout.strip() == "True"
    answer = subprocess.run(ask, capture_output=True, text=True, env=start.ambiente_figli())
    assert answer.stdout.strip() == "False"


def test_checks_run_together_are_told_in_order_and_those_that_fail_by_name(
    start: ModuleType, capfd: pytest.CaptureFixture[str]
) -> None:
    late = (sys.executable, "-c", "import time; time.sleep(0.5); print('è lento')")
    wrong = (sys.executable, "-c", "import sys; print('è sbagliato', file=sys.stderr); sys.exit(3)")
    good = (sys.executable, "-c", "print('va bene')")
    assert start.esegui_tutti([("ultima", good)], prima=[("prima", late), ("seconda", wrong)]) == 1
    said = capfd.readouterr()
    assert re.findall(r"── (\w+)\n(\w+ \w+)", said.out) == [
        ("prima", "è lento"),
        ("seconda", "è sbagliato"),
        ("ultima", "va bene"),
    ]
    assert "Non superati: seconda." in said.err
    assert start.esegui_tutti([("ultima", good)]) == 0
    assert "Tutto superato." in capfd.readouterr().out


def test_double_click_starts_what_is_beside_it() -> None:
    windows = (ROOT / "Avvia.bat").read_bytes()
    assert windows.isascii() is False or windows.decode("utf-8")
    assert b"\r\n" in windows
    assert b"\n" not in windows.replace(b"\r\n", b"")
    assert b'cd /d "%~dp0"' in windows
    elsewhere = ROOT / "avvia.command"
    assert os.name == "nt" or os.access(elsewhere, os.X_OK)
    for file in ("Avvia.bat", "avvia.command"):
        assert " avvia.py" in (ROOT / file).read_text(encoding="utf-8")
