"""HTTP on 127.0.0.1 for one browser: whoever asks must know the token, and a page of another site asks in vain.

The token is the first part of every address, so that there is no cookie: cookies of 127.0.0.1 go to every port of it,
those of other users of the machine included. Host is checked (a name that another site has made to resolve here is
refused), and so is Origin of what changes something. No folder is ever listed, no path comes from who asks.
"""

from __future__ import annotations

import html
import json
import mimetypes
import os
import re
import secrets
import shutil
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from conciliazione_lib.errors import ConciliazioneError

#: What may be sent: a little more than the largest file that is read.
MAX_BODY = 210_000_000
#: Seconds without a byte after which a connection is closed.
PATIENCE = 60
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = MappingProxyType(
    {
        "Content-Security-Policy": CSP,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        # Addresses hold the token: they are told to nobody else, but Origin must come with what is sent here.
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
)
#: Types that do not depend on the registry of the system.
_TYPES = MappingProxyType(
    {
        ".css": "text/css; charset=utf-8",
        ".csv": "text/csv; charset=utf-8",
        ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ".html": "text/html; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".json": "application/json",
        ".pdf": "application/pdf",
        ".svg": "image/svg+xml",
        ".woff2": "font/woff2",
        ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    }
)


@dataclass(frozen=True)
class Upload:
    """A file sent with a form: the name that its owner gave it, and what it holds."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Request:
    """What was asked.

    Attributes
    ----------
    method : str
        ``GET`` or ``POST``.
    path : str
        Address after the token, decoded, without its first bar.
    form : mapping
        Fields of the address, or of the form sent, each with all its values.
    files : mapping
        Files sent with the form.
    """

    method: str
    path: str
    form: Mapping[str, list[str]] = field(default_factory=dict)
    files: Mapping[str, Upload] = field(default_factory=dict)

    def one(self, name: str, default: str = "") -> str:
        """Return the value of a field, without the spaces around it."""
        return self.form.get(name, [default])[-1].strip()


@dataclass(frozen=True)
class Response:
    """What is answered: a text, some bytes or a file."""

    status: int = 200
    body: bytes | Path = b""
    kind: str = "text/html; charset=utf-8"
    #: The name under which the browser is to keep it.
    save_as: str = ""
    #: Whether the browser may keep it: the same for as long as the desk is open.
    lasting: bool = False
    location: str = ""


def page(text: str, status: int = 200) -> Response:
    """Answer with a page."""
    return Response(status, text.encode())


def data(value: object) -> Response:
    """Answer with plain data."""
    return Response(body=json.dumps(value, ensure_ascii=False).encode(), kind="application/json")


def file(path: Path, *, save_as: str = "") -> Response:
    """Answer with a file."""
    kind = _TYPES.get(path.suffix.lower()) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Response(body=path, kind=kind, save_as=save_as)


def inside(root: Path, path: str) -> Path | None:
    """Return the file that an address means under a folder; None when there is none, or it is somewhere else.

    Hidden files, names of devices and everything that leads out of the folder, links included, are nowhere.
    """
    parts = path.split("/")
    if any(not part or part.startswith(".") or re.search(r'[\\:\x00-\x1f*?"<>|]', part) for part in parts):
        return None
    try:
        found = root.joinpath(*parts).resolve()
        return found if found.is_relative_to(root.resolve()) and found.is_file() else None
    except (OSError, ValueError):
        return None


class Desk(ThreadingHTTPServer):
    """The server of a desk.

    Parameters
    ----------
    answer : callable
        Answers what was asked by who may ask.
    port : int
        The port; any free one by default.

    Attributes
    ----------
    token : str
        What one must know to ask.
    heard : callable
        Told of each request of who may ask.
    """

    # On Windows this option would let another program answer on the same port.
    allow_reuse_address = os.name != "nt"
    daemon_threads = True

    def __init__(self, answer: Callable[[Request], Response], port: int = 0) -> None:
        self.token = secrets.token_urlsafe(32)
        self.answer = answer
        self.heard: Callable[[], None] = lambda: None
        self._answering: set[threading.Thread] = set()
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def host(self) -> str:
        """How this server is called, and in no other way."""
        return f"127.0.0.1:{self.server_address[1]}"

    @property
    def address(self) -> str:
        """Address of the first page."""
        return f"http://{self.host}/{self.token}/"

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer, and remember that an answer is under way."""
        self._answering.add(current := threading.current_thread())
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._answering.discard(current)

    def server_close(self) -> None:
        """Close after the answers under way: a connection that asks nothing is not waited for long."""
        super().server_close()
        for thread in list(self._answering):
            thread.join(1)

    def start(self) -> threading.Thread:
        """Serve in a thread of its own."""
        thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        thread.start()
        return thread

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a browser that goes away in the middle of an answer is not an error."""


class _Refused(Exception):
    """What was asked is not to be done; the reader is told why, and nothing else."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "scrivania"
    sys_version = ""
    timeout = PATIENCE
    server: Desk

    def do_GET(self) -> None:
        self._do("GET")

    def do_POST(self) -> None:
        self._do("POST")

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _do(self, method: str) -> None:
        try:
            request = self._asked(method)
            self.server.heard()
            response = self.server.answer(request)
        except _Refused as refused:
            self.close_connection = True  # what was sent was not read
            text = f'<!doctype html><html lang="it"><meta charset="utf-8"><title>Scrivania</title><p>{refused}</p>'
            response = page(text, refused.status)
        try:
            self._send(response)
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def _asked(self, method: str) -> Request:
        """Return what was asked, by who may ask it."""
        if self.headers.get_all("Host", []) != [self.server.host]:
            raise _Refused(421, "Questa pagina si apre soltanto dal computer su cui è la scrivania.")
        url = urlsplit(self.path)
        token, _, path = url.path.removeprefix("/").partition("/")
        if not secrets.compare_digest(token.encode(), self.server.token.encode()):
            raise _Refused(403, "Questa pagina è di una scrivania chiusa. Per riaprirla: doppio clic su Avvia.")
        if method == "GET":
            return Request(method, unquote(path), _fields(url.query))
        own = f"http://{self.server.host}"
        if self.headers.get_all("Origin", []) != [own] or self.headers.get("Sec-Fetch-Site", "same-origin") != (
            "same-origin"
        ):
            raise _Refused(403, "La richiesta viene da un'altra pagina, e non è stata eseguita.")
        form, files = self._sent()
        return Request(method, unquote(path), form, files)

    def _sent(self) -> tuple[dict[str, list[str]], dict[str, Upload]]:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or "Transfer-Encoding" in self.headers:
            raise _Refused(411, "Non è detto quanto è lungo ciò che è stato mandato.")
        if int(length) > MAX_BODY:
            raise _Refused(413, f"Il file è troppo grande: al più {MAX_BODY // 1_000_000} MB.")
        body = self.rfile.read(int(length))
        if len(body) != int(length):
            raise _Refused(400, "La richiesta è arrivata a metà.")
        kind = self.headers.get("Content-Type", "")
        if kind.startswith("multipart/form-data"):
            return _multipart(body, kind)
        return _fields(body.decode("utf-8", "replace")), {}

    def _send(self, response: Response) -> None:
        body, size = response.body, 0
        stream = None
        if isinstance(body, Path):
            try:
                stream = body.open("rb")
                size = os.fstat(stream.fileno()).st_size
            except OSError:
                response, body = page("<!doctype html><title>Manca</title><p>Il file non c'è più.</p>", 404), b""
        if stream is None:
            body = response.body if isinstance(response.body, bytes) else b""
            size = len(body)
        self.send_response(response.status)
        headers = dict(_HEADERS)
        if response.lasting:
            headers["Cache-Control"] = "private, max-age=86400"
        if response.kind == _TYPES[".pdf"]:
            headers["Content-Security-Policy"] = "frame-ancestors 'none'"  # browsers show a PDF with a page of theirs
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", response.kind)
        self.send_header("Content-Length", str(size))
        if response.location:
            self.send_header("Location", response.location)
        if response.save_as:
            self.send_header("Content-Disposition", f"attachment; filename*=UTF-8''{quote(response.save_as)}")
        self.end_headers()
        if stream is not None:
            with stream:
                shutil.copyfileobj(stream, self.wfile)
        elif isinstance(body, bytes):
            self.wfile.write(body)


def _fields(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in parse_qsl(text, keep_blank_values=True, max_num_fields=20_000):
        found.setdefault(name, []).append(value)
    return found


def _multipart(body: bytes, kind: str) -> tuple[dict[str, list[str]], dict[str, Upload]]:
    """Return fields and files of a form sent in parts, each between two lines with the boundary."""
    boundary = re.search(r'boundary="?([^";\s]+)', kind)
    if boundary is None:
        raise _Refused(400, "Il modulo non si può leggere.")
    form: dict[str, list[str]] = {}
    files: dict[str, Upload] = {}
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary[1].encode("latin-1"))[1:]:
        head, found, content = part.partition(b"\r\n\r\n")
        said = head.decode("utf-8", "replace")
        name = re.search(r'[;\s]name="([^"]*)"', said)
        if not found or name is None:
            continue  # what is after the last boundary
        filename = re.search(r'[;\s]filename="([^"]*)"', said)
        if filename is None:
            form.setdefault(html.unescape(name[1]), []).append(content.decode("utf-8", "replace"))
        elif filename[1]:
            # Browsers write %22 for a quote; the name is only shown, and the last part of it only.
            plain = filename[1].replace("%22", "'").replace("\\", "/").rpartition("/")[2]
            files[name[1]] = Upload(plain, content)
    return form, files


def told(error: Exception) -> str:
    """Return what to tell of an error: ours in its own words, any other without its insides."""
    if isinstance(error, ConciliazioneError):
        return error.messaggio
    return f"Errore imprevisto nel programma ({type(error).__name__})."
