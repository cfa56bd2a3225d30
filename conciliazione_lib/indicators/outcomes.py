"""Results of questionnaires and indicators of progress: reliability, intervals, before and after, comparisons.

Answers are on ordered scales (1 to 5), samples are small and often not random: so medians stand beside means, tests
are those for ordered or paired data, response rates come with the bounds that non-response leaves open, and
comparisons across groups are corrected for their number.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy
from numpy.typing import ArrayLike, NDArray

from conciliazione_lib.errors import CalcoloError

#: Up to so many people who moved, the paired test of a category tries every direction (2 to this power).
EXACTLY_MOVED = 15


@dataclass(frozen=True)
class TestResult:
    """The outcome of a statistical test.

    Attributes
    ----------
    statistic : float
        Value of the test statistic.
    p_value : float
        Two-sided p-value.
    n : int
        Observations (or pairs) that the test used.
    method : str
        Name of the test, in Italian, as printed in the reports.
    """

    statistic: float
    p_value: float
    n: int
    method: str


def _answers(items: ArrayLike) -> NDArray[np.float64]:
    matrix = np.asarray(items, dtype=float)
    if matrix.ndim != 2:
        raise CalcoloError("Le risposte devono essere una tabella: una riga per rispondente, una colonna per domanda.")
    return matrix[~np.isnan(matrix).any(axis=1)]


def cronbach_alpha(items: ArrayLike, confidence: float = 0.95) -> tuple[float, float, float]:
    """Cronbach's alpha of a scale, with its exact interval.

    Parameters
    ----------
    items : array-like, shape (respondents, items)
        Answers, all coded in the same direction. Respondents with a missing answer are left out.
    confidence : float
        Confidence level of the interval.

    Returns
    -------
    (alpha, lower, upper) : tuple of float
        The coefficient and its interval.

    Raises
    ------
    CalcoloError
        With fewer than two items or two complete respondents, or when the total score does not vary.

    References
    ----------
    Cronbach L.J. (1951), *Psychometrika* 16, 297-334. Interval: Feldt L.S., Woodruff D.J., Salih F.A. (1987),
    "Statistical inference for coefficient alpha", *Applied Psychological Measurement* 11, 93-103, formulas 6 and 7.
    """
    answers = _answers(items)
    n, k = answers.shape
    if k < 2 or n < 2:
        raise CalcoloError(
            f"L'alfa di Cronbach richiede almeno 2 domande e 2 questionari completi: qui sono {k} e {n}.",
            "Raccogliere altri questionari, o non calcolare l'affidabilità di questa scala.",
        )
    variance_total = answers.sum(axis=1).var(ddof=1)
    if np.isclose(variance_total, 0.0):
        raise CalcoloError(
            "L'alfa di Cronbach non è definita: tutti i rispondenti hanno lo stesso punteggio totale.",
            "Non riportare l'affidabilità di questa scala.",
        )
    alpha = k / (k - 1) * (1 - answers.var(axis=0, ddof=1).sum() / variance_total)
    return (float(alpha), *alpha_interval(float(alpha), n, k, confidence))


def alpha_interval(alpha: float, respondents: int, items: int, confidence: float = 0.95) -> tuple[float, float]:
    """Interval of a coefficient alpha from its value and the size of the study.

    Parameters
    ----------
    alpha : float
        The coefficient.
    respondents, items : int
        Complete respondents and items of the scale, both at least 2.
    confidence : float
        Confidence level.

    Returns
    -------
    (lower, upper) : tuple of float
        Bounds by Feldt, Woodruff and Salih (1987).
    """
    tail = (1 - confidence) / 2
    f = scipy.stats.f(respondents - 1, (respondents - 1) * (items - 1))
    return float(1 - (1 - alpha) * f.ppf(1 - tail)), float(1 - (1 - alpha) * f.ppf(tail))


def nonresponse_bounds(mean: float, response_rate: float, minimum: float, maximum: float) -> tuple[float, float]:
    """Bounds of a mean when those who did not answer could have answered anything.

    Parameters
    ----------
    mean : float
        Mean of the respondents.
    response_rate : float
        Share of respondents, between 0 and 1.
    minimum, maximum : float
        Ends of the scale.

    Returns
    -------
    (lower, upper) : tuple of float
        The mean of all, had every non-respondent chosen the worst or the best answer.

    Raises
    ------
    CalcoloError
        If the rate is not a share, or the mean is outside the scale.

    References
    ----------
    Manski C.F. (1989), "Anatomy of the selection problem", *Journal of Human Resources* 24(3), 343-360.
    """
    if not 0 <= response_rate <= 1 or not minimum <= mean <= maximum:
        raise CalcoloError(
            f"Tasso di risposta {response_rate} o media {mean} fuori dai limiti (0-1 e {minimum}-{maximum})."
        )
    absent = 1 - response_rate
    return response_rate * mean + absent * minimum, response_rate * mean + absent * maximum


def mean_interval(values: Iterable[float], confidence: float = 0.95) -> tuple[float, float, float]:
    """Mean of the answers with Student's interval.

    Parameters
    ----------
    values : iterable of float
        Answers; missing ones are left out.
    confidence : float
        Confidence level.

    Returns
    -------
    (mean, lower, upper) : tuple of float
        Missing (NaN) bounds with fewer than two answers, all missing with none.
    """
    answers = np.asarray(list(values), dtype=float)
    answers = answers[~np.isnan(answers)]
    n = len(answers)
    if n < 2:
        return (float(answers.mean()) if n else np.nan, np.nan, np.nan)
    media, error = answers.mean(), answers.std(ddof=1) / np.sqrt(n)
    gap = scipy.stats.t.ppf(0.5 + confidence / 2, n - 1) * error
    return float(media), float(media - gap), float(media + gap)


def median_rank(n: int, confidence: float = 0.95) -> int:
    """Rank of the order statistics that bound a median: the r-th smallest and the r-th largest answer.

    Parameters
    ----------
    n : int
        Answers.
    confidence : float
        Least coverage of the interval.

    Returns
    -------
    int
        The largest r with P(Bin(n, 1/2) <= r - 1) <= (1 - confidence) / 2; 0 when there are too few answers.
    """
    tail = (1 - confidence) / 2
    r = int(scipy.stats.binom.ppf(tail, n, 0.5))
    while r > 0 and scipy.stats.binom.cdf(r - 1, n, 0.5) > tail:
        r -= 1
    return r


def median_interval(values: Iterable[float], confidence: float = 0.95) -> tuple[float, float, float]:
    """Median of the answers with the exact interval of order statistics.

    Parameters
    ----------
    values : iterable of float
        Answers; missing ones are left out.
    confidence : float
        Least coverage of the interval.

    Returns
    -------
    (median, lower, upper) : tuple of float
        Bounds are missing (NaN) when there are too few answers for that confidence.

    References
    ----------
    Conover W.J. (1999), *Practical Nonparametric Statistics*, 3rd ed., Wiley, section 3.2.
    """
    answers = np.sort(np.asarray([v for v in values if not pd.isna(v)], dtype=float))
    n = len(answers)
    if n == 0:
        return np.nan, np.nan, np.nan
    r = median_rank(n, confidence)
    if r < 1:
        return float(np.median(answers)), np.nan, np.nan
    return float(np.median(answers)), float(answers[r - 1]), float(answers[n - r])


def paired_category(before: Iterable[object], after: Iterable[object]) -> TestResult:
    """Test whether the distribution of a category changed among the same people.

    Stuart-Maxwell's test of marginal homogeneity: exact when at most :data:`EXACTLY_MOVED` people moved, asymptotic
    beyond. With two categories the exact one is McNemar's.

    Parameters
    ----------
    before, after : iterable
        Category of each person before and after (e.g. employment status). Pairs with a missing one are left out.

    Returns
    -------
    TestResult
        Marginal homogeneity. P-value one when nobody moved.

    Notes
    -----
    Who moved could as well have moved the other way: the exact p-value counts, among all the ways of turning the moves
    round, those at least as far from balance. The variance does not depend on the directions, so the statistic is the
    same quadratic form throughout.

    References
    ----------
    McNemar Q. (1947), *Psychometrika* 12, 153-157; Stuart A. (1955), *Biometrika* 42, 412-416; Maxwell A.E. (1970),
    *British Journal of Psychiatry* 116, 651-655. Exact conditional tests: Agresti A. (2013), *Categorical Data
    Analysis*, 3rd ed., Wiley, section 11.1.
    """
    pairs = pd.DataFrame({"prima": list(before), "dopo": list(after)}).dropna()
    categories = sorted(set(pairs["prima"]) | set(pairs["dopo"]))
    if len(categories) <= 2:
        moves = pairs[pairs["prima"] != pairs["dopo"]]
        towards = int((moves["prima"] == categories[0]).sum()) if len(moves) else 0
        lesser = min(towards, len(moves) - towards)
        p = float(scipy.stats.binomtest(lesser, len(moves), 0.5).pvalue) if len(moves) else 1.0
        return TestResult(float(lesser), p, len(pairs), "McNemar esatto")
    codes = {category: i for i, category in enumerate(categories)}
    from_, a = (pairs[c].map(codes).to_numpy() for c in ("prima", "dopo"))
    moved = from_ != a
    # one row per person who moved: +1 in the category entered, -1 in the one left
    steps = np.eye(len(categories))[a[moved]] - np.eye(len(categories))[from_[moved]]
    variance = steps.T @ steps
    # categories that nobody crossed, or groups of them that never mix, make the variance singular
    inverse, grades = np.linalg.pinv(variance), int(np.linalg.matrix_rank(variance))
    gap = steps.sum(axis=0)
    statistic = float(gap @ inverse @ gap)
    if len(steps) > EXACTLY_MOVED:
        return TestResult(statistic, float(scipy.stats.chi2.sf(statistic, grades)), len(pairs), "Stuart-Maxwell")
    verses = np.array(list(itertools.product((1.0, -1.0), repeat=len(steps)))) @ steps
    all_of_them = np.einsum("ij,jk,ik->i", verses, inverse, verses)
    p = float((all_of_them >= statistic - 1e-9).mean())
    return TestResult(statistic, p, len(pairs), "Stuart-Maxwell esatto")


def compare_groups(groups: Mapping[str, Iterable[float]], alpha: float = 0.05) -> tuple[TestResult, pd.DataFrame]:
    """Compare answers on an ordered scale across groups, with multiplicity in mind.

    Parameters
    ----------
    groups : mapping of str to iterable of float
        Answers per group; missing ones are left out, groups without answers are ignored.
    alpha : float
        Level at which a pair is called different after correction.

    Returns
    -------
    overall : TestResult
        Kruskal-Wallis test of no difference.
    pairs : DataFrame
        Columns ``gruppo_1, gruppo_2, statistica, p, p_corretto, diverso``: Mann-Whitney tests with Holm's correction.

    Raises
    ------
    CalcoloError
        With fewer than two groups that have answers.

    References
    ----------
    Kruskal W.H., Wallis W.A. (1952), *JASA* 47, 583-621; Holm S. (1979), *Scandinavian Journal of Statistics* 6, 65-70.
    """
    answers = {name: np.asarray([v for v in values if not pd.isna(v)], dtype=float) for name, values in groups.items()}
    answers = {name: values for name, values in sorted(answers.items()) if len(values)}
    if len(answers) < 2:
        raise CalcoloError("Il confronto richiede almeno due gruppi con risposte.")
    number = sum(len(values) for values in answers.values())
    all_of_them = np.concatenate(list(answers.values()))
    if np.ptp(all_of_them) == 0:
        overall = TestResult(0.0, 1.0, number, "Kruskal-Wallis")
    else:
        outcome = scipy.stats.kruskal(*answers.values())
        overall = TestResult(float(outcome.statistic), float(outcome.pvalue), number, "Kruskal-Wallis")
    names = list(answers)
    rows = []
    for i, first in enumerate(names):
        for second in names[i + 1 :]:
            trial = scipy.stats.mannwhitneyu(answers[first], answers[second])
            rows.append((first, second, float(trial.statistic), float(trial.pvalue)))
    pairs = pd.DataFrame(rows, columns=["gruppo_1", "gruppo_2", "statistica", "p"])
    corrected = holm(pairs["p"])
    return overall, pairs.assign(p_corretto=corrected, diverso=corrected <= alpha)


def holm(p_values: Iterable[float]) -> NDArray[np.float64]:
    """Correct p-values for their number, by Holm's method.

    Parameters
    ----------
    p_values : iterable of float
        The p-values of all the comparisons made.

    Returns
    -------
    array of float
        Corrected p-values, in the same order.

    References
    ----------
    Holm S. (1979), *Scandinavian Journal of Statistics* 6, 65-70.
    """
    # statsmodels has it, and looks for all the garbage of the process at each call: a tenth of a second, here.
    given = np.asarray(list(p_values), dtype=float)
    order = np.argsort(given)
    corrected = np.empty_like(given)
    corrected[order] = np.maximum.accumulate(given[order] * np.arange(len(given), 0, -1))
    return np.minimum(corrected, 1.0)
