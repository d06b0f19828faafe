"""What the navigator's pages send: a question's answers, and how many people there are."""

from server.kit.dates import read_date
from server.kit.text import UnsafeTextError
from server.preentry.answers import ROLES, Value, people_of
from server.preentry.asking import Ask
from server.web.forms import Sent

UNKNOWN, NOBODY = "unknown", "nobody"
Said = dict[str, Value | None]


def people(sent: Sent, events: tuple[str, ...]) -> tuple[str, ...]:
    """Everybody whom the page counts; whoever the event itself brings is always there."""
    counts = {role: _number(_field(sent, "count", role)) or 0 for role in ROLES}
    fixed = {"late": int("DEATH" in events), "baby": max(1, counts["baby"]) if "BIRTH" in events else 0}
    if "DEATH" not in events:
        fixed["you"] = 1
    return people_of(counts | fixed)


def answer(sent: Sent, ask: Ask) -> Said | None:
    """The answer to `ask` for everybody it is about, None while something is missing or no answer."""
    pick = sent.text("pick")
    if pick == UNKNOWN:
        return dict.fromkeys(ask.owners)
    match ask.kind:
        case "yes_no":
            return _yes_no(sent, ask, pick)
        case "choice":
            return _choice(sent, ask, pick)
        case "choices":
            return _choices(sent, ask, pick)
        case "birth":
            return _whole({owner: _birth(sent, owner) for owner in ask.owners})
        case "day":
            return _whole({owner: _number(_field(sent, "day", owner)) for owner in ask.owners})
        case "date":
            return _whole({owner: _date(_field(sent, "value", owner)) for owner in ask.owners})
        case _:
            return _whole({owner: _number(_field(sent, "value", owner)) for owner in ask.owners})


def _field(sent: Sent, kind: str, owner: str) -> str:
    name = f"{kind}:{owner}"
    return sent.text(name, limit=40)


def _yes_no(sent: Sent, ask: Ask, pick: str) -> Said | None:
    if pick in ("true", "false"):
        return dict.fromkeys(ask.owners, pick == "true")
    chosen = set() if pick == NOBODY else set(sent.texts("who"))
    return {owner: owner in chosen for owner in ask.owners} if chosen or pick == NOBODY else None


def _choice(sent: Sent, ask: Ask, pick: str) -> Said | None:
    known = {choice.value for choice in ask.choices}
    if pick:
        return dict.fromkeys(ask.owners, pick) if pick in known else None
    everybody = sent.text("value:all", limit=40)
    said = {owner: _field(sent, "value", owner) or everybody for owner in ask.owners}
    if not set(said.values()) <= known | {UNKNOWN}:
        return None
    return {owner: None if value == UNKNOWN else value for owner, value in said.items()}


def _choices(sent: Sent, ask: Ask, pick: str) -> Said | None:
    if pick == NOBODY:
        return dict.fromkeys(ask.owners, ())
    ticked = {choice.value: set(sent.texts(f"has:{choice.value}")) for choice in ask.choices}
    if not any(ticked.values()):
        return None
    # A household's own boxes send the name of nobody in particular.
    return {
        owner: tuple(value for value, owners in ticked.items() if (owner or "household") in owners)
        for owner in ask.owners
    }


def _whole(said: dict[str, Value | bool | None]) -> Said | None:
    """False stands for what is missing."""
    return None if any(value is False for value in said.values()) else said


def _birth(sent: Sent, owner: str) -> str | bool | None:
    year, month = _field(sent, "year", owner), _field(sent, "month", owner)
    if year == UNKNOWN:
        return None
    if not (year.isascii() and year.isdigit() and len(year) == 4) or not month:
        return False
    return year if month == UNKNOWN else f"{year}-{month:0>2}"


def _number(text: str) -> int | bool | None:
    if text == UNKNOWN:
        return None
    return int(text) if text.isascii() and text.isdigit() else False


def _date(text: str) -> str | bool:
    try:
        return read_date(text) or False
    except UnsafeTextError:
        return False
