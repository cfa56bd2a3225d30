"""``conciliazione tempi``: the survey on city-time plans, from the workbook of an ambito to the reminders."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from conciliazione_lib.cli.italiano import App
from conciliazione_lib.errors import UsoError
from conciliazione_lib.region import REGIONE

if TYPE_CHECKING:
    import pandas as pd

    from conciliazione_lib.territory import Place, Territory

#: Comuni without an ambito that are named: an ATS may have a hundred.
LISTED = 30

app = App("Conduce la rilevazione sui Piani dei Tempi presso gli ambiti.")

Ambito = Annotated[str, typer.Option(help="Nome o codice dell'ambito.", show_default=False)]


@app.italian_command()
def modello(
    ambito: Ambito,
    uscita: Annotated[Path | None, typer.Option(help="File da scrivere; se manca, piani-tempi-AMBITO.xlsx.")] = None,
) -> None:
    """Scrive il file da mandare a un Ufficio di Piano, con i suoi comuni, gli abitanti e l'obbligo già compilati."""
    from conciliazione_lib.sources.time_plan_survey import write_survey

    territorio, place = _place(ambito)
    final = uscita or Path(f"piani-tempi-{place.codice}.xlsx")
    if final.exists():
        raise UsoError(
            f"Il file «{final}» esiste già.", "Scegliere un altro nome: un file compilato non si sovrascrive."
        )
    final.parent.mkdir(parents=True, exist_ok=True)
    own_ones = territorio.members("ambito", place.codice)
    write_survey(final, _register(territorio).loc[own_ones])
    names = ", ".join(territorio.name("comune", code) for code in own_ones)
    typer.echo(f"Scritto {final}. Comuni nel file: {len(own_ones)} ({names}).")
    for row in _unknown(territorio, place):
        typer.echo(row)
    typer.echo(f'Dopo la risposta: conciliazione tempi importa "{final}" --ambito {place.codice}')


@app.italian_command()
def importa(
    file: Annotated[Path, typer.Argument(help="Il file compilato dall'ambito.", show_default=False)],
    ambito: Ambito,
    rilevazione: Annotated[
        str | None, typer.Option(help="Nome della rilevazione; se manca, quello con l'anno in corso.")
    ] = None,
) -> None:
    """Mette le risposte di un ambito nella tabella dei piani.

    Prendono il posto di quelle che l'ambito aveva dato alla stessa rilevazione. Le risposte degli altri ambiti e le
    altre fonti restano. Se una risposta è sbagliata non cambia nulla, e si legge riga per riga che cosa correggere.
    """
    from conciliazione_lib import catalog
    from conciliazione_lib.sources import importing
    from conciliazione_lib.sources.time_plan_survey import TABLE, merge, read_survey

    territorio, place = _place(ambito)
    today = dt.date.today()
    name = rilevazione or f"Rilevazione {today.year}"
    source = f"Risposta dell'Ufficio di Piano dell'ambito di {place.nome}, {name}"
    answers = read_survey(file, territorio, rilevazione=name, ambito=place.nome, fonte=source)
    foreign = sorted(set(answers["cod_comune"]) - set(territorio.members("ambito", place.codice)))
    if foreign:
        names = ", ".join(territorio.name("comune", code) for code in foreign)
        raise UsoError(
            f"Nel file ci sono comuni che non sono dell'ambito di {place.nome}: {names}.", "Togliere le righe."
        )
    table = merge(catalog.read(TABLE), answers)
    title = "Piani territoriali degli orari dei comuni, con le risposte degli ambiti"
    importing.store(
        importing.Understood(
            frame=table,
            spec=catalog.spec(TABLE),
            data=today.isoformat(),
            titolo=title,
            fonte="Rilevazioni presso gli ambiti e relazione regionale",
            url="",
            licenza="Dati raccolti dalla ATS",
            come=f"Risposte dell'ambito di {place.nome}, unite alla tabella.",
        )
    )
    date = int(answers["stato"].ne("dato non pervenuto").sum())
    typer.echo(f"Importate {len(answers)} righe dell'ambito di {place.nome}: {date} con una risposta.")
    typer.echo("Per rifare il capitolo: conciliazione genera --capitolo 05_tempi")


@app.italian_command()
def solleciti(
    ats: Annotated[str, typer.Option(help="La ATS, per esempio brianza; oppure lombardia.", show_default=False)],
    come_json: Annotated[bool, typer.Option("--json", help="Risposta in JSON.")] = False,
) -> None:
    """Elenca i comuni di cui non si sa se hanno un piano, prima quelli obbligati, e dice il tasso di risposta."""
    from conciliazione_lib import territory
    from conciliazione_lib.evidence import formats
    from conciliazione_lib.indicators.time_plans import reminders

    territorio = territory.load()
    level = "regione" if ats == REGIONE else "ats"
    code = territorio.resolve(ats, level=level).codice
    registry = _register(territorio).loc[territorio.members(level, code)]
    silent = reminders(registry)
    asked, answered = int(registry["interpellato"].sum()), int(registry["risposto"].sum())
    if come_json:
        rows = [
            {"cod_comune": code, "nome": row["nome"], "residenti": row["residenti"], "obbligo": row["obbligo"]}
            for code, row in silent[["nome", "residenti", "obbligo"]].to_dict("index").items()
        ]
        data: dict[str, Any] = {"interpellati": asked, "risposto": answered, "solleciti": rows}
        typer.echo(json.dumps(data, ensure_ascii=False, indent=2))
        return
    for name, residenti, duty in silent[["nome", "residenti", "obbligo"]].itertuples(index=False):
        typer.echo(f"{name:<34} {formats.numero(residenti):>10}{'  obbligato' if duty else ''}")
    rate = formats.percent(100 * answered / asked) if asked else formats.NOT_AVAILABLE
    typer.echo(f"\nComuni interpellati: {asked}; hanno risposto: {answered} ({rate}).")


def _place(ambito: str) -> tuple[Territory, Place]:
    from conciliazione_lib import territory

    territorio = territory.load()
    return territorio, territorio.resolve(ambito, level="ambito")


def _unknown(territorio: Territory, place: Place) -> list[str]:
    """Return what is not known of the comuni of an ambito, in Italian, a sentence each; nothing when all are."""
    import pandas as pd

    ambito = territorio.ambiti.loc[place.codice]
    comuni = territorio.comuni
    said = []
    deduced = comuni[(comuni["ambito"] == place.codice) & (comuni["ambito_grado"] == "stima")]["nome"]
    if len(deduced):
        said.append(f"Comuni dedotti, che nessuna fonte attribuisce all'ambito: {', '.join(deduced)}.")
    if ambito["stato"] == "completo":
        return said
    declared = pd.to_numeric(territorio.ambiti["comuni_dichiarati"]).fillna(0)[place.codice]
    how_many = f": le fonti ne dichiarano {int(declared)}" if declared > ambito["comuni_trovati"] else ""
    said.append(f"L'elenco dei comuni dell'ambito non è completo{how_many}. Quelli che mancano non sono nel file.")
    hints = comuni[comuni["ambito_indizio"] == place.codice]["nome"]
    if len(hints):
        said.append(f"Forse ne fanno parte, secondo l'elenco di un distretto: {', '.join(hints)}.")
    alone = comuni[(comuni["ats"] == ambito["ats"]) & comuni["ambito"].isna() & comuni["ambito_indizio"].isna()]["nome"]
    if len(alone):
        others = f" e altri {len(alone) - LISTED}" if len(alone) > LISTED else ""
        said.append(f"Comuni della stessa ATS di cui non si conosce l'ambito: {', '.join(alone[:LISTED])}{others}.")
    said.append("Per completarlo: conciliazione dati importa AMBITI.xlsx --come comuni_ambiti --aggiungi")
    return said


def _register(territorio: Territory) -> pd.DataFrame:
    from conciliazione_lib import catalog
    from conciliazione_lib.indicators.time_plans import register

    population = catalog.read("popolazione", data=territorio.data)
    residenti = population.groupby("cod_comune")["residenti"].sum()
    return register(territorio.comuni, residenti, catalog.read("piani_tempi"))
