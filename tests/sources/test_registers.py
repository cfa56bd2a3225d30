"""The Region's registers of services: real headers, invented rows."""

import json

import pandas as pd
import pytest
from sources.museum import RSA, SOCIAL_SUPPLY
from sources.server import Reply, records

from conciliazione_lib import catalog, storage
from conciliazione_lib.cli import main
from conciliazione_lib.sources import importing, refresh
from conciliazione_lib.territory import load

UPDATED = "2026-08-18T06:00:00.000Z"
NAMES = {
    "v7mx-ns4h": "Strutture di offerta sociale per la prima infanzia",
    "vef4-8fnp": "Elenco RSA accreditate",
    "rs6k-vuhs": "Elenco Centri Diurni Integrati accreditati per anziani",
    "i846-pq8q": "Strutture di offerta sociale per anziani",
}
EMPTY_RSA = dict.fromkeys(RSA.lower().split(","), "")
EMPTY_SOCIAL = dict.fromkeys(SOCIAL_SUPPLY.lower().split(","), "")


def home(code, name, comune, istat, prov, places, **more):
    return EMPTY_RSA | {
        "cod_struttura": code,
        "denom_struttura": name,
        "comune_ubicazione": comune,
        "cod_istat_comune_ubicazione": istat,
        "prov_comune_ubicazione": prov,
        "tot_posti_autorizzati": places,
        "pubblica_privata": "PRIVATA",
        "fl_accreditata": "SI",
        **more,
    }


def social(code, kind, name, comune, prov, places, ambito="", asst="030727", **more):
    return EMPTY_SOCIAL | {
        "codice_cudes": code,
        "unita_offerte_sociali": kind,
        "denominazione_struttura": name,
        "comune_di_ubicazione": comune,
        "prov": prov,
        "nr_posti": places,
        "ambito": ambito,
        "codice_asst": asst,
        "asst": "ASST DI PROVA",
        **more,
    }


ROWS = {
    "v7mx-ns4h": [
        social("1", "ASILO NIDO", "NIDO ARCOBALENO", "PAVIA", "PV", "60", "PAVIA"),
        social("2", "MICRO NIDO", "MICRONIDO STELLA", "AZZATE", "VA", "10", "AZZATE", "030710"),
        social("3", "NIDO FAMIGLIA", "CASA DI ADA", "LECCO", "LC", "5", "LECCO", "030715"),
    ],
    "vef4-8fnp": [
        home("000001", "RSA UNO", "BERGAMO", "016024", "BG", "108"),
        home("000002", "RSA DUE", "BRESCIA", "017029", "BS", "50", pubblica_privata="PUBBLICA"),
        home("000003", "RSA TRE", "MILANO", "15146", "MI", "120", fl_accreditata="NO"),
        home("000004", "RSA QUATTRO", "SONDRIO", "014061", "SO", ""),
    ],
    "rs6k-vuhs": [home("000005", "CDI UNO", "MANTOVA", "020030", "MN", "30")],
    "i846-pq8q": [
        social("11", "CENTRO DIURNI ANZIANI", "CENTRO DIURNO ANZIANI", "PAVIA", "PV", "40", "PAVIA"),
        social("12", "CENTRO DIURNI ANZIANI", "CENTRO DIURNO ANZIANI", "PAVIA", "PV", "25", "PAVIA"),
        social("13", "ALTRA STRUTTURA", "ALLOGGI", "MONZA", "MB", "8", "MONZA", "030717"),
    ],
}


def result(identifier, name, columns):
    resource = {"id": identifier, "name": name, "columns_field_name": columns, "data_updated_at": UPDATED}
    return {"resource": resource, "permalink": f"https://www.dati.lombardia.it/d/{identifier}"}


class Portal:
    """The portal: its catalogue answers by what is asked, its datasets by their identifier."""

    def __init__(self, server, rows):
        self.server, self.rows, self.names = server, dict(rows), dict(NAMES)
        server.answers["/lombardia/api/catalog/v1"] = self.catalogue
        self.publish()

    def publish(self):
        for identifier, rows in self.rows.items():
            counted = [{":id": str(n), **row} for n, row in enumerate(rows)]
            path = f"/lombardia/resource/{identifier}.json"
            self.server.give(path, records([{"righe": str(len(rows))}]), records(counted), records([]))

    def move(self, old, new):
        self.rows[new], self.names[new] = self.rows.pop(old), self.names.pop(old)
        self.server.give(f"/lombardia/resource/{old}.json")
        self.publish()

    def catalogue(self, query):
        def answers(identifier):
            if "ids" in query:
                return identifier in query["ids"]
            words = set(query["q"][0].split())
            return bool(words & set(self.names[identifier].lower().split()))

        found = [
            result(identifier, self.names[identifier], list(rows[0]))
            for identifier, rows in self.rows.items()
            if answers(identifier)
        ]
        return Reply(json.dumps({"results": found}).encode(), "application/json")


@pytest.fixture
def portal(server):
    return Portal(server, ROWS)


def run(client, declared, *tables, **more):
    return refresh.refresh(tables, client=client, declarations=declared, **more)


def offer():
    return catalog.read("servizi_offerta")


def test_the_registers_bring_every_ats_at_once(client, declared, portal, told):
    (outcome,) = run(client, declared, "servizi_offerta")
    assert outcome.stato == "aggiornata", outcome.testo
    frame = offer().set_index("denominazione")
    ats = load(data="2026-03-15").comuni["ats"]
    assert set(frame["cod_comune"].map(ats)) == {
        *("pavia", "insubria", "brianza", "bergamo", "brescia", "milano", "montagna", "val-padana")
    }
    assert frame.loc["RSA TRE", ["cod_comune", "tipo", "gestione", "posti", "anno"]].tolist() == [
        *("015146", "rsa", "privata", 120, 2026)
    ]
    assert frame.loc["RSA UNO", "gestione"] == "privata accreditata"
    assert frame.loc["RSA DUE", "gestione"] == "pubblica"
    assert frame.loc["MICRONIDO STELLA", "tipo"] == "micronido"
    # a number that the source does not give is missing and told, two services of one name stay two
    assert frame["posti"].isna().sum() == 1
    assert "servizi senza il numero di posti nella fonte: 1 su 4" in outcome.messaggio.lower()
    assert {"CENTRO DIURNO ANZIANI (codice 11)", "CENTRO DIURNO ANZIANI (codice 12)"} <= set(frame.index)
    # and so is a type that the table does not have
    assert "«ALTRA STRUTTURA» non è un tipo della tabella: 1" in outcome.messaggio
    assert "i846-pq8q" in frame.loc["CENTRO DIURNO ANZIANI (codice 11)", "fonte"]
    assert frame.loc["RSA UNO", "url"] == "https://www.dati.lombardia.it/d/vef4-8fnp"
    assert storage.find("servizi_offerta").origine == "scaricata"
    (again,) = run(client, declared, "servizi_offerta")
    assert again.stato == "invariata"


@pytest.mark.parametrize("register", NAMES)
def test_a_register_that_moved_is_found_in_the_catalogue(client, declared, portal, register):
    portal.move(register, "abcd-1234")
    (outcome,) = run(client, declared, "servizi_offerta")
    assert outcome.stato == "aggiornata", outcome.testo
    assert f"non è più in {register}: ora è abcd-1234 («{NAMES[register]}»)" in outcome.messaggio
    moved = offer()[offer()["url"] == "https://www.dati.lombardia.it/d/abcd-1234"]
    written = {row.get("denominazione_struttura") or row["denom_struttura"] for row in ROWS[register]} - {"ALLOGGI"}
    assert {name.partition(" (codice")[0] for name in moved["denominazione"]} == written
    assert set(offer()["tipo"]) == {
        *("asilo_nido", "micronido", "nido_famiglia", "rsa", "cdi", "centro_diurno_anziani")
    }


@pytest.mark.parametrize("register", NAMES)
def test_a_register_that_moved_takes_the_place_of_its_rows(client, declared, portal, clock, register):
    run(client, declared, "servizi_offerta")
    before = offer()
    clock.now += 86_400
    portal.move(register, "abcd-1234")
    (outcome,) = run(client, declared, "servizi_offerta")
    assert outcome.stato == "aggiornata", outcome.testo
    pd.testing.assert_frame_equal(
        offer().drop(columns=["url", "fonte"]).sort_values(["tipo", "denominazione"], ignore_index=True),
        before.drop(columns=["url", "fonte"]).sort_values(["tipo", "denominazione"], ignore_index=True),
    )
    assert f"https://www.dati.lombardia.it/d/{register}" not in set(offer()["url"])


@pytest.mark.parametrize("register", ["v7mx-ns4h", "i846-pq8q"])
def test_memberships_follow_a_register_that_moved(client, declared, portal, register):
    portal.move(register, "abcd-1234")
    for table in ("comuni_asst", "comuni_ambiti"):
        (outcome,) = run(client, declared, table)
        assert outcome.stato in ("aggiornata", "invariata"), outcome.testo
    sources = set(catalog.read("comuni_asst")["url"])
    assert "https://www.dati.lombardia.it/d/abcd-1234" in sources
    assert f"https://www.dati.lombardia.it/d/{register}" not in sources


def test_of_two_that_look_like_it_none_is_chosen(client, declared, portal):
    portal.move("vef4-8fnp", "abcd-1234")
    portal.rows["abcd-5678"], portal.names["abcd-5678"] = ROWS["vef4-8fnp"], "RSA per anno"
    portal.publish()
    (outcome,) = run(client, declared, "servizi_offerta")
    assert outcome.stato == "aggiornata in parte"
    assert "gli somigliano in 2: abcd-1234 («Elenco RSA accreditate»); abcd-5678 («RSA per anno»)" in outcome.messaggio
    assert set(offer()["tipo"]) == {"asilo_nido", "micronido", "nido_famiglia", "cdi", "centro_diurno_anziani"}


def test_the_rows_of_a_register_that_does_not_arrive_stay(client, declared, portal, clock, server):
    run(client, declared, "servizi_offerta")
    clock.now += 86_400
    portal.rows["rs6k-vuhs"] = [home("000005", "CDI UNO", "MANTOVA", "020030", "MN", "35")]
    portal.publish()
    server.give("/lombardia/resource/vef4-8fnp.json", Reply(status=403))
    (outcome,) = run(client, declared, "servizi_offerta")
    assert outcome.stato == "aggiornata in parte"
    frame = offer()
    assert len(frame.query("tipo == 'rsa'")) == 4
    assert frame.query("tipo == 'cdi'")["posti"].tolist() == [35]


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda row: {k: v for k, v in row.items() if k != "tot_posti_autorizzati"}, "la colonna di «posti»"),
        (lambda row: row | {"tot_posti_autorizzati": "una decina"}, "trovato «una decina» (CDI UNO, MANTOVA)"),
    ],
    ids=["without the places", "places that are not a number"],
)
def test_a_register_without_what_matters_is_refused_and_the_others_enter(client, declared, portal, spoil, words):
    portal.rows["rs6k-vuhs"] = [spoil(portal.rows["rs6k-vuhs"][0])]
    portal.publish()
    (outcome,) = run(client, declared, "servizi_offerta")
    assert outcome.stato == "aggiornata in parte"
    assert "cdi" not in set(offer()["tipo"])
    portal.publish()
    lone = declared.of("servizi_offerta")[0].model_copy(update={"registri": ("cdi",)})
    client.raw.root.rename(client.raw.root.with_name("altrove"))
    (refused,) = run(client, declared.model_copy(update={"origini": (lone,)}), "servizi_offerta")
    assert refused.stato == "rifiutata"
    assert words in refused.testo


def test_a_row_whose_code_and_name_are_two_places_is_left_out_and_told(client, declared, portal):
    portal.rows["vef4-8fnp"] = [
        home("1", "SAN ZENONE O MEZZAGO", "MEZZAGO", "015202", "MB", "10"),
        home("2", "NEL NULLA", "ATLANTIDE", "", "MI", "10"),
        home("3", "CON IL SOLO NOME", "BRUGHERIO", "999999", "MB", "10"),
    ]
    portal.publish()
    (outcome,) = run(client, declared, "servizi_offerta")
    assert "nome e codice non concordano: 2 (SAN ZENONE O MEZZAGO (MEZZAGO, 015202); NEL NULLA" in outcome.messaggio
    assert offer().query("tipo == 'rsa'")["cod_comune"].tolist() == ["108012"]


# -- the list of an ATS -------------------------------------------------------------------------------------


def imported(rows):
    frame = catalog.validate(rows, catalog.spec("servizi_offerta"))
    understood = importing.Understood(
        catalog.spec("servizi_offerta"), frame, "2025", "Elenco", "ATS di Pavia", "", "", "prova"
    )
    importing.store(understood)


def test_the_list_of_an_ats_replaces_its_rows_only(client, declared, portal):
    own = {"cod_comune": "018110", "denominazione": "Nido della ATS", "tipo": "asilo_nido", "gestione": "pubblica"}
    own |= {"posti": 33, "anno": 2025, "grado": "pubblicazione", "fonte": "ATS di Pavia", "url": None, "note": None}
    imported(pd.DataFrame([own]))
    (outcome,) = run(client, declared, "servizi_offerta")
    assert outcome.stato == "aggiornata", outcome.testo
    frame = offer()
    # of the nurseries of Pavia there is the list of its ATS; of the other types, and of the other ATS, the registers
    assert frame.query("tipo == 'asilo_nido'")["denominazione"].tolist() == ["Nido della ATS"]
    assert frame.query("tipo == 'centro_diurno_anziani'")["posti"].sum() == 65
    assert frame.query("tipo in ('micronido', 'nido_famiglia')")["posti"].sum() == 15
    assert storage.find("servizi_offerta").origine == "importata"
    (again,) = run(client, declared, "servizi_offerta")
    assert again.stato == "invariata"
    assert offer().query("tipo == 'asilo_nido'")["fonte"].tolist() == ["ATS di Pavia"]


def own_list(tmp_path, *rows, more=()):
    path = tmp_path / "elenco.csv"
    path.write_text("\n".join(["comune;denominazione;tipo;posti;anno", *rows]) + "\n", encoding="utf-8")
    return main(["dati", "importa", str(path), "--come", "servizi_offerta", "--fonte", "ATS di Pavia", *more])


def places():
    return offer().set_index("denominazione")["posti"].astype("float64").fillna(-1).to_dict()


@pytest.mark.parametrize("year", [2024, 2026, 2027])  # before that of the registers, the same, after
def test_registers_then_a_list_then_registers_again(client, declared, portal, clock, tmp_path, capsys, year):
    run(client, declared, "servizi_offerta")
    before = places()
    rows = [f"Pavia;Nido della ATS;asilo nido;33;{year}", f"Voghera;Altro nido;asilo nido;12;{year}"]
    assert own_list(tmp_path, *rows) == 0
    assert "resta in uso" not in capsys.readouterr().out
    # the nurseries of Pavia are those of its list; its other services, and those of the other ATS, are all there
    wanted = {n: p for n, p in before.items() if n != "NIDO ARCOBALENO"} | {"Nido della ATS": 33, "Altro nido": 12}
    assert places() == wanted
    # the registers again, the same and then with something new: neither loses anything
    for at in range(2):
        clock.now += 86_400
        if at:
            portal.rows["v7mx-ns4h"] = [
                *ROWS["v7mx-ns4h"],
                social("4", "ASILO NIDO", "NIDO NUOVO", "COMO", "CO", "7", "COMO", "030711"),
                social("5", "ASILO NIDO", "NIDO CHE L'ELENCO NON HA", "PAVIA", "PV", "9", "PAVIA"),
            ]
        portal.publish()
        (outcome,) = run(client, declared, "servizi_offerta")
        assert outcome.stato == ("aggiornata" if at else "invariata"), outcome.testo
        assert places() == wanted | ({"NIDO NUOVO": 7} if at else {})
    # a second list of the same ATS replaces the first, and nothing else
    assert own_list(tmp_path, *(row.replace(";33;", ";34;") for row in rows)) == 0
    assert places() == wanted | {"NIDO NUOVO": 7, "Nido della ATS": 34}


def test_a_service_added_to_the_registers_stays_beside_them(client, declared, portal, clock, tmp_path):
    run(client, declared, "servizi_offerta")
    before = places()
    rows = ["Pavia;Nido che mancava;asilo nido;18;2025", "Pavia;NIDO ARCOBALENO;asilo nido;61;2026"]
    assert own_list(tmp_path, *rows, more=["--aggiungi"]) == 0
    wanted = before | {"Nido che mancava": 18, "NIDO ARCOBALENO": 61}
    assert places() == wanted
    clock.now += 86_400
    portal.publish()
    (outcome,) = run(client, declared, "servizi_offerta")
    assert outcome.stato == "invariata", outcome.testo
    assert places() == wanted


def test_a_list_chosen_in_the_catalogue_is_one_more_register(client, declared, portal, server):
    run(client, declared, "servizi_offerta")
    rows = [{":id": "1", "denominazione": "SAD", "comune": "Pavia", "tipologia": "sad", "posti": "", "anno": "2025"}]
    server.give("/lombardia/resource/abcd-9999.json", records([{"righe": "1"}]), records(rows), records([]))
    outcome = refresh.refresh_from_dataset("servizi_offerta", "abcd-9999", client=client, declarations=declared)
    assert outcome.stato == "aggiornata", outcome.testo
    assert outcome.cambi.tolte == 0
    assert offer().query("tipo == 'sad'")["url"].tolist() == ["https://www.dati.lombardia.it/d/abcd-9999"]
    assert len(offer().query("tipo == 'rsa'")) == 4


# -- memberships --------------------------------------------------------------------------------------------


def test_the_registers_give_memberships_with_their_date(client, declared, portal):
    before = catalog.read("comuni_ambiti")
    territorio = load(data="2026-03-15")
    known = before[before["valido_al"].isna() & before["valido_dal"].isna()].set_index("cod_comune")
    of_insubria = set(territorio.members("ats", "insubria"))
    new = sorted(of_insubria - set(before["cod_comune"]))[0]
    deduced = known.index[(known["grado"] == "stima") & known.index.isin(of_insubria)][0]
    hint = known.index[known["tipo_elenco"] == "distretto"][0]
    read = known.index[(known["ambito"] == "lomellina") & (known["tipo_elenco"] == "ambito")][0]

    def day_centre(code, ambito):
        comune = territorio.comuni.loc[code]
        kind = "CENTRO DIURNI ANZIANI"
        return social("9", kind, f"CENTRO {code}", comune["nome"].upper(), comune["provincia"], "10", ambito)

    portal.rows["i846-pq8q"] = [
        day_centre(new, "CITTIGLIO"),
        day_centre(deduced, "BRESCIA - 1"),
        day_centre(hint, "GARDA - SALO' - 11"),
        day_centre(read, "PAVIA"),
        day_centre("018110", "PAVIA"),
        day_centre("012026", "AMBITO CHE NON ESISTE"),
    ]
    portal.publish()
    (outcome,) = run(client, declared, "comuni_ambiti")
    assert outcome.stato == "aggiornata", outcome.testo
    after = catalog.read("comuni_ambiti")
    rows = after.set_index("cod_comune")
    for code, ambito in ((new, "cittiglio"), (deduced, "brescia"), (hint, "garda")):
        expected = [ambito, "registro del 2026-08-18", "registro", "pubblicazione"]
        assert rows.loc[code, ["ambito", "periodo", "tipo_elenco", "grado"]].tolist() == expected
    assert "i846-pq8q" in rows.loc[new, "fonte"]
    # what a source says stays, and the difference is told; what is not one of our ambiti is told
    assert rows.loc[read].equals(before.set_index("cod_comune").loc[read])
    assert f"{territorio.name('comune', read)}: il registro dice «PAVIA», resta «lomellina»" in outcome.messaggio
    assert "lasciati fuori: AMBITO CHE NON ESISTE" in outcome.messaggio
    untouched = before[~before["cod_comune"].isin([new, deduced, hint])]
    assert len(after) == len(before) + 1
    assert untouched.merge(after, how="inner").shape == untouched.shape
    (again,) = run(client, declared, "comuni_ambiti")
    assert again.stato == "invariata"


def test_a_comune_in_two_places_is_in_none(client, declared, portal):
    portal.rows["i846-pq8q"] = [
        social("1", "CENTRO DIURNI ANZIANI", "UNO", "PAVIA", "PV", "1", "PAVIA", "030727"),
        social("2", "CENTRO DIURNI ANZIANI", "DUE", "PAVIA", "PV", "1", "LOMELLINA", "030728"),
        social("3", "CENTRO DIURNI ANZIANI", "TRE", "VOGHERA", "PV", "1", "", "030727"),
    ]
    portal.rows.pop("v7mx-ns4h")
    portal.publish()
    outcome, _ = run(client, declared, "comuni_asst", "comuni_ambiti")
    frame = catalog.read("comuni_asst")
    assert frame[["cod_comune", "cod_asst", "data"]].values.tolist() == [["018182", "030727", "2026-08-18"]]
    assert "018110: i registri dicono 030727 e 030728, lasciato fuori" in outcome.messaggio


def test_the_names_that_the_region_gives_are_our_ambiti(declared):
    ambiti = load(data="2026-03-15").ambiti.index
    assert set(declared.ambiti_regione.values()) <= set(ambiti)
