"""From executed chapters to what people read: site, documents, tables. It never computes a figure."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conciliazione_lib.build.config import Config
    from conciliazione_lib.build.model import ChapterResult
    from conciliazione_lib.build.progress import Progress
    from conciliazione_lib.publish.making import Before, Part
    from conciliazione_lib.publish.processes import Team
    from conciliazione_lib.publish.public_site import Kept


def prepare() -> None:
    """Import what publishes: a build does it while notebooks run elsewhere."""
    for module in ("making", "verify"):
        with suppress(Exception):  # what is wrong with it is told when it is needed
            import_module(f"{__name__}.{module}")


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
        What the manifest tells of it: the parts, with the fingerprint of what each shows and its files; and the hash of
        every file, as it was proved.

    Raises
    ------
    EsecuzioneError
        An executed notebook is not complete, or what was written does not say what the ledger says.
    CalcoloError
        Two chapters give two values for one figure.
    """
    from conciliazione_lib.publish.processes import collect_seldom, several, team

    told.publishing("lettura dei capitoli")
    count = processes or os.cpu_count() or 1
    # A build prepares the tree inside its working folder: what was published, and what is remembered, is around it.
    one_work = staging.resolve().parents[1]
    work = one_work if one_work.name == ".lavoro" else None
    collect_seldom()
    # Clean ones, that have read nothing of what wrote the files: they start when little is left to make.
    with several(max(count, 2), import_module, f"{__name__}.verify") as checkers:
        with team(count, f"{__name__}.making") as makers:
            if any(result.eseguito for result in results):
                makers.start()  # parts will be made: the others start while this process reads

            def closing() -> None:
                for _ in range(max(count, 2)):
                    checkers.submit(os.getpid)

            parts, taken = _made(staging, results, config, told, work, makers, closing, afresh=afresh)
        told.publishing("controllo delle cifre")
        from conciliazione_lib.publish import integrity, verify

        known = integrity.Verified.of(work, config.edizione) if work is not None else integrity.Verified(None)
        new, hashes = known.new(staging, fingerprints=True, read=taken)
        verify.require(staging, new=None if afresh else new, pool=checkers)
    known.keep(hashes)
    return {"parti": {name: part.to_dict() for name, part in parts.items()}, "file": hashes}


def _made(
    staging: Path,
    results: Sequence[ChapterResult],
    config: Config,
    told: Progress,
    work: Path | None,
    team: Team,
    closing: Callable[[], object],
    *,
    afresh: bool,
) -> tuple[dict[str, Part], dict[str, str]]:
    """Make the parts that show something else than they did, and take the others from what was published.

    The hashes of what is taken are given too; ``closing`` is called when there is one left to make.
    """
    import json
    from dataclasses import replace

    from conciliazione_lib.build.engine import earlier_editions
    from conciliazione_lib.build.inputs import Inputs
    from conciliazione_lib.build.store import write_whole
    from conciliazione_lib.publish import changes, edition, making, quadrature
    from conciliazione_lib.publish.public_site import LEDGER, Publication
    from conciliazione_lib.publish.shown import Shown

    inputs = Inputs(config, work / "codice.json" if work is not None else None)
    checks = None
    if work is not None:
        checks = team.give(quadrature.remembered, work / "quadrature.pickle", quadrature.program(inputs))
    edizione = edition.read(results, config, staging)
    reports = work.parent if work is not None else config.radice / "reports"
    first = changes.earlier(config, reports)
    comparison = changes.compare(edizione, first) if first is not None else None
    for message in comparison.messages() if comparison is not None else ():
        told.note(f"Da controllare: {message}.")
    before = making.Before(staging, staging)
    if work is not None and not afresh:
        before = making.Before.read(reports / config.edizione, reports.parent / "maps" / config.edizione)
    shown = Shown(
        Publication(staging, edizione, config.radice, comparison),
        config,
        work / "mostrate.json" if work is not None else None,
        earlier_editions(config, reports) if comparison is not None else None,
        inputs=inputs,
        team=team,
    )
    ledger = work / f"registro-{config.edizione}.json" if work is not None else None
    # Of each indicator, when the ledger is to be made again: those that are as they were are taken.
    known_ledger = before.parts.get("registro")
    entries = None if known_ledger and known_ledger.impronta == shown.of("registro") else shown.ledger()
    kept = _kept(ledger, before, entries) if ledger is not None and entries is not None else None
    if checks is not None:
        quadrature.take(team.result(checks))
    hashes = team.give(before.hashes)
    drawings = work / "disegni" if work is not None and not afresh else None
    whole = replace(shown.publication, kept=kept, drawings=drawings)

    def again() -> making.Work:
        known = tuple(chapter.indicatori for chapter in edizione.capitoli)
        given = (config, config.radice, comparison, whole.missing, quadrature.results(), known, kept, drawings)
        return making.Work(staging, tuple(results), *given, tables=edizione.tabelle)

    def ready(done: int, total: int) -> None:
        told.publishing("pagine e documenti", done, total)
        if done == total - 1:
            closing()

    parts = making.make(whole, shown.of, before, hashes, again, team, ready)
    whole.site.forget()
    inputs.library.save()
    if ledger is not None and entries is not None:
        told_ledger = {"file": parts["registro"].file[LEDGER], "cifre": entries}
        write_whole(ledger, json.dumps(told_ledger))
    made = {path for name, part in parts.items() if part is not before.parts.get(name) for path in part.file}
    taken = {path: print_ for part in parts.values() for path, print_ in part.file.items() if path not in made}
    return parts, taken


def _kept(file: Path, before: Before, entries: Mapping[str, str]) -> Kept | None:
    """Return the ledger that was published, with the indicators that are as they were in it; nothing without them."""
    import json

    from conciliazione_lib.publish.public_site import LEDGER, Kept

    published = before.parts.get("registro")
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
        if published is None or published.file[LEDGER] != known["file"]:
            return None
        same = frozenset(name for name, print_ in known["cifre"].items() if entries.get(name) == print_)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Kept(before.tree / LEDGER, known["file"], same) if same else None
