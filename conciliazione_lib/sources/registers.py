"""The Region's registers of services, on dati.lombardia.it: services of the eight ATS, ambito and ASST of their comuni.

A register is asked by its identifier; if that is no longer there, it is looked for in the catalogue of the portal by
the words of its name, and taken only when exactly one dataset has them and the columns it must have. Its columns are
recognised by name: the registers of one family share most of them, and each writes some in its own way. A row that
cannot be placed is left out and told; a column that matters and is not there refuses the register.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import pandas as pd

import conciliazione_lib.sources.lombardia as lombardia
from conciliazione_lib import catalog, storage
from conciliazione_lib.errors import DatiError, Problem, UsoError
from conciliazione_lib.sources.demo_lines import comune_code, whole_number
from conciliazione_lib.sources.files import normalise
from conciliazione_lib.sources.http import Client, NothingThere
from conciliazione_lib.sources.merging import REGISTERS_PAGE, of_registers
from conciliazione_lib.sources.origins import Origins, Register
from conciliazione_lib.territory import Territory

SUPPLY, AMBITI, ASST = "servizi_offerta", "comuni_ambiti", "comuni_asst"
#: The tables that they fill.
TABLES = (SUPPLY, AMBITI, ASST)
LICENCE = "IODL 2.0"
#: What is read of a row, and the names that the registers give to its column, letters and digits only.
COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "codice": ("codistatcomuneubicazione", "codiceistatcomuneubicazione", "codiceistatcomune", "codistatcomune"),
        "comune": ("comuneubicazione", "comunediubicazione", "comune"),
        "provincia": ("provcomuneubicazione", "prov", "provincia"),
        "nome": ("denomstruttura", "denominazionestruttura", "denominazione"),
        "struttura": ("codstruttura", "codicecudes", "cudes", "codicestruttura"),
        "tipo": ("unitaoffertesociali", "unitaoffertasociale", "unitadiofferta", "unitaofferta", "tipologia"),
        "posti": ("totpostiautorizzati", "nrposti", "numeroposti", "postiautorizzati", "npostiautorizzati", "posti"),
        "natura": ("pubblicaprivata", "naturagiuridica"),
        "accreditata": ("flaccreditata",),
        "ats": ("codasl", "codiceats", "codats"),
        "cod_asst": ("codiceasst", "codasst"),
        "asst": ("asst",),
        "ambito": ("ambito",),
    }
)
NEEDED = ("comune", "nome", "posti")
SHOWN = 5
#: Where a membership comes from the place of a service, said with its row.
NOTE_OF_THE_SEAT = "dalla sede di un servizio nel registro regionale"


@dataclass(frozen=True)
class Read:
    """A register as read.

    Attributes
    ----------
    name : str
        Its short name.
    source : str
        As its rows cite it.
    url : str
        Its page.
    data : str
        Day of its last change, ISO.
    services : DataFrame
        The columns of ``servizi_offerta``.
    places : DataFrame
        ``cod_comune, ambito, cod_asst, asst`` of each service, as the register writes them; missing where it does not.
    told : tuple of str
        What was left out, or found elsewhere, in Italian.
    """

    name: str
    source: str
    url: str
    data: str
    services: pd.DataFrame
    places: pd.DataFrame
    told: tuple[str, ...]


def read(client: Client, origins: Origins, name: str, territorio: Territory) -> Read:
    """Return a register, asked by its identifier or found again.

    Parameters
    ----------
    client, origins : Client, Origins
        Who asks, and the declarations.
    name : str
        Its short name in ``origini.toml``.
    territorio : Territory
        The comuni of today.

    Raises
    ------
    RemoteError
        When it does not answer, or is not found.
    DatiError
        When a column that matters is not there, or a number of places is not one.
    """
    register = origins.registri[name]
    found, moved = _located(client, origins, register)
    frame = lombardia.dataset(client, origins, found.id)
    day = found.aggiornato or dt.datetime.fromtimestamp(client.clock(), dt.UTC).date().isoformat()
    return _understood(frame, register, name, found.id, day, territorio, moved)


def _located(client: Client, origins: Origins, register: Register) -> tuple[lombardia.Found, tuple[str, ...]]:
    """Return the dataset of a register: that of its identifier, or the only one with its name and its columns."""
    here = lombardia.search(client, origins, register.id, identifier=True)
    exact = [found for found in here if found.id == register.id]
    if exact and not _lacking(exact[0].colonne, register):
        return exact[0], ()
    others = [
        found
        for found in lombardia.search(client, origins, " ".join(register.cerca))
        if found.id != register.id
        and set(register.cerca) <= set(normalise(found.nome).split())
        and not _lacking(found.colonne, register)
    ]
    if len(others) == 1:
        return others[0], (
            f"«{register.titolo}» non è più in {register.id}: ora è {others[0].id} («{others[0].nome}»)",
        )
    if exact:
        return exact[0], ()  # its columns say what is wrong
    listed = "; ".join(f"{found.id} («{found.nome}»)" for found in others[:SHOWN])
    raise NothingThere(
        f"Il registro «{register.titolo}» ({register.id}) non è più sul portale"
        + (f", e gli somigliano in {len(others)}: {listed}." if others else ", e nel catalogo nessuno gli somiglia."),
        f"I suoi servizi di prima restano. Cercarlo con «conciliazione dati cerca {' '.join(register.cerca)}» e "
        "segnalare il suo nuovo codice.",
    )


def _lacking(columns: tuple[str, ...], register: Register) -> list[str]:
    """Return what a dataset with some columns lacks to be a register; nothing when its columns are not told."""
    if not columns:
        return []
    places = _places(columns)
    return [wanted for wanted in (*NEEDED, *(() if register.tipo else ("tipo",))) if wanted not in places]


def _places(columns: tuple[str, ...] | list[str]) -> dict[str, str]:
    """Return the column of a register for each thing that is read."""
    squeezed: dict[str, str] = {}
    for column in columns:
        squeezed.setdefault(re.sub(r"[^a-z0-9]", "", normalise(column)), column)
    return {
        what: next(squeezed[name] for name in names if name in squeezed)
        for what, names in COLUMNS.items()
        if any(name in squeezed for name in names)
    }


def _understood(
    frame: pd.DataFrame,
    register: Register,
    name: str,
    identifier: str,
    day: str,
    territorio: Territory,
    moved: tuple[str, ...],
) -> Read:
    source = f"Regione Lombardia, dati.lombardia.it, «{register.titolo}» ({identifier})"
    columns = tuple(str(column) for column in frame.columns)
    if lacking := _lacking(columns, register):
        shown = ", ".join(columns)
        raise DatiError(
            f"Il registro «{register.titolo}» ({identifier}) non ha le colonne che servono.",
            "La tabella di prima resta al suo posto: il registro è cambiato, segnalarlo.",
            [Problem(f"la colonna di «{what}» ({', '.join(COLUMNS[what])})", shown[:300]) for what in lacking],
        )
    places = _places(columns)
    cells = pd.DataFrame({what: frame[column].map(_text) for what, column in places.items()}).reindex(
        columns=list(COLUMNS), fill_value=""
    )
    placed, lost = _comuni(cells, territorio)
    cells = cells.assign(cod_comune=placed, tipo_nostro=_types(cells, register))
    numbers = cells["posti"].map(lambda text: whole_number(text) if text else None)
    broken = cells[numbers.isna() & (cells["posti"] != "")]
    if len(broken):
        raise DatiError(
            f"Nel registro «{register.titolo}» ({identifier}) ci sono numeri di posti che non si leggono.",
            "La tabella di prima resta al suo posto. Riprovare fra qualche giorno; se continua, segnalarlo.",
            [
                Problem("un numero intero", f"«{row.posti}» ({row.nome}, {row.comune})", colonna=places["posti"])
                for row in broken.itertuples()
            ],
        )
    told = [*moved, *lost, *_other_types(cells), *_other_ats(cells, territorio)]
    kept = cells[cells["cod_comune"].notna() & cells["tipo_nostro"].notna()]
    services = pd.DataFrame(
        {
            "cod_comune": kept["cod_comune"],
            "denominazione": _names(kept),
            "tipo": kept["tipo_nostro"],
            "gestione": _management(kept),
            "posti": numbers[kept.index].astype("Int64"),
            "anno": int(day[:4]),
            "grado": "pubblicazione",
            "fonte": source,
            "url": f"{REGISTERS_PAGE}{identifier}",
            "note": f"Registro aggiornato al {day}",
        }
    ).reset_index(drop=True)
    if missing := int(services["posti"].isna().sum()):
        told.append(f"servizi senza il numero di posti nella fonte: {missing} su {len(services)}")
    where = cells[cells["cod_comune"].notna()][["cod_comune", "ambito", "cod_asst", "asst"]].reset_index(drop=True)
    return Read(name, source, f"{REGISTERS_PAGE}{identifier}", day, services, where, tuple(told))


def _text(value: object) -> str:
    if value is None or (isinstance(value, float) and pd.isna(value)):
        return ""
    return re.sub(r"\s+", " ", re.sub(r'"{2,}', '"', str(value))).strip().removesuffix(".0")


def _comuni(cells: pd.DataFrame, territorio: Territory) -> tuple[pd.Series, list[str]]:
    """Return the code of the comune of each row, missing where code and name do not say the same place."""
    successors = territorio.fusioni.successors(territorio.data)
    names: dict[tuple[str, str], str | None] = {}

    def by_name(name: str, province: str) -> str | None:
        if (name, province) not in names:
            try:
                given = province if province in territorio.codes("provincia") else None
                names[name, province] = territorio.resolve(name.title(), "comune", given).codice
            except UsoError:
                names[name, province] = None
        return names[name, province]

    codes, lost = [], []
    for row in cells.itertuples():
        written = comune_code(str(row.codice))
        coded = successors.get(written, written) if written else None
        named = by_name(str(row.comune), str(row.provincia))
        coded = coded if coded in territorio.comuni.index else None
        agree = coded is None or named is None or coded == named
        codes.append((coded or named) if agree else None)
        if codes[-1] is None:
            lost.append(f"{row.nome!s} ({row.comune!s}, {row.codice or 'senza codice'!s})")
    said = []
    if lost:
        shown = "; ".join(lost[:SHOWN]) + ("; …" if len(lost) > SHOWN else "")
        said.append(
            f"righe lasciate fuori perché il comune non si riconosce, o nome e codice non concordano: {len(lost)} "
            f"({shown})"
        )
    return pd.Series(codes, index=cells.index, dtype="object"), said


def _types(cells: pd.DataFrame, register: Register) -> pd.Series:
    if register.tipo:
        return pd.Series(register.tipo, index=cells.index, dtype="object")
    spec = catalog.spec(SUPPLY)
    known = {normalise(alias): kind for alias, kind in spec.value_aliases["tipo"].items()}
    known |= {normalise(kind): kind for kind in spec.value_aliases["tipo"].values()}
    known |= {normalise(alias): kind for alias, kind in register.tipi.items()}
    return cells["tipo"].map(normalise).map(known)


def _other_types(cells: pd.DataFrame) -> list[str]:
    unknown = Counter(cells.loc[cells["tipo_nostro"].isna(), "tipo"])
    return [
        f"righe lasciate fuori perché «{kind}» non è un tipo della tabella: {count}"
        for kind, count in sorted(unknown.items())
    ]


def _other_ats(cells: pd.DataFrame, territorio: Territory) -> list[str]:
    here = cells["cod_comune"].map(territorio.comuni["ats"]).map(territorio.ats["codice"].astype("str"))
    stated = cells["ats"].str[-3:]
    other = (stated != "") & here.notna() & (stated != here)
    return (
        [f"righe con un'altra ATS rispetto al loro comune (vale il comune): {int(other.sum())}"] if other.any() else []
    )


def _names(kept: pd.DataFrame) -> pd.Series:
    """Return the names, with the code of the register where two services of a comune have the same."""
    names = kept["nome"].str.strip('" ').where(kept["nome"].str.strip('" ') != "", "Servizio senza nome")
    twice = pd.DataFrame({"c": kept["cod_comune"], "n": names, "t": kept["tipo_nostro"]}).duplicated(keep=False)
    number = kept.groupby([kept["cod_comune"], names, kept["tipo_nostro"]]).cumcount() + 1
    mark = kept["struttura"].where(kept["struttura"] != "", number.astype("str"))
    return names.where(~twice, names + " (codice " + mark + ")")


def _management(kept: pd.DataFrame) -> pd.Series:
    nature, accredited = kept["natura"].map(normalise), kept["accreditata"].map(normalise)
    out = pd.Series(None, index=kept.index, dtype="object")
    out[nature.isin(["pubblica", "pubblico"])] = "pubblica"
    private = nature.isin(["privata", "privato"])
    out[private & (accredited == "si")] = "privata accreditata"
    out[private & (accredited == "no")] = "privata"
    return out


# -- tables ---------------------------------------------------------------------------------------------------


def supply(found: list[Read], before: pd.DataFrame | None, territorio: Territory) -> tuple[pd.DataFrame, bool]:
    """Return the supply of services: the registers, and what the ATS themselves say in their place.

    The list that an ATS keeps replaces the rows of the registers for its own comuni, of the types that it lists; what
    it only added to them stays beside them. Of a register that did not arrive the rows of before stay.

    Parameters
    ----------
    found : list of Read
        The registers that arrived.
    before : DataFrame, optional
        The table in force.
    territorio : Territory
        Says whose comuni are.

    Returns
    -------
    frame : DataFrame
        The rows of ``servizi_offerta``.
    own : bool
        Whether some are of an ATS.
    """
    new = pd.concat([register.services for register in found], ignore_index=True)
    if before is None or before.empty:
        return new, False
    regional = of_registers(before)
    own = before[~regional]
    # By type too: a register that moved has another address now.
    arrived = before["url"].isin([register.url for register in found]) | before["tipo"].isin(new["tipo"])
    kept = before[regional & ~arrived]
    regional_rows = pd.concat([kept, new], ignore_index=True)
    ats = territorio.comuni["ats"]

    def kinds(rows: pd.DataFrame) -> pd.MultiIndex:
        return pd.MultiIndex.from_arrays([rows["cod_comune"].map(ats), rows["tipo"]])

    replaced = kinds(own).difference(kinds(before[regional]))
    added = regional_rows[~kinds(regional_rows).isin(replaced)]
    frame = pd.concat([own.astype("object"), added.astype("object")])
    frame = frame.drop_duplicates(list(catalog.spec(SUPPLY).keys))
    return frame.reset_index(drop=True), bool(len(own))


def memberships(
    found: list[Read], before: pd.DataFrame, origins: Origins, territorio: Territory
) -> tuple[pd.DataFrame, list[str]]:
    """Return the memberships of the comuni in the ambiti, with what the registers say, and what they say otherwise.

    A comune without an established ambito takes that of the register; so does one whose membership is deduced, or is
    only a hint. Where a source says otherwise, it stays and the difference is told: a register says where a service is,
    and may be wrong.

    Parameters
    ----------
    found : list of Read
        The registers.
    before : DataFrame
        The table in force.
    origins : Origins
        How the Region calls the ambiti.
    territorio : Territory
        The ambiti, on the day on which the registers are read.
    """
    rows, told = _by_comune(found, "ambito")
    known = {written: _ambito(written, origins, territorio) for written in sorted(set(rows["ambito"]))}
    if unknown := [written for written, code in known.items() if code is None]:
        told.append(f"ambiti che qui non ci sono, lasciati fuori: {', '.join(unknown)}")
    rows = rows.assign(codice=rows["ambito"].map(known)).dropna(subset=["codice"]).set_index("cod_comune")
    today = territorio.data
    now = (before["valido_dal"].fillna("") <= today) & (before["valido_al"].fillna("9999-12-31") >= today)
    here = before[now].set_index("cod_comune")
    established = here[(here["grado"] != "stima") & here["tipo_elenco"].isin(catalog.values("appartenenze"))]
    for code, ambito in rows["codice"].items():
        if code in established.index and established.at[code, "ambito"] != ambito:
            name, kept = territorio.name("comune", str(code)), established.at[code, "ambito"]
            told.append(f"{name}: il registro dice «{rows.at[code, 'ambito']!s}», resta «{kept!s}»")
    new = rows[~rows.index.isin(established.index)]
    added = pd.DataFrame(
        {
            "cod_comune": new.index,
            "ambito": new["codice"],
            "valido_dal": new.index.map(here["valido_dal"].to_dict()),
            "valido_al": new.index.map(here["valido_al"].to_dict()),
            "periodo": "registro del " + new["data"],
            "tipo_elenco": "registro",
            "grado": "pubblicazione",
            "fonte": new["fonte"],
            "url": new["url"],
            "note": NOTE_OF_THE_SEAT,
        }
    )
    kept_rows = before[~(now & before["cod_comune"].isin(new.index))]
    frame = pd.concat([kept_rows.astype("object"), added.astype("object")], ignore_index=True)
    return frame.sort_values(["cod_comune", "valido_dal"], na_position="first", ignore_index=True), told


def asst(found: list[Read]) -> tuple[pd.DataFrame, list[str]]:
    """Return the ASST of the comuni where the registers have a service, with the day of the register."""
    rows, told = _by_comune(found, "cod_asst")
    frame = rows.assign(grado="pubblicazione", note=NOTE_OF_THE_SEAT)
    return frame[list(catalog.spec(ASST).columns)], told


def _by_comune(found: list[Read], column: str) -> tuple[pd.DataFrame, list[str]]:
    """Return one row for each comune, and the comuni to which the registers give two different territories."""
    parts = [
        read.places[read.places[column] != ""].assign(data=read.data, fonte=read.source, url=read.url) for read in found
    ]
    rows = pd.concat(parts, ignore_index=True).sort_values("data", kind="stable", ascending=False)
    several = rows.groupby("cod_comune")[column].agg(lambda values: sorted(set(values)))
    double = several[several.map(len) > 1]
    told = [f"{code}: i registri dicono {' e '.join(values)}, lasciato fuori" for code, values in double.items()]
    single = rows[~rows["cod_comune"].isin(double.index)].drop_duplicates("cod_comune")
    return single.sort_values("cod_comune", ignore_index=True), told


def _ambito(written: str, origins: Origins, territorio: Territory) -> str | None:
    """Return our ambito for the Region's name of one; the number at the end of some is its own."""
    name = re.sub(r"\s*-?\s*\d+\s*$", "", written)
    told = origins.ambiti_regione.get(normalise(name))
    if told in territorio.ambiti.index:
        return told
    try:
        return territorio.resolve(name.title(), "ambito").codice
    except UsoError:
        return None


def before(table: str) -> tuple[pd.DataFrame | None, storage.Provenance | None]:
    """Return the version of a table that registers are added to, and what is known of it; none when there is none.

    It is the one in force; memberships are added to what was imported or embedded, never to an earlier download of
    themselves, which may be older than what came with the program.
    """
    tiers = storage.ORIGINS if table == SUPPLY else ("importata", "incorporata")
    versions = [version for version in storage.versions(table) if version.origine in tiers]
    if not versions:
        return None, None
    version = min(versions, key=lambda one: storage.STATES.index(one.stato))
    return catalog.validate(storage.read(version), catalog.spec(table), file=version.percorso), version
