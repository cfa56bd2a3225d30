"""Outputs appear whole or not at all.

A tree is prepared beside the published one, on the same disk, and takes its place in one step: on Linux the two
folders are exchanged by the kernel (``renameat2``); elsewhere two renames are made, with a journal that lets the next
run complete them. Whatever kills the process, a reader finds the old tree or the new one.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import shutil
import sys
from pathlib import Path

from .store import write_whole

_RENAME_EXCHANGE = 2
_AT_FDCWD = -100
#: Answers of a system, or of a disk, that cannot exchange two folders.
_UNSUPPORTED = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EPERM}


class Publication:
    """The tree published in a folder, and the one being prepared to replace it.

    Parameters
    ----------
    target : Path
        The published tree.
    yard : Path
        A folder on the same disk for what is being prepared; everything in it may be deleted at any time when no
        build is running.
    """

    def __init__(self, target: Path, yard: Path) -> None:
        self.target = target
        self.yard = yard
        self._journal = yard / "scambio.json"

    def recover(self) -> None:
        """Complete, or forget, what an interrupted run left behind. Call with the lock held."""
        if self._journal.is_file():
            new, old = (self.yard / name for name in json.loads(self._journal.read_text(encoding="utf-8")))
            if not self.target.exists():
                (new if new.exists() else old).rename(self.target)
            self._journal.unlink()
        if self.yard.exists():
            shutil.rmtree(self.yard)

    def stage(self) -> Path:
        """Return a new empty folder to prepare the tree in."""
        folder = self.yard / "nuovo"
        folder.mkdir(parents=True)
        return folder

    def publish(self, staged: Path) -> None:
        """Put a prepared tree in the place of the published one, in one step, and drop the old one."""
        self.target.parent.mkdir(parents=True, exist_ok=True)
        if not self.target.exists():
            staged.rename(self.target)
        elif not exchange(staged, self.target):
            self._replace(staged)
        self.recover()

    def _replace(self, staged: Path) -> None:
        old = self.yard / "vecchio"
        write_whole(self._journal, json.dumps([staged.name, old.name]))
        self.target.rename(old)
        staged.rename(self.target)


def exchange(one: Path, other: Path) -> bool:
    """Exchange two folders of the same disk in one step.

    Returns
    -------
    bool
        False where the system or the disk cannot: nothing was changed.

    Raises
    ------
    OSError
        If they cannot be exchanged for another reason.
    """
    if not sys.platform.startswith("linux"):
        return False
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        return False
    done = renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE)
    if done == 0:
        return True
    code = ctypes.get_errno()
    if code in _UNSUPPORTED:
        return False
    raise OSError(code, os.strerror(code), str(other))
