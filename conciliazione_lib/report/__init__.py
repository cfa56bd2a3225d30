"""What a notebook shows: prose, tables, charts and maps, with the figures behind them.

>>> from conciliazione_lib.report import Capitolo
>>> c = Capitolo.apri("02_demografia", territorio="insubria", data="2022-01-01", edizione="2026")
<Intestazione: Demografia>

A chapter is written through :class:`Capitolo`; charts come from :mod:`conciliazione_lib.report.charts`.
Outside chapters, :class:`Session` tries indicators of one's own and draws maps.
"""

from conciliazione_lib.report import offerta, questionari
from conciliazione_lib.report.capitolo import Capitolo
from conciliazione_lib.report.session import Session

__all__ = ["Capitolo", "Session", "offerta", "questionari"]
