"""demo.istat.it: one archive a year with all the comuni: population, foreigners, demographic balance."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from conciliazione_lib import storage
from conciliazione_lib.errors import DatiError
from conciliazione_lib.sources import balance_file, population_file, statuses
from conciliazione_lib.sources.http import Client, NothingThere, RemoteError, WrongKind
from conciliazione_lib.sources.origins import Address, Origin
from conciliazione_lib.sources.raw import Answer
from conciliazione_lib.territory import load

BILANCIO = "bilancio_demografico"
#: The sum of the comuni of the whole country.
ITALIA = "popolazione_italia"
#: The tables that its files fill.
TABELLE = (*population_file.FORMATI, BILANCIO)
ZIP = "application/zip"
TIPI = ("application/zip", "application/x-zip-compressed", "application/octet-stream")
#: The archive of all Italy is some 10 MB.
BYTE_MASSIMI = 100_000_000


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
        How final the file says that its data is, one of :data:`storage.STATI`.
    italia : DataFrame or None
        Population of the whole country, when the file holds it.
    """

    data: str
    frame: pd.DataFrame
    altrove: int
    stato: str = storage.DEFINITIVO
    italia: pd.DataFrame | None = None


def recognise(path: Path, tabella: str) -> str | None:
    """Return the date or year of a file of demo.istat.it that fills a table, or None when the file is something else.

    Parameters
    ----------
    path : Path
        The file.
    tabella : str
        The table.
    """
    if tabella == BILANCIO:
        year = balance_file.recognise(path)
        return str(year) if year is not None else None
    return population_file.recognise(path, tabella) if tabella in population_file.FORMATI else None


def read(path: Path, tabella: str, data: str, *, fonte: str, url: str) -> DemoFile:
    """Read a file of demo.istat.it, recognised before.

    Parameters
    ----------
    path : Path
        The zip as downloaded, or the CSV inside it.
    tabella : str
        The table it fills.
    data : str
        Its date or year, from :func:`recognise`.
    fonte, url : str
        How its rows cite it, for the tables whose rows say their source.

    Raises
    ------
    DatiError
        With every problem found.
    """
    if tabella == BILANCIO:
        balance = balance_file.read_balance(path, load(data=f"{data}-12-31"))
        rows = balance.frame.assign(anno=balance.anno, grado="pubblicazione", fonte=fonte, url=url, note=None)
        return DemoFile(data, statuses.settled(rows)[0], balance.altrove, balance.stato)
    if tabella != ITALIA:
        people = population_file.read_population(path, load(data=data), tabella)
        return DemoFile(people.data, people.frame, people.altrove, people.stato, people.italia)
    people = population_file.read_population(path, load(data=data))
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
            answer = client.fetch(url, accept=ZIP, kinds=TIPI, max_bytes=BYTE_MASSIMI, resumable=True)
            found.insert(0, (_read(client, answer, Path(url).name, origin, wanted), answer))
        except (RemoteError, DatiError) as problem:
            absent = isinstance(problem, (NothingThere, WrongKind))  # a site may answer with its own page
            if not found and not absent:
                raise
            failure = problem
            told = f"il {wanted} non è pubblicato" if absent else problem.messaggio
            client.progress(f"{origin.titolo}: {told}.")
            continue
        if found[0][0].stato == storage.DEFINITIVO:
            break
    if not found:
        raise failure
    return [pair for pair in found if pair[0].stato == storage.DEFINITIVO or pair is found[-1]]


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
        wanted = str(year) if origin.tabella == BILANCIO else f"{year}-01-01"
        found = recognise(archive, "popolazione" if origin.tabella == ITALIA else origin.tabella)
        if found not in (None, wanted):
            raise DatiError(
                f"L'archivio «{name}» contiene dati al {found}, non al {wanted}.",
                "La tabella di prima resta al suo posto: riprovare più tardi.",
            )
        return read(archive, origin.tabella, wanted, fonte=origin.fonte, url=answer.url)
