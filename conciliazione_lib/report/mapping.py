"""From values by territory to a map block: shapes, classes, drawing, and the table that says the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pandas as pd

import conciliazione_lib.report.classes as classes
import conciliazione_lib.report.geometry as geometry
import conciliazione_lib.report.maps as maps
import conciliazione_lib.report.svg as svg
from conciliazione_lib import storage
from conciliazione_lib.errors import UsoError
from conciliazione_lib.evidence import FigureSet, Place, Registry, formats
from conciliazione_lib.evidence import load as registro_indicatori
from conciliazione_lib.report.blocks import Classe, Mappa, Tabella
from conciliazione_lib.territory import Territory

if TYPE_CHECKING:
    import geopandas as gpd

#: Above this count, names written on the map would cover it.
ETICHETTE_MASSIME = 20


#: Simplification, in metres, of the territories of a level inside a place, by both levels: a pixel is as wide. A map
#: that can be enlarged has the finer shapes of its level.
STILL = MappingProxyType({("comune", "regione"): 500, ("ambito", "regione"): 400, ("comune", "ats"): 200})


def mappa(
    valori: pd.Series | pd.DataFrame | FigureSet | None,
    *,
    livello: str,
    id: str,
    titolo: str,
    alt: str,
    territorio: Territory,
    data: str,
    luogo: Place,
    tabella: Callable[..., Tabella],
    numero: int | None = None,
    indicatore: str | None = None,
    secondo: str | None = None,
    cifre: FigureSet | None = None,
    registro: Registry | None = None,
    genere: str = "valori",
    ordine: Sequence[str] | None = None,
    colori: Mapping[str, str] | None = None,
    numero_classi: int = 5,
    metodo: classes.Method = "naturali",
    unita: str | None = None,
    decimali: int | None = None,
    contorni: str | None = None,
    etichette: bool | None = None,
    note: Sequence[str] = (),
    fonte: str = "",
) -> Mappa:
    """Make a map of the territories of a level inside a place.

    Parameters
    ----------
    valori : Series, DataFrame, FigureSet or None
        A series by code; a frame by code (index, or column ``territorio``) with the column ``indicatore``; the figures
        themselves; or nothing, for a map that only says where territories are.
    livello : str
        Level of the territories drawn.
    id, titolo, alt : str
        Identifier, caption, and what the map shows for who does not see it.
    territorio : Territory
        Who belongs to whom.
    data : str
        Date of the boundaries.
    luogo : Place
        The territories drawn are those inside it.
    tabella : callable
        Makes the table of the data.
    numero : int, optional
        Number of the figure in the chapter.
    indicatore : str, optional
        Indicator shown: gives unit and decimals, and the column of a frame.
    secondo : str, optional
        Second column of a frame, for a bivariate map.
    cifre : FigureSet, optional
        Figures of the values; not needed when ``valori`` are figures.
    registro : Registry, optional
        Declarations of the indicators; the package's own by default.
    genere : {"valori", "categorie", "bivariata"}
        Classes of a number, categories of a text, or two numbers crossed in three classes each.
    ordine, colori : optional
        Order and colours of the categories.
    numero_classi, metodo
        Classes of a number: see :func:`conciliazione_lib.report.classes.classes`.
    unita, decimali : optional
        Of the values, when they are not an indicator's.
    contorni : str, optional
        Level whose outlines are drawn over the map.
    etichette : bool, optional
        Write names on the map: of the outlines, or of the territories; by default when they are few.
    note, fonte
        Under the map.

    Raises
    ------
    UsoError
        Unknown level, a column that is not there, or values of territories that are not on the map.
    """
    registro = registro or registro_indicatori()
    entry = registro[indicatore] if indicatore is not None and indicatore in registro else None
    if decimali is None:
        decimali = entry.decimali if entry else 1
    if unita is None:
        unita = formats.unita(entry.unita).estesa if entry else ""
    shapes = geometry.shapes(livello, data, STILL.get((livello, luogo.livello)))
    shapes = shapes[shapes.index.isin(_inside(territorio, livello, luogo))]
    if shapes.empty:
        raise UsoError(f"Mappa «{titolo}»: {luogo.nome} non ha territori di livello «{livello}» da disegnare.")
    codes = [str(code) for code in shapes.index.tolist()]
    names = {code: territorio.name(livello, code, breve=True) for code in codes}
    if isinstance(valori, FigureSet):
        cifre, valori = valori, _from_figures(valori, indicatore, livello, set(codes), titolo)
    first, seconds = _columns(valori, indicatore, secondo, titolo)
    foreign = sorted(set(first.index) - set(codes))
    if foreign:
        raise UsoError(
            f"Mappa «{titolo}»: ci sono valori per territori che non sono nella mappa: {', '.join(foreign[:6])}.",
            f"Il livello della mappa è «{livello}»: passare una riga per ogni suo territorio.",
        )
    first = first.reindex(codes)
    seconds = seconds.reindex(codes) if seconds is not None else None
    listing: list[Classe] = []
    class_: dict[str, int] = {}
    texts: dict[str, str] = {}
    axes: tuple[str, str] | None = None
    if valori is None:
        genere = "luoghi"
    elif genere == "categorie":
        listing, class_ = classes.categories(first, ordine=ordine, colours=colori)
        texts = {code: str(value) for code, value in zip(codes, first, strict=True) if not pd.isna(value)}
    elif genere == "bivariata":
        if seconds is None or indicatore is None or secondo is None:
            raise UsoError(f"Mappa bivariata «{titolo}»: servono una tabella, indicatore= e secondo=.")
        axes = (_indicator_name(indicatore), _indicator_name(secondo))
        listing, class_ = classes.bivariate(first, seconds, name_of_first=axes[0], name_of_second=axes[1])
        texts = {code: listing[place].etichetta for code, place in class_.items()}
    else:
        listing, class_ = classes.classes(first, decimali=decimali, numero=numero_classi, metodo=metodo)
        texts = {code: formats.numero(value, decimali) for code, value in zip(codes, first, strict=True)}
    frame = _data(codes, names, livello, first if valori is not None else None, seconds, indicatore, secondo)
    table = tabella(
        frame, id=f"{id}-dati", titolo=f"Dati della mappa: {titolo}", cifre=cifre, decimali={"valore": decimali}
    )
    if genere == "valori":
        # A figure is written in one way: a lower bound or a guess is one here too.
        cells = [next((cell for cell in row if cell.cifra), None) for row in table.righe]
        texts |= {code: cell.t for code, cell in zip(frame["territorio"], cells, strict=True) if cell is not None}
    edges, written = _outlines(territorio, contorni, livello, codes, data)
    if etichette is None:
        etichette = len(written or names) <= ETICHETTE_MASSIME
    written_here = {cell.cifra for row in table.righe for cell in row if cell.cifra}
    known = genere == "valori" and indicatore is not None and cifre is not None and indicatore in cifre
    figure = cifre[indicatore].dei(livello, codes) if known and cifre is not None and indicatore is not None else ()
    drawing = maps.draw(
        shapes,
        classes=listing,
        classe=class_,
        uncertain=classes.uncertain([f for f in figure if f.id in written_here], listing, class_),
        names=names,
        texts=texts,
        outlines=edges,
        background=_background(luogo, livello, data),
        labels=(written or names) if etichette else None,
        unita=unita,
        decimali=decimali,
        bivariata=axes,
    )
    return Mappa(
        id=id,
        titolo=titolo,
        alt=alt,
        livello=livello,
        territori=codes,
        valori={c: _native(v) for c, v in zip(codes, first, strict=True)} if valori is not None else {},
        testi=texts,
        classe=class_,
        classi=listing,
        svg=svg.accessible(drawing, id=id, titolo=titolo, alt=alt),
        dati=table,
        genere=genere,
        indicatore=indicatore,
        unita=unita,
        note=tuple(note),
        fonte=storage.cite([fonte]),
        numero=numero,
    )


def _inside(territorio: Territory, livello: str, luogo: Place) -> list[str]:
    """Return the territories of a level inside a place."""
    if livello == luogo.livello:
        return [luogo.codice]
    if luogo.livello == "regione":
        return list(territorio.codes(livello))
    comuni = list(territorio.members(luogo.livello, luogo.codice))
    if livello == "comune":
        return comuni
    return sorted(territorio.comuni.loc[comuni, livello].dropna().unique())


def _outlines(
    territorio: Territory, contorni: str | None, livello: str, codici: Sequence[str], data: str
) -> tuple[gpd.GeoSeries | None, dict[str, str]]:
    """Return the outlines that hold the territories drawn, and their names."""
    if contorni is None:
        return None, {}
    comuni = territorio.comuni
    inside = comuni.loc[list(codici)] if livello == "comune" else comuni[comuni[livello].isin(codici)]
    shapes = geometry.shapes(contorni, data)
    shapes = shapes[shapes.index.isin(inside[contorni].dropna().unique())]
    return shapes, {str(code): territorio.name(contorni, str(code), breve=True) for code in shapes.index.tolist()}


def _background(luogo: Place, livello: str, data: str) -> gpd.GeoSeries | None:
    """Return the shape of the place, when the territories drawn may not fill it (an ambito not established)."""
    if livello not in ("ambito", "distretto") or luogo.livello not in geometry.TOLERANCE:
        return None
    shapes = geometry.shapes(luogo.livello, data)
    return shapes[shapes.index == luogo.codice]


def _columns(
    valori: pd.Series | pd.DataFrame | None, indicatore: str | None, secondo: str | None, titolo: str
) -> tuple[pd.Series, pd.Series | None]:
    """Return the one or two series drawn, by code."""
    if valori is None:
        return pd.Series(dtype="float64"), None
    if isinstance(valori, pd.Series):
        return valori.set_axis(valori.index.astype(str)), None
    frame = valori.set_index("territorio") if "territorio" in valori.columns else valori
    absent = [c for c in (indicatore, secondo) if c is not None and c not in frame.columns]
    if indicatore is None or absent:
        raise UsoError(
            f"Mappa «{titolo}»: la tabella non ha la colonna {', '.join(absent) or '(indicatore= non indicato)'}.",
            f"Colonne presenti: {', '.join(map(str, frame.columns))}.",
        )
    frame = frame.set_axis(frame.index.astype(str))
    return frame[indicatore], frame[secondo] if secondo else None


def _from_figures(cifre: FigureSet, indicatore: str | None, livello: str, codici: set[str], titolo: str) -> pd.Series:
    """Return the values of the figures of an indicator for the territories drawn."""
    if indicatore is None:
        raise UsoError(f"Mappa «{titolo}»: indicare quale indicatore mostrare con indicatore=.")
    figure = [
        f
        for f in cifre[indicatore]
        if f.territory.livello == livello and f.territory.codice in codici and not f.breakdown
    ]
    periods = sorted({f.period for f in figure})
    if len(periods) != 1:
        raise UsoError(
            f"Mappa «{titolo}»: le cifre di «{indicatore}» a livello «{livello}» sono di {len(periods)} periodi"
            f"{': ' if periods else ''}{', '.join(periods[:6])}.",
            "Passare le cifre di un solo periodo.",
        )
    return pd.Series({f.territory.codice: f.value for f in figure}, dtype="float64")


def _data(
    codici: Sequence[str],
    nomi: Mapping[str, str],
    livello: str,
    primi: pd.Series | None,
    secondi: pd.Series | None,
    indicatore: str | None,
    secondo: str | None,
) -> pd.DataFrame:
    """Return what the map shows as a table, by name of the territory."""
    order = sorted(range(len(codici)), key=lambda place: nomi[codici[place]])
    data: dict[str, Any] = {"territorio": [codici[place] for place in order], "livello": livello}
    if primi is not None:
        data[indicatore or "valore"] = primi.to_numpy()[order]
    if secondi is not None and secondo is not None:
        data[secondo] = secondi.to_numpy()[order]
    return pd.DataFrame(data)


def _indicator_name(id: str) -> str:
    registry = registro_indicatori()
    return registry[id].nome_breve if id in registry else id.replace("_", " ")


def _native(valore: Any) -> float | str | None:
    if pd.isna(valore):
        return None
    return valore if isinstance(valore, str) else formats.clean(valore)
