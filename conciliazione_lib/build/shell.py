"""A notebook run in this process: an IPython shell of its own, whose outputs are those a Jupyter kernel would give.

No kernel, no sockets, no messages: cells run one after another in a fresh namespace, and what they show is put in
their outputs as ``nbformat`` wants it. What outlives a notebook in the process is the business of :mod:`.state`.
"""

from __future__ import annotations

import builtins
import contextlib
import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NoReturn

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from conciliazione_lib.errors import ConciliazioneError, UsoError

#: A cell with this tag may raise an error: the notebook goes on.
_MAY_FAIL: Final = "raises-exception"
#: The name a notebook gives to the object it writes through, which writes its Markdown cells too.
WRITER: Final = "c"


class Outputs:
    """What the cell at work has shown so far."""

    def __init__(self) -> None:
        self.list: list[dict[str, Any]] = []
        self._by_id: dict[str, list[dict[str, Any]]] = {}
        self._clear_first = False

    def begin(self) -> list[dict[str, Any]]:
        """Start a cell; return the list its outputs go to."""
        self.list, self._clear_first = [], False
        return self.list

    def add(self, kind: str, **content: Any) -> dict[str, Any]:
        """Add an output."""
        if self._clear_first:
            self.list.clear()
            self._clear_first = False
        self.list.append({"output_type": kind, **content})
        return self.list[-1]

    def display(
        self, kind: str, data: dict[str, Any], metadata: dict[str, Any], transient: dict[str, Any] | None, **more: Any
    ) -> None:
        """Add something displayed; what has an identifier may be changed later."""
        shown = self.add(kind, data=data, metadata=metadata, **more)
        if identifier := (transient or {}).get("display_id"):
            self._by_id.setdefault(identifier, []).append(shown)

    def update(self, data: dict[str, Any], metadata: dict[str, Any], transient: dict[str, Any] | None) -> None:
        """Change what was displayed with an identifier."""
        for shown in self._by_id.get((transient or {}).get("display_id", ""), ()):
            shown["data"], shown["metadata"] = data, metadata

    def stream(self, name: str, text: str) -> None:
        """Add what was written on standard output or error; what follows goes on from there."""
        last = self.list[-1] if self.list and not self._clear_first else None
        if last is not None and last["output_type"] == "stream" and last["name"] == name:
            last["text"] += text
        else:
            self.add("stream", name=name, text=text)

    def clear(self, *, wait: bool) -> None:
        """Take away what the cell has shown, now or when something else comes."""
        if wait:
            self._clear_first = True
        else:
            self.list.clear()


class _Publisher(DisplayPublisher):
    shell: Any

    def publish(
        self,
        data: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        source: Any = None,
        *,
        transient: dict[str, Any] | None = None,
        update: bool = False,
        **_: Any,
    ) -> None:
        shown = self.shell.outputs
        if update:
            shown.update(data, metadata or {}, transient)
        else:
            shown.display("display_data", data, metadata or {}, transient)

    def clear_output(self, wait: bool = False) -> None:
        self.shell.outputs.clear(wait=wait)


class _ResultHook(DisplayHook):
    shell: Any

    def write_output_prompt(self) -> None:
        pass

    def write_format_data(self, format_dict: dict[str, Any], md_dict: dict[str, Any] | None = None) -> None:
        if format_dict:
            self.shell.outputs.display(
                "execute_result", format_dict, md_dict or {}, None, execution_count=self.prompt_count
            )

    def finish_displayhook(self) -> None:
        pass

    def flush(self) -> None:
        """Keep nothing; without looking for garbage in the whole process, which costs more than a short notebook."""
        with contextlib.suppress(AttributeError):
            self.shell.user_ns.get("_oh", {}).clear()


class Shell(InteractiveShell):
    """IPython without a terminal and without a kernel: what is shown goes to :class:`Outputs`."""

    #: Whoever runs the cells writes the Markdown ones too: a chapter need not show itself at its end.
    writes_markdown = True
    # Its output is shown too, rather than going to whatever the process writes to.
    system = InteractiveShell.system_piped

    def __init__(self, **kwargs: Any) -> None:
        self.outputs = Outputs()
        super().__init__(**kwargs)

    def init_hooks(self) -> None:
        """Ask nothing: there is nobody."""
        super().init_hooks()
        self.set_hook("show_in_pager", lambda hook, data, *_: self._page(data), 99)

    def init_display_pub(self) -> None:
        """Show to :class:`Outputs`."""
        self.display_pub = _Publisher(parent=self, shell=self)

    def init_displayhook(self) -> None:
        """Give the value of the last line to :class:`Outputs`."""
        self.displayhook_class = _ResultHook
        super().init_displayhook()

    def _page(self, data: Any) -> None:
        text = data.get("text/plain", "") if isinstance(data, dict) else str(data)
        self.outputs.stream("stdout", text)

    def _showtraceback(self, etype: type, evalue: BaseException, stb: list[str]) -> None:
        self.outputs.add("error", ename=etype.__name__, evalue=str(evalue), traceback=list(stb))

    def should_run_async(self, raw_cell: str, *, transformed_cell: str | None = None, **known: Any) -> bool:
        """Tell whether a cell waits for something: one that does not say so need not be compiled to see."""
        says_so = any(word in (transformed_cell or "") for word in ("await", "async"))
        return says_so and super().should_run_async(raw_cell, transformed_cell=transformed_cell, **known)

    def ask_exit(self) -> None:
        """Stop: ``exit`` in a notebook ends its run, and no message says why."""
        self.exit_asked = True

    exit_asked = False


class _Stream(io.TextIOBase):
    encoding = "utf-8"

    def __init__(self, name: str, outputs: Outputs) -> None:
        self.name, self._outputs = name, outputs

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if text:
            self._outputs.stream(self.name, text)
        return len(text)


def run(notebook: dict[str, Any], folder: Path, begun: Callable[[], None] = lambda: None) -> str | None:
    """Run the cells of a notebook, in place, until one fails.

    Code cells get outputs and numbers. A Markdown cell is written by the chapter that the notebook has opened, if it
    has (:meth:`conciliazione_lib.report.Capitolo.scrivi`): its placeholders become figures and claims.

    Parameters
    ----------
    notebook : dict
        As JSON has it, parameters injected, the source of each cell one text.
    folder : Path
        Where it works.
    begun : callable
        Told of each cell that begins.

    Returns
    -------
    str, optional
        What is wrong with a Markdown cell, when that is what stopped the run: errors of code are in their outputs.

    Raises
    ------
    OSError
        The folder cannot be entered.
    """
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    with _shell(folder) as shell:
        for cell in notebook["cells"]:
            begun()
            if cell["cell_type"] == "code":
                if not _run_cell(shell, cell):
                    return None
            elif cell["cell_type"] == "markdown" and hasattr(writer := shell.user_ns.get(WRITER), "scrivi"):
                try:
                    cell["source"] = writer.scrivi(cell["source"], shell.user_ns, tags(cell))
                except ConciliazioneError as error:
                    return str(error)
    return None


def tags(cell: dict[str, Any]) -> list[str]:
    """Return the tags of a cell."""
    found: list[str] = cell.get("metadata", {}).get("tags", [])
    return found


def _run_cell(shell: Shell, cell: dict[str, Any]) -> bool:
    """Run a code cell; tell whether the notebook goes on."""
    cell["outputs"] = shell.outputs.begin()
    if not cell["source"].strip():
        return True
    cell["execution_count"] = shell.execution_count
    result = shell.run_cell(cell["source"], store_history=True, cell_id=cell.get("id"))
    error = result.error_before_exec or result.error_in_exec
    if error and not any(output["output_type"] == "error" for output in cell["outputs"]):
        # Whatever IPython could not show.
        shell.outputs.add("error", ename=type(error).__name__, evalue=str(error), traceback=[])
    return not shell.exit_asked and (not error or _MAY_FAIL in tags(cell))


@contextmanager
def _shell(folder: Path) -> Iterator[Shell]:
    """Give a shell in a folder, and streams and questions that belong to it; put everything back."""
    config = Config()
    config.HistoryManager.enabled = False
    config.HistoryManager.hist_file = ":memory:"
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShellApp.exec_PYTHONSTARTUP = False
    before, started_in = (sys.stdout, sys.stderr, builtins.input), Path.cwd()
    os.chdir(folder)
    InteractiveShell.clear_instance()
    shell = Shell.instance(config=config)
    try:
        sys.stdout, sys.stderr = (_Stream(name, shell.outputs) for name in ("stdout", "stderr"))
        builtins.input = _no_answer
        yield shell
    finally:
        sys.stdout, sys.stderr, builtins.input = before
        os.chdir(started_in)
        shell.reset(new_session=False, aggressive=False)
        shell.restore_sys_module_state()
        with contextlib.suppress(Exception):
            shell._atexit_once()
        Shell.clear_instance()


def _no_answer(prompt: object = "") -> NoReturn:
    raise UsoError(
        "Il notebook fa una domanda con input(): mentre genera nessuno può rispondere.",
        "Fare della risposta un parametro del notebook.",
    )
