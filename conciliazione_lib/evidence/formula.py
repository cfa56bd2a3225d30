"""The formula of an indicator, computed as it is written."""

from __future__ import annotations

import ast
import re
from types import MappingProxyType

import numpy as np
import pandas as pd

from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.evidence.registry import Indicator
from conciliazione_lib.evidence.writing import STATE

_SIGNS = MappingProxyType(str.maketrans({"×": "*", "·": "*", "÷": "/", "−": "-", "–": "-"}))
_ALLOWED = (
    *(ast.Expression, ast.BinOp, ast.UnaryOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.USub, ast.UAdd),
    *(ast.Name, ast.Load, ast.Constant),
)


def evaluate(indicator: Indicator, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with the values of an indicator, from the terms of its formula.

    Parameters
    ----------
    indicator : Indicator
        With a formula of numbers, terms in braces, brackets and the signs ``+ − × / **``.
    frame : DataFrame
        A column for each term.

    Returns
    -------
    DataFrame
        The same rows with two columns more: the values, under the indicator's id, and their state, which is
        ``non_calcolabile`` where something is divided by zero. A missing term gives a missing value.

    Raises
    ------
    CalcoloError
        The formula is not one of arithmetic, or a term is not a column.

    Examples
    --------
    >>> import pandas as pd
    >>> from conciliazione_lib import evidence
    >>> ageing = evidence.load()["indice_vecchiaia"]
    >>> ageing.formula
    '100 × {residenti_65_piu} / {residenti_0_14}'
    >>> counts = pd.DataFrame({"residenti_65_piu": [300, 40], "residenti_0_14": [200, 0]}, index=["a", "b"])
    >>> evaluate(ageing, counts)[["indice_vecchiaia", "indice_vecchiaia_stato"]]
       indice_vecchiaia indice_vecchiaia_stato
    a             150.0
    b               NaN        non_calcolabile
    """
    absent = [name for name in indicator.terms if name not in frame]
    if absent:
        raise CalcoloError(
            f"Per calcolare «{indicator.id}» mancano le colonne: {', '.join(absent)}.",
            f"Colonne presenti: {', '.join(map(str, frame.columns))}.",
        )
    text = re.sub(r"\{(\w+)\}", r"\1", indicator.formula).translate(_SIGNS)
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except SyntaxError:
        tree = None
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} if tree else set()
    if tree is None or not all(isinstance(node, _ALLOWED) for node in ast.walk(tree)) or names - set(indicator.terms):
        raise CalcoloError(
            f"La formula di «{indicator.id}» non si può calcolare: {indicator.formula or 'non è dichiarata'}.",
            "Scriverla con numeri, termini tra graffe e i segni + − × /, per esempio 100 × {a} / {b}.",
        )
    terms = {name: frame[name].to_numpy(dtype="float64", na_value=np.nan) for name in indicator.terms}
    with np.errstate(all="ignore"):
        values = np.broadcast_to(np.asarray(_value(tree.body, terms), dtype="float64"), len(frame))
    complete = ~np.isnan(np.array(list(terms.values()))).any(axis=0) if terms else np.full(len(frame), True)
    undefined = complete & ~np.isfinite(values)
    return frame.assign(
        **{
            indicator.id: np.where(np.isfinite(values), values, np.nan),
            indicator.id + STATE: np.where(undefined, "non_calcolabile", ""),
        }
    )


def _value(node: ast.expr, terms: dict[str, np.ndarray]) -> np.ndarray | float:
    if isinstance(node, ast.Name):
        return terms[node.id]
    if isinstance(node, ast.UnaryOp):
        inner = _value(node.operand, terms)
        return -inner if isinstance(node.op, ast.USub) else inner
    if isinstance(node, ast.BinOp):
        left, right = np.asarray(_value(node.left, terms), float), _value(node.right, terms)
        if isinstance(node.op, ast.Add):
            return left + right
        if isinstance(node.op, ast.Sub):
            return left - right
        if isinstance(node.op, ast.Mult):
            return left * right
        return left / right if isinstance(node.op, ast.Div) else left**right
    assert isinstance(node, ast.Constant)
    return float(node.value)  # type: ignore[arg-type]
