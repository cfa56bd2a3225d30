"""The same plan on a Dask cluster: the same notebooks, the same bytes, from other machines.

Workers need the same version of the library, of its environment and of its data (a checkout, or a shared folder);
each run proves it before starting. Nothing else is shared: the notebook and the figures of the edition go there, the
executed notebook comes back. A worker that dies costs only its own runs, which Dask gives to another one.
"""

from __future__ import annotations

import atexit
import io
import platform
import tarfile
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from conciliazione_lib import storage
from conciliazione_lib.build.fingerprint import Library, digest, file_digest, schemas, tree_digest
from conciliazione_lib.build.inputs import identity
from conciliazione_lib.build.model import Job, Outcome
from conciliazione_lib.build.pool import Single
from conciliazione_lib.errors import EsecuzioneError, UsoError

_CONNECT_SECONDS = 20
_RETRIES = 3
_UNPACKING = threading.Lock()
_THREAD = threading.local()


def _on_disk() -> str:
    return digest([tree_digest(["."]), *(file_digest(file) for file in schemas())])


#: The library as this process imported it: a checkout that changed since is not what its modules do.
_IMPORTED = _on_disk()


@dataclass(frozen=True)
class Answer:
    """What comes back from a worker: of which task, from which computer; no outcome means that it refused to run."""

    chiave: str
    computer: str
    outcome: Outcome | None


def run(jobs: list[Job], address: str, started: Callable[[Job], None]) -> Iterator[Outcome]:
    """Run notebooks on the cluster at an address, and give each outcome as it comes.

    Parameters
    ----------
    jobs : list of Job
        With the identity of this machine's code, data and environment.
    address : str
        Of the scheduler, e.g. ``tcp://10.0.0.1:8786``.
    started : callable
        Told when a job is handed over.

    Raises
    ------
    UsoError
        If the optional libraries are missing, or nobody answers at the address.
    EsecuzioneError
        If a worker has other code, data or packages, or the scheduler is lost. What happens to one notebook — its
        workers die, a disk is full — is a failed outcome, and costs only that one.
    """
    try:
        from distributed import Client, as_completed
    except ImportError:
        raise UsoError(
            "Per usare un cluster servono le librerie di Dask, che non sono installate.",
            remedy="installarle con l'aggiunta facoltativa «distribuito», oppure togliere --scheduler",
        ) from None
    try:
        client: Any = Client(address, timeout=_CONNECT_SECONDS)
    except (OSError, ValueError) as error:
        raise UsoError(
            f"Nessuno scheduler risponde a {address}.",
            remedy="controllare l'indirizzo, e che lo scheduler sia avviato («dask scheduler»)",
        ) from error
    # Dask gives one result to all who submit the same key: another build on this scheduler must never share ours.
    run_id = uuid.uuid4().hex
    with client:
        asked = {}
        folder = next(
            (job.ambiente[storage.FIGURES_VARIABLE] for job in jobs if storage.FIGURES_VARIABLE in job.ambiente), None
        )
        # Once, and then from worker to worker.
        figures = client.scatter(_packed(Path(folder)), broadcast=True, hash=False) if folder else None
        for job in jobs:
            key = f"conciliazione-{job.nome}-{job.chiave[:12]}-{run_id}"
            asked[client.submit(work, job, figures, pure=False, retries=_RETRIES, key=key)] = job
            started(job)
        for future in as_completed(asked):
            try:
                answer = future.result()
            except CancelledError as error:
                raise EsecuzioneError(
                    f"Lo scheduler {address} non risponde più: la generazione è interrotta, nulla è stato pubblicato.",
                    remedy="riavviarlo e ripetere il comando: i capitoli già fatti non si rifanno",
                ) from error
            except Exception as error:
                yield _failed(asked[future], error)
            else:
                yield _checked(asked[future], answer)


def _checked(job: Job, answer: Answer) -> Outcome:
    """Return the outcome of an answer, if it is one and answers the question."""
    if answer.outcome is None:
        raise EsecuzioneError(
            f"Il computer «{answer.computer}» del cluster ha codice, dati o pacchetti diversi da quelli di chi ha "
            "chiesto la generazione.",
            remedy="portarlo alla stessa versione del progetto, con gli stessi dati importati, riavviare i suoi "
            "«dask worker» e riprovare",
        )
    if (answer.chiave, answer.outcome.nome) != (job.chiave, job.nome):
        raise EsecuzioneError(
            f"Il cluster ha risposto con «{answer.outcome.nome}» a chi chiedeva «{job.nome}».",
            remedy="usare uno scheduler nuovo e ripetere il comando",
        )
    return answer.outcome


def _failed(job: Job, error: Exception) -> Outcome:
    """Return the outcome of a notebook that no worker could run."""
    from distributed import KilledWorker

    from conciliazione_lib.build.execution import failed

    if isinstance(error, KilledWorker):
        why = "i computer che lo eseguivano si sono interrotti più volte, di solito per memoria insufficiente."
        remedy = "avviare meno «dask worker» su ogni computer, e ripetere il comando."
    else:
        why = f"{error or type(error).__name__}."
        remedy = "controllare disco e memoria dei computer del cluster, e ripetere il comando."
    return failed(job, f"Il cluster non è riuscito a eseguire il capitolo: {why}\nChe cosa fare: {remedy}", 0.0)


def work(job: Job, figures: bytes | None = None) -> Answer:
    """On a worker: check that it is the same library, data and environment, and run.

    A worker that is not the same answers without an outcome: an exception would be tried again elsewhere in vain.

    Parameters
    ----------
    job : Job
        The notebook and what it receives.
    figures : bytes, optional
        The store of the edition.
    """
    same = _on_disk() == _IMPORTED and identity(job.importa, job.tabelle or (), _library()) == job.identita
    if not same:
        return Answer(job.chiave, platform.node(), None)
    own = _folder()
    if figures is not None:
        job = replace(
            job, ambiente={**job.ambiente, storage.FIGURES_VARIABLE: str(_unpacked(figures, own / "cifre" / job.cifre))}
        )
    return Answer(job.chiave, platform.node(), _runner().run(job))


def _packed(folder: Path) -> bytes:
    """Return the files of a folder as one archive."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        archive.add(folder, arcname=".")
    return stream.getvalue()


def _unpacked(figures: bytes, folder: Path) -> Path:
    """Put the files of an archive in a folder, unless they are there already; it appears whole."""
    with _UNPACKING:
        if not folder.is_dir():
            work = folder.with_name(f".{folder.name}")
            with tarfile.open(fileobj=io.BytesIO(figures)) as archive:
                archive.extractall(work, filter="data")
            work.replace(folder)
    return folder


@cache
def _library() -> Library:
    """Return the library, parsed once: what is on disk was just found to be what was imported."""
    return Library()


def _runner() -> Single:
    """Return the process that runs the notebooks of this thread: Dask has several in a worker."""
    if not hasattr(_THREAD, "runner"):
        _THREAD.runner = Single(_folder() / "registro.log")
    runner: Single = _THREAD.runner
    return runner


@cache
def _folder() -> Path:
    folder = tempfile.TemporaryDirectory(prefix="conciliazione-", ignore_cleanup_errors=True)
    atexit.register(folder.cleanup)
    return Path(folder.name)
