"""The figures that a check concerns, in a document: pointed out, never changed."""

from __future__ import annotations

from conciliazione_lib.publish.documents.elements import Paragraph, Span, Table, plain, skeleton
from conciliazione_lib.publish.documents.marks import STEP_OFF, marked
from conciliazione_lib.quality.check import Check, Outcome, Result

FOUND = Outcome("non_quadra", "Le parti e il totale: 12 e 13")
OUTCOME = Result(Check("risorse-prova", "Le parti sommano", (), (), "avviso", (), lambda: FOUND), FOUND)
FLAGGED = {"a.b.2022": (OUTCOME,), "a.c.2022": (OUTCOME,)}
WHY = "Cifra segnalata, non quadra (da chiarire): Le parti sommano. Le parti e il totale: 12 e 13."


def test_a_footnote_follows_the_figure_the_first_time_it_is_shown() -> None:
    spans = (Span("Sono "), Span("12", figure="a.b.2022"), Span(" e ancora "), Span("12", figure="a.b.2022"), Span("."))
    [before], [after] = [Paragraph("k", spans)], marked([Paragraph("k", spans)], FLAGGED)
    assert isinstance(after, Paragraph)
    assert [plain(span.note) for span in after.spans if span.note] == [WHY]
    assert after.spans[2].text == STEP_OFF, "apart: it would be read as a digit of the figure"
    assert after.spans[3].note
    # what is read and the identity of the paragraph stay the same
    assert plain(after.spans) == plain(before.spans)
    assert skeleton(after.spans) == skeleton(before.spans)


def test_the_same_reason_is_not_said_twice_in_a_row() -> None:
    spans = (Span("12", figure="a.b.2022"), Span(" e "), Span("13", figure="a.c.2022"))
    [after] = marked([Paragraph("k", spans)], FLAGGED)
    assert isinstance(after, Paragraph)
    note = [plain(span.note) for span in after.spans if span.note]
    assert note == [WHY, "Cifra segnalata per lo stesso motivo della nota precedente."]


def test_a_table_names_the_cells_concerned_in_a_note() -> None:
    rows = (
        ({"v": None, "t": "Pavia", "cifra": None}, {"v": 12, "t": "12", "cifra": "a.b.2022"}),
        ({"v": None, "t": "Milano", "cifra": None}, {"v": 5, "t": "5", "cifra": "a.d.2022"}),
    )
    table = Table("k", "t", "Prova", (), rows, notes=("Nota.",))
    [after] = marked([table], FLAGGED)
    assert isinstance(after, Table)
    assert after.rows == rows
    assert after.notes == ("Nota.", f"{WHY} Cifre: Pavia, 12.")


def test_what_no_check_concerns_stays_as_it_is() -> None:
    elements = [Paragraph("k", (Span("12", figure="a.z.2022"),))]
    assert marked(elements, FLAGGED) == elements
