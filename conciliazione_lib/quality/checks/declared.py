"""Sums and percentages that documents declare with the numbers they come from: rows of two tables of the catalog.

They are not rows of ``quality/verifiche`` because the numbers themselves are in the table, one check for each group.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from conciliazione_lib.evidence.formats import numero, percent
from conciliazione_lib.quality.arithmetic import Comparison, exact, rounding
from conciliazione_lib.quality.check import Outcome, check, outcome_of
from conciliazione_lib.quality.checks.by_rows import add
from conciliazione_lib.quality.intervals import interval
from conciliazione_lib.quality.kinds import Sum
from conciliazione_lib.quality.quantities import Quantity
from conciliazione_lib.quality.reading import read

SUMS, RATIOS = "somme_dichiarate", "rapporti_dichiarati"


def _sum(group: str, rows: Any) -> Sum:
    first = rows.iloc[0]
    whole = str(rows.loc[rows["ruolo"] == "totale", "voce"].iloc[0])
    section = f"§ {first['sezione']}" if str(first["sezione"])[0].isdigit() else first["sezione"]
    return Sum(
        id=f"risorse-{group}",
        titolo=first["titolo"],
        fonti=(f"{first['fonte']}, {section}",),
        gravita="errore",
        territori=("milano",) if "milano" in group else (),
        confronto=f"{whole[0].upper()}{whole[1:]} e somma di {{n}} voci",
        formato="euro",
        pubblicato=Quantity(tabella=SUMS, dove={"gruppo": group, "ruolo": "totale"}, valore="valore"),
        atteso=Quantity(tabella=SUMS, dove={"gruppo": group, "ruolo": "parte"}, per=("voce",), valore="valore"),
    )


def _ratio(name: str) -> Outcome:
    row: Any = read(RATIOS).set_index("rapporto").loc[name]
    part, whole = exact(row["parte"]), exact(row["intero"])
    possible = interval(part, row["parte_precisione"]).share(interval(whole, row["intero_precisione"]))
    share, decimals = exact(row["quota"]), int(row["decimali"])
    computed = part / whole * 100
    # what the words and the rounding of the two numbers explain, and that of the percentage itself
    allowed = max(possible.high - computed, computed - possible.low) + rounding(decimals)
    return outcome_of(
        Comparison(share, computed, allowed),
        f"Percentuale dichiarata e rapporto fra {numero(part)} ({row['parte_nome']}) e {numero(whole)} "
        f"({row['intero_nome']})",
        partial(percent, decimali=decimals),
        spiegazione=row["spiegazione"] if isinstance(row["spiegazione"], str) else "",
        correction=f"{percent(computed, decimals)} anziché {percent(share, decimals)}.",
    )


for _group, _rows in read(SUMS).groupby("gruppo", sort=True):
    add(_sum(str(_group), _rows))

for _row in read(RATIOS).to_dict("records"):
    check(
        f"rapporti-{_row['rapporto']}",
        _row["titolo"],
        sources=[f"{_row['fonte']}, {_row['sezione']}" if isinstance(_row["sezione"], str) else _row["fonte"]],
        tables=[RATIOS],
        severity="avviso",
    )(partial(_ratio, _row["rapporto"]))
