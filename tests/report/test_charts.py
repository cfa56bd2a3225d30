"""Charts: repeatable, readable as text, honest about what is missing."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.report import charts

TERRITORI = ["Insubria", "Montagna", "Pavia"]
VALUES = pd.Series([185.6, 199.4, np.nan], index=TERRITORI)
PAIRS = pd.DataFrame({"Donne": [61.2, 58.0, 60.1], "Uomini": [78.4, 76.0, np.nan]}, index=TERRITORI)
ETA = ["0–4", "5–9", "10–14"]
PYRAMID = pd.DataFrame({"maschi": [2.1, 2.3, 2.2], "femmine": [2.0, 2.2, 2.1]}, index=ETA)
VERDICTS = pd.DataFrame(
    {"no": [4, 9, np.nan], "così così": [3, 9, 2], "sì": [13, 2, 8]}, index=["utile", "facile", "caro"]
)
INTERVALS = pd.DataFrame({"valore": [1, 2, 3], "inferiore": [1, 1, 2], "superiore": [2, 3, 3]}, index=TERRITORI)

DRAWINGS: dict[str, Callable[[], str]] = {
    "linea": lambda: charts.linea(pd.DataFrame({"Pavia": [1.5, np.nan, 2.5]}, index=[2021, 2022, 2023]), rottura=2022),
    "barre": lambda: charts.barre(VALUES, riferimento=("Lombardia", 177.1), evidenzia=["Pavia"]),
    "raggruppate": lambda: charts.barre_raggruppate(PAIRS, unita="%"),
    "impilate": lambda: charts.barre_impilate(pd.DataFrame({"a": [40.0, 60.0], "b": [60.0, 40.0]}, index=["x", "y"])),
    "piramide": lambda: charts.piramide(PYRAMID, confronto=PYRAMID + 0.1, nome_confronto="Lombardia"),
    "dumbbell": lambda: charts.dumbbell(PAIRS, unita="%"),
    "divergenti": lambda: charts.divergenti(VALUES - 190, nome_centro="Lombardia"),
    "giudizi": lambda: charts.giudizi(VERDICTS),
    "intervalli": lambda: charts.intervalli(INTERVALS, ranghi=True, decimali=0),
    "dispersione": lambda: charts.dispersione(PAIRS, "Donne", "Uomini", nome_x="Donne", nome_y="Uomini"),
}


def written_ones(svg: str) -> list[str]:
    return ["".join(node.itertext()) for node in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize("nome", DRAWINGS)
def test_the_same_data_give_the_same_bytes(nome: str) -> None:
    assert DRAWINGS[nome]() == DRAWINGS[nome]()


@pytest.mark.parametrize("nome", DRAWINGS)
def test_drawings_have_no_style_no_metadata_no_links(nome: str) -> None:
    svg = DRAWINGS[nome]()
    assert "style" not in svg
    assert not re.search(r"metadata|xlink|http://(?!www\.w3\.org/2000/svg)", svg)
    assert "Titillium Web" in svg


def test_numbers_are_written_in_italian() -> None:
    written = written_ones(charts.barre(pd.Series({"Milano": 3441957.0}), decimali=0))
    assert "3.441.957" in written


@pytest.mark.parametrize("nome", ["barre", "raggruppate", "dumbbell", "divergenti"])
def test_a_missing_value_is_said_not_drawn_as_zero(nome: str) -> None:
    assert "n.d." in written_ones(DRAWINGS[nome]())


def test_bars_are_sorted_with_missing_last() -> None:
    written = [t for t in written_ones(charts.barre(VALUES)) if t in TERRITORI]
    assert written == ["Montagna", "Insubria", "Pavia"]


def test_direct_labels_do_not_overlap() -> None:
    series = pd.DataFrame({f"Serie {i}": [1.0, 2.0 + i / 1000] for i in range(5)}, index=[2022, 2023])
    root = ET.fromstring(charts.linea(series))
    heights = sorted(
        float(node.get("y", 0))
        for node in root.iter("{http://www.w3.org/2000/svg}text")
        if "".join(node.itertext()).startswith("Serie")
    )
    assert len(heights) == 5
    assert min(np.diff(heights)) >= 10


def test_nothing_to_draw_is_refused() -> None:
    with pytest.raises(CalcoloError, match=r"nessun valore da disegnare.*\n.*c\.manca"):
        charts.barre(pd.Series([np.nan, np.nan], index=["a", "b"]))


def test_an_unknown_highlight_is_refused() -> None:
    with pytest.raises(CalcoloError, match="Il grafico non trova: Lodi"):
        charts.barre(VALUES, evidenzia=["Lodi"])


def test_too_many_groups_are_refused() -> None:
    with pytest.raises(CalcoloError, match="al più 4 serie, trovate 5"):
        charts.barre_raggruppate(pd.DataFrame([[1.0] * 5], columns=list("abcde")))


def test_pyramids_of_different_ages_are_not_compared() -> None:
    with pytest.raises(CalcoloError, match="classi di età diverse"):
        charts.piramide(PYRAMID, confronto=PYRAMID.iloc[:2])


def test_no_line_crosses_a_break_in_the_series() -> None:
    series = pd.DataFrame({"Pavia": [1.0, 2.0, 3.0, 4.0]}, index=[2020, 2021, 2022, 2023])

    def vertices(svg: str) -> list[int]:
        """How many points each line of the series joins."""
        colour = charts.style.CATEGORIES[0]
        paths_drawn = ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}path")
        rows = [p.get("d", "") for p in paths_drawn if p.get("stroke") == colour and p.get("fill") == "none"]
        return [len(re.findall("[ML]", d)) for d in rows]

    assert vertices(charts.linea(series)) == [4]
    assert vertices(charts.linea(series, rottura=2022)) == [2, 2]


def test_a_series_that_ends_early_says_when() -> None:
    series = pd.DataFrame({"Pavia": [1.0, 2.0, np.nan], "Lombardia": [1.0, 1.5, 3.0]}, index=[2021, 2022, 2023])
    written = written_ones(charts.linea(series))
    assert "Pavia: 2,0 (2022)" in written
    assert "Lombardia: 3,0" in written


def test_a_line_of_reference_does_not_cross_the_values() -> None:
    """Each value written at the end of a bar has white behind it when a dashed line may pass there."""

    def bianchi(svg: str) -> int:
        nodes = ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}path")
        return sum(node.get("fill") == "#ffffff" for node in nodes)

    neighbours = pd.Series([29.0, 27.9, np.nan], index=TERRITORI)
    assert bianchi(charts.barre(neighbours, riferimento=("Lombardia", 29.9))) == bianchi(
        charts.barre(neighbours)
    ) + len(neighbours)


def test_ranks_are_counted_from_the_first() -> None:
    ranks = pd.DataFrame({"valore": [2.0, 30.0], "inferiore": [1.0, 12.0], "superiore": [5.0, 64.0]}, index=["a", "b"])
    texts = written_ones(charts.intervalli(ranks, ranghi=True, decimali=0))
    assert "1" in texts
    assert "0" not in texts
    last = written_ones(charts.intervalli(ranks.iloc[1:], ranghi=True, decimali=0))
    assert "1" in last


def test_answers_are_counted_and_the_unfavourable_ones_are_told_apart_in_grey() -> None:
    """The answers are written; the question that is liked most comes first; one with a part missing is marked."""
    svg = charts.giudizi(VERDICTS)
    texts = written_ones(svg)
    assert {"4", "3", "13", "9", "2", "n.d."} <= set(texts)
    assert texts.index("utile") < texts.index("facile") < texts.index("caro")
    assert "<pattern" in svg


def test_what_is_counted_has_no_ticks_between_whole_numbers() -> None:
    """Five actions, one a type: the axis went by fifths of an action."""
    drawn = written_ones(charts.barre(pd.Series({"a": 1, "b": 1, "c": 0}), unita="azioni", decimali=0))
    assert [text for text in drawn if "," in text] == []


LONG = ["Un nome d'ambito\nmolto lungo su due righe", "B", "Città Metropolitana di Milano"]
BIG = pd.Series([3_476_705.0, 1_464_157.0, 293_948.0], index=LONG)
FULL = {
    **DRAWINGS,
    "barre di milioni": lambda: charts.barre(BIG, unita="residenti", decimali=0, riferimento=("Lombardia", 3_400_000)),
    "raggruppate lunghe": lambda: charts.barre_raggruppate(pd.DataFrame({"a": BIG, "b": BIG / 2}), decimali=0),
    "intervalli lunghi": lambda: charts.intervalli(
        pd.DataFrame({"valore": BIG, "inferiore": BIG - 9999, "superiore": BIG + 9999}), decimali=0
    ),
    "linea lunga": lambda: charts.linea(
        pd.DataFrame({"Città Metropolitana di Milano": [1e6, 2e6], "B": [2e6, 1e6]}, index=["2021", "2022"]), unita="€"
    ),
    "dispersione al bordo": lambda: charts.dispersione(
        pd.DataFrame({"x": [1.0, 2, 3], "y": [1.0, 2, 3]}, index=LONG), "x", "y", nome_x="x", nome_y="y"
    ),
}


@pytest.mark.parametrize("nome", FULL)
def test_no_text_leaves_the_sheet_or_covers_another_on_its_line(nome: str) -> None:
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    root = ET.fromstring(FULL[nome]())
    wide = float(root.get("width", "0"))
    lines: dict[float, list[tuple[float, float, str]]] = {}
    for text in root.iter("{http://www.w3.org/2000/svg}text"):
        if text.get("transform") or not text.text:
            continue
        body, x = float(text.get("font-size", "0")), float(text.get("x", "0"))
        weight = "bold" if text.get("font-weight") == "700" else "normal"
        box = TextPath((0, 0), text.text, size=body, prop=FontProperties(family="DejaVu Sans", weight=weight))
        length = box.get_extents().width
        start = x - {"middle": length / 2, "end": length}.get(text.get("text-anchor", "start"), 0.0)
        assert start >= 0, text.text
        assert start + length <= wide, text.text
        lines.setdefault(float(text.get("y", "0")), []).append((start, start + length, text.text))
    assert lines
    for line in lines.values():
        for (_, end, one), (start, _, other) in itertools.pairwise(sorted(line)):
            assert end < start, (one, other)
