"""Results that follow from their arguments alone, kept by the warm process for the kernels that come after.

The chapters of eight ATS ask the same questions of the same tables: residents by level, weights of the provinces, the
permutations of a spatial test. A function marked with :func:`recalled` is pure: in a kernel of the warm process its
result is looked for by the content of its arguments, never by their name, so it cannot be an old one. What a kernel
had to compute is told to the warm process when its notebook has come to the end, and the kernels forked later have it.
A notebook always receives a copy of its own, whatever it or another one does to theirs.

Elsewhere — a Python session, a test, a cold kernel — the mark does nothing.
"""

from __future__ import annotations

import functools
import hashlib
import io
import os
import pickle
import struct
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final, ParamSpec, TypeVar

#: A result larger than this is computed again: copying it would cost about as much.
LARGEST: Final = 32_000_000
#: What the warm process keeps in all; beyond this it learns nothing more.
CAPACITY: Final = 256_000_000

_P = ParamSpec("_P")
_T = TypeVar("_T")

_UNPICKLABLE = (pickle.PicklingError, AttributeError, TypeError, ValueError)
_NULLABLE = ("IntegerArray", "FloatingArray", "BooleanArray")
_LENGTH = struct.Struct("!Q")
#: Bytes from which the hash of an array is worth keeping.
_LARGE = 100_000

#: Pickled results by digest of function and arguments; None where nothing is kept.
_known: dict[bytes, bytes] | None = None
#: Modules the warm process had imported: of the others, as a notebook's own, another kernel may have another version.
_trusted: frozenset[str] = frozenset()
#: What this kernel computed by itself.
_learned: dict[bytes, bytes] = {}
#: Hashes of the arrays of the tables that the warm process holds as long as it lives, by place in memory.
_tables: dict[tuple[int, int], bytes] = {}
#: Where to tell it.
_channel: int | None = None


def recalled(function: Callable[_P, _T]) -> Callable[_P, _T]:
    """Mark a function whose result depends on its arguments alone and changes nothing else.

    Parameters
    ----------
    function : callable
        Pure: same arguments, same result; it reads no file, and no state but its arguments. An argument of a class of
        ours may have a property ``impronta``, bytes that stand for its content.

    Returns
    -------
    callable
        The same function; in a kernel of the warm process its results are recalled.
    """
    name = f"{function.__module__}.{function.__qualname__}"

    @functools.wraps(function)
    def answer(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        if function.__module__ not in _trusted:
            return function(*args, **kwargs)
        return kept((name, args, sorted(kwargs.items())), lambda: function(*args, **kwargs))

    return answer


def kept(question: object, compute: Callable[[], _T]) -> _T:
    """Return the answer to a question, computed only if no kernel of the warm process has met it before.

    Parameters
    ----------
    question : object
        All that the answer depends on, content included: it is told apart by its :func:`digest`.
    compute : callable
        Computes the answer. Outside a warm kernel it is called every time.
    """
    if _known is None:
        return compute()
    try:
        key = digest(question)
    except _UNPICKLABLE:
        return compute()
    if key not in _known:
        result = compute()
        try:
            content = pickle.dumps(result, protocol=pickle.HIGHEST_PROTOCOL)
        except _UNPICKLABLE:
            return result
        if len(content) > LARGEST:
            return result
        _known[key] = _learned[key] = content
    # A copy for whoever computed it too: all receive the very same.
    known: _T = pickle.loads(_known[key])
    return known


def digest(value: Any) -> bytes:
    """Return what tells a value from every other: the hash of its pickled content.

    Equal values may have different digests, never the other way round.

    Raises
    ------
    PicklingError, AttributeError, TypeError, ValueError
        If the value has a part that cannot be pickled, or that contains itself.
    """
    found = hashlib.sha256()
    stream = io.BytesIO()
    buffers: list[pickle.PickleBuffer] = []
    content = _Content(stream, protocol=5, buffer_callback=buffers.append)
    # Without references to what was already written: whether two equal parts are one object is not content.
    content.fast = True
    content.dump(value)
    found.update(stream.getbuffer())
    for buffer in buffers:
        raw = buffer.raw()
        found.update(_LENGTH.pack(raw.nbytes))
        found.update(_tables.get(_place(raw)) or hashlib.sha256(raw).digest())
    return found.digest()


def know(table: Any) -> None:
    """Find once the hashes of the large arrays of a table that stays in memory, and that nobody modifies in place."""
    buffers: list[pickle.PickleBuffer] = []
    _Content(io.BytesIO(), protocol=5, buffer_callback=buffers.append).dump(table)
    for buffer in buffers:
        raw = buffer.raw()
        if raw.nbytes >= _LARGE:
            _tables[_place(raw)] = hashlib.sha256(raw).digest()


def _place(raw: memoryview) -> tuple[int, int]:
    """Return where some bytes are in memory, and how many they are."""
    import numpy as np

    return np.frombuffer(raw, dtype=np.uint8).__array_interface__["data"][0], raw.nbytes


class _Content(pickle.Pickler):
    """Pickles arguments: of objects that know their own digest, only that; of arrays, only the values."""

    def reducer_override(self, value: Any) -> Any:
        kind = type(value)
        if kind.__module__.startswith(f"{__package__}.") and hasattr(kind, "impronta"):
            return bytes, (value.impronta,)
        if kind.__name__ in _NULLABLE and kind.__module__.startswith("pandas."):
            # These arrays carry along what was asked of them, which is not content.
            plain = value.to_numpy(dtype=value.dtype.numpy_dtype, na_value=0)
            return tuple, ([str(value.dtype), plain, value.isna()],)
        if kind.__name__ == "ArrowStringArray" and kind.__module__.startswith("pandas."):
            return tuple, ([str(value.dtype), _whole(value.__arrow_array__()) or value.tolist()],)
        return NotImplemented


def _whole(column: Any) -> list[Any]:
    """Return the bytes of a column of text, where they are; nothing if they are also of other rows."""
    parts = []
    for chunk in column.chunks:
        buffers = [None if buffer is None else pickle.PickleBuffer(buffer) for buffer in chunk.buffers()]
        if chunk.offset or sum(len(buffer) for buffer in chunk.buffers() if buffer) > chunk.nbytes + _LARGE:
            return []
        parts.append((str(chunk.type), len(chunk), buffers))
    return parts


def keep() -> None:
    """Start keeping results: the warm process does, before it forks."""
    global _known, _trusted
    _known, _trusted = {}, frozenset(sys.modules) - {"__main__"}


def size() -> int:
    """Return the bytes kept."""
    return sum(map(len, (_known or {}).values()))


def learn(content: bytes) -> None:
    """Add to what is kept what a kernel told, while there is room."""
    if _known is None:
        return
    told: Mapping[bytes, bytes] = pickle.loads(content)
    room = CAPACITY - size()
    for key, result in told.items():
        room -= len(result)
        if room < 0:
            return
        _known.setdefault(key, result)


def open_channel(descriptor: int) -> None:
    """In a kernel just forked: say where to tell what it will learn."""
    global _channel
    _channel = descriptor


def tell() -> None:
    """At the end of a notebook that came to its end: tell the warm process what was computed, once."""
    global _channel
    channel, _channel = _channel, None
    if channel is None:
        return
    try:
        content = pickle.dumps(_learned) if _learned else b""
        with os.fdopen(channel, "wb") as stream:
            stream.write(content)
    except OSError:  # the warm process is gone: nobody is left to learn
        pass
