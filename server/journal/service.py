"""Appending to the journal, in the transaction of what it records."""

import hashlib
import json
from typing import Any

from sqlmodel import select

from server.db.context import Context
from server.db.uow import Unit
from server.db.vault import DataKey
from server.journal.catalogue import kind_of
from server.journal.models import JournalEntry, JournalHead
from server.kit.clock import now

GENESIS = "0" * 64


class PersonalFieldUnsealedError(ValueError):
    """A personal field was given without a key to seal it with."""


def record(
    unit: Unit, ctx: Context, event: str, subject: str, *, key: DataKey | None = None, **fields: Any
) -> JournalEntry:
    """Append `event` about `subject` (an opaque id).

    Fields declared personal in events.yaml are sealed under `key`. Raises UnknownEventError,
    PersonalFieldUnsealedError; either ends the caller's transaction, so nothing happens unrecorded.
    """
    kind = kind_of(event, set(fields))
    personal = {name: value for name, value in fields.items() if name in kind.personal and value is not None}
    if personal and key is None:
        raise PersonalFieldUnsealedError(event)
    head = _head(unit, ctx)
    entry = ctx.stamp(
        JournalEntry(
            tenant_id="",
            site_id="",
            seq=head.seq + 1,
            at=now(),
            event=event,
            actor=ctx.actor,
            role=ctx.role,
            station=ctx.station,
            desk=ctx.desk,
            subject=subject,
            payload=json.dumps(
                {name: value for name, value in fields.items() if name in kind.fields},
                ensure_ascii=False,
                sort_keys=True,
                default=str,
            ),
            previous=head.digest,
            digest="",
        )
    )
    if personal and key is not None:
        entry.key_id = key.id
        entry.sealed = key.seal(personal, f"journal:{entry.id}")
    entry.digest = digest_of(entry)
    head.seq, head.digest = entry.seq, entry.digest
    unit.session.add(head)
    unit.announce("journal")
    return unit.add(entry)


def digest_of(entry: JournalEntry) -> str:
    """SHA-256 over the entry's columns in a fixed order and the link before it."""
    parts = [
        entry.previous,
        entry.tenant_id,
        entry.site_id,
        entry.id,
        entry.seq,
        entry.at.isoformat(timespec="microseconds"),
        entry.event,
        entry.actor,
        entry.role,
        entry.station,
        entry.desk,
        entry.subject,
        entry.payload,
        entry.key_id,
        hashlib.sha256(entry.sealed).hexdigest() if entry.sealed else None,
    ]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


def _head(unit: Unit, ctx: Context) -> JournalHead:
    query = select(JournalHead).where(JournalHead.tenant_id == ctx.tenant_id)
    query = query.with_for_update().execution_options(populate_existing=True)
    head = unit.first(query)
    if head is None:
        unit.hold(f"journal:{ctx.tenant_id}")
        head = unit.first(query)
    if head is None:
        head = unit.add(ctx.stamp(JournalHead(tenant_id="", site_id="", seq=0, digest=GENESIS)))
    return head
