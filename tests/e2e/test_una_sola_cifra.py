"""Computed once, told once: the store of the real edition is whole, and every page, chapter and document reads it."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from lxml import html

from conciliazione_lib import build, evidence, territory
from conciliazione_lib.evidence import Claim, Ledger, Store, figures
from conciliazione_lib.evidence.deciding import decided
from conciliazione_lib.evidence.figure import WITH_VALUE

ROOT = Path(__file__).resolve().parents[2]
CONFIG = build.load(ROOT)
DATA = CONFIG.edizioni[CONFIG.edizione].data
MAP = territory.load(DATA)


@pytest.fixture(scope="module")
def the_figures(generated: Path) -> pd.DataFrame:
    return figures.read(CONFIG.edizione, generated.parents[1])


@pytest.fixture(scope="module")
def ledger(generated: Path) -> Ledger:
    return Ledger.read(generated / "cifre.json")


def test_every_territory_of_every_declared_level_has_a_row(the_figures: pd.DataFrame) -> None:
    reference = the_figures[the_figures["riferimento"] & (the_figures["per"] == "")]
    known = reference.groupby(["indicatore", "livello"])["territorio"].agg(set).to_dict()
    missing = {
        (name, level): sorted(set(MAP.codes(level)) - known.get((name, level), set()))
        for name, one in evidence.load().items()
        for level in one.livelli
    }
    assert {key: codes for key, codes in missing.items() if codes} == {}
    assert len(known["residenti", "comune"]) == len(MAP.comuni)


def test_states_values_and_reasons_go_together(the_figures: pd.DataFrame) -> None:
    present = the_figures["stato"].isin(WITH_VALUE)
    assert the_figures.loc[present, "valore"].notna().all()
    assert the_figures.loc[~present, "valore"].isna().all()
    assert (the_figures.loc[~present, "motivo"] != "").all()
    assert not the_figures.duplicated(["indicatore", "livello", "territorio", "periodo", "per"]).any()
    assert (the_figures["grado"] != "esempio").all()


def test_each_indicator_has_one_reference_period_for_each_level(the_figures: pd.DataFrame) -> None:
    periods = the_figures[the_figures["riferimento"]].groupby(["indicatore", "livello"])["periodo"].nunique()
    assert periods.max() == 1
    assert set(periods.index) == set(the_figures.groupby(["indicatore", "livello"]).size().index)


def test_no_page_says_nd_for_a_known_value(generated: Path, the_figures: pd.DataFrame) -> None:
    known = the_figures[the_figures["riferimento"] & the_figures["stato"].isin(WITH_VALUE) & (the_figures["per"] == "")]
    values = known.set_index(["indicatore", "livello", "territorio"])["valore"]
    pages = [generated / "sito" / "comuni" / "index.html", generated / "sito" / "confronta.html"]
    pages += sorted((generated / "sito" / "ambiti").glob("*/index.html"))
    pages += sorted((generated / "sito" / "indicatori").glob("*.html"))
    wrong, absent = [], 0
    for page in pages:
        of_figures = "//td[contains(@class, 'num') or @data-valore] | //div[@class='esplora']//td"
        for cell in html.fromstring(page.read_bytes()).xpath(of_figures):
            card, text = cell.xpath("string(a[contains(@href, 'cifre/')]/@href)"), " ".join(cell.text_content().split())
            if text == "n.d." and (cell.get("data-valore") or not cell.get("title")):
                wrong.append((page.name, card, cell.get("data-valore")))
            if text == "–" and card:
                wrong.append((page.name, card, "–"))
            absent += text == "n.d."
    assert wrong == []
    assert absent > 100, "what is missing is there, with its reason"
    comuni = html.fromstring((generated / "sito" / "comuni" / "index.html").read_bytes())
    with_card = "./td[a[contains(@href, 'cifre/')]]/@data-valore"
    shown = {row.get("id")[1:]: row.xpath(with_card) for row in comuni.xpath("//tbody/tr")}
    assert set(shown) == set(MAP.comuni.index)
    for code, found in shown.items():
        assert math.isclose(float(found[0]), values["residenti", "comune", code]), code


def test_downloads_hold_every_row_of_the_store(generated: Path, the_figures: pd.DataFrame) -> None:
    in_force = {level: set(MAP.codes(level)) for level in territory.ALL_LEVELS}
    for name, rows in the_figures.groupby("indicatore"):
        folder = generated / "sito" / "dati" / "indicatori"
        file = next((one for one in (folder / f"{name}.csv", folder / f"{name}.csv.zip") if one.is_file()), None)
        if file is None:
            assert (rows["per"] != "").all(), f"{name} has no page"
            continue
        read = pd.read_csv(file, dtype=str, keep_default_na=False)
        ours = rows[[code in in_force[level] for level, code in zip(rows["livello"], rows["territorio"], strict=True)]]
        assert len(read) == len(ours), name


def test_published_values_are_those_of_the_store(ledger: Ledger, the_figures: pd.DataFrame) -> None:
    keys = ["indicatore", "livello", "territorio", "periodo", "per"]
    stored = the_figures.set_index(keys)["valore"]
    names = set(the_figures["indicatore"])
    checked = 0
    for figure in ledger:
        if figure.indicator not in names:
            continue
        by = evidence.writing.write_breakdown(figure.breakdown)
        key = (figure.indicator, figure.territory.livello, figure.territory.codice, figure.period, by)
        value = stored[key]
        assert (figure.value is None) == bool(pd.isna(value)), figure.id
        assert figure.value is None or math.isclose(figure.value, value, rel_tol=1e-11), figure.id
        checked += 1
    assert checked > 5_000


def test_what_is_said_of_a_figure_is_the_same_everywhere(generated: Path, ledger: Ledger) -> None:
    """Every claim of every chapter is among the stored statements, and no two chapters say two things of one figure."""
    store = Store(generated)
    said: dict[tuple[str, ...], set[str]] = defaultdict(set)
    by_chapter: dict[str, int] = defaultdict(int)
    for file in sorted((generated / "notebook").rglob("*.ipynb")):
        for claim in _claims(json.loads(file.read_text(encoding="utf-8"))):
            used = [ledger[id] for id in claim.figures]
            decided(claim, used, store.statements)
            if claim.kind in ("confronto", "rango"):
                words = {n: v for n, v in claim.params if n in ("sopra", "sotto", "in_linea")}
                if not words:
                    said[claim.kind, *claim.figures].add(claim.words)
            by_chapter[file.stem] += 1
    assert {key: words for key, words in said.items() if len(words) > 1} == {}
    assert sum(by_chapter.values()) > 300


def test_synopsis_and_chapter_tell_the_employment_gap_by_the_same_figure(generated: Path) -> None:
    for ats in MAP.codes("ats"):
        told = {}
        for chapter in ("00_sintesi", "03_lavoro"):
            notebook = json.loads(
                (generated / "notebook" / "ats" / ats / f"{chapter}.ipynb").read_text(encoding="utf-8")
            )
            told[chapter] = {
                (claim.figures, claim.words)
                for claim in _claims(notebook)
                if claim.kind == "confronto" and claim.figures[0].startswith("divario_occupazione")
            }
        assert {figures for figures, _ in told["00_sintesi"]} <= {figures for figures, _ in told["03_lavoro"]}, ats


def _claims(notebook: dict[str, Any]) -> list[Claim]:
    found = []
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            block = output.get("data", {}).get("application/vnd.conciliazione.blocco+json")
            block = json.loads(block) if isinstance(block, str) else block
            if block and block.get("tipo") == "registro":
                found += [Claim.from_dict(one) for one in block["registro"]["affermazioni"]]
    return found
