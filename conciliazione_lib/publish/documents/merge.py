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

import conciliazione_lib.publish.documents.contents as contents
import conciliazione_lib.publish.documents.package as package
import conciliazione_lib.publish.documents.sentences as sentences
from conciliazione_lib.errors import DatiError
from conciliazione_lib.publish.documents.grafting import Graft
from conciliazione_lib.publish.documents.package import MARK, Base, W

#: How alike two texts must be to be taken for the same block, when its mark is lost or its wording has changed.
SIMILAR = 0.6
#: A number in Italian, and how many of those that changed are told of each block.
NUMBER = re.compile(r"(?<![\w,.])\d+(?:\.\d{3})*(?:,\d+)?(?!\w)")
TOLD = 4
#: Beginning of the bookmark of the notice that a chapter could not be made again.
FAILED = "_fal_"


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
    parts, base, tree = opened(mine, nome)
    new, new_base, new_tree = opened(fresh, "il documento generato")
    if base.about.get("codice") != new_base.about.get("codice"):
        raise DatiError(
            f"«{nome}» è il documento di {base.about.get('luogo')}, "
            f"quello generato è di {new_base.about.get('luogo')}.",
            "indicare il documento dello stesso territorio.",
        )
    merge = _Merge(parts, base, tree, new, new_base, new_tree)
    merge.run()
    return merge.outcome


class _Merge:
    def __init__(
        self, parts: dict[str, bytes], base: Base, tree: Any, new: dict[str, bytes], new_base: Base, given_new: Any
    ) -> None:
        self.parti, self.base, self.fresh_base = parts, base.blocks, dict(new_base.blocks)
        self.old_about, self.about = base.about, new_base.about
        self.nuove = new
        self.albero = tree
        self.body = tree.find(f"{{{W}}}body")
        self.fresh = {package.identity(b): b for b in given_new.find(f"{{{W}}}body") if package.identity(b)}
        self.graft = Graft(parts, tree, new)
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
        still: Any = None
        for id, block in self.fresh.items():
            old = of_base.get(id)
            if old is None:
                still = self._add(id, block, still)
            elif old in self.mine:
                still = self._meet(id, old, block)
            elif old not in self.joined and self.base[old][0] != self.fresh_base[id][0]:
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
        for sign in list(self.body.iter(f"{{{W}}}bookmarkStart")):
            if str(sign.get(f"{{{W}}}name")).startswith(FAILED):
                paragraph = sign.getparent()
                paragraph.getparent().remove(paragraph)

    def _keep_failed(self) -> None:
        """Keep what she has of each chapter that could not be made this time, and say so under its heading."""
        ids, new = list(self.base), {}
        entries = [entry.split() for entry in self.about.get("non_riusciti", "").split(";") if entry]
        by_title = {title: warning for title, *warning in entries}
        for id, block in self.fresh_base.items():
            new[id] = block
            own_ones = self._of_section(ids, id) if id in by_title else []
            if not own_ones:
                continue
            for key in by_title[id]:
                self.fresh.pop(key, None)
            for key in own_ones:
                new[key] = self.base[key]
                self.kept.add(key)
            text = (
                f"Il capitolo «{block.text.strip()}» non è stato ricalcolato, perché il suo calcolo non è arrivato in "
                "fondo: il testo e le cifre sono quelli di prima."
            )
            if id in self.mine:
                note = sentences.warning_paragraph(text)
                _mark(note, id, FAILED)
                self.mine[id].addnext(note)
            self.outcome.warnings.append(text)
        removed = {key for id in by_title for key in by_title[id] if key not in self.fresh}
        self.fresh_base = {id: block for id, block in new.items() if id not in removed}

    def _of_section(self, ids: list[str], heading: str) -> list[str]:
        """Return the blocks of the base from a heading to the next block that the fresh document has too."""
        if heading not in self.base:
            return []
        after = ids[ids.index(heading) + 1 :]
        return list(takewhile(lambda id: id not in self.fresh_base, after))

    def _find_mine(self) -> None:
        """Find the blocks of the base in her document: by mark, else by the very text, else by likeness."""
        without = []
        for block in self.body:
            signs = [s for s in package.identities(block) if s in self.base and s not in self.mine]
            if signs:
                self.mine[signs[0]] = block
                self.joined.update(signs[1:])  # paragraphs she joined to the one before
            elif package.text(block).strip():
                without.append(block)
        missing = [id for id, block in self.base.items() if id not in self.mine and block.text.strip()]
        missing = [id for id in missing if id not in self.joined]
        for threshold in (1.0, 0.75):
            for block in list(without):
                text = package.text(block)
                id = next((i for i in missing if _alike(self.base[i][0], text) >= threshold), None)
                if id is not None:
                    self.mine[id] = block
                    missing.remove(id)
                    without.remove(block)
                    _mark(block, id)

    def _pair(self) -> dict[str, str]:
        """Return, by identity in the fresh document, the one in the base: the same, or the most alike that is gone."""
        pairs = {id: id for id in self.fresh_base if id in self.base}
        gone = [id for id in self.base if id not in self.fresh_base and id not in self.kept]
        for id in (i for i in self.fresh_base if i not in self.base):
            text = self.fresh_base[id][0]
            marks = [(_alike(self.base[other][0], text), other) for other in gone if text and self.base[other][0]]
            mark, best = max(marks, default=(0.0, ""))
            if mark >= SIMILAR:
                pairs[id] = best
                gone.remove(best)
        return pairs

    def _changed(self, old: str, new: str) -> bool:
        return self.base[old][:2] != self.fresh_base[new][:2]

    def _notes(self, old: str, new: str, given_own: Any) -> tuple[bool, bool]:
        """Tell whether she has edited the footnotes of a block, and whether the program's are others."""
        own, before, now = package.notes(given_own, self.graft.notes), self.base[old].notes, self.fresh_base[new].notes
        if before is None:  # written by a version that did not keep them: taken for untouched
            return False, own != now
        return own != before, before != now

    def _meet(self, id: str, old: str, block: Any) -> Any:
        """Merge a block that is in all three documents, and return it as it stands in the result."""
        own = self.mine[old]
        text, fingerprint, _ = self.base[old]
        drawings = self.graft.fingerprints(own)
        touched = package.text(own) != text or bool(drawings and not drawings & set(fingerprint.split()))
        touched_note, changed_note = self._notes(old, id, own)
        if not touched and not self._changed(old, id) and not changed_note:
            _rename(own, old, id)
            return own
        if not touched and not touched_note:
            self.graft.drop_notes(own)
            self.outcome.updated.append(_told(self.base[old][0], self.fresh_base[id][0], block))
            new = self.graft.take(block)
            own.getparent().replace(own, new)
            return new
        self.outcome.kept.append(_brief(package.text(own)))
        _rename(own, old, id)
        if changed_note and (touched_note or not self.graft.follow_notes(own, block)) and self.fresh_base[id].notes:
            warning = f"la nota di questo testo è cambiata; quella generata ora è: «{self.fresh_base[id].notes}»"
            sentences.append_warning(own, warning)
            self.outcome.warnings.append(warning)
        if not self._changed(old, id):
            return own
        if own.tag == f"{{{W}}}p" and text and self.fresh_base[id][0]:
            for warning in sentences.merge(own, text, self.fresh_base[id][0]):
                self.outcome.warnings.append(warning)
            return own
        thing = "La tabella" if block.tag == f"{{{W}}}tbl" else "La figura"
        warning = (
            f"{thing} qui sopra è stata modificata a mano, e intanto i dati sono cambiati: "
            "quella aggiornata è la seguente."
        )
        note = sentences.warning_paragraph(warning)
        new = self.graft.take(block)
        _unmark(new)
        own.addnext(note)
        note.addnext(new)
        self.outcome.warnings.append(f"{warning} («{_brief(package.text(own))}»)")
        return new

    def _add(self, id: str, block: Any, still: Any) -> Any:
        """Put a block that the program now writes, and did not, after the one it follows."""
        new = self.graft.take(block)
        if still is None or still.getparent() is None:
            self.body.insert(0, new)
        else:
            still.addnext(new)
        self.outcome.added.append(_brief(self.fresh_base[id][0]))
        return new

    def _leave(self, paired: set[str]) -> None:
        """Take away what the program no longer writes; what she edited of it stays, with a warning."""
        for id, own in self.mine.items():
            if id in paired or id in self.kept:
                continue
            text = package.text(own)
            if text == self.base[id][0]:
                self.graft.drop_notes(own)
                own.getparent().remove(own)
                self.outcome.removed.append(_brief(text))
                continue
            warning = "Questo testo, modificato a mano, non è più nel documento generato."
            _unmark(own)
            own.addnext(sentences.warning_paragraph(warning))
            self.outcome.kept.append(_brief(text))
            self.outcome.warnings.append(f"{warning} («{_brief(text)}»)")


def opened(docx: bytes, nome: str) -> tuple[dict[str, bytes], Base, Any]:
    """Return parts, base and tree of a document of ours.

    Raises
    ------
    DatiError
        It is not a Word file, it is damaged, or the program did not write it.
    """
    try:
        parts = package.unpack(docx)
        tree = etree.fromstring(parts["word/document.xml"])
        base = package.read_base(parts)
    except (zipfile.BadZipFile, KeyError, etree.XMLSyntaxError, zipfile.LargeZipFile, EOFError, ValueError) as error:
        raise DatiError(
            f"«{nome}» non è un documento Word che si possa leggere: è danneggiato, o è in un altro formato.",
            "aprirlo con Word o LibreOffice, salvarlo come .docx e ripetere il comando. Il file non è stato toccato.",
        ) from error
    if base is None or tree.find(f"{{{W}}}body") is None:
        raise DatiError(
            f"«{nome}» non è un documento scritto da questo programma, o ha perso ciò che serve per riconoscerlo.",
            "partire dal documento generato (reports/<edizione>/documenti/…), e riportarvi le proprie modifiche.",
        )
    return parts, base, tree


def _alike(a: str, b: str) -> float:
    if a == b:
        return 1.0
    measure = SequenceMatcher(None, a, b, autojunk=False)
    return measure.ratio() if measure.real_quick_ratio() >= SIMILAR and measure.quick_ratio() >= SIMILAR else 0.0


def _mark(block: Any, id: str, sign: str = MARK) -> None:
    """Give a block its mark back, or another mark."""
    paragraph = block if block.tag == f"{{{W}}}p" else next(block.iter(f"{{{W}}}p"))
    used = [int(n.get(f"{{{W}}}id", "0")) for n in block.getroottree().iter(f"{{{W}}}bookmarkStart")]
    number = str(max(used, default=0) + 1)
    opens = etree.Element(f"{{{W}}}bookmarkStart", {f"{{{W}}}id": number, f"{{{W}}}name": f"{sign}{id}"})
    closes = etree.Element(f"{{{W}}}bookmarkEnd", {f"{{{W}}}id": number})
    paragraph.insert(1 if len(paragraph) and paragraph[0].tag == f"{{{W}}}pPr" else 0, opens)
    paragraph.append(closes)


def _rename(block: Any, old: str, new: str) -> None:
    for sign in block.iter(f"{{{W}}}bookmarkStart"):
        if sign.get(f"{{{W}}}name") == f"{MARK}{old}":
            sign.set(f"{{{W}}}name", f"{MARK}{new}")


def _unmark(block: Any) -> None:
    for sign in list(block.iter(f"{{{W}}}bookmarkStart")):
        if str(sign.get(f"{{{W}}}name")).startswith(MARK):
            number = sign.get(f"{{{W}}}id")
            sign.getparent().remove(sign)
            for end in block.xpath(f".//*[local-name()='bookmarkEnd'][@*[local-name()='id']='{number}']"):
                end.getparent().remove(end)


def _told(before: str, now: str, block: Any) -> str:
    """Return how a block that follows the data is told: its beginning, and the numbers that have changed."""
    if not now.strip():
        drawing = next(block.iter(f"{{{package.WP}}}docPr"), None)
        return f"figura: {_brief(str(drawing.get('descr')))}" if drawing is not None else _brief(now)
    first, one_now = (dict.fromkeys(NUMBER.findall(text)) for text in (before, now))
    gone, come_in = [n for n in first if n not in one_now], [n for n in one_now if n not in first]
    if not gone or not come_in:
        return _brief(now)
    short = [", ".join(numbers[:TOLD]) + (", …" if len(numbers) > TOLD else "") for numbers in (gone, come_in)]
    return f"{_brief(now)} ({' → '.join(short)})"


def _brief(testo: str) -> str:
    row = " ".join(testo.split())
    return row if len(row) <= 90 else f"{row[:89].rstrip()}…"
