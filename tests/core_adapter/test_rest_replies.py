"""Replies nobody should send: the adapter names each, believes none, and never waits beyond its budget."""

import json
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core_adapter.budget import Circuit
from core_adapter.conformance import move
from core_adapter.mapping import load_codes, resident_to_wire
from core_adapter.mock import MockCoreAdapter
from core_adapter.models import Household, ResidentQuery
from core_adapter.ports import CoreError, CoreMalformed, CoreOutcomeUnknown, CoreRefused, CoreUnavailable
from core_adapter.rest import RestCoreAdapter
from tests.core_adapter.peer import Answer, Peer, http, says, says_json

NOW = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
MOCK = MockCoreAdapter(clock=lambda: NOW, register_after=None)
FAMILY = "5100000018"


@pytest.fixture
def peer() -> Iterator[Peer]:
    peer = Peer()
    yield peer
    peer.close()


@pytest.fixture
def adapter(peer: Peer) -> Iterator[RestCoreAdapter]:
    adapter = RestCoreAdapter(peer.url, read_budget=0.5, submit_budget=0.6)
    yield adapter
    adapter.close()


def family() -> Household:
    household = MOCK.household(FAMILY)
    assert household
    return household


def family_wire() -> dict[str, Any]:
    household = family()
    wire = household.model_dump(mode="json")
    wire["members"] = [resident_to_wire(member, load_codes("vendor")) for member in household.members]
    return wire


NOTIFICATION = move(family(), MOCK.towns()[0].address("9番9号"), key="the-right-key", now=NOW)
RECEIPT = {
    "key": "the-right-key",
    "provisional_no": "K1",
    "accepted_at": "2026-11-23T01:30:00Z",
    "duplicate": False,
}

UNBELIEVABLE = {
    "html": (http(b"<html><body>OK</body></html>", kind=b"text/html"), "not_json"),
    "html called json": (http(b"<html></html>"), "not_json"),
    "no content type": (b"HTTP/1.1 200 X\r\nContent-Length: 2\r\n\r\n{}", "not_json"),
    "a list": (http(b"[]"), "schema"),
    "empty": (http(b""), "not_json"),
    "not UTF-8": (http('{"key": "見本"}'.encode("cp932")), "encoding"),
    "half a value": (http(b'{"key": "the-ri'), "not_json"),
    "NaN": (http(b'{"key": NaN}'), "not_json"),
    "a name twice": (http(b'{"key": "a", "key": "b"}'), "not_json"),
    "too deep for the parser": (http(b'{"a":' + b"[" * 100_000), "too_deep"),
    "too deep for us": (http(b'{"a":' + b"[" * 30 + b"]" * 30 + b"}"), "too_deep"),
    "too large": (http(b'{"a": "' + b"x" * 2_000_001 + b'"}'), "too_large"),
    "compressed": (http(b"{}", extra=b"Content-Encoding: gzip\r\n"), "encoding"),
    "redirect": (http(b"", 302, extra=b"Location: http://127.0.0.1:1/\r\n"), "redirect"),
    "somebody else's 404": (http(b'{"detail":"Not Found"}', 404), "http_404"),
    "a refusal without reason": (http(b'{"code":"no"}', 422), "http_422"),
}


@pytest.mark.parametrize("case", UNBELIEVABLE)
def test_an_unbelievable_reply_is_quarantined(peer: Peer, adapter: RestCoreAdapter, case: str) -> None:
    raw, code = UNBELIEVABLE[case]
    peer.answer = says(raw)
    for call in (lambda: adapter.household(FAMILY), lambda: adapter.submit(NOTIFICATION)):
        with pytest.raises(CoreMalformed) as caught:
            call()
        assert caught.value.code == code


def test_redirects_are_not_followed(peer: Peer, adapter: RestCoreAdapter) -> None:
    other = Peer()
    location = b"Location: " + other.url.encode() + b"/v1/households/1\r\n"
    peer.answer = says(http(b"", 307, extra=location))
    with pytest.raises(CoreMalformed):
        adapter.household(FAMILY)
    assert other.requests == []
    other.close()


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_says_nothing_of_what_was_done(
    peer: Peer, adapter: RestCoreAdapter, status: int
) -> None:
    peer.answer = says(http(b"<html>Bad Gateway</html>", status, b"text/html"))
    with pytest.raises(CoreUnavailable, match=f"http_{status}"):
        adapter.household(FAMILY)
    with pytest.raises(CoreOutcomeUnknown, match=f"http_{status}"):
        adapter.submit(NOTIFICATION)


def test_a_truncated_reply(peer: Peer, adapter: RestCoreAdapter) -> None:
    whole = http(json.dumps(RECEIPT).encode())
    for cut in (0, 5, 30, len(whole) - 1):
        peer.answer = says(whole[:cut])
        with pytest.raises(CoreUnavailable):
            adapter.receipt("the-right-key")
        with pytest.raises(CoreOutcomeUnknown):
            adapter.submit(NOTIFICATION)
    peer.answer = says(whole)
    assert adapter.submit(NOTIFICATION).provisional_no == "K1"


def drips(raw: bytes, pause: float) -> Answer:
    def answer(connection: socket.socket, _: bytes) -> None:
        for byte in raw:
            connection.sendall(bytes([byte]))
            time.sleep(pause)

    return answer


@pytest.mark.parametrize("raw", [b"HTTP/1.1 200 X\r\nX-A: " + b"a" * 500, http(b"{" + b" " * 500)])
def test_a_reply_that_drips_is_cut_off_at_the_budget(
    peer: Peer, adapter: RestCoreAdapter, raw: bytes
) -> None:
    peer.answer = drips(raw, 0.02)
    started = time.monotonic()
    with pytest.raises(CoreUnavailable, match="timeout"):
        adapter.household(FAMILY)
    with pytest.raises(CoreOutcomeUnknown, match="timeout"):
        adapter.submit(NOTIFICATION)
    assert time.monotonic() - started < 4


def test_a_reply_for_somebody_else_is_not_shown(peer: Peer, adapter: RestCoreAdapter) -> None:
    peer.answer = says_json({**RECEIPT, "key": "another-key"}, 201)
    with pytest.raises(CoreMalformed, match="wrong_key"):
        adapter.submit(NOTIFICATION)
    with pytest.raises(CoreMalformed, match="wrong_key"):
        adapter.receipt("the-right-key")
    peer.answer = says_json({**family_wire(), "household_id": "5100000026"})
    with pytest.raises(CoreMalformed, match="wrong_household"):
        adapter.household(FAMILY)
    peer.answer = says_json({"request_id": "another", "residents": [], "as_of": "x"})
    with pytest.raises(CoreMalformed, match="wrong_request"):
        adapter.search(ResidentQuery(name="見本"))


def test_members_of_another_household_or_twice_are_not_shown(peer: Peer, adapter: RestCoreAdapter) -> None:
    stranger = family_wire()
    stranger["members"][1]["household_id"] = "5100000026"
    double = family_wire()
    double["members"][1] = double["members"][0]
    headless = {**family_wire(), "head_id": "2100000051"}
    for wire in (stranger, double, headless):
        peer.answer = says_json(wire)
        with pytest.raises(CoreMalformed, match="schema"):
            adapter.household(FAMILY)


def test_people_who_do_not_fit_the_question_are_left_out(peer: Peer, adapter: RestCoreAdapter) -> None:
    members = family_wire()["members"]

    def answer(connection: socket.socket, body: bytes) -> None:
        asked = json.loads(body)["request_id"]
        connection.sendall(http(json.dumps({"request_id": asked, "residents": members}).encode()))

    peer.answer = answer
    found = adapter.search(ResidentQuery(name="見本　花子", birth="1975-09-03"))
    assert [match.resident.name.display for match in found] == ["見本　花子"]


def test_search_words_are_not_in_the_request_line(peer: Peer, adapter: RestCoreAdapter) -> None:
    peer.answer = says(http(b"{}"))
    with pytest.raises(CoreMalformed):
        adapter.search(ResidentQuery(name="MIHON TARO", birth="1973-04-12"))
    head = peer.requests[-1].partition(b"\r\n\r\n")[0]
    assert head.startswith(b"POST /v1/residents/search HTTP/1.1")
    assert b"MIHON" not in head
    assert b"1973" not in head


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("is_head", "yes"),
        ("is_head", 1),
        ("resident_id", 2100000019),
        ("relationship", ["孫"]),
        ("relationship", []),
        ("birth", {"value": "1973-02-30", "text": None}),
        ("birth", None),
        ("name", {"display": "見本\u202e太郎", "kana": "", "kana_confirmed": True}),
        ("name", {"display": "\ud842", "kana": "", "kana_confirmed": True}),
        ("name", {"display": "見本\u0000", "kana": "", "kana_confirmed": True}),
        ("stay_until", "2026-13-01"),
        ("address", "見本県見本市"),
    ],
)
def test_an_ill_typed_record_is_malformed_and_its_words_are_not_in_the_error(
    peer: Peer, adapter: RestCoreAdapter, field: str, value: object
) -> None:
    wire = family_wire()
    wire["members"][0][field] = value
    peer.answer = says_json(wire)
    with pytest.raises(CoreMalformed) as caught:
        adapter.household(FAMILY)
    assert caught.value.code == "schema"
    assert caught.value.__cause__ is None
    assert "見本" not in repr(caught.value)


def test_unknown_codes_and_fields_are_kept_and_fall_to_the_careful_side(
    peer: Peer, adapter: RestCoreAdapter
) -> None:
    wire = family_wire()
    person = wire["members"][0]
    person |= {"sex_code": "7", "residence_kind_code": "99", "protection_code": "5", "new_field": {"x": 1}}
    person["known"] |= {"pension_code": "6", "my_number_card_code": None, "vaccination": True}
    person["name"]["mj"] = "MJ012345"
    peer.answer = says_json(wire)
    household = adapter.household(FAMILY)
    assert household
    head = household.members[0]
    assert (head.sex, head.residence_kind, head.protection) == ("0", "unknown", "unknown")
    assert head.known.pension is None
    assert head.known.my_number_card is None
    assert {(u.field, u.raw) for u in head.unmapped} == {
        ("sex", "7"),
        ("residence_kind", "99"),
        ("protection", "5"),
        ("pension", "6"),
        ("new_field", '{"x": 1}'),
        ("known.vaccination", "true"),
        ("name.mj", "MJ012345"),
    }
    assert household.members[1].unmapped == []


@pytest.mark.parametrize(
    ("seqs", "next_after", "code"),
    [
        ([2, 3], 3, "feed_gap"),
        ([1, 3], 3, "feed_gap"),
        ([1, 1], 1, "feed_gap"),
        ([1, 2], 5, "feed_position"),
        ([], 1, "feed_position"),
    ],
)
def test_a_feed_with_gaps_is_not_believed(
    peer: Peer, adapter: RestCoreAdapter, seqs: list[int], next_after: int, code: str
) -> None:
    rows = [{"seq": s, "key": "the-right-key", "kind_code": "10", "at": "2026-11-23T01:30:00Z"} for s in seqs]
    peer.answer = says_json({"events": rows, "next_after": next_after, "as_of": "2026-11-23T01:30:00Z"})
    with pytest.raises(CoreMalformed, match=code):
        adapter.events(0)


def test_an_event_of_an_unknown_kind_stops_the_feed_instead_of_being_dropped(
    peer: Peer, adapter: RestCoreAdapter
) -> None:
    row = {"seq": 1, "key": "the-right-key", "kind_code": "55", "at": "2026-11-23T01:30:00Z"}
    peer.answer = says_json({"events": [row], "next_after": 1, "as_of": "2026-11-23T01:30:00Z"})
    with pytest.raises(CoreMalformed, match="schema"):
        adapter.events(0)


def test_refusals_and_turned_away(peer: Peer, adapter: RestCoreAdapter) -> None:
    peer.answer = says_json({"code": "stale_address", "reason": "旧住所が一致しません。"}, 422)
    with pytest.raises(CoreRefused) as caught:
        adapter.submit(NOTIFICATION)
    assert (caught.value.code, caught.value.reason) == ("stale_address", "旧住所が一致しません。")
    assert str(caught.value) == "stale_address"
    with pytest.raises(CoreMalformed):
        adapter.towns()
    for status, code in ((401, "unauthorised"), (403, "unauthorised"), (429, "http_429")):
        peer.answer = says_json({}, status)
        with pytest.raises(CoreUnavailable, match=code):
            adapter.submit(NOTIFICATION)


def test_a_connection_that_nobody_accepts_is_cut_off_too() -> None:
    """A host that is off answers nothing at all; the wait for it counts as one."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        port = deaf.getsockname()[1]
        # Fill the queue of a listener that never accepts: the next connection gets no answer.
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", port))
        adapter = RestCoreAdapter(f"http://127.0.0.1:{port}", read_budget=0.2, submit_budget=0.2)
        with pytest.raises(CoreUnavailable, match="connect_timeout"):
            adapter.household(FAMILY)
        with pytest.raises(CoreUnavailable, match="connect_timeout"):
            adapter.submit(NOTIFICATION)
        for each in waiting:
            each.close()
        adapter.close()


def test_the_circuit_opens_after_five_timeouts_and_tries_once_after_a_rest() -> None:
    now = [0.0]
    circuit = Circuit(limit=5, rest=3.0, clock=lambda: now[0])
    for _ in range(4):
        circuit.report(timed_out=True)
    assert circuit.allows()
    circuit.report(timed_out=True)
    assert not circuit.allows()
    now[0] = 3.1
    assert circuit.allows()
    assert not circuit.allows()
    circuit.report(timed_out=False)
    assert circuit.allows()
    assert circuit.allows()


# One peer and one adapter for all examples: hypothesis does not take fixtures of a function's scope.
_FUZZ = Peer()
_FUZZED = RestCoreAdapter(_FUZZ.url, read_budget=0.5, submit_budget=0.6)
_WHOLE = json.dumps(family_wire(), ensure_ascii=False).encode()


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_mutated_reply_never_crashes_and_never_shows_another_household(data: st.DataObject) -> None:
    mutated = bytearray(_WHOLE)
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(mutated) - 1))
        end = data.draw(st.integers(start, min(len(mutated), start + 40)))
        mutated[start:end] = data.draw(
            st.binary(max_size=8) | st.sampled_from([b'"', b"{", b"null", b"1", b""])
        )
    _FUZZ.answer = says(http(bytes(mutated)))
    try:
        household = _FUZZED.household(FAMILY)
    except CoreError:
        return
    assert household
    assert household.household_id == FAMILY
    assert {member.household_id for member in household.members} == {FAMILY}
