"""Keys for personal columns.

Each reception (and each card read before it) has a data key of its own; personal values are AES-256-GCM
ciphertext under it. The data key is stored wrapped by the municipality's key, which lies in a file outside
the database. Forgetting a person means destroying the data key: hashes over the ciphertext stay provable.
"""

import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Column
from sqlmodel import Field, col, select

from server.db.base import Instant, Row, Sealed
from server.db.context import Context
from server.db.uow import Unit, one_of
from server.kit.clock import now

NONCE = 12


class DataKeyRow(Row, table=True):
    """One wrapped data key; `wrapped` is emptied when the key is destroyed."""

    __tablename__ = "data_key"

    purpose: str = Field(max_length=40)
    master_id: str = Field(max_length=16)
    wrapped: bytes | None = Field(default=None, sa_column=Column(Sealed, nullable=True))
    created_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    destroyed_at: datetime | None = Field(default=None, sa_column=Column(Instant, nullable=True))


class KeyDestroyedError(LookupError):
    """The data was forgotten on purpose."""


class VaultDamagedError(RuntimeError):
    """Ciphertext and key do not belong together: wrong key file, or the row was altered."""


@dataclass(frozen=True)
class DataKey:
    """An opened data key; lives in memory for one unit of work."""

    id: str
    secret: bytes = field(repr=False)

    def seal(self, value: Any, about: str) -> bytes:
        """JSON of `value` as nonce + ciphertext, bound to `about` (table and row) as associated data."""
        plain = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str).encode()
        return self.seal_bytes(plain, about)

    def open(self, sealed: bytes, about: str) -> Any:
        """The value that was sealed. Raises VaultDamagedError."""
        return json.loads(self.open_bytes(sealed, about))

    def seal_bytes(self, plain: bytes, about: str) -> bytes:
        """`plain` as nonce + ciphertext, bound to `about`."""
        nonce = secrets.token_bytes(NONCE)
        return nonce + AESGCM(self.secret).encrypt(nonce, plain, f"{self.id}:{about}".encode())

    def open_bytes(self, sealed: bytes, about: str) -> bytes:
        """What was sealed. Raises VaultDamagedError for anything else, cut, altered or moved."""
        try:
            return AESGCM(self.secret).decrypt(sealed[:NONCE], sealed[NONCE:], f"{self.id}:{about}".encode())
        except (InvalidTag, ValueError) as error:
            raise VaultDamagedError("a sealed value does not open with its key") from error

    def digest(self, content: bytes) -> str:
        """`content` named by 64 hexadecimal digits (HMAC-SHA256), which nobody can compare with guesses
        without this key."""
        return hmac.new(self.secret, content, hashlib.sha256).hexdigest()


class Vault:
    """Makes, opens and destroys data keys under the master key of one file."""

    def __init__(self, master: bytes) -> None:
        self._aead = AESGCM(master)
        self.master_id = secrets_id(master)

    def new_key(self, unit: Unit, ctx: Context, purpose: str) -> DataKey:
        """A fresh data key, stored wrapped."""
        row = ctx.stamp(
            DataKeyRow(purpose=purpose, master_id=self.master_id, created_at=now(), tenant_id="", site_id="")
        )
        secret = AESGCM.generate_key(256)
        nonce = secrets.token_bytes(NONCE)
        row.wrapped = nonce + self._aead.encrypt(nonce, secret, row.id.encode())
        unit.add(row)
        return DataKey(row.id, secret)

    def lasting_key(self, unit: Unit, ctx: Context, purpose: str) -> DataKey:
        """The municipality's own key for `purpose`: made once, never forgotten, the same after a restart."""
        unit.hold(f"key:{ctx.tenant_id}:{purpose}")
        query = select(DataKeyRow).where(DataKeyRow.tenant_id == ctx.tenant_id, DataKeyRow.purpose == purpose)
        known = unit.first(query.order_by(col(DataKeyRow.created_at)))
        return self.new_key(unit, ctx, purpose) if known is None else self.key(unit, ctx, known.id)

    def key(self, unit: Unit, ctx: Context, key_id: str) -> DataKey:
        """The data key `key_id`. Raises KeyDestroyedError, VaultDamagedError."""
        row = one_of(unit, DataKeyRow, ctx.tenant_id, key_id)
        if row.wrapped is None:
            raise KeyDestroyedError(key_id)
        try:
            secret = self._aead.decrypt(row.wrapped[:NONCE], row.wrapped[NONCE:], row.id.encode())
        except (InvalidTag, ValueError) as error:
            raise VaultDamagedError("the key file does not fit this database") from error
        return DataKey(row.id, secret)

    def destroy(self, unit: Unit, ctx: Context, key_id: str) -> None:
        """Forget everything sealed under this key."""
        row = one_of(unit, DataKeyRow, ctx.tenant_id, key_id, lock=True)
        row.wrapped = None
        row.destroyed_at = now()
        unit.add(row)


def secrets_id(master: bytes) -> str:
    """A short public name of a master key, for rotation."""
    return hashlib.sha256(b"kakanai-master:" + master).hexdigest()[:16]


def master_from(path: Path, *, create: bool) -> bytes:
    """The 32-byte master key in `path` (mode 0600), made there when `create` and absent."""
    if create and not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(32))
            file.flush()
            os.fsync(file.fileno())
    master = path.read_bytes()
    if len(master) != 32:
        raise VaultDamagedError(f"{path.name} is not a 32-byte key")
    return master
