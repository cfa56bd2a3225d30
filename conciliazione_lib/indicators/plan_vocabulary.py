"""The words a plan is written in: who may be in it, what it may spend on, and the controls a rule may name.

Apart from the controls themselves (:mod:`conciliazione_lib.indicators.compliance`), so that the tables that use these
words do not depend on how a plan is checked.
"""

from __future__ import annotations

from typing import Final

TERRITORIALI: Final = ("comune", "comunità montana", "ambito territoriale")
LOCALI: Final = (*TERRITORIALI, "altro ente pubblico locale")
PUBBLICI: Final = (*LOCALI, "altro ente pubblico")
NON_PROFIT: Final = ("ente del terzo settore", "cooperativa sociale", "altro privato non profit")
#: Who may receive the contribution in 2025–2027: third sector, social cooperatives, public bodies.
BENEFICIARI: Final = (*PUBBLICI, "ente del terzo settore", "cooperativa sociale")
NATURE: Final = (*PUBBLICI, *NON_PROFIT, "impresa", "altro")

SPESE_ESCLUSE: Final = ("studio di contesto", "tavolo istituzionale", "monitoraggio o valutazione di impatto")
TIPI_SPESA: Final = ("servizio", "voucher o rimborso", "personale", "comunicazione", "altra spesa", *SPESE_ESCLUSE)

#: What a rule of a programme may ask to be checked.
CONTROLLI: Final = (
    "macrocategorie_minime",
    "enti_minimi",
    "nature_ammesse",
    "ente_territoriale",
    "capofila",
    "durata_mesi",
    "spese_escluse",
    "cofinanziamento_minimo",
    "contributo_massimo",
    "valore_minimo",
    "dotazione",
    "quota_sistema_massima",
    "quota_progetti_massima",
    "riserva_categoria",
    "documentale",
)
