"""What every page of the site shares: its frame, its policy, its addresses, the prose with links to the cards."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

import conciliazione_lib.publish.addresses as addresses
import conciliazione_lib.publish.colours as colours
import conciliazione_lib.publish.drawings as drawings
import conciliazione_lib.publish.quadrature as quadrature
import conciliazione_lib.publish.words as words
from conciliazione_lib.evidence import Place, formats
from conciliazione_lib.evidence import load as registro_indicatori
from conciliazione_lib.publish.edition import Chapter, Edition
from conciliazione_lib.publish.light import light
from conciliazione_lib.publish.markdown import Prose
from conciliazione_lib.publish.selection import FINEST, Selection
from conciliazione_lib.quality.marks import Marks
from conciliazione_lib.report import geometry, svg

#: Nothing comes from elsewhere, nothing runs that is not a file of the site, no style is written in the page.
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'"
)


#: Beyond, the data of a chart or map are not a table of the page: they are in the file to download.
MANY_ROWS = 100


@dataclass(frozen=True)
class Entry:
    """A page as the search gives it."""

    genere: str
    titolo: str
    dettaglio: str
    percorso: str


class Site:
    """Writes the pages of an edition under a folder.

    Parameters
    ----------
    folder : Path
        Root of the site.
    edizione : Edition
        What to publish.
    absent : collection of str
        Pages that this edition does not have: menu and footer leave them out.
    documents : bool
        Whether the documents of the territories are in the site.

    Attributes
    ----------
    figures : Selection
        The figures that pages set side by side.
    pagine : list of Entry
        What was written so far and the search should find.
    scritti : dict of str to str
        Hash of each file written so far, by its path from the folder that has the site in it.
    """

    def __init__(
        self, folder: Path, edizione: Edition, absent: Collection[str] = (), *, documents: bool = False
    ) -> None:
        self.cartella, self.edizione = folder, edizione
        self.indicatori = registro_indicatori()
        self.figures = Selection(edizione.ledger_of, edizione.shown, edizione.archivio)
        self.pagine: list[Entry] = []
        self.scritti: dict[str, str] = {}
        self._drawn: dict[str, tuple[str, ...]] = {}
        self._menu, self._piede = (
            [entry for entry in entries if entry["href"] not in absent] for entries in (words.MENU, words.FOOT)
        )
        self._documents = documents

    @cached_property
    def _environment(self) -> jinja2.Environment:
        made = jinja2.Environment(
            loader=jinja2.PackageLoader("conciliazione_lib.publish"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        made.globals.update(
            sito={"nome": words.NAME, "motto": words.MOTTO, "menu": self._menu, "piede": self._piede},
            edizione=self.edizione,
            ente=self.edizione.sito,
            documento_di=addresses.document_of_the_site if self._documents else None,
            sintesi_di=addresses.summary_of_the_site,
            csp=CSP,
            avvertenza=words.CAUTION,
            avvertenza_breve=words.SHORT_CAUTION,
            indicatori=self.indicatori,
            scheda=lambda id, root: root + addresses.figure(id),
            indirizzo_luogo=self.address,
            confrontabili=any(entry["href"] == "confronta.html" for entry in self._menu),
            pagina_capitolo=addresses.chapter,
            disegno=_drawing,
            periodo=formats.periodo,
            numero_intero=formats.numero,
            molte_righe=MANY_ROWS,
            unita_in_testata=formats.unit_in_heading,
        )
        return made

    def forget(self) -> None:
        """Let go of the edition, when all is written: templates would hold it as long as the process lasts."""
        if (made := vars(self).pop("_environment", None)) is not None:
            made.globals.clear()

    @cached_property
    def flagged(self) -> Marks:
        """Checks that do not hold beside the figures they concern: they may be known after the rest."""
        return Marks(quadrature.results())

    def write(
        self,
        path: str,
        template: str,
        *,
        titolo: str,
        descrizione: str,
        sezione: str = "",
        kind: str = "",
        search: str = "",
        **given_data: Any,
    ) -> str:
        """Write a page, and return its text.

        Parameters
        ----------
        path : str
            Address of the page from the root.
        template : str
            Template.
        titolo, descrizione : str
            For the head of the page.
        sezione : str
            Entry of the menu it belongs to.
        kind : str
            Kind of page for the search, which does not find a page without one.
        search : str
            What the search shows under the title; the description by default.
        **given_data
            What the template needs.
        """
        context = {"briciole": [], **given_data}
        text = self._environment.get_template(template).render(
            percorso=path,
            radice=addresses.root(path),
            titolo=titolo,
            descrizione=descrizione,
            sezione=sezione,
            **context,
        )
        text = quadrature.with_marks(text, path, self.flagged, self.edizione)
        self.write_text(path, light(drawings.once(text)))
        if kind:
            self.pagine.append(Entry(kind, titolo, search or descrizione, path))
        return text

    def drawn(self, level: str) -> tuple[str, ...]:
        """Return the codes of the territories of a level that have a shape, in the order in which maps draw them."""
        if level not in self._drawn:
            self._drawn[level] = tuple(map(str, geometry.shapes(level, self.edizione.data).index))
        return self._drawn[level]

    def address(self, place: Place) -> str:
        """Return the page of a territory; of a comune without figures in the store, its row in the list."""
        if place.livello == FINEST and self.edizione.archivio is None:
            return f"comuni/{addresses.INDEX}#c{place.codice}"
        return addresses.place(place)

    def has(self, path: str) -> bool:
        """Tell whether menu or footer lead to a page: what this edition lacks is left out of them."""
        return any(entry["href"] == path for entry in (*self._menu, *self._piede))

    def render(self, template: str, **data: Any) -> str:
        """Return a template filled in: what is published but is not a page of the site."""
        return self._environment.get_template(template).render(**data)

    def write_text(self, path: str, testo: str) -> None:
        """Write a text file of the site, with the same bytes on every system."""
        self.put(self.cartella / path, testo.encode())

    def put(self, file: Path, content: bytes, *, of_many: bool = False) -> None:
        """Write a file, of the site or beside it.

        Parameters
        ----------
        file : Path
        content : bytes
        of_many : bool
            Whether other parts of the publication write the same file, with the same content, perhaps now.
        """
        self.scritti[file.relative_to(self.cartella.parent).as_posix()] = hashlib.sha256(content).hexdigest()
        if of_many and file.exists():
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        if not of_many:
            _write_anew(file, content)
            return
        handle, name = tempfile.mkstemp(dir=file.parent)
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(name).chmod(0o644)
        # Where a file that others are putting in place cannot be replaced, theirs is the same.
        with contextlib.suppress(PermissionError):
            Path(name).replace(file)
        Path(name).unlink(missing_ok=True)

    def taken(self, file: Path) -> bool:
        """Tell whether another part has written a file whose name says its content; it is then of this part too."""
        with contextlib.suppress(OSError):
            content = file.read_bytes()
            self.scritti[file.relative_to(self.cartella.parent).as_posix()] = hashlib.sha256(content).hexdigest()
            return True
        return False

    def prose(self, root: str, chapters: Sequence[Chapter] = ()) -> Prose:
        """Return what renders the prose of a page, that of some chapters."""

        def claim(id: str) -> str:
            first = self.edizione.claim(id, chapters)
            return root + addresses.claim(id, first) if first else f"{root}metodi.html"

        return Prose(cifra=lambda id: root + addresses.figure(id), affermazione=claim)


def assets(site: Site) -> None:
    """Write styles, fonts, scripts and icons into the site."""
    with resources.as_file(resources.files("conciliazione_lib.publish") / "static") as origin:
        for file in sorted(origin.rglob("*")):
            if file.is_file():
                site.put(site.cartella / "risorse" / file.relative_to(origin), file.read_bytes())
    site.put(site.cartella / "risorse" / "colori.css", colours.css().encode())
    for icon in ("icona.svg", "segnale.svg"):
        site.put(site.cartella / "risorse" / icon, site.render(icon, colori=colours.web()).encode())


def _drawing(testo: str) -> Markup:
    """Return a drawing fit to be placed in a page."""
    return Markup(drawings.lean(svg.safe(testo)))


def _write_anew(file: Path, content: bytes) -> None:
    """Write a file of its own: what is there, or comes meanwhile, may be one of the published tree too."""
    while True:
        file.unlink(missing_ok=True)
        try:
            with file.open("xb") as stream:
                stream.write(content)
        except FileExistsError:
            continue
        return
