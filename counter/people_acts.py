"""Who is there: identity, card, search, household, protection, who moves and who files."""

from typing import Any

from fastapi import Request
from fastapi.responses import Response

from counter.reception import render
from counter.writing import shown, write
from server.db.uow import NotThereError
from server.journal.service import record
from server.kit.clock import today
from server.kit.dates import read_date
from server.kit.text import UnsafeTextError
from server.preentry import service as preentry
from server.queue.card_reads import CardText
from server.reception import facts, gathering, moving, people, prefill, service
from server.reception.prefill import CoreAway, Found
from server.web.forms import Sent, SentForm
from server.web.guards import GuardedRouter, Staff, ctx_of
from server.web.problems import Problem
from server.web.services import services

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


@router.action("/card/attach")
def attach(request: Request, reception_id: str, sent: SentForm) -> Response:
    """Staff have matched the person: open the card, and bring it together with the core."""
    held, ctx = services(request), ctx_of(request)
    with held.db.write() as unit:
        reception, key = service.locked(unit, ctx, held.vault, reception_id)
        read = gathering.card_of(unit, ctx, reception, sent.text("read_id", limit=36))
        if read is None:
            raise Problem(409, "stale_screen")
        text = gathering.attach_card(unit, ctx, held.vault, reception, key, read, "staff")
    if text is None:
        return shown(request, reception_id)
    return _after_match(request, reception_id, prefill.match_card(held.core, text))


@router.action("/search")
def search(request: Request, reception_id: str, sent: SentForm) -> Response:
    """Look residents up by what was said; only from an open reception, and journalled."""
    held, ctx = services(request), ctx_of(request)
    words = _words(sent)
    with held.db.read() as unit:
        reception, _ = service.opened(unit, ctx, held.vault, reception_id)
        gathering.check_searchable(reception)
    found = prefill.search(held.core, words)
    with held.db.write() as unit:
        _, key = service.locked(unit, ctx, held.vault, reception_id)
        _searched(unit, ctx, key, reception_id, found, {k: v for k, v in words.items() if v})
    if isinstance(found, CoreAway):
        return render(request, reception_id, away=found)
    return render(request, reception_id, found=found)


@router.action("/choose")
def choose(request: Request, reception_id: str, sent: SentForm) -> Response:
    """A person chose this resident; their household is taken in."""
    return _gather(
        request, reception_id, sent.text("household_id", limit=15), sent.text("resident_id", limit=15)
    )


@router.action("/gather")
def gather(request: Request, reception_id: str, sent: SentForm) -> Response:
    """Take the household in again: after a supervisor allowed it, or to see the core's newest state."""
    held, ctx = services(request), ctx_of(request)
    with held.db.read() as unit:
        _, key = service.opened(unit, ctx, held.vault, reception_id)
        known = facts.read(unit, key, reception_id)
        chosen = known.value("", "chosen_resident")
        card = known.value("", "card")
    if chosen:
        household_id, resident_id = chosen
        return _gather(request, reception_id, household_id, resident_id)
    if card:
        return _after_match(request, reception_id, prefill.match_card(held.core, CardText(**card)))
    raise NotThereError("chosen_resident")


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


def _after_match(request: Request, reception_id: str, found: Found | CoreAway) -> Response:
    """One resident beyond doubt is taken in; otherwise a person chooses.

    A proxy's card names the proxy, whose own household nobody asked for.
    """
    held, ctx = services(request), ctx_of(request)
    with held.db.write() as unit:
        reception, key = service.locked(unit, ctx, held.vault, reception_id)
        mine = reception.relation not in service.PROXIES
        _searched(unit, ctx, key, reception_id, found, {"by": "card"})
    if isinstance(found, CoreAway):
        return render(request, reception_id, away=found)
    if found.only is None or not mine:
        return render(request, reception_id, found=found)
    return _gather(request, reception_id, found.only.household_id, found.only.resident_id)


def _gather(request: Request, reception_id: str, household_id: str, resident_id: str) -> Response:
    held, ctx = services(request), ctx_of(request)
    taken = prefill.household(held.core, household_id)
    if isinstance(taken, CoreAway):
        return render(request, reception_id, away=taken)
    if taken is None or resident_id not in {member.resident_id for member in taken.members}:
        raise NotThereError("Household")
    with held.db.write() as unit:
        reception, key = service.locked(unit, ctx, held.vault, reception_id)
        if gathering.is_allowed(unit, reception, key, taken):
            gathering.take_household(unit, ctx, reception, key, taken, resident_id)
            gathering.note_unsettled(unit, ctx, held.vault, reception, key, taken)
            service.derive_school_district(unit, ctx, reception, key, held.towns)
            preentry.match(unit, ctx, reception, key)
        else:
            gathering.refer_to_supervisor(unit, ctx, reception, key, household_id, resident_id)
    return shown(request, reception_id)


def _searched(
    unit: Any, ctx: Any, key: Any, reception_id: str, found: Found | CoreAway, query: dict[str, Any]
) -> None:
    away = isinstance(found, CoreAway)
    record(
        unit,
        ctx,
        "reception.searched",
        reception_id,
        key=key,
        found=None if isinstance(found, CoreAway) else len(found.candidates),
        core="away" if away else "up",
        reason=query.pop("by", "asked"),
        query=query or None,
    )


def _words(sent: Sent) -> dict[str, str | None]:
    """The search words of the form, by the names that a query has for them."""
    return {
        "name": sent.text("name") or None,
        "kana": sent.text("kana") or None,
        "birth": read_date(sent.text("birth", limit=20)),
        "sex": sent.text("sex", limit=1) or None,
        "address": sent.text("address") or None,
    }
