"""What the ATS gives of its Rete, Comunità di Pratica and projects stands in the document; else, fields to fill."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from conciliazione_lib import catalog
from conciliazione_lib.evidence import Place
from conciliazione_lib.publish.documents import outline, plan, prose
from conciliazione_lib.publish.documents.elements import Table

PAVIA = Place("ats", "pavia", "ATS di Pavia")
GUIDED = outline.fixed_words()["campi"]
GIVEN: dict[str, dict[str, list[Any]]] = {
    "rete": {
        "ente": ["Comune di Pavia", "CISL | Pavia-Lodi"],
        "tipo": ["comune", None],
        "ruolo": [None, None],
        "atto": ["Decreto 12", None],
        "data": ["2025-03-01", None],
    },
    "comunita_pratica": {
        "rappresentanza": ["Associazioni sindacali", "Associazioni sindacali"],
        "ente": ["CGIL", "CISL"],
    },
    "progetti_piano": {
        "progetto": ["Tempo *libero*"],
        "capofila": ["Consorzio sociale pavese"],
        "partner": ["Comune di Vigevano"],
        "macrocategorie": ["a, c"],
        "destinatari": [None],
        "contributo": [25000.5],
    },
}


class Store:
    """As the store has its lists."""

    def __init__(self) -> None:
        self.index = {"elenchi": dict.fromkeys(plan.LISTS)}

    def listing(self, name: str) -> pd.DataFrame:
        return pd.DataFrame(GIVEN[name]).assign(
            livello="ats", territorio="pavia", fonte="ATS di Pavia, decreto 12/2025"
        )


ARCHIVE: Any = SimpleNamespace(store=Store())


def cells(markdown: str) -> list[list[str]]:
    [table] = [one for one in prose.elements(markdown) if isinstance(one, Table)]
    return [[cell["t"] for cell in row] for row in table.rows]


def test_what_is_given_is_printed_word_for_word_with_its_source() -> None:
    said = plan.fields(ARCHIVE, PAVIA, GUIDED)
    assert cells(said["rete"]) == [
        ["Comune di Pavia", "comune", "componente", "Decreto 12, 1/3/2025"],
        ["CISL | Pavia-Lodi", "", "componente", ""],
    ]
    assert cells(said["progetti_piano"]) == [
        ["Tempo *libero*", "Consorzio sociale pavese; Comune di Vigevano", "a, c", "25.000,50 €"]
    ]
    assert all("Fonte: ATS di Pavia" in text for text in said.values())


def test_whom_the_guidelines_want_and_nobody_has_named_is_a_field_to_fill() -> None:
    rows = {row[0]: row[1:] for row in cells(plan.fields(ARCHIVE, PAVIA, GUIDED)["comunita_pratica"])}
    assert rows["Associazioni sindacali"] == ["obbligatoria", "CGIL; CISL"]
    assert rows["Camera di commercio"] == ["obbligatoria", plan.TO_FILL]
    assert rows["Ordini professionali"] == ["possibile", plan.TO_FILL]


@pytest.mark.parametrize(("archive", "place"), [(None, PAVIA), (ARCHIVE, Place("ats", "milano", "ATS di Milano"))])
def test_nothing_given_leaves_the_guided_fields(archive: Any, place: Place) -> None:
    said = plan.fields(archive, place, GUIDED)
    assert said["rete"].startswith("[Da completare: componenti della Rete")
    assert all(cell == plan.TO_FILL for row in cells(said["progetti_piano"]) for cell in row)
    assert [row[2] for row in cells(said["comunita_pratica"])] == [plan.TO_FILL] * 9


@pytest.mark.parametrize("name", plan.LISTS)
def test_the_tables_have_no_person_and_a_list_with_their_key(name: str) -> None:
    spec = catalog.spec(name)
    assert not {"nome", "cognome", "persona", "referente", "email"} & set(spec.columns)
    assert set(GIVEN[name]) <= set(spec.columns)


@pytest.mark.parametrize("kind", ["piano", "documento"])
def test_every_field_of_the_fixed_texts_is_filled(kind: str) -> None:
    edition: Any = SimpleNamespace(id="2025-2027", titolo="Prova", data="2025-01-01", kind=lambda place: kind)
    for section in outline.STRUCTURE:
        for where in ("sezioni", "seguito"):
            for element in outline._fixed(where, section, PAVIA, edition, ARCHIVE):
                assert "{" not in str(element.text if hasattr(element, "text") else "")
