"""Standard output and error of a warm kernel."""

from __future__ import annotations

from typing import Any

from ipykernel.iostream import OutStream


class PromptStream(OutStream):
    """A stream that waits for the thread which sends what is written only when something was.

    ipykernel empties both streams at every cell and at every display; a chapter writes nothing on either.
    """

    _empty = True

    def write(self, string: str) -> Any:
        """Write, and note that there is something to send."""
        self._empty = False
        return super().write(string)

    def flush(self) -> None:
        """Send what was written since the last time, if anything was."""
        if not self._empty:
            self._empty = True
            super().flush()
