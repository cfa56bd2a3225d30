"""``conciliazione verifica``: whether an edition says the same everywhere, and only what its figures allow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from conciliazione_lib.build.project import root
from conciliazione_lib.cli.italiano import App
from conciliazione_lib.errors import UsoError

if TYPE_CHECKING:
    from conciliazione_lib.publish.verify import Report

app = App()

#: Problems printed; all of them are in the JSON.
SHOWN = 40


def find_edizione(folder: Path | None, edizione: str | None) -> Path:
    """Return the folder of the edition to check: the one asked for, or the last that was made.

    Raises
    ------
    UsoError
        There is no edition there.
    """
    if folder is not None:
        found = [folder] if (folder / "cifre.json").is_file() else []
        where = folder
    else:
        where = root() / "reports"
        registers = where.glob(f"{edizione or '*'}/cifre.json")
        found = [registry.parent for registry in sorted(registers, key=lambda file: file.stat().st_mtime)]
    if not found:
        which = f" {edizione}" if edizione else ""
        raise UsoError(f"Non c'è nessuna edizione{which} in {where}.", remedy="generarla con: conciliazione genera")
    return found[-1]


@app.italian_command()
def verifica(
    edizione: Annotated[str | None, typer.Option(help="Edizione da verificare; se manca, l'ultima generata.")] = None,
    cartella: Annotated[Path | None, typer.Option(help="Cartella dell'edizione, se è altrove.")] = None,
    tutto: Annotated[
        bool, typer.Option("--tutto", help="Verifica anche ciò che è già stato verificato ed è rimasto com'era.")
    ] = False,
    in_json: Annotated[bool, typer.Option("--json", help="Scrive l'esito in formato JSON.")] = False,
) -> int:
    """Verifica che l'edizione sia quella pubblicata, e che ciò che dice sia vero.

    Prima l'integrità: ogni file deve avere l'impronta scritta nel manifest, e nessuno deve mancare o essere di troppo.
    Poi la verità: numeri, confronti, grafici, mappe, schede, tabelle, documenti e dati da scaricare sono riletti e
    confrontati con le cifre dell'edizione. Ciò che è già stato verificato, e non è cambiato, non si verifica di nuovo:
    per farlo, --tutto. Esce con 1 se qualcosa non torna, e dice dove.
    """
    import os

    from conciliazione_lib.publish import integrity
    from conciliazione_lib.publish.verify import verified as controlla

    where = find_edizione(cartella, edizione)
    work = where.parent / ".lavoro"
    known = integrity.Verified.of(work, where.name) if work.is_dir() else integrity.Verified(None)
    new, fingerprints = known.new(where)
    report = controlla(where, new=None if tutto else new, processes=os.cpu_count() or 1)
    if report.ok:
        known.keep(fingerprints)
    if in_json:
        typer.echo(json.dumps(report.to_dict(), ensure_ascii=False, indent=2))
    else:
        typer.echo(_text(report, where))
    return 0 if report.ok else 1


def _text(report: Report, dove: Path) -> str:
    rows = [f"Edizione in {dove}"]
    rows += [f"  {name}: {how_many}" for name, how_many in sorted(report.counts.items())]
    if report.ok:
        return "\n".join([*rows, "Tutto coerente."])
    rows += [
        "",
        f"Non torna in {len(report.findings)} punti:" if len(report.findings) > 1 else "Non torna in un punto:",
    ]
    rows += [f"  - {found}" for found in report.findings[:SHOWN]]
    if len(report.findings) > SHOWN:
        rows.append(f"  … e altri {len(report.findings) - SHOWN}: l'elenco intero è in --json.")
    rows.append("Che cosa fare: non modificare a mano i file generati; rigenerarli con: conciliazione genera --da-capo")
    return "\n".join(rows)
