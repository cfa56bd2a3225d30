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

_TESTA = """<?xml version="1.0" encoding="UTF-8"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns:dcat="http://www.w3.org/ns/dcat#"
 xmlns:dct="http://purl.org/dc/terms/"
 xmlns:foaf="http://xmlns.com/foaf/0.1/"
 xmlns:owl="http://www.w3.org/2002/07/owl#"
 xmlns:vcard="http://www.w3.org/2006/vcard/ns#"
 xmlns:dcatapit="http://dati.gov.it/onto/dcatapit#">
"""
_LUOGO = f"https://w3id.org/italia/controlled-vocabulary/territorial-classifications/regions/{REGION.istat}"
_TEMA = "http://publications.europa.eu/resource/authority/data-theme/SOCI"
_LINGUA = "http://publications.europa.eu/resource/authority/language/ITA"
_TEMI = "http://publications.europa.eu/resource/authority/data-theme"
_LICENZA = "https://w3id.org/italia/controlled-vocabulary/licences/A21_CCBY40"
_TIPO_LICENZA = "http://purl.org/adms/licencetype/Attribution"
_FREQUENZA = "http://publications.europa.eu/resource/authority/frequency/TRIENNIAL"
_FORMATO = "http://publications.europa.eu/resource/authority/file-type/"
_PAROLE = ("conciliazione vita-lavoro", REGION.nome, "servizi sociali", "pari opportunità", "statistica")
_FORMATI = MappingProxyType({"csv": "CSV", "xlsx": "XLSX", "parquet": "PARQUET", "zip": "ZIP"})


def catalogue(edizione: Edition) -> str:
    """Return the catalogue as RDF/XML.

    The publisher is the report itself, whose identifier an administration that adopts it replaces with its IPA code.
    """
    # The day of the run would make two equal editions differ: what changes an edition are its data.
    readings = [str(entry["recuperato"]) for entry in edizione.tabelle if entry.get("recuperato")]
    modified = max(readings, default=edizione.data)[:10]
    series: dict[str, list[Chapter]] = {}
    for chapter in edizione.capitoli:
        if any(chapter.tavole()):
            series.setdefault(chapter.slug, []).append(chapter)
    parts = [
        _TESTA,
        '<dcatapit:Catalog rdf:about="catalogo.rdf">\n<rdf:type rdf:resource="http://www.w3.org/ns/dcat#Catalog"/>\n',
        _testo("dct:title", f"{words.NOME}: dati dell'edizione {edizione.id}"),
        _testo("dct:description", words.AVVERTENZA),
        f'<dct:language rdf:resource="{_LINGUA}"/>\n',
        _data("dct:modified", modified),
        '<foaf:homepage rdf:resource="index.html"/>\n',
        f'<dcat:themeTaxonomy rdf:resource="{_TEMI}"/>\n',
        '<dct:publisher rdf:resource="#editore"/>\n',
        *(['<dcat:dataset rdf:resource="#cifre"/>\n'] if edizione.archivio is not None else []),
        *(f"<dcat:dataset rdf:resource={quoteattr(f'#{slug}')}/>\n" for slug in series),
        "</dcatapit:Catalog>\n",
        '<dcatapit:Agent rdf:about="#editore">\n<rdf:type rdf:resource="http://xmlns.com/foaf/0.1/Agent"/>\n',
        f"<dct:identifier>{escape(edizione.sito.ipa or 'conciliazione')}</dct:identifier>\n",
        _testo("foaf:name", edizione.sito.editore or words.NOME),
        "</dcatapit:Agent>\n",
        *_contact(edizione),
        f'<dcatapit:LicenseDocument rdf:about="{_LICENZA}">\n',
        '<rdf:type rdf:resource="http://purl.org/dc/terms/LicenseDocument"/>\n',
        f'<dct:type rdf:resource="{_TIPO_LICENZA}"/>\n',
        "<owl:versionInfo>4.0</owl:versionInfo>\n",
        _testo("foaf:name", "Creative Commons Attribuzione 4.0 Internazionale (CC BY 4.0)"),
        "</dcatapit:LicenseDocument>\n",
        *([_figures(edizione, modified)] if edizione.archivio is not None else []),
        *(_dataset(slug, chapters, modified, edizione) for slug, chapters in series.items()),
        "</rdf:RDF>\n",
    ]
    return "".join(parts)


def write_descriptions(sito: Site) -> None:
    """Write ``datapackage.json`` and the DCAT-AP_IT catalogue."""
    text = json.dumps(opendata.datapackage(sito.edizione), ensure_ascii=False, separators=(",", ":"))
    sito.write_text("datapackage.json", text + "\n")
    sito.write_text("catalogo.rdf", catalogue(sito.edizione))


def _contact(edizione: Edition) -> list[str]:
    """Return whom to write to, where it is known."""
    if not edizione.sito.contatto:
        return []
    kind = "hasURL" if "://" in edizione.sito.contatto else "hasEmail"
    return [
        '<dcatapit:Organization rdf:about="#contatto">\n',
        '<rdf:type rdf:resource="http://www.w3.org/2006/vcard/ns#Kind"/>\n',
        f"<vcard:fn>{escape(edizione.sito.editore or words.NOME)}</vcard:fn>\n",
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
        f'<dct:spatial><dct:Location>\n<dcatapit:geographicalIdentifier rdf:resource="{_LUOGO}"/>\n'
        "</dct:Location></dct:spatial>\n",
        *(['<dcat:contactPoint rdf:resource="#contatto"/>\n'] if edizione.sito.contatto else []),
    ]


def _figures(edizione: Edition, modificato: str) -> str:
    """Return the first dataset: every figure of the edition, and what can be said of it."""
    files = [("#cifre.csv", "Cifre e confronti, in un archivio", "zip", "dati/edizione.zip")]
    title = f"Tutte le cifre dell'edizione {edizione.id}"
    about = (
        "Una riga per ogni cifra: indicatore, territorio (dalla regione al comune), periodo, valore, intervallo, "
        "stato, grado; e ciò che di ogni cifra si può dire: confronti, posti, tendenze."
    )
    return _described("#cifre", "cifre", title, about, "dati/index.html", files, modificato, edizione)


def _dataset(slug: str, capitoli: Sequence[Chapter], modificato: str, edizione: Edition) -> str:
    """Return a chapter as a series: the files of each territory it is about."""
    files = []
    for chapter in capitoli:
        title, key = f"{chapter.titolo} – {chapter.luogo.nome}", f"#{chapter.luogo.chiave}-{chapter.slug}"
        whole = [
            (f"{key}.{format_}", title, format_, addresses.tavole(chapter.luogo, chapter.slug, format_))
            for format_, _, _ in opendata.whole_formats(chapter.luogo)
        ]
        files += whole or [
            (f"{key}.{d.tavola['id']}", d.titolo, "csv", d.indirizzo("csv"))
            for d in (opendata.Dataset(chapter, table) for table in chapter.tavole())
        ]
    title = capitoli[0].titolo
    about = f"Le tabelle di «{title}» per ogni territorio che le ha."
    return _described(f"#{slug}", slug, title, about, "dati/index.html", files, modificato, edizione)


def _described(
    indirizzo: str,
    id: str,
    titolo: str,
    descrizione: str,
    pagina: str,
    distribuzioni: Sequence[tuple[str, str, str, str]],
    modificato: str,
    edizione: Edition,
) -> str:
    """Return a dataset with its distributions: address, title, format and file of each."""
    parts = [
        f"<dcatapit:Dataset rdf:about={quoteattr(indirizzo)}>\n",
        '<rdf:type rdf:resource="http://www.w3.org/ns/dcat#Dataset"/>\n',
        f"<dct:identifier>{escape(id)}</dct:identifier>\n",
        _testo("dct:title", titolo),
        _testo("dct:description", descrizione),
        *_coverage(edizione),
        *(_testo("dcat:keyword", word) for word in _PAROLE),
        _data("dct:modified", modificato),
        f'<dcat:theme rdf:resource="{_TEMA}"/>\n<dct:accrualPeriodicity rdf:resource="{_FREQUENZA}"/>\n',
        f'<dct:language rdf:resource="{_LINGUA}"/>\n',
        '<dct:rightsHolder rdf:resource="#editore"/>\n<dct:publisher rdf:resource="#editore"/>\n',
        f"<dcat:landingPage rdf:resource={quoteattr(pagina)}/>\n",
        *(f"<dcat:distribution rdf:resource={quoteattr(key)}/>\n" for key, *_ in distribuzioni),
        "</dcatapit:Dataset>\n",
    ]
    for key, name, format_, file in distribuzioni:
        parts += [
            f"<dcatapit:Distribution rdf:about={quoteattr(key)}>\n",
            '<rdf:type rdf:resource="http://www.w3.org/ns/dcat#Distribution"/>\n',
            _testo("dct:title", f"{name} ({_FORMATI[format_]})"),
            f'<dct:format rdf:resource="{_FORMATO}{_FORMATI[format_]}"/>\n',
            f'<dct:license rdf:resource="{_LICENZA}"/>\n',
            f"<dcat:accessURL rdf:resource={quoteattr(pagina)}/>\n",
            f"<dcat:downloadURL rdf:resource={quoteattr(file)}/>\n",
            "</dcatapit:Distribution>\n",
        ]
    return "".join(parts)


def _testo(elemento: str, testo: str) -> str:
    clean = re.sub(r"\s+", " ", testo).strip()
    return f'<{elemento} xml:lang="it">{escape(clean)}</{elemento}>\n'


def _data(elemento: str, giorno: str) -> str:
    valid = dt.date.fromisoformat(giorno).isoformat()
    return f'<{elemento} rdf:datatype="http://www.w3.org/2001/XMLSchema#date">{valid}</{elemento}>\n'
