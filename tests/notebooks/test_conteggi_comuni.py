"""The chapters use the counts of ISTAT by comune as soon as «dati importa» brings them in, and read well without."""

import io
import zipfile
from pathlib import Path

import nbformat
import pytest

from conciliazione_lib import catalog, territory
from conciliazione_lib.cli import main
from conciliazione_lib.evidence import Ledger

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
ALLORA = territory.load("2021-12-31")
OGGI = territory.load("2022-01-01")


def run(name, **parameters):
    names = {}
    for cell in nbformat.read(NOTEBOOKS / name, as_version=4).cells:
        if cell.cell_type == "code":
            exec(compile(cell.source, name, "exec"), names)
            if "parameters" in cell.metadata.get("tags", []):
                names.update(parameters)
    return [block.to_dict() for block in names["c"].blocchi]


def figures(blocks):
    return {name: figure.value for name, figure in Ledger.from_dict(blocks[-1]["registro"]).figures.items()}


def words(blocks):
    return " ".join(block.get("markdown", "") for block in blocks)


def shown(blocks):
    return {block["id"] for block in blocks if "id" in block}


@pytest.fixture(autouse=True)
def own_data(tmp_path, monkeypatch):
    monkeypatch.setenv("CONCILIAZIONE_DATI", str(tmp_path / "i miei dati"))
    monkeypatch.setattr("IPython.display.display", lambda *blocks: None)


def bring_in(path, table):
    assert main(["dati", "importa", str(path), "--come", table, "--fonte", "ISTAT"]) == 0


def zipped(folder, name, lines):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{name}.csv", "\r\n".join(lines).encode("utf-8-sig"))
    path = folder / f"{name}.zip"
    path.write_bytes(packed.getvalue())
    return path


def listed(folder, name, header, rows):
    path = folder / f"{name}.csv"
    path.write_text(
        "\n".join([header, *(";".join(str(cell) for cell in row) for row in rows)]) + "\n", encoding="utf-8"
    )
    return path


def test_births_foreigners_and_families_enter_the_chapter_of_the_population(tmp_path):
    before = run("02_demografia.ipynb", territorio="pavia")
    for table in ("bilancio_demografico", "stranieri", "famiglie"):
        assert f"`conciliazione dati aggiorna {table}`" in words(before)
    assert "i nati non sono disponibili" in words(before).replace("\n", " ")

    lines = ['"Bilancio demografico e popolazione residente al 31 dicembre 2021"']
    lines.append(
        '"Codice comune";"Comune";"Popolazione censita al 1° gennaio - Totale";"Nati vivi - Totale";"Morti - Totale";'
        '"Saldo naturale - Totale";"Saldo migratorio interno - Totale";"Saldo migratorio con l\'estero - Totale";'
        '"Popolazione censita al 31 dicembre - Totale"'
    )
    lines += [f'"{code}";"x";1000;7;9;-2;3;1;1002' for code in ALLORA.comuni.index]
    bring_in(zipped(tmp_path, "P2_2021_it_Comuni", lines), "bilancio_demografico")

    lines = ['"Popolazione straniera residente per età e sesso al 1° gennaio 2022"']
    lines.append('"Codice comune";"Comune";"Età";"Maschi";"Femmine"')
    for code in OGGI.comuni.index:
        lines += [f'"{code}";"x";{age};{int(age == 1)};0' for age in range(101)]
        lines.append(f'"{code}";"x";999;1;0')
    bring_in(zipped(tmp_path, "STRASA_2022_it_Comuni", lines), "stranieri")

    rows = [(code, 2021, 10, 23) for code in ALLORA.comuni.index]
    bring_in(
        listed(tmp_path, "famiglie", "codice istat;anno;numero di famiglie;residenti in famiglia", rows), "famiglie"
    )

    after = run("02_demografia.ipynb", territorio="pavia")
    found = figures(after)
    pavia = len(ALLORA.members("ats", "pavia"))
    assert found["nati.pavia.2021"] == 7 * pavia
    assert found["tasso_natalita_contato.pavia.2021"] == pytest.approx(1000 * 7 / 1001)
    assert found["stranieri_contati.pavia.2022-01-01"] == len(OGGI.members("ats", "pavia"))
    children = OGGI.aggregate(catalog.read("popolazione", "2022-01-01").query("eta <= 2"), to="ats")
    children = children[children["territorio"] == "pavia"]["residenti"].sum()
    assert found["quota_stranieri_0_2.pavia.2022-01-01"] == pytest.approx(100 * pavia / children)
    assert found["componenti_per_famiglia.pavia.2021"] == pytest.approx(2.3)
    assert {"tab-nati", "tab-stranieri-ats", "tab-famiglie"} <= shown(after)
    assert "dati aggiorna" not in words(after)
    # the approximation stays beside the count
    assert "residenti_0.pavia.2022-01-01" in found
    assert "si possono solo approssimare" in words(after)


def test_counts_of_a_part_of_the_comuni_are_not_shown_for_the_whole(tmp_path):
    rows = [(code, 2021, 10, 23) for code in ALLORA.members("ats", "pavia")]
    header = "codice istat;anno;numero di famiglie;residenti in famiglia"
    bring_in(listed(tmp_path, "famiglie", header, rows), "famiglie")
    own, other = run("02_demografia.ipynb", territorio="pavia"), run("02_demografia.ipynb", territorio="bergamo")
    assert figures(own)["componenti_per_famiglia.pavia.2021"] == pytest.approx(2.3)
    assert "tab-famiglie" not in shown(other)
    assert "`conciliazione dati aggiorna famiglie`" in words(other)
