"""The invented core's memory: one SQLite file, durable at every commit, with the full history of records.

A resident is never overwritten: each change adds a row (宛名番号 and 履歴番号), the highest 履歴番号 is the
present. `synchronous=FULL` holds what was answered through a power cut as well as through kill -9. Every
method is one transaction and may be called from any thread.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from core_adapter.models import FeedEvent, Notification, Receipt, Resident
from core_adapter.sandbox.numbers import numbered
from core_adapter.sandbox.rules import Refusal, Register, refusal, registered
from core_adapter.sandbox.seed import Seed

State = Literal["provisional", "registered", "rejected"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS residents (
  resident_id TEXT NOT NULL, history_no INTEGER NOT NULL, position INTEGER NOT NULL, snapshot TEXT NOT NULL,
  notification_key TEXT, recorded_at TEXT NOT NULL, PRIMARY KEY (resident_id, history_no)) STRICT;
CREATE TABLE IF NOT EXISTS notifications (
  key TEXT PRIMARY KEY, digest TEXT NOT NULL, body TEXT NOT NULL, state TEXT NOT NULL,
  provisional_no TEXT NOT NULL UNIQUE, accepted_at TEXT NOT NULL,
  due_at TEXT, refuse_when_due INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS events (
  seq INTEGER PRIMARY KEY, key TEXT NOT NULL, kind TEXT NOT NULL, at TEXT NOT NULL,
  reason_code TEXT, reason TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
"""
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA busy_timeout=5000",
    "PRAGMA trusted_schema=OFF",
    "PRAGMA cell_size_check=ON",
)
_PRESENT = """
SELECT snapshot FROM residents r WHERE history_no =
  (SELECT max(history_no) FROM residents WHERE resident_id = r.resident_id) ORDER BY position
"""


@dataclass(frozen=True)
class Taken:
    """A notification in the store. state moves from provisional to registered or rejected, once."""

    key: str
    state: State
    provisional_no: str
    accepted_at: datetime
    body: str

    def receipt(self, *, duplicate: bool) -> Receipt:
        """The receipt as first given, marked as asked."""
        return Receipt(
            key=self.key,
            provisional_no=self.provisional_no,
            accepted_at=self.accepted_at,
            duplicate=duplicate,
        )


class KeyConflict(Exception):
    """The key was taken before with other contents."""


class Store:
    """All state of the sandbox core."""

    def __init__(self, path: Path, seed: Seed, now: datetime) -> None:
        """Opens or founds the file; a new one gets the seed's residents as their first history rows."""
        self._seed = seed
        self._towns = {town.town_code: town for town in seed.towns}
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        for pragma in _PRAGMAS:
            self._db.execute(pragma)
        self._db.executescript(_SCHEMA)
        with self._transaction():
            if self._db.execute("SELECT count(*) FROM residents").fetchone()[0] == 0:
                for position, resident in enumerate(seed.residents):
                    self._write(resident, position, None, now)
                last = max(int(resident.household_id[:-1]) for resident in seed.residents)
                self._db.execute("INSERT INTO counters VALUES ('household', ?)", (last + 1,))
                self._db.execute("INSERT INTO counters VALUES ('provisional', 1)")

    def close(self) -> None:
        """After this the store must not be used."""
        with self._lock:
            self._db.close()

    def residents(self) -> list[Resident]:
        """Everybody as of now, in the record's order."""
        with self._transaction():
            return self._present()

    def submit(
        self,
        notification: Notification,
        digest: str,
        body: str,
        now: datetime,
        due_at: datetime | None,
        *,
        refuse: bool,
    ) -> Receipt | Refusal:
        """仮登録, or what is wrong. The same key and digest again gives the first receipt, duplicate.

        Raises KeyConflict. due_at: when 本登録 follows by itself (None: never); refuse: a rejection will.
        """
        with self._transaction():
            taken = self._taken(notification.key)
            if taken:
                row = self._db.execute(
                    "SELECT digest FROM notifications WHERE key = ?", (taken.key,)
                ).fetchone()
                if row["digest"] != digest:
                    raise KeyConflict
                return taken.receipt(duplicate=True)
            wrong = refusal(notification, self._register())
            if wrong:
                return wrong
            number = f"K{self._next('provisional'):08d}"
            self._db.execute(
                "INSERT INTO notifications VALUES (?, ?, ?, 'provisional', ?, ?, ?, ?)",
                (notification.key, digest, body, number, _text(now), due_at and _text(due_at), int(refuse)),
            )
            self._event(notification.key, "provisional", now)
            return Receipt(key=notification.key, provisional_no=number, accepted_at=now, duplicate=False)

    def taken(self, key: str) -> Taken | None:
        """The notification of that key, if it was ever taken."""
        with self._transaction():
            return self._taken(key)

    def notifications(self) -> list[dict[str, Any]]:
        """The whole table in the order of acceptance, for the development desk and for tests."""
        with self._transaction():
            rows = self._db.execute("SELECT * FROM notifications ORDER BY provisional_no").fetchall()
        return [dict(row) for row in rows]

    def events(self, after: int, limit: int) -> list[FeedEvent]:
        """At most limit events with seq > after, in order."""
        with self._transaction():
            rows = self._db.execute(
                "SELECT * FROM events WHERE seq > ? ORDER BY seq LIMIT ?", (after, limit)
            ).fetchall()
        return [FeedEvent.model_validate(dict(row)) for row in rows]

    def settle(
        self,
        key: str,
        outcome: Literal["registered", "rejected"],
        now: datetime,
        code: str = "",
        reason: str = "",
    ) -> bool:
        """本登録 or rejection of one notification. False when there is no such 仮登録."""
        with self._transaction():
            taken = self._taken(key)
            if taken is None or taken.state != "provisional":
                return False
            if outcome == "registered":
                self._apply(Notification.model_validate_json(taken.body), now)
            self._db.execute(
                "UPDATE notifications SET state = ?, due_at = NULL WHERE key = ?", (outcome, key)
            )
            self._event(key, outcome, now, code or None, reason or None)
            return True

    def due(self, now: datetime) -> list[tuple[str, bool]]:
        """Keys whose time has come, oldest first, and whether they are to be rejected."""
        with self._transaction():
            rows = self._db.execute(
                "SELECT key, refuse_when_due FROM notifications"
                " WHERE state = 'provisional' AND due_at <= ? ORDER BY due_at, provisional_no",
                (_text(now),),
            ).fetchall()
        return [(row["key"], bool(row["refuse_when_due"])) for row in rows]

    def next_due(self) -> datetime | None:
        """When the next 本登録 is due, None when none is."""
        with self._transaction():
            row = self._db.execute(
                "SELECT min(due_at) FROM notifications WHERE state = 'provisional'"
            ).fetchone()
        return datetime.fromisoformat(row[0]) if row[0] else None

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def _present(self) -> list[Resident]:
        return [Resident.model_validate_json(row["snapshot"]) for row in self._db.execute(_PRESENT)]

    def _register(self) -> Register:
        bodies = self._db.execute("SELECT body FROM notifications WHERE state = 'provisional'").fetchall()
        pending = {
            s.resident_id for row in bodies for s in Notification.model_validate_json(row["body"]).subjects
        }
        residents = {resident.resident_id: resident for resident in self._present()}
        return Register(self._seed.municipality_code, self._towns, residents, pending)

    def _taken(self, key: str) -> Taken | None:
        row = self._db.execute("SELECT * FROM notifications WHERE key = ?", (key,)).fetchone()
        if row is None:
            return None
        at = datetime.fromisoformat(row["accepted_at"])
        return Taken(row["key"], row["state"], row["provisional_no"], at, row["body"])

    def _apply(self, notification: Notification, now: datetime) -> None:
        number, following = numbered(self._peek("household"))
        if notification.household.joins == "new":
            self._db.execute("UPDATE counters SET value = ? WHERE name = 'household'", (following,))
        for resident in registered(notification, self._register(), number):
            position = self._db.execute(
                "SELECT position FROM residents WHERE resident_id = ?", (resident.resident_id,)
            ).fetchone()[0]
            self._write(resident, position, notification.key, now)

    def _write(self, resident: Resident, position: int, key: str | None, now: datetime) -> None:
        self._db.execute(
            "INSERT INTO residents SELECT ?, coalesce(max(history_no), 0) + 1, ?, ?, ?, ?"
            " FROM residents WHERE resident_id = ?",
            (
                resident.resident_id,
                position,
                resident.model_dump_json(),
                key,
                _text(now),
                resident.resident_id,
            ),
        )

    def _event(
        self, key: str, kind: State, now: datetime, code: str | None = None, reason: str | None = None
    ) -> None:
        # max + 1 inside the write transaction: no gap after a rollback, unlike a sequence.
        self._db.execute(
            "INSERT INTO events SELECT coalesce(max(seq), 0) + 1, ?, ?, ?, ?, ? FROM events",
            (key, kind, _text(now), code, reason),
        )

    def _peek(self, counter: str) -> int:
        row = self._db.execute("SELECT value FROM counters WHERE name = ?", (counter,)).fetchone()
        return int(row["value"])

    def _next(self, counter: str) -> int:
        value = self._peek(counter)
        self._db.execute("UPDATE counters SET value = ? WHERE name = ?", (value + 1, counter))
        return value


def _text(moment: datetime) -> str:
    """Sortable text: always UTC, always microseconds."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
