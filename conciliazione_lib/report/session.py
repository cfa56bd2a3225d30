"""Indicators of one's own, in a notebook: declared, computed, compared and drawn, before they go to the registry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

import conciliazione_lib.report.mapping as mapping
import conciliazione_lib.report.tables as tables
from conciliazione_lib import evidence, territory
from conciliazione_lib.errors import UsoError
from conciliazione_lib.evidence import FigureSet, Indicator, Ledger, Place, comparing, formula
from conciliazione_lib.region import REGIONE
from conciliazione_lib.report.blocks import Mappa, Tabella
from conciliazione_lib.territory import NOT_ATTRIBUTED

if TYPE_CHECKING:
    import geopandas as gpd

#: Levels whose sums may rest on memberships that were deduced.
_DEDUCED = ("ambito", "distretto")


class Session:
    """A place to try an indicator, with the territory of a date and the registry of the package.

    Parameters
    ----------
    date : str
        ISO date of territory and boundaries.

    Attributes
    ----------
    date : str
        The date.
    territory : Territory
        Who belongs to whom at that date.
    registry : Registry
        The declared indicators and those of the session.

    Examples
    --------
    >>> from conciliazione_lib import catalog
    >>> from conciliazione_lib.indicators import demography
    >>> from conciliazione_lib.report import Session
    >>> s = Session("2022-01-01")
    >>> people = demography.profile(s.territory.aggregate(catalog.read("popolazione", data=s.date), to="comune"))
    >>> ratio = "{residenti_65_piu} / {residenti_0_2}"
    >>> own = s.declare("nonni", nome="Anziani per bimbo", formula=ratio, unita="rapporto")
    >>> figures = s.compute("nonni", people)
    >>> s.compare("nonni", "ats").loc["pavia", ["valore", "riferimento", "esito"]].to_dict()
    {'valore': 12.71..., 'riferimento': 10.82..., 'esito': 'sopra'}
    >>> s.map("nonni", level="ats")
    <Mappa: Anziani per bimbo>
    """

    def __init__(self, date: str) -> None:
        self.date = date
        self.territory = territory.load(date)
        self.registry = evidence.load()
        self.figures: dict[str, FigureSet] = {}
        self._ledger = Ledger()

    def __repr__(self) -> str:
        own = [name for name in self.registry if name not in evidence.load()]
        return f"Session(date={self.date!r}, {len(self.registry)} indicators; own: {', '.join(own) or 'none'})"

    def declare(self, id: str, **fields: Any) -> Indicator:
        """Declare an indicator for this session.

        Parameters
        ----------
        id : str
            Its name in frames; declaring it again replaces it.
        **fields
            Those of :class:`~conciliazione_lib.evidence.Indicator`. ``nome`` and ``unita`` are needed; ``formula`` is,
            to compute it from its terms, which are other indicators or are explained in ``termini``.

        Returns
        -------
        Indicator

        Raises
        ------
        DatiError
            A field is wrong or missing, or a term of the formula is neither declared nor explained.
        UsoError
            An indicator of the package has that id.
        """
        if id in evidence.load():
            raise UsoError(f"L'indicatore «{id}» c'è già, nel registro.", "Dare un altro id a quello della sessione.")
        given = {"tema": "Sessione", "definizione": fields.get("nome", ""), "riferimento": "Elaborazione propria."}
        self.registry = self.registry.declare(id, given | fields)
        self.figures.pop(id, None)
        return self.registry[id]

    def compute(
        self,
        id: str,
        frame: pd.DataFrame,
        *,
        levels: Sequence[str] = ("comune", "ats", "regione"),
        inputs: Sequence[Any] = (),
    ) -> FigureSet:
        """Compute an indicator from the terms of its formula, summed from the comuni to each level.

        Parameters
        ----------
        id : str
            A declared indicator with a formula.
        frame : DataFrame
            A row for each comune: its code in ``cod_comune`` or ``territorio`` (column or index), a column for each
            term. A total with a missing part is missing.
        levels : sequence of str
            Levels to compute it at.
        inputs : sequence of frames or ``catalog.Table``
            The tables the terms come from, for the cards of the figures.

        Returns
        -------
        FigureSet
            The figures, also kept in ``figures[id]``.

        Raises
        ------
        CalcoloError
            The formula cannot be computed, or a term is not a column.
        """
        indicator = self.registry[id]
        plain = frame.reset_index() if frame.index.names != [None] else frame
        plain = plain.rename(columns={"territorio": "cod_comune"})
        terms = [name for name in indicator.terms if name in plain]
        parts = []
        for level in levels:
            summed = self.territory.aggregate(plain[["cod_comune", *terms]], to=level, keys=[])
            summed = summed[summed["territorio"] != NOT_ATTRIBUTED].assign(livello=level)
            if level in _DEDUCED and terms:
                weights = plain.set_index("cod_comune")[terms[-1]]
                shares = self.territory.deduced_share(level, weights)
                summed["imputata"] = summed["territorio"].map(shares).fillna(0.0)
            parts.append(formula.evaluate(indicator, summed))
        self.figures[id] = evidence.cifre(
            pd.concat(parts, ignore_index=True),
            ledger=self._ledger,
            luogo=self.place,
            ingressi=inputs,
            membri=self.territory.members,
            registro=self.registry,
            periodo=self.date,
            indicatori=[id],
        )
        return self.figures[id]

    def compare(self, id: str, level: str, with_: str = REGIONE) -> gpd.GeoDataFrame:
        """Compare the territories of a level with another one, by the rule the indicator declares.

        Parameters
        ----------
        id : str
            An indicator that was computed.
        level : str
            Level of the territories.
        with_ : str
            The territory of reference.

        Returns
        -------
        GeoDataFrame
            Index: code; columns ``nome, valore, riferimento, differenza, esito`` (``sopra, sotto, in_linea``, …) and
            the shape, in EPSG:32632.
        """
        figures = self._of(id)
        reference = figures[id][with_].figure
        rule = comparing.Rule.of(self.registry[id])
        rows = []
        for figure in figures[id]:
            if figure.territory.livello == level:
                distance = None if None in (figure.value, reference.value) else figure.value - reference.value  # type: ignore[operator]
                result = comparing.outcome(figure, reference, rule)
                code, name = figure.territory.codice, figure.territory.nome
                rows.append((code, name, figure.value, reference.value, distance, result))
        names = ["territorio", "nome", "valore", "riferimento", "differenza", "esito"]
        return self.territory.located(pd.DataFrame(rows, columns=names).set_index("territorio"), level)

    def map(
        self,
        values: str | pd.Series | pd.DataFrame,
        *,
        level: str,
        within: tuple[str, str] = ("regione", REGIONE),
        title: str = "",
        **options: Any,
    ) -> Mappa:
        """Draw the territories of a level.

        Parameters
        ----------
        values : str, Series or DataFrame
            The id of an indicator that was computed; or values by code of territory.
        level : str
            Level of the territories.
        within : (str, str)
            Level and code of the territory they are in.
        title : str
            Caption; the name of the indicator, or of the series, when empty.
        **options
            Of :func:`conciliazione_lib.report.mapping.mappa`: ``numero_classi``, ``metodo``, ``unita``, ``contorni``, …

        Returns
        -------
        Mappa
            It shows itself in a notebook; ``save`` writes it to a file.
        """
        if isinstance(values, str):
            title = title or self.registry[values].nome
            options = {"indicatore": values} | options
            drawn: Any = self._of(values)
        else:
            title = title or str(getattr(values, "name", None) or "Mappa")
            drawn = values
        name = options.get("indicatore") or title
        return mapping.mappa(
            drawn,
            livello=level,
            id="map-" + "".join(c if c.isalnum() and c.isascii() else "-" for c in str(name).lower()),
            titolo=title,
            alt=f"Mappa: {title}. I valori sono nella tabella che l'accompagna.",
            territorio=self.territory,
            data=self.date,
            luogo=self.place(*within),
            tabella=self._table,
            registro=self.registry,
            **options,
        )

    def toml(self, id: str) -> str:
        """Return the declaration of an indicator as a file of ``evidence/indicatori/`` has it."""
        return self.registry[id].to_toml()

    def place(self, level: str, code: str) -> Place:
        """Return a territory as figures name it."""
        return Place(level, code, self.territory.name(level, code, breve=True))

    def _of(self, id: str) -> FigureSet:
        if id not in self.figures:
            raise UsoError(f"«{id}» non è ancora calcolato in questa sessione.", f"Prima: s.compute({id!r}, …).")
        return self.figures[id]

    def _table(self, frame: pd.DataFrame, **options: Any) -> Tabella:
        def name(level: str, code: str) -> str:
            return self.territory.name(level, code, breve=True)

        return tables.tabella(frame, ledger=self._ledger, nome=name, registro=self.registry, **options)
