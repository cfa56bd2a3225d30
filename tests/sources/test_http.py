import datetime as dt
import gzip
import io
import json
from dataclasses import replace

import pytest
from sources.server import CSV, Reply

from conciliazione_lib.sources.http import ATTEMPTS, NothingThere, OfflineError, RemoteError, WrongKind
from conciliazione_lib.sources.raw import INDEX

BODY = b"a,b\n1,2\n" * 400


def get(client, url, **how):
    return client.fetch(url, **({"accept": "text/csv", "kinds": ("text/csv", "application/vnd.sdmx")} | how))


def waited(clock):
    return sum(clock.slept)


def test_an_answer_is_kept_by_its_hash_with_where_and_when(server, client, local):
    server.give("/dati", Reply(BODY, CSV, headers={"ETag": '"v1"'}))
    answer = get(client, f"{server.url}/dati")
    assert answer.path.read_bytes() == BODY
    assert answer.path.name == answer.sha256
    line = json.loads((local / "grezzi" / INDEX).read_text(encoding="utf-8"))
    assert line["url"] == f"{server.url}/dati"
    assert (line["sha256"], line["quando"]) == (answer.sha256, "2026-03-15T09:00:00+00:00")
    assert line["intestazioni"]["etag"] == '"v1"'


def test_the_name_is_honest(server, client):
    server.give("/dati", Reply(BODY))
    get(client, f"{server.url}/dati")
    assert server.asked[0].headers["User-Agent"].startswith("conciliazione/")


def test_a_recent_answer_is_not_asked_again_until_it_is_old_or_proved_wrong(server, client, clock):
    server.give("/dati", Reply(BODY))
    first = get(client, f"{server.url}/dati")
    assert get(client, f"{server.url}/dati") == first
    assert len(server.asked) == 1
    clock.now += 7 * 3600
    get(client, f"{server.url}/dati")
    assert len(server.asked) == 2
    client.raw.forget(first)
    get(client, f"{server.url}/dati")
    assert len(server.asked) == 3


def test_a_kept_answer_that_was_damaged_is_asked_again(server, client):
    server.give("/dati", Reply(BODY))
    get(client, f"{server.url}/dati").path.write_bytes(b"rovinato")
    assert get(client, f"{server.url}/dati").path.read_bytes() == BODY
    assert len(server.asked) == 2


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_service_in_trouble_is_asked_again_ever_more_slowly(server, client, clock, status):
    server.give("/dati", Reply(status=status), Reply(status=status), Reply(BODY))
    assert get(client, f"{server.url}/dati").path.read_bytes() == BODY
    assert clock.slept == [5.0, 10.0]


def test_chance_spreads_the_waits(server, client, clock):
    client.chance = iter([0.0, 1.0]).__next__
    server.give("/dati", Reply(status=500), Reply(status=500), Reply(BODY))
    get(client, f"{server.url}/dati")
    assert clock.slept == [2.5, 15.0]


def test_patience_ends_with_a_message(server, client):
    server.give("/dati", Reply(status=503))
    with pytest.raises(RemoteError) as error:
        get(client, f"{server.url}/dati")
    assert len(server.asked) == ATTEMPTS
    assert "non ha dato una risposta utile dopo 4 tentativi: il servizio è in difficoltà (503)" in str(error.value)
    assert "i dati di prima restano" in str(error.value)


def test_too_many_questions_without_a_time_waits_more_than_a_minute(server, client, clock):
    server.give("/dati", Reply(status=429), Reply(BODY))
    get(client, f"{server.url}/dati")
    assert waited(clock) == 90.0


def test_too_many_questions_with_seconds_waits_those(server, client, clock):
    server.give("/dati", Reply(status=429, headers={"Retry-After": "42"}), Reply(BODY))
    get(client, f"{server.url}/dati")
    assert waited(clock) == 42.0


def test_too_many_questions_with_a_date_waits_until_then(server, client, clock):
    until = dt.datetime.fromtimestamp(clock.now + 120, dt.UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
    server.give("/dati", Reply(status=429, headers={"Retry-After": until}), Reply(BODY))
    get(client, f"{server.url}/dati")
    assert waited(clock) == 120.0


def test_a_ban_is_told_and_respected_by_the_next_run_too(server, client, clock):
    server.give("/dati", Reply(status=429, headers={"Retry-After": "86400"}), Reply(BODY))
    with pytest.raises(RemoteError, match="chiede di aspettare 24 ore prima di altre domande"):
        get(client, f"{server.url}/dati")
    clock.now += 3600
    with pytest.raises(RemoteError, match="ha chiesto di non essere interrogato ancora per 23 ore"):
        get(client, f"{server.url}/dati")
    assert len(server.asked) == 1
    assert waited(clock) == 0
    clock.now += 86_400
    assert get(client, f"{server.url}/dati").path.read_bytes() == BODY


def test_retries_and_redirects_keep_the_pace(server, client):
    server.give("/prima", Reply(status=302, headers={"Location": "/dati"}))
    server.give("/dati", Reply(status=500), Reply(status=500), Reply(BODY))
    get(client, f"{server.url}/prima")
    for _ in range(3):
        get(client, f"{server.url}/dati", reuse=-1.0)
    moments = [asked.when for asked in server.asked]
    assert len(moments) == 9
    assert all(later - sooner > 60 for sooner, later in zip(moments, moments[5:], strict=False))


def test_a_slow_service_is_not_waited_for_ever(server, client):
    server.give("/dati", Reply(BODY, wait=0.3))
    with pytest.raises(RemoteError, match="non risponde in tempo"):
        get(client, f"{server.url}/dati")


@pytest.mark.parametrize("bad", [Reply(drop=True), Reply(BODY, cut=1000)], ids=["dropped", "truncated"])
def test_a_broken_connection_is_tried_again(server, client, bad):
    server.give("/dati", bad, Reply(BODY))
    assert get(client, f"{server.url}/dati").path.read_bytes() == BODY


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (Reply(drop=True), "il collegamento è caduto"),
        (Reply(BODY, cut=1000), "a metà della risposta"),
        (Reply(b"non compresso", headers={"Content-Encoding": "gzip"}), "la risposta compressa è rovinata"),
    ],
)
def test_an_answer_that_never_comes_whole_is_no_answer(server, client, local, bad, words):
    server.give("/dati", bad)
    with pytest.raises(RemoteError, match=words):
        get(client, f"{server.url}/dati")
    assert not (local / "grezzi" / INDEX).exists()


def test_a_file_goes_on_from_where_the_connection_dropped(server, client):
    body = bytes(range(256)) * 1000
    file = Reply(body, "application/zip", headers={"ETag": '"v1"'}, ranges=True)
    server.give("/file.zip", replace(file, cut=200_000), file)
    answer = get(client, f"{server.url}/file.zip", kinds=("application/zip",), resumable=True)
    assert answer.path.read_bytes() == body
    # Whole pieces of 64 kB arrived before the connection dropped.
    assert server.asked[1].headers["Range"] == f"bytes={3 * 65536}-"


def test_a_file_that_changed_meanwhile_starts_again(server, client):
    body = bytes(range(256)) * 1000
    old = Reply(body, "application/zip", headers={"ETag": '"v1"'}, ranges=True, cut=200_000)
    new = Reply(body[::-1], "application/zip", headers={"ETag": '"v2"'}, ranges=True)
    server.give("/file.zip", old, new)
    answer = get(client, f"{server.url}/file.zip", kinds=("application/zip",), resumable=True)
    assert answer.path.read_bytes() == body[::-1]


def test_an_empty_answer_that_says_it_went_well_is_refused(server, client):
    server.give("/dati", Reply(b""))
    with pytest.raises(RemoteError, match="risposta vuota"):
        get(client, f"{server.url}/dati")


def test_a_web_page_in_place_of_data_is_refused(server, client):
    server.give("/dati", Reply(b"<html>", "text/html; charset=utf-8"))
    with pytest.raises(WrongKind, match="una pagina web"):
        get(client, f"{server.url}/dati")
    assert len(server.asked) == 1


def test_nothing_there(server, client):
    with pytest.raises(NothingThere, match="non ha dati a questo indirizzo"):
        get(client, f"{server.url}/altro")


def test_a_refusal_is_not_insisted_upon(server, client):
    server.give("/dati", Reply(status=403))
    with pytest.raises(RemoteError, match="ha rifiutato la domanda"):
        get(client, f"{server.url}/dati")
    assert len(server.asked) == 1


@pytest.mark.parametrize("announced", [True, False], ids=["announced", "compressed"])
def test_an_answer_that_is_too_large_is_refused(server, client, local, announced):
    if announced:
        server.give("/dati", Reply(b"x" * 5000))
    else:
        packed = io.BytesIO()
        with gzip.GzipFile(fileobj=packed, mode="wb") as file:
            file.write(b"x" * 5_000_000)
        server.give("/dati", Reply(packed.getvalue(), headers={"Content-Encoding": "gzip"}))
    with pytest.raises(RemoteError, match="supera"):
        get(client, f"{server.url}/dati", max_bytes=4000 if announced else 100_000)
    assert sum(file.stat().st_size for file in (local / "grezzi").glob("*")) < 100_000


def test_a_redirect_on_the_same_host_is_followed(server, client):
    server.give("/prima", Reply(status=301, headers={"Location": "/dati"}))
    server.give("/dati", Reply(BODY))
    assert get(client, f"{server.url}/prima").path.read_bytes() == BODY


def test_redirects_without_end_are_refused(server, client):
    server.give("/a", Reply(status=302, headers={"Location": "/b"}))
    server.give("/b", Reply(status=302, headers={"Location": "/a"}))
    with pytest.raises(RemoteError, match="rinvia da un indirizzo all'altro senza fine"):
        get(client, f"{server.url}/a")
    assert len(server.asked) == 5


def test_a_redirect_to_an_unknown_host_is_refused(server, client):
    server.give("/dati", Reply(status=302, headers={"Location": "http://altrove.example/dati"}))
    with pytest.raises(RemoteError, match=r"altrove\.example, che non è fra gli indirizzi conosciuti"):
        get(client, f"{server.url}/dati")


def test_without_network_it_says_so_at_once(client, clock):
    with pytest.raises(OfflineError, match=r"Non c'è collegamento a Internet, o il nome istat\.invalid non si trova"):
        get(client, "https://istat.invalid/dati")
    assert waited(clock) == 0


def test_no_password_of_the_machine_is_sent(server, client, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login anna password segreta\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    client.session.trust_env = True
    server.give("/dati", Reply(BODY))
    get(client, f"{server.url}/dati")
    assert "Authorization" not in server.asked[0].headers
