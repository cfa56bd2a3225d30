"""A document open in Word is told before a build begins, not after it has run for minutes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conciliazione_lib.build import opened
from conciliazione_lib.errors import EsecuzioneError


@pytest.fixture
def edizione(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An edition whose Word document another program keeps for itself, as Word does on Windows."""
    for name in ("documenti/pavia/analisi.docx", "documenti/pavia/analisi.pdf", "tabelle/pavia.xlsx", "sito/a.docx"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "documenti/pavia/~$analisi.docx").write_bytes(b"x")
    open_ = Path.open

    def deny(path: Path, *arguments: Any, **other: Any) -> Any:
        if path.name.endswith("analisi.docx"):
            raise PermissionError(13, "usato da un altro processo")
        return open_(path, *arguments, **other)

    monkeypatch.setattr(Path, "open", deny)
    return tmp_path


def test_what_is_open_is_found_and_refused(edizione: Path) -> None:
    assert [file.name for file in opened.in_use(edizione)] == ["analisi.docx"]
    with pytest.raises(EsecuzioneError, match=r"aperti in un altro programma.*«analisi.docx»") as error:
        opened.require_closed(edizione)
    assert "chiuderli" in str(error.value.rimedio)


def test_what_is_closed_is_let_go(tmp_path: Path) -> None:
    (tmp_path / "documenti").mkdir()
    (tmp_path / "documenti" / "analisi.docx").write_bytes(b"x")
    opened.require_closed(tmp_path)
    opened.require_closed(tmp_path / "non c'è")
