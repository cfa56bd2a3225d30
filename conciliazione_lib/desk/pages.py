"""What each address of the desk shows and does: the same functions as the commands, one request at a time."""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import jinja2

import conciliazione_lib.desk.arrivals as arrivals
import conciliazione_lib.desk.jobs as jobs
import conciliazione_lib.desk.life as life
import conciliazione_lib.desk.server as server
import conciliazione_lib.desk.simulator as simulator
import conciliazione_lib.desk.work as work
from conciliazione_lib import catalog, territory
from conciliazione_lib.build.config import Config
from conciliazione_lib.build.project import configuration, root
from conciliazione_lib.desk.server import Request, Response
from conciliazione_lib.desk.shown import changes_shown, columns_of, here
from conciliazione_lib.errors import ConciliazioneError, DatiError, UsoError, grouped
from conciliazione_lib.evidence.formats import numero, periodo
from conciliazione_lib.publish import colours

MENU: Final = (
    ("", "Il mio lavoro"),
    ("dati", "Porta dentro i dati"),
    ("fonti", "Aggiorna dalle fonti"),
    ("genera", "Genera"),
    ("documento", "Documento Word"),
    ("riparto", "Riparto"),
    ("piano", "Piano"),
)
#: Folders of an edition whose files the browser may open.
OPEN: Final = ("documenti", "lacune", "sito", "tabelle")
#: Documents brought up to date that are kept.
KEPT: Final = 5
#: What is told of a document brought up to date.
OUTCOME: Final = "controllo.json"
#: The rule of allocation in force.
RULE: Final = "abitanti-2025-2027"


class _NoAts(UsoError):
    """The page is of an ATS, and none was chosen."""


class App:
    """The pages of a desk.

    Parameters
    ----------
    show_folder : callable, optional
        Shows a folder to who sits at this computer; that of the system by default.
    """

    def __init__(self, show_folder: Callable[[Path], None] | None = None) -> None:
        self.jobs = jobs.Jobs()
        self.life = life.Life(lambda: self.jobs.running)
        self._show_folder = show_folder or _show
        self._notices: list[tuple[str, str, str]] = []
        self._turn = threading.Lock()
        self._assets = _assets()
        self._env = jinja2.Environment(
            loader=jinja2.PackageLoader("conciliazione_lib.desk"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._env.globals.update(menu=MENU, qui=here, numero=numero, periodo=periodo)
        arrivals.clean()

    # -- who answers what -----------------------------------------------------------------------------------------

    def answer(self, request: Request) -> Response:
        """Answer a request: what is always at hand first, then one at a time."""
        path, post = request.path, request.method == "POST"
        if path == "vita" and post:
            return Response(204)
        if path == "uscita" and post:
            self.life.leaving()
            return Response(204)
        if path == "avanzamento":
            return server.data(self.jobs.last.shown() if self.jobs.last is not None else {"stato": "finito"})
        if path == "annulla" and post:
            self.jobs.cancel()
            return self._to(path, self.jobs.last.kind if self.jobs.last else "")
        if path == "rispondi" and post:
            if self.jobs.last is not None:
                self.jobs.last.answer(request.one("risposta") == "si")
            return self._to(path, "fonti")
        if path == "chiudi" and post:
            self.jobs.cancel()
            self.life.end()
            return server.page(self._env.get_template("chiusa.html").render())
        if path.startswith("risorse/") and not post:
            found = self._assets.get(path.removeprefix("risorse/"))
            return Response(body=found[0], kind=found[1], lasting=True) if found else self._missing(path)
        with self._turn:
            try:
                return self._in_turn(request)
            except _NoAts as error:
                self._say("errore", error.messaggio, error.rimedio or "")
                return self._to(path, "")
            except ConciliazioneError as error:
                self._say("errore", here(error.messaggio), here(error.rimedio or ""))
            except Exception as error:
                self._say("errore", server.told(error), _kept(error))
            if post:
                back = "dati" if path.startswith(("dati", "ripristina")) else path.partition("/")[0]
                known = {address for address, _ in MENU}
                return self._to(path, self._back(path) or (back if back in known else ""))
            return self._page(path, "errore.html", "Non è riuscito", status=400)

    def _in_turn(self, request: Request) -> Response:
        path, post = request.path, request.method == "POST"
        places: dict[tuple[str, bool], Callable[[Request], Response]] = {
            ("", False): self._work,
            ("scelte", True): self._choose,
            ("cartella", True): self._folder,
            ("dati", False): self._data,
            ("dati", True): self._dropped,
            ("ripristina", True): self._restore,
            ("modello", False): lambda asked: self._template(asked, asked.one("tabella")),
            ("genera", False): self._generation,
            ("genera", True): self._generate,
            ("fonti", False): self._sources,
            ("fonti", True): self._refresh,
            ("documento", False): self._document,
            ("documento", True): self._update,
            ("riparto", False): self._allocation,
            ("riparto/allegato.docx", False): lambda asked: self._annex(asked, "docx"),
            ("riparto/allegato.xlsx", False): lambda asked: self._annex(asked, "xlsx"),
            ("piano", False): lambda asked: self._plan(asked.path),
            ("piano", True): self._check,
            ("piano/modello", False): self._plan_template,
        }
        known = places.get((path, post))
        if known is not None:
            return known(request)
        first, _, rest = path.partition("/")
        if first == "dati" and (arrival := arrivals.find(rest.partition("/")[0])) is not None:
            return self._arrival(request, arrival, rest.partition("/")[2])
        if not post and first == "modello":
            return self._template(request, rest)
        if not post and first == "apri":
            return self._open(path, rest)
        if not post and first == "documento":
            return self._updated(path, rest)
        if not post and first == "edizione":
            return self._file(path, rest)
        return self._missing(path)

    # -- my work --------------------------------------------------------------------------------------------------

    def _work(self, request: Request) -> Response:
        config, chosen = self._config(), work.chosen()
        known = territory.load()
        ready = work.made(config, root(), chosen.ats) if chosen.ats else []
        missing = work.lacking(config, root(), chosen.ats) if chosen.ats else []
        return self._page(
            "",
            "lavoro.html",
            "Il mio lavoro",
            scelta=chosen,
            ats=[(code, known.name("ats", code)) for code in known.codes("ats")],
            date=work.dates(config),
            pronti=ready,
            vecchio=bool(ready) and self._outdated(),
            cartella=str(self._documents(config, chosen.ats)),
            attese=arrivals.waiting(),
            mancano=[one for one in missing if one.table],
            altro_manca=[one for one in missing if not one.table],
            contate=any(one.figures for one in missing),
            tabelle=work.tables(config) if chosen.ats else [],
        )

    def _choose(self, request: Request) -> Response:
        work.choose(request.one("ats"), request.one("data"))
        return self._to(request.path, "")

    def _folder(self, request: Request) -> Response:
        self._show_folder(self._documents(self._config(), self._ats()))
        return self._to(request.path, "")

    def _open(self, path: str, key: str) -> Response:
        config = self._config()
        found = next((one for one in work.made(config, root(), self._ats()) if one.key == key), None)
        if found is None:
            return self._missing(path)
        if key in ("word", "tabelle", "lacune"):
            # A copy: open in Word or Excel, the published file could not be made again.
            return server.file(found.path, save_as=found.path.name)
        address = found.path.relative_to(work.tree(config, root())).as_posix()
        return self._to(path, f"edizione/{address}")

    def _file(self, path: str, address: str) -> Response:
        if address.partition("/")[0] not in OPEN:
            return self._missing(path)
        found = server.inside(work.tree(self._config(), root()), address.removesuffix("/") if address else "")
        if found is None and (address.endswith("/")):
            found = server.inside(work.tree(self._config(), root()), f"{address}index.html")
        return server.file(found) if found is not None else self._missing(path)

    # -- data -----------------------------------------------------------------------------------------------------

    def _data(self, request: Request) -> Response:
        models = [(name, catalog.spec(name).title) for name in catalog.names()]
        return self._page(
            "dati",
            "dati.html",
            "Porta dentro i dati",
            attese=arrivals.waiting(),
            ritorni=work.undoable(),
            modelli=sorted(models, key=lambda one: one[1]),
        )

    def _dropped(self, request: Request) -> Response:
        upload = request.files.get("file")
        if upload is None:
            raise UsoError("Non è stato scelto nessun file.", "Scegliere un file, o trascinarlo nel riquadro.")
        return self._to(request.path, f"dati/{arrivals.arrived(upload).id}")

    def _arrival(self, request: Request, arrival: arrivals.Arrival, what: str) -> Response:
        own = f"dati/{arrival.id}"
        if request.method == "GET":
            return self._annotated(arrival) if what == "copia" else self._looked(request, arrival)
        if what == "togli":
            arrival.throw_away()
            return self._to(request.path, "dati")
        if what == "conferma":
            config = self._config()
            told, more = arrivals.put_in(
                arrival, sure=request.one("sicuro") == "si", used=lambda table: work.chapters_of(config, table)
            )
            self._say("fatto", told, "")
            for text in more:
                self._say("fatto", text, "")
            return self._to(request.path, "genera" if more and work.chosen().ats else "dati")
        arrivals.said_in(request.form, arrival.choices)
        arrival.save()
        return self._to(request.path, own)

    def _looked(self, request: Request, arrival: arrivals.Arrival) -> Response:
        looked = arrival.look()
        said = arrival.choices
        spec = catalog.spec(said.table) if said.table else None
        likely = list(dict.fromkeys([one.table for one in looked.guesses]))[:6]
        titles = {name: catalog.spec(name).title for name in catalog.names()}
        changed = None
        if looked.placed is not None and spec is not None:
            from conciliazione_lib.sources import importing

            changed = changes_shown(spec, importing.changes(looked.placed.own, looked.placed.before, spec))
        return self._page(
            request.path,
            "arrivo.html",
            said.name,
            arrivo=arrival,
            visto=looked,
            probabili=likely,
            titoli=dict(sorted(titles.items(), key=lambda one: one[1])),
            colonne=columns_of(spec) if spec else {},
            descrizioni={n: c.description for n, c in spec.columns.items()} if spec else {},
            righe_altre=[line.strip() for line in grouped(looked.others)],
            comuni=arrivals.comuni_names() if any(one.places for one in looked.asked) else [],
            cambi=changed,
            capitoli=work.chapters_of(self._config(), said.table) if said.table else [],
            moduli=sorted(set(catalog.read("questionario")["modulo"])) if looked.asked_apart else [],
            mia_ats=work.chosen().ats,
            da_dire=arrivals.needs_yes(looked.placed) if looked.placed is not None else "",
        )

    def _annotated(self, arrival: arrivals.Arrival) -> Response:
        from conciliazione_lib.sources.annotated import write_annotated

        problems = arrival.problems()
        if not any(p.riga is not None for p in problems):
            raise UsoError("In questo file non ci sono celle da segnare.", "Leggere ciò che la pagina dice del file.")
        copy = write_annotated(arrival.path, problems, arrival.folder / "da-correggere.xlsx")
        return server.file(copy, save_as=f"{Path(arrival.choices.name).stem}-da-correggere.xlsx")

    def _restore(self, request: Request) -> Response:
        from conciliazione_lib.sources import importing

        self._say("fatto", importing.restore(request.one("tabella")), "")
        return self._to(request.path, "dati")

    def _template(self, request: Request, table: str) -> Response:
        from conciliazione_lib.sources import questionnaire
        from conciliazione_lib.sources.templates import write_template

        spec, known = catalog.spec(table), territory.load()
        comuni, ats = known.comuni, work.chosen().ats
        if ats:
            comuni = comuni.loc[known.members("ats", ats)]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "modello.xlsx"
            if table == "questionari":
                questionnaire.write_forms(path, catalog.read("questionario"))
            else:
                write_template(path, spec, comuni)
            content = path.read_bytes()
        kind = server.file(path).kind
        return Response(body=content, kind=kind, save_as=f"modello-{table}.xlsx")

    # -- what takes minutes ---------------------------------------------------------------------------------------

    def _generation(self, request: Request) -> Response:
        config, ats = self._config(), self._ats()
        from conciliazione_lib.build.opened import in_use

        going, ended = self._job("genera")
        ready = work.made(config, root(), ats)
        return self._page(
            "genera",
            "genera.html",
            "Genera",
            lavoro=going,
            esito=ended.result or {"annullato": True} if ended else None,
            annullato=ended is not None and ended.state == "annullato",
            aperti=[] if going else [path.name for path in in_use(work.tree(config, root()))],
            pronti=ready,
            pronto=next((one for one in ready if one.key == "word"), None),
            vecchio=not going and bool(ready) and self._outdated(),
        )

    def _generate(self, request: Request) -> Response:
        chosen = work.chosen()
        self.jobs.start({"genere": "genera", "ats": [self._ats()], "data": chosen.date or None})
        return self._to(request.path, "genera")

    def _sources(self, request: Request) -> Response:
        from conciliazione_lib import storage
        from conciliazione_lib.sources.refresh import refreshable

        rows, absent = [], set()
        for name in refreshable():
            try:
                version = storage.find(name)
                state = periodo(version.data_riferimento) + (f", {version.stato}" if version.provvisorio else "")
            except ConciliazioneError:
                state = "non c'è ancora"
                absent.add(name)
            rows.append((name, catalog.spec(name).title, state))
        going, ended = self._job("fonti")
        wanted = set(request.form.get("tabella", ())) or (
            absent if request.one("mancanti") else {row[0] for row in rows}
        )
        return self._page(
            "fonti",
            "fonti.html",
            "Aggiorna dalle fonti",
            lavoro=going,
            esito=ended.result or {"annullato": True} if ended else None,
            annullato=ended is not None and ended.state == "annullato",
            tabelle=rows,
            scelte=wanted,
            titoli={name: title for name, title, _ in rows},
        )

    def _refresh(self, request: Request) -> Response:
        from conciliazione_lib.sources.refresh import refreshable

        wanted = [name for name in request.form.get("tabella", ()) if name in refreshable()]
        if not wanted:
            raise UsoError("Non è stata scelta nessuna tabella.", "Segnarne almeno una.")
        self.jobs.start({"genere": "fonti", "tabelle": wanted})
        return self._to(request.path, "fonti")

    def _job(self, kind: str) -> tuple[jobs.Job | None, jobs.Job | None]:
        """Return the job of a page that is going on, or the one that has ended."""
        last = self.jobs.last
        if last is None or last.kind != kind:
            return None, None
        return (last, None) if last.running else (None, last)

    # -- the document ---------------------------------------------------------------------------------------------

    def _document(self, request: Request) -> Response:
        ats = work.chosen().ats
        ready = work.made(self._config(), root(), ats) if ats else []
        return self._page(
            "documento",
            "documento.html",
            "Documento Word",
            aggiornati=[json.loads((one / OUTCOME).read_text(encoding="utf-8")) for one in _brought()],
            pronto=next((one for one in ready if one.key == "word"), None),
            vecchio=bool(ready) and self._outdated(),
        )

    def _update(self, request: Request) -> Response:
        from conciliazione_lib.publish.documents import merge, published, readiness

        upload = request.files.get("file")
        if upload is None:
            raise UsoError("Non è stato scelto nessun documento.", "Scegliere il documento Word da aggiornare.")
        about = merge.about(upload.content, upload.name)
        _, fresh = published.again(about, work.tree(self._config(), root()).parent)
        outcome = merge.update(upload.content, fresh, upload.name)
        name = f"{Path(upload.name).stem}-aggiornato.docx"
        checked = readiness.check(outcome.docx, fresh, name)
        folder = _updates() / f"{time.time_ns():020d}{secrets.token_hex(4)}"
        making = folder.with_name(f".{folder.name}")
        making.mkdir()
        (making / "documento.docx").write_bytes(outcome.docx)
        told = {
            "id": folder.name,
            "nome": name,
            "quando": work.moment(time.time()),
            "aggiornati": len(outcome.updated),
            "conservati": len(outcome.kept),
            "nuovi": len(outcome.added),
            "tolti": len(outcome.removed),
            "restano": len(checked.findings),
            "da_sistemare": [
                [title, readiness.told(one for one in checked.findings if one.genere == kind)]
                for kind, title in readiness.KINDS.items()
            ],
            "a_mano": readiness.told(checked.by_hand),
        }
        (making / OUTCOME).write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
        making.rename(folder)
        return self._to(request.path, "documento")

    def _updated(self, path: str, id: str) -> Response:
        found = next((one for one in _brought() if one.name == id), None)
        if found is None:
            return self._missing(path)
        name = json.loads((found / OUTCOME).read_text(encoding="utf-8"))["nome"]
        return server.file(found / "documento.docx", save_as=name)

    # -- allocation and plan --------------------------------------------------------------------------------------

    def _allocation(self, request: Request) -> Response:
        from conciliazione_lib.catalog import allocation_rules
        from conciliazione_lib.publish import annex

        tried, points = self._tried(request)
        names = annex.names(tried.file.livello)
        tables = [(", ".join(part.periodi), *_headed(annex.rows(part, names))) for part in tried.shares]
        fields = [(name, values[-1]) for name, values in request.form.items()]
        return self._page(
            "riparto",
            "riparto.html",
            "Riparto delle risorse",
            prova=tried,
            punti=points,
            tavole=tables,
            regole=[(name, allocation_rules.load(name).titolo) for name in allocation_rules.names()],
            ricerca=urlencode(fields),
            semplice=lambda value: numero(value, max(0, -value.normalize().as_tuple().exponent)),
        )

    def _annex(self, request: Request, kind: str) -> Response:
        tried, _ = self._tried(request)
        name = f"riparto-{tried.name}.{kind}"
        return Response(body=simulator.annexes(tried)[kind], kind=server.file(Path(name)).kind, save_as=name)

    def _tried(self, request: Request) -> tuple[simulator.Tried, int]:
        points = request.one("punti") or "10"
        if not points.isdigit() or int(points) > 100:
            raise UsoError(f"«{points}» non va.", "I punti sono un numero intero da 0 a 100.")
        rule = request.one("regola") or RULE
        return simulator.attempt(rule, request.one, int(points)), int(points)

    def _plan(self, path: str, **found: Any) -> Response:
        self._ats()
        programmes = sorted(set(catalog.read("regole_programma")["programma"]))
        values = {"esiti": [], "problemi": [], "nome_file": "", "riassunto": "", "programma": programmes[-1]}
        return self._page(path, "piano.html", "Controllo del piano", programmi=programmes, **values | found)

    def _check(self, request: Request) -> Response:
        from conciliazione_lib.indicators import compliance
        from conciliazione_lib.sources.plan_files import endowment, read_plan, rules

        upload, ats, programme = request.files.get("file"), self._ats(), request.one("programma")
        if upload is None:
            raise UsoError("Non è stato scelto nessun piano.", "Scegliere il modello compilato.")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "piano.xlsx"
            path.write_bytes(upload.content)
            try:
                plan = read_plan(path, territory.load(), endowment(programme, ats))
            except DatiError as error:
                lines = [line.strip() for line in grouped(error.problemi)]
                return self._plan(request.path, problemi=lines, nome_file=upload.name, programma=programme)
        outcomes = compliance.check(plan, rules(programme, ats))
        rows = outcomes.astype(object).where(outcomes.notna(), "").to_dict("records")
        counts = outcomes["esito"].value_counts()
        told = "; ".join(f"{one}: {counts.get(one, 0)}" for one in compliance.OUTCOMES) + "."
        return self._plan(request.path, esiti=rows, nome_file=upload.name, riassunto=told, programma=programme)

    def _plan_template(self, request: Request) -> Response:
        from conciliazione_lib.sources.plan_files import write_plan_template

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "piano.xlsx"
            write_plan_template(path)
            return Response(body=path.read_bytes(), kind=server.file(path).kind, save_as="piano.xlsx")

    # -- what pages share -----------------------------------------------------------------------------------------

    def _page(self, path: str, template: str, title: str, *, status: int = 200, **values: Any) -> Response:
        notices, self._notices = self._notices, []
        ats = work.chosen().ats
        text = self._env.get_template(template).render(
            titolo=title,
            sezione=path.partition("/")[0],
            radice="../" * path.count("/") or "./",
            avvisi=notices,
            edizione=self._config().edizione,
            nome_ats=territory.load().name("ats", ats) if ats else "",
            **values,
        )
        return server.page(text, status)

    def _missing(self, path: str) -> Response:
        return self._page(path, "errore.html", "Questa pagina non c'è", status=404)

    def _to(self, path: str, address: str) -> Response:
        """Send the browser to another page of the desk: addresses are relative, as the token is not known here."""
        return Response(303, location="../" * path.count("/") + address or "./")

    def _back(self, path: str) -> str:
        """Return the page of the file that a form was about, when it is still there."""
        first, _, rest = path.partition("/")
        id = rest.partition("/")[0]
        return f"dati/{id}" if first == "dati" and arrivals.find(id) is not None else ""

    def _say(self, kind: str, text: str, remedy: str) -> None:
        self._notices.append((kind, text, remedy))

    def _config(self) -> Config:
        return configuration()

    def _ats(self) -> str:
        ats = work.chosen().ats
        if not ats:
            raise _NoAts("Non è ancora stata scelta la ATS.", "Sceglierla qui sotto.")
        return ats

    def _outdated(self) -> bool:
        chosen = work.chosen()
        try:
            return work.outdated(configuration(None, chosen.date or None), root(), chosen.ats)
        except ConciliazioneError:
            return True  # what is wrong is told by the build

    def _documents(self, config: Config, ats: str) -> Path:
        return work.tree(config, root()) / "documenti" / ats


def _headed(rows: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    return rows[0], rows[1:]


def _assets() -> dict[str, tuple[bytes, str]]:
    """Return the files that pages are made with, by name: those of the site, and the desk's own."""
    found: dict[str, tuple[bytes, str]] = {}
    for package in ("conciliazione_lib.publish", "conciliazione_lib.desk"):
        with resources.as_file(resources.files(package) / "static") as folder:
            for path in folder.rglob("*"):
                if path.is_file():
                    found[path.relative_to(folder).as_posix()] = (path.read_bytes(), server.file(path).kind)
    icon = resources.files("conciliazione_lib.publish").joinpath("templates/icona.svg").read_text(encoding="utf-8")
    drawn = jinja2.Environment(autoescape=True).from_string(icon).render(colori=colours.web())
    found["icona.svg"] = (drawn.encode(), "image/svg+xml")
    found["colori.css"] = (colours.css().encode(), "text/css; charset=utf-8")
    return found


def _updates() -> Path:
    folder = life.folder() / "documenti"
    folder.mkdir(exist_ok=True)
    return folder


def _brought() -> list[Path]:
    """Return the documents brought up to date, the last first."""
    found = [path for path in _updates().iterdir() if re.fullmatch(r"[0-9a-f]{28}", path.name)]
    return sorted((path for path in found if (path / OUTCOME).is_file()), reverse=True)[:KEPT]


def _show(folder: Path) -> None:
    """Show a folder with the program of the system."""
    if not folder.is_dir():
        raise DatiError(f"La cartella «{folder}» non c'è ancora.", "Generare prima i documenti.")
    if os.name == "nt":
        os.startfile(folder)  # type: ignore[attr-defined,unused-ignore]
    else:
        subprocess.Popen(
            ["open" if sys.platform == "darwin" else "xdg-open", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


def _kept(error: Exception) -> str:
    """Keep the details of an unexpected error, and say where."""
    import traceback

    path = life.folder() / f"errore-{time.strftime('%Y%m%d-%H%M%S')}.log"
    path.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    return f"Segnalarlo allegando il file {path}"
