"""What a notebook may leave behind in the process that ran it: put back, or found out.

A worker runs one notebook after another. Settings of the process and of the libraries are saved before each and put
back after it. What cannot be put back (a function replaced, a thread still running) makes the process *changed*: its
worker runs nothing more.
"""

from __future__ import annotations

import builtins
import contextlib
import decimal
import gc
import locale
import logging
import os
import random
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from operator import is_, itemgetter
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, MethodDescriptorType, ModuleType
from typing import Any, Final

#: Whose functions and classes are compared before and after: the library, and what computes and draws for it.
WATCHED: Final = (
    *("builtins", "conciliazione_lib", "numpy", "pandas", "geopandas", "shapely", "matplotlib", "jinja2"),
    *("IPython", "json", "re", "decimal", "datetime", "pathlib", "random", "math", "functools", "markdown_it"),
)
_CODE: Final = (FunctionType, BuiltinFunctionType, MethodDescriptorType, type, property, classmethod, staticmethod)
_SIGNALS: Final = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGALRM", "SIGCHLD") if hasattr(signal, name)
)


@contextmanager
def kept() -> Iterator[None]:
    """Put the settings of the process back, at the end, as they are now."""
    with contextlib.ExitStack() as stack:
        for save in (_of_process, _of_python, _of_numbers, _of_tables, _of_charts):
            save(stack.callback)
        yield


def _of_process(at_end: Callable[..., Any]) -> None:
    at_end(os.chdir, Path.cwd())
    at_end(os.environ.update, dict(os.environ))
    at_end(os.environ.clear)
    for name in ("path", "argv", "meta_path", "path_hooks", "warnoptions"):
        _content(at_end, getattr(sys, name))
    for name in ("displayhook", "excepthook", "stdout", "stderr", "stdin"):
        at_end(setattr, sys, name, getattr(sys, name))
    at_end(sys.setrecursionlimit, sys.getrecursionlimit())
    at_end(sys.settrace, None)
    at_end(sys.setprofile, None)


def _of_python(at_end: Callable[..., Any]) -> None:
    names = dict(vars(builtins))
    at_end(vars(builtins).update, names)
    at_end(_only, vars(builtins), set(names))
    at_end(_forget_warnings)
    _content(at_end, warnings.filters)
    at_end(setattr, warnings, "showwarning", warnings.showwarning)
    root = logging.getLogger()
    at_end(root.setLevel, root.level)
    _content(at_end, root.handlers)
    at_end(logging.disable, root.manager.disable)
    for number in _SIGNALS:
        if (handler := signal.getsignal(number)) is not None:
            at_end(signal.signal, number, handler)
    at_end(gc.set_threshold, *gc.get_threshold())
    at_end(gc.enable)
    at_end(locale.setlocale, locale.LC_ALL, locale.setlocale(locale.LC_ALL))
    at_end(setattr, threading, "excepthook", threading.excepthook)


def _of_numbers(at_end: Callable[..., Any]) -> None:
    at_end(random.setstate, random.getstate())
    at_end(decimal.setcontext, decimal.getcontext().copy())
    if numpy := sys.modules.get("numpy"):
        at_end(numpy.seterr, **numpy.geterr())
        at_end(numpy.set_printoptions, **numpy.get_printoptions())
        at_end(numpy.random.set_state, numpy.random.get_state())


def _of_tables(at_end: Callable[..., Any]) -> None:
    if pandas := sys.modules.get("pandas"):
        options: Any = sys.modules["pandas._config.config"]
        for name in options._registered_options:
            at_end(_set_option, pandas, name, pandas.get_option(name))


def _of_charts(at_end: Callable[..., Any]) -> None:
    if matplotlib := sys.modules.get("matplotlib"):
        # As a plain dictionary: some settings, read one by one, start a window system.
        at_end(
            dict.update,
            matplotlib.rcParams,
            {name: dict.__getitem__(matplotlib.rcParams, name) for name in matplotlib.rcParams},
        )
        if pyplot := sys.modules.get("matplotlib.pyplot"):
            at_end(pyplot.close, "all")


def _set_option(pandas: Any, name: str, value: Any) -> None:
    if pandas.get_option(name) is not value:
        pandas.set_option(name, value)


def _content(at_end: Callable[..., Any], kept: Any) -> None:
    at_end(kept.__setitem__, slice(None), list(kept))


def _only(names: dict[str, Any], known: set[str]) -> None:
    for name in set(names) - known:
        del names[name]


def _forget_warnings() -> None:
    """Have every warning given again: each module remembers those it has given."""
    for module in list(sys.modules.values()):
        if isinstance(module, ModuleType) and (given := vars(module).get("__warningregistry__")):
            with contextlib.suppress(Exception):  # a notebook may have put anything there
                given.clear()


class _Names:
    """The functions and classes under the names of a module, or of a class: as they were when this was made."""

    def __init__(self, place: str, names: Mapping[str, Any], *, closed: bool) -> None:
        self.place, self._names = place, names
        self._known = {key: value for key, value in list(names.items()) if isinstance(value, _CODE)}
        #: Looked at as a whole, which is soon done; one by one only when something is not as it was.
        self._values = list(self._known.values())
        self._pick = itemgetter(*self._known) if len(self._known) > 1 else None
        #: Every name there is, where none may be added.
        self._every = set(names) if closed else None

    def changed(self) -> str | None:
        """Say what is not as it was, if anything."""
        try:
            same = self._pick is not None and all(map(is_, self._pick(self._names), self._values))
        except KeyError:
            same = False
        if not same:
            for key, value in self._known.items():
                if self._names.get(key) is not value:
                    return f"{self.place}{key} è stato cambiato"
        if self._every is not None and self._names.keys() != self._every:
            for key in self._names.keys() - self._every:
                if isinstance(self._names[key], _CODE):
                    return f"{self.place}{key} è stato aggiunto"
        return None


class Code:
    """The functions and classes of the libraries that count, and the threads, as they were when this was made."""

    def __init__(self) -> None:
        self._modules: dict[str, ModuleType] = {}
        self._names: list[_Names] = []
        self._threads = set(threading.enumerate())
        self.learn()

    def learn(self) -> None:
        """Take in the modules imported since."""
        for name, module in list(sys.modules.items()):
            if name not in self._modules and name.partition(".")[0] in WATCHED and isinstance(module, ModuleType):
                self._modules[name] = module
                self._names += _names(module)

    def changed(self) -> str | None:
        """Say what is not as it was, if anything."""
        for name, module in self._modules.items():
            if sys.modules.get(name) is not module:
                return f"il modulo {name} è stato tolto o sostituito"
        for names in self._names:
            if (what := names.changed()) is not None:
                return what
        running = [thread.name for thread in threading.enumerate() if thread not in self._threads]
        return f"un thread è rimasto in corso ({running[0]})" if running else None


def _names(module: ModuleType) -> Iterator[_Names]:
    """Give the names of a module, and those of the classes it defines."""
    name = module.__name__
    yield _Names(f"{name}.", vars(module), closed=False)
    for key, value in list(vars(module).items()):
        if isinstance(value, type) and getattr(value, "__module__", None) == name:
            yield _Names(f"{name}.{key}::", vars(value), closed=True)
