"""The vocabulary of the *Piani territoriali degli orari*: states of a plan, priority areas, what each state tells."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

#: States that say a plan exists, in the order in which they prevail when sources agree on the date.
ADOPTED: Final = ("vigente", "adottato", "adottato non aggiornato")
#: States that say there is no plan. ``negativo`` is an answer that says no more than that.
NOT_ADOPTED: Final = ("in elaborazione", "non adottato", "negativo")
#: The comune, or its ambito, did not say.
NON_PERVENUTO: Final = "dato non pervenuto"

STATES: Final = (*ADOPTED, *NOT_ADOPTED, NON_PERVENUTO)

#: Criteria of art. 6 l.r. 28/2004, as the regional documents list them.
AREAS: Final = MappingProxyType(
    {
        "coordinamento_orari": "coordinamento degli orari dei servizi con gli orari di lavoro",
        "mobilita_sostenibile": "mobilità sostenibile di persone e merci",
        "accessibilita_servizi": "accessibilità e fruibilità temporale dei servizi",
        "uso_solidale_tempo": "uso del tempo per fini di reciproca solidarietà e interesse",
        "riqualificazione_spazi": "riqualificazione degli spazi urbani",
    }
)

#: Above this number of residents a plan is compulsory (art. 23, comma 1, l. 53/2000).
DUTY_THRESHOLD: Final = 30_000

#: What a declaration on many comuni together is worth for one of them: somebody else says the same; the same source
#: names it one by one; somebody says otherwise; nobody says anything, so that the declaration is all there is; or the
#: declaration leaves it out.
CONFIRMED: Final = "confermato"
NAMED: Final = "nominato"
DECLARED_ONLY: Final = "solo dichiarato"
CONTRADICTED: Final = "contraddetto"
EXCEPTION: Final = "eccezione"
MATCHES: Final = (CONFIRMED, NAMED, DECLARED_ONLY, CONTRADICTED, EXCEPTION)
