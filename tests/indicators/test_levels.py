"""Sums of comuni by level: only of territories whose comuni are all known, at constant geography."""

import dataclasses

import pandas as pd
import pytest

from conciliazione_lib import territory
from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.indicators import levels

TERRITORIO = territory.load("2022-01-01")
CHANGES = TERRITORIO.fusioni.tabella.query("tipo != 'cambio_nome' and cod_prima != cod_dopo")


def ones(territorio):
    return pd.DataFrame({"cod_comune": territorio.comuni.index, "contati": 1})


@pytest.mark.parametrize("level", levels.LEVELS)
def test_each_territory_counts_its_comuni_and_those_not_wholly_known_have_no_row(level):
    counted = levels.aggregate(ones(TERRITORIO), TERRITORIO, [level]).set_index("territorio")["contati"]
    expected = {code: len(TERRITORIO.members(level, code)) for code in levels.known(TERRITORIO, level)}
    assert counted.to_dict() == expected
    if level not in ("ambito", "distretto"):
        assert list(expected) == TERRITORIO.codes(level)
    if level == "ambito":
        assert set(TERRITORIO.codes("ambito")) - set(expected) == set(
            TERRITORIO.completezza("ambito", "lombardia").incompleti
        )


def test_a_table_divided_by_level_has_the_territories_that_are_wholly_known():
    some = levels.aggregate(ones(TERRITORIO), TERRITORIO, ["ats", "ambito"]).iloc[1:]
    divided = levels.by_level(some, TERRITORIO, ["ats", "ambito"])
    assert {level: list(frame.index) for level, frame in divided.items()} == {
        level: levels.known(TERRITORIO, level) for level in ("ats", "ambito")
    }
    assert divided["ats"]["contati"].isna().sum() == 1
    assert divided["ambito"]["contati"].notna().all()


def test_a_distretto_with_an_ambito_not_wholly_known_has_no_sum():
    changed = TERRITORIO.comuni.copy()
    partial = TERRITORIO.completezza("ambito", "lombardia").incompleti[0]
    changed.loc[TERRITORIO.members("ambito", "pioltello"), "ambito"] = partial
    other = dataclasses.replace(TERRITORIO, comuni=changed)
    assert "melegnano-martesana" in levels.known(TERRITORIO, "distretto")
    assert "melegnano-martesana" not in levels.known(other, "distretto")
    assert "nord-milano" in levels.known(other, "distretto")


def test_counts_of_an_earlier_date_are_brought_to_the_comuni_of_the_edition():
    then = territory.load("2018-12-31")
    ceased = set(then.comuni.index) - set(TERRITORIO.comuni.index)
    assert ceased
    r = levels.sums(ones(then), then, TERRITORIO).set_index(["livello", "territorio"])["contati"]
    assert set(r.loc["comune"].index) == set(TERRITORIO.comuni.index)
    assert r.at["regione", "lombardia"] == len(then.comuni)
    successors = TERRITORIO.fusioni.successors(TERRITORIO.data)
    assert all(r.at["comune", successors[code]] >= 2 for code in ceased if successors[code] in then.comuni.index)
    # a part that is not known leaves the comune it ended in without a count, and all that contains it
    lost = sorted(ceased)[0]
    gap = levels.sums(ones(then).query("cod_comune != @lost"), then, TERRITORIO)
    gap = gap.set_index(["livello", "territorio"])["contati"]
    assert pd.isna(gap.at["comune", successors[lost]])
    assert pd.isna(gap.at["regione", "lombardia"])
    assert gap.loc["ats"].isna().sum() == 1


def test_of_a_later_date_only_the_comuni_that_have_not_changed_have_a_count():
    then = territory.load("2024-12-31")
    changes = CHANGES[(CHANGES["data"] > TERRITORIO.data) & (CHANGES["data"] <= then.data)]
    assert len(changes)
    r = levels.sums(ones(then), then, TERRITORIO).set_index(["livello", "territorio"])["contati"]
    assert set(r.loc["comune"].index) == set(TERRITORIO.comuni.index)
    gone = (set(changes["cod_prima"]) | set(changes["cod_dopo"])) & set(TERRITORIO.comuni.index)
    assert set(r.loc["comune"].index[r.loc["comune"].isna()]) == gone
    assert r.at["regione", "lombardia"] == len(then.comuni)
    assert r.loc["ats"].sum() == len(then.comuni)


def test_levels_that_comuni_do_not_sum_to_are_refused():
    with pytest.raises(CalcoloError, match="italia"):
        levels.groups(TERRITORIO, "italia")


def test_what_rests_on_deduced_memberships_counts_as_imputed():
    residents = pd.Series(1.0, index=TERRITORIO.comuni.index)
    frame = pd.DataFrame(
        [("ambito", code) for code in TERRITORIO.codes("ambito")] + [("ats", "pavia"), ("comune", "018110")],
        columns=["livello", "territorio"],
    )
    shares = levels.imputed(frame, TERRITORIO, residents)
    grades = TERRITORIO.comuni.groupby("ambito")["ambito_grado"].apply(lambda g: (g == "stima").mean())
    expected = frame["territorio"].map(grades).fillna(0.0).where(frame["livello"] == "ambito", 0.0)
    assert shares.tolist() == pytest.approx(expected.tolist())
    assert shares.between(0, 1).all()
    assert (shares > 0).any()


def test_who_is_not_wholly_known_is_absent_with_a_reason():
    place = territory.load("2022-01-01")
    absent = levels.absences(place)
    incomplete = place.completezza("ambito", "lombardia").incompleti
    assert {code for level, code in absent if level == "ambito"} == set(incomplete)
    assert set(absent.values()) == {("non_disponibile", "Non se ne conoscono tutti i comuni.")}
