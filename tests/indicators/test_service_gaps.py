"""Six gaps from an invented list of 400 services, each checked by a computation written apart: loops over rows."""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd
import pytest

from conciliazione_lib import catalog
from conciliazione_lib.indicators import demand_supply, service_gaps
from conciliazione_lib.indicators.service_gaps import Lists

TYPES = catalog.read("tipi_servizio")
#: Sixty comuni of one ATS in six ambiti, on a line ten minutes apart; five of another beyond the last one.
COMUNI = [f"{number:06d}" for number in range(60)]
OTHERS = [f"9{number:05d}" for number in range(5)]
ALL = pd.Index([*COMUNI, *OTHERS], name="cod_comune")
ATS = pd.Series(["nord"] * 60 + ["sud"] * 5, index=ALL)
AMBITI = pd.Series([f"ambito{number // 10}" for number in range(60)] + ["altrove"] * 5, index=ALL)
PLACE = np.arange(len(ALL)) * 10.0
MINUTES = pd.DataFrame(np.abs(PLACE[:, None] - PLACE[None, :]), index=ALL, columns=ALL)
RNG = np.random.default_rng(29)
PEOPLE = pd.DataFrame(
    [(code, years, int(RNG.integers(1, 60))) for code in ALL for years in range(101)],
    columns=["cod_comune", "eta", "residenti"],
)
INCOMES = pd.Series({f"ambito{number}": 20_000.0 + 1_000 * number for number in range(6)} | {"altrove": 18_000.0})
LEFT_OUT = ("baby_bank", "crd")  # types that the list never names


def invented(holes=0.15):
    """Return 400 services of the first ATS; of each thing that it may say, some services are silent."""
    rng = np.random.default_rng(400)
    kinds = [kind for kind in TYPES["tipo"] if kind not in LEFT_OUT]
    rows = []
    for number in range(400):
        kind = kinds[number % len(kinds)]
        first = int(rng.integers(0, 4))
        said = {
            "posti": int(rng.integers(1, 60)),
            "eta_da": first,
            "eta_a": first + int(rng.integers(0, 4)),
            "apertura": ["07:00", "07:30", "08:00", "09:00"][rng.integers(4)],
            "chiusura": ["16:00", "17:30", "18:00", "19:00"][rng.integers(4)],
            "sabato": ["si", "no"][rng.integers(2)],
            "agosto": ["si", "no"][rng.integers(2)],
            "vacanze_scolastiche": ["si", "no"][rng.integers(2)],
            "retta_minima": float(rng.integers(0, 600)),
            "posti_disabilita": int(rng.integers(0, 2)),
            "lista_attesa": int(rng.integers(0, 30)),
        }
        said = {name: None if rng.random() < holes else value for name, value in said.items()}
        if TYPES.set_index("tipo").loc[kind, "con_posti"] == "no":
            said["posti"] = None
        # the last ambito has few services, and some of its comuni none near
        at = COMUNI[int(rng.integers(0, 48))]
        rows.append({"cod_comune": at, "denominazione": f"S{number}", "tipo": kind, **said})
    return pd.DataFrame(rows).astype({"posti": "Int64", "eta_da": "Int64", "eta_a": "Int64"})


LIST = invented()
FULL = invented(holes=0.0)
AREA = TYPES.set_index("tipo")["area"]
MEASURED = set(TYPES.loc[TYPES["con_posti"] == "si", "tipo"])


def lists(frame=LIST, groups=AMBITI):
    return Lists(frame, TYPES, groups, ATS)


def residents(groups=AMBITI):
    own = PEOPLE.assign(territorio=PEOPLE["cod_comune"].map(groups))
    return own.groupby(["territorio", "eta"], as_index=False)["residenti"].sum()


def of(frame, name, *keys):
    return frame.set_index(["territorio", *keys])[name]


@functools.cache
def by_place(full):
    found = {}
    for row in (FULL if full else LIST).to_dict("records"):
        found.setdefault((AREA[row["tipo"]], AMBITI[row["cod_comune"]]), []).append(row)
    return found


def services(frame, area, ambito):
    return by_place(frame is FULL).get((area, ambito), [])


@functools.cache
def of_the_list():
    return everything(LIST)


def everything(frame):
    held, people = lists(frame), residents()
    return {
        "offerta": service_gaps.supply(held, people),
        "dove": service_gaps.where(held, PEOPLE, MINUTES, 15),
        "eta": service_gaps.age(held, people),
        "tempo": service_gaps.time(held),
        "costo": service_gaps.cost(held, INCOMES),
        "bisogno": service_gaps.need(held),
        "tipo": service_gaps.kind(held)[0],
    }


def test_where_counts_those_who_reach_no_service_and_no_comune_that_may_have_one():
    found = service_gaps.where(lists(), PEOPLE, MINUTES, 15).set_index(["area", "territorio"])
    for area, (low, high) in {"prima infanzia": (0, 2), "minori": (0, 17), "anziani": (65, 200)}.items():
        open_ = {row["cod_comune"] for row in LIST.to_dict("records") if AREA[row["tipo"]] == area}
        people = PEOPLE[PEOPLE["eta"].between(low, high)].groupby("cod_comune")["residenti"].sum()
        for ambito in sorted(set(AMBITI[COMUNI])):
            sure = at_most = 0
            for code in (one for one in COMUNI if AMBITI[one] == ambito):
                near = {other for other in ALL if MINUTES.loc[code, other] <= 15}
                if not near & open_:
                    at_most += people[code]
                    sure += 0 if near & set(OTHERS) else people[code]
            row = found.loc[(area, ambito)]
            if sure == at_most:
                assert (row["lacuna_dove"], row["lacuna_dove_stato"]) == (sure, "presente")
            else:
                assert (row["lacuna_dove"], row["lacuna_dove_superiore"]) == (sure, at_most)
                assert row["lacuna_dove_stato"] == "parziale"
        assert found.loc[(area, "altrove"), "lacuna_dove_stato"] == "non_disponibile"
    assert (found["lacuna_dove"] > 0).any()
    assert (found["lacuna_dove_stato"] == "parziale").any(), "the border with an ATS that has no list is told"


def test_age_counts_those_whom_no_service_takes():
    found = of(service_gaps.age(lists(FULL), residents()), "lacuna_eta", "area")
    for area, (low, high) in {"prima infanzia": (0, 2), "minori": (0, 17)}.items():
        for ambito in sorted(set(AMBITI[COMUNI])):
            own = services(FULL, area, ambito)
            if not own:
                continue
            taken = {years for row in own for years in range(row["eta_da"], row["eta_a"] + 1)}
            here = residents().query("territorio == @ambito")
            lost = sum(
                n
                for years, n in zip(here["eta"], here["residenti"], strict=True)
                if low <= years <= high and years not in taken
            )
            assert found[ambito, area] == lost
    assert (found > 0).any()


@pytest.mark.parametrize(
    ("name", "column", "is_open"),
    [
        ("prima delle 8", "apertura", lambda x: x < "08:00"),
        ("dopo le 17:30", "chiusura", lambda x: x > "17:30"),
        ("di sabato", "sabato", lambda x: x == "si"),
        ("in agosto", "agosto", lambda x: x == "si"),
    ],
)
def test_time_sums_the_places_that_are_closed_and_is_at_least_where_some_are_silent(name, column, is_open):
    found = service_gaps.time(lists()).query("orario == @name").set_index(["territorio", "area"])
    for area in ("prima infanzia", "minori"):
        for ambito in sorted(set(AMBITI[COMUNI])):
            own = [row for row in services(LIST, area, ambito) if row["tipo"] in MEASURED]
            if not own:
                continue
            said = [row for row in own if isinstance(row[column], str)]
            closed = sum(row["posti"] for row in said if not is_open(row[column]) and not pd.isna(row["posti"]))
            whole = all(isinstance(r[column], str) and (is_open(r[column]) or not pd.isna(r["posti"])) for r in own)
            row = found.loc[(ambito, area)]
            assert row["lacuna_tempo_stato"] == ("presente" if whole else "parziale" if closed else "non_disponibile")
            if closed:
                assert row["lacuna_tempo"] == closed
            known = [r for r in own if not pd.isna(r["posti"])]
            opened = sum(r["posti"] for r in known if isinstance(r[column], str) and is_open(r[column]))
            if opened:
                assert row["quota_posti_aperti"] == pytest.approx(100 * opened / sum(r["posti"] for r in known))
                silent = any(not isinstance(r[column], str) for r in known)
                assert row["quota_posti_aperti_stato"] == ("parziale" if silent else "presente")


def test_cost_is_the_mean_of_the_lowest_fees_over_the_income_of_a_month():
    found = service_gaps.cost(lists(), INCOMES).set_index(["territorio", "area"])
    for area in TYPES["area"].unique():
        for ambito in sorted(set(AMBITI[COMUNI])):
            own = services(LIST, area, ambito)
            fees = [row["retta_minima"] for row in own if not pd.isna(row["retta_minima"])]
            if not fees or not sum(fees):
                continue
            row = found.loc[(ambito, area)]
            assert row["peso_retta"] == pytest.approx(100 * sum(fees) / len(own) / (INCOMES[ambito] / 12))
            assert row["peso_retta_stato"] == ("presente" if len(fees) == len(own) else "parziale")


def test_need_sums_the_places_of_services_that_keep_none_and_who_waits():
    found = service_gaps.need(lists()).set_index(["territorio", "area"])
    for area in ("prima infanzia", "minori"):
        for ambito in sorted(set(AMBITI[COMUNI])):
            own = services(LIST, area, ambito)
            if not own:
                continue
            without = sum(
                r["posti"]
                for r in own
                if r["posti_disabilita"] == 0 and not pd.isna(r["posti"]) and r["tipo"] in MEASURED
            )
            if without:
                assert found.loc[(ambito, area), "lacuna_bisogno"] == without
            waiting = sum(row["lista_attesa"] for row in own if not pd.isna(row["lista_attesa"]))
            if waiting:
                assert found.loc[(ambito, area), "persone_in_attesa"] == waiting
    assert (found.xs("disabilità", level="area")["lacuna_bisogno_stato"] != "presente").all()


def test_type_counts_what_the_list_has_elsewhere_and_never_what_it_does_not_name():
    table, names = service_gaps.kind(lists())
    found = table.set_index(["territorio", "area"])
    for area in TYPES["area"].unique():
        own = list(TYPES.loc[TYPES["area"] == area, "tipo"])
        for ambito in sorted(set(AMBITI[COMUNI])):
            there = {row["tipo"] for row in services(LIST, area, ambito)}
            lost = [kind for kind in own if kind not in there and kind in set(LIST["tipo"])]
            unsaid = [kind for kind in own if kind not in set(LIST["tipo"])]
            row = found.loc[(ambito, area)]
            if lost:
                assert row["lacuna_tipo"] == len(lost)
                assert row["lacuna_tipo_stato"] == ("parziale" if unsaid else "presente")
            listed = names.query("territorio == @ambito and area == @area")["tipo"]
            assert list(listed) == lost
    assert not set(names["tipo"]) & set(LEFT_OUT)


@pytest.mark.parametrize(
    ("columns", "gap", "figures"),
    [
        (["eta_da", "eta_a"], "eta", ["lacuna_eta"]),
        (
            ["apertura", "chiusura", "sabato", "agosto", "vacanze_scolastiche"],
            "tempo",
            ["lacuna_tempo", "quota_posti_aperti"],
        ),
        (["retta_minima"], "costo", ["peso_retta"]),
        (["posti_disabilita", "lista_attesa"], "bisogno", ["lacuna_bisogno", "persone_in_attesa"]),
    ],
)
@pytest.mark.parametrize("how", ["empty", "absent"])
def test_what_the_list_does_not_say_takes_away_its_gap_and_no_other(columns, gap, figures, how):
    before = of_the_list()
    bare = LIST.drop(columns=columns) if how == "absent" else LIST.assign(**dict.fromkeys(columns, None))
    after = everything(bare)
    for name in figures:
        assert not set(after[gap][f"{name}_stato"]) & {"presente", "parziale"}
        was = before[gap][f"{name}_stato"].isin(["presente", "parziale"])
        assert set(after[gap].loc[was, f"{name}_stato"]) == {"non_disponibile"}
        assert (after[gap].loc[was, f"{name}_motivo"] != "").all()
    for name in set(before) - {gap}:
        pd.testing.assert_frame_equal(before[name], after[name])


def test_twice_the_places_are_twice_the_coverage_and_as_many_fewer_missing():
    twice = FULL.assign(posti=FULL["posti"] * 2)
    one, two = (service_gaps.supply(lists(frame), residents()) for frame in (FULL, twice))
    known = one["servizi_copertura"].notna()
    assert known.any()
    assert (two["servizi_copertura"][known] == 2 * one["servizi_copertura"][known]).all()
    children = PEOPLE[PEOPLE["eta"] <= 2].groupby("cod_comune")["residenti"].sum()
    lost = []
    for frame in (FULL, twice):
        nurseries = demand_supply.nursery_supply(frame, TYPES, ATS)
        lost.append(demand_supply.early_childhood(nurseries, children, AMBITI, {"lep": 90.0}))
    added = lost[1]["posti_prima_infanzia"] - lost[0]["posti_prima_infanzia"]
    expected = (lost[0]["posti_mancanti_lep"] - added).clip(lower=0)
    here = expected.notna()
    assert (lost[1]["posti_mancanti_lep"][here] - expected[here]).abs().max() < 1
    assert (lost[1]["posti_mancanti_lep"][here] >= 0).all()
    assert (expected[here] == 0).any()
    assert (expected[here] > 0).any()


def test_a_list_in_part_is_at_least_whatever_it_says():
    """Some comuni have not answered: sums are lower bounds, and what an answer could undo is not said."""
    answered = [code for code in COMUNI if int(code) % 3]
    part = FULL[FULL["cod_comune"].isin(answered)].assign(elenco_completo="no")
    after, whole = everything(part), everything(FULL)
    for gap, name in (
        ("offerta", "servizi_posti"),
        ("offerta", "servizi_unita"),
        ("tempo", "lacuna_tempo"),
        ("bisogno", "lacuna_bisogno"),
    ):
        table, full = after[gap], whole[gap]
        assert "presente" not in set(table.loc[table["territorio"] != "altrove", f"{name}_stato"])
        some = table[name].notna()
        assert some.any()
        assert set(table.loc[some, f"{name}_stato"]) == {"parziale"}
        assert (table.loc[some, name] <= full.loc[some, name]).all()
    assert "presente" not in set(after["costo"]["peso_retta_stato"])
    where = after["dove"].merge(whole["dove"], on=["territorio", "area"], suffixes=("", "_intero"))
    assert (where["lacuna_dove"].fillna(0) <= where["lacuna_dove_intero"].fillna(0)).all()


def test_the_list_of_one_ats_changes_no_figure_of_another_but_near_the_border_and_says_so():
    own = pd.DataFrame(
        [{"cod_comune": code, "denominazione": f"N{code}", "tipo": "asilo_nido", "posti": 20} for code in OTHERS]
    )
    both = pd.concat([LIST, own], ignore_index=True)
    before, after = of_the_list(), everything(both)
    for gap in before:
        a, b = (frame[gap].query("territorio != 'altrove'").reset_index(drop=True) for frame in (before, after))
        if gap != "dove":
            pd.testing.assert_frame_equal(a, b)
            continue
        inner = a["territorio"] != "ambito5"
        pd.testing.assert_frame_equal(a[inner], b[inner])
    border = after["dove"].query("territorio == 'ambito5' and area == 'prima infanzia'")
    near = PEOPLE[(PEOPLE["eta"] <= 2) & (PEOPLE["cod_comune"] == COMUNI[-1])]["residenti"].sum()
    assert border["residenti_oltre_confine"].tolist() == [near]


def test_no_list_is_no_gap_of_any_kind():
    empty = LIST.iloc[:0]
    for table in everything(empty).values():
        for column in [name for name in table if name.endswith("_stato")]:
            assert set(table[column]) == {"non_disponibile"}, column


def test_registers_stand_where_a_list_has_not_the_type():
    registers = pd.DataFrame(
        {
            "tipo": ["rsa", "rsa", "cdi"],
            "cod_struttura": ["000001", "000002", "000003"],
            "denominazione": ["Casa", None, None],
            "cod_comune": [COMUNI[0], OTHERS[0], COMUNI[1]],
            "posti_autorizzati": [50, 40, None],
        }
    ).astype({"posti_autorizzati": "Int64"})
    listed = LIST[LIST["tipo"] == "rsa"]
    rows = service_gaps.with_registers(listed, registers, ATS, 2026)
    assert len(rows) == len(listed) + 2, "the homes of an ATS are those of its own list"
    assert set(rows.loc[rows["cod_comune"] == OTHERS[0], "posti"]) == {40}
    alone = service_gaps.with_registers(LIST.iloc[:0], registers, ATS, 2026)
    found = service_gaps.supply_by_type(lists(alone), residents(), ["rsa", "cdi"]).set_index(["tipo", "territorio"])
    assert found.loc[("rsa", "ambito0"), "servizi_posti"] == 50
    assert found.loc[("rsa", "ambito1"), "servizi_posti"] == 0
    assert found.loc[("cdi", "ambito0"), "servizi_posti_stato"] == "non_disponibile"
    assert found.loc[("cdi", "ambito0"), "servizi_unita"] == 1
