"""All the figures and the claims of a chapter, or of an edition: what can be checked without the code."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, MutableMapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conciliazione_lib.errors import CalcoloError, DatiError, UsoError
from conciliazione_lib.evidence.claims import Claim
from conciliazione_lib.evidence.figure import Figure, Input, Place

if TYPE_CHECKING:
    import pandas as pd

    from conciliazione_lib.evidence.statements import Statements

FORMAT = 1

#: Rows of an input that travel with a figure (with one of a single comune: there are many of those, and a filter on the
#: published table finds their rows at once); beyond, the card gives the filter and the table to download.
MOST_ROWS, MOST_ROWS_OF_COMUNE = 1000, 20

#: Columns of the ledger as a table.
COLUMNS = (
    *("id", "indicatore", "livello", "territorio", "nome", "periodo", "disaggregazione", "valore", "unita", "testo"),
    *("inferiore", "superiore", "confidenza", "grado", "fonti", "nota"),
)


class Ledger:
    """Figures and claims by id, with the rows the figures were computed from.

    A ledger refuses two different values for one id: when two chapters compute the same figure differently, one of
    them is wrong. Its serialised form does not depend on the order in which things were added.

    Attributes
    ----------
    figures : mapping of str to Figure
    claims : dict of str to Claim
    rows : dict of str to dict
        Rows used by the figures, by their hash: ``{"colonne": [...], "righe": [[...], ...]}``.
    """

    def __init__(self) -> None:
        self.figures: MutableMapping[str, Figure] = {}
        self.claims: dict[str, Claim] = {}
        self.rows: dict[str, dict[str, Any]] = {}
        #: What the edition has decided to say of its figures; nothing for figures that are not the edition's.
        self.statements: Statements | None = None

    def __len__(self) -> int:
        return len(self.figures)

    def __iter__(self) -> Iterator[Figure]:
        return iter(self.figures.values())

    def __contains__(self, key: object) -> bool:
        return key in self.figures

    def __getitem__(self, key: str) -> Figure:
        try:
            return self.figures[key]
        except KeyError:
            raise UsoError(f"La cifra «{key}» non è nel registro.") from None

    def add(self, figure: Figure) -> Figure:
        """Add a figure and return the one the ledger keeps.

        Raises
        ------
        CalcoloError
            The id is there with another value, unit or interval.
        """
        present = self.figures.setdefault(figure.id, figure)
        if present is figure:
            return figure
        if _substance(present) != _substance(figure):
            raise CalcoloError(
                f"Due valori diversi per la stessa cifra «{figure.id}»: "
                f"{present.value!r} ({present.unit}) e {figure.value!r} ({figure.unit}).",
                "la stessa cifra va calcolata in un solo modo; se sono due grandezze diverse, "
                "dichiarare due indicatori o distinguere il periodo o la disaggregazione.",
            )
        if _documentation(figure) < _documentation(present):
            self.figures[figure.id] = present = figure
        return present

    def add_claim(self, claim: Claim) -> Claim:
        """Add a claim; the figures it rests on must already be there.

        Raises
        ------
        CalcoloError
            The id is there with other words.
        UsoError
            One of its figures is not in the ledger.
        """
        for key in claim.figures:
            self[key]
        present = self.claims.setdefault(claim.id, claim)
        if present != claim:
            raise CalcoloError(
                f"Due testi diversi per la stessa affermazione «{claim.id}»: «{present.words}» e «{claim.words}»."
            )
        return present

    def keep(self, read: Input, rows: dict[str, Any], known: str = "") -> Input:
        """Keep the rows of an input, and return it with their hash: worked out here, where it is not ``known``."""
        known = known or hash_of(rows)
        self.rows.setdefault(known, rows)
        return replace(read, righe_sha256=known)

    def merge(self, *altri: Ledger) -> Ledger:
        """Add everything the other ledgers hold; return this one."""
        for other in altri:
            self.rows.update(other.rows)
            for figure in other:
                self.add(figure)
            for claim in other.claims.values():
                self.add_claim(claim)
        return self

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, sorted by id, with only the rows some figure uses.

        The provenance of each table is written once, under ``tabelle``; the inputs of a figure name it.
        """
        figures = {key: figure.to_dict() for key, figure in self.figures.items()}
        return _plain(figures, {key: claim.to_dict() for key, claim in self.claims.items()}, self.rows)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Ledger:
        """Rebuild a ledger from :meth:`to_dict`.

        Raises
        ------
        DatiError
            The data are not a ledger of this format.
        """
        _require_format(data)
        registry = cls()
        registry.rows.update(data["righe"])
        inputs = _Inputs(data["tabelle"])
        for entry in data["cifre"]:
            registry.add(Figure.from_dict(entry, inputs.of(entry)))
        for entry in data["affermazioni"]:
            registry.add_claim(Claim.from_dict(entry))
        return registry

    @classmethod
    def opened(cls, data: Mapping[str, Any]) -> Ledger:
        """Return the same ledger as :meth:`from_dict`, for who asks for few of its figures: each is made then.

        Raises
        ------
        DatiError
            As for :meth:`from_dict`; when a figure is asked for, if it cannot be made or is not the one of its id.
        """
        _require_format(data)
        told = {str(entry["id"]): entry for entry in data["cifre"]}
        if len(told) < len(data["cifre"]):
            return cls.from_dict(data)  # two of one id: whether they agree is seen by making both
        return cls._opened(data, told)

    @classmethod
    def opened_text(cls, content: bytes) -> Ledger:
        """Return the same ledger as :meth:`opened`, from the JSON that :meth:`save` writes: figures are not even read.

        Raises
        ------
        DatiError
            As for :meth:`opened`.
        """
        found = _lines(content)
        if found is None:
            return cls.opened(json.loads(content))
        data, told = found
        _require_format(data)
        return cls._opened(data, told)

    @classmethod
    def _opened(cls, data: Mapping[str, Any], entries: Mapping[str, Mapping[str, Any] | bytes]) -> Ledger:
        told = _Told(entries, data["tabelle"])
        registry = cls()
        registry.rows.update(data["righe"])
        registry.figures = told
        for entry in data["affermazioni"]:
            claim = Claim.from_dict(entry)
            if lost := [key for key in claim.figures if key not in told]:
                raise UsoError(f"La cifra «{lost[0]}» non è nel registro.")
            if registry.claims.setdefault(claim.id, claim) != claim:
                registry.add_claim(claim)
        return registry

    def text(self) -> str:
        """Return the ledger as JSON, a figure a line: the same text for the same content."""
        return text_of(self.to_dict())

    def save(self, file: Path) -> None:
        """Write the ledger as JSON, the same bytes for the same content."""
        file.write_text(self.text(), encoding="utf-8", newline="\n")

    @classmethod
    def read(cls, file: Path) -> Ledger:
        """Read a ledger written by :meth:`save`.

        Raises
        ------
        DatiError
            The file is missing or is not a ledger.
        """
        try:
            return cls.from_dict(json.loads(file.read_text(encoding="utf-8")))
        except FileNotFoundError:
            raise DatiError(f"Manca il registro delle cifre «{file.name}».", "rigenerare l'edizione.") from None
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            raise DatiError(
                f"Il registro delle cifre «{file.name}» non si legge: {error}.", "rigenerare l'edizione."
            ) from None

    def without_value(self, indicators: Collection[str], state: str) -> Iterator[Figure]:
        """Yield the figures that have no value, of some indicators or in a state: of the others none is made."""
        told = self.figures
        for key in told.perhaps(indicators, state) if isinstance(told, _Told) else told:
            figure = told[key]
            if figure.value is None and (figure.indicator in indicators or figure.state == state):
                yield figure

    @property
    def about(self) -> tuple[set[str], set[Place]]:
        """The indicators and the territories of its figures."""
        if isinstance(self.figures, _Told):
            entries = self.figures.entries
            places = {(e["livello"], e["territorio"], e["nome"]) for e in entries}
            return {str(e["indicatore"]) for e in entries}, {Place(*place) for place in places}
        return {figure.indicator for figure in self}, {figure.territory for figure in self}

    def to_frame(self) -> pd.DataFrame:
        """Return the figures as a table, one row each, sorted by id (the open-data form of the ledger).

        Returns
        -------
        pandas.DataFrame
            With the columns :data:`COLUMNS`.
        """
        import pandas as pd

        rows = []
        for key in sorted(self.figures):
            figure = self.figures[key]
            rows.append(
                {
                    "id": figure.id,
                    "indicatore": figure.indicator,
                    "livello": figure.territory.livello,
                    "territorio": figure.territory.codice,
                    "nome": figure.territory.nome,
                    "periodo": figure.period,
                    "disaggregazione": "; ".join(f"{k}={v}" for k, v in figure.breakdown),
                    "valore": figure.value,
                    "unita": figure.unit,
                    "testo": figure.text,
                    "inferiore": figure.lower,
                    "superiore": figure.upper,
                    "confidenza": figure.confidence,
                    "grado": figure.grade,
                    "fonti": "; ".join(dict.fromkeys(i.fonte or i.tabella for i in figure.inputs)),
                    "nota": figure.note,
                }
            )
        frame = pd.DataFrame(rows, columns=COLUMNS)
        real = ["valore", "inferiore", "superiore", "confidenza"]
        return frame.astype(dict.fromkeys(real, "float64"))


class _Told(MutableMapping[str, Figure]):
    """Figures kept as plain data, or as the JSON of each, made when it is asked for."""

    def __init__(
        self, entries: Mapping[str, Mapping[str, Any] | bytes], tables: Mapping[str, Mapping[str, Any]]
    ) -> None:
        self._entries = dict(entries)
        self._inputs = _Inputs(tables)
        self._made: dict[str, Figure] = {}

    def __getitem__(self, key: str) -> Figure:
        if key not in self._made:
            told = self._entries[key]
            try:
                entry = _plainly(told)
                figure = Figure.from_dict(entry, self._inputs.of(entry))
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise DatiError(
                    f"La cifra «{key}» del registro non si legge: {error}.", "rigenerare l'edizione."
                ) from None
            if figure.id != key:
                raise DatiError(f"La cifra «{key}» del registro è in realtà «{figure.id}».", "rigenerare l'edizione.")
            self._made[key] = figure
        return self._made[key]

    @property
    def entries(self) -> Collection[Mapping[str, Any]]:
        """All of them as plain data."""
        return list(map(_plainly, self._entries.values()))

    def perhaps(self, indicators: Collection[str], state: str) -> list[str]:
        """Return the ids of those of some indicators or in a state, and perhaps of some others, without making any."""
        said = json.dumps(state, ensure_ascii=False).encode()
        return [
            key
            for key, entry in self._entries.items()
            if key.partition(".")[0] in indicators
            or (said in entry if isinstance(entry, bytes) else entry.get("stato") == state)
        ]

    def __setitem__(self, key: str, figure: Figure) -> None:
        self._entries.setdefault(key, {})
        self._made[key] = figure

    def __delitem__(self, key: str) -> None:
        del self._entries[key]
        self._made.pop(key, None)

    def __contains__(self, key: object) -> bool:
        return key in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


def _plainly(entry: Mapping[str, Any] | bytes) -> Mapping[str, Any]:
    return dict(json.loads(entry)) if isinstance(entry, bytes) else entry


#: How the JSON of a ledger is written (:func:`text_of`): around the lines of its figures, and the id in one.
_FIGURES, _END, _LINE = b'\n"cifre": [\n', b"\n],\n", re.compile(rb'\{"id": "([^"\\]+)"')


def _lines(content: bytes) -> tuple[dict[str, Any], dict[str, bytes]] | None:
    """Return a ledger without its figures, as plain data, and the JSON of each; nothing, if it is written otherwise."""
    start = content.find(_FIGURES) + len(_FIGURES)
    end = content.find(_END, start)
    if start < len(_FIGURES) or end < 0:
        return None
    lines = content[start:end].split(b",\n")
    ids = [found[1].decode() for found in map(_LINE.match, lines) if found is not None]
    told = dict(zip(ids, lines, strict=False))
    # Another way to write it, or two of one id.
    return (dict(json.loads(content[:start] + content[end:])), told) if len(told) == len(lines) else None


def hash_of(rows: Mapping[str, Any]) -> str:
    """Return the name under which a ledger keeps some rows."""
    return hashlib.sha256(repr(rows).encode()).hexdigest()[:16]


def _require_format(data: Mapping[str, Any]) -> None:
    if data.get("formato") != FORMAT:
        raise DatiError(
            f"Registro delle cifre in un formato sconosciuto: atteso {FORMAT}, trovato {data.get('formato')!r}.",
            "rigenerare l'edizione con questa versione del programma.",
        )


class _Inputs:
    """The inputs of figures, each with the provenance of its table back: most figures share theirs.

    Parameters
    ----------
    tables : mapping
        Provenance, by key.
    """

    def __init__(self, tables: Mapping[str, Mapping[str, Any]]) -> None:
        self._tables = tables
        self._made: dict[tuple[tuple[str, Any], ...], Input] = {}

    def of(self, entry: Mapping[str, Any]) -> tuple[Input, ...]:
        """Return the inputs of a figure given as plain data."""
        return tuple(map(self._one, entry.get("ingressi", ())))

    def _one(self, told: Mapping[str, Any]) -> Input:
        key = tuple(told.items())
        try:
            found = self._made.get(key)
        except TypeError:  # what should be a text is a list: who reads it says so
            return Input(**_reunite(told, self._tables))
        if found is None:
            found = self._made[key] = Input(**_reunite(told, self._tables))
        return found


def _json(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, allow_nan=False)


def text_of(data: Mapping[str, Any]) -> str:
    """Return a ledger as plain data as JSON, a figure a line."""
    parts = []
    for name, content in data.items():
        if isinstance(content, list):
            value = "[\n" + ",\n".join(_json(entry) for entry in content) + "\n]"
        elif isinstance(content, dict):
            entries = (f"{_json(key)}: {_json(entry)}" for key, entry in content.items())
            value = "{\n" + ",\n".join(entries) + "\n}"
        else:
            value = _json(content)
        parts.append(f"{_json(name)}: {value}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def replaced(data: Mapping[str, Any], same: Collection[str], others: Iterable[Ledger]) -> dict[str, Any]:
    """Return a ledger as plain data, where some indicators are as they were and the others as they are now.

    Parameters
    ----------
    data : mapping
        From :meth:`Ledger.to_dict`, before.
    same : collection of str
        The indicators whose figures, and the claims that rest on them, are the same.
    others : iterable of Ledger
        What there is now of each of the other indicators.
    """

    def kept(ids: Iterable[str]) -> bool:
        return all(id.partition(".")[0] in same for id in ids)

    figures = {
        entry["id"]: {**entry, "ingressi": [_reunite(input_, data["tabelle"]) for input_ in entry["ingressi"]]}
        if "ingressi" in entry
        else entry
        for entry in data["cifre"]
        if kept([entry["id"]])
    }
    claims = {entry["id"]: entry for entry in data["affermazioni"] if kept(entry["cifre"])}
    rows = dict(data["righe"])
    for ledger in others:
        figures |= {key: figure.to_dict() for key, figure in ledger.figures.items()}
        claims |= {key: claim.to_dict() for key, claim in ledger.claims.items()}
        rows |= ledger.rows
    return _plain(figures, claims, rows)


def _plain(
    figures: Mapping[str, dict[str, Any]], claims: Mapping[str, dict[str, Any]], rows: Mapping[str, Any]
) -> dict[str, Any]:
    """Return a ledger as plain data from its entries, whose inputs lose their provenance; only with the rows used."""
    used = {i["righe_sha256"] for entry in figures.values() for i in entry.get("ingressi", ()) if "righe_sha256" in i}
    tables: dict[str, dict[str, Any]] = {}
    for key in sorted(figures):
        for input_ in figures[key].get("ingressi", ()):
            _separate(input_, tables)
    return {
        "formato": FORMAT,
        "tabelle": dict(sorted(tables.items())),
        "cifre": [figures[key] for key in sorted(figures)],
        "affermazioni": [claims[key] for key in sorted(claims)],
        "righe": {key: rows[key] for key in sorted(used & set(rows))},
    }


def union(registers: Iterable[Ledger]) -> Ledger:
    """Return one ledger with everything the given ones hold."""
    return Ledger().merge(*registers)


def _separate(input_: dict[str, Any], tables: dict[str, dict[str, Any]]) -> None:
    """Move the provenance of an input, as plain data, among the tables; leave its key in its place."""
    prove = {name: input_.pop(name) for name in list(input_) if name not in Input.RIGHE}
    base = key = f"{prove['tabella']}.{str(prove.get('sha256', ''))[:8]}".rstrip(".")
    time_ = 2
    while tables.setdefault(key, prove) != prove:
        key, time_ = f"{base}.{time_}", time_ + 1
    input_["tabella"] = key


def _reunite(input_: Mapping[str, Any], tables: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return an input with its provenance back."""
    return {**tables[input_["tabella"]], **{n: v for n, v in input_.items() if n != "tabella"}}


def _documentation(figure: Figure) -> tuple[object, ...]:
    """Order two computations of the same value: with inputs and terms first, then the fewest tables and rows."""
    rows = sum(input_.righe for input_ in figure.inputs)
    return (not figure.inputs, not figure.terms, len(figure.inputs), rows, repr(figure.inputs))


def _substance(figure: Figure) -> tuple[object, ...]:
    """Return what must agree between two computations of one figure: values to twelve digits, unit, interval."""

    def round_(valore: float | None) -> str | None:
        return None if valore is None else f"{valore:.12g}"

    return (round_(figure.value), figure.unit, figure.text, round_(figure.lower), round_(figure.upper))
