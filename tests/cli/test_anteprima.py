"""The preview serves the right site, to this computer only."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from conciliazione_lib import cli
from conciliazione_lib.cli.anteprima import find_site, servi
from conciliazione_lib.errors import UsoError


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "relazioni" / "città 2025" / "sito"
    folder.mkdir(parents=True)
    (folder / "index.html").write_text("<h1>Però</h1>", encoding="utf-8")
    (folder / "mappa.js").write_text("1", encoding="utf-8")
    return folder


def test_serves_the_pages_with_their_types(site: Path) -> None:
    with servi(site) as address:
        assert address.startswith("http://127.0.0.1:")
        with urlopen(address) as answer:
            assert answer.read().decode() == "<h1>Però</h1>"
            assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        with urlopen(address + "mappa.js") as answer:
            assert answer.headers["Content-Type"] == "text/javascript"
        with pytest.raises(HTTPError, match="404"):
            urlopen(address + "../../../etc/passwd")
    with pytest.raises(OSError, match="refused"):
        urlopen(address)


def test_two_previews_take_two_ports(site: Path) -> None:
    with servi(site) as one, servi(site) as two:
        assert one != two
        assert urlopen(one).read() == urlopen(two).read()


def test_a_taken_port_is_refused_with_the_remedy(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as employed:
        employed.bind(("127.0.0.1", 0))
        employed.listen()
        port = employed.getsockname()[1]
        assert cli.main(["anteprima", "--cartella", str(site), "--porta", str(port), "--senza-browser"]) == 2
    assert capsys.readouterr().err == (
        f"La porta {port} non può essere usata.\nChe cosa fare: indicarne un'altra, o nessuna, con --porta.\n"
    )


def test_shows_the_last_edition_or_the_one_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "reports.toml").touch()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsoError, match="Non c'è nessun sito"):
        find_site(None, None)
    for when, edizione in enumerate(("2025-2027", "2022-2024")):
        page = tmp_path / "reports" / edizione / "sito" / "index.html"
        page.parent.mkdir(parents=True)
        page.write_text(edizione, encoding="utf-8")
        os.utime(page, (when, when))
    assert find_site(None, None).parent.name == "2022-2024"
    assert find_site(None, "2025-2027").parent.name == "2025-2027"
    with pytest.raises(UsoError, match="Non c'è nessun sito"):
        find_site(None, "2019-2021")


@pytest.mark.skipif(os.name == "nt", reason="Ctrl+C is sent as a POSIX signal")
def test_prints_the_address_and_closes_with_ctrl_c(site: Path) -> None:
    import signal

    command = [sys.executable, "-m", "conciliazione_lib", "anteprima", "--senza-browser", "--cartella", str(site)]
    environment = dict(os.environ, PYTHONUNBUFFERED="1")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8", env=environment) as process:
        assert process.stdout is not None
        assert "città 2025" in process.stdout.readline()
        address = process.stdout.readline().split()[1]
        assert urlopen(address).status == 200
        process.send_signal(signal.SIGINT)
        assert process.stdout.read().strip() == "Anteprima chiusa."
        assert process.wait(10) == 0
