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
from conciliazione_lib.territory import DEDUCED

#: Names of the tiers of the catalogue.
ORIGINS = MappingProxyType(
    {"importata": "importata dall'analista", "scaricata": "scaricata dalla fonte", "incorporata": "nel programma"}
)


def write(site: Site) -> None:
    """Write them all."""
    write_methods(site)
    write_sources(site)
    write_data(site)
    write_fixed(site)


def write_fixed(site: Site) -> None:
    """Write the pages that say the same in every edition."""
    _glossary(site)
    for page, title, description in (
        ("accessibilita", "Dichiarazione di accessibilità", "Come è fatto il sito perché tutti possano usarlo."),
        ("crediti", "Crediti e licenze", "Dati, programmi e caratteri usati dal rapporto, con le loro licenze."),
    ):
        site.write(
            f"{page}.html",
            f"{page}.html",
            titolo=title,
            descrizione=description,
            kind="pagina",
            briciole=[(title, None)],
            versione=__version__,
            data=formats.data(site.edizione.data),
        )


def write_methods(site: Site) -> None:
    """Write the page of the methods."""
    present = set(site.figures.explored)
    themes = [
        (
            theme.capitalize().replace("_", " "),
            [
                {
                    "voce": entry,
                    "formula": cards.formula_words(entry, site.indicatori),
                    "unita": formats.unita(entry.unita).estesa,
                    "incertezza": cards.UNCERTAINTIES[entry.incertezza],
                    "presente": entry.id in present,
                }
                for entry in entries
            ],
        )
        for theme, entries in site.indicatori.themes().items()
    ]
    map_ = territory.load(site.edizione.data)
    variations = map_.fusioni.tabella
    site.write(
        "metodi.html",
        "metodi.html",
        titolo="Metodi",
        descrizione="Come sono calcolati gli indicatori e quando è permesso dire che un valore è più alto di un altro.",
        sezione="metodi",
        kind="pagina",
        briciole=[("Metodi", None)],
        temi=themes,
        regole=[(name.capitalize(), text) for name, text in claims.RULES_TEXT.items()],
        gradi=cards.GRADES,
        letture=cards.READS,
        data=formats.data(site.edizione.data),
        variazioni=(formats.data(variations["data"].min()), formats.data(variations["data"].max())),
        ambiti=map_.completezza("ambito", REGION.codice),
        dedotti=int((map_.comuni["ambito_grado"] == DEDUCED).sum()),
        stima=estimated_population.section(site.edizione.data, site.indicatori),
        capitoli=_methods_of_chapters(site),
    )


def _methods_of_chapters(site: Site) -> list[tuple[str, str, Markup]]:
    """Return what is the same for every territory, chapter by chapter: identifier, title and text."""
    found = []
    folder = resources.files("conciliazione_lib.publish") / "metodi"
    titles = {chapter.id: chapter.titolo for chapter in site.edizione.capitoli}
    prose = Prose(cifra=lambda id: "", affermazione=lambda id: "")
    for id, title in titles.items():
        file = folder / f"{id}.md"
        if file.is_file():
            text = file.read_text(encoding="utf-8")
            found.append((f"capitolo-{id.replace('_', '-')}", title, prose(text, first_level=3)))
    return found


def _glossary(site: Site) -> None:
    text = (resources.files("conciliazione_lib.publish") / "glossario.toml").read_text(encoding="utf-8")
    site.write(
        "glossario.html",
        "glossario.html",
        titolo="Glossario",
        descrizione="Le parole e le sigle del rapporto.",
        sezione="metodi",
        kind="pagina",
        briciole=[("Glossario", None)],
        voci=sorted(tomllib.loads(text)["voci"], key=lambda entry: entry["termine"].casefold()),
    )


def write_sources(site: Site) -> None:
    """Write the page of the sources."""
    map_ = territory.load(site.edizione.data)
    ats = [place for place in site.edizione.luoghi if place.livello == "ats"]
    completeness = [(place, map_.completezza("ambito", place.codice)) for place in ats]
    counts = Counter(r.outcome.esito for r in quadrature.results())
    site.write(
        "fonti.html",
        "fonti.html",
        titolo="Fonti e qualità dei dati",
        descrizione="Da dove vengono i dati, a quale data, con quale licenza, e quali controlli hanno superato.",
        sezione="fonti",
        kind="pagina",
        briciole=[("Fonti e qualità", None)],
        tabelle=site.edizione.tabelle,
        origini=ORIGINS,
        gradi=cards.GRADES,
        letture=cards.READS,
        completezza=completeness,
        quadrature={outcome: formats.numero(counts[outcome]) for outcome in quadrature.ORDER},
    )


def write_data(site: Site) -> None:
    """Write the page of the open data."""
    edizione = site.edizione

    def of(given_place: Place) -> list[tuple[Chapter, list[opendata.Dataset]]]:
        chapters = (chapter for chapter in edizione.di(given_place) if chapter.disponibile)
        return [(c, [opendata.Dataset(c, table) for table in c.tables()]) for c in chapters]

    groups = [
        (title, [(full_name(place), of(place)) for place in edizione.luoghi if place.livello in levels])
        for title, levels in (("Regione e ATS", ("regione", "ats")), ("Ambiti", ("ambito",)))
    ]
    site.write(
        "dati/index.html",
        "dati.html",
        titolo="Dati aperti",
        descrizione="Tutte le cifre e le tabelle del rapporto in CSV; quelle dei capitoli anche in XLSX e Parquet.",
        sezione="dati",
        kind="pagina",
        briciole=[("Dati aperti", None)],
        gruppi=groups,
        interi_di=opendata.whole_formats,
        cifre=site.edizione.archivio is not None,
    )
