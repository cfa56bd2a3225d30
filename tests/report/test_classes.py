"""Classes of maps: each printed value belongs to the class whose printed bounds hold it."""

from __future__ import annotations

import itertools

import mapclassify
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.evidence import Figure, Place, formats
from conciliazione_lib.report import classes

NUMBERS = st.lists(st.floats(-1e6, 1e6, allow_nan=False), min_size=1, max_size=60)


@settings(max_examples=60)
@given(NUMBERS, st.integers(2, 6), st.integers(0, 2), st.sampled_from(["naturali", "quantili"]))
def test_a_printed_value_tells_its_class(
    values: list[float], numero: int, decimali: int, metodo: classes.Method
) -> None:
    series = pd.Series(values, index=[f"t{i}" for i in range(len(values))])
    listing, posti = classes.classes(series, decimali=decimali, numero=numero, metodo=metodo)
    assert sum(class_.n for class_ in listing) == len(values)
    assert 1 <= len(listing) <= numero
    assert all(class_.n > 0 for class_ in listing)
    assert all(before.a < after.da for before, after in itertools.pairwise(listing))
    for code, value in series.items():
        class_ = listing[posti[str(code)]]
        assert class_.da is not None
        assert class_.a is not None
        assert class_.da <= float(formats.rounded(value, decimali)) <= class_.a
    assert [c.colore for c in listing] == list(dict.fromkeys(c.colore for c in listing))


@settings(max_examples=60)
@given(st.lists(st.floats(0, 1e6), min_size=3, max_size=40), st.integers(2, 6), st.integers(0, 2))
@pytest.mark.filterwarnings("ignore:Numba")
def test_natural_breaks_are_as_good_as_those_of_mapclassify(values: list[float], numero: int, decimali: int) -> None:
    round_ = np.sort(np.round(values, decimali))
    numero = min(numero, np.unique(round_).size)
    theirs = mapclassify.FisherJenks(round_, k=numero).bins if numero > 1 else round_[-1:]
    ours = classes._fisher(round_, numero)
    assert len(ours) == numero
    assert _spread(round_, ours) <= _spread(round_, theirs) * (1 + 1e-9) + 1e-9 * float(np.abs(round_).max()) ** 2


def _spread(values: np.ndarray, bounds: np.ndarray) -> float:
    """Squared distances of values from the means of their classes."""
    place = np.searchsorted(bounds, values)
    return float(sum(((own := values[place == one]) - own.mean()) @ (own - own.mean()) for one in np.unique(place)))


@settings(max_examples=60)
@given(st.lists(st.floats(0, 1e6), min_size=7, max_size=40), st.integers(2, 6))
@pytest.mark.filterwarnings("ignore:Numba", "ignore:Not enough unique values")
def test_quantiles_are_those_of_mapclassify(values: list[float], numero: int) -> None:
    # Two bounds that differ by the last bit are one.
    expected = np.unique(mapclassify.Quantiles(np.array(values), k=numero).bins.round(6))
    ours = np.unique(classes._limits(np.array(values), numero, "quantili").round(6))
    np.testing.assert_allclose(ours, expected, rtol=1e-12, atol=1e-6)


def test_missing_values_belong_to_no_class() -> None:
    _, posti = classes.classes(pd.Series({"a": 1.0, "b": np.nan, "c": 3.0}))
    assert set(posti) == {"a", "c"}


def test_classes_do_not_change_from_one_run_to_another() -> None:
    series = pd.Series(np.random.default_rng(1).lognormal(size=500)).rename(index=str)
    assert classes.classes(series) == classes.classes(series)


def test_order_of_the_rows_changes_nothing() -> None:
    series = pd.Series(np.random.default_rng(2).normal(size=80)).rename(index=str)
    assert classes.classes(series) == classes.classes(series.sample(frac=1, random_state=3))


def test_categories_keep_their_order_and_are_counted() -> None:
    series = pd.Series({"a": "adottato", "b": "assente", "c": "adottato", "d": None})
    listing, posti = classes.categories(series, ordine=["assente", "adottato", "in corso"])
    assert [(c.etichetta, c.n) for c in listing] == [("assente", 1), ("adottato", 2), ("in corso", 0)]
    assert posti == {"a": 1, "b": 0, "c": 1}


def test_an_unforeseen_category_is_refused() -> None:
    with pytest.raises(CalcoloError, match="Categorie non previste nella mappa: sospeso"):
        classes.categories(pd.Series({"a": "sospeso"}), ordine=["adottato"])


def test_bivariate_classes_cross_the_terciles() -> None:
    x = pd.Series(range(9), index=list("abcdefghi"), dtype="float64")
    listing, posti = classes.bivariate(x, -x, name_of_first="x", name_of_second="y")
    assert posti["a"] == 6  # lowest of the first, highest of the second
    assert posti["i"] == 2
    assert sum(c.n for c in listing) == 9
    assert len(listing) == 9


def test_nothing_to_show_is_refused() -> None:
    with pytest.raises(CalcoloError, match="nessun valore da mostrare"):
        classes.classes(pd.Series({"a": np.nan}))


def test_a_guess_whose_interval_leaves_its_class_is_uncertain() -> None:
    place = [Place("comune", code, code) for code in "abcd"]

    def figure(where: Place, value: float, lower: float, upper: float, imputed: float = 1.0) -> Figure:
        return Figure("quota_0_2", value, "%", 1, where, "2025-01-01", lower=lower, upper=upper, imputed=imputed)

    figures = [
        figure(place[0], 1.0, 0.5, 3.5),
        figure(place[1], 1.2, 1.04, 1.24),  # rounds into its class
        figure(place[2], 3.0, 0.5, 3.5, imputed=0.5),  # told as a number, not as a range
    ]
    found, where = classes.classes(pd.Series({"a": 1.0, "b": 1.2, "c": 3.0}), numero=2)
    assert [(one.da, one.a) for one in found] == [(1.0, 1.2), (3.0, 3.0)]
    assert classes.uncertain(figures, found, where) == {"a"}
    assert classes.uncertain([figure(place[3], 1.0, 0.5, 3.5)], found, where) == frozenset()
