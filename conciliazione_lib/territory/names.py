"""Names of territories: how they are written, and how a name typed by hand is recognised."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final

from conciliazione_lib.errors import UsoError
from conciliazione_lib.region import REGION

MESI: Final = (
    *("gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno"),
    *("luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre"),
)

_SANTI: Final = frozenset({"san", "santo", "santa", "sant", "sto", "sta"})
_PAROLE_VUOTE: Final = frozenset(
    "a al alla con d da dal de dei del dell della delle degli di e ed in nel su sui sugli sul sulla sulle".split()  # noqa: SIM905
)
#: A single word shorter than this is not taken for the beginning of a longer name: «Bari» is not Bariano.
_INIZIO_MINIMO: Final = 6
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
    anno, mese, giorno = (int(parte) for parte in data.split("-"))
    return f"{'1°' if giorno == 1 else giorno} {MESI[mese - 1]} {anno}"


def on_day(data: str) -> str:
    """Return an ISO date with the Italian article: ``il 30 giugno 2012``, ``l’8 febbraio 2019``."""
    giorno = italian_day(data)
    return f"l’{giorno}" if data[-2:] in ("08", "11") else f"il {giorno}"


def normalised(nome: str) -> str:
    """Return a name without what people write differently: case, accents, apostrophes, hyphens, forms of "saint".

    >>> normalised("SANT'ANGELO LODIGIANO") == normalised("S. Angelo lodigiano")
    True
    """
    # Every kind of dash, quote and apostrophe parts two words; what is then left of an accent falls.
    separato = "".join(" " if unicodedata.category(c)[0] in "PS" or c == "ʼ" else c for c in nome)
    senza_accenti = unicodedata.normalize("NFKD", separato).encode("ascii", "ignore").decode().lower()
    lettere = re.sub(r"[^a-z0-9]+", " ", senza_accenti)
    parole = re.sub(r"\bs (to|ta)\b|\bsant(?=[aeiou]\w{3})", "s ", lettere).split()
    return " ".join("s" if parola in _SANTI else parola for parola in parole)


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


def _essential(chiave: str) -> str:
    """Return a normalised name without articles and prepositions."""
    return " ".join(parola for parola in chiave.split() if parola not in _PAROLE_VUOTE)


class NameIndex:
    """Recognises the names of the territories of one level.

    Parameters
    ----------
    livello : str
        The level.
    nomi : list of (str, str, str)
        Name, code and province (empty where it does not apply) of each territory; a territory may have several
        names, the first is the official one.
    cessati : list of (str, Place)
        Names no longer in use, with the place that has taken their territory.
    futuri : list of (str, str)
        Names that are not in use yet, with what happens and when: they get an error of their own.
    """

    def __init__(
        self,
        livello: str,
        nomi: list[tuple[str, str, str]],
        cessati: list[tuple[str, Place]] | None = None,
        futuri: list[tuple[str, str]] | None = None,
    ) -> None:
        self._livello = livello
        self._futuri = {normalised(nome): storia for nome, storia in futuri or []}
        self._luoghi: dict[str, list[tuple[str, Place]]] = {}
        ufficiali: dict[str, str] = {}
        for nome, codice, provincia in nomi:
            ufficiale = ufficiali.setdefault(codice, nome)
            voce = (provincia, Place(livello, codice, ufficiale))
            self._luoghi.setdefault(normalised(nome), []).append(voce)
        province = {codice: provincia for _, codice, provincia in nomi}
        #: With the province, which is that of the place that has taken the territory.
        self._cessati: dict[str, tuple[str, Place]] = {}
        for nome, luogo in cessati or []:
            self._cessati.setdefault(normalised(nome), (province.get(luogo.codice, ""), luogo))

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
        tra_parentesi = re.search(r"\(([A-Za-z]{2})\)\s*$", nome)
        if tra_parentesi:
            provincia = provincia or tra_parentesi[1].upper()
            nome = nome[: tra_parentesi.start()]
        trovato = self._exact(nome, provincia) or self._in_two_languages(nome, provincia)
        if trovato:
            return trovato
        stated = stated_level(nome)
        if stated is not None and stated[0] != self._livello:
            raise UsoError(
                f"«{nome.strip()}» dice un territorio di livello «{stated[0]}»: qui ne serve uno di livello "
                f"«{self._livello}».",
                f"Così scritto è un territorio di livello «{stated[0]}», che qui non va: se è un territorio di livello "
                f"«{self._livello}», scriverne il solo nome; altrimenti togliere la riga.",
            )
        if storia := self._futuri.get(normalised(nome)):
            raise UsoError(
                f"«{nome.strip()}» non c'è ancora alla data del territorio: {storia}.",
                "Scrivere i comuni di allora, oppure usare un territorio di una data successiva.",
            )
        simili = self._similar(nome, provincia)
        if len({luogo.codice for luogo in simili}) == 1:
            trovato = simili[0]
            return trovato if trovato.nota else replace(trovato, nota=f"{nome.strip()}: letto come {trovato.nome}")
        vicini = [_described(luogo) for luogo in simili] or (self._nearest(nome) if suggest else [])
        candidati = ", ".join(list(dict.fromkeys(vicini))[:6])
        raise UsoError(
            f"«{nome.strip()}» non è il nome di un territorio di livello «{self._livello}» {REGION.there}.",
            f"I nomi più vicini sono: {candidati}." if candidati else "Controllare il nome.",
        )

    def _exact(self, nome: str, provincia: str | None) -> Place | None:
        chiave = normalised(nome)
        stated = stated_level(nome)
        without = [stated[1]] if stated is not None and stated[0] == self._livello else []
        for prova in (chiave, *without):
            luoghi = [luogo for sigla, luogo in self._luoghi.get(prova, []) if provincia in (None, sigla)]
            if len(luoghi) == 1:
                return luoghi[0]
            if len(luoghi) > 1:
                province = ", ".join(sigla for sigla, _ in self._luoghi[prova])
                raise UsoError(
                    f"«{nome.strip()}» è il nome di più territori: {province}.",
                    "Aggiungere la sigla della provincia tra parentesi, per esempio «Nome (PV)».",
                )
            sigla, cessato = self._cessati.get(prova, ("", None))
            if cessato and provincia in (None, sigla):
                return cessato
        return None

    def _in_two_languages(self, nome: str, provincia: str | None) -> Place | None:
        """Return the place that the parts of ``one / other`` or ``one - other`` name; never one of two places.

        After a slash there may be a name in another language; on the two sides of a dash both must be the place.
        """
        for separatore, tutte in ((r"\s*/\s*", False), (r"\s+[-–—]\s+", True)):
            parti = re.split(separatore, nome.strip())
            if any((stated := stated_level(parte)) and stated[0] != self._livello for parte in parti):
                continue
            trovati = [self._exact(parte, provincia) for parte in parti if parte]
            luoghi = {luogo.codice: luogo for luogo in trovati if luogo}
            if len(parti) > 1 and len(luoghi) == 1 and not (tutte and None in trovati):
                return next(iter(luoghi.values()))
        return None

    def _similar(self, nome: str, provincia: str | None) -> list[Place]:
        """Return the places with the same letters, or the same words but for articles, or whose words begin alike."""
        chiave = normalised(nome)
        voci = [(altra, luogo) for altra, v in self._luoghi.items() for sigla, luogo in v if provincia in (None, sigla)]
        voci += [(altra, luogo) for altra, (sigla, luogo) in self._cessati.items() if provincia in (None, sigla)]
        attaccata = chiave.replace(" ", "")
        uguali = [luogo for altra, luogo in voci if altra.replace(" ", "") == attaccata]
        uguali = uguali or [luogo for altra, luogo in voci if _essential(altra) == _essential(chiave)]
        if uguali or (" " not in chiave and len(chiave) < _INIZIO_MINIMO):
            return uguali
        return [luogo for altra, luogo in voci if _is_abbreviation(chiave.split(), altra.split())]

    def _nearest(self, nome: str) -> list[str]:
        vicine = get_close_matches(normalised(nome), [*self._luoghi, *self._cessati], n=4, cutoff=0.6)
        return [
            _described(self._luoghi[chiave][0][1] if chiave in self._luoghi else self._cessati[chiave][1])
            for chiave in vicine
        ]


def _described(luogo: Place) -> str:
    return f"{luogo.nome} ({luogo.nota})" if luogo.nota else luogo.nome


def _is_abbreviation(parole: list[str], intere: list[str]) -> bool:
    return len(parole) <= len(intere) and all(
        intera.startswith(parola) for parola, intera in zip(parole, intere, strict=False)
    )
