"""What the core says afterwards: 仮登録, 本登録, rejection, in whatever order it comes."""

import pytest

from core_adapter.models import FeedEvent
from core_adapter.ports import CoreMalformed, CoreOutcomeUnknown, CoreUnavailable
from server.kit import clock
from server.submissions import queries
from server.submissions.models import FeedPosition
from tests.server.submissions.conftest import Outbox, later


def event(seq: int, key: str, kind: str, reason: str | None = None) -> FeedEvent:
    code = "desk_review" if reason else None
    return FeedEvent(seq=seq, key=key, kind=kind, at=clock.now(), reason_code=code, reason=reason)  # type: ignore[arg-type]


def standing(outbox: Outbox) -> queries.CoreStanding:
    with outbox.services.db.read() as unit:
        return queries.core_standing(unit, outbox.services.system)


def test_registration_comes_by_the_feed(outbox: Outbox) -> None:
    visit = outbox.accepted()
    outbox.send()
    assert outbox.core.settle(outbox.row.key, "registered")
    assert outbox.hear() == 2
    assert outbox.row.state == "registered"
    assert outbox.row.settled_at is not None
    assert outbox.hear() == 0
    assert outbox.events() == ["submission.queued", "submission.provisional", "submission.registered"]
    exchange = next(step for step in visit.workspace().strip if step.key == "exchange")
    assert exchange.state == "done"


def test_a_rejection_opens_work_and_edits_nothing(outbox: Outbox) -> None:
    visit = outbox.accepted()
    before = visit.workspace().prepared
    outbox.send()
    assert outbox.core.settle(outbox.row.key, "rejected")
    outbox.hear()
    workspace = visit.workspace()
    assert workspace.state == "accepted"
    assert workspace.prepared == before
    assert workspace.submissions[0].state == "rejected"
    assert workspace.submissions[0].reason
    assert len(outbox.work("core.rejected")) == 1
    assert next(step.state for step in workspace.strip if step.key == "exchange") == "blocked"


def test_the_feed_may_be_quicker_than_the_answer(outbox: Outbox) -> None:
    """Applied, the answer lost, the core away, and then registered: the feed says so before we can ask."""
    outbox.accepted()
    outbox.core.after_taking = [CoreOutcomeUnknown("closed")]
    outbox.send()
    assert outbox.row.state == "due"
    outbox.core.settle(outbox.row.key, "registered")
    outbox.hear()
    assert outbox.row.state == "registered"
    later(minutes=1)
    assert outbox.send() == [], "there is nothing left to send"


def test_a_doubt_is_settled_by_the_feed(outbox: Outbox) -> None:
    for number, kind in enumerate(("provisional", "registered", "rejected")):
        visit = outbox.accepted(("mihon_taro", "reiji_haruto", "tehon_susumu")[number])
        outbox.core.fail(CoreMalformed("schema"))
        outbox.send()
        row = outbox.rows()[-1]
        assert row.state == "unreconciled"
        outbox.core.tell([event(number + 1, row.key, kind, "理由" if kind == "rejected" else None)])
        outbox.hear()
        assert outbox.rows()[-1].state == kind
        assert visit.workspace().submissions[0].failure is None or kind == "rejected"


def test_nothing_overtakes_a_final_word(outbox: Outbox) -> None:
    outbox.accepted()
    outbox.send()
    key = outbox.row.key
    outbox.core.tell(
        [
            event(1, key, "registered"),
            event(2, key, "rejected", "あとから"),
            event(3, key, "provisional"),
            event(4, key, "registered"),
        ]
    )
    assert outbox.hear() == 4
    assert outbox.row.state == "registered"
    assert outbox.row.reason is None
    assert outbox.work("core.rejected") == []
    assert outbox.events().count("submission.registered") == 1


def test_a_feed_that_is_read_again_changes_nothing(outbox: Outbox) -> None:
    """The worker died after the events and before the place was written."""
    outbox.accepted()
    outbox.send()
    key = outbox.row.key
    outbox.core.tell([event(1, key, "rejected", "理由")])
    outbox.hear()
    with outbox.services.db.write() as unit:
        position = unit.session.get(
            FeedPosition,
            unit.session.connection().exec_driver_sql("SELECT id FROM feed_position").scalar_one(),
        )
        assert position is not None
        position.after = 0
        unit.add(position)
    assert outbox.hear() == 1
    assert len(outbox.work("core.rejected")) == 1
    assert outbox.events().count("submission.rejected") == 1


def test_somebody_elses_notifications_are_none_of_ours(outbox: Outbox) -> None:
    outbox.accepted()
    outbox.core.tell([event(1, "another-counter-0001", "registered")])
    assert outbox.hear() == 1
    assert outbox.row.state == "due"


def test_one_event_that_cannot_be_taken_down_does_not_stop_the_feed(outbox: Outbox) -> None:
    """Its reception was forgotten: the sentence about it has no key any more."""
    first, second = outbox.accepted("reiji_haruto"), outbox.accepted("tehon_susumu")
    outbox.send()
    with outbox.services.db.write() as unit:
        reception, _ = first.locked(unit)
        outbox.services.vault.destroy(unit, first.clerk, reception.key_id)
    keys = [row.key for row in outbox.rows()]
    outbox.core.tell([event(1, keys[0], "rejected", "理由"), event(2, keys[1], "registered")])
    outbox.hear()
    assert [row.state for row in outbox.rows()] == ["rejected", "registered"]
    assert second.workspace().submissions[0].state == "registered"


@pytest.mark.parametrize("failure", [CoreUnavailable("connect_failed"), CoreMalformed("not_json")])
def test_a_core_that_does_not_answer_counts_as_away(
    outbox: Outbox, failure: CoreUnavailable | CoreMalformed
) -> None:
    assert standing(outbox).up is False, "before the first look nobody knows"
    outbox.hear()
    assert standing(outbox).up is True
    told: list[str] = []
    outbox.services.db.publish = told.extend
    outbox.core.feed_fails = failure
    assert outbox.hear() == 0
    assert standing(outbox).up is False
    assert "core" in told, "open screens hear of it"
    outbox.core.feed_fails = None
    outbox.hear()
    assert standing(outbox).up is True


def test_a_core_that_is_back_is_sent_everything_at_once(outbox: Outbox) -> None:
    for persona in ("mihon_taro", "reiji_haruto"):
        outbox.accepted(persona)
    outbox.core.mode = "down"
    outbox.hear()
    for _ in range(8):
        outbox.send()
        later(seconds=31)
    outbox.send()
    outbox.core.mode = "up"
    outbox.hear()
    assert {sent.outcome for sent in outbox.send()} == {"provisional"}


def test_a_feed_that_says_nothing_new_is_written_down_seldom(outbox: Outbox) -> None:
    outbox.hear()
    writes: list[str] = []
    original = outbox.services.db.write

    def counted() -> object:
        writes.append("")
        return original()

    outbox.services.db.write = counted  # type: ignore[method-assign, assignment]
    for _ in range(5):
        outbox.hear()
    assert len(writes) == 0
    later(seconds=11)
    outbox.hear()
    assert len(writes) == 1
