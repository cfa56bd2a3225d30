"""The page of the checks, and the mark beside the figures they concern."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import lxml.html
import pytest
from piccola_edizione import CONFIG, risultati

from conciliazione_lib.evidence import cards
from conciliazione_lib.publish import changes, edition, public_site, quadrature
from conciliazione_lib.publish.verify import verifica
from conciliazione_lib.quality import check
from conciliazione_lib.quality.check import Check, Outcome, Result
from conciliazione_lib.quality.marks import Marks

TITOLO = 'Somma di "prova" & <altro>'


def segnalazione(*cifre: str) -> Result:
    trovato = Outcome("non_quadra", "Le parti e il totale: 12 e 13", spiegazione="Perché sì.", cifre=cifre)
    return Result(Check("risorse-prova", TITOLO, ("Fonte, § 1",), ("riparti",), "avviso", (), lambda: trovato), trovato)


@pytest.fixture(scope="module")
def segnata(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small edition, one figure of which is concerned by a check that does not hold."""
    cartella = tmp_path_factory.mktemp("edizione segnata")
    with pytest.MonkeyPatch.context() as cambio:
        esiti = (*quadrature.results(), segnalazione("residenti.pavia.2022-01-01"))
        cambio.setattr(quadrature, "results", lambda: esiti)
        letta = edition.read(risultati(cartella), CONFIG)
        public_site.build(cartella / "sito", letta)
    letta.ledger.save(cartella / "cifre.json")
    changes.describe(letta).save(cartella)
    return cartella


def test_a_mark_is_put_after_the_figure_and_changes_no_number() -> None:
    pagina = (
        '<p>Sono <a class="cifra" href="../cifre/a.html#b.2022"><strong>12</strong></a> e '
        '<a class="cifra" href="../cifre/a.html#c.2022">13</a>.</p>'
    )
    esito = quadrature.with_marks(pagina, "x/y.html", Marks([segnalazione("a.b.2022")]), {"a.b.2022"})
    albero = lxml.html.fromstring(f"<div>{esito}</div>")
    segni = albero.xpath("//a[@class='segnale']")
    assert [segno.get("href") for segno in segni] == ["../qualita.html#risorse-prova"]
    assert segni[0].getprevious().text_content() == "12"
    assert albero.text_content() == lxml.html.fromstring(f"<div>{pagina}</div>").text_content()
    assert albero.xpath("//img/@alt")[0] == f"Cifra segnalata. Non quadra: {TITOLO} (da chiarire)"


def test_pages_without_figures_concerned_stay_as_they_are() -> None:
    pagina = '<a class="cifra" href="cifre/a.html#b.2022">12</a>'
    assert quadrature.with_marks(pagina, "x.html", Marks([segnalazione("altra.b.2022")]), {"a.b.2022"}) == pagina


def test_every_showing_of_a_figure_concerned_has_its_mark(segnata: Path) -> None:
    chiave = "residenti.pavia.2022-01-01"
    pagine = 0
    for file in sorted((segnata / "sito").rglob("*.html")):
        albero = lxml.html.parse(file).getroot()
        mostrata = [
            a for a in albero.xpath("//a[@class='cifra']") if cards.figure_at(a.get("href"), file.name) == chiave
        ]
        for cifra in mostrata:
            segno = cifra.getnext()
            assert segno is not None, file.name
            assert segno.get("href").endswith("qualita.html#risorse-prova")
            meta = (file.parent / segno.get("href").partition("#")[0]).resolve()
            assert meta == (segnata / "sito/qualita.html").resolve()
        pagine += bool(mostrata)
        assert not albero.xpath(
            "//a[contains(@href, 'residenti.html#insubria.2022-01-01')]/following-sibling::*[1][@class='segnale']"
        )
    assert pagine >= 3
    scheda = lxml.html.parse(segnata / "sito/cifre/residenti.html").getroot().get_element_by_id("pavia.2022-01-01")
    assert "Le parti e il totale: 12 e 13" in scheda.text_content()
    assert scheda.xpath("./p[@class='valore']/a[@class='segnale']")


def test_the_edition_with_marks_is_coherent(segnata: Path) -> None:
    assert [str(trovata) for trovata in verifica(segnata).findings] == []


def test_the_page_lists_every_check_with_its_anchor(segnata: Path) -> None:
    albero = lxml.html.parse(segnata / "sito/qualita.html").getroot()
    for c in check.checks():
        nodo = albero.get_element_by_id(c.id)
        assert c.titolo in nodo.text_content()
    prova = albero.get_element_by_id("risorse-prova")
    assert "non quadra (da chiarire)" in prova.text_content()
    # figures and tables are named as a reader would, and lead to their card
    [cifra] = [nodo for nodo in prova.iter("a") if nodo.get("href").endswith("residenti.html#pavia.2022-01-01")]
    assert cifra.text_content() == "Popolazione residente, ATS di Pavia, 1° gennaio 2022"
    for scheda in albero.xpath("//section[@class='scheda']"):
        assert not re.search(r"[a-z]_[a-z]", scheda.text_content())
    # what does not hold comes first
    ids = albero.xpath("//*[@id]/@id")
    assert ids.index("tempi-2019-classi") < ids.index("non-verificabili") < ids.index("risorse-2025-2027-regola")
    # the links of the page lead somewhere
    interni = {href[1:] for href in albero.xpath("//main//a/@href") if href.startswith("#")}
    assert interni <= set(ids)
    assert len(ids) == len(set(ids))


def test_the_files_hold_what_the_page_says(segnata: Path) -> None:
    voci = json.loads((segnata / "sito/dati/qualita/verifiche.json").read_text(encoding="utf-8"))
    assert len(voci) == len(check.checks()) + 1
    with (segnata / "sito/dati/qualita/verifiche.csv").open(encoding="utf-8", newline="") as flusso:
        righe = list(csv.DictReader(flusso))
    assert [riga["id"] for riga in righe] == [voce["id"] for voce in voci]
    rifatte = json.loads((segnata / "sito/dati/qualita/documento-2020.json").read_text(encoding="utf-8"))
    assert {voce["motivo"] for voce in rifatte} >= {"nessuna differenza", "errore nel documento", "data diversa"}


def test_other_pages_lead_to_it(segnata: Path) -> None:
    for pagina in ("fonti.html", "metodi.html", "index.html"):
        assert "qualita.html" in (segnata / "sito" / pagina).read_text(encoding="utf-8")
