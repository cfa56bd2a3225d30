"""What chapters show most often, in one call: a table, a map, a chart of some indicators of the edition.

Each takes its values from the edition, puts the sources of the very rows shown under them, marks the chapter's own
territory, and says in one line, instead of showing it, what has nothing to tell here.
"""

from __future__ import annotations

from conciliazione_lib.report.showing.compared import Compared
from conciliazione_lib.report.showing.divided import Divided
from conciliazione_lib.report.showing.lists import Lists
from conciliazione_lib.report.showing.on_maps import OnMaps
from conciliazione_lib.report.showing.over_time import OverTime
from conciliazione_lib.report.showing.tables import Tables


class Showing(Tables, OverTime, Compared, Divided, Lists, OnMaps):
    """The part of a chapter that shows indicators: see :class:`conciliazione_lib.report.Capitolo`."""
