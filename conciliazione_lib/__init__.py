"""Territorial needs analysis for the reconciliation of work and family life in Lombardia.

The rooms and the order of their imports are described in ``docs/SVILUPPO.md``.
Importing this package is cheap on purpose: heavy libraries are imported by the rooms that need them.
"""

__version__ = "0.1.0"
