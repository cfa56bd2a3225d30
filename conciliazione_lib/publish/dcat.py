"""The catalogue of the tables in RDF, with the classes and mandatory properties of the Italian profile DCAT-AP_IT.

One dataset for each chapter of each territory (its tables are the distributions), so that the catalogue stays as long
as an index. Addresses are relative to the catalogue: whoever publishes the site somewhere gives them their base.
"""

from __future__ import annotations

import datetime as dt
import re
from types import MappingProxyType
from xml.sax.saxutils import escape, quoteattr

from conciliazione_lib.publish import addresses, opendata, words
from conciliazione_lib.publish.edition import Chapter, Edition

_TESTA = """<?xml version="1.0" encoding="UTF-8"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns:dcat="http://www.w3.org/ns/dcat#"
 xmlns:dct="http://purl.org/dc/terms/"
 xmlns:foaf="http://xmlns.com/foaf/0.1/"
 xmlns:owl="http://www.w3.org/2002/07/owl#"
 xmlns:dcatapit="http://dati.gov.it/onto/dcatapit#">
"""
_TEMA = "http://publications.europa.eu/resource/authority/data-theme/SOCI"
_LINGUA = "http://publications.europa.eu/resource/authority/language/ITA"
_TEMI = "http://publications.europa.eu/resource/authority/data-theme"
_LICENZA = "https://w3id.org/italia/controlled-vocabulary/licences/A21_CCBY40"
_TIPO_LICENZA = "http://purl.org/adms/licencetype/Attribution"
_FREQUENZA = "http://publications.europa.eu/resource/authority/frequency/TRIENNIAL"
_FORMATO = "http://publications.europa.eu/resource/authority/file-type/"
_PAROLE = ("conciliazione vita-lavoro", "Lombardia", "servizi sociali", "pari opportunità", "statistica")
_FORMATI = MappingProxyType({"csv": "CSV", "xlsx": "XLSX", "parquet": "PARQUET"})


def catalogue(edizione: Edition) -> str:
    """Return the catalogue as RDF/XML.

    The publisher is the report itself, whose identifier an administration that adopts it replaces with its IPA code.
    """
    # The day of the run would make two equal editions differ: what changes an edition are its data.
    letture = [str(voce["recuperato"]) for voce in edizione.tabelle if voce.get("recuperato")]
    modificato = max(letture, default=edizione.data)[:10]
    capitoli = [capitolo for capitolo in edizione.capitoli if any(capitolo.tavole())]
    parti = [
        _TESTA,
        '<dcatapit:Catalog rdf:about="catalogo.rdf">\n<rdf:type rdf:resource="http://www.w3.org/ns/dcat#Catalog"/>\n',
        _testo("dct:title", f"{words.NOME}: dati dell'edizione {edizione.id}"),
        _testo("dct:description", words.AVVERTENZA),
        f'<dct:language rdf:resource="{_LINGUA}"/>\n',
        _data("dct:modified", modificato),
        '<foaf:homepage rdf:resource="index.html"/>\n',
        f'<dcat:themeTaxonomy rdf:resource="{_TEMI}"/>\n',
        '<dct:publisher rdf:resource="#editore"/>\n',
        *(f"<dcat:dataset rdf:resource={quoteattr(_indirizzo(capitolo))}/>\n" for capitolo in capitoli),
        "</dcatapit:Catalog>\n",
        '<dcatapit:Agent rdf:about="#editore">\n<rdf:type rdf:resource="http://xmlns.com/foaf/0.1/Agent"/>\n',
        "<dct:identifier>conciliazione</dct:identifier>\n",
        _testo("foaf:name", words.NOME),
        "</dcatapit:Agent>\n",
        f'<dcatapit:LicenseDocument rdf:about="{_LICENZA}">\n',
        '<rdf:type rdf:resource="http://purl.org/dc/terms/LicenseDocument"/>\n',
        f'<dct:type rdf:resource="{_TIPO_LICENZA}"/>\n',
        "<owl:versionInfo>4.0</owl:versionInfo>\n",
        _testo("foaf:name", "Creative Commons Attribuzione 4.0 Internazionale (CC BY 4.0)"),
        "</dcatapit:LicenseDocument>\n",
        *(_dataset(capitolo, modificato) for capitolo in capitoli),
        "</rdf:RDF>\n",
    ]
    return "".join(parti)


def _dataset(capitolo: Chapter, modificato: str) -> str:
    titolo = f"{capitolo.titolo} – {capitolo.luogo.nome}"
    pagina = addresses.capitolo(capitolo.luogo, capitolo.slug)
    indirizzo = _indirizzo(capitolo)
    distribuzioni = [
        (
            f"{indirizzo}.{tavola['id']}",
            tavola["titolo"],
            "csv",
            addresses.tavola(capitolo.luogo, capitolo.slug, tavola["id"]),
        )
        for tavola in capitolo.tavole()
    ]
    distribuzioni += [
        (f"{indirizzo}.{formato}", titolo, formato, addresses.tavole(capitolo.luogo, capitolo.slug, formato))
        for formato, _, _ in opendata.DEL_CAPITOLO
    ]
    parti = [
        f"<dcatapit:Dataset rdf:about={quoteattr(indirizzo)}>\n",
        '<rdf:type rdf:resource="http://www.w3.org/ns/dcat#Dataset"/>\n',
        f"<dct:identifier>{escape(capitolo.luogo.chiave)}-{escape(capitolo.slug)}</dct:identifier>\n",
        _testo("dct:title", titolo),
        _testo("dct:description", f"Tabelle del capitolo «{capitolo.titolo}»: {capitolo.luogo.nome}."),
        *(_testo("dcat:keyword", parola) for parola in _PAROLE),
        _data("dct:modified", modificato),
        f'<dcat:theme rdf:resource="{_TEMA}"/>\n<dct:accrualPeriodicity rdf:resource="{_FREQUENZA}"/>\n',
        f'<dct:language rdf:resource="{_LINGUA}"/>\n',
        '<dct:rightsHolder rdf:resource="#editore"/>\n<dct:publisher rdf:resource="#editore"/>\n',
        f"<dcat:landingPage rdf:resource={quoteattr(pagina)}/>\n",
        *(f"<dcat:distribution rdf:resource={quoteattr(chiave)}/>\n" for chiave, *_ in distribuzioni),
        "</dcatapit:Dataset>\n",
    ]
    for chiave, nome, formato, file in distribuzioni:
        parti += [
            f"<dcatapit:Distribution rdf:about={quoteattr(chiave)}>\n",
            '<rdf:type rdf:resource="http://www.w3.org/ns/dcat#Distribution"/>\n',
            _testo("dct:title", f"{nome} ({_FORMATI[formato]})"),
            f'<dct:format rdf:resource="{_FORMATO}{_FORMATI[formato]}"/>\n',
            f'<dct:license rdf:resource="{_LICENZA}"/>\n',
            f"<dcat:accessURL rdf:resource={quoteattr(pagina)}/>\n",
            f"<dcat:downloadURL rdf:resource={quoteattr(file)}/>\n",
            "</dcatapit:Distribution>\n",
        ]
    return "".join(parti)


def _indirizzo(capitolo: Chapter) -> str:
    return f"#{capitolo.luogo.chiave}-{capitolo.slug}"


def _testo(elemento: str, testo: str) -> str:
    pulito = re.sub(r"\s+", " ", testo).strip()
    return f'<{elemento} xml:lang="it">{escape(pulito)}</{elemento}>\n'


def _data(elemento: str, giorno: str) -> str:
    valida = dt.date.fromisoformat(giorno).isoformat()
    return f'<{elemento} rdf:datatype="http://www.w3.org/2001/XMLSchema#date">{valida}</{elemento}>\n'
