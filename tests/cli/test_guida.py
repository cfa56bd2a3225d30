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
POSTO = re.compile(r"<[\w-]+>")


def tabella() -> list[list[str]]:
    """Rows of the table that sets desk and commands side by side: what, where on the desk, the command."""
    testo = GUIDA[GUIDA.index("| che cosa | sulla scrivania | il comando |") :].partition("\n\n")[0]
    return [[cella.strip() for cella in riga.strip("|").split(" | ")] for riga in testo.splitlines()[2:]]


def scritti() -> list[str]:
    """Every command that the guide writes, without what stands for the program."""
    righe = re.findall(r"python avvia\.py conciliazione ([^`\n#]+)", GUIDA)
    righe += [comando for *_, cella in tabella() for comando in re.findall(r"`([^`]+)`", cella)]
    return sorted({POSTO.sub("x", riga).strip() for riga in righe if not riga.startswith("--")})


def comando(parole: list[str]) -> tuple[Any, list[str]]:
    """Return the command that some words reach, and those left for it."""
    trovato: Any = get_command(cli.app)
    while hasattr(trovato, "list_commands"):
        assert parole, "il comando non è intero"
        assert parole[0] in trovato.list_commands(None), f"«{parole[0]}» non è un comando"
        trovato, parole = trovato.get_command(None, parole[0]), parole[1:]
    return trovato, parole


@pytest.mark.parametrize("riga", scritti())
def test_the_program_takes_every_command_of_the_guide(riga: str) -> None:
    parole = shlex.split(riga)
    if parole[-1] != "--help":
        trovato, altre = comando(parole)
        trovato.make_context(trovato.name, altre)  # reads the arguments, and does nothing


def test_what_each_page_of_the_desk_does_has_a_command() -> None:
    righe = tabella()
    dette = " ".join(dove for _, dove, _ in righe)
    for _, nome in pages.MENU:
        assert f"*{nome}*" in dette or nome == "Genera", nome
    assert len(righe) >= 25
    for cosa, _, come in righe:
        assert "`" in come, cosa


def test_every_answer_to_a_file_has_an_option() -> None:
    """What a form of the desk says of a file: the fields that :func:`arrivals.said_in` takes."""
    importa, _ = comando(["dati", "importa"])
    opzioni = {nome for parametro in importa.params for nome in parametro.opts}
    campi = {"tabella": "--come", "foglio": "--foglio", "fonte": "--fonte", "data": "--data", "decimali": "--decimali"}
    campi |= {"modo": "--aggiungi", "riga": "--salta", "colonna": "--colonna", "dato": "--con", "valore": "--valore"}
    campi |= {"sicuro": "--si"}
    modulo = (Path(pages.__file__).parent / "templates" / "arrivo.html").read_text(encoding="utf-8")
    nomi = {nome.partition(":")[0] for nome in re.findall(r'name="([a-z]+[:"]?)', modulo)}
    nomi = {nome.strip('":') for nome in nomi} - {"ricomincia"}
    assert nomi == set(campi)
    assert set(campi.values()) <= opzioni
    assert all(opzione in GUIDA for opzione in campi.values())
