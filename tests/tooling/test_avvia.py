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

RADICE = Path(__file__).parents[2]
AVVIA = RADICE / "avvia.py"
SENZA_INDICE = {
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
    cartella = tmp_path / "Così è la città di là"
    (cartella / "conciliazione_lib").mkdir(parents=True)
    for nome in ("avvia.py", "pyproject.toml", "requirements.lock", "README.md", "LICENSE"):
        shutil.copy(RADICE / nome, cartella)
    (cartella / "conciliazione_lib" / "__init__.py").write_text('__version__ = "0"\n', encoding="utf-8")
    return cartella


@pytest.fixture
def avvia(progetto: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The set-up file of that project, as a module."""
    monkeypatch.syspath_prepend(str(progetto))
    monkeypatch.delitem(sys.modules, "avvia", raising=False)
    modulo = importlib.import_module("avvia")
    assert Path(str(modulo.__file__)).parent == progetto
    monkeypatch.delitem(sys.modules, "avvia")
    return modulo


def lancia(progetto: Path, *argomenti: str, **ambiente: str) -> subprocess.CompletedProcess[str]:
    """Run the set-up file as a user does."""
    return subprocess.run(
        [sys.executable, str(progetto / "avvia.py"), *argomenti],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONUTF8": "1", **ambiente},
    )


def test_needs_only_the_standard_library() -> None:
    albero = ast.parse(AVVIA.read_text(encoding="utf-8"))
    moduli = {alias.name for nodo in ast.walk(albero) if isinstance(nodo, ast.Import) for alias in nodo.names}
    moduli |= {nodo.module for nodo in ast.walk(albero) if isinstance(nodo, ast.ImportFrom)}
    assert {modulo.partition(".")[0] for modulo in moduli} <= sys.stdlib_module_names


def test_an_old_python_can_read_the_file_and_is_told_what_to_do() -> None:
    ast.parse(AVVIA.read_text(encoding="utf-8"), feature_version=(3, 6))
    finto = "import sys, runpy; sys.version_info = (3, 9, 18, 'final', 0); runpy.run_path(sys.argv[1])"
    esito = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", finto, str(AVVIA)], capture_output=True, text=True, encoding="utf-8"
    )
    assert esito.returncode == 1
    assert esito.stderr.startswith("Python 3.9 è troppo vecchio: serve Python 3.11 o più recente.\nChe cosa fare: ")


def test_minimum_python_is_the_one_of_the_project(avvia: ModuleType) -> None:
    progetto = (RADICE / "pyproject.toml").read_text(encoding="utf-8")
    assert f'requires-python = ">={avvia.VERSIONE_MINIMA[0]}.{avvia.VERSIONE_MINIMA[1]}"' in progetto


def test_the_makefile_gives_the_same_commands(avvia: ModuleType) -> None:
    regola = re.search(r"^([\w ]+):\n\t@\$\(PYTHON\) avvia.py \$@", (RADICE / "Makefile").read_text(), re.MULTILINE)
    assert regola is not None
    comandi = {riga.split()[0] for riga in avvia.AIUTO.splitlines() if riga.startswith("  ")}
    assert comandi == {*regola[1].split(), "conciliazione"}


def test_says_what_it_can_do(progetto: Path) -> None:
    assert lancia(progetto, "--help").returncode == 0
    sbagliato = lancia(progetto, "sit")
    assert sbagliato.returncode == 2
    assert sbagliato.stderr.startswith("Comando sconosciuto: «sit».\n\nUso: python avvia.py [COMANDO]")
    assert not (progetto / ".venv").exists()


@pytest.mark.parametrize("con_uv", [True, False])
def test_an_unreachable_index_is_explained(progetto: Path, con_uv: bool) -> None:
    venv.create(progetto / ".venv", with_pip=not con_uv)
    ambiente = dict(SENZA_INDICE)
    if con_uv:
        assert shutil.which("uv", path=str(Path(sys.executable).parent)), "uv is in the lock"
        ambiente["PATH"] = str(Path(sys.executable).parent)
        ambiente["UV_CACHE_DIR"] = str(progetto / "cache")
    else:
        ambiente["PATH"] = "/nessuna"
    esito = lancia(progetto, "env", **ambiente)
    assert esito.returncode == 1
    assert esito.stderr.startswith("L'indice dei pacchetti Python non è raggiungibile")
    assert "riprende da dove si era\nfermato" in esito.stderr
    assert "Traceback" not in esito.stderr
    assert not (progetto / ".venv" / "conciliazione-pronto").exists()


def finge_i_passi(avvia: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Replace downloads and installations with a record of what was asked."""
    passi: list[str] = []

    def passo(*comando: object) -> bool:
        passi.append(" ".join(map(str, comando)))
        if "venv" in map(str, comando):
            venv.create(avvia.VENV, with_pip=False)
        return True

    monkeypatch.setattr(avvia, "passo", passo)
    monkeypatch.setattr(avvia, "trova_uv", lambda: sys.executable)
    return passi


def test_nothing_is_done_twice(avvia: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    passi = finge_i_passi(avvia, monkeypatch)
    avvia.prepara()
    assert ["--require-hashes" in p for p in passi] == [False, True, False]
    avvia.prepara()
    assert len(passi) == 3


def test_a_changed_lock_is_installed_in_the_same_environment(
    avvia: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    passi = finge_i_passi(avvia, monkeypatch)
    avvia.prepara()
    avvia.LOCK.write_text(avvia.LOCK.read_text(encoding="utf-8") + "# altro\n", encoding="utf-8")
    passi.clear()
    avvia.prepara()
    assert len(passi) == 2
    assert all("pip install" in p for p in passi)


def test_who_only_generates_does_not_install_what_tests_need(
    avvia: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    passi = finge_i_passi(avvia, monkeypatch)
    avvia.prepara()
    elenco = avvia.RADICE / ".lavoro" / "pacchetti.txt"
    corsa = elenco.read_text(encoding="utf-8")
    assert "pandas==" in corsa
    assert "hatchling==" in corsa
    assert "dask==" in corsa
    for nome in ("playwright", "mypy", "pytest", "jupyterlab"):
        assert f"\n{nome}==" not in corsa
    avvia.prepara(("test",))
    assert "\nplaywright==" in elenco.read_text(encoding="utf-8")
    passi.clear()
    avvia.prepara()
    assert not passi, "what was installed for other commands stays"
    assert set(avvia.necessari(frozenset({"docs", "lab", "test"}))) == set(avvia.blocchi())


def test_an_interrupted_set_up_goes_on(avvia: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    passi = finge_i_passi(avvia, monkeypatch)
    finto = avvia.passo

    def interrotto(*comando: object) -> bool:
        if "--require-hashes" in comando:
            raise KeyboardInterrupt
        return finto(*comando)

    monkeypatch.setattr(avvia, "passo", interrotto)
    assert avvia.main(["env"]) == 130
    monkeypatch.setattr(avvia, "passo", finto)
    passi.clear()
    assert avvia.main(["env"]) == 0
    assert all("pip install" in p for p in passi), "the environment itself is not made again"


def test_a_moved_folder_gets_a_new_environment(avvia: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    passi = finge_i_passi(avvia, monkeypatch)
    avvia.prepara()
    righe = avvia.TIMBRO.read_text(encoding="utf-8").splitlines()
    avvia.TIMBRO.write_text(f"{avvia.RADICE} di prima\n{righe[1]}\n\n", encoding="utf-8")
    passi.clear()
    avvia.prepara()
    assert " venv " in passi[0]


def test_a_tampered_package_stops_the_set_up(avvia: ModuleType) -> None:
    detto = "print('Hash mismatch for `pandas==3.1`')"
    with pytest.raises(avvia.Fermo, match="impronta non corrisponde"):
        avvia.passo(sys.executable, "-c", f"{detto}; raise SystemExit(2)")
    assert avvia.passo(sys.executable, "-c", detto)


@pytest.mark.parametrize(
    ("detto", "capito"),
    [
        ("OSError: [Errno 28] No space left on device: certificate.pem", "Il disco è pieno"),
        ("failed to fetch x: No space left on device (os error 28)", "Il disco è pieno"),
        ("invalid peer certificate: UnknownIssuer", "L'indice dei pacchetti Python non è raggiungibile"),
        ("Could not find a version that satisfies pandas==9 (from versions: none)", None),
        ("ERROR: certifi has no attribute certificate", None),
    ],
)
def test_a_step_that_fails_is_not_blamed_on_the_network_without_a_sign_of_it(
    avvia: ModuleType, detto: str, capito: str | None
) -> None:
    comando = (sys.executable, "-c", f"print({detto!r}); raise SystemExit(2)")
    if capito is None:
        assert not avvia.passo(*comando)
    else:
        with pytest.raises(avvia.Fermo, match=capito):
            avvia.passo(*comando)


def test_without_pip_and_venv_says_what_to_install(avvia: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(avvia, "passo", lambda *comando: False)
    with pytest.raises(avvia.Fermo, match="python3-venv"):
        avvia.crea_venv(None)


def test_the_installer_is_checked_by_the_lock_too(avvia: ModuleType) -> None:
    righe = avvia.requisito_uv().read_text(encoding="utf-8").splitlines()
    assert re.fullmatch(r"uv==[\d.]+ \\", righe[0])
    assert all(re.match(r"    (--hash=sha256:[0-9a-f]{64}|#)", riga) for riga in righe[1:])


def test_the_project_is_found_from_a_folder_with_accents_in_any_encoding(progetto: Path, avvia: ModuleType) -> None:
    venv.create(avvia.VENV, with_pip=False)
    (pacchetti,) = [*avvia.VENV.glob("lib/python*/site-packages"), *avvia.VENV.glob("Lib/site-packages")][:1]
    (pacchetti / "_editable_impl_conciliazione.pth").write_text(str(progetto), encoding="utf-8")
    avvia.rendi_relativo()
    assert (pacchetti / "_editable_impl_conciliazione.pth").read_bytes().isascii()
    trova = "import conciliazione_lib; print(ascii(conciliazione_lib.__file__))"
    esito = subprocess.run(
        [str(avvia.PYTHON), "-c", trova], capture_output=True, text=True, check=True, cwd=progetto.parent
    )
    assert Path(ast.literal_eval(esito.stdout)) == progetto / "conciliazione_lib" / "__init__.py"


def test_without_a_command_it_prepares_in_sight_and_opens_the_desk(
    avvia: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Double click: whoever has no terminal to look at sees the set-up in the browser, then the desk."""
    aperte: list[str] = []
    comandi: list[tuple[str, ...]] = []
    monkeypatch.setattr(avvia.webbrowser, "open", lambda indirizzo: aperte.append(indirizzo))
    monkeypatch.setattr(avvia, "esegui", lambda *comando: comandi.append(tuple(map(str, comando))) or 0)
    monkeypatch.setattr(avvia, "prepara", lambda: avvia.dice("Ambiente pronto in 3 secondi.", fine=True))
    assert avvia.main([]) == 0
    pagina = avvia.RADICE / ".lavoro" / "preparazione.html"
    assert aperte == [pagina.as_uri()]
    assert "Ambiente pronto in 3 secondi." in pagina.read_text(encoding="utf-8")
    assert "refresh" not in pagina.read_text(encoding="utf-8")
    assert [comando[1:] for comando in comandi] == [("-m", "conciliazione_lib", "scrivania")]

    def non_riesce() -> None:
        avvia.dice("Installo i pacchetti.")
        assert "refresh" in pagina.read_text(encoding="utf-8")
        raise avvia.Fermo("Il disco è pieno: <liberare> spazio.")

    monkeypatch.setattr(avvia, "prepara", non_riesce)
    assert avvia.main([]) == 1
    assert "Il disco è pieno: &lt;liberare&gt; spazio." in pagina.read_text(encoding="utf-8")
    assert "Il disco è pieno" in capsys.readouterr().err

    aperte.clear()
    monkeypatch.setattr(avvia, "prepara", lambda: None)  # nothing is missing: straight to the desk
    assert avvia.main([]) == 0
    assert aperte == []


def test_double_click_starts_what_is_beside_it() -> None:
    windows = (RADICE / "Avvia.bat").read_bytes()
    assert windows.isascii() is False or windows.decode("utf-8")
    assert b"\r\n" in windows
    assert b"\n" not in windows.replace(b"\r\n", b"")
    assert b'cd /d "%~dp0"' in windows
    altrove = RADICE / "avvia.command"
    assert os.name == "nt" or os.access(altrove, os.X_OK)
    for file in ("Avvia.bat", "avvia.command"):
        assert " avvia.py" in (RADICE / file).read_text(encoding="utf-8")
