"""How people are spread over a territory: comuni, surface, density, small comuni, altitude.

A comune is *small* up to 5.000 residents (law 6 October 2017, n. 158, art. 1). Altitude is that of the centre of the
comune: 600 metres is the threshold of the old law on mountain territories (law 25 July 1952, n. 991, art. 1), which
however looked at the whole surface. It is a description, not the legal mountain status.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.memory import recalled

PICCOLO: Final = 5_000
QUOTA_MONTANA: Final = 600

#: Upper limits of the classes of size, and their names; 30.000 is the threshold of the plans of city times.
LIMITI: Final = (1_000, 5_000, 15_000, 30_000)
CLASSI: Final = ("fino a 1.000", "da 1.001 a 5.000", "da 5.001 a 15.000", "da 15.001 a 30.000", "oltre 30.000")

_COLONNE = ("residenti", "superficie_kmq", "altitudine_m")


@recalled
def settlement(comuni: pd.DataFrame, livelli: Sequence[str]) -> pd.DataFrame:
    """Describe the territories of some levels from their comuni.

    Parameters
    ----------
    comuni : DataFrame
        One row per comune: one column for each level with the code of its territory (missing where it is not known),
        ``residenti, superficie_kmq, altitudine_m``. The level ``regione`` needs no column: it is all the rows.
    livelli : sequence of str
        Levels to describe.

    Returns
    -------
    DataFrame
        ``livello, territorio`` and ``n_comuni, residenti, superficie_kmq, densita`` (residents per km²),
        ``n_comuni_piccoli, residenti_comuni_piccoli, n_comuni_montani, residenti_comuni_montani`` and their shares
        ``quota_…`` (percent), ``n_comuni_senza_altitudine``. A sum with a missing part is missing.

    Raises
    ------
    CalcoloError
        When a column is missing.
    """
    _require(comuni, [*_COLONNE, *(livello for livello in livelli if livello != "regione")])
    piccolo = comuni["residenti"] <= PICCOLO
    montano = comuni["altitudine_m"] >= QUOTA_MONTANA
    righe = comuni.assign(
        n_comuni=1,
        n_comuni_piccoli=piccolo.astype(int),
        residenti_comuni_piccoli=comuni["residenti"].where(piccolo, 0),
        n_comuni_montani=montano.astype(int),
        residenti_comuni_montani=comuni["residenti"].where(montano, 0),
        n_comuni_senza_altitudine=comuni["altitudine_m"].isna().astype(int),
    )
    somme = [
        "n_comuni",
        "residenti",
        "superficie_kmq",
        "n_comuni_piccoli",
        "residenti_comuni_piccoli",
        "n_comuni_montani",
        "residenti_comuni_montani",
        "n_comuni_senza_altitudine",
    ]
    parti = []
    for livello in livelli:
        chiave = pd.Series("lombardia", index=righe.index) if livello == "regione" else righe[livello]
        gruppo = righe.groupby(chiave.rename("territorio"))[somme].sum(skipna=False).reset_index()
        parti.append(gruppo.assign(livello=livello))
    tutti = pd.concat(parti, ignore_index=True)
    tutti["densita"] = _ratio(tutti["residenti"], tutti["superficie_kmq"])
    for gruppo_comuni in ("piccoli", "montani"):
        quota_comuni = _ratio(tutti[f"n_comuni_{gruppo_comuni}"], tutti["n_comuni"])
        quota_residenti = _ratio(tutti[f"residenti_comuni_{gruppo_comuni}"], tutti["residenti"])
        tutti[f"quota_comuni_{gruppo_comuni}"] = 100 * quota_comuni
        tutti[f"quota_residenti_comuni_{gruppo_comuni}"] = 100 * quota_residenti
    return tutti


@recalled
def by_size(comuni: pd.DataFrame, livelli: Sequence[str]) -> pd.DataFrame:
    """Count comuni and residents by class of size, for the territories of some levels.

    Parameters
    ----------
    comuni, livelli
        As for :func:`settlement`; only ``residenti`` is needed beside the levels.

    Returns
    -------
    DataFrame
        ``livello, territorio, classe`` (of :data:`CLASSI`, all of them in order) and ``n_comuni, residenti,
        quota_comuni, quota_residenti`` (percent of the territory).
    """
    _require(comuni, ["residenti", *(livello for livello in livelli if livello != "regione")])
    posto = np.searchsorted(LIMITI, comuni["residenti"].to_numpy())
    nomi = pd.Categorical.from_codes(posto, pd.Index(CLASSI), ordered=True)
    classe = pd.Series(nomi, index=comuni.index, name="classe")
    parti = []
    for livello in livelli:
        chiave = pd.Series("lombardia", index=comuni.index) if livello == "regione" else comuni[livello]
        gruppi = comuni.groupby([chiave.rename("territorio"), classe], observed=False)["residenti"]
        conteggi = gruppi.agg(n_comuni="size", residenti="sum").reset_index()
        parti.append(conteggi.assign(livello=livello))
    tutti = pd.concat(parti, ignore_index=True).astype({"classe": "str"})
    totali = tutti.groupby(["livello", "territorio"])[["n_comuni", "residenti"]].transform("sum")
    tutti["quota_comuni"] = 100 * _ratio(tutti["n_comuni"], totali["n_comuni"])
    tutti["quota_residenti"] = 100 * _ratio(tutti["residenti"], totali["residenti"])
    return tutti


def _ratio(sopra: pd.Series, sotto: pd.Series) -> pd.Series:
    return sopra / sotto.where(sotto != 0)


def _require(comuni: pd.DataFrame, colonne: Sequence[str]) -> None:
    assenti = [colonna for colonna in colonne if colonna not in comuni]
    if assenti:
        raise CalcoloError(f"Alla tabella dei comuni mancano le colonne: {', '.join(assenti)}.")
