"""The chapters that look ahead and set priorities: with the data at hand, and with a second definitive population."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest

from conciliazione_lib import catalog, territory
from conciliazione_lib.evidence import Ledger
from conciliazione_lib.sources import importing

QUADERNI = Path(__file__).resolve().parents[2] / "notebooks"
BLOCCO = "application/vnd.conciliazione.blocco+json"


def esegui(nome: str, **parametri: object) -> list[dict]:
    """Run the cells of a chapter here, and return its blocks."""
    spazio: dict[str, Any] = {}
    for cella in nbformat.read(QUADERNI / nome, as_version=4).cells:
        if cella.cell_type == "code":
            exec(compile(cella.source, nome, "exec"), spazio)
            if "parameters" in cella.metadata.get("tags", []):
                spazio |= parametri
    return [blocco.to_dict() for blocco in spazio["c"].blocchi]


def blocchi(quaderno: nbformat.NotebookNode) -> list[dict]:
    uscite = [o for cella in quaderno.cells if cella.cell_type == "code" for o in cella.outputs]
    return [o["data"][BLOCCO] for o in uscite if BLOCCO in o.get("data", {})]


def importa(tabella: str, frame: pd.DataFrame, data: str) -> None:
    importing.store(importing.Understood(catalog.spec(tabella), frame, data, "Dati di prova", "prova", "", "", "prova"))


def righe_di(capitolo: list[dict], tabella: str) -> list[list[str]]:
    [trovata] = [b for b in capitolo if b.get("id") == tabella]
    return [[cella["t"] for cella in riga] for riga in trovata["righe"]]


def test_priorities_say_what_enters_and_come_with_their_interval() -> None:
    milano = blocchi(nbformat.read(QUADERNI / "09_priorita.ipynb", as_version=4))
    cifre = Ledger.from_dict(milano[-1]["registro"]).figures.values()
    ranghi = [c for c in cifre if c.indicator == "rango_bisogno"]
    assert len([c for c in ranghi if c.territory.livello == "ats"]) == 8
    assert all(1 <= c.lower <= c.value <= c.upper for c in ranghi)
    quadro = righe_di(milano, "tab-dimensioni")
    assert {r[0] for r in quadro} == {"bambini", "anziani", "doppio carico", "lavoro delle donne", "offerta", "tempi"}
    # what cannot be computed says what it takes
    assert all(r[5] != "—" for r in quadro if "non calcolabile" in r[2] + r[3])
    [tempi] = [r for r in quadro if r[0] == "tempi"]
    assert tempi[3].startswith("non calcolabile (")
    assert {r[4] for r in righe_di(milano, "tab-ambiti")} <= {
        "nella prima metà", "nella seconda metà", "non distinguibile",
    }  # fmt: skip


def nidi(codici: pd.Index) -> pd.DataFrame:
    """A nursery in every comune, larger in some than in others."""
    return pd.DataFrame(
        {
            "cod_comune": codici,
            "denominazione": "Nido",
            "tipo": "asilo_nido",
            "gestione": "pubblica",
            "posti": [10 + 7 * (i % 5) for i in range(len(codici))],
            "anno": 2024,
            "grado": "pubblicazione",
            "fonte": "prova",
            "url": None,
            "note": None,
        }
    )


def test_supply_and_time_plans_of_all_enter_by_themselves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONCILIAZIONE_DATI", str(tmp_path))
    comuni = territory.load(data="2022-01-01").comuni
    residenti = catalog.read("popolazione", data="2022-01-01").groupby("cod_comune")["residenti"].sum()
    obbligati = residenti.index[residenti > 30_000]
    piani = catalog.read("piani_tempi").astype(object)
    risposte = pd.DataFrame(
        {
            "cod_comune": obbligati,
            "comune": comuni.loc[obbligati, "nome"].tolist(),
            "rilevazione": "Prova",
            "stato": ["non adottato" if i % 2 else "vigente" for i in range(len(obbligati))],
            "data_risposta": "2025-03-01",
            "grado": "pubblicazione",
            "fonte": "prova",
        }
    ).reindex(columns=piani.columns)
    importa("piani_tempi", pd.concat([piani, risposte], ignore_index=True), "2025-03-01")
    importa("servizi_offerta", nidi(comuni.index), "2024-12-31")
    lombardia = esegui("09_priorita.ipynb", territorio="lombardia")
    quadro = righe_di(lombardia, "tab-dimensioni")
    assert not [r for r in quadro if "non calcolabile" in r[2] + r[3]]
    # places known everywhere take the place of the children in the services of the comuni
    [sostituito] = [r[1] for r in quadro if r[2].startswith("non entra")]
    assert "servizi comunali" in sostituito
    [contributi] = [b for b in lombardia if b.get("id") == "tab-contributi-ambiti"]
    assert {c["id"] for c in contributi["colonne"]} >= {
        "contributo_copertura_prima_infanzia", "contributo_quota_popolazione_obbligo_non_rispettato",
    }  # fmt: skip
    assert not [b for b in lombardia if b["tipo"] == "riquadro" and "Offerta" in b["titolo"]]


def test_supply_of_one_ats_enters_among_its_own_ambiti(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONCILIAZIONE_DATI", str(tmp_path))
    comuni = territory.load(data="2022-01-01").comuni
    importa("servizi_offerta", nidi(comuni.index[comuni["ats"] == "montagna"]), "2024-12-31")
    montagna = esegui("09_priorita.ipynb", territorio="montagna")
    [posti] = [r for r in righe_di(montagna, "tab-dimensioni") if r[0] == "offerta" and r[3] != "solo fra le ATS"]
    assert posti[3].startswith("non calcolabile (7 su ")
    assert {r[0] for r in righe_di(montagna, "tab-dentro")} == {r[0] for r in righe_di(montagna, "tab-ambiti")}
    [milano] = [
        b for b in blocchi(nbformat.read(QUADERNI / "09_priorita.ipynb", as_version=4)) if b.get("id") == "tab-ambiti"
    ]
    assert not {r[0] for r in righe_di(montagna, "tab-ambiti")} & {r[0]["t"] for r in milano["righe"]}


def test_the_summary_has_five_sentences_six_numbers_and_a_map() -> None:
    bergamo = esegui("00_sintesi.ipynb", territorio="bergamo")
    [riquadro] = [b for b in bergamo if b["tipo"] == "riquadro"]
    assert riquadro["markdown"].count("\n- ") + riquadro["markdown"].startswith("- ") == 5
    [tabella] = [b for b in bergamo if b["tipo"] == "tabella"]
    assert len(tabella["righe"]) == 6
    assert [b["tipo"] for b in bergamo].count("mappa") == 1


def test_the_regional_comparison_has_all_the_ats_and_says_what_is_redundant() -> None:
    confronto = esegui("confronto_regionale.ipynb", territorio="lombardia")
    for tabella in ("tab-popolazione", "tab-lavoro", "tab-ricambi", "tab-servizi", "tab-risorse"):
        assert len(righe_di(confronto, tabella)) == 9, tabella
    assert ["Indice di vecchiaia", "Età media", "crescono insieme"] in righe_di(confronto, "tab-ridondanza")
    # an ATS without a published value says so, and is not zero
    assert {r[0]: r[-1] for r in righe_di(confronto, "tab-servizi")}["Insubria"] == "n.d."
