"""The life of a desk: one for each folder, opened in the browser, ended when its page is closed.

The address of an open desk holds its token: it is written only where nobody but its owner can read, as a page that
leads there, and it is that page which the browser is told to open. A command line can be read by every user of a
machine.
"""

from __future__ import annotations

import contextlib
import hashlib
import html
import json
import os
import signal
import socket
import threading
import time
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from conciliazione_lib import storage
from conciliazione_lib.desk.server import Desk
from conciliazione_lib.errors import UsoError

#: Seconds without hearing from the page after which nobody is there: browsers let a hidden page speak once a minute.
SILENCE: Final = 600.0
#: Seconds after the page is left: it may be only another page of the desk that is coming, or another window of it.
LEFT: Final = 90.0
_TICK: Final = 0.5


def folder() -> Path:
    """Return the folder that a desk keeps its things in, made if needed."""
    path = storage.local_root() / "scrivania"
    path.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(OSError):
        path.chmod(0o700)  # files that are dropped may be about people
    return path


class AlreadyOpen(UsoError):
    """Another desk is open on the same folder."""


class Life:
    """How long a desk is still to live: a little more at each word from its page.

    Parameters
    ----------
    busy : callable
        Whether something is going on that must be let end.
    """

    def __init__(self, busy: Callable[[], bool] = lambda: False) -> None:
        self._busy = busy
        self._left = SILENCE
        self._lock = threading.Lock()
        self._end = threading.Event()

    def heard(self) -> None:
        """Hear from the page."""
        with self._lock:
            self._left = SILENCE

    def leaving(self) -> None:
        """Hear that a page was left."""
        with self._lock:
            self._left = min(self._left, LEFT)

    def end(self) -> None:
        """End now."""
        self._end.set()

    def wait(self) -> None:
        """Wait for the end. Time spent asleep by the machine does not count."""
        before = time.monotonic()
        while not self._end.wait(_TICK):
            now = time.monotonic()
            with self._lock:
                if not self._busy():
                    self._left -= min(now - before, 4 * _TICK)
                if self._left <= 0:
                    return
            before = now


@contextmanager
def alone() -> Iterator[None]:
    """Hold the folder of the data for one desk.

    Raises
    ------
    AlreadyOpen
        Another desk is open on it.
    """
    root = folder()
    holder = root / "aperta.json"
    lock = FileLock(root / "aperta.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise AlreadyOpen(
            f"Su questa cartella è già aperta una scrivania{_who(holder)}.",
            "Usare quella; se la sua pagina non si trova più, attendere dieci minuti: senza la pagina si chiude da sé.",
        ) from None
    try:
        about = {"pid": os.getpid(), "computer": socket.gethostname(), "inizio": time.strftime("%H:%M del %d/%m/%Y")}
        holder.write_text(json.dumps(about), encoding="utf-8")
        yield
    finally:
        with contextlib.suppress(OSError):
            holder.unlink()
        lock.release()


def _who(holder: Path) -> str:
    try:
        about = json.loads(holder.read_text(encoding="utf-8"))
        return f" (sul computer {about['computer']}, dalle {about['inizio']})"
    except (OSError, ValueError, KeyError):
        return ""


def door() -> Path:
    """Return the page that leads to the desk of this folder, readable by its owner only."""
    local = os.environ.get("LOCALAPPDATA") if os.name == "nt" else os.environ.get("XDG_RUNTIME_DIR")
    root = Path(local) if local and Path(local).is_dir() else Path.home() / ".cache"
    mine = root / "conciliazione"
    mine.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(OSError):
        mine.chmod(0o700)
    name = hashlib.sha256(str(folder().resolve()).encode()).hexdigest()[:16]
    return mine / f"scrivania-{name}.html"


@contextmanager
def opened(address: str) -> Iterator[Path]:
    """Write the page that leads to an address, for as long as the desk is open."""
    path = door()
    path.unlink(missing_ok=True)
    there = html.escape(address)
    text = (
        '<!doctype html><html lang="it"><meta charset="utf-8"><title>Scrivania</title>'
        f'<meta http-equiv="refresh" content="0;url={there}"><p><a href="{there}">Apri la scrivania</a></p>'
    )
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
    try:
        yield path
    finally:
        with contextlib.suppress(OSError):
            path.unlink()


def again() -> bool:
    """Show in the browser the desk that is open on this folder; False when it is another user's, or elsewhere."""
    path = door()
    try:
        about = json.loads((folder() / "aperta.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    if about.get("computer") != socket.gethostname() or not path.is_file():
        return False
    return webbrowser.open(path.as_uri())


def live(desk: Desk, life: Life, *, browser: bool, say: Callable[[str], None]) -> None:
    """Serve a desk until it ends: its page closed, «Chiudi» pressed, or Ctrl+C."""
    # Started from a script in the background, a process inherits an ignored Ctrl+C.
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.default_int_handler)
    thread = desk.start()
    try:
        with opened(desk.address) as path:
            say(f"La scrivania è aperta nel browser. Se non si vede, aprire: {desk.address}")
            say("Questa finestra si chiude da sola quando si chiude la scrivania.")
            if browser:
                webbrowser.open(path.as_uri())
            with contextlib.suppress(KeyboardInterrupt):
                life.wait()
    finally:
        desk.shutdown()
        desk.server_close()
        thread.join()
