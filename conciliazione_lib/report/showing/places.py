"""Which territories a chapter speaks of, and what they are called."""

from __future__ import annotations

from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from conciliazione_lib.errors import UsoError
from conciliazione_lib.evidence import Place, formats
from conciliazione_lib.region import REGIONE

if TYPE_CHECKING:
    import conciliazione_lib.report.blocks as blocks
    from conciliazione_lib.evidence import Store, StoredFigures
    from conciliazione_lib.territory import Territory

#: Which territories: the name of a choice, and what the first column is called.
CHOICES: Final = MappingProxyType(
    {
        "ats": "Territorio",
        "ambiti": "Ambito",
        "distretti": "Distretto",
        "comuni": "Comune",
        "province": "Territorio",
        "suo": "Territorio",
        "italia": "Territorio",
        "insieme": "Territorio",
        "sue province": "Provincia",
        "ats e italia": "Territorio",
        "sole ats": "Territorio",
    }
)


class Places:
    """The territories of a chapter."""

    if TYPE_CHECKING:
        t: Place
        data: str
        territorio: Territory

        @cached_property
        def cifre_edizione(self) -> Store: ...  # noqa: D102
        @cached_property
        def f(self) -> StoredFigures: ...  # noqa: D102
        def frame(self, *indicatori: str, **scelta: Any) -> pd.DataFrame: ...  # noqa: D102
        def fonte(self, *indicatori: str, **scelta: Any) -> str: ...  # noqa: D102
        def elenco(self, nome: str) -> pd.DataFrame: ...  # noqa: D102
        def parole(self, modello: str, **nomi: Any) -> str: ...  # noqa: D102
        def luogo(self, livello: str, codice: str) -> Place: ...  # noqa: D102
        def tabella(self, frame: pd.DataFrame, *, id: str, titolo: str, **altro: Any) -> None: ...  # noqa: D102

        grafico: Any
        mappa: Any

        def _show(self, blocco: blocks.Blocco) -> None: ...

    @property
    def regione(self) -> bool:
        """Whether the chapter is about the whole region."""
        return self.t.livello == "regione"

    @property
    def lombardia(self) -> Place:
        """The region, to name it."""
        return self.luogo("regione", REGIONE)

    @property
    def italia(self) -> Place:
        """The nation, to name it."""
        return self.luogo("italia", "italia")

    def propri(self, livello: str) -> list[str]:
        """Return the codes of the territories of a level inside the chapter's own.

        Parameters
        ----------
        livello : str
            ``comune``; ``ambito`` (all of them, also those of which some comuni, or all, are not known) or
            ``distretto``; ``provincia`` (those some of the comuni are of, the one with most of them first); ``ats``.
        """
        if livello == "comune":
            return list(self.territorio.members(self.t.livello, self.t.codice))
        if livello == "provincia":
            own = self.territorio.comuni.loc[self.propri("comune"), "provincia"]
            return [str(code) for code in own.value_counts().index]
        if livello == "ats":
            return list(self.territorio.codes("ats")) if self.regione else [self.t.codice]
        return [str(code) for code in self.territorio.completezza(livello, self.t.codice).territori]

    def luoghi(self, di: str) -> dict[str, list[str]]:
        """Return the territories of a choice as ``livello`` and ``territori``, for :meth:`frame` and :meth:`fonte`.

        Parameters
        ----------
        di : str
            ``ats`` (all of them, and the region), ``province`` (its own, and the region), ``ambiti``, ``distretti``,
            ``comuni`` (its own), ``suo`` (itself and the region), ``italia`` and ``ats e italia`` (``suo`` and ``ats``,
            and Italy), ``insieme`` (``italia`` and its provinces, but one that is the same territory), ``sue province``
            (its provinces alone), ``sole ats`` (all of them, without the region: what only ATS have).
        """
        if di in ("italia", "ats e italia"):
            places = self.luoghi("suo" if di == "italia" else "ats")
            return {"livello": [*places["livello"], "italia"], "territori": [*places["territori"], "italia"]}
        if di == "sole ats":
            return {"livello": ["ats"], "territori": list(self.territorio.codes("ats"))}
        if di == "ats":
            return {"livello": ["ats", "regione"], "territori": [*self.territorio.codes("ats"), REGIONE]}
        if di == "province":
            own = [] if self.regione else self.propri("provincia")
            return {"livello": ["provincia", "regione"], "territori": [*own, REGIONE]}
        if di == "suo":
            levels, codes = [self.t.livello, "regione"], [self.t.codice, REGIONE]
            return {"livello": list(dict.fromkeys(levels)), "territori": list(dict.fromkeys(codes))}
        if di == "insieme":
            comuni = set(self.propri("comune"))
            apart = [code for code in sorted(self.propri("provincia")) if self._comuni_of(code) != comuni]
            levels = [self.t.livello, "provincia", "regione", "italia"]
            codes = [self.t.codice, *apart, REGIONE, "italia"]
            return {"livello": list(dict.fromkeys(levels)), "territori": list(dict.fromkeys(codes))}
        if di == "sue province":
            return {"livello": ["provincia"], "territori": sorted(self.propri("provincia"))}
        level = {"ambiti": "ambito", "distretti": "distretto", "comuni": "comune"}.get(di)
        if level is None:
            raise UsoError(f"«{di}» non è una scelta di territori.", f"Usare: {', '.join(CHOICES)}.")
        return {"livello": [level], "territori": self.propri(level)}

    def nomi(self, righe: pd.DataFrame) -> str:
        """Return the names of the territories of some rows, as words: ``Bollate, Corsico e Rho``."""
        return formats.elenco([self._short(*key) for key in zip(righe["livello"], righe["territorio"], strict=True)])

    def nome_altrove(self, livello: str, codice: str) -> str:
        """Return the name of a territory and, for an ambito or a distretto of another ATS, whose it is."""
        name = self._short(livello, codice)
        above = self.territorio.parent(livello, codice, "ats") if livello in ("ambito", "distretto") else None
        return name if self.regione or above in (None, self.t.codice) else f"{name} ({self._short('ats', above)})"

    def _all_of(self, di: str) -> dict[str, list[str]]:
        """Return the territories of a chart that compares: as :meth:`luoghi`, but every province."""
        places = self.luoghi(di)
        if di == "province":
            places["territori"] = [*self.territorio.codes("provincia"), REGIONE]
        return places

    def _comuni_of(self, province: str) -> set[str]:
        return set(self.territorio.members("provincia", province))

    def _of(self, level: str, code: str) -> bool:
        return code in self.territorio.codes(level)

    def _short(self, level: str, code: str) -> str:
        return self.territorio.name(level, code, breve=True)

    def _long(self, level: str, code: str) -> str:
        name = self.territorio.name(level, code)
        return f"Provincia di {name}" if level == "provincia" else name

    def _names(self, rows: pd.DataFrame) -> list[str]:
        return [
            self._short(level, code)
            for level, code in zip(rows["livello"].tolist(), rows["territorio"].tolist(), strict=True)
        ]

    def _marked(self, rows: pd.DataFrame, di: str) -> list[str]:
        """Return the names of the rows that are the chapter's own, when there are others."""
        if self.regione:
            return []
        own = {(self.t.livello, self.t.codice)}  # an ATS and an ambito may have the same code
        own |= {("provincia", code) for code in self.propri("provincia")} if di == "province" else set()
        keys = zip(rows["livello"].tolist(), rows["territorio"].tolist(), strict=True)
        return [name for name, key in zip(self._names(rows), keys, strict=True) if key in own]
