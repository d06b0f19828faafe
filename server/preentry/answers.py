"""What a resident has answered so far: it travels in the page and in the code and is kept nowhere. Pure.

Nobody is named: the people of a household are "you", "spouse", "child1" and so on. Besides the facts of the
rules there are two kinds of answers of the navigator's own: `birth.day` (a birth is asked as year and month,
and its day only where a rule turns on it) and `date.<EVENT>` (the day of each life event after the first).
"""

import json
import re
from dataclasses import dataclass, field, replace
from typing import Any

from procedures import Catalogue, Fact
from server.preentry.life_events import chosen

Value = bool | int | str | tuple[str, ...]
# How many of a kind there may be. `late` is the deceased, `baby` a child that this birth is about.
ROLES = {"late": 1, "you": 1, "spouse": 1, "baby": 3, "child": 8, "parent": 4, "other": 4}
MOST_PEOPLE = 10
LONGEST = 12_000
DAY, DATE = "birth.day", "date."
_PERSON = re.compile(r"(late|you|spouse|baby|child|parent|other)([1-8]?)")
_BIRTH = re.compile(r"\d{4}(-\d{2})?")
_UNKNOWN = "?"
_FORMAT = 1


class AnswersUnreadableError(ValueError):
    """The text was not written by a page or a code of ours."""


@dataclass(frozen=True)
class Answer:
    """One question's answers by whom they are about ("" for the household); None is わからない."""

    name: str
    values: dict[str, Value | None] = field(repr=False)


@dataclass(frozen=True)
class Answers:
    """The life events, the people, and what was answered, in the order of asking."""

    events: tuple[str, ...]
    people: tuple[str, ...] = ()
    given: tuple[Answer, ...] = field(default=(), repr=False)

    def get(self, name: str) -> Answer | None:
        """What was answered to `name`, None when it was not asked."""
        return next((answer for answer in self.given if answer.name == name), None)

    def value(self, name: str, owner: str = "") -> Value | None:
        """One answer; None when it was not asked or nobody knows."""
        answer = self.get(name)
        return answer.values.get(owner) if answer else None

    def put(self, name: str, values: dict[str, Value | None]) -> "Answers":
        """With these answers, in the place of earlier ones to the same question."""
        earlier = self.get(name)
        if earlier is None:
            return replace(self, given=(*self.given, Answer(name, values)))
        renewed = Answer(name, earlier.values | values)
        return replace(self, given=tuple(renewed if one is earlier else one for one in self.given))

    def of(self, people: tuple[str, ...]) -> "Answers":
        """With these people; what was said of others is dropped."""
        kept = []
        for answer in self.given:
            values = {owner: value for owner, value in answer.values.items() if owner in ("", *people)}
            if values:
                kept.append(Answer(answer.name, values))
        return replace(self, people=people, given=tuple(kept))

    def known_to(self, catalogue: Catalogue) -> "Answers":
        """Without what the rules of today have no question for, or could not read."""
        kept = []
        for answer in self.given:
            values = {
                owner: value
                for owner, value in answer.values.items()
                if _fits(catalogue, self.events, answer.name, owner, value)
            }
            if values:
                kept.append(Answer(answer.name, values))
        return replace(self, given=tuple(kept))

    def text(self) -> str:
        """As short JSON, which `read` takes back."""
        given = [_packed(answer, self.people) for answer in self.given]
        whole = {"v": _FORMAT, "e": list(self.events), "p": list(self.people), "a": given}
        return json.dumps(whole, ensure_ascii=False, separators=(",", ":"))


def may_be_asked(catalogue: Catalogue, name: str) -> bool:
    """Whether a resident is asked this fact; what only staff can look up waits for the counter."""
    spec = catalogue.facts.get(name)
    return spec is not None and spec.question is not None and spec.asked_of != "staff"


def read(text: str) -> Answers:
    """The answers that `text` holds. Raises AnswersUnreadableError."""
    if len(text) > LONGEST:
        raise AnswersUnreadableError("longer than any page")
    try:
        whole = json.loads(text)
        events, people = _texts(whole["e"]), _texts(whole["p"])
        given = tuple(_unpacked(entry, people) for entry in whole["a"])
        version = whole["v"]
    except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise AnswersUnreadableError("not in the layout of answers") from error
    known = all(_PERSON.fullmatch(person) for person in people) and len(set(people)) == len(people)
    if version != _FORMAT or not known or len(people) > MOST_PEOPLE or chosen(list(events)) != events:
        raise AnswersUnreadableError("names what there is not")
    if len({answer.name for answer in given}) != len(given):
        raise AnswersUnreadableError("answers a question twice")
    return Answers(events, people, given)


def role_of(person: str) -> tuple[str, str]:
    """(kind, number): ("child", "2"); the number is empty where there is only one."""
    found = _PERSON.fullmatch(person)
    return (found[1], found[2]) if found else (person, "")


def several(people: tuple[str, ...]) -> frozenset[str]:
    """The kinds of which there is more than one."""
    roles = [role_of(person)[0] for person in people]
    return frozenset(role for role in roles if roles.count(role) > 1)


def people_of(counts: dict[str, int]) -> tuple[str, ...]:
    """The people when there are so many of each kind; more than there may be are left out."""
    found = []
    for role, most in ROLES.items():
        number = min(counts.get(role, 0), most)
        found += [role] * number if most == 1 else [f"{role}{n}" for n in range(1, number + 1)]
    return tuple(found[:MOST_PEOPLE])


def _fits(catalogue: Catalogue, events: tuple[str, ...], name: str, owner: str, value: Value | None) -> bool:
    if name == DAY:
        return owner != "" and (value is None or (type(value) is int and 1 <= value <= 31))
    if name.startswith(DATE):
        known = name.removeprefix(DATE) in events[1:] and owner == ""
        return known and (value is None or _reads(catalogue, "event_date", value))
    if not may_be_asked(catalogue, name) or (catalogue.facts[name].scope == "person") != (owner != ""):
        return False
    if name == "birth" and value is not None and not _BIRTH.fullmatch(str(value)):
        return False
    return value is None or _reads(catalogue, name, value)


def _reads(catalogue: Catalogue, name: str, value: Value) -> bool:
    try:
        catalogue.facts[name].read(Fact(value))
    except ValueError:
        return False
    return True


def _packed(answer: Answer, people: tuple[str, ...]) -> list[Any]:
    """[name, value] for the household, [name, [value or null per person], 1] for people."""
    if "" in answer.values:
        return [answer.name, _said(answer.values[""])]
    per_person = [_said(answer.values[person]) if person in answer.values else None for person in people]
    return [answer.name, per_person, 1]


def _said(value: Value | None) -> Any:
    return _UNKNOWN if value is None else list(value) if isinstance(value, tuple) else value


def _unpacked(entry: Any, people: tuple[str, ...]) -> Answer:
    """Raises ValueError, TypeError or IndexError for anything that `_packed` does not write."""
    name = entry[0]
    if not isinstance(name, str) or len(name) > 40:
        raise ValueError("no name")
    if len(entry) == 2:
        return Answer(name, {"": _value(entry[1])})
    if len(entry[1]) != len(people):
        raise ValueError("not one for each person")
    pairs = zip(people, entry[1], strict=True)
    return Answer(name, {person: _value(said) for person, said in pairs if said is not None})


def _value(said: Any) -> Value | None:
    if said == _UNKNOWN:
        return None
    if isinstance(said, list):
        return _texts(said)
    if isinstance(said, bool | int | str):
        return said
    raise ValueError("no value")


def _texts(raw: Any) -> tuple[str, ...]:
    if not isinstance(raw, list) or not all(isinstance(one, str) and len(one) <= 40 for one in raw):
        raise ValueError("no list of words")
    return tuple(raw)
