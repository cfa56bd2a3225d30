"""demo.istat.it: one archive a year with all the comuni: population, foreigners, demographic balance."""

from __future__ import annotations

import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

import conciliazione_lib.sources.balance_file as balance_file
import conciliazione_lib.sources.population_file as population_file
import conciliazione_lib.sources.statuses as statuses
from conciliazione_lib import storage
from conciliazione_lib.errors import DatiError, UsoError
from conciliazione_lib.sources.demo_lines import CODE, OTHER_LEVELS, head
from conciliazione_lib.sources.http import Client, NothingThere, RemoteError, WrongKind
from conciliazione_lib.sources.origins import Address, Origin
from conciliazione_lib.sources.raw import Answer
from conciliazione_lib.territory import load

BALANCE = "bilancio_demografico"
#: The sum of the comuni of the whole country.
ITALIA = "popolazione_italia"
#: The tables that its files fill.
TABLES = (*population_file.FORMATS, BALANCE)
#: How the header of any of its files begins, by comune or not.
TERRITORI = (CODE, *OTHER_LEVELS)
ZIP = "application/zip"
KINDS = ("application/zip", "application/x-zip-compressed", "application/octet-stream")
#: The archive of all Italy is some 10 MB.
MOST_BYTES = 100_000_000


@dataclass(frozen=True)
class Recognised:
    """What a file of demo.istat.it is.

    Attributes
    ----------
    tabelle : tuple of str
        The tables that it may fill: one by its title, all those with its columns when the title is not there.
    data : str or None
        Its date or year, None when no title says it.
    """

    tabelle: tuple[str, ...]
    data: str | None


@dataclass(frozen=True)
class DemoFile:
    """A file of demo.istat.it, read as a table.

    Attributes
    ----------
    data : str
        Reference date, or year, of the data.
    frame : DataFrame
        The rows of the comuni of Lombardia, with all the columns of the table.
    altrove : int
        Comuni of other regions in the file.
    stato : str
        How final the file says that its data is, one of :data:`storage.STATES`.
    italia : DataFrame or None
        Population of the whole country, when the file holds it.
    """

    data: str
    frame: pd.DataFrame
    altrove: int
    stato: str = storage.FINAL
    italia: pd.DataFrame | None = None


def recognise(path: Path) -> Recognised | None:
    """Return what a file of demo.istat.it is, or None when the file is something else.

    Parameters
    ----------
    path : Path
        The file.
    """
    title, header = head(path)
    for table in population_file.FORMATS:
        if date := population_file.date_of(title, table):
            return Recognised((table,), date)
    if year := balance_file.year_of(title):
        return Recognised((BALANCE,), str(year))
    if header[:1] and header[0] in TERRITORI and population_file.has_columns(header):
        return Recognised(tuple(population_file.FORMATS), None)
    if header[:1] and header[0] in TERRITORI and balance_file.has_columns(header):
        return Recognised((BALANCE,), None)
    return None


def read(path: Path, tabella: str, data: str | None, *, fonte: str, url: str) -> DemoFile:
    """Read a file of demo.istat.it, recognised before.

    Parameters
    ----------
    path : Path
        The zip as downloaded, or the CSV inside it.
    tabella : str
        The table it fills.
    data : str, optional
        Its date or year, from :func:`recognise` or from who has a file without its title.
    fonte, url : str
        How its rows cite it, for the tables whose rows say their source.

    Raises
    ------
    DatiError
        With every problem found.
    UsoError
        When the date is not one of such a file.
    """
    if data is not None and not re.fullmatch(r"\d{4}" if tabella == BALANCE else r"\d{4}-01-01", data):
        form = "di un anno: --data AAAA" if tabella == BALANCE else "al 1° gennaio: --data AAAA-01-01"
        raise UsoError(f"Il file «{path.name}» di demo.istat.it non può essere al {data}.", f"È {form}.")
    if tabella == BALANCE:
        territory, year = (load(data=f"{data}-12-31"), int(data)) if data is not None else (load(), None)
        balance = balance_file.read_balance(path, territory, year)
        rows = balance.frame.assign(anno=balance.anno, grado="pubblicazione", fonte=fonte, url=url, note=None)
        return DemoFile(str(balance.anno), statuses.settled(rows)[0], balance.altrove, balance.stato)
    if tabella != ITALIA:
        territory = load(data=data) if data is not None else load()
        people = population_file.read_population(path, territory, tabella, data)
        return DemoFile(people.data, people.frame, people.altrove, people.stato, people.italia)
    people = population_file.read_population(path, load(data=data) if data is not None else load())
    if people.italia is None:
        raise DatiError(f"Il file «{path.name}» non contiene i comuni di tutta l'Italia.", "Riprovare più tardi.")
    return DemoFile(people.data, people.italia, people.altrove, people.stato)


def tables(
    client: Client, origin: Origin, address: Address, *, year: int | None, this_year: int
) -> list[tuple[DemoFile, Answer]]:
    """Return the table of a year, or of the latest that is published and, if that is not final, of the latest final.

    Parameters
    ----------
    client : Client
        Who asks.
    origin, address : Origin, Address
        What to ask, and of whom.
    year : int, optional
        The year wanted.
    this_year : int
        The current year: the first tried when none is wanted, then those before, as late as the origin may be.

    Returns
    -------
    list of tuple
        The comuni of Lombardia and the archive they come from: the latest final year, if it was found, then the latest.

    Raises
    ------
    RemoteError
        When the archive cannot be had.
    DatiError
        When it is not the table of that year, or has anything wrong.
    """
    first = this_year if year is None else year
    # The year before the last that may be late is asked only for its final data.
    last = this_year - origin.ritardo - 1 if year is None else year
    found: list[tuple[DemoFile, Answer]] = []
    failure: RemoteError | DatiError = RemoteError("Nessun anno da chiedere.")
    for wanted in range(first, last - 1, -1):
        if wanted == last < first and not found:
            break
        url = address.url + origin.percorso.format(anno=wanted)
        try:
            answer = client.fetch(url, accept=ZIP, kinds=KINDS, max_bytes=MOST_BYTES, resumable=True)
            found.insert(0, (_read(client, answer, Path(url).name, origin, wanted), answer))
        except (RemoteError, DatiError) as problem:
            absent = isinstance(problem, (NothingThere, WrongKind))  # a site may answer with its own page
            if not found and not absent:
                raise
            failure = problem
            told = f"il {wanted} non è pubblicato" if absent else problem.messaggio
            client.progress(f"{origin.titolo}: {told}.")
            continue
        if found[0][0].stato == storage.FINAL:
            break
    if not found:
        raise failure
    return [pair for pair in found if pair[0].stato == storage.FINAL or pair is found[-1]]


def _read(client: Client, answer: Answer, name: str, origin: Origin, year: int) -> DemoFile:
    try:
        return _unpacked(answer, name, origin, year)
    except DatiError:
        client.raw.forget(answer)
        raise


def _unpacked(answer: Answer, name: str, origin: Origin, year: int) -> DemoFile:
    with tempfile.TemporaryDirectory() as folder:
        # The name tells the reader that it is an archive, and the user which one.
        archive = Path(shutil.copyfile(answer.path, Path(folder) / name))
        wanted = str(year) if origin.tabella == BALANCE else f"{year}-01-01"
        found = recognise(archive)
        filled = "popolazione" if origin.tabella == ITALIA else origin.tabella
        if found is not None and filled in found.tabelle and found.data not in (None, wanted):
            raise DatiError(
                f"L'archivio «{name}» contiene dati al {found.data}, non al {wanted}.",
                "La tabella di prima resta al suo posto: riprovare più tardi.",
            )
        return read(archive, origin.tabella, wanted, fonte=origin.fonte, url=answer.url)
