"""Numbers and dates of a column: read by the evidence that the column gives, asked where there is none."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conciliazione_lib.errors import Problem
from conciliazione_lib.sources.days import read_day
from conciliazione_lib.sources.numbers import Quantity, key, read_numbers

RATE = Quantity(whole=False)
SHARE = Quantity(whole=False, low=0, high=100, percent=True)
COUNT = Quantity(whole=True, low=0)


def read(cells, quantity=RATE, **how):
    found = read_numbers(cells, quantity, **how)
    return [found.values[key(cell)] for cell in cells], found.doubtful


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["12.345", "7,5"], [12345, 7.5]),
        (["12.345", "7.5"], [12.345, 7.5]),
        (["1,234", "0,5"], [1.234, 0.5]),
        (["1,234", "12.5"], [1234, 12.5]),
        (["12.345", "1.234,5"], [12345, 1234.5]),
        (["12.345", "0.125"], [12.345, 0.125]),
        (["45.123456", "12.345"], [45.123456, 12.345]),
        (["1.234.567", "12.345"], [1234567, 12345]),
    ],
)
def test_one_cell_that_can_be_read_in_one_way_decides_the_others_and_it_is_told(cells, numbers):
    values, doubtful = read(cells)
    assert values == numbers
    assert len(doubtful) == 1
    assert "nella stessa colonna" in next(iter(doubtful.values()))


@pytest.mark.parametrize("cells", [["12.345", "8.120"], ["1,234"], ["12.345", "7,5", "7.5"]])
def test_three_decimals_that_may_be_thousands_are_asked(cells):
    values, _ = read(cells)
    assert isinstance(values[0], Problem)
    assert "--decimali virgola oppure --decimali punto" in values[0].rimedio


def test_the_question_gives_its_evidence():
    (first, *_), _ = read(["12.345", "7,5", "7.5"])
    assert first.trovato == "«12.345», che può essere 12345 o 12,345"
    assert "ci sono «7,5» e «7.5»" in first.rimedio
    (alone,), _ = read(["12.345"], separator=",")
    assert "il file separa le celle con la virgola" in alone.rimedio


def test_the_answer_decides():
    assert read(["12.345", "8.120"], decimals=".")[0] == [12.345, 8.12]
    assert read(["12.345", "8.120"], decimals=",")[0] == [12345, 8120]


def test_percentages_with_three_or_six_decimals_are_read_by_their_bounds():
    assert read(["45.678", "12.345"], SHARE)[0] == [45.678, 12.345]
    assert read(["45.678912"], SHARE)[0] == [45.678912]
    assert read(["12,5%", "7 %"], SHARE)[0] == [12.5, 7]
    assert isinstance(read(["12,5%"], RATE)[0][0], Problem)


def test_a_count_has_thousands_and_no_decimals():
    assert read(["1.200", "30"], COUNT)[0] == [1200, 30]
    assert read(["1 200", "€ 30"], COUNT)[0] == [1200, 30]
    assert isinstance(read(["1,234"], COUNT)[0][0], Problem)
    assert isinstance(read(["12,5"], COUNT)[0][0], Problem)


@pytest.mark.parametrize(
    "cell",
    [
        float("inf"),
        float("-inf"),
        float("nan"),
        1e300,
        "1e400",
        "inf",
        "999999999999999999999",
        True,
        dt.date(2025, 1, 1),
    ],
)
def test_what_is_not_a_finite_number_is_refused(cell):
    assert isinstance(read([cell], COUNT)[0][0], Problem)


@pytest.mark.parametrize("cell", ["n.d.", "N/D", "-", "…", "..", "non disponibile", "nd", "N.R."])
def test_the_ways_to_say_that_there_is_none(cell):
    assert read([cell], COUNT)[0] == [None]


@given(st.lists(st.decimals(-(10**6), 10**6, places=2), min_size=1, max_size=20))
def test_a_column_written_the_italian_way_reads_back_whatever_it_holds(numbers):
    cells = [f"{n:,.2f}".replace(",", "x").replace(".", ",").replace("x", ".") for n in numbers]
    assert read(cells)[0] == [float(n) for n in numbers]


@given(st.lists(st.floats(-1e6, 1e6, allow_nan=False), min_size=1, max_size=20))
def test_typed_numbers_are_what_they_are(numbers):
    assert read(numbers)[0] == numbers


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("5/3/2025", "2025-03-05"),
        ("05-03-2025", "2025-03-05"),
        ("5.3.2025", "2025-03-05"),
        ("5 marzo 2025", "2025-03-05"),
        ("1° Marzo 2025", "2025-03-01"),
        ("5 mar. 2025", "2025-03-05"),
        ("2025-03-05", "2025-03-05"),
        ("2024-2-29", "2024-02-29"),
        (dt.datetime(2025, 3, 5), "2025-03-05"),
        (dt.date(2025, 3, 5), "2025-03-05"),
    ],
)
def test_dates_as_offices_write_them(written, day):
    assert read_day(written) == day


@pytest.mark.parametrize(
    "written",
    [
        *("31/2/2025", "29/2/2025", "2025-02-31", "3/25/2025", "0/1/2025", "5/3/25", "marzo 2025", "45000", 45000.0),
        *("5 brumaio 2025", dt.datetime(2025, 3, 5, 10, 30)),
    ],
)
def test_impossible_or_unclear_dates_are_problems(written):
    assert isinstance(read_day(written), Problem)


@given(st.dates(dt.date(1900, 1, 1), dt.date(2100, 12, 31)))
def test_every_day_reads_back(day):
    assert read_day(f"{day.day}/{day.month}/{day.year}") == day.isoformat()
    assert read_day(day.isoformat()) == day.isoformat()
