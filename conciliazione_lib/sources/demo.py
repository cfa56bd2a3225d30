"""demo.istat.it: one archive a year with all the comuni: population, foreigners, demographic balance."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from conciliazione_lib import storage
from conciliazione_lib.errors import DatiError
from conciliazione_lib.sources import balance_file, population_file
from conciliazione_lib.sources.http import Client, NothingThere, RemoteError, WrongKind
from conciliazione_lib.sources.origins import Address, Origin
from conciliazione_lib.sources.raw import Answer
from conciliazione_lib.territory import load

BILANCIO = "bilancio_demografico"
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
        return DemoFile(data, rows, balance.altrove, "provvisorio" if balance.provvisorio else storage.DEFINITIVO)
    people = population_file.read_population(path, load(data=data), tabella)
    return DemoFile(people.data, people.frame, people.altrove, italia=people.italia)


def table(
    client: Client, origin: Origin, address: Address, *, year: int | None, this_year: int
) -> tuple[DemoFile, Answer]:
    """Return the table of a year, or of the latest that is published.

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
    DemoFile
        The comuni of Lombardia.
    Answer
        The archive.

    Raises
    ------
    RemoteError
        When the archive cannot be had.
    DatiError
        When it is not the table of that year, or has anything wrong.
    """
    years = [year] if year is not None else list(range(this_year, this_year - origin.ritardo - 1, -1))
    for wanted in years:
        url = address.url + origin.percorso.format(anno=wanted)
        try:
            answer = client.fetch(url, accept=ZIP, kinds=TIPI, max_bytes=BYTE_MASSIMI, resumable=True)
        except (NothingThere, WrongKind):  # a site may answer with its own page where there is no file
            if wanted == years[-1]:
                raise
            client.progress(f"{origin.titolo}: il {wanted} non è ancora pubblicato.")
            continue
        try:
            return _read(answer, Path(url).name, origin, wanted), answer
        except DatiError:
            client.raw.forget(answer)
            raise
    raise RemoteError("Nessun anno da chiedere.")


def _read(answer: Answer, name: str, origin: Origin, year: int) -> DemoFile:
    with tempfile.TemporaryDirectory() as folder:
        # The name tells the reader that it is an archive, and the user which one.
        archive = Path(shutil.copyfile(answer.path, Path(folder) / name))
        wanted = str(year) if origin.tabella == BILANCIO else f"{year}-01-01"
        found = recognise(archive, origin.tabella)
        if found not in (None, wanted):
            raise DatiError(
                f"L'archivio «{name}» contiene dati al {found}, non al {wanted}.",
                "La tabella di prima resta al suo posto: riprovare più tardi.",
            )
        return read(archive, origin.tabella, wanted, fonte=origin.fonte, url=answer.url)
