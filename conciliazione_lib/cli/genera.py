"""``conciliazione genera``: everything that is published, made from the data; only what has changed is made again."""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from conciliazione_lib.build.project import configuration, root
from conciliazione_lib.cli.italiano import App
from conciliazione_lib.errors import UsoError
from conciliazione_lib.region import REGION

if TYPE_CHECKING:
    from conciliazione_lib.build.analyses import Computed
    from conciliazione_lib.build.model import Planned, RunResult

app = App()

#: Warnings listed at the end of a build; all of them are in the log.
SHOWN = 10


@app.italian_command()
def genera(
    ats: Annotated[list[str] | None, typer.Option(help="Solo questa ATS, con i suoi ambiti; ripetibile.")] = None,
    ambito: Annotated[list[str] | None, typer.Option(help="Solo questo ambito; ripetibile.")] = None,
    capitolo: Annotated[list[str] | None, typer.Option(help="Solo questo capitolo; ripetibile.")] = None,
    edizione: Annotated[str | None, typer.Option(help="Edizione; se manca, quella scelta in reports.toml.")] = None,
    data: Annotated[
        str | None, typer.Option(help="Data dei dati, per esempio 2025-01-01; se manca, quella dell'edizione.")
    ] = None,
    uscita: Annotated[
        Path | None, typer.Option(help="Cartella in cui scrivere reports/ e maps/; se manca, quella del progetto.")
    ] = None,
    processi: Annotated[
        int | None, typer.Option(min=1, help="Quaderni da eseguire insieme; se manca, uno per processore.")
    ] = None,
    da_capo: Annotated[bool, typer.Option("--da-capo", help="Rifà anche ciò che non è cambiato.")] = False,
    solo_piano: Annotated[bool, typer.Option("--solo-piano", help="Dice che cosa farebbe, senza farlo.")] = False,
    solo_cifre: Annotated[
        bool, typer.Option("--solo-cifre", help="Calcola le cifre dell'edizione, senza capitoli né pubblicazione.")
    ] = False,
    scheduler: Annotated[
        str | None,
        typer.Option(help="Indirizzo di uno scheduler Dask su cui eseguire, per esempio tcp://10.0.0.1:8786."),
    ] = None,
    in_json: Annotated[bool, typer.Option("--json", help="Scrive l'esito in formato JSON.")] = False,
) -> int:
    """Genera i capitoli, le tabelle e il sito, per tutte le ATS e per la Lombardia o per la scelta fatta.

    Rifà soltanto ciò che è cambiato. Un capitolo che non riesce non ferma gli altri: alla fine è elencato con il
    motivo, e il codice di uscita è 1.
    """
    from conciliazione_lib import publish
    from conciliazione_lib.build import engine
    from conciliazione_lib.build.model import AnalysisTask, Choice
    from conciliazione_lib.build.progress import Live, Plain

    config = configuration(edizione, data)
    choice = Choice(tuple(ats or ()), tuple(ambito or ()), tuple(capitolo or ()))
    where = uscita or root()
    if solo_cifre and (choice != Choice() or scheduler):
        raise UsoError(
            "Con --solo-cifre non si scelgono ATS, ambiti o capitoli, né uno scheduler: le cifre si calcolano su "
            f"questo computer, per tutta {REGION.the}.",
            remedy="togliere --ats, --ambito, --capitolo e --scheduler; oppure togliere --solo-cifre",
        )
    if solo_piano:
        plan = engine.prepare_plan(config, choice, output=where, afresh=da_capo)
        if solo_cifre:
            plan = [entry for entry in plan if isinstance(entry.task, AnalysisTask)]
        typer.echo(json.dumps(_plan_json(plan), ensure_ascii=False, indent=2) if in_json else _plan(plan))
        return 0
    tell = Live() if sys.stdout.isatty() and not in_json else Plain(sys.stderr if in_json else sys.stdout)
    if solo_cifre:
        figures = engine.compute(config, output=where, processes=processi, afresh=da_capo, progress=tell)
        outcome_figures = {
            "cartella": str(figures.folder),
            "eseguite": sorted(figures.outcomes),
            "non_riuscite": figures.errors,
        }
        typer.echo(json.dumps(outcome_figures, ensure_ascii=False, indent=2) if in_json else _figures(figures))
        return 1 if figures.errors else 0
    outcome = engine.run(
        config,
        choice,
        output=where,
        processes=processi,
        afresh=da_capo,
        scheduler=scheduler,
        progress=tell,
        publish=partial(publish.publish, processes=processi, afresh=da_capo),
    )
    typer.echo(json.dumps(_outcome_json(outcome), ensure_ascii=False, indent=2) if in_json else _outcome(outcome))
    return outcome.exit_code


def _figures(figures: Computed) -> str:
    """Say what was computed, what failed and why, and where it is."""
    how_many = len(figures.outcomes)
    rows = [
        f"{_count(how_many, 'analisi eseguita', 'analisi eseguite')}." if how_many else "Nessun ingresso è cambiato."
    ]
    rows += [f"  {name}: {reason}" for name, reason in figures.errors.items()]
    return "\n".join([*rows, f"Le cifre sono in {figures.folder}"])


def _count(how_many: int, one: str, many: str) -> str:
    return f"{how_many} {one if how_many == 1 else many}"


def _plan(piano: list[Planned]) -> str:
    """Say what would be done, and why."""
    from conciliazione_lib.build.model import AnalysisTask

    rows = [
        f"  {'eseguire' if entry.da_eseguire else 'tenere  '}  {entry.task.nome}: {entry.motivo}" for entry in piano
    ]
    analysis = [entry.da_eseguire for entry in piano if isinstance(entry.task, AnalysisTask)]
    chapters = [entry.da_eseguire for entry in piano if not isinstance(entry.task, AnalysisTask)]
    how_many = [f"{_count(sum(analysis), 'analisi', 'analisi')} su {len(analysis)}"] if analysis else []
    how_many += [f"{_count(sum(chapters), 'capitolo', 'capitoli')} su {len(chapters)}"] if chapters else []
    return "\n".join([*rows, f"Da eseguire: {' e '.join(how_many) or 'nessuna analisi'}."])


def _plan_json(piano: list[Planned]) -> list[dict[str, Any]]:
    return [{"nome": entry.task.nome, "da_eseguire": entry.da_eseguire, "motivo": entry.motivo} for entry in piano]


def _outcome(outcome: RunResult) -> str:
    """Say what was done, what failed and why, and where everything is."""
    time_ = f"{outcome.secondi:.1f} secondi".replace(".", ",")
    executed, everyone = len(outcome.executed), len(outcome.results)
    taken_up = everyone - executed
    analysis = [f"{_count(outcome.analisi, 'analisi eseguita', 'analisi eseguite')}."] if outcome.analisi else []
    if executed == 0 and not analysis:
        rows = [f"Niente da eseguire: nessun ingresso è cambiato ({time_})."]
    elif executed == 0:
        rows = [*analysis, f"Nessun capitolo da rifare: le cifre che mostrano sono le stesse ({time_})."]
    else:
        rows = [*analysis, f"{_count(executed, 'capitolo eseguito', 'capitoli eseguiti')} in {time_}."]
        if taken_up:
            rows.append(f"{_count(taken_up, 'capitolo ripreso', 'capitoli ripresi')} perché nulla è cambiato.")
    if outcome.failed:
        rows += ["", f"Non riusciti: {len(outcome.failed)}."]
        for failed in outcome.failed:
            rows.append(f"  {failed.nome_territorio}, {failed.capitolo}:")
            rows += [f"    {row}" for row in (failed.errore or "").splitlines()]
            rows.append(f"    Quaderno con l'errore: {failed.notebook}")
    if outcome.saltati:
        rows += ["", f"Non più aggiornati, e fuori dalla scelta fatta: {', '.join(outcome.saltati)}."]
        rows.append("Per aggiornarli: conciliazione genera")
    if outcome.avvisi:
        rows += ["", f"{_count(len(outcome.avvisi), 'avviso', 'avvisi')}, da guardare prima di diffondere:"]
        rows += [f"  {warning}" for warning in outcome.avvisi[:SHOWN]]
        if len(outcome.avvisi) > SHOWN:
            rows.append(f"  … e altri {len(outcome.avvisi) - SHOWN}, nel registro {outcome.cartella}.log")
    rows += ["", *_documents(outcome), f"Tutto è in {outcome.cartella}"]
    site = outcome.cartella / "sito" / "index.html"
    if site.is_file():
        rows += [f"Il sito: {site}", "Per vederlo: conciliazione anteprima"]
    return "\n".join(rows)


def _documents(outcome: RunResult) -> list[str]:
    """Say where the Word documents are: the one that was asked for, or their folder."""
    folder = outcome.cartella / "documenti"
    names = sorted({entry.territorio for entry in outcome.results if entry.livello == "ats"})
    word = [folder / ats / f"analisi-dei-bisogni-{ats}.docx" for ats in names]
    pronti = [file for file in word if file.is_file()]
    if len(pronti) == 1:
        return [f"Il documento in Word: {pronti[0]}"]
    return [f"I documenti in Word: {folder}"] if pronti else []


def _outcome_json(outcome: RunResult) -> dict[str, Any]:
    return {
        "cartella": str(outcome.cartella),
        "pubblicato": outcome.pubblicato,
        "secondi": round(outcome.secondi, 3),
        "eseguiti": len(outcome.executed),
        "analisi_eseguite": outcome.analisi,
        "saltati": outcome.saltati,
        "avvisi": outcome.avvisi,
        "capitoli": [
            {
                "capitolo": entry.capitolo,
                "livello": entry.livello,
                "territorio": entry.territorio,
                "stato": entry.stato,
                "errore": entry.errore,
                "eseguito": entry.eseguito,
                "quaderno": str(entry.notebook),
            }
            for entry in outcome.results
        ],
    }
