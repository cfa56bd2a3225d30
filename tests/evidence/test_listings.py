"""Lists are declared: what is refused, and that declarations and analyses go together."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from conciliazione_lib import territory
from conciliazione_lib.errors import DatiError, UsoError
from conciliazione_lib.evidence import Analisi, listings

ANALYSES = Path(__file__).parents[2] / "notebooks" / "analisi"
GOOD = '[nomi]\ntitolo = "I nomi"\nchiave = ["territorio", "anno"]'


def test_a_declaration_is_read() -> None:
    found = listings.parse({"a.toml": GOOD})["nomi"]
    assert (found.titolo, found.chiave) == ("I nomi", ("territorio", "anno"))


def test_everything_wrong_in_the_declarations_is_said_at_once() -> None:
    files = {"a.toml": GOOD, "b.toml": GOOD, "c.toml": "[", "d.toml": '[altri]\ntitolo = ""\nordine = 1'}
    with pytest.raises(DatiError) as refused:
        listings.parse(files)
    said = str(refused.value)
    assert all(file in said for file in ("b.toml", "c.toml", "d.toml"))
    assert re.search("altri: .*chiave.*ordine", said)


def test_every_declared_list_is_written_by_an_analysis() -> None:
    cells = [cell for path in sorted(ANALYSES.glob("*.ipynb")) for cell in json.loads(path.read_text("utf-8"))["cells"]]
    text = "\n".join(source for cell in cells if "elenco(" in (source := "".join(cell["source"])))
    assert [name for name in listings.load() if f'"{name}"' not in text] == []


def test_a_list_takes_title_and_key_from_its_declaration_or_from_who_writes_it() -> None:
    analysis = Analisi("prova", "2025-2027", territory.load("2022-01-01"))
    frame = pd.DataFrame({"indicatore": ["a"], "anni": [3]})
    analysis.elenco("generazioni", frame)
    analysis.elenco("mia", frame, chiave=["anni"], titolo="Una prova")
    kept = analysis.contenuto().listings
    assert (kept["generazioni"].title, kept["generazioni"].key) == (
        listings.load()["generazioni"].titolo,
        ("indicatore",),
    )
    assert (kept["mia"].title, kept["mia"].key) == ("Una prova", ("anni",))
    with pytest.raises(UsoError, match=r"«nessuna» non è dichiarato(.|\n)*evidence/elenchi"):
        analysis.elenco("nessuna", frame, chiave=["anni"])


def test_of_a_table_that_is_not_there_every_territory_says_so() -> None:
    analysis = Analisi("prova", "2025-2027", territory.load("2022-01-01"))
    rows = analysis.senza_tabella("famiglie", ["famiglie_contate"], periodo="2024")
    assert set(rows["stato"]) == {"non_disponibile"}
    assert rows["motivo"].str.endswith(": la tabella non c'è ancora.").all()
    assert set(rows.loc[rows["livello"] == "comune", "territorio"]) == set(analysis.territorio.codes("comune"))


def test_pictures_have_short_names() -> None:
    analysis = Analisi("prova", "2025-2027", territory.load("2022-01-01"))
    assert list(analysis.nomi("ats")) == analysis.territorio.codes("ats")
    assert analysis.nomi("ats")["pavia"] == "Pavia"
