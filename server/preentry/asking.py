"""From answers to the engine and back: the case, what to ask next, what a changed answer changed. Pure."""

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date

from procedures import Case, Catalogue, Fact, Guidance, PersonCase, Text, changes, evaluate
from server.preentry.answers import DATE, DAY, Answers, Value, may_be_asked, role_of
from server.preentry.life_events import BY_CODE

EVENT_DATE = "event_date"
# What is known of everybody without a question, by the kind of person: nobody is asked who the newborn is.
_KIND_FACTS = {"BIRTH": ("newborn", "baby"), "DEATH": ("deceased", "late")}
# One of the whole household: whoever answers must find them, also when no rule turns on that very person.
_ONE_OF_ALL = frozenset({"is_head"})
_MOVED_HERE = frozenset({"IN_DOM", "IN_SP", "IN_ABR", "IN_46"})
# A certificate is asked for when it is asked for.
_DAYLESS = frozenset({"CERT"})
_DAY_QUESTION = Text(
    "生まれた日（何日か）も教えてください。手続きが変わることがあります。",
    "Please also give the day of birth. It can change what applies.",
    "生（う）まれた 日（ひ）（何日（なんにち））も おしえてください。",
)


@dataclass(frozen=True)
class Choice:
    """One answer as a form sends it, in words."""

    value: str
    label: Text


@dataclass(frozen=True)
class Ask:
    """One question of one screen. kind: yes_no, choice, choices, number, date, birth (year and month) or day.

    `owners` are whom it is about, ("",) for the household. `left`: how many questions are expected after it.
    """

    name: str
    kind: str
    owners: tuple[str, ...]
    text: Text
    choices: tuple[Choice, ...] = ()
    left: int | None = None


@dataclass(frozen=True)
class Changed:
    """Names of procedures that a changed answer brought, took away, or changed."""

    appeared: tuple[Text, ...] = ()
    disappeared: tuple[Text, ...] = ()
    altered: tuple[Text, ...] = ()


def for_residents(catalogue: Catalogue, *, confirmed_only: bool) -> Catalogue:
    """The catalogue that residents are guided by: all of it, or what practitioners have confirmed."""
    if not confirmed_only:
        return catalogue
    return replace(
        catalogue,
        rules=tuple(rule for rule in catalogue.rules if rule.confirmed),
        later=tuple(for_residents(later, confirmed_only=True) for later in catalogue.later),
    )


def leaves_out(catalogue: Catalogue, events: tuple[str, ...], on: date) -> bool:
    """Whether these events have rules in the whole catalogue that no practitioner has confirmed yet."""
    rules = catalogue.at(on).rules_for(events, on)
    return any(not rule.confirmed and not rule.confidential for rule in rules)


def came_here(events: tuple[str, ...]) -> bool:
    """Whether only those who moved here together are counted, so that nobody is asked again who moved."""
    return events[0] in _MOVED_HERE and "DEATH" not in events


def facts_of(answers: Answers) -> dict[str, dict[str, Value]]:
    """Everything that the answers say, by person ("" for the household), わからない left out."""
    found: dict[str, dict[str, Value]] = {owner: {} for owner in ("", *answers.people)}
    for answer in answers.given:
        for owner, value in answer.values.items():
            if value is not None and answer.name != DAY and not answer.name.startswith(DATE):
                found[owner][answer.name] = value
    for event in answers.events:
        found[""] |= BY_CODE[event].facts
        if event in _KIND_FACTS:
            fact, kind = _KIND_FACTS[event]
            for person in answers.people:
                found[person][fact] = role_of(person)[0] == kind
    if came_here(answers.events):
        for person in answers.people:
            if role_of(person)[0] not in ("baby", "late"):
                found[person].setdefault("moves", True)
    born = day_of(answers, "BIRTH")
    for person in answers.people:
        if role_of(person)[0] == "baby" and born:
            found[person]["birth"] = born
        elif "birth" in found[person]:
            found[person]["birth"] = _birth(str(found[person]["birth"]), answers.value(DAY, person))
    return found


def day_of(answers: Answers, event: str) -> str | None:
    """The day of one of the events, None while it is not said."""
    if event not in answers.events:
        return None
    said = answers.value(EVENT_DATE if event == answers.events[0] else DATE + event)
    return None if said is None else str(said)


def case_of(answers: Answers, municipality: str, on: date) -> Case:
    """The answers in the engine's words; what was answered with わからない is declared unknown."""
    known = facts_of(answers)
    unknown: dict[str, set[str]] = {}
    for answer in answers.given:
        for owner, value in answer.values.items():
            if value is None and answer.name != DAY and not answer.name.startswith(DATE):
                unknown.setdefault(owner, set()).add(answer.name)

    def facts(owner: str) -> dict[str, Fact]:
        said = {name: Fact(value, "resident") for name, value in known[owner].items()}
        return said | {name: Fact.declared_unknown() for name in unknown.get(owner, ()) if name not in said}

    also = answers.events[1:]
    dates = {event: Fact(day, "resident") for event in also if (day := day_of(answers, event))}
    return Case(
        municipality=municipality,
        date=on,
        event=answers.events[0],
        household=tuple(PersonCase(person, facts(person)) for person in answers.people),
        facts=facts("") | {"filed_on": Fact(on.isoformat(), "derived")},
        also=also,
        dates=dates,
    )


def guide(answers: Answers, catalogue: Catalogue, on: date) -> Guidance:
    """The guidance for these answers."""
    return evaluate(case_of(answers, catalogue.municipality, on), catalogue)


def next_ask(answers: Answers, guidance: Guidance, catalogue: Catalogue) -> Ask | None:
    """What to ask now, None when nothing that a resident can say changes the list any more."""
    if "BIRTH" in answers.events and answers.get(_date_name(answers, "BIRTH")) is None:
        return _date(answers, "BIRTH", catalogue)
    open_ones = [one for one in guidance.questions if may_be_asked(catalogue, one.fact)]
    # Ages settle most of the rest, so they come first.
    open_ones.sort(key=lambda one: one.fact != "birth")
    if open_ones:
        best = open_ones[0]
        left = max(0, round(best.expected_remaining))
        owners = answers.people if best.fact in _ONE_OF_ALL else best.person_ids or ("",)
        return replace(_fact(best.fact, owners, answers, catalogue), left=left)
    for event in answers.events[1:]:
        if event not in _DAYLESS and answers.get(DATE + event) is None:
            return _date(answers, event, catalogue)
    days = _days_wanted(answers, guidance)
    return Ask(DAY, "day", days, _DAY_QUESTION) if days else None


def ask_again(answers: Answers, index: int, catalogue: Catalogue) -> Ask:
    """The question behind an answer, to be answered anew. Raises IndexError."""
    answer = answers.given[index]
    owners = tuple(answer.values)
    if answer.name == DAY:
        return Ask(DAY, "day", owners, _DAY_QUESTION)
    if answer.name.startswith(DATE):
        return _date(answers, answer.name.removeprefix(DATE), catalogue)
    return _fact(answer.name, owners, answers, catalogue)


def changed(before: Guidance, after: Guidance) -> Changed:
    """What a changed answer did to the list. Confidential procedures are not spoken of."""
    hidden = {
        item.procedure_id
        for guidance in (before, after)
        for item in (*guidance.applies, *guidance.may_apply, *guidance.needs_confirmation)
        if item.confidential
    }
    found: dict[str, dict[str, Text]] = {"appeared": {}, "disappeared": {}, "altered": {}}
    for change in changes(before, after):
        if change.procedure_id not in hidden:
            kind = change.kind if change.kind in found else "altered"
            found[kind][change.name.ja] = change.name
    return Changed(**{kind: tuple(names.values()) for kind, names in found.items()})


def _birth(month: str, day: Value | None) -> str:
    """A partial date with its day, where both are known and there is such a day."""
    if not isinstance(day, int) or len(month) != len("YYYY-MM"):
        return month
    year, number = map(int, month.split("-"))
    return f"{month}-{day:02d}" if 1 <= number <= 12 and day <= monthrange(year, number)[1] else month


def _days_wanted(answers: Answers, guidance: Guidance) -> tuple[str, ...]:
    """Whose day of birth still decides something, and was not asked."""
    wanted = {
        person
        for item in (*guidance.applies, *guidance.may_apply, *guidance.needs_confirmation)
        for fact in item.deciding
        if fact.fact == "birth" and fact.state == "incomplete" and not item.confidential
        for person in fact.person_ids
    }
    asked = answers.get(DAY)
    return tuple(
        person
        for person in answers.people
        if person in wanted
        and len(str(answers.value("birth", person) or "")) == len("YYYY-MM")
        and (asked is None or person not in asked.values)
    )


def _date_name(answers: Answers, event: str) -> str:
    return EVENT_DATE if event == answers.events[0] else DATE + event


def _date(answers: Answers, event: str, catalogue: Catalogue) -> Ask:
    words = catalogue.facts[EVENT_DATE].asked((event,))
    assert words is not None  # noqa: S101 - the rule data gives this fact a question
    return Ask(_date_name(answers, event), "date", ("",), words)


def _fact(name: str, owners: tuple[str, ...], answers: Answers, catalogue: Catalogue) -> Ask:
    spec = catalogue.facts[name]
    words = spec.asked(answers.events)
    assert words is not None  # noqa: S101 - only facts with a question come here
    choices = tuple(
        Choice(str(value).lower() if isinstance(value, bool) else value, label)
        for value, label in spec.words.items()
    )
    return Ask(name, "birth" if name == "birth" else spec.type, owners, words, choices)
