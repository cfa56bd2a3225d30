"""Does a plan keep the rules of its programme? Rules are data; each control is a small function that they name.

A plan is three tables: its projects, their partners, their actions. Every rule gives one outcome for each project, or
one for the whole plan, with the evidence in Italian. What the tables do not say is never guessed: the outcome is
``non verificabile`` and the evidence names what is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Final

import pandas as pd

from conciliazione_lib.errors import CalcoloError, Problem
from conciliazione_lib.indicators.amounts import exact
from conciliazione_lib.indicators.plan_vocabulary import (
    BENEFICIARIES,
    EXCLUDED_EXPENSES,
    LOCAL,
    NOT_PROFIT,
    PUBLIC,
    TERRITORIAL,
)

RESPECTED: Final = "rispettata"
NOT_RESPECTED: Final = "non rispettata"
NOT_VERIFIABLE: Final = "non verificabile"
FROM_DOCUMENTS: Final = "da verificare sui documenti"
OUTCOMES: Final = (NOT_RESPECTED, NOT_VERIFIABLE, FROM_DOCUMENTS, RESPECTED)

_SYSTEM: Final = "azione di sistema"


@dataclass(frozen=True)
class Plan:
    """The plan of an ATS as three tables.

    Attributes
    ----------
    progetti : DataFrame
        ``progetto, titolo, tipo, costo, contributo, inizio, fine``.
    partner : DataFrame
        ``progetto, ente, natura, ruolo``.
    azioni : DataFrame
        ``progetto, azione, categoria, contributo, spesa``.
    dotazione : amount, optional
        Euros assigned to the ATS for the programme.
    """

    progetti: pd.DataFrame
    partner: pd.DataFrame
    azioni: pd.DataFrame
    dotazione: Any = None

    def of(self, tabella: pd.DataFrame, progetto: str) -> pd.DataFrame:
        """Return the rows of one project."""
        return tabella[tabella["progetto"] == progetto]


@dataclass(frozen=True)
class _Outcome:
    esito: str
    evidenza: str
    progetto: str | None = None


def check(plan: Plan, rules: pd.DataFrame) -> pd.DataFrame:
    """Check a plan against the rules of its programme.

    Parameters
    ----------
    plan : Plan
        The plan.
    rules : DataFrame
        Rows of the table ``regole_programma`` that apply to the plan.

    Returns
    -------
    DataFrame
        One row per rule and project (``progetto`` missing for the rules on the whole plan):
        ``regola, titolo, articolo, progetto, esito, evidenza``, in the order of the rules.

    Raises
    ------
    CalcoloError
        The plan has no project, or partners and actions of projects that are not in it.
    """
    _check_projects(plan)
    rows = [
        (rule["regola"], rule["titolo"], rule["articolo"], found.progetto, found.esito, found.evidenza)
        for rule in rules.to_dict("records")
        for found in _CHECKS[str(rule["controllo"])](plan, rule)
    ]
    columns = ["regola", "titolo", "articolo", "progetto", "esito", "evidenza"]
    return pd.DataFrame(rows, columns=columns, dtype="str")


def _check_projects(plan: Plan) -> None:
    known = set(plan.progetti["progetto"])
    if not known:
        raise CalcoloError("Il piano non ha progetti.", "Compilare almeno una riga della tabella dei progetti.")
    problems = [
        Problem("un progetto dell'elenco", str(project), foglio=name)
        for name, table in (("Partner", plan.partner), ("Azioni", plan.azioni))
        for project in sorted(set(table["progetto"]) - known)
    ]
    if problems:
        raise CalcoloError(
            "Ci sono righe di progetti che non sono nell'elenco dei progetti.",
            f"Usare uno dei codici: {', '.join(sorted(map(str, known)))}.",
            problems,
        )


# --- controls on each project ---------------------------------------------------------------------------------------


def _projects(plan: Plan) -> Iterator[tuple[str, dict[Any, Any]]]:
    for row in plan.progetti.to_dict("records"):
        if row["tipo"] != _SYSTEM:
            yield str(row["progetto"]), row


def _fewest_macrocategories(plan: Plan, regola: dict[Any, Any]) -> Iterator[_Outcome]:
    for project, _ in _projects(plan):
        letters = sorted(set(plan.of(plan.azioni, project)["categoria"]) - {"tempi"})
        yield _verdict(len(letters) >= regola["soglia"], f"macrocategorie: {', '.join(letters) or 'nessuna'}", project)


def _fewest_bodies(plan: Plan, regola: dict[Any, Any]) -> Iterator[_Outcome]:
    for project, _ in _projects(plan):
        partner = _beneficiaries(plan, project)
        bodies = sorted(set(partner.loc[partner["natura"].isin(BENEFICIARIES), "ente"]))
        yield _verdict(
            len(bodies) >= regola["soglia"], f"enti beneficiari: {len(bodies)} ({'; '.join(bodies)})", project
        )


def _allowed_natures(plan: Plan, regola: dict[Any, Any]) -> Iterator[_Outcome]:
    for project, _ in _projects(plan):
        partner = _beneficiaries(plan, project)
        excluded = partner[~partner["natura"].isin(BENEFICIARIES)]
        names = [f"{row.ente} ({row.natura})" for row in excluded.itertuples()]
        yield _verdict(not names, f"non ammessi fra i beneficiari: {'; '.join(names) or 'nessuno'}", project)


def _territorial_body(plan: Plan, regola: dict[Any, Any]) -> Iterator[_Outcome]:
    for project, _ in _projects(plan):
        partner = _beneficiaries(plan, project)
        bodies = list(partner.loc[partner["natura"].isin(TERRITORIAL), "ente"])
        yield _verdict(bool(bodies), f"enti pubblici territoriali: {'; '.join(bodies) or 'nessuno'}", project)


def _lead(plan: Plan, regola: dict[Any, Any]) -> Iterator[_Outcome]:
    for project, _ in _projects(plan):
        partner = plan.of(plan.partner, project)
        lead = partner[partner["ruolo"] == "capofila"]
        if len(lead) != 1:
            yield _Outcome(NOT_RESPECTED, f"capofila indicati: {len(lead)}", project)
            continue
        body, nature = lead.iloc[0][["ente", "natura"]]
        if nature in PUBLIC:
            yield _Outcome(RESPECTED, f"capofila pubblico: {body}", project)
        elif nature in NOT_PROFIT:
            local = partner[(partner["ruolo"] == "partner") & partner["natura"].isin(LOCAL)]
            listing = "; ".join(local["ente"]) or "nessuno"
            text = f"capofila privato non profit: {body}; enti pubblici locali o ambiti: {listing}"
            yield _verdict(not local.empty, text, project)
        else:
            yield _Outcome(NOT_RESPECTED, f"capofila {body}: {nature}", project)


def _duration_in_months(plan: Plan, regola: dict[Any, Any]) -> Iterator[_Outcome]:
    for project, row in _projects(plan):
        if pd.isna(row["inizio"]) or pd.isna(row["fine"]):
            yield _Outcome(NOT_VERIFIABLE, "mancano le date di inizio e fine", project)
            continue
        start, end = (date.fromisoformat(str(row[name])) for name in ("inizio", "fine"))
        months = _whole_months(start, end)
        text = f"dal {start:%d/%m/%Y} al {end:%d/%m/%Y}: {months} mesi interi"
        yield _verdict(months == regola["soglia"], text, project)


def _least_cofinancing(plan: Plan, regola: dict[Any, Any]) -> Iterator[_Outcome]:
    for project, row in _projects(plan):
        if _missing(row, "costo", "contributo") or not row["costo"]:
            yield _Outcome(NOT_VERIFIABLE, "mancano il costo o il contributo", project)
            continue
        cost, contribution = exact(row["costo"]), exact(row["contributo"])
        share = 100 * (cost - contribution) / cost
        yield _verdict(share >= exact(regola["soglia"]), f"cofinanziamento {_percent(share)} del costo", project)


def _largest_contribution(plan: Plan, regola: dict[Any, Any]) -> Iterator[_Outcome]:
    for project, row in _projects(plan):
        if _missing(row, "contributo"):
            yield _Outcome(NOT_VERIFIABLE, "manca il contributo", project)
            continue
        yield _verdict(row["contributo"] <= regola["soglia"], f"contributo {_euro(row['contributo'])}", project)


def _least_value(plan: Plan, regola: dict[Any, Any]) -> Iterator[_Outcome]:
    for project, row in _projects(plan):
        if _missing(row, "costo"):
            yield _Outcome(NOT_VERIFIABLE, "manca il costo totale", project)
            continue
        yield _verdict(row["costo"] >= regola["soglia"], f"valore complessivo {_euro(row['costo'])}", project)


def _excluded_expenses(plan: Plan, regola: dict[Any, Any]) -> Iterator[_Outcome]:
    for project in plan.progetti["progetto"]:
        actions = plan.of(plan.azioni, project)
        excluded = actions[actions["spesa"].isin(EXCLUDED_EXPENSES)]
        without_amount = excluded[excluded["contributo"].isna()]
        finanziate = excluded[excluded["contributo"].fillna(0) > 0]
        listing = "; ".join(f"{row.azione} ({row.spesa})" for row in finanziate.itertuples())
        if finanziate.empty and not without_amount.empty:
            yield _Outcome(
                NOT_VERIFIABLE, f"manca il contributo di: {'; '.join(without_amount['azione'])}", str(project)
            )
        else:
            yield _verdict(
                finanziate.empty, f"spese non finanziabili con contributo: {listing or 'nessuna'}", str(project)
            )


# --- controls on the whole plan -------------------------------------------------------------------------------------


def _budget(plan: Plan, regola: dict[Any, Any]) -> Iterator[_Outcome]:
    yield _within(plan, plan.progetti, Fraction(100), "contributi del piano")


def _system_share(plan: Plan, regola: dict[Any, Any]) -> Iterator[_Outcome]:
    actions = plan.progetti[plan.progetti["tipo"] == _SYSTEM]
    yield _within(plan, actions, exact(regola["soglia"]), "azioni di sistema")


def _project_share(plan: Plan, regola: dict[Any, Any]) -> Iterator[_Outcome]:
    projects = plan.progetti[plan.progetti["tipo"] != _SYSTEM]
    yield _within(plan, projects, exact(regola["soglia"]), "progetti delle Alleanze")


def _category_reserve(plan: Plan, regola: dict[Any, Any]) -> Iterator[_Outcome]:
    if plan.dotazione is None:
        yield _Outcome(NOT_VERIFIABLE, "manca la dotazione dell'ATS")
        return
    # The reserve is a share of what goes to the projects (the base), not of the whole endowment.
    threshold = exact(plan.dotazione) * exact(regola["base"]) / 100 * exact(regola["soglia"]) / 100
    actions = plan.azioni[plan.azioni["categoria"] == regola["categoria"]]
    if actions["contributo"].isna().any():
        yield _Outcome(
            NOT_VERIFIABLE,
            f"manca il contributo di: {'; '.join(actions.loc[actions['contributo'].isna(), 'azione'])}",
        )
        return
    total_of = _sum(actions["contributo"])
    yield _verdict(total_of >= threshold, f"destinati {_euro(total_of)}, riserva {_euro(threshold)}")


def _documentary(plan: Plan, regola: dict[Any, Any]) -> Iterator[_Outcome]:
    yield _Outcome(FROM_DOCUMENTS, "le tabelle del piano non dicono nulla di questa regola")


#: By the names of :data:`~conciliazione_lib.indicators.plan_vocabulary.CHECKS`.
_CHECKS: Final[Mapping[str, Callable[[Plan, dict[Any, Any]], Iterator[_Outcome]]]] = MappingProxyType(
    {
        "macrocategorie_minime": _fewest_macrocategories,
        "enti_minimi": _fewest_bodies,
        "nature_ammesse": _allowed_natures,
        "ente_territoriale": _territorial_body,
        "capofila": _lead,
        "durata_mesi": _duration_in_months,
        "spese_escluse": _excluded_expenses,
        "cofinanziamento_minimo": _least_cofinancing,
        "contributo_massimo": _largest_contribution,
        "valore_minimo": _least_value,
        "dotazione": _budget,
        "quota_sistema_massima": _system_share,
        "quota_progetti_massima": _project_share,
        "riserva_categoria": _category_reserve,
        "documentale": _documentary,
    }
)


# --- what the controls share ----------------------------------------------------------------------------------------


def _verdict(respected: bool, evidenza: str, progetto: str | None = None) -> _Outcome:
    return _Outcome(RESPECTED if respected else NOT_RESPECTED, evidenza, progetto)


def _beneficiaries(plan: Plan, progetto: str) -> pd.DataFrame:
    partner = plan.of(plan.partner, progetto)
    return partner[partner["ruolo"] != "rete di supporto"]


def _within(plan: Plan, rows: pd.DataFrame, percent: Fraction, what: str) -> _Outcome:
    if plan.dotazione is None:
        return _Outcome(NOT_VERIFIABLE, "manca la dotazione dell'ATS")
    if rows["contributo"].isna().any():
        missing = "; ".join(map(str, rows.loc[rows["contributo"].isna(), "progetto"]))
        return _Outcome(NOT_VERIFIABLE, f"manca il contributo di: {missing}")
    total_of, ceiling = _sum(rows["contributo"]), exact(plan.dotazione) * percent / 100
    return _verdict(total_of <= ceiling, f"{what}: {_euro(total_of)} su {_euro(ceiling)}")


def _missing(row: dict[Any, Any], *columns: str) -> bool:
    return any(pd.isna(row[name]) for name in columns)


def _sum(amounts: pd.Series) -> Fraction:
    return sum((exact(value) for value in amounts), Fraction(0))


def _last_day(inizio: date, months: int) -> date:
    """Return the last day of a period of whole months that begins on ``inizio``."""
    years, rest = divmod(inizio.month - 1 + months, 12)
    day = inizio.day
    while True:
        try:
            return date(inizio.year + years, rest + 1, day) - timedelta(days=1)
        except ValueError:
            day -= 1


def _whole_months(inizio: date, fine: date) -> int:
    months = 12 * (fine.year - inizio.year) + fine.month - inizio.month + 1
    while months > 0 and _last_day(inizio, months) > fine:
        months -= 1
    return months


def _euro(importo: Any) -> str:
    whole, cents = divmod(round(exact(importo) * 100), 100)
    return f"{whole:,}".replace(",", ".") + f",{cents:02d} €"


def _percent(quota: Fraction) -> str:
    return f"{float(quota):.1f}%".replace(".", ",")
