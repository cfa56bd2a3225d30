"""Percentages that documents declare together with the two numbers they come from."""

from __future__ import annotations

from functools import partial
from typing import Any

from conciliazione_lib.evidence.formats import numero, percento
from conciliazione_lib.quality.arithmetic import Comparison, exact, rounding
from conciliazione_lib.quality.check import Outcome, check, outcome_of
from conciliazione_lib.quality.intervals import interval
from conciliazione_lib.quality.reading import read


def _rapporto(nome: str) -> Outcome:
    riga: Any = read("rapporti_dichiarati").set_index("rapporto").loc[nome]
    parte, intero = exact(riga["parte"]), exact(riga["intero"])
    possibili = interval(parte, riga["parte_precisione"]).share(interval(intero, riga["intero_precisione"]))
    quota, decimali = exact(riga["quota"]), int(riga["decimali"])
    calcolata = parte / intero * 100
    # what the words and the rounding of the two numbers explain, and that of the percentage itself
    spazio = max(possibili.high - calcolata, calcolata - possibili.low) + rounding(decimali)
    confronto = Comparison(quota, calcolata, spazio)
    spiegazione = riga["spiegazione"] if isinstance(riga["spiegazione"], str) else ""
    return outcome_of(
        confronto,
        f"Percentuale dichiarata e rapporto fra {numero(parte)} ({riga['parte_nome']}) e {numero(intero)} "
        f"({riga['intero_nome']})",
        partial(percento, decimali=decimali),
        spiegazione=spiegazione,
        correzione=f"{percento(calcolata, decimali)} anziché {percento(quota, decimali)}.",
    )


def _registra() -> None:
    """Register one check for each declared ratio."""
    for riga in read("rapporti_dichiarati").to_dict("records"):
        check(
            f"rapporti-{riga['rapporto']}",
            riga["titolo"],
            fonti=[f"{riga['fonte']}, {riga['sezione']}" if isinstance(riga["sezione"], str) else riga["fonte"]],
            tabelle=["rapporti_dichiarati"],
            gravita="avviso",
        )(partial(_rapporto, riga["rapporto"]))


_registra()
