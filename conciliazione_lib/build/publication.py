"""Outputs appear whole or not at all.

A tree is prepared beside the published one, on the same disk, and takes its place in one step: on Linux the two
folders are exchanged by the kernel (``renameat2``); elsewhere two renames are made, with a journal that lets the next
run complete them. Whatever kills the process, a reader finds the old tree or the new one. What a tree was made from,
and how much is in it, is in its manifest: so a tree that lost a part is not taken for a whole one.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import shutil
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conciliazione_lib.build.fingerprint import file_digest
from conciliazione_lib.build.store import write_whole

MANIFEST = "manifest.json"
#: The same hashes, as every system has a program to check them.
SUMS = "SHA256SUMS"

_RENAME_EXCHANGE = 2
_AT_FDCWD = -100
#: Answers of a system, or of a disk, that cannot exchange two folders.
_UNSUPPORTED = frozenset({errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EPERM})
#: Seconds for which a denied rename is tried again: on Windows an antivirus holds new files for an instant.
_PATIENCE = 2.0


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
        """Put a prepared tree in the place of the published one, in one step; :meth:`recover` drops the old one.

        Raises
        ------
        OSError
            If the system denies it, as Windows does when a file of the tree is open: the published tree is where it
            was.
        """
        self.target.parent.mkdir(parents=True, exist_ok=True)
        if not self.target.exists():
            _rename(staged, self.target)
        elif not exchange(staged, self.target):
            self._replace(staged)

    def _replace(self, staged: Path) -> None:
        old = self.yard / "vecchio"
        write_whole(self._journal, json.dumps([staged.name, old.name]))
        _rename(self.target, old)
        try:
            _rename(staged, self.target)
        except OSError:
            _rename(old, self.target)
            raise


def seal(tree: Path, fingerprint: str, account: Mapping[str, Any] | None = None) -> None:
    """Write the manifest of a prepared tree: what it was made from, the hash of every file, and an account of it.

    The hashes, that of the manifest too, are also in a file that ``sha256sum --check`` reads.

    Parameters
    ----------
    tree : Path
        The tree, complete.
    fingerprint : str
        Hash of everything it depends on.
    account : mapping, optional
        What else to say; of the files that have a hash there (``file``), it is that: a file that is no longer what was
        proved would not be taken for it.
    """
    known: Mapping[str, str] = (account or {}).get("file", {})
    hashes = {name: known.get(name) or file_digest(tree / name) for name in published(tree)}
    content = {**(account or {}), "impronta": fingerprint, "file": hashes}
    text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True, default=str)
    (tree / MANIFEST).write_text(text + "\n", encoding="utf-8", newline="\n")
    hashes[MANIFEST] = file_digest(tree / MANIFEST)
    lines = "".join(f"{print_}  {name}\n" for name, print_ in sorted(hashes.items()))
    (tree / SUMS).write_text(lines, encoding="utf-8", newline="\n")


def sealed(tree: Path) -> str | None:
    """Return what a published tree was made from, or None if it is not there whole.

    Files may have been added (a program leaves its own beside those it opens), not taken away.
    """
    try:
        content = json.loads((tree / MANIFEST).read_text(encoding="utf-8"))
        declared, fingerprint = set(content["file"]), str(content["impronta"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return fingerprint if declared <= set(published(tree)) else None


def published(tree: Path) -> list[str]:
    """Return the paths of the files of a tree, in order, without those that list them."""
    found = []
    for folder, _, names in os.walk(tree):
        place = Path(folder).relative_to(tree).as_posix()
        found += [name if place == "." else f"{place}/{name}" for name in names]
    return sorted(set(found) - {MANIFEST, SUMS})


def _rename(source: Path, target: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            source.rename(target)
            return
        except PermissionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


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
