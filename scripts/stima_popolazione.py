"""Make the estimated population by age of every comune, and the table of its errors, from the embedded tables.

Run ``python scripts/stima_popolazione.py`` after a change of the tables it is made from (population, residents, births,
memberships of the ambiti, mergers), then ``python -m conciliazione_lib.catalog.impronte``. A test makes both again and
finds the same. Where ISTAT's own ages arrive (``dati aggiorna popolazione``, an imported file), they are read instead.
"""

from __future__ import annotations

from conciliazione_lib import storage
from conciliazione_lib.catalog.population_estimate import BASE, DATA, VERIFY, Estimate
from conciliazione_lib.territory.names import italian_day

ISTAT = {"url": "https://demo.istat.it", "licenza": "CC BY 4.0 (ISTAT, elaborazione)", "recuperato": "2026-11-28"}
SOURCE = (
    f"Elaborazione su dati ISTAT: popolazione per età e comune al {italian_day(BASE)}, residenti per comune e sesso al "
    f"{italian_day(DATA)}, struttura per età delle province alla stessa data (dati provvisori)"
)


def main() -> None:
    """Write the two tables and say how large they are."""
    estimate = Estimate()
    population = estimate.table.astype({"eta": "int8", "residenti": "int32"})
    storage.write_version(
        "popolazione",
        "incorporata",
        f"{DATA}.parquet",
        lambda path: population.to_parquet(path, compression="zstd", index=False),
        {
            "data_riferimento": DATA,
            "titolo": "Popolazione residente per comune della Lombardia, età e sesso, 1° gennaio 2025, stima",
            "fonte": SOURCE,
            "grado": "stima",
            "stato": "stima",
            "note": (
                "Stima nostra: le età del 1° gennaio 2022 portate avanti di tre anni in ogni comune e adattate "
                "(iterative proportional fitting) ai residenti definitivi di ogni comune e sesso e alla struttura per "
                "età delle province. I totali di ogni comune e sesso sono quelli definitivi di ISTAT. Gli errori, "
                "misurati, sono nella tabella errori_popolazione."
            ),
            **ISTAT,
        },
    )
    errors = estimate.errors
    storage.write_version(
        "errori_popolazione",
        "incorporata",
        f"{DATA}.csv",
        lambda path: errors.to_csv(path, index=False, lineterminator="\n"),
        {
            "data_riferimento": DATA,
            "titolo": "Errori della stima della popolazione per età, 1° gennaio 2025",
            "fonte": (
                "Elaborazione su dati ISTAT: errori della stima, misurati anche sulle classi di età al "
                f"{italian_day(VERIFY)}"
            ),
            "grado": "stima",
            "stato": "stima",
            "note": (
                "Errori misurati nascondendo alla stima ciò che si confronta. Le classi di età al 1° gennaio 2026 con "
                "cui si confronta sono a loro volta una stima di ISTAT."
            ),
            **ISTAT,
        },
    )
    print(f"{len(population)} righe di popolazione, {int(population['residenti'].sum())} residenti")
    print(f"{len(errors)} righe di errori")


if __name__ == "__main__":
    main()
