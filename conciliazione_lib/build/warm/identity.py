"""When a warm process may serve a kernel: same library, environment and interpreter settings.

A forked kernel inherits what its parent imported. So each warm process has a key, and a kernel asks only the process
whose key is the one it would have itself: a changed line of the library, another version of a package or another
``PYTHON…`` variable is another process. Stale code cannot be served.
"""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from ..fingerprint import PACKAGE_ROOT, digest, environment_digest, tree_digest

#: The rooms a notebook may use, imported before forking: not `sources`, nor `quality`, whose checks read tables.
ROOMS = ("errors", "storage", "territory", "indicators", "catalog", "evidence", "report")

#: What a forked kernel inherits already imported: a change in any of these is another warm process.
INHERITED = ("__init__", *ROOMS, "build")

#: ``freddo`` asks for ordinary kernels, started from nothing.
SWITCH = "CONCILIAZIONE_KERNEL"
#: Seconds without kernels after which a warm process ends.
IDLE_SECONDS = 900

#: Variables read while Python or a library starts: a kernel with other values needs another process.
_AT_START = (
    *("PYTHON", "MPL", "LC_", "LANG", "TZ", "HOME"),
    *("OMP_", "OPENBLAS_", "MKL_", "NUMEXPR_", "PROJ_", "GDAL_", "JE_ARROW_", "ARROW_"),
)


def supported() -> bool:
    """Whether this system can fork a running process safely and pass sockets to it."""
    return hasattr(os, "fork") and sys.platform.startswith("linux")


def wanted(environment: Mapping[str, str]) -> bool:
    """Whether a kernel with this environment should start warm."""
    return supported() and environment.get(SWITCH, "caldo") != "freddo"


def start_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the part of an environment that matters before the first line of a notebook runs."""
    return {name: value for name, value in sorted(environment.items()) if name.startswith(_AT_START)}


def key(environment: Mapping[str, str]) -> str:
    """Return the key of the warm process that may serve a kernel with this environment."""
    return digest(
        {
            "python": [sys.executable, sys.version, sys.prefix],
            "libreria": [str(PACKAGE_ROOT), tree_digest(INHERITED, PACKAGE_ROOT)],
            "ambiente": environment_digest(None),
            "variabili": start_environment(environment),
        }
    )[:20]


def family() -> str:
    """Return what the keys of one checkout and interpreter have in common: the newest retires the others."""
    return digest([sys.executable, str(PACKAGE_ROOT)])[:10]


def socket_path(environment: Mapping[str, str]) -> Path:
    """Return where the warm process for this environment listens.

    Raises
    ------
    PermissionError
        If the folder of the sockets is not the user's own: another user could answer in our place.
    """
    return runtime_folder() / f"{family()}-{key(environment)}.sock"


def runtime_folder() -> Path:
    """Return the user's private folder for sockets, made if needed."""
    base = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
    folder = base / f"conciliazione-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise PermissionError(f"la cartella {folder} non è riservata all'utente che esegue il programma")
    return folder
