"""Where the tables that can be refreshed come from: the declarations of ``origini.toml``, checked."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from conciliazione_lib.errors import UsoError

FILE = Path(__file__).with_name("origini.toml")
#: Moves the addresses: ``esploradati=http://127.0.0.1:8000/rest,demo=http://…``.
VARIABLE = "CONCILIAZIONE_FONTI"


class _Declared(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Address(_Declared):
    """An address of a service, and what is odd about it.

    Attributes
    ----------
    url : str
        Its base.
    scarto_fine : int
        What to add to the last year wanted to obtain it.
    """

    url: str
    scarto_fine: int = 0


class Origin(_Declared):
    """One way to a table.

    Attributes
    ----------
    tabella : str
        The table.
    genere : {"sdmx", "demo", "registro"}
        How it is asked: an SDMX service, a file of demo.istat.it, or the registers of the Region.
    lettura : str
        Of SDMX: what the observations are. ``eta`` people by age and sex, ``tassi`` rates of the labour force survey,
        ``occupati`` employed people, ``misure`` one column of the table for each code of a dimension.
    titolo, fonte : str
        As they will be cited.
    indirizzi : tuple of str
        Addresses to try, in order.
    anni : str
        ``ultimo`` or ``dal AAAA``.
    ritardo : int
        Years that may pass before the data of a year is published.
    flusso : str
        Dataflow.
    altri_flussi : tuple of str
        Other dataflows that give the same, tried after it in order.
    chiave : mapping
        Fixed codes, by name of the dimension; the dimensions that are not here are asked whole.
    uno_alla_volta : mapping
        Codes to be asked one by one.
    colonne : mapping
        From the column of the table to the dimension that fills it.
    altri_nomi : mapping
        For a dimension of ``chiave``, the other name that some structures give it.
    misura : str
        Value of the column ``misura``, for tables that have several.
    misure : mapping
        For ``misure``: from the code of the dimension of the same name in ``colonne`` to the column of the table.
    rapporti : tuple of str
        The codes of the measures that are per head, or per hundred: they cannot be added up.
    valori : mapping
        For a column of the table, from the code of its dimension to its value; the other codes are left out.
    livello : {"comune", "ambito"}
        Whose observations they are.
    completa : bool
        Every comune must have its values; otherwise those that the source does not give are missing.
    percorso : str
        Path of a file, with ``{anno}``.
    registri : tuple of str
        The registers, by short name.
    """

    tabella: str
    genere: Literal["sdmx", "demo", "registro"]
    lettura: Literal["eta", "tassi", "occupati", "misure", ""] = ""
    titolo: str
    fonte: str
    indirizzi: tuple[str, ...]
    anni: str = Field(pattern=r"ultimo|dal \d{4}")
    ritardo: int = 1
    flusso: str = ""
    altri_flussi: tuple[str, ...] = ()
    chiave: Mapping[str, str] = Field(default_factory=dict)
    uno_alla_volta: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    colonne: Mapping[str, str] = Field(default_factory=dict)
    altri_nomi: Mapping[str, str] = Field(default_factory=dict)
    misura: str = ""
    misure: Mapping[str, str] = Field(default_factory=dict)
    rapporti: tuple[str, ...] = ()
    valori: Mapping[str, Mapping[str, str]] = Field(default_factory=dict)
    livello: Literal["comune", "ambito"] = "comune"
    completa: bool = True
    percorso: str = ""
    registri: tuple[str, ...] = ()

    def key(self, dimensions: Collection[str]) -> dict[str, str]:
        """Return the fixed codes by the names that a structure gives to its dimensions."""
        other = {name: alias for name, alias in self.altri_nomi.items() if name not in dimensions}
        return {other.get(name, name): code for name, code in self.chiave.items()}


class Dataset(_Declared):
    """A dataset of dati.lombardia.it: its id, title, and the fields it must have."""

    id: str = Field(pattern=r"[a-z0-9]{4}-[a-z0-9]{4}")
    titolo: str
    campi: tuple[str, ...] = ()


class Register(_Declared):
    """A register of services of the Region, on dati.lombardia.it.

    Attributes
    ----------
    id : str
        Its identifier.
    titolo : str
        As it is cited.
    cerca : tuple of str
        Words that are all in its name, lower case and without accents: with them it is found again if it has moved.
    tipo : str
        Type of all its services, for a register of one type.
    tipi : mapping
        For the others, from how the register calls a type to ours, beside the names that the table already knows.
    """

    id: str = Field(pattern=r"[a-z0-9]{4}-[a-z0-9]{4}")
    titolo: str
    cerca: tuple[str, ...]
    tipo: str = ""
    tipi: Mapping[str, str] = Field(default_factory=dict)


class Origins(_Declared):
    """All the declarations.

    Attributes
    ----------
    indirizzi : mapping
        Addresses by name.
    territori : mapping
        From the code of an area to level and code of the territory.
    origini : tuple of Origin
        The ways, in the order in which they are tried.
    insiemi : mapping
        Datasets of dati.lombardia.it by short name.
    registri : mapping
        Registers of the Region by short name.
    ambiti_regione : mapping
        From the name that the Region gives to an ambito, lower case and without accents, to ours.
    """

    indirizzi: Mapping[str, Address]
    territori: Mapping[str, tuple[str, str]]
    origini: tuple[Origin, ...]
    insiemi: Mapping[str, Dataset]
    registri: Mapping[str, Register] = Field(default_factory=dict)
    ambiti_regione: Mapping[str, str] = Field(default_factory=dict)

    def tables(self) -> list[str]:
        """Return the tables that can be refreshed."""
        return sorted({origin.tabella for origin in self.origini})

    def of(self, table: str) -> list[Origin]:
        """Return the ways to a table, in order.

        Raises
        ------
        UsoError
            When the table comes from no service.
        """
        found = [origin for origin in self.origini if origin.tabella == table]
        if not found:
            raise UsoError(
                f"La tabella «{table}» non si aggiorna dalla rete.",
                f"Si aggiornano: {', '.join(self.tables())}. Le altre si importano da file con "
                f"«conciliazione dati importa FILE --come {table}».",
            )
        return [
            origin.model_copy(update={"flusso": flow, "altri_flussi": ()})
            for origin in found
            for flow in (origin.flusso, *origin.altri_flussi)
        ]


def load(addresses: Mapping[str, str] | None = None) -> Origins:
    """Return the declarations, with some addresses moved elsewhere.

    Parameters
    ----------
    addresses : mapping, optional
        Base URL by name of the address. Without it, those of the variable ``CONCILIAZIONE_FONTI``.
    """
    declared = _declared()
    moved = dict(addresses) if addresses is not None else _from_variable()
    unknown = sorted(set(moved) - set(declared.indirizzi))
    if unknown:
        raise UsoError(
            f"L'indirizzo «{unknown[0]}» non esiste.", f"Gli indirizzi sono: {', '.join(sorted(declared.indirizzi))}."
        )
    placed = {
        name: address.model_copy(update={"url": moved.get(name, address.url).rstrip("/")})
        for name, address in declared.indirizzi.items()
    }
    return declared.model_copy(update={"indirizzi": placed})


def _from_variable() -> dict[str, str]:
    pairs = [pair.partition("=") for pair in os.environ.get(VARIABLE, "").split(",") if pair.strip()]
    return {name.strip(): url.strip() for name, _, url in pairs}


@cache
def _declared() -> Origins:
    content: dict[str, Any] = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return Origins.model_validate(content)
