"""What every way of reading sends to a card, command by command: never the file of the Individual Number,
never 照合番号A, one VERIFY at most, and as many commands as docs/card-reader.md says."""

import logging
import re
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from card_reader import (
    CardOutcome,
    CardRemoved,
    Extras,
    FaceRead,
    Mode,
    ReaderFailed,
    message_from,
    read,
    tries,
)
from card_reader.authenticity import TrustedKeys, rsa_key
from card_reader.cards import card_facts
from card_reader.dialogue import Dialogue
from card_reader.doctor import examine_card
from card_reader.simulated.card import SimulatedCard
from card_reader.simulated.hierarchy import process_hierarchy
from card_reader.simulated.personas import load_personas
from card_reader.tries import AskedSecret
from tests.card_reader.support import RIGHT_PIN, Aim, Line, aims, persona, verifies

MODES: tuple[Mode, ...] = ("pin", "b", "face", "none")
JPKI, TEXT, FACE = "D392F000260100000001", "D3921000310001010408", "D3921000310001010402"
# my-number-card facts, A2: the number's file and its picture, and the keys that are opened with the number.
# Written down here alone, to look for them.
FORBIDDEN = {(TEXT, "0001"), (TEXT, "0014"), (FACE, "0005"), (FACE, "0013")}
SIGNATURE_CERTIFICATE = (JPKI, "0001")
OF_THE_READING = {
    (JPKI, None), (JPKI, "0006"), (JPKI, "000A"),
    (TEXT, None), (TEXT, "0011"), (TEXT, "0015"), (TEXT, "0002"),
    (FACE, None), (FACE, "0012"), (FACE, "0002"),
}  # fmt: skip
OF_THE_PROOF = {(TEXT, "0003"), (TEXT, "0004"), (TEXT, "0007"), (FACE, "0004")}
COUNTS = Path(__file__).parents[2] / "docs" / "card-reader.md"


def trusted() -> TrustedKeys:
    """The authorities of the simulated cards."""
    return TrustedKeys(
        {key.key_id: rsa_key(key.modulus, key.exponent) for key in process_hierarchy().trusted()}
    )


PLAIN, WITH_EXPIRY = Extras(), Extras(certificate_expiry=True)
WITH_ALL = Extras(certificate_expiry=True, trusted=trusted())


def secret_of(mode: Mode, key: str = "hanako") -> bytearray:
    """The right secret for a card."""
    if mode == "pin":
        return bytearray(RIGHT_PIN)
    return bytearray((persona(key).number_b or "").encode("ascii")) if mode != "none" else bytearray()


def traced(mode: Mode, extras: Extras = PLAIN, key: str = "hanako") -> tuple[CardOutcome, list[bytes]]:
    line = Line(SimulatedCard(persona(key)))
    outcome = read(line, mode, secret_of(mode, key), extras=extras)
    assert outcome.apdus == len(line.sent)
    return outcome, line.sent


def places(found: list[Aim]) -> set[tuple[str, str | None]]:
    return {(aim.application, aim.file) for aim in found}


@pytest.mark.parametrize("extras", [PLAIN, WITH_EXPIRY, WITH_ALL])
@pytest.mark.parametrize("mode", MODES)
def test_no_way_of_reading_goes_near_the_number(mode: Mode, extras: Extras) -> None:
    outcome, sent = traced(mode, extras)
    assert message_from(outcome, mode).outcome == "read"
    found = places(aims(sent))
    assert not found & FORBIDDEN
    assert SIGNATURE_CERTIFICATE not in found
    assert found <= OF_THE_READING | (OF_THE_PROOF if extras.trusted else set())
    # SELECT, VERIFY, READ BINARY, and COMPUTE SIGNATURE for the proof: no other command has any business.
    assert {aim.instruction for aim in aims(sent)} <= {0xA4, 0x20, 0xB0} | (
        {0x2A} if extras.trusted else set()
    )


@pytest.mark.parametrize("mode", MODES)
def test_one_secret_is_presented_to_its_own_key(mode: Mode) -> None:
    _, sent = traced(mode, WITH_ALL)
    presented = [
        (aim.application, aim.file) for aim in aims(sent) if aim.instruction == 0x20 and aim.with_data
    ]
    assert (
        presented
        == {"pin": [(TEXT, "0011")], "b": [(TEXT, "0015")], "face": [(FACE, "0012")], "none": []}[mode]
    )
    assert [apdu[5:] for apdu in verifies(sent)] == ([bytes(secret_of(mode))] if mode != "none" else [])


def test_asking_for_tries_and_the_doctor_present_nothing_and_open_nothing() -> None:
    asked: tuple[AskedSecret, ...] = ("pin", "b", "face_b")
    looks: list[Callable[[Line], object]] = [partial(tries, of=of) for of in asked]
    looks.append(partial(examine_card, certificate=True))
    for ask in looks:
        line = Line(SimulatedCard(persona("hanako")))
        ask(line)
        assert verifies(line.sent) == []
        keys = {(JPKI, "0018"), (JPKI, "001B")}
        assert places(aims(line.sent)) <= (OF_THE_READING - {(TEXT, "0002"), (FACE, "0002")}) | keys
        assert not places(aims(line.sent)) & FORBIDDEN


def test_what_is_never_read_has_no_name_in_the_data() -> None:
    facts = card_facts()
    named = {value for value in facts.text.model_dump().values() if isinstance(value, str)}
    named |= {facts.text.pin.reference, facts.text.b.reference}
    assert not {(TEXT, name) for name in named} & FORBIDDEN
    face = {facts.face.content, facts.face.certificate, facts.face.b.reference}
    assert not {(FACE, name) for name in face} & FORBIDDEN
    assert (JPKI, facts.jpki.certificate) != SIGNATURE_CERTIFICATE


def test_the_search_finds_what_it_is_for() -> None:
    sent = [
        bytes.fromhex(text)
        for text in ("00A4040C0A" + TEXT, "00A4020C020001", "00B08100F0", "0020009403313233")
    ]
    assert places(aims(sent)) & FORBIDDEN == {(TEXT, "0001"), (TEXT, "0014")}
    assert aims([bytes.fromhex("00A4040C0A" + TEXT), bytes.fromhex("00B08100F0")])[1].file == "0001"
    assert aims([bytes.fromhex("00A4040C0A" + FACE), bytes.fromhex("00B2012C00")])[1].file == "0005"


def counted(*modes: Mode) -> dict[str, tuple[int, ...]]:
    """Commands by way of reading: plain, with the certificate's expiry, with authenticity."""
    proof = Extras(trusted=WITH_ALL.trusted)
    return {
        mode: tuple(traced(mode, extras)[0].apdus for extras in (PLAIN, WITH_EXPIRY, proof)) for mode in modes
    }


def test_the_commands_of_a_reading_are_as_few_as_promised() -> None:
    found = counted(*MODES)
    assert found["pin"][0] <= 10
    assert found["b"][0] <= found["pin"][0]
    assert all(counts[1] - counts[0] <= 2 for counts in found.values())


def test_the_commands_of_a_face_follow_from_the_size_of_its_file() -> None:
    outcome, sent = traced("face")
    assert isinstance(outcome, FaceRead)
    pieces = [apdu for apdu in sent if apdu[1] == 0xB0][1:]
    assert all(apdu[4] <= 240 for apdu in pieces)
    assert outcome.apdus == 8 + len(pieces)
    assert len(pieces) <= (len(outcome.face.photo) + 4096) // 240


def test_the_table_of_commands_in_the_documents_is_the_measured_one() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \| (\d+) \| (\d+) \|", COUNTS.read_text("utf-8"), re.MULTILINE)
    assert {name: tuple(map(int, numbers)) for name, *numbers in rows} == counted("pin", "b", "none")


@pytest.mark.parametrize("mode", ["pin", "b", "face"])
def test_no_secret_is_in_any_log_exception_or_repr(mode: Mode, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = secret_of(mode).decode("ascii")
    shown: list[str] = []
    breaks: list[Callable[[int, bytes, bytes], bytes]] = [lambda i, command, real: real]
    for index in range(12):
        breaks += [
            partial(_broken, index, error)
            for error in (CardRemoved(), ReaderFailed("reset"), RuntimeError("line"), None)
        ]
    for answer in breaks:
        value = secret_of(mode)
        try:
            outcome = read(Line(SimulatedCard(persona("hanako")), answer), mode, value, extras=WITH_EXPIRY)
            shown += [repr(outcome), repr(message_from(outcome, mode)), str(message_from(outcome, mode))]
        except RuntimeError as error:
            shown.append("".join(traceback.format_exception(error)))
        assert value == bytes(len(secret))
    everything = "\n".join([*shown, caplog.text])
    for form in (secret, secret.encode().hex(), secret.encode().hex().upper(), repr(secret.encode())):
        assert form not in everything


def _broken(at: int, error: Exception | None, index: int, command: bytes, real: bytes) -> bytes:
    """An answer for Line: `error` at command `at`, or a status word nobody knows."""
    if index != at:
        return real
    if error is not None:
        raise error
    return b"\x6f\x01"


def test_the_record_that_gives_the_number_away_stays_in_memory_and_is_overwritten(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    kept: list[tuple[bytearray, bytes]] = []
    usual = Dialogue.read_object

    def watched(self: Dialogue, step: object, file_id: str, facts: object) -> bytearray:
        data = usual(self, step, file_id, facts)  # type: ignore[arg-type]
        if file_id == "0003":
            kept.append((data, bytes(data)))
        return data

    monkeypatch.setattr(Dialogue, "read_object", watched)
    line = Line(SimulatedCard(load_personas()["mihon_taro"]))
    outcome = read(line, "pin", bytearray(RIGHT_PIN), extras=WITH_ALL)
    assert len(kept) == 1
    overwritten, was = kept[0]
    assert overwritten == bytes(len(was))
    digest = was[was.index(b"\xdf\x31\x20") + 3 :][:32]
    message = message_from(outcome)
    everything = repr(outcome) + repr(message) + message.model_dump_json() + caplog.text
    for form in (digest.hex(), digest.hex().upper(), repr(digest), repr(was)):
        assert form not in everything
    assert message.authenticity is not None
    assert message.authenticity.result == "verified"


@pytest.mark.parametrize("refused", ["certificate", "record", "key", "signature"])
def test_the_record_is_overwritten_also_when_the_examination_ends_early(
    refused: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[bytearray] = []
    usual = Dialogue.read_object

    def watched(self: Dialogue, step: object, file_id: str, facts: object) -> bytearray:
        data = usual(self, step, file_id, facts)  # type: ignore[arg-type]
        if file_id == "0003":
            kept.append(data)
        return data

    monkeypatch.setattr(Dialogue, "read_object", watched)

    def answer(index: int, command: bytes, real: bytes) -> bytes:
        selects = {"certificate": "0004", "record": "0003", "key": "0007"}
        if command[1] == 0x2A and refused == "signature":
            return b"\x6d\x00"
        if command[1:3] == b"\xa4\x02" and command[5:].hex() == selects.get(refused):
            raise CardRemoved
        return real

    read(Line(SimulatedCard(persona("hanako")), answer), "pin", bytearray(RIGHT_PIN), extras=WITH_ALL)
    assert all(data == bytes(len(data)) for data in kept)
    assert len(kept) == (1 if refused in ("key", "signature") else 0)
