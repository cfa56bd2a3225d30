"""From a frame of indicators to rows of the store of figures."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pandas as pd

import conciliazione_lib.evidence.formats as formats
from conciliazione_lib.errors import CalcoloError, UsoError
from conciliazione_lib.evidence.figure import STATES, WITH_VALUE
from conciliazione_lib.evidence.inputs import InputTable, to_text, weakest_grade
from conciliazione_lib.evidence.registry import Indicator, Registry

if TYPE_CHECKING:
    from conciliazione_lib.evidence.inputs import Use

#: Columns of the store; the first five are its key.
KEY: Final = ("indicatore", "livello", "territorio", "periodo", "per")
#: Values of figures by :data:`KEY`.
Values = Mapping[tuple[str, ...], float]


class Row(NamedTuple):
    """A row of the store."""

    indicatore: str
    livello: str
    territorio: str
    periodo: str
    per: str
    valore: float
    inferiore: float
    superiore: float
    confidenza: float
    stato: str
    motivo: str
    grado: str
    imputata: float
    metodo: str
    ingressi: str
    termini: str
    riferimento: bool


COLUMNS: Final = Row._fields
NUMBERS: Final = ("valore", "inferiore", "superiore", "confidenza", "imputata")

#: What goes beside the column of an indicator, under its name and one of these endings.
LOWER, UPPER, REASON, STATE, IMPUTED, METHOD = (
    *("_inferiore", "_superiore", "_motivo"),
    *("_stato", "_imputata", "_metodo"),
)

#: State and reason of what is missing, by level or by (level, code).
Absences = Mapping[str | tuple[str, str], tuple[str, str]]
_DEFAULT_REASON = "Il dato manca nella fonte."


def rows(
    frame: pd.DataFrame,
    *,
    registry: Registry,
    inputs: Sequence[InputTable] = (),
    periodo: str | None = None,
    livello: str | None = None,
    per: Sequence[str] = (),
    indicatori: Sequence[str] | None = None,
    grado: str = "",
    metodo: str = "",
    confidenza: float | None = None,
    assenti: Absences | None = None,
) -> pd.DataFrame:
    """Make a row of the store of every indicator column for every row of a frame.

    Parameters
    ----------
    frame : DataFrame
        One row per territory (and period, and breakdown). ``territorio`` (code) is a column or the index; ``livello``
        and ``periodo`` (or ``anno``) a column, or the argument. A column named as a declared indicator becomes figures;
        beside it, when present, go its bounds, state, reason, imputed share and method (``<id>_inferiore``…). Columns
        ``grado`` and ``imputata`` are those of every indicator of the row. Reasons may also come in
        ``frame.attrs["motivi"]``, by column. The terms of a formula are taken from the columns of the same name.
    registry : Registry
        The declarations.
    inputs : sequence of InputTable
        The tables used.
    periodo, livello : str, optional
        For every row.
    per : sequence of str
        Columns that break the figures down. An empty or missing cell is the whole.
    indicatori : sequence of str, optional
        Only these columns; by default every column that is a declared indicator.
    grado : str
        In place of the grade deduced from the inputs.
    metodo : str
        How estimates were made.
    confidenza : float, optional
        Confidence level of the bounds, 0.95 when there are any.
    assenti : mapping, optional
        State and reason of missing values, by level or by (level, code).

    Returns
    -------
    DataFrame
        With the columns :data:`COLUMNS`, ``riferimento`` still false, in the order of the frame.

    Raises
    ------
    UsoError
        An indicator asked for is not declared or not a column; the level or the period is nowhere; an unknown state.
    CalcoloError
        Two rows make the same figure.
    """
    plain = frame.reset_index() if "territorio" in frame.index.names else frame
    if "periodo" not in plain.columns and periodo is None:
        plain = plain.rename(columns={"anno": "periodo"})
    names = [str(name) for name in plain.columns]
    chosen = _chosen(names, indicatori, registry, per)
    for name, value in (("territorio", None), ("livello", livello), ("periodo", periodo)):
        if name not in names and value is None:
            raise UsoError(
                f"Per fare le cifre manca «{name}»: non è né una colonna della tabella né un argomento.",
                f"colonne trovate: {', '.join(names)}.",
            )
    columns = {name: listed(plain.iloc[:, position]) for position, name in enumerate(names)}
    count = len(plain)
    codes = [str(code) for code in columns["territorio"]]
    levels = [livello] * count if livello is not None else [str(level) for level in columns["livello"]]
    periods = [str(periodo)] * count if periodo is not None else [_period(value) for value in columns["periodo"]]
    details = [_details(per, columns, number) for number in range(count)]
    breakdowns = [write_breakdown(found) for found in details]
    used = _Used(inputs, levels, codes, periods, details)
    reasons = dict(frame.attrs.get("motivi", {}))
    parts = []
    for one_key in chosen:
        indicator = registry[one_key]
        found = _values(one_key, indicator, columns, count, confidenza)
        _absences(found, one_key, columns, levels, codes, reasons, assenti or {}, registry)
        texts, grades = used.by(one_key)
        found["grado"] = _grades(grades, columns.get("grado"), grado)
        found["metodo"] = [_text(value) or metodo for value in columns.get(one_key + METHOD, [""] * count)]
        shares = columns.get(one_key + IMPUTED) or columns.get(IMPUTED.removeprefix("_")) or [0.0] * count
        found["imputata"] = [
            0.0 if value is None or formats.missing(share) else float(share)
            for value, share in zip(found["valore"], shares, strict=True)
        ]
        found["ingressi"] = texts
        found["termini"] = _terms(indicator, chosen, columns, found["stato"])
        key = {"livello": levels, "territorio": codes, "periodo": periods, "per": breakdowns}
        parts.append(pd.DataFrame({"indicatore": [one_key] * count, **key, **found, "riferimento": False}))
    made = pd.concat(parts, ignore_index=True)[list(COLUMNS)] if parts else empty()
    check_unique(made)
    return typed(made)


def rows_of(stored: pd.DataFrame) -> Iterator[Row]:
    """Give the rows of a store one by one."""
    return map(Row._make, zip(*(listed(stored[name]) for name in COLUMNS), strict=True))


def listed(column: pd.Series) -> list[Any]:
    """Return a column as a list; texts pass through an array, which pandas gives sooner than one by one."""
    return (column.to_numpy(dtype=object) if column.dtype == "str" else column).tolist()


def values_by_key(rows: pd.DataFrame) -> Values:
    """Return the values of some figures by their key."""
    keys = zip(*(listed(rows[name]) for name in KEY), strict=True)
    return dict(zip(keys, rows["valore"].tolist(), strict=True))


def empty() -> pd.DataFrame:
    """Return a store without rows."""
    return typed(pd.DataFrame({name: [] for name in COLUMNS}))


def typed(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with the types of the store."""
    kinds: dict[str, Any] = {name: "str" for name in COLUMNS if name not in (*NUMBERS, "riferimento")}
    kinds |= dict.fromkeys(NUMBERS, "float64") | {"riferimento": "bool"}
    return frame.astype(kinds)


def check_unique(frame: pd.DataFrame) -> None:
    """Refuse two rows of one figure.

    Raises
    ------
    CalcoloError
        With the key of the first.
    """
    twice = frame.duplicated(list(KEY))
    if twice.any():
        key = ", ".join(str(value) for value in frame.loc[twice, list(KEY)].iloc[0] if value != "")
        raise CalcoloError(
            f"Due righe per la stessa cifra ({key}): {int(twice.sum())} in tutto.",
            "indicare in «per» le colonne che distinguono le righe (per esempio per=['sesso']), "
            "o dare alla tabella la colonna «periodo».",
        )


def write_breakdown(pairs: Collection[tuple[str, str]]) -> str:
    """Return a breakdown as the store writes it: ``eta=0-2;sesso=F``, keys in alphabetical order."""
    return ";".join(f"{name}={_escaped(value)}" for name, value in sorted(pairs))


def read_breakdown(text: str) -> tuple[tuple[str, str], ...]:
    """Return the pairs of a breakdown written by :func:`write_breakdown`."""
    if not text:
        return ()
    pairs = (item.partition("=") for item in text.split(";"))
    return tuple((name, value.replace("%3B", ";").replace("%25", "%")) for name, _, value in pairs)


def _escaped(value: str) -> str:
    return value.replace("%", "%25").replace(";", "%3B")


def _details(per: Sequence[str], columns: Mapping[str, list[Any]], number: int) -> tuple[tuple[str, str], ...]:
    return tuple((name, str(columns[name][number])) for name in per if _filled(columns[name][number]))


def _values(
    key: str, indicator: Indicator, columns: Mapping[str, list[Any]], count: int, confidence: float | None
) -> dict[str, Any]:
    """Return value, bounds and state; withheld where it rests on fewer cases than the indicator asks."""
    values = [_number(value) for value in columns[key]]
    lower = [_number(value) for value in columns.get(key + LOWER, [None] * count)]
    upper = [_number(value) for value in columns.get(key + UPPER, [None] * count)]
    states = [_text(value) for value in columns.get(key + STATE, [""] * count)]
    motives = [_text(value) for value in columns.get(key + REASON, [""] * count)]
    unknown = sorted(set(states) - {*STATES, ""})
    if unknown:
        raise UsoError(f"Stati sconosciuti per «{key}»: {', '.join(unknown)}.", f"usare uno di: {', '.join(STATES)}.")
    least = indicator.minimo
    cases = columns.get(least.termine) if least else None
    for number, value in enumerate(values):
        if least and value is not None:
            known = None if cases is None else cases[number]
            if formats.missing(known) or float(known) < least.valore:  # type: ignore[arg-type]
                values[number], states[number] = None, "troppo_pochi"
                motives[number] = f"dato non pubblicabile: meno di {formats.numero(least.valore)} casi"
        if states[number] == "protetto" and any(map(_filled, (columns[key][number], lower[number], upper[number]))):
            raise CalcoloError(
                f"La cifra «{key}» è protetta, ma la tabella ne dà il valore o l'intervallo.",
                "togliere dalla tabella ciò che non si può pubblicare, prima di farne cifre.",
            )
        if states[number] not in ("", *WITH_VALUE):
            values[number] = None
        if values[number] is None or lower[number] is None or upper[number] is None:
            lower[number] = upper[number] = None
    level = [None if bound is None else (confidence or 0.95) for bound in lower]
    return {
        **{"valore": values, "inferiore": lower, "superiore": upper, "confidenza": level},
        **{"stato": states, "motivo": motives},
    }


def _absences(
    found: dict[str, Any],
    key: str,
    columns: Mapping[str, list[Any]],
    levels: Sequence[str],
    codes: Sequence[str],
    reasons: Mapping[str, str],
    absences: Absences,
    registry: Registry,
) -> None:
    """Give a state to every row, and a reason to every absence (in place)."""
    for number, value in enumerate(found["valore"]):
        state, motive = found["stato"][number], found["motivo"][number]
        if value is not None:
            found["stato"][number] = state or "presente"
        else:
            said = absences.get((levels[number], codes[number])) or absences.get(levels[number]) or ("", "")
            if state in ("", *WITH_VALUE):
                state = said[0] or "non_disponibile"
            found["stato"][number] = state
            motive = motive or said[1] or reasons.get(key, "") or _DEFAULT_REASON
        found["motivo"][number] = _with_names(motive, registry) if motive else ""


class _Used:
    """The rows of the inputs that each figure used, as text, and the grade that follows from them.

    Worked out once for all the indicators of a frame, unless some input tells them apart.
    """

    def __init__(
        self,
        inputs: Sequence[InputTable],
        levels: Sequence[str],
        codes: Sequence[str],
        periods: Sequence[str],
        details: Sequence[Sequence[tuple[str, str]]],
    ) -> None:
        self._inputs = inputs
        self._figures = list(zip(levels, codes, periods, details, strict=True))
        self._owned = [table.own(codes) for table in inputs] if codes else []
        self._by_indicator = any(table.tells("indicatore") for table in inputs)
        self._made: dict[str, tuple[list[str], list[str]]] = {}

    def by(self, indicator: str) -> tuple[list[str], list[str]]:
        """Return texts and grades, in the order of the figures."""
        key = indicator if self._by_indicator else ""
        if key not in self._made:
            uses = [self._of(indicator, *figure) for figure in self._figures]
            # Figures of one territory, at many periods, often used the same rows.
            different = {tuple(map(id, found)): found for found in uses}
            written = {
                key: (
                    to_text([(table, use) for table, use in zip(self._inputs, found, strict=True) if use]),
                    weakest_grade(use.grade for use in found if use),
                )
                for key, found in different.items()
            }
            both = [written[tuple(map(id, found))] for found in uses]
            self._made[key] = ([text for text, _ in both], [grade for _, grade in both])
        return self._made[key]

    def _of(
        self, indicator: str, level: str, code: str, period: str, breakdown: Sequence[tuple[str, str]]
    ) -> list[Use | None]:
        values = {"indicatore": indicator, "periodo": period, "anno": period, **dict(breakdown)}
        return [table.use(level, code, values, own) for table, own in zip(self._inputs, self._owned, strict=True)]


def _grades(deduced: list[str], given: list[Any] | None, whole: str) -> list[str]:
    if whole:
        return [whole] * len(deduced)
    return deduced if given is None else [_text(value) for value in given]


def _terms(
    indicator: Indicator, chosen: Collection[str], columns: Mapping[str, list[Any]], states: Sequence[str]
) -> list[str]:
    """Return the numbers of the formula that are not figures beside this one: those are found by their key."""
    names = [name for name in indicator.terms if name in columns and name not in chosen]
    count = len(states)
    if not names:
        return [""] * count
    return [
        json.dumps({name: _number(columns[name][number]) for name in names}, separators=(",", ":"))
        if states[number] != "protetto"
        else ""
        for number in range(count)
    ]


def _chosen(names: Sequence[str], wanted: Sequence[str] | None, registry: Registry, per: Sequence[str]) -> list[str]:
    """Return the indicator columns: those asked for (declared and present), or all the declared ones."""
    if wanted is None:
        chosen = [name for name in names if name in registry and name not in per]
        if not chosen:
            raise UsoError(
                "Nessuna colonna della tabella è un indicatore dichiarato.",
                f"colonne trovate: {', '.join(names)}; dichiararle in evidence/indicatori/ o passarne altre.",
            )
        return chosen
    for name in wanted:
        registry[name]
        if name not in names:
            raise UsoError(f"L'indicatore «{name}» non è una colonna della tabella: {', '.join(names)}.")
    return list(wanted)


def _with_names(reason: str, registry: Registry) -> str:
    """Replace the ids of indicators in a reason, as computing functions write them, by their names."""
    return re.sub(r"[a-z][a-z0-9]*_[a-z0-9_]+", lambda m: _name(m[0], registry), reason)


def _name(word: str, registry: Registry) -> str:
    return registry[word].nome.lower() if word in registry else word


def _number(value: Any) -> float | None:
    return None if formats.missing(value) else float(formats.clean(value))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _filled(value: Any) -> bool:
    return (isinstance(value, str) and value != "") or (not isinstance(value, str) and not formats.missing(value))


def _period(value: Any) -> str:
    if hasattr(value, "isoformat"):
        return str(value.isoformat())[:10]
    return str(int(value)) if isinstance(value, float) else str(value)
