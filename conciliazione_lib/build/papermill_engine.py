"""Our way of running notebooks, for who calls papermill by hand: ``papermill --engine conciliazione …``.

One worker, as in a build: the same isolation, the same limits, the same outputs.
"""

from __future__ import annotations

import contextlib
import tempfile
from functools import cache
from pathlib import Path
from typing import Any, Final

from conciliazione_lib.build.model import Job
from conciliazione_lib.build.pool import Single

#: Seconds a cell may take, unless papermill is told otherwise (``--execution-timeout``).
_LIMIT: Final = 15 * 60.0


def __getattr__(name: str) -> Any:
    """Give the engine, made when it is asked for: papermill asks while it is being imported itself."""
    if name == "ConciliazioneEngine":
        return _engine()
    raise AttributeError(name)


@cache
def _engine() -> Any:
    import nbformat
    from papermill.engines import Engine
    from papermill.exceptions import PapermillException

    class ConciliazioneEngine(Engine):
        """Runs a notebook in a worker of the build, with its Markdown cells written by the chapter it opens."""

        @classmethod
        def execute_managed_notebook(
            cls, nb_man: Any, kernel_name: str, execution_timeout: float | None = None, **kwargs: Any
        ) -> None:
            """Run the notebook that papermill is about, and put what it gave in the place of its cells.

            Parameters
            ----------
            nb_man : NotebookExecutionManager
                Papermill's.
            kernel_name : str
                Not used: there is no kernel.
            execution_timeout : float, optional
                Seconds a cell may take.
            **kwargs
                Other options of papermill, of no use here.

            Raises
            ------
            PapermillException
                The run stopped, and no cell says why.
            """
            job = Job(
                nome="papermill",
                notebook=nbformat.writes(nb_man.nb),
                parametri={},
                tabelle=None,
                limite=execution_timeout or _LIMIT,
                cartella=str(Path.cwd()),
            )
            with (
                tempfile.TemporaryDirectory(prefix="conciliazione-", ignore_cleanup_errors=True) as logs,
                contextlib.closing(Single(Path(logs) / "registro.log")) as runner,
            ):
                outcome = runner.run(job)
            done = nbformat.reads(outcome.notebook, as_version=4)
            nb_man.nb.cells = done.cells
            for cell in nb_man.nb.cells:
                cell.metadata.setdefault("papermill", {})
                nb_man.cell_start(cell)
                nb_man.cell_complete(cell)
            if outcome.errore and not any(
                o.output_type == "error" for cell in done.cells for o in cell.get("outputs", ())
            ):
                raise PapermillException(outcome.errore)

    return ConciliazioneEngine
