"""One reader of the ISTAT codes: zeros lost, decimals of a data frame, codes of before the new provinces."""

import pytest

from conciliazione_lib import catalog, territory
from conciliazione_lib.errors import UsoError
from conciliazione_lib.territory import codes

T = territory.load("2022-01-01")


@pytest.mark.parametrize("written", ["15146", "15146.0", "15146,0", " 015146 ", 15146, 15146.0, "15146.000"])
def test_a_code_whose_zeros_were_lost_is_itself(written):
    assert codes.six_digits(written) == "015146"


@pytest.mark.parametrize("written", ["Milano", "15146.5", "1,5", "", True, "0151460", "15.146", None])
def test_what_is_not_a_code_is_not_read_as_one(written):
    assert codes.six_digits(written) is None


@pytest.mark.parametrize(
    ("old", "name"),
    [
        ("015145", "Mezzago"),
        ("013142", "Margno"),
        ("015149", "Monza"),
        ("013124", "Lecco"),
        ("013247", "Montevecchia"),
        ("013156", "Monticello Brianza"),
        ("015119", "Lentate sul Seveso"),
        ("015117", "Lazzate"),
        ("015241", "Vimercate"),
        ("13158.0", "Morterone"),
    ],
)
def test_codes_of_before_lecco_lodi_and_monza_are_translated_and_said(old, name):
    found = T.resolve(old)
    assert found.nome == name
    assert found.nota == f"{old}: codice di prima della nuova provincia, ora {name}"


def test_every_comune_of_the_three_provinces_has_one_code_of_before():
    table = catalog.read("codici_precedenti")
    assert len(table) == 206
    then = set(territory.load("2014-02-04").comuni.index)
    now = {code for code in then if code[:3] in ("097", "098", "108")}
    assert set(table["cod_dopo"]) - {"097087", "097088"} == now - {"097091"}  # the two Verderio became one in 2014
    # no code of before is the code of another comune, then or later, but Torre de' Busi, which went back to Bergamo
    known = (
        then | set(T.comuni.index) | set(T.fusioni.tabella["cod_prima"].dropna()) | set(T.fusioni.tabella["cod_dopo"])
    )
    assert sorted(set(table["cod_prima"]) & known) == ["016215"]
    assert all(codes.in_force(code, T) in T.comuni.index for code in table["cod_prima"])


def test_a_comune_that_changed_twice_is_followed_to_the_end():
    assert T.resolve("013240").nome == "Verderio"  # Verderio Inferiore
    assert T.resolve("016215").nome == "Torre de' Busi"


@pytest.mark.parametrize("wrong", ["015999", "15147x", "099999", "018999"])
def test_a_wrong_code_is_never_the_comune_with_a_number_like_it(wrong):
    with pytest.raises(UsoError) as refused:
        T.resolve(wrong)
    assert "vicin" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "level", "said"),
    [
        ("Provincia di Pavia", "comune", "provincia"),
        ("Prov. di Lodi", "comune", "provincia"),
        ("Città metropolitana di Milano", "comune", "provincia"),
        ("ATS di Bergamo", "comune", "ats"),
        ("Ambito di Lodi", "comune", "ambito"),
        ("AMBITO TERRITORIALE SOCIALE DI LODI", "comune", "ambito"),
        ("Distretto di Lecco", "comune", "distretto"),
        ("Regione Lombardia", "comune", "regione"),
        ("ASL di Lodi", "comune", "asl"),
        ("Ambito di Pavia", "ats", "ambito"),
        ("Provincia di Brescia", "ats", "provincia"),
        ("Comune di Pavia", "ats", "comune"),
        ("Comune di Lodi", "ambito", "comune"),
        ("Distretto di Lodi", "ambito", "distretto"),
        ("Pavia / Provincia di Lodi", "comune", None),
    ],
)
def test_a_name_of_another_level_is_no_territory_of_this_one(name, level, said):
    with pytest.raises(UsoError) as refused:
        T.resolve(name, level)
    if said is not None:
        assert f"dice un territorio di livello «{said}»" in str(refused.value)


@pytest.mark.parametrize(
    ("name", "level", "code"),
    [
        ("Comune di Pavia", "comune", "018110"),
        ("Città di Pavia", "comune", "018110"),
        ("Ambito di Lodi", "ambito", "lodi"),
        ("Ambito territoriale sociale di Lodi", "ambito", "lodi"),
        ("ATS di Pavia", "ats", "pavia"),
        ("ATS Milano", "ats", "milano"),
        ("Città Metropolitana", "ats", "milano"),
        ("ATS della Città Metropolitana di Milano", "ats", "milano"),
        ("Provincia di Pavia", "provincia", "PV"),
        ("Distretto Nord Milano", "distretto", "nord-milano"),
    ],
)
def test_a_name_may_say_its_own_level(name, level, code):
    assert T.resolve(name, level).codice == code


def test_every_territory_is_found_by_its_own_name_with_its_level_before_it():
    for level, word in (("comune", "Comune di"), ("ambito", "Ambito di"), ("provincia", "Provincia di")):
        for code in T.codes(level):
            name = T.name(level, code)
            assert T.resolve(f"{word} {name}", level).codice == code
