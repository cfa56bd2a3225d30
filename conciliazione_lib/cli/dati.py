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

if TYPE_CHECKING:
    from conciliazione_lib.errors import DatiError, UsoError
    from conciliazione_lib.sources.collecting import Collected
    from conciliazione_lib.sources.importing import Changes, Understood
    from conciliazione_lib.sources.totals import Shift
    from conciliazione_lib.storage import Provenance

app = App("Le tabelle di dati: quali sono, quanto sono vecchie, come aggiornarle.")

#: A narrower terminal has no room for the chapters beside the rest, or for the source beside them.
LARGHEZZA_CON_CAPITOLI, LARGHEZZA_CON_FONTE = 115, 150
AVVISI_MOSTRATI = 12
#: How final a table is, beside its date.
SIGLE = MappingProxyType({"provvisorio": "p", "stima": "s", "previsione": "f"})

Tabella = Annotated[str, typer.Argument(help="Nome della tabella.", show_default=False)]


def _eta(giorno: str) -> str:
    """Return how old a date is, in words."""
    try:
        giorni = (dt.date.today() - dt.date.fromisoformat(giorno)).days
    except ValueError:
        return "?"
    if giorni < 60:
        return "oggi" if giorni == 0 else "un giorno" if giorni == 1 else f"{giorni} giorni"
    return f"{giorni // 30} mesi" if giorni < 730 else f"{giorni // 365} anni"


def _capitoli(tabella: str) -> list[str]:
    from conciliazione_lib.build.project import configurazione

    config = configurazione()
    return [capitolo.id for capitolo in config.capitoli if tabella in config.tabelle_di(capitolo)]


def _come_riempirla(tabella: str) -> list[str]:
    """Return the commands that give data to a table, the easiest first."""
    from conciliazione_lib.sources.refresh import refreshable

    dalla_rete = [f"conciliazione dati aggiorna {tabella}"] if tabella in refreshable() else []
    return [*dalla_rete, f"conciliazione dati modello {tabella}", f"conciliazione dati importa FILE --come {tabella}"]


def _assente(tabella: str) -> dict[str, Any]:
    from conciliazione_lib import catalog

    return {
        "tabella": tabella,
        "titolo": catalog.spec(tabella).title,
        "origine": "assente",
        "capitoli": _capitoli(tabella),
        "come": _come_riempirla(tabella),
    }


def _voce(tabella: str, versione: Provenance) -> dict[str, Any]:
    return {
        "tabella": tabella,
        "data_riferimento": versione.data_riferimento,
        "origine": versione.origine,
        "provvisoria": versione.provvisorio,
        "stato": versione.stato,
        "grado": versione.grado,
        "recuperata": versione.recuperato,
        "fonte": versione.fonte,
        "capitoli": _capitoli(tabella),
    }


@app.comando()
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
    from conciliazione_lib.errors import DatiError, UsoError

    if tabella is not None:
        _scheda(tabella, in_json)
        return
    voci, assenti, guaste = [], [], []
    for nome in catalog.names():
        try:
            voci.append(_voce(nome, storage.find(nome)))
        except UsoError:
            assenti.append(_assente(nome))
        except DatiError as errore:
            guaste.append({"tabella": nome, "problema": errore.messaggio, "rimedio": errore.rimedio})
    if in_json:
        typer.echo(json.dumps({"tabelle": voci, "assenti": assenti, "guaste": guaste}, ensure_ascii=False, indent=2))
        return
    console = Console()
    capitoli, larga = console.width >= LARGHEZZA_CON_CAPITOLI, console.width >= LARGHEZZA_CON_FONTE
    quadro = Table(box=None, expand=larga, padding=(0, 1, 0, 0), pad_edge=False)
    for titolo in ("Tabella", "Dati al", "Origine", "Grado", "Da"):
        quadro.add_column(titolo, no_wrap=True)
    if capitoli:
        quadro.add_column("Capitoli", no_wrap=True)
    if larga:
        quadro.add_column("Fonte", no_wrap=True, ratio=1)
    for v in voci:
        quando = f"{v['data_riferimento']} {SIGLE.get(v['stato'], '')}".strip()
        celle = [v["tabella"], quando, v["origine"], v["grado"], _eta(v["recuperata"])]
        quadro.add_row(*celle, *([_numeri(v["capitoli"])] if capitoli else []), *([v["fonte"]] if larga else []))
    for v in assenti:
        quadro.add_row(v["tabella"], "—", v["origine"], "", "", *([_numeri(v["capitoli"])] if capitoli else []))
    console.print(quadro)
    typer.echo(
        "p: dati provvisori, s: stime, f: previsioni. "
        "Fonti, licenze, capitoli e tutte le versioni di una tabella: conciliazione dati stato TABELLA"
    )
    for v in guaste:
        typer.echo(f"Guasta: {v['tabella']}. {v['problema']} Che cosa fare: {v['rimedio']}")
    if assenti:
        typer.echo("Le tabelle assenti e come riempirle:")
    for v in assenti:
        usata = f" (capitoli {_numeri(v['capitoli'])})" if v["capitoli"] else ""
        typer.echo(f"- {v['tabella']}: {v['titolo']}{usata}")
        typer.echo(
            f"    {v['come'][0]}" if len(v["come"]) > 2 else f"    {v['come'][0]}, compilarlo, poi {v['come'][1]}"
        )


def _scheda(tabella: str, in_json: bool) -> None:
    """Say all there is to know of a table: what it is, its versions and their sources, who uses it, how to fill it."""
    from conciliazione_lib import catalog

    spec, versioni = catalog.spec(tabella), catalog.versions(tabella)
    voci = [_voce(tabella, versione) | {"licenza": versione.licenza, "url": versione.url} for versione in versioni]
    come = _come_riempirla(tabella)
    if in_json:
        detto = {"tabella": tabella, "titolo": spec.title, "descrizione": spec.description, "versioni": voci}
        typer.echo(json.dumps({**detto, "capitoli": _capitoli(tabella), "come": come}, ensure_ascii=False, indent=2))
        return
    typer.echo(f"{tabella}: {spec.title}\n{spec.description}")
    typer.echo(f"Capitoli che la usano: {', '.join(_capitoli(tabella)) or 'nessuno'}.")
    if not voci:
        typer.echo("Assente: non ha ancora dati.")
    for v in voci:
        solida = f"{v['origine']}, {v['grado']}{', ' + v['stato'] if v['provvisoria'] else ''}"
        typer.echo(f"- dati al {v['data_riferimento']} ({solida}), da {_eta(v['recuperata'])}")
        typer.echo(
            f"    {v['fonte']}{'; ' + v['licenza'] if v['licenza'] else ''}{'; ' + v['url'] if v['url'] else ''}"
        )
    typer.echo("Per riempirla o rinnovarla:" + "".join(f"\n    {comando}" for comando in come))


def _numeri(capitoli: list[str]) -> str:
    """Return the numbers of some chapters, consecutive ones as a range, then the names of those without."""
    from conciliazione_lib.build.project import configurazione

    tutti = [c.id for c in configurazione().capitoli]
    if len(capitoli) == len(tutti):
        return "tutti"
    nomi = {id: id.partition("_")[0] for id in tutti}
    tratti: list[list[str]] = []
    for capitolo in (id for id in capitoli if nomi[id].isdigit()):
        if tratti and tutti.index(capitolo) == tutti.index(tratti[-1][-1]) + 1:
            tratti[-1].append(capitolo)
        else:
            tratti.append([capitolo])
    numeri = [f"{nomi[t[0]]}–{nomi[t[-1]]}" if len(t) > 2 else ", ".join(nomi[id] for id in t) for t in tratti]
    return ", ".join([*numeri, *(nomi[id] for id in capitoli if not nomi[id].isdigit())])


def _mostra(capito: Understood, cambi: Changes) -> None:
    """Show what was understood of a file and what it changes."""
    from conciliazione_lib.evidence.formats import numero

    typer.echo(f"{capito.spec.title}, dati al {capito.data}")
    typer.echo(capito.come)
    typer.echo(
        f"Righe: {numero(cambi.righe_dopo)} (prima {numero(cambi.righe_prima)}); nuove {numero(cambi.aggiunte)}, "
        f"tolte {numero(cambi.tolte)}, cambiate {numero(cambi.cambiate)}."
    )
    for colonna, riga in cambi.totali.iterrows():
        typer.echo(f"Somma di {colonna}: {numero(riga['dopo'], 0)} (prima {numero(riga['prima'], 0)}).")
    if len(cambi.movimenti):
        typer.echo("I cambiamenti più grandi:")
    for _, riga in cambi.movimenti.iterrows():
        chiave = ", ".join(_nome(k, riga[k]) for k in capito.spec.keys)
        typer.echo(f"  {chiave}, {riga['colonna']}: da {_cifra(riga['prima'])} a {_cifra(riga['dopo'])}")


def _cifra(valore: float) -> str:
    from conciliazione_lib.evidence.formats import numero

    return numero(valore, 0 if float(valore).is_integer() else 2)


def _nome(colonna: str, valore: object) -> str:
    """Return a key as its reader knows it: a comune by name."""
    from conciliazione_lib import territory

    territorio, testo = territory.load(), str(valore)
    noto = colonna == "cod_comune" and testo in territorio.comuni.index
    return f"{territorio.name('comune', testo)} ({testo})" if noto else testo


def _avvisa(avvisi: list[str]) -> None:
    """Say what is to be looked at, the first of many."""
    for avviso in avvisi[:AVVISI_MOSTRATI]:
        typer.echo(f"Da controllare: {avviso.rstrip('.')}.")
    altri = len(avvisi) - AVVISI_MOSTRATI
    if altri > 0:
        typer.echo(f"Da controllare: e altri {altri} avvisi." if altri > 1 else "Da controllare: e un altro avviso.")


def _valori(scritti: list[str]) -> dict[str, str]:
    """Return the values given on the command line for the columns that a file does not have."""
    from conciliazione_lib.errors import UsoError

    coppie = [scritto.partition("=") for scritto in scritti]
    for scritto, (colonna, segno, valore) in zip(scritti, coppie, strict=True):
        if not (colonna and segno and valore):
            raise UsoError(f"«{scritto}» non dice un valore.", "Scrivere --con COLONNA=VALORE.")
    return {colonna.strip(): valore.strip() for colonna, _, valore in coppie}


def _risposte(scritte: list[str]) -> dict[str, str]:
    """Return the answers given on the command line about the headers of a file; a header may hold the sign «=»."""
    from conciliazione_lib.errors import UsoError

    coppie = [scritta.rpartition("=") for scritta in scritte]
    for scritta, (intestazione, _, colonna) in zip(scritte, coppie, strict=True):
        if not (intestazione.strip() and colonna.strip()):
            raise UsoError(
                f"«{scritta}» non dice quale colonna è.",
                'Scrivere --colonna "INTESTAZIONE=COLONNA", oppure --colonna "INTESTAZIONE=-" se non è nessuna.',
            )
    return {intestazione.strip(): colonna.strip() for intestazione, _, colonna in coppie}


def _significati(scritti: list[str]) -> dict[str, dict[str, str]]:
    """Return what was said on the command line of the values of a file, by column; a value may hold the sign «=»."""
    from conciliazione_lib.errors import UsoError

    detti: dict[str, dict[str, str]] = {}
    for scritto in scritti:
        colonna, _, resto = scritto.partition(":")
        valore, _, significato = resto.rpartition("=")
        if not (colonna.strip() and valore.strip() and significato.strip()):
            raise UsoError(
                f"«{scritto}» non dice che cosa vuol dire un valore.",
                'Scrivere --valore "COLONNA:VALORE=SIGNIFICATO", oppure --valore "COLONNA:VALORE=-" se non dice nulla.',
            )
        detti.setdefault(colonna.strip(), {})[valore.strip()] = significato.strip()
    return detti


def _somiglia(file: Path | None) -> UsoError:
    """Return what to say to who has not said which table a file becomes."""
    from conciliazione_lib import catalog
    from conciliazione_lib.errors import UsoError
    from conciliazione_lib.sources import recognising

    simili = recognising.guesses(file)[:3] if file is not None else []
    if not simili:
        return UsoError("Non è detto quale tabella diventa.", "Aggiungere --come TABELLA.")
    nomi = "; ".join(f"«{uno.table}» ({catalog.spec(uno.table).title})" for uno in simili)
    return UsoError(f"Il file somiglia a: {nomi}.", f"Se è la prima, ripetere con --come {simili[0].table}.")


@app.comando()
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
    from conciliazione_lib.errors import DatiError, UsoError
    from conciliazione_lib.sources import importing
    from conciliazione_lib.sources.collecting import collect

    if (file is None) == (cartella is None):
        raise UsoError("Va indicato un file, oppure una cartella.", "Scrivere il file, o --cartella CARTELLA.")
    if cartella is not None and salta:
        raise UsoError("Le righe da saltare sono di un file.", "Togliere --salta, oppure importare un file alla volta.")
    if come is None:
        raise _somiglia(file)
    scelte: dict[str, Any] = {
        "sheet": foglio,
        "data": data,
        "fonte": fonte,
        "defaults": _valori(con or []),
        "colonne": _risposte(colonna or []),
        "decimali": decimali,
        "valori": _significati(valore or []),
        "salta": salta or [],
    }
    try:
        if cartella is not None:
            raccolte = collect(cartella, come, scelte)
            capito = raccolte.understood
            _chi_manca(raccolte)
        elif file is not None:
            capito = importing.understand(file, come, **scelte)
    except DatiError as errore:
        typer.echo(str(errore), err=True)
        _copie(errore, file)
        return errore.codice_uscita
    # What is added is added to what is in force when it is stored; a trial touches nothing.
    with nullcontext() if prova else importing.in_turn():
        return _metti(capito, aggiungi=aggiungi, prova=prova, si=si)


def _copie(errore: DatiError, file: Path | None) -> None:
    """Write, beside each file that was refused, a copy with its problems marked."""
    from conciliazione_lib.errors import ConciliazioneError
    from conciliazione_lib.sources.annotated import write_annotated

    segnate = [p for p in errore.problemi if p.riga is not None]
    for uno in [file] if file else sorted({Path(p.file) for p in segnate if p.file}):
        suoi = [p for p in errore.problemi if file or (p.file and Path(p.file) == uno)]
        if uno.suffix.lower() == ".zip" or uno.is_dir() or not any(p.riga is not None for p in suoi):
            continue
        try:
            typer.echo(f"Copia con le celle da correggere: {write_annotated(uno, suoi)}", err=True)
        except ConciliazioneError as senza_copia:
            typer.echo(str(senza_copia), err=True)


def _chi_manca(raccolte: Collected) -> None:
    """Say which comuni have not answered."""
    from conciliazione_lib import territory
    from conciliazione_lib.evidence.formats import numero

    territorio = territory.load()
    typer.echo(f"Letti {numero(len(raccolte.files))} file.")
    if raccolte.absent:
        nomi = ", ".join(sorted(territorio.name("comune", codice) for codice in raccolte.absent))
        typer.echo(
            f"Non hanno risposto {numero(len(raccolte.absent))} comuni su {numero(raccolte.asked)}: {nomi}. "
            "L'elenco è in parte: le somme si leggono «almeno»."
        )


def _metti(letto: Understood, *, aggiungi: bool, prova: bool, si: bool) -> int:
    """Show what a file changes and, unless it is a trial, store it."""
    from conciliazione_lib import storage
    from conciliazione_lib.evidence.formats import numero
    from conciliazione_lib.quality.plausibility import of_table
    from conciliazione_lib.sources import importing

    come = letto.spec.name
    messo = importing.added_to(letto) if aggiungi else importing.in_place(letto)
    capito = messo.understood
    _mostra(letto, importing.changes(messo.own, messo.before, letto.spec))
    if messo.kept:
        typer.echo(f"Restano {numero(messo.kept)} righe di prima, che il file non riguarda.")
    if messo.later is not None:
        typer.echo(f"Attenzione: le righe di cui prende il posto sono più recenti, fino al {messo.later}.")
    cambi = messo.shifts
    _avvisa([*(cambio.testo for cambio in cambi), *of_table(letto.spec, letto.frame, messo.before)])
    if prova:
        typer.echo("Prova: nulla è stato importato.")
        return 0
    if not si and not _accettata(messo.lost, cambi):
        return 2
    importing.store(capito)
    letto.remember()
    in_uso = storage.find(come).data_riferimento
    if in_uso != capito.data:
        typer.echo(f"Attenzione: per questa tabella resta in uso la versione più recente, con i dati al {in_uso}.")
    usata = _capitoli(come)
    if usata:
        typer.echo(f"La usano i capitoli {', '.join(usata)}.")
    typer.echo("Importata. Per rifare capitoli, sito e documenti: conciliazione genera")
    if come == "popolazione":
        typer.echo(f"Per usare questa data: conciliazione genera --data {capito.data}")
    return 0


def _accettata(perse: int, cambi: list[Shift]) -> bool:
    """Ask whether fewer rows, or totals far from those of before, are right; where nobody can answer, they are not."""
    import sys

    from conciliazione_lib.evidence.formats import numero

    incredibili = "; ".join(cambio.testo for cambio in cambi if cambio.incredibile)
    if perse:
        domanda = f"Con questo file la tabella perde {numero(perse)} righe del suo territorio."
        rimedio = "se il file è completo, ripetere il comando con --si; se ne è una parte, con --aggiungi"
    elif incredibili:
        domanda = f"I totali sono troppo lontani da quelli in vigore: {incredibili}."
        rimedio = "controllare che il file sia quello giusto e completo; se il cambiamento è vero, ripetere con --si"
    else:
        return True
    if sys.stdin is not None and sys.stdin.isatty():
        risposta = typer.prompt(f"{domanda} Va bene? (s/n)", default="n")
        return str(risposta).strip().lower().startswith("s")
    typer.echo(f"{domanda} Nulla è stato importato.\nChe cosa fare: {rimedio}.", err=True)
    return False


@app.comando()
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
    from conciliazione_lib.errors import UsoError
    from conciliazione_lib.quality.plausibility import of_table
    from conciliazione_lib.sources import importing, refresh

    def accetta(capito: Understood, cambi: Changes) -> bool:
        _mostra(capito, cambi)
        _avvisa(of_table(capito.spec, capito.frame, importing.in_force(capito.spec.name)))
        risposta = "s" if si else typer.prompt("Mettere in vigore questi dati? (s/n)", default="s")
        return str(risposta).strip().lower().startswith("s")

    if insieme is not None and len(tabella or ()) != 1:
        raise UsoError("Con --insieme si aggiorna una tabella sola.", "Scrivere il nome della tabella, una.")
    esiti, dalle_fonti = [], []
    for nome in tabella or ():
        scelto = insieme or (refresh.pinned(nome) if nome not in refresh.refreshable() else None)
        if scelto is None:
            dalle_fonti.append(nome)
        else:
            esiti.append(refresh.refresh_from_dataset(nome, scelto, progress=typer.echo, accept=accetta))
    if dalle_fonti or not tabella:
        esiti += refresh.refresh(dalle_fonti, year=anno, progress=typer.echo, accept=accetta)
    for esito in esiti:
        typer.echo(esito.testo, err=not esito.riuscito)
    return int(not all(esito.riuscito for esito in esiti))


@app.comando()
def cerca(
    parole: Annotated[list[str], typer.Argument(help="Parole da cercare, come: asili nido.", show_default=False)],
    in_json: Annotated[bool, typer.Option("--json", help="Scrive i risultati in formato JSON.")] = False,
) -> int:
    """Cerca nel catalogo di dati.lombardia.it un insieme di dati da cui aggiornare una tabella."""
    from dataclasses import asdict

    from conciliazione_lib.sources import lombardia, origins
    from conciliazione_lib.sources.http import Client

    def avanza(testo: str) -> None:
        typer.echo(testo, err=True)

    trovati = lombardia.search(Client.local(avanza), origins.load(), " ".join(parole))
    if in_json:
        typer.echo(json.dumps([asdict(trovato) for trovato in trovati], ensure_ascii=False, indent=2))
        return 0
    for trovato in trovati:
        quando = f" (aggiornato il {trovato.aggiornato})" if trovato.aggiornato else ""
        typer.echo(f"{trovato.id}  {trovato.nome}{quando}\n    campi: {', '.join(trovato.colonne) or 'non dichiarati'}")
    if trovati:
        typer.echo("Per leggerne uno: conciliazione dati aggiorna TABELLA --insieme CODICE")
    else:
        typer.echo("Nessun insieme di dati con queste parole: provare con altre, o con meno.")
    return 0


@app.comando()
def modello(
    tabella: Tabella,
    uscita: Annotated[Path | None, typer.Option(help="File da scrivere; se manca, modello-TABELLA.xlsx.")] = None,
    ats: Annotated[str | None, typer.Option(help="Solo i comuni di questa ATS nei menu a tendina.")] = None,
) -> None:
    """Scrive il modello di una tabella: un foglio di calcolo con istruzioni, menu a tendina e controlli."""
    from conciliazione_lib import catalog, territory
    from conciliazione_lib.errors import UsoError
    from conciliazione_lib.sources import questionnaire
    from conciliazione_lib.sources.templates import write_template

    spec = catalog.spec(tabella)
    territorio = territory.load()
    comuni = territorio.comuni
    if ats is not None:
        comuni = comuni.loc[territorio.members("ats", territorio.resolve(ats, level="ats").codice)]
    finale = uscita or Path(f"modello-{tabella}.xlsx")
    if finale.exists():
        raise UsoError(
            f"Il file «{finale}» esiste già.", "Scegliere un altro nome: un modello compilato non si sovrascrive."
        )
    if tabella == "questionari":
        questionnaire.write_forms(finale, catalog.read("questionario"))
    else:
        write_template(finale, spec, comuni)
    typer.echo(f'Scritto {finale}. Dopo averlo compilato: conciliazione dati importa "{finale}" --come {tabella}')


@app.comando()
def verifica() -> int:
    """Verifica che ogni tabella sia integra e rispetti le sue regole."""
    from conciliazione_lib import catalog, storage
    from conciliazione_lib.errors import ConciliazioneError

    guaste = 0
    for nome in catalog.names():
        try:
            versioni = catalog.versions(nome)
        except ConciliazioneError as errore:
            guaste += 1
            typer.echo(f"{nome}: {errore}")
            continue
        for versione in versioni:
            try:
                catalog.validate(storage.read(versione), catalog.spec(nome), file=versione.percorso)
            except ConciliazioneError as errore:
                guaste += 1
                typer.echo(f"{nome} {versione.data_riferimento} ({versione.origine}): {errore}")
    typer.echo("Tutte le tabelle sono integre." if not guaste else f"Tabelle con problemi: {guaste}.")
    return int(guaste > 0)


@app.comando()
def ripristina(tabella: Tabella) -> None:
    """Riporta una tabella a come era prima dell'ultima importazione o dell'ultimo aggiornamento."""
    from conciliazione_lib.sources.importing import restore

    typer.echo(restore(tabella))


@app.comando()
def esporta(
    cartella: Annotated[Path, typer.Argument(help="Cartella in cui scrivere.", show_default=False)],
    tabella: Annotated[list[str] | None, typer.Option(help="Solo questa tabella; ripetibile.")] = None,
) -> None:
    """Copia le tabelle in uso in una cartella, con la loro provenienza: per conservarle o darle ad altri."""
    from conciliazione_lib import catalog, storage

    cartella.mkdir(parents=True, exist_ok=True)
    elenco = []
    # What is about single people leaves only when it is asked for by name.
    for nome in tabella or [nome for nome in catalog.names() if not catalog.spec(nome).reserved]:
        catalog.spec(nome)
        for versione in catalog.versions(nome):
            storage.check(versione)
            destinazione = cartella / f"{nome}-{versione.percorso.name}"
            shutil.copyfile(versione.percorso, destinazione)
            elenco.append({**versione.to_dict(), "file": destinazione.name})
    testo = json.dumps(elenco, ensure_ascii=False, indent=2) + "\n"
    (cartella / "provenienza.json").write_text(testo, encoding="utf-8", newline="\n")
    typer.echo(f"Esportati {len(elenco)} file in {cartella}")
