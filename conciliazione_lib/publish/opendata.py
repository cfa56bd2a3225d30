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

import pandas as pd

from conciliazione_lib.evidence import formats
from conciliazione_lib.publish import addresses, words
from conciliazione_lib.publish.edition import Blocco, Chapter, Edition

if TYPE_CHECKING:
    from conciliazione_lib.publish.site import Site

#: Format of a table: extension, name shown, media type.
DI_TAVOLA = ("csv", "CSV", "text/csv")

#: Formats with all the tables of a chapter, where they are more than the few of the sheet of an ambito.
DEL_CAPITOLO = (
    ("xlsx", "XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("parquet", "Parquet", "application/vnd.apache.parquet"),
)
FORMATI = (DI_TAVOLA, *DEL_CAPITOLO)
LICENZA = "https://creativecommons.org/licenses/by/4.0/"


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
    tavola: Blocco

    @property
    def nome(self) -> str:
        """Identifier in the edition: territory, chapter, table."""
        return f"{self.capitolo.luogo.chiave}-{self.capitolo.slug}-{self.tavola['id']}"

    @property
    def titolo(self) -> str:
        """Title with the territory."""
        titolo = str(self.tavola["titolo"])
        for prefisso in ("Dati del grafico: ", "Dati della mappa: "):
            titolo = titolo.removeprefix(prefisso)
        return f"{titolo} – {self.capitolo.luogo.nome}"

    def indirizzo(self, formato: str) -> str:
        """Return the address, from the root of the site, of its file, or of that of its chapter."""
        luogo, slug = self.capitolo.luogo, self.capitolo.slug
        if formato == DI_TAVOLA[0]:
            return addresses.tavola(luogo, slug, self.tavola["id"])
        return addresses.tavole(luogo, slug, formato)


def of_chapter(capitolo: Chapter) -> tuple[tuple[str, str, str], ...]:
    """Return the formats in which all the tables of a chapter are together: none for the sheet of an ambito."""
    return () if capitolo.luogo.livello == "ambito" else DEL_CAPITOLO


def datasets(edizione: Edition) -> Iterator[Dataset]:
    """Yield every table of the edition."""
    for capitolo in edizione.capitoli:
        for tavola in capitolo.tavole():
            yield Dataset(capitolo, tavola)


def write_tables(sito: Site) -> None:
    """Write the tables of every chapter."""
    for capitolo in sito.edizione.capitoli:
        write_of(sito, capitolo)


def write_of(sito: Site, capitolo: Chapter) -> None:
    """Write every table of a chapter as CSV, and all of them in its whole formats."""
    tavole = list(capitolo.tavole())
    if not tavole:
        return
    for tavola in tavole:
        nomi = [colonna["id"] for colonna in tavola["colonne"]]
        righe = [["" if c["v"] is None else c["v"] for c in riga] for riga in tavola["righe"]]
        sito.write_text(addresses.tavola(capitolo.luogo, capitolo.slug, tavola["id"]), words.csv_text(nomi, righe))
    for formato, _, _ in of_chapter(capitolo):
        contenuto = workbook(tavole) if formato == "xlsx" else _parquet(tavole)
        sito.put(sito.cartella / addresses.tavole(capitolo.luogo, capitolo.slug, formato), contenuto)


def _parquet(tavole: Sequence[Blocco]) -> bytes:
    memoria = io.BytesIO()
    cells(tavole).to_parquet(memoria, index=False, compression="zstd")
    return memoria.getvalue()


def cells(tavole: Sequence[Blocco]) -> pd.DataFrame:
    """Return tables as one frame, a row a cell.

    Parameters
    ----------
    tavole : sequence of dict
        Table blocks.

    Returns
    -------
    pandas.DataFrame
        Columns ``tavola``, ``riga`` (from 0), ``colonna``, ``indicatore`` (that of the column, or its id), ``valore``
        (a number, or missing), ``testo`` (as shown, where it is not a number), ``cifra`` (id of the figure, or empty).
    """
    righe = []
    for tavola in tavole:
        for i, riga in enumerate(tavola["righe"]):
            for colonna, cella in zip(tavola["colonne"], riga, strict=True):
                valore = _number(cella["v"])
                testo = cella["t"] if valore is None else ""
                indicatore = colonna["indicatore"] or colonna["id"]
                righe.append((tavola["id"], i, colonna["id"], indicatore, valore, testo, cella["cifra"] or ""))
    frame = pd.DataFrame(righe, columns=["tavola", "riga", "colonna", "indicatore", "valore", "testo", "cifra"])
    return frame.astype({"riga": "int64", "valore": "float64"})


def _number(valore: Any) -> float | None:
    """Return a raw value when it is a number."""
    return float(valore) if isinstance(valore, int | float) and not isinstance(valore, bool) else None


def workbook(tavole: Sequence[Blocco]) -> bytes:
    """Return tables as a workbook, one sheet each: names of columns, raw values shown with their decimals.

    Parameters
    ----------
    tavole : sequence of dict
        Table blocks.
    """
    import xlsxwriter

    memoria = io.BytesIO()
    opzioni = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(memoria, opzioni) as libro:
        libro.set_properties({"created": dt.datetime(2000, 1, 1)})  # the date of the run would change the bytes
        testa = libro.add_format({"bold": True, "text_wrap": True, "bottom": 1, "valign": "top"})
        for tavola in tavole:
            foglio = libro.add_worksheet(addresses.foglio(tavola["id"]))
            foglio.freeze_panes(1, 1)
            for posto, colonna in enumerate(tavola["colonne"]):
                unita = formats.unita_in_testata(colonna["nome"], colonna["unita"])
                foglio.write_string(0, posto, f"{colonna['nome']} ({unita})" if unita else colonna["nome"], testa)
                decimali = colonna["decimali"]
                formato = libro.add_format({"num_format": "#,##0" + ("." + "0" * decimali if decimali else "")})
                foglio.set_column(posto, posto, 30 if posto == 0 else 16)
                for riga, celle in enumerate(tavola["righe"], start=1):
                    valore = celle[posto]["v"]
                    if isinstance(valore, int | float) and not isinstance(valore, bool):
                        foglio.write_number(riga, posto, valore, formato)
                    elif valore is not None:
                        foglio.write_string(riga, posto, celle[posto]["t"])
    return memoria.getvalue()


def datapackage(edizione: Edition) -> dict[str, Any]:
    """Return the Frictionless description of the tables."""
    risorse = []
    for dataset in datasets(edizione):
        campi = []
        for colonna in dataset.tavola["colonne"]:
            campo = {
                "name": colonna["id"],
                "title": colonna["nome"],
                "type": "number" if colonna["decimali"] is not None else "string",
            }
            if colonna["unita"]:
                campo["unit"] = colonna["unita"]
            campi.append(campo)
        risorse.append(
            {
                "name": dataset.nome,
                "title": dataset.titolo,
                "path": dataset.indirizzo("csv"),
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "profile": "tabular-data-resource",
                "schema": {"fields": campi, "missingValues": [""]},
            }
        )
    return {
        "profile": "data-package",
        "name": f"conciliazione-lombardia-{edizione.id}",
        "title": f"Bisogni di conciliazione vita-lavoro in Lombardia, edizione {edizione.id}",
        "description": words.AVVERTENZA,
        "version": edizione.id,
        "licenses": [{"name": "CC-BY-4.0", "path": LICENZA, "title": "Creative Commons Attribuzione 4.0"}],
        "sources": [
            {"title": f"{voce['titolo']} – {voce['fonte']}", **({"path": voce["url"]} if voce["url"] else {})}
            for voce in edizione.tabelle
        ],
        "resources": risorse,
    }


def json_ld(capitolo: Chapter, edizione: Edition) -> dict[str, Any]:
    """Return the schema.org description of the tables of a chapter, as its page carries it."""
    luogo = capitolo.luogo
    radice = addresses.radice(addresses.capitolo(luogo, capitolo.slug))
    fonti = "; ".join(dict.fromkeys(tavola["fonte"] for tavola in capitolo.tavole() if tavola["fonte"]))
    return describe(
        f"{capitolo.titolo} – {luogo.nome}",
        f"Le tabelle del capitolo «{capitolo.titolo}»: {luogo.nome}. {fonti or edizione.titolo}",
        luogo.nome,
        {formato: radice + addresses.tavole(luogo, capitolo.slug, formato) for formato, _, _ in of_chapter(capitolo)},
        edizione,
    )


def describe(
    titolo: str, descrizione: str, luogo: str, indirizzi: Mapping[str, str], edizione: Edition
) -> dict[str, Any]:
    """Return a schema.org ``Dataset``.

    Parameters
    ----------
    titolo, descrizione, luogo : str
        Name, what it holds, the place it is about.
    indirizzi : mapping
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
        "license": LICENZA,
        "version": edizione.id,
        "temporalCoverage": edizione.data,
        "spatialCoverage": {"@type": "Place", "name": luogo},
        "creator": {"@type": "Organization", "name": words.NOME},
        "creditText": citation(titolo, edizione),
        "distribution": [
            {"@type": "DataDownload", "encodingFormat": tipo, "contentUrl": indirizzi[estensione]}
            for estensione, _, tipo in FORMATI
            if estensione in indirizzi
        ],
    }


def citation(titolo: str, edizione: Edition) -> str:
    """Return how to cite a table."""
    body = f"{edizione.sito.editore}, " if edizione.sito.editore else ""
    return f"{body}«{words.NOME}», edizione {edizione.id}, {titolo}. CC BY 4.0."


def write_descriptions(sito: Site) -> None:
    """Write ``datapackage.json`` and the DCAT-AP_IT catalogue."""
    from conciliazione_lib.publish import dcat

    testo = json.dumps(datapackage(sito.edizione), ensure_ascii=False, separators=(",", ":"))
    sito.write_text("datapackage.json", testo + "\n")
    sito.write_text("catalogo.rdf", dcat.catalogue(sito.edizione))


def script_json(dati: Mapping[str, Any] | Sequence[Any]) -> str:
    """Return JSON that can stand inside a ``script`` element: no character of it can close the element."""
    testo = json.dumps(dati, ensure_ascii=False, separators=(",", ":"))
    return testo.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026").replace("\u2028", "\\u2028")
