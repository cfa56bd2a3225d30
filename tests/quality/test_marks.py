"""The figures that a check concerns: found by the patterns the check gives, only when it does not hold."""

from __future__ import annotations

from conciliazione_lib.evidence import load
from conciliazione_lib.quality import check
from conciliazione_lib.quality.check import Check, OneOutcome, Outcome, Result, Severity
from conciliazione_lib.quality.marks import marks


def outcome(id: str, *figures: str, verdict: OneOutcome = "non_quadra", severity: Severity = "avviso") -> Result:
    found = Outcome(verdict, "12 e 13", cifre=figures)
    return Result(Check(id, f"Prova {id}", (), (), severity, (), lambda: found), found)


FIGURE = ["risorse.pavia.2020-2023", "risorse.milano.2020-2023", "comuni.pavia.2022-01-01", "comuni.ambito-pavia.2022"]


def test_only_the_figures_of_the_pattern_are_marked() -> None:
    found = marks(FIGURE, [outcome("a", "risorse.pavia.2020-2023"), outcome("b", "comuni.pavia.*")])
    assert {id: [r.check.id for r in outcomes] for id, outcomes in found.items()} == {
        "risorse.pavia.2020-2023": ["a"],
        "comuni.pavia.2022-01-01": ["b"],
    }


def test_what_holds_or_cannot_be_checked_marks_nothing() -> None:
    assert marks(FIGURE, [outcome("a", "*", verdict="quadra"), outcome("b", "*", verdict="non_verificabile")]) == {}


def test_the_most_serious_check_comes_first() -> None:
    outcomes = [outcome("a", "*", severity="nota"), outcome("b", "*", severity="errore"), outcome("c", "*")]
    assert [r.check.id for r in marks(FIGURE, outcomes)["risorse.pavia.2020-2023"]] == ["b", "c", "a"]


def test_the_checks_of_the_package_name_indicators_that_exist() -> None:
    declared = load()
    templates = {template for r in check.run() for template in r.outcome.cifre}
    assert "comuni_adottanti_relazione.lombardia.*" in templates
    # exact amounts are known for these: the figures do not come from the press
    assert not any(
        template.startswith(("risorse_assegnate.milano", "risorse_assegnate.brianza")) for template in templates
    )
    assert {template.split(".")[0] for template in templates} <= set(declared)
