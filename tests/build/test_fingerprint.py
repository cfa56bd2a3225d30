"""Code is hashed by what it does, over the modules a notebook can reach."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from conciliazione_lib import build, storage
from conciliazione_lib.build import notebook
from conciliazione_lib.build.fingerprint import Library, code_digest, environment_digest, tree_digest
from conciliazione_lib.build.inputs import reason


@pytest.fixture
def library(tmp_path: Path) -> Path:
    root = tmp_path / "casa"
    for name, text in {
        "__init__.py": "",
        "base.py": "VALORE = 1\n",
        "stanza/__init__.py": '"""A room."""\n',
        "stanza/uno.py": "from ..base import VALORE\n",
        "stanza/due.py": "def due():\n    from . import uno\n    return uno\n",
        "altra/__init__.py": "import pkgutil\n",
        "altra/scoperta.py": "X = 1\n",
        "altra/voci.toml": "a = 1\n",
        "lontana.py": "Y = 1\n",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def fingerprint(testo: str) -> str:
    return code_digest(ast.parse(testo))


def test_words_do_not_count_and_code_does() -> None:
    before = fingerprint('"""Doc."""\ndef f(x):\n    """Double."""\n    return 2 * x  # twice\n')
    assert fingerprint('"""Other."""\n\n\ndef f(x):\n    """Twice."""\n\n    return 2 * x\n') == before
    assert fingerprint("def f(x):\n    return 2 * x\n") == before
    assert fingerprint("def f(x):\n    return 3 * x\n") != before
    assert fingerprint('def f(x):\n    return "a"\n') != fingerprint('def f(x):\n    return "b"\n')


def test_the_closure_follows_imports_wherever_they_are(library: Path) -> None:
    assert set(Library(root=library).closure(["casa.stanza.due"])) == {
        "casa",
        "casa.base",
        "casa.stanza",
        "casa.stanza.uno",
        "casa.stanza.due",
    }


def test_a_package_that_finds_its_own_modules_counts_whole_with_its_data(library: Path) -> None:
    before = Library(root=library).closure(["casa.altra"])
    assert {"casa.altra", "casa.altra.scoperta", "casa/altra/voci.toml"} <= before.keys()
    (library / "altra" / "voci.toml").write_text("a = 2\n")
    after = Library(root=library).closure(["casa.altra"])
    assert {name for name in before if before[name] != after[name]} == {"casa/altra/voci.toml"}


def test_words_of_a_registry_do_not_count_and_its_content_and_order_do(library: Path) -> None:
    registry = library / "altra" / "voci.toml"

    def fingerprints() -> dict[str, str]:
        return Library(root=library).closure(["casa.altra"])

    registry.write_text("a = 1\nb = 2\n")
    before = fingerprints()
    registry.write_text("# Why\na   =  1\n\nb = 2  # two\n")
    assert fingerprints() == before
    registry.write_text("b = 2\na = 1\n")
    assert fingerprints() != before


@pytest.mark.parametrize(
    ("testo", "whole"),
    [
        ("import pkgutil\n", True),
        ("import importlib\n\n\ndef trova(nome):\n    return importlib.import_module(nome)\n", True),
        ("from importlib import import_module\n", True),
        ("from importlib import resources\n", False),
        ("import importlib.resources\n", False),
        ("import importlib.metadata\n\nV = importlib.metadata.version('x')\n", False),
    ],
)
def test_only_finding_modules_makes_a_package_count_whole(library: Path, testo: str, whole: bool) -> None:
    (library / "altra" / "__init__.py").write_text(testo)
    assert ("casa.altra.scoperta" in Library(root=library).closure(["casa.altra"])) == whole


def test_what_depends_on_the_catalog_sees_a_declaration_that_says_something_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ats", "comuni"):
        (tmp_path / name).mkdir()
        declared = (storage.folder(name, "incorporata") / "tabella.toml").read_text(encoding="utf-8")
        (tmp_path / name / "tabella.toml").write_text(declared, encoding="utf-8")
    (tmp_path / "vocabolari.toml").write_text("[valori]\n", encoding="utf-8")
    monkeypatch.setattr(storage, "embedded_root", lambda: tmp_path)

    def fingerprints(imports: str = "conciliazione_lib.catalog") -> dict[str, str]:
        return Library().closure([imports])

    def changed(file: str, text: str) -> set[str]:
        before = fingerprints()
        (tmp_path / file).write_text(text, encoding="utf-8")
        after = fingerprints()
        return {name for name in {*before, *after} if before.get(name) != after.get(name)}

    said = (tmp_path / "ats" / "tabella.toml").read_text(encoding="utf-8")
    assert changed("ats/tabella.toml", f"# Perché\n\n{said}") == set()
    assert changed("ats/tabella.toml", said.replace(r"\d{3}", r"\d{4}")) == {"data/ats/tabella.toml"}
    assert changed("ats/tabella.toml", f'{said}\n[[versioni]]\nfile = "altro.csv"\n') == {"data/ats/tabella.toml"}
    assert changed("ats/tabella.toml", said) == set()
    assert changed("vocabolari.toml", '[valori]\nsesso = ["M", "F"]\n') == {"data/vocabolari.toml"}
    assert not {name for name in fingerprints("conciliazione_lib.region") if name.startswith("data/")}


def test_no_chapter_depends_on_code_that_only_checks_what_was_published() -> None:
    config, library = build.load(Path(__file__).parents[2]), Library()
    for chapter in config.capitoli:
        reached = library.closure(notebook.read(config.notebook(chapter)).imports)
        assert not {"conciliazione_lib.evidence.verify", "conciliazione_lib.catalog.impronte"} & reached.keys()


def test_an_unrelated_change_or_a_docstring_changes_nothing(library: Path) -> None:
    before = Library(root=library).closure(["casa.stanza.due"])
    (library / "lontana.py").write_text("Y = 2\n")
    (library / "stanza" / "uno.py").write_text('"""New words."""\nfrom ..base import VALORE\n')
    assert Library(root=library).closure(["casa.stanza.due"]) == before
    (library / "base.py").write_text("VALORE = 2\n")
    after = Library(root=library).closure(["casa.stanza.due"])
    assert {name for name in before if before[name] != after[name]} == {"casa.base"}


def test_the_memo_gives_the_same_answers(library: Path, tmp_path: Path) -> None:
    before = Library(tmp_path / "memo.json", root=library)
    expected = before.closure(["casa.altra", "casa.stanza.due"])
    before.save()
    (tmp_path / "memo.json").read_text()
    assert Library(tmp_path / "memo.json", root=library).closure(["casa.altra", "casa.stanza.due"]) == expected
    (tmp_path / "memo.json").write_text("rovinato")
    assert Library(tmp_path / "memo.json", root=library).closure(["casa.altra", "casa.stanza.due"]) == expected


def test_a_process_that_imported_the_code_is_keyed_on_every_byte(library: Path) -> None:
    before = tree_digest(["stanza", "base"], root=library)
    (library / "lontana.py").write_text("Y = 3\n")
    assert tree_digest(["stanza", "base"], root=library) == before
    (library / "stanza" / "uno.py").write_text('"""New words."""\nfrom ..base import VALORE\n')
    assert tree_digest(["stanza", "base"], root=library) != before


def test_another_lock_is_another_environment(tmp_path: Path) -> None:
    (tmp_path / "a.lock").write_text("pandas==3.0.0\n")
    (tmp_path / "b.lock").write_text("pandas==3.0.1\n")
    assert environment_digest(tmp_path / "a.lock") != environment_digest(tmp_path / "b.lock")


INPUTS = {
    "notebook": "a",
    "parametri": {"territorio": "milano"},
    "tabelle": {"popolazione": "1", "ats": "1"},
    "cifre": {"demografia": "1"},
    "codice": {"conciliazione_lib.indicators.demography": "1"},
    "ambiente": "1",
    "edizione": {"nome": "2025"},
    "capitolo": {"id": "x"},
}


@pytest.mark.parametrize(
    ("change", "parole"),
    [
        ({"notebook": "b"}, "è cambiato il notebook"),
        ({"tabelle": {"popolazione": "2", "ats": "1"}}, "è cambiata la tabella popolazione"),
        ({"tabelle": {"popolazione": "2"}}, "sono cambiate le tabelle ats, popolazione"),
        ({"cifre": {"demografia": "2"}}, "sono cambiate le cifre dell'analisi demografia"),
        ({"codice": {"conciliazione_lib.indicators.demography": "2"}}, "è cambiato il codice: indicators.demography"),
        ({"ambiente": "2"}, "è cambiato l'ambiente (versione di Python o dei pacchetti)"),
        ({"edizione": {"nome": "2028"}}, "è cambiata l'edizione"),
        ({}, "il risultato precedente non c'è più"),
    ],
)
def test_the_reason_is_told_in_words(change: dict[str, object], parole: str) -> None:
    assert reason(INPUTS, {**INPUTS, **change}) == parole


def test_what_was_never_run_is_told_so() -> None:
    assert reason(None, INPUTS) == "non è mai stato eseguito"
