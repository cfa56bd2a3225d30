"""What chapters show in one call, over a small store: lists of their own territory, breakdowns drawn or in a table."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from conciliazione_lib.report import Capitolo, showing


class Chapter(showing.Showing):
    """A chapter that keeps what it is asked to show, over frames given by hand."""

    def __init__(self, figures: pd.DataFrame, listed: pd.DataFrame) -> None:
        self.figures, self.listed, self.shown = figures, listed, []  # type: ignore[var-annotated]
        self.t = type("Place", (), {"livello": "ats", "codice": "milano"})()  # type: ignore[assignment]
        self.f = None  # type: ignore[assignment]

    def frame(self, *indicatori: str, **scelta: Any) -> pd.DataFrame:
        return self.figures.copy()

    def elenco(self, nome: str) -> pd.DataFrame:
        listed = self.listed.copy()
        listed.attrs["fonte"] = "Fonte dell'elenco"
        return listed

    def fonte(self, *indicatori: str, **scelta: Any) -> str:
        return "Fonte delle cifre"

    def tabella(self, frame: pd.DataFrame, **altro: Any) -> None:
        self.shown.append(("tabella", frame, altro))

    def grafico(self, disegno: str, **altro: Any) -> None:
        self.shown.append(("grafico", altro["dati"], altro | {"disegno": disegno}))

    def _show(self, blocco: Any) -> None:
        self.shown.append(("testo", blocco.markdown, {}))


AZIONI = pd.DataFrame(
    {
        "livello": ["ats", "ats", "ats", "regione"],
        "territorio": ["milano", "pavia", "milano", "lombardia"],
        "riga": ["a", "b", "c", "d"],
        "altro": ["x", "y", "z", "w"],
    }
)
HOW_MANY = pd.DataFrame({"livello": "ats", "territorio": "milano", "periodo": "2013", "riga": ["c"], "n_azioni": [3.0]})


def by_kind(values: list[float | None]) -> pd.DataFrame:
    frame = pd.DataFrame({"livello": "ats", "territorio": "milano", "periodo": "2013", "tipo": ["uno", "due", "tre"]})
    return frame.assign(n_azioni=values, n_azioni_inferiore=values, n_azioni_superiore=values)


def test_rows_are_those_of_the_territory_with_the_figures_they_have() -> None:
    c = Chapter(HOW_MANY, AZIONI)
    assert list(c.righe("azioni")["riga"]) == ["a", "c"]
    assert list(c.righe("azioni", livello="regione")["riga"]) == ["d"]
    beside = c.righe("azioni", "n_azioni", per=["riga"])
    assert beside[["riga", "n_azioni"]].to_numpy().tolist() == [["c", 3.0]]
    assert beside.attrs["fonte"] == "Fonte dell'elenco"


def test_a_list_shows_the_columns_named_in_their_order_and_says_when_it_is_empty() -> None:
    c = Chapter(HOW_MANY, AZIONI)
    c.lista("azioni", id="tab-azioni", titolo="Azioni", colonne={"altro": "Altro", "riga": "N."})
    [(kind, frame, options)] = c.shown
    assert (kind, options["fonte"], options["nascoste"]) == ("tabella", "Fonte dell'elenco", ["livello", "territorio"])
    assert list(frame.columns) == ["livello", "territorio", "altro", "riga"]
    c.lista(c.righe("azioni").iloc[:0], id="tab-altre", titolo="Altre", colonne={"riga": "N."})
    assert c.shown[-1][:2] == ("testo", "Altre: nessun valore è disponibile.")


def test_a_breakdown_is_drawn_in_order_and_is_a_table_when_it_cannot_be() -> None:
    c = Chapter(by_kind([1.0, None, 5.0]), AZIONI)
    c.dettaglio("n_azioni", voce="tipo", id="tipi", titolo="Tipi", alt="I tipi delle azioni.", come="barre")
    c.dettaglio("n_azioni", voce="tipo", id="tipi", titolo="Tipi", ordine=["due", "uno"])
    (drawn, first, chart), (shown, second, table) = c.shown
    assert (drawn, chart["id"], shown, table["id"]) == ("grafico", "fig-tipi", "tabella", "tab-tipi")
    assert chart["disegno"].startswith("<svg")
    assert list(first["tipo"]) == ["tre", "uno", "due"]
    assert list(second["tipo"]) == ["due", "uno", "tre"]


@pytest.mark.parametrize("values", [[None, None, None], [0.0, 0.0, 0.0]])
def test_a_breakdown_that_tells_nothing_is_one_line(values: list[float | None]) -> None:
    c = Chapter(by_kind(values), AZIONI)
    c.dettaglio("n_azioni", voce="tipo", id="tipi", titolo="Tipi", alt="I tipi delle azioni.", come="intervalli")
    [(kind, _, _)] = c.shown
    assert kind == "testo"


def test_chapters_have_these_verbs() -> None:
    assert issubclass(Capitolo, showing.Showing)


def test_the_note_of_one_row_says_which_and_that_of_many_stands_by_itself() -> None:
    rows = pd.DataFrame(
        {"esito": ["Accessi", "Persone", "Imprese"], "note": ["Non persone.", "A metà del piano.", "A metà del piano."]}
    )
    rows.loc[3] = ["Progetti", None]
    assert Chapter(HOW_MANY, AZIONI).note_di(rows, "esito") == ["A metà del piano.", "Accessi: non persone."]
