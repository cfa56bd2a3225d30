"""Figures side by side are always of one period."""

from __future__ import annotations

from conciliazione_lib.evidence import Figure, Ledger, Place
from conciliazione_lib.publish.selection import Selection

INSUBRIA, PAVIA = Place("ats", "insubria", "Insubria"), Place("ats", "pavia", "Pavia")
LOMBARDIA = Place("regione", "lombardia", "Lombardia")
WHERE = [("ats", "insubria"), ("ats", "pavia"), ("regione", "lombardia")]


def choice(*entries: tuple[Place, str, float | None]) -> Selection:
    registry = Ledger()
    for place, period, value in entries:
        registry.add(Figure("indice_vecchiaia", value, "per 100", 1, place, period))
    return Selection.of(registry)


def test_the_period_most_territories_have_is_chosen_over_a_later_one() -> None:
    figures = choice(
        (INSUBRIA, "2022-01-01", 185.6), (PAVIA, "2022-01-01", 208.3), (LOMBARDIA, "2022-01-01", 177.1),
        (LOMBARDIA, "2026-01-01", 203.0),
    )  # fmt: skip
    period, figure = figures.side_by_side("indice_vecchiaia", WHERE)
    assert period == "2022-01-01"
    assert [f.value for f in figure if f] == [185.6, 208.3, 177.1]


def test_among_periods_equally_covered_the_latest() -> None:
    figures = choice((INSUBRIA, "2021", 1.0), (PAVIA, "2021", 2.0), (INSUBRIA, "2022", 3.0), (PAVIA, "2022", 4.0))
    assert figures.side_by_side("indice_vecchiaia", WHERE)[0] == "2022"


def test_missing_values_do_not_count_and_say_why() -> None:
    figures = choice((INSUBRIA, "2022", None), (INSUBRIA, "2021", 1.0))
    assert figures.side_by_side("indice_vecchiaia", WHERE)[0] == "2021"
    latest = figures.latest("indice_vecchiaia", WHERE[0])
    assert latest is not None
    assert latest.period == "2021"
    missing = figures.get("indice_vecchiaia", WHERE[0], "2022")
    assert missing is not None
    assert (missing.value, missing.state) == (None, "non_disponibile")
    assert figures.side_by_side("altro", WHERE) == ("", [None, None, None])
