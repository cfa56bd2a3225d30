import re

import pytest

from conciliazione_lib import territory
from conciliazione_lib.errors import UsoError
from conciliazione_lib.territory.names import NameIndex, normalised, on_day

T = territory.load("2022-01-01")


@pytest.mark.parametrize(
    ("written", "nome"),
    [
        ("MILANO", "Milano"),
        ("cantu", "Cantù"),
        ("Cantu'", "Cantù"),
        ("S. Giuliano Milanese", "San Giuliano Milanese"),
        ("SANT’ANGELO LODIGIANO", "Sant'Angelo Lodigiano"),
        ("S.Angelo Lodigiano", "Sant'Angelo Lodigiano"),
        ("Cassina de Pecchi", "Cassina de' Pecchi"),
        ("TORRE DE' BUSI (BG)", "Torre de' Busi"),
        ("Cernusco S/N", "Cernusco sul Naviglio"),
        ("Sesto S. G.", "Sesto San Giovanni"),
        ("Trezzano sul Nav.", "Trezzano sul Naviglio"),
        ("Gadesco Pieve Delmona", "Gadesco-Pieve Delmona"),
        ("Puegnago del Garda", "Puegnago sul Garda"),
        ("Comune di Lodi", "Lodi"),
        ("Campione", "Campione d'Italia"),
        ("Milano / Mailand", "Milano"),
        ("Vermezzo - Zelo Surrigone", "Vermezzo con Zelo"),
        ("Cassano dAdda", "Cassano d'Adda"),
        ("Cassano d\u2018Adda", "Cassano d'Adda"),
        ("Gadesco\u2013Pieve Delmona", "Gadesco-Pieve Delmona"),
        ("Torre dei Busi", "Torre de' Busi"),
        ("S.to Stefano Lodigiano", "Santo Stefano Lodigiano"),
        ("Sta Maria della Versa", "Santa Maria della Versa"),
        ("Lenno (CO)", "Tremezzina"),
        ("015146", "Milano"),
    ],
)
def test_names_as_people_write_them(written, nome):
    assert T.resolve(written).nome == nome


@pytest.mark.parametrize(
    ("old", "note"),
    [
        ("Zelo Surrigone", "Zelo Surrigone: cessato l’8 febbraio 2019, ora Vermezzo con Zelo"),
        ("Camairago", "Camairago: cessato il 1° gennaio 2018, ora Castelgerundo"),
        ("Godiasco", "Godiasco: ha cambiato nome il 30 giugno 2012, ora Godiasco Salice Terme"),
        ("Lenno", "Lenno: cessato il 4 febbraio 2014, ora Tremezzina"),
    ],
)
def test_old_names_say_what_happened(old, note):
    assert T.resolve(old).nota == note


def test_a_comune_is_not_ceased_before_its_day():
    assert T.resolve("Bardello").codice == "012009"
    assert T.resolve("Bardello").nota == ""
    assert territory.load("2023-01-01").resolve("Bardello").codice == "012144"


@pytest.mark.parametrize(
    ("new", "history"),
    [
        ("Bardello con Malgesso e Bregano", "nasce il 1° gennaio 2023 da Bardello, Malgesso, Bregano"),
        ("UGGIATE CON RONAGO", "nasce il 1° gennaio 2024 da Uggiate-Trevano, Ronago"),
        ("Campospinoso Albaredo", "nasce il 18 novembre 2023 da Albaredo Arnaboldi, Campospinoso"),
    ],
)
def test_a_name_of_later_says_when_it_comes_and_from_where(new, history):
    with pytest.raises(UsoError, match=f"non c'è ancora alla data del territorio: {history}"):
        T.resolve(new)
    assert territory.load("2024-01-01").resolve(new).nota == ""


def test_every_comune_resolves_to_itself():
    for code, name in T.comuni["nome"].items():
        assert T.resolve(name).codice == code
        assert T.resolve(name.upper().replace("'", "’")).codice == code


def test_unknown_names_get_the_nearest_candidates():
    with pytest.raises(UsoError, match="Treviglio"):
        T.resolve("Treviglo")
    with pytest.raises(UsoError, match="I nomi più vicini sono: San Zenone al Lambro, San Zenone al Po"):
        T.resolve("San Zenone")
    with pytest.raises(UsoError, match="I nomi più vicini sono: Sant'Omobono Terme, Corna Imagna"):
        T.resolve("Sant'Omobono Imagna")  # in force again after a merger with the same name: not «ceased»
    with pytest.raises(UsoError, match="Controllare il nome"):
        T.resolve("Xyzzy")


@pytest.mark.parametrize(
    "written", ["Lecco/Como", "Cuggiono/Inveruno", "Torino - Milano", "Bari", "Lenno (MI)", "Cavacurta (TO)"]
)
def test_one_of_two_names_or_another_province_is_not_chosen(written):
    with pytest.raises(UsoError, match="non è il nome di un territorio"):
        T.resolve(written)


@pytest.mark.parametrize("sign", ["'", "’", "‘", "′", "`", "´", "ʼ", "-", "–", "—", " ", ""])
def test_every_comune_resolves_whatever_sign_joins_its_words(sign):
    for code, name in T.comuni["nome"].items():
        if "'" in name.rstrip("'") or "-" in name:
            assert T.resolve(re.sub(r"(?<=\w)['-]\s?(?=\w)", sign, name)).codice == code, name


def test_a_name_read_as_another_says_so():
    assert T.resolve("Campione").nota == "Campione: letto come Campione d'Italia"
    assert T.resolve("campione d'italia").nota == ""


def test_homonyms_ask_for_the_province():
    index = NameIndex("comune", [("Livo", "013130", "CO"), ("Livo", "022106", "TN")])
    assert index.resolve("Livo (CO)").codice == "013130"
    with pytest.raises(UsoError, match=r"più territori: CO, TN"):
        index.resolve("livo")


@pytest.mark.parametrize(
    ("written", "ats"),
    [("ATS Milano", "milano"), ("ats dell'insubria", "insubria"), ("327", "val-padana"), ("Val Padana", "val-padana")],
)
def test_ats_names(written, ats):
    assert T.resolve(written, "ats").codice == ats


def test_normalisation_and_dates():
    assert normalised("Ca’ d’Andrea") == normalised("CA' D'ANDREA") == "ca d andrea"
    assert on_day("2016-01-11") == "l’11 gennaio 2016"
    assert on_day("2016-01-01") == "il 1° gennaio 2016"
