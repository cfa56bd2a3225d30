"""Pages about the report itself: methods, glossary, sources and their quality, accessibility, credits, open data."""

from __future__ import annotations

import tomllib
from collections import Counter
from importlib import resources
from types import MappingProxyType

from markupsafe import Markup

import conciliazione_lib.publish.estimated_population as estimated_population
import conciliazione_lib.publish.opendata as opendata
import conciliazione_lib.publish.quadrature as quadrature
from conciliazione_lib import __version__, territory
from conciliazione_lib.evidence import Place, cards, claims, formats
from conciliazione_lib.publish.edition import Chapter
from conciliazione_lib.publish.markdown import Prose
from conciliazione_lib.publish.site import Site
from conciliazione_lib.publish.territory_names import full_name
from conciliazione_lib.region import REGION
from conciliazione_lib.territory import DEDOTTO

#: Names of the tiers of the catalogue.
ORIGINI = MappingProxyType(
    {"importata": "importata dall'analista", "scaricata": "scaricata dalla fonte", "incorporata": "nel programma"}
)


def write(sito: Site) -> None:
    """Write them all."""
    write_methods(sito)
    write_sources(sito)
    write_data(sito)
    write_fixed(sito)


def write_fixed(sito: Site) -> None:
    """Write the pages that say the same in every edition."""
    _glossary(sito)
    for page, title, description in (
        ("accessibilita", "Dichiarazione di accessibilità", "Come è fatto il sito perché tutti possano usarlo."),
        ("crediti", "Crediti e licenze", "Dati, programmi e caratteri usati dal rapporto, con le loro licenze."),
    ):
        sito.write(
            f"{page}.html",
            f"{page}.html",
            titolo=title,
            descrizione=description,
            genere="pagina",
            briciole=[(title, None)],
            versione=__version__,
            data=formats.data(sito.edizione.data),
        )


def write_methods(sito: Site) -> None:
    """Write the page of the methods."""
    present = set(sito.figures.explored)
    themes = [
        (
            theme.capitalize().replace("_", " "),
            [
                {
                    "voce": entry,
                    "formula": cards.formula_words(entry, sito.indicatori),
                    "unita": formats.unita(entry.unita).estesa,
                    "incertezza": cards.INCERTEZZE[entry.incertezza],
                    "presente": entry.id in present,
                }
                for entry in entries
            ],
        )
        for theme, entries in sito.indicatori.themes().items()
    ]
    map_ = territory.load(sito.edizione.data)
    variations = map_.fusioni.tabella
    sito.write(
        "metodi.html",
        "metodi.html",
        titolo="Metodi",
        descrizione="Come sono calcolati gli indicatori e quando è permesso dire che un valore è più alto di un altro.",
        sezione="metodi",
        genere="pagina",
        briciole=[("Metodi", None)],
        temi=themes,
        regole=[(name.capitalize(), text) for name, text in claims.RULES_TEXT.items()],
        gradi=cards.GRADI,
        letture=cards.LETTURE,
        data=formats.data(sito.edizione.data),
        variazioni=(formats.data(variations["data"].min()), formats.data(variations["data"].max())),
        ambiti=map_.completezza("ambito", REGION.codice),
        dedotti=int((map_.comuni["ambito_grado"] == DEDOTTO).sum()),
        stima=estimated_population.section(sito.edizione.data, sito.indicatori),
        capitoli=_methods_of_chapters(sito),
    )


def _methods_of_chapters(sito: Site) -> list[tuple[str, str, Markup]]:
    """Return what is the same for every territory, chapter by chapter: identifier, title and text."""
    found = []
    folder = resources.files("conciliazione_lib.publish") / "metodi"
    titles = {chapter.id: chapter.titolo for chapter in sito.edizione.capitoli}
    prose = Prose(cifra=lambda id: "", affermazione=lambda id: "")
    for id, title in titles.items():
        file = folder / f"{id}.md"
        if file.is_file():
            text = file.read_text(encoding="utf-8")
            found.append((f"capitolo-{id.replace('_', '-')}", title, prose(text, primo_livello=3)))
    return found


def _glossary(sito: Site) -> None:
    text = (resources.files("conciliazione_lib.publish") / "glossario.toml").read_text(encoding="utf-8")
    sito.write(
        "glossario.html",
        "glossario.html",
        titolo="Glossario",
        descrizione="Le parole e le sigle del rapporto.",
        sezione="metodi",
        genere="pagina",
        briciole=[("Glossario", None)],
        voci=sorted(tomllib.loads(text)["voci"], key=lambda entry: entry["termine"].casefold()),
    )


def write_sources(sito: Site) -> None:
    """Write the page of the sources."""
    map_ = territory.load(sito.edizione.data)
    ats = [place for place in sito.edizione.luoghi if place.livello == "ats"]
    completeness = [(place, map_.completezza("ambito", place.codice)) for place in ats]
    counts = Counter(r.outcome.esito for r in quadrature.results())
    sito.write(
        "fonti.html",
        "fonti.html",
        titolo="Fonti e qualità dei dati",
        descrizione="Da dove vengono i dati, a quale data, con quale licenza, e quali controlli hanno superato.",
        sezione="fonti",
        genere="pagina",
        briciole=[("Fonti e qualità", None)],
        tabelle=sito.edizione.tabelle,
        origini=ORIGINI,
        gradi=cards.GRADI,
        letture=cards.LETTURE,
        completezza=completeness,
        quadrature={outcome: formats.numero(counts[outcome]) for outcome in quadrature.ORDINE},
    )


def write_data(sito: Site) -> None:
    """Write the page of the open data."""
    edizione = sito.edizione

    def of(luogo: Place) -> list[tuple[Chapter, list[opendata.Dataset]]]:
        chapters = (chapter for chapter in edizione.di(luogo) if chapter.disponibile)
        return [(c, [opendata.Dataset(c, table) for table in c.tavole()]) for c in chapters]

    groups = [
        (title, [(full_name(place), of(place)) for place in edizione.luoghi if place.livello in levels])
        for title, levels in (("Regione e ATS", ("regione", "ats")), ("Ambiti", ("ambito",)))
    ]
    sito.write(
        "dati/index.html",
        "dati.html",
        titolo="Dati aperti",
        descrizione="Tutte le cifre e le tabelle del rapporto in CSV; quelle dei capitoli anche in XLSX e Parquet.",
        sezione="dati",
        genere="pagina",
        briciole=[("Dati aperti", None)],
        gruppi=groups,
        interi_di=opendata.whole_formats,
        cifre=sito.edizione.archivio is not None,
    )
