"""The population file of demo.istat.it: one row per comune and age, with a title, a header and a closing note.

The file is a zip with one CSV, or the CSV itself: a first line with the title and the date, a header, codes in quotes,
ages from 0 to 100 and over, and for each comune a row of age 999 with its totals, which is used to check the others and
then left out. The last line is a note.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from conciliazione_lib.errors import DatiError, Problem
from conciliazione_lib.territory import Territory

TITOLO = re.compile(r"popolazione residente .*1\W? ?gennaio (\d{4})", re.IGNORECASE)
COLONNE = ("codice comune", "comune", "età", "totale maschi", "totale femmine", "totale")
ETA_TOTALE = 999
ETA_MASSIMA = 100
#: The real file of all Italy is some 40 MB; ten times that is not a population file.
BYTE_MASSIMI = 400_000_000
#: Fewer comuni than these are not the whole of Italy (they are some 7.900).
COMUNI_ITALIA = 7_500
#: First digits of the codes of Lombardia: the twelve provinces.
PROVINCE = ("012", "013", "014", "015", "016", "017", "018", "019", "020", "097", "098", "108")


@dataclass(frozen=True)
class PopulationFile:
    """A population file as read.

    Attributes
    ----------
    data : str
        Date of the population, ISO.
    frame : DataFrame
        ``cod_comune, eta, sesso, residenti`` of the comuni of Lombardia.
    altrove : int
        Comuni of other regions in the file.
    italia : DataFrame or None
        ``eta, sesso, residenti`` of the whole country, when the file holds it.
    """

    data: str
    frame: pd.DataFrame
    altrove: int
    italia: pd.DataFrame | None


def recognise(path: Path) -> str | None:
    """Return the date of a population file of demo.istat.it, or None when the file is something else.

    Parameters
    ----------
    path : Path
        A ``.zip`` or ``.csv``.
    """
    if path.suffix.lower() not in (".zip", ".csv"):
        return None
    try:
        prima = next(_righe(path), "")
    except (DatiError, OSError):
        return None
    trovato = TITOLO.search(prima)
    return f"{trovato[1]}-01-01" if trovato else None


def read_population(path: Path, territorio: Territory) -> PopulationFile:
    """Read a population file of demo.istat.it.

    Parameters
    ----------
    path : Path
        The zip as downloaded, or the CSV inside it.
    territorio : Territory
        Comuni of Lombardia in force at the date of the file.

    Returns
    -------
    PopulationFile

    Raises
    ------
    DatiError
        With every problem found: a title or header that is not that of the file, a row that does not add up, a comune
        whose ages do not sum to its total, a comune of Lombardia that is missing or repeated, text for a number.
    """
    righe = _righe(path)
    titolo = TITOLO.search(next(righe, ""))
    if titolo is None:
        raise DatiError(
            f"Il file «{path.name}» non è la popolazione per età e sesso di demo.istat.it.",
            "Scaricare da demo.istat.it «Popolazione residente per età e sesso», tutti i comuni, e non modificarlo.",
            [
                Problem(
                    "nella prima riga, «Popolazione residente per età e sesso al 1° gennaio …»",
                    "altro testo",
                    path,
                    riga=1,
                )
            ],
        )
    intestazione = [c.strip().lower() for c in _celle(next(righe, ""))]
    if intestazione[: len(COLONNE)] != list(COLONNE):
        raise DatiError(
            f"Il file «{path.name}» ha colonne diverse da quelle attese.",
            "Scaricare di nuovo il file da demo.istat.it; se le colonne sono cambiate, segnalarlo.",
            [Problem(f"le colonne {', '.join(COLONNE)}", ", ".join(intestazione) or "nessuna", path, riga=2)],
        )
    letti, problemi, altrove, somme = _leggi(righe, path)
    problemi += _mancanti(letti, territorio, path)
    if problemi:
        quanti = "un problema" if len(problemi) == 1 else f"{len(problemi)} problemi"
        raise DatiError(
            f"Il file «{path.name}» non si può importare come popolazione: {quanti}.",
            "Scaricare di nuovo il file da demo.istat.it e riprovare; la popolazione precedente resta al suo posto.",
            problemi,
        )
    frame = pd.DataFrame(
        [(c, e, s, n) for (c, e), (m, f) in sorted(letti.items()) for s, n in (("F", f), ("M", m))],
        columns=["cod_comune", "eta", "sesso", "residenti"],
    )
    tutta = len(altrove) + frame["cod_comune"].nunique() >= COMUNI_ITALIA
    return PopulationFile(f"{titolo[1]}-01-01", frame, len(altrove), _italia(frame, somme) if tutta else None)


def _italia(frame: pd.DataFrame, altrove: dict[tuple[int, str], int]) -> pd.DataFrame:
    """Add the comuni of the other regions to those of Lombardia, by age and sex."""
    qui = frame.groupby(["eta", "sesso"])["residenti"].sum()
    la = pd.Series(altrove, dtype="int64").rename_axis(["eta", "sesso"])
    return qui.add(la, fill_value=0).astype("int64").rename("residenti").reset_index()


def _leggi(
    righe: Iterator[str], path: Path
) -> tuple[dict[tuple[str, int], tuple[int, int]], list[Problem], set[str], dict[tuple[int, str], int]]:
    letti: dict[tuple[str, int], tuple[int, int]] = {}
    totali: dict[str, tuple[int, int]] = {}
    altrove: set[str] = set()
    fuori: dict[tuple[int, str], int] = defaultdict(int)
    problemi: list[Problem] = []
    for numero, riga in enumerate(righe, start=3):
        celle = _celle(riga)
        if len(celle) < len(COLONNE) or not celle[0].strip():
            continue  # the closing note, or an empty line
        codice = celle[0].strip()
        valori = [_intero(c) for c in celle[2:6]]
        if not codice.startswith(PROVINCE):
            altrove.add(codice)
            eta_altrove, m_altrove, f_altrove, _ = valori
            if eta_altrove is not None and eta_altrove <= ETA_MASSIMA:
                fuori[eta_altrove, "M"] += m_altrove or 0
                fuori[eta_altrove, "F"] += f_altrove or 0
            continue
        if any(v is None for v in valori):
            posto = next(i for i, v in enumerate(valori) if v is None)
            problemi.append(
                Problem(
                    "un numero intero non negativo",
                    f"«{celle[2 + posto]}»",
                    path,
                    riga=numero,
                    colonna=COLONNE[2 + posto],
                )
            )
            continue
        eta, maschi, femmine, somma = (int(v) for v in valori if v is not None)
        if maschi + femmine != somma:
            problemi.append(
                Problem(f"maschi più femmine ({maschi + femmine})", str(somma), path, riga=numero, colonna="totale")
            )
        elif eta == ETA_TOTALE:
            totali[codice] = (maschi, femmine)
        elif eta > ETA_MASSIMA:
            problemi.append(
                Problem(f"un'età fino a {ETA_MASSIMA}, o {ETA_TOTALE}", str(eta), path, riga=numero, colonna="età")
            )
        elif (codice, eta) in letti:
            problemi.append(
                Problem("una sola riga per comune ed età", f"{codice}, età {eta} ripetuta", path, riga=numero)
            )
        else:
            letti[codice, eta] = (maschi, femmine)
    somme: dict[str, list[int]] = {}
    for (codice, _), (m, f) in letti.items():
        parziale = somme.setdefault(codice, [0, 0])
        parziale[0] += m
        parziale[1] += f
    for codice, (m, f) in sorted(totali.items()):
        trovati = somme.get(codice, [0, 0])
        if trovati != [m, f]:
            problemi.append(
                Problem(
                    f"per il comune {codice}, il totale della riga {ETA_TOTALE} ({m} maschi, {f} femmine)",
                    f"la somma delle età ({trovati[0]} e {trovati[1]})",
                    path,
                    rimedio="Mancano delle età, o il file è stato tagliato.",
                )
            )
    return letti, problemi, altrove, fuori


def _mancanti(letti: dict[tuple[str, int], tuple[int, int]], territorio: Territory, path: Path) -> list[Problem]:
    presenti = {codice for codice, _ in letti}
    attesi = set(territorio.comuni.index)
    problemi = [
        Problem(f"il comune {codice} ({territorio.name('comune', codice)})", "nessuna riga", path)
        for codice in sorted(attesi - presenti)
    ]
    problemi += [
        Problem("solo comuni in vigore alla data del file", f"il comune {codice}", path)
        for codice in sorted(presenti - attesi)
    ]
    if len(problemi) > 20:
        nascosti = len(problemi) - 20
        problemi = [
            *problemi[:20],
            Problem("tutti i comuni della Lombardia", f"altri {nascosti} comuni mancanti o in più", path),
        ]
    return problemi


def _intero(testo: str) -> int | None:
    testo = testo.strip()
    return int(testo) if testo.isdecimal() and testo.isascii() and len(testo) < 10 else None


def _celle(riga: str) -> list[str]:
    return next(csv.reader([riga], delimiter=";"), [])


def _righe(path: Path) -> Iterator[str]:
    """Yield the lines of the CSV, in a zip or not: nothing is written to disk, no more than declared is read."""
    if path.suffix.lower() == ".zip":
        try:
            with zipfile.ZipFile(path) as archivio:
                voci = [v for v in archivio.infolist() if v.filename.lower().endswith(".csv")]
                if len(voci) != 1:
                    raise DatiError(
                        f"L'archivio «{path.name}» deve contenere un solo file CSV: ne contiene {len(voci)}.",
                        "Scaricare di nuovo il file da demo.istat.it.",
                    )
                if voci[0].file_size > BYTE_MASSIMI:
                    raise DatiError(
                        f"Il file dentro «{path.name}» è troppo grande per essere una popolazione "
                        f"({voci[0].file_size // 1_000_000} MB).",
                        "Controllare di aver scaricato il file giusto da demo.istat.it.",
                    )
                with archivio.open(voci[0]) as flusso:
                    yield from _testo(io.TextIOWrapper(flusso, encoding="utf-8-sig"), path)
        except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as causa:
            raise DatiError(
                f"L'archivio «{path.name}» è danneggiato o protetto: {causa}.",
                "Scaricare di nuovo il file da demo.istat.it.",
            ) from causa
        return
    if path.stat().st_size > BYTE_MASSIMI:
        raise DatiError(f"Il file «{path.name}» è troppo grande per essere una popolazione.", "Controllare il file.")
    with path.open(encoding="utf-8-sig", newline="") as flusso:
        yield from _testo(flusso, path)


def _testo(flusso: io.TextIOBase, path: Path) -> Iterator[str]:
    try:
        for riga in flusso:
            yield riga.rstrip("\r\n")
    except UnicodeDecodeError as causa:
        raise DatiError(
            f"Il file «{path.name}» non è nella codifica di demo.istat.it (UTF-8).",
            "Importare il file come scaricato, senza averlo aperto e salvato con un altro programma.",
        ) from causa
