"""The population files of demo.istat.it, of all residents or of the foreigners: one row per comune and age.

A file is a zip with one CSV, or the CSV itself: a first line with the title and the date, a header, codes in quotes,
ages from 0 to 100 and over, and for each comune a row of age 999 with its totals, which is used to check the others and
then left out. The last line is a note.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from conciliazione_lib.errors import DatiError, Problem
from conciliazione_lib.sources.demo_lines import PROVINCE, cells, is_code, lines, not_in_force, whole_number
from conciliazione_lib.territory import Territory

ETA_TOTALE = 999
ETA_MASSIMA = 100
#: Fewer comuni than these are not the whole of Italy (they are some 7.900).
COMUNI_ITALIA = 7_500


@dataclass(frozen=True)
class Formato:
    """How one of the files is written.

    Attributes
    ----------
    titolo : Pattern
        Its first line; the group is the year.
    nome : str
        Its title on the site.
    colonne : tuple of str
        Its first columns: code, comune, age, men, women and, where there is one, their sum.
    """

    titolo: re.Pattern[str]
    nome: str
    colonne: tuple[str, ...]


#: By the table that the file fills. STRASA gives men and women, and not always their sum.
FORMATI = {
    "popolazione": Formato(
        re.compile(r"(?!.*stranier)popolazione residente .*1\W? ?gennaio (\d{4})", re.IGNORECASE),
        "Popolazione residente per età e sesso",
        ("codice comune", "comune", "età", "totale maschi", "totale femmine", "totale"),
    ),
    "stranieri": Formato(
        re.compile(r"stranier.*1\W? ?gennaio (\d{4})", re.IGNORECASE),
        "Popolazione straniera residente per età e sesso",
        ("codice comune", "comune", "età", "maschi", "femmine"),
    ),
}


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


def recognise(path: Path, tabella: str = "popolazione") -> str | None:
    """Return the date of a population file of demo.istat.it, or None when the file is something else.

    Parameters
    ----------
    path : Path
        A ``.zip`` or ``.csv``.
    tabella : {"popolazione", "stranieri"}
        Of whom.
    """
    if path.suffix.lower() not in (".zip", ".csv"):
        return None
    try:
        prima = next(lines(path), "")
    except (DatiError, OSError):
        return None
    trovato = FORMATI[tabella].titolo.search(prima)
    return f"{trovato[1]}-01-01" if trovato else None


def read_population(path: Path, territorio: Territory, tabella: str = "popolazione") -> PopulationFile:
    """Read a population file of demo.istat.it.

    Parameters
    ----------
    path : Path
        The zip as downloaded, or the CSV inside it.
    territorio : Territory
        Comuni of Lombardia in force at the date of the file.
    tabella : {"popolazione", "stranieri"}
        Of whom.

    Returns
    -------
    PopulationFile

    Raises
    ------
    DatiError
        With every problem found: a title or header that is not that of the file, a row that does not add up, a comune
        whose ages do not sum to its total, a comune of Lombardia that is missing or repeated, text for a number.
    """
    formato = FORMATI[tabella]
    righe = lines(path)
    titolo = formato.titolo.search(next(righe, ""))
    if titolo is None:
        raise DatiError(
            f"Il file «{path.name}» non è «{formato.nome}» di demo.istat.it.",
            f"Scaricare da demo.istat.it «{formato.nome}», tutti i comuni, e non modificarlo.",
            [Problem(f"nella prima riga, «{formato.nome} al 1° gennaio …»", "altro testo", path, riga=1)],
        )
    intestazione = [c.strip().lower() for c in cells(next(righe, ""))]
    if intestazione[: len(formato.colonne)] != list(formato.colonne):
        raise DatiError(
            f"Il file «{path.name}» ha colonne diverse da quelle attese.",
            "Scaricare di nuovo il file da demo.istat.it; se le colonne sono cambiate, segnalarlo.",
            [Problem(f"le colonne {', '.join(formato.colonne)}", ", ".join(intestazione) or "nessuna", path, riga=2)],
        )
    letti, problemi, altrove, somme = _leggi(righe, path, formato.colonne)
    problemi += not_in_force({codice for codice, _ in letti}, territorio, path)
    if problemi:
        quanti = "un problema" if len(problemi) == 1 else f"{len(problemi)} problemi"
        raise DatiError(
            f"Il file «{path.name}» non si può importare come {tabella}: {quanti}.",
            "Scaricare di nuovo il file da demo.istat.it e riprovare; la tabella di prima resta al suo posto.",
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
    righe: Iterator[str], path: Path, colonne: tuple[str, ...]
) -> tuple[dict[tuple[str, int], tuple[int, int]], list[Problem], set[str], dict[tuple[int, str], int]]:
    letti: dict[tuple[str, int], tuple[int, int]] = {}
    totali: dict[str, tuple[int, int]] = {}
    altrove: set[str] = set()
    fuori: dict[tuple[int, str], int] = defaultdict(int)
    problemi: list[Problem] = []
    for numero, riga in enumerate(righe, start=3):
        celle = cells(riga)
        if not celle or not is_code(celle[0]):
            continue  # the closing note, or an empty line
        codice = celle[0].strip()
        if len(celle) < len(colonne):
            problemi.append(Problem(f"{len(colonne)} celle", f"{len(celle)}: «{riga[:60]}»", path, riga=numero))
            continue
        valori = [_eta(celle[2]), *(whole_number(c) for c in celle[3 : len(colonne)])]
        if not codice.startswith(PROVINCE):
            altrove.add(codice)
            eta_altrove, m_altrove, f_altrove = valori[:3]
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
                    colonna=colonne[2 + posto],
                )
            )
            continue
        eta, maschi, femmine, *somma = (int(v) for v in valori if v is not None)
        if somma and maschi + femmine != somma[0]:
            problemi.append(
                Problem(f"maschi più femmine ({maschi + femmine})", str(somma[0]), path, riga=numero, colonna="totale")
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
    return letti, problemi + _somme(letti, totali, path), altrove, fuori


def _somme(
    letti: dict[tuple[str, int], tuple[int, int]], totali: dict[str, tuple[int, int]], path: Path
) -> list[Problem]:
    """Return the comuni whose ages do not make the total of their row 999."""
    somme: dict[str, list[int]] = {}
    for (codice, _), (m, f) in letti.items():
        parziale = somme.setdefault(codice, [0, 0])
        parziale[0] += m
        parziale[1] += f
    problemi = []
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
    return problemi


def _eta(testo: str) -> int | None:
    return whole_number(re.sub(r"(?<=\d) e (più|oltre)$", "", testo.strip()))
