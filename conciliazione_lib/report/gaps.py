"""What may be missing to a territory: declared once in ``lacune.toml``, for chapter, workbook and desk alike."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Final

import pandas as pd

#: States of a figure that waits for data: not of one that has no meaning, or may not be published.
WAITING: Final = ("non_disponibile", "non_calcolabile")


@dataclass(frozen=True)
class Gap:
    """Something that may be missing.

    Attributes
    ----------
    id : str
        Its name in ``lacune.toml``.
    what, effect, who : str
        What it is, what the document does not say without it, who has it.
    extent : str
        How much of it is missing: prose of a chapter, with the figures of the territory; may be empty.
    template : str
        The table whose template is to be filled in; empty when there is none.
    indicators : tuple of str
        Indicators, or patterns of them, whose figures wait for it.
    reasons : tuple of str
        How the reason begins of the figures that wait for it, whatever their indicator.
    """

    id: str
    what: str
    effect: str
    who: str
    extent: str = ""
    template: str = ""
    indicators: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()

    def lacks(self, waiting: int, tables: Collection[str]) -> bool:
        """Return whether it is missing, from the figures that wait for it and the tables that an edition was made from.

        Parameters
        ----------
        waiting : int
            As counted by :func:`waiting`.
        tables : collection of str
            Names of tables.
        """
        if self.template:
            return waiting > 0 or self.template not in tables
        return waiting > 0 or not (self.indicators or self.reasons)


@cache
def declared() -> Mapping[str, Gap]:
    """Return everything that may be missing, by name, in the order of the file.

    Examples
    --------
    >>> declared()["nidi"].template
    'prima_infanzia_comuni'
    """
    text = resources.files("conciliazione_lib.report").joinpath("lacune.toml").read_text(encoding="utf-8")
    found = {
        id: Gap(
            id,
            what=entry["cosa"],
            effect=entry["effetto"],
            who=entry["chi"],
            extent=entry.get("quanto", ""),
            template=entry.get("modello", ""),
            indicators=tuple(entry.get("cifre", ())),
            reasons=tuple(entry.get("motivi", ())),
        )
        for id, entry in tomllib.loads(text).items()
    }
    return MappingProxyType(found)


def waiting(figures: pd.DataFrame) -> Counter[str]:
    """Return how many figures wait for what is missing, by name; each figure waits for one thing.

    Parameters
    ----------
    figures : DataFrame
        Rows of the store: ``indicatore, stato, motivo, riferimento``. Those of other periods do not count.

    Examples
    --------
    >>> rows = [("posti_prima_infanzia", "non_disponibile", "Nessuna fonte."), ("residenti", "presente", "")]
    >>> figures = pd.DataFrame(rows, columns=["indicatore", "stato", "motivo"]).assign(riferimento=True)
    >>> waiting(figures)
    Counter({'nidi': 1})
    """
    absent = figures[figures["riferimento"].astype(bool) & figures["stato"].isin(WAITING)]
    gaps = declared().values()
    found: Counter[str] = Counter()
    for indicator, reason in zip(
        absent["indicatore"].astype(str).tolist(), absent["motivo"].fillna("").astype(str).tolist(), strict=True
    ):
        by_reason = (gap.id for gap in gaps if gap.reasons and reason.startswith(gap.reasons))
        by_name = (gap.id for gap in gaps if any(fnmatchcase(indicator, one) for one in gap.indicators))
        if id := next(by_reason, next(by_name, "")):
            found[id] += 1
    return found
