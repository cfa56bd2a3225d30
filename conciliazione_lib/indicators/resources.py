"""Sharing an amount of money: exact apportionment in whole units, to the cent.

Every computation is on integers and fractions; a float is read as the decimal number it prints as (``11.4`` is
114/10), so nothing drifts. Amounts come back as ``int`` when total and unit are whole, as ``Decimal`` otherwise.

The base rule is the method of the largest remainders (Hamilton): it satisfies quota, which no divisor method
does, and it is the rule under which the shares of the 2025–2027 programme are exactly the published ones, in
units of 10.000 €.

References
----------
Balinski M. L., Young H. P., *Fair Representation: Meeting the Ideal of One Man, One Vote*, Brookings, 2001
(largest remainders, divisor methods, the quota rule).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd

from conciliazione_lib.errors import CalcoloError, Problem
from conciliazione_lib.indicators.amounts import CENTESIMO, Importo, amount, euros, exact, money, whole_euros
from conciliazione_lib.indicators.weighting import normalised, same_columns

Pesi = Mapping[str, Any] | pd.Series | Sequence[Any] | np.ndarray

#: Squared divisor after ``n`` units, by method: squares keep Huntington–Hill exact.
_DIVISORI: Final[Mapping[str, Callable[[int], Fraction]]] = MappingProxyType(
    {
        "adams": lambda n: Fraction(n * n),
        "huntington-hill": lambda n: Fraction(n * (n + 1)),
        "webster": lambda n: Fraction((2 * n + 1) ** 2, 4),
        "jefferson": lambda n: Fraction((n + 1) ** 2),
    }
)
METODI_DIVISORE: Final = tuple(_DIVISORI)


def largest_remainder(weights: Pesi, total: Importo, unit: Importo = 1) -> pd.Series:
    """Share an amount in proportion to the weights, by the largest remainders (Hamilton).

    Each territory first gets the whole units of its quota ``total × weight / sum``; the units left go, one each, to
    the largest remainders. Equal remainders: the greater weight first, then the label in alphabetical order (for
    a plain sequence, the position). When the total is not a multiple of the unit, the part smaller than a unit
    goes to the next one in the same order: the sum is always the total, to the cent, and every amount lies between
    its quota rounded down and rounded up to a unit.

    Parameters
    ----------
    weights : mapping, Series or sequence
        One positive weight per territory, at any scale.
    total : int, Decimal or str
        Amount to share, in euros, at most two decimals.
    unit : int, Decimal or str
        Rounding unit in euros: ``10_000`` for the 2025–2027 act, ``"0.01"`` for the cent.

    Returns
    -------
    Series
        Amount per territory, in the order of ``weights``; it sums to ``total``.

    Raises
    ------
    CalcoloError
        Weights missing, negative, zero or not numbers; total or unit not positive, or finer than a cent.

    Examples
    --------
    >>> largest_remainder({"a": 5, "b": 3, "c": 1}, 100, 10).to_dict()
    {'a': 60, 'b': 30, 'c': 10}
    """
    pesi, indice = _weights(weights)
    totale, passo = _total(total, unit)
    return money(_hamilton(pesi, totale, passo), indice, whole=whole_euros(total, unit))


def divisor(weights: Pesi, total: Importo, unit: Importo = 1, *, method: str = "webster") -> pd.Series:
    """Share an amount by a divisor method, for comparison with the largest remainders.

    The next unit goes each time to the greatest ``weight / d(n)``, where ``n`` are the units already had and
    ``d`` is the method's divisor. A part of the total smaller than a unit goes to the next in line.

    Parameters
    ----------
    weights, total, unit
        As in :func:`largest_remainder`.
    method : str
        ``jefferson`` (D'Hondt, favours the large), ``webster`` (Sainte-Laguë), ``huntington-hill``, ``adams``
        (favours the small; like Huntington–Hill, gives everyone at least one unit).

    Returns
    -------
    Series
        Amount per territory; it sums to ``total``, but may break quota.

    Raises
    ------
    CalcoloError
        As :func:`largest_remainder`; unknown method; fewer units than territories when each must have one.
    """
    if method not in _DIVISORI:
        raise CalcoloError(f"Il metodo «{method}» non esiste.", f"Metodi: {', '.join(METODI_DIVISORE)}.")
    pesi, indice = _weights(weights)
    totale, passo = _total(total, unit)
    quadrato = _DIVISORI[method]
    intere, avanzo = divmod(totale, passo)
    if quadrato(0) == 0 and intere < len(pesi):
        raise CalcoloError(
            f"Il metodo «{method}» dà almeno un'unità a ciascuno: le unità sono {intere}, i territori {len(pesi)}.",
            "Ridurre l'unità di arrotondamento o scegliere un altro metodo.",
        )
    unita = _divisor_units(pesi, int(intere), quadrato)
    importi = {nome: n * passo for nome, n in unita.items()}
    if avanzo:
        importi[max(pesi, key=lambda nome: pesi[nome] ** 2 / quadrato(unita[nome]))] += avanzo
    return money(importi, indice, whole=whole_euros(total, unit))


def bounded_allocation(
    weights: Pesi,
    total: Importo,
    unit: Importo = 1,
    *,
    floors: Importo | Mapping[str, Importo] | None = None,
    caps: Importo | Mapping[str, Importo] | None = None,
) -> pd.Series:
    """Share an amount in proportion to the weights, with a least and a greatest amount per territory.

    Who would stay below its floor gets the floor, who would pass its cap gets the cap, and the rest is shared
    again in proportion to the weights of the others (the amounts are ``min(cap, max(floor, k × weight))`` for
    the only ``k`` that exhausts the total), then rounded by :func:`largest_remainder`.

    Parameters
    ----------
    weights, total, unit
        As in :func:`largest_remainder`.
    floors, caps : amount or mapping, optional
        One amount for all, or one per territory (territories left out are not bounded). Whole multiples of ``unit``.

    Raises
    ------
    CalcoloError
        As :func:`largest_remainder`; floors above the total, caps below it, floor above its cap, bounds that are not
        multiples of the unit or name an unknown territory.
    """
    pesi, indice = _weights(weights)
    totale, passo = _total(total, unit)
    minimi = _bounds(floors, pesi, passo, "minimo")
    massimi = _bounds(caps, pesi, passo, "massimo")
    _check_bounds(minimi, massimi, totale, len(pesi))
    importi = _clamped(pesi, totale, minimi, massimi)
    liberi = {nome: peso for nome, peso in pesi.items() if nome not in importi}
    if liberi:
        importi |= _hamilton(liberi, totale - sum(importi.values(), Fraction(0)), passo)
    return money(importi, indice, whole=whole_euros(total, unit))


def split(total: Importo, shares: Mapping[str, Any], unit: Importo = CENTESIMO) -> pd.Series:
    """Split an amount into parts, such as 80% fixed and 20% variable; the parts sum to the amount.

    Parameters
    ----------
    total : int, Decimal or str
        Amount in euros.
    shares : mapping
        Weight of each part (``{"fissa": 80, "variabile": 20}``).
    unit : amount
        Rounding unit of the parts.
    """
    return largest_remainder(shares, total, unit)


def bonus(
    destined: Mapping[str, Importo] | pd.Series,
    outcomes: pd.DataFrame,
    weights: Mapping[str, Any] | None = None,
    unit: Importo = CENTESIMO,
) -> pd.DataFrame:
    """Bonus earned by each territory on its result indicators, and what the others left undistributed.

    The act destines to each territory its part of the variable quota, ties the payment to nine result indicators,
    and lets what is not distributed go to the other territories; it does not fix the formula. This is
    the plainest one: a territory earns its part in proportion to the (weighted) share of indicators it meets, rounded
    down to the unit; the rest is shared among those who earned something, in proportion to what they earned.

    Parameters
    ----------
    destined : mapping or Series
        Amount destined to each territory, in euros.
    outcomes : DataFrame
        Same territories in rows, one column per indicator: 1 met, 0 not met, or the degree in between.
    weights : mapping, optional
        Weight of each indicator; equal without it.
    unit : amount
        Rounding unit.

    Returns
    -------
    DataFrame
        One row per territory: ``destinata, grado`` (Fraction), ``maturata, redistribuita, totale``. The totals sum to
        what was destined, unless nobody earned anything.

    Raises
    ------
    CalcoloError
        An outcome missing or outside 0–1, or territories that are not the same in the two inputs.

    References
    ----------
    DGR X/1081 of 12 December 2013, Allegato C (nine indicators; redistribution).
    """
    if set(destined.keys()) != set(outcomes.index):
        raise CalcoloError(
            "I territori della quota variabile e quelli degli indicatori di premialità non sono gli stessi: "
            f"{', '.join(sorted(map(str, set(destined.keys()) ^ set(outcomes.index))))}.",
            "Compilare una riga di esiti per ogni territorio del riparto.",
        )
    pesi = normalised(weights if weights is not None else dict.fromkeys(outcomes.columns, 1))
    same_columns(outcomes, pesi)
    passo = amount(unit, "l'unità di arrotondamento")
    righe = []
    gradi = {nome: _degree(nome, esiti, pesi) for nome, esiti in outcomes.to_dict("index").items()}
    for nome, importo in destined.items():
        destinata = amount(importo, f"l'importo destinato a {nome}", zero=True)
        grado = gradi[nome]
        righe.append((str(nome), destinata, grado, destinata * grado // passo * passo))
    avanzo = sum((destinata - maturata for _, destinata, _, maturata in righe), Fraction(0))
    meritevoli = {nome: maturata for nome, _, _, maturata in sorted(righe) if maturata}
    extra = _hamilton(meritevoli, avanzo, passo) if meritevoli else {}
    valori = [
        (
            euros(destinata),
            grado,
            euros(maturata),
            euros(extra.get(nome, Fraction(0))),
            euros(maturata + extra.get(nome, Fraction(0))),
        )
        for nome, destinata, grado, maturata in righe
    ]
    colonne = ["destinata", "grado", "maturata", "redistribuita", "totale"]
    return pd.DataFrame(valori, index=pd.Index(list(destined.keys())), columns=colonne, dtype=object)


def per_head(amounts: pd.Series, population: pd.Series) -> pd.Series:
    """Euros per inhabitant (or per child, per woman in the labour force): missing where the population is.

    Parameters
    ----------
    amounts, population : Series
        Indexed by territory.
    """
    persone = population.reindex(amounts.index).astype("float64")
    return amounts.astype("float64") / persone.where(persone > 0)


def _hamilton(pesi: Mapping[str, Fraction], totale: Fraction, passo: Fraction) -> dict[str, Fraction]:
    # Sorting is stable and the weights come in tie order (see _weights): equal keys keep it.
    somma = sum(pesi.values(), Fraction(0))
    quote = {nome: totale * peso / somma / passo for nome, peso in pesi.items()}
    unita = {nome: quota.__floor__() for nome, quota in quote.items()}
    ordine = sorted(pesi, key=lambda nome: (unita[nome] - quote[nome], -pesi[nome]))
    intere, avanzo = divmod(totale, passo)
    mancanti = int(intere) - sum(unita.values())
    for nome in ordine[:mancanti]:
        unita[nome] += 1
    importi = {nome: n * passo for nome, n in unita.items()}
    if avanzo:
        importi[ordine[mancanti]] += avanzo
    return importi


def _divisor_units(pesi: Mapping[str, Fraction], unita: int, quadrato: Callable[[int], Fraction]) -> dict[str, int]:
    # A divisor method never takes from a territory as many units below its quota as there are territories:
    # starting there, the last few units are assigned one by one.
    somma = sum(pesi.values(), Fraction(0))
    minimo = 1 if quadrato(0) == 0 else 0
    assegnate = {n: max(minimo, (p * unita / somma).__floor__() - len(pesi)) for n, p in pesi.items()}
    posto = {nome: i for i, nome in enumerate(pesi)}

    def priorita(nome: str) -> tuple[Fraction, int, str]:
        return (-(pesi[nome] ** 2) / quadrato(assegnate[nome]), posto[nome], nome)

    coda = [priorita(nome) for nome in pesi]
    heapq.heapify(coda)
    for _ in range(unita - sum(assegnate.values())):
        nome = heapq.heappop(coda)[2]
        assegnate[nome] += 1
        heapq.heappush(coda, priorita(nome))
    return assegnate


def _clamped(
    pesi: Mapping[str, Fraction],
    totale: Fraction,
    minimi: Mapping[str, Fraction],
    massimi: Mapping[str, Fraction],
) -> dict[str, Fraction]:
    # Fix the side that is violated more, and share again: each round fixes at least one territory for good.
    fissati: dict[str, Fraction] = {}
    while liberi := [nome for nome in pesi if nome not in fissati]:
        resto = totale - sum(fissati.values(), Fraction(0))
        somma = sum((pesi[nome] for nome in liberi), Fraction(0))
        quota = {nome: resto * pesi[nome] / somma for nome in liberi}
        sotto = {nome: minimi[nome] for nome in liberi if nome in minimi and quota[nome] < minimi[nome]}
        sopra = {nome: massimi[nome] for nome in liberi if nome in massimi and quota[nome] > massimi[nome]}
        if not sotto and not sopra:
            break
        manca = sum((limite - quota[nome] for nome, limite in sotto.items()), Fraction(0))
        eccede = sum((quota[nome] - limite for nome, limite in sopra.items()), Fraction(0))
        fissati |= sotto if manca >= eccede else {}
        fissati |= sopra if eccede >= manca else {}
    return fissati


def _weights(weights: Pesi) -> tuple[dict[str, Fraction], pd.Index]:
    """Return the exact weights by label, in the order that breaks ties, and the caller's index."""
    if isinstance(weights, pd.Series | Mapping):
        indice = pd.Index(list(weights.keys()))
        valori = list(weights.values) if isinstance(weights, pd.Series) else list(weights.values())
        ordine = sorted(range(len(valori)), key=lambda i: str(indice[i]))
    else:
        valori = list(weights)
        indice = pd.RangeIndex(len(valori))
        ordine = list(indice)
    if not valori:
        raise CalcoloError("Non c'è nessun territorio fra cui ripartire.", "Indicare almeno un peso.")
    if not indice.is_unique:
        doppi = sorted({str(n) for n in indice[indice.duplicated()]})
        raise CalcoloError(f"Territori ripetuti nei pesi: {', '.join(doppi)}.", "Una riga per territorio.")
    pesi, problemi = {}, []
    for i in ordine:
        nome = str(indice[i])
        try:
            pesi[nome] = exact(valori[i])
        except CalcoloError:
            problemi.append(Problem("un peso positivo", f"{nome}: valore mancante o non numerico"))
            continue
        if pesi[nome] <= 0:
            problemi.append(Problem("un peso positivo", f"{nome}: {valori[i]}"))
    if problemi:
        raise CalcoloError(
            "Il riparto richiede un peso positivo per ogni territorio.",
            "Completare o correggere i pesi; un territorio da escludere va tolto dall'elenco.",
            problemi,
        )
    return pesi, indice


def _total(total: Importo, unit: Importo) -> tuple[Fraction, Fraction]:
    return amount(total, "il totale da ripartire"), amount(unit, "l'unità di arrotondamento")


def _bounds(
    limiti: Importo | Mapping[str, Importo] | None, pesi: Mapping[str, Fraction], passo: Fraction, nome: str
) -> dict[str, Fraction]:
    if limiti is None:
        return {}
    per_territorio = limiti if isinstance(limiti, Mapping) else dict.fromkeys(pesi, limiti)
    ignoti = sorted(set(per_territorio) - set(pesi))
    if ignoti:
        raise CalcoloError(
            f"Il {nome} riguarda territori che non sono nel riparto: {', '.join(ignoti)}.",
            f"Territori del riparto: {', '.join(pesi)}.",
        )
    esatti = {t: amount(v, f"il {nome} di {t}", zero=True) for t, v in per_territorio.items()}
    storti = [t for t, v in esatti.items() if v % passo]
    if storti:
        raise CalcoloError(
            f"Il {nome} non è un multiplo dell'unità di arrotondamento ({euros(passo)} €): {', '.join(storti)}.",
            "Arrotondare il limite all'unità, oppure ridurre l'unità.",
        )
    return esatti


def _check_bounds(
    minimi: Mapping[str, Fraction], massimi: Mapping[str, Fraction], totale: Fraction, territori: int
) -> None:
    rovesciati = [nome for nome in minimi if nome in massimi and minimi[nome] > massimi[nome]]
    if rovesciati:
        raise CalcoloError(f"Il minimo supera il massimo per: {', '.join(rovesciati)}.", "Correggere i limiti.")
    base = sum(minimi.values(), Fraction(0))
    if base > totale:
        raise CalcoloError(
            f"I minimi garantiti sommano a {euros(base)} €, più del totale da ripartire ({euros(totale)} €).",
            "Abbassare i minimi o aumentare il totale.",
        )
    tetto = sum(massimi.values(), Fraction(0))
    if len(massimi) == territori and tetto < totale:
        raise CalcoloError(
            f"I massimi sommano a {euros(tetto)} €, meno del totale da ripartire ({euros(totale)} €).",
            "Alzare i massimi o ridurre il totale.",
        )


def _degree(territorio: object, esiti: Mapping[Any, Any], pesi: Mapping[str, Fraction]) -> Fraction:
    grado = Fraction(0)
    for colonna, valore in esiti.items():
        esito = exact(valore)
        if not 0 <= esito <= 1:
            raise CalcoloError(
                f"L'esito di {territorio} su «{colonna}» è {valore}: deve stare fra 0 e 1.",
                "Scrivere 1 per indicatore soddisfatto, 0 per non soddisfatto, o il grado raggiunto.",
            )
        grado += pesi[str(colonna)] * esito
    return grado
