"""``conciliazione elenca``: what there is to choose from — editions, territories, chapters, tables."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from conciliazione_lib.build.project import configurazione
from conciliazione_lib.cli.italiano import App

if TYPE_CHECKING:
    from conciliazione_lib.build.config import Config
    from conciliazione_lib.territory import Territory

app = App()

Voci = list[dict[str, Any]]

TITOLI = MappingProxyType(
    {
        "edizioni": "Edizioni",
        "territori": "Territori",
        "ambiti": "Ambiti territoriali",
        "capitoli": "Capitoli",
        "tabelle": "Tabelle di dati",
    }
)


def _edizioni(config: Config) -> Voci:
    return [
        {"edizione": nome, "titolo": e.titolo, "data": e.data, "scelta": nome == config.edizione}
        for nome, e in config.edizioni.items()
    ]


def _geografia(config: Config) -> Territory:
    from conciliazione_lib import territory

    return territory.load(data=config.edizioni[config.edizione].data)


def _territori(config: Config) -> Voci:
    geografia = _geografia(config)
    return [
        {"livello": livello, "codice": codice, "nome": geografia.name(livello, codice)}
        for livello in ("regione", "ats")
        for codice in geografia.codes(livello)
    ]


def _ambiti(config: Config) -> Voci:
    geografia = _geografia(config)
    return [
        {"codice": codice, "nome": geografia.name("ambito", codice), "ats": geografia.parent("ambito", codice, "ats")}
        for codice in geografia.codes("ambito")
    ]


def _capitoli(config: Config) -> Voci:
    return [{"capitolo": c.id, "titolo": c.titolo, "livelli": c.livelli} for c in config.capitoli]


def _tabelle(config: Config) -> Voci:
    from conciliazione_lib import catalog

    voci: Voci = []
    for nome in catalog.names():
        versioni = catalog.versions(nome)
        if not versioni:
            voci.append({"tabella": nome, "data": None, "titolo": catalog.spec(nome).title, "origine": None})
        voci.extend(
            {
                "tabella": nome,
                "data": versione.data_riferimento,
                "titolo": versione.titolo,
                "origine": versione.origine,
                "provvisoria": versione.provvisorio,
                "stato": versione.stato,
                "fonte": versione.fonte,
                "licenza": versione.licenza,
            }
            for versione in versioni
        )
    return voci


def _riga(cosa: str, voce: dict[str, Any]) -> tuple[str, str]:
    """Return what identifies an item and what explains it."""
    if cosa == "edizioni":
        return voce["edizione"], f"{voce['titolo']}, dati al {voce['data']}" + (" (scelta)" if voce["scelta"] else "")
    if cosa == "territori":
        return voce["codice"], voce["nome"]
    if cosa == "ambiti":
        return voce["codice"], f"{voce['nome']} ({'ATS ' + voce['ats'] if voce['ats'] else 'comuni non noti'})"
    if cosa == "capitoli":
        return voce["capitolo"], f"{voce['titolo']} (per {', '.join(voce['livelli'])})"
    if voce["origine"] is None:
        return voce["tabella"], f"{voce['titolo']} (da importare)"
    stato = f", {voce['stato']}" if voce["provvisoria"] else ""
    return f"{voce['tabella']} {voce['data']}", f"{voce['titolo']}. {voce['fonte']} ({voce['origine']}{stato})"


@app.comando()
def elenca(
    cosa: Annotated[
        Literal["edizioni", "territori", "ambiti", "capitoli", "tabelle"] | None,
        typer.Argument(help="Che cosa elencare; se manca, tutto.", show_default=False),
    ] = None,
    edizione: Annotated[str | None, typer.Option(help="Edizione a cui riferirsi; se manca, quella scelta.")] = None,
    in_json: Annotated[bool, typer.Option("--json", help="Scrive l'elenco in formato JSON.")] = False,
) -> None:
    """Elenca edizioni, territori, capitoli e tabelle di dati."""
    config = configurazione(edizione)
    fonti = {
        "edizioni": _edizioni,
        "territori": _territori,
        "ambiti": _ambiti,
        "capitoli": _capitoli,
        "tabelle": _tabelle,
    }
    elenchi = {nome: fonte(config) for nome, fonte in fonti.items() if cosa in (None, nome)}
    if in_json:
        typer.echo(json.dumps(elenchi, ensure_ascii=False, indent=2))
        return
    for nome, voci in elenchi.items():
        if nome == "ambiti" and cosa is None:
            typer.echo(f"{TITOLI[nome]}: {len(voci)}; con «conciliazione elenca ambiti» sono elencati.\n")
            continue
        righe = [_riga(nome, voce) for voce in voci]
        larghezza = max((len(codice) for codice, _ in righe), default=0)
        typer.echo(f"{TITOLI[nome]}:")
        for codice, spiegazione in righe:
            typer.echo(f"  {codice:<{larghezza}}  {spiegazione}")
        typer.echo()
