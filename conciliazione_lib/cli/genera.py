"""``conciliazione genera``: everything that is published, made from the data; only what has changed is made again."""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from conciliazione_lib.build.project import configurazione, radice
from conciliazione_lib.cli.italiano import App
from conciliazione_lib.errors import UsoError
from conciliazione_lib.region import REGION

if TYPE_CHECKING:
    from conciliazione_lib.build.analyses import Computed
    from conciliazione_lib.build.model import Planned, RunResult

app = App()

#: Warnings listed at the end of a build; all of them are in the log.
MOSTRATI = 10


@app.comando()
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
    from conciliazione_lib.build.model import AnalysisTask, Scelta
    from conciliazione_lib.build.progress import Live, Plain

    config = configurazione(edizione, data)
    choice = Scelta(tuple(ats or ()), tuple(ambito or ()), tuple(capitolo or ()))
    where = uscita or radice()
    if solo_cifre and (choice != Scelta() or scheduler):
        raise UsoError(
            "Con --solo-cifre non si scelgono ATS, ambiti o capitoli, né uno scheduler: le cifre si calcolano su "
            f"questo computer, per tutta {REGION.the}.",
            rimedio="togliere --ats, --ambito, --capitolo e --scheduler; oppure togliere --solo-cifre",
        )
    if solo_piano:
        plan = engine.prepare_plan(config, choice, uscita=where, da_capo=da_capo)
        if solo_cifre:
            plan = [entry for entry in plan if isinstance(entry.task, AnalysisTask)]
        typer.echo(json.dumps(_piano_json(plan), ensure_ascii=False, indent=2) if in_json else _piano(plan))
        return 0
    tell = Live() if sys.stdout.isatty() and not in_json else Plain(sys.stderr if in_json else sys.stdout)
    if solo_cifre:
        figures = engine.compute(config, uscita=where, processi=processi, da_capo=da_capo, progress=tell)
        outcome_figures = {
            "cartella": str(figures.folder),
            "eseguite": sorted(figures.outcomes),
            "non_riuscite": figures.errors,
        }
        typer.echo(json.dumps(outcome_figures, ensure_ascii=False, indent=2) if in_json else _cifre(figures))
        return 1 if figures.errors else 0
    outcome = engine.run(
        config,
        choice,
        uscita=where,
        processi=processi,
        da_capo=da_capo,
        scheduler=scheduler,
        progress=tell,
        pubblica=partial(publish.pubblica, processi=processi, da_capo=da_capo),
    )
    typer.echo(json.dumps(_esito_json(outcome), ensure_ascii=False, indent=2) if in_json else _esito(outcome))
    return outcome.codice_uscita


def _cifre(cifre: Computed) -> str:
    """Say what was computed, what failed and why, and where it is."""
    how_many = len(cifre.outcomes)
    rows = [
        f"{_conta(how_many, 'analisi eseguita', 'analisi eseguite')}." if how_many else "Nessun ingresso è cambiato."
    ]
    rows += [f"  {name}: {reason}" for name, reason in cifre.errors.items()]
    return "\n".join([*rows, f"Le cifre sono in {cifre.folder}"])


def _conta(quanti: int, uno: str, molti: str) -> str:
    return f"{quanti} {uno if quanti == 1 else molti}"


def _piano(piano: list[Planned]) -> str:
    """Say what would be done, and why."""
    from conciliazione_lib.build.model import AnalysisTask

    rows = [
        f"  {'eseguire' if entry.da_eseguire else 'tenere  '}  {entry.task.nome}: {entry.motivo}" for entry in piano
    ]
    analysis = [entry.da_eseguire for entry in piano if isinstance(entry.task, AnalysisTask)]
    chapters = [entry.da_eseguire for entry in piano if not isinstance(entry.task, AnalysisTask)]
    how_many = [f"{_conta(sum(analysis), 'analisi', 'analisi')} su {len(analysis)}"] if analysis else []
    how_many += [f"{_conta(sum(chapters), 'capitolo', 'capitoli')} su {len(chapters)}"] if chapters else []
    return "\n".join([*rows, f"Da eseguire: {' e '.join(how_many) or 'nessuna analisi'}."])


def _piano_json(piano: list[Planned]) -> list[dict[str, Any]]:
    return [{"nome": entry.task.nome, "da_eseguire": entry.da_eseguire, "motivo": entry.motivo} for entry in piano]


def _esito(esito: RunResult) -> str:
    """Say what was done, what failed and why, and where everything is."""
    time_ = f"{esito.secondi:.1f} secondi".replace(".", ",")
    executed, everyone = len(esito.eseguiti), len(esito.results)
    taken_up = everyone - executed
    analysis = [f"{_conta(esito.analisi, 'analisi eseguita', 'analisi eseguite')}."] if esito.analisi else []
    if executed == 0 and not analysis:
        rows = [f"Niente da eseguire: nessun ingresso è cambiato ({time_})."]
    elif executed == 0:
        rows = [*analysis, f"Nessun capitolo da rifare: le cifre che mostrano sono le stesse ({time_})."]
    else:
        rows = [*analysis, f"{_conta(executed, 'capitolo eseguito', 'capitoli eseguiti')} in {time_}."]
        if taken_up:
            rows.append(f"{_conta(taken_up, 'capitolo ripreso', 'capitoli ripresi')} perché nulla è cambiato.")
    if esito.falliti:
        rows += ["", f"Non riusciti: {len(esito.falliti)}."]
        for failed in esito.falliti:
            rows.append(f"  {failed.nome_territorio}, {failed.capitolo}:")
            rows += [f"    {row}" for row in (failed.errore or "").splitlines()]
            rows.append(f"    Quaderno con l'errore: {failed.notebook}")
    if esito.saltati:
        rows += ["", f"Non più aggiornati, e fuori dalla scelta fatta: {', '.join(esito.saltati)}."]
        rows.append("Per aggiornarli: conciliazione genera")
    if esito.avvisi:
        rows += ["", f"{_conta(len(esito.avvisi), 'avviso', 'avvisi')}, da guardare prima di diffondere:"]
        rows += [f"  {warning}" for warning in esito.avvisi[:MOSTRATI]]
        if len(esito.avvisi) > MOSTRATI:
            rows.append(f"  … e altri {len(esito.avvisi) - MOSTRATI}, nel registro {esito.cartella}.log")
    rows += ["", *_documenti(esito), f"Tutto è in {esito.cartella}"]
    site = esito.cartella / "sito" / "index.html"
    if site.is_file():
        rows += [f"Il sito: {site}", "Per vederlo: conciliazione anteprima"]
    return "\n".join(rows)


def _documenti(esito: RunResult) -> list[str]:
    """Say where the Word documents are: the one that was asked for, or their folder."""
    folder = esito.cartella / "documenti"
    names = sorted({entry.territorio for entry in esito.results if entry.livello == "ats"})
    word = [folder / ats / f"analisi-dei-bisogni-{ats}.docx" for ats in names]
    pronti = [file for file in word if file.is_file()]
    if len(pronti) == 1:
        return [f"Il documento in Word: {pronti[0]}"]
    return [f"I documenti in Word: {folder}"] if pronti else []


def _esito_json(esito: RunResult) -> dict[str, Any]:
    return {
        "cartella": str(esito.cartella),
        "pubblicato": esito.pubblicato,
        "secondi": round(esito.secondi, 3),
        "eseguiti": len(esito.eseguiti),
        "analisi_eseguite": esito.analisi,
        "saltati": esito.saltati,
        "avvisi": esito.avvisi,
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
            for entry in esito.results
        ],
    }
