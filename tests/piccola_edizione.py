"""A small edition for tests: four territories and three chapters, made by the library itself, without kernels."""

from __future__ import annotations

import functools
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import nbformat
import pandas as pd
import quaderni
from quaderni import part

from conciliazione_lib import catalog, evidence, territory
from conciliazione_lib.build.config import Config
from conciliazione_lib.build.model import ChapterResult
from conciliazione_lib.evidence import Ledger, Store, statements, store, writing
from conciliazione_lib.evidence import load as registro_indicatori
from conciliazione_lib.publish import changes, edition, extras, public_site, site
from conciliazione_lib.publish.selection import Archive
from conciliazione_lib.quality import editions
from conciliazione_lib.report import Capitolo, charts

DATA = "2022-01-01"
TERRITORI = ("lombardia", "insubria", "pavia")
CONFIG = Config.model_validate(
    {
        "edizione": "2022",
        "edizioni": {"2022": {"titolo": "Edizione di prova", "data": DATA}},
        "capitoli": [
            {"id": "02_demografia", "titolo": "La demografia", "notebook": "a.ipynb", "livelli": ["ats"]},
            {"id": "03_lavoro", "titolo": "Il lavoro", "notebook": "b.ipynb", "livelli": ["ats"]},
            {"id": "scheda_ambito", "titolo": "Scheda dell'ambito", "notebook": "c.ipynb", "livelli": ["ambito"]},
        ],
    }
)


def outcomes_of(folder: Path) -> list[ChapterResult]:
    """Return the chapters of the edition, their executed notebooks written in a folder.

    The second chapter has failed everywhere: its page must say so.
    """
    outcome = []
    for territorio in TERRITORI:
        c = _told(territorio)
        file = folder / f"{territorio}.ipynb"
        notebook(c, file)
        comuni = {"livello": c.t.livello, "territorio": territorio, "nome_territorio": c.t.nome, "notebook": file}
        outcome.append(ChapterResult("02_demografia", stato="fatto", **comuni))
        error = "Manca la tabella «occupazione».\nChe cosa fare: importarla."
        outcome.append(ChapterResult("03_lavoro", stato="fallito", errore=error, **comuni))
    c, file = _card("luino"), folder / "luino.ipynb"
    notebook(c, file)
    outcome.append(ChapterResult("scheda_ambito", "ambito", "luino", c.t.nome, file, "fatto"))
    return outcome


def notebook(c: Capitolo, file: Path) -> None:
    """Write a chapter as the notebook that would have shown it."""
    outputs = [nbformat.v4.new_output("display_data", data=block._repr_mimebundle_()) for block in c.blocchi]
    cells = [
        nbformat.v4.new_markdown_cell(
            "Da dove viene la popolazione e come cambia: sono le domande di questo capitolo."
        ),
        nbformat.v4.new_code_cell("…", outputs=outputs),
        nbformat.v4.new_markdown_cell("Nota di lavoro.", metadata={"tags": ["nascosto"]}),
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), file)


def indices(c: Capitolo, popolazione: pd.DataFrame, livello: str) -> pd.DataFrame:
    """Return residents and ageing index of the territories of a level."""
    sums = c.territorio.aggregate(popolazione, to=livello)
    sums = sums[sums["territorio"] != "non-attribuito"]
    by = sums.groupby("territorio")["residenti"].sum().to_frame("residenti")
    elders = sums[sums["eta"] >= 65].groupby("territorio")["residenti"].sum()
    young = sums[sums["eta"] < 15].groupby("territorio")["residenti"].sum()
    by = by.assign(residenti_65_piu=elders, residenti_0_14=young, indice_vecchiaia=100 * elders / young)
    return by.assign(livello=livello).reset_index()


def chapter(territorio: str) -> Capitolo:
    """Write a chapter with every kind of block."""
    with patch("IPython.display.display"):
        c = Capitolo.apri("02_demografia", territorio=territorio, data=DATA, edizione="2022", titolo="La demografia")
        table = catalog.table("popolazione", data=DATA)
        by_level = {v: indices(c, table.frame, v) for v in ("regione", "ats", "ambito", "comune")}
        own = c.territorio.members(c.t.livello, c.t.codice) if territorio != "lombardia" else []
        by_level["comune"] = by_level["comune"].loc[lambda rows: rows["territorio"].isin(own)]
        f = c.cifre(pd.concat(by_level.values()), periodo=DATA, ingressi=[table])
        c.riquadro("sintesi", "Da sapere", "- Gli abitanti {{ di(t) }} sono {{ f.residenti }}.", f=f)
        c.titolo_sezione("La popolazione")
        c.testo(
            "I residenti {{ in_(t) }} sono {{ f.residenti }}; l'indice di vecchiaia è {{ f.indice_vecchiaia }}.", f=f
        )
        if territorio != "lombardia":
            c.testo("È un valore {{ confronto(f.indice_vecchiaia, 'lombardia') }}.", f=f)
        ats = by_level["ats"]
        c.tabella(ats, id="tab-ats", titolo="Indici delle ATS", cifre=f, fonte="ISTAT, popolazione residente")
        values = ats.set_index("territorio")["indice_vecchiaia"].rename(lambda code: c.luogo("ats", code).nome)
        c.grafico(
            charts.barre(values, unita="per 100 residenti con 0–14 anni"),
            id="fig-ats",
            titolo="Indice di vecchiaia delle ATS",
            alt="Barre ordinate: Pavia ha il valore più alto, Bergamo il più basso.",
            dati=ats[["territorio", "livello", "indice_vecchiaia"]],
            cifre=f,
        )
        c.titolo_sezione("I territori")
        if territorio != "lombardia":
            ambiti = by_level["ambito"].loc[lambda r: r["territorio"].isin(_ambiti(c))]
            c.tabella(ambiti, id="tab-ambiti", titolo="Indici degli ambiti", cifre=f)
        level = "ats" if territorio == "lombardia" else "comune"
        c.mappa(
            f,
            livello=level,
            indicatore="indice_vecchiaia",
            id="map-vecchiaia",
            titolo="Indice di vecchiaia nel territorio",
            alt="Mappa: i valori sono nella tabella.",
        )
        c.manca(
            "Posti nido per comune",
            effetto="Non si dice quanti ne manchino.",
            chi="i gestori dei nidi",
            modello="servizi_offerta",
        )
        c.riquadro("nota", "Da sapere", "Le elaborazioni sono **nostre**.")
        c.chiudi()
    return c


def _ambiti(c: Capitolo) -> list[str]:
    listing = c.territorio.ambiti
    return listing[listing["ats"] == c.t.codice].index.tolist()


def card(codice: str) -> Capitolo:
    """Write the sheet of an ambito."""
    with patch("IPython.display.display"):
        c = Capitolo.apri(
            "scheda_ambito",
            territorio=codice,
            livello="ambito",
            data=DATA,
            edizione="2022",
            titolo="Scheda dell'ambito",
        )
        table = catalog.table("popolazione", data=DATA)
        f = c.cifre(indices(c, table.frame, "ambito"), periodo=DATA, ingressi=[table])
        c.testo("Vi abitano {{ f.residenti }} persone.", f=f)
        c.chiudi()
    return c


def archive(registry: Ledger, folder: Path) -> None:
    """Write the store that has the figures of a ledger."""
    rows = [
        {
            **dict.fromkeys(writing.COLUMNS),
            **{"indicatore": f.indicator, "livello": f.territory.livello, "territorio": f.territory.codice},
            **{"periodo": f.period, "per": "", "valore": f.value, "inferiore": f.lower, "superiore": f.upper},
            **{"confidenza": f.confidence, "stato": f.state, "motivo": f.note, "grado": f.grade},
            **{"imputata": f.imputed, "metodo": f.method, "ingressi": "", "riferimento": True},
            "termini": json.dumps(dict(f.terms)) if f.terms else "",
        }
        for f in registry
    ]
    rows += _suddivisioni(rows)
    empty = writing.empty()
    figure = pd.DataFrame(rows)[list(empty.columns)].astype(empty.dtypes.to_dict())
    figure = figure.sort_values(list(writing.KEY), ignore_index=True)
    map_ = territory.load(DATA)
    codes = {level: frozenset(map_.codes(level)) for level in territory.ALL_LEVELS}
    said = statements.decide(
        figure,
        registro_indicatori(),
        lambda level, c, of: map_.parent(level, c, of) if c in codes[level] else None,
    )
    names = sorted(figure["indicatore"].unique())
    content = store.Content(figure, said, analyses={"prova": names}, data=DATA)
    store.write(content, folder / "archivio")
    for file in (folder / "archivio").iterdir():
        shutil.move(file, folder / file.name)
    (folder / "archivio").rmdir()


def _suddivisioni(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows by breakdown: of residents, by age; of an indicator that has nothing else, by type of service.

    Ambiti and comuni have an earlier ageing index too.
    """
    found = []
    for row in rows:
        age = {"residenti_0_14": "eta=0-14", "residenti_65_piu": "eta=65 e più"}.get(row["indicatore"])
        if age and row["livello"] in ("ats", "ambito"):
            found.append({**row, "indicatore": "residenti", "per": age})
        if row["indicatore"] == "indice_vecchiaia" and row["livello"] in ("ambito", "comune"):
            earlier = {"periodo": "2020-01-01", "valore": row["valore"] - 10, "riferimento": False}
            found.append({**row, **earlier})
        if row["indicatore"] == "indice_vecchiaia" and row["livello"] in ("ats", "ambito"):
            comuni = {"indicatore": "quota_comuni_senza_servizio", "termini": "", "inferiore": None, "superiore": None}
            for n, service in enumerate(("cdi", "rsa")):
                value = {"valore": (row["valore"] + 37 * n) % 100}
                if n and row["territorio"] == "pavia":
                    value = {"valore": None, "stato": "non_disponibile", "motivo": "L'elenco non dice il tipo."}
                found.append({**row, **comuni, **value, "per": f"tipo={service}"})
    return found


def publish(folder: Path) -> Path:
    """Publish the edition in a folder, documents apart, and return the folder.

    An earlier edition had another number of residents in one ATS: the site says what changed.
    """
    result = outcomes_of(folder)
    archive(edition.read(result, CONFIG).ledger, folder)
    edizione = edition.read(result, CONFIG, folder)
    registry = Ledger.from_dict(edizione.ledger.to_dict())
    key = f"residenti.pavia.{DATA}"
    registry.figures[key] = registry[key].with_value(500_000.0)
    before = editions.describe("2021", registry, evidence.load(), territory.load(DATA))
    public_site.build(folder / "sito", edizione, folder / "maps", changes.compare(edizione, before))
    _repertory(folder / "sito", edizione)
    edizione.ledger.save(folder / "cifre.json")
    changes.describe(edizione).save(folder)
    return folder


def _repertory(given_site: Path, edizione: edition.Edition) -> None:
    """Write the page of the actions, as an edition whose outcomes were analysed has it."""
    outcomes = Archive(Store(_actions()), quaderni.DATA)
    extras.write(site.Site(given_site, replace(edizione, archivio=outcomes)))


#: Written once by each process, for as many editions as it makes of them.
_told, _card, _actions = functools.cache(chapter), functools.cache(card), functools.cache(lambda: part("esiti"))
