"""What a notebook says about itself before it runs: its parameters, what it imports, the hash of its sources."""

from __future__ import annotations

import ast
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from conciliazione_lib.build.fingerprint import digest, imported
from conciliazione_lib.errors import Problem, UsoError

TAG_PARAMETERS = "parameters"

_TYPES: Mapping[str, tuple[type, ...]] = MappingProxyType(
    {
        "str": (str,),
        "int": (int,),
        "float": (float, int),
        "bool": (bool,),
    }
)
_NAMES = MappingProxyType({"str": "un testo", "int": "un numero intero", "float": "un numero", "bool": "vero o falso"})


#: What chapters are written with.
_OF_CHAPTERS = frozenset(
    ("__future__", "conciliazione_lib.report", "conciliazione_lib.evidence", "pandas", "math", "textwrap", "typing")
)
#: What is imported by notebooks that read figures and tables through the library alone, as a whole or from inside.
_PLAIN = frozenset(("__future__", "conciliazione_lib", "pandas", "math", "textwrap", "typing", "functools", "IPython"))
#: What of pandas reads files, beside what begins by ``read_``.
_READING = frozenset(("HDFStore", "ExcelFile", "io"))
#: What reaches beyond a notebook: files, other code, the shell, the settings of pandas.
_REACHING = frozenset(
    (
        *("open", "exec", "eval", "compile", "setattr", "delattr", "globals", "vars", "input", "exit", "quit"),
        *("get_ipython", "breakpoint", "set_option", "options", "reset_option", "register_extension_dtype"),
        *("to_csv", "to_parquet", "to_excel", "to_json", "to_pickle", "to_hdf", "to_sql", "to_feather", "api"),
    )
)


@dataclass(frozen=True)
class Parameter:
    """One parameter of a notebook: its type, declared or that of its default, and its default value."""

    name: str
    type: str
    default: object


@dataclass(frozen=True)
class NotebookSource:
    """A notebook as it is before running.

    Attributes
    ----------
    path : Path
        The file.
    text : str
        Its content without the stored outputs, which are most of it and are of no use to who runs it.
    digest : str
        Hash of cells and tags; stored outputs do not count.
    imports : tuple of str
        Dotted names its code imports.
    parameters : dict of str to Parameter
        From the cell tagged ``parameters``.
    shares : bool
        It only tells: nothing in its code can change the process it runs in, which others may use after it.
    asks : bool
        All that it reads of the figures it asks of the library, which notes it.
    """

    path: Path
    text: str
    digest: str
    imports: tuple[str, ...]
    parameters: dict[str, Parameter]
    shares: bool
    asks: bool


def read(path: Path) -> NotebookSource:
    """Read a notebook without running it.

    Raises
    ------
    UsoError
        If the file is not a notebook, its code is not Python, or its parameters are not one tagged cell of
        plain assignments.
    """
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        cells = notebook["cells"]
        sources = [(cell["cell_type"], _source(cell), _tags(cell)) for cell in cells]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsoError(
            f"Il file {path.name} non è un notebook leggibile.", remedy="aprirlo in JupyterLab e salvarlo di nuovo"
        ) from error
    imports: set[str] = set()
    whole, magic = ast.Module([], []), False
    for number, (kind, source, _) in enumerate(sources, start=1):
        if kind == "code":
            tree = _parse(path, number, source)
            imports.update(imported(tree, ""))
            whole.body += tree.body
            magic = magic or any(map(_for_ipython, source.splitlines()))
    nodes = list(ast.walk(whole))
    for cell in cells:
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    return NotebookSource(
        path=path,
        text=json.dumps(notebook, ensure_ascii=False),
        digest=digest([[cell.get("id"), *triple] for cell, triple in zip(cells, sources, strict=True)]),
        imports=tuple(sorted(imports)),
        parameters=_parameters(path, [source for kind, source, tags in sources if TAG_PARAMETERS in tags]),
        shares=only_tells(nodes) and not magic,
        asks=only_asks(nodes) and not magic,
    )


def check(source: NotebookSource, values: dict[str, Any]) -> None:
    """Check the values a notebook is about to be run with.

    Raises
    ------
    UsoError
        If a parameter is unknown to the notebook, or a value has another type: all of them at once.
    """
    problems = []
    for name, value in values.items():
        parameter = source.parameters.get(name)
        if parameter is None:
            problems.append(
                Problem(
                    atteso=f"un parametro fra {', '.join(source.parameters)}",
                    trovato=f"«{name}»",
                    file=source.path,
                )
            )
        elif not _fits(value, parameter.type):
            problems.append(
                Problem(atteso=f"{_NAMES[parameter.type]} per «{name}»", trovato=f"{value!r}", file=source.path)
            )
    if problems:
        raise UsoError(
            f"Il notebook {source.path.name} non accetta i parametri che riceverebbe.",
            remedy=f"correggere reports.toml, o la cella «{TAG_PARAMETERS}» del notebook",
            problems=problems,
        )


def _fits(value: object, declared: str) -> bool:
    if isinstance(value, bool) and declared != "bool":
        return False
    return isinstance(value, _TYPES[declared])


def _source(cell: dict[str, Any]) -> str:
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)


def _tags(cell: dict[str, Any]) -> list[str]:
    return sorted(cell.get("metadata", {}).get("tags", []))


def _parse(path: Path, number: int, source: str) -> ast.Module:
    """Parse a code cell; lines for IPython (``%``, ``!``) are not Python and import nothing."""
    lines = ["" if _for_ipython(line) else line for line in source.splitlines()]
    try:
        return ast.parse("\n".join(lines))
    except SyntaxError as error:
        raise UsoError(
            f"Il notebook {path.name} ha un errore di sintassi nella cella {number}, riga {error.lineno}.",
            remedy="correggere la cella in JupyterLab e riprovare",
        ) from error


def _for_ipython(line: str) -> bool:
    return line.lstrip().startswith(("%", "!"))


def only_tells(nodes: Collection[ast.AST]) -> bool:
    """Tell whether some code, given as its nodes, can only show what it is given, and change nothing that outlives it.

    It imports nothing but what chapters are written with, gives values to names of its own only (``frame["quota"] = …``
    is one; ``pandas.options.x = …`` is not), and does not use what reaches everything else (``open``, ``exec``,
    ``setattr``, names between underscores, IPython itself).
    """
    imports = [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    of_others = {alias.asname or alias.name for node in imports for alias in node.names}
    for node in nodes:
        if isinstance(node, ast.Import | ast.ImportFrom | ast.Global | ast.Nonlocal | ast.Await):
            if not isinstance(node, ast.Import | ast.ImportFrom) or not set(_modules(node)) <= _OF_CHAPTERS:
                return False
            if any(_reaches(alias.name) for alias in node.names):
                return False
        elif isinstance(node, ast.Attribute):
            if not isinstance(node.ctx, ast.Load) or node.attr.startswith("_") or node.attr in _REACHING:
                return False
        elif isinstance(node, ast.Subscript):
            own = isinstance(node.value, ast.Name) and node.value.id not in of_others
            if not isinstance(node.ctx, ast.Load) and not own:
                return False
        elif isinstance(node, ast.Name) and _reaches(node.id):
            return False
    return True


def only_asks(nodes: Collection[ast.AST]) -> bool:
    """Tell whether all that some code, given as its nodes, reads of the figures it asks of the library.

    It opens no file by itself: so it is known what its result follows from.
    """
    for node in nodes:
        if isinstance(node, ast.Import | ast.ImportFrom):
            named = [part for alias in node.names for part in alias.name.split(".")]
            if not {name.partition(".")[0] for name in _modules(node)} <= _PLAIN or any(map(_opens, named)):
                return False
        elif isinstance(node, ast.Attribute):
            if node.attr.startswith("_") or _opens(node.attr):
                return False
        elif isinstance(node, ast.Name) and _opens(node.id):
            return False
    return True


def _reaches(name: str) -> bool:
    """Tell whether a name, imported or used, reaches beyond a notebook."""
    return name in _REACHING or name.startswith("__")


def _opens(name: str) -> bool:
    """Tell whether a name reaches beyond a notebook, or reads a file."""
    return _reaches(name) or name in _READING or name.startswith("read_") or name == "*"


def _modules(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return ["." * node.level + (node.module or "")]


def _parameters(path: Path, cells: list[str]) -> dict[str, Parameter]:
    if len(cells) != 1:
        raise UsoError(
            f"Il notebook {path.name} ha {len(cells)} celle con l'etichetta «{TAG_PARAMETERS}»: ne serve una.",
            remedy="in JupyterLab, pannello delle proprietà della cella, aggiungere o togliere l'etichetta",
        )
    found: dict[str, Parameter] = {}
    for node in ast.parse(cells[0]).body:
        parameter = _parameter(node)
        if parameter is None:
            raise UsoError(
                f"Nel notebook {path.name} la cella dei parametri ha una riga che non è un parametro con il suo "
                f"valore: {ast.unparse(node)}",
                remedy='scrivere ogni parametro come  nome = "valore"  (testo, numero, vero o falso)',
            )
        found[parameter.name] = parameter
    return found


def _parameter(node: ast.stmt) -> Parameter | None:
    """Return the parameter a statement assigns: its type is the one declared, or that of its default."""
    declared = None
    target: ast.expr
    if isinstance(node, ast.AnnAssign) and node.value is not None:
        target, value, declared = node.target, node.value, ast.unparse(node.annotation)
    elif isinstance(node, ast.Assign) and len(node.targets) == 1:
        target, value = node.targets[0], node.value
    else:
        return None
    try:
        default = ast.literal_eval(value)
    except ValueError:
        return None
    kind = declared or type(default).__name__
    return Parameter(target.id, kind, default) if isinstance(target, ast.Name) and kind in _TYPES else None
