"""What changed between two editions: every figure, by how much and why."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from conciliazione_lib.errors import DatiError
from conciliazione_lib.evidence import Figure, Ledger, Registry
from conciliazione_lib.quality.decomposition import Cause, split

if TYPE_CHECKING:
    from conciliazione_lib.territory import Territory

#: Name of the file that says what an edition was made with, beside its ledger.
FILE = "edizione.json"
FORMAT = 1

#: Computes a figure again with some causes undone: (old figure, new figure, causes that acted) -> value, if it can.
Recompute = Callable[[Figure, Figure, frozenset[Cause]], float | None]


@dataclass(frozen=True)
class Edition:
    """A finished edition: its figures, and what they were made with.

    Attributes
    ----------
    nome : str
        Name of the edition.
    ledger : Ledger
        All its figures.
    metodi : mapping of str to str
        Fingerprint of the definition of each indicator.
    confini : mapping of str to str
        Fingerprint of the comuni of each territory, by ``Place.chiave``.
    data : str
        Date of its geography.
    """

    nome: str
    ledger: Ledger
    metodi: Mapping[str, str] = field(default_factory=dict)
    confini: Mapping[str, str] = field(default_factory=dict)
    data: str = ""

    def text(self) -> str:
        """Return what the edition was made with as JSON (its ledger is beside, in ``cifre.json``)."""
        data = {
            "formato": FORMAT,
            "edizione": self.nome,
            "data": self.data,
            "metodi": dict(self.metodi),
            "confini": dict(self.confini),
        }
        return json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True) + "\n"

    def save(self, folder: Path) -> None:
        """Write what the edition was made with beside its ledger (``cifre.json`` is written by the build)."""
        (folder / FILE).write_text(self.text(), encoding="utf-8", newline="\n")

    @classmethod
    def read(cls, folder: Path) -> Edition:
        """Read an edition from its folder.

        Raises
        ------
        DatiError
            The folder is not an edition of this format.
        """
        try:
            data: dict[str, Any] = json.loads((folder / FILE).read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise DatiError(
                f"La cartella «{folder.name}» non contiene un'edizione: manca {FILE}.",
                "Indicare la cartella di un'edizione generata, per esempio reports/2025-2027.",
            ) from None
        except json.JSONDecodeError as error:
            raise DatiError(f"Il file {FILE} della cartella «{folder.name}» è danneggiato: {error}.") from None
        if data.get("formato") != FORMAT:
            raise DatiError(
                f"L'edizione «{folder.name}» è in un formato sconosciuto: {data.get('formato')!r} anziché {FORMAT}.",
                "Rigenerare l'edizione con questa versione del programma.",
            )
        return cls(data["edizione"], Ledger.read(folder / "cifre.json"), data["metodi"], data["confini"], data["data"])


def _fingerprint(content: object) -> str:
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:16]


def describe(nome: str, ledger: Ledger, registry: Registry, territory: Territory) -> Edition:
    """Describe an edition just built, so that a later one can be compared with it.

    Parameters
    ----------
    nome : str
        Name of the edition.
    ledger : Ledger
        All its figures.
    registry : Registry
        Declarations of the indicators.
    territory : Territory
        Comuni of the territories at the date of the edition.
    """
    indicators, places = ledger.about
    methods = {i: _fingerprint([registry[i].definizione, registry[i].formula, registry[i].unita]) for i in indicators}
    boundaries = {}
    for place in places:
        if place.livello == "italia":
            continue
        boundaries[place.chiave] = _fingerprint(sorted(territory.members(place.livello, place.codice)))
    return Edition(nome, ledger, methods, boundaries, territory.data)


@dataclass(frozen=True)
class Change:
    """A figure of two editions.

    Attributes
    ----------
    prima, dopo : Figure or None
        The figure in each edition; missing where the edition does not have it.
    effetti : mapping of str to float
        The change split among its causes; empty when nothing changed or one side has no value.
    """

    prima: Figure | None
    dopo: Figure | None
    effetti: Mapping[Cause, float] = field(default_factory=dict)

    @property
    def figure(self) -> Figure:
        """The newest of the two."""
        figure = self.dopo or self.prima
        assert figure is not None, "a change has at least one side"
        return figure

    @property
    def variazione(self) -> float | None:
        """New value less old value, missing when either is."""
        if self.prima is None or self.dopo is None or self.prima.value is None or self.dopo.value is None:
            return None
        return self.dopo.value - self.prima.value


Key = tuple[str, str, tuple[tuple[str, str], ...]]


def key(figure: Figure) -> Key:
    """Return what a figure is, whatever its period: indicator, territory, breakdown."""
    return figure.indicator, figure.territory.chiave, figure.breakdown


def _last(figure: Iterable[Figure]) -> dict[Key, Figure]:
    """Return the figure of the latest period for every indicator, territory and breakdown."""
    choices: dict[Key, Figure] = {}
    for one_figure in sorted(figure, key=lambda f: (f.year or 0, f.period)):
        choices[key(one_figure)] = one_figure
    return choices


def _sources(figure: Figure) -> dict[tuple[str, str], str]:
    return {(i.tabella, i.data_riferimento): i.sha256 for i in figure.inputs}


def causes(before: Figure, after: Figure, a: Edition, b: Edition) -> list[Cause]:
    """Tell which causes may have changed a figure between two editions.

    Parameters
    ----------
    before, after : Figure
        The same indicator of the same territory in the two editions.
    a, b : Edition
        The older and the newer edition.

    Returns
    -------
    list of str
        In a fixed order: period, boundaries, method, revision of the source.
    """
    found: list[Cause] = []
    if before.period != after.period:
        found.append("periodo")
    one_key = before.territory.chiave
    if a.confini.get(one_key) != b.confini.get(one_key):
        found.append("confini")
    if a.metodi.get(before.indicator) != b.metodi.get(after.indicator) or before.unit != after.unit:
        found.append("metodo")
    sources_a, sources_b = _sources(before), _sources(after)
    comuni = sources_a.keys() & sources_b.keys()
    revised = any(sources_a[f] != sources_b[f] for f in comuni)
    if revised or (before.period == after.period and sources_a.keys() != sources_b.keys()):
        found.append("revisione")
    return found


def compare(a: Edition, b: Edition, recompute: Recompute | None = None) -> list[Change]:
    """Compare two editions figure by figure.

    A figure of the same period in both editions is compared with itself; a figure whose period only one edition has is
    compared with the latest of the other, when that too has no counterpart.

    Parameters
    ----------
    a, b : Edition
        The older and the newer edition.
    recompute : callable, optional
        Computes a figure again with some causes undone, to split changes that have several.

    Returns
    -------
    list of Change
        Every figure of either edition, sorted by id; unchanged ones have no effects.
    """
    same = a.ledger.figures.keys() & b.ledger.figures.keys()
    alone_a = _last(f for f in a.ledger if f.id not in same)
    alone_b = _last(f for f in b.ledger if f.id not in same)
    pairs: list[tuple[Figure | None, Figure | None]] = [(a.ledger[i], b.ledger[i]) for i in same]
    paired = alone_a.keys() & alone_b.keys()
    pairs += [(alone_a[k], alone_b[k]) for k in paired]
    used = {alone_a[k].id for k in paired} | {alone_b[k].id for k in paired} | same
    pairs += [(f, None) for f in a.ledger if f.id not in used]
    pairs += [(None, f) for f in b.ledger if f.id not in used]
    changes = [_change(before, after, a, b, recompute) for before, after in pairs]
    return sorted(changes, key=lambda c: c.figure.id)


def _change(before: Figure | None, after: Figure | None, a: Edition, b: Edition, recompute: Recompute | None) -> Change:
    if before is None or after is None or before.value is None or after.value is None or before.value == after.value:
        return Change(before, after)
    cause = causes(before, after, a, b)
    old, new = before.value, after.value
    if not cause:
        return Change(before, after, {"ignota": new - old})

    def value(acted: frozenset[Cause]) -> float | None:
        if not acted:
            return old
        if len(acted) == len(cause):
            return new
        return None if recompute is None else recompute(before, after, acted)

    return Change(before, after, split(cause, value))


def to_frame(changes: Iterable[Change]) -> pd.DataFrame:
    """Return the changes as a table.

    Parameters
    ----------
    changes : iterable of Change
        As given by :func:`compare`.

    Returns
    -------
    DataFrame
        One row per figure: ``cifra, indicatore, livello, territorio, nome, periodo_prima, periodo_dopo, valore_prima,
        valore_dopo, variazione`` and one column per cause (zero where it did not act).
    """
    cause: tuple[Cause, ...] = ("periodo", "confini", "metodo", "revisione", "congiunte", "ignota")
    rows: list[dict[str, object]] = []
    for c in changes:
        rows.append(
            {
                "cifra": c.figure.id,
                "indicatore": c.figure.indicator,
                "livello": c.figure.territory.livello,
                "territorio": c.figure.territory.codice,
                "nome": c.figure.territory.nome,
                "periodo_prima": c.prima.period if c.prima else None,
                "periodo_dopo": c.dopo.period if c.dopo else None,
                "valore_prima": c.prima.value if c.prima else None,
                "valore_dopo": c.dopo.value if c.dopo else None,
                "variazione": c.variazione,
                **{one_cause: c.effetti.get(one_cause, 0.0) for one_cause in cause},
            }
        )
    return pd.DataFrame(rows)
