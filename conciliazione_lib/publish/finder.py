"""From a name to a page: the comuni, the ambiti, and the search of the whole site."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any

import pandas as pd

from conciliazione_lib import territory
from conciliazione_lib.evidence import Place, formats
from conciliazione_lib.publish import addresses, opendata, profiles, words
from conciliazione_lib.publish.edition import PER_COMUNE
from conciliazione_lib.publish.site import Site
from conciliazione_lib.publish.territory_names import full_name, place_of
from conciliazione_lib.publish.territory_pages import comuni_of
from conciliazione_lib.territory import DEDOTTO, PROVINCE, Territory

#: How much of the list of an ambito's comuni was read in a source.
STATI = MappingProxyType(
    {
        "completo": "L'elenco dei comuni è completo.",
        "parziale": "L'elenco dei comuni è incompleto: ne è stata letta in una fonte solo una parte.",
    }
)


def write(sito: Site) -> None:
    """Write the comune finder, the ambiti and the search."""
    write_comuni(sito)
    write_ambiti(sito)
    write_search(sito)


def write_comuni(sito: Site) -> None:
    """Write the list of the comuni."""
    mappa = territory.load(sito.edizione.data)
    codici = [("comune", str(codice)) for codice in mappa.comuni.index]
    colonne = []
    for id in PER_COMUNE:
        periodo, figure = sito.figures.side_by_side(id, codici)
        if periodo:
            colonne.append(
                (sito.indicatori[id], formats.periodo(periodo), dict(zip(mappa.comuni.index, figure, strict=True)))
            )
    righe = []
    for codice, riga in mappa.comuni.sort_values("nome", key=lambda nomi: nomi.map(fold)).iterrows():
        righe.append(
            {
                "codice": codice,
                "nome": riga["nome"],
                "provincia": PROVINCE[riga["provincia"]],
                "ats": _place(mappa, "ats", riga["ats"]),
                "ambito": _place(mappa, "ambito", riga["ambito"]),
                "dedotto": riga["ambito_grado"] == DEDOTTO,
                "indizio": _place(mappa, "ambito", riga["ambito_indizio"]),
                "figure": [figure[codice] for _, _, figure in colonne],
            }
        )
    sito.write(
        "comuni/index.html",
        "comuni.html",
        titolo="Trova il comune",
        descrizione="Per ogni comune della Lombardia: ATS, ambito territoriale e principali indicatori.",
        sezione="comuni",
        genere="pagina",
        briciole=[("Comuni", None)],
        righe=righe,
        colonne=[(voce.nome_breve, formats.unita(voce.unita).estesa, periodo) for voce, periodo, _ in colonne],
        intervalli=any(figura.guessed for riga in righe for figura in riga["figure"] if figura),
        data=formats.data(sito.edizione.data),
        pubblicati={luogo.chiave for luogo in sito.edizione.luoghi},
        profili=sito.edizione.archivio is not None,
        numero=lambda figura: figura.number,
        indirizzo=sito.address,
    )


def write_ambiti(sito: Site) -> None:
    """Write the sheet of each ambito of the ATS that are published, unless its own chapters make one."""
    mappa = territory.load(sito.edizione.data)
    edizione = sito.edizione
    propri = {luogo.codice for luogo in edizione.luoghi if luogo.livello == "ambito"}
    pubblicate = {luogo.codice: luogo for luogo in edizione.luoghi if luogo.livello == "ats"}
    profili = _profiles(sito, mappa, propri, pubblicate)
    elenco = []
    for codice, riga in mappa.ambiti.iterrows():
        ats = pubblicate.get(riga["ats"])
        if ats is None:
            continue
        luogo = Place("ambito", str(codice), str(riga["nome"]))
        comuni = comuni_of(mappa, luogo)
        elenco.append((luogo, ats, len(comuni), str(riga["stato"])))
        if luogo.codice in propri:
            continue
        pieno = full_name(luogo)
        sito.write(
            addresses.luogo(luogo),
            "ambito.html",
            titolo=pieno,
            descrizione=f"{pieno}: comuni e indicatori.",
            sezione="territori",
            genere="territorio",
            cerca=f"Ambito, ATS {ats.nome}",
            briciole=[("Territori", "territori/index.html"), ("Ambiti", "ambiti/index.html"), (pieno, None)],
            nome_pieno=pieno,
            luogo=luogo,
            ats=ats,
            comuni=comuni,
            stato=STATI.get(str(riga["stato"]), "L'elenco dei comuni non è stato letto in nessuna fonte."),
            attestato=None if pd.isna(riga["attestato"]) else str(riga["attestato"]),
            nota=None if pd.isna(riga["note"]) else str(riga["note"]),
            dedotti=set(mappa.comuni.index[mappa.comuni["ambito_grado"] == DEDOTTO]),
            indizi=formats.elenco(list(mappa.comuni.loc[mappa.comuni["ambito_indizio"] == codice, "nome"])),
            profilo=profili[luogo] if profili is not None else None,
            indirizzo=sito.address,
        )
    if elenco:
        sito.write(
            "ambiti/index.html",
            "ambiti.html",
            titolo="Ambiti territoriali",
            descrizione="Gli ambiti territoriali (Piani di zona) della Lombardia, per ATS.",
            sezione="territori",
            genere="pagina",
            briciole=[("Territori", "territori/index.html"), ("Ambiti", None)],
            gruppi=[(ats, [v for v in elenco if v[1] == ats]) for ats in pubblicate.values()],
        )


def _profiles(
    sito: Site, mappa: Territory, propri: Collection[str], pubblicate: Collection[str]
) -> Mapping[Place, profiles.Profile] | None:
    """Return the profiles of the ambiti without chapters, and write the files with their rows."""
    if sito.edizione.archivio is None:
        return None
    elenco = [
        Place("ambito", str(codice), str(riga["nome"]))
        for codice, riga in mappa.ambiti.iterrows()
        if riga["ats"] in pubblicate and codice not in propri
    ]
    lettore = profiles.Profiles(sito, elenco)
    for luogo in elenco:
        lettore.write_rows(luogo)
    return {luogo: lettore.of(luogo) for luogo in elenco}


def write_search(sito: Site) -> None:
    """Write the search page and its index, from the pages written before: kind, title, detail, address, other words."""
    mappa = territory.load(sito.edizione.data)
    voci = [
        [voce.genere, voce.titolo, voce.dettaglio, voce.percorso, other_words(f"{voce.titolo} {voce.dettaglio}")]
        for voce in sito.pagine
    ]
    for codice, riga in mappa.comuni.iterrows():
        ats = mappa.name("ats", str(riga["ats"]), breve=True)
        if sito.edizione.archivio is None:
            luogo = place_of(mappa, "comune", str(codice))
            voci.append(["comune", riga["nome"], f"comune, ATS {ats}", sito.address(luogo), ""])
    for nome, attuale in _former_names(mappa).items():
        oggi = place_of(mappa, "comune", attuale)
        voci.append(["comune", nome, f"oggi {oggi.nome}", sito.address(oggi), ""])
    profiles.write_places(sito)
    sito.write_text("risorse/indice-ricerca.js", f"window.INDICE_RICERCA={opendata.script_json(voci)};\n")
    sito.write(
        "cerca.html",
        "cerca.html",
        titolo="Cerca",
        descrizione="Cerca tra pagine, comuni, indicatori e azioni.",
        briciole=[("Cerca", None)],
    )


def _former_names(mappa: Territory) -> dict[str, str]:
    """Return the names that comuni had before a merger or a change, with the code of the comune that has them now."""
    tabella = mappa.fusioni.tabella
    presenti = set(mappa.comuni.index)
    nomi = set(mappa.comuni["nome"])
    return {
        str(riga["nome_prima"]): str(riga["cod_dopo"])
        for _, riga in tabella.iterrows()
        if riga["cod_dopo"] in presenti and riga["nome_prima"] not in nomi
    }


def other_words(testo: str) -> str:
    """Return the other words people use for what a text is about, from the glossary of the search."""
    parole = set(re.findall(r"[a-z0-9]+", fold(testo)))
    altre = {altra for gruppo in words.SINONIMI if parole & set(gruppo) for altra in gruppo}
    return " ".join(sorted(altre - parole))


def fold(testo: str) -> str:
    """Return text without accents and case, for sorting and searching."""
    return unicodedata.normalize("NFKD", testo).encode("ascii", "ignore").decode().casefold()


def _place(mappa: Territory, livello: str, codice: Any) -> Place | None:
    return None if pd.isna(codice) else Place(livello, str(codice), mappa.name(livello, str(codice), breve=True))
