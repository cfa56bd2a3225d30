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

ROOT = Path(__file__).resolve().parents[1]
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def main(names: list[str]) -> int:
    """Execute and store the chapters named, or all of them."""
    folder = ROOT / "notebooks" / "capitoli"
    paths = [folder / f"{name.removesuffix('.ipynb')}.ipynb" for name in names] or sorted(folder.glob("*.ipynb"))
    for path in paths:
        if path.parent != folder or not path.is_file():
            print(f"Non è un capitolo: {path.relative_to(ROOT)}", file=sys.stderr)
            return 2
    figures = subprocess.run([sys.executable, "-m", "conciliazione_lib", "genera", "--solo-cifre"], cwd=ROOT)
    if figures.returncode != 0:
        return figures.returncode
    for path in paths:
        notebook = nbformat.read(path, as_version=4)
        resources = {"metadata": {"path": str(folder)}}
        NotebookClient(notebook, timeout=600, kernel_name="python3", resources=resources, record_timing=False).execute()
        for cell in notebook.cells[:-1]:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        # Nothing of this machine stays in the file.
        notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
        nbformat.write(notebook, path)
        print(f"eseguito {path.name}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
