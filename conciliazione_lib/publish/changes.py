"""What changed since an earlier edition: how many figures, which most, and why."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from conciliazione_lib import evidence, territory
from conciliazione_lib.build.config import Config
from conciliazione_lib.evidence import formats, grammar
from conciliazione_lib.publish.edition import Edition
from conciliazione_lib.publish.site import Site
from conciliazione_lib.quality import editions
from conciliazione_lib.quality.decomposition import CAUSE

#: Changes listed one by one: those out of line with the same figure elsewhere.
ELENCATI = 60

PAGINA = "novita.html"


def earlier(config: Config, reports: Path) -> editions.Edition | None:
    """Return the latest edition before the one being made, when it is there.

    Parameters
    ----------
    config : Config
        The editions, with their dates.
    reports : Path
        The folder of the published editions.
    """
    propria = config.edizioni[config.edizione].data
    prima = sorted((voce.data, nome) for nome, voce in config.edizioni.items() if voce.data < propria)
    for _, nome in reversed(prima):
        if (reports / nome / editions.FILE).is_file():
            return editions.Edition.read(reports / nome)
    return None


def describe(edizione: Edition) -> editions.Edition:
    """Return an edition as the comparison of editions wants it."""
    return editions.describe(edizione.id, edizione.ledger, evidence.load(), territory.load(edizione.data))


def write(sito: Site, prima: editions.Edition) -> None:
    """Write the page of the changes.

    Parameters
    ----------
    sito : Site
    prima : quality.editions.Edition
        The earlier edition.
    """
    cambi = editions.compare(prima, describe(sito.edizione))
    conti = Counter(
        "nuove" if c.prima is None else "tolte" if c.dopo is None else "cambiate" if c.effetti else "uguali"
        for c in cambi
    )
    cause = Counter(causa for c in cambi for causa in c.effetti)
    righe = [
        {
            "nome": sito.indicatori[c.figura.indicator].nome
            if c.figura.indicator in sito.indicatori
            else c.figura.indicator,
            "luogo": grammar.maiuscola(grammar.senza_articolo(c.figura.territory)),
            "prima": c.prima,
            "dopo": c.dopo,
            "variazione": formats.numero(c.variazione, c.figura.decimals, segno=True),
            "cause": formats.elenco([CAUSE[causa] for causa in c.effetti]),
        }
        for c in editions.anomalies(cambi)[:ELENCATI]
        if c.prima is not None and c.dopo is not None
    ]
    sito.write(
        PAGINA,
        "novita.html",
        titolo="Che cosa è cambiato",
        descrizione=f"Le differenze tra questa edizione e l'edizione {prima.nome}.",
        genere="pagina",
        briciole=[("Che cosa è cambiato", None)],
        prima=prima.nome,
        conti={nome: formats.numero(conti[nome]) for nome in ("uguali", "cambiate", "nuove", "tolte")},
        cause=[(CAUSE[causa], formats.numero(quante)) for causa, quante in cause.most_common()],
        righe=righe,
    )
