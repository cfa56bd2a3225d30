"""Who belongs to whom, and when: comune → ambito → distretto → ATS → region.

>>> from conciliazione_lib import territory
>>> t = territory.load("2022-01-01")
>>> len(t.members("ats", "montagna"))
134
>>> t.resolve("Vermezzo").nome
'Vermezzo con Zelo'
"""

from conciliazione_lib.region import PROVINCE
from conciliazione_lib.territory.loading import TABELLE, load, load_with
from conciliazione_lib.territory.model import DEDOTTO, LIVELLI, NON_ATTRIBUITO, Completeness, Territory
from conciliazione_lib.territory.names import Place

__all__ = [
    "DEDOTTO",
    "LIVELLI",
    "NON_ATTRIBUITO",
    "PROVINCE",
    "TABELLE",
    "Completeness",
    "Place",
    "Territory",
    "load",
    "load_with",
]
