"""ISTAT's labour-force microdata layout, on an invented file."""

from __future__ import annotations

from pathlib import Path

import pytest

from conciliazione_lib.errors import DatiError
from conciliazione_lib.indicators.oaxaca import decompose
from conciliazione_lib.sources.rcfl import read_rcfl

EXAMPLE = Path(__file__).parents[2] / "docs" / "galleria" / "rcfl_inventata.txt"


def rewrite(tmp_path: Path, change) -> Path:
    rows = [line.split("\t") for line in EXAMPLE.read_text(encoding="ascii").splitlines()]
    target = tmp_path / "RCFL prova è.txt"
    target.write_text("\n".join("\t".join(r) for r in change(rows)) + "\n", encoding="ascii")
    return target


def test_codes_become_words_and_the_weight_loses_its_implied_decimal():
    people = read_rcfl(EXAMPLE)
    raw = [line.split("\t") for line in EXAMPLE.read_text(encoding="ascii").splitlines()]
    # The first person of the invented file is a child: the first adult is on the next row.
    first = dict(zip(raw[0], raw[2], strict=True))
    assert people.loc[0, "sesso"] == {"1": "M", "2": "F"}[first["SESSO"].strip()]
    assert people.loc[0, "peso"] == pytest.approx(int(first["COEF_CCP"]) / 10)
    assert set(people["eta"]) <= {"25-29", "30-34", "35-39", "40-44", "45-49", "50-54", "55-59", "60-64", "20-24"}
    assert (people["occupato"] == (people["condizione"] == "occupato")).all()
    # Part time is asked of the employed only: blank elsewhere, and blank is missing.
    assert people.loc[people["occupato"] == 0, "orario"].isna().all()


def test_children_are_left_out():
    raw = EXAMPLE.read_text(encoding="ascii").splitlines()
    position = raw[0].split("\t").index("CLETAS")
    children = sum(line.split("\t")[position].strip().lstrip("0") in {"1", "2", "3", "4"} for line in raw[1:])
    assert children > 0
    assert len(read_rcfl(EXAMPLE)) == len(raw) - 1 - children


def test_the_file_feeds_the_decomposition():
    people = read_rcfl(EXAMPLE)
    out = decompose(people, "occupato", ["eta", "titolo"], "sesso", "M", "F", weights="peso")
    by_sex = people.groupby("sesso").apply(lambda g: (g["occupato"] * g["peso"]).sum() / g["peso"].sum())
    assert out.gap == pytest.approx(by_sex["M"] - by_sex["F"])
    assert out.effects["effetto"].sum() == pytest.approx(out.gap)


def test_wrong_codes_are_all_reported_with_row_and_column(tmp_path):
    def spoil(rows):
        sex, weight = rows[0].index("SESSO"), rows[0].index("COEF_CCP")
        rows[3][sex] = "3"
        rows[6][weight] = "n.d."
        return rows

    with pytest.raises(DatiError) as caught:
        read_rcfl(rewrite(tmp_path, spoil))
    text = str(caught.value)
    assert "2 valori fuori dal tracciato" in text
    assert "file RCFL prova è.txt, riga 4, colonna SESSO: atteso uno dei codici 1, 2; trovato '3'." in text
    assert "riga 7, colonna COEF_CCP: atteso un peso maggiore di zero; trovato 'n.d.'." in text


def test_a_file_with_another_layout_says_which_variables_it_lacks(tmp_path):
    def old(rows):
        rows[0][rows[0].index("COEF_CCP")] = "COEFMI"
        rows[0][rows[0].index("HATLEV3MOD")] = "TISTUD"
        return rows

    with pytest.raises(DatiError) as caught:
        read_rcfl(rewrite(tmp_path, old))
    assert {p.atteso for p in caught.value.problemi} == {"la variabile COEF_CCP", "la variabile HATLEV3MOD"}


def test_weights_of_a_national_file_must_be_the_population_of_italy():
    with pytest.raises(DatiError, match="non è la popolazione italiana") as caught:
        read_rcfl(EXAMPLE, weight_decimals=0)
    assert "provare con 1" in str(caught.value)


def test_a_missing_file_is_an_italian_message(tmp_path):
    with pytest.raises(DatiError, match="non c'è"):
        read_rcfl(tmp_path / "assente.txt")
