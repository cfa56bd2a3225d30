"""The last cell of every run, added by the build: proof of whose run it was, and of what it read.

It runs after the notebook's own cells, and is taken out of the executed notebook afterwards. It
checks that the parameters are still those of the plan — the right territory is asserted, not assumed — and tells
which tables were really read.
"""

from __future__ import annotations

import sys
from typing import Any

from conciliazione_lib.errors import EsecuzioneError

MIME = "application/vnd.conciliazione.esecuzione+json"


def cell(parameters: dict[str, Any]) -> str:
    """Return the source of the closing cell of a run."""
    return f"from conciliazione_lib.build import closing as _chiusura\n_chiusura.close(globals(), {parameters!r})"


def close(namespace: dict[str, Any], expected: dict[str, Any]) -> None:
    """Check the run's identity and display what it read.

    Parameters
    ----------
    namespace : dict
        The notebook's variables.
    expected : dict
        The parameters of the plan.

    Raises
    ------
    EsecuzioneError
        If a parameter no longer has the value of the plan.
    """
    others = {name: namespace.get(name) for name, value in expected.items() if namespace.get(name) != value}
    if others:
        said = ", ".join(f"{name} = {value!r} (atteso {expected[name]!r})" for name, value in others.items())
        raise EsecuzioneError(
            f"Il capitolo è finito con parametri diversi da quelli del piano: {said}.",
            remedy="nel notebook, non assegnare altri valori ai parametri dopo la loro cella",
        )
    from IPython.display import display

    storage = sys.modules.get("conciliazione_lib.storage")
    readings = [version.to_dict() for version in storage.reads()] if storage is not None else []
    store = sys.modules.get("conciliazione_lib.evidence.store")
    analysis = store.analyses_read() if store is not None else []
    noted = sys.modules.get("conciliazione_lib.evidence.readings")
    asked = noted.taken() if noted is not None else []
    display({MIME: {"tabelle": readings, "analisi": analysis, "letto": asked}}, raw=True)


def peak_memory() -> int | None:
    """Return the peak memory of this process, in bytes."""
    if sys.platform == "win32":
        import psutil

        return int(psutil.Process().memory_info().peak_wset)
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
