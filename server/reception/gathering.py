"""Who is in the intake: the card that was tapped, the household from the core, people entered by hand.

Nobody is taken to be somebody else: the holder of a card, the one who files and those whose record changes
are three persons until staff say that they are one.
"""

from datetime import date, datetime, timedelta
from typing import Any

from core_adapter.models import Household
from server.db.context import Context
from server.db.uow import NotThereError, Unit
from server.db.vault import DataKey, Vault
from server.journal.service import record
from server.kit.clock import today
from server.kit.machine import NotNowError
from server.protection.rules import worst
from server.queue import card_reads
from server.queue.card_reads import CardContent, CardText
from server.queue.models import CardRead
from server.reception import facts, known, people, prefill
from server.reception.facts import FactView
from server.reception.life_events import concerning_all, date_fact
from server.reception.models import Reception
from server.reception.service import ProtectedError, changed
from server.reception.states import MACHINE, move
from server.submissions.queries import unsettled_about

# The reception numbers of this household's notifications that are still under way.
UNSETTLED_FACT = "unsettled_notifications"


def card_of(unit: Unit, ctx: Context, reception: Reception, read_id: str | None = None) -> CardRead | None:
    """A successful reading that belongs to this intake or its ticket and has a holder to be matched with:
    `read_id`, or the newest."""
    reads = card_reads.waiting_for(unit, ctx, reception.ticket_id, reception.id)
    fitting = (read for read in reads if read.outcome == "read" and read.mode != "none")
    return next((read for read in fitting if read_id in (None, read.id)), None)


def attach_card(
    unit: Unit,
    ctx: Context,
    vault: Vault,
    reception: Reception,
    key: DataKey,
    read: CardRead,
    matched_by: str,
) -> CardText | None:
    """Staff have matched the person in front of them with the card; from now on it belongs to this intake.

    Returns the attributes, None for a card's face, whose pictures stay with the reading and end with the
    visit. The same read again changes nothing. Raises NotNowError, NotThereError.
    """
    content = card_reads.content_of(unit, ctx, vault, read)
    if read.attached_at is None:
        move(reception, "attach")
        card_reads.attach(unit, ctx, read, reception.id)
        record(
            unit,
            ctx,
            "card.attached",
            reception.id,
            key=key,
            card_read=read.id,
            matched_by=matched_by,
            name=content.text.name if content.text else None,
        )
        _keep_content(unit, ctx, reception, key, read, content)
        unit.add(reception)
        changed(unit, reception)
    return content.text


def check_searchable(reception: Reception) -> None:
    """Residents are looked for only in an intake that still needs somebody. Raises NotNowError."""
    MACHINE.next(reception.state, "search")


def refer_to_supervisor(
    unit: Unit, ctx: Context, reception: Reception, key: DataKey, household_id: str, resident_id: str
) -> None:
    """The household found has a protected member: keep who was meant, and stop before any prefill.

    What a supervisor allowed before was another household. Raises NotNowError.
    """
    move(reception, "refer")
    facts.put(unit, ctx, key, reception.id, "chosen_resident", [household_id, resident_id], source="staff")
    reception.protection, reception.released_by = "yes", None
    unit.add(reception)
    record(unit, ctx, "protection.referred", reception.id, reason="protected_household")
    changed(unit, reception)


def release(unit: Unit, ctx: Context, reception: Reception, key: DataKey, reason: str) -> None:
    """A supervisor allows the household that was referred to be taken in: that one and no other.

    Raises ProtectedError for whoever is no supervisor, opened this intake or chose the household: two people
    are needed. Raises NotNowError when nothing waits for it.
    """
    chosen_by = facts.said_by(unit, reception.id, "chosen_resident")
    if ctx.role != "supervisor" or ctx.actor in (reception.staff_id, chosen_by):
        raise ProtectedError
    if chosen_by is None or reception.protection != "yes":
        raise NotNowError("reception", "release", reception.state)
    move(reception, "release")
    reception.released_by = ctx.actor
    unit.add(reception)
    record(unit, ctx, "protection.released", reception.id, key=key, reason=reason)
    changed(unit, reception)


def is_allowed(unit: Unit, reception: Reception, key: DataKey, household: Household) -> bool:
    """Whether this household may be taken in: nobody of it is protected, or a supervisor has allowed it."""
    if worst([member.protection for member in household.members]) != "yes":
        return True
    chosen = facts.read(unit, key, reception.id).value("", "chosen_resident")
    return reception.released_by is not None and bool(chosen) and chosen[0] == household.household_id


def take_household(
    unit: Unit, ctx: Context, reception: Reception, key: DataKey, household: Household, chosen_id: str
) -> None:
    """Take everybody of `household` in, with what the core knows of them; `chosen_id` is who was looked for.

    Whoever the card names gets what it says, and nobody else. Raises ProtectedError for a protected household
    that no supervisor has released, NotNowError.
    """
    if not is_allowed(unit, reception, key, household):
        raise ProtectedError
    move(reception, "gather")
    people.clear(unit, reception.id)
    facts.withdraw(unit, reception.id, source="core")
    facts.put(
        unit,
        ctx,
        key,
        reception.id,
        "chosen_resident",
        [household.household_id, chosen_id],
        source="staff",
    )
    reception.filer_person_id = reception.bearer_person_id = None
    card = _card_of(unit, key, reception)
    known_facts = facts.read(unit, key, reception.id)
    reading, face = known_facts.get("", "card_reading"), known_facts.get("", "card_face")
    for position, member in enumerate(household.members):
        person = people.add_resident(unit, ctx, key, reception, position, member)
        facts.put_many(
            unit,
            ctx,
            key,
            reception.id,
            person.id,
            "core",
            known.register_facts(member) | known.rule_facts(member),
            as_of=household.as_of,
        )
        if member.birth.value is None:
            facts.put(
                unit,
                ctx,
                key,
                reception.id,
                "birth",
                None,
                source="core",
                person_id=person.id,
                unknown=True,
                as_of=household.as_of,
            )
        for subject in concerning_all(reception.events.split(",")):
            facts.put(unit, ctx, key, reception.id, subject, True, source="derived", person_id=person.id)
        tapped = card is not None and prefill.names(card, member)
        if card is not None and tapped:
            reception.bearer_person_id = person.id
            _card_facts(unit, ctx, key, reception, person.id, card, reading)
        if reception.relation == "self" and member.resident_id == chosen_id:
            _face_facts(unit, ctx, key, reception, person.id, face, member.birth.value)
        if (reception.relation == "self" and member.resident_id == chosen_id) or (
            reception.relation == "member" and tapped
        ):
            reception.filer_person_id = person.id
    flag = worst([member.protection for member in household.members])
    reception.protection, reception.core_as_of, reception.gathered_from = flag, household.as_of, "core"
    unit.add(reception)
    record(
        unit,
        ctx,
        "reception.gathered",
        reception.id,
        key=key,
        members=len(household.members),
        as_of=household.as_of.isoformat(),
        protection=flag,
        residents=[m.resident_id for m in household.members],
    )
    changed(unit, reception)


def note_unsettled(
    unit: Unit, ctx: Context, vault: Vault, reception: Reception, key: DataKey, household: Household
) -> None:
    """Keep which notifications about this household are still under way: its record will change by itself."""
    numbers = unsettled_about(unit, ctx, vault, {member.resident_id for member in household.members})
    facts.put(unit, ctx, key, reception.id, UNSETTLED_FACT, numbers, source="derived")


def enter_person(
    unit: Unit, ctx: Context, reception: Reception, key: DataKey, entered: dict[str, Any], *, origin: str
) -> str:
    """Take in somebody without the core: name, kana, birth (as a partial date), sex, relationship, address.

    `origin` is card or entered. Returns the person's id. Raises NotNowError.
    """
    move(reception, "gather")
    reception.gathered_from = reception.gathered_from or origin
    position = max((one.position for one in people.read(unit, key, reception.id)), default=-1) + 1
    person = people.add_entered(unit, ctx, key, reception, position, entered, origin)
    source = "card" if origin == "card" else "resident"
    shown = {name: entered.get(name) for name in ("name", "kana", "birth", "sex", "relationship", "address")}
    facts.put_many(unit, ctx, key, reception.id, person.id, source, {k: v for k, v in shown.items() if v})
    facts.put_many(
        unit,
        ctx,
        key,
        reception.id,
        person.id,
        source,
        {"rel": entered["relationship"].split("の"), "is_head": entered["relationship"] == "世帯主"},
    )
    facts.put(unit, ctx, key, reception.id, "moves", True, source="derived", person_id=person.id)
    if "BIRTH" in reception.events.split(",") and _was_just_born(entered.get("birth")):
        facts.put(unit, ctx, key, reception.id, "newborn", True, source="derived", person_id=person.id)
        born = date_fact("BIRTH", reception.events.startswith("BIRTH"))
        facts.put(unit, ctx, key, reception.id, born, entered["birth"], source="derived")
    if origin == "card":
        reception.bearer_person_id = person.id
        reading = facts.read(unit, key, reception.id).get("", "card_reading")
        facts.put_many(
            unit, ctx, key, reception.id, person.id, "card", _of_holder(reading), as_of=_read_at(reading)
        )
        if reception.relation == "self":
            reception.filer_person_id = person.id
    unit.add(reception)
    record(
        unit,
        ctx,
        "reception.person_added",
        reception.id,
        key=key,
        person=person.id,
        name=entered["name"],
        birth=entered.get("birth"),
    )
    changed(unit, reception)
    return person.id


def remove_person(unit: Unit, ctx: Context, reception: Reception, key: DataKey, person_id: str) -> None:
    """Take out somebody who was entered by hand, to be entered anew or not at all.

    Raises NotThereError for anybody else: whom the core has in the household is in it. Raises NotNowError.
    """
    found = [one for one in people.read(unit, key, reception.id) if one.person_id == person_id]
    if not found or found[0].resident is not None:
        raise NotThereError("Person")
    move(reception, "edit")
    people.remove(unit, reception.id, person_id)
    facts.withdraw(unit, reception.id, person_id=person_id)
    if reception.filer_person_id == person_id:
        reception.filer_person_id = None
    if reception.bearer_person_id == person_id:
        reception.bearer_person_id = None
    unit.add(reception)
    record(unit, ctx, "reception.person_removed", reception.id, person=person_id)
    changed(unit, reception)


def _was_just_born(birth: str | None) -> bool:
    """Whether somebody entered for a birth is the child: born within three months, the longest term."""
    return bool(birth) and str(birth) >= (today() - timedelta(days=92)).isoformat()


def _card_of(unit: Unit, key: DataKey, reception: Reception) -> CardText | None:
    """What the attached card said."""
    said = facts.read(unit, key, reception.id).value("", "card")
    return CardText(**said) if said else None


def _keep_content(
    unit: Unit, ctx: Context, reception: Reception, key: DataKey, read: CardRead, content: CardContent
) -> None:
    """What this intake needs of a matched card, as facts under its own key, as of the moment at which it was
    read; never a picture."""

    def keep(name: str, value: dict[str, Any]) -> None:
        facts.put(
            unit,
            ctx,
            key,
            reception.id,
            name,
            value,
            source="card",
            as_of=read.read_at,
            confirmed_by=ctx.actor,
        )

    if content.text is not None:
        keep("card", vars(content.text))
        keep("card_reading", {"mode": read.mode, "certificate_expires": content.certificate_expires})
    if content.face is not None:
        face = {
            "birth": content.face.birth,
            "card_expires": content.face.expiry,
            "certificate_expires": content.certificate_expires,
        }
        keep("card_face", face)
        if reception.relation == "self" and reception.filer_person_id:
            known_facts = facts.read(unit, key, reception.id)
            born = known_facts.value(reception.filer_person_id, "birth")
            kept = known_facts.get("", "card_face")
            _face_facts(unit, ctx, key, reception, reception.filer_person_id, kept, born)


def _of_holder(reading: FactView | None) -> dict[str, Any]:
    """What a reading says of its holder's card, in the words of the rules. Only who typed the PIN knows it;
    of who did not it is asked."""
    said = reading.value if reading else {}
    known = {"mnc": "held", "mnc_pin4_known": True if said.get("mode", "pin") == "pin" else None}
    return known | _last_day("mnc_certificate", said.get("certificate_expires"))


def _last_day(what: str, day: str | None) -> dict[str, Any]:
    """A last day that only the card tells, and that it was read: the rules never ask for it."""
    return {f"{what}_read": True, f"{what}_until": day} if day else {}


def _read_at(reading: FactView | None) -> datetime | None:
    return reading.as_of if reading else None


def _card_facts(
    unit: Unit,
    ctx: Context,
    key: DataKey,
    reception: Reception,
    person_id: str,
    card: CardText,
    reading: FactView | None,
) -> None:
    printed = {"name": card.name, "address": card.address, "birth": card.born, "sex": card.sex}
    facts.put_many(
        unit,
        ctx,
        key,
        reception.id,
        person_id,
        "card",
        printed | _of_holder(reading),
        as_of=_read_at(reading),
    )


def _face_facts(
    unit: Unit,
    ctx: Context,
    key: DataKey,
    reception: Reception,
    person_id: str,
    kept: FactView | None,
    born: str | None,
) -> None:
    """A face names nobody in text: it is the filer's when staff have matched it and the birth dates agree."""
    if kept is None or born is None or kept.value["birth"] != born:
        return
    ends, certificate = kept.value["card_expires"], kept.value["certificate_expires"]
    over = ends is not None and date.fromisoformat(ends) < today()
    values = {"mnc": "expired" if over else "held"}
    values |= _last_day("mnc_card", ends) | _last_day("mnc_certificate", certificate)
    facts.put_many(unit, ctx, key, reception.id, person_id, "card", values, as_of=kept.as_of)
