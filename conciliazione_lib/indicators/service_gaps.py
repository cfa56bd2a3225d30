"""The six ways a service can be missing: where, for which age, when, at what cost, for which need, of which type.

The questions are those of the childcare sufficiency assessments of the English authorities (Childcare Act 2006, s. 11,
as first enacted). A list rarely says everything: what it says of some services is a lower bound ("almeno"), what it
says of none is not available, and where there is no service at all the gap is that of place and no other.

Lists are rows of ``servizi_offerta``, with the optional columns or without them; every function returns a row for each
area of intervention and territory, in the order of the vocabulary, with ``<indicator>_stato`` and ``_motivo``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
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
WITHOUT_AGE: Final = "Sono servizi per chi lavora, non per un'età: non c'è un denominatore."


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
    key : {"area", "tipo"}
        Whether the services of an area stand for each other, or each type is looked at by itself.
    """

    supply: pd.DataFrame
    types: pd.DataFrame
    groups: pd.Series
    ats: pd.Series
    key: str = "area"

    def by_type(self, kinds: Sequence[str]) -> Lists:
        """Return the lists of some types, each looked at by itself."""
        return replace(self, types=self.types[self.types["tipo"].isin(kinds)], key="tipo")

    @cached_property
    def with_age(self) -> Lists:
        """The lists of the areas whose recipients are an age."""
        return replace(self, types=self.types[self.types["area"].isin(WITH_AGE)])

    @cached_property
    def ages(self) -> pd.DataFrame:
        """The first and last age that the types of each area are for, together, in the order of the vocabulary."""
        by = self.types.assign(eta_a=self.types["eta_a"].fillna(OLDEST).astype(int)).groupby(self.key, sort=False)
        return pd.DataFrame({"da": by["eta_da"].min(), "a": by["eta_a"].max()})

    @cached_property
    def listed(self) -> pd.DataFrame:
        """The rows of the types, with their area and territory."""
        own = self.supply[self.supply["tipo"].isin(self.types["tipo"])]
        area = own["tipo"].map(self.types.set_index("tipo")["area"])
        return own.assign(area=area, territorio=own["cod_comune"].map(self.groups))

    @cached_property
    def rows(self) -> pd.DataFrame:
        """The services: rows with no places at all are not there."""
        return self.listed[~(self.listed["posti"] == 0).fillna(False).astype(bool)]

    @cached_property
    def measured(self) -> pd.DataFrame:
        """The services of the types that are measured in places."""
        return self.rows[self.rows["tipo"].isin(self.types.loc[self.types["con_posti"] == "si", "tipo"])]

    @cached_property
    def unread(self) -> pd.DataFrame:
        """Of which comuni (rows) the services of each area (columns) are not known, be there any or none."""
        known = {name: surveyed(rows, self.ats) for name, rows in self.listed.groupby(self.key)}
        comuni = self.groups.index
        return pd.DataFrame({name: ~comuni.isin(known.get(name, [])) for name in self.ages.index}, index=comuni)

    @cached_property
    def missing(self) -> pd.DataFrame:
        """Comuni of each area and territory: ``comuni``, ``ignoti`` of them, and is anything known (``noto``)."""
        by = self.unread.groupby(self.groups)
        table = pd.DataFrame({"comuni": by.count().unstack(), "ignoti": by.sum().unstack()})
        return table.assign(noto=table["ignoti"] < table["comuni"]).rename_axis([self.key, "territorio"])

    def column(self, rows: pd.DataFrame, name: str) -> pd.Series:
        """Return a column that a list may not have: missing everywhere, then."""
        return rows[name] if name in rows else pd.Series(pd.NA, index=rows.index, dtype="object")

    def number(self, name: str) -> pd.Series:
        """Return a column of numbers of the services, that a list may not have."""
        return pd.to_numeric(self.column(self.rows, name), errors="coerce")

    def total(self, values: pd.Series) -> pd.Series:
        """Sum what some services have by area and territory, as :attr:`missing`: 0 where there are none."""
        by = [self.rows[self.key], self.rows["territorio"]]
        return values.groupby(by).sum().reindex(self.missing.index, fill_value=0)

    def count(self, rows: pd.DataFrame) -> pd.Series:
        """Count some services by area and territory."""
        return self.total(pd.Series(1, index=rows.index))

    def people(self, residents: pd.DataFrame) -> pd.DataFrame:
        """Return the residents of the ages that each area is for: those of two areas are there twice."""
        own = {name: residents[residents["eta"].between(*ages)] for name, *ages in self.ages.itertuples()}
        return pd.concat(own, names=[self.key]).reset_index(self.key)


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


def _unread(known: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Return state and reason where nothing is known."""
    state, reason = (pd.Series(text, index=known.index).mask(known, "") for text in ("non_disponibile", NO_LISTING))
    return state, reason


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
    missing = lists.missing
    nowhere, unread = _unread(missing["noto"])
    units = lists.count(lists.rows)
    open_top = units.where(missing["ignoti"] == 0)
    table = _with_holes("servizi_unita", units, open_top, _why(missing, units, units * 0, ""), nowhere, unread)
    measured = lists.rows[lists.rows["posti"].notna() | lists.rows.index.isin(lists.measured.index)]
    services, unknown = lists.count(measured), lists.total(measured["posti"].isna())
    places = lists.total(measured["posti"].astype("float64"))
    top = places.where((unknown == 0) & (missing["ignoti"] == 0))
    bare = missing["noto"] & (units > 0) & (services == 0)
    state, reason = nowhere.mask(bare, "non_applicabile"), unread.mask(bare, WITHOUT_PLACES)
    why = _why(missing, services, unknown, "il numero dei posti")
    table = table.join(_with_holes("servizi_posti", places, top, why, state, reason))
    people = lists.people(residents).groupby([lists.key, "territorio"])["residenti"].sum()
    target = people.reindex(missing.index).astype("float64")
    ageless = missing["noto"] & ~missing.index.isin(lists.with_age.ages.index, level=lists.key)
    state, reason = state.mask(ageless, "non_applicabile"), reason.mask(ageless, WITHOUT_AGE)
    one_by = 100 * places / target
    table = table.join(_with_holes("servizi_copertura", one_by, one_by.where(top.notna()), why, state, reason))
    return table.assign(residenti_target=target).reset_index()


def supply_by_type(lists: Lists, residents: pd.DataFrame, kinds: Sequence[str]) -> pd.DataFrame:
    """Compute :func:`supply` of some types, one by one: rows ``territorio, tipo`` in the place of ``area``."""
    return supply(lists.by_type(kinds), residents)


def where(lists: Lists, residents: pd.DataFrame, minutes: pd.DataFrame, threshold: float) -> pd.DataFrame:
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

    Returns
    -------
    DataFrame
        ``territorio``, the key, ``lacuna_dove`` (people), ``quota_lacuna_dove`` (% of those of the age) and
        ``residenti_oltre_confine``: people who reach services of another ATS alone. Near comuni whose services are not
        known, the first two are lower bounds: those who reach neither a service nor one of these comuni.
    """
    own, comuni, missing = lists.with_age, lists.groups.index, lists.with_age.missing
    near = (minutes.loc[comuni, comuni] <= threshold).to_numpy()
    same = lists.ats.to_numpy(object)[:, None] == lists.ats.to_numpy(object)[None, :]
    # comuni by area
    served = np.column_stack(
        [comuni.isin(own.rows.loc[own.rows[own.key] == name, "cod_comune"]) for name in own.unread]
    )
    reached, maybe = near @ served, near @ own.unread.to_numpy()
    abroad = reached & ~((near & same) @ served)
    lived_in = own.people(residents).groupby(["cod_comune", own.key])["residenti"].sum().unstack()
    people = lived_in.reindex(index=comuni, columns=own.unread.columns).fillna(0).astype("float64")

    def of(who: np.ndarray) -> pd.Series:
        return pd.Series(people.where(who, 0).groupby(lists.groups).sum().unstack()).reindex(missing.index)

    least, most, total = of(~reached & ~maybe), of(~reached), of(np.ones_like(reached))
    nowhere, unknown = _unread(missing["noto"])
    why = pd.Series("vicino ci sono comuni di cui non si conoscono i servizi", index=missing.index)
    table = _with_holes("lacuna_dove", least, most, why, nowhere, unknown)
    low, high = (100 * some / total.where(total > 0) for some in (least, most))
    state = nowhere.mask(total == 0, "non_calcolabile")
    reason = unknown.mask(total == 0, "Non vi abita nessuno di quell'età.")
    table = table.join(_with_holes("quota_lacuna_dove", low, high, why, state, reason))
    table["residenti_oltre_confine"] = of(abroad).where(missing["noto"])
    table["residenti_oltre_confine_motivo"] = unknown
    return table.reset_index()


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
    lists = lists.with_age
    missing, place = lists.missing, [lists.key, "territorio"]
    people, low, high = lists.people(residents), lists.number("eta_da"), lists.number("eta_a").fillna(OLDEST)
    told = lists.rows[place].assign(da=low, a=high)[low.notna()]
    pairs = people.merge(told, on=place)
    taken = pairs[(pairs["da"] <= pairs["eta"]) & (pairs["eta"] <= pairs["a"])]
    ages, served = (pd.MultiIndex.from_frame(some[[*place, "eta"]]) for some in (people, taken))
    gone = (
        people[~ages.isin(served)].groupby(place)["residenti"].sum().reindex(missing.index, fill_value=0).astype(float)
    )
    services, unknown = lists.count(lists.rows), lists.total(low.isna())
    state, reason = _silent(missing, services)
    why = _why(missing, services, unknown, "le età accolte")
    none = (services > 0) & (unknown == services)
    state, reason = state.mask(none, "non_disponibile"), reason.mask(none, why)
    hidden = (unknown > 0) | (missing["ignoti"] > 0)
    return _with_holes("lacuna_eta", gone.where(~hidden, 0.0), gone, why, state, reason).reset_index()


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
    rows = lists.measured[~lists.measured["tipo"].isin(RESIDENZIALI)]
    parts = []
    for name, (column, is_open) in HOURS.items():
        closed = ~is_open(lists.column(rows, column).astype("string")).astype("boolean")
        part = _places(lists, rows, closed, "lacuna_tempo", "l'orario").join(_open_share(lists, rows, closed))
        parts.append(part.assign(orario=name))
    return pd.concat(parts).reset_index()


def _places(lists: Lists, rows: pd.DataFrame, true: pd.Series, name: str, what: str) -> pd.DataFrame:
    """Sum the places of the services of which something is true; what they do not say makes it a lower bound."""
    missing, places = lists.missing, rows["posti"].astype("float64")
    unsaid, unmeasured = true.isna(), places.isna()
    services, silent, holes = lists.count(rows), lists.total(unsaid), lists.total(unsaid | unmeasured)
    boundless = lists.total(unmeasured & true.fillna(True))
    least = lists.total(places.where(true.fillna(False), 0.0))
    most = lists.total(places.where(true.fillna(True), 0.0)).where((boundless == 0) & (missing["ignoti"] == 0))
    state, reason = _silent(missing, services)
    why = _why(missing, services, holes, f"{what} o i posti")
    none = (services > 0) & (silent == services)
    why_none = _why(missing, services, silent, what)
    state, reason = state.mask(none, "non_disponibile"), reason.mask(none, why_none)
    return _with_holes(name, least, most, why, state, reason)


def _open_share(lists: Lists, rows: pd.DataFrame, closed: pd.Series) -> pd.DataFrame:
    """Return the places that are open per 100: at least those that say so, of services whose places are known."""
    missing, measured = lists.missing, rows[rows["posti"].notna()]
    places, shut = measured["posti"].astype("float64"), closed[measured.index]
    total = lists.total(places)
    least = lists.total(places.where(~shut.fillna(True), 0.0))
    most = lists.total(places.where(~shut.fillna(False), 0.0))
    services, silent = lists.count(measured), lists.total(shut.isna())
    state, reason = _silent(missing, services)
    why = _why(missing.assign(ignoti=0), services, silent, "l'orario")
    none = (services > 0) & (silent == services)
    state, reason = state.mask(none, "non_disponibile"), reason.mask(none, why)
    # of those that have not answered nothing is known, not even how many places they have: no share can be bounded
    part = (missing["ignoti"] > 0) & (state == "")
    state, reason = state.mask(part, "non_disponibile"), reason.mask(part, _why(missing, services, services * 0, ""))
    low, high = ((100 * some / total.where(total > 0)).fillna(0.0) for some in (least, most))
    return _with_holes("quota_posti_aperti", low, high, why, state, reason)


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
    missing, fee = lists.missing, lists.number("retta_minima")
    services, unknown, total = lists.count(lists.rows), lists.total(fee.isna()), lists.total(fee.fillna(0.0))
    places = missing.index.get_level_values("territorio")
    month = incomes.reindex(places).astype("float64").set_axis(missing.index) / 12
    burden = (100 * total / services.where(services > 0) / month).fillna(0.0)
    state, reason = _silent(missing, services)
    why = _why(missing, services, unknown, "la retta")
    hidden = ((services > 0) & (unknown == services)) | ((missing["ignoti"] > 0) & (state == ""))
    state, reason = state.mask(hidden, "non_disponibile"), reason.mask(hidden, why)
    no_income = (state == "") & month.isna()
    state, reason = state.mask(no_income, "non_disponibile"), reason.mask(no_income, "Il reddito non è noto.")
    return _with_holes("peso_retta", burden, burden.where(unknown == 0), why, state, reason).reset_index()


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
    kept = lists.number("posti_disabilita")[lists.measured.index]
    none = (kept == 0).astype("boolean").mask(kept.isna())
    table = _places(lists, lists.measured, none, "lacuna_bisogno", "i posti riservati")
    others = lists.missing["noto"] & ~table.index.isin(PER_BAMBINI, level="area")
    table.loc[others, ["lacuna_bisogno", "lacuna_bisogno_inferiore", "lacuna_bisogno_superiore"]] = np.nan
    table.loc[others, "lacuna_bisogno_stato"] = "non_applicabile"
    table.loc[others, "lacuna_bisogno_motivo"] = "La riserva riguarda i servizi per bambini e ragazzi."
    return table.join(_waiting(lists)).reset_index()


def _waiting(lists: Lists) -> pd.DataFrame:
    missing, waiting = lists.missing, lists.number("lista_attesa")
    services, unknown, people = lists.count(lists.rows), lists.total(waiting.isna()), lists.total(waiting.fillna(0.0))
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
    one = lists.by_type(list(lists.types["tipo"]))
    absent = one.count(one.rows) == 0
    sure = absent & (one.missing["ignoti"] == 0)
    types = pd.DataFrame({"sure": sure, "absent": absent, "known": one.missing["noto"] | ~absent}).reset_index()
    types = types.merge(lists.types[["tipo", "area", "nome"]], on="tipo")
    many = types.groupby(["area", "territorio"])[["sure", "absent", "known"]].sum().reindex(lists.missing.index)
    why = (many["absent"] - many["sure"]).map(lambda some: f"di {some:.0f} tipi gli elenchi non dicono nulla")
    silent, unread = _unread(many["known"] > 0)
    table = _with_holes("lacuna_tipo", many["sure"].astype("float64"), many["absent"], why, silent, unread)
    return table.reset_index(), types.loc[types["sure"], ["territorio", "area", "tipo", "nome"]].reset_index(drop=True)


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
    for level, groups in levels.items():
        one = replace(lists.by_type(kinds), groups=groups)
        served = one.count(one.rows.drop_duplicates(["tipo", "cod_comune"]))
        without = (one.missing["comuni"] - served).where(one.missing["ignoti"] == 0).astype("float64")
        share = 100 * without / one.missing["comuni"]
        parts.append(
            pd.DataFrame({"comuni_senza_servizio": without, "quota_comuni_senza_servizio": share, "livello": level})
        )
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
    some = lists.by_type(kinds)
    there = supply(some, _by_territory(lists, residents))
    return there.merge(where(some, residents, minutes, threshold), on=["territorio", "tipo"])


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
