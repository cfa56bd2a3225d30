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
_NUMERO = re.compile(r"([^\d\-−]*)[\-−]?(\d[\d.]*)(?:,(\d+))?(\D*)")
#: Width of a page of table, in characters of the sheet.
_LARGO = 110


def compose(document: Document) -> bytes:
    """Return the bytes of the workbook; text is always text, so that nothing in it is taken for a formula."""
    uscita = io.BytesIO()
    opzioni = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(uscita, opzioni) as libro:
        libro.set_properties(
            {"title": f"{document.title} – {document.place}: tabelle", "author": document.place, "created": CREATED}
        )
        stili = Styles(libro)
        indice = libro.add_worksheet("Indice")
        numeri = document.numbers()
        indice.set_column(0, 0, 14)
        indice.set_column(1, 1, 100)
        indice.write_string(0, 0, f"{document.title} – {document.place}", stili.titolo)
        indice.write_string(1, 0, f"{document.edition}. Territorio e popolazione al {document.date}.")
        for riga, tavola in enumerate(document.tables(), 3):
            nome = f"Tabella {numeri[tavola.id][1]}"
            indice.write_url(riga, 0, f"internal:'{nome}'!A1", string=nome)
            indice.write_string(riga, 1, tavola.caption)
            _sheet(libro, nome, tavola, stili)
        riga = 4 + len(document.tables())
        for posto, tavola in enumerate(document.beyond, 1):
            nome = tavola.caption if tavola.id == tavola.caption.lower() else f"Sito {posto}"
            indice.write_url(riga + posto, 0, f"internal:'{nome}'!A1", string=nome)
            indice.write_string(riga + posto, 1, tavola.caption)
            _sheet(libro, nome, tavola, stili)
    return uscita.getvalue()


class Styles:
    """The formats of the workbook."""

    def __init__(self, libro: xlsxwriter.Workbook) -> None:
        self.libro = libro
        colori = palette.colori("documenti")
        self.titolo = libro.add_format({"bold": True, "font_size": 12})
        self.testa = libro.add_format(
            {"bold": True, "text_wrap": True, "valign": "bottom", "bottom": 1, "bg_color": colori["riga_gruppo"]}
        )
        self.testo = libro.add_format({"text_wrap": True, "valign": "top"})
        self.destra = libro.add_format({"align": "right", "valign": "top"})
        self.nota = libro.add_format({"italic": True, "font_color": colori["secondario"]})
        self._numeri: dict[str, xlsxwriter.format.Format] = {}

    def numero(self, formato: str) -> xlsxwriter.format.Format:
        """Return the style of the numbers written in some way."""
        if formato not in self._numeri:
            self._numeri[formato] = self.libro.add_format({"num_format": formato, "valign": "top"})
        return self._numeri[formato]


def _sheet(libro: xlsxwriter.Workbook, nome: str, tavola: Table, stili: Styles) -> None:
    foglio = libro.add_worksheet(nome)
    foglio.write_string(0, 0, f"{nome}. {tavola.caption}", stili.titolo)
    for posto, (colonna, share) in enumerate(zip(tavola.columns, layout(tavola).shares, strict=True)):
        unita = f" ({colonna['unita']})" if colonna["unita"] else ""
        foglio.write_string(2, posto, f"{colonna['nome']}{unita}", stili.testa)
        foglio.set_column(posto, posto, max(10.0, share * _LARGO))
    for riga, celle in enumerate(tavola.rows, 3):
        for posto, cella in enumerate(celle):
            valore, testo = cella["v"], str(cella["t"])
            destra = tavola.columns[posto]["allineamento"] == "destra"
            formato = number_format(testo) if isinstance(valore, int | float) and not isinstance(valore, bool) else None
            if formato and destra:
                foglio.write_number(riga, posto, valore, stili.numero(formato))
            else:
                foglio.write_string(riga, posto, testo, stili.destra if destra else stili.testo)
    foglio.freeze_panes(3, 1)
    foglio.set_landscape()
    foglio.set_paper(9)  # A4
    foglio.fit_to_pages(1, 0)
    foglio.repeat_rows(2)
    fine = 4 + len(tavola.rows)
    righe = [*tavola.notes, *([f"Fonte: {tavola.source}"] if tavola.source else [])]
    for scarto, testo in enumerate(righe):
        foglio.write_string(fine + scarto, 0, testo, stili.nota)


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
    trovato = _NUMERO.fullmatch(testo)
    if trovato is None:
        return None
    prima, intero, decimali, dopo = trovato.groups()
    migliaia = "." in intero or len(intero) < 4  # a year has no separator
    cifre = ("#,##0" if migliaia else "0") + ("." + "0" * len(decimali) if decimali else "")
    return "".join((_literal(prima), cifre, _literal(dopo)))


def _literal(parole: str) -> str:
    return '"' + parole.replace('"', "") + '"' if parole else ""
