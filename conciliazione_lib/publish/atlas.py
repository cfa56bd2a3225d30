"""The map of the eight ATS: a way to move through the site."""

from __future__ import annotations

from markupsafe import Markup

from conciliazione_lib.publish import addresses
from conciliazione_lib.publish.edition import Edition
from conciliazione_lib.report import geometry, maps


def ats(edizione: Edition) -> Markup:
    """Return a drawing of the ATS in which each one that has chapters is a link to its page."""
    luoghi = {luogo.codice: luogo for luogo in edizione.luoghi if luogo.livello == "ats"}
    forme = geometry.forme("ats", edizione.data, 700)
    nomi = {str(codice): luoghi[codice].nome for codice in forme.index if codice in luoghi}
    disegno = maps.disegna(
        forme,
        nomi=nomi,
        etichette=nomi,
        collegamenti={codice: addresses.luogo(luogo) for codice, luogo in luoghi.items()},
    )
    apertura = '<svg role="group" aria-label="Mappa delle ATS della Lombardia" '
    return Markup(disegno.replace("<svg ", apertura, 1))
