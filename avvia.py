"""Prepare and run conciliazione with nothing but Python: what the Makefile does, on every system.

Only the standard library, no shell, no administrator rights. Everything a user reads is Italian.
The file must still *parse* under old Pythons (no walrus, no match), or they could not be told they are too old.
"""

import hashlib
import html
import os
import shutil
import subprocess
import sys
import time
import webbrowser
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

VERSIONE_MINIMA = (3, 11)

if sys.version_info < VERSIONE_MINIMA:
    sys.exit(
        "Python {}.{} è troppo vecchio: serve Python {}.{} o più recente.\n"
        "Che cosa fare: installare un Python recente (non servono diritti di amministratore: su Windows dal\n"
        "Microsoft Store, oppure da python.org scegliendo l'installazione solo per l'utente corrente), poi ripetere\n"
        "il comando con quello, per esempio:  py -3.12 avvia.py site   oppure   python3.12 avvia.py site".format(
            sys.version_info[0], sys.version_info[1], *VERSIONE_MINIMA
        )
    )

RADICE = Path(__file__).absolute().parent
VENV = RADICE / ".venv"
LOCK = RADICE / "requirements.lock"
REGISTRO = RADICE / ".lavoro" / "preparazione.log"
TIMBRO = VENV / "conciliazione-pronto"
WINDOWS = os.name == "nt"
ESEGUIBILI = VENV / ("Scripts" if WINDOWS else "bin")
PYTHON = ESEGUIBILI / ("python.exe" if WINDOWS else "python")
SUFFISSO = ".exe" if WINDOWS else ""

AIUTO = """\
Uso: python avvia.py [COMANDO] [opzioni]

Senza comando apre la scrivania: una pagina del browser con tutto il lavoro dell'analista.

  env            prepara l'ambiente in .venv (gli altri comandi lo fanno da soli)
  site           genera tutto: capitoli, documenti, tabelle, sito (opzioni di «conciliazione genera»)
  conciliazione  esegue il comando conciliazione, per esempio: python avvia.py conciliazione elenca
  lab            apre i quaderni in JupyterLab
  test           controlli e prove, comprese quelle dei quaderni e nel browser
  check          solo i controlli: stile, tipi, contratti fra le stanze, ambiente
  docs           scrive la documentazione della libreria, in docs/_build/html
  bench          misura i tempi
  lock           ricalcola requirements.lock da pyproject.toml"""

# What the installers say, in whatever words, when the package index is out of reach.
SEGNI_DI_RETE = (
    "error sending request",
    "failed to fetch",
    "connection refused",
    "newconnectionerror",
    "connecttimeout",
    "connectionerror",
    "timed out",
    "dns error",
    "name resolution",
    "getaddrinfo",
    "network is unreachable",
    "proxyerror",
    "certificate verify failed",
    "invalid peer certificate",
    "sslerror",
)
SEGNI_DI_DISCO = (
    "no space left on device",
    "not enough space on the disk",
    "disk quota exceeded",
    "errno 28",
    "os error 28",
    "os error 112",
)
SEGNI_DI_MANOMISSIONE = ("hash mismatch", "do not match the hashes")


class Fermo(Exception):
    """The set-up cannot go on; the message is for the user, in Italian."""


class Pagina:
    """The set-up, shown in the browser while it goes: a file that shows itself again every two seconds."""

    def __init__(self) -> None:
        self.file = RADICE / ".lavoro" / "preparazione.html"
        self.righe: list[str] = []
        self.aperta = False

    def dice(self, testo: str, *, fine: bool = False) -> None:
        """Show one more line; the last one stops."""
        self.righe.append(html.escape(testo).replace("\n", "<br>"))
        self.file.parent.mkdir(exist_ok=True)
        body = "".join(f"<li>{row}</li>" for row in self.righe)
        still = "" if fine else '<meta http-equiv="refresh" content="2"><p>In corso…</p>'
        self.file.write_text(
            '<!doctype html><html lang="it"><meta charset="utf-8"><title>Preparazione</title>'
            f"<h1>Preparazione della scrivania</h1><ul>{body}</ul>{still}",
            encoding="utf-8",
        )
        if not self.aperta:
            self.aperta = True
            webbrowser.open(self.file.as_uri())


#: Set when who prepares has no terminal to look at.
PAGINE: list[Pagina] = []


def dice(testo: str, *, fine: bool = False) -> None:
    """Tell how the set-up goes, on the terminal and on the page."""
    print(testo, flush=True)
    for page in PAGINE:
        page.dice(testo, fine=fine)


def ambiente_figli() -> dict[str, str]:
    """Environment of the processes started here: UTF-8 on every system, certificates of the organisation.

    What Python has compiled is kept in .venv, also where it is told not to: a run starts many processes, and each would
    compile every library again, which takes longer than what most of them do.
    """
    environment = dict(os.environ, PYTHONUTF8="1", PIP_DISABLE_PIP_VERSION_CHECK="1")
    # Messages name the commands as they can be typed here.
    environment["CONCILIAZIONE_COMANDO"] = "python avvia.py conciliazione"
    for name in ("PYTHONHOME", "PYTHONDONTWRITEBYTECODE"):
        environment.pop(name, None)
    environment.setdefault("UV_SYSTEM_CERTS", "1")
    return environment


def usa_indice_di_pip() -> None:
    """Let uv use the package index an organisation has declared for pip, which uv does not read by itself."""
    if "UV_INDEX_URL" in os.environ or "UV_DEFAULT_INDEX" in os.environ:
        return
    index = os.environ.get("PIP_INDEX_URL")
    if not index:
        command = (sys.executable, "-m", "pip", "config", "get", "global.index-url")
        index = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True).stdout.strip()
    if index:
        os.environ["UV_DEFAULT_INDEX"] = index


def prova(*comando: object) -> bool:
    """Run a command in silence and say whether it worked."""
    try:
        outcome = subprocess.run(
            [str(part) for part in comando],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=ambiente_figli(),
            cwd=RADICE,
        )
    except OSError:
        return False
    return outcome.returncode == 0


def passo(*comando: object) -> bool:
    """Run one step of the set-up, its words to the log; stop if the package index is the trouble.

    Returns
    -------
    bool
        Whether the step worked.
    """
    REGISTRO.parent.mkdir(exist_ok=True)
    start = time.monotonic()
    with REGISTRO.open("ab") as registry:
        from_ = registry.tell()
        registry.write("$ {}\n".format(" ".join(map(str, comando))).encode())
        registry.flush()
        process = subprocess.Popen(
            [str(part) for part in comando],
            stdin=subprocess.DEVNULL,
            stdout=registry,
            stderr=subprocess.STDOUT,
            env=ambiente_figli(),
            cwd=RADICE,
        )
        try:
            while True:
                try:
                    code = process.wait(timeout=20)
                    break
                except subprocess.TimeoutExpired:
                    dice(f"… ancora in corso ({time.monotonic() - start:.0f} secondi)")
        except BaseException:
            process.terminate()
            process.wait()
            raise
    if code == 0:
        return True
    with REGISTRO.open("rb") as registry:
        registry.seek(from_)
        said = registry.read().decode("utf-8", "replace").lower()
    # A full disk breaks downloads too, in words that would look like the network's.
    if any(sign in said for sign in SEGNI_DI_DISCO):
        raise Fermo(
            "Il disco è pieno: l'ambiente non può essere completato.\n"
            "Che cosa fare: liberare alcuni GB, anche nella cartella dei file temporanei, poi ripetere\n"
            f"lo stesso comando: riprende da dove si era fermato. Dettagli in {REGISTRO}"
        )
    if any(sign in said for sign in SEGNI_DI_MANOMISSIONE):
        raise Fermo(
            "Un pacchetto scaricato non è quello atteso: la sua impronta non corrisponde a requirements.lock.\n"
            "Che cosa fare: non usarlo; segnalarlo a chi gestisce la rete o l'indice dei pacchetti.\n"
            f"Dettagli in {REGISTRO}"
        )
    if any(sign in said for sign in SEGNI_DI_RETE):
        raise Fermo(
            "L'indice dei pacchetti Python non è raggiungibile: l'ambiente non può essere completato.\n"
            "Che cosa fare: controllare la connessione; dietro un proxy, impostare HTTPS_PROXY; se l'ente ha un\n"
            "proprio indice, impostare PIP_INDEX_URL. Poi ripetere lo stesso comando: riprende da dove si era\n"
            f"fermato. Dettagli in {REGISTRO}"
        )
    return False


def impronta() -> str:
    """Hash of what the environment is made from."""
    total_of = hashlib.sha256()
    for name in ("requirements.lock", "pyproject.toml"):
        total_of.update((RADICE / name).read_bytes())
    return total_of.hexdigest()


def base_presente() -> bool:
    """Whether the Python from which the environment was made is still there."""
    try:
        rows = (VENV / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return False
    case = [row.partition("=")[2].strip() for row in rows if row.partition("=")[0].strip() == "home"]
    return PYTHON.exists() and bool(case) and Path(case[0]).is_dir()


def timbro() -> tuple[str, str, frozenset[str]]:
    """Folder, hash and groups for which the environment was completed; empty if it never was."""
    try:
        folder, total_of, groups = TIMBRO.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return ("", "", frozenset())
    return (folder, total_of, frozenset(groups.split()))


def trova_uv() -> str | None:
    """Find a uv that works: on the PATH, or in the environment."""
    for uv in (shutil.which("uv"), ESEGUIBILI / f"uv{SUFFISSO}"):
        if uv and prova(uv, "--version"):
            return str(uv)
    return None


def blocchi() -> dict[str, list[str]]:
    """Return the lines of the lock by package; one that changes with the system has several pins."""
    found: dict[str, list[str]] = {}
    own: list[str] = []
    for row in LOCK.read_text(encoding="utf-8").splitlines():
        if row and row[0] not in " #":
            own = found.setdefault(row.partition("==")[0].lower(), [])
        own.append(row)
    return found


def necessari(gruppi: frozenset[str]) -> list[str]:
    """Return the packages that a run needs, and those of some groups, from what the lock says of who asked for each.

    Parameters
    ----------
    gruppi : frozenset of str
        Dependency groups of ``pyproject.toml``, beside what installs the project itself.
    """
    asked = {"(pyproject.toml)", *(f"(pyproject.toml:{group})" for group in (*gruppi, "setup"))}
    from_: dict[str, set[str]] = {}
    for name, rows in blocchi().items():
        comments = [row.strip("# \t") for row in rows if row.strip().startswith("#")]
        from_[name] = {comment.removeprefix("via ").strip() for comment in comments} - {"via", ""}
    taken = {name for name, who in from_.items() if any(one.rpartition(" ")[2] in asked for one in who)}
    while True:
        others = {name for name, who in from_.items() if name not in taken and not taken.isdisjoint(who)}
        if not others:
            return sorted(taken)
        taken |= others


def requisiti(nome: str, pacchetti: list[str]) -> Path:
    """Write the lines of the lock that regard some packages to a file of their own, hashes included."""
    rows = blocchi()
    file = RADICE / ".lavoro" / nome
    file.parent.mkdir(exist_ok=True)
    file.write_text("".join(row + "\n" for package in pacchetti for row in rows[package]), encoding="utf-8")
    return file


def requisito_uv() -> Path:
    """Write what the lock says of uv to a file of its own, so that it too is hash-checked."""
    return requisiti("uv.txt", ["uv"])


def crea_venv(uv: str | None) -> str | None:
    """Create the environment, with uv or without; return the uv to go on with, if any."""
    try:
        if VENV.exists():
            shutil.rmtree(VENV)
    except OSError as error:
        raise Fermo(
            f"La cartella {VENV} è da rifare ma non può essere tolta: è in uso ({error.filename}).\n"
            "Che cosa fare: chiudere i programmi che la usano (JupyterLab, altri terminali) e ripetere il comando."
        ) from error
    if uv is not None and not Path(uv).exists():
        uv = None
    # Never from an environment: its base is what remains when it goes.
    python = getattr(sys, "_base_executable", sys.executable)
    if uv is None and not passo(python, "-m", "venv", VENV):
        # Some systems ship Python without the parts that put pip into an environment: borrow pip to get uv.
        shutil.rmtree(VENV, ignore_errors=True)
        elsewhere = RADICE / ".lavoro" / "uv"
        options = ("--require-hashes", "--upgrade", "--target", elsewhere, "-r", requisito_uv())
        if passo(python, "-m", "pip", "install", *options):
            uv = str(elsewhere / "bin" / f"uv{SUFFISSO}")
        else:
            raise Fermo(
                "Questo Python non ha né venv né pip: l'ambiente non può essere creato.\n"
                "Che cosa fare: installarli (su Debian e Ubuntu: apt install python3-venv), oppure installare uv,\n"
                f"poi ripetere lo stesso comando. Dettagli in {REGISTRO}"
            )
    if uv is not None and not passo(uv, "venv", "--python", python, VENV):
        raise Fermo(f"La cartella {VENV} non può essere creata. Dettagli in {REGISTRO}")
    return uv


def rendi_relativo() -> None:
    """Make the path of the project relative to the environment.

    Before 3.13 Python reads path files in the system's own encoding: on Windows a folder with accents would be lost.
    """
    for pth in (*VENV.glob("lib/python*/site-packages/*.pth"), *VENV.glob("Lib/site-packages/*.pth")):
        if "conciliazione" in pth.name:
            pth.write_text(os.path.relpath(RADICE, pth.parent).replace(os.sep, "/") + "\n", encoding="ascii")


def prepara(gruppi: tuple[str, ...] = ()) -> None:
    """Bring ``.venv`` to what the lock says; instant when it already is. An interrupted set-up goes on.

    Parameters
    ----------
    gruppi : tuple of str
        What is needed beyond a run; what was installed for other commands stays.
    """
    folder, total_of, got = timbro()
    expected = impronta()
    wanted = got | frozenset(gruppi)
    if (folder, total_of, got) == (str(RADICE), expected, wanted) and base_presente():
        return
    dice("Preparo l'ambiente in .venv: " + PESO["test" if "test" in wanted else ""])
    start = time.monotonic()
    TIMBRO.unlink(missing_ok=True)
    REGISTRO.unlink(missing_ok=True)
    usa_indice_di_pip()
    uv = trova_uv()
    moved = folder not in ("", str(RADICE))
    sound = base_presente() and prova(PYTHON, "-c", f"import sys; sys.exit(sys.version_info < {VERSIONE_MINIMA})")
    if moved or not sound or not (uv or prova(PYTHON, "-m", "pip", "--version")):
        uv = crea_venv(uv)
    if uv is None and passo(PYTHON, "-m", "pip", "install", "--require-hashes", "-r", requisito_uv()):
        uv = trova_uv()
    # uv is some ten times faster than pip, but may be barred where only known programs run.
    install = (uv, "pip", "install", "--python", PYTHON) if uv else (PYTHON, "-m", "pip", "install")
    dice("Installo i pacchetti di requirements.lock, controllando le impronte.")
    listing = requisiti("pacchetti.txt", necessari(wanted))
    if not passo(*install, "--require-hashes", "--only-binary", ":all:", "-r", listing):
        raise Fermo(
            "I pacchetti di requirements.lock non si installano su questo sistema.\n"
            f"Che cosa fare: provare con Python 3.11, 3.12 o 3.13 a 64 bit. Dettagli in {REGISTRO}"
        )
    if not passo(*install, "--no-deps", "--no-build-isolation", "-e", RADICE):
        raise Fermo(f"Il progetto non si installa nell'ambiente. Dettagli in {REGISTRO}")
    rendi_relativo()
    TIMBRO.write_text("{}\n{}\n{}\n".format(RADICE, expected, " ".join(sorted(wanted))), encoding="utf-8")
    dice(f"Ambiente pronto in {time.monotonic() - start:.0f} secondi.", fine=True)


def esegui(*comando: object) -> int:
    """Run a command of the environment in the project's folder, its words to the user."""
    with subprocess.Popen([str(part) for part in comando], env=ambiente_figli(), cwd=RADICE) as process:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue  # the command hears Ctrl+C too, and says what there is to say


def esegui_insieme(passi: list[tuple[str, tuple[object, ...]]]) -> list[str]:
    """Run steps that each use one processor on all of them, and tell in order what they say.

    Returns
    -------
    list of str
        The names of those that failed.
    """

    def quietly(step: tuple[str, tuple[object, ...]]) -> subprocess.CompletedProcess[bytes]:
        command = [str(part) for part in step[1]]
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=ambiente_figli(),
            cwd=RADICE,
        )

    failed = []
    with ThreadPoolExecutor(os.cpu_count()) as together:
        for (name, _), outcome in zip(passi, together.map(quietly, passi), strict=True):
            print(f"\n── {name}\n{outcome.stdout.decode('utf-8', 'replace').rstrip()}", flush=True)
            if outcome.returncode != 0:
                failed.append(name)
    return failed


def esegui_tutti(
    passi: list[tuple[str, tuple[object, ...]]], prima: list[tuple[str, tuple[object, ...]]] | None = None
) -> int:
    """Run every step, even after one fails, and end with the list of what failed.

    Parameters
    ----------
    passi : list of tuple
        Name and command of each, one after the other: each uses every processor.
    prima : list of tuple, optional
        Of those to run together before.
    """
    failed = esegui_insieme(prima or [])
    for name, command in passi:
        print(f"\n── {name}", flush=True)
        if esegui(*command) != 0:
            failed.append(name)
    if failed:
        print("\nNon superati: {}.".format(", ".join(failed)), file=sys.stderr)
        return 1
    print("\nTutto superato.")
    return 0


#: What keeps the house in order: no knot in a room, English names.
CASA = ("tests/tooling/test_stanze.py", "tests/tooling/test_nomi_inglesi.py")
AMBIENTE = "tests/tooling/test_ambiente.py"
CONTROLLI: list[tuple[str, tuple[object, ...]]] = [
    ("stile", (PYTHON, "-m", "ruff", "check", ".")),
    ("formato", (PYTHON, "-m", "ruff", "format", "--check", ".")),
    ("tipi", (PYTHON, "-m", "mypy")),
    ("contratti fra le stanze", (ESEGUIBILI / f"lint-imports{SUFFISSO}",)),
    ("stanze senza nodi, nomi in inglese", (PYTHON, "-m", "pytest", "-q", *CASA)),
    ("ambiente e lock", (PYTHON, "-m", "pytest", "-q", AMBIENTE)),
]
#: A process a processor, up to those that memory allows.
PROCESSI = ("-n", "logical", "--maxprocesses", "4")
#: In the order of the folders, which begins with the longest.
INSIEME = (*PROCESSI, "--dist", "loadscope", "--no-loadscope-reorder")
PROVE: list[tuple[str, tuple[object, ...]]] = [
    # Before the tests, which take them up: on every processor, while nobody waits for them.
    ("cifre per prove e capitoli", (PYTHON, "-m", "conciliazione_lib", "genera", "--solo-cifre")),
    # Those that are among the checks have already been run. Of the notebooks the chapters alone, compared where it is
    # marked (what the last cell shows, the whole chapter as text): what analyses compute is in the store, with checks
    # of its own.
    (
        "prove e capitoli",
        (
            *(PYTHON, "-m", "pytest", *INSIEME, "--nbval-lax"),
            *("--ignore=" + file for file in (*CASA, AMBIENTE)),
            *("tests", *sorted(RADICE.glob("notebooks/capitoli/*.ipynb"))),
        ),
    ),
]
DOCUMENTAZIONE: list[tuple[str, tuple[object, ...]]] = [
    # The pages of the analyses show what they computed.
    ("cifre per le analisi", (PYTHON, "-m", "conciliazione_lib", "genera", "--solo-cifre")),
    ("documentazione", (PYTHON, "-m", "sphinx", "-W", "--keep-going", "-q", "docs", "docs/_build/html")),
]
RICALCOLO = (
    *("--all-extras", "--group", "lab", "--group", "docs", "--group", "test", "--group", "setup"),
    *("--universal", "--python-version", "3.11"),
    *("--only-binary", ":all:", "--generate-hashes", "--no-emit-index-url", "--no-emit-find-links", "--no-header"),
    *("--quiet", "--output-file", "requirements.lock"),
)


#: What the set-up puts on the disk, by what is needed: measured on Linux, with Python 3.11.
PESO = {
    "": "circa 1,1 GB su disco; la prima volta i pacchetti si scaricano.",
    "test": "circa 1,5 GB su disco, con ciò che serve alle prove; la prima volta i pacchetti si scaricano.",
}
#: What each command needs beyond what a run does: who only generates never installs it.
GRUPPI = {"lab": ("lab",), "docs": ("docs",), "test": ("test",), "check": ("test",), "bench": ("test",)}


def comanda(comando: str, argomenti: list[str]) -> int:
    """Carry out one command of the list above; return the exit code of the process."""
    if comando == "lock":
        # The environment of the lock that is about to change is needed only to find uv.
        if trova_uv() is None:
            prepara()
        uv = trova_uv()
        if uv is None:
            raise Fermo("Per ricalcolare requirements.lock serve uv, che su questo sistema non parte.")
        return esegui(uv, "pip", "compile", "pyproject.toml", *RICALCOLO, *argomenti)
    prepara(GRUPPI.get(comando, ()))
    if comando == "env":
        print(f"L'ambiente è pronto in {VENV}")
        return 0
    if comando == "site":
        return esegui(PYTHON, "-m", "conciliazione_lib", "genera", *argomenti)
    if comando == "conciliazione":
        return esegui(PYTHON, "-m", "conciliazione_lib", *argomenti)
    if comando == "lab":
        return esegui(PYTHON, "-m", "jupyter", "lab", "notebooks", *argomenti)
    if comando == "docs":
        return esegui_tutti(DOCUMENTAZIONE)
    if comando == "test":
        return esegui_tutti(PROVE, prima=CONTROLLI)
    if comando == "check":
        return esegui_tutti([], prima=CONTROLLI)
    return esegui(PYTHON, "benchmarks", *argomenti)


def scrivania() -> int:
    """Prepare what is missing, showing it in the browser, then open the desk."""
    PAGINE.append(Pagina())
    try:
        prepara()
    except Fermo as reason:
        for page in PAGINE:
            page.dice(str(reason), fine=True)
        raise
    finally:
        PAGINE.clear()
    return esegui(PYTHON, "-m", "conciliazione_lib", "scrivania")


def main(argomenti: list[str]) -> int:
    """Read the command line; return 0 (done), 1 (failed), 2 (wrong use), 130 (interrupted)."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # consoles that lack a character
    if argomenti and argomenti[0] in ("-h", "--help", "--aiuto"):
        print(AIUTO)
        return 0
    commands = [row.split()[0] for row in AIUTO.splitlines() if row.startswith("  ")]
    if argomenti and argomenti[0] not in commands:
        print(f"Comando sconosciuto: «{argomenti[0]}».\n\n{AIUTO}", file=sys.stderr)
        return 2
    try:
        return comanda(argomenti[0], argomenti[1:]) if argomenti else scrivania()
    except Fermo as reason:
        print(reason, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrotto. Ripetere lo stesso comando: riprende da dove si era fermato.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
