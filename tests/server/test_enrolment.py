"""Making a station known: codes that end, keys that are proved, and keys that are taken back."""

import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlmodel import select

from server.auth import enrolment, messages, queries
from server.auth.enrolment import BadStationError, CodeRefused, Enrolled, FreshCode
from server.auth.models import Station, StationCode, StationNonce, StationSequence
from server.db.context import Context
from server.db.uow import Database, NotThereError
from server.journal.models import JournalEntry
from server.kit import clock
from station.signing import public_pem
from tests.factories.people import SYSTEM, TENANT

ADMIN = Context(SYSTEM.tenant_id, SYSTEM.site_id, actor="an-admin", role="administrator")


def code_for(
    db: Database, name: str = "counter-9", kind: str = "counter", desk: str | None = "9"
) -> FreshCode:
    with db.write() as unit:
        return enrolment.issue_code(unit, ADMIN, name=name, kind=kind, desk=desk)


def show(
    db: Database, code: str, key: Ed25519PrivateKey, name: str = "counter-9", proved: str | None = None
) -> Enrolled | CodeRefused:
    public = public_pem(key)
    proof = key.sign(enrolment.proof_text(name, proved or code, public))
    with db.write() as unit:
        return enrolment.redeem(unit, SYSTEM, name=name, code=code, public_key=public, proof=proof)


def events(db: Database, kind: str) -> list[dict[str, Any]]:
    with db.read() as unit:
        rows = unit.all(select(JournalEntry).where(JournalEntry.event == kind))
    return [json.loads(row.payload) for row in rows]


def test_a_code_makes_a_station_known_once(db: Database) -> None:
    key, code = Ed25519PrivateKey.generate(), code_for(db)
    found = show(db, code.text, key)
    assert isinstance(found, Enrolled)
    assert (found.kind, found.desk, found.replaced) == ("counter", "9", False)
    with db.read() as unit:
        station = queries.station(unit, TENANT, "counter-9")
        assert station is not None
        assert station.public_key == public_pem(key)
    assert show(db, code.text, key) == found, "an answer that was lost is given again"
    assert show(db, code.text, Ed25519PrivateKey.generate()) == CodeRefused("spent")
    assert events(db, "station.enrolled")[-1]["fingerprint"] == found.fingerprint
    assert len(events(db, "station.code_issued")) == 1


def test_a_code_may_be_typed_as_people_type(db: Database) -> None:
    typed = code_for(db).text.lower().replace("-", " ")
    assert isinstance(show(db, typed, Ed25519PrivateKey.generate()), Enrolled)


def test_only_the_hash_of_a_code_is_stored(db: Database) -> None:
    code = code_for(db)
    with db.read() as unit:
        row = unit.all(select(StationCode))[-1]
    plain = code.text.replace("-", "")
    assert plain not in repr(row) + repr(code)
    assert plain not in json.dumps(events(db, "station.code_issued"))


def test_a_code_ends_after_ten_minutes(db: Database) -> None:
    code = code_for(db)
    clock.start_at(clock.now() + enrolment.LIFETIME + timedelta(seconds=1))
    assert show(db, code.text, Ed25519PrivateKey.generate()) == CodeRefused("expired")
    assert show(db, "2222-2222-2222", Ed25519PrivateKey.generate()) == CodeRefused("wrong")


def test_five_wrong_tries_end_a_code(db: Database) -> None:
    key, code = Ed25519PrivateKey.generate(), code_for(db)
    for _ in range(enrolment.MOST_TRIES + 3):
        assert show(db, "2222-2222-2222", key) == CodeRefused("wrong")
    assert show(db, code.text, key) == CodeRefused("spent")
    told = [event["tries_left"] for event in events(db, "station.enrolment_refused")]
    assert told == [4, 3, 2, 1, 0], "and the journal does not grow by further ones"


def test_a_code_is_for_one_station_and_the_latest_counts(db: Database) -> None:
    key, first = Ed25519PrivateKey.generate(), code_for(db)
    assert show(db, first.text, key, name="counter-1") == CodeRefused("wrong")
    second = code_for(db)
    assert show(db, first.text, key) == CodeRefused("wrong")
    assert isinstance(show(db, second.text, key), Enrolled)


def test_a_key_that_is_not_ones_own_is_refused(db: Database) -> None:
    code, other = code_for(db), public_pem(Ed25519PrivateKey.generate())
    mine = Ed25519PrivateKey.generate()
    for public, proof in (
        (other, mine.sign(enrolment.proof_text("counter-9", code.text, other))),
        (public_pem(mine), b""),
        ("no key at all", b"x" * 64),
    ):
        with db.write() as unit:
            refused = enrolment.redeem(
                unit, SYSTEM, name="counter-9", code=code.text, public_key=public, proof=proof
            )
        assert refused == CodeRefused("bad_key")
    assert show(db, code.text, mine, proved="2222-2222-2222") == CodeRefused("bad_key")
    assert isinstance(show(db, code.text, mine), Enrolled), "none of this cost the code"


def test_a_new_key_takes_the_old_ones_place(db: Database) -> None:
    with db.write() as unit:
        before = unit.session.exec(select(Station).where(Station.name == "counter-1")).one()
        assert messages.take_number(unit, SYSTEM, before.id, "heartbeat", 50) is None
    key, code = Ed25519PrivateKey.generate(), code_for(db, "counter-1", "counter", "1")
    found = show(db, code.text, key, name="counter-1")
    assert isinstance(found, Enrolled)
    assert found.replaced
    with db.write() as unit:
        station = queries.station(unit, TENANT, "counter-1")
        assert station is not None
        assert (station.id, station.public_key) == (before.id, public_pem(key))
        assert messages.take_number(unit, SYSTEM, before.id, "heartbeat", 1) is None, "counted from the start"


def test_a_key_that_was_taken_back_needs_a_new_code(db: Database) -> None:
    waiting = code_for(db, "counter-1", "counter", "1")
    with db.write() as unit:
        enrolment.revoke(unit, ADMIN, "counter-1")
        enrolment.revoke(unit, ADMIN, "counter-1")
    with db.read() as unit:
        assert queries.station(unit, TENANT, "counter-1") is None
    key = Ed25519PrivateKey.generate()
    assert show(db, waiting.text, key, name="counter-1") == CodeRefused("spent")
    assert len(events(db, "station.revoked")) == 1
    again = code_for(db, "counter-1", "counter", "1")
    assert isinstance(show(db, again.text, key, name="counter-1"), Enrolled)
    with db.write() as unit, pytest.raises(NotThereError):
        enrolment.revoke(unit, ADMIN, "nobody")


@pytest.mark.parametrize(
    ("name", "kind", "desk", "wrong"),
    [
        ("Counter 1", "counter", "1", "name"),
        ("-a", "kiosk", None, "name"),
        ("a" * 33, "kiosk", None, "name"),
        ("x\n", "kiosk", None, "name"),
        ("a", "printer", None, "kind"),
        ("a", "counter", None, "desk"),
        ("a", "kiosk", "1", "desk"),
    ],
)
def test_a_station_that_cannot_be_gets_no_code(
    db: Database, name: str, kind: str, desk: str | None, wrong: str
) -> None:
    with pytest.raises(BadStationError) as refused:
        code_for(db, name, kind, desk)
    assert refused.value.field == wrong


def test_the_administrator_sees_who_is_awaited_and_who_is_out(db: Database) -> None:
    code_for(db)
    with db.write() as unit:
        enrolment.revoke(unit, ADMIN, "kiosk-1")
    with db.read() as unit:
        known, awaited = queries.registered(unit, TENANT)
    assert [(one.name, one.revoked) for one in known] == [
        ("counter-1", False),
        ("counter-2", False),
        ("kiosk-1", True),
    ]
    assert [one.name for one in awaited] == ["counter-9"]
    clock.start_at(clock.now() + enrolment.LIFETIME)
    with db.read() as unit:
        assert queries.registered(unit, TENANT)[1] == []


def test_nonces_that_are_too_old_to_come_again_are_forgotten(db: Database) -> None:
    with db.write() as unit:
        assert messages.take_nonce(unit, SYSTEM, "a" * 32)
        assert not messages.take_nonce(unit, SYSTEM, "a" * 32)
    clock.start_at(clock.now() + messages.KEPT + timedelta(seconds=1))
    with db.write() as unit:
        assert messages.take_nonce(unit, SYSTEM, "b" * 32)
        assert [row.nonce for row in unit.all(select(StationNonce))] == ["b" * 32]
        assert unit.all(select(StationSequence)) == []
