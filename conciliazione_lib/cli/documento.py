"""``conciliazione documento``: the documents an analyst edits and signs, and her edited ones brought up to date."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from conciliazione_lib.build.project import configurazione, radice
from conciliazione_lib.cli.italiano import App
from conciliazione_lib.errors import DatiError, UsoError

if TYPE_CHECKING:
    from conciliazione_lib.publish.documents.merge import Outcome

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
    letta = published.read(_albero(config.edizione, uscita), config, livello, codice)
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
    documento = published.document(_albero(config.edizione, uscita), config, livello, codice, capitolo or ())
    _salva(file, documents.compose(documento)[formato])
    typer.echo(f"Scritto: {file}")


@app.comando()
def aggiorna(
    file: Annotated[Path, typer.Argument(help="Il documento Word modificato a mano.")],
    edizione: Edizione = None,
    uscita: Uscita = None,
    in_json: Annotated[bool, typer.Option("--json", help="Scrive l'esito in formato JSON.")] = False,
) -> None:
    """Porta nel documento i dati nuovi e conserva ciò che è stato scritto a mano.

    L'originale non viene toccato: il risultato va in un file accanto. Dove una frase modificata a mano conteneva cifre
    poi cambiate, il documento porta un avviso evidenziato, che comincia con «DA RIVEDERE».
    """
    from conciliazione_lib.publish import documents
    from conciliazione_lib.publish.documents import merge, published

    try:
        suo = file.read_bytes()
    except OSError as errore:
        raise DatiError(
            f"Il documento «{file}» non si può leggere: {errore.strerror}.",
            "controllare il nome e che non sia aperto in Word.",
        ) from None
    detto = merge.about(suo, file.name)
    livello, _, codice = detto.get("codice", "").partition("/")
    config = configurazione(edizione)
    capitoli = detto.get("capitoli", "").split()
    documento = published.document(_albero(config.edizione, uscita), config, livello, codice, capitoli)
    esito = merge.update(suo, documents.compose(documento)["docx"], file.name)
    nuovo = _accanto(file)
    _salva(nuovo, esito.docx)
    if in_json:
        typer.echo(json.dumps({"file": str(nuovo), **_json(esito)}, ensure_ascii=False, indent=2))
    else:
        typer.echo(_racconto(nuovo, esito))


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

    if nome.casefold() == "lombardia":
        return "regione", "lombardia"
    luogo = territory.load().resolve(nome, level="ats")
    return "ats", luogo.codice


def _albero(edizione: str, uscita: Path | None) -> Path:
    return (uscita or radice()) / "reports" / edizione


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
