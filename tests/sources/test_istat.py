from dataclasses import replace

import pandas as pd
import pytest
from sources.server import CSV, Reply, csv, sdmx_json, structure, xml

from conciliazione_lib.errors import DatiError
from conciliazione_lib.sources import istat, istat_tables
from conciliazione_lib.sources.http import RemoteError

DIMENSIONS = ["FREQ", "REF_AREA", "DATA_TYPE", "SEX", "AGE", "EDU_LEV_HIGHEST", "CITIZENSHIP"]
POPOLAZIONE = ["FREQ", "REF_AREA", "DATA_TYPE", "SEX", "AGE", "MARITAL_STATUS"]


@pytest.fixture
def employment(declared):
    return declared.of("occupazione")[0]


@pytest.fixture
def italy(declared):
    return declared.of("popolazione_italia")[0]


def rate_rows(dimensions=DIMENSIONS, years=(2020, 2025)):
    values = {"IT": 67.0, "ITC4": 73.5, "ITC45": 75.0, "IT108": 74.2, "ITC4D": None, "5": 1.0, "SLL_2021_301": 2.0}
    rows = []
    for area, value in values.items():
        for sex, gap in (("1", 6.0), ("2", -6.0), ("9", 0.0)):
            for year in years:
                codes = {
                    "FREQ": "A", "REF_AREA": area, "DATA_TYPE": "EMP_R", "SEX": sex, "AGE": "Y20-64",
                    "EDU_LEV_HIGHEST": "99", "CITIZENSHIP": "TOTAL",
                }  # fmt: skip
                shown = "" if value is None else value + gap
                rows.append((*(codes.get(d, "X") for d in dimensions), year, shown))
    return rows


def prepare(server, origin, dimensions, reply, address="esploradati", codes=None):
    server.give(f"/{address}/dataflow/IT1/{origin.flusso}/latest", structure(origin.flusso, "DSD1", dimensions))
    codes = dict(origin.chiave) | (codes or {})
    key = ".".join(codes.get(d, "") for d in dimensions)
    path = f"/{address}/data/IT1,{origin.flusso},1.0/{key}/ALL/"
    server.give(path, *(reply if isinstance(reply, list) else [reply]))
    return path


def ask(client, declared, origin, year=None, address="esploradati"):
    return istat.observations(client, origin, declared.indirizzi[address], year=year, this_year=2026)


@pytest.mark.parametrize("form", ["csv", "json", "xml"])
def test_the_same_data_in_every_form_of_the_standard(server, client, declared, employment, form):
    rows = [row for row in rate_rows() if row[-1] != ""]
    reply = {
        "csv": lambda: csv(employment.flusso, DIMENSIONS, rows),
        "json": lambda: sdmx_json(DIMENSIONS, rows),
        "xml": lambda: xml("DSD1", DIMENSIONS, rows),
    }[form]()
    prepare(server, employment, DIMENSIONS, reply)
    found = ask(client, declared, employment)
    assert len(found.frame) == len(rows)
    got = found.frame.set_index(["REF_AREA", "SEX", "TIME_PERIOD"])["OBS_VALUE"]
    assert got["ITC45", "2", 2025] == 69.0
    assert got["IT", "9", 2020] == 67.0


@pytest.mark.parametrize("dimensions", [DIMENSIONS, DIMENSIONS[::-1], [*DIMENSIONS[3:], *DIMENSIONS[:3]]])
def test_the_order_of_the_key_is_read_in_the_structure(server, client, declared, employment, dimensions):
    path = prepare(server, employment, dimensions, csv(employment.flusso, dimensions, rate_rows(dimensions)))
    found = ask(client, declared, employment)
    assert server.paths()[-1] == path
    table = istat_tables.rates(found, employment, declared.territori)
    row = table[(table["territorio"] == "MB") & (table["sesso"] == "F") & (table["anno"] == 2025)]
    assert row["valore"].tolist() == [68.2]


def test_areas_that_are_not_our_territories_stay_out_and_missing_values_are_missing_rows(
    server, client, declared, employment
):
    prepare(server, employment, DIMENSIONS, csv(employment.flusso, DIMENSIONS, rate_rows()))
    table = istat_tables.rates(ask(client, declared, employment), employment, declared.territori)
    assert set(table["territorio"]) == {"italia", "lombardia", "MI", "MB"}
    assert len(table) == 4 * 3 * 2
    assert table.groupby("anno")["serie"].first().to_dict() == {2020: "rfl_ricostruita", 2025: "rfl_2021"}


def test_a_dimension_that_is_gone_is_told(server, client, declared, employment):
    prepare(server, employment, [d for d in DIMENSIONS if d != "CITIZENSHIP"], Reply())
    with pytest.raises(RemoteError, match="ha cambiato dimensioni: manca CITIZENSHIP; ha FREQ, REF_AREA"):
        ask(client, declared, employment)


def test_a_new_dimension_with_one_case_does_no_harm_with_several_it_is_refused(server, client, declared, employment):
    wider = [*DIMENSIONS, "EDITION"]
    rows = rate_rows(wider)
    prepare(server, employment, wider, csv(employment.flusso, wider, rows))
    assert len(ask(client, declared, employment).frame) == len(rows)
    client.raw.root.rename(client.raw.root.with_name("altrove"))
    other = [(*row[:-3], "Y", *row[-2:]) for row in rows]
    prepare(server, employment, wider, csv(employment.flusso, wider, rows + other))
    with pytest.raises(RemoteError, match="la dimensione EDITION distingue 2 casi"):
        ask(client, declared, employment)


def test_repeated_observations_are_refused_and_asked_again_next_time(server, client, declared, employment):
    rows = rate_rows()
    good = csv(employment.flusso, DIMENSIONS, rows)
    prepare(server, employment, DIMENSIONS, [csv(employment.flusso, DIMENSIONS, [*rows, *rows[:3]]), good])
    with pytest.raises(RemoteError, match="ripete 3 osservazioni"):
        ask(client, declared, employment)
    assert len(ask(client, declared, employment).frame) == len(rows)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (lambda text: text[: len(text) // 2].rpartition(",")[0], "La risposta di ISTAT è tronca"),
        (lambda text: text.replace("75.0", "settantacinque"), "incomplete o illeggibili"),
        (lambda text: text.replace("75.0", "1.021e37"), "incomplete o illeggibili"),
        (lambda text: text.replace("OBS_VALUE", "VALUE"), "manca OBS_VALUE"),
        (lambda text: text.split("\n")[0] + "\n", "ha risposto senza dati"),
        (lambda text: text.replace("EMP_R", "UNEM_R"), "DATA_TYPE=EMP_R del flusso .* altri codici"),
    ],
    ids=["cut", "words", "no count so large", "columns", "header only", "other codes"],
)
def test_data_that_is_not_what_was_asked_is_refused(server, client, declared, employment, body, words):
    good = csv(employment.flusso, DIMENSIONS, rate_rows())
    prepare(server, employment, DIMENSIONS, Reply(body(good.body.decode()).encode(), CSV))
    with pytest.raises(RemoteError, match=words):
        ask(client, declared, employment)


@pytest.mark.parametrize("kind", [CSV, "application/json", "application/xml"])
@pytest.mark.parametrize("body", [b"\x00\xff\xfe\x00", b"{", b"<a>", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'])
def test_garbage_is_refused_with_a_message(server, client, declared, employment, kind, body):
    prepare(server, employment, DIMENSIONS, Reply(body, kind))
    with pytest.raises(RemoteError):
        ask(client, declared, employment)


def test_a_structure_that_cannot_be_read_is_told(server, client, declared, employment):
    path = f"/esploradati/dataflow/IT1/{employment.flusso}/latest"
    server.give(path, Reply(b"<a/>", "application/xml"))
    with pytest.raises(RemoteError, match=r"non è un messaggio SDMX leggibile|non si può leggere"):
        ask(client, declared, employment)


def italy_rows(sex, years=(2025, 2026), ages=range(101), total=None):
    rows = [("A", "IT", "JAN", sex, f"Y{e}" if e < 100 else "Y_GE100", "99", y, 1000 + e) for y in years for e in ages]
    made = sum(1000 + e for e in ages) if total is None else total
    return rows + [("A", "IT", "JAN", sex, "TOTAL", "99", y, made) for y in years]


def prepare_italy(server, italy, address="esploradati", **how):
    return [
        prepare(
            server, italy, POPOLAZIONE, csv(italy.flusso, POPOLAZIONE, italy_rows(sex, **how)), address, {"SEX": sex}
        )
        for sex in ("1", "2")
    ]


def test_lists_are_asked_one_code_at_a_time(server, client, declared, italy):
    paths = prepare_italy(server, italy)
    found = ask(client, declared, italy)
    assert server.paths()[1:] == paths
    assert not any("+" in path for path in server.paths())
    frame = istat_tables.population(found, italy, None)
    assert frame["residenti"].sum() == 2 * sum(1000 + e for e in range(101))
    assert sorted(frame["sesso"].unique()) == ["F", "M"]


def test_by_default_the_latest_year(server, client, declared, italy):
    prepare_italy(server, italy)
    assert ask(client, declared, italy).frame["TIME_PERIOD"].unique().tolist() == [2026]
    assert server.asked[-1].query["startPeriod"] == ["2025"]
    assert "endPeriod" not in server.asked[-1].query


def test_the_last_year_is_asked_as_that_address_wants_it(server, client, declared, italy):
    for address in ("esploradati", "sdmx"):
        prepare_italy(server, italy, address)
        ask(client, declared, italy, year=2025, address=address)
    ends = [asked.query["endPeriod"][0] for asked in server.asked if "endPeriod" in asked.query]
    assert ends == ["2024", "2024", "2025", "2025"]


def test_should_the_anomaly_be_mended_the_plain_year_is_asked_too(server, client, declared, italy):
    for sex in ("1", "2"):
        good = csv(italy.flusso, POPOLAZIONE, italy_rows(sex, years=(2025,)))
        bare = Reply(status=404, kind="text/plain")
        prepare(server, italy, POPOLAZIONE, [bare, good], codes={"SEX": sex})
    found = ask(client, declared, italy, year=2025)
    assert set(found.frame["TIME_PERIOD"]) == {2025}


def test_an_empty_answer_is_not_a_population_of_zero(server, client, declared, italy):
    prepare_italy(server, italy)
    prepare(server, italy, POPOLAZIONE, Reply(b"", CSV), codes={"SEX": "2"})
    with pytest.raises(RemoteError, match="risposta vuota"):
        ask(client, declared, italy)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"total": 5}, "il totale (5)"),
        ({"ages": range(100)}, None),
    ],
)
def test_ages_must_make_the_total(server, client, declared, italy, how, words):
    prepare_italy(server, italy, **how)
    found = ask(client, declared, italy)
    if words is None:  # the total is that of the ages there are: those left out are zero
        frame = istat_tables.population(found, italy, None)
        assert frame.set_index(["eta", "sesso"])["residenti"][100, "F"] == 0
        return
    with pytest.raises(DatiError) as error:
        istat_tables.population(found, italy, None)
    assert words in str(error.value)


def test_without_a_total_a_missing_age_is_missing(server, client, declared, italy):
    for sex in ("1", "2"):
        rows = [row for row in italy_rows(sex, ages=range(100)) if row[4] != "TOTAL"]
        prepare(server, italy, POPOLAZIONE, csv(italy.flusso, POPOLAZIONE, rows), codes={"SEX": sex})
    with pytest.raises(DatiError, match="tutte le età; trovato 1 età senza valore"):
        istat_tables.population(ask(client, declared, italy), italy, None)


def test_provisional_data_is_known_as_such(server, client, declared, italy):
    for sex in ("1", "2"):
        reply = csv(italy.flusso, POPOLAZIONE, italy_rows(sex), status="p")
        prepare(server, italy, POPOLAZIONE, reply, codes={"SEX": sex})
    assert set(ask(client, declared, italy).frame["OBS_STATUS"]) == {"provvisorio"}


@pytest.mark.parametrize(("column", "same"), [("AGE", ("Y5", "Y05")), ("SEX", ("1", "M"))], ids=["age", "sex"])
def test_two_codes_that_mean_the_same_are_refused(server, client, declared, italy, column, same):
    prepare_italy(server, italy)
    found = ask(client, declared, italy)
    twice = found.frame[found.frame[column] == same[0]].assign(**{column: same[1]})
    assert len(twice)
    doubled = replace(found, frame=pd.concat([found.frame, twice], ignore_index=True))
    with pytest.raises(DatiError, match="atteso un valore solo") as refused:
        istat_tables.population(doubled, italy, None)
    assert f": {(twice['AGE'] != 'TOTAL').sum()} problemi." in str(refused.value)
    assert f"    due per M, {5 if column == 'AGE' else 0}: " in str(refused.value)


@pytest.mark.parametrize("value", ["inf", "Infinity", "1_000", "1,5", "0x1F", "107\x1e", "1 000", "٣"])
def test_what_is_not_a_number_is_not_read_as_one(server, client, declared, italy, value):
    prepare_italy(server, italy)
    rows = [row if row[4] != "Y7" else (*row[:-1], f'"{value}"') for row in italy_rows("2")]
    prepare(server, italy, POPOLAZIONE, csv(italy.flusso, POPOLAZIONE, rows), codes={"SEX": "2"})
    with pytest.raises(RemoteError, match=r"2 righe del flusso \w+ sono incomplete o illeggibili"):
        ask(client, declared, italy)
