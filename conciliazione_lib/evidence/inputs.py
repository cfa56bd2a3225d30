"""Which rows of which table a figure was computed from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

from conciliazione_lib import storage
from conciliazione_lib.errors import UsoError
from conciliazione_lib.evidence import formats, grammar
from conciliazione_lib.evidence.figure import Input, Place
from conciliazione_lib.evidence.ledger import RIGHE_MASSIME, RIGHE_MASSIME_COMUNE, Ledger

if TYPE_CHECKING:
    import pandas as pd


class UsedTable:
    """An input table, ready to say which of its rows a territory used."""

    def __init__(
        self, ingresso: Any, ledger: Ledger, codici: set[str], membri: Callable[[str, str], Collection[str]] | None
    ) -> None:
        intera: pd.DataFrame = getattr(ingresso, "frame", ingresso)
        self._frame = intera.reset_index(drop=True)  # rows are found by position
        provenienza = getattr(ingresso, "provenance", None) or intera.attrs.get("provenienza")
        if not provenienza:
            raise UsoError(
                "Una tabella passata in «ingressi» non ha provenienza.",
                "passare la tabella come la dà catalog.table() o catalog.read(); dopo un calcolo, "
                "riportarne attrs['provenienza'].",
            )
        self._prove = _prove(provenienza)
        self._ledger, self._membri = ledger, membri
        self._chiave = next((c for c in ("territorio", "cod_comune") if c in self._frame.columns), None)
        self._gruppi: dict[str, Any] = {}
        if self._chiave:
            gruppi = self._frame.groupby(self._chiave, sort=False, observed=True).indices
            self._gruppi = {str(codice): posti for codice, posti in gruppi.items()}
        #: Whether the rows are of the very territories of the figures: then each has its own, or none.
        self._propri = bool(codici & set(self._gruppi))
        self._testi: dict[str, pd.Series | None] = {}
        self._fatti: dict[tuple[object, ...], Input | None] = {}

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
        stretti = tuple((nome, valore) for nome, valore in valori.items() if self._testo(nome) is not None)
        chiave = (posto.chiave, *stretti)
        if chiave not in self._fatti:
            self._fatti[chiave] = self._crea(posto, stretti)
        return self._fatti[chiave]

    def _testo(self, nome: str) -> pd.Series | None:
        """Return a column as text, or ``None`` when the table has none of that name."""
        if nome not in self._testi:
            presente = nome in self._frame.columns and nome != self._chiave
            self._testi[nome] = self._frame[nome].astype(str) if presente else None
        return self._testi[nome]

    def _crea(self, posto: Place, stretti: tuple[tuple[str, str], ...]) -> Input | None:
        frame, filtro = self._righe_di(posto)
        if frame.empty:
            return None
        for nome, valore in stretti:
            testi = self._testo(nome)
            scelte = frame[testi.loc[frame.index] == valore] if testi is not None else frame
            if not scelte.empty:
                frame, filtro = scelte, f"{filtro}, {nome} = {valore}".removeprefix(", ")
        impronta = ""
        if len(frame) <= (RIGHE_MASSIME_COMUNE if posto.livello == "comune" else RIGHE_MASSIME):
            contenuto = _righe(frame)
            testo = repr(contenuto).encode()
            impronta = hashlib.sha256(testo).hexdigest()[:16]
            self._ledger.rows.setdefault(impronta, contenuto)
        prove = dict(self._prove)
        if "grado" in frame.columns:
            presenti = set(frame["grado"].dropna().astype(str)) & set(storage.GRADI)
            prove["grado"] = max(presenti, key=storage.GRADI.index, default=prove.get("grado", ""))
        return Input(**prove, filtro=filtro, righe=len(frame), righe_sha256=impronta)

    def _righe_di(self, posto: Place) -> tuple[pd.DataFrame, str]:
        """Return the rows of a territory and the filter that finds them; the whole table when it has no territories."""
        frame = self._frame
        if self._chiave and posto.codice in self._gruppi:
            frame, filtro = frame.iloc[self._gruppi[posto.codice]], f"{self._chiave} = {posto.codice}"
            if "livello" in frame.columns:
                frame, filtro = frame[frame["livello"] == posto.livello], f"livello = {posto.livello}, {filtro}"
            return frame, filtro
        if self._chiave == "cod_comune" and self._membri is not None:
            comuni = set() if posto.livello == "italia" else set(self._membri(posto.livello, posto.codice))
            posti = [self._gruppi[comune] for comune in sorted(comuni & self._gruppi.keys())]
            suoi = frame.iloc[np.sort(np.concatenate(posti))] if posti else frame.iloc[:0]
            return suoi, f"cod_comune tra i comuni {grammar.di(posto)}"
        return (frame.iloc[:0] if self._propri else frame), ""


def _righe(frame: pd.DataFrame) -> dict[str, Any]:
    """Return the rows as plain data, the same for the same content."""

    def semplice(valore: Any) -> Any:
        if isinstance(valore, str | bool) or valore is None:
            return valore
        if hasattr(valore, "isoformat"):
            return valore.isoformat()[:10]
        if formats.mancante(valore):
            return None
        reale = float(valore)
        return int(reale) if reale.is_integer() else reale

    return {
        "colonne": [str(colonna) for colonna in frame.columns],
        "righe": [[semplice(v) for v in riga] for riga in frame.itertuples(index=False, name=None)],
    }


def _prove(provenienza: Any) -> dict[str, Any]:
    """Keep of a provenance (``storage.Provenance`` or its mapping) what :class:`Input` has a field for."""
    valori = provenienza if isinstance(provenienza, Mapping) else provenienza.to_dict()
    previsti = {campo.name for campo in fields(Input)}
    return {nome: valore for nome, valore in valori.items() if nome in previsti}


def weakest_grade(ingressi: Sequence[Input]) -> str:
    """Return the least solid grade among the inputs; empty when no input has one."""
    gradi = [storage.GRADI.index(ingresso.grado) for ingresso in ingressi if ingresso.grado in storage.GRADI]
    return storage.GRADI[max(gradi)] if gradi else ""
