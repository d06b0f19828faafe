"""The municipality's keys for codes: made, replaced, and destroyed once no code can still be good.

The private half lies in the database, sealed under a data key of the vault, so that it needs the master key's
file like everything personal; a key that is destroyed takes with it whatever was sealed to it.
"""

import base64
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from sqlmodel import col, select

from server.db.context import Context
from server.db.uow import Unit
from server.db.vault import Vault
from server.journal.service import record
from server.kit.clock import now
from server.preentry.codes import key_id
from server.preentry.models import PreentryKey


def listed(unit: Unit, ctx: Context) -> list[PreentryKey]:
    """Every key that there was, the newest first."""
    query = select(PreentryKey).where(PreentryKey.tenant_id == ctx.tenant_id)
    return unit.all(query.order_by(col(PreentryKey.made_at).desc(), col(PreentryKey.id).desc()))


def public_key(unit: Unit, ctx: Context) -> X25519PublicKey | None:
    """The key that codes are sealed to now, None before there is one."""
    current = next((key for key in listed(unit, ctx) if key.retired_at is None), None)
    return X25519PublicKey.from_public_bytes(base64.b64decode(current.public)) if current else None


def private_keys(unit: Unit, ctx: Context, vault: Vault) -> dict[bytes, X25519PrivateKey]:
    """Every key that still opens codes, by its four-byte name."""
    return {
        bytes.fromhex(row.name): X25519PrivateKey.from_private_bytes(
            vault.key(unit, ctx, row.data_key_id).open_bytes(row.sealed, _about(row))
        )
        for row in listed(unit, ctx)
        if row.destroyed_at is None
    }


def ensure(unit: Unit, ctx: Context, vault: Vault) -> None:
    """Make the first key; nothing happens when there is one."""
    unit.hold(f"preentry-key:{ctx.tenant_id}")
    if not any(key.retired_at is None for key in listed(unit, ctx)):
        _make(unit, ctx, vault)


def rotate(unit: Unit, ctx: Context, vault: Vault) -> PreentryKey:
    """Seal to a new key from now on; the earlier ones open what was sealed to them until that has expired."""
    unit.hold(f"preentry-key:{ctx.tenant_id}")
    for key in listed(unit, ctx):
        if key.retired_at is None:
            key.retired_at = now()
            unit.add(key)
    return _make(unit, ctx, vault)


def destroy_old(unit: Unit, ctx: Context, vault: Vault, life: timedelta) -> int:
    """Destroy keys retired longer ago than any code lives; how many."""
    due = [key for key in listed(unit, ctx) if key.destroyed_at is None and _over(key.retired_at, life)]
    for key in due:
        vault.destroy(unit, ctx, key.data_key_id)
        key.destroyed_at = now()
        unit.add(key)
        record(unit, ctx, "preentry.key_destroyed", key.id, fingerprint=key.name)
    return len(due)


def _make(unit: Unit, ctx: Context, vault: Vault) -> PreentryKey:
    private = X25519PrivateKey.generate()
    public = private.public_key()
    data_key = vault.new_key(unit, ctx, "preentry")
    row = PreentryKey(
        tenant_id="",
        site_id="",
        name=key_id(public).hex(),
        public=base64.b64encode(public.public_bytes_raw()).decode(),
        sealed=b"",
        data_key_id=data_key.id,
        made_at=now(),
    )
    row.sealed = data_key.seal_bytes(private.private_bytes_raw(), _about(row))
    unit.add(ctx.stamp(row))
    record(unit, ctx, "preentry.key_made", row.id, fingerprint=row.name)
    return row


def _about(row: PreentryKey) -> str:
    return f"preentry_key:{row.id}"


def _over(retired_at: datetime | None, life: timedelta) -> bool:
    return retired_at is not None and retired_at + life < now()
