"""A PDF whose objects are compressed: the same document, half as heavy.

Typst compresses what is drawn, not the objects that say how the document is made, which of a tagged PDF are the larger
part. Since PDF 1.5 they may go together in streams that are compressed, and the table that says where each is, too.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence

from conciliazione_lib.errors import EsecuzioneError

#: As many objects are in a stream: a reader opens a whole stream to read one of them.
_TOGETHER = 200
_LEVEL = 9

_START = re.compile(rb"startxref\s+(\d+)\s+%%EOF\s*$")
_TABLE = re.compile(rb"xref\s+0 (\d+)\s+")
_TRAILER = re.compile(rb"trailer\s*<<(.*)>>\s*startxref", re.DOTALL)
_OBJECT = re.compile(rb"(\d+) 0 obj\s(.*)\sendobj\s*", re.DOTALL)
#: Bytes of a line of the table of a PDF that is not packed.
_LINE = 20


def packed(pdf: bytes) -> bytes:
    """Return a PDF with its objects compressed.

    Parameters
    ----------
    pdf : bytes
        Whole, written at once, with its table of objects at the end; every object is of generation 0.

    Raises
    ------
    EsecuzioneError
        It is not written so.
    """
    bodies, end, trailer = _read(pdf)
    plain = [number for number, body in bodies.items() if not body.endswith(b"endstream")]
    output = bytearray(pdf[:end])
    # Of each object: where it is, or which stream has it and in which place.
    spots: dict[int, tuple[int, int, int]] = {0: (0, 0, 65535)}

    def write(number: int, body: bytes) -> None:
        spots[number] = (1, len(output), 0)
        output.extend(b"%d 0 obj\n%s\nendobj\n" % (number, body))

    for number, body in bodies.items():
        if body.endswith(b"endstream"):
            write(number, body)
    following = max(bodies) + 1
    for start in range(0, len(plain), _TOGETHER):
        numbers = plain[start : start + _TOGETHER]
        spots |= {number: (2, following, place) for place, number in enumerate(numbers)}
        write(following, _together(bodies, numbers))
        following += 1
    last = len(output)
    spots[following] = (1, last, 0)
    table = b"".join(
        kind.to_bytes(1, "big") + one.to_bytes(4, "big") + other.to_bytes(2, "big")
        for kind, one, other in (spots.get(number, spots[0]) for number in range(following + 1))
    )
    known = b"/Type/XRef/Size %d/W[1 4 2]%s" % (following + 1, re.sub(rb"/Size \d+", b"", trailer))
    output += b"%d 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (following, _stream(known, table), last)
    return bytes(output)


def _read(pdf: bytes) -> tuple[dict[int, bytes], int, bytes]:
    """Return the body of each object, where the first begins, and what the trailer says."""
    start, trailer = _START.search(pdf), _TRAILER.search(pdf)
    table = _TABLE.match(pdf, int(start[1])) if start is not None else None
    if start is None or trailer is None or table is None:
        raise _unlike("manca la tabella degli oggetti")
    lines = (pdf[table.end() + _LINE * n :][:_LINE] for n in range(int(table[1])))
    places = sorted(int(line[:10]) for line in lines if line[17:18] == b"n")
    bodies = {}
    for place, after in zip(places, [*places[1:], int(start[1])], strict=True):
        found = _OBJECT.fullmatch(pdf, place, after)
        if found is None:
            raise _unlike(f"al byte {place} non c'è un oggetto")
        bodies[int(found[1])] = found[2]
    return bodies, places[0], trailer[1]


def _together(bodies: Mapping[int, bytes], numbers: Sequence[int]) -> bytes:
    """Return a stream with some objects."""
    places, text = [], bytearray()
    for number in numbers:
        places.append(b"%d %d" % (number, len(text)))
        text += bodies[number] + b"\n"
    head = b" ".join(places) + b"\n"
    return _stream(b"/Type/ObjStm/N %d/First %d" % (len(numbers), len(head)), head + bytes(text))


def _stream(known: bytes, content: bytes) -> bytes:
    pressed = zlib.compress(content, _LEVEL)
    return b"<<%s/Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream" % (known, len(pressed), pressed)


def _unlike(why: str) -> EsecuzioneError:
    return EsecuzioneError(f"Il documento PDF non si può comprimere: {why}.")
