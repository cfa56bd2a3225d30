"""The warm process: imports the stack once, then forks a ready kernel at each request.

Run as ``python -m conciliazione_lib.build.warm.server SOCKET``. One single-threaded loop. A client connects, sends one
JSON line (kernel command, environment, folder) with its own standard output and error, and keeps the connection as
long as it wants the kernel: the process answers with the kernel's pid, then with its exit status. A connection that
closes first means that the client is dead, and takes the kernel with it: no orphans, even after a SIGKILL.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import random
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from . import identity, preload, streams

RETIRE = b'{"richiesta": "chiudi"}\n'


@dataclass
class _Client:
    connection: socket.socket
    pid: int | None = None


class Server:
    """Forks kernels for the clients of one socket.

    Parameters
    ----------
    listener : socket.socket
        Bound and listening.
    idle : float
        Seconds without kernels after which :meth:`serve` returns.
    """

    def __init__(self, listener: socket.socket, idle: float) -> None:
        self.listener = listener
        self.idle = idle
        self.selector = selectors.DefaultSelector()
        self.clients: dict[int, _Client] = {}
        self.retiring = False

    def serve(self) -> None:
        """Serve until idle for too long, or asked to retire and without kernels."""
        awake, wake = socket.socketpair()
        wake.setblocking(False)
        signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self.selector.register(awake, selectors.EVENT_READ, lambda: self._reap(awake))
        self.selector.register(self.listener, selectors.EVENT_READ, self._accept)
        last = time.monotonic()
        while True:
            ready = self.selector.select(timeout=self.idle)
            for chosen, _ in ready:
                chosen.data()
            if ready or self.clients:
                last = time.monotonic()
            if not self.clients and (self.retiring or time.monotonic() - last >= self.idle):
                return

    def _accept(self) -> None:
        connection, _ = self.listener.accept()
        client = _Client(connection)
        self.clients[connection.fileno()] = client
        self.selector.register(connection, selectors.EVENT_READ, lambda: self._hear(client))

    def _hear(self, client: _Client) -> None:
        try:
            data, descriptors, _, _ = socket.recv_fds(client.connection, 1 << 20, 2)
        except OSError:
            data, descriptors = b"", []
        try:
            if data and client.pid is None:
                while not data.endswith(b"\n"):
                    more = client.connection.recv(1 << 20)
                    if not more:
                        break
                    data += more
                if data == RETIRE:
                    self.retiring = True
                    self._forget(client)
                else:
                    self._start(client, json.loads(data), descriptors)
            else:
                self._forget(client)
        except (OSError, ValueError):
            self._forget(client)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def _start(self, client: _Client, request: dict[str, Any], descriptors: list[int]) -> None:
        pid = os.fork()
        if pid == 0:
            self._become(request, descriptors)
        client.pid = pid
        client.connection.sendall(json.dumps({"pid": pid}).encode() + b"\n")

    def _become(self, request: dict[str, Any], descriptors: list[int]) -> NoReturn:
        """In the child: let go of everything that belongs to the warm process, and be the kernel."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self.selector.close()
            self.listener.close()
            for other in self.clients.values():
                other.connection.close()
            for target, descriptor in enumerate(descriptors, start=1):
                os.dup2(descriptor, target)
            os.setsid()
            code = be_kernel(request["argomenti"], request["ambiente"], request["cartella"])
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
        except BaseException:
            sys.excepthook(*sys.exc_info())
        finally:
            with contextlib.suppress(Exception):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)

    def _reap(self, awake: socket.socket) -> None:
        awake.recv(4096)
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            for client in list(self.clients.values()):
                if client.pid == pid:
                    client.pid = None
                    answer = {"uscita": os.waitstatus_to_exitcode(status)}
                    with contextlib.suppress(OSError):
                        client.connection.sendall(json.dumps(answer).encode() + b"\n")
                    self._forget(client)

    def _forget(self, client: _Client) -> None:
        """Close a connection; a kernel still behind it has lost its owner, and ends."""
        self.selector.unregister(client.connection)
        self.clients.pop(client.connection.fileno(), None)
        client.connection.close()
        if client.pid is not None:
            for kill in (os.killpg, os.kill):
                with contextlib.suppress(OSError):
                    kill(client.pid, signal.SIGKILL)


def be_kernel(arguments: list[str], environment: dict[str, str], folder: str) -> int:
    """Run an IPython kernel in this process, as a freshly started interpreter would.

    Parameters
    ----------
    arguments : list of str
        The arguments of ``python -m ipykernel_launcher``.
    environment : dict
        The whole environment of the kernel.
    folder : str
        Its working folder.
    """
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    time.tzset()
    _fresh_randomness()
    import ipykernel_launcher
    from ipykernel.kernelapp import IPKernelApp

    stream = f"{streams.PromptStream.__module__}.{streams.PromptStream.__name__}"
    sys.argv = [str(Path(ipykernel_launcher.__file__)), *arguments, f"--IPKernelApp.outstream_class={stream}"]
    IPKernelApp.launch_instance()
    return 0


def _fresh_randomness() -> None:
    """Give each kernel its own random state: a fork would repeat its sisters' numbers."""
    random.seed()
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed()  # the legacy state is the one a fork would share


def listen(path: Path) -> socket.socket:
    """Return a socket listening at a path, taken over from a dead process if needed."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    listener.bind(str(path))
    listener.listen(64)
    return listener


def main(path: Path, ready: Callable[[], None]) -> int:
    """Import the stack, check that it is safe to fork, and serve."""
    environment = dict(os.environ)
    # Read once, when ipykernel is imported: the parent of every kernel is this process.
    os.environ["JPY_PARENT_PID"] = str(os.getpid())
    # What a kernel would set before importing matplotlib.
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    sys.path[:] = [entry for entry in sys.path if entry not in ("", str(Path.cwd()))]
    preload.preload()
    preload.rehearse()
    preload.remember()
    if preload.threads() != 1:
        print(f"{preload.threads()} thread dopo le importazioni: nessuna copia è sicura", file=sys.stderr)
        return 3
    if identity.socket_path(environment) != path:
        print("la libreria è cambiata durante le importazioni", file=sys.stderr)
        return 4
    listener = listen(path)
    # What is already here is never garbage, and kernels that live a second need not look for theirs so often.
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
    ready()
    try:
        Server(listener, identity.IDLE_SECONDS).serve()
    finally:
        with contextlib.suppress(OSError):
            path.unlink()
    return 0


def _announce() -> None:
    """Tell who started the process that it serves, then let go of their pipe."""
    os.write(1, b"pronto\n")
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(main(Path(sys.argv[1]), _announce))
