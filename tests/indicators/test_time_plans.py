"""City-time plans: the duty at a date, what several sources say together, bounds when answers are missing."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conciliazione_lib import catalog, territory
from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.indicators.time_plan_states import ADOPTED, AREAS, NON_PERVENUTO, STATES
from conciliazione_lib.indicators.time_plans import (
    actions_by_area,
    chief_towns,
    current_states,
    declared_count,
    declared_duty,
    declared_states,
    first_reminders,
    funded,
    measures,
    measures_by_class,
    quality,
    register,
    reminders,
    size_class,
    unmet_duty,
    with_absences,
    with_imputed,
)

COLUMNS = [
    "cod_comune", "comune", "rilevazione", "ambito_fonte", "stato", "anno", "atto", "forma", "cod_capofila",
    "allineato", "misurabile", "data_risposta",
]  # fmt: skip


def plans(*rows: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame([{"rilevazione": "r", "comune": "x", **r} for r in rows]).reindex(columns=COLUMNS)


def comuni(n: int) -> pd.DataFrame:
    codes = [f"{i:06d}" for i in range(n)]
    return pd.DataFrame({"nome": [f"Comune {i}" for i in range(n)]}, index=pd.Index(codes, name="cod_comune"))


@pytest.fixture(scope="module")
def ledger() -> pd.DataFrame:
    residenti = catalog.read("popolazione", data="2022-01-01").groupby("cod_comune")["residenti"].sum()
    return register(territory.load("2022-01-01").comuni, residenti, catalog.read("piani_tempi"))


@pytest.fixture(scope="module")
def without_name() -> pd.Series:
    return catalog.read("piani_tempi_ambiti").set_index("ambito_fonte")["negativi_senza_nome"]


def test_forty_comuni_must_have_a_plan_on_1_january_2022(ledger: pd.DataFrame) -> None:
    assert ledger["obbligo"].sum() == 40
    assert ledger.loc[ledger["obbligo"], "ats"].value_counts().to_dict() == {
        "milano": 17, "brianza": 8, "insubria": 6, "pavia": 3, "val-padana": 3, "bergamo": 2, "brescia": 1,
    }  # fmt: skip


def test_the_duty_is_strictly_above_the_threshold() -> None:
    residenti = pd.Series([30_000, 30_001], index=["000000", "000001"])
    assert register(comuni(2), residenti, plans())["obbligo"].tolist() == [False, True]
    assert size_class(pd.Series([15_000, 15_001, 30_000, 30_001])).tolist() == [
        "fino a 15.000",
        "da 15.000 a 30.000",
        "da 15.000 a 30.000",
        "oltre 30.000",
    ]


def test_the_survey_of_ats_milano_in_figures(ledger: pd.DataFrame, without_name: pd.Series) -> None:
    milano = measures(ledger, ledger["ats"], without_name, year=2022).loc["milano"]
    # One in force, two not updated, and from the regional report Milano, Lodi, Rozzano, San Donato, Sesto San Giovanni.
    assert milano["comuni_con_piano"] == 8
    # 32 named in the survey, the three of Lodi without a name, and Cernusco sul Naviglio from the report.
    assert milano["comuni_senza_piano"] == 36
    assert milano["comuni_non_noti"] == 193 - 8 - 36
    # 35 named answers and 3 without a name, out of 193.
    assert milano["tasso_risposta_comuni"] == pytest.approx(100 * 38 / 193)
    # two plans whose year is known are not averaged
    assert pd.isna(milano["eta_media_piani"])
    assert (milano["punteggio_qualita_minimo"], milano["punteggio_qualita_massimo"]) == (1, 3)


def test_an_ats_without_a_survey_has_no_response_rate_and_knows_who_must(
    ledger: pd.DataFrame, without_name: pd.Series
) -> None:
    brianza = measures(ledger, ledger["ats"], without_name).loc["brianza"]
    assert brianza["comuni_interpellati"] == 0
    assert pd.isna(brianza["tasso_risposta_comuni"])
    assert (brianza["comuni_obbligati"], brianza["obbligati_con_piano"], brianza["obbligati_senza_piano"]) == (8, 2, 1)


def test_counts_of_the_ats_add_to_the_region(ledger: pd.DataFrame, without_name: pd.Series) -> None:
    by_ats = measures(ledger, ledger["ats"], without_name)
    regione = measures(ledger, pd.Series("lombardia", index=ledger.index), without_name).loc["lombardia"]
    for column in ("comuni_registro", "comuni_con_piano", "comuni_senza_piano", "comuni_non_noti", "comuni_obbligati"):
        assert by_ats[column].sum() == regione[column]


def test_refusals_without_a_name_narrow_the_group_that_holds_the_ambito_only() -> None:
    residenti = pd.Series([10, 20, 30, 40], index=comuni(4).index)
    done = register(
        comuni(4),
        residenti,
        plans(*({"cod_comune": c, "ambito_fonte": "A", "stato": NON_PERVENUTO} for c in residenti.index)),
    )
    one = measures(done, pd.Series("tutti", index=done.index), pd.Series({"A": 1})).loc["tutti"]
    assert (one["comuni_senza_piano"], one["quota_comuni_piano_massima"]) == (1, 75)
    assert one["quota_popolazione_piano_massima"] == 90
    divided = measures(done, pd.Series(["a", "a", "b", "b"], index=done.index), pd.Series({"A": 1}))
    assert divided["quota_comuni_piano_massima"].tolist() == [100, 100]


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(STATES), st.integers(1, 60_000)), min_size=1, max_size=12), st.data())
def test_bounds_hold_whatever_the_silent_comuni_would_have_answered(rows, data) -> None:
    registry = comuni(len(rows))
    residenti = pd.Series([n for _, n in rows], index=registry.index)
    said = [{"cod_comune": c, "ambito_fonte": "A", "stato": s} for c, (s, _) in zip(registry.index, rows, strict=True)]
    known = register(registry, residenti, plans(*said))
    limits = measures(known, pd.Series("t", index=known.index)).loc["t"]
    complete = [
        {**row, "stato": data.draw(st.sampled_from(STATES[:-1])) if row["stato"] == NON_PERVENUTO else row["stato"]}
        for row in said
    ]
    true = measures(register(registry, residenti, plans(*complete)), pd.Series("t", index=known.index)).loc["t"]
    for share in ("quota_comuni_piano", "quota_popolazione_piano"):
        assert true[f"{share}_minima"] == pytest.approx(true[f"{share}_massima"])
        assert limits[f"{share}_minima"] - 1e-9 <= true[f"{share}_minima"] <= limits[f"{share}_massima"] + 1e-9


def test_an_answer_prevails_on_silence_and_the_last_answer_on_the_others() -> None:
    states = current_states(
        plans(
            {"cod_comune": "015146", "stato": "adottato", "rilevazione": "relazione"},
            {"cod_comune": "015146", "stato": NON_PERVENUTO, "rilevazione": "2020", "ambito_fonte": "Milano"},
            {"cod_comune": "015002", "stato": "vigente", "data_risposta": "2020-01-10"},
            {"cod_comune": "015002", "stato": "adottato non aggiornato", "data_risposta": "2024-05-02", "anno": 2010},
        )
    )
    assert states.loc["015146", ["stato", "ambito_fonte"]].tolist() == ["adottato", "Milano"]
    assert states.loc["015146", ["interpellato", "risposto"]].tolist() == [True, False]
    assert states.loc["015002", ["stato", "anno", "discordi"]].tolist() == ["adottato non aggiornato", 2010, False]


def test_sources_of_the_same_date_that_disagree_are_marked_not_smoothed() -> None:
    states = current_states(
        plans({"cod_comune": "1", "stato": "non adottato", "rilevazione": "a"}, {"cod_comune": "1", "stato": "vigente"})
    )
    assert states.loc["1", ["stato", "discordi"]].tolist() == ["vigente", True]


def test_quality_scores_leave_an_interval_where_nobody_answered() -> None:
    done = register(
        comuni(5),
        pd.Series(1, index=comuni(5).index),
        plans(
            {"cod_comune": "000000", "stato": "vigente", "allineato": "si", "misurabile": "no"},
            {"cod_comune": "000001", "stato": "adottato", "allineato": "si"},
            {"cod_comune": "000002", "stato": "non adottato"},
            {"cod_comune": "000003", "stato": NON_PERVENUTO},
        ),
    )
    table = quality(done)
    assert table["punteggio_minimo"].tolist() == [2, 2, 0, 0, 0]
    assert table["punteggio_massimo"].tolist() == [2, 3, 0, 3, 3]
    assert table["punteggio_qualita"].isna().tolist() == [False, True, False, True, True]


def test_reminders_put_the_duty_first(ledger: pd.DataFrame) -> None:
    milano = ledger[ledger["ats"] == "milano"]
    expected = reminders(milano)
    assert (expected["stato"] == NON_PERVENUTO).all()
    assert expected["obbligo"].is_monotonic_decreasing
    assert expected.iloc[0]["nome"] == "Cinisello Balsamo"
    assert len(expected) == (~milano["stato"].isin(ADOPTED) & (milano["stato"] == NON_PERVENUTO)).sum()


@pytest.mark.parametrize(
    ("tabella", "residenti", "message"),
    [
        (plans(), {}, "Manca la popolazione di 1 comuni: Comune 0."),
        (
            plans({"cod_comune": "999999", "stato": "vigente"}),
            {"000000": 1},
            "Ci sono piani di comuni che non sono fra quelli in vigore: 999999.",
        ),
        (plans({"cod_comune": "000000", "stato": "boh"}), {"000000": 1}, "Stato del piano sconosciuto: boh."),
    ],
)
def test_what_cannot_be_counted_is_refused(tabella, residenti, message: str) -> None:
    with pytest.raises(CalcoloError) as error:
        register(comuni(1), pd.Series(residenti, dtype="int64"), tabella)
    assert error.value.messaggio == message


def test_unmet_duty_counts_residents_and_one_unknown_makes_the_territory_unknown() -> None:
    registry = pd.DataFrame(
        {
            "residenti": [40_000, 60_000, 35_000, 5_000, 50_000],
            "dovere": ["non rispettato", "rispettato", "non noto", "non obbligato", "non rispettato"],
        },
        index=list("abcde"),
    )
    zone = pd.Series({"a": "nord", "b": "nord", "c": "sud", "d": "valle", "e": "sud"})
    outcome = unmet_duty(registry, zone)
    assert outcome["quota_popolazione_obbligo_non_rispettato"].drop("sud").to_dict() == {"nord": 40.0, "valle": 0.0}
    assert pd.isna(outcome.loc["sud", "quota_popolazione_obbligo_non_rispettato"])
    assert outcome.loc["nord", ["residenti_obbligo_non_rispettato", "residenti"]].tolist() == [40_000, 100_000]


def test_what_the_report_declares_of_the_comuni_with_the_duty(ledger: pd.DataFrame) -> None:
    said = catalog.read("piani_tempi_dichiarazioni")
    states = declared_states(ledger, said)
    assert states["riscontro"].value_counts().to_dict() == {
        "solo dichiarato": 21, "nominato": 14, "contraddetto": 2, "eccezione": 2, "confermato": 1,
    }  # fmt: skip
    names = states.assign(nome=states["cod_comune"].map(ledger["nome"])).set_index("nome")
    denied = names[names["riscontro"] == "contraddetto"]
    assert set(denied.index) == {"Paderno Dugnano", "Bollate"}
    assert set(denied["stato_dichiarato"]) == {"adottato"}
    assert denied["rilevazione"].str.startswith("Rilevazione ATS Milano").all()
    assert set(names.index[names["riscontro"] == "eccezione"]) == {"Cesano Maderno", "Cernusco sul Naviglio"}
    # Only another source confirms: the fourteen that the report itself names one by one do not.
    assert names.loc[names["riscontro"] == "confermato"].index.tolist() == ["Abbiategrasso"]
    # A declaration has its source even where nothing else speaks of the comune.
    treviglio = names.loc["Treviglio"]
    assert treviglio["fonte_dichiarazione"] == "Relazione regionale DGR XI/2639/2019"
    assert pd.isna(treviglio["rilevazione"])


def test_a_declaration_does_not_become_the_state_of_a_comune(ledger: pd.DataFrame) -> None:
    states = declared_states(ledger, catalog.read("piani_tempi_dichiarazioni")).set_index("cod_comune")
    alone = states.index[states["riscontro"] == "solo dichiarato"]
    assert set(ledger.loc[alone, "dovere"]) == {"non noto"}
    assert set(ledger.loc[alone, "stato"]) == {NON_PERVENUTO}


def test_the_declared_duty_by_ats_adds_to_the_region(ledger: pd.DataFrame) -> None:
    states = declared_states(ledger, catalog.read("piani_tempi_dichiarazioni"))
    by_ats = declared_duty(states, ledger["ats"]).loc["dgr_2639_obbligati"]
    regione = declared_duty(states, pd.Series("lombardia", index=ledger.index)).loc["dgr_2639_obbligati"]
    assert by_ats.sum().to_dict() == regione.loc["lombardia"].to_dict()
    assert regione.loc["lombardia", "comuni_obbligati"] == 40
    assert by_ats.loc["milano"].to_dict() == {
        "obbligati_confermati": 1,
        "obbligati_nominati": 5,
        "obbligati_solo_dichiarati": 8,
        "obbligati_contraddetti": 2,
        "obbligati_eccettuati": 1,
        "comuni_obbligati": 17,
    }


def test_all_but_two_are_more_than_the_report_counts(ledger: pd.DataFrame) -> None:
    said = catalog.read("piani_tempi_dichiarazioni")
    assert len(chief_towns(ledger)) == 12
    assert declared_count(ledger, said).to_dict() == {"dgr_2639_obbligati": 27}
    assert said["comuni_contati"].tolist() == [13]
    assert declared_count(ledger, said.assign(eccezioni=None)).to_dict() == {"dgr_2639_obbligati": 29}


def test_an_exception_that_has_a_plan_contradicts_too() -> None:
    residenti = pd.Series([40_000, 40_000, 40_000], index=comuni(3).index)
    known = register(comuni(3), residenti, plans({"cod_comune": "000000", "stato": "vigente"}))
    said = {"dichiarazione": "d", "rilevazione": "atto", "insieme": "obbligati", "stato": "adottato"}
    states = declared_states(known, pd.DataFrame([{**said, "eccezioni": "000000 000001"}]))
    assert states["riscontro"].tolist() == ["contraddetto", "eccezione", "solo dichiarato"]
    without = declared_states(known, pd.DataFrame([{**said, "stato": "non adottato", "eccezioni": None}]))
    assert without["riscontro"].tolist() == ["contraddetto", "solo dichiarato", "solo dichiarato"]


def test_no_declaration_says_nothing(ledger: pd.DataFrame) -> None:
    states = declared_states(ledger, catalog.read("piani_tempi_dichiarazioni").iloc[:0])
    assert states.empty
    assert {"cod_comune", "riscontro", "fonte_dichiarazione"} <= set(states.columns)


def test_an_exception_that_is_no_comune_is_refused(ledger: pd.DataFrame) -> None:
    said = catalog.read("piani_tempi_dichiarazioni").assign(eccezioni="999999")
    with pytest.raises(CalcoloError, match="eccettua comuni che non sono fra quelli in vigore: 999999"):
        declared_states(ledger, said)


def test_the_size_classes_of_a_territory_sum_to_it(ledger: pd.DataFrame, without_name: pd.Series) -> None:
    classes = measures_by_class(ledger, ledger["ats"], without_name)
    whole = measures(ledger, ledger["ats"], without_name)
    for count in ("comuni_registro", "comuni_con_piano", "comuni_obbligati", "comuni_interpellati"):
        assert classes.groupby("territorio")[count].sum().to_dict() == whole[count].to_dict()
    milano = classes.loc["milano"].set_index("classe")
    assert milano.index.tolist() == ["oltre 30.000", "da 15.000 a 30.000", "fino a 15.000"]
    # the three answers of Lodi without a name may be of any class
    assert milano["comuni_senza_piano"].sum() == whole.at["milano", "comuni_senza_piano"] - 3
    assert "oltre 30.000" not in set(classes.loc["montagna", "classe"])


def test_every_measure_without_a_value_says_why(ledger: pd.DataFrame, without_name: pd.Series) -> None:
    one_measures = with_absences(measures(ledger, ledger["ambito"], without_name, year=2022))
    for name in ("tasso_risposta_comuni", "tasso_risposta_popolazione", "eta_media_piani", "punteggio_qualita_minimo"):
        assert (one_measures[name].isna() == (one_measures[f"{name}_stato"] != "")).all(), name
        assert (one_measures[name].isna() == (one_measures[f"{name}_motivo"] != "")).all(), name
    # the plan of Sondrio comes from the report: no survey asked, and nobody says its year
    sondrio = one_measures.loc["sondrio"]
    assert sondrio["tasso_risposta_comuni_stato"] == "non_calcolabile"
    assert sondrio["eta_media_piani_stato"] == "non_disponibile"
    assert one_measures.at["pavia", "eta_media_piani_stato"] in ("", "non_disponibile", "non_applicabile")


def test_the_first_to_remind_are_listed_in_every_territory(ledger: pd.DataFrame) -> None:
    groups = {"ats": ledger["ats"], "regione": pd.Series("lombardia", index=ledger.index)}
    first = first_reminders(ledger, groups, 3)
    assert set(first["territorio"]) == {*ledger["ats"], "lombardia"}
    assert first.groupby(["livello", "territorio"])["posto"].max().eq(3).all()
    of_the_regione = first.query("livello == 'regione'")["cod_comune"].tolist()
    assert of_the_regione == reminders(ledger).index[:3].tolist()


def test_measures_of_an_ambito_say_how_much_of_it_was_deduced() -> None:
    territorio = territory.load("2022-01-01")
    residenti = catalog.read("popolazione", data="2022-01-01").groupby("cod_comune")["residenti"].sum()
    measured = pd.DataFrame(
        {
            "livello": ["ambito", "ats"],
            "quota_popolazione_piano_minima": 1.0,
            "comuni_registro": 1,
            "residenti_obbligo_non_rispettato": 5,
            "comuni_registro_stato": "",
        },
        index=pd.Index(["valle-trompia", "pavia"], name="territorio"),
    )
    outcome = with_imputed(measured, territorio, residenti)
    of_the_comuni = territorio.deduced_share("ambito", pd.Series(1.0, index=residenti.index))["valle-trompia"]
    of_the_inhabitants = territorio.deduced_share("ambito", residenti)["valle-trompia"]
    assert of_the_comuni != of_the_inhabitants
    assert outcome["comuni_registro_imputata"].tolist() == [of_the_comuni, 0.0]
    assert outcome["quota_popolazione_piano_minima_imputata"].tolist() == [of_the_inhabitants, 0.0]
    assert outcome.columns.difference(measured.columns).str.endswith("_imputata").all()
    assert "residenti_obbligo_non_rispettato_imputata" not in outcome


def bando() -> pd.DataFrame:
    area = next(iter(AREAS))
    rows = [
        ("progetti finanziati", "milano", "A", "015146", "Milano", None, "sportello"),
        ("progetti finanziati", "milano", "A", "015209", "Sesto", None, "orari"),
        ("azioni per area", "milano", None, "015146", "Milano", area, "orari"),
        ("azioni per area", "milano", None, "015077", "Cinisello", area, "orari"),
    ]
    return pd.DataFrame(rows, columns=["elenco", "ats", "progetto", "cod_comune", "comune", "area", "azione"])


def test_projects_of_the_region_are_at_least_those_of_the_ats_that_are_listed() -> None:
    counts = funded(bando()).set_index("territorio")
    assert counts.loc["milano", ["progetti_tempi", "comuni_progetti_tempi"]].tolist() == [1, 3]
    assert counts.loc["lombardia", ["progetti_tempi", "progetti_tempi_stato"]].tolist() == [1, "parziale"]
    assert pd.isna(counts.at["milano", "progetti_tempi_stato"])


def test_an_area_without_actions_is_listed_without_any() -> None:
    areas = actions_by_area(bando())
    assert areas.groupby("livello")["area"].nunique().to_dict() == {"ats": len(AREAS), "regione": len(AREAS)}
    full = areas[areas["azione"] != ""]
    assert full["comuni"].tolist() == ["Milano, Cinisello"] * 2
    assert (areas.loc[areas["azione"] == "", "comuni"] == "").all()
    assert areas["nome_area"].notna().all()
