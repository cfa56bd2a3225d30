"""Population of small areas by age and sex, where only their totals and the age structure above them are known.

The cohorts of the last complete year grow older where they live, the children born since are put beside the women who
may be their mothers, and the result is raked (iterative proportional fitting) to what is known of the new date: the
residents of each place by sex, and the ages of each province by sex. Raking keeps what the seed says of how places
differ from each other and changes it as little as the margins ask: among all the tables with those margins it is the
nearest to the seed in Kullback-Leibler divergence. Deaths and migration enter through the margins, so a place whose
migration has another age profile than its province is estimated worse, and the smaller the place the more so: how much
is measured in :mod:`conciliazione_lib.indicators.small_area_errors`.

Arrays have shape (places, 101, 2): completed ages 0 to 100 and more, sexes in the order ``M``, ``F``, as in
:class:`conciliazione_lib.indicators.demography.Cube`. ``groups`` gives the position of the province of each place.

References
----------
Deming W.E., Stephan F.F. (1940), "On a least squares adjustment of a sampled frequency table when the expected marginal
totals are known", *Annals of Mathematical Statistics* 11(4), 427-444. Ireland C.T., Kullback S. (1968), "Contingency
tables with given marginals", *Biometrika* 55(1), 179-188. Smith S.K., Tayman J., Swanson D.A. (2013), *A Practitioner's
Guide to State and Local Population Projections*, Springer, ch. 7 and 10 (cohort change, child-woman ratios, raking).
Fellegi I.P. (1975), "Controlled random rounding", *Survey Methodology* 1(2), 123-133.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from conciliazione_lib.errors import CalcoloError

Array = NDArray[np.float64]
Groups = NDArray[np.int64]

#: Women who may be mothers of the children of the last years.
MOTHERS: Final = slice(20, 45)
#: Women whose children would weigh as much as those of the place itself: the child-woman ratio of a smaller place is
#: nearer to that of its province. Chosen by hiding the children of 0-2 years of 1 January 2022 and looking for them.
WOMEN_OF_THE_PROVINCE: Final = 1000.0

_ITERATIONS: Final = 500
_PRECISION: Final = 1e-9
#: Fraction of the golden ratio: its multiples are spread evenly between 0 and 1, however many are taken.
_AUREO: Final = (5**0.5 - 1) / 2


def aged(population: Array, years: int) -> Array:
    """Return the same people some years later: the last age stays open, the youngest ones are empty."""
    older = np.zeros_like(population)
    older[:, years:] = population[:, : population.shape[1] - years]
    older[:, -1] = population[:, -1 - years :].sum(axis=1)
    return older


def by_group(values: Array, groups: Groups) -> Array:
    """Sum what is known of places by province."""
    sums = np.zeros((int(groups.max()) + 1, *values.shape[1:]))
    np.add.at(sums, groups, values)
    return sums


def children(population: Array, before: Array, years: int, groups: Groups) -> Array:
    """Return how many children of the youngest ages each place should have, but for a factor common to its province.

    Parameters
    ----------
    population : array, shape (places, 101, 2)
        The population with its youngest ages still empty: only its women count.
    before : array, shape (places, 101, 2)
        A population of before, whose children of the same ages per woman say how fertile each place is.
    years : int
        How many ages are empty.
    groups : array, shape (places,)
        Province of each place.

    Returns
    -------
    array, shape (places,)
        Women of the place times its child-woman ratio, which is averaged with that of the province as if
        :data:`WOMEN_OF_THE_PROVINCE` more women lived there.
    """
    women_before = before[:, MOTHERS, 1].sum(axis=1)
    born_before = before[:, :years].sum(axis=(1, 2))
    of_province = by_group(born_before, groups) / by_group(women_before, groups)
    ratio = (born_before + WOMEN_OF_THE_PROVINCE * of_province[groups]) / (women_before + WOMEN_OF_THE_PROVINCE)
    return np.asarray(population[:, MOTHERS, 1].sum(axis=1) * ratio)


def rake(seed: Array, totals: Array, structure: Array, groups: Groups) -> Array:
    """Return the table nearest to a seed that has given totals by place and sex, and given ages by province and sex.

    Parameters
    ----------
    seed : array, shape (places, 101, 2)
        What is known of how places differ; its zeros stay zeros.
    totals : array, shape (places, 2)
        Residents of each place by sex.
    structure : array, shape (provinces, 101, 2)
        Residents of each province by age and sex. By province and sex its sums are those of ``totals``.
    groups : array, shape (places,)
        Province of each place.

    Returns
    -------
    array, shape (places, 101, 2)
        The totals are met within rounding of the machine, the structure within a billionth.

    Raises
    ------
    CalcoloError
        When something is negative or missing, the two margins have different sums, the seed has nobody where a margin
        has somebody, or its zeros make the margins impossible.

    Examples
    --------
    >>> import numpy as np
    >>> seed = np.ones((2, 101, 2))
    >>> totals = np.array([[30.0, 30.0], [70.0, 70.0]])
    >>> table = rake(seed, totals, np.full((1, 101, 2), 100 / 101), np.array([0, 0]))
    >>> bool(np.allclose(table[0], 30 / 101))
    True
    """
    for values in (seed, totals, structure):
        if np.isnan(values).any() or (values < 0).any():
            raise CalcoloError("La popolazione e i suoi margini devono essere numeri non negativi, e non mancare.")
    if not np.allclose(by_group(totals, groups), structure.sum(axis=1), rtol=1e-6, atol=1e-6):
        raise CalcoloError("I residenti dei comuni e la struttura per età delle province non hanno la stessa somma.")
    table = seed.astype(float)
    if ((by_group(table, groups) == 0) & (structure > 0)).any() or ((table.sum(axis=1) == 0) & (totals > 0)).any():
        raise CalcoloError("Dove un margine ha dei residenti, la popolazione di partenza non ne ha.")
    for _ in range(_ITERATIONS):
        table *= _ratio(structure, by_group(table, groups))[groups]
        table *= _ratio(totals, table.sum(axis=1))[:, np.newaxis]
        if np.allclose(by_group(table, groups), structure, rtol=_PRECISION, atol=1e-7):
            return table
    raise CalcoloError("I margini della popolazione non sono compatibili: gli zeri di partenza non lo permettono.")


def estimate(before: Array, years: int, totals: Array, structure: Array, groups: Groups) -> Array:
    """Estimate the population of places some years after the last one known by age.

    Parameters
    ----------
    before : array, shape (places, 101, 2)
        The last complete population.
    years : int
        Years from it.
    totals, structure, groups : array
        What is known of the new date, as for :func:`rake`.

    Returns
    -------
    array, shape (places, 101, 2)
    """
    seed = aged(before, years)
    # Ages and sexes of the children are those of the province: raking gives them.
    seed[:, :years] = children(seed, before, years, groups)[:, np.newaxis, np.newaxis]
    return rake(seed, totals, structure, groups)


def next_structure(earlier: Array, later: Array, births: Array, totals: Array) -> Array:
    """Estimate the age structure of provinces a year after the last one known.

    Parameters
    ----------
    earlier, later : array, shape (provinces, 101, 2)
        Two populations two years apart: how cohorts changed between them, they change in the next year.
    births : array, shape (provinces, 3)
        Births of the two years between them, and of the year after.
    totals : array, shape (provinces, 2)
        Residents of the year after, by sex.

    Returns
    -------
    array, shape (provinces, 101, 2)
    """
    yearly = np.sqrt(_ratio(later, aged(earlier, 2)))
    future = aged(later, 1) * yearly
    newborn_left = later[:, 0].sum(axis=1) / births[:, 1]
    infants_left = later[:, 1].sum(axis=1) / births[:, 0]
    girls_and_boys = later[:, 0] / later[:, 0].sum(axis=1, keepdims=True)
    future[:, 0] = girls_and_boys * (births[:, 2] * newborn_left)[:, np.newaxis]
    future[:, 1] = later[:, 0] * (infants_left / newborn_left)[:, np.newaxis]
    return np.asarray(future * _ratio(totals, future.sum(axis=1))[:, np.newaxis])


def next_year(population: Array, change: Array, births: Array, totals: Array, groups: Groups) -> Array:
    """Bring places to the next year, when the ages of their province are not known yet.

    Parameters
    ----------
    population : array, shape (places, 101, 2)
    change : array, shape (provinces, 101, 2)
        Ratio of each age to the age before it a year earlier, in the province.
    births : array, shape (places, 2)
        Births of the year, by sex.
    totals : array, shape (places, 2)
        Residents at the end, by sex.
    groups : array, shape (places,)
        Province of each place.

    Returns
    -------
    array, shape (places, 101, 2)
    """
    older = aged(population, 1) * change[groups]
    older[:, 0] = births
    return np.asarray(older * _ratio(totals, older.sum(axis=1))[:, np.newaxis])


def cohort_change(earlier: Array, later: Array) -> Array:
    """Return the ratio of each age to the age before it a year earlier; 1 where nobody was there."""
    before = aged(earlier, 1)
    return np.where(before > 0, _ratio(later, before), 1.0)


def whole_numbers(population: Array, groups: Groups) -> NDArray[np.int64]:
    """Round a population to whole people: those of each place and sex stay as many, those of each province and age too.

    Along the ages of a place and sex the running sum is rounded, not each age by itself, from a start that is another
    one for each place: inside a band of ages errors do not add up. Then, age by age of a province, people too many are
    given the age that has too few, where this costs least. Bands of ages of a place stay within a person or two.

    Parameters
    ----------
    population : array, shape (places, 101, 2)
        Its sums by place and sex are whole.
    groups : array, shape (places,)
        Province of each place.

    Returns
    -------
    array of int, shape (places, 101, 2)

    Raises
    ------
    CalcoloError
        When the residents of a place and sex are not a whole number.

    Examples
    --------
    >>> import numpy as np
    >>> halves = np.zeros((4, 101, 2))
    >>> halves[:, :4] = 0.5
    >>> whole = whole_numbers(halves, np.zeros(4, dtype=int))
    >>> whole.sum(axis=1).tolist() == [[2, 2]] * 4, whole.sum(axis=0)[:5].tolist()
    (True, [[2, 2], [2, 2], [2, 2], [2, 2], [0, 0]])
    """
    running = np.round(population.cumsum(axis=1), 6)
    totals = np.rint(running[:, -1])
    if not np.allclose(running[:, -1], totals, atol=1e-3):
        raise CalcoloError("I residenti di un comune non sono un numero intero: non si possono arrotondare le età.")
    running[:, -1] = totals
    places, _, sexes = population.shape
    start = np.arange(1, places * sexes + 1).reshape(places, 1, sexes) * _AUREO % 1.0
    whole = np.diff(np.floor(running + start), axis=1, prepend=np.floor(start)).astype(np.int64)
    of_provinces = np.round(by_group(population, groups).cumsum(axis=1), 6)
    targets = np.diff(np.rint(of_provinces), axis=1, prepend=0).astype(np.int64)
    for province in range(len(targets)):
        for sex in range(sexes):
            of_place = np.flatnonzero(groups == province)
            whole[of_place, :, sex] = _settled(
                whole[of_place, :, sex], population[of_place, :, sex], targets[province, :, sex]
            )
    return whole


def _settled(whole: NDArray[np.int64], population: Array, targets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Move people between ages inside their place, until each age has as many as its target."""
    too_many = whole.sum(axis=0) - targets
    ages = np.arange(len(targets))
    from_ages = np.repeat(ages, too_many.clip(min=0))
    to_ages = np.repeat(ages, (-too_many).clip(min=0))
    for one, other in zip(from_ages, to_ages, strict=True):
        rounded_up = np.round(whole[:, one] - population[:, one] + population[:, other] - whole[:, other], 6)
        place = np.where(whole[:, one] > 0, rounded_up, -np.inf).argmax()
        whole[place, one] -= 1
        whole[place, other] += 1
    return whole


def _ratio(above: Array, below: Array) -> Array:
    return np.divide(above, below, out=np.zeros_like(below), where=below > 0)
