"""Where the places of each comune were read."""

import pandas as pd
import pytest

from conciliazione_lib.indicators.supply_origin import ELENCO, ISTAT, join, known_by, nurseries, of_territories

LISTED = pd.DataFrame({"posti": [20.0, None, 0.0]}, index=["a", "b", "c"])
SURVEYED = pd.DataFrame({"posti": [18.0, 9.0, 4.0, None]}, index=["a", "b", "d", "e"])


def test_a_list_covers_its_whole_ats_and_istat_the_others():
    both = join(LISTED, SURVEYED)
    assert both["origine"].to_dict() == {"a": ELENCO, "b": ELENCO, "c": ELENCO, "d": ISTAT}
    # a service whose places the list does not give is not filled with those of another year and source
    assert pd.isna(both.loc["b", "posti"])
    assert both["posti"].sum() == pytest.approx(24.0)


def test_nobody_knows_where_neither_has_the_comune():
    assert join(LISTED.iloc[:0]).empty
    assert list(join(LISTED.iloc[:0], SURVEYED).index) == ["a", "b", "d"]


def test_without_a_list_its_other_columns_are_there_and_missing():
    """The analysis asked for the services of comuni that only ISTAT had surveyed, and the column was not there."""
    both = join(LISTED.assign(servizi=1).iloc[:0], SURVEYED)
    assert list(both.columns) == ["posti", "servizi", "origine"]
    assert both["servizi"].isna().all()


def test_a_territory_says_all_the_origins_of_its_comuni():
    groups = pd.Series({"a": "uno", "b": "uno", "c": "due", "d": "due", "e": "tre", "f": None})
    told = of_territories(join(LISTED, SURVEYED)["origine"], groups)
    assert told.to_dict() == {"uno": ELENCO, "due": f"{ELENCO} e {ISTAT}", "tre": ""}


def test_a_comune_surveyed_has_services_if_it_has_places_and_none_without_a_number():
    listed = LISTED.assign(servizi=[2, 1, 0], servizi_senza_posti=[0, 1, 0])
    known = nurseries(listed, SURVEYED.assign(posti=[1.0, 1.0, 4.0, 0.0]))
    assert known["servizi"].to_dict() == {"a": 2, "b": 1, "c": 0, "d": 1, "e": 0}
    assert known["servizi_senza_posti"].to_dict() == {"a": 0, "b": 1, "c": 0, "d": 0, "e": 0}


def test_comuni_are_counted_with_those_whose_places_are_known():
    groups = pd.Series({"a": "uno", "b": "uno", "c": "due", "d": "due", "e": "tre"})
    table = known_by(join(LISTED, SURVEYED)["origine"], groups, ["tre", "uno", "due"])
    assert list(table.index) == ["tre", "uno", "due"]
    assert table["comuni"].tolist() == [1, 2, 2]
    assert table["comuni_noti"].tolist() == [0, 2, 2]
    assert table["origine"].tolist() == ["", ELENCO, f"{ELENCO} e {ISTAT}"]
