"""What means and medians tell of hidden counts: the attack never excludes the truth; what is published resists it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from conciliazione_lib.indicators import survey
from conciliazione_lib.indicators.scale_disclosure import DECIMALS, PARTS, VERDICTS, detail, upper_bounds

SU = {"A": "L", "B": "L", "C": "L"}
MEANS = ["media", "media_inferiore", "media_superiore", "mediana", "mediana_inferiore", "mediana_superiore"]


def row(**known: float) -> pd.DataFrame:
    """One territory of which only some things are published."""
    return pd.DataFrame([{c: known.get(c, np.nan) for c in (*PARTS, "tutti", *MEANS)}], index=["A"], dtype=float)


def test_a_high_mean_bounds_who_was_dissatisfied() -> None:
    # 20 answers of mean 4.8: at most 20 · (5 − 4.75) = 5 points are missing, and an answer of 2 misses three
    maxima = upper_bounds(row(tutti=20, media=4.8), {})
    assert maxima.loc["A", "sfavorevole"] == pytest.approx(5 / 3, abs=1e-6)
    # without the mean anything is possible
    assert upper_bounds(row(tutti=20), {}).loc["A", "sfavorevole"] == pytest.approx(20)
    # and without the number of answers a mean is not read
    assert upper_bounds(row(media=4.8), {}).loc["A", "sfavorevole"] == np.inf


def test_an_interval_of_the_median_bounds_who_is_below_it() -> None:
    # the interval of ten answers is from the second to the ninth: from 4 to 5, at most one answer is below 4
    maxima = upper_bounds(row(tutti=10, mediana=5, mediana_inferiore=4, mediana_superiore=5), {})
    assert maxima.loc["A", "sfavorevole"] == pytest.approx(1)


def test_what_tells_too_much_is_given_up_and_no_more() -> None:
    much = detail(row(tutti=20, media=4.8, media_inferiore=4.6, media_superiore=5, mediana=5), {}, 5)
    assert much[MEANS].isna().all(axis=None)
    # an interval of the median alone: the mean stays
    little = detail(row(tutti=60, media=4.0, mediana=4, mediana_inferiore=4, mediana_superiore=4), {}, 5)
    assert little.loc["A", "media"] == 4


def tabella(rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """True and published tables of three territories and their region: small judgements are hidden, with another."""
    answers = {
        place: rng.choice(5, size=int(rng.integers(12, 60)), p=rng.dirichlet([1, 1, 2, 4, 4])) + 1 for place in SU
    }
    answers["L"] = np.concatenate(list(answers.values()))
    rows = {}
    for place, points in answers.items():
        parts = pd.Series(points).map(VERDICTS).value_counts().reindex(list(PARTS), fill_value=0)
        summary = survey.summaries(pd.DataFrame({"d": points}), minimum=10).loc["d", MEANS].astype(float)
        rows[place] = {**parts, "tutti": len(points), **summary.round(DECIMALS)}
    true = pd.DataFrame(rows).T.astype(float)
    publish = true.copy()
    for place in SU:
        if (true.loc[place, list(PARTS)].between(1, 4)).any():
            publish.loc[[place, "L"], list(PARTS)] = np.nan
    return true, publish


def test_the_attack_never_excludes_the_truth_and_finds_what_means_give_away() -> None:
    rng = np.random.default_rng(3)
    found = 0
    for _ in range(12):
        true, publish = tabella(rng)
        maxima = upper_bounds(publish, SU)
        hidden = publish[list(PARTS)].isna()
        assert maxima.isna().equals(~hidden)
        assert (maxima.where(hidden, np.inf) >= true[list(PARTS)] - 1e-6).all(axis=None)
        found += int((maxima < 5 - 1e-6).any(axis=None))
        safe = detail(publish, SU, 5)
        assert not (upper_bounds(safe, SU) < 5 - 1e-6).any(axis=None)
        assert safe[list(PARTS)].equals(publish[list(PARTS)])
    assert found >= 3
