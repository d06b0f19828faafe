"""What the counter shows of a code: whom it speaks of, who they may be, where it and the records differ."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from procedures import Catalogue, Text
from server.db.uow import Unit
from server.db.vault import DataKey
from server.preentry.answers import role_of
from server.preentry.matching import candidates
from server.preentry.service import SOURCE, answers_in, births, births_of_members, current
from server.reception import facts, people
from server.reception.models import Reception
from server.reception.queries import SHOWN


@dataclass(frozen=True)
class PersonView:
    """One person of the code. `fits`: the members whose birth fits; `likely` is the only one, or None."""

    id: str
    role: str
    number: str
    birth: str | None = field(repr=False)
    fits: tuple[str, ...]
    likely: str | None


@dataclass(frozen=True)
class DifferenceView:
    """A fact whose standing value is another than the one entered at home. Both in words."""

    person_id: str
    label: Text
    standing: Text = field(repr=False)
    source: str
    entered: Text = field(repr=False)


@dataclass(frozen=True)
class CodeView:
    """The code of a reception."""

    events: tuple[Text, ...]
    taken_at: datetime
    answers: int
    settled: bool
    people: tuple[PersonView, ...]
    differences: tuple[DifferenceView, ...]


def view(unit: Unit, catalogue: Catalogue, reception: Reception, key: DataKey) -> CodeView | None:
    """The code that this reception goes by, None when none was taken in."""
    row = current(unit, reception.id)
    if row is None:
        return None
    answers = answers_in(key, row)
    born, members = births(answers), births_of_members(unit, key, reception.id)
    fitting = candidates(born, members)
    return CodeView(
        events=tuple(_name(catalogue, code) for code in answers.events),
        taken_at=row.at,
        answers=len(answers.given),
        settled=row.settled,
        people=tuple(
            PersonView(
                person,
                *role_of(person),
                born[person],
                fitting[person],
                fitting[person][0] if len(fitting[person]) == 1 else None,
            )
            for person in answers.people
        ),
        differences=tuple(_differences(unit, catalogue, reception, key)),
    )


def _differences(
    unit: Unit, catalogue: Catalogue, reception: Reception, key: DataKey
) -> list[DifferenceView]:
    known = facts.read(unit, key, reception.id)
    found = []
    for owner in ("", *(person.person_id for person in people.read(unit, key, reception.id))):
        for name, standing in known.of(owner).items():
            entered = next((one for one in known.all(owner, name) if one.source == SOURCE), None)
            spec = catalogue.facts.get(name)
            # Fields of the register have their own place on the page.
            if entered is None or entered is standing or spec is None or name in SHOWN:
                continue
            if standing.unknown or standing.value != entered.value:
                words = _said(catalogue, name, None if standing.unknown else standing.value)
                at_home = _said(catalogue, name, entered.value)
                found.append(DifferenceView(owner, spec.label, words, standing.source, at_home))
    return found


def _name(catalogue: Catalogue, code: str) -> Text:
    name = catalogue.codes.events[code].name
    return Text(name.ja, name.en)


def _said(catalogue: Catalogue, name: str, value: Any) -> Text:
    """A value in the words of its fact."""
    if value is None:
        return Text("わからない", "not known")
    words = catalogue.facts[name].words
    several = value if isinstance(value, list) else [value]
    texts = [words.get(one, Text(str(one), str(one))) for one in several]
    return Text(
        "・".join(text.ja for text in texts) or "なし", ", ".join(text.en for text in texts) or "none"
    )
