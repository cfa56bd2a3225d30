"""A small document, and the same after the data have changed, for the tests of what is written and merged."""

from __future__ import annotations

from conciliazione_lib.publish.documents import outline
from conciliazione_lib.publish.documents.elements import (
    Box,
    Document,
    Element,
    Heading,
    Paragraph,
    Picture,
    Span,
    Table,
    figures_shown,
    with_keys,
)

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 100"><rect width="{largo}" height="50" fill="#123456"/>'
    '<text x="10" y="90" font-family="DejaVu Sans" font-size="10">Pavia</text></svg>'
)


def figure(indicatore: str, testo: str) -> Span:
    return Span(testo, figure=f"{indicatore}.pavia.2022-01-01")


def document(
    residenti: str = "534.506",
    ageing: str = "209,4",
    *,
    wide: int = 90,
    new: bool = False,
    anno: int = 2022,
    failed: bool = False,
) -> Document:
    """Return the document; with ``new``, a paragraph the program did not write before.

    With another ``anno``, another edition: cover, premise, footnotes. With ``failed``, the chapter was not made.
    """
    columns = (
        {"nome": "Territorio", "unita": "", "allineamento": "sinistra"},
        {"nome": "Residenti", "unita": "persone", "allineamento": "destra"},
    )
    value = float(residenti.replace(".", ""))
    rows = (
        (
            {"v": "pavia", "t": "Pavia", "cifra": None},
            {"v": value, "t": residenti, "cifra": "residenti.pavia.2022-01-01"},
        ),
        ({"v": "x", "t": "=1+1", "cifra": None}, {"v": None, "t": "n.d.", "cifra": None}),
    )
    elements: list[Element] = [
        Heading("", 1, "Analisi dei bisogni"),
        Heading("", 2, "Demografia"),
        Paragraph(
            "",
            (
                Span("Nel territorio risiedono "),
                figure("residenti", residenti),
                Span(" persone. L'indice di vecchiaia è "),
                figure("indice_vecchiaia", ageing),
                Span(": gli anziani sono più dei giovani.", note=()),
                Span(note=(Span(f"Fonti del capitolo: ISTAT, 1° gennaio {anno}."),)),
            ),
        ),
        Table("", "tab-residenti", "Residenti", columns, rows, ("Dati provvisori.",), "ISTAT"),
        Paragraph("", (Span("La famiglia cambia forma. I nuclei sono più piccoli di un tempo."),)),
        Paragraph("", (Span("primo punto"),), "punto"),
        Paragraph("", (Span("secondo "), Span("punto", bold=True)), "punto"),
        Picture("", "fig-piramide", "La piramide", "Le età di chi abita a Pavia.", SVG.format(largo=wide), (), "ISTAT"),
        Box("", "nota", "Da sapere", (Paragraph("", (Span("I nati per comune."),)),)),
        Paragraph("", (Span("Le politiche dei tempi sono un'occasione per il territorio."),)),
    ]
    if new:
        elements.insert(5, Paragraph("", (Span("Questo paragrafo prima non c'era: parla dei servizi."),)))
    if failed:
        warning = Paragraph("", (Span("Il calcolo di questo capitolo non è arrivato in fondo."),))
        elements = [*elements[:2], Box("", outline.NOT_SUCCESSFUL, "Capitolo non disponibile", (warning,))]
    elements = with_keys(elements, "demografia")
    premise = [
        Heading("", 1, "Premessa", numbered=False),
        Paragraph("", (Span(f"L'analisi è per l'edizione {anno}. I comuni sono quelli del 1° gennaio {anno}."),)),
    ]
    elements = [*with_keys(premise, "premessa"), *elements]
    shown = {
        id: {"residenti": residenti, "indice_vecchiaia": ageing}[id.split(".")[0]] for id in figures_shown(elements)
    }
    columns_figures = tuple({"nome": n, "unita": "", "allineamento": "sinistra"} for n in ("Identificativo", "Valore"))
    appendix = [
        Heading("", 1, "Appendice delle cifre", numbered=False),
        Table(
            "", "cifre", "", columns_figures,
            tuple(tuple({"v": None, "t": t, "cifra": None} for t in entry) for entry in shown.items()), small=True,
        ),
    ]  # fmt: skip
    return Document(
        title="Analisi dei bisogni",
        subtitle="Documento territoriale",
        place="ATS di Pavia",
        code="ats/pavia",
        edition="Piano di prova" if anno == 2022 else f"Piano di prova {anno}",
        date=f"1° gennaio {anno}",
        version="0",
        contribution="Intervento finanziato con il contributo di Regione Lombardia",
        elements=tuple(outline.with_references([*elements, *with_keys(appendix, "cifre")])),
        edition_id=f"prova-{anno}",
        day=f"{anno}-01-01",
        failed=outline.failed(elements),
    )
