"""The money: a rule of allocation applied again, and the fewest projects that some contributions need.

Code because both are computations: the largest remainder, and a whole number of projects for each province.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal

from conciliazione_lib.indicators.resources import largest_remainder
from conciliazione_lib.quality.arithmetic import exact
from conciliazione_lib.quality.check import Outcome, check, outcome_of_part
from conciliazione_lib.quality.reading import read

#: Decree 7132/2017: projects funded and the most that each may get (seed of the presentation of 2017).
FUNDED, MOST = 26, Decimal(100_000)


@check(
    "risorse-2025-2027-regola",
    "Riparto 2025-2027: le quote sono proporzionali agli abitanti, con il metodo dei maggiori resti a 10.000 euro",
    sources=["Linee guida 2025-2027, § 4.4"],
    tables=["riparti", "residenti_atto"],
    severity="errore",
)
def rule() -> Outcome:
    """Compare the published shares with the largest remainder of the residents of the act, each year."""
    residents = read("residenti_atto").set_index("territorio")["residenti"]
    expected = largest_remainder(residents, 1_000_000, unit=10_000)
    rows = read("riparti").query("programma == '2025-2027' and livello == 'ats' and voce == 'totale'")
    shares = rows[rows["periodo"].isin(["2025", "2026", "2027"])]
    wrong = [
        f"{ats} nel {year}"
        for ats, year, amount in zip(shares["territorio"], shares["periodo"], shares["importo"], strict=True)
        if exact(amount) != exact(expected[ats])
    ]
    return Outcome(
        "non_quadra" if wrong else "quadra",
        "24 quote pubblicate (otto ATS per tre anni) e la regola applicata agli abitanti dell'atto",
        spiegazione=f"Non seguono la regola: {', '.join(wrong)}." if wrong else "Tutte le quote seguono la regola.",
    )


@check(
    "risorse-contributi-massimale",
    "Decreto 7132/2017: i contributi per provincia stanno nel massimo di 100.000 euro a progetto",
    sources=["Presentazione «Il modello lombardo», 2017"],
    tables=["contributi_province"],
    severity="avviso",
)
def most_for_a_project() -> Outcome:
    """Compare the fewest projects that the contribution of each province needs with the 26 funded."""
    fewest = [
        (exact(contribution) / MOST).to_integral_value(ROUND_CEILING)
        for contribution in read("contributi_province")["contributo"]
    ]
    return outcome_of_part(
        sum(fewest), FUNDED, "Progetti che servono almeno, con il massimo a progetto, e progetti finanziati"
    )
