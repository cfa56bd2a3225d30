"""Execute the notebooks with their default parameters and store the outputs, which the tests compare.

Run ``python scripts/esegui_quaderni.py`` (all of them) or with the names of some, after a change that is meant to
change what a chapter says.
"""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

RADICE = Path(__file__).resolve().parents[1]
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def main(nomi: list[str]) -> None:
    """Execute and store the notebooks named, or all of them."""
    cartella = RADICE / "notebooks"
    percorsi = [cartella / f"{nome.removesuffix('.ipynb')}.ipynb" for nome in nomi] or sorted(cartella.glob("*.ipynb"))
    for percorso in percorsi:
        quaderno = nbformat.read(percorso, as_version=4)
        risorse = {"metadata": {"path": str(RADICE)}}
        NotebookClient(quaderno, timeout=600, kernel_name="python3", resources=risorse, record_timing=False).execute()
        # Nothing of this machine stays in the file.
        quaderno.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
        nbformat.write(quaderno, percorso)
        print(f"eseguito {percorso.name}")


if __name__ == "__main__":
    main(sys.argv[1:])
