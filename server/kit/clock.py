"""The only place that asks what time it is.

Times are stored as aware UTC and shown in Asia/Tokyo. A test or a training day may start the clock at
another instant (KAKANAI_NOW); it then runs on at the usual speed.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

JST = ZoneInfo("Asia/Tokyo")

_offset = timedelta(0)


def start_at(instant: datetime | None) -> None:
    """Let the clock read `instant` (aware) from this moment on; None returns to real time."""
    global _offset  # noqa: PLW0603 - one clock per process is the point
    _offset = timedelta(0) if instant is None else instant - datetime.now(UTC)


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC) + _offset


def today() -> date:
    """The present calendar day in Japan. A business day is an entity of its own (server.queue)."""
    return now().astimezone(JST).date()


def jst(instant: datetime) -> datetime:
    """The same instant on a Japanese wall clock. Naive values, as SQLite returns them, are UTC."""
    return aware(instant).astimezone(JST)


def aware(instant: datetime) -> datetime:
    """A stored instant with its zone: databases that drop the zone hold UTC."""
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
