"""The inputs of a run and their hashes: equal hashes mean an equal result, a different one says what changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from conciliazione_lib import storage
from conciliazione_lib.build.config import Analysis, Chapter, Config
from conciliazione_lib.build.fingerprint import PACKAGE_ROOT, Library, digest, environment_digest, listed
from conciliazione_lib.build.model import Task
from conciliazione_lib.build.notebook import NotebookSource, read

#: What every run goes through besides the chapter's own code: a change in how notebooks are run counts too.
_ENGINE_MODULES = tuple(f"conciliazione_lib.build.{name}" for name in ("execution", "closing", "shell"))


def table_digest(name: str) -> str:
    """Return the hash of every version of a table, as the tiers serve it: provenance and bytes."""
    return digest([_version(version) for version in storage.versions(name)])


class Inputs:
    """Hashes of everything a chapter's result depends on.

    Parameters
    ----------
    config : Config
        The configuration.
    memo : Path, optional
        File that remembers the parsed modules of the library.
    """

    def __init__(self, config: Config, memo: Path | None = None) -> None:
        self.config = config
        self.library = Library(memo)
        self.environment = environment_digest(config.lock)
        self._tables: dict[str, str] = {}
        self._code: dict[tuple[str, ...], dict[str, str]] = {}

    def code(self, imports: Iterable[str]) -> dict[str, str]:
        """Return the library modules that some imports reach, with their hashes."""
        key = tuple(imports)
        if key not in self._code:
            self._code[key] = _code(self.library, key)
        return self._code[key]

    def table(self, name: str) -> str:
        """Return the hash of every version of a table, as the tiers serve it: provenance and bytes."""
        if name not in self._tables:
            self._tables[name] = table_digest(name)
        return self._tables[name]

    def tables(self, chapter: Chapter) -> tuple[str, ...]:
        """Return the names of the tables a chapter may read."""
        return tuple(sorted({*self.config.tabelle, *chapter.tabelle}))

    def of(
        self, chapter: Chapter, source: NotebookSource, parameters: dict[str, Any], figures: Mapping[str, str]
    ) -> dict[str, Any]:
        """Return the hash of every input of a run, by kind.

        Parameters
        ----------
        chapter : Capitolo
            The chapter, or an analysis as one.
        source : NotebookSource
            Its notebook.
        parameters : dict
            What it receives.
        figures : mapping
            Hash of what each analysis wrote.
        """
        edizione = self.config.edizioni[self.config.edizione]
        return {
            "notebook": source.digest,
            "parametri": dict(parameters),
            "tabelle": {name: self.table(name) for name in self.tables(chapter)},
            "cifre": {name: figures.get(name, "") for name in chapter.analisi},
            "codice": self.code(source.imports),
            "ambiente": self.environment,
            "edizione": {"nome": self.config.edizione, **edizione.model_dump()},
            "capitolo": chapter.model_dump(exclude={"livelli", "notebook", "tabelle", "analisi"}),
        }


class Watch:
    """Tells whether the inputs of a task are still those of the plan, while the build runs.

    A result belongs to the inputs it was made from: if someone edits the code or imports a table meanwhile, what
    comes out is neither the old result nor surely the new one, and must not be kept.

    Parameters
    ----------
    config : Config
        The configuration.
    memo : Path, optional
        File that remembers the parsed modules of the library.
    """

    def __init__(self, config: Config, memo: Path | None = None) -> None:
        self._config = config
        self._memo = memo
        entries: list[Chapter | Analysis] = [*config.analisi, *config.capitoli]
        self._notebooks = [config.notebook(entry) for entry in entries]
        #: The code, and the tables of every tier: not what else is kept beside them, as what is dropped on the desk.
        self._folders = {PACKAGE_ROOT, *(storage.folder("", origin) for origin in storage.ORIGINS)}
        self._apart = {str(storage.local_root())}
        self._seen = self._state()
        #: The files, and their hashes, as they were found when something had changed.
        self._now: tuple[list[tuple[str, int, int]], Inputs] | None = None

    def unchanged(self, task: Task, source: NotebookSource) -> bool:
        """Whether a task's inputs are those it was planned with; what analyses wrote is the build's own, and stays."""
        state = self._state()
        if self._now is None and state == self._seen:
            return True
        if self._now is None or self._now[0] != state:
            self._now = state, Inputs(self._config, self._memo)
        again = self._now[1].of(task.capitolo, read(source.path), task.parametri, task.ingressi["cifre"])
        return digest(again) == task.chiave

    def _state(self) -> list[tuple[str, int, int]]:
        """Return name, time and size of every file that could matter: much quicker than reading them."""
        found = {entry for folder in self._folders for entry in listed(folder, self._apart)}
        return sorted(found | {(str(file), *_when(file)) for file in self._notebooks})


def _when(file: Path) -> tuple[int, int]:
    """Return time and size of a file; zeros when it is not there, or no longer."""
    try:
        status = file.stat()
    except FileNotFoundError:
        return 0, 0
    return status.st_mtime_ns, status.st_size


def identity(imports: Iterable[str], tables: Iterable[str], library: Library) -> str:
    """Return one hash of the code, data and environment of this machine, to compare it with another one's."""
    return digest(
        [
            _code(library, imports),
            {name: [_version(version) for version in storage.versions(name)] for name in sorted(tables)},
            environment_digest(storage.packaged("requirements.lock")),
        ]
    )


def _code(library: Library, imports: Iterable[str]) -> dict[str, str]:
    return {**library.closure(imports), **{name: library.code(name) for name in _ENGINE_MODULES}}


def _version(version: storage.Provenance) -> dict[str, Any]:
    """Return what is known of a version, with the hash of the file as it is now, not as it was declared."""
    actual = storage.sha256(version.percorso) if version.percorso.is_file() else None
    return {**version.to_dict(), "sha256_effettivo": actual}


def reason(before: dict[str, Any] | None, after: dict[str, Any]) -> str:
    """Say in Italian what changed between the inputs of two runs.

    Parameters
    ----------
    before : dict or None
        Inputs of the last result that succeeded, as :meth:`Inputs.of` gives them; None when there is none.
    after : dict
        Inputs now.

    Returns
    -------
    str
        E.g. ``è cambiata la tabella popolazione; è cambiato il codice: indicators.demography``.
    """
    if before is None:
        return "non è mai stato eseguito"
    words = []
    if before.get("notebook") != after["notebook"]:
        words.append("è cambiato il notebook")
    if tables := _differing(before.get("tabelle", {}), after["tabelle"]):
        words.append(f"{'è cambiata la tabella' if len(tables) == 1 else 'sono cambiate le tabelle'} {_list(tables)}")
    if analyses := _differing(before.get("cifre", {}), after["cifre"]):
        words.append(f"sono cambiate le cifre dell'analisi {_list(analyses)}")
    modules = _differing(before.get("codice", {}), after["codice"])
    if declarations := [name for name in modules if name.startswith("data/")]:
        words.append(f"è cambiato che cosa dichiara {_list(declarations)}")
    if code := [name.removeprefix("conciliazione_lib.") for name in modules if name not in declarations]:
        words.append(f"è cambiato il codice: {_list(code)}")
    if names := _differing(before.get("parametri", {}), after["parametri"]):
        words.append(f"sono cambiati i parametri {_list(names)}")
    if before.get("edizione") != after["edizione"]:
        words.append("è cambiata l'edizione")
    if before.get("capitolo") != after["capitolo"]:
        words.append("è cambiata la voce del capitolo nella configurazione")
    if before.get("ambiente") != after["ambiente"]:
        words.append("è cambiato l'ambiente (versione di Python o dei pacchetti)")
    return "; ".join(words) or "il risultato precedente non c'è più"


def _differing(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))


def _list(names: list[str], most: int = 4) -> str:
    shown = ", ".join(names[:most])
    return f"{shown} e altri {len(names) - most}" if len(names) > most else shown
