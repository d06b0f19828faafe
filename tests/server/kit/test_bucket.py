"""So much at once, so much a second after that."""

from datetime import UTC, datetime, timedelta

from server.kit.bucket import Bucket

NOON = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def test_a_bucket_gives_its_burst_and_fills_up_again() -> None:
    bucket = Bucket(burst=3, per_second=0.5)
    assert [bucket.take(1, NOON) for _ in range(4)] == [0, 0, 0, 2]
    assert bucket.take(1, NOON + timedelta(seconds=1)) == 1
    assert bucket.take(1, NOON + timedelta(seconds=2)) == 0
    assert bucket.take(3, NOON + timedelta(hours=1)) == 0, "never more than the burst"
    assert bucket.take(1, NOON + timedelta(hours=1)) == 2


def test_a_clock_that_is_put_back_takes_nothing_away() -> None:
    bucket = Bucket(burst=2, per_second=1)
    assert bucket.take(1, NOON) == 0
    assert bucket.take(1, NOON - timedelta(hours=1)) == 0
    assert bucket.take(1, NOON - timedelta(hours=1)) == 1
