"""The page of the two calendars: days on which no deadline ends, and when the offices are open."""

import re
from datetime import date

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from counter import rules, rules_acts
from counter.rules import FRESH, Back
from counter.rules_fields import Fields, Values
from server.rulebook import days
from server.rulebook.days import DaysForm
from server.web.forms import SentForm
from server.web.guards import GuardedRouter, Staff
from server.web.templating import page

router = GuardedRouter(prefix="/admin/rules", guard=Staff())
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)?")
_WIDE = str.maketrans("０１２３４５６７８９：時", "0123456789::", "分 ")


@router.page("/{version_id}/days")
def shown(request: Request, version_id: str) -> HTMLResponse:
    """Both calendars."""
    return days_page(request, version_id)


@router.action("/{version_id}/days")
def changed(request: Request, version_id: str, sent: SentForm) -> Response:
    """One day or the hours of one part of the week."""
    part = str(sent.data.get("part", ""))[:40]
    back = rules_acts.changed(request, version_id, sent, part, lambda text: written(text, part, Fields(sent)))
    if back is not None:
        return days_page(request, version_id, back)
    return RedirectResponse(f"/admin/rules/{version_id}/days?saved=1", 303)


def days_page(request: Request, version_id: str, back: Back = FRESH) -> HTMLResponse:
    """The page; `back` when a form of it comes back."""
    frame = rules.framed(request, version_id)
    form = days.shown(frame["v"].content) if frame["catalogue"] is not None else None
    return page(
        request,
        "counter/rules_days.html",
        status=back.status,
        form=form,
        back=back,
        values=back.over(_values(form) if form else {}),
        weekdays=days.weekdays,
        on=None,
        saved="saved" in request.query_params,
        **frame,
    )


def written(text: str, part: str, form: Fields) -> str:
    """`text` with what the form `part` says. Raises WrongFieldsError, CannotPut."""
    known = days.shown(text)
    kind, _, which = part.partition(":")
    if kind == "take":
        return _taken(text, form)
    if kind == "hours":
        place = {key: one.place for key, one in _weekly(known).items()}.get(part)
        hours = _hours(form)
        if place is None:
            form.refuse("", "part")
        form.must_be_right()
        return days.set_hours(text, place or (), hours)
    day = form.day(past=False, must=True) or date.min
    if kind == "special":
        hours = _hours(form) if form.choice("kind", ("open", "closed")) == "open" else ("", "")
        site = next((one for one in known.sites if one.id == which), None)
        if site is None:
            form.refuse("", "part")
        elif any(one.day == day for one in site.special):
            form.refuse("day", "day_twice")
        form.must_be_right()
        return days.open_on(text, which, day, hours if hours[0] else None)
    if kind not in ("closed", "rest"):
        form.refuse("", "part")
    form.must_be_right()
    return days.close(text, day) if kind == "closed" else days.rest(text, day)


def _taken(text: str, form: Fields) -> str:
    kind = form.choice("kind", ("closed", "rest", "special"))
    day, site = form.day(must=True), form.text("site", 40)
    form.must_be_right()
    return days.take_away(text, kind, day or date.min, site)


def _hours(form: Fields) -> tuple[str, str]:
    """Opening before closing; 9:00, 09:00, ９時, 9時30分 are all read."""
    found = []
    for name in ("begins", "ends"):
        typed = _CLOCK.fullmatch(form.text(name, 12).translate(_WIDE))
        if typed is None:
            form.refuse(name, "clock")
        found.append(f"{int(typed[1]):02}:{typed[2] or '00'}" if typed else "")
    if all(found) and found[0] >= found[1]:
        form.refuse("ends", "hours_order")
    return found[0], found[1]


def _weekly(known: DaysForm) -> dict[str, days.HoursForm]:
    """The hours that a week repeats, by the name of their form."""
    found = {f"hours:{site.id}:{index}": one for site in known.sites for index, one in enumerate(site.weekly)}
    return found | ({"hours:net": known.net} if known.net else {})


def _values(known: DaysForm) -> dict[str, Values]:
    hours = {key: {"begins": one.begins, "ends": one.ends} for key, one in _weekly(known).items()}
    return hours | {f"special:{site.id}": {"kind": "open", "day": ""} for site in known.sites}
