"""The memory of the warm process: by content alone, private copies, nothing outside a warm kernel."""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conciliazione_lib import memory
from conciliazione_lib.territory import load

chiamate: list[object] = []


@memory.recalled
def raddoppia(frame: pd.DataFrame, volte: int = 2) -> pd.DataFrame:
    """Return the numbers multiplied."""
    chiamate.append(volte)
    return frame.assign(valore=frame["valore"] * volte)


@memory.recalled
def grande(quanti: int) -> bytes:
    """Return as many bytes."""
    chiamate.append(quanti)
    return bytes(quanti)


@memory.recalled
def applica(funzione: object) -> str:
    """Return something of an argument that may not be pickled."""
    chiamate.append(funzione)
    return type(funzione).__name__


@pytest.fixture(autouse=True)
def _da_capo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(memory, "_known", None)
    monkeypatch.setattr(memory, "_trusted", frozenset())
    monkeypatch.setattr(memory, "_tables", {})
    monkeypatch.setattr(memory, "_known_objects", {})
    monkeypatch.setattr(memory, "_relied", set())
    monkeypatch.setattr(memory, "_learned", {})
    chiamate.clear()
    yield
    chiamate.clear()


def tabella() -> pd.DataFrame:
    return pd.DataFrame({"territorio": ["bergamo", "pavia"], "valore": [1.0, np.nan]})


def test_outside_a_warm_kernel_everything_is_computed() -> None:
    raddoppia(tabella())
    raddoppia(tabella())
    assert len(chiamate) == 2


def test_equal_arguments_are_recalled_and_different_ones_computed() -> None:
    memory.keep()
    primo = raddoppia(tabella())
    pd.testing.assert_frame_equal(raddoppia(tabella().copy()), primo)
    assert chiamate == [2]
    raddoppia(tabella(), 3)
    raddoppia(tabella().assign(valore=[1.0, 0.0]))
    raddoppia(tabella().rename(columns={"territorio": "ats"}))
    raddoppia(tabella().set_index("territorio"))
    raddoppia(tabella().astype({"territorio": object}))
    con_nota = tabella()
    con_nota.attrs["provenienza"] = "altra"
    raddoppia(con_nota)
    assert len(chiamate) == 7


def test_whoever_changes_a_result_changes_only_its_own() -> None:
    memory.keep()
    for _ in range(2):
        mio = raddoppia(tabella())
        mio["valore"] = -1.0
    assert raddoppia(tabella())["valore"].iloc[0] == 2.0
    assert chiamate == [2]


def test_what_cannot_be_told_apart_or_kept_is_computed() -> None:
    memory.keep()
    contiene_se: list[object] = []
    contiene_se.append(contiene_se)
    for _ in range(2):
        applica(lambda: None)
        applica(contiene_se)
        grande(memory.LARGEST + 1)
    assert len(chiamate) == 6


def test_a_function_of_a_notebook_is_always_computed() -> None:
    for risposta in (1, 2):
        sue: dict[str, Any] = {"__name__": "__main__", "memory": memory}
        exec(f"@memory.recalled\ndef f():\n    return {risposta}\n\ndef g():\n    return {risposta}", sue)
        if risposta == 1:
            memory.keep()
        assert sue["f"]() == risposta
        assert applica(sue["g"]) == "function"
    assert len(chiamate) == 2


def test_code_loaded_again_inside_a_kernel_is_what_runs() -> None:
    memory.keep()
    raddoppia(tabella())
    nuova = memory.recalled(raddoppia.__wrapped__)  # type: ignore[attr-defined]
    nuova(tabella())
    assert len(chiamate) == 2


def test_a_failure_is_not_kept() -> None:
    memory.keep()
    for _ in range(2):
        with pytest.raises(KeyError):
            raddoppia(tabella()[["territorio"]])
    assert len(chiamate) == 2


@given(st.lists(st.one_of(st.integers(), st.text(), st.none()), max_size=5), st.lists(st.integers(), max_size=5))
def test_the_digest_is_of_the_content(primi: list[object], secondi: list[object]) -> None:
    copia = pickle.loads(pickle.dumps(primi))
    assert memory.digest(primi) == memory.digest(copia)
    assert (memory.digest(primi) == memory.digest(secondi)) == (primi == secondi)


def test_the_digest_does_not_see_which_parts_are_one_object() -> None:
    parte = "parte, non internata"
    assert memory.digest([parte, parte]) == memory.digest([parte, "".join(parte)])
    interi = pd.Series([1, None, 3], dtype="Int64")
    prima = memory.digest(interi)
    interi.isna().any(), interi.dtype, interi.array.dtype
    assert memory.digest(interi) == prima
    assert memory.digest(pd.Series([1, 0, 3], dtype="Int64")) != prima


def test_a_territory_is_told_apart_by_its_content() -> None:
    uno, altro = load("2022-01-01"), load("2023-01-01")
    assert memory.digest(uno) == memory.digest(load("2022-01-01"))
    assert memory.digest(uno) != memory.digest(altro)


def test_what_a_kernel_tells_is_learned_while_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    memory.keep()
    raddoppia(tabella())
    lettura, scrittura = os.pipe()
    memory.open_channel(scrittura)
    memory.tell()
    memory.tell()  # once only: the channel is closed by now
    with os.fdopen(lettura, "rb") as flusso:
        detto = flusso.read()
    memory.keep()
    memory.learn(detto)
    raddoppia(tabella())
    assert chiamate == [2]
    monkeypatch.setattr(memory, "CAPACITY", 10)
    memory.keep()
    memory.learn(detto)
    assert memory.size() == 0
    raddoppia(tabella())
    raddoppia(tabella())
    assert len(chiamate) == 3


def racconta() -> bytes:
    """Return what a kernel would tell."""
    lettura, scrittura = os.pipe()
    memory.open_channel(scrittura)
    memory.tell()
    with os.fdopen(lettura, "rb") as flusso:
        return flusso.read()


def test_whoever_modified_a_shared_table_in_place_tells_nothing() -> None:
    comune = pd.DataFrame({"valore": np.arange(20_000.0)})
    memory.know(comune)
    memory.keep()
    applica(comune)
    assert racconta()
    comune["valore"].array[7] = -1.0  # the arrays of a table can be written under it
    raddoppia(tabella())
    assert racconta() == b""


def test_whoever_modified_a_shared_territory_in_place_tells_nothing() -> None:
    suo = pickle.loads(pickle.dumps(load("2022-01-01")))
    memory.know(suo)
    memory.keep()
    applica(suo)
    assert racconta()
    suo.comuni.loc[suo.comuni["ats"] == "pavia", "ats"] = "bergamo"
    raddoppia(tabella(), 3)
    assert racconta() == b""


def test_a_chapter_is_whole_even_if_what_it_learned_cannot_be_told() -> None:
    memory.keep()
    raddoppia(tabella())
    lettura, scrittura = os.pipe()
    os.close(lettura)
    memory.open_channel(scrittura)
    memory.tell()


@pytest.mark.parametrize("tipo", ["Int64", "Float64", "boolean"])
def test_known_tables_with_missing_cells_are_told_apart(tipo: str) -> None:
    def con(seme: int) -> pd.DataFrame:
        numeri = pd.Series(np.random.default_rng(seme).integers(0, 2, 120_000)).astype(tipo)
        return pd.DataFrame({"valore": numeri.mask(np.arange(120_000) % 10 == 0)})

    prime = [con(seme) for seme in range(4)]
    for tabella_nota in prime:
        memory.know(tabella_nota)
    assert len({memory.digest(con(seme)) for seme in range(20)}) == 20
    assert [memory.digest(nota) for nota in prime] == [memory.digest(con(seme)) for seme in range(4)]


def test_a_table_whose_arrays_are_known_has_the_same_digest() -> None:
    tutta = pd.DataFrame({"codice": [f"{i:06d}" for i in range(20_000)], "valore": range(20_000)})
    prima = memory.digest(tutta)
    memory.know(tutta)
    assert memory._tables
    assert memory.digest(tutta) == memory.digest(tutta.copy()) == prima
    assert memory.digest(tutta.iloc[1:]) != prima
    assert memory.digest(tutta.assign(valore=tutta["valore"] + 1)) != prima
    assert memory.digest(tutta.replace({"codice": {"000007": "7"}})) != prima


def test_a_part_of_a_column_of_text_is_told_by_what_it_has() -> None:
    tutti = pd.Series([f"{i:06d}" for i in range(20_000)], dtype="str")
    parte = tutti.iloc[100:103].reset_index(drop=True)
    assert memory.digest(parte) == memory.digest(parte.copy())
    assert memory.digest(parte) != memory.digest(tutti.iloc[101:104].reset_index(drop=True))
    assert memory.digest(pd.Series(["a", None], dtype="str")) != memory.digest(pd.Series(["a", ""], dtype="str"))
