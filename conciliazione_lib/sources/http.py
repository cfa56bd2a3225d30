"""Asking a remote service, with manners and with patience, and never trusting what it sends.

One place decides how to ask: an honest name, the pace of :mod:`conciliazione_lib.sources.pace`, patience with services
that are busy, limits on time, size and redirects. What comes back is either whole, of the form expected and kept among
the raw answers, or an error that says in Italian what happened and what to do.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import requests
import urllib3

from conciliazione_lib import __version__
from conciliazione_lib.errors import EsecuzioneError
from conciliazione_lib.region import REGION
from conciliazione_lib.sources.pace import Pace
from conciliazione_lib.sources.raw import Answer, RawStore

USER_AGENT = f"conciliazione/{__version__} (analisi dei bisogni di conciliazione, ATS {REGION.di})"
ATTEMPTS = 4
POSTPONEMENTS = 5
#: Seconds to connect, and between two pieces of an answer: ISTAT takes minutes to begin a large one.
TEMPI = (10.0, 300.0)
#: Seconds for a whole answer, however many pieces it comes in.
DURATION = 1800.0
#: First wait after a failure; it doubles each time, and part of it is left to chance.
EXPECTED = 5.0
#: A longer wait than this is told to the user instead of being made.
MAXIMUM_EXPECTED = 300.0
MOST_BYTES = 400_000_000
#: For how long an answer already kept is used again, seconds: time enough to complete an interrupted refresh.
RECENT = 6 * 3600.0
PIECE = 1 << 16

PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


class RemoteError(EsecuzioneError):
    """A remote service did not give what was asked."""


class OfflineError(RemoteError):
    """There is no network: nobody can be asked."""


class NothingThere(RemoteError):
    """The service answers that it has nothing at that address (404).

    Attributes
    ----------
    said : str
        What the service says, when it says it in words.
    """

    said: str = ""


class EmptyAnswer(RemoteError):
    """The service says that all is well, and sends nothing."""


class WrongKind(RemoteError):
    """The service answers, but with something else: a web page, for instance."""


class _Passing(Exception):
    """A failure that may pass; `wait` is how long the service asked to wait, in seconds."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


@dataclass
class Client:
    """Asks remote services.

    Attributes
    ----------
    pace : Pace
        How often a host may be asked.
    raw : RawStore
        Where answers are kept.
    progress : callable
        Told, in Italian, what is going on.
    clock, sleep, chance : callable
        Time in seconds, how to wait, a number between 0 and 1: replaced in tests.
    timeouts : tuple of float
        Seconds to connect and to wait for a piece of an answer.
    session : requests.Session
        The connections.
    """

    pace: Pace
    raw: RawStore
    progress: Callable[[str], None] = lambda text: None
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random
    timeouts: tuple[float, float] = TEMPI
    session: requests.Session = field(default_factory=lambda: _session())

    @classmethod
    def local(cls, progress: Callable[[str], None] = lambda text: None) -> Client:
        """Return a client that shares pace and raw answers with every process on the same local data."""
        return cls(Pace.shared(), RawStore.local(), progress)

    def fetch(
        self,
        url: str,
        *,
        accept: str,
        kinds: tuple[str, ...],
        hosts: tuple[str, ...] = (),
        max_bytes: int = MOST_BYTES,
        resumable: bool = False,
        reuse: float = RECENT,
    ) -> Answer:
        """Return the whole answer of an address.

        Parameters
        ----------
        url : str
            Address.
        accept : str
            Media types asked for.
        kinds : tuple of str
            Beginnings of the media types that are accepted.
        hosts : tuple of str
            Other hosts that redirects may lead to.
        max_bytes : int
            Largest answer accepted, once uncompressed.
        resumable : bool
            The answer is a file that does not change: if the connection drops, ask only for the rest.
        reuse : float
            An answer not older than these seconds is used again without asking.

        Raises
        ------
        OfflineError
            When there is no network, at once.
        NothingThere
            When the service has nothing there.
        RemoteError
            When, after patience, there is no whole answer of the form expected.
        """
        kept = self.raw.recent(url, accept, since=self.clock() - reuse)
        if kept is not None:
            self.progress(f"Risposta già scaricata da {_host(url)}, ripresa.")
            return kept
        reason = ""
        for attempt in range(ATTEMPTS):
            if attempt:
                self.progress(f"{_host(url)}: {reason}; nuovo tentativo ({attempt + 1} di {ATTEMPTS}).")
            try:
                return self._attempt(url, accept, kinds, hosts, max_bytes, resumable)
            except _Passing as passing:
                reason = str(passing)
                if attempt + 1 < ATTEMPTS:
                    self._pause(url, attempt, passing.wait)
        raise RemoteError(
            f"{_host(url)} non ha dato una risposta utile dopo {ATTEMPTS} tentativi: {reason}.",
            "Riprovare più tardi: ciò che è già stato scaricato non si chiede di nuovo, e i dati di prima restano.",
        )

    def _pause(self, url: str, attempt: int, asked: float | None) -> None:
        wait = EXPECTED * 2**attempt * (0.5 + self.chance()) if asked is None else asked
        if asked is not None:
            self.pace.hold(_host(url), asked)
        if wait > MAXIMUM_EXPECTED:
            raise RemoteError(
                f"{_host(url)} chiede di aspettare {_minutes(wait)} prima di altre domande.",
                "Riprovare dopo quel tempo: fino ad allora il programma non lo interroga, e i dati di prima restano.",
            )
        self.sleep(wait)

    def _attempt(
        self, url: str, accept: str, kinds: tuple[str, ...], hosts: tuple[str, ...], max_bytes: int, resumable: bool
    ) -> Answer:
        partial = self.raw.partial(url + accept)
        mark = partial.with_suffix(".versione")
        headers = {"User-Agent": USER_AGENT, "Accept": accept}
        done = partial.stat().st_size if resumable and partial.exists() and mark.exists() else 0
        if resumable:
            headers["Accept-Encoding"] = "identity"
        if done:
            headers |= {"Range": f"bytes={done}-", "If-Range": mark.read_text(encoding="utf-8")}
        with closing(self._ask(url, headers, hosts)) as response:
            self._check_status(url, response)
            self._check_kind(url, response, kinds)
            goes_on = response.status_code == 206 and response.headers.get("Content-Range", "").startswith(
                f"bytes {done}-"
            )
            if response.status_code == 206 and not goes_on:
                partial.unlink(missing_ok=True)
                raise _Passing("il file è ripreso dal punto sbagliato")
            version = response.headers.get("ETag") or response.headers.get("Last-Modified")
            if resumable and version and not version.startswith("W/"):
                mark.write_text(version, encoding="utf-8")
            else:
                mark.unlink(missing_ok=True)
            self._receive(url, response, partial, append=goes_on, max_bytes=max_bytes)
            mark.unlink(missing_ok=True)
            if not partial.stat().st_size:
                partial.unlink()
                raise EmptyAnswer(
                    f"{_host(url)} ha risposto, ma senza dati (risposta vuota).",
                    "La domanda non è andata a buon fine, anche se il servizio dice di sì: i dati di prima restano.",
                )
            found = {name.lower(): value for name, value in response.headers.items()}
            return self.raw.keep(url, partial, found, accept=accept, when=self.clock())

    def _ask(self, url: str, headers: dict[str, str], hosts: tuple[str, ...]) -> requests.Response:
        """Ask, following redirects one by one, only to known hosts."""
        here = url
        for _ in range(POSTPONEMENTS):
            host = _host(here)
            held = self.pace.held(host)
            if held > MAXIMUM_EXPECTED:
                raise RemoteError(
                    f"{host} ha chiesto di non essere interrogato ancora per {_minutes(held)}.",
                    "Riprovare dopo quel tempo: i dati di prima restano.",
                )
            self.pace.wait(host, lambda s, h=host: self.progress(f"{h}: attesa di {s:.0f} secondi fra le domande."))  # type: ignore[misc]
            try:
                response = self.session.get(
                    here, headers=headers, stream=True, allow_redirects=False, timeout=self.timeouts
                )
            except requests.exceptions.SSLError as cause:
                raise RemoteError(
                    f"Il collegamento sicuro con {host} non è riuscito: {cause}.",
                    "Controllare data e ora del computer; in una rete aziendale, chiedere a chi la gestisce.",
                ) from cause
            except requests.exceptions.ProxyError as cause:
                raise OfflineError(
                    f"Il proxy della rete non lascia raggiungere {host}.",
                    "Chiedere a chi gestisce la rete. I dati già presenti bastano per generare i documenti.",
                ) from cause
            except requests.exceptions.Timeout as cause:
                raise _Passing("non risponde in tempo") from cause
            except requests.exceptions.ConnectionError as cause:
                if _offline(cause):
                    raise OfflineError(
                        f"Non c'è collegamento a Internet, o il nome {host} non si trova.",
                        "Collegarsi e riprovare. Senza rete si può comunque generare tutto con i dati già presenti.",
                    ) from cause
                raise _Passing("il collegamento è caduto") from cause
            except requests.exceptions.RequestException as cause:
                raise RemoteError(f"La domanda a {host} non si può fare: {cause}.", "Segnalarlo.") from cause
            if not response.is_redirect:
                return response
            there = urljoin(here, response.headers.get("Location", ""))
            response.close()
            if _host(there) not in {_host(url), *hosts} or (_secure(here) and not _secure(there)):
                raise RemoteError(
                    f"{host} rinvia a {_host(there) or there}, che non è fra gli indirizzi conosciuti della fonte.",
                    "Se la fonte ha cambiato indirizzo, segnalarlo: i dati di prima restano.",
                )
            here = there
        raise RemoteError(
            f"{_host(url)} rinvia da un indirizzo all'altro senza fine (oltre {POSTPONEMENTS} volte).",
            "Il servizio è mal configurato: riprovare più tardi. I dati di prima restano.",
        )

    def _check_status(self, url: str, response: requests.Response) -> None:
        code = response.status_code
        if code in (200, 206):
            return
        if code == 404:
            said = _words(response)
            nothing = NothingThere(
                f"{_host(url)} non ha dati a questo indirizzo: {url}" + (f" (dice: «{said}»)" if said else ""),
                "Forse non sono ancora pubblicati, o l'indirizzo è cambiato. I dati di prima restano.",
            )
            nothing.said = said
            raise nothing
        if code == 416:
            self.raw.partial(url + response.request.headers["Accept"]).unlink(missing_ok=True)
            raise _Passing("il file è cambiato durante lo scarico")
        if code in PASSING:
            wait = _retry_after(response.headers.get("Retry-After"), self.clock())
            if code == 429:
                # Without a time of its own, a minute and more: it is the unit of the limit.
                raise _Passing(
                    "troppe domande in poco tempo (429)", 60.0 * (1 + self.chance()) if wait is None else wait
                )
            raise _Passing(f"il servizio è in difficoltà ({code})", wait)
        raise RemoteError(
            f"{_host(url)} ha rifiutato la domanda (codice {code}): {url}",
            "Non è colpa dei dati presenti, che restano. Se continua, segnalarlo.",
        )

    def _check_kind(self, url: str, response: requests.Response, kinds: tuple[str, ...]) -> None:
        kind = response.headers.get("Content-Type", "").lower()
        if not kind.startswith(kinds):
            page = " (una pagina web)" if kind.startswith("text/html") else ""
            raise WrongKind(
                f"{_host(url)} ha risposto con «{kind or 'niente'}»{page} invece dei dati attesi.",
                "Può essere una pagina di errore o di accesso alla rete: aprire un sito qualunque nel browser, poi "
                "riprovare. I dati di prima restano.",
            )

    def _receive(self, url: str, response: requests.Response, partial: Path, *, append: bool, max_bytes: int) -> None:
        total = partial.stat().st_size if append else 0
        announced = response.headers.get("Content-Length", "")
        compressed = response.headers.get("Content-Encoding", "identity") != "identity"
        if announced.isdecimal() and total + int(announced) > max_bytes:
            raise _too_large(url, max_bytes)
        begun, told, received = self.clock(), total, 0
        with partial.open("ab" if append else "wb") as file:
            for piece in self._pieces(response):
                file.write(piece)
                received += len(piece)
                if total + received > max_bytes:
                    file.close()
                    partial.unlink()
                    raise _too_large(url, max_bytes)
                if self.clock() - begun > DURATION:
                    raise _Passing(f"la risposta dura oltre {_minutes(DURATION)}")
                if total + received - told >= 5_000_000:
                    told = total + received
                    self.progress(f"{_host(url)}: {told / 1e6:.0f} MB.")
        if announced.isdecimal() and not compressed and received < int(announced):
            raise _Passing("la risposta è arrivata tronca")

    def _pieces(self, response: requests.Response) -> Iterator[bytes]:
        try:
            yield from response.iter_content(PIECE)
        except (requests.exceptions.Timeout, urllib3.exceptions.ReadTimeoutError) as cause:
            raise _Passing("la risposta si è fermata a metà") from cause
        except requests.exceptions.ContentDecodingError as cause:
            raise _Passing("la risposta compressa è rovinata") from cause
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError) as cause:
            raise _Passing("il collegamento è caduto a metà della risposta") from cause


def _session() -> requests.Session:
    session = requests.Session()
    # No password of this machine (.netrc) ever goes to a service.
    session.auth = lambda request: request
    return session


def _words(response: requests.Response) -> str:
    """Return the first words of an answer that is plain text: services say there what is wrong."""
    if not response.headers.get("Content-Type", "").lower().startswith("text/plain"):
        return ""
    try:
        text = response.raw.read(500, decode_content=True).decode("utf-8", errors="replace")
    except (OSError, urllib3.exceptions.HTTPError):
        return ""
    return " ".join(text.split())[:160]


def _host(url: str) -> str:
    return urlsplit(url).netloc.lower()


def _secure(url: str) -> bool:
    return urlsplit(url).scheme == "https"


def _minutes(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} secondi"
    return f"{seconds / 60:.0f} minuti" if seconds < 7200 else f"{seconds / 3600:.0f} ore"


def _too_large(url: str, max_bytes: int) -> RemoteError:
    return RemoteError(
        f"La risposta di {_host(url)} supera i {max_bytes / 1e6:.0f} MB: non è quella attesa.",
        "La tabella di prima resta al suo posto. Se la fonte è cresciuta davvero, segnalarlo.",
    )


def _retry_after(value: str | None, now: float) -> float | None:
    """Return the seconds of a ``Retry-After``, which is a number of seconds or a date."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value)
    try:
        return max(parsedate_to_datetime(value).timestamp() - now, 0.0)
    except ValueError:
        return None


def _offline(error: BaseException) -> bool:
    """Tell whether a failed connection means that there is no network, rather than a service that is down."""
    seen: BaseException | object | None = error
    for _ in range(8):
        if isinstance(seen, urllib3.exceptions.NameResolutionError):
            return True
        if isinstance(seen, OSError) and seen.errno in (50, 51, 100, 101, 10050, 10051):
            return True  # network down or unreachable: macOS, Linux, Windows
        if not isinstance(seen, BaseException):
            return False
        following = getattr(seen, "reason", None) or seen.__cause__ or seen.__context__
        seen = following if following is not None else (seen.args[0] if seen.args else None)
    return False
