"""The frame of every chart: the sheet, the axes and what is written on them, in Italian and in the house style."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec

import numpy as np
import pandas as pd

from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.evidence import formats
from conciliazione_lib.report import palette, style, svg

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
    def con_stile(*args: P.args, **kwargs: P.kwargs) -> svg.Drawing:
        import matplotlib as mpl

        with mpl.rc_context(style.MATPLOTLIB):  # type: ignore[arg-type]
            return svg.Drawing(disegna(*args, **kwargs))

    return con_stile


def foglio(altezza: float) -> tuple[Figure, Axes]:
    """Return a blank sheet as wide as every chart, and its axes; the height is in inches."""
    from matplotlib.figure import Figure

    figura = Figure(figsize=(LARGHEZZA, altezza), layout="constrained")
    assi = figura.subplots()
    for bordo in assi.spines.values():
        bordo.axis = None  # ticks have no length: nothing sticks out of the edges
    return figura, assi


def non_vuoto(dati: pd.DataFrame) -> None:
    """Refuse data without a value."""
    if dati.empty or dati.isna().all(axis=None):
        raise CalcoloError(
            "Il grafico non ha nessun valore da disegnare.",
            "Usare c.manca(…) per dire quale dato manca e come fornirlo.",
        )


def esistono(richiesti: Sequence[str], presenti: pd.Index) -> None:
    """Refuse names that are not there."""
    assenti = [nome for nome in richiesti if nome not in set(presenti.astype(str))]
    if assenti:
        raise CalcoloError(f"Il grafico non trova: {', '.join(assenti)}. Presenti: {', '.join(map(str, presenti))}.")


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
    return [style.PRIMARIO if not evidenzia or nome in evidenzia else altri for nome in nomi.astype(str)]


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

    asse.set_major_formatter(FuncFormatter(lambda valore, _: formato(valore)))


def tacche(asse: Any, decimali: int) -> None:
    """Write ticks in Italian, with no more decimals than the values have and no fewer than the ticks need."""
    from matplotlib.ticker import Formatter

    class Tacche(Formatter):
        def format_ticks(self, values: Sequence[float]) -> list[str]:
            # From the ticks themselves: a step of 2,5 needs one decimal, or 12,5 would be read as 13.
            tacche, massimo = np.asarray(values, dtype=float), max(decimali, 1)
            servono = next((n for n in range(massimo) if (np.abs(tacche - tacche.round(n)) <= 1e-9).all()), massimo)
            return [formats.numero(valore, servono) for valore in values]

    asse.set_major_formatter(Tacche())


def tacche_tempo(assi: Axes, indice: pd.Index) -> None:
    """Write the instants under a chart, twelve at most, the last one always."""
    passo = max(1, -(-len(indice) // 12))
    posti = list(range(len(indice) - 1, -1, -passo))[::-1]
    assi.set_xticks(posti, [str(indice[posto]) for posto in posti])


def sopra_asse(assi: Axes, unita: str) -> None:
    """Write the unit above the vertical axis, level, where it is read first."""
    if unita:
        assi.set_title(unita, loc="left", y=1, fontsize=10, color=style.SECONDARIO)


def asse_valori(assi: Axes, numeri: np.ndarray, unita: str, decimali: int) -> None:
    """Set the axis of the values of bars, with room for those written at their ends."""
    basso, alto = min(0.0, float(np.nanmin(numeri))), max(0.0, float(np.nanmax(numeri)))
    margine = (alto - basso or 1.0) * 0.14
    assi.set_xlim(basso - (margine if basso < 0 else 0), alto + (margine if alto > 0 else 0))
    assi.axvline(0, color=style.CONTESTO, linewidth=1)
    tacche(assi.xaxis, decimali)
    assi.grid(visible=False, axis="y")
    assi.set_xlabel(unita)


def etichette_righe(assi: Axes, righe: np.ndarray, nomi: pd.Index, evidenzia: Sequence[str]) -> None:
    """Write the names of the rows, from the top; those marked in bold."""
    assi.set_yticks(righe, [str(nome) for nome in nomi])
    for etichetta, nome in zip(assi.get_yticklabels(), nomi, strict=True):
        etichetta.set_multialignment("right")
        if str(nome) in evidenzia:
            etichetta.set_fontweight("bold")
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
    manca = bool(np.isnan(numero))
    negativo = not manca and numero < 0
    assi.annotate(
        "n.d." if manca else formats.numero(numero, decimali),
        (da if manca else numero, riga),
        xytext=(-5 if negativo else 5, 0),
        textcoords="offset points",
        ha="right" if negativo else "left",
        va="center",
        fontsize=corpo,
        color=style.SECONDARIO if manca else style.INCHIOSTRO,
        # A line of reference would cross the digits.
        bbox={"boxstyle": "square,pad=0.12", "facecolor": style.FONDO, "edgecolor": "none"} if su_linea else None,
    )


def legenda(assi: Axes, colonne: int) -> None:
    """Put the legend above the axes, on as many lines as its names need: a wide one must not squeeze the bars."""
    simboli, nomi = assi.get_legend_handles_labels()
    in_una_riga = int(LARGHEZZA * 72 // (6.3 * max(map(len, nomi)) + 34))
    assi.figure.legend(
        simboli, nomi, loc="outside upper left", ncols=max(1, min(colonne, in_una_riga)), borderaxespad=0.2,
        handlelength=1.4, columnspacing=1.6, handletextpad=0.5,
    )  # fmt: skip


def etichette_in_coda(assi: Axes, x: float, code: list[tuple[float, str, str]]) -> None:
    """Write each series' name and last value at its end, pushed apart so that none overlaps."""
    basso, alto = assi.get_ylim()
    distanza = (alto - basso) * 0.062
    precedente = -np.inf
    for valore, testo, colore in sorted(code, key=lambda coda: coda[0]):
        altezza = max(valore, precedente + distanza)
        precedente = altezza
        assi.annotate(
            testo, (1, altezza), xycoords=("axes fraction", "data"), xytext=(6, 0), textcoords="offset points",
            va="center", fontsize=10, color=colore if palette.scuro(colore) else style.SECONDARIO,
            annotation_clip=False,
        )  # fmt: skip
