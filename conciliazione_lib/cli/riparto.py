"""``conciliazione riparto``: share an amount by a rule, compare with the act in force, write the annex."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from conciliazione_lib.cli.italiano import App
from conciliazione_lib.errors import EsecuzioneError

if TYPE_CHECKING:
    from conciliazione_lib.catalog.allocation_rules import Allocation, AllocationFile

PREDEFINITA = "abitanti-2025-2027"

app = App()


@app.comando()
def riparto(
    regola: Annotated[str, typer.Argument(help="Nome di una regola fornita, oppure un file TOML.")] = PREDEFINITA,
    punti: Annotated[
        int, typer.Option(min=0, max=100, help="Di quanti punti può muoversi il peso di ogni indicatore.")
    ] = 10,
    cartella: Annotated[Path | None, typer.Option(help="Dove scrivere l'allegato, in Excel e in Word.")] = None,
    elenca: Annotated[bool, typer.Option("--elenca", help="Elenca le regole fornite.")] = False,
    mostra_regola: Annotated[
        bool, typer.Option("--mostra-regola", help="Stampa il testo della regola, da copiare e cambiare.")
    ] = False,
    come_json: Annotated[bool, typer.Option("--json", help="Risposta in JSON.")] = False,
) -> None:
    """Ripartisce le risorse fra i territori secondo una regola.

    Senza altro, applica la regola in vigore. Stampa gli importi, il confronto con l'atto in vigore e quanto può
    cambiare la quota di ciascuno se cambiano i pesi degli indicatori. La somma è sempre il totale, al centesimo.
    Con --cartella scrive l'allegato da incollare in un atto.
    """
    from conciliazione_lib.catalog import allocation_rules
    from conciliazione_lib.publish.annex import names

    if elenca:
        regole = {nome: allocation_rules.load(nome).titolo for nome in allocation_rules.names()}
        typer.echo(_json(regole) if come_json else "\n".join(f"{n:<22} {titolo}" for n, titolo in regole.items()))
        return
    if mostra_regola:
        typer.echo(allocation_rules.text(regola), nl=False)
        return
    file = allocation_rules.load(regola)
    riparti = allocation_rules.run(file, punti)
    nomi = names(file.livello)
    scritti = _write(cartella, regola, file, riparti) if cartella is not None else []
    if come_json:
        typer.echo(_json(_as_data(regola, file, riparti, nomi, scritti)))
        return
    typer.echo(f"{file.titolo}\n{file.nota}" if file.nota else file.titolo)
    for parte in riparti:
        typer.echo(f"\n{', '.join(parte.periodi)}\n{_table(parte, nomi)}")
    if len(file.indicatori) > 1:
        typer.echo(f"\nQuota minima e massima se il peso di ogni indicatore si muove di {punti} punti.")
    for percorso in scritti:
        typer.echo(f"Scritto: {percorso}")


def _table(parte: Allocation, nomi: dict[str, str]) -> str:
    from conciliazione_lib.publish.annex import rows

    testa, *righe = rows(parte, nomi)
    larghezze = [max(len(riga[i]) for riga in (testa, *righe)) for i in range(len(testa))]
    return "\n".join(
        "  ".join(
            cella.ljust(w) if i == 0 else cella.rjust(w)
            for i, (cella, w) in enumerate(zip(riga, larghezze, strict=True))
        )
        for riga in (testa, *righe)
    )


def _as_data(
    regola: str, file: AllocationFile, riparti: list[Allocation], nomi: dict[str, str], scritti: list[Path]
) -> dict[str, Any]:
    return {
        "regola": regola,
        "titolo": file.titolo,
        "atto": file.atto,
        "nota": file.nota,
        "periodi": [
            {
                "periodi": list(parte.periodi),
                "totale": float(parte.totale),
                "territori": [_territory(codice, nomi[codice], parte) for codice in parte.riparto.index],
            }
            for parte in riparti
        ],
        "file": [str(percorso) for percorso in scritti],
    }


def _territory(codice: str, nome: str, parte: Allocation) -> dict[str, Any]:
    tavole = [parte.riparto, parte.sensibilita.drop(columns="quota")]
    if parte.confronto is not None:
        tavole.append(parte.confronto.drop(columns="importo"))
    valori: dict[str, Any] = {str(nome): tavola.at[codice, nome] for tavola in tavole for nome in tavola.columns}
    semplici = {nome: valore if isinstance(valore, str) else float(valore) for nome, valore in valori.items()}
    return {"codice": codice, "nome": nome, **semplici}


def _write(cartella: Path, regola: str, file: AllocationFile, riparti: list[Allocation]) -> list[Path]:
    from conciliazione_lib.catalog import allocation_rules
    from conciliazione_lib.publish.annex import of_rule, write_document, write_workbook

    allegato = of_rule(allocation_rules.text(regola), file, riparti)
    nome = f"riparto-{Path(regola).stem}"
    scritti = [cartella / f"{nome}.xlsx", cartella / f"{nome}.docx"]
    try:
        cartella.mkdir(parents=True, exist_ok=True)
        write_workbook(scritti[0], allegato)
        write_document(scritti[1], allegato)
    except OSError as errore:
        raise EsecuzioneError(
            f"Non si può scrivere nella cartella «{cartella}»: {errore.strerror or errore}.",
            "Chiudere i file aperti in Excel o in Word, oppure scegliere un'altra cartella.",
        ) from errore
    return scritti


def _json(dati: Any) -> str:
    return json.dumps(dati, ensure_ascii=False, indent=2)
