"""Projects of the tests: a folder with the library's own ``reports.toml``, of fewer chapters or of a real publisher."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
#: What a body that publishes the site writes of itself.
PUBLISHER = {
    "editore": "Ente di prova",
    "contatto": "statistica@esempio.it",
    "indirizzo": "https://www.esempio.it/conciliazione",
}
EARLIER = 'precedenti = { "2020-2022" = "https://www.esempio.it/conciliazione-2020" }'


def _own() -> str:
    return (ROOT / "reports.toml").read_text(encoding="utf-8")


def published(folder: Path) -> Path:
    """Write in a folder the whole project, of a body that publishes it and had an earlier edition."""
    text = _own()
    for name, value in PUBLISHER.items():
        assert f'\n{name} = ""\n' in text
        text = text.replace(f'\n{name} = ""\n', f'\n{name} = "{value}"\n')
    (folder / "reports.toml").write_text(text.replace("\n[sito]\n", f"\n[sito]\n{EARLIER}\n"), encoding="utf-8")
    return folder


def reduced(folder: Path, *chosen: str) -> Path:
    """Write in a folder the project with some analyses and chapters only, by their names."""
    start, *parts = re.split(r"(?m)^(?=\[\[(?:analisi|capitoli)\]\])", _own())
    kept = {re.search(r'^id = "(\w+)"', part, re.MULTILINE)[1]: part for part in parts}  # type: ignore[index]
    (folder / "reports.toml").write_text(
        start + "".join(kept[name] for name in kept if name in chosen), encoding="utf-8"
    )
    assert set(chosen) <= set(kept)
    return folder
