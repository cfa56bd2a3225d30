"""What a chapter says of figures is what the edition decided of them, or it is refused."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from conciliazione_lib.errors import CalcoloError, UsoError
from conciliazione_lib.evidence import Figure, claims, registry
from conciliazione_lib.evidence.by_indicator import ByIndicator
from conciliazione_lib.evidence.deciding import decided
from conciliazione_lib.evidence.statements import Statements, decide

INDICATOR = "indice_vecchiaia"
VALUES = {"milano": 170.0, "insubria": 185.0, "montagna": 199.0, "brianza": 178.0, "pavia": 208.0}


def edition(values: dict[str, float], period: str = "2022") -> Statements:
    """Return what an edition decides of these ATS."""
    return stored([(code, period, value) for code, value in values.items()])


def stored(rows: list[tuple[str, str, float]]) -> Statements:
    """Return what is decided of the values of some ATS, the latest period being that of reference."""
    frame = pd.DataFrame(rows, columns=["territorio", "periodo", "valore"]).assign(
        indicatore=INDICATOR,
        livello="ats",
        per="",
        inferiore=float("nan"),
        superiore=float("nan"),
        stato="presente",
        imputata=0.0,
        riferimento=lambda f: f["periodo"] == f["periodo"].max(),
    )
    return Statements(ByIndicator.of_frame(decide(frame, registry.load(), lambda *_: None)))


def say(kind: str, figures: list[Figure], statements: Statements, **params: object) -> None:
    decided(claims.claim(kind, figures, **params), figures, statements)


@pytest.fixture
def ats(the_figure: Callable[..., Figure]) -> Callable[..., list[Figure]]:
    def made(**changes: float) -> list[Figure]:
        return [the_figure(value, code) for code, value in (VALUES | changes).items()]

    return made


def test_the_highest_is_the_one_of_the_edition(ats):
    say("estremo", ats(), edition(VALUES), verso="alto")
    with pytest.raises(CalcoloError, match="l'edizione ha deciso altrimenti"):
        say("estremo", ats(milano=250.0), edition(VALUES), verso="alto")


def test_of_some_territories_the_same_rule_decides(ats):
    three = ats()[:3]
    say("estremo", three, edition(VALUES), verso="alto")
    with pytest.raises(CalcoloError, match="l'edizione ha deciso altrimenti"):
        say("estremo", [*three, ats()[4]], edition(VALUES | {"pavia": 100.0, "montagna": 300.0}), verso="alto")


def test_what_the_edition_never_ranked_is_refused(ats):
    with pytest.raises(UsoError, match="non ha deciso nulla di «estremo»"):
        say("estremo", ats(), edition(VALUES, period="2021"), verso="basso")


def test_a_lower_bound_is_not_the_highest(the_figure, ats):
    bound = the_figure(400.0, "bergamo", state="parziale")
    figures = [*ats(), bound]
    assert claims.claim("estremo", figures, verso="alto").words == "l'ATS di Pavia"
    say("estremo", figures, edition(VALUES), verso="alto")


def test_a_place_is_the_one_of_the_edition(ats):
    figures = ats()
    say("rango", figures, edition(VALUES))
    with pytest.raises(UsoError, match="non ha deciso nulla di «rango»"):
        say("rango", figures, edition(VALUES, period="2021"))


def test_a_trend_is_the_one_of_the_edition(the_figure):
    years = ("2020", "2021", "2022")
    series = [
        the_figure(value, "pavia", periodo=year) for year, value in zip(years, (150.0, 170.0, 190.0), strict=True)
    ]
    say("tendenza", series, stored([("pavia", figure.period, figure.value) for figure in series]))
    falling = stored([("pavia", year, value) for year, value in zip(years, (190.0, 170.0, 150.0), strict=True)])
    with pytest.raises(CalcoloError, match="l'edizione ha deciso: in_calo"):
        say("tendenza", series, falling)


def test_the_greater_part_is_the_threshold_of_a_half(the_figure, monkeypatch):
    share = the_figure(60.0, "pavia")
    statements = stored([("pavia", share.period, 60.0), ("milano", share.period, 45.0)])
    with pytest.raises(UsoError, match="L'edizione non ha deciso nulla di «maggioranza»"):
        say("maggioranza", [share], statements)
    declared = registry.load().find(INDICATOR).model_copy(update={"soglie": (50.0,)})
    monkeypatch.setattr(registry.Registry, "__getitem__", lambda self, name: declared)
    say("maggioranza", [share], stored([("pavia", share.period, 60.0)]))
    with pytest.raises(CalcoloError, match="l'edizione ha deciso: sotto"):
        say("maggioranza", [share], stored([("pavia", share.period, 40.0)]))


def test_a_fraction_decides_nothing(the_figure):
    say("frazione", [the_figure(33.3, "pavia")], stored([("pavia", "2022", 33.3), ("milano", "2022", 45.0)]))
