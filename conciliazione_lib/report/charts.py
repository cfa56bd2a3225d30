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

from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.evidence import formats
from conciliazione_lib.report import frame, style, svg

#: Height of a row, in inches.
_RIGA = 0.34


@frame.in_stile
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
    frame.non_vuoto(serie)
    frame.esistono(evidenzia, serie.columns)
    figura, assi = frame.foglio(4.1)
    ascisse = np.arange(len(serie))
    salto = list(serie.index).index(rottura) if rottura is not None and rottura in list(serie.index) else 0
    tratti = (slice(0, salto), slice(salto, None)) if salto else (slice(None),)
    code: list[tuple[float, str, str]] = []
    in_colore = list(evidenzia) or list(serie.columns)
    for posto, nome in enumerate(serie.columns):
        contesto = nome not in in_colore
        colore = style.CONTESTO if contesto else frame.colore(in_colore.index(nome))
        valori = serie[nome].astype(float).to_numpy()
        for tratto in tratti:
            assi.plot(
                ascisse[tratto],
                valori[tratto],
                color=colore,
                linewidth=1.4 if contesto else 2.4,
                linestyle=frame.tratto(posto),
                marker=frame.segno(posto) if len(serie) <= 16 else None,
                markersize=4 if contesto else 5.5,
            )
        presenti = np.flatnonzero(~np.isnan(valori))
        if presenti.size:
            ultimo = float(valori[presenti[-1]])
            quando = "" if presenti[-1] == len(serie) - 1 else f" ({serie.index[presenti[-1]]})"
            code.append((ultimo, f"{nome}: {formats.numero(ultimo, decimali)}{quando}", colore))
    frame.tacche_tempo(assi, serie.index)
    if da_zero:
        assi.set_ylim(bottom=0)
    if salto:
        assi.axvline(salto - 0.5, color=style.SECONDARIO, linestyle=(0, (4, 3)), linewidth=1)
        assi.annotate(
            "interruzione della serie",
            (salto - 0.5, 1),
            xycoords=("data", "axes fraction"),
            xytext=(4, -10),
            textcoords="offset points",
            color=style.SECONDARIO,
            fontsize=9,
        )
    frame.tacche(assi.yaxis, decimali)
    assi.grid(visible=False, axis="x")
    assi.set_xlabel(asse_x)
    frame.sopra_asse(assi, unita)
    frame.etichette_in_coda(assi, float(ascisse[-1]), code)
    return svg.da_figura(figura)


@frame.in_stile
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
    frame.non_vuoto(valori.to_frame())
    frame.esistono(evidenzia, valori.index)
    if ordina:
        valori = valori.sort_values(ascending=False, na_position="last", kind="stable")
    figura, assi = frame.foglio(max(1.6, _RIGA * len(valori) + (1.0 if riferimento else 0.8)))
    righe = np.arange(len(valori))
    numeri = valori.astype(float).to_numpy()
    assi.barh(righe, np.nan_to_num(numeri), color=frame.marcati(valori.index, evidenzia), height=0.66)
    for riga, numero in zip(righe, numeri, strict=True):
        frame.valore_in_fondo(assi, float(riga), float(numero), decimali, su_linea=riferimento is not None)
    frame.etichette_righe(assi, righe, valori.index, evidenzia)
    if riferimento is not None:
        frame.riferimento(assi, *riferimento, decimali)
    frame.asse_valori(assi, numeri, unita, decimali)
    return svg.da_figura(figura)


@frame.in_stile
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
    frame.non_vuoto(dati)
    if dati.shape[1] > 4:
        raise CalcoloError(
            f"Barre raggruppate: attese al più 4 serie, trovate {dati.shape[1]}.",
            "Scegliere le serie da confrontare o usare una tabella.",
        )
    serie = dati.shape[1]
    spessore = 0.78 / serie
    figura, assi = frame.foglio(max(1.8, (0.25 * serie + 0.16) * len(dati) + 1.1))
    righe = np.arange(len(dati))
    for posto, nome in enumerate(dati.columns):
        numeri = dati[nome].astype(float).to_numpy()
        alture = righe + (posto - (serie - 1) / 2) * spessore
        assi.barh(alture, np.nan_to_num(numeri), height=spessore * 0.9, color=frame.colore(posto), label=str(nome))
        for altura, numero in zip(alture, numeri, strict=True):
            frame.valore_in_fondo(assi, float(altura), float(numero), decimali, corpo=9)
    frame.etichette_righe(assi, righe, dati.index, ())
    frame.asse_valori(assi, dati.astype(float).to_numpy(), unita, decimali)
    frame.legenda(assi, serie)
    return svg.da_figura(figura)


@frame.in_stile
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
    frame.non_vuoto(dati)
    figura, assi = frame.foglio(max(1.8, _RIGA * 1.15 * len(dati) + 1.2))
    righe = np.arange(len(dati))
    numeri = dati.astype(float).to_numpy()
    interi = ~np.isnan(numeri).any(axis=1)
    massimo = float(np.nansum(numeri, axis=1).max())
    inizio = np.zeros(len(dati))
    for posto, nome in enumerate(dati.columns):
        parte = np.where(interi, numeri[:, posto], 0.0)
        colore = frame.colore(posto)
        assi.barh(
            righe, parte, left=inizio, height=0.68, color=colore, label=str(nome), edgecolor=style.FONDO,
            hatch=frame.trama(posto),
        )  # fmt: skip
        for riga in righe[interi & (parte > 0.065 * massimo)]:
            numero = formats.numero(parte[riga], decimali)
            frame.scritta(assi, inizio[riga] + parte[riga] / 2, riga, numero, colore)
        inizio = inizio + parte
    for riga in righe[~interi]:
        frame.valore_in_fondo(assi, riga, float("nan"), decimali)
    frame.etichette_righe(assi, righe, dati.index, ())
    assi.set_xlim(0, massimo)
    frame.tacche(assi.xaxis, 0)
    assi.grid(visible=False, axis="y")
    assi.set_xlabel(unita)
    frame.legenda(assi, dati.shape[1])
    return svg.da_figura(figura)


@frame.in_stile
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
    for tabella in (popolazione, confronto):
        if tabella is not None and not {"maschi", "femmine"} <= set(tabella.columns):
            raise CalcoloError(
                f"La piramide vuole le colonne «maschi» e «femmine»; trovate: {', '.join(map(str, tabella.columns))}."
            )
    if confronto is not None and list(confronto.index) != list(popolazione.index):
        raise CalcoloError("La piramide di confronto ha classi di età diverse da quelle del territorio.")
    figura, assi = frame.foglio(max(3.0, 0.235 * len(popolazione) + 1.3))
    righe = np.arange(len(popolazione))
    maschi = -popolazione["maschi"].astype(float).to_numpy()
    femmine = popolazione["femmine"].astype(float).to_numpy()
    assi.barh(righe, maschi, height=0.82, color=style.MASCHI, label="Uomini")
    assi.barh(righe, femmine, height=0.82, color=style.FEMMINE, label="Donne")
    massimo = float(max(-maschi.min(), femmine.max()))
    if confronto is not None:
        massimo = max(massimo, float(confronto[["maschi", "femmine"]].to_numpy().max()))
        bordi = np.append(righe - 0.5, righe[-1] + 0.5)
        for colonna, segno in (("maschi", -1), ("femmine", 1)):
            assi.stairs(
                segno * confronto[colonna].astype(float).to_numpy(),
                bordi,
                orientation="horizontal",
                baseline=None,
                color=style.CONFRONTO,
                linewidth=2,
                label=nome_confronto if segno == 1 else None,
            )
    assi.axvline(0, color=style.FONDO, linewidth=1.2)
    assi.set_yticks(righe, [str(classe) for classe in popolazione.index])
    assi.tick_params(axis="y", labelsize=9)
    assi.set_ylim(-0.6, len(righe) - 0.4)
    assi.set_xlim(-massimo * 1.06, massimo * 1.06)
    frame.formatta(assi.xaxis, lambda valore: formats.numero(abs(valore), decimali))
    assi.grid(visible=False, axis="y")
    assi.set_xlabel(unita)
    assi.set_ylabel("Età in anni compiuti")
    frame.legenda(assi, 3)
    return svg.da_figura(figura)


@frame.in_stile
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
    frame.non_vuoto(dati)
    if dati.shape[1] != 2:
        raise CalcoloError(f"Il grafico a manubrio vuole due colonne; trovate {dati.shape[1]}.")
    frame.esistono(evidenzia, dati.index)
    prima, seconda = dati.columns
    if ordina:
        distanza = (dati[prima] - dati[seconda]).abs()
        dati = dati.loc[distanza.sort_values(ascending=False, na_position="last", kind="stable").index]
    figura, assi = frame.foglio(max(1.8, _RIGA * len(dati) + 1.1))
    righe = np.arange(len(dati))
    sinistra, destra = (dati[colonna].astype(float).to_numpy() for colonna in (prima, seconda))
    assi.hlines(righe, np.fmin(sinistra, destra), np.fmax(sinistra, destra), color=style.CONTESTO, linewidth=2)
    for valori, colore, segno, nome in (
        (sinistra, style.FEMMINE, "o", prima),
        (destra, style.CONFRONTO, "D", seconda),
    ):
        assi.plot(valori, righe, linestyle="", marker=segno, color=colore, markersize=8, label=str(nome))
    for riga, (a, b) in enumerate(zip(sinistra, destra, strict=True)):
        if np.isnan(a) or np.isnan(b):
            presente = float(np.nanmin([a, b])) if not (np.isnan(a) and np.isnan(b)) else 0.0
            frame.valore_in_fondo(assi, riga, float("nan"), decimali, da=presente)
            continue
        for valore, altro in ((a, b), (b, a)):
            a_destra = valore > altro or (valore == altro and valore is a)
            assi.annotate(
                formats.numero(valore, decimali),
                (valore, riga),
                xytext=(7 if a_destra else -7, 0),
                textcoords="offset points",
                ha="left" if a_destra else "right",
                va="center",
                fontsize=9.5,
            )
    frame.etichette_righe(assi, righe, dati.index, evidenzia)
    assi.margins(x=0.16)
    frame.tacche(assi.xaxis, 0 if decimali < 2 else decimali)
    assi.grid(visible=False, axis="y")
    assi.set_xlabel(unita)
    frame.legenda(assi, 2)
    return svg.da_figura(figura)


@frame.in_stile
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
    frame.non_vuoto(valori.to_frame())
    if ordina:
        valori = valori.sort_values(ascending=False, na_position="last", kind="stable")
    figura, assi = frame.foglio(max(1.6, _RIGA * len(valori) + 1.0))
    righe = np.arange(len(valori))
    numeri = valori.astype(float).to_numpy()
    scarti = np.nan_to_num(numeri - centro)
    assi.barh(righe, scarti, left=centro, height=0.66, color=[style.SOPRA if s >= 0 else style.SOTTO for s in scarti])
    for riga, numero in zip(righe, numeri, strict=True):
        if np.isnan(numero):
            frame.valore_in_fondo(assi, float(riga), float(numero), decimali, da=centro)
            continue
        verso = 1 if numero >= centro else -1
        assi.annotate(
            formats.numero(numero, decimali),
            (numero, riga),
            xytext=(5 * verso, 0),
            textcoords="offset points",
            ha="left" if verso == 1 else "right",
            va="center",
            fontsize=9.5,
        )
    frame.riferimento(assi, nome_centro, centro, decimali, linea="-")
    frame.etichette_righe(assi, righe, valori.index, ())
    ampiezza = float(np.abs(scarti).max()) or 1.0
    assi.set_xlim(centro - ampiezza * 1.25, centro + ampiezza * 1.25)
    frame.tacche(assi.xaxis, decimali)
    assi.grid(visible=False, axis="y")
    assi.set_xlabel(unita)
    return svg.da_figura(figura)


@frame.in_stile
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
    frame.non_vuoto(dati)
    quote = 100 * dati.astype(float).div(dati.sum(axis=1, skipna=False), axis=0)
    if ordina:
        quote = quote.sort_values(quote.columns[-1], ascending=False, na_position="last", kind="stable")
    figura, assi = frame.foglio(max(1.8, _RIGA * 1.15 * len(quote) + 1.2))
    righe = np.arange(len(quote))
    numeri, contati = quote.to_numpy(), dati.loc[quote.index].astype(float).to_numpy()
    interi = ~np.isnan(numeri).any(axis=1)
    inizio = np.where(interi, -numeri[:, 0] - numeri[:, 1] / 2, 0.0)
    for posto, (nome, colore) in enumerate(zip(quote.columns, (style.SOTTO, style.CENTRO, style.SOPRA), strict=True)):
        parte = np.where(interi, numeri[:, posto], 0.0)
        tratto = "///" if posto == 0 else None
        assi.barh(
            righe, parte, left=inizio, height=0.68, color=colore, label=str(nome), edgecolor=style.FONDO, hatch=tratto
        )
        for riga in righe[interi & (parte > 6)]:
            numero = formats.numero(contati[riga, posto], decimali)
            scritta = frame.scritta(assi, inizio[riga] + parte[riga] / 2, riga, numero, colore)
            if tratto:
                scritta.set_bbox({"facecolor": colore, "edgecolor": "none", "pad": 1.2})
        inizio = inizio + parte
    for riga in righe[~interi]:
        frame.valore_in_fondo(assi, riga, float("nan"), decimali)
    assi.axvline(0, color=style.INCHIOSTRO, linewidth=1.0)
    frame.etichette_righe(assi, righe, quote.index, ())
    assi.set_xlim(-102, 102)
    frame.formatta(assi.xaxis, lambda valore: formats.numero(abs(valore), 0))
    assi.grid(visible=False, axis="y")
    assi.set_xlabel(f"% delle {unita}; nelle barre, il loro numero")
    frame.legenda(assi, 3)
    return svg.da_figura(figura)


@frame.in_stile
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
    mancanti = {"valore", "inferiore", "superiore"} - set(dati.columns)
    if mancanti:
        raise CalcoloError(f"Il grafico a intervalli non trova le colonne: {', '.join(sorted(mancanti))}.")
    frame.non_vuoto(dati[["valore"]])
    frame.esistono(evidenzia, dati.index)
    if ordina:
        dati = dati.sort_values("valore", ascending=ranghi, na_position="last", kind="stable")
    figura, assi = frame.foglio(max(1.6, _RIGA * len(dati) + 1.0))
    righe = np.arange(len(dati))
    valore, basso, alto = (dati[c].astype(float).to_numpy() for c in ("valore", "inferiore", "superiore"))
    colori = frame.marcati(dati.index, evidenzia, style.CONTESTO)
    assi.hlines(righe, basso, alto, color=colori, linewidth=4, alpha=0.55)
    assi.scatter(valore, righe, color=colori, s=46, zorder=3)
    fine = float(np.nanmax(np.fmax(alto, valore)))
    inizio = float(np.nanmin(np.fmin(basso, valore)))
    margine = (fine - inizio or abs(fine) or 1.0) * 0.06
    for riga in range(len(dati)):
        if np.isnan(valore[riga]):
            testo = "n.d."
        elif np.isnan(basso[riga]) or np.isnan(alto[riga]):
            testo = formats.numero(valore[riga], decimali)
        else:
            sotto, sopra = (formats.numero(limite[riga], decimali) for limite in (basso, alto))
            # A dash between negative numbers would read as a sign.
            fra = f"{sotto}–{sopra}" if basso[riga] >= 0 else f"{sotto} a {sopra}"
            testo = f"{formats.numero(valore[riga], decimali)} ({fra})"
        assi.annotate(
            testo, (1, riga), xycoords=("axes fraction", "data"), xytext=(6, 0), textcoords="offset points",
            va="center", fontsize=9.5, color=style.SECONDARIO if testo == "n.d." else style.INCHIOSTRO,
        )  # fmt: skip
    if riferimento is not None:
        frame.riferimento(assi, *riferimento, decimali)
    frame.etichette_righe(assi, righe, dati.index, evidenzia)
    assi.set_xlim(inizio - margine, fine + margine)
    frame.tacche(assi.xaxis, 0 if ranghi else decimali)
    if ranghi:
        from matplotlib.ticker import MaxNLocator

        # places begin at the first: there is no place zero
        assi.set_xticks([1, *(t for t in MaxNLocator(integer=True).tick_values(1, fine) if 1 < t <= fine)])
    assi.grid(visible=False, axis="y")
    assi.set_xlabel(unita or ("posizione in graduatoria" if ranghi else ""))
    return svg.da_figura(figura)


@frame.in_stile
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
    frame.esistono((x, y), dati.columns)
    frame.esistono(evidenzia, dati.index)
    completi = dati[[x, y]].astype(float).dropna()
    frame.non_vuoto(completi)
    figura, assi = frame.foglio(5.2)
    colori = frame.marcati(completi.index, evidenzia)
    assi.scatter(completi[x], completi[y], c=colori, s=38, edgecolors=style.FONDO, linewidths=0.7, zorder=3)
    if medie is not None:
        assi.axvline(medie[0], color=style.SECONDARIO, linewidth=1, linestyle=(0, (4, 2)))
        assi.axhline(medie[1], color=style.SECONDARIO, linewidth=1, linestyle=(0, (4, 2)))
    scarto = ((completi - completi.mean()) / completi.std(ddof=0).replace(0, 1)).pow(2).sum(axis=1)
    lontani = scarto.sort_values(ascending=False, kind="stable").index[:etichette]
    for nome in completi.index:
        if nome in set(lontani) or str(nome) in evidenzia:
            assi.annotate(
                str(nome), (completi.loc[nome, x], completi.loc[nome, y]),
                xytext=(5, 4), textcoords="offset points", fontsize=9,
            )  # fmt: skip
    assi.margins(0.1)
    frame.tacche(assi.xaxis, decimali_x)
    frame.tacche(assi.yaxis, decimali_y)
    assi.set_xlabel(nome_x)
    frame.sopra_asse(assi, nome_y)
    return svg.da_figura(figura)
