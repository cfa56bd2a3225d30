"""Back-test: the figures of a document of 2020, made again from our data, and why they differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Literal

import pandas as pd

from conciliazione_lib import territory
from conciliazione_lib.evidence.formats import format_
from conciliazione_lib.indicators import demography
from conciliazione_lib.indicators.resources import split
from conciliazione_lib.quality.arithmetic import Comparison, exact, rounding
from conciliazione_lib.quality.reading import forget, population, read, residents

Reason = Literal["nessuno", "data", "geografia", "definizione", "errore"]

#: How the reports call the reasons of a difference.
REASONS: Mapping[Reason, str] = MappingProxyType(
    {
        "nessuno": "nessuna differenza",
        "data": "data diversa",
        "geografia": "geografia diversa",
        "definizione": "definizione o fonte diversa",
        "errore": "errore nel documento",
    }
)
#: Date of our population and of our geography.
DATA = "2022-01-01"


@dataclass(frozen=True)
class Remade:
    """A figure of the document and ours.

    Attributes
    ----------
    voce, descrizione, livello, territorio, anno, unita, sezione : str or int
        As in the table ``documento_2020``.
    confronto : Comparison
        What is printed, what we compute, and what the rounding of the print explains.
    motivo, spiegazione : str
        Why they differ; ``nessuno`` where they do not.
    """

    voce: str
    descrizione: str
    livello: str
    territorio: str
    anno: int
    unita: str
    decimali: int
    sezione: str
    confronto: Comparison
    motivo: Reason
    spiegazione: str

    def testo(self, valore: Decimal, sign: bool = False) -> str:
        """Return a value as the document would print it."""
        unit = "punti percentuali" if sign and self.unita == "%" else self.unita
        return format_(float(valore), unit, self.decimali, sign=sign)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data with Italian keys; numbers as the document would print them."""
        return {
            "voce": self.voce,
            "descrizione": self.descrizione,
            "anno": self.anno,
            "sezione": self.sezione,
            "documento": self.testo(self.confronto.published),
            "nostra": self.testo(self.confronto.expected),
            "differenza": self.testo(self.confronto.difference, sign=True),
            "motivo": REASONS[self.motivo],
            "spiegazione": self.spiegazione,
        }


def _dependency() -> float:
    indices = demography.indices(population("ats", DATA)).set_index("territorio")
    return float(indices["indice_dipendenza_strutturale"]["milano"])


def _birth_rate() -> float:
    """Return the published rates of Milano and Lodi in 2019, weighted by their residents."""
    rates = read("figure_pubblicate").query(
        "indicatore == 'tasso_natalita' and livello == 'provincia' and anno == 2019 and territorio in ('MI', 'LO')"
    )
    weights = residents("provincia", DATA)[rates["territorio"]].to_numpy()
    return float((rates["valore"].to_numpy() * weights).sum() / weights.sum())


def _published(indicatore: str) -> float:
    rows = read("figure_pubblicate").query(
        "indicatore == @indicatore and territorio == 'lombardia' and anno == 2022 and sesso == 'T'"
    )
    return float(rows["valore"].item())


def _share_45_54() -> float:
    lombardia = population("regione", DATA)
    return float(100 * lombardia.query("45 <= eta <= 54")["residenti"].sum() / lombardia["residenti"].sum())


def _comuni() -> pd.DataFrame:
    comuni = territory.load(data=DATA).comuni
    return comuni[comuni["ats"] == "milano"]


def _parts_of_milano() -> pd.Series:
    quote = read("riparti").query("programma == '2020-2023' and livello == 'ats' and territorio == 'milano'")
    total = quote.query("periodo == '2020-2022' and precisione == 'centesimo'")["importo"].item()
    return split(f"{total:.2f}", {"sistema": 25, "alleanze": 75})


def _years_2398() -> float:
    quote = read("riparti").query("programma == '2020-2023' and livello == 'regione' and voce == 'totale'")
    return float(quote[quote["periodo"].isin(["2020", "2021", "2022"])]["importo"].sum())


def _adopting() -> dict[str, float]:
    return {str(entry): float(v) for entry, v in read("piani_tempi_regione").set_index("voce")["valore"].items()}


def _classes() -> float:
    p = _adopting()
    return p["capoluoghi"] + p["oltre_30000"] + p["da_15000_a_30000"] + p["sotto_15000"]


def _adopting_share() -> float:
    return 100 * _adopting()["comuni_adottanti"] / len(territory.load(data="2019-12-01").comuni)


#: How each figure of the document is made again.
_REMADE: Mapping[str, Callable[[], float | int | Decimal]] = MappingProxyType(
    {
        "residenti_milano": lambda: int(residents("ats", DATA)["milano"]),
        "dipendenza_milano": _dependency,
        "natalita_milano": _birth_rate,
        "distretti_milano": lambda: int(_comuni()["distretto"].nunique()),
        "ambiti_milano": lambda: int(_comuni()["ambito"].nunique()),
        "comuni_milano": lambda: len(_comuni()),
        "residenti_lombardia": lambda: int(residents("regione", DATA)["lombardia"]),
        "stranieri_lombardia": lambda: _published("stranieri_residenti"),
        "quota_stranieri_lombardia": lambda: _published("stranieri_residenti_pct"),
        "eta_45_54_lombardia": _share_45_54,
        "residenti_italia": lambda: int(read("popolazione_italia", DATA)["residenti"].sum()),
        "quota_risorse_milano": lambda: float(100 * residents("ats", DATA)["milano"] / residents("ats", DATA).sum()),
        "sistema_milano": lambda: _parts_of_milano()["sistema"],
        "alleanze_milano": lambda: _parts_of_milano()["alleanze"],
        "totale_ats_2398": _years_2398,
        "comuni_con_piano": _classes,
        "quota_comuni_con_piano": _adopting_share,
    }
)


def remake() -> list[Remade]:
    """Make the figures of the document again.

    Returns
    -------
    list of Remade
        In the order of the table ``documento_2020``. Figures of the document that our data cannot reach are not in the
        table.
    """
    forget()
    outcome = []
    for row in read("documento_2020").to_dict("records"):
        our = exact(_REMADE[row["voce"]]())
        comparison = Comparison(exact(row["valore"]), our, rounding(row["decimali"]))
        returns = comparison.holds
        fields = ("voce", "descrizione", "livello", "territorio", "anno", "unita", "decimali", "sezione")
        outcome.append(
            Remade(
                **{field: row[field] for field in fields},
                confronto=comparison,
                motivo="nessuno" if returns else row["motivo"],
                spiegazione="" if returns or pd.isna(row["spiegazione"]) else row["spiegazione"],
            )
        )
    return outcome
