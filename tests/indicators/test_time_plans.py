"""City-time plans: the duty at a date, what several sources say together, bounds when answers are missing."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conciliazione_lib import catalog, territory
from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.indicators.time_plan_states import ADOTTATI, AREE, NON_PERVENUTO, STATI
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

COLONNE = [
    "cod_comune", "comune", "rilevazione", "ambito_fonte", "stato", "anno", "atto", "forma", "cod_capofila",
    "allineato", "misurabile", "data_risposta",
]  # fmt: skip


def piani(*righe: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame([{"rilevazione": "r", "comune": "x", **r} for r in righe]).reindex(columns=COLONNE)


def comuni(n: int) -> pd.DataFrame:
    codici = [f"{i:06d}" for i in range(n)]
    return pd.DataFrame({"nome": [f"Comune {i}" for i in range(n)]}, index=pd.Index(codici, name="cod_comune"))


@pytest.fixture(scope="module")
def registro() -> pd.DataFrame:
    residenti = catalog.read("popolazione", data="2022-01-01").groupby("cod_comune")["residenti"].sum()
    return register(territory.load("2022-01-01").comuni, residenti, catalog.read("piani_tempi"))


@pytest.fixture(scope="module")
def senza_nome() -> pd.Series:
    return catalog.read("piani_tempi_ambiti").set_index("ambito_fonte")["negativi_senza_nome"]


def test_forty_comuni_must_have_a_plan_on_1_january_2022(registro: pd.DataFrame) -> None:
    assert registro["obbligo"].sum() == 40
    assert registro.loc[registro["obbligo"], "ats"].value_counts().to_dict() == {
        "milano": 17, "brianza": 8, "insubria": 6, "pavia": 3, "val-padana": 3, "bergamo": 2, "brescia": 1,
    }  # fmt: skip


def test_the_duty_is_strictly_above_the_threshold() -> None:
    residenti = pd.Series([30_000, 30_001], index=["000000", "000001"])
    assert register(comuni(2), residenti, piani())["obbligo"].tolist() == [False, True]
    assert size_class(pd.Series([15_000, 15_001, 30_000, 30_001])).tolist() == [
        "fino a 15.000",
        "da 15.000 a 30.000",
        "da 15.000 a 30.000",
        "oltre 30.000",
    ]


def test_the_survey_of_ats_milano_in_figures(registro: pd.DataFrame, senza_nome: pd.Series) -> None:
    milano = measures(registro, registro["ats"], senza_nome, year=2022).loc["milano"]
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
    registro: pd.DataFrame, senza_nome: pd.Series
) -> None:
    brianza = measures(registro, registro["ats"], senza_nome).loc["brianza"]
    assert brianza["comuni_interpellati"] == 0
    assert pd.isna(brianza["tasso_risposta_comuni"])
    assert (brianza["comuni_obbligati"], brianza["obbligati_con_piano"], brianza["obbligati_senza_piano"]) == (8, 2, 1)


def test_counts_of_the_ats_add_to_the_region(registro: pd.DataFrame, senza_nome: pd.Series) -> None:
    per_ats = measures(registro, registro["ats"], senza_nome)
    regione = measures(registro, pd.Series("lombardia", index=registro.index), senza_nome).loc["lombardia"]
    for colonna in ("comuni_registro", "comuni_con_piano", "comuni_senza_piano", "comuni_non_noti", "comuni_obbligati"):
        assert per_ats[colonna].sum() == regione[colonna]


def test_refusals_without_a_name_narrow_the_group_that_holds_the_ambito_only() -> None:
    residenti = pd.Series([10, 20, 30, 40], index=comuni(4).index)
    fatte = register(
        comuni(4),
        residenti,
        piani(*({"cod_comune": c, "ambito_fonte": "A", "stato": NON_PERVENUTO} for c in residenti.index)),
    )
    uno = measures(fatte, pd.Series("tutti", index=fatte.index), pd.Series({"A": 1})).loc["tutti"]
    assert (uno["comuni_senza_piano"], uno["quota_comuni_piano_massima"]) == (1, 75)
    assert uno["quota_popolazione_piano_massima"] == 90
    divisi = measures(fatte, pd.Series(["a", "a", "b", "b"], index=fatte.index), pd.Series({"A": 1}))
    assert divisi["quota_comuni_piano_massima"].tolist() == [100, 100]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(STATI), st.integers(1, 60_000)), min_size=1, max_size=12), st.data())
def test_bounds_hold_whatever_the_silent_comuni_would_have_answered(righe, dati) -> None:
    anagrafe = comuni(len(righe))
    residenti = pd.Series([n for _, n in righe], index=anagrafe.index)
    detti = [
        {"cod_comune": c, "ambito_fonte": "A", "stato": s} for c, (s, _) in zip(anagrafe.index, righe, strict=True)
    ]
    noti = register(anagrafe, residenti, piani(*detti))
    limiti = measures(noti, pd.Series("t", index=noti.index)).loc["t"]
    completi = [
        {**riga, "stato": dati.draw(st.sampled_from(STATI[:-1])) if riga["stato"] == NON_PERVENUTO else riga["stato"]}
        for riga in detti
    ]
    veri = measures(register(anagrafe, residenti, piani(*completi)), pd.Series("t", index=noti.index)).loc["t"]
    for quota in ("quota_comuni_piano", "quota_popolazione_piano"):
        assert veri[f"{quota}_minima"] == pytest.approx(veri[f"{quota}_massima"])
        assert limiti[f"{quota}_minima"] - 1e-9 <= veri[f"{quota}_minima"] <= limiti[f"{quota}_massima"] + 1e-9


def test_an_answer_prevails_on_silence_and_the_last_answer_on_the_others() -> None:
    stati = current_states(
        piani(
            {"cod_comune": "015146", "stato": "adottato", "rilevazione": "relazione"},
            {"cod_comune": "015146", "stato": NON_PERVENUTO, "rilevazione": "2020", "ambito_fonte": "Milano"},
            {"cod_comune": "015002", "stato": "vigente", "data_risposta": "2020-01-10"},
            {"cod_comune": "015002", "stato": "adottato non aggiornato", "data_risposta": "2024-05-02", "anno": 2010},
        )
    )
    assert stati.loc["015146", ["stato", "ambito_fonte"]].tolist() == ["adottato", "Milano"]
    assert stati.loc["015146", ["interpellato", "risposto"]].tolist() == [True, False]
    assert stati.loc["015002", ["stato", "anno", "discordi"]].tolist() == ["adottato non aggiornato", 2010, False]


def test_sources_of_the_same_date_that_disagree_are_marked_not_smoothed() -> None:
    stati = current_states(
        piani({"cod_comune": "1", "stato": "non adottato", "rilevazione": "a"}, {"cod_comune": "1", "stato": "vigente"})
    )
    assert stati.loc["1", ["stato", "discordi"]].tolist() == ["vigente", True]


def test_quality_scores_leave_an_interval_where_nobody_answered() -> None:
    fatte = register(
        comuni(5),
        pd.Series(1, index=comuni(5).index),
        piani(
            {"cod_comune": "000000", "stato": "vigente", "allineato": "si", "misurabile": "no"},
            {"cod_comune": "000001", "stato": "adottato", "allineato": "si"},
            {"cod_comune": "000002", "stato": "non adottato"},
            {"cod_comune": "000003", "stato": NON_PERVENUTO},
        ),
    )
    tavola = quality(fatte)
    assert tavola["punteggio_minimo"].tolist() == [2, 2, 0, 0, 0]
    assert tavola["punteggio_massimo"].tolist() == [2, 3, 0, 3, 3]
    assert tavola["punteggio_qualita"].isna().tolist() == [False, True, False, True, True]


def test_reminders_put_the_duty_first(registro: pd.DataFrame) -> None:
    milano = registro[registro["ats"] == "milano"]
    attesi = reminders(milano)
    assert (attesi["stato"] == NON_PERVENUTO).all()
    assert attesi["obbligo"].is_monotonic_decreasing
    assert attesi.iloc[0]["nome"] == "Cinisello Balsamo"
    assert len(attesi) == (~milano["stato"].isin(ADOTTATI) & (milano["stato"] == NON_PERVENUTO)).sum()


@pytest.mark.parametrize(
    ("tabella", "residenti", "messaggio"),
    [
        (piani(), {}, "Manca la popolazione di 1 comuni: Comune 0."),
        (
            piani({"cod_comune": "999999", "stato": "vigente"}),
            {"000000": 1},
            "Ci sono piani di comuni che non sono fra quelli in vigore: 999999.",
        ),
        (piani({"cod_comune": "000000", "stato": "boh"}), {"000000": 1}, "Stato del piano sconosciuto: boh."),
    ],
)
def test_what_cannot_be_counted_is_refused(tabella, residenti, messaggio: str) -> None:
    with pytest.raises(CalcoloError) as errore:
        register(comuni(1), pd.Series(residenti, dtype="int64"), tabella)
    assert errore.value.messaggio == messaggio


def test_unmet_duty_counts_residents_and_one_unknown_makes_the_territory_unknown() -> None:
    registro = pd.DataFrame(
        {
            "residenti": [40_000, 60_000, 35_000, 5_000, 50_000],
            "dovere": ["non rispettato", "rispettato", "non noto", "non obbligato", "non rispettato"],
        },
        index=list("abcde"),
    )
    zone = pd.Series({"a": "nord", "b": "nord", "c": "sud", "d": "valle", "e": "sud"})
    esito = unmet_duty(registro, zone)
    assert esito["quota_popolazione_obbligo_non_rispettato"].drop("sud").to_dict() == {"nord": 40.0, "valle": 0.0}
    assert pd.isna(esito.loc["sud", "quota_popolazione_obbligo_non_rispettato"])
    assert esito.loc["nord", ["residenti_obbligo_non_rispettato", "residenti"]].tolist() == [40_000, 100_000]


def test_what_the_report_declares_of_the_comuni_with_the_duty(registro: pd.DataFrame) -> None:
    dette = catalog.read("piani_tempi_dichiarazioni")
    stati = declared_states(registro, dette)
    assert stati["riscontro"].value_counts().to_dict() == {
        "solo dichiarato": 21, "nominato": 14, "contraddetto": 2, "eccezione": 2, "confermato": 1,
    }  # fmt: skip
    nomi = stati.assign(nome=stati["cod_comune"].map(registro["nome"])).set_index("nome")
    smentite = nomi[nomi["riscontro"] == "contraddetto"]
    assert set(smentite.index) == {"Paderno Dugnano", "Bollate"}
    assert set(smentite["stato_dichiarato"]) == {"adottato"}
    assert smentite["rilevazione"].str.startswith("Rilevazione ATS Milano").all()
    assert set(nomi.index[nomi["riscontro"] == "eccezione"]) == {"Cesano Maderno", "Cernusco sul Naviglio"}
    # Only another source confirms: the fourteen that the report itself names one by one do not.
    assert nomi.loc[nomi["riscontro"] == "confermato"].index.tolist() == ["Abbiategrasso"]
    # A declaration has its source even where nothing else speaks of the comune.
    treviglio = nomi.loc["Treviglio"]
    assert treviglio["fonte_dichiarazione"] == "Relazione regionale DGR XI/2639/2019"
    assert pd.isna(treviglio["rilevazione"])


def test_a_declaration_does_not_become_the_state_of_a_comune(registro: pd.DataFrame) -> None:
    stati = declared_states(registro, catalog.read("piani_tempi_dichiarazioni")).set_index("cod_comune")
    soli = stati.index[stati["riscontro"] == "solo dichiarato"]
    assert set(registro.loc[soli, "dovere"]) == {"non noto"}
    assert set(registro.loc[soli, "stato"]) == {NON_PERVENUTO}


def test_the_declared_duty_by_ats_adds_to_the_region(registro: pd.DataFrame) -> None:
    stati = declared_states(registro, catalog.read("piani_tempi_dichiarazioni"))
    per_ats = declared_duty(stati, registro["ats"]).loc["dgr_2639_obbligati"]
    regione = declared_duty(stati, pd.Series("lombardia", index=registro.index)).loc["dgr_2639_obbligati"]
    assert per_ats.sum().to_dict() == regione.loc["lombardia"].to_dict()
    assert regione.loc["lombardia", "comuni_obbligati"] == 40
    assert per_ats.loc["milano"].to_dict() == {
        "obbligati_confermati": 1,
        "obbligati_nominati": 5,
        "obbligati_solo_dichiarati": 8,
        "obbligati_contraddetti": 2,
        "obbligati_eccettuati": 1,
        "comuni_obbligati": 17,
    }


def test_all_but_two_are_more_than_the_report_counts(registro: pd.DataFrame) -> None:
    dette = catalog.read("piani_tempi_dichiarazioni")
    assert len(chief_towns(registro)) == 12
    assert declared_count(registro, dette).to_dict() == {"dgr_2639_obbligati": 27}
    assert dette["comuni_contati"].tolist() == [13]
    assert declared_count(registro, dette.assign(eccezioni=None)).to_dict() == {"dgr_2639_obbligati": 29}


def test_an_exception_that_has_a_plan_contradicts_too() -> None:
    residenti = pd.Series([40_000, 40_000, 40_000], index=comuni(3).index)
    noti = register(comuni(3), residenti, piani({"cod_comune": "000000", "stato": "vigente"}))
    detta = {"dichiarazione": "d", "rilevazione": "atto", "insieme": "obbligati", "stato": "adottato"}
    stati = declared_states(noti, pd.DataFrame([{**detta, "eccezioni": "000000 000001"}]))
    assert stati["riscontro"].tolist() == ["contraddetto", "eccezione", "solo dichiarato"]
    senza = declared_states(noti, pd.DataFrame([{**detta, "stato": "non adottato", "eccezioni": None}]))
    assert senza["riscontro"].tolist() == ["contraddetto", "solo dichiarato", "solo dichiarato"]


def test_no_declaration_says_nothing(registro: pd.DataFrame) -> None:
    stati = declared_states(registro, catalog.read("piani_tempi_dichiarazioni").iloc[:0])
    assert stati.empty
    assert {"cod_comune", "riscontro", "fonte_dichiarazione"} <= set(stati.columns)


def test_an_exception_that_is_no_comune_is_refused(registro: pd.DataFrame) -> None:
    dette = catalog.read("piani_tempi_dichiarazioni").assign(eccezioni="999999")
    with pytest.raises(CalcoloError, match="eccettua comuni che non sono fra quelli in vigore: 999999"):
        declared_states(registro, dette)


def test_the_size_classes_of_a_territory_sum_to_it(registro: pd.DataFrame, senza_nome: pd.Series) -> None:
    classi = measures_by_class(registro, registro["ats"], senza_nome)
    intere = measures(registro, registro["ats"], senza_nome)
    for conteggio in ("comuni_registro", "comuni_con_piano", "comuni_obbligati", "comuni_interpellati"):
        assert classi.groupby("territorio")[conteggio].sum().to_dict() == intere[conteggio].to_dict()
    milano = classi.loc["milano"].set_index("classe")
    assert milano.index.tolist() == ["oltre 30.000", "da 15.000 a 30.000", "fino a 15.000"]
    # the three answers of Lodi without a name may be of any class
    assert milano["comuni_senza_piano"].sum() == intere.at["milano", "comuni_senza_piano"] - 3
    assert "oltre 30.000" not in set(classi.loc["montagna", "classe"])


def test_every_measure_without_a_value_says_why(registro: pd.DataFrame, senza_nome: pd.Series) -> None:
    misure = with_absences(measures(registro, registro["ambito"], senza_nome, year=2022))
    for nome in ("tasso_risposta_comuni", "tasso_risposta_popolazione", "eta_media_piani", "punteggio_qualita_minimo"):
        assert (misure[nome].isna() == (misure[f"{nome}_stato"] != "")).all(), nome
        assert (misure[nome].isna() == (misure[f"{nome}_motivo"] != "")).all(), nome
    # the plan of Sondrio comes from the report: no survey asked, and nobody says its year
    sondrio = misure.loc["sondrio"]
    assert sondrio["tasso_risposta_comuni_stato"] == "non_calcolabile"
    assert sondrio["eta_media_piani_stato"] == "non_disponibile"
    assert misure.at["pavia", "eta_media_piani_stato"] in ("", "non_disponibile", "non_applicabile")


def test_the_first_to_remind_are_listed_in_every_territory(registro: pd.DataFrame) -> None:
    gruppi = {"ats": registro["ats"], "regione": pd.Series("lombardia", index=registro.index)}
    primi = first_reminders(registro, gruppi, 3)
    assert set(primi["territorio"]) == {*registro["ats"], "lombardia"}
    assert primi.groupby(["livello", "territorio"])["posto"].max().eq(3).all()
    della_regione = primi.query("livello == 'regione'")["cod_comune"].tolist()
    assert della_regione == reminders(registro).index[:3].tolist()


def test_measures_of_an_ambito_say_how_much_of_it_was_deduced() -> None:
    territorio = territory.load("2022-01-01")
    residenti = catalog.read("popolazione", data="2022-01-01").groupby("cod_comune")["residenti"].sum()
    misurati = pd.DataFrame(
        {
            "livello": ["ambito", "ats"],
            "quota_popolazione_piano_minima": 1.0,
            "comuni_registro": 1,
            "residenti_obbligo_non_rispettato": 5,
            "comuni_registro_stato": "",
        },
        index=pd.Index(["valle-trompia", "pavia"], name="territorio"),
    )
    esito = with_imputed(misurati, territorio, residenti)
    dei_comuni = territorio.deduced_share("ambito", pd.Series(1.0, index=residenti.index))["valle-trompia"]
    degli_abitanti = territorio.deduced_share("ambito", residenti)["valle-trompia"]
    assert dei_comuni != degli_abitanti
    assert esito["comuni_registro_imputata"].tolist() == [dei_comuni, 0.0]
    assert esito["quota_popolazione_piano_minima_imputata"].tolist() == [degli_abitanti, 0.0]
    assert esito.columns.difference(misurati.columns).str.endswith("_imputata").all()
    assert "residenti_obbligo_non_rispettato_imputata" not in esito


def bando() -> pd.DataFrame:
    area = next(iter(AREE))
    righe = [
        ("progetti finanziati", "milano", "A", "015146", "Milano", None, "sportello"),
        ("progetti finanziati", "milano", "A", "015209", "Sesto", None, "orari"),
        ("azioni per area", "milano", None, "015146", "Milano", area, "orari"),
        ("azioni per area", "milano", None, "015077", "Cinisello", area, "orari"),
    ]
    return pd.DataFrame(righe, columns=["elenco", "ats", "progetto", "cod_comune", "comune", "area", "azione"])


def test_projects_of_the_region_are_at_least_those_of_the_ats_that_are_listed() -> None:
    conti = funded(bando()).set_index("territorio")
    assert conti.loc["milano", ["progetti_tempi", "comuni_progetti_tempi"]].tolist() == [1, 3]
    assert conti.loc["lombardia", ["progetti_tempi", "progetti_tempi_stato"]].tolist() == [1, "parziale"]
    assert pd.isna(conti.at["milano", "progetti_tempi_stato"])


def test_an_area_without_actions_is_listed_without_any() -> None:
    aree = actions_by_area(bando())
    assert aree.groupby("livello")["area"].nunique().to_dict() == {"ats": len(AREE), "regione": len(AREE)}
    piene = aree[aree["azione"] != ""]
    assert piene["comuni"].tolist() == ["Milano, Cinisello"] * 2
    assert (aree.loc[aree["azione"] == "", "comuni"] == "").all()
    assert aree["nome_area"].notna().all()
