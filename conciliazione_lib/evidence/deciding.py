"""Words agree with what the edition has decided: a claim about its figures is told only if it is stored beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from conciliazione_lib.errors import CalcoloError, UsoError
from conciliazione_lib.evidence import formats
from conciliazione_lib.evidence.claims import Claim
from conciliazione_lib.evidence.comparing import Rule, outcome
from conciliazione_lib.evidence.figure import Figure
from conciliazione_lib.evidence.registry import load
from conciliazione_lib.evidence.statements import Statements
from conciliazione_lib.evidence.writing import write_breakdown

#: Kinds that are decided once for the edition; the others only put a number in words.
_STORED = ("confronto", "variazione", "soglia", "rango")


def decided(said: Claim, figures: Sequence[Figure], statements: Statements | None) -> None:
    """Refuse a claim that is not among those of the edition, or that says something else.

    Parameters
    ----------
    said : Claim
        What a chapter is about to say.
    figures : sequence of Figure
        Those it rests on, in order.
    statements : Statements, optional
        Those of the edition; without them (figures that are not the edition's) nothing is checked.

    Raises
    ------
    UsoError
        The edition has decided nothing of the kind.
    CalcoloError
        It has decided otherwise.
    """
    if statements is None or said.kind not in _STORED or figures[0].indicator not in statements.indicators:
        return
    own = figures[0]
    key = (own.indicator, own.territory.livello, own.territory.codice, own.period, write_breakdown(own.breakdown))
    if said.kind == "rango":
        if own.missing or sum(not figure.missing for figure in figures) < 2:
            return
        stored, ours = statements.find(*key, "rango"), None
    else:
        term, ours = _term_and_outcome(said, figures)
        stored = statements.find(*key, said.kind, term)
    if stored is None:
        raise UsoError(
            f"L'edizione non ha deciso nulla di «{said.kind}» per la cifra «{own.id}».",
            "confrontarla con un territorio, un periodo o una soglia previsti, oppure dirlo in altro modo.",
        )
    if ours is not None and stored.esito != ours:
        raise CalcoloError(
            f"Il testo direbbe «{said.words}» ({ours}) della cifra «{own.id}», "
            f"ma l'edizione ha deciso: {stored.esito}.",
            "rigenerare le cifre dell'edizione.",
        )


def _term_and_outcome(said: Claim, figures: Sequence[Figure]) -> tuple[str, str]:
    own = figures[0]
    indicator = load().find(own.indicator)
    if said.kind == "confronto":
        other = figures[1]
        return f"{other.territory.livello}/{other.territory.codice}", outcome(own, other, Rule.of(indicator))
    if said.kind == "variazione":
        return figures[1].period, outcome(own, figures[1], Rule.of(indicator, change=True))
    params: dict[str, Any] = dict(said.params)
    threshold = float(params["soglia"])
    limit = Figure(own.indicator, threshold, own.unit, own.decimals, own.territory, own.period)
    return f"{formats.pulito(threshold)}", outcome(own, limit)
