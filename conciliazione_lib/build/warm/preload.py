"""What a warm process has ready before it forks anything, and the proof that it started no thread.

A fork copies only the thread that calls it: a lock held by another one would stay locked for ever. So everything is
imported while the process has a single thread, and the process refuses to serve if something started another. Tables
are read by a child that ends, because reading Parquet starts threads: only what it remembers comes back. Whoever asks
for a table later has its files checked against their hashes all the same (:func:`storage.remembered`): data that
changed meanwhile is read again.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import pickle
import warnings
from pathlib import Path
from typing import BinaryIO

from conciliazione_lib import errors

from ..fingerprint import Library
from .identity import ROOMS

#: What a notebook may import by itself, whether or not the rooms do.
STACK = (
    *("numpy", "pandas", "pyarrow.parquet", "scipy.stats", "statsmodels.api", "statsmodels.formula.api"),
    *("geopandas", "shapely", "mapclassify", "folium", "libpysal", "esda", "matplotlib.pyplot"),
    # what these import inside functions, when first called
    *("pandas.core.methods.to_dict", "pandas.core.reshape.reshape", "pyarrow.acero"),
)
#: What a kernel itself imports late, at its start or at the first cell.
KERNEL_MODULES = (
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "ipykernel.zmqshell",
    "ipykernel.pylab.backend_inline",
    *(f"IPython.core.{name}" for name in ("completer", "completerlib", "debugger", "logger", "oinspect", "pylabtools")),
    "IPython.utils.wildcard",
    "IPython.extensions.storemagic",
    "matplotlib_inline.backend_inline",
    "comm",
    "ipykernel.debugger",
    "psutil",
    "sqlite3",
    "tornado.platform.asyncio",
    "conciliazione_lib.build.closing",
    "zmq.eventloop.zmqstream",
    "zmq.utils.garbage",
)

#: Blank sheets for charts: as many as most chapters have.
SHEETS = 6

_LOG = logging.getLogger(__name__)


def preload() -> None:
    """Import the library's rooms and every other library they mention, even inside functions."""
    library = Library()
    names = [module for room in ROOMS for module in library.modules(room)]
    names += library.third_party(ROOMS)
    names += [*STACK, *KERNEL_MODULES]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in names:
            # A name may be a function of its parent module, or an optional library that is not installed.
            try:
                importlib.import_module(name)
            except Exception as error:
                _LOG.debug("%s: %s", name, error)


def rehearse() -> None:
    """Do once what every chapter does first: libraries prepare themselves (fonts, schema checks) at first use."""
    import pandas as pd

    from conciliazione_lib import catalog, evidence, storage
    from conciliazione_lib.report import blocks, charts

    with contextlib.suppress(errors.ConciliazioneError):
        catalog.read("ats")
        regione = evidence.Place("regione", "lombardia", "Lombardia")
        blocks.Testo(evidence.render("{{ in_(t) }}", evidence.Ledger(), t=regione))._repr_mimebundle_()
        evidence.load()
    storage.dimentica_letture()
    values = pd.DataFrame({"prova": [1.5, 2.5], "altra": [-1.5, 0.5]}, index=["2021", "2022"])
    charts.linea(values, unita="%", evidenzia=["prova"])
    charts.barre_raggruppate(values, unita="%")
    charts.prepara(SHEETS)


def remember() -> None:
    """Have the tables read, and the territory and its shapes built, by a child; keep what it remembers."""
    from conciliazione_lib import storage

    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        code = 1
        try:
            with os.fdopen(writing, "wb") as stream:
                _read_everything(stream)
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        content = stream.read()
    _, status = os.waitpid(child, 0)
    if status == 0:
        storage.ricordi().update(pickle.loads(content))


def _read_everything(stream: BinaryIO) -> None:
    """In the child: read every table there is, and write what is remembered."""
    from conciliazione_lib import catalog, storage, territory
    from conciliazione_lib.report import geometry

    # A table that cannot be read is the concern of the chapter that asks for it; answers of people only it reads.
    for name in (name for name in catalog.names() if not catalog.spec(name).reserved):
        for version in storage.versions(name):
            with contextlib.suppress(errors.ConciliazioneError):
                catalog.table(name, data=version.data_riferimento)
    with contextlib.suppress(errors.ConciliazioneError):
        for level in geometry.TOLLERANZA:
            geometry.forme(level, territory.load().data)
    for version in storage.versions("popolazione"):
        with contextlib.suppress(errors.ConciliazioneError):
            territory.load(version.data_riferimento).prepare()
    pickle.dump(storage.ricordi(), stream, protocol=pickle.HIGHEST_PROTOCOL)


def threads() -> int:
    """Return how many threads this process has, those of native libraries included."""
    with contextlib.suppress(OSError):
        return len(list(Path("/proc/self/task").iterdir()))
    import threading

    return threading.active_count()
