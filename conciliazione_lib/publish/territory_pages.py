"""The home page, the page of each territory and those of its chapters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from types import MappingProxyType
from typing import Any

import pandas as pd

import conciliazione_lib.publish.addresses as addresses
import conciliazione_lib.publish.atlas as atlas
import conciliazione_lib.publish.opendata as opendata
import conciliazione_lib.publish.profiles as profiles
import conciliazione_lib.publish.words as words
from conciliazione_lib import territory
from conciliazione_lib.evidence import Figure, Place, formats, grammar
from conciliazione_lib.publish.edition import Block, Chapter, Edition
from conciliazione_lib.publish.selection import where
from conciliazione_lib.publish.site import Entry, Site
from conciliazione_lib.publish.territory_names import full_name, place_of
from conciliazione_lib.region import REGION

#: Indicators shown in brief, in order of preference, and how many of those the edition has.
SUMMARY = (
    "residenti",
    "indice_vecchiaia",
    "residenti_0_2",
    "tasso_occupazione_f",
    "divario_occupazione",
    "copertura_prima_infanzia",
    "indice_dipendenza_strutturale",
    "quota_80_piu",
)
HOW_MANY = 6

#: Headings and captions of a page, with what leads to them.
_SECTIONS = re.compile(
    r'(?:<h[23] id="(?P<id>[^"]+)"[^>]*>|<figure [^>]*id="(?P<figura>[^"]+)"[^>]*><figcaption[^>]*>'
    r'|<table [^>]*id="(?P<tavola>[^"]+)"[^>]*><caption[^>]*>)(?P<testo>.*?)</(?:h[23]|figcaption|caption)>',
    re.DOTALL,
)

REGIONE = ("regione", REGION.codice)

#: What a territory is set beside, in brief: the first of these that is not itself and has a figure of the same period.
TERMS = MappingProxyType({"regione": (("italia", "italia"),), "ats": (REGIONE,), "ambito": (REGIONE,)})


@dataclass(frozen=True)
class Page:
    """A page being made, as templates see it."""

    percorso: str
    luogo: Place | None = None
    slug: str = ""

    @property
    def radice(self) -> str:
        """What leads back to the root of the site."""
        return addresses.root(self.percorso)

    def mappa(self, block: Block) -> str | None:
        """Return the address of the interactive map of a block, when it has one."""
        if self.luogo is None or not block["classi"]:
            return None
        return f"{self.radice}mappe/{self.luogo.chiave}/{self.slug}-{block['id']}.html"

    def scaricabili(self, block: Block) -> Iterator[tuple[str, str]]:
        """Yield name and address of the files with a table: its own, and those of all the tables of the chapter."""
        if self.luogo is None:
            return
        yield "CSV", self.radice + addresses.table(self.luogo, self.slug, block["id"])
        for extension, name, _ in opendata.whole_formats(self.luogo):
            yield f"{name} del capitolo", self.radice + addresses.tables(self.luogo, self.slug, extension)


def write(site: Site) -> None:
    """Write them all."""
    write_home(site)
    for place in site.edizione.luoghi:
        write_territory(site, place)
        for chapter in site.edizione.di(place):
            write_chapter(site, chapter)


def write_territory(site: Site, place: Place) -> None:
    """Write the page of a territory."""
    full = full_name(place)
    chapters = site.edizione.di(place)
    path = addresses.place(place)
    map_ = territory.load(site.edizione.data)
    ats, ambiti, comuni = _around(map_, place)
    site.write(
        path,
        "territorio.html",
        titolo=full,
        descrizione=f"I bisogni di conciliazione tra vita e lavoro: {full}.",
        sezione="territori",
        kind="territorio",
        search=f"Ambito, ATS {ats.nome}" if ats else "Sintesi e capitoli",
        briciole=[
            ("Territori", "territori/index.html"),
            *([("Ambiti", "ambiti/index.html")] if place.livello == "ambito" else []),
            (full, None),
        ],
        nome_pieno=full,
        di_luogo=grammar.di(place),
        data=formats.data(site.edizione.data),
        luogo=place,
        capitoli=[(chapter, presentation(chapter)) for chapter in chapters],
        sintesi=summary(site, place),
        riassunto=next(summaries(chapters), None),
        dove=atlas.locator(place, site.edizione.data),
        ats=ats if ats in site.edizione.luoghi else None,
        ambiti=ambiti,
        comuni=comuni,
        comparabili=site.has("confronta.html"),
        profilo=profiles.of_place(site, place),
        pagina=Page(path, place),
        prosa=site.prose(addresses.root(path), chapters),
    )


def _around(map_: territory.Territory, place: Place) -> tuple[Place | None, list[tuple[Place, int]], list[Place]]:
    """Return the ATS of an ambito, the ambiti of an ATS with their number of comuni, the comuni of an ambito."""
    if place.livello == "ambito":
        ats = _ats_of(map_, place)
        return ats, [], comuni_of(map_, place)
    if place.livello == "ats":
        own = map_.ambiti[map_.ambiti["ats"] == place.codice].sort_values("nome")
        ambiti = [Place("ambito", str(code), str(name)) for code, name in own["nome"].items()]
        return None, [(ambito, len(map_.members("ambito", ambito.codice))) for ambito in ambiti], []
    return None, [], []


def comuni_of(map_: territory.Territory, given_place: Place) -> list[Place]:
    """Return the comuni of a territory, by name."""
    places = [place_of(map_, "comune", code) for code in map_.members(given_place.livello, given_place.codice)]
    return sorted(places, key=lambda place: place.nome.casefold())


def _ats_of(map_: territory.Territory, ambito: Place) -> Place | None:
    code: Any = map_.ambiti["ats"].get(ambito.codice)
    return None if pd.isna(code) else Place("ats", str(code), map_.name("ats", str(code), breve=True))


def summaries(chapters: Sequence[Chapter]) -> Iterator[Block]:
    """Yield the summaries that chapters begin with."""
    for chapter in chapters:
        for block in chapter.blocchi:
            if block["tipo"] == "riquadro" and block["genere"] == "sintesi":
                yield block


def presentation(chapter: Chapter) -> str:
    """Return what a chapter is about: the first sentence of its first prose, when that has no figures."""
    text = next((block["markdown"] for block in chapter.blocchi if block["tipo"] == "testo"), "")
    text = re.sub(r":\s+sono le domande di questo capitolo\b", "", text)
    sentence = re.split(r"(?<=[.?!])\s", re.sub(r"^#.*$|[*_`]", "", text, flags=re.MULTILINE).strip(), maxsplit=1)[0]
    return "" if "](" in sentence else " ".join(sentence.split())


def neighbours(edizione: Edition, chapter: Chapter) -> tuple[Chapter | None, Chapter | None]:
    """Return the chapters of the same territory before and after one."""
    chapters = edizione.di(chapter.luogo)
    place = next(place for place, other in enumerate(chapters) if other is chapter)
    return chapters[place - 1] if place else None, chapters[place + 1] if place + 1 < len(chapters) else None


def write_chapter(site: Site, chapter: Chapter) -> None:
    """Write the page of a chapter."""
    place = chapter.luogo
    previous, next_ = neighbours(site.edizione, chapter)
    path = addresses.chapter(place, chapter.slug)
    full = full_name(place)
    page = Page(path, place, chapter.slug)
    text = site.write(
        path,
        "capitolo.html",
        titolo=f"{chapter.titolo} – {full}",
        descrizione=f"{chapter.titolo}: {full}, dati al {formats.data(site.edizione.data)}.",
        sezione="territori",
        kind="capitolo",
        search=f"Dati al {formats.data(site.edizione.data)}",
        briciole=[("Territori", "territori/index.html"), (full, addresses.place(place)), (chapter.titolo, None)],
        nome_pieno=full,
        capitolo=chapter,
        precedente=previous,
        seguente=next_,
        pagina=page,
        prosa=site.prose(page.radice, [chapter]),
        dati=opendata.script_json(opendata.json_ld(chapter, site.edizione)) if _described(chapter) else "",
    )
    said = f"{chapter.titolo}, {full}"
    site.pagine += [Entry("sezione", title, said, f"{path}#{id}") for id, title in _sections(text)]


def _described(chapter: Chapter) -> bool:
    """Tell whether the page of a chapter describes a dataset: the files with all its tables."""
    return any(chapter.tables()) and bool(opendata.whole_formats(chapter.luogo))


def _sections(testo: str) -> Iterator[tuple[str, str]]:
    """Yield anchor and words of the headings of a page and of the captions of its figures and tables."""
    for found in _SECTIONS.finditer(testo):
        id, one_words = found["id"] or found["figura"] or found["tavola"], found["testo"]
        clean = " ".join(unescape(re.sub(r"<[^>]+>", " ", one_words)).split())
        if id and clean and id not in ("indice", "fonti"):
            yield id, clean


def write_home(site: Site) -> None:
    """Write the home page and the list of the territories."""
    edizione = site.edizione
    regione = next((place for place in edizione.luoghi if place.livello == "regione"), None)
    territori = [
        (place, full_name(place), len(chapters), sum(chapter.disponibile for chapter in chapters))
        for place in edizione.luoghi
        if place.livello in ("regione", "ats") and (chapters := edizione.di(place))
    ]
    site.write(
        "index.html",
        "home.html",
        titolo="Bisogni e risorse nei territori",
        descrizione=f"Bisogni di conciliazione tra vita e lavoro nelle {words.LE_ATS}.",
        sezione="home",
        atlante=atlas.ats(site),
        territori=territori,
        strumenti=[tool for tool in words.TOOLS if site.has(tool["href"])],
        sintesi=summary(site, regione) if regione else [],
    )
    site.write(
        "territori/index.html",
        "territori.html",
        titolo="Territori",
        descrizione=f"Le {words.LE_ATS} e la regione.",
        sezione="territori",
        briciole=[("Territori", None)],
        territori=territori,
    )


def summary(site: Site, place: Place) -> list[Mapping[str, Any]]:
    """Return the figures of a territory shown in brief, each beside the region's, or Italy's, of the same period."""
    entries: list[Mapping[str, Any]] = []
    for indicator in SUMMARY:
        figure = site.figures.latest(indicator, where(place))
        if figure is None or figure.missing:
            continue
        others = (site.figures.get(indicator, other, figure.period) for other in TERMS[place.livello])
        one_other = next((one_figure for one_figure in others if one_figure and not one_figure.missing), None)
        entries.append(
            {
                "nome": site.indicatori[indicator].nome,
                "id": figure.id,
                "testo": _number(figure),
                "unita": _unit(figure),
                "periodo": formats.periodo(figure.period),
                "confronto": {"nome": one_other.territory.nome, "id": one_other.id, "testo": one_other.text}
                if one_other
                else None,
            }
        )
    return entries[:HOW_MANY]


def _number(figure: Figure) -> str:
    """Return the number alone where its unit is long enough to be written under it."""
    return figure.number if _unit(figure) else figure.text


def _unit(figure: Figure) -> str:
    unit = formats.unita(figure.unit)
    return "" if unit.simbolo and len(unit.simbolo) <= 3 else unit.estesa
