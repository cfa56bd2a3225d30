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
    BENEFICIARI,
    LOCALI,
    NON_PROFIT,
    PUBBLICI,
    SPESE_ESCLUSE,
    TERRITORIALI,
)

RISPETTATA: Final = "rispettata"
NON_RISPETTATA: Final = "non rispettata"
NON_VERIFICABILE: Final = "non verificabile"
DA_DOCUMENTI: Final = "da verificare sui documenti"
ESITI: Final = (NON_RISPETTATA, NON_VERIFICABILE, DA_DOCUMENTI, RISPETTATA)

_SISTEMA: Final = "azione di sistema"


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
class _Esito:
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
        for found in _CONTROLLI[str(rule["controllo"])](plan, rule)
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
        if row["tipo"] != _SISTEMA:
            yield str(row["progetto"]), row


def _macrocategorie_minime(plan: Plan, regola: dict[Any, Any]) -> Iterator[_Esito]:
    for project, _ in _projects(plan):
        letters = sorted(set(plan.of(plan.azioni, project)["categoria"]) - {"tempi"})
        yield _verdict(len(letters) >= regola["soglia"], f"macrocategorie: {', '.join(letters) or 'nessuna'}", project)


def _enti_minimi(plan: Plan, regola: dict[Any, Any]) -> Iterator[_Esito]:
    for project, _ in _projects(plan):
        partner = _beneficiaries(plan, project)
        bodies = sorted(set(partner.loc[partner["natura"].isin(BENEFICIARI), "ente"]))
        yield _verdict(
            len(bodies) >= regola["soglia"], f"enti beneficiari: {len(bodies)} ({'; '.join(bodies)})", project
        )


def _nature_ammesse(plan: Plan, regola: dict[Any, Any]) -> Iterator[_Esito]:
    for project, _ in _projects(plan):
        partner = _beneficiaries(plan, project)
        excluded = partner[~partner["natura"].isin(BENEFICIARI)]
        names = [f"{row.ente} ({row.natura})" for row in excluded.itertuples()]
        yield _verdict(not names, f"non ammessi fra i beneficiari: {'; '.join(names) or 'nessuno'}", project)


def _ente_territoriale(plan: Plan, regola: dict[Any, Any]) -> Iterator[_Esito]:
    for project, _ in _projects(plan):
        partner = _beneficiaries(plan, project)
        bodies = list(partner.loc[partner["natura"].isin(TERRITORIALI), "ente"])
        yield _verdict(bool(bodies), f"enti pubblici territoriali: {'; '.join(bodies) or 'nessuno'}", project)


def _capofila(plan: Plan, regola: dict[Any, Any]) -> Iterator[_Esito]:
    for project, _ in _projects(plan):
        partner = plan.of(plan.partner, project)
        lead = partner[partner["ruolo"] == "capofila"]
        if len(lead) != 1:
            yield _Esito(NON_RISPETTATA, f"capofila indicati: {len(lead)}", project)
            continue
        body, nature = lead.iloc[0][["ente", "natura"]]
        if nature in PUBBLICI:
            yield _Esito(RISPETTATA, f"capofila pubblico: {body}", project)
        elif nature in NON_PROFIT:
            local = partner[(partner["ruolo"] == "partner") & partner["natura"].isin(LOCALI)]
            listing = "; ".join(local["ente"]) or "nessuno"
            text = f"capofila privato non profit: {body}; enti pubblici locali o ambiti: {listing}"
            yield _verdict(not local.empty, text, project)
        else:
            yield _Esito(NON_RISPETTATA, f"capofila {body}: {nature}", project)


def _durata_mesi(plan: Plan, regola: dict[Any, Any]) -> Iterator[_Esito]:
    for project, row in _projects(plan):
        if pd.isna(row["inizio"]) or pd.isna(row["fine"]):
            yield _Esito(NON_VERIFICABILE, "mancano le date di inizio e fine", project)
            continue
        start, end = (date.fromisoformat(str(row[name])) for name in ("inizio", "fine"))
        months = _whole_months(start, end)
        text = f"dal {start:%d/%m/%Y} al {end:%d/%m/%Y}: {months} mesi interi"
        yield _verdict(months == regola["soglia"], text, project)


def _cofinanziamento_minimo(plan: Plan, regola: dict[Any, Any]) -> Iterator[_Esito]:
    for project, row in _projects(plan):
        if _missing(row, "costo", "contributo") or not row["costo"]:
            yield _Esito(NON_VERIFICABILE, "mancano il costo o il contributo", project)
            continue
        cost, contribution = exact(row["costo"]), exact(row["contributo"])
        share = 100 * (cost - contribution) / cost
        yield _verdict(share >= exact(regola["soglia"]), f"cofinanziamento {_percent(share)} del costo", project)


def _contributo_massimo(plan: Plan, regola: dict[Any, Any]) -> Iterator[_Esito]:
    for project, row in _projects(plan):
        if _missing(row, "contributo"):
            yield _Esito(NON_VERIFICABILE, "manca il contributo", project)
            continue
        yield _verdict(row["contributo"] <= regola["soglia"], f"contributo {_euro(row['contributo'])}", project)


def _valore_minimo(plan: Plan, regola: dict[Any, Any]) -> Iterator[_Esito]:
    for project, row in _projects(plan):
        if _missing(row, "costo"):
            yield _Esito(NON_VERIFICABILE, "manca il costo totale", project)
            continue
        yield _verdict(row["costo"] >= regola["soglia"], f"valore complessivo {_euro(row['costo'])}", project)


def _spese_escluse(plan: Plan, regola: dict[Any, Any]) -> Iterator[_Esito]:
    for project in plan.progetti["progetto"]:
        actions = plan.of(plan.azioni, project)
        excluded = actions[actions["spesa"].isin(SPESE_ESCLUSE)]
        without_amount = excluded[excluded["contributo"].isna()]
        finanziate = excluded[excluded["contributo"].fillna(0) > 0]
        listing = "; ".join(f"{row.azione} ({row.spesa})" for row in finanziate.itertuples())
        if finanziate.empty and not without_amount.empty:
            yield _Esito(
                NON_VERIFICABILE, f"manca il contributo di: {'; '.join(without_amount['azione'])}", str(project)
            )
        else:
            yield _verdict(
                finanziate.empty, f"spese non finanziabili con contributo: {listing or 'nessuna'}", str(project)
            )


# --- controls on the whole plan -------------------------------------------------------------------------------------


def _dotazione(plan: Plan, regola: dict[Any, Any]) -> Iterator[_Esito]:
    yield _within(plan, plan.progetti, Fraction(100), "contributi del piano")


def _quota_sistema(plan: Plan, regola: dict[Any, Any]) -> Iterator[_Esito]:
    actions = plan.progetti[plan.progetti["tipo"] == _SISTEMA]
    yield _within(plan, actions, exact(regola["soglia"]), "azioni di sistema")


def _quota_progetti(plan: Plan, regola: dict[Any, Any]) -> Iterator[_Esito]:
    projects = plan.progetti[plan.progetti["tipo"] != _SISTEMA]
    yield _within(plan, projects, exact(regola["soglia"]), "progetti delle Alleanze")


def _riserva_categoria(plan: Plan, regola: dict[Any, Any]) -> Iterator[_Esito]:
    if plan.dotazione is None:
        yield _Esito(NON_VERIFICABILE, "manca la dotazione dell'ATS")
        return
    # The reserve is a share of what goes to the projects (the base), not of the whole endowment.
    threshold = exact(plan.dotazione) * exact(regola["base"]) / 100 * exact(regola["soglia"]) / 100
    actions = plan.azioni[plan.azioni["categoria"] == regola["categoria"]]
    if actions["contributo"].isna().any():
        yield _Esito(
            NON_VERIFICABILE,
            f"manca il contributo di: {'; '.join(actions.loc[actions['contributo'].isna(), 'azione'])}",
        )
        return
    total_of = _sum(actions["contributo"])
    yield _verdict(total_of >= threshold, f"destinati {_euro(total_of)}, riserva {_euro(threshold)}")


def _documentale(plan: Plan, regola: dict[Any, Any]) -> Iterator[_Esito]:
    yield _Esito(DA_DOCUMENTI, "le tabelle del piano non dicono nulla di questa regola")


#: By the names of :data:`~conciliazione_lib.indicators.plan_vocabulary.CONTROLLI`.
_CONTROLLI: Final[Mapping[str, Callable[[Plan, dict[Any, Any]], Iterator[_Esito]]]] = MappingProxyType(
    {
        "macrocategorie_minime": _macrocategorie_minime,
        "enti_minimi": _enti_minimi,
        "nature_ammesse": _nature_ammesse,
        "ente_territoriale": _ente_territoriale,
        "capofila": _capofila,
        "durata_mesi": _durata_mesi,
        "spese_escluse": _spese_escluse,
        "cofinanziamento_minimo": _cofinanziamento_minimo,
        "contributo_massimo": _contributo_massimo,
        "valore_minimo": _valore_minimo,
        "dotazione": _dotazione,
        "quota_sistema_massima": _quota_sistema,
        "quota_progetti_massima": _quota_progetti,
        "riserva_categoria": _riserva_categoria,
        "documentale": _documentale,
    }
)


# --- what the controls share ----------------------------------------------------------------------------------------


def _verdict(rispettata: bool, evidenza: str, progetto: str | None = None) -> _Esito:
    return _Esito(RISPETTATA if rispettata else NON_RISPETTATA, evidenza, progetto)


def _beneficiaries(plan: Plan, progetto: str) -> pd.DataFrame:
    partner = plan.of(plan.partner, progetto)
    return partner[partner["ruolo"] != "rete di supporto"]


def _within(plan: Plan, righe: pd.DataFrame, percento: Fraction, che_cosa: str) -> _Esito:
    if plan.dotazione is None:
        return _Esito(NON_VERIFICABILE, "manca la dotazione dell'ATS")
    if righe["contributo"].isna().any():
        missing = "; ".join(map(str, righe.loc[righe["contributo"].isna(), "progetto"]))
        return _Esito(NON_VERIFICABILE, f"manca il contributo di: {missing}")
    total_of, ceiling = _sum(righe["contributo"]), exact(plan.dotazione) * percento / 100
    return _verdict(total_of <= ceiling, f"{che_cosa}: {_euro(total_of)} su {_euro(ceiling)}")


def _missing(riga: dict[Any, Any], *colonne: str) -> bool:
    return any(pd.isna(riga[name]) for name in colonne)


def _sum(importi: pd.Series) -> Fraction:
    return sum((exact(value) for value in importi), Fraction(0))


def _last_day(inizio: date, mesi: int) -> date:
    """Return the last day of a period of whole months that begins on ``inizio``."""
    years, rest = divmod(inizio.month - 1 + mesi, 12)
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
