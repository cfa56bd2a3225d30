"""Bringing a table in: checked, compared with the version in force, stored with the way back.

A table that comes in is never half in: it is checked whole, then replaces the previous one in its tier, and what was
there is kept aside so that one command brings it back.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
from filelock import FileLock, Timeout

from conciliazione_lib import catalog, storage
from conciliazione_lib.catalog.spec import TableSpec
from conciliazione_lib.errors import DatiError, UsoError
from conciliazione_lib.sources import demo, questionnaire, statuses
from conciliazione_lib.sources.extraction import read_table
from conciliazione_lib.territory import Territory, load

PRECEDENTI = "precedenti"
#: In a version kept aside: the tables that came in together, each with the number of its own.
INSIEME = "insieme.json"
#: Seconds to wait for another process that is storing a table.
TURNO = 60.0
#: Beyond this many rows a table is kept as Parquet.
RIGHE_CSV = 20_000
MOVIMENTI = 5


#: How many comuni found under another name are listed.
NOMI_MOSTRATI = 10


@dataclass(frozen=True)
class Understood:
    """A file as it was understood, before it is stored.

    Attributes
    ----------
    spec : TableSpec
        The table it becomes.
    frame : DataFrame
        Its rows, validated.
    data : str
        Reference date or period.
    titolo, fonte : str
        As they will be cited.
    url, licenza : str
        Address and licence of the source, when known.
    come : str
        How the file was read, in one Italian sentence: sheet, header row, columns left out.
    note : str
        What a reader must know.
    stato : str
        How final the source says it is, one of :data:`storage.STATI`.
    insieme : tuple of Understood
        Other tables that the same file holds, which go with this one.
    """

    spec: TableSpec
    frame: pd.DataFrame
    data: str
    titolo: str
    fonte: str
    url: str
    licenza: str
    come: str
    note: str = ""
    stato: str = storage.DEFINITIVO
    insieme: tuple[Understood, ...] = ()


@dataclass(frozen=True)
class Changes:
    """What a new version changes with respect to the one in force.

    Attributes
    ----------
    righe_prima, righe_dopo : int
        Rows of the two versions.
    aggiunte, tolte, cambiate : int
        Rows whose key is new, is gone, or whose values differ.
    totali : DataFrame
        Index: numeric columns that are not keys; columns ``prima, dopo``: their sums.
    movimenti : DataFrame
        The largest changes: key columns, ``colonna, prima, dopo``.
    """

    righe_prima: int
    righe_dopo: int
    aggiunte: int
    tolte: int
    cambiate: int
    totali: pd.DataFrame
    movimenti: pd.DataFrame


def understand(
    path: Path,
    table: str,
    *,
    sheet: str | None = None,
    data: str | None = None,
    fonte: str | None = None,
    defaults: Mapping[str, str] | None = None,
) -> Understood:
    """Read a file as a table of the catalog.

    Parameters
    ----------
    path : Path
        A CSV, a spreadsheet, or a population file of demo.istat.it.
    table : str
        Name of the table.
    sheet : str, optional
        The sheet to read.
    data : str, optional
        Reference date of the data; by default what the file says, in its title or in the years of its rows, or today.
    fonte : str, optional
        Source to be cited; by default the file itself.
    defaults : mapping, optional
        Values for columns that the file does not have.

    Returns
    -------
    Understood

    Raises
    ------
    UsoError
        If the file or the table does not exist.
    DatiError
        With every problem of the file.
    """
    spec = catalog.spec(table)
    if not path.is_file():
        raise UsoError(f"Il file «{path}» non esiste.", "Controllare il nome e la cartella.")
    giorno = demo.recognise(path, table)
    if giorno is not None:
        if data not in (None, giorno):
            raise UsoError(f"I dati del file sono al {giorno}, non al {data}.", "Togliere --data.")
        return _from_demo(path, spec, giorno, fonte or "ISTAT, demo.istat.it")
    for other in demo.TABELLE:
        if demo.recognise(path, other) is not None:
            raise UsoError(
                f"Il file «{path.name}» di demo.istat.it riempie la tabella «{other}», non «{table}».",
                f"Importarlo così: conciliazione dati importa «{path.name}» --come {other}",
            )
    if table == "questionari":
        return _questionnaires(path, spec, sheet, data, fonte, dict(defaults or {}))
    citata = fonte or f"File «{path.name}» dell'utente"
    dati = {"grado": "pubblicazione", "fonte": citata} | dict(defaults or {})
    estratto = read_table(
        path, spec, _territory(data), sheet=sheet, defaults={k: v for k, v in dati.items() if k in spec.columns}
    )
    come = (
        f"Foglio «{estratto.sheet}», intestazione alla riga {estratto.header_row}."
        if estratto.sheet
        else (f"Intestazione alla riga {estratto.header_row}.")
    )
    if estratto.renamed:
        altri = len(estratto.renamed) - NOMI_MOSTRATI
        come += f" Comuni chiamati con un altro nome: {'; '.join(estratto.renamed[:NOMI_MOSTRATI])}"
        come += f"; e altri {altri}." if altri > 0 else "."
    if estratto.ignored:
        come += f" Colonne non usate: {', '.join(estratto.ignored)}."
    giorno = data or _period(estratto.frame, spec)
    if giorno is None:
        giorno = dt.date.today().isoformat()
        come += " Il file non dice di quando sono i dati: vale la data di oggi. Per dirne un'altra: --data AAAA-MM-GG."
    return Understood(spec, estratto.frame.reset_index(drop=True), giorno, spec.title, citata, "", "", come)


def _period(frame: pd.DataFrame, spec: TableSpec) -> str | None:
    """Return the years that the rows of a table are about, when they say them."""
    if "anno" not in spec.keys:
        return None
    first, last = frame["anno"].min(), frame["anno"].max()
    return str(last) if first == last else f"{first}/{last}"


def _from_demo(path: Path, spec: TableSpec, giorno: str, fonte: str) -> Understood:
    """Read a file of demo.istat.it: Lombardia by comune and, when the population is all there, Italy."""
    citazione = (fonte, "https://demo.istat.it", "CC BY 4.0")
    letto = demo.read(path, spec.name, giorno, fonte=fonte, url=citazione[1])
    quando = f"al 1° gennaio {giorno[:4]}" if giorno.endswith("-01-01") else f"del {giorno}"
    comuni = letto.frame["cod_comune"].nunique()
    come = f"File di demo.istat.it, dati {quando}: {comuni} comuni della Lombardia ({letto.altrove} di altre regioni)."
    if letto.stato != storage.DEFINITIVO:
        come += f" {statuses.DICHIARATI[letto.stato]}: se ci sono dati definitivi, si usano solo chiedendo questa data."
    italia: tuple[Understood, ...] = ()
    if spec.name == "popolazione" and letto.italia is not None:
        di_italia = catalog.spec("popolazione_italia")
        titolo = f"Popolazione residente in Italia per età e sesso {quando}"
        frame = catalog.validate(letto.italia, di_italia)
        somma = "Somma di tutti i comuni del file."
        italia = (Understood(di_italia, frame, giorno, titolo, *citazione, somma, stato=letto.stato),)
        come += " Ne viene anche la popolazione dell'Italia, come somma dei comuni."
    elif spec.name == "popolazione":
        come += " Il file non contiene tutta l'Italia: la sua popolazione resta quella di prima."
    return Understood(
        spec,
        catalog.validate(letto.frame, spec),
        giorno,
        f"{spec.title} {quando}",
        *citazione,
        come,
        stato=letto.stato,
        insieme=italia,
    )


def _questionnaires(
    path: Path, spec: TableSpec, sheet: str | None, data: str | None, fonte: str | None, given: dict[str, str]
) -> Understood:
    citata = fonte or "Questionari raccolti dall'Alleanza"
    letto = questionnaire.read_export(
        path, catalog.read("questionario"), {"grado": "pubblicazione", "fonte": citata} | given, sheet=sheet
    )
    come = f"Questionari con almeno una risposta: {letto.respondents}; domande riconosciute: {letto.questions}."
    if letto.ignored:
        come += f" Colonne lasciate fuori, e non conservate: {', '.join(letto.ignored)}."
    return Understood(spec, letto.frame, data or dt.date.today().isoformat(), spec.title, citata, "", "", come)


def _territory(data: str | None) -> Territory:
    """Return the comuni at the date of some data; those of today for a period, or before the first that are known."""
    for part in (data or "").split("/") if data is not None else ():
        try:
            dt.datetime.strptime(part, "%Y" if len(part) == 4 else "%Y-%m-%d")
        except ValueError as cause:
            raise UsoError(
                f"«{data}» non è una data.",
                "Scriverla nella forma AAAA-MM-GG, per esempio 2022-01-01; un periodo di anni come 2019/2024.",
            ) from cause
    return load(data=data) if data is not None and len(data) == 10 and data >= "2010-01-01" else load()


def changes(new: pd.DataFrame, old: pd.DataFrame | None, spec: TableSpec) -> Changes:
    """Compare a new version of a table with the one in force.

    Parameters
    ----------
    new, old : DataFrame
        The two versions; no old one when the table was empty.
    spec : TableSpec
        Its declaration.

    Returns
    -------
    Changes
    """
    chiavi = list(spec.keys)
    vecchia = pd.DataFrame(columns=new.columns) if old is None else old
    prima, dopo = vecchia.set_index(chiavi), new.set_index(chiavi)
    comuni = dopo.index.intersection(prima.index)
    numeriche = [c for c in dopo.columns if pd.api.types.is_numeric_dtype(dopo[c]) and dopo[c].notna().any()]
    valori = [c for c in dopo.columns if c in prima.columns]
    a, b = prima.loc[comuni, valori], dopo.loc[comuni, valori]
    diverse = ~((a == b) | (a.isna() & b.isna())).all(axis=1)
    totali = pd.DataFrame(
        {"prima": [prima[c].sum() if c in prima else 0 for c in numeriche], "dopo": [dopo[c].sum() for c in numeriche]},
        index=numeriche,
    )
    mosse = [
        pd.DataFrame({"colonna": c, "prima": a[c], "dopo": b[c]}).assign(_d=(b[c] - a[c]).abs().astype(float))
        for c in numeriche
        if c in a.columns
    ]
    movimenti = pd.concat(mosse) if mosse else pd.DataFrame(columns=["colonna", "prima", "dopo", "_d"])
    movimenti = movimenti[movimenti["_d"] > 0].sort_values("_d", ascending=False, kind="stable").head(MOVIMENTI)
    return Changes(
        len(vecchia),
        len(new),
        len(dopo.index.difference(prima.index)),
        len(prima.index.difference(dopo.index)),
        int(diverse.sum()),
        totali,
        movimenti.drop(columns="_d").reset_index(),
    )


def added_to(old: pd.DataFrame | None, new: Understood) -> Understood:
    """Add the rows of a file to those in force: what a second Alleanza sends does not replace what the first sent.

    Parameters
    ----------
    old : DataFrame or None
        The version in force.
    new : Understood
        The file; its rows take the place of those with the same key.

    Returns
    -------
    Understood
        With the rows of both, checked together.

    Raises
    ------
    DatiError
        If a rule of the table does not hold on the two together.
    """
    if old is None:
        return new
    insieme = pd.concat([old, new.frame]).drop_duplicates(list(new.spec.keys), keep="last", ignore_index=True)
    frame = catalog.validate(insieme, new.spec)
    return replace(new, frame=frame, data=_period(frame, new.spec) or new.data)


def in_force(table: str, data: str | None = None) -> pd.DataFrame | None:
    """Return the version of a table that answers now, or None when there is none for that date."""
    try:
        return catalog.read(table, data)
    except (UsoError, DatiError):
        return None


@contextmanager
def in_turn() -> Iterator[None]:
    """Let one process at a time change the tables of this machine; whoever already has the turn keeps it.

    Raises
    ------
    UsoError
        If another process does not finish in a minute.
    """
    root = storage.local_root()
    root.mkdir(parents=True, exist_ok=True)
    lock = FileLock(root / "tabelle.lock", timeout=TURNO, is_singleton=True)
    try:
        lock.acquire()
    except Timeout as cause:
        raise UsoError(
            "Un altro comando sta cambiando i dati su questo computer.", "Attendere che finisca e riprovare."
        ) from cause
    try:
        yield
    finally:
        lock.release()


def store(understood: Understood, *, tier: str = "importata") -> storage.Provenance:
    """Store a table in a tier, keeping what was there.

    Parameters
    ----------
    understood : Understood
        The table, as read; the tables that came with it are stored too.
    tier : {"importata", "scaricata"}
        Where it goes.

    Returns
    -------
    storage.Provenance
        The version as stored.
    """
    with in_turn():
        for altra in understood.insieme:
            store(altra, tier=tier)
        da_parte = set_aside(understood.spec.name, [altra.spec.name for altra in understood.insieme])
        try:
            return _write(understood, tier)
        except BaseException:
            shutil.rmtree(da_parte, ignore_errors=True)  # nothing changed: there is nothing to go back from
            raise


def _write(understood: Understood, tier: str) -> storage.Provenance:
    grande = len(understood.frame) > RIGHE_CSV
    nome = f"{understood.data.replace('/', '-')}.{'parquet' if grande else 'csv'}"

    def scrivi(percorso: Path) -> None:
        if grande:
            understood.frame.to_parquet(percorso, index=False)
        else:
            understood.frame.to_csv(percorso, index=False, lineterminator="\n", encoding="utf-8")

    gradi = understood.frame["grado"].tolist() if "grado" in understood.frame else ["pubblicazione"]
    peggiore = max(gradi, key=list(storage.GRADI).index)
    return storage.write_version(
        understood.spec.name,
        tier,
        nome,
        scrivi,
        {
            "data_riferimento": understood.data,
            "titolo": understood.titolo,
            "fonte": understood.fonte,
            "url": understood.url,
            "licenza": understood.licenza,
            "recuperato": dt.date.today().isoformat(),
            "grado": peggiore,
            "stato": understood.stato,
            "note": understood.note,
        },
    )


def _aside(table: str) -> Path:
    return storage.local_root() / PRECEDENTI / table


def _saved(table: str) -> list[Path]:
    """Return the versions kept aside, the oldest first."""
    return sorted((c for c in _aside(table).glob("[0-9]*") if c.is_dir()), key=lambda c: int(c.name))


def set_aside(table: str, together: Collection[str] = ()) -> Path:
    """Keep what the local tiers hold of a table, so that it can come back; also when they hold nothing.

    Parameters
    ----------
    table : str
        The table.
    together : collection of str
        Tables that the same file has just changed: they come back with it.
    """
    cartella = _aside(table)
    cartella.mkdir(parents=True, exist_ok=True)
    numero = 1 + max((int(c.name) for c in cartella.iterdir() if c.name.isdigit()), default=0)
    provvisoria = cartella / f".{numero}"
    shutil.rmtree(provvisoria, ignore_errors=True)
    provvisoria.mkdir()
    for tier in ("importata", "scaricata"):
        origine = storage.folder(table, tier)
        if origine.is_dir():
            shutil.copytree(origine, provvisoria / tier)
    altre = {altra: _saved(altra)[-1].name for altra in together}
    (provvisoria / INSIEME).write_text(json.dumps(altre), encoding="utf-8")
    return provvisoria.rename(cartella / f"{numero:04d}")


def restore(table: str) -> str:
    """Bring back what a table was before the last import or refresh.

    Parameters
    ----------
    table : str
        Name of the table.

    Returns
    -------
    str
        What happened, in one Italian sentence.

    Raises
    ------
    UsoError
        If there is nothing to go back to.
    """
    catalog.spec(table)
    with in_turn():
        return _restore(table)


def _restore(table: str) -> str:
    salvate = _saved(table)
    if not salvate:
        raise UsoError(
            f"Della tabella «{table}» non c'è una versione precedente.",
            "Si può tornare indietro solo dopo «conciliazione dati importa» o «conciliazione dati aggiorna».",
        )
    ultima = salvate[-1]
    tornate = 0
    for tier in ("importata", "scaricata"):
        destinazione = storage.folder(table, tier)
        nuova = destinazione.with_name(f".{destinazione.name}-nuova")
        shutil.rmtree(nuova, ignore_errors=True)
        if (ultima / tier).is_dir():
            shutil.copytree(ultima / tier, nuova)
            tornate += 1
        shutil.rmtree(destinazione, ignore_errors=True)
        if nuova.is_dir():
            nuova.rename(destinazione)
    legate = json.loads((ultima / INSIEME).read_text(encoding="utf-8")) if (ultima / INSIEME).is_file() else {}
    shutil.rmtree(ultima)
    detto = (
        f"La tabella «{table}» è tornata alla versione precedente."
        if tornate
        else f"La tabella «{table}» è tornata ai dati del progetto: non c'era una versione importata prima."
    )
    for altra, numero in legate.items():
        # One that has changed again since has its own way back.
        if (dopo := _saved(altra)) and dopo[-1].name == numero:
            detto += f" {_restore(altra)}"
    return detto
