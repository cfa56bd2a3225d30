"""Figures over the years: lines, or a column a period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

import conciliazione_lib.report.blocks as blocks
import conciliazione_lib.report.charts as charts
from conciliazione_lib.evidence import formats
from conciliazione_lib.region import REGIONE
from conciliazione_lib.report.showing.figures import Figures, axis_unit
from conciliazione_lib.report.showing.places import CHOICES


class OverTime(Figures):
    """What a chapter shows over time."""

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
        marked = [names[REGIONE]] if REGIONE in names else []
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
            fonte=self._source(shown, places["livello"], {"periodo": "tutti"}),
        )

    def andamento(self, indicatore: str, *, id: str, titolo: str, di: str = "ats", **altro: Any) -> None:
        """Show a table of an indicator over time, a row a territory and a column a period, when there are two at least.

        Parameters
        ----------
        indicatore : str
            Which one; the header says which periods are provisional.
        id, titolo : str
            As for :meth:`tabella`.
        di : str
            Which territories, as for :meth:`luoghi`.
        **altro
            The other options of :meth:`tabella`.
        """
        places = self.luoghi(di)
        known = self.frame(indicatore, **places, periodo="tutti").dropna(subset=[indicatore])
        periods = sorted(known["periodo"].unique())
        if len(periods) < 2:
            self._show(blocks.Testo(f"{titolo}: se ne conosce al più un periodo."))
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
            period: (formats.short_date(period) if "-" in period else period)
            + (" (provvisorio)" if period in provisional else "")
            for period in periods
        }
        self.tabella(
            rows.join(wide.astype(object).where(wide.notna(), None), on=["livello", "territorio"]),
            id=id,
            titolo=titolo,
            colonne={"territorio": CHOICES[di]} | headers,
            **altro,
            fonte=self._source([indicatore], places["livello"], {"periodo": "tutti"}),
        )
