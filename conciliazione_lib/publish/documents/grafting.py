"""Taking blocks of one Word file into another: with their pictures, links, notes and lists, and no clash of numbers."""

from __future__ import annotations

import hashlib
import posixpath
from copy import deepcopy
from typing import Any

from lxml import etree

from conciliazione_lib.publish.documents import package, reference
from conciliazione_lib.publish.documents.package import AVVISO, RELS, R, W

_DOCUMENTO = "word/document.xml"
_RELAZIONI = "word/_rels/document.xml.rels"


class Graft:
    """Takes blocks of a fresh document into the analyst's.

    Parameters
    ----------
    parti : dict
        Parts of the analyst's package, changed in place by :meth:`save`.
    albero : lxml element
        Her document.
    nuove : dict
        Parts of the fresh package.
    """

    def __init__(self, parti: dict[str, bytes], albero: Any, nuove: dict[str, bytes]) -> None:
        self.parti, self.albero, self.nuove = parti, albero, nuove
        self.relazioni = etree.fromstring(parti[_RELAZIONI])
        self.fresche = {r.get("Id"): r for r in etree.fromstring(nuove[_RELAZIONI])}
        self.tipi = etree.fromstring(parti["[Content_Types].xml"])
        self._alberi: dict[str, Any] = {}
        self._relate: dict[str, str] = {}
        self._elenchi: dict[str, str] = {}
        self._numero = max((int(n.get(f"{{{W}}}id", "0")) for n in albero.iter(f"{{{W}}}bookmarkStart")), default=0)

    def take(self, blocco: Any) -> Any:
        """Return a copy of a fresh block that can stand in her document."""
        copia = deepcopy(blocco)
        for riferimento in list(copia.iter(f"{{{W}}}headerReference", f"{{{W}}}footerReference")):
            riferimento.getparent().remove(riferimento)  # sections inherit hers
        for nodo in copia.iter():
            if not isinstance(nodo.tag, str):
                continue
            for attributo in (f"{{{R}}}embed", f"{{{R}}}id", f"{{{R}}}link"):
                if nodo.get(attributo) in self.fresche:
                    nodo.set(attributo, self._relation(str(nodo.get(attributo))))
        for elenco in copia.iter(f"{{{W}}}numId"):
            elenco.set(f"{{{W}}}val", self._list(str(elenco.get(f"{{{W}}}val"))))
        for nota in copia.iter(f"{{{W}}}footnoteReference"):
            nota.set(f"{{{W}}}id", self._note(str(nota.get(f"{{{W}}}id"))))
        self._renumber_bookmarks(copia)
        return copia

    def fingerprints(self, blocco: Any) -> set[str]:
        """Return the hashes of the drawings of one of her blocks, SVG and PNG: some programs keep only one of them."""
        mete = {r.get("Id"): r.get("Target") for r in self.relazioni}
        esito = set()
        for nodo in blocco.iter(f"{{{package.ASVG}}}svgBlip", f"{{{package.A}}}blip"):
            meta = mete.get(nodo.get(f"{{{R}}}embed"))
            nome = posixpath.normpath(posixpath.join("word", meta)) if meta else ""
            if nome in self.parti:
                esito.add(package.digest(self.parti[nome]))
        return esito

    @property
    def notes(self) -> Any:
        """Her footnotes."""
        return self._tree("word/footnotes.xml") if "word/footnotes.xml" in self.parti else package.note_tree({})

    def drop_notes(self, blocco: Any) -> None:
        """Take away the footnotes of a block that leaves her document."""
        for nota in package.notes_of(blocco, self.notes):
            nota.getparent().remove(nota)

    def follow_notes(self, suo: Any, blocco: Any) -> bool:
        """Give the footnotes of a block of hers the words of the fresh ones; false when they are not as many."""
        sue = package.notes_of(suo, self.notes)
        nuove = package.notes_of(blocco, package.note_tree(self.nuove))
        if len(sue) != len(nuove):
            return False
        for sua, nuova in zip(sue, nuove, strict=True):
            sua[:] = [deepcopy(figlio) for figlio in nuova]
        return True

    def renumber(self) -> None:
        """Count tables and figures again, in captions and where they are named; ask Word to do the same."""
        numeri: dict[str, str] = {}
        quanti: dict[str, int] = {}
        for campo in self.albero.iter(f"{{{W}}}fldSimple"):
            parole = str(campo.get(f"{{{W}}}instr")).split()
            if parole[:1] != ["SEQ"]:
                continue
            quanti[parole[1]] = quanti.get(parole[1], 0) + 1
            _set_result(campo, str(quanti[parole[1]]))
            segno = campo.getprevious()
            if segno is not None and segno.tag == f"{{{W}}}bookmarkStart":
                numeri[str(segno.get(f"{{{W}}}name"))] = str(quanti[parole[1]])
        for campo in self.albero.iter(f"{{{W}}}fldSimple"):
            parole = str(campo.get(f"{{{W}}}instr")).split()
            if parole[:1] == ["REF"] and parole[1] in numeri:
                _set_result(campo, numeri[parole[1]])
        for istruzione in self.albero.iter(f"{{{W}}}instrText"):
            if "TOC" not in (istruzione.text or ""):
                continue
            inizio = istruzione.getparent().getprevious()
            segno = inizio.find(f"{{{W}}}fldChar") if inizio is not None else None
            if segno is not None and segno.get(f"{{{W}}}fldCharType") == "begin":
                segno.set(f"{{{W}}}dirty", "true")

    def save(self) -> None:
        """Write the parts that taking blocks has changed."""
        for nome, albero in self._alberi.items():
            self.parti[nome] = package.dump(albero)
        self.parti[_RELAZIONI] = package.dump(self.relazioni)
        self.parti["[Content_Types].xml"] = package.dump(self.tipi)
        stili = etree.fromstring(self.parti["word/styles.xml"])
        presenti = {s.get(f"{{{W}}}styleId") for s in stili.iter(f"{{{W}}}style")}
        for stile in etree.fromstring(self.nuove["word/styles.xml"]).iter(f"{{{W}}}style"):
            if stile.get(f"{{{W}}}styleId") == AVVISO and AVVISO not in presenti:
                stili.append(stile)
                self.parti["word/styles.xml"] = package.dump(stili)

    def _relation(self, id: str) -> str:
        if id in self._relate:
            return self._relate[id]
        vecchia = self.fresche[id]
        meta = str(vecchia.get("Target"))
        attributi = {"Type": str(vecchia.get("Type")), "Target": meta}
        if vecchia.get("TargetMode"):
            attributi["TargetMode"] = str(vecchia.get("TargetMode"))
        else:
            dati = self.nuove[posixpath.normpath(posixpath.join("word", meta))]
            estensione = posixpath.splitext(meta)[1]
            nome = f"media/aggiornata-{hashlib.sha256(dati).hexdigest()[:16]}{estensione}"
            self.parti[f"word/{nome}"] = dati
            attributi["Target"] = nome
            genere = "image/svg+xml" if estensione == ".svg" else f"image/{estensione[1:]}"
            package.add_type(self.tipi, "Default", "Extension", estensione[1:], genere)
        presenti = {r.get("Id") for r in self.relazioni}
        nuovo = next(f"rIdAgg{n}" for n in range(1, len(presenti) + 2) if f"rIdAgg{n}" not in presenti)
        etree.SubElement(self.relazioni, f"{{{RELS}}}Relationship", {"Id": nuovo, **attributi})
        self._relate[id] = nuovo
        return nuovo

    def _tree(self, nome: str) -> Any:
        if nome not in self._alberi:
            self._alberi[nome] = etree.fromstring(self.parti[nome])
        return self._alberi[nome]

    def _list(self, numero: str) -> str:
        """Return the number in her document of a list of the fresh one, with its definition."""
        if numero in ("0", str(reference.TITOLI)):
            return numero
        if numero not in self._elenchi:
            fresco = etree.fromstring(self.nuove["word/numbering.xml"])
            suo = self._tree("word/numbering.xml")
            elenco = next(n for n in fresco.findall(f"{{{W}}}num") if n.get(f"{{{W}}}numId") == numero)
            definizione = elenco.find(f"{{{W}}}abstractNumId").get(f"{{{W}}}val")
            astratto = next(
                n for n in fresco.findall(f"{{{W}}}abstractNum") if n.get(f"{{{W}}}abstractNumId") == definizione
            )
            id_astratto = _next(suo, "abstractNum", "abstractNumId")
            id_elenco = _next(suo, "num", "numId")
            astratto.set(f"{{{W}}}abstractNumId", id_astratto)
            for sigla in astratto.findall(f"{{{W}}}nsid"):
                astratto.remove(sigla)  # two definitions with one mark are taken for the same
            elenco.set(f"{{{W}}}numId", id_elenco)
            elenco.find(f"{{{W}}}abstractNumId").set(f"{{{W}}}val", id_astratto)
            primo = next((i for i, n in enumerate(suo) if n.tag == f"{{{W}}}num"), len(suo))
            suo.insert(primo, astratto)
            suo.append(elenco)
            self._elenchi[numero] = id_elenco
        return self._elenchi[numero]

    def _note(self, id: str) -> str:
        """Copy a footnote into her document and return its number there."""
        suo = self._tree("word/footnotes.xml")
        fresco = etree.fromstring(self.nuove["word/footnotes.xml"])
        nota = next(n for n in fresco if n.get(f"{{{W}}}id") == id)
        nuovo = _next(suo, "footnote", "id")
        nota.set(f"{{{W}}}id", nuovo)
        suo.append(nota)
        return nuovo

    def _renumber_bookmarks(self, copia: Any) -> None:
        nuovi: dict[str, str] = {}
        for segno in copia.iter(f"{{{W}}}bookmarkStart", f"{{{W}}}bookmarkEnd"):
            vecchio = str(segno.get(f"{{{W}}}id"))
            if vecchio not in nuovi:
                self._numero += 1
                nuovi[vecchio] = str(self._numero)
            segno.set(f"{{{W}}}id", nuovi[vecchio])


def _next(radice: Any, elemento: str, attributo: str) -> str:
    usati = [int(n.get(f"{{{W}}}{attributo}", "0")) for n in radice.findall(f"{{{W}}}{elemento}")]
    return str(max([*usati, reference.TITOLI]) + 1)


def _set_result(campo: Any, testo: str) -> None:
    nodi = list(campo.iter(f"{{{W}}}t"))
    for posto, nodo in enumerate(nodi):
        nodo.text = testo if posto == 0 else ""
