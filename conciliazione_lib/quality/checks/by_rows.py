"""The checks of ``quality/verifiche``: one for each row."""

import conciliazione_lib.quality.rows as rows
from conciliazione_lib.quality.check import check
from conciliazione_lib.quality.kinds import Row


def add(row: Row) -> None:
    """Register the check of a row."""
    check(
        row.id,
        row.titolo,
        sources=row.fonti,
        tables=row.tabelle or row.read_tables(),
        severity=row.gravita,
        territori=row.territori,
    )(row.outcome)


for _row in rows.load():
    add(_row)
