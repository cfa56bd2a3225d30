"""Reading a table: find its version, check its hash, check its schema."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from conciliazione_lib import storage
from conciliazione_lib.catalog.registry import spec
from conciliazione_lib.catalog.validation import validate
from conciliazione_lib.errors import DatiError
from conciliazione_lib.storage import Provenance


@dataclass(frozen=True)
class Table:
    """A validated table with the provenance of the version that was read."""

    frame: pd.DataFrame
    provenance: Provenance

    @property
    def name(self) -> str:
        """Name of the table."""
        return self.provenance.tabella


def table(name: str, data: str | None = None, *, esempi: bool = False) -> Table:
    """Return a table and its provenance.

    Parameters
    ----------
    name : str
        Name of the table.
    data : str, optional
        Reference date; without it, the most recent definitive version, else the most recent of the most final
        status there is.
    esempi : bool
        Accept invented rows (``grado`` = ``esempio``): for templates and tests only.

    Returns
    -------
    Table
        ``frame`` has the columns of the declaration, with their types; ``provenance`` says which tier answered.

    Raises
    ------
    UsoError
        Unknown table, or no version at that date.
    DatiError
        The file was altered, breaks its schema (all the problems at once), or holds invented rows.
    """
    dichiarazione = spec(name)
    versione = storage.find(name, data)

    def leggi() -> tuple[pd.DataFrame, bool]:
        letta = validate(storage.read(versione), dichiarazione, file=versione.percorso)
        return letta, "grado" in letta and bool((letta["grado"] == "esempio").any())

    letta, con_esempi = storage.remembered("catalog", [versione], leggi)
    if not esempi and (con_esempi or versione.grado == "esempio"):
        raise DatiError(
            f"La tabella «{versione.tabella}» ({versione.percorso.name}) contiene righe di esempio, "
            "che non possono entrare in un documento.",
            "Togliere le righe con grado «esempio» e importare di nuovo la tabella.",
        )
    # Copies are lazy: whoever modifies the frame modifies only its own.
    frame = letta.copy(deep=False)
    frame.attrs["provenienza"] = versione.to_dict()
    return Table(frame, versione)


def read(name: str, data: str | None = None, *, esempi: bool = False) -> pd.DataFrame:
    """Return the frame of a table; its provenance is in ``attrs["provenienza"]``. See :func:`table`."""
    return table(name, data, esempi=esempi).frame
