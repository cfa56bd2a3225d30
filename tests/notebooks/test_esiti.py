"""Results: analysis and chapter, with invented indicators and questionnaires of three ATS: protected, attacked."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import quaderni
import questionari_inventati

from conciliazione_lib import catalog, storage
from conciliazione_lib.errors import DatiError
from conciliazione_lib.evidence import Figure, Ledger, Place, Reader, store
from conciliazione_lib.evidence.store import Content
from conciliazione_lib.indicators import survey_tables
from conciliazione_lib.publish import leaks

TERRITORI = ("pavia", "bergamo", "brescia", "lombardia")


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


def calcola_inventati(inventati: Path) -> Path:
    """Run the analysis with the invented data let in, and return its store."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONCILIAZIONE_DATI", str(inventati))
        patch.setattr(catalog, "table", functools.partial(catalog.table, esempi=True))
        return quaderni.part("esiti")


@pytest.fixture(scope="module")
def inventato(inventati: Path) -> Path:
    """The store that the invented data make."""
    return calcola_inventati(inventati)


@pytest.fixture(scope="module")
def capitoli(inventato: Path) -> dict[str, list[dict[str, Any]]]:
    """The chapter of three ATS and of the region."""
    return {territorio: quaderni.tell("06_esiti", territorio, inventato) for territorio in TERRITORI}


@pytest.fixture(scope="module")
def cifre(inventato: Path) -> dict[str, Figure]:
    """Every figure of the store, by id."""
    letto = store.Store(inventato)
    lettore = Reader(lambda livello, codice: Place(livello, codice, codice), letto.table)
    return {f.id: f for f in map(lettore.figure, letto.figures.itertuples(index=False))}


@pytest.fixture
def indebolito(inventato: Path, tmp_path: Path) -> Callable[[Callable[[Content], None]], Path]:
    """Give a function that writes the store again after changing it."""

    def scrivi(cambia: Callable[[Content], None]) -> Path:
        contenuto = store.load(inventato)
        contenuto.figures = contenuto.figures.copy()
        cambia(contenuto)
        store.write(contenuto, tmp_path / "indebolito")
        return tmp_path / "indebolito"

    return scrivi


def registro(blocchi: list[dict[str, Any]]) -> Ledger:
    return Ledger.from_dict(blocchi[-1]["registro"])


def posto(figure: pd.DataFrame, **chiave: str) -> pd.Series:
    """Tell which rows of the store have a key; the breakdown is given as the store writes it."""
    quali = pd.Series(True, index=figure.index)
    for nome, valore in chiave.items():
        quali &= figure[nome] == valore
    return quali


def test_invented_answers_never_reach_the_figures(inventati: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONCILIAZIONE_DATI", str(inventati))
    with pytest.raises(DatiError, match="righe di esempio"):
        quaderni.part("esiti")


def test_both_questionnaires_and_the_indicators_are_shown(
    capitoli: dict[str, list[dict[str, Any]]], cifre: dict[str, Figure]
) -> None:
    visti = {b.get("id") for b in capitoli["pavia"]}
    assert {"fig-avanzamento", "tab-valori-kpi", "tab-risposte-beneficiari", "tab-risposte-organizzazioni"} <= visti
    assert {"fig-giudizi-beneficiari", "fig-medie-beneficiari", "fig-medie-organizzazioni"} <= visti
    assert {"fig-scelta-cons", "fig-prima-dopo", "fig-alfa-beneficiari", "fig-alfa-organizzazioni"} <= visti
    assert cifre["rispondenti.pavia.2026.questionario-beneficiari"].value == 78
    assert cifre["rispondenti.pavia.2026.questionario-organizzazioni"].value == 17
    # four organisations of another ATS would be had by subtraction from the region: hidden with them
    for territorio in ("brescia", "lombardia"):
        nascosta = cifre[f"rispondenti.{territorio}.2026.questionario-organizzazioni"]
        assert (nascosta.value, nascosta.state) == (None, "protetto")
    assert cifre["rispondenti.pavia.2026.alleanza-Nord.questionario-beneficiari"].value == 40
    assert cifre["tasso_risposta.pavia.2026.questionario-beneficiari"].value == pytest.approx(100 * 78 / 171)
    assert any(f.indicator == "dipendenti_medi" and f.value for f in cifre.values())
    consiglia = [f for f in cifre.values() if f.indicator == "quota_scelta" and f.territory.codice == "pavia"]
    assert any(f.value and f.lower and f.upper and f.lower < f.value < f.upper for f in consiglia)
    prosa = " ".join(b["markdown"] for b in capitoli["pavia"] if b["tipo"] == "testo")
    assert "Stuart-Maxwell" in prosa
    assert "potrebbe\nstare ovunque" in prosa or "potrebbe stare ovunque" in prosa


def test_chapters_show_what_the_store_has(capitoli: dict[str, list[dict[str, Any]]], cifre: dict[str, Figure]) -> None:
    mostrate = 0
    for blocchi in capitoli.values():
        for figura in registro(blocchi).figures.values():
            assert figura.value == cifre[figura.id].value
            mostrate += 1
    assert mostrate > 500


def test_what_is_hidden_and_what_is_not(cifre: dict[str, Figure], inventato: Path) -> None:
    avanzamenti = {f.breakdown[0][1]: (f.value, f.state) for f in cifre.values() if f.indicator == "avanzamento_kpi"}
    nascosto = (None, "protetto")
    assert avanzamenti == {
        "Nord, K1": nascosto,
        "Nord, K2": (25, "presente"),
        "Nord, K3": (50, "presente"),
        "Nord, K4": nascosto,
        "Nord, K5": (25, "presente"),
    }
    assert not [f for f in cifre.values() if f.indicator == "importo_kpi" and f.value == 12_345]
    # seven people: their number, and nothing of what they said
    assert cifre["rispondenti.brescia.2026.questionario-beneficiari"].value == 7
    assert not [f for f in cifre.values() if f.territory.codice == "brescia" and f.indicator == "risposte_giudizio"]
    # nothing beside what is hidden
    righe = store.Store(inventato).figures
    protette = righe[righe["stato"] == "protetto"]
    assert len(protette) > 100
    assert protette[["valore", "inferiore", "superiore"]].isna().all(axis=None)
    assert (protette["termini"] == "").all()
    assert (protette["imputata"] == 0).all()


def test_nothing_of_a_reserved_table_but_its_name(inventato: Path) -> None:
    letto = store.Store(inventato)
    for tabella in ("questionari", "kpi"):
        known = letto.index["ingressi"][tabella]
        assert [name for name in ("sha256", "file", "righe") if known.get(name)] == []
        assert not [f for f in (inventato / "ingressi").iterdir() if f.name.split(".")[0] == tabella]
    colonne = {c for file in inventato.rglob("*.parquet") for c in pd.read_parquet(file).columns}
    assert not {"cod_rispondente", "valore_raggiunto", "risposta"} & colonne


def test_nothing_can_be_deduced_over_the_whole_region(cifre: dict[str, Figure], inventato: Path) -> None:
    contati = [f for f in cifre.values() if f.indicator == "risposte_giudizio"]
    assert sum(f.value is None for f in contati) >= 10
    assert sum(f.value is not None for f in contati) >= 100
    assert leaks.check(inventato) == []


def vere() -> dict[tuple[str, str, str], float]:
    """The true count of every judgement, by territory, question and judgement."""
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


def test_hiding_less_is_found(
    cifre: dict[str, Figure], indebolito: Callable[[Callable[[Content], None]], Path]
) -> None:
    """Give back the large cells that were hidden to cover the small ones: the attacker takes these."""
    conti = vere()
    giudizi = {
        (f.territory.codice, dict(f.breakdown)["domanda"], dict(f.breakdown)["giudizio"]): f
        for f in cifre.values()
        if f.indicator == "risposte_giudizio" and "giudizio" in dict(f.breakdown)
    }
    coperte = [k for k, f in giudizi.items() if f.value is None and conti.get(k, 0) >= 5]
    piccole = {k for k, f in giudizi.items() if f.value is None and 0 < conti.get(k, 0) < 5}
    assert len(piccole) >= 3
    assert len(coperte) >= 3

    def restituisci(contenuto: Content) -> None:
        figure = contenuto.figures
        for luogo, domanda, giudizio in coperte:
            sue = posto(figure, indicatore="risposte_giudizio", territorio=luogo)
            sue &= figure["per"].str.contains(f"domanda={domanda};", regex=False)
            sue &= figure["per"].str.contains(f"giudizio={giudizio};", regex=False)
            figure.loc[sue, ["valore", "stato"]] = [conti[luogo, domanda, giudizio], "presente"]

    assert {t.where for t in leaks.check(indebolito(restituisci))} >= {"cifre.parquet, per differenza"}


def test_the_answers_to_a_question_bound_the_respondents(
    indebolito: Callable[[Callable[[Content], None]], Path],
) -> None:
    """Hide an ATS of seventeen, instead of the region, to cover one of four: its answers to a question give it back."""

    def scambia(contenuto: Content) -> None:
        figure = contenuto.figures
        sue = posto(figure, indicatore="rispondenti", per="questionario=organizzazioni")
        figure.loc[sue & (figure["territorio"] == "pavia"), ["valore", "stato"]] = [None, "protetto"]
        figure.loc[sue & (figure["territorio"] == "lombardia"), ["valore", "stato"]] = [45.0, "presente"]

    trovate = {t.id for t in leaks.check(indebolito(scambia))}
    assert "rispondenti.brescia.2026.questionario-organizzazioni" in trovate


def test_means_that_tell_too_much_are_found(inventati: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Publish every mean, however many hidden counts it gives away."""
    monkeypatch.setattr(survey_tables, "detail", lambda tavola, su, soglia: tavola)
    trovate = leaks.check(calcola_inventati(inventati))
    assert {t.where for t in trovate} == {"cifre.parquet, dalle medie"}


def test_without_imports_what_is_missing_names_templates_that_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from conciliazione_lib.cli import main

    monkeypatch.chdir(tmp_path)
    modelli = {b["lacuna"]["modello"] for b in quaderni.told("10_limiti", "pavia") if "lacuna" in b} - {""}
    assert {"kpi", "servizi_offerta", "esiti_pubblicati"} <= modelli
    for modello in modelli:
        assert main(["dati", "modello", modello]) == 0


def test_published_results_are_figures() -> None:
    """The aggregates that Regione and ATS Milano published, each with its card, and what cannot be said of them."""
    milano = quaderni.told("06_esiti", "milano")
    cifre = registro(milano).figures.values()
    pubblicate = {f.value for f in cifre if f.indicator.startswith("esito_")}
    assert {32, 3.8, 57, 17, -5, -3, 1, 3, 4000, 1800} <= pubblicate
    [limiti] = [f for f in cifre if f.indicator == "limiti_media"]
    assert (limiti.lower, limiti.upper) == pytest.approx((0.32 * 3.8 + 0.68, 0.32 * 3.8 + 0.68 * 5))
    assert {"fig-variazioni"} <= {b.get("id") for b in milano}
    regione = registro(quaderni.told("06_esiti", "lombardia")).figures.values()
    assert {4354, 542, 12972, 44, 8, 57, 63, 966, 1104, 71, 300, 56, 41, 42} <= {
        f.value for f in regione if f.indicator.startswith("esito_")
    }
    # the classification says how much of it is doubtful
    assert {f.indicator for f in regione} >= {"quota_classificazione_dubbia", "quota_macrocategoria_dubbia"}
    assert pd.notna([f.value for f in regione if f.indicator == "quota_classificazione_dubbia"]).all()
