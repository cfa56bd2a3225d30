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
from conciliazione_lib.publish.edition import Blocco, Chapter, Edition
from conciliazione_lib.publish.selection import where
from conciliazione_lib.publish.site import Entry, Site
from conciliazione_lib.publish.territory_names import full_name, place_of
from conciliazione_lib.region import REGION

#: Indicators shown in brief, in order of preference, and how many of those the edition has.
SINTESI = (
    "residenti",
    "indice_vecchiaia",
    "residenti_0_2",
    "tasso_occupazione_f",
    "divario_occupazione",
    "copertura_prima_infanzia",
    "indice_dipendenza_strutturale",
    "quota_80_piu",
)
QUANTI = 6

#: Headings and captions of a page, with what leads to them.
_SEZIONI = re.compile(
    r'(?:<h[23] id="(?P<id>[^"]+)"[^>]*>|<figure [^>]*id="(?P<figura>[^"]+)"[^>]*><figcaption[^>]*>'
    r'|<table [^>]*id="(?P<tavola>[^"]+)"[^>]*><caption[^>]*>)(?P<testo>.*?)</(?:h[23]|figcaption|caption)>',
    re.DOTALL,
)

REGIONE = ("regione", REGION.codice)

#: What a territory is set beside, in brief: the first of these that is not itself and has a figure of the same period.
TERMINI = MappingProxyType({"regione": (("italia", "italia"),), "ats": (REGIONE,), "ambito": (REGIONE,)})


@dataclass(frozen=True)
class Page:
    """A page being made, as templates see it."""

    percorso: str
    luogo: Place | None = None
    slug: str = ""

    @property
    def radice(self) -> str:
        """What leads back to the root of the site."""
        return addresses.radice(self.percorso)

    def mappa(self, blocco: Blocco) -> str | None:
        """Return the address of the interactive map of a block, when it has one."""
        if self.luogo is None or not blocco["classi"]:
            return None
        return f"{self.radice}mappe/{self.luogo.chiave}/{self.slug}-{blocco['id']}.html"

    def scaricabili(self, blocco: Blocco) -> Iterator[tuple[str, str]]:
        """Yield name and address of the files with a table: its own, and those of all the tables of the chapter."""
        if self.luogo is None:
            return
        yield "CSV", self.radice + addresses.tavola(self.luogo, self.slug, blocco["id"])
        for extension, name, _ in opendata.whole_formats(self.luogo):
            yield f"{name} del capitolo", self.radice + addresses.tavole(self.luogo, self.slug, extension)


def write(sito: Site) -> None:
    """Write them all."""
    write_home(sito)
    for place in sito.edizione.luoghi:
        write_territory(sito, place)
        for chapter in sito.edizione.di(place):
            write_chapter(sito, chapter)


def write_territory(sito: Site, luogo: Place) -> None:
    """Write the page of a territory."""
    full = full_name(luogo)
    chapters = sito.edizione.di(luogo)
    path = addresses.luogo(luogo)
    map_ = territory.load(sito.edizione.data)
    ats, ambiti, comuni = _around(map_, luogo)
    sito.write(
        path,
        "territorio.html",
        titolo=full,
        descrizione=f"I bisogni di conciliazione tra vita e lavoro: {full}.",
        sezione="territori",
        genere="territorio",
        cerca=f"Ambito, ATS {ats.nome}" if ats else "Sintesi e capitoli",
        briciole=[
            ("Territori", "territori/index.html"),
            *([("Ambiti", "ambiti/index.html")] if luogo.livello == "ambito" else []),
            (full, None),
        ],
        nome_pieno=full,
        di_luogo=grammar.di(luogo),
        data=formats.data(sito.edizione.data),
        luogo=luogo,
        capitoli=[(chapter, presentation(chapter)) for chapter in chapters],
        sintesi=summary(sito, luogo),
        riassunto=next(summaries(chapters), None),
        dove=atlas.locator(luogo, sito.edizione.data),
        ats=ats if ats in sito.edizione.luoghi else None,
        ambiti=ambiti,
        comuni=comuni,
        comparabili=sito.has("confronta.html"),
        profilo=profiles.of_place(sito, luogo),
        pagina=Page(path, luogo),
        prosa=sito.prose(addresses.radice(path), chapters),
    )


def _around(mappa: territory.Territory, luogo: Place) -> tuple[Place | None, list[tuple[Place, int]], list[Place]]:
    """Return the ATS of an ambito, the ambiti of an ATS with their number of comuni, the comuni of an ambito."""
    if luogo.livello == "ambito":
        ats = _ats_of(mappa, luogo)
        return ats, [], comuni_of(mappa, luogo)
    if luogo.livello == "ats":
        own = mappa.ambiti[mappa.ambiti["ats"] == luogo.codice].sort_values("nome")
        ambiti = [Place("ambito", str(code), str(name)) for code, name in own["nome"].items()]
        return None, [(ambito, len(mappa.members("ambito", ambito.codice))) for ambito in ambiti], []
    return None, [], []


def comuni_of(mappa: territory.Territory, luogo: Place) -> list[Place]:
    """Return the comuni of a territory, by name."""
    places = [place_of(mappa, "comune", code) for code in mappa.members(luogo.livello, luogo.codice)]
    return sorted(places, key=lambda place: place.nome.casefold())


def _ats_of(mappa: territory.Territory, ambito: Place) -> Place | None:
    code: Any = mappa.ambiti["ats"].get(ambito.codice)
    return None if pd.isna(code) else Place("ats", str(code), mappa.name("ats", str(code), breve=True))


def summaries(capitoli: Sequence[Chapter]) -> Iterator[Blocco]:
    """Yield the summaries that chapters begin with."""
    for chapter in capitoli:
        for block in chapter.blocchi:
            if block["tipo"] == "riquadro" and block["genere"] == "sintesi":
                yield block


def presentation(capitolo: Chapter) -> str:
    """Return what a chapter is about: the first sentence of its first prose, when that has no figures."""
    text = next((block["markdown"] for block in capitolo.blocchi if block["tipo"] == "testo"), "")
    text = re.sub(r":\s+sono le domande di questo capitolo\b", "", text)
    sentence = re.split(r"(?<=[.?!])\s", re.sub(r"^#.*$|[*_`]", "", text, flags=re.MULTILINE).strip(), maxsplit=1)[0]
    return "" if "](" in sentence else " ".join(sentence.split())


def neighbours(edizione: Edition, capitolo: Chapter) -> tuple[Chapter | None, Chapter | None]:
    """Return the chapters of the same territory before and after one."""
    chapters = edizione.di(capitolo.luogo)
    place = next(place for place, other in enumerate(chapters) if other is capitolo)
    return chapters[place - 1] if place else None, chapters[place + 1] if place + 1 < len(chapters) else None


def write_chapter(sito: Site, capitolo: Chapter) -> None:
    """Write the page of a chapter."""
    place = capitolo.luogo
    previous, next_ = neighbours(sito.edizione, capitolo)
    path = addresses.capitolo(place, capitolo.slug)
    full = full_name(place)
    page = Page(path, place, capitolo.slug)
    text = sito.write(
        path,
        "capitolo.html",
        titolo=f"{capitolo.titolo} – {full}",
        descrizione=f"{capitolo.titolo}: {full}, dati al {formats.data(sito.edizione.data)}.",
        sezione="territori",
        genere="capitolo",
        cerca=f"Dati al {formats.data(sito.edizione.data)}",
        briciole=[("Territori", "territori/index.html"), (full, addresses.luogo(place)), (capitolo.titolo, None)],
        nome_pieno=full,
        capitolo=capitolo,
        precedente=previous,
        seguente=next_,
        pagina=page,
        prosa=sito.prose(page.radice, [capitolo]),
        dati=opendata.script_json(opendata.json_ld(capitolo, sito.edizione)) if _described(capitolo) else "",
    )
    said = f"{capitolo.titolo}, {full}"
    sito.pagine += [Entry("sezione", title, said, f"{path}#{id}") for id, title in _sections(text)]


def _described(capitolo: Chapter) -> bool:
    """Tell whether the page of a chapter describes a dataset: the files with all its tables."""
    return any(capitolo.tavole()) and bool(opendata.whole_formats(capitolo.luogo))


def _sections(testo: str) -> Iterator[tuple[str, str]]:
    """Yield anchor and words of the headings of a page and of the captions of its figures and tables."""
    for found in _SEZIONI.finditer(testo):
        id, one_words = found["id"] or found["figura"] or found["tavola"], found["testo"]
        clean = " ".join(unescape(re.sub(r"<[^>]+>", " ", one_words)).split())
        if id and clean and id not in ("indice", "fonti"):
            yield id, clean


def write_home(sito: Site) -> None:
    """Write the home page and the list of the territories."""
    edizione = sito.edizione
    regione = next((place for place in edizione.luoghi if place.livello == "regione"), None)
    territori = [
        (place, full_name(place), len(chapters), sum(chapter.disponibile for chapter in chapters))
        for place in edizione.luoghi
        if place.livello in ("regione", "ats") and (chapters := edizione.di(place))
    ]
    sito.write(
        "index.html",
        "home.html",
        titolo="Bisogni e risorse nei territori",
        descrizione=f"Bisogni di conciliazione tra vita e lavoro nelle {words.LE_ATS}.",
        sezione="home",
        atlante=atlas.ats(sito),
        territori=territori,
        strumenti=[tool for tool in words.STRUMENTI if sito.has(tool["href"])],
        sintesi=summary(sito, regione) if regione else [],
    )
    sito.write(
        "territori/index.html",
        "territori.html",
        titolo="Territori",
        descrizione=f"Le {words.LE_ATS} e la regione.",
        sezione="territori",
        briciole=[("Territori", None)],
        territori=territori,
    )


def summary(sito: Site, luogo: Place) -> list[Mapping[str, Any]]:
    """Return the figures of a territory shown in brief, each beside the region's, or Italy's, of the same period."""
    entries: list[Mapping[str, Any]] = []
    for indicator in SINTESI:
        figure = sito.figures.latest(indicator, where(luogo))
        if figure is None or figure.missing:
            continue
        others = (sito.figures.get(indicator, other, figure.period) for other in TERMINI[luogo.livello])
        one_other = next((one_figure for one_figure in others if one_figure and not one_figure.missing), None)
        entries.append(
            {
                "nome": sito.indicatori[indicator].nome,
                "id": figure.id,
                "testo": _number(figure),
                "unita": _unit(figure),
                "periodo": formats.periodo(figure.period),
                "confronto": {"nome": one_other.territory.nome, "id": one_other.id, "testo": one_other.text}
                if one_other
                else None,
            }
        )
    return entries[:QUANTI]


def _number(figure: Figure) -> str:
    """Return the number alone where its unit is long enough to be written under it."""
    return figure.number if _unit(figure) else figure.text


def _unit(figure: Figure) -> str:
    unit = formats.unita(figure.unit)
    return "" if unit.simbolo and len(unit.simbolo) <= 3 else unit.estesa
