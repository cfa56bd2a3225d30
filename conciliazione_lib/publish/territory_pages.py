"""The home page, the page of each territory and those of its chapters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from types import MappingProxyType
from typing import Any

import pandas as pd

from conciliazione_lib import territory
from conciliazione_lib.evidence import Figure, Place, formats, grammar
from conciliazione_lib.publish import addresses, atlas, opendata, profiles, words
from conciliazione_lib.publish.edition import Blocco, Chapter, Edition
from conciliazione_lib.publish.selection import where
from conciliazione_lib.publish.site import Entry, Site
from conciliazione_lib.publish.territory_names import full_name, place_of

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

REGIONE = ("regione", "lombardia")

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
        for estensione, nome, _ in () if self.luogo.livello == "ambito" else opendata.DEL_CAPITOLO:
            yield f"{nome} del capitolo", self.radice + addresses.tavole(self.luogo, self.slug, estensione)


def write(sito: Site) -> None:
    """Write them all."""
    write_home(sito)
    for luogo in sito.edizione.luoghi:
        write_territory(sito, luogo)
        for capitolo in sito.edizione.di(luogo):
            write_chapter(sito, capitolo)


def write_territory(sito: Site, luogo: Place) -> None:
    """Write the page of a territory."""
    pieno = full_name(luogo)
    capitoli = sito.edizione.di(luogo)
    percorso = addresses.luogo(luogo)
    mappa = territory.load(sito.edizione.data)
    ats, ambiti, comuni = _around(mappa, luogo)
    sito.write(
        percorso,
        "territorio.html",
        titolo=pieno,
        descrizione=f"I bisogni di conciliazione tra vita e lavoro: {pieno}.",
        sezione="territori",
        genere="territorio",
        cerca=f"Ambito, ATS {ats.nome}" if ats else "Sintesi e capitoli",
        briciole=[
            ("Territori", "territori/index.html"),
            *([("Ambiti", "ambiti/index.html")] if luogo.livello == "ambito" else []),
            (pieno, None),
        ],
        nome_pieno=pieno,
        di_luogo=grammar.di(luogo),
        data=formats.data(sito.edizione.data),
        luogo=luogo,
        capitoli=[(capitolo, presentation(capitolo)) for capitolo in capitoli],
        sintesi=summary(sito, luogo),
        riassunto=next(summaries(capitoli), None),
        dove=atlas.locator(luogo, sito.edizione.data),
        ats=ats if ats in sito.edizione.luoghi else None,
        ambiti=ambiti,
        comuni=comuni,
        comparabili=sito.has("confronta.html"),
        profilo=profiles.of_place(sito, luogo),
        pagina=Page(percorso, luogo),
        prosa=sito.prose(addresses.radice(percorso), capitoli),
    )


def _around(mappa: territory.Territory, luogo: Place) -> tuple[Place | None, list[tuple[Place, int]], list[Place]]:
    """Return the ATS of an ambito, the ambiti of an ATS with their number of comuni, the comuni of an ambito."""
    if luogo.livello == "ambito":
        ats = _ats_of(mappa, luogo)
        return ats, [], comuni_of(mappa, luogo)
    if luogo.livello == "ats":
        propri = mappa.ambiti[mappa.ambiti["ats"] == luogo.codice].sort_values("nome")
        ambiti = [Place("ambito", str(codice), str(nome)) for codice, nome in propri["nome"].items()]
        return None, [(ambito, len(mappa.members("ambito", ambito.codice))) for ambito in ambiti], []
    return None, [], []


def comuni_of(mappa: territory.Territory, luogo: Place) -> list[Place]:
    """Return the comuni of a territory, by name."""
    places = [place_of(mappa, "comune", code) for code in mappa.members(luogo.livello, luogo.codice)]
    return sorted(places, key=lambda place: place.nome.casefold())


def _ats_of(mappa: territory.Territory, ambito: Place) -> Place | None:
    codice: Any = mappa.ambiti["ats"].get(ambito.codice)
    return None if pd.isna(codice) else Place("ats", str(codice), mappa.name("ats", str(codice), breve=True))


def summaries(capitoli: Sequence[Chapter]) -> Iterator[Blocco]:
    """Yield the summaries that chapters begin with."""
    for capitolo in capitoli:
        for blocco in capitolo.blocchi:
            if blocco["tipo"] == "riquadro" and blocco["genere"] == "sintesi":
                yield blocco


def presentation(capitolo: Chapter) -> str:
    """Return what a chapter is about: the first sentence of its first prose, when that has no figures."""
    testo = next((blocco["markdown"] for blocco in capitolo.blocchi if blocco["tipo"] == "testo"), "")
    testo = re.sub(r":\s+sono le domande di questo capitolo\b", "", testo)
    frase = re.split(r"(?<=[.?!])\s", re.sub(r"^#.*$|[*_`]", "", testo, flags=re.MULTILINE).strip(), maxsplit=1)[0]
    return "" if "](" in frase else " ".join(frase.split())


def neighbours(edizione: Edition, capitolo: Chapter) -> tuple[Chapter | None, Chapter | None]:
    """Return the chapters of the same territory before and after one."""
    capitoli = edizione.di(capitolo.luogo)
    posto = next(posto for posto, altro in enumerate(capitoli) if altro is capitolo)
    return capitoli[posto - 1] if posto else None, capitoli[posto + 1] if posto + 1 < len(capitoli) else None


def write_chapter(sito: Site, capitolo: Chapter) -> None:
    """Write the page of a chapter."""
    luogo = capitolo.luogo
    precedente, seguente = neighbours(sito.edizione, capitolo)
    percorso = addresses.capitolo(luogo, capitolo.slug)
    pieno = full_name(luogo)
    pagina = Page(percorso, luogo, capitolo.slug)
    testo = sito.write(
        percorso,
        "capitolo.html",
        titolo=f"{capitolo.titolo} – {pieno}",
        descrizione=f"{capitolo.titolo}: {pieno}, dati al {formats.data(sito.edizione.data)}.",
        sezione="territori",
        genere="capitolo",
        cerca=f"Dati al {formats.data(sito.edizione.data)}",
        briciole=[("Territori", "territori/index.html"), (pieno, addresses.luogo(luogo)), (capitolo.titolo, None)],
        nome_pieno=pieno,
        capitolo=capitolo,
        precedente=precedente,
        seguente=seguente,
        pagina=pagina,
        prosa=sito.prose(pagina.radice, [capitolo]),
        dati=opendata.script_json(opendata.json_ld(capitolo, sito.edizione)) if _described(capitolo) else "",
    )
    detto = f"{capitolo.titolo}, {pieno}"
    sito.pagine += [Entry("sezione", titolo, detto, f"{percorso}#{id}") for id, titolo in _sections(testo)]


def _described(capitolo: Chapter) -> bool:
    """Tell whether the page of a chapter describes a dataset: the files with all its tables."""
    return any(capitolo.tavole()) and bool(opendata.of_chapter(capitolo))


def _sections(testo: str) -> Iterator[tuple[str, str]]:
    """Yield anchor and words of the headings of a page and of the captions of its figures and tables."""
    for trovata in _SEZIONI.finditer(testo):
        id, parole = trovata["id"] or trovata["figura"] or trovata["tavola"], trovata["testo"]
        pulite = " ".join(unescape(re.sub(r"<[^>]+>", " ", parole)).split())
        if id and pulite and id not in ("indice", "fonti"):
            yield id, pulite


def write_home(sito: Site) -> None:
    """Write the home page and the list of the territories."""
    edizione = sito.edizione
    regione = next((luogo for luogo in edizione.luoghi if luogo.livello == "regione"), None)
    territori = [
        (luogo, full_name(luogo), len(capitoli), sum(capitolo.disponibile for capitolo in capitoli))
        for luogo in edizione.luoghi
        if luogo.livello in ("regione", "ats") and (capitoli := edizione.di(luogo))
    ]
    sito.write(
        "index.html",
        "home.html",
        titolo="Bisogni e risorse nei territori",
        descrizione="Bisogni di conciliazione tra vita e lavoro nelle otto ATS della Lombardia.",
        sezione="home",
        atlante=atlas.ats(sito),
        territori=territori,
        strumenti=[strumento for strumento in words.STRUMENTI if sito.has(strumento["href"])],
        sintesi=summary(sito, regione) if regione else [],
    )
    sito.write(
        "territori/index.html",
        "territori.html",
        titolo="Territori",
        descrizione="Le otto ATS della Lombardia e la regione.",
        sezione="territori",
        briciole=[("Territori", None)],
        territori=territori,
    )


def summary(sito: Site, luogo: Place) -> list[Mapping[str, Any]]:
    """Return the figures of a territory shown in brief, each beside the region's, or Italy's, of the same period."""
    voci: list[Mapping[str, Any]] = []
    for indicatore in SINTESI:
        cifra = sito.figures.latest(indicatore, where(luogo))
        if cifra is None or cifra.missing:
            continue
        altre = (sito.figures.get(indicatore, altro, cifra.period) for altro in TERMINI[luogo.livello])
        altra = next((figura for figura in altre if figura and not figura.missing), None)
        voci.append(
            {
                "nome": sito.indicatori[indicatore].nome,
                "id": cifra.id,
                "testo": _number(cifra),
                "unita": _unit(cifra),
                "periodo": formats.periodo(cifra.period),
                "confronto": {"nome": altra.territory.nome, "id": altra.id, "testo": altra.text} if altra else None,
            }
        )
    return voci[:QUANTI]


def _number(figure: Figure) -> str:
    """Return the number alone where its unit is long enough to be written under it."""
    return figure.number if _unit(figure) else figure.text


def _unit(figure: Figure) -> str:
    unita = formats.unita(figure.unit)
    return "" if unita.simbolo and len(unita.simbolo) <= 3 else unita.estesa
