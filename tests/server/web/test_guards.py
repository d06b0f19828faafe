"""Every route, called by somebody who may not, does exactly what its guard says."""

from collections.abc import Callable

import pytest
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse

from server.app import mount
from server.auth.models import ROLES
from server.settings import Settings
from server.web.guards import REGISTER, GuardedRouter
from server.web.services import Services
from tests.server.web.conftest import Opener
from tests.server.web.routes import Found, walk
from tests.support_asgi import Answer, Browser

# What stands outside the register on purpose: files for everybody, and the API's own description in the demo.
UNGUARDED = {("MOUNT", "/static"), ("GET", "/api/v1/openapi.json"), ("HEAD", "/api/v1/openapi.json")}
LOGINS = {"clerk": "clerk1", "supervisor": "supervisor1", "department": "kokuho1", "administrator": "admin1"}
# What an admitted caller may meet: the thing is not there, or the form was empty. Never a closed door.
ADMITTED = {200, 204, 303, 400, 404, 409, 410, 422, 502}


def act(browser: Browser, route: Found, **headers: str) -> Answer:
    """Call a route with nothing useful in it, as a page of ours would; header names have _ for -."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if route.method == "GET":
        return browser.get(route.target(), named)
    if route.method == "POST":
        return browser.post(route.target(), key="key-of-this-test", headers=named)
    named |= {"sec-fetch-site": "same-origin", "content-type": "application/json"}
    return browser.send(route.method, route.target(), b"{}", named)


def guarded(app: FastAPI, kind: str) -> list[Found]:
    found = [route for route in walk(app) if route.guard is not None and route.guard.startswith(kind)]
    assert found
    return found


def test_the_walk_finds_what_there_is(app: FastAPI) -> None:
    """`app.routes` holds seven entries in this FastAPI, whatever was included: a test that walks them finds
    nothing and passes."""
    found = walk(app)
    assert len(found) > 70
    assert {"/healthz", "/kiosk/", "/counter/", "/backoffice/", "/second/panel", "/devdock/"} <= {
        route.path for route in found
    }
    assert not [route for route in found if route.method == "?"]


def test_nothing_is_reachable_past_a_guard(app: FastAPI) -> None:
    open_ones = {(route.method, route.path) for route in walk(app) if route.guard is None}
    assert open_ones == UNGUARDED


def test_the_register_is_the_application(app: FastAPI) -> None:
    """Other tests and the threat model walk the register."""
    walked = sorted((route.method, route.path, route.guard) for route in walk(app) if route.guard)
    assert walked == sorted((one.method, one.path, one.guard) for one in REGISTER)


def test_a_route_without_a_guard_is_found(services: Services) -> None:
    """The walk would be worth nothing if a route added past the guarded router went unseen."""
    app = mount(services)

    @app.get("/slipped-in")
    def slipped_in() -> PlainTextResponse:
        return PlainTextResponse("")

    inner = GuardedRouter()
    inner.add_api_route("/slipped-in-deeper", slipped_in)
    outer = GuardedRouter()
    outer.include_router(inner)
    app.include_router(outer)
    unguarded = {route.path for route in walk(app) if route.guard is None}
    assert {"/slipped-in", "/slipped-in-deeper"} <= unguarded


def test_a_guarded_router_refuses_a_route_without_a_guard() -> None:
    with pytest.raises(RuntimeError, match="names no guard"):
        GuardedRouter().page("/x")


def test_public_routes_answer_anybody(app: FastAPI, browser: Browser) -> None:
    closed = [
        (route.method, route.path, answer.status)
        for route in guarded(app, "public")
        if (answer := act(browser, route)).status not in ADMITTED
        # Refusing the wrong password is what this one is for.
        and (route.method, route.path) != ("POST", "/counter/login")
    ]
    assert closed == []


def test_the_kiosk_can_be_tried_from_anywhere_on_this_machine(app: FastAPI, browser: Browser) -> None:
    assert [r.path for r in guarded(app, "kiosk") if act(browser, r).status not in ADMITTED] == []


def test_in_production_only_a_station_gives_out_tickets(
    services: Services, at_station: Callable[[str], Browser]
) -> None:
    held = Services(**{**vars(services), "settings": production(services.settings)})
    app = mount(held)
    for route in guarded(app, "kiosk"):
        refused = act(Browser(app), route)
        assert (refused.status, refused.header("x-problem")) == (403, "station_only"), route
        assert act(Browser(app, signer=at_station("kiosk-1").signer), route).status in ADMITTED, route
    paths = {route.path for route in walk(app)}
    assert not [path for path in paths if path.startswith("/devdock") or "openapi" in path]


def production(settings: Settings) -> Settings:
    return Settings(
        env="production",
        state_dir=settings.state_dir,
        database_url=settings.database_url,
        protection_declared="this release",
    )


def test_stations_routes_are_closed_without_a_signature(app: FastAPI, browser: Browser) -> None:
    for route in guarded(app, "station"):
        answer = act(browser, route)
        assert (answer.status, answer.header("x-problem")) == (403, "station_only"), route


def test_a_station_of_the_other_kind_is_refused(app: FastAPI, at_station: Callable[[str], Browser]) -> None:
    kiosk, counter = at_station("kiosk-1"), at_station("counter-1")
    for route in guarded(app, "station:counter"):
        assert act(kiosk, route).status == 403, route
        assert act(counter, route).status in ADMITTED, route


def test_a_station_is_not_a_member_of_staff(app: FastAPI, at_station: Callable[[str], Browser]) -> None:
    counter = at_station("counter-1")
    for route in guarded(app, "staff"):
        assert act(counter, route).header("x-problem") == "sign_in", route


def test_nobody_passes_a_staff_guard_without_signing_in(app: FastAPI, browser: Browser) -> None:
    """A page leads to the sign-in page; its parts, its events, its forms and the API say 401."""
    for route in guarded(app, "staff"):
        answer = act(browser, route)
        if route.method == "GET":
            assert (answer.status, answer.header("location")) == (303, "/counter/login"), route
            assert act(browser, route, accept="text/event-stream").status == 401, route
        else:
            assert answer.status == 401, route
        part = act(browser, route, hx_request="true")
        if not route.path.startswith("/api/"):
            assert (part.status, part.header("hx-redirect")) == (401, "/counter/login"), route
        assert answer.header("x-problem") == "sign_in"


def test_a_made_up_cookie_is_nobody(app: FastAPI, browser: Browser) -> None:
    browser.cookies["kakanai_session"] = "AAAAAAAAAAAAAAAAAAAAAA"
    for route in guarded(app, "staff"):
        assert act(browser, route).header("x-problem") == "sign_in", route


@pytest.mark.parametrize("role", ROLES)
def test_each_role_passes_where_the_guard_names_it_and_nowhere_else(
    app: FastAPI, signed_in: Opener, role: str
) -> None:
    browser = signed_in(LOGINS[role])
    for route in guarded(app, "staff"):
        answer = act(browser, route)
        if route.path == "/counter/logout":
            browser = signed_in(LOGINS[role])
        named = (route.guard or "").removeprefix("staff:")
        if named == "any" or role in named.split(","):
            assert answer.status in ADMITTED, (route, answer.status)
        else:
            assert (answer.status, answer.header("x-problem")) == (403, "forbidden"), (route, answer.status)


def test_the_roles_that_the_plan_names_are_kept_apart(app: FastAPI) -> None:
    """The matrix in words, so that a guard loosened by mistake is a failing line and not a changed list."""
    by_path = {(route.method, route.path): route.guard for route in walk(app)}
    assert by_path["POST", "/counter/receptions/{reception_id}/release"] == "staff:supervisor"
    assert by_path["POST", "/counter/receptions/{reception_id}/accept"] == "staff:clerk,supervisor"
    for (_, path), guard in by_path.items():
        if path.startswith("/counter/receptions"):
            assert guard in ("staff:clerk,supervisor", "staff:supervisor"), path
        if path.startswith("/api/v1/stations"):
            assert guard == "station:any", path
        if path.startswith("/backoffice"):
            assert guard == "staff:department,supervisor,clerk", path
