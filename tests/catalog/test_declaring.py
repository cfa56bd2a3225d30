"""A table is declared in ``data/<table>/tabella.toml``: what it may say, and what is said of one that is wrong."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from conciliazione_lib import catalog, storage
from conciliazione_lib.catalog import declaring, registry, vocabularies
from conciliazione_lib.catalog import tables as rules_of_tables
from conciliazione_lib.errors import DatiError

GOOD = """
titolo = "Posti nei nidi {della regione}"
descrizione = '''
Una riga per comune
e anno.
'''
chiavi = ["cod_comune", "anno"]
gruppi = ["fonte", "stato"]

[colonne.cod_comune]
tipo = "comune"
altri_nomi = "@comune"

[colonne.anno]
tipo = "intero"
descrizione = "Anno"
minimo = 2000

[colonne.gestione]
tipo = "testo"
descrizione = "Gestione"
obbligatoria = false
valori = { pubblica = "di un ente pubblico", privata = "di altri" }
sinonimi = { pubblica = ["comunale", "statale"] }

[colonne.fascia]
tipo = "testo"
descrizione = "Fascia di età"
modello = '@eta|tutte'
"""


def written(folder: Path, text: str) -> Path:
    (folder / "posti_nido").mkdir(exist_ok=True)
    path = folder / "posti_nido" / declaring.FILE
    path.write_text(text, encoding="utf-8")
    return path


def test_what_a_declaration_says(tmp_path: Path) -> None:
    spec = declaring.read(written(tmp_path, GOOD))
    assert (spec.name, spec.title) == ("posti_nido", "Posti nei nidi della Lombardia")
    assert spec.description == "Una riga per comune e anno."
    assert list(spec.columns) == ["cod_comune", "anno", "gestione", "fascia", "grado", "fonte", "url", "note", "stato"]
    assert spec.column_aliases["cod_comune"][:2] == ("comune", "codice istat")
    assert spec.columns["cod_comune"].description == "Codice ISTAT del comune"
    assert spec.columns["gestione"].values == ("pubblica", "privata")
    assert spec.columns["gestione"].nullable
    assert not spec.columns["anno"].nullable
    assert spec.value_aliases["gestione"] == {"comunale": "pubblica", "statale": "pubblica"}
    assert spec.columns["fascia"].pattern == catalog.spec("indicatori_lavoro").columns["eta"].pattern
    assert not spec.columns["stato"].required


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("chiavi =", "chiave =", "«chiave»: atteso una chiave che esista (chiavi"),
        ('"cod_comune", "anno"]', '"comune", "anno"]', "«chiavi»: atteso una colonna della tabella (cod_comune"),
        ('["fonte", "stato"]', '["fonti"]', "«gruppi»: atteso un gruppo di colonne (fonte); trovato «fonti»"),
        ("minimo = 2000", "minmo = 2000", "«colonne.anno.minmo»: atteso una chiave che esista (minimo"),
        ("minimo = 2000", 'minimo = "2000"', "«colonne.anno.minimo»: atteso un numero; trovato '2000'"),
        ("minimo = 2000", "minimo = true", "«colonne.anno.minimo»: atteso un numero; trovato True"),
        ("minimo = 2000", "modello = 'x'", "«colonne.anno.modello»: atteso nessuna chiave «modello» in una colonna di"),
        ('"intero"', '"interi"', "«colonne.anno.tipo»: atteso un tipo di colonna (intero"),
        ('descrizione = "Anno"', "", "«colonne.anno»: atteso la chiave «descrizione»; trovato nessuna"),
        ('tipo = "comune"', "", "«colonne.cod_comune»: atteso la chiave «tipo»; trovato nessuna"),
        ("@eta|", "@età|", "«colonne.fascia.modello»: atteso un nome di [modelli] in vocabolari.toml"),
        ("'@eta|tutte'", "'('", "«colonne.fascia.modello»: atteso un'espressione regolare; trovato «(»"),
        (
            '"@comune"',
            '"@comuni"',
            "«colonne.cod_comune.altri_nomi»: atteso un nome di [nomi] in vocabolari.toml",
        ),
        ('"@comune"', '"comune"', "atteso un elenco, o il nome di un vocabolario con la chiocciola; trovato «comune»"),
        ("{ pubblica = [", "{ publica = [", "«colonne.gestione.sinonimi»: atteso un valore della colonna (pubblica"),
        ('["comunale", "statale"]', "3", "«colonne.gestione.sinonimi»: atteso un elenco; trovato 3"),
        ("{della regione}", "{regione}", "«titolo»: atteso fra graffe soltanto {della regione} o {nella regione}"),
        ("[colonne.fascia]", "[colonne.note]", "«gruppi»: atteso una colonna «note» sola; trovato un'altra nel gruppo"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_key(tmp_path: Path, before: str, after: str, said: str) -> None:
    assert before in GOOD
    with pytest.raises(DatiError) as error:
        declaring.read(written(tmp_path, GOOD.replace(before, after, 1)))
    assert error.value.messaggio.startswith("Nel file posti_nido/tabella.toml, «")
    assert said in error.value.messaggio


def test_a_file_that_is_no_toml_is_said(tmp_path: Path) -> None:
    with pytest.raises(DatiError, match=r"Il file posti_nido/tabella\.toml non si può leggere: .*line 2"):
        declaring.read(written(tmp_path, "\ntitolo = Posti"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[valor]\n", "«valor»: sezione che non esiste"),
        ('[valori]\nats = ["pavia"]\n', "«valori.ats»: lo decide il codice"),
        ('[valori]\nsesso = "M"\n', "«valori.sesso»: atteso un elenco di testi"),
        ("[nomi]\nanno = [1]\n", "«nomi.anno»: atteso un elenco di testi"),
        ("[valori\n", "non si può leggere"),
    ],
)
def test_a_wrong_vocabulary_is_said_with_its_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, said: str
) -> None:
    (tmp_path / vocabularies.FILE).write_text(text, encoding="utf-8")
    monkeypatch.setattr(storage, "embedded_root", lambda: tmp_path)
    with pytest.raises(DatiError) as error:
        catalog.values("sesso")
    assert said in error.value.messaggio
    assert vocabularies.FILE in error.value.messaggio


def test_a_rule_of_a_table_that_is_not_there_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, GOOD)
    monkeypatch.setattr(storage, "embedded_root", lambda: tmp_path)
    monkeypatch.setattr(registry, "rules", lambda: {"posti_nidi": ("catalog.tables.servizi", ())})
    with pytest.raises(DatiError, match=r"tables\.servizi ha regole della tabella «posti_nidi», che non esiste"):
        catalog.names()


def test_every_table_has_its_file_and_every_file_is_a_table() -> None:
    folders = {place.name for place in storage.embedded_root().iterdir() if place.is_dir() and place.name != "locale"}
    assert folders == set(catalog.names())
    assert {catalog.spec(name).name for name in catalog.names()} == folders


def test_every_rule_is_of_a_table_and_in_one_place() -> None:
    rules = rules_of_tables.rules()
    assert set(rules) <= set(catalog.names())
    for name, (module, some) in rules.items():
        assert importlib.import_module(module).RULES[name] is some
        assert catalog.spec(name).rules == tuple(some)


def test_every_word_of_the_vocabularies_is_used() -> None:
    root = storage.embedded_root()
    said = " ".join(file.read_text(encoding="utf-8") for file in root.glob(f"*/{declaring.FILE}"))
    library = Path(declaring.__file__).parents[1]
    said += " ".join(file.read_text(encoding="utf-8") for file in library.rglob("*.py"))
    names = {name for section in vocabularies.SECTIONS for name in vocabularies.section(section)}
    assert {name for name in names if f"@{name}" not in said and f'"{name}"' not in said} == set()


def test_to_import_the_catalog_reads_no_declaration_and_to_read_a_table_reads_its_own() -> None:
    code = """
import sys
read = []
sys.addaudithook(lambda event, found: read.append(str(found[0])) if event == "open" else None)
from conciliazione_lib import catalog
print(sum(path.endswith((".toml")) and "data" in path for path in read))
catalog.names()
catalog.spec("ats")
print(sorted(path.split("data")[-1][1:] for path in read if path.endswith(".toml") and "data" in path))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, encoding="utf-8")
    before, after = done.stdout.replace("\\\\", "/").splitlines()
    assert before == "0"
    assert after == "['ats/tabella.toml', 'vocabolari.toml']"
