"""Analyses of territory and population, and their chapters."""

import io
import re
import zipfile

import papermill
import pytest
from papermill.exceptions import PapermillExecutionError
from quaderni import DATA, NOTEBOOKS, part, replaced, tell
from quaderni import figures as stored
from quaderni import told as chapter

from conciliazione_lib import catalog, territory
from conciliazione_lib.cli import main
from conciliazione_lib.evidence import Ledger, registry

TERRITORIO = territory.load(DATA)
INCOMPLETE = set(TERRITORIO.completezza("ambito", "lombardia").incompleti)


def rows():
    return stored().figures


def whole(indicator, level, frame=None):
    frame = rows() if frame is None else frame
    chosen = (frame["indicatore"] == indicator) & (frame["livello"] == level) & (frame["per"] == "")
    return frame[chosen & frame["riferimento"]].set_index("territorio")


def figures(blocks):
    return dict(Ledger.from_dict(blocks[-1]["registro"]).figures)


def words(blocks):
    return " ".join(re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", block.get("markdown", "")) for block in blocks).replace(
        "\n", " "
    )


def shown(blocks):
    return {block["id"]: block for block in blocks if "id" in block}


# --- the analyses ---------------------------------------------------------------------------------------


def test_every_comune_has_its_residents_and_what_is_computed_from_them():
    residents = whole("residenti", "comune")
    assert set(residents.index) == set(TERRITORIO.codes("comune"))
    assert (residents["stato"] == "presente").all()
    ageing = whole("indice_vecchiaia", "comune")
    assert set(ageing.index) == set(residents.index)
    # an index beside residents that are not there is what made 298 comuni look unknown
    assert not ageing.index[ageing["valore"].notna()].difference(residents.index[residents["valore"].notna()]).size
    nobody = whole("residenti_0", "comune").query("valore == 0")
    assert len(nobody)
    assert (nobody["stato"] == "presente").all()  # zero is a value


@pytest.mark.parametrize("level", ["comune", "ambito", "distretto", "provincia", "ats", "regione"])
def test_every_territory_has_a_profile_and_only_ambiti_not_wholly_known_lack_one(level):
    for indicator in ("residenti", "residenti_0_2", "indice_vecchiaia", "densita", "n_comuni"):
        found = whole(indicator, level)
        assert set(found.index) == set(TERRITORIO.codes(level)), indicator
        absent = set(found.index[found["valore"].isna()])
        if level == "comune":
            assert absent <= set(found.index[found["stato"] == "non_calcolabile"])
        else:
            assert absent == (INCOMPLETE if level == "ambito" else set()), indicator
        assert (found.loc[sorted(absent), "motivo"] != "").all()


def test_published_totals_hold():
    assert whole("residenti", "regione").at["lombardia", "valore"] == 10_033_918
    assert whole("nati", "regione").at["lombardia", "valore"] == 63_162
    assert whole("morti", "regione").at["lombardia", "valore"] == 104_466
    assert whole("residenti", "comune")["valore"].sum() == whole("residenti", "ats")["valore"].sum() == 10_033_918


def test_a_newer_population_is_an_update_and_the_series_is_at_the_comuni_of_the_edition():
    series = rows().query("indicatore == 'residenti' and per == '' and territorio == 'lombardia'").set_index("periodo")
    assert series.index[series["riferimento"]].tolist() == [DATA]
    assert series.index.max() > DATA > series.index.min()
    earlier = rows().query("indicatore == 'residenti' and livello == 'comune' and periodo == '2022-01-01'")
    assert set(earlier["territorio"]) == set(TERRITORIO.codes("comune"))
    assert earlier["valore"].sum() == 9_943_004
    told = words(chapter("02_demografia", "pavia"))
    assert re.search(r"Al 1° gennaio 2026 i residenti sono [\d.]+, secondo una stima di ISTAT", told)


def test_ages_that_are_only_guessed_are_told_by_their_range_and_never_above_or_below():
    children = whole("residenti_0_2", "comune")
    small = children.index[children["imputata"] > 0.2]
    assert set(small) >= set(whole("residenti", "comune").query("valore < 1000").index)
    assert "015146" not in small  # Milano
    present = children.loc[small].dropna(subset="valore")
    assert ((present["inferiore"] <= present["valore"]) & (present["valore"] <= present["superiore"])).all()
    statements = stored().statements.frame
    about = statements.query("indicatore == 'quota_0_2' and livello == 'comune' and genere == 'confronto'")
    guessed = whole("quota_0_2", "comune").query("imputata > 0.2").index
    assert not set(about[about["territorio"].isin(guessed)]["esito"]) & {"sopra", "sotto"}


def test_the_sheet_of_an_ambito_gives_the_range_of_what_is_too_uncertain_for_a_figure():
    table = shown(chapter("scheda_ambito", "lomellina"))["tab-comuni"]
    where = {column["id"]: number for number, column in enumerate(table["colonne"])}
    children = whole("residenti_0_2", "comune")
    for row in table["righe"]:
        told = row[where["residenti_0_2"]]["t"]
        assert ("–" in told) == (children.at[row[0]["v"], "imputata"] == 1)
    assert any("intervallo" in note for note in table["note"])
    assert "–" not in "".join(row[where["residenti"]]["t"] for row in table["righe"])


def test_a_map_writes_a_figure_as_its_table_does():
    maps = [block for block in chapter("02_demografia", "pavia") if block["tipo"] == "mappa"]
    assert maps
    for shown_map in maps:
        told = sorted(row[-1]["t"] for row in shown_map["dati"]["righe"])
        assert sorted(shown_map["testi"].values()) == told
        assert any("–" in text for text in told), "or this proves nothing"


def test_the_distretti_of_milano_are_each_in_a_macro_area_and_the_others_have_none():
    table = shown(chapter("01_territorio", "milano"))["tab-distretti"]
    place = [column["id"] for column in table["colonne"]].index("area")
    areas = {row[0]["t"]: row[place]["v"] for row in table["righe"]}
    assert len(areas) == 6
    assert areas["Distretto Nord Milano"] == "Milano ovest"
    assert areas["Distretto Lodi"] == "Milano est"
    assert set(areas.values()) == {"Milano città", "Milano ovest", "Milano est"}
    assert table["fonte"]
    for other in ("pavia", "lombardia"):
        assert "tab-distretti" not in shown(chapter("01_territorio", other))


def test_charts_say_the_status_of_a_population_and_not_where_its_copy_was_read():
    blocks = chapter("02_demografia", "milano")
    assert "Italia: dati provvisori." in shown(blocks)["fig-residenti"]["note"]
    for name in ("01_territorio", "02_demografia"):
        for block in chapter(name, "milano"):
            told = " ".join([*block.get("note", ()), block.get("fonte", ""), block.get("markdown", "")])
            assert not re.search(r"commit\b|PyPI|Letto in", told), block.get("id")


@pytest.mark.parametrize("ats", ["insubria", "montagna", "bergamo", "pavia", "milano"])
def test_deduced_memberships_are_drawn_and_listed_as_such_and_clues_as_clues(ats):
    blocks = shown(chapter("01_territorio", ats))
    comuni = TERRITORIO.comuni[TERRITORIO.comuni["ats"] == ats]
    deduced, hinted = comuni[comuni["ambito_grado"] == "stima"], comuni[comuni["ambito_indizio"].notna()]
    listed = {row[0]["v"]: (row[1]["t"], row[2]["t"]) for row in blocks["tab-appartenenze"]["righe"]}
    for column, of, known in ((0, "ambito", deduced), (1, "ambito_indizio", hinted)):
        names = known.groupby(of)["nome"].agg(", ".join)
        assert {ambito: row[column] for ambito, row in listed.items() if row[column]} == names.to_dict()
    drawn = {one["etichetta"]: one["n"] for one in blocks["map-ambiti"]["classi"]}
    assert drawn.get("ambito dedotto", 0) == len(deduced)
    assert drawn.get("ambito probabile, non accertato", 0) == len(hinted)


def test_the_ambiti_that_sources_contradict_have_a_note_beside():
    rows = {row[0]["v"]: row[3]["t"] for row in shown(chapter("01_territorio", "milano"))["tab-appartenenze"]["righe"]}
    for code in ("legnano", "castano-primo"):
        assert "nel registro regionale di agosto 2026 Legnano e Castano Primo sono un ambito solo" in rows[code]


def test_sums_over_deduced_memberships_say_how_much_is_deduced():
    shares = whole("residenti", "ambito")["imputata"]
    grades = TERRITORIO.comuni.groupby("ambito")["ambito_grado"].agg(lambda g: (g == "stima").any())
    some = {code for code, deduced in grades.items() if deduced} - INCOMPLETE
    assert some
    assert set(shares.index[shares > 0]) == some
    assert whole("residenti", "ats")["imputata"].eq(0).all()


def test_neighbours_of_every_comune_ambito_and_ats():
    found = stored().listing("territori_simili")
    places = found.groupby(["livello", "territorio"]).size()
    assert set(places["comune"].index) == set(TERRITORIO.codes("comune"))
    assert set(places["ambito"].index) == set(TERRITORIO.codes("ambito")) - INCOMPLETE
    assert set(places["ats"].index) == set(TERRITORIO.codes("ats"))
    assert places["comune"].eq(5).all()
    assert places["ambito"].eq(5).all()
    assert places["ats"].eq(3).all()
    assert (found["territorio"] != found["simile"]).all()
    assert set(found["differisce_per"]) <= set(registry.load())
    assert found.attrs["fonte"]


# --- the chapters ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["01_territorio", "02_demografia"])
def test_another_ats_gives_another_chapter(name):
    milano, insubria = chapter(name, "milano"), chapter(name, "insubria")
    assert insubria[0]["territorio"]["codice"] == "insubria"
    assert [block["tipo"] for block in insubria].count("mappa") >= 2

    def own(blocks):
        code = blocks[0]["territorio"]["codice"]
        ours = [f for f in figures(blocks).values() if (f.territory.livello, f.territory.codice) == ("ats", code)]
        return {(f.indicator, f.period, f.breakdown): f.value for f in ours if f.value}

    theirs, others = own(insubria), own(milano)
    common = theirs.keys() & others.keys()
    assert len(common) > 5
    assert [key for key in common if theirs[key] == others[key]] == []
    maps = [
        shown(blocks)["map-densita" if name == "01_territorio" else "map-vecchiaia"] for blocks in (milano, insubria)
    ]
    assert maps[0]["svg"] != maps[1]["svg"]
    assert not set(maps[0]["territori"]) & set(maps[1]["territori"])


@pytest.mark.parametrize("name", ["01_territorio", "02_demografia"])
@pytest.mark.parametrize("place", ["montagna", "lombardia"])
def test_a_chapter_opens_with_what_was_found(name, place):
    opening = chapter(name, place)[1]
    assert opening["tipo"] == "testo"
    assert "](affermazione:" in opening["markdown"]


def test_the_series_is_that_of_the_province_most_comuni_are_of_beside_the_region():
    found = figures(chapter("02_demografia", "bergamo"))
    assert found["indice_vecchiaia_pubblicato.provincia-BG.2026"].value == pytest.approx(189.5)
    assert "indice_vecchiaia_pubblicato.lombardia.2026" in found
    # one year only is told without a change
    assert "Nel 2025 i nati sono stati 6,4 ogni 1.000 abitanti." in words(chapter("02_demografia", "bergamo"))


def test_a_year_without_a_published_share_shows_none_and_not_that_of_another_year():
    table = shown(chapter("02_demografia", "lombardia"))["tab-stranieri"]
    names = [column["id"] for column in table["colonne"]]
    shares = {row[names.index("periodo")]["t"]: row[names.index("stranieri_residenti_pct")] for row in table["righe"]}
    assert shares["2022"]["t"] == "11,8"
    assert shares["2023"]["t"] == "n.d."
    assert shares["2023"]["cifra"] == "stranieri_residenti_pct.lombardia.2023"


def test_sources_are_those_of_the_rows_shown():
    blocks = shown(chapter("02_demografia", "pavia"))
    assert blocks["fig-vecchiaia"]["fonte"] == "ISTAT, Indicatori demografici (DCIS_INDDEMOG1) (trascritto a mano)"
    assert "Ispettorato" not in blocks["tab-stranieri"]["fonte"]


@pytest.mark.parametrize(
    ("parameters", "told"),
    [({"territorio": "insubira"}, "insubria"), ({"colore": "rosso"}, "colore"), ({"data": "ieri"}, "ieri")],
)
def test_wrong_parameters_are_refused_with_a_clear_message(parameters, told):
    with pytest.raises(PapermillExecutionError, match=f"UsoError.*{told}"):
        papermill.execute_notebook(
            NOTEBOOKS / "capitoli" / "01_territorio.ipynb",
            None,
            parameters,
            cwd=NOTEBOOKS.parent,
            kernel_name="python3",
            progress_bar=False,
        )


# --- what an analyst brings in ---------------------------------------------------------------------------


def bring_in(path, table):
    # the invented counts are far from the true ones: it is asked for
    assert main(["dati", "importa", str(path), "--come", table, "--fonte", "ISTAT", "--si"]) == 0


def zipped(folder, name, lines):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{name}.csv", "\r\n".join(lines).encode("utf-8-sig"))
    path = folder / f"{name}.zip"
    path.write_bytes(packed.getvalue())
    return path


def listed(folder, name, header, table):
    path = folder / f"{name}.csv"
    lines = [header, *(";".join(str(cell) for cell in row) for row in table)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def brought_in(tmp_path_factory):
    """The store with births, foreigners and families that an analyst brings in, and without the population of Italy."""
    folder, everything = tmp_path_factory.mktemp("portati"), catalog.versions
    then = territory.load("2021-12-31")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONCILIAZIONE_DATI", str(folder / "i miei dati"))
        patch.setattr(catalog, "versions", lambda name: [] if name == "popolazione_italia" else everything(name))
        lines = ['"Bilancio demografico e popolazione residente al 31 dicembre 2021"']
        lines.append(
            '"Codice comune";"Comune";"Popolazione censita al 1° gennaio - Totale";"Nati vivi - Totale";'
            '"Morti - Totale";"Saldo naturale - Totale";"Saldo migratorio interno - Totale";'
            '"Saldo migratorio con l\'estero - Totale";"Popolazione censita al 31 dicembre - Totale"'
        )
        lines += [f'"{code}";"x";1000;7;9;-2;3;1;1002' for code in then.comuni.index]
        bring_in(zipped(folder, "P2_2021_it_Comuni", lines), "bilancio_demografico")
        lines = ['"Popolazione straniera residente per età e sesso al 1° gennaio 2025"']
        lines.append('"Codice comune";"Comune";"Età";"Maschi";"Femmine"')
        for code in TERRITORIO.comuni.index:
            lines += [f'"{code}";"x";{age};{int(age == 1)};0' for age in range(101)]
            lines.append(f'"{code}";"x";999;1;0')
        bring_in(zipped(folder, "STRASA_2025_it_Comuni", lines), "stranieri")
        # families of the comuni of one ATS only
        some = [(code, 2021, 10, 23) for code in then.members("ats", "pavia")]
        header = "codice istat;anno;numero di famiglie;residenti in famiglia"
        bring_in(listed(folder, "famiglie", header, some), "famiglie")
        return replaced(part("demografia"))


def test_births_ages_of_foreigners_and_families_enter_when_they_are_brought_in(brought_in):
    before = chapter("02_demografia", "pavia")
    assert "tab-famiglie" not in shown(before)
    # the balance of 2025 is embedded, and provisional
    embedded_births = catalog.read("bilancio_demografico").set_index("cod_comune")["nati"]
    pavia = territory.load("2025-12-31").members("ats", "pavia")
    assert figures(before)["nati.pavia.2025"].value == embedded_births.reindex(pavia).sum()
    assert shown(before)["tab-nati"]["note"] == ["Dati provvisori."]

    after, other = (tell("02_demografia", ats, brought_in) for ats in ("pavia", "bergamo"))
    found = figures(after)
    comuni, then = TERRITORIO.members("ats", "pavia"), territory.load("2021-12-31")
    assert found["nati.pavia.2021"].value == 7 * len(then.members("ats", "pavia"))
    assert found["tasso_natalita_contato.pavia.2021"].value == pytest.approx(1000 * 7 / 1001)
    assert shown(after)["tab-nati"]["note"] == []
    assert found[f"stranieri_contati.pavia.{DATA}"].value == len(comuni)
    children = catalog.read("popolazione", DATA).query("eta <= 2 and cod_comune in @comuni")["residenti"].sum()
    assert found[f"quota_stranieri_0_2.pavia.{DATA}"].value == pytest.approx(100 * len(comuni) / children)
    assert found["componenti_per_famiglia.pavia.2021"].value == pytest.approx(2.3)
    assert {"tab-nati", "tab-stranieri-ats", "tab-famiglie"} <= shown(after).keys()
    # the approximation stays beside the count
    assert f"residenti_0.pavia.{DATA}" in found
    assert "sono all'incirca i nati dell'anno prima" in words(after)
    # a part of the comuni is not shown for the whole
    assert "tab-famiglie" not in shown(other)


def test_a_population_of_the_region_alone_makes_a_chapter_without_italy(brought_in):
    for place in ("pavia", "lombardia"):
        with_it, without = chapter("02_demografia", place), tell("02_demografia", place, brought_in)
        # what is left is the same, and it is told that the rest is not there
        assert shown(without).keys() >= shown(with_it).keys()
        assert "la sua popolazione per età alla stessa data non è disponibile" in str(without)
        assert "Senza l'Italia" in shown(without)["fig-residenti"]["note"][0]
        assert not any("Senza l'Italia" in note for note in shown(with_it)["fig-residenti"]["note"])
        for id in ("tab-fasce", "tab-indici", "tab-cura"):
            names, fewer = ([row[0]["t"] for row in shown(blocks)[id]["righe"]] for blocks in (with_it, without))
            assert fewer == [name for name in names if name != "Italia"]
            assert len(fewer) < len(names)
        assert "Italia" not in str(shown(without)["fig-piramide"])
        ages = {name for name in figures(without) if name.startswith(("residenti", "quota", "indice", "eta_media"))}
        assert ages
        assert not any(".italia." in name for name in ages)


def test_births_of_italy_are_told_year_by_year_beside_those_of_lombardia():
    blocks = chapter("02_demografia", "lombardia")
    found = figures(blocks)
    assert {year: found[f"nati.italia.{year}"].value for year in (2023, 2024)} == {2023: 379_890, 2024: 369_944}
    assert found["nati.lombardia.2025"].value == 63_162
    assert "379.890 nel 2023, 369.944 nel 2024" in words(blocks)
    table = shown(blocks)["tab-nati-anni"]
    years = [column["id"] for column in table["colonne"]].index("periodo")
    assert {"2023", "2024", "2025"} <= {row[years]["v"] for row in table["righe"]}
    assert "tab-nati-anni" not in shown(chapter("02_demografia", "pavia"))


def test_families_are_counted_where_every_comune_is_known():
    found = chapter("02_demografia", "brescia")
    assert "tab-famiglie" in shown(found)
    families = catalog.read("famiglie").query("anno == 2024").set_index("cod_comune")["famiglie"]
    comuni = territory.load("2024-12-31").members("ats", "brescia")
    assert figures(found)["famiglie_contate.brescia.2024"].value == families.reindex(comuni).sum()
