"""The region of the analysis: its name, its provinces and its ATS, from ``regione.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType
from typing import Any, Final

_WITH_DI: Final = MappingProxyType(
    {"la": "della", "il": "del", "lo": "dello", "l'": "dell'", "le": "delle", "i": "dei"}
)


@dataclass(frozen=True)
class Province:
    """A province of the region.

    Attributes
    ----------
    nome : str
        Its name, without «provincia di».
    istat : str
        First three digits of the codes of its comuni.
    capoluogo : str
        Name of its chief town.
    asl : str
        Where it had more than one ASL, that of the comuni that the table ``comuni_asl`` does not list; else empty.
    """

    nome: str
    istat: str
    capoluogo: str
    asl: str = ""


@dataclass(frozen=True)
class Region:
    """The region of the analysis.

    Attributes
    ----------
    codice : str
        Its slug, as in the column ``territorio`` of the tables.
    nome, articolo : str
        Its name and the article that goes with it.
    in_ : str
        The preposition of being there: ``in`` (Lombardia), ``nel`` (Lazio).
    istat : str
        Its ISTAT code.
    ats, asl : tuple of str
        Slugs of its ATS, and of the ASL that were there until 2015.
    province : mapping of str to Province
        By abbreviation.
    """

    codice: str
    nome: str
    articolo: str
    in_: str
    istat: str
    ats: tuple[str, ...]
    asl: tuple[str, ...]
    province: Mapping[str, Province]

    @property
    def di(self) -> str:
        """The name after ``di``: ``della Lombardia``."""
        return _before(_WITH_DI[self.articolo], self.nome)

    @property
    def the(self) -> str:
        """The name with its article: ``la Lombardia``."""
        return _before(self.articolo, self.nome)

    @property
    def there(self) -> str:
        """The name after ``in``: ``in Lombardia``."""
        return _before(self.in_, self.nome)


def _before(word: str, name: str) -> str:
    return word + name if word.endswith("'") else f"{word} {name}"


def read(text: str) -> Region:
    """Return the region that a text in TOML declares.

    Examples
    --------
    >>> from importlib import resources
    >>> region = read((resources.files("conciliazione_lib.region") / "regione.toml").read_text(encoding="utf-8"))
    >>> region.di, region.province["MB"].capoluogo, len(region.ats)
    ('della Lombardia', 'Monza', 8)
    """
    told: dict[str, Any] = tomllib.loads(text)
    provinces = {
        code: Province(one["nome"], one["istat"], one.get("capoluogo", one["nome"]), one.get("asl", ""))
        for code, one in told["province"].items()
    }
    return Region(
        codice=told["codice"],
        nome=told["nome"],
        articolo=told["articolo"],
        in_=told["in"],
        istat=told["istat"],
        ats=tuple(told["ats"]),
        asl=tuple(told["asl"]),
        province=MappingProxyType(provinces),
    )


#: The region of this copy of the program.
REGION: Final = read((resources.files(__package__) / "regione.toml").read_text(encoding="utf-8"))
#: Its slug, as it stands in tables.
REGIONE: Final = REGION.codice
#: Names of its provinces by abbreviation.
PROVINCE: Final = MappingProxyType({code: province.nome for code, province in REGION.province.items()})
