"""People who were taken in while the core was away: found when exactly one person fits, never guessed."""

import pytest

from core_adapter.models import Notification
from core_adapter.ports import CoreOutcomeUnknown, CoreUnavailable
from server.submissions.completing import AmbiguousPersonError, complete
from tests.factories.visits import Visit
from tests.server.submissions.conftest import Outbox, later

TARO = {"name": "見本　太郎", "birth": "1973-04-12", "sex": "1", "relationship": "世帯主", "is_head": True}
HANAKO = {"name": "見本　花子", "birth": "1975-09-03", "sex": "2", "relationship": "妻", "is_head": False}
SAKURA = {"name": "見本　さくら", "birth": "2016-06-18", "sex": "2", "relationship": "子", "is_head": False}
UME = {"name": "見本　ウメ", "birth": "1945-02-01", "sex": "2", "relationship": "母", "is_head": False}


def entered(outbox: Outbox, *people: dict[str, object]) -> Visit:
    """An accepted intake of people whom nobody could look up."""
    outbox.services.towns.all()
    outbox.core.mode = "down"
    visit = Visit.opened(outbox.services, None)
    visit.identify()
    ids = [visit.enter(**person) for person in people]
    with outbox.services.db.write() as unit:
        from server.reception import service

        reception, key = visit.locked(unit)
        service.choose_filer(unit, visit.clerk, reception, key, ids[0])
    visit.settle()
    visit.prepare()
    visit.confirm()
    visit.accept()
    return visit


def test_a_whole_household_is_found_when_the_core_is_back(outbox: Outbox) -> None:
    visit = entered(outbox, TARO, HANAKO, SAKURA, UME)
    assert [sent.outcome for sent in outbox.send()] == ["due"]
    outbox.core.mode = "up"
    later(seconds=2)
    assert [sent.outcome for sent in outbox.send()] == ["provisional"]
    sent = outbox.core.sent[-1]
    assert [subject.resident_id for subject in sent.subjects] == [
        "2100000019",
        "2100000027",
        "2100000035",
        "2100000043",
    ]
    assert (sent.scope, sent.household.old_id, sent.household.joins) == ("全部", "5100000018", "same")
    assert sent.household.head_id == "2100000019"
    assert sent.subjects[0].old_address.text.endswith("花見台二丁目3番4号")
    assert visit.workspace().submissions[0].state == "provisional"


def test_part_of_a_household_founds_one_of_its_own(outbox: Outbox) -> None:
    entered(outbox, {**HANAKO, "relationship": "世帯主", "is_head": True}, SAKURA)
    outbox.core.mode = "up"
    outbox.send()
    sent = outbox.core.sent[-1]
    assert (sent.scope, sent.household.joins, sent.household.new_id) == ("一部", "new", None)


def test_other_glyphs_are_the_same_person(outbox: Outbox) -> None:
    """A card holds 吉 where the register holds 𠮷; the register's name is the one of record."""
    entered(outbox, {**TARO, "name": "葛城　凛", "birth": "1992-12-24", "sex": "2"})
    outbox.core.mode = "up"
    assert [sent.outcome for sent in outbox.send()] == ["provisional"]
    assert outbox.core.sent[-1].subjects[0].name == "葛\U000e0100城　凛"


@pytest.mark.parametrize(
    "person",
    [
        # Two people of that name and birth date.
        {"name": "見本　一郎", "birth": "1980-01-15"},
        # Nobody of that name.
        {"name": "例示　三郎"},
        # Somebody of that name, born on another day.
        {"birth": "1973-04-13"},
        {"sex": "2"},
        # A name alone.
        {"birth": None},
        # The beginning of a name.
        {"name": "見本"},
    ],
)
def test_who_cannot_be_told_apart_waits_for_a_person(outbox: Outbox, person: dict[str, object]) -> None:
    entered(outbox, {**TARO, **person})
    outbox.core.mode = "up"
    later(seconds=2)
    assert [sent.outcome for sent in outbox.send()] == ["unreconciled"]
    assert outbox.row.failure == "ambiguous_person"
    assert outbox.core.sent == []
    assert len(outbox.work("core.unreconciled")) == 1


def test_people_of_two_households_are_not_put_together(outbox: Outbox) -> None:
    entered(outbox, TARO, {**SAKURA, "name": "架空　蓮", "birth": "2022-01-30", "sex": "1"})
    outbox.core.mode = "up"
    assert [sent.outcome for sent in outbox.send()] == ["unreconciled"]


def test_a_protected_person_keeps_the_mark(outbox: Outbox) -> None:
    """Nobody knew it when the core was away; the notification carries it all the same."""
    entered(outbox, {**TARO, "name": "仮名　咲", "birth": "1991-03-27", "sex": "2"})
    outbox.core.mode = "up"
    assert [sent.outcome for sent in outbox.send()] == ["provisional"]
    assert [subject.protected for subject in outbox.core.sent[-1].subjects] == [True]


def test_what_was_found_once_is_sent_again_as_it_was(outbox: Outbox) -> None:
    """After 本登録 the core has them at their new address: looked up anew, the same key would carry another
    content, and the core would refuse what it has done."""
    entered(outbox, TARO, HANAKO, SAKURA, UME)
    outbox.core.mode = "up"
    later(seconds=2)
    outbox.core.after_taking = [CoreOutcomeUnknown("closed")]
    assert [sent.outcome for sent in outbox.send()] == ["due"]
    outbox.core.settle(outbox.row.key, "registered")
    later(seconds=5)
    outbox.send()
    assert outbox.row.state in ("provisional", "registered")
    first, second = outbox.core.sent
    assert first == second


def test_a_draft_that_lacks_nothing_asks_nobody(outbox: Outbox) -> None:
    outbox.accepted()
    outbox.send()
    draft = outbox.core.sent[0].model_dump(mode="json")
    outbox.core.mode = "down"
    assert complete(draft, outbox.core) == draft


def test_completing_says_what_is_in_the_way(outbox: Outbox) -> None:
    outbox.accepted()
    outbox.send()
    draft = outbox.core.sent[0].model_dump(mode="json")
    for subject in draft["subjects"]:
        subject["resident_id"] = None
    assert Notification.model_validate(complete(draft, outbox.core)) is not None
    draft["subjects"][0]["birth"] = {"value": None, "text": "不詳"}
    with pytest.raises(AmbiguousPersonError):
        complete(draft, outbox.core)
    outbox.core.mode = "down"
    draft["subjects"][0]["birth"] = {"value": "1973-04-12", "text": None}
    with pytest.raises(CoreUnavailable):
        complete(draft, outbox.core)
