"""An analysis: computes the figures of a theme for the whole region, once an edition.

The object of this module is what the notebooks of ``notebooks/analisi`` write through. It keeps figures, lists and the
tables they come from; at the end it completes what was declared absent, chooses the reference period of each indicator,
checks that everything is whole and coherent, decides what can be said of every figure, and writes the part.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

import conciliazione_lib.evidence.completeness as completeness
import conciliazione_lib.evidence.listings as listings
import conciliazione_lib.evidence.readings as readings
import conciliazione_lib.evidence.statements as statements
import conciliazione_lib.evidence.store as store
import conciliazione_lib.evidence.writing as writing
from conciliazione_lib import catalog, storage, territory
from conciliazione_lib.errors import CalcoloError, UsoError
from conciliazione_lib.evidence.inputs import InputTable
from conciliazione_lib.evidence.registry import Registry, load
from conciliazione_lib.indicators.levels import LEVELS
from conciliazione_lib.region import REGIONE
from conciliazione_lib.territory import ALL_LEVELS, Territory


class Analisi:
    """A theme being computed.

    Attributes
    ----------
    id : str
        The analysis, as in ``reports.toml``.
    data, edizione : str
        Reference date (ISO) and name of the edition.
    territorio : Territory
        Who belongs to whom at the date.
    """

    def __init__(self, id: str, edizione: str, territorio: Territory, registro: Registry | None = None) -> None:
        self.id, self.edizione, self.territorio = id, edizione, territorio
        self.data = territorio.data
        self._registry = registro or load()
        self._rows: list[pd.DataFrame] = []
        self._absences: dict[str, dict[Any, tuple[str, str]]] = {}
        self._references: dict[str, str | Mapping[str, str]] = {}
        self._content = store.Content()
        self._known: dict[str, frozenset[str]] = {}
        self._inputs: dict[int, tuple[catalog.Table, InputTable]] = {}

    @classmethod
    def apri(cls, id: str, *, edizione: str, data: str) -> Analisi:
        """Begin an analysis.

        Parameters
        ----------
        id : str
            As in ``reports.toml``.
        edizione, data : str
            The edition and its date, ISO.
        """
        storage.forget_reads()
        return cls(id, edizione, territory.load(data=data))

    def cifre(
        self,
        frame: pd.DataFrame,
        *,
        ingressi: Sequence[Any],
        riferimento: str | Mapping[str, str] | None = None,
        assenti: writing.Absences | str | None = None,
        **altro: Any,
    ) -> pd.DataFrame:
        """Add figures; see :func:`conciliazione_lib.evidence.writing.rows` for the frame and the other options.

        Parameters
        ----------
        frame : DataFrame
            One row per territory (and period, and breakdown), one column per indicator.
        ingressi : sequence of frames or ``catalog.Table``
            The tables used.
        riferimento : str or mapping, optional
            The reference period of these indicators, when it is not the latest that is whole (the date of the edition,
            where later estimates are known too; the last year of them all, for what is read together); by level, when
            only some levels need it.
        assenti : mapping or str, optional
            State and reason of what is absent, by level or by (level, code): also adds the rows that are not in the
            frame, at the levels where the indicator must exist. A reason alone: not available, at whatever level.

        Returns
        -------
        DataFrame
            The rows added.
        """
        tables = [self._input(table) for table in ingressi]
        if isinstance(assenti, str):
            assenti = dict.fromkeys(ALL_LEVELS, ("non_disponibile", assenti))
        made = writing.rows(frame, registry=self._registry, inputs=tables, assenti=assenti, **altro)
        if len(made):
            self._content.tables |= {table.key: table for table in tables}
        self._rows.append(made)
        for name in made["indicatore"].unique():
            self._absences.setdefault(name, {}).update(assenti or {})
            if riferimento is not None:
                self._references[name] = riferimento
        return made

    def pubblicate(
        self, frame: pd.DataFrame, indicatore: str, *, ingressi: Sequence[Any] | None = None, **altro: Any
    ) -> pd.DataFrame:
        """Add figures as their source published them.

        Parameters
        ----------
        frame : DataFrame
            Rows in long form: ``livello, territorio, valore`` and ``periodo`` or ``anno``.
        indicatore : str
            What the values are.
        ingressi : sequence of frames or ``catalog.Table``, optional
            As for :meth:`cifre`; by default the rows themselves.
        **altro
            As for :meth:`cifre`.

        Returns
        -------
        DataFrame
            The rows of the source, with the values and the periods under the names that figures have.
        """
        names = {"valore": indicatore} | ({} if "periodo" in frame.columns else {"anno": "periodo"})
        rows = frame.rename(columns=names)
        self.cifre(rows, indicatori=[indicatore], ingressi=[rows] if ingressi is None else ingressi, **altro)
        return rows

    def stime(
        self,
        frame: pd.DataFrame,
        *,
        pubblicati: Any,
        stimati_da: Sequence[Any],
        metodo: str,
        livello: str = "ats",
        **altro: Any,
    ) -> None:
        """Add published values and what was estimated from them, each with the rows and the grade it has.

        Parameters
        ----------
        frame : DataFrame
            As for :meth:`cifre`, with ``livello`` and ``stima`` (is the value ours), as columns or in the index.
        pubblicati : frame or ``catalog.Table``
            The published table.
        stimati_da : sequence of frames or ``catalog.Table``
            The published rows behind each territory of the level, then the weights.
        metodo : str
            How values were estimated.
        livello : str
            That of the territories of which some are estimated.
        **altro
            As for :meth:`cifre`.
        """
        rows = frame.reset_index() if "livello" in frame.index.names else frame
        here, ours = rows["livello"] == livello, rows["stima"].astype(bool)
        self.cifre(rows[~here], ingressi=[pubblicati], **altro)
        self.cifre(rows[here & ~ours], ingressi=stimati_da[:1], **altro)
        self.cifre(rows[here & ours], ingressi=stimati_da, grado="stima", metodo=metodo, **altro)

    def di_regione(self, valori: Mapping[str, float], **altro: Any) -> None:
        """Add figures of the whole region, given as numbers: a column, as for :meth:`cifre`, and its value."""
        self.cifre(pd.DataFrame([{"territorio": REGIONE, **valori}]), livello="regione", **altro)

    def elenco(
        self,
        nome: str,
        frame: pd.DataFrame,
        *,
        chiave: Sequence[str] | None = None,
        titolo: str | None = None,
        ingressi: Sequence[Any] = (),
    ) -> None:
        """Add a list: what is not one number of one territory.

        Parameters
        ----------
        nome : str
            Its name, that of the file.
        frame : DataFrame
            Its rows.
        chiave : sequence of str, optional
            Columns that tell the rows apart; by default those declared in ``evidence/elenchi/``.
        titolo : str, optional
            What it lists, in Italian; by default as declared.
        ingressi : sequence of frames or ``catalog.Table``
            The tables it comes from.

        Raises
        ------
        UsoError
            The name is taken, or is not declared where key or title are not given; a column of the key is not there, or
            two rows have one key.
        """
        if chiave is None or titolo is None:
            if nome not in listings.load():
                raise UsoError(
                    f"L'elenco «{nome}» non è dichiarato.",
                    "dichiararlo in evidence/elenchi/, oppure passarne «chiave» e «titolo».",
                )
            chiave, titolo = chiave or listings.load()[nome].chiave, titolo or listings.load()[nome].titolo
        plain = frame.reset_index() if frame.index.names != [None] else frame.reset_index(drop=True)
        absent = [name for name in chiave if name not in plain.columns]
        if nome in self._content.lists or absent:
            what = f"non ha le colonne {', '.join(absent)}" if absent else "c'è già"
            raise UsoError(f"L'elenco «{nome}» {what}.")
        if plain.duplicated(list(chiave)).any():
            raise UsoError(f"L'elenco «{nome}» ha più righe con la stessa chiave ({', '.join(chiave)}).")
        tables = [self._input(table) for table in ingressi]
        self._content.tables |= {table.key: table for table in tables}
        self._content.lists[nome] = plain
        keys = tuple(table.key for table in tables)
        self._content.listings[nome] = store.Listing(nome, titolo, tuple(chiave), self.id, keys)

    def importata(self, nome: str) -> catalog.Table | None:
        """Return a table that is there only once somebody has imported or refreshed it; nothing until then."""
        return catalog.table(nome) if catalog.versions(nome) else None

    def leggi(self, *indicatori: str, **scelta: Any) -> pd.DataFrame:
        """Return figures of the analyses this one follows; see :func:`conciliazione_lib.evidence.store.wide`.

        The frame carries the provenance of what it was made from, so that it can be one of the ``ingressi``.

        Raises
        ------
        UsoError
            No earlier analysis has one of the indicators.
        """
        earlier = self._earlier
        readings.note(*indicatori)
        if lost := [name for name in indicatori if name not in earlier]:
            raise UsoError(
                f"Nessuna analisi precedente ha: {', '.join(lost)}.", "dichiararla in «segue», in reports.toml."
            )
        rows = earlier.figures(indicatori)
        found = store.wide(rows, indicatori, **scelta)
        tables = earlier.tables(sorted({use["tabella"] for text in rows["ingressi"].unique() for use in _uses(text)}))
        found.attrs["provenienza"] = _joined(tables, "Cifre di questa edizione")
        self._content.tables |= tables
        return found

    def confronti(self, *indicatori: str, con: str) -> pd.DataFrame:
        """Return how the figures of earlier analyses, at their reference period, compare with another territory's.

        Parameters
        ----------
        *indicatori : str
            Whose figures, without breakdown.
        con : str
            Level and code of the other territory: ``regione/lombardia``.

        Returns
        -------
        DataFrame
            ``indicatore, livello, territorio, esito``, one row for each figure compared.
        """
        readings.note(*indicatori)
        said, figures = self._earlier.statements(indicatori), self._earlier.figures(indicatori)
        said = said[said["genere"].eq("confronto") & said["termine"].eq(con) & said["per"].eq("")]
        keys = ["indicatore", "livello", "territorio", "periodo"]
        current = figures.loc[figures["riferimento"] & figures["per"].eq(""), keys]
        return said.merge(current, on=keys)[["indicatore", "livello", "territorio", "esito"]]

    def elenco_di(self, nome: str) -> pd.DataFrame:
        """Return a list of an earlier analysis.

        Raises
        ------
        UsoError
            No earlier analysis has it.
        """
        known = self._earlier.listing(nome)
        if known is None:
            raise UsoError(
                f"Nessuna analisi precedente ha l'elenco «{nome}».", "dichiararla in «segue», in reports.toml."
            )
        found, listing = known
        tables = self._earlier.tables(listing.inputs)
        found.attrs = {"provenienza": _joined(tables, listing.title)}
        self._content.tables |= tables
        return found

    def senza_tabella(self, tabella: str, indicatori: Sequence[str], *, periodo: str) -> pd.DataFrame:
        """Say of every territory that some indicators are not known, because a table is not there yet.

        Parameters
        ----------
        tabella : str
            Its name in the catalog.
        indicatori : sequence of str
            What would be computed from it.
        periodo : str
            The period they would be of, ISO.

        Returns
        -------
        DataFrame
            The rows added.
        """
        places = [(level, code) for level in LEVELS for code in self.territorio.codes(level)]
        unknown = pd.DataFrame(places, columns=["livello", "territorio"]).assign(
            **dict.fromkeys(indicatori, float("nan"))
        )
        reason = f"{catalog.spec(tabella).title}: la tabella non c'è ancora."
        unknown.attrs["motivi"] = dict.fromkeys(indicatori, reason)
        return self.cifre(unknown, periodo=periodo, ingressi=[])

    def verifica(self, giusto: bool, altrimenti: str, rimedio: str) -> None:
        """Stop the analysis when what it read does not stand a proof: its figures would not be true.

        Parameters
        ----------
        giusto : bool
            Whether it stands.
        altrimenti, rimedio : str
            What does not hold, and what to do, in Italian, for who brought the data in.

        Raises
        ------
        CalcoloError
            When it does not.
        """
        if not giusto:
            raise CalcoloError(f"Analisi «{self.id}»: {altrimenti}", rimedio)

    def nomi(self, livello: str) -> dict[str, str]:
        """Return the short names of the territories of a level by their codes, as pictures have them."""
        return {code: self.territorio.name(livello, code, breve=True) for code in self.territorio.codes(livello)}

    def contenuto(self) -> store.Content:
        """Return what was computed so far: complete, checked, with what can be said of it.

        Raises
        ------
        CalcoloError
            The figures are not whole or coherent.
        """
        figures = pd.concat(self._rows, ignore_index=True) if self._rows else writing.empty()
        writing.check_unique(figures)
        figures = completeness.choose_reference(figures, self._codes, self._references)
        figures = completeness.complete(figures, self._registry, self._codes, self._absences)
        completeness.check(figures, self._registry, self._codes, self._parent)
        figures = figures.sort_values(list(writing.KEY), ignore_index=True)
        said = statements.decide(figures, self._registry, self._parent)
        names = list(figures["indicatore"].unique())
        held = self._content
        return store.Content(figures, said, held.lists, held.listings, held.tables, {self.id: names}, self.data)

    def chiudi(self) -> pd.DataFrame:
        """Check everything, write the part where the build wants it, and return how many figures there are.

        Returns
        -------
        DataFrame
            Rows by level and state.
        """
        content = self.contenuto()
        if target := os.environ.get(storage.PART_VARIABLE):
            store.write(content, Path(target))
        counts = content.figures.groupby(["livello", "stato"]).size().unstack(fill_value=0)
        return counts.rename_axis(columns=None)

    @cached_property
    def _earlier(self) -> store.Earlier:
        folders = [Path(folder) for folder in os.environ.get(storage.PARTS_VARIABLE, "").split(os.pathsep) if folder]
        return store.Earlier(folders or [store.locate(self.edizione)])

    def _input(self, table: Any) -> InputTable:
        """Return an input; a table of the catalog, which never changes, is made one once for all its figures."""
        if not isinstance(table, catalog.Table):
            return InputTable.of(table, self._members)
        if id(table) not in self._inputs:
            self._inputs[id(table)] = (table, InputTable.of(table, self._members))
        return self._inputs[id(table)][1]

    def _codes(self, level: str) -> Sequence[str]:
        return self.territorio.codes(level)

    def _members(self, level: str, code: str) -> Sequence[str]:
        return self.territorio.members(level, code)

    def _parent(self, level: str, code: str, of: str) -> str | None:
        if level not in self._known:
            self._known[level] = frozenset(self.territorio.codes(level))
        return self.territorio.parent(level, code, of) if code in self._known[level] else None


def _uses(text: str) -> list[dict[str, Any]]:
    return list(json.loads(text)) if text else []


def _joined(tables: Mapping[str, InputTable], title: str) -> dict[str, Any]:
    """Return one provenance for what was made from several tables."""
    known = [table.provenance for table in tables.values()]
    sources = storage.cite(str(one["fonte"]) for one in known if one.get("fonte"))
    licences = "; ".join(dict.fromkeys(str(one["licenza"]) for one in known if one.get("licenza")))
    grades = [str(one["grado"]) for one in known if one.get("grado") in storage.GRADES]
    return {
        "tabella": "cifre",
        "titolo": title,
        "fonte": sources,
        "licenza": licences,
        "data_riferimento": max((str(one.get("data_riferimento", "")) for one in known), default=""),
        "grado": max(grades, key=storage.GRADES.index, default=""),
        "provvisorio": any(bool(one.get("provvisorio")) for one in known),
        "da": list(tables),
    }
