"""A visit, brought as far as a test needs it, by the same verbs that the screens call."""

from dataclasses import dataclass, replace
from typing import Any

from card_reader.simulated.personas import load_personas
from procedures import Guidance
from server.db.context import Context
from server.db.uow import Unit
from server.db.vault import DataKey
from server.kit.clock import today
from server.kit.ids import new_id
from server.queue import card_reads
from server.queue import service as queue
from server.queue.card_reads import CardContent, CardText
from server.queue.models import Ticket
from server.reception import (
    confirmation,
    ending,
    facts,
    gathering,
    guidance,
    intake,
    moving,
    prefill,
    queries,
    service,
)
from server.reception.confirmation import Paper
from server.reception.intake import Intake
from server.reception.models import Reception
from server.reception.prefill import Found
from server.submissions import service as submissions
from server.web.services import Services
from server.worklists import service as worklists
from tests.factories.kept import once
from tests.factories.people import KIOSK, staff

STEPS = ("opened", "identified", "attached", "intake", "settled", "prepared", "confirmed", "accepted")
# Somebody who lives alone: most rules of an exchange do not depend on how many they are.
ALONE = "watanabe_fumi"
# A couple, a child of school age and a mother over 75: a household about which there is more to say.
FOUR = "mihon_taro"
# In place of the form, where nobody reads it: drawing one takes as long as the rest of a visit.
BLANK = b"%PDF-1.7 nothing"


def card_of(persona: str) -> CardText:
    """What this persona's card says."""
    found = load_personas()[persona]
    assert found.name is not None
    assert found.address is not None
    assert found.birth is not None
    assert found.sex is not None
    return CardText(found.name, found.address, found.birth, found.sex)


def tap(services: Services, text: CardText, *, purpose: str = "ticket", station: str = "kiosk-1") -> str:
    """A card read at a station; its id."""
    with services.db.write() as unit:
        return card_reads.keep(
            unit,
            KIOSK,
            services.vault,
            new_id(),
            station=station,
            mode="pin",
            outcome="read",
            tries_left=3,
            apdus=9,
            purpose=purpose,
            content=CardContent(text=text),
        ).id


def issue(services: Services, service_class: str = "move", card_read: str | None = None) -> Ticket:
    """A ticket from the kiosk."""
    with services.db.write() as unit:
        return queue.issue(
            unit, KIOSK, service_class, station="kiosk-1", card_read_id=card_read, address="http://office"
        )


@dataclass
class Visit:
    """One reception at desk 1, worked on by `clerk`."""

    services: Services
    clerk: Context
    reception_id: str
    ticket: Ticket | None = None

    @classmethod
    def opened(
        cls, services: Services, persona: str | None = ALONE, *, desk: str = "1", purpose: str = "move"
    ) -> "Visit":
        """A ticket with this persona's card, called and sat down; without persona, no ticket."""
        clerk = staff(services.db, f"clerk{desk}", station=f"counter-{desk}", desk=desk)
        ticket = None
        if persona is not None:
            ticket = issue(services, purpose, card_read=tap(services, card_of(persona)))
            with services.db.write() as unit:
                queue.call(unit, clerk, ticket.id, desk)
        with services.db.write() as unit:
            opened = service.open_reception(
                unit, clerk, services.vault, ticket.id if ticket else None, purpose, desk
            )
        return cls(services, clerk, opened.id, ticket)

    @classmethod
    def at(cls, services: Services, step: str, persona: str = ALONE, *, pdf: bytes | None = BLANK) -> "Visit":
        """A visit that has just come to `step`, one of STEPS; `pdf` as `prepare` takes it."""

        def walked() -> "Visit":
            visit = cls.opened(services, persona)
            acts = (visit.identify, visit.attach, visit.gather, visit.settle, lambda: visit.prepare(pdf))
            for act in (*acts, visit.confirm, visit.accept)[: STEPS.index(step)]:
                act()
            return visit

        return replace(once(services, (step, persona, pdf), walked), services=services)

    def locked(self, unit: Unit, who: Context | None = None) -> tuple[Reception, DataKey]:
        """The reception held for writing, and its key."""
        return service.locked(unit, who or self.clerk, self.services.vault, self.reception_id)

    def identify(self, relation: str = "self", method: str = "my_number_card") -> None:
        """Whose procedure it is."""
        with self.services.db.write() as unit:
            reception, _ = self.locked(unit)
            service.identify(
                unit, self.clerk, reception, relation=relation, method=method, documents="マイナンバーカード"
            )

    def attach(self) -> CardText | None:
        """Staff match the card with the person."""
        with self.services.db.write() as unit:
            reception, key = self.locked(unit)
            read = gathering.card_of(unit, self.clerk, reception)
            assert read is not None
            return gathering.attach_card(unit, self.clerk, self.services.vault, reception, key, read, "staff")

    def gather(self) -> None:
        """The household of whoever the attached card names beyond doubt."""
        with self.services.db.read() as unit:
            _, key = service.opened(unit, self.clerk, self.services.vault, self.reception_id)
            card = facts.read(unit, key, self.reception_id).value("", "card")
        found = prefill.match_card(self.services.core, CardText(**card))
        assert isinstance(found, Found)
        assert found.only is not None
        self.take(found.only.household_id, found.only.resident_id)

    def take(self, household_id: str, resident_id: str, who: Context | None = None) -> None:
        """The household that a person chose. Whoever asks the core has heard from it."""
        submissions.record_acks(
            self.services.db,
            self.services.system,
            self.services.vault,
            self.services.core,
            worklists.on_submission,
        )
        household = self.services.core.household(household_id)
        assert household is not None
        with self.services.db.write() as unit:
            reception, key = self.locked(unit, who)
            gathering.take_household(unit, who or self.clerk, reception, key, household, resident_id)
            gathering.note_unsettled(unit, who or self.clerk, self.services.vault, reception, key, household)

    def enter(self, **entered: Any) -> str:
        """Somebody taken in by hand."""
        given: dict[str, Any] = {
            "name": "例示　次郎",
            "kana": "",
            "birth": "1990-01-02",
            "sex": "1",
            "address": "",
        }
        given |= {"relationship": "世帯主", "is_head": True} | entered
        with self.services.db.write() as unit:
            reception, key = self.locked(unit)
            return gathering.enter_person(unit, self.clerk, reception, key, given, origin="entered")

    def fact(self, name: str, value: Any, person_id: str = "", **more: Any) -> None:
        """One fact as said at the counter."""
        with self.services.db.write() as unit:
            reception, key = self.locked(unit)
            service.set_fact(unit, self.clerk, reception, key, name, value, person_id=person_id, **more)

    def address(self, town: str = "若葉町一丁目", number: str = "５番６号") -> None:
        """Where they move to."""
        found = next(one for one in self.services.towns.all() if one.town == town)
        address = found.address(number)
        with self.services.db.write() as unit:
            reception, key = self.locked(unit)
            moving.set_address(
                unit, self.clerk, reception, key, address.model_dump(mode="json"), self.services.towns
            )

    def settle(self) -> None:
        """Address, day, and every question answered with no, the first choice, or わからない."""
        self.address()
        with self.services.db.write() as unit:
            reception, key = self.locked(unit)
            service.set_fact(unit, self.clerk, reception, key, "event_date", today().isoformat())
            for _ in range(100):
                questions = self.guided(intake.load(unit, self.clerk, key, reception)).questions
                if not questions:
                    return
                for question in questions:
                    first = question.choices[0].value if question.choices else None
                    value: Any = {"yes_no": False, "choice": first, "choices": []}.get(question.type)
                    for person in question.person_ids if question.scope == "person" else [""]:
                        service.set_fact(
                            unit,
                            self.clerk,
                            reception,
                            key,
                            question.fact,
                            value,
                            person_id=person,
                            unknown=value is None,
                        )
        raise AssertionError("the questions do not end")

    def state(self) -> Intake:
        """The intake now."""
        with self.services.db.read() as unit:
            reception, key = service.opened(unit, self.clerk, self.services.vault, self.reception_id)
            return intake.load(unit, self.clerk, key, reception)

    def guided(self, state: Intake) -> Guidance:
        """The guidance for `state`."""
        found = guidance.guide(state, self.services.catalogue, "992011")
        assert found is not None
        return found

    def paper(self) -> Paper:
        """What the form needs besides."""
        return Paper("見本市", "992011", "1", "窓口の職員", self.ticket.label if self.ticket else None)

    def prepare(self, pdf: bytes | None = None) -> None:
        """Freeze the intake with its form, or with these bytes in its place."""
        state, paper = self.state(), self.paper()
        pdf = pdf or confirmation.render(state, paper)
        with self.services.db.write() as unit:
            reception, key = self.locked(unit)
            confirmation.prepare(unit, self.clerk, reception, key, state, self.guided(state), pdf, paper)

    def confirm(self) -> None:
        """The resident says yes on the second screen; the form is asked for."""
        with self.services.db.write() as unit:
            reception, _ = self.locked(unit)
            confirmation.confirm(unit, self.clerk, reception, "screen")
            confirmation.print_form(unit, self.clerk, reception, "counter-1")

    def accept(self) -> None:
        """受理, with the signed sheet in hand."""
        with self.services.db.write() as unit:
            reception, key = self.locked(unit)
            worklists.take_in(unit, self.clerk, self.services.vault, reception, key, signed=True)

    def guide(self, *, filed: bool) -> None:
        """Told and handed over, without a form of its own."""
        state = self.state()
        with self.services.db.write() as unit:
            reception, key = self.locked(unit)
            worklists.guide(unit, self.clerk, reception, key, state, self.guided(state), filed=filed)

    def close(self) -> None:
        """The visit ends."""
        with self.services.db.write() as unit:
            reception, _ = self.locked(unit)
            ending.close(unit, self.clerk, self.services.vault, reception)

    def abandon(self, reason: str = "出直し") -> None:
        """Given up before acceptance."""
        with self.services.db.write() as unit:
            reception, _ = self.locked(unit)
            ending.abandon(unit, self.clerk, self.services.vault, reception, reason)

    def workspace(self, who: Context | None = None) -> queries.Workspace:
        """The clerk's page."""
        who = who or self.clerk
        with self.services.db.read() as unit:
            reception, key = service.opened(unit, who, self.services.vault, self.reception_id)
            return queries.workspace(
                unit, who, self.services.vault, self.services.catalogue, "992011", reception, key
            )
