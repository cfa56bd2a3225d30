"""Parameters are put in a notebook as papermill puts them."""

from __future__ import annotations

import json
from typing import Any

import nbformat
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat import v4
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook

from conciliazione_lib.build.execution import clean
from conciliazione_lib.build.parameters import injected

_PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
_VALUES = st.recursive(
    _PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)


def _notebook(tags: list[list[str]]) -> str:
    cells = [
        v4.new_code_cell(f"x = {number}", id=f"c{number}", metadata={"tags": own} if own else {})
        for number, own in enumerate(tags)
    ]
    return str(nbformat.writes(v4.new_notebook(cells=cells)))


def _cells(notebook: dict[str, Any]) -> list[Any]:
    clean(notebook, None)
    return [{**cell, "source": "".join(cell["source"])} for cell in notebook["cells"]]


@settings(max_examples=80)
@given(
    st.dictionaries(st.from_regex(r"[a-z_]{1,6}", fullmatch=True), _VALUES, max_size=4),
    st.sampled_from([[[]], [["parameters"], []], [[], ["parameters"], ["injected-parameters"], []]]),
)
def test_the_cell_of_the_values_is_the_one_papermill_writes(values: dict[str, Any], tags: list[list[str]]) -> None:
    text = _notebook(tags)
    node = load_notebook_node(nbformat.reads(text, as_version=4))
    expected = json.loads(
        nbformat.writes(parameterize_notebook(node, values, kernel_name="python3", language="python"))
    )
    assert _cells(json.loads(injected(text, values))) == _cells(expected)
