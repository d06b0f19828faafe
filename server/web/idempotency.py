"""One write per key: a request that comes again gets the answer it got before.

The key and the answer are written in the transaction of the write itself, so either both are there or
neither. The same key with another content is refused. Keys are kept 400 days: longer than any outage.

What was asked is kept as a digest under the municipality's own key: a form holds names and days, few enough
to be guessed one after the other by whoever has the database alone.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, UniqueConstraint, delete
from sqlmodel import Field, col, select

from server.db.base import Instant, Row
from server.db.context import Context
from server.db.uow import Unit
from server.kit.clock import now
from server.web.problems import Problem

LONGEST = 255
KEEP = timedelta(days=400)
# How the digests of today are made. Another release's cannot be compared, and those without a key not kept.
METHOD = "k1:"


class IdempotencyRecord(Row, table=True):
    """A key, what was asked with it, and what was answered. The answer holds opaque ids, never a person."""

    __tablename__ = "idempotency_record"
    __table_args__ = (UniqueConstraint("tenant_id", "key"),)

    key: str = Field(max_length=LONGEST)
    request_digest: str = Field(max_length=64)
    answer: str
    created_at: datetime = Field(sa_column=Column(Instant, nullable=False))


@dataclass(frozen=True)
class Once:
    """A key within its transaction. `earlier` is the saved answer when the write was already made."""

    key: str
    digest: str
    earlier: dict[str, Any] | None

    def save(self, unit: Unit, ctx: Context, answer: dict[str, Any]) -> dict[str, Any]:
        """Keep `answer` for replays, and return it."""
        unit.add(
            ctx.stamp(
                IdempotencyRecord(
                    tenant_id="",
                    site_id="",
                    key=self.key,
                    request_digest=self.digest,
                    answer=json.dumps(answer, ensure_ascii=False),
                    created_at=now(),
                )
            )
        )
        return answer


def once(unit: Unit, ctx: Context, key: str | None, what: str, content: object) -> Once:
    """Look `key` up. `what` names the write, `content` what was asked.

    Raises Problem: 400 without a usable key, 422 when the key was used for something else.
    """
    if not key or len(key) > LONGEST:
        raise Problem(400, "key_missing")
    # The second of two equal requests at the same moment waits here, and then finds the first one's answer.
    unit.hold(f"key:{ctx.tenant_id}:{key}")
    digest = _digest(unit, what, content)
    known = unit.first(
        select(IdempotencyRecord).where(
            IdempotencyRecord.tenant_id == ctx.tenant_id, IdempotencyRecord.key == key
        )
    )
    if known is None:
        return Once(key, digest, None)
    if known.request_digest != digest:
        raise Problem(422, "key_reused")
    return Once(key, digest, json.loads(known.answer))


def expire(unit: Unit, ctx: Context) -> None:
    """Forget the keys of writes that nobody can repeat any more, and digests of before they had a key."""
    old = delete(IdempotencyRecord).where(
        col(IdempotencyRecord.tenant_id) == ctx.tenant_id,
        (col(IdempotencyRecord.created_at) < now() - KEEP)
        | ~col(IdempotencyRecord.request_digest).startswith(METHOD),
    )
    unit.session.exec(old)


def _digest(unit: Unit, what: str, content: object) -> str:
    """As long as its column."""
    whole = unit.digest(json.dumps([what, content], sort_keys=True, default=str).encode())
    return (METHOD + whole)[:64]
