"""What is missing from a territory, for who must provide it: a workbook with a row each, in its chapter's order."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import xlsxwriter

from conciliazione_lib.catalog import spec
from conciliazione_lib.evidence import Place
from conciliazione_lib.publish.documents.workbook import CREATED, Styles
from conciliazione_lib.publish.edition import Edition

#: Columns and their width in characters.
COLUMNS = MappingProxyType(
    {
        "Che cosa manca": 40,
        "Che effetto ha sul documento": 70,
        "Cifre che lo aspettano": 14,
        "Chi lo ha": 40,
        "Modello da compilare": 40,
    }
)


def gaps(edition: Edition, place: Place) -> Iterator[Mapping[str, Any]]:
    """Yield what is missing as the chapters of a territory say: ``cosa, effetto, chi, modello, cifre``."""
    for chapter in edition.di(place):
        for block in chapter.blocchi if chapter.disponibile else ():
            if "lacuna" in block:
                yield block["lacuna"]


def compose(edition: Edition, place: Place) -> bytes:
    """Return the bytes of the workbook."""
    output = io.BytesIO()
    with xlsxwriter.Workbook(output, {"in_memory": True, "strings_to_formulas": False}) as book:
        book.set_properties({"title": f"Che cosa manca – {place.nome}", "created": CREATED})
        styles, sheet = Styles(book), book.add_worksheet("Lacune")
        sheet.write_string(0, 0, f"Che cosa manca – {place.nome}", styles.titolo)
        sheet.write_string(1, 0, f"{edition.titolo}. Per primo ciò che più cifre aspettano.")
        for column, (name, width) in enumerate(COLUMNS.items()):
            sheet.set_column(column, column, width)
            sheet.write_string(3, column, name, styles.testa)
        for row, gap in enumerate(gaps(edition, place), 4):
            for column, text in ((0, gap["cosa"]), (1, gap["effetto"]), (3, gap["chi"]), (4, template(gap["modello"]))):
                sheet.write_string(row, column, text, styles.testo)
            if gap["cifre"]:
                sheet.write_number(row, 2, gap["cifre"], styles.numero("#,##0"))
        sheet.freeze_panes(4, 1)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
    return output.getvalue()


def template(table: str) -> str:
    """Return how the template of a table is called, for who looks for it."""
    return f"{spec(table).title} ({table})" if table else "nessuno: si chiede a chi lo ha"
