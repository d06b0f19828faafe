"""Who moves out of a household without its head: who heads the new one, and how the others stand to them.

A notification must say it (住基法23条: 世帯主についてはその旨、ほかの者は世帯主の氏名と続柄). Where the old
head is among those who move, they stay the head and every 続柄 stays true; who moves alone heads a household
of one.
"""

from dataclasses import dataclass, field

from server.reception.intake import Intake
from server.reception.people import PersonView

HEAD, RELATIONSHIP = "new_head", "new_relationship"
ITSELF = "世帯主"

# What most often follows from two 続柄 to the old head: (the new head's, the other's) → the other's to the
# new head. Only ever proposed: a child of one spouse need not be the other's.
_FOLLOWS = {
    ("妻", "子"): "子",
    ("夫", "子"): "子",
    ("妻（未届）", "子"): "子",
    ("夫（未届）", "子"): "子",
    ("子", "子の妻"): "妻",
    ("子", "子の夫"): "夫",
    ("子", "子の子"): "子",
    ("子の妻", "子の子"): "子",
    ("子の夫", "子の子"): "子",
    ("父", "母"): "妻",
    ("母", "父"): "夫",
}


def is_founded(intake: Intake) -> bool:
    """Whether this notification founds a household: some of those who live together move, not all."""
    return intake.files_here and bool(intake.movers) and not intake.whole_household


def head(intake: Intake) -> PersonView | None:
    """The head of the household after the move; None while nobody has said who."""
    if not is_founded(intake):
        return next((person for person in intake.people if person.is_head), None)
    movers = intake.movers
    if len(movers) == 1:
        return movers[0]
    chosen = intake.facts.value("", HEAD)
    return next((p for p in movers if p.is_head), None) or next(
        (p for p in movers if p.person_id == chosen), None
    )


def relationship(intake: Intake, person: PersonView) -> str:
    """The 続柄 of `person` after the move, as it is printed; empty while nobody has said it."""
    before: str = intake.facts.value(person.person_id, "relationship", "")
    first = head(intake)
    if not is_founded(intake) or (first and first.is_head):
        return before
    if first and first.person_id == person.person_id:
        return ITSELF
    said: str = intake.facts.value(person.person_id, RELATIONSHIP, "")
    return said if first else ""


def proposed(intake: Intake, person: PersonView) -> str:
    """What staff probably enter for `person`; empty where nothing is likely."""
    first = head(intake)
    before = intake.facts.value(first.person_id, "relationship", "") if first else ""
    return _FOLLOWS.get((before, intake.facts.value(person.person_id, "relationship", "")), "")


def is_settled(intake: Intake) -> bool:
    """Whether the notification can say who heads the household and how everybody stands to them."""
    if not is_founded(intake):
        return True
    return head(intake) is not None and all(relationship(intake, person) for person in intake.movers)


def is_asked(intake: Intake) -> bool:
    """Whether staff have something to say here: several move, and the head is not among them."""
    return is_founded(intake) and len(intake.movers) > 1 and not any(p.is_head for p in intake.movers)


@dataclass(frozen=True)
class StandingView:
    """One who moves along: the 続柄 said, or the one to propose."""

    person_id: str
    name: str = field(repr=False)
    relationship: str = field(repr=False)


@dataclass(frozen=True)
class NewHouseholdView:
    """What the clerk's page asks of it. `others`: everybody but the head, empty until there is one."""

    movers: tuple[tuple[str, str], ...] = field(repr=False)
    head_id: str | None
    head_name: str = field(repr=False)
    others: tuple[StandingView, ...] = field(repr=False)
    settled: bool


def view(intake: Intake) -> NewHouseholdView | None:
    """None where nothing is to be asked."""
    if not is_asked(intake):
        return None
    first = head(intake)
    names = {p.person_id: intake.facts.value(p.person_id, "name", "") for p in intake.movers}
    return NewHouseholdView(
        movers=tuple(names.items()),
        head_id=first.person_id if first else None,
        head_name=names[first.person_id] if first else "",
        others=tuple(
            StandingView(p.person_id, names[p.person_id], relationship(intake, p) or proposed(intake, p))
            for p in intake.movers
            if first and p.person_id != first.person_id
        ),
        settled=is_settled(intake),
    )
