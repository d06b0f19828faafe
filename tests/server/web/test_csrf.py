"""Writes that another site's page sends with our people's cookies."""

from collections.abc import Callable

import pytest
from fastapi import FastAPI

from server.web.services import Services
from tests.server.web.conftest import Opener
from tests.server.web.routes import Found, walk
from tests.server.web.test_guards import production
from tests.support_asgi import FORM, Browser

JSON = {"content-type": "application/json"}


def writes(app: FastAPI, kind: str = "") -> list[Found]:
    found = [route for route in walk(app) if route.guard and route.method not in ("GET", "HEAD", "MOUNT")]
    found = [route for route in found if (route.guard or "").startswith(kind)]
    assert len(found) > 5
    return found


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1.evil.example"},
        {"origin": "https://evil.example", "kakanai-origin": "https://evil.example"},
        {"origin": "http://testserver.evil.example", "sec-fetch-site": "same-origin"},
    ],
)
def test_every_write_refuses_another_site(app: FastAPI, signed_in: Opener, headers: dict[str, str]) -> None:
    """Signed in as the one who may do most, with the right token: the origin alone must stop it."""
    browser = signed_in("supervisor1")
    for route in writes(app):
        given = headers | {"x-csrf-token": browser.csrf, "idempotency-key": "k", "content-type": FORM}
        answer = browser.send(route.method, route.target(), b"", given)
        assert (answer.status, answer.header("x-problem")) == (403, "cross_site"), route


def test_every_write_of_staff_needs_the_sessions_token(app: FastAPI, signed_in: Opener) -> None:
    browser = signed_in("supervisor1")
    other = signed_in("clerk1").csrf
    attempts: list[tuple[bytes, dict[str, str]]] = [
        (b"", {"content-type": FORM}),
        (b"csrf_token=", {"content-type": FORM}),
        (f"csrf_token={other}".encode(), {"content-type": FORM}),
        (b"", {"x-csrf-token": "wrong", "content-type": FORM}),
        (b"csrf_token=x", {"content-type": "text/plain"}),
        (b"{}", JSON),
        (b"", {}),
        # A key alone is no proof once a browser says where it stands.
        (b"{}", {**JSON, "idempotency-key": "k", "origin": "http://testserver"}),
    ]
    for route in writes(app, "staff"):
        if route.guard == "staff:department,supervisor,clerk" or "supervisor" in (route.guard or ""):
            for body, headers in attempts:
                answer = browser.send(
                    route.method, route.target(), body, headers | {"sec-fetch-site": "same-origin"}
                )
                assert (answer.status, answer.header("x-problem")) == (403, "cross_site"), (route, headers)


def test_our_own_pages_pass(app: FastAPI, signed_in: Opener) -> None:
    browser = signed_in("clerk1")
    for headers in (
        {"sec-fetch-site": "same-origin", "origin": "http://testserver"},
        {"origin": "http://testserver"},
        # The station's gateway, as the demo's browsers see it.
        {"origin": "http://127.0.0.1:8111", "sec-fetch-site": "same-origin"},
    ):
        key = f"k-{len(headers)}-{headers['origin']}"
        assert browser.post("/counter/day/open", key=key, headers=headers).status == 303


def test_a_program_without_a_browser_shows_a_key_instead_of_a_token(signed_in: Opener) -> None:
    browser = signed_in("clerk1")
    answer = browser.send("POST", "/api/v1/desks/1/call-next", b"", {"idempotency-key": "k1"})
    assert (answer.status, answer.json()["code"]) == (409, "nobody_waits")
    assert browser.send("POST", "/api/v1/desks/1/call-next", b"", {}).json()["code"] == "cross_site"


def test_a_gateways_address_counts_only_when_the_station_signed(
    services: Services, at_station: Callable[[str], Browser]
) -> None:
    """In production a loopback origin is nobody's: only a signed request may bring its gateway's along."""
    from server.app import mount

    app = mount(Services(**{**vars(services), "settings": production(services.settings)}))
    headers = {
        "origin": "http://127.0.0.1:8101",
        "kakanai-origin": "http://127.0.0.1:8101",
        "sec-fetch-site": "same-origin",
        "content-type": FORM,
    }
    body = b"service_class=move&idempotency_key=k1"
    refused = Browser(app).send("POST", "/kiosk/tickets", body, headers)
    assert refused.header("x-problem") == "cross_site"
    signed = Browser(app, signer=at_station("kiosk-1").signer)
    assert signed.send("POST", "/kiosk/tickets", body, headers).status == 303
    elsewhere = headers | {"origin": "http://127.0.0.1:9999"}
    assert signed.send("POST", "/kiosk/tickets", body, elsewhere).header("x-problem") == "cross_site"
