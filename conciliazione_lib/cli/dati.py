"""``conciliazione dati``: what data there is, how old, and how to bring in new ones."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from contextlib import nullcontext
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from conciliazione_lib.cli.italiano import App
from conciliazione_lib.errors import ConciliazioneError, DatiError, UsoError

if TYPE_CHECKING:
    from conciliazione_lib.sources.collecting import Collected
    from conciliazione_lib.sources.importing import Changes, Understood
    from conciliazione_lib.sources.totals import Shift
    from conciliazione_lib.storage import Provenance

app = App("Le tabelle di dati: quali sono, quanto sono vecchie, come aggiornarle.")

#: A narrower terminal has no room for the chapters beside the rest, or for the source beside them.
WIDTH_WITH_CHAPTERS, WIDTH_WITH_SOURCE = 115, 150
SHOWN_WARNINGS = 12
#: How final a table is, beside its date.
ABBREVIATIONS = MappingProxyType({"provvisorio": "p", "stima": "s", "previsione": "f"})

Table = Annotated[str, typer.Argument(help="Nome della tabella.", show_default=False)]


def _eta(day: str) -> str:
    """Return how old a date is, in words."""
    try:
        days = (dt.date.today() - dt.date.fromisoformat(day)).days
    except ValueError:
        return "?"
    if days < 60:
        return "oggi" if days == 0 else "un giorno" if days == 1 else f"{days} giorni"
    return f"{days // 30} mesi" if days < 730 else f"{days // 365} anni"


def _chapters(tabella: str) -> list[str]:
    from conciliazione_lib.build.project import configuration

    config = configuration()
    return [chapter.id for chapter in config.capitoli if tabella in config.tables_of(chapter)]


def _how_to_fill_it(tabella: str) -> list[str]:
    """Return the commands that give data to a table, the easiest first."""
    from conciliazione_lib.sources.refresh import refreshable

    from_the_rete = [f"conciliazione dati aggiorna {tabella}"] if tabella in refreshable() else []
    return [
        *from_the_rete,
        f"conciliazione dati modello {tabella}",
        f"conciliazione dati importa FILE --come {tabella}",
    ]


def _absent(tabella: str) -> dict[str, Any]:
    from conciliazione_lib import catalog

    return {
        "tabella": tabella,
        "titolo": catalog.spec(tabella).title,
        "origine": "assente",
        "capitoli": _chapters(tabella),
        "come": _how_to_fill_it(tabella),
    }


def _entry(tabella: str, version: Provenance) -> dict[str, Any]:
    return {
        "tabella": tabella,
        "data_riferimento": version.data_riferimento,
        "origine": version.origine,
        "provvisoria": version.provvisorio,
        "stato": version.stato,
        "grado": version.grado,
        "recuperata": version.recuperato,
        "fonte": version.fonte,
        "capitoli": _chapters(tabella),
    }


@app.italian_command()
def stato(
    tabella: Annotated[
        str | None, typer.Argument(help="Una tabella, per sapere tutto di lei; se manca, tutte in breve.")
    ] = None,
    in_json: Annotated[bool, typer.Option("--json", help="Scrive lo stato in formato JSON.")] = False,
) -> None:
    """Dice, per ogni tabella, da dove viene, di quando è, quanto è solida e quali capitoli la usano."""
    from rich.console import Console
    from rich.table import Table

    from conciliazione_lib import catalog, storage

    if tabella is not None:
        _card(tabella, in_json)
        return
    entries, absent, faulty = [], [], []
    for name in catalog.names():
        try:
            entries.append(_entry(name, storage.find(name)))
        except UsoError:
            absent.append(_absent(name))
        except DatiError as error:
            faulty.append({"tabella": name, "problema": error.messaggio, "rimedio": error.rimedio})
    if in_json:
        typer.echo(json.dumps({"tabelle": entries, "assenti": absent, "guaste": faulty}, ensure_ascii=False, indent=2))
        return
    console = Console()
    chapters, wide = console.width >= WIDTH_WITH_CHAPTERS, console.width >= WIDTH_WITH_SOURCE
    frame = Table(box=None, expand=wide, padding=(0, 1, 0, 0), pad_edge=False)
    for title in ("Tabella", "Dati al", "Origine", "Grado", "Da"):
        frame.add_column(title, no_wrap=True)
    if chapters:
        frame.add_column("Capitoli", no_wrap=True)
    if wide:
        frame.add_column("Fonte", no_wrap=True, ratio=1)
    for v in entries:
        when = f"{v['data_riferimento']} {ABBREVIATIONS.get(v['stato'], '')}".strip()
        cells = [v["tabella"], when, v["origine"], v["grado"], _eta(v["recuperata"])]
        frame.add_row(*cells, *([_numbers(v["capitoli"])] if chapters else []), *([v["fonte"]] if wide else []))
    for v in absent:
        frame.add_row(v["tabella"], "—", v["origine"], "", "", *([_numbers(v["capitoli"])] if chapters else []))
    console.print(frame)
    typer.echo(
        "p: dati provvisori, s: stime, f: previsioni. "
        "Fonti, licenze, capitoli e tutte le versioni di una tabella: conciliazione dati stato TABELLA"
    )
    for v in faulty:
        typer.echo(f"Guasta: {v['tabella']}. {v['problema']} Che cosa fare: {v['rimedio']}")
    if absent:
        typer.echo("Le tabelle assenti e come riempirle:")
    for v in absent:
        used = f" (capitoli {_numbers(v['capitoli'])})" if v["capitoli"] else ""
        typer.echo(f"- {v['tabella']}: {v['titolo']}{used}")
        typer.echo(
            f"    {v['come'][0]}" if len(v["come"]) > 2 else f"    {v['come'][0]}, compilarlo, poi {v['come'][1]}"
        )


def _card(tabella: str, in_json: bool) -> None:
    """Say all there is to know of a table: what it is, its versions and their sources, who uses it, how to fill it."""
    from conciliazione_lib import catalog

    spec, versions = catalog.spec(tabella), catalog.versions(tabella)
    entries = [_entry(tabella, version) | {"licenza": version.licenza, "url": version.url} for version in versions]
    how = _how_to_fill_it(tabella)
    if in_json:
        said = {"tabella": tabella, "titolo": spec.title, "descrizione": spec.description, "versioni": entries}
        typer.echo(json.dumps({**said, "capitoli": _chapters(tabella), "come": how}, ensure_ascii=False, indent=2))
        return
    typer.echo(f"{tabella}: {spec.title}\n{spec.description}")
    typer.echo(f"Capitoli che la usano: {', '.join(_chapters(tabella)) or 'nessuno'}.")
    if not entries:
        typer.echo("Assente: non ha ancora dati.")
    for v in entries:
        solid = f"{v['origine']}, {v['grado']}{', ' + v['stato'] if v['provvisoria'] else ''}"
        typer.echo(f"- dati al {v['data_riferimento']} ({solid}), da {_eta(v['recuperata'])}")
        typer.echo(
            f"    {v['fonte']}{'; ' + v['licenza'] if v['licenza'] else ''}{'; ' + v['url'] if v['url'] else ''}"
        )
    typer.echo("Per riempirla o rinnovarla:" + "".join(f"\n    {command}" for command in how))


def _numbers(chapters: list[str]) -> str:
    """Return the numbers of some chapters, consecutive ones as a range, then the names of those without."""
    from conciliazione_lib.build.project import configuration

    everyone = [c.id for c in configuration().capitoli]
    if len(chapters) == len(everyone):
        return "tutti"
    names = {id: id.partition("_")[0] for id in everyone}
    strokes: list[list[str]] = []
    for chapter in (id for id in chapters if names[id].isdigit()):
        if strokes and everyone.index(chapter) == everyone.index(strokes[-1][-1]) + 1:
            strokes[-1].append(chapter)
        else:
            strokes.append([chapter])
    numbers = [f"{names[t[0]]}–{names[t[-1]]}" if len(t) > 2 else ", ".join(names[id] for id in t) for t in strokes]
    return ", ".join([*numbers, *(names[id] for id in chapters if not names[id].isdigit())])


def _show(understood: Understood, changes: Changes) -> None:
    """Show what was understood of a file and what it changes."""
    from conciliazione_lib.evidence.formats import numero

    typer.echo(f"{understood.spec.title}, dati al {understood.data}")
    typer.echo(understood.come)
    typer.echo(
        f"Righe: {numero(changes.righe_dopo)} (prima {numero(changes.righe_prima)}); nuove {numero(changes.aggiunte)}, "
        f"tolte {numero(changes.tolte)}, cambiate {numero(changes.cambiate)}."
    )
    for column, row in changes.totali.iterrows():
        typer.echo(f"Somma di {column}: {numero(row['dopo'], 0)} (prima {numero(row['prima'], 0)}).")
    if len(changes.movimenti):
        typer.echo("I cambiamenti più grandi:")
    for _, row in changes.movimenti.iterrows():
        key = ", ".join(_name(k, row[k]) for k in understood.spec.keys)
        typer.echo(f"  {key}, {row['colonna']}: da {_figure(row['prima'])} a {_figure(row['dopo'])}")


def _figure(valore: float) -> str:
    from conciliazione_lib.evidence.formats import numero

    return numero(valore, 0 if float(valore).is_integer() else 2)


def _name(column: str, valore: object) -> str:
    """Return a key as its reader knows it: a comune by name."""
    from conciliazione_lib import territory

    territorio, text = territory.load(), str(valore)
    known = column == "cod_comune" and text in territorio.comuni.index
    return f"{territorio.name('comune', text)} ({text})" if known else text


def _warn(warnings: list[str]) -> None:
    """Say what is to be looked at, the first of many."""
    for warning in warnings[:SHOWN_WARNINGS]:
        typer.echo(f"Da controllare: {warning.rstrip('.')}.")
    others = len(warnings) - SHOWN_WARNINGS
    if others > 0:
        typer.echo(f"Da controllare: e altri {others} avvisi." if others > 1 else "Da controllare: e un altro avviso.")


def _values(given_written: list[str]) -> dict[str, str]:
    """Return the values given on the command line for the columns that a file does not have."""
    pairs = [written.partition("=") for written in given_written]
    for written, (column, sign, value) in zip(given_written, pairs, strict=True):
        if not (column and sign and value):
            raise UsoError(f"«{written}» non dice un valore.", "Scrivere --con COLONNA=VALORE.")
    return {column.strip(): value.strip() for column, _, value in pairs}


def _answers(written_ones: list[str]) -> dict[str, str]:
    """Return the answers given on the command line about the headers of a file; a header may hold the sign «=»."""
    pairs = [written.rpartition("=") for written in written_ones]
    for written, (header, _, column) in zip(written_ones, pairs, strict=True):
        if not (header.strip() and column.strip()):
            raise UsoError(
                f"«{written}» non dice quale colonna è.",
                'Scrivere --colonna "INTESTAZIONE=COLONNA", oppure --colonna "INTESTAZIONE=-" se non è nessuna.',
            )
    return {header.strip(): column.strip() for header, _, column in pairs}


def _meanings(given_written: list[str]) -> dict[str, dict[str, str]]:
    """Return what was said on the command line of the values of a file, by column; a value may hold the sign «=»."""
    said: dict[str, dict[str, str]] = {}
    for written in given_written:
        column, _, rest = written.partition(":")
        value, _, meaning = rest.rpartition("=")
        if not (column.strip() and value.strip() and meaning.strip()):
            raise UsoError(
                f"«{written}» non dice che cosa vuol dire un valore.",
                'Scrivere --valore "COLONNA:VALORE=SIGNIFICATO", oppure --valore "COLONNA:VALORE=-" se non dice nulla.',
            )
        said.setdefault(column.strip(), {})[value.strip()] = meaning.strip()
    return said


def _resembles(file: Path | None) -> UsoError:
    """Return what to say to who has not said which table a file becomes."""
    from conciliazione_lib import catalog
    from conciliazione_lib.sources import recognising

    similar = recognising.guesses(file)[:3] if file is not None else []
    if not similar:
        return UsoError("Non è detto quale tabella diventa.", "Aggiungere --come TABELLA.")
    names = "; ".join(f"«{one.table}» ({catalog.spec(one.table).title})" for one in similar)
    return UsoError(f"Il file somiglia a: {names}.", f"Se è la prima, ripetere con --come {similar[0].table}.")


@app.italian_command()
def importa(
    file: Annotated[
        Path | None,
        typer.Argument(help="File da importare: CSV, foglio di calcolo o zip di demo.istat.it.", show_default=False),
    ] = None,
    cartella: Annotated[
        Path | None,
        typer.Option(
            help="Al posto di un file, una cartella di risposte dei comuni: si leggono come una tabella sola."
        ),
    ] = None,
    come: Annotated[
        str | None, typer.Option(help="Tabella che diventa; se manca, il comando dice a quale somiglia.")
    ] = None,
    foglio: Annotated[str | None, typer.Option(help="Foglio da leggere, se il file ne ha più d'uno.")] = None,
    data: Annotated[str | None, typer.Option(help="Data dei dati, se il file non la dice.")] = None,
    fonte: Annotated[str | None, typer.Option(help="Fonte da citare.")] = None,
    con: Annotated[
        list[str] | None,
        typer.Option(help="Valore di una colonna che il file non ha, come alleanza=NOME; ripetibile."),
    ] = None,
    aggiungi: Annotated[
        bool, typer.Option("--aggiungi", help="Aggiunge le righe a quelle in vigore, invece di sostituirle.")
    ] = False,
    colonna: Annotated[
        list[str] | None,
        typer.Option(
            help='Risposta a una domanda: quale colonna è un\'intestazione, come "Nr posti=posti"; "Nr posti=-" se '
            "nessuna. Vale anche per i prossimi file della stessa fonte; ripetibile."
        ),
    ] = None,
    valore: Annotated[
        list[str] | None,
        typer.Option(
            help='Che cosa vuol dire un valore del file, come "gestione:P=pubblica"; "gestione:?=-" se non dice nulla. '
            "Vale anche per i prossimi file della stessa fonte; ripetibile."
        ),
    ] = None,
    salta: Annotated[
        list[int] | None, typer.Option(min=1, help="Riga del foglio che non è un dato, come una nota; ripetibile.")
    ] = None,
    decimali: Annotated[
        str | None, typer.Option(help="Segno dei decimali, se il file non lo dice: virgola oppure punto.")
    ] = None,
    si: Annotated[
        bool, typer.Option("--si", help="Accetta che restino meno righe di prima, o totali lontani da quelli di prima.")
    ] = False,
    prova: Annotated[bool, typer.Option("--prova", help="Mostra che cosa farebbe, senza importare.")] = False,
) -> int:
    """Importa un file in una tabella, dopo averlo controllato per intero.

    Prende il posto delle sole righe del suo territorio. Se qualcosa non va, la tabella di prima resta al suo posto e
    accanto al file se ne scrive una copia con le celle da correggere colorate e commentate.
    """
    from conciliazione_lib.sources import importing
    from conciliazione_lib.sources.collecting import collect

    if (file is None) == (cartella is None):
        raise UsoError("Va indicato un file, oppure una cartella.", "Scrivere il file, o --cartella CARTELLA.")
    if cartella is not None and salta:
        raise UsoError("Le righe da saltare sono di un file.", "Togliere --salta, oppure importare un file alla volta.")
    if come is None:
        raise _resembles(file)
    choices: dict[str, Any] = {
        "sheet": foglio,
        "data": data,
        "fonte": fonte,
        "defaults": _values(con or []),
        "colonne": _answers(colonna or []),
        "decimali": decimali,
        "valori": _meanings(valore or []),
        "salta": salta or [],
    }
    try:
        if cartella is not None:
            collected = collect(cartella, come, choices)
            understood = collected.understood
            _who_is_missing(collected)
        elif file is not None:
            understood = importing.understand(file, come, **choices)
    except DatiError as error:
        typer.echo(str(error), err=True)
        _copies(error, file)
        return error.codice_uscita
    # What is added is added to what is in force when it is stored; a trial touches nothing.
    with nullcontext() if prova else importing.in_turn():
        return _put(understood, add=aggiungi, prova=prova, si=si)


def _copies(error: DatiError, file: Path | None) -> None:
    """Write, beside each file that was refused, a copy with its problems marked."""
    from conciliazione_lib.sources.annotated import write_annotated

    marked = [p for p in error.problemi if p.riga is not None]
    for one in [file] if file else sorted({Path(p.file) for p in marked if p.file}):
        own_ones = [p for p in error.problemi if file or (p.file and Path(p.file) == one)]
        if one.suffix.lower() == ".zip" or one.is_dir() or not any(p.riga is not None for p in own_ones):
            continue
        try:
            typer.echo(f"Copia con le celle da correggere: {write_annotated(one, own_ones)}", err=True)
        except ConciliazioneError as without_copy:
            typer.echo(str(without_copy), err=True)


def _who_is_missing(collected: Collected) -> None:
    """Say which comuni have not answered."""
    from conciliazione_lib import territory
    from conciliazione_lib.evidence.formats import numero

    territorio = territory.load()
    typer.echo(f"Letti {numero(len(collected.files))} file.")
    if collected.absent:
        names = ", ".join(sorted(territorio.name("comune", code) for code in collected.absent))
        typer.echo(
            f"Non hanno risposto {numero(len(collected.absent))} comuni su {numero(collected.asked)}: {names}. "
            "L'elenco è in parte: le somme si leggono «almeno»."
        )


def _put(read: Understood, *, add: bool, prova: bool, si: bool) -> int:
    """Show what a file changes and, unless it is a trial, store it."""
    from conciliazione_lib import storage
    from conciliazione_lib.evidence.formats import numero
    from conciliazione_lib.quality.plausibility import of_table
    from conciliazione_lib.sources import importing

    how = read.spec.name
    put = importing.added_to(read) if add else importing.in_place(read)
    understood = put.understood
    _show(read, importing.changes(put.own, put.before, read.spec))
    if put.kept:
        typer.echo(f"Restano {numero(put.kept)} righe di prima, che il file non riguarda.")
    if put.later is not None:
        typer.echo(f"Attenzione: le righe di cui prende il posto sono più recenti, fino al {put.later}.")
    changes = put.shifts
    _warn([*(change.testo for change in changes), *of_table(read.spec, read.frame, put.before)])
    if prova:
        typer.echo("Prova: nulla è stato importato.")
        return 0
    if not si and not _accepted(put.lost, changes):
        return 2
    importing.store(understood)
    read.remember()
    in_use = storage.find(how).data_riferimento
    if in_use != understood.data:
        typer.echo(f"Attenzione: per questa tabella resta in uso la versione più recente, con i dati al {in_use}.")
    used = _chapters(how)
    if used:
        typer.echo(f"La usano i capitoli {', '.join(used)}.")
    typer.echo("Importata. Per rifare capitoli, sito e documenti: conciliazione genera")
    if how == "popolazione":
        typer.echo(f"Per usare questa data: conciliazione genera --data {understood.data}")
    return 0


def _accepted(lost: int, changes: list[Shift]) -> bool:
    """Ask whether fewer rows, or totals far from those of before, are right; where nobody can answer, they are not."""
    import sys

    from conciliazione_lib.evidence.formats import numero

    incredible = "; ".join(change.testo for change in changes if change.incredibile)
    if lost:
        question = f"Con questo file la tabella perde {numero(lost)} righe del suo territorio."
        remedy = "se il file è completo, ripetere il comando con --si; se ne è una parte, con --aggiungi"
    elif incredible:
        question = f"I totali sono troppo lontani da quelli in vigore: {incredible}."
        remedy = "controllare che il file sia quello giusto e completo; se il cambiamento è vero, ripetere con --si"
    else:
        return True
    if sys.stdin is not None and sys.stdin.isatty():
        answer = typer.prompt(f"{question} Va bene? (s/n)", default="n")
        return str(answer).strip().lower().startswith("s")
    typer.echo(f"{question} Nulla è stato importato.\nChe cosa fare: {remedy}.", err=True)
    return False


@app.italian_command()
def aggiorna(
    tabella: Annotated[
        list[str] | None, typer.Argument(help="Tabelle da aggiornare; se mancano, tutte quelle che si possono.")
    ] = None,
    anno: Annotated[int | None, typer.Option(help="Anno dei dati; se manca, l'ultimo pubblicato.")] = None,
    insieme: Annotated[
        str | None,
        typer.Option(help="Insieme di dati.lombardia.it da cui leggere la tabella: il codice dato da «dati cerca»."),
    ] = None,
    si: Annotated[bool, typer.Option("--si", help="Accetta i cambiamenti senza chiedere.")] = False,
) -> int:
    """Scarica le tabelle dalle loro fonti (ISTAT, dati.lombardia.it), le controlla e mostra che cosa cambia.

    A ISTAT si fanno al più cinque richieste al minuto. Una tabella che non supera i controlli, o una fonte che non
    risponde, lascia in vigore i dati di prima; il codice di uscita è 1.
    """
    from conciliazione_lib.quality.plausibility import of_table
    from conciliazione_lib.sources import importing, refresh

    def accept(understood: Understood, changes: Changes) -> bool:
        _show(understood, changes)
        _warn(of_table(understood.spec, understood.frame, importing.in_force(understood.spec.name)))
        answer = "s" if si else typer.prompt("Mettere in vigore questi dati? (s/n)", default="s")
        return str(answer).strip().lower().startswith("s")

    if insieme is not None and len(tabella or ()) != 1:
        raise UsoError("Con --insieme si aggiorna una tabella sola.", "Scrivere il nome della tabella, una.")
    outcomes, from_the_sources = [], []
    for name in tabella or ():
        chosen = insieme or (refresh.pinned(name) if name not in refresh.refreshable() else None)
        if chosen is None:
            from_the_sources.append(name)
        else:
            outcomes.append(refresh.refresh_from_dataset(name, chosen, progress=typer.echo, accept=accept))
    if from_the_sources or not tabella:
        outcomes += refresh.refresh(from_the_sources, year=anno, progress=typer.echo, accept=accept)
    for outcome in outcomes:
        typer.echo(outcome.testo, err=not outcome.successful)
    return int(not all(outcome.successful for outcome in outcomes))


@app.italian_command()
def cerca(
    parole: Annotated[list[str], typer.Argument(help="Parole da cercare, come: asili nido.", show_default=False)],
    in_json: Annotated[bool, typer.Option("--json", help="Scrive i risultati in formato JSON.")] = False,
) -> int:
    """Cerca nel catalogo di dati.lombardia.it un insieme di dati da cui aggiornare una tabella."""
    from dataclasses import asdict

    from conciliazione_lib.sources import lombardia, origins
    from conciliazione_lib.sources.http import Client

    def advance(testo: str) -> None:
        typer.echo(testo, err=True)

    found = lombardia.search(Client.local(advance), origins.load(), " ".join(parole))
    if in_json:
        typer.echo(json.dumps([asdict(one_found) for one_found in found], ensure_ascii=False, indent=2))
        return 0
    for one_found in found:
        when = f" (aggiornato il {one_found.aggiornato})" if one_found.aggiornato else ""
        typer.echo(
            f"{one_found.id}  {one_found.nome}{when}\n    campi: {', '.join(one_found.colonne) or 'non dichiarati'}"
        )
    if found:
        typer.echo("Per leggerne uno: conciliazione dati aggiorna TABELLA --insieme CODICE")
    else:
        typer.echo("Nessun insieme di dati con queste parole: provare con altre, o con meno.")
    return 0


@app.italian_command()
def modello(
    tabella: Table,
    uscita: Annotated[Path | None, typer.Option(help="File da scrivere; se manca, modello-TABELLA.xlsx.")] = None,
    ats: Annotated[str | None, typer.Option(help="Solo i comuni di questa ATS nei menu a tendina.")] = None,
) -> None:
    """Scrive il modello di una tabella: un foglio di calcolo con istruzioni, menu a tendina e controlli."""
    from conciliazione_lib import catalog, territory
    from conciliazione_lib.sources import questionnaire
    from conciliazione_lib.sources.templates import write_template

    spec = catalog.spec(tabella)
    territorio = territory.load()
    comuni = territorio.comuni
    if ats is not None:
        comuni = comuni.loc[territorio.members("ats", territorio.resolve(ats, level="ats").codice)]
    final = uscita or Path(f"modello-{tabella}.xlsx")
    if final.exists():
        raise UsoError(
            f"Il file «{final}» esiste già.", "Scegliere un altro nome: un modello compilato non si sovrascrive."
        )
    if tabella == "questionari":
        questionnaire.write_forms(final, catalog.read("questionario"))
    else:
        write_template(final, spec, comuni)
    typer.echo(f'Scritto {final}. Dopo averlo compilato: conciliazione dati importa "{final}" --come {tabella}')


@app.italian_command()
def verifica() -> int:
    """Verifica che ogni tabella sia integra e rispetti le sue regole."""
    from conciliazione_lib import catalog, storage

    faulty = 0
    for name in catalog.names():
        try:
            versions = catalog.versions(name)
        except ConciliazioneError as error:
            faulty += 1
            typer.echo(f"{name}: {error}")
            continue
        for version in versions:
            try:
                catalog.validate(storage.read(version), catalog.spec(name), file=version.percorso)
            except ConciliazioneError as error:
                faulty += 1
                typer.echo(f"{name} {version.data_riferimento} ({version.origine}): {error}")
    typer.echo("Tutte le tabelle sono integre." if not faulty else f"Tabelle con problemi: {faulty}.")
    return int(faulty > 0)


@app.italian_command()
def ripristina(tabella: Table) -> None:
    """Riporta una tabella a come era prima dell'ultima importazione o dell'ultimo aggiornamento."""
    from conciliazione_lib.sources.importing import restore

    typer.echo(restore(tabella))


@app.italian_command()
def esporta(
    cartella: Annotated[Path, typer.Argument(help="Cartella in cui scrivere.", show_default=False)],
    tabella: Annotated[list[str] | None, typer.Option(help="Solo questa tabella; ripetibile.")] = None,
) -> None:
    """Copia le tabelle in uso in una cartella, con la loro provenienza: per conservarle o darle ad altri."""
    from conciliazione_lib import catalog, storage

    cartella.mkdir(parents=True, exist_ok=True)
    listing = []
    # What is about single people leaves only when it is asked for by name.
    for name in tabella or [name for name in catalog.names() if not catalog.spec(name).reserved]:
        catalog.spec(name)
        for version in catalog.versions(name):
            storage.check(version)
            destination = cartella / f"{name}-{version.percorso.name}"
            shutil.copyfile(version.percorso, destination)
            listing.append({**version.to_dict(), "file": destination.name})
    text = json.dumps(listing, ensure_ascii=False, indent=2) + "\n"
    (cartella / "provenienza.json").write_text(text, encoding="utf-8", newline="\n")
    typer.echo(f"Esportati {len(listing)} file in {cartella}")
