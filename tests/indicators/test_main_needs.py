"""Which needs a summary opens with: those that set a territory apart from the region and from most of its peers."""

from __future__ import annotations

import pandas as pd

from conciliazione_lib.indicators.main_needs import main_needs, programme, strongest_places

CANDIDATES = pd.DataFrame({"tema": ["spesa"], "indicatore": ["spesa"], "verso": [-1]})


def test_under_a_region_that_one_territory_makes_is_not_yet_a_need() -> None:
    # one large territory spends 300: the region's mean is over all the others
    values = pd.DataFrame({"spesa": [300.0, 160.0, 150.0, 120.0, 110.0, 100.0]}, index=list("abcdef"))
    outcomes = pd.DataFrame({"indicatore": "spesa", "territorio": list("abcdef"), "esito": ["sopra"] + ["sotto"] * 5})
    chosen = main_needs(values, pd.Series({"spesa": 175.0}), outcomes, CANDIDATES)
    assert chosen.set_index("territorio")["dai_pari"].to_dict() == {
        "b": False,
        "c": False,
        "d": True,
        "e": True,
        "f": True,
    }


def test_what_most_peers_share_only_fills_the_third_place() -> None:
    names = list("pqrst")
    values = pd.DataFrame([[level] * 5 for level in (3.0, 2.0, 1.0, 0.0)], columns=names, index=list("abcd"))
    values["t"] = [9.0, 4.0, 5.0, 6.0]  # of b, over the region and under most peers
    outcomes = pd.DataFrame(
        [(n, p, "sopra") for n in names for p in "ab"], columns=["indicatore", "territorio", "esito"]
    )
    candidates = pd.DataFrame({"tema": names, "indicatore": names, "verso": 1})
    few = main_needs(values, pd.Series(dict.fromkeys(names, 1.5) | {"t": 3.0}), outcomes, candidates)
    assert few[few["territorio"] == "b"]["indicatore"].tolist() == ["p", "q", "r", "s"]
    two = main_needs(
        values[["p", "q", "t"]],
        pd.Series({"p": 1.5, "q": 1.5, "t": 3.0}),
        outcomes,
        candidates[candidates["tema"].isin(["p", "q", "t"])],
    )
    own = two[two["territorio"] == "b"].set_index("indicatore")["dai_pari"]
    assert own.to_dict() == {"p": True, "q": True, "t": False}


def test_proposed_amounts_sum_to_the_whole_and_touch_two_categories() -> None:
    needs = pd.DataFrame({"territorio": ["x"] * 3, "macrocategoria": ["a"] * 3})
    proposed = programme(needs, {"x": 100_000}, unit=1_000)
    assert proposed["importo"].sum() == 100_000
    assert proposed["macrocategoria"].tolist() == ["a", "tempi"]


def test_a_need_is_nowhere_in_particular_where_all_the_places_would_be_named() -> None:
    """Province of Brescia, inside ATS Brescia; both the ambiti of Montagna whose comuni are known."""
    values = pd.DataFrame({"spesa": [1.0, 2.0, 3.0, 4.0, 5.0, None]}, index=list("abcdef"))
    parents = pd.Series({"a": "x", "b": "x", "c": "y", "d": "z", "e": "z", "f": "z"})
    outcomes = pd.DataFrame({"indicatore": "spesa", "territorio": list("abcd"), "esito": "sotto"})
    candidates = pd.DataFrame({"indicatore": ["spesa"], "verso": [-1]})
    places = strongest_places(values, parents, outcomes, candidates).set_index("territorio")["dove"]
    assert places.to_dict() == {"z": "d"}
    few = strongest_places(values, parents.replace("y", "z"), outcomes, candidates).set_index("territorio")["dove"]
    assert few.to_dict() == {"z": "c d"}
