"""What a warm process imports before it forks anything, and the proof that it started no thread.

A fork copies only the thread that calls it: a lock held by another one would stay locked for ever. So everything is
imported while the process has a single thread, and the process refuses to serve if something started another.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import warnings
from pathlib import Path

from ..fingerprint import Library
from .identity import ROOMS

#: What a notebook may import by itself, whether or not the rooms do.
STACK = (
    *("numpy", "pandas", "pyarrow.parquet", "scipy.stats", "statsmodels.api", "statsmodels.formula.api"),
    *("geopandas", "shapely", "mapclassify", "folium", "libpysal", "esda", "matplotlib.pyplot"),
)
#: What a kernel itself imports late, at its start or at the first cell.
KERNEL_MODULES = (
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "ipykernel.zmqshell",
    "ipykernel.pylab.backend_inline",
    "IPython.core.completer",
    "IPython.core.pylabtools",
    "IPython.extensions.storemagic",
    "matplotlib_inline.backend_inline",
    "comm",
    "ipykernel.debugger",
    "psutil",
    "conciliazione_lib.build.closing",
    "zmq.eventloop.zmqstream",
    "zmq.utils.garbage",
)

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


def threads() -> int:
    """Return how many threads this process has, those of native libraries included."""
    with contextlib.suppress(OSError):
        return len(list(Path("/proc/self/task").iterdir()))
    import threading

    return threading.active_count()
