"""The store of figures: what analyses write, what is refused, what is read back."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conciliazione_lib import storage, territory
from conciliazione_lib.errors import CalcoloError, UsoError
from conciliazione_lib.evidence import (
    Analisi,
    Ledger,
    Place,
    Reader,
    Store,
    StoredFigures,
    figures,
    readings,
    registry,
    store,
    writing,
)
from conciliazione_lib.evidence.by_indicator import ByIndicator
from conciliazione_lib.evidence.statements import Statements

DATA = "2022-01-01"
DECLARED = """
tema = "Prova"
[persone]
nome = "Persone"
definizione = "Persone."
unita = "persone"
riferimento = "R"
somma = true
livelli = ["ats", "regione"]

[quota]
nome = "Quota"
definizione = "Quota."
formula = "100 × {casi} / {persone}"
termini = { casi = "casi" }
unita = "%"
riferimento = "R"
livelli = ["ats", "regione"]
soglie = [33.0]

[quota_annua]
nome = "Quota di un anno"
definizione = "Quota."
unita = "%"
riferimento = "R"
confronta_con = "quota"
"""


@pytest.fixture(scope="module")
def lombardia() -> territory.Territory:
    return territory.load(DATA)


@pytest.fixture
def ledger() -> registry.Registry:
    return registry.parse({"prova.toml": DECLARED})


@pytest.fixture
def analysis(lombardia, ledger) -> Analisi:
    return Analisi("prova", "2025-2027", lombardia, ledger)


def table(**columns: list[object]) -> pd.DataFrame:
    frame = pd.DataFrame(columns)
    frame.attrs["provenienza"] = {
        "tabella": "prova",
        "titolo": "Tabella di prova",
        "fonte": "ISTAT",
        "grado": "pubblicazione",
        "data_riferimento": DATA,
    }
    return frame


def people(lombardia, whole: float = 80.0, **changes: float | None) -> pd.DataFrame:
    """Ten people each ATS, and the region; ``changes`` by code."""
    values = dict.fromkeys(lombardia.codes("ats"), 10.0) | {"lombardia": whole} | changes
    return pd.DataFrame(
        {
            "livello": ["regione" if code == "lombardia" else "ats" for code in values],
            "territorio": list(values),
            "persone": list(values.values()),
        }
    )


def test_what_is_written_is_read_back(analysis, lombardia, tmp_path):
    source = table(territorio=[*lombardia.codes("ats"), "lombardia"], persone=[10] * 8 + [80])
    analysis.cifre(people(lombardia), periodo="2022", ingressi=[source])
    analysis.elenco(
        "nomi", pd.DataFrame({"territorio": ["pavia"], "nome": ["Pavia"]}), chiave=["territorio"], titolo="Nomi"
    )
    content = analysis.contenuto()
    store.write(content, tmp_path / "reports" / "2022")
    read = Store(tmp_path / "reports" / "2022")
    some = read.columns("indicatore", "valore")
    pd.testing.assert_frame_equal(some.astype({"indicatore": "str"}), content.figures[["indicatore", "valore"]])
    assert "_figures" not in vars(read), "only those columns are read"
    pd.testing.assert_frame_equal(read.figures, content.figures)
    assert read.indicators == ("persone",)
    assert read.listing("nomi")["nome"].tolist() == ["Pavia"]
    assert figures.read("2022", tmp_path).equals(read.figures)
    again = tmp_path / "again"
    store.write(store.load(read.folder), again)
    assert storage.folder_digest(again) == storage.folder_digest(read.folder)


def test_an_analysis_may_have_lists_and_no_figures(analysis, tmp_path):
    analysis.elenco("coppie", pd.DataFrame({"prima": ["a"]}), chiave=["prima"], titolo="Coppie")
    store.write(analysis.contenuto(), tmp_path / "cifre")
    back = store.load(tmp_path / "cifre")
    assert (len(back.figures), len(back.statements), list(back.lists)) == (0, 0, ["coppie"])


def test_an_edition_that_is_not_there_says_how_to_make_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsoError, match="conciliazione genera"):
        figures.read("2025-2027")


def test_a_territory_left_out_is_refused_by_name(analysis, lombardia):
    analysis.cifre(people(lombardia).query("territorio != 'pavia'"), periodo="2022", ingressi=[])
    with pytest.raises(CalcoloError) as refused:
        analysis.contenuto()
    assert "«persone», livello ats: nessuna riga per pavia" in str(refused.value)


def test_a_territory_declared_absent_has_its_row_and_its_reason(analysis, lombardia):
    analysis.cifre(
        people(lombardia).query("territorio != 'pavia'"),
        periodo="2022",
        ingressi=[],
        assenti={("ats", "pavia"): ("non_disponibile", "Pavia non ha risposto.")},
    )
    rows = analysis.contenuto().figures.set_index("territorio")
    assert rows.loc["pavia", ["stato", "motivo"]].tolist() == ["non_disponibile", "Pavia non ha risposto."]
    assert bool(rows.loc["pavia", "riferimento"])
    assert pd.isna(rows.loc["pavia", "valore"])


def test_a_reason_alone_is_that_of_every_absence(analysis, lombardia):
    known = people(lombardia, brescia=None).query("territorio != 'pavia'")
    analysis.cifre(known, periodo="2022", ingressi=[], assenti="La fonte non li dà.")
    rows = analysis.contenuto().figures.set_index("territorio")
    assert set(rows.loc[["pavia", "brescia"], "stato"]) == {"non_disponibile"}
    assert set(rows.loc[["pavia", "brescia"], "motivo"]) == {"La fonte non li dà."}


def test_published_rows_become_figures_and_are_what_they_come_from(analysis, lombardia):
    frame = people(lombardia).rename(columns={"persone": "valore"}).assign(anno=2022)
    source = table(**frame.to_dict("list"))
    rows = analysis.pubblicate(source, "persone")
    assert rows[["persone", "periodo"]].loc[0].tolist() == [10.0, 2022]
    found = analysis.contenuto()
    assert found.figures["valore"].tolist() == [*[10.0] * 8, 80.0]
    assert set(found.figures["periodo"]) == {"2022"}
    [kept] = found.tables.values()
    assert "persone" in kept.frame.columns


def test_of_no_rows_there_are_neither_figures_nor_inputs(analysis):
    nothing = table(livello=[], territorio=[], anno=[], valore=[])
    analysis.pubblicate(nothing, "persone")
    assert analysis.contenuto().tables == {}


def test_estimates_and_published_values_have_each_its_rows_and_its_grade(analysis, lombardia):
    frame = people(lombardia).assign(stima=lambda d: d["territorio"] == "pavia").set_index(["livello", "territorio"])
    published, behind, weights = (
        table(territorio=[*lombardia.codes("ats"), "lombardia"], parte=[name] * 9) for name in ("a", "b", "c")
    )
    how = {"pubblicati": published, "stimati_da": [behind, weights], "metodo": "media pesata"}
    analysis.stime(frame, periodo="2022", **how)
    rows = analysis.contenuto().figures.set_index("territorio")
    assert rows.loc[["pavia", "brescia", "lombardia"], "grado"].tolist() == ["stima", "pubblicazione", "pubblicazione"]
    assert rows.loc[["pavia", "brescia"], "metodo"].tolist() == ["media pesata", ""]
    assert rows["ingressi"].map(lambda text: len(json.loads(text)))[["pavia", "brescia", "lombardia"]].tolist() == [
        2,
        1,
        1,
    ]
    keys = {name: json.loads(rows.loc[name, "ingressi"])[0]["tabella"] for name in ("pavia", "brescia", "lombardia")}
    assert keys["pavia"] == keys["brescia"] != keys["lombardia"]


def test_figures_of_the_region_are_given_as_numbers(analysis):
    analysis.di_regione(
        {"quota_annua": 20.0, "quota_annua_inferiore": 18.0, "quota_annua_superiore": 22.0}, periodo="2022", ingressi=[]
    )
    [row] = analysis.contenuto().figures.to_dict("records")
    assert (row["livello"], row["territorio"], row["valore"], row["superiore"]) == ("regione", "lombardia", 20.0, 22.0)


def test_a_whole_that_is_not_the_sum_of_its_parts_is_refused(analysis, lombardia):
    analysis.cifre(people(lombardia, whole=81.0), periodo="2022", ingressi=[])
    with pytest.raises(CalcoloError, match="un totale uguale alla somma di ogni ats"):
        analysis.contenuto()


def test_a_whole_is_not_judged_when_a_part_is_missing(analysis, lombardia):
    analysis.cifre(people(lombardia, pavia=None, whole=75.0), periodo="2022", ingressi=[])
    assert len(analysis.contenuto().figures) == 9


def test_bounds_that_do_not_hold_the_value_are_refused(analysis, lombardia):
    frame = people(lombardia).rename(columns={"persone": "quota"})
    frame = frame.assign(quota_inferiore=frame["quota"] + 1, quota_superiore=frame["quota"] + 2)
    analysis.cifre(frame, periodo="2022", ingressi=[])
    with pytest.raises(CalcoloError, match="un intervallo che contiene il valore"):
        analysis.contenuto()


def test_zero_is_a_value_and_a_missing_value_has_a_reason(analysis, lombardia):
    rows = analysis.cifre(people(lombardia, pavia=0.0, brescia=None), periodo="2022", ingressi=[]).set_index(
        "territorio"
    )
    assert rows.loc["pavia", ["valore", "stato", "motivo"]].tolist() == [0.0, "presente", ""]
    assert rows.loc["brescia", ["stato", "motivo"]].tolist() == ["non_disponibile", "Il dato manca nella fonte."]


def test_two_rows_of_one_figure_are_refused(analysis, lombardia):
    analysis.cifre(people(lombardia), periodo="2022", ingressi=[])
    analysis.cifre(people(lombardia), periodo="2022", ingressi=[])
    with pytest.raises(CalcoloError, match="Due righe per la stessa cifra"):
        analysis.contenuto()


def test_an_indicator_belongs_to_one_analysis(analysis, lombardia, ledger):
    analysis.cifre(people(lombardia), periodo="2022", ingressi=[])
    other = Analisi("altra", "2025-2027", lombardia, ledger)
    other.cifre(people(lombardia), periodo="2022", ingressi=[])
    with pytest.raises(CalcoloError, match="persone"):
        store.join([analysis.contenuto(), other.contenuto()])


def test_the_reference_period_is_the_latest_that_is_whole(analysis, lombardia):
    later = people(lombardia).query("territorio != 'pavia'").assign(periodo="2024", persone=lambda f: f["persone"] - 1)
    earlier = people(lombardia).assign(periodo="2022")
    analysis.cifre(pd.concat([earlier, later]), ingressi=[])
    rows = analysis.contenuto().figures
    chosen = rows[rows["riferimento"]].groupby("livello")["periodo"].unique().map(list).to_dict()
    assert chosen == {"ats": ["2022"], "regione": ["2024"]}


def test_who_is_outside_the_source_does_not_hold_the_others_back(analysis, lombardia):
    known = people(lombardia).query("territorio != 'pavia'")
    frame = pd.concat([known.assign(periodo="2022"), known.assign(periodo="2024")])
    analysis.cifre(frame, ingressi=[], assenti={"ats": ("non_disponibile", "La fonte non c'è.")})
    rows = analysis.contenuto().figures
    assert set(rows.loc[rows["riferimento"], "periodo"]) == {"2024"}
    assert rows.query("territorio == 'pavia'")["periodo"].tolist() == ["2024"]


def test_the_analysis_may_say_the_reference_period(analysis, lombardia):
    frame = pd.concat([people(lombardia).assign(periodo=p) for p in ("2025-01-01", "2026-01-01")])
    analysis.cifre(frame, ingressi=[], riferimento="2025-01-01")
    rows = analysis.contenuto().figures
    assert set(rows.loc[rows["riferimento"], "periodo"]) == {"2025-01-01"}


def statements_of(analysis, lombardia, **columns: dict[str, object]) -> Statements:
    frame = people(lombardia).rename(columns={"persone": "quota"})
    for name, values in columns.items():
        frame[name] = [values.get(code) for code in frame["territorio"]]
    analysis.cifre(frame, periodo="2022", ingressi=[])
    return Statements(ByIndicator.of_frame(analysis.contenuto().statements))


def test_a_comparison_is_decided_once_with_its_difference(analysis, lombardia):
    values = dict.fromkeys([*lombardia.codes("ats"), "lombardia"], 20.0) | {"pavia": 30.0, "brescia": 20.4}
    decided = statements_of(analysis, lombardia, quota=values)
    pavia = decided.find("quota", "ats", "pavia", "2022", "", "confronto", "regione/lombardia")
    assert (pavia.esito, pavia.differenza) == ("sopra", 10.0)
    brescia = decided.find("quota", "ats", "brescia", "2022", "", "confronto", "regione/lombardia")
    assert brescia.esito == "non_rilevante"  # 20,4 against 20,0: printed apart, but not worth a word
    assert decided.find("quota", "ats", "pavia", "2022", "", "rango").esito == "1"
    assert decided.find("quota", "ats", "pavia", "2022", "", "soglia", "33").esito == "sotto"
    assert decided.find("quota", "ats", "pavia", "2022", "", "estremo", "alto").esito == "estremo"


def test_what_was_imputed_for_more_than_a_fifth_is_not_said_above(analysis, lombardia):
    values = dict.fromkeys([*lombardia.codes("ats"), "lombardia"], 20.0) | {"montagna": 40.0}
    decided = statements_of(analysis, lombardia, quota=values, quota_imputata={"montagna": 0.33})
    found = decided.find("quota", "ats", "montagna", "2022", "", "confronto", "regione/lombardia")
    assert found.esito == "non_distinguibile"


def test_totals_and_indicators_told_through_another_are_not_compared(analysis, lombardia):
    frame = people(lombardia)
    analysis.cifre(frame.assign(quota_annua=frame["persone"], quota=1.0), periodo="2022", ingressi=[])
    said = analysis.contenuto().statements
    assert set(said.loc[said["genere"] == "confronto", "indicatore"]) == {"quota"}


def test_a_figure_read_back_has_terms_inputs_and_the_rows_it_used(analysis, lombardia, tmp_path, monkeypatch):
    source = table(cod_comune=["018001", "018002", "015146"], persone=[1, 2, 3])
    frame = people(lombardia).assign(quota=5.0, casi=4)
    analysis.cifre(frame, periodo="2022", ingressi=[source])
    store.write(analysis.contenuto(), tmp_path / "store")
    monkeypatch.setattr("conciliazione_lib.evidence.reading.load", lambda: registry.parse({"prova.toml": DECLARED}))
    ledger, read = Ledger(), Store(tmp_path / "store", lombardia.members)

    def place(level: str, code: str) -> Place:
        return Place(level, code, lombardia.name(level, code, breve=True))

    f = StoredFigures(read, Reader(place, read.table, ledger), place("ats", "pavia"), ledger)
    share = f.quota.figure
    assert share.terms == (("casi", 4.0), ("persone", 10.0))
    (used,) = share.inputs
    assert (used.filtro, used.righe) == ("cod_comune tra i comuni dell'ATS di Pavia", 2)
    assert ledger.rows[used.righe_sha256]["righe"] == [["018001", 1], ["018002", 2]]


def test_rows_of_reserved_tables_never_travel_nor_their_hashes(analysis, lombardia, tmp_path):
    secret = table(territorio=["pavia"], risposta=["sì"])
    secret.attrs["provenienza"] |= {"tabella": "questionari", "sha256": "0123456789abcdef"}
    analysis.cifre(people(lombardia), periodo="2022", ingressi=[secret])
    store.write(analysis.contenuto(), tmp_path / "store")
    assert not (tmp_path / "store" / "ingressi").exists()
    written = (tmp_path / "store" / store.INDEX).read_text(encoding="utf-8")
    assert "0123456789abcdef" not in written
    uses = set(Store(tmp_path / "store").figures["ingressi"])
    assert json.loads(uses.pop()) == [{"grado": "pubblicazione", "tabella": "questionari"}]


def test_a_protected_figure_with_a_value_is_refused(analysis, lombardia):
    with pytest.raises(CalcoloError, match="protetta"):
        analysis.cifre(people(lombardia).assign(persone_stato="protetto"), periodo="2022", ingressi=[])


def test_few_cases_withhold_value_bounds_and_say_so(lombardia):
    declared = DECLARED.replace("soglie = [33.0]", 'minimo = { termine = "persone", valore = 30 }')
    few = Analisi("prova", "2025-2027", lombardia, registry.parse({"prova.toml": declared}))
    frame = people(lombardia).assign(quota=5.0, quota_inferiore=4.0, quota_superiore=6.0)
    rows = few.cifre(frame, periodo="2022", ingressi=[], indicatori=["quota"]).set_index("territorio")
    assert rows.loc["pavia", "stato"] == "troppo_pochi"
    assert rows.loc["pavia", ["valore", "inferiore", "superiore"]].isna().all()
    assert rows.loc["lombardia", "valore"] == 5.0


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12)


@given(st.dictionaries(st.from_regex(r"[a-z]{1,6}", fullmatch=True), NAMES, max_size=4))
def test_a_breakdown_is_read_back_as_it_was(pairs):
    written = writing.write_breakdown(list(pairs.items()))
    assert writing.read_breakdown(written) == tuple(sorted(pairs.items()))


def test_the_same_content_is_the_same_bytes(lombardia, ledger, tmp_path):
    for name in ("a", "b"):
        one = Analisi("prova", "2025-2027", lombardia, ledger)
        one.cifre(people(lombardia), periodo="2022", ingressi=[table(territorio=["pavia"], persone=[1])])
        store.write(one.contenuto(), tmp_path / name)
    assert storage.folder_digest(tmp_path / "a") == storage.folder_digest(tmp_path / "b")


def test_wide_takes_each_indicator_at_its_own_reference_period(analysis, lombardia):
    analysis.cifre(people(lombardia).assign(periodo="2022"), ingressi=[])
    analysis.cifre(people(lombardia).rename(columns={"persone": "quota"}).assign(periodo="2024"), ingressi=[])
    found = store.wide(analysis.contenuto().figures, ["persone", "quota"], livello="ats")
    assert len(found) == 8
    assert found.loc[found["territorio"] == "pavia", ["persone", "quota"]].to_numpy().tolist() == [[10.0, 10.0]]


def test_a_table_asked_again_is_noted_again_and_is_what_it_was(analysis, lombardia, tmp_path):
    analysis.cifre(people(lombardia).assign(periodo="2022"), ingressi=[])
    store.write(analysis.contenuto(), tmp_path / "cifre")
    read = Store(tmp_path / "cifre")
    first = read.wide(["persone"], livello="ats")
    readings.taken()
    second = read.wide(["persone"], livello=["ats"])
    assert "persone" in readings.taken()
    second.loc[:, "persone"] = 0.0
    second["altro"] = 1
    pd.testing.assert_frame_equal(read.wide(["persone"], livello=["ats"]), first)


def test_writing_never_leaves_half_a_store(analysis, lombardia, tmp_path, monkeypatch):
    analysis.cifre(people(lombardia), periodo="2022", ingressi=[])
    content = analysis.contenuto()
    store.write(content, tmp_path / "s")
    before = storage.folder_digest(tmp_path / "s")

    def fails(*_: object, **__: object) -> None:
        raise OSError("disco pieno")

    monkeypatch.setattr(Path, "write_text", fails)
    with pytest.raises(OSError, match="disco pieno"):
        store.write(content, tmp_path / "s")
    monkeypatch.undo()
    assert storage.folder_digest(tmp_path / "s") == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["s"]
