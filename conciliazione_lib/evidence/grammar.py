"""Italian grammar for territory names: articles, contracted prepositions, number and gender.

Rules and exceptions are data (``grammatica.toml``); this module only applies them, so a new zoning asks for no code.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Literal, Protocol

from conciliazione_lib.errors import UsoError
from conciliazione_lib.evidence.formats import in_lettere
from conciliazione_lib.region import REGION

Preposizione = Literal["di", "a", "da", "in", "su"]


class Named(Protocol):
    """Anything with the level, code and name of a territory, as :class:`evidence.figure.Place`."""

    @property
    def livello(self) -> str:
        """Level, as in ``territory``."""

    @property
    def codice(self) -> str:
        """Code inside the level."""

    @property
    def nome(self) -> str:
        """Name alone."""


_CONTRACTED: Mapping[str, dict[str, str]] = MappingProxyType(
    {
        "di": {"il": "del", "lo": "dello", "l'": "dell'", "la": "della", "i": "dei", "gli": "degli", "le": "delle"},
        "a": {"il": "al", "lo": "allo", "l'": "all'", "la": "alla", "i": "ai", "gli": "agli", "le": "alle"},
        "da": {"il": "dal", "lo": "dallo", "l'": "dall'", "la": "dalla", "i": "dai", "gli": "dagli", "le": "dalle"},
        "in": {"il": "nel", "lo": "nello", "l'": "nell'", "la": "nella", "i": "nei", "gli": "negli", "le": "nelle"},
        "su": {"il": "sul", "lo": "sullo", "l'": "sull'", "la": "sulla", "i": "sui", "gli": "sugli", "le": "sulle"},
    }
)


def articolo(parola: str, genere: str, plurale: bool = False) -> str:
    """Return the definite article a word takes.

    Parameters
    ----------
    parola : str
        The word that follows the article.
    genere : {"m", "f"}
    plurale : bool

    Returns
    -------
    str
        ``il, lo, l', la, i, gli, le``.
    """
    vowel = _begins_with_vowel(parola)
    if genere == "f":
        return "le" if plurale else "l'" if vowel else "la"
    impure = re.match(r"(?:s[^aeiou]|z|gn|ps|pn|x|y|i[aeiou])", _simple(parola)) is not None
    if plurale:
        return "gli" if vowel or impure else "i"
    return "lo" if impure else "l'" if vowel else "il"


def contrai(preposizione: str, articolo_: str) -> str:
    """Join a preposition and an article: ``di`` + ``la`` → ``della``; an empty article leaves the preposition."""
    return _CONTRACTED[preposizione][articolo_] if articolo_ else preposizione


def nome(t: Named) -> str:
    """Return the territory with its article: ``l'ATS dell'Insubria``, ``la Lombardia``, ``Azzate``."""
    article, text = _phrase(t)
    return _attach(article, text)


def senza_articolo(t: Named) -> str:
    """Return the territory without an article, for titles: ``ATS dell'Insubria``, ``provincia di Varese``."""
    return _phrase(t)[1]


def di(t: Named) -> str:
    """Return ``di`` + the territory: ``dell'ATS dell'Insubria``, ``della Lombardia``, ``di Azzate``."""
    return preposto("di", t)


def a(t: Named) -> str:
    """Return ``a`` + the territory: ``all'ATS di Bergamo``, ``ad Azzate``."""
    return preposto("a", t)


def da(t: Named) -> str:
    """Return ``da`` + the territory: ``dall'ATS di Bergamo``, ``da Azzate``."""
    return preposto("da", t)


def in_(t: Named) -> str:
    """Return the state in a place: ``nell'ATS di Pavia``, ``in Lombardia``, ``a Lodi``, ``ad Azzate``."""
    return preposto("in", t)


def su(t: Named) -> str:
    """Return ``su`` + the territory: ``sull'ATS di Pavia``, ``sulla Lombardia``, ``su Lodi``."""
    return preposto("su", t)


def preposto(preposizione: str, t: Named, breve: bool = False) -> str:
    """Return a territory after a preposition.

    Parameters
    ----------
    preposizione : {"di", "a", "da", "in", "su"}
    t : Named
        The territory.
    breve : bool
        Name the area without the noun of its level: ``nella Montagna``, ``dell'Insubria``, ``di Bergamo``.

    Raises
    ------
    UsoError
        The preposition is not one of those.
    """
    if preposizione not in _CONTRACTED:
        raise UsoError(f"Preposizione non prevista: «{preposizione}».", f"usare una di: {', '.join(_CONTRACTED)}.")
    article, text = _area(t) if breve else _phrase(t)
    own = _exception(t).get(preposizione)
    if own and (breve or not _head(t)):
        return _attach(str(own), text)
    if not article and preposizione == "in":
        preposizione = "a"  # one is "a Lodi", not "in Lodi"
    if not article and preposizione == "a" and _simple(text).startswith("a"):
        return f"ad {text}"
    return _attach(contrai(preposizione, article), text)


def breve(t: Named) -> str:
    """Return the bare name used in sentences: ``Insubria``, ``Città Metropolitana di Milano``, ``Azzate``."""
    return _area(t)[1]


def genere(livello: str) -> str:
    """Return the gender of a level's noun."""
    return str(_level(livello)["genere"])


def tutti(livello: str, n: int) -> str:
    """Return the count of a level with its article: ``le otto ATS``, ``i diciotto ambiti``, ``l'unico distretto``."""
    if n == 1:
        return f"l'unic{'a' if genere(livello) == 'f' else 'o'} {nomi_livello(livello, 1)}"
    word = in_lettere(n)
    return f"{_attach(articolo(word, genere(livello), plurale=True), word)} {nomi_livello(livello)}"


def altri(livello: str, n: int) -> str:
    """Return ``di`` + the other territories of a level: ``delle altre sette ATS``, ``dell'altro distretto``."""
    feminine = genere(livello) == "f"
    if n == 1:
        return f"dell'altr{'a' if feminine else 'o'} {nomi_livello(livello, 1)}"
    return f"{'delle altre' if feminine else 'degli altri'} {in_lettere(n)} {nomi_livello(livello)}"


def nomi_livello(livello: str, n: int = 2) -> str:
    """Return the noun of a level, singular for one: ``ambito``, ``ambiti``."""
    rule = _level(livello)
    return str((rule.get("singolare") or rule["testa"]) if n == 1 else rule["plurale"])


def media(t: Named) -> str:
    """Name the value of a larger territory: ``la media regionale``, ``il valore dell'ATS di Pavia``."""
    adjective = _level(t.livello).get("aggettivo")
    return f"la media {adjective}" if adjective else f"il valore {di(t)}"


def comprende(livello: str) -> bool:
    """Tell whether a level is that of a whole the others are parts of, with an average (region, Italy)."""
    return "aggettivo" in _level(livello)


def nessuno(parole: str) -> str:
    """Return words that begin with a noun, or with a verb, as said of none of them.

    Examples
    --------
    >>> nessuno("comune sta"), nessuno("azione"), nessuno("altra ATS"), nessuno("lo ha")
    ('nessun comune sta', 'nessuna azione', "nessun'altra ATS", 'nessuno lo ha')
    """
    before = parole.split()[0]
    if before in ("ha", "hanno", "lo", "la", "li", "le", "è", "si"):
        return f"nessuno {parole}"
    feminine = before.endswith(("a", "zione", "sione"))
    if feminine and before == "altra":
        return f"nessun'{parole}"
    return f"{'nessuna' if feminine else 'nessun'} {parole}"


def maiuscola(testo: str) -> str:
    """Return the text with its first letter in upper case, to begin a sentence."""
    return testo[:1].upper() + testo[1:]


def _phrase(t: Named) -> tuple[str, str]:
    """Article and full phrase: ``("l'", "ATS dell'Insubria")``, ``("", "Azzate")``."""
    article_area, area = _area(t)
    head = _head(t)
    if not head:
        return article_area, area
    return articolo(head, genere(t.livello)), f"{head} {_attach(contrai('di', article_area), area)}"


def _area(t: Named) -> tuple[str, str]:
    """Article and bare name of the area, by exception, by first word, or none."""
    exception = _exception(t)
    text = str(exception.get("nome") or _without_head(t))
    if "articolo" in exception:
        return str(exception["articolo"]), text
    if t.livello == "comune":
        return "", text
    return _rules()["prima_parola"].get(re.split(r"[\s\-–]", text, maxsplit=1)[0], ""), text


def _without_head(t: Named) -> str:
    """Strip from a name the noun of its level, when the source repeats it (``Distretto Lodi``, ``ATS DI PAVIA``)."""
    head = str(_level(t.livello).get("testa") or "")
    if not head:
        return t.nome
    return re.sub(rf"^{head}\s+(?:d(?:i|el|ella|ello|ei|egli|elle)\s+|dell['’]\s*)?", "", t.nome, flags=re.I)


def _head(t: Named) -> str:
    return str(_exception(t).get("testa") or _level(t.livello).get("testa") or "")


def _exception(t: Named) -> dict[str, Any]:
    if (t.livello, t.codice) == ("regione", REGION.codice):
        return {"articolo": REGION.articolo, "nome": REGION.nome, "in": REGION.in_}
    exceptions: dict[str, Any] = _rules()["eccezioni"].get(t.livello, {})
    entry: dict[str, Any] = exceptions.get(t.codice, {})
    return entry


def _level(livello: str) -> dict[str, Any]:
    levels: dict[str, dict[str, Any]] = _rules()["livelli"]
    if livello not in levels:
        raise UsoError(f"Livello territoriale sconosciuto: «{livello}».", f"usare uno di: {', '.join(levels)}.")
    return levels[livello]


@cache
def _rules() -> dict[str, Any]:
    text = (resources.files(__package__) / "grammatica.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _attach(parola: str, testo: str) -> str:
    """Put a word before another, with no space after an apostrophe and none for nothing."""
    if not parola:
        return testo
    return parola + testo if parola.endswith("'") else f"{parola} {testo}"


def _simple(parola: str) -> str:
    """Lower case without accents."""
    return unicodedata.normalize("NFD", parola.lower()).encode("ascii", "ignore").decode()


def _begins_with_vowel(parola: str) -> bool:
    return _simple(parola)[:1] in set("aeiou") and re.match(r"i[aeiou]", _simple(parola)) is None
