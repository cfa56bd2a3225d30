"""The checks as publishing shows them: run once, a page and its files, the mark beside the figures they concern."""

from __future__ import annotations

import contextlib
import json
import pickle
import re
from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import cache
from html import unescape
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

import conciliazione_lib.publish.addresses as addresses
import conciliazione_lib.publish.words as words
from conciliazione_lib import catalog, territory
from conciliazione_lib.build.fingerprint import digest
from conciliazione_lib.build.inputs import table_digest
from conciliazione_lib.build.store import write_whole
from conciliazione_lib.evidence import cards, formats, grammar
from conciliazione_lib.quality import backtest, check
from conciliazione_lib.quality.check import OneOutcome, Result
from conciliazione_lib.quality.marks import Marks

if TYPE_CHECKING:
    from conciliazione_lib.build.inputs import Inputs
    from conciliazione_lib.publish.site import Site

PAGE = "qualita.html"
#: Files to download beside the page.
VERIFICATIONS, REMADE = "dati/qualita/verifiche", "dati/qualita/documento-2020"

#: The tables that declare checks, or say of which territories they are.
DECLARING = (*territory.TABLES, "somme_dichiarate", "rapporti_dichiarati")

#: Outcomes in the order a reader wants them.
ORDER: tuple[OneOutcome, ...] = ("non_quadra", "non_verificabile", "quadra")

#: Families of checks, by the beginning of their identifiers.
THEMES = MappingProxyType(
    {
        "popolazione": "La popolazione: la nostra, gli atti, ISTAT",
        "territorio": "I territori: conteggi ed elenchi",
        "bilanci": "Bilanci demografici, stranieri, famiglie: parti e totali",
        "caratteri": "I caratteri dei comuni: la stessa cosa in due tabelle",
        "offerta": "L'offerta: registri, nidi, spesa, opere finanziate",
        "indicatori": "Gli indicatori pubblicati: definizioni e confronti",
        "piani": "I piani delle ATS: somme e riparti",
        "risorse": "Le risorse: somme, regole di riparto, limiti",
        "tempi": "I Piani dei Tempi: conteggi, classi, elenchi",
        "programmi": "I programmi e i loro esiti",
        "famiglie": "Famiglie, cura e servizi",
        "pubblicate": "Le cifre pubblicate: somme, rapporti, medie",
        "rapporti": "Le percentuali e i loro termini",
        "doppie": "La stessa cifra in due fonti",
    }
)

#: Documents by the words that name them in the sources of the checks; other sources go by their own name.
DOCUMENTS = (
    (
        re.compile(r"documento territoriale|rilevazione di ATS Milano", re.I),
        "Documento territoriale di ATS Milano 2020–2023",
    ),
    (re.compile("X/1081"), "DGR X/1081/2013"),
    (re.compile("linee guida", re.I), "Linee guida 2025–2027"),
    (re.compile("Reti, 2015"), "Presentazione sulle Reti territoriali, 2015"),
    (re.compile("modello lombardo"), "Presentazione «Il modello lombardo», 2017"),
    (re.compile("ISTAT"), "ISTAT"),
    (re.compile("stampa|comunicati|secondo welfare", re.I), "Comunicati e stampa"),
)

#: A figure as the templates and the prose write it: a link to its card, which in a cell needs not say what it is.
_FIGURE = re.compile(r'(?:<a class="cifra"|(?<=[> ])<a) href="((?:[^"]*cifre/[^"#]+)?#[^"]+)"[^>]*>.*?</a>', re.DOTALL)


_known: list[tuple[Result, ...]] = []


def results() -> tuple[Result, ...]:
    """Return the outcome of every check, run once in a process, or known from another."""
    if not _known:
        _known.append(tuple(check.run()))
    return _known[0]


def remembered(memory: Path, print_: str) -> tuple[Result, ...]:
    """Return the outcome of every check, made again only where a table that it depends on is another.

    Parameters
    ----------
    memory : Path
        Where outcomes are kept, in the working folder of the build.
    print_ : str
        Hash of what checks are made by: outcomes of another program are not taken.
    """
    hash_of = cache(table_digest)
    # A program has the same checks with the same tables that declare some of them.
    declaring = digest([print_, *map(hash_of, DECLARING)])
    before: dict[str, tuple[dict[str, str], Result]] = {}
    declared_by = ""
    with contextlib.suppress(Exception):  # whatever is wrong with it, it is made again
        by, told, found = pickle.loads(memory.read_bytes())
        before, declared_by = (found, told) if by == print_ else ({}, "")
    kept = {id: known for id, known in before.items() if _same(known[0], hash_of)}
    if declared_by != declaring or len(kept) < len(before):
        declared = {one.id: one for one in check.checks()}
        kept = {id: (kept[id][0], Result(one, kept[id][1].outcome)) for id, one in declared.items() if id in kept}
        for result, tables in check.run_each(one for id, one in declared.items() if id not in kept):
            kept[result.check.id] = {name: hash_of(name) for name in sorted(tables)}, result
        write_whole(memory, pickle.dumps((print_, declaring, kept)))
    return tuple(result for _, (_, result) in sorted(kept.items()))


def _same(tables: Mapping[str, str], hash_of: Callable[[str], str]) -> bool:
    return all(hash_of(name) == print_ for name, print_ in tables.items())


def program(inputs: Inputs) -> str:
    """Return the hash of what checks are made by."""
    return digest([inputs.code(["conciliazione_lib.quality"]), inputs.environment])


def take(outcomes: tuple[Result, ...]) -> None:
    """Take the outcomes that are known already, for the same tables."""
    _known[:] = [outcomes]


def concerning(codice: str | None) -> list[Result]:
    """Return the outcomes that concern an ATS, those that concern all of them included; every one without a code."""
    return [r for r in results() if codice is None or not r.check.territori or codice in r.check.territori]


def with_marks(page: str, path: str, flagged: Marks, note: Container[str]) -> str:
    """Return a page with a mark beside every figure that a check concerns: a picture with words, linked to the check.

    The number is not touched.

    Parameters
    ----------
    page : str
        HTML.
    path : str
        Address of the page from the root of the site.
    flagged : Marks
        Checks that concern each figure.
    note : container of str
        Ids of the figures of the edition.
    """
    if not flagged.failed:
        return page

    def sign(address: str) -> str:
        return mark(cards.figure_at(unescape(address), path), addresses.root(path), flagged, note)

    return _FIGURE.sub(lambda found: found[0] + sign(found[1]), page)


def mark(id: str, root: str, flagged: Marks, note: Container[str]) -> str:
    """Return the mark of a figure that a check concerns, for a page; empty for the others."""
    return _mark(root, flagged[id]) if id in flagged and id in note else ""


def _mark(root: str, outcomes: Sequence[Result]) -> str:
    """Return the mark of a figure: it leads to the most serious check and names them all."""
    verifications = "; ".join(f"{r.check.titolo} ({check.SEVERITY[r.check.gravita]})" for r in outcomes)
    sign = Markup(
        '<a class="segnale" href="{r}{pagina}#{id}"><img src="{r}risorse/segnale.svg" alt="{testo}" title="{testo}" '
        'width="20" height="16"></a>'
    ).format(r=root, pagina=PAGE, id=outcomes[0].check.id, testo=f"Cifra segnalata. Non quadra: {verifications}")
    return str(sign)


@dataclass(frozen=True)
class Group:
    """Checks shown together."""

    id: str
    nome: str
    esiti: Sequence[Result]


def write(site: Site) -> None:
    """Write the page of the checks and of the back-test, and the files to download."""
    everyone = results()
    by_outcome = {outcome: _sorted(r for r in everyone if r.outcome.esito == outcome) for outcome in ORDER}
    counts = Counter(r.outcome.esito for r in everyone)
    remade = backtest.remake()
    ats = [place for place in site.edizione.luoghi if place.livello == "ats"]
    site.write(
        PAGE,
        "qualita.html",
        titolo="Quadrature e verifiche",
        descrizione="Le cifre confrontate tra loro, con gli atti e con le fonti: che cosa torna e che cosa no.",
        sezione="fonti",
        kind="pagina",
        briciole=[("Fonti e qualità", "fonti.html"), ("Quadrature e verifiche", None)],
        conti={outcome: formats.numero(counts[outcome]) for outcome in ORDER},
        totale=formats.numero(len(everyone)),
        non_quadrano=by_outcome["non_quadra"],
        non_verificabili=by_outcome["non_verificabile"],
        temi=[
            Group(f"tema-{theme}", name, [r for r in by_outcome["quadra"] if r.check.id.startswith(f"{theme}-")])
            for theme, name in THEMES.items()
        ],
        fonti=_by_source(everyone),
        territori=[
            Group(f"ats-{place.codice}", grammar.maiuscola(grammar.senza_articolo(place)), _own(everyone, place.codice))
            for place in ats
        ],
        segnalate=_figures(site),
        tabella=lambda name: catalog.spec(name).title,
        rifatte=remade,
        uguali=formats.numero(sum(r.motivo == "nessuno" for r in remade)),
        quante_rifatte=formats.numero(len(remade)),
        motivi=backtest.REASONS,
        gravita=check.SEVERITY,
        verifiche=VERIFICATIONS,
        documento=REMADE,
        differenza=_number,
    )
    _files(site, VERIFICATIONS, [r.to_dict() for r in everyone])
    _files(site, REMADE, [r.to_dict() for r in remade])


def _sorted(outcomes: Iterable[Result]) -> list[Result]:
    severity = list(check.SEVERITY)
    return sorted(outcomes, key=lambda r: (severity.index(r.check.gravita), r.check.id))


def _own(outcomes: Iterable[Result], codice: str) -> list[Result]:
    """Return the checks that concern this ATS and not all of them: first what does not hold."""
    return sorted(
        (r for r in outcomes if codice in r.check.territori), key=lambda r: (ORDER.index(r.outcome.esito), r.check.id)
    )


def _by_source(outcomes: Iterable[Result]) -> list[Group]:
    """Return the checks by the document they read, whatever its section; first what does not hold."""
    by_source: dict[str, list[Result]] = {}
    for r in outcomes:
        for document in dict.fromkeys(map(_document, r.check.fonti)):
            by_source.setdefault(document, []).append(r)
    return [
        Group(f"fonte-{number}", name, sorted(own_ones, key=lambda r: (ORDER.index(r.outcome.esito), r.check.id)))
        for number, (name, own_ones) in enumerate(sorted(by_source.items(), key=lambda v: v[0].casefold()), 1)
    ]


def _document(fonte: str) -> str:
    """Return the document that a source names."""
    return next((name for template, name in DOCUMENTS if template.search(fonte)), fonte)


def _figures(site: Site) -> dict[str, list[tuple[str, str]]]:
    """Return the figures of this edition that each check marks: id, and the words that name it."""
    by_verify: dict[str, list[tuple[str, str]]] = {}
    models = {model.partition(".")[0] for result in site.flagged.failed for model in result.outcome.cifre}
    every = {*site.edizione.stored, *site.edizione.shown}
    names = [name for name in every if any(fnmatchcase(name, model) for model in models)]
    ids = {figure.id for name in names for figure in site.edizione.ledger_of(name)}
    for id in sorted(id for id in ids if id in site.flagged):
        for result in site.flagged[id]:
            by_verify.setdefault(result.check.id, []).append((id, _named(site, id)))
    return by_verify


def _named(site: Site, id: str) -> str:
    """Name a figure for a reader: indicator, what it is broken down by, territory, period."""
    figure = site.edizione.ledger_of(id.partition(".")[0])[id]
    entries = [site.indicatori[figure.indicator].nome, *dict(figure.breakdown).values()]
    return ", ".join([*entries, grammar.senza_articolo(figure.territory), formats.periodo(figure.period)])


def _number(valore: Decimal, sign: bool = False) -> str:
    """Return a difference or a tolerance as it is: up to the hundredth."""
    decimals = min(max(-int(valore.normalize().as_tuple().exponent), 0), 2)
    return formats.numero(valore, decimals, segno=sign)


def _files(site: Site, base: str, entries: Sequence[Mapping[str, Any]]) -> None:
    """Write the same records as CSV and as JSON."""
    flat = [[" | ".join(v) if isinstance(v, list) else v for v in entry.values()] for entry in entries]
    site.write_text(f"{base}.csv", words.csv_text(list(entries[0]), flat))
    site.write_text(f"{base}.json", json.dumps(entries, ensure_ascii=False, indent=1) + "\n")
