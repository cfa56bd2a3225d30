"""Results already made, by the hash of their inputs; what lets a run resume, and a second one do nothing."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from conciliazione_lib.build.fingerprint import digest
from conciliazione_lib.build.model import Measures, Outcome, Task


class Store:
    """A folder of executed notebooks (by key) and, for each task, the inputs of its last good result.

    Of a run that failed it keeps the notebook with its error, until the task succeeds: it is not a result to reuse,
    but an edition in which that chapter is missing must go on saying so.

    Every file appears whole: a killed run leaves at most a temporary file behind.

    Parameters
    ----------
    folder : Path
        Where it is; made at need.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def notebook(self, key: str) -> Path:
        """Return where the executed notebook of a key is, or would be."""
        return self.folder / "eseguiti" / key[:2] / f"{key}.ipynb"

    def has(self, key: str) -> bool:
        """Whether there is a good result for a key."""
        return self._outcome_path(key).is_file() and self.notebook(key).is_file()

    def outcome(self, key: str) -> dict[str, Any]:
        """Return what is known of a good result: tables read, cost."""
        return dict(json.loads(self._outcome_path(key).read_text(encoding="utf-8")))

    def inputs(self, edition: str, task_name: str) -> dict[str, Any] | None:
        """Return the inputs of the last good result of a task."""
        try:
            return dict(json.loads(self._task_path(edition, task_name).read_text(encoding="utf-8"))["ingressi"])
        except (OSError, ValueError, KeyError):
            return None

    def failure(self, edition: str, task: Task) -> Outcome | None:
        """Return how the last run of a task failed, if it did and its inputs are still the same."""
        try:
            known = json.loads(self._failure_path(edition, task.nome).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        if known["chiave"] != task.chiave:
            return None
        measures, tables = Measures(**known["misure"]), tuple(known["tabelle"])
        return Outcome(task.nome, "fallito", known["notebook"], measures, known["errore"], tables)

    def attempted(self, edition: str, task: Task) -> bool:
        """Whether a task was ever run, well or not, whatever its inputs were."""
        return self._task_path(edition, task.nome).is_file() or self._failure_path(edition, task.nome).is_file()

    def put(self, edition: str, task: Task, outcome: Outcome, read: Mapping[str, str] | None = None) -> None:
        """Keep a result; of a good one the notebook first, what vouches for it last.

        Parameters
        ----------
        edition, task, outcome
            Of whom, and how it ended.
        read : mapping of str to str, optional
            The hash of all that it read of the figures, when that is known.
        """
        known: dict[str, Any] = {"tabelle": list(outcome.tabelle), "misure": asdict(outcome.misure), "letto": read}
        if outcome.stato == "fallito":
            known |= {"letto": None, "chiave": task.chiave, "errore": outcome.errore, "notebook": outcome.notebook}
            write_whole(self._failure_path(edition, task.nome), json.dumps(known, ensure_ascii=False))
            return
        write_whole(self.notebook(task.chiave), outcome.notebook)
        write_whole(self._outcome_path(task.chiave), json.dumps(known, ensure_ascii=False))
        self.note(edition, task)
        self._failure_path(edition, task.nome).unlink(missing_ok=True)

    def renew(self, edition: str, task: Task, now: Mapping[str, str]) -> str | None:
        """Take for a task its last good result, where of all its inputs only figures that it did not read are others.

        Parameters
        ----------
        edition, task
            Whose result.
        now : mapping of str to str
            The hash of all that can be read of the figures.

        Returns
        -------
        str or None
            The key that the result had; nothing where there is none.
        """
        try:
            record = json.loads(self._task_path(edition, task.nome).read_text(encoding="utf-8"))
            before, key = record["ingressi"], record["chiave"]
            known = self.outcome(key)
            other = any(now.get(name, "") != print_ for name, print_ in known["letto"].items())
            if other or _but_figures(before) != _but_figures(task.ingressi):
                return None
            notebook = self.notebook(key).read_text(encoding="utf-8")
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        write_whole(self.notebook(task.chiave), notebook)
        write_whole(self._outcome_path(task.chiave), json.dumps(known, ensure_ascii=False))
        self.note(edition, task)
        self._failure_path(edition, task.nome).unlink(missing_ok=True)
        return str(key)

    def note(self, edition: str, task: Task) -> None:
        """Remember the inputs of a task's last good result, to say later what changed."""
        path = self._task_path(edition, task.nome)
        record = {"chiave": task.chiave, "ingressi": task.ingressi}
        write_whole(path, json.dumps(record, ensure_ascii=False))

    def keep_only(self, keys: Iterable[str]) -> None:
        """Drop the results that no task refers to, in any edition, beside some keys."""
        wanted = set(keys)
        for record in (self.folder / "incarichi").rglob("*.json"):
            wanted.add(str(json.loads(record.read_text(encoding="utf-8"))["chiave"]))
        for path in (self.folder / "eseguiti").glob("*/*"):
            if path.name.partition(".")[0] not in wanted:
                path.unlink(missing_ok=True)

    def _outcome_path(self, key: str) -> Path:
        return self.notebook(key).with_suffix(".json")

    def _failure_path(self, edition: str, task_name: str) -> Path:
        return self.folder / "falliti" / edition / f"{task_name}.json"

    def _task_path(self, edition: str, task_name: str) -> Path:
        return self.folder / "incarichi" / edition / f"{task_name}.json"


def _but_figures(inputs: Mapping[str, Any]) -> str:
    """Return the hash of the inputs of a run, of the figures only which analyses they are of."""
    return digest({**inputs, "cifre": sorted(inputs["cifre"])})


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file that appears whole or not at all; a text as it is, in UTF-8."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
