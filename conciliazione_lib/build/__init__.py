"""Which notebook runs for which territory, with what inputs; never what a chapter says.

- :mod:`.config`, :mod:`.places`, :mod:`.notebook`: what there is to run, checked before running;
- :mod:`.fingerprint`, :mod:`.inputs`, :mod:`.store`: hashes of the real inputs, and results kept by them;
- :mod:`.plan`, :mod:`.engine`: what must be run and why; the build from beginning to end;
- :mod:`.shell`, :mod:`.execution`, :mod:`.closing`, :mod:`.state`: one notebook, in a process that runs several;
- :mod:`.pool`, :mod:`.cluster`: many at once, here or on other machines;
- :mod:`.publication`, :mod:`.lock`, :mod:`.manifest`, :mod:`.progress`: whole outputs, one build
  at a time, its account.

Its names are imported when they are asked for: who runs notebooks, or proves what was published, needs few modules.
"""

from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conciliazione_lib.build.config import Chapter, Config, Edizione, load
    from conciliazione_lib.build.engine import Publisher, prepare_plan, run
    from conciliazione_lib.build.model import ChapterResult, Choice, Planned, RunResult
    from conciliazione_lib.build.progress import Live, Plain, Progress, Quiet

__all__ = [
    "Chapter",
    "ChapterResult",
    "Choice",
    "Config",
    "Edizione",
    "Live",
    "Plain",
    "Planned",
    "Progress",
    "Publisher",
    "Quiet",
    "RunResult",
    "load",
    "prepare_plan",
    "run",
]

#: The names of each module.
_NAMES = MappingProxyType(
    {
        "config": ("Chapter", "Config", "Edizione", "load"),
        "engine": ("Publisher", "prepare_plan", "run"),
        "model": ("ChapterResult", "Choice", "Planned", "RunResult"),
        "progress": ("Live", "Plain", "Progress", "Quiet"),
    }
)


def __getattr__(name: str) -> Any:
    for module, names in _NAMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
