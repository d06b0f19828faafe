"""One reading as `kakanai card read` prints it: lines for a person, one object for a program."""

import base64

from card_reader.messages import (
    MALFORMED,
    NOT_ON_CARD,
    AttributesMessage,
    CardReadMessage,
    FaceMessage,
)
from card_reader.sentences import Language, Sentences, Words, day, sentences


def as_json(message: CardReadMessage) -> dict[str, object]:
    """The reading as one object; pictures in base64, as the card holds them."""
    read, face = message.attributes, message.face
    found: dict[str, object] = {
        "outcome": message.outcome,
        "name": read and read.name,
        "address": read and read.address,
        "birth": (read and read.birth) or (face and face.birth),
        "sex": (read and read.sex) or (face and face.sex),
        "tries_left": message.tries_left,
        "apdus": message.apdus,
        "other_kind": message.other_kind,
        "detail": message.detail,
        "mode": message.mode,
        "procedure": message.procedure,
        "instead": list(message.instead),
        "certificate_expires": message.certificate_expires,
        "certificate_unknown": message.certificate_unknown,
        "authenticity": message.authenticity and message.authenticity.model_dump(),
    }
    if face is not None:
        found["face"] = {
            "photo": base64.b64encode(face.photo).decode("ascii"),
            "name": base64.b64encode(face.name).decode("ascii"),
            "address": base64.b64encode(face.address).decode("ascii"),
            "expiry": face.expiry,
        }
    return found


def _outcome_words(message: CardReadMessage) -> Words:
    key: str = message.outcome
    if key == "read" and message.mode == "none":
        key = "tapped"
    elif message.detail == NOT_ON_CARD:
        key = NOT_ON_CARD
    elif message.detail == MALFORMED:
        key = "malformed_pin" if message.mode == "pin" else "malformed_b"
    elif key in ("wrong_secret", "blocked"):
        key += "_pin" if message.mode == "pin" else "_b"
    return sentences().failed(key, message.detail)


def in_words(message: CardReadMessage, language: Language, reader: str = "") -> list[str]:
    """The reading in plain words, a line each; `reader` is the name of the one at which it was tried."""
    words = sentences()
    label = {key: text.said(language) for key, text in words.labels.items()}
    lines = [f"{label['reader']}: {reader}"] if reader else []
    lines.append(_outcome_words(message).said(language, procedure=message.procedure))
    if message.other_kind is not None or (message.detail or "").endswith(":mute"):
        kind = words.kind(message.other_kind or "mute")
        lines += [
            f"{label['to_resident']}: {kind.resident.said(language)}",
            f"{label['to_staff']}: {kind.staff.said(language)}",
        ]
    if message.attributes is not None:
        read = message.attributes
        lines += [f"{label['name']}: {read.name}", f"{label['address']}: {read.address}"]
        lines += _person(words, read, language)
    if message.face is not None:
        face = message.face
        lines += [
            *_person(words, face, language),
            f"{label['expiry']}: {day(face.expiry)}",
            f"{label['photo']}: {len(face.photo)} {label['bytes']}",
        ]
    if message.tries_left is not None:
        lines.append(f"{label['tries']}: {message.tries_left}")
    if message.certificate_expires or message.certificate_unknown:
        lines.append(words.certificate(message.certificate_expires, message.certificate_unknown, language))
    if message.authenticity is not None:
        why = message.authenticity.reason
        reason = f" ({words.reasons[why].said(language)})" if why else ""
        lines.append(f"{label['authenticity']}: {label[message.authenticity.result]}{reason}")
    lines += words.ways(message.instead, language)
    if message.detail:
        lines.append(f"({message.detail})")
    return lines


def _person(words: Sentences, holder: AttributesMessage | FaceMessage, language: Language) -> list[str]:
    return [
        f"{words.labels['birth'].said(language)}: {day(holder.birth)}",
        f"{words.labels['sex'].said(language)}: {words.sexes[holder.sex].said(language)}",
    ]
