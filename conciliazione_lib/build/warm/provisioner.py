"""The kernel provisioner Jupyter knows: warm when possible, cold otherwise, with the same results."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from . import identity
from .client import ForkedProcess, WarmUnavailableError, fork_kernel

_LAUNCHER = ("-m", "ipykernel_launcher")
_POLL_SECONDS = 0.005
_KILL_SECONDS = 5.0


class WarmProvisioner(LocalProvisioner):
    """Starts the kernel as a fork of the warm process; falls back on an ordinary process."""

    # What the base class keeps here is a Popen; a forked kernel answers to the same calls.
    process: Any = None

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Start the kernel.

        Parameters
        ----------
        cmd : list of str
            The command of the kernel specification, e.g. ``python -m ipykernel_launcher -f FILE``.
        **kwargs
            What :class:`subprocess.Popen` would take: ``env`` and ``cwd`` are used.
        """
        environment = kwargs.get("env") or dict(os.environ)
        if tuple(cmd[1:3]) == _LAUNCHER and identity.wanted(environment):
            folder = Path(kwargs.get("cwd") or Path.cwd())
            try:
                self.process = await asyncio.to_thread(fork_kernel, cmd[3:], environment, folder)
            except WarmUnavailableError as error:
                self.log.warning("kernel avviato a freddo: %s", error)
            else:
                self.pid = self.pgid = self.process.pid
                self.cwd = folder
                return self.connection_info
        return await super().launch_kernel(cmd, **kwargs)

    async def wait(self) -> int | None:
        """Wait for the kernel's end, more promptly than for an ordinary process."""
        if isinstance(self.process, ForkedProcess):
            while self.process.poll() is None:
                await asyncio.sleep(_POLL_SECONDS)
        return await super().wait()

    async def kill(self, restart: bool = False) -> None:
        """End the kernel; a forked one is gone when this returns, so that nobody has to ask again later."""
        await super().kill(restart=restart)
        if isinstance(self.process, ForkedProcess):
            with contextlib.suppress(subprocess.TimeoutExpired):
                await asyncio.to_thread(self.process.wait, _KILL_SECONDS)

    async def cleanup(self, restart: bool = False) -> None:
        """Release what the kernel held; one that is still running loses its owner, and ends."""
        if isinstance(self.process, ForkedProcess):
            self.process.close()
        await super().cleanup(restart=restart)
