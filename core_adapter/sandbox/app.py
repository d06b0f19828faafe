"""The invented core's HTTP face: what a core residence system would offer a counter, and a development desk.

Answers are UTF-8 JSON; a refusal is {"code", "reason"} with the reason in Japanese. `/v1` is the core,
`/dev` switches faults and hurries registration. Personal data in a query string ends up in logs, so the
counter searches by POST; GET /v1/residents is for people who try the sandbox by hand.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.concurrency import run_in_threadpool

from core_adapter.mapping import load_codes, notification_from_wire, resident_to_wire
from core_adapter.matching import rank
from core_adapter.models import Resident, ResidentQuery, Sex
from core_adapter.sandbox.faults import Control, Faults
from core_adapter.sandbox.modes import Mode
from core_adapter.sandbox.registrar import Registrar
from core_adapter.sandbox.rules import REASONS, REJECTION, Refusal
from core_adapter.sandbox.seed import Seed
from core_adapter.sandbox.store import KeyConflict, Store

LARGEST_BODY = 1_000_000
Clock = Callable[[], datetime]


class _Mode(BaseModel):
    model_config = ConfigDict(extra="forbid")
    mode: Mode


class _Search(ResidentQuery):
    request_id: str | None = None


def create_app(
    store: Store, seed: Seed, control: Control, clock: Clock, register_after: timedelta | None
) -> FastAPI:
    """The service over a store. register_after: from 仮登録 to 本登録; None: only /dev/register does it."""
    registrar = Registrar(store, control, clock)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        registrar.start()
        yield
        await run_in_threadpool(registrar.stop)
        store.close()

    app = FastAPI(title="見本市 sandbox core", lifespan=lifespan, docs_url=None, redoc_url=None)
    _reading(app, store, seed, clock)
    _notifying(app, store, control, clock, registrar, register_after)
    _development(app, store, control, clock)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_middleware(Faults, control=control)
    return app


def _reading(app: FastAPI, store: Store, seed: Seed, clock: Clock) -> None:
    codes = load_codes("vendor")

    def answer(residents: list[Resident], request_id: str | None) -> dict[str, Any]:
        return {
            "request_id": request_id,
            "as_of": clock().isoformat(),
            "residents": [resident_to_wire(resident, codes) for resident in residents],
        }

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/v1/residents")
    def residents(
        name: str | None = None,
        kana: str | None = None,
        birth: str | None = None,
        sex: Sex | None = None,
        address: str | None = None,
    ) -> Response:
        """Candidates for the given words; without any, everybody in this invented city."""
        try:
            query = ResidentQuery(name=name, kana=kana, birth=birth, sex=sex, address=address)
        except ValidationError:
            return _problem(400, "invalid", "検索の条件を読み取れません。")
        everybody = store.residents()
        if query == ResidentQuery():
            return JSONResponse(answer(everybody, None))
        return JSONResponse(answer([match.resident for match in rank(query, everybody)], None))

    @app.post("/v1/residents/search")
    async def search(request: Request) -> Response:
        """The same with the words in the body; echoes request_id."""
        try:
            words = _Search.model_validate_json(await request.body())
        except ValidationError:
            return _problem(400, "invalid", "検索の条件を読み取れません。")
        found = await run_in_threadpool(lambda: rank(words, store.residents()))
        return JSONResponse(answer([match.resident for match in found], words.request_id))

    @app.get("/v1/households/{household_id}")
    def household(household_id: str) -> Response:
        members = [r for r in store.residents() if r.household_id == household_id]
        if not members:
            return _problem(404, "not_found", "その番号の世帯はありません。")
        heads = [member.resident_id for member in members if member.is_head]
        return JSONResponse(
            {
                "household_id": household_id,
                "head_id": heads[0] if heads else None,
                "address": members[0].address.model_dump(mode="json"),
                "members": [resident_to_wire(member, codes) for member in members],
                "as_of": clock().isoformat(),
            }
        )

    @app.get("/v1/towns")
    def towns() -> Response:
        rows = [town.model_dump(mode="json") for town in seed.towns]
        return JSONResponse({"municipality_code": seed.municipality_code, "towns": rows})


def _notifying(
    app: FastAPI,
    store: Store,
    control: Control,
    clock: Clock,
    registrar: Registrar,
    register_after: timedelta | None,
) -> None:
    codes = load_codes("vendor")

    def take(key: str, body: bytes) -> Response:
        try:
            wire = json.loads(body)
            notification = notification_from_wire(wire, codes)
        except (ValueError, RecursionError):
            return _problem(400, "invalid", "届出データの形式が正しくありません。")
        if notification.key != key:
            return _problem(400, "invalid", "届出データの番号がURLと一致しません。")
        now = clock()
        canonical = json.dumps(wire, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        try:
            result = store.submit(
                notification,
                hashlib.sha256(canonical.encode()).hexdigest(),
                notification.model_dump_json(),
                now,
                None if register_after is None else now + register_after,
                refuse=control.mode == "reject",
            )
        except KeyConflict:
            return _problem(409, "key_conflict", REASONS["key_conflict"])
        if isinstance(result, Refusal):
            return _problem(422, result.code, result.reason)
        registrar.wake()
        return JSONResponse(result.model_dump(mode="json"), status_code=200 if result.duplicate else 201)

    @app.post("/v1/notifications/{key}")
    async def submit(key: str, request: Request) -> Response:
        """仮登録. 201 first, 200 with duplicate=true for the same again, 409, 422 refused, 400 unreadable."""
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > LARGEST_BODY:
                return _problem(413, "too_large", "届出データが大きすぎます。")
        return await run_in_threadpool(take, key, body)

    @app.get("/v1/notifications/{key}")
    def receipt(key: str) -> Response:
        taken = store.taken(key)
        if taken is None:
            return _problem(404, "not_found", "その番号の届出は受け付けていません。")
        answer = taken.receipt(duplicate=False).model_dump(mode="json")
        return JSONResponse({**answer, "state_code": codes.encode("event_kind", taken.state)})

    @app.get("/v1/events")
    def events(after: int = 0, limit: int = 100) -> Response:
        if after < 0 or not 1 <= limit <= 1000:
            return _problem(400, "invalid", "after は0以上、limit は1から1000までです。")
        found = store.events(after, limit)
        rows = [event.model_dump(mode="json") for event in found]
        for row in rows:
            row["kind_code"] = codes.encode("event_kind", row.pop("kind"))
        next_after = found[-1].seq if found else after
        return JSONResponse({"events": rows, "next_after": next_after, "as_of": clock().isoformat()})


def _development(app: FastAPI, store: Store, control: Control, clock: Clock) -> None:
    @app.get("/dev/mode")
    def mode() -> dict[str, str]:
        return {"mode": control.mode}

    @app.put("/dev/mode")
    def set_mode(wanted: _Mode) -> dict[str, str]:
        control.mode = wanted.mode
        return {"mode": control.mode}

    @app.post("/dev/register/{key}")
    def register(key: str) -> Response:
        """本登録 at once."""
        done = store.settle(key, "registered", clock())
        return JSONResponse({"key": key, "state": "registered"}) if done else _nothing_provisional()

    @app.post("/dev/reject/{key}")
    def reject(key: str) -> Response:
        """Rejection at once, with the reason that mode reject gives too."""
        done = store.settle(key, "rejected", clock(), *REJECTION)
        return JSONResponse({"key": key, "state": "rejected"}) if done else _nothing_provisional()

    @app.get("/dev/notifications")
    def notifications() -> Response:
        rows = store.notifications()
        for row in rows:
            row["body"] = json.loads(row["body"])
        return JSONResponse({"notifications": rows})


def _unreadable(_: Request, __: Exception) -> JSONResponse:
    """In place of the framework's answer, which repeats what was sent."""
    return _problem(400, "invalid", "要求の形式が正しくありません。")


def _nothing_provisional() -> JSONResponse:
    return _problem(404, "not_found", "その番号の仮登録はありません。")


def _problem(status: int, code: str, reason: str) -> JSONResponse:
    return JSONResponse({"code": code, "reason": reason}, status_code=status)
