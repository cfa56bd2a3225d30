"""Analysis of the questionnaires: who answered, what they said, how sure one can be.

Input are the individual answers; every function returns aggregates. Counts still have to pass through
:func:`conciliazione_lib.indicators.protected.publishable`; means, medians, reliability and tests are missing here when
they stand on fewer respondents than ``minimum``.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

import conciliazione_lib.indicators.outcomes as outcomes
from conciliazione_lib.indicators.scale_disclosure import VERDICTS

RESPONDENT = ("ats", "alleanza", "rilevazione", "cod_rispondente")
FEW = "troppi pochi rispondenti"


def scores(answers: pd.DataFrame, instrument: pd.DataFrame) -> pd.DataFrame:
    """Return the answers on a scale as a table, all in the same direction.

    Parameters
    ----------
    answers : DataFrame
        Rows of the table ``questionari`` of one questionnaire.
    instrument : DataFrame
        Rows of the table ``questionario`` of the same questionnaire.

    Returns
    -------
    DataFrame
        Index: :data:`RESPONDENT`; a column per question on a scale, 1 to 5, high is always good: a question in the
        inverse direction is turned over (6 − answer). Missing where not answered.
    """
    questions = instrument[instrument["tipo"] == "scala"].sort_values("ordine").set_index("cod_domanda")
    everyone = pd.MultiIndex.from_frame(answers[[*RESPONDENT]].drop_duplicates())
    date = answers[answers["cod_domanda"].isin(questions.index)]
    wide = date.set_index([*RESPONDENT, "cod_domanda"])["risposta"].astype(float).unstack("cod_domanda")
    wide = wide.reindex(index=everyone, columns=list(questions.index))
    inverse = list(questions.index[questions["verso"] == "inverso"])
    wide[inverse] = 6 - wide[inverse]
    return wide


def response(answers: pd.DataFrame, sent: pd.DataFrame) -> pd.DataFrame:
    """Count who was asked and who answered, by Alleanza.

    Parameters
    ----------
    answers, sent : DataFrame
        Rows of the tables ``questionari`` and ``questionari_inviati`` of one questionnaire.

    Returns
    -------
    DataFrame
        Columns ``ats, alleanza, rispondenti, inviati``. ``inviati`` is missing where not declared.
    """
    key = ["ats", "alleanza"]
    answered = answers[[*RESPONDENT]].drop_duplicates().groupby(key).size().rename("rispondenti")
    one_sent = sent.groupby(key)["inviati"].sum(min_count=1)
    counts = pd.concat([answered, one_sent.astype(float)], axis=1).reset_index()
    return counts.assign(rispondenti=counts["rispondenti"].fillna(0).astype(int))


def summaries(
    table: pd.DataFrame, *, minimum: int, response_rate: float | None = None, confidence: float = 0.95
) -> pd.DataFrame:
    """Summarise each question: mean and median with their intervals, and what non-response leaves open.

    Parameters
    ----------
    table : DataFrame
        As :func:`scores` gives it, or any selection of its rows and columns.
    minimum : int
        Least number of answers for a value.
    response_rate : float, optional
        Share of those asked who answered; with it, the bounds of the mean of all.
    confidence : float
        Level of the intervals.

    Returns
    -------
    DataFrame
        Index: columns of ``table``; ``n, media, media_inferiore, media_superiore, mediana, mediana_inferiore,
        mediana_superiore, media_minima, media_massima``.
    """
    rows = {}
    for question in table.columns:
        values = table[question].dropna()
        row = dict.fromkeys(
            ("media", "media_inferiore", "media_superiore", "mediana", "mediana_inferiore", "mediana_superiore",
             "media_minima", "media_massima"), np.nan,
        )  # fmt: skip
        if len(values) >= minimum:
            media, low, high = outcomes.mean_interval(values, confidence)
            # Student's interval knows nothing of the ends of the scale
            row |= {"media": media, "media_inferiore": max(low, 1.0), "media_superiore": min(high, 5.0)}
            median = outcomes.median_interval(values, confidence)
            row |= dict(zip(("mediana", "mediana_inferiore", "mediana_superiore"), median, strict=True))
            if response_rate is not None:
                ends = outcomes.nonresponse_bounds(media, response_rate, 1, 5)
                row |= dict(zip(("media_minima", "media_massima"), ends, strict=True))
        rows[question] = {"n": len(values), **row}
    return pd.DataFrame.from_dict(rows, orient="index")


def dimensions(table: pd.DataFrame, instrument: pd.DataFrame) -> pd.DataFrame:
    """Return each respondent's mean on each dimension, over the questions answered.

    Parameters
    ----------
    table : DataFrame
        As :func:`scores` gives it.
    instrument : DataFrame
        Rows of the table ``questionario`` of the same questionnaire.

    Returns
    -------
    DataFrame
        Index of ``table``; a column per dimension.
    """
    of_that = dict(zip(instrument["cod_domanda"], instrument["dimensione"], strict=True))
    names = dict.fromkeys(of_that[str(c)] for c in table.columns)
    return pd.DataFrame(
        {name: table[[c for c in table.columns if of_that[str(c)] == name]].mean(axis=1) for name in names}
    )


def reliability(table: pd.DataFrame, instrument: pd.DataFrame, *, minimum: int) -> pd.DataFrame:
    """Compute Cronbach's alpha of each dimension of at least two questions.

    Parameters
    ----------
    table, instrument : DataFrame
        As in :func:`dimensions`.
    minimum : int
        Least number of complete respondents.

    Returns
    -------
    DataFrame
        Columns ``dimensione, domande, n, alfa, alfa_inferiore, alfa_superiore, alfa_motivo``.
    """
    of_that = dict(zip(instrument["cod_domanda"], instrument["dimensione"], strict=True))
    rows = []
    for name in dict.fromkeys(of_that[str(c)] for c in table.columns):
        columns = [c for c in table.columns if of_that[str(c)] == name]
        complete = table[columns].dropna()
        if len(columns) < 2:
            continue
        row = {"dimensione": name, "domande": len(columns), "n": len(complete)}
        row |= {"alfa": np.nan, "alfa_inferiore": np.nan, "alfa_superiore": np.nan, "alfa_motivo": FEW}
        if len(complete) >= minimum:
            if np.ptp(complete.sum(axis=1)) == 0:
                row["alfa_motivo"] = "tutti hanno lo stesso punteggio"
            else:
                alpha, low, high = outcomes.cronbach_alpha(complete)
                row |= {"alfa": alpha, "alfa_inferiore": low, "alfa_superiore": high, "alfa_motivo": ""}
        rows.append(row)
    return pd.DataFrame(rows)


def judgements(table: pd.DataFrame) -> pd.DataFrame:
    """Count the answers to each question in three parts: unfavourable (1–2), middle (3), favourable (4–5).

    Parameters
    ----------
    table : DataFrame
        As :func:`scores` gives it.

    Returns
    -------
    DataFrame
        Columns ``ats, alleanza, domanda, giudizio, risposte``: counts to be protected before they are shown.
    """
    long = table.reset_index().melt(id_vars=[*RESPONDENT], var_name="domanda", value_name="punto").dropna()
    long["giudizio"] = long["punto"].round().astype(int).map(VERDICTS)
    return long.groupby(["ats", "alleanza", "domanda", "giudizio"]).size().rename("risposte").reset_index()


def before_after(
    answers: pd.DataFrame, before: str, after: str, *, minimum: int
) -> tuple[pd.DataFrame, outcomes.TestResult | None]:
    """Compare a category of the same people before and after.

    Parameters
    ----------
    answers : DataFrame
        Rows of the table ``questionari`` of one questionnaire.
    before, after : str
        Codes of the two questions.
    minimum : int
        Least number of people with both answers for the test.

    Returns
    -------
    counts : DataFrame
        Columns ``ats, alleanza, condizione, momento`` (``prima``, ``dopo``), ``persone``; only people with both
        answers. Counts to be protected before they are shown.
    test : TestResult or None
        Marginal homogeneity (:func:`outcomes.paired_category`); none under ``minimum``.
    """
    choices = answers[answers["cod_domanda"].isin([before, after])]
    pairs = choices.set_index([*RESPONDENT, "cod_domanda"])["risposta"].unstack("cod_domanda")
    pairs = pairs.reindex(columns=[before, after]).dropna()
    long = pairs.reset_index().rename(columns={before: "prima", after: "dopo"})
    long = long.melt(id_vars=[*RESPONDENT], var_name="momento", value_name="condizione")
    counts = long.groupby(["ats", "alleanza", "condizione", "momento"]).size().rename("persone").reset_index()
    if len(pairs) < minimum:
        return counts, None
    return counts, outcomes.paired_category(pairs[before], pairs[after])


def compare(table: pd.DataFrame, *, minimum: int) -> tuple[dict[str, outcomes.TestResult], pd.DataFrame]:
    """Compare the Alleanze on each column, all pairs of all columns corrected together.

    Parameters
    ----------
    table : DataFrame
        Index with a level ``alleanza``; as :func:`dimensions` gives it.
    minimum : int
        Least number of respondents for an Alleanza to enter a comparison.

    Returns
    -------
    overall : dict of str to TestResult
        Kruskal-Wallis for each column with at least two Alleanze.
    pairs : DataFrame
        Columns ``dimensione, gruppo_1, gruppo_2, p, p_corretto, diverso``; Holm's correction over every row.
    """
    overall: dict[str, outcomes.TestResult] = {}
    parts = []
    for name in table.columns:
        groups: Mapping[str, pd.Series] = {
            str(alleanza): values
            for alleanza, values in table[name].dropna().groupby(level="alleanza")
            if len(values) >= minimum
        }
        if len(groups) >= 2:
            overall[str(name)], pairs = outcomes.compare_groups(groups)
            parts.append(pairs.assign(dimensione=name))
    columns = ["dimensione", "gruppo_1", "gruppo_2", "p", "p_corretto", "diverso"]
    if not parts:
        return overall, pd.DataFrame(columns=columns)
    all_of_them = pd.concat(parts, ignore_index=True)
    all_of_them["p_corretto"] = outcomes.holm(all_of_them["p"])
    return overall, all_of_them.assign(diverso=all_of_them["p_corretto"] <= 0.05)[columns]
