"""Charts that set territories side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

import conciliazione_lib.report.charts as charts
from conciliazione_lib.evidence import formats, load
from conciliazione_lib.region import REGION
from conciliazione_lib.report.showing.figures import Figures, axis_unit, called
from conciliazione_lib.report.showing.places import CHOICES


class Compared(Figures):
    """The charts in which a chapter compares territories."""

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
        disegno : mapping, optional
            Options of :func:`conciliazione_lib.report.charts.barre`.
        **altro
            The other options of :meth:`grafico`.
        """
        places = self._all_of(di)
        rows = self._together([indicatore, *anche], places, periodo=periodo)
        if self._tells_nothing(rows, [indicatore], titolo):
            return
        shown = rows[~rows["territorio"].isin([REGION.codice, "italia"])]
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
            fonte=self._source([indicatore, *anche], places["livello"], rows.attrs),
        )

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
        di, unita, periodo
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
        rows = rows[rows["territorio"] != REGION.codice].reset_index(drop=True)
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
            fonte=self._source(shown, places["livello"][:1], rows.attrs),
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
        primi: int | None = None,
        disegno: Mapping[str, Any] | None = None,
        **altro: Any,
    ) -> None:
        """Show an indicator of each territory with its interval, in order; the chapter's own marked, the region a line.

        Parameters
        ----------
        indicatore : str
            Which one. Of places in a ranking the first are the smallest, and who has none is left out.
        id, titolo, alt : str
            As for :meth:`grafico`; by default ``alt`` says how it is read.
        di, unita, periodo
            As for :meth:`barre`.
        primi : int, optional
            Only so many, the first in order: a note says of how many.
        disegno : mapping, optional
            Options of :func:`conciliazione_lib.report.charts.intervalli`.
        **altro
            The other options of :meth:`grafico`.
        """
        places, ranks = self._all_of(di), load()[indicatore].unita == "posizione"
        rows = self._together([indicatore], places, periodo=periodo, limiti=True)
        source = self._source([indicatore], places["livello"], rows.attrs)
        if ranks:
            rows = rows.dropna(subset=[indicatore])
        if self._tells_nothing(rows, [indicatore], titolo):
            return
        rows = rows.sort_values(indicatore, ascending=ranks, kind="stable", ignore_index=True)
        notes = [*altro.pop("note", ())]
        of_region = rows["territorio"] == REGION.codice
        if primi and len(rows[~of_region]) > primi:
            notes.append(f"I primi {primi} di {len(rows[~of_region])}.")
            rows = rows[of_region | ((~of_region).cumsum() <= primi)]
        drawn = rows[rows["territorio"] != REGION.codice]
        bounds = drawn[[indicatore, f"{indicatore}_inferiore", f"{indicatore}_superiore"]]
        bounds = bounds.set_axis(["valore", "inferiore", "superiore"], axis=1).set_axis(self._names(drawn))
        options = self._drawn(indicatore, rows, di, unita) | {"ranghi": ranks} | dict(disegno or {})
        line = f", e una linea per {REGION.the}" if (options["riferimento"] or ("",))[0] == REGION.nome else ""
        self.grafico(
            charts.intervalli(bounds, **options),
            id=id,
            titolo=titolo,
            alt=alt
            or f"{titolo}: il valore di ogni territorio con il suo intervallo{line}. Dove due intervalli si "
            "sovrappongono per buona parte, la differenza non si può dire certa.",
            dati=rows[["livello", "territorio", "periodo", indicatore]],
            cifre=self.f,
            note=notes,
            **{"colonne": {"territorio": CHOICES[di]}, "nascoste": ("periodo",)} | altro,
            fonte=source,
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
        disegno : mapping, optional
            Options of :func:`conciliazione_lib.report.charts.divergenti`.
        **altro
            The other options of :meth:`grafico`.
        """
        places = self.luoghi(di)
        rows = self.frame(indicatore, *anche, **places)
        if self._tells_nothing(rows, [indicatore], titolo):
            return
        of_region = rows.loc[rows["territorio"] == REGION.codice, indicatore].dropna()
        drawn = rows[rows["territorio"] != REGION.codice]
        names = [self._short(level, code) for level, code in zip(drawn["livello"], drawn["territorio"], strict=True)]
        options: dict[str, Any] = {"unita": unita or axis_unit(indicatore), "decimali": load()[indicatore].decimali}
        if len(of_region):
            options |= {"centro": float(of_region.iloc[0]), "nome_centro": REGION.nome}
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
                "fonte": self._source([indicatore, *anche], places["livello"], {}),
            }
            | altro,
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
        groups = rows[list(indicatori)].set_axis(names).T.set_axis(list(voci) or [called(name) for name in indicatori])
        self.grafico(
            charts.barre_raggruppate(groups, **{"unita": unita or axis_unit(indicatori[0])} | dict(disegno or {})),
            id=id,
            titolo=titolo,
            alt=alt,
            dati=rows,
            cifre=self.f,
            **{"colonne": {"territorio": CHOICES[di]}, "nascoste": ("periodo",)} | altro,
            fonte=self._source(indicatori, places["livello"], {}),
        )

    def dispersione(
        self,
        orizzontale: str,
        verticale: str,
        *,
        id: str,
        titolo: str,
        alt: str,
        di: str = "ats",
        disegno: Mapping[str, Any] | None = None,
        **altro: Any,
    ) -> None:
        """Show two indicators of each territory as a point, the chapter's own marked; the region is not drawn.

        Parameters
        ----------
        orizzontale, verticale : str
            The indicators.
        id, titolo, alt : str
            As for :meth:`grafico`.
        di : str
            Which territories, as for :meth:`luoghi`.
        disegno : mapping, optional
            Options of :func:`conciliazione_lib.report.charts.dispersione`: other names of the axes.
        **altro
            The other options of :meth:`grafico`.
        """
        pair, places = [orizzontale, verticale], self.luoghi(di)
        rows = self.frame(*pair, **places)
        rows = rows[rows["territorio"] != REGION.codice].reset_index(drop=True)
        if self._tells_nothing(rows, pair, titolo):
            return
        names = [self._short(level, code) for level, code in zip(rows["livello"], rows["territorio"], strict=True)]
        axes = {f"nome_{axis}": _with_unit(name) for axis, name in zip("xy", pair, strict=True)}
        decimals = {f"decimali_{axis}": load()[name].decimali for axis, name in zip("xy", pair, strict=True)}
        options: dict[str, Any] = axes | decimals | {"evidenzia": self._marked(rows, di)}
        self.grafico(
            charts.dispersione(rows[pair].set_axis(names), *pair, **options | dict(disegno or {})),
            id=id,
            titolo=titolo,
            alt=alt,
            dati=rows[["livello", "territorio", *pair]],
            cifre=self.f,
            colonne={"territorio": CHOICES[di]},
            note=[*altro.pop("note", ()), *self._periods_note(pair, places)],
            **altro,
            fonte=self._source(pair, places["livello"][:1], {}),
        )

    def _drawn(self, indicator: str, rows: pd.DataFrame, di: str, unit: str | None) -> dict[str, Any]:
        """Return the options of a chart that compares territories: what is marked, and the region as a line."""
        of_region = rows.loc[rows["territorio"] == REGION.codice, indicator].dropna()
        return {
            "unita": unit or axis_unit(indicator),
            "decimali": load()[indicator].decimali,
            "evidenzia": self._marked(rows[rows["territorio"] != REGION.codice], di),
            "riferimento": (REGION.nome, float(of_region.iloc[0])) if len(of_region) else None,
        }


def _with_unit(indicator: str) -> str:
    known = load()[indicator]
    unit = formats.unit_in_heading(known.nome, formats.unita(known.unita).estesa)
    return f"{known.nome} ({unit})" if unit else known.nome
