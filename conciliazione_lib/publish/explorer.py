"""Pages that start from the figures: each indicator in every territory, and territories side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

import conciliazione_lib.publish.addresses as addresses
import conciliazione_lib.publish.explored as explored
import conciliazione_lib.publish.opendata as opendata
import conciliazione_lib.publish.profiles as profiles
import conciliazione_lib.publish.used_rows as used_rows
import conciliazione_lib.publish.webmaps as webmaps
import conciliazione_lib.publish.words as words
from conciliazione_lib import territory
from conciliazione_lib.evidence import Figure, Indicator, Place, formats
from conciliazione_lib.evidence.writing import write_breakdown
from conciliazione_lib.publish.edition import Edition
from conciliazione_lib.publish.selection import FEWEST, FINEST, where
from conciliazione_lib.publish.site import Site
from conciliazione_lib.publish.territory_names import full_name
from conciliazione_lib.region import REGION
from conciliazione_lib.report import classes, geometry, mapping, maps, svg

#: Names of the levels, in the order pages show them.
LEVELS = MappingProxyType(
    {
        "italia": "Italia",
        "regione": "Regione",
        "ats": "ATS",
        "provincia": "Province",
        "distretto": "Distretti",
        "ambito": "Ambiti",
        "comune": "Comuni",
    }
)
_DRAWN = ("ats", "ambito", "comune")

#: Columns of the values that can be downloaded.
DOWNLOADABLE = (
    *("livello", "territorio", "nome", "periodo", "per", "valore", "inferiore", "superiore"),
    *("stato", "motivo", "grado", "imputata", "metodo", "riferimento"),
)

#: Levels of the interactive map.
_MAPS = ("ats", "provincia", "ambito", "comune")
#: Territories that stand beside each other in the table of the breakdowns; provinces where there are no ATS.
_AFFIANCATI = ("italia", "regione", "ats")


#: How many breakdowns the search says of a page.
_READ = 12

Theme = tuple[str, list[Indicator]]


@dataclass(frozen=True)
class LevelTable:
    """The values of an indicator at a level.

    Attributes
    ----------
    livello, nome : str
        Level and its plural.
    periodi : tuple of str
        Periods, latest first.
    righe : tuple of (Place, tuple of Figure or None)
        One row per territory, by name; one figure per period.
    in_pagina : bool
        Whether the page has them in a table; otherwise they are in the file to download and in the map.
    """

    livello: str
    nome: str
    periodi: tuple[str, ...]
    righe: tuple[tuple[Place, tuple[Figure | None, ...]], ...]
    in_pagina: bool = True


def write(site: Site) -> None:
    """Write the list of the indicators, a page for each, and the comparison of territories."""
    write_index(site)
    for id in indicators(site):
        write_of(site, id)
    write_comparison(site)


def indicators(site: Site) -> list[str]:
    """Return the indicators that have a page, in order."""
    return [id for id in site.figures.explored if id in site.indicatori]


def _themes(site: Site) -> dict[str, list[Indicator]]:
    """Return the indicators that have a page, by theme."""
    known = set(site.figures.explored)
    themes = {
        theme: [entry for entry in entries if entry.id in known] for theme, entries in site.indicatori.themes().items()
    }
    return {theme: entries for theme, entries in themes.items() if entries}


def write_index(site: Site) -> None:
    """Write the list of the indicators."""
    themes, others = readers_themes(site)
    menu = [[theme, [[entry.id, entry.nome] for entry in entries]] for theme, entries in (*themes, *others)]
    site.write_text("risorse/indicatori.js", f"window.INDICATORI={opendata.script_json(menu)};\n")
    site.write(
        "indicatori/index.html",
        "indicatori.html",
        titolo="Indicatori",
        descrizione="Gli indicatori del rapporto: definizione, valori per territorio, mappa e dati da scaricare.",
        sezione="indicatori",
        kind="pagina",
        briciole=[("Indicatori", None)],
        temi=themes,
        altri=others,
    )


def readers_themes(site: Site) -> tuple[list[Theme], list[Theme]]:
    """Return the indicators by the themes of a reader; and those of detail and of method, by their own."""
    known = set(site.figures.explored)
    first = [
        (str(theme["nome"]), [site.indicatori[id] for id in theme["indicatori"] if id in known])
        for theme in profiles.layout()["temi"]
    ]
    listed = {entry.id for _, entries in first for entry in entries}
    rest = [
        (one_theme, [entry for entry in entries if entry.id not in listed])
        for one_theme, entries in _themes(site).items()
    ]
    others = [(one_theme.capitalize().replace("_", " "), entries) for one_theme, entries in rest if entries]
    return [(one_theme, entries) for one_theme, entries in first if entries], others


def write_of(site: Site, id: str) -> None:
    """Write the page of an indicator, and the file of its values."""
    entry = site.indicatori[id]
    same = next((entries for entries in _themes(site).values() if entry in entries), [])
    _indicator_page(site, entry, site.figures.all(id), [other for other in same if other != entry])


def level_tables(figure: Iterable[Figure]) -> list[LevelTable]:
    """Arrange the figures of an indicator by level, territory and period."""
    tables = []
    listing = list(figure)
    for level, name in LEVELS.items():
        own = [one_figure for one_figure in listing if one_figure.territory.livello == level]
        if not own:
            continue
        periods = tuple(sorted({one_figure.period for one_figure in own}, reverse=True))
        cells = {(one_figure.territory, one_figure.period): one_figure for one_figure in own}
        places = sorted(
            {one_figure.territory for one_figure in own}, key=lambda place: (place.nome.casefold(), place.codice)
        )
        rows = tuple((place, tuple(cells.get((place, period)) for period in periods)) for place in places)
        tables.append(LevelTable(level, name, periods, rows, in_pagina=level != FINEST))
    return tables


def _indicator_page(site: Site, voce: Indicator, figure: Sequence[Figure], same_theme: Sequence[Indicator]) -> None:
    path = f"indicatori/{voce.id}.html"
    tables = level_tables(figure)
    divided = _divided(site, voce.id)
    only_divided = {f.territory.livello for figures in divided.values() for f in figures} - {t.livello for t in tables}
    shown = [LevelTable(level, name, (), ()) for level, name in LEVELS.items() if level in only_divided]
    shown = sorted([*tables, *shown], key=lambda table: list(LEVELS).index(table.livello))
    folder = f"dati/indicatori/{voce.id}"
    unit = formats.unita(voce.unita)
    frame = _values(site, voce.id, figure)
    rows = frame.astype(object).where(frame.notna(), "").to_numpy().tolist()
    text = words.csv_text(list(frame.columns), rows)
    site.put(site.cartella / f"{folder}.csv.zip", used_rows.zipped(f"{voce.id}.csv", text))
    map_ = _map(site.edizione, voce, tables)
    one_addresses = {"csv": f"../{folder}.csv.zip"}
    description = opendata.describe(voce.nome, voce.definizione, REGION.nome, one_addresses, site.edizione)
    labels = [explored.label(breakdown) for breakdown, own in divided.items() if not all(f.missing for f in own)]
    ledger = site.edizione.ledger_of(voce.id)
    first = next((f for _, cells in (tables[0].righe if tables else ()) for f in cells if f is not None), None)
    site.write(
        path,
        "indicatore.html",
        titolo=voce.nome,
        descrizione=voce.definizione_breve,
        sezione="indicatori",
        kind="indicatore",
        search=f"{voce.definizione_breve} Per {formats.elenco(labels[:_READ])}." if labels else "",
        briciole=[("Indicatori", "indicatori/index.html"), (voce.nome, None)],
        voce=voce,
        unita=unit.estesa,
        tavole=shown,
        divisa=bool(divided),
        affiancati=_beside(site, voce.id, divided),
        mappa=map_,
        dati_mappe=opendata.script_json(_explored(site, voce, unit.estesa, tables, divided)),
        descrizione_dati=opendata.script_json(description),
        stesso_tema=same_theme,
        con_pagina=_with_page(site),
        schede="../" + addresses.figure(first.id).partition("#")[0] if first is not None else "",
        scarica=[("CSV compresso", one_addresses["csv"])],
        numero=lambda one_figure: one_figure.number,
        quanti=formats.numero,
        con_scheda=lambda one_figure: one_figure.id in ledger,
        con_codice=lambda cells: any(one_figure is not None and one_figure.id in ledger for one_figure in cells),
        detto=_said,
    )


def _said(figure: Figure) -> bool:
    """Tell whether what is printed says the value, or that there is none: the page needs not carry it beside."""
    if figure.value is None:
        return True
    printed = formats.numero(figure.value, figure.decimals)
    return figure.number == printed and float(formats.rounded(figure.value, figure.decimals)) == figure.value


def _divided(site: Site, id: str) -> dict[explored.Breakdown, list[Figure]]:
    """Return the figures of an indicator by breakdown, for readers to choose."""
    archive = site.edizione.archivio
    stored = archive is not None and id in archive.indicators
    return explored.by_breakdown(archive.breakdowns(id)) if archive is not None and stored else {}


def _beside(site: Site, id: str, divided: Mapping[explored.Breakdown, Sequence[Figure]]) -> dict[str, Any] | None:
    """Return the table of the breakdowns: a row for each, region and ATS side by side, in one period each row."""
    present = {f.territory.livello for figures in divided.values() for f in figures}
    levels = _AFFIANCATI if "ats" in present else (*_AFFIANCATI[:2], "provincia")
    kept = {b: [f for f in figures if f.territory.livello in levels] for b, figures in divided.items()}
    places = sorted(
        {f.territory for figures in kept.values() for f in figures},
        key=lambda place: (list(LEVELS).index(place.livello), place.nome),
    )
    if not places:
        return None
    reference = site.figures.reference(id, places[-1].livello) or ""
    rows, absent = [], dict[str, list[str]]()
    for breakdown, figures in kept.items():
        cells = explored.at_period(figures, reference)
        named = explored.label(breakdown)
        if all(f.missing for f in cells.values()):
            for reason in sorted({str(f.note or "").rstrip(".") for f in cells.values()}):
                absent.setdefault(reason, []).append(named)
        else:
            period = next(iter(cells.values())).period
            rows.append((named, write_breakdown(breakdown), period, [cells.get(place) for place in places]))
    return {
        "luoghi": places,
        "righe": rows,
        "periodo": max((period for _, _, period, _ in rows), default=""),
        "assenti": [(formats.elenco(names), reason) for reason, names in absent.items()],
    }


def _explored(
    site: Site,
    voce: Indicator,
    unita: str,
    given_tables: Sequence[LevelTable],
    divided: Mapping[explored.Breakdown, Sequence[Figure]],
) -> dict[str, Any]:
    """Return what the explorer needs beside the tables of the page.

    Reference periods, places and classes of the maps; the values that the page has in no table, as texts in the order
    of the territories of the level (that of the table, of ``luoghi``, or of the map); and the same for each breakdown.
    """
    archive = site.edizione.archivio
    stored = archive is not None and voce.id in archive.indicators
    earlier = level_tables(archive.others(voce.id)) if archive is not None and stored else []
    by = {breakdown: level_tables(figures) for breakdown, figures in divided.items()}
    every = [*given_tables, *earlier, *(table for tables in by.values() for table in tables)]
    levels = [level for level in LEVELS if any(table.livello == level for table in every)]
    orders = {level: _order(site, level, given_tables, every) for level in levels}
    reasons = explored.Reasons()

    def texts(tables: Iterable[LevelTable]) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for table in tables:
            cells = {place.codice: figures for place, figures in table.righe}
            empty = (None,) * len(table.periodi)
            for n, period in enumerate(table.periodi):
                own = (cells.get(code, empty)[n] for code, _ in orders[table.livello])
                found.setdefault(table.livello, {})[period] = explored.texts(own, reasons)
        return found

    whole = texts([*(table for table in given_tables if not table.in_pagina), *earlier])
    reference = {level: site.figures.reference(voce.id, level) for level in levels}
    reference |= {t.livello: t.periodi[0] for t in given_tables if reference[t.livello] is None}
    told: dict[str, Any] = {
        "id": voce.id,
        "unita": unita,
        "conteggio": is_count(voce),
        "citazione": opendata.citation(voce.nome, site.edizione),
        "riferimento": reference,
        "posti": _places(site, voce.id, reference, given_tables),
        "mappe": _maps(site, voce, given_tables),
        "testi": whole,
    }
    told["tagli"] = {
        write_breakdown(breakdown): {
            "nome": explored.label(breakdown),
            "mappe": _maps(site, voce, tables),
            "testi": texts(tables),
            "posti": _places(site, voce.id, reference, [t for t in tables if t.in_pagina], write_breakdown(breakdown)),
        }
        for breakdown, tables in by.items()
    }
    in_text = {*whole, *(table.livello for tables in by.values() for table in tables)}
    tabled = {t.livello: {place.codice for place, _ in t.righe} for t in given_tables if t.in_pagina}
    told["luoghi"] = {
        level: orders[level] for level in levels if level in in_text - {FINEST} and not _covers(tabled, level, orders)
    }
    if FINEST in in_text and FINEST not in tabled:
        told["geometrie"] = {FINEST: _geometry(site, FINEST)}
    told["motivi"] = reasons.listed
    told["periodi"] = {period: formats.periodo(period) for table in every for period in table.periodi}
    return told


def _covers(tabled: Mapping[str, set[str]], level: str, orders: Mapping[str, Sequence[tuple[str, str]]]) -> bool:
    """Tell whether the table of a level has all its territories, and gives their order."""
    return tabled.get(level) == {code for code, _ in orders[level]}


def _order(site: Site, level: str, tables: Sequence[LevelTable], every: Sequence[LevelTable]) -> list[tuple[str, str]]:
    """Return code and name of the territories of a level in the order of their values."""
    table = next((t for t in tables if t.livello == level and t.in_pagina), None)
    if table is None and level == FINEST:
        return [(code, "") for code in site.drawn(level)]
    known = [place for place, _ in table.righe] if table is not None else []
    beyond = {place for one in every if one.livello == level for place, _ in one.righe} - set(known)
    listed = [*known, *sorted(beyond, key=lambda place: (place.nome.casefold(), place.codice))]
    return [(place.codice, place.nome) for place in listed]


def _geometry(site: Site, level: str) -> str:
    """Write the shapes of a level, and return their name."""
    map_ = territory.load(site.edizione.data)
    names = {code: map_.name(level, code, breve=True) for code in site.drawn(level)}
    return webmaps.write_geometry(site, site.cartella / "mappe", level, names)


def is_count(voce: Indicator) -> bool:
    """Tell whether values grow with the territory: a map of them would only show which are the largest."""
    return voce.media == "totale"


def _places(
    site: Site, id: str, reference: Mapping[str, str | None], tables: Sequence[LevelTable], breakdown: str = ""
) -> dict[str, dict[str, str]]:
    """Return the place of each territory at the reference period, as the store has decided it.

    They are in one text, ``1-7;2;;3``, in base 36, in the order of the codes of the territories of the level: those of
    the table, or of the map where the page has no table.
    """
    archive = site.edizione.archivio
    if archive is None or id not in archive.indicators:
        return {}
    rows = archive.store.statements.about(id)
    rows = rows[(rows["genere"] == "rango") & (rows["per"] == breakdown)]
    said: dict[tuple[str, str, str], str] = {}
    columns = (rows[name].tolist() for name in ("livello", "territorio", "periodo", "esito"))
    for level, code, period, place in zip(*columns, strict=True):
        said[level, period, str(code)] = "-".join(np.base_repr(int(end), 36) for end in str(place).split("-") if end)
    found: dict[str, dict[str, str]] = {}
    for table in tables:
        level, period = table.livello, reference[table.livello] or ""
        shapes = () if table.in_pagina else site.drawn(level)
        codes = sorted(shapes) or sorted(spot.codice for spot, _ in table.righe)
        places = [said.get((level, period, code), "") for code in codes]
        if any(places):
            found[level] = {period: ";".join(places)}
    return found


def _with_page(site: Site) -> Callable[[Place], bool]:
    """Return what tells whether a territory has a page."""
    map_ = territory.load(site.edizione.data)
    stored, published = site.edizione.archivio is not None, set(site.edizione.luoghi)
    return lambda place: place in published or (stored and profiles.has_page(site, map_, place))


def _map(edizione: Edition, voce: Indicator, tables: Sequence[LevelTable]) -> dict[str, Any] | None:
    """Return the map, with its title, of the finest level with a table, and latest period, where all have a value."""
    candidate = [
        (table, place)
        for table in reversed(tables)
        if table.livello in _DRAWN and table.in_pagina
        for place in range(len(table.periodi))
    ]
    for table, place in () if is_count(voce) else candidate:
        shapes = geometry.shapes(table.livello, edizione.data, mapping.STILL.get((table.livello, "regione")))
        cells = {spot.codice: figure[place] for spot, figure in table.righe}
        note = {code: f for code, f in cells.items() if f is not None and not f.missing}
        values = {code: f.value for code, f in note.items()}
        if not set(shapes.index) <= set(values) or len(set(values.values())) < 2:
            continue
        listing, class_ = classes.classes(pd.Series(values), decimali=voce.decimali, metodo="quantili")
        names = {spot.codice: spot.nome for spot, _ in table.righe}
        drawing = maps.draw(
            shapes,
            classes=listing,
            classe=class_,
            uncertain=classes.uncertain(note.values(), listing, class_),
            names=names,
            texts={code: f.number for code, f in note.items()},
            labels=names if table.livello == "ats" else None,
            unita=formats.unita(voce.unita).estesa,
            decimali=voce.decimali,
        )
        level = table.nome if table.nome.isupper() else table.nome.lower()
        title = f"{voce.nome}, {level}, {formats.periodo(table.periodi[place])}"
        alt = "I valori rappresentati sono quelli della tabella."
        return {"titolo": title, "svg": svg.accessible(drawing, id="mappa", titolo=title, alt=alt)}
    return None


def _maps(site: Site, voce: Indicator, tables: Sequence[LevelTable]) -> dict[str, Any]:
    """Return what the interactive map needs, by level and period: classes, and that of each shape, in their order.

    The place of a class is one digit, a dash where there is no value. Counts have no map.
    """
    maps_: dict[str, Any] = {}
    periods: dict[str, dict[str, Any]]
    for table in () if is_count(voce) else tables:
        if table.livello not in _MAPS:
            continue
        codes = site.drawn(table.livello)
        known = frozenset(codes)
        periods = {}
        for place, period in enumerate(table.periodi):
            values = {
                spot.codice: figure.value
                for spot, cells in table.righe
                if (figure := cells[place]) is not None and not figure.missing and spot.codice in known
            }
            if len(values) < FEWEST or len(set(values.values())) < 2:
                continue
            listing, class_ = classes.classes(pd.Series(values), decimali=voce.decimali, metodo="quantili")
            periods[period] = {
                "classi": [[c.colore, maps.class_text(c, voce.decimali), c.n] for c in listing],
                "classe": "".join(str(class_.get(code, "-")) for code in codes),
                "mancanti": len(codes) - len(values),
            }
        if periods:
            maps_[table.livello] = {"geometria": _geometry(site, table.livello), "periodi": periods}
    return maps_


def _values(site: Site, indicator: str, figure: Sequence[Figure]) -> pd.DataFrame:
    """Return every value of an indicator, breakdowns included: what can be downloaded."""
    archive = site.edizione.archivio
    if archive is not None and indicator in archive.indicators:
        rows = archive.rows(indicator)
        places = zip(rows["livello"].tolist(), rows["territorio"].tolist(), strict=True)
        names = [archive.place(*where).nome for where in places]
        rows = rows.assign(nome=names)
    else:
        rows = pd.DataFrame(
            [
                {
                    **{"livello": f.territory.livello, "territorio": f.territory.codice, "nome": f.territory.nome},
                    **{"periodo": f.period, "per": "", "valore": f.value, "inferiore": f.lower, "superiore": f.upper},
                    **{"stato": f.state, "motivo": f.note, "grado": f.grade, "imputata": f.imputed},
                    **{"metodo": f.method, "riferimento": False},
                }
                for f in figure
            ]
        )
    order = rows["livello"].map(list(LEVELS).index)
    rows = rows.assign(order=order).sort_values(["order", "territorio", "periodo", "per"], kind="stable")
    numbers = dict.fromkeys(("valore", "inferiore", "superiore", "imputata"), "float64")
    return opendata.shortened(rows[list(DOWNLOADABLE)].astype(numbers)).reset_index(drop=True)


def compared(site: Site) -> Iterator[tuple[Indicator, str, str, list[Figure | None]]]:
    """Yield indicator, unit, period and figures of region and ATS, where at least two of them have one."""
    places = [where(place) for place in _compared(site)]
    for id in site.figures.indicators:
        period, cells = site.figures.side_by_side(id, places)
        present = sum(cell is not None and not cell.missing for cell in cells)
        if id in site.indicatori and present >= 2:
            entry = site.indicatori[id]
            yield entry, formats.unita(entry.unita).estesa, formats.periodo(period), cells


def _compared(site: Site) -> list[Place]:
    return [place for place in site.edizione.luoghi if place.livello in ("regione", "ats")]


def write_comparison(site: Site) -> None:
    """Write the page that sets territories side by side: region and ATS in a table, the others from their profiles."""
    if site.edizione.archivio is None:
        return
    places, rows = _compared(site), list(compared(site))
    rules = opendata.script_json(profiles.rules(site))
    site.write_text("risorse/regole.js", f"window.REGOLE={rules};\n")
    site.write(
        "confronta.html",
        "confronta.html",
        titolo="Confronta i territori",
        descrizione="Gli indicatori di due o più territori, fianco a fianco.",
        sezione="confronta",
        kind="pagina",
        briciole=[("Confronta", None)],
        luoghi=[(place, full_name(place)) for place in places],
        righe=rows,
        numero=lambda figure: figure.number,
        indirizzo=addresses.place,
        citazione=opendata.citation("Confronto", site.edizione),
    )
