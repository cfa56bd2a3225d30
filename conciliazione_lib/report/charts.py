"""Charts in the house style: each function takes a frame or a series and returns an SVG string.

They are drawn with matplotlib, which every researcher already knows how to change; what leaves is an
accessible, repeatable SVG with its text kept as text (see :mod:`conciliazione_lib.report.svg`). Values are
labelled directly where there is room, so that a chart can be read without its legend and in grey.

Missing values are drawn as ``n.d.`` or as a gap: never as zero.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

import conciliazione_lib.report.frame as frame
import conciliazione_lib.report.style as style
import conciliazione_lib.report.svg as svg
from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.evidence import formats

#: Height of a row, in inches.
_ROW = 0.34


@frame.in_style
def linea(
    serie: pd.DataFrame,
    *,
    unita: str = "",
    decimali: int = 1,
    asse_x: str = "",
    evidenzia: Sequence[str] = (),
    da_zero: bool = False,
    rottura: object | None = None,
) -> str:
    """Draw series over time, one line each, named at its end.

    Parameters
    ----------
    serie : DataFrame
        Index: the instants (years or dates), increasing. One column per series; a missing value breaks
        the line.
    unita : str
        Unit of the vertical axis.
    decimali : int
        Decimals of the values written.
    asse_x : str
        Name of the horizontal axis, when the instants do not speak for themselves.
    evidenzia : sequence of str
        Series to draw in colour; the others become grey context. Empty: all in colour.
    da_zero : bool
        Start the vertical axis at zero.
    rottura : object, optional
        Instant from which the series is not comparable with what comes before: marked by a dashed line, which no
        series crosses.

    Returns
    -------
    str
        SVG.

    Raises
    ------
    CalcoloError
        There is nothing to draw, or a series to highlight does not exist.
    """
    frame.not_empty(serie)
    frame.exist(evidenzia, serie.columns)
    figure, axes = frame.sheet(4.1, "y")
    abscissas = np.arange(len(serie))
    jump = list(serie.index).index(rottura) if rottura is not None and rottura in list(serie.index) else 0
    strokes = (slice(0, jump), slice(jump, None)) if jump else (slice(None),)
    code: list[tuple[float, str, str]] = []
    in_colour = list(evidenzia) or list(serie.columns)
    for place, name in enumerate(serie.columns):
        context = name not in in_colour
        colour = style.CONTEXT if context else frame.colour(in_colour.index(name))
        values = serie[name].astype(float).to_numpy()
        for stroke in strokes:
            axes.plot(
                abscissas[stroke],
                values[stroke],
                color=colour,
                linewidth=1.4 if context else 2.4,
                linestyle=frame.stroke(place),
                marker=frame.sign(place) if len(serie) <= 16 else None,
                markersize=4 if context else 5.5,
            )
        present = np.flatnonzero(~np.isnan(values))
        if present.size:
            last = float(values[present[-1]])
            when = "" if present[-1] == len(serie) - 1 else f" ({serie.index[present[-1]]})"
            code.append((last, f"{name}: {formats.numero(last, decimali)}{when}", colour))
    frame.time_ticks(axes, serie.index)
    if da_zero:
        axes.set_ylim(bottom=0)
    if jump:
        axes.axvline(jump - 0.5, color=style.SECONDARY, linestyle=(0, (4, 3)), linewidth=1)
        frame.beside(
            axes, (jump - 0.5, 1), "interruzione della serie", right=4, up=-10, along="columns", inside=True,
            color=style.SECONDARY, fontsize=9,
        )  # fmt: skip
    frame.the_ticks(axes.yaxis, decimali)
    axes.set_xlabel(asse_x)
    frame.above_axis(axes, unita)
    frame.labels_at_end(axes, float(abscissas[-1]), code)
    return svg.from_figure(figure)


@frame.in_style
def barre(
    valori: pd.Series,
    *,
    unita: str = "",
    decimali: int = 1,
    evidenzia: Sequence[str] = (),
    riferimento: tuple[str, float] | None = None,
    ordina: bool = True,
) -> str:
    """Draw one horizontal bar per label, with its value written at the end.

    Parameters
    ----------
    valori : Series
        Index: labels. Missing values stay at the bottom, marked ``n.d.``.
    unita : str
        Unit of the values.
    decimali : int
        Decimals of the values written.
    evidenzia : sequence of str
        Labels to draw in full colour, the others lighter.
    riferimento : (str, float), optional
        Name and value of a reference, drawn as a vertical line (e.g. the region).
    ordina : bool
        Longest bar first; false keeps the order given.

    Returns
    -------
    str
        SVG.
    """
    frame.not_empty(valori.to_frame())
    frame.exist(evidenzia, valori.index)
    if ordina:
        valori = valori.sort_values(ascending=False, na_position="last", kind="stable")
    figure, axes = frame.sheet(max(1.6, _ROW * len(valori) + (1.0 if riferimento else 0.8)))
    rows = np.arange(len(valori))
    numbers = valori.astype(float).to_numpy()
    axes.barh(rows, np.nan_to_num(numbers), color=frame.marked(valori.index, evidenzia), height=0.66)
    for row, number in zip(rows, numbers, strict=True):
        frame.value_at_end(axes, float(row), float(number), decimali, on_line=riferimento is not None)
    frame.row_labels(axes, rows, valori.index, evidenzia)
    frame.value_axis(axes, numbers, unita, decimali)
    if riferimento is not None:
        frame.riferimento(axes, *riferimento, decimali)
    return svg.from_figure(figure)


@frame.in_style
def barre_raggruppate(dati: pd.DataFrame, *, unita: str = "", decimali: int = 1) -> str:
    """Draw bars side by side: one group per row, one bar per column, each with its value.

    Parameters
    ----------
    dati : DataFrame
        Index: groups; columns: series (four at most, or the groups cannot be compared).
    unita : str
        Unit of the values.
    decimali : int
        Decimals of the values written.

    Returns
    -------
    str
        SVG.
    """
    frame.not_empty(dati)
    if dati.shape[1] > 4:
        raise CalcoloError(
            f"Barre raggruppate: attese al più 4 serie, trovate {dati.shape[1]}.",
            "Scegliere le serie da confrontare o usare una tabella.",
        )
    series = dati.shape[1]
    thickness = 0.78 / series
    figure, axes = frame.sheet(max(1.8, (0.25 * series + 0.16) * len(dati) + 1.1))
    rows = np.arange(len(dati))
    for place, name in enumerate(dati.columns):
        numbers = dati[name].astype(float).to_numpy()
        heights = rows + (place - (series - 1) / 2) * thickness
        axes.barh(heights, np.nan_to_num(numbers), height=thickness * 0.9, color=frame.colour(place), label=str(name))
        for height, number in zip(heights, numbers, strict=True):
            frame.value_at_end(axes, float(height), float(number), decimali, body=9)
    frame.row_labels(axes, rows, dati.index, ())
    frame.value_axis(axes, dati.astype(float).to_numpy(), unita, decimali)
    frame.legend(axes, series)
    return svg.from_figure(figure)


@frame.in_style
def barre_impilate(dati: pd.DataFrame, *, unita: str = "%", decimali: int = 1) -> str:
    """Draw each row as one bar split into its parts, in the order of the columns.

    Parameters
    ----------
    dati : DataFrame
        Index: rows; columns: parts, not negative. A row with a missing part is not drawn, only marked.
    unita : str
        Unit of the values.
    decimali : int
        Decimals of the values written inside the parts wide enough to hold them.

    Returns
    -------
    str
        SVG.
    """
    frame.not_empty(dati)
    figure, axes = frame.sheet(max(1.8, _ROW * 1.15 * len(dati) + 1.2))
    rows = np.arange(len(dati))
    numbers = dati.astype(float).to_numpy()
    whole = ~np.isnan(numbers).any(axis=1)
    maximum = float(np.nansum(numbers, axis=1).max())
    start = np.zeros(len(dati))
    for place, name in enumerate(dati.columns):
        part = np.where(whole, numbers[:, place], 0.0)
        colour = frame.colour(place)
        axes.barh(
            rows, part, left=start, height=0.68, color=colour, label=str(name), edgecolor=style.BOTTOM,
            hatch=frame.pattern(place),
        )  # fmt: skip
        for row in rows[whole & (part > 0.065 * maximum)]:
            number = formats.numero(part[row], decimali)
            frame.written(axes, start[row] + part[row] / 2, row, number, colour)
        start = start + part
    for row in rows[~whole]:
        frame.value_at_end(axes, row, float("nan"), decimali)
    frame.row_labels(axes, rows, dati.index, ())
    axes.set_xlim(0, maximum)
    frame.the_ticks(axes.xaxis, 0)
    axes.set_xlabel(unita)
    frame.legend(axes, dati.shape[1])
    return svg.from_figure(figure)


@frame.in_style
def piramide(
    popolazione: pd.DataFrame,
    *,
    confronto: pd.DataFrame | None = None,
    nome_confronto: str = "",
    unita: str = "% della popolazione",
    decimali: int = 1,
) -> str:
    """Draw a population pyramid, men on the left and women on the right.

    Parameters
    ----------
    popolazione : DataFrame
        Index: age classes from the youngest; columns ``maschi`` and ``femmine``.
    confronto : DataFrame, optional
        Another population with the same index, drawn as an outline.
    nome_confronto : str
        Its name, for the legend.
    unita : str
        Unit of the values.
    decimali : int
        Decimals of the axis.

    Returns
    -------
    str
        SVG.
    """
    for table in (popolazione, confronto):
        if table is not None and not {"maschi", "femmine"} <= set(table.columns):
            raise CalcoloError(
                f"La piramide vuole le colonne «maschi» e «femmine»; trovate: {', '.join(map(str, table.columns))}."
            )
    if confronto is not None and list(confronto.index) != list(popolazione.index):
        raise CalcoloError("La piramide di confronto ha classi di età diverse da quelle del territorio.")
    figure, axes = frame.sheet(max(3.0, 0.235 * len(popolazione) + 1.3))
    rows = np.arange(len(popolazione))
    males = -popolazione["maschi"].astype(float).to_numpy()
    females = popolazione["femmine"].astype(float).to_numpy()
    axes.barh(rows, males, height=0.82, color=style.MALES, label="Uomini")
    axes.barh(rows, females, height=0.82, color=style.FEMALES, label="Donne")
    maximum = float(max(-males.min(), females.max()))
    if confronto is not None:
        maximum = max(maximum, float(confronto[["maschi", "femmine"]].to_numpy().max()))
        edges = np.append(rows - 0.5, rows[-1] + 0.5)
        for column, sign in (("maschi", -1), ("femmine", 1)):
            axes.stairs(
                sign * confronto[column].astype(float).to_numpy(),
                edges,
                orientation="horizontal",
                baseline=None,
                color=style.COMPARISON,
                linewidth=2,
                label=nome_confronto if sign == 1 else None,
            )
    axes.axvline(0, color=style.BOTTOM, linewidth=1.2)
    axes.set_yticks(rows, [str(class_) for class_ in popolazione.index])
    axes.tick_params(axis="y", labelsize=9)
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.set_xlim(-maximum * 1.06, maximum * 1.06)
    frame.format_(axes.xaxis, lambda value: formats.numero(abs(value), decimali))
    axes.set_xlabel(unita)
    axes.set_ylabel("Età in anni compiuti")
    frame.legend(axes, 3)
    return svg.from_figure(figure)


@frame.in_style
def dumbbell(
    dati: pd.DataFrame,
    *,
    unita: str = "",
    decimali: int = 1,
    ordina: bool = True,
    evidenzia: Sequence[str] = (),
) -> str:
    """Draw the distance between two values of each row, as two points joined by a line.

    Parameters
    ----------
    dati : DataFrame
        Index: labels; exactly two columns (e.g. women and men), both with a value or the row is ``n.d.``.
    unita : str
        Unit of the values.
    decimali : int
        Decimals of the values written.
    ordina : bool
        Widest distance first.
    evidenzia : sequence of str
        Labels written in bold.

    Returns
    -------
    str
        SVG.
    """
    frame.not_empty(dati)
    if dati.shape[1] != 2:
        raise CalcoloError(f"Il grafico a manubrio vuole due colonne; trovate {dati.shape[1]}.")
    frame.exist(evidenzia, dati.index)
    before, second = dati.columns
    if ordina:
        distance = (dati[before] - dati[second]).abs()
        dati = dati.loc[distance.sort_values(ascending=False, na_position="last", kind="stable").index]
    figure, axes = frame.sheet(max(1.8, _ROW * len(dati) + 1.1))
    rows = np.arange(len(dati))
    left, right = (dati[column].astype(float).to_numpy() for column in (before, second))
    axes.hlines(rows, np.fmin(left, right), np.fmax(left, right), color=style.CONTEXT, linewidth=2)
    for values, colour, sign, name in (
        (left, style.FEMALES, "o", before),
        (right, style.COMPARISON, "D", second),
    ):
        axes.plot(values, rows, linestyle="", marker=sign, color=colour, markersize=8, label=str(name))
    for row, (a, b) in enumerate(zip(left, right, strict=True)):
        if np.isnan(a) or np.isnan(b):
            present = float(np.nanmin([a, b])) if not (np.isnan(a) and np.isnan(b)) else 0.0
            frame.value_at_end(axes, row, float("nan"), decimali, da=present)
            continue
        for value, other in ((a, b), (b, a)):
            a_right = value > other or (value == other and value is a)
            frame.beside(
                axes, (value, row), formats.numero(value, decimali), right=7 if a_right else -7, inside=True,
                ha="left" if a_right else "right", va="center", fontsize=9.5,
            )  # fmt: skip
    frame.row_labels(axes, rows, dati.index, evidenzia)
    axes.margins(x=0.16)
    frame.the_ticks(axes.xaxis, 0 if decimali < 2 else decimali)
    axes.set_xlabel(unita)
    frame.legend(axes, 2)
    return svg.from_figure(figure)


@frame.in_style
def divergenti(
    valori: pd.Series,
    *,
    centro: float = 0.0,
    nome_centro: str = "",
    unita: str = "",
    decimali: int = 1,
    ordina: bool = True,
) -> str:
    """Draw each value as a bar that leaves a centre, to the right above it and to the left below it.

    Parameters
    ----------
    valori : Series
        Index: labels.
    centro : float
        The value bars start from (e.g. the regional average, or zero change).
    nome_centro : str
        What the centre is, written beside its line.
    unita : str
        Unit of the values.
    decimali : int
        Decimals of the values written.
    ordina : bool
        Highest value first.

    Returns
    -------
    str
        SVG.
    """
    frame.not_empty(valori.to_frame())
    if ordina:
        valori = valori.sort_values(ascending=False, na_position="last", kind="stable")
    figure, axes = frame.sheet(max(1.6, _ROW * len(valori) + 1.0))
    rows = np.arange(len(valori))
    numbers = valori.astype(float).to_numpy()
    gaps = np.nan_to_num(numbers - centro)
    axes.barh(rows, gaps, left=centro, height=0.66, color=[style.ABOVE if s >= 0 else style.BELOW for s in gaps])
    for row, number in zip(rows, numbers, strict=True):
        if np.isnan(number):
            frame.value_at_end(axes, float(row), float(number), decimali, da=centro)
            continue
        towards = 1 if number >= centro else -1
        frame.beside(
            axes, (number, row), formats.numero(number, decimali), right=5 * towards, inside=True,
            ha="left" if towards == 1 else "right", va="center", fontsize=9.5,
        )  # fmt: skip
    frame.row_labels(axes, rows, valori.index, ())
    breadth = float(np.abs(gaps).max()) or 1.0
    axes.set_xlim(centro - breadth * 1.25, centro + breadth * 1.25)
    frame.riferimento(axes, nome_centro, centro, decimali, linea="-")
    frame.the_ticks(axes.xaxis, decimali)
    axes.set_xlabel(unita)
    return svg.from_figure(figure)


@frame.in_style
def giudizi(dati: pd.DataFrame, *, unita: str = "risposte", decimali: int = 0, ordina: bool = True) -> str:
    """Draw answers on a scale as bars split around the middle: unfavourable to the left, favourable to the right.

    Parameters
    ----------
    dati : DataFrame
        Index: questions; columns: how many unfavourable, middle, favourable answers. Their number is written, their
        share is the length. The middle part is cut in two by the centre. A row with a missing part is not drawn, only
        marked.
    unita : str
        What is counted.
    decimali : int
        Decimals of the values written.
    ordina : bool
        The question with the greatest favourable share first.

    Returns
    -------
    str
        SVG; the unfavourable part is hatched, so that it is told from the favourable one in grey.
    """
    frame.not_empty(dati)
    quote = 100 * dati.astype(float).div(dati.sum(axis=1, skipna=False), axis=0)
    if ordina:
        quote = quote.sort_values(quote.columns[-1], ascending=False, na_position="last", kind="stable")
    figure, axes = frame.sheet(max(1.8, _ROW * 1.15 * len(quote) + 1.2))
    rows = np.arange(len(quote))
    numbers, counted = quote.to_numpy(), dati.loc[quote.index].astype(float).to_numpy()
    whole = ~np.isnan(numbers).any(axis=1)
    start = np.where(whole, -numbers[:, 0] - numbers[:, 1] / 2, 0.0)
    for place, (name, colour) in enumerate(zip(quote.columns, (style.BELOW, style.CENTRE, style.ABOVE), strict=True)):
        part = np.where(whole, numbers[:, place], 0.0)
        stroke = "///" if place == 0 else None
        axes.barh(
            rows, part, left=start, height=0.68, color=colour, label=str(name), edgecolor=style.BOTTOM, hatch=stroke
        )
        for row in rows[whole & (part > 6)]:
            number = formats.numero(counted[row, place], decimali)
            written = frame.written(axes, start[row] + part[row] / 2, row, number, colour)
            if stroke:
                written.set_bbox({"facecolor": colour, "edgecolor": "none", "pad": 1.2})
        start = start + part
    for row in rows[~whole]:
        frame.value_at_end(axes, row, float("nan"), decimali)
    axes.axvline(0, color=style.INK, linewidth=1.0)
    frame.row_labels(axes, rows, quote.index, ())
    axes.set_xlim(-102, 102)
    frame.format_(axes.xaxis, lambda value: formats.numero(abs(value), 0))
    axes.set_xlabel(f"% delle {unita}; nelle barre, il loro numero")
    frame.legend(axes, 3)
    return svg.from_figure(figure)


@frame.in_style
def intervalli(
    dati: pd.DataFrame,
    *,
    unita: str = "",
    decimali: int = 1,
    riferimento: tuple[str, float] | None = None,
    evidenzia: Sequence[str] = (),
    ranghi: bool = False,
    ordina: bool = True,
) -> str:
    """Draw each value with its interval: estimates with their uncertainty, or ranks with theirs.

    Parameters
    ----------
    dati : DataFrame
        Index: labels; columns ``valore``, ``inferiore``, ``superiore``.
    unita : str
        Unit of the values.
    decimali : int
        Decimals of the values written.
    riferimento : (str, float), optional
        Name and value of a reference, drawn as a vertical line.
    evidenzia : sequence of str
        Labels to draw in full colour.
    ranghi : bool
        The values are ranks: whole numbers, first place at the top.
    ordina : bool
        Highest value first (lowest for ranks).

    Returns
    -------
    str
        SVG.
    """
    missing = {"valore", "inferiore", "superiore"} - set(dati.columns)
    if missing:
        raise CalcoloError(f"Il grafico a intervalli non trova le colonne: {', '.join(sorted(missing))}.")
    frame.not_empty(dati[["valore"]])
    frame.exist(evidenzia, dati.index)
    if ordina:
        dati = dati.sort_values("valore", ascending=ranghi, na_position="last", kind="stable")
    figure, axes = frame.sheet(max(1.6, _ROW * len(dati) + 1.0))
    rows = np.arange(len(dati))
    value, low, high = (dati[c].astype(float).to_numpy() for c in ("valore", "inferiore", "superiore"))
    colours = frame.marked(dati.index, evidenzia, style.CONTEXT)
    axes.hlines(rows, low, high, color=colours, linewidth=4, alpha=0.55)
    axes.scatter(value, rows, color=colours, s=46, zorder=3)
    end = float(np.nanmax(np.fmax(high, value)))
    start = float(np.nanmin(np.fmin(low, value)))
    margin = (end - start or abs(end) or 1.0) * 0.06
    for row in range(len(dati)):
        if np.isnan(value[row]):
            text = "n.d."
        elif np.isnan(low[row]) or np.isnan(high[row]):
            text = formats.numero(value[row], decimali)
        else:
            below, above = (formats.numero(limit[row], decimali) for limit in (low, high))
            # A dash between negative numbers would read as a sign.
            between = f"{below}–{above}" if low[row] >= 0 else f"{below} a {above}"
            text = f"{formats.numero(value[row], decimali)} ({between})"
        ink = style.SECONDARY if text == "n.d." else style.INK
        frame.beside(axes, (1, row), text, right=6, along="rows", va="center", fontsize=9.5, color=ink)
    frame.row_labels(axes, rows, dati.index, evidenzia)
    axes.set_xlim(start - margin, end + margin)
    if riferimento is not None:
        frame.riferimento(axes, *riferimento, decimali)
    frame.the_ticks(axes.xaxis, 0 if ranghi else decimali)
    if ranghi:
        from matplotlib.ticker import MaxNLocator

        # places begin at the first: there is no place zero
        axes.set_xticks([1, *(t for t in MaxNLocator(integer=True).tick_values(1, end) if 1 < t <= end)])
    axes.set_xlabel(unita or ("posizione in graduatoria" if ranghi else ""))
    return svg.from_figure(figure)


@frame.in_style
def dispersione(
    dati: pd.DataFrame,
    x: str,
    y: str,
    *,
    nome_x: str,
    nome_y: str,
    decimali_x: int = 1,
    decimali_y: int = 1,
    evidenzia: Sequence[str] = (),
    medie: tuple[float, float] | None = None,
    etichette: int = 12,
) -> str:
    """Draw one point per row in the plane of two variables, the most distant ones named.

    Parameters
    ----------
    dati : DataFrame
        Index: labels. Rows that miss either variable are not drawn; the caption must say how many.
    x, y : str
        Columns of the two variables.
    nome_x, nome_y : str
        Names of the axes, with their unit.
    decimali_x, decimali_y : int
        Decimals of the axes.
    evidenzia : sequence of str
        Labels to draw in full colour and always name.
    medie : (float, float), optional
        A reference on the two axes, drawn as a cross of dashed lines.
    etichette : int
        How many points to name at most, besides the highlighted ones; all of them when few.

    Returns
    -------
    str
        SVG.
    """
    frame.exist((x, y), dati.columns)
    frame.exist(evidenzia, dati.index)
    complete = dati[[x, y]].astype(float).dropna()
    frame.not_empty(complete)
    figure, axes = frame.sheet(5.2, "both")
    colours = frame.marked(complete.index, evidenzia)
    axes.scatter(complete[x], complete[y], c=colours, s=38, edgecolors=style.BOTTOM, linewidths=0.7, zorder=3)
    if medie is not None:
        axes.axvline(medie[0], color=style.SECONDARY, linewidth=1, linestyle=(0, (4, 2)))
        axes.axhline(medie[1], color=style.SECONDARY, linewidth=1, linestyle=(0, (4, 2)))
    gap = ((complete - complete.mean()) / complete.std(ddof=0).replace(0, 1)).pow(2).sum(axis=1)
    far = gap.sort_values(ascending=False, kind="stable").index[:etichette]
    for name in complete.index:
        if name in set(far) or str(name) in evidenzia:
            point = (complete.loc[name, x], complete.loc[name, y])
            frame.beside(axes, point, str(name), right=5, up=4, fontsize=9)
    axes.margins(0.1)
    frame.the_ticks(axes.xaxis, decimali_x)
    frame.the_ticks(axes.yaxis, decimali_y)
    axes.set_xlabel(nome_x)
    frame.above_axis(axes, nome_y)
    return svg.from_figure(figure)
