"""``conciliazione quadrature``: whether figures agree with each other, with the acts and with what is published."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from conciliazione_lib.cli.italiano import App

if TYPE_CHECKING:
    from conciliazione_lib.quality.check import Result

app = App()


def _print(results: list[Result]) -> None:
    from rich.console import Console
    from rich.table import Table

    styles = {"quadra": "green", "non_quadra": "yellow", "non_verificabile": "dim"}
    table = Table(show_lines=True, expand=True)
    for name, share in (("Esito", 2), ("Verifica", 5), ("Confronto", 5), ("Spiegazione", 7)):
        table.add_column(name, ratio=share)
    for r in results:
        note = r.outcome.spiegazione
        if r.outcome.esito == "non_quadra" and r.outcome.correzione:
            note = f"{note} La correzione più piccola: {r.outcome.correzione}".strip()
        style = "bold red" if r.severe else styles[r.outcome.esito]
        table.add_row(f"[{style}]{r.esito}[/]", f"{r.check.titolo}\n[dim]{r.check.id}[/]", r.outcome.confronto, note)
    Console().print(table)


def _document(in_json: bool) -> int:
    """Show the figures of the document of 2020 beside ours; a difference is explained, and stops nothing."""
    from conciliazione_lib.quality.backtest import remake

    remade = remake()
    entries = [r.to_dict() for r in remade]
    if in_json:
        typer.echo(json.dumps(entries, ensure_ascii=False, indent=2))
        return 0
    from rich.console import Console
    from rich.table import Table

    table = Table(show_lines=True, expand=True)
    for name, share in (("Cifra", 5), ("Documento", 3), ("Nostra", 3), ("Differenza", 3), ("Perché", 8)):
        table.add_column(name, ratio=share)
    for entry in entries:
        why = f"{entry['motivo']}. {entry['spiegazione']}" if entry["spiegazione"] else f"{entry['motivo']}."
        figure = f"{entry['descrizione']}, {entry['anno']} (§ {entry['sezione']})"
        table.add_row(figure, entry["documento"], entry["nostra"], entry["differenza"], why[0].upper() + why[1:])
    Console().print(table)
    equal = sum(r.motivo == "nessuno" for r in remade)
    typer.echo(f"{len(remade)} cifre del documento rifatte: {equal} uguali, {len(remade) - equal} diverse.")
    return 0


@app.italian_command()
def quadrature(
    ats: Annotated[str | None, typer.Option(help="Solo le verifiche che riguardano questa ATS.")] = None,
    problemi: Annotated[bool, typer.Option("--problemi", help="Mostra solo ciò che non quadra.")] = False,
    rigoroso: Annotated[
        bool, typer.Option("--rigoroso", help="Esce con 1 anche per le differenze delle fonti da chiarire.")
    ] = False,
    documento: Annotated[
        bool,
        typer.Option(
            "--documento", help="Rifà invece le cifre del documento di ATS Milano 2020-2023 con i nostri dati."
        ),
    ] = False,
    in_json: Annotated[bool, typer.Option("--json", help="Scrive l'esito in formato JSON.")] = False,
) -> int:
    """Verifica che le cifre quadrino tra loro, con gli atti e con le fonti pubblicate.

    Esce con 1 se non quadra una cifra nostra; le differenze delle fonti si elencano senza fermare il lavoro.
    """
    if documento:
        return _document(in_json)
    from conciliazione_lib import territory
    from conciliazione_lib.quality.check import run

    code = None if ats is None else territory.load().resolve(ats, level="ats").codice
    results = run(territorio=code)
    shown = [r for r in results if not problemi or r.outcome.esito != "quadra"]
    if in_json:
        typer.echo(json.dumps([r.to_dict() for r in shown], ensure_ascii=False, indent=2))
    else:
        if shown:
            _print(shown)
        count = Counter(r.outcome.esito for r in results)
        typer.echo(
            f"{len(results)} verifiche: {count['quadra']} quadrano, {count['non_quadra']} no, "
            f"{count['non_verificabile']} non si {'può' if count['non_verificabile'] == 1 else 'possono'} fare "
            "con i dati a disposizione."
        )
    stop = {"errore", "avviso"} if rigoroso else {"errore"}
    return int(any(r.outcome.esito == "non_quadra" and r.check.gravita in stop for r in results))
