"""Interactive maps: folium on local files, one geometry for all the maps of the same territories.

folium writes the Leaflet code of each map; here it writes it in a file of its own (pages allow no script inside them),
takes Leaflet from beside the pages instead of from the network, and reads shapes that are loaded once and shared, as
TopoJSON, so that a map weighs what its values weigh. The same maps are published in the site and, each complete in
itself, in the folder ``maps``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import conciliazione_lib.publish.colours as colours
import conciliazione_lib.publish.opendata as opendata
from conciliazione_lib import territory
from conciliazione_lib.evidence import formats
from conciliazione_lib.publish.edition import Block, Chapter
from conciliazione_lib.report import blocks, geometry, maps

if TYPE_CHECKING:
    from conciliazione_lib.publish.site import Site

#: Files that a map needs beside its page.
RESOURCES = ("leaflet.js", "leaflet.css", "mappa.js", "mappa.css")

#: Steps of the grid that coordinates are rounded to: about thirty metres on the whole region.
_STEPS = 10_000


@dataclass(frozen=True)
class WebMap:
    """A map block as an interactive map.

    Attributes
    ----------
    capitolo : Chapter
    blocco : dict
        The map block.
    data : str
        Date of the boundaries.
    """

    capitolo: Chapter
    blocco: Block
    data: str

    @property
    def percorso(self) -> str:
        """Address of its page in the folder of the maps."""
        return f"{self.capitolo.luogo.chiave}/{self.capitolo.slug}-{self.blocco['id']}.html"

    @cached_property
    def shapes(self) -> dict[str, str]:
        """Name of each shape of the geometry it reads, by code: of a few comuni, that of all those of their ATS."""
        map_, codes = territory.load(self.data), [str(code) for code in self.blocco["territori"]]
        if self.blocco["livello"] == "comune":
            ats = {str(one) for one in map_.comuni.loc[codes, "ats"]}
            codes = list(map_.members("ats", *ats)) if len(ats) == 1 else codes
        return {code: map_.name(self.blocco["livello"], code, breve=True) for code in codes}

    @property
    def geometria(self) -> str:
        """Name of the geometry: the same for all the maps of the same territories."""
        return geometry_name(self.blocco["livello"], self.shapes, self.data)

    @property
    def elemento(self) -> str:
        """Identifier of the element that holds it."""
        return f"map_{self.blocco['id'].replace('-', '_')}"

    def legenda(self) -> list[tuple[str, str]]:
        """Return colour and words of each class, as in the static drawing; a missing value has no colour."""
        decimals = max((c["decimali"] or 0 for c in self.blocco["dati"]["colonne"]), default=0)
        classes = [blocks.Classe(**class_) for class_ in self.blocco["classi"]]
        entries = [(c.colore, f"{maps.class_text(c, decimals)} ({formats.numero(c.n)})") for c in classes]
        missing = len(self.blocco["territori"]) - len(self.blocco["classe"])
        if classes and missing:
            entries.append(("", f"dato mancante ({formats.numero(missing)})"))
        return entries

    def script(self) -> str:
        """Return the Leaflet code, as folium writes it."""
        from conciliazione_lib.publish.folium_maps import SharedShapes, folium  # heavy: most processes draw no map

        map_ = folium.Map(location=(45.6, 9.8), tiles=None, zoom_control=False, attribution_control=False)
        map_._id = self.blocco["id"].replace("-", "_")
        map_.default_js, map_.default_css = [], []
        alone = {} if len(self.shapes) == len(self.blocco["territori"]) else {"territori": self.blocco["territori"]}
        shapes = SharedShapes(
            {
                "geometria": self.geometria,
                "colori": [class_["colore"] for class_ in self.blocco["classi"]],
                "classe": self.blocco["classe"],
                "testi": self.blocco["testi"],
                "unita": self.blocco["unita"],
                **alone,
            }
        )
        shapes._id = f"forme_{map_._id}"
        shapes.add_to(map_)
        figure: Any = map_.get_root()
        figure.render()
        rows = [row.rstrip() for row in figure.script.render().splitlines()]
        return "\n".join(row for row in rows if row) + "\n"


def web_maps(chapter: Chapter, data: str) -> Iterator[WebMap]:
    """Yield every map of a chapter that shows values."""
    for block in chapter.blocchi:
        if block["tipo"] == "mappa" and block["classi"]:
            yield WebMap(chapter, block, data)


def write_of(site: Site, chapter: Chapter, maps: Path | None = None) -> None:
    """Write the maps of a chapter as pages of the site and, each complete in itself, in a folder of their own."""
    for map_ in web_maps(chapter, site.edizione.data):
        _write_script(site, site.cartella / "mappe", map_)
        site.write(
            f"mappe/{map_.percorso}",
            "mappa.html",
            titolo=f"{map_.blocco['titolo']} – {map_.capitolo.luogo.nome}",
            descrizione=map_.blocco["alt"],
            sezione="territori",
            briciole=[("Territori", "territori/index.html"), (map_.blocco["titolo"], None)],
            mappa=map_,
        )
        if maps is not None:
            _write_script(site, maps, map_)
            text = site.render("mappa_sola.html", mappa=map_, radice="../")
            site.put(maps / map_.percorso, text.encode())


def write_folder(site: Site, folder: Path) -> None:
    """Write what the maps of the folder need: it can be opened, sent, or put in another site; and their list."""
    origin = resources.files("conciliazione_lib.publish") / "static"
    for name in RESOURCES:
        site.put(folder / "risorse" / name, (origin / name).read_bytes())
    site.put(folder / "risorse" / "leaflet-licenza.txt", (origin / "licenze" / "leaflet.txt").read_bytes())
    site.put(folder / "risorse" / "colori.css", colours.css().encode())
    edizione = site.edizione
    done = [map_ for chapter in edizione.capitoli for map_ in web_maps(chapter, edizione.data)]
    site.put(folder / "index.html", site.render("mappe_sole.html", mappe=done).encode())


def _write_script(site: Site, folder: Path, map_: WebMap) -> None:
    """Write the code of a map, and the geometry it draws."""
    write_geometry(site, folder, map_.blocco["livello"], map_.shapes)
    site.put((folder / map_.percorso).with_suffix(".js"), map_.script().encode())


def geometry_name(livello: str, codes: Iterable[str], data: str) -> str:
    """Return the name of a geometry: the same for the same territories at the same date."""
    text = f"{data} {' '.join(sorted(codes))}"
    return f"{livello}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def write_geometry(site: Site, folder: Path, livello: str, names: dict[str, str]) -> str:
    """Write the shapes of some territories for the maps of a folder, once, and return the name of the geometry.

    Parameters
    ----------
    site : Site
    folder : Path
        Folder of the maps.
    livello : str
        Level of the territories.
    names : dict
        Name of each territory, by code.
    """
    data = site.edizione.data
    name = geometry_name(livello, names, data)
    file = folder / "geometrie" / f"{name}.js"
    # One that is there already, taken with a part that shows it or made for another, is not drawn again.
    content = file.read_bytes() if file.exists() else _geometry(name, livello, tuple(names.items()), data)
    site.put(file, content, of_many=True)
    return name


@lru_cache(maxsize=64)
def _geometry(nome: str, livello: str, names: tuple[tuple[str, str], ...], data: str) -> bytes:
    shapes = topology(livello, [code for code, _ in names], data, dict(names))
    return f"(window.CONFINI??={{}})[{json.dumps(nome)}]={opendata.script_json(shapes)};\n".encode()


def topology(livello: str, codes: Sequence[str], data: str, names: dict[str, str]) -> dict[str, Any]:
    """Return shapes as TopoJSON: borders shared by neighbours are written once.

    Parameters
    ----------
    livello : str
        Level of the territories.
    codes : sequence of str
        Their codes.
    data : str
        Date of the boundaries.
    names : dict
        Their names.

    Returns
    -------
    dict
        Longitude and latitude, quantised; each object has ``id`` (code) and the property ``n`` (name).
    """
    from topojson import Topology  # type: ignore[attr-defined]

    shapes = geometry.shapes(livello, data).loc[list(codes)].to_crs(4326)
    table = shapes.to_frame("geometry").assign(n=[names[str(code)] for code in shapes.index])
    outcome: dict[str, Any] = json.loads(str(Topology(table, prequantize=_STEPS, topology=True).to_json()))
    for object_ in outcome["objects"]["data"]["geometries"]:
        object_.pop("bbox", None)
    outcome.pop("bbox", None)
    return outcome
