"""Which rows of which table a figure was computed from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from conciliazione_lib import catalog, storage
from conciliazione_lib.errors import UsoError
from conciliazione_lib.evidence import formats, grammar
from conciliazione_lib.evidence.figure import Input, Place
from conciliazione_lib.evidence.ledger import RIGHE_MASSIME, RIGHE_MASSIME_COMUNE, Ledger

if TYPE_CHECKING:
    import pandas as pd


#: Tables up to this many rows are converted whole, once; of a longer one only the rows asked for.
_TUTTA_INSIEME = 10_000


class _Rows:
    """The rows of a table, as it is now, by position: each column converted once, however many figures ask for it."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.source = frame
        self.frame = frame.copy(deep=False)
        self.shape = (len(frame), tuple(frame.columns))
        self.key = next((c for c in ("territorio", "cod_comune") if c in frame.columns), None)
        self._texts: dict[str, np.ndarray | None] = {}
        self._values: dict[str, np.ndarray] = {}

    @cached_property
    def all(self) -> np.ndarray:
        """The positions of all the rows."""
        return np.arange(len(self.frame))

    @cached_property
    def groups(self) -> dict[str, np.ndarray]:
        """The positions of the rows of each territory; none when the table has no territories."""
        if not self.key:
            return {}
        codes, territories = self.frame[self.key].factorize()
        order = np.argsort(codes, kind="stable")
        starts = np.searchsorted(codes, np.arange(len(territories) + 1), sorter=order)
        return {str(code): order[start:end] for code, start, end in zip(territories, starts, starts[1:], strict=False)}

    def text(self, name: str) -> np.ndarray | None:
        """Return a column as text, or ``None`` when the table has none of that name."""
        if name not in self._texts:
            present = name in self.frame.columns and name != self.key
            self._texts[name] = self.frame[name].astype(str).to_numpy(dtype=object) if present else None
        return self._texts[name]

    def at(self, positions: np.ndarray) -> dict[str, Any]:
        """Return some rows as plain data, the same for the same content."""
        columns = [self._plain(name, positions) for name in self.frame.columns]
        return {
            "colonne": [str(name) for name in self.frame.columns],
            "righe": [list(row) for row in zip(*columns, strict=True)],
        }

    def _plain(self, name: str, positions: np.ndarray) -> Iterable[Any]:
        if len(self.frame) > _TUTTA_INSIEME:
            return [_semplice(value) for value in self.frame[name].iloc[positions].tolist()]
        if name not in self._values:
            values = np.empty(len(self.frame), dtype=object)
            values[:] = [_semplice(value) for value in self.frame[name].tolist()]
            self._values[name] = values
        return self._values[name][positions]


#: A chapter makes figures from the same tables many times: the last ones are not prepared again.
_RECENTI: dict[int, _Rows] = {}
_QUANTE_RECENTI = 12


def _righe_di(frame: pd.DataFrame) -> _Rows:
    note = _RECENTI.pop(id(frame), None)
    if note is None or note.source is not frame or note.shape != (len(frame), tuple(frame.columns)):
        note = _Rows(frame)
    _RECENTI[id(frame)] = note
    while len(_RECENTI) > _QUANTE_RECENTI:
        del _RECENTI[next(iter(_RECENTI))]
    return note


class UsedTable:
    """An input table, ready to say which of its rows a territory used."""

    def __init__(
        self, ingresso: Any, ledger: Ledger, codici: set[str], membri: Callable[[str, str], Collection[str]] | None
    ) -> None:
        intera: pd.DataFrame = getattr(ingresso, "frame", ingresso)
        provenienza = getattr(ingresso, "provenance", None) or intera.attrs.get("provenienza")
        if not provenienza:
            raise UsoError(
                "Una tabella passata in «ingressi» non ha provenienza.",
                "passare la tabella come la dà catalog.table() o catalog.read(); dopo un calcolo, "
                "riportarne attrs['provenienza'].",
            )
        self._prove = _prove(provenienza)
        self._ledger, self._membri = ledger, membri
        #: Rows about single people never travel with a figure: it says which table, and no more.
        tabella = self._prove.get("tabella")
        self._riservata = tabella in catalog.names() and catalog.spec(str(tabella)).reserved
        self._righe = _righe_di(intera)
        self._codici = codici
        self._fatti: dict[tuple[object, ...], Input | None] = {}

    @cached_property
    def _propri(self) -> bool:
        """Whether the rows are of the very territories of the figures: then each has its own, or none."""
        return not self._codici.isdisjoint(self._righe.groups)

    def per(self, posto: Place, valori: Mapping[str, str]) -> Input | None:
        """Return the input as used for a figure, its rows recorded in the ledger; ``None`` when it has none.

        Parameters
        ----------
        posto : Place
            Territory of the figure.
        valori : mapping
            Its indicator, period and breakdown: a table in long form has columns of those names, and its rows are
            narrowed by those where the value occurs.
        """
        stretti = tuple((nome, valore) for nome, valore in valori.items() if self._righe.text(nome) is not None)
        chiave = (posto.chiave, *stretti)
        if chiave not in self._fatti:
            self._fatti[chiave] = self._crea(posto, stretti)
        return self._fatti[chiave]

    def _crea(self, posto: Place, stretti: tuple[tuple[str, str], ...]) -> Input | None:
        if self._riservata:
            return Input(**self._prove)
        posti, filtro = self._posti_di(posto)
        if not len(posti):
            return None
        for nome, valore in stretti:
            scelti = self._con(nome, valore, posti)
            if len(scelti):
                posti, filtro = scelti, f"{filtro}, {nome} = {valore}".removeprefix(", ")
        impronta = ""
        if len(posti) <= (RIGHE_MASSIME_COMUNE if posto.livello == "comune" else RIGHE_MASSIME):
            contenuto = self._righe.at(posti)
            testo = repr(contenuto).encode()
            impronta = hashlib.sha256(testo).hexdigest()[:16]
            self._ledger.rows.setdefault(impronta, contenuto)
        prove = dict(self._prove)
        gradi = self._righe.text("grado")
        if gradi is not None:
            presenti = set(gradi[posti]) & set(storage.GRADI)
            prove["grado"] = max(presenti, key=storage.GRADI.index, default=prove.get("grado", ""))
        return Input(**prove, filtro=filtro, righe=len(posti), righe_sha256=impronta)

    def _con(self, nome: str, valore: str, posti: np.ndarray) -> np.ndarray:
        """Return the positions, among some, of the rows that have a value in a column."""
        testi = self._righe.text(nome)
        return posti if testi is None else posti[testi[posti] == valore]

    def _posti_di(self, posto: Place) -> tuple[np.ndarray, str]:
        """Return the rows of a territory and the filter that finds them; the whole table when it has no territories."""
        gruppi, chiave = self._righe.groups, self._righe.key
        if chiave and posto.codice in gruppi:
            posti, filtro = gruppi[posto.codice], f"{chiave} = {posto.codice}"
            if "livello" in self._righe.frame.columns:
                posti = self._con("livello", posto.livello, posti)
                filtro = f"livello = {posto.livello}, {filtro}"
            return posti, filtro
        if chiave == "cod_comune" and self._membri is not None:
            comuni = set() if posto.livello == "italia" else set(self._membri(posto.livello, posto.codice))
            suoi = [gruppi[comune] for comune in sorted(comuni & gruppi.keys())]
            # a stable sort finds the runs there are: the rows of a comune are in order already
            posti = np.sort(np.concatenate(suoi), kind="stable") if suoi else self._righe.all[:0]
            return posti, f"cod_comune tra i comuni {grammar.di(posto)}"
        return (self._righe.all[:0] if self._propri else self._righe.all), ""


def _semplice(valore: Any) -> Any:
    """Return a cell as plain data."""
    if isinstance(valore, str | bool) or valore is None:
        return valore
    if hasattr(valore, "isoformat"):
        return valore.isoformat()[:10]
    if formats.mancante(valore):
        return None
    reale = float(valore)
    return int(reale) if reale.is_integer() else reale


def _prove(provenienza: Any) -> dict[str, Any]:
    """Keep of a provenance (``storage.Provenance`` or its mapping) what :class:`Input` has a field for."""
    valori = provenienza if isinstance(provenienza, Mapping) else provenienza.to_dict()
    previsti = {campo.name for campo in fields(Input)}
    return {nome: valore for nome, valore in valori.items() if nome in previsti}


def weakest_grade(ingressi: Sequence[Input]) -> str:
    """Return the least solid grade among the inputs; empty when no input has one."""
    gradi = [storage.GRADI.index(ingresso.grado) for ingresso in ingressi if ingresso.grado in storage.GRADI]
    return storage.GRADI[max(gradi)] if gradi else ""
