"""Parameters of notebooks: a misspelt or ill-typed one is an error, also when plain papermill injects it."""

from __future__ import annotations

from pathlib import Path

import nbformat
import papermill
import pytest

from conciliazione_lib.errors import UsoError
from conciliazione_lib.report import parameters

DECLARED = 'territorio: str = "milano"\ndata: str = "2022-01-01"\nanni: int = 10\nsoglia: float = 0.5'


def cells(injected: str) -> list[str]:
    return ["", DECLARED, f"# Parameters\n{injected}"]


@pytest.mark.parametrize(
    "injected", ['territorio = "pavia"', "anni = 5\nsoglia = 1", 'territorio = "pavia"\ndata = "2023-01-01"']
)
def test_declared_parameters_pass(injected: str) -> None:
    parameters.check_cells(cells(injected))


def test_without_injection_there_is_nothing_to_check() -> None:
    parameters.check_cells(["x = 1", "altro = 2"])


def test_an_unknown_parameter_names_the_nearest() -> None:
    with pytest.raises(UsoError) as error:
        parameters.check_cells(cells('teritorio = "pavia"'))
    assert str(error.value) == (
        "Parametro sconosciuto per questo notebook: «teritorio».\n"
        "Che cosa fare: I parametri sono: territorio, data, anni, soglia. Forse si voleva scrivere: territorio."
    )


@pytest.mark.parametrize(("injected", "tipo"), [('anni = "dieci"', "numero intero"), ("territorio = 3", "testo")])
def test_a_value_of_another_type_is_refused(injected: str, tipo: str) -> None:
    with pytest.raises(UsoError, match=f"atteso un valore di tipo {tipo}"):
        parameters.check_cells(cells(injected))


def test_a_date_is_a_date() -> None:
    assert parameters.day("2022-01-01", "data") == "2022-01-01"
    with pytest.raises(UsoError, match="«data» non è una data: trovato «1/1/2022»"):
        parameters.day("1/1/2022", "data")


def test_plain_papermill_is_stopped_too(tmp_path: Path) -> None:
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell('territorio = "milano"', metadata={"tags": ["parameters"]}),
            nbformat.v4.new_code_cell(
                "from conciliazione_lib.report import parameters\nparameters.check_cells(parameters.executed_cells())"
            ),
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    file = tmp_path / "prova.ipynb"
    nbformat.write(notebook, file)
    with pytest.raises(papermill.PapermillExecutionError, match="Parametro sconosciuto per questo notebook: «ats»"):
        papermill.execute_notebook(file, tmp_path / "uscita.ipynb", {"ats": "pavia"}, progress_bar=False)
