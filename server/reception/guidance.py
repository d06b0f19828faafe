"""Asking the procedure engine: the intake's facts become a case, its answer goes to the screen unchanged."""

from procedures import Case, Catalogue, Fact, Guidance, PersonCase, Text, evaluate
from server.kit.dates import read_date
from server.reception.facts import FactView
from server.reception.intake import Intake
from server.reception.life_events import CONCERNS

# The rules ask who files (住基法26条, 27条3項); who only carries the papers is asked for the authority too.
FILERS = {
    "self": "self",
    "member": "same_household",
    "relative": "voluntary",
    "legal_representative": "legal",
    "agent": "voluntary",
    "messenger": "voluntary",
}


def case_of(intake: Intake, catalogue: Catalogue, municipality: str) -> Case:
    """The intake in the engine's words. Everybody is in it; the subjects of its events say whom they concern.

    Whatever was said of an event that is chosen no longer is left out.
    """
    facts, filed_on = intake.facts, intake.filed_on.isoformat()
    filer = {"filer": Fact(FILERS[intake.relation], "staff")} if intake.relation in FILERS else {}
    idle = {name for name, events in CONCERNS.items() if events.isdisjoint(intake.events)}
    said = {
        person.person_id: _facts(catalogue, "person", _standing(intake, person.person_id))
        for person in intake.people
    }
    days = {code: intake.day_of(code) for code in intake.events[1:]}
    return Case(
        municipality=municipality,
        date=intake.filed_on,
        event=intake.events[0],
        household=tuple(
            PersonCase(owner, {name: fact for name, fact in known.items() if name not in idle})
            for owner, known in said.items()
        ),
        facts={"filed_on": Fact(filed_on, "derived")} | filer | _facts(catalogue, "household", facts.of("")),
        also=intake.events[1:],
        dates={code: Fact(day.isoformat(), "resident") for code, day in days.items() if day},
    )


def guide(intake: Intake, catalogue: Catalogue, municipality: str) -> Guidance | None:
    """The guidance on this day, or None while there is nobody to guide or no life event is chosen."""
    if not intake.people or not intake.events:
        return None
    return evaluate(case_of(intake, catalogue, municipality), catalogue)


def _standing(intake: Intake, person_id: str) -> dict[str, FactView]:
    """What stands of a person; after a death, which insurance that is not the city's pays is worth asking."""
    standing = intake.facts.of(person_id)
    insured = standing.get("ins")
    if "DEATH" in intake.events and insured and insured.source == "core" and insured.value == "other":
        standing.pop("ins")
        told = [view for view in intake.facts.all(person_id, "ins") if view.source != "core"]
        standing |= {"ins": told[0]} if told else {}
    return standing


def event_names(catalogue: Catalogue) -> dict[str, Text]:
    """{code: name} of every life event of the rules."""
    return {code: Text(event.name.ja, event.name.en) for code, event in catalogue.codes.events.items()}


def _facts(catalogue: Catalogue, scope: str, standing: dict[str, FactView]) -> dict[str, Fact]:
    """Those facts that the rules have a name for; the others are the intake's own."""
    given: dict[str, Fact] = {}
    for name, view in standing.items():
        spec = catalogue.facts.get(name)
        if spec is None or spec.scope != scope:
            continue
        if view.unknown:
            given[name] = Fact.declared_unknown(view.source)
            continue
        fact = Fact.read({"value": view.value, "source": view.source}, name)
        if fact is not None:
            given[name] = fact
    return given


class UnknownAnswerError(ValueError):
    """No such question, or no such answer to it."""


def read_answer(catalogue: Catalogue, name: str, said: list[str]) -> bool | int | str | list[str]:
    """What a page sent as an answer, as the rules' fact takes it. Raises UnknownAnswerError."""
    spec = catalogue.facts.get(name)
    if spec is None or spec.question is None:
        raise UnknownAnswerError(name)
    if spec.type == "choices":
        chosen = [choice for choice in said if choice]
        if all(choice in spec.words for choice in chosen):
            return chosen
    elif len(said) == 1:
        only = said[0]
        if spec.type == "yes_no" and only in ("true", "false"):
            return only == "true"
        if spec.type == "choice" and only in spec.words:
            return only
        if spec.type == "number" and only.isascii() and only.isdigit():
            return int(only)
        if spec.type == "date" and (day := read_date(only)):
            return day
    raise UnknownAnswerError(name)


def procedure_names(catalogue: Catalogue) -> dict[str, dict[str, str]]:
    """{procedure id: {language: name}}: for lists that do not open an item's sealed part."""
    return {rule.id: {"ja": rule.face.name.ja, "en": rule.face.name.en} for rule in catalogue.rules}
