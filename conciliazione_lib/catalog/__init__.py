"""Every input table: its schema, where it comes from, and how to read it.

>>> from conciliazione_lib import catalog
>>> popolazione = catalog.read("popolazione", data="2022-01-01")
>>> popolazione.attrs["provenienza"]["fonte"]
'ISTAT, Popolazione residente per età e sesso al 1° gennaio 2022'

``catalog.tabelle`` has them all, for who looks around: it shows itself in a notebook, and its keys complete.

A table is a folder of ``data/``: its declaration is ``tabella.toml`` (:mod:`conciliazione_lib.catalog.declaring`), its
rules are code (``catalog/tables``), its files are described beside it (see :mod:`conciliazione_lib.storage`).
"""

from conciliazione_lib.catalog.population_dates import PopulationDate, population_date, population_dates
from conciliazione_lib.catalog.reading import Table, Tables, read, tabelle, table
from conciliazione_lib.catalog.registry import names, spec
from conciliazione_lib.catalog.spec import Rule, TableSpec
from conciliazione_lib.catalog.validation import problems, validate
from conciliazione_lib.catalog.vocabularies import meanings, values
from conciliazione_lib.storage import forget_reads, reads, versions

__all__ = [
    "PopulationDate",
    "Rule",
    "Table",
    "TableSpec",
    "Tables",
    "forget_reads",
    "meanings",
    "names",
    "population_date",
    "population_dates",
    "problems",
    "read",
    "reads",
    "spec",
    "tabelle",
    "table",
    "validate",
    "values",
    "versions",
]
