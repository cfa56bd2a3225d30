"""Series that a source publishes: reported as they are."""

from __future__ import annotations

import pandas as pd

from conciliazione_lib import catalog
from conciliazione_lib.indicators import published


def test_only_what_is_of_all_the_people_of_a_known_territory_is_taken() -> None:
    table = catalog.read("figure_pubblicate")
    rows = published.of_territories(table, ["stranieri_residenti", "stranieri_residenti_pct"])
    assert len(rows)
    assert set(rows["sesso"]) == {"T"}
    assert set(rows["livello"]) <= set(published.LEVELS)
    assert rows["territorio"].notna().all()


def test_a_year_that_one_series_does_not_have_is_missing_and_says_why() -> None:
    rows = pd.DataFrame(
        [("regione", "lombardia", 2022, "a", 1.0), ("regione", "lombardia", 2022, "b", 2.0),
         ("regione", "lombardia", 2023, "a", 3.0)],
        columns=["livello", "territorio", "anno", "indicatore", "valore"],
    )  # fmt: skip
    wide = published.side_by_side(rows, {"b": "altra"})
    assert wide.set_index("periodo")["a"].to_dict() == {2022: 1.0, 2023: 3.0}
    assert wide.set_index("periodo")["altra"].isna().to_dict() == {2022: False, 2023: True}
    assert wide.attrs["motivi"]["altra"] == published.ABSENT
