"""What only the ATS can say of its plan: who is in the Rete, who is in the Comunità di Pratica, the projects funded.

Nothing of them is embedded: they are there once the ATS has imported them, and the sections of the document that are
about them stop being fields to fill in. People have no column: a body is a member, and who stands for it is written in
the document, if anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

import pandas as pd

from conciliazione_lib.catalog.spec import Rule, TableSpec, day, number, source_columns, text
from conciliazione_lib.catalog.tables.esiti import ATS
from conciliazione_lib.errors import Problem

#: Whom the guidelines want in the Comunità di Pratica (§ 4.1), and whether they must be there.
RAPPRESENTANZE: Final = MappingProxyType(
    {
        "Associazioni sindacali": "obbligatoria",
        "Associazioni datoriali, imprese, imprenditori": "obbligatoria",
        "Enti del Terzo settore": "obbligatoria",
        "Ambiti territoriali": "obbligatoria",
        "Camera di commercio": "obbligatoria",
        "Ordini professionali": "possibile",
        "Centri per l'impiego e operatori accreditati per i servizi al lavoro": "possibile",
        "Operatori accreditati e istituzioni di istruzione e formazione, fondazioni ITS": "possibile",
        "Altri soggetti del territorio": "possibile",
    }
)

RETE = TableSpec(
    name="rete",
    title="Componenti della Rete territoriale di conciliazione",
    description="Una riga per ente che fa parte della Rete, con l'atto che lo dice.",
    columns={
        "ats": text("ATS", values=ATS),
        "ente": text("Ente che fa parte della Rete"),
        "tipo": text("Che ente è: comune, ambito, sindacato, impresa…", required=False),
        "ruolo": text("Che cosa fa nella Rete, se non è solo componente: capofila…", required=False),
        "atto": text("Atto di costituzione, riattivazione o adesione", required=False),
        "data": day("Data dell'atto", required=False),
        **source_columns(),
    },
    keys=("ats", "ente"),
    column_aliases={
        "ente": ("componente", "componenti", "soggetto", "denominazione", "organizzazione"),
        "tipo": ("tipologia", "categoria", "natura"),
        "data": ("data dell'atto", "data di adesione", "dal"),
    },
)

COMUNITA_PRATICA = TableSpec(
    name="comunita_pratica",
    title="Composizione della Comunità di Pratica",
    description="Una riga per ente designato, sotto la rappresentanza che le linee guida chiedono (§ 4.1).",
    columns={
        "ats": text("ATS", values=ATS),
        "rappresentanza": text("Chi rappresenta, come nelle linee guida", values=tuple(RAPPRESENTANZE)),
        "ente": text("Ente designato"),
        **source_columns(),
    },
    keys=("ats", "rappresentanza", "ente"),
    column_aliases={"ente": ("ente designato", "componente", "soggetto"), "rappresentanza": ("categoria", "tipologia")},
    value_aliases={
        "rappresentanza": {
            "sindacati": "Associazioni sindacali",
            "organizzazioni sindacali": "Associazioni sindacali",
            "associazioni datoriali": "Associazioni datoriali, imprese, imprenditori",
            "imprese": "Associazioni datoriali, imprese, imprenditori",
            "terzo settore": "Enti del Terzo settore",
            "ambiti": "Ambiti territoriali",
            "uffici di piano": "Ambiti territoriali",
            "cciaa": "Camera di commercio",
            "centri per l'impiego": "Centri per l'impiego e operatori accreditati per i servizi al lavoro",
            "altro": "Altri soggetti del territorio",
        }
    },
)


def _contributions_not_negative(frame: pd.DataFrame) -> Sequence[Problem]:
    return [
        Problem("un contributo maggiore di zero", str(row["contributo"]), riga=int(str(index)), colonna="contributo")
        for index, row in frame[frame["contributo"].notna() & (frame["contributo"] <= 0)].iterrows()
    ]


PROGETTI_PIANO = TableSpec(
    name="progetti_piano",
    title="Progetti attivati con gli avvisi del piano",
    description=(
        "Una riga per progetto finanziato: capofila e partner, macrocategorie delle linee guida, a chi si rivolge, "
        "contributo assegnato."
    ),
    columns={
        "ats": text("ATS", values=ATS),
        "progetto": text("Titolo del progetto"),
        "capofila": text("Ente capofila"),
        "partner": text("Altri enti del partenariato", required=False),
        "macrocategorie": text(
            "Macrocategorie delle linee guida, da «a» a «d», e «tempi» per i tempi della città: «a, c»",
            pattern=r"(?:[a-d]|tempi)(?:\s*[,;e]\s*(?:[a-d]|tempi))*",
        ),
        "destinatari": text("A chi si rivolge, e quanti se ne prevedono", required=False),
        "contributo": number("Contributo assegnato, in euro", required=False),
        "avviso": text("Avviso con cui è stato scelto", required=False),
        **source_columns(),
    },
    keys=("ats", "progetto"),
    rules=(Rule("contributo_positivo", "Il contributo è maggiore di zero.", _contributions_not_negative),),
    column_aliases={
        "progetto": ("titolo", "titolo del progetto", "nome del progetto"),
        "partner": ("partenariato", "partners"),
        "macrocategorie": ("macrocategoria",),
        "destinatari": ("destinatari previsti", "beneficiari"),
        "contributo": ("contributo assegnato", "importo", "finanziamento"),
    },
)
