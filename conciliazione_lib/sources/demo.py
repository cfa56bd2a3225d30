"""demo.istat.it: the population of all the comuni, one archive a year. The second route, when SDMX does not answer."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from conciliazione_lib.errors import DatiError
from conciliazione_lib.sources import population_file
from conciliazione_lib.sources.http import Client, NothingThere, RemoteError, WrongKind
from conciliazione_lib.sources.origins import Address, Origin
from conciliazione_lib.sources.population_file import PopulationFile
from conciliazione_lib.sources.raw import Answer
from conciliazione_lib.territory import load

ZIP = "application/zip"
TIPI = ("application/zip", "application/x-zip-compressed", "application/octet-stream")
#: The archive of all Italy is some 10 MB.
BYTE_MASSIMI = 100_000_000


def population(
    client: Client, origin: Origin, address: Address, *, year: int | None, this_year: int
) -> tuple[PopulationFile, Answer]:
    """Return the population of a year, or of the latest that is published.

    Parameters
    ----------
    client : Client
        Who asks.
    origin, address : Origin, Address
        What to ask, and of whom.
    year : int, optional
        The year wanted.
    this_year : int
        The current year: the first tried when none is wanted, then the one before.

    Returns
    -------
    PopulationFile
        The comuni of Lombardia.
    Answer
        The archive.

    Raises
    ------
    RemoteError
        When the archive cannot be had.
    DatiError
        When it is not the population of that year, or has anything wrong.
    """
    years = [year] if year is not None else list(range(this_year, this_year - origin.ritardo - 1, -1))
    for wanted in years:
        url = address.url + origin.percorso.format(anno=wanted)
        try:
            answer = client.fetch(url, accept=ZIP, kinds=TIPI, max_bytes=BYTE_MASSIMI, resumable=True)
        except (NothingThere, WrongKind):  # a site may answer with its own page where there is no file
            if wanted == years[-1]:
                raise
            client.progress(f"La popolazione del {wanted} non è ancora pubblicata.")
            continue
        try:
            return _read(answer, Path(url).name, wanted), answer
        except DatiError:
            client.raw.forget(answer)
            raise
    raise RemoteError("Nessun anno da chiedere.")


def _read(answer: Answer, name: str, year: int) -> PopulationFile:
    with tempfile.TemporaryDirectory() as folder:
        # The name tells the reader that it is an archive, and the user which one.
        archive = Path(shutil.copyfile(answer.path, Path(folder) / name))
        found = population_file.recognise(archive)
        if found is not None and found != f"{year}-01-01":
            raise DatiError(
                f"L'archivio «{name}» contiene la popolazione al {found}, non al {year}-01-01.",
                "La popolazione di prima resta al suo posto: riprovare più tardi.",
            )
        return population_file.read_population(archive, load(data=f"{year}-01-01"))
