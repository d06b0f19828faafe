"""What records refuse, what they never tell, and how codes travel."""

from datetime import UTC, date, datetime
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from core_adapter.conformance import move
from core_adapter.csv_exchange import CsvExchangeAdapter
from core_adapter.mapping import CODES, BadCodeTable, load_codes, notification_from_wire, notification_to_wire
from core_adapter.mock import MockCoreAdapter
from core_adapter.models import Annotations, DateValue, Notification, NotifiedHousehold, ResidentQuery
from core_adapter.ports import CoreAdapter, CoreOutcomeUnknown, CoreRefused, CoreUnavailable
from core_adapter.rest import RestCoreAdapter
from core_adapter.sandbox.rules import REASONS, Register, refusal, registered
from core_adapter.sandbox.seed import load_seed

NOW = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
SEED = load_seed()
MOCK = MockCoreAdapter(clock=lambda: NOW, register_after=None)


def family_notification(household_id: str = "5100000018", only: list[str] | None = None) -> Notification:
    household = MOCK.household(household_id)
    assert household
    return move(household, SEED.towns[0].address("9番9号"), key="a-good-key", now=NOW, only=only)


@pytest.mark.parametrize(
    ("value", "precision"), [("1951-05-03", "day"), ("1951-05", "month"), ("1951", "year"), (None, "none")]
)
def test_dates_as_far_as_known(value: str | None, precision: str) -> None:
    assert DateValue(value=value, text="昭和26年ごろ").precision == precision


@pytest.mark.parametrize("value", ["51", "1951-13", "1951-02-29", "1951-5-3", "1951/05/03", "１９５１", ""])
def test_dates_that_are_none(value: str) -> None:
    with pytest.raises(ValidationError):
        DateValue(value=value)


def test_a_date_says_something() -> None:
    with pytest.raises(ValidationError):
        DateValue()


def test_a_cards_birth_date_is_understood() -> None:
    assert ResidentQuery(birth="19730412").birth == "1973-04-12"
    with pytest.raises(ValidationError):
        ResidentQuery(birth="19731312")


@pytest.mark.parametrize("tokens", [["孫"], ["子", "世帯主"], ["同居人", "子"], [], ["子"] * 5])
def test_relationships_that_the_record_does_not_know(tokens: list[str]) -> None:
    with pytest.raises(ValidationError):
        SEED.residents[0].model_validate({**SEED.residents[0].model_dump(), "relationship": tokens})


def test_relationships_read_as_printed() -> None:
    assert {"世帯主", "子の妻", "子の子", "妻（未届）"} <= {r.relationship_text for r in SEED.residents}


def test_addresses_are_worded_by_their_town() -> None:
    assert SEED.towns[1].address("3番4号", "コーポ若葉105号").text == (
        "見本県見本市花見台一丁目3番4号　コーポ若葉105号"
    )
    assert SEED.towns[1].address("3番4号", "").building is None


def test_nothing_personal_in_reprs_or_errors() -> None:
    resident, notification = SEED.residents[0], family_notification()
    with pytest.raises(ValidationError) as caught:
        resident.model_validate({**resident.model_dump(), "sex": "見本太郎"})
    for text in (repr(resident), str(resident), repr(notification), repr([resident.name]), str(caught.value)):
        for word in ("見本", "太郎", "ミホン", "1973", "花見台", resident.resident_id):
            assert word not in text


def test_records_cannot_be_changed_or_widened() -> None:
    with pytest.raises(ValidationError):
        SEED.residents[0].sex = "2"
    with pytest.raises(ValidationError):
        DateValue.model_validate({"value": "1951", "era": "昭和"})


def test_a_notification_survives_the_wire_and_travels_in_codes() -> None:
    codes = load_codes("vendor")
    notification = family_notification()
    annotated = notification.subjects[0].model_copy(update={"notes": Annotations(pension="first")})
    notification = notification.model_copy(update={"subjects": [annotated, *notification.subjects[1:]]})
    wire = notification_to_wire(notification, codes)
    assert (wire["reason_code"], wire["kind_code"]) == ("C01", "30")
    assert wire["subjects"][0]["notes"]["pension_code"] == "1"
    assert not {"reason", "kind"} & wire.keys()
    assert notification_from_wire(wire, codes) == notification


@pytest.mark.parametrize(
    "change", [{"reason_code": "Z99"}, {"kind_code": None}, {"extra": 1}, {"filed_on": 5}]
)
def test_the_core_takes_no_notification_it_does_not_understand(change: dict[str, object]) -> None:
    codes = load_codes("vendor")
    with pytest.raises(ValueError):
        notification_from_wire({**notification_to_wire(family_notification(), codes), **change}, codes)


def test_a_term_without_a_code_is_not_sent() -> None:
    strange = family_notification().model_copy(update={"reason": "気分転換"})
    with pytest.raises(ValueError, match="no code in table reason"):
        notification_to_wire(strange, load_codes("vendor"))


def test_a_code_table_with_a_code_twice_is_refused_by_name(tmp_path: Path) -> None:
    text = CODES.read_text(encoding="utf-8")
    bad = tmp_path / "codes.yaml"
    bad.write_text(text.replace('vendor: "21"', 'vendor: "10"'), encoding="utf-8")
    with pytest.raises(BadCodeTable, match=r"codes\.yaml: table residence_kind, column vendor"):
        load_codes("vendor", bad)
    assert load_codes("standard", bad).encode("sex", "1") == "1"


def test_whoever_stays_alone_becomes_the_head() -> None:
    elders = [r for r in SEED.residents if r.household_id == "5100000042"]
    towns = {town.town_code: town for town in SEED.towns}
    register = Register("992011", towns, {r.resident_id: r for r in SEED.residents}, frozenset())
    leaves = family_notification("5100000042", only=[elders[0].resident_id])
    mover, stays = registered(leaves, register, "5100000301")
    assert (mover.household_id, mover.is_head) == ("5100000301", True)
    assert (stays.household_id, stays.is_head, stays.relationship) == ("5100000042", True, ["世帯主"])


def test_joining_an_existing_household() -> None:
    mock = MockCoreAdapter(clock=lambda: NOW, register_after=None)
    single, couple = mock.household("5100000034"), mock.household("5100000042")
    assert single
    assert couple
    notification = move(single, couple.address, key="joins-them", now=NOW)
    joining = notification.household.model_copy(
        update={"joins": "existing", "new_id": couple.household_id, "head_id": couple.head_id}
    )
    subject = notification.subjects[0].model_copy(update={"relationship": ["同居人"]})
    good = notification.model_copy(update={"household": joining, "subjects": [subject]})
    elsewhere = subject.model_copy(update={"new_address": SEED.towns[0].address("9番9号")})
    with pytest.raises(CoreRefused, match="household_elsewhere"):
        mock.submit(good.model_copy(update={"subjects": [elsewhere]}))
    mock.submit(good)
    mock.settle("joins-them", "registered")
    together = mock.household(couple.household_id)
    assert together
    assert sorted(m.relationship_text for m in together.members) == ["世帯主", "同居人", "妻"]
    assert mock.household(single.household_id) is None


def test_the_mocks_bad_days() -> None:
    mock = MockCoreAdapter(clock=lambda: NOW, register_after=None)
    notification = family_notification()
    mock.mode = "down"
    with pytest.raises(CoreUnavailable):
        mock.submit(notification)
    assert not mock.health().ok
    mock.mode = "lose_ack"
    with pytest.raises(CoreOutcomeUnknown):
        mock.submit(notification)
    mock.mode = "slow"
    with pytest.raises(CoreUnavailable):
        mock.towns()
    mock.mode = "up"
    assert mock.submit(notification).duplicate


def test_every_shipped_adapter_is_built_from_the_cores_address_alone(tmp_path: Path) -> None:
    addresses = {
        MockCoreAdapter: "mock:",
        RestCoreAdapter: "http://127.0.0.1:1",
        CsvExchangeAdapter: tmp_path.as_uri(),
    }
    for kind, address in addresses.items():
        assert isinstance(kind(address), CoreAdapter)
    with pytest.raises(ValueError, match="file:///"):
        CsvExchangeAdapter("http://127.0.0.1:8200")


def test_the_installed_adapters_are_these() -> None:
    found = {point.name: point.load() for point in entry_points(group="kakanai.core_adapters")}
    assert found == {"mock": MockCoreAdapter, "rest": RestCoreAdapter, "csv_exchange": CsvExchangeAdapter}


def test_a_mock_without_a_clock_lives_in_the_time_of_its_notifications() -> None:
    mock = MockCoreAdapter("mock:")
    receipt = mock.submit(family_notification())
    assert receipt.accepted_at == NOW
    assert [event.kind for event in mock.events(0).events] == ["provisional", "registered"]
    household = mock.household("5100000018")
    assert household
    assert household.as_of == NOW
    assert household.address.town == "一番町"


def test_filed_on_is_a_date_of_the_counter_not_of_the_core() -> None:
    """The core's clock plays no part in what it accepts: a counter on another day can still be tried."""
    mock = MockCoreAdapter(clock=lambda: NOW, register_after=None)
    later = family_notification().model_copy(
        update={"filed_on": date(2031, 1, 5), "moved_on": date(2031, 1, 4)}
    )
    assert mock.submit(later).provisional_no


@pytest.mark.parametrize(
    ("relationships", "head", "code"),
    [
        (["世帯主", "妻"], 0, None),
        (["世帯主", "妻"], None, None),
        (["妻", "同居人"], None, None),
        (["妻", "世帯主"], 0, "head_mismatch"),
        (["世帯主", "世帯主"], None, "head_mismatch"),
        (["妻", "同居人"], 0, "head_mismatch"),
    ],
)
def test_the_head_of_the_new_household(relationships: list[str], head: int | None, code: str | None) -> None:
    notification = family_notification("5100000042")
    subjects = [
        subject.model_copy(update={"relationship": [relationship]})
        for subject, relationship in zip(notification.subjects, relationships, strict=True)
    ]
    household = NotifiedHousehold(
        old_id="5100000042",
        head_id=None if head is None else subjects[head].resident_id,
        joins="same",
    )
    towns = {town.town_code: town for town in SEED.towns}
    register = Register("992011", towns, {r.resident_id: r for r in SEED.residents}, frozenset())
    wrong = refusal(notification.model_copy(update={"subjects": subjects, "household": household}), register)
    assert (wrong.code if wrong else None) == code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"municipality_code": "131016"}, "wrong_municipality"),
        ({"scope": "一部"}, "scope_mismatch"),
        ({"subjects": 2}, "duplicate_subject"),
        ({"birth": DateValue(value="1950-05-21")}, "person_mismatch"),
        ({"name": "手本　退"}, "person_mismatch"),
        ({"new_address": SEED.towns[0].address("8番8号")}, "different_addresses"),
        ({"new_address": "old"}, "same_address"),
        (
            {"new_address": SEED.towns[0].address("9番9号").model_copy(update={"town": "無町"})},
            "unknown_town",
        ),
        ({"new_id": "5100000999"}, "unknown_household"),
    ],
)
def test_what_the_core_refuses(change: dict[str, Any], code: str) -> None:
    """The rest of the reasons; the conformance checks have the others."""
    notification = family_notification("5100000042")
    first, *others = notification.subjects
    towns = {town.town_code: town for town in SEED.towns}
    register = Register("992011", towns, {r.resident_id: r for r in SEED.residents}, frozenset())
    if change == {"subjects": 2}:
        wrong = notification.model_copy(update={"subjects": [first, first]})
    elif change == {"new_address": "old"}:
        back = [s.model_copy(update={"new_address": s.old_address}) for s in notification.subjects]
        wrong = notification.model_copy(update={"subjects": back})
    elif "new_id" in change:
        household = notification.household.model_copy(update={**change, "joins": "existing"})
        wrong = notification.model_copy(update={"household": household})
    elif change.keys() & Notification.model_fields.keys():
        wrong = notification.model_copy(update=change)
    else:
        wrong = notification.model_copy(update={"subjects": [first.model_copy(update=change), *others]})
    found = refusal(wrong, register)
    assert found
    assert found.code == code
    assert found.reason == REASONS[code]
