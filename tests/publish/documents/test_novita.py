"""What changed since an earlier edition, in the document of a territory."""

from __future__ import annotations

import pytest
from piccola_edizione import CONFIG, outcomes_of

from conciliazione_lib.publish import changes, edition
from conciliazione_lib.publish.documents import outline
from conciliazione_lib.publish.documents.elements import Document, Heading, Paragraph, Table, plain
from conciliazione_lib.quality import editions

PAVIA = "pavia"


def document(new: edition.Edition, before: editions.Edition | None) -> Document:
    comparison = changes.compare(new, before) if before is not None else None
    return outline.document(new, next(place for place in new.luoghi if place.codice == PAVIA), comparison=comparison)


@pytest.fixture(scope="module")
def new(tmp_path_factory: pytest.TempPathFactory) -> edition.Edition:
    return edition.read(outcomes_of(tmp_path_factory.mktemp("nuova")), CONFIG)


def previous(new: edition.Edition, **values: float) -> editions.Edition:
    """Return the same edition as it would have been with other values for some figures, by id (``_`` for ``.``)."""
    described = changes.describe(new)
    registry = type(new.ledger)()
    for figure in new.ledger:
        key = f"{figure.indicator}__{figure.territory.chiave}"
        registry.add(figure.with_value(values[key]) if key in values else figure)
    return editions.Edition("2021", registry, described.metodi, described.confini, described.data)


def paragraphs(d: Document) -> list[str]:
    return [plain(e.spans) for e in d.elements if isinstance(e, Paragraph)]


def test_a_document_says_what_changed_and_why(new: edition.Edition) -> None:
    d = document(new, previous(new, residenti__pavia=500_000.0, indice_vecchiaia__pavia=150.0))
    place = next(i for i, e in enumerate(d.elements) if isinstance(e, Heading) and e.text == "Che cosa è cambiato")
    start, table = d.elements[place + 1 : place + 3]
    assert isinstance(start, Paragraph)
    assert isinstance(table, Table)
    assert plain(start.spans).startswith("Rispetto all'edizione 2021, delle ")
    assert "le cambiate sono 2 e le nuove 0." in plain(start.spans)
    rows = [[cell["t"] for cell in row] for row in table.rows]
    # the largest in proportion first, with the reason
    assert rows[0][0] == "Indice di vecchiaia"
    assert rows[1] == [
        "Popolazione residente",
        "500.000 (1° gennaio 2022)",
        "534.506 (1° gennaio 2022)",
        "+34.506",
        "causa da chiarire",
    ]


def test_an_edition_where_nothing_changed_says_so(new: edition.Edition) -> None:
    assert any("le cambiate sono 0 e le nuove 0." in t for t in paragraphs(document(new, previous(new))))


def test_without_an_earlier_edition_there_is_no_section(new: edition.Edition) -> None:
    assert not any(isinstance(e, Heading) and e.text == "Che cosa è cambiato" for e in document(new, None).elements)


def test_figures_of_other_territories_are_only_counted(new: edition.Edition) -> None:
    d = document(new, previous(new, residenti__insubria=1.0))
    assert not any(isinstance(e, Table) and e.id == "novita" for e in d.elements)
    assert any("le cambiate sono 1 e le nuove 0." in text for text in paragraphs(d))
