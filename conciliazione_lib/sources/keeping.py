"""Storing a table with the way back: whole or not at all, whatever stops it and at whatever step.

What a table was is kept aside in a folder of its own, whose name says how far things have gone:
``.0003-copia`` (being copied), ``.0003-prepara`` (the change that it comes before is not done yet), ``0003`` (the way
back),
``.0003-torna`` (being brought back), ``.0003-via`` (being thrown away). Each passage is one renaming; whoever takes
the turn next completes what a kill left half done.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import re
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from filelock import FileLock, Timeout

from conciliazione_lib import catalog, storage
from conciliazione_lib.errors import DatiError, UsoError

if TYPE_CHECKING:
    from conciliazione_lib.sources.importing import Understood

PREVIOUS = "precedenti"
#: In a version kept aside: the tables that came in together, each with the number of its own.
WHOLE = "insieme.json"
#: Seconds to wait for another process that is storing a table.
TURN = 60.0
#: Beyond this many rows a table is kept as Parquet.
CSV_ROWS = 20_000
TIERS = ("importata", "scaricata")
_ASIDE = re.compile(r"\.?(\d+)(?:-(copia|prepara|torna|via))?")


@contextmanager
def in_turn() -> Iterator[tuple[str, ...]]:
    """Let one process at a time change the tables of this machine; whoever already has the turn keeps it.

    Yields
    ------
    tuple of str
        The tables whose return to a previous version, interrupted before, was completed now.

    Raises
    ------
    UsoError
        If another process does not finish in a minute.
    """
    root = storage.local_root()
    root.mkdir(parents=True, exist_ok=True)
    lock = FileLock(root / "tabelle.lock", timeout=TURN, is_singleton=True)
    already = lock.is_locked
    try:
        lock.acquire()
    except Timeout as cause:
        raise UsoError(
            "Un altro comando sta cambiando i dati su questo computer.", "Attendere che finisca e riprovare."
        ) from cause
    try:
        yield () if already else _completed()
    finally:
        lock.release()


def store(understood: Understood, *, tier: str = "importata") -> storage.Provenance:
    """Store a table in a tier, keeping what was there.

    Parameters
    ----------
    understood : Understood
        The table, as read; the tables that came with it are stored too.
    tier : {"importata", "scaricata"}
        Where it goes.

    Returns
    -------
    storage.Provenance
        The version as stored.

    Raises
    ------
    DatiError
        If what was written does not read back the same: the previous version stays.
    """
    with in_turn():
        for other in understood.insieme:
            store(other, tier=tier)
        aside = _set_aside(understood.spec.name, [other.spec.name for other in understood.insieme])
        try:
            written = _write(understood, tier)
        except BaseException:
            shutil.rmtree(aside, ignore_errors=True)  # nothing changed: there is nothing to go back from
            raise
        aside.rename(aside.with_name(_number(aside)))
        return written


def restore(table: str) -> str:
    """Bring back what a table was before the last import or refresh.

    Parameters
    ----------
    table : str
        Name of the table.

    Returns
    -------
    str
        What happened, in one Italian sentence.

    Raises
    ------
    UsoError
        If there is nothing to go back to.
    """
    catalog.spec(table)
    with in_turn() as completed:
        if table in completed:
            return f"La tabella «{table}» è tornata alla versione precedente: il ritorno era stato interrotto."
        saved = _saved(table)
        if not saved:
            raise UsoError(
                f"Della tabella «{table}» non c'è una versione precedente.",
                "Si può tornare indietro solo dopo «conciliazione dati importa» o «conciliazione dati aggiorna».",
            )
        return _bring_back(saved[-1])


# -- writing ----------------------------------------------------------------------------------------------------


def _write(understood: Understood, tier: str) -> storage.Provenance:
    spec, frame = understood.spec, understood.frame.reset_index(drop=True)
    large = len(frame) > CSV_ROWS
    name = f"{understood.data.replace('/', '-')}.{'parquet' if large else 'csv'}"

    def write(path: Path) -> None:
        if large:
            frame.to_parquet(path, index=False)
        else:
            frame.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")
        _check_written(path, understood)

    grades = frame["grado"].tolist() if "grado" in frame else ["pubblicazione"]
    worst = max(grades, key=list(storage.GRADES).index)
    return storage.write_version(
        spec.name,
        tier,
        name,
        write,
        {
            "data_riferimento": understood.data,
            "titolo": understood.titolo,
            "fonte": understood.fonte,
            "url": understood.url,
            "licenza": understood.licenza,
            "recuperato": dt.date.today().isoformat(),
            "grado": worst,
            "stato": understood.stato,
            "note": understood.note,
        },
        reserved=spec.reserved,
        instead=understood.invece,
    )


def _check_written(path: Path, understood: Understood) -> None:
    """Read a file back, and refuse it when it does not hold the rows that were written, cell by cell."""
    wanted = understood.frame.reset_index(drop=True)
    wrong = []
    try:
        found = catalog.validate(storage.read_file(path), understood.spec)
        if len(found) != len(wanted):
            wrong = ["righe"]
        else:
            wrong = [str(name) for name in wanted if not _same(wanted[name], found[name])]
    except (DatiError, KeyError, ValueError) as cause:
        wrong = [str(cause).splitlines()[0]]
    if wrong:
        raise DatiError(
            f"La tabella «{understood.spec.name}» non si rilegge uguale a com'è stata scritta ({', '.join(wrong)}).",
            "Nulla è stato importato e la tabella precedente è al suo posto. Segnalarlo, allegando il file.",
        )


def _same(one: pd.Series, other: pd.Series) -> bool:
    present = one.notna().to_numpy()
    if (present != other.notna().to_numpy()).any():
        return False
    return bool((one.astype(object).to_numpy()[present] == other.astype(object).to_numpy()[present]).all())


# -- keeping aside and going back -------------------------------------------------------------------------------


def _folder(table: str) -> Path:
    return storage.local_root() / PREVIOUS / table


def _number(aside: Path) -> str:
    found = _ASIDE.fullmatch(aside.name)
    return found[1] if found else ""


def _state(aside: Path) -> str | None:
    """Return how far a folder has gone: None when it is the way back."""
    found = _ASIDE.fullmatch(aside.name)
    return found[2] if found else "via"


def _saved(table: str) -> list[Path]:
    """Return the versions kept aside, the oldest first."""
    folders = [c for c in _folder(table).glob("[0-9]*") if c.is_dir() and c.name.isdigit()]
    return sorted(folders, key=lambda c: int(c.name))


def _set_aside(table: str, together: Collection[str] = ()) -> Path:
    """Keep what the local tiers hold of a table, also when they hold nothing; it counts once the change is done."""
    parent = _folder(table)
    parent.mkdir(parents=True, exist_ok=True)
    if catalog.spec(table).reserved:
        parent.chmod(0o700)
    number = 1 + max((int(_number(c)) for c in parent.iterdir() if _number(c)), default=0)
    copy = parent / f".{number:04d}-copia"
    copy.mkdir()
    for tier in TIERS:
        origin = storage.folder(table, tier)
        if (origin / storage.PROVENANCE).is_file():
            shutil.copytree(origin, copy / tier)
    others = {other: _saved(other)[-1].name for other in together}
    (copy / WHOLE).write_text(json.dumps(others), encoding="utf-8")
    return copy.rename(copy.with_name(f".{number:04d}-prepara"))


def _bring_back(aside: Path) -> str:
    """Bring a version back; done again after an interruption, it ends in the same way."""
    table = aside.parent.name
    if _state(aside) is None:
        aside = aside.rename(aside.with_name(f".{aside.name}-torna"))
    told = []
    together = json.loads((aside / WHOLE).read_text(encoding="utf-8")) if (aside / WHOLE).is_file() else {}
    for other, number in together.items():
        # One that has changed again since has its own way back.
        later = _saved(other)
        if later and later[-1].name == number:
            told.append(_bring_back(later[-1]))
    back = False
    for tier in TIERS:
        back |= _exchange(aside / tier, storage.folder(table, tier))
    _throw_away(aside)
    first = (
        f"La tabella «{table}» è tornata alla versione precedente."
        if back
        else f"La tabella «{table}» è tornata ai dati del progetto: non c'era una versione importata prima."
    )
    return " ".join([first, *told])


def _exchange(saved: Path, place: Path) -> bool:
    """Give a tier the versions that it had. Files come first, under names that say their content: one step decides."""
    if not (saved / storage.PROVENANCE).is_file():
        (place / storage.PROVENANCE).unlink(missing_ok=True)
        _tidy(place)
        return False
    place.mkdir(parents=True, exist_ok=True)
    entries = storage.read_provenance(saved)
    for entry in entries:
        wanted = place / str(entry["file"])
        if not wanted.is_file() or storage.sha256(wanted) != entry.get("sha256"):
            coming = place / f".torna-{wanted.name}"
            shutil.copy2(saved / wanted.name, coming)
            coming.replace(wanted)
    storage.write_provenance(place, entries)
    _tidy(place)
    return True


def _throw_away(aside: Path) -> None:
    """Remove a folder: from its first step it is no longer a way back."""
    going = aside.rename(aside.with_name(f".{_number(aside)}-via"))
    shutil.rmtree(going, ignore_errors=True)


def _tidy(place: Path) -> None:
    """Remove from the folder of a table the files that no version is made of."""
    if not place.is_dir():
        return
    listed = {str(entry.get("file")) for entry in _entries(place)} | {storage.PROVENANCE}
    for file in place.iterdir():
        if file.name not in listed and file.is_file():
            with contextlib.suppress(OSError):  # on Windows, while someone reads it
                file.unlink()
    with contextlib.suppress(OSError):
        place.rmdir()  # only when nothing is left


def _entries(place: Path) -> list[dict[str, object]]:
    return storage.read_provenance(place) if (place / storage.PROVENANCE).is_file() else []


def _completed() -> tuple[str, ...]:
    """Complete what a kill left half done, and return the tables that went back."""
    returned = []
    for tier in TIERS:
        for place in storage.folder("", tier).glob("*/"):
            with contextlib.suppress(DatiError):  # one that cannot be read is told to who asks for it
                _tidy(place)
    for parent in sorted((storage.local_root() / PREVIOUS).glob("*/")):
        for aside in sorted(c for c in parent.iterdir() if c.is_dir() and _state(c) is not None):
            state = _state(aside)
            if state == "torna":
                _bring_back(aside)
                returned.append(parent.name)
            elif state == "prepara" and any(_changed(aside / tier, parent.name, tier) for tier in TIERS):
                aside.rename(aside.with_name(_number(aside)))
            else:
                shutil.rmtree(aside, ignore_errors=True)
    return tuple(returned)


def _changed(saved: Path, table: str, tier: str) -> bool:
    try:
        return _entries(saved) != _entries(storage.folder(table, tier))
    except DatiError:
        return True
