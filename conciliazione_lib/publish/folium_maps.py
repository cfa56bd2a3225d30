"""What folium draws of an interactive map that is not its own."""

from __future__ import annotations

from typing import Any

import folium
from branca.element import MacroElement
from folium.template import Template

import conciliazione_lib.publish.opendata as opendata


class SharedShapes(MacroElement):
    """Shapes taken from a geometry the page has loaded, coloured by class."""

    _template = Template("{% macro script(this, kwargs) %}conciliazione.disegna({{ this._parent.get_name() }}, "
                         "{{ this.dati }});{% endmacro %}")  # fmt: skip

    def __init__(self, data: dict[str, Any]) -> None:
        super().__init__()
        self._name = "SharedShapes"
        self.dati = opendata.script_json(data)


__all__ = ["SharedShapes", "folium"]
