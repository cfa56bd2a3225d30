"""The annexes of a document: method, sources, quality of the data, and every figure with its definition."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from conciliazione_lib.evidence import Figure, Ledger, Place, formats, grammar
from conciliazione_lib.evidence import cards as schede
from conciliazione_lib.evidence import load as registro_indicatori
from conciliazione_lib.publish import quadrature
from conciliazione_lib.publish.documents.elements import NOTA, Element, Heading, Paragraph, Span, Table
from conciliazione_lib.publish.edition import Chapter, Edition
from conciliazione_lib.quality.check import Result
from conciliazione_lib.quality.marks import marks
from conciliazione_lib.storage import DEFINITIVO


def annexes(
    edition: Edition, place: Place, chapters: Sequence[Chapter], shown: Sequence[str]
) -> dict[str, list[Element]]:
    """Return the annexes by name.

    Parameters
    ----------
    edition : Edition
        With the ledger.
    place : Place
        Whose document it is.
    chapters : sequence of Chapter
        Those in the document.
    shown : sequence of str
        Ids of the figures the document shows.
    """
    from conciliazione_lib.publish.documents.outline import fixed_words

    parole: Mapping[str, str] = fixed_words()["allegati"]
    esito: dict[str, list[Element]] = {"metodo": [], "fonti": [], "qualita": [], "cifre": []}
    if shown:
        esito["metodo"] = [_text(parole["metodo"]), *methods(edition.ledger, shown)]
    righe = list(sources(voce for capitolo in chapters for voce in capitolo.tabelle))
    if righe:
        colonne = _columns("Tabella di dati", "Fonte e licenza", "Dati al", "Letta il")
        esito["fonti"] = [_text(parole["fonti"]), Table("", "fonti", "", colonne, _rows(righe), small=True)]
    esito["qualita"] = [_text(parole["qualita"]), *quality(place)]
    if shown:
        esito["cifre"] = [_text(parole["cifre"]), *figures(edition.ledger, shown)]
    return esito


def methods(ledger: Ledger, shown: Sequence[str]) -> Iterator[Element]:
    """Yield, theme by theme, the declaration of the indicators of which some figure is shown."""
    registro = registro_indicatori()
    usati = {ledger[id].indicator for id in shown}
    for tema, indicatori in registro.themes().items():
        scelti = [indicatore for indicatore in indicatori if indicatore.id in usati]
        if scelti:
            yield Heading("", 2, tema, numbered=False)
        for indicatore in scelti:
            resto = [indicatore.definizione.rstrip(".") + "."]
            if indicatore.formula:
                resto.append(f"Formula: {schede.formula_words(indicatore, registro)}.")
            unita = formats.unita(indicatore.unita).estesa
            if unita:
                resto.append(f"Unità: {unita}.")
            if schede.INCERTEZZE.get(indicatore.incertezza):
                resto.append(f"Incertezza: {schede.INCERTEZZE[indicatore.incertezza]}.")
            resto.append(f"Riferimento: {indicatore.riferimento.rstrip('.')}.")
            yield _note(indicatore.nome, " ".join(resto))


def sources(tables: Iterable[Mapping[str, Any]]) -> Iterator[list[str]]:
    """Yield title, source, reference date with status, and retrieval date of the tables read, each once, by title."""
    uniche = {(v["tabella"], v["sha256"]): v for v in tables}
    for voce in sorted(uniche.values(), key=lambda v: (str(v["titolo"]).casefold(), str(v["data_riferimento"]))):
        licenza = f" ({voce['licenza']})" if voce.get("licenza") else ""
        yield [
            str(voce["titolo"]),
            f"{voce['fonte']}{licenza}",
            formats.periodo(str(voce["data_riferimento"])) + _status(voce),
            formats.data_breve(str(voce["recuperato"])) if voce.get("recuperato") else "",
        ]


def _status(voce: Mapping[str, Any]) -> str:
    """Return how final a table is, when it is not, as it follows its date."""
    stato = voce.get("stato", "provvisorio" if voce.get("provvisorio") else DEFINITIVO)
    return "" if stato == DEFINITIVO else f" ({stato})"


def sources_note(tables: Iterable[Mapping[str, Any]]) -> str:
    """Return the footnote of a chapter: the tables it reads, each with its reference date and status."""
    from conciliazione_lib.publish.documents.outline import fixed_words

    lette = "; ".join(f"{titolo}: {data}" for titolo, _, data, _ in sources(tables))
    return f"Fonti del capitolo: {lette}. {fixed_words()['allegati']['capitolo']}" if lette else ""


def quality(place: Place) -> list[Element]:
    """Return the outcome of the checks that concern a territory.

    First how many there are; then, one by one, what does not agree or cannot be checked; for an ATS, its own checks
    that hold. Those of the whole region that hold are only counted: they are on the site of every edition.
    """
    codice = place.codice if place.livello == "ats" else None
    esiti = quadrature.concerning(codice)
    conti = Counter(r.outcome.esito for r in esiti)
    aperte = sorted(
        (r for r in esiti if r.outcome.esito != "quadra"), key=lambda r: (r.outcome.esito != "non_quadra", r.check.id)
    )
    proprie = [r for r in esiti if r.outcome.esito == "quadra" and codice is not None and r.check.territori]
    riguarda = f"riguardano {grammar.nome(place)}" if codice is not None else "si fanno per la Lombardia"
    conto = (
        f"Le verifiche che {riguarda} sono {len(esiti)}: {conti['quadra']} quadrano, {conti['non_quadra']} non "
        f"quadrano e {conti['non_verificabile']} non si possono fare con i dati raccolti. L'elenco intero è nella "
        "pagina «Quadrature e verifiche» del sito dell'edizione."
    )
    elementi: list[Element] = [Paragraph("", (Span(conto),))]
    elementi += map(_check_note, aperte)
    if proprie:
        elementi.append(Paragraph("", (Span(f"Quadrano, fra quelle proprie {grammar.di(place)}:"),)))
        elementi += map(_check_note, proprie)
    return elementi


def _check_note(result: Result) -> Paragraph:
    """Return a check with its outcome: what agrees or not, why, and the smallest correction."""
    outcome = result.outcome
    parti = [grammar.maiuscola(result.esito), outcome.confronto, outcome.spiegazione]
    if outcome.correzione:
        parti.append(f"La correzione più piccola: {outcome.correzione}")
    return _note(result.check.titolo, " ".join(_closed(parte) for parte in parti if parte))


def figures(ledger: Ledger, shown: Sequence[str]) -> Iterator[Element]:
    """Yield, indicator by indicator, every figure shown: id, value, territory and period."""
    registro = registro_indicatori()
    per_indicatore: dict[str, list[str]] = {}
    for id in sorted(shown):
        per_indicatore.setdefault(ledger[id].indicator, []).append(id)
    segnalate = marks(shown, quadrature.results())
    righe: list[list[str]] = []
    for indicatore, ids in per_indicatore.items():
        fonti = dict.fromkeys(i.titolo or i.tabella for id in ids for i in ledger[id].inputs)
        dichiarato = registro.find(indicatore)
        definizione = f"{dichiarato.nome}. {dichiarato.definizione_breve}" if dichiarato else indicatore
        righe.append([definizione + (f" Dati: {'; '.join(fonti)}." if fonti else "")])
        righe += [_figure_row(ledger[id], id in segnalate) for id in ids]
    colonne = _columns("Identificativo", "Valore", "Territorio", "Periodo", destra=("Valore",))
    yield Table("", "cifre", "", colonne, _rows(righe), small=True)


def _figure_row(figure: Figure, segnalata: bool) -> list[str]:
    dettaglio = schede.breakdown_words(figure)
    dove = grammar.maiuscola(grammar.senza_articolo(figure.territory)) + (f" ({dettaglio})" if dettaglio else "")
    dove += ". Segnalata: si veda «Qualità dei dati»" if segnalata else ""
    un_giorno = re.fullmatch(r"\d{4}-\d{2}-\d{2}", figure.period)
    quando = formats.data_breve(figure.period) if un_giorno else formats.periodo(figure.period)
    return [figure.id, figure.text, dove, quando]


def _note(titolo: str, testo: str) -> Paragraph:
    """Return a paragraph in small type that begins with what it is about."""
    return Paragraph("", (Span(f"{titolo}. ", bold=True), Span(testo)), NOTA)


def _text(markdown: str) -> Element:
    from conciliazione_lib.publish.documents import prose

    return prose.elements(markdown)[0]


def _closed(frase: str) -> str:
    return frase if frase.endswith((".", "!", "?")) else f"{frase}."


def _columns(*nomi: str, destra: tuple[str, ...] = ()) -> tuple[Mapping[str, Any], ...]:
    return tuple(
        {"nome": nome, "unita": "", "allineamento": "destra" if nome in destra else "sinistra"} for nome in nomi
    )


def _rows(righe: Iterable[Sequence[str]]) -> tuple[tuple[Mapping[str, Any], ...], ...]:
    return tuple(tuple({"v": None, "t": cella, "cifra": None} for cella in riga) for riga in righe)
