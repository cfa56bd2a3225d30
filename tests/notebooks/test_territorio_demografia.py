"""The first two chapters, for a territory that is not the one they are stored for."""

from pathlib import Path

import nbformat
import papermill
import pytest
from papermill.exceptions import PapermillExecutionError

from conciliazione_lib.evidence import Ledger

QUADERNI = Path(__file__).resolve().parents[2] / "notebooks"
BLOCCO = "application/vnd.conciliazione.blocco+json"


def _execute(nome: str, **parametri: object) -> nbformat.NotebookNode:
    return papermill.execute_notebook(
        QUADERNI / nome, None, parametri, cwd=QUADERNI.parent, kernel_name="python3", progress_bar=False
    )


def _blocks(quaderno: nbformat.NotebookNode) -> list[dict]:
    uscite = [o for cella in quaderno.cells if cella.cell_type == "code" for o in cella.outputs]
    return [o["data"][BLOCCO] for o in uscite if BLOCCO in o.get("data", {})]


def _own_figures(blocchi: list[dict]) -> dict[tuple, float | None]:
    """Return the figures of the chapter's own territory, by indicator, period and breakdown."""
    codice = blocchi[0]["territorio"]["codice"]
    cifre = Ledger.from_dict(blocchi[-1]["registro"]).figures.values()
    proprie = [c for c in cifre if c.territory.livello == "ats" and c.territory.codice == codice]
    return {(c.indicator, c.period, c.breakdown): c.value for c in proprie}


@pytest.mark.parametrize("nome", ["01_territorio.ipynb", "02_demografia.ipynb"])
def test_another_ats_gives_another_chapter(nome):
    milano = _blocks(nbformat.read(QUADERNI / nome, as_version=4))
    insubria = _blocks(_execute(nome, territorio="insubria"))
    assert insubria[0]["territorio"]["codice"] == "insubria"
    assert [b["tipo"] for b in insubria].count("mappa") >= 2
    proprie, altrui = _own_figures(insubria), _own_figures(milano)
    comuni = proprie.keys() & altrui.keys()
    assert len(comuni) > 5
    assert [chiave for chiave in comuni if proprie[chiave] == altrui[chiave]] == []
    for prima, dopo in zip(milano, insubria, strict=False):
        if prima["tipo"] == dopo["tipo"] == "mappa":
            assert prima["svg"] != dopo["svg"]
            assert not set(prima["territori"]) & set(dopo["territori"])


@pytest.mark.parametrize(
    ("parametri", "detto"),
    [({"territorio": "insubira"}, "insubria"), ({"colore": "rosso"}, "colore"), ({"data": "ieri"}, "ieri")],
)
def test_wrong_parameters_are_refused_with_a_clear_message(parametri, detto):
    with pytest.raises(PapermillExecutionError, match=f"UsoError.*{detto}"):
        _execute("01_territorio.ipynb", **parametri)
