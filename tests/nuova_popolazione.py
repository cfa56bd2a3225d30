"""The population of a new year, in a file of ISTAT's as it is downloaded."""

from __future__ import annotations

import zipfile
from pathlib import Path

from conciliazione_lib import catalog, territory

#: As many comuni of other regions as make the file that of all Italy.
ELSEWHERE = 6_500


def write_posas(folder: Path, data: str = "2025-01-01", elsewhere: int = ELSEWHERE) -> tuple[Path, int]:
    """Write a file in the format of demo.istat.it, from the population of 2022 on the comuni of its date."""
    then, year = territory.load(data=data), data[:4]
    population = then.aggregate(catalog.read("popolazione", data="2022-01-01"), to="comune")
    table = population.pivot_table(
        index=["territorio", "eta"], columns="sesso", values="residenti", aggfunc="sum", fill_value=0
    ).astype(int)
    rows = [
        f'"Popolazione residente per età e sesso al 1° gennaio {year}"',
        '"Codice comune";"Comune";"Età";"Totale maschi";"Totale femmine";"Totale"',
    ]
    total_pavia = 0
    own = set(then.members("ats", "pavia"))
    for code, group in table.groupby(level=0):
        # a man and a woman more in each comune: as many at every age would not give back the published rates of work
        more = group.index.get_level_values(1) == 40
        males, females = (group["M"] + more).tolist(), (group["F"] + more).tolist()
        if code in own:
            total_pavia += sum(males) + sum(females)
        name = then.name("comune", str(code))
        eta = group.index.get_level_values(1).tolist()
        rows += [f'"{code}";"{name}";{e};{m};{f};{m + f}' for e, m, f in zip(eta, males, females, strict=True)]
        rows.append(f'"{code}";"{name}";999;{sum(males)};{sum(females)};{sum(males) + sum(females)}')
    # the rest of Italy: a hundred people of forty years in each comune
    for i in range(elsewhere):
        rows += [f'"{900000 + i}";"Altrove";{eta};50;50;100' for eta in (40, 999)]
    path = folder / f"POSAS_{year}_it_Comuni.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"POSAS_{year}_it_Comuni.csv", "\ufeff" + "\r\n".join(rows))
    return path, total_pavia
