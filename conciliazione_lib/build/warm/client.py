"""How a kernel is asked to the warm process, started at need, and what stands for its process."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from filelock import FileLock

from . import identity, server

#: Importing the whole stack on a busy machine takes seconds; past this the kernel starts cold.
START_SECONDS = 60.0


class WarmUnavailableError(RuntimeError):
    """No warm process can serve this kernel: it must start cold."""


class ForkedProcess:
    """A kernel forked by the warm process, with the part of :class:`subprocess.Popen` that Jupyter uses.

    Parameters
    ----------
    connection : socket.socket
        The connection to the warm process: the kernel lives as long as it is open.
    pid : int
        The kernel's process.
    """

    stdin = stdout = stderr = None

    def __init__(self, connection: socket.socket, pid: int) -> None:
        self._connection = connection
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit code, or None while the kernel runs."""
        return self._read(0.0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the kernel's end.

        Raises
        ------
        subprocess.TimeoutExpired
            If it still runs after ``timeout`` seconds.
        """
        code = self._read(timeout)
        if code is None:
            raise subprocess.TimeoutExpired("kernel", timeout or 0.0)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal to the kernel, if it still runs."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask the kernel to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the kernel."""
        self.send_signal(signal.SIGKILL)

    def close(self) -> None:
        """Let go of the connection; a kernel still running ends."""
        self._connection.close()

    def _read(self, timeout: float | None) -> int | None:
        if self.returncode is None and self._connection.fileno() >= 0:
            readable, _, _ = select.select([self._connection], [], [], timeout)
            if readable:
                answer = _receive(self._connection)
                # Silence means that the warm process itself is gone, and took its children along.
                self.returncode = int(answer.get("uscita", -signal.SIGKILL))
                self.close()
        return self.returncode


def fork_kernel(arguments: list[str], environment: Mapping[str, str], folder: Path) -> ForkedProcess:
    """Ask the warm process for a kernel; start the warm process if it is not there.

    Parameters
    ----------
    arguments : list of str
        The arguments of ``python -m ipykernel_launcher``.
    environment : mapping
        The kernel's whole environment.
    folder : Path
        Its working folder.

    Raises
    ------
    WarmUnavailableError
        If no warm process answers.
    """
    request = {"argomenti": arguments, "ambiente": dict(environment), "cartella": str(folder)}
    message = json.dumps(request).encode() + b"\n"
    connection = connect(environment)
    try:
        sent = socket.send_fds(connection, [message], [1, 2])
        connection.sendall(message[sent:])
        connection.settimeout(START_SECONDS)
        answer = _receive(connection)
        connection.settimeout(None)
        return ForkedProcess(connection, int(answer["pid"]))
    except (OSError, KeyError) as error:
        connection.close()
        raise WarmUnavailableError(str(error)) from error


def connect(environment: Mapping[str, str]) -> socket.socket:
    """Return a connection to the warm process for an environment, starting it if needed.

    Raises
    ------
    WarmUnavailableError
        If it cannot be started, or refuses to serve.
    """
    try:
        path = identity.socket_path(environment)
        connection = _try(path)
        if connection is None:
            with FileLock(path.with_name(f"{identity.family()}.lock"), timeout=START_SECONDS):
                connection = _try(path) or _start(path, environment)
        return connection
    except (OSError, TimeoutError) as error:
        raise WarmUnavailableError(str(error)) from error


def retire(keep: Path | None = None) -> None:
    """Ask the warm processes of this checkout to end as soon as they have no kernels.

    Parameters
    ----------
    keep : Path, optional
        The socket of the one to leave alone.
    """
    for path in identity.runtime_folder().glob(f"{identity.family()}-*.sock"):
        if path != keep:
            connection = _try(path)
            if connection is None:
                path.unlink(missing_ok=True)
            else:
                with connection, contextlib.suppress(OSError):
                    connection.sendall(server.RETIRE)


def _try(path: Path) -> socket.socket | None:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(str(path))
    except OSError:
        connection.close()
        return None
    return connection


def _start(path: Path, environment: Mapping[str, str]) -> socket.socket:
    process = subprocess.Popen(
        [sys.executable, "-m", f"{__package__}.server", str(path)],
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    with process.stdout, process.stderr:
        readable, _, _ = select.select([process.stdout], [], [], START_SECONDS)
        ready = bool(readable) and process.stdout.readline() == b"pronto\n"
        connection = _try(path) if ready else None
        if connection is None:
            process.kill()
            reason = process.stderr.read().decode(errors="replace").strip().rpartition("\n")[2]
            raise WarmUnavailableError(reason or "il processo caldo non è partito in tempo")
    retire(keep=path)
    return connection


def _receive(connection: socket.socket) -> dict[str, Any]:
    """Read one JSON line; an empty dict when the other side is gone."""
    data = b""
    while not data.endswith(b"\n"):
        try:
            piece = connection.recv(1)
        except ConnectionError:
            piece = b""
        if not piece:
            return {}
        data += piece
    answer = json.loads(data)
    return answer if isinstance(answer, dict) else {}
