"""The territories a plan may have, as the territory room knows them, remembered so that a plan needs no tables."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from conciliazione_lib.errors import UsoError
from conciliazione_lib.region import REGIONE


@dataclass(frozen=True, order=True)
class Place:
    """One territory a chapter may be run for; ``ats`` is that of an ambito."""

    livello: str
    codice: str
    nome: str
    ats: str | None = None


class Places:
    """The territories of a date.

    Parameters
    ----------
    places : iterable of Place
        Regione first, then ATS and ambiti.
    """

    def __init__(self, places: Iterable[Place]) -> None:
        self.all = tuple(places)

    def at(self, level: str) -> list[Place]:
        """Return the territories of a level."""
        return [place for place in self.all if place.livello == level]

    def find(self, level: str, code: str) -> Place:
        """Return a territory by level and code, or by its name.

        Raises
        ------
        UsoError
            If there is none; the message suggests the nearest codes.
        """
        known = self.at(level)
        for place in known:
            if code.casefold() in (place.codice.casefold(), place.nome.casefold()):
                return place
        near = difflib.get_close_matches(code.casefold(), [place.codice for place in known], n=3, cutoff=0.5)
        kind = {"ats": "L'ATS", "ambito": "L'ambito"}.get(level, "Il territorio")
        listed = ", ".join(near or [place.codice for place in known][:12])
        raise UsoError(
            f"{kind} «{code}» non esiste.",
            remedy=f"{'forse si intendeva' if near else 'scegliere fra'}: {listed}; "
            "l'elenco completo è in «conciliazione elenca»",
        )


def load(date: str, memo: Path, digest: str) -> Places:
    """Return the territories in force at a date.

    Parameters
    ----------
    date : str
        ISO date.
    memo : Path
        File that remembers the answer.
    digest : str
        Hash of what the answer depends on; another one makes it be asked again.
    """
    try:
        known = json.loads(memo.read_text(encoding="utf-8"))
        if known["impronta"] == digest:
            return Places(Place(**place) for place in known["territori"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    places = _from_territory(date)
    memo.parent.mkdir(parents=True, exist_ok=True)
    answer = {"impronta": digest, "territori": [asdict(place) for place in places.all]}
    memo.write_text(json.dumps(answer, ensure_ascii=False), encoding="utf-8")
    return places


def _from_territory(date: str) -> Places:
    from conciliazione_lib import territory

    loaded = territory.load(data=date)
    places = [Place("regione", REGIONE, loaded.name("regione", REGIONE))]
    places += [Place("ats", code, loaded.name("ats", code)) for code in loaded.codes("ats")]
    places += [
        Place("ambito", code, loaded.name("ambito", code), loaded.parent("ambito", code, "ats"))
        for code in loaded.codes("ambito")
        if loaded.members("ambito", code)
    ]
    return Places(places)
