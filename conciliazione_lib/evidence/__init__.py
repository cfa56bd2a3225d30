"""The figures of an edition, computed once, and sentences that are allowed only when true.

- :mod:`.registry`: what each indicator is, where it must exist, how it is compared;
- :mod:`.analysis`, :mod:`.writing`, :mod:`.completeness`, :mod:`.comparing`, :mod:`.statements`: an analysis computes
  the figures of a theme and decides what can be said of them;
- :mod:`.store`, :mod:`.reading`, :mod:`.figures`, :mod:`.figure`: the store of an edition, and what is read from it;
- :mod:`.prose`, :mod:`.claims`, :mod:`.deciding`, :mod:`.ledger`: what a
  chapter shows of them, and only when it is true.
"""

from conciliazione_lib.evidence.analysis import Analisi
from conciliazione_lib.evidence.claims import Claim, claim, compare
from conciliazione_lib.evidence.figure import Figure, Input, Place
from conciliazione_lib.evidence.figures import Cifra, FigureSet
from conciliazione_lib.evidence.ledger import Ledger, union
from conciliazione_lib.evidence.proofreading import ProsaError, plain_words
from conciliazione_lib.evidence.prose import render
from conciliazione_lib.evidence.reading import Reader, StoredFigures, cifre
from conciliazione_lib.evidence.registry import Indicator, Registry, load
from conciliazione_lib.evidence.store import Store

__all__ = [
    "Analisi",
    "Cifra",
    "Claim",
    "Figure",
    "FigureSet",
    "Indicator",
    "Input",
    "Ledger",
    "Place",
    "ProsaError",
    "Reader",
    "Registry",
    "Store",
    "StoredFigures",
    "cifre",
    "claim",
    "compare",
    "load",
    "plain_words",
    "render",
    "union",
]
