"""Care and services used by families: what the words of the document imply.

Code because the numbers are not compared: the population that three numbers and their shares imply, and the families
that would be counted twice, are computed first.
"""

from __future__ import annotations

from decimal import Decimal

from conciliazione_lib.quality.check import Outcome, check
from conciliazione_lib.quality.intervals import Interval
from conciliazione_lib.quality.quantities import Quantity

DOCUMENT = "Documento territoriale di ATS Milano 2020-2023"


def _figure(table: str, **where: str) -> Interval:
    figure = Quantity(tabella=table, dove={**where}, valore="valore", precisione="precisione").number()
    assert isinstance(figure, Interval)
    return figure


def _burden(measure: str, unit: str) -> Interval:
    return _figure("carichi_cura", misura=measure, unita=unit, popolazione="persone di 18-64 anni")


def _use(measure: str) -> Interval:
    return _figure("uso_servizi", misura=measure, ripartizione="Italia", famiglie="famiglie con figli di 0–14 anni")


@check(
    "famiglie-carichi-base",
    "Carichi di cura nel 2018: i numeri e le quote si riferiscono alla stessa popolazione",
    sources=[f"{DOCUMENT}, § 1.3"],
    tables=["carichi_cura"],
    severity="avviso",
)
def same_population() -> Outcome:
    """12.746 thousand as 34,6%, over 10.500 as nearly 29%, over 2.800 as 7,7%: one population of 18–64."""
    measures = ("con carichi di cura", "con figli minori di 15 anni", "assiste figli o parenti di 15 anni e più")
    bases = [_burden(measure, "migliaia").base(_burden(measure, "%")) for measure in measures]
    holds = max(base.low for base in bases) <= min(base.high for base in bases)
    return Outcome(
        "quadra" if holds else "non_quadra",
        f"Persone di 18–64 anni che le tre cifre implicano, in migliaia: {'; '.join(map(str, bases))}",
        spiegazione="Le tre cifre possono riferirsi alla stessa popolazione."
        if holds
        else "Le tre cifre si contraddicono.",
    )


@check(
    "famiglie-servizi-o-aiuto",
    "Famiglie e servizi nel 2018: chi usa servizi, chi ha aiuti e chi non ha né gli uni né gli altri",
    sources=[f"{DOCUMENT}, § 1.4"],
    tables=["uso_servizi"],
    severity="avviso",
)
def services_or_help() -> Outcome:
    """31, 38 and 48: those with both would be 17, fewer than those with either."""
    services, help_, neither = (
        _use(m) for m in ("usa almeno un servizio", "aiuto regolare di parenti o amici", "né servizi né aiuto")
    )
    both = services + help_ + neither - Interval(Decimal(100), Decimal(100))
    holds = both.high >= 0 and both.low <= min(services.high, help_.high)
    return Outcome(
        "quadra" if holds else "non_quadra",
        f"Famiglie che avrebbero sia servizi sia aiuti, in percento: {both}",
        spiegazione="Le tre quote possono stare insieme." if holds else "Le tre quote si contraddicono.",
    )
