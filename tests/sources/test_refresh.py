import csv as files
import io
import zipfile
from dataclasses import replace

import pytest
from filelock import FileLock
from sources.server import CSV, Reply, csv, records, structure

from conciliazione_lib import catalog, storage
from conciliazione_lib.errors import UsoError
from conciliazione_lib.sources import importing, population_file, refresh
from conciliazione_lib.territory import load

RFL = ["FREQ", "REF_AREA", "DATA_TYPE", "SEX", "AGE", "EDU_LEV_HIGHEST", "CITIZENSHIP"]
POP = ["FREQ", "REF_AREA", "DATA_TYPE", "SEX", "AGE", "MARITAL_STATUS"]
OTHERS = ["FREQ", "REF_AREA", "DATA_TYPE", "SEX", "AGE"]


def key(origin, dimensions, **codes):
    return ".".join((dict(origin.chiave) | codes).get(d, "") for d in dimensions)


def flow(server, origin, dimensions, replies, address="esploradati"):
    """Give a flow: its structure, and for each choice of codes an answer."""
    server.give(f"/{address}/dataflow/IT1/{origin.flusso}/latest", structure(origin.flusso, "DSD1", dimensions))
    for codes, reply in replies:
        given = reply if isinstance(reply, list) else [reply]
        server.give(f"/{address}/data/IT1,{origin.flusso},1.0/{key(origin, dimensions, **codes)}/ALL/", *given)


def italy(server, declared, *, add=0, bad=None, address="esploradati"):
    origin = declared.of("popolazione_italia")[0]
    replies = []
    for sex in ("1", "2"):
        rows = [
            ("A", "IT", "JAN", sex, f"Y{e}" if e < 100 else "Y_GE100", "99", 2026, 290_000 + e + add)
            for e in range(101)
        ]
        replies.append(({"SEX": sex}, csv(origin.flusso, POP, rows)))
    if bad is not None:
        replies[1] = (replies[1][0], bad)
    flow(server, origin, POP, replies, address)


def employment(server, declared, *, factor=1.0, only_first=True, years=range(2018, 2026)):
    for origin in declared.of("occupazione")[: 1 if only_first else 3]:
        dimensions = RFL if "EDU_LEV_HIGHEST" in origin.chiave else OTHERS
        codes = {"FREQ": "A", "DATA_TYPE": "R", "AGE": "Y20-64"} | dict(origin.chiave)
        rows = []
        for n, area in enumerate(["IT", "ITC4", "ITC45", "IT108"]):
            for sex, gap in (("1", 6.0), ("2", -6.0), ("9", 0.0)):
                for year in years:
                    place = codes | {"REF_AREA": area, "SEX": sex}
                    rows.append((*(place[d] for d in dimensions), year, (60 + n + gap) * factor))
        flow(server, origin, dimensions, [({}, csv(origin.flusso, dimensions, rows))])


def run(client, declared, *tables, **how):
    return refresh.refresh(tables, client=client, declarations=declared, **how)


def served(table, data=None):
    return storage.find(table, data).origine


def test_a_table_is_downloaded_checked_and_put_in_force(server, client, declared, told):
    italy(server, declared)
    shown = []
    (outcome,) = run(client, declared, "popolazione_italia", accept=lambda *both: shown.append(both) or True)
    assert (outcome.stato, outcome.successful) == ("aggiornata", True)
    assert outcome.messaggio.startswith("Dati al 2026-01-01: 202 righe")
    assert served("popolazione_italia") == "scaricata"
    table = catalog.table("popolazione_italia", "2026-01-01")
    assert table.frame["residenti"].sum() == 2 * sum(290_000 + e for e in range(101))
    assert table.provenance.fonte.startswith("ISTAT")
    assert table.provenance.url.startswith(server.url)
    ((understood, changes),) = shown
    assert understood.data == "2026-01-01"
    assert changes.totali.loc["residenti", "prima"] > 50_000_000
    assert served("popolazione_italia", "2022-01-01") == "incorporata"


def test_the_same_again_changes_nothing_and_what_changed_is_summed_up(server, client, declared, clock):
    italy(server, declared)
    run(client, declared, "popolazione_italia")
    (again,) = run(client, declared, "popolazione_italia")
    assert again.stato == "invariata"
    clock.now += 86_400
    italy(server, declared, add=1)
    (later,) = run(client, declared, "popolazione_italia")
    assert later.cambi.cambiate == 202
    before, after = (2 * sum(290_000 + e + add for e in range(101)) for add in (0, 1))
    assert later.cambi.totali.loc["residenti"].tolist() == [before, after]
    assert importing.restore("popolazione_italia").endswith("è tornata alla versione precedente.")
    assert catalog.read("popolazione_italia", "2026-01-01")["residenti"].sum() == before


def test_what_is_not_accepted_does_not_enter(server, client, declared):
    italy(server, declared)
    (outcome,) = run(client, declared, "popolazione_italia", accept=lambda *both: False)
    assert outcome.stato == "non accettata"
    assert served("popolazione_italia") == "incorporata"


@pytest.mark.parametrize(
    "bad",
    [
        Reply(b"", CSV),
        Reply(b"<html>", "text/html"),
        Reply(status=500),
        Reply(status=429),
        Reply(status=429, headers={"Retry-After": "20"}),
        Reply(status=403),
        Reply(b"DATAFLOW,FREQ\n", CSV),
        Reply(drop=True),
        Reply(b"x" * 5000, CSV, cut=100),
        Reply(status=302, headers={"Location": "https://altrove.example/"}),
        Reply(wait=0.3),
    ],
    ids=["empty", "page", "500", "429", "429 with time", "403", "columns", "drop", "cut", "elsewhere", "slow"],
)
def test_whatever_the_service_does_the_table_before_stays(server, client, declared, bad):
    before = catalog.read("popolazione_italia")
    italy(server, declared, bad=bad)
    (outcome,) = run(client, declared, "popolazione_italia")
    assert outcome.stato == "non raggiunta"
    assert "rest" in outcome.testo
    assert "Che cosa fare:" in outcome.testo
    assert served("popolazione_italia") == "incorporata"
    assert catalog.read("popolazione_italia").equals(before)
    moments = [asked.when for asked in server.asked]
    assert all(later - sooner > 60 for sooner, later in zip(moments, moments[5:], strict=False))


def test_when_an_address_fails_the_other_is_asked(server, client, declared, told):
    italy(server, declared, bad=Reply(b"", CSV))
    italy(server, declared, address="sdmx")
    (outcome,) = run(client, declared, "popolazione_italia")
    assert outcome.stato == "aggiornata"
    assert any("risposta vuota" in line for line in told)


def test_an_interrupted_refresh_does_not_ask_again_what_it_has(server, client, declared):
    italy(server, declared, bad=Reply(status=403))
    run(client, declared, "popolazione_italia")
    first = [path for path in server.paths() if path.startswith("/esploradati")]
    italy(server, declared)
    (outcome,) = run(client, declared, "popolazione_italia")
    assert outcome.stato == "aggiornata"
    assert [path for path in server.paths() if path.startswith("/esploradati")][len(first) :] == [first[-1]]


def test_a_table_that_fails_its_checks_says_which_rule_on_which_rows(server, client, declared, local):
    employment(server, declared, factor=1.9)
    (outcome,) = run(client, declared, "occupazione")
    assert outcome.stato == "rifiutata"
    assert served("occupazione") == "incorporata"
    problem = outcome.problemi[0]
    assert problem.atteso == "un valore non maggiore di 100"
    with (local / "rifiutate" / "occupazione.csv").open(encoding="utf-8", newline="") as file:
        lines = list(files.reader(file))
    assert float(lines[problem.riga - 1][lines[0].index("valore")]) > 100
    assert "righe rifiutate sono nel file" in outcome.messaggio


def test_a_series_keeps_what_the_source_does_not_give(server, client, declared):
    before = catalog.read("occupazione")
    employment(server, declared, only_first=False)
    (outcome,) = run(client, declared, "occupazione")
    assert outcome.stato == "aggiornata"
    after = catalog.table("occupazione")
    keys = list(catalog.spec("occupazione").keys)
    lost = set(before[keys].itertuples(index=False)) - set(after.frame[keys].itertuples(index=False))
    assert not lost
    new = after.frame.query("misura == 'tasso_occupazione' and territorio == 'MB' and sesso == 'F' and anno == 2025")
    assert new["valore"].tolist() == [57.0]
    assert after.provenance.data_riferimento == "2017/2025"
    assert "righe della versione precedente" in after.provenance.note
    assert set(after.frame.query("anno == 2025")["misura"]) == {
        "tasso_occupazione",
        "tasso_disoccupazione",
        "tasso_inattivita",
    }


def test_a_part_that_does_not_arrive_is_named_and_the_others_enter(server, client, declared):
    employment(server, declared)
    (outcome,) = run(client, declared, "occupazione")
    assert outcome.stato == "aggiornata in parte"
    assert not outcome.successful
    assert "Non è arrivato tutto" in outcome.messaggio
    assert served("occupazione") == "scaricata"


def test_without_network_nothing_is_tried_twice(client, declared, clock):
    away = declared.model_copy(
        update={
            "indirizzi": {
                n: a.model_copy(update={"url": "https://istat.invalid"}) for n, a in declared.indirizzi.items()
            }
        }
    )
    outcomes = refresh.refresh(client=client, declarations=away)
    assert [outcome.tabella for outcome in outcomes] == declared.tables()
    assert {outcome.stato for outcome in outcomes} == {"non raggiunta"}
    assert "Non c'è collegamento a Internet" in outcomes[0].messaggio
    assert not clock.slept


def test_an_imported_table_keeps_precedence_and_it_is_said(server, client, declared):
    italy(server, declared)
    embedded = catalog.read("popolazione_italia")
    importing.store(
        importing.Understood(catalog.spec("popolazione_italia"), embedded, "2026-01-01", "Mia", "Mia", "", "", "", "")
    )
    (outcome,) = run(client, declared, "popolazione_italia")
    assert "file importato, che ha la precedenza" in outcome.messaggio
    assert served("popolazione_italia") == "importata"


def test_two_refreshes_do_not_run_together(client, declared, local):
    local.mkdir(parents=True, exist_ok=True)
    with FileLock(local / "aggiornamento.lock"), pytest.raises(UsoError, match="Un altro aggiornamento"):
        run(client, declared, "popolazione_italia")


def test_a_table_without_a_source_is_told_how_to_be_imported(client, declared):
    with pytest.raises(UsoError, match="dati importa FILE --come riparti"):
        run(client, declared, "riparti")


# -- population of the comuni --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def comuni():
    return load(data="2026-01-01")


def people(n, age):
    return (n * 7 + age) % 50


def posas(comuni, year=2026, spoil=lambda text: text):
    lines = [f'"Popolazione residente per età e sesso al 1° gennaio {year}"']
    lines.append('"Codice comune";"Comune";"Età";"Totale maschi";"Totale femmine";"Totale"')
    for n, (code, name) in enumerate(comuni.comuni["nome"].items()):
        ages = [people(n, age) for age in range(101)]
        lines += [f'"{code}";"{name}";{age};{v};{v};{2 * v}' for age, v in enumerate(ages)]
        lines.append(f'"{code}";"{name}";999;{sum(ages)};{sum(ages)};{2 * sum(ages)}')
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"POSAS_{year}_it_Comuni.csv", spoil("\n".join(lines)).encode("utf-8-sig"))
    return Reply(packed.getvalue(), "application/x-zip-compressed")


def sdmx_population(server, declared, comuni, change=lambda rows: rows):
    origin = declared.of("popolazione")[0]
    replies = []
    for sex in ("1", "2"):
        rows = [
            ("A", code, "JAN", sex, f"Y{age}" if age < 100 else "Y_GE100", "99", 2026, people(n, age))
            for n, code in enumerate(comuni.comuni.index)
            for age in range(101)
        ]
        rows += [("A", "ITC4", "JAN", sex, "Y0", "99", 2026, 1), ("A", "5", "JAN", sex, "Y0", "99", 2026, 1)]
        replies.append(({"SEX": sex}, csv(origin.flusso, POP, change(rows))))
    flow(server, origin, POP, replies)


def test_sdmx_and_the_yearly_archive_give_the_same_population(server, client, declared, comuni, clock):
    sdmx_population(server, declared, comuni)
    (first,) = run(client, declared, "popolazione")
    assert first.stato == "aggiornata"
    assert served("popolazione", "2026-01-01") == "scaricata"
    assert served("popolazione", "2022-01-01") == "incorporata"
    clock.now += 86_400
    server.give(f"/esploradati/dataflow/IT1/{declared.of('popolazione')[0].flusso}/latest", Reply(status=403))
    server.give("/demo/data/posas/POSAS_2026_it_Comuni.zip", posas(comuni))
    (second,) = run(client, declared, "popolazione")
    assert second.stato == "invariata"


def test_where_the_new_year_is_not_out_the_one_before_is_taken(server, client, declared, comuni):
    server.give("/demo/data/posas/POSAS_2025_it_Comuni.zip", posas(load(data="2025-01-01"), 2025))
    (outcome,) = run(client, declared, "popolazione")
    assert outcome.capito.data == "2025-01-01"


def estimated(text):
    return text.replace("gennaio 2026", "gennaio 2026 (stima)", 1)


def test_beside_an_estimate_the_last_final_year_comes_in_and_answers(server, client, declared, comuni):
    server.give("/demo/data/posas/POSAS_2026_it_Comuni.zip", posas(comuni, spoil=estimated))
    server.give("/demo/data/posas/POSAS_2025_it_Comuni.zip", posas(load(data="2025-01-01"), 2025))
    final, newer = run(client, declared, "popolazione")
    assert (final.capito.data, final.capito.stato) == ("2025-01-01", "definitivo")
    assert (newer.capito.data, newer.capito.stato) == ("2026-01-01", "stima")
    assert storage.find("popolazione").data_riferimento == "2025-01-01"
    assert storage.find("popolazione", "2026-01-01").stato == "stima"
    assert [path for path in server.paths() if "posas" in path] == [
        f"/demo/data/posas/POSAS_{year}_it_Comuni.zip" for year in (2026, 2025)
    ]


def test_an_estimate_without_a_final_year_comes_in_alone(server, client, declared, comuni, told):
    server.give("/demo/data/posas/POSAS_2026_it_Comuni.zip", posas(comuni, spoil=estimated))
    before = storage.find("popolazione")
    (outcome,) = run(client, declared, "popolazione")
    assert outcome.capito.stato == "stima"
    assert storage.find("popolazione") == before
    assert any("il 2025 non è pubblicato" in line for line in told)


def test_italy_comes_from_the_archive_when_its_flow_does_not_answer(server, client, declared, comuni, monkeypatch):
    monkeypatch.setattr(population_file, "COMUNI_ITALIA", 1000)
    server.give("/demo/data/posas/POSAS_2026_it_Comuni.zip", posas(comuni))
    everyone = 2 * sum(people(n, age) for n in range(len(comuni.comuni)) for age in range(101))
    asked = []
    (outcome,) = run(client, declared, "popolazione_italia", accept=lambda *both: asked.append(both) or True)
    # Lombardia alone is not a country, and its total says so
    assert outcome.stato == "rifiutata"
    assert outcome.capito.frame["residenti"].sum() == everyone
    assert not asked


def test_every_way_to_the_population_is_tried_in_order(server, client, declared):
    (outcome,) = run(client, declared, "popolazione")
    assert outcome.stato == "non raggiunta"
    first, last = "22_289_DF_DCIS_POPRES1_6", "22_289_DF_DCIS_POPRES1_24"
    asked = [path.split("/latest")[0].rpartition("/")[2] for path in server.paths()]
    assert asked == [first, first, "POSAS_2026_it_Comuni.zip", "POSAS_2025_it_Comuni.zip", last, last]
    assert "Nessuna delle 5 vie" in outcome.messaggio


def test_ceased_comuni_in_the_lists_do_no_harm_and_one_that_is_missing_does(server, client, declared, comuni):
    ceased = next(c for c in comuni.fusioni.successors("2026-01-01") if c not in comuni.comuni.index)
    gone = comuni.comuni.index[3]
    sdmx_population(
        server, declared, comuni, lambda rows: [*rows, ("A", ceased, "JAN", rows[0][3], "Y0", "99", 2026, 0)]
    )
    (outcome,) = run(client, declared, "popolazione")
    assert outcome.stato == "aggiornata"
    client.raw.root.rename(client.raw.root.with_name("altrove"))
    sdmx_population(server, declared, comuni, lambda rows: [row for row in rows if row[1] != gone])
    (outcome,) = run(client, declared, "popolazione")
    assert outcome.stato == "rifiutata"
    assert f"il comune {gone} ({comuni.name('comune', gone)}); trovato nessun dato" in outcome.testo


def test_people_still_counted_in_a_comune_that_ceased_go_to_its_heir(server, client, declared, comuni):
    successors = comuni.fusioni.successors("2026-01-01")
    old, heir = next((o, h) for o, h in successors.items() if o not in comuni.comuni.index and h in comuni.comuni.index)

    def before_the_merger(rows):
        return [(*row[:1], old, *row[2:]) if row[1] == heir else row for row in rows]

    sdmx_population(server, declared, comuni, before_the_merger)
    (outcome,) = run(client, declared, "popolazione")
    assert outcome.stato == "aggiornata"
    table = catalog.read("popolazione", "2026-01-01")
    n = list(comuni.comuni.index).index(heir)
    assert table[table["cod_comune"] == heir]["residenti"].sum() == 2 * sum(people(n, age) for age in range(101))


def test_an_archive_that_is_cut_or_of_another_year_is_refused(server, client, declared, comuni):
    path = "/demo/data/posas/POSAS_2026_it_Comuni.zip"
    whole = posas(comuni)
    server.give(path, replace(whole, body=whole.body[:5000]))
    (outcome,) = run(client, declared, "popolazione", year=2026)
    assert outcome.stato == "rifiutata"
    assert "danneggiato" in outcome.testo
    server.give(path, posas(comuni, 2024))
    (outcome,) = run(client, declared, "popolazione", year=2026)
    assert "contiene dati al 2024-01-01, non al 2026-01-01" in outcome.testo
    assert served("popolazione") == "incorporata"


# -- census, datasets ----------------------------------------------------------------------------------------


def test_employed_people_by_comune(server, client, declared):
    territorio = load(data="2024-12-31")
    (origin,) = declared.of("occupati_comuni")
    dimensions = ["FREQ", "REF_AREA", "INDICATOR", "GENDER", "AGE_NOCLASS", "CITIZENSHIP", "EDU_ATTAIN"]
    dimensions += ["CUR_ACT_STAT", "LOC_DEST", "REAS_COMMUTING"]
    replies = []
    for status, share in (("1", 6), ("99", 10)):
        for sex in ("F", "M"):
            codes = {"CUR_ACT_STAT": status, "GENDER": sex}
            place = {"FREQ": "A", "INDICATOR": "RESPOP_AV", **origin.chiave, **codes}
            rows = [
                (*({**place, "REF_AREA": code, "AGE_NOCLASS": age}[d] for d in dimensions), 2024, share * 10)
                for code in [*territorio.comuni.index, "082006", "ITC4"]
                for age in ("Y15-24", "Y_GE15")
            ]
            replies.append((codes, csv(origin.flusso, dimensions, rows)))
    flow(server, origin, dimensions, replies)
    (outcome,) = run(client, declared, "occupati_comuni")
    assert outcome.stato == "aggiornata"
    frame = catalog.read("occupati_comuni")
    assert len(frame) == len(territorio.comuni) * 2 * 2
    assert set(frame["eta"]) == {"15-24", "15+"}
    assert (frame["occupati"] == 60).all()
    assert (frame["popolazione"] == 100).all()
    assert (frame["anno"] == 2024).all()


def test_a_list_of_services_chosen_in_the_catalogue_enters_as_a_file_would(server, client, declared):
    path = "/lombardia/resource/abcd-1234.json"
    rows = [
        {
            ":id": "1",
            "denominazione": "Nido A",
            "comune": "Azzate",
            "tipologia": "Asilo nido",
            "posti": "30",
            "anno": "2025",
        },
        {
            ":id": "2",
            "denominazione": "=1+1",
            "comune": "012006",
            "tipologia": "Asilo nido",
            "posti": "20",
            "anno": "2025",
        },
    ]
    server.give(path, records([{"righe": "2"}]), records(rows), records([]))
    outcome = refresh.refresh_from_dataset("servizi_offerta", "abcd-1234", client=client, declarations=declared)
    assert outcome.stato == "aggiornata", outcome.testo
    table = catalog.table("servizi_offerta")
    assert table.frame["posti"].sum() == 50
    assert "abcd-1234" in table.provenance.fonte
    # the choice is noted: the next refresh of the table reads the same dataset
    assert refresh.pinned("servizi_offerta") == "abcd-1234"
    assert refresh.pinned("popolazione") is None


def test_a_list_that_is_not_of_services_is_refused_with_what_it_lacks(server, client, declared):
    server.give(
        "/lombardia/resource/abcd-1234.json",
        records([{"righe": "1"}]),
        records([{":id": "1", "colore": "blu"}]),
        records([]),
    )
    outcome = refresh.refresh_from_dataset("servizi_offerta", "abcd-1234", client=client, declarations=declared)
    assert outcome.stato == "rifiutata"
    assert "servizi_offerta" in outcome.testo
    assert refresh.pinned("servizi_offerta") is None
