"""Everything of the desk is also a command, and every command that the guide writes is one that the program takes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from conciliazione_lib import cli
from conciliazione_lib.desk import pages

GUIDA = (Path(__file__).resolve().parents[2] / "GUIDA.md").read_text(encoding="utf-8")
#: What a command of the guide has in the place of what its reader writes.
SPOT = re.compile(r"<[\w-]+>")


def tabella() -> list[list[str]]:
    """Rows of the table that sets desk and commands side by side: what, where on the desk, the command."""
    text = GUIDA[GUIDA.index("| che cosa | sulla scrivania | il comando |") :].partition("\n\n")[0]
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in text.splitlines()[2:]]


def written() -> list[str]:
    """Every command that the guide writes, without what stands for the program."""
    rows = re.findall(r"python avvia\.py conciliazione ([^`\n#]+)", GUIDA)
    rows += [command for *_, cell in tabella() for command in re.findall(r"`([^`]+)`", cell)]
    return sorted({SPOT.sub("x", row).strip() for row in rows if not row.startswith("--")})


def command(parole: list[str]) -> tuple[Any, list[str]]:
    """Return the command that some words reach, and those left for it."""
    found: Any = get_command(cli.app)
    while hasattr(found, "list_commands"):
        assert parole, "il comando non è intero"
        assert parole[0] in found.list_commands(None), f"«{parole[0]}» non è un comando"
        found, parole = found.get_command(None, parole[0]), parole[1:]
    return found, parole


@pytest.mark.parametrize("row", written())
def test_the_program_takes_every_command_of_the_guide(row: str) -> None:
    words = shlex.split(row)
    if words[-1] != "--help":
        found, others = command(words)
        found.make_context(found.name, others)  # reads the arguments, and does nothing


def test_what_each_page_of_the_desk_does_has_a_command() -> None:
    rows = tabella()
    said = " ".join(where for _, where, _ in rows)
    for _, name in pages.MENU:
        assert f"*{name}*" in said or name == "Genera", name
    assert len(rows) >= 25
    for thing, _, how in rows:
        assert "`" in how, thing


def test_every_answer_to_a_file_has_an_option() -> None:
    """What a form of the desk says of a file: the fields that :func:`arrivals.said_in` takes."""
    import_, _ = command(["dati", "importa"])
    options = {name for parameter in import_.params for name in parameter.opts}
    fields = {"tabella": "--come", "foglio": "--foglio", "fonte": "--fonte", "data": "--data", "decimali": "--decimali"}
    fields |= {"modo": "--aggiungi", "riga": "--salta", "colonna": "--colonna", "dato": "--con", "valore": "--valore"}
    fields |= {"sicuro": "--si"}
    module = (Path(pages.__file__).parent / "templates" / "arrivo.html").read_text(encoding="utf-8")
    names = {name.partition(":")[0] for name in re.findall(r'name="([a-z]+[:"]?)', module)}
    names = {name.strip('":') for name in names} - {"ricomincia"}
    assert names == set(fields)
    assert set(fields.values()) <= options
    assert all(option in GUIDA for option in fields.values())
