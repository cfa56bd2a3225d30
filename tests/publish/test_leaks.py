"""The attacker of a published edition finds what can be read or deduced, and nothing when all is protected."""

from __future__ import annotations

import json
from pathlib import Path

import docx
import pandas as pd
import pytest

from conciliazione_lib import evidence
from conciliazione_lib.evidence import Ledger, Place
from conciliazione_lib.indicators import protected
from conciliazione_lib.publish import leaks

GENITORI = {"alleanza": dict.fromkeys(("Nord", "Sud", "Est"), "tutte")}
CONTI = pd.DataFrame({"alleanza": ["Nord", "Sud", "Est", "tutte"], "rispondenti": [3.0, 14.0, 21.0, 38.0]})


def registro(frame: pd.DataFrame) -> Ledger:
    """The ledger of a chapter that shows the respondents of an ATS by Alleanza, and their total."""
    ledger = Ledger()
    frame = frame.assign(livello="ats", territorio="pavia")
    totale = frame["alleanza"] == "tutte"
    for righe, per in ((frame[totale].drop(columns="alleanza"), []), (frame[~totale], ["alleanza"])):
        for figura in evidence.cifre(
            righe, ledger=ledger, luogo=lambda livello, codice: Place(livello, codice, "Pavia"), periodo="2026", per=per
        ):
            ledger.add(figura)
    return ledger


def protetti() -> pd.DataFrame:
    return protected.publishable(CONTI, "rispondenti", ["alleanza"], GENITORI, threshold=5)


def test_a_protected_table_gives_nothing_away(tmp_path: Path) -> None:
    ledger = registro(protetti())
    assert len(ledger.figures) == 4
    assert leaks.check(tmp_path, ledger) == []


def test_a_small_count_in_the_ledger_is_found(tmp_path: Path) -> None:
    [trovata] = leaks.check(tmp_path, registro(CONTI))
    assert (trovata.where, trovata.id) == ("cifre.json", "rispondenti.pavia.2026.alleanza-Nord")


def test_hiding_only_the_small_count_is_not_enough(tmp_path: Path) -> None:
    solo = CONTI.assign(rispondenti=CONTI["rispondenti"].where(CONTI["rispondenti"] >= 5), rispondenti_motivo="n.p.")
    [trovata] = leaks.check(tmp_path, registro(solo))
    assert trovata.where == "cifre.json, per differenza"
    assert trovata.found == "fra 3 e 3"


@pytest.mark.parametrize("affidabile", [True, False])
def test_a_reliability_bounds_the_hidden_answers_it_stands_on(tmp_path: Path, affidabile: bool) -> None:
    # Pavia's three answers and Bergamo's eleven are hidden; if Bergamo's are at least ten, Pavia's are at most four
    domanda = "Grazie al servizio il rapporto con i colleghi è migliorato"
    conti = pd.DataFrame(
        {
            "livello": ["ats", "ats", "ats", "regione"],
            "territorio": ["pavia", "bergamo", "brescia", "lombardia"],
            "questionario": "beneficiari",
            "domanda": domanda,
            "risposte_giudizio": [None, None, 50.0, 64.0],
        }
    )
    alfa = conti.loc[[1], ["livello", "territorio", "questionario"]].assign(
        dimensione="Rapporto con i colleghi", alfa_dimensione=0.8 if affidabile else None
    )
    ledger = Ledger()
    for righe, per in ((conti, ["questionario", "domanda"]), (alfa, ["questionario", "dimensione"])):
        for figura in evidence.cifre(
            righe, ledger=ledger, luogo=lambda livello, codice: Place(livello, codice, codice), periodo="2026", per=per
        ):
            ledger.add(figura)
    trovate = [t.id for t in leaks.check(tmp_path, ledger)]
    assert len(trovate) == (1 if affidabile else 0)
    assert all(".pavia." in chiave for chiave in trovate)


def test_totals_that_do_not_add_up_are_a_finding(tmp_path: Path) -> None:
    rotti = protetti().assign(rispondenti=[None, 14.0, None, 9.0])
    [trovata] = leaks.check(tmp_path, registro(rotti))
    assert trovata.expected == "totali uguali alla somma delle parti"


NASCOSTA = "rispondenti.pavia.2026.alleanza-Nord"


@pytest.mark.parametrize(
    ("file", "contenuto"),
    [
        ("sito/mappe/m.json", json.dumps({"indicatore": "rispondenti", "valori": {"pavia": 3}})),
        ("sito/mappe/t.json", json.dumps({"mappe": [{"indicatore": "rispondenti", "testi": {"pavia": "3"}}]})),
        ("sito/b.json", json.dumps({"righe": [[{"v": 3.0, "t": "3", "cifra": NASCOSTA}]]})),
        ("sito/p.html", f"<table><tr><td data-cifra='{NASCOSTA}' data-valore='3'>n.d.</td></tr></table>"),
        ("sito/g.html", '<p>x</p><script type=\'application/json\'>{"f": {"rispondenti": 4}}</script>'),
        ("sito/t.csv", "alleanza,rispondenti\nNord,3\nSud,14\n"),
        ("sito/dati/indicatori/rispondenti.csv", "territorio,periodo,valore\npavia,2026,3\n"),
        ("sito/dati/cifre.csv", f"cifra,valore\n{NASCOSTA},14\n"),
        (
            "notebook/06.ipynb",
            json.dumps({"data": {"text/html": [f"<p>Sono <a data-cifra='{NASCOSTA}'>", "3</a></p>"]}}),
        ),
    ],
)
def test_a_small_count_planted_anywhere_is_found(tmp_path: Path, file: str, contenuto: str) -> None:
    posto = tmp_path / file
    posto.parent.mkdir(parents=True, exist_ok=True)
    posto.write_text(contenuto, encoding="utf-8")
    assert [t.where for t in leaks.check(tmp_path, registro(protetti()))] == [file]


def test_a_secondary_cell_that_is_large_is_found_too(tmp_path: Path) -> None:
    nascosta = protetti().loc[protetti()["rispondenti"].isna() & (CONTI["rispondenti"] >= 5), "alleanza"].iloc[0]
    (tmp_path / "b.json").write_text(
        json.dumps({"v": 14.0, "cifra": f"rispondenti.pavia.2026.alleanza-{nascosta}"}), encoding="utf-8"
    )
    assert len(leaks.check(tmp_path, registro(protetti()))) == 1


def test_a_workbook_with_its_header_below_a_title_is_read(tmp_path: Path) -> None:
    righe = [["Tabella 1. Chi ha risposto", None], [None, None], ["Alleanza", "Rispondenti"], ["Nord", 3]]
    pd.DataFrame(righe).to_excel(tmp_path / "pavia.xlsx", index=False, header=False)
    assert [t.where for t in leaks.check(tmp_path, registro(protetti()))] == ["pavia.xlsx"]


@pytest.mark.parametrize(("testo", "quante"), [("n.d.", 0), ("14", 1)])
def test_the_appendix_of_a_document_is_read(tmp_path: Path, testo: str, quante: int) -> None:
    documento = docx.Document()
    tavola = documento.add_table(rows=2, cols=2)
    for cella, scritto in zip(tavola._cells, ("Identificativo", "Valore", NASCOSTA, testo), strict=True):
        cella.text = scritto
    documento.save(str(tmp_path / "analisi.docx"))
    assert len(leaks.check(tmp_path, registro(protetti()))) == quante


def test_thousands_are_not_a_small_count(tmp_path: Path) -> None:
    tanti = CONTI.assign(rispondenti=[1161.0, 14.0, 21.0, 1196.0])
    (tmp_path / "p.html").write_text(f"<p>Sono <a data-cifra='{NASCOSTA}'>1.161</a></p>", encoding="utf-8")
    assert leaks.check(tmp_path, registro(tanti)) == []


def test_a_download_with_a_small_count_is_found(tmp_path: Path) -> None:
    pd.DataFrame({"alleanza": ["Nord"], "rispondenti": [3]}).to_parquet(tmp_path / "t.parquet")
    pd.DataFrame({"Alleanza": ["Nord"], "Rispondenti": [3]}).to_excel(tmp_path / "t.xlsx", index=False)
    assert [t.where for t in leaks.check(tmp_path, registro(protetti()))] == ["t.parquet", "t.xlsx"]
