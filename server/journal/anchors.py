"""Anchors: where the journal's chain stood, written down where its database cannot reach.

A chain proves that nothing in it was altered; whoever controls the whole database can still cut its end off
or write it anew from the beginning. Then it no longer leads to a number and a hash that were noted before.
"""

import base64
import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlmodel import select

from server.db.uow import Unit
from server.journal.models import JournalEntry, JournalHead
from server.kit.clock import now

# Of 64: as many as a person types from paper, and nobody finds another chain for.
SHORTEST = 16
_NOTED = re.compile(rf"([1-9][0-9]{{0,17}}):([0-9a-f]{{{SHORTEST},64}})")
_HASH = re.compile(rf"[0-9a-f]{{{SHORTEST},64}}")


class AnchorUnreadableError(ValueError):
    """What was noted cannot be read; the message says in which line, never what stands there."""


@dataclass(frozen=True)
class Anchor:
    """At `at` (ISO 8601) the chain of `tenant` had `seq` entries, the last with this digest.

    `digest` may be its beginning; `signature` is Ed25519 over `signed_text`, base64, "" for none.
    """

    tenant: str
    seq: int
    digest: str
    at: str = ""
    signature: str = ""

    @property
    def line(self) -> str:
        """One line of an anchor file."""
        return json.dumps({name: value for name, value in asdict(self).items() if value != ""})

    @property
    def signed_text(self) -> bytes:
        """What a signature is over."""
        return "\n".join(["kakanai-anchor-1", self.tenant, str(self.seq), self.digest, self.at]).encode()


def anchor(unit: Unit, tenant: str, key: Ed25519PrivateKey | None = None) -> Anchor | None:
    """Where this municipality's chain stands now, None before its first entry."""
    head = unit.first(select(JournalHead).where(JournalHead.tenant_id == tenant))
    if head is None:
        return None
    plain = Anchor(tenant, head.seq, head.digest, now().isoformat(timespec="seconds"))
    if key is None:
        return plain
    signature = base64.b64encode(key.sign(plain.signed_text)).decode("ascii")
    return Anchor(plain.tenant, plain.seq, plain.digest, plain.at, signature)


def read_anchors(lines: Iterable[str]) -> list[Anchor]:
    """The anchors of a file, one a line; empty lines are left out. Raises AnchorUnreadableError."""
    return [_read(number, line) for number, line in enumerate(lines, start=1) if line.strip()]


def noted(tenant: str, text: str) -> Anchor:
    """An anchor from paper, SEQ:HASH, of the hash as much as was copied. Raises AnchorUnreadableError."""
    found = _NOTED.fullmatch(re.sub(r"[\s-]", "", text).lower())
    if found is None:
        raise AnchorUnreadableError(f"NUMBER:HASH, of the hash {SHORTEST} digits or more")
    return Anchor(tenant, int(found[1]), found[2])


def fault(unit: Unit, found: Anchor, key: Ed25519PublicKey | None = None) -> str | None:
    """What is wrong with the chain by this anchor, None when it leads there.

    The chain itself has to be proven besides (server.journal.queries.verify). With `key`, an anchor without
    its signature counts for nothing.
    """
    if key is not None and not _is_signed(found, key):
        return "the anchor is not signed by this key"
    query = select(JournalEntry).where(JournalEntry.tenant_id == found.tenant, JournalEntry.seq == found.seq)
    entry = unit.first(query)
    if entry is None:
        return "the journal ends before this entry: its end was cut off"
    return None if entry.digest.startswith(found.digest) else "another entry stands here: it was written anew"


def _read(number: int, line: str) -> Anchor:
    try:
        found = Anchor(**json.loads(line))
        fits = isinstance(found.seq, int) and found.seq > 0 and _HASH.fullmatch(found.digest)
        texts = (found.tenant, found.at, found.signature)
        if fits and all(isinstance(text, str) for text in texts) and (not found.at or _is_instant(found.at)):
            return found
    except (TypeError, ValueError):
        pass
    raise AnchorUnreadableError(f"line {number}")


def _is_instant(text: str) -> bool:
    return datetime.fromisoformat(text).tzinfo is not None


def _is_signed(found: Anchor, key: Ed25519PublicKey) -> bool:
    try:
        key.verify(base64.b64decode(found.signature, validate=True), found.signed_text)
    except (InvalidSignature, ValueError):
        return False
    return True
