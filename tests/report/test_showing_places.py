"""What chapters show in one call: which rows, in what order, and what is not shown."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from conciliazione_lib import territory
from conciliazione_lib.evidence import Figure, FigureSet, Ledger, Place
from conciliazione_lib.evidence.figure import Input
from conciliazione_lib.evidence.pending import Pending
from conciliazione_lib.report import ambiti, blocks
from conciliazione_lib.report.showing import Showing

TERRITORIO = territory.load("2025-01-01")
REFERENCE = "2025-01-01"


class Chapter(Showing):
    """A chapter whose figures are given, and which keeps what it is asked to show."""

    def __init__(self, code: str, rows: list[dict[str, Any]]) -> None:
        self.territorio, self.t = TERRITORIO, self.luogo("regione" if code == "lombardia" else "ats", code)
        self.rows = pd.DataFrame(rows)
        self.shown: dict[str, dict[str, Any]] = {}
        self.said: list[str] = []
        made = [self._figure(**row) for row in rows]
        pending = [
            Pending(f.indicator, f.territory, f.period, f.breakdown, lambda f=f: f, reference=f.period == REFERENCE)
            for f in made
        ]
        self.f = FigureSet(pending, self.t, Ledger())  # type: ignore[assignment]

    @property
    def cifre_edizione(self) -> Any:  # type: ignore[override]
        now = self.rows[self.rows["periodo"] == REFERENCE]

        def references(name: str) -> dict[str, str]:
            return dict.fromkeys(now.loc[now["indicatore"] == name, "livello"], REFERENCE)

        return SimpleNamespace(references=references, guessed=lambda name: frozenset())

    def _figure(self, indicatore, livello, territorio, periodo, valore, provvisorio=False, **key) -> Figure:
        inputs = (Input("popolazione", provvisorio=provvisorio),)
        place = self.luogo(livello, territorio)
        return Figure(indicatore, valore, "persone", 0, place, periodo, tuple(key.items()), inputs=inputs)

    def luogo(self, livello: str, codice: str) -> Place:
        return Place(livello, codice, TERRITORIO.name(livello, codice, breve=True))

    def frame(self, *indicatori, livello=None, territori=None, periodo=None, per=()) -> pd.DataFrame:
        rows = self.rows[self.rows["indicatore"].isin(indicatori)]
        if livello is not None:
            rows = rows[rows["livello"].isin([livello] if isinstance(livello, str) else livello)]
        if territori is not None:
            rows = rows[rows["territorio"].isin(territori)]
        if periodo is None:
            rows = rows[rows["periodo"] == REFERENCE]
        keys = ["livello", "territorio", "periodo", *per]
        wide = rows.pivot_table(index=keys, columns="indicatore", values="valore", dropna=False, sort=False)
        return wide.dropna(how="all").reset_index()[[*keys, *indicatori]].rename_axis(columns=None)

    def fonte(self, *indicatori, **scelta) -> str:
        return "ISTAT"

    def tabella(self, frame, *, id, titolo, **altro) -> None:
        self.shown[id] = {"frame": frame, "titolo": titolo} | altro

    def grafico(self, disegno, *, id, titolo, alt, **altro) -> None:
        self.shown[id] = {"svg": disegno, "titolo": titolo, "alt": alt} | altro

    def _show(self, blocco: blocks.Blocco) -> None:
        self.said.append(blocco.markdown)  # type: ignore[attr-defined]


def row(indicator: str, level: str, code: str, value: float | None, period: str = REFERENCE, **more: Any) -> dict:
    return {"indicatore": indicator, "livello": level, "territorio": code, "periodo": period, "valore": value} | more


def residents(*periods: str) -> list[dict]:
    places = [("ats", "pavia", 500), ("ats", "milano", 3000), ("regione", "lombardia", 10_000), ("italia", "italia", 1)]
    return [row("residenti", level, code, value, period) for level, code, value in places for period in periods]


def test_choices_with_italy_add_it_last() -> None:
    ats, region = Chapter("pavia", residents(REFERENCE)), Chapter("lombardia", residents(REFERENCE))
    assert ats.luoghi("italia") == {
        "livello": ["ats", "regione", "italia"],
        "territori": ["pavia", "lombardia", "italia"],
    }
    assert region.luoghi("italia") == {"livello": ["regione", "italia"], "territori": ["lombardia", "italia"]}
    assert ats.luoghi("ats e italia")["territori"] == [*TERRITORIO.codes("ats"), "lombardia", "italia"]


def test_bars_leave_out_the_wholes_that_their_table_has() -> None:
    c = Chapter("pavia", [*residents(REFERENCE), row("eta_media", "ats", "pavia", 47.5)])
    c.barre("residenti", di="ats e italia", anche=["eta_media"], id="fig", titolo="Residenti", alt="Barre.")
    assert "Italia" not in c.shown["fig"]["svg"]
    assert list(c.shown["fig"]["dati"]["territorio"]) == ["pavia", "milano", "lombardia", "italia"]
    assert "eta_media" in c.shown["fig"]["dati"]


def test_over_time_a_column_a_period_whose_cells_are_its_figures() -> None:
    later = [one | {"provvisorio": True} for one in residents("2026-01-01")]
    c = Chapter("pavia", [*residents("2022-01-01", REFERENCE), *later])
    c.andamento("residenti", id="tab", titolo="Residenti nel tempo")
    shown = c.shown["tab"]
    assert list(shown["frame"]["territorio"]) == ["pavia", "milano", "lombardia"]
    assert shown["frame"]["2022-01-01"].iloc[0].id == "residenti.pavia.2022-01-01"
    assert shown["colonne"]["2026-01-01"].endswith("(provvisorio)")
    assert not shown["colonne"][REFERENCE].endswith("(provvisorio)")


def test_over_time_one_period_is_no_table() -> None:
    c = Chapter("pavia", residents(REFERENCE))
    c.andamento("residenti", id="tab", titolo="Residenti nel tempo")
    assert c.shown == {}
    assert c.said == ["Residenti nel tempo: se ne conosce al più un periodo."]


def test_columns_known_here_are_those_with_a_value_at_the_period_of_the_first() -> None:
    c = Chapter(
        "pavia",
        [
            row("stranieri_contati", "ats", "pavia", 60),
            row("quota_stranieri_contati", "ats", "pavia", 12.0, "2022-01-01"),
            row("quota_stranieri_0_2", "ats", "pavia", None),
            row("residenti", "ats", "pavia", 500),
        ],
    )
    assert c.noti("stranieri_contati", "quota_stranieri_contati", "quota_stranieri_0_2", "residenti") == [
        "stranieri_contati",
        "residenti",
    ]


def test_figures_inside_are_those_of_its_own_territories_that_have_a_value() -> None:
    own = TERRITORIO.completezza("ambito", "pavia").territori
    values = {own[0]: 200.0, own[1]: None, "azzate": 150.0}
    rows = [row("indice_vecchiaia", "ambito", code, value) for code, value in values.items()]
    rows += [row("indice_vecchiaia", "ambito", code, None) for code in own[2:]]
    found = Chapter("pavia", rows).dentro("indice_vecchiaia", "ambito")
    assert [(one.territory.codice, one.value) for one in found] == [(own[0], 200.0)]


def test_sheets_have_what_is_known_of_each_territory_and_its_figures() -> None:
    own = TERRITORIO.completezza("ambito", "pavia").territori
    c = Chapter("pavia", [row("residenti", "ambito", own[0], 10), row("densita", "ambito", own[0], 2)])
    sheets = c.schede("ambito", "residenti", "densita").set_index("territorio")
    assert set(sheets.index) == set(own)
    assert list(sheets["nome"]) == sorted(sheets["nome"])
    assert (sheets.at[own[0], "residenti"], sheets.at[own[0], "stato"]) == (10, "completo")
    assert sheets["residenti"].isna().sum() == len(own) - 1


def test_bars_side_by_side_are_called_by_name_and_by_territory() -> None:
    rows = [
        row(name, level, code, value)
        for name, value in (("quota_0_2", 2.0), ("quota_3_5", 2.5))
        for level, code in (("ats", "pavia"), ("regione", "lombardia"), ("italia", "italia"))
    ]
    c = Chapter("pavia", rows)
    c.affiancate("quota_0_2", "quota_3_5", voci=["0–2", "3–5"], id="fig", titolo="Età", alt="Barre.")
    assert all(word in c.shown["fig"]["svg"] for word in ("Pavia", "Lombardia", "Italia"))
    assert list(c.shown["fig"]["dati"]["territorio"]) == ["pavia", "lombardia", "italia"]
    empty = Chapter("pavia", [one | {"valore": None} for one in rows])
    empty.frame = lambda *a, **k: pd.DataFrame({"quota_0_2": [float("nan")] * 2})  # type: ignore[method-assign]
    empty.affiancate("quota_0_2", id="fig", titolo="Età", alt="Barre.")
    assert (empty.shown, empty.said) == ({}, ["Età: nessun valore è disponibile."])


def test_divided_bars_keep_the_order_of_parts_and_of_territories() -> None:
    values = {"piccoli": 80.0, "grandi": 20.0}
    rows = [
        row(name, level, code, value, classe=part)
        for name in ("quota_comuni", "n_comuni")
        for level, code in (("regione", "lombardia"), ("ats", "pavia"))
        for part, value in values.items()
    ]
    c = Chapter("pavia", rows)
    c.divise(
        {"quota_comuni": "comuni"}, "classe", ["grandi", "piccoli"], anche=["n_comuni"], id="fig", titolo="x", alt="y"
    )
    data = c.shown["fig"]["dati"]
    assert list(zip(data["territorio"], data["classe"], strict=True)) == [
        ("pavia", "grandi"),
        ("pavia", "piccoli"),
        ("lombardia", "grandi"),
        ("lombardia", "piccoli"),
    ]
    assert list(data["quota_comuni"]) == [20.0, 80.0, 20.0, 80.0]
    assert c.shown["fig"]["per"] == ["classe"]


@pytest.mark.parametrize("ats", ["bergamo", "montagna", "pavia", "milano"])
def test_deduced_memberships_and_clues_are_listed_once_each(ats: str) -> None:
    place = Place("ats", ats, ats)
    comuni = TERRITORIO.comuni[TERRITORIO.comuni["ats"] == ats]
    listed = ambiti.appartenenze(TERRITORIO, place).set_index("territorio")
    for column, of, known in (
        ("dedotti", "ambito", comuni[comuni["ambito_grado"] == "stima"]),
        ("indizi", "ambito_indizio", comuni[comuni["ambito_indizio"].notna()]),
    ):
        names = known.groupby(of)["nome"].agg(", ".join)
        assert listed.loc[listed[column] != "", column].to_dict() == names.to_dict()
    drawn = ambiti.disegno(TERRITORIO, place)
    if ats == "milano":
        assert drawn["titolo"] == "Distretti e ambiti"
    else:
        assert (drawn["valori"] == "ambito dedotto").sum() == (comuni["ambito_grado"] == "stima").sum()
