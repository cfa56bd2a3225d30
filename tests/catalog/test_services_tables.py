"""The tables of services say what their sources say, and their vocabularies hold together."""

import tomllib

import pandas as pd
import pytest

from conciliazione_lib import catalog, storage
from conciliazione_lib.catalog import spec, validate
from conciliazione_lib.errors import DatiError
from conciliazione_lib.sources.files import normalise

KINDS = catalog.values("tipi_servizio")
OTHER_NAMES = spec("servizi_offerta").value_aliases["tipo"]


def test_every_type_of_a_list_is_described_once():
    types = catalog.read("tipi_servizio")
    assert list(types["tipo"]) == list(KINDS)
    assert set(OTHER_NAMES.values()) <= set(KINDS)


def test_no_other_name_belongs_to_two_types():
    said = tomllib.loads((storage.folder("servizi_offerta", "incorporata") / "tabella.toml").read_text("utf-8"))
    names = [name for others in said["colonne"]["tipo"]["sinonimi"].values() for name in others]
    assert len(names) == len(set(names))
    assert all(name == normalise(name) for name in names)
    written = {normalise(name) for name in KINDS} & set(names)
    assert not written, "an identifier is not the other name of another type"


def test_the_full_name_of_a_type_is_understood():
    types = catalog.read("tipi_servizio")
    understood = OTHER_NAMES | {normalise(name): name for name in KINDS}
    for row in types.itertuples():
        assert understood[normalise(row.nome)] == row.tipo
        assert understood[normalise(row.plurale)] == row.tipo


def test_a_list_with_a_type_that_is_not_described_is_refused():
    types = catalog.read("tipi_servizio").iloc[1:]
    with pytest.raises(DatiError, match="nessuna riga per «asilo_nido»"):
        validate(types, spec("tipi_servizio"))


def test_norms_with_their_acts():
    norms = catalog.read("norme_servizi").set_index("norma")
    assert norms.loc[["lep_nidi", "ue_2030", "barcellona_2002"], "valore"].tolist() == [33, 45, 33]
    assert "234" in norms.loc["lep_nidi", "atto"]
    assert "2022/C 484/01" in norms.loc["ue_2030", "atto"]
    assert norms["atto"].notna().all()
    # Only the one whose text was read is graded as an act.
    assert set(norms.index[norms["grado"] == "atto"]) == {"barcellona_2002", "barcellona_2002_infanzia"}


def test_use_of_services_as_the_document_of_ats_milano_reports_it():
    # Documento territoriale di indirizzo 2020-2023, section 1.4.
    use = catalog.read("uso_servizi").set_index(["ripartizione", "famiglie", "misura"])["valore"]
    families = "famiglie con figli di 0–14 anni"
    assert use["Italia", families, "usa almeno un servizio"] == 31
    assert use["Nord", families, "usa almeno un servizio"] == 34.5
    assert use["Italia", "monogenitori occupati con figli di 0–14 anni", "solo aiuto di parenti o amici"] == 33.9
    assert use["Italia", "coppie di occupati con un figlio di 0–5 anni", "usa almeno un servizio"] == 63.7
    # "il 48%, tra questi il 37% … e poco più del 10%": the two parts make the whole within their rounding.
    parts = use.sort_index()["Italia", families].filter(like="né servizi né aiuto:")
    assert use["Italia", families, "né servizi né aiuto"] == pytest.approx(parts.sum(), abs=1.5)


def test_the_four_macro_categories_and_the_regional_interventions():
    # Guidelines 2025-2027, sections 4.1, 2.1 and 2.2.
    voices = catalog.read("macrocategorie")
    assert voices.groupby("macrocategoria").size().to_dict() == {"a": 5, "b": 4, "c": 3, "d": 3}
    quantities = catalog.read("interventi_regionali").set_index("misura")["valore"]
    assert quantities["centri (hub) attivi"] == 90
    assert quantities["sportelli (spoke) attivi"] == 346
    assert quantities["ambiti territoriali con progetti realizzati"] == 73


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [("posti", -1, "non minore di 0"), ("posti", 99_999, "non maggiore di 5000"), ("tipo", "asilo", "uno fra")],
)
def test_a_supply_row_that_breaks_its_schema_is_refused(column, value, said):
    row = {
        "cod_comune": "018110",
        "denominazione": "Nido",
        "tipo": "asilo_nido",
        "gestione": "pubblica",
        "posti": 30,
        "anno": 2024,
        "grado": "esempio",
        "fonte": "prova",
        "url": None,
        "note": None,
    }
    with pytest.raises(DatiError, match=said):
        validate(pd.DataFrame([row | {column: value}]), spec("servizi_offerta"))
