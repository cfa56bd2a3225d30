"""Traceable figures and sentences that are allowed only when true.

>>> from conciliazione_lib import evidence
>>> registro = evidence.Ledger()
>>> f = evidence.cifre(indici, ledger=registro, luogo=luogo, proprio=t, livello="ats", periodo="2022-01-01")
>>> evidence.render("L'indice di vecchiaia {{ di(t) }} è {{ f.indice_vecchiaia }}.", registro, f=f, t=t)
"""

from conciliazione_lib.evidence.claims import Claim, claim, compare
from conciliazione_lib.evidence.figure import Figure, Input, Place
from conciliazione_lib.evidence.figures import Cifra, FigureSet
from conciliazione_lib.evidence.ledger import Ledger, union
from conciliazione_lib.evidence.making import cifre
from conciliazione_lib.evidence.proofreading import ProsaError
from conciliazione_lib.evidence.prose import render
from conciliazione_lib.evidence.registry import Indicator, Registry, load

__all__ = [
    "Cifra",
    "Claim",
    "Figure",
    "FigureSet",
    "Indicator",
    "Input",
    "Ledger",
    "Place",
    "ProsaError",
    "Registry",
    "cifre",
    "claim",
    "compare",
    "load",
    "render",
    "union",
]
