"""The analyst's work: for whom and at what date, what is ready and how old it is, what is missing and who has it."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import conciliazione_lib.desk.life as life
from conciliazione_lib import catalog, storage, territory
from conciliazione_lib.build.config import Config
from conciliazione_lib.errors import DatiError, UsoError
from conciliazione_lib.evidence.formats import data as in_italian
from conciliazione_lib.report.gaps import declared
from conciliazione_lib.sources.refresh import refreshable

CHOSEN: Final = "lavoro.json"


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
    """

    key: str
    what: str
    path: Path
    when: str


@dataclass(frozen=True)
class Lacking:
    """Something that is not there.

    Attributes
    ----------
    what, effect, who : str
        What it is, what the document does not say without it, who has it.
    table : str
        The table whose template is to be filled in; empty when there is none.
    figures : int
        Figures of the analyst's document that wait for it.
    online : bool
        Whether it can be downloaded from its source.
    """

    what: str
    effect: str
    who: str
    table: str
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
    known = {entry.data: entry.stimata for entry in catalog.population_dates()}
    ordered = sorted(known, reverse=True)
    words = {d: f"{in_italian(d)}{', stimata' if known[d] else ''}" for d in ordered}
    first = [("", f"{words.get(usual, in_italian(usual))} (dell'edizione)")]
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
    found = []
    for key, what, path in wanted:
        try:
            when = path.stat().st_mtime
        except OSError:
            continue
        found.append(Made(key, what, path, moment(when)))
    return found


def moment(seconds: float) -> str:
    """Return a moment, in seconds since the epoch, as it is read in Italian."""
    when = dt.datetime.fromtimestamp(seconds)
    return f"{in_italian(when.date().isoformat())} alle {when:%H:%M}"


def outdated(config: Config, root: Path, ats: str) -> bool:
    """Return whether a build would make again something of an ATS: data, or the program, have changed since.

    Parameters
    ----------
    config : Config
        At the date that was chosen.
    root : Path
        Folder of the project.
    ats : str
        The ATS.
    """
    from conciliazione_lib.build import engine
    from conciliazione_lib.build.model import Choice

    return any(one.da_eseguire for one in engine.prepare_plan(config, Choice((ats,), (), ()), output=root))


def lacking(config: Config, root: Path, ats: str) -> list[Lacking]:
    """Return what is missing for an ATS: as its document says or, before it has one, the tables that there are not."""
    from conciliazione_lib.publish.documents import gaps, published

    try:
        edition = published.read(tree(config, root), config, "ats", ats)
    except UsoError:
        absent = [gap for gap in declared().values() if gap.template and not _present(gap.template)]
        return [Lacking(g.what, g.effect, g.who, g.template, 0, g.template in refreshable()) for g in absent]
    return [
        Lacking(g["cosa"], g["effetto"], g["chi"], g["modello"], int(g.get("cifre", 0)), g["modello"] in refreshable())
        for g in gaps.gaps(edition, edition.luoghi[0])
    ]


def _present(table: str) -> bool:
    try:
        storage.find(table)
    except (UsoError, DatiError):
        return False
    return True


def chapters_of(config: Config, table: str) -> list[str]:
    """Return the titles of the chapters that show what comes from a table."""
    return [chapter.titolo for chapter in config.capitoli if table in config.tables_of(chapter)]


def tables(config: Config) -> list[dict[str, str]]:
    """Return the tables that the chapters use, with their date and how old they are: the oldest first."""
    used = {name for chapter in config.capitoli for name in config.tables_of(chapter)}
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
                "stato": "" if version.stato == storage.FINAL else version.stato,
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
