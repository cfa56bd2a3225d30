"""Charts of how a whole is divided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

import conciliazione_lib.report.charts as charts
from conciliazione_lib.evidence import load
from conciliazione_lib.report.showing.figures import Figures, axis_unit
from conciliazione_lib.report.showing.places import CHOICES

if TYPE_CHECKING:
    from conciliazione_lib.evidence import Cifra

#: Characters of a line of a label in a chart.
_LABEL: Final = 44


class Divided(Figures):
    """The charts of the parts of a figure."""

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
            fonte=self._source([*anche, *indicatori], places["livello"], {}),
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
        unita, disegno
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
            "fonte": self._source([indicatore, *accanto], [self.t.livello], {"periodo": periodo}),
        } | altro
        shown = rows[["livello", "territorio", "periodo", *keys, *fixed, indicatore, *accanto]]
        drawn = _drawing(rows, indicatore, come, keys, {"unita": unita or axis_unit(indicatore)} | dict(disegno or {}))
        if drawn:
            self.grafico(drawn, id=f"fig-{id}", titolo=titolo, alt=alt, dati=shown, **options)
        else:
            self.tabella(shown, id=f"tab-{id}", titolo=titolo, **options)


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
