"""Many files of one table, as comuni and managers send them back: read together, with who has not answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from conciliazione_lib import catalog
from conciliazione_lib.errors import DatiError, Problem, UsoError
from conciliazione_lib.sources.importing import Understood, understand
from conciliazione_lib.sources.merging import cited, period
from conciliazione_lib.territory import load

#: What a folder of answers holds; a file whose name begins so is a copy that a program keeps open.
FORMATS = frozenset({".csv", ".ods", ".xls", ".xlsx"})
OPEN = ("~$", ".")


@dataclass(frozen=True)
class Collected:
    """The files of a folder, read as one.

    Attributes
    ----------
    understood : Understood
        The rows of all of them.
    files : tuple of Path
        Those that were read.
    absent : tuple of str
        Comuni of the same ATS that no file has a row of, by code: they have not answered, which is not «none».
    asked : int
        All the comuni of those ATS.
    """

    understood: Understood
    files: tuple[Path, ...]
    absent: tuple[str, ...]
    asked: int


def collect(folder: Path, table: str, how: Mapping[str, Any]) -> Collected:
    """Read all the files of a folder as one table.

    Parameters
    ----------
    folder : Path
        Where the files are.
    table : str
        A table of the catalog whose rows are of comuni.
    how : mapping
        As the keywords of :func:`conciliazione_lib.sources.importing.understand`.

    Returns
    -------
    Collected
        Where the table has ``elenco_completo`` and some comuni have not answered, every row says «no».

    Raises
    ------
    UsoError
        The folder does not exist or has no files; the table is not of comuni.
    DatiError
        With the problems of every file: none is left out.
    """
    spec = catalog.spec(table)
    if "cod_comune" not in spec.keys:
        raise UsoError(f"Le righe di «{table}» non sono dei comuni.", "Importarne i file uno alla volta.")
    files = sorted(
        path
        for path in (folder.iterdir() if folder.is_dir() else ())
        if path.suffix.lower() in FORMATS and not path.name.startswith(OPEN)
    )
    if not files:
        raise UsoError(f"Nella cartella «{folder}» non ci sono file da leggere.", "Formati: CSV, ODS, XLS, XLSX.")
    read: list[Understood] = []
    problems: list[Problem] = []
    for path in files:
        try:
            read.append(understand(path, table, **how))
        except DatiError as refused:
            problems += refused.problemi
    if problems:
        wrong = len({problem.file for problem in problems})
        raise DatiError(
            f"Nella cartella «{folder}» non si possono leggere {wrong} file su {len(files)}: nessuno è importato.",
            "Correggerli, o toglierli dalla cartella, e riprovare.",
            problems,
        )
    rows = pd.concat([one.frame.astype(object) for one in read], ignore_index=True)
    ats, listed = load().comuni["ats"], set(rows["cod_comune"])
    own = ats.index[ats.isin(ats.reindex(sorted(listed)).dropna().unique())]
    absent = tuple(code for code in own if code not in listed)
    if absent and "elenco_completo" in spec.columns:
        rows["elenco_completo"] = "no"
    frame = catalog.validate(rows, spec, file=folder)
    one_how = "\n".join(f"{path.name}: {len(one.frame)} righe" for path, one in zip(files, read, strict=True))
    whole = replace(
        read[-1],
        frame=frame,
        data=period(frame, spec) or max(one.data for one in read),
        fonte=cited(frame["fonte"]),
        come=one_how,
    )
    return Collected(whole, tuple(files), absent, len(own))
