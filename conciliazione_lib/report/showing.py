"""What chapters show most often, in one call: a table, a map, a chart of some indicators of the edition.

Each takes its values from the edition, puts the sources of the very rows shown under them, marks the chapter's own
territory, and says in one line, instead of showing it, what has nothing to tell here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from textwrap import fill
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from conciliazione_lib.errors import UsoError
from conciliazione_lib.evidence import Place, formats, load
from conciliazione_lib.report import blocks, charts

if TYPE_CHECKING:
    from conciliazione_lib.evidence import Cifra, Figure, Store, StoredFigures
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
#: Characters of a line of a label in a chart.
_LABEL: Final = 44


#: Columns of the estimates of a model, and what they are called.
ESTIMATES: Final = MappingProxyType(
    {
        "stima": "Stima",
        "beta": "Coefficiente",
        "errore_standard": "Errore standard",
        "inferiore": "Inf. 95%",
        "superiore": "Sup. 95%",
        "p": "p",
        "p_wild": "p (wild)",
        "unita": "Unità",
    }
)

#: Said under a table with ranges where figures would be.
_GUESSED: Final = "Dove la stima può sbagliare troppo, al posto della cifra c'è un intervallo."

#: Tables of the territories of a level, in :class:`conciliazione_lib.territory.Territory`.
_SHEETS: Final = MappingProxyType({"ambito": "ambiti", "distretto": "distretti"})


class Showing:
    """The part of a chapter that shows indicators: see :class:`conciliazione_lib.report.Capitolo`."""

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
        def luogo(self, livello: str, codice: str) -> Place: ...  # noqa: D102
        def tabella(self, frame: pd.DataFrame, *, id: str, titolo: str, **altro: Any) -> None: ...  # noqa: D102

        grafico: Any
        mappa: Any

        def _mostra(self, blocco: blocks.Blocco) -> None: ...

    @property
    def regione(self) -> bool:
        """Whether the chapter is about the whole region."""
        return self.t.livello == "regione"

    @property
    def lombardia(self) -> Place:
        """The region, to name it."""
        return self.luogo("regione", "lombardia")

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
            return {"livello": ["ats", "regione"], "territori": [*self.territorio.codes("ats"), "lombardia"]}
        if di == "province":
            own = [] if self.regione else self.propri("provincia")
            return {"livello": ["provincia", "regione"], "territori": [*own, "lombardia"]}
        if di == "suo":
            levels, codes = [self.t.livello, "regione"], [self.t.codice, "lombardia"]
            return {"livello": list(dict.fromkeys(levels)), "territori": list(dict.fromkeys(codes))}
        if di == "insieme":
            comuni = set(self.propri("comune"))
            apart = [code for code in sorted(self.propri("provincia")) if self._comuni_of(code) != comuni]
            levels = [self.t.livello, "provincia", "regione", "italia"]
            codes = [self.t.codice, *apart, "lombardia", "italia"]
            return {"livello": list(dict.fromkeys(levels)), "territori": list(dict.fromkeys(codes))}
        if di == "sue province":
            return {"livello": ["provincia"], "territori": sorted(self.propri("provincia"))}
        level = {"ambiti": "ambito", "distretti": "distretto", "comuni": "comune"}.get(di)
        if level is None:
            raise UsoError(f"«{di}» non è una scelta di territori.", f"Usare: {', '.join(CHOICES)}.")
        return {"livello": [level], "territori": self.propri(level)}

    def tavola(
        self,
        *indicatori: str,
        id: str,
        titolo: str,
        di: str = "ats",
        ordina: str | None = None,
        dove: Mapping[str, Iterable[str]] | None = None,
        elaborazione: bool = False,
        colonne: Mapping[str, Any] | None = None,
        **altro: Any,
    ) -> None:
        """Show a table of indicators, a row a territory.

        Nothing is shown of a table in which no cell has a value, or all are zero or all one hundred: one line says so.
        A column is at one period, the latest of reference for all of its levels; a note gives the periods of columns
        that have different ones.

        Parameters
        ----------
        *indicatori : str
            The columns.
        id, titolo : str
            As for :meth:`tabella`.
        di : str
            Which territories, as for :meth:`luoghi`.
        ordina : str, optional
            Indicator to sort by, from the least; from the most after a minus sign.
        dove : mapping, optional
            Only the rows with one of these values, by column.
        elaborazione : bool
            The values are worked out from the sources: the source line says so.
        colonne : mapping, optional
            Names of other columns.
        **altro
            ``periodo`` and ``per`` of :meth:`frame`; the other options of :meth:`tabella`.
        """
        places = self.luoghi(di)
        choice: dict[str, Any] = {name: altro.pop(name) for name in ("periodo", "per") if name in altro}
        frame = _only(self.frame(*indicatori, **places, **choice), dove)
        earlier = {} if choice else self._earlier(indicatori, places)
        for name, period in earlier.items():
            rows = pd.MultiIndex.from_frame(frame[["livello", "territorio"]])
            frame[name] = self._at(name, period, places).reindex(rows).to_numpy()
        frame = frame.dropna(subset=list(indicatori), how="all")
        if ordina:
            frame = frame.sort_values(
                [ordina.lstrip("-"), "territorio"], ascending=[not ordina.startswith("-"), True], ignore_index=True
            )
        if self._tells_nothing(frame, indicatori, titolo):
            return
        if di == "insieme":  # an ATS and a province may have the same short name
            names = [self._long(level, code) for level, code in zip(frame["livello"], frame["territorio"], strict=True)]
            frame.insert(0, "nome", names)
        for name, period in earlier.items():
            frame[name] = self._figures(name, period, frame)
        notes = [*altro.pop("note", ()), *([] if "periodo" in choice else self._periods_note(indicatori, places))]
        notes += [_GUESSED] if self._some_guessed(indicatori, frame) else []
        self.tabella(
            frame,
            id=id,
            titolo=titolo,
            cifre=self.f,
            per=choice.get("per") or (),
            colonne={"territorio": CHOICES[di], "periodo": "Anno"} | dict(colonne or {}),
            **{"nascoste": () if "periodo" in choice else ("periodo",)} | altro,
            note=notes,
            fonte=self._source(indicatori, places["livello"], choice or {"periodo": earlier}, elaborazione),
        )

    def cartina(
        self,
        indicatore: str,
        *,
        id: str,
        titolo: str,
        alt: str,
        livello: str = "comune",
        tutti: bool = False,
        elaborazione: bool = False,
        **altro: Any,
    ) -> None:
        """Show a map of an indicator, of the territories of a level inside the chapter's own.

        Parameters
        ----------
        indicatore : str
            Which one.
        id, titolo, alt : str
            As for :meth:`mappa`.
        livello : str
            Level of the territories drawn.
        tutti : bool
            Those of the whole region, whatever the chapter is about.
        elaborazione : bool
            As for :meth:`tavola`.
        **altro
            The other options of :meth:`mappa`; outlines are by default those of ATS (in the region) or ambiti, or none
            over the whole region.
        """
        frame = self.frame(indicatore, livello=livello, territori=None if tutti else self.propri(livello))
        if self._tells_nothing(frame, [indicatore], titolo):
            return
        outlines = None if tutti else "ats" if self.regione else "ambito"
        self.mappa(
            frame,
            livello=livello,
            indicatore=indicatore,
            cifre=self.f,
            id=id,
            titolo=titolo,
            alt=alt,
            **{"contorni": outlines, "entro": self.lombardia if tutti else self.t} | altro,
            fonte=self._source([indicatore], [livello], {}, elaborazione),
        )

    def linee(
        self,
        indicatore: str,
        *,
        id: str,
        titolo: str,
        alt: str = "",
        di: str = "province",
        anche: Sequence[str] = (),
        unita: str | None = None,
        elaborazione: bool = False,
        disegno: Mapping[str, Any] | None = None,
        **altro: Any,
    ) -> None:
        """Show an indicator over the years, a line a territory, the region marked.

        Parameters
        ----------
        indicatore : str
            Which one; years without a value break the line.
        id, titolo, alt : str
            As for :meth:`grafico`; by default ``alt`` says how it is read.
        di : str
            Which territories, as for :meth:`luoghi`.
        anche : sequence of str
            Indicators of the table beside the chart only: what the one drawn is made from.
        unita : str, optional
            On the axis; by default the indicator's.
        elaborazione : bool
            As for :meth:`tavola`.
        disegno : mapping, optional
            Options of :func:`conciliazione_lib.report.charts.linea`.
        **altro
            The other options of :meth:`grafico`.
        """
        places = self.luoghi(di)
        shown = [*anche, indicatore]
        rows = self.frame(*shown, **places, periodo="tutti").dropna(subset=shown, how="all")
        rows = rows.sort_values(["livello", "territorio", "periodo"], ignore_index=True)
        if self._tells_nothing(rows, [indicatore], titolo):
            return
        names = {
            code: self._short(level, code) for level, code in zip(rows["livello"], rows["territorio"], strict=True)
        }
        lines = rows.assign(year=rows["periodo"].str[:4].astype(int)).pivot(
            index="year", columns="territorio", values=indicatore
        )
        lines = lines[[code for code in places["territori"] if code in lines]].rename(columns=names).rename_axis("anno")
        marked = [names["lombardia"]] if "lombardia" in names else []
        self.grafico(
            charts.linea(lines, **{"unita": unita or axis_unit(indicatore), "evidenzia": marked} | dict(disegno or {})),
            id=id,
            titolo=titolo,
            alt=alt
            or f"{titolo}, anno per anno, una linea per ogni territorio; dove manca un anno la linea si interrompe.",
            dati=rows,
            cifre=self.f,
            colonne={"territorio": "Territorio", "periodo": "Anno"},
            **altro,
            fonte=self._source(shown, places["livello"], {"periodo": "tutti"}, elaborazione),
        )

    def barre(
        self,
        indicatore: str,
        *,
        id: str,
        titolo: str,
        alt: str,
        di: str = "ats",
        anche: Sequence[str] = (),
        unita: str | None = None,
        periodo: str | None = None,
        elaborazione: bool = False,
        disegno: Mapping[str, Any] | None = None,
        **altro: Any,
    ) -> None:
        """Show an indicator as bars, a territory each, in order of value; the chapter's own marked, the region a line.

        Parameters
        ----------
        indicatore : str
            Which one.
        id, titolo, alt : str
            As for :meth:`grafico`.
        di : str
            Which territories, as for :meth:`luoghi`; the provinces are all of them. Italy is not drawn.
        anche : sequence of str
            Indicators of the table beside the chart only.
        unita : str, optional
            On the axis; by default the indicator's.
        periodo : str, optional
            By default that of reference.
        elaborazione : bool
            As for :meth:`tavola`.
        disegno : mapping, optional
            Options of :func:`conciliazione_lib.report.charts.barre`.
        **altro
            The other options of :meth:`grafico`.
        """
        places = self._all_of(di)
        rows = self._together([indicatore, *anche], places, periodo=periodo)
        if self._tells_nothing(rows, [indicatore], titolo):
            return
        shown = rows[~rows["territorio"].isin(["lombardia", "italia"])]
        names = self._names(shown)
        options = self._drawn(indicatore, rows, di, unita)
        self.grafico(
            charts.barre(pd.Series(shown[indicatore].to_numpy(), index=names), **options | dict(disegno or {})),
            id=id,
            titolo=titolo,
            alt=alt,
            dati=rows,
            cifre=self.f,
            colonne={"territorio": CHOICES[di], "periodo": "Anno"},
            **altro,
            fonte=self._source([indicatore, *anche], places["livello"], rows.attrs, elaborazione),
        )

    def noti(self, *indicatori: str) -> list[str]:
        """Return those of some indicators that have a value here, at the period of the first: columns of a table.

        Parameters
        ----------
        *indicatori : str
            The first one says of when: a count, then its shares.
        """
        figures = [self.f[name].figure for name in indicatori]
        return [one.indicator for one in figures if one.value is not None and one.period == figures[0].period]

    def dentro(self, indicatore: str, livello: str) -> list[Figure]:
        """Return an indicator of the territories inside the chapter's own: the terms of ``massimo`` and ``minimo``.

        Parameters
        ----------
        indicatore : str
            Which one; those without a value are left out.
        livello : str
            As for :meth:`propri`.
        """
        figures = [self.f[indicatore][self.luogo(livello, code).chiave].figure for code in self.propri(livello)]
        return [figure for figure in figures if figure.value is not None]

    def schede(self, livello: str, *indicatori: str) -> pd.DataFrame:
        """Return what is known of the territories of a level inside the chapter's own, with some of their figures.

        Parameters
        ----------
        livello : str
            ``ambito`` or ``distretto``.
        *indicatori : str
            Columns after those of the territories.

        Returns
        -------
        DataFrame
            ``livello, territorio``, the columns of :attr:`conciliazione_lib.territory.Territory.ambiti` (or
            ``distretti``), the indicators; by ATS and name.
        """
        sheets = getattr(self.territorio, _SHEETS[livello]).loc[self.propri(livello)].rename_axis("territorio")
        sheets = sheets.reset_index().assign(livello=livello).sort_values(["ats", "nome"], ignore_index=True)
        if not indicatori:
            return sheets
        figures = self.frame(*indicatori, livello=livello).drop(columns="periodo")
        return sheets.merge(figures, on=["livello", "territorio"], how="left")

    def andamento(
        self, indicatore: str, *, id: str, titolo: str, di: str = "ats", elaborazione: bool = False, **altro: Any
    ) -> None:
        """Show a table of an indicator over time, a row a territory and a column a period, when there are two at least.

        Parameters
        ----------
        indicatore : str
            Which one; the header says which periods are provisional.
        id, titolo : str
            As for :meth:`tabella`.
        di : str
            Which territories, as for :meth:`luoghi`.
        elaborazione : bool
            As for :meth:`tavola`.
        **altro
            The other options of :meth:`tabella`.
        """
        places = self.luoghi(di)
        known = self.frame(indicatore, **places, periodo="tutti").dropna(subset=[indicatore])
        periods = sorted(known["periodo"].unique())
        if len(periods) < 2:
            self._mostra(blocks.Testo(f"{titolo}: se ne conosce al più un periodo."))
            return
        figures = [
            self.f[indicatore][self.luogo(level, code).chiave].al(period).figure
            for level, code, period in known[["livello", "territorio", "periodo"]].itertuples(index=False)
        ]
        wide = known.assign(figure=pd.Series(figures, index=known.index, dtype=object)).pivot(
            index=["livello", "territorio"], columns="periodo", values="figure"
        )
        rows = known[["livello", "territorio"]].drop_duplicates()
        provisional = {one.period for one in figures if any(source.provvisorio for source in one.inputs)}
        headers = {
            period: (formats.data_breve(period) if "-" in period else period)
            + (" (provvisorio)" if period in provisional else "")
            for period in periods
        }
        self.tabella(
            rows.join(wide.astype(object).where(wide.notna(), None), on=["livello", "territorio"]),
            id=id,
            titolo=titolo,
            colonne={"territorio": CHOICES[di]} | headers,
            **altro,
            fonte=self._source([indicatore], places["livello"], {"periodo": "tutti"}, elaborazione),
        )

    def affiancate(
        self,
        *indicatori: str,
        id: str,
        titolo: str,
        alt: str,
        voci: Sequence[str] = (),
        di: str = "italia",
        unita: str | None = None,
        elaborazione: bool = False,
        disegno: Mapping[str, Any] | None = None,
        **altro: Any,
    ) -> None:
        """Show some indicators as bars side by side: a group an indicator, a bar a territory.

        Parameters
        ----------
        *indicatori : str
            In the same unit.
        id, titolo, alt : str
            As for :meth:`grafico`.
        voci : sequence of str
            What each indicator is called in the chart; by default its short name.
        di : str
            Which territories, four at most, as for :meth:`luoghi`.
        unita : str, optional
            On the axis; by default that of the first indicator.
        elaborazione : bool
            As for :meth:`tavola`.
        disegno : mapping, optional
            Options of :func:`conciliazione_lib.report.charts.barre_raggruppate`.
        **altro
            The other options of :meth:`grafico`.
        """
        places = self.luoghi(di)
        rows = self.frame(*indicatori, **places)
        if self._tells_nothing(rows, indicatori, titolo):
            return
        names = [self._short(level, code) for level, code in zip(rows["livello"], rows["territorio"], strict=True)]
        groups = rows[list(indicatori)].set_axis(names).T.set_axis(list(voci) or [_called(name) for name in indicatori])
        self.grafico(
            charts.barre_raggruppate(groups, **{"unita": unita or axis_unit(indicatori[0])} | dict(disegno or {})),
            id=id,
            titolo=titolo,
            alt=alt,
            dati=rows,
            cifre=self.f,
            **{"colonne": {"territorio": CHOICES[di]}, "nascoste": ("periodo",)} | altro,
            fonte=self._source(indicatori, places["livello"], {}, elaborazione),
        )

    def divise(
        self,
        indicatori: Mapping[str, str],
        chiave: str,
        voci: Sequence[str],
        *,
        id: str,
        titolo: str,
        alt: str,
        anche: Sequence[str] = (),
        di: str = "suo",
        unita: str | None = None,
        elaborazione: bool = False,
        colonne: Mapping[str, Any] | None = None,
        disegno: Mapping[str, Any] | None = None,
        **altro: Any,
    ) -> None:
        """Show how some wholes are divided, as bars in parts: one for each territory and indicator.

        Parameters
        ----------
        indicatori : mapping
            Shares, and what each is a share of: ``{"quota_comuni": "comuni"}``.
        chiave : str
            Key of their breakdown.
        voci : sequence of str
            The parts, in order.
        id, titolo, alt : str
            As for :meth:`grafico`.
        anche : sequence of str
            Indicators of the table beside the chart only: what the shares are made from.
        di : str
            Which territories, as for :meth:`luoghi`.
        unita : str, optional
            On the axis; by default that of the first indicator.
        elaborazione : bool
            As for :meth:`tavola`.
        colonne : mapping, optional
            As for :meth:`tavola`.
        disegno : mapping, optional
            Options of :func:`conciliazione_lib.report.charts.barre_impilate`.
        **altro
            The other options of :meth:`grafico`.
        """
        places = self.luoghi(di)
        rows = self.frame(*anche, *indicatori, **places, per=[chiave])
        rows = rows[rows[chiave].isin(list(voci))]
        if self._tells_nothing(rows, list(indicatori), titolo):
            return
        order = {"territorio": places["territori"], chiave: list(voci)}
        rows = rows.sort_values(
            list(order), key=lambda column: column.map(order[str(column.name)].index), ignore_index=True
        )
        names = {
            code: self._short(level, code) for level, code in zip(rows["livello"], rows["territorio"], strict=True)
        }
        parts = rows.pivot(index="territorio", columns=chiave)[list(indicatori)].reindex(list(names))
        bars = pd.concat(
            [
                parts[share][list(voci)].set_axis([f"{name}: {whole}" for name in names.values()])
                for share, whole in indicatori.items()
            ]
        ).iloc[[row + len(names) * column for row in range(len(names)) for column in range(len(indicatori))]]
        self.grafico(
            charts.barre_impilate(bars, **{"unita": unita or axis_unit(next(iter(indicatori)))} | dict(disegno or {})),
            id=id,
            titolo=titolo,
            alt=alt,
            dati=rows,
            cifre=self.f,
            per=[chiave],
            colonne={"territorio": CHOICES[di]} | dict(colonne or {}),
            **{"nascoste": ("periodo",)} | altro,
            fonte=self._source([*anche, *indicatori], places["livello"], {}, elaborazione),
        )

    def riferimento(self, indicatore: str, livello: str) -> str:
        """Return the period of reference of an indicator at a level, as the edition writes it (``2018/2022``)."""
        return str(self.frame(indicatore, livello=livello)["periodo"].iloc[0])

    def anni(self, indicatore: str, *luoghi: Place, dal: object = "") -> list[str]:
        """Return the periods at which all of some territories have a value of an indicator, in order.

        Parameters
        ----------
        indicatore : str
            Which one.
        *luoghi : Place
            The territories; by default the chapter's own.
        dal : object
            Only from this period on.
        """
        rows = self.frame(indicatore, periodo="tutti").dropna(subset=[indicatore])
        known = [
            set(rows.loc[(rows["livello"] == place.livello) & (rows["territorio"] == place.codice), "periodo"])
            for place in luoghi or (self.t,)
        ]
        return sorted(period for period in set.intersection(*known) if period >= str(dal))

    def elencati(
        self,
        elenco: str,
        *indicatori: str,
        id: str,
        titolo: str,
        per: Sequence[str] = (),
        dove: Mapping[str, str] | None = None,
        fonte: str = "",
        elaborazione: str = "",
        **altro: Any,
    ) -> None:
        """Show a list of the edition, with the figures of its rows if any: which rows, and their order, the list says.

        Parameters
        ----------
        elenco : str
            The list: for figures, with ``livello, territorio, periodo`` and the keys of ``per`` among its columns.
        *indicatori : str
            Columns after those of the list.
        id, titolo : str
            As for :meth:`tabella`.
        per : sequence of str
            Keys of the breakdown of the figures.
        dove : mapping, optional
            Only the rows with these values of these columns, which are not shown.
        fonte : str
            Sources, when they are not all those of the list.
        elaborazione : str
            What follows the sources: ``elaborazione``, with who wrote of the method.
        **altro
            The other options of :meth:`tabella`.
        """
        rows = self.elenco(elenco)
        source = "; ".join(filter(None, [fonte or rows.attrs["fonte"], elaborazione]))
        for column, value in (dove or {}).items():
            rows = rows[rows[column] == value].drop(columns=column)
        if indicatori:
            figures = self.frame(*indicatori, periodo="tutti", per=per)
            rows = rows.merge(figures, on=["livello", "territorio", "periodo", *per], how="left")
        self.tabella(rows.reset_index(drop=True), id=id, titolo=titolo, cifre=self.f, per=per, **altro, fonte=source)

    def stime(
        self, elenco: str, *, id: str, titolo: str, colonne: Mapping[str, Any] | None = None, **altro: Any
    ) -> None:
        """Show the estimates of models that a list holds: coefficients, errors, bounds, p-values, with their decimals.

        Parameters
        ----------
        elenco : str
            The list.
        id, titolo : str
            As for :meth:`tabella`.
        colonne : mapping, optional
            Names of other columns.
        **altro
            The other options of :meth:`elencati`.
        """
        there = set(self.elenco(elenco).columns)
        names = {column: name for column, name in ESTIMATES.items() if column in there}
        decimals = {column: 3 if column.startswith("p") else 2 for column in names if column != "unita"}
        self.elencati(elenco, id=id, titolo=titolo, colonne=names | dict(colonne or {}), decimali=decimals, **altro)

    def coppie(
        self,
        prima: str,
        seconda: str,
        *,
        id: str,
        titolo: str,
        alt: str = "",
        nomi: Sequence[str] = (),
        di: str = "province",
        anche: Sequence[str] = (),
        unita: str | None = None,
        periodo: str | None = None,
        elaborazione: bool = False,
        disegno: Mapping[str, Any] | None = None,
        **altro: Any,
    ) -> None:
        """Show two indicators of each territory as two points joined by a line, the chapter's own in bold.

        Parameters
        ----------
        prima, seconda : str
            The indicators, in the same unit.
        id, titolo, alt : str
            As for :meth:`grafico`; by default ``alt`` says how it is read.
        nomi : sequence of str
            What each is called in the legend; by default by its short name.
        di, unita, periodo, elaborazione
            As for :meth:`barre`; the region is not drawn.
        anche : sequence of str
            Indicators of the table beside the chart only: the distance.
        disegno : mapping, optional
            Options of :func:`conciliazione_lib.report.charts.dumbbell`.
        **altro
            The other options of :meth:`grafico`.
        """
        places, shown = self._all_of(di), [prima, seconda, *anche]
        rows = self._together(shown, places, periodo=periodo)
        rows = rows[rows["territorio"] != "lombardia"].reset_index(drop=True)
        if self._tells_nothing(rows, shown, titolo):
            return
        names = list(nomi) or [load()[name].nome_breve.partition(" (")[0] for name in (prima, seconda)]
        pairs = rows[[prima, seconda]].set_axis(names, axis=1).set_axis(self._names(rows))
        options = {"unita": unita or axis_unit(prima), "evidenzia": self._marked(rows, di)}
        self.grafico(
            charts.dumbbell(pairs, **options | dict(disegno or {})),
            id=id,
            titolo=titolo,
            alt=alt
            or f"Per ogni territorio due valori uniti da una linea: {names[0].lower()} e {names[1].lower()}. Più è "
            "lunga la linea, più sono distanti; i territori sono in ordine di distanza.",
            dati=rows,
            cifre=self.f,
            **{"colonne": {"territorio": CHOICES[di]}, "nascoste": ("periodo",)} | altro,
            fonte=self._source(shown, places["livello"][:1], rows.attrs, elaborazione),
        )

    def intervalli(
        self,
        indicatore: str,
        *,
        id: str,
        titolo: str,
        alt: str = "",
        di: str = "ats",
        unita: str | None = None,
        periodo: str | None = None,
        elaborazione: bool = False,
        disegno: Mapping[str, Any] | None = None,
        **altro: Any,
    ) -> None:
        """Show an indicator of each territory with its interval, in order; the chapter's own marked, the region a line.

        Parameters
        ----------
        indicatore : str
            Which one.
        id, titolo, alt : str
            As for :meth:`grafico`; by default ``alt`` says how it is read.
        di, unita, periodo, elaborazione
            As for :meth:`barre`.
        disegno : mapping, optional
            Options of :func:`conciliazione_lib.report.charts.intervalli`.
        **altro
            The other options of :meth:`grafico`.
        """
        places = self._all_of(di)
        rows = self._together([indicatore], places, periodo=periodo, limiti=True)
        at = rows.attrs
        rows = rows.sort_values(indicatore, ascending=False, kind="stable", ignore_index=True)
        if self._tells_nothing(rows, [indicatore], titolo):
            return
        drawn = rows[rows["territorio"] != "lombardia"]
        bounds = drawn[[indicatore, f"{indicatore}_inferiore", f"{indicatore}_superiore"]]
        bounds = bounds.set_axis(["valore", "inferiore", "superiore"], axis=1).set_axis(self._names(drawn))
        options = self._drawn(indicatore, rows, di, unita)
        self.grafico(
            charts.intervalli(bounds, **options | dict(disegno or {})),
            id=id,
            titolo=titolo,
            alt=alt
            or f"{titolo}: il valore di ogni territorio con il suo intervallo, e una linea per la Lombardia. Dove due "
            "intervalli si sovrappongono per buona parte, la differenza non si può dire certa.",
            dati=rows[["livello", "territorio", "periodo", indicatore]],
            cifre=self.f,
            **{"colonne": {"territorio": CHOICES[di]}, "nascoste": ("periodo",)} | altro,
            fonte=self._source([indicatore], places["livello"], at, elaborazione),
        )

    def barre_voci(
        self,
        cifra: Cifra,
        chiave: str,
        voci: Mapping[str, str],
        *,
        id: str,
        titolo: str,
        alt: str = "",
        unita: str | None = None,
        disegno: Mapping[str, Any] | None = None,
        **altro: Any,
    ) -> None:
        """Show the parts of a figure as bars, in the order given.

        Parameters
        ----------
        cifra : Cifra
            Of one territory: ``f.indicatore['italia']``.
        chiave : str
            Key of its breakdown.
        voci : mapping
            The parts: value of the key, and what it is called.
        id, titolo, alt : str
            As for :meth:`grafico`; by default ``alt`` says how it is read.
        unita : str, optional
            On the axis; by default the indicator's.
        disegno : mapping, optional
            Options of :func:`conciliazione_lib.report.charts.barre`.
        **altro
            The other options of :meth:`grafico`.
        """
        figures = [cifra.con(**{chiave: part}).figure for part in voci]
        indicator = figures[0].indicator
        values = pd.Series([figure.value for figure in figures], index=list(voci.values()))
        options: dict[str, Any] = {
            "unita": unita or axis_unit(indicator),
            "decimali": load()[indicator].decimali,
            "ordina": False,
        }
        self.grafico(
            charts.barre(values, **options | dict(disegno or {})),
            id=id,
            titolo=titolo,
            alt=alt or f"{titolo}: una barra per ogni voce, con il suo valore.",
            dati=pd.DataFrame({chiave: list(voci.values()), indicator: figures}),
            **altro,
            fonte=self.fonte(indicator, livello=figures[0].territory.livello, periodo=figures[0].period),
        )

    def _together(
        self, indicators: Sequence[str], places: Mapping[str, Any], periodo: str | None = None, **choice: Any
    ) -> pd.DataFrame:
        """Return figures of territories of several levels, at one period when the levels have not the same.

        The period, when it is not that of reference of each, is in ``attrs["periodo"]``.
        """
        if periodo is None:
            periods = [set(self._periods(name, places).values()) for name in indicators]
            earliest = {min(found) for found in periods if found}
            if any(len(found) > 1 for found in periods) and len(earliest) == 1:
                periodo = earliest.pop()
        rows = self.frame(*indicators, **places, periodo=periodo, **choice)
        rows.attrs["periodo"] = periodo
        return rows

    def _periods(self, indicator: str, places: Mapping[str, Any]) -> dict[str, str]:
        """Return the period of reference of an indicator at each of some levels, where there are figures."""
        rows = self.cifre_edizione.of(indicator)
        rows = rows[rows["riferimento"] & rows["livello"].isin(places["livello"])]
        return dict(zip(rows["livello"], rows["periodo"], strict=True))

    def _some_guessed(self, indicators: Sequence[str], shown: pd.DataFrame) -> bool:
        """Tell whether some figures are ranges, because they are too uncertain for a number."""
        codes = set(zip(shown["livello"], shown["territorio"], strict=True))
        for name in indicators:
            rows = self.cifre_edizione.of(name)
            rows = rows[rows["riferimento"] & (rows["imputata"] >= 1) & rows["inferiore"].notna()]
            if not codes.isdisjoint(zip(rows["livello"], rows["territorio"], strict=True)):
                return True
        return False

    def _earlier(self, indicators: Sequence[str], places: Mapping[str, Any]) -> dict[str, str]:
        """Return the period of the indicators whose levels have different ones: the latest that all of them have."""
        periods = {name: set(self._periods(name, places).values()) for name in indicators}
        return {name: min(found) for name, found in periods.items() if len(found) > 1}

    def _at(self, indicator: str, period: str, places: Mapping[str, Any]) -> pd.Series:
        return self.frame(indicator, **places, periodo=period).set_index(["livello", "territorio"])[indicator]

    def _figures(self, indicator: str, period: str, rows: pd.DataFrame) -> list[Any]:
        """Return the figures of an indicator at a period, one for each row that has a value."""
        found = []
        for level, code, value in rows[["livello", "territorio", indicator]].itertuples(index=False):
            own = self.f[indicator].al(period)
            found.append(None if pd.isna(value) else own[self.luogo(level, code).chiave].figure)
        return found

    def _periods_note(self, indicators: Sequence[str], places: Mapping[str, Any]) -> list[str]:
        """Return the note with the periods of the columns, when they are not all of one."""
        periods = {load()[name].nome_breve: self._periods(name, places) for name in indicators}
        when = {name: min(found.values()) for name, found in periods.items() if found}
        if len(set(when.values())) < 2:
            return []
        said = [f"{name}: {formats.periodo(period)}" for name, period in when.items() if period != self.data]
        return [f"{'; '.join(said)}."]

    def _all_of(self, di: str) -> dict[str, list[str]]:
        """Return the territories of a chart that compares: as :meth:`luoghi`, but every province."""
        places = self.luoghi(di)
        if di == "province":
            places["territori"] = [*self.territorio.codes("provincia"), "lombardia"]
        return places

    def _names(self, rows: pd.DataFrame) -> list[str]:
        return [self._short(level, code) for level, code in zip(rows["livello"], rows["territorio"], strict=True)]

    def _marked(self, rows: pd.DataFrame, di: str) -> list[str]:
        """Return the names of the rows that are the chapter's own, when there are others."""
        own = [] if self.regione else [self.t.codice, *(self.propri("provincia") if di == "province" else [])]
        return [name for name, code in zip(self._names(rows), rows["territorio"], strict=True) if code in own]

    def _drawn(self, indicator: str, rows: pd.DataFrame, di: str, unit: str | None) -> dict[str, Any]:
        """Return the options of a chart that compares territories: what is marked, and the region as a line."""
        of_region = rows.loc[rows["territorio"] == "lombardia", indicator].dropna()
        return {
            "unita": unit or axis_unit(indicator),
            "decimali": load()[indicator].decimali,
            "evidenzia": self._marked(rows[rows["territorio"] != "lombardia"], di),
            "riferimento": ("Lombardia", float(of_region.iloc[0])) if len(of_region) else None,
        }

    def _comuni_of(self, province: str) -> set[str]:
        return set(self.territorio.members("provincia", province))

    def _long(self, level: str, code: str) -> str:
        name = self.territorio.name(level, code)
        return f"Provincia di {name}" if level == "provincia" else name

    def accostati(
        self,
        nome: str,
        *indicatori: str,
        id: str,
        titolo: str,
        colonne: Mapping[str, str] | Sequence[str],
        per: Sequence[str] = (),
        suo: bool = False,
        dove: Mapping[str, Iterable[str]] | None = None,
        ordina: Sequence[str] = (),
        **altro: Any,
    ) -> None:
        """Show a list of the edition, beside each row the figures it speaks of.

        A row and its figures have the same breakdown and, where the list has them, the same territory and period.

        Parameters
        ----------
        nome : str
            The list.
        *indicatori : str
            Figures to put beside its rows: in the place ``colonne`` gives them, or after the others.
        id, titolo : str
            As for :meth:`tabella`.
        colonne : mapping or sequence of str
            Columns to show, in order, and their names where the usual ones do not fit.
        per : sequence of str
            Columns of the list that are the breakdown of the figures; empty means the whole.
        suo : bool
            The list says of which kind of thing the figures are, not of which territory: they are the chapter's own.
        dove : mapping, optional
            Only the rows with one of these values, by column.
        ordina : sequence of str
            Columns to sort by; by default in the order of the list.
        **altro
            The other options of :meth:`tabella`; the source is by default that of the figures, or of the list, or none
            when a column is the source of each row.

        Raises
        ------
        UsoError
            More than one figure could be meant, because the list does not say of which territory.
        """
        rows = _only(listing := self.elenco(nome), dove)
        keys = [key for key in ("livello", "territorio", "periodo", *per) if key in rows]
        choice: dict[str, Any] = {"periodo": "tutti" if "periodo" in rows else None}
        if indicatori:
            if suo:
                choice |= {"livello": self.t.livello, "territori": [self.t.codice]}
            found = [self.frame(*indicatori, per=list(per), **choice)]
            if per and (rows[list(per)] == "").all(axis=1).any():
                found.append(self.frame(*indicatori, **choice).assign(**dict.fromkeys(per, "")))
            figures = pd.concat(found, ignore_index=True)
            if figures.duplicated(keys).any():
                raise UsoError(
                    f"L'elenco «{nome}» non dice di quale territorio sono le cifre accanto alle sue righe.",
                    "Se sono quelle del territorio del capitolo, aggiungere suo=True.",
                )
            rows = rows.merge(figures, on=keys, how="left")
            if self._tells_nothing(rows, indicatori, titolo):
                return
        names = dict(colonne) if isinstance(colonne, Mapping) else dict.fromkeys(colonne, "")
        shown = [*names, *(name for name in indicatori if name not in names)]
        support = [key for key in ("livello", "territorio", "periodo", *per) if key in rows and key not in shown]
        source = self.fonte(*indicatori, **choice) if indicatori else listing.attrs["fonte"]
        self.tabella(
            (rows.sort_values(list(ordina), ignore_index=True) if ordina else rows)[[*support, *shown]],
            id=id,
            titolo=titolo,
            cifre=self.f if indicatori else None,
            per=per,
            nascoste=support,
            colonne={column: name or "Anno" for column, name in names.items() if name or column == "periodo"},
            **({} if "fonte" in shown else {"fonte": source}) | altro,
        )

    def divergenti(
        self,
        indicatore: str,
        *,
        id: str,
        titolo: str,
        alt: str,
        anche: Sequence[str] = (),
        di: str = "ats",
        unita: str | None = None,
        elaborazione: bool = False,
        disegno: Mapping[str, Any] | None = None,
        **altro: Any,
    ) -> None:
        """Show how far territories are from the region, or from zero where the region has no value: bars on two sides.

        Parameters
        ----------
        indicatore : str
            Which one.
        id, titolo, alt : str
            As for :meth:`grafico`.
        anche : sequence of str
            Indicators of the table beside the chart only: what the one drawn is made from.
        di : str
            Which territories, as for :meth:`luoghi`.
        unita : str, optional
            On the axis; by default the indicator's.
        elaborazione : bool
            As for :meth:`tavola`.
        disegno : mapping, optional
            Options of :func:`conciliazione_lib.report.charts.divergenti`.
        **altro
            The other options of :meth:`grafico`.
        """
        places = self.luoghi(di)
        rows = self.frame(indicatore, *anche, **places)
        if self._tells_nothing(rows, [indicatore], titolo):
            return
        of_region = rows.loc[rows["territorio"] == "lombardia", indicatore].dropna()
        drawn = rows[rows["territorio"] != "lombardia"]
        names = [self._short(level, code) for level, code in zip(drawn["livello"], drawn["territorio"], strict=True)]
        options: dict[str, Any] = {"unita": unita or axis_unit(indicatore), "decimali": load()[indicatore].decimali}
        if len(of_region):
            options |= {"centro": float(of_region.iloc[0]), "nome_centro": "Lombardia"}
        self.grafico(
            charts.divergenti(drawn[indicatore].set_axis(names), **options | dict(disegno or {})),
            id=id,
            titolo=titolo,
            alt=alt,
            dati=rows,
            cifre=self.f,
            **{
                "colonne": {"territorio": CHOICES[di]},
                "nascoste": ("periodo",),
                "fonte": self._source([indicatore, *anche], places["livello"], {}, elaborazione),
            }
            | altro,
        )

    def _short(self, level: str, code: str) -> str:
        return self.territorio.name(level, code, breve=True)

    def _source(self, indicators: Iterable[str], levels: Sequence[str], choice: Mapping[Any, Any], worked: bool) -> str:
        period = {"periodo": choice["periodo"]} if choice.get("periodo") else {}
        cited = self.fonte(*indicators, livello=list(levels), **period)
        return f"{cited}; elaborazione" if worked else cited

    def _tells_nothing(self, frame: pd.DataFrame, indicators: Sequence[str], title: str) -> bool:
        """Say in one line that a table has nothing to tell, when it has not."""
        values = frame[list(indicators)].stack().dropna()
        if values.empty:
            why = "nessun valore è disponibile"
        elif len(frame) > 1 and values.nunique() == 1 and values.iloc[0] in (0, 100):
            units = {load()[name].unita for name in indicators}
            if values.iloc[0] == 100 and units != {"%"}:
                return False
            why = f"tutti i valori sono {formats.numero(values.iloc[0], 0)}"
        else:
            return False
        self._mostra(blocks.Testo(f"{title}: {why}."))
        return True

    def righe(self, elenco: str, *indicatori: str, livello: str | None = None, **scelta: Any) -> pd.DataFrame:
        """Return the rows of a list of the edition that are of the chapter's territory, figures beside them.

        Parameters
        ----------
        elenco : str
            Name of the list, which has the columns ``livello`` and ``territorio``.
        *indicatori : str
            Figures to put beside the rows; a row that has none is left out.
        livello : str, optional
            Level of the rows: by default the chapter's; ``regione``, or one whose territories are inside it.
        **scelta
            ``periodo`` and ``per`` of :meth:`frame`: with ``per`` the columns of the list that tell which figure is
            that of a row, with ``periodo="tutti"`` its ``periodo`` too.

        Returns
        -------
        DataFrame
            Columns of the list and of the indicators; the sources of the list in ``attrs["fonte"]``.
        """
        level = livello or self.t.livello
        own = {self.t.livello: [self.t.codice], "regione": ["lombardia"]}
        codes = own[level] if level in own else self.propri(level)
        listed = self.elenco(elenco)
        rows = listed[listed["livello"].eq(level) & listed["territorio"].isin(codes)].reset_index(drop=True)
        if indicatori and len(rows):
            keys = ["livello", "territorio", *scelta.get("per", ())]
            keys += ["periodo"] if scelta.get("periodo") == "tutti" else []
            figures = self.frame(*indicatori, livello=level, territori=codes, **scelta)
            rows = rows.merge(figures[[*keys, *indicatori]], on=keys)
        rows.attrs = listed.attrs
        return rows

    def lista(
        self,
        righe: str | pd.DataFrame,
        *,
        id: str,
        titolo: str,
        colonne: Mapping[str, Any],
        fonte: str | None = None,
        **altro: Any,
    ) -> None:
        """Show rows of a list as a table: the columns named, in their order.

        Parameters
        ----------
        righe : str or DataFrame
            Name of a list, for its rows of the chapter's territory; or rows as :meth:`righe` gives them.
        id, titolo : str
            As for :meth:`tabella`.
        colonne : mapping
            Columns shown and their names; an indicator may have ``None``, for the name it has by itself.
        fonte : str, optional
            By default the sources of the list.
        **altro
            The other options of :meth:`tabella`.
        """
        rows = self.righe(righe) if isinstance(righe, str) else righe
        if rows.empty:
            self._mostra(blocks.Testo(f"{titolo}: nessun valore è disponibile."))
            return
        named = [name for name in ("livello", "territorio", "periodo", *altro.get("per", ())) if name in rows]
        hidden = [name for name in named if name not in colonne]
        self.tabella(
            rows[[*hidden, *colonne]],
            id=id,
            titolo=titolo,
            cifre=self.f,
            nascoste=hidden,
            colonne=colonne,
            fonte=rows.attrs.get("fonte", "") if fonte is None else fonte,
            **altro,
        )

    def nomi(self, righe: pd.DataFrame) -> str:
        """Return the names of the territories of some rows, as words: ``Bollate, Corsico e Rho``."""
        return formats.elenco([self._short(*key) for key in zip(righe["livello"], righe["territorio"], strict=True)])

    def dettaglio(
        self,
        indicatore: str,
        *accanto: str,
        voce: str,
        id: str,
        titolo: str,
        alt: str = "",
        come: str = "tabella",
        serie: str | None = None,
        scelta: Mapping[str, str] | None = None,
        periodo: str | None = None,
        ordine: Sequence[str] = (),
        unita: str | None = None,
        elaborazione: bool = False,
        colonne: Mapping[str, Any] | None = None,
        disegno: Mapping[str, Any] | None = None,
        **altro: Any,
    ) -> None:
        """Show the breakdown of an indicator in the chapter's territory: a chart, or a table where none can be drawn.

        Parameters
        ----------
        indicatore : str
            The one drawn.
        *accanto : str
            Others with the same breakdown, only in the table.
        voce : str
            Key of the breakdown whose values are the rows.
        id : str
            Without what it begins with: ``fig-`` for a chart, ``tab-`` for a table.
        titolo, alt : str
            As for :meth:`grafico`.
        come : str
            ``tabella``, or a chart: ``barre``, ``intervalli``; with ``serie``, ``giudizi``, ``dumbbell``,
            ``barre_impilate``, ``barre_raggruppate``.
        serie : str, optional
            Key of the breakdown whose values are the parts of a row.
        scelta : mapping, optional
            The other keys of the breakdown and their only value, which is not shown.
        periodo : str, optional
            By default that of reference.
        ordine : sequence of str
            Values of ``voce`` and ``serie`` in the order they are shown; by default the greatest first.
        unita, elaborazione, disegno
            As for :meth:`barre`.
        colonne : mapping, optional
            Names of the columns.
        **altro
            The other options of :meth:`tabella`.
        """
        fixed = dict(scelta or {})
        keys = [voce, *([serie] if serie else [])]
        rows = self.frame(
            indicatore,
            *accanto,
            livello=self.t.livello,
            territori=[self.t.codice],
            periodo=periodo,
            per=[*keys, *fixed],
            limiti=True,
        )
        rows = rows[(rows[list(fixed)] == pd.Series(fixed)).all(axis=1)] if fixed else rows
        rows = _in_order(rows, keys, indicatore, ordine)
        if self._tells_nothing(rows, [indicatore, *accanto], titolo):
            return
        options: dict[str, Any] = {
            "cifre": self.f,
            "per": [*keys, *fixed],
            "nascoste": ["territorio", "periodo", *fixed],
            "colonne": {key: key.capitalize() for key in keys} | dict(colonne or {}),
            "fonte": self._source([indicatore, *accanto], [self.t.livello], {"periodo": periodo}, elaborazione),
        } | altro
        shown = rows[["livello", "territorio", "periodo", *keys, *fixed, indicatore, *accanto]]
        drawn = _drawing(rows, indicatore, come, keys, {"unita": unita or axis_unit(indicatore)} | dict(disegno or {}))
        if drawn:
            self.grafico(drawn, id=f"fig-{id}", titolo=titolo, alt=alt, dati=shown, **options)
        else:
            self.tabella(shown, id=f"tab-{id}", titolo=titolo, **options)


def _only(frame: pd.DataFrame, values: Mapping[str, Iterable[str]] | None) -> pd.DataFrame:
    for column, wanted in (values or {}).items():
        frame = frame[frame[column].isin(list(wanted))]
    return frame


def axis_unit(indicator: str) -> str:
    """Return the unit of an indicator, in words."""
    return formats.unita(load()[indicator].unita).estesa


def _called(indicator: str) -> str:
    return load()[indicator].nome_breve


def _in_order(rows: pd.DataFrame, keys: Sequence[str], indicator: str, order: Sequence[str]) -> pd.DataFrame:
    """Return the rows in the order of their keys, unnamed ones last; without an order, the greatest value first."""
    if not order:
        return rows.sort_values(indicator, ascending=False, kind="stable", ignore_index=True)
    known = [*order, *sorted(set(rows[list(keys)].to_numpy().ravel()) - set(order))]
    place = {value: number for number, value in reversed(list(enumerate(known)))}
    return rows.sort_values(list(keys), key=lambda values: values.map(place), kind="stable", ignore_index=True)


def _drawing(
    rows: pd.DataFrame, indicator: str, how: str, keys: Sequence[str], options: Mapping[str, Any]
) -> str | None:
    """Draw a breakdown; nothing when no row of the chart would have a value."""
    if how == "tabella" or not rows[indicator].notna().any():
        return None
    labels = [fill(str(value), _LABEL) for value in rows[keys[0]]]
    decimals = {"decimali": load()[indicator].decimali}
    if how == "barre":
        return charts.barre(rows[indicator].set_axis(labels), **decimals | dict(options))
    if how == "intervalli":
        bounds = {indicator: "valore", f"{indicator}_inferiore": "inferiore", f"{indicator}_superiore": "superiore"}
        return charts.intervalli(rows[list(bounds)].set_axis(labels).rename(columns=bounds), **decimals | dict(options))
    parts = rows.assign(_label=labels).pivot(index="_label", columns=keys[1], values=indicator)
    parts = parts.loc[list(dict.fromkeys(labels)), list(dict.fromkeys(rows[keys[1]]))]
    if not parts.notna().all(axis=1).any():
        return None
    parts = parts.dropna() if how == "giudizi" else parts
    drawn: str = getattr(charts, how)(parts, **decimals | dict(options))
    return drawn
