"""Words agree with what the edition has decided: a claim about its figures is told only if it is stored beside them."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Any

import conciliazione_lib.evidence.formats as formats
from conciliazione_lib.errors import CalcoloError, UsoError
from conciliazione_lib.evidence.claims import META, Claim, direction, extremes
from conciliazione_lib.evidence.comparing import Rule, outcome
from conciliazione_lib.evidence.figure import Figure
from conciliazione_lib.evidence.registry import load
from conciliazione_lib.evidence.statements import Statements
from conciliazione_lib.evidence.writing import write_breakdown

#: Kinds that are decided once for the edition. The others say what no outcome is needed for: ``frazione`` reads one
#: number in words, ``differenza`` goes with a difference that is written beside it.
_STORED = ("confronto", "variazione", "soglia", "maggioranza", "rango", "estremo", "tendenza")
_DIRECTIONS = MappingProxyType({1: "in_crescita", -1: "in_calo", 0: "stabile"})


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
    if statements is None or said.kind not in _STORED or figures[0].indicator not in statements:
        return
    if said.kind == "estremo":
        _extremes(said, figures, statements)
        return
    own = figures[0]
    if said.kind == "rango":
        placed = [figure for figure in figures if not figure.missing and not figure.partial]
        if own not in placed or len(placed) < 2:
            return
        stored, ours = statements.find(*_key(own), "rango"), None
    elif said.kind == "tendenza":
        known = [figure for figure in figures if not figure.missing]
        if len(known) < 3:
            return
        own, ours = max(known, key=lambda figure: figure.period), _DIRECTIONS[direction(known) or 0]
        stored = statements.find(*_key(own), "tendenza")
    else:
        term, ours = _term_and_outcome(said, figures)
        # Being the greater part is being above the threshold of a half.
        stored = statements.find(*_key(own), "soglia" if said.kind == "maggioranza" else said.kind, term)
    if stored is None:
        raise _undecided(said, own)
    if ours is not None and stored.esito != ours:
        raise CalcoloError(
            f"Il testo direbbe «{said.words}» ({ours}) della cifra «{own.id}», "
            f"ma l'edizione ha deciso: {stored.esito}.",
            "rigenerare le cifre dell'edizione.",
        )


def _key(figure: Figure) -> tuple[str, str, str, str, str]:
    place = figure.territory
    return figure.indicator, place.livello, place.codice, figure.period, write_breakdown(figure.breakdown)


def _extremes(said: Claim, figures: Sequence[Figure], statements: Statements) -> None:
    """Refuse the highest or the lowest when the edition has decided that they are others.

    The edition decides among all the territories of a level: of some of them (the ambiti of an ATS) that have none of
    its extremes it says nothing, and the same rule decides.
    """
    if sum(not figure.missing and not figure.partial for figure in figures) < 2:
        return
    end = str(dict(said.params).get("verso", "alto"))
    indicator, level, _, period, breakdown = _key(figures[0])
    codes = statements.extremes(indicator, level, period, breakdown, end)
    if not codes:
        raise _undecided(said, figures[0])
    ours = {figure.territory.codice for figure in extremes(figures, end)}
    stored = codes & {figure.territory.codice for figure in figures}
    if stored and ours != stored:
        raise CalcoloError(
            f"Il testo direbbe «{said.words}» il valore più {end}, ma l'edizione ha deciso altrimenti.",
            "confrontare tutti i territori di un livello, allo stesso periodo; oppure rigenerare le cifre.",
        )


def _undecided(said: Claim, figure: Figure) -> UsoError:
    return UsoError(
        f"L'edizione non ha deciso nulla di «{said.kind}» per la cifra «{figure.id}».",
        "confrontarla con un territorio, un periodo o una soglia previsti, oppure dirlo in altro modo.",
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
    threshold = META if said.kind == "maggioranza" else float(params["soglia"])
    limit = Figure(own.indicator, threshold, own.unit, own.decimals, own.territory, own.period)
    return f"{formats.clean(threshold)}", outcome(own, limit)
