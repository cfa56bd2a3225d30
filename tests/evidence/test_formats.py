"""Numbers as published: ISTAT's tables and the acts write them so."""

from __future__ import annotations

import math
from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conciliazione_lib.errors import UsoError
from conciliazione_lib.evidence import formats


@pytest.mark.parametrize(
    ("valore", "unita", "decimali", "expected"),
    [
        (3480513, "persone", None, "3.480.513"),
        (56.4, "%", None, "56,4%"),
        (1_000_000, "euro", None, "1.000.000,00 €"),
        (242169, "euro", None, "242.169,00 €"),
        (72650.70, "euro", None, "72.650,70 €"),
        (2671600, "euro", 0, "2.671.600 €"),
        (172.55, "per 100", None, "172,6"),
        (7.7, "‰", None, "7,7‰"),
        (11.2, "punti percentuali", None, "11,2 punti percentuali"),
        (1.0, "punti percentuali", None, "1,0 punto percentuale"),
        (-0.04, "%", None, "0,0%"),
        (-0.4, "%", None, "-0,4%"),
        (0, "persone", None, "0"),
        (1575.654, "kmq", None, "1.575,65 km²"),
        (46.04, "anni", None, "46,0"),
        (None, "%", None, "n.d."),
        (float("nan"), "euro", None, "n.d."),
        (math.inf, "persone", None, "n.d."),
        (pd.NA, "persone", None, "n.d."),
        (np.float32(0.5), "persone", None, "1"),
        (np.int64(12), "persone", None, "12"),
    ],
)
def test_values_are_written_in_italian(valore, unita, decimali, expected):
    assert formats.format_(valore, unita, decimali) == expected


@pytest.mark.parametrize(
    ("valore", "decimali", "expected"),
    [
        (0.5, 0, "1"),
        (1.5, 0, "2"),
        (2.5, 0, "3"),
        (0.125, 2, "0.13"),
        (-2.5, 0, "-3"),
        (1.005, 2, "1.01"),
        (145, -1, "150"),
    ],
)
def test_halves_go_away_from_zero_on_the_decimal_as_written(valore, decimali, expected):
    assert formats.rounded(valore, decimali) == Decimal(expected)


@given(st.floats(-1e12, 1e12), st.integers(0, 3))
def test_what_is_printed_reads_back_within_half_a_unit(valore, decimali):
    text = formats.numero(valore, decimali)
    read_ = Decimal(text.replace(".", "").replace(",", "."))
    assert abs(read_ - Decimal(repr(valore))) <= Decimal(5).scaleb(-decimali - 1)
    assert text != "-0"
    assert not text.startswith("-0,0") or read_ != 0


@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9), st.integers(0, 2))
def test_rounding_keeps_the_order(a, b, decimali):
    high, low = max(a, b), min(a, b)
    assert formats.rounded(high, decimali) >= formats.rounded(low, decimali)


def test_signs_intervals_bands_and_dates():
    assert formats.numero(3.24, 1, segno=True) == "+3,2"
    assert formats.numero(0, 1, segno=True) == "0,0"
    assert formats.intervallo(12.1, 14.26, "%") == "tra il 12,1% e il 14,3%"
    assert formats.intervallo(8.1, 11.26, "%") == "tra l'8,1% e l'11,3%"
    assert formats.intervallo(20.06, 28.14, "punti percentuali", 1) == "tra 20,1 e 28,1 punti percentuali"
    assert formats.intervallo(300, 400, "euro", 0) == "tra 300 e 400 €"
    assert formats.intervallo(10_364, 17_755, "persone") == "tra 10.364 e 17.755"
    assert formats.intervallo(None, 14.26, "%") == "n.d."
    assert formats.fascia(0, 2) == "0–2 anni"
    assert formats.fascia(65, None) == "65 anni e più"
    assert formats.data("2022-01-01") == "1° gennaio 2022"
    assert formats.data(date(2018, 12, 31)) == "31 dicembre 2018"
    assert formats.short_date("2022-01-01") == "1/1/2022"
    assert formats.periodo("2018-2023") == "2018–2023"
    assert formats.periodo("2009/2026") == "2009–2026"
    assert formats.periodo("2022-01-01") == "1° gennaio 2022"
    assert formats.periodo("2023") == "2023"
    assert formats.periodo("2024-12") == "dicembre 2024"
    assert formats.periodo("2014-10/2015-09") == "ottobre 2014 – settembre 2015"
    assert formats.elenco(["a", "b", "c"]) == "a, b e c"
    assert formats.in_lettere(8) == "otto"
    assert formats.in_lettere(91) == "91"
    assert formats.ordinal(3, "f") == "terza"
    assert formats.ordinal(11) == "11°"


def test_a_number_is_written_whatever_equal_ones_were_written_before():
    for value in (Decimal(12), 12, 12.0, np.int64(12), np.float32(12)):
        assert formats.numero(value, 1) == "12,0"


def test_an_unknown_unit_is_refused_with_the_known_ones():
    with pytest.raises(UsoError, match="«percento»") as error:
        formats.format_(1, "percento")
    assert "punti percentuali" in str(error.value)


@pytest.mark.parametrize(
    ("nome", "unita", "below"),
    [
        ("Donne (%)", "%", ""),
        ("Superficie (km²)", "kmq", ""),
        ("Comuni", "comuni", ""),
        ("Posti nido per 100", "per 100", ""),
        ("Posizione", "posizione", ""),
        ("Azioni", "numero", ""),
        ("Testo", "", ""),
        ("Densità", "abitanti per kmq", "abitanti per km²"),
        ("Con piano", "comuni", "comuni"),
        ("Obiettivo", "%", "valori percentuali"),
    ],
)
def test_a_header_says_its_unit_once(nome: str, unita: str, below: str) -> None:
    extended = formats.unita(unita).estesa if unita else ""
    assert formats.unit_in_heading(nome, extended) == below
