"""Who may call a path. Every route names its guard; the register of all routes is what the tests walk.

Staff(role, …)  a signed-in person with one of these roles (any role when none is named)
Station(kind)   a request signed by an enrolled station (kiosk, counter, or any)
Kiosk           a station in production; in the demo and in tests anyone on this machine
Public          anyone; shows numbers only
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from fastapi import APIRouter, Depends, Request

from server.auth import queries as auth
from server.auth.models import StaffSession
from server.db.context import Context
from server.kit.clock import now
from server.web.csrf import check_origin, check_token
from server.web.problems import Problem
from server.web.services import cookie_name, services
from server.web.signatures import signed_station

# The id of what draws a page's part anew; it says nothing about anybody being there.
REFRESH = "refresh"

Handler = TypeVar("Handler", bound=Callable[..., Any])


@dataclass(frozen=True)
class Guarded:
    """One route and its guard, as declared."""

    method: str
    path: str
    guard: str


REGISTER: list[Guarded] = []


class Guard:
    """Base of all guards: `admit` returns who acts, or raises Problem."""

    name = "guard"

    def admit(self, request: Request) -> Context:
        """Who acts in this request. Raises Problem for whoever may not."""
        raise NotImplementedError

    def __call__(self, request: Request) -> Context:
        if request.method not in ("GET", "HEAD"):
            check_origin(request)
        ctx = self.admit(request)
        request.state.ctx = ctx
        return ctx


class Public(Guard):
    """Anyone."""

    name = "public"

    def admit(self, request: Request) -> Context:
        station = signed_station(request)
        settings = services(request).settings
        return Context(
            settings.tenant,
            settings.site,
            actor="resident",
            role="resident",
            station=station.name if station else None,
            desk=station.desk if station else None,
        )


class Station(Public):
    """A station of this kind; any station when `kind` is empty.

    Whoever stands at it acts, unless the station speaks for itself (`itself`): then the journal says so.
    """

    def __init__(self, kind: str = "", *, itself: bool = False) -> None:
        self.kind = kind
        self.itself = itself
        self.name = f"station:{kind or 'any'}"

    def admit(self, request: Request) -> Context:
        ctx = super().admit(request)
        station = signed_station(request)
        if station is None or (self.kind and station.kind != self.kind):
            raise Problem(403, "station_only")
        return replace(ctx, actor="station", role="station") if self.itself else ctx


class Kiosk(Public):
    """A kiosk in production; anyone on this machine elsewhere, so that a ticket can be tried from a shell."""

    name = "kiosk"

    def admit(self, request: Request) -> Context:
        ctx = super().admit(request)
        if ctx.station is None and services(request).settings.env == "production":
            raise Problem(403, "station_only")
        return ctx


class Staff(Guard):
    """A signed-in person with one of `roles`."""

    def __init__(self, *roles: str) -> None:
        self.roles = roles
        self.name = f"staff:{','.join(roles) or 'any'}"

    def admit(self, request: Request) -> Context:
        held = services(request)
        token = request.cookies.get(cookie_name(request))
        if not token:
            raise SignInNeeded
        with held.db.read() as unit:
            member = auth.member(unit, held.settings.tenant, token)
        if member is None:
            raise SignInNeeded
        if self.roles and member.role not in self.roles:
            raise Problem(403, "forbidden")
        if member.needs_touch and not _asks_by_itself(request):
            with held.db.write() as unit:
                session = unit.get(StaffSession, member.session_id, lock=True)
                session.seen_at = now()
                unit.add(session)
        request.state.staff = member
        station = signed_station(request)
        return Context(
            held.settings.tenant,
            held.settings.site,
            actor=member.staff_id,
            role=member.role,
            station=station.name if station else None,
            desk=station.desk if station else None,
            department=member.department,
        )


def _asks_by_itself(request: Request) -> bool:
    """Whether an open page asks without anybody: for its stream, or for the part that has just changed."""
    streams = "text/event-stream" in request.headers.get("accept", "")
    return request.method == "GET" and (streams or request.headers.get("HX-Trigger") == REFRESH)


class SignInNeeded(Problem):
    """Nobody is signed in; pages lead to the sign-in page."""

    def __init__(self) -> None:
        super().__init__(401, "sign_in")


class GuardedRouter(APIRouter):
    """A router whose every route has a guard; the guard's Context is in request.state.ctx."""

    def __init__(self, *, guard: Guard | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._guard = guard

    def guarded(
        self, method: str, path: str, guard: Guard | None = None, **kwargs: Any
    ) -> Callable[[Handler], Handler]:
        """Register a route under `guard` (or the router's own)."""
        chosen = guard or self._guard
        if chosen is None:
            raise RuntimeError(f"{method} {path} names no guard")
        REGISTER.append(Guarded(method, self.prefix + path, chosen.name))
        kwargs.setdefault("include_in_schema", self.prefix.startswith("/api"))
        return self.api_route(
            path, methods=[method], dependencies=[Depends(chosen), Depends(check_token)], **kwargs
        )

    def page(self, path: str, guard: Guard | None = None, **kwargs: Any) -> Callable[[Handler], Handler]:
        """Register a GET."""
        return self.guarded("GET", path, guard, response_model=None, **kwargs)

    def action(self, path: str, guard: Guard | None = None, **kwargs: Any) -> Callable[[Handler], Handler]:
        """Register a POST."""
        return self.guarded("POST", path, guard, response_model=None, **kwargs)


def ctx_of(request: Request) -> Context:
    """Who acts in this request, as its guard said."""
    found: Context = request.state.ctx
    return found
