"""The parameters of a run, put in its notebook as papermill does.

Written here, and compared with papermill by a test: to import it takes as long as running a chapter, and every build
would pay for it before it begins.
"""

from __future__ import annotations

import json
import math
from typing import Any


def injected(notebook: str, values: dict[str, Any]) -> str:
    """Return a notebook with a cell of values after that of its parameters.

    Parameters
    ----------
    notebook : str
        Its text.
    values : dict
        By parameter: what TOML has but dates.
    """
    data = json.loads(notebook)
    cells = [cell for cell in data["cells"] if "injected-parameters" not in _tags(cell)]
    place = next((number for number, cell in enumerate(cells, 1) if "parameters" in _tags(cell)), 0)
    source = "".join(["# Parameters\n", *(f"{name} = {_written(value)}\n" for name, value in values.items())])
    cell: dict[str, Any] = {
        "cell_type": "code",
        "id": "parametri-ricevuti",
        "metadata": {"tags": ["injected-parameters"]},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }
    data["cells"] = [*cells[:place], cell, *cells[place:]]
    return json.dumps(data)


def _tags(cell: dict[str, Any]) -> list[str]:
    tags: list[str] = cell.get("metadata", {}).get("tags", [])
    return tags


def _written(value: Any) -> str:
    """Return a value as Python source."""
    match value:
        case str():
            escaped = value.encode("unicode_escape").decode().replace('"', r"\"")
            return f'"{escaped}"'
        case float() if not math.isfinite(value):
            return f"float('{value}')"
        case dict():
            return f"{{{', '.join(f'{_written(key)}: {_written(item)}' for key, item in value.items())}}}"
        case list() | tuple():
            return f"[{', '.join(map(_written, value))}]"
        case _:
            return str(value)
