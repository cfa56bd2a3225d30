"""The index of need: parts that add up, choices that matter as much as they should."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.indicators.need import SCELTE, firm_groups, need_index, poisson_errors, sensitivity

TERRITORI = [f"t{i}" for i in range(8)]


def tavola(distanza: float) -> tuple[pd.DataFrame, dict[str, int], pd.Series, dict[str, float]]:
    """Eight territories in the same order on three indicators, so far apart; the third is of negative polarity."""
    passi = np.arange(8.0) * distanza
    valori = pd.DataFrame({"a": 50 + passi, "b": 20 + passi, "c": 90 - passi}, index=TERRITORI)
    return valori, {"a": 1, "b": 1, "c": -1}, valori.mean(), dict.fromkeys("abc", 1.0)


def test_parts_add_up_to_the_distance_from_the_reference() -> None:
    indice = need_index(*tavola(2.0))
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


def test_poisson_errors_by_hand() -> None:
    conteggi = pd.DataFrame({"residenti_80_piu": [100.0], "residenti_50_64": [400.0]}, index=["t"])
    errore = poisson_errors(conteggi, ["anziani_80_per_100_50_64"]).iloc[0, 0]
    assert errore == pytest.approx(25 * np.sqrt(1 / 100 + 1 / 400))


def test_one_indicator_is_not_a_composite() -> None:
    valori, verso, riferimento, pesi = tavola(1.0)
    with pytest.raises(CalcoloError, match="almeno due indicatori"):
        sensitivity(valori[["a"]], verso, riferimento, pesi)
