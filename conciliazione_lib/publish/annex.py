"""The annex of an allocation: the table ready to paste in an act, as a workbook and as a Word document."""

from __future__ import annotations

import datetime as dt
import html
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any
from unittest.mock import patch

import pandas as pd
import xlsxwriter

from conciliazione_lib import catalog, territory
from conciliazione_lib.catalog.allocation_rules import Allocation, AllocationFile
from conciliazione_lib.evidence import formats
from conciliazione_lib.report import palette

#: Without fixed dates two annexes made from the same rule would differ.
_CREATED = dt.datetime(2025, 1, 1)
_EURO = "#,##0.00"


@dataclass(frozen=True)
class Annex:
    """What an annex says.

    Attributes
    ----------
    titolo, atto, nota : str
        Title, act that sets the rule, what a reader must know.
    criteri : sequence of str
        The rule in plain Italian, one sentence per criterion.
    territori : mapping
        Name of each territory.
    tavole : mapping
        By period (``"2025, 2026, 2027"``), the columns of euros of each territory; each ends with ``importo``.
    confronti : mapping
        By period, the comparison with the act in force.
    sensibilita : mapping
        By period, the ranges when the weights change.
    regola : str
        The text of the rule.
    """

    titolo: str
    atto: str
    nota: str
    criteri: Sequence[str]
    territori: Mapping[str, str]
    tavole: Mapping[str, pd.DataFrame]
    confronti: Mapping[str, pd.DataFrame]
    sensibilita: Mapping[str, pd.DataFrame]
    regola: str


def of_rule(testo: str, file: AllocationFile, riparti: Sequence[Allocation]) -> Annex:
    """Return the annex of a rule that was applied.

    Parameters
    ----------
    testo : str
        The text of the rule.
    file : AllocationFile
        The rule.
    riparti : sequence of Allocation
        What it gives, from :func:`conciliazione_lib.catalog.allocation_rules.run`.
    """
    periods = {", ".join(part.periodi): part for part in riparti}
    return Annex(
        titolo=file.titolo,
        atto=file.atto,
        nota=file.nota,
        criteri=_criteria(file),
        territori=names(file.livello),
        tavole={period: part.riparto.drop(columns="peso") for period, part in periods.items()},
        confronti={period: part.confronto for period, part in periods.items() if part.confronto is not None},
        sensibilita={period: part.sensibilita for period, part in periods.items()},
        regola=testo,
    )


def names(livello: str) -> dict[str, str]:
    """Return the names of the territories among which an amount is shared, in the order of the acts."""
    if livello == "asl":
        return dict(catalog.read("asl").set_index("asl")["nome"])
    ats = territory.load()
    return {code: ats.name("ats", code) for code in ats.codes("ats")}


def rows(parte: Allocation, names: Mapping[str, str]) -> list[list[str]]:
    """Return an allocation as a table of texts: header, a row for each territory, total."""
    euro = parte.riparto.drop(columns="peso")
    comparison = parte.confronto
    sensitive = (parte.sensibilita["minima"] < parte.sensibilita["massima"]).any()
    head = ["Territorio", *(f"{name} (€)" for name in euro)]
    head += ["in vigore (€)", "differenza (€)"] if comparison is not None else []
    head += ["quota min (%)", "quota max (%)"] if sensitive else []
    lines = [head]
    for code in euro.index:
        row = [names[code], *(formats.numero(v, 2) for v in euro.loc[code])]
        if comparison is not None:
            row += [
                formats.numero(comparison.loc[code, c], 2, segno=c == "differenza") for c in ("vigente", "differenza")
            ]
        if sensitive:
            row += [formats.numero(parte.sensibilita.loc[code, c], 2) for c in ("minima", "massima")]
        lines.append(row)
    last = ["Totale", *(formats.numero(euro[name].sum(), 2) for name in euro)]
    if comparison is not None:
        last += [
            formats.numero(comparison["vigente"].sum(), 2),
            formats.numero(comparison["differenza"].sum(), 2, segno=True),
        ]
    return [*lines, last + [""] * (len(head) - len(last))]


def _criteria(file: AllocationFile) -> list[str]:
    """Return a rule in plain Italian, one sentence for each thing that it says."""
    entries = [f"{entry.descrizione or entry.nome} (peso {formats.numero(entry.peso)})" for entry in file.indicatori]
    sentences = [
        f"Le risorse sono ripartite in proporzione a: {formats.elenco(entries)}.",
        f"Metodo: {file.metodo}, in unità di {formats.euro(file.unita)}; la somma è il totale.",
    ]
    if len(file.quote) > 1:
        parts = formats.elenco([f"quota {name} ({formats.numero(weight)}%)" for name, weight in file.quote.items()])
        sentences.append(f"Il totale è prima diviso in {parts}.")
    date = [formats.data(data) for data in file.population_dates()]
    if date:
        sentences.append(f"Gli abitanti sono quelli al {formats.elenco(date)} (ISTAT).")
    for name, limit in (("minimo", file.limiti.minimo), ("massimo", file.limiti.massimo)):
        if limit is not None:
            values = limit.values() if isinstance(limit, dict) else [limit]
            sentences.append(f"Importo {name} per territorio: {formats.elenco([formats.euro(v) for v in values])}.")
    return sentences


def write_workbook(path: Path, annex: Annex) -> None:
    """Write the annex as a workbook: the table with its totals, the comparison, the sensitivity, the rule."""
    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"title": annex.titolo, "created": _CREATED})
        bottom = palette.colours("documenti")["testata_foglio"]
        styles = {
            "titolo": book.add_format({"bold": True, "font_size": 13}),
            "testa": book.add_format({"bold": True, "bg_color": bottom, "border": 1, "text_wrap": True}),
            "nome": book.add_format({"border": 1}),
            "euro": book.add_format({"border": 1, "num_format": _EURO}),
            "percento": book.add_format({"border": 1, "num_format": "0.00"}),
            "totale": book.add_format({"bold": True, "border": 1, "num_format": _EURO}),
        }
        _sheet(book, "Allegato", annex.titolo, annex.tavole, annex.territori, styles, totals=True)
        if annex.confronti:
            _sheet(book, "Confronto", "Confronto con il riparto in vigore", annex.confronti, annex.territori, styles)
        _sheet(book, "Sensibilità", "Che cosa cambia con i pesi", annex.sensibilita, annex.territori, styles)
        page = book.add_worksheet("Regola")
        page.set_column(0, 0, 120)
        lines = [annex.titolo, annex.atto, annex.nota, "", *annex.criteri, "", *annex.regola.splitlines()]
        for row, text in enumerate(lines):
            page.write_string(row, 0, text)


def write_document(path: Path, annex: Annex) -> None:
    """Write the annex as a Word document: title, criteria, one table per period with its total."""
    import pypandoc

    parts = [f"<h1>{html.escape(annex.titolo)}</h1>"]
    parts += [f"<p>{html.escape(text)}</p>" for text in (annex.atto, *annex.criteri, annex.nota) if text]
    for period, table in annex.tavole.items():
        parts.append(_html_table(f"Risorse {period}, in euro", table, annex.territori))
    document = "".join(parts)
    # Pandoc writes the time in the file unless it is told one.
    with patch.dict(os.environ, {"SOURCE_DATE_EPOCH": str(int(_CREATED.replace(tzinfo=dt.UTC).timestamp()))}):
        pypandoc.convert_text(
            document, "docx", format="html", outputfile=str(path), extra_args=["--metadata=lang:it-IT"]
        )


def _html_table(titolo: str, table: pd.DataFrame, territori: Mapping[str, str]) -> str:
    heads = "".join(f'<th align="right">{html.escape(_heading(name))}</th>' for name in table)
    lines = [
        f"<tr><td>{html.escape(territori[str(code)])}</td>"
        + "".join(f'<td align="right">{formats.numero(value, 2)}</td>' for value in row)
        + "</tr>"
        for code, row in zip(table.index, table.to_numpy(), strict=True)
    ]
    sums = "".join(f'<td align="right"><b>{formats.numero(table[name].sum(), 2)}</b></td>' for name in table)
    return (
        f"<table><caption>{html.escape(titolo)}</caption><thead><tr><th>Territorio</th>{heads}</tr></thead>"
        f"<tbody>{''.join(lines)}<tr><td><b>Totale</b></td>{sums}</tr></tbody></table>"
    )


def _sheet(
    book: Any,
    nome: str,
    titolo: str,
    tables: Mapping[str, pd.DataFrame],
    territori: Mapping[str, str],
    styles: Mapping[str, Any],
    *,
    totals: bool = False,
) -> None:
    page = book.add_worksheet(nome)
    page.set_column(0, 0, 34)
    page.set_column(1, 8, 18)
    page.write(0, 0, titolo, styles["titolo"])
    row = 2
    for period, table in tables.items():
        page.write(row, 0, f"Periodo: {period}")
        page.write_row(row + 1, 0, ["Territorio", *map(_heading, table.columns)], styles["testa"])
        start = row + 2
        for gap, (code, values) in enumerate(zip(table.index, table.to_numpy(), strict=True)):
            page.write(start + gap, 0, territori[str(code)], styles["nome"])
            for column, value in enumerate(values, 1):
                _write(page, start + gap, column, value, styles)
        row = start + len(table)
        if totals:
            page.write(row, 0, "Totale", styles["totale"])
            for column, key in enumerate(table.columns, 1):
                letter = xlsxwriter.utility.xl_col_to_name(column)
                formula = f"=SUM({letter}{start + 1}:{letter}{row})"
                page.write_formula(row, column, formula, styles["totale"], float(table[key].sum()))
            row += 1
        row += 2


def _write(page: Any, row: int, column: int, valore: Any, styles: Mapping[str, Any]) -> None:
    if isinstance(valore, str):
        page.write_string(row, column, valore, styles["nome"])
    elif isinstance(valore, Decimal):
        page.write_number(row, column, float(valore), styles["euro"])
    elif pd.isna(valore):
        page.write_string(row, column, formats.NOT_AVAILABLE, styles["nome"])
    else:
        page.write_number(row, column, float(valore), styles["percento"])


_HEADERS = MappingProxyType(
    {
        "importo": "Importo (€)",
        "vigente": "In vigore (€)",
        "differenza": "Differenza (€)",
        "variazione": "Variazione (%)",
        "esito": "Esito",
        "quota": "Quota (%)",
        "minima": "Quota minima (%)",
        "massima": "Quota massima (%)",
        "importo_minimo": "Importo minimo (€)",
        "importo_massimo": "Importo massimo (€)",
    }
)


def _heading(nome: object) -> str:
    return _HEADERS.get(str(nome), f"Quota {nome} (€)")
