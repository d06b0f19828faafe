"""Writing to the municipality's rules: a draft, its text, its small forms, and what becomes of it."""

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from counter import rules, rules_forms
from counter.rules import Back
from counter.rules_fields import WrongFieldsError, typed
from server.db.context import Context
from server.db.uow import Unit
from server.kit.clock import today
from server.kit.dates import read_date
from server.kit.machine import NotNowError
from server.kit.text import UnsafeTextError
from server.rulebook import guided, merging, queries, reading, service, views
from server.rulebook.guided import CannotPut
from server.rulebook.service import DraftMovedError, NeedsReasonError, PastDayError
from server.web.forms import Sent, SentForm
from server.web.guards import GuardedRouter, Staff, ctx_of
from server.web.idempotency import once
from server.web.services import services

router = GuardedRouter(prefix="/admin/rules", guard=Staff())
DECIDE = Staff("supervisor", "administrator")


@router.action("/drafts")
def draft(request: Request, sent: SentForm) -> Response:
    """A new draft: a copy of what counts now, of another version (`base`), or of the shipped file."""
    held, ctx = services(request), ctx_of(request)
    base = sent.number("base") if sent.text("base") else held.rulebook.current().number
    title = sent.text("title", limit=100)
    with held.db.write() as unit:
        write = once(unit, ctx, sent.key, "rules.draft", sent.content())
        if write.earlier is not None:
            made = str(write.earlier["id"])
        else:
            old = queries.numbered(unit, ctx.tenant_id, base) if base else None
            shipped = reading.shipped_text(held.rulebook.municipality, held.rulebook.files)
            row = service.start(
                unit,
                ctx,
                title=title,
                content=old.content if old else shipped,
                based_on=old.number if old else None,
            )
            made = row.id
            write.save(unit, ctx, {"id": made})
    return RedirectResponse(f"/admin/rules/{made}", 303)


@router.action("/{version_id}/text")
def text(request: Request, version_id: str, sent: SentForm) -> Response:
    """Save the whole text, with faults or without: a draft may be wrong for a while."""
    typed = str(sent.data.get("content", ""))[: reading.LONGEST + 1]
    try:
        content = sent.block("content", reading.LONGEST)
        _write(request, version_id, sent, content, "text")
    except UnsafeTextError:
        return rules.text_page(request, version_id, typed=typed, why="unsafe", status=422)
    except DraftMovedError:
        return rules.text_page(request, version_id, typed=content, why="moved", status=409)
    except NotNowError:
        return rules.text_page(request, version_id, typed=content, why="gone", status=409)
    return RedirectResponse(f"/admin/rules/{version_id}/text?saved=1", 303)


@router.action("/{version_id}/departments")
def department(request: Request, version_id: str, sent: SentForm) -> Response:
    """One department, from the beginning of the version or from a later day."""
    book = services(request).rulebook

    def change(text: str) -> str:
        catalogue = views.read(book, text).catalogue
        day = rules.asked_day(request) or today()
        known = guided.departments(catalogue, text, day) if catalogue else []
        return rules_forms.department(text, known, sent)

    back = changed(request, version_id, sent, "department", change)
    if back is not None:
        return rules.departments_page(request, version_id, back)
    saved = {"saved": sent.text("id", limit=40), "on": shown_day(sent)}
    return RedirectResponse(f"/admin/rules/{version_id}/departments?{urlencode(saved)}", 303)


@router.action("/{version_id}/procedures/{procedure_id}")
def procedure(request: Request, version_id: str, procedure_id: str, sent: SentForm) -> Response:
    """One part of a procedure, from the beginning of the version or from a later day."""
    book, part = services(request).rulebook, str(sent.data.get("part", ""))[:20]

    def change(text: str) -> str:
        catalogue = views.read(book, text).catalogue
        day = rules.asked_day(request) or today()
        shown = guided.procedure(catalogue, text, procedure_id, day) if catalogue else None
        return rules_forms.procedure(text, shown, procedure_id, sent)

    back = changed(request, version_id, sent, part, change)
    if back is not None:
        return rules.procedure_page(request, version_id, procedure_id, back)
    saved = {"saved": part, "on": shown_day(sent)}
    return RedirectResponse(f"/admin/rules/{version_id}/procedures/{procedure_id}?{urlencode(saved)}", 303)


@router.action("/{version_id}/take-in")
def take_in(request: Request, version_id: str, sent: SentForm) -> Response:
    """What was approved since the draft was begun is taken into it, and what was taken out of force is taken
    out of it, unless the draft changed the same lines.
    """
    held, ctx = services(request), ctx_of(request)
    with held.db.read() as unit:
        v = queries.version(unit, ctx, version_id)
        number = queries.last_approved(unit, ctx)
        base = queries.numbered(unit, ctx.tenant_id, v.based_on) if v.based_on else None
        theirs = queries.numbered(unit, ctx.tenant_id, number) if number else None
    book = held.rulebook
    if (number or 0) != sent.number("taken"):
        raise DraftMovedError(version_id)
    shipped = reading.shipped_text(book.municipality, book.files)
    content = merging.merged(
        base.content if base else shipped, v.content, theirs.content if theirs else shipped
    )
    if content is None:
        return _again(request, version_id, "take_in", sent)
    return _act(
        request,
        version_id,
        sent,
        "take_in",
        lambda unit, ctx: service.take_in(unit, ctx, version_id, content, sent.number("version"), number),
    )


@router.action("/{version_id}/propose")
def propose(request: Request, version_id: str, sent: SentForm) -> Response:
    """Ask another person for approval."""
    try:
        day = read_date(sent.text("effective_from", limit=20))
    except UnsafeTextError:
        day = None
    if day is None:
        return _again(request, version_id, "day", sent)
    good = _checked(request, version_id)
    try:
        return _act(
            request,
            version_id,
            sent,
            "propose",
            lambda unit, ctx: service.propose(
                unit,
                ctx,
                version_id,
                effective_from=date.fromisoformat(day),
                seen=sent.number("version"),
                good=good,
            ),
        )
    except PastDayError:
        return _again(request, version_id, "past", sent)


@router.action("/{version_id}/approve", DECIDE)
def approve(request: Request, version_id: str, sent: SentForm) -> Response:
    """Put it into force from its day on."""
    good = _checked(request, version_id)
    return _act(
        request,
        version_id,
        sent,
        "approve",
        lambda unit, ctx: service.approve(
            unit, ctx, version_id, good=good, instead_of=sent.number("instead_of")
        ),
    )


@router.action("/{version_id}/reject", DECIDE)
def reject(request: Request, version_id: str, sent: SentForm) -> Response:
    """Send it back with a reason."""
    return _reasoned(request, version_id, sent, "reject", service.reject)


@router.action("/{version_id}/withdraw", DECIDE)
def withdraw(request: Request, version_id: str, sent: SentForm) -> Response:
    """Take it out of force: the version before it counts again."""
    return _reasoned(request, version_id, sent, "withdraw", service.withdraw)


@router.action("/{version_id}/take-back")
def take_back(request: Request, version_id: str, sent: SentForm) -> Response:
    """From a proposal to a draft again."""
    return _act(request, version_id, sent, "take_back", partial(service.take_back, version_id=version_id))


@router.action("/{version_id}/discard")
def discard(request: Request, version_id: str, sent: SentForm) -> Response:
    """Put a draft away."""
    return _act(request, version_id, sent, "discard", partial(service.discard, version_id=version_id))


Verb = Callable[[Unit, Context], object]


def _act(request: Request, version_id: str, sent: Sent, what: str, verb: Verb) -> Response:
    held, ctx = services(request), ctx_of(request)
    with held.db.write() as unit:
        write = once(unit, ctx, sent.key, f"rules.{what}:{version_id}", sent.content())
        if write.earlier is None:
            verb(unit, ctx)
            write.save(unit, ctx, {})
    return RedirectResponse(f"/admin/rules/{version_id}", 303)


def _reasoned(
    request: Request, version_id: str, sent: Sent, what: str, verb: Callable[[Unit, Context, str, str], Any]
) -> Response:
    reason = sent.text("reason", limit=400)
    try:
        return _act(request, version_id, sent, what, lambda unit, ctx: verb(unit, ctx, version_id, reason))
    except NeedsReasonError:
        return _again(request, version_id, what, sent)


def _write(request: Request, version_id: str, sent: Sent, content: str, what: str) -> None:
    held, ctx = services(request), ctx_of(request)
    with held.db.write() as unit:
        asked = reading.digest_of(content)
        write = once(unit, ctx, sent.key, f"rules.{what}:{version_id}", asked)
        if write.earlier is None:
            service.edit(unit, ctx, version_id, content, sent.number("version"))
            write.save(unit, ctx, {})


def changed(
    request: Request, version_id: str, sent: Sent, part: str, change: Callable[[str], str]
) -> Back | None:
    """Write what a small form makes of the draft's text. What cannot be written gives the form back as it was
    typed: a field that cannot be, a place that only a person can change, a text that would have faults, a
    draft that somebody else wrote in or proposed meanwhile, or that has faults already.
    """
    book = services(request).rulebook
    before = rules.shown(request, version_id).content
    back = partial(Back, part=part, typed=typed(sent), ticked=frozenset(sent.texts("event")))
    if views.read(book, before).faults:
        return back(422, wrong={"": "broken"})
    try:
        content = change(before)
        faults = views.read(book, content).faults
        if faults:
            return back(422, wrong={"": "fault"}, fault=faults[0])
        _write(request, version_id, sent, content, part)
    except WrongFieldsError as refusal:
        return back(422, wrong=refusal.fields)
    except CannotPut:
        return back(422, wrong={"": "text"})
    except DraftMovedError:
        return back(409, wrong={"": "moved"})
    except NotNowError:
        return back(409, wrong={"": "closed"})
    return None


def shown_day(sent: Sent) -> str:
    """The day that the page shows after a form was written."""
    return read_date(sent.text("day", limit=20)) or sent.text("on", limit=20)


def _checked(request: Request, version_id: str) -> service.Checked:
    """What the text says, read outside the transaction; the verb compares that it is still the same text."""
    content = rules.shown(request, version_id).content
    return service.checked(content, views.read(services(request).rulebook, content))


def _again(request: Request, version_id: str, wrong: str, sent: Sent) -> Response:
    typed = {name: sent.text(name, limit=400) for name in ("effective_from", "reason")}
    return rules.version_page(request, version_id, status=422, wrong=wrong, typed=typed)
