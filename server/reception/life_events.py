"""The life events that staff choose from, and what the counter has to know of each.

The codes and their names are the rules' own (procedures/data/codes.yaml). One event leads: the first of the
chosen ones in the order below, which is the order of the notifications (a birth that is told at a move-in is
a part of the move-in, 住民記録システム標準仕様書 1.2.2).
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class LifeEvent:
    """One event.

    subject: the person fact that says whom it concerns; None when it concerns the household.
    residence: it changes where somebody lives, so that only one such event can be told at a time.
    dated: the rules count days from it. ahead: its day may lie after the day of filing.
    arrives: it brings people whom the core does not know yet. settles: there is a new address in this city.
    whole: it concerns everybody of the household, unless staff say otherwise.
    """

    code: str
    group: str
    subject: str | None
    residence: bool = False
    dated: bool = True
    ahead: bool = False
    arrives: bool = False
    settles: bool = False
    whole: bool = False


EVENTS = {
    event.code: event
    for event in (
        LifeEvent("MOVE", "moving", "moves", residence=True, settles=True),
        LifeEvent("IN_DOM", "moving", "moves", residence=True, arrives=True, settles=True),
        LifeEvent("IN_SP", "moving", "moves", residence=True, arrives=True, settles=True),
        LifeEvent("IN_ABR", "moving", "moves", residence=True, arrives=True, settles=True),
        LifeEvent("OUT_DOM", "moving", "moves", residence=True, ahead=True),
        LifeEvent("OUT_ABR", "moving", "moves", residence=True, ahead=True),
        LifeEvent("IN_46", "moving", "moves", residence=True, arrives=True, settles=True),
        LifeEvent("IN_47", "moving", "moves", residence=True, arrives=True, settles=True),
        LifeEvent("HH_HEAD", "household", "hh_changes", whole=True),
        LifeEvent("HH_SPLIT", "household", "hh_changes"),
        LifeEvent("HH_MERGE", "household", "hh_changes", whole=True),
        LifeEvent("HH_CHG", "household", "hh_changes"),
        LifeEvent("BIRTH", "register", "newborn", arrives=True),
        LifeEvent("DEATH", "register", "deceased"),
        LifeEvent("MARRY", "register", "party", ahead=True, arrives=True),
        LifeEvent("DIVORCE", "register", "party"),
        LifeEvent("NAME", "register", "name_changes"),
        LifeEvent("INS_LOSS", "other", "loses_ins"),
        LifeEvent("PREG", "other", "preg"),
        LifeEvent("CERT", "other", None, dated=False),
    )
}
GROUPS = ("moving", "household", "register", "other")
# Kakanai has the form and the core's message of these; every other one is taken on its existing form.
FILED_HERE = frozenset({"MOVE"})
# What a visitor said at the kiosk (the class of the ticket), where it leaves only one event that is likely.
PURPOSES = {"move": ("MOVE",), "certificate": ("CERT",)}
_RESIDENCE = frozenset(event.code for event in EVENTS.values() if event.residence)
_PARTNERS = frozenset({"MARRY", "DIVORCE"})
# Facts that say whom an event concerns mean nothing, and must not be read, where that event did not happen.
CONCERNS = {
    "moves": _RESIDENCE,
    "hh_changes": frozenset({"HH_HEAD", "HH_SPLIT", "HH_MERGE", "HH_CHG"}),
    "newborn": frozenset({"BIRTH"}),
    "gave_birth": frozenset({"BIRTH"}),
    "deceased": frozenset({"DEATH"}),
    "party": _PARTNERS,
    "name_changes": _PARTNERS | {"NAME"},
    "loses_ins": frozenset({"INS_LOSS", "DIVORCE", "DEATH"}),
}


class UnfitEventsError(ValueError):
    """No such life events, or ones that cannot be told together."""


def of_purpose(purpose: str) -> tuple[str, ...]:
    """The events of whoever took a ticket of this class; () where staff have to ask."""
    return PURPOSES.get(purpose, ())


def read(chosen: Iterable[str]) -> tuple[str, ...]:
    """The chosen codes, the leading one first. Raises UnfitEventsError."""
    said = set(chosen)
    if not said or said - set(EVENTS) or len(said & _RESIDENCE) > 1:
        raise UnfitEventsError(", ".join(sorted(said)))
    return tuple(code for code in EVENTS if code in said)


def concerning_all(codes: Iterable[str]) -> set[str]:
    """The facts that hold for everybody of a household as it is taken in, until staff say otherwise."""
    return {"moves"} | {
        event.subject
        for code, event in EVENTS.items()
        if event.whole and code in set(codes) and event.subject
    }


def date_fact(code: str, leading: bool) -> str:
    """Under which fact the day of an event is kept."""
    return "event_date" if leading else f"event_date:{code}"
