"""From a frame to a table block: names, units, Italian numbers, and the figure behind each cell."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from conciliazione_lib import storage
from conciliazione_lib.errors import CalcoloError, UsoError
from conciliazione_lib.evidence import Cifra, Figure, FigureSet, Ledger, Registry, formats
from conciliazione_lib.evidence import load as registro_indicatori
from conciliazione_lib.report.blocks import Cella, Colonna, Tabella

#: Columns that say which row it is, and are shown as the name of the territory.
CHIAVI = ("territorio", "livello")
#: Columns whose name is not their id with a capital letter.
NOMI = MappingProxyType({"nome": "Territorio", "eta": "Età", "unita": "Unità"})


def tabella(
    frame: pd.DataFrame,
    *,
    id: str,
    titolo: str,
    ledger: Ledger,
    nome: Callable[[str, str], str],
    cifre: FigureSet | None = None,
    colonne: Mapping[str, str | Colonna] | None = None,
    decimali: Mapping[str, int] | int | None = None,
    livello: str | None = None,
    periodo: str | None = None,
    per: Sequence[str] = (),
    nascoste: Sequence[str] = (),
    voci: Mapping[str, Mapping[str, str]] | None = None,
    note: Sequence[str] = (),
    fonte: str = "",
    larga: bool | None = None,
    numero: int | None = None,
    registro: Registry | None = None,
) -> Tabella:
    """Make a table block.

    Parameters
    ----------
    frame : DataFrame
        What to show, rows and columns in order. ``territorio`` (code), as a column or as the index, is shown as the
        name of the territory; ``livello`` is not shown; any other named index becomes the first column. A cell may hold
        a :class:`~conciliazione_lib.evidence.Figure`.
    id, titolo : str
        Identifier in the chapter and caption.
    ledger : Ledger
        Where the figures shown are recorded.
    nome : callable
        Gives the name of a territory from its level and code.
    cifre : FigureSet, optional
        Figures of the chapter: a cell in the column of one of their indicators becomes that territory's figure.
    colonne : mapping, optional
        Names (or full declarations) of columns; indicators take theirs from the registry.
    decimali : mapping or int, optional
        Decimals of the columns that are not indicators; by default none for whole numbers, one for the others.
    livello, periodo : str, optional
        Which figures are meant, when the frame has no such column and ``cifre`` holds several.
    per : sequence of str
        Columns that are the breakdown of the figures.
    nascoste : sequence of str
        Columns that only say which figure a cell is, the same in every row: not shown.
    voci : mapping, optional
        Of a column, how its values are written: ``{"sesso": {"F": "donne", "M": "uomini"}}``.
    note : sequence of str
        Notes under the table.
    fonte : str
        Source, as it is to be cited.
    larga : bool, optional
        The table needs a landscape page; by default when it has more than eight columns.
    numero : int, optional
        Number in the chapter.
    registro : Registry, optional
        Declarations of the indicators; the package's own by default.

    Returns
    -------
    Tabella

    Raises
    ------
    UsoError
        A declared column does not exist, or a cell could be more than one figure.
    CalcoloError
        A cell differs from its figure.
    """
    # Without a name an index says only where a row stood before a selection.
    rows = frame if frame.index.names == [None] else frame.reset_index()
    if rows.empty:
        raise CalcoloError(
            f"La tabella «{titolo}» non ha righe.", "Usare c.manca(…) per dire quale dato manca e come fornirlo."
        )
    names = [str(column) for column in rows.columns]
    unknown = [column for column in colonne or {} if column not in names]
    if unknown:
        raise UsoError(
            f"La tabella «{titolo}» non ha le colonne: {', '.join(unknown)}.", f"Colonne presenti: {', '.join(names)}."
        )
    shown = [column for column in names if column != "livello" and column not in nascoste]
    if "nome" in shown and "territorio" in shown:
        shown.remove("territorio")
    registro = registro or registro_indicatori()
    declared = [_column(c, rows[c], (colonne or {}).get(c), decimali, registro) for c in shown]
    search = _Cercatore(cifre, livello, periodo, per, titolo)
    content: list[list[Cella]] = []
    for row in _records(rows, names):
        cells = []
        for column in declared:
            value = row[column.id]
            if column.id == "territorio":
                cells.append(Cella(v=str(value), t=nome(str(row.get("livello") or livello), str(value))))
                continue
            figure = value.figure if isinstance(value, Cifra) else value
            if not isinstance(figure, Figure):
                figure = search(row, column.id)
            cells.append(
                _figure_cell(figure, value, column, ledger)
                if figure is not None
                else _cell(value, column, (voci or {}).get(column.id, {}))
            )
        content.append(cells)
    return Tabella(
        id=id,
        titolo=titolo,
        colonne=[_aligned(column, place, content) for place, column in enumerate(declared)],
        righe=content,
        note=tuple(note),
        fonte=storage.cite([fonte]),
        larga=len(declared) > 8 if larga is None else larga,
        numero=numero,
    )


def _records(rows: pd.DataFrame, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Give each row as a mapping of plain values."""
    columns = [
        [value.item() if isinstance(value, np.generic) else value for value in rows[name].tolist()]
        if rows[name].dtype == object
        else rows[name].tolist()
        for name in rows.columns.tolist()
    ]
    return (dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True))


class _Cercatore:
    """Finds the figure of a cell: by indicator and territory, then by level, period and breakdown."""

    def __init__(
        self, cifre: FigureSet | None, livello: str | None, periodo: str | None, per: Sequence[str], titolo: str
    ) -> None:
        self._cifre, self._livello, self._periodo, self._per, self._titolo = cifre, livello, periodo, tuple(per), titolo

    def __call__(self, riga: Mapping[Any, Any], colonna: str) -> Figure | None:
        if self._cifre is None or colonna not in self._cifre:
            return None
        level = riga.get("livello") or self._livello
        period = riga.get("periodo", riga.get("anno")) or self._periodo
        candidate = self._cifre.of(colonna, str(riga.get("territorio")), level)
        if period is not None:
            found = [f for f in candidate if f.period == _period(period)]
            # A row may hold several indicators, each at its own reference period; but a cell without a value in the
            # row of a year has no figure, least of all that of another year.
            empty = _empty(riga[colonna])
            candidate = found or [f for f in candidate if f.reference and (f.figure.value is None) == empty]
        if len(candidate) > 1 or self._per:
            key = tuple(sorted((c, str(riga[c])) for c in self._per if not _empty(riga[c])))
            candidate = [f for f in candidate if f.breakdown == key]
        if len(candidate) > 1:
            candidate = [f for f in candidate if not f.breakdown] or candidate
        if len(candidate) > 1 and period is None:
            candidate = [f for f in candidate if f.reference] or candidate
        if len(candidate) > 1:
            raise UsoError(
                f"Tabella «{self._titolo}»: per la colonna «{colonna}» e il territorio «{riga.get('territorio')}» "
                f"ci sono {len(candidate)} cifre ({', '.join(f.figure.id for f in candidate[:4])}).",
                "indicare livello=, periodo= o per=[…], così che la cella ne indichi una sola.",
            )
        return candidate[0].figure if candidate else None


def _empty(valore: Any) -> bool:
    """Tell whether a breakdown cell is empty, which means the whole."""
    return valore == "" or bool(pd.isna(valore))


def _period(valore: Any) -> str:
    if hasattr(valore, "isoformat"):
        return str(valore.isoformat())[:10]
    return str(int(valore)) if isinstance(valore, float) else str(valore)


def _column(id: str, dati: pd.Series, dichiarata: str | Colonna | None, decimali: Any, registro: Registry) -> Colonna:
    if isinstance(dichiarata, Colonna):
        return replace(dichiarata, id=id)
    if id in registro:
        indicator = registro[id]
        return Colonna(
            id=id,
            nome=dichiarata or indicator.nome_breve,
            unita=formats.unita(indicator.unita).estesa,
            decimali=indicator.decimali,
            allineamento="destra",
            indicatore=id,
        )
    name = dichiarata or NOMI.get(id, id.replace("_", " ").capitalize())
    if not pd.api.types.is_numeric_dtype(dati) or pd.api.types.is_bool_dtype(dati):
        return Colonna(id=id, nome=name)
    chosen = decimali.get(id) if isinstance(decimali, Mapping) else decimali
    if chosen is None:
        present = dati.dropna()
        chosen = 0 if pd.api.types.is_integer_dtype(dati) or bool((present == present.round()).all()) else 1
    return Colonna(id=id, nome=name, decimali=chosen, allineamento="destra")


def _aligned(colonna: Colonna, posto: int, righe: Sequence[Sequence[Cella]]) -> Colonna:
    """Put on the right a column whose cells turned out to be figures."""
    if posto and colonna.decimali is None and all(row[posto].cifra or row[posto].v is None for row in righe):
        return replace(colonna, allineamento="destra")
    return colonna


def _cell(valore: Any, colonna: Colonna, voci: Mapping[str, str]) -> Cella:
    if isinstance(valore, bool):
        return Cella(v=valore, t="sì" if valore else "no")
    if isinstance(valore, str):
        return Cella(v=valore, t=formats.periodo(valore) if colonna.id == "periodo" else voci.get(valore, valore))
    if pd.isna(valore):
        return Cella(v=None, t=formats.NOT_AVAILABLE)
    if colonna.decimali is None:
        return Cella(v=str(valore), t=str(valore))
    number = valore.item() if hasattr(valore, "item") else valore
    # A year is a name, not a quantity: no thousands separator.
    text = str(int(number)) if colonna.id in ("anno", "periodo") else formats.numero(number, colonna.decimali)
    return Cella(v=formats.clean(number), t=text)


def _figure_cell(figura: Figure, valore: Any, colonna: Colonna, ledger: Ledger) -> Cella:
    if not isinstance(valore, Figure | Cifra):
        absent = pd.isna(valore)
        if (
            not absent
            and figura.value is not None
            and abs(float(valore) - figura.value) > 1e-9 * max(1.0, abs(figura.value))
        ):
            raise CalcoloError(
                f"La cella vale {valore!r}, ma la cifra «{figura.id}» vale {figura.value!r}.",
                "mostrare nella tabella gli stessi valori da cui sono fatte le cifre.",
            )
    figura = ledger.add(figura)
    # Under a header that gives the unit, the number stands alone.
    text = figura.number if colonna.unita else figura.text
    return Cella(v=figura.value, t=text, cifra=figura.id)
