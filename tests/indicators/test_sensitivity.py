"""Sensitivity: analytic Sobol indices, and rank intervals that behave."""

from __future__ import annotations

import numpy as np
import pytest

from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.indicators.sensitivity import indistinguishable, rank_intervals, sobol


def ishigami(x: np.ndarray) -> np.ndarray:
    """Ishigami's function, a = 7 and b = 0.1, of three uniform inputs on (−π, π)."""
    z = -np.pi + 2 * np.pi * x
    return np.sin(z[:, 0]) + 7 * np.sin(z[:, 1]) ** 2 + 0.1 * z[:, 2] ** 4 * np.sin(z[:, 0])


def test_sobol_indices_of_ishigami() -> None:
    # analytic: Ishigami & Homma (1990); first order .3139, .4424, 0; total .5576, .4424, .2437
    indices = sobol(ishigami, ["x1", "x2", "x3"], runs=4096)
    assert indices["primo_ordine"].tolist() == pytest.approx([0.3139, 0.4424, 0.0], abs=0.02)
    assert indices["totale"].tolist() == pytest.approx([0.5576, 0.4424, 0.2437], abs=0.02)


def test_sobol_indices_of_a_sum_are_the_shares_of_variance() -> None:
    indices = sobol(lambda x: 3 * x[:, 0] + 4 * x[:, 1], ["a", "b"], runs=1024)
    assert indices["primo_ordine"].tolist() == pytest.approx([9 / 25, 16 / 25], abs=0.01)
    assert indices["totale"].tolist() == pytest.approx([9 / 25, 16 / 25], abs=0.01)


def test_several_outputs_weigh_by_their_variance() -> None:
    # one output moved only by a (variance 9/12), one only by b (16/12): shares 9/25 and 16/25
    indices = sobol(lambda x: np.column_stack([3 * x[:, 0], 4 * x[:, 1]]), ["a", "b"], runs=1024)
    assert indices["primo_ordine"].tolist() == pytest.approx([9 / 25, 16 / 25], abs=0.01)


def test_sobol_of_a_constant_is_zero_and_runs_are_a_power_of_two() -> None:
    assert (sobol(lambda x: np.ones(len(x)), ["a", "b"]).to_numpy() == 0).all()
    with pytest.raises(CalcoloError, match="potenza di due"):
        sobol(ishigami, ["x1", "x2", "x3"], runs=100)


def test_rank_intervals_follow_the_runs() -> None:
    still = np.tile([3.0, 2.0, 1.0], (50, 1))
    table = rank_intervals(still, ["x", "y", "z"])
    assert table[["rango_min", "rango_max"]].to_numpy().tolist() == [[1, 1], [2, 2], [3, 3]]
    assert table["quota_primo_terzo"].tolist() == [1.0, 0.0, 0.0]


def test_units_that_swap_places_are_indistinguishable() -> None:
    rng = np.random.default_rng(11)
    points = np.column_stack([rng.normal(10, 1, 400), rng.normal(10, 1, 400), rng.normal(0, 1, 400)])
    uncertain = indistinguishable(points, ["x", "y", "z"])
    assert uncertain.loc["x", "y"]
    assert uncertain.equals(uncertain.T)
    assert not uncertain.loc["x", "z"]
    assert np.diag(uncertain).all()
