"""The charts of chapter 06 that go together: what the answers to a questionnaire say."""

from __future__ import annotations

from conciliazione_lib.report.capitolo import Capitolo


def ordine(c: Capitolo) -> list[str]:
    """Return questions, dimensions and answers of the questionnaires in the order in which they are shown."""
    questions = c.elenco("questionari_domande").sort_values("cod_domanda", kind="stable")
    options = " | ".join(c.elenco("questionari_domande")["opzioni"]).split(" | ")
    return [*questions["testo"], *c.elenco("questionari_domande")["dimensione"], *options]


def risposte(c: Capitolo, modulo: str, periodo: str, *, scelta: str) -> None:
    """Show the answers to a questionnaire: judgements, means, and the question with several answers.

    Parameters
    ----------
    c : Capitolo
        Of an ATS or the region.
    modulo : str
        ``beneficiari`` or ``organizzazioni``.
    periodo : str
        The wave.
    scelta : str
        Code of the question with several answers.
    """
    order = ordine(c)
    text = str(c.elenco("questionari_domande").set_index("cod_domanda").at[scelta, "testo"])
    asked = {"questionario": modulo}
    c.dettaglio(
        "risposte_giudizio",
        voce="domanda",
        serie="giudizio",
        come="giudizi",
        scelta=asked,
        periodo=periodo,
        ordine=[*order, "sfavorevole", "intermedio", "favorevole"],
        unita="risposte",
        id=f"giudizi-{modulo}",
        titolo=f"Risposte per giudizio: {modulo}",
        alt="Per ogni domanda, le risposte sfavorevoli a sinistra del centro e le favorevoli a destra.",
        note=["Non si disegnano le domande con parti sotto la soglia di riservatezza."],
    )
    c.dettaglio(
        *("media_questionario", "mediana_questionario", "risposte_giudizio"),
        voce="domanda",
        come="intervalli",
        scelta=asked,
        periodo=periodo,
        ordine=order,
        unita="media delle risposte, da uno a cinque",
        id=f"medie-{modulo}",
        titolo=f"Media e mediana delle risposte: {modulo}",
        alt="Per ogni domanda, la media delle risposte e il suo intervallo.",
    )
    c.dettaglio(
        *("quota_scelta", "risposte_scelta"),
        voce="scelta",
        come="intervalli",
        scelta=asked | {"domanda": text},
        periodo=periodo,
        ordine=order,
        unita="% delle risposte",
        colonne={"scelta": "Risposta"},
        id=f"scelta-{scelta.lower()}",
        titolo=text,
        alt="Per ogni risposta, la quota di chi la dà e il suo intervallo.",
    )
