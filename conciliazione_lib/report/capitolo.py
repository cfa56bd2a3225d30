"""The chapter: the one object a notebook writes through.

It checks the parameters, owns the ledger, numbers tables and figures, and shows each block where the cell is.
"""

from __future__ import annotations

import difflib
import inspect
import re
import sys
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

import conciliazione_lib.report.blocks as blocks
import conciliazione_lib.report.gaps as gaps
import conciliazione_lib.report.mapping as mapping
import conciliazione_lib.report.parameters as parameters
import conciliazione_lib.report.svg as svg
import conciliazione_lib.report.tables as tables
import conciliazione_lib.report.writing as writing
from conciliazione_lib import __version__, evidence, storage, territory
from conciliazione_lib.errors import UsoError
from conciliazione_lib.evidence import FigureSet, Ledger, Place, Reader, Store, StoredFigures, formats, store
from conciliazione_lib.region import REGIONE
from conciliazione_lib.report.showing import Showing
from conciliazione_lib.territory import Territory

if TYPE_CHECKING:
    from matplotlib.figure import Figure as FiguraMatplotlib

#: Levels a chapter may be about, and those its rows may be of, in the order names are looked up.
LIVELLI = ("regione", "italia", "ats", "ambito", "distretto", "provincia", "comune")
_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


class Capitolo(Showing):
    """A chapter being written.

    Attributes
    ----------
    id, titolo : str
        The chapter.
    t : Place
        Its territory.
    data, edizione : str
        Reference date (ISO) and edition.
    territorio : Territory
        Who belongs to whom at the date.
    ledger : Ledger
        Figures and claims shown so far.
    blocchi : list of Blocco
        What was shown so far.
    """

    def __init__(self, id: str, *, titolo: str, t: Place, data: str, edizione: str, territorio: Territory) -> None:
        self.id, self.titolo, self.t, self.data, self.edizione = id, titolo, t, data, edizione
        self.territorio = territorio
        self.ledger = Ledger()
        self.blocchi: list[blocks.Blocco] = []
        self._numeri = {"tabella": 0, "figura": 0}
        self._identificatori: set[str] = set()
        self._chiuso = False
        #: Blocks by the cell that showed them, when cells are run one by one: the preview puts prose among them.
        self._di_cella: list[tuple[str, blocks.Blocco]] = []

    @classmethod
    def apri(
        cls,
        id: str,
        *,
        territorio: str,
        data: str,
        edizione: str,
        livello: str | None = None,
        titolo: str | None = None,
    ) -> Capitolo:
        """Open a chapter: check the parameters of the notebook and show the heading.

        Parameters
        ----------
        id : str
            The chapter, as in ``reports.toml`` (``02_demografia``).
        territorio : str
            ``lombardia``, the slug of an ATS, or ``level-code`` for the other levels (``ambito-azzate``).
        data : str
            Reference date, ISO.
        edizione : str
            Edition the chapter belongs to.
        livello : str, optional
            Level of ``territorio``, when it is given by its code alone.
        titolo : str, optional
            Title; by default the id without its number.

        Raises
        ------
        UsoError
            The territory does not exist (the nearest names are given), the date is not a date, or the notebook was
            given a parameter that it does not declare or of another type.
        """
        parameters.check_cells(parameters.executed_cells())
        day = parameters.day(data, "data")
        if not str(edizione).strip():
            raise UsoError("Il parametro «edizione» è vuoto.", "Scriverlo come nel file reports.toml.")
        storage.forget_reads()
        store.forget_reads()
        map_ = territory.load(data=day)
        chapter = cls(
            id,
            titolo=titolo or id.partition("_")[2].replace("_", " ").capitalize() or id,
            t=_place_as_written(map_, f"{livello}-{territorio}" if livello in LIVELLI else territorio),
            data=day,
            edizione=str(edizione),
            territorio=map_,
        )
        place = {"livello": chapter.t.livello, "codice": chapter.t.codice, "nome": chapter.t.nome}
        chapter._show(blocks.Intestazione(id, chapter.titolo, place, chapter.edizione, chapter.data, __version__))
        return chapter

    # --- figures and prose ------------------------------------------------------------------------------

    def luogo(self, livello: str, codice: str) -> Place:
        """Return a territory as figures name it."""
        return Place(livello, codice, self.territorio.name(livello, codice, breve=True))

    @cached_property
    def cifre_edizione(self) -> Store:
        """The store of the edition.

        Raises
        ------
        UsoError
            The edition has not been computed yet, or was computed at another date.
        """
        found = store.opened(store.locate(self.edizione), self.territorio.members)
        if found.data != self.data:
            raise UsoError(
                f"Le cifre dell'edizione «{self.edizione}» sono al {formats.data(found.data)}, "
                f"il capitolo è al {formats.data(self.data)}.",
                "Rigenerarle con «conciliazione genera --solo-cifre», o dare al capitolo la loro data.",
            )
        return found

    @cached_property
    def f(self) -> StoredFigures:
        """Every figure of the edition: ``c.f.indice_vecchiaia`` is that of the chapter's territory."""
        self.ledger.statements = self.cifre_edizione.statements
        reader = Reader(self.luogo, self.cifre_edizione.table, self.ledger)
        return StoredFigures(self.cifre_edizione, reader, self.t, self.ledger)

    def frame(self, *indicatori: str, **scelta: Any) -> pd.DataFrame:
        """Return figures as a table, one column each: for tables, charts and maps.

        Parameters
        ----------
        *indicatori : str
            The columns.
        **scelta
            ``livello, territori, periodo, per, limiti``: see :func:`conciliazione_lib.evidence.store.wide`.

        Returns
        -------
        DataFrame
            ``livello, territorio, periodo``, the keys of the breakdown, one column for each indicator.
        """
        return self.cifre_edizione.wide(indicatori, **scelta)

    def elenco(self, nome: str) -> pd.DataFrame:
        """Return a list of the edition, with its sources in ``attrs["fonte"]``."""
        return self.cifre_edizione.listing(nome)

    def fonte(self, *indicatori: str, **scelta: Any) -> str:
        """Return the sources of some figures, as they are to be cited.

        Parameters
        ----------
        *indicatori : str
            Whose figures.
        **scelta
            ``livello``, ``periodo`` (or ``"tutti"``): only those; by default every level, at the reference period. A
            mapping gives the period of some indicators. With ``elaborazione=True`` the line ends by saying that some
            of them were worked out, not read as they are: from several tables, from comuni, estimated.
        """
        level, period = scelta.get("livello"), scelta.get("periodo")
        given = period if isinstance(period, Mapping) else {} if period is None else dict.fromkeys(indicatori, period)
        periods = {
            name: () if one == "tutti" else (one,) if isinstance(one, str) else tuple(one)
            for name, one in given.items()
            if one is not None
        }
        found = self.cifre_edizione.citation(indicatori, [level] if isinstance(level, str) else level, periods)
        return f"{found.sources}; elaborazione" if found.worked and scelta.get("elaborazione") else found.sources

    def cifre(self, frame: pd.DataFrame, *, ingressi: Sequence[Any] = (), **altro: Any) -> FigureSet:
        """Make figures of every indicator column of a frame: for a chapter of one's own, that computes.

        The options are those of :func:`conciliazione_lib.evidence.writing.rows`. The level of each row, when the frame
        does not say it, is deduced from its code; ``livello`` settles the codes that belong to several levels
        (``pavia`` is an ATS and an ambito).
        """
        return evidence.cifre(
            frame if altro.get("livello") else self._with_level(frame),
            ledger=self.ledger,
            luogo=self.luogo,
            proprio=self.t,
            ingressi=ingressi,
            membri=self.territorio.members,
            **altro,
        )

    def testo(self, modello: str, **nomi: Any) -> None:
        """Show prose: a template whose numbers are figures and whose comparisons are claims.

        A name in the template is looked up among ``nomi`` and then among the variables of the notebook; ``t`` is the
        territory of the chapter. The vocabulary is that of :func:`conciliazione_lib.evidence.render`.
        """
        self._show(blocks.Testo(self._prose(modello, nomi, sys._getframe(1).f_globals)))

    def scrivi(self, modello: str, nomi: Mapping[str, Any], etichette: Sequence[str] = ()) -> str:
        """Write a Markdown cell of the notebook: called by who runs it, cell after cell.

        Parameters
        ----------
        modello : str
            The cell: prose as in :meth:`testo`, headings, or a box (see :mod:`conciliazione_lib.report.writing`).
        nomi : mapping
            The variables of the notebook.
        etichette : sequence of str
            Tags of the cell; one tagged ``nascosto`` is left as it is.

        Returns
        -------
        str
            The cell as it is kept in the executed notebook; empty when its conditions leave nothing.
        """
        if writing.HIDDEN in etichette:
            return modello
        written = writing.tidy(self._prose(modello, self._always, nomi))
        for data in writing.parts(written, etichette):
            block = self._of_part(data)
            if isinstance(block, blocks.Titolo):
                self._new_id(block.id)
            self._add(block)
        return written

    @property
    def _always(self) -> dict[str, Any]:
        """What every text may name."""
        return {"regione": self.regione, REGIONE: self.lombardia, "italia": self.italia}

    @staticmethod
    def _of_part(dati: dict[str, Any]) -> blocks.Blocco:
        other = {name: value for name, value in dati.items() if name != "tipo"}
        if dati["tipo"] == "titolo" and not 2 <= dati["livello"] <= 4:
            raise UsoError(
                f"Il titolo «{dati['testo']}» ha {dati['livello']} cancelletti: nei capitoli vanno da 2 a 4.",
                "Scriverlo con ## (sezione), ### o ####.",
            )
        kinds: dict[str, Any] = {"titolo": blocks.Titolo, "testo": blocks.Testo, "riquadro": blocks.Riquadro}
        block: blocks.Blocco = kinds[dati["tipo"]](**other)
        return block

    def parole(self, modello: str, **nomi: Any) -> str:
        """Return prose as plain words, for a caption or an alternative text; nothing is shown.

        The vocabulary is that of :meth:`testo`, so that what is highest or lowest is decided there too.
        """
        return evidence.plain_words(self._prose(modello, nomi, sys._getframe(1).f_globals))

    def titolo_sezione(self, testo: str, *, livello: int = 2, id: str | None = None) -> None:
        """Show a heading inside the chapter.

        Parameters
        ----------
        testo : str
            The heading.
        livello : int
            2 to 4.
        id : str, optional
            Identifier; by default made from the text.
        """
        if livello not in (2, 3, 4):
            raise UsoError(f"Il livello di un titolo va da 2 a 4; trovato {livello}.")
        self._show(blocks.Titolo(livello, testo, self._new_id(id or writing.slug(testo))))

    def riquadro(self, genere: str, titolo: str, modello: str, **nomi: Any) -> None:
        """Show a box.

        Parameters
        ----------
        genere : str
            ``avviso``, ``nota`` or ``sintesi``.
        titolo : str
            Its heading.
        modello : str
            Its prose, as in :meth:`testo`.
        """
        if genere not in ("avviso", "nota", "sintesi"):
            raise UsoError(f"Genere di riquadro sconosciuto: «{genere}».", "Usare avviso, nota o sintesi.")
        self._show(blocks.Riquadro(genere, titolo, self._prose(modello, nomi, sys._getframe(1).f_globals)))

    def manca(self, che_cosa: str, *, effetto: str, chi: str, modello: str = "", **nomi: Any) -> None:
        """Say that data is missing and what cannot be said without it.

        Who reads the document is told this; the workbook of the gaps also says who has the data and with which
        template to ask for it.

        Parameters
        ----------
        che_cosa : str
            What is missing (``Posti nei nidi, comune per comune``).
        effetto : str
            What the document does not say because of it: prose as in :meth:`testo`.
        chi : str
            Who has it.
        modello : str, optional
            Name of the table whose template is to be filled in.
        """
        self._missing(che_cosa, effetto, chi, modello, nomi, sys._getframe(1).f_globals)

    def lacune(self, mancano: Mapping[str, bool], **nomi: Any) -> None:
        """Say what is missing of what may be missing to a territory, that which most of its figures wait for first.

        Parameters
        ----------
        mancano : mapping
            Whether some of those of ``lacune.toml`` are missing, where the chapter knows better; of the others it is
            read from the figures of the territory and of those inside it, and from the tables of the edition.
        **nomi
            What their words name, beside the variables of the notebook.

        Raises
        ------
        UsoError
            One is not declared.
        """
        declared = gaps.declared()
        if unknown := sorted(set(mancano) - set(declared)):
            raise UsoError(f"Lacune non dichiarate: {', '.join(unknown)}.", "aggiungerle a report/lacune.toml.")
        own = {self.t.livello: [self.t.codice], "ambito": self.propri("ambito"), "ats": self.propri("ats")}
        figures = self.cifre_edizione.of_territories({code for codes in own.values() for code in codes})
        one_own = [figures["livello"].eq(level) & figures["territorio"].isin(codes) for level, codes in own.items()]
        expected = gaps.waiting(figures[np.logical_or.reduce(one_own)])
        variables = sys._getframe(1).f_globals
        for gap in sorted(declared.values(), key=lambda one: -expected[one.id]):
            if mancano.get(gap.id, gap.lacks(expected[gap.id], self.cifre_edizione.tables)):
                parts = (gap.what, f"{gap.effect} {gap.extent}".strip(), gap.who, gap.template)
                self._missing(*parts, nomi, variables, expected[gap.id])

    def _missing(
        self,
        che_cosa: str,
        effetto: str,
        chi: str,
        modello: str,
        nomi: Mapping[str, Any],
        variabili: Mapping[str, Any],
        cifre: int = 0,
    ) -> None:
        written = self._prose(effetto, nomi, variabili)
        gap = {"cosa": che_cosa, "effetto": evidence.plain_words(written), "chi": chi, "modello": modello}
        self._show(blocks.Lacuna(f"**{evidence.prose.escape(che_cosa)}.** {written}", gap | {"cifre": cifre}))

    # --- tables, charts, maps ---------------------------------------------------------------------------

    def tabella(self, frame: pd.DataFrame, *, id: str, titolo: str, **altro: Any) -> None:
        """Show a table; see :func:`conciliazione_lib.report.tables.tabella` for the options."""
        self._show(self._table(frame, id=id, titolo=titolo, numero=self._count("tabella"), **altro))

    def grafico(
        self,
        disegno: str | FiguraMatplotlib,
        *,
        id: str,
        titolo: str,
        alt: str,
        dati: pd.DataFrame,
        cifre: FigureSet | None = None,
        note: Sequence[str] = (),
        fonte: str = "",
        **tabella: Any,
    ) -> None:
        """Show a chart.

        Parameters
        ----------
        disegno : str or matplotlib Figure
            From :mod:`conciliazione_lib.report.charts`, or drawn by hand.
        id, titolo : str
            Identifier in the chapter and caption.
        alt : str
            What the chart shows, for who does not see it: the message, not the look.
        dati : DataFrame
            What is drawn: becomes the table beside the chart, as in :meth:`tabella`.
        cifre : FigureSet, optional
            Figures of the cells of that table.
        note : sequence of str
            Notes under the chart.
        fonte : str
            Source.
        **tabella
            Other options of the table.
        """
        _alternative(alt, titolo)
        own = self._new_id(id)
        raw = disegno if isinstance(disegno, str) else svg.from_figure(disegno)
        data_table = self._table(dati, id=f"{id}-dati", titolo=f"Dati del grafico: {titolo}", cifre=cifre, **tabella)
        self._show(
            blocks.Grafico(
                id=own,
                titolo=titolo,
                alt=alt,
                svg=svg.accessible(raw, id=id, titolo=titolo, alt=alt),
                dati=data_table,
                note=tuple(note),
                fonte=storage.cite([fonte]),
                numero=self._count("figura"),
            )
        )

    def mappa(
        self,
        valori: pd.Series | pd.DataFrame | FigureSet | None,
        *,
        livello: str,
        id: str,
        titolo: str,
        alt: str,
        **altro: Any,
    ) -> None:
        """Show a map; see :func:`conciliazione_lib.report.mapping.mappa` for the options."""
        _alternative(alt, titolo)
        block = mapping.mappa(
            valori,
            livello=livello,
            id=self._new_id(id),
            titolo=titolo,
            alt=alt,
            territorio=self.territorio,
            data=self.data,
            luogo=altro.pop("entro", self.t),
            tabella=self._table,
            numero=self._count("figura"),
            **altro,
        )
        self._show(block)

    def chiudi(self, notebook: str = "") -> None:
        """Close the chapter: show the ledger, the tables that were read and those that what is shown comes from.

        Parameters
        ----------
        notebook : str
            The file of the notebook. Where its Markdown cells are not written as it runs (JupyterLab), the whole
            chapter is shown here instead, as text: what it will say.

        Raises
        ------
        UsoError
            The notebook cannot be read, or something in its prose is wrong.
        """
        shell = _shell()
        if notebook and shell is not None and not getattr(shell, "writes_markdown", False):
            self._preview(notebook, shell.user_ns)
            self._chiuso = True
            return
        one_read = [version.to_dict() for version in storage.reads()]
        if "cifre_edizione" in self.__dict__:
            read = {(one["tabella"], one["data_riferimento"]) for one in one_read}
            sources = self.cifre_edizione.provenance(sorted(self.cifre_edizione.used))
            one_read += [one for one in sources if (one["tabella"], one.get("data_riferimento", "")) not in read]
        self._show(blocks.Registro(self.ledger.to_dict(), one_read))
        self._chiuso = True

    # --- inside -----------------------------------------------------------------------------------------

    def _add(self, blocco: blocks.Blocco) -> None:
        if self._chiuso:
            raise UsoError(
                f"Il capitolo «{self.id}» è già chiuso: dopo c.chiudi() non si può aggiungere altro.",
                "Spostare c.chiudi() nell'ultima cella.",
            )
        self.blocchi.append(blocco)

    def _show(self, blocco: blocks.Blocco) -> None:
        from IPython.display import display

        self._add(blocco)
        if (cell := parameters.current_cell()) is not None:
            self._di_cella.append((cell.strip(), blocco))
        if _shell() is None:
            display(blocco)
        else:  # its faces are these: IPython need not look for others
            display(blocco._repr_mimebundle_(), raw=True)

    def _preview(self, notebook: str, names: Mapping[str, Any]) -> None:
        """Show the chapter as text, its prose among what its cells have shown."""
        from IPython.display import display

        said = []
        for cell in writing.cells(notebook):
            tags = cell["metadata"].get("tags", [])
            if cell["cell_type"] == "markdown" and writing.HIDDEN not in tags:
                said.append(writing.tidy(self._prose(cell["source"], self._always, names)))
            elif cell["cell_type"] == "code":
                said += [block._plain_text() for source, block in self._di_cella if source == cell["source"].strip()]
        text = evidence.plain_words("\n\n".join(part for part in said if part)) + "\n"
        display({"text/markdown": text, "text/plain": text}, raw=True)

    def _prose(self, modello: str, nomi: Mapping[str, Any], variabili: Mapping[str, Any]) -> str:
        # indented text would be a block of code in Markdown
        modello = inspect.cleandoc(modello)
        return evidence.render(modello, self.ledger, variabili, **({"t": self.t} | dict(nomi)))

    def _table(self, frame: pd.DataFrame, *, id: str, titolo: str, **altro: Any) -> blocks.Tabella:
        if not altro.get("livello"):
            frame = self._with_level(frame)
        return tables.tabella(frame, id=self._new_id(id), titolo=titolo, ledger=self.ledger, nome=self._name, **altro)

    def _name(self, livello: str, codice: str) -> str:
        return self.territorio.name(livello, codice, breve=True)

    def _with_level(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the frame with the level of each row, deduced from its code when no column says it."""
        rows = frame.reset_index() if "territorio" in frame.index.names else frame
        if "territorio" not in rows.columns or "livello" in rows.columns:
            return frame
        codes = rows["territorio"].astype(str)
        outcome = rows.assign(livello=codes.map(self._levels(codes)))
        outcome.attrs = frame.attrs
        return outcome

    def _levels(self, codici: pd.Series) -> dict[str, str]:
        """Return the level of each code: its only one, or that of the codes beside it.

        A code that several levels have (``pavia`` is an ATS and an ambito) takes the level of the codes that leave no
        doubt; without any, it is an ATS, whose codes figures write bare.
        """
        known = {level: set(self.territorio.codes(level)) for level in LIVELLI}
        candidates = {code: [v for v in LIVELLI if code in known[v]] for code in dict.fromkeys(codici)}
        unknown = sorted(code for code, levels in candidates.items() if not levels)
        if unknown:
            raise UsoError(
                f"Codici che non sono di nessun territorio al {formats.data(self.data)}: {', '.join(unknown[:6])}.",
                "Indicare il livello con livello=, o controllare la colonna «territorio».",
            )
        certain = {levels[0] for levels in candidates.values() if len(levels) == 1} - {"regione", "italia"}
        outcome = {}
        for code, levels in candidates.items():
            possible = [v for v in levels if v in certain] or [v for v in levels if v == "ats"]
            if len(levels) > 1 and len(possible) != 1:
                raise UsoError(
                    f"«{code}» è il codice di più territori ({', '.join(levels)}).",
                    "Indicare quale si intende con livello=, o con una colonna «livello».",
                )
            outcome[code] = levels[0] if len(levels) == 1 else possible[0]
        return outcome

    def _count(self, genere: str) -> int:
        self._numeri[genere] += 1
        return self._numeri[genere]

    def _new_id(self, id: str) -> str:
        if not _ID.fullmatch(id):
            raise UsoError(
                f"L'identificatore «{id}» non va bene: servono lettere minuscole, cifre e trattini, come «tab-indici»."
            )
        if id in self._identificatori:
            raise UsoError(f"L'identificatore «{id}» è già usato in questo capitolo.", "Sceglierne un altro.")
        self._identificatori.add(id)
        return id


def _shell() -> Any:
    from IPython import get_ipython

    return get_ipython()


def _place_as_written(mappa: Territory, scritto: str) -> Place:
    """Return the territory a parameter names."""
    found = [level for level in LIVELLI if scritto in mappa.codes(level)]
    main = [level for level in found if level in ("regione", "italia", "ats")]
    level, code = (main or found or [""])[0], scritto
    if len(found) != 1 and not main:
        level, _, code = scritto.partition("-")
        if level not in LIVELLI or code not in mappa.codes(level):
            known = [c for v in ("regione", "ats", "ambito", "distretto") for c in mappa.codes(v)]
            neighbours = difflib.get_close_matches(scritto.lower(), known, 4, 0.5)
            hint = f" I più simili: {', '.join(neighbours)}." if neighbours else ""
            raise UsoError(
                f"Territorio sconosciuto: «{scritto}».{hint}",
                f"Usare {REGIONE} o una delle ATS: {', '.join(mappa.codes('ats'))}; "
                "per gli altri livelli «livello-codice», come ambito-azzate.",
            )
    return Place(level, code, mappa.name(level, code, breve=True))


def _alternative(alt: str, titolo: str) -> None:
    if not alt.strip():
        raise UsoError(
            f"Manca il testo alternativo di «{titolo}».",
            "Scrivere in alt= che cosa mostra la figura, per chi non la vede.",
        )
