"""What chapters show most often, in one call: a table, a map, a chart of some indicators of the edition.

Each takes its values from the edition, puts the sources of the very rows shown under them, marks the chapter's own
territory, and says in one line, instead of showing it, what has nothing to tell here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from textwrap import fill
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from conciliazione_lib.errors import UsoError
from conciliazione_lib.evidence import Place, formats, load
from conciliazione_lib.report import blocks, charts

if TYPE_CHECKING:
    from conciliazione_lib.evidence import StoredFigures
    from conciliazione_lib.territory import Territory

#: Which territories: the name of a choice, and what the first column is called.
CHOICES: Final = {
    "ats": "Territorio",
    "ambiti": "Ambito",
    "distretti": "Distretto",
    "comuni": "Comune",
    "province": "Territorio",
    "suo": "Territorio",
}
#: Characters of a line of a label in a chart.
_LABEL: Final = 44


class Showing:
    """The part of a chapter that shows indicators: see :class:`conciliazione_lib.report.Capitolo`."""

    if TYPE_CHECKING:
        t: Place
        territorio: Territory

        @cached_property
        def f(self) -> StoredFigures: ...  # noqa: D102
        def frame(self, *indicatori: str, **scelta: Any) -> pd.DataFrame: ...  # noqa: D102
        def elenco(self, nome: str) -> pd.DataFrame: ...  # noqa: D102
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
            ``comuni`` (its own), ``suo`` (itself and the region).
        """
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
            Which territories, as for :meth:`luoghi`; the provinces are all of them.
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
        rows = self.frame(indicatore, **places, periodo=periodo)
        if self._tells_nothing(rows, [indicatore], titolo):
            return
        shown = rows[rows["territorio"] != "lombardia"]
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
            fonte=self._source([indicatore], places["livello"], {"periodo": periodo} if periodo else {}, elaborazione),
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
        drawn = _drawn(rows, indicatore, come, keys, {"unita": unita or _unit(indicatore)} | dict(disegno or {}))
        if drawn:
            self.grafico(drawn, id=f"fig-{id}", titolo=titolo, alt=alt, dati=shown, **options)
        else:
            self.tabella(shown, id=f"tab-{id}", titolo=titolo, **options)


def _unit(indicator: str) -> str:
    return formats.unita(load()[indicator].unita).estesa


def _in_order(rows: pd.DataFrame, keys: Sequence[str], indicator: str, order: Sequence[str]) -> pd.DataFrame:
    """Return the rows in the order of their keys, unnamed ones last; without an order, the greatest value first."""
    if not order:
        return rows.sort_values(indicator, ascending=False, kind="stable", ignore_index=True)
    known = [*order, *sorted(set(rows[list(keys)].to_numpy().ravel()) - set(order))]
    place = {value: number for number, value in reversed(list(enumerate(known)))}
    return rows.sort_values(list(keys), key=lambda values: values.map(place), kind="stable", ignore_index=True)


def _drawn(rows: pd.DataFrame, indicator: str, how: str, keys: Sequence[str], options: Mapping[str, Any]) -> str | None:
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
