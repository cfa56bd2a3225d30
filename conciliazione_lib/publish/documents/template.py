"""An office's own Word template: its styles, the heads and feet of its pages, its logos, in a document of ours.

Styles are matched by name, as Word does: a template written in Italian calls ``Titolo1`` what Word knows as
``heading 1``.
What the document needs and the template does not have stays ours. The body of the template is not used.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from lxml import etree

from conciliazione_lib.errors import DatiError
from conciliazione_lib.publish.documents import reference
from conciliazione_lib.publish.documents.reference import W, xml

R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
_STILI, _CORPO, _TEMA = "word/styles.xml", "word/document.xml", "word/theme/theme1.xml"
#: Where a style names another.
_RIFERIMENTI = ("basedOn", "next", "link", "pStyle", "rStyle", "tblStyle")
#: What stays ours whatever the template: contents need the place of their page numbers, tables their widths.
_NOSTRI = re.compile(r"toc (?:\d|heading)|tabella.*|riquadro.*|figura|nota|fonte|codice|avviso.*|rimando", re.I)


#: A head or a foot: which of the two, of which pages, id of its relation.
Reference = tuple[str, str, str]


class Template:
    """A template.

    Parameters
    ----------
    docx : bytes
        The file.
    nome : str
        Its name, for the messages.

    Raises
    ------
    DatiError
        It is not a Word file (or a template ``.dotx``), or it is damaged.
    """

    def __init__(self, docx: bytes, nome: str) -> None:
        try:
            with zipfile.ZipFile(io.BytesIO(docx)) as archivio:
                self.parti = {n: archivio.read(n) for n in archivio.namelist() if not n.endswith("/")}
            self._stili = etree.fromstring(self.parti[_STILI])
            self._corpo = etree.fromstring(self.parti[_CORPO])
        except (zipfile.BadZipFile, KeyError, etree.XMLSyntaxError, EOFError, ValueError) as errore:
            raise DatiError(
                f"Il modello «{nome}» non è un documento Word che si possa leggere: è danneggiato, o è in un altro "
                "formato.",
                "aprirlo con Word o LibreOffice e salvarlo come .docx.",
            ) from errore
        nostri = etree.fromstring(_parts(reference.reference())[_STILI])
        self._nostri = {_name(s): str(s.get(f"{{{W}}}styleId")) for s in _each(nostri)}
        presi = set(self._nostri.values())
        self._ids = {}
        for stile in _each(self._stili):
            suo, nome_stile = str(stile.get(f"{{{W}}}styleId")), _name(stile)
            self._ids[suo] = self._nostri.get(nome_stile) or (f"{suo}Modello" if suo in presi else suo)

    def reference(self) -> bytes:
        """Return the reference document for Pandoc: ours, with styles, defaults and theme of the template."""
        parti = _parts(reference.reference())
        stili = etree.fromstring(parti[_STILI])
        for stile in _each(stili):
            if stile.get(f"{{{W}}}styleId") != "Codice":
                for carattere in stile.findall(f"{{{W}}}rPr/{{{W}}}rFonts"):
                    carattere.getparent().remove(carattere)  # the typeface is that of the template
        predefiniti, suoi = stili.find(f"{{{W}}}docDefaults"), self._stili.find(f"{{{W}}}docDefaults")
        if predefiniti is not None and suoi is not None:
            stili.replace(predefiniti, deepcopy(suoi))
        per_id = {str(s.get(f"{{{W}}}styleId")): s for s in _each(stili)}
        for stile in _each(self._stili):
            if _NOSTRI.fullmatch(_name(stile)):
                continue
            copia = self._renamed(stile)
            id = str(copia.get(f"{{{W}}}styleId"))
            if id in per_id:
                stili.replace(per_id[id], copia)
            else:
                stili.append(copia)
        parti[_STILI] = _dump(stili)
        if _TEMA in self.parti:
            parti[_TEMA] = self.parti[_TEMA]
        uscita = io.BytesIO()
        with zipfile.ZipFile(uscita, "w") as scritto:
            for nome, dati in parti.items():
                scritto.writestr(nome, dati)
        return uscita.getvalue()

    def _renamed(self, stile: Any) -> Any:
        """Return a style of the template with our ids; headings are numbered as the contents number them."""
        copia = deepcopy(stile)
        copia.set(f"{{{W}}}styleId", self._ids[str(stile.get(f"{{{W}}}styleId"))])
        self._rename(copia)
        for numero in list(copia.iter(f"{{{W}}}numPr")):
            numero.getparent().remove(numero)
        titolo = re.fullmatch(r"Heading([1-4])", str(copia.get(f"{{{W}}}styleId")))
        if titolo:
            proprieta = copia.find(f"{{{W}}}pPr")
            if proprieta is None:
                proprieta = etree.Element(f"{{{W}}}pPr")
                dopo = copia.find(f"{{{W}}}rPr")
                copia.append(proprieta) if dopo is None else dopo.addprevious(proprieta)
            elenco = f'<w:numPr><w:ilvl w:val="{int(titolo[1]) - 1}"/><w:numId w:val="{reference.TITOLI}"/></w:numPr>'
            prima = ("pStyle", "keepNext", "keepLines", "pageBreakBefore", "framePr", "widowControl")
            posto = sum(etree.QName(figlio).localname in prima for figlio in proprieta)
            proprieta.insert(posto, xml(elenco))
            if titolo[1] == "1" and proprieta.find(f"{{{W}}}pageBreakBefore") is None:  # a chapter begins a page
                dove = sum(etree.QName(figlio).localname in prima[:3] for figlio in proprieta)
                proprieta.insert(dove, xml("<w:pageBreakBefore/>"))
        return copia

    def _rename(self, radice: Any) -> None:
        for nodo in radice.iter(*(f"{{{W}}}{nome}" for nome in _RIFERIMENTI)):
            valore = str(nodo.get(f"{{{W}}}val"))
            nodo.set(f"{{{W}}}val", self._ids.get(valore, valore))

    def dress(self, parti: dict[str, bytes], albero: Any, relazioni: Any, tipi: Any) -> None:
        """Give the sections of a document the heads, feet and logos of the template.

        Parameters
        ----------
        parti : dict
            Parts of the document; gets those of the template.
        albero, relazioni, tipi : lxml element
            Its body, relations and content types, changed in place.
        """
        sezione = next(reversed(list(self._corpo.iter(f"{{{W}}}sectPr"))), None)
        if sezione is None:
            return
        mete = self._targets(_CORPO)
        righe: list[Reference] = []
        for riferimento in sezione.findall(f"{{{W}}}headerReference") + sezione.findall(f"{{{W}}}footerReference"):
            meta = mete.get(str(riferimento.get(f"{{{R}}}id")))
            if meta not in self.parti:
                continue
            genere = etree.QName(riferimento).localname.removesuffix("Reference")
            id = f"rIdModello{len(righe)}"
            nuovo = self._carry(str(meta), parti, tipi)
            etree.SubElement(
                relazioni, f"{{{RELS}}}Relationship", Id=id, Type=f"{R}/{genere}", Target=posixpath.basename(nuovo)
            )
            tipi.append(_override(tipi, nuovo, genere))
            righe.append((genere, str(riferimento.get(f"{{{W}}}type")), id))
        margini = sezione.find(f"{{{W}}}pgMar")
        prima_pagina = sezione.find(f"{{{W}}}titlePg") is not None
        for posto, nostra in enumerate(albero.iter(f"{{{W}}}sectPr")):
            self._section(nostra, righe, margini, cover=posto == 0, first=prima_pagina)

    def _section(self, nostra: Any, righe: list[Reference], margini: Any, *, cover: bool, first: bool) -> None:
        for genere in ("footer", "header"):
            sue = [(tipo, id) for g, tipo, id in righe if g == genere]
            if not any(tipo == "default" for tipo, _ in sue):
                continue
            for vecchia in nostra.findall(f"{{{W}}}{genere}Reference"):
                nostra.remove(vecchia)
            for tipo, id in sue:
                voce = etree.Element(f"{{{W}}}{genere}Reference", {f"{{{W}}}type": tipo, f"{{{R}}}id": id})
                nostra.insert(0, voce)
        nostri_margini = nostra.find(f"{{{W}}}pgMar")
        for lato in ("top", "bottom", "header", "footer"):
            if margini is not None and nostri_margini is not None and margini.get(f"{{{W}}}{lato}"):
                nostri_margini.set(f"{{{W}}}{lato}", margini.get(f"{{{W}}}{lato}"))
        titolo = nostra.find(f"{{{W}}}titlePg")
        # The cover has the logos of the template: its first page where it has one, else that of every page.
        if cover and titolo is not None and not first and righe:
            nostra.remove(titolo)

    def _carry(self, nome: str, parti: dict[str, bytes], tipi: Any) -> str:
        """Copy a head or foot with its pictures, and return its name in the document."""
        radice = etree.fromstring(self.parti[nome])
        self._rename(radice)
        nuovo = f"word/modello-{posixpath.basename(nome)}"
        parti[nuovo] = _dump(radice)
        relazioni = etree.Element(f"{{{RELS}}}Relationships", nsmap={None: RELS})
        for id, meta, genere, esterna in self._relations(nome):
            if esterna:
                etree.SubElement(
                    relazioni, f"{{{RELS}}}Relationship", Id=id, Type=genere, Target=meta, TargetMode="External"
                )
                continue
            dove = posixpath.normpath(posixpath.join(posixpath.dirname(nome), meta))
            if dove not in self.parti:
                continue
            immagine = f"media/modello-{posixpath.basename(dove)}"
            parti[f"word/{immagine}"] = self.parti[dove]
            estensione = posixpath.splitext(dove)[1][1:]
            if not any(str(t.get("Extension")).lower() == estensione.lower() for t in tipi):
                nomi = {"jpg": "jpeg", "svg": "svg+xml", "emf": "x-emf", "wmf": "x-wmf"}
                genere_file = f"image/{nomi.get(estensione.lower(), estensione.lower())}"
                nodo = etree.SubElement(tipi, f"{{{_types(tipi)}}}Default", Extension=estensione)
                nodo.set("ContentType", genere_file)
            etree.SubElement(relazioni, f"{{{RELS}}}Relationship", Id=id, Type=genere, Target=immagine)
        if len(relazioni):
            parti[f"word/_rels/{posixpath.basename(nuovo)}.rels"] = _dump(relazioni)
        return nuovo

    def _relations(self, nome: str) -> Iterator[tuple[str, str, str, bool]]:
        file = posixpath.join(posixpath.dirname(nome), "_rels", f"{posixpath.basename(nome)}.rels")
        if file not in self.parti:
            return
        for r in etree.fromstring(self.parti[file]):
            yield str(r.get("Id")), str(r.get("Target")), str(r.get("Type")), r.get("TargetMode") == "External"

    def _targets(self, nome: str) -> Mapping[str, str]:
        return {
            id: posixpath.normpath(posixpath.join(posixpath.dirname(nome), meta)).lstrip("/")
            for id, meta, _, esterna in self._relations(nome)
            if not esterna
        }


def _override(tipi: Any, nome: str, genere: str) -> Any:
    tipo = f"application/vnd.openxmlformats-officedocument.wordprocessingml.{genere}+xml"
    return etree.Element(f"{{{_types(tipi)}}}Override", PartName=f"/{nome}", ContentType=tipo)


def _types(tipi: Any) -> str:
    return str(etree.QName(tipi).namespace)


def _each(stili: Any) -> Iterator[Any]:
    yield from stili.findall(f"{{{W}}}style")


def _name(stile: Any) -> str:
    nome = stile.find(f"{{{W}}}name")
    return str(nome.get(f"{{{W}}}val")).casefold() if nome is not None else ""


def _parts(docx: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(docx)) as archivio:
        return {nome: archivio.read(nome) for nome in archivio.namelist() if not nome.endswith("/")}


def _dump(radice: Any) -> bytes:
    return bytes(etree.tostring(radice, xml_declaration=True, encoding="UTF-8", standalone=True))
