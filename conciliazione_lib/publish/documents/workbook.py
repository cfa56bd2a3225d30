"""The workbook of the tables of a document: one sheet each, with notes and source, numbers as numbers."""

from __future__ import annotations

import datetime as dt
import io
import re

import xlsxwriter

from conciliazione_lib.publish.documents.elements import Document, Table
from conciliazione_lib.publish.documents.layout import layout
from conciliazione_lib.report import palette

#: A date in the file would make two workbooks of the same tables differ.
CREATED = dt.datetime(2025, 1, 1)
#: A number in Italian with at most words around it: what is before it, its whole part, its decimals, what is after.
_NUMBER = re.compile(r"([^\d\-−]*)[\-−]?(\d[\d.]*)(?:,(\d+))?(\D*)")
#: Width of a page of table, in characters of the sheet.
_WIDE = 110


def compose(document: Document) -> bytes:
    """Return the bytes of the workbook; text is always text, so that nothing in it is taken for a formula."""
    output = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(output, options) as book:
        book.set_properties(
            {"title": f"{document.title} – {document.place}: tabelle", "author": document.place, "created": CREATED}
        )
        styles = Styles(book)
        index = book.add_worksheet("Indice")
        numbers = document.numbers()
        index.set_column(0, 0, 14)
        index.set_column(1, 1, 100)
        index.write_string(0, 0, f"{document.title} – {document.place}", styles.titolo)
        index.write_string(1, 0, f"{document.edition}. Territorio e popolazione al {document.date}.")
        for row, table in enumerate(document.tables(), 3):
            name = f"Tabella {numbers[table.id][1]}"
            index.write_url(row, 0, f"internal:'{name}'!A1", string=name)
            index.write_string(row, 1, table.caption)
            _sheet(book, name, table, styles)
        row = 4 + len(document.tables())
        for place, table in enumerate(document.beyond(), 1):
            name = table.caption if table.id == table.caption.lower() else f"Sito {place}"
            index.write_url(row + place, 0, f"internal:'{name}'!A1", string=name)
            index.write_string(row + place, 1, table.caption)
            _sheet(book, name, table, styles)
    return output.getvalue()


class Styles:
    """The formats of the workbook."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self.libro = book
        colours = palette.colours("documenti")
        self.titolo = book.add_format({"bold": True, "font_size": 12})
        self.testa = book.add_format(
            {"bold": True, "text_wrap": True, "valign": "bottom", "bottom": 1, "bg_color": colours["riga_gruppo"]}
        )
        self.testo = book.add_format({"text_wrap": True, "valign": "top"})
        self.destra = book.add_format({"align": "right", "valign": "top"})
        self.nota = book.add_format({"italic": True, "font_color": colours["secondario"]})
        self._numeri: dict[str, xlsxwriter.format.Format] = {}

    def numero(self, format_: str) -> xlsxwriter.format.Format:
        """Return the style of the numbers written in some way."""
        if format_ not in self._numeri:
            self._numeri[format_] = self.libro.add_format({"num_format": format_, "valign": "top"})
        return self._numeri[format_]


def _sheet(book: xlsxwriter.Workbook, nome: str, table: Table, styles: Styles) -> None:
    sheet = book.add_worksheet(nome)
    sheet.write_string(0, 0, f"{nome}. {table.caption}", styles.titolo)
    for place, (column, share) in enumerate(zip(table.columns, layout(table).shares, strict=True)):
        unit = f" ({column['unita']})" if column["unita"] else ""
        sheet.write_string(2, place, f"{column['nome']}{unit}", styles.testa)
        sheet.set_column(place, place, max(10.0, share * _WIDE))
    for row, cells in enumerate(table.rows, 3):
        for place, cell in enumerate(cells):
            value, text = cell["v"], str(cell["t"])
            right = table.columns[place]["allineamento"] == "destra"
            format_ = number_format(text) if isinstance(value, int | float) and not isinstance(value, bool) else None
            if format_ and right:
                sheet.write_number(row, place, value, styles.numero(format_))
            else:
                sheet.write_string(row, place, text, styles.destra if right else styles.testo)
    sheet.freeze_panes(3, 1)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(2)
    end = 4 + len(table.rows)
    rows = [*table.notes, *([f"Fonte: {table.source}"] if table.source else [])]
    for gap, text in enumerate(rows):
        sheet.write_string(end + gap, 0, text, styles.nota)


def number_format(testo: str) -> str | None:
    """Return the format of the sheet that shows a number as it is written in the document, its words included.

    Parameters
    ----------
    testo : str
        As shown: ``1.234,5``, ``21,2 punti percentuali``, ``2022``.

    Returns
    -------
    str or None
        ``None`` when there is not just one number, as in an interval: that stays text.
    """
    found = _NUMBER.fullmatch(testo)
    if found is None:
        return None
    before, whole, decimals, after = found.groups()
    thousands = "." in whole or len(whole) < 4  # a year has no separator
    figures = ("#,##0" if thousands else "0") + ("." + "0" * len(decimals) if decimals else "")
    return "".join((_literal(before), figures, _literal(after)))


def _literal(parole: str) -> str:
    return '"' + parole.replace('"', "") + '"' if parole else ""
