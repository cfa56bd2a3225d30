"""Which chapter for which territory, and what must really be run, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import conciliazione_lib.build.notebook as notebook
from conciliazione_lib.build.config import Chapter, Config
from conciliazione_lib.build.fingerprint import digest
from conciliazione_lib.build.inputs import Inputs, reason
from conciliazione_lib.build.model import Choice, Planned, Task
from conciliazione_lib.build.notebook import NotebookSource
from conciliazione_lib.build.places import Place, Places
from conciliazione_lib.build.store import Store
from conciliazione_lib.errors import UsoError


def sources(config: Config) -> dict[str, NotebookSource]:
    """Read every chapter's notebook, without running it."""
    return {chapter.id: notebook.read(config.notebook(chapter)) for chapter in config.capitoli}


def tasks(
    config: Config, read: dict[str, NotebookSource], places: Places, inputs: Inputs, figures: Mapping[str, str]
) -> list[Task]:
    """Return every run there is: chapters in order, each for the territories of its levels.

    Parameters
    ----------
    config, read, places, inputs
        The configuration, the notebooks, the territories, the hashes of the inputs.
    figures : mapping
        Hash of what each analysis wrote.

    Raises
    ------
    UsoError
        If a notebook would receive a parameter it does not have, or a value of another type.
    """
    found = []
    for chapter in config.capitoli:
        source = read[chapter.id]
        for level in chapter.livelli:
            for place in places.at(level):
                values = parameters(config, chapter, place, source)
                notebook.check(source, values)
                one_inputs = inputs.of(chapter, source, values, figures)
                found.append(Task(chapter, place, values, one_inputs, chiave=digest(one_inputs)))
    return found


def parameters(config: Config, chapter: Chapter, place: Place, source: NotebookSource) -> dict[str, Any]:
    """Return the values a notebook receives for a territory; ``livello`` only if it has that parameter."""
    values: dict[str, Any] = {
        "territorio": place.codice,
        "edizione": config.edizione,
        "data": config.edizioni[config.edizione].data,
        **chapter.parametri,
    }
    if "livello" in source.parameters:
        values["livello"] = place.livello
    return values


def chosen(config: Config, every: list[Task], choice: Choice, places: Places) -> list[Task]:
    """Return the tasks that a choice names.

    Raises
    ------
    UsoError
        If it names an unknown chapter or territory, or if it leaves nothing to do.
    """
    chapters = {config.capitolo(name).id for name in choice.capitoli}
    ats = {places.find("ats", code).codice for code in choice.ats}
    ambiti = {places.find("ambito", code).codice for code in choice.ambiti}

    def wanted(task: Task) -> bool:
        place = task.luogo
        if chapters and task.capitolo.id not in chapters:
            return False
        if not ats and not ambiti:
            return True
        if place.livello == "ambito":
            return place.codice in ambiti or place.ats in ats
        return place.livello == "ats" and place.codice in ats

    found = [task for task in every if wanted(task)]
    if not found:
        raise UsoError(
            "Con questa scelta non c'è nessun capitolo da generare.",
            remedy="«conciliazione elenca» mostra quali capitoli esistono per quali territori",
        )
    return found


def decide(wanted: list[Task], store: Store, edition: str, *, afresh: bool) -> list[Planned]:
    """Say for each task whether it must be run, and why."""
    planned = []
    for task in wanted:
        if afresh:
            planned.append(Planned(task, True, "richiesto da capo"))
        elif store.has(task.chiave):
            planned.append(Planned(task, False, "nessun ingresso è cambiato"))
        elif store.failure(edition, task) is not None:
            planned.append(Planned(task, True, "l'ultima volta non è riuscito"))
        else:
            planned.append(Planned(task, True, reason(store.inputs(edition, task.nome), task.ingressi)))
    return planned
