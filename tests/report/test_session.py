"""An indicator of one's own: declared, computed, compared, drawn; then the same declaration in the registry."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from conciliazione_lib import evidence
from conciliazione_lib.errors import CalcoloError, DatiError, UsoError
from conciliazione_lib.evidence import formula, registry
from conciliazione_lib.report import Session

DATA = "2022-01-01"
FIELDS = {"nome": "Posti per bambino", "unita": "rapporto", "formula": "{posti} / {bimbi}"}
TERMS = {"posti": "Posti", "bimbi": "Bambini"}


@pytest.fixture
def session() -> Session:
    return Session(DATA)


@pytest.fixture
def comuni(session: Session) -> pd.DataFrame:
    """Two places and four children in every comune; in the first one, no children."""
    index = session.territory.comuni.index
    table = pd.DataFrame({"posti": 2.0, "bimbi": 4.0}, index=index)
    table.iloc[0, 1] = 0.0
    return table


def test_sums_come_before_the_formula_and_zero_is_said(session: Session, comuni: pd.DataFrame) -> None:
    session.declare("posti_per_bimbo", termini=TERMS, **FIELDS)
    figures = session.compute("posti_per_bimbo", comuni, levels=("comune", "ambito", "ats", "regione"))
    first = str(comuni.index[0])
    how_many = len(comuni)
    assert figures.posti_per_bimbo["lombardia"].value == pytest.approx(2 * how_many / (4 * (how_many - 1)))
    assert figures.posti_per_bimbo[f"comune-{first}"].figure.state == "non_calcolabile"
    assert figures.posti_per_bimbo["ambito-rho"].figure.imputed == 0
    assert figures.posti_per_bimbo["ambito-valle-trompia"].figure.imputed > 0
    assert dict(figures.posti_per_bimbo["pavia"].figure.terms)["bimbi"] == 4 * len(
        session.territory.members("ats", "pavia")
    )


def test_a_missing_part_makes_the_total_missing(session: Session, comuni: pd.DataFrame) -> None:
    session.declare("posti_per_bimbo", termini=TERMS, **FIELDS)
    code = session.territory.members("ats", "pavia")[0]
    comuni.loc[code, "posti"] = np.nan
    figures = session.compute("posti_per_bimbo", comuni)
    assert figures.posti_per_bimbo["pavia"].value is None
    assert figures.posti_per_bimbo["bergamo"].value == 0.5


def test_comparison_is_by_the_rule_declared_and_has_the_shapes(session: Session, comuni: pd.DataFrame) -> None:
    session.declare("posti_per_bimbo", termini=TERMS, **FIELDS)
    comuni.loc[session.territory.members("ats", "pavia"), "posti"] = 3.0
    session.compute("posti_per_bimbo", comuni)
    comparison = session.compare("posti_per_bimbo", "ats")
    assert isinstance(comparison, gpd.GeoDataFrame)
    assert comparison.crs.to_epsg() == 32632
    assert comparison.loc["pavia", "esito"] == "sopra"
    assert len(comparison) == 8
    assert comparison.geometry.is_valid.all()


def test_the_map_shows_itself_and_is_saved(session: Session, comuni: pd.DataFrame, tmp_path) -> None:
    session.declare("posti_per_bimbo", termini=TERMS, **FIELDS)
    session.compute("posti_per_bimbo", comuni)
    map_ = session.map("posti_per_bimbo", level="comune", within=("ats", "pavia"))
    assert repr(map_) == "<Mappa: Posti per bambino>"
    map_.save(tmp_path / "mappa.svg")
    assert (tmp_path / "mappa.svg").read_text(encoding="utf-8").startswith("<svg")
    assert {cell.t for row in map_.dati.righe for cell in row if cell.cifra} == {"0,50"}


def test_the_declaration_goes_to_the_registry_as_it_is(session: Session) -> None:
    declared = session.declare(
        "posti_per_bimbo", termini=TERMS, livelli=["ats", "comune"], rilevante=0.1, tema="Prova", **FIELDS
    )
    read_ = registry.parse({"prova.toml": 'tema = "Prova"\n\n' + session.toml("posti_per_bimbo")})
    assert read_["posti_per_bimbo"] == declared


@pytest.mark.parametrize("nome", list(evidence.load()))
def test_every_declaration_is_written_as_it_was_read(nome: str) -> None:
    entry = evidence.load()[nome]
    others = "\n".join(
        f'[{term}]\nnome = "x"\ndefinizione = "x"\nunita = "persone"\nriferimento = "x"\n'
        for term in {*entry.terms, *([entry.minimo.termine] if entry.minimo else []), entry.confronta_con}
        - {"", nome, *entry.termini}
    )
    read_ = registry.parse({"a.toml": f'tema = "{entry.tema}"\n{entry.to_toml()}\n{others}'})
    assert read_[nome] == entry


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"nome": "x", "unita": "pertiche"}, "unità sconosciuta «pertiche»"),
        ({"nome": "x", "unita": "rapporto", "colore": "blu"}, "solo i campi documentati"),
        ({"nome": "x", "unita": "rapporto", "formula": "{residnti} / 2"}, "I più simili: residenti"),
    ],
)
def test_a_wrong_declaration_is_refused(session: Session, fields: dict[str, str], told: str) -> None:
    with pytest.raises(DatiError, match="mio") as error:
        session.declare("mio", **fields)
    assert told in str(error.value)


def test_an_indicator_of_the_package_is_not_declared_again(session: Session) -> None:
    with pytest.raises(UsoError, match="c'è già"):
        session.declare("indice_vecchiaia", nome="x", unita="rapporto")


@pytest.mark.parametrize("testo", ["100 per {posti}", "{posti}.mean()", "__import__('os')", "{posti} if 1 else 2", ""])
def test_a_formula_that_is_not_arithmetic_is_refused(session: Session, testo: str) -> None:
    entry = session.declare("mio", nome="x", unita="rapporto", formula=testo, termini=TERMS)
    with pytest.raises(CalcoloError, match="non si può calcolare"):
        formula.evaluate(entry, pd.DataFrame({"posti": [1.0]}))


def test_what_is_not_computed_yet_says_how(session: Session) -> None:
    session.declare("posti_per_bimbo", termini=TERMS, **FIELDS)
    with pytest.raises(UsoError, match="compute"):
        session.map("posti_per_bimbo", level="ats")
