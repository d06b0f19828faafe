"""The invented core in memory: a CoreAdapter for tests and for trying screens without a second process.

It follows the same rules as the sandbox core and can have the same bad days (`mode`), but forgets everything
with the process and never makes anybody wait: where the real one would be slow, it fails at once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from core_adapter.matching import rank
from core_adapter.models import (
    FeedEvent,
    FeedPage,
    Household,
    Notification,
    Receipt,
    Resident,
    ResidentMatch,
    ResidentQuery,
    Town,
)
from core_adapter.ports import CoreHealth, CoreOutcomeUnknown, CoreRefused, CoreUnavailable
from core_adapter.sandbox.modes import Mode
from core_adapter.sandbox.numbers import numbered
from core_adapter.sandbox.rules import REASONS, REJECTION, Register, refusal, registered
from core_adapter.sandbox.seed import Seed, load_seed

FOUNDED = datetime(2026, 4, 1, tzinfo=UTC)
"""The mock's time before it has received anything."""
Outcome = Literal["registered", "rejected"]


@dataclass
class _Taken:
    notification: Notification
    receipt: Receipt
    due: datetime | None
    refuse: bool
    open: bool = True


class MockCoreAdapter:
    """Set `mode` for a bad day.

    It has no clock of its own: without `clock` its time is that of the last notification received.
    register_after: from 仮登録 to 本登録, looked at with each question; None: only `settle` registers.
    """

    def __init__(
        self,
        address: str = "mock:",
        *,
        clock: Callable[[], datetime] | None = None,
        seed: Seed | None = None,
        register_after: timedelta | None = timedelta(0),
    ) -> None:
        self.mode: Mode = "up"
        self._now = FOUNDED
        self._clock = clock or (lambda: self._now)
        self._seed = seed or load_seed()
        self._register_after = register_after
        self._lock = threading.RLock()
        self._residents: dict[str, Resident] = {r.resident_id: r for r in self._seed.residents}
        self._next_household = max(int(r.household_id[:-1]) for r in self._seed.residents) + 1
        self._taken: dict[str, _Taken] = {}
        self._events: list[FeedEvent] = []

    def search(self, query: ResidentQuery) -> list[ResidentMatch]:
        """See CoreAdapter."""
        with self._reading():
            return [] if query == ResidentQuery() else rank(query, self._residents.values())

    def household(self, household_id: str) -> Household | None:
        """See CoreAdapter."""
        with self._reading():
            members = [r for r in self._residents.values() if r.household_id == household_id]
            if not members:
                return None
            heads = [member.resident_id for member in members if member.is_head]
            return Household(
                household_id=household_id,
                head_id=heads[0] if heads else None,
                address=members[0].address,
                members=members,
                as_of=self._clock(),
            )

    def submit(self, notification: Notification) -> Receipt:
        """See CoreAdapter."""
        with self._lock:
            if self.mode == "down":
                raise CoreUnavailable("connect_failed")
            self._settle_due()
            receipt = self._take(notification)
            if self.mode == "slow":
                raise CoreOutcomeUnknown("timeout")
            if self.mode == "lose_ack":
                raise CoreOutcomeUnknown("closed")
            return receipt

    def receipt(self, key: str) -> Receipt | None:
        """See CoreAdapter."""
        with self._reading():
            taken = self._taken.get(key)
            return taken.receipt if taken else None

    def events(self, after: int, limit: int = 100) -> FeedPage:
        """See CoreAdapter."""
        with self._reading():
            page = self._events[after : after + limit]
            return FeedPage(events=page, next_after=after + len(page), as_of=self._clock())

    def towns(self) -> list[Town]:
        """See CoreAdapter."""
        with self._reading():
            return list(self._seed.towns)

    def health(self) -> CoreHealth:
        """See CoreAdapter."""
        down = self.mode == "down"
        return CoreHealth(ok=not down, code="connect_failed" if down else None, latency_ms=0.0)

    def settle(self, key: str, outcome: Outcome) -> bool:
        """本登録 or rejection at once. False when there is no such 仮登録."""
        with self._lock:
            taken = self._taken.get(key)
            if taken is None or not taken.open:
                return False
            self._close(taken, outcome)
            return True

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Holds the lock, with everything due settled, unless the mode forbids an answer."""
        if self.mode == "down":
            raise CoreUnavailable("connect_failed")
        if self.mode == "slow":
            raise CoreUnavailable("timeout")
        with self._lock:
            self._settle_due()
            yield

    def _take(self, notification: Notification) -> Receipt:
        taken = self._taken.get(notification.key)
        if taken:
            if taken.notification != notification:
                raise CoreRefused("key_conflict", REASONS["key_conflict"])
            return taken.receipt.model_copy(update={"duplicate": True})
        wrong = refusal(notification, self._register())
        if wrong:
            raise CoreRefused(wrong.code, wrong.reason)
        self._now = max(self._now, notification.received_at)
        now = self._clock()
        number = f"K{len(self._taken) + 1:08d}"
        receipt = Receipt(key=notification.key, provisional_no=number, accepted_at=now, duplicate=False)
        due = None if self._register_after is None else now + self._register_after
        self._taken[notification.key] = _Taken(notification, receipt, due, self.mode == "reject")
        self._event(notification.key, "provisional")
        return receipt

    def _settle_due(self) -> None:
        now = self._clock()
        for taken in self._taken.values():
            if taken.open and taken.due is not None and taken.due <= now:
                self._close(taken, "rejected" if taken.refuse or self.mode == "reject" else "registered")

    def _close(self, taken: _Taken, outcome: Outcome) -> None:
        taken.open = False
        if outcome == "rejected":
            self._event(taken.notification.key, outcome, *REJECTION)
            return
        number, following = numbered(self._next_household)
        if taken.notification.household.joins == "new":
            self._next_household = following
        for resident in registered(taken.notification, self._register(), number):
            self._residents[resident.resident_id] = resident
        self._event(taken.notification.key, outcome)

    def _register(self) -> Register:
        pending = {s.resident_id for t in self._taken.values() if t.open for s in t.notification.subjects}
        towns = {town.town_code: town for town in self._seed.towns}
        return Register(self._seed.municipality_code, towns, self._residents, pending)

    def _event(
        self,
        key: str,
        kind: Literal["provisional", "registered", "rejected"],
        code: str | None = None,
        reason: str | None = None,
    ) -> None:
        self._events.append(
            FeedEvent(
                seq=len(self._events) + 1,
                key=key,
                kind=kind,
                at=self._clock(),
                reason_code=code,
                reason=reason,
            )
        )
