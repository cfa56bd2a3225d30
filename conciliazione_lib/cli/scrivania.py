"""``conciliazione scrivania``: the analyst's desk, a page of this computer in the place of the commands."""

from __future__ import annotations

from typing import Annotated

import typer

from conciliazione_lib.cli.italiano import App
from conciliazione_lib.errors import UsoError

app = App()


@app.italian_command()
def scrivania(
    porta: Annotated[int | None, typer.Option(help="Porta; se manca, ne è scelta una libera.")] = None,
    senza_browser: Annotated[bool, typer.Option("--senza-browser", help="Non aprire il browser.")] = False,
) -> int:
    """Apre la scrivania nel browser: importare dati, generare i documenti, aggiornare quelli modificati.

    È una pagina di questo computer, che nessun altro può aprire. Si chiude con il suo tasto «Chiudi», chiudendo la
    pagina, o con Ctrl+C: non resta nulla in esecuzione.
    """
    from conciliazione_lib.desk import life

    try:
        with life.alone():
            from conciliazione_lib.desk.pages import App as Pages
            from conciliazione_lib.desk.server import Desk

            pages = Pages()
            try:
                desk = Desk(pages.answer, porta or 0)
            except (OSError, OverflowError) as error:
                raise UsoError(
                    f"La porta {porta} non può essere usata.", "Indicarne un'altra, o nessuna, con --porta."
                ) from error
            desk.heard = pages.life.heard
            try:
                life.live(desk, pages.life, browser=not senza_browser, say=typer.echo)
            finally:
                pages.jobs.cancel()
    except life.AlreadyOpen as error:
        if senza_browser or not life.again():
            raise
        typer.echo(f"{error.messaggio} È stata mostrata di nuovo nel browser.")
        return 0
    typer.echo("Scrivania chiusa.")
    return 0
