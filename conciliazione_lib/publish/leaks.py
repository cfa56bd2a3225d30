"""Attack on what is published: no small count of people may be read, subtracted or bounded out of an edition.

The indicators that count people of a reserved table declare it (``riservato``). Their figures are attacked as a
reader would: looked for below the threshold in every format, and, where hidden, bounded by linear programming from
every total that is published beside them, in all the territories together, and from the means of the same answers.
"""

from __future__ import annotations

import csv
import json
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet
import python_calamine
from lxml import etree, html

from conciliazione_lib import catalog
from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.evidence import Figure, Ledger, load
from conciliazione_lib.evidence.registry import Indicator
from conciliazione_lib.evidence.verify import Finding
from conciliazione_lib.indicators.disclosure import Relation, bounds
from conciliazione_lib.indicators.scale_disclosure import PARTI, upper_bounds

GENERE = "riservatezza"
#: The indicator that counts who answered: no count of the same questionnaire and territory is greater.
RISPONDENTI = "rispondenti"
#: The indicator that is published only where enough people answered every question of a dimension.
AFFIDABILITA = "alfa_dimensione"
_LETTI = (".html", ".json", ".geojson", ".ipynb", ".csv", ".parquet", ".xlsx", ".docx")
_JSON = (".json", ".geojson", ".ipynb")
_LATI = ("", "_inferiore", "_superiore")
_NUMERO = re.compile(r"-?\d+(?:[.,]\d+)?")
_MIGLIAIA = re.compile(r"-?\d{1,3}(?:\.\d{3})+")
#: Headers of a column of values, in tables with a row for each figure.
_VALORI = ("valore", "v", "value")
_PAROLA = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def check(edizione: Path, ledger: Ledger) -> list[Finding]:
    """Look for counts below their threshold, readable or deducible.

    Parameters
    ----------
    edizione : Path
        The tree of an edition.
    ledger : Ledger
        Its ledger.

    Returns
    -------
    list of Finding
        Empty when no protected count can be had.
    """
    protetti = {i.id: i for i in load().values() if i.riservato is not None}
    valori = catalog.read("soglie_riservatezza").set_index("cod_soglia")["valore"]
    soglie = {nome: float(valori[i.riservato.soglia]) for nome, i in protetti.items() if i.riservato}
    return [*_in_ledger(ledger, protetti, soglie), *_in_tree(edizione, ledger, protetti, soglie)]


def _in_ledger(ledger: Ledger, protetti: Mapping[str, Indicator], soglie: Mapping[str, float]) -> Iterator[Finding]:
    gruppi: dict[tuple[str, str, str], list[Figure]] = defaultdict(list)
    for figura in ledger.figures.values():
        if figura.indicator in protetti:
            gruppi[figura.indicator, figura.period, _collection(figura)].append(figura)
        for nome, valore in figura.terms:
            if nome in soglie and valore is not None and 0 < valore < soglie[nome]:
                yield _leak("cifre.json, termini", figura.id, soglie[nome], f"{nome} = {valore:g}")
    numerose, almeno = _answered_by_many(ledger)
    for (indicatore, periodo, raccolta), figure in sorted(gruppi.items()):
        soglia = soglie[indicatore]
        for figura in figure:
            if figura.value is not None and 0 < figura.value < soglia:
                yield _leak("cifre.json", figura.id, soglia, f"{figura.value:g}")
        # the ATS that answered are those of any count of the same collection: one not built here is not nothing
        presenti = {
            f.territory.codice
            for (_, p, r), altre in gruppi.items()
            if (p, r) == (periodo, raccolta)
            for f in altre
            if f.territory.livello == "ats"
        }
        nascoste = [i for i, figura in enumerate(figure) if figura.value is None]
        relazioni, ignote = _relations(figure, protetti[indicatore], presenti)
        valori = [float("nan") if f.value is None else f.value for f in figure] + [float("nan")] * ignote
        minimi = _at_least(figure, indicatore, gruppi, periodo, raccolta)
        if _means(protetti[indicatore]):
            totali = [i for i in nascoste if "giudizio" not in dict(figure[i].breakdown)]
            minimi |= {i: almeno for i in totali if (_collection(figure[i]), *_asked(figure[i])) in numerose}
        try:
            limiti = bounds(valori, relazioni, nascoste, minimi)
        except CalcoloError as errore:
            yield Finding(GENERE, "cifre.json", figure[0].id, "totali uguali alla somma delle parti", errore.messaggio)
            continue
        for posto, (minimo, massimo) in limiti.items():
            if massimo < soglia - 1e-6:
                yield _leak("cifre.json, per differenza", figure[posto].id, soglia, f"fra {minimo:g} e {massimo:g}")
        nomi = _means(protetti[indicatore])
        if nomi:
            medie = [f for f in ledger.figures.values() if f.indicator in nomi and f.period == periodo]
            yield from _with_means(figure, medie, nomi, presenti, soglia)


def _collection(figura: Figure) -> str:
    """Return which questionnaire a figure counts: each has its own ATS."""
    return str(dict(figura.breakdown).get("questionario", ""))


def _at_least(
    figure: list[Figure],
    indicatore: str,
    gruppi: Mapping[tuple[str, str, str], list[Figure]],
    periodo: str,
    raccolta: str,
) -> dict[int, float]:
    """Return what hidden counts must at least be: who answers one question has answered the questionnaire."""
    minimi: dict[int, float] = {}
    if indicatore != RISPONDENTI or not raccolta:
        return minimi
    altre = [f for (_, p, r), insieme in gruppi.items() if (p, r) == (periodo, raccolta) for f in insieme]
    for i, figura in enumerate(figure):
        if figura.value is None and len(figura.breakdown) == 1:
            viste = [f.value for f in altre if f.territory == figura.territory and f.value is not None]
            minimi[i] = max(viste, default=0.0)
    return minimi


def _asked(figura: Figure) -> tuple[str, str, str]:
    """Return when and where a question was asked, and its words."""
    return figura.period, figura.territory.codice, str(dict(figura.breakdown).get("domanda", ""))


def _answered_by_many(ledger: Ledger) -> tuple[set[tuple[str, str, str, str]], float]:
    """Return the questions of which a published reliability says that many answered them, and how many at least."""
    strumento = catalog.read("questionario")
    affidabili = {
        (_collection(f), str(dict(f.breakdown).get("dimensione")), f.period, f.territory.codice)
        for f in ledger.figures.values()
        if f.indicator == AFFIDABILITA and f.value is not None
    }
    numerose = {
        (modulo, periodo, luogo, testo)
        for modulo, dimensione, periodo, luogo in affidabili
        for testo in strumento.query("modulo == @modulo and dimensione == @dimensione")["testo"]
    }
    valori = catalog.read("soglie_riservatezza").set_index("cod_soglia")["valore"]
    return numerose, float(valori["rispondenti"])


def _means(indicatore: Indicator) -> dict[str, str]:
    """Return the indicators of means and medians of the answers that an indicator counts, and what each is."""
    media = indicatore.riservato.media if indicatore.riservato else ""
    return {media: "media", media.replace("media", "mediana", 1): "mediana"} if media else {}


def _relations(figure: list[Figure], indicatore: Indicator, presenti: set[str]) -> tuple[list[Relation], int]:
    """Return the sums a reader can do: over each additive breakdown, and of the ATS in the region.

    Also how many unknown cells they have, beyond the figures: an ATS that answered but has no figure here.
    """
    riservato = indicatore.riservato
    posti = {(f.territory.livello, f.territory.codice, f.breakdown): i for i, f in enumerate(figure)}
    parti: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    ats: dict[int, set[str]] = defaultdict(set)
    for (livello, codice, chiavi), posto in posti.items():
        for dimensione in riservato.somma_su if riservato else ():
            altre = tuple(coppia for coppia in chiavi if coppia[0] != dimensione)
            meno = tuple(coppia for coppia in altre if not riservato or coppia[0] not in riservato.ripetuto_su)
            totale = next((t for t in (altre, meno) if (livello, codice, t) in posti), None)
            if len(altre) < len(chiavi) and totale is not None:
                parti[posti[livello, codice, totale], dimensione, altre].append(posto)
        if livello == "ats" and ("regione", "lombardia", chiavi) in posti:
            parti[posti["regione", "lombardia", chiavi], "ats", ()].append(posto)
            ats[posti["regione", "lombardia", chiavi]].add(codice)
    ignote = 0
    for (totale, dimensione, _), membri in parti.items():
        if dimensione == "ats" and ats[totale] < presenti:
            membri.append(len(figure) + ignote)
            ignote += 1
    return [Relation(totale, tuple(membri)) for (totale, _, _), membri in parti.items()], ignote


def _with_means(
    figure: list[Figure], medie: list[Figure], nomi: Mapping[str, str], presenti: set[str], soglia: float
) -> Iterator[Finding]:
    """Bound the hidden judgements of each question from its means and medians too."""
    colonne = [*PARTI, "tutti", *(f"{n}{lato}" for n in ("media", "mediana") for lato in _LATI)]
    domande: dict[tuple[tuple[str, str], ...], pd.DataFrame] = {}
    for figura in figure:
        chiavi = dict(figura.breakdown)
        parte = chiavi.pop("giudizio", "tutti")
        tavola = domande.setdefault(tuple(sorted(chiavi.items())), pd.DataFrame(columns=colonne, dtype=float))
        tavola.loc[figura.territory.codice, parte] = figura.value
    for figura in medie:
        sua = domande.get(tuple(sorted(figura.breakdown)))
        if sua is not None and figura.territory.codice in sua.index:
            valori = (figura.value, figura.lower, figura.upper)
            for lato, valore in zip(_LATI, valori, strict=True):
                sua.loc[figura.territory.codice, nomi[figura.indicator] + lato] = valore
    for chiave, tavola in domande.items():
        if not presenti <= set(tavola.index):
            tavola.loc["altre"] = float("nan")
        su = {str(luogo): "lombardia" for luogo in tavola.index if luogo != "lombardia"}
        nome = f"{figure[0].indicator}: {dict(chiave).get('domanda', '')}"
        try:
            massimi = upper_bounds(tavola, su)
        except CalcoloError as errore:
            yield Finding(GENERE, "cifre.json", nome, "medie possibili con i conteggi", errore.messaggio)
            continue
        for codice, riga in massimi.drop(index="altre", errors="ignore").iterrows():
            for voce, massimo in riga.items():
                if massimo < soglia - 1e-6:
                    dove = f"{nome}, {voce}, {codice}"
                    yield _leak("cifre.json, dalle medie", dove, soglia, f"al massimo {massimo:.1f}")


def _in_tree(
    edizione: Path, ledger: Ledger, protetti: Mapping[str, Indicator], soglie: Mapping[str, float]
) -> Iterator[Finding]:
    nascoste = {f.id for f in ledger.figures.values() if f.indicator in protetti and f.value is None}
    parole = {parola for i in protetti.values() for parola in (i.id, i.nome, i.nome_breve)}
    for file in sorted(edizione.rglob("*")):
        if file.suffix not in _LETTI or not (file.stem in protetti or _mentions(file, parole)):
            continue
        nome = file.relative_to(edizione).as_posix()
        if file.suffix == ".html":
            letti = _html_values(file.read_bytes(), soglie)
        elif file.suffix in _JSON:
            letti = _json_values(json.loads(file.read_text(encoding="utf-8")), soglie)
        else:
            letti = _column_values(file, protetti)
        for indicatore, chiave, testo in letti:
            valore = _number(testo)
            if valore is not None and (0 < valore < soglie[indicatore] or chiave in nascoste):
                yield _leak(nome, chiave or indicatore, soglie[indicatore], f"{testo}")


def _mentions(file: Path, parole: set[str]) -> bool:
    """Tell whether a file names a protected indicator: most do not, and need not be read further."""
    if file.suffix == ".parquet":
        return not parole.isdisjoint(pyarrow.parquet.read_schema(file).names)
    if file.suffix in (".xlsx", ".docx"):
        with zipfile.ZipFile(file) as archivio:
            parti = [n for n in archivio.namelist() if n.endswith(("Strings.xml", "document.xml")) or "/sheet" in n]
            grezzo = b"".join(archivio.read(nome) for nome in parti)
    else:
        grezzo = file.read_bytes()
    testo = grezzo.decode("utf-8", errors="replace")
    return any(parola in testo for parola in parole)


def _html_values(testo: bytes, soglie: Mapping[str, float]) -> Iterator[tuple[str, str, Any]]:
    albero = html.fromstring(testo)
    for nodo in albero.xpath("//*[@data-cifra]"):
        chiave = nodo.get("data-cifra")
        indicatore = chiave.partition(".")[0]
        if indicatore in soglie:
            mostrato = nodo.get("data-valore")
            yield indicatore, chiave, nodo.text_content() if mostrato is None else mostrato
    for nodo in albero.xpath("//script[contains(@type, 'json')]"):
        yield from _json_values(json.loads(nodo.text or "null"), soglie)


def _json_values(dati: Any, soglie: Mapping[str, float]) -> Iterator[tuple[str, str, Any]]:
    """Yield the values of protected indicators in plain data: cells with their figure, values and texts of maps."""
    if isinstance(dati, Mapping):
        chiave = str(dati.get("cifra") or dati.get("id") or "")
        indicatore = chiave.partition(".")[0]
        if indicatore in soglie and "." in chiave:
            for nome in ("v", "valore", "value"):
                yield indicatore, chiave, dati.get(nome)
        if str(dati.get("indicatore")) in soglie:
            for nome in ("valori", "testi"):
                mappa = dati.get(nome)
                if isinstance(mappa, Mapping):
                    yield from ((str(dati["indicatore"]), "", valore) for valore in mappa.values())
        for nome, valore in dati.items():
            if nome == "text/html" and (testo := "".join(valore)).strip():
                # what a cell of an executed notebook shows
                yield from _html_values(testo.encode(), soglie)
            elif nome in soglie and isinstance(valore, int | float | str):
                yield nome, "", valore
            else:
                yield from _json_values(valore, soglie)
    elif isinstance(dati, list):
        for valore in dati:
            yield from _json_values(valore, soglie)


def _column_values(file: Path, protetti: Mapping[str, Indicator]) -> Iterator[tuple[str, str, Any]]:
    """Yield the values of protected indicators in a download: whole columns, or rows that name a figure.

    The header may stand below a title. A file named after an indicator holds its values, in a column of values.
    """
    parole = {parola: nome for nome, i in protetti.items() for parola in (nome, i.nome, i.nome_breve)}
    for tavola in _tables(file):
        colonne: dict[int, str] = {}
        valori: list[int] = []
        for riga in tavola:
            scritte = [str(cella).strip() for cella in riga]
            for posto, nome in colonne.items():
                if posto < len(riga):
                    yield nome, "", riga[posto]
            chiavi = {s: parole[s.partition(".")[0]] for s in scritte if s.partition(".")[0] in parole}
            if not chiavi and file.stem in protetti:
                chiavi = {"": file.stem}
            for chiave, nome in chiavi.items():
                yield from ((nome, chiave, riga[posto]) for posto in valori if posto < len(riga))
            intestate = {i: re.sub(r" \([^)]*\)$", "", scritta) for i, scritta in enumerate(scritte)}
            colonne |= {i: parole[scritta] for i, scritta in intestate.items() if scritta in parole}
            valori += [i for i, scritta in enumerate(scritte) if scritta.lower() in _VALORI]


def _tables(file: Path) -> Iterator[list[list[Any]]]:
    if file.suffix == ".csv":
        with file.open(encoding="utf-8-sig", newline="") as flusso:
            yield list(csv.reader(flusso))
    elif file.suffix == ".parquet":
        colonne = pyarrow.parquet.read_table(file).to_pydict()
        yield [list(colonne), *(list(riga) for riga in zip(*colonne.values(), strict=True))]
    elif file.suffix == ".docx":
        with zipfile.ZipFile(file) as archivio:
            documento = etree.fromstring(archivio.read("word/document.xml"))
        for tavola in documento.iter(f"{_PAROLA}tbl"):
            yield [
                ["".join(str(t.text or "") for t in cella.iter(f"{_PAROLA}t")) for cella in riga.iter(f"{_PAROLA}tc")]
                for riga in tavola.iter(f"{_PAROLA}tr")
            ]
    else:
        libro = python_calamine.CalamineWorkbook.from_path(str(file))
        yield from (libro.get_sheet_by_name(foglio).to_python() for foglio in libro.sheet_names)


def _number(valore: Any) -> float | None:
    """Return a raw value, or a text that is a number, as a number."""
    if isinstance(valore, bool) or valore is None:
        return None
    if isinstance(valore, int | float):
        return None if valore != valore else float(valore)
    testo = str(valore).strip()
    if _MIGLIAIA.fullmatch(testo):
        return float(testo.replace(".", ""))
    return float(testo.replace(",", ".")) if _NUMERO.fullmatch(testo) else None


def _leak(dove: str, chiave: str, soglia: float, trovato: str) -> Finding:
    return Finding(GENERE, dove, chiave, f"nessun conteggio sotto la soglia di riservatezza ({soglia:g})", trovato)
