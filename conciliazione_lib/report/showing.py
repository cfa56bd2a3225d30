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
    "sole ats": "Territorio",
}


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
            ``comuni`` (its own), ``suo`` (itself and the region), ``sole ats`` (all of them, without the region: what
            only ATS have).
        """
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

    def intervalli(
        self,
        indicatore: str,
        *,
        id: str,
        titolo: str,
        alt: str,
        di: str = "ats",
        unita: str | None = None,
        primi: int | None = None,
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
            As for :meth:`grafico`.
        di : str
            Which territories, as for :meth:`luoghi`.
        unita : str, optional
            On the axis; by default the indicator's.
        primi : int, optional
            Only so many, the first in order: a note says of how many.
        elaborazione : bool
            As for :meth:`tavola`.
        disegno : mapping, optional
            Options of :func:`conciliazione_lib.report.charts.intervalli`; with ``ranghi`` the first are the smallest.
        **altro
            The other options of :meth:`grafico`.
        """
        places, ranks = self.luoghi(di), bool((disegno or {}).get("ranghi"))
        rows = self.frame(indicatore, **places, limiti=True).dropna(subset=[indicatore])
        if self._tells_nothing(rows, [indicatore], titolo):
            return
        region = rows["territorio"] == "lombardia"
        of_region, rows = rows.loc[region, indicatore], rows[~region]
        rows = rows.sort_values(indicatore, ascending=ranks, kind="stable", ignore_index=True)
        notes = [*altro.pop("note", ())]
        if primi and len(rows) > primi:
            notes.append(f"I primi {primi} di {len(rows)}.")
            rows = rows.head(primi)
        names = [self._short(level, code) for level, code in zip(rows["livello"], rows["territorio"], strict=True)]
        drawn = rows[[indicatore, f"{indicatore}_inferiore", f"{indicatore}_superiore"]]
        options: dict[str, Any] = {
            "unita": unita or _unit(indicatore),
            "decimali": load()[indicatore].decimali,
            "evidenzia": [self.t.nome] if self.t.nome in names and not self.regione else [],
            "riferimento": ("Lombardia", float(of_region.iloc[0])) if len(of_region) else None,
        } | dict(disegno or {})
        self.grafico(
            charts.intervalli(drawn.set_axis(["valore", "inferiore", "superiore"], axis=1).set_axis(names), **options),
            id=id,
            titolo=titolo,
            alt=alt,
            dati=rows[["livello", "territorio", indicatore]],
            cifre=self.f,
            colonne={"territorio": CHOICES[di]},
            note=notes,
            **altro,
            fonte=self._source([indicatore], places["livello"], {}, elaborazione),
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
        options: dict[str, Any] = {"unita": unita or _unit(indicatore), "decimali": load()[indicatore].decimali}
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

    def _source(self, indicators: Iterable[str], levels: Sequence[str], choice: Mapping[str, Any], worked: bool) -> str:
        period = {"periodo": choice["periodo"]} if choice.get("periodo") else {}
        cited = self.fonte(*indicators, livello=list(levels), **period)
        return f"{cited}; elaborazione" if worked else cited

    def _tells_nothing(self, frame: pd.DataFrame, indicators: Sequence[str], title: str) -> bool:
        """Say in one line that a table has nothing to tell, when it has not."""
        values = frame[list(indicators)].stack()
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
