"""Actions of the networks counted by territory and by kind: every action once."""

from __future__ import annotations

import pandas as pd
import pytest

from conciliazione_lib import catalog
from conciliazione_lib.indicators import repertoire


@pytest.fixture(scope="module")
def actions() -> pd.DataFrame:
    read = catalog.read("azioni")
    return read.set_index("cod_azione", drop=False).join(repertoire.classify(read))


def test_the_ats_have_all_the_actions_once(actions: pd.DataFrame) -> None:
    counts = repertoire.counts(actions).set_index("territorio")
    ats = counts[counts["livello"] == "ats"]
    assert ats["n_azioni"].sum() == counts.at["lombardia", "n_azioni"] == len(actions) == 140
    assert ats["n_buone_prassi"].sum() == counts.at["lombardia", "n_buone_prassi"]
    weighted = (ats["quota_classificazione_dubbia"] * ats["n_azioni"]).sum() / len(actions)
    assert weighted == pytest.approx(counts.at["lombardia", "quota_classificazione_dubbia"])


def test_actions_by_need_are_zero_where_there_are_none_and_add_up() -> None:
    found = pd.DataFrame({"ats": ["pavia", "pavia", "milano"], "dimensione": ["tempi", "anziani", "tempi"]})
    counts = repertoire.counts_by_need(found, ["milano", "pavia"], ["tempi", "anziani", "bambini"])
    by = counts.set_index(["livello", "territorio", "dimensione"])["azioni_precedenti"]
    assert by.loc[("ats", "milano")].to_dict() == {"tempi": 1, "anziani": 0, "bambini": 0}
    assert by.loc[("regione", "lombardia")].to_dict() == {"tempi": 2, "anziani": 1, "bambini": 0}


def test_a_kind_nobody_did_is_zero(actions: pd.DataFrame) -> None:
    by_kind = repertoire.counts_by_kind(actions)
    assert len(by_kind) == 9 * by_kind["tipo"].nunique()
    assert (by_kind["n_azioni"] == 0).any()
    sums = by_kind.groupby(["livello", "tipo"])["n_azioni"].sum().unstack("livello")
    assert (sums["ats"] == sums["regione"]).all()


def test_actions_are_listed_with_the_words_of_their_kind(actions: pd.DataFrame) -> None:
    listed = repertoire.in_words(actions)
    assert listed["cod_azione"].tolist() == actions["cod_azione"].tolist()
    assert listed["territorio"].tolist() == actions["ats"].tolist()
    assert set(listed["tipo"].dropna()) == set(repertoire.counts_by_kind(actions)["tipo"])
    assert (listed["macro"] == "").to_numpy().tolist() == actions["macrocategoria"].isna().to_numpy().tolist()


def test_quantities_have_the_territory_and_the_title_of_their_action(actions: pd.DataFrame) -> None:
    declared = catalog.read("azioni_quantita")
    names = {name: name.upper() for name in declared["grandezza"].unique()}
    read = repertoire.quantities(declared, actions.reset_index(drop=True), names)
    assert len(read) == len(declared)
    assert read["riga"].is_unique
    assert read["quantita_azione"].sum() == declared["valore"].sum()
    assert read["cosa"].notna().all()
