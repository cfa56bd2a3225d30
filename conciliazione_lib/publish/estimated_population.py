"""What the methods page says of a population by age that was estimated: how it was made, and how wrong it may be."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from conciliazione_lib import catalog
from conciliazione_lib.catalog import population_estimate as estimate
from conciliazione_lib.evidence import formats
from conciliazione_lib.evidence.registry import Registry
from conciliazione_lib.indicators.demography import QUOTE
from conciliazione_lib.indicators.small_area_errors import CLASSI, LARGEST_ERROR

_LEVELS = MappingProxyType({"ambito": "Ambiti", "ats": "ATS", "provincia": "Province"})
_PROVE = MappingProxyType(
    {
        "classi-2026": "le classi di età di ogni comune al {verifica}, stimate da ISTAT e mai usate",
        "nascosti-2022": "i bambini di ogni comune al {base}, nascosti e ritrovati",
        "anno-2023": "un anno solo, con l'errore moltiplicato per quanto quello della classe di età cresce in "
        "quattro anni",
        "struttura-2025": "la struttura per età delle province al {data}, nascosta e ritrovata: la stima se ne serve, "
        "perciò a questi livelli il suo errore è minore",
    }
)


@dataclass(frozen=True)
class EstimatedPopulation:
    """The section of the methods page.

    Attributes
    ----------
    data, base : str
        The date of the estimate and that of the last ages of every comune, in words.
    colonne : list of str
        Headings: the classes of comuni, then the other levels.
    righe : list of (str, list of (str, bool), str)
        For each band its name, the error of each column and whether a range is given in its place, and its tests.
    soglia : str
        The error above which a range is given.
    prove : list of (str, str)
        Names and descriptions of the tests.
    """

    data: str
    base: str
    colonne: list[str]
    righe: list[tuple[str, list[tuple[str, bool]], str]]
    soglia: str
    prove: list[tuple[str, str]]


def section(data: str, indicators: Registry) -> EstimatedPopulation | None:
    """Return the section for an edition at a date, or None when its population was not estimated."""
    known = {entry.data: entry for entry in catalog.population_dates()}
    if data not in known or not known[data].stimata:
        return None
    errors = catalog.read("errori_popolazione", data).set_index(["fascia", "livello", "da_residenti"])
    largest, tests = errors["errore_nono_decile"].to_dict(), errors["prova"].to_dict()
    columns = [("comune", size) for size in CLASSI] + [(level, 0) for level in _LEVELS]
    rows = []
    for band in (f"residenti_{share}" for share in QUOTE):
        keys = [(band, *column) for column in columns]
        cells = [(formats.percent(largest[key]), largest[key] > LARGEST_ERROR) for key in keys]
        rows.append((indicators[band].nome, cells, ", ".join(dict.fromkeys(tests[key] for key in keys))))
    when = {"base": estimate.BASE, "data": estimate.DATA, "verifica": estimate.VERIFY}
    return EstimatedPopulation(
        formats.data(data),
        formats.data(estimate.BASE),
        [*_sizes(), *_LEVELS.values()],
        rows,
        formats.percent(LARGEST_ERROR, 0),
        [(name, text.format(**{k: formats.data(v) for k, v in when.items()})) for name, text in _PROVE.items()],
    )


def _sizes() -> list[str]:
    following = [formats.numero(size) for size in CLASSI[1:]]
    between = [
        f"Comuni da {formats.numero(a)} a {b} residenti" for a, b in zip(CLASSI[1:], following[1:], strict=False)
    ]
    return [f"Comuni sotto {following[0]} residenti", *between, f"Comuni da {following[-1]} residenti in su"]
