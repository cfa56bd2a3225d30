"""``conciliazione piano``: an ATS checks its own plan against the rules of the programme before sending it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from conciliazione_lib.cli.italiano import App
from conciliazione_lib.errors import UsoError

app = App("Prepara e controlla il piano di conciliazione di una ATS.")


@app.italian_command()
def modello(file: Annotated[Path, typer.Argument(help="File Excel da scrivere.")] = Path("piano.xlsx")) -> None:
    """Scrive il file Excel da compilare: progetti, partner e azioni del piano."""
    from conciliazione_lib.sources.plan_files import write_plan_template

    if file.exists():
        raise UsoError(
            f"Il file «{file}» esiste già.", "Scegliere un altro nome: un piano compilato non si sovrascrive."
        )
    file.parent.mkdir(parents=True, exist_ok=True)
    write_plan_template(file)
    typer.echo(f"Scritto: {file}")


@app.italian_command()
def controlla(
    file: Annotated[Path, typer.Argument(help="Il piano, nel modello compilato.")],
    ats: Annotated[str, typer.Option(help="La ATS che lo presenta, per esempio brescia.")],
    programma: Annotated[
        str, typer.Option(help="Programma di cui valgono le regole: 2020-2023 o 2025-2027.")
    ] = "2025-2027",
    come_json: Annotated[bool, typer.Option("--json", help="Risposta in JSON.")] = False,
) -> int:
    """Controlla un piano con le regole del suo programma.

    Per ogni regola dice l'articolo, l'esito e che cosa lo prova. Esce con 1 se una regola non è rispettata.
    """
    from conciliazione_lib import territory
    from conciliazione_lib.indicators import compliance
    from conciliazione_lib.sources.plan_files import endowment, read_plan, rules

    plan = read_plan(file, territory.load(), endowment(programma, ats))
    outcomes = compliance.check(plan, rules(programma, ats))
    if come_json:
        rows = outcomes.astype(object).where(outcomes.notna(), None).to_dict("records")
        typer.echo(json.dumps({"programma": programma, "ats": ats, "esiti": rows}, ensure_ascii=False, indent=2))
    else:
        for row in outcomes.itertuples():
            where = f" [{row.progetto}]" if isinstance(row.progetto, str) else ""
            typer.echo(f"{str(row.esito).upper():<27} {row.titolo} ({row.articolo}){where}: {row.evidenza}.")
        counts = outcomes["esito"].value_counts()
        typer.echo("\n" + "; ".join(f"{outcome}: {counts.get(outcome, 0)}" for outcome in compliance.OUTCOMES) + ".")
    return int((outcomes["esito"] == compliance.NOT_RESPECTED).any())
