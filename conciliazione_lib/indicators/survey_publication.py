"""All that may be published of one questionnaire in one wave: every table, every territory, with its typed absences.

The tables are those of :mod:`conciliazione_lib.indicators.survey_tables`, protected over the whole region together;
here they are put in the shape of figures. What is hidden has no value, no bounds and no terms: only its state and why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd

import conciliazione_lib.indicators.outcomes as outcomes
import conciliazione_lib.indicators.survey as survey
import conciliazione_lib.indicators.survey_tables as survey_tables
from conciliazione_lib.indicators.protected import REASON, STATE, Thresholds
from conciliazione_lib.indicators.published_outcomes import iso_period
from conciliazione_lib.region import REGIONE

#: The question with options that is published of each questionnaire. One alone: the options before and after a service
#: are counted among who told both, and the difference from who told one would be a few people.
SCELTE: Final = MappingProxyType({"beneficiari": "CONS", "organizzazioni": "AZU"})
#: Condition at work before the service and after it.
BEFORE, AFTER = "LAVP", "LAVD"
#: How many employees an organisation has.
DEPENDENTS: Final = "DIP"
#: A change is told when chance would give it less often than this.
SIGNIFICATIVITA: Final = 0.05

#: What the tables that become figures are broken down by, questionnaire apart.
BREAKDOWNS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "rispondenti": ("alleanza",),
        "giudizi": ("domanda", "giudizio"),
        "medie": ("domanda",),
        "scelte": ("domanda", "scelta"),
        "condizioni": ("condizione", "momento"),
        "dipendenti": (),
        "alfa": ("dimensione",),
        "aperte": (),
    }
)
_STATES: Final = MappingProxyType({REASON: STATE, survey.FEW: "troppo_pochi"})
_NOT_SENT: Final = "Non è detto quanti questionari siano stati inviati."


@dataclass(frozen=True)
class Wave:
    """What may be published of one questionnaire in one wave.

    Attributes
    ----------
    raccolta : DataFrame
        A row per territory that answered, and the region: ``livello, territorio``, ``analizzata`` (enough answers to
        say more than how many), ``escluse`` (for the region: codes of the ATS left out, comma separated),
        ``confrontate`` (whether any two Alleanze were compared), ``prova`` (test of the change before and after, in
        Italian; empty where there is none) and ``cambiamento`` (whether it is more than chance gives).
    rispondenti : DataFrame
        ``livello, territorio, alleanza, rispondenti, tasso_risposta``; its term ``inviati``.
    giudizi : DataFrame
        ``livello, territorio, domanda, giudizio, risposte_giudizio``.
    medie : DataFrame
        ``livello, territorio, domanda, media_questionario, mediana_questionario, limiti_media``.
    scelte : DataFrame
        ``livello, territorio, domanda, scelta, risposte_scelta, quota_scelta``.
    condizioni : DataFrame
        ``livello, territorio, condizione, momento, persone_condizione``.
    dipendenti : DataFrame
        ``livello, territorio, dipendenti_medi``.
    alfa : DataFrame
        ``livello, territorio, dimensione, alfa_dimensione``.
    aperte : DataFrame
        ``livello, territorio, n_risposte_aperte``.
    differenze : DataFrame
        ``livello, territorio, posto, dimensione, alleanza_alta, alleanza_bassa``: the pairs of Alleanze that differ.

    Notes
    -----
    Beside each number stand its bounds where it has them, ``<number>_stato`` and ``<number>_motivo``. An empty category
    is the total.
    """

    raccolta: pd.DataFrame
    rispondenti: pd.DataFrame
    giudizi: pd.DataFrame
    medie: pd.DataFrame
    scelte: pd.DataFrame
    condizioni: pd.DataFrame
    dipendenti: pd.DataFrame
    alfa: pd.DataFrame
    aperte: pd.DataFrame
    differenze: pd.DataFrame


def of_wave(answers: pd.DataFrame, sent: pd.DataFrame, instrument: pd.DataFrame, thresholds: Thresholds) -> Wave:
    """Make every publishable table of one questionnaire and wave.

    Parameters
    ----------
    answers, sent : DataFrame
        Rows of the tables ``questionari`` and ``questionari_inviati`` of one questionnaire and wave, of the whole
        region.
    instrument : DataFrame
        Rows of the table ``questionario`` of that questionnaire.
    thresholds : Thresholds
        The thresholds in force.

    Returns
    -------
    Wave
    """
    (module,) = instrument["modulo"].unique()
    texts = instrument.set_index("cod_domanda")["testo"]
    respondents = _response(answers, sent, thresholds)
    together, excluded = survey_tables.together(answers, thresholds)
    places = {REGIONE: "regione"} | {str(ats): "ats" for ats in sorted(answers["ats"].unique())}
    collection = pd.DataFrame({"livello": list(places.values()), "territorio": list(places)})
    collection["analizzata"] = [bool(len(together)) and t not in excluded for t in collection["territorio"]]
    collection["escluse"] = ""
    collection.loc[collection["livello"] == "regione", "escluse"] = ", ".join(excluded)
    if together.empty:
        empty = {name: pd.DataFrame() for name in Wave.__annotations__ if name not in ("raccolta", "rispondenti")}
        collection = collection.assign(confrontate=False, prova="", cambiamento=False)
        return Wave(raccolta=collection, rispondenti=respondents, **empty)
    counts = survey_tables.judgements(together, instrument, thresholds)
    conditions, prove = _before_after(together, instrument, thresholds)
    differences, compared = _differences(together, instrument, counts, respondents, thresholds)
    means = _means(together, instrument, counts, respondents, thresholds)
    choices = survey_tables.choices(
        together, instrument[instrument["cod_domanda"] == SCELTE.get(module, "")], thresholds
    )
    asked = set(instrument["cod_domanda"])
    return Wave(
        raccolta=collection.assign(
            confrontate=[t in compared for t in collection["territorio"]],
            prova=[prove[t].method if t in prove else "" for t in collection["territorio"]],
            cambiamento=[t in prove and bool(prove[t].p_value <= SIGNIFICATIVITA) for t in collection["territorio"]],
        ),
        rispondenti=respondents,
        giudizi=_typed(counts.assign(domanda=counts["cod_domanda"].map(texts)), "risposte_giudizio"),
        medie=means.assign(domanda=means["cod_domanda"].map(texts)),
        scelte=_typed(choices.assign(domanda=choices["cod_domanda"].map(texts)), "risposte_scelta", "quota_scelta")
        if len(choices)
        else pd.DataFrame(),
        condizioni=conditions,
        dipendenti=_typed(survey_tables.sizes(together, DEPENDENTS, thresholds), "dipendenti_medi")
        if DEPENDENTS in asked
        else pd.DataFrame(),
        alfa=_typed(survey_tables.reliability(together, instrument, counts, thresholds), "alfa_dimensione"),
        aperte=_typed(survey_tables.open_answers(together, instrument, thresholds), "n_risposte_aperte"),
        differenze=differences,
    )


def _typed(frame: pd.DataFrame, *names: str) -> pd.DataFrame:
    """Give a state to what has no value, from the reason the tables give."""
    states = {}
    for name in names:
        reasons = frame.get(f"{name}_motivo", pd.Series("", index=frame.index))
        states[f"{name}_stato"] = reasons.map(_STATES).fillna("").where(frame[name].isna(), "").astype("str")
    return frame.assign(**states)


def _response(answers: pd.DataFrame, sent: pd.DataFrame, thresholds: Thresholds) -> pd.DataFrame:
    counts = _typed(survey_tables.response(answers, sent, thresholds), "rispondenti")
    hidden = counts["rispondenti"].isna()
    without = ~hidden & ~(counts["inviati"] > 0)
    return counts.assign(
        inviati=counts["inviati"].mask(without),
        tasso_risposta=counts["tasso_risposta"].mask(without),
        tasso_risposta_stato=np.select([hidden, without], [STATE, "non_disponibile"], ""),
        tasso_risposta_motivo=np.select([hidden, without], [REASON, _NOT_SENT], ""),
    )


def _means(
    together: pd.DataFrame,
    instrument: pd.DataFrame,
    counts: pd.DataFrame,
    respondents: pd.DataFrame,
    thresholds: Thresholds,
) -> pd.DataFrame:
    rates = respondents[respondents["alleanza"] == ""].set_index("territorio")
    quote = {str(place): float(rate) / 100 for place, rate in rates["tasso_risposta"].dropna().items()}
    means = _typed(
        survey_tables.means(together, instrument, counts, thresholds, quote),
        "media_questionario",
        "mediana_questionario",
    )
    # where the mean is there and its limits are not, it is for want of the rate of response
    has_media = means["media_questionario"].notna()
    return means.assign(
        limiti_media_stato=means["media_questionario_stato"]
        .mask(has_media, means["territorio"].map(rates["tasso_risposta_stato"]))
        .astype("str"),
        limiti_media_motivo=means["media_questionario_motivo"]
        .mask(has_media, means["territorio"].map(rates["tasso_risposta_motivo"]))
        .astype("str"),
    )


def _before_after(
    together: pd.DataFrame, instrument: pd.DataFrame, thresholds: Thresholds
) -> tuple[pd.DataFrame, Mapping[str, outcomes.TestResult]]:
    one_questions = instrument.set_index("cod_domanda", drop=False)
    if not {BEFORE, AFTER} <= set(one_questions.index):
        return pd.DataFrame(), {}
    before = {str(name): value for name, value in one_questions.loc[BEFORE].items()}
    conditions, prove = survey_tables.before_after(together, before, AFTER, thresholds)
    return _typed(conditions, "persone_condizione"), prove


def _differences(
    together: pd.DataFrame,
    instrument: pd.DataFrame,
    counts: pd.DataFrame,
    respondents: pd.DataFrame,
    thresholds: Thresholds,
) -> tuple[pd.DataFrame, set[str]]:
    """Compare the Alleanze of each ATS, and those of the region; tell also where any two were compared."""
    parts, compared = [], set()
    places = {REGIONE: together} | {str(ats): rows for ats, rows in together.groupby("ats")}
    for place, rows in places.items():
        different = survey_tables.comparisons(rows, instrument, counts, respondents, thresholds)
        if different.attrs["confronti"]:
            compared.add(place)
        level = "regione" if place == REGIONE else "ats"
        parts.append(different.assign(livello=level, territorio=place, posto=range(1, len(different) + 1)))
    return pd.concat(parts, ignore_index=True), compared


def of_all(
    answers: pd.DataFrame, sent: pd.DataFrame | None, instrument: pd.DataFrame, thresholds: Thresholds
) -> dict[str, pd.DataFrame]:
    """Make every publishable table of every questionnaire and wave.

    Parameters
    ----------
    answers : DataFrame
        Rows of the table ``questionari``, of the whole region.
    sent : DataFrame, optional
        Rows of ``questionari_inviati``.
    instrument, thresholds
        As for :func:`of_wave`, of every questionnaire.

    Returns
    -------
    dict of str to DataFrame
        The tables of :class:`Wave` by name, one under the other, with ``questionario`` and ``periodo`` (ISO).
    """
    if sent is None:
        sent = pd.DataFrame(columns=["modulo", "rilevazione", "ats", "alleanza", "inviati"])
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in Wave.__annotations__}
    for (module, when), given in answers.groupby(["modulo", "rilevazione"]):
        own = sent[(sent["modulo"] == module) & (sent["rilevazione"] == when)]
        wave = of_wave(given, own, instrument[instrument["modulo"] == module], thresholds)
        for name, found in parts.items():
            found.append(getattr(wave, name).assign(questionario=module, periodo=iso_period(str(when))))
    return {name: pd.concat(found, ignore_index=True) for name, found in parts.items()}


def collections(waves: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Say which wave is the last of its questionnaire, and name the ATS left out of the region.

    Parameters
    ----------
    waves : DataFrame
        ``raccolta``, as from :func:`of_all`.
    names : mapping of str to str
        Name of each ATS.

    Returns
    -------
    DataFrame
        The same rows, with ``ultima`` and the names in ``escluse``.

    Examples
    --------
    >>> import pandas as pd
    >>> place = {"livello": "ats", "territorio": "pavia", "questionario": "beneficiari"}
    >>> waves = pd.DataFrame([place | {"periodo": p, "escluse": "brescia"} for p in ("2024", "2026")])
    >>> collections(waves, {"brescia": "Brescia"})[["ultima", "escluse"]].to_numpy().tolist()
    [[False, 'Brescia'], [True, 'Brescia']]
    """
    periods = waves.groupby(["livello", "territorio", "questionario"])["periodo"]
    left_out = [", ".join(names[ats] for ats in codes.split(", ") if ats) for codes in waves["escluse"]]
    return waves.assign(ultima=waves["periodo"] == periods.transform("max"), escluse=left_out)


def questions(instrument: pd.DataFrame) -> pd.DataFrame:
    """List the questions with the words of the possible answers, in their order.

    Parameters
    ----------
    instrument : DataFrame
        Rows of the table ``questionario``: ``opzioni`` is ``1=per niente|2=poco``.

    Returns
    -------
    DataFrame
        ``modulo, cod_domanda, dimensione, testo, tipo, opzioni`` (``per niente | poco``).

    Examples
    --------
    >>> import pandas as pd
    >>> row = dict.fromkeys(["modulo", "cod_domanda", "dimensione", "testo", "tipo"], "x") | {"opzioni": "1=no|2=sì"}
    >>> questions(pd.DataFrame([row]))["opzioni"].tolist()
    ['no | sì']
    """
    options = instrument["opzioni"].fillna("").str.split("|")
    words = [" | ".join(option.partition("=")[2] for option in given if option) for given in options]
    return instrument[["modulo", "cod_domanda", "dimensione", "testo", "tipo"]].assign(opzioni=words)
