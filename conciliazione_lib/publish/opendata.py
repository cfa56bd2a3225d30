"""Open data: every table as CSV, those of a chapter as one workbook and one Parquet; for people and for catalogues.

The descriptions are a Frictionless ``datapackage.json``, schema.org markup in the pages, and a DCAT-AP_IT catalogue in
RDF/XML. Nothing here depends on the moment of the run: the same edition gives the same bytes.
"""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

import conciliazione_lib.publish.addresses as addresses
import conciliazione_lib.publish.words as words
from conciliazione_lib import storage
from conciliazione_lib.evidence import Place, formats
from conciliazione_lib.publish.edition import Block, Chapter, Edition
from conciliazione_lib.region import REGION

if TYPE_CHECKING:
    from conciliazione_lib.publish.site import Site

#: Format of a table: extension, name shown, media type.
OF_A_TABLE = ("csv", "CSV", "text/csv")

#: Formats with all the tables of a chapter, where they are more than the few of the sheet of an ambito.
OF_THE_CHAPTER = (
    ("xlsx", "XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("parquet", "Parquet", "application/vnd.apache.parquet"),
)
FORMATS = (OF_A_TABLE, *OF_THE_CHAPTER)
#: Significant digits of numbers that are not whole in the open data of the store; cents are always there. With fewer, a
#: figure rounded again by who reads would not be that of the pages; differences are in no page.
DIGITS, OF_DIFFERENCES = 9, 4
LICENCE = "https://creativecommons.org/licenses/by/4.0/"


@dataclass(frozen=True)
class Dataset:
    """A table that can be downloaded.

    Attributes
    ----------
    capitolo : Chapter
        Where it is shown.
    tavola : dict
        The table block.
    """

    capitolo: Chapter
    tavola: Block

    @property
    def nome(self) -> str:
        """Identifier in the edition: territory, chapter, table."""
        return f"{self.capitolo.luogo.chiave}-{self.capitolo.slug}-{self.tavola['id']}"

    @property
    def titolo(self) -> str:
        """Title with the territory."""
        title = str(self.tavola["titolo"])
        for prefix in ("Dati del grafico: ", "Dati della mappa: "):
            title = title.removeprefix(prefix)
        return f"{title} – {self.capitolo.luogo.nome}"

    def indirizzo(self, format_: str) -> str:
        """Return the address, from the root of the site, of its file, or of that of its chapter."""
        place, slug = self.capitolo.luogo, self.capitolo.slug
        if format_ == OF_A_TABLE[0]:
            return addresses.table(place, slug, self.tavola["id"])
        return addresses.tables(place, slug, format_)


def whole_formats(place: Place) -> tuple[tuple[str, str, str], ...]:
    """Return the formats in which all the tables of a chapter are together: none for the sheet of an ambito."""
    return () if place.livello == "ambito" else OF_THE_CHAPTER


def datasets(edizione: Edition) -> Iterator[Dataset]:
    """Yield every table of the edition."""
    for chapter in edizione.capitoli:
        for table in chapter.tables():
            yield Dataset(chapter, table)


def write_of(site: Site, chapter: Chapter) -> None:
    """Write every table of a chapter as CSV, and all of them in its whole formats."""
    tables = list(chapter.tables())
    if not tables:
        return
    for table in tables:
        names = [column["id"] for column in table["colonne"]]
        rows = [["" if c["v"] is None else c["v"] for c in row] for row in table["righe"]]
        site.write_text(addresses.table(chapter.luogo, chapter.slug, table["id"]), words.csv_text(names, rows))
    for format_, _, _ in whole_formats(chapter.luogo):
        content = workbook(tables) if format_ == "xlsx" else _parquet(tables)
        site.put(site.cartella / addresses.tables(chapter.luogo, chapter.slug, format_), content)


def _parquet(tables: Sequence[Block]) -> bytes:
    """Return the tables of a chapter as Parquet: small ones, where what is said beside the values would weigh most."""
    import pyarrow as pa
    from pyarrow import parquet

    memory = io.BytesIO()
    table = pa.Table.from_pandas(cells(tables), preserve_index=False).replace_schema_metadata()
    parquet.write_table(
        table,
        memory,
        compression="zstd",
        compression_level=19,
        use_dictionary=["tavola", "colonna", "indicatore"],
        write_statistics=False,
        store_schema=False,
    )
    return memory.getvalue()


def cells(tables: Sequence[Block]) -> pd.DataFrame:
    """Return tables as one frame, a row a cell.

    Parameters
    ----------
    tables : sequence of dict
        Table blocks.

    Returns
    -------
    pandas.DataFrame
        Columns ``tavola``, ``riga`` (from 0), ``colonna``, ``indicatore`` (that of the column, or its id), ``valore``
        (a number, or missing), ``testo`` (as shown, where it is not a number), ``cifra`` (id of the figure, or empty).
    """
    rows = []
    for table in tables:
        for i, row in enumerate(table["righe"]):
            for column, cell in zip(table["colonne"], row, strict=True):
                value = _number(cell["v"])
                text = cell["t"] if value is None else ""
                indicator = column["indicatore"] or column["id"]
                rows.append((table["id"], i, column["id"], indicator, value, text, cell["cifra"] or ""))
    frame = pd.DataFrame(rows, columns=["tavola", "riga", "colonna", "indicatore", "valore", "testo", "cifra"])
    return frame.astype({"riga": "int64", "valore": "float64"})


def _number(valore: Any) -> float | None:
    """Return a raw value when it is a number."""
    return float(valore) if isinstance(valore, int | float) and not isinstance(valore, bool) else None


def workbook(tables: Sequence[Block]) -> bytes:
    """Return tables as a workbook, one sheet each: names of columns, raw values shown with their decimals.

    Parameters
    ----------
    tables : sequence of dict
        Table blocks.
    """
    import xlsxwriter

    memory = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(memory, options) as book:
        book.set_properties({"created": dt.datetime(2000, 1, 1)})  # the date of the run would change the bytes
        head = book.add_format({"bold": True, "text_wrap": True, "bottom": 1, "valign": "top"})
        for table in tables:
            sheet = book.add_worksheet(addresses.sheet(table["id"]))
            sheet.freeze_panes(1, 1)
            for place, column in enumerate(table["colonne"]):
                unit = formats.unit_in_heading(column["nome"], column["unita"])
                sheet.write_string(0, place, f"{column['nome']} ({unit})" if unit else column["nome"], head)
                decimals = column["decimali"]
                format_ = book.add_format({"num_format": "#,##0" + ("." + "0" * decimals if decimals else "")})
                sheet.set_column(place, place, 30 if place == 0 else 16)
                for row, one_cells in enumerate(table["righe"], start=1):
                    value = one_cells[place]["v"]
                    if isinstance(value, int | float) and not isinstance(value, bool):
                        sheet.write_number(row, place, value, format_)
                    elif value is not None:
                        sheet.write_string(row, place, one_cells[place]["t"])
    return memory.getvalue()


def shortened(frame: pd.DataFrame, digits: int = DIGITS) -> pd.DataFrame:
    """Return a frame whose numbers have the digits that mean something: what follows is the noise of sums.

    Whole numbers keep all theirs; the others have so many significant digits, and two decimals at least.

    Parameters
    ----------
    frame : pandas.DataFrame
    digits : int

    Examples
    --------
    >>> shortened(pd.DataFrame({"valore": [1.96012239214, 123456789.876, 58943464.0]}))["valore"].tolist()
    [1.96012239, 123456789.88, 58943464.0]
    """
    numbers = frame.select_dtypes("float")
    values = numbers.to_numpy(dtype=float, na_value=np.nan)
    with np.errstate(divide="ignore"):
        size = np.floor(np.log10(np.abs(values), where=np.isfinite(values), out=np.zeros_like(values)))
    decimals = np.clip(digits - 1 - np.where(np.isfinite(size), size, 0), 2, 15)
    short = np.where(values == np.rint(values), values, np.rint(values * 10**decimals) / 10**decimals)
    return frame.assign(**{name: short[:, place] for place, name in enumerate(numbers.columns)})


def csv_of(frame: pd.DataFrame) -> bytes:
    """Return a frame as CSV, its texts in quotes: one that is missing is nothing, one that is empty is two quotes.

    Numbers have as many digits as they need to be the same when read, those of ten thousand million or more an
    exponent; what is true or not is ``true`` or ``false``.

    Parameters
    ----------
    frame : pandas.DataFrame

    Examples
    --------
    >>> print(csv_of(pd.DataFrame({"ambito": ["Pavia", ""], "valore": [12.0, None]})).decode(), end="")
    "ambito","valore"
    "Pavia",12
    "",
    """
    import pyarrow as pa
    from pyarrow import csv

    memory = io.BytesIO()
    csv.write_csv(pa.Table.from_pandas(frame, preserve_index=False), memory)
    return memory.getvalue()


def datapackage(edizione: Edition) -> dict[str, Any]:
    """Return the Frictionless description of the tables."""
    resources = []
    for dataset in datasets(edizione):
        fields = []
        for column in dataset.tavola["colonne"]:
            field = {"name": column["id"], "title": column["nome"]}
            if column["decimali"] is not None:
                field["type"] = "number"  # the others are text, which need not be said
            if column["unita"]:
                field["unit"] = column["unita"]
            fields.append(field)
        resources.append(
            {
                "name": dataset.nome,
                "title": dataset.titolo,
                "path": dataset.indirizzo("csv"),
                "format": "csv",
                "profile": "tabular-data-resource",
                "schema": {"fields": fields},
            }
        )
    return {
        "profile": "data-package",
        "name": f"conciliazione-{REGION.codice}-{edizione.id}",
        "title": f"Bisogni di conciliazione vita-lavoro {REGION.there}, edizione {edizione.id}",
        "description": words.CAUTION,
        "version": edizione.id,
        "licenses": [{"name": "CC-BY-4.0", "path": LICENCE, "title": "Creative Commons Attribuzione 4.0"}],
        "sources": [
            {"title": f"{entry['titolo']} – {entry['fonte']}", **({"path": entry["url"]} if entry["url"] else {})}
            for entry in edizione.tabelle
        ],
        "resources": resources,
    }


def json_ld(chapter: Chapter, edizione: Edition) -> dict[str, Any]:
    """Return the schema.org description of the tables of a chapter, as its page carries it."""
    place = chapter.luogo
    root = addresses.root(addresses.chapter(place, chapter.slug))
    sources = storage.cite(table["fonte"] for table in chapter.tables())
    return describe(
        f"{chapter.titolo} – {place.nome}",
        f"Le tabelle del capitolo «{chapter.titolo}»: {place.nome}. {sources or edizione.titolo}",
        place.nome,
        {
            format_: root + addresses.tables(place, chapter.slug, format_)
            for format_, _, _ in whole_formats(chapter.luogo)
        },
        edizione,
    )


def describe(
    titolo: str, descrizione: str, place: str, addresses: Mapping[str, str], edizione: Edition
) -> dict[str, Any]:
    """Return a schema.org ``Dataset``.

    Parameters
    ----------
    titolo, descrizione, place : str
        Name, what it holds, the place it is about.
    addresses : mapping
        Address of each format, from the page that carries the description.
    edizione : Edition
        Gives date and version.
    """
    return {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "name": titolo,
        "description": descrizione,
        "inLanguage": "it",
        "isAccessibleForFree": True,
        "license": LICENCE,
        "version": edizione.id,
        "temporalCoverage": edizione.data,
        "spatialCoverage": {"@type": "Place", "name": place},
        "creator": {"@type": "Organization", "name": words.NAME},
        "creditText": citation(titolo, edizione),
        "distribution": [
            {"@type": "DataDownload", "encodingFormat": kind, "contentUrl": addresses[extension]}
            for extension, _, kind in FORMATS
            if extension in addresses
        ],
    }


def citation(titolo: str, edizione: Edition) -> str:
    """Return how to cite a table."""
    body = f"{edizione.sito.editore}, " if edizione.sito.editore else ""
    return f"{body}«{words.NAME}», edizione {edizione.id}, {titolo}. CC BY 4.0."


def script_json(data: Mapping[str, Any] | Sequence[Any]) -> str:
    """Return JSON that can stand inside a ``script`` element: no character of it can close the element."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026").replace("\u2028", "\\u2028")
