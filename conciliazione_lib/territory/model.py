"""The territory at a date: members, names, aggregation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

import conciliazione_lib.territory.codes as codes
from conciliazione_lib.errors import DatiError, Problem, UsoError
from conciliazione_lib.region import PROVINCE, REGION, REGIONE
from conciliazione_lib.territory.mergers import Mergers
from conciliazione_lib.territory.names import NameIndex, Place, italian_day, on_day

if TYPE_CHECKING:
    import geopandas as gpd

ALL_LEVELS: Final = ("comune", "ambito", "distretto", "asl", "ats", "provincia", "regione", "italia")
NOT_ATTRIBUTED: Final = "non-attribuito"
#: Grade of a membership that no source says: it was deduced.
DEDUCED: Final = "stima"

_EVENTS: Final = MappingProxyType({"cambio_nome": "ha cambiato nome", "cambio_provincia": "ha cambiato provincia"})

# Whole numbers that say which row it is, not how much there is of something.
_NUMERIC_KEYS: Final = ("anno", "eta")


@dataclass(frozen=True)
class Completeness:
    """How much of an ATS is known at a level.

    Attributes
    ----------
    livello, ats : str
        Level (``ambito`` or ``distretto``) and ATS; ``lombardia`` for the whole region.
    comuni : int
        Comuni of the ATS.
    mancanti : tuple of str
        Codes of the comuni whose territory of that level is not established.
    territori : tuple of str
        Codes of the territories of that level.
    incompleti : tuple of str
        Those of them whose list of comuni was not read, or not wholly.
    """

    livello: str
    ats: str
    comuni: int
    mancanti: tuple[str, ...]
    territori: tuple[str, ...]
    incompleti: tuple[str, ...]

    @property
    def completa(self) -> bool:
        """Whether every comune has its territory of that level."""
        return not self.mancanti and bool(self.territori)


@dataclass(frozen=True)
class Territory:
    """The comuni of Lombardia at a date and the territories they form.

    Attributes
    ----------
    data : str
        ISO date.
    comuni : DataFrame
        One row for each comune in force at the date, index ``cod_comune``; columns ``nome, provincia, ats, asl,
        ambito, ambito_grado, ambito_periodo, ambito_elenco, ambito_indizio, ambito_stato, distretto, superficie_kmq,
        altitudine_m``. What is not established is missing. An ``ambito_grado`` of ``stima`` is a membership that was
        deduced; ``ambito_indizio`` is the ambito that a district's list hints at, where none is established.
    ats, asl, ambiti, distretti : DataFrame
        One row for each, index its code, with ``nome`` and what is known of it. Of an ambito, derived from its comuni:
        ``comuni_trovati``, ``comuni_allora`` (at the day of the declared ones), ``comuni_dedotti``, ``stato``
        (``completo, parziale, solo nome``) and ``tipo_elenco``.
    fusioni : Mergers
        The changes of the comuni.
    """

    data: str
    comuni: pd.DataFrame
    ats: pd.DataFrame
    asl: pd.DataFrame
    ambiti: pd.DataFrame
    distretti: pd.DataFrame
    fusioni: Mergers
    _confini: object = field(repr=False, compare=False)
    _precedenti: Callable[[], Mapping[str, str]] = field(default=dict, repr=False, compare=False)

    def __repr__(self) -> str:
        counts = ", ".join(f"{count} {what}" for what, count in self._counts().items())
        return f"<Territory: {REGION.nome}, {self.data}: {counts}>"

    def _repr_html_(self) -> str:
        counts = pd.Series(self._counts(), name="territori").to_frame()
        return f"<p><strong>{REGION.nome}</strong>, {italian_day(self.data)}</p>{counts.to_html(border=0)}"

    def _counts(self) -> dict[str, int]:
        tables = {"ATS": self.ats, "distretti": self.distretti, "ambiti": self.ambiti, "comuni": self.comuni}
        return {"province": len(PROVINCE)} | {what: len(table) for what, table in tables.items()}

    def codes(self, level: str) -> list[str]:
        """Return the codes of a level: ATS by official code, the others in alphabetical order of code."""
        _check_level(level)
        if level == "comune":
            return self.comuni.index.tolist()
        if level == "provincia":
            return sorted(PROVINCE)
        if level in ("regione", "italia"):
            return [REGIONE if level == "regione" else "italia"]
        return self._table(level).index.tolist()

    def name(self, level: str, code: str, *, breve: bool = False) -> str:
        """Return the official name of a territory, or its short one (they differ for the ATS only).

        Raises
        ------
        UsoError
            When no territory of that level has that code.
        """
        self._check_code(level, code)
        if level == "provincia":
            return PROVINCE[code]
        if level in ("regione", "italia"):
            return REGION.nome if level == "regione" else code.capitalize()
        return self._official[level, breve and level == "ats"][code]

    def members(self, level: str, code: str) -> list[str]:
        """Return the codes of the comuni of a territory, in order.

        For an ambito whose list was not wholly read these are only the comuni established: see :meth:`completezza`.

        Raises
        ------
        UsoError
            When no territory of that level has that code, or for ``italia``: its comuni are not listed.
        """
        self._check_code(level, code)
        if level == "italia":
            raise UsoError(f"I comuni dell'Italia non sono elencati: si conoscono quelli {REGION.di}.")
        if level == "comune":
            return [code]
        if level == "regione":
            return self.comuni.index.tolist()
        return list(self._members[level].get(code, ()))

    def parent(self, level: str, code: str, of: str) -> str | None:
        """Return the territory of level ``of`` that contains a territory, or None when it is not one only."""
        if of == "regione":
            return REGIONE
        if level in ("regione", "italia"):
            above = self.comuni.loc[self.members(level, code), of].dropna().unique()
            return str(above[0]) if len(above) == 1 else None
        self._check_code(level, code)
        return self._parents(level, of).get(code)

    def stated(self, level: str, of: str) -> Mapping[str, str]:
        """Return the territory of level ``of`` that each of a level is said to be part of, where that is known.

        It is what the list of those territories says, whatever comuni each of them is known to have: nothing of a
        level that has no such list.
        """
        if (level, of) not in self._stated:
            own = {"comune": self.comuni, "ambito": self.ambiti, "distretto": self.distretti}.get(level)
            said = own[of].dropna() if own is not None and of in own.columns else pd.Series(dtype=str)
            self._stated[level, of] = {str(code): str(above) for code, above in said.items()}
        return self._stated[level, of]

    def completezza(self, level: str, ats: str) -> Completeness:
        """Return how much of an ATS (or of ``lombardia``) is known at the level ``ambito`` or ``distretto``."""
        if level not in ("ambito", "distretto"):
            raise UsoError(f"La completezza si chiede per «ambito» o «distretto», non per «{level}».")
        if (level, ats) not in self._complete:
            self._complete[level, ats] = self._completeness(level, ats)
        return self._complete[level, ats]

    def _completeness(self, level: str, ats: str) -> Completeness:
        comuni = self.comuni.loc[self.members("regione" if ats == REGIONE else "ats", ats)]
        table = self._table(level)
        own_ones = table if ats == REGIONE else table[table["ats"] == ats]
        incomplete = tuple(own_ones.index[own_ones["stato"] != "completo"]) if level == "ambito" else ()
        missing = tuple(comuni.index[comuni[level].isna()])
        return Completeness(level, ats, len(comuni), missing, tuple(own_ones.index), incomplete)

    def aggregate(self, frame: pd.DataFrame, to: str, *, keys: Sequence[str] | None = None) -> pd.DataFrame:
        """Sum a table of comuni to a level, at the geography of this date.

        Codes ceased before the date count for the comune that has taken their territory. Comuni without a
        territory of that level end in the row ``non-attribuito``. A total with a missing part is missing.

        Parameters
        ----------
        frame : DataFrame
            A column ``cod_comune``, key columns and measures.
        to : str
            Level: ``comune`` (only brings old codes to the geography of this date) to ``regione``.
        keys : sequence of str, optional
            The key columns. By default those that are not numeric, plus ``anno`` and ``eta``.

        Returns
        -------
        DataFrame
            ``territorio``, the key columns, the sums of the others.

        Raises
        ------
        DatiError
            With the codes that are unknown, or born after this date (their figures cannot be divided).
        UsoError
            Unknown level, or no column ``cod_comune``.
        """
        _check_level(to)
        if to == "italia":
            raise UsoError(f"I comuni {REGION.di} non sommano all'Italia: usare la tabella «popolazione_italia».")
        if "cod_comune" not in frame:
            raise UsoError("La tabella da aggregare non ha la colonna «cod_comune».")
        if "territorio" in frame:
            raise UsoError("La tabella da aggregare ha già una colonna «territorio».", "Darle un altro nome.")
        one_keys = list(keys) if keys is not None else _key_columns(frame)
        measures = [column for column in frame.columns if column not in ("cod_comune", *one_keys)]
        present = self._current(frame["cod_comune"])
        if to == "comune":
            territorio = present
        elif to == "regione":
            territorio = pd.Series(REGIONE, index=frame.index)
        else:
            territorio = present.map(self.comuni[to]).fillna(NOT_ATTRIBUTED)
        ready = frame[[*one_keys, *measures]].assign(territorio=territorio)
        groups = ready.groupby(["territorio", *one_keys], sort=True, dropna=False, observed=True)
        return groups[measures].sum(skipna=False).reset_index()

    def deduced_share(self, level: str, weights: pd.Series) -> pd.Series:
        """Return how much of each territory rests on memberships that were deduced, not read.

        It is what to write in the column ``imputata`` beside a sum over the comuni of an ambito.

        Parameters
        ----------
        level : str
            ``ambito`` or ``distretto``: at the other levels no membership is deduced.
        weights : Series
            What is summed, by ``cod_comune`` (residents, children, places); a comune that is not there weighs nothing.

        Returns
        -------
        Series
            From 0 to 1, one value for each territory of the level that has comuni; missing where the weights are 0.

        Examples
        --------
        >>> import pandas as pd
        >>> from conciliazione_lib import territory
        >>> t = territory.load("2025-01-01")
        >>> quote = t.deduced_share("ambito", pd.Series(1.0, index=t.comuni.index))
        >>> float(quote["valle-trompia"]) > 0.9, float(quote["rho"])
        (True, 0.0)
        """
        if level not in ("ambito", "distretto"):
            raise UsoError(f"Le appartenenze dedotte si chiedono per «ambito» o «distretto», non per «{level}».")
        one_weights = weights.reindex(self.comuni.index).fillna(0).astype("float64")
        deduced = one_weights.where(self.comuni["ambito_grado"] == DEDUCED, 0.0)
        whole = pd.DataFrame({"dedotti": deduced, "tutti": one_weights}).groupby(self.comuni[level]).sum()
        return (whole["dedotti"] / whole["tutti"].where(whole["tutti"] > 0)).rename("imputata")

    def crosswalk(self, da: str, a: str | None = None) -> pd.DataFrame:
        """Return the changes that bring a table of one date to the geography of another (by default this one).

        Returns
        -------
        DataFrame
            ``data, tipo, cod_prima, nome_prima, cod_dopo, nome_dopo, fonte`` in chronological order.
        """
        rows = self.fusioni.between(da, a or self.data)
        columns = ["data", "tipo", "cod_prima", "nome_prima", "cod_dopo", "nome_dopo", "fonte"]
        return rows[columns].reset_index(drop=True)

    def resolve(self, name: str, level: str = "comune", provincia: str | None = None, *, suggest: bool = True) -> Place:
        """Return the territory a name stands for, forgiving the ways it may be written.

        See :meth:`conciliazione_lib.territory.names.NameIndex.resolve` for what is understood. Codes are accepted too.

        Raises
        ------
        UsoError
            When nothing or more than one territory matches; the message gives the candidates.
        """
        _check_level(level)
        if name in self._known[level]:
            return Place(level, name, self.name(level, name))
        code = codes.six_digits(name) if level == "comune" else None
        if code is not None:
            return self._of_code(code, name)
        return self._names(level).resolve(name, provincia, suggest=suggest)

    def former_codes(self) -> Mapping[str, str]:
        """Return the codes of before Lecco, Lodi and Monza were provinces, each with the one that followed."""
        return self._precedenti()

    def _of_code(self, code: str, written: str) -> Place:
        """Return the comune of a code in force, ceased, or of before the new provinces; never of one like it."""
        present = codes.in_force(code, self)
        if present is None:
            raise UsoError(
                f"«{written}» non è il codice ISTAT di un comune {REGION.di}, né lo è stato.",
                "Controllare il codice, oppure scrivere il nome del comune.",
            )
        name = self.name("comune", present)
        if present == code:
            return Place("comune", present, name)
        was = (
            "codice cessato" if code in self.fusioni.successors(self.data) else "codice di prima della nuova provincia"
        )
        return Place("comune", present, name, f"{written}: {was}, ora {name}")

    def boundaries(self) -> gpd.GeoDataFrame:
        """Return the shapes of the comuni in force, in EPSG:32632, index ``cod_comune``.

        Raises
        ------
        UsoError
            When a comune in force at the date has no shape: boundaries are known from 1 January 2022.
        """
        one_boundaries = self._confini() if callable(self._confini) else self._confini
        in_force = one_boundaries[one_boundaries["valido_dal"].isna() | (one_boundaries["valido_dal"] <= self.data)]  # type: ignore[index]
        last = in_force.sort_values("valido_dal", na_position="first").drop_duplicates("cod_comune", keep="last")
        shapes = last.set_index("cod_comune")
        if not self.comuni.index.isin(shapes.index).all() or self.data < "2022-01-01":
            raise UsoError(
                f"I confini dei comuni al {italian_day(self.data)} non ci sono.",
                "Usare una data dal 1° gennaio 2022 in poi.",
            )
        return shapes.loc[self.comuni.index, ["geometry"]]

    def shapes(self, level: str) -> gpd.GeoDataFrame:
        """Return the territories of a level with their shapes, as they are: not simplified.

        Parameters
        ----------
        level : str
            From ``comune`` to ``regione``.

        Returns
        -------
        GeoDataFrame
            Index: code; columns ``nome`` (short) and ``geometry``, in EPSG:32632; only territories that have comuni.

        Raises
        ------
        UsoError
            The level has no shapes, or those of the comuni at the date are not known.

        Examples
        --------
        >>> from conciliazione_lib import territory
        >>> shapes = territory.load("2025-01-01").shapes("ats")
        >>> (shapes.area / 1e6).round().astype(int).to_dict()["montagna"]
        4756
        """
        _check_level(level)
        if level == "italia":
            raise UsoError("I confini dell'Italia non ci sono.", f"Si conoscono quelli {REGION.di}.")
        known = self.boundaries()
        if level != "comune":
            group = pd.Series(REGIONE, index=known.index) if level == "regione" else self.comuni[level]
            known = known[group.notna()].dissolve(by=group[group.notna()].astype(str).rename(level), method="coverage")
        names = [self.name(level, str(code), breve=True) for code in known.index]
        return known.assign(nome=names)[["nome", "geometry"]].rename_axis(index="territorio")

    def located(self, frame: pd.DataFrame, level: str) -> gpd.GeoDataFrame:
        """Return a frame of territories of a level with their shapes.

        Parameters
        ----------
        frame : DataFrame
            The code of the territory is the index, or the column ``territorio``.
        level : str
            From ``comune`` to ``regione``.

        Returns
        -------
        GeoDataFrame
            The same rows and columns, and ``geometry`` in EPSG:32632.
        """
        import geopandas as gpd

        codes_ = frame["territorio"] if "territorio" in frame else frame.index.to_series()
        shapes = self.shapes(level)["geometry"]
        return gpd.GeoDataFrame(frame, geometry=shapes.reindex(codes_).to_numpy(), crs=shapes.crs)

    def _table(self, level: str) -> pd.DataFrame:
        return {"ats": self.ats, "asl": self.asl, "ambito": self.ambiti, "distretto": self.distretti}[level]

    def prepare(self) -> None:
        """Find now what is otherwise found at the first question: codes, names and comuni of every level."""
        for name in ("_official", "_members", "_known"):
            getattr(self, name)
        for level in ("ambito", "distretto"):
            self._parents(level, "ats")
            for ats in (REGIONE, *self.codes("ats")):
                self.completezza(level, ats)

    @cached_property
    def _official(self) -> dict[tuple[str, bool], dict[str, str]]:
        """Name of every territory, by level and whether it is the short one."""
        tables = {level: self._table(level)["nome"] for level in ("ats", "asl", "ambito", "distretto")}
        names = {(level, False): column for level, column in {**tables, "comune": self.comuni["nome"]}.items()}
        names["ats", True] = self.ats["nome_breve"]
        return {which: {str(c): str(n) for c, n in column.items()} for which, column in names.items()}

    @cached_property
    def _members(self) -> dict[str, dict[str, list[str]]]:
        """Comuni of every territory, by level."""
        one_codes = np.array([str(code) for code in self.comuni.index], dtype=object)
        without_index = self.comuni.reset_index(drop=True)
        return {
            level: {str(c): one_codes[posti].tolist() for c, posti in without_index.groupby(level).indices.items()}
            for level in ("ats", "asl", "ambito", "distretto", "provincia")
        }

    @cached_property
    def _complete(self) -> dict[tuple[str, str], Completeness]:
        return {}

    @cached_property
    def _stated(self) -> dict[tuple[str, str], dict[str, str]]:
        return {}

    @cached_property
    def _above(self) -> dict[tuple[str, str], dict[str, str]]:
        return {}

    def _parents(self, level: str, of: str) -> dict[str, str]:
        """Territory of a level that contains each territory of another, when it is one only; found once."""
        if (level, of) not in self._above:
            below = self.comuni.index.to_series() if level == "comune" else self.comuni[level]
            pairs = pd.DataFrame({"sotto": below, "sopra": self.comuni[of]}).dropna().drop_duplicates()
            alone = pairs[~pairs["sotto"].duplicated(keep=False)]
            self._above[level, of] = {str(s): str(p) for s, p in zip(alone["sotto"], alone["sopra"], strict=True)}
        return self._above[level, of]

    @cached_property
    def _known(self) -> dict[str, frozenset[str]]:
        return {level: frozenset(self.codes(level)) for level in ALL_LEVELS}

    def _check_code(self, level: str, code: str) -> None:
        _check_level(level)
        if code not in self._known[level]:
            one_codes = self.codes(level)
            listing = ", ".join(one_codes if len(one_codes) <= 20 else [*one_codes[:5], "…"])
            raise UsoError(
                f"Non c'è un territorio di livello «{level}» con codice «{code}» al {italian_day(self.data)}.",
                f"I codici sono: {listing}. Per cercare un nome usare resolve.",
            )

    def _current(self, codes: pd.Series) -> pd.Series:
        """Return the codes of the comuni in force that have the territory of the given codes."""
        different = codes.unique()
        in_force = set(self.comuni.index)
        if in_force.issuperset(different):
            return codes
        successors = self.fusioni.successors(self.data)
        new = {code: successors.get(code, code) for code in different}
        unknown = sorted(str(old) for old, one_new in new.items() if one_new not in in_force)
        if unknown:
            raise DatiError(
                f"Alcuni codici non sono di comuni {REGION.di} al {italian_day(self.data)}.",
                "Correggere i codici: nessuna riga viene scartata.",
                [self._unknown(code) for code in unknown],
            )
        return codes.map(new)

    def _unknown(self, codice: str) -> Problem:
        births = self.fusioni.born_after(codice, self.data)
        if len(births):
            data, name = births["data"].iloc[0], births["nome_dopo"].iloc[0]
            remedy = (
                f"Il comune è nato il {italian_day(data)} e non si può dividere: usare un territorio da quella data."
            )
            return Problem(
                "un comune in vigore alla data", f"«{codice}» ({name})", colonna="cod_comune", rimedio=remedy
            )
        return Problem(f"un codice ISTAT {REGION.di}", f"«{codice}»", colonna="cod_comune")

    @cached_property
    def _comune_names(self) -> NameIndex:
        names = [(str(row.nome), str(row.Index), str(row.provincia)) for row in self.comuni.itertuples()]
        successors = self.fusioni.successors(self.data)
        ceased = []
        for row in self.fusioni.tabella[self.fusioni.tabella["data"] <= self.data].itertuples():
            code = successors.get(str(row.cod_dopo), str(row.cod_dopo))
            name = self.name("comune", code)
            when = f"{_EVENTS.get(str(row.tipo), 'cessato')} {on_day(str(row.data))}, ora {name}"
            ceased.append((str(row.nome_prima), Place("comune", code, name, f"{row.nome_prima}: {when}")))
        return NameIndex("comune", names, ceased, self._later_names())

    def _later_names(self) -> list[tuple[str, str]]:
        """Return the names that comuni take after this date, and from which comuni they come."""
        after = self.fusioni.tabella[self.fusioni.tabella["data"] > self.data]
        new = after[~after["nome_dopo"].isin(self.comuni["nome"])]
        return [
            (str(name), f"nasce {on_day(rows['data'].min())} da {', '.join(rows['nome_prima'])}")
            for name, rows in new.groupby("nome_dopo")
        ]

    def _names(self, level: str) -> NameIndex:
        if level == "comune":
            return self._comune_names
        names = [(self.name(level, code), code, "") for code in self.codes(level)]
        if level == "ats":
            names += [(self.name(level, code, breve=True), code, "") for code in self.codes(level)]
            names += [(str(self.ats.at[code, "codice"]), code, "") for code in self.codes(level)]
            names += [("Milano", "milano", ""), ("Città Metropolitana", "milano", "")]
        return NameIndex(level, names)


def _check_level(level: str) -> None:
    if level not in ALL_LEVELS:
        raise UsoError(f"Il livello «{level}» non esiste.", f"I livelli sono: {', '.join(ALL_LEVELS)}.")


def _key_columns(frame: pd.DataFrame) -> list[str]:
    numeric = frame.select_dtypes("number").columns.difference([*_NUMERIC_KEYS])
    return [column for column in frame.columns if column != "cod_comune" and column not in numeric]
