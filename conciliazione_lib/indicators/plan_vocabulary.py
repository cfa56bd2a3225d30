"""The words a plan is written in: who may be in it, what it may spend on, and the controls a rule may name.

Apart from the controls themselves (:mod:`conciliazione_lib.indicators.compliance`), so that the tables that use these
words do not depend on how a plan is checked.
"""

from __future__ import annotations

from typing import Final

TERRITORIAL: Final = ("comune", "comunità montana", "ambito territoriale")
LOCAL: Final = (*TERRITORIAL, "altro ente pubblico locale")
PUBLIC: Final = (*LOCAL, "altro ente pubblico")
NOT_PROFIT: Final = ("ente del terzo settore", "cooperativa sociale", "altro privato non profit")
#: Who may receive the contribution in 2025–2027: third sector, social cooperatives, public bodies.
BENEFICIARIES: Final = (*PUBLIC, "ente del terzo settore", "cooperativa sociale")
NATURE: Final = (*PUBLIC, *NOT_PROFIT, "impresa", "altro")

EXCLUDED_EXPENSES: Final = ("studio di contesto", "tavolo istituzionale", "monitoraggio o valutazione di impatto")
SPENDING_KINDS: Final = (
    "servizio",
    "voucher o rimborso",
    "personale",
    "comunicazione",
    "altra spesa",
    *EXCLUDED_EXPENSES,
)

#: What a rule of a programme may ask to be checked.
CHECKS: Final = (
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
