"""Short panels of provinces: fixed effects, trends, convergence.

Twelve provinces over five or six years are little data. What is here says so in its results: errors clustered by
province with Student's t on (clusters - 1) degrees of freedom, and a wild cluster bootstrap beside them, because with
few clusters the usual robust errors reject too often; a distribution-free test beside every least-squares trend.

Why not ``linearmodels`` (7.1, tried on Grunfeld's data): its estimates are these, and so are its errors with
``group_debias`` and periods as dummies; with its own period effects they are not (0.01111 for 0.01082, gretl). It tests
with ``n - k`` degrees of freedom, not clusters minus one (p of 1e-11 where nine give 5e-05), and has no wild bootstrap:
the rows would be more than those it saves.

References
----------
Arellano M. (1987), "Computing robust standard errors for within-groups estimators", Oxford Bulletin 49(4).
Cameron A. C., Gelbach J. B., Miller D. L. (2008), "Bootstrap-based improvements for inference with clustered
errors", Review of Economics and Statistics 90(3), 414-427.
Newey W. K., West K. D. (1987), Econometrica 55(3), 703-708.
Barro R. J., Sala-i-Martin X. (1992), "Convergence", Journal of Political Economy 100(2), 223-251.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
import scipy
from statsmodels.regression.linear_model import OLS
from statsmodels.tools.tools import add_constant

from conciliazione_lib.errors import CalcoloError

#: Up to here every pattern of signs is tried (2^12 = 4.096): the bootstrap p-value is exact and has no seed.
_MAX_ENUMERATED = 12


@dataclass(frozen=True)
class PanelFit:
    """A fixed-effects regression and what is needed to read it.

    Attributes
    ----------
    coefficients : DataFrame
        Indexed by regressor: ``stima, errore_standard, t, p, inferiore, superiore, p_wild``. Time dummies are
        not listed.
    observations, entities, periods : int
        Size of the panel after rows with missing values are left out.
    dropped : int
        Rows left out because a value is missing.
    r2_within : float
        Share of the variance *within* entities that the model explains.
    residual_sd : float
        Standard deviation of the residuals, entity (and time) effects counted in the degrees of freedom.
    degrees_of_freedom : int
        Of Student's t: entities minus one.
    """

    coefficients: pd.DataFrame
    observations: int
    entities: int
    periods: int
    dropped: int
    r2_within: float
    residual_sd: float
    degrees_of_freedom: int


def fixed_effects(
    frame: pd.DataFrame,
    y: str,
    x: Sequence[str],
    entity: str = "provincia",
    time: str = "anno",
    time_effects: bool = False,
    confidence: float = 0.95,
) -> PanelFit:
    """Within regression with errors clustered by entity.

    Parameters
    ----------
    frame : DataFrame
        Long, one row per entity and time; rows with a missing value are left out (and counted).
    y : str
        Outcome.
    x : sequence of str
        Regressors, numeric.
    entity, time : str
        Columns that identify the panel.
    time_effects : bool
        Add a dummy for each period but the first.
    confidence : float
        Of the intervals.

    Returns
    -------
    PanelFit

    Raises
    ------
    CalcoloError
        Fewer than three entities, an entity repeated within a period, or a regressor that does not vary within
        entities (its effect is absorbed by theirs).

    Notes
    -----
    Same estimator and small-sample correction as ``xtreg, fe vce(cluster)`` in Stata and as gretl: the entity means
    are taken out and the overall mean put back, and the entity effects are not counted in the correction.
    """
    columns = [entity, time, y, *x]
    data = frame[columns].dropna()
    dropped = len(frame) - len(data)
    n_entities = data[entity].nunique()
    if n_entities < 3:
        raise CalcoloError(
            f"Il panel ha {n_entities} unità con dati completi: ne servono almeno tre.",
            remedy="Allargare il confronto ad altre province.",
        )
    if data.duplicated([entity, time]).any():
        raise CalcoloError(
            "Il panel ha più righe per la stessa unità e lo stesso periodo.",
            remedy="Scegliere una sola misura per provincia e anno.",
        )
    regressors = data[list(x)].astype("float64")
    if time_effects:
        dummies = pd.get_dummies(data[time], prefix="periodo", drop_first=True, dtype="float64")
        regressors = pd.concat([regressors, dummies], axis=1)
    groups = data[entity]

    def within(values: pd.Series) -> pd.Series:
        return values - values.groupby(groups).transform("mean") + values.mean()

    outcome = within(data[y].astype("float64"))
    design = regressors.apply(within)
    flat = [name for name in x if np.ptp(design[name].to_numpy()) < 1e-9]
    if flat:
        raise CalcoloError(
            f"{', '.join(flat)} non varia nel tempo entro le unità: il suo effetto non si distingue dal loro.",
            remedy="Togliere la variabile o usare un confronto fra unità invece che entro le unità.",
        )
    design = add_constant(design, has_constant="add")
    codes = groups.astype("category").cat.codes.to_numpy()
    fit = OLS(outcome, design).fit(
        cov_type="cluster",
        cov_kwds={"groups": codes, "use_correction": True, "df_correction": True},
        use_t=True,
    )
    interval = fit.conf_int(alpha=1 - confidence)
    names = list(x)
    table = pd.DataFrame(
        {
            "stima": fit.params[names],
            "errore_standard": fit.bse[names],
            "t": fit.tvalues[names],
            "p": fit.pvalues[names],
            "inferiore": interval.loc[names, 0],
            "superiore": interval.loc[names, 1],
            "p_wild": [wild_cluster_p(outcome, design, codes, name) for name in names],
        }
    )
    rss = float((fit.resid**2).sum())
    used = n_entities + design.shape[1] - 1
    spare = len(data) - used
    total = float(((outcome - outcome.mean()) ** 2).sum())
    return PanelFit(
        coefficients=table,
        observations=len(data),
        entities=int(n_entities),
        periods=int(data[time].nunique()),
        dropped=dropped,
        r2_within=1 - rss / total if total else np.nan,
        residual_sd=float(np.sqrt(rss / spare)) if spare > 0 else np.nan,
        degrees_of_freedom=int(n_entities) - 1,
    )


def side_by_side(fits: Mapping[str, PanelFit]) -> pd.DataFrame:
    """Put the coefficients of several models in one table, each row with what is needed to read it.

    Parameters
    ----------
    fits : mapping of str to PanelFit
        Models by name.

    Returns
    -------
    DataFrame
        Columns ``modello, variabile, stima, errore_standard, inferiore, superiore, p, p_wild, osservazioni, unita``.
    """
    parts = []
    for name, fit in fits.items():
        rows = fit.coefficients.rename_axis("variabile").reset_index()
        parts.append(rows.assign(modello=name, osservazioni=fit.observations, unita=fit.entities))
    columns = ["modello", "variabile", "stima", "errore_standard", "inferiore", "superiore", "p", "p_wild"]
    return pd.concat(parts, ignore_index=True)[[*columns, "osservazioni", "unita"]]


def named(fit: PanelFit, variable: str, name: str) -> dict[str, float]:
    """Return a coefficient and its interval under the name of the figure that it is.

    Parameters
    ----------
    fit : PanelFit
        The model.
    variable : str
        The regressor.
    name : str
        Of the figure.

    Returns
    -------
    dict of str to float
        ``name``, ``<name>_inferiore``, ``<name>_superiore``.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = [(p, y, float(y), 2.0 * y + n) for n, p in enumerate("abcdef") for y in range(4)]
    >>> fit = fixed_effects(pd.DataFrame(rows, columns=["provincia", "anno", "x", "y"]), "y", ["x"])
    >>> list(named(fit, "x", "effetto"))
    ['effetto', 'effetto_inferiore', 'effetto_superiore']
    """
    columns = {"stima": name, "inferiore": f"{name}_inferiore", "superiore": f"{name}_superiore"}
    row = fit.coefficients.loc[[variable], list(columns)].iloc[0].rename(columns)
    return {str(figure): float(value) for figure, value in row.items()}


def wild_cluster_p(
    outcome: pd.Series, design: pd.DataFrame, groups: np.ndarray, name: str, draws: int = 9_999, seed: int = 1
) -> float:
    """Two-sided p-value of one coefficient by the wild cluster bootstrap, the null imposed.

    Parameters
    ----------
    outcome : Series
        The regressand.
    design : DataFrame
        The regressors, constant included.
    groups : ndarray of int
        Cluster of each row.
    name : str
        Regressor under test.
    draws, seed : int
        Used only beyond twelve clusters; up to twelve every pattern of Rademacher signs is enumerated.

    Returns
    -------
    float
        Share of bootstrap t statistics at least as large as the observed one, in absolute value. It can never be
        below ``2 / 2**clusters``.

    References
    ----------
    Cameron, Gelbach and Miller (2008), wild cluster bootstrap-t with the null imposed.
    """
    y = outcome.to_numpy(dtype="float64")
    matrix = design.to_numpy(dtype="float64")
    j = list(design.columns).index(name)
    labels, codes = np.unique(groups, return_inverse=True)
    n_groups = len(labels)
    member = (codes[:, None] == np.arange(n_groups)[None, :]).astype("float64")
    bread = np.linalg.pinv(matrix.T @ matrix)
    score = matrix @ bread[j]

    def t_statistics(many: np.ndarray) -> np.ndarray:
        beta = bread @ matrix.T @ many
        residuals = many - matrix @ beta
        meat = member.T @ (score[:, None] * residuals)
        # The small-sample factor is the same for every draw and cancels in the comparison.
        error = np.sqrt((meat**2).sum(axis=0))
        result: np.ndarray = np.abs(beta[j]) / np.where(error > 0, error, np.nan)
        return result

    rest = np.delete(matrix, j, axis=1)
    fitted = rest @ (np.linalg.pinv(rest) @ y)
    if n_groups <= _MAX_ENUMERATED:
        signs = np.array(list(product((1.0, -1.0), repeat=n_groups))).T
    else:
        signs = np.random.default_rng(seed).choice([-1.0, 1.0], size=(n_groups, draws))
    bootstrap = t_statistics(fitted[:, None] + (y - fitted)[:, None] * (member @ signs))
    observed = t_statistics(y[:, None])[0]
    return float(np.mean(bootstrap >= observed * (1 - 1e-10)))


@dataclass(frozen=True)
class Trend:
    """A linear trend over a few years.

    Attributes
    ----------
    slope, lower, upper : float
        Change per year and its interval, in the unit of the values.
    p_value : float
        Of the slope, Student's t on n - 2 degrees of freedom.
    p_kendall : float
        Of Mann-Kendall's test (exact without ties): uses only the order of the values.
    n : int
        Years with a value.
    hac_lags : int
        Lags of the Newey-West errors; zero for classical errors.
    """

    slope: float
    lower: float
    upper: float
    p_value: float
    p_kendall: float
    n: int
    hac_lags: int


def linear_trend(years: Sequence[float], values: Sequence[float], hac_lags: int = 0, confidence: float = 0.95) -> Trend:
    """Slope of the values on the years, with its test.

    Parameters
    ----------
    years, values : sequence of float
        Same length; pairs with a missing value are left out (a gap between years is kept as a gap).
    hac_lags : int
        With a positive number, errors robust to heteroskedasticity and autocorrelation (Newey-West, with the
        small-sample correction). Meant for long series: below some thirty years they are themselves unreliable.
    confidence : float
        Of the interval.

    Returns
    -------
    Trend

    Raises
    ------
    CalcoloError
        Fewer than four values: a slope would have one degree of freedom, and no test of it can be believed.

    References
    ----------
    Mann H. B. (1945), Econometrica 13(3), 245-259; Newey and West (1987).
    """
    x = np.asarray(years, dtype="float64")
    y = np.asarray(values, dtype="float64")
    keep = ~(np.isnan(x) | np.isnan(y))
    x, y = x[keep], y[keep]
    if len(x) < 4:
        raise CalcoloError(
            f"Ci sono {len(x)} anni con un valore: per una tendenza ne servono almeno quattro.",
            remedy="Allungare la serie, o confrontare solo il primo e l'ultimo anno senza parlare di tendenza.",
        )
    model = OLS(y, add_constant(x - x.mean()))
    if hac_lags:
        fit = model.fit(cov_type="HAC", cov_kwds={"maxlags": hac_lags, "use_correction": True}, use_t=True)
    else:
        fit = model.fit()
    lower, upper = fit.conf_int(alpha=1 - confidence)[1]
    return Trend(
        slope=float(fit.params[1]),
        lower=float(lower),
        upper=float(upper),
        p_value=float(fit.pvalues[1]),
        p_kendall=float(scipy.stats.kendalltau(x, y).pvalue),
        n=len(x),
        hac_lags=hac_lags,
    )


def sigma_convergence(frame: pd.DataFrame, value: str, entity: str = "provincia") -> pd.DataFrame:
    """Dispersion across entities, year by year, over the entities present in every year.

    Parameters
    ----------
    frame : DataFrame
        Long: entity, ``anno``, value.
    value : str
        What to measure the dispersion of.
    entity : str
        Column of the entities.

    Returns
    -------
    DataFrame
        Indexed by ``anno``: ``media``, ``deviazione_standard`` (population formula: the provinces are all there are),
        ``coefficiente_variazione`` (per 100), ``minimo``, ``massimo``, ``unita``. Years in which some entity has no
        value are left out, so that dispersion is always over the same entities.

    References
    ----------
    Barro and Sala-i-Martin (1992).
    """
    wide = frame.pivot(index="anno", columns=entity, values=value).astype("float64")
    wide = wide.dropna(how="any")
    mean = wide.mean(axis=1)
    sd = wide.std(axis=1, ddof=0)
    return pd.DataFrame(
        {
            "media": mean,
            "deviazione_standard": sd,
            "coefficiente_variazione": sd / mean * 100,
            "minimo": wide.min(axis=1),
            "massimo": wide.max(axis=1),
            "unita": wide.shape[1],
        }
    )


@dataclass(frozen=True)
class BetaConvergence:
    """Regression of the change on the starting level.

    Attributes
    ----------
    beta, lower, upper, p_value : float
        Slope (negative: those who started higher fell more), interval and p-value with HC3 errors.
    half_life : float
        Years to halve the distances at that pace; missing when the slope is not between -1 and 0.
    n : int
        Entities.
    """

    beta: float
    lower: float
    upper: float
    p_value: float
    half_life: float
    n: int


def beta_convergence(initial: pd.Series, final: pd.Series, years: float, confidence: float = 0.95) -> BetaConvergence:
    """Whether those with the larger value at the start lost more of it.

    Parameters
    ----------
    initial, final : Series
        Values at the two ends, on the same index; entities missing in one are left out.
    years : float
        Time between the two.
    confidence : float
        Of the interval (Student's t, HC3 errors).

    Returns
    -------
    BetaConvergence

    Raises
    ------
    CalcoloError
        Fewer than five entities.

    Notes
    -----
    If the starting values are measured with error, the slope is negative even when nothing converges (regression to
    the mean): read it beside :func:`sigma_convergence`, which does not have that defect.

    References
    ----------
    Barro and Sala-i-Martin (1992); Quah D. (1993), "Galton's fallacy and tests of the convergence hypothesis",
    Scandinavian Journal of Economics 95(4).
    """
    both = pd.DataFrame({"initial": initial, "final": final}).dropna()
    if len(both) < 5:
        raise CalcoloError(
            f"Ci sono {len(both)} unità con entrambi i valori: per la convergenza ne servono almeno cinque.",
            remedy="Scegliere due anni in cui il dato c'è per più province.",
        )
    fit = OLS(both["final"] - both["initial"], add_constant(both["initial"])).fit(cov_type="HC3", use_t=True)
    lower, upper = fit.conf_int(alpha=1 - confidence).loc["initial"]
    beta = float(fit.params["initial"])
    speed = -np.log1p(beta) / years if -1 < beta < 0 else np.nan
    return BetaConvergence(
        beta=beta,
        lower=float(lower),
        upper=float(upper),
        p_value=float(fit.pvalues["initial"]),
        half_life=float(np.log(2) / speed) if speed == speed else np.nan,
        n=len(both),
    )


def beta_between(frame: pd.DataFrame, value: str, first: int, last: int, entity: str = "provincia") -> pd.DataFrame:
    """Return the convergence of a panel between two years, as a table of one row.

    Parameters
    ----------
    frame : DataFrame
        Long: entity, ``anno``, value.
    value : str
        What may converge.
    first, last : int
        The years.
    entity : str
        Column of the entities.

    Returns
    -------
    DataFrame
        ``dal, al, beta, inferiore, superiore, p, unita``; see :func:`beta_convergence`.

    Examples
    --------
    >>> import pandas as pd
    >>> start = {"a": 10.0, "b": 12.0, "c": 15.0, "d": 18.0, "e": 20.0}
    >>> rows = [(p, 2018, v) for p, v in start.items()] + [(p, 2022, 0.5 * v + 5) for p, v in start.items()]
    >>> table = beta_between(pd.DataFrame(rows, columns=["provincia", "anno", "divario"]), "divario", 2018, 2022)
    >>> float(table["beta"].round(3).item())
    -0.5
    """
    wide = frame.pivot(index=entity, columns="anno", values=value)
    found = beta_convergence(wide[first], wide[last], years=last - first)
    row = {"dal": first, "al": last, "beta": found.beta, "inferiore": found.lower, "superiore": found.upper}
    return pd.DataFrame([row | {"p": found.p_value, "unita": found.n}])


def residual_noise(frame: pd.DataFrame, value: str, entity: str = "provincia", time: str = "anno") -> float:
    """Typical yearly wobble of one entity around its own level and the common movement of the year.

    The standard deviation of the residuals of a two-way model (entity and period effects). For sample figures published
    without their errors it stands for sampling error and passing shocks together: an upper idea of the first, used to
    say how uncertain a rank is.

    Parameters
    ----------
    frame : DataFrame
        Long: entity, time, value; missing values are left out.
    value, entity, time : str
        Columns.

    Returns
    -------
    float
        In the unit of the value.

    Raises
    ------
    CalcoloError
        No degree of freedom is left.
    """
    data = frame[[entity, time, value]].dropna()
    dummies = pd.get_dummies(data[[entity, time]].astype(str), drop_first=True, dtype="float64")
    fit = OLS(data[value].astype("float64"), add_constant(dummies, has_constant="add")).fit()
    if fit.df_resid < 1:
        raise CalcoloError(
            "Il panel è troppo piccolo per misurare quanto i valori oscillano da un anno all'altro.",
            remedy="Servono almeno due anni e due province con dati completi.",
        )
    return float(np.sqrt(fit.mse_resid))
