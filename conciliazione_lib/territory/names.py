"""Names of territories: how they are written, and how a name typed by hand is recognised."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from conciliazione_lib.errors import UsoError

PROVINCE: Final = {
    "BG": "Bergamo",
    "BS": "Brescia",
    "CO": "Como",
    "CR": "Cremona",
    "LC": "Lecco",
    "LO": "Lodi",
    "MB": "Monza e della Brianza",
    "MI": "Milano",
    "MN": "Mantova",
    "PV": "Pavia",
    "SO": "Sondrio",
    "VA": "Varese",
}

MESI: Final = (
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre".split()  # noqa: SIM905
)

_SANTI: Final = {"san", "santo", "santa", "sant"}
_PAROLE_VUOTE: Final = frozenset(
    ["al", "alla", "con", "d", "da", "de", "del", "dell", "della", "di", "e", "ed", "in", "su", "sul", "sulla"]
)
_GENERICI: Final = re.compile(
    r"^(comune|citta|provincia|ambito territoriale|ambito|distretto|ats) ((di|della|dell|del|d) )?"
)


@dataclass(frozen=True)
class Place:
    """A territory recognised from its name.

    Attributes
    ----------
    livello, codice, nome : str
        Level, code and official name.
    nota : str
        What happened to the name that was asked for, when it is not the present one; empty otherwise.
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
    senza_accenti = unicodedata.normalize("NFKD", nome.replace("’", "'")).encode("ascii", "ignore").decode().lower()
    parole = re.sub(r"[^a-z0-9]+", " ", senza_accenti).split()
    return " ".join("s" if parola in _SANTI else parola for parola in parole)


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
        self._cessati: dict[str, Place] = {}
        for nome, luogo in cessati or []:
            self._cessati.setdefault(normalised(nome), luogo)

    def resolve(self, nome: str, provincia: str | None = None) -> Place:
        """Return the place a name stands for.

        Parameters
        ----------
        nome : str
            As written by someone: case, accents, apostrophes, hyphens, ``S.`` for ``San``, abbreviated or truncated
            words, two languages with a slash, and the names of comuni that ceased are all understood. The sigla of the
            province may follow in brackets.
        provincia : str, optional
            Sigla, where two comuni have the same name.

        Raises
        ------
        UsoError
            When nothing or more than one place matches; the message gives the candidates.
        """
        tra_parentesi = re.search(r"\(([A-Za-z]{2})\)\s*$", nome)
        if tra_parentesi:
            provincia = provincia or tra_parentesi[1].upper()
            nome = nome[: tra_parentesi.start()]
        forme = [nome, *re.split(r"\s*/\s*|\s+-\s+", nome)]
        for forma in dict.fromkeys(forme):
            trovato = self._exact(forma, provincia)
            if trovato:
                return trovato
        if storia := self._futuri.get(normalised(nome)):
            raise UsoError(
                f"«{nome.strip()}» non c'è ancora alla data del territorio: {storia}.",
                "Scrivere i comuni di allora, oppure usare un territorio di una data successiva.",
            )
        simili = self._similar(nome, provincia)
        if len({luogo.codice for luogo in simili}) == 1:
            return simili[0]
        vicini = [_described(luogo) for luogo in simili] or self._nearest(nome)
        candidati = ", ".join(list(dict.fromkeys(vicini))[:6])
        raise UsoError(
            f"«{nome.strip()}» non è il nome di un territorio di livello «{self._livello}» in Lombardia.",
            f"I nomi più vicini sono: {candidati}." if candidati else "Controllare il nome.",
        )

    def _exact(self, nome: str, provincia: str | None) -> Place | None:
        chiave = normalised(nome)
        for prova in (chiave, _GENERICI.sub("", chiave)):
            luoghi = [luogo for sigla, luogo in self._luoghi.get(prova, []) if provincia in (None, sigla)]
            if len(luoghi) == 1:
                return luoghi[0]
            if len(luoghi) > 1:
                province = ", ".join(sigla for sigla, _ in self._luoghi[prova])
                raise UsoError(
                    f"«{nome.strip()}» è il nome di più territori: {province}.",
                    "Aggiungere la sigla della provincia tra parentesi, per esempio «Nome (PV)».",
                )
            if prova in self._cessati:
                return self._cessati[prova]
        return None

    def _similar(self, nome: str, provincia: str | None) -> list[Place]:
        """Return the places with the same words but for articles and prepositions, or whose words begin alike."""
        chiave = normalised(nome)
        voci = [(altra, luogo) for altra, v in self._luoghi.items() for sigla, luogo in v if provincia in (None, sigla)]
        voci += [(altra, luogo) for altra, luogo in self._cessati.items() if provincia is None]
        uguali = [luogo for altra, luogo in voci if _essential(altra) == _essential(chiave)]
        if uguali or len(chiave) < 3:
            return uguali
        return [luogo for altra, luogo in voci if _is_abbreviation(chiave.split(), altra.split())]

    def _nearest(self, nome: str) -> list[str]:
        vicine = get_close_matches(normalised(nome), [*self._luoghi, *self._cessati], n=4, cutoff=0.6)
        return [
            _described(self._luoghi[chiave][0][1] if chiave in self._luoghi else self._cessati[chiave])
            for chiave in vicine
        ]


def _described(luogo: Place) -> str:
    return f"{luogo.nome} ({luogo.nota})" if luogo.nota else luogo.nome


def _is_abbreviation(parole: list[str], intere: list[str]) -> bool:
    return len(parole) <= len(intere) and all(
        intera.startswith(parola) for parola, intera in zip(parole, intere, strict=False)
    )
