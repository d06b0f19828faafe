"""What every CoreAdapter must do, as checks that run against a real one and its test core.

For whoever connects a core system: write an adapter, give its test core to these checks through a
`Bench`, and run each check on fresh state (see tests/core_adapter/test_conformance.py). A check returns
when the adapter conforms and raises Nonconformance, with a sentence, when it does not.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from typing import Any, Literal, Protocol

from core_adapter.models import (
    Address,
    FeedEvent,
    Filer,
    FormReference,
    Household,
    IdentityCheck,
    Notification,
    NotifiedHousehold,
    Receipt,
    Resident,
    ResidentQuery,
    Subject,
    Town,
)
from core_adapter.ports import CoreAdapter, CoreOutcomeUnknown, CoreRefused


class Nonconformance(AssertionError):
    """The adapter breaks its contract; the text says how."""


class Bench(Protocol):
    """An adapter and its test core, with nothing submitted yet."""

    adapter: CoreAdapter
    municipality_code: str
    now: datetime
    """An aware moment that the test core accepts as that of reception."""
    household_id: str
    """A household of at least two people, the first its head, with complete birth dates, none protected."""
    protected_household_id: str
    """A household in which at least one person is under 支援措置."""

    def settle(self, key: str, outcome: Literal["registered", "rejected"]) -> None:
        """Makes the test core register or reject a 仮登録, and the feed show it, before returning."""

    def turn(self) -> None:
        """Lets the other side do its work where it is not done by itself (files); else nothing."""


def require(condition: object, sentence: str) -> None:
    """Raises Nonconformance(sentence) unless the condition holds."""
    if not condition:
        raise Nonconformance(sentence)


def move(
    household: Household,
    to: Address,
    *,
    key: str,
    now: datetime,
    municipality_code: str = "992011",
    only: list[str] | None = None,
    protected: bool | None = None,
) -> Notification:
    """A 転居 of the whole household, or of the residents in `only` as a new household, headed by the first.

    protected: overrides every subject's mark. Relationships in a new household: the head, and 同居人.
    """
    movers = [m for m in household.members if only is None or m.resident_id in only]
    whole = len(movers) == len(household.members)
    head = household.head_id if whole else movers[0].resident_id
    return Notification(
        key=key,
        tenant="mihon",
        municipality_code=municipality_code,
        kind="転居",
        reason="転居",
        scope="全部" if whole else "一部",
        filed_on=now.date(),
        moved_on=now.date(),
        reception_no="B012",
        desk="3",
        station="counter-1",
        received_at=now,
        filer=Filer(
            resident_id=movers[0].resident_id,
            name=movers[0].name.display,
            relation="本人",
            identity_check=IdentityCheck(method="マイナンバーカード", points=1, by="clerk1"),
        ),
        household=NotifiedHousehold(
            old_id=household.household_id, head_id=head, joins="same" if whole else "new"
        ),
        subjects=[_subject(m, to, whole or None, m.resident_id == head, protected) for m in movers],
        form=FormReference(id="residence_change", version="1", sha256="0" * 64),
    )


def _subject(
    member: Resident, to: Address, keep: bool | None, is_head: bool, protected: bool | None
) -> Subject:
    return Subject(
        resident_id=member.resident_id,
        name=member.name.display,
        kana=member.name.kana,
        birth=member.birth,
        sex=member.sex,
        relationship=member.relationship if keep else ["世帯主"] if is_head else ["同居人"],
        old_address=member.address,
        new_address=to,
        protected=member.protection != "no" if protected is None else protected,
    )


def deliver(bench: Bench, notification: Notification) -> Receipt:
    """Submits, and once more when the first attempt cannot tell: what a counter's worker does."""
    try:
        return bench.adapter.submit(notification)
    except CoreOutcomeUnknown:
        bench.turn()
        return bench.adapter.submit(notification)


def _household(bench: Bench, household_id: str | None = None) -> Household:
    household = bench.adapter.household(household_id or bench.household_id)
    if household is None:
        raise Nonconformance("the bench's household is not found")
    return household


def _elsewhere(bench: Bench, household: Household) -> Address:
    town: Town = next(t for t in bench.adapter.towns() if t.town_code != household.address.town_code)
    return town.address("1番1号")


def _move(
    bench: Bench, key: str, *, only: list[str] | None = None, number: str | None = None
) -> Notification:
    household = _household(bench)
    to = _elsewhere(bench, household)
    if number:
        to = to.model_copy(update={"number": number, "text": to.text.replace(to.number, number)})
    return move(household, to, key=key, now=bench.now, municipality_code=bench.municipality_code, only=only)


def _refusal(bench: Bench, notification: Notification) -> CoreRefused:
    try:
        deliver(bench, notification)
    except CoreRefused as error:
        require(error.code.isascii() and error.reason, "a refusal has an ASCII code and a sentence")
        return error
    raise Nonconformance("a notification that must be refused was taken")


def _feed(bench: Bench) -> list[FeedEvent]:
    bench.turn()
    return bench.adapter.events(0).events


def is_a_core_adapter(bench: Bench) -> None:
    """Has every method and answers its health check."""
    require(isinstance(bench.adapter, CoreAdapter), "does not have the protocol's methods")
    require(bench.adapter.health().ok, "health() is not ok with a working core")


def finds_people(bench: Bench) -> None:
    """By name and date, by reading and date; the whole record comes back."""
    head = _household(bench).members[0]
    for query in (
        ResidentQuery(name=head.name.display, birth=head.birth.value),
        ResidentQuery(kana=head.name.kana, birth=head.birth.value),
        ResidentQuery(
            name=head.name.display.replace("　", " "), birth=(head.birth.value or "").replace("-", "")
        ),
    ):
        matches = bench.adapter.search(query)
        require(
            head in [match.resident for match in matches], "a resident is not found by name and birth date"
        )
        scores = [match.score for match in matches]
        require(scores == sorted(scores, reverse=True), "candidates are not in the order of their scores")


def finds_nobody_without_reason(bench: Bench) -> None:
    """No words, no matching words, an unknown household: nothing."""
    require(bench.adapter.search(ResidentQuery()) == [], "an empty query finds people")
    head = _household(bench).members[0]
    other = ResidentQuery(name=head.name.display, birth="1868-01-01")
    require(bench.adapter.search(other) == [], "a wrong birth date finds people")
    require(bench.adapter.household("999999999999999") is None, "an unknown household is found")
    require(bench.adapter.receipt("never-submitted") is None, "an unknown key has a receipt")


def takes_and_registers(bench: Bench) -> None:
    """仮登録 changes nothing yet; 本登録 moves everybody; the feed tells both."""
    before = _household(bench)
    notification = _move(bench, "takes-and-registers")
    receipt = deliver(bench, notification)
    require(receipt.key == notification.key and receipt.provisional_no, "the receipt is for another key")
    require(_household(bench).members == before.members, "仮登録 already changes the record")
    require([e.kind for e in _feed(bench)] == ["provisional"], "the feed does not tell of 仮登録")
    bench.settle(notification.key, "registered")
    kinds = [(e.key, e.kind) for e in _feed(bench)]
    require(kinds[1:] == [(notification.key, "registered")], "the feed does not tell of 本登録")
    after = _household(bench)
    moved = {member.address.text for member in after.members}
    require(moved == {notification.subjects[0].new_address.text}, "本登録 does not change every address")
    unchanged = [m.model_copy(update={"address": before.address}) for m in after.members]
    require(unchanged == before.members, "本登録 changes more than the address")


def takes_a_part_as_a_new_household(bench: Bench) -> None:
    """一部: whoever moves gets a household of their own, whoever stays does not move."""
    before = _household(bench)
    mover = before.members[1]
    notification = _move(bench, "takes-a-part", only=[mover.resident_id])
    deliver(bench, notification)
    bench.settle(notification.key, "registered")
    stayed = _household(bench)
    require(mover.resident_id not in [m.resident_id for m in stayed.members], "the mover is still there")
    require(stayed.address == before.address, "whoever stayed was moved")
    (match,) = bench.adapter.search(ResidentQuery(name=mover.name.display, birth=mover.birth.value))
    new = bench.adapter.household(match.resident.household_id)
    require(new and new.head_id == mover.resident_id, "the new household has not the notified head")


def is_idempotent(bench: Bench) -> None:
    """The same again: the same number, marked; other contents under the key: refused, the first stands."""
    notification = _move(bench, "is-idempotent")
    first = deliver(bench, notification)
    again = deliver(bench, notification)
    require(
        again == first.model_copy(update={"duplicate": True}), "the second receipt is not the first again"
    )
    other = notification.model_copy(update={"desk": "4"})
    require(_refusal(bench, other).code == "key_conflict", "other contents under a used key are not refused")
    kept = bench.adapter.receipt(notification.key)
    require(kept == first.model_copy(update={"duplicate": False}), "receipt() is not the first receipt")
    require(len(_feed(bench)) == 1, "the repetition shows in the feed")


def is_idempotent_under_contention(bench: Bench) -> None:
    """Eight at once: one 仮登録."""
    notification = _move(bench, "under-contention")
    with ThreadPoolExecutor(8) as pool:
        receipts = list(pool.map(lambda _: _receipt_or_none(bench, notification), range(8)))
    bench.turn()
    numbers = {r.provisional_no for r in [*receipts, bench.adapter.submit(notification)] if r}
    require(len(numbers) == 1, "one key has several provisional numbers")
    require(len(_feed(bench)) == 1, "one key was taken several times")


def _receipt_or_none(bench: Bench, notification: Notification) -> Receipt | None:
    try:
        return bench.adapter.submit(notification)
    except CoreOutcomeUnknown:
        return None


def refuses_what_is_wrong(bench: Bench) -> None:
    """Unknown people, people of another household, an old address: refused, and nothing remains of it."""
    good = _move(bench, "refuses-wrong")
    subject = good.subjects[0]
    unknown = subject.model_copy(update={"resident_id": "999999999999999"})
    stale = subject.model_copy(update={"old_address": subject.new_address})
    stranger = NotifiedHousehold(old_id="999999999999999", head_id=good.household.head_id, joins="same")
    cases: dict[str, dict[str, Any]] = {
        "unknown_resident": {"subjects": [unknown, *good.subjects[1:]]},
        "stale_address": {"subjects": [stale, *good.subjects[1:]]},
        "wrong_household": {"household": stranger},
        "moved_on_after_filed_on": {"moved_on": date.fromordinal(good.filed_on.toordinal() + 1)},
    }
    for code, change in cases.items():
        error = _refusal(bench, good.model_copy(update=change))
        require(error.code == code, f"refused as {error.code} instead of {code}")
    require(bench.adapter.receipt(good.key) is None, "a refused notification has a receipt")
    require(_feed(bench) == [], "a refused notification is in the feed")
    require(deliver(bench, good).provisional_no, "the corrected notification is not taken under the same key")


def refuses_a_second_move_while_one_is_provisional(bench: Bench) -> None:
    """Two notifications for the same people do not wait for 本登録 together."""
    first, second = _move(bench, "first-move"), _move(bench, "second-move", number="2番2号")
    deliver(bench, first)
    require(_refusal(bench, second).code == "pending_exists", "a second 仮登録 for the same people is taken")
    bench.settle(first.key, "registered")
    require(_refusal(bench, second).code == "stale_address", "a move from an old address is taken")


def tells_of_a_rejection(bench: Bench) -> None:
    """差戻: in the feed with code and reason, the record as it was, the people free to move."""
    before = _household(bench)
    deliver(bench, _move(bench, "to-be-rejected"))
    bench.settle("to-be-rejected", "rejected")
    last = _feed(bench)[-1]
    require(
        (last.key, last.kind) == ("to-be-rejected", "rejected"), "the feed does not tell of the rejection"
    )
    require(last.reason_code and last.reason, "a rejection has no reason")
    require(_household(bench).members == before.members, "a rejected notification changes the record")
    require(deliver(bench, _move(bench, "corrected-one")).provisional_no, "nothing can follow a rejection")


def feeds_without_gaps(bench: Bench) -> None:
    """Pages of one and one page of all are the same; a position already read brings nothing."""
    deliver(bench, _move(bench, "feeds-one"))
    bench.settle("feeds-one", "rejected")
    deliver(bench, _move(bench, "feeds-two"))
    events = _feed(bench)
    require([e.seq for e in events] == [1, 2, 3], "seq does not count one by one")
    paged, after = [], 0
    while (page := bench.adapter.events(after, limit=1)).events:
        paged += page.events
        after = page.next_after
    require(paged == events, "pages of one differ from one page")
    end = bench.adapter.events(after)
    require(end.events == [] and end.next_after == after, "the end of the feed moves by itself")


def carries_protection(bench: Bench) -> None:
    """The mark of 支援措置 comes with the person, and a notification without it is refused."""
    household = _household(bench, bench.protected_household_id)
    require(any(m.protection == "yes" for m in household.members), "支援措置 does not come with the person")
    to = _elsewhere(bench, household)
    code = bench.municipality_code
    bare = move(household, to, key="without-mark", now=bench.now, municipality_code=code, protected=False)
    require(_refusal(bench, bare).code == "protection_not_carried", "the lost mark is not noticed")
    marked = move(household, to, key="with-mark", now=bench.now, municipality_code=code)
    require(deliver(bench, marked).provisional_no, "a marked notification is not taken")


def carries_the_residence_card_number(bench: Bench) -> None:
    """A number of a 在留カード等 is taken with its holder, and is a part of what the key stands for."""
    plain = _move(bench, "with-card-number")

    def holding(number: str) -> Notification:
        first = plain.subjects[0].model_copy(update={"residence_card_no": number})
        return plain.model_copy(update={"subjects": [first, *plain.subjects[1:]]})

    require(deliver(bench, holding("AB12345678CD")).provisional_no, "a residence card's number is not taken")
    code = _refusal(bench, holding("AB12345679CD")).code
    require(code == "key_conflict", "another card's number under a used key is not noticed: it got lost")


def knows_its_towns(bench: Bench) -> None:
    """Codes of eleven digits, each once, and the address of every household among them."""
    towns = bench.adapter.towns()
    codes = [town.town_code for town in towns]
    require(codes and len(set(codes)) == len(codes), "town codes are missing or stand twice")
    require(_household(bench).address.town_code in codes, "a household lives in no town")


CHECKS: tuple[Callable[[Bench], None], ...] = (
    is_a_core_adapter,
    finds_people,
    finds_nobody_without_reason,
    knows_its_towns,
    takes_and_registers,
    takes_a_part_as_a_new_household,
    is_idempotent,
    is_idempotent_under_contention,
    refuses_what_is_wrong,
    refuses_a_second_move_while_one_is_provisional,
    tells_of_a_rejection,
    feeds_without_gaps,
    carries_protection,
    carries_the_residence_card_number,
)
