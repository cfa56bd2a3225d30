"""Where the project is: the folder the user is in, or else that of the sources the program runs from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from conciliazione_lib import storage

if TYPE_CHECKING:
    from conciliazione_lib.build.config import Config

CONFIGURATION = "reports.toml"


def root() -> Path:
    """Return the folder of the project.

    The current one, if it has a configuration; else that of the sources, if the program runs from them. Installed apart
    from them, the program works in whatever folder it is run in.
    """
    here = Path.cwd()
    return here if (here / CONFIGURATION).is_file() else storage.checkout() or here


def configuration(edizione: str | None = None, data: str | None = None) -> Config:
    """Return the configuration of the project, for an edition.

    Parameters
    ----------
    edizione : str, optional
        Name of the edition; the one the configuration chooses when omitted.
    data : str, optional
        Reference date (ISO) in place of that of the edition.

    Raises
    ------
    UsoError
        If the configuration is missing or wrong, does not have that edition, or the date is not a date, or the
        population of that date can be neither read nor estimated.
    """
    import conciliazione_lib.build.config as config

    where = root()
    own = where / CONFIGURATION
    choice = config.load(own if own.is_file() else storage.packaged(CONFIGURATION), where).per_edizione(edizione)
    if data is None:
        return choice
    from conciliazione_lib.catalog import population_date

    to_the_data = choice.at_the_date(data)
    population_date(to_the_data.edizioni[to_the_data.edizione].data)
    return to_the_data
