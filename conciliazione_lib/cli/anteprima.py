"""``conciliazione anteprima``: the site that a run has made, served to this computer only."""

from __future__ import annotations

import os
import signal
import threading
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Annotated

import typer

from conciliazione_lib.build.project import root
from conciliazione_lib.cli.italiano import App
from conciliazione_lib.errors import UsoError

PORT = 8765

app = App()


class _Pages(SimpleHTTPRequestHandler):
    """Serve the files of a folder, in silence, with types that do not depend on the system's registry."""

    extensions_map = {  # noqa: RUF012
        **SimpleHTTPRequestHandler.extensions_map,
        ".css": "text/css",
        ".csv": "text/csv",
        ".html": "text/html; charset=utf-8",
        ".js": "text/javascript",
        ".json": "application/json",
        ".mjs": "text/javascript",
        ".svg": "image/svg+xml",
        ".wasm": "application/wasm",
        ".woff2": "font/woff2",
    }

    def end_headers(self) -> None:
        # A page made again must be seen at once.
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    # On Windows this option would let two previews answer on one port.
    allow_reuse_address = os.name != "nt"
    daemon_threads = True


def _open(folder: Path, port: int | None) -> _Server:
    """Open the server on the port asked for, or on the usual one, or on any free one."""
    pages = partial(_Pages, directory=str(folder))
    if port is not None:
        try:
            return _Server(("127.0.0.1", port), pages)
        except (OSError, OverflowError) as error:
            raise UsoError(
                f"La porta {port} non può essere usata.", remedy="indicarne un'altra, o nessuna, con --porta."
            ) from error
    try:
        return _Server(("127.0.0.1", PORT), pages)
    except OSError:
        return _Server(("127.0.0.1", 0), pages)


@contextmanager
def servi(folder: Path, port: int | None = None) -> Iterator[str]:
    """Serve a folder on 127.0.0.1 for as long as the context lasts.

    Parameters
    ----------
    folder : Path
        The folder of the site.
    port : int, optional
        The port; a free one when omitted.

    Yields
    ------
    str
        The address of the home page.

    Raises
    ------
    UsoError
        If the port asked for is taken.
    """
    server = _open(folder, port)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def find_site(folder: Path | None, edizione: str | None) -> Path:
    """Return the folder of the site to show: the one asked for, or that of the last run.

    Parameters
    ----------
    folder : Path, optional
        The folder of the site.
    edizione : str, optional
        The edition, when the folder is not given.

    Raises
    ------
    UsoError
        If there is no site there.
    """
    if folder is not None:
        sites = [folder] if (folder / "index.html").is_file() else []
        where = str(folder)
    else:
        relations = root() / "reports"
        pages = relations.glob(f"{edizione or '*'}/sito/index.html")
        sites = [page.parent for page in sorted(pages, key=lambda page: page.stat().st_mtime)]
        where = str(relations / (edizione or "") / "sito") if edizione else str(relations)
    if not sites:
        raise UsoError(f"Non c'è nessun sito in {where}.", remedy="generarlo con: conciliazione genera")
    return sites[-1]


@app.italian_command()
def anteprima(
    edizione: Annotated[str | None, typer.Option(help="Edizione da mostrare; se manca, l'ultima generata.")] = None,
    cartella: Annotated[Path | None, typer.Option(help="Cartella del sito, se è altrove.")] = None,
    porta: Annotated[int | None, typer.Option(help="Porta; se manca, ne è scelta una libera.")] = None,
    senza_browser: Annotated[bool, typer.Option("--senza-browser", help="Non aprire il browser.")] = False,
) -> None:
    """Mostra il sito generato, su questo computer soltanto.

    Serve le pagine all'indirizzo che stampa, e apre il browser. Si chiude con Ctrl+C.
    """
    # Started from a script in the background, a process inherits an ignored Ctrl+C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    site = find_site(cartella, edizione)
    try:
        with servi(site, porta) as address:
            typer.echo(f"Sito di {site}\nAnteprima: {address}   (Ctrl+C per chiudere)")
            if not senza_browser:
                webbrowser.open(address)
            # On Windows a wait without end would not hear Ctrl+C.
            while not threading.Event().wait(1):
                pass
    except KeyboardInterrupt:
        typer.echo("\nAnteprima chiusa.")
