"""The traceable number: what it is, of which territory and when, from which rows it comes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from html import escape
from typing import Any, ClassVar

import conciliazione_lib.evidence.formats as formats

#: What a figure may be; only the first two have a value, and the second is a lower bound.
STATES = (
    *("presente", "parziale", "non_disponibile", "non_applicabile"),
    *("troppo_pochi", "protetto", "non_calcolabile"),
)
WITH_VALUE = STATES[:2]

#: Levels whose codes are unique among all territories, and so appear bare in a figure's id.
SIMPLE_LEVELS = ("ats", "regione", "italia")


@dataclass(frozen=True, order=True)
class Place:
    """A territory as figures and sentences name it.

    Attributes
    ----------
    livello, codice : str
        As in ``territory`` (``ats``/``insubria``, ``comune``/``015146``).
    nome : str
        Name alone, as shown in tables (``Insubria``, ``Azzate``).
    """

    livello: str
    codice: str
    nome: str

    @property
    def chiave(self) -> str:
        """``codice`` for ATS, region and Italy, ``livello-codice`` for the others, as an ambito may share its slug."""
        return self.codice if self.livello in SIMPLE_LEVELS else f"{self.livello}-{self.codice}"


@dataclass(frozen=True)
class Input:
    """One table a figure was computed from, and which of its rows.

    Attributes
    ----------
    tabella : str
        Name in the catalog.
    filtro : str
        Which rows, in words a reader can apply (``territorio = insubria``).
    righe : int
        How many rows.
    sha256 : str
        Hash of the source file, as in its provenance.
    righe_sha256 : str
        Hash of the very rows used; their content is in ``Ledger.rows`` under it, when small enough to travel.
    titolo, fonte, licenza, url, data_riferimento, recuperato, grado, origine : str
        Provenance, as the catalog gave it (``origine`` is the tier that served the table).
    provvisorio : bool
        The source marks the table as provisional.
    """

    #: Fields that say which rows.
    RIGHE: ClassVar[tuple[str, ...]] = ("filtro", "righe", "righe_sha256")

    tabella: str
    filtro: str = ""
    righe: int = 0
    sha256: str = ""
    righe_sha256: str = ""
    titolo: str = ""
    fonte: str = ""
    licenza: str = ""
    url: str = ""
    data_riferimento: str = ""
    recuperato: str = ""
    grado: str = ""
    origine: str = ""
    provvisorio: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the fields that say something, in a fixed order."""
        return {name: value for name, value in vars(self).items() if value}


#: Whole numbers below this have no more digits than are kept.
_WHOLE = 10**12


@dataclass(frozen=True)
class Figure:
    """A number that may reach a reader.

    Attributes
    ----------
    indicator : str
        Id in the registry.
    value : float or None
        In ``unit``, unrounded; ``None`` when it is missing, and then ``note`` says why.
    unit : str
        One of :data:`evidence.formats.UNIT`.
    decimals : int
        Digits shown.
    territory : Place
        Whose figure it is.
    period : str
        ISO date, year or span (``2022-01-01``, ``2023``, ``2018-2023``).
    breakdown : tuple of (str, str)
        Key and value of each further dimension (``("sesso", "F")``), sorted by key.
    lower, upper, confidence : float or None
        Interval in the same unit and its confidence level, where the indicator has an uncertainty.
    grade : str
        Lowest grade among the inputs (``atto, pubblicazione, stampa, stima``).
    inputs : tuple of Input
        Where it comes from.
    terms : tuple of (str, float or None)
        The actual numbers of the formula, by the name of the term.
    note : str
        Reason of a missing value, or a caveat.
    state : str
        One of :data:`STATES`: why there is no value, or how whole it is.
    imputed : float
        Share of the value, from 0 to 1, that was apportioned or imputed.
    method : str
        How an estimate was made.
    """

    indicator: str
    value: float | None
    unit: str
    decimals: int
    territory: Place
    period: str
    breakdown: tuple[tuple[str, str], ...] = ()
    lower: float | None = None
    upper: float | None = None
    confidence: float | None = None
    grade: str = ""
    inputs: tuple[Input, ...] = ()
    terms: tuple[tuple[str, float | None], ...] = ()
    note: str = ""
    state: str = ""
    imputed: float = 0.0
    method: str = ""
    id: str = field(init=False)

    def __post_init__(self) -> None:
        own = vars(self)  # frozen for all others
        for name in ("value", "lower", "upper"):
            own[name] = _clean(own[name])
        own["terms"] = tuple((name, _clean(value)) for name, value in self.terms) if self.terms else ()
        if not self.state:
            own["state"] = "presente" if self.value is not None else "non_disponibile"
        parts = [self.indicator, self.territory.chiave, self.period]
        own["breakdown"] = tuple(sorted((str(k), str(v)) for k, v in self.breakdown)) if self.breakdown else ()
        if self.breakdown:
            parts += [f"{key}-{value}" for key, value in self.breakdown]
        own["id"] = ".".join(map(_safe, parts))

    @cached_property
    def text(self) -> str:
        """The number as every reader sees it, with the symbol of its unit; ``n.d.`` when missing.

        A lower bound is never written as if it were the whole: ``almeno 6.526``. In the place of what was guessed
        altogether stands its interval: ``7–22``.
        """
        if self.guessed:
            return self._from + formats.format_(self.upper, self.unit, self.decimals)
        return self._bound + formats.format_(self.value, self.unit, self.decimals)

    @property
    def number(self) -> str:
        """The number alone, under a header that gives its unit; a lower bound or an interval says that it is one."""
        if self.guessed:
            return self._from + formats.numero(self.upper, self.decimals)
        return self._bound + formats.numero(self.value, self.decimals)

    @property
    def guessed(self) -> bool:
        """Whether it is imputed altogether: only its interval can be said."""
        return self.value is not None and self.uncertain and self.imputed >= 1

    @property
    def partial(self) -> bool:
        """Whether the value is a lower bound."""
        return self.state == "parziale"

    @property
    def _bound(self) -> str:
        return "almeno " if self.partial else ""

    @property
    def _from(self) -> str:
        return f"{formats.numero(self.lower, self.decimals)}–"

    @property
    def missing(self) -> bool:
        """Whether there is no value."""
        return self.value is None

    @property
    def uncertain(self) -> bool:
        """Whether it carries an interval."""
        return self.lower is not None and self.upper is not None

    @property
    def interval_text(self) -> str:
        """The interval in Italian (``tra il 12,1% e il 14,3%``), or an empty string."""
        if not self.uncertain:
            return ""
        return formats.intervallo(self.lower, self.upper, self.unit, self.decimals)

    @property
    def year(self) -> int | None:
        """The (last) year of the period, for series; ``None`` when the period names none."""
        years = re.findall(r"(?:19|20)\d{2}", self.period)
        return int(years[-1]) if years else None

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<Figure {self.id}: {self.text}>"

    def _repr_html_(self) -> str:
        """Return the face for JupyterLab: the number, of what, of whom, from where."""
        rows = {"territorio": self.territory.nome, "periodo": self.period, "intervallo": self.interval_text}
        rows |= dict(self.breakdown) | {"nota": self.note}
        rows |= {"fonte": "; ".join(dict.fromkeys(source.fonte for source in self.inputs if source.fonte))}
        cells = "".join(f"<tr><th>{escape(k)}</th><td>{escape(v)}</td></tr>" for k, v in rows.items() if v)
        return f"<p><strong>{escape(self.indicator)}: {escape(self.text)}</strong></p><table>{cells}</table>"

    def with_value(self, value: float | None, **changes: Any) -> Figure:
        """Return a copy with another value (used by the mutation tests and by scenarios)."""
        return replace(self, value=value, **changes)

    def to_dict(self) -> dict[str, Any]:
        """Return the figure as plain data with Italian keys; only what is there is written."""
        data: dict[str, Any] = {
            "id": self.id,
            "indicatore": self.indicator,
            "valore": self.value,
            "testo": self.text,
            "unita": self.unit,
            "decimali": self.decimals,
            "livello": self.territory.livello,
            "territorio": self.territory.codice,
            "nome": self.territory.nome,
            "periodo": self.period,
        }
        if self.breakdown:
            data["disaggregazione"] = dict(self.breakdown)
        if self.uncertain:
            data |= {"inferiore": self.lower, "superiore": self.upper, "confidenza": self.confidence}
        if self.grade:
            data["grado"] = self.grade
        if self.inputs:
            data["ingressi"] = [input_.to_dict() for input_ in self.inputs]
        if self.terms:
            data["termini"] = dict(self.terms)
        if self.note:
            data["nota"] = self.note
        if self.state not in ("presente", "non_disponibile"):
            data["stato"] = self.state
        if self.imputed:
            data["imputata"] = self.imputed
        if self.method:
            data["metodo"] = self.method
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], inputs: tuple[Input, ...] | None = None) -> Figure:
        """Rebuild a figure from :meth:`to_dict` (``testo`` is recomputed, never trusted).

        Parameters
        ----------
        data : mapping
        inputs : tuple of Input, optional
            Where it comes from, when they are known apart.
        """
        if inputs is None:
            inputs = tuple(Input(**input_) for input_ in data.get("ingressi", ()))
        return cls(
            indicator=data["indicatore"],
            value=data["valore"],
            unit=data["unita"],
            decimals=data["decimali"],
            territory=Place(data["livello"], data["territorio"], data["nome"]),
            period=data["periodo"],
            breakdown=tuple(data.get("disaggregazione", {}).items()),
            lower=data.get("inferiore"),
            upper=data.get("superiore"),
            confidence=data.get("confidenza"),
            grade=data.get("grado", ""),
            inputs=inputs,
            terms=tuple(data.get("termini", {}).items()),
            note=data.get("nota", ""),
            state=data.get("stato", ""),
            imputed=data.get("imputata", 0.0),
            method=data.get("metodo", ""),
        )


def _clean(value: float | None) -> float | None:
    if value is None or (type(value) is int and abs(value) < _WHOLE):
        return value  # it is clean already
    return None if formats.missing(value) else formats.clean(value)


@lru_cache(maxsize=1 << 14)
def _safe(testo: str) -> str:
    """Keep in an id only what is safe in a URL, a file name and an HTML attribute."""
    return re.sub(r"[^0-9A-Za-zÀ-ÿ_.\-]+", "-", testo.replace("+", "-piu")).strip("-") or "-"
