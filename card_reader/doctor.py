"""What lies on a reader, for a person at a shell: which card, which applications, how many tries.

Presents no secret and opens no file that one protects. The certificate's expiry is looked at only when asked
for: it falls on the holder's birthday.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Literal

from card_reader.certificate import read_expiry
from card_reader.dialogue import MY_NUMBER, Dialogue, Ended, converse
from card_reader.outcomes import CertificateExpiry, NoSecret, OtherCard, Secret, Stopped, Unreadable
from card_reader.reader import Reader, ReaderState
from card_reader.remedies import remedy_for
from card_reader.sentences import Language, Sentences, sentences
from card_reader.transport import CardRemoved, ReaderFailed, Transport

# The counters behind the secrets that a reading presents; the others are only told.
_READING: dict[str, Secret] = {"pin": "pin", "b": "b", "face_b": "b"}

KeyState = Literal["left", "blocked", "uncounted", "absent", "unreadable"]


@dataclass(frozen=True)
class KeySeen:
    """One secret's counter. `left` is there for the state left."""

    key: str
    state: KeyState
    left: int | None = None


@dataclass(frozen=True)
class CardSeen:
    """A card that answered. `kind`: my_number or as OtherCard has; `applications`: of jpki, text, face."""

    kind: str
    applications: tuple[str, ...]
    keys: tuple[KeySeen, ...]
    apdus: int
    certificate: CertificateExpiry | None = None

    @property
    def blocked(self) -> bool:
        """Whether a secret that reading needs is blocked."""
        return any(seen.state == "blocked" for seen in self.keys if seen.key in _READING)


@dataclass(frozen=True)
class ReaderSeen:
    """One reader: `state` as in ReaderState, `chosen` when it is the one that is used."""

    name: str
    state: str
    chosen: bool


End = Literal[
    "seen",
    "blocked",
    "other_card",
    "mute",
    "unreadable",
    "removed",
    "no_card",
    "no_reader",
    "no_service",
    "stalled",
]


@dataclass(frozen=True)
class Diagnosis:
    """What is there. `end`: seen (a My Number card that can be read), blocked (one whose PIN or 照合番号B is,
    in either application), or why there is none; stalled when the service itself does not answer.

    `detail` is "step:reason_code" of a card that could not be looked at.
    """

    readers: tuple[ReaderSeen, ...]
    end: End
    kind: str | None = None
    card: CardSeen | None = None
    detail: str | None = None


def diagnose(reader: Reader, readers: tuple[ReaderSeen, ...], *, certificate: bool = False) -> Diagnosis:
    """Look at the card on `reader`, and at `readers` for a second one. Uses no try; never raises for what a
    card or a reader does."""
    match reader.state():
        case ReaderState.NO_SERVICE:
            return Diagnosis(readers, "no_service")
        case ReaderState.NO_READER:
            return Diagnosis(readers, "no_reader")
        case ReaderState.EMPTY:
            return Diagnosis(readers, "no_card")
        case ReaderState.MUTE:
            return Diagnosis(readers, "mute", "mute")
    if sum(seen.state == ReaderState.PRESENT for seen in readers) > 1:
        return Diagnosis(readers, "other_card", "two_cards")
    try:
        with reader.session() as transport:
            return _judged(readers, examine_card(transport, certificate=certificate))
    except CardRemoved:
        return Diagnosis(readers, "removed")
    except ReaderFailed as error:
        if error.reason == "mute":
            return Diagnosis(readers, "mute", "mute")
        if error.reason == "two_cards":
            return Diagnosis(readers, "other_card", "two_cards")
        return Diagnosis(readers, "unreadable", detail=f"connect:{error.reason}")


def _judged(readers: tuple[ReaderSeen, ...], found: CardSeen | Stopped) -> Diagnosis:
    match found:
        case CardSeen(kind=kind):
            if kind != MY_NUMBER:
                return Diagnosis(readers, "other_card", kind, found)
            return Diagnosis(readers, "blocked" if found.blocked else "seen", kind, found)
        case OtherCard(kind):
            return Diagnosis(readers, "other_card", kind)
        case Unreadable(step, reason_code):
            return Diagnosis(readers, "unreadable", detail=f"{step}:{reason_code}")
    # Whatever needs a secret cannot be the end here.
    return Diagnosis(readers, "removed")


def examine_card(transport: Transport, *, certificate: bool = False) -> CardSeen | Stopped:
    """Look at the card. Uses no try. Never raises for what a card or a reader does."""

    def work(dialogue: Dialogue) -> CardSeen:
        kind = dialogue.kind_of_card()
        if kind not in (MY_NUMBER, *dialogue.facts.labels.values()):
            return CardSeen(kind, (), (), dialogue.apdus)
        expires = read_expiry(dialogue) if certificate else None
        applications, keys = ["jpki"], list(_jpki_keys(dialogue))
        facts = dialogue.facts
        if dialogue.select("select_text", facts.text.aid).status in facts.status.ok:
            applications.append("text")
            keys += [
                _key(dialogue, "pin", facts.text.pin.reference),
                _key(dialogue, "b", facts.text.b.reference),
            ]
        elif kind == MY_NUMBER:
            kind = facts.without_text
        if dialogue.select("select_face", facts.face.aid).status in facts.status.ok:
            applications.append("face")
            keys.append(_key(dialogue, "face_b", facts.face.b.reference))
        return CardSeen(kind, tuple(applications), tuple(keys), dialogue.apdus, expires)

    return converse(transport, work)


def _jpki_keys(dialogue: Dialogue) -> Iterator[KeySeen]:
    facts = dialogue.facts.jpki
    yield _key(dialogue, "authentication", facts.authentication_pin.reference)
    yield _key(dialogue, "signature", facts.signature_pin.reference)


def _key(dialogue: Dialogue, key: str, reference: str) -> KeySeen:
    try:
        left = dialogue.tries("pin" if key == "pin" else "b", reference)
    except Ended as end:
        return KeySeen(key, "absent" if isinstance(end.outcome, NoSecret) else "unreadable")
    if left is None:
        return KeySeen(key, "uncounted")
    return KeySeen(key, "left", left) if left else KeySeen(key, "blocked")


def as_json(found: Diagnosis) -> dict[str, object]:
    """The findings as one object."""
    card = found.card
    return {
        "end": found.end,
        "readers": [asdict(reader) for reader in found.readers],
        "kind": found.kind,
        "applications": list(card.applications) if card else [],
        "tries": {seen.key: {"state": seen.state, "left": seen.left} for seen in card.keys} if card else {},
        "certificate": asdict(card.certificate) if card and card.certificate else None,
        "apdus": card.apdus if card else 0,
        "detail": found.detail,
    }


def in_words(found: Diagnosis, language: Language) -> list[str]:
    """The findings in plain words, a line each."""
    words, kind, card = sentences(), found.kind, found.card
    label = {key: text.said(language) for key, text in words.labels.items()}
    lines = [
        f"{label['reader']}: {reader.name} ({words.states[reader.state].said(language)})"
        + (f" ← {label['chosen']}" if reader.chosen else "")
        for reader in found.readers
    ]
    if kind is not None:
        lines.append(f"{label['card']}: {words.kind(kind).name.said(language)}")
        lines += [f"  {text}" for text in _what_next(words, kind, card, language)]
    else:
        lines.append(words.failed(found.end, found.detail).said(language))
    if card is not None:
        if card.applications:
            names = ", ".join(words.applications[name].said(language) for name in card.applications)
            lines.append(f"{label['applications']}: {names}")
        lines += [_key_line(words, seen, language) for seen in card.keys]
        if card.certificate is not None:
            lines.append(words.certificate(card.certificate.on, card.certificate.unknown, language))
    if found.detail is not None:
        lines.append(f"({found.detail})")
    return lines


def _what_next(words: Sentences, kind: str, card: CardSeen | None, language: Language) -> list[str]:
    """What staff do with this card; for a blocked secret the procedure that sets it anew and the other
    ways."""
    keys = card.keys if card else ()
    of_reading = [(_READING[seen.key], seen) for seen in keys if seen.key in _READING]
    blocked = dict.fromkeys(secret for secret, seen in of_reading if seen.state == "blocked")
    last = dict.fromkeys(secret for secret, seen in of_reading if seen.left == 1)
    found = [words.outcomes[f"last_try_{secret}"].said(language) for secret in last]
    for secret in blocked:
        procedure = remedy_for(secret).procedure
        found.append(words.outcomes[f"blocked_{secret}"].said(language, procedure=procedure))
    ways = dict.fromkeys(way for secret in blocked for way in remedy_for(secret).instead)
    found += words.ways((way for way in ways if way not in blocked), language)
    return found or [words.kind(kind).staff.said(language)]


def _key_line(words: Sentences, seen: KeySeen, language: Language) -> str:
    name, state = (
        words.keys[seen.key].said(language),
        words.key_states[seen.state].said(language, left=seen.left),
    )
    return f"{words.labels['tries'].said(language)}: {name}: {state}"
