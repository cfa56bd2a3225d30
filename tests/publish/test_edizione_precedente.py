"""Publishing an edition when an earlier one is there: what is out of line is told before anything is written."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from piccola_edizione import CONFIG, archive, outcomes_of

from conciliazione_lib.build.config import Edizione
from conciliazione_lib.build.progress import Log, Quiet
from conciliazione_lib.publish import edition, publish, verify_documents

NEW = CONFIG.model_copy(
    update={"edizione": "2023", "edizioni": {**CONFIG.edizioni, "2023": Edizione(titolo="Nuova", data="2022-01-01")}}
)
OLD = Edizione(titolo="Vecchia", data="2021-01-01")
FIGURE = "residenti.pavia.2022-01-01"


def test_what_is_out_of_line_is_told_in_the_log_and_stops_nothing(small: Path, tmp_path: Path) -> None:
    config = NEW.model_copy(update={"edizioni": {**NEW.edizioni, "2022": OLD}})
    reports = tmp_path / "reports"
    shutil.copytree(small, reports / "2022", ignore=lambda *_: ["sito", "maps", "documenti", "notebook"])
    facts = [one for one in outcomes_of(tmp_path) if one.territorio == "pavia"]  # one ATS is enough
    ledger = edition.read(facts, config).ledger
    registry = json.loads((reports / "2022/cifre.json").read_text(encoding="utf-8"))
    registry["cifre"] = [figure for figure in registry["cifre"] if figure["id"] in ledger.figures]
    for figure in registry["cifre"]:
        if figure["id"] == FIGURE:
            figure["valore"] = 500_000.0
    registry["affermazioni"] = []
    (reports / "2022/cifre.json").write_text(json.dumps(registry), encoding="utf-8")
    # where a build prepares its tree
    worksite = reports / ".lavoro/cantiere-2023/nuovo"
    worksite.mkdir(parents=True)
    log = Log(reports / "2023.log", Quiet())
    archive(ledger, worksite)
    publish(worksite, facts, config, log, processes=1)
    log.end()
    said = (
        "Da controllare: Popolazione residente, ATS di Pavia: da 500.000 (1° gennaio 2022) a 534.506 "
        "(1° gennaio 2022): nessuna causa nota."
    )
    assert log.notes == [said]
    rows = (reports / "2023.log").read_text(encoding="utf-8").splitlines()
    assert rows.index(next(r for r in rows if said in r)) < rows.index(next(r for r in rows if "pagine" in r))
    assert "+34.506" in (worksite / "sito/novita.html").read_text(encoding="utf-8")
    document = worksite / "documenti/pavia/analisi-dei-bisogni-pavia.docx"
    assert "500.000" in verify_documents.docx_text(document)
