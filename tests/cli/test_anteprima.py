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
from conciliazione_lib.cli.anteprima import servi, trova_sito
from conciliazione_lib.errors import UsoError


@pytest.fixture
def sito(tmp_path: Path) -> Path:
    cartella = tmp_path / "relazioni" / "città 2025" / "sito"
    cartella.mkdir(parents=True)
    (cartella / "index.html").write_text("<h1>Però</h1>", encoding="utf-8")
    (cartella / "mappa.js").write_text("1", encoding="utf-8")
    return cartella


def test_serves_the_pages_with_their_types(sito: Path) -> None:
    with servi(sito) as indirizzo:
        assert indirizzo.startswith("http://127.0.0.1:")
        with urlopen(indirizzo) as risposta:
            assert risposta.read().decode() == "<h1>Però</h1>"
            assert risposta.headers["Content-Type"] == "text/html; charset=utf-8"
        with urlopen(indirizzo + "mappa.js") as risposta:
            assert risposta.headers["Content-Type"] == "text/javascript"
        with pytest.raises(HTTPError, match="404"):
            urlopen(indirizzo + "../../../etc/passwd")
    with pytest.raises(OSError, match="refused"):
        urlopen(indirizzo)


def test_two_previews_take_two_ports(sito: Path) -> None:
    with servi(sito) as uno, servi(sito) as due:
        assert uno != due
        assert urlopen(uno).read() == urlopen(due).read()


def test_a_taken_port_is_refused_with_the_remedy(sito: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as occupata:
        occupata.bind(("127.0.0.1", 0))
        occupata.listen()
        porta = occupata.getsockname()[1]
        assert cli.main(["anteprima", "--cartella", str(sito), "--porta", str(porta), "--senza-browser"]) == 2
    assert capsys.readouterr().err == (
        f"La porta {porta} non può essere usata.\nChe cosa fare: indicarne un'altra, o nessuna, con --porta.\n"
    )


def test_shows_the_last_edition_or_the_one_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "reports.toml").touch()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsoError, match="Non c'è nessun sito"):
        trova_sito(None, None)
    for quando, edizione in enumerate(("2025-2027", "2022-2024")):
        pagina = tmp_path / "reports" / edizione / "sito" / "index.html"
        pagina.parent.mkdir(parents=True)
        pagina.write_text(edizione, encoding="utf-8")
        os.utime(pagina, (quando, quando))
    assert trova_sito(None, None).parent.name == "2022-2024"
    assert trova_sito(None, "2025-2027").parent.name == "2025-2027"
    with pytest.raises(UsoError, match="Non c'è nessun sito"):
        trova_sito(None, "2019-2021")


@pytest.mark.skipif(os.name == "nt", reason="Ctrl+C is sent as a POSIX signal")
def test_prints_the_address_and_closes_with_ctrl_c(sito: Path) -> None:
    import signal

    comando = [sys.executable, "-m", "conciliazione_lib", "anteprima", "--senza-browser", "--cartella", str(sito)]
    ambiente = dict(os.environ, PYTHONUNBUFFERED="1")
    with subprocess.Popen(comando, stdout=subprocess.PIPE, text=True, encoding="utf-8", env=ambiente) as processo:
        assert processo.stdout is not None
        assert "città 2025" in processo.stdout.readline()
        indirizzo = processo.stdout.readline().split()[1]
        assert urlopen(indirizzo).status == 200
        processo.send_signal(signal.SIGINT)
        assert processo.stdout.read().strip() == "Anteprima chiusa."
        assert processo.wait(10) == 0
