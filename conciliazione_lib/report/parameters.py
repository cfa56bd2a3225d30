"""What a notebook is given: parameters checked by name and by type, also when papermill injects them.

Papermill executes a notebook with any parameter it is given: a misspelt one becomes a variable that nobody reads,
and the chapter quietly speaks of the default territory. Here it is an error.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from conciliazione_lib.errors import UsoError

#: First line of the cell that papermill adds.
_INJECTED = "# Parameters"


def check_cells(cells: Sequence[str]) -> None:
    """Check the cell injected by papermill against the cell that declares the parameters.

    Parameters
    ----------
    cells : sequence of str
        Source of the code cells executed so far, in order. Without an injected cell there is nothing to check.

    Raises
    ------
    UsoError
        A parameter is not declared in the notebook, or its value is of another type than the default.
    """
    injected = next((place for place, cell in enumerate(cells) if cell.startswith(_INJECTED)), None)
    if injected is None:
        return
    declared: dict[str, Any] = {}
    for cell in cells[:injected]:
        declared.update(_assignments(cell))
    check(_assignments(cells[injected]), declared)


def check(data: Mapping[str, Any], declared: Mapping[str, Any]) -> None:
    """Check the parameters given to a notebook.

    Parameters
    ----------
    data : mapping
        Parameters given, with their values.
    declared : mapping
        Parameters the notebook declares, with their defaults.

    Raises
    ------
    UsoError
        As in :func:`check_cells`.
    """
    unknown = [name for name in data if name not in declared]
    if unknown:
        neighbours = [v for name in unknown for v in difflib.get_close_matches(name, declared, 1, 0.5)]
        hint = f" Forse si voleva scrivere: {', '.join(dict.fromkeys(neighbours))}." if neighbours else ""
        raise UsoError(
            f"Parametro sconosciuto per questo notebook: {', '.join(f'«{name}»' for name in unknown)}.",
            f"I parametri sono: {', '.join(declared)}.{hint}",
        )
    for name, value in data.items():
        expected = declared[name]
        if expected is None or value is None or _kind(value) == _kind(expected):
            continue
        if _kind(expected) == "numero" and _kind(value) == "numero intero":
            continue
        raise UsoError(
            f"Il parametro «{name}» vale {value!r}: atteso un valore di tipo {_kind(expected)}, come {expected!r}.",
            f"Scrivere il parametro «{name}» come {_kind(expected)}.",
        )


def day(valore: object, nome: str) -> str:
    """Return a date parameter in ISO form.

    Raises
    ------
    UsoError
        It is not a date written ``AAAA-MM-GG``.
    """
    try:
        return date.fromisoformat(str(valore)).isoformat()
    except ValueError:
        raise UsoError(
            f"Il parametro «{nome}» non è una data: trovato «{valore}».", "Scriverla come 2022-01-01."
        ) from None


def executed_cells() -> list[str]:
    """Return the source of the cells executed so far in this notebook; none outside a notebook."""
    from IPython import get_ipython

    shell = get_ipython()
    return [str(cell) for cell in shell.user_ns.get("In", [])] if shell is not None else []


def current_cell() -> str | None:
    """Return the source of the cell at work; none outside a notebook.

    A kernel knows what it was asked to run even when it is asked to keep no history, as by nbval.
    """
    from IPython import get_ipython

    shell = get_ipython()
    request = shell.get_parent() if hasattr(shell, "get_parent") else {}
    source = (request or {}).get("content", {}).get("code")
    return str(source) if source is not None else next(reversed(executed_cells()), None)


def _kind(valore: object) -> str:
    if isinstance(valore, bool):
        return "vero o falso"
    if isinstance(valore, int):
        return "numero intero"
    if isinstance(valore, float):
        return "numero"
    if isinstance(valore, str):
        return "testo"
    return "elenco" if isinstance(valore, list | tuple) else type(valore).__name__


def _assignments(cell: str) -> dict[str, Any]:
    """Return the names assigned at the top level of a cell, with their value when it is a literal."""
    try:
        tree = ast.parse(cell)
    except SyntaxError:  # a cell with a magic command declares nothing
        return {}
    found: dict[str, Any] = {}
    for instruction in tree.body:
        if isinstance(instruction, ast.Assign):
            targets, value = instruction.targets, instruction.value
        elif isinstance(instruction, ast.AnnAssign) and instruction.value is not None:
            targets, value = [instruction.target], instruction.value
        else:
            continue
        for target in targets:
            if isinstance(target, ast.Name):
                try:
                    found[target.id] = ast.literal_eval(value)
                except ValueError:
                    found[target.id] = None
    return found
