"""What a notebook shows of the things of the library: short texts, HTML or SVG faces, and what completion offers."""

from __future__ import annotations

import pandas as pd
import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.formatters import DisplayFormatter
from IPython.core.interactiveshell import InteractiveShell
from piccola_edizione import chapter

from conciliazione_lib import catalog, evidence, territory
from conciliazione_lib.report import charts


@pytest.fixture(scope="module")
def things() -> dict[str, object]:
    """One of each thing that a researcher meets."""
    c = chapter("pavia")
    frame = pd.DataFrame({"territorio": ["pavia"], "indice_vecchiaia": [208.3]})
    f = c.cifre(frame, livello="ats", periodo=c.data, ingressi=[catalog.table("popolazione", data=c.data)])
    map_ = next(block for block in c.blocchi if block.tipo == "mappa")
    return {
        "territorio": territory.load("2022-01-01"),
        "cifre": f,
        "cifra": f.indice_vecchiaia,
        "figura": f.indice_vecchiaia.figure,
        "tabella": catalog.table("ats"),
        "tabelle": catalog.tabelle,
        "dichiarazione": catalog.spec("ats"),
        "registro": evidence.load(),
        "indicatore": evidence.load()["indice_vecchiaia"],
        "grafico": charts.barre(pd.Series({"a": 1.0, "b": 2.0})),
        "mappa": map_,
    }


NAMES = (
    *("territorio", "cifre", "cifra", "figura", "tabella", "tabelle", "dichiarazione", "registro", "indicatore"),
    *("grafico", "mappa"),
)


@pytest.mark.parametrize("nome", NAMES)
def test_everything_shows_itself(things: dict[str, object], nome: str) -> None:
    faces, _ = DisplayFormatter().format(things[nome])
    assert len(faces["text/plain"]) < (6000 if nome == "tabelle" else 400)
    assert "object at 0x" not in faces["text/plain"]
    if nome == "grafico":
        assert faces["image/svg+xml"].startswith("<svg")
    elif nome != "cifre":
        assert faces["text/html"].startswith("<")


def test_the_face_of_a_table_tells_its_source(things: dict[str, object]) -> None:
    assert "Ministero della Salute" in DisplayFormatter().format(things["tabella"])[0]["text/html"]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("tabelle['popolazione_i", "popolazione_italia"),
        ("registro['indice_vecch", "indice_vecchiaia"),
        ("cifre.indice_v", ".indice_vecchiaia"),
        ("cifra['pav", "pavia"),
    ],
)
def test_completion_lists_what_there_is(things: dict[str, object], row: str, expected: str) -> None:
    shell = InteractiveShell(user_ns=dict(things))
    shell.Completer.use_jedi = False
    with provisionalcompleter():
        assert [offered for offered in shell.complete(row)[1] if offered.endswith(expected)]
