"""What the navigator's pages send: a question's answers, and how many people there are."""

from dataclasses import dataclass, field

from server.kit.dates import read_date
from server.kit.text import UnsafeTextError
from server.preentry.answers import ROLES, Value, people_of
from server.preentry.asking import Ask
from server.web.forms import Sent

UNKNOWN, NOBODY = "unknown", "nobody"
Said = dict[str, Value | None]


@dataclass(frozen=True)
class Reading:
    """What was said of whom; `whole` when nothing of the question is left. None is わからない."""

    said: Said = field(repr=False)
    whole: bool


def people(sent: Sent, events: tuple[str, ...]) -> tuple[str, ...]:
    """Everybody whom the page counts; whoever the event itself brings is always there."""
    counts = {role: sent.number(f"count:{role}") or 0 for role in ROLES}
    fixed = {"late": int("DEATH" in events), "baby": max(1, counts["baby"]) if "BIRTH" in events else 0}
    if "DEATH" not in events:
        fixed["you"] = 1
    return people_of(counts | fixed)


def answer(sent: Sent, ask: Ask) -> Reading:
    """The answer to `ask`, as far as the page gives one."""
    pick = sent.text("pick")
    if pick == UNKNOWN:
        return Reading(dict.fromkeys(ask.owners), True)
    match ask.kind:
        case "yes_no":
            return _yes_no(sent, ask, pick)
        case "choice":
            return _choice(sent, ask, pick)
        case "choices":
            return _choices(sent, ask, pick)
        case "birth":
            return _births(sent, ask)
        case "day":
            return _each(ask, {owner: _number(_field(sent, "day", owner)) for owner in ask.owners})
        case "date":
            return _each(ask, {owner: _date(_field(sent, "value", owner)) for owner in ask.owners})
        case _:
            return _each(ask, {owner: _number(_field(sent, "value", owner)) for owner in ask.owners})


def _field(sent: Sent, kind: str, owner: str) -> str:
    name = f"{kind}:{owner}"
    return sent.text(name, limit=40)


def _fields(sent: Sent, kind: str, owner: str) -> list[str]:
    name = f"{kind}:{owner}"
    return sent.texts(name)


def _yes_no(sent: Sent, ask: Ask, pick: str) -> Reading:
    if pick in ("true", "false"):
        return Reading(dict.fromkeys(ask.owners, pick == "true"), True)
    chosen = set() if pick == NOBODY else set(sent.texts("who")) & set(ask.owners)
    return Reading({owner: owner in chosen for owner in ask.owners}, bool(chosen) or pick == NOBODY)


def _choice(sent: Sent, ask: Ask, pick: str) -> Reading:
    known = {choice.value for choice in ask.choices} | {UNKNOWN}
    everybody = pick or sent.text("value:all", limit=40)
    given = {owner: _field(sent, "value", owner) or everybody for owner in ask.owners}
    return _each(ask, {owner: value if value in known else False for owner, value in given.items()})


def _choices(sent: Sent, ask: Ask, pick: str) -> Reading:
    ticked = {choice.value: set(_fields(sent, "has", choice.value)) for choice in ask.choices}
    if pick == NOBODY:
        ticked = {}
    # A household's own boxes send no person.
    said: Said = {
        owner: tuple(value for value, owners in ticked.items() if (owner or "household") in owners)
        for owner in ask.owners
    }
    return Reading(said, pick == NOBODY or any(said.values()))


def _births(sent: Sent, ask: Ask) -> Reading:
    found: dict[str, Value | None] = {}
    left = False
    for owner in ask.owners:
        year, month = _field(sent, "year", owner), _field(sent, "month", owner)
        if year == UNKNOWN:
            found[owner] = None
        elif not (year.isascii() and year.isdigit() and len(year) == 4):
            left = True
        else:
            # A year alone waits for its month and is shown again so far.
            left = left or not month
            found[owner] = year if month == UNKNOWN else f"{year}-{month:0>2}" if month else f"{year}-"
    return Reading(found, not left)


def _each(ask: Ask, given: dict[str, Value | None]) -> Reading:
    """False stands for what is missing, the word for わからない."""
    said: Said = {
        owner: None if value == UNKNOWN else value for owner, value in given.items() if value is not False
    }
    return Reading(said, len(said) == len(ask.owners))


def _number(text: str) -> Value:
    if text == UNKNOWN:
        return text
    return int(text) if text.isascii() and text.isdigit() else False


def _date(text: str) -> Value:
    try:
        return read_date(text) or False
    except UnsafeTextError:
        return False
