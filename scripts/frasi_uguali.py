"""How much of two documents is the same words: sentences of more than seven words identical in both, out of the body.

What only the site has, and the fixed sections, are not counted.

Run ``python scripts/frasi_uguali.py`` after a build of the two ATS (``milano`` and ``montagna`` unless named), with the
folder that has ``reports/`` in ``--uscita`` when it is not this one. Figures count as words: a sentence with another
number is another sentence.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from pathlib import Path

from conciliazione_lib.evidence import plain_words
from conciliazione_lib.evidence.proofreading import sentences
from conciliazione_lib.report.blocks import read_notebook

ROOT = Path(__file__).resolve().parents[1]
#: More words than these make a sentence of its own, fewer are a label.
WORDS = 7


def said(notebook: Path) -> list[str]:
    """Return the long sentences of an executed chapter: prose, boxes, notes."""
    found = []
    for block in read_notebook(json.loads(notebook.read_text(encoding="utf-8"))):
        if block.get("solo_sito"):
            continue
        texts = [block.get("markdown", ""), *block.get("note", ())]
        for text in texts:
            for sentence in sentences(text):
                plain = re.sub(r"\s+", " ", plain_words(sentence)).strip()
                if len(plain.split()) > WORDS:
                    found.append(plain)
    return found


def main(arguments: list[str]) -> int:
    """Print the share of each chapter and of the whole; with ``--frasi`` the sentences too."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ats", nargs="*", default=["milano", "montagna"])
    parser.add_argument("--uscita", type=Path, default=ROOT)
    parser.add_argument("--edizione", default="2025-2027")
    parser.add_argument("--frasi", action="store_true")
    chosen = parser.parse_args(arguments)
    folder = chosen.uscita / "reports" / chosen.edizione / "notebook" / "ats"
    one, other = chosen.ats
    whole = same = 0
    for notebook in sorted((folder / one).glob("*.ipynb")):
        mine, theirs = said(notebook), set(said(folder / other / notebook.name))
        equal = [sentence for sentence in mine if sentence in theirs]
        words, shared = (sum(len(s.split()) for s in group) for group in (mine, equal))
        whole, same = whole + words, same + shared
        print(f"{notebook.stem:24} {shared:6} parole uguali su {words:6}: {shared / max(words, 1):6.1%}")
        if chosen.frasi:
            for sentence, times in Counter(equal).items():
                print(f"    {times} × {sentence}")
    print(f"{'insieme':24} {same:6} parole uguali su {whole:6}: {same / max(whole, 1):6.1%}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
