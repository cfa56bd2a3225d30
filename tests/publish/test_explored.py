"""The explorer of an indicator: what its page carries, by breakdown and over time, and whether the proof reads it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import lxml.html
import pandas as pd
import pytest

from conciliazione_lib.evidence import Figure, Place, Store, formats
from conciliazione_lib.publish import explored, truth_figures
from conciliazione_lib.publish.selection import Archive
from conciliazione_lib.publish.verify import Stored

BY_SERVICE = "quota_comuni_senza_servizio"


def _figure(value: float | None, *breakdown: tuple[str, str], note: str = "", place: str = "pavia") -> Figure:
    state = "presente" if value is not None else "non_disponibile"
    return Figure(
        "residenti",
        value,
        "persone",
        0,
        Place("ats", place, place),
        "2022",
        breakdown=breakdown,
        note=note,
        state=state,
    )


def test_values_are_texts_in_the_order_of_the_territories_and_reasons_are_said_once() -> None:
    reasons = explored.Reasons()
    cells = [_figure(12345), None, _figure(None, note="Non si sa."), _figure(None, note="Protetto.")]
    assert explored.texts(cells, reasons) == "12.345;;!0;!1"
    assert explored.texts([_figure(None, note="Non si sa.")] * 3, reasons) == "*!0"
    assert explored.texts([_figure(7)], reasons) == "7"
    assert [why for _, why in reasons.listed] == ["Non si sa.", "Protetto."]


def test_breakdowns_come_in_the_order_in_which_they_are_read() -> None:
    classes = ["oltre 30.000", "da 1.001 a 5.000", "fino a 1.000", "da 15.001 a 30.000"]
    found = explored.by_breakdown(_figure(1, ("classe", name)) for name in classes)
    assert [value for ((_, value),) in found] == [
        "fino a 1.000",
        "da 1.001 a 5.000",
        "da 15.001 a 30.000",
        "oltre 30.000",
    ]
    assert explored.label((("eta", "0-2"), ("tipo", "rsa"))) == "età 0-2, tipo residenza sanitaria assistenziale"


def test_an_indicator_by_breakdown_alone_has_a_page_where_many_territories_have_a_value(small: Path) -> None:
    archive = Archive(Store(small), "2022-01-01")
    assert BY_SERVICE in archive.divided
    assert not archive.has(BY_SERVICE)
    assert "residenti" in archive.divided
    assert "indice_vecchiaia" not in archive.divided
    assert (small / f"sito/indicatori/{BY_SERVICE}.html").is_file()


def test_the_page_of_a_breakdown_reads_without_scripts_and_carries_the_store(small: Path) -> None:
    tree = lxml.html.parse(small / f"sito/indicatori/{BY_SERVICE}.html").getroot()
    (table,) = tree.xpath("//table[@data-suddivisioni]")
    rows = {row.get("data-per"): row.xpath("./td/text()") for row in table.xpath("./tbody/tr")}
    places = [place.split("/") for place in table.xpath("./thead//th/@data-luogo")]
    stored = pd.read_parquet(small / "cifre.parquet").query("indicatore == @BY_SERVICE")
    values = stored.set_index(["per", "livello", "territorio"])["valore"]
    for per, cells in rows.items():
        for place, text in zip(places, cells, strict=True):
            value = values[(per, *place)]
            assert text == (formats.numero(value, 1) if value == value else "n.d.")
    told = json.loads(tree.get_element_by_id("dati-esplora").text)
    assert set(told["tagli"]) == set(rows) == {"tipo=cdi", "tipo=rsa"}
    names = [name for _, name in told["luoghi"]["ats"]]
    assert names == sorted(names)
    assert ["n.d.", "L'elenco non dice il tipo."] in told["motivi"]


@pytest.mark.parametrize("where", ["tagli", "testi", "classe", "tabella"])
def test_a_value_by_breakdown_that_is_not_of_the_store_is_found(small: Path, tmp_path: Path, where: str) -> None:
    for name in ("cifre.parquet", "confronti.parquet", "archivio.json"):
        shutil.copy(small / name, tmp_path / name)
    shutil.copytree(small / "sito/mappe/geometrie", tmp_path / "sito/mappe/geometrie")
    id = "indice_vecchiaia" if where == "testi" else BY_SERVICE
    page = tmp_path / f"sito/indicatori/{id}.html"
    page.parent.mkdir(parents=True)
    text = (small / f"sito/indicatori/{id}.html").read_text(encoding="utf-8")
    page.write_text(text, encoding="utf-8")
    stored = Stored(tmp_path)
    assert list(truth_figures.check_indicators(tmp_path / "sito", stored)) == []
    tree = lxml.html.fromstring(text)
    told = tree.get_element_by_id("dati-esplora").text
    if where == "tabella":
        (first, *_) = tree.xpath("//table[@data-suddivisioni]/tbody/tr[1]/td/text()")
        changed = text.replace(f"<td>{first}", "<td>99,9", 1)
    else:
        data = json.loads(told)
        part = data if where == "testi" else data["tagli"]["tipo=cdi"]
        if where == "classe":
            drawn = part["mappe"]["ambito"]["periodi"]["2022-01-01"]
            drawn["classe"] = drawn["classe"].translate(str.maketrans("01234", "43210"))
        else:
            level, periods = next(iter(part["testi"].items()))
            period, cells = next(iter(periods.items()))
            some = next(cell for cell in cells.split(";") if cell[:1].isdigit())
            part["testi"][level][period] = cells.replace(some, "999.999", 1)
        changed = text.replace(told, json.dumps(data))
    assert changed != text
    page.write_text(changed, encoding="utf-8")
    assert list(truth_figures.check_indicators(tmp_path / "sito", stored))
