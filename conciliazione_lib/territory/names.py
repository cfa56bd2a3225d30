"""Names of territories: how they are written, and how a name typed by hand is recognised."""

from __future__ import annotations

import functools
import re
import unicodedata
from dataclasses import dataclass, replace
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final

from conciliazione_lib.errors import UsoError
from conciliazione_lib.region import REGION

MONTHS: Final = (
    *("gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno"),
    *("luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre"),
)

_SANTI: Final = frozenset({"san", "santo", "santa", "sant", "sto", "sta"})
_EMPTY_WORDS: Final = frozenset(
    "a al alla con d da dal de dei del dell della delle degli di e ed in nel su sui sugli sul sulla sulle".split()  # noqa: SIM905
)
#: A single word shorter than this is not taken for the beginning of a longer name: «Bari» is not Bariano.
_EARLIEST_START: Final = 6
#: Words that, before a name, say of which level it is.
_LEVEL_WORDS: Final = MappingProxyType(
    {
        "comune": r"comune|citta|municipio",
        "ambito": r"ambito(?: territoriale)?(?: sociale)?|ambito distrettuale|amb(?= di| della| dell| del| d )",
        "distretto": r"distretto(?: socio ?sanitario| sociale)?|distr(?= di| della| dell| del| d )",
        "asl": r"asl|azienda sanitaria locale",
        "ats": r"ats|agenzia (?:di|per la) tutela della salute",
        "provincia": r"provincia|prov(?= di| della| dell| del| d )|citta metropolitana",
        "regione": r"regione",
    }
)
_WITH_ARTICLE: Final = r"(?: (?:di|della|dell|del|d))?(?: |$)"
_ABOUT_LEVELS: Final = MappingProxyType(
    {level: re.compile(rf"(?:{words}){_WITH_ARTICLE}(?=\S)") for level, words in _LEVEL_WORDS.items()}
)


@dataclass(frozen=True)
class Place:
    """A territory recognised from its name.

    Attributes
    ----------
    livello, codice, nome : str
        Level, code and official name.
    nota : str
        What happened to the name that was asked for, when it is not the present one, or that another was read in its
        place; empty otherwise.
    """

    livello: str
    codice: str
    nome: str
    nota: str = ""


def italian_day(data: str) -> str:
    """Return an ISO date as it is written in Italian.

    >>> italian_day("2019-02-08")
    '8 febbraio 2019'
    """
    year, month, day = (int(part) for part in data.split("-"))
    return f"{'1°' if day == 1 else day} {MONTHS[month - 1]} {year}"


def on_day(data: str) -> str:
    """Return an ISO date with the Italian article: ``il 30 giugno 2012``, ``l’8 febbraio 2019``."""
    day = italian_day(data)
    return f"l’{day}" if data[-2:] in ("08", "11") else f"il {day}"


def normalised(nome: str) -> str:
    """Return a name without what people write differently: case, accents, apostrophes, hyphens, forms of "saint".

    >>> normalised("SANT'ANGELO LODIGIANO") == normalised("S. Angelo lodigiano")
    True
    """
    # Every kind of dash, quote and apostrophe parts two words; what is then left of an accent falls.
    separate = "".join(" " if unicodedata.category(c)[0] in "PS" or c == "ʼ" else c for c in nome)
    without_accents = unicodedata.normalize("NFKD", separate).encode("ascii", "ignore").decode().lower()
    letters = re.sub(r"[^a-z0-9]+", " ", without_accents)
    words = re.sub(r"\bs (to|ta)\b|\bsant(?=[aeiou]\w{3})", "s ", letters).split()
    return " ".join("s" if word in _SANTI else word for word in words)


def stated_level(nome: str) -> tuple[str, str] | None:
    """Return the level that a name says it is of, with the rest of the name (normalised); None when it does not say.

    >>> stated_level("Provincia di Pavia")
    ('provincia', 'pavia')
    """
    key = normalised(nome)
    found = [(level, match.end()) for level, form in _ABOUT_LEVELS.items() if (match := form.match(key))]
    if not found:
        return None
    level, end = max(found, key=lambda one: one[1])  # «città metropolitana» is more than «città»
    return level, key[end:]


def _essential(key: str) -> str:
    """Return a normalised name without articles and prepositions."""
    return " ".join(word for word in key.split() if word not in _EMPTY_WORDS)


class NameIndex:
    """Recognises the names of the territories of one level.

    Parameters
    ----------
    livello : str
        The level.
    names : list of (str, str, str)
        Name, code and province (empty where it does not apply) of each territory; a territory may have several
        names, the first is the official one.
    ceased : list of (str, Place)
        Names no longer in use, with the place that has taken their territory.
    future : list of (str, str)
        Names that are not in use yet, with what happens and when: they get an error of their own.
    """

    def __init__(
        self,
        livello: str,
        names: list[tuple[str, str, str]],
        ceased: list[tuple[str, Place]] | None = None,
        future: list[tuple[str, str]] | None = None,
    ) -> None:
        self._livello = livello
        self._futuri = {normalised(name): history for name, history in future or []}
        self._luoghi: dict[str, list[tuple[str, Place]]] = {}
        official: dict[str, str] = {}
        for name, code, provincia in names:
            one_official = official.setdefault(code, name)
            entry = (provincia, Place(livello, code, one_official))
            self._luoghi.setdefault(normalised(name), []).append(entry)
        province = {code: provincia for _, code, provincia in names}
        #: With the province, which is that of the place that has taken the territory.
        self._cessati: dict[str, tuple[str, Place]] = {}
        for name, place in ceased or []:
            self._cessati.setdefault(normalised(name), (province.get(place.codice, ""), place))

    def resolve(self, nome: str, provincia: str | None = None, *, suggest: bool = True) -> Place:
        """Return the place a name stands for.

        Parameters
        ----------
        nome : str
            As written by someone: case, accents, apostrophes, hyphens, ``S.`` for ``San``, abbreviated or truncated
            words, two languages with a slash, missing or other apostrophes and hyphens, and the names of comuni that
            ceased are all understood. The sigla of the province may follow in brackets.
        provincia : str, optional
            Sigla, where two comuni have the same name.
        suggest : bool
            Whether the message about an unknown name looks for those that resemble it, which is slow.

        Raises
        ------
        UsoError
            When nothing or more than one place matches, or the name says that it is of another level («Provincia di
            Pavia» is no comune); the message gives the candidates.
        """
        between_parenthesis = re.search(r"\(([A-Za-z]{2})\)\s*$", nome)
        if between_parenthesis:
            provincia = provincia or between_parenthesis[1].upper()
            nome = nome[: between_parenthesis.start()]
        found = self._exact(nome, provincia) or self._in_two_languages(nome, provincia)
        if found:
            return found
        stated = stated_level(nome)
        if stated is not None and stated[0] != self._livello:
            raise UsoError(
                f"«{nome.strip()}» dice un territorio di livello «{stated[0]}»: qui ne serve uno di livello "
                f"«{self._livello}».",
                f"Così scritto è un territorio di livello «{stated[0]}», che qui non va: se è un territorio di livello "
                f"«{self._livello}», scriverne il solo nome; altrimenti togliere la riga.",
            )
        if history := self._futuri.get(normalised(nome)):
            raise UsoError(
                f"«{nome.strip()}» non c'è ancora alla data del territorio: {history}.",
                "Scrivere i comuni di allora, oppure usare un territorio di una data successiva.",
            )
        similar = self._similar(nome, provincia)
        if len({place.codice for place in similar}) == 1:
            found = similar[0]
            return found if found.nota else replace(found, nota=f"{nome.strip()}: letto come {found.nome}")
        neighbours = [_described(place) for place in similar] or (self._nearest(nome) if suggest else [])
        candidates = ", ".join(list(dict.fromkeys(neighbours))[:6])
        raise UsoError(
            f"«{nome.strip()}» non è il nome di un territorio di livello «{self._livello}» {REGION.there}.",
            f"I nomi più vicini sono: {candidates}." if candidates else "Controllare il nome.",
        )

    def _exact(self, nome: str, provincia: str | None) -> Place | None:
        key = normalised(nome)
        stated = stated_level(nome)
        without = [stated[1]] if stated is not None and stated[0] == self._livello else []
        for trial in (key, *without):
            places = [place for abbreviation, place in self._luoghi.get(trial, []) if provincia in (None, abbreviation)]
            if len(places) == 1:
                return places[0]
            if len(places) > 1:
                province = ", ".join(abbreviation for abbreviation, _ in self._luoghi[trial])
                raise UsoError(
                    f"«{nome.strip()}» è il nome di più territori: {province}.",
                    "Aggiungere la sigla della provincia tra parentesi, per esempio «Nome (PV)».",
                )
            abbreviation, ceased = self._cessati.get(trial, ("", None))
            if ceased and provincia in (None, abbreviation):
                return ceased
        return None

    def _in_two_languages(self, nome: str, provincia: str | None) -> Place | None:
        """Return the place that the parts of ``one / other`` or ``one - other`` name; never one of two places.

        After a slash there may be a name in another language; on the two sides of a dash both must be the place.
        """
        for separator, all_of_them in ((r"\s*/\s*", False), (r"\s+[-–—]\s+", True)):
            parts = re.split(separator, nome.strip())
            if any((stated := stated_level(part)) and stated[0] != self._livello for part in parts):
                continue
            found = [self._exact(part, provincia) for part in parts if part]
            places = {place.codice: place for place in found if place}
            if len(parts) > 1 and len(places) == 1 and not (all_of_them and None in found):
                return next(iter(places.values()))
        return None

    def _similar(self, nome: str, provincia: str | None) -> list[Place]:
        """Return the places with the same letters, or the same words but for articles, or whose words begin alike."""
        key = normalised(nome)
        entries = [one for one in self._entries if provincia in (None, one[0])]
        attached, essential, words = key.replace(" ", ""), _essential(key), key.split()
        equal = [place for _, _, joined, _, place in entries if joined == attached]
        equal = equal or [place for _, _, _, without, place in entries if without == essential]
        if equal or (" " not in key and len(key) < _EARLIEST_START):
            return equal
        return [place for _, whole, _, _, place in entries if _is_abbreviation(words, whole)]

    @functools.cached_property
    def _entries(self) -> list[tuple[str, list[str], str, str, Place]]:
        """Names in use and ceased: province, words, letters, words but for articles, place."""
        names = [(other, *entry) for other, entries in self._luoghi.items() for entry in entries]
        names += [(other, *entry) for other, entry in self._cessati.items()]
        return [
            (abbreviation, other.split(), other.replace(" ", ""), _essential(other), place)
            for other, abbreviation, place in names
        ]

    def _nearest(self, nome: str) -> list[str]:
        near = get_close_matches(normalised(nome), [*self._luoghi, *self._cessati], n=4, cutoff=0.6)
        return [_described(self._luoghi[key][0][1] if key in self._luoghi else self._cessati[key][1]) for key in near]


def _described(place: Place) -> str:
    return f"{place.nome} ({place.nota})" if place.nota else place.nome


def _is_abbreviation(parole: list[str], given_whole: list[str]) -> bool:
    return len(parole) <= len(given_whole) and all(
        whole.startswith(word) for word, whole in zip(parole, given_whole, strict=False)
    )
