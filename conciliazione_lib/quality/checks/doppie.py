"""The same fact in two tables or two documents: it must be the same number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Any

import pandas as pd

from conciliazione_lib.evidence.formats import euro
from conciliazione_lib.quality.arithmetic import compare
from conciliazione_lib.quality.check import Outcome, check, outcome_of, outcome_of_many
from conciliazione_lib.quality.reading import read

FATTI = "Cifre pubblicate raccolte"


@dataclass(frozen=True)
class _Pair:
    """An indicator of ``figure_pubblicate`` and the table that carries it too.

    Attributes
    ----------
    indicatore : str
        In ``figure_pubblicate``.
    tabella, valore : str
        The other table, and its column of values.
    chiavi : sequence of str
        Columns that identify a fact in both.
    dove : mapping
        Rows of the other table: column and value.
    """

    indicatore: str
    tabella: str
    chiavi: Sequence[str]
    dove: Mapping[str, str] = field(default_factory=dict)
    valore: str = "valore"


def _due_tabelle(pair: _Pair) -> Outcome:
    """Compare every value that both tables carry."""
    chiavi = list(pair.chiavi)
    prima = read("figure_pubblicate").query("indicatore == @pair.indicatore").set_index(chiavi)["valore"]
    altra: pd.DataFrame = read(pair.tabella)
    for colonna, voluto in pair.dove.items():
        altra = altra[altra[colonna] == voluto]
    coppie = pd.concat([prima, altra.set_index(chiavi)[pair.valore]], axis=1, keys=["a", "b"]).dropna()
    diverse = coppie[coppie["a"] != coppie["b"]]
    return outcome_of_many(
        [_nome(chiave) for chiave in diverse.index],
        len(coppie),
        "Lo stesso valore in due tabelle",
        "Le due tabelle coincidono.",
    )


def _nome(chiave: Any) -> str:
    return " ".join(map(str, chiave))


_LUOGO = ("livello", "territorio", "anno", "sesso")
_ANNUO = MappingProxyType({"misura": "tasso_occupazione", "periodo": "anno"})
for _id, _titolo, _pair in (
    (
        "occupazione",
        "Tassi di occupazione di 20–64 anni",
        _Pair("tasso_occupazione_20_64", "occupazione", _LUOGO, {**_ANNUO, "eta": "20-64"}),
    ),
    (
        "occupazione-15-64",
        "Tassi di occupazione di 15–64 anni",
        _Pair("tasso_occupazione_15_64", "occupazione", _LUOGO, {**_ANNUO, "eta": "15-64", "serie": "rfl_2021"}),
    ),
    (
        "retribuzioni",
        "Retribuzioni medie annue",
        _Pair("retribuzione_media_annua_dipendenti", "retribuzioni", _LUOGO),
    ),
    (
        "dimissioni",
        "Convalide delle dimissioni dei genitori",
        _Pair("convalide_dimissioni_genitori", "dimissioni_genitori", _LUOGO, valore="provvedimenti"),
    ),
    (
        "part-time",
        "Quota di donne fra chi lavora a tempo parziale",
        _Pair("quota_donne_tra_part_time", "part_time", _LUOGO, {"misura": "quota_donne_tra_part_time"}),
    ),
    (
        "madri",
        "Occupazione delle madri di bambini piccoli, rispetto alle donne senza figli",
        _Pair(
            "rapporto_occupazione_madri_prescolare",
            "madri_occupazione",
            ("livello", "territorio", "anno"),
            {"misura": "rapporto_occupazione_madri"},
        ),
    ),
):
    check(
        f"doppie-{_id}",
        f"{_titolo}: le due tabelle danno gli stessi valori",
        fonti=[FATTI],
        tabelle=["figure_pubblicate", _pair.tabella],
        gravita="errore",
    )(partial(_due_tabelle, _pair))


def _stanziamento(anno: int, indicatore: str, programma: str, periodo: str) -> Outcome:
    pubblicato = read("figure_pubblicate").query("indicatore == @indicatore and anno == @anno")["valore"].item()
    righe = read("riparti").query(
        "programma == @programma and livello == 'regione' and periodo == @periodo and voce == 'totale'"
    )
    return outcome_of(compare(pubblicato, righe["importo"].iloc[0]), "Risorse nelle due fonti", euro)


for _programma, _anno, _indicatore, _periodo in (
    ("2019", 2019, "piani_conciliazione_proroga", "2019"),
    ("2020-2023", 2020, "piani_conciliazione_risorse", "2020-2022"),
    ("2025-2027", 2025, "piani_conciliazione_risorse", "2025-2027"),
):
    check(
        f"doppie-risorse-{_programma}",
        f"Risorse del programma {_programma}: i comunicati e gli atti dicono lo stesso importo",
        fonti=["Comunicati di Regione Lombardia", "Atti di riparto"],
        tabelle=["figure_pubblicate", "riparti"],
        gravita="avviso",
    )(partial(_stanziamento, _anno, _indicatore, _programma, _periodo))


def _dichiarato(gruppo: str, voce: str) -> float:
    righe = read("somme_dichiarate").query("gruppo == @gruppo and voce == @voce")
    return float(righe["valore"].item())


@check(
    "doppie-capitolo-8656",
    "Risorse del 2014: la voce comune della presentazione del 2015 è il capitolo 8656 della DGR X/1081",
    fonti=["DGR X/1081/2013, Allegato C", "Presentazione di Regione Lombardia sulle Reti, 2015"],
    tabelle=["somme_dichiarate", "risorse_2014_2015"],
    gravita="avviso",
)
def capitolo_8656() -> Outcome:
    """1.643.500 in both."""
    presentazione = read("risorse_2014_2015").query("situazione == 'luglio 2014' and voce == 'prima'")["importo"].item()
    atto = _dichiarato("bilancio-1081", "capitolo 8656, esercizio 2014")
    return outcome_of(compare(presentazione, atto), "Importo nella presentazione e nell'atto", euro)


@check(
    "doppie-capitolo-7955",
    "DGR X/1081: le risorse regionali della linea g) dell'Allegato E sono i capitoli 7955 dell'Allegato C",
    fonti=["DGR X/1081/2013, Allegato C", "DGR X/1081/2013, Allegato E"],
    tabelle=["somme_dichiarate"],
    gravita="avviso",
)
def capitolo_7955() -> Outcome:
    """876.000 + 1.000.000 against 1.876.000."""
    capitoli = sum(_dichiarato("bilancio-1081", f"capitolo 7955, esercizio {anno}") for anno in (2014, 2015))
    linea = _dichiarato("intesa-2012-regionali", "linea g), prima quota")
    return outcome_of(compare(linea, capitoli), "Importo della linea g) e somma dei due capitoli", euro)


def _nel_riparto(programma: str, voce: str, gruppo: str, dichiarata: str) -> Outcome:
    righe = read("riparti").query("programma == @programma and livello == 'regione' and voce == @voce")
    return outcome_of(
        compare(righe["importo"].item(), _dichiarato(gruppo, dichiarata)), "Importo nelle due tabelle", euro
    )


for _id, _titolo, _argomenti in (
    (
        "formazione-1081",
        "DGR X/1081: la formazione",
        ("2014-2015", "formazione", "formazione-1081", "formazione e accompagnamento"),
    ),
    (
        "azioni-regionali-2398",
        "DGR 2398/2019: le azioni di Regione Lombardia",
        ("2020-2023", "azioni regionali", "risorse-2398", "azioni di Regione Lombardia"),
    ),
):
    check(
        f"doppie-{_id}",
        f"{_titolo}: le due tabelle danno lo stesso importo",
        fonti=["Atti di riparto"],
        tabelle=["riparti", "somme_dichiarate"],
        gravita="errore",
    )(partial(_nel_riparto, *_argomenti))
