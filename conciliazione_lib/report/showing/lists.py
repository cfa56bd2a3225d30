"""Lists of the edition, alone or with the figures of their rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import pandas as pd

import conciliazione_lib.report.blocks as blocks
from conciliazione_lib.errors import UsoError
from conciliazione_lib.evidence import formats
from conciliazione_lib.region import REGIONE
from conciliazione_lib.report.showing.figures import Figures, only

#: Columns of the estimates of a model, and what they are called.
ESTIMATES: Final = MappingProxyType(
    {
        "stima": "Stima",
        "beta": "Coefficiente",
        "errore_standard": "Errore standard",
        "inferiore": "Inf. 95%",
        "superiore": "Sup. 95%",
        "p": "p",
        "p_wild": "p (wild)",
        "unita": "Unità",
    }
)

#: Tables of the territories of a level, in :class:`conciliazione_lib.territory.Territory`.
_SHEETS: Final = MappingProxyType({"ambito": "ambiti", "distretto": "distretti"})


class Lists(Figures):
    """The lists that a chapter shows."""

    def righe(self, elenco: str, *indicatori: str, livello: str | None = None, **scelta: Any) -> pd.DataFrame:
        """Return the rows of a list of the edition that are of the chapter's territory, figures beside them.

        Parameters
        ----------
        elenco : str
            Name of the list, which has the columns ``livello`` and ``territorio``.
        *indicatori : str
            Figures to put beside the rows; a row that has none is left out.
        livello : str, optional
            Level of the rows: by default the chapter's; ``regione``, or one whose territories are inside it.
        **scelta
            ``periodo`` and ``per`` of :meth:`frame`: with ``per`` the columns of the list that tell which figure is
            that of a row, with ``periodo="tutti"`` its ``periodo`` too.

        Returns
        -------
        DataFrame
            Columns of the list and of the indicators; the sources of the list in ``attrs["fonte"]``.
        """
        level = livello or self.t.livello
        own = {self.t.livello: [self.t.codice], "regione": [REGIONE]}
        codes = own[level] if level in own else self.propri(level)
        listed = self.elenco(elenco)
        rows = listed[listed["livello"].eq(level) & listed["territorio"].isin(codes)].reset_index(drop=True)
        if indicatori and len(rows):
            keys = ["livello", "territorio", *scelta.get("per", ())]
            keys += ["periodo"] if scelta.get("periodo") == "tutti" else []
            figures = self.frame(*indicatori, livello=level, territori=codes, **scelta)
            rows = rows.merge(figures[[*keys, *indicatori]], on=keys)
        rows.attrs = listed.attrs
        return rows

    def schede(self, livello: str, *indicatori: str) -> pd.DataFrame:
        """Return what is known of the territories of a level inside the chapter's own, with some of their figures.

        Parameters
        ----------
        livello : str
            ``ambito`` or ``distretto``.
        *indicatori : str
            Columns after those of the territories.

        Returns
        -------
        DataFrame
            ``livello, territorio``, the columns of :attr:`conciliazione_lib.territory.Territory.ambiti` (or
            ``distretti``), the indicators; by ATS and name.
        """
        sheets = getattr(self.territorio, _SHEETS[livello]).loc[self.propri(livello)].rename_axis("territorio")
        sheets = sheets.reset_index().assign(livello=livello).sort_values(["ats", "nome"], ignore_index=True)
        if not indicatori:
            return sheets
        figures = self.frame(*indicatori, livello=livello).drop(columns="periodo")
        return sheets.merge(figures, on=["livello", "territorio"], how="left")

    def lista(
        self,
        righe: str | pd.DataFrame,
        *,
        id: str,
        titolo: str,
        colonne: Mapping[str, Any],
        fonte: str | None = None,
        **altro: Any,
    ) -> None:
        """Show rows of a list as a table: the columns named, in their order.

        Parameters
        ----------
        righe : str or DataFrame
            Name of a list, for its rows of the chapter's territory; or rows as :meth:`righe` gives them.
        id, titolo : str
            As for :meth:`tabella`.
        colonne : mapping
            Columns shown and their names; an indicator may have ``None``, for the name it has by itself.
        fonte : str, optional
            By default the sources of the list.
        **altro
            The other options of :meth:`tabella`.
        """
        rows = self.righe(righe) if isinstance(righe, str) else righe
        if rows.empty:
            self._show(blocks.Testo(f"{titolo}: nessun valore è disponibile."))
            return
        named = [name for name in ("livello", "territorio", "periodo", *altro.get("per", ())) if name in rows]
        hidden = [name for name in named if name not in colonne]
        self.tabella(
            rows[[*hidden, *colonne]],
            id=id,
            titolo=titolo,
            cifre=self.f,
            nascoste=hidden,
            colonne=colonne,
            fonte=rows.attrs.get("fonte", "") if fonte is None else fonte,
            **altro,
        )

    def note_di(self, righe: pd.DataFrame, voce: str) -> list[str]:
        """Return the notes of some rows, to stand under a table: that of one row alone says which it is.

        Parameters
        ----------
        righe : DataFrame
            With a column ``note``.
        voce : str
            Column that says what a row is about.
        """
        about = righe.dropna(subset="note").groupby("note", sort=True)[voce].unique()
        alone = {text: rows[0] for text, rows in about.items() if len(rows) == 1}
        return [f"{alone[text]}: {text[:1].lower()}{text[1:]}" if text in alone else text for text in about.index]

    def elencati(
        self,
        elenco: str,
        *indicatori: str,
        id: str,
        titolo: str,
        per: Sequence[str] = (),
        dove: Mapping[str, str] | None = None,
        fonte: str = "",
        elaborazione: str = "",
        **altro: Any,
    ) -> None:
        """Show a list of the edition, with the figures of its rows if any: which rows, and their order, the list says.

        Parameters
        ----------
        elenco : str
            The list: for figures, with ``livello, territorio, periodo`` and the keys of ``per`` among its columns.
        *indicatori : str
            Columns after those of the list.
        id, titolo : str
            As for :meth:`tabella`.
        per : sequence of str
            Keys of the breakdown of the figures.
        dove : mapping, optional
            Only the rows with these values of these columns, which are not shown.
        fonte : str
            Sources, when they are not all those of the list.
        elaborazione : str
            What follows the sources: ``elaborazione``, with who wrote of the method.
        **altro
            The other options of :meth:`tabella`.
        """
        rows = self.elenco(elenco)
        source = "; ".join(filter(None, [fonte or rows.attrs["fonte"], elaborazione]))
        for column, value in (dove or {}).items():
            rows = rows[rows[column] == value].drop(columns=column)
        if indicatori:
            figures = self.frame(*indicatori, periodo="tutti", per=per)
            rows = rows.merge(figures, on=["livello", "territorio", "periodo", *per], how="left")
        self.tabella(rows.reset_index(drop=True), id=id, titolo=titolo, cifre=self.f, per=per, **altro, fonte=source)

    def stime(
        self, elenco: str, *, id: str, titolo: str, colonne: Mapping[str, Any] | None = None, **altro: Any
    ) -> None:
        """Show the estimates of models that a list holds: coefficients, errors, bounds, p-values, with their decimals.

        Parameters
        ----------
        elenco : str
            The list.
        id, titolo : str
            As for :meth:`tabella`.
        colonne : mapping, optional
            Names of other columns.
        **altro
            The other options of :meth:`elencati`.
        """
        there = set(self.elenco(elenco).columns)
        names = {column: name for column, name in ESTIMATES.items() if column in there}
        decimals = {column: 3 if column.startswith("p") else 2 for column in names if column != "unita"}
        self.elencati(elenco, id=id, titolo=titolo, colonne=names | dict(colonne or {}), decimali=decimals, **altro)

    def accostati(
        self,
        nome: str,
        *indicatori: str,
        id: str,
        titolo: str,
        colonne: Mapping[str, str] | Sequence[str],
        per: Sequence[str] = (),
        suo: bool = False,
        dove: Mapping[str, Iterable[str]] | None = None,
        ordina: Sequence[str] = (),
        **altro: Any,
    ) -> None:
        """Show a list of the edition, beside each row the figures it speaks of.

        A row and its figures have the same breakdown and, where the list has them, the same territory and period.

        Parameters
        ----------
        nome : str
            The list.
        *indicatori : str
            Figures to put beside its rows: in the place ``colonne`` gives them, or after the others.
        id, titolo : str
            As for :meth:`tabella`.
        colonne : mapping or sequence of str
            Columns to show, in order, and their names where the usual ones do not fit.
        per : sequence of str
            Columns of the list that are the breakdown of the figures; empty means the whole.
        suo : bool
            The list says of which kind of thing the figures are, not of which territory: they are the chapter's own.
        dove : mapping, optional
            Only the rows with one of these values, by column.
        ordina : sequence of str
            Columns to sort by; by default in the order of the list.
        **altro
            The other options of :meth:`tabella`; the source is by default that of the figures, or of the list, or none
            when a column is the source of each row.

        Raises
        ------
        UsoError
            More than one figure could be meant, because the list does not say of which territory.
        """
        rows = only(listing := self.elenco(nome), dove)
        keys = [key for key in ("livello", "territorio", "periodo", *per) if key in rows]
        choice: dict[str, Any] = {"periodo": "tutti" if "periodo" in rows else None}
        if indicatori:
            if suo:
                choice |= {"livello": self.t.livello, "territori": [self.t.codice]}
            found = [self.frame(*indicatori, per=list(per), **choice)]
            if per and (rows[list(per)] == "").all(axis=1).any():
                found.append(self.frame(*indicatori, **choice).assign(**dict.fromkeys(per, "")))
            figures = pd.concat(found, ignore_index=True)
            if figures.duplicated(keys).any():
                raise UsoError(
                    f"L'elenco «{nome}» non dice di quale territorio sono le cifre accanto alle sue righe.",
                    "Se sono quelle del territorio del capitolo, aggiungere suo=True.",
                )
            rows = rows.merge(figures, on=keys, how="left")
            if self._tells_nothing(rows, indicatori, titolo):
                return
        names = dict(colonne) if isinstance(colonne, Mapping) else dict.fromkeys(colonne, "")
        shown = [*names, *(name for name in indicatori if name not in names)]
        support = [key for key in ("livello", "territorio", "periodo", *per) if key in rows and key not in shown]
        source = self.fonte(*indicatori, **choice) if indicatori else listing.attrs["fonte"]
        self.tabella(
            (rows.sort_values(list(ordina), ignore_index=True) if ordina else rows)[[*support, *shown]],
            id=id,
            titolo=titolo,
            cifre=self.f if indicatori else None,
            per=per,
            nascoste=support,
            colonne={column: name or "Anno" for column, name in names.items() if name or column == "periodo"},
            **({} if "fonte" in shown else {"fonte": source}) | altro,
        )

    def simili(self, elenco: str, distanza: str, *, livello: str, id: str, titolo: str, **altro: Any) -> None:
        """Show which territories are most like each of those inside the chapter's own, and how far the first one is.

        Parameters
        ----------
        elenco : str
            List with ``livello, territorio, posizione`` (from 1) and ``vicino``.
        distanza : str
            Indicator of how far the first is.
        livello : str
            Level of the territories.
        id, titolo : str
            As for :meth:`tabella`.
        **altro
            The other options of :meth:`tabella`.
        """
        rows = self.elenco(elenco)
        rows = rows[(rows["livello"] == livello) & rows["territorio"].isin(self.propri(livello))]
        if rows.empty:
            self._show(blocks.Testo(f"{titolo}: nessun valore è disponibile."))
            return
        names = [self.nome_altrove(livello, code) for code in rows["vicino"]]
        near = rows.assign(vicino=names).pivot(index="territorio", columns="posizione", values="vicino")
        near.columns = pd.Index([f"posto_{place}" for place in near.columns])
        headers = {column: f"Il {formats.ordinal(place)}" for place, column in enumerate(near.columns, 1)}
        table = self.frame(distanza, livello=livello, territori=list(near.index)).join(near, on="territorio")
        first, *others = headers
        self.tabella(
            table[["livello", "territorio", first, distanza, *others]],
            id=id,
            titolo=titolo,
            cifre=self.f,
            colonne=headers | {first: "Il più simile"},
            **altro,
            fonte=self._source([distanza], [livello], {}),
        )
