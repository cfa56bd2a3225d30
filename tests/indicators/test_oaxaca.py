"""Oaxaca-Blinder against Stata's results, statsmodels, and the algebra."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from statsmodels.stats.oaxaca import OaxacaBlinder

from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.indicators.oaxaca import decompose

REGRESSORS = ["AGE", "INCOME", "INCOMESQ"]


@pytest.fixture(scope="module")
def cards() -> pd.DataFrame:
    """Greene's credit-card expenditure data, bundled with statsmodels (72 rows; owners and renters)."""
    return sm.datasets.ccard.load_pandas().data


def test_threefold_agrees_with_the_published_example(cards):
    """Stata's ``oaxaca`` on these data, as stated in statsmodels' own tests: gap 158.7504, endowments 321.7482,
    coefficients 75.45371, interaction -238.4515."""
    out = decompose(cards, "AVGEXP", REGRESSORS, group="OWNRENT", a=1.0, b=0.0)
    assert out.gap == pytest.approx(158.7504, abs=5e-5)
    assert out.effects["effetto"].to_dict() == {
        "dotazioni": pytest.approx(321.7482, abs=5e-5),
        "coefficienti": pytest.approx(75.45371, abs=5e-5),
        "interazione": pytest.approx(-238.4515, abs=5e-5),
    }
    assert (out.n_a, out.n_b) == (27, 45)


def test_twofold_pooled_agrees_with_the_published_example(cards):
    """Stata, same source: explained 130.8095, unexplained 27.94091."""
    out = decompose(cards, "AVGEXP", REGRESSORS, "OWNRENT", 1.0, 0.0, kind="twofold")
    assert out.effects["effetto"].to_dict() == {
        "spiegata": pytest.approx(130.8095, abs=5e-5),
        "non_spiegata": pytest.approx(27.94091, abs=5e-5),
    }


@pytest.fixture(scope="module")
def wages() -> pd.DataFrame:
    """Invented people, for the algebra only."""
    rng = np.random.default_rng(3)
    n = 1500
    sex = rng.choice(["F", "M"], size=n)
    men = (sex == "M").astype(float)
    education = rng.choice(["diploma", "licenza", "terziario"], size=n, p=[0.5, 0.3, 0.2])
    experience = rng.normal(15, 6, size=n) + 2 * men
    bonus = pd.Series(education).map({"diploma": 0.2, "licenza": 0.0, "terziario": 0.5}).to_numpy()
    wage = 2 + 0.02 * experience + bonus + 0.1 * men + rng.normal(0, 0.3, size=n)
    weight = rng.integers(1, 4, size=n)
    return pd.DataFrame({"salario": wage, "esperienza": experience, "titolo": education, "sesso": sex, "peso": weight})


def test_weights_are_people(wages):
    """A row of weight three is three rows: same effects as statsmodels on the repeated rows."""
    weighted = decompose(wages, "salario", ["esperienza", "titolo"], "sesso", "M", "F", weights="peso")
    repeated = wages.loc[wages.index.repeat(wages["peso"])].reset_index(drop=True)
    exog = pd.get_dummies(repeated["titolo"], drop_first=True, dtype=float)
    exog["esperienza"] = repeated["esperienza"]
    exog["uomo"] = (repeated["sesso"] == "M").astype(float)
    # swap=True is its default: the group with the larger mean comes first, as men do here.
    endowments, coefficients, interaction, gap = (
        OaxacaBlinder(repeated["salario"], exog, "uomo", hasconst=False).three_fold().params
    )
    assert weighted.gap == pytest.approx(gap)
    assert weighted.effects["effetto"].tolist() == pytest.approx([endowments, coefficients, interaction])


def test_parts_add_up_to_the_gap_and_detail_to_the_endowments(wages):
    for kind, first in (("threefold", "dotazioni"), ("twofold", "spiegata")):
        out = decompose(wages, "salario", ["esperienza", "titolo"], "sesso", "M", "F", "peso", kind=kind)
        assert out.effects["effetto"].sum() == pytest.approx(out.gap)
        assert out.effects["quota"].sum() == pytest.approx(100.0)
        assert out.detail["effetto"].sum() == pytest.approx(out.effects.loc[first, "effetto"])
        assert list(out.detail.index) == ["esperienza", "titolo"]


def test_detail_of_a_category_does_not_depend_on_its_reference(wages):
    renamed = wages.assign(titolo=wages["titolo"].map({"diploma": "z", "licenza": "y", "terziario": "a"}))
    one = decompose(wages, "salario", ["esperienza", "titolo"], "sesso", "M", "F").detail["effetto"]
    other = decompose(renamed, "salario", ["esperienza", "titolo"], "sesso", "M", "F").detail["effetto"]
    pd.testing.assert_series_equal(one, other)


def test_standard_errors_agree_with_the_bootstrap(wages):
    out = decompose(wages, "salario", ["esperienza", "titolo"], "sesso", "M", "F", "peso", kind="twofold")
    rng = np.random.default_rng(8)
    draws = []
    for _ in range(250):
        sample = wages.iloc[rng.integers(0, len(wages), len(wages))]
        draws.append(
            decompose(sample, "salario", ["esperienza", "titolo"], "sesso", "M", "F", "peso", kind="twofold").effects[
                "effetto"
            ]
        )
    bootstrap = pd.DataFrame(draws).std()
    assert out.effects["errore_standard"].to_dict() == {
        part: pytest.approx(value, rel=0.15) for part, value in bootstrap.items()
    }


def test_identical_groups_have_no_gap_to_explain():
    base = pd.DataFrame({"y": [1.0, 2.0, 2.5, 4.0, 5.5], "x": [1.0, 2.0, 3.0, 4.0, 5.0]})
    both = pd.concat([base.assign(g="M"), base.assign(g="F")], ignore_index=True)
    out = decompose(both, "y", ["x"], "g", "M", "F")
    assert out.effects["effetto"].tolist() == pytest.approx([0.0, 0.0, 0.0], abs=1e-12)
    assert out.effects["quota"].isna().all()


def test_what_cannot_be_estimated_is_refused_by_name(wages):
    only_men = wages.assign(titolo=np.where(wages["sesso"] == "F", "diploma", wages["titolo"]))
    with pytest.raises(CalcoloError, match="Nel gruppo F non varia: titolo_licenza, titolo_terziario"):
        decompose(only_men, "salario", ["titolo"], "sesso", "M", "F")
    few = pd.concat([wages[wages["sesso"] == "M"], wages[wages["sesso"] == "F"].head(3)])
    with pytest.raises(CalcoloError, match="ha 3 righe complete per 4 coefficienti"):
        decompose(few, "salario", ["esperienza", "titolo"], "sesso", "M", "F")
    with pytest.raises(CalcoloError, match="peso campionario nullo"):
        decompose(wages.assign(peso=0), "salario", ["esperienza"], "sesso", "M", "F", "peso")
