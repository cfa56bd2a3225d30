"""All the figures and the claims of a chapter, or of an edition: what can be checked without the code."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conciliazione_lib.errors import CalcoloError, DatiError, UsoError
from conciliazione_lib.evidence.claims import Claim
from conciliazione_lib.evidence.figure import Figure, Input

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
    figures : dict of str to Figure
    claims : dict of str to Claim
    rows : dict of str to dict
        Rows used by the figures, by their hash: ``{"colonne": [...], "righe": [[...], ...]}``.
    """

    def __init__(self) -> None:
        self.figures: dict[str, Figure] = {}
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

    def keep(self, read: Input, rows: dict[str, Any]) -> Input:
        """Keep the rows of an input, and return it with their hash."""
        known = hashlib.sha256(repr(rows).encode()).hexdigest()[:16]
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
        used = {input_.righe_sha256 for figure in self for input_ in figure.inputs}
        tables: dict[str, dict[str, Any]] = {}
        figures = []
        for key in sorted(self.figures):
            entry = self.figures[key].to_dict()
            for input_ in entry.get("ingressi", ()):
                _separate(input_, tables)
            figures.append(entry)
        return {
            "formato": FORMAT,
            "tabelle": dict(sorted(tables.items())),
            "cifre": figures,
            "affermazioni": [self.claims[key].to_dict() for key in sorted(self.claims)],
            "righe": {key: self.rows[key] for key in sorted(used & set(self.rows))},
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Ledger:
        """Rebuild a ledger from :meth:`to_dict`.

        Raises
        ------
        DatiError
            The data are not a ledger of this format.
        """
        if data.get("formato") != FORMAT:
            raise DatiError(
                f"Registro delle cifre in un formato sconosciuto: atteso {FORMAT}, trovato {data.get('formato')!r}.",
                "rigenerare l'edizione con questa versione del programma.",
            )
        registry = cls()
        registry.rows.update(data["righe"])
        for entry in data["cifre"]:
            inputs = [_reunite(input_, data["tabelle"]) for input_ in entry.get("ingressi", ())]
            registry.add(Figure.from_dict({**entry, "ingressi": inputs}))
        for entry in data["affermazioni"]:
            registry.add_claim(Claim.from_dict(entry))
        return registry

    def text(self) -> str:
        """Return the ledger as JSON, a figure a line: the same text for the same content."""
        parts = []
        for name, content in self.to_dict().items():
            if isinstance(content, list):
                value = "[\n" + ",\n".join(_json(entry) for entry in content) + "\n]"
            elif isinstance(content, dict):
                entries = (f"{_json(key)}: {_json(entry)}" for key, entry in content.items())
                value = "{\n" + ",\n".join(entries) + "\n}"
            else:
                value = _json(content)
            parts.append(f"{_json(name)}: {value}")
        return "{\n" + ",\n".join(parts) + "\n}\n"

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


def _json(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, allow_nan=False)


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
