"""(d) How the build grows with 1, 8, 91 and 600 territories: partitions of the real comuni of Lombardia."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from nbformat import v4
from timing import machine, timed

from conciliazione_lib import build, territory
from conciliazione_lib.build.places import Place, Places

SIZES = (1, 8, 91, 600)

PARAMETERS = 'territorio = "1-di-1"\nedizione = "crescita"\ndata = "2022-01-01"'
#: Real work on real data: the demographic indices of one part of the comuni.
CELLS = (
    "from conciliazione_lib import catalog, territory\nfrom conciliazione_lib.indicators import demography",
    'parte, parti = (int(n) for n in territorio.split("-di-"))\n'
    "comuni = territory.load(data=data).comuni.index[parte - 1 :: parti]\n"
    'popolazione = catalog.read("popolazione", data=data)',
    'propri = popolazione[popolazione["cod_comune"].isin(comuni)].assign(territorio=territorio)\n'
    'righe = propri.groupby(["territorio", "eta", "sesso"], as_index=False)["residenti"].sum()\n'
    "demography.indices(righe)",
)


def measure(*, ats: int, processes: int) -> dict[str, Any]:
    """Return, for each number of territories, the seconds of a whole build and of one that finds nothing to do."""
    about = machine()
    rows = []
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            config = _project(Path(folder))
            places = Places(Place("ambito", f"{n}-di-{size}", f"Parte {n}") for n in range(1, size + 1))

            def run(config: build.Config = config, places: Places = places, where: str = folder) -> None:
                result = build.run(
                    config, build.Choice(), output=Path(where) / "uscita", processes=processes, places=places
                )
                if result.failed:
                    raise RuntimeError(result.failed[0].errore)

            full, nothing = timed(run), timed(run)
        rows.append(
            {
                "territori": size,
                "tutto": vars(full),
                "per_territorio": full.wall / size,
                "niente_cambiato": nothing.wall,
            }
        )
    return {**about, "processi": processes, "righe": rows}


def _project(folder: Path) -> build.Config:
    cells = [v4.new_code_cell(PARAMETERS, id="parametri", metadata={"tags": ["parameters"]})]
    cells += [v4.new_code_cell(text, id=f"cella-{n}") for n, text in enumerate(CELLS)]
    (folder / "parte.ipynb").write_text(json.dumps(v4.new_notebook(cells=cells)), encoding="utf-8")
    tables = json.dumps([*territory.TABLES, "popolazione"])
    (folder / "reports.toml").write_text(
        'edizione = "crescita"\n[edizioni.crescita]\ntitolo = "Crescita"\ndata = "2022-01-01"\n'
        '[[capitoli]]\nid = "parte"\ntitolo = "Una parte"\nnotebook = "parte.ipynb"\n'
        f'livelli = ["ambito"]\ntabelle = {tables}\n',
        encoding="utf-8",
    )
    return build.load(folder)
