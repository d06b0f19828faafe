"""Making a station known: an administrator's one-time code, the station's own key, and taking a key back.

The code goes from the administrator's screen to the hands of whoever sits at the station. Whoever shows it in
time may register one public key for one station; the private key never leaves the PC it was made on. Wrong
tries are counted per code, so that the name of a station and patience are not enough.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from sqlmodel import col, delete, select

from server.auth.models import Station, StationCode, StationSequence
from server.db.context import Context
from server.db.uow import NotThereError, Unit
from server.journal.service import record
from server.kit.clock import now

LIFETIME = timedelta(minutes=10)
MOST_TRIES = 5
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
KINDS = ("kiosk", "counter")
# No letter or digit that is taken for another one when it is read aloud or copied by hand.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH, _GROUP = 12, 4
_PROOF = "kakanai-enrol-1"

Refusal = Literal["wrong", "expired", "spent", "bad_key"]


@dataclass(frozen=True)
class FreshCode:
    """A code that was just made; `text` is shown once and kept nowhere."""

    station: str
    text: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True)
class Enrolled:
    """A station whose key is now known. `replaced`: it had another key before."""

    station: str
    kind: str
    desk: str | None
    fingerprint: str
    replaced: bool


@dataclass(frozen=True)
class CodeRefused:
    """Why no key was registered.

    wrong: no such code for this station (also when there is none at all); expired, spent (used, replaced, or
    too many wrong tries): told only to whoever shows the right code; bad_key: no Ed25519 key, or its proof
    does not fit.
    """

    reason: Refusal


class BadStationError(ValueError):
    """A station that cannot be: its name, kind or desk. `field` names which."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.field = what


def issue_code(unit: Unit, ctx: Context, *, name: str, kind: str, desk: str | None) -> FreshCode:
    """A code for this station, new or known; the code it had before ends. Raises BadStationError."""
    if not NAME.fullmatch(name):
        raise BadStationError("name")
    if kind not in KINDS:
        raise BadStationError("kind")
    if (kind == "counter") != bool(desk):
        raise BadStationError("desk")
    _end_codes(unit, ctx, name)
    text = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    row = unit.add(
        ctx.stamp(
            StationCode(
                tenant_id="",
                site_id="",
                station=name,
                kind=kind,
                desk=desk or None,
                code_hash=_hash(name, text),
                issued_by=ctx.actor,
                issued_at=now(),
                expires_at=now() + LIFETIME,
            )
        )
    )
    record(unit, ctx, "station.code_issued", name, kind=kind, desk=desk or "")
    unit.announce("stations")
    shown = "-".join(text[at : at + _GROUP] for at in range(0, _LENGTH, _GROUP))
    return FreshCode(name, shown, row.expires_at)


def has_code(unit: Unit, ctx: Context, name: str) -> bool:
    """Whether a code was ever made for this station."""
    return _latest(unit, ctx, name) is not None


def redeem(
    unit: Unit, ctx: Context, *, name: str, code: str, public_key: str, proof: bytes
) -> Enrolled | CodeRefused:
    """Register `public_key` (PEM) for the station `name`, if `code` allows it.

    `proof` is the new key's signature over `proof_text(name, code, public_key)`: nobody registers a key that
    is not theirs. The same code with the same key gives the same answer again, for a station that did not
    hear the first. A refusal is written (wrong tries count), so commit it.
    """
    unit.hold(f"station:{ctx.tenant_id}:{name}")
    plain = normal(code)
    row = _latest(unit, ctx, name)
    if row is None:
        return CodeRefused("wrong")
    if not hmac.compare_digest(row.code_hash, _hash(name, plain)):
        _count_wrong(unit, ctx, row)
        return CodeRefused("wrong")
    station = _row(unit, ctx, name)
    same = station is not None and not station.revoked and station.public_key == public_key
    if row.used_at is not None and same and _proves(public_key, proof, name, plain):
        return Enrolled(name, row.kind, row.desk, fingerprint(public_key), replaced=False)
    if row.used_at is not None or row.ended_at is not None or row.tries >= MOST_TRIES:
        return CodeRefused("spent")
    if now() >= row.expires_at:
        return CodeRefused("expired")
    if not _proves(public_key, proof, name, plain):
        return CodeRefused("bad_key")
    row.used_at = now()
    unit.add(row)
    replaced = station is not None
    if station is None:
        station = ctx.stamp(
            Station(tenant_id="", site_id="", name=name, kind=row.kind, desk=row.desk, public_key=public_key)
        )
    station.kind, station.desk, station.public_key = row.kind, row.desk, public_key
    station.revoked, station.revoked_at, station.key_since = False, None, now()
    unit.add(station)
    # Numbers that the old key signed prove nothing about the new one.
    unit.session.exec(delete(StationSequence).where(col(StationSequence.station_id) == station.id))
    mark = fingerprint(public_key)
    record(
        unit,
        ctx,
        "station.enrolled",
        name,
        kind=row.kind,
        desk=row.desk or "",
        fingerprint=mark,
        replaced=replaced,
    )
    unit.announce("stations")
    unit.announce(key_topic(ctx.tenant_id, name))
    return Enrolled(name, row.kind, row.desk, mark, replaced)


def revoke(unit: Unit, ctx: Context, name: str) -> None:
    """Take the station's key back: from now on nothing that it signs is believed. Raises NotThereError."""
    row = _row(unit, ctx, name)
    if row is None:
        raise NotThereError("Station")
    _end_codes(unit, ctx, name)
    if row.revoked:
        return
    row.revoked, row.revoked_at = True, now()
    unit.add(row)
    record(unit, ctx, "station.revoked", name, fingerprint=fingerprint(row.public_key))
    unit.announce("stations")
    unit.announce(key_topic(ctx.tenant_id, name))


def key_topic(tenant_id: str, name: str) -> str:
    """What is announced when the key of this station is taken back or another one is registered."""
    return f"station-key:{tenant_id}:{name}"


def proof_text(name: str, code: str, public_key: str) -> bytes:
    """What the new key signs: four lines, the code as its hash."""
    digest = hashlib.sha256(normal(code).encode()).hexdigest()
    return "\n".join([_PROOF, name, digest, public_key.strip()]).encode()


def normal(code: str) -> str:
    """A code as it was made, however it was typed: small letters, spaces and dashes do not matter."""
    return re.sub(r"[\s\-‐－ー]", "", code).upper()


def fingerprint(public_key: str) -> str:
    """Sixteen hexadecimal digits by which two people can compare a public key (of the SHA-256 of its PEM)."""
    digest = hashlib.sha256(public_key.strip().encode()).hexdigest()[:16]
    return ":".join(digest[at : at + 4] for at in range(0, 16, 4))


def _proves(public_key: str, proof: bytes, name: str, code: str) -> bool:
    try:
        key = load_pem_public_key(public_key.encode())
        if not isinstance(key, Ed25519PublicKey):
            return False
        key.verify(proof, proof_text(name, code, public_key))
    except (InvalidSignature, ValueError):
        return False
    return True


def _hash(name: str, text: str) -> str:
    return hashlib.sha256(f"{name}:{text}".encode()).hexdigest()


def _row(unit: Unit, ctx: Context, name: str) -> Station | None:
    return unit.first(
        select(Station).where(Station.tenant_id == ctx.tenant_id, Station.name == name).with_for_update()
    )


def _latest(unit: Unit, ctx: Context, name: str) -> StationCode | None:
    return unit.first(
        select(StationCode)
        .where(StationCode.tenant_id == ctx.tenant_id, StationCode.station == name)
        .order_by(col(StationCode.issued_at).desc(), col(StationCode.id).desc())
    )


def _end_codes(unit: Unit, ctx: Context, name: str) -> None:
    unit.hold(f"station:{ctx.tenant_id}:{name}")
    for row in unit.all(
        select(StationCode).where(
            StationCode.tenant_id == ctx.tenant_id,
            StationCode.station == name,
            col(StationCode.used_at).is_(None),
            col(StationCode.ended_at).is_(None),
        )
    ):
        row.ended_at = now()
        unit.add(row)


def _count_wrong(unit: Unit, ctx: Context, row: StationCode) -> None:
    alive = row.used_at is None and row.ended_at is None and now() < row.expires_at
    # Only a code that could still be guessed counts, so that nobody fills the journal from outside.
    if not alive or row.tries >= MOST_TRIES:
        return
    row.tries += 1
    unit.add(row)
    left = MOST_TRIES - row.tries
    record(unit, ctx, "station.enrolment_refused", row.station, tries_left=left)
    if left == 0:
        unit.announce("stations")
