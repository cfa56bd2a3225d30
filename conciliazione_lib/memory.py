"""Results that follow from their arguments alone, kept by the warm process for the kernels that come after.

The chapters of eight ATS ask the same questions of the same tables: residents by level, weights of the provinces, the
permutations of a spatial test. A function marked with :func:`recalled` is pure: in a build's kernel, forked by the warm
process, its result is looked for by the content of its arguments, and the code is the one the process imported: another
version of the library is another process. What a kernel had to compute is told to the warm process when its notebook
has come to the end, and the kernels forked later have it. A notebook always receives a copy of its own, whatever it or
another one does to theirs. The library's own constants are taken as they are imported: a chapter must not change them.

Elsewhere — JupyterLab, a Python session, a test, a cold kernel — the mark does nothing.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import io
import os
import pickle
import struct
import sys
import zlib
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any, Final, ParamSpec, TypeVar

#: A result larger than this is computed again: copying it would cost about as much.
LARGEST: Final = 32_000_000
#: What the warm process keeps in all; beyond this it learns nothing more.
CAPACITY: Final = 256_000_000

_P = ParamSpec("_P")
_T = TypeVar("_T")

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
#: Bytes kept.
_size = 0
#: Arrays of the tables that the warm process holds, with their hash and a quicker sum, by place in memory. They are
#: kept here too: what is somewhere else later is not mistaken for them.
_tables: dict[tuple[int, int], tuple[memoryview, bytes, int]] = {}
#: Objects held by the warm process that know their own digest, with what it is when found again here, by identity.
_known_objects: dict[int, tuple[Any, bytes]] = {}
#: Which of them this kernel's questions relied on.
_relied: set[object] = set()
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
    if _known is not None:
        return function  # loaded again inside a kernel: its code may have changed
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
    global _size
    if _known is None or compute.__module__ not in _trusted:
        return compute()
    try:
        key = digest(question)
    except Exception:  # whatever cannot be told apart is computed
        return compute()
    if key not in _known:
        result = compute()
        try:
            content = pickle.dumps(result, protocol=pickle.HIGHEST_PROTOCOL)
        except Exception:
            return result
        if len(content) > min(LARGEST, CAPACITY - _size):
            return result
        _known[key] = _learned[key] = content
        _size += len(content)
    # A copy for whoever computed it too: all receive the very same.
    known: _T = pickle.loads(_known[key])
    return known


def digest(value: Any) -> bytes:
    """Return what tells a value from every other: the hash of its pickled content.

    Equal values may have different digests, never the other way round.

    Raises
    ------
    Exception
        Of any kind, if the value has a part that cannot be pickled, that contains itself, or that a notebook defined.
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
        place = _place(raw)
        if place in _tables:
            _relied.add(place)
            found.update(_tables[place][1])
        else:
            found.update(hashlib.sha256(raw).digest())
    return found.digest()


def know(value: Any) -> None:
    """Find once the hashes of the large arrays of a value that stays in memory, and is not to be modified in place."""
    if _knows_itself(type(value)):
        _known_objects[id(value)] = value, type(value).impronta.func(value)
        return
    buffers: list[pickle.PickleBuffer] = []
    _Content(io.BytesIO(), protocol=5, buffer_callback=buffers.append).dump(value)
    for buffer in buffers:
        raw = buffer.raw()
        if raw.nbytes >= _LARGE:
            _tables[_place(raw)] = raw, hashlib.sha256(raw).digest(), zlib.crc32(raw)


def _untouched() -> bool:
    """Whether all that was recognised without looking at its content still has it."""
    arrays = (array for place, array in _tables.items() if place in _relied)
    objects = (known for identity, known in _known_objects.items() if identity in _relied)
    return all(zlib.crc32(raw) == total for raw, _, total in arrays) and all(
        type(value).impronta.func(value) == found for value, found in objects
    )


def _place(raw: memoryview) -> tuple[int, int]:
    """Return where some bytes are in memory, and how many they are."""
    import numpy as np

    return np.frombuffer(raw, dtype=np.uint8).__array_interface__["data"][0], raw.nbytes


class _Content(pickle.Pickler):
    """Pickles arguments: of objects that know their own digest, only that; of arrays, only the values."""

    def reducer_override(self, value: Any) -> Any:
        kind = type(value)
        if _knows_itself(kind):
            _relied.add(id(value))
            return bytes, (value.impronta,)
        if isinstance(value, type | FunctionType) and _stranger(value.__module__):
            raise pickle.PicklingError(f"{value.__qualname__} would be told by its name, not by its code")
        if kind.__name__ in _NULLABLE and kind.__module__.startswith("pandas."):
            # These arrays carry along what was asked of them, which is not content.
            plain = value.to_numpy(dtype=value.dtype.numpy_dtype, na_value=0)
            return tuple, ([str(value.dtype), plain, value.isna()],)
        if kind.__name__ == "ArrowStringArray" and kind.__module__.startswith("pandas."):
            return tuple, ([str(value.dtype), _whole(value.__arrow_array__()) or value.tolist()],)
        return NotImplemented


def _stranger(module: str) -> bool:
    return module == "__main__" or (bool(_trusted) and module not in _trusted)


def _knows_itself(kind: type) -> bool:
    return kind.__module__.startswith(f"{__package__}.") and hasattr(kind, "impronta")


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
    global _known, _trusted, _size
    _known, _trusted, _size = {}, frozenset(sys.modules) - {"__main__"}, 0


def forget() -> None:
    """Keep nothing any more: a kernel whose notebook is being written computes everything."""
    global _known, _trusted, _size
    _known, _trusted, _size = None, frozenset(), 0


def size() -> int:
    """Return the bytes kept."""
    return _size


def learn(content: bytes | bytearray) -> None:
    """Add to what is kept what a kernel told, while there is room."""
    global _size
    if _known is None:
        return
    told: Mapping[bytes, bytes] = pickle.loads(content)
    for key, result in told.items():
        if key not in _known and _size + len(result) <= CAPACITY:
            _known[key] = result
            _size += len(result)


def open_channel(descriptor: int) -> None:
    """In a kernel just forked: say where to tell what it will learn."""
    global _channel
    _channel = descriptor


def tell() -> None:
    """At the end of a notebook that came to its end: tell the warm process what was computed, once.

    Nothing is told by a notebook that modified in place what all share: its results are of other tables.
    """
    global _channel
    channel, _channel = _channel, None
    if channel is None:
        return
    with contextlib.suppress(Exception), os.fdopen(channel, "wb") as stream:  # the chapter is whole all the same
        if _learned and _untouched():
            pickle.dump(_learned, stream)
