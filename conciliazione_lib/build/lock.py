"""One build at a time on the same output: a lock of the operating system, which no crash leaves behind."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from conciliazione_lib.errors import EsecuzioneError

#: The workers of a killed build hold its lock for an instant more.
_PATIENCE = 2.0


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Hold the lock of an output for the length of a ``with``.

    Parameters
    ----------
    folder : Path
        The folder of the output; made if needed.

    Raises
    ------
    EsecuzioneError
        If another build holds it: the message says which.
    """
    folder.mkdir(parents=True, exist_ok=True)
    holder = folder / "in-corso.json"
    lock = FileLock(folder / "in-corso.lock")
    try:
        lock.acquire(timeout=_PATIENCE)
    except Timeout:
        raise EsecuzioneError(
            f"Un'altra generazione sta già scrivendo in {folder.parent}{_who(holder)}.",
            remedy="attendere che finisca, oppure scegliere un'altra cartella con --uscita",
        ) from None
    try:
        about = {"pid": os.getpid(), "computer": socket.gethostname(), "inizio": time.strftime("%d/%m/%Y %H:%M:%S")}
        holder.write_text(json.dumps(about), encoding="utf-8")
        yield
    finally:
        with contextlib.suppress(OSError):
            holder.unlink()
        lock.release()


def _who(holder: Path) -> str:
    try:
        about = json.loads(holder.read_text(encoding="utf-8"))
        return f" (processo {about['pid']} sul computer {about['computer']}, dal {about['inizio']})"
    except (OSError, ValueError, KeyError):
        return ""
