"""City-time plans and resources: analyses, and chapters of territories that know much, little and nothing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import quaderni
from quaderni import DATA, EDIZIONE

from conciliazione_lib import catalog, evidence, storage, territory
from conciliazione_lib.evidence import Analisi, Figure, Ledger, store
from conciliazione_lib.evidence.registry import Registry
from conciliazione_lib.indicators import demography
from conciliazione_lib.indicators.resource_history import history

#: Employment of women published for ATS and region, invented: another year is known of the region alone.
RATE = {"2022": {"ats": 62.0, "regione": 63.0}, "2024": {"regione": 70.0}}


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of the resources after what they follow: residents as they are, invented rates of employment."""
    folder = tmp_path_factory.mktemp("cifre")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONCILIAZIONE_DATI", str(folder / "niente"))
        before = [_residenti(folder / "demografia", patch), _rates(folder / "lavoro", patch)]
        return quaderni.replaced(*before, quaderni.part("risorse", *before))


def _everywhere() -> Registry:
    """The registry without levels at which figures must be: a part of a theme is enough."""
    return Registry(i.model_copy(update={"livelli": (), "somma": False}) for i in evidence.load().values())


def _analysis(nome: str) -> Analisi:
    return Analisi(nome, EDIZIONE, territory.load(DATA), _everywhere())


def _residenti(parte: Path, patch: pytest.MonkeyPatch) -> Path:
    a, population = _analysis("demografia"), catalog.table("popolazione", data=DATA)
    for level in ("ats", "regione"):
        profiles = demography.profile(a.territorio.aggregate(population.frame, to=level))
        a.cifre(
            profiles, livello=level, periodo=DATA, indicatori=["residenti", "residenti_0_14"], ingressi=[population]
        )
    patch.setenv(storage.PART_VARIABLE, str(parte))
    a.chiudi()
    return parte


def _rates(parte: Path, patch: pytest.MonkeyPatch) -> Path:
    a = _analysis("lavoro")
    rows = [
        (level, code, year, rate, rate - 2, rate + 2, 0.4 if code == "montagna" else 0.0)
        for year, rates in RATE.items()
        for level, rate in rates.items()
        for code in a.territorio.codes(level)
    ]
    name = "tasso_occupazione_f"
    columns = ["livello", "territorio", "periodo", name, f"{name}_inferiore", f"{name}_superiore", f"{name}_imputata"]
    a.cifre(pd.DataFrame(rows, columns=columns), ingressi=[catalog.table("occupazione")], grado="stima")
    patch.setenv(storage.PART_VARIABLE, str(parte))
    a.chiudi()
    return parte


@pytest.fixture(scope="module")
def rows(archive: Path) -> pd.DataFrame:
    return store.Store(archive).figures


@pytest.fixture(scope="module")
def invented_rows(made_up: Path) -> pd.DataFrame:
    return store.Store(made_up).figures


@pytest.fixture
def tempi(request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    return quaderni.told("05_tempi", request.param)


@pytest.fixture
def risorse(request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    return quaderni.told("07_risorse", request.param)


def figure(blocks: list[dict[str, Any]]) -> dict[str, Figure]:
    return dict(Ledger.from_dict(blocks[-1]["registro"]).figures)


def figures(blocks: list[dict[str, Any]]) -> dict[str, float | None]:
    return {key: one_figure.value for key, one_figure in figure(blocks).items()}


def tables(blocks: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {block["id"]: block for block in blocks if block["tipo"] == "tabella"}


def column(tabella: dict[str, Any], nome: str, what: str = "v") -> list[Any]:
    place = [c["id"] for c in tabella["colonne"]].index(nome)
    return [row[place][what] for row in tabella["righe"]]


def lacking(blocks: list[dict[str, Any]]) -> list[str]:
    return [b["lacuna"]["cosa"] for b in blocks if "lacuna" in b]


# --- the analyses ---------------------------------------------------------------------------------------------------


def test_every_ambito_has_its_row_and_what_is_not_known_says_why(rows: pd.DataFrame) -> None:
    map_ = territory.load(DATA)
    ambiti = rows[(rows["indicatore"] == "comuni_con_piano") & (rows["livello"] == "ambito")].set_index("territorio")
    assert set(ambiti.index) == set(map_.codes("ambito"))
    incomplete = set(map_.completezza("ambito", "lombardia").incompleti)
    assert set(ambiti.index[ambiti["stato"] == "non_disponibile"]) == incomplete
    assert set(ambiti.loc[sorted(incomplete), "motivo"]) == {"Non si conoscono tutti i comuni dell'ambito."}
    # where no source says that anybody has a plan, zero is a value
    assert (ambiti.loc[ambiti["stato"] == "presente", "valore"] == 0).sum() > 20
    rates = rows[(rows["indicatore"] == "tasso_risposta_comuni") & (rows["livello"] == "ats")].set_index("territorio")
    assert rates["stato"].to_dict() == dict.fromkeys(rates.index, "non_calcolabile") | {"milano": "presente"}


def test_what_rests_on_deduced_memberships_says_how_much(rows: pd.DataFrame) -> None:
    map_ = territory.load(DATA)
    deduced = map_.comuni["ambito_grado"] == "stima"
    by_ambito = deduced.groupby(map_.comuni["ambito"]).mean()
    own = rows[(rows["indicatore"] == "comuni_registro") & (rows["stato"] == "presente")]
    ambiti = own[own["livello"] == "ambito"].set_index("territorio")["imputata"]
    assert (ambiti > 0).any()
    assert ambiti.to_dict() == pytest.approx(by_ambito[ambiti.index].to_dict())
    assert (own.loc[own["livello"] != "ambito", "imputata"] == 0).all()


def test_the_projects_of_a_part_of_the_region_are_a_minimum(rows: pd.DataFrame) -> None:
    projects = rows[rows["indicatore"] == "comuni_progetti_tempi"].set_index("territorio")
    assert projects.at["lombardia", "stato"] == "parziale"
    assert projects.at["milano", "stato"] == "presente"
    assert projects.at["pavia", "stato"] == "non_disponibile"


def test_the_women_in_employment_are_of_one_year_with_the_bounds_of_their_rate(invented_rows: pd.DataFrame) -> None:
    """The region also has a later rate: set beside the ATS, it would say that everybody has less than the region."""
    women = invented_rows[invented_rows["indicatore"] == "donne_occupate_stimate"].set_index("territorio")
    assert set(women["metodo"]) == {"tasso di occupazione del 2022"}
    ends = (women["superiore"] / women["inferiore"]).to_dict()
    assert ends == pytest.approx(dict.fromkeys(ends, 64 / 60) | {"lombardia": 65 / 61})
    assert women.at["montagna", "imputata"] == 0.4
    by_head = invented_rows[
        (invented_rows["indicatore"] == "risorse_per_1000_occupate") & invented_rows["riferimento"]
    ].set_index("territorio")
    assert by_head.at["montagna", "imputata"] == 0.4
    assert (by_head["inferiore"] < by_head["valore"]).all()
    assert (by_head["valore"] < by_head["superiore"]).all()


def test_the_rows_a_figure_names_make_it(archive: Path, rows: pd.DataFrame) -> None:
    """The amount of an ATS in its first programme is the sum of the rows that its card shows: those of its ASL."""
    import json

    read_ = store.Store(archive)
    asl = catalog.read("asl").set_index("asl")["ats"].to_dict()
    expected = history(catalog.read("riparti"), asl).set_index(["periodo", "territorio"])["risorse_assegnate"]
    assigned = rows[(rows["indicatore"] == "risorse_assegnate") & (rows["livello"] == "ats")]
    for row in assigned.itertuples():
        (use,) = json.loads(str(row.ingressi))
        used = read_.table(use["tabella"]).rows(use["dove"])
        amounts = pd.DataFrame(used["righe"], columns=used["colonne"])["importo"]
        assert amounts.sum() == pytest.approx(expected[row.periodo, row.territorio]) == pytest.approx(row.valore)


# --- the chapters ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tempi", ["milano"], indirect=True)
def test_milano_has_the_survey_the_projects_and_the_reminders(tempi: list[dict[str, Any]]) -> None:
    found = tables(tempi)
    assert len(found["tab-obbligati"]["righe"]) == 17
    assert len(found["tab-ambiti"]["righe"]) == 18 == len(found["tab-risposte"]["righe"])
    assert sum(column(found["tab-risposte"], "comuni_dichiarati")) == 195
    assert found["tab-solleciti"]["righe"][0][0]["t"] == "Cinisello Balsamo"
    assert len(found["tab-aree"]["righe"]) == 6
    assert lacking(tempi) == []
    assert figures(tempi)[f"comuni_obbligati.milano.{DATA}"] == 17


def told(blocks: list[dict[str, Any]]) -> str:
    text = " ".join(block.get("markdown", "") for block in blocks)
    return " ".join(re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text).split())


@pytest.mark.parametrize("tempi", ["milano"], indirect=True)
def test_milano_tells_the_declaration_of_the_report_and_who_contradicts_it(tempi: list[dict[str, Any]]) -> None:
    text = told(tempi)
    assert "tranne 2 (Cernusco sul Naviglio e Cesano Maderno)" in text
    assert "non è un piano visto" in text
    assert "la contraddice: dice senza piano Paderno Dugnano e Bollate" in text
    assert re.search(
        r"è la sola a dirlo di 8 comuni \(Cinisello Balsamo, .*\), che restano fra quelli di cui non si sa", text
    )
    assert re.search(r"oltre ai capoluoghi conta 13 comuni obbligati .* sarebbero, .*, 27\.", text)
    rows = tables(tempi)["tab-obbligati"]
    relation = dict(zip(column(rows, "territorio", "t"), column(rows, "relazione"), strict=True))
    assert relation["Bollate"] == "il contrario di un'altra fonte"
    assert relation["Cernusco sul Naviglio"] == "non ha un piano"
    # a declaration is not the state of a comune
    duties = dict(zip(column(rows, "territorio", "t"), column(rows, "dovere"), strict=True))
    assert duties["Rho"] == "non noto"
    assert relation["Rho"].endswith("non lo nomina")


@pytest.mark.parametrize("tempi", ["brianza"], indirect=True)
def test_an_ats_with_no_contradiction_names_none(tempi: list[dict[str, Any]]) -> None:
    text = told(tempi)
    alone = re.search(r"è la sola a dirlo di 5 comuni \(([^)]*)\)", text)
    assert alone
    assert set(re.split(", | e ", alone[1])) == {"Lissone", "Seregno", "Desio", "Limbiate", "Brugherio"}
    assert "contraddice" not in text


@pytest.mark.parametrize("tempi", ["montagna"], indirect=True)
def test_an_ats_without_a_survey_gets_the_template_and_no_invented_answer(tempi: list[dict[str, Any]]) -> None:
    assert "tab-obbligati" not in tables(tempi)
    missing = lacking(quaderni.told("10_limiti", "montagna"))
    assert {"Piani dei tempi", "Progetti dei comuni sui tempi della città"} <= {*missing}
    values = figures(tempi)
    assert "Di quasi tutti gli altri non si sa" in told(tempi)
    assert values[f"comuni_con_piano.montagna.{DATA}"] == 1  # Sondrio, from the regional report


@pytest.mark.parametrize("tempi", ["lombardia"], indirect=True)
def test_lombardia_lists_the_forty_and_reports_the_disagreement(tempi: list[dict[str, Any]]) -> None:
    found = tables(tempi)
    assert len(found["tab-obbligati"]["righe"]) == 40
    values = figures(tempi)
    assert values["comuni_adottanti_relazione.lombardia.2019"] == 139
    assert values["somma_classi_relazione.lombardia.2019"] == 129
    assert "non quadra" in column(found["tab-quadrature"], "esito")


@pytest.mark.parametrize("risorse", ["milano"], indirect=True)
def test_milano_has_its_constraints_in_euros(risorse: list[dict[str, Any]]) -> None:
    values = figures(risorse)
    assert values["risorse_assegnate.milano.2025-2027"] == 1_050_000
    assert values["vincolo_azioni_sistema.milano.2020-2023"] == 242_169.00
    assert values["vincolo_progetti.milano.2020-2023"] == 726_507.00
    assert values["vincolo_riserva.milano.2020-2023"] == 72_650.70
    assert len(tables(risorse)["tab-asl"]["righe"]) == 4


@pytest.mark.parametrize("risorse", ["brescia"], indirect=True)
def test_brescia_has_its_own_figures_and_not_the_constraints_of_milano(risorse: list[dict[str, Any]]) -> None:
    values = figures(risorse)
    assert values["risorse_assegnate.brescia.2025-2027"] == 360_000
    assert not [key for key in values if key.startswith("vincolo_")]
    assert set(column(tables(risorse)["tab-regole-precedenti"], "per")) == {"tutte"}
    one_history = next(b for b in risorse if b["tipo"] == "grafico" and b["id"] == "fig-storia")["dati"]
    assert column(one_history, "periodo", "t") == ["2014–2015", "2019", "2020–2023", "2025–2027"]


@pytest.mark.parametrize("risorse", ["brescia"], indirect=True)
def test_what_needs_ages_cites_the_estimate_of_the_ages(risorse: list[dict[str, Any]]) -> None:
    sources = {block["id"]: block["fonte"] for block in risorse if "fonte" in block}
    estimate = catalog.table("popolazione", DATA).provenance.fonte
    assert all(estimate in sources[id] for id in ("fig-per-abitante", "tab-simulazione", "fig-simulazione"))
    assert estimate not in sources["fig-arrotondamento"]


@pytest.mark.parametrize("risorse", ["lombardia"], indirect=True)
def test_the_rounding_and_the_simulation_move_money_without_making_any(risorse: list[dict[str, Any]]) -> None:
    values = figures(risorse)
    for name in ("effetto_arrotondamento", "differenza_simulazione"):
        of_the_ats = [v for key, v in values.items() if key.startswith(name) and v is not None]
        assert len(of_the_ats) == 8
        assert sum(of_the_ats) == pytest.approx(0, abs=0.005)
    assert len(tables(risorse)["tab-allegato-c"]["righe"]) == 15
