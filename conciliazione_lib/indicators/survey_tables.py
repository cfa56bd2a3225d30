"""What of the questionnaires may be published: each table for every territory at once, protected over all of them.

Answers are collected by Alleanze, inside ATS, inside the region: a count hidden in one ATS could be had by subtracting
the others from the region. So every table is computed here for the region, all the ATS and (the respondents) all the
Alleanze together, and a chapter shows its own rows. Two chapters never hide different cells.

Every function takes the answers of one questionnaire and one wave, of the whole region (those of :func:`together`, but
for :func:`response`), and returns the columns ``livello, territorio`` beside its own; a total along a category has an
empty category.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

import conciliazione_lib.indicators.disclosure as disclosure
import conciliazione_lib.indicators.outcomes as outcomes
import conciliazione_lib.indicators.protected as protected
import conciliazione_lib.indicators.survey as survey
from conciliazione_lib.indicators.protected import REASON, Thresholds
from conciliazione_lib.indicators.scale_disclosure import DECIMALS, PARTS, detail
from conciliazione_lib.indicators.uncertainty import wilson
from conciliazione_lib.region import REGIONE

_ALL_OF_THEM = "tutti"
_MEANS = ("media", "media_inferiore", "media_superiore", "mediana", "mediana_inferiore", "mediana_superiore")
_REASONS = ("media_motivo", "mediana_motivo")


def response(answers: pd.DataFrame, sent: pd.DataFrame, thresholds: Thresholds) -> pd.DataFrame:
    """Count who answered, and their share of those asked, by Alleanza, ATS and region.

    Parameters
    ----------
    answers, sent : DataFrame
        Rows of the tables ``questionari`` and ``questionari_inviati`` of one questionnaire and wave.
    thresholds : Thresholds
        The thresholds in force.

    Returns
    -------
    DataFrame
        ``livello, territorio, alleanza`` (empty for ATS and region), ``rispondenti, rispondenti_motivo, inviati,
        tasso_risposta`` (percent). ``inviati`` is missing where a part of the territory has not declared it.
    """
    counts = survey.response(answers, sent)
    counts["luogo"] = counts["ats"] + "/" + counts["alleanza"]
    on = dict(zip(counts["luogo"], counts["ats"], strict=True)) | dict.fromkeys(counts["ats"], REGIONE)
    whole = protected.with_totals(counts, "rispondenti", ["luogo"], {"luogo": on})
    # an ATS hidden to cover another would be read in the answers to its questions: the region is hidden instead
    cost = (whole["rispondenti"] + 1.0).where(whole["luogo"] != REGIONE, 0.1)
    public = protected.publishable(
        whole, "rispondenti", ["luogo"], {"luogo": on}, threshold=thresholds.conteggio, cost=cost.tolist()
    ).set_index("luogo")
    one_sent = pd.concat(
        [counts.groupby(who)["inviati"].agg(lambda s: s.sum(skipna=False)) for who in ("luogo", "ats")]
        + [pd.Series({REGIONE: counts["inviati"].sum(skipna=False)})]
    )
    public["inviati"] = one_sent.where(public["rispondenti"].notna())
    public["tasso_risposta"] = 100 * public["rispondenti"] / public["inviati"]
    return _placed(public.reset_index())


def together(answers: pd.DataFrame, thresholds: Thresholds) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Leave out of the tables the ATS with too few respondents to have any of their own.

    Kept in the total of the region, they would be had by subtraction, unless a second ATS were hidden to cover them.

    Parameters
    ----------
    answers : DataFrame
        Rows of the table ``questionari`` of one questionnaire and wave, of the whole region.
    thresholds : Thresholds
        The thresholds in force.

    Returns
    -------
    answers : DataFrame
        Those of the other ATS: what every table but :func:`response` is made of.
    left_out : tuple of str
        Codes of the ATS left out.
    """
    how_many = answers[[*survey.RESPONDENT]].drop_duplicates().groupby("ats").size()
    outside = tuple(str(ats) for ats in how_many.index[how_many < thresholds.rispondenti])
    return answers[~answers["ats"].isin(outside)], outside


def judgements(answers: pd.DataFrame, instrument: pd.DataFrame, thresholds: Thresholds) -> pd.DataFrame:
    """Count the answers to each question on a scale, by judgement.

    Parameters
    ----------
    answers, instrument : DataFrame
        Rows of the tables ``questionari`` and ``questionario`` of one questionnaire.
    thresholds : Thresholds
        The thresholds in force.

    Returns
    -------
    DataFrame
        ``livello, territorio, cod_domanda, giudizio`` (empty for all of them), ``risposte_giudizio`` and its
        ``_motivo``.
    """
    counts = survey.judgements(survey.scores(answers, instrument)).rename(columns={"domanda": "cod_domanda"})
    return _counts(counts, "giudizio", PARTS, "risposte", "risposte_giudizio", answers, thresholds)


def choices(answers: pd.DataFrame, instrument: pd.DataFrame, thresholds: Thresholds) -> pd.DataFrame:
    """Count the answers to each question with options, and the share of each option.

    Parameters
    ----------
    answers, instrument : DataFrame
        Rows of the tables ``questionari`` and ``questionario`` of one questionnaire; of the instrument, the questions
        wanted.
    thresholds : Thresholds
        The thresholds in force.

    Returns
    -------
    DataFrame
        ``livello, territorio, cod_domanda, scelta`` (words of the option; empty for all), ``risposte_scelta`` and its
        ``_motivo``, ``quota_scelta`` (percent of the answers) with Wilson's bounds and its ``_motivo``.
    """
    parts = []
    for question in instrument[instrument["tipo"] == "scelta"].to_dict("records"):
        words = dict(entry.split("=", 1) for entry in str(question["opzioni"]).split("|"))
        date = answers[answers["cod_domanda"] == question["cod_domanda"]]
        counts = date.assign(scelta=date["risposta"].map(words)).groupby(["ats", "cod_domanda", "scelta"]).size()
        table = counts.rename("risposte").reset_index()
        if len(table):
            parts.append(
                _counts(table, "scelta", tuple(words.values()), "risposte", "risposte_scelta", answers, thresholds)
            )
    if not parts:
        return pd.DataFrame(columns=["livello", "territorio", "cod_domanda", "scelta", "risposte_scelta"])
    all_of_them = pd.concat(parts, ignore_index=True)
    key = ["livello", "territorio", "cod_domanda"]
    totals = all_of_them[all_of_them["scelta"] == ""].set_index(key)["risposte_scelta"]
    all_of_them["risposte"] = totals.reindex(pd.MultiIndex.from_frame(all_of_them[key])).to_numpy(dtype=float)
    # a share of fewer answers than a mean needs says little of them all, and much of each
    enough = (
        (all_of_them["risposte"] >= thresholds.rispondenti)
        & all_of_them["risposte_scelta"].notna()
        & (all_of_them["scelta"] != "")
    )
    all_of_them["quota_scelta"] = (100 * all_of_them["risposte_scelta"] / all_of_them["risposte"]).where(enough)
    low, high = wilson(all_of_them["risposte_scelta"].where(enough), all_of_them["risposte"].where(enough))
    return all_of_them.assign(
        quota_scelta_inferiore=100 * np.asarray(low),
        quota_scelta_superiore=100 * np.asarray(high),
        quota_scelta_motivo=np.where(
            all_of_them["risposte_scelta"].isna() | all_of_them["risposte"].isna(), REASON, survey.FEW
        ),
    )


def means(
    answers: pd.DataFrame,
    instrument: pd.DataFrame,
    counts: pd.DataFrame,
    thresholds: Thresholds,
    rates: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Compute the mean and the median of each question on a scale, as far as they tell nothing of a hidden count.

    Parameters
    ----------
    answers, instrument : DataFrame
        Rows of the tables ``questionari`` and ``questionario`` of one questionnaire.
    counts : DataFrame
        What :func:`judgements` gave for them.
    thresholds : Thresholds
        The thresholds in force.
    rates : mapping of str to float, optional
        Share (0–1) of those asked who answered, by territory: with it, the bounds of the mean of all those asked.

    Returns
    -------
    DataFrame
        ``livello, territorio, cod_domanda, media_questionario`` and ``mediana_questionario`` (with bounds and
        ``_motivo``), ``limiti_media`` (with bounds, and its terms ``quota, media``). Means are rounded to the decimals
        that are printed.

    Notes
    -----
    Hidden: what stands on fewer answers than the threshold; what would give that away by subtraction between nested
    territories; what :func:`conciliazione_lib.indicators.scale_disclosure.detail` gives up. The reason says that
    answers are few only where their number is published: elsewhere it would bound it.
    """
    points = survey.scores(answers, instrument)
    on = _places(answers)
    by_place = {REGIONE: points} | {ats: points[points.index.get_level_values("ats") == ats] for ats in on}
    computed = {place: survey.summaries(rows, minimum=thresholds.rispondenti) for place, rows in by_place.items()}
    parts = []
    for question in counts["cod_domanda"].unique():
        raw = pd.DataFrame({place: computed[place].loc[question] for place in computed}).T
        seen = _enough(raw["n"], on, thresholds.rispondenti)
        table = raw[list(_MEANS)].astype(float).round(DECIMALS).where(seen)
        one_counts = counts[counts["cod_domanda"] == question]
        wide = one_counts.assign(giudizio=one_counts["giudizio"].replace("", _ALL_OF_THEM)).pivot(
            index="territorio", columns="giudizio", values="risposte_giudizio"
        )
        # no mean without the number of answers it stands on
        table = table.where(wide[_ALL_OF_THEM].notna().reindex(table.index))
        joined = pd.concat([wide.reindex(table.index), table], axis=1)
        number = joined[_ALL_OF_THEM]
        parts.append(detail(joined, on, thresholds.conteggio)[list(_MEANS)].assign(cod_domanda=question, n=number))
    outcome = pd.concat(parts).rename_axis("luogo").reset_index()
    reason = np.where(outcome["n"] < thresholds.rispondenti, survey.FEW, REASON)
    outcome = outcome.assign(**dict.fromkeys(_REASONS, reason)).drop(columns="n")
    outcome = _placed(_with_bounds_of_all(outcome, rates or {}))
    names = {c: c.replace(c.split("_")[0], f"{c.split('_')[0]}_questionario", 1) for c in (*_MEANS, *_REASONS)}
    return outcome.rename(columns=names).assign(media=outcome["media"])


def _with_bounds_of_all(means: pd.DataFrame, rates: Mapping[str, float]) -> pd.DataFrame:
    """Add the bounds that non-response leaves to the mean of all those asked."""
    quote = means["luogo"].map(rates).astype(float)
    present = means["media"].notna() & quote.notna()
    ends = [
        outcomes.nonresponse_bounds(float(m), float(q), 1, 5) if c else (np.nan, np.nan)
        for m, q, c in zip(means["media"], quote, present, strict=True)
    ]
    low, high = np.array(ends, dtype=float).reshape(-1, 2).T
    return means.assign(
        limiti_media=means["media"].where(present),
        limiti_media_inferiore=low,
        limiti_media_superiore=high,
        quota=quote,
    )


def reliability(
    answers: pd.DataFrame, instrument: pd.DataFrame, counts: pd.DataFrame, thresholds: Thresholds
) -> pd.DataFrame:
    """Compute the reliability of each dimension, in every territory with enough respondents.

    Parameters
    ----------
    answers, instrument : DataFrame
        Rows of the tables ``questionari`` and ``questionario`` of one questionnaire.
    counts : DataFrame
        What :func:`judgements` gave for them.
    thresholds : Thresholds
        The thresholds in force.

    Returns
    -------
    DataFrame
        ``livello, territorio, dimensione, alfa_dimensione`` with its bounds (two decimals) and ``_motivo``. Hidden
        where the number of answers to a question of the dimension is: a reliability, and its interval, tell how many
        they are.
    """
    points = survey.scores(answers, instrument)
    places = {REGIONE: points} | {a: points[points.index.get_level_values("ats") == a] for a in _places(answers)}
    parts = [
        survey.reliability(rows, instrument, minimum=thresholds.rispondenti).assign(luogo=place)
        for place, rows in places.items()
    ]
    all_of_them = pd.concat(parts, ignore_index=True)
    if all_of_them.empty:
        return pd.DataFrame(columns=["livello", "territorio", "dimensione", "alfa_dimensione"])
    hidden = _unnumbered(counts, instrument)
    via = [pair in hidden for pair in zip(all_of_them["luogo"], all_of_them["dimensione"], strict=True)]
    all_of_them.loc[via, ["alfa", "alfa_inferiore", "alfa_superiore"]] = np.nan
    all_of_them.loc[via, "alfa_motivo"] = REASON
    alpha = all_of_them.round({"alfa": 2, "alfa_inferiore": 2, "alfa_superiore": 2}).drop(columns=["n", "domande"])
    return _placed(alpha.rename(columns=lambda name: name.replace("alfa", "alfa_dimensione")))


def before_after(
    answers: pd.DataFrame, before: Mapping[str, object], after: str, thresholds: Thresholds
) -> tuple[pd.DataFrame, dict[str, outcomes.TestResult]]:
    """Count the same people by a category before and after, and test whether it changed.

    Parameters
    ----------
    answers : DataFrame
        Rows of the table ``questionari`` of one questionnaire.
    before : mapping
        Row of the table ``questionario`` of the first question: its ``cod_domanda`` and ``opzioni``.
    after : str
        Code of the second question, with the same options.
    thresholds : Thresholds
        The thresholds in force.

    Returns
    -------
    counts : DataFrame
        ``livello, territorio, condizione`` (words; empty for all the people, the same before and after), ``momento``
        (``prima``, ``dopo``; empty with the condition), ``persone_condizione`` and its ``_motivo``.
    tests : dict of str to TestResult
        By territory, where there are enough pairs and their number is published; see
        :func:`conciliazione_lib.indicators.outcomes.paired_category`.
    """
    words = dict(entry.split("=", 1) for entry in str(before["opzioni"]).split("|"))
    counts, _ = survey.before_after(answers, str(before["cod_domanda"]), after, minimum=thresholds.rispondenti)
    counts["condizione"] = counts["condizione"].map(words)
    on = _places(answers)
    complete = _complete(
        counts, {"luogo": list(on), "condizione": list(words.values()), "momento": ["prima", "dopo"]}, "persone"
    )
    parents = {"luogo": on, "condizione": dict.fromkeys(words.values(), _ALL_OF_THEM)}
    whole = protected.with_totals(complete, "persone", ["luogo", "condizione", "momento"], parents)
    totals = (
        whole[whole["condizione"] == _ALL_OF_THEM].reset_index().pivot(index="luogo", columns="momento", values="index")
    )
    # the same people before and after: one total gives the other
    equal = [disclosure.Relation(int(row["prima"]), (int(row["dopo"]),)) for _, row in totals.iterrows()]
    public = protected.publishable(
        whole.rename(columns={"persone": "persone_condizione"}),
        "persone_condizione",
        ["luogo", "condizione", "momento"],
        parents,
        threshold=thresholds.conteggio,
        known=equal,
    )
    # a total hidden on one side only would be read on the other
    twins = public[public["condizione"] == _ALL_OF_THEM].groupby("luogo")["persone_condizione"]
    public = public[(public["condizione"] != _ALL_OF_THEM) | (public["momento"] == "prima")]
    hidden = set(twins.apply(lambda s: s.isna().any()).loc[lambda s: s].index)
    via = (public["condizione"] == _ALL_OF_THEM) & public["luogo"].isin(hidden)
    public.loc[via, "persone_condizione"] = np.nan
    public.loc[via, "persone_condizione_motivo"] = REASON
    prove = {}
    for place in [REGIONE, *on]:
        own = answers if place == REGIONE else answers[answers["ats"] == place]
        trial = survey.before_after(own, str(before["cod_domanda"]), after, minimum=thresholds.rispondenti)[1]
        if trial is not None and place not in hidden:
            prove[place] = trial
    without = public["condizione"] == _ALL_OF_THEM
    return _placed(
        public.assign(
            condizione=public["condizione"].mask(without, ""), momento=public["momento"].mask(without, "")
        ).reset_index(drop=True)
    ), prove


def sizes(answers: pd.DataFrame, question: str, thresholds: Thresholds) -> pd.DataFrame:
    """Compute the mean number of employees of the organisations, where no few of them make it.

    Parameters
    ----------
    answers : DataFrame
        Rows of the table ``questionari`` of the organisations.
    question : str
        Code of the question on the number of employees.
    thresholds : Thresholds
        The thresholds in force.

    Returns
    -------
    DataFrame
        ``livello, territorio, dipendenti_medi`` with Student's bounds (whole numbers) and its ``_motivo``. Hidden where
        there are too few organisations, or the largest hold too much of all the employees (the mean times their number
        is an amount with contributors), and where it would give a hidden one away.
    """
    date = answers[answers["cod_domanda"] == question]
    numbers = date.assign(dipendenti=date["risposta"].astype(float))
    on = _places(answers)
    by_place = {a: numbers.loc[numbers["ats"] == a, "dipendenti"] for a in on} | {REGIONE: numbers["dipendenti"]}
    sums = pd.DataFrame({"luogo": list(by_place), "dipendenti": [v.sum() for v in by_place.values()]})
    dominated = disclosure.primary_dominance(
        [v.tolist() for v in by_place.values()], thresholds.quota, thresholds.contribuenti
    )
    few = np.array([0 < len(v) < thresholds.rispondenti for v in by_place.values()])
    public = protected.publishable(
        sums, "dipendenti", ["luogo"], {"luogo": on}, threshold=0, dominated=list(dominated | few)
    )
    rows = []
    for place, hidden, few_too in zip(sums["luogo"], public["dipendenti"].isna(), few, strict=True):
        empty = hidden or by_place[place].empty
        media, low, high = (np.nan,) * 3 if empty else outcomes.mean_interval(by_place[place])
        row = {"luogo": place, "dipendenti_medi": media, "dipendenti_medi_inferiore": max(low, 0.0)}
        row |= {"dipendenti_medi_superiore": high}
        rows.append(row | {"dipendenti_medi_motivo": survey.FEW if few_too else REASON})
    figures = ["dipendenti_medi", "dipendenti_medi_inferiore", "dipendenti_medi_superiore"]
    return _placed(pd.DataFrame(rows).round(dict.fromkeys(figures, 0)))


def open_answers(answers: pd.DataFrame, instrument: pd.DataFrame, thresholds: Thresholds) -> pd.DataFrame:
    """Count who left words of their own: the words themselves are never kept.

    Parameters
    ----------
    answers, instrument : DataFrame
        Rows of the tables ``questionari`` and ``questionario`` of one questionnaire.
    thresholds : Thresholds
        The thresholds in force.

    Returns
    -------
    DataFrame
        ``livello, territorio, n_risposte_aperte`` and its ``_motivo``.
    """
    open_ = set(instrument.loc[instrument["tipo"] == "aperta", "cod_domanda"])
    date = answers[answers["cod_domanda"].isin(open_)]
    on = _places(answers)
    counts = _complete(date.groupby("ats").size().rename("n").reset_index(), {"luogo": list(on)}, "n")
    whole = protected.with_totals(counts, "n", ["luogo"], {"luogo": on})
    return _placed(
        protected.publishable(
            whole.rename(columns={"n": "n_risposte_aperte"}),
            "n_risposte_aperte",
            ["luogo"],
            {"luogo": on},
            threshold=thresholds.conteggio,
        )
    )


def comparisons(
    answers: pd.DataFrame,
    instrument: pd.DataFrame,
    counts: pd.DataFrame,
    respondents: pd.DataFrame,
    thresholds: Thresholds,
) -> pd.DataFrame:
    """Compare the Alleanze of a territory on each dimension, all the pairs corrected together.

    Parameters
    ----------
    answers : DataFrame
        Rows of the table ``questionari`` of one questionnaire, of the territory.
    instrument : DataFrame
        Rows of the table ``questionario``.
    counts, respondents : DataFrame
        What :func:`judgements` and :func:`response` gave.
    thresholds : Thresholds
        The thresholds in force.

    Returns
    -------
    DataFrame
        The pairs that differ: ``dimensione, alleanza_alta, alleanza_bassa`` (which has the higher answers, which the
        lower). Who is named has enough answers: so an Alleanza whose respondents are hidden is not compared, nor a
        dimension in an ATS where the number of its answers is.
        ``attrs["confronti"]`` is how many pairs were compared.
    """
    table = survey.dimensions(survey.scores(answers, instrument), instrument)
    seen = respondents[respondents["rispondenti"].notna()].set_index(["territorio", "alleanza"]).index
    of_who = table.index.droplevel(["rilevazione", "cod_rispondente"])  # type: ignore[list-item]
    table = table[of_who.isin(seen)].copy()
    for ats, dimension in _unnumbered(counts, instrument):
        table.loc[table.index.get_level_values("ats") == ats, dimension] = np.nan
    # an Alleanza is told by its ATS and name: two ATS may have one of the same name
    index = table.index.to_frame(index=False)
    if index["ats"].nunique() > 1:
        index["alleanza"] = index["alleanza"] + " (" + index["ats"] + ")"
    table.index = pd.MultiIndex.from_frame(index)
    pairs = survey.compare(table, minimum=thresholds.rispondenti)[1]
    different = pairs[pairs["diverso"].astype(bool)]
    ranks = table.rank().groupby(level="alleanza").mean()
    rows = [
        (d, *ranks.loc[[a, b], d].sort_values(ascending=False).index)
        for d, a, b in different[["dimensione", "gruppo_1", "gruppo_2"]].itertuples(index=False)
    ]
    outcome = pd.DataFrame(rows, columns=["dimensione", "alleanza_alta", "alleanza_bassa"])
    outcome.attrs["confronti"] = len(pairs)
    return outcome


def _unnumbered(counts: pd.DataFrame, instrument: pd.DataFrame) -> set[tuple[str, str]]:
    """Return the places and dimensions of which the answers to a question are hidden even in number."""
    totals = counts[(counts["giudizio"] == "") & counts["risposte_giudizio"].isna()]
    dimensions = totals["cod_domanda"].map(instrument.set_index("cod_domanda")["dimensione"])
    return set(zip(totals["territorio"], dimensions, strict=True))


def _places(answers: pd.DataFrame) -> dict[str, str]:
    """Return the ATS that have answers, each with the region it is in."""
    return dict.fromkeys(sorted(answers["ats"].unique()), REGIONE)


def _placed(frame: pd.DataFrame) -> pd.DataFrame:
    """Turn the key of a place (``lombardia``, ``pavia``, ``pavia/Nord``) into its level, territory and Alleanza."""
    pieces = frame["luogo"].str.partition("/")
    level = np.where(frame["luogo"] == REGIONE, "regione", "ats")
    return frame.assign(livello=level, territorio=pieces[0], alleanza=pieces[2]).drop(columns="luogo")


def _complete(frame: pd.DataFrame, categories: Mapping[str, Sequence[str]], value: str) -> pd.DataFrame:
    """Return a count for every combination of the categories, zero where there are no rows; ``luogo`` is the ATS."""
    sums = frame.rename(columns={"ats": "luogo"}).groupby(list(categories))[value].sum()
    all_of_them = (
        pd.MultiIndex.from_product(list(categories.values()), names=list(categories))
        if len(categories) > 1
        else pd.Index(next(iter(categories.values())), name=next(iter(categories)))
    )
    return sums.reindex(all_of_them, fill_value=0).rename(value).reset_index()


def _counts(
    frame: pd.DataFrame,
    category: str,
    values: Sequence[str],
    value: str,
    name: str,
    answers: pd.DataFrame,
    thresholds: Thresholds,
) -> pd.DataFrame:
    """Protect the counts of each question by category and territory; questions share no total."""
    on = _places(answers)
    parents = {"luogo": on, category: dict.fromkeys(values, _ALL_OF_THEM)}
    parts = []
    for question, rows in frame.groupby("cod_domanda", sort=True):
        counts = _complete(rows, {"luogo": list(on), category: list(values)}, value)
        whole = protected.with_totals(counts, value, ["luogo", category], parents).rename(columns={value: name})
        public = protected.publishable(whole, name, ["luogo", category], parents, threshold=thresholds.conteggio)
        parts.append(public.assign(cod_domanda=question))
    all_of_them = pd.concat(parts, ignore_index=True)
    return _placed(all_of_them.assign(**{category: all_of_them[category].replace(_ALL_OF_THEM, "")}))


def _enough(n: pd.Series, parents: Mapping[str, str], threshold: int) -> pd.Series:
    """Tell where a mean may stand: on enough answers, and without giving away one that may not, by subtraction."""
    counts = pd.DataFrame({"luogo": n.index, "n": n.to_numpy(dtype=float)})
    one_protected = protected.publishable(counts, "n", ["luogo"], {"luogo": dict(parents)}, threshold=threshold)
    return pd.Series((one_protected["n"].notna() & (counts["n"] > 0)).to_numpy(), index=n.index)
