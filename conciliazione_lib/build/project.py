"""Where the project is: the folder the user is in, or else the one the program was installed from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conciliazione_lib.build.config import Config


def radice() -> Path:
    """Return the folder of the project: the current one if it has a configuration, else that of the program."""
    qui = Path.cwd()
    return qui if (qui / "reports.toml").is_file() else Path(__file__).resolve().parents[2]


def configurazione(edizione: str | None = None, data: str | None = None) -> Config:
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
    from conciliazione_lib.build import config

    scelta = config.load(radice()).per_edizione(edizione)
    if data is None:
        return scelta
    from conciliazione_lib.catalog import population_date

    alla_data = scelta.alla_data(data)
    population_date(alla_data.edizioni[alla_data.edizione].data)
    return alla_data
