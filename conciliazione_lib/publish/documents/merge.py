"""An analyst's document brought up to date: her words stay, the program's follow the data.

A three-way merge by identity of blocks. For each block there are the text the program wrote then (the base, kept in
the file), the one it writes now, and hers. What she has not touched is replaced; what she has edited stays, sentence by
sentence, with a marked warning where the program's text has changed meanwhile; what she has moved stays where she put
it; what she has deleted does not come back; what she has added is never touched. The result is her own file, with its
styles, comments and pictures.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import takewhile
from typing import Any

from lxml import etree

from conciliazione_lib.errors import DatiError
from conciliazione_lib.publish.documents import contents, package, sentences
from conciliazione_lib.publish.documents.grafting import Graft
from conciliazione_lib.publish.documents.package import MARCA, Base, W

#: How alike two texts must be to be taken for the same block, when its mark is lost or its wording has changed.
SIMILI = 0.6
#: A number in Italian, and how many of those that changed are told of each block.
NUMERO = re.compile(r"(?<![\w,.])\d+(?:\.\d{3})*(?:,\d+)?(?!\w)")
DETTI = 4
#: Beginning of the bookmark of the notice that a chapter could not be made again.
FALLITO = "_fal_"


@dataclass
class Outcome:
    """What an update did.

    Attributes
    ----------
    docx : bytes
        The document brought up to date.
    updated, kept, added, removed : list of str
        Beginning of the text of blocks that follow the new data, that keep the analyst's words, that are new, that the
        program no longer writes.
    warnings : list of str
        What has to be read again: each is marked in the document too, unless she deleted the text it is about.
    """

    docx: bytes = b""
    updated: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def about(docx: bytes, nome: str) -> Mapping[str, str]:
    """Return what a document of ours says of itself: territory, edition, chapters.

    Raises
    ------
    DatiError
        It is not a Word file, it is damaged, or the program did not write it.
    """
    return opened(docx, nome)[1].about


def update(mine: bytes, fresh: bytes, nome: str = "il documento") -> Outcome:
    """Bring a document up to date.

    Parameters
    ----------
    mine : bytes
        The analyst's document.
    fresh : bytes
        The document as the program writes it now.
    nome : str
        Name of the analyst's file, for the messages.

    Raises
    ------
    DatiError
        The analyst's file is not a document of ours, or is damaged.
    """
    parti, base, albero = opened(mine, nome)
    nuove, nuova_base, nuovo_albero = opened(fresh, "il documento generato")
    if base.about.get("codice") != nuova_base.about.get("codice"):
        raise DatiError(
            f"«{nome}» è il documento di {base.about.get('luogo')}, "
            f"quello generato è di {nuova_base.about.get('luogo')}.",
            "indicare il documento dello stesso territorio.",
        )
    fusione = _Merge(parti, base, albero, nuove, nuova_base, nuovo_albero)
    fusione.run()
    return fusione.outcome


class _Merge:
    def __init__(
        self, parti: dict[str, bytes], base: Base, albero: Any, nuove: dict[str, bytes], nuova_base: Base, nuovo: Any
    ) -> None:
        self.parti, self.base, self.fresh_base = parti, base.blocks, dict(nuova_base.blocks)
        self.old_about, self.about = base.about, nuova_base.about
        self.nuove = nuove
        self.albero = albero
        self.body = albero.find(f"{{{W}}}body")
        self.fresh = {package.identity(b): b for b in nuovo.find(f"{{{W}}}body") if package.identity(b)}
        self.graft = Graft(parti, albero, nuove)
        self.outcome = Outcome()
        self.mine: dict[str, Any] = {}
        self.kept: set[str] = set()
        self.joined: set[str] = set()

    def run(self) -> None:
        """Merge, and leave the result in the outcome."""
        self._drop_notices()
        self._find_mine()
        self._keep_failed()
        of_base = self._pair()
        ancora: Any = None
        for id, blocco in self.fresh.items():
            vecchio = of_base.get(id)
            if vecchio is None:
                ancora = self._add(id, blocco, ancora)
            elif vecchio in self.mine:
                ancora = self._meet(id, vecchio, blocco)
            elif vecchio not in self.joined and self.base[vecchio][0] != self.fresh_base[id][0]:
                self.outcome.warnings.append(
                    "Tolto da chi ha modificato il documento, ma nel frattempo cambiato: "
                    f"«{_brief(self.fresh_base[id][0])}»"
                )
        self._leave(set(of_base.values()))
        self.graft.renumber()
        self.graft.save()
        package.rename_headers(self.parti, self.old_about, self.about, self.nuove)
        contents.renew(self.albero, self.nuove)
        self.parti["word/document.xml"] = package.dump(self.albero)
        package.write_base(self.parti, Base(self.about, self.fresh_base))
        self.outcome.docx = package.pack(self.parti)

    def _drop_notices(self) -> None:
        """Take away the notices of chapters that failed at an earlier update: those still true are put again."""
        for segno in list(self.body.iter(f"{{{W}}}bookmarkStart")):
            if str(segno.get(f"{{{W}}}name")).startswith(FALLITO):
                paragrafo = segno.getparent()
                paragrafo.getparent().remove(paragrafo)

    def _keep_failed(self) -> None:
        """Keep what she has of each chapter that could not be made this time, and say so under its heading."""
        ids, nuovi = list(self.base), {}
        voci = [voce.split() for voce in self.about.get("non_riusciti", "").split(";") if voce]
        per_titolo = {titolo: avviso for titolo, *avviso in voci}
        for id, blocco in self.fresh_base.items():
            nuovi[id] = blocco
            suoi = self._of_section(ids, id) if id in per_titolo else []
            if not suoi:
                continue
            for chiave in per_titolo[id]:
                self.fresh.pop(chiave, None)
            for chiave in suoi:
                nuovi[chiave] = self.base[chiave]
                self.kept.add(chiave)
            testo = (
                f"Il capitolo «{blocco.text.strip()}» non è stato ricalcolato, perché il suo calcolo non è arrivato in "
                "fondo: il testo e le cifre sono quelli di prima."
            )
            if id in self.mine:
                nota = sentences.warning_paragraph(testo)
                _mark(nota, id, FALLITO)
                self.mine[id].addnext(nota)
            self.outcome.warnings.append(testo)
        tolti = {chiave for id in per_titolo for chiave in per_titolo[id] if chiave not in self.fresh}
        self.fresh_base = {id: blocco for id, blocco in nuovi.items() if id not in tolti}

    def _of_section(self, ids: list[str], heading: str) -> list[str]:
        """Return the blocks of the base from a heading to the next block that the fresh document has too."""
        if heading not in self.base:
            return []
        dopo = ids[ids.index(heading) + 1 :]
        return list(takewhile(lambda id: id not in self.fresh_base, dopo))

    def _find_mine(self) -> None:
        """Find the blocks of the base in her document: by mark, else by the very text, else by likeness."""
        senza = []
        for blocco in self.body:
            segni = [s for s in package.identities(blocco) if s in self.base and s not in self.mine]
            if segni:
                self.mine[segni[0]] = blocco
                self.joined.update(segni[1:])  # paragraphs she joined to the one before
            elif package.text(blocco).strip():
                senza.append(blocco)
        mancano = [id for id, blocco in self.base.items() if id not in self.mine and blocco.text.strip()]
        mancano = [id for id in mancano if id not in self.joined]
        for soglia in (1.0, 0.75):
            for blocco in list(senza):
                testo = package.text(blocco)
                id = next((i for i in mancano if _alike(self.base[i][0], testo) >= soglia), None)
                if id is not None:
                    self.mine[id] = blocco
                    mancano.remove(id)
                    senza.remove(blocco)
                    _mark(blocco, id)

    def _pair(self) -> dict[str, str]:
        """Return, by identity in the fresh document, the one in the base: the same, or the most alike that is gone."""
        coppie = {id: id for id in self.fresh_base if id in self.base}
        andati = [id for id in self.base if id not in self.fresh_base and id not in self.kept]
        for id in (i for i in self.fresh_base if i not in self.base):
            testo = self.fresh_base[id][0]
            voti = [(_alike(self.base[altro][0], testo), altro) for altro in andati if testo and self.base[altro][0]]
            voto, migliore = max(voti, default=(0.0, ""))
            if voto >= SIMILI:
                coppie[id] = migliore
                andati.remove(migliore)
        return coppie

    def _changed(self, old: str, new: str) -> bool:
        return self.base[old][:2] != self.fresh_base[new][:2]

    def _notes(self, old: str, new: str, suo: Any) -> tuple[bool, bool]:
        """Tell whether she has edited the footnotes of a block, and whether the program's are others."""
        sue, prima, ora = package.notes(suo, self.graft.notes), self.base[old].notes, self.fresh_base[new].notes
        if prima is None:  # written by a version that did not keep them: taken for untouched
            return False, sue != ora
        return sue != prima, prima != ora

    def _meet(self, id: str, old: str, blocco: Any) -> Any:
        """Merge a block that is in all three documents, and return it as it stands in the result."""
        suo = self.mine[old]
        testo, impronta, _ = self.base[old]
        disegni = self.graft.fingerprints(suo)
        toccato = package.text(suo) != testo or bool(disegni and not disegni & set(impronta.split()))
        note_toccate, note_cambiate = self._notes(old, id, suo)
        if not toccato and not self._changed(old, id) and not note_cambiate:
            _rename(suo, old, id)
            return suo
        if not toccato and not note_toccate:
            self.graft.drop_notes(suo)
            self.outcome.updated.append(_told(self.base[old][0], self.fresh_base[id][0], blocco))
            nuovo = self.graft.take(blocco)
            suo.getparent().replace(suo, nuovo)
            return nuovo
        self.outcome.kept.append(_brief(package.text(suo)))
        _rename(suo, old, id)
        if note_cambiate and (note_toccate or not self.graft.follow_notes(suo, blocco)) and self.fresh_base[id].notes:
            avviso = f"la nota di questo testo è cambiata; quella generata ora è: «{self.fresh_base[id].notes}»"
            sentences.append_warning(suo, avviso)
            self.outcome.warnings.append(avviso)
        if not self._changed(old, id):
            return suo
        if suo.tag == f"{{{W}}}p" and testo and self.fresh_base[id][0]:
            for avviso in sentences.merge(suo, testo, self.fresh_base[id][0]):
                self.outcome.warnings.append(avviso)
            return suo
        cosa = "La tabella" if blocco.tag == f"{{{W}}}tbl" else "La figura"
        avviso = (
            f"{cosa} qui sopra è stata modificata a mano, e intanto i dati sono cambiati: "
            "quella aggiornata è la seguente."
        )
        nota = sentences.warning_paragraph(avviso)
        nuovo = self.graft.take(blocco)
        _unmark(nuovo)
        suo.addnext(nota)
        nota.addnext(nuovo)
        self.outcome.warnings.append(f"{avviso} («{_brief(package.text(suo))}»)")
        return nuovo

    def _add(self, id: str, blocco: Any, ancora: Any) -> Any:
        """Put a block that the program now writes, and did not, after the one it follows."""
        nuovo = self.graft.take(blocco)
        if ancora is None or ancora.getparent() is None:
            self.body.insert(0, nuovo)
        else:
            ancora.addnext(nuovo)
        self.outcome.added.append(_brief(self.fresh_base[id][0]))
        return nuovo

    def _leave(self, paired: set[str]) -> None:
        """Take away what the program no longer writes; what she edited of it stays, with a warning."""
        for id, suo in self.mine.items():
            if id in paired or id in self.kept:
                continue
            testo = package.text(suo)
            if testo == self.base[id][0]:
                self.graft.drop_notes(suo)
                suo.getparent().remove(suo)
                self.outcome.removed.append(_brief(testo))
                continue
            avviso = "Questo testo, modificato a mano, non è più nel documento generato."
            _unmark(suo)
            suo.addnext(sentences.warning_paragraph(avviso))
            self.outcome.kept.append(_brief(testo))
            self.outcome.warnings.append(f"{avviso} («{_brief(testo)}»)")


def opened(docx: bytes, nome: str) -> tuple[dict[str, bytes], Base, Any]:
    """Return parts, base and tree of a document of ours.

    Raises
    ------
    DatiError
        It is not a Word file, it is damaged, or the program did not write it.
    """
    try:
        parti = package.unpack(docx)
        albero = etree.fromstring(parti["word/document.xml"])
        base = package.read_base(parti)
    except (zipfile.BadZipFile, KeyError, etree.XMLSyntaxError, zipfile.LargeZipFile, EOFError, ValueError) as errore:
        raise DatiError(
            f"«{nome}» non è un documento Word che si possa leggere: è danneggiato, o è in un altro formato.",
            "aprirlo con Word o LibreOffice, salvarlo come .docx e ripetere il comando. Il file non è stato toccato.",
        ) from errore
    if base is None or albero.find(f"{{{W}}}body") is None:
        raise DatiError(
            f"«{nome}» non è un documento scritto da questo programma, o ha perso ciò che serve per riconoscerlo.",
            "partire dal documento generato (reports/<edizione>/documenti/…), e riportarvi le proprie modifiche.",
        )
    return parti, base, albero


def _alike(a: str, b: str) -> float:
    if a == b:
        return 1.0
    misura = SequenceMatcher(None, a, b, autojunk=False)
    return misura.ratio() if misura.real_quick_ratio() >= SIMILI and misura.quick_ratio() >= SIMILI else 0.0


def _mark(blocco: Any, id: str, segno: str = MARCA) -> None:
    """Give a block its mark back, or another mark."""
    paragrafo = blocco if blocco.tag == f"{{{W}}}p" else next(blocco.iter(f"{{{W}}}p"))
    usati = [int(n.get(f"{{{W}}}id", "0")) for n in blocco.getroottree().iter(f"{{{W}}}bookmarkStart")]
    numero = str(max(usati, default=0) + 1)
    apre = etree.Element(f"{{{W}}}bookmarkStart", {f"{{{W}}}id": numero, f"{{{W}}}name": f"{segno}{id}"})
    chiude = etree.Element(f"{{{W}}}bookmarkEnd", {f"{{{W}}}id": numero})
    paragrafo.insert(1 if len(paragrafo) and paragrafo[0].tag == f"{{{W}}}pPr" else 0, apre)
    paragrafo.append(chiude)


def _rename(blocco: Any, old: str, new: str) -> None:
    for segno in blocco.iter(f"{{{W}}}bookmarkStart"):
        if segno.get(f"{{{W}}}name") == f"{MARCA}{old}":
            segno.set(f"{{{W}}}name", f"{MARCA}{new}")


def _unmark(blocco: Any) -> None:
    for segno in list(blocco.iter(f"{{{W}}}bookmarkStart")):
        if str(segno.get(f"{{{W}}}name")).startswith(MARCA):
            numero = segno.get(f"{{{W}}}id")
            segno.getparent().remove(segno)
            for fine in blocco.xpath(f".//*[local-name()='bookmarkEnd'][@*[local-name()='id']='{numero}']"):
                fine.getparent().remove(fine)


def _told(before: str, now: str, blocco: Any) -> str:
    """Return how a block that follows the data is told: its beginning, and the numbers that have changed."""
    if not now.strip():
        disegno = next(blocco.iter(f"{{{package.WP}}}docPr"), None)
        return f"figura: {_brief(str(disegno.get('descr')))}" if disegno is not None else _brief(now)
    prima, ora = (dict.fromkeys(NUMERO.findall(testo)) for testo in (before, now))
    andati, venuti = [n for n in prima if n not in ora], [n for n in ora if n not in prima]
    if not andati or not venuti:
        return _brief(now)
    breve = [", ".join(numeri[:DETTI]) + (", …" if len(numeri) > DETTI else "") for numeri in (andati, venuti)]
    return f"{_brief(now)} ({' → '.join(breve)})"


def _brief(testo: str) -> str:
    riga = " ".join(testo.split())
    return riga if len(riga) <= 90 else f"{riga[:89].rstrip()}…"
