"""Warm kernels: the traps of forking, the same results as cold ones, and the tools that use them unmodified."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from jupyter_client.manager import start_new_kernel
from nbformat import v4

from conciliazione_lib.build import execution
from conciliazione_lib.build.fingerprint import PACKAGE_ROOT
from conciliazione_lib.build.model import Job, Outcome
from conciliazione_lib.build.warm import KERNEL_NAME, client, identity

caldo = pytest.mark.skipif(not identity.supported(), reason="fork is not available: kernels are always cold")


@pytest.fixture
def preparato(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what running a notebook sets in the environment inside the test."""
    for nome in ("JUPYTER_PATH", "IPYTHONDIR"):
        monkeypatch.setenv(nome, os.environ.get(nome, str(tmp_path)))
    execution.prepare(tmp_path)


def esegui(*celle: str) -> Outcome:
    """Run the cells of a notebook as a build does."""
    notebook = v4.new_notebook(cells=[v4.new_code_cell(testo, id=f"c{i}") for i, testo in enumerate(celle)])
    notebook.cells.insert(0, v4.new_code_cell("territorio = ''", id="p", metadata={"tags": ["parameters"]}))
    return execution.execute(Job("prova", json.dumps(notebook), {"territorio": "milano"}, (), 60))


def risposta(*celle: str) -> Any:
    """Return the value that the last cell shows."""
    esito = esegui(*celle)
    assert esito.stato == "fatto", esito.errore
    return ast.literal_eval("".join(json.loads(esito.notebook)["cells"][-1]["outputs"][0]["data"]["text/plain"]))


@caldo
def test_the_stack_is_already_imported_and_nothing_started_a_thread(preparato: None) -> None:
    pronti, fili_del_padre, nome_del_padre = risposta(
        "import sys, os, pathlib\nmoduli = ('pandas', 'geopandas', 'statsmodels.api', 'folium')",
        "pronti = [m for m in moduli if m in sys.modules]",
        "padre = os.getppid()\n(pronti, len(list(pathlib.Path(f'/proc/{padre}/task').iterdir())), "
        "pathlib.Path(f'/proc/{padre}/cmdline').read_text())",
    )
    assert pronti == ["pandas", "geopandas", "statsmodels.api", "folium"]
    assert fili_del_padre == 1
    assert "conciliazione_lib.build.warm.server" in nome_del_padre


@caldo
def test_two_kernels_do_not_share_their_random_numbers(preparato: None) -> None:
    cella = "import numpy as np, random\n(random.random(), float(np.random.random()))"
    primo, secondo = risposta(cella), risposta(cella)
    assert all(a != b for a, b in zip(primo, secondo, strict=True))


@caldo
def test_a_warm_kernel_hashes_and_computes_as_a_cold_one(preparato: None, monkeypatch: pytest.MonkeyPatch) -> None:
    celle = (
        "import os, sys, locale, matplotlib\nprint(hash('conciliazione'), sorted({'a', 'b', 'c'}, key=hash))",
        "sys.argv[1:2], sys.path[:2], os.environ['OMP_NUM_THREADS'], matplotlib.get_backend()",
        "locale.getlocale(), __name__",
        "import warnings\nwarnings.warn('attenzione', stacklevel=1)",
    )
    da_caldo = esegui(*celle)
    assert da_caldo.stato == "fatto", da_caldo.errore
    monkeypatch.setenv(identity.SWITCH, "freddo")
    assert esegui(*celle).notebook == da_caldo.notebook


@caldo
def test_a_kernel_without_its_owner_ends(tmp_path: Path) -> None:
    processo = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time\nfrom jupyter_client.manager import start_new_kernel\n"
            f"gestore, _ = start_new_kernel(kernel_name={KERNEL_NAME!r})\n"
            "print(gestore.provisioner.pid, flush=True)\ntime.sleep(60)",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=tmp_path,
    )
    assert processo.stdout is not None
    with processo.stdout:
        pid = int(processo.stdout.readline())
    assert psutil.pid_exists(pid)
    processo.kill()
    processo.wait()
    assert _finito(pid)


def _finito(pid: int, secondi: float = 5.0) -> bool:
    scadenza = time.monotonic() + secondi
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > scadenza:
            return False
        time.sleep(0.02)
    return True


@caldo
def test_changed_code_or_environment_is_another_warm_process(monkeypatch: pytest.MonkeyPatch) -> None:
    prima = identity.key({"PYTHONHASHSEED": "0", "PATH": "a"})
    assert identity.key({"PYTHONHASHSEED": "0", "PATH": "b"}) == prima
    assert identity.key({"PYTHONHASHSEED": "1", "PATH": "a"}) != prima


@caldo
@pytest.mark.parametrize("file", ["__init__.py", "storage.py", "report/capitolo.py", "build/closing.py"])
def test_a_change_in_any_inherited_file_is_another_warm_process(
    file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copia = tmp_path / "conciliazione_lib"
    for parte in identity.INHERITED:
        if (PACKAGE_ROOT / parte).is_dir():
            shutil.copytree(PACKAGE_ROOT / parte, copia / parte, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            copia.mkdir(exist_ok=True)
            shutil.copyfile(PACKAGE_ROOT / f"{parte}.py", copia / f"{parte}.py")
    monkeypatch.setattr(identity, "PACKAGE_ROOT", copia)
    prima = identity.key({})
    assert identity.key({}) == prima
    with (copia / file).open("a", encoding="utf-8") as flusso:
        flusso.write("\nALTRO = True\n")
    assert identity.key({}) != prima


@caldo
def test_whatever_a_kernel_inherits_is_in_the_key_of_the_warm_process(preparato: None) -> None:
    moduli = risposta("import sys\n[m for m in sys.modules if m.partition('.')[0] == 'conciliazione_lib']")
    assert {modulo.split(".")[1] if "." in modulo else "__init__" for modulo in moduli} <= set(identity.INHERITED)


@caldo
def test_without_a_warm_process_the_kernel_starts_cold(monkeypatch: pytest.MonkeyPatch) -> None:
    def assente(*argomenti: object) -> None:
        raise client.WarmUnavailableError("prova")

    monkeypatch.setattr("conciliazione_lib.build.warm.provisioner.fork_kernel", assente)
    gestore, cliente = start_new_kernel(kernel_name=KERNEL_NAME)
    try:
        assert isinstance(gestore.provisioner.process, subprocess.Popen)
        assert cliente.is_alive()
    finally:
        cliente.stop_channels()
        gestore.shutdown_kernel(now=True)


@caldo
def test_nbval_uses_warm_kernels_unmodified(tmp_path: Path) -> None:
    notebook = v4.new_notebook()
    cella = v4.new_code_cell("import sys\n'geopandas' in sys.modules")
    cella.outputs = [v4.new_output("execute_result", data={"text/plain": "True"}, execution_count=1)]
    cella.execution_count = 1
    notebook.cells = [cella]
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    (tmp_path / "prova.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    comando = [sys.executable, "-m", "pytest", "--nbval", "-q", "-p", "no:cacheprovider", "prova.ipynb"]
    esito = subprocess.run(
        [*comando, f"--nbval-kernel-name={KERNEL_NAME}"], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert "1 passed" in esito.stdout, esito.stdout
