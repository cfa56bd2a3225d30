"""``conciliazione dati``: a file comes in whole or not at all, and there is always a way back."""

from __future__ import annotations

import json
import re
from pathlib import Path

import openpyxl
import pytest

from conciliazione_lib import catalog
from conciliazione_lib.cli import main

HEADER = "comune;denominazione;tipo;gestione;posti;anno;fonte"
GOOD = [
    "Pavia;Nido Uno;asilo nido;pubblica;60;2024;Elenco ATS",
    "Voghera;Nido Due;micronido;privata;10;2024;Elenco ATS",
]


@pytest.fixture(autouse=True)
def _own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONCILIAZIONE_DATI", str(tmp_path / "dati dell'analista"))


def elenco(folder: Path, rows: list[str], nome: str = "nidi è pronto.csv") -> Path:
    path = folder / nome
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return path


def test_a_list_comes_in_and_goes_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dati", "importa", str(elenco(tmp_path, GOOD)), "--come", "servizi_offerta"]) == 0
    output = capsys.readouterr().out
    assert "Righe: 2 (prima 0); nuove 2, tolte 0, cambiate 0." in output
    assert "04_servizi" in output
    assert catalog.read("servizi_offerta")["posti"].tolist() == [60, 10]

    second = elenco(tmp_path, [GOOD[0].replace(";60;", ";45;"), GOOD[1]], "seconda.csv")
    assert main(["dati", "importa", str(second), "--come", "servizi_offerta"]) == 0
    assert "cambiate 1" in capsys.readouterr().out
    assert main(["dati", "ripristina", "servizi_offerta"]) == 0
    assert catalog.read("servizi_offerta")["posti"].tolist() == [60, 10]
    assert main(["dati", "ripristina", "servizi_offerta"]) == 0
    assert "non c'era una versione importata prima" in capsys.readouterr().out
    assert main(["dati", "ripristina", "servizi_offerta"]) == 2


def test_a_trial_imports_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dati", "importa", str(elenco(tmp_path, GOOD)), "--come", "servizi_offerta", "--prova"]) == 0
    assert "nulla è stato importato" in capsys.readouterr().out
    assert not (tmp_path / "dati dell'analista").exists()


def test_a_wrong_list_is_refused_and_marked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dati", "importa", str(elenco(tmp_path, GOOD)), "--come", "servizi_offerta"]) == 0
    capsys.readouterr()
    broken = elenco(
        tmp_path,
        [GOOD[0], "Vogerra;Nido Due;micronido;privata;-3;2024;x", "Pavia;=CMD();astronave;privata;5;2024;x"],
        "rotta.csv",
    )
    assert main(["dati", "importa", str(broken), "--come", "servizi_offerta"]) == 2
    error = capsys.readouterr().err
    assert "riga 3, colonna comune" in error
    assert "Voghera" in error
    assert "riga 3, colonna posti" in error
    assert "riga 4, colonna tipo" in error
    # the good table is still there, and the copy has the cells marked
    assert len(catalog.read("servizi_offerta")) == 2
    copy = openpyxl.load_workbook(tmp_path / "rotta-da-correggere.xlsx")
    page = copy.worksheets[0]
    assert page["A3"].comment is not None
    assert page["C4"].fill.start_color.rgb == "FFF2B8B5"
    assert page["B4"].value == "=CMD()"
    assert page["B4"].data_type == "s"
    assert broken.read_text(encoding="utf-8").count("\n") == 4


def test_the_marked_copy_can_be_corrected_and_imported(tmp_path: Path) -> None:
    broken = elenco(tmp_path, [GOOD[0], GOOD[1].replace("micronido", "astronave")], "rotta.csv")
    assert main(["dati", "importa", str(broken), "--come", "servizi_offerta"]) == 2
    copy = tmp_path / "rotta-da-correggere.xlsx"
    book = openpyxl.load_workbook(copy)
    book.worksheets[0]["C3"] = "micronido"
    book.save(copy)
    assert main(["dati", "importa", str(copy), "--come", "servizi_offerta"]) == 0
    assert len(catalog.read("servizi_offerta")) == 2


def test_state_says_tier_and_chapters(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dati", "stato", "--json"]) == 0
    status = json.loads(capsys.readouterr().out)
    population = next(v for v in status["tabelle"] if v["tabella"] == "popolazione")
    assert (population["origine"], population["data_riferimento"]) == ("incorporata", "2022-01-01")
    assert "02_demografia" in population["capitoli"]
    absent = {v["tabella"]: v for v in status["assenti"]}
    assert absent["kpi"]["capitoli"] == ["06_esiti", "10_limiti"]
    # a chapter is served through the analyses it shows, and through those they follow
    assert {"02_demografia", "scheda_ambito", "01_territorio"} <= set(absent["stranieri"]["capitoli"])
    assert not {"03_lavoro", "06_esiti"} & set(absent["stranieri"]["capitoli"])
    assert absent["stranieri"]["come"][0] == "conciliazione dati aggiorna stranieri"


def test_an_absent_table_says_what_it_takes_and_whom_it_serves(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["dati", "stato"]) == 0
    output = capsys.readouterr().out
    assert re.search(r"^stranieri +— +assente *$", output, re.MULTILINE)
    assert "- kpi: Indicatori dei progetti delle Alleanze (KPI) (capitoli 06, 10)" in output
    [served] = re.findall(r"^- stranieri: .*\(capitoli (.*)\)$", output, re.MULTILINE)
    assert re.fullmatch(r"00–02, .*, scheda, confronto", served)
    assert "conciliazione dati aggiorna stranieri" in output
    assert "dati modello kpi, compilarlo, poi conciliazione dati importa FILE --come kpi" in output
    # no name is cut in a terminal of eighty columns
    assert all(re.search(rf"^{name} ", output, re.MULTILINE) for name in catalog.names())

    # where there is room the chapters are beside the table, whole
    monkeypatch.setenv("COLUMNS", "120")
    assert main(["dati", "stato"]) == 0
    assert re.search(rf"^stranieri +— +assente +{served} *$", capsys.readouterr().out, re.MULTILINE)

    assert main(["dati", "stato", "stranieri"]) == 0
    output = capsys.readouterr().out
    assert "Assente: non ha ancora dati." in output
    assert main(["dati", "stato", "popolazione", "--json"]) == 0
    versions = json.loads(capsys.readouterr().out)["versioni"]
    assert {v["data_riferimento"]: v["provvisoria"] for v in versions} == {"2022-01-01": False, "2025-01-01": True}
    assert all(v["licenza"] and v["fonte"] and v["url"] for v in versions)


def test_template_is_never_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["dati", "modello", "servizi_offerta"]) == 0
    assert main(["dati", "modello", "servizi_offerta"]) == 2


def test_export_copies_with_provenance(tmp_path: Path) -> None:
    assert main(["dati", "esporta", str(tmp_path / "copia"), "--tabella", "residenti_atto"]) == 0
    [entry] = json.loads((tmp_path / "copia" / "provenienza.json").read_text(encoding="utf-8"))
    assert (tmp_path / "copia" / entry["file"]).is_file()


def test_unknown_table_and_missing_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dati", "importa", "non-c-e.csv", "--come", "servizi_offerta"]) == 2
    assert main(["dati", "importa", str(elenco(tmp_path, GOOD)), "--come", "servizi_oferta"]) == 2
    assert "servizi_offerta" in capsys.readouterr().err


def test_the_files_of_two_alleanze_stay_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    head = "cod_azione;cod_kpi;tipo;indicatore;unità di misura;partner;baseline;data_partenza;target;data_traguardo"
    for name, value in (("nord", "10,5"), ("sud", "20"), ("nord", "30")):
        file = tmp_path / f"{name}.csv"
        file.write_text(
            f"{head}\nA1;K1;outcome;Ore risparmiate;ore;Ente;{value};2025-06-01;90;2027-06-30\n", encoding="utf-8"
        )
        comune = [
            "dati",
            "importa",
            str(file),
            "--come",
            "kpi",
            "--con",
            "ats=pavia",
            "--aggiungi",
            "--fonte",
            "Alleanza",
        ]
        assert main([*comune, "--con", f"alleanza=Alleanza {name}"]) == 0
    assert catalog.read("kpi").set_index("alleanza")["valore_partenza"].to_dict() == {
        "Alleanza sud": 20,
        "Alleanza nord": 30,
    }
    assert main([*comune, "--con", "alleanza"]) == 2
    assert "--con COLONNA=VALORE" in capsys.readouterr().err


def test_a_dataset_of_the_region_is_searched_chosen_and_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from sources.server import Reply, Server, records

    resource = {
        "id": "abcd-1234",
        "name": "Unità d'offerta prima infanzia",
        "columns_field_name": ["comune", "posti"],
        "data_updated_at": "2026-02-01T10:00:00Z",
    }
    rows = [
        {":id": "1", "origine": "Pavia", "destinazione": "Voghera", "minuti": "35"},
        {":id": "2", "origine": "018182", "destinazione": "Pavia", "minuti": "36"},
    ]
    with Server() as server:
        monkeypatch.setenv("CONCILIAZIONE_FONTI", f"lombardia={server.url}")
        monkeypatch.setenv("NO_PROXY", "*")
        catalogue = {"results": [{"resource": resource, "permalink": "https://www.dati.lombardia.it/d/abcd-1234"}]}
        server.give("/api/catalog/v1", Reply(json.dumps(catalogue).encode(), "application/json"))
        assert main(["dati", "cerca", "prima", "infanzia"]) == 0
        output = capsys.readouterr().out
        assert "abcd-1234  Unità d'offerta prima infanzia (aggiornato il 2026-02-01)" in output
        assert "campi: comune, posti" in output
        server.give("/resource/abcd-1234.json", records([{"righe": "2"}]), records(rows), records([]))
        assert main(["dati", "aggiorna", "tempi_percorrenza", "--insieme", "abcd-1234", "--si"]) == 0
        assert catalog.read("tempi_percorrenza")["minuti"].tolist() == [35, 36]
        # without naming it again, what was already downloaded is read from the raw answers
        assert main(["dati", "aggiorna", "tempi_percorrenza", "--si"]) == 0
        assert "invariata" in capsys.readouterr().out
    assert main(["dati", "aggiorna", "tempi_percorrenza", "famiglie", "--insieme", "abcd-1234"]) == 2
    assert "una tabella sola" in capsys.readouterr().err


def famiglie(folder: Path, anno: int, *, pavia: str = "38.102", other: str = "") -> str:
    path = folder / "famiglie.csv"
    rows = ["comune;anno;famiglie;componenti", f"Pavia;{anno};{pavia};72.511", f"Voghera;{anno};19.900;38.500", other]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return str(path)


def di_pavia() -> dict[int, int]:
    frame = catalog.read("famiglie")
    return frame[frame["cod_comune"] == "018110"].set_index("anno")["famiglie"].to_dict()


def test_a_file_is_of_the_years_its_rows_say_and_replaces_those_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    how = ["--come", "famiglie", "--fonte", "Anagrafi"]
    assert main(["dati", "importa", famiglie(tmp_path, 2021), *how]) == 0
    assert "Famiglie dei comuni e loro componenti, dati al 2021" in capsys.readouterr().out
    assert main(["dati", "importa", famiglie(tmp_path, 2021, pavia="38.112,0"), *how]) == 0
    assert "  Pavia (018110), 2021, famiglie: da 38.102 a 38.112" in capsys.readouterr().out
    assert main(["dati", "importa", famiglie(tmp_path, 2020), *how]) == 0
    assert di_pavia() == {2020: 38_102, 2021: 38_112}
    assert main(["dati", "importa", famiglie(tmp_path, 2030), *how, "--aggiungi"]) == 0
    assert di_pavia() == {2020: 38_102, 2021: 38_112, 2030: 38_102}
    assert catalog.table("famiglie").provenance.data_riferimento.endswith("/2030")


def test_an_older_file_does_not_take_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "tempi.csv"
    file.write_text("origine;destinazione;minuti\nAzzate;Varese;12\n", encoding="utf-8")
    how = ["dati", "importa", str(file), "--come", "tempi_percorrenza", "--fonte", "ATS", "--data"]
    assert main([*how, "2025-01-01"]) == 0
    assert main([*how, "2024-01-01"]) == 0
    assert "resta in uso la versione più recente, con i dati al 2025-01-01" in capsys.readouterr().out


def test_a_row_of_totals_is_recognised_left_out_and_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = famiglie(tmp_path, 2021, other="Totale provincia;2021;58.002;111.011")
    assert main(["dati", "importa", file, "--come", "famiglie", "--fonte", "Anagrafi"]) == 0
    assert di_pavia() == {2021: 38_102}
    told = capsys.readouterr().out
    assert "Righe di totale riconosciute e lasciate fuori: riga 4: anno 2021 (la somma" not in told
    assert "riga 4: famiglie 58002 (è la somma delle righe), componenti 111011 (è la somma delle righe)." in told
