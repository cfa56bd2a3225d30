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
def invented(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with what an analyst would have imported, all of it invented."""
    folder = tmp_path_factory.mktemp("dati locali")
    entry = {"data_riferimento": "2026", "titolo": "Prova", "fonte": "Inventata", "url": "", "licenza": "",
            "recuperato": "2026-02-01", "grado": "esempio"}  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONCILIAZIONE_DATI", str(folder))
        for table, frame in (
            ("questionari", questionari_inventati.answers()),
            ("questionari_inviati", questionari_inventati.inviati()),
            ("kpi", questionari_inventati.kpi()),
        ):
            write = functools.partial(frame.assign(**questionari_inventati.SOURCE).to_csv, index=False)
            storage.write_version(table, "importata", "prova.csv", write, entry)
    return folder


def compute_invented(invented: Path) -> Path:
    """Run the analysis with the invented data let in, and return its store."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONCILIAZIONE_DATI", str(invented))
        patch.setattr(catalog, "table", functools.partial(catalog.table, examples=True))
        return quaderni.part("esiti")


@pytest.fixture(scope="module")
def made_up(invented: Path) -> Path:
    """The store that the invented data make."""
    return compute_invented(invented)


@pytest.fixture(scope="module")
def chapters(made_up: Path) -> dict[str, list[dict[str, Any]]]:
    """The chapter of three ATS and of the region."""
    return {territorio: quaderni.tell("06_esiti", territorio, made_up) for territorio in TERRITORI}


@pytest.fixture(scope="module")
def the_figures(made_up: Path) -> dict[str, Figure]:
    """Every figure of the store, by id."""
    read_ = store.Store(made_up)
    reader = Reader(lambda level, code: Place(level, code, code), read_.table)
    return {f.id: f for f in map(reader.figure, read_.figures.itertuples(index=False))}


@pytest.fixture
def weakened(made_up: Path, tmp_path: Path) -> Callable[[Callable[[Content], None]], Path]:
    """Give a function that writes the store again after changing it."""

    def write(change: Callable[[Content], None]) -> Path:
        content = store.load(made_up)
        content.figures = content.figures.copy()
        change(content)
        store.write(content, tmp_path / "indebolito")
        return tmp_path / "indebolito"

    return write


def registry(blocks: list[dict[str, Any]]) -> Ledger:
    return Ledger.from_dict(blocks[-1]["registro"])


def spot(figure: pd.DataFrame, **key: str) -> pd.Series:
    """Tell which rows of the store have a key; the breakdown is given as the store writes it."""
    which = pd.Series(True, index=figure.index)
    for name, value in key.items():
        which &= figure[name] == value
    return which


def test_invented_answers_never_reach_the_figures(invented: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONCILIAZIONE_DATI", str(invented))
    with pytest.raises(DatiError, match="righe di esempio"):
        quaderni.part("esiti")


def test_both_questionnaires_and_the_indicators_are_shown(
    chapters: dict[str, list[dict[str, Any]]], the_figures: dict[str, Figure]
) -> None:
    seen = {b.get("id") for b in chapters["pavia"]}
    assert {"fig-avanzamento", "tab-valori-kpi", "tab-risposte-beneficiari", "tab-risposte-organizzazioni"} <= seen
    assert {"fig-giudizi-beneficiari", "fig-medie-beneficiari", "fig-medie-organizzazioni"} <= seen
    assert {"fig-scelta-cons", "fig-prima-dopo", "fig-alfa-beneficiari", "fig-alfa-organizzazioni"} <= seen
    assert the_figures["rispondenti.pavia.2026.questionario-beneficiari"].value == 78
    assert the_figures["rispondenti.pavia.2026.questionario-organizzazioni"].value == 17
    # four organisations of another ATS would be had by subtraction from the region: hidden with them
    for territorio in ("brescia", "lombardia"):
        hidden = the_figures[f"rispondenti.{territorio}.2026.questionario-organizzazioni"]
        assert (hidden.value, hidden.state) == (None, "protetto")
    assert the_figures["rispondenti.pavia.2026.alleanza-Nord.questionario-beneficiari"].value == 40
    assert the_figures["tasso_risposta.pavia.2026.questionario-beneficiari"].value == pytest.approx(100 * 78 / 171)
    assert any(f.indicator == "dipendenti_medi" and f.value for f in the_figures.values())
    advise = [f for f in the_figures.values() if f.indicator == "quota_scelta" and f.territory.codice == "pavia"]
    assert any(f.value and f.lower and f.upper and f.lower < f.value < f.upper for f in advise)
    prose = " ".join(b["markdown"] for b in chapters["pavia"] if b["tipo"] == "testo")
    assert "Stuart-Maxwell" in prose
    assert "potrebbe\nstare ovunque" in prose or "potrebbe stare ovunque" in prose


def test_chapters_show_what_the_store_has(
    chapters: dict[str, list[dict[str, Any]]], the_figures: dict[str, Figure]
) -> None:
    shown = 0
    for blocks in chapters.values():
        for figure in registry(blocks).figures.values():
            assert figure.value == the_figures[figure.id].value
            shown += 1
    assert shown > 500


def test_what_is_hidden_and_what_is_not(the_figures: dict[str, Figure], made_up: Path) -> None:
    avanzamenti = {
        f.breakdown[0][1]: (f.value, f.state) for f in the_figures.values() if f.indicator == "avanzamento_kpi"
    }
    hidden = (None, "protetto")
    assert avanzamenti == {
        "Nord, K1": hidden,
        "Nord, K2": (25, "presente"),
        "Nord, K3": (50, "presente"),
        "Nord, K4": hidden,
        "Nord, K5": (25, "presente"),
    }
    assert not [f for f in the_figures.values() if f.indicator == "importo_kpi" and f.value == 12_345]
    # seven people: their number, and nothing of what they said
    assert the_figures["rispondenti.brescia.2026.questionario-beneficiari"].value == 7
    assert not [
        f for f in the_figures.values() if f.territory.codice == "brescia" and f.indicator == "risposte_giudizio"
    ]
    # nothing beside what is hidden
    rows = store.Store(made_up).figures
    protected = rows[rows["stato"] == "protetto"]
    assert len(protected) > 100
    assert protected[["valore", "inferiore", "superiore"]].isna().all(axis=None)
    assert (protected["termini"] == "").all()
    assert (protected["imputata"] == 0).all()


def test_nothing_of_a_reserved_table_but_its_name(made_up: Path) -> None:
    read_ = store.Store(made_up)
    for table in ("questionari", "kpi"):
        known = read_.index["ingressi"][table]
        assert [name for name in ("sha256", "file", "righe") if known.get(name)] == []
        assert not [f for f in (made_up / "ingressi").iterdir() if f.name.split(".")[0] == table]
    columns = {c for file in made_up.rglob("*.parquet") for c in pd.read_parquet(file).columns}
    assert not {"cod_rispondente", "valore_raggiunto", "risposta"} & columns


def test_nothing_can_be_deduced_over_the_whole_region(the_figures: dict[str, Figure], made_up: Path) -> None:
    counted = [f for f in the_figures.values() if f.indicator == "risposte_giudizio"]
    assert sum(f.value is None for f in counted) >= 10
    assert sum(f.value is not None for f in counted) >= 100
    assert leaks.check(made_up) == []


def true() -> dict[tuple[str, str, str], float]:
    """The true count of every judgement, by territory, question and judgement."""
    questions = catalog.read("questionario")
    answers = questionari_inventati.answers()
    counts = {}
    for module, own in answers.groupby("modulo"):
        whole = own[own["ats"] != "brescia"]
        wide = survey_tables.survey.judgements(
            survey_tables.survey.scores(whole, questions[questions["modulo"] == module])
        )
        texts = questions[questions["modulo"] == module].set_index("cod_domanda")["testo"]
        for place, rows in (("lombardia", wide), *wide.groupby("ats")):
            for (question, verdict), n in rows.groupby(["domanda", "giudizio"])["risposte"].sum().items():
                counts[place, texts[question], verdict] = float(n)
    return counts


def test_hiding_less_is_found(
    the_figures: dict[str, Figure], weakened: Callable[[Callable[[Content], None]], Path]
) -> None:
    """Give back the large cells that were hidden to cover the small ones: the attacker takes these."""
    counts = true()
    verdicts = {
        (f.territory.codice, dict(f.breakdown)["domanda"], dict(f.breakdown)["giudizio"]): f
        for f in the_figures.values()
        if f.indicator == "risposte_giudizio" and "giudizio" in dict(f.breakdown)
    }
    covered = [k for k, f in verdicts.items() if f.value is None and counts.get(k, 0) >= 5]
    small = {k for k, f in verdicts.items() if f.value is None and 0 < counts.get(k, 0) < 5}
    assert len(small) >= 3
    assert len(covered) >= 3

    def give_back(content: Content) -> None:
        figure = content.figures
        for place, question, verdict in covered:
            own = spot(figure, indicatore="risposte_giudizio", territorio=place)
            own &= figure["per"].str.contains(f"domanda={question};", regex=False)
            own &= figure["per"].str.contains(f"giudizio={verdict};", regex=False)
            figure.loc[own, ["valore", "stato"]] = [counts[place, question, verdict], "presente"]

    assert {t.where for t in leaks.check(weakened(give_back))} >= {"cifre.parquet, per differenza"}


def test_the_answers_to_a_question_bound_the_respondents(
    weakened: Callable[[Callable[[Content], None]], Path],
) -> None:
    """Hide an ATS of seventeen, instead of the region, to cover one of four: its answers to a question give it back."""

    def swap_(content: Content) -> None:
        figure = content.figures
        own = spot(figure, indicatore="rispondenti", per="questionario=organizzazioni")
        figure.loc[own & (figure["territorio"] == "pavia"), ["valore", "stato"]] = [None, "protetto"]
        figure.loc[own & (figure["territorio"] == "lombardia"), ["valore", "stato"]] = [45.0, "presente"]

    found = {t.id for t in leaks.check(weakened(swap_))}
    assert "rispondenti.brescia.2026.questionario-organizzazioni" in found


def test_means_that_tell_too_much_are_found(invented: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Publish every mean, however many hidden counts it gives away."""
    monkeypatch.setattr(survey_tables, "detail", lambda table, on, threshold: table)
    found = leaks.check(compute_invented(invented))
    assert {t.where for t in found} == {"cifre.parquet, dalle medie"}


def test_without_imports_what_is_missing_names_templates_that_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from conciliazione_lib.cli import main

    monkeypatch.chdir(tmp_path)
    templates = {b["lacuna"]["modello"] for b in quaderni.told("10_limiti", "pavia") if "lacuna" in b} - {""}
    assert {"kpi", "servizi_offerta", "esiti_pubblicati"} <= templates
    for template in templates:
        assert main(["dati", "modello", template]) == 0


def test_published_results_are_figures() -> None:
    """The aggregates that Regione and ATS Milano published, each with its card, and what cannot be said of them."""
    milano = quaderni.told("06_esiti", "milano")
    figures = registry(milano).figures.values()
    published = {f.value for f in figures if f.indicator.startswith("esito_")}
    assert {32, 3.8, 57, 17, -5, -3, 1, 3, 4000, 1800} <= published
    [limits] = [f for f in figures if f.indicator == "limiti_media"]
    assert (limits.lower, limits.upper) == pytest.approx((0.32 * 3.8 + 0.68, 0.32 * 3.8 + 0.68 * 5))
    assert {"fig-variazioni"} <= {b.get("id") for b in milano}
    regione = registry(quaderni.told("06_esiti", "lombardia")).figures.values()
    assert {4354, 542, 12972, 44, 8, 57, 63, 966, 1104, 71, 300, 56, 41, 42} <= {
        f.value for f in regione if f.indicator.startswith("esito_")
    }
    # the classification says how much of it is doubtful
    assert {f.indicator for f in regione} >= {"quota_classificazione_dubbia", "quota_macrocategoria_dubbia"}
    assert pd.notna([f.value for f in regione if f.indicator == "quota_classificazione_dubbia"]).all()
