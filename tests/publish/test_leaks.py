"""The attacker of a published edition finds what can be read or deduced, and nothing when all is protected."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
import pandas as pd
import pytest

from conciliazione_lib import territory
from conciliazione_lib.evidence import Analisi, Figure, Ledger, Place, cards, store
from conciliazione_lib.evidence.store import Content
from conciliazione_lib.indicators import protected
from conciliazione_lib.publish import leaks

PARENTS = {"alleanza": dict.fromkeys(("Nord", "Sud", "Est"), "tutte")}
COUNTS = pd.DataFrame({"alleanza": ["Nord", "Sud", "Est", "tutte"], "rispondenti": [3.0, 14.0, 21.0, 38.0]})
HIDDEN = "rispondenti.pavia.2026.alleanza-Nord"
CARD = f"cifre/{cards.page(HIDDEN)}"
PROVENANCE = {"tabella": "questionari", "titolo": "Questionari", "fonte": "Alleanze", "grado": "pubblicazione"}


@pytest.fixture(scope="module")
def lombardia() -> territory.Territory:
    return territory.load("2022-01-01")


def the_protected() -> pd.DataFrame:
    public = protected.publishable(COUNTS, "rispondenti", ["alleanza"], PARENTS, threshold=5)
    return public.assign(
        rispondenti_stato=public["rispondenti"].isna().map({True: "protetto", False: ""}),
    )


@pytest.fixture
def edizione(lombardia: territory.Territory, tmp_path: Path) -> Callable[..., Path]:
    """Give a function that writes the store of an edition: the respondents of an ATS by Alleanza, and what is added."""

    def write(
        frame: pd.DataFrame | None = None,
        *,
        others: tuple[tuple[pd.DataFrame, list[str]], ...] = (),
        listings: dict[str, pd.DataFrame] | None = None,
        change: Callable[[Content], None] = lambda content: None,
    ) -> Path:
        questionnaires = pd.DataFrame({"ats": ["pavia"] * 9, "cod_rispondente": range(9)})
        questionnaires.attrs["provenienza"] = PROVENANCE
        a = Analisi("esiti", "2025-2027", lombardia)
        if frame is not None:
            counts = frame.assign(livello="ats", territorio="pavia", alleanza=frame["alleanza"].replace("tutte", ""))
            a.cifre(counts, periodo="2026", per=["alleanza"], ingressi=[questionnaires])
        for table, by in others:
            a.cifre(table, periodo="2026", per=by, ingressi=[questionnaires])
        for name, table in (listings or {}).items():
            a.elenco(name, table, chiave=[table.columns[0]], titolo=name, ingressi=[questionnaires])
        content = a.contenuto()
        content.figures, content.statements = content.figures.copy(), content.statements.copy()
        change(content)
        store.write(content, tmp_path / "edizione")
        return tmp_path / "edizione"

    return write


def test_a_protected_table_gives_nothing_away(edizione: Callable[..., Path]) -> None:
    folder = edizione(the_protected())
    assert len(store.Store(folder).figures) == 4
    assert leaks.check(folder) == []


def test_a_small_count_in_the_store_is_found(edizione: Callable[..., Path]) -> None:
    found = leaks.check(edizione(COUNTS))
    assert {(t.where, t.id) for t in found} == {("cifre.parquet", HIDDEN)}


def test_hiding_only_the_small_count_is_not_enough(edizione: Callable[..., Path]) -> None:
    only = COUNTS.assign(rispondenti=COUNTS["rispondenti"].where(COUNTS["rispondenti"] >= 5), rispondenti_stato="")
    only.loc[0, "rispondenti_stato"] = "protetto"
    [found] = leaks.check(edizione(only.assign(rispondenti_motivo="n.p.")))
    assert found.where == "cifre.parquet, per differenza"
    assert found.found == "fra 3 e 3"


@pytest.mark.parametrize("reliable", [True, False])
def test_a_reliability_bounds_the_hidden_answers_it_stands_on(edizione: Callable[..., Path], reliable: bool) -> None:
    # Pavia's three answers and Bergamo's eleven are hidden; if Bergamo's are at least ten, Pavia's are at most four
    counts = pd.DataFrame(
        {
            "livello": ["ats", "ats", "ats", "regione"],
            "territorio": ["pavia", "bergamo", "brescia", "lombardia"],
            "questionario": "beneficiari",
            "domanda": "Grazie al servizio il rapporto con i colleghi è migliorato",
            "risposte_giudizio": [None, None, 50.0, 64.0],
        }
    )
    alpha = counts.loc[[1], ["livello", "territorio", "questionario"]].assign(
        dimensione="Rapporto con i colleghi", alfa_dimensione=0.8 if reliable else None
    )
    others = ((counts, ["questionario", "domanda"]), (alpha, ["questionario", "dimensione"]))
    found = [t.id for t in leaks.check(edizione(others=others))]
    assert len(found) == (1 if reliable else 0)
    assert all(".pavia." in key for key in found)


def test_totals_that_do_not_add_up_are_a_finding(edizione: Callable[..., Path]) -> None:
    def break_(content: Content) -> None:
        content.figures.loc[content.figures["per"] == "", "valore"] = 9.0

    [found] = leaks.check(edizione(the_protected(), change=break_))
    assert found.expected == "totali uguali alla somma delle parti"


def test_a_rate_gives_the_hidden_respondents_back(edizione: Callable[..., Path]) -> None:
    # who knows how many were sent has the number of the answers
    rate = pd.DataFrame({"livello": "ats", "territorio": "pavia", "alleanza": ["Nord"], "tasso_risposta": [30.0]})
    [found] = leaks.check(edizione(the_protected(), others=((rate, ["alleanza"]),)))
    assert (found.where, found.id) == ("cifre.parquet, da «tasso_risposta»", HIDDEN)


def test_a_progress_gives_the_hidden_people_back(edizione: Callable[..., Path]) -> None:
    where = {"livello": "ats", "territorio": "pavia", "voce": "Nord, K1"}
    values = pd.DataFrame(
        {
            **where,
            "momento": ["partenza", "traguardo", "raggiunto"],
            "persone_kpi": [0.0, 10.0, None],
            "persone_kpi_stato": ["", "", "protetto"],
        }
    )
    road = pd.DataFrame([{**where, "avanzamento_kpi": 30.0}])
    others = ((values, ["voce", "momento"]), (road, ["voce"]))
    assert {t.where for t in leaks.check(edizione(others=others))} == {"cifre.parquet, da «avanzamento_kpi»"}
    assert leaks.check(edizione(others=(others[0],))) == []


@pytest.mark.parametrize(
    ("column", "valore"), [("superiore", 4.0), ("termini", '{"risposte":3.0}'), ("imputata", 0.25), ("valore", 14.0)]
)
def test_nothing_stands_beside_what_is_protected(edizione: Callable[..., Path], column: str, valore: Any) -> None:
    share = pd.DataFrame(
        {
            "livello": "ats",
            "territorio": "pavia",
            "scelta": ["sì"],
            "quota_scelta": [None],
            "quota_scelta_stato": "protetto",
        }
    )

    def add(content: Content) -> None:
        content.figures.loc[content.figures["indicatore"] == "quota_scelta", column] = valore

    folder = edizione(others=((share, ["scelta"]),), change=add)
    assert {t.where for t in leaks.check(folder)} == {"cifre.parquet, accanto a ciò che è protetto"}


def test_few_answers_are_not_told_where_their_number_is_hidden(edizione: Callable[..., Path]) -> None:
    counts = pd.DataFrame(
        {
            "livello": "ats",
            "territorio": "pavia",
            "questionario": "beneficiari",
            "domanda": ["D"],
            "risposte_giudizio": [None],
            "risposte_giudizio_stato": "protetto",
            "media_questionario": [None],
            "media_questionario_stato": "troppo_pochi",
        }
    )
    [found] = leaks.check(edizione(others=((counts, ["questionario", "domanda"]),)))
    assert found.where == "cifre.parquet, dallo stato"


@pytest.mark.parametrize(
    ("kind", "term", "outcome", "numbers"),
    [
        ("confronto", "regione/lombardia", "sotto", {}),
        ("confronto", "regione/lombardia", "non_confrontabile", {"differenza": -35.0}),
        ("rango", "", "1", {"posto": 1.0}),
        ("soglia", "5", "sotto", {"differenza": -2.0}),
        ("variazione", "2025", "non_confrontabile", {"inferiore": 1.0}),
    ],
)
def test_a_statement_about_a_hidden_count_is_found(
    edizione: Callable[..., Path], kind: str, term: str, outcome: str, numbers: dict[str, float]
) -> None:
    def claims_(content: Content) -> None:
        row = {
            "indicatore": "rispondenti",
            "livello": "ats",
            "territorio": "pavia",
            "periodo": "2026",
            "per": "alleanza=Nord",
            **{"genere": kind, "termine": term, "esito": outcome, "regola": ""},
            **numbers,
        }
        content.statements = pd.concat([content.statements, pd.DataFrame([row])], ignore_index=True)

    assert {t.where for t in leaks.check(edizione(the_protected(), change=claims_))} == {"confronti.parquet"}


def test_a_difference_from_a_hidden_count_is_found_on_the_other_side(edizione: Callable[..., Path]) -> None:
    """The figure that is compared is published; what it is compared with is hidden, and the difference gives it."""
    counts = pd.DataFrame(
        {
            "livello": ["ats", "regione"],
            "territorio": ["pavia", "lombardia"],
            "alleanza": "Nord",
            "rispondenti": [14.0, None],
            "rispondenti_stato": ["", "protetto"],
        }
    )

    def claims_(content: Content) -> None:
        row = {"indicatore": "rispondenti", "livello": "ats", "territorio": "pavia", "periodo": "2026"}
        row |= {"per": "alleanza=Nord", "genere": "confronto", "termine": "regione/lombardia", "esito": "sopra"}
        new = pd.DataFrame([{**row, "regola": "", "differenza": 11.0}])
        content.statements = pd.concat([content.statements, new], ignore_index=True)

    folder = edizione(others=((counts, ["alleanza"]),), change=claims_)
    assert "confronti.parquet" in {t.where for t in leaks.check(folder)}


def test_a_list_from_a_reserved_table_has_no_numbers(edizione: Callable[..., Path]) -> None:
    good = pd.DataFrame({"alleanza": ["Nord"], "prova": ["Mann-Whitney"], "diversa": [True]})
    assert leaks.check(edizione(the_protected(), listings={"differenze": good})) == []
    [found] = leaks.check(edizione(the_protected(), listings={"differenze": good.assign(questionari=[3])}))
    assert (found.where, found.found) == ("elenchi/differenze.parquet", "questionari")


def test_how_many_rows_of_a_reserved_table_were_used_is_found(edizione: Callable[..., Path]) -> None:
    """Rows over questions are respondents: four organisations of thirteen answers make fifty-two rows."""

    def count_(content: Content) -> None:
        content.figures["ingressi"] = '[{"tabella":"questionari","righe":52,"dove":{"ats":"pavia"}}]'

    [found] = leaks.check(edizione(the_protected(), change=count_))
    assert (found.where, found.found) == ("cifre.parquet", "dove, righe")


def test_a_hash_or_a_copy_of_a_reserved_table_is_found(edizione: Callable[..., Path]) -> None:
    folder = edizione(the_protected())
    index = json.loads((folder / "archivio.json").read_text(encoding="utf-8"))
    index["ingressi"]["questionari"]["sha256"] = "0" * 64
    (folder / "archivio.json").write_text(json.dumps(index), encoding="utf-8")
    copy = folder / "ingressi" / "questionari.parquet"
    copy.parent.mkdir(exist_ok=True)
    pd.DataFrame({"cod_rispondente": [1]}).to_parquet(copy)
    assert {t.where for t in leaks.check(folder)} == {"archivio.json", "ingressi/questionari.parquet"}


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("sito/mappe/m.json", json.dumps({"indicatore": "rispondenti", "valori": {"pavia": 3}})),
        ("sito/mappe/t.json", json.dumps({"mappe": [{"indicatore": "rispondenti", "testi": {"pavia": "3"}}]})),
        ("sito/b.json", json.dumps({"righe": [[{"v": 3.0, "t": "3", "cifra": HIDDEN}]]})),
        ("sito/p.html", f"<table><tr><td data-valore='3'><a class='cifra' href='{CARD}'>n.d.</a></td></tr></table>"),
        ("sito/g.html", '<p>x</p><script type=\'application/json\'>{"f": {"rispondenti": 4}}</script>'),
        ("sito/t.csv", "alleanza,rispondenti\nNord,3\nSud,14\n"),
        ("sito/dati/indicatori/rispondenti.csv", "territorio,periodo,valore\npavia,2026,3\n"),
        ("sito/dati/cifre.csv", f"cifra,valore\n{HIDDEN},14\n"),
        (
            "sito/dati/tutte.csv",
            "indicatore,livello,territorio,periodo,per,valore\nrispondenti,ats,pavia,2026,alleanza=Nord,14\n",
        ),
        (
            "notebook/06.ipynb",
            json.dumps({"data": {"text/html": [f"<p>Sono <a class='cifra' href='{CARD}'>", "3</a></p>"]}}),
        ),
    ],
)
def test_a_small_count_planted_anywhere_is_found(edizione: Callable[..., Path], file: str, content: str) -> None:
    folder = edizione(the_protected())
    place = folder / file
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(content, encoding="utf-8")
    assert [t.where for t in leaks.check(folder)] == [file]
    assert [t.where for t in leaks.check(folder, {file}, ledger=Ledger())] == [file], "where only that is new"


def test_what_a_chapter_alone_hides_is_not_told_by_a_new_file(edizione: Callable[..., Path]) -> None:
    folder, ledger = edizione(the_protected()), Ledger()
    own = Figure("rispondenti", None, "numero", 0, Place("ats", "milano", "Milano"), "2026", state="protetto")
    ledger.add(own)
    (folder / "b.json").write_text(json.dumps({"v": 14.0, "cifra": own.id}), encoding="utf-8")
    assert [t.where for t in leaks.check(folder, {"b.json"}, ledger=ledger)] == ["b.json"]
    assert leaks.check(folder, {"b.json"}, ledger=Ledger()) == []


def test_a_small_count_in_a_compressed_table_is_found(edizione: Callable[..., Path]) -> None:
    folder = edizione(the_protected())
    place = folder / "sito/dati/indicatori/rispondenti.csv.zip"
    place.parent.mkdir(parents=True)
    with zipfile.ZipFile(place, "w") as archive:
        archive.writestr("rispondenti.csv", "territorio,periodo,valore\npavia,2026,3\n")
    assert [t.where for t in leaks.check(folder)] == ["sito/dati/indicatori/rispondenti.csv.zip"]


def test_a_secondary_cell_that_is_large_is_found_too(edizione: Callable[..., Path]) -> None:
    folder = edizione(the_protected())
    hidden = (
        the_protected().loc[the_protected()["rispondenti"].isna() & (COUNTS["rispondenti"] >= 5), "alleanza"].iloc[0]
    )
    (folder / "b.json").write_text(
        json.dumps({"v": 14.0, "cifra": f"rispondenti.pavia.2026.alleanza-{hidden}"}), encoding="utf-8"
    )
    assert len(leaks.check(folder)) == 1


def test_a_workbook_with_its_header_below_a_title_is_read(edizione: Callable[..., Path]) -> None:
    folder = edizione(the_protected())
    rows = [["Tabella 1. Chi ha risposto", None], [None, None], ["Alleanza", "Rispondenti"], ["Nord", 3]]
    pd.DataFrame(rows).to_excel(folder / "pavia.xlsx", index=False, header=False)
    assert [t.where for t in leaks.check(folder)] == ["pavia.xlsx"]


@pytest.mark.parametrize(("testo", "how_many"), [("n.d.", 0), ("14", 1)])
def test_the_appendix_of_a_document_is_read(edizione: Callable[..., Path], testo: str, how_many: int) -> None:
    folder = edizione(the_protected())
    document = docx.Document()
    table = document.add_table(rows=2, cols=2)
    for cell, written in zip(table._cells, ("Identificativo", "Valore", HIDDEN, testo), strict=True):
        cell.text = written
    document.save(str(folder / "analisi.docx"))
    assert len(leaks.check(folder)) == how_many


def test_thousands_are_not_a_small_count(edizione: Callable[..., Path]) -> None:
    folder = edizione(COUNTS.assign(rispondenti=[1161.0, 14.0, 21.0, 1196.0]))
    (folder / "p.html").write_text(f"<p>Sono <a class='cifra' href='{CARD}'>1.161</a></p>", encoding="utf-8")
    assert leaks.check(folder) == []


def test_a_download_with_a_small_count_is_found(edizione: Callable[..., Path]) -> None:
    folder = edizione(the_protected())
    pd.DataFrame({"alleanza": ["Nord"], "rispondenti": [3]}).to_parquet(folder / "t.parquet")
    pd.DataFrame({"Alleanza": ["Nord"], "Rispondenti": [3]}).to_excel(folder / "t.xlsx", index=False)
    assert [t.where for t in leaks.check(folder)] == ["t.parquet", "t.xlsx"]
