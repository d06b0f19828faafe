"""The application: mounts only."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from counter import signing_in
from counter.routes import router as counter
from kiosk.routes import router as kiosk
from server.bootstrap import build
from server.devdock.routes import router as devdock
from server.settings import Settings
from server.stations.keys import router as station_keys
from server.stations.routes import router as stations
from server.web import problems
from server.web.api import router as api
from server.web.health import router as health
from server.web.listening import Listener
from server.web.middleware import Edge
from server.web.services import Services
from server.web.templating import STATIC
from server.worker import Worker


def create_app(settings: Settings | None = None) -> FastAPI:
    """The ASGI application, wired from `settings` or from the environment.

    What is loaded by then (code, rules, templates) stays for good. The garbage collector need not look
    through it: it takes 30 ms each time, in the middle of somebody's request.
    """
    app = mount(build(settings or Settings()))
    gc.collect()
    gc.freeze()
    return app


def mount(services: Services) -> FastAPI:
    """The application over services that were wired elsewhere (tests)."""
    production = services.settings.env == "production"
    app = FastAPI(
        title="Kakanai",
        docs_url=None,
        redoc_url=None,
        openapi_url=None if production else "/api/v1/openapi.json",
        lifespan=_lifespan,
    )
    app.state.services = services
    problems.install(app)
    signing_in.install(app)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    for router in (health, api, stations, station_keys, kiosk, counter):
        app.include_router(router)
    if not production:
        app.include_router(devdock)
    app.add_middleware(Edge)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    services: Services = app.state.services
    services.hub.start(asyncio.get_running_loop())
    helper: Worker | Listener
    if services.settings.on_sqlite:
        helper = Worker(services)
    else:
        helper = Listener(services.settings.url, services.hub)
    helper.start()
    yield
    services.hub.stop()
    helper.stop()
