from dataclasses import replace

import pytest
from sources.server import Reply, records

from conciliazione_lib.errors import UsoError
from conciliazione_lib.sources import lombardia
from conciliazione_lib.sources.http import RemoteError

DISTRETTI = "/lombardia/resource/9n45-7bpc.json"
FIELDS = {"objectid_1": "1", "codice_ats": "322", "distretto": "Varese", "descrizion": "Distretto di Varese"}


def rows(first, last):
    return [{":id": f"row-{n:04d}", **FIELDS, "objectid_1": str(n)} for n in range(first, last)]


def count(number):
    return records([{"righe": str(number)}])


def ask(client, declared, name="distretti"):
    return lombardia.dataset(client, declared, name, page=10)


def test_pages_are_asked_in_order_and_counted(server, client, declared):
    server.give(DISTRETTI, count(25), records(rows(0, 10)), records(rows(10, 20)), records(rows(20, 25)), records([]))
    frame = ask(client, declared)
    assert frame["objectid_1"].tolist() == [str(n) for n in range(25)]
    assert list(frame.columns) == list(FIELDS)
    pages = server.asked[1:]
    assert [page.query["$offset"][0] for page in pages] == ["0", "10", "20", "25"]
    assert {page.query["$order"][0] for page in pages} == {":id"}
    assert len(frame.attrs["sha256"]) == 5


def test_a_server_that_gives_smaller_pages_loses_nothing(server, client, declared):
    server.give(DISTRETTI, count(12), records(rows(0, 7)), records(rows(7, 12)), records([]))
    assert len(ask(client, declared)) == 12


@pytest.mark.parametrize(
    ("pages", "words"),
    [
        ([rows(0, 10), rows(0, 10)], "10 righe sono ripetute, altrettante mancano"),
        ([rows(0, 10), []], "attese 20 righe, ricevute 10"),
        ([rows(0, 10), rows(10, 21)], "attese 20 righe, ricevute 21"),
        ([rows(0, 10), rows(10, 20), rows(20, 21)], "attese 20 righe, ricevute 21"),
        ([rows(0, 10), [{k: v for k, v in row.items() if k != ":id"} for row in rows(10, 20)]], "senza identificativo"),
        ([[{k: v for k, v in r.items() if k != "codice_ats"} for r in rows(0, 20)]], "mancano i campi codice_ats"),
    ],
    ids=["repeated page", "empty page", "one more", "a row after the last", "no id", "no field"],
)
def test_rows_repeated_missing_or_changed_are_refused(server, client, declared, pages, words):
    server.give(DISTRETTI, count(20), *[records(page) for page in [*pages, []]])
    with pytest.raises(RemoteError, match=words):
        ask(client, declared)
    # Nothing of a wrong download is used again.
    server.give(DISTRETTI, count(20), records(rows(0, 10)), records(rows(10, 20)), records([]))
    assert len(ask(client, declared)) == 20


@pytest.mark.parametrize(
    "bad",
    [records([{"righe": "molte"}]), records([]), records([{"righe": "5000000"}]), Reply(b"[{", "application/json")],
)
def test_an_impossible_count_is_refused(server, client, declared, bad):
    server.give(DISTRETTI, bad)
    with pytest.raises(RemoteError):
        ask(client, declared)


def test_an_interrupted_download_goes_on_from_where_it_was(server, client, declared):
    server.give(DISTRETTI, count(20), records(rows(0, 10)), Reply(status=403))
    with pytest.raises(RemoteError):
        ask(client, declared)
    asked = len(server.asked)
    server.give(DISTRETTI, records(rows(10, 20)), records([]))
    assert len(ask(client, declared)) == 20
    assert len(server.asked) == asked + 2


def test_the_catalogue_finds_datasets_and_guesses_none(server, client, declared):
    result = {
        "resource": {
            "id": "abcd-1234",
            "name": "Unità di offerta sociali",
            "description": "Elenco",
            "columns_field_name": ["denominazione", "comune", "posti"],
            "data_updated_at": "2026-02-03T08:00:00.000Z",
        },
        "permalink": "https://www.dati.lombardia.it/d/abcd-1234",
    }
    server.give("/lombardia/api/catalog/v1", records({"results": [result], "resultSetSize": 1}))
    (found,) = lombardia.search(client, declared, "unità di offerta")
    assert (found.id, found.aggiornato, found.colonne[2]) == ("abcd-1234", "2026-02-03", "posti")
    assert server.asked[0].query["q"] == ["unità di offerta"]
    assert server.asked[0].query["search_context"] == ["www.dati.lombardia.it"]


@pytest.mark.parametrize("content", [{"results": [{}]}, {"errore": 1}, []])
def test_a_catalogue_in_a_new_form_is_told(server, client, declared, content):
    server.give("/lombardia/api/catalog/v1", replace(records([]), body=str(content).replace("'", '"').encode()))
    with pytest.raises(RemoteError, match="forma nuova"):
        lombardia.search(client, declared, "nidi")


@pytest.mark.parametrize("name", ["nidi", "9n45-7bp", "9N45-7BPC", "../../x-abcd"])
def test_a_name_that_is_no_dataset(declared, client, name):
    with pytest.raises(UsoError, match="non è un insieme"):
        lombardia.dataset(client, declared, name)
