"""Published files that another program keeps open: found before a build begins, not after it has run for minutes."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from conciliazione_lib.errors import EsecuzioneError

#: What an analyst opens, and where it is in an edition.
_KINDS: Final = (".docx", ".pdf", ".xlsx")
_FOLDERS: Final = ("documenti", "lacune", "tabelle")


def in_use(tree: Path) -> list[Path]:
    """Return the documents of an edition that another program keeps for itself.

    Parameters
    ----------
    tree : Path
        ``reports/<edizione>``.

    Notes
    -----
    Word and Excel on Windows refuse to share what they have open, and a folder that holds such a file cannot take the
    place of another. Elsewhere nothing is kept from being replaced, and the list is empty.
    """
    found = []
    for folder in _FOLDERS:
        for path in (tree / folder).rglob("*"):
            if path.suffix.lower() in _KINDS and not path.name.startswith("~$"):
                try:
                    with path.open("r+b"):
                        pass
                except PermissionError:
                    found.append(path)
                except OSError:
                    continue
    return sorted(found)


def require_closed(tree: Path) -> None:
    """Refuse to begin what could not end.

    Raises
    ------
    EsecuzioneError
        If a document of the edition is open: the message says which.
    """
    found = in_use(tree)
    if found:
        names = ", ".join(f"«{path.name}»" for path in found)
        raise EsecuzioneError(
            f"Questi file sono aperti in un altro programma, e non si potrebbero sostituire: {names}.",
            remedy="chiuderli (in Word, in Excel, nell'anteprima di Esplora risorse) e ripetere",
        )
