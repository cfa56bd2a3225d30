"""ISTAT's SDMX services: the structure of a flow, then its observations, as they are.

A flow is asked by naming the dimensions, whose order is read each time in its structure (DSD). What is wrong with the
services is known and declared in ``origini.toml``; here it is dealt with: one code at a time, an answer without data
that says it went well, the last year that must be asked as the one before, two addresses. What the observations mean
for a table is the business of :mod:`conciliazione_lib.sources.istat_tables`.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

import conciliazione_lib.sources.statuses as statuses
from conciliazione_lib import catalog
from conciliazione_lib.sources.http import Client, EmptyAnswer, NothingThere, RemoteError
from conciliazione_lib.sources.origins import Address, Origin
from conciliazione_lib.sources.raw import Answer
from conciliazione_lib.storage import FINAL, weakest_status

if TYPE_CHECKING:
    from sdmx.model.v21 import DataStructureDefinition

YEAR, VALUE, STATE = "TIME_PERIOD", "OBS_VALUE", "OBS_STATUS"
STRUCTURE = "application/vnd.sdmx.structure+xml;version=2.1"
# CSV first: it is a tenth of the others and says the same.
DATA = (
    "application/vnd.sdmx.data+csv;version=1.0.0, application/vnd.sdmx.data+json;version=1.0.0;q=0.5, "
    "application/vnd.sdmx.structurespecificdata+xml;version=2.1;q=0.2"
)
XML = ("application/vnd.sdmx", "application/xml", "text/xml")
DATA_KINDS = (*XML, "application/csv", "text/csv", "application/json")
#: Beyond it a float does not tell a whole number from the next.
MAXIMUM = 2**53
NUMBER = r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]{1,2})?"
REMEDY = "La tabella di prima resta al suo posto; se succede ancora, la fonte è cambiata: segnalarlo."


class NoRecords(RemoteError):
    """The service answers well, and has no observation of what was asked."""


@dataclass(frozen=True)
class Structure:
    """What is needed of a flow to ask for its data and to read it.

    Attributes
    ----------
    flow, version : str
        Dataflow and its version.
    dimensions : tuple of str
        The dimensions of the key, in order; time is not among them.
    dsd : DataStructureDefinition
        The definition itself.
    """

    flow: str
    version: str
    dimensions: tuple[str, ...]
    dsd: DataStructureDefinition


@dataclass(frozen=True)
class Observations:
    """The observations of a flow.

    Attributes
    ----------
    frame : DataFrame
        One column of text for each dimension, ``TIME_PERIOD`` (the year, integer), ``OBS_VALUE`` (number, missing
        where the source gives none) and ``OBS_STATUS`` (one of :data:`storage.STATES`).
    url : str
        Address of the data, as a citation needs it.
    answers : tuple of Answer
        The raw answers they come from.
    missing : tuple of str
        What is not there, in Italian: measures that the source does not give, while it gives others.
    """

    frame: pd.DataFrame
    url: str
    answers: tuple[Answer, ...]
    missing: tuple[str, ...] = ()

    def of_year(self, year: int) -> Observations:
        """Return the observations of a year."""
        some = self.frame[self.frame[YEAR] == year].reset_index(drop=True)
        return replace(self, frame=some, missing=tuple(what for what in self.missing if what.endswith(str(year))))


def observations(client: Client, origin: Origin, address: Address, *, year: int | None, this_year: int) -> Observations:
    """Return the observations of an origin from one of its addresses.

    Parameters
    ----------
    client : Client
        Who asks.
    origin : Origin
        What to ask.
    address : Address
        Of whom.
    year : int, optional
        The year wanted; by default what the origin declares: the latest, or all from one on.
    this_year : int
        The current year.

    Raises
    ------
    RemoteError
        When the service does not answer, or what it answers is not whole or not what was asked.
    """
    form = structure(client, origin, address)
    parts: list[pd.DataFrame] = []
    answers: list[Answer] = []
    absent: dict[str, RemoteError] = {}
    singles = [[(name, code) for code in codes] for name, codes in origin.uno_alla_volta.items()]
    for chosen in itertools.product(*singles):
        codes = origin.key(form.dimensions) | dict(chosen)
        try:
            part, answer = _part(client, form, origin, address, codes, year, this_year)
        except (NothingThere, EmptyAnswer, NoRecords) as nothing:
            measure = codes.get(origin.colonne.get("misure", ""), "")
            if measure not in _optional(origin) or "mapping" in getattr(nothing, "said", "").casefold():
                raise
            absent[measure] = nothing
            continue
        parts.append(part)
        answers.append(answer)
    if not parts:
        raise next(iter(absent.values()))
    frame = pd.concat(parts, ignore_index=True)
    if year is None and origin.anni == "ultimo":
        frame = _latest(frame)
    try:
        _check_single(frame, form, origin)
        _check_repeated(frame, form)
    except RemoteError:
        for answer in answers:
            client.raw.forget(answer)
        raise
    return Observations(frame, answers[0].url, tuple(answers), _missing(frame, origin))


def _latest(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the observations of the last year and, if they are not final, those of the last year that is final."""
    final = frame.groupby(YEAR)[STATE].agg(lambda states: weakest_status(states) == FINAL)
    years = {frame[YEAR].max(), *final[final].index[-1:]}
    return frame[frame[YEAR].isin(years)].reset_index(drop=True)


def _optional(origin: Origin) -> frozenset[str]:
    """Return the codes of the measures without which the others are worth having: their column may be empty."""
    columns = catalog.spec(origin.tabella).columns
    return frozenset(code for code, column in origin.misure.items() if columns[column].nullable)


def _missing(frame: pd.DataFrame, origin: Origin) -> tuple[str, ...]:
    """Say which measures are not there in a year in which others are."""
    dimension = origin.colonne.get("misure")
    if dimension is None or origin.anni != "ultimo":
        return ()
    return tuple(
        f"la fonte non dà «{column}» ({code}) per il {year}"
        for year, part in frame.dropna(subset=[VALUE]).groupby(YEAR)
        for code, column in origin.misure.items()
        if code not in set(part[dimension])
    )


def structure(client: Client, origin: Origin, address: Address) -> Structure:
    """Return the structure of the flow of an origin.

    Raises
    ------
    RemoteError
        When the structure cannot be read, or no longer has a dimension that the origin names.
    """
    url = f"{address.url}/dataflow/IT1/{origin.flusso}/latest?references=datastructure"
    answer = client.fetch(url, accept=STRUCTURE, kinds=(*XML, "application/json"), max_bytes=50_000_000)
    message = _sdmx(client, answer)
    definitions = list(getattr(message, "structure", {}).values())
    flows = getattr(message, "dataflow", {})
    if len(definitions) != 1:
        client.raw.forget(answer)
        raise RemoteError(f"La struttura del flusso {origin.flusso} non si può leggere.", REMEDY)
    dsd = definitions[0]
    ordered = sorted(
        (d for d in dsd.dimensions.components if d.id != YEAR), key=lambda d: (d.order is None, d.order or 0)
    )
    names = tuple(str(d.id) for d in ordered)
    wanted = {*origin.key(names), *origin.uno_alla_volta, *origin.colonne.values(), "REF_AREA"}
    if missing := sorted(wanted - set(names)):
        client.raw.forget(answer)
        raise RemoteError(
            f"Il flusso {origin.flusso} ha cambiato dimensioni: manca {', '.join(missing)}; ha {', '.join(names)}.",
            REMEDY,
        )
    version = str(flows[origin.flusso].version) if origin.flusso in flows else "latest"
    return Structure(origin.flusso, version, names, dsd)


def _part(
    client: Client,
    form: Structure,
    origin: Origin,
    address: Address,
    codes: Mapping[str, str],
    year: int | None,
    this_year: int,
) -> tuple[pd.DataFrame, Answer]:
    """Ask for the observations of a key, with the years as that address wants them."""
    key = ".".join(codes.get(name, "") for name in form.dimensions)
    base = f"{address.url}/data/IT1,{form.flow},{form.version}/{key}/ALL/?detail=full"
    if year is None:
        first = int(origin.anni.split()[1]) if origin.anni.startswith("dal") else this_year - origin.ritardo
        addresses = [f"{base}&startPeriod={first}"]
    else:
        # Should the anomaly be mended one day, the plain year works again.
        ends = dict.fromkeys([year + address.scarto_fine, year])
        addresses = [f"{base}&startPeriod={year}&endPeriod={end}" for end in ends]
    failure: RemoteError | None = None
    for url in addresses:
        try:
            answer = client.fetch(url, accept=DATA, kinds=DATA_KINDS)
        except NothingThere as nothing:
            failure = nothing
            continue
        frame = _read(client, answer, form)
        wrong = [f"{name}={code}" for name, code in codes.items() if set(frame[name]) - {code}]
        if wrong:
            client.raw.forget(answer)
            raise RemoteError(
                f"Alla domanda {', '.join(wrong)} del flusso {form.flow} la fonte ha risposto con altri codici.",
                REMEDY,
            )
        if year is not None:
            frame = frame[frame[YEAR] == year]
        if len(frame):
            return frame, answer
        client.raw.forget(answer)
        failure = NoRecords(
            f"La fonte ha risposto senza dati per {', '.join(codes.values())}"
            + (f" nel {year}" if year is not None else "")
            + f" (flusso {form.flow}).",
            "Forse non sono ancora pubblicati. La tabella di prima resta al suo posto.",
        )
    assert failure is not None
    raise failure


def _check_repeated(frame: pd.DataFrame, form: Structure) -> None:
    keys = [*form.dimensions, YEAR]
    repeated = frame[frame.duplicated(keys)]
    if len(repeated):
        first = ", ".join(str(value) for value in repeated[keys].iloc[0])
        raise RemoteError(
            f"Il flusso {form.flow} ripete {len(repeated)} osservazioni; la prima è {first}.",
            REMEDY,
        )


def _check_single(frame: pd.DataFrame, form: Structure, origin: Origin) -> None:
    """Refuse a dimension that nobody reads and has several values: totals and parts would be mixed."""
    read = {*origin.key(form.dimensions), *origin.uno_alla_volta, *origin.colonne.values(), "REF_AREA"}
    for name in form.dimensions:
        values = sorted(set(frame[name]))
        if name not in read and len(values) > 1:
            shown = ", ".join(values[:8]) + (", …" if len(values) > 8 else "")
            raise RemoteError(
                f"Nel flusso {form.flow} la dimensione {name} distingue {len(values)} casi "
                f"({shown}): sommarli sarebbe sbagliato.",
                REMEDY,
            )


def _read(client: Client, answer: Answer, form: Structure) -> pd.DataFrame:
    """Read a data message in any of its forms: CSV, JSON or XML."""
    try:
        frame = _csv(answer) if "csv" in answer.kind else _message(client, answer, form)
    except RemoteError:
        client.raw.forget(answer)
        raise
    wanted = [*form.dimensions, YEAR, VALUE]
    if missing := [name for name in wanted if name not in frame]:
        client.raw.forget(answer)
        raise RemoteError(
            f"Nei dati del flusso {form.flow} manca {', '.join(missing)}; ci sono {', '.join(map(str, frame))}.",
            REMEDY,
        )
    frame = frame.reindex(columns=[*wanted, STATE]).astype("object")
    frame[STATE] = frame[STATE].map(lambda flag: statuses.of_flag("" if pd.isna(flag) else str(flag)))
    years = pd.to_numeric(frame[YEAR].str.extract(r"^(\d{4})(?:-01-01.*)?$")[0], errors="coerce")
    text = frame[VALUE].str.strip(" ")
    # Infinity, and what a cut or a stray byte leaves of a number, are not numbers.
    values = pd.to_numeric(text.where(text.str.fullmatch(NUMBER).fillna(False).astype(bool)), errors="coerce")
    values = values.where(values.abs() <= MAXIMUM)
    broken = years.isna() | (values.isna() & ~text.isin(["", "NaN"]) & text.notna())
    broken |= frame[list(form.dimensions)].isna().any(axis=1) | text.isna()
    if broken.any():
        client.raw.forget(answer)
        row = frame[broken].iloc[0]
        shown = ", ".join("niente" if pd.isna(v) else str(v) for v in row)
        raise RemoteError(
            f"{int(broken.sum())} righe del flusso {form.flow} sono incomplete o illeggibili; la prima: {shown}.",
            REMEDY,
        )
    frame[YEAR], frame[VALUE] = years.astype("int64"), values.astype("float64")
    return frame


def _csv(answer: Answer) -> pd.DataFrame:
    try:
        text = answer.path.read_text(encoding="utf-8-sig")
        delimiter = ";" if text.partition("\n")[0].count(";") > 3 else ","
        header, *rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    except (ValueError, csv.Error) as cause:
        raise RemoteError(f"La risposta di ISTAT non è un CSV leggibile: {cause}.", REMEDY) from cause
    short = sum(len(row) != len(header) for row in rows)
    if short:
        raise RemoteError(
            f"La risposta di ISTAT è tronca: {short} righe non hanno le {len(header)} celle dell'intestazione.", REMEDY
        )
    return pd.DataFrame(rows, columns=header, dtype="str")


def _message(client: Client, answer: Answer, form: Structure) -> pd.DataFrame:
    import sdmx

    message = _sdmx(client, answer, form.dsd)
    try:
        found: Any = sdmx.to_pandas(message, attributes="o")
        found = pd.concat(found) if isinstance(found, list) else found
        found = found.to_frame("value") if isinstance(found, pd.Series) else found
        frame = found.rename(columns={"value": VALUE}).reset_index()
    except Exception as cause:  # the library raises what it likes on a malformed message
        raise RemoteError(f"I dati del flusso {form.flow} non si possono leggere: {cause}.", REMEDY) from cause
    return frame.astype("str").where(frame.notna())


def _sdmx(client: Client, answer: Answer, dsd: DataStructureDefinition | None = None) -> Any:
    """Read a message with sdmx1, whatever it finds wrong with it."""
    import sdmx

    content = answer.path.read_bytes()
    if b"<!DOCTYPE" in content[:2000].upper() or b"<!ENTITY" in content[:2000].upper():
        client.raw.forget(answer)
        raise RemoteError("La risposta di ISTAT contiene dichiarazioni che un messaggio SDMX non ha.", REMEDY)
    form = "JSON" if "json" in answer.kind else "XML"
    try:
        if form == "JSON":  # it carries its own structure
            return sdmx.read_sdmx(io.BytesIO(_unwrapped(content)), format=form)
        return sdmx.read_sdmx(io.BytesIO(content), format=form, **({"structure": dsd} if dsd is not None else {}))
    except Exception as cause:  # the library raises what it likes on a malformed message
        client.raw.forget(answer)
        raise RemoteError(
            f"La risposta di ISTAT non è un messaggio SDMX leggibile ({type(cause).__name__}): {answer.url}", REMEDY
        ) from cause


def _unwrapped(content: bytes) -> bytes:
    """Return an SDMX-JSON 1.0 message with its parts at the root, where sdmx1 (2.28) looks for them."""
    message = json.loads(content)
    if "data" in message and "structure" in message["data"]:
        message = {"header": message["meta"], **message["data"]}
    return json.dumps(message).encode()
