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
    righe = [
        (regola["regola"], regola["titolo"], regola["articolo"], trovato.progetto, trovato.esito, trovato.evidenza)
        for regola in rules.to_dict("records")
        for trovato in _CONTROLLI[str(regola["controllo"])](plan, regola)
    ]
    colonne = ["regola", "titolo", "articolo", "progetto", "esito", "evidenza"]
    return pd.DataFrame(righe, columns=colonne, dtype="str")


def _check_projects(plan: Plan) -> None:
    noti = set(plan.progetti["progetto"])
    if not noti:
        raise CalcoloError("Il piano non ha progetti.", "Compilare almeno una riga della tabella dei progetti.")
    problemi = [
        Problem("un progetto dell'elenco", str(progetto), foglio=nome)
        for nome, tabella in (("Partner", plan.partner), ("Azioni", plan.azioni))
        for progetto in sorted(set(tabella["progetto"]) - noti)
    ]
    if problemi:
        raise CalcoloError(
            "Ci sono righe di progetti che non sono nell'elenco dei progetti.",
            f"Usare uno dei codici: {', '.join(sorted(map(str, noti)))}.",
            problemi,
        )


# --- controls on each project ---------------------------------------------------------------------------------------


def _projects(plan: Plan) -> Iterator[tuple[str, dict[Any, Any]]]:
    for riga in plan.progetti.to_dict("records"):
        if riga["tipo"] != _SISTEMA:
            yield str(riga["progetto"]), riga


def _macrocategorie_minime(plan: Plan, regola: dict[Any, Any]) -> Iterator[_Esito]:
    for progetto, _ in _projects(plan):
        lettere = sorted(set(plan.of(plan.azioni, progetto)["categoria"]) - {"tempi"})
        yield _verdict(len(lettere) >= regola["soglia"], f"macrocategorie: {', '.join(lettere) or 'nessuna'}", progetto)


def _enti_minimi(plan: Plan, regola: dict[Any, Any]) -> Iterator[_Esito]:
    for progetto, _ in _projects(plan):
        partner = _beneficiaries(plan, progetto)
        enti = sorted(set(partner.loc[partner["natura"].isin(BENEFICIARI), "ente"]))
        yield _verdict(len(enti) >= regola["soglia"], f"enti beneficiari: {len(enti)} ({'; '.join(enti)})", progetto)


def _nature_ammesse(plan: Plan, regola: dict[Any, Any]) -> Iterator[_Esito]:
    for progetto, _ in _projects(plan):
        partner = _beneficiaries(plan, progetto)
        esclusi = partner[~partner["natura"].isin(BENEFICIARI)]
        nomi = [f"{riga.ente} ({riga.natura})" for riga in esclusi.itertuples()]
        yield _verdict(not nomi, f"non ammessi fra i beneficiari: {'; '.join(nomi) or 'nessuno'}", progetto)


def _ente_territoriale(plan: Plan, regola: dict[Any, Any]) -> Iterator[_Esito]:
    for progetto, _ in _projects(plan):
        partner = _beneficiaries(plan, progetto)
        enti = list(partner.loc[partner["natura"].isin(TERRITORIALI), "ente"])
        yield _verdict(bool(enti), f"enti pubblici territoriali: {'; '.join(enti) or 'nessuno'}", progetto)


def _capofila(plan: Plan, regola: dict[Any, Any]) -> Iterator[_Esito]:
    for progetto, _ in _projects(plan):
        partner = plan.of(plan.partner, progetto)
        capofila = partner[partner["ruolo"] == "capofila"]
        if len(capofila) != 1:
            yield _Esito(NON_RISPETTATA, f"capofila indicati: {len(capofila)}", progetto)
            continue
        ente, natura = capofila.iloc[0][["ente", "natura"]]
        if natura in PUBBLICI:
            yield _Esito(RISPETTATA, f"capofila pubblico: {ente}", progetto)
        elif natura in NON_PROFIT:
            locali = partner[(partner["ruolo"] == "partner") & partner["natura"].isin(LOCALI)]
            elenco = "; ".join(locali["ente"]) or "nessuno"
            testo = f"capofila privato non profit: {ente}; enti pubblici locali o ambiti: {elenco}"
            yield _verdict(not locali.empty, testo, progetto)
        else:
            yield _Esito(NON_RISPETTATA, f"capofila {ente}: {natura}", progetto)


def _durata_mesi(plan: Plan, regola: dict[Any, Any]) -> Iterator[_Esito]:
    for progetto, riga in _projects(plan):
        if pd.isna(riga["inizio"]) or pd.isna(riga["fine"]):
            yield _Esito(NON_VERIFICABILE, "mancano le date di inizio e fine", progetto)
            continue
        inizio, fine = (date.fromisoformat(str(riga[nome])) for nome in ("inizio", "fine"))
        mesi = _whole_months(inizio, fine)
        testo = f"dal {inizio:%d/%m/%Y} al {fine:%d/%m/%Y}: {mesi} mesi interi"
        yield _verdict(mesi == regola["soglia"], testo, progetto)


def _cofinanziamento_minimo(plan: Plan, regola: dict[Any, Any]) -> Iterator[_Esito]:
    for progetto, riga in _projects(plan):
        if _missing(riga, "costo", "contributo") or not riga["costo"]:
            yield _Esito(NON_VERIFICABILE, "mancano il costo o il contributo", progetto)
            continue
        costo, contributo = exact(riga["costo"]), exact(riga["contributo"])
        quota = 100 * (costo - contributo) / costo
        yield _verdict(quota >= exact(regola["soglia"]), f"cofinanziamento {_percent(quota)} del costo", progetto)


def _contributo_massimo(plan: Plan, regola: dict[Any, Any]) -> Iterator[_Esito]:
    for progetto, riga in _projects(plan):
        if _missing(riga, "contributo"):
            yield _Esito(NON_VERIFICABILE, "manca il contributo", progetto)
            continue
        yield _verdict(riga["contributo"] <= regola["soglia"], f"contributo {_euro(riga['contributo'])}", progetto)


def _valore_minimo(plan: Plan, regola: dict[Any, Any]) -> Iterator[_Esito]:
    for progetto, riga in _projects(plan):
        if _missing(riga, "costo"):
            yield _Esito(NON_VERIFICABILE, "manca il costo totale", progetto)
            continue
        yield _verdict(riga["costo"] >= regola["soglia"], f"valore complessivo {_euro(riga['costo'])}", progetto)


def _spese_escluse(plan: Plan, regola: dict[Any, Any]) -> Iterator[_Esito]:
    for progetto in plan.progetti["progetto"]:
        azioni = plan.of(plan.azioni, progetto)
        escluse = azioni[azioni["spesa"].isin(SPESE_ESCLUSE)]
        senza_importo = escluse[escluse["contributo"].isna()]
        finanziate = escluse[escluse["contributo"].fillna(0) > 0]
        elenco = "; ".join(f"{riga.azione} ({riga.spesa})" for riga in finanziate.itertuples())
        if finanziate.empty and not senza_importo.empty:
            yield _Esito(
                NON_VERIFICABILE, f"manca il contributo di: {'; '.join(senza_importo['azione'])}", str(progetto)
            )
        else:
            yield _verdict(
                finanziate.empty, f"spese non finanziabili con contributo: {elenco or 'nessuna'}", str(progetto)
            )


# --- controls on the whole plan -------------------------------------------------------------------------------------


def _dotazione(plan: Plan, regola: dict[Any, Any]) -> Iterator[_Esito]:
    yield _within(plan, plan.progetti, Fraction(100), "contributi del piano")


def _quota_sistema(plan: Plan, regola: dict[Any, Any]) -> Iterator[_Esito]:
    azioni = plan.progetti[plan.progetti["tipo"] == _SISTEMA]
    yield _within(plan, azioni, exact(regola["soglia"]), "azioni di sistema")


def _quota_progetti(plan: Plan, regola: dict[Any, Any]) -> Iterator[_Esito]:
    progetti = plan.progetti[plan.progetti["tipo"] != _SISTEMA]
    yield _within(plan, progetti, exact(regola["soglia"]), "progetti delle Alleanze")


def _riserva_categoria(plan: Plan, regola: dict[Any, Any]) -> Iterator[_Esito]:
    if plan.dotazione is None:
        yield _Esito(NON_VERIFICABILE, "manca la dotazione dell'ATS")
        return
    # The reserve is a share of what goes to the projects (the base), not of the whole endowment.
    soglia = exact(plan.dotazione) * exact(regola["base"]) / 100 * exact(regola["soglia"]) / 100
    azioni = plan.azioni[plan.azioni["categoria"] == regola["categoria"]]
    if azioni["contributo"].isna().any():
        yield _Esito(
            NON_VERIFICABILE, f"manca il contributo di: {'; '.join(azioni.loc[azioni['contributo'].isna(), 'azione'])}"
        )
        return
    somma = _sum(azioni["contributo"])
    yield _verdict(somma >= soglia, f"destinati {_euro(somma)}, riserva {_euro(soglia)}")


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
        mancanti = "; ".join(map(str, righe.loc[righe["contributo"].isna(), "progetto"]))
        return _Esito(NON_VERIFICABILE, f"manca il contributo di: {mancanti}")
    somma, tetto = _sum(righe["contributo"]), exact(plan.dotazione) * percento / 100
    return _verdict(somma <= tetto, f"{che_cosa}: {_euro(somma)} su {_euro(tetto)}")


def _missing(riga: dict[Any, Any], *colonne: str) -> bool:
    return any(pd.isna(riga[nome]) for nome in colonne)


def _sum(importi: pd.Series) -> Fraction:
    return sum((exact(valore) for valore in importi), Fraction(0))


def _last_day(inizio: date, mesi: int) -> date:
    """Return the last day of a period of whole months that begins on ``inizio``."""
    anni, resto = divmod(inizio.month - 1 + mesi, 12)
    giorno = inizio.day
    while True:
        try:
            return date(inizio.year + anni, resto + 1, giorno) - timedelta(days=1)
        except ValueError:
            giorno -= 1


def _whole_months(inizio: date, fine: date) -> int:
    mesi = 12 * (fine.year - inizio.year) + fine.month - inizio.month + 1
    while mesi > 0 and _last_day(inizio, mesi) > fine:
        mesi -= 1
    return mesi


def _euro(importo: Any) -> str:
    intero, centesimi = divmod(round(exact(importo) * 100), 100)
    return f"{intero:,}".replace(",", ".") + f",{centesimi:02d} €"


def _percent(quota: Fraction) -> str:
    return f"{float(quota):.1f}%".replace(".", ",")
