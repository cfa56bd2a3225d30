"""The text of a PDF as it was written, object by object, read with PDFium: imported where there is one to read."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from itertools import groupby, repeat
from pathlib import Path
from typing import Any

import pypdfium2
import pypdfium2.raw as raw

#: What PDFium gives for a hyphen at the end of a line.
_NEW_LINE = "\x02"


def text(file: Path) -> str:
    """Return the text of a PDF in the order in which it is written, one piece a line; drawings are left out.

    Raises
    ------
    ValueError
        The file is not a PDF that can be read.
    """
    pieces = []
    try:
        with pypdfium2.PdfDocument(file) as document:
            for page in document:
                texts, own = _texts(page.get_textpage()), ctypes.addressof(page.raw.contents)
                objects = map(_object, repeat(own), range(raw.FPDFPage_CountObjects(page)))
                pieces += [texts[one] for one in objects if one in texts]
    except pypdfium2.PdfiumError as error:
        raise ValueError(str(error)) from error
    # Where the system writes a letter in two halves, they come one by one.
    whole = "\n".join(pieces).encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    return whole.replace(_NEW_LINE, "").replace("\0", "")


def _texts(page: pypdfium2.PdfTextPage) -> dict[int, str]:
    """Return the text of each object of a page; of none is what stands between them.

    The library gives the text of an object too, but looks for it each time through the letters of the whole page.
    """
    count, own = raw.FPDFText_CountChars(page), ctypes.addressof(page.raw.contents)
    if count < 0:
        raise pypdfium2.PdfiumError("the text of a page cannot be read")
    letters = "".join(map(chr, map(_letter, repeat(own), range(count))))
    found: dict[int, str] = {}
    end = 0
    for one, places in groupby(map(_object_of_letter, repeat(own), range(count))):
        start, end = end, end + len(list(places))
        if one:
            found[one] = found.get(one, "") + letters[start:end]
    return found


def _asked(function: Any, kind: Any) -> Callable[[int, int], Any]:
    """Return a function of PDFium that gives a number: the library makes objects of pointers, which costs more."""
    return ctypes.CFUNCTYPE(kind, ctypes.c_void_p, ctypes.c_int)(ctypes.cast(function, ctypes.c_void_p).value or 0)


_object = _asked(raw.FPDFPage_GetObject, ctypes.c_void_p)
_object_of_letter = _asked(raw.FPDFText_GetTextObject, ctypes.c_void_p)
_letter = _asked(raw.FPDFText_GetUnicode, ctypes.c_uint)
