"""The page of the checks, and the mark beside the figures they concern."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import lxml.html
import pytest
from piccola_edizione import CONFIG, outcomes_of

from conciliazione_lib.evidence import cards
from conciliazione_lib.publish import changes, edition, public_site, quadrature
from conciliazione_lib.publish.verify import verified
from conciliazione_lib.quality import check
from conciliazione_lib.quality.check import Check, Outcome, Result
from conciliazione_lib.quality.marks import Marks

TITLE = 'Somma di "prova" & <altro>'


def report(*figures: str) -> Result:
    found = Outcome("non_quadra", "Le parti e il totale: 12 e 13", spiegazione="Perché sì.", cifre=figures)
    return Result(Check("risorse-prova", TITLE, ("Fonte, § 1",), ("riparti",), "avviso", (), lambda: found), found)


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small edition, one figure of which is concerned by a check that does not hold."""
    folder = tmp_path_factory.mktemp("edizione segnata")
    with pytest.MonkeyPatch.context() as change:
        outcomes = (*quadrature.results(), report("residenti.pavia.2022-01-01"))
        change.setattr(quadrature, "results", lambda: outcomes)
        read_ = edition.read(outcomes_of(folder), CONFIG)
        public_site.build(folder / "sito", read_)
    read_.ledger.save(folder / "cifre.json")
    changes.describe(read_).save(folder)
    return folder


def test_a_mark_is_put_after_the_figure_and_changes_no_number() -> None:
    page = (
        '<p>Sono <a class="cifra" href="../cifre/a.html#b.2022"><strong>12</strong></a> e '
        '<a class="cifra" href="../cifre/a.html#c.2022">13</a>.</p>'
    )
    outcome = quadrature.with_marks(page, "x/y.html", Marks([report("a.b.2022")]), {"a.b.2022"})
    tree = lxml.html.fromstring(f"<div>{outcome}</div>")
    signs = tree.xpath("//a[@class='segnale']")
    assert [sign.get("href") for sign in signs] == ["../qualita.html#risorse-prova"]
    assert signs[0].getprevious().text_content() == "12"
    assert tree.text_content() == lxml.html.fromstring(f"<div>{page}</div>").text_content()
    assert tree.xpath("//img/@alt")[0] == f"Cifra segnalata. Non quadra: {TITLE} (da chiarire)"


def test_pages_without_figures_concerned_stay_as_they_are() -> None:
    page = '<a class="cifra" href="cifre/a.html#b.2022">12</a>'
    assert quadrature.with_marks(page, "x.html", Marks([report("altra.b.2022")]), {"a.b.2022"}) == page


def test_every_showing_of_a_figure_concerned_has_its_mark(marked: Path) -> None:
    key = "residenti.pavia.2022-01-01"
    pages = 0
    for file in sorted((marked / "sito").rglob("*.html")):
        tree = lxml.html.parse(file).getroot()
        links = tree.xpath("//a[@class='cifra'] | //td/a")
        shown = [a for a in links if cards.figure_at(a.get("href"), file.name) == key]
        for figure in shown:
            sign = figure.getnext()
            assert sign is not None, file.name
            assert sign.get("href").endswith("qualita.html#risorse-prova")
            target = (file.parent / sign.get("href").partition("#")[0]).resolve()
            assert target == (marked / "sito/qualita.html").resolve()
        pages += bool(shown)
        assert not tree.xpath(
            "//a[contains(@href, 'residenti.html#insubria.2022-01-01')]/following-sibling::*[1][@class='segnale']"
        )
    assert pages >= 3
    card = lxml.html.parse(marked / "sito/cifre/residenti.html").getroot().get_element_by_id("pavia.2022-01-01")
    assert "Le parti e il totale: 12 e 13" in card.text_content()
    assert card.xpath("./p[@class='valore']/a[@class='segnale']")


def test_the_edition_with_marks_is_coherent(marked: Path) -> None:
    assert [str(found) for found in verified(marked).findings] == []


def test_the_page_lists_every_check_with_its_anchor(marked: Path) -> None:
    tree = lxml.html.parse(marked / "sito/qualita.html").getroot()
    for c in check.checks():
        node = tree.get_element_by_id(c.id)
        assert c.titolo in node.text_content()
    trial = tree.get_element_by_id("risorse-prova")
    assert "non quadra (da chiarire)" in trial.text_content()
    # figures and tables are named as a reader would, and lead to their card
    [figure] = [node for node in trial.iter("a") if node.get("href").endswith("residenti.html#pavia.2022-01-01")]
    assert figure.text_content() == "Popolazione residente, ATS di Pavia, 1° gennaio 2022"
    for card in tree.xpath("//section[@class='scheda']"):
        assert not re.search(r"[a-z]_[a-z]", card.text_content())
    # what does not hold comes first
    ids = tree.xpath("//*[@id]/@id")
    assert ids.index("tempi-2019-classi") < ids.index("non-verificabili") < ids.index("risorse-2025-2027-regola")
    # the links of the page lead somewhere
    inner = {href[1:] for href in tree.xpath("//main//a/@href") if href.startswith("#")}
    assert inner <= set(ids)
    assert len(ids) == len(set(ids))


def test_the_files_hold_what_the_page_says(marked: Path) -> None:
    entries = json.loads((marked / "sito/dati/qualita/verifiche.json").read_text(encoding="utf-8"))
    assert len(entries) == len(check.checks()) + 1
    with (marked / "sito/dati/qualita/verifiche.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["id"] for row in rows] == [entry["id"] for entry in entries]
    remade = json.loads((marked / "sito/dati/qualita/documento-2020.json").read_text(encoding="utf-8"))
    assert {entry["motivo"] for entry in remade} >= {"nessuna differenza", "errore nel documento", "data diversa"}


def test_other_pages_lead_to_it(marked: Path) -> None:
    for page in ("fonti.html", "metodi.html", "index.html"):
        assert "qualita.html" in (marked / "sito" / page).read_text(encoding="utf-8")


def test_outcomes_are_remembered_with_the_tables_they_follow_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is declared where all is as it was; of another table, the checks that look for it are made again."""
    memory, declared, ran = tmp_path / "quadrature.pickle", check.checks()[:12], list[str]()
    run_each, digest_of = check.run_each, quadrature.table_digest

    def told(chosen: Iterable[Check]) -> Iterator[tuple[Result, frozenset[str]]]:
        for result, tables in run_each(chosen):
            ran.append(result.check.id)
            yield result, tables

    def known(print_: str) -> tuple[tuple[Result, ...], list[str]]:
        ran.clear()
        return quadrature.remembered(memory, print_), sorted(ran)

    monkeypatch.setattr(check, "run_each", told)
    monkeypatch.setattr(check, "checks", lambda: declared)
    every = [one.id for one in declared]
    first, made = known("a")
    assert made == every == [result.check.id for result in first]
    assert known("a") == (first, [])
    monkeypatch.setattr(check, "checks", lambda: pytest.fail("not to be declared"))
    assert known("a") == (first, [])
    named = [replace(declared[0], titolo="Un altro nome"), *declared[1:]]
    monkeypatch.setattr(check, "checks", lambda: named)
    monkeypatch.setattr(quadrature, "table_digest", lambda name: "other" if name == "comuni_ats" else digest_of(name))
    assert known("a")[0][0].check.titolo == "Un altro nome", "a table of territories says of whom a check is"
    monkeypatch.setattr(check, "checks", lambda: declared)
    monkeypatch.setattr(quadrature, "table_digest", digest_of)
    assert known("a")[0] == first
    table = next(iter({name for one in declared for name in one.tabelle} - {"popolazione"}))
    monkeypatch.setattr(quadrature, "table_digest", lambda name: "another" if name == table else digest_of(name))
    again, made = known("a")
    assert again == first
    assert {one.id for one in declared if table in one.tabelle} <= set(made) < set(every)
    assert known("b") == (first, every), "another program"
    memory.write_bytes(b"altro")
    assert known("b") == (first, every)
