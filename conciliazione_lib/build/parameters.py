"""The parameters of a run, put in its notebook as papermill does."""

from __future__ import annotations

import json
from functools import cache
from typing import Any


def injected(notebook: str, values: dict[str, Any]) -> str:
    """Return a notebook with a cell of values after that of its parameters.

    Parameters
    ----------
    notebook : str
        Its text.
    values : dict
        By parameter.
    """
    parameterize, reads = _papermill()
    return json.dumps(parameterize(reads(notebook), values, kernel_name="python3", language="python"))


@cache
def _papermill() -> Any:
    import nbformat
    from papermill.iorw import load_notebook_node
    from papermill.parameterize import parameterize_notebook

    return parameterize_notebook, lambda text: load_notebook_node(nbformat.reads(text, as_version=4))
