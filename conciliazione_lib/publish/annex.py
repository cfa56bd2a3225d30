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
_CREATO = dt.datetime(2025, 1, 1)
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
    periodi = {", ".join(parte.periodi): parte for parte in riparti}
    return Annex(
        titolo=file.titolo,
        atto=file.atto,
        nota=file.nota,
        criteri=_criteria(file),
        territori=names(file.livello),
        tavole={periodo: parte.riparto.drop(columns="peso") for periodo, parte in periodi.items()},
        confronti={periodo: parte.confronto for periodo, parte in periodi.items() if parte.confronto is not None},
        sensibilita={periodo: parte.sensibilita for periodo, parte in periodi.items()},
        regola=testo,
    )


def names(livello: str) -> dict[str, str]:
    """Return the names of the territories among which an amount is shared, in the order of the acts."""
    if livello == "asl":
        return dict(catalog.read("asl").set_index("asl")["nome"])
    ats = territory.load()
    return {codice: ats.name("ats", codice) for codice in ats.codes("ats")}


def rows(parte: Allocation, nomi: Mapping[str, str]) -> list[list[str]]:
    """Return an allocation as a table of texts: header, a row for each territory, total."""
    euro = parte.riparto.drop(columns="peso")
    confronto = parte.confronto
    sensibile = (parte.sensibilita["minima"] < parte.sensibilita["massima"]).any()
    testa = ["Territorio", *(f"{nome} (€)" for nome in euro)]
    testa += ["in vigore (€)", "differenza (€)"] if confronto is not None else []
    testa += ["quota min (%)", "quota max (%)"] if sensibile else []
    righe = [testa]
    for codice in euro.index:
        riga = [nomi[codice], *(formats.numero(v, 2) for v in euro.loc[codice])]
        if confronto is not None:
            riga += [
                formats.numero(confronto.loc[codice, c], 2, segno=c == "differenza") for c in ("vigente", "differenza")
            ]
        if sensibile:
            riga += [formats.numero(parte.sensibilita.loc[codice, c], 2) for c in ("minima", "massima")]
        righe.append(riga)
    ultima = ["Totale", *(formats.numero(euro[nome].sum(), 2) for nome in euro)]
    if confronto is not None:
        ultima += [
            formats.numero(confronto["vigente"].sum(), 2),
            formats.numero(confronto["differenza"].sum(), 2, segno=True),
        ]
    return [*righe, ultima + [""] * (len(testa) - len(ultima))]


def _criteria(file: AllocationFile) -> list[str]:
    """Return a rule in plain Italian, one sentence for each thing that it says."""
    voci = [f"{voce.descrizione or voce.nome} (peso {formats.numero(voce.peso)})" for voce in file.indicatori]
    frasi = [
        f"Le risorse sono ripartite in proporzione a: {formats.elenco(voci)}.",
        f"Metodo: {file.metodo}, in unità di {formats.euro(file.unita)}; la somma è il totale.",
    ]
    if len(file.quote) > 1:
        parti = formats.elenco([f"quota {nome} ({formats.numero(peso)}%)" for nome, peso in file.quote.items()])
        frasi.append(f"Il totale è prima diviso in {parti}.")
    date = [formats.data(data) for data in file.population_dates()]
    if date:
        frasi.append(f"Gli abitanti sono quelli al {formats.elenco(date)} (ISTAT).")
    for nome, limite in (("minimo", file.limiti.minimo), ("massimo", file.limiti.massimo)):
        if limite is not None:
            valori = limite.values() if isinstance(limite, dict) else [limite]
            frasi.append(f"Importo {nome} per territorio: {formats.elenco([formats.euro(v) for v in valori])}.")
    return frasi


def write_workbook(path: Path, annex: Annex) -> None:
    """Write the annex as a workbook: the table with its totals, the comparison, the sensitivity, the rule."""
    with xlsxwriter.Workbook(path) as libro:
        libro.set_properties({"title": annex.titolo, "created": _CREATO})
        fondo = palette.colori("documenti")["testata_foglio"]
        stili = {
            "titolo": libro.add_format({"bold": True, "font_size": 13}),
            "testa": libro.add_format({"bold": True, "bg_color": fondo, "border": 1, "text_wrap": True}),
            "nome": libro.add_format({"border": 1}),
            "euro": libro.add_format({"border": 1, "num_format": _EURO}),
            "percento": libro.add_format({"border": 1, "num_format": "0.00"}),
            "totale": libro.add_format({"bold": True, "border": 1, "num_format": _EURO}),
        }
        _sheet(libro, "Allegato", annex.titolo, annex.tavole, annex.territori, stili, totals=True)
        if annex.confronti:
            _sheet(libro, "Confronto", "Confronto con il riparto in vigore", annex.confronti, annex.territori, stili)
        _sheet(libro, "Sensibilità", "Che cosa cambia con i pesi", annex.sensibilita, annex.territori, stili)
        pagina = libro.add_worksheet("Regola")
        pagina.set_column(0, 0, 120)
        righe = [annex.titolo, annex.atto, annex.nota, "", *annex.criteri, "", *annex.regola.splitlines()]
        for riga, testo in enumerate(righe):
            pagina.write_string(riga, 0, testo)


def write_document(path: Path, annex: Annex) -> None:
    """Write the annex as a Word document: title, criteria, one table per period with its total."""
    import pypandoc

    parti = [f"<h1>{html.escape(annex.titolo)}</h1>"]
    parti += [f"<p>{html.escape(testo)}</p>" for testo in (annex.atto, *annex.criteri, annex.nota) if testo]
    for periodo, tavola in annex.tavole.items():
        parti.append(_html_table(f"Risorse {periodo}, in euro", tavola, annex.territori))
    documento = "".join(parti)
    # Pandoc writes the time in the file unless it is told one.
    with patch.dict(os.environ, {"SOURCE_DATE_EPOCH": str(int(_CREATO.replace(tzinfo=dt.UTC).timestamp()))}):
        pypandoc.convert_text(
            documento, "docx", format="html", outputfile=str(path), extra_args=["--metadata=lang:it-IT"]
        )


def _html_table(titolo: str, tavola: pd.DataFrame, territori: Mapping[str, str]) -> str:
    teste = "".join(f'<th align="right">{html.escape(_heading(nome))}</th>' for nome in tavola)
    righe = [
        f"<tr><td>{html.escape(territori[str(codice)])}</td>"
        + "".join(f'<td align="right">{formats.numero(valore, 2)}</td>' for valore in riga)
        + "</tr>"
        for codice, riga in zip(tavola.index, tavola.to_numpy(), strict=True)
    ]
    somme = "".join(f'<td align="right"><b>{formats.numero(tavola[nome].sum(), 2)}</b></td>' for nome in tavola)
    return (
        f"<table><caption>{html.escape(titolo)}</caption><thead><tr><th>Territorio</th>{teste}</tr></thead>"
        f"<tbody>{''.join(righe)}<tr><td><b>Totale</b></td>{somme}</tr></tbody></table>"
    )


def _sheet(
    libro: Any,
    nome: str,
    titolo: str,
    tavole: Mapping[str, pd.DataFrame],
    territori: Mapping[str, str],
    stili: Mapping[str, Any],
    *,
    totals: bool = False,
) -> None:
    pagina = libro.add_worksheet(nome)
    pagina.set_column(0, 0, 34)
    pagina.set_column(1, 8, 18)
    pagina.write(0, 0, titolo, stili["titolo"])
    riga = 2
    for periodo, tavola in tavole.items():
        pagina.write(riga, 0, f"Periodo: {periodo}")
        pagina.write_row(riga + 1, 0, ["Territorio", *map(_heading, tavola.columns)], stili["testa"])
        inizio = riga + 2
        for scarto, (codice, valori) in enumerate(zip(tavola.index, tavola.to_numpy(), strict=True)):
            pagina.write(inizio + scarto, 0, territori[str(codice)], stili["nome"])
            for colonna, valore in enumerate(valori, 1):
                _write(pagina, inizio + scarto, colonna, valore, stili)
        riga = inizio + len(tavola)
        if totals:
            pagina.write(riga, 0, "Totale", stili["totale"])
            for colonna, chiave in enumerate(tavola.columns, 1):
                lettera = xlsxwriter.utility.xl_col_to_name(colonna)
                formula = f"=SUM({lettera}{inizio + 1}:{lettera}{riga})"
                pagina.write_formula(riga, colonna, formula, stili["totale"], float(tavola[chiave].sum()))
            riga += 1
        riga += 2


def _write(pagina: Any, riga: int, colonna: int, valore: Any, stili: Mapping[str, Any]) -> None:
    if isinstance(valore, str):
        pagina.write_string(riga, colonna, valore, stili["nome"])
    elif isinstance(valore, Decimal):
        pagina.write_number(riga, colonna, float(valore), stili["euro"])
    elif pd.isna(valore):
        pagina.write_string(riga, colonna, formats.NON_DISPONIBILE, stili["nome"])
    else:
        pagina.write_number(riga, colonna, float(valore), stili["percento"])


_INTESTAZIONI = MappingProxyType(
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
    return _INTESTAZIONI.get(str(nome), f"Quota {nome} (€)")
