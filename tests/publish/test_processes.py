"""Processes that share the work of a publication end with the one that started them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from conciliazione_lib.errors import EsecuzioneError
from conciliazione_lib.publish.processes import several

LONG = """
import sys, time
from conciliazione_lib.publish.processes import several
if __name__ == "__main__":
    with several(2, time.sleep, 0) as pool:
        coming = [pool.submit(time.sleep, 600) for _ in range(2)]
        time.sleep(5)
        print("al lavoro", flush=True)
        time.sleep(600)
"""


def test_a_killed_parent_leaves_nobody_at_work(tmp_path: Path) -> None:
    program = tmp_path / "lungo.py"
    program.write_text(LONG, encoding="utf-8")
    parent = subprocess.Popen([sys.executable, str(program)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    assert parent.stdout.readline() == "al lavoro\n"
    children = psutil.Process(parent.pid).children(recursive=True)
    assert len(children) >= 2
    parent.kill()
    parent.wait()
    gone, alive = psutil.wait_procs(children, timeout=30)
    assert not alive, gone


def test_a_killed_process_is_told_in_italian() -> None:
    with pytest.raises(EsecuzioneError, match="è stato interrotto"), several(1, time.sleep, 0) as pool:
        pool.submit(os._exit, 1).result()
