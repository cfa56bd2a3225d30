"""Who belongs to whom, and when: comune → ambito → distretto → ATS → region.

>>> from conciliazione_lib import territory
>>> t = territory.load("2022-01-01")
>>> len(t.members("ats", "montagna"))
134
>>> t.resolve("Vermezzo").nome
'Vermezzo con Zelo'
"""

from conciliazione_lib.region import PROVINCE
from conciliazione_lib.territory.loading import TABLES, load, load_with
from conciliazione_lib.territory.model import ALL_LEVELS, DEDUCED, NOT_ATTRIBUTED, Completeness, Territory
from conciliazione_lib.territory.names import Place

__all__ = [
    "ALL_LEVELS",
    "DEDUCED",
    "NOT_ATTRIBUTED",
    "PROVINCE",
    "TABLES",
    "Completeness",
    "Place",
    "Territory",
    "load",
    "load_with",
]
