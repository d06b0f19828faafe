"""Who signs what: the person present, somebody with a 委任状, or the one who may, later (後日提出).

What the rules allow is worked out (procedures.signing); what is done about it, staff say with one key.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import col, select

from procedures import Item, Signing, by_answer, signing
from server.db.context import Context
from server.db.uow import NotThereError, Unit
from server.journal.service import record
from server.kit.clock import now
from server.reception.intake import Intake
from server.reception.models import Reception, SigningChoice
from server.reception.people import PersonView
from server.reception.service import PROXIES, changed
from server.reception.states import move

KINDS = ("here", "letter", "later")
# A is filed with the notification, D is another authority's paper, and for E nobody signs anything.
SIGNED = ("N", "B", "C", "S")
# What somebody is to a procedure that concerns themselves alone (a claim is listed for its claimant).
OWN = frozenset({"self", "household", "recipient", "owner", "party", "claimant"})
# Whoever has the registration card in hand may use it: the card is a paper to be shown, not a relation.
ANYBODY = frozenset({"bearer"})
COUPLE = (["妻"], ["夫"])


@dataclass(frozen=True)
class ChoiceView:
    """What staff settled, when, and who of them."""

    kind: str
    at: datetime
    by: str


def is_present_known(intake: Intake) -> bool:
    """Whether staff have said who is at the counter: one of the people, or somebody who acts for them."""
    return intake.filer is not None or intake.relation in (*PROXIES, "legal_representative")


def roles_of(intake: Intake) -> dict[str, frozenset[str]]:
    """What the person present is to each person of the intake ("" for the household), as codes of the rules.

    Only what the register and the intake say: whose dog it is nobody has told. Whoever comes for somebody
    else is nothing to anybody but their proxy, unless they held the funeral.
    """
    present = intake.filer
    owners = ["", *(person.person_id for person in intake.people)]
    if intake.relation == "legal_representative":
        return dict.fromkeys(owners, ANYBODY | {"guardian"})
    anyway = ANYBODY | ({"mourner"} if intake.facts.value("", "mourner_here") else set())
    if present is None or intake.relation in PROXIES:
        return dict.fromkeys(owners, anyway)
    always = anyway | {"household"} | ({"head"} if present.is_head else set())
    for fact, role in (("gets_jidoteate", "recipient"), ("party", "party")):
        if intake.facts.value(present.person_id, fact):
            always |= {role}
    roles = {"": always | {"self"}}
    for person in intake.people:
        if person.person_id == present.person_id:
            roles[person.person_id] = OWN | always
        else:
            roles[person.person_id] = always | _relation(intake, present, person)
    return roles


def parts_of(
    item: Item, roles: dict[str, frozenset[str]] | None, choice: ChoiceView | None
) -> tuple[tuple[Item, Signing | None], ...]:
    """The item with its answer, or a part of it for each answer that its people have: what one may sign today
    does not wait for the others. What staff settled, they settled for everybody.
    """
    if roles is None or item.confidential:
        return ((item, None),)
    if choice is not None or not _is_signed(item):
        return ((item, signing_of(item, roles)),)
    return by_answer(item, roles)


def signing_of(item: Item, roles: dict[str, frozenset[str]]) -> Signing | None:
    """How this item can be signed by the person present; None when nobody signs anything for it here."""
    return signing(item, roles) if _is_signed(item) else None


def _is_signed(item: Item) -> bool:
    return item.klass in SIGNED and not item.department.external and item.group != "advice"


def choices(unit: Unit, reception_id: str) -> dict[str, ChoiceView]:
    """What staff settled, by procedure."""
    query = select(SigningChoice).where(
        SigningChoice.reception_id == reception_id, col(SigningChoice.replaced).is_(False)
    )
    return {row.procedure_id: ChoiceView(row.kind, row.at, row.by) for row in unit.all(query)}


def choose(
    unit: Unit, ctx: Context, reception: Reception, procedure_id: str, kind: str, offered: set[str]
) -> None:
    """Settle who signs a procedure; the same choice again changes nothing.

    `offered` are the procedures that somebody signs now. Raises NotThereError for anything else, NotNowError.
    """
    if kind not in KINDS or procedure_id not in offered:
        raise NotThereError("SigningChoice")
    move(reception, "mark")
    unit.add(reception)
    query = select(SigningChoice).where(
        SigningChoice.reception_id == reception.id,
        SigningChoice.procedure_id == procedure_id,
        col(SigningChoice.replaced).is_(False),
    )
    standing = unit.first(query)
    if standing is None or standing.kind != kind:
        if standing is not None:
            standing.replaced = True
            unit.add(standing)
        row = SigningChoice(
            tenant_id="",
            site_id="",
            reception_id=reception.id,
            procedure_id=procedure_id,
            kind=kind,
            at=now(),
            by=ctx.actor,
        )
        unit.add(ctx.stamp(row))
        record(unit, ctx, "reception.signing_chosen", reception.id, procedure=procedure_id, kind=kind)
    changed(unit, reception)


def _relation(intake: Intake, present: PersonView, person: PersonView) -> set[str]:
    """What the register lets one conclude: parents sign for their minor children, and couples are couples."""
    theirs, own = person.relationship, present.relationship
    if theirs == ["子"] and (present.is_head or own in COUPLE):
        return {"guardian", "parent", "lineal"} if _is_minor(intake, person) else {"lineal"}
    if (present.is_head and theirs in COUPLE) or (person.is_head and own in COUPLE):
        return {"spouse"}
    return set()


def _is_minor(intake: Intake, person: PersonView) -> bool:
    """Under 18 (民法4条); a birth date that is not known to the day counts from the first day that it can
    be.
    """
    birth = str(intake.facts.value(person.person_id, "birth") or "")
    if not birth[:4].isdigit():
        return False
    year, month, day = (*(int(part) for part in birth.split("-")), 1, 1)[:3]
    on: date = intake.filed_on
    return on.year - year - ((on.month, on.day) < (month, day)) < 18
