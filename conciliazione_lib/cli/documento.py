"""``conciliazione documento``: the documents an analyst edits and signs, and her edited ones brought up to date."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from conciliazione_lib.build.project import configuration, root
from conciliazione_lib.cli.italiano import App
from conciliazione_lib.errors import DatiError, UsoError
from conciliazione_lib.region import REGIONE

if TYPE_CHECKING:
    from conciliazione_lib.publish.documents.merge import Outcome
    from conciliazione_lib.publish.documents.readiness import Readiness

#: Things of a kind that are listed: all of them are in the JSON.
SHOWN = 20

app = App("Scrive i documenti Word e PDF di una ATS, e aggiorna quelli modificati a mano.")

Output = Annotated[Path | None, typer.Option(help="Cartella che contiene reports/, se non è quella del progetto.")]
Edizione = Annotated[str | None, typer.Option(help="Edizione; se manca, quella scelta in reports.toml.")]


@app.italian_command()
def elenca(
    ats: Annotated[str, typer.Option(help="La ATS, per esempio pavia; oppure lombardia.")],
    edizione: Edizione = None,
    uscita: Output = None,
    in_json: Annotated[bool, typer.Option("--json", help="Scrive l'esito in formato JSON.")] = False,
) -> None:
    """Elenca i capitoli che il documento può avere e i posti in cui possono entrare testi propri."""
    from conciliazione_lib.publish.documents import TEXTS, outline, published

    config = configuration(edizione)
    level, code = _territorio(ats)
    read_ = published.read(_edizioni(uscita) / config.edizione, config, level, code)
    folder = config.radice / TEXTS / code
    if in_json:
        chapters = [{"id": c.id, "titolo": c.titolo, "disponibile": c.disponibile} for c in read_.capitoli]
        posti = [
            {"file": f"{id}.md", "titolo": title, "presente": (folder / f"{id}.md").is_file()}
            for id, title in outline.titles()
        ]
        typer.echo(json.dumps({"capitoli": chapters, "testi": posti}, ensure_ascii=False, indent=2))
        return
    typer.echo("Capitoli:")
    for chapter in read_.capitoli:
        typer.echo(f"  {chapter.id:<18} {chapter.titolo}{'' if chapter.disponibile else ' (non riuscito)'}")
    typer.echo(f"\nTesti propri, da mettere nella cartella {folder}:")
    for id, title in outline.titles():
        present = " (presente)" if (folder / f"{id}.md").is_file() else ""
        typer.echo(f"  {id + '.md':<18} in fondo a «{title}»{present}")
    typer.echo(f"  {outline.OWN_SECTION + '….md':<18} una sezione propria, dopo l'ultimo capitolo")


@app.italian_command()
def scrivi(
    file: Annotated[Path, typer.Argument(help="File da scrivere: .docx, .pdf o .xlsx (le tabelle).")],
    ats: Annotated[str, typer.Option(help="La ATS, per esempio pavia; oppure lombardia.")],
    capitolo: Annotated[list[str] | None, typer.Option(help="Solo questo capitolo; ripetibile.")] = None,
    edizione: Edizione = None,
    uscita: Output = None,
) -> None:
    """Scrive il documento di una ATS con i capitoli scelti, dai capitoli già generati."""
    from conciliazione_lib.publish import documents
    from conciliazione_lib.publish.documents import published, workbook

    format_ = file.suffix.lower().removeprefix(".")
    if format_ not in ("docx", "pdf", "xlsx"):
        raise UsoError(f"«{file.name}» non è un tipo di file che si possa scrivere.", "usare .docx, .pdf o .xlsx.")
    if file.exists():
        raise UsoError(f"Il file «{file}» esiste già.", "scegliere un altro nome: un documento non si sovrascrive.")
    config = configuration(edizione)
    level, code = _territorio(ats)
    document = published.document(_edizioni(uscita) / config.edizione, config, level, code, capitolo or ())
    if format_ == "xlsx":
        _save(file, workbook.compose(document))
    else:
        _save(file, documents.compose(document, published.template(document))[format_])
    typer.echo(f"Scritto: {file}")


@app.italian_command()
def aggiorna(
    file: Annotated[Path, typer.Argument(help="Il documento Word modificato a mano.")],
    edizione: Annotated[
        str | None, typer.Option(help="Edizione con cui aggiornarlo; se manca, quella scritta nel documento.")
    ] = None,
    uscita: Output = None,
    in_json: Annotated[bool, typer.Option("--json", help="Scrive l'esito in formato JSON.")] = False,
) -> None:
    """Porta nel documento i dati nuovi e conserva ciò che è stato scritto a mano.

    L'originale non viene toccato: il risultato va in un file accanto. Dove una frase modificata a mano conteneva cifre
    poi cambiate, il documento porta un avviso evidenziato, che comincia con «DA RIVEDERE».
    """
    from conciliazione_lib.publish.documents import merge, published

    own = _read(file)
    document, now = published.again(merge.about(own, file.name), _edizioni(uscita), edizione)
    outcome = merge.update(own, now, file.name)
    new = _beside(file)
    _save(new, outcome.docx)
    if in_json:
        of = {"edizione": document.edition_id, "data": document.day, "territorio": document.code}
        typer.echo(json.dumps({"file": str(new), **of, **_json(outcome)}, ensure_ascii=False, indent=2))
    else:
        typer.echo(f"{document.place}, {document.edition}: territorio e popolazione al {document.date}.")
        typer.echo(_account(new, outcome))


@app.italian_command()
def controlla(
    file: Annotated[Path, typer.Argument(help="Il documento Word da firmare.")],
    edizione: Annotated[
        str | None, typer.Option(help="Edizione con cui confrontarlo; se manca, quella scritta nel documento.")
    ] = None,
    uscita: Output = None,
    in_json: Annotated[bool, typer.Option("--json", help="Scrive l'esito in formato JSON.")] = False,
) -> int:
    """Dice se un documento è pronto da firmare, e se no che cosa resta da fare.

    Cerca gli avvisi da rileggere, le revisioni e i commenti, i campi e le sezioni da compilare, le cifre e le date che
    non sono più quelle dei dati. Il documento non viene toccato. Il codice di uscita è 0 se è pronto, 1 se no.
    """
    from conciliazione_lib.publish.documents import merge, published, readiness

    own = _read(file)
    said = merge.about(own, file.name)
    new, why = None, ""
    try:
        _, new = published.again(said, _edizioni(uscita), edizione)
    except UsoError as error:
        if edizione is not None:
            raise
        why = error.messaggio
    outcome = readiness.check(own, new, file.name, why)
    if in_json:
        entries = [{"genere": f.genere, "dove": f.dove, "testo": f.testo} for f in outcome.findings]
        a_hand = [{"dove": f.dove, "testo": f.testo} for f in outcome.by_hand]
        data = {"file": str(file), "pronto": not entries, "da_sistemare": entries, "numeri_a_mano": a_hand}
        typer.echo(json.dumps(data, ensure_ascii=False, indent=2))
    else:
        typer.echo(_verdict(file, outcome))
    return 1 if outcome.findings else 0


def _verdict(file: Path, outcome: Readiness) -> str:
    from conciliazione_lib.publish.documents.readiness import KINDS, told

    how_many = len(outcome.findings)
    rows = [f"«{file.name}» è pronto da firmare."]
    if how_many:
        stays = "resta una cosa da sistemare" if how_many == 1 else f"restano {how_many} cose da sistemare"
        rows = [f"«{file.name}» non è pronto da firmare: {stays}."]
    for kind, title in KINDS.items():
        entries = [f for f in outcome.findings if f.genere == kind]
        if entries:
            said = told(entries)
            rows += ["", f"{title} ({len(entries)}):", *(f"  - {row}" for row in said[:SHOWN])]
            if len(said) > SHOWN:
                rows.append(f"  e altri {len(said) - SHOWN}: tutti con --json.")
    if any(f.genere == "cifre" for f in outcome.findings):
        rows += ["", f'Per portarvi i dati di ora: conciliazione documento aggiorna "{file}"']
    if outcome.by_hand:
        rows += ["", f"Da sapere: numeri scritti a mano, che i dati non sostengono ({len(outcome.by_hand)}):"]
        rows += [f"  - {row}" for row in told(outcome.by_hand)[:SHOWN]]
    return "\n".join(rows)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise DatiError(
            f"Il documento «{file}» non si può leggere: {error.strerror}.",
            "controllare il nome e che non sia aperto in Word.",
        ) from None


def _account(new: Path, outcome: Outcome) -> str:
    rows = [
        f"Aggiornati: {len(outcome.updated)}. Conservati come scritti a mano: {len(outcome.kept)}. "
        f"Nuovi: {len(outcome.added)}. Tolti: {len(outcome.removed)}."
    ]
    if outcome.warnings:
        rows += ["", f"Da rivedere ({len(outcome.warnings)}):", *(f"  - {warning}" for warning in outcome.warnings)]
    rows += ["", f"Scritto: {new}", "L'originale non è stato toccato."]
    return "\n".join(rows)


def _json(outcome: Outcome) -> dict[str, Any]:
    return {
        "aggiornati": outcome.updated,
        "conservati": outcome.kept,
        "nuovi": outcome.added,
        "tolti": outcome.removed,
        "da_rivedere": outcome.warnings,
    }


def _territorio(nome: str) -> tuple[str, str]:
    """Return level and code of an ATS, or of the region."""
    from conciliazione_lib import territory

    if nome.casefold() == REGIONE:
        return "regione", REGIONE
    place = territory.load().resolve(nome, level="ats")
    return "ats", place.codice


def _edizioni(output: Path | None) -> Path:
    return (output or root()) / "reports"


def _beside(file: Path) -> Path:
    """Return a name that is free, beside the original."""
    base = f"{file.stem}-aggiornato"
    new, time_ = file.with_name(f"{base}{file.suffix}"), 2
    while new.exists():
        new, time_ = file.with_name(f"{base}-{time_}{file.suffix}"), time_ + 1
    return new


def _save(file: Path, data: bytes) -> None:
    """Write a file whole, or not at all."""
    provisional = file.with_name(f".{file.name}.parte")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        provisional.write_bytes(data)
        provisional.replace(file)
    except OSError as error:
        provisional.unlink(missing_ok=True)
        raise UsoError(f"Non si può scrivere «{file}»: {error.strerror}.", "scegliere un'altra cartella.") from None
