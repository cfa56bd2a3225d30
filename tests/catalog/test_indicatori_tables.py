"""The published indicators: values of the sources, definitions, what was left out because it cannot be trusted."""

import pandas as pd
import pytest

from conciliazione_lib import catalog
from conciliazione_lib.catalog import spec, validate
from conciliazione_lib.errors import DatiError
from conciliazione_lib.quality import check


@pytest.fixture(scope="module")
def work() -> pd.DataFrame:
    return catalog.read("indicatori_lavoro")


@pytest.fixture(scope="module")
def services() -> pd.DataFrame:
    return catalog.read("indicatori_servizi")


def value(frame, measure, territory="lombardia", **where):
    rows = frame[(frame["misura"] == measure) & (frame["territorio"] == territory)]
    for column, wanted in where.items():
        rows = rows[rows[column] == wanted]
    return rows["valore"].item()


def test_every_measure_is_defined_once_and_has_its_unit(work, services):
    measures = catalog.read("misure").set_index("misura")
    assert measures["definizione"].is_unique
    for table, frame in (("indicatori_lavoro", work), ("indicatori_servizi", services)):
        assert set(frame["misura"]) == set(measures.index[measures["tabella"] == table])
        assert (frame["unita"] == frame["misura"].map(measures["unita"])).all()


def test_employment_15_89_is_a_measure_of_its_own(work):
    rates = work[work["misura"] == "tasso_occupazione_15_89"]
    assert set(rates["eta"]) == {"15-89"}
    recent = rates[rates["periodo"] >= "2023"]
    # Italy, Lombardia and twelve provinces, three years, two sexes and their total.
    assert len(recent) == 14 * 3 * 3
    assert value(rates, "tasso_occupazione_15_89", "italia", periodo="2025", sesso="F") == 39.628749
    assert not (work["misura"] == "tasso_occupazione").any()
    assert "15-89" not in set(catalog.read("occupazione")["eta"])


def test_employment_by_age_of_the_province_of_brescia(work):
    ages = work[work["misura"] == "tasso_occupazione_per_eta"]
    assert set(ages["territorio"]) == {"BS"}
    assert sorted(ages["periodo"].unique()) == [str(year) for year in range(2018, 2026)]
    assert len(ages) == 15 * 8 * 3
    # The series is broken by the rules of 2021.
    assert set(ages.loc[ages["periodo"] < "2021", "serie"]) == {"rfl_ricostruita"}
    assert set(ages.loc[ages["periodo"] >= "2021", "serie"]) == {"rfl_2021"}


def test_neet_of_eleven_provinces_and_not_of_monza(work):
    neet = work[work["misura"] == "quota_neet"]
    assert len(neet) == 11 * 6
    assert "MB" not in set(neet["territorio"])
    assert value(neet, "quota_neet", "BG", periodo="2024") == 8.4


def test_fathers_in_leave_and_involuntary_part_time(work):
    fathers = work[(work["misura"] == "quota_padri_congedo") & (work["livello"] == "provincia")]
    assert len(fathers) == 12
    assert (value(fathers, "quota_padri_congedo", "BG"), value(fathers, "quota_padri_congedo", "SO")) == (81, 72)
    part_time = work[(work["misura"] == "part_time_involontario_su_occupati") & (work["periodo"] <= "2023")]
    assert part_time.set_index(["periodo", "sesso"])["valore"].to_dict() == {
        ("2022", "F"): 14.2,
        ("2022", "M"): 3.9,
        ("2023", "F"): 13.1,
        ("2023", "M"): 3.2,
    }


def test_what_the_source_does_not_write_is_said_to_be_deduced(work):
    mothers = work[(work["misura"] == "tasso_occupazione_figli_minori") & (work["territorio"] == "lombardia")]
    assert mothers[["valore", "eta", "dedotto", "grado"]].to_numpy().tolist() == [
        [73.6, "non indicata", "periodo", "stampa"]
    ]
    deduced = work[work["dedotto"].notna()]
    assert set(deduced["grado"]) == {"stampa"}
    assert deduced["note"].notna().all()


def test_definitions_that_differ_are_never_one_measure(work):
    at_home = work[work["misura"].str.startswith("lavoro_da_casa")]
    sources = at_home.groupby("misura")["fonte"].unique()
    assert {len(set(names)) for name, names in sources.items() if "censimento" in name} == {1}
    italy = at_home[(at_home["territorio"] == "italia") & (at_home["sesso"] == "T") & (at_home["gruppo"] == "tutti")]
    assert value(italy, "lavoro_da_casa_censimento", "italia", periodo="2023") == 13.8
    assert value(italy, "lavoro_da_casa_eurostat", "italia", periodo="2023") == 12.0
    quarters = italy[italy["misura"] == "lavoro_da_casa_forze_lavoro"]
    assert len(quarters) == 44
    assert set(quarters["serie"]) == {"rfl_pre2021", "rfl_2021"}
    # Firms: the 12 provinces of 2016, and the only registered ones apart.
    registered = work[work["misura"] == "imprese_femminili_registrate"]
    assert registered[["territorio", "valore"]].to_numpy().tolist() == [["BS", 24_279]]
    assert value(work, "imprese_femminili_attive", periodo="2016-03-31") == 154_281


def test_what_could_not_be_trusted_was_left_out(work):
    assert not work["url"].str.contains("feddit").any()  # a forum page, edition and year deduced
    assert "inps_congedi_straordinari" not in set(work["misura"].str.slice(0, 25))
    varese = work[(work["misura"] == "imprese_femminili_attive") & (work["territorio"] == "VA")]
    assert 12_088 not in set(varese["valore"])  # the same number had been printed in 2021
    assert not work["misura"].str.contains("impiegat|operaie|quadri|dirigenti").any()  # shares that sum to 104
    assert not work["territorio"].eq("ue27").where(work["misura"].str.startswith("orario"), False).any()


def test_eurostat_has_the_values_already_known(work):
    assert value(work, "eurostat_neet", eta="15-29") == 10.1
    assert value(work, "eurostat_occupazione", eta="20-64") == 74.8
    hours = work[work["misura"] == "eurostat_occupati_orario"].set_index("gruppo")["valore"]
    assert hours["tempo pieno"] + hours["tempo parziale"] == pytest.approx(hours["tutti"])
    lasting = work[work["misura"] == "eurostat_durata_nel_lavoro"]
    assert lasting["valore"].sum() == pytest.approx(100)


def test_services_the_press_reported(services):
    fees = services[(services["misura"] == "retta_nido_mensile") & (services["livello"] == "comune")]
    assert len(fees) == 12
    assert fees["valore"].mean() == pytest.approx(366.4, abs=0.05)
    editions = services[services["misura"] == "nidi_gratis_comuni"].set_index("periodo")["valore"]
    assert editions.tolist() == [385, 442, 530, 581]
    # Two statements of the same year that disagree: both stay, each with its source.
    here = value(services, "centri_famiglia_hub"), value(services, "centri_famiglia_spoke")
    acts = catalog.read("interventi_regionali").set_index("misura")["valore"]
    assert here == (96, 372)
    assert (acts["centri (hub) attivi"], acts["sportelli (spoke) attivi"]) == (90, 346)


def test_every_row_has_its_source_and_its_grade(work, services):
    for frame in (work, services):
        assert frame[["fonte", "url", "grado"]].notna().all(axis=None)
        assert set(frame["grado"]) <= {"pubblicazione", "stampa"}


def test_well_being_of_the_region():
    bes = catalog.read("indicatori_bes")
    assert (len(bes), bes["indicatore"].nunique()) == (474, 67)
    assert (bes["anno"].min(), bes["anno"].max()) == (2015, 2024)


def test_local_units_of_the_provinces():
    units = catalog.read("unita_locali").set_index(["territorio", "anno", "classe"])
    assert len(units) == 12 * 6 * 5
    assert units.loc[("BS", 2023, "totale"), "unita_locali"] == 119_565


@pytest.mark.parametrize(
    ("table", "changes", "said"),
    [
        ("indicatori_lavoro", {"valore": 101.0, "unita": "%"}, "non superiore a 100"),
        ("indicatori_lavoro", {"periodo": "2024 circa"}, "un testo nella forma"),
        ("indicatori_lavoro", {"stato": "p"}, "definitivo, provvisorio, stima, previsione"),
        ("unita_locali", {"unita_locali": 1}, "la somma delle classi"),
    ],
)
def test_a_row_that_breaks_its_rules_is_refused(table, changes, said):
    rows = catalog.read(table)
    rows = rows[rows["classe"] == "totale"].iloc[:1] if "classe" in rows else rows.iloc[:1]
    if table == "unita_locali":
        full = catalog.read(table)
        same = (full["territorio"] == rows["territorio"].item()) & (full["anno"] == rows["anno"].item())
        rows = full[same].copy()
        rows.loc[rows["classe"] == "totale", "unita_locali"] = 1
    else:
        rows = rows.assign(**changes)
    with pytest.raises(DatiError, match=said):
        validate(rows, spec(table))


def test_two_units_in_one_measure_are_refused(work):
    rows = work[work["misura"] == "quota_neet"].iloc[:2].copy()
    rows.loc[rows.index[1], "unita"] = "persone"
    with pytest.raises(DatiError, match="una sola unità per quota_neet"):
        validate(rows, spec("indicatori_lavoro"))


@pytest.mark.parametrize(
    ("table", "where", "broken"),
    [
        ("misure", None, "indicatori-definiti"),
        ("indicatori_lavoro", "misura == 'tasso_occupazione_15_89' and sesso == 'T'", "indicatori-sessi"),
        (
            "indicatori_lavoro",
            "territorio == 'BS' and eta == '20-64'",
            "indicatori-brescia-20-64",
        ),
        ("indicatori_bes", "indicatore == '02IST006-N22'", "indicatori-bes"),
        ("occupazione", "misura == 'quota_neet'", "indicatori-neet-province"),
        ("indicatori_lavoro", "misura == 'imprese_attive'", "indicatori-imprese-femminili-2016"),
        ("unita_locali", None, "indicatori-unita-locali"),
    ],
)
def test_the_checks_hold_and_see_an_error(table, where, broken, monkeypatch):
    assert [r.outcome.esito for r in check.run([broken])] == ["quadra"]
    true = catalog.read

    def spoiled(name, data=None):
        frame = true(name, data=data)
        if name == table:
            frame = frame.copy()
            rows = frame.query(where).index if where else frame.index
            if table == "misure":
                frame.loc[rows[0], "unita"] = "altra"
            else:
                column = "unita_locali" if table == "unita_locali" else "valore"
                frame.loc[rows, column] += 90
        return frame

    monkeypatch.setattr(catalog, "read", spoiled)
    assert [r.outcome.esito for r in check.run([broken])] == ["non_quadra"]
    monkeypatch.undo()
    check.reading.forget()
