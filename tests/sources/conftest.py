"""A loopback server, a clock that does not wait, and an empty folder of local data."""

import pytest
from sources.server import Server

from conciliazione_lib.sources import origins
from conciliazione_lib.sources.http import Client
from conciliazione_lib.sources.pace import Pace
from conciliazione_lib.sources.raw import RawStore

#: 15 March 2026, in the morning.
NOW = 1_773_565_200.0


class Clock:
    """A time that passes only when someone sleeps."""

    def __init__(self):
        self.now = NOW
        self.slept = []

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def server(clock):
    with Server(clock) as running:
        yield running


@pytest.fixture
def local(tmp_path, monkeypatch):
    monkeypatch.setenv("CONCILIAZIONE_DATI", str(tmp_path / "dati così"))
    return tmp_path / "dati così"


@pytest.fixture
def told():
    return []


@pytest.fixture
def client(local, clock, told):
    ready = Client(
        Pace(local / "ritmo.json", clock, clock.sleep),
        RawStore(local / "grezzi"),
        told.append,
        clock,
        clock.sleep,
        lambda: 0.5,
        (1.0, 0.15),
    )
    ready.session.trust_env = False  # whatever proxy the machine has
    return ready


@pytest.fixture
def declared(server):
    """The declarations, with every address on the loopback server."""
    names = ("esploradati", "sdmx", "demo", "lombardia")
    return origins.load({name: f"{server.url}/{name}" for name in names})
