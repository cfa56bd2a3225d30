"""Pay of women and men in each ATS, from that of its provinces."""

from __future__ import annotations

import pandas as pd

import conciliazione_lib.indicators.apportionment as apportionment
import conciliazione_lib.indicators.employment as employment


def estimate(values: pd.DataFrame, workers: pd.DataFrame) -> pd.DataFrame:
    """Estimate pay and its gaps in each ATS, with what is not known of them.

    Parameters
    ----------
    values : DataFrame
        ``livello, territorio, anno, sesso, valore``: mean pay, euro a year, of provinces and larger territories.
    workers : DataFrame
        Weights of the provinces by employed people, as from :func:`apportionment.employment_weights`.

    Returns
    -------
    DataFrame
        Indexed by ``livello, territorio, anno``: the columns of :func:`employment.pay_gaps`, each with its interval and
        imputed share. Pay comes from archives and not from a sample, so the interval is only what an ATS may differ
        from the provinces it has a piece of: there is none where nothing is imputed.
    """
    gaps = employment.pay_gaps(apportionment.with_estimates(values, workers))
    measures = [name for name in gaps.columns if name != "stima"]
    means = gaps.loc["provincia", measures].groupby("territorio").mean()
    people = apportionment.province_residents(workers)
    spread = {name: apportionment.part_spread(means[name], people) for name in measures}
    imputed = apportionment.imputed_share(workers)
    return apportionment.with_bounds(gaps, dict.fromkeys(measures, 0.0), spread, imputed, len(people))
