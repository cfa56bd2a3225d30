"""From frames to figures."""

from __future__ import annotations

import pandas as pd
import pytest

from conciliazione_lib import evidence
from conciliazione_lib.errors import CalcoloError, UsoError
from conciliazione_lib.evidence import Ledger, Place, registry


def place(livello: str, codice: str) -> Place:
    return Place(livello, codice, codice.title())


def make(frame: pd.DataFrame, **other):
    options = {
        "ledger": Ledger(),
        "luogo": place,
        "proprio": place("ats", "insubria"),
        "livello": "ats",
        "periodo": "2022",
    }
    return evidence.cifre(frame, **(options | other))


def test_own_territory_and_the_others(f):
    assert f.indice_vecchiaia.value == pytest.approx(100 * 225 / 110)
    assert f.indice_vecchiaia["lombardia"].figure.territory.livello == "regione"
    assert f.indicators == ("residenti_0_14", "residenti_65_piu", "indice_vecchiaia")
    assert f.indice_vecchiaia.pari_livello()[0].territory.codice == "insubria"
    assert len(f.indice_vecchiaia.pari_livello()) == 8


def test_a_figure_carries_its_terms_and_the_rows_of_its_own_territory(f, ledger, popolazione):
    figure = f.indice_vecchiaia.figure
    assert figure.terms == (("residenti_65_piu", 225.0), ("residenti_0_14", 110.0))
    (input_,) = figure.inputs
    assert (input_.tabella, input_.fonte, input_.grado) == ("popolazione", "ISTAT", "pubblicazione")
    assert (input_.filtro, input_.righe) == ("territorio = insubria", 3)
    assert ledger.rows[input_.righe_sha256] == {
        "colonne": ["territorio", "eta", "residenti"],
        "righe": [["insubria", 5, 110], ["insubria", 40, 640], ["insubria", 70, 225]],
    }
    assert figure.grade == "pubblicazione"


def test_only_figures_that_are_shown_enter_the_ledger_with_their_rows(f, ledger):
    assert len(ledger) == 0
    f.use(f.indice_vecchiaia.figure)
    data = ledger.to_dict()
    assert [entry["id"] for entry in data["cifre"]] == ["indice_vecchiaia.insubria.2022-01-01"]
    assert len(data["righe"]) == 1


def test_rows_are_looked_up_only_for_the_figures_somebody_asks_for(f, ledger):
    assert ledger.rows == {}
    _ = f.indice_vecchiaia.value
    assert len(ledger.rows) == 1


def test_figures_are_those_of_the_tables_as_they_were(popolazione):
    frame = pd.DataFrame({"territorio": ["insubria", "pavia"], "residenti": [1, 2]})
    register = Ledger()
    f = make(frame, ingressi=[popolazione], ledger=register)
    frame.loc[0, "residenti"] = 9
    popolazione.loc[popolazione["territorio"] == "insubria", "residenti"] = 0
    assert f.residenti.value == 1
    (input_,) = f.residenti.figure.inputs
    assert [row[2] for row in register.rows[input_.righe_sha256]["righe"]] == [110, 640, 225]


def test_missing_values_say_why():
    frame = pd.DataFrame({"territorio": ["insubria"], "indice_vecchiaia": [float("nan")]})
    assert make(frame).indice_vecchiaia.figure.note == "Il dato manca nella fonte."
    with_reason = frame.assign(indice_vecchiaia_motivo="nessun giovane")
    assert make(with_reason).indice_vecchiaia.figure.note == "nessun giovane"
    with_id = frame.assign(indice_vecchiaia_motivo="il denominatore (residenti_0_14) è zero")
    assert make(with_id).indice_vecchiaia.figure.note == "il denominatore (residenti di 0–14 anni) è zero"
    frame.attrs["motivi"] = {"indice_vecchiaia": "divisione per zero"}
    assert make(frame).indice_vecchiaia.figure.note == "divisione per zero"
    assert make(frame).indice_vecchiaia.text == "n.d."


def test_few_cases_are_not_published():
    text = """
tema = "T"
[tasso]
nome = "Tasso"
definizione = "D."
formula = "100 × {casi} / {persone}"
termini = { casi = "casi", persone = "persone" }
unita = "%"
minimo = { termine = "persone", valore = 30 }
incertezza = "wilson"
riferimento = "R"
"""
    register = registry.parse({"t.toml": text})
    frame = pd.DataFrame(
        {
            "territorio": ["insubria", "pavia"],
            "tasso": [10.0, 20.0],
            "tasso_inferiore": [5.0, 15.0],
            "tasso_superiore": [18.0, 27.0],
            "casi": [2, 20],
            "persone": [20, 100],
        }
    )
    f = make(frame, registro=register)
    assert f.tasso.value is None
    assert f.tasso.figure.note == "dato non pubblicabile: meno di 30 casi"
    assert f.tasso["pavia"].figure.interval_text == "tra il 15,0% e il 27,0%"
    assert f.tasso["pavia"].figure.confidence == 0.95


def test_in_the_place_of_what_was_guessed_stands_its_interval():
    frame = pd.DataFrame({"territorio": ["insubria"], "residenti_0_2": [15.0], "residenti_0_2_inferiore": [7.2]})
    frame = frame.assign(residenti_0_2_superiore=22.4, residenti_0_2_imputata=1.0)
    figure = make(frame).residenti_0_2.figure
    assert (figure.value, figure.number, figure.text) == (15, "7–22", "7–22")
    part = make(frame.assign(residenti_0_2_imputata=0.4)).residenti_0_2.figure
    assert part.number == "15"


def test_breakdowns_and_periods():
    frame = pd.DataFrame(
        {
            "territorio": ["insubria"] * 4,
            "periodo": ["2021", "2021", "2022", "2022"],
            "sesso": ["F", None, "F", None],
            "residenti": [5, 10, 6, 12],
        }
    )
    f = make(frame, periodo=None, per=["sesso"])
    assert f.residenti.text == "12"
    assert f.residenti.con(sesso="F").text == "6"
    assert f.residenti.al(2021).con(sesso="F").text == "5"
    assert [x.value for x in f.residenti.serie()] == [10, 12]
    with pytest.raises(UsoError, match="periodi presenti: 2021, 2022"):
        _ = f.residenti.al(2019)
    with pytest.raises(CalcoloError, match="indicare in «per»"):
        make(frame, periodo=None)


def test_the_years_of_a_series_are_joined():
    def year(periodo: str, valore: float):
        return make(pd.DataFrame({"territorio": ["insubria"], "residenti": [valore]}), periodo=periodo)

    whole = year("2021", 10) + year("2022", 12)
    assert [x.period for x in whole.residenti.serie()] == ["2021", "2022"]
    assert whole.residenti.text == "12"


def test_a_shared_code_must_be_told_apart(f):
    frame = pd.DataFrame({"livello": ["provincia", "ambito"], "territorio": ["pavia", "pavia"], "residenti": [1, 2]})
    whole = make(frame, livello=None)
    assert whole.residenti["ambito-pavia"].text == "2"
    with pytest.raises(UsoError, match="ambito-pavia, provincia-pavia"):
        _ = whole.residenti["pavia"]


def test_wrong_names_are_refused_with_the_nearest(f):
    with pytest.raises(UsoError, match="indice_vecchiaia"):
        _ = f.indice_vechiaia
    with pytest.raises(UsoError, match="brianza"):
        _ = f.indice_vecchiaia["brianz"]
    with pytest.raises(UsoError, match="Nessuna colonna"):
        make(pd.DataFrame({"territorio": ["insubria"], "boh": [1]}))
    with pytest.raises(UsoError, match="manca «periodo»"):
        make(pd.DataFrame({"territorio": ["insubria"], "residenti": [1]}), periodo=None)
    with pytest.raises(UsoError, match="non ha provenienza"):
        make(pd.DataFrame({"territorio": ["insubria"], "residenti": [1]}), ingressi=[pd.DataFrame({"a": [1]})])


def test_the_least_solid_row_gives_the_grade(popolazione):
    mixed = popolazione.assign(grado="atto")
    mixed.attrs = popolazione.attrs
    mixed.loc[mixed["territorio"] == "insubria", "grado"] = ["atto", "stima", "stampa"]
    frame = pd.DataFrame({"territorio": ["insubria", "pavia"], "residenti": [1, 2]})
    f = make(frame, ingressi=[mixed])
    assert f.residenti.figure.grade == "stima"
    assert f.residenti["pavia"].figure.grade == "atto"


def test_the_rows_of_a_territory_are_found_among_its_comuni(popolazione):
    comuni = pd.DataFrame({"cod_comune": ["012001", "013001", "018001"], "residenti": [1, 2, 3]})
    comuni.attrs = popolazione.attrs
    register = Ledger()
    frame = pd.DataFrame({"livello": ["ats", "italia"], "territorio": ["insubria", "italia"], "residenti": [3, 9]})
    f = make(frame, livello=None, ingressi=[comuni], ledger=register, membri=lambda level, code: ["012001", "013001"])
    (input_,) = f.residenti.figure.inputs
    assert input_.filtro == "cod_comune tra i comuni dell'ATS dell'Insubria"
    assert register.rows[input_.righe_sha256]["righe"] == [["012001", 1], ["013001", 2]]
    assert f.residenti["italia"].figure.inputs == ()


def test_a_table_of_other_territories_is_not_an_input(popolazione):
    italia = pd.DataFrame({"territorio": ["italia"], "residenti": [9]})
    italia.attrs = {"provenienza": popolazione.attrs["provenienza"] | {"tabella": "popolazione_italia"}}
    frame = pd.DataFrame({"livello": ["ats", "italia"], "territorio": ["insubria", "italia"], "residenti": [3, 9]})
    f = make(frame, livello=None, ingressi=[popolazione, italia])
    assert [i.tabella for i in f.residenti.figure.inputs] == ["popolazione"]
    assert [i.tabella for i in f.residenti["italia"].figure.inputs] == ["popolazione_italia"]


def test_a_table_without_territories_is_an_input_of_all(popolazione):
    norms = pd.DataFrame({"norma": ["a", "b"]})
    norms.attrs = {"provenienza": popolazione.attrs["provenienza"] | {"tabella": "norme"}}
    f = make(pd.DataFrame({"territorio": ["insubria"], "residenti": [3]}), ingressi=[norms])
    assert f.residenti.figure.inputs[0].righe == 2


def test_the_rows_of_a_long_table_are_only_those_of_the_figure(popolazione):
    long = pd.DataFrame(
        {
            "territorio": ["insubria"] * 4,
            "indicatore": ["residenti", "residenti", "indice_vecchiaia", "altro"],
            "anno": [2021, 2022, 2022, 2022],
            "valore": [10.0, 12.0, 180.0, 1.0],
        }
    )
    long.index = [0, 0, 1, 1]  # as after a concat
    long.attrs = popolazione.attrs
    register = Ledger()
    frame = pd.DataFrame(
        {"territorio": ["insubria"], "residenti": [12], "indice_vecchiaia": [180.0], "eta_media": [46.0]}
    )
    f = make(frame, ingressi=[long], ledger=register)
    (input_,) = f.residenti.figure.inputs
    assert input_.filtro == "territorio = insubria, anno = 2022, indicatore = residenti"
    assert register.rows[input_.righe_sha256]["righe"] == [["insubria", "residenti", 2022, 12]]
    assert f.indice_vecchiaia.figure.inputs[0].righe == 1
    assert f.eta_media.figure.inputs[0].righe == 3  # its name is not in the table: all the rows of the year
