"""The form in which commands are typed here: who starts them with ``avvia.py`` has no ``conciliazione`` of its own.

Messages of every room name commands in one way, ``conciliazione genera``; the way out to the terminal writes them as
they work where they were started from, so that what is read can be copied.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Iterator
from typing import Final, TextIO

#: Set by ``avvia.py``: what stands for ``conciliazione``.
VARIABLE: Final = "CONCILIAZIONE_COMANDO"
#: The name of the program where a command follows it: not in the names of files, nor in prose.
_COMMAND: Final = re.compile(
    r"(?<![\w./\\-])(?<!avvia\.py )conciliazione"
    r"(?= (?:anteprima|confronta|dati|documento|elenca|genera|piano|quadrature|riparto|scrivania|tempi|verifica"
    r"|--help|COMANDO|\[))"
)


def written(testo: str, forma: str) -> str:
    """Return a text with its commands in a form.

    >>> written("Per rifarli: conciliazione genera --ats pavia", "python avvia.py conciliazione")
    'Per rifarli: python avvia.py conciliazione genera --ats pavia'
    """
    return _COMMAND.sub(forma, testo)


class _Output:
    """A stream that writes commands in the form that works here; for everything else, the stream itself."""

    def __init__(self, stream: TextIO, forma: str) -> None:
        self._flusso, self._forma = stream, forma

    def write(self, testo: str) -> int:
        return self._flusso.write(written(testo, self._forma) if isinstance(testo, str) else testo)

    def __getattr__(self, nome: str) -> object:
        return getattr(self._flusso, nome)


@contextlib.contextmanager
def how_it_is_written() -> Iterator[None]:
    """Write commands in the form in which they were typed, for as long as the context lasts."""
    shape = os.environ.get(VARIABLE, "")
    if not shape:
        yield
        return
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (_Output(stream, shape) for stream in before)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
