"""Whether a tree is what was published: every file with its hash, none missing, none added."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from conciliazione_lib.build.fingerprint import Library, digest, file_digest
from conciliazione_lib.build.publication import MANIFEST, SUMS, published
from conciliazione_lib.build.store import write_whole
from conciliazione_lib.evidence.verify import Finding

#: What systems and programs leave of their own beside the files they open.
_OF_OTHERS = re.compile(r"(?:^|/)(?:~\$[^/]*|\.~lock\.[^/]*#|\.DS_Store|Thumbs\.db|desktop\.ini)$")
RULE = "integrità"


def check(edizione: Path) -> list[Finding]:
    """Compare an edition, and the folder of its maps when it is in its place, with their manifests.

    Returns
    -------
    list of Finding
        Nothing for a tree that is still being prepared: it has no manifest.
    """
    found = _check(edizione, "")
    maps = edizione.parent.parent / "maps" / edizione.name
    if edizione.parent.name == "reports" and (maps / MANIFEST).is_file():
        found += _check(maps, f"maps/{edizione.name}/")
    return found


def _check(tree: Path, before: str) -> list[Finding]:
    try:
        text = (tree / MANIFEST).read_text(encoding="utf-8")
    except OSError:
        return []
    try:
        told: dict[str, str] = dict(json.loads(text)["file"])
    except (ValueError, KeyError, TypeError):
        return [Finding(RULE, f"{before}{MANIFEST}", "", "l'elenco dei file con la loro impronta", "altro")]
    present = set(published(tree))
    found = [
        Finding(RULE, f"{before}{name}", "", "un file dell'edizione", "nessun file")
        for name in sorted(set(told) - present)
    ]
    found += [
        Finding(RULE, f"{before}{name}", "", "nessun file", "un file in più")
        for name in sorted(present - set(told))
        if not _OF_OTHERS.search(name)
    ]
    found += [
        Finding(RULE, f"{before}{name}", "", "il file pubblicato", "un file cambiato")
        for name in sorted(present & set(told))
        if file_digest(tree / name) != told[name]
    ]
    sums = {**told, MANIFEST: file_digest(tree / MANIFEST)}
    lines = "".join(f"{print_}  {name}\n" for name, print_ in sorted(sums.items()))
    if not (tree / SUMS).is_file() or (tree / SUMS).read_text(encoding="utf-8") != lines:
        found.append(Finding(RULE, f"{before}{SUMS}", "", "le impronte del manifest", "altre, o nessuna"))
    return found


#: What everything else is compared with: when one of these is another, all is to be verified.
TERMS = ("cifre.json", "cifre.parquet", "confronti.parquet", "archivio.json")


@dataclass(frozen=True)
class Verified:
    """The files that were found true, by the hash of their bytes: what is the same is not verified again.

    Attributes
    ----------
    file : Path or None
        Where it is remembered, in the working folder of the build.
    hashes : mapping of str to str
        By path.
    program : str
        Hash of what verifies.
    """

    file: Path | None
    hashes: Mapping[str, str] = field(default_factory=dict)
    program: str = ""

    @classmethod
    def of(cls, work: Path, edizione: str) -> Verified:
        """Read what was verified of an edition, by this same program."""
        file, print_ = work / f"verificati-{edizione}.json", program(work)
        try:
            told = json.loads(file.read_text(encoding="utf-8"))
            return cls(file, dict(told["file"]) if told["programma"] == print_ else {}, print_)
        except (OSError, ValueError, KeyError, TypeError):
            return cls(file, {}, print_)

    @staticmethod
    def hashes_of(tree: Path, read: Mapping[str, str] = MappingProxyType({})) -> dict[str, str]:
        """Return the hash of every file of a tree; ``read`` are those of files that have just been read."""
        return {name: read.get(name) or file_digest(tree / name) for name in published(tree)}

    def new(
        self, tree: Path, *, fingerprints: bool = False, read: Mapping[str, str] = MappingProxyType({})
    ) -> tuple[frozenset[str] | None, dict[str, str]]:
        """Return the files that were not verified as they are (``None`` for all), and the hash of every file.

        Without a page that there was, all are: any of them may lead to it; and, where nobody made the others again for
        it, without any file.

        Parameters
        ----------
        tree : Path
            The edition.
        fingerprints : bool
            Whether files are as they were because what they show is: then the store may be another.
        read : mapping of str to str
            Hash of the files that have just been read.
        """
        hashes = self.hashes_of(tree, read)
        changed = frozenset(name for name, print_ in hashes.items() if self.hashes.get(name) != print_)
        # The maps of a tree that is being prepared have a folder of their own once it is published.
        gone = {name for name in self.hashes if name not in hashes and not name.startswith("maps/")}
        if fingerprints:
            gone = {name for name in gone if name.endswith(".html")}
        if not self.hashes or gone or (not fingerprints and not changed.isdisjoint(TERMS)):
            return None, hashes
        return changed, hashes

    def keep(self, hashes: Mapping[str, str]) -> None:
        """Remember that all of this was found true."""
        if self.file is not None:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self.file, json.dumps({"programma": self.program, "file": dict(hashes)}))


def program(work: Path) -> str:
    """Return the hash of what verifies."""
    library = Library(work / "codice.json")
    print_ = digest(library.closure(["conciliazione_lib.publish.verify"]))
    library.save()
    return print_
