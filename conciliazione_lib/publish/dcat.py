"""The catalogue of the tables in RDF, with the classes and mandatory properties of the Italian profile DCAT-AP_IT.

One dataset for each chapter of each territory (its tables are the distributions), so that the catalogue stays as long
as an index. Addresses are relative to the catalogue: whoever publishes the site somewhere gives them their base.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Sequence
from types import MappingProxyType
from xml.sax.saxutils import escape, quoteattr

import conciliazione_lib.publish.addresses as addresses
import conciliazione_lib.publish.opendata as opendata
import conciliazione_lib.publish.words as words
from conciliazione_lib.publish.edition import Chapter, Edition
from conciliazione_lib.publish.site import Site
from conciliazione_lib.region import REGION

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns:dcat="http://www.w3.org/ns/dcat#"
 xmlns:dct="http://purl.org/dc/terms/"
 xmlns:foaf="http://xmlns.com/foaf/0.1/"
 xmlns:owl="http://www.w3.org/2002/07/owl#"
 xmlns:vcard="http://www.w3.org/2006/vcard/ns#"
 xmlns:dcatapit="http://dati.gov.it/onto/dcatapit#">
"""
_PLACE = f"https://w3id.org/italia/controlled-vocabulary/territorial-classifications/regions/{REGION.istat}"
_THEME = "http://publications.europa.eu/resource/authority/data-theme/SOCI"
_LANGUAGE = "http://publications.europa.eu/resource/authority/language/ITA"
_THEMES = "http://publications.europa.eu/resource/authority/data-theme"
_LICENCE = "https://w3id.org/italia/controlled-vocabulary/licences/A21_CCBY40"
_LICENCE_KIND = "http://purl.org/adms/licencetype/Attribution"
_FREQUENCY = "http://publications.europa.eu/resource/authority/frequency/TRIENNIAL"
_FORMAT = "http://publications.europa.eu/resource/authority/file-type/"
_WORDS = ("conciliazione vita-lavoro", REGION.nome, "servizi sociali", "pari opportunità", "statistica")
_FORMATS = MappingProxyType({"csv": "CSV", "xlsx": "XLSX", "parquet": "PARQUET", "zip": "ZIP"})


def catalogue(edizione: Edition) -> str:
    """Return the catalogue as RDF/XML.

    The publisher is the report itself, whose identifier an administration that adopts it replaces with its IPA code.
    """
    # The day of the run would make two equal editions differ: what changes an edition are its data.
    readings = [str(entry["recuperato"]) for entry in edizione.tabelle if entry.get("recuperato")]
    modified = max(readings, default=edizione.data)[:10]
    series: dict[str, list[Chapter]] = {}
    for chapter in edizione.capitoli:
        if any(chapter.tables()):
            series.setdefault(chapter.slug, []).append(chapter)
    parts = [
        _HEAD,
        '<dcatapit:Catalog rdf:about="catalogo.rdf">\n<rdf:type rdf:resource="http://www.w3.org/ns/dcat#Catalog"/>\n',
        _text("dct:title", f"{words.NAME}: dati dell'edizione {edizione.id}"),
        _text("dct:description", words.CAUTION),
        f'<dct:language rdf:resource="{_LANGUAGE}"/>\n',
        _data("dct:modified", modified),
        '<foaf:homepage rdf:resource="index.html"/>\n',
        f'<dcat:themeTaxonomy rdf:resource="{_THEMES}"/>\n',
        '<dct:publisher rdf:resource="#editore"/>\n',
        *(['<dcat:dataset rdf:resource="#cifre"/>\n'] if edizione.archivio is not None else []),
        *(f"<dcat:dataset rdf:resource={quoteattr(f'#{slug}')}/>\n" for slug in series),
        "</dcatapit:Catalog>\n",
        '<dcatapit:Agent rdf:about="#editore">\n<rdf:type rdf:resource="http://xmlns.com/foaf/0.1/Agent"/>\n',
        f"<dct:identifier>{escape(edizione.sito.ipa or 'conciliazione')}</dct:identifier>\n",
        _text("foaf:name", edizione.sito.editore or words.NAME),
        "</dcatapit:Agent>\n",
        *_contact(edizione),
        f'<dcatapit:LicenseDocument rdf:about="{_LICENCE}">\n',
        '<rdf:type rdf:resource="http://purl.org/dc/terms/LicenseDocument"/>\n',
        f'<dct:type rdf:resource="{_LICENCE_KIND}"/>\n',
        "<owl:versionInfo>4.0</owl:versionInfo>\n",
        _text("foaf:name", "Creative Commons Attribuzione 4.0 Internazionale (CC BY 4.0)"),
        "</dcatapit:LicenseDocument>\n",
        *([_figures(edizione, modified)] if edizione.archivio is not None else []),
        *(_dataset(slug, chapters, modified, edizione) for slug, chapters in series.items()),
        "</rdf:RDF>\n",
    ]
    return "".join(parts)


def write_descriptions(site: Site) -> None:
    """Write ``datapackage.json`` and the DCAT-AP_IT catalogue."""
    text = json.dumps(opendata.datapackage(site.edizione), ensure_ascii=False, separators=(",", ":"))
    site.write_text("datapackage.json", text + "\n")
    site.write_text("catalogo.rdf", catalogue(site.edizione))


def _contact(edizione: Edition) -> list[str]:
    """Return whom to write to, where it is known."""
    if not edizione.sito.contatto:
        return []
    kind = "hasURL" if "://" in edizione.sito.contatto else "hasEmail"
    return [
        '<dcatapit:Organization rdf:about="#contatto">\n',
        '<rdf:type rdf:resource="http://www.w3.org/2006/vcard/ns#Kind"/>\n',
        f"<vcard:fn>{escape(edizione.sito.editore or words.NAME)}</vcard:fn>\n",
        f"<vcard:{kind} rdf:resource={quoteattr(edizione.sito.collegamento)}/>\n",
        "</dcatapit:Organization>\n",
    ]


def _coverage(edizione: Edition) -> list[str]:
    """Return the years of an edition, its place, and whom to write to."""
    first, _, last = edizione.id.partition("-")
    first, last = (f"{first}-01-01", f"{last}-12-31") if last.isdigit() else (edizione.data, edizione.data)
    return [
        '<dct:temporal><dct:PeriodOfTime>\n<rdf:type rdf:resource="http://dati.gov.it/onto/dcatapit#PeriodOfTime"/>\n',
        _data("dcatapit:startDate", first),
        _data("dcatapit:endDate", last),
        "</dct:PeriodOfTime></dct:temporal>\n",
        f'<dct:spatial><dct:Location>\n<dcatapit:geographicalIdentifier rdf:resource="{_PLACE}"/>\n'
        "</dct:Location></dct:spatial>\n",
        *(['<dcat:contactPoint rdf:resource="#contatto"/>\n'] if edizione.sito.contatto else []),
    ]


def _figures(edizione: Edition, modified: str) -> str:
    """Return the first dataset: every figure of the edition, and what can be said of it."""
    files = [("#cifre.csv", "Cifre e confronti, in un archivio", "zip", "dati/edizione.zip")]
    title = f"Tutte le cifre dell'edizione {edizione.id}"
    about = (
        "Una riga per ogni cifra: indicatore, territorio (dalla regione al comune), periodo, valore, intervallo, "
        "stato, grado; e ciò che di ogni cifra si può dire: confronti, con la loro regola, posti, tendenze."
    )
    return _described("#cifre", "cifre", title, about, "dati/index.html", files, modified, edizione)


def _dataset(slug: str, chapters: Sequence[Chapter], modified: str, edizione: Edition) -> str:
    """Return a chapter as a series: the files of each territory it is about."""
    files = []
    for chapter in chapters:
        title, key = f"{chapter.titolo} – {chapter.luogo.nome}", f"#{chapter.luogo.chiave}-{chapter.slug}"
        whole = [
            (f"{key}.{format_}", title, format_, addresses.tables(chapter.luogo, chapter.slug, format_))
            for format_, _, _ in opendata.whole_formats(chapter.luogo)
        ]
        files += whole or [
            (f"{key}.{d.tavola['id']}", d.titolo, "csv", d.indirizzo("csv"))
            for d in (opendata.Dataset(chapter, table) for table in chapter.tables())
        ]
    title = chapters[0].titolo
    about = f"Le tabelle di «{title}» per ogni territorio che le ha."
    return _described(f"#{slug}", slug, title, about, "dati/index.html", files, modified, edizione)


def _described(
    address: str,
    id: str,
    titolo: str,
    descrizione: str,
    page: str,
    distributions: Sequence[tuple[str, str, str, str]],
    modified: str,
    edizione: Edition,
) -> str:
    """Return a dataset with its distributions: address, title, format and file of each."""
    parts = [
        f"<dcatapit:Dataset rdf:about={quoteattr(address)}>\n",
        '<rdf:type rdf:resource="http://www.w3.org/ns/dcat#Dataset"/>\n',
        f"<dct:identifier>{escape(id)}</dct:identifier>\n",
        _text("dct:title", titolo),
        _text("dct:description", descrizione),
        *_coverage(edizione),
        *(_text("dcat:keyword", word) for word in _WORDS),
        _data("dct:modified", modified),
        f'<dcat:theme rdf:resource="{_THEME}"/>\n<dct:accrualPeriodicity rdf:resource="{_FREQUENCY}"/>\n',
        f'<dct:language rdf:resource="{_LANGUAGE}"/>\n',
        '<dct:rightsHolder rdf:resource="#editore"/>\n<dct:publisher rdf:resource="#editore"/>\n',
        f"<dcat:landingPage rdf:resource={quoteattr(page)}/>\n",
        *(f"<dcat:distribution rdf:resource={quoteattr(key)}/>\n" for key, *_ in distributions),
        "</dcatapit:Dataset>\n",
    ]
    for key, name, format_, file in distributions:
        parts += [
            f"<dcatapit:Distribution rdf:about={quoteattr(key)}>\n",
            '<rdf:type rdf:resource="http://www.w3.org/ns/dcat#Distribution"/>\n',
            _text("dct:title", f"{name} ({_FORMATS[format_]})"),
            f'<dct:format rdf:resource="{_FORMAT}{_FORMATS[format_]}"/>\n',
            f'<dct:license rdf:resource="{_LICENCE}"/>\n',
            f"<dcat:accessURL rdf:resource={quoteattr(page)}/>\n",
            f"<dcat:downloadURL rdf:resource={quoteattr(file)}/>\n",
            "</dcatapit:Distribution>\n",
        ]
    return "".join(parts)


def _text(element: str, testo: str) -> str:
    clean = re.sub(r"\s+", " ", testo).strip()
    return f'<{element} xml:lang="it">{escape(clean)}</{element}>\n'


def _data(element: str, day: str) -> str:
    valid = dt.date.fromisoformat(day).isoformat()
    return f'<{element} rdf:datatype="http://www.w3.org/2001/XMLSchema#date">{valid}</{element}>\n'
