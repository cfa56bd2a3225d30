"""The profiles of the territories: what they show is the store, and they are made again for what they show alone."""

from __future__ import annotations

import gzip
import re
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import lxml.html
import pandas as pd
import pytest
from markupsafe import Markup
from piccola_edizione import CONFIG, DATA, outcomes_of

from conciliazione_lib import evidence, territory
from conciliazione_lib.evidence import Place
from conciliazione_lib.publish import edition, profiles, truth_figures
from conciliazione_lib.publish import shown as shown_module
from conciliazione_lib.publish.public_site import Publication
from conciliazione_lib.publish.shown import Shown
from conciliazione_lib.publish.verify import Stored

LUINO = "sito/comuni/012092.html"


def test_every_territory_of_the_edition_has_a_page(small: Path) -> None:
    codes = set(territory.load(DATA).comuni.index)
    assert {file.stem for file in (small / "sito/comuni").glob("*.html")} == {"index", *codes}
    for place in ("territori/insubria", "territori/lombardia", "ambiti/azzate", "ambiti/luino"):
        assert lxml.html.parse(small / f"sito/{place}/index.html").xpath("//table[@data-profilo]"), place


def test_a_profile_is_light_and_says_place_region_and_rows(small: Path) -> None:
    assert len(gzip.compress((small / LUINO).read_bytes())) < 100_000
    tree = lxml.html.parse(small / LUINO).getroot()
    (row,) = tree.xpath("//table[@data-profilo]//tr[contains(th/a/@href, '/indice_vecchiaia.html')]")
    cells = [" ".join(cell.text_content().split()) for cell in row.xpath("./td")]
    assert cells[0].startswith("210,8")
    assert cells[1:3] == ["185,6 qui più alto", "177,1 qui più alto"]
    assert cells[3].endswith("º")
    assert tree.xpath("//a[@download]/@href") == ["../dati/profili/comune-012092.csv.zip"]
    rows = pd.read_csv(small / "sito/dati/profili/comune-012092.csv.zip")
    assert rows.set_index("indicatore").loc["indice_vecchiaia", "stato"] == "presente"


def test_a_trend_is_drawn_by_its_dates() -> None:
    site: Any = SimpleNamespace(indicatori=evidence.load())
    reader = object.__new__(profiles.Profiles)
    reader.sito, reader._at, reader._figures, reader._drawn, reader._said = site, {}, {}, {}, {}
    rows = pd.DataFrame({"periodo": ["2026-01-01", "2022-01-01", "2025-01-01"], "valore": [30.0, 10.0, 20.0]})
    rows = rows.assign(indicatore="residenti", livello="comune", territorio="012092", per="")
    reader._read_figures(rows.reindex(columns=[*profiles.READ, "per"]).assign(riferimento=False))
    drawn = str(reader._trend(rows.iloc[0]))
    assert 'points="2,14 47,8 62,2"' in drawn
    assert "2022–2026" in drawn


@pytest.mark.parametrize(
    ("before", "after"),
    [(">210,8</a>", ">210,9</a>"), ("<td>185,6", "<td>185,7"), ("data-v=", "data-v=9")],
)
def test_a_number_changed_in_a_profile_is_found(small: Path, tmp_path: Path, before: str, after: str) -> None:
    for name in ("cifre.parquet", "confronti.parquet", "archivio.json"):
        shutil.copy(small / name, tmp_path / name)
    page = tmp_path / LUINO
    page.parent.mkdir(parents=True)
    text = (small / LUINO).read_text(encoding="utf-8")
    page.write_text(text, encoding="utf-8")
    stored = Stored(tmp_path)
    assert list(truth_figures.check_profiles(tmp_path / "sito", stored)) == []
    # after value and bounds, the share imputed
    page.write_text(re.sub(r"data-v=([\d.]+)>", r'data-v="\1 - - 0.5">', text), encoding="utf-8")
    assert "- - 0.5" in page.read_text(encoding="utf-8")
    assert list(truth_figures.check_profiles(tmp_path / "sito", stored)) == []
    assert before in text
    page.write_text(text.replace(before, after, 1), encoding="utf-8")
    assert len(list(truth_figures.check_profiles(tmp_path / "sito", stored))) == 1


def test_the_store_is_read_once_without_other_processes(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("cifre.parquet", "confronti.parquet", "archivio.json"):
        shutil.copy(small / name, tmp_path / name)
    read: list[Path] = []
    how = shown_module._rows
    monkeypatch.setattr(shown_module, "_rows", lambda folder: read.append(folder) or how(folder))
    Shown(Publication(tmp_path, edition.read(outcomes_of(tmp_path), CONFIG, tmp_path)), CONFIG)
    assert read == [tmp_path]


def test_a_changed_row_makes_again_the_profiles_that_show_it(small: Path, tmp_path: Path) -> None:
    results = outcomes_of(tmp_path)

    def prints() -> dict[str, str]:
        published = edition.read(results, CONFIG, tmp_path)
        shown = Shown(Publication(tmp_path, published), CONFIG)
        pages = [f"{what}{ats}" for what in ("profili:", "territorio:ats/") for ats in ("pavia", "insubria")]
        return {name: shown.of(name) for name in pages}

    for name in ("cifre.parquet", "confronti.parquet", "archivio.json"):
        shutil.copy(small / name, tmp_path / name)
    first = prints()
    rows = pd.read_parquet(tmp_path / "cifre.parquet")
    chosen = (rows["livello"] == "comune") & (rows["territorio"] == "012092")
    rows.loc[chosen, "valore"] = rows.loc[chosen, "valore"] + 1
    rows.to_parquet(tmp_path / "cifre.parquet", index=False)
    second = prints()
    assert {name for name in first if first[name] != second[name]} == {"profili:insubria"}

    # Of an earlier period, a profile shows a point of a drawing: where it would be the same, it is the same.
    own = rows[(rows["livello"] == "ats") & (rows["territorio"] == "insubria") & (rows["per"] == "")]
    own = own[(own["indicatore"] == "residenti") & own["riferimento"]].assign(riferimento=False)
    said = {}
    for less in (0.1, 0.1 + 1e-9, 0.9):
        series = [own.assign(periodo=f"{year}-01-01", valore=own["valore"] * (1 - less)) for year in (2019, 2020)]
        series[1]["valore"] = own["valore"] / 2
        all_rows = pd.concat([rows, *series]).sort_values(["indicatore", "livello"], kind="stable")
        all_rows.to_parquet(tmp_path / "cifre.parquet", index=False)
        said[less] = prints()
    assert said[0.1] == said[0.1 + 1e-9]
    assert {name for name in said[0.1] if said[0.1][name] != said[0.9][name]} == {"territorio:ats/insubria"}

    # Where a figure comes from, no profile says.
    rows["ingressi"] = rows["ingressi"].str.replace('"grado"', '"grado" ')
    rows.to_parquet(tmp_path / "cifre.parquet", index=False)
    assert prints() == second

    # Of the ATS that a comune is set beside, its page has the indicators that comuni have.
    ats = (rows["livello"] == "ats") & (rows["territorio"] == "pavia") & (rows["per"] == "") & rows["valore"].notna()
    of_comuni = rows["indicatore"].isin(rows.loc[rows["livello"] == "comune", "indicatore"])
    around = rows["indicatore"].isin(profiles.layout()["dell_ats"])
    for which, remade in (
        (ats & of_comuni, {"profili:pavia", "territorio:ats/pavia"}),
        (ats & ~of_comuni & ~around, {"territorio:ats/pavia"}),
    ):
        before = prints()
        row = rows.index[which][0]
        rows.loc[row, "valore"] = rows.loc[row, "valore"] + 1
        rows.to_parquet(tmp_path / "cifre.parquet", index=False)
        assert {name for name, print_ in prints().items() if print_ != before[name]} == remade


def test_what_profiles_show_is_declared() -> None:
    registry = evidence.load()
    listed = [*profiles.shown(), *profiles.layout()["apertura"]]
    assert [id for id in listed if id not in registry] == []


def test_neighbours_share_a_border() -> None:
    near = profiles.borders("comune", DATA)
    assert "012092" not in near["012092"]
    assert all(code in near[other] for code in near for other in near[code])


def test_rows_of_an_ats_lead_to_the_same_pages_from_that_of_a_comune() -> None:
    rows = Markup('<a href="../../indicatori/residenti.html">Residenti</a>')
    moved = profiles.Profiles._moved(rows, Place("ats", "pavia", "Pavia"), Place("comune", "018110", "Pavia"))
    assert moved == '<a href="../indicatori/residenti.html">Residenti</a>'
