"""/navigator/: a resident's questions and list, at home or at the kiosk. Needs no login and keeps nothing.

The answers travel in the page as a form field and come back with each press: never in an address, never in a
cookie, never in a table. Every answer page is the answer to a POST and may not be stored (Cache-Control).
"""

import base64
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from kiosk import navigator_forms as forms
from kiosk import navigator_words as words
from server.kit.clock import now, today
from server.preentry import answers as answering
from server.preentry import asking, codes, keys, qr, showing
from server.preentry.answers import LONGEST, Answers, AnswersUnreadableError
from server.preentry.asking import Ask, Changed
from server.preentry.life_events import GROUPS, LIFE_EVENTS, LifeEvent, chosen
from server.reception.desk_list import spared_of
from server.reception.handout import hours_text
from server.web.forms import Sent, SentForm
from server.web.guards import GuardedRouter, Public, ctx_of
from server.web.problems import Problem
from server.web.services import Services, services
from server.web.templating import page

router = GuardedRouter(prefix="/navigator", guard=Public())
LANGUAGES = (("ja", "日本語", "ja"), ("easy", "やさしい日本語", "ja"), ("en", "English", "en"))
# Sealing and drawing a code take as long as so many questions.
CODE_COSTS = 5
NOTHING = Answers(())


@dataclass
class Turn:
    """One request: who reads, all rules, those that residents may see, and the answers as they came."""

    request: Request
    held: Services
    lang: str
    catalogue: Any
    rules: Any
    on: date
    answers: Answers = NOTHING

    @property
    def confirmed_only(self) -> bool:
        """Whether residents see what practitioners have confirmed, and nothing else."""
        return self.held.settings.navigator_shows == "confirmed"

    def page(
        self, template: str, view: str, at: int | str = "", status: int = 200, **more: Any
    ) -> HTMLResponse:
        """A page that carries the answers on."""
        answer = page(
            self.request,
            f"kiosk/navigator/{template}.html",
            status=status,
            lang=self.lang,
            speech=LANGUAGES,
            at_kiosk=ctx_of(self.request).station is not None,
            all_rules=self.held.settings.navigator_shows == "all",
            state=self.answers.text() if self.answers.events else "",
            view=view,
            at=at,
            events=self.answers.events,
            several=answering.several(self.answers.people),
            **more,
        )
        return words.easily_read(answer, self.lang)


@router.page("/")
def start(request: Request) -> HTMLResponse:
    """What has happened, or is about to?"""
    turn = turn_of(request, request.query_params.get("lang", ""))
    _not_too_fast(turn, 1)
    return _start(turn)


@router.action("/")
def step(request: Request, sent: SentForm) -> HTMLResponse:
    """One press: an answer, a step back, the list, the code, another language."""
    turn = turn_of(request, sent.text("lang", limit=5))
    view, act = sent.text("view", "start", 10), sent.text("act", limit=10)
    sealing = act == "code" or (act == "show" and view == "code")
    _not_too_fast(turn, CODE_COSTS if sealing else 1)
    try:
        turn.answers = answers_of(turn, sent)
    except AnswersUnreadableError:
        return _start(turn, status=422, lost=True)
    at = sent.number("at") or 0
    if act == "show":
        return _shown(turn, view, at)
    if act == "back":
        return _back(turn, view, at)
    if act == "people":
        return _people(turn)
    if act.startswith("edit-"):
        index = act.removeprefix("edit-")
        return _ask_again(turn, int(index) if index.isascii() and index.isdigit() else -1, back_to="list")
    if act in ("list", "code"):
        return _list(turn, with_code=act == "code")
    if act == "go-on":
        return _next(turn)
    return _forward(turn, sent, view, at)


def turn_of(request: Request, lang: str) -> Turn:
    """A request without its answers. Raises Problem where there is no navigator."""
    held = services(request)
    shows = held.settings.navigator_shows
    if shows == "off":
        raise Problem(404, "not_found")
    catalogue = held.catalogue
    rules = asking.for_residents(catalogue, confirmed_only=shows == "confirmed")
    known = {code for code, _, _ in LANGUAGES}
    return Turn(request, held, lang if lang in known else "ja", catalogue, rules, today())


def _not_too_fast(turn: Turn, cost: float) -> None:
    """Keep the server for the office: who asks from outside waits when too much is asked at once.

    One measure for everybody, because nobody is told apart here. Raises Problem.
    """
    if ctx_of(turn.request).station is None:
        wait = turn.held.navigator_presses.take(cost, now())
        if wait:
            raise Problem(429, "too_many").telling({"Retry-After": str(wait)})


def answers_of(turn: Turn, sent: Sent) -> Answers:
    """What the page carries. Raises AnswersUnreadableError."""
    text = sent.text("answers", limit=LONGEST)
    return answering.read(text).known_to(turn.rules) if text else NOTHING


def _offered(turn: Turn) -> list[tuple[str, list[LifeEvent]]]:
    """The events about which residents can be told something, under their headings."""
    open_ones = [event for event in LIFE_EVENTS if turn.rules.at(turn.on).rules_for(event.code, turn.on)]
    grouped = ((group, [event for event in open_ones if event.group == group]) for group in GROUPS)
    return [(group, events) for group, events in grouped if events]


def _start(turn: Turn, status: int = 200, **more: Any) -> HTMLResponse:
    told = {"lost": False, "unfit": False} | more
    return turn.page("start", "start", status=status, offered=_offered(turn), hours=_hours(turn), **told)


def _people(turn: Turn) -> HTMLResponse:
    if not turn.answers.events:
        return _start(turn)
    counts = dict.fromkeys(answering.ROLES, 0) | {"you": 1}
    if turn.answers.people:
        counts = {
            role: sum(answering.role_of(person)[0] == role for person in turn.answers.people)
            for role in answering.ROLES
        }
    return turn.page(
        "people",
        "people",
        counts=counts,
        most=answering.ROLES,
        came_here=asking.came_here(turn.answers.events),
    )


def _forward(turn: Turn, sent: Sent, view: str, at: int) -> HTMLResponse:
    """The button that goes on, on whichever page it was pressed."""
    if view == "start":
        events = chosen(sent.texts("event"))
        if events is None:
            return _start(turn, status=422, unfit=True)
        turn.answers = Answers(events)
        if events == ("CERT",):
            turn.answers = turn.answers.of(("you",))
            return _next(turn)
        return _people(turn)
    if not turn.answers.events:
        return _start(turn)
    if view == "people":
        turn.answers = turn.answers.of(forms.people(sent, turn.answers.events))
        return _next(turn)
    return _answered(turn, sent, at)


def _answered(turn: Turn, sent: Sent, at: int) -> HTMLResponse:
    before = asking.guide(turn.answers, turn.rules, turn.on)
    again = at < len(turn.answers.given)
    ask = (
        asking.ask_again(turn.answers, at, turn.rules)
        if again
        else asking.next_ask(turn.answers, before, turn.rules)
    )
    if ask is None:
        return _list(turn)
    read = forms.answer(sent, ask)
    back_to = sent.text("back_to", limit=10)
    renewed = turn.answers.put(ask.name, read.said).known_to(turn.rules) if read.whole else turn.answers
    if not read.whole or renewed.get(ask.name) is None:
        return _question(turn, ask, at, back_to=back_to, missing=read)
    turn.answers = renewed
    if not again:
        return _next(turn)
    changed = asking.changed(before, asking.guide(renewed, turn.rules, turn.on))
    return _list(turn, changed) if back_to == "list" else _next(turn, changed)


def _next(turn: Turn, changed: Changed | None = None) -> HTMLResponse:
    if not turn.answers.people:
        return _people(turn)
    guidance = asking.guide(turn.answers, turn.rules, turn.on)
    ask = asking.next_ask(turn.answers, guidance, turn.rules)
    if ask is None:
        return _list(turn, changed)
    return _question(turn, ask, len(turn.answers.given), changed=changed)


def _ask_again(turn: Turn, index: int, back_to: str = "") -> HTMLResponse:
    if not 0 <= index < len(turn.answers.given):
        return _next(turn)
    return _question(turn, asking.ask_again(turn.answers, index, turn.rules), index, back_to=back_to)


def _question(
    turn: Turn,
    ask: Ask,
    at: int,
    *,
    back_to: str = "",
    missing: forms.Reading | None = None,
    changed: Changed | None = None,
) -> HTMLResponse:
    known = turn.answers.get(ask.name)
    return turn.page(
        "question",
        "ask",
        at,
        status=422 if missing else 200,
        ask=ask,
        said=missing.said if missing else known.values if known else {},
        back_to=back_to,
        missing=missing is not None,
        changed=changed,
        years=words.years(turn.on, turn.lang),
    )


def _back(turn: Turn, view: str, at: int) -> HTMLResponse:
    if view in ("list", "code"):
        at = len(turn.answers.given)
    elif view == "people":
        return _start(turn)
    if at > 0:
        return _ask_again(turn, at - 1)
    return _start(turn) if turn.answers.events == ("CERT",) else _people(turn)


def _shown(turn: Turn, view: str, at: int) -> HTMLResponse:
    """The same page once more, in the language that was chosen."""
    if view == "people":
        return _people(turn)
    if view in ("list", "code") and turn.answers.people:
        return _list(turn, with_code=view == "code")
    if view == "ask" and turn.answers.people:
        return _ask_again(turn, at)
    return _start(turn)


def _list(turn: Turn, changed: Changed | None = None, *, with_code: bool = False) -> HTMLResponse:
    if not turn.answers.people:
        return _people(turn)
    guidance = asking.guide(turn.answers, turn.rules, turn.on)
    return turn.page(
        "list",
        "code" if with_code else "list",
        listing=showing.listing(guidance),
        unneeded=spared_of(guidance, turn.rules.at(turn.on)),
        conflicts=guidance.conflicts,
        complete=asking.next_ask(turn.answers, guidance, turn.rules) is None,
        leaves_out=turn.confirmed_only and asking.leaves_out(turn.catalogue, turn.answers.events, turn.on),
        hours=_hours(turn),
        changed=changed,
        asked=[
            (asking.ask_again(turn.answers, index, turn.rules), answer.values)
            for index, answer in enumerate(turn.answers.given)
        ],
        household=len(turn.answers.people),
        alike=lambda values: len(values) == len(turn.answers.people) > 1 and len(set(values.values())) == 1,
        code=_code(turn) if with_code else None,
        made_on=words.written(turn.on, turn.lang),
        day=lambda day: words.written(day, turn.lang),
        born=lambda value: words.born(value, turn.lang),
    )


@dataclass(frozen=True)
class SealedAnswers:
    """The code as text, and the last whole day on which it is good, in words."""

    code: str = field(repr=False)
    until: str


def sealed(turn: Turn) -> SealedAnswers | None:
    """The answers for the counter, None when there is no key or too much to say."""
    settings = turn.held.settings
    with turn.held.db.read() as unit:
        public = keys.public_key(unit, ctx_of(turn.request))
    if public is None:
        return None
    until = now() + settings.preentry_life
    code = codes.seal(turn.answers.text().encode(), public, settings.municipality, until)
    if qr.version_of(code) is None:
        return None
    # Said as the last whole day, so that nobody comes an hour too late.
    last = date.fromordinal(turn.on.toordinal() + settings.preentry_days - 1)
    return SealedAnswers(code, words.written(last, turn.lang))


def _code(turn: Turn) -> dict[str, str] | None:
    """The code as a picture for the page."""
    found = sealed(turn)
    if found is None:
        return None
    picture = base64.b64encode(qr.picture(found.code)).decode()
    return {"picture": f"data:image/svg+xml;base64,{picture}", "until": found.until}


def _hours(turn: Turn) -> str:
    """When somebody can be asked; empty where the municipality has not entered it."""
    return hours_text(turn.catalogue.at(turn.on), turn.held.settings.site, turn.lang)
