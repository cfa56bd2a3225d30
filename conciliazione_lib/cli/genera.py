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
    scelta = Scelta(tuple(ats or ()), tuple(ambito or ()), tuple(capitolo or ()))
    dove = uscita or radice()
    if solo_cifre and (scelta != Scelta() or scheduler):
        raise UsoError(
            "Con --solo-cifre non si scelgono ATS, ambiti o capitoli, né uno scheduler: le cifre si calcolano su "
            f"questo computer, per tutta {REGION.the}.",
            rimedio="togliere --ats, --ambito, --capitolo e --scheduler; oppure togliere --solo-cifre",
        )
    if solo_piano:
        piano = engine.prepare_plan(config, scelta, uscita=dove, da_capo=da_capo)
        if solo_cifre:
            piano = [voce for voce in piano if isinstance(voce.task, AnalysisTask)]
        typer.echo(json.dumps(_piano_json(piano), ensure_ascii=False, indent=2) if in_json else _piano(piano))
        return 0
    racconta = Live() if sys.stdout.isatty() and not in_json else Plain(sys.stderr if in_json else sys.stdout)
    if solo_cifre:
        cifre = engine.compute(config, uscita=dove, processi=processi, da_capo=da_capo, progress=racconta)
        esito_cifre = {"cartella": str(cifre.folder), "eseguite": sorted(cifre.outcomes), "non_riuscite": cifre.errors}
        typer.echo(json.dumps(esito_cifre, ensure_ascii=False, indent=2) if in_json else _cifre(cifre))
        return 1 if cifre.errors else 0
    esito = engine.run(
        config,
        scelta,
        uscita=dove,
        processi=processi,
        da_capo=da_capo,
        scheduler=scheduler,
        progress=racconta,
        pubblica=partial(publish.pubblica, processi=processi, da_capo=da_capo),
    )
    typer.echo(json.dumps(_esito_json(esito), ensure_ascii=False, indent=2) if in_json else _esito(esito))
    return esito.codice_uscita


def _cifre(cifre: Computed) -> str:
    """Say what was computed, what failed and why, and where it is."""
    quante = len(cifre.outcomes)
    righe = [f"{_conta(quante, 'analisi eseguita', 'analisi eseguite')}." if quante else "Nessun ingresso è cambiato."]
    righe += [f"  {nome}: {motivo}" for nome, motivo in cifre.errors.items()]
    return "\n".join([*righe, f"Le cifre sono in {cifre.folder}"])


def _conta(quanti: int, uno: str, molti: str) -> str:
    return f"{quanti} {uno if quanti == 1 else molti}"


def _piano(piano: list[Planned]) -> str:
    """Say what would be done, and why."""
    from conciliazione_lib.build.model import AnalysisTask

    righe = [f"  {'eseguire' if voce.da_eseguire else 'tenere  '}  {voce.task.nome}: {voce.motivo}" for voce in piano]
    analisi = [voce.da_eseguire for voce in piano if isinstance(voce.task, AnalysisTask)]
    capitoli = [voce.da_eseguire for voce in piano if not isinstance(voce.task, AnalysisTask)]
    quanti = [f"{_conta(sum(analisi), 'analisi', 'analisi')} su {len(analisi)}"] if analisi else []
    quanti += [f"{_conta(sum(capitoli), 'capitolo', 'capitoli')} su {len(capitoli)}"] if capitoli else []
    return "\n".join([*righe, f"Da eseguire: {' e '.join(quanti) or 'nessuna analisi'}."])


def _piano_json(piano: list[Planned]) -> list[dict[str, Any]]:
    return [{"nome": voce.task.nome, "da_eseguire": voce.da_eseguire, "motivo": voce.motivo} for voce in piano]


def _esito(esito: RunResult) -> str:
    """Say what was done, what failed and why, and where everything is."""
    tempo = f"{esito.secondi:.1f} secondi".replace(".", ",")
    eseguiti, tutti = len(esito.eseguiti), len(esito.results)
    ripresi = tutti - eseguiti
    analisi = [f"{_conta(esito.analisi, 'analisi eseguita', 'analisi eseguite')}."] if esito.analisi else []
    if eseguiti == 0 and not analisi:
        righe = [f"Niente da eseguire: nessun ingresso è cambiato ({tempo})."]
    elif eseguiti == 0:
        righe = [*analisi, f"Nessun capitolo da rifare: le cifre che mostrano sono le stesse ({tempo})."]
    else:
        righe = [*analisi, f"{_conta(eseguiti, 'capitolo eseguito', 'capitoli eseguiti')} in {tempo}."]
        if ripresi:
            righe.append(f"{_conta(ripresi, 'capitolo ripreso', 'capitoli ripresi')} perché nulla è cambiato.")
    if esito.falliti:
        righe += ["", f"Non riusciti: {len(esito.falliti)}."]
        for fallito in esito.falliti:
            righe.append(f"  {fallito.nome_territorio}, {fallito.capitolo}:")
            righe += [f"    {riga}" for riga in (fallito.errore or "").splitlines()]
            righe.append(f"    Quaderno con l'errore: {fallito.notebook}")
    if esito.saltati:
        righe += ["", f"Non più aggiornati, e fuori dalla scelta fatta: {', '.join(esito.saltati)}."]
        righe.append("Per aggiornarli: conciliazione genera")
    if esito.avvisi:
        righe += ["", f"{_conta(len(esito.avvisi), 'avviso', 'avvisi')}, da guardare prima di diffondere:"]
        righe += [f"  {avviso}" for avviso in esito.avvisi[:MOSTRATI]]
        if len(esito.avvisi) > MOSTRATI:
            righe.append(f"  … e altri {len(esito.avvisi) - MOSTRATI}, nel registro {esito.cartella}.log")
    righe += ["", *_documenti(esito), f"Tutto è in {esito.cartella}"]
    sito = esito.cartella / "sito" / "index.html"
    if sito.is_file():
        righe += [f"Il sito: {sito}", "Per vederlo: conciliazione anteprima"]
    return "\n".join(righe)


def _documenti(esito: RunResult) -> list[str]:
    """Say where the Word documents are: the one that was asked for, or their folder."""
    cartella = esito.cartella / "documenti"
    nomi = sorted({voce.territorio for voce in esito.results if voce.livello == "ats"})
    word = [cartella / ats / f"analisi-dei-bisogni-{ats}.docx" for ats in nomi]
    pronti = [file for file in word if file.is_file()]
    if len(pronti) == 1:
        return [f"Il documento in Word: {pronti[0]}"]
    return [f"I documenti in Word: {cartella}"] if pronti else []


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
                "capitolo": voce.capitolo,
                "livello": voce.livello,
                "territorio": voce.territorio,
                "stato": voce.stato,
                "errore": voce.errore,
                "eseguito": voce.eseguito,
                "quaderno": str(voce.notebook),
            }
            for voce in esito.results
        ],
    }
