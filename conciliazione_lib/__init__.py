"""Territorial needs analysis for the reconciliation of work and family life in Lombardia.

To begin, in a notebook or in any folder (nothing but this package is needed, and no network):

>>> import conciliazione_lib as cl
>>> cl.catalog.tabelle["popolazione"]                      # every table, with its source
<Table popolazione, 2022-01-01: 304212 rows × 4 columns; ISTAT, ...>
>>> cl.evidence.load()["indice_vecchiaia"]                 # every indicator, with its definition
<Indicator indice_vecchiaia: Indice di vecchiaia (per 100)>
>>> people = cl.territory.load("2022-01-01").aggregate(cl.catalog.read("popolazione", data="2022-01-01"), to="ats")
>>> ageing = cl.indicators.demography.profile(people).set_index("territorio")["indice_vecchiaia"]
>>> ageing.round(1).nlargest(2).to_dict()
{'pavia': 208.3, 'montagna': 199.4}

The rooms, from what is nearest to the data: ``territory`` (who belongs to whom, and when), ``indicators`` (pure
functions: frames in, frames out), ``catalog`` (the tables), ``sources`` (where they come from), ``evidence`` (the
figures of an edition and what can be said of them), ``quality`` (checks), ``report`` (charts, maps, and
:class:`~conciliazione_lib.report.Session` to try indicators of one's own), ``build`` and ``publish`` (an edition).
``help(conciliazione_lib.indicators)`` lists the methods.

Importing this package is cheap on purpose: a room is imported when it is first asked for.
"""

from typing import Any

__version__ = "0.1.0"

__all__ = ["build", "catalog", "evidence", "indicators", "publish", "quality", "report", "sources", "territory"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from importlib import import_module

        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
