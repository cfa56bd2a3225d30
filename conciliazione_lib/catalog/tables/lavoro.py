"""Rules of work and care: totals among the sexes, shares within a hundred, years that were read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import Any, Final

import pandas as pd

from conciliazione_lib.catalog.spec import Rule
from conciliazione_lib.errors import Problem

#: Published with one decimal: a total may seem to leave its range by half a unit of the last digit.
_ROUNDING = 0.05
#: Women are about half of the people of working age (per 100): outside, a total is not that of its two sexes.
_POPULATION_SHARE = (42.0, 58.0)
#: Women among the employees of a territory, per 100.
_EMPLOYEE_SHARE = (30.0, 60.0)
#: Below this distance between the sexes (points, euro), rounding alone can give any share.
_RATE_DISTANCE = 5.0
_EURO_DISTANCE = 500.0


Keys = Sequence[str]
Check = Callable[[pd.DataFrame], list[Problem]]


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows as dictionaries, with the label of the row under ``riga``."""
    return [{**{str(k): v for k, v in row.items()}, "riga": label} for label, row in frame.to_dict("index").items()]


def _sexes(frame: pd.DataFrame, keys: Keys, value: str) -> pd.DataFrame:
    """Return the rows of the totals that have both parts beside them, in the columns F, M, T."""
    # Repeated keys are told by the catalog: they cannot be set side by side.
    frame = frame.drop_duplicates([*keys, "sesso"], keep=False)
    wide = frame.pivot(index=list(keys), columns="sesso", values=value).reindex(columns=["F", "M", "T"])
    totals = frame.loc[frame["sesso"] == "T", list(keys)]
    return totals.join(wide.astype("float64").dropna(), on=list(keys), how="inner")


def _describe(row: dict[str, Any], keys: Keys) -> str:
    return ", ".join(f"{key} {row[key]}" for key in keys)


def _total_between(keys: Keys, value: str = "valore") -> Check:
    def check(frame: pd.DataFrame) -> list[Problem]:
        wide = _sexes(frame, keys, value)
        low, high = wide[["F", "M"]].min(axis=1), wide[["F", "M"]].max(axis=1)
        bad = wide[(wide["T"] < low - _ROUNDING) | (wide["T"] > high + _ROUNDING)]
        return [
            Problem(
                f"un totale compreso tra donne ({row['F']:g}) e uomini ({row['M']:g})",
                f"{row['T']:g} ({_describe(row, keys)})",
                riga=row["riga"],
                colonna=value,
                rimedio="Controllare se le righe di M, F e T sono scambiate.",
            )
            for row in _rows(bad)
        ]

    return check


def _plausible_share(keys: Keys, bounds: tuple[float, float], distance: float, misura: str | None = None) -> Check:
    def check(frame: pd.DataFrame) -> list[Problem]:
        wide = _sexes(frame if misura is None else frame[frame["misura"] == misura], keys, "valore")
        wide = wide[(wide["M"] - wide["F"]).abs() >= distance]
        share = (wide["M"] - wide["T"]) / (wide["M"] - wide["F"]) * 100
        # A total beyond the two sexes is told by the rule on totals: once is enough.
        bad = wide.assign(quota=share)[share.between(0, 100) & ~share.between(*bounds)]
        return [
            Problem(
                f"un totale in cui le donne pesino tra il {bounds[0]:g} e il {bounds[1]:g} per cento",
                f"{row['T']:g}, che darebbe alle donne il {row['quota']:.0f} per cento ({_describe(row, keys)})",
                riga=row["riga"],
                colonna="valore",
                rimedio="Uno dei tre valori è probabilmente trascritto male.",
            )
            for row in _rows(bad)
        ]

    return check


def _within_100(column: str, exempt: str) -> Check:
    def check(frame: pd.DataFrame) -> list[Problem]:
        bad = frame[(frame[column] != exempt) & (frame["valore"] > 100)]
        return [
            Problem("un valore non superiore a 100", f"{row['valore']:g}", riga=row["riga"], colonna="valore")
            for row in _rows(bad)
        ]

    return check


def _year_read(frame: pd.DataFrame) -> list[Problem]:
    unread = frame[frame["note"].fillna("").str.contains("ANNO NON LETTO", case=False)]
    return [
        Problem(
            "un anno letto nella fonte",
            f"anno {row['anno']}, attribuito («{row['note']}»)",
            riga=row["riga"],
            colonna="anno",
            rimedio="Togliere la riga, o trovare l'anno nella fonte.",
        )
        for row in _rows(unread)
    ]


def _parts_make_the_total(frame: pd.DataFrame) -> list[Problem]:
    wide = _sexes(frame, _TERRITORY_KEYS, "provvedimenti")
    return [
        Problem(
            f"un totale uguale a madri più padri ({row['F'] + row['M']:.0f})",
            f"{row['T']:.0f} ({_describe(row, _TERRITORY_KEYS)})",
            riga=row["riga"],
            colonna="provvedimenti",
        )
        for row in _rows(wide[wide["F"] + wide["M"] != wide["T"]])
    ]


def _parts_within_the_total(frame: pd.DataFrame) -> list[Problem]:
    keys = list(_TERRITORY_KEYS)
    totals = frame[frame["sesso"] == "T"].set_index(keys)["provvedimenti"]
    parts = frame[frame["sesso"] != "T"].join(totals.rename("totale"), on=keys)
    return [
        Problem(
            f"non più del totale ({row['totale']:.0f})",
            str(row["provvedimenti"]),
            riga=row["riga"],
            colonna="provvedimenti",
        )
        for row in _rows(parts[parts["provvedimenti"] > parts["totale"]])
    ]


def _employed_within_residents(frame: pd.DataFrame) -> list[Problem]:
    return [
        Problem(
            f"non più dei residenti ({row['popolazione']})", str(row["occupati"]), riga=row["riga"], colonna="occupati"
        )
        for row in _rows(frame[frame["occupati"] > frame["popolazione"]])
    ]


_EMPLOYMENT_KEYS = ("misura", "livello", "territorio", "anno", "periodo", "eta", "serie")
_TERRITORY_KEYS = ("livello", "territorio", "anno")

YEAR_READ = Rule("anno_letto", "L'anno di ogni cifra è scritto nella fonte, non attribuito.", _year_read)


#: The rules of each table.
RULES: Final = MappingProxyType(
    {
        "occupazione": (
            Rule(
                "totale_fra_i_sessi",
                "Il tasso totale sta fra quello delle donne e quello degli uomini.",
                _total_between(_EMPLOYMENT_KEYS),
            ),
            Rule(
                "peso_delle_donne",
                "Nel tasso di occupazione totale le donne pesano circa la metà.",
                _plausible_share(_EMPLOYMENT_KEYS, _POPULATION_SHARE, _RATE_DISTANCE, misura="tasso_occupazione"),
            ),
            YEAR_READ,
        ),
        "occupati_comuni": (
            Rule("occupati_fra_i_residenti", "Gli occupati non superano i residenti.", _employed_within_residents),
            YEAR_READ,
        ),
        "retribuzioni": (
            Rule(
                "totale_fra_i_sessi",
                "La retribuzione totale sta fra quella delle donne e quella degli uomini.",
                _total_between(_TERRITORY_KEYS),
            ),
            Rule(
                "peso_delle_donne",
                "Nella retribuzione totale le donne pesano tra il 30 e il 60 per cento dei dipendenti.",
                _plausible_share(_TERRITORY_KEYS, _EMPLOYEE_SHARE, _EURO_DISTANCE),
            ),
            YEAR_READ,
        ),
        "part_time": (
            Rule(
                "totale_fra_i_sessi",
                "La quota totale sta fra quella delle donne e quella degli uomini.",
                _total_between(("misura", "livello", "territorio", "anno", "eta")),
            ),
            YEAR_READ,
        ),
        "dimissioni_genitori": (
            Rule("madri_e_padri", "Madri più padri fanno il totale, dove ci sono tutti e tre.", _parts_make_the_total),
            Rule("parte_nel_totale", "Madri o padri non superano il totale.", _parts_within_the_total),
            YEAR_READ,
        ),
        "madri_occupazione": (
            Rule(
                "tassi_entro_cento",
                "I tassi non superano 100; il rapporto fra madri e donne senza figli può.",
                _within_100("misura", exempt="rapporto_occupazione_madri"),
            ),
            YEAR_READ,
        ),
        "carichi_cura": (
            Rule("quote_entro_cento", "Le quote non superano 100.", _within_100("unita", exempt="migliaia")),
            YEAR_READ,
        ),
    }
)
