"""From executed chapters to what people read: site, documents, tables. It never computes a figure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conciliazione_lib.build.config import Config
    from conciliazione_lib.build.model import ChapterResult
    from conciliazione_lib.build.progress import Progress


def pubblica(staging: Path, results: Sequence[ChapterResult], config: Config, told: Progress) -> None:
    """Write everything that is published of an edition into a folder of its own.

    Parameters
    ----------
    staging : Path
        Empty folder; the build swaps it with the published one when all is done.
    results : sequence of ChapterResult
        The chapters, in the order of the plan; a failed one becomes a page that says so.
    config : Config
        Titles, edition, chapters.
    told : Progress
        Hears what is being written.

    Raises
    ------
    EsecuzioneError
        An executed notebook is not complete, or what was written does not say what the ledger says.
    CalcoloError
        Two chapters give two values for one figure.
    """
    from conciliazione_lib.publish import changes, documents, edition, public_site, verify

    told.publishing("lettura dei capitoli")
    edizione = edition.read(results, config, staging)
    # A build prepares the tree inside its working folder: what was composed before is kept there.
    lavoro = staging.resolve().parents[1]
    prima = changes.earlier(config, lavoro.parent if lavoro.name == ".lavoro" else config.radice / "reports")
    confronto = changes.compare(edizione, prima) if prima is not None else None
    for messaggio in confronto.messages() if confronto is not None else ():
        told.note(f"Da controllare: {messaggio}.")
    told.publishing("sito")
    public_site.build(staging / "sito", edizione, staging / "maps", confronto)
    documents.write(
        staging,
        edizione,
        config.radice,
        store=lavoro / "documenti" if lavoro.name == ".lavoro" else None,
        ready=lambda done, total: told.publishing("documenti", done, total),
        comparison=confronto,
    )
    edizione.ledger.save(staging / "cifre.json")
    # what the edition was made with, for the comparison with the next
    changes.describe(edizione).save(staging)
    told.publishing("controllo delle cifre")
    verify.require(staging)
