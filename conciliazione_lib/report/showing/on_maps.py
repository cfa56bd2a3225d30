"""Maps of an indicator or of the groups of a list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conciliazione_lib.report.showing.figures import Figures


class OnMaps(Figures):
    """The maps of a chapter."""

    def cartina(
        self,
        indicatore: str,
        *,
        id: str,
        titolo: str,
        alt: str,
        livello: str = "comune",
        tutti: bool = False,
        **altro: Any,
    ) -> None:
        """Show a map of an indicator, of the territories of a level inside the chapter's own.

        Parameters
        ----------
        indicatore : str
            Which one.
        id, titolo, alt : str
            As for :meth:`mappa`.
        livello : str
            Level of the territories drawn.
        tutti : bool
            Those of the whole region, whatever the chapter is about.
        **altro
            The other options of :meth:`mappa`; outlines are by default those of ATS (in the region) or ambiti, or none
            over the whole region.
        """
        frame = self.frame(indicatore, livello=livello, territori=None if tutti else self.propri(livello))
        if self._tells_nothing(frame, [indicatore], titolo):
            return
        outlines = None if tutti else "ats" if self.regione else "ambito"
        self.mappa(
            frame,
            livello=livello,
            indicatore=indicatore,
            cifre=self.f,
            id=id,
            titolo=titolo,
            alt=alt,
            **{"contorni": outlines, "entro": self.lombardia if tutti else self.t} | altro,
            fonte=self._source([indicatore], [livello], {}),
        )

    def cartina_gruppi(
        self,
        elenco: str,
        colonna: str,
        *,
        id: str,
        titolo: str,
        alt: str,
        colori: Mapping[str, str],
        livello: str = "comune",
        fonte: str = "",
        **altro: Any,
    ) -> None:
        """Show a map of the groups in which a list puts the territories inside the chapter's own.

        Nothing is shown where all of them are in the last group, that of the others.

        Parameters
        ----------
        elenco : str
            The list, with a row a territory.
        colonna : str
            Which group.
        id, titolo, alt : str
            As for :meth:`mappa`.
        colori : mapping
            The groups in order and their colours; the last is that of the others.
        livello : str
            Level of the territories drawn.
        fonte : str
            By default the sources of the list.
        **altro
            The other options of :meth:`mappa`; outlines are by default those of ATS, in the region.
        """
        listed = self.elenco(elenco)
        groups = listed.set_index("territorio")[colonna].reindex(self.propri(livello))
        last = list(colori)[-1]
        there = {name: colour for name, colour in colori.items() if name == last or (groups == name).any()}
        if list(there) == [last]:
            return
        self.mappa(
            groups,
            livello=livello,
            genere="categorie",
            id=id,
            titolo=titolo,
            alt=alt,
            **{"ordine": list(there), "colori": there, "contorni": "ats" if self.regione else None} | altro,
            fonte=fonte or listed.attrs["fonte"],
        )
