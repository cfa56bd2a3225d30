"""City-time plans: who must have one, who has one, how much we do not know, and how good they are.

A comune that did not answer is unknown, never without a plan: shares come as the lowest and the highest that the
answers allow, and the two coincide only when everybody answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import pandas as pd

from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.indicators.time_plan_states import (
    ADOPTED,
    AREAS,
    CONFIRMED,
    CONTRADICTED,
    DECLARED_ONLY,
    DUTY_THRESHOLD,
    EXCEPTION,
    MATCHES,
    NAMED,
    NON_PERVENUTO,
    NOT_ADOPTED,
    STATES,
)
from conciliazione_lib.region import REGION, REGIONE
from conciliazione_lib.territory.model import Territory

#: Size classes of the regional report (DGR XI/2639/2019), from the largest.
CLASSI = ("oltre 30.000", "da 15.000 a 30.000", "fino a 15.000")

_CAPOLUOGHI = MappingProxyType({code: province.capoluogo for code, province in REGION.province.items()})

_ANSWERS = ("stato", "anno", "atto", "forma", "cod_capofila", "allineato", "misurabile", "rilevazione", "ambito_fonte")

_DECLARED = (
    "cod_comune", "dichiarazione", "stato_dichiarato", "fonte_dichiarazione", "stato", "rilevazione", "riscontro",
)  # fmt: skip

#: A mean age is told of as many plans whose year is known: fewer are listed, not averaged.
DATED: Final = 5


def current_states(plans: pd.DataFrame) -> pd.DataFrame:
    """Return what is known of each comune, from every survey and act that speaks of it.

    An answer prevails on the lack of one, whatever the dates; among answers the most recent (``data_risposta``;
    those without a date come first); at the same date a plan that exists prevails, and ``discordi`` says that another
    source says otherwise.

    Parameters
    ----------
    plans : DataFrame
        Rows of the table ``piani_tempi``.

    Returns
    -------
    DataFrame
        Index ``cod_comune``; ``stato, anno, atto, forma, cod_capofila, allineato, misurabile, rilevazione,
        ambito_fonte, discordi, interpellato, risposto``. A comune was asked (``interpellato``) when a survey of the
        ambiti names it; ``ambito_fonte`` is the ambito of that survey even when the state comes from elsewhere.

    Raises
    ------
    CalcoloError
        A state outside the vocabulary.
    """
    unknown = sorted(set(plans["stato"]) - set(STATES))
    if unknown:
        raise CalcoloError(
            f"Stato del piano sconosciuto: {', '.join(unknown)}.", f"Gli stati sono: {', '.join(STATES)}."
        )
    order = {status: place for place, status in enumerate(STATES)}
    rows = plans.assign(
        _noto=plans["stato"] != NON_PERVENUTO,
        _data=plans["data_risposta"].astype("str").fillna(""),
        _posto=-plans["stato"].map(order),
    ).sort_values(["cod_comune", "_noto", "_data", "_posto", "rilevazione"], kind="stable")
    outcome = rows.drop_duplicates("cod_comune", keep="last").set_index("cod_comune")[[*_ANSWERS]].copy()
    known = rows[rows["_noto"]]
    recent = known[known["_data"] == known.groupby("cod_comune")["_data"].transform("max")]
    versions = recent["stato"].isin(ADOPTED).groupby(recent["cod_comune"]).nunique()
    outcome["discordi"] = versions.reindex(outcome.index).fillna(0) > 1
    asked = rows[rows["ambito_fonte"].notna()].groupby("cod_comune")
    outcome["ambito_fonte"] = asked["ambito_fonte"].last()
    outcome["interpellato"] = outcome["ambito_fonte"].notna()
    outcome["risposto"] = asked["_noto"].any().reindex(outcome.index).eq(True)
    return outcome


def register(comuni: pd.DataFrame, population: pd.Series, plans: pd.DataFrame) -> pd.DataFrame:
    """Return the register of the plans: every comune with its residents, its duty and what is known.

    Parameters
    ----------
    comuni : DataFrame
        The comuni in force (index ``cod_comune``), with ``nome`` and the territories they belong to.
    population : Series
        Residents by ``cod_comune``.
    plans : DataFrame
        Rows of the table ``piani_tempi``.

    Returns
    -------
    DataFrame
        ``comuni`` with ``residenti, classe, obbligo`` (bool), the columns of :func:`current_states` (no source: not
        asked, state not received) and ``dovere``: ``rispettato``, ``non rispettato``, ``non noto`` for the comuni that
        must have a plan, ``non obbligato`` for the others.

    Raises
    ------
    CalcoloError
        A comune without population, or a plan of a comune that is not among those in force.
    """
    without = [str(comuni.at[code, "nome"]) for code in comuni.index.difference(population.index)]
    if without:
        raise CalcoloError(
            f"Manca la popolazione di {len(without)} comuni: {', '.join(without[:5])}.",
            "Usare una data con la popolazione.",
        )
    foreign = sorted(set(plans["cod_comune"]) - set(comuni.index))
    if foreign:
        raise CalcoloError(
            f"Ci sono piani di comuni che non sono fra quelli in vigore: {', '.join(foreign[:5])}.",
            "Correggere i codici della tabella «piani_tempi», o portarli ai comuni della data.",
        )
    states = current_states(plans).reindex(comuni.index)
    table = comuni.assign(residenti=population.reindex(comuni.index).astype("int64"))
    table["classe"] = size_class(table["residenti"])
    table["obbligo"] = table["residenti"] > DUTY_THRESHOLD
    table[[*_ANSWERS]] = states[[*_ANSWERS]]
    table["stato"] = table["stato"].astype("str").fillna(NON_PERVENUTO)
    for name in ("discordi", "interpellato", "risposto"):
        table[name] = states[name].eq(True)
    duty = pd.Series("non noto", index=table.index).mask(table["stato"].isin(ADOPTED), "rispettato")
    duty = duty.mask(table["stato"].isin(NOT_ADOPTED), "non rispettato")
    table["dovere"] = duty.where(table["obbligo"], "non obbligato")
    return table


def size_class(population: pd.Series) -> pd.Series:
    """Return the size class of each comune, one of :data:`CLASSI` (ordered categorical)."""
    classes = pd.cut(population, [-1, 15_000, DUTY_THRESHOLD, float("inf")], labels=list(reversed(CLASSI)))
    return classes.cat.reorder_categories(list(CLASSI), ordered=True)


def measures(
    register: pd.DataFrame, by: pd.Series, unnamed: pd.Series | None = None, *, year: int | None = None
) -> pd.DataFrame:
    """Measures of adoption by territory, or by any other group of comuni.

    Parameters
    ----------
    register : DataFrame
        From :func:`register`.
    by : Series
        Group of each comune (ATS, ambito, size class…), on the index of the register; comuni without one are left out.
    unnamed : Series, optional
        Comuni that answered "no plan" and that the source does not name, by ``ambito_fonte``. They narrow the highest
        share of the group that holds the whole ambito; of the others they say nothing.
    year : int, optional
        Year at which the age of the plans is measured.

    Returns
    -------
    DataFrame
        One row per group, index ``territorio``:

        - ``comuni_registro, comuni_con_piano, comuni_senza_piano, comuni_non_noti``;
        - ``comuni_obbligati, obbligati_con_piano, obbligati_senza_piano, obbligati_non_noti``, and
          ``quota_popolazione_obbligata`` (per cent of the residents);
        - ``quota_comuni_piano_minima, quota_comuni_piano_massima``, and the same of ``quota_popolazione_piano``
          (per cent);
        - ``comuni_interpellati``, ``tasso_risposta_comuni`` and ``tasso_risposta_popolazione`` (per cent of those
          asked, missing where nobody was; the second leaves out the answers without a name);
        - ``eta_media_piani`` (years, missing without ``year`` or with fewer than :data:`DATED` dated plans),
          ``piani_associati`` and ``piani_forma_nota`` among the plans adopted;
        - ``punteggio_qualita_minimo, punteggio_qualita_massimo``: mean score of :func:`quality` of the plans.
    """
    table = register.assign(
        **quality(register)[["punteggio_minimo", "punteggio_massimo"]],
        _anni=(year if year is not None else float("nan")) - register["anno"].astype("float64"),
        _gruppo=by,
        _con=register["stato"].isin(ADOPTED),
        _senza=register["stato"].isin(NOT_ADOPTED),
        _ignoto=register["stato"] == NON_PERVENUTO,
    ).dropna(subset="_gruppo")
    anonymous = _unnamed(table, unnamed)
    rows = {
        str(name): _measures(group, anonymous.get(name, {})) for name, group in table.groupby("_gruppo", observed=True)
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("territorio")


def measures_by_class(register: pd.DataFrame, by: pd.Series, unnamed: pd.Series | None = None) -> pd.DataFrame:
    """Measures of adoption by territory and size class of the comuni.

    Parameters
    ----------
    register, by, unnamed
        As in :func:`measures`.

    Returns
    -------
    DataFrame
        One row per territory and class that has comuni, index ``territorio``: ``classe`` (one of :data:`CLASSI`, the
        largest first) and the columns of :func:`measures`. A territory's classes sum to it, but for the answers without
        a name, which belong to a class only when the whole ambito is of that class.
    """
    keys = by.astype("object") + "|" + register["classe"].astype("object")
    table = measures(register, keys, unnamed)
    pieces = table.index.to_series().str.split("|", expand=True)
    table.insert(0, "classe", pd.Series(pd.Categorical(pieces[1], CLASSI, ordered=True), index=table.index))
    table.index = pd.Index(pieces[0], name="territorio")
    return table.reset_index().sort_values(["territorio", "classe"]).set_index("territorio")


def with_absences(measured: pd.DataFrame) -> pd.DataFrame:
    """Say of every measure without a value why it has none.

    Parameters
    ----------
    measured : DataFrame
        From :func:`measures`.

    Returns
    -------
    DataFrame
        The same rows with ``<measure>_stato`` and ``<measure>_motivo`` of the response rates (``non_calcolabile`` where
        no survey asked), of the age of the plans and of their quality (``non_applicabile`` where there is no plan,
        ``non_disponibile`` where nobody says its year); empty where there is a value.
    """
    asked = measured["comuni_interpellati"] > 0
    plans = measured["comuni_con_piano"] > 0
    nobody = ("non_applicabile", "Nessuna fonte dice che vi sia un piano.")
    reasons = {
        "tasso_risposta_comuni": (asked, "non_calcolabile", "Nessuna rilevazione ne ha interpellato i comuni."),
        "tasso_risposta_popolazione": (asked, "non_calcolabile", "Nessuna rilevazione ne ha interpellato i comuni."),
        "punteggio_qualita_minimo": (plans, *nobody),
        "punteggio_qualita_massimo": (plans, *nobody),
        "eta_media_piani": (plans, *nobody),
    }
    outcome = measured.copy()
    for name, (present, status, reason) in reasons.items():
        outcome[f"{name}_stato"] = pd.Series("", index=measured.index).mask(~present, status)
        outcome[f"{name}_motivo"] = pd.Series("", index=measured.index).mask(~present, reason)
    without_year = plans & measured["eta_media_piani"].isna()
    outcome.loc[without_year, "eta_media_piani_stato"] = "non_disponibile"
    outcome.loc[without_year, "eta_media_piani_motivo"] = (
        "I piani di cui è noto l'anno sono meno di cinque: una media non li direbbe."
    )
    return outcome


def with_imputed(measured: pd.DataFrame, territorio: Territory, residents: pd.Series) -> pd.DataFrame:
    """Say of every measure how much of it rests on comuni whose ambito was deduced, not read.

    Parameters
    ----------
    measured : DataFrame
        Index ``territorio``; ``livello`` and measures, as from :func:`measures` and :func:`unmet_duty`.
    territorio : Territory
        Who belongs to whom.
    residents : Series
        By ``cod_comune``.

    Returns
    -------
    DataFrame
        The same rows with ``<measure>_imputata``, from 0 to 1: the share of the residents for the measures of the
        population, of the comuni for the others; 0 at the other levels.

    Examples
    --------
    >>> from conciliazione_lib import territory
    >>> t = territory.load("2025-01-01")
    >>> misure = pd.DataFrame({"livello": ["ambito"], "comuni_registro": [5]}, index=["rho"])
    >>> with_imputed(misure, t, pd.Series(1.0, index=t.comuni.index))["comuni_registro_imputata"].tolist()
    [0.0]
    """
    of_ambito = measured["livello"] == "ambito"
    weights = {True: residents.astype("float64"), False: pd.Series(1.0, index=residents.index)}
    shares = {
        by_people: territorio.deduced_share("ambito", weight).reindex(measured.index).where(of_ambito, 0.0)
        for by_people, weight in weights.items()
    }
    names = [name for name in map(str, measured.select_dtypes("number")) if not name.startswith("residenti")]
    return measured.assign(**{f"{name}_imputata": shares["popolazione" in name] for name in names})


def unmet_duty(register: pd.DataFrame, by: pd.Series) -> pd.DataFrame:
    """Residents of the comuni that must have a plan and have none, by territory.

    Parameters
    ----------
    register : DataFrame
        From :func:`register`.
    by : Series
        Territory of each comune, on the index of the register; comuni without one are left out.

    Returns
    -------
    DataFrame
        Index ``territorio``: ``quota_popolazione_obbligo_non_rispettato`` (per cent of the residents; 0 where no comune
        has the duty, missing where of some comune that has it nothing is known), ``residenti_obbligo_non_rispettato``
        and ``residenti``.
    """
    missed = register["residenti"].where(register["dovere"] == "non rispettato", 0)
    by_group = pd.DataFrame(
        {
            "residenti_obbligo_non_rispettato": missed.groupby(by).sum(),
            "residenti": register["residenti"].groupby(by).sum(),
        }
    ).rename_axis("territorio")
    known = ~(register["dovere"] == "non noto").groupby(by).any()
    share = 100 * by_group["residenti_obbligo_non_rispettato"] / by_group["residenti"]
    by_group.insert(0, "quota_popolazione_obbligo_non_rispettato", share.where(known))
    return by_group


def chief_towns(comuni: pd.DataFrame) -> pd.Index:
    """Return the codes of the chief towns of the provinces of the region.

    Parameters
    ----------
    comuni : DataFrame
        Index ``cod_comune``; ``nome`` and ``provincia`` (its abbreviation).

    Examples
    --------
    >>> import pandas as pd
    >>> comuni = pd.DataFrame({"nome": ["Monza", "Desio"], "provincia": ["MB", "MB"]}, index=["108033", "108023"])
    >>> list(chief_towns(comuni))
    ['108033']
    """
    return comuni.index[comuni["provincia"].map(_CAPOLUOGHI) == comuni["nome"]]


def declared_count(register: pd.DataFrame, declarations: pd.DataFrame) -> pd.Series:
    """Count the comuni, beside the chief towns, that a declaration says to be as it says: all but those it leaves out.

    Parameters
    ----------
    register : DataFrame
        From :func:`register`: who has the duty at its date.
    declarations : DataFrame
        Rows of the table ``piani_tempi_dichiarazioni``.

    Returns
    -------
    Series
        By ``dichiarazione``, to be set beside ``comuni_contati``, the number that the source itself gives.
    """
    others = register.index[register["obbligo"]].difference(chief_towns(register))
    exceptions = declarations.set_index("dichiarazione")["eccezioni"].fillna("").str.split()
    return exceptions.map(lambda codes: len(others.difference(codes))).astype("int64")


def declared_states(register: pd.DataFrame, declarations: pd.DataFrame) -> pd.DataFrame:
    """Set what a source says of many comuni together against what is known of each.

    A declaration such as "all the comuni that must have a plan have one, but for two" names nobody. It does not become
    the state of a comune: where nothing else is known it is told as a declaration, with its source; where the comune,
    or the ambito that answers for it, says otherwise, it is contradicted.

    Parameters
    ----------
    register : DataFrame
        From :func:`register`. Who has the duty is decided at its date, which may not be that of the declaration.
    declarations : DataFrame
        Rows of the table ``piani_tempi_dichiarazioni``.

    Returns
    -------
    DataFrame
        One row for each declaration and comune it is about, columns ``cod_comune, dichiarazione, stato_dichiarato,
        fonte_dichiarazione`` (the survey or act), ``stato, rilevazione`` (what is known of the comune, and who says
        it; missing where nobody does) and ``riscontro``: ``confermato`` (by another source), ``nominato`` (by the same
        source, one by one), ``contraddetto``, ``solo dichiarato``, ``eccezione``.

    Examples
    --------
    >>> import pandas as pd
    >>> comuni = pd.DataFrame({"nome": ["A", "B", "C"]}, index=pd.Index(["000001", "000002", "000003"]))
    >>> residenti = pd.Series([40_000, 50_000, 60_000], index=comuni.index)
    >>> colonne = ["cod_comune", "stato", "anno", "atto", "forma", "cod_capofila", "allineato", "misurabile"]
    >>> colonne += ["rilevazione", "ambito_fonte", "data_risposta"]
    >>> risposta = {"cod_comune": "000002", "stato": "non adottato", "rilevazione": "risposte"}
    >>> piani = pd.DataFrame([risposta]).reindex(columns=colonne)
    >>> detta = {"dichiarazione": "d", "rilevazione": "atto", "insieme": "obbligati", "stato": "adottato"}
    >>> dette = pd.DataFrame([{**detta, "eccezioni": "000003"}])
    >>> declared_states(register(comuni, residenti, piani), dette).set_index("cod_comune")["riscontro"].to_dict()
    {'000001': 'solo dichiarato', '000002': 'contraddetto', '000003': 'eccezione'}
    """
    bound = register[register["obbligo"]]
    parts = []
    for declaration in declarations.to_dict("records"):
        exceptions = str(declaration["eccezioni"]).split() if pd.notna(declaration["eccezioni"]) else []
        unknown = sorted(set(exceptions) - set(register.index))
        if unknown:
            raise CalcoloError(
                f"La dichiarazione «{declaration['dichiarazione']}» eccettua comuni che non sono fra quelli in vigore: "
                f"{', '.join(unknown)}.",
                "Correggere i codici della tabella «piani_tempi_dichiarazioni».",
            )
        known = bound["stato"]
        with_plan = declaration["stato"] in ADOPTED
        agrees = known.isin(ADOPTED if with_plan else NOT_ADOPTED)
        itself = bound["rilevazione"] == declaration["rilevazione"]
        outcome = pd.Series(CONTRADICTED, index=bound.index).mask(agrees, CONFIRMED).mask(agrees & itself, NAMED)
        outcome = outcome.mask(known == NON_PERVENUTO, DECLARED_ONLY)
        # Of those left out the declaration says the opposite: only the answer that they are like the rest denies it.
        outcome = outcome.mask(bound.index.isin(exceptions) & ~agrees, EXCEPTION)
        outcome = outcome.mask(bound.index.isin(exceptions) & agrees, CONTRADICTED)
        parts.append(
            pd.DataFrame(
                {
                    "dichiarazione": declaration["dichiarazione"],
                    "stato_dichiarato": declaration["stato"],
                    "fonte_dichiarazione": declaration["rilevazione"],
                    "stato": known,
                    "rilevazione": bound["rilevazione"].where(known != NON_PERVENUTO),
                    "riscontro": outcome,
                }
            )
            .rename_axis("cod_comune")
            .reset_index()
        )
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*_DECLARED])


def declared_duty(declared: pd.DataFrame, by: pd.Series) -> pd.DataFrame:
    """Count, by territory, what the declarations add to what is known of the comuni that must have a plan.

    Parameters
    ----------
    declared : DataFrame
        From :func:`declared_states`.
    by : Series
        Territory of each comune, by ``cod_comune``; comuni without one are left out.

    Returns
    -------
    DataFrame
        Index ``dichiarazione, territorio``: ``obbligati_confermati, obbligati_nominati, obbligati_solo_dichiarati,
        obbligati_contraddetti, obbligati_eccettuati``, which sum to ``comuni_obbligati``.
    """
    names = dict(
        zip(
            MATCHES,
            (
                "obbligati_confermati",
                "obbligati_nominati",
                "obbligati_solo_dichiarati",
                "obbligati_contraddetti",
                "obbligati_eccettuati",
            ),
            strict=True,
        )
    )
    placed = declared.assign(territorio=declared["cod_comune"].map(by)).dropna(subset="territorio")
    counts = placed.groupby(["dichiarazione", "territorio", "riscontro"]).size().unstack(fill_value=0)
    counts = counts.reindex(columns=list(MATCHES), fill_value=0).rename(columns=names).rename_axis(columns=None)
    return counts.assign(comuni_obbligati=counts.sum(axis=1))


def quality(register: pd.DataFrame) -> pd.DataFrame:
    """Quality of the plans in three questions, after the policy audits of healthy and sustainable cities.

    *Identified*: is there a plan; *aligned*: does it deal with the criteria of art. 6 l.r. 28/2004; *measurable*: has
    it indicators and dates. Each yes is a point; without a plan the score is 0. A question nobody answered leaves an
    interval.

    Parameters
    ----------
    register : DataFrame
        From :func:`register`.

    Returns
    -------
    DataFrame
        Index ``cod_comune``: ``identificato, allineato, misurabile`` (1, 0 or missing), ``punteggio_minimo``,
        ``punteggio_massimo`` and ``punteggio_qualita``, missing unless the two coincide.

    References
    ----------
    Lowe M. et al. (2022), "City planning policies to support health and sustainability", *The Lancet Global
    Health* 10(6), e882–e894.
    """
    adopted = register["stato"].isin(ADOPTED)
    identified = adopted.astype("Int64").mask(register["stato"] == NON_PERVENUTO)
    answers = pd.DataFrame({"identificato": identified})
    for question in ("allineato", "misurabile"):
        said = register[question].map({"si": 1, "no": 0}).astype("Int64")
        # Without a plan there is nothing to be aligned or measurable; what is not known stays missing.
        answers[question] = said.where(adopted).mask(identified.eq(0).fillna(False), 0)
    answers["punteggio_minimo"] = answers.iloc[:, :3].fillna(0).sum(axis=1).astype("int64")
    answers["punteggio_massimo"] = answers.iloc[:, :3].fillna(1).sum(axis=1).astype("int64")
    certain = answers["punteggio_minimo"] == answers["punteggio_massimo"]
    answers["punteggio_qualita"] = answers["punteggio_minimo"].astype("Int64").where(certain)
    return answers


def reminders(register: pd.DataFrame) -> pd.DataFrame:
    """Return the comuni that have not answered, those with the duty first, then by residents.

    Parameters
    ----------
    register : DataFrame
        From :func:`register`, limited to the comuni of interest.
    """
    silent = register[register["stato"] == NON_PERVENUTO]
    return silent.sort_values(["obbligo", "residenti"], ascending=False, kind="stable")


def first_reminders(register: pd.DataFrame, groups: Mapping[str, pd.Series], many: int) -> pd.DataFrame:
    """Return the first comuni to remind in each territory.

    Parameters
    ----------
    register : DataFrame
        From :func:`register`.
    groups : mapping of str to Series
        For each level, the territory of each comune.
    many : int
        How many at most.

    Returns
    -------
    DataFrame
        ``cod_comune, residenti, obbligo, ambito_fonte, livello, territorio, posto``, in the order of :func:`reminders`.

    Examples
    --------
    >>> righe = {"stato": NON_PERVENUTO, "obbligo": [False, True], "residenti": [900, 40_000], "ambito_fonte": None}
    >>> registro = pd.DataFrame(righe, index=["015002", "015146"])
    >>> first_reminders(registro, {"ats": pd.Series("milano", index=registro.index)}, 1)["cod_comune"].tolist()
    ['015146']
    """
    parts = []
    for level, of in groups.items():
        for territory, own in register.groupby(of):
            first = reminders(own).head(many)[["residenti", "obbligo", "ambito_fonte"]].rename_axis("cod_comune")
            place = range(1, len(first) + 1)
            parts.append(first.reset_index().assign(livello=level, territorio=territory, posto=place))
    return pd.concat(parts, ignore_index=True)


#: Why what a call funded is a lower bound in the region.
PARTLY: Final = "Le fonti lette elencano i progetti di una parte sola della regione."


def funded(projects: pd.DataFrame) -> pd.DataFrame:
    """Count the projects that a call funded and the comuni that took part, in the ATS that the sources list.

    Parameters
    ----------
    projects : DataFrame
        Rows of ``piani_tempi_progetti``: ``ats, elenco, progetto, cod_comune``.

    Returns
    -------
    DataFrame
        ``livello, territorio, progetti_tempi, comuni_progetti_tempi``; those of the region are at least their sum
        (``<id>_stato`` is ``parziale``, and ``<id>_motivo`` says why).

    Examples
    --------
    >>> progetti = {"ats": "milano", "elenco": "progetti finanziati", "progetto": "Orari", "cod_comune": ["015146"]}
    >>> funded(pd.DataFrame(progetti))[["territorio", "progetti_tempi"]].to_numpy().tolist()
    [['milano', 1], ['lombardia', 1]]
    """
    won = projects[projects["elenco"] == "progetti finanziati"]
    counts = pd.DataFrame(
        {
            "progetti_tempi": won.groupby("ats")["progetto"].nunique(),
            "comuni_progetti_tempi": projects.groupby("ats")["cod_comune"].nunique(),
        }
    )
    whole = counts.sum().to_frame(REGIONE).T.assign(livello="regione")
    for name in counts:
        whole = whole.assign(**{f"{name}_stato": "parziale", f"{name}_motivo": PARTLY})
    return pd.concat([counts.assign(livello="ats"), whole]).rename_axis("territorio").reset_index()


def actions_by_area(projects: pd.DataFrame) -> pd.DataFrame:
    """List the actions of a call by priority area, with the comuni of each, in the ATS and in the region.

    Parameters
    ----------
    projects : DataFrame
        As for :func:`funded`, with ``area, azione, comune``.

    Returns
    -------
    DataFrame
        ``livello, territorio, area, azione, comuni, nome_area``; an area of which the sources report nothing has one
        row with an empty action.

    Examples
    --------
    >>> azione = {"ats": "milano", "elenco": "azioni per area", "area": "mobilita_sostenibile", "azione": "Piedibus"}
    >>> aree = actions_by_area(pd.DataFrame([azione | {"comune": "Milano"}, azione | {"comune": "Rho"}]))
    >>> aree["comuni"].unique().tolist()
    ['', 'Milano, Rho']
    """
    of_ats = projects[projects["elenco"] == "azioni per area"].assign(livello="ats")
    of_ats = of_ats.assign(territorio=of_ats["ats"])
    everywhere = pd.concat([of_ats, of_ats.assign(livello="regione", territorio=REGIONE)])
    done = everywhere.groupby(["livello", "territorio", "area", "azione"])["comune"].agg(", ".join)
    listed = done.rename("comuni").reset_index()
    places = listed[["livello", "territorio"]].drop_duplicates()
    areas = places.merge(pd.Series(list(AREAS), name="area"), how="cross").merge(listed, how="left")
    return areas.assign(nome_area=areas["area"].map(AREAS)).fillna({"azione": "", "comuni": ""})


def _measures(gruppo: pd.DataFrame, anonymous: dict[str, int]) -> dict[str, float]:
    residenti = gruppo["residenti"]
    total, population = len(gruppo), float(residenti.sum())
    with_, without, unknown = (gruppo[f"_{name}"] for name in ("con", "senza", "ignoto"))
    excluded, excluded_residenti = 0, 0.0
    for ambito, how_many in anonymous.items():
        # At least the smallest of the silent comuni of that ambito have no plan: the highest share leaves them out.
        silent = residenti[unknown & (gruppo["ambito_fonte"] == ambito)].nsmallest(how_many)
        excluded, excluded_residenti = excluded + len(silent), excluded_residenti + float(silent.sum())
    obliged, asked, answered = (gruppo[name] for name in ("obbligo", "interpellato", "risposto"))
    adopted = gruppo[with_]
    return {
        "comuni_registro": total,
        "comuni_con_piano": int(with_.sum()),
        "comuni_senza_piano": int(without.sum()) + excluded,
        "comuni_non_noti": int(unknown.sum()) - excluded,
        "comuni_obbligati": int(obliged.sum()),
        "obbligati_con_piano": int((obliged & with_).sum()),
        "obbligati_senza_piano": int((obliged & without).sum()),
        "obbligati_non_noti": int((obliged & unknown).sum()),
        "quota_popolazione_obbligata": 100 * float(residenti[obliged].sum()) / population,
        "quota_comuni_piano_minima": 100 * with_.sum() / total,
        "quota_comuni_piano_massima": 100 * (with_.sum() + unknown.sum() - excluded) / total,
        "quota_popolazione_piano_minima": 100 * float(residenti[with_].sum()) / population,
        "quota_popolazione_piano_massima": 100
        * (float(residenti[with_ | unknown].sum()) - excluded_residenti)
        / population,
        "comuni_interpellati": int(asked.sum()),
        "tasso_risposta_comuni": _rate(int(answered.sum()) + excluded, int(asked.sum())),
        "tasso_risposta_popolazione": _rate(float(residenti[answered].sum()), float(residenti[asked].sum())),
        "eta_media_piani": float(adopted["_anni"].mean()) if adopted["_anni"].count() >= DATED else float("nan"),
        "piani_associati": int((adopted["forma"] == "associata").sum()),
        "piani_forma_nota": int(adopted["forma"].notna().sum()),
        "punteggio_qualita_minimo": float(adopted["punteggio_minimo"].mean()),
        "punteggio_qualita_massimo": float(adopted["punteggio_massimo"].mean()),
    }


def _unnamed(table: pd.DataFrame, unnamed: pd.Series | None) -> dict[object, dict[str, int]]:
    """Give the answers without a name to the group that holds the whole ambito they come from."""
    by_group: dict[object, dict[str, int]] = {}
    for ambito, how_many in (unnamed[unnamed > 0] if unnamed is not None else pd.Series(dtype="int64")).items():
        groups = table.loc[table["ambito_fonte"] == ambito, "_gruppo"].unique()
        if len(groups) == 1:
            by_group.setdefault(groups[0], {})[str(ambito)] = int(how_many)
    return by_group


def _rate(parte: float, everything: float) -> float:
    return 100 * parte / everything if everything else float("nan")
