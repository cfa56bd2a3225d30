"""The chapter on results, with invented indicators and questionnaires of three ATS: shown, protected, attacked."""

from __future__ import annotations

import functools
from dataclasses import replace
from pathlib import Path

import nbformat
import pandas as pd
import pytest
import questionari_inventati

from conciliazione_lib import catalog, storage
from conciliazione_lib.errors import DatiError
from conciliazione_lib.evidence import Ledger, Place
from conciliazione_lib.indicators import survey_tables
from conciliazione_lib.publish import leaks

QUADERNO = Path(__file__).resolve().parents[2] / "notebooks" / "06_esiti.ipynb"
TERRITORI = ("pavia", "bergamo", "brescia", "lombardia")


def esegui(**parametri: str) -> list[dict]:
    nomi: dict = {}
    for cella in nbformat.read(QUADERNO, as_version=4).cells:
        if cella.cell_type == "code":
            exec(compile(cella.source, QUADERNO.name, "exec"), nomi)
            if "parameters" in cella.metadata.get("tags", []):
                nomi.update(parametri)
    return [blocco.to_dict() for blocco in nomi["c"].blocchi]


@pytest.fixture(scope="module")
def inventati(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with what an analyst would have imported, all of it invented."""
    cartella = tmp_path_factory.mktemp("dati locali")
    voce = {"data_riferimento": "2026", "titolo": "Prova", "fonte": "Inventata", "url": "", "licenza": "",
            "recuperato": "2026-02-01", "grado": "esempio"}  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONCILIAZIONE_DATI", str(cartella))
        for tabella, frame in (
            ("questionari", questionari_inventati.risposte()),
            ("questionari_inviati", questionari_inventati.inviati()),
            ("kpi", questionari_inventati.kpi()),
        ):
            scrivi = functools.partial(frame.assign(**questionari_inventati.FONTE).to_csv, index=False)
            storage.write_version(tabella, "importata", "prova.csv", scrivi, voce)
    return cartella


@pytest.fixture
def dati(inventati: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONCILIAZIONE_DATI", str(inventati))
    monkeypatch.setattr("IPython.display.display", lambda *blocchi: None)


@pytest.fixture(scope="module")
def capitoli(inventati: Path) -> dict[str, list[dict]]:
    """The chapter of three ATS and of the region, with the invented data let in."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONCILIAZIONE_DATI", str(inventati))
        patch.setattr("IPython.display.display", lambda *blocchi: None)
        patch.setattr(catalog, "table", functools.partial(catalog.table, esempi=True))
        return {territorio: esegui(territorio=territorio) for territorio in TERRITORI}


@pytest.fixture(scope="module")
def registro(capitoli: dict[str, list[dict]]) -> Ledger:
    """The ledger of the edition: that of every chapter."""
    insieme = Ledger()
    for blocchi in capitoli.values():
        insieme.merge(Ledger.from_dict(blocchi[-1]["registro"]))
    return insieme


def test_invented_answers_never_reach_a_chapter(dati: None) -> None:
    with pytest.raises(DatiError, match="righe di esempio"):
        esegui(territorio="pavia")


def test_both_questionnaires_and_the_indicators_are_shown(capitoli: dict[str, list[dict]], registro: Ledger) -> None:
    visti = {b.get("id") for b in capitoli["pavia"]}
    assert {"fig-avanzamento", "tab-valori-kpi", "tab-risposte-beneficiari", "tab-risposte-organizzazioni"} <= visti
    assert {"fig-giudizi-beneficiari", "fig-medie-beneficiari", "fig-medie-organizzazioni"} <= visti
    assert {"fig-scelta-cons", "fig-prima-dopo", "fig-alfa-beneficiari", "fig-alfa-organizzazioni"} <= visti
    cifre = registro.figures
    assert cifre["rispondenti.pavia.2026.questionario-beneficiari"].value == 78
    assert cifre["rispondenti.pavia.2026.questionario-organizzazioni"].value == 17
    # four organisations of another ATS would be had by subtraction from the region: hidden with them
    assert cifre["rispondenti.brescia.2026.questionario-organizzazioni"].value is None
    assert "rispondenti.lombardia.2026.questionario-organizzazioni" not in cifre
    assert cifre["rispondenti.pavia.2026.alleanza-Nord.questionario-beneficiari"].value == 40
    assert cifre["tasso_risposta.pavia.2026.questionario-beneficiari"].value == pytest.approx(100 * 78 / 171)
    assert any(f.indicator == "dipendenti_medi" and f.value for f in cifre.values())
    consiglia = [f for f in cifre.values() if f.indicator == "quota_scelta" and f.territory.codice == "pavia"]
    assert any(f.value and f.lower and f.upper and f.lower < f.value < f.upper for f in consiglia)
    prosa = " ".join(b["markdown"] for b in capitoli["pavia"] if b["tipo"] == "testo")
    assert "Stuart-Maxwell" in prosa
    assert "potrebbe\nstare ovunque" in prosa or "potrebbe stare ovunque" in prosa


def test_what_is_hidden_and_what_is_not(registro: Ledger) -> None:
    cifre = registro.figures
    avanzamenti = {f.breakdown[0][1]: f.value for f in cifre.values() if f.indicator == "avanzamento_kpi"}
    assert avanzamenti == {"Nord, K1": None, "Nord, K2": 25, "Nord, K3": 50, "Nord, K4": None, "Nord, K5": 25}
    importi = {f.breakdown[1][1] for f in cifre.values() if f.indicator == "importo_kpi" and f.value == 12_345}
    assert not importi
    # seven people: their number, and nothing of what they said
    assert cifre["rispondenti.brescia.2026.questionario-beneficiari"].value == 7
    assert not [f for f in cifre.values() if f.territory.codice == "brescia" and f.indicator == "risposte_giudizio"]
    # no answer of a person, no value of a partner
    assert not any({"cod_rispondente", "valore_raggiunto"} & set(r["colonne"]) for r in registro.rows.values())


def test_nothing_can_be_deduced_over_the_whole_region(registro: Ledger, tmp_path: Path) -> None:
    contati = [f for f in registro.figures.values() if f.indicator == "risposte_giudizio"]
    assert sum(f.value is None for f in contati) >= 10
    assert sum(f.value is not None for f in contati) >= 100
    assert leaks.check(tmp_path / "vuota", registro) == []


@pytest.mark.parametrize("territori", [("pavia",), ("pavia", "lombardia"), ("bergamo", "brescia", "lombardia")])
def test_a_build_of_some_chapters_passes_too(
    capitoli: dict[str, list[dict]], territori: tuple[str, ...], tmp_path: Path
) -> None:
    # the region is not the sum of the ATS that happen to be built
    insieme = Ledger()
    for territorio in territori:
        insieme.merge(Ledger.from_dict(capitoli[territorio][-1]["registro"]))
    assert leaks.check(tmp_path / "vuota", insieme) == []


def vere() -> dict[str, float]:
    """The true count of every judgement, by the id of its figure."""
    domande = catalog.read("questionario")
    risposte = questionari_inventati.risposte()
    conti = {}
    for modulo, sue in risposte.groupby("modulo"):
        insieme = sue[sue["ats"] != "brescia"]
        larghe = survey_tables.survey.judgements(
            survey_tables.survey.scores(insieme, domande[domande["modulo"] == modulo])
        )
        testi = domande[domande["modulo"] == modulo].set_index("cod_domanda")["testo"]
        for luogo, righe in (("lombardia", larghe), *larghe.groupby("ats")):
            for (domanda, giudizio), n in righe.groupby(["domanda", "giudizio"])["risposte"].sum().items():
                conti[luogo, testi[domanda], giudizio] = float(n)
    return conti


def test_hiding_less_is_found(registro: Ledger, tmp_path: Path) -> None:
    """Give back the large cells that were hidden to cover the small ones: the attacker takes these."""
    conti = vere()
    giudizi = {
        (f.territory.codice, dict(f.breakdown)["domanda"], dict(f.breakdown)["giudizio"]): f
        for f in registro.figures.values()
        if f.indicator == "risposte_giudizio" and "giudizio" in dict(f.breakdown)
    }
    coperte = [k for k, f in giudizi.items() if f.value is None and conti.get(k, 0) >= 5]
    piccole = {k for k, f in giudizi.items() if f.value is None and 0 < conti.get(k, 0) < 5}
    assert len(piccole) >= 3
    assert len(coperte) >= 3
    indebolito = Ledger()
    for figura in registro.figures.values():
        chiave = next((k for k in coperte if giudizi[k].id == figura.id), None)
        indebolito.add(figura if chiave is None else replace(figura, value=conti[chiave]))
    trovate = leaks.check(tmp_path / "vuota", indebolito)
    assert {t.where for t in trovate} >= {"cifre.json, per differenza"}


def test_the_answers_to_a_question_bound_the_respondents(registro: Ledger, tmp_path: Path) -> None:
    """Hide an ATS of seventeen, instead of the region, to cover one of four: its answers to a question give it back."""
    indebolito = Ledger()
    for figura in registro.figures.values():
        if figura.id == "rispondenti.pavia.2026.questionario-organizzazioni":
            figura = replace(figura, value=None)
            indebolito.add(replace(figura, territory=Place("regione", "lombardia", "Lombardia"), value=45.0))
        indebolito.add(figura)
    assert "rispondenti.brescia.2026.questionario-organizzazioni" in {
        t.id for t in leaks.check(tmp_path / "vuota", indebolito)
    }


def test_means_that_tell_too_much_are_found(inventati: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Publish every mean, however many hidden counts it gives away."""
    monkeypatch.setenv("CONCILIAZIONE_DATI", str(inventati))
    monkeypatch.setattr("IPython.display.display", lambda *blocchi: None)
    monkeypatch.setattr(catalog, "table", functools.partial(catalog.table, esempi=True))
    monkeypatch.setattr(survey_tables, "detail", lambda tavola, su, soglia: tavola)
    blocchi = esegui(territorio="pavia")
    trovate = leaks.check(tmp_path / "vuota", Ledger.from_dict(blocchi[-1]["registro"]))
    assert {t.where for t in trovate} == {"cifre.json, dalle medie"}


def test_without_imports_the_chapter_gives_commands_that_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from conciliazione_lib.cli import main

    monkeypatch.setenv("CONCILIAZIONE_DATI", str(tmp_path))
    monkeypatch.setattr("IPython.display.display", lambda *blocchi: None)
    monkeypatch.chdir(tmp_path)
    blocchi = esegui(territorio="pavia")
    testi = [b["markdown"] for b in blocchi if b["tipo"] == "riquadro" and b["genere"] == "manca"]
    comandi = {testo.split("`")[1] for testo in testi}
    assert comandi == {"conciliazione dati modello kpi", "conciliazione dati modello questionari"}
    for comando in comandi:
        assert main(comando.split()[1:]) == 0


def test_published_results_are_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The aggregates that Regione and ATS Milano published, each with its card, and what cannot be said of them."""
    monkeypatch.setenv("CONCILIAZIONE_DATI", str(tmp_path))
    monkeypatch.setattr("IPython.display.display", lambda *blocchi: None)
    milano = esegui(territorio="milano")
    cifre = Ledger.from_dict(milano[-1]["registro"]).figures.values()
    pubblicate = {f.value for f in cifre if f.indicator.startswith("esito_")}
    assert {32, 3.8, 57, 17, -5, -3, 1, 3, 4000, 1800} <= pubblicate
    [limiti] = [f for f in cifre if f.indicator == "limiti_media"]
    assert (limiti.lower, limiti.upper) == pytest.approx((0.32 * 3.8 + 0.68, 0.32 * 3.8 + 0.68 * 5))
    assert {"fig-variazioni"} <= {b.get("id") for b in milano}
    regione = Ledger.from_dict(esegui(territorio="lombardia")[-1]["registro"]).figures.values()
    assert {4354, 542, 12972, 44, 8, 57, 63, 966, 1104, 71, 300, 56, 41, 42} <= {
        f.value for f in regione if f.indicator.startswith("esito_")
    }
    # the classification says how much of it is doubtful
    assert {f.indicator for f in regione} >= {"quota_classificazione_dubbia", "quota_macrocategoria_dubbia"}
    assert pd.notna([f.value for f in regione if f.indicator == "quota_classificazione_dubbia"]).all()
