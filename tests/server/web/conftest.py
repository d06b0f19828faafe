"""The application over a filled office, and browsers in front of it."""

from collections.abc import Callable

import pytest
from fastapi import FastAPI

from server.app import mount
from server.auth import service as auth
from server.auth.service import SignedIn
from server.kit import clock
from server.web.services import COOKIE, Services
from station.signing import Signer
from tests.factories.people import SYSTEM
from tests.factories.visits import Visit
from tests.support_asgi import Browser
from tests.support_databases import Stations

Opener = Callable[..., Browser]


_built: list[FastAPI] = []


@pytest.fixture
def app(services: Services) -> FastAPI:
    """The whole application; nothing of it runs by itself.

    Its routes are the same over all services and take as long to build as a test takes: they are built once.
    """
    if not _built:
        _built.append(mount(services))
    (application,) = _built
    application.state.services = services
    return application


@pytest.fixture
def browser(app: FastAPI) -> Browser:
    """Anybody's browser, on this machine."""
    return Browser(app)


@pytest.fixture
def at_station(app: FastAPI, stations: Stations) -> Callable[[str], Browser]:
    """A browser behind the gateway of a station."""

    def open_at(name: str) -> Browser:
        return Browser(app, signer=signer(stations, name))

    return open_at


@pytest.fixture
def signed_in(app: FastAPI, services: Services, stations: Stations) -> Opener:
    """A member of staff's browser; `station` puts it behind that station's gateway."""

    def open_as(login: str, station: str | None = None) -> Browser:
        found = Browser(app, signer=signer(stations, station) if station else None)
        outcome = session(services, login)
        found.cookies[COOKIE] = outcome.token
        found.csrf = outcome.csrf
        return found

    return open_as


def session(services: Services, login: str) -> SignedIn:
    """A session of this member of staff."""
    with services.db.write() as unit:
        outcome = auth.sign_in(unit, SYSTEM, login, True)
    assert isinstance(outcome, SignedIn)
    return outcome


def signer(stations: Stations, name: str) -> Signer:
    """Signs as the gateway of this station does."""
    return Signer(name, stations.keys[name], lambda: int(clock.now().timestamp() * 1000))


@pytest.fixture
def counter(at_station: Callable[[str], Browser]) -> Browser:
    """The station of desk 1."""
    return at_station("counter-1")


@pytest.fixture
def visit(services: Services) -> Visit:
    """A visit at desk 1 without a card so far, its person identified."""
    visit = Visit.opened(services, None)
    visit.identify()
    return visit
