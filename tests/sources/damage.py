"""Files damaged at random: bytes, lines, and the parts inside an archive."""

from __future__ import annotations

import io
import random
import zipfile

#: What a reader may stumble on, put anywhere.
MARKS = [
    *(b"\x00", b"\xff\xfe", b'"', b";", b",", b"\t", b"\n", b"\r", b"\r\n", b"|", b"'", b"-", b"  ", b"\xe0", b"."),
    *(b"\xc2\xa0", b"\xef\xbb\xbf", b"=1+1", b"1e3", b"e308", b"999999999999", b"NaN", b"inf", b"<script>", b"Totale"),
    *(b"1/2/2025", b"0x1F", b".0", b",0", b"1.234", b"+5", b"\xd9\xa3", b"\xc2\xb2", b"p", b"e", b"(stima)"),
    *(b"\xe2\x88\x925", b"O", b"l"),
]


def damaged(rng: random.Random, content: bytes, most: int = 4) -> bytes:
    """Return a content with some changes: bytes changed, cut, repeated, inserted, lines moved or repeated."""
    out = bytearray(content)
    for _ in range(rng.randint(1, most)):
        at = rng.randrange(len(out) + 1)
        kind = rng.randrange(7)
        if kind == 0 and at < len(out):
            out[at] = rng.randrange(256)
        elif kind == 1:
            del out[at : at + rng.randint(1, 12)]
        elif kind == 2:
            out[at:at] = out[at : at + rng.randint(1, 40)] * rng.randint(1, 3)
        elif kind == 3:
            out[at:at] = rng.choice(MARKS)
        elif kind == 4 and at < len(out):
            out[at] = rng.choice(b"0123456789")
        elif kind == 5:
            lines = bytes(out).split(b"\n")
            line = lines.pop(rng.randrange(len(lines)))
            if rng.random() < 0.7:
                lines.insert(rng.randrange(len(lines) + 1), line)
            out = bytearray(b"\n".join(lines))
        elif rng.random() < 0.3:
            del out[at:]
        if not out:
            break
    return bytes(out)


def damaged_part(rng: random.Random, whole: bytes) -> bytes:
    """Damage the XML inside the archive, and close it again as if nothing had happened."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        names = old.namelist()
        unlucky = rng.choice([n for n in names if "sheet" in n or "workbook" in n or "shared" in n])
        for name in names:
            content = old.read(name)
            new.writestr(name, damaged(rng, content) if name == unlucky else content)
    return out.getvalue()
