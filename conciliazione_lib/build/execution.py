"""Run one notebook with papermill, and bring back the same bytes for the same inputs."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import functools
import importlib.metadata
import json
import os
import re
import shutil
import tempfile
import time
import uuid
from pathlib import Path
from queue import Empty
from typing import Any

import nbformat
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import CellTimeoutError
from papermill.engines import papermill_engines
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook

from conciliazione_lib import errors, storage

from . import closing
from .model import Job, Measures, Outcome
from .warm import KERNEL_NAME

_KERNELS = Path(__file__).resolve().parent / "jupyter"
_PROVISIONER = "conciliazione-caldo"
_CLOSING_TAG = "conciliazione-chiusura"
_BLOCK = "application/vnd.conciliazione.blocco+json"
#: The name a kernel gives to the code of a cell in warnings and errors: it has the number of its process.
_CELL_FILE = re.compile(r"[^\s\"]*ipykernel_\d+[/\\]\d+\.py")
_START_SECONDS = 120
#: Unix sockets have short names, 104 bytes on some systems; the port follows.
_LONGEST_SOCKET = 95


#: Variables of the kernel of the run at work, beside those of this process.
_environment: contextvars.ContextVar[dict[str, str]] = contextvars.ContextVar("environment", default={})  # noqa: B039


class _PromptClient(AsyncKernelClient):
    """A client that starts as soon as the kernel answers, without the fixed wait for silence."""

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        deadline = time.monotonic() + (timeout or _START_SECONDS)
        while time.monotonic() < deadline:
            self.kernel_info()
            with contextlib.suppress(Empty):
                reply = await self.get_shell_msg(timeout=1)
                # Something on iopub proves that its subscription holds: no output will be missed.
                await self.get_iopub_msg(timeout=0.2)
                self._handle_kernel_info_reply(reply)
                return
            if not await self.is_alive():
                break
        raise RuntimeError("Il kernel non è partito")


class _PromptManager(AsyncKernelManager):
    """A manager for kernels of this machine: private sockets where there are, and no needless waits."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(client_class=f"{__name__}._PromptClient", **kwargs)
        address = str(Path(tempfile.gettempdir()) / f"conciliazione-{uuid.uuid4().hex[:12]}")
        if os.name == "posix" and len(address) < _LONGEST_SOCKET:
            self.transport = "ipc"
            self.ip = address

    async def start_kernel(self, **kwargs: Any) -> None:  # type: ignore[override]
        kwargs["env"] = {**(kwargs.get("env") or os.environ), **_environment.get()}
        await super().start_kernel(**kwargs)
        if self.transport == "ipc":
            # Connecting to a socket that is not there yet would be tried again only a tenth of a second later.
            ports = [self.shell_port, self.iopub_port, self.control_port, self.stdin_port]
            deadline = time.monotonic() + _START_SECONDS
            while time.monotonic() < deadline and await self.is_alive():
                if all(Path(f"{self.ip}-{port}").exists() for port in ports):
                    return
                await asyncio.sleep(0.002)

    async def shutdown_kernel(self, now: bool = False, restart: bool = False) -> None:  # type: ignore[override]
        # Without the pause that the base class adds for whoever watches a kernel end.
        shutdown = AsyncKernelManager._async_shutdown_kernel
        await getattr(shutdown, "__wrapped__", shutdown)(self, now=now, restart=restart)


@functools.cache
def kernel_name() -> str:
    """Return the kernel to use: ours, or the plain one where the package was not installed."""
    known = importlib.metadata.entry_points(group="jupyter_client.kernel_provisioners")
    return KERNEL_NAME if _PROVISIONER in known.names else "python3"


def prepare(folder: Path) -> None:
    """Set this process up for running notebooks: our kernel is found, the user's IPython profile is not.

    Parameters
    ----------
    folder : Path
        A private folder, empty, that outlives the runs.
    """
    others = os.environ.get("JUPYTER_PATH")
    os.environ["JUPYTER_PATH"] = os.pathsep.join([str(_KERNELS), *([others] if others else [])])
    os.environ["IPYTHONDIR"] = str(folder)


def execute(job: Job) -> Outcome:
    """Run a notebook in its own kernel and its own folder.

    Parameters
    ----------
    job : Job
        The notebook and what it receives.

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
    notebook = load_notebook_node(nbformat.reads(job.notebook, as_version=4))
    notebook.cells.append(_closing_cell(job))
    notebook = parameterize_notebook(notebook, job.parametri, kernel_name=kernel_name(), language="python")
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="conciliazione-", ignore_cleanup_errors=True) as folder:
        _environment.set({**job.ambiente, **_own_figures(job, Path(folder))})
        # Papermill's own steps, without its files: writing and reading them would cost more than starting a kernel.
        try:
            papermill_engines.execute_notebook_with_engine(
                None,
                notebook,
                kernel_name=kernel_name(),
                progress_bar=False,
                start_timeout=_START_SECONDS,
                execution_timeout=int(job.limite),
                resources={"metadata": {"path": folder}},
                kernel_manager_class=_PromptManager,
                shutdown_kernel="immediate",
                record_timing=False,
            )
            error = _cell_error(notebook)
        except CellTimeoutError as failure:  # it is an OSError, but not the disk's
            error = _explain(type(failure).__name__, str(failure), None)
        except OSError:
            raise
        except Exception as failure:
            error = _explain(type(failure).__name__, str(failure), None)
    found = _closing_data(notebook)
    if error is None:
        error = _unfinished(found) or _undeclared(job, found) or _wrong_territory(job, notebook)
    clean(notebook, error)
    measures = Measures(time.perf_counter() - start, found.get("secondi_cpu"), found.get("memoria_massima"))
    return Outcome(
        nome=job.nome,
        stato="fallito" if error else "fatto",
        notebook=_text(notebook),
        misure=measures,
        errore=error,
        tabelle=tuple(found.get("tabelle", ())),
    )


def _own_figures(job: Job, folder: Path) -> dict[str, str]:
    """Give a run its own copy of the store: what a notebook does to it the others do not see."""
    original = job.ambiente.get(storage.FIGURES_VARIABLE)
    if original is None:
        return {}
    return {storage.FIGURES_VARIABLE: str(shutil.copytree(original, folder / ".cifre"))}


def _text(notebook: Any) -> str:
    """Return an executed notebook as text, on one line: indenting it would take longer than running an empty one."""
    return json.dumps(notebook, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"


def clean(notebook: Any, error: str | None) -> None:
    """Take out of an executed notebook what differs between equal runs, and say its error at the top (in place)."""
    notebook.cells = [cell for cell in notebook.cells if _CLOSING_TAG not in cell.metadata.get("tags", [])]
    for number, cell in enumerate(notebook.cells):
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell["id"] = "parametri-ricevuti"
        cell.setdefault("id", f"cella-{number}")
        for output in cell.get("outputs", []):
            if "text" in output:
                output["text"] = _CELL_FILE.sub("cella", output["text"])
            if "traceback" in output:
                output["traceback"] = [_CELL_FILE.sub("cella", line) for line in output["traceback"]]
    notebook.metadata.pop("papermill", None)
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    if error:
        text = f"**Questo capitolo non è disponibile.**\n\n{error}"
        note = nbformat.v4.new_markdown_cell(text, id="errore", metadata={"tags": ["errore"]})
        notebook.cells.insert(0, note)


def failed(job: Job, error: str, seconds: float) -> Outcome:
    """Return the outcome of a run that left no notebook behind: the source, with the error at its top."""
    notebook = nbformat.reads(job.notebook, as_version=4)
    clean(notebook, error)
    return Outcome(job.nome, "fallito", _text(notebook), Measures(seconds), error)


def _closing_cell(job: Job) -> Any:
    metadata = {"tags": [_CLOSING_TAG]}
    return nbformat.v4.new_code_cell(closing.cell(job.parametri), id="chiusura", metadata=metadata)


def _closing_data(notebook: Any) -> dict[str, Any]:
    for cell in notebook.cells:
        if _CLOSING_TAG in cell.metadata.get("tags", []):
            for output in cell.get("outputs", []):
                if closing.MIME in output.get("data", {}):
                    return dict(output["data"][closing.MIME])
    return {}


def _cell_error(notebook: Any) -> str | None:
    """Say why the cell that stopped the run failed, if one did."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                return _explain(output.ename, output.evalue, cell.execution_count)
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


def _wrong_territory(job: Job, notebook: Any) -> str | None:
    """Compare what the chapter says of itself, if it does, with the plan."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            block = output.get("data", {}).get(_BLOCK)
            block = json.loads(block) if isinstance(block, str) else block
            if block and block.get("tipo") == "intestazione":
                said = block.get("territorio", {}).get("codice")
                if said != job.parametri["territorio"]:
                    return f"Il capitolo dice di riguardare «{said}», non «{job.parametri['territorio']}»."
    return None


def _explain(name: str, message: str, count: int | None) -> str:
    """Say in Italian why a run stopped; our own errors already do."""
    known = getattr(errors, name.rpartition(".")[2], None)
    if isinstance(known, type) and issubclass(known, errors.ConciliazioneError):
        return message
    if name == "DeadKernelError":
        return (
            "Il processo che eseguiva il capitolo si è interrotto da solo, di solito per memoria insufficiente.\n"
            "Che cosa fare: chiudere altri programmi, oppure usare meno processi con --processi."
        )
    if name == "CellTimeoutError":
        return (
            "Una cella del capitolo ha superato il tempo massimo.\n"
            "Che cosa fare: aumentare «limite_minuti» in reports.toml, se il calcolo è davvero così lungo."
        )
    where = f" nell'esecuzione n. {count}" if count else ""
    first = message.strip().splitlines()[0] if message.strip() else ""
    return (
        f"Errore imprevisto{where}: {name}{f' ({first})' if first else ''}.\n"
        "Che cosa fare: aprire il notebook eseguito, che conserva l'errore per intero, e segnalarlo."
    )
