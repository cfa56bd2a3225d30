"""From a name to a page: the comuni, the ambiti, and the search of the whole site."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any

import pandas as pd

import conciliazione_lib.publish.addresses as addresses
import conciliazione_lib.publish.opendata as opendata
import conciliazione_lib.publish.profiles as profiles
import conciliazione_lib.publish.words as words
from conciliazione_lib import territory
from conciliazione_lib.evidence import Place, formats
from conciliazione_lib.publish.selection import PER_COMUNE
from conciliazione_lib.publish.site import Site
from conciliazione_lib.publish.territory_names import full_name, place_of
from conciliazione_lib.publish.territory_pages import comuni_of
from conciliazione_lib.region import REGION
from conciliazione_lib.territory import DEDUCED, PROVINCE, Territory

#: How much of the list of an ambito's comuni was read in a source.
STATES = MappingProxyType(
    {
        "completo": "L'elenco dei comuni è completo.",
        "parziale": "L'elenco dei comuni è incompleto: ne è stata letta in una fonte solo una parte.",
    }
)


def write(site: Site) -> None:
    """Write the comune finder, the ambiti and the search."""
    write_comuni(site)
    write_ambiti(site)
    write_search(site)


def write_comuni(site: Site) -> None:
    """Write the list of the comuni."""
    map_ = territory.load(site.edizione.data)
    codes = [("comune", str(code)) for code in map_.comuni.index]
    columns = []
    for id in PER_COMUNE:
        period, figure = site.figures.side_by_side(id, codes)
        if period:
            columns.append(
                (site.indicatori[id], formats.periodo(period), dict(zip(map_.comuni.index, figure, strict=True)))
            )
    rows = []
    for code, row in map_.comuni.sort_values("nome", key=lambda names: names.map(fold)).iterrows():
        rows.append(
            {
                "codice": code,
                "nome": row["nome"],
                "provincia": PROVINCE[row["provincia"]],
                "ats": _place(map_, "ats", row["ats"]),
                "ambito": _place(map_, "ambito", row["ambito"]),
                "dedotto": row["ambito_grado"] == DEDUCED,
                "indizio": _place(map_, "ambito", row["ambito_indizio"]),
                "figure": [figure[code] for _, _, figure in columns],
            }
        )
    site.write(
        "comuni/index.html",
        "comuni.html",
        titolo="Trova il comune",
        descrizione=f"Per ogni comune {REGION.di}: ATS, ambito territoriale e principali indicatori.",
        sezione="comuni",
        kind="pagina",
        briciole=[("Comuni", None)],
        righe=rows,
        colonne=[(entry.nome_breve, formats.unita(entry.unita).estesa, period) for entry, period, _ in columns],
        intervalli=any(one_figure.guessed for row in rows for one_figure in row["figure"] if one_figure),
        data=formats.data(site.edizione.data),
        pubblicati={place.chiave for place in site.edizione.luoghi},
        profili=site.edizione.archivio is not None,
        numero=lambda one_figure: one_figure.number,
        indirizzo=site.address,
    )


def write_ambiti(site: Site) -> None:
    """Write the sheet of each ambito of the ATS that are published, unless its own chapters make one."""
    map_ = territory.load(site.edizione.data)
    edizione = site.edizione
    own = {place.codice for place in edizione.luoghi if place.livello == "ambito"}
    published = {place.codice: place for place in edizione.luoghi if place.livello == "ats"}
    one_profiles = _profiles(site, map_, own, published)
    listing = []
    for code, row in map_.ambiti.iterrows():
        ats = published.get(row["ats"])
        if ats is None:
            continue
        place = Place("ambito", str(code), str(row["nome"]))
        comuni = comuni_of(map_, place)
        listing.append((place, ats, len(comuni), str(row["stato"])))
        if place.codice in own:
            continue
        full = full_name(place)
        site.write(
            addresses.place(place),
            "ambito.html",
            titolo=full,
            descrizione=f"{full}: comuni e indicatori.",
            sezione="territori",
            kind="territorio",
            search=f"Ambito, ATS {ats.nome}",
            briciole=[("Territori", "territori/index.html"), ("Ambiti", "ambiti/index.html"), (full, None)],
            nome_pieno=full,
            luogo=place,
            ats=ats,
            comuni=comuni,
            stato=STATES.get(str(row["stato"]), "L'elenco dei comuni non è stato letto in nessuna fonte."),
            attestato=None if pd.isna(row["attestato"]) else str(row["attestato"]),
            nota=None if pd.isna(row["note"]) else str(row["note"]),
            dedotti=set(map_.comuni.index[map_.comuni["ambito_grado"] == DEDUCED]),
            indizi=formats.elenco(list(map_.comuni.loc[map_.comuni["ambito_indizio"] == code, "nome"])),
            profilo=one_profiles[place] if one_profiles is not None else None,
            indirizzo=site.address,
        )
    if listing:
        site.write(
            "ambiti/index.html",
            "ambiti.html",
            titolo="Ambiti territoriali",
            descrizione=f"Gli ambiti territoriali (Piani di zona) {REGION.di}, per ATS.",
            sezione="territori",
            kind="pagina",
            briciole=[("Territori", "territori/index.html"), ("Ambiti", None)],
            gruppi=[(ats, [v for v in listing if v[1] == ats]) for ats in published.values()],
        )


def _profiles(
    site: Site, map_: Territory, own: Collection[str], published: Collection[str]
) -> Mapping[Place, profiles.Profile] | None:
    """Return the profiles of the ambiti without chapters, and write the files with their rows."""
    if site.edizione.archivio is None:
        return None
    listing = [
        Place("ambito", str(code), str(row["nome"]))
        for code, row in map_.ambiti.iterrows()
        if row["ats"] in published and code not in own
    ]
    reader = profiles.Profiles(site, listing)
    for place in listing:
        reader.write_rows(place)
    return {place: reader.of(place) for place in listing}


def write_search(site: Site) -> None:
    """Write the search page and its index, from the pages written before: kind, title, detail, address, other words."""
    map_ = territory.load(site.edizione.data)
    entries = [
        [entry.genere, entry.titolo, entry.dettaglio, entry.percorso, other_words(f"{entry.titolo} {entry.dettaglio}")]
        for entry in site.pagine
    ]
    for code, row in map_.comuni.iterrows():
        ats = map_.name("ats", str(row["ats"]), breve=True)
        if site.edizione.archivio is None:
            place = place_of(map_, "comune", str(code))
            entries.append(["comune", row["nome"], f"comune, ATS {ats}", site.address(place), ""])
    for name, present in _former_names(map_).items():
        today = place_of(map_, "comune", present)
        entries.append(["comune", name, f"oggi {today.nome}", site.address(today), ""])
    profiles.write_places(site)
    site.write_text("risorse/indice-ricerca.js", f"window.INDICE_RICERCA={opendata.script_json(entries)};\n")
    site.write(
        "cerca.html",
        "cerca.html",
        titolo="Cerca",
        descrizione="Cerca tra pagine, comuni, indicatori e azioni.",
        briciole=[("Cerca", None)],
    )


def _former_names(map_: Territory) -> dict[str, str]:
    """Return the names that comuni had before a merger or a change, with the code of the comune that has them now."""
    table = map_.fusioni.tabella
    present = set(map_.comuni.index)
    names = set(map_.comuni["nome"])
    return {
        str(row["nome_prima"]): str(row["cod_dopo"])
        for _, row in table.iterrows()
        if row["cod_dopo"] in present and row["nome_prima"] not in names
    }


def other_words(testo: str) -> str:
    """Return the other words people use for what a text is about, from the glossary of the search."""
    one_words = set(re.findall(r"[a-z0-9]+", fold(testo)))
    others = {other for group in words.SYNONYMS if one_words & set(group) for other in group}
    return " ".join(sorted(others - one_words))


def fold(testo: str) -> str:
    """Return text without accents and case, for sorting and searching."""
    return unicodedata.normalize("NFKD", testo).encode("ascii", "ignore").decode().casefold()


def _place(map_: Territory, livello: str, codice: Any) -> Place | None:
    return None if pd.isna(codice) else Place(livello, str(codice), map_.name(livello, str(codice), breve=True))
