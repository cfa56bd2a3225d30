"""The chapters of city-time plans and of resources, for territories that know much, little and nothing."""

from pathlib import Path

import nbformat
import pytest

from conciliazione_lib.evidence import Ledger

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"


def esegui(nome, territorio):
    """Execute a notebook in this process and return its blocks."""
    nomi = {}
    for cella in nbformat.read(NOTEBOOKS / nome, as_version=4).cells:
        if cella.cell_type == "code":
            exec(compile(cella.source, nome, "exec"), nomi)
            if "parameters" in cella.metadata.get("tags", []):
                nomi["territorio"] = territorio
    return [blocco.to_dict() for blocco in nomi["c"].blocchi]


@pytest.fixture(autouse=True)
def in_silenzio(monkeypatch, tmp_path):
    monkeypatch.setattr("IPython.display.display", lambda *blocchi: None)
    monkeypatch.setenv("CONCILIAZIONE_DATI", str(tmp_path))


def cifre(blocchi):
    return {chiave: figura.value for chiave, figura in Ledger.from_dict(blocchi[-1]["registro"]).figures.items()}


def tabelle(blocchi):
    return {blocco["id"]: blocco for blocco in blocchi if blocco["tipo"] == "tabella"}


def colonna(tabella, nome):
    posto = [c["id"] for c in tabella["colonne"]].index(nome)
    return [riga[posto]["v"] for riga in tabella["righe"]]


def mancanti(blocchi):
    return [b["titolo"] for b in blocchi if b["tipo"] == "riquadro" and b["genere"] == "manca"]


@pytest.fixture
def tempi(request):
    return esegui("05_tempi.ipynb", request.param)


@pytest.fixture
def risorse(request):
    return esegui("07_risorse.ipynb", request.param)


@pytest.mark.parametrize("tempi", ["milano"], indirect=True)
def test_milano_has_the_survey_the_projects_and_the_reminders(tempi):
    trovate = tabelle(tempi)
    assert len(trovate["tab-obbligati"]["righe"]) == 17
    assert len(trovate["tab-ambiti"]["righe"]) == 18 == len(trovate["tab-risposte"]["righe"])
    assert sum(colonna(trovate["tab-risposte"], "comuni_dichiarati")) == 195
    assert trovate["tab-solleciti"]["righe"][0][0]["t"] == "Cinisello Balsamo"
    assert len(trovate["tab-aree"]["righe"]) == 6
    assert mancanti(tempi) == []
    assert cifre(tempi)["comuni_obbligati.milano.2022-01-01"] == 17


@pytest.mark.parametrize("tempi", ["montagna"], indirect=True)
def test_an_ats_without_a_survey_gets_the_template_and_no_invented_answer(tempi):
    assert "tab-obbligati" not in tabelle(tempi)
    assert mancanti(tempi) == [
        "Dato mancante: le risposte degli ambiti sui loro piani",
        "Dato mancante: i progetti dei comuni finanziati con i bandi sui tempi delle città",
    ]
    valori = cifre(tempi)
    assert valori["quota_comuni_piano_massima.montagna.2022-01-01"] == 100
    assert valori["comuni_con_piano.montagna.2022-01-01"] == 1  # Sondrio, from the regional report


@pytest.mark.parametrize("tempi", ["lombardia"], indirect=True)
def test_lombardia_lists_the_forty_and_reports_the_disagreement(tempi):
    trovate = tabelle(tempi)
    assert len(trovate["tab-obbligati"]["righe"]) == 40
    valori = cifre(tempi)
    assert valori["comuni_adottanti_relazione.lombardia.2019"] == 139
    assert valori["somma_classi_relazione.lombardia.2019"] == 129
    assert "non quadra" in colonna(trovate["tab-quadrature"], "esito")


@pytest.mark.parametrize("risorse", ["milano"], indirect=True)
def test_milano_has_its_constraints_in_euros(risorse):
    valori = cifre(risorse)
    assert valori["risorse_assegnate.milano.2025-2027"] == 1_050_000
    assert valori["vincolo_azioni_sistema.milano.2020-2023"] == 242_169.00
    assert valori["vincolo_progetti.milano.2020-2023"] == 726_507.00
    assert valori["vincolo_riserva.milano.2020-2023"] == 72_650.70
    assert len(tabelle(risorse)["tab-asl"]["righe"]) == 4


@pytest.mark.parametrize("risorse", ["brescia"], indirect=True)
def test_brescia_has_its_own_figures_and_not_the_constraints_of_milano(risorse):
    valori = cifre(risorse)
    assert valori["risorse_assegnate.brescia.2025-2027"] == 360_000
    assert not [chiave for chiave in valori if chiave.startswith("vincolo_")]
    per_chi = colonna(tabelle(risorse)["tab-regole-2020"], "per")
    assert set(per_chi) == {"tutte"}
    storia = next(b for b in risorse if b["tipo"] == "grafico" and b["id"] == "fig-storia")["dati"]
    assert colonna(storia, "periodo") == ["2014-2015", "2019", "2020-2023", "2025-2027"]


@pytest.mark.parametrize("risorse", ["lombardia"], indirect=True)
def test_the_rounding_and_the_simulation_move_money_without_making_any(risorse):
    valori = cifre(risorse)
    for nome in ("effetto_arrotondamento", "differenza_simulazione"):
        delle_ats = [v for chiave, v in valori.items() if chiave.startswith(nome)]
        assert len(delle_ats) == 8
        assert sum(delle_ats) == pytest.approx(0, abs=0.005)
    assert len(tabelle(risorse)["tab-allegato-c"]["righe"]) == 15
