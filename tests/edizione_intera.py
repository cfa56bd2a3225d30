"""A small edition as a build leaves it: store, executed chapters in their places, site, maps, documents, manifest."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
from piccola_edizione import CONFIG, DATA, risultati

from conciliazione_lib import territory
from conciliazione_lib.build.model import ChapterResult
from conciliazione_lib.build.publication import seal
from conciliazione_lib.evidence import Ledger, statements, store, writing
from conciliazione_lib.evidence import load as registro_indicatori
from conciliazione_lib.publish import edition
from conciliazione_lib.publish.public_site import Publication


def archivio(registro: Ledger, cartella: Path) -> None:
    """Write the store that has the figures of a ledger."""
    righe = [
        {
            **dict.fromkeys(writing.COLUMNS),
            **{"indicatore": f.indicator, "livello": f.territory.livello, "territorio": f.territory.codice},
            **{"periodo": f.period, "per": "", "valore": f.value, "inferiore": f.lower, "superiore": f.upper},
            **{"confidenza": f.confidence, "stato": f.state, "motivo": f.note, "grado": f.grade},
            **{"imputata": f.imputed, "metodo": f.method, "ingressi": "", "riferimento": True},
            "termini": json.dumps(dict(f.terms)) if f.terms else "",
        }
        for f in registro
    ]
    vuota = writing.empty()
    figure = pd.DataFrame(righe)[list(vuota.columns)].astype(vuota.dtypes.to_dict())
    figure = figure.sort_values(list(writing.KEY), ignore_index=True)
    mappa = territory.load(DATA)
    codici = {livello: frozenset(mappa.codes(livello)) for livello in territory.LIVELLI}
    detti = statements.decide(
        figure,
        registro_indicatori(),
        lambda livello, c, di: mappa.parent(livello, c, di) if c in codici[livello] else None,
    )
    nomi = sorted(figure["indicatore"].unique())
    contenuto = store.Content(figure, detti, analyses={"prova": nomi}, data=DATA)
    store.write(contenuto, cartella / "archivio")
    for file in (cartella / "archivio").iterdir():
        shutil.move(file, cartella / file.name)
    (cartella / "archivio").rmdir()


def pubblica(cartella: Path) -> Path:
    """Make the edition under a folder, and return ``reports/2022``."""
    albero = cartella / "reports" / "2022"
    fatti = []
    for r in risultati(_nuova(cartella / "capitoli")):
        file = albero / "notebook" / r.livello / r.territorio / f"{r.capitolo}.ipynb"
        file.parent.mkdir(parents=True, exist_ok=True)
        if r.stato == "fatto":
            shutil.copyfile(r.notebook, file)
        fatti.append(ChapterResult(r.capitolo, r.livello, r.territorio, r.nome_territorio, file, r.stato, r.errore))
    archivio(edition.read(fatti, CONFIG).ledger, albero)
    parti = Publication(albero, edition.read(fatti, CONFIG, albero), cartella)
    for nome in parti.parts():
        parti.make(nome)
    (cartella / "maps").mkdir()
    shutil.move(albero / "maps", cartella / "maps" / "2022")
    seal(cartella / "maps" / "2022", "prova")
    seal(albero, "prova")
    return albero


def _nuova(cartella: Path) -> Path:
    cartella.mkdir(parents=True)
    return cartella
