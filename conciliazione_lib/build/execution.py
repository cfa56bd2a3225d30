"""Run one notebook, and bring back the same bytes for the same inputs."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import conciliazione_lib.build.closing as closing
import conciliazione_lib.build.shell as shell
from conciliazione_lib import errors, storage
from conciliazione_lib.build.model import Job, Measures, Outcome

_CLOSING_TAG = "conciliazione-chiusura"
_BLOCK = "application/vnd.conciliazione.blocco+json"
#: What IPython calls the code of a cell, in warnings: it has a hash of its own.
_CELL_FILE = re.compile(r"<ipython-input-[^>]*>")


def prepare(folder: Path) -> None:
    """Set this process up for running notebooks: nothing of the user's IPython is read, charts are drawn in memory.

    Parameters
    ----------
    folder : Path
        A private folder, empty, that outlives the runs.
    """
    os.environ["IPYTHONDIR"] = str(folder)
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"


def import_all(names: Iterable[str]) -> None:
    """Import what a notebook will, where it can be: what is not there, or is broken, is the notebook's to say."""
    for name in names:
        with contextlib.suppress(Exception):  # also what is no module, but a name in one
            importlib.import_module(name)


def rehearse() -> None:
    """Do once what every notebook does first: libraries prepare themselves, and change settings, at first use."""
    source = "from IPython.display import display\ndisplay(1)\nprint(2)\n3"
    cell = {"cell_type": "code", "id": "prova", "metadata": {}, "source": source}
    with tempfile.TemporaryDirectory(prefix="conciliazione-", ignore_cleanup_errors=True) as folder:
        shell.run({"cells": [cell], "metadata": {}}, Path(folder))


def execute(job: Job, begun: Callable[[], None] = lambda: None) -> Outcome:
    """Run a notebook in this process, in a folder of its own.

    Parameters
    ----------
    job : Job
        The notebook and what it receives.
    begun : callable
        Told of each cell that begins.

    Returns
    -------
    Outcome
        With the executed notebook, cleaned of what differs from run to run. A failure is an outcome, not an
        exception: the notebook keeps the error.

    Raises
    ------
    OSError
        If the disk is full or not writable: no chapter's fault.
    """
    notebook = _read(job.notebook)
    notebook["cells"].append(_closing_cell(job))
    start, used = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory(prefix="conciliazione-", ignore_cleanup_errors=True) as folder:
        (own := Path(folder) / "lavoro").mkdir()
        with _environment({**job.ambiente, **_own_figures(job, Path(folder))}):
            error = shell.run(notebook, Path(job.cartella or own), begun) or _cell_error(notebook)
    found = _closing_data(notebook)
    if error is None:
        error = _unfinished(found) or _undeclared(job, found) or _wrong_territory(job, notebook)
    clean(notebook, error)
    seconds, memory = time.process_time() - used, closing.peak_memory()
    return Outcome(
        nome=job.nome,
        stato="fallito" if error else "fatto",
        notebook=_text(notebook),
        misure=Measures(time.perf_counter() - start, seconds, memory),
        errore=error,
        tabelle=tuple(found.get("tabelle", ())),
        letto=tuple(found.get("letto", ())),
    )


@contextlib.contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _own_figures(job: Job, folder: Path) -> dict[str, str]:
    """Give code of the user's own a copy of the store: what it does to it the others do not see."""
    original = job.ambiente.get(storage.FIGURES_VARIABLE)
    if original is None or not job.solo:
        return {}
    return {storage.FIGURES_VARIABLE: str(shutil.copytree(original, folder / "cifre"))}


def _read(text: str) -> dict[str, Any]:
    notebook: dict[str, Any] = json.loads(text)
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
    return notebook


def _text(notebook: dict[str, Any]) -> str:
    """Return an executed notebook as text, on one line: indenting it would take longer than running an empty one."""
    return json.dumps(notebook, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"


def clean(notebook: dict[str, Any], error: str | None) -> None:
    """Take out of an executed notebook what differs between equal runs, and say its error at the top (in place)."""
    notebook["cells"] = [cell for cell in notebook["cells"] if _CLOSING_TAG not in shell.tags(cell)]
    for number, cell in enumerate(notebook["cells"]):
        metadata = cell.setdefault("metadata", {})
        metadata.pop("papermill", None)
        metadata.pop("execution", None)
        if metadata.get("tags") == []:  # papermill gives tags to every cell
            del metadata["tags"]
        if "injected-parameters" in shell.tags(cell):
            cell["id"] = "parametri-ricevuti"
        cell.setdefault("id", f"cella-{number}")
        for output in cell.get("outputs", []):
            if "text" in output:
                output["text"] = _CELL_FILE.sub("cella", output["text"])
            if "traceback" in output:
                output["traceback"] = [_CELL_FILE.sub("cella", line) for line in output["traceback"]]
    notebook["metadata"].pop("papermill", None)
    notebook["metadata"]["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    if error:
        text = f"**Questo capitolo non è disponibile.**\n\n{error}"
        note = {"cell_type": "markdown", "id": "errore", "metadata": {"tags": ["errore"]}, "source": text}
        notebook["cells"].insert(0, note)


def failed(job: Job, error: str, seconds: float) -> Outcome:
    """Return the outcome of a run that left no notebook behind: the source, with the error at its top."""
    notebook = _read(job.notebook)
    clean(notebook, error)
    return Outcome(job.nome, "fallito", _text(notebook), Measures(seconds), error)


def _closing_cell(job: Job) -> dict[str, Any]:
    source = closing.cell(job.parametri)
    return {"cell_type": "code", "id": "chiusura", "metadata": {"tags": [_CLOSING_TAG]}, "source": source}


def _closing_data(notebook: dict[str, Any]) -> dict[str, Any]:
    for cell in notebook["cells"]:
        if _CLOSING_TAG in shell.tags(cell):
            for output in cell.get("outputs", []):
                if closing.MIME in output.get("data", {}):
                    return dict(output["data"][closing.MIME])
    return {}


def _cell_error(notebook: dict[str, Any]) -> str | None:
    """Say why the cell that stopped the run failed, if one did."""
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            if output["output_type"] == "error":
                return explain(output["ename"], output["evalue"], cell["execution_count"])
    return None


def _unfinished(found: dict[str, Any]) -> str | None:
    """Refuse a run whose closing cell said nothing: not every way of stopping leaves an error in the notebook."""
    if found:
        return None
    return (
        "Il capitolo si è fermato prima della fine, senza dire perché.\n"
        "Che cosa fare: aprire il notebook eseguito, che conserva ciò che è stato scritto, e segnalarlo."
    )


def _undeclared(job: Job, found: dict[str, Any]) -> str | None:
    """Refuse a run that read more than it declared: its result could grow old without anyone noticing."""
    if job.tabelle is None:
        return None
    read = {version["tabella"] for version in found.get("tabelle", [])}
    extra = sorted(read - set(job.tabelle))
    if not extra:
        others = sorted(set(found.get("analisi", ())) - set(job.analisi))
        if not others:
            return None
        return (
            f"Il capitolo mostra cifre di analisi che reports.toml non dichiara: {', '.join(others)}.\n"
            f"Che cosa fare: aggiungerle ad «analisi» del capitolo, così che una loro modifica lo faccia rigenerare."
        )
    names = ", ".join(extra)
    return (
        f"Il capitolo legge tabelle che reports.toml non dichiara: {names}.\n"
        f"Che cosa fare: aggiungerle a «tabelle» del capitolo, così che una loro modifica lo faccia rigenerare."
    )


def _wrong_territory(job: Job, notebook: dict[str, Any]) -> str | None:
    """Compare what the chapter says of itself, if it does, with the plan."""
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            block = output.get("data", {}).get(_BLOCK)
            block = json.loads(block) if isinstance(block, str) else block
            if block and block.get("tipo") == "intestazione":
                said = block.get("territorio", {}).get("codice")
                if said != job.parametri.get("territorio", said):
                    return f"Il capitolo dice di riguardare «{said}», non «{job.parametri['territorio']}»."
    return None


def explain(name: str, message: str, count: int | None) -> str:
    """Say in Italian why a run stopped; our own errors already do."""
    known = getattr(errors, name.rpartition(".")[2], None)
    if isinstance(known, type) and issubclass(known, errors.ConciliazioneError):
        return message
    where = f" nell'esecuzione n. {count}" if count else ""
    first = message.strip().splitlines()[0] if message.strip() else ""
    return (
        f"Errore imprevisto{where}: {name}{f' ({first})' if first else ''}.\n"
        "Che cosa fare: aprire il notebook eseguito, che conserva l'errore per intero, e segnalarlo."
    )
