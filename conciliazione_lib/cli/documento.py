"""``conciliazione documento``: the documents an analyst edits and signs, and her edited ones brought up to date."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from conciliazione_lib.build.project import configurazione, radice
from conciliazione_lib.cli.italiano import App
from conciliazione_lib.errors import DatiError, UsoError
from conciliazione_lib.region import REGIONE

if TYPE_CHECKING:
    from conciliazione_lib.publish.documents.merge import Outcome
    from conciliazione_lib.publish.documents.readiness import Readiness

#: Things of a kind that are listed: all of them are in the JSON.
MOSTRATE = 20

app = App("Scrive i documenti Word e PDF di una ATS, e aggiorna quelli modificati a mano.")

Uscita = Annotated[Path | None, typer.Option(help="Cartella che contiene reports/, se non è quella del progetto.")]
Edizione = Annotated[str | None, typer.Option(help="Edizione; se manca, quella scelta in reports.toml.")]


@app.comando()
def elenca(
    ats: Annotated[str, typer.Option(help="La ATS, per esempio pavia; oppure lombardia.")],
    edizione: Edizione = None,
    uscita: Uscita = None,
    in_json: Annotated[bool, typer.Option("--json", help="Scrive l'esito in formato JSON.")] = False,
) -> None:
    """Elenca i capitoli che il documento può avere e i posti in cui possono entrare testi propri."""
    from conciliazione_lib.publish.documents import TESTI, outline, published

    config = configurazione(edizione)
    livello, codice = _territorio(ats)
    letta = published.read(_edizioni(uscita) / config.edizione, config, livello, codice)
    cartella = config.radice / TESTI / codice
    if in_json:
        capitoli = [{"id": c.id, "titolo": c.titolo, "disponibile": c.disponibile} for c in letta.capitoli]
        posti = [
            {"file": f"{id}.md", "titolo": titolo, "presente": (cartella / f"{id}.md").is_file()}
            for id, titolo in outline.titles()
        ]
        typer.echo(json.dumps({"capitoli": capitoli, "testi": posti}, ensure_ascii=False, indent=2))
        return
    typer.echo("Capitoli:")
    for capitolo in letta.capitoli:
        typer.echo(f"  {capitolo.id:<18} {capitolo.titolo}{'' if capitolo.disponibile else ' (non riuscito)'}")
    typer.echo(f"\nTesti propri, da mettere nella cartella {cartella}:")
    for id, titolo in outline.titles():
        presente = " (presente)" if (cartella / f"{id}.md").is_file() else ""
        typer.echo(f"  {id + '.md':<18} in fondo a «{titolo}»{presente}")
    typer.echo(f"  {outline.SEZIONE_PROPRIA + '….md':<18} una sezione propria, dopo l'ultimo capitolo")


@app.comando()
def scrivi(
    file: Annotated[Path, typer.Argument(help="File da scrivere: .docx, .pdf o .xlsx (le tabelle).")],
    ats: Annotated[str, typer.Option(help="La ATS, per esempio pavia; oppure lombardia.")],
    capitolo: Annotated[list[str] | None, typer.Option(help="Solo questo capitolo; ripetibile.")] = None,
    edizione: Edizione = None,
    uscita: Uscita = None,
) -> None:
    """Scrive il documento di una ATS con i capitoli scelti, dai capitoli già generati."""
    from conciliazione_lib.publish import documents
    from conciliazione_lib.publish.documents import published

    formato = file.suffix.lower().removeprefix(".")
    if formato not in ("docx", "pdf", "xlsx"):
        raise UsoError(f"«{file.name}» non è un tipo di file che si possa scrivere.", "usare .docx, .pdf o .xlsx.")
    if file.exists():
        raise UsoError(f"Il file «{file}» esiste già.", "scegliere un altro nome: un documento non si sovrascrive.")
    config = configurazione(edizione)
    livello, codice = _territorio(ats)
    documento = published.document(_edizioni(uscita) / config.edizione, config, livello, codice, capitolo or ())
    _salva(file, documents.compose(documento, published.template(documento))[formato])
    typer.echo(f"Scritto: {file}")


@app.comando()
def aggiorna(
    file: Annotated[Path, typer.Argument(help="Il documento Word modificato a mano.")],
    edizione: Annotated[
        str | None, typer.Option(help="Edizione con cui aggiornarlo; se manca, quella scritta nel documento.")
    ] = None,
    uscita: Uscita = None,
    in_json: Annotated[bool, typer.Option("--json", help="Scrive l'esito in formato JSON.")] = False,
) -> None:
    """Porta nel documento i dati nuovi e conserva ciò che è stato scritto a mano.

    L'originale non viene toccato: il risultato va in un file accanto. Dove una frase modificata a mano conteneva cifre
    poi cambiate, il documento porta un avviso evidenziato, che comincia con «DA RIVEDERE».
    """
    from conciliazione_lib.publish.documents import merge, published

    suo = _leggi(file)
    documento, ora = published.again(merge.about(suo, file.name), _edizioni(uscita), edizione)
    esito = merge.update(suo, ora, file.name)
    nuovo = _accanto(file)
    _salva(nuovo, esito.docx)
    if in_json:
        di = {"edizione": documento.edition_id, "data": documento.day, "territorio": documento.code}
        typer.echo(json.dumps({"file": str(nuovo), **di, **_json(esito)}, ensure_ascii=False, indent=2))
    else:
        typer.echo(f"{documento.place}, {documento.edition}: territorio e popolazione al {documento.date}.")
        typer.echo(_racconto(nuovo, esito))


@app.comando()
def controlla(
    file: Annotated[Path, typer.Argument(help="Il documento Word da firmare.")],
    edizione: Annotated[
        str | None, typer.Option(help="Edizione con cui confrontarlo; se manca, quella scritta nel documento.")
    ] = None,
    uscita: Uscita = None,
    in_json: Annotated[bool, typer.Option("--json", help="Scrive l'esito in formato JSON.")] = False,
) -> int:
    """Dice se un documento è pronto da firmare, e se no che cosa resta da fare.

    Cerca gli avvisi da rileggere, le revisioni e i commenti, i campi e le sezioni da compilare, le cifre e le date che
    non sono più quelle dei dati. Il documento non viene toccato. Il codice di uscita è 0 se è pronto, 1 se no.
    """
    from conciliazione_lib.publish.documents import merge, published, readiness

    suo = _leggi(file)
    detto = merge.about(suo, file.name)
    nuovo, perche = None, ""
    try:
        _, nuovo = published.again(detto, _edizioni(uscita), edizione)
    except UsoError as errore:
        if edizione is not None:
            raise
        perche = errore.messaggio
    esito = readiness.check(suo, nuovo, file.name, perche)
    if in_json:
        voci = [{"genere": f.genere, "dove": f.dove, "testo": f.testo} for f in esito.findings]
        a_mano = [{"dove": f.dove, "testo": f.testo} for f in esito.by_hand]
        dati = {"file": str(file), "pronto": not voci, "da_sistemare": voci, "numeri_a_mano": a_mano}
        typer.echo(json.dumps(dati, ensure_ascii=False, indent=2))
    else:
        typer.echo(_verdetto(file, esito))
    return 1 if esito.findings else 0


def _verdetto(file: Path, esito: Readiness) -> str:
    from conciliazione_lib.publish.documents.readiness import GENERI, told

    quante = len(esito.findings)
    righe = [f"«{file.name}» è pronto da firmare."]
    if quante:
        resta = "resta una cosa da sistemare" if quante == 1 else f"restano {quante} cose da sistemare"
        righe = [f"«{file.name}» non è pronto da firmare: {resta}."]
    for genere, titolo in GENERI.items():
        voci = [f for f in esito.findings if f.genere == genere]
        if voci:
            dette = told(voci)
            righe += ["", f"{titolo} ({len(voci)}):", *(f"  - {riga}" for riga in dette[:MOSTRATE])]
            if len(dette) > MOSTRATE:
                righe.append(f"  e altri {len(dette) - MOSTRATE}: tutti con --json.")
    if any(f.genere == "cifre" for f in esito.findings):
        righe += ["", f'Per portarvi i dati di ora: conciliazione documento aggiorna "{file}"']
    if esito.by_hand:
        righe += ["", f"Da sapere: numeri scritti a mano, che i dati non sostengono ({len(esito.by_hand)}):"]
        righe += [f"  - {riga}" for riga in told(esito.by_hand)[:MOSTRATE]]
    return "\n".join(righe)


def _leggi(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as errore:
        raise DatiError(
            f"Il documento «{file}» non si può leggere: {errore.strerror}.",
            "controllare il nome e che non sia aperto in Word.",
        ) from None


def _racconto(nuovo: Path, esito: Outcome) -> str:
    righe = [
        f"Aggiornati: {len(esito.updated)}. Conservati come scritti a mano: {len(esito.kept)}. "
        f"Nuovi: {len(esito.added)}. Tolti: {len(esito.removed)}."
    ]
    if esito.warnings:
        righe += ["", f"Da rivedere ({len(esito.warnings)}):", *(f"  - {avviso}" for avviso in esito.warnings)]
    righe += ["", f"Scritto: {nuovo}", "L'originale non è stato toccato."]
    return "\n".join(righe)


def _json(esito: Outcome) -> dict[str, Any]:
    return {
        "aggiornati": esito.updated,
        "conservati": esito.kept,
        "nuovi": esito.added,
        "tolti": esito.removed,
        "da_rivedere": esito.warnings,
    }


def _territorio(nome: str) -> tuple[str, str]:
    """Return level and code of an ATS, or of the region."""
    from conciliazione_lib import territory

    if nome.casefold() == REGIONE:
        return "regione", REGIONE
    luogo = territory.load().resolve(nome, level="ats")
    return "ats", luogo.codice


def _edizioni(uscita: Path | None) -> Path:
    return (uscita or radice()) / "reports"


def _accanto(file: Path) -> Path:
    """Return a name that is free, beside the original."""
    base = f"{file.stem}-aggiornato"
    nuovo, volta = file.with_name(f"{base}{file.suffix}"), 2
    while nuovo.exists():
        nuovo, volta = file.with_name(f"{base}-{volta}{file.suffix}"), volta + 1
    return nuovo


def _salva(file: Path, dati: bytes) -> None:
    """Write a file whole, or not at all."""
    provvisorio = file.with_name(f".{file.name}.parte")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        provvisorio.write_bytes(dati)
        provvisorio.replace(file)
    except OSError as errore:
        provvisorio.unlink(missing_ok=True)
        raise UsoError(f"Non si può scrivere «{file}»: {errore.strerror}.", "scegliere un'altra cartella.") from None
