"""The index of need: parts that add up, choices that matter as much as they should."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.indicators.composite import Goalposts, goalposts_of, redundancy
from conciliazione_lib.indicators.need import (
    SCELTE,
    _Alternative,
    act_counts,
    act_index,
    composition,
    firm_groups,
    need_index,
    places,
    poisson_errors,
    rank,
    rank_within,
    ranking,
    scale,
    sensitivity,
    standard_errors,
    unexplained,
    usable,
    with_absences,
)

TERRITORI = [f"t{i}" for i in range(8)]


def tavola(distanza: float) -> tuple[pd.DataFrame, dict[str, int], pd.Series, dict[str, float]]:
    """Eight territories in the same order on three indicators, so far apart; the third is of negative polarity."""
    passi = np.arange(8.0) * distanza
    valori = pd.DataFrame({"a": 50 + passi, "b": 20 + passi, "c": 90 - passi}, index=TERRITORI)
    return valori, {"a": 1, "b": 1, "c": -1}, valori.mean(), dict.fromkeys("abc", 1.0)


def indice_di(
    valori: pd.DataFrame, verso: dict[str, int], riferimento: pd.Series, pesi: dict[str, float]
) -> pd.DataFrame:
    """The index on a scale set on the values themselves."""
    return need_index(valori, verso, goalposts_of(valori, riferimento), pesi)


def test_parts_add_up_to_the_distance_from_the_reference() -> None:
    indice = indice_di(*tavola(2.0))
    parti = indice.drop(columns="indice_bisogno").sum(axis=1)
    assert (indice["indice_bisogno"] - 100).to_numpy() == pytest.approx(parti.to_numpy())
    assert indice["indice_bisogno"].is_monotonic_increasing
    assert (indice["contributo_squilibrio"] >= -1e-12).all()


def test_an_order_that_all_indicators_share_is_firm() -> None:
    esito = sensitivity(*tavola(2.0), runs=512)
    assert (esito.ranghi["rango_min"] == esito.ranghi["rango_max"]).all()
    assert esito.ranghi["rango_mediano"].tolist() == list(range(8, 0, -1))
    assert firm_groups(esito).tolist() == ["basso"] * 4 + ["alto"] * 4
    assert not esito.indistinguibili.to_numpy()[~np.eye(8, dtype=bool)].any()


def test_the_ranking_says_what_it_is_worth() -> None:
    valori, verso, riferimento, pesi = tavola(2.0)
    certa = ranking(
        indice_di(valori, verso, riferimento, pesi), sensitivity(valori, verso, riferimento, pesi, runs=256)
    )
    assert certa["territorio"].tolist() == TERRITORI[::-1]
    assert certa["intervallo"].tolist() == [str(x) for x in range(1, 9)]
    assert certa["gruppo"].tolist() == ["nella prima metà"] * 4 + ["nella seconda metà"] * 4
    assert (certa["non_distinguibili"] == 0).all()
    rumore = pd.DataFrame(50.0, index=valori.index, columns=valori.columns)
    incerta = ranking(
        indice_di(valori, verso, riferimento, pesi), sensitivity(valori, verso, riferimento, pesi, rumore, runs=256)
    )
    assert set(incerta["gruppo"]) == {"non distinguibile"}
    assert (incerta["non_distinguibili"] >= 5).all()
    assert all("–" in x for x in incerta["intervallo"])


def test_noise_takes_the_variance_when_territories_are_alike() -> None:
    valori, verso, riferimento, pesi = tavola(0.01)
    errori = pd.DataFrame(1.0, index=valori.index, columns=valori.columns)
    esito = sensitivity(valori, verso, riferimento, pesi, errori, runs=512)
    assert esito.quote["totale"].idxmax() == "rumore"
    assert set(firm_groups(esito)) == {"non distinguibile"}
    assert esito.indistinguibili.to_numpy().mean() > 0.8


def test_discordant_indicators_make_the_choice_of_indicators_matter() -> None:
    rng = np.random.default_rng(1)
    valori = pd.DataFrame(rng.normal(50, 5, (8, 3)), index=TERRITORI, columns=list("abc"))
    esito = sensitivity(valori, dict.fromkeys("abc", 1), valori.mean(), dict.fromkeys("abc", 1.0), runs=512)
    assert list(esito.quote.index) == list(SCELTE)
    assert esito.quote.loc["rumore", "totale"] == 0
    assert esito.quote.loc["indicatori", "totale"] > esito.quote.loc["aggregazione", "totale"]


def test_the_same_input_gives_the_same_result_and_rows_may_be_shuffled() -> None:
    valori, verso, riferimento, pesi = tavola(1.0)
    prima = sensitivity(valori, verso, riferimento, pesi, runs=256)
    assert prima.ranghi.equals(sensitivity(valori, verso, riferimento, pesi, runs=256).ranghi)
    mescolati = sensitivity(valori.iloc[::-1], verso, riferimento, pesi, runs=256)
    assert mescolati.ranghi.loc[TERRITORI, "rango_mediano"].tolist() == prima.ranghi["rango_mediano"].tolist()


def test_with_noise_too_the_order_of_the_rows_changes_nothing() -> None:
    valori, verso, riferimento, pesi = tavola(1.0)
    errori = pd.DataFrame(1.5, index=valori.index, columns=valori.columns)
    prima = sensitivity(valori, verso, riferimento, pesi, errori, runs=256)
    dopo = sensitivity(valori.iloc[::-1], verso, riferimento, pesi, errori.iloc[::-1], runs=256)
    assert list(dopo.ranghi.index) == TERRITORI[::-1]
    assert dopo.ranghi.loc[TERRITORI].equals(prima.ranghi)
    assert dopo.indistinguibili.loc[TERRITORI, TERRITORI].equals(prima.indistinguibili)
    assert dopo.quote.equals(prima.quote)


def test_the_index_is_unit_free_and_grows_with_each_indicator() -> None:
    valori, verso, riferimento, pesi = tavola(2.0)
    indice = indice_di(valori, verso, riferimento, pesi)["indice_bisogno"]
    migliaia = valori.assign(a=valori["a"] * 1000 + 7)
    in_migliaia = indice_di(migliaia, verso, migliaia.mean(), pesi)["indice_bisogno"]
    assert in_migliaia.to_numpy() == pytest.approx(indice.to_numpy())
    for colonna, segno in verso.items():
        peggio = valori.copy()
        peggio.loc["t3", colonna] += segno * 1.5
        fissa = goalposts_of(valori, riferimento)
        assert need_index(peggio, verso, fissa, pesi).loc["t3", "indice_bisogno"] > indice["t3"]


def test_on_a_fixed_scale_a_score_does_not_depend_on_who_else_is_there() -> None:
    valori, verso, riferimento, pesi = tavola(2.0)
    fissi = pd.DataFrame({"minimo": [40.0, 10.0], "massimo": [80.0, 50.0]}, index=["a", "b"])
    estremi = scale(valori, riferimento, fissi)
    assert (estremi["a"], estremi["b"]) == (Goalposts(40.0, 80.0), Goalposts(10.0, 50.0))
    assert estremi["c"] == goalposts_of(valori, riferimento)["c"]  # not fixed yet: set on the values
    tutti = need_index(valori, verso, estremi, pesi)["indice_bisogno"]
    assert need_index(valori.loc[["t2"]], verso, estremi, pesi)["indice_bisogno"].tolist() == [tutti["t2"]]
    # a later year, with needs grown everywhere: on the same scale the scores grow
    dopo = valori + pd.Series({"a": 3.0, "b": 3.0, "c": -3.0})
    assert (need_index(dopo, verso, estremi, pesi)["indice_bisogno"] > tutti).all()
    # half way between the ends is worth 100
    centro = pd.DataFrame({c: [(g.minimum + g.maximum) / 2] for c, g in estremi.items()})
    assert need_index(centro, verso, estremi, pesi)["indice_bisogno"].tolist() == pytest.approx([100.0])


def test_a_constant_indicator_changes_neither_the_index_nor_the_ranks() -> None:
    valori, verso, riferimento, pesi = tavola(1.0)
    con = (valori.assign(k=5.0), verso | {"k": 1}, pd.concat([riferimento, pd.Series({"k": 9.0})]), pesi | {"k": 1.0})
    indice, con_costante = indice_di(valori, verso, riferimento, pesi), indice_di(*con)
    assert con_costante["indice_bisogno"].tolist() == indice["indice_bisogno"].tolist()
    assert (con_costante["contributo_k"] == 0).all()
    assert sensitivity(*con, runs=256).ranghi.equals(sensitivity(valori, verso, riferimento, pesi, runs=256).ranghi)


def test_a_duplicated_indicator_moves_the_index_and_is_reported_as_redundant() -> None:
    rng = np.random.default_rng(5)
    valori = pd.DataFrame(rng.normal(50, 5, (8, 2)), index=TERRITORI, columns=list("ab"))
    doppi = valori.assign(c=valori["a"] * 3 + 1)
    prima, dopo = (
        indice_di(v, dict.fromkeys("abc", 1), v.mean(), dict.fromkeys("abc", 1.0))["indice_bisogno"]
        for v in (valori, doppi)
    )
    assert (prima - dopo).abs().max() > 0.1
    assert redundancy(doppi)[["indicatore_1", "indicatore_2"]].to_numpy().tolist() == [["a", "c"]]


def test_only_what_is_known_everywhere_enters_and_the_first_of_a_dimension() -> None:
    valori = pd.DataFrame(
        {"noto": [1.0, 2, 3], "parziale": [1.0, np.nan, 3], "fisso": [4.0, 4, 4], "secondo": [3.0, 1, 2]},
        index=list("xyz"),
    )
    scelte = pd.DataFrame(
        [("d1", "noto"), ("d2", "parziale"), ("d2", "secondo"), ("d3", "fisso"), ("d4", "assente"), ("d1", "secondo2")],
        columns=["dimensione", "indicatore"],
    )
    esito = usable(valori.assign(secondo2=valori["noto"]), scelte)
    assert esito["esito"].to_dict() == {
        "noto": "entra",
        "parziale": "non calcolabile",
        "secondo": "entra",
        "fisso": "uguale ovunque",
        "assente": "non calcolabile",
        "secondo2": "sostituito",
    }
    assert esito.loc["parziale", ["noti", "territori"]].tolist() == [2, 3]
    assert esito.loc["assente", "noti"] == 0
    # once the missing value is there it enters by itself, and replaces what stood for it
    completo = usable(valori.fillna(2.5), scelte)["esito"]
    assert (completo["parziale"], completo["secondo"]) == ("entra", "sostituito")


def test_the_weights_of_the_act_by_hand() -> None:
    # a has 40% of the residents, 50% of the children (weight 30) and 30% of the elderly (weight 20)
    conteggi = pd.DataFrame(
        {"bambini": [50, 50, 100], "anziani": [30, 70, 100], "residenti": [400, 600, 1000]}, index=["a", "b", "tutti"]
    )
    indice = act_index(conteggi, {"bambini": 30, "anziani": 20, "imprese": 10}, conteggi.loc["tutti"])
    assert indice["a"] == pytest.approx(100 * (0.5 * 30 + 0.3 * 20) / 50 / 0.4)
    assert indice["tutti"] == pytest.approx(100)


def test_poisson_errors_by_hand() -> None:
    conteggi = pd.DataFrame({"residenti_80_piu": [100.0], "residenti_50_64": [400.0]}, index=["t"])
    errore = poisson_errors(conteggi, ["anziani_80_per_100_50_64"]).iloc[0, 0]
    assert errore == pytest.approx(25 * np.sqrt(1 / 100 + 1 / 400))


def test_one_indicator_is_not_a_composite() -> None:
    valori, verso, riferimento, pesi = tavola(1.0)
    with pytest.raises(CalcoloError, match="almeno due indicatori"):
        sensitivity(valori[["a"]], verso, riferimento, pesi)


def test_equal_territories_share_their_place_in_every_run() -> None:
    rng = np.random.default_rng(3)
    valori = pd.DataFrame(rng.normal(50, 5, (8, 3)), index=TERRITORI, columns=list("abc"))
    valori.loc["t1"] = valori.loc["t6"]
    esito = sensitivity(valori, dict.fromkeys("abc", 1), valori.mean(), dict.fromkeys("abc", 1.0), runs=512)
    assert esito.ranghi.loc["t1"].equals(esito.ranghi.loc["t6"].rename("t1"))
    assert esito.indistinguibili.loc["t1", "t6"]


def test_imbalance_raises_need_however_indicators_are_aggregated() -> None:
    rng = np.random.default_rng(7)
    valori = pd.DataFrame(rng.normal(50, 5, (8, 3)), index=TERRITORI, columns=list("abc"))
    alternative = _Alternative(valori, dict.fromkeys("abc", 1), valori.mean(), None, dict.fromkeys("abc", 1.0))
    scelte = rng.random((200, len(SCELTE)))
    posto = list(SCELTE).index("aggregazione")

    def punti(modo: float) -> np.ndarray:
        scelte[:, posto] = modo
        return alternative.scores(scelte)

    penalizzati, medie, geometrici = punti(0.1), punti(0.5), punti(0.9)
    for puniti in (penalizzati, geometrici):
        assert (puniti >= medie - 1e-9).all()
        assert (puniti > medie + 0.01).mean() > 0.8


def scelte(**fissati: tuple[float, float]) -> pd.DataFrame:
    """The declaration of four indicators, the last of which has not been measured."""
    righe = [("uno", "a", 1), ("due", "b", 1), ("tre", "c", -1), ("quattro", "d", 1)]
    tavola = pd.DataFrame(righe, columns=["dimensione", "indicatore", "polarita"])
    estremi = [fissati.get(i, (np.nan, np.nan)) for i in tavola["indicatore"]]
    return tavola.assign(peso=1, minimo=[x for x, _ in estremi], massimo=[x for _, x in estremi])


def test_ranking_in_one_step_is_the_same_as_step_by_step() -> None:
    valori, verso, riferimento, pesi = tavola(2.0)
    insieme = rank(valori.assign(d=[1.0, *[np.nan] * 7]), scelte(), riferimento)
    assert insieme.indicatori["esito"].to_dict() == {
        "a": "entra", "b": "entra", "c": "entra", "d": "non calcolabile",
    }  # fmt: skip
    assert insieme.indicatori.loc["d", ["noti", "territori"]].tolist() == [1, 8]
    a_passi = ranking(
        indice_di(valori, verso, riferimento, pesi), sensitivity(valori, verso, riferimento, pesi, valori * 0)
    )
    pd.testing.assert_frame_equal(insieme.graduatoria, a_passi)
    assert insieme.riferimento == pytest.approx(100.0)
    assert insieme.pesi.to_dict() == pesi
    assert (insieme.quote["totale"] <= 100.0 + 1e-6).all()


def test_on_a_fixed_scale_the_reference_moves_away_from_100_when_it_changes() -> None:
    valori, _, _, _ = tavola(2.0)
    fissa = scelte(a=(40.0, 60.0), b=(10.0, 30.0), c=(80.0, 100.0))
    prima = rank(valori, fissa, pd.Series({"a": 50.0, "b": 20.0, "c": 90.0}))
    dopo = rank(valori, fissa, pd.Series({"a": 55.0, "b": 20.0, "c": 90.0}))
    assert prima.riferimento == pytest.approx(100.0)
    assert dopo.riferimento > 100.0
    indici = [x.graduatoria.set_index("territorio")["indice_bisogno"] for x in (prima, dopo)]
    pd.testing.assert_series_equal(*indici)


def test_a_reference_that_is_not_known_is_the_mean_of_the_territories() -> None:
    valori, _, riferimento, _ = tavola(2.0)
    noto = rank(valori, scelte(), riferimento)
    ignoto = rank(valori, scelte(), riferimento.drop("c"))
    pd.testing.assert_frame_equal(noto.graduatoria, ignoto.graduatoria)


def test_fewer_than_two_indicators_known_to_all_are_refused() -> None:
    valori, _, riferimento, _ = tavola(2.0)
    with pytest.raises(CalcoloError, match="almeno due indicatori"):
        rank(valori[["a"]], scelte(), riferimento)


def test_standard_errors_come_from_the_counts_or_from_the_interval() -> None:
    rapporto, altro = "bambini_0_2_per_100_donne_30_44", "divario"
    conteggi = pd.DataFrame({"residenti_0_2": [100.0], "donne_30_44": [400.0]}, index=["x"])
    valori = pd.DataFrame(
        {rapporto: [25.0], altro: [16.0], f"{altro}_inferiore": [14.04], f"{altro}_superiore": [17.96]}, index=["x"]
    )
    errori = standard_errors(valori, conteggi, [rapporto, altro, "ignoto"])
    assert errori.loc["x", rapporto] == pytest.approx(25 * np.sqrt(1 / 100 + 1 / 400))
    assert errori.loc["x", altro] == pytest.approx(1.0, abs=1e-4)
    assert errori.loc["x", "ignoto"] == 0.0


def test_the_counts_of_the_act_are_of_its_ages_and_of_women_only_where_it_says() -> None:
    eta = [6, 7, 18, 45, 46, 75]
    persone = pd.DataFrame(
        [("x", e, s, n) for e in eta for s, n in (("F", 1), ("M", 10))],
        columns=["territorio", "eta", "sesso", "residenti"],
    )
    assert act_counts(persone).loc["x"].to_dict() == {
        "donne_18_45": 2.0, "bambini_0_6": 11.0, "anziani_75": 11.0, "residenti": 66.0,
    }  # fmt: skip


def known_to_some() -> pd.DataFrame:
    """The fourth indicator is known for four territories of eight."""
    valori, _, _, _ = tavola(2.0)
    return valori.assign(d=[1.0, 2.0, 4.0, 3.0, *[np.nan] * 4])


def test_a_group_is_ranked_by_itself_only_where_it_knows_more_than_the_others() -> None:
    valori, centro = known_to_some(), known_to_some().mean()
    errori = valori * 0
    of = pd.Series(["noto"] * 4 + ["ignoto"] * 4, index=TERRITORI)
    interni = rank_within(valori, scelte(), centro, errori, of)
    assert list(interni) == ["noto"]
    atteso = rank(valori.iloc[:4], scelte(), centro, errori)
    pd.testing.assert_frame_equal(interni["noto"].graduatoria, atteso.graduatoria)
    assert "contributo_d" in interni["noto"].graduatoria
    # two territories are not a ranking
    assert rank_within(valori, scelte(), centro, errori, of.mask(of.index.isin(["t0", "t1"]), "altro")).keys() == set()
    assert rank_within(valori.drop(columns="d"), scelte(), centro, errori, of) == {}


def test_what_did_not_enter_says_so_and_what_is_imputed_weighs_as_its_indicator() -> None:
    valori, _, centro, _ = tavola(2.0)
    pesi = scelte().assign(peso=[3, 1, 0.5, 1])
    esito = rank(valori, pesi, centro)
    quote = valori.assign(a_imputata=0.5, b_imputata=np.nan)
    tabella = with_absences(esito, quote, ["contributo_a", "contributo_d"])
    assert "contributo_a_stato" not in tabella
    assert tabella["contributo_d"].isna().all()
    assert set(tabella["contributo_d_stato"]) == {"non_applicabile"}
    assert set(tabella["contributo_d_motivo"]) == {"L'indicatore non entra nell'indice."}
    assert tabella["indice_bisogno_imputata"].tolist() == pytest.approx([3 * 0.5 / 4.5] * 8)
    assert unexplained(tabella).abs().max() < 1e-9


def test_several_rankings_are_told_apart_by_name_and_say_what_entered() -> None:
    valori, centro = known_to_some(), known_to_some().mean()
    tutti, alcuni = rank(valori, scelte(), centro), rank(valori.iloc[:4], scelte(), centro)
    graduatorie, livelli = {"ats": tutti, "noto": alcuni}, {"ats": "ats", "noto": "ambito"}
    posti = places(graduatorie, livelli)
    assert posti.groupby("graduatoria", sort=False)["posto"].max().to_dict() == {"ats": 8, "noto": 4}
    assert posti.query("graduatoria == 'noto'")["livello"].unique().tolist() == ["ambito"]
    assert posti["territorio"].iloc[0] == tutti.graduatoria["territorio"].iloc[0]
    righe = pd.concat([scelte().assign(livello=x, serve=[None, "l'altro", None, None]) for x in ("ats", "ambito")])
    entrate = composition(graduatorie, livelli, righe).set_index(["graduatoria", "indicatore"])
    assert entrate.loc[("ats", "d"), "esito"] == "non calcolabile"
    assert entrate.loc[("noto", "d"), "esito"] == "entra"
    assert entrate.loc["ats", "serve"].to_dict() == {"a": "—", "b": "l'altro", "c": "—", "d": "—"}
    assert entrate.loc["noto", "ordine"].tolist() == [0, 1, 2, 3]
