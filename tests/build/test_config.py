"""The configuration is checked before anything runs: every wrong key, with its place, in Italian."""

from __future__ import annotations

from pathlib import Path

import pytest

from conciliazione_lib import build
from conciliazione_lib.build.config import Edizione
from conciliazione_lib.errors import UsoError

RIGHT = """
edizione = "2025-2027"
[edizioni.2025-2027]
titolo = "Piano"
data = "2022-01-01"
[[capitoli]]
id = "01_territorio"
titolo = "Il territorio"
notebook = "uno.ipynb"
livelli = ["ats"]
"""


def write(folder: Path, testo: str) -> Path:
    (folder / "uno.ipynb").write_text("{}")
    file = folder / "reports.toml"
    file.write_text(testo, encoding="utf-8")
    return file


def test_the_configuration_of_the_project_is_valid() -> None:
    config = build.load(Path(__file__).parents[2])
    assert config.edizione in config.edizioni
    assert all(config.notebook(chapter).is_file() for chapter in config.capitoli)


def test_paths_start_from_its_folder(tmp_path: Path) -> None:
    config = build.load(write(tmp_path, RIGHT))
    assert config.notebook(config.capitoli[0]) == tmp_path.resolve() / "uno.ipynb"


@pytest.mark.parametrize(
    ("da", "a", "message"),
    [
        ('titolo = "Piano"', 'titolo = "Piano"\ncolore = 1', "edizioni.2025-2027.colore: atteso una chiave conosciuta"),
        ('id = "01_territorio"', "", "capitoli.1.id: atteso la chiave «id»; trovato niente."),
        ('["ats"]', '["asl"]', "capitoli.1.livelli.1: atteso uno fra ats, ambito, regione; trovato 'asl'."),
        ('["ats"]', "[]", "capitoli.1.livelli: atteso almeno un elemento; trovato un elenco vuoto."),
        ("2022-01-01", "2022-13-01", "edizioni.2025-2027.data: atteso un valore ammesso"),
        ('edizione = "2025-2027"', 'edizione = "2030"', "l'edizione «2030» non è fra quelle dichiarate"),
        ('livelli = ["ats"]', 'livelli = ["ats"]\nparametri = {data = "x"}', "parametri decisi dal piano: data"),
        ('"uno.ipynb"', '"due.ipynb"', "atteso il notebook due.ipynb; trovato nessun file."),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, da: str, a: str, message: str) -> None:
    with pytest.raises(UsoError) as info:
        build.load(write(tmp_path, RIGHT.replace(da, a)))
    assert message in str(info.value)
    assert info.value.codice_uscita == 2


@pytest.mark.parametrize("written", ["20250101", "2025-W01-3"])
def test_a_date_has_one_form_however_it_is_written(written: str) -> None:
    assert Edizione(titolo="Prova", data=written).data == "2025-01-01"


def test_all_the_errors_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(UsoError, match="ha 2 errori") as info:
        build.load(write(tmp_path, RIGHT.replace('["ats"]', '["asl"]').replace('titolo = "Piano"', "")))
    assert len(info.value.problemi) == 2


def test_two_chapters_cannot_have_the_same_id(tmp_path: Path) -> None:
    chapter = RIGHT[RIGHT.index("[[capitoli]]") :]
    with pytest.raises(UsoError, match="capitoli con lo stesso id: 01_territorio"):
        build.load(write(tmp_path, RIGHT + chapter))


def test_what_is_not_toml_or_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsoError, match=r"Manca il file .*reports\.toml"):
        build.load(tmp_path)
    with pytest.raises(UsoError, match="non è TOML corretto"):
        build.load(write(tmp_path, "edizione = "))


def test_another_edition_must_be_declared(tmp_path: Path) -> None:
    config = build.load(write(tmp_path, RIGHT + '[edizioni.2028]\ntitolo = "Dopo"\ndata = "2025-01-01"\n'))
    assert config.per_edizione("2028").edizione == "2028"
    assert config.per_edizione("2028").radice == config.radice
    with pytest.raises(UsoError, match=r"L'edizione «2031» non è dichiarata"):
        config.per_edizione("2031")


def test_an_unknown_chapter_is_told_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(UsoError) as info:
        build.load(write(tmp_path, RIGHT)).capitolo("09_tutto")
    assert "scegliere fra: 01_territorio" in str(info.value)
