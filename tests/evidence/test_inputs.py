"""Input tables: the source belongs to the row."""

import pandas as pd

from conciliazione_lib.evidence.inputs import InputTable

PROVENANCE = {"tabella": "prova", "fonte": "Più fonti: quella di ogni riga", "grado": "stampa"}


def table(sources, **more):
    frame = pd.DataFrame({"territorio": [f"t{n}" for n in range(len(sources))], "anno": 2020, "fonte": sources, **more})
    return InputTable(frame, PROVENANCE)


def test_what_is_cited_is_the_source_of_the_rows_used():
    found = table(["ISTAT", "ISMU", "ISTAT", None])
    assert found.sources({"territorio": "t1"}) == ("ISMU",)
    assert found.sources({"territorio": "t0"}, {"territorio": "t1"}, {"territorio": "t2"}) == ("ISMU", "ISTAT")
    assert found.sources({"territorio": "t3"}) == ("Più fonti: quella di ogni riga",)
    use = {"tabella": "prova.x", "dove": {"territorio": "t1"}, "righe": 1}
    assert found.input(use, lambda level, code: None).fonte == "ISMU"


def test_rows_with_many_sources_are_cited_by_that_of_their_table():
    found = table([f"fonte {n}" for n in range(20)])
    assert found.sources({"anno": "2020"}) == ("Più fonti: quella di ogni riga",)


def test_a_table_without_sources_in_its_rows_has_its_own():
    frame = pd.DataFrame({"territorio": ["a"], "valore": [1]})
    assert InputTable(frame, PROVENANCE).sources({}) == ("Più fonti: quella di ogni riga",)
