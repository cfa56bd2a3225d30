"""How a source was read is a field of its own: of the version, and of the rows where they differ."""

from __future__ import annotations

import pytest

from conciliazione_lib import catalog, storage
from conciliazione_lib.errors import DatiError

EMBEDDED = [
    version for name in catalog.names() for version in catalog.versions(name) if version.origine == "incorporata"
]
BY_ROW = ("figure_pubblicate", "indicatori_servizi", "madri_occupazione", "occupazione", "retribuzioni")


@pytest.mark.parametrize("name", BY_ROW)
def test_a_version_is_read_as_the_weakest_of_its_rows(name: str) -> None:
    table = catalog.table(name)
    rows = table.frame["lettura"].dropna().unique()
    assert table.provenance.lettura == max(rows, key=storage.READS.index)


def test_of_the_published_figures_the_transcribed_ones_are_known_one_by_one() -> None:
    assert catalog.read("figure_pubblicate")["lettura"].value_counts().to_dict() == {
        "trascrizione": 823,
        "originale": 248,
        "copia": 66,
    }


@pytest.mark.parametrize("version", EMBEDDED, ids=lambda version: f"{version.tabella}-{version.percorso.stem}")
def test_what_a_note_says_of_the_reading_is_in_the_field(version: storage.Provenance) -> None:
    note = version.note.casefold()
    if "trascri" in note:
        assert version.lettura == "trascrizione"
    elif "nella copia" in note:
        assert version.lettura != storage.ORIGINAL


def test_no_row_says_in_its_note_that_it_was_transcribed() -> None:
    for name in BY_ROW:
        assert not catalog.read(name)["note"].fillna("").str.contains("trascri", case=False).any(), name


def test_an_unknown_reading_is_refused(tmp_path) -> None:
    entry = storage.read_provenance(storage.folder("occupazione", "incorporata"))[0]
    with pytest.raises(DatiError, match=r"La lettura «a voce» della tabella «occupazione» non esiste\."):
        storage._provenance("occupazione", "incorporata", tmp_path, entry | {"lettura": "a voce"})
