"""The population by age of every comune at the date of the plan: estimated from the tables, and put to the test.

ISTAT has given the ages of every comune at :data:`BASE`; at :data:`DATA` it has given the residents of every comune by
sex, definitive, and the ages of every province, provisional: of these the structure is used, not the level. The method
is :mod:`conciliazione_lib.indicators.small_area_population`. The tests hide what they look for:

- ``classi-2026``: the estimate is brought to 1 January 2026 with the births of 2025 and the residents by sex, and its
  three large classes of age are compared with ISTAT's, which enter nothing;
- ``struttura-2025``: the age structure of the provinces at :data:`DATA` is hidden too, and made from the two before it
  and from the births: so the youngest ages are not compared with themselves;
- ``nascosti-2022``: the youngest ages of every comune are hidden at :data:`BASE`, where they are known, and looked for
  with the same child-woman ratios;
- ``anno-2023``: one year only, against the withdrawn population of 2023, whose level is wrong and is not compared. Its
  errors are multiplied by how many times those of ``classi-2026``, after four years, are larger than after one.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from conciliazione_lib import territory
from conciliazione_lib.catalog.reading import read
from conciliazione_lib.indicators import small_area_errors as measured
from conciliazione_lib.indicators import small_area_population as method
from conciliazione_lib.indicators.demography import BANDS, SEXES, Band, cube
from conciliazione_lib.region import REGIONE

Array = NDArray[np.float64]

BASE: Final = "2022-01-01"
STRUCTURE: Final = "2024-01-01"
DATA: Final = "2025-01-01"
VERIFY: Final = "2026-01-01"
CHECK: Final = "2023-01-01"
#: Years of the births of the provinces, before :data:`DATA`; and of those of the comuni, before :data:`VERIFY`.
BIRTHS: Final = (2022, 2023, 2024)
BIRTHS_AFTER: Final = 2025

_CLASSES: Final = MappingProxyType({"0-14": "residenti_0_14", "15-64": "residenti_15_64", "65+": "residenti_65_piu"})
_COLUMNS: Final = ("fascia", "livello", "da_residenti", "prova", "territori", "errore_mediano", "errore_nono_decile")


class Estimate:
    """The estimate at :data:`DATA` and its tests; everything is computed when it is asked for."""

    @cached_property
    def places(self) -> territory.Territory:
        """The territory of the date."""
        return territory.load(DATA)

    @cached_property
    def codes(self) -> pd.Index:
        """The comuni, in the order of the arrays."""
        return self.places.comuni.index

    @cached_property
    def provinces(self) -> list[str]:
        """The provinces, in the order of the arrays."""
        return self.places.codes("provincia")

    @cached_property
    def groups(self) -> NDArray[np.int64]:
        """Position of the province of each comune."""
        return np.array([self.provinces.index(abbreviation) for abbreviation in self.places.comuni["provincia"]])

    def by_age(self, name: str, data: str) -> Array:
        """Return a population by age of the comuni, at the geography of the date: shape (comuni, 101, 2)."""
        return cube(self.places.aggregate(read(name, data), "comune")).residenti

    def by_sex(self, data: str) -> Array:
        """Return the residents of the comuni by sex: shape (comuni, 2)."""
        wide = read("residenti_comuni", data).pivot(index="cod_comune", columns="sesso", values="residenti")
        return wide.loc[self.codes, list(SEXES)].to_numpy(float)

    def of_provinces(self, data: str) -> Array:
        """Return the ages of the provinces, as published: shape (provinces, 101, 2)."""
        return cube(read("popolazione_province", data).rename(columns={"provincia": "territorio"})).residenti

    @cached_property
    def base(self) -> Array:
        """The last population of every comune by age."""
        return self.by_age("popolazione", BASE)

    @cached_property
    def totals(self) -> Array:
        """Residents of every comune by sex, at the date."""
        return self.by_sex(DATA)

    @cached_property
    def structure(self) -> Array:
        """Ages of the provinces at the date: the provisional ones, with the definitive residents by sex."""
        provisional = self.of_provinces(DATA)
        of_sexes = method.by_group(self.totals, self.groups) / provisional.sum(axis=1)
        return provisional * of_sexes[:, np.newaxis]

    @cached_property
    def hidden_structure(self) -> Array:
        """Ages of the provinces at the date, as they would be estimated if they were not known."""
        births = read("bilancio_territori").query("livello == 'provincia'")
        births = births.pivot(index="territorio", columns="anno", values="nati")
        return method.next_structure(
            method.by_group(self.base, self.groups),
            self.of_provinces(STRUCTURE),
            births.loc[self.provinces, list(BIRTHS)].to_numpy(float),
            method.by_group(self.totals, self.groups),
        )

    def estimated(self, structure: Array) -> Array:
        """Return the ages of every comune at the date, given those of the provinces."""
        years = int(DATA[:4]) - int(BASE[:4])
        return method.estimate(self.base, years, self.totals, structure, self.groups)

    @cached_property
    def population(self) -> Array:
        """The estimate, not rounded."""
        return self.estimated(self.structure)

    @property
    def table(self) -> pd.DataFrame:
        """The estimate in whole people, as the table ``popolazione`` has it: ``cod_comune, eta, sesso, residenti``."""
        whole = method.whole_numbers(self.population, self.groups)
        index = pd.MultiIndex.from_product(
            [self.codes, range(whole.shape[1]), SEXES], names=["cod_comune", "eta", "sesso"]
        )
        frame = pd.Series(whole.ravel(), index=index, name="residenti").reset_index()
        return frame.sort_values(["cod_comune", "eta", "sesso"], ignore_index=True)

    @cached_property
    def next_population(self) -> Array:
        """The estimate brought to :data:`VERIFY`."""
        change = method.cohort_change(self.of_provinces(STRUCTURE), self.structure)
        born = read("bilancio_demografico").query("anno == @BIRTHS_AFTER").set_index("cod_comune")["nati"]
        girls_and_boys = self.structure[:, 0] / self.structure[:, 0].sum(axis=1, keepdims=True)
        births = born.loc[self.codes].to_numpy(float)[:, np.newaxis] * girls_and_boys[self.groups]
        return method.next_year(self.population, change, births, self.by_sex(VERIFY), self.groups)

    @property
    def errors(self) -> pd.DataFrame:
        """The table ``errori_popolazione``: the errors of each band by level and size of place."""
        rows = pd.concat([*self._after_four_years(), *self._of_births(), *self._of_structure()], ignore_index=True)
        rows = pd.concat([rows, *self._of_the_others(rows)], ignore_index=True)
        order = [measured.ESTIMATED_BANDS.index(band) for band in rows["fascia"]]
        rows = rows.assign(ordine=order).sort_values(["ordine", "livello", "da_residenti", "prova"], ignore_index=True)
        return rows[list(_COLUMNS)].round({"errore_mediano": 2, "errore_nono_decile": 2})

    def _after_four_years(self) -> Iterator[pd.DataFrame]:
        known = read("residenti_classi", VERIFY).pivot(index="cod_comune", columns="classe", values="residenti")
        for class_, band in _CLASSES.items():
            found = self._series(self.next_population, BANDS[band])
            yield from self._summaries("classi-2026", band, found, known.loc[self.codes, class_], ("ats",))

    def _of_births(self) -> Iterator[pd.DataFrame]:
        for band in ("residenti_0", "residenti_0_2", "residenti_0_4"):
            hidden = max(BANDS[band].a + 1, int(DATA[:4]) - int(BASE[:4]))
            # As they were before the hidden ones were born: the children next in age, and the women who had them.
            before = self.base[:, hidden:]
            found = method.children(self.base, before, hidden, self.groups)
            true = self._series(self.base, BANDS[band])
            of_province = method.by_group(true.to_numpy(float), self.groups) / method.by_group(found, self.groups)
            raked = pd.Series(found * of_province[self.groups], index=self.codes)
            yield from self._summaries("nascosti-2022", band, raked, true)

    def _of_structure(self) -> Iterator[pd.DataFrame]:
        hidden = self.estimated(self.hidden_structure)
        for band in measured.ESTIMATED_BANDS:
            levels = ("provincia", "regione") if band in _CLASSES.values() else ("ats", "provincia", "regione")
            for level in levels:
                found, true = (self._sums(self._series(x, BANDS[band]), level) for x in (hidden, self.population))
                yield self._rows("struttura-2025", band, level, measured.summary(found, true))

    def _of_the_others(self, rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
        control = self.by_age("popolazione_di_controllo", CHECK)
        after_one = method.estimate(
            self.base, 1, control.sum(axis=1), method.by_group(control, self.groups), self.groups
        )
        one_year = {
            band: pd.concat(
                self._summaries(
                    "anno-2023", band, self._series(after_one, BANDS[band]), self._series(control, BANDS[band])
                )
            ).set_index(["livello", "da_residenti"])
            for band in measured.ESTIMATED_BANDS
        }
        measures = ["errore_mediano", "errore_nono_decile"]
        done = set(rows.loc[rows["livello"] == "comune", "fascia"])
        for band in measured.ESTIMATED_BANDS:
            if band not in done:
                like = _like(BANDS[band])
                four = rows[(rows["fascia"] == like) & (rows["prova"] == "classi-2026")]
                growth = four.set_index(["livello", "da_residenti"])[measures] / one_year[like][measures]
                larger = one_year[band][measures] * growth.reindex(one_year[band].index)
                yield one_year[band].assign(**{name: larger[name] for name in measures}).reset_index()

    def _summaries(
        self, test: str, fascia: str, found: pd.Series, true: pd.Series, more: tuple[str, ...] = ()
    ) -> Iterator[pd.DataFrame]:
        classes = measured.sizes(pd.Series(self.totals.sum(axis=1), index=self.codes))
        yield self._rows(test, fascia, "comune", measured.summary(found, true, classes))
        for level in ("ambito", *more):
            yield self._rows(test, fascia, level, measured.summary(self._sums(found, level), self._sums(true, level)))

    def _rows(self, test: str, fascia: str, level: str, rows: pd.DataFrame) -> pd.DataFrame:
        return rows.rename_axis("da_residenti").reset_index().assign(prova=test, fascia=fascia, livello=level)

    def _series(self, population: Array, band: Band) -> pd.Series:
        ages = population[:, band.da : band.a + 1]
        people = ages.sum(axis=(1, 2)) if band.sesso is None else ages[:, :, SEXES.index(band.sesso)].sum(axis=1)
        return pd.Series(people, index=self.codes)

    def _sums(self, of_comuni: pd.Series, level: str) -> pd.Series:
        if level == "regione":
            return pd.Series({REGIONE: of_comuni.sum()})
        of = self.places.comuni[level]
        if level == "ambito":
            # Part of an ambito would pass for the whole of it.
            of = of.mask(of.isin(self.places.completezza("ambito", REGIONE).incompleti))
        return of_comuni.groupby(of).sum()


def _like(band: Band) -> str:
    """Return the large class whose growth of error is that of a band."""
    if band.a < 18:
        return "residenti_0_14"
    return "residenti_65_piu" if band.da >= 65 else "residenti_15_64"
