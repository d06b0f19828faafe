"""The core over HTTP (exchange level L3): one request per question, strict replies, honest failures.

Reads have 3 seconds, so that no screen waits longer; a submission has 5, of which the first question is
whether the core answers at all. What fails before that is CoreUnavailable, because nothing was sent; what
fails after it is CoreOutcomeUnknown.
"""

from __future__ import annotations

import json
import ssl
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import httpx

from core_adapter.budget import BudgetTransport, Circuit, Interrupted, NotSent, Unfit
from core_adapter.mapping import (
    Codes,
    Wire,
    household_from_wire,
    load_codes,
    notification_to_wire,
    pick,
    resident_from_wire,
    strictly,
)
from core_adapter.matching import rank
from core_adapter.models import (
    FeedEvent,
    FeedPage,
    Household,
    Notification,
    Receipt,
    ResidentMatch,
    ResidentQuery,
    Town,
)
from core_adapter.ports import (
    CoreError,
    CoreHealth,
    CoreMalformed,
    CoreOutcomeUnknown,
    CoreRefused,
    CoreUnavailable,
)

DEEPEST = 20
"""Levels of nesting in a reply."""

T = TypeVar("T")


class RestCoreAdapter:
    """A CoreAdapter for a core that speaks as the sandbox core does. Safe to call from several threads."""

    def __init__(
        self,
        address: str,
        *,
        codes: Codes | None = None,
        ca_file: Path | None = None,
        read_budget: float = 3.0,
        submit_budget: float = 5.0,
    ) -> None:
        """ca_file: the one authority trusted for https (PEM), else the public ones. Budgets: seconds."""
        context = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
        self._client = httpx.Client(
            base_url=address,
            transport=BudgetTransport(context),
            trust_env=False,
            follow_redirects=False,
            headers={"Accept": "application/json", "Accept-Encoding": "identity"},
        )
        self._codes = codes or load_codes("vendor")
        self._read_budget = read_budget
        self._submit_budget = submit_budget
        self._circuit = Circuit()

    def close(self) -> None:
        """Frees the connections. The adapter must not be used afterwards."""
        self._client.close()

    def search(self, query: ResidentQuery) -> list[ResidentMatch]:
        """See CoreAdapter. The words travel in the body; whom the core offers without reason is left out."""
        if query == ResidentQuery():
            return []
        request_id = uuid.uuid4().hex
        body = {**query.model_dump(mode="json"), "request_id": request_id}
        reply = self._read("POST", "/v1/residents/search", body)
        if reply.get("request_id") != request_id:
            raise CoreMalformed("wrong_request")
        found = _checked(lambda: [resident_from_wire(row, self._codes) for row in _rows(reply, "residents")])
        return rank(query, found)

    def household(self, household_id: str) -> Household | None:
        """See CoreAdapter."""
        reply = self._find(f"/v1/households/{quote(household_id, safe='')}")
        if reply is None:
            return None
        if reply.get("household_id") != household_id:
            raise CoreMalformed("wrong_household")
        return _checked(lambda: household_from_wire(reply, self._codes))

    def submit(self, notification: Notification) -> Receipt:
        """See CoreAdapter."""
        body = notification_to_wire(notification, self._codes)
        until = time.monotonic() + self._submit_budget
        probe = self._probe(min(2.0, self._submit_budget))
        if not probe.ok:
            raise CoreUnavailable(probe.code or "not_ready")
        path = f"/v1/notifications/{quote(notification.key, safe='')}"
        try:
            response = self._exchange("POST", path, until - time.monotonic(), body)
        except NotSent as error:
            raise CoreUnavailable(str(error)) from error
        except Interrupted as error:
            raise CoreOutcomeUnknown(str(error)) from error
        if response.status_code >= 500:
            # A gateway's 5xx does not say how far the core behind it had come.
            raise CoreOutcomeUnknown(f"http_{response.status_code}")
        return self._receipt(_reply(response), notification.key)

    def receipt(self, key: str) -> Receipt | None:
        """See CoreAdapter."""
        reply = self._find(f"/v1/notifications/{quote(key, safe='')}")
        return None if reply is None else self._receipt(reply, key)

    def events(self, after: int, limit: int = 100) -> FeedPage:
        """See CoreAdapter. A gap, a step back or a position of the core's own making is CoreMalformed."""
        reply = self._read("GET", f"/v1/events?after={after:d}&limit={limit:d}")
        page = _checked(
            lambda: strictly(
                FeedPage,
                {
                    "events": [self._event(row) for row in _rows(reply, "events")],
                    "next_after": reply.get("next_after"),
                    "as_of": reply.get("as_of"),
                },
            )
        )
        if [event.seq for event in page.events] != list(range(after + 1, after + 1 + len(page.events))):
            raise CoreMalformed("feed_gap")
        if page.next_after != after + len(page.events) or len(page.events) > limit:
            raise CoreMalformed("feed_position")
        return page

    def towns(self) -> list[Town]:
        """See CoreAdapter."""
        reply = self._read("GET", "/v1/towns")
        return _checked(lambda: [strictly(Town, pick(Town, row)) for row in _rows(reply, "towns")])

    def health(self) -> CoreHealth:
        """See CoreAdapter."""
        return self._probe(2.0)

    def _event(self, row: Wire) -> Wire:
        kind = self._codes.decode("event_kind", row.get("kind_code"))
        return pick(FeedEvent, {**row, "kind": kind})

    def _receipt(self, reply: Wire, key: str) -> Receipt:
        if reply.get("key") != key:
            raise CoreMalformed("wrong_key")
        return _checked(lambda: strictly(Receipt, pick(Receipt, reply)))

    def _probe(self, budget: float) -> CoreHealth:
        started = time.monotonic()
        try:
            response = self._exchange("GET", "/healthz", budget)
            if response.status_code != 200 or _reply(response).get("status") != "ok":
                return CoreHealth(ok=False, code=f"http_{response.status_code}")
        except (NotSent, Interrupted) as error:
            return CoreHealth(ok=False, code=str(error))
        except CoreError as error:
            return CoreHealth(ok=False, code=error.code)
        return CoreHealth(ok=True, latency_ms=(time.monotonic() - started) * 1000)

    def _find(self, path: str) -> Wire | None:
        """A read that may find nothing: the core's own 404 is None, anybody else's is not."""
        try:
            return self._ask("GET", path)
        except CoreRefused as error:
            if error.code == "not_found":
                return None
            raise CoreMalformed(error.code) from error

    def _read(self, method: str, path: str, body: Wire | None = None) -> Wire:
        """A read that always has an answer."""
        try:
            return self._ask(method, path, body)
        except CoreRefused as error:
            raise CoreMalformed(error.code) from error

    def _ask(self, method: str, path: str, body: Wire | None = None) -> Wire:
        if not self._circuit.allows():
            raise CoreUnavailable("circuit_open")
        timed_out = False
        try:
            response = self._exchange(method, path, self._read_budget, body)
        except (NotSent, Interrupted) as error:
            timed_out = str(error).endswith("timeout")
            raise CoreUnavailable(str(error)) from error
        finally:
            self._circuit.report(timed_out=timed_out)
        if response.status_code >= 500:
            raise CoreUnavailable(f"http_{response.status_code}")
        return _reply(response)

    def _exchange(self, method: str, path: str, budget: float, body: Wire | None = None) -> httpx.Response:
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        request = self._client.build_request(
            method,
            path,
            content=content,
            headers={"Content-Type": "application/json"} if content else None,
            extensions={"budget": max(0.0, budget)},
        )
        try:
            return self._client.send(request)
        except Unfit as error:
            raise CoreMalformed(str(error)) from error


def _checked(build: Callable[[], T]) -> T:
    """What build returns; its ValueError, whose text may quote the reply, becomes CoreMalformed("schema")."""
    try:
        return build()
    except (ValueError, TypeError, AttributeError):
        raise CoreMalformed("schema") from None


def _reply(response: httpx.Response) -> Wire:
    """The JSON object of a reply below 500. CoreRefused for a refusal, CoreMalformed for the rest."""
    status = response.status_code
    if status in (401, 403, 408, 425, 429):
        raise CoreUnavailable("unauthorised" if status in (401, 403) else f"http_{status}")
    if 300 <= status < 400:
        raise CoreMalformed("redirect")
    reply = _json(response)
    if status in (200, 201):
        return reply
    code, reason = reply.get("code"), reply.get("reason")
    if not (isinstance(code, str) and isinstance(reason, str) and code.isidentifier() and code.isascii()):
        raise CoreMalformed(f"http_{status}")
    raise CoreRefused(code[:60], reason[:400])


def _json(response: httpx.Response) -> Wire:
    if response.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise CoreMalformed("not_json")
    try:
        text = response.content.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise CoreMalformed("encoding") from None
    except ValueError:
        raise CoreMalformed("not_json") from None
    except RecursionError:
        raise CoreMalformed("too_deep") from None
    if not isinstance(value, dict):
        raise CoreMalformed("schema")
    level: list[Any] = [value]
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in _children(outer)]
        if not level:
            return value
    raise CoreMalformed("too_deep")


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _no_duplicates(pairs: list[tuple[str, Any]]) -> Wire:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _no_constant(_: str) -> float:
    raise ValueError("not a number")


def _rows(reply: Wire, name: str) -> list[Wire]:
    rows = reply.get(name)
    if not isinstance(rows, list) or len(rows) > 5000 or not all(isinstance(row, dict) for row in rows):
        raise ValueError(f"{name} is not a list of objects")
    return rows
