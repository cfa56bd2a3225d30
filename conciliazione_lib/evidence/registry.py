"""The indicators, declared once.

Each theme is a TOML file of ``evidence/indicatori/``; each of its tables is one indicator, under its id. The methods
page, the glossary, tooltips, column headers and open-data metadata are printed from here, so adding an indicator
touches one place.
"""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from html import escape
from importlib import resources
from types import MappingProxyType
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

import conciliazione_lib.evidence.formats as formats
from conciliazione_lib.errors import DatiError, Problem, UsoError

#: Levels of the territories figures are about.
Level = Literal["comune", "ambito", "distretto", "asl", "provincia", "ats", "regione", "italia"]


class _Rigido(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Minimum(_Rigido):
    """Smallest count under which a value is not shown (``dato non pubblicabile``).

    Attributes
    ----------
    termine : str
        The term of the formula that must reach it.
    valore : float
        The least count allowed.
    """

    termine: str
    valore: float


class Reserved(_Rigido):
    """The value counts people or organisations of a reserved table: nothing below a threshold may be deduced.

    Attributes
    ----------
    soglia : str
        Its row in the table ``soglie_riservatezza``.
    somma_su : tuple of str
        Breakdowns whose parts sum to the figure without them.
    ripetuto_su : tuple of str
        Breakdowns along which that sum is always the same (the same people before and after).
    media : str
        The indicator that is the mean of the same answers on a scale, where there is one.
    """

    soglia: str = "conteggio"
    somma_su: tuple[str, ...] = ()
    ripetuto_su: tuple[str, ...] = ()
    media: str = ""


class Indicator(_Rigido):
    """The declaration of one indicator; attributes carry the names used in the TOML files.

    Attributes
    ----------
    id : str
        Key of the table in the file; column name in frames.
    tema : str
        Theme, from the file.
    nome, nome_breve : str
        Italian name in full, and for column headers.
    definizione, definizione_breve : str
        What it measures, in full and for a tooltip (the first sentence, when not given).
    formula : str
        In words and symbols, each term in braces: ``100 × {residenti_65_piu} / {residenti_0_14}``. A term is the id of
        another indicator or is explained in ``termini``.
    termini : dict
        Meaning of the terms that are not indicators.
    unita : str
        One of :data:`evidence.formats.UNIT`.
    decimali : int
        Digits shown; those of the unit when not given.
    polarita : str
        ``positiva`` (more is better), ``negativa``, ``neutra``.
    media : str
        What the value of a larger territory is to its parts: ``media`` (a rate, so «sopra la media regionale» makes
        sense) or ``totale`` (a count). Follows the unit when not given.
    livelli : tuple of str
        Levels at which every territory must have a row in the store of figures.
    somma : bool
        Parts add up to their whole: checked when the store is written.
    tolleranza : float
        Relative difference within which two values are «in linea».
    rilevante : float, optional
        Smallest difference worth a word, in the unit. When not given: for percentages half a point, or a twentieth of
        the larger value where that is less; for the others a fiftieth of the larger value.
    soglie : tuple of float
        Values it is compared with (a legal minimum, a target), in the unit.
    confronta_con : str
        The indicator through which this one is compared with other territories (the mean of some years for a single
        noisy one); empty: itself.
    minimo : Minimum, optional
        Least count to publish it.
    riservato : Reserved, optional
        For counts of reserved data: what publishing checks (:mod:`conciliazione_lib.publish.leaks`).
    incertezza : str
        Method of the interval: ``nessuna``, ``wilson``, ``byar``, ``dobson``, ``bootstrap``, ``fonte`` (published by
        the source), ``scenari`` (range of scenarios), ``residui`` (wobble of the residuals of a model),
        ``montecarlo`` (simulation over declared choices).
    riferimento : str
        Where the definition comes from.
    codice : str
        Module that computes it, under ``conciliazione_lib``: ``indicators.demography``. A file may give it once for all
        its indicators.
    atti : tuple of str
        Acts that use it.
    """

    id: str
    tema: str
    nome: str
    nome_breve: str = ""
    definizione: str
    definizione_breve: str = ""
    formula: str = ""
    termini: dict[str, str] = Field(default_factory=dict)
    unita: str
    decimali: int = -1
    polarita: Literal["positiva", "negativa", "neutra"] = "neutra"
    media: Literal["media", "totale", ""] = ""
    livelli: tuple[Level, ...] = ()
    somma: bool = False
    tolleranza: float = Field(default=0.01, ge=0, lt=1)
    rilevante: float | None = Field(default=None, ge=0)
    soglie: tuple[float, ...] = ()
    confronta_con: str = ""
    minimo: Minimum | None = None
    riservato: Reserved | None = None
    incertezza: Literal[
        "nessuna", "wilson", "byar", "dobson", "bootstrap", "fonte", "scenari", "residui", "montecarlo", "limiti"
    ] = "nessuna"
    riferimento: str
    codice: str = ""
    atti: tuple[str, ...] = ()

    @field_validator("unita")
    @classmethod
    def _known_unit(cls, valore: str) -> str:
        if valore not in formats.UNIT:
            near = difflib.get_close_matches(valore, formats.UNIT, 3, 0.4)
            raise ValueError(f"unità sconosciuta «{valore}»; le più simili: {', '.join(near) or 'nessuna'}")
        return valore

    def model_post_init(self, _context: object) -> None:
        """Fill what is derived: short names, decimals, whether it is an average or a total."""
        rule = formats.UNIT[self.unita]
        derived = {
            "nome_breve": self.nome_breve or self.nome,
            "definizione_breve": self.definizione_breve or self.definizione.split(". ")[0].rstrip(".") + ".",
            "decimali": rule.decimali if self.decimali < 0 else self.decimali,
            "media": self.media or ("totale" if rule.conteggio else "media"),
        }
        for name, value in derived.items():
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        return f"<Indicator {self.id}: {self.nome} ({self.unita})>"

    def _repr_html_(self) -> str:
        about = {
            "definizione": self.definizione,
            "formula": self.formula,
            "unità": self.unita,
            "livelli": ", ".join(self.livelli),
            "incertezza": self.incertezza if self.incertezza != "nessuna" else "",
            "riferimento": self.riferimento,
            "codice": f"conciliazione_lib.{self.codice}" if self.codice else "",
        }
        rows = "".join(f"<tr><th>{k}</th><td>{escape(v)}</td></tr>" for k, v in about.items() if v)
        return f"<p><strong>{escape(self.nome)}</strong> (<code>{self.id}</code>)</p><table>{rows}</table>"

    def to_toml(self) -> str:
        """Return the declaration as a file of ``evidence/indicatori/`` has it: its table, without what is derived."""
        derived = {
            "nome_breve": self.nome,
            "definizione_breve": self.definizione.split(". ")[0].rstrip(".") + ".",
            "decimali": formats.UNIT[self.unita].decimali,
            "media": "totale" if formats.UNIT[self.unita].conteggio else "media",
        }
        given = self.model_dump(mode="json", exclude={"id", "tema"}, exclude_defaults=True, exclude_none=True)
        lines = [f"{name} = {_toml(value)}" for name, value in given.items() if derived.get(name) != value]
        return "\n".join([f"[{self.id}]", *lines]) + "\n"

    @property
    def terms(self) -> tuple[str, ...]:
        """Names of the terms of the formula, in order of appearance."""
        return _terms(self.formula)


@cache
def _terms(formula: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(re.findall(r"\{(\w+)\}", formula)))


class Registry(Mapping[str, Indicator]):
    """All the declared indicators, by id; an unknown id is an error that names the nearest ones."""

    def __init__(self, indicators: Iterable[Indicator]) -> None:
        self._per_id = {indicator.id: indicator for indicator in indicators}

    def __getitem__(self, key: str) -> Indicator:
        try:
            return self._per_id[key]
        except KeyError:
            neighbours = difflib.get_close_matches(key, self._per_id, 3, 0.5)
            listing = f"i più simili sono: {', '.join(neighbours)}" if neighbours else "nessun id gli somiglia"
            raise UsoError(
                f"Indicatore non dichiarato: «{key}»; {listing}.",
                f"correggere il nome, oppure dichiararlo con una tabella [{key}] nel file del suo tema, "
                "in evidence/indicatori/.",
            ) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._per_id)

    def __len__(self) -> int:
        return len(self._per_id)

    def __contains__(self, key: object) -> bool:
        return key in self._per_id

    def __repr__(self) -> str:
        return f"<Registry: {len(self)} indicatori, temi: {', '.join(self.themes())}>"

    def _repr_html_(self) -> str:
        parts = []
        for theme, found in self.themes().items():
            rows = "".join(
                f"<tr><td><code>{i.id}</code></td><td>{escape(i.nome)}</td><td>{escape(i.unita)}</td></tr>"
                for i in found
            )
            parts.append(f"<details><summary>{escape(theme)} ({len(found)})</summary><table>{rows}</table></details>")
        return "".join(parts)

    def _ipython_key_completions_(self) -> list[str]:
        return list(self)

    def find(self, key: str) -> Indicator | None:
        """Return a declaration, or ``None`` when there is none."""
        return self._per_id.get(key)

    def declare(self, id: str, fields: Mapping[str, object]) -> Registry:
        """Return a registry with one indicator more; see :class:`Indicator` for the fields.

        Raises
        ------
        DatiError
            A field is wrong, missing or unknown; a term of the formula is neither an indicator nor explained.
        """
        problems: list[Problem] = []
        try:
            declared = Indicator(**{**fields, "id": id})  # type: ignore[arg-type]
            problems = _loose_ends(declared, self._per_id, None)
        except ValidationError as error:
            problems = [_problem(None, id, detail) for detail in error.errors()]
        if problems:
            raise DatiError(f"La dichiarazione di «{id}» non è valida.", "Correggere i campi indicati.", problems)
        return Registry([*(one for one in self._per_id.values() if one.id != id), declared])

    def themes(self) -> dict[str, list[Indicator]]:
        """Return the indicators by theme, both in the order of the files."""
        one_themes: dict[str, list[Indicator]] = {}
        for indicator in self.values():
            one_themes.setdefault(indicator.tema, []).append(indicator)
        return one_themes


def parse(texts: Mapping[str, str]) -> Registry:
    """Read declarations.

    Parameters
    ----------
    texts : mapping of str to str
        Content of each TOML file by its name. A file has ``tema = "…"``, possibly ``codice = "…"``, and one table per
        indicator.

    Returns
    -------
    Registry

    Raises
    ------
    DatiError
        With every problem found: unreadable file, unknown or missing field, id declared twice, term of a formula that
        is neither an indicator nor explained.
    """
    problems: list[Problem] = []
    indicators: dict[str, Indicator] = {}
    origin: dict[str, str] = {}
    for name, text in texts.items():
        try:
            content = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            problems.append(Problem("un file TOML valido", str(error), file=name))
            continue
        theme, code = content.pop("tema", None), content.pop("codice", "")
        if not isinstance(theme, str):
            problems.append(Problem('una riga tema = "…" in testa al file', "nessuna", file=name))
            continue
        for key, table in content.items():
            if key in indicators:
                problems.append(Problem("un id dichiarato una volta sola", f"{key}, già in {origin[key]}", name))
                continue
            if not isinstance(table, dict):
                problems.append(Problem("una tabella per indicatore", f"{key} = {table!r}", name))
                continue
            try:
                indicators[key] = Indicator(**({"codice": code} | table | {"id": key, "tema": theme}))
                origin[key] = name
            except ValidationError as error:
                problems += [_problem(name, key, detail) for detail in error.errors()]
    for key, indicator in indicators.items():
        problems += _loose_ends(indicator, indicators, origin[key])
    if problems:
        raise DatiError(
            "Il registro degli indicatori non è valido.",
            "correggere i file di evidence/indicatori/ indicati.",
            problems,
        )
    return Registry(indicators.values())


def _loose_ends(indicator: Indicator, known: Mapping[str, Indicator], file: str | None) -> list[Problem]:
    """Return what a declaration names that is not there: terms of the formula, the indicator it is compared through."""
    found = []
    if indicator.confronta_con and indicator.confronta_con not in known:
        found.append(Problem("in «confronta_con» un indicatore dichiarato", indicator.confronta_con, file=file))
    terms = set(indicator.terms) | ({indicator.minimo.termine} if indicator.minimo else set())
    for term in sorted(terms - set(known) - set(indicator.termini)):
        near = difflib.get_close_matches(term, known, 3, 0.6)
        found.append(
            Problem(
                "termini della formula che siano indicatori o spiegati in «termini»",
                f"{{{term}}} in {indicator.id}",
                file=file,
                rimedio=f"I più simili: {', '.join(near)}." if near else None,
            )
        )
    return found


@cache
def load() -> Registry:
    """Return the registry of the package, read once per process."""
    folder = resources.files(__package__) / "indicatori"
    file = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".toml")), key=lambda entry: entry.name)
    return parse({entry.name: entry.read_text(encoding="utf-8") for entry in file})


def _toml(value: object) -> str:
    """Return a value as TOML writes it."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{name} = {_toml(one)}" for name, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(one) for one in value) + "]"
    return json.dumps(value, ensure_ascii=False)


_MESSAGES = MappingProxyType(
    {
        "extra_forbidden": "solo i campi documentati in docs/SVILUPPO.md",
        "missing": "il campo obbligatorio",
    }
)


def _problem(nome: str | None, key: str, detail: Mapping[str, object]) -> Problem:
    """Turn a pydantic error into an Italian problem that names the indicator and the field."""
    place = detail["loc"]
    field = ".".join(str(part) for part in place) if isinstance(place, tuple) else str(place)
    kind = str(detail["type"])
    expected = _MESSAGES.get(kind, f"un valore valido ({str(detail['msg']).removeprefix('Value error, ')})")
    found = "assente" if kind == "missing" else f"{detail['input']!r}"
    return Problem(expected, f"{key}.{field} = {found}", file=nome)
