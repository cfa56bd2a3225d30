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

DEFAULT = "abitanti-2025-2027"

app = App()


@app.italian_command()
def riparto(
    regola: Annotated[str, typer.Argument(help="Nome di una regola fornita, oppure un file TOML.")] = DEFAULT,
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
        rules = {name: allocation_rules.load(name).titolo for name in allocation_rules.names()}
        typer.echo(_json(rules) if come_json else "\n".join(f"{n:<22} {title}" for n, title in rules.items()))
        return
    if mostra_regola:
        typer.echo(allocation_rules.text(regola), nl=False)
        return
    file = allocation_rules.load(regola)
    riparti = allocation_rules.run(file, punti)
    one_names = names(file.livello)
    written = _write(cartella, regola, file, riparti) if cartella is not None else []
    if come_json:
        typer.echo(_json(_as_data(regola, file, riparti, one_names, written)))
        return
    typer.echo(f"{file.titolo}\n{file.nota}" if file.nota else file.titolo)
    for part in riparti:
        typer.echo(f"\n{', '.join(part.periodi)}\n{_table(part, one_names)}")
    if len(file.indicatori) > 1:
        typer.echo(f"\nQuota minima e massima se il peso di ogni indicatore si muove di {punti} punti.")
    for path in written:
        typer.echo(f"Scritto: {path}")


def _table(parte: Allocation, names: dict[str, str]) -> str:
    from conciliazione_lib.publish.annex import rows

    head, *lines = rows(parte, names)
    widths = [max(len(row[i]) for row in (head, *lines)) for i in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in (head, *lines)
    )


def _as_data(
    regola: str, file: AllocationFile, riparti: list[Allocation], names: dict[str, str], written: list[Path]
) -> dict[str, Any]:
    return {
        "regola": regola,
        "titolo": file.titolo,
        "atto": file.atto,
        "nota": file.nota,
        "periodi": [
            {
                "periodi": list(part.periodi),
                "totale": float(part.totale),
                "territori": [_territory(code, names[code], part) for code in part.riparto.index],
            }
            for part in riparti
        ],
        "file": [str(path) for path in written],
    }


def _territory(codice: str, nome: str, parte: Allocation) -> dict[str, Any]:
    tables = [parte.riparto, parte.sensibilita.drop(columns="quota")]
    if parte.confronto is not None:
        tables.append(parte.confronto.drop(columns="importo"))
    values: dict[str, Any] = {str(name): table.at[codice, name] for table in tables for name in table.columns}
    simple = {name: value if isinstance(value, str) else float(value) for name, value in values.items()}
    return {"codice": codice, "nome": nome, **simple}


def _write(folder: Path, regola: str, file: AllocationFile, riparti: list[Allocation]) -> list[Path]:
    from conciliazione_lib.catalog import allocation_rules
    from conciliazione_lib.publish.annex import of_rule, write_document, write_workbook

    annex = of_rule(allocation_rules.text(regola), file, riparti)
    name = f"riparto-{Path(regola).stem}"
    written = [folder / f"{name}.xlsx", folder / f"{name}.docx"]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_workbook(written[0], annex)
        write_document(written[1], annex)
    except OSError as error:
        raise EsecuzioneError(
            f"Non si può scrivere nella cartella «{folder}»: {error.strerror or error}.",
            "Chiudere i file aperti in Excel o in Word, oppure scegliere un'altra cartella.",
        ) from error
    return written


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, indent=2)
