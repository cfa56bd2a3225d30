"""The rule of an allocation as a form: its amounts and weights changed by who tries, the rest as it is written."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from conciliazione_lib.catalog import allocation_rules
from conciliazione_lib.catalog.allocation_rules import Allocation, AllocationFile
from conciliazione_lib.errors import UsoError
from conciliazione_lib.publish import annex

_NUMBER = re.compile(r"\d{1,12}(?:\.\d{1,4})?")


@dataclass(frozen=True)
class Tried:
    """A rule with other amounts and weights, and what it gives."""

    name: str
    text: str
    file: AllocationFile
    shares: list[Allocation]


def attempt(name: str, said: Callable[[str], str], points: int) -> Tried:
    """Apply a rule with the numbers of a form.

    Parameters
    ----------
    name : str
        One of the rules of the catalog.
    said : callable
        Gives what was written in a field: ``totale:PERIOD``, ``peso:INDICATOR``, ``unita``; empty where nothing was.
    points : int
        How far each weight may move.

    Raises
    ------
    UsoError
        If there is no such rule, or a number is not one.
    """
    if name not in allocation_rules.names():
        raise UsoError(f"La regola «{name}» non c'è.", "Sceglierne una dell'elenco.")
    text = _changed(allocation_rules.text(name), said)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.toml"
        path.write_text(text, encoding="utf-8")
        file = allocation_rules.load(path)
    return Tried(name, text, file, allocation_rules.run(file, points))


def annexes(tried: Tried) -> dict[str, bytes]:
    """Return the annex of a rule, as a workbook and as a Word document."""
    made = annex.of_rule(tried.text, tried.file, tried.shares)
    with tempfile.TemporaryDirectory() as folder:
        paths = {kind: Path(folder) / f"riparto.{kind}" for kind in ("xlsx", "docx")}
        annex.write_workbook(paths["xlsx"], made)
        annex.write_document(paths["docx"], made)
        return {kind: path.read_bytes() for kind, path in paths.items()}


def _changed(text: str, said: Callable[[str], str]) -> str:
    """Return the text of a rule with some numbers changed, line by line: comments and all the rest stay."""
    lines, section, indicator = [], "", ""
    for line in text.splitlines():
        if line.startswith("["):
            section, indicator = line.strip("[] "), ""
        key, found, value = (part.strip() for part in line.partition("="))
        if found and section == "indicatori" and key == "nome":
            indicator = value.strip("\"'")
        field = {
            "": "unita" if key == "unita" else "",
            "totali": "totale:" + key.strip("\"'"),
            "indicatori": f"peso:{indicator}" if key == "peso" else "",
        }.get(section, "")
        written = _number(said(field)) if found and field else ""
        lines.append(f"{key} = {written}" if written else line)
    return "\n".join(lines) + "\n"


def _number(written: str) -> str:
    """Return a number as TOML has it, from an Italian one."""
    plain = written.strip()
    if "," in plain:
        plain = plain.replace(".", "").replace(",", ".")
    elif re.fullmatch(r"\d{1,3}(?:\.\d{3})+", plain):
        plain = plain.replace(".", "")
    if plain and not _NUMBER.fullmatch(plain):
        raise UsoError(f"«{written}» non è un numero.", "Scrivere solo cifre, per esempio 1.000.000 oppure 12,5.")
    return plain
