"""The profile of a territory: what the store says of it, by theme, beside the territories it is part of.

Every comune has a page of its own, and so has every distretto; ATS, ambiti and the region have theirs in the page that
leads to their chapters. Everything is read: figures, places, comparisons and trends from the store, similar
territories from its lists. Rows are made as text, since they are a hundred thousand.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from markupsafe import Markup, escape

import conciliazione_lib.publish.addresses as addresses
import conciliazione_lib.publish.opendata as opendata
import conciliazione_lib.publish.used_rows as used_rows
import conciliazione_lib.publish.words as words
from conciliazione_lib import territory
from conciliazione_lib.evidence import Figure, Place, formats, grammar
from conciliazione_lib.evidence.comparing import Rule
from conciliazione_lib.publish.selection import FINEST, PER_COMUNE, where
from conciliazione_lib.publish.site import Site
from conciliazione_lib.publish.territory_names import full_name, place_of
from conciliazione_lib.region import REGION
from conciliazione_lib.report import geometry
from conciliazione_lib.territory import PROVINCE

#: Lists of the store that profiles show.
SIMILAR, PLANS = "territori_simili", "piani_comuni"
LISTINGS = (SIMILAR, PLANS)

#: Territories that a profile is set beside, from the nearest, by its level.
TERMS = MappingProxyType(
    {
        "comune": ("ats", "regione"),
        "ambito": ("ats", "regione"),
        "distretto": ("ats", "regione"),
        "ats": ("regione", "italia"),
        "regione": ("italia",),
    }
)

#: How the outcome of a comparison is said under the value that a territory is set beside: «qui» is the territory.
OUTCOMES = MappingProxyType(
    {
        "sopra": "qui più alto",
        "sotto": "qui più basso",
        "in_linea": "in linea",
        "non_distinguibile": "non si distingue",
        "non_rilevante": "quasi uguale",
    }
)
TRENDS = MappingProxyType({"in_crescita": "in crescita", "in_calo": "in calo", "stabile": "stabile"})

#: How a comune stands with the plan of city times that the law asks of those with more than 30.000 inhabitants.
DUTIES = MappingProxyType(
    {
        "non obbligato": "non è fra i comuni con più di 30.000 abitanti, tenuti dalla legge a un piano",
        "non noto": "è tenuto dalla legge a un piano dei tempi, e non si sa se l'abbia",
        "rispettato": "è tenuto dalla legge a un piano dei tempi, e l'ha adottato",
        "non rispettato": "è tenuto dalla legge a un piano dei tempi, e non l'ha adottato",
    }
)
OBLIGED = MappingProxyType(
    {"non rispettato": "Senza piano", "non noto": "Non si sa se l'abbiano", "rispettato": "Con un piano"}
)

#: Fewest periods of a trend, and as many as are drawn.
_PERIODS = (3, 12)
#: Size of the drawing of a trend.
_WIDE, _HIGH = 64, 16
#: Columns of the file with the rows of a profile.
DOWNLOADABLE = (
    *("indicatore", "nome", "unita", "periodo", "valore", "inferiore", "superiore", "stato", "motivo", "grado"),
)

#: Columns of figures and statements that profiles need.
READ = (
    *("indicatore", "livello", "territorio", "periodo", "valore", "inferiore", "superiore", "stato"),
    *("motivo", "grado", "imputata", "riferimento"),
)
#: What profiles say of a figure, by its kind: that of the period of the figure; a trend, of any.
SAID = ("confronto", "rango")
TREND = "tendenza"
TOLD = (
    *("indicatore", "livello", "territorio", "periodo", "genere", "termine", "esito"),
    *("posto", "posto_peggiore", "su"),
)
_SERIES = ("indicatore", "livello", "territorio")

Key = tuple[str, str, str]


class Said(NamedTuple):
    """A statement of the store about a figure."""

    esito: str
    posto: float
    peggiore: float
    su: float


@dataclass(frozen=True)
class Group:
    """Rows of a profile under one heading.

    Attributes
    ----------
    nome, id : str
        Theme, and its anchor.
    righe : Markup
        The rows of its table.
    assenti : tuple of (str, str)
        Why some indicators have no value, once, with their names.
    di : str
        Level and code of the territory they are about, when it is another.
    """

    nome: str
    id: str
    righe: Markup
    assenti: tuple[tuple[str, str], ...]
    di: str = ""


@dataclass(frozen=True)
class Profile:
    """What the page of a territory shows of the store.

    Attributes
    ----------
    luogo : Place
    termini : tuple of Place
        Territories it is set beside.
    frase : Markup
        What stands out, in a sentence.
    gruppi, altri : tuple of Group
        By theme; and those that no theme has.
    periodo : str
        The period of the values, where a row does not say another, as it is stored.
    posti : str
        Among how many territories the places are.
    intorno : tuple of Group
        What touches it through ambito and ATS.
    simili : tuple of (Place, str)
        Territories with a similar profile, and what differs most.
    confinanti : tuple of Place
        Neighbours by border.
    piano : str
        Its plan of city times, in words; empty where the store has no list.
    obblighi : tuple of (str, tuple of Place)
        The comuni bound to a plan, by how they stand.
    scarica : str
        Address of the file with its rows.
    """

    luogo: Place
    termini: tuple[Place, ...]
    frase: Markup
    gruppi: tuple[Group, ...]
    altri: tuple[Group, ...]
    periodo: str
    posti: str
    intorno: tuple[Group, ...]
    simili: tuple[tuple[Place, str], ...]
    confinanti: tuple[Place, ...]
    piano: str
    obblighi: tuple[tuple[str, tuple[Place, ...]], ...]
    scarica: str


@cache
def layout() -> Mapping[str, Any]:
    """Return what profiles show, and in which order."""
    text = (resources.files("conciliazione_lib.publish") / "profilo.toml").read_text(encoding="utf-8")
    return MappingProxyType(tomllib.loads(text))


def shown() -> tuple[str, ...]:
    """Return the indicators of the profile of a comune."""
    known = layout()
    listed = [id for theme in known["temi"] for id in theme["indicatori"]]
    return tuple(dict.fromkeys([*listed, *known["dell_ambito"], *known["dell_ats"]]))


def address(place: Place) -> str:
    """Return the file with the rows of a profile."""
    return f"dati/profili/{place.livello}-{place.codice}.csv.zip"


def about(map_: territory.Territory, places: Iterable[Place]) -> Iterator[Place]:
    """Yield every territory whose figures some profiles show."""
    for place in places:
        yield from (place, *terms_of(map_, place), *holders(map_, place))


def terms_of(map_: territory.Territory, place: Place) -> list[Place]:
    """Return the territories that one is set beside, from the nearest."""
    found = []
    for level in TERMS[place.livello]:
        code = {"regione": REGION.codice, "italia": "italia"}.get(level)
        term = place_of(map_, level, code) if code else parent_of(map_, place, level)
        if term is not None:
            found.append(term)
    return found


def holders(map_: territory.Territory, place: Place) -> list[Place]:
    """Return the ambito of a comune, when it is known."""
    ambito = parent_of(map_, place, "ambito") if place.livello == FINEST else None
    return [ambito] if ambito else []


def parent_of(map_: territory.Territory, place: Place, level: str) -> Place | None:
    """Return the territory of a level that one is part of, when it is known."""
    code = map_.stated(place.livello, level).get(place.codice)
    return None if code is None else place_of(map_, level, code)


class Profiles:
    """Reads the profiles of territories that are near: those of an ATS, or of a level.

    Parameters
    ----------
    site : Site
        Of an edition with a store.
    places : iterable of Place
        The territories.
    """

    def __init__(self, site: Site, places: Iterable[Place]) -> None:
        archive = site.edizione.archivio
        assert archive is not None, "profiles come from the store"
        self.sito, self.places = site, list(places)
        self._map = territory.load(site.edizione.data)
        codes: dict[str, set[str]] = {}
        for one in about(self._map, self.places):
            codes.setdefault(one.livello, set()).add(one.codice)
        self._figures: dict[tuple[str, str], dict[str, Any]] = {}
        self._at: dict[tuple[str, str, str, str], Any] = {}
        self._drawn: dict[Key, list[tuple[str, str]]] = {}
        wanted = {code for some in codes.values() for code in some}
        self._read_figures(_of(archive.store.of_territories(wanted), codes))
        self._said: dict[tuple[str, str, str, str], Said] = {}
        self._ranked: dict[tuple[str, str], float] = {}
        self._read_statements(_of(archive.store.statements.of_territories(wanted), codes))
        names = archive.store.index["elenchi"]
        lists = {name: archive.store.listing(name) for name in LISTINGS if name in names}
        self._similar = _by_place(_of(lists[SIMILAR], codes)) if SIMILAR in lists else {}
        plans = lists[PLANS] if PLANS in lists else pd.DataFrame({"territorio": []})
        inside = {code for one in self.places for code in self._map.members(one.livello, one.codice)}
        self._plans = plans[plans["territorio"].isin(wanted | inside)].set_index("territorio").to_dict("index")
        self._order = {id: n for n, id in enumerate(site.indicatori)}

    def _read_figures(self, rows: pd.DataFrame) -> None:
        rows = rows[rows["per"] == ""]
        row: Any
        for row in rows[list(READ)].itertuples(index=False, name="Row"):
            if row.indicatore not in self.sito.indicatori:
                continue
            self._at[row.indicatore, row.livello, row.territorio, row.periodo] = row
            if row.riferimento:
                self._figures.setdefault((row.livello, row.territorio), {})[row.indicatore] = row
        for name, level, code, period, x, y in drawn(rows).itertuples(index=False, name=None):
            self._drawn.setdefault((name, level, code), []).append((period, f"{x},{y}"))

    def _read_statements(self, rows: pd.DataFrame) -> None:
        rows = rows[(rows["per"] == "") & rows["genere"].isin((*SAID, TREND))]
        each: Any = rows[list(TOLD)].itertuples(index=False, name=None)
        for name, level, code, period, kind, term, *said in each:
            known = self._figures.get((level, code), {}).get(name)
            if known is not None and (kind == TREND or known.periodo == period):
                what = term if kind == "confronto" else kind
                found = self._said[name, level, code, what] = Said(*said)
                if what == "rango" and found.su == found.su:
                    self._ranked[level, code] = max(found.su, self._ranked.get((level, code), 0))

    def of(self, place: Place) -> Profile:
        """Return the profile of a territory."""
        rows = self._figures.get(where(place), {})
        periods = [row.periodo for row in rows.values()]
        period = max(sorted(set(periods)), key=periods.count, default="")
        terms = terms_of(self._map, place)
        themes = layout()["temi"]
        listed = {id for theme in themes for id in theme["indicatori"]}
        groups = [self._group(theme["nome"], theme["indicatori"], place, terms, period) for theme in themes]
        others: list[Group] = []
        if place.livello != FINEST:
            rest = sorted(set(rows) - listed, key=lambda id: self._order[id])
            others = [self._group("Altri indicatori", rest, place, terms, period)]
        total = self._ranked.get(where(place), 0)
        return Profile(
            luogo=place,
            termini=tuple(terms),
            frase=self._sentence(place, terms, rows),
            gruppi=tuple(group for group in groups if group.righe or group.assenti),
            altri=tuple(group for group in others if group.righe),
            periodo=period,
            posti=f"{formats.numero(int(total))} {grammar.nomi_livello(place.livello, int(total))}" if total else "",
            intorno=tuple(self._around(place, terms)),
            simili=tuple(self._alike(place)),
            confinanti=tuple(self._bordering(place)),
            piano=self._plan(place),
            obblighi=tuple(self._bound(place)),
            scarica=address(place),
        )

    def write_rows(self, place: Place) -> None:
        """Write the rows of a profile as CSV, compressed: there is one for every territory."""
        rows = self._figures.get(where(place), {})
        listed = [*shown(), *sorted(set(rows) - set(shown()), key=lambda id: self._order[id])]
        table = []
        for id in listed:
            if id in rows:
                row, entry = rows[id], self.sito.indicatori[id]
                values = [_plain(value) for value in (row.valore, row.inferiore, row.superiore)]
                told = (id, entry.nome, formats.unita(entry.unita).estesa, row.periodo, *values)
                table.append((*told, row.stato, row.motivo or "", row.grado or ""))
        text = words.csv_text(DOWNLOADABLE, table)
        self.sito.put(
            self.sito.cartella / address(place), used_rows.zipped(f"{place.livello}-{place.codice}.csv", text)
        )

    def figure(self, row: Any) -> Figure:
        """Return the figure of a row, without its inputs."""
        entry = self.sito.indicatori[row.indicatore]
        return Figure(
            indicator=row.indicatore,
            value=row.valore,
            unit=entry.unita,
            decimals=entry.decimali,
            territory=place_of(self._map, row.livello, row.territorio),
            period=row.periodo,
            lower=row.inferiore,
            upper=row.superiore,
            note=row.motivo or "",
            state=row.stato,
            imputed=row.imputata or 0.0,
        )

    def _group(self, name: str, ids: Sequence[str], place: Place, terms: Sequence[Place], period: str) -> Group:
        known = self._figures.get(where(place), {})
        made, absent = [], dict[str, list[str]]()
        for id in ids:
            row = known.get(id)
            if row is None or row.stato == "non_applicabile":
                continue
            figure = self.figure(row)
            if figure.missing:
                reason = str(figure.note or "nessuna fonte letta lo dà").rstrip(".")
                absent.setdefault(reason, []).append(self.sito.indicatori[id].nome)
            else:
                made.append(self._row(row, figure, place, terms, period))
        why = tuple((formats.elenco(names), reason) for reason, names in absent.items())
        anchor = "tema-" + "-".join(name.lower().split())
        return Group(name, anchor, Markup("\n").join(made), why)

    def _row(self, row: Any, figure: Figure, place: Place, terms: Sequence[Place], period: str) -> Markup:
        entry = self.sito.indicatori[row.indicatore]
        root = addresses.root(addresses.place(place))
        about = [] if entry.unita == "numero" else [formats.unita(entry.unita).estesa]
        when = "" if row.periodo == period else f' data-p="{row.periodo}"'
        about += [formats.periodo(row.periodo)] if when else []
        under = f" <small>{escape(', '.join(about))}</small>" if about else ""
        cells = [self._own(row, figure, place, root)]
        for term in terms:
            other = self._at.get((row.indicatore, *where(term), row.periodo))
            text = self.figure(other).number if other is not None and other.valore == other.valore else "–"
            said = self._said.get((row.indicatore, *where(place), f"{term.livello}/{term.codice}"))
            word = OUTCOMES.get(said.esito, "") if said is not None else ""
            note = f" <small>{word}</small>" if word else ""
            cells.append(Markup(f"<td>{escape(text)}{note}</td>"))
        cells.append(Markup(f"<td>{self._position(row)}</td><td>{self._trend(row)}</td>"))
        return Markup(
            f'<tr{when}><th><a href="{root}indicatori/{row.indicatore}.html">{escape(entry.nome)}</a>'
            f"{under}</th>{Markup().join(cells)}</tr>"
        )

    def _own(self, row: Any, figure: Figure, place: Place, root: str) -> Markup:
        text = escape(figure.number)
        if place.livello != FINEST or row.indicatore in PER_COMUNE:
            text = Markup(f'<a href="{root}{escape(addresses.figure(figure.id))}">{text}</a>')
        notes = []
        if figure.uncertain and not figure.guessed:
            low, high = (formats.numero(value, figure.decimals) for value in (figure.lower, figure.upper))
            if not low == high == figure.number:  # bounds that print as the value say nothing
                notes.append(f"{low}–{high}")
        if row.grado == "stima":
            notes.append("stima")
        note = f" <small>{', '.join(notes)}</small>" if notes else ""
        return Markup(f"<td{self._exact(row, figure)}>{text}{note}</td>")

    @staticmethod
    def _exact(row: Any, figure: Figure) -> str:
        """Return what the printed number does not say, for who compares: value, bounds and share imputed."""
        bounds = (row.inferiore, row.superiore) if figure.uncertain else (None, None)
        told = " ".join(_digits(value) or "-" for value in (row.valore, *bounds, row.imputata or None)).rstrip(" -")
        said = " " not in told and float(formats.rounded(row.valore, figure.decimals)) == row.valore
        return "" if said else f' data-v="{told}"'

    def _position(self, row: Any) -> str:
        said = self._said.get((row.indicatore, row.livello, row.territorio, "rango"))
        if said is None or said.posto != said.posto:
            return ""
        best, worst = int(said.posto), int(said.peggiore)
        return f"{formats.numero(best)}º" if best == worst else f"{formats.numero(best)}º–{formats.numero(worst)}º"

    def _trend(self, row: Any) -> str:
        known = self._drawn.get((row.indicatore, row.livello, row.territorio))
        if known is None:
            return ""
        said = self._said.get((row.indicatore, row.livello, row.territorio, TREND))
        first, last, points = known[0][0][:4], known[-1][0][:4], " ".join(point for _, point in known)
        text = f"{TRENDS[said.esito] if said else 'serie'}, {first}–{last}"
        drawing = f'<svg viewBox="0 0 {_WIDE} {_HIGH}" aria-hidden="true"><polyline points="{points}"/></svg>'
        return f"{drawing} <small>{text}</small>"

    def _sentence(self, place: Place, terms: Sequence[Place], rows: Mapping[str, Any]) -> Markup:
        """Return what stands out of a territory: the indicators farthest from the middle among those told apart."""
        start = ""
        if "residenti" in rows and rows["residenti"].valore == rows["residenti"].valore:
            figure = self.figure(rows["residenti"])
            start = f"{figure.number} residenti, {formats.periodo(figure.period)}. "
        if not terms:
            return Markup(escape(start.strip()))
        term = next((one for one in reversed(terms) if one.livello == "regione"), terms[-1])
        apart: list[tuple[float, int, str, str]] = []
        for id in layout()["apertura"]:
            said = self._said.get((id, *where(place), f"{term.livello}/{term.codice}"))
            place_ = self._said.get((id, *where(place), "rango"))
            if id in rows and said is not None and said.esito in ("sopra", "sotto"):
                middle = (place_.posto + place_.peggiore) / 2 / place_.su if place_ is not None and place_.su else 0.5
                apart.append((-abs(middle - 0.5), len(apart), id, said.esito))
        found = []
        for _, _, id, outcome in sorted(apart)[:2]:
            own = self.figure(rows[id])
            other = self._at.get((id, *where(term), rows[id].periodo))
            if other is None:
                continue
            name = self.sito.indicatori[id].nome
            word = {"sopra": "più", "sotto": "meno"}[outcome]
            found.append(f"{_lower(name)}, {own.text}, {word} che {grammar.in_(term)} ({self.figure(other).text})")
        if not found:
            return Markup(escape(start + f"Nessuno dei valori principali si distingue {grammar.da(term)}."))
        return Markup(escape(f"{start}Spiccano: {'; '.join(found)}."))

    def _around(self, place: Place, terms: Sequence[Place]) -> Iterator[Group]:
        """Yield services and money that touch a comune, through its ambito and its ATS."""
        if place.livello != FINEST:
            return
        ambito = [(one, layout()["dell_ambito"]) for one in holders(self._map, place)]
        for one, ids in (*ambito, (terms[0], layout()["dell_ats"])):
            group = self._group(grammar.maiuscola(grammar.senza_articolo(one)), ids, one, [], "")
            if group.righe or group.assenti:
                moved = self._moved(group.righe, one, place)
                yield Group(group.nome, f"intorno-{one.livello}", moved, group.assenti, "/".join(where(one)))

    @staticmethod
    def _moved(rows: Markup, of: Place, to: Place) -> Markup:
        """Return rows made for the page of a territory with the addresses of another page."""
        before, after = (addresses.root(addresses.place(one)) for one in (of, to))
        return Markup(str(rows).replace(f'href="{before}', f'href="{after}'))

    def _alike(self, place: Place) -> Iterator[tuple[Place, str]]:
        for row in self._similar.get(where(place), ()):
            other = place_of(self._map, place.livello, str(row["simile"]))
            if not self._has_page(other):
                continue
            entry = self.sito.indicatori.find(str(row["differisce_per"]))
            yield other, f"differisce soprattutto per {_lower(entry.nome)}" if entry else ""

    def _bordering(self, place: Place) -> list[Place]:
        if place.livello not in ("comune", "ambito"):
            return []
        codes = borders(place.livello, self.sito.edizione.data).get(place.codice, ())
        near = [place_of(self._map, place.livello, code) for code in codes]
        return sorted(filter(self._has_page, near), key=lambda one: one.nome.casefold())

    def _has_page(self, place: Place) -> bool:
        return has_page(self.sito, self._map, place)

    def _plan(self, place: Place) -> str:
        if place.livello != FINEST or place.codice not in self._plans:
            return ""
        known = self._plans[place.codice]
        duty = DUTIES.get(str(known["dovere"]), str(known["dovere"]))
        state = str(known["stato"])
        return f"Il comune {duty}. Stato del piano: {state}. Rilevazione: {known['rilevazione']}."

    def _bound(self, place: Place) -> Iterator[tuple[str, tuple[Place, ...]]]:
        """Yield the comuni of a territory bound to a plan of city times, by how they stand."""
        if place.livello == FINEST or not self._plans:
            return
        for duty, words_ in OBLIGED.items():
            codes = [c for c in self._map.members(place.livello, place.codice) if self._duty(c) == duty]
            if codes:
                yield words_, tuple(place_of(self._map, FINEST, code) for code in codes)

    def _duty(self, code: str) -> str:
        return str(self._plans.get(code, {}).get("dovere", ""))


def drawn(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the points by which the trends of some figures are drawn.

    Parameters
    ----------
    rows : pandas.DataFrame
        Figures without a breakdown.

    Returns
    -------
    pandas.DataFrame
        ``indicatore, livello, territorio, periodo, x, y``: the last periods with a value, in order, where they are
        enough for a trend.
    """
    rows = rows.loc[rows["valore"].notna(), [*_SERIES, "periodo", "valore"]]
    years = {period: _year(period) for period in rows["periodo"].unique()}
    rows = rows.assign(anno=rows["periodo"].map(years).astype(float), periodo=rows["periodo"].astype(object))
    rows = rows.sort_values(["anno", "periodo"], kind="stable")
    every = rows.groupby(list(_SERIES), sort=False, observed=True)["valore"]
    rows = rows[(every.cumcount(ascending=False) < _PERIODS[1]) & (every.transform("size") >= _PERIODS[0])]
    each = rows.groupby(list(_SERIES), sort=False, observed=True)
    first, last = each["anno"].transform("first").to_numpy(), each["anno"].transform("last").to_numpy()
    low, high = each["valore"].transform("min").to_numpy(), each["valore"].transform("max").to_numpy()
    years_, values = rows["anno"].to_numpy(), rows["valore"].to_numpy(dtype=float)
    scale = (_WIDE - 4) / np.where(last - first == 0, 1.0, last - first)
    spread = np.where(high - low == 0, 1.0, high - low)
    x, y = 2 + (years_ - first) * scale, _HIGH - 2 - (values - low) / spread * (_HIGH - 4)
    return rows[[*_SERIES, "periodo"]].assign(x=np.rint(x).astype(int), y=np.rint(y).astype(int))


@cache
def borders(level: str, date: str) -> Mapping[str, tuple[str, ...]]:
    """Return the territories that share a border with each one."""
    shapes = geometry.shapes(level, date, 0)
    one, other = shapes.sindex.query(shapes.buffer(1), predicate="intersects")
    codes = [str(code) for code in shapes.index]
    found: dict[str, list[str]] = {}
    for i, j in zip(one, other, strict=True):
        if i != j:
            found.setdefault(codes[i], []).append(codes[j])
    return MappingProxyType({code: tuple(near) for code, near in found.items()})


def has_page(site: Site, map_: territory.Territory, place: Place) -> bool:
    """Tell whether a territory has a page: every comune; of the others, those of the ATS that are published."""
    if place.livello == FINEST:
        return True
    published = {where(one) for one in site.edizione.luoghi}
    if place.livello in ("ambito", "distretto"):
        ats = parent_of(map_, place, "ats")
        return where(place) in published or (ats is not None and where(ats) in published)
    return where(place) in published


def write_places(site: Site) -> None:
    """Write the list of the territories that have a page, by level, for search and comparison."""
    map_ = territory.load(site.edizione.data)
    found: dict[str, list[list[str]]] = {}
    levels = ("ats", "distretto", "ambito", FINEST) if site.edizione.archivio is not None else (FINEST,)
    for level in levels:
        places = [place_of(map_, level, code) for code in map_.codes(level)]
        own = sorted((p for p in places if has_page(site, map_, p)), key=lambda p: p.nome.casefold())
        if own:
            found[level] = [[place.codice, place.nome, site.address(place)] for place in own]
    site.write_text("risorse/territori.js", f"window.TERRITORI={opendata.script_json(found)};\n")


def write_comuni(site: Site, ats: str) -> None:
    """Write the page of every comune of an ATS, and the file with its rows."""
    map_ = territory.load(site.edizione.data)
    places = [place_of(map_, "comune", code) for code in map_.members("ats", ats)]
    profiles = Profiles(site, places)
    for place in places:
        _write(site, profiles, place, map_)


def write_districts(site: Site) -> None:
    """Write the page of every distretto of the ATS that are published."""
    map_ = territory.load(site.edizione.data)
    places = districts(site)
    profiles = Profiles(site, places)
    for place in places:
        _write(site, profiles, place, map_)


def districts(site: Site) -> list[Place]:
    """Return the distretti of the ATS that are published."""
    map_ = territory.load(site.edizione.data)
    published = {place.codice for place in site.edizione.luoghi if place.livello == "ats"}
    return [
        place_of(map_, "distretto", str(code)) for code, row in map_.distretti.iterrows() if row["ats"] in published
    ]


def of_place(site: Site, place: Place) -> Profile | None:
    """Return the profile of a territory that has chapters, and write the file with its rows."""
    if site.edizione.archivio is None:
        return None
    profiles = Profiles(site, [place])
    profiles.write_rows(place)
    return profiles.of(place)


def _write(site: Site, profiles: Profiles, place: Place, map_: territory.Territory) -> None:
    profile = profiles.of(place)
    full = full_name(place) if place.livello != FINEST else place.nome
    published = {one.chiave for one in site.edizione.luoghi}
    ats = next((one for one in profile.termini if one.livello == "ats"), None)
    comuni: list[Place] = []
    province, ambito, district = "", None, None
    if place.livello == FINEST:
        row = map_.comuni.loc[place.codice]
        province = PROVINCE[str(row["provincia"])]
        ambito, district = parent_of(map_, place, "ambito"), parent_of(map_, place, "distretto")
        trail = [("Comuni", "comuni/index.html"), (place.nome, None)]
        about = f"Comune, ATS {ats.nome}" if ats else "Comune"
    else:
        comuni = [place_of(map_, FINEST, code) for code in map_.members(place.livello, place.codice)]
        trail = [("Territori", "territori/index.html"), (full, None)]
        about = f"Distretto, ATS {ats.nome}" if ats else "Distretto"
    profiles.write_rows(place)
    site.write(
        addresses.place(place),
        "profilo.html",
        titolo=full,
        descrizione=f"{full}: popolazione, famiglie, cura, lavoro, servizi e risorse per conciliare vita e lavoro.",
        sezione="comuni" if place.livello == FINEST else "territori",
        kind="comune" if place.livello == FINEST else "territorio",
        search=about,
        briciole=trail,
        nome_pieno=full,
        luogo=place,
        profilo=profile,
        provincia=province,
        ats=ats,
        ambito=ambito,
        distretto=district,
        comuni=comuni,
        pubblicati=published,
        citazione=opendata.citation(full, site.edizione),
    )


def rules(site: Site) -> Mapping[str, Sequence[float]]:
    """Return the rule by which values of each indicator are told apart: digits, tolerance, least, percentage, total."""
    found = {}
    for entry in site.indicatori.values():
        rule = Rule.of(entry)
        found[entry.id] = [
            entry.decimali,
            rule.tolerance,
            rule.relevant,
            int(rule.points),
            int(entry.media == "totale"),
        ]
    return found


def _of(rows: pd.DataFrame, codes: Mapping[str, set[str]]) -> pd.DataFrame:
    """Return the rows about some territories."""
    wanted = {(level, code) for level, some in codes.items() for code in some}
    pairs = zip(rows["livello"].tolist(), rows["territorio"].tolist(), strict=True)
    return rows[pd.Series([pair in wanted for pair in pairs], index=rows.index, dtype=bool)]


def _by_place(rows: pd.DataFrame) -> dict[tuple[str, str], list[dict[str, Any]]]:
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    row: Any
    for row in rows.sort_values("posto").to_dict("records"):
        found.setdefault((row["livello"], row["territorio"]), []).append(row)
    return found


def _year(period: str) -> float:
    """Return the end of a period as a number of years: ``2022``, ``2022-07-01``, ``2018/2022``."""
    year, month, day = [*period.rpartition("/")[2].split("-"), "1", "1"][:3]
    return int(year) + (int(month) - 1) / 12 + (int(day) - 1) / 365


def _plain(value: Any) -> str:
    return "" if value is None or value != value else f"{formats.clean(value)}"


def _digits(value: Any) -> str:
    """Return a number as pages carry it beside what they print: nine digits, more than any comparison looks at."""
    if value is None or value != value:
        return ""
    return _plain(value if float(value).is_integer() else float(f"{value:.9g}"))


def _lower(name: str) -> str:
    """Return a name inside a sentence: an acronym keeps its capitals."""
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]


__all__ = ["Group", "Profile", "Profiles", "of_place", "rules", "write_comuni", "write_districts"]
