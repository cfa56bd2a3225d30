"""Pages that start from the figures: each indicator in every territory, and territories side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import pandas as pd

from conciliazione_lib import territory
from conciliazione_lib.evidence import Figure, Indicator, Place, formats
from conciliazione_lib.publish import addresses, opendata, profiles, used_rows, webmaps, words
from conciliazione_lib.publish.edition import PER_COMUNE, Edition
from conciliazione_lib.publish.selection import FINEST, where
from conciliazione_lib.publish.site import Site
from conciliazione_lib.publish.territory_names import full_name
from conciliazione_lib.report import classes, geometry, maps, svg

#: Names of the levels, in the order pages show them.
LIVELLI = MappingProxyType(
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
_DISEGNATI = ("ats", "ambito", "comune")

#: Columns of the values that can be downloaded.
SCARICABILI = (
    *("livello", "territorio", "nome", "periodo", "per", "valore", "inferiore", "superiore"),
    *("stato", "motivo", "grado", "imputata", "metodo", "riferimento"),
)

#: Levels of the interactive map, and the fewest values it is drawn for.
_MAPPE = ("ats", "provincia", "ambito", "comune")
_MINIMO = 4


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


def write(sito: Site) -> None:
    """Write the list of the indicators, a page for each, and the comparison of territories."""
    write_index(sito)
    for id in indicators(sito):
        write_of(sito, id)
    write_comparison(sito)


def indicators(sito: Site) -> list[str]:
    """Return the indicators that have a page, in order."""
    return [id for id in sito.figures.indicators if id in sito.indicatori]


def _themes(sito: Site) -> dict[str, list[Indicator]]:
    """Return the indicators that have a page, by theme."""
    known = set(sito.figures.indicators)
    themes = {theme: [voce for voce in voci if voce.id in known] for theme, voci in sito.indicatori.themes().items()}
    return {theme: voci for theme, voci in themes.items() if voci}


def write_index(sito: Site) -> None:
    """Write the list of the indicators."""
    temi, altri = readers_themes(sito)
    menu = [[tema, [[voce.id, voce.nome] for voce in voci]] for tema, voci in (*temi, *altri)]
    sito.write_text("risorse/indicatori.js", f"window.INDICATORI={opendata.script_json(menu)};\n")
    sito.write(
        "indicatori/index.html",
        "indicatori.html",
        titolo="Indicatori",
        descrizione="Gli indicatori del rapporto: definizione, valori per territorio, mappa e dati da scaricare.",
        sezione="indicatori",
        genere="pagina",
        briciole=[("Indicatori", None)],
        temi=temi,
        altri=altri,
    )


def readers_themes(sito: Site) -> tuple[list[Theme], list[Theme]]:
    """Return the indicators by the themes of a reader; and those of detail and of method, by their own."""
    known = set(sito.figures.indicators)
    first = [
        (str(theme["nome"]), [sito.indicatori[id] for id in theme["indicatori"] if id in known])
        for theme in profiles.layout()["temi"]
    ]
    listed = {voce.id for _, voci in first for voce in voci}
    rest = [(tema, [voce for voce in voci if voce.id not in listed]) for tema, voci in _themes(sito).items()]
    others = [(tema.capitalize().replace("_", " "), voci) for tema, voci in rest if voci]
    return [(tema, voci) for tema, voci in first if voci], others


def write_of(sito: Site, id: str) -> None:
    """Write the page of an indicator, and the file of its values."""
    voce = sito.indicatori[id]
    stesso = next((voci for voci in _themes(sito).values() if voce in voci), [])
    _indicator_page(sito, voce, sito.figures.all(id), [altra for altra in stesso if altra != voce])


def level_tables(figure: Iterable[Figure]) -> list[LevelTable]:
    """Arrange the figures of an indicator by level, territory and period."""
    tavole = []
    elenco = list(figure)
    for livello, nome in LIVELLI.items():
        proprie = [figura for figura in elenco if figura.territory.livello == livello]
        if not proprie:
            continue
        periodi = tuple(sorted({figura.period for figura in proprie}, reverse=True))
        celle = {(figura.territory, figura.period): figura for figura in proprie}
        luoghi = sorted(
            {figura.territory for figura in proprie}, key=lambda luogo: (luogo.nome.casefold(), luogo.codice)
        )
        righe = tuple((luogo, tuple(celle.get((luogo, periodo)) for periodo in periodi)) for luogo in luoghi)
        in_pagina = livello != FINEST or proprie[0].indicator in PER_COMUNE
        tavole.append(LevelTable(livello, nome, periodi, righe, in_pagina))
    return tavole


def _indicator_page(sito: Site, voce: Indicator, figure: Sequence[Figure], stesso_tema: Sequence[Indicator]) -> None:
    percorso = f"indicatori/{voce.id}.html"
    tavole = level_tables(figure)
    cartella = f"dati/indicatori/{voce.id}"
    unita = formats.unita(voce.unita)
    frame = _values(sito, voce.id, figure)
    righe = frame.astype(object).where(frame.notna(), "").to_numpy().tolist()
    testo = words.csv_text(list(frame.columns), righe)
    sito.put(sito.cartella / f"{cartella}.csv.zip", used_rows.zipped(f"{voce.id}.csv", testo))
    mappa = _map(sito.edizione, voce, tavole)
    indirizzi = {"csv": f"../{cartella}.csv.zip"}
    descrizione = opendata.describe(voce.nome, voce.definizione, "Lombardia", indirizzi, sito.edizione)
    sito.write(
        percorso,
        "indicatore.html",
        titolo=voce.nome,
        descrizione=voce.definizione_breve,
        sezione="indicatori",
        genere="indicatore",
        briciole=[("Indicatori", "indicatori/index.html"), (voce.nome, None)],
        voce=voce,
        unita=unita.estesa,
        tavole=tavole,
        mappa=mappa,
        dati_mappe=opendata.script_json(_explored(sito, voce, unita.estesa, tavole)),
        descrizione_dati=opendata.script_json(descrizione),
        stesso_tema=stesso_tema,
        con_pagina=_with_page(sito),
        schede="../" + addresses.cifra(_first_figure(tavole).id).partition("#")[0],
        scarica=[("CSV compresso", indirizzi["csv"])],
        numero=lambda figura: figura.number,
        quanti=formats.numero,
        con_scheda=lambda figura: figura.id in sito.edizione.ledger_of(voce.id),
    )


def _explored(sito: Site, voce: Indicator, unita: str, tavole: Sequence[LevelTable]) -> dict[str, Any]:
    """Return what the explorer needs beside the tables: reference periods, places, classes of the maps."""
    reference = {t.livello: sito.figures.reference(voce.id, t.livello) or t.periodi[0] for t in tavole}
    return {
        "id": voce.id,
        "unita": unita,
        "conteggio": is_count(voce),
        "citazione": opendata.citation(voce.nome, sito.edizione),
        "riferimento": reference,
        "posti": _places(sito, voce.id, reference, tavole),
        "mappe": _maps(sito, voce, tavole),
    }


def is_count(voce: Indicator) -> bool:
    """Tell whether values grow with the territory: a map of them would only show which are the largest."""
    return voce.media == "totale"


def _places(
    sito: Site, id: str, reference: Mapping[str, str], tavole: Sequence[LevelTable]
) -> dict[str, dict[str, str]]:
    """Return the place of each territory at the reference period, as the store has decided it.

    They are in one text, ``1-7;2;;3``, in the order of the codes of the territories of the level: those of the table,
    or of the map where the page has no table.
    """
    archive = sito.edizione.archivio
    if archive is None or id not in archive.indicators:
        return {}
    rows = archive.store.statements.about(id)
    rows = rows[(rows["genere"] == "rango") & (rows["per"] == "")]
    said: dict[tuple[str, str, str], str] = {}
    for level, code, period, place in zip(
        rows["livello"], rows["territorio"], rows["periodo"], rows["esito"], strict=True
    ):
        said[level, period, str(code)] = str(place)
    found: dict[str, dict[str, str]] = {}
    for tavola in tavole:
        level, period = tavola.livello, reference[tavola.livello]
        shapes = () if tavola.in_pagina else geometry.forme(level, sito.edizione.data).index
        codes = sorted(map(str, shapes)) or sorted(luogo.codice for luogo, _ in tavola.righe)
        places = [said.get((level, period, code), "") for code in codes]
        if any(places):
            found[level] = {period: ";".join(places)}
    return found


def _with_page(sito: Site) -> Callable[[Place], bool]:
    """Return what tells whether a territory has a page."""
    mappa = territory.load(sito.edizione.data)
    stored, published = sito.edizione.archivio is not None, set(sito.edizione.luoghi)
    return lambda place: place in published or (stored and profiles.has_page(sito, mappa, place))


def _first_figure(tavole: Sequence[LevelTable]) -> Figure:
    return next(figura for _, celle in tavole[0].righe for figura in celle if figura is not None)


def _map(edizione: Edition, voce: Indicator, tavole: Sequence[LevelTable]) -> dict[str, Any] | None:
    """Return the map, with its title, of the finest level with a table, and latest period, where all have a value."""
    candidate = [
        (tavola, posto)
        for tavola in reversed(tavole)
        if tavola.livello in _DISEGNATI and tavola.in_pagina
        for posto in range(len(tavola.periodi))
    ]
    for tavola, posto in () if is_count(voce) else candidate:
        forme = geometry.forme(tavola.livello, edizione.data, 400 if tavola.livello == "comune" else None)
        celle = {luogo.codice: figure[posto] for luogo, figure in tavola.righe}
        note = {codice: f for codice, f in celle.items() if f is not None and not f.missing}
        valori = {codice: f.value for codice, f in note.items()}
        if not set(forme.index) <= set(valori) or len(set(valori.values())) < 2:
            continue
        elenco, classe = classes.classi(pd.Series(valori), decimali=voce.decimali, metodo="quantili")
        nomi = {luogo.codice: luogo.nome for luogo, _ in tavola.righe}
        disegno = maps.disegna(
            forme,
            classi=elenco,
            classe=classe,
            incerte=classes.incerte(note.values(), elenco, classe),
            nomi=nomi,
            testi={codice: f.number for codice, f in note.items()},
            etichette=nomi if tavola.livello == "ats" else None,
            unita=formats.unita(voce.unita).estesa,
            decimali=voce.decimali,
        )
        livello = tavola.nome if tavola.nome.isupper() else tavola.nome.lower()
        titolo = f"{voce.nome}, {livello}, {formats.periodo(tavola.periodi[posto])}"
        alt = "I valori rappresentati sono quelli della tabella."
        return {"titolo": titolo, "svg": svg.accessibile(disegno, id="mappa", titolo=titolo, alt=alt)}
    return None


def _maps(sito: Site, voce: Indicator, tavole: Sequence[LevelTable]) -> dict[str, Any]:
    """Return what the interactive map needs, by level and period: classes, and that of each shape, in their order.

    The place of a class is one digit, a dash where there is no value. Values come along where the page has no table.
    """
    mappa = territory.load(sito.edizione.data)
    mappe: dict[str, Any] = {}
    periodi: dict[str, dict[str, Any]]
    for tavola in tavole:
        if tavola.livello not in _MAPPE:
            continue
        codici = [str(codice) for codice in geometry.forme(tavola.livello, sito.edizione.data).index]
        periodi = {}
        for posto, periodo in enumerate(tavola.periodi):
            note = {
                luogo.codice: figura
                for luogo, celle in tavola.righe
                if (figura := celle[posto]) is not None and not figura.missing and luogo.codice in codici
            }
            valori = {codice: figura.value for codice, figura in note.items()}
            if len(valori) < _MINIMO or len(set(valori.values())) < 2:
                continue
            periodi[periodo] = {"classi": [], "classe": "", "mancanti": len(codici) - len(valori)}
            if not is_count(voce):
                elenco, classe = classes.classi(pd.Series(valori), decimali=voce.decimali, metodo="quantili")
                periodi[periodo]["classi"] = [[c.colore, maps.testo_classe(c, voce.decimali), c.n] for c in elenco]
                periodi[periodo]["classe"] = "".join(str(classe.get(codice, "-")) for codice in codici)
            elif tavola.in_pagina:
                del periodi[periodo]
                continue
            if not tavola.in_pagina:
                periodi[periodo]["testi"] = [
                    note[codice].number if codice in note else formats.NON_DISPONIBILE for codice in codici
                ]
        if periodi:
            nomi = {codice: mappa.name(tavola.livello, codice, breve=True) for codice in codici}
            geometria = webmaps.write_geometry(sito, sito.cartella / "mappe", tavola.livello, nomi)
            mappe[tavola.livello] = {"geometria": geometria, "periodi": periodi}
    return mappe


def _values(sito: Site, indicator: str, figure: Sequence[Figure]) -> pd.DataFrame:
    """Return every value of an indicator, breakdowns included: what can be downloaded."""
    archivio = sito.edizione.archivio
    if archivio is not None and indicator in archivio.indicators:
        rows = archivio.rows(indicator)
        names = [archivio.place(*where).nome for where in zip(rows["livello"], rows["territorio"], strict=True)]
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
    order = rows["livello"].map(list(LIVELLI).index)
    rows = rows.assign(order=order).sort_values(["order", "territorio", "periodo", "per"], kind="stable")
    numbers = dict.fromkeys(("valore", "inferiore", "superiore", "imputata"), "float64")
    return rows[list(SCARICABILI)].astype(numbers).reset_index(drop=True)


def compared(sito: Site) -> Iterator[tuple[Indicator, str, str, list[Figure | None]]]:
    """Yield indicator, unit, period and figures of region and ATS, where at least two of them have one."""
    luoghi = [where(luogo) for luogo in _compared(sito)]
    for id in sito.figures.indicators:
        periodo, celle = sito.figures.side_by_side(id, luoghi)
        presenti = sum(cella is not None and not cella.missing for cella in celle)
        if id in sito.indicatori and presenti >= 2:
            voce = sito.indicatori[id]
            yield voce, formats.unita(voce.unita).estesa, formats.periodo(periodo), celle


def _compared(sito: Site) -> list[Place]:
    return [luogo for luogo in sito.edizione.luoghi if luogo.livello in ("regione", "ats")]


def write_comparison(sito: Site) -> None:
    """Write the page that sets territories side by side: region and ATS in a table, the others from their profiles."""
    if sito.edizione.archivio is None:
        return
    luoghi, righe = _compared(sito), list(compared(sito))
    rules = opendata.script_json(profiles.rules(sito))
    sito.write_text("risorse/regole.js", f"window.REGOLE={rules};\n")
    sito.write(
        "confronta.html",
        "confronta.html",
        titolo="Confronta i territori",
        descrizione="Gli indicatori di due o più territori, fianco a fianco.",
        sezione="confronta",
        genere="pagina",
        briciole=[("Confronta", None)],
        luoghi=[(luogo, full_name(luogo)) for luogo in luoghi],
        righe=righe,
        numero=lambda figura: figura.number,
        indirizzo=addresses.luogo,
        citazione=opendata.citation("Confronto", sito.edizione),
    )
