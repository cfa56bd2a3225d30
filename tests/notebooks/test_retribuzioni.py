"""Analysis of pay: what it gives, and what is made again when its table changes."""

from __future__ import annotations

import pandas as pd
from quaderni import CONFIG, figures


def lines() -> pd.DataFrame:
    all_of_them = figures().figures
    return all_of_them[all_of_them["indicatore"].isin(figures().index["analisi"]["retribuzioni"])]


def test_where_men_s_pay_is_not_given_the_gap_is_missing_with_its_reason() -> None:
    absent = lines()[~lines()["stato"].isin(["presente", "parziale"])]
    assert absent["motivo"].ne("").all()
    gap = lines().query("indicatore == 'divario_retributivo' and territorio == 'brianza' and riferimento")
    assert gap["stato"].tolist() == ["non_disponibile"]
    # The pay of both sexes is known wherever that of each is.
    both = lines().query("indicatore == 'retribuzione' and livello == 'ats' and periodo == '2023'")
    assert both.set_index("territorio")["valore"].drop("brianza").notna().all()


def test_a_change_of_pay_runs_again_nothing_of_labour() -> None:
    """Whoever reads a table, or an analysis, that it does not declare is refused: so these are all that it reaches."""
    assert [one.id for one in CONFIG.analisi if "retribuzioni" in one.tabelle] == ["retribuzioni"]
    assert [one.id for one in CONFIG.analisi if "retribuzioni" in one.segue] == ["bisogni"]
