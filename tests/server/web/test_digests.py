"""What is kept of a request or a paper to recognise it by gives nobody a way to guess what it said."""

import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import SQLModel, select

from server.bootstrap import build
from server.db.uow import Database, NoDigestKeyError, Unit
from server.kit import clock
from server.reception.models import Handout, PreparedIntake
from server.settings import Settings
from server.web import idempotency
from server.web.idempotency import IdempotencyRecord, once
from server.web.problems import Problem
from server.web.services import Services
from tests.factories.people import SYSTEM
from tests.factories.visits import BLANK, Visit

FORM = {"name": ["見本　太郎"], "birth": ["1973-05-03"]}


def asked(unit: Unit, key: str = "k", content: object = FORM) -> bool:
    """Whether this write was made before; makes it."""
    attempt = once(unit, SYSTEM, key, "people:r1", content)
    if attempt.earlier is None:
        attempt.save(unit, SYSTEM, {})
    return attempt.earlier is not None


def guesses(content: object) -> Iterator[str]:
    """Whatever somebody with the database and the source could make of a form they suspect."""
    for what in (["people:r1", content], content, "k" + json.dumps(content), ["k", "people:r1", content]):
        text = what if isinstance(what, str) else json.dumps(what, sort_keys=True, default=str)
        yield hashlib.sha256(text.encode()).hexdigest()


def test_a_request_cannot_be_guessed_from_what_is_kept_of_it(services: Services) -> None:
    with services.db.write() as unit:
        asked(unit)
    with services.db.read() as unit:
        (row,) = unit.all(select(IdempotencyRecord))
    kept = row.request_digest.removeprefix(idempotency.METHOD)
    assert len(kept) > 48
    assert not [guess for guess in guesses(FORM) if kept in guess]
    assert "見本" not in row.answer + row.key


def test_a_retry_is_recognised_after_a_restart(database_url: str, tmp_path: Path) -> None:
    settings = Settings(env="test", state_dir=tmp_path, database_url=database_url)
    for restarted in (False, True):
        db = build(settings).db
        with db.write() as unit:
            assert asked(unit) is restarted
            with pytest.raises(Problem) as refused:
                asked(unit, content={"name": ["架空　武"]})
            assert refused.value.code == "key_reused"
        db.engine.dispose()


def test_another_municipality_has_another_key(database_url: str, tmp_path: Path) -> None:
    held = build(Settings(env="test", state_dir=tmp_path, database_url=database_url))
    with held.db.write() as unit:
        other = SYSTEM.__class__("elsewhere", "hall", "system", "system")
        keys = [held.vault.lasting_key(unit, ctx, "digests") for ctx in (SYSTEM, other, SYSTEM)]
    assert keys[0] == keys[2] != keys[1]
    assert held.db.digest(b"x") == keys[0].digest(b"x") != keys[1].digest(b"x")
    held.db.engine.dispose()


def test_without_the_key_nothing_is_digested(services: Services) -> None:
    """Rather than by a key that the next start does not have."""
    with Database(services.db.engine).write() as unit, pytest.raises(NoDigestKeyError):
        asked(unit)


def test_digests_of_before_they_had_a_key_are_dropped(services: Services) -> None:
    with services.db.write() as unit:
        asked(unit, "new")
        asked(unit, "old")
        old = unit.session.exec(select(IdempotencyRecord).where(IdempotencyRecord.key == "old")).one()
        old.request_digest = next(guesses(FORM))
        unit.add(old)
    with services.db.write() as unit:
        idempotency.expire(unit, SYSTEM)
        assert [row.key for row in unit.all(select(IdempotencyRecord))] == ["new"]
    clock.start_at(clock.now() + idempotency.KEEP + timedelta(seconds=1))
    with services.db.write() as unit:
        idempotency.expire(unit, SYSTEM)
        assert unit.all(select(IdempotencyRecord)) == []


@pytest.mark.parametrize("table", [PreparedIntake, Handout])
def test_a_papers_digest_is_no_way_to_guess_the_paper(services: Services, table: type[SQLModel]) -> None:
    """Digests stay when the paper is forgotten: the same paper must not have the same one."""
    from server.reception import handout

    visit = Visit.at(services, "prepared")
    with services.db.write() as unit:
        reception, key = visit.locked(unit)
        handout.hand_out(unit, visit.clerk, reception, key, "ja", BLANK, "counter-1")
    with services.db.read() as unit:
        (row,) = unit.all(select(table))
    kept = {value for name, value in row.model_dump().items() if name in ("form_sha256", "sha256", "digest")}
    assert hashlib.sha256(BLANK).hexdigest() not in kept


def test_what_was_told_is_frozen_with_something_nobody_can_guess(services: Services) -> None:
    visit = Visit.at(services, "settled")
    visit.guide(filed=False)
    with services.db.read() as unit:
        reception, key = visit.locked(unit)
        (row,) = unit.all(select(PreparedIntake).where(PreparedIntake.reception_id == reception.id))
        frozen = key.open(row.frozen, f"prepared:{row.id}")
    assert len(frozen["salt"]) >= 22
    text = json.dumps(frozen, ensure_ascii=False, sort_keys=True, default=str)
    assert row.digest == hashlib.sha256(text.encode()).hexdigest()
