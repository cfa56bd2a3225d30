"""``conciliazione riparto``: share an amount by a rule, compare with the act in force, write the annex."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from conciliazione_lib.cli.italiano import App
from conciliazione_lib.errors import EsecuzioneError

if TYPE_CHECKING:
    from conciliazione_lib.catalog.allocation_rules import Allocation, AllocationFile

PREDEFINITA = "abitanti-2025-2027"

app = App()


@app.comando()
def riparto(
    regola: Annotated[str, typer.Argument(help="Nome di una regola fornita, oppure un file TOML.")] = PREDEFINITA,
    punti: Annotated[
        int, typer.Option(min=0, max=100, help="Di quanti punti può muoversi il peso di ogni indicatore.")
    ] = 10,
    cartella: Annotated[Path | None, typer.Option(help="Dove scrivere l'allegato, in Excel e in Word.")] = None,
    elenca: Annotated[bool, typer.Option("--elenca", help="Elenca le regole fornite.")] = False,
    mostra_regola: Annotated[
        bool, typer.Option("--mostra-regola", help="Stampa il testo della regola, da copiare e cambiare.")
    ] = False,
    come_json: Annotated[bool, typer.Option("--json", help="Risposta in JSON.")] = False,
) -> None:
    """Ripartisce le risorse fra i territori secondo una regola.

    Senza altro, applica la regola in vigore. Stampa gli importi, il confronto con l'atto in vigore e quanto può
    cambiare la quota di ciascuno se cambiano i pesi degli indicatori. La somma è sempre il totale, al centesimo.
    Con --cartella scrive l'allegato da incollare in un atto.
    """
    from conciliazione_lib.catalog import allocation_rules

    if elenca:
        regole = {nome: allocation_rules.load(nome).titolo for nome in allocation_rules.names()}
        typer.echo(_json(regole) if come_json else "\n".join(f"{n:<22} {titolo}" for n, titolo in regole.items()))
        return
    if mostra_regola:
        typer.echo(allocation_rules.text(regola), nl=False)
        return
    file = allocation_rules.load(regola)
    riparti = allocation_rules.run(file, punti)
    nomi = _names(file.livello)
    scritti = _write(cartella, regola, file, riparti, nomi) if cartella is not None else []
    if come_json:
        typer.echo(_json(_as_data(regola, file, riparti, nomi, scritti)))
        return
    typer.echo(f"{file.titolo}\n{file.nota}" if file.nota else file.titolo)
    for parte in riparti:
        typer.echo(f"\n{', '.join(parte.periodi)}\n{_table(parte, nomi)}")
    if len(file.indicatori) > 1:
        typer.echo(f"\nQuota minima e massima se il peso di ogni indicatore si muove di {punti} punti.")
    for percorso in scritti:
        typer.echo(f"Scritto: {percorso}")


def _names(livello: str) -> dict[str, str]:
    from conciliazione_lib import catalog, territory

    if livello == "asl":
        return dict(catalog.read("asl").set_index("asl")["nome"])
    ats = territory.load()
    return {codice: ats.name("ats", codice) for codice in ats.codes("ats")}


def _table(parte: Allocation, nomi: dict[str, str]) -> str:
    from conciliazione_lib.evidence import formats

    testa, *righe = _rows(parte, nomi, formats)
    larghezze = [max(len(riga[i]) for riga in (testa, *righe)) for i in range(len(testa))]
    return "\n".join(
        "  ".join(
            cella.ljust(w) if i == 0 else cella.rjust(w)
            for i, (cella, w) in enumerate(zip(riga, larghezze, strict=True))
        )
        for riga in (testa, *righe)
    )


def _rows(parte: Allocation, nomi: dict[str, str], formats: Any) -> list[list[str]]:
    euro = parte.riparto.drop(columns="peso")
    confronto = parte.confronto
    sensibile = (parte.sensibilita["minima"] < parte.sensibilita["massima"]).any()
    testa = ["Territorio", *(f"{nome} (€)" for nome in euro)]
    testa += ["in vigore (€)", "differenza (€)"] if confronto is not None else []
    testa += ["quota min (%)", "quota max (%)"] if sensibile else []
    righe = [testa]
    for codice in euro.index:
        riga = [nomi[codice], *(formats.numero(v, 2) for v in euro.loc[codice])]
        if confronto is not None:
            riga += [
                formats.numero(confronto.loc[codice, c], 2, segno=c == "differenza") for c in ("vigente", "differenza")
            ]
        if sensibile:
            riga += [formats.numero(parte.sensibilita.loc[codice, c], 2) for c in ("minima", "massima")]
        righe.append(riga)
    ultima = ["Totale", *(formats.numero(euro[nome].sum(), 2) for nome in euro)]
    if confronto is not None:
        ultima += [
            formats.numero(confronto["vigente"].sum(), 2),
            formats.numero(confronto["differenza"].sum(), 2, segno=True),
        ]
    return [*righe, ultima + [""] * (len(testa) - len(ultima))]


def _as_data(
    regola: str, file: AllocationFile, riparti: list[Allocation], nomi: dict[str, str], scritti: list[Path]
) -> dict[str, Any]:
    return {
        "regola": regola,
        "titolo": file.titolo,
        "atto": file.atto,
        "nota": file.nota,
        "periodi": [
            {
                "periodi": list(parte.periodi),
                "totale": float(parte.totale),
                "territori": [_territory(codice, nomi[codice], parte) for codice in parte.riparto.index],
            }
            for parte in riparti
        ],
        "file": [str(percorso) for percorso in scritti],
    }


def _territory(codice: str, nome: str, parte: Allocation) -> dict[str, Any]:
    tavole = [parte.riparto, parte.sensibilita.drop(columns="quota")]
    if parte.confronto is not None:
        tavole.append(parte.confronto.drop(columns="importo"))
    valori: dict[str, Any] = {str(nome): tavola.at[codice, nome] for tavola in tavole for nome in tavola.columns}
    semplici = {nome: valore if isinstance(valore, str) else float(valore) for nome, valore in valori.items()}
    return {"codice": codice, "nome": nome, **semplici}


def _write(
    cartella: Path, regola: str, file: AllocationFile, riparti: list[Allocation], nomi: dict[str, str]
) -> list[Path]:
    from conciliazione_lib.catalog import allocation_rules
    from conciliazione_lib.publish.annex import Annex, write_document, write_workbook

    periodi = {", ".join(parte.periodi): parte for parte in riparti}
    allegato = Annex(
        titolo=file.titolo,
        atto=file.atto,
        nota=file.nota,
        criteri=_criteria(file),
        territori=nomi,
        tavole={periodo: parte.riparto.drop(columns="peso") for periodo, parte in periodi.items()},
        confronti={periodo: parte.confronto for periodo, parte in periodi.items() if parte.confronto is not None},
        sensibilita={periodo: parte.sensibilita for periodo, parte in periodi.items()},
        regola=allocation_rules.text(regola),
    )
    nome = f"riparto-{Path(regola).stem}"
    scritti = [cartella / f"{nome}.xlsx", cartella / f"{nome}.docx"]
    try:
        cartella.mkdir(parents=True, exist_ok=True)
        write_workbook(scritti[0], allegato)
        write_document(scritti[1], allegato)
    except OSError as errore:
        raise EsecuzioneError(
            f"Non si può scrivere nella cartella «{cartella}»: {errore.strerror or errore}.",
            "Chiudere i file aperti in Excel o in Word, oppure scegliere un'altra cartella.",
        ) from errore
    return scritti


def _criteria(file: AllocationFile) -> list[str]:
    from conciliazione_lib.evidence import formats

    voci = [f"{voce.descrizione or voce.nome} (peso {formats.numero(voce.peso)})" for voce in file.indicatori]
    frasi = [
        f"Le risorse sono ripartite in proporzione a: {formats.elenco(voci)}.",
        f"Metodo: {file.metodo}, in unità di {formats.euro(file.unita)}; la somma è il totale.",
    ]
    if len(file.quote) > 1:
        parti = formats.elenco([f"quota {nome} ({formats.numero(peso)}%)" for nome, peso in file.quote.items()])
        frasi.append(f"Il totale è prima diviso in {parti}.")
    date = [formats.data(data) for data in file.population_dates()]
    if date:
        frasi.append(f"Gli abitanti sono quelli al {formats.elenco(date)} (ISTAT).")
    for nome, limite in (("minimo", file.limiti.minimo), ("massimo", file.limiti.massimo)):
        if limite is not None:
            valori = limite.values() if isinstance(limite, dict) else [limite]
            frasi.append(f"Importo {nome} per territorio: {formats.elenco([formats.euro(v) for v in valori])}.")
    return frasi


def _json(dati: Any) -> str:
    return json.dumps(dati, ensure_ascii=False, indent=2)
