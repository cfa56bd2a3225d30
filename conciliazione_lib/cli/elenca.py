"""``conciliazione elenca``: what there is to choose from — editions, territories, chapters, tables."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from conciliazione_lib.build.project import configuration
from conciliazione_lib.cli.italiano import App

if TYPE_CHECKING:
    from conciliazione_lib.build.config import Config
    from conciliazione_lib.territory import Territory

app = App()

Entries = list[dict[str, Any]]

TITLES = MappingProxyType(
    {
        "edizioni": "Edizioni",
        "territori": "Territori",
        "ambiti": "Ambiti territoriali",
        "capitoli": "Capitoli",
        "tabelle": "Tabelle di dati",
    }
)


def _edizioni(config: Config) -> Entries:
    return [
        {"edizione": name, "titolo": e.titolo, "data": e.data, "scelta": name == config.edizione}
        for name, e in config.edizioni.items()
    ]


def _geography(config: Config) -> Territory:
    from conciliazione_lib import territory

    return territory.load(data=config.edizioni[config.edizione].data)


def _territori(config: Config) -> Entries:
    geography = _geography(config)
    return [
        {"livello": level, "codice": code, "nome": geography.name(level, code)}
        for level in ("regione", "ats")
        for code in geography.codes(level)
    ]


def _ambiti(config: Config) -> Entries:
    geography = _geography(config)
    return [
        {"codice": code, "nome": geography.name("ambito", code), "ats": geography.parent("ambito", code, "ats")}
        for code in geography.codes("ambito")
    ]


def _chapters(config: Config) -> Entries:
    return [{"capitolo": c.id, "titolo": c.titolo, "livelli": c.livelli} for c in config.capitoli]


def _tables(config: Config) -> Entries:
    from conciliazione_lib import catalog

    entries: Entries = []
    for name in catalog.names():
        versions = catalog.versions(name)
        if not versions:
            entries.append({"tabella": name, "data": None, "titolo": catalog.spec(name).title, "origine": None})
        entries.extend(
            {
                "tabella": name,
                "data": version.data_riferimento,
                "titolo": version.titolo,
                "origine": version.origine,
                "provvisoria": version.provvisorio,
                "stato": version.stato,
                "fonte": version.fonte,
                "licenza": version.licenza,
            }
            for version in versions
        )
    return entries


def _row(thing: str, voce: dict[str, Any]) -> tuple[str, str]:
    """Return what identifies an item and what explains it."""
    if thing == "edizioni":
        return voce["edizione"], f"{voce['titolo']}, dati al {voce['data']}" + (" (scelta)" if voce["scelta"] else "")
    if thing == "territori":
        return voce["codice"], voce["nome"]
    if thing == "ambiti":
        return voce["codice"], f"{voce['nome']} ({'ATS ' + voce['ats'] if voce['ats'] else 'comuni non noti'})"
    if thing == "capitoli":
        return voce["capitolo"], f"{voce['titolo']} (per {', '.join(voce['livelli'])})"
    if voce["origine"] is None:
        return voce["tabella"], f"{voce['titolo']} (da importare)"
    status = f", {voce['stato']}" if voce["provvisoria"] else ""
    return f"{voce['tabella']} {voce['data']}", f"{voce['titolo']}. {voce['fonte']} ({voce['origine']}{status})"


@app.italian_command()
def elenca(
    cosa: Annotated[
        Literal["edizioni", "territori", "ambiti", "capitoli", "tabelle"] | None,
        typer.Argument(help="Che cosa elencare; se manca, tutto.", show_default=False),
    ] = None,
    edizione: Annotated[str | None, typer.Option(help="Edizione a cui riferirsi; se manca, quella scelta.")] = None,
    in_json: Annotated[bool, typer.Option("--json", help="Scrive l'elenco in formato JSON.")] = False,
) -> None:
    """Elenca edizioni, territori, capitoli e tabelle di dati."""
    config = configuration(edizione)
    sources = {
        "edizioni": _edizioni,
        "territori": _territori,
        "ambiti": _ambiti,
        "capitoli": _chapters,
        "tabelle": _tables,
    }
    listings = {name: source(config) for name, source in sources.items() if cosa in (None, name)}
    if in_json:
        typer.echo(json.dumps(listings, ensure_ascii=False, indent=2))
        return
    for name, entries in listings.items():
        if name == "ambiti" and cosa is None:
            typer.echo(f"{TITLES[name]}: {len(entries)}; con «conciliazione elenca ambiti» sono elencati.\n")
            continue
        rows = [_row(name, entry) for entry in entries]
        width = max((len(code) for code, _ in rows), default=0)
        typer.echo(f"{TITLES[name]}:")
        for code, explanation in rows:
            typer.echo(f"  {code:<{width}}  {explanation}")
        typer.echo()
