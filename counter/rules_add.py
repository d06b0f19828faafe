"""The page on which a municipality adds a procedure of its own (x-)."""

from collections.abc import Collection
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from counter import rules, rules_acts, rules_forms
from counter.rules import FRESH, Back
from counter.rules_fields import Fields
from server.kit.clock import today
from server.rulebook import guided, views
from server.rulebook.guided import Choices
from server.web.forms import SentForm
from server.web.guards import GuardedRouter, Staff
from server.web.services import services
from server.web.templating import page

router = GuardedRouter(prefix="/admin/rules", guard=Staff())
PART = "add"
# N, A and S are the notifications themselves, what they include, and certificates: those are national.
CLASSES = ("B", "C", "D", "E")
WHO = ("household", "person", "mover")
_EMPTY = {"id": "x-", "who": "mover", "klass": "B", "kind": "text", "unit": "days", "start": "event_date"}


@router.page("/{version_id}/add")
def shown(request: Request, version_id: str) -> HTMLResponse:
    """The empty form."""
    return add_page(request, version_id)


@router.action("/{version_id}/add")
def added(request: Request, version_id: str, sent: SentForm) -> Response:
    """One procedure more."""
    book = services(request).rulebook

    def change(text: str) -> str:
        catalogue = views.read(book, text).catalogue
        assert catalogue is not None  # noqa: S101 - a text with faults is refused before
        choices = guided.choices(catalogue, today())
        return written(text, choices, catalogue.name.ja, Fields(sent))

    back = rules_acts.changed(request, version_id, sent, PART, change)
    if back is not None:
        return add_page(request, version_id, back)
    shown_on = rules_acts.shown_day(sent)
    where = f"/admin/rules/{version_id}/procedures/{sent.text('id', limit=40)}?saved=add"
    return RedirectResponse(f"{where}&on={shown_on}" if shown_on else where, 303)


def add_page(request: Request, version_id: str, back: Back = FRESH) -> HTMLResponse:
    """The form; `back` when it comes back."""
    frame = rules.framed(request, version_id)
    choices = guided.choices(frame["catalogue"], today()) if frame["catalogue"] is not None else None
    return page(
        request,
        "counter/rules_add.html",
        status=back.status,
        choices=choices,
        classes=CLASSES,
        who=WHO,
        back=back,
        values=back.over({PART: _EMPTY}),
        ticked=back.ticked,
        on=None,
        **frame,
    )


def written(text: str, choices: Choices, town: str, form: Fields) -> str:
    """`text` with the procedure of the form. Raises WrongFieldsError, CannotPut."""
    key = form.text("id", 40)
    if not rules_forms.OWN_ID.fullmatch(key):
        form.refuse("id", "procedure")
    elif key in choices.ids:
        form.refuse("id", "procedure_twice")
    name, reason = form.words("name", easy=True), form.words("reason")
    events = _events(form, [code for code, _ in choices.events])
    who = form.choice("who", WHO)
    when = _when(form, who)
    place, _, desk = form.choice("place", [one for one, _ in choices.places]).partition("/")
    klass = form.choice("klass", CLASSES)
    deadline = rules_forms.deadline(form, [one for one, _ in choices.starts])
    fee = {"fee": {"yen": form.number("yen", 0, rules_forms.MOST_YEN, "yen")}} if form.text("yen") else {}
    basis = rules_forms.basis(form)
    day = rules_forms.from_day(form, text)
    form.must_be_right()
    rule: dict[str, Any] = {"id": key, "name": name, "reason": reason, "events": events}
    rule |= {"scope": "household" if who == "household" else "person", "when": when, "department": place}
    rule |= {"desk": desk} if desk else {}
    applicants = ("head" if who == "household" else "self", "household")
    rule |= {"applicants": [{"who": one} for one in applicants if one in choices.applicants]}
    rule |= {"deadline": deadline} | fee | {"legal_basis": basis, "klass": klass, "order": 90}
    return guided.add(text, day, rule | {"variance": "M", "confidence": "V", "sources": [town]})


def _events(form: Fields, known: Collection[str]) -> list[str]:
    chosen = form.chosen("event")
    if not chosen or set(chosen) - set(known):
        form.refuse("event", "event")
    return chosen


def _when(form: Fields, who: str) -> Any:
    """To whom it applies, as a condition: ages by 年齢計算ニ関スル法律."""
    parts: list[Any] = ["moves"] if who == "mover" else []
    ages = {
        bound: form.number(name, 0, 130, "age")
        for name, bound in (("from_age", "at_least"), ("to_age", "at_most"))
        if form.text(name)
    }
    if ages and who == "household":
        form.refuse("who", "age_of_whom")
    if len(ages) == 2 and ages["at_least"] > ages["at_most"]:
        form.refuse("to_age", "age_order")
    parts += [{"birth": {"legal_age": {bound: age}}} for bound, age in ages.items()]
    return {"all": parts} if len(parts) > 1 else parts[0] if parts else True
