"""The population file of demo.istat.it: read right, or refused with every problem located."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from conciliazione_lib import catalog, territory
from conciliazione_lib.errors import DatiError
from conciliazione_lib.sources.population_file import read_population, recognise


@pytest.fixture(scope="module")
def righe() -> list[str]:
    """The embedded population as demo.istat.it writes it, with a comune of another region and the closing note."""
    popolazione = catalog.read("popolazione", data="2022-01-01")
    tavola = popolazione.pivot(index=["cod_comune", "eta"], columns="sesso", values="residenti").fillna(0).astype(int)
    nomi = territory.load(data="2022-01-01").comuni["nome"]
    testo = ['"Popolazione residente per età e sesso al 1° gennaio 2022"']
    testo.append('"Codice comune";"Comune";"Età";"Totale maschi";"Totale femmine";"Totale"')
    for codice, gruppo in tavola.groupby(level=0):
        righe_comune = [(eta, m, f) for (_, eta), f, m in zip(gruppo.index, gruppo["F"], gruppo["M"], strict=True)]
        righe_comune.append((999, int(gruppo["M"].sum()), int(gruppo["F"].sum())))
        testo += [f'"{codice}";"{nomi[codice]}";{eta};{m};{f};{m + f}' for eta, m, f in righe_comune]
    testo += ['"028001";"Abano Terme";0;57;48;105', "", '"Elaborazione su dati ISTAT"']
    return testo


def scrivi(cartella: Path, righe: list[str], *, zip: bool = False) -> Path:
    csv = "\ufeff" + "\r\n".join(righe)
    if zip:
        percorso = cartella / "POSAS_2022_it_Comuni.zip"
        with zipfile.ZipFile(percorso, "w") as archivio:
            archivio.writestr("POSAS_2022_it_Comuni.csv", csv.encode())
        return percorso
    percorso = cartella / "POSAS_2022_it_Comuni.csv"
    percorso.write_bytes(csv.encode())
    return percorso


@pytest.fixture(scope="module")
def lombardia() -> territory.Territory:
    return territory.load(data="2022-01-01")


@pytest.mark.parametrize("compresso", [True, False])
def test_the_file_gives_back_the_population(
    tmp_path: Path, righe: list[str], lombardia: territory.Territory, compresso: bool
) -> None:
    percorso = scrivi(tmp_path, righe, zip=compresso)
    assert recognise(percorso) == "2022-01-01"
    letto = read_population(percorso, lombardia)
    attesa = catalog.read("popolazione", data="2022-01-01")
    assert (letto.data, letto.altrove) == ("2022-01-01", 1)
    assert letto.frame["residenti"].sum() == 9_943_004
    unite = letto.frame.merge(attesa, on=["cod_comune", "eta", "sesso"], how="outer", suffixes=("", "_attesi")).fillna(
        0
    )
    assert (unite["residenti"] == unite["residenti_attesi"]).all()


def guasti(righe: list[str]) -> list[str]:
    """Break an age on row 3 and a total on row 11."""
    rotte = list(righe)
    rotte[2] = rotte[2].replace(";0;", ";zero;", 1)
    *prime, totale = rotte[10].split(";")
    rotte[10] = ";".join([*prime, str(int(totale) + 1)])
    return rotte


def test_every_problem_is_located(tmp_path: Path, righe: list[str], lombardia: territory.Territory) -> None:
    with pytest.raises(DatiError) as errore:
        read_population(scrivi(tmp_path, guasti(righe)), lombardia)
    testo = str(errore.value)
    assert "riga 3, colonna età: atteso un numero intero non negativo; trovato «zero»" in testo
    assert "riga 11, colonna totale: atteso maschi più femmine" in testo
    # the row that was not read leaves its comune short of its total
    assert "il totale della riga 999" in testo


def test_a_cut_file_is_refused(tmp_path: Path, righe: list[str], lombardia: territory.Territory) -> None:
    with pytest.raises(DatiError, match="ci sono solo i comuni delle province di Bergamo, Brescia, Como"):
        read_population(scrivi(tmp_path, righe[: len(righe) // 2]), lombardia)


def test_other_files_are_not_taken_for_it(tmp_path: Path, lombardia: territory.Territory) -> None:
    altro = tmp_path / "altro.csv"
    altro.write_text("comune;posti\nMilano;3\n", encoding="utf-8")
    assert recognise(altro) is None
    with pytest.raises(DatiError, match=r"non è «Popolazione residente per età e sesso» di demo\.istat\.it"):
        read_population(altro, lombardia)
    finto = tmp_path / "finto.zip"
    finto.write_bytes(b"PK\x03\x04 rotto")
    assert recognise(finto) is None
    with pytest.raises(DatiError, match="danneggiato"):
        read_population(finto, lombardia)


def test_an_archive_with_two_files_is_refused(tmp_path: Path, lombardia: territory.Territory) -> None:
    percorso = tmp_path / "due.zip"
    with zipfile.ZipFile(percorso, "w") as archivio:
        archivio.writestr("a.csv", "x")
        archivio.writestr("../b.csv", "x")
    with pytest.raises(DatiError, match="un solo file CSV: ne contiene 2"):
        read_population(percorso, lombardia)
