"""The documents of an edition: *Analisi dei bisogni* of each ATS and of the region, and a sheet for each ambito.

From the executed chapters to one neutral :class:`~.elements.Document`, and from that to Word, PDF and a workbook:
the three say the same thing because they are written from the same elements.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.metadata import version
from pathlib import Path

from conciliazione_lib.errors import UsoError
from conciliazione_lib.evidence import Place
from conciliazione_lib.publish.changes import Comparison
from conciliazione_lib.publish.documents import outline, pdf, word, workbook
from conciliazione_lib.publish.documents.elements import Document
from conciliazione_lib.publish.edition import Edition

#: Folder of the project with the analysts' own texts: ``testi/<ats>/<place>.md``.
TESTI = "testi"


def write(
    staging: Path,
    edition: Edition,
    root: Path,
    *,
    store: Path | None = None,
    ready: Callable[[int, int], None] = lambda done, total: None,
    comparison: Comparison | None = None,
) -> None:
    """Write every document of an edition: those of the ATS and the region, the sheets of the ambiti.

    Parameters
    ----------
    staging : Path
        The tree being prepared, which gets ``documenti/`` and ``tabelle/``.
    edition : Edition
        The executed chapters.
    root : Path
        Folder of the project, with the analysts' own texts.
    store : Path, optional
        Where composed documents are kept by the hash of what they say: one that says the same is not composed again.
    ready : callable, optional
        Hears how many documents of how many are ready.
    comparison : changes.Comparison, optional
        With an earlier edition: the documents say what changed since.
    """
    documenti = [
        (place, outline.document(edition, place, own_texts=own_texts(root, place), comparison=comparison))
        for place in edition.luoghi
    ]
    usati: set[str] = set()
    ready(0, len(documenti))
    # Typst and Pandoc work outside Python's lock: threads are enough.
    with ThreadPoolExecutor(os.cpu_count() or 1) as squadra:
        scritti = squadra.map(lambda voce: _write(staging, voce[0], voce[1], store), documenti)
        for fatti, impronta in enumerate(scritti, start=1):
            usati.add(impronta)
            ready(fatti, len(documenti))
    if store is not None and store.is_dir():
        for vecchia in [c for c in store.iterdir() if c.name not in usati]:
            shutil.rmtree(vecchia)


def _write(staging: Path, place: Place, document: Document, store: Path | None) -> str:
    """Put the files of a document in the tree, and return the hash of what it says."""
    impronta = hashlib.sha256(f"{_code()}\n{document!r}".encode()).hexdigest()[:32]
    pronti = store / impronta if store is not None else None
    if pronti is None or not pronti.is_dir():
        contenuti = compose(document)
        if pronti is not None:
            _keep(pronti, contenuti)
    else:
        contenuti = {file.name: file.read_bytes() for file in pronti.iterdir()}
    base = staging / address(place)
    base.parent.mkdir(parents=True, exist_ok=True)
    for estensione in ("docx", "pdf"):
        base.with_name(f"{base.name}.{estensione}").write_bytes(contenuti[estensione])
    if place.livello != "ambito":
        (staging / "tabelle").mkdir(exist_ok=True)
        (staging / "tabelle" / f"{place.codice}.xlsx").write_bytes(contenuti["xlsx"])
    return impronta


def compose(document: Document) -> dict[str, bytes]:
    """Return the bytes of a document by extension: ``docx``, ``pdf``, ``xlsx``."""
    return {
        "docx": word.compose(document, pdf.drawings(document)),
        "pdf": pdf.compose(document),
        "xlsx": workbook.compose(document),
    }


def _keep(cartella: Path, contenuti: Mapping[str, bytes]) -> None:
    """Keep composed files: whole, or not at all."""
    provvisoria = cartella.with_name(f"{cartella.name}.nuova")
    provvisoria.mkdir(parents=True, exist_ok=True)
    for nome, dati in contenuti.items():
        (provvisoria / nome).write_bytes(dati)
    provvisoria.replace(cartella)


@cache
def _code() -> str:
    """Return the hash of what the look of a document depends on, beside what it says."""
    somma = hashlib.sha256(f"{version('typst')} {version('xlsxwriter')} {version('pypandoc_binary')}".encode())
    for file in sorted(Path(__file__).parent.iterdir()):
        if file.suffix in (".py", ".typ", ".toml"):
            somma.update(file.read_bytes())
    return somma.hexdigest()


def address(place: Place) -> str:
    """Return where the document of a territory goes, without the extension."""
    if place.livello == "ambito":
        return f"documenti/ambiti/{place.codice}/scheda-{place.codice}"
    return f"documenti/{place.codice}/analisi-dei-bisogni-{place.codice}"


def own_texts(root: Path, place: Place) -> Mapping[str, str]:
    """Return the texts the analyst wrote for a territory, by the name of the place they enter.

    Raises
    ------
    UsoError
        A file is not called as a place of the document.
    """
    if place.livello == "ambito":
        return {}
    cartella = root / TESTI / place.codice
    testi = {file.stem: file.read_text(encoding="utf-8-sig") for file in sorted(cartella.glob("*.md"))}
    ammessi = [id for id, _ in outline.titles()]
    ignoti = [nome for nome in testi if nome not in ammessi and not nome.startswith(outline.SEZIONE_PROPRIA)]
    if ignoti:
        raise UsoError(
            f"Nella cartella {cartella} ci sono testi che non si sa dove mettere: {', '.join(ignoti)}.",
            f"chiamarli come un posto del documento ({', '.join(ammessi)}), oppure «{outline.SEZIONE_PROPRIA}….md».",
        )
    return testi
