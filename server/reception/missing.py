"""What still stands between an intake and its end. Each gap has the key of the sentence that names it."""

from procedures import Guidance, Question
from server.reception.intake import Intake
from server.reception.life_events import EVENTS
from server.reception.new_household import is_settled


def gaps(intake: Intake, guidance: Guidance | None) -> list[str]:
    """Keys of everything that must be settled before the intake can end, in the order of the screen."""
    found = []
    if not intake.events:
        found.append("events")
    if intake.standing.needs_supervisor:
        found.append("supervisor")
    if not intake.people:
        found.append("people")
    elif intake.leading and intake.leading.subject and not intake.concerned:
        found.append("movers" if intake.leading.subject == "moves" else "subjects")
    if needs_address(intake) and intake.new_address is None:
        found.append("new_address")
    if not is_settled(intake):
        found.append("new_household")
    found += _days(intake)
    if intake.filer is None and not intake.facts.value("", "filer_name"):
        found.append("filer")
    # What only decides a piece of advice may stay open: nobody signs it.
    if any(not question.advice_only for question in asked(intake, guidance)):
        found.append("questions")
    return found


def needs_address(intake: Intake) -> bool:
    """Whether somebody gets a new address in this municipality."""
    return any(EVENTS[code].settles for code in intake.events)


def asked(intake: Intake, guidance: Guidance | None) -> tuple[Question, ...]:
    """The guidance's questions but for what has its own place on the page: the day, and who is concerned."""
    own = {"event_date", intake.leading.subject if intake.leading else None}
    return tuple(one for one in (guidance.questions if guidance else ()) if one.fact not in own)


def _days(intake: Intake) -> list[str]:
    """Whether a day is missing, or lies ahead where it must not (住民記録システム標準仕様書 4.0.3)."""
    found = []
    for code in intake.events:
        event, day = EVENTS[code], intake.day_of(code)
        name = "moved_on" if code == "MOVE" else "event_day"
        if event.dated and day is None:
            found.append(name)
        elif day and day > intake.filed_on and not event.ahead:
            found.append(f"{name}_future")
    return list(dict.fromkeys(found))
