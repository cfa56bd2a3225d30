"""From executed chapters to what people read: site, documents, tables. It never computes a figure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conciliazione_lib.build.config import Config
    from conciliazione_lib.build.model import ChapterResult
    from conciliazione_lib.build.progress import Progress


def publish(
    staging: Path,
    results: Sequence[ChapterResult],
    config: Config,
    told: Progress,
    *,
    processes: int | None = None,
    afresh: bool = False,
) -> dict[str, Any]:
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
    processes : int, optional
        How many parts are made at once; by default one for each processor.
    afresh : bool
        Make everything, whatever was published before.

    Returns
    -------
    dict
        What the manifest tells of it: the parts, with the fingerprint of what each shows and its files.

    Raises
    ------
    EsecuzioneError
        An executed notebook is not complete, or what was written does not say what the ledger says.
    CalcoloError
        Two chapters give two values for one figure.
    """
    import os

    from conciliazione_lib.build.engine import earlier_editions
    from conciliazione_lib.publish import changes, edition, integrity, making, quadrature, verify
    from conciliazione_lib.publish.public_site import Publication
    from conciliazione_lib.publish.shown import Shown

    told.publishing("lettura dei capitoli")
    count = processes or os.cpu_count() or 1
    edizione = edition.read(results, config, staging)
    # A build prepares the tree inside its working folder: what was published, and what is remembered, is around it.
    one_work = staging.resolve().parents[1]
    work_own = one_work.name == ".lavoro"
    reports = one_work.parent if work_own else config.radice / "reports"
    quadrature.remember(config, one_work / "quadrature.pickle" if work_own else None)
    first = changes.earlier(config, reports)
    comparison = changes.compare(edizione, first) if first is not None else None
    for message in comparison.messages() if comparison is not None else ():
        told.note(f"Da controllare: {message}.")
    publication = Publication(staging, edizione, config.radice, comparison)
    shown = Shown(
        publication,
        config,
        one_work / "mostrate.json" if work_own else None,
        earlier_editions(config, reports) if comparison is not None else None,
    )
    names = publication.parts()[:-1]
    prints = {name: shown.of(name) for name in names}
    before = making.Before(staging, staging)
    if work_own and not afresh:
        before = making.Before.read(reports / config.edizione, reports.parent / "maps" / config.edizione)

    def work() -> making.Work:
        return making.Work(
            staging, tuple(results), config, config.radice, comparison, publication.missing, quadrature.results()
        )

    parts = making.make(
        publication, prints, before, work, count, lambda done, total: told.publishing("pagine e documenti", done, total)
    )
    told.publishing("controllo delle cifre")
    known = integrity.Verified.of(one_work, config.edizione) if work_own and not afresh else integrity.Verified(None)
    new, hashes = known.new(staging, fingerprints=True)
    # In clean processes, that have read nothing of what wrote the files.
    verify.require(staging, new=new, processes=max(count, 2))
    if work_own:
        integrity.Verified.of(one_work, config.edizione).keep(hashes)
    return {"parti": {name: part.to_dict() for name, part in parts.items()}}
