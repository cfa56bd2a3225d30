"""A map where most territories have the same value (no service at all) still gets its classes."""

import numpy as np
import pandas as pd
import pytest

from conciliazione_lib.report.classes import classes


@pytest.mark.timeout(60)
@pytest.mark.parametrize("zeros", [0.3, 0.65, 0.9, 0.99])
def test_many_equal_values_do_not_keep_the_classes_from_being_found(zeros):
    rng = np.random.default_rng(7)
    values = pd.Series(np.where(rng.random(300) < zeros, 0.0, rng.gamma(2.0, 30.0, 300)))
    found, place = classes(values)
    assert sum(each.n for each in found) == len(place) == 300
    assert found[0].da == 0.0
    assert found[-1].a == pytest.approx(values.max(), abs=0.05)
