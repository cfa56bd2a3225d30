"""The six ways a service can be missing: where, for which age, when, at what cost, for which need, of which type.

The questions are those of the childcare sufficiency assessments of the English authorities (Childcare Act 2006, s. 11,
as first enacted). A list rarely says everything: what it says of some services is a lower bound ("almeno"), what it
says of none is not available, and where there is no service at all the gap is that of place and no other.

Lists are rows of ``servizi_offerta``, with the optional columns or without them; every function returns a row for each
area of intervention and territory, in the order of the vocabulary, with ``<indicator>_stato`` and ``_motivo``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd

from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.indicators.demand_supply import OLDEST, surveyed

#: Those that are lived in: hours, August and Saturday say nothing of them.
RESIDENZIALI: Final = ("rsa", "alloggio_protetto_anziani")
#: Areas whose recipients are an age, so that places can be set against residents. The others serve people who work.
WITH_AGE: Final = ("prima infanzia", "minori", "anziani")
#: Those where a place is kept for a child with a disability.
PER_BAMBINI: Final = ("prima infanzia", "minori")
#: Times at which a place is asked for, and what says that a service is open then.
HOURS: Mapping[str, tuple[str, Callable[[pd.Series], pd.Series]]] = MappingProxyType(
    {
        "prima delle 8": ("apertura", lambda hour: hour < "08:00"),
        "dopo le 17:30": ("chiusura", lambda hour: hour > "17:30"),
        "di sabato": ("sabato", lambda said: said == "si"),
        "in agosto": ("agosto", lambda said: said == "si"),
        "nelle vacanze scolastiche": ("vacanze_scolastiche", lambda said: said == "si"),
    }
)
NO_LISTING: Final = "Nessun elenco letto dice i servizi di quest'area."
NO_SERVICE: Final = "Nessun servizio di quest'area: la lacuna è «dove»."
WITHOUT_PLACES: Final = "Questi servizi non si misurano in posti."


@dataclass(frozen=True)
class Lists:
    """The lists of services, the vocabulary they are written in and the territory they are of.

    Attributes
    ----------
    supply : DataFrame
        Rows of ``servizi_offerta``; the optional columns may be absent.
    types : DataFrame
        The table ``tipi_servizio``.
    groups : Series
        Territory of every comune in force; missing where it has none.
    ats : Series
        ATS of every comune in force.
    """

    supply: pd.DataFrame
    types: pd.DataFrame
    groups: pd.Series
    ats: pd.Series

    @cached_property
    def areas(self) -> tuple[str, ...]:
        """The areas of intervention, in the order of the vocabulary."""
        return tuple(self.types["area"].drop_duplicates())

    @cached_property
    def territories(self) -> pd.Index:
        """The territories of the level."""
        return pd.Index(sorted(self.groups.dropna().unique()), name="territorio")

    def kinds(self, area: str) -> pd.DataFrame:
        """Return the types of an area, the first and last age of each."""
        own = self.types[self.types["area"] == area]
        return own.assign(eta_a=own["eta_a"].fillna(OLDEST).astype(int))

    def ages(self, area: str) -> tuple[int, int]:
        """Return the ages that the types of an area are for, together."""
        own = self.kinds(area)
        return int(own["eta_da"].min()), int(own["eta_a"].max())

    def rows(self, area: str) -> pd.DataFrame:
        """Return the services of an area, with their territory: those with no places at all are not there."""
        own = self.supply[self.supply["tipo"].isin(self.kinds(area)["tipo"])]
        there = own[~(own["posti"] == 0).fillna(False).astype(bool)]
        return there.assign(territorio=there["cod_comune"].map(self.groups)).dropna(subset="territorio")

    def known(self, area: str) -> pd.Index:
        """Return the comuni of which the services of an area are known, be there any or none."""
        return surveyed(self.supply[self.supply["tipo"].isin(self.kinds(area)["tipo"])], self.ats)

    def missing(self, area: str) -> pd.DataFrame:
        """Count the comuni of each territory, and those of which the services of an area are not known.

        Returns
        -------
        DataFrame
            Index ``territorio``: ``comuni``, ``ignoti``, ``noto`` (is anything known).
        """
        out = pd.Series(~self.groups.index.isin(self.known(area)), index=self.groups.index)
        by = out.groupby(self.groups)
        table = pd.DataFrame({"comuni": by.size(), "ignoti": by.sum().astype(int)}).reindex(self.territories)
        return table.assign(noto=table["ignoti"] < table["comuni"])

    def column(self, rows: pd.DataFrame, name: str) -> pd.Series:
        """Return a column that a list may not have: missing everywhere, then."""
        return rows[name] if name in rows else pd.Series(pd.NA, index=rows.index, dtype="object")


def _with_holes(
    name: str, least: pd.Series, most: pd.Series, why: pd.Series, silent: pd.Series, alone: pd.Series | None = None
) -> pd.DataFrame:
    """Return a figure from its bounds: whole where they are the same, "at least" where they are not.

    ``silent``: a state that takes the place of the value, or empty text; ``alone``: its reason.
    """
    open_ = (most.isna() | (most > least + 1e-9)) & least.notna()
    # «at least none» says nothing: the most there may be is said instead, in words
    empty = open_ & (least <= 0)
    state = pd.Series("presente", index=least.index).mask(open_, "parziale").mask(empty, "non_disponibile")
    at_most = [f"al più {top:.0f}: {text}" if pd.notna(top) else text for top, text in zip(most, why, strict=True)]
    reason = pd.Series(np.where(empty, at_most, np.where(open_, why, "")), index=least.index, dtype="object")
    told = state.where(silent == "", silent)
    if alone is not None:
        reason = reason.where(silent == "", alone)
    value = least.where(told.isin(["presente", "parziale"]))
    bounded = (told == "parziale") & most.notna()
    return pd.DataFrame(
        {
            name: value,
            f"{name}_inferiore": value.where(bounded),
            f"{name}_superiore": most.where(bounded),
            f"{name}_stato": told,
            f"{name}_motivo": reason,
        }
    )


def _silent(missing: pd.DataFrame, services: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Return state and reason where there is nothing to measure: no list, or no service."""
    none = missing["noto"] & (services == 0) & (missing["ignoti"] == 0)
    state = pd.Series("", index=missing.index).mask(none, "non_applicabile")
    reason = pd.Series("", index=missing.index).mask(none, NO_SERVICE)
    unread = ~missing["noto"] | ((services == 0) & (missing["ignoti"] > 0))
    return state.mask(unread, "non_disponibile"), reason.mask(unread, NO_LISTING)


def _why(missing: pd.DataFrame, services: pd.Series, unknown: pd.Series, what: str) -> pd.Series:
    """Return what is not known, in words: services that do not say something, comuni that have not answered."""
    texts = []
    for many, lost, comuni, out in zip(services, unknown, missing["comuni"], missing["ignoti"], strict=True):
        parts = [f"{lost:.0f} {'servizio' if lost == 1 else 'servizi'} su {many:.0f} senza {what}"] if lost else []
        some = "un comune" if out == 1 else f"{out:.0f} comuni"
        parts += [f"di {some} su {comuni:.0f} non si conoscono i servizi"] if out else []
        texts.append("; ".join(parts))
    return pd.Series(texts, index=missing.index)


def supply(lists: Lists, residents: pd.DataFrame) -> pd.DataFrame:
    """Services and places of each area, and places per 100 people of its age.

    Parameters
    ----------
    lists : Lists
        What there is.
    residents : DataFrame
        Rows ``territorio, eta, residenti``.

    Returns
    -------
    DataFrame
        ``territorio, area, residenti_target, servizi_unita, servizi_posti, servizi_copertura``. Areas without an age
        have no coverage; a list in part gives lower bounds.
    """
    parts = []
    for area in lists.areas:
        rows, missing = lists.rows(area), lists.missing(area)
        part = _counted(lists, rows, missing, _people(residents, lists.ages(area)), area in WITH_AGE)
        parts.append(part.assign(area=area))
    return pd.concat(parts).reset_index()


def supply_by_type(lists: Lists, residents: pd.DataFrame, kinds: Sequence[str]) -> pd.DataFrame:
    """Compute :func:`supply` of some types, one by one: rows ``territorio, tipo`` in the place of ``area``."""
    parts = []
    for kind in kinds:
        one = Lists(lists.supply, lists.types[lists.types["tipo"] == kind], lists.groups, lists.ats)
        parts.append(supply(one, residents).drop(columns="area").assign(tipo=kind))
    return pd.concat(parts, ignore_index=True)


def _people(residents: pd.DataFrame, ages: tuple[int, int]) -> pd.Series:
    return residents[residents["eta"].between(*ages)].groupby("territorio")["residenti"].sum()


def _counted(
    lists: Lists, rows: pd.DataFrame, missing: pd.DataFrame, people: pd.Series, of_an_age: bool
) -> pd.DataFrame:
    nowhere = pd.Series(np.where(missing["noto"], "", "non_disponibile"), index=missing.index)
    unread = pd.Series(np.where(missing["noto"], "", NO_LISTING), index=missing.index)
    by = rows.groupby("territorio")
    units = by.size().reindex(missing.index, fill_value=0).astype("float64")
    open_top = pd.Series(np.where(missing["ignoti"] > 0, np.nan, units), index=missing.index)
    table = _with_holes("servizi_unita", units, open_top, _why(missing, units, units * 0, ""), nowhere, unread)
    measured = rows[rows["posti"].notna() | rows["tipo"].isin(_with_places(lists))]
    of = measured.groupby("territorio")["posti"]
    services = of.size().reindex(missing.index, fill_value=0)
    unknown = measured["posti"].isna().groupby(measured["territorio"]).sum().reindex(missing.index, fill_value=0)
    places = of.sum().astype("float64").reindex(missing.index, fill_value=0.0)
    top = places.where((unknown == 0) & (missing["ignoti"] == 0))
    bare = missing["noto"] & (units > 0) & (services == 0)
    state, reason = nowhere.mask(bare, "non_applicabile"), unread.mask(bare, WITHOUT_PLACES)
    why = _why(missing, services, unknown, "il numero dei posti")
    table = table.join(_with_holes("servizi_posti", places, top, why, state, reason))
    target = people.reindex(missing.index).astype("float64")
    ageless = pd.Series(not of_an_age, index=missing.index) & missing["noto"]
    state, reason = (
        state.mask(ageless, "non_applicabile"),
        reason.mask(ageless, "Sono servizi per chi lavora, non per un'età: non c'è un denominatore."),
    )
    one_by = 100 * places / target
    table = table.join(_with_holes("servizi_copertura", one_by, one_by.where(top.notna()), why, state, reason))
    return table.assign(residenti_target=target)


def _with_places(lists: Lists) -> pd.Series:
    return lists.types.loc[lists.types["con_posti"] == "si", "tipo"]


def where(
    lists: Lists, residents: pd.DataFrame, minutes: pd.DataFrame, threshold: float, *, key: str = "area"
) -> pd.DataFrame:
    """Count the people of the age of each area who reach no service of it.

    Parameters
    ----------
    lists : Lists
        What there is.
    residents : DataFrame
        Rows ``cod_comune, eta, residenti``.
    minutes : DataFrame
        Between comuni: rows from, columns to.
    threshold : float
        Minutes within which a service is reached.
    key : {"area", "tipo"}
        Whether services of an area stand for each other.

    Returns
    -------
    DataFrame
        ``territorio``, the key, ``lacuna_dove`` (people), ``quota_lacuna_dove`` (% of those of the age) and
        ``residenti_oltre_confine``: people who reach services of another ATS alone. Near comuni whose services are not
        known, the first two are lower bounds: those who reach neither a service nor one of these comuni.
    """
    near = (minutes.loc[lists.groups.index, lists.groups.index] <= threshold).to_numpy()
    same = lists.ats.to_numpy(object)[:, None] == lists.ats.to_numpy(object)[None, :]
    parts = []
    names = lists.areas if key == "area" else tuple(lists.types["tipo"])
    for name in names:
        one = (
            lists
            if key == "area"
            else Lists(lists.supply, lists.types[lists.types["tipo"] == name], lists.groups, lists.ats)
        )
        area = name if key == "area" else one.areas[0]
        if area not in WITH_AGE:
            continue
        own = residents[residents["eta"].between(*one.ages(area))].groupby("cod_comune")["residenti"].sum()
        people = own.reindex(lists.groups.index, fill_value=0).astype("float64")
        listed = one.supply[one.supply["tipo"].isin(one.kinds(area)["tipo"])]
        open_ = listed[~(listed["posti"] == 0).fillna(False).astype(bool)]
        served = lists.groups.index.isin(open_["cod_comune"])
        unread = ~lists.groups.index.isin(one.known(area))
        reached, maybe = (near & served).any(axis=1), (near & unread).any(axis=1)
        abroad = reached & ~(near & same & served).any(axis=1)
        missing = one.missing(area)
        sums = [
            people.where(pd.Series(who, index=people.index), 0).groupby(lists.groups).sum().reindex(missing.index)
            for who in (~reached & ~maybe, ~reached, abroad)
        ]
        total = people.groupby(lists.groups).sum().reindex(missing.index)
        nowhere = pd.Series(np.where(missing["noto"], "", "non_disponibile"), index=missing.index)
        unknown = pd.Series(np.where(missing["noto"], "", NO_LISTING), index=missing.index)
        why = pd.Series("vicino ci sono comuni di cui non si conoscono i servizi", index=missing.index)
        table = _with_holes("lacuna_dove", sums[0], sums[1], why, nowhere, unknown)
        share = [100 * one_sum / total.where(total > 0) for one_sum in sums[:2]]
        table = table.join(
            _with_holes(
                "quota_lacuna_dove",
                share[0],
                share[1],
                why,
                nowhere.mask(total == 0, "non_calcolabile"),
                unknown.mask(total == 0, "Non vi abita nessuno di quell'età."),
            )
        )
        table["residenti_oltre_confine"] = sums[2].where(missing["noto"])
        table["residenti_oltre_confine_motivo"] = unknown
        parts.append(table.assign(**{key: name}))
    return pd.concat(parts).reset_index()


def age(lists: Lists, residents: pd.DataFrame) -> pd.DataFrame:
    """Count the people of an age that no service of the territory takes, though the area is for them.

    Parameters
    ----------
    lists : Lists
        With ``eta_da`` and ``eta_a`` (missing: no last age).
    residents : DataFrame
        Rows ``territorio, eta, residenti``.

    Returns
    -------
    DataFrame
        ``territorio, area, lacuna_eta``: people. A service that does not say its ages might take them all, so where one
        is silent the number is known only if it is zero.
    """
    parts = []
    for area in (name for name in lists.areas if name in WITH_AGE):
        rows, missing = lists.rows(area), lists.missing(area)
        first, last = lists.ages(area)
        low, high = (pd.to_numeric(lists.column(rows, name), errors="coerce") for name in ("eta_da", "eta_a"))
        told = rows.assign(da=low, a=high.fillna(OLDEST))[low.notna()]
        people = residents[residents["eta"].between(first, last)]
        gone = pd.Series(0.0, index=missing.index)
        for code, own in ((str(name), found) for name, found in people.groupby("territorio")):
            taken = told[told["territorio"] == code]
            years = own["eta"].to_numpy()
            served = ((taken["da"].to_numpy()[:, None] <= years) & (years <= taken["a"].to_numpy()[:, None])).any(
                axis=0
            )
            gone.loc[code] = own["residenti"].to_numpy()[~served].sum()
        services = rows.groupby("territorio").size().reindex(missing.index, fill_value=0)
        unknown = low.isna().groupby(rows["territorio"]).sum().reindex(missing.index, fill_value=0)
        state, reason = _silent(missing, services)
        why = _why(missing, services, unknown, "le età accolte")
        none = (services > 0) & (unknown == services)
        state, reason = state.mask(none, "non_disponibile"), reason.mask(none, why)
        hidden = (unknown > 0) | (missing["ignoti"] > 0)
        parts.append(_with_holes("lacuna_eta", gone.where(~hidden, 0.0), gone, why, state, reason).assign(area=area))
    return pd.concat(parts).reset_index()


def time(lists: Lists) -> pd.DataFrame:
    """Count the places of services that are closed when people work, and the share of those that are open.

    Parameters
    ----------
    lists : Lists
        With ``apertura, chiusura, sabato, agosto, vacanze_scolastiche``.

    Returns
    -------
    DataFrame
        ``territorio, area, orario, lacuna_tempo`` (places closed at that time) and ``quota_posti_aperti`` (%). Services
        that are lived in are left out.
    """
    parts = []
    for area in lists.areas:
        rows, missing = lists.rows(area), lists.missing(area)
        rows = rows[rows["tipo"].isin(_with_places(lists)) & ~rows["tipo"].isin(RESIDENZIALI)]
        for name, (column, is_open) in HOURS.items():
            said = lists.column(rows, column)
            closed = ~is_open(said.dropna().astype("str")).reindex(rows.index)[said.notna()].astype(bool)
            part = _places(rows, missing, closed.reindex(rows.index), "lacuna_tempo", "l'orario")
            parts.append(
                part.join(_open_share(rows, missing, closed.reindex(rows.index))).assign(area=area, orario=name)
            )
    return pd.concat(parts).reset_index()


def _places(rows: pd.DataFrame, missing: pd.DataFrame, true: pd.Series, name: str, what: str) -> pd.DataFrame:
    """Sum the places of the services of which something is true; what they do not say makes it a lower bound."""

    def of(chosen: pd.Series) -> pd.Series:
        return (
            rows["posti"]
            .astype("float64")
            .where(chosen.astype(bool), 0.0)
            .groupby(rows["territorio"])
            .sum()
            .reindex(missing.index, fill_value=0.0)
        )

    unsaid, unmeasured = true.isna(), rows["posti"].isna()
    services = rows.groupby("territorio").size().reindex(missing.index, fill_value=0)
    silent = unsaid.groupby(rows["territorio"]).sum().reindex(missing.index, fill_value=0)
    holes = (unsaid | unmeasured).groupby(rows["territorio"]).sum().reindex(missing.index, fill_value=0)
    boundless = (unmeasured & (unsaid | true.fillna(True).astype(bool))).groupby(rows["territorio"]).sum()
    least = of(true.fillna(False))
    most = of(true.fillna(True)).where((boundless.reindex(missing.index, fill_value=0) == 0) & (missing["ignoti"] == 0))
    state, reason = _silent(missing, services)
    why = _why(missing, services, holes, f"{what} o i posti")
    none = (services > 0) & (silent == services)
    why_none = _why(missing, services, silent, what)
    state, reason = state.mask(none, "non_disponibile"), reason.mask(none, why_none)
    return _with_holes(name, least, most, why, state, reason)


def _open_share(rows: pd.DataFrame, missing: pd.DataFrame, closed: pd.Series) -> pd.DataFrame:
    """Return the places that are open per 100: at least those that say so, of services whose places are known."""
    measured = rows[rows["posti"].notna()]
    places, shut = measured["posti"].astype("float64"), closed[measured.index]
    by = measured["territorio"]
    total = places.groupby(by).sum().reindex(missing.index, fill_value=0.0)
    least = places.where((shut == False).fillna(False).astype(bool), 0.0).groupby(by).sum()  # noqa: E712
    most = places.where(~(shut == True).fillna(False).astype(bool), 0.0).groupby(by).sum()  # noqa: E712
    services = measured.groupby("territorio").size().reindex(missing.index, fill_value=0)
    silent = shut.isna().groupby(by).sum().reindex(missing.index, fill_value=0)
    state, reason = _silent(missing, services)
    why = _why(missing.assign(ignoti=0), services, silent, "l'orario")
    none = (services > 0) & (silent == services)
    state, reason = state.mask(none, "non_disponibile"), reason.mask(none, why)
    # of those that have not answered nothing is known, not even how many places they have: no share can be bounded
    part = (missing["ignoti"] > 0) & (state == "")
    state, reason = state.mask(part, "non_disponibile"), reason.mask(part, _why(missing, services, services * 0, ""))
    shares = [100 * some.reindex(missing.index, fill_value=0.0) / total.where(total > 0) for some in (least, most)]
    return _with_holes("quota_posti_aperti", shares[0].fillna(0.0), shares[1].fillna(0.0), why, state, reason)


def cost(lists: Lists, incomes: pd.Series) -> pd.DataFrame:
    """Set the lowest monthly fees against what a taxpayer of the place earns in a month.

    Parameters
    ----------
    lists : Lists
        With ``retta_minima``, euros a month.
    incomes : Series
        Mean yearly income of taxpayers, euros, by territory.

    Returns
    -------
    DataFrame
        ``territorio, area, peso_retta`` (%): mean over services of the lowest fee. A service that does not say its fee
        counts as free, so the mean is a lower bound; where comuni have not answered it cannot be bounded.
    """
    parts = []
    for area in lists.areas:
        rows, missing = lists.rows(area), lists.missing(area)
        fee = pd.to_numeric(lists.column(rows, "retta_minima"), errors="coerce")
        services = rows.groupby("territorio").size().reindex(missing.index, fill_value=0)
        unknown = fee.isna().groupby(rows["territorio"]).sum().reindex(missing.index, fill_value=0)
        total = fee.fillna(0.0).groupby(rows["territorio"]).sum().reindex(missing.index, fill_value=0.0)
        month = incomes.reindex(missing.index).astype("float64") / 12
        burden = (100 * total / services.where(services > 0) / month).fillna(0.0)
        state, reason = _silent(missing, services)
        why = _why(missing, services, unknown, "la retta")
        hidden = ((services > 0) & (unknown == services)) | ((missing["ignoti"] > 0) & (state == ""))
        state, reason = state.mask(hidden, "non_disponibile"), reason.mask(hidden, why)
        no_income = (state == "") & month.isna()
        state, reason = state.mask(no_income, "non_disponibile"), reason.mask(no_income, "Il reddito non è noto.")
        most = burden.where(unknown == 0)
        parts.append(_with_holes("peso_retta", burden, most, why, state, reason).assign(area=area))
    return pd.concat(parts).reset_index()


def need(lists: Lists) -> pd.DataFrame:
    """Count the places of services that keep none for children with disabilities, and the people who wait.

    Parameters
    ----------
    lists : Lists
        With ``posti_disabilita`` and ``lista_attesa``.

    Returns
    -------
    DataFrame
        ``territorio, area, lacuna_bisogno`` (places; of the services for children) and ``persone_in_attesa``.
    """
    parts = []
    for area in lists.areas:
        rows, missing = lists.rows(area), lists.missing(area)
        kept = pd.to_numeric(lists.column(rows, "posti_disabilita"), errors="coerce")
        measured = rows[rows["tipo"].isin(_with_places(lists))]
        none = (kept == 0).astype("object").where(kept.notna(), None)[measured.index]
        part = _places(measured, missing, none, "lacuna_bisogno", "i posti riservati")
        if area not in PER_BAMBINI:
            read = missing["noto"]
            part.loc[read, ["lacuna_bisogno", "lacuna_bisogno_inferiore", "lacuna_bisogno_superiore"]] = np.nan
            part.loc[read, "lacuna_bisogno_stato"] = "non_applicabile"
            part.loc[read, "lacuna_bisogno_motivo"] = "La riserva riguarda i servizi per bambini e ragazzi."
        parts.append(part.join(_waiting(lists, rows, missing)).assign(area=area))
    return pd.concat(parts).reset_index()


def _waiting(lists: Lists, rows: pd.DataFrame, missing: pd.DataFrame) -> pd.DataFrame:
    waiting = pd.to_numeric(lists.column(rows, "lista_attesa"), errors="coerce")
    by = rows["territorio"]
    services = rows.groupby("territorio").size().reindex(missing.index, fill_value=0)
    unknown = waiting.isna().groupby(by).sum().reindex(missing.index, fill_value=0)
    people = waiting.fillna(0.0).groupby(by).sum().reindex(missing.index, fill_value=0.0)
    state, reason = _silent(missing, services)
    why = _why(missing, services, unknown, "la lista d'attesa")
    none = (services > 0) & (unknown == services)
    state, reason = state.mask(none, "non_disponibile"), reason.mask(none, why)
    top = people.where((unknown == 0) & (missing["ignoti"] == 0))
    return _with_holes("persone_in_attesa", people, top, why, state, reason)


def kind(lists: Lists) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Count the types of each area that nobody offers.

    A type that the list of the ATS has elsewhere, and not here, is surely missing; one that the list never names is not
    known, and may be there: it makes the number a lower bound.

    Parameters
    ----------
    lists : Lists
        What there is.

    Returns
    -------
    (DataFrame, DataFrame)
        ``territorio, area, lacuna_tipo``; and which ones, ``territorio, area, tipo, nome``.
    """
    parts, names = [], []
    for area in lists.areas:
        least = pd.Series(0.0, index=lists.territories)
        most, known = least.copy(), least.copy()
        for row in lists.kinds(area).itertuples():
            one = Lists(lists.supply, lists.types[lists.types["tipo"] == row.tipo], lists.groups, lists.ats)
            missing, offered = one.missing(area), one.rows(area)["territorio"]
            absent = ~missing.index.isin(offered)
            sure = absent & (missing["ignoti"] == 0)
            least, most, known = least + sure, most + absent, known + (missing["noto"] | ~absent)
            names += [
                {"territorio": code, "area": area, "tipo": row.tipo, "nome": row.nome} for code in missing.index[sure]
            ]
        silent = pd.Series(np.where(known > 0, "", "non_disponibile"), index=least.index)
        unread = pd.Series(np.where(known > 0, "", NO_LISTING), index=least.index)
        why = (most - least).map(lambda many: f"di {many:.0f} tipi gli elenchi non dicono nulla")
        parts.append(_with_holes("lacuna_tipo", least, most, why, silent, unread).assign(area=area))
    return pd.concat(parts).reset_index(), pd.DataFrame(names, columns=["territorio", "area", "tipo", "nome"])


def with_registers(listed: pd.DataFrame | None, registers: pd.DataFrame, ats: pd.Series, year: int) -> pd.DataFrame:
    """Add to the lists the facilities of the registers of the Region, of the types that the list of an ATS has not.

    Parameters
    ----------
    listed : DataFrame, optional
        Rows of ``servizi_offerta``.
    registers : DataFrame
        The table ``strutture_anziani``.
    ats : Series
        ATS of every comune in force.
    year : int
        That of the registers.

    Returns
    -------
    DataFrame
        Rows of both, with the columns of the lists.
    """
    unknown = sorted(set(registers["cod_comune"]) - set(ats.index))
    if unknown:
        raise CalcoloError(f"Il registro ha comuni che non sono in vigore: {', '.join(unknown[:10])}.")
    listed = pd.DataFrame({"cod_comune": [], "tipo": []}, dtype="object") if listed is None else listed
    own = set(zip(listed["cod_comune"].map(ats), listed["tipo"], strict=True))
    pairs = zip(registers["cod_comune"].map(ats), registers["tipo"], strict=True)
    added = registers[[pair not in own for pair in pairs]]
    rows = pd.DataFrame(
        {
            "cod_comune": added["cod_comune"],
            "denominazione": added["denominazione"].fillna(added["cod_struttura"]),
            "tipo": added["tipo"],
            "posti": added["posti_autorizzati"],
            "anno": year,
        }
    )
    return pd.concat([listed, rows], ignore_index=True) if len(listed) else rows.reset_index(drop=True)


def comuni_without(lists: Lists, kinds: Sequence[str], levels: Mapping[str, pd.Series]) -> pd.DataFrame:
    """Count the comuni that have no service of a type, where all are known.

    Parameters
    ----------
    lists : Lists
        What there is, at any level.
    kinds : sequence of str
        Types of service.
    levels : mapping of str to Series
        Territory of every comune, by level.

    Returns
    -------
    DataFrame
        ``livello, territorio, tipo, comuni_senza_servizio`` and ``quota_comuni_senza_servizio`` (%).
    """
    parts = []
    for name in kinds:
        for level, groups in levels.items():
            one = Lists(lists.supply, lists.types[lists.types["tipo"] == name], groups, lists.ats)
            area = one.areas[0]
            missing = one.missing(area)
            served = one.rows(area).groupby("territorio")["cod_comune"].nunique()
            without = (missing["comuni"] - served.reindex(missing.index, fill_value=0)).where(missing["ignoti"] == 0)
            table = pd.DataFrame({"comuni_senza_servizio": without.astype("float64")})
            table["quota_comuni_senza_servizio"] = 100 * table["comuni_senza_servizio"] / missing["comuni"]
            parts.append(table.assign(livello=level, tipo=name))
    table = pd.concat(parts).reset_index()
    table.attrs["motivi"] = dict.fromkeys(("comuni_senza_servizio", "quota_comuni_senza_servizio"), NO_LISTING)
    return table


def gaps(
    lists: Lists, residents: pd.DataFrame, minutes: pd.DataFrame, threshold: float, incomes: pd.Series
) -> list[tuple[pd.DataFrame, list[str]]]:
    """Compute supply and the six gaps of a level.

    Parameters
    ----------
    lists : Lists
        What there is.
    residents : DataFrame
        Rows ``cod_comune, eta, residenti``.
    minutes, threshold
        As in :func:`where`.
    incomes : Series
        As in :func:`cost`.

    Returns
    -------
    list of (DataFrame, list of str)
        Each frame with the columns that break it down beside ``territorio``.
    """
    people = _by_territory(lists, residents)
    frames = [supply(lists, people), where(lists, residents, minutes, threshold), age(lists, people)]
    frames += [cost(lists, incomes), need(lists), kind(lists)[0]]
    return [*((frame, ["area"]) for frame in frames), (time(lists), ["area", "orario"])]


def of_types(
    lists: Lists, residents: pd.DataFrame, minutes: pd.DataFrame, threshold: float, kinds: Sequence[str]
) -> pd.DataFrame:
    """Compute the supply of some types one by one, and who reaches none: rows ``territorio, tipo``."""
    some = Lists(lists.supply, lists.types[lists.types["tipo"].isin(kinds)], lists.groups, lists.ats)
    there = supply_by_type(some, _by_territory(lists, residents), kinds)
    return there.merge(where(some, residents, minutes, threshold, key="tipo"), on=["territorio", "tipo"])


def homes(by_type: pd.DataFrame) -> pd.DataFrame:
    """Return the coverage of homes for the elderly as an indicator of its own: it is drawn, and enters the index.

    Parameters
    ----------
    by_type : DataFrame
        From :func:`supply_by_type` or :func:`of_types`.

    Returns
    -------
    DataFrame
        ``territorio, rsa_posti_per_100_75`` with its bounds, state, reason and terms.

    Examples
    --------
    >>> homes(pd.DataFrame({"territorio": ["a"], "tipo": ["rsa"], "servizi_copertura": [5.0]})).columns.tolist()
    ['territorio', 'rsa_posti_per_100_75']
    """
    own = by_type[by_type["tipo"] == "rsa"].filter(
        regex="^(territorio|servizi_posti|residenti_target|servizi_copertura.*)$"
    )
    return own.rename(columns=lambda name: name.replace("servizi_copertura", "rsa_posti_per_100_75"))


def _by_territory(lists: Lists, residents: pd.DataFrame) -> pd.DataFrame:
    named = residents.assign(territorio=residents["cod_comune"].map(lists.groups))
    return named.groupby(["territorio", "eta"])["residenti"].sum().reset_index()
