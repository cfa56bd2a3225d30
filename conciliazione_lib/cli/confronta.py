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


def _print(changes: pd.DataFrame, how_many: int) -> None:
    from rich.console import Console
    from rich.table import Table

    from conciliazione_lib.evidence import load
    from conciliazione_lib.evidence.formats import format_
    from conciliazione_lib.quality.decomposition import CAUSE

    registry = load()
    table = Table(expand=True)
    for name, share in (("Indicatore", 5), ("Territorio", 3), ("Prima", 2), ("Dopo", 2), ("Perché", 5)):
        table.add_column(name, ratio=share)
    for _, row in changes.head(how_many).iterrows():
        indicator = registry[row["indicatore"]]
        cause = [text for one_cause, text in CAUSE.items() if row[one_cause] != 0]
        table.add_row(
            indicator.nome,
            row["nome"],
            format_(row["valore_prima"], indicator.unita, indicator.decimali),
            format_(row["valore_dopo"], indicator.unita, indicator.decimali),
            ", ".join(cause),
        )
    Console().print(table)


@app.italian_command()
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

    old, new = Edition.read(prima), Edition.read(dopo)
    recomputation = None
    if old.data and new.data:
        recomputation = demographic(territory.load(data=old.data).members, territory.load(data=new.data).members)
    changes = compare(old, new, recomputation)
    everyone = to_frame(changes)
    changed = everyone[everyone["variazione"].fillna(0) != 0]
    strange = anomalies(changes, new.ledger)
    if csv is not None:
        everyone.to_csv(csv, index=False, lineterminator="\n")
    if in_json:
        typer.echo(changed.to_json(orient="records", force_ascii=False, indent=2))
        return int(bool(strange))
    if len(changed):
        _print(changed, righe)
    one_new = sum(c.prima is None for c in changes)
    vanished = sum(c.dopo is None for c in changes)
    typer.echo(
        f"{len(changes)} cifre: {len(changed)} cambiate, {one_new} nuove, {vanished} non più presenti, "
        f"{len(changes) - len(changed) - one_new - vanished} uguali."
    )
    for one_strange in strange:
        c = one_strange.change
        typer.echo(f"Da controllare: {c.figure.id} ({json.dumps(c.variazione)}): {', '.join(one_strange.motivi)}.")
    return int(bool(strange))
