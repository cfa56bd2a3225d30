"""The methods page of an edition whose population by age was estimated: how, and how wrong it may be."""

from __future__ import annotations

import jinja2
import lxml.html

from conciliazione_lib import catalog
from conciliazione_lib.evidence import registry
from conciliazione_lib.publish.estimated_population import section


def test_an_edition_with_the_ages_of_istat_has_no_such_section() -> None:
    assert section("2022-01-01", registry.load()) is None
    assert section("1999-01-01", registry.load()) is None


def test_the_table_shows_the_measured_errors_and_where_a_range_is_given() -> None:
    estimate = section("2025-01-01", registry.load())
    assert estimate is not None
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("conciliazione_lib.publish"), autoescape=True, undefined=jinja2.StrictUndefined
    )
    page = lxml.html.fromstring(
        f"<div>{environment.get_template('popolazione_stimata.html').render(stima=estimate)}</div>"
    )
    text = " ".join(page.text_content().split())
    assert "Al 1° gennaio 2025 ISTAT ha dato i residenti di ogni comune per sesso" in text
    assert "si conoscono al 1° gennaio 2022" in text
    headings = [" ".join(h.text_content().split()) for h in page.xpath("//thead//th")]
    assert headings[1:4] == [
        "Comuni sotto 500 residenti",
        "Comuni da 500 a 1.000 residenti",
        "Comuni da 1.000 a 2.000 residenti",
    ]
    assert headings[7:11] == ["Comuni da 50.000 residenti in su", "Ambiti", "ATS", "Province"]
    rows = {
        r.xpath("./th")[0].text_content(): [c.text_content() for c in r.xpath("./td")] for r in page.xpath("//tbody/tr")
    }
    assert len(rows) == 10
    errors = (
        catalog.read("errori_popolazione").query("fascia == 'residenti_0_2'").set_index(["livello", "da_residenti"])
    )
    toddlers = rows[registry.load()["residenti_0_2"].nome]
    smallest = errors.at[("comune", 0), "errore_nono_decile"]
    assert toddlers[0] == f"{smallest:.1f}% (intervallo)".replace(".", ",")
    assert "intervallo" not in toddlers[7]  # the ambiti
    assert toddlers[-1] == "nascosti-2022, struttura-2025"
    # every test named in the table is described
    named = {name.strip() for row in rows.values() for name in row[-1].split(",")}
    assert named == {term.text_content() for term in page.xpath("//dt")}
