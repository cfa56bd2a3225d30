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


def _stampa(risultati: list[Result]) -> None:
    from rich.console import Console
    from rich.table import Table

    stili = {"quadra": "green", "non_quadra": "yellow", "non_verificabile": "dim"}
    tabella = Table(show_lines=True, expand=True)
    for nome, quota in (("Esito", 2), ("Verifica", 5), ("Confronto", 5), ("Spiegazione", 7)):
        tabella.add_column(nome, ratio=quota)
    for r in risultati:
        note = r.outcome.spiegazione
        if r.outcome.esito == "non_quadra" and r.outcome.correzione:
            note = f"{note} La correzione più piccola: {r.outcome.correzione}".strip()
        stile = "bold red" if r.severe else stili[r.outcome.esito]
        tabella.add_row(f"[{stile}]{r.esito}[/]", f"{r.check.titolo}\n[dim]{r.check.id}[/]", r.outcome.confronto, note)
    Console().print(tabella)


def _documento(in_json: bool) -> int:
    """Show the figures of the document of 2020 beside ours; a difference is explained, and stops nothing."""
    from conciliazione_lib.quality.backtest import remake

    rifatte = remake()
    voci = [r.to_dict() for r in rifatte]
    if in_json:
        typer.echo(json.dumps(voci, ensure_ascii=False, indent=2))
        return 0
    from rich.console import Console
    from rich.table import Table

    tabella = Table(show_lines=True, expand=True)
    for nome, quota in (("Cifra", 5), ("Documento", 3), ("Nostra", 3), ("Differenza", 3), ("Perché", 8)):
        tabella.add_column(nome, ratio=quota)
    for voce in voci:
        perche = f"{voce['motivo']}. {voce['spiegazione']}" if voce["spiegazione"] else f"{voce['motivo']}."
        cifra = f"{voce['descrizione']}, {voce['anno']} (§ {voce['sezione']})"
        tabella.add_row(cifra, voce["documento"], voce["nostra"], voce["differenza"], perche[0].upper() + perche[1:])
    Console().print(tabella)
    uguali = sum(r.motivo == "nessuno" for r in rifatte)
    typer.echo(f"{len(rifatte)} cifre del documento rifatte: {uguali} uguali, {len(rifatte) - uguali} diverse.")
    return 0


@app.comando()
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
        return _documento(in_json)
    from conciliazione_lib import territory
    from conciliazione_lib.quality.check import run

    codice = None if ats is None else territory.load().resolve(ats, level="ats").codice
    risultati = run(territorio=codice)
    mostrati = [r for r in risultati if not problemi or r.outcome.esito != "quadra"]
    if in_json:
        typer.echo(json.dumps([r.to_dict() for r in mostrati], ensure_ascii=False, indent=2))
    else:
        if mostrati:
            _stampa(mostrati)
        conteggio = Counter(r.outcome.esito for r in risultati)
        typer.echo(
            f"{len(risultati)} verifiche: {conteggio['quadra']} quadrano, {conteggio['non_quadra']} no, "
            f"{conteggio['non_verificabile']} non si possono fare con i dati a disposizione."
        )
    fermano = {"errore", "avviso"} if rigoroso else {"errore"}
    return int(any(r.outcome.esito == "non_quadra" and r.check.gravita in fermano for r in risultati))
