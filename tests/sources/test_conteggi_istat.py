"""Births, foreigners, families, nursery places and social spending: from each of their sources, and back to before."""

import io
import zipfile

import pytest
from sources.server import Reply, csv, structure

from conciliazione_lib import catalog, storage
from conciliazione_lib.sources import importing, refresh
from conciliazione_lib.sources.balance_file import read_balance
from conciliazione_lib.territory import load

SERVICES = ["FREQ", "REF_AREA", "DATA_TYPE", "TYPE_SOCIO_EDUC_SERVICE", "TYPE_MANAGEMENT", "HOLDER_SECTOR"]
SPENDING = ["FREQ", "REF_AREA", "DATA_TYPE", "CATEG_OF_BENEFICIARIES", "CATEGORY_OF_SERVICE"]
FAMIGLIE = ["FREQ", "REF_AREA", "INDICATOR"]
STRANIERI = ["FREQ", "REF_AREA", "DATA_TYPE", "SEX", "AGE"]


@pytest.fixture(scope="module")
def comuni():
    return load(data="2023-12-31")


def give(server, origin, dimensions, answers):
    """Give a flow: its structure, and for each code asked one at a time its rows (area, the other codes, value)."""
    server.give(f"/esploradati/dataflow/IT1/{origin.flusso}/latest", structure(origin.flusso, "DSD1", dimensions))
    (single,) = origin.uno_alla_volta
    for code, rows in answers.items():
        codes = origin.key(dimensions) | {single: code}
        path = ".".join(codes.get(name, "") for name in dimensions)
        whole = [(*((codes | row[0])[name] for name in dimensions), *row[1:]) for row in rows]
        reply = csv(origin.flusso, dimensions, whole) if rows else Reply(b"")
        server.give(f"/esploradati/data/IT1,{origin.flusso},1.0/{path}/ALL/", reply)


def run(client, declared, table, **more):
    (outcome,) = refresh.refresh([table], client=client, declarations=declared, **more)
    return outcome


def nurseries(server, origin, areas, year=2023, dimensions=SERVICES):
    given = {
        code: [({"REF_AREA": area}, year, value(n)) for n, area in enumerate(areas)]
        for code, value in (("AUTP", lambda n: 10 + n), ("P_100CH_Y0_2", lambda n: 30.5 + n), ("EXPMUN", lambda n: 1e4))
    }
    give(server, origin, dimensions, given)


@pytest.mark.parametrize("holder", ["HOLDER_SECTOR", "HOLDER_SECTOR_PUBPRIV"])
def test_places_by_comune_with_either_name_of_the_dimension(server, client, declared, comuni, holder):
    origin = declared.of("prima_infanzia_comuni")[0]
    present = list(comuni.comuni.index[:200])
    areas = [*present, "ITC4", "058091", "7"]  # the region, a comune of Lazio, a code that is not a territory
    # the order of the dimensions is that of the structure
    dimensions = [*reversed(SERVICES[:-1]), holder]
    nurseries(server, origin, areas, dimensions=dimensions)
    outcome = run(client, declared, "prima_infanzia_comuni")
    assert outcome.stato == "aggiornata", outcome.testo
    table = catalog.table("prima_infanzia_comuni", "2023")
    frame = table.frame.set_index("cod_comune")
    # comuni that the source does not give are missing, not zero; a value over 100 is real
    assert sorted(frame.index) == sorted(present)
    assert frame.loc[present[150], ["posti", "posti_per_100", "spesa"]].tolist() == [160, 180.5, 10_000]
    assert (frame["anno"] == 2023).all()
    assert table.provenance.url.startswith(server.url)


def test_a_measure_without_records_does_not_refuse_the_others_and_is_told(server, client, declared, comuni):
    origin = declared.of("prima_infanzia_comuni")[0]
    code = comuni.comuni.index[0]
    rows = {"AUTP": [({"REF_AREA": code}, 2023, 10)], "P_100CH_Y0_2": [({"REF_AREA": code}, 2023, "")]}
    give(server, origin, SERVICES, rows | {"EXPMUN": []})
    outcome = run(client, declared, "prima_infanzia_comuni")
    assert outcome.stato == "aggiornata in parte"
    assert "la fonte non dà «posti_per_100» (P_100CH_Y0_2) per il 2023" in outcome.messaggio
    assert "la fonte non dà «spesa» (EXPMUN) per il 2023" in outcome.messaggio
    (row,) = catalog.read("prima_infanzia_comuni").to_dict("records")
    assert row["posti"] == 10
    assert row["posti_per_100"] != row["posti_per_100"]
    assert row["spesa"] != row["spesa"]


@pytest.mark.parametrize("words", [b"NoRecordsFound", b"Error while retrieving Mappings for the dataflow"])
def test_a_missing_measure_is_told_from_a_service_that_is_broken(server, client, declared, comuni, words):
    origin = declared.of("prima_infanzia_comuni")[0]
    rows = [({"REF_AREA": comuni.comuni.index[0]}, 2023, 10)]
    give(server, origin, SERVICES, {"AUTP": rows, "P_100CH_Y0_2": rows, "EXPMUN": []})
    path = next(p for p in server.given() if ".EXPMUN." in p)
    server.give(path, Reply(words, "text/plain", status=404))
    outcome = run(client, declared, "prima_infanzia_comuni")
    if words == b"NoRecordsFound":
        assert outcome.stato == "aggiornata in parte"
        assert "la fonte non dà «spesa»" in outcome.messaggio
    else:  # nothing enters, and what the service says is said
        assert outcome.stato == "non raggiunta"
        assert "«Error while retrieving Mappings for the dataflow»" in outcome.messaggio


def test_a_way_that_gives_everything_comes_before_one_that_misses_something(server, client, declared, comuni):
    first, second, *_ = declared.of("prima_infanzia_comuni")
    assert (first.flusso[-2:], second.flusso[-2:]) == ("_6", "_3")
    area = [comuni.comuni.index[0]]
    row = [({"REF_AREA": area[0]}, 2023, 7)]
    give(server, first, SERVICES, {"AUTP": row, "P_100CH_Y0_2": row, "EXPMUN": []})
    nurseries(server, second, area)
    outcome = run(client, declared, "prima_infanzia_comuni")
    assert outcome.stato == "aggiornata", outcome.testo
    assert catalog.read("prima_infanzia_comuni")["posti"].tolist() == [10]


def test_the_remedy_is_that_of_the_failure_that_matters(server, client, declared, comuni):
    origin = declared.of("prima_infanzia_comuni")[0]
    nurseries(server, origin, ["015999"])  # arrived, and wrong; the other ways have nothing there
    outcome = run(client, declared, "prima_infanzia_comuni")
    assert outcome.stato == "rifiutata"
    assert outcome.rimedio.startswith("La tabella di prima resta al suo posto.")
    assert "indirizzo è cambiato" not in outcome.rimedio
    assert "il comune 015999" in outcome.testo


def test_what_is_per_head_is_not_added_up_into_the_heir_of_two_comuni(server, client, declared, comuni):
    origin = declared.of("prima_infanzia_comuni")[0]
    successors = comuni.fusioni.successors("2023-12-31")
    heirs = list(successors.values())
    heir = next(h for h in heirs if heirs.count(h) > 1 and h not in successors)
    before = [old for old, new in successors.items() if new == heir]
    nurseries(server, origin, before)
    assert run(client, declared, "prima_infanzia_comuni").stato == "aggiornata"
    (row,) = catalog.read("prima_infanzia_comuni").to_dict("records")
    assert row["cod_comune"] == heir
    assert row["posti"] == sum(10 + n for n in range(len(before)))
    assert row["posti_per_100"] != row["posti_per_100"]


def test_ambiti_of_istat_become_ours_and_the_others_are_counted(server, client, declared, told):
    origin = declared.of("prima_infanzia_ambiti")[0]
    nurseries(server, origin, ["T03041", "T03042", "T03053", "T03076", "T01001", "ITC4"])
    outcome = run(client, declared, "prima_infanzia_ambiti")
    assert outcome.stato == "aggiornata", outcome.testo
    assert catalog.read("prima_infanzia_ambiti").set_index("ambito")["posti"].to_dict() == {"lecco": 10, "merate": 11}
    assert any("lasciati fuori: 2." in line for line in told)  # Binasco and Casteggio; another region's is not ours


def spending(server, origin, areas, parts=(("FAM", 60.0), ("ELD", 40.0), ("TOT", 100.0), ("XYZ", 1.0))):
    rows = {
        code: [
            ({"REF_AREA": area, "CATEG_OF_BENEFICIARIES": users}, 2022, value * factor)
            for area in areas
            for users, value in parts
        ]
        for code, factor in (("EXPMUN", 1000.0), ("EXPTPOP", 1.0))
    }
    give(server, origin, SPENDING, rows)


def test_social_spending_by_area_of_users(server, client, declared, comuni):
    (origin,) = declared.of("spesa_sociale_comuni")
    spending(server, origin, [*comuni.comuni.index[:50], "ITC41"])
    outcome = run(client, declared, "spesa_sociale_comuni")
    assert outcome.stato == "aggiornata", outcome.testo
    frame = catalog.read("spesa_sociale_comuni")
    assert set(frame["area"]) == {"famiglia e minori", "anziani", "totale"}
    assert len(frame) == 150
    assert frame.query("area == 'anziani'")["spesa"].unique().tolist() == [40_000]
    assert frame.query("area == 'anziani'")["spesa_per_residente"].unique().tolist() == [40]


def test_spending_whose_part_exceeds_its_total_is_refused_with_the_row(server, client, declared, comuni):
    (origin,) = declared.of("spesa_sociale_ambiti")
    spending(server, origin, ["T03041"], (("FAM", 160.0), ("TOT", 100.0)))
    outcome = run(client, declared, "spesa_sociale_ambiti")
    assert outcome.stato == "rifiutata"
    assert "non più della spesa totale (100000)" in outcome.testo
    assert not catalog.versions("spesa_sociale_ambiti")


def test_families_need_every_comune(server, client, declared):
    embedded = storage.find("famiglie")
    (origin,) = declared.of("famiglie")
    comuni = list(load(data="2024-12-31").comuni.index)
    rows = {
        code: [({"REF_AREA": area}, 2024, value) for area in [*comuni, "ITC4"]]
        for code, value in (("NPHH_AV", 2700), ("POPHH_AV", 6100))
    }
    give(server, origin, FAMIGLIE, rows)
    outcome = run(client, declared, "famiglie")
    assert outcome.stato == "aggiornata", outcome.testo
    frame = catalog.read("famiglie")
    last = frame[frame["anno"] == 2024]
    assert len(last) == len(comuni)
    assert last["componenti"].sum() == 6100 * len(comuni)
    # the years of before, which the source no longer gives, stay
    before = catalog.validate(storage.read(embedded), catalog.spec("famiglie")).query("anno < 2024")
    assert len(before)
    assert len(frame) == len(comuni) + len(before)
    client.raw.root.rename(client.raw.root.with_name("altrove"))
    give(server, origin, FAMIGLIE, {code: part[1:] for code, part in rows.items()})
    refused = run(client, declared, "famiglie")
    assert refused.stato == "rifiutata"
    assert comuni[0] in refused.testo


# -- demo.istat.it -------------------------------------------------------------------------------------------


def zipped(name, lines):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{name}.csv", "\r\n".join(lines).encode("utf-8-sig"))
    return packed.getvalue()


def strasa(territorio, year, *, foreigners=lambda n, age: (n + age) % 3):
    lines = [f'"Popolazione straniera residente per età e sesso al 1° gennaio {year}"']
    lines.append('"Codice comune";"Comune";"Età";"Maschi";"Femmine"')
    for n, (code, name) in enumerate(territorio.comuni["nome"].items()):
        ages = [foreigners(n, age) for age in range(101)]
        lines += [f'"{code}";"{name}";{"100 e più" if age == 100 else age};{v};{v}' for age, v in enumerate(ages)]
        lines.append(f'"{code}";"{name}";999;{sum(ages)};{sum(ages)}')
    return zipped(f"STRASA_{year}_it_Comuni", [*lines, '"028001";"Abano Terme";0;1;1', '"Elaborazione su dati ISTAT"'])


def test_foreigners_from_the_second_route_when_the_first_leaves_comuni_out(server, client, declared):
    territorio = load(data="2026-01-01")
    origin = declared.of("stranieri")[0]
    some = {sex: [({"REF_AREA": "015146", "AGE": "Y0"}, 2026, 5)] for sex in ("1", "2")}
    give(server, origin, STRANIERI, some)
    path = "/demo/data/strasa/STRASA_2026_it_Comuni.zip"
    server.give(path, Reply(strasa(territorio, 2026), "application/x-zip-compressed"))
    outcome = run(client, declared, "stranieri")
    assert outcome.stato == "aggiornata", outcome.testo
    frame = catalog.read("stranieri", "2026-01-01")
    assert frame["cod_comune"].nunique() == len(territorio.comuni)
    expected = sum(2 * ((n + age) % 3) for n in range(len(territorio.comuni)) for age in range(101))
    assert frame["residenti"].sum() == expected


def test_the_two_population_files_are_not_taken_for_each_other(tmp_path, local):
    path = tmp_path / "STRASA_2025_it_Comuni.zip"
    path.write_bytes(strasa(load(data="2025-01-01"), 2025))
    read = importing.understand(path, "stranieri")
    assert (read.data, read.spec.name) == ("2025-01-01", "stranieri")
    assert "dati al 1° gennaio 2025" in read.come
    with pytest.raises(Exception, match="riempie la tabella «stranieri», non «popolazione»"):
        importing.understand(path, "popolazione")


MOVEMENTS = [
    "Popolazione censita al 1° gennaio - Totale",
    "Nati vivi - Totale",
    "Morti - Totale",
    "Saldo naturale - Totale",
    "Saldo migratorio interno - Totale",
    "Saldo migratorio con l'estero - Totale",
    "Popolazione al 31 dicembre - Totale",
]


def balance(territorio, year, *, change=lambda code, values: values, header=MOVEMENTS):
    lines = [f'"Bilancio demografico e popolazione residente al 31 dicembre {year}"']
    lines.append(";".join(f'"{name}"' for name in ["Codice comune", "Comune", "Nati vivi - Maschi", *header]))
    for code, name in territorio.comuni["nome"].items():
        values = change(code, [6700, 42, 70, -28, 2, 1, 6700])
        lines.append(f'"{code}";"{name}";4;' + ";".join(str(value) for value in values))
    lines += ['"028001";"Abano Terme";1;1;1;1;0;0;0;1', '"Note: p = dato provvisorio; i dati dell\'anno …"']
    return zipped(f"P2_{year}_it_Comuni", lines)


def test_births_of_the_last_year_published(server, client, declared):
    server.give(
        "/demo/data/p2/P2_2025_it_Comuni.zip",
        Reply(balance(load(data="2025-12-31"), 2025), "application/x-zip-compressed"),
    )
    outcome = run(client, declared, "bilancio_demografico")
    assert outcome.stato == "aggiornata", outcome.testo
    table = catalog.table("bilancio_demografico", "2025")
    assert table.frame["nati"].unique().tolist() == [42]
    assert table.frame["saldo_naturale"].unique().tolist() == [-28]
    assert len(table.frame) == len(load(data="2025-12-31").comuni)
    assert not table.provenance.provvisorio


def test_a_balance_that_does_not_add_up_is_refused_with_every_row(tmp_path):
    territorio = load(data="2024-12-31")
    first, second = territorio.comuni.index[:2]

    def spoil(code, values):
        if code == first:
            return [*values[:3], 5, *values[4:]]
        return ["mille", *values[1:]] if code == second else values

    path = tmp_path / "P2_2024_it_Comuni.zip"
    path.write_bytes(balance(territorio, 2024, change=spoil))
    with pytest.raises(Exception, match="2 problemi") as refused:
        read_balance(path, territorio)
    assert "riga 3, colonna saldo_naturale: atteso nati meno morti" in str(refused.value)
    assert "riga 4, colonna residenti_inizio: atteso un numero intero" in str(refused.value)
    path.write_bytes(balance(territorio, 2024, header=[*MOVEMENTS[:1], "Nascite", *MOVEMENTS[2:]]))
    with pytest.raises(Exception, match="la colonna «nati vivi totale»"):
        read_balance(path, territorio)


def test_an_analysts_own_list_fills_the_same_tables(tmp_path, local):
    path = tmp_path / "spesa.csv"
    path.write_text(
        "Comune;Anno;Area di utenza;Spesa dei comuni (euro)\n"
        "Pavia;2022;Minori;1.234.567,80\nVoghera;2022;Anziani;n.d.\n",
        encoding="cp1252",
    )
    read = importing.understand(path, "spesa_sociale_comuni", fonte="Rilevazione della ATS")
    assert read.frame["area"].tolist() == ["famiglia e minori", "anziani"]
    assert read.frame["spesa"].tolist()[0] == 1_234_567.80
    assert read.frame["spesa"].isna().tolist() == [False, True]
