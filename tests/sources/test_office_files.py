"""Files of offices, at random and damaged, through the real reader: refused, or accounted for cell by cell.

The same with ten thousand files: ``python benchmarks/file_degli_uffici.py``.
"""

import random

import pytest
from sources.office_files import bring_in, make

from conciliazione_lib.territory import load

#: Some ten seconds.
FILES = 120


@pytest.mark.usefixtures("local")
def test_no_value_is_changed_or_lost_without_a_word(tmp_path):
    territory = load()
    rng = random.Random(20261128)
    read = 0
    for number in range(FILES):
        suffix, content = make(rng, territory)
        path = tmp_path / f"elenco {number}{suffix}"
        path.write_bytes(content)
        wrong = bring_in(path, territory)
        read += wrong is not None
        assert not wrong, (path.name, wrong)
        path.unlink()
    assert FILES * 0.15 < read < FILES * 0.9
