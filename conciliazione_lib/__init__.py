"""Territorial needs analysis for the reconciliation of work and family life in Lombardia.

To begin, in a notebook or in any folder (nothing but this package is needed, and no network):

>>> from conciliazione_lib import catalog, evidence, territory
>>> from conciliazione_lib.indicators import demography
>>> catalog.tabelle["popolazione"]                      # every table, with its source
<Table popolazione, 2022-01-01: 304212 rows × 4 columns; ISTAT, ...>
>>> evidence.load()["indice_vecchiaia"]                 # every indicator, with its definition
<Indicator indice_vecchiaia: Indice di vecchiaia (per 100)>
>>> people = territory.load("2022-01-01").aggregate(catalog.read("popolazione", data="2022-01-01"), to="ats")
>>> ageing = demography.profile(people).set_index("territorio")["indice_vecchiaia"]
>>> ageing.round(1).nlargest(2).to_dict()
{'pavia': 208.3, 'montagna': 199.4}

The rooms, from what is nearest to the data: ``territory`` (who belongs to whom, and when), ``indicators`` (pure
functions: frames in, frames out), ``catalog`` (the tables), ``sources`` (where they come from), ``evidence`` (the
figures of an edition and what can be said of them), ``quality`` (checks), ``report`` (charts, maps, and
:class:`~conciliazione_lib.report.Session` to try indicators of one's own), ``build`` and ``publish`` (an edition).
``help(conciliazione_lib.indicators)`` lists the methods.

Importing this package is cheap on purpose: heavy libraries are imported by the rooms that need them.
"""

__version__ = "0.1.0"
