"""Chapter 03 for an ATS that is a province, one made of three, one that lacks a figure, and the region."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest

from conciliazione_lib import storage, territory
from conciliazione_lib.evidence import Figure, Ledger
from conciliazione_lib.evidence.proofreading import without_links

QUADERNO = Path(__file__).resolve().parents[2] / "notebooks" / "03_lavoro.ipynb"


@pytest.fixture(autouse=True)
def in_silenzio(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("IPython.display.display", lambda *blocchi: None)
    monkeypatch.setenv("CONCILIAZIONE_DATI", str(tmp_path))


@functools.cache
def esegui(territorio: str) -> list[dict[str, Any]]:
    nomi: dict[str, Any] = {}
    for cella in nbformat.read(QUADERNO, as_version=4).cells:
        if cella.cell_type == "code":
            exec(compile(cella.source, QUADERNO.name, "exec"), nomi)
            if "parameters" in cella.metadata.get("tags", []):
                nomi["territorio"] = territorio
    return [blocco.to_dict() for blocco in nomi["c"].blocchi]


def cifre(blocchi: list[dict[str, Any]]) -> dict[str, Figure]:
    return dict(Ledger.from_dict(blocchi[-1]["registro"]).figures)


def tabella(blocchi: list[dict[str, Any]], id: str) -> dict[str, Any]:
    return next(b for b in blocchi if b["tipo"] == "tabella" and b["id"] == id)


def colonna(tabella: dict[str, Any], nome: str) -> list[Any]:
    posto = [c["id"] for c in tabella["colonne"]].index(nome)
    return [riga[posto]["v"] for riga in tabella["righe"]]


def prosa(blocchi: list[dict[str, Any]]) -> str:
    return " ".join(" ".join(without_links(b["markdown"]).split()) for b in blocchi if b["tipo"] == "testo")


def test_an_ats_that_is_a_province_has_its_published_rates() -> None:
    blocchi = esegui("bergamo")
    trovate = cifre(blocchi)
    assert trovate["tasso_occupazione_f.bergamo.2022"].value == 62.0
    assert trovate["tasso_occupazione_m.bergamo.2022"].value == 83.2
    assert trovate["tasso_occupazione_f.bergamo.2022"].grade == "pubblicazione"
    assert [i.tabella for i in trovate["tasso_occupazione_f.bergamo.2022"].inputs] == ["occupazione"]
    assert "coincide con una provincia" in prosa(blocchi)
    assert not any(b.get("id") == "tab-contributi" for b in blocchi)


def test_an_ats_of_three_provinces_is_an_estimate_and_its_parts_add_up() -> None:
    blocchi = esegui("montagna")
    trovate = cifre(blocchi)
    divario = trovate["divario_occupazione.montagna.2022"]
    assert divario.grade == "stima"
    assert divario.lower is not None
    assert [i.tabella for i in divario.inputs] == ["occupazione", "popolazione"]
    parti = colonna(tabella(blocchi, "tab-contributi"), "contributo_divario")
    assert len(parti) == 3
    assert sum(parti) == pytest.approx(divario.value)
    assert sum(colonna(tabella(blocchi, "tab-contributi"), "peso_provincia")) == pytest.approx(100.0)
    assert "sono una stima" in prosa(blocchi)


def test_a_province_without_men_s_pay_leaves_its_ats_without_a_pay_gap() -> None:
    blocchi = esegui("brianza")
    assert "non si può calcolare: per una sua provincia la fonte non dà la retribuzione degli uomini" in prosa(blocchi)
    assert colonna(tabella(blocchi, "tab-retribuzioni"), "divario_retributivo")[0] is None
    assert cifre(blocchi)["divario_retributivo.brianza.2023"].text == "n.d."


def test_the_region_is_set_against_the_country_on_the_last_year_of_both() -> None:
    blocchi = esegui("lombardia")
    trovate = cifre(blocchi)
    assert trovate["divario_occupazione.lombardia.2024"].value == pytest.approx(15.2)
    assert trovate["divario_occupazione.italia.2024"].value == pytest.approx(19.4)
    assert len(tabella(blocchi, "tab-contributi")["righe"]) == 12
    # The method, tried on the region, falls on the published rates.
    (scarto,) = (f for f in trovate.values() if f.indicator == "scarto_stima")
    assert scarto.value is not None
    assert scarto.value <= 0.1


def test_counts_by_comune_replace_the_missing_box_with_gaps_by_ambito() -> None:
    comuni = territory.load(data="2022-01-01").comuni
    conteggi = pd.DataFrame(
        [(codice, 2022, sesso, "20-64", n, 100) for codice in comuni.index for sesso, n in (("F", 60), ("M", 80))],
        columns=["cod_comune", "anno", "sesso", "eta", "occupati", "popolazione"],
    ).assign(grado="pubblicazione", fonte="prova", url=None, note=None)
    storage.write_version(
        "occupati_comuni",
        "importata",
        "occupati_comuni.csv",
        lambda percorso: conteggi.to_csv(percorso, index=False),
        {
            "data_riferimento": "2022",
            "titolo": "Occupati per comune",
            "fonte": "prova",
            "url": "",
            "licenza": "",
            "recuperato": "2026-01-01",
            "grado": "pubblicazione",
            "note": "",
        },
    )
    blocchi = esegui("milano")
    ambiti = tabella(blocchi, "tab-ambiti")
    assert set(colonna(ambiti, "divario_occupazione")) == {20.0}
    assert len(ambiti["righe"]) == 18 + 1  # the ambiti of the ATS, and the ATS
    assert not any("occupati per comune" in b.get("titolo", "") for b in blocchi if b["tipo"] == "riquadro")


def test_a_trend_is_told_only_where_the_new_survey_has_years_enough_for_its_test() -> None:
    bergamo = esegui("bergamo")
    assert "noto per troppo pochi anni (2021 e 2022) per dire una tendenza" in prosa(bergamo)
    assert "tendenza_divario.bergamo.2021-2022" not in cifre(bergamo)
    regione = esegui("lombardia")
    pendenza = cifre(regione)["tendenza_divario.lombardia.2021-2024"]
    # Least squares of 15.0, 16.8, 15.6, 15.2 on the year: nothing of the years before the break enters.
    assert pendenza.value == pytest.approx(-0.06)
    assert pendenza.lower < 0 < pendenza.upper
    assert any(
        "[con così pochi anni non si distingue da zero]" in b["markdown"] for b in regione if b["tipo"] == "testo"
    )


def test_an_ats_that_is_a_province_has_one_row_and_the_other_measures_are_never_of_the_old_survey() -> None:
    blocchi = esegui("bergamo")
    assert colonna(tabella(blocchi, "tab-occupazione"), "nome") == ["ATS di Bergamo", "Lombardia", "Italia"]
    quando = colonna(tabella(blocchi, "tab-mercato"), "quando")
    assert min(quando) > "2021"
    neet = [f for f in cifre(blocchi).values() if ("misura", "non studiano e non lavorano") in f.breakdown]
    assert [f.value for f in neet] == [10.1]


def test_what_is_said_of_the_model_of_services_follows_the_data() -> None:
    testo = prosa(esegui("bergamo"))
    assert "(non ci sono per: provincia di Monza e della Brianza)" in testo
    assert "undici province" not in testo  # how many they are is in the table
    assert "attraversa il cambio di rilevazione" in testo
