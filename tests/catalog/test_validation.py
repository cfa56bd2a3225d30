import pandas as pd
import pytest

from conciliazione_lib.catalog import Rule, problems, spec, validate
from conciliazione_lib.catalog.declaring import declared
from conciliazione_lib.errors import DatiError, Problem


def _no_even_total(frame: pd.DataFrame) -> list[Problem]:
    equals = frame[frame["posti"] % 2 == 0]
    return [Problem("un numero dispari di posti", f"«{row.posti}»", riga=row.Index) for row in equals.itertuples()]


NURSERIES = declared(
    "nidi",
    {
        "titolo": "Nidi",
        "descrizione": "Una riga per comune.",
        "chiavi": ["cod_comune"],
        "gruppi": ["fonte"],
        "colonne": {
            "cod_comune": {"tipo": "comune"},
            "posti": {"tipo": "intero", "descrizione": "Posti", "minimo": 0},
            "quota": {"tipo": "numero", "descrizione": "Quota", "massimo": 100, "obbligatoria": False},
            "dal": {"tipo": "giorno", "descrizione": "Da quando", "obbligatoria": False},
        },
    },
    [Rule("dispari", "I posti sono dispari.", _no_even_total)],
)


def _frame(**columns: list[str | None]) -> pd.DataFrame:
    n = len(next(iter(columns.values())))
    base = {
        "cod_comune": [f"01514{i}" for i in range(n)],
        "posti": ["1"] * n,
        "quota": ["1.5"] * n,
        "dal": ["2022-01-01"] * n,
        "grado": ["atto"] * n,
        "fonte": ["ISTAT"] * n,
        "url": [None] * n,
        "note": [None] * n,
    }
    return pd.DataFrame(base | columns, dtype="str")


def test_a_good_frame_gets_its_types_and_the_declared_order():
    frame = _frame(posti=["1", "3"])[["posti", "cod_comune", "quota", "dal", "grado", "fonte", "url", "note"]]
    ready = validate(frame, NURSERIES)
    assert list(ready.columns) == list(NURSERIES.columns)
    assert ready["posti"].dtype == "int64"
    assert ready["quota"].tolist() == [1.5, 1.5]
    assert ready["cod_comune"].tolist() == ["015140", "015141"]


def test_all_problems_at_once_with_place_and_nearest_value():
    frame = _frame(
        cod_comune=["15146", "015141", "015142", "015143"],
        posti=["tre", "-1", None, "1"],
        quota=["1", "1", "1,5", "250"],
        grado=["atto", "ato", "atto", "atto"],
        dal=["2022-01-01", "1/1/2022", None, None],
    )
    with pytest.raises(DatiError) as taken:
        validate(frame, NURSERIES, file="cartella/nidi.xlsx", sheet="Nidi", row=lambda i: int(i) + 5)
    text = str(taken.value)
    assert [p.riga for p in taken.value.problemi] == [5, 5, 6, 6, 6, 7, 7, 8]
    assert (
        "file nidi.xlsx, foglio Nidi, riga 5, colonna cod_comune: atteso un codice ISTAT di sei cifre; trovato «15146»."
        in text
    )
    assert "riga 5, colonna posti: atteso un numero intero; trovato «tre»." in text
    assert "riga 6, colonna dal: atteso una data nella forma AAAA-MM-GG; trovato «1/1/2022»." in text
    assert "riga 6, colonna grado: atteso uno fra: atto, pubblicazione, stampa, stima, esempio; " in text
    assert "trovato «ato». Il più vicino è «atto»." in text
    assert "riga 6, colonna posti: atteso un valore non minore di 0; trovato «-1»." in text
    assert "riga 7, colonna posti: atteso un valore, la colonna è obbligatoria; trovato una cella vuota." in text
    assert "riga 7, colonna quota: atteso un numero; trovato «1,5». Il separatore dei decimali è il punto." in text
    assert "riga 8, colonna quota: atteso un valore non maggiore di 100; trovato «250»." in text
    assert "8 problemi" in text


def test_wrong_column_name_is_recognised():
    found = [str(p) for p in problems(_frame(posti=["1"]).rename(columns={"posti": "postii"}), NURSERIES)]
    assert any("la colonna «postii». Forse è «posti»." in p for p in found)
    assert any("atteso la colonna «posti» (Posti)" in p for p in found)


def test_repeated_key_and_broken_rule_name_the_rows():
    found = problems(
        _frame(cod_comune=["015140", "015141", "015140"], posti=["1", "2", "3"]), NURSERIES, file="nidi.csv"
    )
    assert [str(p) for p in found] == [
        "file nidi.csv, riga 4: atteso una sola riga per cod_comune; trovato una riga ripetuta: «015140».",
        "file nidi.csv, riga 3: atteso un numero dispari di posti; trovato «2».",
    ]


def test_two_periods_of_a_comune_may_not_overlap():
    comuni = pd.DataFrame(
        {
            "cod_comune": ["018026", "018026", "015146"],
            "nome": ["Campospinoso", "Campospinoso Albaredo", "Milano"],
            "provincia": ["PV", "PV", "MI"],
            "valido_dal": [None, "2023-11-18", None],
            "valido_al": ["2023-11-17", None, None],
            "superficie_kmq": ["4.14", "12.87", "180.75"],
        },
        dtype="str",
    )
    assert problems(comuni, spec("comuni")) == []
    comuni.loc[0, "valido_al"] = "2023-11-18"
    assert [str(p) for p in problems(comuni, spec("comuni"))] == [
        "riga 3: atteso periodi che non si sovrappongono; trovato «018026» in due periodi insieme."
    ]
