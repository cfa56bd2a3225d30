"""The account of a build: what was made, from what, and what it cost.

``manifest.json`` is part of the published tree and says everything that follows from the inputs, so that equal inputs
give equal bytes. What differs at every run — durations, memory, times — is in ``<edizione>.esecuzione.json``, beside
the tree.
"""

from __future__ import annotations

import platform
import time
from typing import Any

from conciliazione_lib import __version__, storage
from conciliazione_lib.build.config import Config
from conciliazione_lib.build.inputs import Inputs
from conciliazione_lib.build.model import ChapterResult, Outcome, Task
from conciliazione_lib.build.store import Store


def manifest(config: Config, inputs: Inputs, tasks: list[Task], results: list[ChapterResult]) -> dict[str, Any]:
    """Return the deterministic account of a published tree.

    Parameters
    ----------
    config : Config
        The configuration.
    inputs : Inputs
        The hashes of the inputs.
    tasks : list of Task
        The tasks of the results, in the same order.
    results : list of ChapterResult
        What is published.
    """
    tables = sorted({name for task in tasks for name in task.ingressi["tabelle"]})
    code = {module: value for task in tasks for module, value in task.ingressi["codice"].items()}
    return {
        "versione": __version__,
        "python": platform.python_version(),
        "edizione": {"nome": config.edizione, **config.edizioni[config.edizione].model_dump()},
        "ambiente_sha256": inputs.environment,
        "lock_sha256": storage.sha256(config.lock) if config.lock.is_file() else None,
        "codice": dict(sorted(code.items())),
        "tabelle": {name: [version.to_dict() for version in storage.versions(name)] for name in tables},
        "capitoli": [_entry(task, result) for task, result in zip(tasks, results, strict=True)],
        "falliti": [f"{r.livello}/{r.territorio}/{r.capitolo}" for r in results if r.stato == "fallito"],
        "misure": f"../{config.edizione}.esecuzione.json",
    }


def _entry(task: Task, result: ChapterResult) -> dict[str, Any]:
    return {
        "capitolo": result.capitolo,
        "livello": result.livello,
        "territorio": result.territorio,
        "stato": result.stato,
        "errore": result.errore,
        "notebook": f"notebook/{task.nome}.ipynb",
        "notebook_sha256": task.ingressi["notebook"],
        "eseguito_sha256": storage.sha256(result.notebook),
        "parametri": task.parametri,
        "tabelle_dichiarate": sorted(task.ingressi["tabelle"]),
        "tabelle_lette": [
            {key: version[key] for key in ("tabella", "data_riferimento", "origine", "sha256")}
            for version in result.tabelle
        ],
        "chiave": task.chiave,
    }


def execution(
    tasks: list[Task], outcomes: dict[str, Outcome], store: Store, seconds: float, processes: int
) -> dict[str, Any]:
    """Return what a run cost: the whole of it, and each notebook, those reused with the cost of when they were made."""
    runs = []
    for task in tasks:
        outcome = outcomes.get(task.nome)
        if outcome is not None:
            measures: Any = vars(outcome.misure)
        elif store.has(task.chiave):
            measures = store.outcome(task.chiave)["misure"]
        else:
            measures = {}
        runs.append({"nome": task.nome, "eseguito": outcome is not None, **measures})
    return {
        "fine": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "secondi": round(seconds, 3),
        "processi": processes,
        "sistema": platform.platform(),
        "esecuzioni": runs,
    }
