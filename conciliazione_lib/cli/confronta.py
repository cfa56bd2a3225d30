"""``conciliazione confronta``: what changed between two editions, and why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from conciliazione_lib.cli.italiano import App

if TYPE_CHECKING:
    import pandas as pd

app = App()


def _stampa(cambi: pd.DataFrame, quanti: int) -> None:
    from rich.console import Console
    from rich.table import Table

    from conciliazione_lib.evidence import load
    from conciliazione_lib.evidence.formats import formatta
    from conciliazione_lib.quality.decomposition import CAUSE

    registro = load()
    tabella = Table(expand=True)
    for nome, quota in (("Indicatore", 5), ("Territorio", 3), ("Prima", 2), ("Dopo", 2), ("Perché", 5)):
        tabella.add_column(nome, ratio=quota)
    for _, riga in cambi.head(quanti).iterrows():
        indicatore = registro[riga["indicatore"]]
        cause = [testo for causa, testo in CAUSE.items() if riga[causa] != 0]
        tabella.add_row(
            indicatore.nome,
            riga["nome"],
            formatta(riga["valore_prima"], indicatore.unita, indicatore.decimali),
            formatta(riga["valore_dopo"], indicatore.unita, indicatore.decimali),
            ", ".join(cause),
        )
    Console().print(tabella)


@app.comando()
def confronta(
    prima: Annotated[Path, typer.Argument(help="Cartella dell'edizione precedente.", show_default=False)],
    dopo: Annotated[Path, typer.Argument(help="Cartella dell'edizione nuova.", show_default=False)],
    csv: Annotated[Path | None, typer.Option(help="Scrive tutte le differenze in questo file CSV.")] = None,
    righe: Annotated[int, typer.Option(min=1, help="Quante differenze mostrare.")] = 30,
    in_json: Annotated[bool, typer.Option("--json", help="Scrive le differenze in formato JSON.")] = False,
) -> int:
    """Elenca le cifre cambiate tra due edizioni e divide ogni variazione fra le sue cause.

    Esce con 1 se qualche variazione è anomala: senza una causa nota, o lontana da quelle degli altri territori o da
    quelle degli anni precedenti.
    """
    from conciliazione_lib import territory
    from conciliazione_lib.quality.anomalies import anomalies
    from conciliazione_lib.quality.editions import Edition, compare, to_frame
    from conciliazione_lib.quality.recompute import demographic

    vecchia, nuova = Edition.read(prima), Edition.read(dopo)
    ricalcolo = None
    if vecchia.data and nuova.data:
        ricalcolo = demographic(territory.load(data=vecchia.data).members, territory.load(data=nuova.data).members)
    cambi = compare(vecchia, nuova, ricalcolo)
    tutti = to_frame(cambi)
    cambiati = tutti[tutti["variazione"].fillna(0) != 0]
    strane = anomalies(cambi, nuova.ledger)
    if csv is not None:
        tutti.to_csv(csv, index=False, lineterminator="\n")
    if in_json:
        typer.echo(cambiati.to_json(orient="records", force_ascii=False, indent=2))
        return int(bool(strane))
    if len(cambiati):
        _stampa(cambiati, righe)
    nuove = sum(c.prima is None for c in cambi)
    sparite = sum(c.dopo is None for c in cambi)
    typer.echo(
        f"{len(cambi)} cifre: {len(cambiati)} cambiate, {nuove} nuove, {sparite} non più presenti, "
        f"{len(cambi) - len(cambiati) - nuove - sparite} uguali."
    )
    for strana in strane:
        c = strana.change
        typer.echo(f"Da controllare: {c.figura.id} ({json.dumps(c.variazione)}): {', '.join(strana.motivi)}.")
    return int(bool(strane))
