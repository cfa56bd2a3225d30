"""Execute the chapters with their default parameters and store what they say, which the tests compare (nbval).

Of each the output of the last cell is kept: the whole chapter, as text.

Run ``python scripts/esegui_quaderni.py`` (all of them) or with the names of some, after a change that is meant to
change what a chapter says. The figures they show are computed first, where they are not what the data now give.
Analyses keep no outputs: what they compute is in the store, with its own checks.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

RADICE = Path(__file__).resolve().parents[1]
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def main(nomi: list[str]) -> int:
    """Execute and store the chapters named, or all of them."""
    cartella = RADICE / "notebooks" / "capitoli"
    percorsi = [cartella / f"{nome.removesuffix('.ipynb')}.ipynb" for nome in nomi] or sorted(cartella.glob("*.ipynb"))
    for percorso in percorsi:
        if percorso.parent != cartella or not percorso.is_file():
            print(f"Non è un capitolo: {percorso.relative_to(RADICE)}", file=sys.stderr)
            return 2
    cifre = subprocess.run([sys.executable, "-m", "conciliazione_lib", "genera", "--solo-cifre"], cwd=RADICE)
    if cifre.returncode != 0:
        return cifre.returncode
    for percorso in percorsi:
        quaderno = nbformat.read(percorso, as_version=4)
        risorse = {"metadata": {"path": str(cartella)}}
        NotebookClient(quaderno, timeout=600, kernel_name="python3", resources=risorse, record_timing=False).execute()
        for cella in quaderno.cells[:-1]:
            if cella.cell_type == "code":
                cella.outputs, cella.execution_count = [], None
        # Nothing of this machine stays in the file.
        quaderno.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
        nbformat.write(quaderno, percorso)
        print(f"eseguito {percorso.name}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
