"""What the station says to people: loads words.yaml and card_reader's sentences, and fills in the numbers."""

from functools import cache
from importlib.resources import files
from typing import Final, Literal

import yaml
from pydantic import BaseModel, ConfigDict

from card_reader.sentences import sentences

Audience = Literal["kiosk", "counter"]
OTHER_CARD: Final = "other_card"


class Words(BaseModel):
    """One sentence or two in both languages."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ja: str
    en: str


class _Message(Words):
    counter: Words | None = None


class Refusal(BaseModel):
    """What happened and what to do next; `easy`: both in やさしい日本語, where residents meet it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Words
    next: Words
    easy: str = ""


class _Catalogue(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    messages: dict[str, _Message]
    notices: dict[str, Words]
    enrolment: dict[str, Words]
    refusals: dict[str, Refusal]


@cache
def _catalogue() -> _Catalogue:
    """words.yaml, and the sentences about cards of other kinds, which are card_reader's."""
    own = yaml.safe_load(files("station").joinpath("words.yaml").read_text(encoding="utf-8"))
    for kind, words in sentences().kinds.items():
        key = "mute" if kind == "mute" else f"{OTHER_CARD}_{kind}"
        own["messages"][key] = {**words.resident.model_dump(), "counter": words.staff.model_dump()}
    own["messages"][OTHER_CARD] = own["messages"][f"{OTHER_CARD}_unknown"]
    return _Catalogue.model_validate(own)


def message(
    key: str, audience: Audience, tries: int | None = None, *, of: str = "", procedure: str | None = None
) -> Words:
    """The words for a card outcome; those for the secret `of` (such as b) and the counter's own where there
    are some. `procedure` is the one that sets a blocked secret anew. KeyError for an unknown key."""
    messages = _catalogue().messages
    entry = messages.get(f"{key}_{of}") or messages[key]
    chosen = entry.counter if audience == "counter" and entry.counter is not None else entry
    fill = {"tries": tries, "procedure": procedure or ""}
    return Words(ja=chosen.ja.format(**fill), en=chosen.en.format(**fill))


def has_message(key: str) -> bool:
    """Whether there are words for this outcome."""
    return key in _catalogue().messages


def unreadable(detail: str | None) -> str:
    """The key of the words for a card that could not be read, by the reason at the end of `detail` (as in
    CardReadMessage)."""
    reasons = {"mute": "mute", "too_slow": "too_slow", "busy": "in_use"}
    return reasons.get((detail or "").rpartition(":")[2], "unreadable")


def notice(code: str, clock_ahead_s: int = 0) -> Words:
    """What stands in the way at this station, for staff. KeyError for an unknown code."""
    entry = _catalogue().notices[code]
    late = clock_ahead_s < 0
    return Words(
        ja=entry.ja.format(seconds=abs(clock_ahead_s), way="遅れて" if late else "進んで"),
        en=entry.en.format(seconds=abs(clock_ahead_s), way="behind" if late else "ahead of"),
    )


def enrolment(key: str, **fill: str) -> Words:
    """What `kakanai station enrol` says. KeyError for an unknown key."""
    entry = _catalogue().enrolment[key]
    return Words(ja=entry.ja.format(**fill), en=entry.en.format(**fill))


def other_card(kind: str | None, audience: Audience) -> Words:
    """The words for a card that is not a My Number card, naming its kind where we know it."""
    key = f"{OTHER_CARD}_{kind}"
    return message(key if has_message(key) else OTHER_CARD, audience)


def refusal(code: str) -> Refusal:
    """The words of one of the gateway's own answers. KeyError for an unknown code."""
    return _catalogue().refusals[code]
