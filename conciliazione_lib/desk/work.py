"""The analyst's work: for whom and at what date, what is ready and how old it is, what is missing and who has it."""

from __future__ import annotations

import datetime as dt
import json
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

import pandas as pd

from conciliazione_lib import catalog, storage, territory
from conciliazione_lib.build.config import Config
from conciliazione_lib.desk import life
from conciliazione_lib.errors import DatiError, UsoError
from conciliazione_lib.evidence.formats import data as in_italian
from conciliazione_lib.sources.refresh import refreshable

CHOSEN: Final = "lavoro.json"
#: States of a figure that is there.
_THERE: Final = ("presente", "parziale", "non_applicabile")


@dataclass(frozen=True)
class Chosen:
    """For which ATS, and at what date (that of the edition when empty)."""

    ats: str = ""
    date: str = ""


@dataclass(frozen=True)
class Made:
    """Something that was generated.

    Attributes
    ----------
    key : str
        Its short name.
    what : str
        What it is, in Italian.
    path : Path
        Where it is.
    when : str
        When it was made.
    stale : bool
        Whether data was brought in afterwards.
    """

    key: str
    what: str
    path: Path
    when: str
    stale: bool


@dataclass(frozen=True)
class Lacking:
    """Something that is not there.

    Attributes
    ----------
    table : str
        The table that holds it.
    what, who : str
        What it is, and who has it.
    figures : int
        Figures of the analyst's document that wait for it.
    online : bool
        Whether it can be downloaded from its source.
    """

    table: str
    what: str
    who: str
    figures: int
    online: bool


def chosen() -> Chosen:
    """Return what was chosen on this folder; nothing the first time."""
    try:
        known = json.loads((life.folder() / CHOSEN).read_text(encoding="utf-8"))
        found = Chosen(str(known["ats"]), str(known["data"]))
    except (OSError, ValueError, KeyError, TypeError):
        return Chosen()
    return found if found.ats in territory.load().codes("ats") else Chosen()


def choose(ats: str, date: str) -> Chosen:
    """Remember a choice.

    Raises
    ------
    UsoError
        If there is no such ATS, or no edition can be made at that date.
    """
    code = territory.load().resolve(ats, level="ats").codice
    if date:
        catalog.population_date(date)
    new = life.folder() / f".{CHOSEN}"
    new.write_text(json.dumps({"ats": code, "data": date}), encoding="utf-8")
    new.replace(life.folder() / CHOSEN)
    return Chosen(code, date)


def dates(config: Config) -> list[tuple[str, str]]:
    """Return the dates that an edition can be made at, with what to say of each; that of the edition first."""
    usual = config.edizioni[config.edizione].data
    known = {voce.data: voce.stimata for voce in catalog.population_dates()}
    ordered = sorted(known, reverse=True)
    words = {d: f"{in_italian(d)}{', popolazione stimata' if known[d] else ''}" for d in ordered}
    first = [("", f"{words.get(usual, in_italian(usual))} (quella dell'edizione)")]
    return first + [(d, words[d]) for d in ordered if d != usual]


def tree(config: Config, root: Path) -> Path:
    """Return the folder of the edition."""
    return root / "reports" / config.edizione


def made(config: Config, root: Path, ats: str) -> list[Made]:
    """Return what there is of an ATS, in the order in which it is looked for: the Word document first."""
    place = tree(config, root)
    documents = place / "documenti" / ats
    wanted = (
        ("word", "Il documento in Word, da completare e firmare", documents / f"analisi-dei-bisogni-{ats}.docx"),
        ("pdf", "Lo stesso documento in PDF", documents / f"analisi-dei-bisogni-{ats}.pdf"),
        ("sintesi", "La sintesi", documents / f"sintesi-{ats}.pdf"),
        ("tabelle", "Tutte le tabelle, in Excel", place / "tabelle" / f"{ats}.xlsx"),
        ("lacune", "Che cosa manca, in Excel", place / "lacune" / f"{ats}.xlsx"),
        ("sito", "Il sito", place / "sito" / "index.html"),
    )
    last = _last_change()
    found = []
    for key, what, path in wanted:
        try:
            when = path.stat().st_mtime
        except OSError:
            continue
        found.append(Made(key, what, path, _moment(when), last is not None and last > when))
    return found


def _moment(seconds: float) -> str:
    when = dt.datetime.fromtimestamp(seconds)
    return f"{in_italian(when.date().isoformat())} alle {when:%H:%M}"


def _last_change() -> float | None:
    """Return when a table was last brought in on this machine."""
    tiers = [storage.folder("", tier) for tier in ("importata", "scaricata")]
    times = [file.stat().st_mtime for root in tiers for file in root.glob(f"*/{storage.PROVENIENZA}")]
    return max(times, default=None)


def lacking(config: Config, root: Path, ats: str) -> list[Lacking]:
    """Return what is missing for an ATS, that which most figures of its document wait for first."""
    gaps = _gaps(config, root, ats)
    found = []
    for entry in _entries():
        count = _waiting(gaps, entry.get("indicatori", ()), entry.get("motivi", ()))
        table = entry["tabella"]
        if count or (not _present(table) and not entry.get("motivi")):
            found.append(Lacking(table, entry["che_cosa"], entry["chi"], count, table in refreshable()))
    return sorted(found, key=lambda one: -one.figures)


def _waiting(gaps: pd.DataFrame | None, names: Sequence[str], reasons: Sequence[str]) -> int:
    if gaps is None:
        return 0
    own = gaps["indicatore"].map(lambda name: any(fnmatchcase(name, pattern) for pattern in names)).astype(bool)
    why = gaps["motivo"].fillna("").map(lambda text: text.startswith(tuple(reasons)) if reasons else False).astype(bool)
    return int((own | why).sum())


def _present(table: str) -> bool:
    try:
        storage.find(table)
    except (UsoError, DatiError):
        return False
    return True


def _gaps(config: Config, root: Path, ats: str) -> pd.DataFrame | None:
    """Return the figures that the document of an ATS and of its ambiti should have and do not."""
    for file in (tree(config, root) / "cifre.parquet", _work(config, root) / "cifre.parquet"):
        if file.is_file():
            break
    else:
        return None
    known = territory.load()
    own = [ats, *known.ambiti.index[known.ambiti["ats"] == ats]]
    wanted = ["indicatore", "livello", "territorio", "riferimento", "stato", "motivo"]
    figures = pd.read_parquet(
        file, columns=wanted, filters=[("livello", "in", ["ats", "ambito"]), ("territorio", "in", own)]
    )
    return figures[figures["riferimento"] & ~figures["stato"].isin(_THERE)]


def _work(config: Config, root: Path) -> Path:
    return root / "reports" / ".lavoro" / "cifre" / config.edizione


@cache
def _entries() -> tuple[dict[str, Any], ...]:
    text = resources.files("conciliazione_lib.desk").joinpath("da_chiedere.toml").read_text(encoding="utf-8")
    return tuple(tomllib.loads(text)["voci"])


def chapters_of(config: Config, table: str) -> list[str]:
    """Return the titles of the chapters that show what comes from a table."""
    return [chapter.titolo for chapter in config.capitoli if table in config.tabelle_di(chapter)]


def tables(config: Config) -> list[dict[str, str]]:
    """Return the tables that the chapters use, with their date and how old they are: the oldest first."""
    used = {name for chapter in config.capitoli for name in config.tabelle_di(chapter)}
    found = []
    for name in sorted(used & set(catalog.names())):
        try:
            version = storage.find(name)
        except (UsoError, DatiError):
            continue
        words = {"importata": "importata da voi", "scaricata": "scaricata dalla fonte", "incorporata": "del progetto"}
        found.append(
            {
                "tabella": name,
                "titolo": catalog.spec(name).title,
                "data": version.data_riferimento,
                "origine": words[version.origine],
                "stato": "" if version.stato == storage.DEFINITIVO else version.stato,
                "fonte": version.fonte,
                "recuperata": version.recuperato,
            }
        )
    return sorted(found, key=lambda one: one["recuperata"])


def undoable() -> list[tuple[str, str]]:
    """Return the tables that can go back to what they were before the last import, with their titles."""
    parents = (storage.local_root() / "precedenti").glob("*/")
    names = [p.name for p in parents if any(c.name.isdigit() for c in p.iterdir())]
    return [(name, catalog.spec(name).title) for name in sorted(names) if name in catalog.names()]
