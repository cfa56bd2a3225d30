"""What a notebook shows: prose, tables, charts and maps, with the figures behind them.

>>> from conciliazione_lib.report import Capitolo
>>> c = Capitolo.apri("02_demografia", territorio="insubria", data="2022-01-01", edizione="2026")

A chapter is written through :class:`Capitolo`; charts come from :mod:`conciliazione_lib.report.charts`.
"""

from conciliazione_lib.report import offerta
from conciliazione_lib.report.capitolo import Capitolo

__all__ = ["Capitolo", "offerta"]
