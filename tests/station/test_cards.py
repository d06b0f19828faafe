"""Card reading through the station's route: outcomes, words, what the server gets, and where the PIN never
goes."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import takewhile
from typing import Any

import pytest

from card_reader.simulated.reader import InProcessReader
from card_reader.transport import Transport
from station.devices import Devices
from tests.station.conftest import Rig, RigMaker, eventually, http, rig_maker
from tests.support_chance import without_chance


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with rig_maker(tmp_path_factory.mktemp("cards")) as make:
        yield make()


@pytest.fixture
def kiosk(running: Rig) -> Rig:
    """The one kiosk of this file, with nothing seen and no card on it."""
    http.delete(f"{running.url}/station/dev/card")
    eventually(lambda: running.state()["reader"] == "empty")
    running.server.seen.clear()
    return running


@pytest.mark.parametrize(
    ("fault", "outcome", "detail"),
    [
        ("pulled@4", "removed", None),
        ("status=6D00@verify:text.pin", "unreadable", "verify:status_6D00"),
        ("slow=0.01@*", "read", None),
        ("garbage@read:text.attributes", "unreadable", None),
        ("tag=FF21@read:text.attributes", "unreadable", None),
        ("length=83FFFFFF@read:text.attributes", "unreadable", None),
        ("cut=40@read:text.attributes", "unreadable", None),
        ("before=0065@read:text.attributes", "read", None),
    ],
)
def test_the_card_gets_the_fault_that_the_hardware_desk_chose(
    kiosk: Rig, caplog: pytest.LogCaptureFixture, fault: str, outcome: str, detail: str | None
) -> None:
    kiosk.insert("mihon_taro", faults=[fault])
    answer = kiosk.read()
    assert answer["outcome"] == outcome
    assert (answer["preview"] is not None) == (outcome == "read")
    assert detail is None or f"detail={detail} " in caplog.text


@pytest.mark.parametrize(
    "faults", [["lightning@3"], ["slow=soon@*"], ["pulled"], "pulled@3", ["pulled@1"] * 9]
)
def test_a_fault_that_no_card_can_have_is_refused_with_a_sentence(kiosk: Rig, faults: object) -> None:
    answer = http.put(f"{kiosk.url}/station/dev/card", json={"persona": "mihon_taro", "faults": faults})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_fault")
    assert answer.json()["title"]["ja"] == "この故障はありません。"
    assert kiosk.state()["reader"] == "empty"


def test_a_card_that_is_swapped_for_another_is_seen_to_leave(kiosk: Rig) -> None:
    kiosk.insert("mihon_taro")
    with http.stream("GET", f"{kiosk.url}/station/events") as told_to_the_page:
        lines = told_to_the_page.iter_lines()
        readers = (json.loads(line[6:])["reader"] for line in lines if line.startswith("data: "))
        assert next(readers) == "present"
        kiosk.insert("kaku_misaki")
        http.put(f"{kiosk.url}/station/dev/reader", json={"state": "unplugged"})
        assert list(takewhile(lambda word: word != "no_reader", readers)) == ["empty", "present"]
    http.put(f"{kiosk.url}/station/dev/reader", json={"state": "ok"})


def told(station: Rig) -> list[Any]:
    return station.server.of("/api/v1/stations/card-reads")


def test_a_card_is_read_and_the_page_sees_only_a_mask(kiosk: Rig) -> None:
    kiosk.insert("mihon_taro")
    answer = kiosk.read(purpose="reception", reference="0192-abc")
    assert answer == {
        "mode": "pin",
        "outcome": "read",
        "tries_left": 3,
        "card_read_id": "card-read-1",
        "preview": {"name_masked": "○○　太＊", "birth_masked": "昭和＊年"},
        "field": None,
        "procedure": None,
        "instead": [],
        "server": "ok",
        "again": False,
        "message": {
            "ja": "カードを読み取りました。カードをお取りください。",
            "en": "Your card has been read. Please take your card.",
        },
    }
    (post,) = told(kiosk)
    sent = post.json()
    assert (sent["outcome"], sent["purpose"], sent["reference"]) == ("read", "reception", "0192-abc")
    assert sent["attributes"]["name"] == "見本　太郎"
    assert len(post.headers["idempotency-key"]) == 36
    assert "pin" not in sent


def test_the_pin_goes_nowhere_but_to_the_card(kiosk: Rig, caplog: pytest.LogCaptureFixture) -> None:
    kiosk.insert("mihon_hanako")
    kiosk.read(pin="9876")
    kiosk.read(pin="1234")
    sent = [(seen.path, seen.query, seen.headers.raw, seen.body) for seen in kiosk.server.seen]
    everything = without_chance(repr(sent))
    assert "9876" not in everything
    assert "1234" not in everything
    assert "9876" not in caplog.text
    assert "見本" not in caplog.text


def test_wrong_numbers_until_the_last_try_is_refused(kiosk: Rig) -> None:
    kiosk.insert("kaku_kenichi")
    first, second, third = kiosk.read("9999"), kiosk.read("9999"), kiosk.read("9999", allow_last_try=True)
    assert (first["outcome"], first["tries_left"]) == ("wrong_secret", 2)
    assert first["message"]["ja"] == "暗証番号が違います。あと2回入力できます。"
    assert (second["outcome"], second["tries_left"]) == ("wrong_secret", 1)
    assert "次に違うと使えなくなる" in second["message"]["ja"]
    assert "番号札をお取りください" in second["message"]["ja"]
    # A kiosk's page cannot agree to the last try: nobody of the staff stands behind it.
    assert (third["outcome"], third["tries_left"]) == ("last_try_refused", 1)
    assert [post.json()["outcome"] for post in told(kiosk)] == ["wrong_secret", "wrong_secret"]
    reader = kiosk.devices.reader
    assert isinstance(reader, InProcessReader)
    assert reader.card is not None
    assert reader.card.counters.left("pin") == 1


@pytest.mark.parametrize(
    ("persona", "outcome", "said"),
    [
        ("mihon_ume", "blocked", "窓口で設定し直せます"),
        ("kaku_misaki", "last_try_refused", "番号札をお取りください"),
    ],
)
def test_cards_that_need_the_counter(kiosk: Rig, persona: str, outcome: str, said: str) -> None:
    kiosk.insert(persona)
    answer = kiosk.read()
    assert answer["outcome"] == outcome
    assert said in answer["message"]["ja"]


def test_a_card_pulled_at_any_moment_gives_nothing(kiosk: Rig) -> None:
    for commands in range(10):
        kiosk.insert("mihon_taro", pull_after_apdu=commands)
        answer = kiosk.read()
        assert (answer["outcome"], answer["preview"], answer["card_read_id"]) == ("removed", None, None)
        assert "もう一度置いて" in answer["message"]["ja"]
        eventually(lambda: kiosk.state()["reader"] == "empty")
    assert told(kiosk) == []


def test_other_cards_no_card_and_no_reader(kiosk: Rig) -> None:
    assert kiosk.read()["outcome"] == "no_card"
    for persona, outcome, said in (
        ("driving_licence", "other_card", "運転免許証のようです"),
        ("smartphone", "other_card", "スマートフォンは、ここでは読み取れません"),
        ("mute_card", "unreadable", "ケースから出し"),
    ):
        kiosk.insert(persona)
        answer = kiosk.read()
        assert answer["outcome"] == outcome
        assert said in answer["message"]["ja"]
    http.put(f"{kiosk.url}/station/dev/reader", json={"state": "unplugged"})
    eventually(lambda: kiosk.state()["reader"] == "no_reader")
    assert kiosk.read()["outcome"] == "no_reader"
    http.put(f"{kiosk.url}/station/dev/reader", json={"state": "ok"})
    eventually(lambda: kiosk.state()["reader"] == "mute")
    assert told(kiosk) == []


@pytest.mark.parametrize(
    ("headers", "body", "status", "code"),
    [
        ({"x-page-token": ""}, {"pin": "1234", "purpose": "ticket"}, 403, "page_token"),
        ({"x-page-token": "A" * 43}, {"pin": "1234", "purpose": "ticket"}, 403, "page_token"),
        ({"content-type": "text/plain"}, {"pin": "1234", "purpose": "ticket"}, 415, "bad_request"),
        ({}, {"pin": "1234", "purpose": "other"}, 422, "bad_request"),
        ({}, {"mode": "number", "purpose": "ticket"}, 422, "bad_request"),
        ({}, {"mode": "face", "scan": "48041220275678", "purpose": "ticket"}, 409, "not_possible"),
        ({}, {"pin": "1234", "purpose": "ticket", "reference": "a b"}, 422, "bad_request"),
        ({}, {"pin": "1234", "purpose": "ticket", "padding": "x" * 5000}, 415, "bad_request"),
    ],
)
def test_what_is_not_a_proper_request_costs_no_try(
    kiosk: Rig, headers: dict[str, str], body: dict[str, Any], status: int, code: str
) -> None:
    kiosk.insert("mihon_taro")
    reader = kiosk.devices.reader
    assert isinstance(reader, InProcessReader)
    assert reader.card is not None
    reader.card.trace.clear()
    with kiosk.page() as page:
        answer = page.post("/station/card/read", json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "1234" not in without_chance(answer.text)
    assert list(reader.card.trace) == []


def test_a_page_token_is_for_own_pages_only(kiosk: Rig) -> None:
    with kiosk.client() as browser:
        assert browser.get("/station/page-token").status_code == 403
        assert browser.get("/station/page-token", headers={"sec-fetch-site": "none"}).status_code == 403
        assert browser.get("/station/page-token", headers={"origin": kiosk.url}).status_code == 200


def test_state_events_follow_the_card(kiosk: Rig) -> None:
    with kiosk.client() as browser, browser.stream("GET", "/station/events") as stream:
        data = (line for line in stream.iter_lines() if line.startswith("data:"))
        assert '"reader": "empty"' in next(data)
        kiosk.insert("mihon_taro")
        assert '"reader": "present"' in next(data)


def test_the_server_is_away_while_the_card_is_read(rig: RigMaker) -> None:
    station = rig(server_up=False)
    station.insert("mihon_taro")
    answer = station.read()
    assert (answer["outcome"], answer["server"], answer["card_read_id"]) == ("read", "down", None)
    assert answer["preview"] == {"name_masked": "○○　太＊", "birth_masked": "昭和＊年"}
    assert answer["again"]
    assert "サーバーから返事がありません" in answer["message"]["ja"]


def test_the_server_comes_back_while_the_reading_is_told(rig: RigMaker) -> None:
    station = rig(server_up=False)
    station.insert("mihon_taro")
    back = threading.Timer(0.3, station.server_live.start)
    back.start()
    answer = station.read()
    back.join()
    assert (answer["server"], answer["card_read_id"]) == ("ok", "card-read-1")
    assert len(told(station)) == 1


def test_a_server_that_refuses_the_reading_is_not_told_again(rig: RigMaker) -> None:
    station = rig()
    station.server.broken["/api/v1/stations/card-reads"] = 409
    station.insert("mihon_taro")
    answer = station.read()
    assert (answer["outcome"], answer["server"], answer["card_read_id"]) == ("read", "refused", None)
    assert len(told(station)) == 1


def test_at_a_counter_staff_may_agree_to_the_last_try(rig: RigMaker) -> None:
    counter = rig(kind="counter")
    counter.insert("kaku_misaki")
    refused = counter.read()
    assert refused["outcome"] == "last_try_refused"
    assert "ご本人とお決めください" in refused["message"]["ja"]
    assert "係員" not in refused["message"]["ja"]
    assert counter.read(allow_last_try=True)["outcome"] == "read"


class HangingReader(InProcessReader):
    """A reader whose card stops answering at one command until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.hang_at = -1
        self.sent = 0
        self.hangs = threading.Event()
        self.let_go = threading.Event()
        self.verified: list[bytes] = []

    @contextmanager
    def session(self) -> Iterator[Transport]:
        with super().session() as transport:
            yield _HangingLine(self, transport)


class _HangingLine:
    def __init__(self, reader: HangingReader, transport: Transport) -> None:
        self._reader = reader
        self._transport = transport

    def transmit(self, apdu: bytes) -> bytes:
        reader = self._reader
        reader.sent += 1
        if apdu[1:2] == b"\x20" and len(apdu) > 4:
            reader.verified.append(apdu)
        if reader.sent == reader.hang_at:
            reader.hangs.set()
            reader.let_go.wait(10)
        return self._transport.transmit(apdu)


def hanging(rig: RigMaker, hang_at: int, limit_s: float) -> tuple[Rig, HangingReader]:
    reader = HangingReader()

    def with_it(devices: Devices) -> Devices:
        return replace(devices, reader=reader)

    station = rig(hook=with_it, read_limit_s=limit_s)
    reader.insert("mihon_taro")
    reader.hang_at = hang_at
    eventually(lambda: station.state()["reader"] == "present")
    return station, reader


def test_one_reading_at_a_time(rig: RigMaker) -> None:
    station, reader = hanging(rig, hang_at=2, limit_s=10)
    answers: list[dict[str, Any]] = []
    first = threading.Thread(target=lambda: answers.append(station.read()))
    first.start()
    reader.hangs.wait(5)
    assert station.state()["reader"] == "busy"
    assert station.read()["outcome"] == "busy"
    reader.let_go.set()
    first.join()
    assert answers[0]["outcome"] == "read"
    assert station.state()["reader"] == "present"
    assert len(reader.verified) == 1


def test_a_reader_that_hangs_is_given_up_and_can_send_no_pin_afterwards(rig: RigMaker) -> None:
    # The seventh command is the question for the tries left, right before VERIFY.
    station, reader = hanging(rig, hang_at=7, limit_s=0.3)
    began = time.monotonic()
    answer = station.read()
    assert (answer["outcome"], answer["preview"]) == ("unreadable", None)
    assert time.monotonic() - began < 3
    assert reader.verified == []
    reader.let_go.set()
    # The thread that was given up ends; a VERIFY with a PIN of zeros would have cost the holder a try.
    again = eventually(lambda: (found := station.read())["outcome"] == "read" and found)
    assert again["tries_left"] == 3
    assert len(reader.verified) == 1
