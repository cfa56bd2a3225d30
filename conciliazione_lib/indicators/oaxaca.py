"""Oaxaca-Blinder decomposition on weighted microdata.

Why are men's mean and women's mean different? Part because the two groups have different characteristics
(age, education, sector…), part because the same characteristic is worth differently to them. statsmodels has
the decomposition (``statsmodels.stats.oaxaca.OaxacaBlinder``) but takes no sampling weights, without which
labour-force microdata say nothing about the population, and gives no detail by characteristic: so the
regressions are statsmodels' and the arithmetic is here. Without weights the results are those of
``OaxacaBlinder`` and of Stata's ``oaxaca``, as the tests show.

With the public-use file of the labour force survey (RCFL, asked of ISTAT)::

    from conciliazione_lib.indicators import oaxaca
    from conciliazione_lib.sources import rcfl

    persone = rcfl.read_rcfl("RCFL_Microdati.txt")
    esito = oaxaca.decompose(
        persone, "occupato", ["eta", "titolo", "ripartizione"], group="sesso", a="M", b="F", weights="peso"
    )
    esito.effects, esito.detail

References
----------
Oaxaca R. (1973), International Economic Review 14(3), 693-709. Blinder A. S. (1973), Journal of Human Resources 8(4).
Jann B. (2008), "The Blinder-Oaxaca decomposition for linear regression models", Stata Journal 8(4), 453-479.
Oaxaca R., Ransom M. (1999), "Identification in detailed wage decompositions", Review of Economics and Statistics 81(1).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import special
from statsmodels.regression.linear_model import WLS

from conciliazione_lib.errors import CalcoloError


@dataclass(frozen=True)
class Decomposition:
    """Result of an Oaxaca-Blinder decomposition.

    Attributes
    ----------
    mean_a, mean_b, gap : float
        (Weighted) means of the outcome in the two groups, and their difference ``a - b``.
    effects : DataFrame
        Indexed by part. Threefold: ``dotazioni``, ``coefficienti``, ``interazione``; twofold: ``spiegata``,
        ``non_spiegata``. Columns: ``effetto, errore_standard, inferiore, superiore, quota`` (per 100 of the gap).
    detail : DataFrame
        Indexed by regressor: ``effetto`` of its different endowment; they sum to ``dotazioni`` or ``spiegata``.
        The dummies of a category are summed, so its effect does not depend on the reference chosen.
    n_a, n_b : int
        Rows used.
    """

    mean_a: float
    mean_b: float
    gap: float
    effects: pd.DataFrame
    detail: pd.DataFrame
    n_a: int
    n_b: int


@dataclass(frozen=True)
class _Group:
    """A weighted regression and the influence of each row on its coefficients and means."""

    beta: np.ndarray
    mean: np.ndarray
    beta_influence: np.ndarray
    mean_influence: np.ndarray


def _fit(y: np.ndarray, x: np.ndarray, w: np.ndarray, member: np.ndarray) -> _Group:
    yg, xg, wg = y[member], x[member], w[member]
    fit = WLS(yg, xg, weights=wg).fit()
    mean = np.average(xg, axis=0, weights=wg)
    bread = np.linalg.pinv(xg.T @ (wg[:, None] * xg))
    beta_influence = np.zeros_like(x)
    mean_influence = np.zeros_like(x)
    beta_influence[member] = (wg * (yg - xg @ fit.params))[:, None] * xg @ bread
    mean_influence[member] = wg[:, None] * (xg - mean) / wg.sum()
    return _Group(np.asarray(fit.params), mean, beta_influence, mean_influence)


def _design(frame: pd.DataFrame, regressors: Sequence[str]) -> tuple[pd.DataFrame, dict[str, list[str]]]:
    """Columns of the regression (constant first) and which of them belong to which regressor."""
    parts: list[pd.DataFrame] = [pd.DataFrame({"costante": 1.0}, index=frame.index)]
    owners: dict[str, list[str]] = {}
    for name in regressors:
        column = frame[name]
        if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
            part = column.astype("float64").to_frame(name)
        else:
            part = pd.get_dummies(column.astype("str"), prefix=name, drop_first=True, dtype="float64")
        owners[name] = list(part.columns)
        parts.append(part)
    return pd.concat(parts, axis=1), owners


def decompose(
    frame: pd.DataFrame,
    outcome: str,
    regressors: Sequence[str],
    group: str,
    a: Hashable,
    b: Hashable,
    weights: str | None = None,
    kind: Literal["threefold", "twofold"] = "threefold",
    confidence: float = 0.95,
) -> Decomposition:
    """Decompose the difference of two means.

    Parameters
    ----------
    frame : DataFrame
        One row per person; rows with a missing value in a column used are left out.
    outcome : str
        Numeric: hourly pay, its logarithm, or 0/1 for employment (a linear probability model).
    regressors : sequence of str
        Characteristics; text and categories become dummies (first category in alphabetical order as reference).
    group : str
        Column with the group.
    a, b : hashable
        The two groups; the gap is the mean of ``a`` minus that of ``b`` (e.g. ``"M"``, ``"F"``).
    weights : str, optional
        Sampling weights.
    kind : {"threefold", "twofold"}
        Threefold, from the point of view of ``b``: endowments at ``b``'s coefficients, coefficients at ``b``'s
        endowments, interaction. Twofold: explained at the coefficients of the pooled regression with a group
        indicator (Jann's ``pooled``), and unexplained.
    confidence : float
        Of the intervals.

    Returns
    -------
    Decomposition

    Raises
    ------
    CalcoloError
        A group has too few rows for the regressors, a weight is not positive, or a category is found in one group only
        (its coefficient in the other cannot be estimated).

    Notes
    -----
    Standard errors are by Taylor linearisation: every row's influence on coefficients and means is carried to
    the effects, so the covariances between the groups and the pooled regression are in. They are robust to
    heteroskedasticity, but do not know the stratification and clustering of the sample. The unexplained part is
    not, by itself, discrimination: it also holds whatever is not among the regressors.
    """
    used = [outcome, group, *regressors, *([weights] if weights else [])]
    data = frame[used].dropna()
    data = data[data[group].isin([a, b])]
    design, owners = _design(data, regressors)
    x, y = design.to_numpy(dtype="float64"), data[outcome].to_numpy(dtype="float64")
    w = data[weights].to_numpy(dtype="float64") if weights else np.ones(len(data))
    in_a, in_b = (data[group] == a).to_numpy(), (data[group] == b).to_numpy()
    _check(x, w, in_a, in_b, design, a, b)

    ga, gb = _fit(y, x, w, in_a), _fit(y, x, w, in_b)
    dx, dx_influence = ga.mean - gb.mean, ga.mean_influence - gb.mean_influence
    if kind == "threefold":
        db, db_influence = ga.beta - gb.beta, ga.beta_influence - gb.beta_influence
        reference = gb.beta
        parts = {
            "dotazioni": (dx @ gb.beta, dx_influence @ gb.beta + gb.beta_influence @ dx),
            "coefficienti": (gb.mean @ db, gb.mean_influence @ db + db_influence @ gb.mean),
            "interazione": (dx @ db, dx_influence @ db + db_influence @ dx),
        }
    else:
        pooled = _fit(y, np.column_stack([x, in_a.astype("float64")]), w, np.ones(len(y), dtype=bool))
        reference, pooled_influence = pooled.beta[:-1], pooled.beta_influence[:, :-1]
        explained = dx_influence @ reference + pooled_influence @ dx
        total = ga.mean_influence @ ga.beta + ga.beta_influence @ ga.mean
        total = total - gb.mean_influence @ gb.beta - gb.beta_influence @ gb.mean
        gap = ga.mean @ ga.beta - gb.mean @ gb.beta
        parts = {
            "spiegata": (dx @ reference, explained),
            "non_spiegata": (gap - dx @ reference, total - explained),
        }
    mean_a, mean_b = float(np.average(y[in_a], weights=w[in_a])), float(np.average(y[in_b], weights=w[in_b]))
    z = special.ndtri(1 - (1 - confidence) / 2)
    rows = {}
    for name, (effect, influence) in parts.items():
        error = float(np.sqrt((influence**2).sum()))
        rows[name] = {
            "effetto": float(effect),
            "errore_standard": error,
            "inferiore": float(effect) - z * error,
            "superiore": float(effect) + z * error,
            "quota": float(effect) / (mean_a - mean_b) * 100 if mean_a != mean_b else np.nan,
        }
    contribution = pd.Series(dx * reference, index=design.columns)
    detail = pd.DataFrame({"effetto": {name: contribution[cols].sum() for name, cols in owners.items()}})
    return Decomposition(
        mean_a=mean_a,
        mean_b=mean_b,
        gap=mean_a - mean_b,
        effects=pd.DataFrame(rows).T,
        detail=detail.rename_axis("caratteristica"),
        n_a=int(in_a.sum()),
        n_b=int(in_b.sum()),
    )


def _check(
    x: np.ndarray,
    w: np.ndarray,
    in_a: np.ndarray,
    in_b: np.ndarray,
    design: pd.DataFrame,
    a: Hashable,
    b: Hashable,
) -> None:
    if (w <= 0).any():
        raise CalcoloError(
            f"{int((w <= 0).sum())} righe hanno un peso campionario nullo o negativo.",
            remedy="Togliere quelle righe o usare il coefficiente di riporto corretto.",
        )
    for name, member in ((a, in_a), (b, in_b)):
        if member.sum() <= x.shape[1]:
            raise CalcoloError(
                f"Il gruppo {name} ha {int(member.sum())} righe complete per {x.shape[1]} coefficienti.",
                remedy="Usare più microdati o meno caratteristiche.",
            )
        flat = [c for c, v in zip(design.columns[1:], np.ptp(x[member][:, 1:], axis=0), strict=True) if v == 0]
        if flat:
            raise CalcoloError(
                f"Nel gruppo {name} non varia: {', '.join(flat)}; il suo effetto non si può stimare.",
                remedy="Unire la categoria a un'altra, o restringere i due gruppi alle categorie comuni.",
            )
