"""``conciliazione piano``: an ATS checks its own plan against the rules of the programme before sending it."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from conciliazione_lib.cli.italiano import App
from conciliazione_lib.errors import UsoError

if TYPE_CHECKING:
    import pandas as pd

app = App("Prepara e controlla il piano di conciliazione di una ATS.")


@app.comando()
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


@app.comando()
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
    from conciliazione_lib.sources.plan_files import read_plan

    piano = read_plan(file, territory.load(), _endowment(programma, ats))
    esiti = compliance.check(piano, _rules(programma, ats))
    if come_json:
        righe = esiti.astype(object).where(esiti.notna(), None).to_dict("records")
        typer.echo(json.dumps({"programma": programma, "ats": ats, "esiti": righe}, ensure_ascii=False, indent=2))
    else:
        for riga in esiti.itertuples():
            dove = f" [{riga.progetto}]" if isinstance(riga.progetto, str) else ""
            typer.echo(f"{str(riga.esito).upper():<27} {riga.titolo} ({riga.articolo}){dove}: {riga.evidenza}.")
        conteggi = esiti["esito"].value_counts()
        typer.echo("\n" + "; ".join(f"{esito}: {conteggi.get(esito, 0)}" for esito in compliance.ESITI) + ".")
    return int((esiti["esito"] == compliance.NON_RISPETTATA).any())


def _rules(programma: str, ats: str) -> pd.DataFrame:
    from conciliazione_lib import catalog

    regole = catalog.read("regole_programma")
    programmi = sorted(set(regole["programma"]))
    if programma not in programmi:
        raise UsoError(f"Il programma «{programma}» non ha regole.", f"Programmi: {', '.join(programmi)}.")
    proprie = regole["territorio"].isna() | (regole["territorio"] == ats)
    return regole[(regole["programma"] == programma) & proprie]


def _endowment(programma: str, ats: str) -> Decimal | None:
    """Return the euros assigned to an ATS for a programme, to the cent, or None when they are not known so well."""
    from conciliazione_lib import catalog, territory

    codici = territory.load().codes("ats")
    if ats not in codici:
        raise UsoError(f"«{ats}» non è una ATS.", f"Scriverne una di: {', '.join(codici)}.")
    righe = catalog.read("riparti")
    assegnati = righe[
        (righe["programma"] == programma)
        & (righe["livello"] == "ats")
        & (righe["territorio"] == ats)
        & (righe["precisione"] != "arrotondata")
    ]
    # A total of the whole programme already holds its years.
    complessivo = assegnati[assegnati["periodo"].str.contains("-")]
    importi = complessivo["importo"] if len(complessivo) else assegnati["importo"]
    return sum((Decimal(str(importo)) for importo in importi), Decimal(0)) if len(importi) else None
