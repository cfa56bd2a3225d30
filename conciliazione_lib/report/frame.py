"""The frame of every chart: the sheet, the axes and what is written on them, in Italian and in the house style."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec

import numpy as np
import pandas as pd

import conciliazione_lib.report.palette as palette
import conciliazione_lib.report.style as style
import conciliazione_lib.report.svg as svg
from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.evidence import formats

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

P = ParamSpec("P")

#: Width of every chart, in inches at 72 dots: the reading column of the site and of a page.
LARGHEZZA = 8.6


def in_stile(disegna: Callable[P, str]) -> Callable[P, svg.Drawing]:
    """Draw under the house settings, whatever those of the notebook are."""

    @wraps(disegna)
    def with_style(*args: P.args, **kwargs: P.kwargs) -> svg.Drawing:
        import matplotlib as mpl

        with mpl.rc_context(style.MATPLOTLIB):  # type: ignore[arg-type]
            return svg.Drawing(disegna(*args, **kwargs))

    return with_style


def foglio(altezza: float) -> tuple[Figure, Axes]:
    """Return a blank sheet as wide as every chart, and its axes; the height is in inches."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(LARGHEZZA, altezza), layout="constrained")
    axes = figure.subplots()
    for edge in axes.spines.values():
        edge.axis = None  # ticks have no length: nothing sticks out of the edges
    return figure, axes


def non_vuoto(dati: pd.DataFrame) -> None:
    """Refuse data without a value."""
    if dati.empty or dati.isna().all(axis=None):
        raise CalcoloError(
            "Il grafico non ha nessun valore da disegnare.",
            "Usare c.manca(…) per dire quale dato manca e come fornirlo.",
        )


def esistono(richiesti: Sequence[str], presenti: pd.Index) -> None:
    """Refuse names that are not there."""
    absent = [name for name in richiesti if name not in set(presenti.astype(str))]
    if absent:
        raise CalcoloError(f"Il grafico non trova: {', '.join(absent)}. Presenti: {', '.join(map(str, presenti))}.")


def colore(posto: int) -> str:
    """Return the colour of a series: beyond the sixth they come again, with other signs and dashes."""
    return style.CATEGORIE[posto % len(style.CATEGORIE)]


def tratto(posto: int) -> Any:
    """Return the dashes of a series: no two of the first thirty-six have the same colour and the same dashes."""
    return style.TRATTI[(posto + posto // len(style.CATEGORIE)) % len(style.TRATTI)]


def segno(posto: int) -> str:
    """Return the sign of the points of a series."""
    return style.SEGNI[(posto + posto // len(style.CATEGORIE)) % len(style.SEGNI)]


def trama(posto: int) -> str | None:
    """Return the hatching of a part: none for the first six, whose colours are not alike."""
    return "///" if posto >= len(style.CATEGORIE) else None


def marcati(nomi: pd.Index, evidenzia: Sequence[str], altri: str = style.ATTENUATO) -> list[str]:
    """Return the colour of each name: full for those marked, or for all when none is."""
    return [style.PRIMARIO if not evidenzia or name in evidenzia else altri for name in nomi.astype(str)]


def riferimento(assi: Axes, nome: str, dove: float, decimali: int, *, linea: Any = (0, (4, 2))) -> None:
    """Draw a reference as a vertical line, with its name and value above."""
    assi.axvline(dove, color=style.INCHIOSTRO, linewidth=1.2, linestyle=linea)
    if nome:
        assi.annotate(
            f"{nome}: {formats.numero(dove, decimali)}", (dove, 1), xycoords=("data", "axes fraction"),
            xytext=(3, 3), textcoords="offset points", fontsize=9.5,
        )  # fmt: skip


def scritta(assi: Axes, x: float, riga: float, testo: str, colore: str) -> Text:
    """Write inside a part of a bar, in what is read over its colour."""
    return assi.text(
        x, riga, testo, ha="center", va="center", fontsize=9.5,
        color=style.FONDO if palette.scuro(colore) else style.INCHIOSTRO,
    )  # fmt: skip


def formatta(asse: Any, formato: Callable[[float], str]) -> None:
    """Write the ticks of an axis in a format."""
    from matplotlib.ticker import FuncFormatter

    asse.set_major_formatter(FuncFormatter(lambda value, _: formato(value)))


def tacche(asse: Any, decimali: int) -> None:
    """Write ticks in Italian, with no more decimals than the values have and no fewer than the ticks need."""
    from matplotlib.ticker import Formatter, MaxNLocator

    class Tacche(Formatter):
        def format_ticks(self, values: Sequence[float]) -> list[str]:
            # From the ticks themselves: a step of 2,5 needs one decimal, or 12,5 would be read as 13.
            ticks, maximum = np.asarray(values, dtype=float), max(decimali, 2)
            needed = next((n for n in range(maximum) if (np.abs(ticks - ticks.round(n)) <= 1e-9).all()), maximum)
            return [formats.numero(value, needed) for value in values]

    if decimali == 0:  # there is no half of what is counted
        asse.set_major_locator(MaxNLocator(steps=[1, 2, 2.5, 5, 10], integer=True))
    asse.set_major_formatter(Tacche())


def tacche_tempo(assi: Axes, indice: pd.Index) -> None:
    """Write the instants under a chart, twelve at most, the last one always."""
    step = max(1, -(-len(indice) // 12))
    posti = list(range(len(indice) - 1, -1, -step))[::-1]
    assi.set_xticks(posti, [str(indice[place]) for place in posti])


def sopra_asse(assi: Axes, unita: str) -> None:
    """Write the unit above the vertical axis, level, where it is read first."""
    if unita:
        assi.set_title(unita, loc="left", y=1, fontsize=10, color=style.SECONDARIO)


def asse_valori(assi: Axes, numeri: np.ndarray, unita: str, decimali: int) -> None:
    """Set the axis of the values of bars, with room for those written at their ends."""
    low, high = min(0.0, float(np.nanmin(numeri))), max(0.0, float(np.nanmax(numeri)))
    margin = (high - low or 1.0) * 0.14
    assi.set_xlim(low - (margin if low < 0 else 0), high + (margin if high > 0 else 0))
    assi.axvline(0, color=style.CONTESTO, linewidth=1)
    tacche(assi.xaxis, decimali)
    assi.grid(visible=False, axis="y")
    assi.set_xlabel(unita)


def etichette_righe(assi: Axes, righe: np.ndarray, nomi: pd.Index, evidenzia: Sequence[str]) -> None:
    """Write the names of the rows, from the top; those marked in bold."""
    assi.set_yticks(righe, [str(name) for name in nomi])
    for label, name in zip(assi.get_yticklabels(), nomi, strict=True):
        label.set_multialignment("right")
        if str(name) in evidenzia:
            label.set_fontweight("bold")
    assi.set_ylim(len(righe) - 0.45, -0.6)


def valore_in_fondo(
    assi: Axes,
    riga: float,
    numero: float,
    decimali: int,
    *,
    corpo: float = 9.5,
    da: float = 0.0,
    su_linea: bool = False,
) -> None:
    """Write a value at the end of its bar, or ``n.d.`` where it would begin."""
    missing = bool(np.isnan(numero))
    negative = not missing and numero < 0
    assi.annotate(
        "n.d." if missing else formats.numero(numero, decimali),
        (da if missing else numero, riga),
        xytext=(-5 if negative else 5, 0),
        textcoords="offset points",
        ha="right" if negative else "left",
        va="center",
        fontsize=corpo,
        color=style.SECONDARIO if missing else style.INCHIOSTRO,
        # A line of reference would cross the digits.
        bbox={"boxstyle": "square,pad=0.12", "facecolor": style.FONDO, "edgecolor": "none"} if su_linea else None,
    )


def legenda(assi: Axes, colonne: int) -> None:
    """Put the legend above the axes, on as many lines as its names need: a wide one must not squeeze the bars."""
    symbols, names = assi.get_legend_handles_labels()
    in_one_row = int(LARGHEZZA * 72 // (6.3 * max(map(len, names)) + 34))
    assi.figure.legend(
        symbols, names, loc="outside upper left", ncols=max(1, min(colonne, in_one_row)), borderaxespad=0.2,
        handlelength=1.4, columnspacing=1.6, handletextpad=0.5,
    )  # fmt: skip


def etichette_in_coda(assi: Axes, x: float, code: list[tuple[float, str, str]]) -> None:
    """Write each series' name and last value at its end, pushed apart so that none overlaps."""
    low, high = assi.get_ylim()
    distance = (high - low) * 0.062
    previous = -np.inf
    for value, text, colour in sorted(code, key=lambda tail: tail[0]):
        height = max(value, previous + distance)
        previous = height
        assi.annotate(
            text, (1, height), xycoords=("axes fraction", "data"), xytext=(6, 0), textcoords="offset points",
            va="center", fontsize=10, color=colour if palette.scuro(colour) else style.SECONDARIO,
            annotation_clip=False,
        )  # fmt: skip
