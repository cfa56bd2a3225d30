"""A file takes the place of the rows of its own territory; each row keeps its source; a loss is asked about."""

import dataclasses
import io
from pathlib import Path

import pandas as pd
import pytest

from conciliazione_lib import catalog, storage, territory
from conciliazione_lib.cli import main
from conciliazione_lib.quality import check
from conciliazione_lib.sources import importing, merging

pytestmark = pytest.mark.usefixtures("local")
T = territory.load()
AMBITI = "comune;ambito;periodo;tipo_elenco;grado"


def write(tmp_path, name, *lines):
    path = tmp_path / f"{name}.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def services(tmp_path, name, *rows):
    return write(tmp_path, name, "comune;denominazione;tipo;posti;anno", *rows)


def bring(file, table="servizi_offerta", source="ATS di prova", *more):
    return main(["dati", "importa", file, "--come", table, "--fonte", source, *more])


def checks_of_ambiti():
    own = [one.id for one in check.checks() if one.id.startswith("territorio-ambiti")]
    return {r.check.id: r.outcome.esito for r in check.run(own)}


def test_a_list_of_ambiti_replaces_its_own_and_leaves_the_other_ats_alone(tmp_path, capsys):
    before, held = catalog.read("comuni_ambiti"), checks_of_ambiti()
    codes = before.loc[before["ambito"] == "lomellina", "cod_comune"]
    lines = [f"{code};Lomellina;2025-2027;ambito;atto" for code in codes]
    assert bring(write(tmp_path, "AMBITI", AMBITI, *lines), "comuni_ambiti", "Piano di zona 2025-2027") == 0
    assert f"Restano {len(before) - len(codes):_} righe di prima".replace("_", ".") in capsys.readouterr().out
    after = catalog.read("comuni_ambiti")
    assert sorted(after["cod_comune"]) == sorted(before["cod_comune"])
    ours = after["cod_comune"].isin(codes)
    others = before[~before["cod_comune"].isin(codes)].reset_index(drop=True)
    pd.testing.assert_frame_equal(after[~ours].reset_index(drop=True), others, check_dtype=False)
    assert set(after.loc[ours, "fonte"]) == {"Piano di zona 2025-2027"}
    cited = storage.find("comuni_ambiti").fonte
    assert " e altre " in cited
    assert "riga" not in cited
    # what is counted from the lists is counted again: a right import makes no check fail
    assert checks_of_ambiti() == held


def test_the_list_of_an_ats_replaces_its_rows_only(tmp_path, capsys):
    assert (
        bring(
            services(tmp_path, "a", "Pavia;Nido A;asilo nido;30;2024", "Vigevano;Nido B;nido;20;2024"),
            source="ATS di Pavia",
        )
        == 0
    )
    assert bring(services(tmp_path, "b", "Brescia;Nido C;nido;40;2024"), source="ATS di Brescia") == 0
    assert "Restano 2 righe di prima" in capsys.readouterr().out
    assert (
        bring(
            services(tmp_path, "c", "Pavia;Nido A;nido;31;2024", "Voghera;Nido D;nido;9;2024"), source="ATS di Pavia 2"
        )
        == 0
    )
    frame = catalog.read("servizi_offerta").set_index("denominazione")
    assert frame["posti"].to_dict() == {"Nido C": 40, "Nido A": 31, "Nido D": 9}
    assert frame["fonte"].to_dict() == {
        "Nido C": "ATS di Brescia",
        "Nido A": "ATS di Pavia 2",
        "Nido D": "ATS di Pavia 2",
    }
    assert storage.find("servizi_offerta").fonte == "ATS di Brescia; ATS di Pavia 2"


def test_the_list_of_a_new_year_takes_the_place_of_that_of_the_year_before(tmp_path, capsys):
    assert bring(services(tmp_path, "a", "Pavia;Nido A;nido;30;2024", "Pavia;Nido B;nido;20;2024")) == 0
    capsys.readouterr()
    assert bring(services(tmp_path, "b", "Pavia;Nido A;nido;31;2025", "Pavia;Nido B;nido;20;2025")) == 0
    # the same two nurseries: the places of the two years do not add up
    assert catalog.read("servizi_offerta").set_index("denominazione")["posti"].to_dict() == {"Nido A": 31, "Nido B": 20}
    assert len(catalog.read("servizi_offerta")) == 2
    assert "Righe: 2 (prima 2)" in capsys.readouterr().out


@pytest.mark.parametrize("others", [("2024",), ("2026",), ("2024", "2026"), ("2025",)])
@pytest.mark.parametrize("how", [(), ("--aggiungi",)])
def test_a_list_enters_whatever_the_years_of_the_others(tmp_path, capsys, others, how):
    for n, year in enumerate(others):
        assert bring(services(tmp_path, f"o{n}", f"{('Brescia', 'Como')[n]};Nido {n};nido;40;{year}")) == 0
    assert bring(services(tmp_path, "mine", "Pavia;Nido A;nido;30;2025"), "servizi_offerta", "ATS di prova", *how) == 0
    assert "resta in uso" not in capsys.readouterr().out
    wanted = {f"Nido {n}": 40 for n in range(len(others))} | {"Nido A": 30}
    assert catalog.read("servizi_offerta").set_index("denominazione")["posti"].to_dict() == wanted


def test_a_list_that_narrows_the_years_is_the_one_in_use(tmp_path):
    assert bring(services(tmp_path, "a", "Pavia;Nido A;nido;30;2024")) == 0
    assert bring(services(tmp_path, "b", "Como;Nido B;nido;9;2026")) == 0
    assert storage.find("servizi_offerta").data_riferimento == "2024/2026"
    assert bring(services(tmp_path, "c", "Pavia;Nido A;nido;31;2025")) == 0
    assert storage.find("servizi_offerta").data_riferimento == "2025/2026"
    assert catalog.read("servizi_offerta").set_index("denominazione")["posti"].to_dict() == {"Nido A": 31, "Nido B": 9}
    # and the way back leads to what was there
    assert main(["dati", "ripristina", "servizi_offerta"]) == 0
    assert catalog.read("servizi_offerta").set_index("denominazione")["posti"].to_dict() == {"Nido A": 30, "Nido B": 9}


def test_an_older_list_says_that_what_it_replaces_is_later(tmp_path, capsys):
    assert bring(services(tmp_path, "a", "Pavia;Nido A;nido;30;2025", "Como;Nido C;nido;7;2025")) == 0
    capsys.readouterr()
    assert bring(services(tmp_path, "b", "Pavia;Nido B;nido;20;2023")) == 0
    assert "le righe di cui prende il posto sono più recenti, fino al 2025" in capsys.readouterr().out
    assert catalog.read("servizi_offerta").set_index("denominazione")["posti"].to_dict() == {"Nido C": 7, "Nido B": 20}


def test_of_two_lists_that_end_in_the_same_year_the_last_is_in_use(tmp_path):
    assert bring(services(tmp_path, "a", "Pavia;Nido A;nido;30;2024", "Pavia;Nido B;nido;9;2025")) == 0
    assert bring(services(tmp_path, "b", "Pavia;Nido A;nido;31;2025", "Pavia;Nido B;nido;8;2025")) == 0
    assert catalog.read("servizi_offerta").set_index("denominazione")["posti"].to_dict() == {"Nido A": 31, "Nido B": 8}


def test_rows_without_a_year_enter_beside_later_ones_of_other_territories(tmp_path):
    head = "origine;destinazione;minuti"
    assert bring(write(tmp_path, "a", head, "Azzate;Varese;12"), "tempi_percorrenza", "A", "--data", "2025-01-01") == 0
    assert bring(write(tmp_path, "b", head, "Pavia;Voghera;35"), "tempi_percorrenza", "B", "--data", "2024-01-01") == 0
    assert sorted(catalog.read("tempi_percorrenza")["minuti"]) == [12, 35]
    more = ("tempi_percorrenza", "C", "--data", "2023-01-01", "--aggiungi")
    assert bring(write(tmp_path, "c", head, "Pavia;Lodi;40"), *more) == 0
    assert sorted(catalog.read("tempi_percorrenza")["minuti"]) == [12, 35, 40]


def test_a_net_loss_needs_a_yes(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO())
    many = [f"Pavia;Nido {n};nido;30;2024" for n in range(100)]
    assert bring(services(tmp_path, "a", *many)) == 0
    assert bring(services(tmp_path, "b", *many[:98])) == 0  # two in a hundred
    capsys.readouterr()
    assert bring(services(tmp_path, "c", *many[:60])) == 2
    err = capsys.readouterr().err
    assert "perde 38 righe del suo territorio. Nulla è stato importato." in err
    assert "--si" in err
    assert len(catalog.read("servizi_offerta")) == 98
    assert bring(services(tmp_path, "c", *many[:60]), "servizi_offerta", "ATS di prova", "--si") == 0
    assert len(catalog.read("servizi_offerta")) == 60


def test_totals_of_a_new_date_are_compared_with_those_in_force(tmp_path, capsys, monkeypatch):
    """With the population of Italy, which is one territory; of the comuni below, those of one province are enough."""
    monkeypatch.setattr("sys.stdin", io.StringIO())
    in_force = storage.find("popolazione_italia").data_riferimento
    old = catalog.read("popolazione_italia", in_force)[["eta", "sesso", "residenti"]]
    half = write(tmp_path, "half", old.assign(residenti=old["residenti"] // 2).to_csv(index=False).strip())
    when = ["--data", "2026-01-01"]
    assert bring(half, "popolazione_italia", "Anagrafe", *when, "--prova") == 0
    assert "Da controllare: la somma di «residenti» passa da 58.971.230 a 29." in capsys.readouterr().out
    assert bring(half, "popolazione_italia", "Anagrafe", *when) == 2
    err = capsys.readouterr().err
    assert "I totali sono troppo lontani da quelli in vigore: la somma di «residenti»" in err
    assert "Nulla è stato importato." in err
    assert "ripetere con --si" in err
    assert storage.find("popolazione_italia").data_riferimento == in_force
    whole = write(tmp_path, "whole", old.to_csv(index=False).strip())
    assert bring(whole, "popolazione_italia", "Anagrafe", *when) == 0
    assert bring(half, "popolazione_italia", "Anagrafe", *when, "--si") == 0


def test_a_new_date_of_some_comuni_only_is_told_how_many_rows_are_lost(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO())
    then = territory.load(data="2026-01-01").aggregate(catalog.read("popolazione"), to="comune")
    old = then.rename(columns={"territorio": "cod_comune"})[["cod_comune", "eta", "sesso", "residenti"]]
    some = write(tmp_path, "some", old[old["cod_comune"].str.startswith("018")].to_csv(index=False).strip())
    assert bring(some, "popolazione", "Anagrafe", "--data", "2026-01-01") == 2
    assert "delle 304212 righe già presenti ne restano 37370" in capsys.readouterr().err


def test_totals_of_a_new_year_are_compared_with_the_last(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO())

    def families(year, share):
        rows = [f"{name};{year};{n // share};{2 * n // share}" for name, n in (("Pavia", 38_000), ("Voghera", 20_000))]
        return write(tmp_path, f"f{year}", "comune;anno;famiglie;componenti", *rows)

    assert bring(families(2021, 1), "famiglie") == 0
    assert bring(families(2022, 2), "famiglie") == 2
    assert "la somma di «famiglie» passa da 58.000 a 29.000 (-50%)" in capsys.readouterr().err
    assert bring(families(2021, 2), "famiglie") == 2
    assert bring(families(2022, 1), "famiglie") == 0

    def nurseries(year, places):
        return services(tmp_path, f"n{year}", *(f"Pavia;Nido {year} {n};nido;{places};{year}" for n in range(50)))

    assert bring(nurseries(2024, 60)) == 0
    assert bring(nurseries(2025, 25)) == 2
    assert "la somma di «posti» passa da 3.000 a 1.250 (-58%)" in capsys.readouterr().err
    assert bring(nurseries(2025, 58)) == 0


def test_added_rows_do_not_relabel_those_of_before(tmp_path):
    head = "comune;anno;famiglie;componenti"
    assert bring(write(tmp_path, "a", head, "Pavia;2019;50;100", "Pavia;2024;40;90"), "famiglie", "Anagrafe A") == 0
    assert bring(write(tmp_path, "b", head, "Pavia;2030;45;95"), "famiglie", "Anagrafe B", "--aggiungi") == 0
    frame = catalog.read("famiglie")
    ours = frame[frame["cod_comune"] == "018110"]
    assert ours["famiglie"].tolist() == [50, 40, 45]
    assert ours["fonte"].tolist() == ["Anagrafe A", "Anagrafe A", "Anagrafe B"]


def test_a_table_whose_rows_do_not_say_their_source_cites_each_with_its_years():
    spec = catalog.spec("famiglie")
    old, new = pd.DataFrame({"anno": [2019, 2024]}), pd.DataFrame({"anno": [2025]})
    assert merging._of("ISTAT", old, spec, "2019/2024") == "ISTAT (2019/2024)"
    assert merging._of("Anagrafe", new, spec, "2025") == "Anagrafe (2025)"


def test_licence_and_status_of_what_stays_are_not_lost(tmp_path):
    first = importing.understand(
        Path(services(tmp_path, "a", "Pavia;Nido A;nido;30;2024")), "servizi_offerta", fonte="Regione"
    )
    importing.store(dataclasses.replace(first, licenza="CC BY 4.0", url="http://a", stato="provvisorio"))
    assert bring(services(tmp_path, "b", "Pavia;Nido B;nido;9;2025"), "servizi_offerta", "ATS", "--aggiungi") == 0
    found = storage.find("servizi_offerta")
    assert (found.licenza, found.stato, found.url, found.fonte) == (
        "CC BY 4.0",
        "provvisorio",
        "http://a",
        "Regione; ATS",
    )
    assert catalog.read("servizi_offerta")["fonte"].tolist() == ["Regione", "ATS"]


def test_whose_data_it_is_is_asked_and_no_file_name_is_ever_cited(tmp_path, capsys):
    path = services(tmp_path, "mio elenco", "Pavia;Nido A;nido;30;2024")
    assert main(["dati", "importa", path, "--come", "servizi_offerta"]) == 2
    assert "Di chi sono i dati? Aggiungere --fonte" in capsys.readouterr().err
    families = write(tmp_path, "f", "comune;anno;famiglie;componenti", "Pavia;2024;45;90")
    assert main(["dati", "importa", families, "--come", "famiglie"]) == 2
    assert "--fonte" in capsys.readouterr().err
    assert bring(path) == 0
    assert "mio elenco" not in str(storage.find("servizi_offerta").to_dict())
    with_source = write(
        tmp_path, "c", "comune;denominazione;tipo;posti;anno;fonte", "Pavia;Nido A;nido;3;2024;Comune di Pavia"
    )
    assert main(["dati", "importa", with_source, "--come", "servizi_offerta"]) == 0
    assert storage.find("servizi_offerta").fonte == "Comune di Pavia"


def test_a_population_of_a_day_is_not_mixed_with_that_of_another(tmp_path):
    rows = [f"18110.0;{age};{sex};{100 - age}" for age in range(101) for sex in "MF"]
    path = write(tmp_path, "p", "cod_comune;eta;sesso;residenti", *rows)
    assert bring(path, "popolazione", "Anagrafe", "--data", "2031-01-01", "--si") == 0
    assert set(catalog.read("popolazione", "2031-01-01")["cod_comune"]) == {"018110"}


def test_problems_of_a_kind_are_told_once_with_their_number(tmp_path, capsys):
    rows = [f"Pavia;Nido {n};nido;{'P' if n < 90 else 'Q'};30;2024" for n in range(95)]
    path = write(tmp_path, "a", "comune;denominazione;tipo;gestione;posti;anno", *rows, "Pavya;Nido;nido;P;x;2024")
    assert bring(path) == 2
    err = capsys.readouterr().err
    assert "      «P»: 91 celle (righe 2, 3, 4, 5, 6, …)" in err
    assert "      «Q»: 5 celle (righe 92, 93, 94, 95, 96)" in err
    assert err.count("atteso uno fra: pubblica") == 1
    assert "«Pavya»" in err
    assert "«x»" in err  # all in one round
    assert len(err.splitlines()) < 15


def test_thousands_of_different_problems_are_capped(tmp_path, capsys):
    rows = [f"Luogo{n};Nido {n};nido;G{n};p{n};2024" for n in range(2000)]
    assert bring(write(tmp_path, "a", "comune;denominazione;tipo;gestione;posti;anno", *rows)) == 2
    err = capsys.readouterr().err
    assert len(err.splitlines()) < 110
    assert "e altri 1970 valori, in 1970 celle." in err
