"""What changed since an earlier edition: how many figures, which most, and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from conciliazione_lib import evidence, territory
from conciliazione_lib.build.config import Config
from conciliazione_lib.evidence import Ledger, formats, grammar
from conciliazione_lib.publish.edition import Edition
from conciliazione_lib.publish.site import Site
from conciliazione_lib.quality import editions
from conciliazione_lib.quality.anomalies import Anomaly, anomalies
from conciliazione_lib.quality.decomposition import CAUSE

#: Changes listed one by one: those out of line with the same figure elsewhere.
LISTED = 60

PAGE = "novita.html"


def earlier(config: Config, reports: Path) -> editions.Edition | None:
    """Return the latest edition before the one being made, when it is there.

    Parameters
    ----------
    config : Config
        The editions, with their dates.
    reports : Path
        The folder of the published editions.
    """
    own = config.edizioni[config.edizione].data
    before = sorted((entry.data, name) for name, entry in config.edizioni.items() if entry.data < own)
    for _, name in reversed(before):
        if (reports / name / editions.FILE).is_file():
            return editions.Edition.read(reports / name)
    return None


def describe(edizione: Edition, ledger: Ledger | None = None) -> editions.Edition:
    """Return an edition as the comparison of editions wants it; with its ledger, when it is made already."""
    known = edizione.ledger if ledger is None else ledger
    return editions.describe(edizione.id, known, evidence.load(), territory.load(edizione.data))


@dataclass(frozen=True)
class Comparison:
    """An edition compared with an earlier one.

    Attributes
    ----------
    prima : str
        Name of the earlier edition.
    cambi : list of Change
        Every figure of either.
    anomalie : list of Anomaly
        The changes to look at before publishing.
    """

    prima: str
    cambi: list[editions.Change]
    anomalie: list[Anomaly]

    def messages(self) -> list[str]:
        """Return one line for each change to look at, as the analyst reads it at the end of a build."""
        return [_message(anomaly) for anomaly in self.anomalie]


def compare(edizione: Edition, before: editions.Edition) -> Comparison:
    """Compare an edition being published with an earlier one."""
    changes = editions.compare(before, describe(edizione))
    return Comparison(before.nome, changes, anomalies(changes, edizione.ledger))


def _message(anomaly: Anomaly) -> str:
    c = anomaly.change
    assert c.prima is not None, "an anomaly has both sides"
    assert c.dopo is not None, "an anomaly has both sides"
    declared = evidence.load().find(c.figure.indicator)
    name = declared.nome if declared else c.figure.indicator
    where = grammar.maiuscola(grammar.senza_articolo(c.figure.territory))
    return (
        f"{name}, {where}: da {c.prima.text} ({formats.periodo(c.prima.period)}) a {c.dopo.text} "
        f"({formats.periodo(c.dopo.period)}): {', '.join(anomaly.motivi)}"
    )


def write(site: Site, comparison: Comparison | None) -> None:
    """Write the page of the changes; of a first edition, it says that it is the first.

    Parameters
    ----------
    site : Site
    comparison : Comparison, optional
        With the earlier edition, when there is one.
    """
    if comparison is None:
        _write_first(site)
        return
    counts = Counter(
        "nuove" if c.prima is None else "tolte" if c.dopo is None else "cambiate" if c.effetti else "uguali"
        for c in comparison.cambi
    )
    cause = Counter(one_cause for c in comparison.cambi for one_cause in c.effetti)
    rows = [
        {
            "nome": site.indicatori[c.figure.indicator].nome
            if c.figure.indicator in site.indicatori
            else c.figure.indicator,
            "luogo": grammar.maiuscola(grammar.senza_articolo(c.figure.territory)),
            "prima": c.prima,
            "dopo": c.dopo,
            "variazione": formats.numero(c.variazione, c.figure.decimals, segno=True),
            "cause": formats.elenco([CAUSE[one_cause] for one_cause in c.effetti]),
            "motivi": formats.elenco(list(anomaly.motivi)),
        }
        for anomaly in comparison.anomalie[:LISTED]
        for c in (anomaly.change,)
    ]
    site.write(
        PAGE,
        "novita.html",
        titolo="Che cosa è cambiato",
        descrizione=f"Le differenze tra questa edizione e l'edizione {comparison.prima}.",
        kind="pagina",
        briciole=[("Che cosa è cambiato", None)],
        prima=comparison.prima,
        conti={name: formats.numero(counts[name]) for name in ("uguali", "cambiate", "nuove", "tolte")},
        cause=[(CAUSE[one_cause], formats.numero(how_many)) for one_cause, how_many in cause.most_common()],
        righe=rows,
        altre=formats.numero(max(len(comparison.anomalie) - LISTED, 0)),
    )


def _write_first(site: Site) -> None:
    site.write(
        PAGE,
        "prima_edizione.html",
        titolo="Che cosa è cambiato",
        descrizione="Le edizioni del rapporto e le differenze fra l'una e l'altra.",
        kind="pagina",
        briciole=[("Che cosa è cambiato", None)],
    )
