"""Attack on what is published: no small count of people may be read, subtracted or bounded out of an edition.

What the figures tell together is :mod:`conciliazione_lib.publish.deduction`; here the tree is read as a reader would:
the store of the figures with its statements, lists and tables, then every file in every format.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow.parquet
import python_calamine
from lxml import etree, html

from conciliazione_lib import catalog, storage
from conciliazione_lib.evidence import Figure, Ledger, Place, Reader, Store, cards, store
from conciliazione_lib.evidence.registry import Indicator
from conciliazione_lib.evidence.verify import Finding
from conciliazione_lib.evidence.writing import read_breakdown, rows_of
from conciliazione_lib.indicators.protected import STATE
from conciliazione_lib.publish.deduction import KIND, Attack, concerned, telling
from conciliazione_lib.publish.truth import ARCHIVE

_REGISTRY = "cifre.json"
_READ = (".html", ".json", ".geojson", ".ipynb", ".csv", ".zip", ".parquet", ".xlsx", ".docx")
#: Rows of tables that are not reserved, given as they are: no others are ever written there.
_ROWS = "cifre/righe"
_JSON = (".json", ".geojson", ".ipynb")
_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?")
_THOUSANDS = re.compile(r"-?\d{1,3}(?:\.\d{3})+")
#: Headers of a column of values, in tables with a row for each figure.
_VALUES = ("valore", "v", "value")
#: The headers of a table with a row for each figure.
_OF_FIGURES: Final = frozenset({"indicatore", "valore"})
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
#: All that may be written of the use of a reserved table, and of the table itself.
_USE: Final = frozenset({"tabella", "grado"})
_FINGERPRINTS: Final = ("sha256", "file", "percorso", "righe", "righe_sha256")
#: Columns of the store that say which figure a row is.
_KEY: Final = ("indicatore", "livello", "territorio", "periodo", "per")


def figures_among(new: Collection[str] | None) -> bool:
    """Tell whether figures are among the files to look into, by path: they are told by all of them together."""
    return new is None or not {_REGISTRY, storage.FIGURES_INDEX, store.FIGURES, store.STATEMENTS}.isdisjoint(new)


def check(
    edizione: Path,
    new: Collection[str] | None = None,
    registry: Mapping[str, Any] | None = None,
    ledger: Ledger | None = None,
) -> list[Finding]:
    """Look for counts below their threshold, readable or deducible.

    Parameters
    ----------
    edizione : Path
        The tree of an edition.
    new : collection of str, optional
        Paths of the files to look into, the figures among them; all of them by default.
    registry : mapping, optional
        Its ledger as plain data, when it has been read already.
    ledger : Ledger, optional
        That ledger, which is enough where no figure is to be looked into.

    Returns
    -------
    list of Finding
        Empty when no protected count can be had.
    """
    held = Store(edizione) if (edizione / storage.FIGURES_INDEX).is_file() else None
    if not figures_among(new) and ledger is not None:
        attack = Attack([])
        return list(_in_tree(edizione, attack, _hidden(held, ledger, attack.protected), new, None))
    figures: dict[str, Figure] = {}
    if held is not None:
        reader = Reader(lambda level, code: Place(level, code, code), held.table)
        states = held.columns("indicatore", "stato")
        silent = set(states.loc[states["stato"] == STATE, "indicatore"])
        rows = held.of_indicators(concerned() | silent)
        rows = rows[rows["indicatore"].isin(concerned()) | (rows["stato"] == STATE)]
        figures |= {f.id: f for f in map(reader.figure, rows_of(rows))}
    if registry is None and (edizione / _REGISTRY).is_file():
        registry = json.loads((edizione / _REGISTRY).read_text(encoding="utf-8"))
    if registry is not None:
        # figures of a chapter of the user's own are only there
        some = {**registry, "cifre": telling(registry["cifre"]), "affermazioni": ()}
        figures = dict(Ledger.from_dict(some).figures) | figures
    attack = Attack(figures.values())
    findings = list(attack.on_figures()) if figures_among(new) else []
    if held is not None and figures_among(new):
        findings += [*attack.on_statements(held.statements), *_archive(held)]
    return [*findings, *_in_tree(edizione, attack, attack.hidden(), new, registry)]


def _hidden(held: Store | None, ledger: Ledger, protected: Collection[str]) -> set[str]:
    """Return what :meth:`Attack.hidden` does, without making the figures that have a value."""
    found = {figure.id for figure in ledger.without_value(protected, STATE)}
    if held is not None:
        rows = held.columns(*_KEY, "valore", "stato")
        rows = rows[rows["valore"].isna() & (rows["indicatore"].isin(protected) | (rows["stato"] == STATE))]
        found |= {_id(*map(str, row)) for row in rows[[*_KEY]].itertuples(index=False)}
    return found


def _id(indicator: str, level: str, territory: str, period: str, by: str) -> str:
    """Return the id of a figure, from the columns of the store that say which it is."""
    spot = Place(level, territory, territory)
    return Figure(indicator, None, "numero", 0, spot, period, read_breakdown(by)).id


def _archive(held: Store) -> Iterator[Finding]:
    """Check that nothing of the rows of a reserved table went into the store: copies, hashes, how many, numbers."""
    reserved = {key for key, known in held.index["ingressi"].items() if _reserved(key, known)}
    for key in sorted(reserved):
        known = held.index["ingressi"][key]
        if told := [name for name in _FINGERPRINTS if known.get(name) not in (None, "")]:
            yield Finding(KIND, storage.FIGURES_INDEX, key, "niente che venga dalle righe", ", ".join(told))
        copy = held.folder / store.INPUTS / f"{key}.parquet"
        if copy.exists():
            yield Finding(KIND, copy.relative_to(held.folder).as_posix(), key, "nessuna copia", "le righe")
    named = re.compile("|".join(map(re.escape, sorted(reserved))) or "(?!)")
    for text in filter(named.search, held.columns("ingressi")["ingressi"].dropna().unique()):
        for use in json.loads(text):
            if use["tabella"] in reserved and (told := sorted(set(use) - _USE)):
                yield Finding(KIND, store.FIGURES, use["tabella"], "il solo nome della tabella", ", ".join(told))
    for name, listing in held.index["elenchi"].items():
        if not reserved.isdisjoint(listing["ingressi"]):
            frame = pd.read_parquet(held.folder / store.LISTS / f"{name}.parquet")
            numbers = [
                column
                for column in frame.columns
                if pd.api.types.is_numeric_dtype(frame[column])
                and not pd.api.types.is_bool_dtype(frame[column])
                and column not in listing["chiave"]
            ]
            if numbers:
                where = f"{store.LISTS}/{name}.parquet"
                yield Finding(KIND, where, name, "nessun numero da una tabella riservata", ", ".join(numbers))


def _reserved(key: str, known: Mapping[str, Any]) -> bool:
    name = key.partition(".")[0]
    return bool(known.get("riservata")) or (name in catalog.names() and catalog.spec(name).reserved)


def _in_tree(
    edizione: Path,
    attack: Attack,
    hidden: Collection[str],
    new: Collection[str] | None,
    registry: Mapping[str, Any] | None,
) -> Iterator[Finding]:
    protected, thresholds = attack.protected, attack.thresholds
    words = {word for i in protected.values() for word in (i.id, i.nome, i.nome_breve)}
    files = edizione.rglob("*") if new is None else (edizione / name for name in new)
    for file in sorted(file for file in files if file.is_file()):
        if (
            file.suffix not in _READ
            or (file.suffix == ".zip" and file.parent.as_posix().endswith(_ROWS))
            # the store again: it is compared with it, cell by cell
            or file == edizione / ARCHIVE
            or not (_stem(file) in protected or _mentions(file, words))
        ):
            continue
        name = file.relative_to(edizione).as_posix()
        if file.suffix == ".html":
            read = _html_values(file.read_bytes(), thresholds, file.name)
        elif file.suffix in _JSON:
            is_registry = name == _REGISTRY and registry is not None
            read = _json_values(registry if is_registry else json.loads(file.read_text(encoding="utf-8")), thresholds)
        else:
            read = _column_values(file, protected)
        for indicator, key, text in read:
            value = _number(text)
            if value is not None and (0 < value < thresholds[indicator] or key in hidden):
                yield _leak(name, key or indicator, thresholds[indicator], f"{text}")


def _stem(file: Path) -> str:
    """Return the name of a file without what says its format, compressed or not."""
    return file.name.partition(".")[0]


def _unpacked(file: Path) -> str:
    """Return the text of a file compressed alone."""
    with zipfile.ZipFile(file) as archive:
        return archive.read(archive.namelist()[0]).decode("utf-8-sig", errors="replace")


def _mentions(file: Path, parole: set[str]) -> bool:
    """Tell whether a file names a protected indicator: most do not, and need not be read further."""
    if file.suffix == ".parquet":
        return not (parole | {"indicatore"}).isdisjoint(pyarrow.parquet.read_schema(file).names)
    if file.suffix == ".zip":
        raw = _unpacked(file).encode()
    elif file.suffix in (".xlsx", ".docx"):
        with zipfile.ZipFile(file) as archive:
            parts = [n for n in archive.namelist() if n.endswith(("Strings.xml", "document.xml")) or "/sheet" in n]
            raw = b"".join(archive.read(name) for name in parts)
    else:
        raw = file.read_bytes()
    text = raw.decode("utf-8", errors="replace")
    return any(word in text for word in parole)


def _html_values(testo: bytes, thresholds: Mapping[str, float], page: str = "") -> Iterator[tuple[str, str, Any]]:
    tree = html.fromstring(testo)
    for node in tree.xpath("//a[@class='cifra'] | //td/a | //th/a"):
        key = cards.figure_at(node.get("href") or "", page)
        indicator = key.partition(".")[0]
        if indicator in thresholds:
            above = node.getparent()
            raw = above.get("data-valore") if above is not None else None
            yield indicator, key, raw or node.text_content()
    for node in tree.xpath("//script[contains(@type, 'json')]"):
        yield from _json_values(json.loads(node.text or "null"), thresholds)


def _json_values(data: Any, thresholds: Mapping[str, float]) -> Iterator[tuple[str, str, Any]]:
    """Yield the values of protected indicators in plain data: cells with their figure, values and texts of maps."""
    # A ledger has hundreds of thousands of things in others: they are put in line, not looked for one in another.
    waiting = [data]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield from _values_of(one, thresholds)
            one = one.values()
        elif not isinstance(one, list):
            continue
        waiting += reversed([value for value in one if isinstance(value, dict | list)])


def _values_of(told: dict[str, Any], thresholds: Mapping[str, float]) -> Iterator[tuple[str, str, Any]]:
    """Yield the values of protected indicators that some plain data give themselves."""
    key = str(told.get("cifra") or told.get("id") or "")
    indicator = key.partition(".")[0]
    if indicator in thresholds and "." in key:
        for name in ("v", "valore", "value"):
            yield indicator, key, told.get(name)
    if str(told.get("indicatore")) in thresholds:
        for name in ("valori", "testi"):
            map_ = told.get(name)
            if isinstance(map_, Mapping):
                yield from ((str(told["indicatore"]), "", value) for value in map_.values())
    if "text/html" in told and (text := "".join(told["text/html"])).strip():
        # what a cell of an executed notebook shows
        yield from _html_values(text.encode(), thresholds)
    if not thresholds.keys().isdisjoint(told):
        given = [name for name in told if name in thresholds and isinstance(told[name], int | float | str)]
        yield from ((name, "", told[name]) for name in given)


def _column_values(file: Path, protected: Mapping[str, Indicator]) -> Iterator[tuple[str, str, Any]]:
    """Yield the values of protected indicators in a download: whole columns, or rows that name a figure.

    The header may stand below a title. A file named after an indicator holds its values, in a column of values; one
    with a column of indicators holds those of each row.
    """
    words = {word: name for name, i in protected.items() for word in (name, i.nome, i.nome_breve)}
    stem = _stem(file)
    for table in _tables(file, protected, words):
        columns: dict[int, str] = {}
        values: list[int] = []
        if table and set(map(str, table[0])) >= _OF_FIGURES:
            yield from _row_values(table, protected)
            continue
        known: dict[str, bool] = {}
        for row in table:
            for place, name in columns.items():
                if place < len(row):
                    yield name, "", row[place]
            # Of most rows no cell says anything: numbers do not, and few texts do.
            telling = stem in protected and bool(values)
            for cell in row:
                if isinstance(cell, str):
                    if cell not in known:
                        known[cell] = _tells(cell.strip(), words)
                    telling = telling or known[cell]
            if not telling:
                continue
            written = [str(cell).strip() for cell in row]
            keys = {s: words[s.partition(".")[0]] for s in written if s.partition(".")[0] in words}
            if not keys and stem in protected:
                keys = {"": stem}
            for key, name in keys.items():
                yield from ((name, key, row[place]) for place in values if place < len(row))
            intestate = {i: _bare(one_written) for i, one_written in enumerate(written)}
            columns |= {i: words[one_written] for i, one_written in intestate.items() if one_written in words}
            values += [i for i, one_written in enumerate(written) if one_written.lower() in _VALUES]


def _tells(written: str, parole: Mapping[str, str]) -> bool:
    """Tell whether a cell names a protected indicator or a column of values."""
    return written.partition(".")[0] in parole or written.lower() in _VALUES or _bare(written) in parole


def _row_values(table: list[list[Any]], protected: Mapping[str, Indicator]) -> Iterator[tuple[str, str, Any]]:
    """Yield values and bounds of protected indicators in a table with a row for each figure, like the store."""
    head = [str(name) for name in table[0]]
    place = head.index("indicatore")
    for row in table[1:]:
        if row[place] not in protected:
            continue
        entry = dict(zip(head, row, strict=False))
        indicator = str(entry["indicatore"])
        if set(_KEY) <= set(head):
            key = _id(indicator, *(str(entry[name] or "") for name in _KEY[1:]))
        else:
            key = str(entry.get("cifra") or "")
        for name in ("valore", "inferiore", "superiore"):
            yield indicator, key, entry.get(name)


def _telling(table: pyarrow.Table, words: Mapping[str, str]) -> pyarrow.Table:
    """Return the rows of a table that may tell a value: each text is looked at once.

    They are those of which some cell names something, and the numbers written as text in a column that has names.
    """
    import pyarrow.compute as pc

    if any(_bare(name) in words for name in table.column_names):
        return table
    kept = pyarrow.array([False] * table.num_rows, pyarrow.bool_())
    for column in table.columns:
        if pyarrow.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        if pyarrow.types.is_string(column.type) or pyarrow.types.is_large_string(column.type):
            texts = [text for text in column.unique().to_pylist() if text is not None]
            named = any(_bare(text.strip()) in words for text in texts)
            telling = [t for t in texts if _tells(t.strip(), words) or (named and _number(t) is not None)]
            kept = pc.or_(kept, pc.is_in(column, value_set=pyarrow.array(telling, column.type)).combine_chunks())
    return table.filter(kept)


def _bare(written: str) -> str:
    """Return the name of a column without its unit."""
    return re.sub(r" \([^)]*\)$", "", written)


def _tables(file: Path, protected: Mapping[str, Indicator], words: Mapping[str, str]) -> Iterator[list[list[Any]]]:
    """Yield the tables of a file; of one in columns, only the rows that tell something of these indicators."""
    if file.suffix == ".zip":
        yield list(csv.reader(io.StringIO(_unpacked(file), newline="")))
    elif file.suffix == ".csv":
        with file.open(encoding="utf-8-sig", newline="") as stream:
            yield list(csv.reader(stream))
    elif file.suffix == ".parquet":
        of_figures = set(pyarrow.parquet.read_schema(file).names) >= _OF_FIGURES
        wanted = [("indicatore", "in", sorted(protected))] if of_figures and protected else None
        read = pyarrow.parquet.read_table(file, filters=wanted)
        if not of_figures and _stem(file) not in protected:
            read = _telling(read, words)
        columns = read.to_pydict()
        yield [list(columns), *(list(row) for row in zip(*columns.values(), strict=True))]
    elif file.suffix == ".docx":
        with zipfile.ZipFile(file) as archive:
            document = etree.fromstring(archive.read("word/document.xml"))
        for table in document.iter(f"{_WORD}tbl"):
            yield [
                ["".join(str(t.text or "") for t in cell.iter(f"{_WORD}t")) for cell in row.iter(f"{_WORD}tc")]
                for row in table.iter(f"{_WORD}tr")
            ]
    else:
        book = python_calamine.CalamineWorkbook.from_path(str(file))
        yield from (book.get_sheet_by_name(sheet).to_python() for sheet in book.sheet_names)


def _number(valore: Any) -> float | None:
    """Return a raw value, or a text that is a number, as a number."""
    if isinstance(valore, bool) or valore is None:
        return None
    if isinstance(valore, int | float):
        return None if valore != valore else float(valore)
    text = str(valore).strip()
    if _THOUSANDS.fullmatch(text):
        return float(text.replace(".", ""))
    return float(text.replace(",", ".")) if _NUMBER.fullmatch(text) else None


def _leak(dove: str, key: str, soglia: float, found: str) -> Finding:
    return Finding(KIND, dove, key, f"nessun conteggio sotto la soglia di riservatezza ({soglia:g})", found)
