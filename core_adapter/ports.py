"""The door to a core residence system: one protocol, one tree of failures, and what each failure obliges.

CoreError
├─ CoreUnavailable      not sent, or nothing can have changed; try again later, as it is
├─ CoreOutcomeUnknown   a notification may have been applied; ask `receipt(key)` or submit the same
│                       key again, never a new key
├─ CoreRefused          the core read it and said no; trying again unchanged changes nothing
└─ CoreMalformed        the answer cannot be trusted (not the schema, another key or person, too
                        large); put it before a person. After `submit` the outcome is unknown as
                        well: settle it with `receipt`.

No exception's text carries personal data; `CoreRefused.reason` is the core's own sentence, for staff,
and must not be logged. Every call may block for at most the adapter's budget (5 seconds).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from core_adapter.models import (
    FeedPage,
    Household,
    Notification,
    Receipt,
    ResidentMatch,
    ResidentQuery,
    Town,
)


class CoreError(Exception):
    """Base of all failures. `code` is a short ASCII identifier, safe to log and to translate."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class CoreUnavailable(CoreError):
    """Not sent, or a read that failed: connect_failed, connect_timeout, timeout, closed, http_503 …"""


class CoreOutcomeUnknown(CoreError):
    """Sent, but no answer that tells: timeout, closed, http_500 …"""


class CoreRefused(CoreError):
    """Permanent: `code` is the core's (unknown_resident, stale_address, key_conflict …)."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(code)
        self.reason = reason


class CoreMalformed(CoreError):
    """Quarantine: not_json, schema, wrong_key, wrong_household, too_large, too_deep, encoding."""


@dataclass(frozen=True)
class CoreHealth:
    """Whether the core answers now. code: None when ok, else as in CoreUnavailable."""

    ok: bool
    code: str | None = None
    latency_ms: float | None = field(default=None, compare=False)


@runtime_checkable
class CoreAdapter(Protocol):
    """What the counter needs of a core system. Implementations are safe to call from several threads at once.

    Every method raises CoreUnavailable or CoreMalformed; only `submit` raises the other two.
    """

    def search(self, query: ResidentQuery) -> list[ResidentMatch]:
        """Candidates, best score first, at most 50; none for an empty query. A person chooses."""
        ...

    def household(self, household_id: str) -> Household | None:
        """The household as the core has it now, or None when there is none of that number."""
        ...

    def submit(self, notification: Notification) -> Receipt:
        """Ask for 仮登録. Idempotent by key: same contents → the first receipt with duplicate=True;
        other contents under the same key → CoreRefused("key_conflict")."""
        ...

    def receipt(self, key: str) -> Receipt | None:
        """The receipt of an earlier submit (duplicate=False), or None when the core never took that key."""
        ...

    def events(self, after: int, limit: int = 100) -> FeedPage:
        """Events with seq > after, in order, gap-free, at most limit (1..1000)."""
        ...

    def towns(self) -> list[Town]:
        """The municipality's master of towns, in its own order."""
        ...

    def health(self) -> CoreHealth:
        """Never raises."""
        ...
