"""Where the bytes of a table are, and what is known about them.

A table is a folder with one file per version, and a list that describes each file. The same folder may exist in three
places, asked in this order: the tables the analyst imported, the snapshots refreshed from their live source, and the
tables embedded in the library. The first two live under ``data/locale/`` (not in git; the environment variable
``CONCILIAZIONE_DATI`` moves them elsewhere), and their list is ``provenienza.json``. That of the embedded ones are the
``[[versioni]]`` with which ``tabella.toml`` ends, after the declaration.

This module knows nothing of schemas: it finds a version, checks its hash, reads it, and remembers what was
read so that a chapter can say which tables it stands on.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import textwrap
import tomllib
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeVar

from conciliazione_lib.errors import DatiError, UsoError

if TYPE_CHECKING:
    import pandas as pd

PROVENANCE: Final = "provenienza.json"
#: What an embedded table is, and its versions; and the words that several declarations share.
DECLARATION: Final = "tabella.toml"
VOCABULARIES: Final = "vocabolari.toml"
ROOT_VARIABLE: Final = "CONCILIAZIONE_DATI"
#: Of what is read of the figures: all of it, without saying what; the date and what there is, which every reader reads.
EVERYTHING: Final = "*"
CONTENTS: Final = ""
#: Variables by which a build tells the notebooks it runs where the store of figures is, where an analysis writes its
#: part, and where the parts of those it follows are (separated as paths are).
FIGURES_VARIABLE: Final = "CONCILIAZIONE_CIFRE"
PART_VARIABLE: Final = "CONCILIAZIONE_PARTE"
PARTS_VARIABLE: Final = "CONCILIAZIONE_PARTI"
#: The file that says what a store of figures holds.
FIGURES_INDEX: Final = "archivio.json"
GRADES: Final = ("atto", "pubblicazione", "stampa", "stima", "esempio")
#: How final its source says a datum is, the most solid first. What a source marks in a way nobody knows is provisional.
STATES: Final = ("definitivo", "provvisorio", "stima", "previsione")
FINAL: Final = STATES[0]
#: How a datum was read: in its source, in a copy that others made of it, transcribed by hand. The last is the weakest.
READS: Final = ("originale", "copia", "trascrizione")
ORIGINAL: Final = READS[0]
ORIGINS: Final = ("importata", "scaricata", "incorporata")

#: Where imported and refreshed tables are, in the folder of a project.
LOCAL: Final = Path("data", "locale")
_WIDTH: Final = 110
_LIBRARY: Final = Path(str(resources.files("conciliazione_lib")))
_FOLDERS: Final = MappingProxyType({"importata": "importati", "scaricata": "scaricati"})


@dataclass(frozen=True)
class Provenance:
    """What is known about one version of a table.

    Attributes
    ----------
    tabella : str
        Name of the table, which is the name of its folder.
    origine : str
        The tier that holds it: ``importata``, ``scaricata`` or ``incorporata``.
    percorso : Path
        The file.
    data_riferimento : str
        Reference date or period of the data (``2022-01-01``, ``2015/2026``).
    titolo, fonte, url, licenza : str
        Title, source, address and licence, as they are to be cited.
    recuperato : str
        Date on which the data was taken from its source.
    sha256 : str
        Hash of the file.
    grado : str
        Weakest grade of its rows, one of :data:`GRADES`.
    stato : str
        How final its source says it is, one of :data:`STATES`: that of its least final row. What is not definitive
        never answers in the place of what is, unless it is asked for by date.
    lettura : str
        How it was read, one of :data:`READS`: that of the weakest of its rows.
    note : str
        What a reader must know.
    """

    tabella: str
    origine: str
    percorso: Path
    data_riferimento: str
    titolo: str
    fonte: str
    url: str
    licenza: str
    recuperato: str
    sha256: str
    grado: str
    stato: str = FINAL
    lettura: str = ORIGINAL
    note: str = ""

    @property
    def provvisorio(self) -> bool:
        """Whether its source may still change it: anything but definitive."""
        return self.stato != FINAL

    def to_dict(self) -> dict[str, Any]:
        """Return the provenance as plain values, without the path of this machine."""
        one_fields = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "percorso"}
        return {**one_fields, "provvisorio": self.provvisorio, "file": self.percorso.name}


def weakest_status(states: Iterable[str]) -> str:
    """Return the least final of some statuses; definitive when there are none.

    >>> weakest_status(["definitivo", "stima", "provvisorio"])
    'stima'
    """
    return max(states, key=STATES.index, default=FINAL)


def cite(sources: Iterable[str]) -> str:
    """Return sources as they are to be cited, each once: what was made from several names them all.

    Examples
    --------
    >>> cite(["ISTAT (A; B)", "MEF; ISTAT (A; B)"])
    'ISTAT (A; B); MEF'
    """
    return "; ".join(dict.fromkeys(one for written in sources for one in _BETWEEN_SOURCES.split(written) if one))


#: Between sources; what a source says between brackets may have semicolons of its own.
_BETWEEN_SOURCES = re.compile(r";\s+(?![^(]*\))")

_T = TypeVar("_T")

_reads: dict[tuple[str, str, str], Provenance] = {}
_memories: dict[Hashable, Any] = {}
_listings: dict[Path, tuple[object, list[Provenance]]] = {}
#: Who wants to know which tables are looked for.
_asked: list[set[str]] = []


def reads() -> list[Provenance]:
    """Return the versions read by this process so far, by table and date, each once."""
    return sorted(_reads.values(), key=lambda p: (p.tabella, p.data_riferimento, p.origine))


def forget_reads() -> None:
    """Forget what was read: a chapter starts from an empty list."""
    _reads.clear()


@contextmanager
def asking() -> Iterator[set[str]]:
    """Give the names of the tables whose versions are looked for from here to the end, whether there are any or not."""
    names: set[str] = set()
    _asked.append(names)
    try:
        yield names
    finally:
        _asked.pop()


def ask(names: Iterable[str]) -> None:
    """Count some tables among those looked for, for who gives again what was made from them."""
    for asked in _asked:
        asked.update(names)


def packaged(name: str) -> Path:
    """Return where ``data``, ``notebooks`` or ``reports.toml`` is: inside a library installed apart, or beside it."""
    inside = _LIBRARY / name
    return inside if inside.exists() else _LIBRARY.parent / name


def checkout() -> Path | None:
    """Return the folder of the sources, when the library is used from them; nothing when it is installed apart."""
    return None if (_LIBRARY / "data").exists() else _LIBRARY.parent


def embedded_root() -> Path:
    """Return the folder of the embedded tables."""
    return packaged("data")


def local_root() -> Path:
    """Return the folder of the imported and refreshed tables of this machine.

    It is that of the sources, when the library is used from them; else the one that the current folder, or one of those
    above it, has; else that of the current folder.
    """
    if moved := os.environ.get(ROOT_VARIABLE):
        return Path(moved).expanduser()
    if sources := checkout():
        return sources / LOCAL
    here = Path.cwd()
    return next((place / LOCAL for place in (here, *here.parents) if (place / LOCAL).is_dir()), here / LOCAL)


def folder(tabella: str, origine: str) -> Path:
    """Return the folder of a table in a tier, whether or not it exists."""
    root = embedded_root() if origine == "incorporata" else local_root() / _FOLDERS[origine]
    return root / tabella


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def folder_digest(folder: Path) -> str:
    """Return the hash of what a folder holds: of two stores of figures, equal hashes mean equal figures."""
    found = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            name = file.relative_to(folder).as_posix()
            found.update(name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return found.hexdigest()


def names() -> list[str]:
    """Return the tables that have a version, in any tier, in alphabetical order."""
    found = {file.parent.name for origin in _FOLDERS for file in folder("", origin).glob(f"*/{PROVENANCE}")}
    declared = {file.parent.name for file in embedded_root().glob(f"*/{DECLARATION}")}
    return sorted(found | {name for name in declared if _versions(name, "incorporata")})


def versions(tabella: str) -> list[Provenance]:
    """Return every version of a table, tier by tier and, inside a tier, the most recent first.

    Raises
    ------
    DatiError
        When the list of a tier cannot be read or lacks a field.
    """
    ask([tabella])
    return [version for origin in ORIGINS for version in _versions(tabella, origin)]


def _versions(tabella: str, origine: str) -> list[Provenance]:
    """Return the versions of a tier, read again only when the file that lists them is another."""
    one_folder = folder(tabella, origine)
    try:
        status = _list(one_folder).stat()
    except (FileNotFoundError, NotADirectoryError):
        return []
    signature = (status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino)
    note, one_versions = _listings.get(one_folder, (None, []))
    if note != signature:
        one_read = [_provenance(tabella, origine, one_folder, entry) for entry in read_provenance(one_folder)]
        one_versions = _most_recent_first(one_read)
        _listings[one_folder] = signature, one_versions
    return one_versions


def _most_recent_first(versions: list[Provenance]) -> list[Provenance]:
    """Return versions by the end of what they are about, then by when they were taken, then the wider period first."""
    by_start = sorted(versions, key=lambda p: p.data_riferimento.partition("/")[0])
    return sorted(by_start, key=lambda p: (p.data_riferimento.rpartition("/")[2], p.recuperato), reverse=True)


def find(tabella: str, data: str | None = None) -> Provenance:
    """Return the version of a table that answers a request.

    Parameters
    ----------
    tabella : str
        Name of the table.
    data : str, optional
        Reference date wanted, exactly as in the provenance. Without it, the most recent definitive version, in the
        first tier that has one; if no tier has one, the most recent of the most final status there is. Of several
        versions of a date, too, the most final.

    Raises
    ------
    UsoError
        When the table has no version at all, or none at that date; the message lists those there are.
    """
    all_of_them = versions(tabella)
    if not all_of_them:
        raise UsoError(
            f"Non ci sono dati per la tabella «{tabella}».",
            "Eseguire «conciliazione dati» per vedere le tabelle disponibili e come importarne una.",
        )
    choices = [version for version in all_of_them if data in (None, version.data_riferimento)]
    if not choices:
        present = ", ".join(sorted({version.data_riferimento for version in all_of_them}))
        raise UsoError(
            f"La tabella «{tabella}» non ha dati alla data {data}: le date presenti sono {present}.",
            "Scegliere una delle date presenti, oppure importare i dati della data richiesta.",
        )
    return min(choices, key=lambda version: STATES.index(version.stato))  # the first of its status


def read(version: Provenance) -> pd.DataFrame:
    """Read one version of a table, after checking its hash, and note it among the readings.

    CSV files come back as text, with empty cells missing: types are the business of the schema. Parquet files
    keep their types; those with a geometry come back as a GeoDataFrame.

    Raises
    ------
    DatiError
        When the file is missing, was altered after its hash was written, or cannot be read.
    """
    path = version.percorso
    check(version)
    try:
        return read_file(path)
    except (OSError, ValueError) as cause:
        raise DatiError(
            f"Il file {path.name} della tabella «{version.tabella}» non si può leggere: {cause}",
            "Controllare che sia un CSV in UTF-8 con virgole, oppure un Parquet.",
        ) from cause


def check(version: Provenance) -> None:
    """Check that the file of a version is the one described, and note the version among the readings.

    Raises
    ------
    DatiError
        When the file is missing, or was altered after its hash was written.
    """
    path = version.percorso
    if not path.exists():
        raise DatiError(
            f"Manca il file {path.name} della tabella «{version.tabella}».",
            f"Rimetterlo nella cartella {path.parent}, oppure togliere la sua voce da {_list(path.parent).name}.",
        )
    found = sha256(path)
    if found != version.sha256:
        raise DatiError(
            f"Il file {path.name} della tabella «{version.tabella}» non è quello descritto in "
            f"{_list(path.parent).name}: impronta attesa {version.sha256[:12]}…, trovata {found[:12]}….",
            "Se la modifica è voluta, aggiornare le impronte con «python -m conciliazione_lib.catalog.impronte»; "
            "altrimenti ripristinare il file originale.",
        )
    _reads[version.tabella, version.data_riferimento, version.origine] = version


def remembered(key: Hashable, versions: Sequence[Provenance], compute: Callable[[], _T]) -> _T:
    """Return what follows from some versions, computed only the first time in a process.

    The files are checked and noted among the readings each time, as if they were read: a value is never older than
    the bytes it comes from.

    Parameters
    ----------
    key : hashable
        What is computed.
    versions : sequence of Provenance
        Everything it is computed from.
    compute : callable
        Computes it. The value is shared by all who ask: it must not be modified.
    """
    for version in versions:
        check(version)
    whole = (key, tuple(versions))
    if whole not in _memories:
        _memories[whole] = compute()
    one_remembered: _T = _memories[whole]
    return one_remembered


def write_version(
    tabella: str,
    origine: str,
    file_name: str,
    write: Callable[[Path], None],
    voce: dict[str, Any],
    *,
    reserved: bool = False,
    instead: Sequence[str] = (),
) -> Provenance:
    """Store a version of a table in a tier: at any interruption the previous one is still there, whole.

    In the tiers of this machine the file takes a name from its content, and never the place of the one in force: the
    provenance, written last, passes from one to the other. The embedded files keep their plain names: git has them.

    Parameters
    ----------
    tabella, origine : str
        Table and tier.
    file_name : str
        Name of the file inside the folder of the table; in the tiers of this machine, before the mark of its content.
    write : callable
        Writes the content to the path it is given.
    voce : dict
        The other fields of its entry in the list (``data_riferimento, titolo, fonte, …``); the name
        and the hash of the file are added here. An entry for the same file is replaced.
    reserved : bool
        The rows are about single people: folder and file are readable by their owner only, from before they are
        written.
    instead : sequence of str
        Dates of other versions of the tier that this one takes the place of.

    Returns
    -------
    Provenance
        The version as stored.
    """
    one_folder = folder(tabella, origine)
    one_folder.mkdir(parents=True, exist_ok=True)
    same = _same_name(file_name, origine)
    provisional = one_folder / f".{os.getpid()}-{file_name}"
    try:
        if reserved:
            one_folder.chmod(0o700)
            provisional.touch(0o600)
        write(provisional)
        total_of = sha256(provisional)
        final = one_folder / (file_name if origine == "incorporata" else _content_name(file_name, total_of))
        provisional.replace(final)
    finally:
        provisional.unlink(missing_ok=True)
    new = {"file": final.name, **voce, "sha256": total_of}
    version = _provenance(tabella, origine, one_folder, new)
    others = read_provenance(one_folder) if _list(one_folder).exists() else []
    removed = [v for v in others if same.fullmatch(str(v.get("file"))) or v.get("data_riferimento") in instead]
    write_provenance(one_folder, [entry for entry in others if entry not in removed] + [new])
    old = {str(entry.get("file")) for entry in removed}
    for one_old in one_folder.iterdir():
        if (one_old.name in old or same.fullmatch(one_old.name)) and one_old != final:
            with contextlib.suppress(OSError):  # on Windows, while someone reads it
                one_old.unlink()
    return version


def _content_name(file_name: str, somma: str) -> str:
    name = Path(file_name)
    return f"{name.stem}.{somma[:8]}{name.suffix}"


def _same_name(file_name: str, origine: str) -> re.Pattern[str]:
    """Return what matches a name, with or without the mark of a content.

    In the tiers of this machine the same version may have been of another format, when it had fewer rows.
    """
    name = Path(file_name)
    format_ = re.escape(name.suffix) if origine == "incorporata" else r"\.(csv|parquet)"
    return re.compile(rf"{re.escape(name.stem)}(\.[0-9a-f]{{8}})?{format_}")


def _list(folder: Path) -> Path:
    """Return the file that lists the versions of a folder: its declaration, where it has one."""
    declaration = folder / DECLARATION
    return declaration if declaration.is_file() else folder / PROVENANCE


def read_provenance(folder: Path) -> list[dict[str, Any]]:
    """Read the entries of the list of a folder."""
    path = _list(folder)
    try:
        text = path.read_text(encoding="utf-8")
        entries = json.loads(text) if path.name == PROVENANCE else tomllib.loads(text).get("versioni", [])
    except (OSError, ValueError) as cause:
        raise DatiError(
            f"Il file {path.name} della tabella «{folder.name}» non si può leggere: {cause}",
            "Correggere il file: ha una voce per ogni file di dati della cartella.",
        ) from cause
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        how = "come lista JSON" if path.name == PROVENANCE else "come sezioni [[versioni]]"
        raise DatiError(
            f"Nel file {path.name} della tabella «{folder.name}» le versioni non sono una lista di voci.",
            f"Scriverle {how}, una per ogni file di dati della cartella.",
        )
    return entries if path.name == PROVENANCE else [_on_one_line(entry, path) for entry in entries]


def _on_one_line(entry: dict[str, Any], path: Path) -> dict[str, Any]:
    """Return an entry of a declaration with each text on one line: there they are wrapped."""
    for name, value in entry.items():
        if not isinstance(value, str):
            raise DatiError(
                f"Nel file {path.parent.name}/{path.name}, «versioni.{name}»: atteso un testo; trovato {value}.",
                "Scriverlo fra virgolette.",
            )
    return {name: " ".join(re.split(r"[ \n]+", value.strip(" \n"))) for name, value in entry.items()}


def write_provenance(folder: Path, entries: list[dict[str, Any]]) -> None:
    """Write the entries of a folder, in the order of their files, so that the list is reviewable in git."""
    path = _list(folder)
    ordered = sorted(entries, key=lambda v: str(v.get("file")))
    if path.name == PROVENANCE:
        text = json.dumps(ordered, ensure_ascii=False, indent=2) + "\n"
    else:
        whole = path.read_text(encoding="utf-8")
        text = "\n\n".join([whole.partition("\n[[versioni]]")[0].rstrip(), *map(_section, ordered)]) + "\n"
        if {**tomllib.loads(text), "versioni": []} != {**tomllib.loads(whole), "versioni": []}:
            raise DatiError(
                f"Nel file {folder.name}/{path.name} le [[versioni]] non sono l'ultima parte.",
                "Spostarle in fondo: di là in poi il file si riscrive da sé, quando i dati cambiano.",
            )
    provisional = folder / f".{os.getpid()}-{path.name}"
    try:
        provisional.write_text(text, encoding="utf-8", newline="\n")
        provisional.replace(path)
    finally:
        provisional.unlink(missing_ok=True)


def _section(entry: dict[str, Any]) -> str:
    """Return an entry as a section of TOML, with long texts wrapped."""
    lines = ["[[versioni]]"]
    for name, value in entry.items():
        quoted = json.dumps(value, ensure_ascii=False)
        if len(quoted) > _WIDTH and "\\" not in quoted:
            rows = textwrap.wrap(value, _WIDTH, break_long_words=False, break_on_hyphens=False)
            quoted = "\n".join(['"""', *rows, '"""'])
        lines.append(f"{name} = {quoted}")
    return "\n".join(lines)


def read_file(path: Path) -> pd.DataFrame:
    """Read the file of a version as it is kept, without asking whose it is: see :func:`read`."""
    import pandas as pd

    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        if b"geo" in (pq.read_schema(path).metadata or {}):
            import geopandas as gpd

            return gpd.read_parquet(path)
        return pd.read_parquet(path)
    return pd.read_csv(path, dtype="str", keep_default_na=False, na_values=[""], encoding="utf-8")


def _provenance(tabella: str, origine: str, folder: Path, voce: dict[str, Any]) -> Provenance:
    voce = dict(voce)
    if voce.pop("provvisorio", False):  # how versions stored before the statuses had names say it
        voce.setdefault("stato", "provvisorio")
    expected = [field.name for field in fields(Provenance) if field.name not in ("tabella", "origine", "percorso")]
    missing = [name for name in ("file", *expected[:-3]) if name not in voce]
    others = sorted(set(voce) - {"file", *expected})
    if missing or others:
        told = [f"manca {', '.join(missing)}"] if missing else []
        told += [f"non si conosce {', '.join(others)}"] if others else []
        remedy = f"I campi sono: file, {', '.join(expected)} (gli ultimi tre facoltativi)."
        if missing == ["sha256"]:
            remedy = "L'impronta si scrive con: python -m conciliazione_lib.catalog.impronte"
        raise DatiError(f"In una voce di {_list(folder).name} della tabella «{tabella}» {'; '.join(told)}.", remedy)
    version = Provenance(tabella=tabella, origine=origine, percorso=folder / voce.pop("file"), **voce)
    if version.grado not in GRADES:
        raise DatiError(
            f"Il grado «{version.grado}» della tabella «{tabella}» non esiste.",
            f"I gradi sono: {', '.join(GRADES)}.",
        )
    if version.stato not in STATES:
        raise DatiError(
            f"Lo stato «{version.stato}» della tabella «{tabella}» non esiste.",
            f"Gli stati sono: {', '.join(STATES)}.",
        )
    if version.lettura not in READS:
        raise DatiError(
            f"La lettura «{version.lettura}» della tabella «{tabella}» non esiste.",
            f"Le letture sono: {', '.join(READS)}.",
        )
    return replace(version, note=version.note or "")
