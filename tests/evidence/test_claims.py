"""Words are allowed only when true: rules, ties, missing values, and properties that hold for every number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conciliazione_lib.errors import CalcoloError, UsoError
from conciliazione_lib.evidence import Claim, Figure, Place, claim, compare
from conciliazione_lib.evidence.claims import _ANCHORS, fraction_words

VALUES = st.floats(0.0, 1000.0)
TOLERANCES = st.sampled_from([0.0, 0.01, 0.05])


def quota(valore: float | None, codice: str = "a", **other: object) -> Figure:
    return Figure("quota", valore, "%", 1, Place("ats", codice, codice.upper()), "2022", **other)


def uncertain(valore: float, less: float, more: float, codice: str = "a") -> Figure:
    return quota(valore, codice, lower=valore - less, upper=valore + more)


# ── compare ──────────────────────────────────────────────────────────────────────────────────────


@given(VALUES, VALUES, TOLERANCES)
def test_compare_is_antisymmetric(a, b, tolerance):
    assert compare(quota(a), quota(b, "b"), tolerance) == -compare(quota(b, "b"), quota(a), tolerance)


@given(VALUES, VALUES, VALUES, TOLERANCES)
def test_compare_is_monotone(a, b, riferimento, tolerance):
    low, high = sorted((a, b))
    assert compare(quota(low), quota(riferimento, "r"), tolerance) <= compare(
        quota(high), quota(riferimento, "r"), tolerance
    )


@given(VALUES, VALUES, *(st.floats(0, 50) for _ in range(4)))
def test_compare_with_intervals_is_antisymmetric_and_no_bolder_than_without(a, b, ma, pa, mb, pb):
    x, y = uncertain(a, ma, pa), uncertain(b, mb, pb, "b")
    outcome = compare(x, y)
    assert outcome == -compare(y, x)
    assert outcome in (0, compare(quota(a), quota(b, "b")))


def test_the_mover_limits_decide():
    # Zou and Donner 2008: a − b is significant when it exceeds sqrt((a − la)² + (ub − b)²); here sqrt(3² + 4²) = 5.
    assert compare(uncertain(20.2, 3, 9), uncertain(15, 9, 4, "b")) == 1
    assert compare(uncertain(19.9, 3, 9), uncertain(15, 9, 4, "b")) == 0


def test_differences_that_are_not_printed_do_not_count():
    assert compare(quota(56.44), quota(56.36, "b")) == 0  # both print 56,4
    assert compare(quota(56.46), quota(56.44, "b")) == 1  # 56,5 and 56,4
    assert compare(quota(None), quota(1, "b")) is None


def test_different_units_are_not_compared():
    euro = Figure("importo", 3.0, "euro", 2, Place("ats", "a", "A"), "2022")
    with pytest.raises(CalcoloError, match="unità di misura sono diverse"):
        compare(quota(3.0), euro)


# ── confronto ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("valore", "parole"),
    [
        (60.0, "sopra la media regionale"),
        (50.0, "sotto la media regionale"),
        (55.3, "in linea con la media regionale"),
        (None, "non confrontabile con la media regionale"),
    ],
)
def test_comparison_with_the_region(the_figure, valore, parole):
    assert claim("confronto", [the_figure(valore), the_figure(55.0, "lombardia", livello="regione")]).words == parole


def test_comparison_with_the_country_and_with_a_peer(the_figure):
    italia, pavia = the_figure(55.0, "italia", livello="italia"), the_figure(55.0, "pavia")
    assert claim("confronto", [the_figure(70), italia]).words == "sopra la media nazionale"
    assert claim("confronto", [the_figure(40), pavia]).words == "sotto il valore dell'ATS di Pavia"


def test_own_words_follow_the_same_rule(the_figure):
    lombardia = the_figure(55.0, "lombardia", livello="regione")
    words = {"sopra": "più anziana", "sotto": "più giovane", "in_linea": "anziana quanto"}
    assert claim("confronto", [the_figure(70), lombardia], **words).words == "più anziana"
    assert claim("confronto", [the_figure(40), lombardia], **words).words == "più giovane"


def test_a_total_has_no_average(the_figure):
    total = {"indicatore": "residenti", "unita": "persone", "decimali": 0}
    lombardia = the_figure(9_943_004, "lombardia", livello="regione", **total)
    with pytest.raises(CalcoloError, match="è un totale"):
        claim("confronto", [the_figure(10, **total), lombardia])


# ── tendenza ─────────────────────────────────────────────────────────────────────────────────────


def serie(*values: float | None, da: int = 2018) -> list[Figure]:
    return [
        Figure("quota", v, "%", 1, Place("ats", "a", "A"), str(year))
        for year, v in enumerate(values, da)
        if v is not None
    ]


@pytest.mark.parametrize(
    ("values", "parole"),
    [
        ((50, 49, 50, 51, 52), "in crescita da tre anni"),
        ((50, 49, 48), "in calo da due anni"),
        ((50, 51, 49), "in calo rispetto al 2019"),
        ((50, 53, 53), "stabile rispetto al 2019"),
        ((50, 52, None, 55), "in crescita da tre anni"),
        ((50,), "senza una serie storica su cui dire una tendenza"),
        ((), "senza una serie storica su cui dire una tendenza"),
    ],
)
def test_trend(values, parole):
    figure = serie(*values) or [quota(None)]
    assert claim("tendenza", figure).words == parole


def test_small_steps_that_add_up_are_not_called_stable_over_the_whole_span():
    assert claim("tendenza", serie(50.00, 50.04, 50.08, 50.12)).words == "stabile rispetto al 2020"


@given(st.lists(st.floats(1, 100), min_size=2, max_size=8))
def test_trend_mirrors_when_the_values_do(values):
    said = claim("tendenza", serie(*values)).words
    mirror = claim("tendenza", serie(*(200 - v for v in (round(v, 1) for v in values)))).words
    direct = claim("tendenza", serie(*(round(v, 1) for v in values))).words
    assert mirror == direct.replace("crescita", "X").replace("calo", "crescita").replace("X", "calo")
    assert said.startswith(("in crescita", "in calo", "stabile"))


def test_two_figures_for_one_year_are_not_a_series(the_figure):
    with pytest.raises(CalcoloError, match="un anno diverso"):
        claim("tendenza", [the_figure(1, periodo="2020"), the_figure(2, "pavia", periodo="2020")])


# ── rango ────────────────────────────────────────────────────────────────────────────────────────

EIGHT = ["milano", "insubria", "montagna", "brianza", "bergamo", "brescia", "val-padana", "pavia"]


def rank(figure, *values: float | None) -> str:
    return claim("rango", [figure(v, c) for v, c in zip(values, EIGHT, strict=False)]).words


def test_rank_among_the_eight(the_figure):
    others = (10, 20, 30, 40, 50, 60, 70)
    assert rank(the_figure, 99, *others) == "il valore più alto tra le otto ATS"
    assert rank(the_figure, 1, *others) == "il valore più basso tra le otto ATS"
    assert rank(the_figure, 55, *others) == "il terzo valore più alto tra le otto ATS"
    assert rank(the_figure, 25, *others) == "il terzo valore più basso tra le otto ATS"


def test_rank_with_ties_and_missing_values(the_figure):
    assert rank(the_figure, 70, 70.04, 10, 20, 30, 40, 50, 60) == "uno dei due valori più alti tra le otto ATS"
    assert (
        rank(the_figure, 60, 60, 70, 10, 20, 30, 40, 50) == "tra il secondo e il terzo valore più alto tra le otto ATS"
    )
    assert rank(the_figure, 9, *[9.01] * 7) == "lo stesso valore delle altre sette ATS"
    assert rank(the_figure, 9, 8, None, 7) == "il valore più alto tra le tre ATS con il dato disponibile"
    assert rank(the_figure, None, 8, 7) == "senza una posizione tra le tre ATS, perché il dato manca"
    assert rank(the_figure, 5, None) == "senza altri valori con cui confrontarsi"


def test_rank_is_a_range_when_intervals_overlap(the_figure):
    own = the_figure(30, "milano", lower=25, upper=35)
    near = [the_figure(v, c, lower=v - 5, upper=v + 5) for v, c in ((33, "pavia"), (28, "brescia"), (60, "bergamo"))]
    said = claim("rango", [own, *near]).words
    assert said == "uno dei tre valori più bassi tra le quattro ATS"
    near += [the_figure(v, c, lower=v - 1, upper=v + 1) for v, c in ((5, "montagna"), (6, "brianza"))]
    assert claim("rango", [own, *near]).words == "tra il secondo e il quarto valore più alto tra le sei ATS"


@given(st.lists(st.integers(0, 30), min_size=2, max_size=8))
def test_rank_does_not_depend_on_the_order_of_the_others_and_mirrors(values):
    figure = [quota(v, f"t{i}") for i, v in enumerate(values)]
    negate = [quota(100 - v, f"t{i}") for i, v in enumerate(values)]
    said = claim("rango", figure).words
    assert said == claim("rango", [figure[0], *reversed(figure[1:])]).words
    if not said.startswith(("lo stesso", "tra ")) and values.count(values[0]) == 1:
        above, below = sum(v > values[0] for v in values), sum(v < values[0] for v in values)
        if above != below:
            swap = {"alto": "basso", "basso": "alto"}
            assert claim("rango", negate).words == " ".join(swap.get(p, p) for p in said.split(" "))


# ── estremo, frazione, maggioranza, differenza, soglia ───────────────────────────────────────────


def test_the_highest_names_its_territory_and_its_ties(the_figure):
    figure = [
        the_figure(10, "pavia"),
        the_figure(30, "insubria"),
        the_figure(30.01, "montagna"),
        the_figure(None, "brescia"),
    ]
    assert (
        claim("estremo", figure, verso="alto", preposizione="in").words
        == "nell'ATS della Montagna e nell'ATS dell'Insubria"
    )
    assert claim("estremo", figure, verso="basso").words == "l'ATS di Pavia"
    assert claim("estremo", [the_figure(None)]).words == "nessun territorio, perché il dato manca"
    alike = [the_figure(30, ats) for ats in ("pavia", "insubria", "montagna", "brescia")]
    assert claim("estremo", alike).words == "quattro ATS a pari merito"
    assert claim("estremo", alike, preposizione="in").words == "in quattro ATS a pari merito"


def test_many_ties_follow_the_preposition_too(the_figure):
    same = [the_figure(10, ats) for ats in ("pavia", "insubria", "montagna", "brescia")]
    assert claim("estremo", same).words == "quattro ATS a pari merito"
    assert claim("estremo", same, preposizione="in").words == "in quattro ATS a pari merito"
    near = [
        the_figure(10.0 + step, ats, lower=5, upper=20)
        for step, ats in enumerate(("pavia", "milano", "montagna", "brescia"))
    ]
    assert claim("estremo", near).words == "quattro ATS che i dati non distinguono"
    assert claim("estremo", [the_figure(None)], preposizione="in").words == "in nessun territorio, perché il dato manca"


@pytest.mark.parametrize(
    ("rapporto", "parole"),
    [
        (1 / 3, "un terzo"),
        (0.32, "quasi un terzo"),
        (0.345, "poco più di un terzo"),
        (0.40, "due quinti"),
        (0.37, "oltre un terzo"),
        (0.146, "poco più di un settimo"),
        (0.5, "la metà"),
        (0.533, "oltre la metà"),
        (0.51, "poco più della metà"),
        (0.05, "un ventesimo"),
        (0.03, "oltre un quarantesimo"),
        (0.005, "meno di un centesimo"),
        (1.0, "lo stesso valore"),
        (1.32, "quasi un terzo in più"),
        (1.15, "oltre un decimo in più"),
        (1.03, "poco più dello stesso valore"),
        (1.5, "una volta e mezza"),
        (1.97, "quasi il doppio"),
        (2.02, "poco più del doppio"),
        (2.6, "più del doppio"),
        (5.0, "cinque volte"),
        (40.0, "più di venti volte"),
        (0.0, "nessuna parte"),
    ],
)
def test_fractions(rapporto, parole):
    assert fraction_words(rapporto) == parole


def _order(parole: str) -> tuple[float, int]:
    """Order of the words, from the anchor they name and their qualifier."""
    if parole == "meno di un centesimo":
        return (0.0, 0)
    names = {name.removeprefix("il ").removeprefix("lo ").removeprefix("la "): v for v, name in _ANCHORS}
    value = max((len(name), v) for name, v in names.items() if parole.endswith(name))[1]
    grade = {"quasi": -1, "poco": 1, "più": 2, "oltre": 2}.get(parole.split()[0], 0)
    return (value, grade)


@given(st.floats(0.01, 30), st.floats(0.01, 30))
def test_fractions_are_monotone(a, b):
    low, high = sorted((a, b))
    assert _order(fraction_words(low)) <= _order(fraction_words(high))


def test_fraction_of_a_share_and_of_two_figures(the_figure):
    assert claim("frazione", [the_figure(33.3)]).words == "un terzo"
    assert (
        claim("frazione", [the_figure(20, unita="persone"), the_figure(10, "pavia", unita="persone")]).words
        == "il doppio"
    )
    assert claim("frazione", [the_figure(None)]).words == "una quota non calcolabile"
    assert claim("frazione", [the_figure(1), the_figure(0, "pavia")]).words == "una quota non calcolabile"
    with pytest.raises(CalcoloError, match="non è una percentuale"):
        claim("frazione", [the_figure(20, unita="persone")])


def test_a_fraction_of_what_was_guessed_is_a_range_and_of_a_lower_bound_says_so(the_figure):
    guessed = the_figure(18, lower=10, upper=25).with_value(18, imputed=1.0)
    assert claim("frazione", [guessed]).words == "tra un decimo e un quarto"
    assert claim("frazione", [guessed.with_value(18, lower=24.9, upper=25.0)]).words == "un quarto"
    least = the_figure(33.3).with_value(33.3, state="parziale")
    assert claim("frazione", [least]).words == "almeno un terzo"
    assert claim("frazione", [the_figure(10), least]).words == "una quota non calcolabile"


def test_what_is_too_imputed_is_neither_the_greater_part_nor_half(the_figure):
    imputed = the_figure(80).with_value(80, imputed=0.5)
    unsure = "una quota che non si può dire se sia la maggioranza"
    assert claim("maggioranza", [imputed]).words == unsure
    assert claim("maggioranza", [the_figure(40).with_value(40, state="parziale")]).words == unsure
    assert claim("soglia", [imputed], soglia=33.0).words == "indistinguibile dalla soglia"


def test_majority_difference_and_threshold(the_figure):
    assert claim("maggioranza", [the_figure(50.2)]).words == "la maggioranza"
    assert claim("maggioranza", [the_figure(52, lower=47, upper=57)]).words == "circa la metà"
    assert claim("maggioranza", [the_figure(30)]).words == "una minoranza"
    assert claim("differenza", [the_figure(30), the_figure(20, "pavia")]).words == "in più"
    assert claim("differenza", [the_figure(20), the_figure(30, "pavia")]).words == "in meno"
    assert claim("soglia", [the_figure(32)], soglia=33.0).words == "sotto la soglia"
    assert (
        claim("soglia", [the_figure(None)], soglia=33.0).words
        == "non confrontabile con la soglia, perché il dato manca"
    )


# ── re-evaluation ────────────────────────────────────────────────────────────────────────────────


def test_a_claim_is_checked_again_from_figures_alone(the_figure):
    own, lombardia = the_figure(60), the_figure(55, "lombardia", livello="regione")
    said = Claim.from_dict(claim("confronto", [own, lombardia]).to_dict())
    assert said.holds({own.id: own, lombardia.id: lombardia})
    assert not said.holds({own.id: own.with_value(50), lombardia.id: lombardia})
    with pytest.raises(UsoError, match="non è nel registro"):
        said.holds({own.id: own})


def test_an_unknown_rule_is_refused(the_figure):
    with pytest.raises(UsoError, match="Affermazione sconosciuta"):
        claim("opinione", [the_figure(1)])
