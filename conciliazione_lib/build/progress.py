"""What a build tells while it runs: a live bar on a terminal, plain lines elsewhere, everything in a log file."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Protocol, TextIO

from conciliazione_lib.build.model import Outcome


class Progress(Protocol):
    """What hears of a build's progress."""

    def begin(self, total: int, processes: int) -> None:
        """Hear that runs are about to start."""

    def started(self, name: str) -> None:
        """Hear that one run starts."""

    def finished(self, outcome: Outcome) -> None:
        """Hear that one run ended."""

    def publishing(self, what: str, done: int = 0, total: int = 0) -> None:
        """Hear what is being published, and how many of how many are ready when they can be counted."""

    def note(self, text: str) -> None:
        """Hear something else to tell."""

    def end(self) -> None:
        """Hear that nothing more will come."""


class Quiet:
    """Tells nothing."""

    def begin(self, total: int, processes: int) -> None:
        """Ignore."""

    def started(self, name: str) -> None:
        """Ignore."""

    def finished(self, outcome: Outcome) -> None:
        """Ignore."""

    def publishing(self, what: str, done: int = 0, total: int = 0) -> None:
        """Ignore."""

    def note(self, text: str) -> None:
        """Ignore."""

    def end(self) -> None:
        """Ignore."""


#: Share of a counted phase of the publication after which a line is written again.
_SHARE = 0.2


class Plain(Quiet):
    """One line for each run that ended and for each phase of the publication, for logs and pipes.

    Parameters
    ----------
    stream : text file
        Where to write.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._total = 0
        self._done = 0
        self._phase = ("", 0)

    def begin(self, total: int, processes: int) -> None:
        """Remember how many runs there are; those that went before are not counted with them."""
        self._total, self._done = total, 0

    def publishing(self, what: str, done: int = 0, total: int = 0) -> None:
        """Write a line when a phase begins, and at each fifth of one that is counted."""
        phase = (what, int(done / (total * _SHARE)) if total else 0)
        if phase != self._phase:
            self._phase = phase
            self.note(_phase(what, done, total))

    def finished(self, outcome: Outcome) -> None:
        """Write the line of a run."""
        self._done += 1
        self.note(f"[{self._done}/{self._total}] {describe(outcome)}")

    def note(self, text: str) -> None:
        """Write a line."""
        print(text, file=self._stream, flush=True)


class Live(Quiet):
    """A bar with what is running, what is done and the time left, for a terminal."""

    def __init__(self) -> None:
        from rich import progress

        self._bar = progress.Progress(
            progress.TextColumn("{task.completed:.0f}/{task.total:.0f}"),
            progress.BarColumn(bar_width=30),
            progress.TimeElapsedColumn(),
            progress.TextColumn("restano"),
            progress.TimeRemainingColumn(compact=True),
            progress.TextColumn("{task.description}"),
            transient=True,
        )
        self._task: Any = None
        self._running: list[str] = []

    def begin(self, total: int, processes: int) -> None:
        """Show the bar, or begin it again."""
        if self._task is None:
            self._task = self._bar.add_task("avvio…", total=total)
            self._bar.start()
        else:
            self._bar.reset(self._task, total=total)

    def started(self, name: str) -> None:
        """Show the name among those running."""
        self._running.append(name)
        self._show()

    def finished(self, outcome: Outcome) -> None:
        """Advance; failures stay on the screen."""
        if outcome.nome in self._running:
            self._running.remove(outcome.nome)
        if outcome.stato == "fallito":
            self.note(describe(outcome))
        self._bar.advance(self._task)
        self._show()

    def publishing(self, what: str, done: int = 0, total: int = 0) -> None:
        """Turn the bar to the publication."""
        if self._task is None:
            self.begin(total or 1, 0)
        self._bar.update(self._task, description=_phase(what), completed=done, total=total or 1)

    def note(self, text: str) -> None:
        """Write a line above the bar."""
        self._bar.console.print(text, markup=False, highlight=False)

    def end(self) -> None:
        """Take the bar away."""
        self._bar.stop()

    def _show(self) -> None:
        self._bar.update(self._task, description=", ".join(self._running) or "pubblicazione…")


class Log(Quiet):
    """Every event with its time, in a file, beside what another listener shows.

    Parameters
    ----------
    path : Path
        The file; a new run continues it.
    shown : Progress
        The other listener.
    """

    def __init__(self, path: Path, shown: Progress) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a", encoding="utf-8")
        self._shown = shown
        #: What the publication asked to be told, for the account of the build.
        self.notes: list[str] = []

    def begin(self, total: int, processes: int) -> None:
        """Write how much there is to do."""
        self._write(f"inizio: {total} da eseguire, {processes} process{'o' if processes == 1 else 'i'}")
        self._shown.begin(total, processes)

    def started(self, name: str) -> None:
        """Write that a run starts."""
        self._write(f"avviato {name}")
        self._shown.started(name)

    def finished(self, outcome: Outcome) -> None:
        """Write how a run ended."""
        self._write(describe(outcome))
        self._shown.finished(outcome)

    def publishing(self, what: str, done: int = 0, total: int = 0) -> None:
        """Write when a phase begins."""
        if not done:
            self._write(_phase(what, done, total))
        self._shown.publishing(what, done, total)

    def note(self, text: str) -> None:
        """Write a line."""
        self.notes.append(text)
        self._write(text)
        self._shown.note(text)

    def end(self) -> None:
        """Close the file."""
        self._shown.end()
        self._file.close()

    def _write(self, text: str) -> None:
        self._file.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}\n")
        self._file.flush()


def describe(outcome: Outcome) -> str:
    """Return one line on how a run ended."""
    seconds = f"{outcome.misure.secondi:.1f}".replace(".", ",")
    if outcome.stato == "fatto":
        return f"fatto {outcome.nome} in {seconds} s"
    first = (outcome.errore or "").partition("\n")[0]
    return f"NON RIUSCITO {outcome.nome} dopo {seconds} s: {first}"


def _phase(what: str, done: int = 0, total: int = 0) -> str:
    """Return one line on a phase of the publication."""
    return f"Pubblicazione: {what} ({done} su {total})" if total else f"Pubblicazione: {what}"
