"""A chapter as it is written: its territory, its numbers, what it refuses."""

from __future__ import annotations

from unittest.mock import patch

import pandas as pd
import pytest

from conciliazione_lib.errors import CalcoloError, UsoError
from conciliazione_lib.evidence import ProsaError
from conciliazione_lib.report import Capitolo, blocks, charts

ATS = ["milano", "insubria", "montagna", "brianza", "bergamo", "brescia", "val-padana", "pavia"]


@pytest.fixture(autouse=True)
def silent():
    with patch("IPython.display.display"):
        yield


def open_(territorio: str = "insubria", **other: str) -> Capitolo:
    return Capitolo.apri("02_demografia", territorio=territorio, data="2022-01-01", edizione="2022", **other)


@pytest.fixture
def c() -> Capitolo:
    return open_()


@pytest.fixture
def frame() -> pd.DataFrame:
    values = [174.8, 185.6, 199.4, 177.8, 159.9, 161.5, 193.7, 208.3]
    return pd.DataFrame({"territorio": ATS, "indice_vecchiaia": values})


@pytest.mark.parametrize(
    ("written", "livello", "codice"),
    [("lombardia", "regione", "lombardia"), ("pavia", "ats", "pavia"), ("ambito-azzate", "ambito", "azzate")],
)
def test_territories_by_slug(written: str, livello: str, codice: str) -> None:
    t = open_(written).t
    assert (t.livello, t.codice) == (livello, codice)


def test_a_level_settles_a_code() -> None:
    assert open_("azzate", livello="ambito").t.livello == "ambito"


def test_an_unknown_territory_names_the_nearest() -> None:
    with pytest.raises(UsoError, match=r"Territorio sconosciuto: «insubira»\. I più simili: insubria"):
        open_("insubira")


def test_a_wrong_date_is_refused() -> None:
    with pytest.raises(UsoError, match="«data» non è una data"):
        Capitolo.apri("x", territorio="pavia", data="2022", edizione="2022")


def test_the_heading_comes_first_and_the_ledger_last(c: Capitolo) -> None:
    c.chiudi()
    assert [b.tipo for b in c.blocchi] == ["intestazione", "registro"]
    assert c.blocchi[0].to_dict()["territorio"] == {"livello": "ats", "codice": "insubria", "nome": "Insubria"}
    with pytest.raises(UsoError, match="già chiuso"):
        c.manca("Posti nido", effetto="Non si dice.", chi="i comuni")


def test_prose_finds_the_variables_of_the_notebook(c: Capitolo, frame: pd.DataFrame) -> None:
    f = c.cifre(frame, periodo="2022-01-01")
    space = {"c": c, "f": f}
    exec("c.testo('Vecchiaia: {{ f.indice_vecchiaia }} {{ in_(t) }}.')", space)
    told = c.blocchi[-1].to_dict()["markdown"]
    assert told == "Vecchiaia: [185,6](cifra:indice_vecchiaia.insubria.2022-01-01) nell'ATS dell'Insubria."
    assert "indice_vecchiaia.insubria.2022-01-01" in c.ledger


def test_an_alternative_text_says_the_extremes_in_plain_words(c: Capitolo, frame: pd.DataFrame) -> None:
    f = c.cifre(frame, periodo="2022-01-01")
    said = c.parole(
        "Il valore è massimo {{ massimo(f.indice_vecchiaia, 'ats', prep='in') }}: {{ primo }}.",
        f=f,
        primo=f.indice_vecchiaia.estremo("alto", "ats"),
    )
    assert said == "Il valore è massimo nell'ATS di Pavia: 208,3."
    assert len(c.blocchi) == 1  # nothing was shown but the heading


def test_a_number_typed_by_hand_is_refused(c: Capitolo) -> None:
    with pytest.raises(ProsaError):
        c.testo("I residenti sono 1.455.789.")


def test_cells_become_figures_and_enter_the_ledger(c: Capitolo, frame: pd.DataFrame) -> None:
    f = c.cifre(frame, periodo="2022-01-01")
    assert len(c.ledger) == 0
    c.tabella(frame, id="tab", titolo="Indici", cifre=f)
    assert len(c.ledger) == 8
    tabella = c.blocchi[-1].to_dict()
    assert tabella["numero"] == 1
    assert tabella["righe"][0] == [
        {"v": "milano", "t": "Città Metropolitana di Milano", "cifra": None},
        {"v": 174.8, "t": "174,8", "cifra": "indice_vecchiaia.milano.2022-01-01"},
    ]
    column = tabella["colonne"][1]
    assert (column["allineamento"], column["decimali"], column["indicatore"]) == ("destra", 1, "indice_vecchiaia")


def test_a_cell_that_differs_from_its_figure_is_refused(c: Capitolo, frame: pd.DataFrame) -> None:
    f = c.cifre(frame, periodo="2022-01-01")
    with pytest.raises(CalcoloError, match=r"La cella vale 175\.8"):
        c.tabella(frame.assign(indice_vecchiaia=frame["indice_vecchiaia"] + 1), id="tab", titolo="Indici", cifre=f)


def test_a_cell_that_could_be_two_figures_is_refused(c: Capitolo, frame: pd.DataFrame) -> None:
    due = pd.concat([frame.assign(periodo="2021"), frame.assign(periodo="2022")])
    f = c.cifre(due)
    with pytest.raises(UsoError, match="ci sono 2 cifre"):
        c.tabella(frame, id="tab", titolo="Indici", cifre=f)
    c.tabella(due, id="tab-due", titolo="Indici", cifre=f)


def test_missing_cells_say_so(c: Capitolo) -> None:
    c.tabella(pd.DataFrame({"voce": ["a", "b"], "posti": [1200.0, None]}), id="tab", titolo="Posti")
    rows = c.blocchi[-1].to_dict()["righe"]
    assert [row[1]["t"] for row in rows] == ["1.200", "n.d."]
    assert rows[1][1]["v"] is None


def test_levels_are_deduced_and_doubt_is_an_error(c: Capitolo) -> None:
    f = c.cifre(pd.DataFrame({"territorio": [*ATS, "lombardia"], "eta_media": [46.0] * 9}), periodo="2022")
    assert {figure.territory.livello for figure in f} == {"ats", "regione"}
    with pytest.raises(UsoError, match="non sono di nessun territorio"):
        c.cifre(pd.DataFrame({"territorio": ["atlantide"], "eta_media": [1.0]}), periodo="2022")


def test_captions_are_numbered_and_identifiers_unique(c: Capitolo, frame: pd.DataFrame) -> None:
    drawing = charts.barre(frame.set_index("territorio")["indice_vecchiaia"])
    c.grafico(drawing, id="fig-a", titolo="Uno", alt="Barre.", dati=frame)
    c.mappa(frame, livello="ats", indicatore="indice_vecchiaia", id="map-a", titolo="Due", alt="Mappa.",
            entro=c.luogo("regione", "lombardia"))  # fmt: skip
    assert [b.to_dict()["numero"] for b in c.blocchi[1:]] == [1, 2]
    assert c.blocchi[1]._plain_text() == "Figura 1. Uno\nBarre."
    with pytest.raises(UsoError, match="«fig-a» è già usato"):
        c.grafico(drawing, id="fig-a", titolo="Tre", alt="Barre.", dati=frame)


def test_a_figure_needs_its_alternative_text(c: Capitolo, frame: pd.DataFrame) -> None:
    drawing = charts.barre(frame.set_index("territorio")["indice_vecchiaia"])
    with pytest.raises(UsoError, match="Manca il testo alternativo di «Uno»"):
        c.grafico(drawing, id="fig-a", titolo="Uno", alt=" ", dati=frame)


def test_a_map_of_figures_records_them_and_draws_only_its_territory(c: Capitolo) -> None:
    comuni = c.territorio.members("ats", "insubria")
    f = c.cifre(pd.DataFrame({"territorio": comuni, "residenti": range(len(comuni))}), periodo="2022", livello="comune")
    c.mappa(f, livello="comune", indicatore="residenti", id="map", titolo="Residenti", alt="Mappa.")
    block = c.blocchi[-1].to_dict()
    assert block["territori"] == sorted(comuni)
    assert len(c.ledger) == len(comuni) == sum(classe["n"] for classe in block["classi"])
    assert len(block["dati"]["righe"]) == len(comuni)


def test_a_map_refuses_values_of_other_places(c: Capitolo) -> None:
    with pytest.raises(UsoError, match="valori per territori che non sono nella mappa: 015146"):
        c.mappa(pd.Series({"015146": 1.0}), livello="comune", id="map", titolo="Residenti", alt="Mappa.")


def test_every_block_has_three_faces(c: Capitolo, frame: pd.DataFrame) -> None:
    c.tabella(frame.assign(nota="<b>x</b>"), id="tab", titolo="Indici <i>")
    c.manca("Posti nido", effetto="Non si dice quanti sono.", chi="i comuni", modello="servizi_offerta")
    c.riquadro("nota", "Da sapere", "Testo **forte**.")
    c.titolo_sezione("Struttura per età")
    c.chiudi()
    for block in c.blocchi:
        faces = block._repr_mimebundle_()
        assert set(faces) == {"text/plain", "text/html", blocks.MIME}
        assert faces[blocks.MIME]["tipo"] == block.tipo
        assert "<b>x</b>" not in faces["text/html"]
    assert c.blocchi[-2].to_dict()["id"] == "struttura-per-eta"


def test_hidden_cells_are_not_published() -> None:
    notebook = {
        "cells": [
            {"cell_type": "markdown", "source": "Vista.", "metadata": {}},
            {"cell_type": "markdown", "source": "Nascosta.", "metadata": {"tags": ["nascosto"]}},
            {
                "cell_type": "code",
                "source": "",
                "metadata": {},
                "outputs": [{"data": {blocks.MIME: {"tipo": "testo"}}}],
            },
        ]
    }
    assert list(blocks.read_notebook(notebook)) == [{"tipo": "testo", "markdown": "Vista."}, {"tipo": "testo"}]


def test_what_is_missing_is_prose_for_readers_and_a_row_for_the_analyst(c: Capitolo, frame: pd.DataFrame) -> None:
    f = c.cifre(frame, periodo="2022-01-01")
    c.manca("Posti nido", effetto="Mancano {{ di(t) }}: l'indice è {{ f.indice_vecchiaia }}.", chi="i comuni", f=f)
    [block] = [b.to_dict() for b in c.blocchi if "lacuna" in b.to_dict()]
    assert block["tipo"] == "testo"
    assert block["markdown"].startswith("**Posti nido.** Mancano dell'ATS dell'Insubria: l'indice è [")
    assert block["lacuna"]["effetto"].startswith("Mancano dell'ATS dell'Insubria: l'indice è ")
    assert "cifra:" not in block["lacuna"]["effetto"]
    assert (block["lacuna"]["chi"], block["lacuna"]["modello"]) == ("i comuni", "")


def test_what_only_the_site_has_is_told_from_the_tag_of_its_cell() -> None:
    notebook = {
        "cells": [
            {"cell_type": "markdown", "metadata": {}, "source": "Di tutti."},
            {
                "cell_type": "markdown",
                "metadata": {"tags": ["solo-sito"]},
                "source": "## Per chi fa ricerca\n\nUn modello.",
            },
        ]
    }
    assert [b.get("solo_sito", False) for b in blocks.read_notebook(notebook)] == [False, True, True]
