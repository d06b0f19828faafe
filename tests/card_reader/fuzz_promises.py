"""What a reader promises whatever a card answers, and the search for what broke it."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from card_reader import message_from, read_face
from card_reader.doctor import CardSeen
from card_reader.outcomes import AttributesRead, Blocked, CardFace, FaceRead, LastTryRefused, Tapped
from card_reader.simulated.card import SimulatedCard
from card_reader.simulated.layout import SecretName
from card_reader.simulated.personas import Persona
from tests.card_reader.fuzz_cases import MODES, SECRET_CODE, SECRET_PIN, Case, Result, SpoiledLine, secret_for
from tests.card_reader.support import aims, verifies

FORBIDDEN = {  # the number's file and picture, the keys that the number opens (my-number-card facts, A2)
    ("D3921000310001010408", "0001"),
    ("D3921000310001010408", "0014"),
    ("D3921000310001010402", "0005"),
    ("D3921000310001010402", "0013"),
    ("D392F000260100000001", "0001"),
}
ALLOWED_INSTRUCTIONS = {0xA4, 0x20, 0xB0, 0xC0, 0x2A}
_FACES: dict[str, CardFace] = {}
_WHOLE_BIRTH = re.compile(r"[0-9]{8}")


def problems(
    case: Case,
    line: SpoiledLine,
    result: Result | None,
    secret: bytearray,
    presented: bytes,
    before: Mapping[SecretName, int],
) -> Iterator[str]:
    """The promises that this reading broke."""
    sent = verifies(line.sent)
    if case.way in MODES and any(secret):
        yield "the secret is still in its buffer"
    if len(sent) > 1:
        yield f"{len(sent)} secrets were presented"
    if sent and case.way in ("none", "tries pin", "tries b", "tries face_b", "doctor"):
        yield "a secret was presented where none was given"
    if any(apdu[5:] != presented for apdu in sent):
        yield "another secret was presented than the person's"
    if sent and not case.allow_last_try and _reported_few(line):
        yield "a secret was presented although the card reported one try or none"
    left = line.card.counters.all_left()
    spent = {name: before[name] - left[name] for name in left if left[name] < before[name]}
    if sum(spent.values()) > (0 if case.right else 1):
        yield f"tries were spent: {spent}"
    for aim in aims(line.sent):
        if (aim.application, aim.file) in FORBIDDEN:
            yield f"went for {aim.file} in {aim.application}"
        if aim.instruction not in ALLOWED_INSTRUCTIONS:
            yield f"sent the instruction {aim.instruction:02X}"
    if result is None:
        return
    if result.apdus != len(line.sent):
        yield f"counts {result.apdus} commands of {len(line.sent)}"
    if (
        isinstance(result, LastTryRefused | Blocked)
        and sent
        and not getattr(result, "by_this_attempt", False)
    ):
        yield "says that nothing was tried although a secret was presented"
    yield from _incomplete(case, line, result)


def _incomplete(case: Case, line: SpoiledLine, result: Result) -> Iterator[str]:
    """What is wrong with the result itself."""
    if case.way in MODES and not isinstance(result, CardSeen):
        try:
            message = message_from(result, case.way)  # type: ignore[arg-type]
            message.model_dump_json()
        except ValueError as error:
            yield f"no message can be made of it: {error}"
            return
        good = isinstance(result, AttributesRead | FaceRead | Tapped)
        # A face that is too large for the wire is refused there, whole.
        refused = isinstance(result, FaceRead) and message.outcome == "unreadable"
        if (message.outcome == "read") != good and not refused:
            yield "the message says something else than the result"
    if isinstance(result, AttributesRead):
        found = result.attributes
        whole = found.name and found.address and _WHOLE_BIRTH.fullmatch(found.birth) and found.sex in "1290"
        if not whole or any(ord(c) < 0x20 for c in found.name + found.address):
            yield "a result with a hole in it"
        if not line.altered and found != case.persona.attributes:
            yield "other attributes than the card's"
        genuine = result.authenticity is not None and result.authenticity.result == "verified"
        if genuine and found != case.persona.attributes:
            yield "altered attributes are called genuine"
    if isinstance(result, FaceRead):
        face = result.face
        if not (face.photo and face.name and face.address and _WHOLE_BIRTH.fullmatch(face.birth)):
            yield "a face with a hole in it"
        genuine = result.authenticity is not None and result.authenticity.result == "verified"
        if (genuine or not line.altered) and _signed(face) != _signed(_face_of(case.persona)):
            yield "an altered face is called genuine" if genuine else "another face than the card's"


def _signed(face: CardFace) -> tuple[bytes | str, ...]:
    """What the issuer signs of a face: all but its expiry."""
    return face.photo, face.name, face.address, face.birth, face.sex


def _face_of(who: Persona) -> CardFace:
    """The face of an untouched card."""
    if who.id not in _FACES:
        found = read_face(SimulatedCard(who), secret_for("face", who), allow_last_try=True)
        assert isinstance(found, FaceRead)
        _FACES[who.id] = found.face
    return _FACES[who.id]


def _reported_few(line: SpoiledLine) -> bool:
    """Whether the last answer to a question for tries, before the secret went out, was one or none."""
    few = False
    for command, answer in zip(line.sent, line.arrived, strict=False):
        if command[1] == 0x20 and len(command) > 5:
            return few
        if command[1] == 0x20:
            few = answer[-2:] in (b"\x63\xc0", b"\x63\xc1", b"\x69\x83", b"\x69\x84")
    return few


def leaks(folder: Path) -> list[str]:
    """Files below `folder` in which a secret stands, as text or in hexadecimal, the wrong ones too."""
    found = []
    secrets = [SECRET_PIN, SECRET_PIN[:-1] + chr(ord(SECRET_PIN[-1]) ^ 1)]
    codes = [SECRET_CODE, SECRET_CODE[:-1] + chr(ord(SECRET_CODE[-1]) ^ 1)]
    patterns = [rf"(?<![0-9a-fA-F]){text}(?![0-9a-fA-F])" for text in secrets]
    patterns += [text.encode().hex() for text in secrets] + [rf"\d{{10}}{text}" for text in codes]
    patterns += [rf"(?:3\d){{10}}{text.encode().hex()}" for text in codes]
    anything = re.compile("|".join(patterns).encode(), re.IGNORECASE)
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        if anything.search(path.read_bytes()):
            found.append(f"a secret stands in {path.name}")
    return found
