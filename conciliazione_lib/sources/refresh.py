"""Refreshing tables from their live sources: asked, read, checked, compared, and only then put in force.

Whatever goes wrong, the previous version of a table stays; what was already downloaded is not asked again for some
hours, so that repeating the command goes on from where it stopped.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
from filelock import FileLock, Timeout

import conciliazione_lib.sources.demo as demo
import conciliazione_lib.sources.importing as importing
import conciliazione_lib.sources.istat as istat
import conciliazione_lib.sources.istat_tables as istat_tables
import conciliazione_lib.sources.lombardia as lombardia
import conciliazione_lib.sources.merging as merging
import conciliazione_lib.sources.origins as origins
import conciliazione_lib.sources.registers as registers
import conciliazione_lib.sources.statuses as statuses
import conciliazione_lib.sources.totals as totals
from conciliazione_lib import catalog, storage
from conciliazione_lib.errors import ConciliazioneError, DatiError, Problem, UsoError
from conciliazione_lib.sources.http import Client, NothingThere, OfflineError, WrongKind
from conciliazione_lib.sources.importing import Changes, Understood
from conciliazione_lib.sources.origins import Origin, Origins
from conciliazione_lib.territory import load

LICENCE = "CC BY 4.0"
REJECTED = "rifiutate"
#: The datasets of dati.lombardia.it chosen on this machine, by table.
CHOSEN = "insiemi.json"
SHOWN = 20

UPDATED, PARTLY, UNCHANGED = "aggiornata", "aggiornata in parte", "invariata"
REFUSED, NOT_ACCEPTED, NOT_REACHED = "rifiutata", "non accettata", "non raggiunta"

Accept = Callable[[Understood, Changes], bool]


@dataclass(frozen=True)
class Outcome:
    """What became of a table.

    Attributes
    ----------
    tabella : str
        The table.
    stato : str
        ``aggiornata``, ``aggiornata in parte``, ``invariata`` (the source has what was already there), ``rifiutata``
        (a check failed), ``non accettata`` (the user said no), ``non raggiunta`` (the source did not answer).
    messaggio : str
        What happened, in Italian.
    problemi : tuple of Problem
        Every problem found, with the rows.
    rimedio : str
        What to do.
    capito : Understood, optional
        What was downloaded, when it is a table.
    cambi : Changes, optional
        What it changes.
    """

    tabella: str
    stato: str
    messaggio: str
    problemi: tuple[Problem, ...] = ()
    rimedio: str = ""
    capito: Understood | None = None
    cambi: Changes | None = None

    @property
    def successful(self) -> bool:
        """Whether the table now has what its source has."""
        return self.stato in (UPDATED, UNCHANGED)

    @property
    def testo(self) -> str:
        """The outcome as the command line prints it."""
        lines = [f"{self.tabella}: {self.stato}. {self.messaggio}", *(f"  - {p}" for p in self.problemi[:SHOWN])]
        if len(self.problemi) > SHOWN:
            lines.append(f"  - e altri {len(self.problemi) - SHOWN} problemi")
        return "\n".join([*lines, f"  Che cosa fare: {self.rimedio}"] if self.rimedio else lines)


@dataclass(frozen=True)
class _Part:
    """What a route gave of a table."""

    frame: pd.DataFrame
    data: str
    fonte: str
    url: str
    stato: str
    missing: tuple[str, ...] = ()


def refreshable() -> list[str]:
    """Return the tables that can be refreshed from a live source."""
    return origins.load().tables()


def refresh(
    tables: Sequence[str] = (),
    *,
    year: int | None = None,
    progress: Callable[[str], None] = lambda text: None,
    accept: Accept = lambda understood, changes: True,
    client: Client | None = None,
    declarations: Origins | None = None,
) -> list[Outcome]:
    """Refresh tables from their live sources.

    Parameters
    ----------
    tables : sequence of str
        The tables; all those that can be refreshed when there is none.
    year : int, optional
        Year of the data, for tables that are of one year; the latest published by default.
    progress : callable
        Told, in Italian, what is going on.
    accept : callable
        Asked before a table changes, with what was downloaded and what it changes.
    client, declarations : optional
        Who asks and what is declared; those of this machine by default.

    Returns
    -------
    list of Outcome
        For each table, in order: one, or one for each of its versions when the newest is not final.

    Raises
    ------
    UsoError
        When a table cannot be refreshed, or another refresh is going on.
    """
    declared = declarations or origins.load()
    wanted = list(dict.fromkeys(tables)) or declared.tables()
    for table in wanted:
        declared.of(table)
    asking = client or Client.local(progress)
    outcomes: list[Outcome] = []
    done = 0
    with _alone():
        for table in wanted:
            progress(f"Tabella «{table}».")
            try:
                outcomes += _one(table, declared, asking, year, accept)
                done += 1
            except OfflineError as failure:
                missed = wanted[done:]
                outcomes += [_failed(t, NOT_REACHED, failure) for t in missed]
                break
    return outcomes


def refresh_from_dataset(
    table: str,
    dataset: str,
    *,
    progress: Callable[[str], None] = lambda text: None,
    accept: Accept = lambda understood, changes: True,
    client: Client | None = None,
    declarations: Origins | None = None,
) -> Outcome:
    """Refresh a table from a dataset of dati.lombardia.it, read as an analyst's file would be.

    Parameters
    ----------
    table : str
        The table, for example ``servizi_offerta``.
    dataset : str
        Identifier of the dataset, found with :func:`conciliazione_lib.sources.lombardia.search`.
    progress, accept, client, declarations : optional
        As in :func:`refresh`.
    """
    catalog.spec(table)
    declared = declarations or origins.load()
    asking = client or Client.local(progress)
    with _alone():
        try:
            chosen = lombardia.declared(declared, dataset)
            frame = lombardia.dataset(asking, declared, dataset)
        except UsoError:
            raise
        except ConciliazioneError as failure:
            return _failed(table, NOT_REACHED, failure)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"{chosen.id}.csv"
            frame.to_csv(path, index=False, encoding="utf-8", sep=";", quoting=csv.QUOTE_ALL)
            try:
                read = importing.understand(path, table, fonte=f"Regione Lombardia, dati.lombardia.it ({chosen.id})")
            except ConciliazioneError as failure:
                return _failed(table, REFUSED, failure)
        tier = "scaricata"
        if table == registers.SUPPLY:  # one list more: it takes the place of the services of its types, not of all
            today = dt.datetime.fromtimestamp(asking.clock(), dt.UTC).date()
            page = f"{merging.REGISTERS_PAGE}{chosen.id}"
            services = read.frame.assign(url=page)
            one = registers.Read(chosen.id, read.fonte, page, today.isoformat(), services, services[[]], ())
            whole, own = registers.supply([one], registers.before(table)[0], load(data=today))
            years = sorted({str(year) for year in whole["anno"]})
            period = years[0] if len(years) == 1 else f"{years[0]}/{years[-1]}"
            tier = "importata" if own else tier
            read = replace(read, frame=catalog.validate(whole, read.spec), data=period)
        outcome = _put_in_force(replace(read, url=str(frame.attrs["url"])), accept, tier=tier)
        if outcome.successful:
            _pin(table, chosen.id)
        return outcome


def pinned(table: str) -> str | None:
    """Return the dataset of dati.lombardia.it that a table was last refreshed from on this machine, if any."""
    try:
        chosen = json.loads((storage.local_root() / CHOSEN).read_text(encoding="utf-8")).get(table)
    except (OSError, ValueError, AttributeError):
        return None
    return chosen if isinstance(chosen, str) else None


def _pin(table: str, dataset: str) -> None:
    """Note the dataset of a table: the next refresh reads the same one, and does not search again."""
    path = storage.local_root() / CHOSEN
    try:
        chosen = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        chosen = {}
    new = path.with_name(f".{CHOSEN}")
    new.write_text(json.dumps(chosen | {table: dataset}, indent=2) + "\n", encoding="utf-8")
    new.replace(path)


@contextmanager
def _alone() -> Iterator[None]:
    """Keep two refreshes from mixing their answers."""
    root = storage.local_root()
    root.mkdir(parents=True, exist_ok=True)
    lock = FileLock(root / "aggiornamento.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as cause:
        raise UsoError(
            "Un altro aggiornamento dei dati è in corso su questo computer.", "Attendere che finisca e riprovare."
        ) from cause
    try:
        yield
    finally:
        lock.release()


def _one(table: str, declared: Origins, client: Client, year: int | None, accept: Accept) -> list[Outcome]:
    """Refresh a table: one outcome for each version of it, the final one and the newer one that is not."""
    if declared.of(table)[0].genere == "registro":
        return [_from_registers(declared.of(table)[0], declared, client, accept)]
    groups: list[list[_Part]] = []
    failures: list[ConciliazioneError] = []
    for measure in dict.fromkeys(origin.misura for origin in declared.of(table)):
        routes = [origin for origin in declared.of(table) if origin.misura == measure]
        try:
            groups.append(_first_good(routes, declared, client, year))
        except OfflineError:
            raise
        except ConciliazioneError as failure:
            failures.append(failure)
    if not groups:
        state = REFUSED if any(isinstance(f, DatiError) for f in failures) else NOT_REACHED
        return [_failed(table, state, *failures)]
    outcomes = []
    parts = [part for group in groups for part in group]
    dates = list(dict.fromkeys(part.data for part in parts)) if "/" not in parts[0].data else [""]
    for date in dates:
        chosen = [part for part in parts if date in ("", part.data)]
        missing = [f.messaggio for f in failures] + [f"{m}." for part in chosen for m in part.missing]
        try:
            versions = _versions(table, declared.of(table)[0], chosen)
        except DatiError as failure:
            outcomes.append(_failed(table, REFUSED, failure))
            continue
        outcomes += [_put_in_force(version, accept, missing=" ".join(missing)) for version in versions]
    return outcomes


def _from_registers(origin: Origin, declared: Origins, client: Client, accept: Accept) -> Outcome:
    """Refresh a table from the registers of the Region: those that arrive enter, the others keep their rows."""
    territorio = load(data=dt.datetime.fromtimestamp(client.clock(), dt.UTC).date())
    found: list[registers.Read] = []
    failures: list[ConciliazioneError] = []
    for name in origin.registri:
        try:
            found.append(registers.read(client, declared, name, territorio))
        except OfflineError:
            raise
        except ConciliazioneError as failure:
            client.progress(f"{declared.registri[name].titolo}: {failure.messaggio}")
            failures.append(failure)
    if not found:
        state = REFUSED if any(isinstance(f, DatiError) for f in failures) else NOT_REACHED
        return _failed(origin.tabella, state, *failures)
    told = [what for register in found for what in register.told]
    before, version = registers.before(origin.tabella)
    tier, spec = "scaricata", catalog.spec(origin.tabella)
    if origin.tabella == registers.SUPPLY:
        frame, own = registers.supply(found, before, territorio)
        # What an ATS imported has precedence over what is downloaded: the two together take its place.
        tier = "importata" if own else "scaricata"
    elif origin.tabella == registers.AMBITI and before is not None:
        frame, said = registers.memberships(found, before, declared, territorio)
        told, tier = said, "importata" if version is not None and version.origine == "importata" else "scaricata"
    else:
        frame, told = registers.asst(found)
    last = max(register.data for register in found)
    years = [str(year) for year in frame["anno"]] if "anno" in frame else [last[:4]]
    first = version.data_riferimento[:4] if version is not None and "anno" not in frame else min(years)
    data = max(years) if first == max(years) else f"{first}/{max(years)}"
    try:
        valid = catalog.validate(frame, spec)
    except DatiError as failure:
        return _failed(origin.tabella, REFUSED, failure)
    read = ", ".join(f"«{declared.registri[register.name].titolo}» ({register.data})" for register in found)
    how = f"Letti i registri {read}." + "".join(f" {what[:1].upper()}{what[1:]}." for what in told)
    source = (
        origin.fonte
        if tier == "scaricata" and origin.tabella != registers.AMBITI
        else f"{origin.fonte}; le altre fonti sono nelle righe"
    )
    understood = Understood(
        spec,
        valid,
        data,
        origin.titolo,
        source,
        found[0].url,
        registers.LICENCE,
        how,
        note="".join(f"{w}. " for w in told).strip(),
    )
    missing = " ".join(failure.messaggio for failure in failures)
    return _put_in_force(understood, accept, missing=missing, tier=tier, told=told)


def _first_good(routes: list[Origin], declared: Origins, client: Client, year: int | None) -> list[_Part]:
    """Return what the first way that gives everything gives, or the one that misses least."""
    failures: list[ConciliazioneError] = []
    best: list[_Part] = []
    for origin in routes:
        for name in origin.indirizzi:
            try:
                parts = _route(origin, name, declared, client, year)
            except OfflineError:
                raise
            except ConciliazioneError as failure:
                client.progress(f"{origin.fonte} ({name}): {failure.messaggio}")
                failures.append(failure)
                continue
            lacks = sum(len(part.missing) for part in parts)
            if not lacks:
                return parts
            client.progress(f"{origin.fonte} ({name}): {'; '.join(m for part in parts for m in part.missing)}.")
            if not best or lacks < sum(len(part.missing) for part in best):
                best = parts
    if best:
        return best
    if len(failures) == 1:
        raise failures[0]
    told = " ".join(f"({number}) {failure.messaggio}" for number, failure in enumerate(failures, start=1))
    matters = _that_matters(failures)
    raise (DatiError if isinstance(matters, DatiError) else type(matters))(
        f"Nessuna delle {len(failures)} vie ha dato i dati. {told}",
        matters.rimedio,
        [problem for failure in failures for problem in failure.problemi],
    )


def _that_matters(failures: Sequence[ConciliazioneError]) -> ConciliazioneError:
    """Return the failure whose remedy is worth reading, the first of its kind.

    Data that arrived and is wrong comes before a service that did not answer, and that before one that has nothing
    there: the ways are declared in the order in which they are good.
    """

    def order(failure: ConciliazioneError) -> int:
        if isinstance(failure, DatiError):
            return 0
        return 2 if isinstance(failure, (NothingThere, WrongKind, istat.NoRecords)) else 1

    return min(failures, key=order)


def _route(origin: Origin, address: str, declared: Origins, client: Client, year: int | None) -> list[_Part]:
    """Return what a way gives: one part, or a final year and a newer one that is not."""
    this_year = dt.datetime.fromtimestamp(client.clock(), dt.UTC).year
    place = declared.indirizzi[address]
    if origin.genere == "demo":
        found = demo.tables(client, origin, place, year=year, this_year=this_year)
        return [_Part(file.frame, file.data, origin.fonte, answer.url, file.stato) for file, answer in found]
    whole = istat.observations(
        client, origin, place, year=year if origin.anni == "ultimo" else None, this_year=this_year
    )
    # A series is one table; otherwise each year is a version of its own.
    years = [None] if origin.anni != "ultimo" else sorted(set(whole.frame[istat.YEAR]))
    parts = []
    for one in years:
        some = whole if one is None else whole.of_year(one)
        try:
            frame, data = _rows(some, origin, declared, client)
        except DatiError:
            for kept in whole.answers:
                client.raw.forget(kept)
            raise
        frame, status = statuses.settled(frame)
        parts.append(_Part(frame, data, origin.fonte, some.url, status, some.missing))
    return parts


def _rows(found: istat.Observations, origin: Origin, declared: Origins, client: Client) -> tuple[pd.DataFrame, str]:
    """Return the rows of a table from its observations, and their reference date."""
    years = found.frame[istat.YEAR]
    last = str(years.max())
    if origin.lettura == "tassi":
        return istat_tables.rates(found, origin, declared.territori), f"{years.min()}/{last}"
    if origin.lettura == "occupati":
        return istat_tables.census_employment(found, origin, load(data=f"{last}-12-31")), last
    if origin.lettura == "eta":
        data = f"{last}-01-01"
        comuni = "cod_comune" in catalog.spec(origin.tabella).columns
        return istat_tables.population(found, origin, load(data=data) if comuni else None), data
    known = catalog.read("ambiti_istat").dropna(subset=["ambito"])
    ours = dict(zip(known["codice_istat"], known["ambito"], strict=True))
    frame, left_out = istat_tables.measures(found, origin, load(data=f"{last}-12-31"), ours)
    if left_out:
        client.progress(f"Ambiti di ISTAT senza un ambito di oggi con lo stesso nome, lasciati fuori: {left_out}.")
    return frame.reindex(columns=[*catalog.spec(origin.tabella).columns]), last


def _versions(table: str, origin: Origin, parts: list[_Part]) -> list[Understood]:
    """Return the new versions of a table; of a series with rows that are not final, first what is final alone.

    Otherwise a year that the source still estimates would keep from use the final ones that come with it.
    """
    marked = [replace(part, frame=_with_status(part.frame, part.stato)) for part in parts]
    statuses_found = {status for part in marked for status in part.frame["stato"]}
    if "/" not in parts[0].data or storage.FINAL not in statuses_found or len(statuses_found) == 1:
        return [_together(table, origin, marked)]
    final = [replace(part, frame=part.frame[part.frame["stato"] == storage.FINAL]) for part in marked]
    return [_together(table, origin, [part for part in final if len(part.frame)]), _together(table, origin, marked)]


def _with_status(frame: pd.DataFrame, stato: str) -> pd.DataFrame:
    return frame.assign(stato=frame["stato"].fillna(stato) if "stato" in frame else stato)


def _together(table: str, origin: Origin, parts: list[_Part]) -> Understood:
    """Return a new version of a table: what was downloaded and, for series, what only the version before has."""
    spec = catalog.spec(table)
    frame = pd.concat([part.frame for part in parts], ignore_index=True)
    data, note = parts[0].data, ""
    base = _not_imported(table)
    series = "/" in data or (base is not None and "/" in base.data_riferimento)
    if base is not None and series:
        keys = list(spec.keys)
        old = _with_status(catalog.validate(storage.read(base), spec, file=base.percorso), base.stato)
        taken = pd.MultiIndex.from_frame(frame[keys].astype("str"))
        kept = old[~pd.MultiIndex.from_frame(old[keys].astype("str")).isin(taken)]
        note = f"{len(frame)} righe scaricate da ISTAT; {len(kept)} righe della versione precedente, che ISTAT non dà."
        frame = pd.concat([frame.astype("object"), kept.astype("object")], ignore_index=True)
    if series:
        data = f"{frame['anno'].min()}/{frame['anno'].max()}"
    frame, status = statuses.settled(frame)
    title = origin.titolo if len(parts) == 1 else spec.title
    source = "; ".join(dict.fromkeys(part.fonte for part in parts))
    try:
        valid = catalog.validate(frame, spec)
    except DatiError as failure:
        path = _write_refused(table, frame)
        located = [replace(problem, file=path) for problem in failure.problemi]
        raise DatiError(
            f"{failure.messaggio} Le righe rifiutate sono nel file «{path}».",
            "La tabella di prima resta al suo posto. Riprovare fra qualche giorno; se continua, segnalarlo.",
            located,
        ) from failure
    return Understood(
        spec,
        valid.reset_index(drop=True),
        data,
        title if "1° gennaio" not in title else f"{title} {data[:4]}",
        source,
        parts[0].url,
        LICENCE,
        f"Scaricata da {source}: {len(valid)} righe.",
        note,
        status,
    )


def _write_refused(table: str, frame: pd.DataFrame) -> Path:
    """Write the rows that were refused, so that the numbers of the problems are those of a file that can be opened."""
    folder = storage.local_root() / REJECTED
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{table}.csv"
    frame.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")
    return path


def _not_imported(table: str) -> storage.Provenance | None:
    versions = [v for v in storage.versions(table) if v.origine != "importata" and not v.provvisorio]
    return versions[0] if versions else None


def _put_in_force(
    understood: Understood, accept: Accept, *, missing: str = "", tier: str = "scaricata", told: Sequence[str] = ()
) -> Outcome:
    """Compare a table with what is in force, ask, and store it.

    Parameters
    ----------
    understood : Understood
        The table downloaded.
    accept : callable
        Asked before the table changes.
    missing : str
        What did not arrive, in Italian.
    tier : {"scaricata", "importata"}
        Where it goes.
    told : sequence of str
        What must be known of it, in Italian.
    """
    table, data = understood.spec.name, understood.data
    same_date = any(
        v.data_riferimento == data and v.stato == understood.stato and (v.origine == tier or v.origine == "incorporata")
        for v in storage.versions(table)
    )
    before = _before(table, data)
    changes = importing.changes(understood.frame, before, understood.spec)
    same = same_date and not (changes.aggiunte or changes.tolte or changes.cambiate)

    def outcome(state: str, message: str) -> Outcome:
        return Outcome(table, state, message, capito=understood, cambi=changes)

    if same:
        return outcome(PARTLY if missing else UNCHANGED, _same(data, missing))
    moved = totals.shifts(understood.frame, before, understood.spec) if table not in registers.TABLES else []
    if incredible := [shift for shift in moved if shift.incredibile]:
        return replace(
            outcome(REFUSED, f"I totali scaricati non possono essere veri: {'; '.join(s.testo for s in incredible)}."),
            problemi=tuple(shift.problem for shift in incredible),
            rimedio="La tabella di prima resta al suo posto. Riprovare fra qualche giorno; se il cambiamento è vero, "
            f"importare il file della fonte con «conciliazione dati importa FILE --come {table}».",
        )
    if moved:
        shown = "; ".join(shift.testo for shift in moved)
        understood = replace(understood, come=f"{understood.come} Da controllare: {shown}.")
    if not accept(understood, changes):
        return outcome(NOT_ACCEPTED, "I dati scaricati non sono stati accettati: restano quelli di prima.")
    importing.store(understood, tier=tier)
    shadowed = tier == "scaricata" and any(v.origine == "importata" for v in storage.versions(table))
    message = f"Dati al {data}: {changes.righe_dopo} righe ({changes.aggiunte} nuove, {changes.cambiate} cambiate)."
    if understood.stato != storage.FINAL:
        declared = statuses.DECLARED[understood.stato]
        message += f" {declared}: se ci sono dati definitivi, si usano solo chiedendo questa data."
    if moved:
        message += f" Da controllare: {shown}."
    message += "".join(f" {what[:1].upper()}{what[1:]}." for what in told)
    if shadowed:
        message += " Per questa tabella c'è anche un file importato, che ha la precedenza."
    if missing:
        return outcome(PARTLY, f"{message} Non è arrivato tutto: {missing}")
    return outcome(UPDATED, message)


def _same(data: str, missing: str) -> str:
    said = f"La fonte ha gli stessi dati già presenti ({data})."
    return f"{said} Non è arrivato tutto: {missing}" if missing else said


def _before(table: str, data: str) -> pd.DataFrame | None:
    """Return the version to compare with: of the same date, or the latest."""
    same = importing.in_force(table, data)
    return same if same is not None else importing.in_force(table)


def _failed(table: str, state: str, *failures: ConciliazioneError) -> Outcome:
    return Outcome(
        table,
        state,
        " ".join(failure.messaggio for failure in failures),
        tuple(problem for failure in failures for problem in failure.problemi),
        _that_matters(failures).rimedio or "",
    )
