"""How final what ISTAT's flows give is: by row, and which version of a table answers."""

import re

import pytest
from sources.server import csv, structure, xml

from conciliazione_lib import catalog, storage
from conciliazione_lib.sources import istat, refresh

POP = ["FREQ", "REF_AREA", "DATA_TYPE", "SEX", "AGE", "MARITAL_STATUS"]
RFL = ["FREQ", "REF_AREA", "DATA_TYPE", "SEX", "AGE", "EDU_LEV_HIGHEST", "CITIZENSHIP"]


def flagged(flow, dimensions, rows):
    """Return a reply in which every row has its own flag, after its value."""
    reply = csv(flow, dimensions, [row[:-1] for row in rows])
    head, *lines = reply.body.decode("utf-8-sig").splitlines()
    lines = [line + row[-1] for line, row in zip(lines, rows, strict=True)]
    return type(reply)("\n".join([head, *lines, ""]).encode("utf-8-sig"), reply.kind)


def give(server, origin, dimensions, codes, reply):
    server.give(f"/esploradati/dataflow/IT1/{origin.flusso}/latest", structure(origin.flusso, "DSD1", dimensions))
    wanted = origin.key(dimensions) | codes
    path = ".".join(wanted.get(name, "") for name in dimensions)
    server.give(f"/esploradati/data/IT1,{origin.flusso},1.0/{path}/ALL/", reply)


def italy(server, declared, flags):
    origin = declared.of("popolazione_italia")[0]
    for sex in ("1", "2"):
        rows = [
            ("A", "IT", "JAN", sex, f"Y{e}" if e < 100 else "Y_GE100", "99", year, 290_000 + e + year - 2020, flag)
            for year, flag in flags.items()
            for e in range(101)
        ]
        give(server, origin, POP, {"SEX": sex}, flagged(origin.flusso, POP, rows))


def run(client, declared, table):
    return refresh.refresh([table], client=client, declarations=declared)


@pytest.mark.parametrize(
    ("flag", "stato"), [("e", "stima"), ("p", "provvisorio"), ("f", "previsione"), ("z", "provvisorio")]
)
def test_the_final_year_comes_in_beside_the_newer_one_and_answers(server, client, declared, flag, stato):
    italy(server, declared, {2025: "", 2026: flag})
    outcomes = run(client, declared, "popolazione_italia")
    assert [outcome.stato for outcome in outcomes] == ["aggiornata", "aggiornata"]
    assert "si usano solo chiedendo questa data" in outcomes[1].messaggio
    assert "si usano solo" not in outcomes[0].messaggio
    answers = storage.find("popolazione_italia")
    assert (answers.data_riferimento, answers.stato) == ("2025-01-01", "definitivo")
    asked = catalog.table("popolazione_italia", "2026-01-01")
    assert asked.provenance.stato == stato
    assert asked.frame["residenti"].sum() == 2 * sum(290_006 + e for e in range(101))


def test_an_estimate_alone_does_not_take_the_place_of_a_final_table(server, client, declared):
    before = storage.find("popolazione_italia")
    italy(server, declared, {2026: "e"})
    (outcome,) = run(client, declared, "popolazione_italia")
    assert outcome.stato == "aggiornata"
    assert storage.find("popolazione_italia") == before
    assert storage.find("popolazione_italia", "2026-01-01").stato == "stima"


def test_an_estimate_that_becomes_final_with_the_same_numbers_is_final(server, client, declared, clock):
    italy(server, declared, {2026: "e"})
    run(client, declared, "popolazione_italia")
    clock.now += 86_400
    italy(server, declared, {2026: ""})
    (outcome,) = run(client, declared, "popolazione_italia")
    assert outcome.stato == "aggiornata"
    assert storage.find("popolazione_italia").data_riferimento == "2026-01-01"


def test_statuses_stay_with_their_rows(server, client, declared):
    origin = declared.of("popolazione_italia")[0]
    for sex in ("1", "2"):
        rows = [
            ("A", "IT", "JAN", sex, f"Y{e}" if e < 100 else "Y_GE100", "99", 2026, 290_000, "e" if e > 90 else "")
            for e in range(101)
        ]
        give(server, origin, POP, {"SEX": sex}, flagged(origin.flusso, POP, rows))
    run(client, declared, "popolazione_italia")
    frame = catalog.read("popolazione_italia", "2026-01-01")
    assert set(frame.loc[frame["stato"] == "stima", "eta"]) == set(range(91, 101))
    assert (frame["stato"] == "definitivo").sum() == 2 * 91
    assert storage.find("popolazione_italia", "2026-01-01").stato == "stima"


def test_of_a_series_the_final_years_answer_and_the_others_are_there_to_be_asked(server, client, declared):
    origin = declared.of("occupazione")[0]
    codes = {"FREQ": "A", "DATA_TYPE": "R", "AGE": "Y20-64"} | dict(origin.chiave)
    rows = [
        (*({**codes, "REF_AREA": "ITC4", "SEX": sex}[d] for d in RFL), year, 70 + gap, "p" if year == 2025 else "")
        for sex, gap in (("1", 6.0), ("2", -6.0), ("9", 0.0))
        for year in (2024, 2025)
    ]
    give(server, origin, RFL, {}, flagged(origin.flusso, RFL, rows))
    final, whole = run(client, declared, "occupazione")
    assert (final.capito.data, final.capito.stato) == ("2017/2024", "definitivo")
    assert (whole.capito.data, whole.capito.stato) == ("2017/2025", "provvisorio")
    answers = catalog.read("occupazione")
    assert answers["anno"].max() == 2024
    asked = catalog.read("occupazione", "2017/2025")
    assert set(asked.loc[asked["anno"] == 2025, "stato"]) == {"provvisorio"}
    assert set(asked.loc[asked["anno"] < 2025, "stato"]) == {"definitivo"}


def test_statuses_are_read_in_xml_too(server, client, declared):
    origin = declared.of("popolazione_italia")[0]
    for sex in ("1", "2"):
        rows = [
            ("A", "IT", "JAN", sex, f"Y{e}" if e < 100 else "Y_GE100", "99", year, 290_000)
            for year in (2025, 2026)
            for e in range(101)
        ]
        reply = xml("DSD1", POP, rows)
        body = reply.body.replace(b'TIME_PERIOD="2026"', b'OBS_STATUS="e" TIME_PERIOD="2026"')
        give(server, origin, POP, {"SEX": sex}, type(reply)(body, reply.kind))
    found = istat.observations(client, origin, declared.indirizzi["esploradati"], year=None, this_year=2026)
    assert found.frame.groupby("TIME_PERIOD")["OBS_STATUS"].unique().map(list).to_dict() == {
        2025: ["definitivo"],
        2026: ["stima"],
    }


@pytest.mark.parametrize(
    ("factor", "state"),
    [(1.0, "aggiornata"), (0.85, "aggiornata"), (0.034, "rifiutata"), (1.6, "rifiutata")],
    ids=["as before", "a little less", "Italy of 2,0 million", "half as much again"],
)
def test_totals_are_compared_with_those_in_force(server, client, declared, factor, state):
    origin = declared.of("popolazione_italia")[0]
    before = catalog.read("popolazione_italia")
    for sex in ("1", "2"):
        rows = [
            ("A", "IT", "JAN", sex, f"Y{e}" if e < 100 else "Y_GE100", "99", 2026, round(factor * 292_000))
            for e in range(101)
        ]
        give(server, origin, POP, {"SEX": sex}, csv(origin.flusso, POP, rows))
    shown = []
    (outcome,) = refresh.refresh(
        ["popolazione_italia"],
        client=client,
        declarations=declared,
        accept=lambda understood, changes: shown.append(understood) or True,
    )
    assert outcome.stato == state
    if state == "rifiutata":
        assert re.search(r"la somma di «residenti» passa da 5[89]\.", outcome.messaggio)
        assert not shown  # it is not even asked
        assert catalog.read("popolazione_italia").equals(before)
        assert "dati importa FILE --come popolazione_italia" in outcome.rimedio
    else:
        assert ("Da controllare" in shown[0].come) == (factor < 1)


@pytest.mark.parametrize(
    ("factor", "state"), [(1.0, "aggiornata in parte"), (0.01, "rifiutata")], ids=["per cent", "shares"]
)
def test_rates_are_compared_on_the_rows_that_changed(server, client, declared, factor, state):
    origin = declared.of("occupazione")[0]
    codes = {"FREQ": "A", "DATA_TYPE": "R", "AGE": "Y20-64"} | dict(origin.chiave)
    before = catalog.read("occupazione")
    rates = before.query("misura == 'tasso_occupazione' and eta == '20-64' and territorio == 'lombardia'")
    year = int(rates["anno"].max())
    rows = [
        (*({**codes, "REF_AREA": "ITC4", "SEX": sex}[d] for d in RFL), year, round((70 + gap) * factor, 3))
        for sex, gap in (("1", 8.0), ("2", -8.0), ("9", 0.0))
    ]
    give(server, origin, RFL, {}, csv(origin.flusso, RFL, rows))
    (outcome,) = run(client, declared, "occupazione")
    assert outcome.stato == state, outcome.testo
    if state == "rifiutata":  # three rows among hundreds
        assert "la media di «valore» passa da" in outcome.messaggio
        assert catalog.read("occupazione").equals(before)
