"""Making a publication: the parts that show what they showed are taken from the one before, the others are made.

A part whose fingerprint is that of the published tree is taken by hard link: at once, whatever it weighs, and without
rights that a user may lack (NTFS has hard links for everybody). Where the file system refuses (FAT, some network
shares, another disk), or where a file is not what it was published as, it is copied or made again. Only the new tree
stays, so no file is ever shared by two publications that live.
"""

from __future__ import annotations

import json
import os
import pickle
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import conciliazione_lib.publish.changes as changes
import conciliazione_lib.publish.edition as edition
import conciliazione_lib.publish.quadrature as quadrature
from conciliazione_lib.build.config import Config
from conciliazione_lib.build.fingerprint import digest, file_digest
from conciliazione_lib.build.model import ChapterResult
from conciliazione_lib.build.publication import MANIFEST
from conciliazione_lib.publish.processes import Team, received
from conciliazione_lib.publish.public_site import CHAPTER, DOCUMENTS, SEARCH, Kept, Publication
from conciliazione_lib.publish.site import Entry
from conciliazione_lib.quality.check import Result

#: As many parts as are made before other processes could have started.
FEW = 3
#: What takes longest starts first.
_FIRST = ("registro", "archivio", "documento:regione", "documento:ats", "capitolo", "comuni", "indicatore")

#: Parts that read the same: figures of an indicator, chapters of a territory, a chapter.
_ALIKE = (("indicatore", "schede"), DOCUMENTS, CHAPTER)


@dataclass(frozen=True)
class Part:
    """A part as the manifest tells it.

    Attributes
    ----------
    impronta : str
        Fingerprint of what it shows.
    file : mapping of str to str
        Hash of each of its files, by path.
    cerca : tuple of Entry
        Its pages as the search gives them.
    """

    impronta: str
    file: Mapping[str, str]
    cerca: tuple[Entry, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        pages = [[e.genere, e.titolo, e.dettaglio, e.percorso] for e in self.cerca]
        return {"impronta": self.impronta, "file": dict(sorted(self.file.items())), "cerca": pages}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Part:
        """Rebuild a part from :meth:`to_dict`."""
        return cls(data["impronta"], dict(data["file"]), tuple(Entry(*entry) for entry in data["cerca"]))


@dataclass(frozen=True)
class Before:
    """What was published before.

    Attributes
    ----------
    tree, maps : Path
        The published trees.
    parts : mapping of str to Part
        By name.
    """

    tree: Path
    maps: Path
    parts: Mapping[str, Part] = field(default_factory=dict)

    @classmethod
    def read(cls, tree: Path, maps: Path) -> Before:
        """Read what a published tree says of itself; nothing, when it does not."""
        try:
            told = json.loads((tree / MANIFEST).read_text(encoding="utf-8"))["parti"]
            return cls(tree, maps, {name: Part.from_dict(entry) for name, entry in told.items()})
        except (OSError, ValueError, KeyError, TypeError):
            return cls(tree, maps)

    def hashes(self) -> dict[str, str]:
        """Return the hash of each file that may be taken, of those that can be read."""
        found = {}
        for part in self.parts.values():
            for path in part.file:
                with suppress(OSError):
                    found[path] = file_digest(self._place(path))
        return found

    def _place(self, path: str) -> Path:
        return self.maps / path.removeprefix("maps/") if path.startswith("maps/") else self.tree / path

    def take(self, part: Part, target: Path, hashes: Mapping[str, str]) -> bool:
        """Put the files of a part in a new tree, if they are what they were published as; tell whether it was so.

        Parameters
        ----------
        part : Part
        target : Path
            The new tree.
        hashes : mapping of str to str
            From :meth:`hashes`.
        """
        for path, print_ in part.file.items():
            if hashes.get(path) != print_:
                return False
            try:
                _link(self._place(path), target / path)
            except OSError:
                return False
        return True


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except FileNotFoundError:
        if target.parent.exists():
            raise
        target.parent.mkdir(parents=True, exist_ok=True)
        _link(source, target)
    except FileExistsError:
        pass  # who makes another part of which it is has put it there
    except OSError:
        if target.exists():
            return
        # Whole or not at all: others may be reading it.
        target.parent.mkdir(parents=True, exist_ok=True)
        copy = target.with_name(f"{target.name}.copia")
        try:
            shutil.copyfile(source, copy)
            copy.replace(target)
        finally:
            copy.unlink(missing_ok=True)


def make(
    publication: Publication,
    print_of: Callable[[str], str],
    before: Before,
    hashes: Future[dict[str, str]],
    again: Callable[[], Work],
    team: Team,
    told: Callable[[int, int], None],
) -> dict[str, Part]:
    """Make a publication: what must be made is begun as soon as it is known, while the rest is looked through.

    Parameters
    ----------
    publication : Publication
        What is made, and where.
    print_of : callable
        Gives the fingerprint of a part, by its name; that of the search is without the pages that it finds.
    before : Before
        What was published before.
    hashes : Future
        Given to the team: the hash of each of its files, as it is now.
    again : callable
        Gives what another process needs to make parts of the same publication.
    team : Team
        Who makes it. It is started, if it has not been, when parts are more than a few.
    told : callable
        Hears how many parts of those to be made are ready.

    Returns
    -------
    dict of str to Part
        By name.
    """
    names = publication.parts()[:-1]
    prints: dict[str, str] = {}
    done: dict[str, Part] = {}
    same: list[str] = []
    with _Makers(publication, again, team) as makers:
        for together in _near(sorted(names, key=_order)):
            for name in together:
                prints[name] = print_of(name)
            known = {name for name in together if name in before.parts and before.parts[name].impronta == prints[name]}
            same += (name for name in together if name in known)
            makers.begin(tuple(name for name in together if name not in known))
        now = team.result(hashes)
        for name in same:
            if before.take(before.parts[name], publication.tree, now):
                done[name] = before.parts[name]
            else:
                makers.begin((name,))
        total = makers.begun + 1
        told(0, total)
        for ready, (name, files, entries) in enumerate(makers.made(), 1):
            done[name] = Part(prints[name], files, entries)
            told(ready, total)
    pages = publication.site.pagine = [entry for name in names for entry in done[name].cerca]
    print_ = digest([print_of(SEARCH), [vars(entry) for entry in pages]])
    search = before.parts.get(SEARCH)
    if search is not None and search.impronta == print_ and before.take(search, publication.tree, now):
        done[SEARCH] = search
    else:
        done[SEARCH] = Part(print_, *_make(publication, SEARCH))
    told(total, total)
    return {name: done[name] for name in (*names, SEARCH)}


def _order(name: str) -> int:
    return next((place for place, start in enumerate(_FIRST) if name.startswith(start)), len(_FIRST))


def _make(publication: Publication, name: str) -> tuple[dict[str, str], tuple[Entry, ...]]:
    site = publication.site
    site.scritti, pages = {}, len(site.pagine)
    publication.make(name)
    return site.scritti, tuple(site.pagine[pages:])


Made = tuple[str, dict[str, str], tuple[Entry, ...]]


class _Makers:
    """Who makes the parts: the processes of a team, this one with what it has read already."""

    def __init__(self, publication: Publication, again: Callable[[], Work], team: Team) -> None:
        self._publication, self._again, self._team = publication, again, team
        self._coming: list[Future[list[Made]]] = []
        #: How many parts.
        self.begun = 0

    def __enter__(self) -> _Makers:
        self._stack = ExitStack()
        self._file = Path(self._stack.enter_context(TemporaryDirectory())) / "lavoro.pickle"
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def begin(self, names: tuple[str, ...]) -> None:
        """Make some parts, together."""
        if not names:
            return
        self.begun += len(names)
        if self._team.started:
            self._write()
        self._coming.append(self._team.give(_elsewhere, self._file, names, here=partial(self._here, names)))

    def made(self) -> Iterator[Made]:
        """Give each part as it is ready."""
        if self.begun > FEW and self._team.others:
            self._write()
            self._team.start()
        for coming in self._team.done(self._coming):
            yield from coming.result()

    def _here(self, names: Sequence[str]) -> list[Made]:
        return [(name, *_make(self._publication, name)) for name in names]

    def _write(self) -> None:
        """Write, once, what the other processes need."""
        if not self._file.exists():
            self._file.write_bytes(pickle.dumps(self._again()))


def _near(names: Sequence[str]) -> list[tuple[str, ...]]:
    """Return parts in their order, those alike together: what they read, or draw with, is read once, by who makes them.

    They are those that read the same, and a chapter of all territories, whose maps are drawn in one way.
    """
    first = {kind: kinds[0] for kinds in _ALIKE for kind in kinds}
    found: dict[str, list[str]] = {}
    for name in names:
        kind, _, which = name.partition(":")
        if kind in CHAPTER:
            which = which.rpartition("/")[2]
        found.setdefault(f"{first.get(kind, kind)}:{which}", []).append(name)
    return [tuple(parts) for parts in found.values()]


@dataclass(frozen=True)
class Work:
    """What a process needs to make parts of a publication: all of it can be sent to another process.

    ``shown`` are the indicators of each chapter, ``tables`` the tables that chapters read, where they are known
    already: chapters that have nothing of what a process makes are not read in it.
    """

    tree: Path
    results: tuple[ChapterResult, ...]
    config: Config
    root: Path | None
    comparison: changes.Comparison | None
    absent: tuple[str, ...]
    checks: tuple[Result, ...]
    shown: tuple[frozenset[str], ...] = ()
    kept: Kept | None = None
    drawings: Path | None = None
    tables: tuple[Mapping[str, Any], ...] | None = None

    def publication(self) -> Publication:
        """Return the publication, in the process that makes its parts."""
        quadrature.take(self.checks)
        read = edition.read(self.results, self.config, self.tree)
        for chapter, names in zip(read.capitoli, self.shown, strict=False):
            vars(chapter)["indicatori"] = names
        if self.tables is not None:
            vars(read)["tabelle"] = self.tables
        made = Publication(self.tree, read, self.root, self.comparison, absent=self.absent)
        return replace(made, kept=self.kept, drawings=self.drawings)


def _elsewhere(work: Path, names: Sequence[str]) -> list[Made]:
    publication = received(work, Work.publication)
    return [(name, *_make(publication, name)) for name in names]
