"""Sending to a core that is away, silent, unwilling or confused: once in effect, whatever happens."""

from datetime import timedelta

import pytest
from sqlmodel import select

from core_adapter.models import Receipt
from core_adapter.ports import (
    CoreError,
    CoreMalformed,
    CoreOutcomeUnknown,
    CoreRefused,
    CoreUnavailable,
)
from server.db.uow import NotThereError
from server.journal.models import JournalEntry
from server.kit import clock
from server.kit.machine import NotNowError
from server.submissions import service, states
from server.submissions.models import Submission
from tests.factories.cores import ScriptedCore
from tests.factories.visits import FOUR, Visit
from tests.server.submissions.conftest import Outbox, later
from tests.support_threads import at_once


def test_an_accepted_notification_is_sent_once(outbox: Outbox) -> None:
    visit = outbox.accepted(FOUR)
    assert outbox.row.state == "due"
    assert [sent.outcome for sent in outbox.send()] == ["provisional"]
    assert outbox.send() == []
    (sent,) = outbox.core.sent
    row = outbox.row
    assert sent.key == row.key == row.id
    assert sent.reception_no == visit.workspace().number
    assert (row.attempts, row.provisional_no, row.failure) == (1, "K00000001", None)
    assert row.answered_at is not None
    assert [subject.name for subject in sent.subjects] == [
        "見本　太郎",
        "見本　花子",
        "見本　さくら",
        "見本　ウメ",
    ]
    assert (sent.scope, sent.household.joins, sent.form.id) == ("全部", "same", "residence_change")
    assert {follow_up.state for follow_up in sent.follow_ups} == {"open"}


@pytest.mark.parametrize(
    "failure",
    [CoreUnavailable("connect_failed"), CoreOutcomeUnknown("timeout"), CoreOutcomeUnknown("http_500")],
)
def test_what_may_pass_is_tried_again_with_the_same_content(outbox: Outbox, failure: CoreError) -> None:
    outbox.accepted()
    outbox.core.fail(failure, failure, failure)
    pauses = []
    for _ in range(3):
        began = clock.now()
        assert [sent.outcome for sent in outbox.send()] == ["due"]
        assert outbox.send() == [], "not before its pause is over"
        pauses.append(outbox.row.not_before - began)
        later(seconds=pauses[-1].total_seconds() + 1)
    assert [sent.outcome for sent in outbox.send()] == ["provisional"]
    assert [round(pause.total_seconds()) for pause in pauses] == [1, 2, 4]
    assert len(outbox.core.sent) == 4
    assert len({notification.model_dump_json() for notification in outbox.core.sent}) == 1
    assert outbox.row.failure is None
    assert outbox.work("core.unreconciled") == []


def test_the_pause_grows_to_half_a_minute_and_no_further(outbox: Outbox) -> None:
    outbox.accepted()
    outbox.core.mode = "down"
    longest = timedelta(0)
    for _ in range(40):
        began = clock.now()
        outbox.send()
        longest = max(longest, outbox.row.not_before - began)
        later(seconds=31)
    assert timedelta(seconds=29) < longest < timedelta(seconds=32)
    assert outbox.row.state == "due", "nobody gives up by itself"


def test_a_lost_acknowledgement_is_answered_from_the_first_try(outbox: Outbox) -> None:
    outbox.accepted()
    outbox.core.after_taking = [CoreOutcomeUnknown("closed")]
    assert [sent.outcome for sent in outbox.send()] == ["due"]
    later(seconds=2)
    assert [sent.outcome for sent in outbox.send()] == ["provisional"]
    assert (outbox.row.provisional_no, outbox.row.attempts) == ("K00000001", 2)
    with outbox.services.db.read() as unit:
        entry = unit.session.exec(
            select(JournalEntry).where(JournalEntry.event == "submission.provisional")
        ).one()
    assert '"duplicate": true' in entry.payload


def test_a_core_that_is_away_is_asked_once_a_round(outbox: Outbox) -> None:
    for persona in ("mihon_taro", "reiji_haruto", "tehon_susumu"):
        outbox.accepted(persona)
    outbox.core.mode = "down"
    assert len(outbox.send()) == 1
    outbox.core.mode = "up"
    later(seconds=2)
    outcomes = outbox.send()
    assert [sent.outcome for sent in outcomes] == ["provisional"] * 3
    assert [sent.submission_id for sent in outcomes] == [row.id for row in outbox.rows()], "in their order"


def test_a_refusal_is_final_and_becomes_work(outbox: Outbox) -> None:
    visit = outbox.accepted()
    outbox.core.fail(CoreRefused("stale_address", "旧住所が一致しません。"))
    assert [sent.outcome for sent in outbox.send()] == ["rejected"]
    row = outbox.row
    assert (row.reason_code, row.settled_at is not None) == ("stale_address", True)
    assert row.reason is not None
    assert "旧住所".encode() not in row.reason
    assert visit.workspace().submissions[0].reason == "旧住所が一致しません。"
    later(hours=1)
    assert outbox.send() == []
    (work,) = outbox.work("core.rejected")
    assert (work.department, work.standing, work.registration) == ("shimin", "open", "rejected")


@pytest.mark.parametrize(
    ("failure", "why"),
    [
        (CoreMalformed("schema"), "schema"),
        (CoreMalformed("wrong_key"), "wrong_key"),
        (CoreRefused("key_conflict", "内容の違う届出"), "key_conflict"),
    ],
)
def test_what_cannot_be_decided_waits_for_a_person(outbox: Outbox, failure: CoreError, why: str) -> None:
    """A core that has something else under our key may have applied the first try: nobody is told no."""
    visit = outbox.accepted()
    outbox.core.fail(failure)
    assert [sent.outcome for sent in outbox.send()] == ["unreconciled"]
    assert outbox.row.failure == why
    later(days=1)
    assert outbox.send() == [], "never a blind resend"
    (work,) = outbox.work("core.unreconciled")
    assert work.state == "open"
    with outbox.services.db.write() as unit:
        service.retry(unit, visit.clerk, visit.reception_id, outbox.row.id)
    assert [sent.outcome for sent in outbox.send()] == ["provisional"]
    assert len(outbox.core.keys) == 1, "the same key, whoever asks"
    assert outbox.events()[-2:] == ["submission.retried", "submission.provisional"]


def test_only_what_waits_for_a_person_can_be_sent_again(outbox: Outbox) -> None:
    visit = outbox.accepted()
    for step in (lambda: None, outbox.send):
        step()
        with pytest.raises(NotNowError), outbox.services.db.write() as unit:
            service.retry(unit, visit.clerk, visit.reception_id, outbox.row.id)
    with pytest.raises(NotThereError), outbox.services.db.write() as unit:
        service.retry(unit, visit.clerk, visit.reception_id, "nothing")
    with pytest.raises(NotThereError), outbox.services.db.write() as unit:
        service.retry(unit, visit.clerk, "another reception", outbox.row.id)


def test_doubt_about_the_same_one_is_one_piece_of_work(outbox: Outbox) -> None:
    visit = outbox.accepted()
    outbox.core.fail(CoreMalformed("schema"), CoreMalformed("schema"))
    outbox.send()
    with outbox.services.db.write() as unit:
        service.retry(unit, visit.clerk, visit.reception_id, outbox.row.id)
    outbox.send()
    assert len(outbox.work("core.unreconciled")) == 1


def test_two_workers_send_one_notification_once(outbox: Outbox) -> None:
    """A server and its worker, or two servers: the row is leased before the core is asked."""
    outbox.accepted()
    results = at_once(4, lambda _: outbox.send())
    assert [len(found) for found in results if isinstance(found, list)].count(1) == 1
    assert len(outbox.core.sent) == 1
    assert outbox.row.state == "provisional"


class DyingCore(ScriptedCore):
    """Lets the worker die in the middle of a try, or be overtaken."""

    def __init__(self) -> None:
        super().__init__()
        self.in_between: list[object] = []

    def submit(self, notification: object) -> Receipt:
        if self.in_between:
            act = self.in_between.pop(0)
            assert callable(act)
            act()
        return super().submit(notification)  # type: ignore[arg-type]


@pytest.fixture
def core() -> DyingCore:
    return DyingCore()


class Killed(BaseException):
    """Stands for SIGKILL: nothing catches it and nothing is written after it."""


def die() -> None:
    raise Killed


def test_a_worker_that_died_is_followed_when_its_lease_is_over(outbox: Outbox, core: DyingCore) -> None:
    outbox.accepted()
    core.in_between = [die]
    with pytest.raises(Killed):
        outbox.send()
    assert outbox.row.state == "sending"
    assert outbox.send() == [], "it may still be at it"
    later(seconds=31)
    assert [sent.outcome for sent in outbox.send()] == ["provisional"]
    assert outbox.row.attempts == 2
    assert len(core.keys) == 1


def test_an_overtaken_worker_changes_nothing(outbox: Outbox, core: DyingCore) -> None:
    """The first try hangs, a second worker takes over and is answered; then the first one fails."""
    outbox.accepted()
    second: list[object] = []

    def overtake() -> None:
        later(seconds=31)
        second.extend(outbox.send())
        raise CoreUnavailable("timeout")

    core.in_between = [overtake]
    outbox.send()
    assert [sent.outcome for sent in second] == ["provisional"]  # type: ignore[attr-defined]
    assert (outbox.row.state, outbox.row.provisional_no) == ("provisional", "K00000001")


def test_one_that_cannot_be_opened_does_not_hold_up_the_others(outbox: Outbox) -> None:
    """A key that was destroyed, or bytes that were altered: a person hears of it, and the rest goes out."""
    first = outbox.accepted("reiji_haruto")
    outbox.accepted("tehon_susumu")
    with outbox.services.db.write() as unit:
        reception, _ = first.locked(unit)
        outbox.services.vault.destroy(unit, first.clerk, reception.key_id)
    assert [sent.outcome for sent in outbox.send()] == ["unreconciled", "provisional"]
    assert outbox.rows()[0].failure == "unreadable"
    assert len(outbox.work("core.unreconciled")) == 1


def test_a_draft_that_fits_no_notification_does_not_either(outbox: Outbox) -> None:
    first = outbox.accepted("reiji_haruto")
    outbox.accepted("tehon_susumu")
    with outbox.services.db.write() as unit:
        row = unit.session.exec(select(Submission).where(Submission.reception_id == first.reception_id)).one()
        key = outbox.services.vault.key(unit, first.clerk, row.key_id)
        draft = key.open(row.draft, f"submission:{row.id}")
        row.draft = key.seal({**draft, "moved_on": "yesterday"}, f"submission:{row.id}")
        unit.add(row)
    assert [sent.outcome for sent in outbox.send()] == ["unreconciled", "provisional"]
    assert outbox.rows()[0].failure == "unfit_draft"


def test_nothing_leaves_before_acceptance(outbox: Outbox) -> None:
    for step in ("settled", "prepared", "confirmed"):
        Visit.at(outbox.services, step)
        assert outbox.rows() == []
    assert outbox.send() == []
    assert outbox.core.sent == []


def test_the_states_agree_with_their_verbs() -> None:
    """`retry` is the only act of a person; everything else is the core's doing."""
    assert {state for state, action in states.MACHINE.table if action == "retry"} == {"unreconciled"}
    for state in ("registered", "rejected"):
        assert states.available_actions(state) == frozenset(), f"{state} is final"
    assert set(states.WAITING) <= states.MACHINE.states()
