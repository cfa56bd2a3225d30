"""Analysis of priorities and chapter 09: with the data at hand, and with those that are still missing."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from quaderni import DATA, part, replaced, tell, told
from quaderni import figures as stored

from conciliazione_lib import catalog, territory
from conciliazione_lib.evidence import Ledger, load, store
from conciliazione_lib.indicators import demography, levels, need
from conciliazione_lib.sources import importing

COMUNI = territory.load(DATA).comuni
READ = ("demografia", "domanda_offerta", "lavoro", "servizi", "tempi")

chapter = functools.partial(told, "09_priorita")


def rows_of(blocks: list[dict[str, Any]], table: str) -> list[list[str]]:
    [found] = [b for b in blocks if b.get("id") == table]
    return [[cell["t"] for cell in row] for row in found["righe"]]


def imported(table: str, frame: pd.DataFrame, day: str) -> None:
    importing.store(importing.Understood(catalog.spec(table), frame, day, "Dati di prova", "prova", "", "", "prova"))


@functools.cache
def figures() -> pd.DataFrame:
    rows = stored().figures
    return rows[rows["indicatore"].isin(stored().index["analisi"]["priorita"])]


def of(indicator: str, level: str) -> pd.Series:
    found = figures()
    rows = found[(found["indicatore"] == indicator) & (found["livello"] == level) & (found["per"] == "")]
    return rows.set_index("territorio")["valore"]


def test_the_index_reads_the_figures_of_the_edition_and_computes_none_of_them() -> None:
    """The gap and the use of services were estimated again in this chapter, with a year of its own."""
    written = set(figures()["indicatore"])
    earlier = {name for one in READ for name in stored().index["analisi"][one]}
    assert not written & earlier
    choices = catalog.read("indice_bisogno").query("livello == 'ats'").set_index("indicatore")
    rows = stored().figures
    rows = rows[
        rows["indicatore"].isin(earlier) & rows["riferimento"] & (rows["per"] == "") & (rows["livello"] == "ats")
    ]
    values = rows.pivot(index="territorio", columns="indicatore", values="valore")
    for name in ("bambini_0_2_per_100_donne_30_44", "divario_occupazione", "bambini_servizi_comunali_infanzia"):
        low, high = choices.loc[name, ["minimo", "massimo"]]
        points = (values[name] - low) / (high - low) * 60 + 70
        points = points if choices.loc[name, "polarita"] == 1 else 200 - points
        part_of = of(f"contributo_{name}", "ats")
        # five indicators enter, and weigh the same
        assert part_of.to_numpy() == pytest.approx(((points - 100) / 5).reindex(part_of.index).to_numpy())


def test_contributions_add_up_and_every_place_has_its_interval() -> None:
    for level in ("ats", "ambito"):
        index = of("indice_bisogno", level)
        declared = [n for n in load() if n.startswith("contributo_") and level in load()[n].livelli]
        parts = sum(of(name, level).fillna(0.0) for name in declared)
        known = index.dropna()
        assert (known - 100).to_numpy() == pytest.approx(parts.reindex(known.index).to_numpy())
    ranks = figures()[(figures()["indicatore"] == "rango_bisogno") & (figures()["livello"] == "ats")]
    assert len(ranks) == 8
    assert ((ranks["inferiore"] >= 1) & (ranks["inferiore"] <= ranks["valore"])).all()
    assert ((ranks["valore"] <= ranks["superiore"]) & (ranks["superiore"] <= 8)).all()


def test_what_is_imputed_in_the_indicators_is_imputed_in_the_index() -> None:
    rows = figures()[(figures()["indicatore"] == "indice_bisogno") & (figures()["livello"] == "ats")]
    share = rows.set_index("territorio")["imputata"]
    assert share["bergamo"] == 0
    assert share["montagna"] > share["brescia"] > 0


def test_an_indicator_that_does_not_enter_is_not_applicable_and_says_so() -> None:
    rows = figures()[
        (figures()["indicatore"] == "contributo_copertura_prima_infanzia") & (figures()["livello"] == "ats")
    ]
    assert len(rows) == 8
    assert set(rows["stato"]) == {"non_applicabile"}
    assert set(rows["motivo"]) == {"L'indicatore non entra nell'indice."}


def test_comuni_in_clusters_add_up_from_the_ats_to_the_region() -> None:
    for name in ("comuni_addensamento_alto", "comuni_addensamento_basso"):
        assert of(name, "ats").sum() == of(name, "regione")["lombardia"] > 0
        assert of(name, "provincia").sum() == of(name, "regione")["lombardia"]
    groups = stored().listing("addensamenti")
    assert len(groups) == len(COMUNI)
    assert (groups["gruppo"] == "alto-alto").sum() == of("comuni_addensamento_alto", "regione")["lombardia"]


def test_priorities_say_what_enters_and_come_with_their_interval() -> None:
    milano = chapter("milano")
    ranks = [c for c in Ledger.from_dict(milano[-1]["registro"]).figures.values() if c.indicator == "rango_bisogno"]
    assert len([c for c in ranks if c.territory.livello == "ats"]) == 8
    assert all(1 <= c.lower <= c.value <= c.upper for c in ranks)
    table = rows_of(milano, "tab-dimensioni")
    assert {r[0] for r in table} == set(catalog.values("dimensioni"))
    # what cannot be computed says what it takes
    assert all(r[5] != "—" for r in table if "non calcolabile" in r[2] + r[3])
    [times] = [r for r in table if r[0] == "tempi"]
    assert times[3].startswith("non calcolabile (")
    assert {r[4] for r in rows_of(milano, "tab-ambiti")} <= set(need.GROUP_NAMES.values())


def test_the_same_index_is_told_of_an_ats_and_of_the_region() -> None:
    milano, lombardia = chapter("milano"), chapter("lombardia")
    assert rows_of(milano, "tab-ats") == rows_of(lombardia, "tab-ats")
    assert {r[0] for r in rows_of(milano, "tab-ambiti")} < {r[0] for r in rows_of(lombardia, "tab-ambiti")}


def nurseries(codes: pd.Index) -> pd.DataFrame:
    """A nursery in every comune, larger in some than in others."""
    return pd.DataFrame(
        {
            "cod_comune": codes,
            "denominazione": "Nido",
            "tipo": "asilo_nido",
            "gestione": "pubblica",
            "posti": [10 + 7 * (i % 5) for i in range(len(codes))],
            "anno": 2024,
            "grado": "pubblicazione",
            "fonte": "prova",
            "url": None,
            "note": None,
        }
    )


def test_supply_and_time_plans_of_all_enter_by_themselves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONCILIAZIONE_DATI", str(tmp_path))
    residents = catalog.read("popolazione", data=DATA).groupby("cod_comune")["residenti"].sum()
    obliged = residents.index[residents > 30_000]
    plans = catalog.read("piani_tempi").astype(object)
    answers = pd.DataFrame(
        {
            "cod_comune": obliged,
            "comune": COMUNI.loc[obliged, "nome"].tolist(),
            "rilevazione": "Prova",
            "stato": ["non adottato" if i % 2 else "vigente" for i in range(len(obliged))],
            "data_risposta": "2025-03-01",
            "grado": "pubblicazione",
            "fonte": "prova",
        }
    ).reindex(columns=plans.columns)
    imported("piani_tempi", pd.concat([plans, answers], ignore_index=True), "2025-03-01")
    imported("servizi_offerta", nurseries(COMUNI.index), "2024-12-31")
    before = replaced(part("servizi"), part("tempi"))
    lombardia = tell("09_priorita", "lombardia", replaced(part("priorita", before), of=before))
    table = rows_of(lombardia, "tab-dimensioni")
    assert not [r for r in table if "non calcolabile" in r[2] + r[3]]
    # places known everywhere take the place of the children in the services of the comuni
    [taken_out] = [r[1] for r in table if r[2].startswith("non entra")]
    assert "servizi comunali" in taken_out
    [contributions] = [b for b in lombardia if b.get("id") == "tab-contributi-ambiti"]
    assert {c["id"] for c in contributions["colonne"]} >= {
        "contributo_copertura_prima_infanzia", "contributo_quota_popolazione_obbligo_non_rispettato",
    }  # fmt: skip
    assert not [b for b in lombardia if b["tipo"] == "riquadro" and "Offerta" in b["titolo"]]


def test_supply_of_one_ats_enters_among_its_own_ambiti(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONCILIAZIONE_DATI", str(tmp_path))
    imported("servizi_offerta", nurseries(COMUNI.index[COMUNI["ats"] == "bergamo"]), "2024-12-31")
    before = replaced(part("servizi"))
    folder = replaced(part("priorita", before), of=before)
    bergamo = tell("09_priorita", "bergamo", folder)
    [places] = [r for r in rows_of(bergamo, "tab-dimensioni") if r[0] == "offerta" and r[3] != "solo fra le ATS"]
    assert places[3].startswith("non calcolabile (")
    own = {r[0] for r in rows_of(bergamo, "tab-ambiti")}
    assert len(own) >= 3
    assert {r[0] for r in rows_of(bergamo, "tab-dentro")} == own
    milano = tell("09_priorita", "milano", folder)
    assert "tab-dentro" not in {b.get("id") for b in milano}
    assert not own & {r[0] for r in rows_of(milano, "tab-ambiti")}


def test_commuting_and_homes_tell_more_ambiti_apart_and_narrow_no_interval_of_theirs() -> None:
    territorio, choices = territory.load(DATA), catalog.read("indice_bisogno").query("livello == 'ambito'")
    rows, names = stored().figures, list(choices["indicatore"])
    where = ("ambito", "regione")
    values = levels.by_level(store.wide(rows, names, livello=where, limiti=True), territorio, where)
    counts = levels.by_level(store.wide(rows, demography.terms(names), livello=where), territorio, where)
    errors = need.standard_errors(values["ambito"], counts["ambito"], names)
    reference = values["regione"].loc["lombardia", names]
    told_apart, dimensions = {}, catalog.values("dimensioni")
    for name, chosen in {
        "with": choices,
        "without": choices[~choices["dimensione"].isin(dimensions[-2:])],
    }.items():
        own = list(chosen["indicatore"])
        ranked = need.rank(values["ambito"][own], chosen, reference[own], errors[own]).graduatoria
        groups = ranked.set_index("territorio")["gruppo"]
        milano = territorio.ambiti.query("ats == 'milano'").index.intersection(groups.index)
        told_apart[name] = (groups != "non distinguibile").sum(), (groups[milano] != "non distinguibile").sum()
    assert told_apart == {"with": (20, 7), "without": (19, 4)}
    # what was published without an error has none here either: it is not the data that were made surer
    assert (errors[["quota_pendolari_uscita", "rsa_posti_per_100_75"]] == 0).all(axis=None)
