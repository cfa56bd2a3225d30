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
_INIETTATA = "# Parameters"


def controlla_celle(celle: Sequence[str]) -> None:
    """Check the cell injected by papermill against the cell that declares the parameters.

    Parameters
    ----------
    celle : sequence of str
        Source of the code cells executed so far, in order. Without an injected cell there is nothing to check.

    Raises
    ------
    UsoError
        A parameter is not declared in the notebook, or its value is of another type than the default.
    """
    iniettata = next((posto for posto, cella in enumerate(celle) if cella.startswith(_INIETTATA)), None)
    if iniettata is None:
        return
    dichiarati: dict[str, Any] = {}
    for cella in celle[:iniettata]:
        dichiarati.update(_assegnazioni(cella))
    controlla(_assegnazioni(celle[iniettata]), dichiarati)


def controlla(dati: Mapping[str, Any], dichiarati: Mapping[str, Any]) -> None:
    """Check the parameters given to a notebook.

    Parameters
    ----------
    dati : mapping
        Parameters given, with their values.
    dichiarati : mapping
        Parameters the notebook declares, with their defaults.

    Raises
    ------
    UsoError
        As in :func:`controlla_celle`.
    """
    ignoti = [nome for nome in dati if nome not in dichiarati]
    if ignoti:
        vicini = [v for nome in ignoti for v in difflib.get_close_matches(nome, dichiarati, 1, 0.5)]
        suggerimento = f" Forse si voleva scrivere: {', '.join(dict.fromkeys(vicini))}." if vicini else ""
        raise UsoError(
            f"Parametro sconosciuto per questo notebook: {', '.join(f'«{nome}»' for nome in ignoti)}.",
            f"I parametri sono: {', '.join(dichiarati)}.{suggerimento}",
        )
    for nome, valore in dati.items():
        atteso = dichiarati[nome]
        if atteso is None or valore is None or _tipo(valore) == _tipo(atteso):
            continue
        if _tipo(atteso) == "numero" and _tipo(valore) == "numero intero":
            continue
        raise UsoError(
            f"Il parametro «{nome}» vale {valore!r}: atteso un valore di tipo {_tipo(atteso)}, come {atteso!r}.",
            f"Scrivere il parametro «{nome}» come {_tipo(atteso)}.",
        )


def giorno(valore: object, nome: str) -> str:
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


def celle_eseguite() -> list[str]:
    """Return the source of the cells executed so far in this notebook; none outside a notebook."""
    from IPython import get_ipython

    guscio = get_ipython()
    return [str(cella) for cella in guscio.user_ns.get("In", [])] if guscio is not None else []


def cella_in_corso() -> str | None:
    """Return the source of the cell at work; none outside a notebook.

    A kernel knows what it was asked to run even when it is asked to keep no history, as by nbval.
    """
    from IPython import get_ipython

    guscio = get_ipython()
    richiesta = guscio.get_parent() if hasattr(guscio, "get_parent") else {}
    sorgente = (richiesta or {}).get("content", {}).get("code")
    return str(sorgente) if sorgente is not None else next(reversed(celle_eseguite()), None)


def _tipo(valore: object) -> str:
    if isinstance(valore, bool):
        return "vero o falso"
    if isinstance(valore, int):
        return "numero intero"
    if isinstance(valore, float):
        return "numero"
    if isinstance(valore, str):
        return "testo"
    return "elenco" if isinstance(valore, list | tuple) else type(valore).__name__


def _assegnazioni(cella: str) -> dict[str, Any]:
    """Return the names assigned at the top level of a cell, with their value when it is a literal."""
    try:
        albero = ast.parse(cella)
    except SyntaxError:  # a cell with a magic command declares nothing
        return {}
    trovate: dict[str, Any] = {}
    for istruzione in albero.body:
        if isinstance(istruzione, ast.Assign):
            bersagli, valore = istruzione.targets, istruzione.value
        elif isinstance(istruzione, ast.AnnAssign) and istruzione.value is not None:
            bersagli, valore = [istruzione.target], istruzione.value
        else:
            continue
        for bersaglio in bersagli:
            if isinstance(bersaglio, ast.Name):
                try:
                    trovate[bersaglio.id] = ast.literal_eval(valore)
                except ValueError:
                    trovate[bersaglio.id] = None
    return trovate
