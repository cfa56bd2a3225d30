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
from conciliazione_lib.indicators.protected import MOTIVO, Thresholds
from conciliazione_lib.indicators.scale_disclosure import DECIMALI, PARTI, detail
from conciliazione_lib.indicators.uncertainty import wilson
from conciliazione_lib.region import REGIONE

_TUTTI = "tutti"
_MEDIE = ("media", "media_inferiore", "media_superiore", "mediana", "mediana_inferiore", "mediana_superiore")
_MOTIVI = ("media_motivo", "mediana_motivo")


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
    conti = survey.response(answers, sent)
    conti["luogo"] = conti["ats"] + "/" + conti["alleanza"]
    su = dict(zip(conti["luogo"], conti["ats"], strict=True)) | dict.fromkeys(conti["ats"], REGIONE)
    intera = protected.with_totals(conti, "rispondenti", ["luogo"], {"luogo": su})
    # an ATS hidden to cover another would be read in the answers to its questions: the region is hidden instead
    costo = (intera["rispondenti"] + 1.0).where(intera["luogo"] != REGIONE, 0.1)
    pubblici = protected.publishable(
        intera, "rispondenti", ["luogo"], {"luogo": su}, threshold=thresholds.conteggio, cost=costo.tolist()
    ).set_index("luogo")
    inviati = pd.concat(
        [conti.groupby(chi)["inviati"].agg(lambda s: s.sum(skipna=False)) for chi in ("luogo", "ats")]
        + [pd.Series({REGIONE: conti["inviati"].sum(skipna=False)})]
    )
    pubblici["inviati"] = inviati.where(pubblici["rispondenti"].notna())
    pubblici["tasso_risposta"] = 100 * pubblici["rispondenti"] / pubblici["inviati"]
    return _placed(pubblici.reset_index())


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
    quanti = answers[[*survey.RISPONDENTE]].drop_duplicates().groupby("ats").size()
    fuori = tuple(str(ats) for ats in quanti.index[quanti < thresholds.rispondenti])
    return answers[~answers["ats"].isin(fuori)], fuori


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
    conti = survey.judgements(survey.scores(answers, instrument)).rename(columns={"domanda": "cod_domanda"})
    return _counts(conti, "giudizio", PARTI, "risposte", "risposte_giudizio", answers, thresholds)


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
    parti = []
    for domanda in instrument[instrument["tipo"] == "scelta"].to_dict("records"):
        parole = dict(voce.split("=", 1) for voce in str(domanda["opzioni"]).split("|"))
        date = answers[answers["cod_domanda"] == domanda["cod_domanda"]]
        conti = date.assign(scelta=date["risposta"].map(parole)).groupby(["ats", "cod_domanda", "scelta"]).size()
        tavola = conti.rename("risposte").reset_index()
        if len(tavola):
            parti.append(
                _counts(tavola, "scelta", tuple(parole.values()), "risposte", "risposte_scelta", answers, thresholds)
            )
    if not parti:
        return pd.DataFrame(columns=["livello", "territorio", "cod_domanda", "scelta", "risposte_scelta"])
    tutte = pd.concat(parti, ignore_index=True)
    chiave = ["livello", "territorio", "cod_domanda"]
    totali = tutte[tutte["scelta"] == ""].set_index(chiave)["risposte_scelta"]
    tutte["risposte"] = totali.reindex(pd.MultiIndex.from_frame(tutte[chiave])).to_numpy(dtype=float)
    # a share of fewer answers than a mean needs says little of them all, and much of each
    abbastanza = (
        (tutte["risposte"] >= thresholds.rispondenti) & tutte["risposte_scelta"].notna() & (tutte["scelta"] != "")
    )
    tutte["quota_scelta"] = (100 * tutte["risposte_scelta"] / tutte["risposte"]).where(abbastanza)
    basso, alto = wilson(tutte["risposte_scelta"].where(abbastanza), tutte["risposte"].where(abbastanza))
    return tutte.assign(
        quota_scelta_inferiore=100 * np.asarray(basso),
        quota_scelta_superiore=100 * np.asarray(alto),
        quota_scelta_motivo=np.where(tutte["risposte_scelta"].isna() | tutte["risposte"].isna(), MOTIVO, survey.POCHI),
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
    punti = survey.scores(answers, instrument)
    su = _places(answers)
    per_luogo = {REGIONE: punti} | {ats: punti[punti.index.get_level_values("ats") == ats] for ats in su}
    calcolate = {luogo: survey.summaries(righe, minimum=thresholds.rispondenti) for luogo, righe in per_luogo.items()}
    parti = []
    for domanda in counts["cod_domanda"].unique():
        grezze = pd.DataFrame({luogo: calcolate[luogo].loc[domanda] for luogo in calcolate}).T
        visti = _enough(grezze["n"], su, thresholds.rispondenti)
        tavola = grezze[list(_MEDIE)].astype(float).round(DECIMALI).where(visti)
        conti = counts[counts["cod_domanda"] == domanda]
        larga = conti.assign(giudizio=conti["giudizio"].replace("", _TUTTI)).pivot(
            index="territorio", columns="giudizio", values="risposte_giudizio"
        )
        # no mean without the number of answers it stands on
        tavola = tavola.where(larga[_TUTTI].notna().reindex(tavola.index))
        unite = pd.concat([larga.reindex(tavola.index), tavola], axis=1)
        numero = unite[_TUTTI]
        parti.append(detail(unite, su, thresholds.conteggio)[list(_MEDIE)].assign(cod_domanda=domanda, n=numero))
    esito = pd.concat(parti).rename_axis("luogo").reset_index()
    motivo = np.where(esito["n"] < thresholds.rispondenti, survey.POCHI, MOTIVO)
    esito = esito.assign(**dict.fromkeys(_MOTIVI, motivo)).drop(columns="n")
    esito = _placed(_with_bounds_of_all(esito, rates or {}))
    nomi = {c: c.replace(c.split("_")[0], f"{c.split('_')[0]}_questionario", 1) for c in (*_MEDIE, *_MOTIVI)}
    return esito.rename(columns=nomi).assign(media=esito["media"])


def _with_bounds_of_all(medie: pd.DataFrame, rates: Mapping[str, float]) -> pd.DataFrame:
    """Add the bounds that non-response leaves to the mean of all those asked."""
    quote = medie["luogo"].map(rates).astype(float)
    presenti = medie["media"].notna() & quote.notna()
    estremi = [
        outcomes.nonresponse_bounds(float(m), float(q), 1, 5) if c else (np.nan, np.nan)
        for m, q, c in zip(medie["media"], quote, presenti, strict=True)
    ]
    basso, alto = np.array(estremi, dtype=float).reshape(-1, 2).T
    return medie.assign(
        limiti_media=medie["media"].where(presenti),
        limiti_media_inferiore=basso,
        limiti_media_superiore=alto,
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
    punti = survey.scores(answers, instrument)
    luoghi = {REGIONE: punti} | {a: punti[punti.index.get_level_values("ats") == a] for a in _places(answers)}
    parti = [
        survey.reliability(righe, instrument, minimum=thresholds.rispondenti).assign(luogo=luogo)
        for luogo, righe in luoghi.items()
    ]
    tutte = pd.concat(parti, ignore_index=True)
    if tutte.empty:
        return pd.DataFrame(columns=["livello", "territorio", "dimensione", "alfa_dimensione"])
    nascosti = _unnumbered(counts, instrument)
    via = [coppia in nascosti for coppia in zip(tutte["luogo"], tutte["dimensione"], strict=True)]
    tutte.loc[via, ["alfa", "alfa_inferiore", "alfa_superiore"]] = np.nan
    tutte.loc[via, "alfa_motivo"] = MOTIVO
    alfa = tutte.round({"alfa": 2, "alfa_inferiore": 2, "alfa_superiore": 2}).drop(columns=["n", "domande"])
    return _placed(alfa.rename(columns=lambda nome: nome.replace("alfa", "alfa_dimensione")))


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
    parole = dict(voce.split("=", 1) for voce in str(before["opzioni"]).split("|"))
    conti, _ = survey.before_after(answers, str(before["cod_domanda"]), after, minimum=thresholds.rispondenti)
    conti["condizione"] = conti["condizione"].map(parole)
    su = _places(answers)
    completi = _complete(
        conti, {"luogo": list(su), "condizione": list(parole.values()), "momento": ["prima", "dopo"]}, "persone"
    )
    genitori = {"luogo": su, "condizione": dict.fromkeys(parole.values(), _TUTTI)}
    intera = protected.with_totals(completi, "persone", ["luogo", "condizione", "momento"], genitori)
    totali = (
        intera[intera["condizione"] == _TUTTI].reset_index().pivot(index="luogo", columns="momento", values="index")
    )
    # the same people before and after: one total gives the other
    uguali = [disclosure.Relation(int(riga["prima"]), (int(riga["dopo"]),)) for _, riga in totali.iterrows()]
    pubblici = protected.publishable(
        intera.rename(columns={"persone": "persone_condizione"}),
        "persone_condizione",
        ["luogo", "condizione", "momento"],
        genitori,
        threshold=thresholds.conteggio,
        known=uguali,
    )
    # a total hidden on one side only would be read on the other
    gemelli = pubblici[pubblici["condizione"] == _TUTTI].groupby("luogo")["persone_condizione"]
    pubblici = pubblici[(pubblici["condizione"] != _TUTTI) | (pubblici["momento"] == "prima")]
    nascosti = set(gemelli.apply(lambda s: s.isna().any()).loc[lambda s: s].index)
    via = (pubblici["condizione"] == _TUTTI) & pubblici["luogo"].isin(nascosti)
    pubblici.loc[via, "persone_condizione"] = np.nan
    pubblici.loc[via, "persone_condizione_motivo"] = MOTIVO
    prove = {}
    for luogo in [REGIONE, *su]:
        sue = answers if luogo == REGIONE else answers[answers["ats"] == luogo]
        prova = survey.before_after(sue, str(before["cod_domanda"]), after, minimum=thresholds.rispondenti)[1]
        if prova is not None and luogo not in nascosti:
            prove[luogo] = prova
    senza = pubblici["condizione"] == _TUTTI
    return _placed(
        pubblici.assign(
            condizione=pubblici["condizione"].mask(senza, ""), momento=pubblici["momento"].mask(senza, "")
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
    numeri = date.assign(dipendenti=date["risposta"].astype(float))
    su = _places(answers)
    per_luogo = {a: numeri.loc[numeri["ats"] == a, "dipendenti"] for a in su} | {REGIONE: numeri["dipendenti"]}
    somme = pd.DataFrame({"luogo": list(per_luogo), "dipendenti": [v.sum() for v in per_luogo.values()]})
    dominati = disclosure.primary_dominance(
        [v.tolist() for v in per_luogo.values()], thresholds.quota, thresholds.contribuenti
    )
    pochi = np.array([0 < len(v) < thresholds.rispondenti for v in per_luogo.values()])
    pubbliche = protected.publishable(
        somme, "dipendenti", ["luogo"], {"luogo": su}, threshold=0, dominated=list(dominati | pochi)
    )
    righe = []
    for luogo, nascosta, troppo_pochi in zip(somme["luogo"], pubbliche["dipendenti"].isna(), pochi, strict=True):
        vuota = nascosta or per_luogo[luogo].empty
        media, basso, alto = (np.nan,) * 3 if vuota else outcomes.mean_interval(per_luogo[luogo])
        riga = {"luogo": luogo, "dipendenti_medi": media, "dipendenti_medi_inferiore": max(basso, 0.0)}
        riga |= {"dipendenti_medi_superiore": alto}
        righe.append(riga | {"dipendenti_medi_motivo": survey.POCHI if troppo_pochi else MOTIVO})
    cifre = ["dipendenti_medi", "dipendenti_medi_inferiore", "dipendenti_medi_superiore"]
    return _placed(pd.DataFrame(righe).round(dict.fromkeys(cifre, 0)))


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
    aperte = set(instrument.loc[instrument["tipo"] == "aperta", "cod_domanda"])
    date = answers[answers["cod_domanda"].isin(aperte)]
    su = _places(answers)
    conti = _complete(date.groupby("ats").size().rename("n").reset_index(), {"luogo": list(su)}, "n")
    intera = protected.with_totals(conti, "n", ["luogo"], {"luogo": su})
    return _placed(
        protected.publishable(
            intera.rename(columns={"n": "n_risposte_aperte"}),
            "n_risposte_aperte",
            ["luogo"],
            {"luogo": su},
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
    tavola = survey.dimensions(survey.scores(answers, instrument), instrument)
    visti = respondents[respondents["rispondenti"].notna()].set_index(["territorio", "alleanza"]).index
    di_chi = tavola.index.droplevel(["rilevazione", "cod_rispondente"])  # type: ignore[list-item]
    tavola = tavola[di_chi.isin(visti)].copy()
    for ats, dimensione in _unnumbered(counts, instrument):
        tavola.loc[tavola.index.get_level_values("ats") == ats, dimensione] = np.nan
    # an Alleanza is told by its ATS and name: two ATS may have one of the same name
    indice = tavola.index.to_frame(index=False)
    if indice["ats"].nunique() > 1:
        indice["alleanza"] = indice["alleanza"] + " (" + indice["ats"] + ")"
    tavola.index = pd.MultiIndex.from_frame(indice)
    coppie = survey.compare(tavola, minimum=thresholds.rispondenti)[1]
    diverse = coppie[coppie["diverso"].astype(bool)]
    ranghi = tavola.rank().groupby(level="alleanza").mean()
    righe = [
        (d, *ranghi.loc[[a, b], d].sort_values(ascending=False).index)
        for d, a, b in diverse[["dimensione", "gruppo_1", "gruppo_2"]].itertuples(index=False)
    ]
    esito = pd.DataFrame(righe, columns=["dimensione", "alleanza_alta", "alleanza_bassa"])
    esito.attrs["confronti"] = len(coppie)
    return esito


def _unnumbered(counts: pd.DataFrame, instrument: pd.DataFrame) -> set[tuple[str, str]]:
    """Return the places and dimensions of which the answers to a question are hidden even in number."""
    totali = counts[(counts["giudizio"] == "") & counts["risposte_giudizio"].isna()]
    dimensioni = totali["cod_domanda"].map(instrument.set_index("cod_domanda")["dimensione"])
    return set(zip(totali["territorio"], dimensioni, strict=True))


def _places(answers: pd.DataFrame) -> dict[str, str]:
    """Return the ATS that have answers, each with the region it is in."""
    return dict.fromkeys(sorted(answers["ats"].unique()), REGIONE)


def _placed(frame: pd.DataFrame) -> pd.DataFrame:
    """Turn the key of a place (``lombardia``, ``pavia``, ``pavia/Nord``) into its level, territory and Alleanza."""
    pezzi = frame["luogo"].str.partition("/")
    livello = np.where(frame["luogo"] == REGIONE, "regione", "ats")
    return frame.assign(livello=livello, territorio=pezzi[0], alleanza=pezzi[2]).drop(columns="luogo")


def _complete(frame: pd.DataFrame, categories: Mapping[str, Sequence[str]], value: str) -> pd.DataFrame:
    """Return a count for every combination of the categories, zero where there are no rows; ``luogo`` is the ATS."""
    somme = frame.rename(columns={"ats": "luogo"}).groupby(list(categories))[value].sum()
    tutte = (
        pd.MultiIndex.from_product(list(categories.values()), names=list(categories))
        if len(categories) > 1
        else pd.Index(next(iter(categories.values())), name=next(iter(categories)))
    )
    return somme.reindex(tutte, fill_value=0).rename(value).reset_index()


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
    su = _places(answers)
    genitori = {"luogo": su, category: dict.fromkeys(values, _TUTTI)}
    parti = []
    for domanda, righe in frame.groupby("cod_domanda", sort=True):
        conti = _complete(righe, {"luogo": list(su), category: list(values)}, value)
        intera = protected.with_totals(conti, value, ["luogo", category], genitori).rename(columns={value: name})
        pubblici = protected.publishable(intera, name, ["luogo", category], genitori, threshold=thresholds.conteggio)
        parti.append(pubblici.assign(cod_domanda=domanda))
    tutte = pd.concat(parti, ignore_index=True)
    return _placed(tutte.assign(**{category: tutte[category].replace(_TUTTI, "")}))


def _enough(n: pd.Series, parents: Mapping[str, str], threshold: int) -> pd.Series:
    """Tell where a mean may stand: on enough answers, and without giving away one that may not, by subtraction."""
    conti = pd.DataFrame({"luogo": n.index, "n": n.to_numpy(dtype=float)})
    protetti = protected.publishable(conti, "n", ["luogo"], {"luogo": dict(parents)}, threshold=threshold)
    return pd.Series((protetti["n"].notna() & (conti["n"] > 0)).to_numpy(), index=n.index)
