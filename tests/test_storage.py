import json

import pytest

from conciliazione_lib import catalog, storage
from conciliazione_lib.errors import DatiError, UsoError

ENTRY = {
    "data_riferimento": "2024-01-01",
    "titolo": "Cifre",
    "fonte": "Ufficio di piano",
    "url": "",
    "licenza": "CC BY 4.0",
    "recuperato": "2026-01-01",
    "grado": "atto",
}
HEADER = "indicatore,livello,territorio,denominazione,anno,sesso,valore,unita,definizione,stato,grado,fonte,url,note\n"
ROW = "nati,regione,lombardia,Lombardia,2024,T,60000,nati,nati vivi,,{grado},ISTAT,,\n"


@pytest.fixture(autouse=True)
def _local_tiers(tmp_path, monkeypatch):
    monkeypatch.setenv(storage.ROOT_VARIABLE, str(tmp_path / "dati dell’ufficio è"))


def _store(origine="importata", grado="atto", **voce):
    text = HEADER + ROW.format(grado=grado)
    return storage.write_version(
        "figure_pubblicate", origine, "mie.csv", lambda p: p.write_text(text, encoding="utf-8"), ENTRY | voce
    )


def test_the_imported_table_answers_before_the_refreshed_and_the_embedded():
    assert storage.find("figure_pubblicate").origine == "incorporata"
    _store("scaricata")
    assert storage.find("figure_pubblicate").origine == "scaricata"
    _store("importata")
    table = catalog.table("figure_pubblicate")
    assert table.provenance.origine == "importata"
    assert len(table.frame) == 1


def test_another_date_still_comes_from_the_tier_that_has_it():
    _store()
    assert storage.find("figure_pubblicate", "2013/2030").origine == "incorporata"
    with pytest.raises(UsoError, match="le date presenti sono 2013/2030, 2024-01-01"):
        storage.find("figure_pubblicate", "1999-01-01")


@pytest.mark.parametrize("stato", ["provvisorio", "stima", "previsione"])
def test_what_is_not_definitive_is_chosen_only_by_its_date(stato):
    _store(stato=stato)
    assert storage.find("figure_pubblicate").origine == "incorporata"
    asked = storage.find("figure_pubblicate", "2024-01-01")
    assert asked.stato == stato
    assert asked.provvisorio
    assert catalog.read("figure_pubblicate", "2024-01-01").attrs["provenienza"]["stato"] == stato


def test_without_a_definitive_version_the_most_final_answers_then_the_most_recent(monkeypatch, tmp_path):
    monkeypatch.setattr(storage, "embedded_root", lambda: tmp_path / "nessuno")
    for year, status in (("2022", "provvisorio"), ("2023", "provvisorio"), ("2024", "stima"), ("2025", "previsione")):
        storage.write_version(
            "figure_pubblicate",
            "scaricata",
            f"{year}.csv",
            lambda p: p.write_text(HEADER + ROW.format(grado="atto"), encoding="utf-8"),
            ENTRY | {"data_riferimento": year, "stato": status},
        )
    assert storage.find("figure_pubblicate").data_riferimento == "2023"


def test_of_a_date_the_most_final_version_answers_whatever_its_tier():
    _store("scaricata")
    _store("importata", stato="stima")
    assert storage.find("figure_pubblicate", "2024-01-01").origine == "scaricata"


@pytest.mark.parametrize(
    ("versions", "first"),
    [
        ([("2026", "2026-03-01"), ("2025/2026", "2026-03-02")], "2025/2026"),
        ([("2026", "2026-03-02"), ("2025/2026", "2026-03-01")], "2026"),
        ([("2026", "2026-03-01"), ("2025/2026", "2026-03-01")], "2025/2026"),
        ([("2013/2026", "2026-03-01"), ("2025", "2026-03-02")], "2013/2026"),
        ([("2026", "2026-03-02"), ("2026/2027", "2026-03-01")], "2026/2027"),
    ],
)
def test_a_period_is_as_recent_as_its_end_then_as_it_was_taken(versions, first):
    for number, (data, taken) in enumerate(versions):
        storage.write_version(
            "figure_pubblicate",
            "importata",
            f"{number}.csv",
            lambda p, n=number: p.write_text(HEADER + ROW.format(grado="atto") * (n + 1), encoding="utf-8"),
            ENTRY | {"data_riferimento": data, "recuperato": taken},
        )
    assert storage.find("figure_pubblicate").data_riferimento == first


def test_the_versions_of_an_embedded_table_are_the_end_of_its_declaration(tmp_path):
    table = tmp_path / "prova" / storage.DECLARATION
    table.parent.mkdir()
    declared = '# Perché\ntitolo = "Prova"\n\n[colonne.anno]\ntipo = "intero"'
    table.write_text(f'{declared}\n\n[[versioni]]\nfile = "b.csv"\n# detto da noi\n', encoding="utf-8")
    entries = [
        {"file": "b.csv", "note": 'detta «nota», con "virgolette" ' * 9},
        {"file": "a.csv", "note": "parole " * 30},
    ]
    entries = [{name: text.strip() for name, text in entry.items()} for entry in entries]
    storage.write_provenance(table.parent, entries)
    assert storage.read_provenance(table.parent) == entries[::-1]
    text = table.read_text(encoding="utf-8")
    assert text.startswith(f'{declared}\n\n[[versioni]]\nfile = "a.csv"\nnote = """\nparole parole')
    assert max(map(len, text.partition("b.csv")[0].splitlines())) <= 110
    storage.write_provenance(table.parent, entries)
    assert table.read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[versioni]]\nfile = "a.csv"\nrecuperato = 2026-01-01\n', "«versioni.recuperato»: atteso un testo"),
        ('versioni = ["a.csv"]\n', "le versioni non sono una lista di voci"),
        ("[[versioni]\n", "non si può leggere"),
    ],
)
def test_wrong_versions_of_a_declaration_are_said_with_their_file(tmp_path, text, said):
    table = tmp_path / "prova" / storage.DECLARATION
    table.parent.mkdir()
    table.write_text(text, encoding="utf-8")
    with pytest.raises(DatiError) as error:
        storage.read_provenance(table.parent)
    assert said in error.value.messaggio
    assert storage.DECLARATION in error.value.messaggio


def test_versions_before_the_declaration_are_not_written_over_it(tmp_path):
    table = tmp_path / "prova" / storage.DECLARATION
    table.parent.mkdir()
    before = 'titolo = "Prova"\n\n[[versioni]]\nfile = "a.csv"\n\n[colonne.anno]\ntipo = "intero"\n'
    table.write_text(before, encoding="utf-8")
    with pytest.raises(DatiError, match=r"prova/tabella\.toml le \[\[versioni\]\] non sono l'ultima parte"):
        storage.write_provenance(table.parent, [{"file": "a.csv"}])
    assert table.read_text(encoding="utf-8") == before


def test_versions_stored_before_the_statuses_had_names_are_still_read():
    assert _store(provvisorio=True).stato == "provvisorio"
    assert _store(provvisorio=False).stato == "definitivo"


def test_a_status_that_does_not_exist_is_refused():
    with pytest.raises(DatiError, match="Lo stato «quasi» della tabella «figure_pubblicate» non esiste"):
        _store(stato="quasi")


def test_the_weakest_status_is_that_of_the_least_final():
    assert storage.weakest_status([]) == "definitivo"
    assert storage.weakest_status(["provvisorio", "previsione", "definitivo"]) == "previsione"


def test_an_altered_file_is_refused():
    version = _store()
    version.percorso.write_text(HEADER, encoding="utf-8")
    with pytest.raises(DatiError, match="non è quello descritto in provenienza"):
        catalog.read("figure_pubblicate")


def test_invented_rows_never_answer_a_report():
    _store(grado="esempio")
    with pytest.raises(DatiError, match="righe di esempio"):
        catalog.read("figure_pubblicate")
    assert len(catalog.read("figure_pubblicate", examples=True)) == 1


def test_a_failed_write_leaves_the_previous_version():
    before = _store()

    def fails(path):
        path.write_text("a metà", encoding="utf-8")
        raise OSError("disco pieno")

    with pytest.raises(OSError, match="disco pieno"):
        storage.write_version("figure_pubblicate", "importata", "mie.csv", fails, ENTRY)
    assert storage.sha256(before.percorso) == before.sha256
    assert {f.name for f in before.percorso.parent.iterdir()} == {before.percorso.name, "provenienza.json"}


def test_an_interruption_before_the_provenance_leaves_the_previous_version_readable(monkeypatch):
    before = _store()

    def yes_stop(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(storage, "write_provenance", yes_stop)
        with pytest.raises(KeyboardInterrupt):
            _store(grado="stima")
    storage.check(storage.find("figure_pubblicate"))
    assert storage.find("figure_pubblicate") == before
    after = _store(grado="stima")
    assert storage.versions("figure_pubblicate")[0] == after
    assert {f.name for f in after.percorso.parent.iterdir()} == {after.percorso.name, "provenienza.json"}


def test_equal_contents_have_equal_names_whatever_was_there_before():
    before = _store()
    _store(grado="stima")
    assert _store().percorso == before.percorso
    assert storage.names().count("figure_pubblicate") == 1


def test_readings_are_remembered_once_and_forgotten():
    storage.forget_reads()
    catalog.read("figure_pubblicate")
    catalog.read("figure_pubblicate")
    assert [p.tabella for p in catalog.reads()] == ["figure_pubblicate"]
    catalog.forget_reads()
    assert catalog.reads() == []


def test_incomplete_provenance_says_what_is_missing():
    folder = _store().percorso.parent
    (folder / storage.PROVENANCE).write_text(json.dumps([{"file": "mie.csv"}]), encoding="utf-8")
    with pytest.raises(DatiError, match="manca data_riferimento"):
        storage.versions("figure_pubblicate")


def test_a_version_without_its_hash_says_how_to_write_it(monkeypatch, tmp_path):
    folder = tmp_path / "incorporate" / "cifre"
    folder.mkdir(parents=True)
    entry = ENTRY | {"file": "mie.csv", "colore": "blu"}
    with pytest.raises(DatiError, match="manca sha256; non si conosce colore") as info:
        storage._provenance("cifre", "incorporata", folder, entry)
    del entry["colore"]
    with pytest.raises(DatiError, match="manca sha256") as info:
        storage._provenance("cifre", "incorporata", folder, entry)
    assert "conciliazione_lib.catalog.impronte" in str(info.value.rimedio)


def test_a_source_is_cited_once_also_when_another_names_it() -> None:
    assert (
        storage.cite(["ISTAT, Bes (SER; TERRIT)", "MEF; ISTAT, Bes (SER; TERRIT)", ""])
        == "ISTAT, Bes (SER; TERRIT); MEF"
    )


def test_what_a_source_says_between_brackets_stays_with_it() -> None:
    assert storage.cite(["Comuni (A; B)", "ISTAT (C; B)"]) == "Comuni (A; B); ISTAT (C; B)"
