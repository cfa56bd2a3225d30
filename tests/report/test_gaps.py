"""What may be missing: one list, whose templates and indicators exist; a figure waits for one thing."""

from __future__ import annotations

import tomllib
from fnmatch import fnmatchcase
from importlib import resources

import pandas as pd

from conciliazione_lib import catalog, evidence
from conciliazione_lib.build.project import configuration
from conciliazione_lib.report import gaps


def figures(*rows: tuple[str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["indicatore", "stato", "motivo"]).assign(riferimento=True)


def test_what_is_declared_exists_and_somebody_has_it() -> None:
    indicators = set(evidence.load())
    text = resources.files("conciliazione_lib.report").joinpath("lacune.toml").read_text(encoding="utf-8")
    known = {"cosa", "effetto", "quanto", "chi", "modello", "cifre", "motivi"}
    assert [set(entry) - known for entry in tomllib.loads(text).values() if set(entry) - known] == []
    for gap in gaps.declared().values():
        assert gap.what
        assert gap.who
        assert gap.effect.endswith(".")
        assert "{{" not in gap.effect, "the desk says it before there are figures"
        assert not gap.template or gap.template in catalog.names()
        for pattern in gap.indicators:
            assert any(fnmatchcase(name, pattern) for name in indicators), pattern
    templates = [gap.template for gap in gaps.declared().values() if gap.template]
    assert len(templates) == len(set(templates))


def test_a_figure_waits_for_one_thing_its_reason_first() -> None:
    unknown = "Non se ne conoscono tutti i comuni."
    rows = figures(
        ("lacuna_tempo", "non_disponibile", "144 servizi su 144 senza l'orario"),
        ("lacuna_tempo", "non_disponibile", unknown),
        ("residenti", "non_disponibile", unknown),
        ("lacuna_tempo", "presente", ""),
        ("lacuna_tempo", "protetto", ""),
        ("lacuna_dove", "non_applicabile", ""),
        ("tendenza_divario", "non_calcolabile", "Troppo pochi anni."),
    )
    assert gaps.waiting(rows) == {"servizi": 1, "ambiti": 2}
    assert gaps.waiting(rows.assign(riferimento=False)) == {}


def test_what_is_missing_is_known_from_figures_and_tables() -> None:
    lists, nation, areas = (gaps.declared()[id] for id in ("servizi", "caregiver", "ambiti"))
    assert lists.lacks(0, set())
    assert lists.lacks(3, {"servizi_offerta"})
    assert not lists.lacks(0, {"servizi_offerta"})
    assert nation.lacks(0, {"servizi_offerta"})
    assert not areas.lacks(0, {"comuni_ambiti"})


def test_the_chapter_that_counts_what_waits_declares_every_analysis() -> None:
    config = configuration()
    (chapter,) = (one for one in config.capitoli if one.id == "10_limiti")
    assert set(chapter.analisi) == {analysis.id for analysis in config.analisi}
