"""Files as offices keep them, made at random and at times damaged; and whether what was read accounts for them."""

from __future__ import annotations

import csv
import io
import random
import re
import shutil
from pathlib import Path

import pandas as pd
import xlsxwriter
from sources.damage import damaged, damaged_part

from conciliazione_lib import catalog, storage
from conciliazione_lib.errors import ConciliazioneError
from conciliazione_lib.sources import importing
from conciliazione_lib.sources.cells import shown
from conciliazione_lib.sources.files import normalise, read_sheets
from conciliazione_lib.territory import Territory

TABLE = "servizi_offerta"
SPEC = catalog.spec(TABLE)
KINDS = catalog.values("tipi_servizio")
TYPES = [*KINDS, *SPEC.value_aliases["tipo"]]
MANAGEMENT = ["pubblica", "privata", "Privato", "comune", "PUBBLICO", "privata accreditata", "n.d.", None]
PLACES = [
    *(30, 12, 0, 60, "45", "1.200", "30,0", "1 024", "n.d.", "-", None, None, 24.0, "€ 12", "015", "+7"),
    *("1,234", "12.5", "trenta", float("inf"), -3, "1.024,0", "9999", "1e3", True, "0.125", "-0"),
]
YEARS = [2024, "2024", 2024.0, "2025", 2025, "2024,0", "2.024"]
WORDS = [
    *("Nido", "Il Girasole", "L’Aquilone", "«Stella»", "Santa Maria", "n. 3", "=1+1", "Cantù", "a;b", "c,d", "e\tf"),
    *('dice "ciao"', "riga\rsotto", "riga\nsotto", "  spazi  ", "NA", "nan", "0012", "12,5", "Totale cura", "\u2028x"),
]
HEADERS = {
    "cod_comune": ["Comune", "Codice ISTAT", "istat", "Comune di ubicazione", "cod_comune"],
    "denominazione": ["Denominazione", "Nome struttura", "UdO", "denominazione"],
    "tipo": ["Tipologia", "Tipo UdO", "tipo"],
    "gestione": ["Gestione", "Natura giuridica", "gestione"],
    "posti": ["Posti", "N. posti", "Posti autorizzati", "Capienza", "Nr posti", "CAP_MAX", "posti"],
    "anno": ["Anno", "anno di riferimento", "anno"],
}
OTHERS = ["Indirizzo", "Telefono", "Note", "CAP", "Bambini iscritti", "Posti accreditati"]


def make(rng: random.Random, territory: Territory) -> tuple[str, bytes]:
    """Return the suffix and the bytes of a file."""
    rows = _rows(rng, territory)
    if rng.random() < 0.3:
        made = _spreadsheet(rng, rows)
        return ".xlsx", damaged_part(rng, made) if rng.random() < 0.25 else made
    sign = rng.choice([";", ",", "\t", "|", ";"])
    out = io.StringIO(newline="")
    quoting = rng.choice([csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    csv.writer(out, delimiter=sign, quoting=quoting, lineterminator=rng.choice(["\r\n", "\n"])).writerows(
        [["" if cell is None else cell for cell in row] for row in rows]
    )
    encoding = rng.choice(["utf-8", "utf-8-sig", "cp1252", "utf-16"])
    text = out.getvalue().encode(encoding, "replace")
    return ".csv", damaged(rng, text) if rng.random() < 0.4 else text


def _rows(rng: random.Random, territory: Territory) -> list[list[object]]:
    used = [name for name in HEADERS if name not in ("gestione", "posti", "anno") or rng.random() < 0.85]
    others = rng.sample(OTHERS, rng.choice([0, 0, 1, 2]))
    order = [*used, *others]
    rng.shuffle(order)
    header: list[object] = [rng.choice(HEADERS[name]) if name in HEADERS else name for name in order]
    rows: list[list[object]] = [
        [rng.choice(["ATS di prova", "Elenco al 31/12/2024"])] for _ in range(rng.choice([0, 0, 1, 3]))
    ]
    if rng.random() < 0.1 and "posti" in order:
        upper = [h if name != "posti" else "POSTI" for h, name in zip(header, order, strict=True)]
        lower: list[object] = [None if name != "posti" else "Autorizzati" for name in order]
        rows += [upper, lower]
    else:
        rows.append(header)
    for number in range(rng.randint(1, 8)):
        rows.append([_cell(rng, name, territory, number) for name in order])
        if rng.random() < 0.05:
            rows.append(rng.choice([[], header, rows[-1]]))
    if rng.random() < 0.15:
        rows.append([_total(name, order) for name in order])
    if rng.random() < 0.04:
        rows.append(["Fonte: ufficio"])
    return rows


def _cell(rng: random.Random, name: str, territory: Territory, number: int) -> object:
    if name == "cod_comune":
        return _comune(rng, territory)
    if name == "denominazione":
        return f"{rng.choice(WORDS)} {rng.choice(WORDS)} {number}" if rng.random() < 0.995 else None
    if name == "tipo":
        return rng.choice(TYPES) if rng.random() < 0.995 else rng.choice(["astronave", None])
    choices = {"gestione": MANAGEMENT, "posti": PLACES[:16] if rng.random() < 0.98 else PLACES, "anno": YEARS}
    if name in choices:
        return rng.choice(choices[name])
    return rng.choice(
        {"Telefono": [38212345, "0382 1"], "CAP": [27100, "27100"]}.get(name, ["via Roma, 1", "boh", None, 3])
    )


def _comune(rng: random.Random, territory: Territory) -> object:
    code = rng.choice(territory.comuni.index)
    name = territory.name("comune", code)
    ways = [
        *(
            name,
            name.upper(),
            f"{name} ({territory.comuni.at[code, 'provincia']})",
            f"Comune di {name}",
            code,
            int(code),
        ),
        *(f"{int(code)}.0", f"{int(code)},0", float(int(code)), name),
    ]
    if rng.random() < 0.99:
        return rng.choice(ways)
    return rng.choice(
        ["015145", 13142, "Zelo Surrigone", "Provincia di Pavia", "Ambito di Lodi", "Pavya", "015999", None]
    )


def _total(name: str, order: list[str]) -> object:
    return {"denominazione": "TOTALE", "posti": 100}.get(name) if "denominazione" in order else None


def _spreadsheet(rng: random.Random, rows: list[list[object]]) -> bytes:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"nan_inf_to_errors": True, "strings_to_formulas": False}) as book:
        page = book.add_worksheet("Elenco")
        for r, row in enumerate(rows):
            for c, value in enumerate(row):
                if value is not None:
                    page.write(r, c, value)
        if rng.random() < 0.2:
            book.add_worksheet("Note").write(0, 0, "appunti")
    return made.getvalue()


# -- does what was read account for the file? ---------------------------------------------------------------------


def bring_in(path: Path, territory: Territory) -> list[str] | None:
    """Import a file, store it, read it back; return what is not accounted for, None when the file was refused."""
    kept: list[object] = []
    true = importing.read_table

    def listening(*given, **how):
        kept.append(true(*given, **how))
        return kept[-1]

    importing.read_table = listening
    try:
        understood = importing.understand(path, TABLE, fonte="ATS di prova", defaults={"anno": "2025"})
    except ConciliazioneError:
        return None
    finally:
        importing.read_table = true
    importing.store(understood)
    stored = catalog.read(TABLE)
    shutil.rmtree(storage.local_root(), ignore_errors=True)
    return _unaccounted(path, kept[-1], understood.come, stored, territory)


def _unaccounted(path: Path, read, told: str, stored: pd.DataFrame, territory: Territory) -> list[str]:
    wrong = []
    (sheet,) = [s for s in read_sheets(path) if s.name == read.sheet]
    header = [None if cell is None else shown(cell) for cell in sheet.cells[read.header_row - 1]]
    above = sheet.cells[read.header_row - 2] if read.header_row > 1 else []
    totals = {int(text.partition(":")[0].removeprefix("riga ")) for text in read.totals}
    held = [
        number
        for number, row in enumerate(sheet.cells[read.header_row :], start=read.header_row + 1)
        if any(cell is not None for cell in row) and not _is_header(row, [*header, *map(str, above)])
    ]
    lost = set(held) - set(read.frame.index) - totals
    if lost or len(stored) != len(read.frame):
        wrong.append(f"righe perse: {sorted(lost)}")
    for row in totals:
        if f"riga {row}" not in told:
            wrong.append(f"totale non detto: riga {row}")
    columns = {
        _column(read, name, header, above): name
        for name in read.frame
        if _column(read, name, header, above) is not None
    }
    for at, name in enumerate(header):
        both = f"{above[at]} {name}" if at < len(above) and above[at] is not None else name
        if name is not None and at not in columns and name not in told and both not in told:
            wrong.append(f"colonna persa: {name}")
    for position, row in enumerate(read.frame.index):
        cells = sheet.cells[row - 1]
        for at, name in columns.items():
            cell = cells[at] if at < len(cells) else None
            value = stored[name].iloc[position]
            if not _same(cell, None if pd.isna(value) else value, name, row, told, territory):
                wrong.append(f"riga {row}, {name}: {cell!r} letto {value!r}")
    return wrong


def _is_header(row: list[object], header: list[str | None]) -> bool:
    mine = {normalise(h) for h in header if h is not None}
    mine |= {normalise(name) for name in OTHERS}
    mine |= {normalise(alias) for name in SPEC.columns for alias in (name, *SPEC.column_aliases.get(name, ()))}
    words = [cell for cell in row if cell is not None]
    other = [cell for cell in words if normalise(cell) not in mine]
    # a word of a header repeated further down may be the damaged one
    return not other or (len(words) > 3 and len(other) == 1 and not any(c.isdigit() for c in str(other[0])))


def _column(read, name: str, header: list[str | None], above: list[object]) -> int | None:
    """Find the column again from the headers alone: the best of the names of the table."""
    names = [normalise(alias) for alias in (name, *SPEC.column_aliases.get(name, ()))]
    both = [
        normalise(f"{above[at]} {h}") if at < len(above) and isinstance(above[at], str) and h is not None else None
        for at, h in enumerate(header)
    ]
    if len(read.headers) and read.header_row > 1:
        # a header on two rows: what has nothing below is in the row above
        header = [
            h if h is not None else (str(above[at]) if at < len(above) and above[at] is not None else None)
            for at, h in enumerate(header)
        ]
    for alias in names:
        for at, h in enumerate(header):
            if h is not None and (normalise(h) == alias or (at < len(both) and both[at] == alias)):
                return at
    return None


def _same(cell: object, value: object, name: str, row: int, told: str, territory: Territory) -> bool:
    text = "" if cell is None else str(cell)
    if value is None:
        return cell is None or any(
            line.startswith(f"Letti come mancanti in «{name}»") and f"{row}" in line for line in told.splitlines()
        )
    if cell is None:
        return name in ("anno", "fonte", "grado")  # given by who imports
    if name in ("posti", "anno"):
        number = float(value)
        if isinstance(cell, (int, float)):
            return float(cell) == number
        bare = "".join(text.replace("€", "").split()).removeprefix("+")
        readings = set()
        for reading in (bare.replace(".", "").replace(",", "."), bare.replace(",", "")):
            try:
                readings.add(float(reading))
            except ValueError:
                continue
        double = re.fullmatch(r"[+-]?[1-9]\d{0,2}[.,]\d{3}", bare)
        return number in readings and (not double or f"«{text}» letto" in told)
    if name == "cod_comune":
        digits = text.removesuffix(".0").removesuffix(",0")
        official = normalise(territory.name("comune", str(value)))
        plain = normalise(text.partition("(")[0]).removeprefix("comune di ").removeprefix("citta di ")
        squeezed = plain.replace(" ", "")
        return digits.zfill(6) == value or squeezed == official.replace(" ", "") or text in told or digits in told
    if name in ("tipo", "gestione"):
        own = [*KINDS, "pubblica", "privata", "privata accreditata"]
        known = {normalise(k): v for k, v in SPEC.value_aliases[name].items()} | {normalise(v): v for v in own}
        return normalise(known.get(normalise(text), "?")) == normalise(value) or normalise(text) == normalise(value)
    shown = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else text
    return "".join(str(value).split()) == "".join(shown.split())
