"""The pages of the municipality's own rules: versions, what they change, and a draft to write in."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, Response

from counter import rules_values
from counter.rules_fields import Values
from server.auth.queries import names
from server.kit.clock import today
from server.kit.dates import read_date
from server.rulebook import cases, days, guided, queries, views
from server.rulebook.queries import VersionView
from server.rulebook.reading import Fault
from server.rulebook.states import DECIDERS
from server.web.guards import GuardedRouter, Staff, ctx_of
from server.web.problems import Problem
from server.web.services import services
from server.web.templating import page

router = GuardedRouter(prefix="/admin/rules", guard=Staff())


@router.page("")
def versions(request: Request) -> HTMLResponse:
    """Every version, what counts now, and a form for a new draft."""
    held, ctx = services(request), ctx_of(request)
    with held.db.read() as unit:
        found = queries.versions(unit, ctx)
        staff = names(unit, ctx.tenant_id)
    return page(
        request,
        "counter/rules.html",
        versions=found,
        staff_names=staff,
        current=held.rulebook.current(),
        files=held.rulebook.standing,
    )


@router.page("/{version_id}")
def version(request: Request, version_id: str) -> HTMLResponse:
    """One version: where it stands, what it changes, and what can be done with it."""
    return version_page(request, version_id)


@router.page("/{version_id}/text")
def text(request: Request, version_id: str) -> HTMLResponse:
    """The file itself, its faults beside it."""
    return text_page(request, version_id)


@router.page("/{version_id}/overlay.yaml")
def download(request: Request, version_id: str) -> Response:
    """The file, byte for byte."""
    v = shown(request, version_id)
    name = f'attachment; filename="overlay-{v.number}.yaml"'
    return Response(v.content, media_type="text/yaml", headers={"Content-Disposition": name})


@router.page("/{version_id}/departments")
def departments(request: Request, version_id: str) -> HTMLResponse:
    """Departments and desks of a day."""
    return departments_page(request, version_id)


@router.page("/{version_id}/procedures")
def procedures(request: Request, version_id: str) -> HTMLResponse:
    """The procedures to choose from."""
    held, frame = services(request), framed(request, version_id)
    search = request.query_params.get("q", "")[:60]
    listed = []
    if frame["catalogue"] is not None:
        text = frame["v"].content
        own = frozenset(guided.own(text, "procedures"))
        listed = views.procedures(frame["catalogue"], own, today(), held.catalogue, search)
    return page(request, "counter/rules_procedures.html", listed=listed, search=search, **frame)


@router.page("/{version_id}/procedures/{procedure_id}")
def procedure(request: Request, version_id: str, procedure_id: str) -> HTMLResponse:
    """One procedure: its parts in small forms, and how staff will read it."""
    return procedure_page(request, version_id, procedure_id)


@router.page("/{version_id}/cases")
def tried(request: Request, version_id: str) -> HTMLResponse:
    """Where the cases are tried."""
    return page(request, "counter/rules_cases.html", on=asked_day(request), **framed(request, version_id))


@router.page("/{version_id}/cases/found")
def found(request: Request, version_id: str) -> HTMLResponse:
    """What comes out differently for the cases that are kept. Takes a second or more for hundreds of them."""
    book, frame = services(request).rulebook, framed(request, version_id)
    outcome = cases.effects(
        book.municipality,
        frame["against"].text,
        frame["v"].content,
        asked_day(request),
        book.files,
        book.data,
    )
    return page(request, "counter/_rules_found.html", found=outcome)


def shown(request: Request, version_id: str) -> VersionView:
    """The version as it is. Raises NotThereError."""
    held, ctx = services(request), ctx_of(request)
    with held.db.read() as unit:
        return queries.version(unit, ctx, version_id)


def framed(request: Request, version_id: str) -> dict[str, Any]:
    """What every page of a version shows; `catalogue` is None while its text has faults."""
    held, ctx = services(request), ctx_of(request)
    with held.db.read() as unit:
        v = queries.version(unit, ctx, version_id)
        against = views.against(unit, ctx, held.rulebook, v)
        staff = names(unit, ctx.tenant_id)
    outcome = views.read(held.rulebook, v.content)
    before = views.read(held.rulebook, against.text).catalogue
    both = [one for one in (before, outcome.catalogue) if one is not None]
    return {
        "v": v,
        "against": against,
        "staff_names": staff,
        "faults": outcome.faults,
        "catalogue": outcome.catalogue,
        "before": before,
        "days": views.days(v, *both),
        "today": today(),
    }


def version_page(request: Request, version_id: str, *, status: int = 200, **more: Any) -> HTMLResponse:
    """The version's own page; `more` says what was wrong with a form on it."""
    held, ctx, frame = services(request), ctx_of(request), framed(request, version_id)
    v, changed, calendars = frame["v"], [], None
    if frame["catalogue"] is not None and frame["before"] is not None:
        changed = views.changes(frame["before"], frame["catalogue"], frame["days"])
        calendars = days.changed(frame["against"].text, v.content)
    with held.db.read() as unit:
        replaced = views.waiting(unit, ctx, v.effective_from or today())
        last = queries.last_approved(unit, ctx)
        gone = queries.withdrawn_base(unit, ctx, v)
    return page(
        request,
        "counter/rules_version.html",
        status=status,
        changed=changed,
        calendars=calendars,
        lines=views.compared(frame["against"].text, v.content),
        replaced=[number for number in replaced if number != v.number],
        last_approved=last,
        newer=gone is None and last is not None and last != v.based_on,
        gone=gone,
        own=ctx.actor in v.editors,
        decider=ctx.role in DECIDERS,
        **{"typed": {"effective_from": "", "reason": ""}, "wrong": None} | more,
        **frame,
    )


def text_page(
    request: Request, version_id: str, *, typed: str | None = None, why: str = "", status: int = 200
) -> HTMLResponse:
    """The editor; `typed` is what was not saved, `why`: moved (somebody else had saved), gone (it is no
    draft any more), or unsafe (a character that no file may hold, or too long).
    """
    frame = framed(request, version_id)
    content = frame["v"].content if typed is None else typed
    return page(
        request,
        "counter/rules_text.html",
        status=status,
        content=content,
        why=why,
        lines=views.compared(frame["v"].content, content) if why in ("moved", "gone") else [],
        saved="saved" in request.query_params,
        **frame,
    )


@dataclass(frozen=True)
class Back:
    """A small form that comes back because nothing of it was written. `part`: which form of the page;
    `typed`: what stood in it; `wrong`: the word of rules.wrong.<word> for each field, "" for the form as a
    whole. `fault`: what the text would be wrong with if it were written. `ticked`: the life events
    that were ticked.
    """

    status: int = 200
    part: str = ""
    typed: Values = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)
    fault: Fault | None = None
    ticked: frozenset[str] = frozenset()

    def over(self, values: dict[str, Values]) -> dict[str, Values]:
        """What the forms of a page show: in the one that comes back, what was typed."""
        return values | ({self.part: self.typed} if self.part else {})


FRESH = Back()


def departments_page(request: Request, version_id: str, back: Back = FRESH) -> HTMLResponse:
    """Departments and desks."""
    frame, on = framed(request, version_id), asked_day(request)
    listed, entered = [], []
    edit = request.query_params.get("edit", "")
    if frame["catalogue"] is not None:
        text, day = frame["v"].content, on or today()
        listed = guided.departments(frame["catalogue"], text, day)
        entered = guided.later(text, "departments", edit, day)
    chosen = next((one for one in listed if one.id == edit), None)
    return page(
        request,
        "counter/rules_departments.html",
        status=back.status,
        listed=listed,
        later=entered,
        on=on,
        back=back,
        values=back.over({"department": rules_values.department(chosen)}),
        chosen=chosen,
        edit=edit if chosen or edit == "new" else "",
        saved=request.query_params.get("saved", "")[:40],
        **frame,
    )


def procedure_page(
    request: Request,
    version_id: str,
    procedure_id: str,
    back: Back = FRESH,
) -> HTMLResponse:
    """One procedure. 404 for one that there is not."""
    frame, on = framed(request, version_id), asked_day(request)
    after, before, day = frame["catalogue"], frame["before"], on or today()
    form, why, entered = None, None, []
    if after is not None:
        form = guided.procedure(after, frame["v"].content, procedure_id, day)
        why = after.at(day).disabled.get(procedure_id)
        entered = guided.later(frame["v"].content, "procedures", procedure_id, day)
        if form is None and why is None:
            raise Problem(404, "not_found")
    return page(
        request,
        "counter/rules_procedure.html",
        status=back.status,
        procedure_id=procedure_id,
        form=form,
        name=views.name_of(procedure_id, after, before, services(request).catalogue),
        why=why,
        later=entered,
        here=guided.own_parts(frame["v"].content, procedure_id, on) if after else frozenset(),
        picture=views.picture(after, before, procedure_id, day) if after else [],
        on=on,
        back=back,
        values=back.over(rules_values.procedure(form, today()) if form else {}),
        saved=request.query_params.get("saved", "")[:20],
        **frame,
    )


def asked_day(request: Request) -> date | None:
    """The day that the page is asked to show (`?on=`), if any. Raises UnsafeTextError."""
    day = read_date(request.query_params.get("on", "")[:20])
    return date.fromisoformat(day) if day else None
