"""Pages about the report itself: methods, glossary, sources and their quality, accessibility, credits, open data."""

from __future__ import annotations

import tomllib
from collections import Counter
from importlib import resources
from types import MappingProxyType

from markupsafe import Markup

from conciliazione_lib import __version__, territory
from conciliazione_lib.evidence import Place, cards, claims, formats
from conciliazione_lib.publish import estimated_population, opendata, quadrature
from conciliazione_lib.publish.edition import Chapter
from conciliazione_lib.publish.markdown import Prose
from conciliazione_lib.publish.site import Site
from conciliazione_lib.publish.territory_names import full_name
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
    for pagina, titolo, descrizione in (
        ("accessibilita", "Dichiarazione di accessibilità", "Come è fatto il sito perché tutti possano usarlo."),
        ("crediti", "Crediti e licenze", "Dati, programmi e caratteri usati dal rapporto, con le loro licenze."),
    ):
        sito.write(
            f"{pagina}.html",
            f"{pagina}.html",
            titolo=titolo,
            descrizione=descrizione,
            genere="pagina",
            briciole=[(titolo, None)],
            versione=__version__,
            data=formats.data(sito.edizione.data),
        )


def write_methods(sito: Site) -> None:
    """Write the page of the methods."""
    presenti = set(sito.figures.indicators)
    temi = [
        (
            tema.capitalize().replace("_", " "),
            [
                {
                    "voce": voce,
                    "formula": cards.formula_words(voce, sito.indicatori),
                    "unita": formats.unita(voce.unita).estesa,
                    "incertezza": cards.INCERTEZZE[voce.incertezza],
                    "presente": voce.id in presenti,
                }
                for voce in voci
            ],
        )
        for tema, voci in sito.indicatori.themes().items()
    ]
    mappa = territory.load(sito.edizione.data)
    variazioni = mappa.fusioni.tabella
    sito.write(
        "metodi.html",
        "metodi.html",
        titolo="Metodi",
        descrizione="Come sono calcolati gli indicatori e quando è permesso dire che un valore è più alto di un altro.",
        sezione="metodi",
        genere="pagina",
        briciole=[("Metodi", None)],
        temi=temi,
        regole=[(nome.capitalize(), testo) for nome, testo in claims.RULES_TEXT.items()],
        gradi=cards.GRADI,
        letture=cards.LETTURE,
        data=formats.data(sito.edizione.data),
        variazioni=(formats.data(variazioni["data"].min()), formats.data(variazioni["data"].max())),
        ambiti=mappa.completezza("ambito", "lombardia"),
        dedotti=int((mappa.comuni["ambito_grado"] == DEDOTTO).sum()),
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
    testo = (resources.files("conciliazione_lib.publish") / "glossario.toml").read_text(encoding="utf-8")
    sito.write(
        "glossario.html",
        "glossario.html",
        titolo="Glossario",
        descrizione="Le parole e le sigle del rapporto.",
        sezione="metodi",
        genere="pagina",
        briciole=[("Glossario", None)],
        voci=sorted(tomllib.loads(testo)["voci"], key=lambda voce: voce["termine"].casefold()),
    )


def write_sources(sito: Site) -> None:
    """Write the page of the sources."""
    mappa = territory.load(sito.edizione.data)
    ats = [luogo for luogo in sito.edizione.luoghi if luogo.livello == "ats"]
    completezza = [(luogo, mappa.completezza("ambito", luogo.codice)) for luogo in ats]
    conti = Counter(r.outcome.esito for r in quadrature.results())
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
        completezza=completezza,
        quadrature={esito: formats.numero(conti[esito]) for esito in quadrature.ORDINE},
    )


def write_data(sito: Site) -> None:
    """Write the page of the open data."""
    edizione = sito.edizione

    def di(luogo: Place) -> list[tuple[Chapter, list[opendata.Dataset]]]:
        capitoli = (capitolo for capitolo in edizione.di(luogo) if capitolo.disponibile)
        return [(c, [opendata.Dataset(c, tavola) for tavola in c.tavole()]) for c in capitoli]

    gruppi = [
        (titolo, [(full_name(luogo), di(luogo)) for luogo in edizione.luoghi if luogo.livello in livelli])
        for titolo, livelli in (("Regione e ATS", ("regione", "ats")), ("Ambiti", ("ambito",)))
    ]
    sito.write(
        "dati/index.html",
        "dati.html",
        titolo="Dati aperti",
        descrizione="Tutte le cifre e le tabelle del rapporto in CSV; quelle dei capitoli anche in XLSX e Parquet.",
        sezione="dati",
        genere="pagina",
        briciole=[("Dati aperti", None)],
        gruppi=gruppi,
        del_capitolo=opendata.of_chapter,
        cifre=sito.edizione.archivio is not None,
    )
