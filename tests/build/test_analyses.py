"""Analyses: run once, each in a process of its own, joined in a store that chapters read and nobody can poison."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from conciliazione_lib import build, evidence
from conciliazione_lib.errors import UsoError
from conciliazione_lib.evidence import figures, store

PARAMETERS = 'edizione: str = "prova"\ndata: str = "2022-01-01"'
OPEN = "from conciliazione_lib.evidence import Analisi\na = Analisi.apri({name!r}, edizione=edizione, data=data)"


def free_indicators() -> list[str]:
    """Indicators that need not exist at any level, and have no conditions of their own."""
    registry = evidence.load()
    return [name for name, one in registry.items() if not (one.livelli or one.minimo or one.riservato or one.terms)]


FIRST, SECOND, THIRD = free_indicators()[:3]
COMPUTE = (
    "import pandas as pd\nfrom conciliazione_lib import storage\n"
    "tabella = storage.read(storage.find('prova'))\n"
    "valore = float(tabella['valore'].iloc[0])\n"
    "frame = pd.DataFrame({{'livello': 'ats', 'territorio': a.territorio.codes('ats'), {id!r}: valore}})\n"
    "frame.attrs['provenienza'] = storage.find('prova').to_dict()\n"
    "a.cifre(frame, periodo='2022', ingressi=[frame])"
)
FOLLOW = (
    "letti = a.leggi({first!r}, livello='ats')\n"
    "frame = letti.rename(columns={{{first!r}: {id!r}}}).drop(columns='periodo')\n"
    "frame[{id!r}] *= 2\nframe.attrs = letti.attrs\n"
    "a.cifre(frame, periodo='2022', ingressi=[letti])"
)
SHOW = (
    "from conciliazione_lib.report import Capitolo\n"
    "c = Capitolo.apri('mostra', territorio=territorio, data=data, edizione=edizione)\n"
    "c.testo('{{ in_(t) | maiuscola }} il valore è {{ f.' + nome + ' }}.', f=c.f)\nc.chiudi()"
)


def start(progetto: Any) -> Any:
    """Write two analyses, the second following the first, and a chapter that shows what the second computed."""
    progetto.tabella("7")
    analysis(progetto, "prima", COMPUTE.format(id=FIRST))
    analysis(progetto, "seconda", FOLLOW.format(first=FIRST, id=SECOND))
    progetto.notebook("mostra", f"nome = {SECOND!r}", SHOW)
    return progetto


@pytest.fixture
def project(progetto: Any) -> Any:
    """A project of which nothing has been made."""
    return start(progetto)


@pytest.fixture(scope="module")
def first_build(in_folder: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, build.RunResult]:
    """Folder of a project that has been built, once for every test that goes on from there, and how it went."""
    folder = tmp_path_factory.mktemp("costruito")
    with pytest.MonkeyPatch.context() as patch:
        project = start(in_folder(folder, patch))
        return folder, project.generate(configured(project))


@pytest.fixture
def built(first_build: tuple[Path, Any], in_folder: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A copy of it, elsewhere: of what is there nothing is to be made again."""
    return in_folder(shutil.copytree(first_build[0], tmp_path, dirs_exist_ok=True), monkeypatch)


def analysis(progetto: Any, name: str, *cells: str) -> None:
    progetto.notebook(name, OPEN.format(name=name), *cells, "a.chiudi()", parameters=PARAMETERS)


def configured(progetto: Any, *, shown: str = '["seconda"]', extra: str = "") -> build.Config:
    (progetto.radice / "reports.toml").write_text(
        f"""
edizione = "prova"
tabelle = {json.dumps(TERRITORY)}
[edizioni.prova]
titolo = "Prova"
data = "2022-01-01"
[[analisi]]
id = "seconda"
titolo = "Seconda"
notebook = "notebooks/seconda.ipynb"
segue = ["prima"]
[[analisi]]
id = "prima"
titolo = "Prima"
notebook = "notebooks/prima.ipynb"
tabelle = ["prova"]
[[capitoli]]
id = "mostra"
titolo = "Mostra"
notebook = "notebooks/mostra.ipynb"
livelli = ["ats"]
analisi = {shown}
{extra}
""",
        encoding="utf-8",
    )
    return build.load(progetto.radice)


TERRITORY = [
    *("altitudine_comuni", "ambiti", "asl", "ats", "comuni", "comuni_ambiti", "comuni_asl", "comuni_ats"),
    *("distretti", "fusioni_comuni"),
]


def shown(progetto: Any, chapter: str = "mostra", place: str = "milano") -> str:
    return str((progetto.tree / f"notebook/ats/{place}/{chapter}.ipynb").read_text(encoding="utf-8"))


def test_chapters_show_what_analyses_computed(first_build: tuple[Path, build.RunResult], built: Any) -> None:
    assert [r.errore for r in first_build[1].results] == [None, None]
    assert "il valore è [14" in shown(built)
    read = figures.read("prova", built.output)
    assert sorted(read["indicatore"].unique()) == sorted([FIRST, SECOND])
    assert set(read.loc[read["indicatore"] == SECOND, "valore"]) == {14.0}
    assert (built.tree / store.STATEMENTS).is_file()


def test_a_changed_table_runs_what_reads_it_and_nothing_runs_twice(built: Any) -> None:
    config = configured(built)
    again = built.generate(config)
    assert not again.executed
    assert not again.pubblicato
    assert all(not planned.da_eseguire for planned in planned_of(built, config))
    built.tabella("8")
    todo = {planned.task.nome: planned.motivo for planned in planned_of(built, config) if planned.da_eseguire}
    assert todo["analisi/prima"] == "è cambiata la tabella prova"
    assert todo["analisi/seconda"] == "segue prima, che va rifatta"
    built.generate(config)
    assert "il valore è [16" in shown(built)


def planned_of(progetto: Any, config: build.Config) -> list[build.Planned]:
    return build.prepare_plan(config, build.Choice(), output=progetto.output, places=progetto.luoghi)


def test_figures_that_come_out_the_same_leave_chapters_alone(built: Any) -> None:
    analysis(built, "prima", COMPUTE.format(id=FIRST), "altro = 1")
    again = built.generate(configured(built))
    assert again.analisi == 1
    assert not again.executed


#: An analysis of two indicators: one comes from the table, the other never changes.
BOTH = (
    COMPUTE.format(id=FIRST),
    f"fermo = pd.DataFrame({{'livello': 'ats', 'territorio': a.territorio.codes('ats'), {THIRD!r}: 5.0}})\n"
    "a.cifre(fermo, periodo='2022', ingressi=[])",
)


@pytest.mark.parametrize(
    ("reads", "follows", "again"),
    [
        (THIRD, THIRD, set()),
        (FIRST, THIRD, {"mostra"}),
        (THIRD, FIRST, {"seconda"}),
    ],
)
def test_what_asked_nothing_that_changed_is_as_it_was(project: Any, reads: str, follows: str, again: set[str]) -> None:
    analysis(project, "prima", *BOTH)
    analysis(project, "seconda", FOLLOW.format(first=follows, id=SECOND))
    project.notebook("mostra", f"nome = {reads!r}", SHOW)
    config = configured(project, shown='["prima"]')
    assert len(project.generate(config).executed) == 2
    project.tabella("8")
    result = project.generate(config)
    assert result.analisi == 1 + ("seconda" in again)
    assert {chapter.capitolo for chapter in result.executed} == again - {"seconda"}
    assert result.pubblicato
    other = project.radice / "altrove"
    project.generate(config, output=other)
    assert project.fingerprints(project.tree) == project.fingerprints(other / "reports" / "prova")
    assert not project.generate(config).pubblicato


@pytest.mark.parametrize(
    "beyond",
    [
        "len(c.cifre_edizione.figures)",
        "str(c.cifre_edizione.folder)[:1]",
        "len(c.cifre_edizione.statements.frame)",
        "len(__import__('os').environ)",
    ],
)
def test_who_reads_figures_without_saying_which_is_run_again(project: Any, beyond: str) -> None:
    analysis(project, "prima", *BOTH)
    project.notebook("mostra", f"nome = {THIRD!r}", SHOW, beyond)
    config = configured(project, shown='["prima"]')
    project.generate(config)
    project.tabella("8")
    assert len(project.generate(config).executed) == 2


def test_an_analysis_that_fails_costs_the_chapters_that_show_it(project: Any) -> None:
    project.notebook("libero", *project.senza_tabella)
    extra = '[[capitoli]]\nid = "libero"\ntitolo = "L"\nnotebook = "notebooks/libero.ipynb"\nlivelli = ["ats"]'
    analysis(project, "prima", "raise ValueError('rotta')")
    outcome = project.generate(configured(project, extra=extra))
    assert outcome.exit_code == 1
    failed = {r.capitolo: r.errore for r in outcome.failed}
    assert set(failed) == {"mostra"}
    why = str(failed["mostra"])
    assert "Analisi «seconda»: Ha bisogno di ciò che non è riuscito: «prima»." in why
    # the cause comes first, though the chapter shows the second only
    assert why.index("rotta") < why.index("Analisi «seconda»")
    analysis(project, "prima", COMPUTE.format(id=FIRST))
    assert project.generate(configured(project, extra=extra)).exit_code == 0
    assert "il valore è [14" in shown(project)


def test_an_incomplete_store_is_told_by_indicator_level_and_territory(project: Any) -> None:
    declared = next(name for name, one in evidence.load().items() if "ats" in one.livelli and not one.somma)
    analysis(
        project,
        "prima",
        COMPUTE.format(id=FIRST).replace(
            "a.cifre", f"frame = frame.rename(columns={{{FIRST!r}: {declared!r}}})\na.cifre"
        )
        + "\n",
    )
    outcome = project.generate(configured(project))
    why = str(outcome.failed[0].errore)
    assert f"«{declared}»" in why
    assert "nessuna riga per" in why


def test_a_chapter_that_shows_an_analysis_it_does_not_declare_is_refused(built: Any) -> None:
    outcome = built.generate(configured(built, shown='["prima"]'))
    assert "seconda" in str(outcome.failed[0].errore)
    assert "aggiungerle ad «analisi»" in str(outcome.failed[0].errore)


def test_analyses_that_do_not_exist_or_follow_each_other_in_a_circle_are_refused(project: Any) -> None:
    with pytest.raises(UsoError, match="terza"):
        configured(project, shown='["terza"]')
    text = (project.radice / "reports.toml").read_text(encoding="utf-8")
    (project.radice / "reports.toml").write_text(
        text.replace('tabelle = ["prova"]', 'tabelle = ["prova"]\nsegue = ["seconda"]').replace(
            '["terza"]', '["prima"]'
        ),
        encoding="utf-8",
    )
    with pytest.raises(UsoError, match="cerchio"):
        build.load(project.radice)


def test_two_builds_give_the_same_store_byte_by_byte(built: Any) -> None:
    other = built.radice / "altrove"
    built.generate(configured(built), output=other, processes=2)
    assert built.fingerprints(built.tree) == built.fingerprints(other / "reports" / "prova")


POISONS = {
    "library constants": (
        "from conciliazione_lib.indicators import demography\n"
        "try:\n    demography.BANDS['residenti_65_piu'] = demography.Band(75, 100)\n"
        "except TypeError:\n    demography.BANDS = dict(demography.BANDS, residenti_65_piu=demography.Band(75, 100))"
    ),
    "pandas itself": (
        "import pandas as pd\ngiusto = pd.DataFrame.__mul__\n"
        "pd.DataFrame.__mul__ = lambda a, b: giusto(a, 0)\npd.Series.__mul__ = lambda a, b: a\n"
        "pd.Series.__imul__ = lambda a, b: a"
    ),
    "options": "import pandas as pd, numpy as np\npd.options.mode.copy_on_write = 'warn'\nnp.seterr(all='raise')",
    "registry": (
        "from conciliazione_lib import evidence\n"
        "for voce in evidence.load().values():\n    object.__setattr__(voce, 'decimali', 7)"
    ),
    "store on disk": (
        "import os\nfrom pathlib import Path\ncartella = Path(os.environ['CONCILIAZIONE_CIFRE'])\n"
        "import pandas as pd\ncifre = pd.read_parquet(cartella / 'cifre.parquet')\ncifre['valore'] = -1.0\n"
        "cifre.to_parquet(cartella / 'cifre.parquet')"
    ),
}


def test_a_hostile_chapter_changes_no_other_chapter_and_no_figure(built: Any) -> None:
    """Each is followed, in a single process, by a chapter that is to come out as it did when nobody was hostile."""
    clean = shown(built), shown(built, place="pavia"), figures.read("prova", built.output)
    configured(built)
    file = built.radice / "reports.toml"
    text = file.read_text(encoding="utf-8")
    head, _, own = text.partition("[[capitoli]]")
    chapters = ""
    for number, (name, poison) in enumerate(POISONS.items()):
        built.notebook(f"veleno_{number}", poison)
        chapters += f'[[capitoli]]\nid = "veleno_{number}"\ntitolo = "{name}"\nlivelli = ["ats"]\n'
        chapters += f'notebook = "notebooks/veleno_{number}.ipynb"\n'
        chapters += "[[capitoli]]" + own.replace('id = "mostra"', f'id = "dopo_{number}"')
    file.write_text(f"{head}{chapters}\n[[capitoli]]{own}", encoding="utf-8")
    for executed in (2 * len(POISONS), 0):
        outcome = built.generate(build.load(built.radice), build.Choice(ats=("milano",)))
        assert len(outcome.executed) == executed
        assert [r.capitolo for r in outcome.failed] == []
        for number, poison in enumerate(POISONS):
            assert shown(built, f"dopo_{number}") == clean[0], poison
        assert (shown(built), shown(built, place="pavia")) == clean[:2]
        pd.testing.assert_frame_equal(figures.read("prova", built.output), clean[2])
    file.write_text(text, encoding="utf-8")
    built.generate(build.load(built.radice))
    assert shown(built) == clean[0]
    pd.testing.assert_frame_equal(figures.read("prova", built.output), clean[2])


def test_no_name_of_the_memory_of_results_is_left() -> None:
    package = Path(build.__file__).parents[1]
    files = package.rglob("*.py")
    assert not [file.name for file in files if "recalled" in file.read_text(encoding="utf-8")]
