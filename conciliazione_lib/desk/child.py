"""The program of what takes minutes, a build or a refresh, told line by line to the desk that started it.

Started by :mod:`.jobs` as ``python -m conciliazione_lib.desk.child``. The order comes on its standard input as a line
of JSON, then the answers to what it asks; what happens goes to its standard output, an event a line. When its input
ends, the desk is gone or has said enough: it ends at once, with everything that it has started. Both builds and
refreshes are made to be killed at any moment.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from conciliazione_lib import territory
from conciliazione_lib.errors import ConciliazioneError

if TYPE_CHECKING:
    from conciliazione_lib.build.model import Outcome
    from conciliazione_lib.sources.importing import Changes, Understood

ENDED = 3


class Line:
    """The way to the desk: events go, answers come."""

    def __init__(self, events: IO[str], source: IO[str]) -> None:
        self._events, self._source = events, source
        self._lock = threading.Lock()
        self.answers: queue.SimpleQueue[str] = queue.SimpleQueue()

    def tell(self, **event: Any) -> None:
        """Tell of something."""
        with self._lock:
            self._events.write(json.dumps(event, ensure_ascii=False) + "\n")
            self._events.flush()

    def listen(self) -> None:
        """Hear the answers, and the end."""
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        from conciliazione_lib.build.worker import kill_children

        for line in self._source:
            self.answers.put(line.strip())
        kill_children(os.getpid())
        os._exit(ENDED)


class Told:
    """What hears of a build, and tells it to the desk.

    Parameters
    ----------
    line : Line
        The way to the desk.
    titles : mapping
        Titles of analyses and chapters, by their ids.
    """

    def __init__(self, line: Line, titles: Mapping[str, str]) -> None:
        self._line, self._titles = line, titles

    def begin(self, total: int, processes: int) -> None:
        """Tell how many runs are to come."""
        self._line.tell(passo="calcolo", totale=total)

    def started(self, name: str) -> None:
        """Tell that one starts."""
        self._line.tell(avviato=self._called(name))

    def finished(self, outcome: Outcome) -> None:
        """Tell that one ended."""
        self._line.tell(finito=self._called(outcome.nome), stato=outcome.stato)

    def publishing(self, what: str, done: int = 0, total: int = 0) -> None:
        """Tell what is being published."""
        self._line.tell(passo="pubblicazione", ora=what, fatti=done, totale=total)

    def note(self, text: str) -> None:
        """Tell something else."""
        self._line.tell(nota=text)

    def end(self) -> None:
        """Nothing more to tell."""

    def _called(self, name: str) -> str:
        """Return what a run is called: ``ats/pavia/02_demografia`` is «La demografia»; of an ambito, with its name."""
        where, _, id = name.rpartition("/")
        title = self._titles.get(id, id)
        level, _, code = where.partition("/")
        return f"{title} ({territory.load().name(level, code)})" if level == "ambito" else title


def generate(order: dict[str, Any], line: Line) -> dict[str, Any]:
    """Make the edition of an ATS, as ``conciliazione genera`` does."""
    from conciliazione_lib import publish
    from conciliazione_lib.build import engine
    from conciliazione_lib.build.model import Choice
    from conciliazione_lib.build.project import configuration, root

    config = configuration(None, order.get("data"))
    titles = {one.id: one.titolo for one in config.analisi} | {one.id: one.titolo for one in config.capitoli}
    made = engine.run(
        config,
        Choice(tuple(order.get("ats") or ()), (), ()),
        output=root(),
        progress=Told(line, titles),
        publish=partial(publish.publish),
    )
    failed = [{"nome": f"{one.nome_territorio}, {one.capitolo}", "errore": one.errore or ""} for one in made.failed]
    return {
        "secondi": made.secondi,
        "cambiato": made.pubblicato,
        "capitoli": len(made.executed),
        "falliti": failed,
        "avvisi": made.avvisi,
        "cartella": str(made.cartella),
    }


def refresh(order: dict[str, Any], line: Line) -> dict[str, Any]:
    """Refresh tables from their sources, as ``conciliazione dati aggiorna`` does; asks before it replaces anything."""
    from conciliazione_lib.desk.shown import changes_shown
    from conciliazione_lib.evidence.formats import periodo
    from conciliazione_lib.quality.plausibility import of_table
    from conciliazione_lib.sources import importing, refresh

    def accept(read: Understood, changed: Changes) -> bool:
        warnings = of_table(read.spec, read.frame, importing.in_force(read.spec.name))
        about = {"data": periodo(read.data), "come": read.come, "stato": read.stato, "avvisi": warnings}
        line.tell(domanda={**changes_shown(read.spec, changed), **about})
        return line.answers.get() == "si"

    tables = [str(name) for name in order.get("tabelle") or ()]
    outcomes = refresh.refresh(tables, progress=lambda text: line.tell(nota=text), accept=accept)
    told = [
        {"tabella": one.tabella, "stato": one.stato, "messaggio": one.messaggio, "rimedio": one.rimedio}
        for one in outcomes
    ]
    return {"tabelle": told, "falliti": [one.tabella for one in outcomes if not one.successful]}


def main() -> int:
    """Carry out the order."""
    events = os.fdopen(os.dup(1), "w", encoding="utf-8")
    source = os.fdopen(os.dup(0), "r", encoding="utf-8")
    # What libraries print is not an event, and nobody is asked anything.
    os.dup2(2, 1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    line = Line(events, source)
    try:
        order = json.loads(source.readline())
    except ValueError:
        return ENDED
    line.listen()
    try:
        line.tell(esito={"genera": generate, "fonti": refresh}[order["genere"]](order, line))
    except ConciliazioneError as error:
        line.tell(errore=error.messaggio, rimedio=error.rimedio or "")
    except Exception as error:
        line.tell(errore=f"Errore imprevisto nel programma ({type(error).__name__}).", rimedio=_kept(error))
    return 0


def _kept(error: Exception) -> str:
    """Keep the details of an unexpected error, and say where."""
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile("w", suffix=".log", delete=False, encoding="utf-8") as log:
        log.write("".join(traceback.format_exception(error)))
    return f"Segnalarlo allegando il file {Path(log.name)}"


if __name__ == "__main__":
    sys.exit(main())
