"""Nobody but its own page can ask the desk for anything, and no path leads out of where it should."""

from __future__ import annotations

import http.client
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from conciliazione_lib.desk import life, pages, work
from conciliazione_lib.desk.server import Desk, inside

Answer = tuple[int, dict[str, str], str]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A desk on a new folder of data, before any edition: the checkout may have one."""
    monkeypatch.setenv("CONCILIAZIONE_DATI", str(tmp_path / "dati"))
    monkeypatch.setattr(work, "tree", lambda config, root: tmp_path / "reports" / config.edizione)
    app = pages.App(show_folder=lambda folder: None)
    opened = Desk(app.answer)
    thread = opened.start()
    yield opened
    opened.shutdown()
    opened.server_close()
    thread.join()


def ask(desk: Desk, path: str, method: str = "GET", body: bytes = b"", **headers: str) -> Answer:
    """Ask as any program of this machine can."""
    connection = http.client.HTTPConnection("127.0.0.1", desk.server_address[1], timeout=30)
    connection.putrequest(method, path, skip_host="Host" in headers, skip_accept_encoding=True)
    if method == "POST":
        headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
        headers.setdefault("Content-Length", str(len(body)))
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders(body)
    answer = connection.getresponse()
    text = answer.read().decode("utf-8", "replace")
    connection.close()
    return answer.status, dict(answer.getheaders()), text


def own(desk: Desk) -> dict[str, str]:
    """Headers of the desk's own page."""
    return {"Origin": f"http://{desk.host}", "Sec_Fetch_Site": "same-origin"}


@pytest.mark.parametrize("path", ["/", "/dati", "/x/dati", "/edizione/sito/index.html", "/risorse/sito.css"])
def test_who_does_not_know_the_token_reads_nothing(desk: Desk, path: str) -> None:
    status, headers, text = ask(desk, path)
    assert status == 403
    assert "scrivania chiusa" in text
    assert desk.token not in text + str(headers)
    assert ask(desk, path, "POST", b"ats=pavia", **own(desk))[0] == 403


@pytest.mark.parametrize("host", ["esempio.it", "localhost", "127.0.0.1", "127.0.0.1:1", "attacco.it:80"])
def test_a_name_that_leads_here_from_elsewhere_is_refused(desk: Desk, host: str) -> None:
    """DNS rebinding: the page of another site asks its own name, which now resolves to this machine."""
    assert ask(desk, f"/{desk.token}/", Host=host)[0] == 421
    assert ask(desk, f"/{desk.token}/scelte", "POST", b"ats=pavia", Host=host, Origin=f"http://{host}")[0] == 421


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null"},
        {"Origin": "https://esempio.it"},
        {"Origin": "http://127.0.0.1"},
        {"Origin": "http://localhost:8765"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
    ids=str,
)
def test_a_form_of_another_page_changes_nothing(desk: Desk, headers: dict[str, str], tmp_path: Path) -> None:
    """CSRF, even by who has somehow come to know the token."""
    sent = dict(headers)
    if "Sec_Fetch_Site" in sent:
        sent["Origin"] = f"http://{desk.host}"
    status, _, _ = ask(desk, f"/{desk.token}/scelte", "POST", b"ats=pavia&data=", **sent)
    assert status == 403
    assert not (life.folder() / "lavoro.json").exists()
    assert ask(desk, f"/{desk.token}/chiudi", "POST", b"", **sent)[0] == 403
    assert ask(desk, f"/{desk.token}/")[0] == 200
    assert ask(desk, f"/{desk.token}/scelte", "POST", b"ats=pavia&data=", **own(desk))[0] == 303
    assert (life.folder() / "lavoro.json").exists()


def test_the_page_says_what_browsers_may_do_with_it(desk: Desk) -> None:
    _, headers, text = ask(desk, f"/{desk.token}/")
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in headers
    assert "Set-Cookie" not in headers
    assert " style=" not in text
    assert " onclick=" not in text


@pytest.mark.parametrize(
    "path",
    [
        "edizione/",
        "edizione/sito",
        "edizione/sito/",
        "edizione/documenti/",
        "edizione/../../reports.toml",
        "edizione/sito/../../../reports.toml",
        "edizione/sito/%2e%2e/%2e%2e/%2e%2e/reports.toml",
        "edizione/sito/..%2f..%2f..%2freports.toml",
        "edizione/sito/..%5c..%5creports.toml",
        "edizione//etc/passwd",
        "edizione/sito//etc/passwd",
        "edizione/sito/C:/Windows/win.ini",
        "edizione/.lavoro/cifre",
        "edizione/manifest.json",
        "risorse/../pages.py",
        "risorse/..%2fpages.py",
        "dati/../../aperta.json",
        "dati/0123456789abcdef",
        "documento/..",
        "apri/..%2f..%2freports.toml",
        "apri/word",
        "modello/..%2f..%2freports",
        "modello?tabella=../../reports",
    ],
)
def test_no_path_leads_out_and_no_folder_is_listed(desk: Desk, path: str) -> None:
    ask(desk, f"/{desk.token}/scelte", "POST", b"ats=pavia&data=", **own(desk))
    status, _, text = ask(desk, f"/{desk.token}/{path}")
    assert status in (400, 403, 404)
    for secret in ("root:", "[[capitoli]]", "limite_minuti", "def answer", "Index of", "Directory listing"):
        assert secret not in text


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("ripristina", b"tabella=../../../etc"),
        ("scelte", b"ats=..%2F..&data=2025-01-01"),
        ("scelte", b"ats=pavia&data=..%2F.."),
        ("dati/0123456789abcdef", b"tabella=x"),
        ("cartella", b"cartella=/etc"),
        ("fonti", b"tabella=../x"),
    ],
)
def test_a_path_in_a_form_does_nothing(desk: Desk, path: str, body: bytes, tmp_path: Path) -> None:
    before = sorted(p for p in tmp_path.rglob("*") if "scrivania" not in p.parts)
    status, _, text = ask(desk, f"/{desk.token}/{path}", "POST", body, **own(desk))
    assert status in (303, 404)
    assert "Traceback" not in text
    assert sorted(p for p in tmp_path.rglob("*") if "scrivania" not in p.parts) == before


def test_the_name_of_a_file_is_only_shown(desk: Desk, tmp_path: Path) -> None:
    name = "..\\..\\..%2f<script>alert(1)</script>.csv"
    body = (
        '--x\r\nContent-Disposition: form-data; name="file"; filename="../../../../../'
        f'{name}"\r\nContent-Type: text/csv\r\n\r\ncomune;denominazione\r\nPavia;Nido\r\n\r\n--x--\r\n'
    ).encode()
    kind = "multipart/form-data; boundary=x"
    status, headers, _ = ask(desk, f"/{desk.token}/dati", "POST", body, Content_Type=kind, **own(desk))
    assert status == 303
    files = list(tmp_path.rglob("*.csv"))
    assert [p.parent.parent.parent.name for p in files] == ["arrivi"]
    assert files[0].read_bytes() == b"comune;denominazione\r\nPavia;Nido\r\n"
    _, _, text = ask(desk, f"/{desk.token}/{headers['Location']}")
    assert "<script>alert" not in text


def test_what_is_sent_has_a_length_and_a_limit(desk: Desk) -> None:
    address = f"/{desk.token}/dati"
    assert ask(desk, address, "POST", b"", Content_Length="999999999999", **own(desk))[0] == 413
    assert ask(desk, address, "POST", b"", Content_Length="molto", **own(desk))[0] == 411
    assert ask(desk, address, "POST", b"", Transfer_Encoding="chunked", Content_Length="0", **own(desk))[0] == 411


def test_a_link_does_not_lead_out(tmp_path: Path) -> None:
    root, secret = tmp_path / "sito", tmp_path / "segreto.txt"
    root.mkdir()
    secret.write_text("segreto", encoding="utf-8")
    (root / "pagina.html").write_text("pagina", encoding="utf-8")
    (root / ".nascosto").write_text("x", encoding="utf-8")
    assert inside(root, "pagina.html") == (root / "pagina.html").resolve()
    assert [inside(root, path) for path in ("", ".", "..", "../segreto.txt", ".nascosto", "a/../pagina.html")] == [
        None
    ] * 6
    if os.name != "nt":
        (root / "via.txt").symlink_to(secret)
        assert inside(root, "via.txt") is None


@pytest.mark.skipif(os.name == "nt", reason="on Windows the folder of the user is private by itself")
def test_only_its_owner_reads_the_address_and_what_is_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONCILIAZIONE_DATI", str(tmp_path / "dati"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "mia"))
    (tmp_path / "mia").mkdir()
    with life.opened("http://127.0.0.1:1/chiave/") as door:
        assert door.stat().st_mode & 0o077 == 0
        assert door.parent.stat().st_mode & 0o077 == 0
        assert "chiave" in door.read_text(encoding="utf-8")
    assert not door.exists()
    assert life.folder().stat().st_mode & 0o077 == 0
