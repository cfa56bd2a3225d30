"""The public site: pages from the blocks of the executed chapters, by templates; it never computes a figure."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from conciliazione_lib.evidence import Figure, Place, formats, grammar
from conciliazione_lib.evidence import load as registro_indicatori
from conciliazione_lib.publish import addresses, atlas, card_pages, words
from conciliazione_lib.publish.edition import Blocco, Chapter, Edition
from conciliazione_lib.publish.markdown import Prose
from conciliazione_lib.report import svg

#: Nothing comes from elsewhere, nothing runs that is not a file of the site, no style is written in the page.
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'"
)

#: Indicators shown in brief, in order, where the ledger has them.
SINTESI = (
    "residenti",
    "indice_vecchiaia",
    "indice_dipendenza_strutturale",
    "tasso_occupazione_femminile",
    "posti_nido_per_100",
    "eta_media",
)


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

    def scaricabili(self, blocco: Blocco, disegno: bool) -> Iterator[tuple[str, str]]:
        """Yield format and address of what can be downloaded of a block."""
        if self.luogo is None:
            return
        dati = blocco["dati"]["id"] if disegno else blocco["id"]
        yield "CSV", self.radice + addresses.tavola(self.luogo, self.slug, dati, "csv")
        if disegno:
            yield "SVG", self.radice + addresses.tavola(self.luogo, self.slug, blocco["id"], "svg")


class Site:
    """Writes the pages of an edition under a folder.

    Parameters
    ----------
    cartella : Path
        Root of the site.
    edizione : Edition
        What to publish.
    """

    def __init__(self, cartella: Path, edizione: Edition) -> None:
        self.cartella, self.edizione = cartella, edizione
        self.indicatori = registro_indicatori()
        self._claims = edizione.ledger.claims
        self._ambiente = jinja2.Environment(
            loader=jinja2.PackageLoader("conciliazione_lib.publish"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._ambiente.globals.update(
            sito=words.SITO,
            edizione=edizione,
            csp=CSP,
            avvertenza=words.AVVERTENZA,
            avvertenza_breve=words.AVVERTENZA_BREVE,
            indicatori=self.indicatori,
            scheda=lambda id, radice: radice + addresses.cifra(id),
            indirizzo_luogo=addresses.luogo,
            disegno=_disegno,
            periodo=formats.periodo,
        )

    def write(
        self, percorso: str, modello: str, *, titolo: str, descrizione: str, sezione: str = "", **dati: Any
    ) -> None:
        """Write a page.

        Parameters
        ----------
        percorso : str
            Address of the page from the root.
        modello : str
            Template.
        titolo, descrizione : str
            For the head of the page.
        sezione : str
            Entry of the menu it belongs to.
        **dati
            What the template needs.
        """
        contesto = {"briciole": [], **dati}
        testo = self._ambiente.get_template(modello).render(
            percorso=percorso,
            radice=addresses.radice(percorso),
            titolo=titolo,
            descrizione=descrizione,
            sezione=sezione,
            **contesto,
        )
        self.write_text(percorso, testo)

    def write_text(self, percorso: str, testo: str) -> None:
        """Write a text file of the site, with the same bytes on every system."""
        file = self.cartella / percorso
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(testo, encoding="utf-8", newline="\n")

    def prose(self, radice: str) -> Prose:
        """Return what renders the prose of a page."""

        def affermazione(id: str) -> str:
            claim = self._claims.get(id)
            return radice + addresses.affermazione(id, claim.figures[0]) if claim else f"{radice}metodi.html"

        return Prose(cifra=lambda id: radice + addresses.cifra(id), affermazione=affermazione)


def build(cartella: Path, edizione: Edition) -> None:
    """Write the whole site.

    Parameters
    ----------
    cartella : Path
        Root of the site, empty.
    edizione : Edition
        What to publish.
    """
    sito = Site(cartella, edizione)
    assets(cartella)
    home(sito)
    territory_pages(sito)
    card_pages.write(sito)
    downloads(sito)


def assets(cartella: Path) -> None:
    """Copy styles, fonts and scripts into the site."""
    with resources.as_file(resources.files("conciliazione_lib.publish") / "static") as origine:
        shutil.copytree(origine, cartella / "risorse", dirs_exist_ok=True)


def territory_pages(sito: Site) -> None:
    """Write the page of each territory and those of its chapters."""
    edizione = sito.edizione
    for luogo in edizione.luoghi:
        capitoli = edizione.di(luogo)
        pieno = full_name(luogo)
        qui = addresses.luogo(luogo)
        ambiti = (
            [(altro, addresses.luogo(altro)) for altro in edizione.luoghi if altro.livello == "ambito"]
            if luogo.livello == "regione"
            else []
        )
        sito.write(
            qui,
            "territorio.html",
            titolo=pieno,
            descrizione=f"I bisogni di conciliazione tra vita e lavoro: {pieno}.",
            sezione="territori",
            briciole=[("Territori", "territori/index.html"), (pieno, None)],
            nome_pieno=pieno,
            data=formats.data(edizione.data),
            capitoli=capitoli,
            sintesi=summary(sito, luogo),
            ambiti=ambiti,
        )
        for posto, capitolo in enumerate(capitoli):
            _chapter_page(
                sito, luogo, capitolo, capitoli[posto - 1] if posto else None, next(iter(capitoli[posto + 1 :]), None)
            )


def _chapter_page(
    sito: Site, luogo: Place, capitolo: Chapter, precedente: Chapter | None, seguente: Chapter | None
) -> None:
    percorso = addresses.capitolo(luogo, capitolo.slug)
    pieno = full_name(luogo)
    pagina = Page(percorso, luogo, capitolo.slug)
    sito.write(
        percorso,
        "capitolo.html",
        titolo=f"{capitolo.titolo} – {pieno}",
        descrizione=f"{capitolo.titolo}: {pieno}, dati al {formats.data(sito.edizione.data)}.",
        sezione="territori",
        briciole=[("Territori", "territori/index.html"), (pieno, addresses.luogo(luogo)), (capitolo.titolo, None)],
        nome_pieno=pieno,
        capitolo=capitolo,
        precedente=precedente,
        seguente=seguente,
        pagina=pagina,
        prosa=sito.prose(pagina.radice),
    )


def home(sito: Site) -> None:
    """Write the home page and the list of the territories."""
    edizione = sito.edizione
    regione = next((luogo for luogo in edizione.luoghi if luogo.livello == "regione"), None)
    territori = [
        (luogo, len(capitoli), sum(capitolo.disponibile for capitolo in capitoli))
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


def downloads(sito: Site) -> None:
    """Write every table as CSV and every drawing as SVG."""
    for capitolo in sito.edizione.capitoli:
        for tavola in capitolo.tavole():
            nomi = [colonna["id"] for colonna in tavola["colonne"]]
            righe = [[cella["v"] if cella["v"] is not None else "" for cella in riga] for riga in tavola["righe"]]
            sito.write_text(
                addresses.tavola(capitolo.luogo, capitolo.slug, tavola["id"], "csv"), words.csv_text(nomi, righe)
            )
        for blocco in capitolo.blocchi:
            if blocco["tipo"] in ("grafico", "mappa"):
                sito.write_text(
                    addresses.tavola(capitolo.luogo, capitolo.slug, blocco["id"], "svg"),
                    svg.sicuro(blocco["svg"]) + "\n",
                )


def summary(sito: Site, luogo: Place) -> list[Mapping[str, Any]]:
    """Return the figures of a territory shown in brief, each with the region's beside it."""
    proprie = _ultime(sito.edizione.ledger, luogo)
    regione = (
        _ultime(sito.edizione.ledger, Place("regione", "lombardia", "Lombardia")) if luogo.livello != "regione" else {}
    )
    voci: list[Mapping[str, Any]] = []
    for indicatore in SINTESI:
        cifra = proprie.get(indicatore)
        if cifra is None or cifra.missing:
            continue
        altra = regione.get(indicatore)
        voci.append(
            {
                "nome": sito.indicatori[indicatore].nome,
                "id": cifra.id,
                "testo": cifra.text,
                "unita": "" if formats.unita(cifra.unit).simbolo else formats.unita(cifra.unit).estesa,
                "confronto": {"nome": "Lombardia", "id": altra.id, "testo": altra.text} if altra else None,
            }
        )
    return voci


def _ultime(cifre: Iterable[Figure], luogo: Place) -> dict[str, Figure]:
    """Return the latest figure of each indicator for a territory, breakdowns apart."""
    esito: dict[str, Figure] = {}
    for cifra in cifre:
        propria = (cifra.territory.livello, cifra.territory.codice) == (luogo.livello, luogo.codice)
        if propria and not cifra.breakdown:
            presente = esito.get(cifra.indicator)
            if presente is None or presente.period < cifra.period:
                esito[cifra.indicator] = cifra
    return esito


def full_name(luogo: Place) -> str:
    """Return the name of a territory as a title: ``ATS dell'Insubria``, ``Ambito di Azzate``."""
    return grammar.maiuscola(grammar.senza_articolo(luogo))


def _disegno(testo: str) -> Markup:
    """Return a drawing fit to be placed in a page."""
    return Markup(svg.sicuro(testo))
