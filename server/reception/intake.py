"""An intake as a whole, read once: people, facts, protection, and what they amount to."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from server.db.context import Context
from server.db.uow import Unit
from server.db.vault import DataKey
from server.kit.clock import today
from server.protection.rules import Standing, is_stale
from server.reception import facts as fact_store
from server.reception import people as people_store
from server.reception.facts import Facts
from server.reception.life_events import EVENTS, FILED_HERE, LifeEvent, date_fact
from server.reception.models import Reception
from server.reception.people import PersonView
from server.submissions.queries import core_standing


@dataclass(frozen=True)
class Intake:
    """Everything about one reception that its screens, forms and messages are made from."""

    reception_id: str
    number: str
    events: tuple[str, ...]
    state: str
    language: str
    relation: str | None
    identity_method: str | None
    filer_id: str | None
    bearer_id: str | None
    filed_on: date
    standing: Standing
    people: list[PersonView] = field(repr=False)
    facts: Facts = field(repr=False)

    @property
    def movers(self) -> list[PersonView]:
        """Those whose record changes."""
        return [person for person in self.people if self.facts.value(person.person_id, "moves", False)]

    @property
    def whole_household(self) -> bool:
        return len(self.movers) == len(self.people)

    @property
    def filer(self) -> PersonView | None:
        return next((person for person in self.people if person.person_id == self.filer_id), None)

    @property
    def leading(self) -> LifeEvent | None:
        """The event that leads; None until somebody has chosen one."""
        return EVENTS[self.events[0]] if self.events else None

    def day_of(self, code: str) -> date | None:
        """The day of one of the events, or None before it is said."""
        value = self.facts.value("", date_fact(code, code == self.events[0]))
        return date.fromisoformat(value) if value else None

    @property
    def moved_on(self) -> date | None:
        """The day of the leading event (異動日)."""
        return self.day_of(self.events[0]) if self.events else None

    @property
    def concerned(self) -> list[PersonView]:
        """Those whom the leading event concerns."""
        subject = self.leading.subject if self.leading else None
        return [p for p in self.people if subject and self.facts.value(p.person_id, subject, False)]

    @property
    def files_here(self) -> bool:
        """Whether the leading notification has its form and its message to the core here."""
        return bool(self.events) and self.events[0] in FILED_HERE

    @property
    def new_address(self) -> dict[str, Any] | None:
        """{postal_code, town_code, municipality, town, number, building, text}, or None before it is said."""
        settles = any(EVENTS[code].settles for code in self.events)
        found: dict[str, Any] | None = self.facts.value("", "new_address")
        return found if settles else None

    @property
    def old_address(self) -> str:
        """The address moved from, from the best source that may be shown now; empty when none may."""
        for person in self.movers or self.people:
            for view in self.facts.all(person.person_id, "address"):
                if self.may_show(view.source):
                    return str(view.value)
        return ""

    def may_show(self, source: str) -> bool:
        """Whether an address of this source may be shown or printed now."""
        if not self.standing.may_show_any_address:
            return False
        return source != "core" or self.standing.may_show_core_addresses


def load(unit: Unit, ctx: Context, key: DataKey, reception: Reception) -> Intake:
    """The intake as it is in this transaction."""
    return Intake(
        reception_id=reception.id,
        number=reception.number,
        events=tuple(filter(None, reception.events.split(","))),
        state=reception.state,
        language=reception.language,
        relation=reception.relation,
        identity_method=reception.identity_method,
        filer_id=reception.filer_person_id,
        bearer_id=reception.bearer_person_id,
        filed_on=today(),
        standing=standing_of(unit, ctx, reception),
        people=people_store.read(unit, key, reception.id),
        facts=fact_store.read(unit, key, reception.id),
    )


def standing_of(unit: Unit, ctx: Context, reception: Reception) -> Standing:
    """What is known of the household's protection now, for whoever asks.

    A supervisor's permission is for the clerk of this intake: it opens nothing to the others.
    """
    stale = reception.gathered_from == "core" and is_stale(reception.core_as_of, core_standing(unit, ctx).up)
    others = ctx.role == "clerk" and ctx.actor != reception.staff_id
    released = reception.released_by is not None and not others
    return Standing(reception.protection, stale, released)  # type: ignore[arg-type]
