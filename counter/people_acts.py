"""Who is there: identity, people entered by hand, protection, who heads the household and who files."""

from typing import Any

from fastapi import Request
from fastapi.responses import Response

from counter.writing import write
from server.db.uow import NotThereError
from server.kit.clock import today
from server.kit.dates import read_date
from server.kit.text import UnsafeTextError
from server.queue.card_reads import CardText
from server.reception import facts, gathering, moving, people, service
from server.web.forms import SentForm
from server.web.guards import GuardedRouter, Staff
from server.web.problems import Problem

# In the kinds of document that were seen, which stay readable; a number of one has more.
MOST_DIGITS = 3
router = GuardedRouter(prefix="/counter/receptions/{reception_id}", guard=Staff("clerk", "supervisor"))


@router.action("/identify")
def identify(request: Request, reception_id: str, sent: SentForm) -> Response:
    """Whose procedure it is, and how identity was checked."""
    documents = sent.text("documents", limit=100)
    if sum(char.isdigit() for char in documents) > MOST_DIGITS:
        raise Problem(422, "identity_number")
    return write(
        request,
        reception_id,
        sent,
        "identify",
        lambda unit, ctx, reception, key: service.identify(
            unit,
            ctx,
            reception,
            relation=sent.text("relation", limit=20),
            method=sent.text("method", limit=20),
            documents=documents,
        ),
    )


@router.action("/people")
def add_person(request: Request, reception_id: str, sent: SentForm) -> Response:
    """Somebody entered by hand, while the core is away or does not know them."""
    relationship = sent.text("relationship", limit=20)
    if not people.is_relationship(relationship) or not sent.text("name"):
        raise UnsafeTextError("relationship")
    birth = read_date(sent.text("birth", limit=20))
    if birth and birth[:10] > today().isoformat():
        raise Problem(422, "birth_ahead")
    entered = {
        "name": sent.text("name"),
        "kana": sent.text("kana"),
        "birth": birth,
        "sex": sent.text("sex", "0", 1),
        "relationship": relationship,
        "address": sent.text("address"),
        "is_head": relationship == "世帯主",
    }
    return write(
        request,
        reception_id,
        sent,
        "people",
        lambda unit, ctx, reception, key: gathering.enter_person(
            unit, ctx, reception, key, entered, origin="entered"
        ),
    )


@router.action("/people/remove")
def remove_person(request: Request, reception_id: str, sent: SentForm) -> Response:
    """Somebody who was entered by hand, wrongly or twice."""
    person_id = sent.text("person_id", limit=36)
    return write(
        request,
        reception_id,
        sent,
        "people-remove",
        lambda unit, ctx, reception, key: gathering.remove_person(unit, ctx, reception, key, person_id),
    )


@router.action("/people/from-card")
def from_card(request: Request, reception_id: str, sent: SentForm) -> Response:
    """The card's holder as a person of the intake, while the core is away."""
    relationship = sent.text("relationship", "世帯主", 20)
    if not people.is_relationship(relationship):
        raise UnsafeTextError("relationship")

    def verb(unit: Any, ctx: Any, reception: Any, key: Any) -> None:
        card = facts.read(unit, key, reception.id).value("", "card")
        if not card:
            raise NotThereError("card")
        entered = {
            "name": card["name"],
            "kana": "",
            "birth": CardText(**card).born,
            "sex": card["sex"],
            "relationship": relationship,
            "address": card["address"],
            "is_head": relationship == "世帯主",
        }
        gathering.enter_person(unit, ctx, reception, key, entered, origin="card")

    return write(request, reception_id, sent, "from-card", verb)


@router.action("/release", guard=Staff("supervisor"))
def release(request: Request, reception_id: str, sent: SentForm) -> Response:
    """A supervisor allows the intake of a protected household."""
    reason = sent.text("reason")
    if not reason:
        raise UnsafeTextError("reason")
    return write(
        request,
        reception_id,
        sent,
        "release",
        lambda unit, ctx, reception, key: gathering.release(unit, ctx, reception, key, reason),
    )


@router.action("/new-head")
def new_head(request: Request, reception_id: str, sent: SentForm) -> Response:
    """Who heads the household that those who move found."""
    person_id = sent.text("person_id", limit=36)
    return write(
        request,
        reception_id,
        sent,
        "new-head",
        lambda unit, ctx, reception, key: moving.say_head(unit, ctx, reception, key, person_id),
    )


@router.action("/new-relationships")
def new_relationships(request: Request, reception_id: str, sent: SentForm) -> Response:
    """How the others stand to the new head."""
    said = {person_id: texts[0].strip() for person_id, texts in sent.prefixed("relationship:").items()}
    if not all(people.is_relationship(text) for text in said.values()):
        raise Problem(422, "relationship")
    return write(
        request,
        reception_id,
        sent,
        "new-relationships",
        lambda unit, ctx, reception, key: moving.say_relationships(unit, ctx, reception, key, said),
    )


@router.action("/filer")
def filer(request: Request, reception_id: str, sent: SentForm) -> Response:
    """Who files: a member, or a proxy by name."""

    def verb(unit: Any, ctx: Any, reception: Any, key: Any) -> None:
        if sent.text("filer_name"):
            service.name_filer(unit, ctx, reception, key, sent.text("filer_name"))
        else:
            service.choose_filer(unit, ctx, reception, key, sent.text("person_id", limit=36))

    return write(request, reception_id, sent, "filer", verb)
