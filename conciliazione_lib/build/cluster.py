"""The same plan on a Dask cluster: the same notebooks, the same bytes, from other machines.

Workers need the same version of the library, of its environment and of its data (a checkout, or a shared folder);
each run proves it before starting. Nothing else is shared: the notebook goes there, the executed one comes back. A
worker that dies costs only its own runs, which Dask gives to another one.
"""

from __future__ import annotations

import atexit
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from conciliazione_lib.errors import EsecuzioneError, UsoError

from .inputs import identity
from .model import Job, Outcome

_CONNECT_SECONDS = 20
_RETRIES = 3


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
        If a worker has other code, data or packages.
    """
    try:
        from distributed import Client, as_completed
    except ImportError:
        raise UsoError(
            "Per usare un cluster servono le librerie di Dask, che non sono installate.",
            rimedio="installarle con l'aggiunta facoltativa «distribuito», oppure togliere --scheduler",
        ) from None
    try:
        client: Any = Client(address, timeout=_CONNECT_SECONDS)
    except (OSError, ValueError) as error:
        raise UsoError(
            f"Nessuno scheduler risponde a {address}.",
            rimedio="controllare l'indirizzo, e che lo scheduler sia avviato («dask scheduler»)",
        ) from error
    with client:
        futures = []
        for job in jobs:
            futures.append(client.submit(work, job, pure=False, retries=_RETRIES, key=f"conciliazione-{job.nome}"))
            started(job)
        for future in as_completed(futures):
            yield future.result()


def work(job: Job) -> Outcome:
    """On a worker: check that it is the same library, data and environment, and run.

    Raises
    ------
    EsecuzioneError
        If it is not.
    """
    from conciliazione_lib.build.execution import execute

    if identity(job.importa, job.tabelle) != job.identita:
        raise EsecuzioneError(
            "Un computer del cluster ha codice, dati o pacchetti diversi da quelli di chi ha chiesto la generazione.",
            rimedio="portarlo alla stessa versione del progetto, con gli stessi dati importati, e riprovare",
        )
    _prepared()
    return execute(job)


@cache
def _prepared() -> None:
    from conciliazione_lib.build.execution import prepare

    folder = tempfile.TemporaryDirectory(prefix="conciliazione-", ignore_cleanup_errors=True)
    atexit.register(folder.cleanup)
    prepare(Path(folder.name))
