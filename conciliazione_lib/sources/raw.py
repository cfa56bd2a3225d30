"""Raw answers, kept as they came: by the hash of their bytes, with an index of where and when each was found.

Parsed tables derive from them and can be made again. An answer that is recent enough is used again: a refresh that was
interrupted goes on from where it was, without asking twice.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from conciliazione_lib import storage

FOLDER = "grezzi"
INDEX = "indice.jsonl"
#: Headers worth keeping: what was given, when, and which version of it.
HEADERS = ("content-type", "date", "etag", "last-modified")


@dataclass(frozen=True)
class Answer:
    """One raw answer.

    Attributes
    ----------
    url : str
        Address asked.
    path : Path
        Its bytes.
    sha256 : str
        Their hash, which is the name of the file.
    kind : str
        Media type, lower case, with its parameters.
    when : str
        Moment it was received, ISO, UTC.
    """

    url: str
    path: Path
    sha256: str
    kind: str
    when: str


@dataclass(frozen=True)
class RawStore:
    """The folder of the raw answers.

    Attributes
    ----------
    root : Path
        The folder.
    """

    root: Path

    @classmethod
    def local(cls) -> RawStore:
        """Return the store beside the local data."""
        return cls(storage.local_root() / FOLDER)

    def partial(self, url: str) -> Path:
        """Return where the bytes of an address gather before they are whole."""
        self.root.mkdir(parents=True, exist_ok=True)
        return self.root / f"{hashlib.sha256(url.encode()).hexdigest()[:16]}.parziale"

    def keep(self, url: str, whole: Path, headers: Mapping[str, str], *, accept: str, when: float) -> Answer:
        """Move a whole answer into the store and note it in the index.

        Parameters
        ----------
        url : str
            Address asked.
        whole : Path
            File with its bytes, which moves.
        headers : mapping
            Headers of the answer.
        accept : str
            The form that was asked for: the same address has several.
        when : float
            Moment, seconds since the epoch.
        """
        digest = storage.sha256(whole)
        path = self.root / digest
        whole.replace(path)
        kept = {name: headers[name] for name in HEADERS if name in headers}
        moment = dt.datetime.fromtimestamp(when, dt.UTC).isoformat(timespec="seconds")
        line = {"url": url, "forma": accept, "quando": moment, "sha256": digest, "intestazioni": kept}
        with FileLock(self.root / "indice.lock"), (self.root / INDEX).open("a", encoding="utf-8") as index:
            index.write(json.dumps(line, ensure_ascii=False) + "\n")
            index.flush()
            os.fsync(index.fileno())
        return Answer(url, path, digest, kept.get("content-type", "").lower(), moment)

    def recent(self, url: str, accept: str, *, since: float) -> Answer | None:
        """Return the last answer of an address, if it is not older than a moment and still whole."""
        moment = dt.datetime.fromtimestamp(since, dt.UTC).isoformat(timespec="seconds")
        for line in reversed(self._index()):
            if line.get("url") == url and line.get("forma") == accept and line.get("quando", "") >= moment:
                path = self.root / str(line["sha256"])
                if path.is_file() and storage.sha256(path) == line["sha256"]:
                    kind = str(line["intestazioni"].get("content-type", "")).lower()
                    return Answer(url, path, line["sha256"], kind, line["quando"])
                return None
        return None

    def forget(self, answer: Answer) -> None:
        """Never use an answer again: it proved wrong. Its bytes stay, to be looked at."""
        with FileLock(self.root / "indice.lock"):
            lines = [
                entry | {"forma": "scartata"} if entry.get("sha256") == answer.sha256 else entry
                for entry in self._index()
            ]
            new = self.root / f".{os.getpid()}-{INDEX}"
            new.write_text("".join(json.dumps(e, ensure_ascii=False) + "\n" for e in lines), encoding="utf-8")
            new.replace(self.root / INDEX)

    def _index(self) -> list[dict]:
        try:
            text = (self.root / INDEX).read_text(encoding="utf-8")
        except FileNotFoundError:
            return []
        lines = []
        for line in text.splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue  # cut short by a crash: that answer is asked again
            if isinstance(entry, dict):
                lines.append(entry)
        return lines
