"""What the application offers, found by walking it rather than by asking the register that is under test."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Mount, Route

from server.web.guards import Guard

# Values for the places in a path; nothing of that name exists.
NOWHERE = {
    "reception_id": "0190aaaa-0000-7000-8000-000000000001",
    "ticket_id": "0190aaaa-0000-7000-8000-000000000002",
    "item_id": "0190aaaa-0000-7000-8000-000000000003",
    "submission_id": "0190aaaa-0000-7000-8000-000000000004",
    "read_id": "0190aaaa-0000-7000-8000-000000000006",
    "job_id": "0190aaaa-0000-7000-8000-000000000005",
    "procedure_id": "R007",
    "version_id": "0190aaaa-0000-7000-8000-000000000006",
    "fact": "dog",
    "token": "AAAAAAAAAAAAAAAAAAAAAA",
    "hall": "main",
    "desk": "1",
    "name": "nobody",
    "print_id": "none",
    "slip_id": "0190aaaa-0000-7000-8000-000000000007",
    "form": "png",
}


@dataclass(frozen=True)
class Found:
    """One method of one path, and the guard that stands in front of it (None: no guard at all)."""

    method: str
    path: str
    guard: str | None

    def target(self, **given: str) -> str:
        """The path with its places filled."""
        return re.sub(r"\{(\w+)\}", lambda place: (NOWHERE | given)[place[1]], self.path)


def walk(app: FastAPI) -> list[Found]:
    """Every route, in whatever depth of included routers it lies."""
    return list(_walk(app.router.routes, ""))


def _walk(routes: Any, prefix: str) -> Iterator[Found]:
    for route in routes:
        if isinstance(route, APIRoute):
            guards = [one.dependency for one in route.dependencies if isinstance(one.dependency, Guard)]
            for method in sorted(route.methods or {"?"}):
                yield Found(method, prefix + route.path, guards[0].name if len(guards) == 1 else None)
        elif isinstance(route, Mount):
            yield Found("MOUNT", prefix + route.path, None)
        elif isinstance(route, Route):
            for method in sorted(route.methods or {"?"}):
                yield Found(method, prefix + route.path, None)
        elif hasattr(route, "original_router"):
            # How this FastAPI keeps what was included; `app.routes` does not show what is inside.
            inside = prefix + (getattr(route.include_context, "prefix", "") or "")
            yield from _walk(route.original_router.routes, inside)
        else:
            yield Found("?", f"{prefix}{type(route).__name__}", None)
