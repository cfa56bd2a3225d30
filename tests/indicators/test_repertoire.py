"""Actions of the networks counted by territory and by kind: every action once."""

from __future__ import annotations

import pandas as pd
import pytest

from conciliazione_lib import catalog
from conciliazione_lib.indicators import repertoire


@pytest.fixture(scope="module")
def azioni() -> pd.DataFrame:
    lette = catalog.read("azioni")
    return lette.set_index("cod_azione", drop=False).join(repertoire.classify(lette))


def test_the_ats_have_all_the_actions_once(azioni: pd.DataFrame) -> None:
    conti = repertoire.counts(azioni).set_index("territorio")
    ats = conti[conti["livello"] == "ats"]
    assert ats["n_azioni"].sum() == conti.at["lombardia", "n_azioni"] == len(azioni) == 140
    assert ats["n_buone_prassi"].sum() == conti.at["lombardia", "n_buone_prassi"]
    pesate = (ats["quota_classificazione_dubbia"] * ats["n_azioni"]).sum() / len(azioni)
    assert pesate == pytest.approx(conti.at["lombardia", "quota_classificazione_dubbia"])


def test_actions_by_need_are_zero_where_there_are_none_and_add_up() -> None:
    trovate = pd.DataFrame({"ats": ["pavia", "pavia", "milano"], "dimensione": ["tempi", "anziani", "tempi"]})
    conti = repertoire.counts_by_need(trovate, ["milano", "pavia"], ["tempi", "anziani", "bambini"])
    per = conti.set_index(["livello", "territorio", "dimensione"])["azioni_precedenti"]
    assert per.loc[("ats", "milano")].to_dict() == {"tempi": 1, "anziani": 0, "bambini": 0}
    assert per.loc[("regione", "lombardia")].to_dict() == {"tempi": 2, "anziani": 1, "bambini": 0}


def test_a_kind_nobody_did_is_zero(azioni: pd.DataFrame) -> None:
    per_tipo = repertoire.counts_by_kind(azioni)
    assert len(per_tipo) == 9 * per_tipo["tipo"].nunique()
    assert (per_tipo["n_azioni"] == 0).any()
    somme = per_tipo.groupby(["livello", "tipo"])["n_azioni"].sum().unstack("livello")
    assert (somme["ats"] == somme["regione"]).all()
