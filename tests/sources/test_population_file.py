"""The population file of demo.istat.it: read right, or refused with every problem located."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from conciliazione_lib import catalog, territory
from conciliazione_lib.errors import DatiError
from conciliazione_lib.sources.population_file import read_population, recognise


@pytest.fixture(scope="module")
def rows() -> list[str]:
    """The embedded population as demo.istat.it writes it, with a comune of another region and the closing note."""
    population = catalog.read("popolazione", data="2022-01-01")
    table = population.pivot(index=["cod_comune", "eta"], columns="sesso", values="residenti").fillna(0).astype(int)
    names = territory.load(data="2022-01-01").comuni["nome"]
    text = ['"Popolazione residente per età e sesso al 1° gennaio 2022"']
    text.append('"Codice comune";"Comune";"Età";"Totale maschi";"Totale femmine";"Totale"')
    for code, group in table.groupby(level=0):
        rows_comune = [(eta, m, f) for (_, eta), f, m in zip(group.index, group["F"], group["M"], strict=True)]
        rows_comune.append((999, int(group["M"].sum()), int(group["F"].sum())))
        text += [f'"{code}";"{names[code]}";{eta};{m};{f};{m + f}' for eta, m, f in rows_comune]
    text += ['"028001";"Abano Terme";0;57;48;105', "", '"Elaborazione su dati ISTAT"']
    return text


def write(folder: Path, rows: list[str], *, zip: bool = False) -> Path:
    csv = "\ufeff" + "\r\n".join(rows)
    if zip:
        path = folder / "POSAS_2022_it_Comuni.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("POSAS_2022_it_Comuni.csv", csv.encode())
        return path
    path = folder / "POSAS_2022_it_Comuni.csv"
    path.write_bytes(csv.encode())
    return path


@pytest.fixture(scope="module")
def lombardia() -> territory.Territory:
    return territory.load(data="2022-01-01")


@pytest.mark.parametrize("compressed", [True, False])
def test_the_file_gives_back_the_population(
    tmp_path: Path, rows: list[str], lombardia: territory.Territory, compressed: bool
) -> None:
    path = write(tmp_path, rows, zip=compressed)
    assert recognise(path) == "2022-01-01"
    read_ = read_population(path, lombardia)
    expected = catalog.read("popolazione", data="2022-01-01")
    assert (read_.data, read_.altrove) == ("2022-01-01", 1)
    assert read_.frame["residenti"].sum() == 9_943_004
    joined = read_.frame.merge(
        expected, on=["cod_comune", "eta", "sesso"], how="outer", suffixes=("", "_attesi")
    ).fillna(0)
    assert (joined["residenti"] == joined["residenti_attesi"]).all()


def faulty(rows: list[str]) -> list[str]:
    """Break an age on row 3 and a total on row 11."""
    broken = list(rows)
    broken[2] = broken[2].replace(";0;", ";zero;", 1)
    *prime, total = broken[10].split(";")
    broken[10] = ";".join([*prime, str(int(total) + 1)])
    return broken


def test_every_problem_is_located(tmp_path: Path, rows: list[str], lombardia: territory.Territory) -> None:
    with pytest.raises(DatiError) as error:
        read_population(write(tmp_path, faulty(rows)), lombardia)
    text = str(error.value)
    assert "riga 3, colonna età: atteso un numero intero non negativo; trovato «zero»" in text
    assert "riga 11, colonna totale: atteso maschi più femmine" in text
    # the row that was not read leaves its comune short of its total
    assert "il totale della riga 999" in text


def test_a_cut_file_is_refused(tmp_path: Path, rows: list[str], lombardia: territory.Territory) -> None:
    with pytest.raises(DatiError, match="ci sono solo i comuni delle province di Bergamo, Brescia, Como"):
        read_population(write(tmp_path, rows[: len(rows) // 2]), lombardia)


def test_other_files_are_not_taken_for_it(tmp_path: Path, lombardia: territory.Territory) -> None:
    other = tmp_path / "altro.csv"
    other.write_text("comune;posti\nMilano;3\n", encoding="utf-8")
    assert recognise(other) is None
    with pytest.raises(DatiError, match=r"non è «Popolazione residente per età e sesso» di demo\.istat\.it"):
        read_population(other, lombardia)
    fake = tmp_path / "finto.zip"
    fake.write_bytes(b"PK\x03\x04 rotto")
    assert recognise(fake) is None
    with pytest.raises(DatiError, match="danneggiato"):
        read_population(fake, lombardia)


def test_an_archive_with_two_files_is_refused(tmp_path: Path, lombardia: territory.Territory) -> None:
    path = tmp_path / "due.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", "x")
        archive.writestr("../b.csv", "x")
    with pytest.raises(DatiError, match="un solo file CSV: ne contiene 2"):
        read_population(path, lombardia)
