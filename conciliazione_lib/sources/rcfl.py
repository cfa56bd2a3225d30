"""ISTAT labour-force microdata (RCFL, public-use *mIcro.STAT* quarterly files) for the researcher.

The project never ships them: the researcher downloads the quarterly archive from ISTAT («Rilevazione sulle
forze di lavoro, dati trasversali trimestrali», file ad uso pubblico) and gives the text file of the folder
``MICRODATI`` to :func:`read_rcfl`. The layout expected is the one in use since 2021 (Regulation EU 2019/1700):
text, tab-separated, names of the variables in the first row, codes padded with zeros or blanks.

==============  ======================================================  ======================================
variable        what it is                                              becomes
==============  ======================================================  ======================================
``SESSO``       1 men, 2 women                                          ``sesso``: ``M``, ``F``
``CLETAS``      age class: 5 = 15-19 … 16 = 70-74, 17 = 75+             ``eta``: ``15-19`` …
``COND3``       1 employed, 2 looking for work, 3 inactive              ``condizione`` and ``occupato`` (1, 0)
``HATLEV3MOD``  1 up to lower secondary, 2 upper secondary, 3 tertiary  ``titolo``
``COEF_CCP``    weight, with one implied decimal                        ``peso`` (people)
``RIP5``        geographical area, 1-5 (optional)                       ``ripartizione``
``CITTAD``      1 Italian, 2 other EU, 3 non EU (optional)              ``cittadinanza``
``DIPAUT``      1 employee, 2 collaborator, 3 self-employed (opt.)      ``posizione``
``DETIND``      1 fixed-term, 2 permanent, employees only (opt.)        ``contratto``
``PIEPAR``      1 full time, 2 part time, employed only (optional)      ``orario``
``CAT12``       sector of activity, 12 classes (optional)               ``settore``
==============  ======================================================  ======================================

Check the record layout (*tracciato record*) that comes with the file: names and codes are ISTAT's to change.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from conciliazione_lib.errors import DatiError, Problem

_ETA = MappingProxyType({str(k): f"{15 + 5 * (k - 5)}-{19 + 5 * (k - 5)}" for k in range(5, 17)} | {"17": "75+"})
_UNDER_15 = frozenset({"1", "2", "3", "4"})

#: variable -> (column, codes and what they mean); these, and the weight, must be there.
_OBBLIGATORIE: Mapping[str, tuple[str, Mapping[str, str]]] = MappingProxyType(
    {
        "SESSO": ("sesso", {"1": "M", "2": "F"}),
        "CLETAS": ("eta", _ETA),
        "COND3": ("condizione", {"1": "occupato", "2": "in cerca", "3": "inattivo"}),
        "HATLEV3MOD": (
            "titolo",
            {"1": "fino alla licenza media", "2": "diploma", "3": "titolo terziario"},
        ),
    }
)
_OPTIONAL: Mapping[str, tuple[str, Mapping[str, str]]] = MappingProxyType(
    {
        "RIP5": (
            "ripartizione",
            {"1": "Nord-ovest", "2": "Nord-est", "3": "Centro", "4": "Sud", "5": "Isole"},
        ),
        "CITTAD": ("cittadinanza", {"1": "italiana", "2": "altra UE", "3": "extra UE"}),
        "DIPAUT": ("posizione", {"1": "dipendente", "2": "collaboratore", "3": "autonomo"}),
        "DETIND": ("contratto", {"1": "a termine", "2": "a tempo indeterminato"}),
        "PIEPAR": ("orario", {"1": "tempo pieno", "2": "tempo parziale"}),
        "CAT12": (
            "settore",
            {
                "1": "agricoltura",
                "2": "industria in senso stretto",
                "3": "costruzioni",
                "4": "commercio",
                "5": "alberghi e ristoranti",
                "6": "trasporto e magazzinaggio",
                "7": "informazione e comunicazione",
                "8": "finanza e assicurazioni",
                "9": "servizi immobiliari e alle imprese",
                "10": "pubblica amministrazione e difesa",
                "11": "istruzione, sanità e servizi sociali",
                "12": "altri servizi collettivi e personali",
            },
        ),
    }
)
_WEIGHT = "COEF_CCP"

#: Residents of Italy a whole quarterly file must add up to; outside, the decimals of the weight are misread.
_ITALIA = (40e6, 70e6)
_MOST_PROBLEMS = 20


def read_rcfl(path: Path | str, weight_decimals: int = 1) -> pd.DataFrame:
    """Read one quarterly file of ISTAT's labour-force microdata.

    Parameters
    ----------
    path : path
        The text file, as in the folder ``MICRODATI`` of ISTAT's archive.
    weight_decimals : int
        Implied decimals of ``COEF_CCP``: one, except where the record layout says otherwise (whoever has used the
        file of the first quarter of 2021 reports none).

    Returns
    -------
    DataFrame
        One row per person aged 15 or more: ``sesso, eta, condizione, occupato`` (1/0), ``titolo, peso`` and, where the
        file has them, ``ripartizione, cittadinanza, posizione, contratto, orario, settore``. Blank codes are missing.

    Raises
    ------
    DatiError
        The file cannot be read, a variable or a code is not as expected, a weight is not a positive number, or
        the weights of a whole national file do not add up to a plausible population. All together.
    """
    path = Path(path)
    raw = _read(path)
    needed = [*_OBBLIGATORIE, _WEIGHT]
    absent = [v for v in needed if v not in raw.columns]
    if absent:
        raise DatiError(
            f"Il file {path.name} non ha il tracciato dei microdati RCFL in uso dal 2021.",
            remedy="Usare il file di testo della cartella MICRODATI, senza togliere colonne.",
            problems=[
                Problem(
                    atteso=f"la variabile {v}",
                    trovato="nessuna colonna con quel nome",
                    file=path,
                    riga=1,
                )
                for v in absent
            ],
        )
    raw = raw[~raw["CLETAS"].isin(_UNDER_15)]
    problems: list[Problem] = []
    out = pd.DataFrame(index=raw.index)
    for variable, (column, codes) in {**_OBBLIGATORIE, **_OPTIONAL}.items():
        if variable not in raw.columns:
            continue
        required = variable in _OBBLIGATORIE
        text = raw[variable]
        blank = text == ""
        wrong = ~text.isin(codes) & (~blank if not required else True)
        problems += _code_problems(path, variable, text[wrong], codes)
        out[column] = text.map(codes)
    weight = pd.to_numeric(raw[_WEIGHT], errors="coerce") / 10**weight_decimals
    bad = ~(weight > 0)
    for row, value in raw.loc[bad, _WEIGHT].items():
        problems.append(Problem("un peso maggiore di zero", repr(value), file=path, riga=_line(row), colonna=_WEIGHT))
    if problems:
        shown = problems[:_MOST_PROBLEMS]
        more = len(problems) - len(shown)
        raise DatiError(
            f"Il file {path.name} ha {len(problems)} valori fuori dal tracciato RCFL"
            + (f" (ne sono elencati {len(shown)})." if more else "."),
            remedy="Controllare il tracciato record del trimestre: ISTAT può avere cambiato nomi o codici.",
            problems=shown,
        )
    out["peso"] = weight
    out["occupato"] = (out["condizione"] == "occupato").astype("int64")
    _check_total(path, out, weight_decimals)
    first = ["sesso", "eta", "condizione", "occupato", "titolo", "peso"]
    return out[[*first, *(c for c in out.columns if c not in first)]].reset_index(drop=True)


def _read(path: Path) -> pd.DataFrame:
    try:
        frame = pd.read_csv(
            path, sep="\t", dtype="str", keep_default_na=False, quoting=csv.QUOTE_NONE, encoding="latin-1"
        )
    except FileNotFoundError as error:
        raise DatiError(
            f"Il file dei microdati {path.name} non c'è.",
            remedy="Indicare il percorso del file di testo scaricato da ISTAT.",
        ) from error
    except (OSError, ValueError) as error:
        raise DatiError(
            f"Il file {path.name} non si legge come testo separato da tabulazioni.",
            remedy="Estrarre dall'archivio ISTAT il file .txt della cartella MICRODATI e indicare quello.",
        ) from error
    frame.columns = [str(c).strip().lstrip("ï»¿").upper() for c in frame.columns]
    return frame.apply(lambda s: s.str.strip().str.replace(r"^0+(?=\d)", "", regex=True))


def _line(row: object) -> int:
    # One for the header, one because people count from one.
    return int(str(row)) + 2


def _code_problems(path: Path, variable: str, wrong: pd.Series, codes: Mapping[str, str]) -> list[Problem]:
    allowed = ", ".join(codes)
    return [
        Problem(
            atteso=f"uno dei codici {allowed}",
            trovato=repr(value) if value else "cella vuota",
            file=path,
            riga=_line(row),
            colonna=variable,
        )
        for row, value in wrong.items()
    ]


def _check_total(path: Path, out: pd.DataFrame, weight_decimals: int) -> None:
    """Weights of a file that covers the whole country must add up to its population aged 15 or more."""
    areas = _OPTIONAL["RIP5"][1]
    if "ripartizione" not in out.columns or out["ripartizione"].nunique() < len(areas):
        return
    total = float(out["peso"].sum())
    if not _ITALIA[0] <= total <= _ITALIA[1]:
        raise DatiError(
            f"I pesi di {path.name} sommano a {total:,.0f} persone: non è la popolazione italiana.".replace(",", "."),
            remedy=f"Il peso è stato letto con {weight_decimals} decimali sottintesi: provare con "
            f"{'0' if weight_decimals else '1'}, come dice il tracciato record del trimestre.",
        )
