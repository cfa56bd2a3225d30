"""Classes of a map: few, with bounds as they are printed, and the count of territories in each."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import numpy as np
import pandas as pd

from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.evidence import Figure, formats
from conciliazione_lib.report import style
from conciliazione_lib.report.blocks import Classe

Metodo = Literal["quantili", "naturali"]

#: Values natural breaks are looked for among: evenly spaced in rank, when there are more.
CAMPIONE = 200


def classi(
    valori: pd.Series, *, decimali: int = 1, numero: int = 5, metodo: Metodo = "naturali"
) -> tuple[list[Classe], dict[str, int]]:
    """Divide values into classes.

    Bounds are values as printed (rounded to ``decimali``), so that a reader can tell from a printed value which class
    it is in: a class goes from its first to its last printed value, both included.

    Parameters
    ----------
    valori : Series
        Index: territory codes. Missing values belong to no class.
    decimali : int
        Decimals of the printed values.
    numero : int
        Classes wanted, 2 to 6; fewer when there are fewer distinct values.
    metodo : {"naturali", "quantili"}
        natural breaks (Fisher and Jenks), or classes of about equal count (``mapclassify``).

    Returns
    -------
    list of Classe
        From the lowest.
    dict
        Place of the class of each territory with a value.

    Raises
    ------
    CalcoloError
        There is no value, or the number of classes is out of range.
    """
    if not 2 <= numero <= 6:
        raise CalcoloError(f"Il numero di classi di una mappa va da 2 a 6; richieste {numero}.")
    presenti = valori.dropna().astype(float)
    if presenti.empty:
        raise CalcoloError(
            "La mappa non ha nessun valore da mostrare.", "Usare c.manca(…) per dire quale dato manca e come fornirlo."
        )
    tondi = presenti.map(lambda valore: float(formats.arrotonda(valore, decimali)))
    distinti = np.unique(tondi)
    if len(distinti) <= numero:
        limiti = distinti
    else:
        limiti = _limiti(tondi.to_numpy(), numero, metodo)
        limiti = np.unique([distinti[np.searchsorted(distinti, limite, side="right") - 1] for limite in limiti])
        limiti[-1] = distinti[-1]
    posto = np.searchsorted(limiti, tondi.to_numpy(), side="left")
    colori = style.SEQUENZA.get(len(limiti), style.SEQUENZA[6])
    if len(limiti) == 1:
        colori = (style.SEQUENZA[3][1],)
    esito = []
    for indice in range(len(limiti)):
        dentro = tondi.to_numpy()[posto == indice]
        esito.append(Classe(colore=colori[indice], n=int(dentro.size), da=float(dentro.min()), a=float(dentro.max())))
    return esito, {str(codice): int(p) for codice, p in zip(tondi.index, posto, strict=True)}


def incerte(figure: Iterable[Figure], elenco: Sequence[Classe], classe: Mapping[str, int]) -> frozenset[str]:
    """Return the territories whose value is guessed, and whose interval goes beyond the class of the guess.

    Parameters
    ----------
    figure : iterable of Figure
        Of the territories drawn.
    elenco, classe
        As :func:`classi` gives them.
    """
    guessed = [f for f in figure if f.guessed and f.territory.codice in classe]
    return frozenset(f.territory.codice for f in guessed if not _within(f, elenco[classe[f.territory.codice]]))


def _within(figure: Figure, one: Classe) -> bool:
    bounds = (figure.lower, figure.upper, one.da, one.a)
    lower, upper, least, most = (
        float(formats.arrotonda(bound, figure.decimals)) for bound in bounds if bound is not None
    )
    return least <= lower and upper <= most


def categorie(
    valori: pd.Series, *, ordine: Sequence[str] | None = None, colori: Mapping[str, str] | None = None
) -> tuple[list[Classe], dict[str, int]]:
    """Give each category a colour.

    Parameters
    ----------
    valori : Series
        Index: territory codes; values: names of categories. Missing values belong to none.
    ordine : sequence of str, optional
        Order of the categories; by default the one they are met in, alphabetically.
    colori : mapping, optional
        Colour by category.

    Returns
    -------
    list of Classe, dict
        As in :func:`classi`.

    Raises
    ------
    CalcoloError
        More categories than colours that can be told apart, or a category outside ``ordine``.
    """
    presenti = valori.dropna().astype(str)
    nomi = list(ordine) if ordine is not None else sorted(presenti.unique())
    fuori = sorted(set(presenti) - set(nomi))
    if fuori:
        raise CalcoloError(f"Categorie non previste nella mappa: {', '.join(fuori)}.")
    if colori is None and len(nomi) > len(style.CATEGORIE):
        raise CalcoloError(
            f"Una mappa distingue al più {len(style.CATEGORIE)} categorie; trovate {len(nomi)}.",
            "Raggruppare le categorie, oppure scrivere i nomi sulla mappa con etichette=True.",
        )
    esito = [
        Classe(
            colore=(colori or {}).get(nome, style.CATEGORIE_MAPPA[posto % len(style.CATEGORIE_MAPPA)]),
            n=int((presenti == nome).sum()),
            etichetta=nome,
        )
        for posto, nome in enumerate(nomi)
    ]
    return esito, {str(codice): nomi.index(nome) for codice, nome in presenti.items()}


def bivariate(
    primo: pd.Series, secondo: pd.Series, *, nome_primo: str, nome_secondo: str
) -> tuple[list[Classe], dict[str, int]]:
    """Cross two variables in three classes each (terciles), nine in all.

    Parameters
    ----------
    primo, secondo : Series
        Index: territory codes. A territory that misses either belongs to no class.
    nome_primo, nome_secondo : str
        Names of the variables, for the legend.

    Returns
    -------
    list of Classe, dict
        As in :func:`classi`; the place is ``3 * tercile of the second + tercile of the first``.
    """
    dati = pd.concat({"a": primo.astype(float), "b": secondo.astype(float)}, axis=1).dropna()
    if dati.empty:
        raise CalcoloError("Nessun territorio ha entrambe le variabili della mappa.")
    terzi = {colonna: _terzi(dati[colonna]) for colonna in ("a", "b")}
    posto = 3 * terzi["b"] + terzi["a"]
    nomi = ("basso", "medio", "alto")
    esito = [
        Classe(
            colore=style.BIVARIATA[riga][colonna],
            n=int((posto == 3 * riga + colonna).sum()),
            etichetta=f"{nome_primo}: {nomi[colonna]}; {nome_secondo}: {nomi[riga]}",
        )
        for riga in range(3)
        for colonna in range(3)
    ]
    return esito, {str(codice): int(p) for codice, p in posto.items()}


def _terzi(valori: pd.Series) -> pd.Series:
    tagli = np.quantile(valori, [1 / 3, 2 / 3])
    return pd.Series(np.searchsorted(tagli, valori.to_numpy(), side="left"), index=valori.index)


def _limiti(valori: np.ndarray, numero: int, metodo: Metodo) -> np.ndarray:
    """Upper bounds of the classes."""
    if metodo == "quantili":
        import mapclassify  # heavy: only when it is needed

        with warnings.catch_warnings():
            # Equal values leave fewer classes, which is meant.
            warnings.simplefilter("ignore", UserWarning)
            return np.asarray(mapclassify.Quantiles(valori, k=numero).bins)
    if valori.size > CAMPIONE:
        valori = np.quantile(valori, np.linspace(0, 1, CAMPIONE), method="nearest")
    return _fisher(np.sort(valori), min(numero, np.unique(valori).size))


def _fisher(valori: np.ndarray, numero: int) -> np.ndarray:
    """Upper bounds of the classes of sorted values whose squared distances from their means are least.

    The bounds are those of ``mapclassify.FisherJenks``, rounding included (a test compares them), found with whole rows
    at once: it looks at the pairs of values one by one. Its other procedures would not do: NaturalBreaks starts from
    random centres, and JenksCaspall may never end when a class empties.
    """
    quanti = valori.size
    posti = np.arange(quanti)
    # Row l, column i: the values from i to l, added from the last backwards.
    coda = np.tril(np.broadcast_to(valori.astype(np.float32), (quanti, quanti)))[:, ::-1]
    somme, quadrati = (np.cumsum(addendi, axis=1)[:, ::-1] for addendi in (coda, coda * coda))
    quante = (posti[:, None] - posti + 1).clip(1).astype(np.float32)
    scarti = np.where(posti <= posti[:, None], quadrati - somme * somme / quante, np.float32(np.inf))
    # For the values up to each: the least sum with one class more at every turn, and where (from one) the last begins.
    minimi, inizi = np.append(np.float32(0), scarti[1:, 0]), []
    for _ in range(numero - 1):
        prove = scarti[1:, 1:] + minimi[:-1]
        migliori = prove.argmin(axis=1)
        inizi.append(np.append([0, 1], migliori + 2))
        minimi = np.append(np.float32(0), prove[posti[:-1], migliori])
    fino, ultimi = quanti, [quanti - 1]
    for inizio in reversed(inizi):
        fino = inizio[fino] - 1
        ultimi.append(fino - 1)
    return valori[ultimi[::-1]]
