"""The command line ``conciliazione``: the commands, their exit codes, what goes to the user when something fails.

To add a command, write a module beside this one with an ``app`` (:class:`conciliazione_lib.cli.italiano.App`) and
put its name in :data:`COMMANDS` with the one line the help shows. The module is imported only when its command is
asked for, so ``conciliazione --help`` stays quick; heavy libraries go inside the functions that need them.

A command returns its exit code (None is 0): 0 done, 1 done with failures or failed checks, 2 wrong use or bad input.
It raises the errors of :mod:`conciliazione_lib.errors`; nothing else is expected, and what is unexpected ends in a log.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from types import MappingProxyType
from typing import Annotated, Any

import typer
from typer.main import get_command

from conciliazione_lib import __version__
from conciliazione_lib.cli.forma import how_it_is_written
from conciliazione_lib.cli.italiano import App, Group, execute
from conciliazione_lib.errors import ConciliazioneError
from conciliazione_lib.region import REGION

#: Command → what it is for; its module has the same name. In the order in which the help shows them.
COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "scrivania": "Apre la scrivania dell'analista: una pagina del browser al posto dei comandi.",
        "genera": "Genera capitoli, tabelle e sito; rifà soltanto ciò che è cambiato.",
        "elenca": "Elenca edizioni, territori, capitoli e tabelle di dati.",
        "anteprima": "Mostra il sito generato, su questo computer soltanto.",
        "verifica": "Verifica che cifre e confronti siano gli stessi, e veri, in tutto ciò che è pubblicato.",
        "dati": "Mostra, importa e aggiorna le tabelle di dati.",
        "documento": "Scrive i documenti Word e PDF, e aggiorna quelli modificati a mano.",
        "quadrature": "Verifica che le cifre quadrino tra loro, con gli atti e con le fonti.",
        "confronta": "Confronta due edizioni: che cosa è cambiato e perché.",
        "riparto": "Ripartisce le risorse fra i territori secondo una regola.",
        "tempi": "Conduce la rilevazione sui Piani dei Tempi presso gli ambiti.",
        "piano": "Prepara e controlla il piano di conciliazione di una ATS.",
    }
)

INTERRUPTED = 130


class _Root(Group):
    """The group of all commands, each imported when it is used."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def summary(self, ctx: Any) -> list[tuple[str, str]]:
        return list(COMMANDS.items())

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        command = get_command(import_module(f"{__name__}.{cmd_name}").app)
        command.name = cmd_name
        return command


app = App(
    f"Analisi dei bisogni di conciliazione vita-lavoro per le ATS {REGION.di}.\n\n"
    "Codici di uscita: 0 fatto; 1 fatto, ma qualcosa non è riuscito o un controllo non torna; "
    "2 richiesta o dati in ingresso sbagliati.",
    cls=_Root,
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"conciliazione {__version__}")
        raise typer.Exit


@app.callback()
def _opzioni_generali(
    versione: Annotated[
        bool, typer.Option("--versione", callback=_version, is_eager=True, help="Mostra la versione ed esce.")
    ] = False,
) -> None:
    """Take the options that come before the command."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        The arguments, without the program's name; those of the process when omitted.

    Returns
    -------
    int
        Exit code: 0 done, 1 done with failures, 2 wrong use or bad input, 130 interrupted.
    """
    for stream in (sys.stdout, sys.stderr):
        # A console that lacks a character shows another one in its place, rather than ending the run.
        getattr(stream, "reconfigure", lambda **_: None)(errors="replace")
    with how_it_is_written():
        return _execute(arguments)


def _execute(arguments: Sequence[str] | None) -> int:
    """Run the command line, and say what went wrong."""
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        code = execute(get_command(app), list(arguments) or ["--help"])
    except ConciliazioneError as error:
        typer.echo(str(error), err=True)
        return error.codice_uscita
    except KeyboardInterrupt:
        code = INTERRUPTED
    except Exception as error:
        typer.echo(_unexpected(error), err=True)
        return 1
    if code == INTERRUPTED:
        typer.echo("Interrotto. Ciò che era già completo resta valido: lo stesso comando riprende da lì.", err=True)
    return code


def _unexpected(error: Exception) -> str:
    """Write the traceback of an unexpected error to a file and return what to tell the user."""
    import tempfile
    import time
    import traceback
    from pathlib import Path

    name = f"conciliazione-errore-{time.strftime('%Y%m%d-%H%M%S')}.log"
    text = "".join(traceback.format_exception(error))
    for folder in (Path.cwd() / ".lavoro", Path(tempfile.gettempdir())):
        try:
            folder.mkdir(exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        except OSError:
            continue
        where = f"Che cosa fare: segnalarlo allegando il file {folder / name}"
        break
    else:
        where = "Che cosa fare: segnalarlo. Non è stato possibile scrivere un file con i dettagli."
    return f"Errore imprevisto nel programma ({type(error).__name__}): il comando non è stato completato.\n{where}"
