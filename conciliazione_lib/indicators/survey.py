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
from conciliazione_lib.indicators.scale_disclosure import GIUDIZI

RISPONDENTE = ("ats", "alleanza", "rilevazione", "cod_rispondente")
POCHI = "troppi pochi rispondenti"


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
        Index: :data:`RISPONDENTE`; a column per question on a scale, 1 to 5, high is always good: a question in the
        inverse direction is turned over (6 − answer). Missing where not answered.
    """
    domande = instrument[instrument["tipo"] == "scala"].sort_values("ordine").set_index("cod_domanda")
    tutti = pd.MultiIndex.from_frame(answers[[*RISPONDENTE]].drop_duplicates())
    date = answers[answers["cod_domanda"].isin(domande.index)]
    larga = date.set_index([*RISPONDENTE, "cod_domanda"])["risposta"].astype(float).unstack("cod_domanda")
    larga = larga.reindex(index=tutti, columns=list(domande.index))
    inverse = list(domande.index[domande["verso"] == "inverso"])
    larga[inverse] = 6 - larga[inverse]
    return larga


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
    chiave = ["ats", "alleanza"]
    risposti = answers[[*RISPONDENTE]].drop_duplicates().groupby(chiave).size().rename("rispondenti")
    inviati = sent.groupby(chiave)["inviati"].sum(min_count=1)
    conti = pd.concat([risposti, inviati.astype(float)], axis=1).reset_index()
    return conti.assign(rispondenti=conti["rispondenti"].fillna(0).astype(int))


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
    righe = {}
    for domanda in table.columns:
        valori = table[domanda].dropna()
        riga = dict.fromkeys(
            ("media", "media_inferiore", "media_superiore", "mediana", "mediana_inferiore", "mediana_superiore",
             "media_minima", "media_massima"), np.nan,
        )  # fmt: skip
        if len(valori) >= minimum:
            media, basso, alto = outcomes.mean_interval(valori, confidence)
            # Student's interval knows nothing of the ends of the scale
            riga |= {"media": media, "media_inferiore": max(basso, 1.0), "media_superiore": min(alto, 5.0)}
            mediana = outcomes.median_interval(valori, confidence)
            riga |= dict(zip(("mediana", "mediana_inferiore", "mediana_superiore"), mediana, strict=True))
            if response_rate is not None:
                estremi = outcomes.nonresponse_bounds(media, response_rate, 1, 5)
                riga |= dict(zip(("media_minima", "media_massima"), estremi, strict=True))
        righe[domanda] = {"n": len(valori), **riga}
    return pd.DataFrame.from_dict(righe, orient="index")


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
    di_che = dict(zip(instrument["cod_domanda"], instrument["dimensione"], strict=True))
    nomi = dict.fromkeys(di_che[str(c)] for c in table.columns)
    return pd.DataFrame(
        {nome: table[[c for c in table.columns if di_che[str(c)] == nome]].mean(axis=1) for nome in nomi}
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
    di_che = dict(zip(instrument["cod_domanda"], instrument["dimensione"], strict=True))
    righe = []
    for nome in dict.fromkeys(di_che[str(c)] for c in table.columns):
        colonne = [c for c in table.columns if di_che[str(c)] == nome]
        completi = table[colonne].dropna()
        if len(colonne) < 2:
            continue
        riga = {"dimensione": nome, "domande": len(colonne), "n": len(completi)}
        riga |= {"alfa": np.nan, "alfa_inferiore": np.nan, "alfa_superiore": np.nan, "alfa_motivo": POCHI}
        if len(completi) >= minimum:
            if np.ptp(completi.sum(axis=1)) == 0:
                riga["alfa_motivo"] = "tutti hanno lo stesso punteggio"
            else:
                alfa, basso, alto = outcomes.cronbach_alpha(completi)
                riga |= {"alfa": alfa, "alfa_inferiore": basso, "alfa_superiore": alto, "alfa_motivo": ""}
        righe.append(riga)
    return pd.DataFrame(righe)


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
    lunga = table.reset_index().melt(id_vars=[*RISPONDENTE], var_name="domanda", value_name="punto").dropna()
    lunga["giudizio"] = lunga["punto"].round().astype(int).map(GIUDIZI)
    return lunga.groupby(["ats", "alleanza", "domanda", "giudizio"]).size().rename("risposte").reset_index()


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
    scelte = answers[answers["cod_domanda"].isin([before, after])]
    coppie = scelte.set_index([*RISPONDENTE, "cod_domanda"])["risposta"].unstack("cod_domanda")
    coppie = coppie.reindex(columns=[before, after]).dropna()
    lunga = coppie.reset_index().rename(columns={before: "prima", after: "dopo"})
    lunga = lunga.melt(id_vars=[*RISPONDENTE], var_name="momento", value_name="condizione")
    conti = lunga.groupby(["ats", "alleanza", "condizione", "momento"]).size().rename("persone").reset_index()
    if len(coppie) < minimum:
        return conti, None
    return conti, outcomes.paired_category(coppie[before], coppie[after])


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
    complessivi: dict[str, outcomes.TestResult] = {}
    parti = []
    for nome in table.columns:
        gruppi: Mapping[str, pd.Series] = {
            str(alleanza): valori
            for alleanza, valori in table[nome].dropna().groupby(level="alleanza")
            if len(valori) >= minimum
        }
        if len(gruppi) >= 2:
            complessivi[str(nome)], coppie = outcomes.compare_groups(gruppi)
            parti.append(coppie.assign(dimensione=nome))
    colonne = ["dimensione", "gruppo_1", "gruppo_2", "p", "p_corretto", "diverso"]
    if not parti:
        return complessivi, pd.DataFrame(columns=colonne)
    tutte = pd.concat(parti, ignore_index=True)
    tutte["p_corretto"] = outcomes.holm(tutte["p"])
    return complessivi, tutte.assign(diverso=tutte["p_corretto"] <= 0.05)[colonne]
