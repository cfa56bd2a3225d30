"""The home page, the page of each territory and those of its chapters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conciliazione_lib.evidence import Place, formats, grammar
from conciliazione_lib.publish import addresses, atlas, opendata
from conciliazione_lib.publish.edition import Blocco, Chapter
from conciliazione_lib.publish.selection import where
from conciliazione_lib.publish.site import Site
from conciliazione_lib.report import svg

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

REGIONE = ("regione", "lombardia")


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

    def scaricabili(self, blocco: Blocco, disegno: bool) -> Iterator[tuple[str, str]]:
        """Yield format and address of what can be downloaded of a block."""
        if self.luogo is None:
            return
        formati = (("svg", "SVG"),) if disegno else (("csv", "CSV"), ("xlsx", "XLSX"), ("parquet", "Parquet"))
        for estensione, nome in formati:
            yield nome, self.radice + addresses.tavola(self.luogo, self.slug, blocco["id"], estensione)


def write(sito: Site) -> None:
    """Write them all, and every drawing as an SVG file."""
    _home(sito)
    for luogo in sito.edizione.luoghi:
        _territory(sito, luogo)
        capitoli = sito.edizione.di(luogo)
        for posto, capitolo in enumerate(capitoli):
            precedente = capitoli[posto - 1] if posto else None
            seguente = capitoli[posto + 1] if posto + 1 < len(capitoli) else None
            _chapter(sito, luogo, capitolo, precedente, seguente)
            _drawings(sito, capitolo)


def _territory(sito: Site, luogo: Place) -> None:
    pieno = full_name(luogo)
    sito.write(
        addresses.luogo(luogo),
        "territorio.html",
        titolo=pieno,
        descrizione=f"I bisogni di conciliazione tra vita e lavoro: {pieno}.",
        sezione="territori",
        genere="territorio",
        cerca="Sintesi e capitoli",
        briciole=[("Territori", "territori/index.html"), (pieno, None)],
        nome_pieno=pieno,
        data=formats.data(sito.edizione.data),
        luogo=luogo,
        capitoli=sito.edizione.di(luogo),
        sintesi=summary(sito, luogo),
    )


def _chapter(sito: Site, luogo: Place, capitolo: Chapter, precedente: Chapter | None, seguente: Chapter | None) -> None:
    percorso = addresses.capitolo(luogo, capitolo.slug)
    pieno = full_name(luogo)
    pagina = Page(percorso, luogo, capitolo.slug)
    sito.write(
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
        prosa=sito.prose(pagina.radice),
        descrizioni=[
            opendata.script_json(opendata.json_ld(opendata.Dataset(capitolo, tavola), sito.edizione))
            for tavola in capitolo.tavole()
        ],
    )


def _home(sito: Site) -> None:
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
        mappa=atlas.ats(edizione),
        territori=territori,
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


def _drawings(sito: Site, capitolo: Chapter) -> None:
    for blocco in capitolo.blocchi:
        if blocco["tipo"] in ("grafico", "mappa"):
            indirizzo = addresses.tavola(capitolo.luogo, capitolo.slug, blocco["id"], "svg")
            sito.write_text(indirizzo, svg.sicuro(blocco["svg"]) + "\n")


def summary(sito: Site, luogo: Place) -> list[Mapping[str, Any]]:
    """Return the figures of a territory shown in brief, each with the region's of the same period beside it."""
    voci: list[Mapping[str, Any]] = []
    for indicatore in SINTESI:
        cifra = sito.figures.latest(indicatore, where(luogo))
        if cifra is None:
            continue
        altra = None if luogo.livello == "regione" else sito.figures.get(indicatore, REGIONE, cifra.period)
        voci.append(
            {
                "nome": sito.indicatori[indicatore].nome,
                "id": cifra.id,
                "testo": cifra.text,
                "unita": "" if formats.unita(cifra.unit).simbolo else formats.unita(cifra.unit).estesa,
                "periodo": formats.periodo(cifra.period),
                "confronto": {"nome": "Lombardia", "id": altra.id, "testo": altra.text} if altra else None,
            }
        )
    return voci[:QUANTI]


def full_name(luogo: Place) -> str:
    """Return the name of a territory as a title: ``ATS dell'Insubria``, ``Ambito di Azzate``."""
    return grammar.maiuscola(grammar.senza_articolo(luogo))
