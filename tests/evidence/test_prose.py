"""Sentences: what a researcher writes, what a reader gets, what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from conciliazione_lib import evidence
from conciliazione_lib.errors import UsoError
from conciliazione_lib.evidence import Ledger, Place, ProsaError
from conciliazione_lib.evidence.proofreading import check, free_numbers, links, sentences
from conciliazione_lib.evidence.prose import escape

INSUBRIA = Place("ats", "insubria", "Insubria")


def write(testo: str, registry: Ledger, **names) -> str:
    return evidence.render(testo, registry, t=INSUBRIA, **names)


def read(markdown: str) -> str:
    """What the reader reads."""
    rest = markdown
    for _, key, text in links(markdown):
        for kind in ("cifra", "affermazione"):
            rest = rest.replace(f"[{escape(text)}]({kind}:{key})", text)
    return rest


def test_three_figures_and_a_claim_in_one_sentence(f, ledger):
    markdown = write(
        "Al {{ periodo(f.indice_vecchiaia) }} l'indice di vecchiaia {{ di(t) }} è {{ f.indice_vecchiaia }}, "
        "{{ confronto(f.indice_vecchiaia, 'lombardia') }} ({{ f.indice_vecchiaia['lombardia'] }}), "
        "con {{ quanti(f.residenti_65_piu, 'anziano', 'anziani') }}.",
        ledger,
        f=f,
    )
    assert read(markdown) == (
        "Al 1° gennaio 2022 l'indice di vecchiaia dell'ATS dell'Insubria è 204,5, sopra la media regionale "
        "(157,4), con 225 anziani."
    )
    assert "[204,5](cifra:indice_vecchiaia.insubria.2022-01-01)" in markdown
    assert [kind for kind, _, _ in links(markdown)] == ["cifra", "affermazione", "cifra", "cifra"]
    assert {key for kind, key, _ in links(markdown) if kind == "cifra"} == set(ledger.figures)
    assert all(claim.holds(ledger.figures) for claim in ledger.claims.values())


def test_a_series_is_told_year_by_year_without_the_years_it_lacks(ledger):
    series = [
        evidence.Figure("nati", value, "persone", 0, INSUBRIA, year)
        for year, value in (("2021", 900.0), ("2022", None), ("2023", 800.0), ("2024", 700.0))
    ]
    assert (
        read(write("{{ anno_per_anno(serie) }}", ledger, serie=series)) == "900 nel 2021, 800 nel 2023 e 700 nel 2024"
    )
    told = write("{{ anno_per_anno(serie, 'alla fine del') }}", ledger, serie=series[2:])
    assert read(told) == "800 alla fine del 2023 e 700 alla fine del 2024"


def test_names_come_from_the_notebook_unless_given_or_reserved(ledger):
    variables = {"luogo": "Azzate", "t": "mai vista", "breve": "una variabile", "su": print}
    text = "{{ luogo }} {{ in_(t) }}{% for breve in [luogo] %} {{ breve }}{% endfor %} {{ su(t) }}"
    assert evidence.render(text, ledger, variables, t=INSUBRIA) == (
        "Azzate nell'ATS dell'Insubria Azzate sull'ATS dell'Insubria"
    )
    with pytest.raises(UsoError, match="«breve» passato al testo è già una parola dei modelli"):
        evidence.render("{{ breve(t) }}", ledger, variables, t=INSUBRIA)
    with pytest.raises(ProsaError, match="nome non definito: 'altro' is undefined"):
        evidence.render("{{ altro }}", ledger, variables)


def test_every_word_of_the_vocabulary_is_recorded(f, ledger):
    markdown = write(
        "{{ in_(t)|maiuscola }} il dato è {{ rango(f.indice_vecchiaia) }}; "
        "{{ massimo(f.indice_vecchiaia, prep='in') }}, {{ minimo(f.indice_vecchiaia) }}: "
        "{{ differenza(f.indice_vecchiaia, 'lombardia') }}, {{ frazione(f.indice_vecchiaia, 'lombardia') }}, "
        "{{ variazione(f.indice_vecchiaia, f.indice_vecchiaia['pavia']) }}, "
        "{{ soglia(f.indice_vecchiaia, 100, sopra='più anziani che giovani') }}, {{ intervallo(f.indice_vecchiaia) }}, "
        "{{ preposto('in', t, breve=true) }}.",
        ledger,
        f=f,
    )
    assert read(markdown) == (
        "Nell'ATS dell'Insubria il dato è il secondo valore più alto tra le otto ATS; "
        "nell'ATS della Città Metropolitana di Milano, l'ATS di Pavia: 47,1 punti in più, oltre un quarto in più, "
        "in aumento, più anziani che giovani, senza intervallo, nell'Insubria."
    )
    assert {claim.kind for claim in ledger.claims.values()} == {
        "rango", "estremo", "differenza", "frazione", "variazione", "soglia",
    }  # fmt: skip
    difference = ledger["differenza.insubria.2022-01-01.da-lombardia.di-indice_vecchiaia"]
    assert dict(difference.terms).keys() == {"a", "b"}


def test_numbers_take_their_article(the_figure, ledger):
    markdown = write(
        "{{ il(xa)|maiuscola }}, {{ del(xb) }}, {{ al(xc) }}, {{ dal(xa) }}, {{ il(xd) }}.",
        ledger,
        xa=the_figure(63.5),
        xb=the_figure(8.7, "pavia"),
        xc=the_figure(0.5, "milano"),
        xd=the_figure(None, "brescia"),
    )
    assert read(markdown) == "Il 63,5%, dell'8,7%, allo 0,5%, dal 63,5%, n.d.."


def test_a_missing_value_is_said(the_figure, ledger):
    markdown = write("La quota è {{ x }}, {{ confronto(x, y) }}.", ledger, x=the_figure(None), y=the_figure(3, "pavia"))
    assert read(markdown) == "La quota è n.d., non confrontabile con il valore dell'ATS di Pavia."


@pytest.mark.parametrize(
    ("testo", "numero"),
    [
        ("La quota è 56,4% del totale.", "56,4%"),
        ("Ci sono 134 comuni.", "134"),
        ("Prima frase. Il valore {{ x }} supera 12.", "12"),
        ("Sono 1.000.000,00 € in tutto.", "1.000.000,00"),
        ("In crescita da 12 anni.", "12"),
        ("Il 3 per cento.", "3"),
        ("* Un punto con 7 voci.", "7"),
    ],
)
def test_a_number_without_a_figure_is_refused_naming_it_and_its_sentence(the_figure, ledger, testo, numero):
    with pytest.raises(ProsaError) as error:
        write(testo, ledger, x=the_figure(1))
    assert f"Numero senza cifra: «{numero}»" in str(error.value)
    assert "Prima frase" not in str(error.value)


@pytest.mark.parametrize(
    "testo",
    [
        "Al 1° gennaio 2022 e al 31 dicembre 2018.",
        "Dal 2013 al 2018, nel triennio 2020–2023, edizione 2025-27, il 5/3/2024, il 2022-01-01.",
        "Secondo la DGR n. XI/2398/2019, la D.G.R. X/1081 del 12/12/2013 e la l.r. 28/2004.",
        "La legge 8 marzo 2000, n. 53, la L. 53/2000, il D.Lgs. 151/2001 e il regolamento (UE) 2016/679.",
        "L'art. 42-bis, gli artt. 3 e 4, il comma 2, l'allegato 1.",
        "Si veda il § 1.2, la sezione 3.1, la figura 4, la tabella 2, pag. 12.".replace("pag.", "p."),
        "I bambini di 0–2 anni, le persone di 65 anni e più, gli under 35, i 18-64enni, chi ha meno di 15 anni.",
        "Tra i 15 e i 64 anni, dai 3 ai 5 anni, la fascia 45-54.",
        "Posti ogni 100 bambini e nati per 1.000 residenti, con un intervallo di confidenza al 95%.",
        "Negli anni '90.",
        "Il sito è https://www.istat.it/it/archivio/12345 e basta.",
    ],
)
def test_dates_articles_sections_acts_ages_and_bases_are_free(testo):
    check(testo)


@pytest.mark.parametrize(
    "parole",
    ["in crescita", "sopra la media", "in linea con", "il doppio", "oltre la metà", "il valore più alto", "un terzo"],
)
def test_comparisons_typed_beside_a_figure_are_refused(the_figure, ledger, parole):
    with pytest.raises(ProsaError, match="Confronto scritto a mano"):
        write("Il dato {{ x }} è " + parole + ".", ledger, x=the_figure(1))
    check(f"Un metodo che dice quando un valore è {parole}.")


def test_names_that_are_not_there_and_bare_numbers_are_refused(f, ledger):
    with pytest.raises(ProsaError, match="'indce' is undefined"):
        write("{{ indce }}", ledger)
    with pytest.raises(ProsaError, match="né una cifra né un nome: 3"):
        write("Sono {{ 1 + 2 }}.", ledger)
    with pytest.raises(ProsaError, match="non è un modello valido"):
        write("{{ x", ledger)
    with pytest.raises(UsoError, match="«nome» passato al testo è già una parola"):
        write("{{ nome(t) }}", ledger, nome="x")
    with pytest.raises(UsoError, match="indice_vecchiaia"):
        write("{{ f.indice_vechiaia }}", ledger, f=f)


HOSTILE = (
    "A*B*",
    "[x](javascript:alert)",
    "<script>",
    "`c`",
    "a_b_c",
    "# t",
    "I. uno",
    "- due",
    "a|b",
    "&amp;",
    "![i](u)",
)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_names_mean_themselves(ledger, hostile):
    markdown = write("{{ voce }}", ledger, voce=hostile)
    html = MarkdownIt("commonmark").enable("table").render(str(markdown))
    assert html == f"<p>{_html(hostile)}</p>\n"


def _html(testo: str) -> str:
    return testo.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@given(st.text(alphabet=st.characters(blacklist_categories=("Cc", "Cs", "Nd", "Zl", "Zp")), min_size=1, max_size=20))
def test_any_text_without_digits_survives_as_it_is(testo):
    markdown = MarkdownIt("commonmark").render("x " + escape(testo))
    expected = _html(("x " + " ".join(testo.split(" "))).rstrip())
    assert " ".join(markdown.replace("&quot;", '"').split()) == f"<p>{' '.join(expected.split())}</p>"


def test_sentences_are_not_cut_at_abbreviations_or_inside_links(ledger, the_figure):
    text = write("Vale l'art. 3 della DGR n. XI/2398/2019. Il dato è {{ x }}. Fine.", ledger, x=the_figure(1))
    assert [sentence.split()[0] for sentence in sentences(text)] == ["Vale", "Il", "Fine."]


def test_free_numbers_reads_what_is_left():
    assert free_numbers("Nel 2020 erano 1.234, oggi -5%.") == ["1.234", "-5%"]
