"""The rows a figure was computed from, when they are too many to travel with it: read again from the catalog.

They are written once for each table and territory, whatever figures used them, and only when they are the very rows:
same hash of the source, same number.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from conciliazione_lib import catalog, territory
from conciliazione_lib.errors import ConciliazioneError
from conciliazione_lib.evidence import Input, Place, cards

if TYPE_CHECKING:
    from conciliazione_lib.publish.site import Site

#: Up to so many rows the whole table is given, in which the filter of a card finds those it used; and where nearly all
#: of its rows were used.
INTERA, QUASI_TUTTE = 20_000, 0.98

#: A fixed date: that of the run would change the bytes.
_DATA = (1980, 1, 1, 0, 0, 0)


class UsedRows:
    """Writes the files of rows of an edition, each when it is first asked for.

    Parameters
    ----------
    sito : Site
        Whose cards need them.
    """

    def __init__(self, sito: Site) -> None:
        self._sito, self._data = sito, sito.edizione.data
        self._cartella = sito.cartella / "cifre" / "righe"
        self._tabelle: dict[tuple[str, str], pd.DataFrame | None] = {}
        self._file: dict[tuple[str, str, str], str] = {}

    def file(self, ingresso: Input, posto: Place) -> str:
        """Return the name of the file with the rows of a territory, written if need be; empty when they cannot be had.

        Those of the many territories of the finer levels are found in the file of the whole table.
        """
        luogo = "" if posto.livello in cards.LIVELLI_A_PARTE else posto.chiave
        chiave = (ingresso.tabella, ingresso.sha256, luogo)
        if chiave not in self._file:
            righe = self._rows(ingresso, posto)
            tabella = self._table(ingresso)
            if (
                righe is not None
                and tabella is not None
                and (len(tabella) <= INTERA or len(righe) >= QUASI_TUTTE * len(tabella))
            ):
                luogo, righe = "", tabella
            self._file[chiave] = "" if righe is None else self._write(ingresso, luogo, righe)
        return self._file[chiave]

    def _rows(self, ingresso: Input, posto: Place) -> pd.DataFrame | None:
        tabella = self._table(ingresso)
        if tabella is None or posto.livello in cards.LIVELLI_A_PARTE:
            return tabella
        righe = tabella
        if "cod_comune" in tabella and posto.livello != "italia":
            comuni = territory.load(data=self._data).members(posto.livello, posto.codice)
            tenute = tabella["cod_comune"].isin(comuni)
            righe = tabella if tenute.all() else tabella[tenute]
        elif "territorio" in tabella and ingresso.filtro:
            righe = tabella[tabella["territorio"] == posto.codice]
            if "livello" in tabella:
                righe = righe[righe["livello"] == posto.livello]
        return righe if len(righe) == ingresso.righe else None

    def _table(self, ingresso: Input) -> pd.DataFrame | None:
        """Return the table the figures were computed from, or ``None`` when it is no longer that."""
        chiave = (ingresso.tabella, ingresso.sha256)
        if chiave not in self._tabelle:
            try:
                letta = catalog.table(ingresso.tabella, data=ingresso.data_riferimento)
                sua = letta.provenance.sha256 == ingresso.sha256 and not catalog.spec(ingresso.tabella).reserved
                self._tabelle[chiave] = letta.frame if sua else None
            except ConciliazioneError:
                self._tabelle[chiave] = None
        return self._tabelle[chiave]

    def _write(self, ingresso: Input, luogo: str, righe: pd.DataFrame) -> str:
        nome = f"{ingresso.tabella}-{luogo or 'intera'}-{ingresso.sha256[:8]}.csv"
        file = self._cartella / f"{nome}.zip"
        testo = righe.to_csv(index=False, lineterminator="\n")
        self._sito.put(file, zipped(nome, testo), di_molti=True)
        return file.name


def zipped(nome: str, testo: str) -> bytes:
    """Return a text in a compressed archive of its own, the same bytes for the same text."""
    return zipped_together({nome: testo})


def zipped_together(testi: Mapping[str, str]) -> bytes:
    """Return texts in a compressed archive, by their names, the same bytes for the same texts."""
    memoria = io.BytesIO()
    with zipfile.ZipFile(memoria, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archivio:
        for nome, testo in testi.items():
            voce = zipfile.ZipInfo(nome, _DATA)
            voce.compress_type = zipfile.ZIP_DEFLATED
            archivio.writestr(voce, testo)
    return memoria.getvalue()
