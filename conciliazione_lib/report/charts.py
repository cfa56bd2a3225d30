"""Charts in the house style: each function takes a frame or a series and returns an SVG drawing.

They are put on a :class:`conciliazione_lib.report.sheet.Sheet`, which writes a repeatable SVG with its text kept as
text. Values are labelled directly where there is room, so that a chart can be read without its legend and in grey. A
chapter may also show a figure of matplotlib (:meth:`conciliazione_lib.report.Capitolo.grafico`).

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
from conciliazione_lib.report.sheet import Sheet, round_numbers

#: Height of a row, in inches.
_ROW = 0.34


def linea(
    serie: pd.DataFrame,
    *,
    unita: str = "",
    decimali: int = 1,
    asse_x: str = "",
    evidenzia: Sequence[str] = (),
    da_zero: bool = False,
    rottura: object | None = None,
) -> svg.Drawing:
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
    Drawing
        SVG.

    Raises
    ------
    CalcoloError
        There is nothing to draw, or a series to highlight does not exist.
    """
    frame.not_empty(serie)
    frame.exist(evidenzia, serie.columns)
    sheet = Sheet(4.1, "y")
    jump = list(serie.index).index(rottura) if rottura is not None and rottura in list(serie.index) else 0
    tails: list[tuple[float, str, str]] = []
    in_colour = list(evidenzia) or list(serie.columns)
    for place, name in enumerate(serie.columns):
        context = name not in in_colour
        colour = style.CONTEXT if context else frame.colour(in_colour.index(name))
        values = serie[name].astype(float).to_numpy()
        points = list(enumerate(values))
        for part in (points[:jump], points[jump:]) if jump else (points,):
            sheet.line(part, colour, 1.4 if context else 2.4, dashes=frame.stroke(place))
            if len(serie) <= 16:
                sheet.signs(part, colour, frame.sign(place), 4 if context else 5.5)
        present = np.flatnonzero(~np.isnan(values))
        if present.size:
            last = float(values[present[-1]])
            when = "" if present[-1] == len(serie) - 1 else f" ({serie.index[present[-1]]})"
            tails.append((last, f"{name}: {formats.numero(last, decimali)}{when}", colour))
    sheet.x.fit(range(len(serie)), 0.05)
    sheet.y.fit(serie.to_numpy(dtype=float).ravel(), 0.05)
    if da_zero:
        sheet.y.span(min(0.0, sheet.y.low), sheet.y.high)
    frame.time_ticks(sheet, serie.index)
    if jump:
        sheet.across("x", jump - 0.5, style.SECONDARY, 1, dashes=(4, 3))
        sheet.write(
            (jump - 0.5, 1), "interruzione della serie", right=4, up=-10, along="columns", inside=True,
            colour=style.SECONDARY, body=9,
        )  # fmt: skip
    frame.the_ticks(sheet.y, decimali, upright=True)
    sheet.x.name, sheet.above = asse_x, unita
    frame.labels_at_end(sheet, tails)
    return sheet.drawing()


def barre(
    valori: pd.Series,
    *,
    unita: str = "",
    decimali: int = 1,
    evidenzia: Sequence[str] = (),
    riferimento: tuple[str, float] | None = None,
    ordina: bool = True,
) -> svg.Drawing:
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
    Drawing
        SVG.
    """
    frame.not_empty(valori.to_frame())
    frame.exist(evidenzia, valori.index)
    if ordina:
        valori = valori.sort_values(ascending=False, na_position="last", kind="stable")
    sheet = Sheet(max(1.6, _ROW * len(valori) + (1.0 if riferimento else 0.8)))
    rows = np.arange(len(valori))
    numbers = valori.astype(float).to_numpy()
    starts = np.zeros(len(numbers))
    sheet.bars(rows, starts, np.nan_to_num(numbers), frame.marked(valori.index, evidenzia), high=0.66)
    for row, number in zip(rows, numbers, strict=True):
        frame.value_at_end(sheet, float(row), float(number), decimali, on_line=riferimento is not None)
    frame.row_labels(sheet, valori.index, evidenzia)
    frame.value_axis(sheet, numbers, unita, decimali)
    if riferimento is not None:
        frame.riferimento(sheet, *riferimento, decimali)
    return sheet.drawing()


def barre_raggruppate(dati: pd.DataFrame, *, unita: str = "", decimali: int = 1) -> svg.Drawing:
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
    Drawing
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
    sheet = Sheet(max(1.8, (0.25 * series + 0.16) * len(dati) + 1.1))
    rows = np.arange(len(dati))
    for place, name in enumerate(dati.columns):
        numbers = dati[name].astype(float).to_numpy()
        heights = rows + (place - (series - 1) / 2) * thickness
        sheet.bars(
            heights, np.zeros(len(heights)), np.nan_to_num(numbers), frame.colour(place), high=thickness * 0.9,
            name=str(name),
        )  # fmt: skip
        for height, number in zip(heights, numbers, strict=True):
            frame.value_at_end(sheet, float(height), float(number), decimali, body=9)
    frame.row_labels(sheet, dati.index, ())
    frame.value_axis(sheet, dati.astype(float).to_numpy(), unita, decimali)
    sheet.legend(series)
    return sheet.drawing()


def barre_impilate(dati: pd.DataFrame, *, unita: str = "%", decimali: int = 1) -> svg.Drawing:
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
    Drawing
        SVG.
    """
    frame.not_empty(dati)
    sheet = Sheet(max(1.8, _ROW * 1.15 * len(dati) + 1.2))
    rows = np.arange(len(dati))
    numbers = dati.astype(float).to_numpy()
    whole = ~np.isnan(numbers).any(axis=1)
    maximum = float(np.nansum(numbers, axis=1).max())
    start = np.zeros(len(dati))
    for place, name in enumerate(dati.columns):
        part = np.where(whole, numbers[:, place], 0.0)
        colour = frame.colour(place)
        hatched = frame.hatched(place)
        sheet.bars(rows, start, part, colour, high=0.68, edge=style.BOTTOM, hatched=hatched, name=str(name))
        for row in rows[whole & (part > 0.065 * maximum)]:
            number = formats.numero(part[row], decimali)
            frame.written(sheet, start[row] + part[row] / 2, row, number, colour)
        start = start + part
    for row in rows[~whole]:
        frame.value_at_end(sheet, row, float("nan"), decimali)
    frame.row_labels(sheet, dati.index, ())
    sheet.x.span(0, maximum)
    frame.the_ticks(sheet.x, 0)
    sheet.x.name = unita
    sheet.legend(dati.shape[1])
    return sheet.drawing()


def piramide(
    popolazione: pd.DataFrame,
    *,
    confronto: pd.DataFrame | None = None,
    nome_confronto: str = "",
    unita: str = "% della popolazione",
    decimali: int = 1,
) -> svg.Drawing:
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
    Drawing
        SVG.
    """
    for table in (popolazione, confronto):
        if table is not None and not {"maschi", "femmine"} <= set(table.columns):
            raise CalcoloError(
                f"La piramide vuole le colonne «maschi» e «femmine»; trovate: {', '.join(map(str, table.columns))}."
            )
    if confronto is not None and list(confronto.index) != list(popolazione.index):
        raise CalcoloError("La piramide di confronto ha classi di età diverse da quelle del territorio.")
    frame.not_empty(popolazione[["maschi", "femmine"]])
    sheet = Sheet(max(3.0, 0.235 * len(popolazione) + 1.3))
    rows = np.arange(len(popolazione))
    males = -popolazione["maschi"].astype(float).to_numpy()
    females = popolazione["femmine"].astype(float).to_numpy()
    maximum = float(max(np.nanmax(-males, initial=0.0), np.nanmax(females, initial=0.0)))
    if confronto is not None:
        maximum = max(maximum, float(np.nanmax(confronto[["maschi", "femmine"]].to_numpy(dtype=float), initial=0.0)))
        for column, sign in (("maschi", -1), ("femmine", 1)):
            ends = sign * confronto[column].to_numpy(dtype=float)
            steps = [(end, row + side) for row, end in enumerate(ends) for side in (-0.5, 0.5)]
            sheet.line(steps, style.COMPARISON, 2, flat=True, name=nome_confronto if sign == 1 else "")
    middle = np.zeros(len(rows))
    sheet.bars(rows, middle, males, style.MALES, high=0.82, name="Uomini")
    sheet.bars(rows, middle, females, style.FEMALES, high=0.82, name="Donne")
    sheet.across("x", 0, style.BOTTOM, 1.2)
    for side, numbers in ((-1, males), (1, females)):
        for row in rows[np.isnan(numbers)]:
            frame.value_at_end(sheet, row, float("nan"), decimali, body=9, leftward=side < 0)
    sheet.y.ticks((row, str(class_)) for row, class_ in enumerate(popolazione.index))
    sheet.y.body = 9
    sheet.y.span(-0.6, len(rows) - 0.4)
    sheet.x.span(-maximum * 1.06, maximum * 1.06)
    frame.both_sides(sheet.x, decimali)
    sheet.x.name, sheet.y.name = unita, "Età in anni compiuti"
    sheet.legend(3)
    return sheet.drawing()


def dumbbell(
    dati: pd.DataFrame,
    *,
    unita: str = "",
    decimali: int = 1,
    ordina: bool = True,
    evidenzia: Sequence[str] = (),
) -> svg.Drawing:
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
    Drawing
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
    sheet = Sheet(max(1.8, _ROW * len(dati) + 1.1))
    rows = np.arange(len(dati))
    left, right = (dati[column].astype(float).to_numpy() for column in (before, second))
    for row, (a, b) in enumerate(zip(left, right, strict=True)):
        sheet.line([(a, row), (b, row)], style.CONTEXT, 2, flat=True)
    for values, colour, sign, name in (
        (left, style.FEMALES, "o", before),
        (right, style.COMPARISON, "D", second),
    ):
        sheet.signs(zip(values, rows, strict=True), colour, sign, 8, name=str(name))
    for row, (a, b) in enumerate(zip(left, right, strict=True)):
        if np.isnan(a) or np.isnan(b):
            present = float(np.nanmin([a, b])) if not (np.isnan(a) and np.isnan(b)) else 0.0
            frame.value_at_end(sheet, row, float("nan"), decimali, da=present)
            continue
        for value, other in ((a, b), (b, a)):
            a_right = value > other or (value == other and value is a)
            sheet.write(
                (value, row), formats.numero(value, decimali), right=7 if a_right else -7, inside=True,
                anchor="start" if a_right else "end", level="middle", body=9.5,
            )  # fmt: skip
    frame.row_labels(sheet, dati.index, evidenzia)
    sheet.x.fit((*left, *right), 0.16)
    frame.the_ticks(sheet.x, 0 if decimali < 2 else decimali)
    sheet.x.name = unita
    sheet.legend(2)
    return sheet.drawing()


def divergenti(
    valori: pd.Series,
    *,
    centro: float = 0.0,
    nome_centro: str = "",
    unita: str = "",
    decimali: int = 1,
    ordina: bool = True,
) -> svg.Drawing:
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
    Drawing
        SVG.
    """
    frame.not_empty(valori.to_frame())
    if ordina:
        valori = valori.sort_values(ascending=False, na_position="last", kind="stable")
    sheet = Sheet(max(1.6, _ROW * len(valori) + 1.0))
    rows = np.arange(len(valori))
    numbers = valori.astype(float).to_numpy()
    gaps = np.nan_to_num(numbers - centro)
    sides = [style.ABOVE if gap >= 0 else style.BELOW for gap in gaps]
    sheet.bars(rows, np.full(len(rows), centro), gaps, sides, high=0.66)
    for row, number in zip(rows, numbers, strict=True):
        if np.isnan(number):
            frame.value_at_end(sheet, float(row), float(number), decimali, da=centro)
            continue
        towards = 1 if number >= centro else -1
        sheet.write(
            (number, row), formats.numero(number, decimali), right=5 * towards, inside=True,
            anchor="start" if towards == 1 else "end", level="middle", body=9.5,
        )  # fmt: skip
    frame.row_labels(sheet, valori.index, ())
    breadth = float(np.abs(gaps).max()) or 1.0
    sheet.x.span(centro - breadth * 1.25, centro + breadth * 1.25)
    frame.riferimento(sheet, nome_centro, centro, decimali, linea=())
    frame.the_ticks(sheet.x, decimali)
    sheet.x.name = unita
    return sheet.drawing()


def giudizi(dati: pd.DataFrame, *, unita: str = "risposte", decimali: int = 0, ordina: bool = True) -> svg.Drawing:
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
    Drawing
        SVG; the unfavourable part is hatched, so that it is told from the favourable one in grey.
    """
    frame.not_empty(dati)
    quote = 100 * dati.astype(float).div(dati.sum(axis=1, skipna=False), axis=0)
    if ordina:
        quote = quote.sort_values(quote.columns[-1], ascending=False, na_position="last", kind="stable")
    sheet = Sheet(max(1.8, _ROW * 1.15 * len(quote) + 1.2))
    rows = np.arange(len(quote))
    numbers, counted = quote.to_numpy(), dati.loc[quote.index].astype(float).to_numpy()
    whole = ~np.isnan(numbers).any(axis=1)
    start = np.where(whole, -numbers[:, 0] - numbers[:, 1] / 2, 0.0)
    for place, (name, colour) in enumerate(zip(quote.columns, (style.BELOW, style.CENTRE, style.ABOVE), strict=True)):
        part = np.where(whole, numbers[:, place], 0.0)
        unfavourable = place == 0
        sheet.bars(rows, start, part, colour, high=0.68, edge=style.BOTTOM, hatched=unfavourable, name=str(name))
        for row in rows[whole & (part > 6)]:
            number = formats.numero(counted[row, place], decimali)
            frame.written(sheet, start[row] + part[row] / 2, row, number, colour, hatched=unfavourable)
        start = start + part
    for row in rows[~whole]:
        frame.value_at_end(sheet, row, float("nan"), decimali)
    sheet.across("x", 0, style.INK, 1)
    frame.row_labels(sheet, quote.index, ())
    sheet.x.span(-102, 102)
    frame.both_sides(sheet.x, 0)
    sheet.x.name = f"% delle {unita}; nelle barre, il loro numero"
    sheet.legend(3)
    return sheet.drawing()


def intervalli(
    dati: pd.DataFrame,
    *,
    unita: str = "",
    decimali: int = 1,
    riferimento: tuple[str, float] | None = None,
    evidenzia: Sequence[str] = (),
    ranghi: bool = False,
    ordina: bool = True,
) -> svg.Drawing:
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
    Drawing
        SVG.
    """
    missing = {"valore", "inferiore", "superiore"} - set(dati.columns)
    if missing:
        raise CalcoloError(f"Il grafico a intervalli non trova le colonne: {', '.join(sorted(missing))}.")
    frame.not_empty(dati[["valore"]])
    frame.exist(evidenzia, dati.index)
    if ordina:
        dati = dati.sort_values("valore", ascending=ranghi, na_position="last", kind="stable")
    sheet = Sheet(max(1.6, _ROW * len(dati) + 1.0))
    rows = np.arange(len(dati))
    value, low, high = (dati[c].astype(float).to_numpy() for c in ("valore", "inferiore", "superiore"))
    colours = frame.marked(dati.index, evidenzia, style.CONTEXT)
    for row, ink in enumerate(colours):
        sheet.line([(low[row], row), (high[row], row)], ink, 4, opacity=0.55, flat=True)
    sheet.signs(zip(value, rows, strict=True), colours, "o", 6.8)
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
        sheet.write((1, row), text, right=6, along="rows", level="middle", body=9.5, colour=ink)
    frame.row_labels(sheet, dati.index, evidenzia)
    # Places are counted from the first, which is on the axis whoever is drawn.
    sheet.x.span(min(start - margin, 1.0) if ranghi else start - margin, end + margin)
    if riferimento is not None:
        frame.riferimento(sheet, *riferimento, decimali)
    frame.the_ticks(sheet.x, 0 if ranghi else decimali)
    if ranghi:
        # places begin at the first: there is no place zero
        places = [1.0, *(place for place in round_numbers(1, end, 9, whole=True) if place > 1)] if end > 1 else [1.0]
        sheet.x.ticks((place, formats.numero(place, 0)) for place in places)
    sheet.x.name = unita or ("posizione in graduatoria" if ranghi else "")
    return sheet.drawing()


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
) -> svg.Drawing:
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
    Drawing
        SVG.
    """
    frame.exist((x, y), dati.columns)
    frame.exist(evidenzia, dati.index)
    complete = dati[[x, y]].astype(float).dropna()
    frame.not_empty(complete)
    sheet = Sheet(5.2, "both")
    colours = frame.marked(complete.index, evidenzia)
    sides = complete[x].to_numpy(), complete[y].to_numpy()
    points = list(zip(*sides, strict=True))
    if medie is not None:
        sheet.across("x", medie[0], style.SECONDARY, 1, dashes=frame.DASHED)
        sheet.across("y", medie[1], style.SECONDARY, 1, dashes=frame.DASHED)
    sheet.signs(points, colours, "o", 6.2, edge=style.BOTTOM, edge_width=0.7)
    gap = ((complete - complete.mean()) / complete.std(ddof=0).replace(0, 1)).pow(2).sum(axis=1)
    far = gap.sort_values(ascending=False, kind="stable").index[:etichette]
    for name, point in zip(complete.index, points, strict=True):
        if name in set(far) or str(name) in evidenzia:
            sheet.write(point, str(name), right=5, up=4, body=9)
    for axis, side, mean in zip((sheet.x, sheet.y), sides, medie or (np.nan, np.nan), strict=True):
        axis.fit((*side, mean), 0.1)
    frame.the_ticks(sheet.x, decimali_x)
    frame.the_ticks(sheet.y, decimali_y, upright=True)
    sheet.x.name, sheet.above = nome_x, nome_y
    return sheet.drawing()
