"""What chapters show most often, in one call: a table, a map, a chart of some indicators of the edition.

Each takes its values from the edition, puts the sources of the very rows shown under them, marks the chapter's own
territory, and says in one line, instead of showing it, what has nothing to tell here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from conciliazione_lib.errors import UsoError
from conciliazione_lib.evidence import Place, formats, load
from conciliazione_lib.report import blocks, charts

if TYPE_CHECKING:
    from conciliazione_lib.evidence import Figure, StoredFigures
    from conciliazione_lib.territory import Territory

#: Which territories: the name of a choice, and what the first column is called.
CHOICES: Final = {
    "ats": "Territorio",
    "ambiti": "Ambito",
    "distretti": "Distretto",
    "comuni": "Comune",
    "province": "Territorio",
    "suo": "Territorio",
    "italia": "Territorio",
    "ats e italia": "Territorio",
}

#: Tables of the territories of a level, in :class:`conciliazione_lib.territory.Territory`.
_SHEETS: Final = {"ambito": "ambiti", "distretto": "distretti"}


class Showing:
    """The part of a chapter that shows indicators: see :class:`conciliazione_lib.report.Capitolo`."""

    if TYPE_CHECKING:
        t: Place
        territorio: Territory

        @cached_property
        def f(self) -> StoredFigures: ...  # noqa: D102
        def frame(self, *indicatori: str, **scelta: Any) -> pd.DataFrame: ...  # noqa: D102
        def fonte(self, *indicatori: str, **scelta: Any) -> str: ...  # noqa: D102
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
            ``comune``; ``ambito`` (those whose comuni are all known) or ``distretto``; ``provincia`` (those some of the
            comuni are of, the one with most of them first); ``ats``.
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
            ``comuni`` (its own), ``suo`` (itself and the region); ``italia`` and ``ats e italia``: ``suo`` and ``ats``,
            and Italy.
        """
        if di in ("italia", "ats e italia"):
            places = self.luoghi("suo" if di == "italia" else "ats")
            return {"livello": [*places["livello"], "italia"], "territori": [*places["territori"], "italia"]}
        if di == "ats":
            return {"livello": ["ats", "regione"], "territori": [*self.territorio.codes("ats"), "lombardia"]}
        if di == "province":
            own = [] if self.regione else self.propri("provincia")
            return {"livello": ["provincia", "regione"], "territori": [*own, "lombardia"]}
        if di == "suo":
            levels, codes = [self.t.livello, "regione"], [self.t.codice, "lombardia"]
            return {"livello": list(dict.fromkeys(levels)), "territori": list(dict.fromkeys(codes))}
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
        elaborazione: bool = False,
        colonne: Mapping[str, Any] | None = None,
        **altro: Any,
    ) -> None:
        """Show a table of indicators, a row a territory.

        Nothing is shown of a table in which no cell has a value, or all are zero or all one hundred: one line says so.

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
        elaborazione : bool
            The values are worked out from the sources: the source line says so.
        colonne : mapping, optional
            Names of other columns.
        **altro
            ``periodo`` and ``per`` of :meth:`frame`; the other options of :meth:`tabella`.
        """
        places = self.luoghi(di)
        choice: dict[str, Any] = {name: altro.pop(name) for name in ("periodo", "per") if name in altro}
        frame = self.frame(*indicatori, **places, **choice).dropna(subset=list(indicatori), how="all")
        if ordina:
            frame = frame.sort_values(
                [ordina.lstrip("-"), "territorio"], ascending=[not ordina.startswith("-"), True], ignore_index=True
            )
        if self._tells_nothing(frame, indicatori, titolo):
            return
        self.tabella(
            frame,
            id=id,
            titolo=titolo,
            cifre=self.f,
            per=choice.get("per") or (),
            colonne={"territorio": CHOICES[di], "periodo": "Anno"} | dict(colonne or {}),
            **{"nascoste": () if "periodo" in choice else ("periodo",)} | altro,
            fonte=self._source(indicatori, places["livello"], choice, elaborazione),
        )

    def cartina(
        self,
        indicatore: str,
        *,
        id: str,
        titolo: str,
        alt: str,
        livello: str = "comune",
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
        elaborazione : bool
            As for :meth:`tavola`.
        **altro
            The other options of :meth:`mappa`; outlines are by default those of ATS (in the region) or ambiti.
        """
        frame = self.frame(indicatore, livello=livello, territori=self.propri(livello))
        if self._tells_nothing(frame, [indicatore], titolo):
            return
        self.mappa(
            frame,
            livello=livello,
            indicatore=indicatore,
            cifre=self.f,
            id=id,
            titolo=titolo,
            alt=alt,
            **{"contorni": "ats" if self.regione else "ambito"} | altro,
            fonte=self._source([indicatore], [livello], {}, elaborazione),
        )

    def linee(
        self,
        indicatore: str,
        *,
        id: str,
        titolo: str,
        alt: str,
        di: str = "province",
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
            As for :meth:`grafico`.
        di : str
            Which territories, as for :meth:`luoghi`.
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
        rows = self.frame(indicatore, **places, periodo="tutti").dropna(subset=[indicatore])
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
            charts.linea(lines, **{"unita": unita or _unit(indicatore), "evidenzia": marked} | dict(disegno or {})),
            id=id,
            titolo=titolo,
            alt=alt,
            dati=rows,
            cifre=self.f,
            colonne={"territorio": "Territorio", "periodo": "Anno"},
            **altro,
            fonte=self._source([indicatore], places["livello"], {"periodo": "tutti"}, elaborazione),
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
        places = self.luoghi(di)
        if di == "province":
            places["territori"] = [*self.territorio.codes("provincia"), "lombardia"]
        rows = self.frame(indicatore, *anche, **places, periodo=periodo)
        if self._tells_nothing(rows, [indicatore], titolo):
            return
        shown = rows[~rows["territorio"].isin(["lombardia", "italia"])]
        names = [self._short(level, code) for level, code in zip(shown["livello"], shown["territorio"], strict=True)]
        of_region = rows.loc[rows["territorio"] == "lombardia", indicatore].dropna()
        own = [] if self.regione else [self.t.codice, *(self.propri("provincia") if di == "province" else [])]
        marked = [name for name, code in zip(names, shown["territorio"], strict=True) if code in own]
        options: dict[str, Any] = {
            "unita": unita or _unit(indicatore),
            "decimali": load()[indicatore].decimali,
            "evidenzia": marked,
            "riferimento": ("Lombardia", float(of_region.iloc[0])) if len(of_region) else None,
        }
        self.grafico(
            charts.barre(pd.Series(shown[indicatore].to_numpy(), index=names), **options | dict(disegno or {})),
            id=id,
            titolo=titolo,
            alt=alt,
            dati=rows,
            cifre=self.f,
            colonne={"territorio": CHOICES[di], "periodo": "Anno"},
            **altro,
            fonte=self._source(
                [indicatore, *anche], places["livello"], {"periodo": periodo} if periodo else {}, elaborazione
            ),
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
            charts.barre_raggruppate(groups, **{"unita": unita or _unit(indicatori[0])} | dict(disegno or {})),
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
            charts.barre_impilate(bars, **{"unita": unita or _unit(next(iter(indicatori)))} | dict(disegno or {})),
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

    def _short(self, level: str, code: str) -> str:
        return self.territorio.name(level, code, breve=True)

    def _source(self, indicators: Iterable[str], levels: Sequence[str], choice: Mapping[str, Any], worked: bool) -> str:
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


def _unit(indicator: str) -> str:
    return formats.unita(load()[indicator].unita).estesa


def _called(indicator: str) -> str:
    return load()[indicator].nome_breve
