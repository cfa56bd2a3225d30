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
ELENCATI = 30

app = App("Conduce la rilevazione sui Piani dei Tempi presso gli ambiti.")

Ambito = Annotated[str, typer.Option(help="Nome o codice dell'ambito.", show_default=False)]


@app.comando()
def modello(
    ambito: Ambito,
    uscita: Annotated[Path | None, typer.Option(help="File da scrivere; se manca, piani-tempi-AMBITO.xlsx.")] = None,
) -> None:
    """Scrive il file da mandare a un Ufficio di Piano, con i suoi comuni, gli abitanti e l'obbligo già compilati."""
    from conciliazione_lib.sources.time_plan_survey import write_survey

    territorio, luogo = _place(ambito)
    finale = uscita or Path(f"piani-tempi-{luogo.codice}.xlsx")
    if finale.exists():
        raise UsoError(
            f"Il file «{finale}» esiste già.", "Scegliere un altro nome: un file compilato non si sovrascrive."
        )
    finale.parent.mkdir(parents=True, exist_ok=True)
    suoi = territorio.members("ambito", luogo.codice)
    write_survey(finale, _register(territorio).loc[suoi])
    nomi = ", ".join(territorio.name("comune", codice) for codice in suoi)
    typer.echo(f"Scritto {finale}. Comuni nel file: {len(suoi)} ({nomi}).")
    for riga in _unknown(territorio, luogo):
        typer.echo(riga)
    typer.echo(f'Dopo la risposta: conciliazione tempi importa "{finale}" --ambito {luogo.codice}')


@app.comando()
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
    from conciliazione_lib.sources.time_plan_survey import TABELLA, merge, read_survey

    territorio, luogo = _place(ambito)
    oggi = dt.date.today()
    nome = rilevazione or f"Rilevazione {oggi.year}"
    fonte = f"Risposta dell'Ufficio di Piano dell'ambito di {luogo.nome}, {nome}"
    risposte = read_survey(file, territorio, rilevazione=nome, ambito=luogo.nome, fonte=fonte)
    estranei = sorted(set(risposte["cod_comune"]) - set(territorio.members("ambito", luogo.codice)))
    if estranei:
        nomi = ", ".join(territorio.name("comune", codice) for codice in estranei)
        raise UsoError(
            f"Nel file ci sono comuni che non sono dell'ambito di {luogo.nome}: {nomi}.", "Togliere le righe."
        )
    tabella = merge(catalog.read(TABELLA), risposte)
    titolo = "Piani territoriali degli orari dei comuni, con le risposte degli ambiti"
    importing.store(
        importing.Understood(
            frame=tabella,
            spec=catalog.spec(TABELLA),
            data=oggi.isoformat(),
            titolo=titolo,
            fonte="Rilevazioni presso gli ambiti e relazione regionale",
            url="",
            licenza="Dati raccolti dalla ATS",
            come=f"Risposte dell'ambito di {luogo.nome}, unite alla tabella.",
        )
    )
    date = int(risposte["stato"].ne("dato non pervenuto").sum())
    typer.echo(f"Importate {len(risposte)} righe dell'ambito di {luogo.nome}: {date} con una risposta.")
    typer.echo("Per rifare il capitolo: conciliazione genera --capitolo 05_tempi")


@app.comando()
def solleciti(
    ats: Annotated[str, typer.Option(help="La ATS, per esempio brianza; oppure lombardia.", show_default=False)],
    come_json: Annotated[bool, typer.Option("--json", help="Risposta in JSON.")] = False,
) -> None:
    """Elenca i comuni di cui non si sa se hanno un piano, prima quelli obbligati, e dice il tasso di risposta."""
    from conciliazione_lib import territory
    from conciliazione_lib.evidence import formats
    from conciliazione_lib.indicators.time_plans import reminders

    territorio = territory.load()
    livello = "regione" if ats == REGIONE else "ats"
    codice = territorio.resolve(ats, level=livello).codice
    registro = _register(territorio).loc[territorio.members(livello, codice)]
    silenti = reminders(registro)
    interpellati, risposto = int(registro["interpellato"].sum()), int(registro["risposto"].sum())
    if come_json:
        righe = [
            {"cod_comune": codice, "nome": riga["nome"], "residenti": riga["residenti"], "obbligo": riga["obbligo"]}
            for codice, riga in silenti[["nome", "residenti", "obbligo"]].to_dict("index").items()
        ]
        dati: dict[str, Any] = {"interpellati": interpellati, "risposto": risposto, "solleciti": righe}
        typer.echo(json.dumps(dati, ensure_ascii=False, indent=2))
        return
    for nome, residenti, obbligo in silenti[["nome", "residenti", "obbligo"]].itertuples(index=False):
        typer.echo(f"{nome:<34} {formats.numero(residenti):>10}{'  obbligato' if obbligo else ''}")
    tasso = formats.percento(100 * risposto / interpellati) if interpellati else formats.NON_DISPONIBILE
    typer.echo(f"\nComuni interpellati: {interpellati}; hanno risposto: {risposto} ({tasso}).")


def _place(ambito: str) -> tuple[Territory, Place]:
    from conciliazione_lib import territory

    territorio = territory.load()
    return territorio, territorio.resolve(ambito, level="ambito")


def _unknown(territorio: Territory, luogo: Place) -> list[str]:
    """Return what is not known of the comuni of an ambito, in Italian, a sentence each; nothing when all are."""
    import pandas as pd

    ambito = territorio.ambiti.loc[luogo.codice]
    comuni = territorio.comuni
    dette = []
    dedotti = comuni[(comuni["ambito"] == luogo.codice) & (comuni["ambito_grado"] == "stima")]["nome"]
    if len(dedotti):
        dette.append(f"Comuni dedotti, che nessuna fonte attribuisce all'ambito: {', '.join(dedotti)}.")
    if ambito["stato"] == "completo":
        return dette
    dichiarati = pd.to_numeric(territorio.ambiti["comuni_dichiarati"]).fillna(0)[luogo.codice]
    quanti = f": le fonti ne dichiarano {int(dichiarati)}" if dichiarati > ambito["comuni_trovati"] else ""
    dette.append(f"L'elenco dei comuni dell'ambito non è completo{quanti}. Quelli che mancano non sono nel file.")
    indizi = comuni[comuni["ambito_indizio"] == luogo.codice]["nome"]
    if len(indizi):
        dette.append(f"Forse ne fanno parte, secondo l'elenco di un distretto: {', '.join(indizi)}.")
    soli = comuni[(comuni["ats"] == ambito["ats"]) & comuni["ambito"].isna() & comuni["ambito_indizio"].isna()]["nome"]
    if len(soli):
        altri = f" e altri {len(soli) - ELENCATI}" if len(soli) > ELENCATI else ""
        dette.append(f"Comuni della stessa ATS di cui non si conosce l'ambito: {', '.join(soli[:ELENCATI])}{altri}.")
    dette.append("Per completarlo: conciliazione dati importa AMBITI.xlsx --come comuni_ambiti --aggiungi")
    return dette


def _register(territorio: Territory) -> pd.DataFrame:
    from conciliazione_lib import catalog
    from conciliazione_lib.indicators.time_plans import register

    popolazione = catalog.read("popolazione", data=territorio.data)
    residenti = popolazione.groupby("cod_comune")["residenti"].sum()
    return register(territorio.comuni, residenti, catalog.read("piani_tempi"))
