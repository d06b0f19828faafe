"""Taking a code into a reception: its answers become facts of source "pre-entry".

The core and the card know better, and so does whoever is asked at the counter: such values stand, and the
differences are shown. What was answered with わからない is left to be asked where somebody can help.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import delete
from sqlmodel import col, select

from procedures import Catalogue
from server.db.context import Context
from server.db.uow import NotThereError, Unit
from server.db.vault import DataKey, Vault
from server.journal.service import record
from server.kit.clock import now
from server.preentry import answers as answering
from server.preentry import keys
from server.preentry.answers import Answers, AnswersUnreadableError
from server.preentry.asking import EVENT_DATE, day_of, facts_of
from server.preentry.codes import Refusal, open_code
from server.preentry.matching import beyond_doubt, candidates, fit
from server.preentry.models import PreentryCode
from server.reception import facts, people
from server.reception.life_events import date_fact
from server.reception.models import Reception
from server.reception.service import changed
from server.reception.states import move

SOURCE = "pre-entry"


class CodeRefusedError(ValueError):
    """The code cannot be used here; `reason` keys the sentence, `reception` is the one that has used it."""

    def __init__(self, reason: str, reception: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.reception = reception


def take(
    unit: Unit,
    ctx: Context,
    vault: Vault,
    catalogue: Catalogue,
    reception: Reception,
    key: DataKey,
    text: str,
) -> None:
    """Take in a code as it was scanned or pasted; a later one takes the place of an earlier one.

    Raises CodeRefusedError, NotNowError.
    """
    move(reception, "preenter")
    opened = open_code(text, keys.private_keys(unit, ctx, vault), catalogue.municipality, now())
    if isinstance(opened, Refusal):
        raise CodeRefusedError(opened.value)
    _refuse_used(unit, ctx, reception, opened.digest)
    try:
        answers = answering.read(opened.plain.decode()).known_to(catalogue)
    except (AnswersUnreadableError, UnicodeDecodeError) as error:
        raise CodeRefusedError(Refusal.OTHER_VERSION.value) from error
    for earlier in unit.all(select(PreentryCode).where(PreentryCode.reception_id == reception.id)):
        earlier.replaced = True
        unit.add(earlier)
    facts.withdraw(unit, reception.id, source=SOURCE)
    row = _row(unit, reception, opened.digest) or PreentryCode(
        tenant_id="",
        site_id="",
        digest=opened.digest,
        reception_id=reception.id,
        expires_at=opened.expires_at,
        at=now(),
        by=ctx.actor,
        sealed=b"",
    )
    row.sealed = key.seal(answers.text(), f"preentry:{row.id}")
    row.settled = row.replaced = False
    unit.add(ctx.stamp(row))
    facts.put_many(unit, ctx, key, reception.id, "", SOURCE, _of_household(answers, reception))
    unit.add(reception)
    record(
        unit,
        ctx,
        "preentry.taken",
        reception.id,
        events=list(answers.events),
        answers=len(answers.given),
        people=len(answers.people),
    )
    match(unit, ctx, reception, key)


def match(unit: Unit, ctx: Context, reception: Reception, key: DataKey) -> None:
    """Bring the people of the code together with the household where nobody can be mistaken for another.

    Called again whenever a household is taken in; does nothing without a code.
    """
    row = current(unit, reception.id)
    members = births_of_members(unit, key, reception.id)
    if row is not None:
        row.settled = False
        unit.add(row)
        found = beyond_doubt(candidates(births(answers_in(key, row)), members)) if members else None
        if found is not None:
            _settle(unit, ctx, reception, key, row, found, by="birth")
    changed(unit, reception)


def settle(unit: Unit, ctx: Context, reception: Reception, key: DataKey, chosen: Mapping[str, str]) -> None:
    """Staff say who is who: {person of the code: id of the member, "" for nobody of this household}.

    Raises NotThereError, CodeRefusedError for one member chosen twice, NotNowError.
    """
    row = current(unit, reception.id)
    if row is None:
        raise NotThereError("PreentryCode")
    move(reception, "preenter")
    unit.add(reception)
    members = births_of_members(unit, key, reception.id)
    used = [member for member in chosen.values() if member]
    if not set(used) <= members.keys() or set(chosen) != set(answers_in(key, row).people):
        raise NotThereError("Person")
    if len(set(used)) != len(used):
        raise CodeRefusedError("chosen_twice")
    _settle(
        unit, ctx, reception, key, row, {who: member for who, member in chosen.items() if member}, "staff"
    )
    changed(unit, reception)


def forget(unit: Unit, ctx: Context, vault: Vault, life: timedelta) -> None:
    """Drop codes that have expired and wait for nobody, and keys that no code can need any more."""
    unit.session.exec(
        delete(PreentryCode).where(
            col(PreentryCode.tenant_id) == ctx.tenant_id,
            col(PreentryCode.expires_at) < now() - timedelta(days=1),
        )
    )
    keys.destroy_old(unit, ctx, vault, life)


def current(unit: Unit, reception_id: str) -> PreentryCode | None:
    """The code that this reception goes by."""
    query = select(PreentryCode).where(
        PreentryCode.reception_id == reception_id, col(PreentryCode.replaced).is_(False)
    )
    return unit.first(query)


def answers_in(key: DataKey, row: PreentryCode) -> Answers:
    """What was answered at home."""
    return answering.read(key.open(row.sealed, f"preentry:{row.id}"))


def births(answers: Answers) -> dict[str, str | None]:
    """Everybody of the code with their birth as far as it was said."""
    known = facts_of(answers)
    return {
        person: str(known[person]["birth"]) if "birth" in known[person] else None for person in answers.people
    }


def births_of_members(unit: Unit, key: DataKey, reception_id: str) -> dict[str, str | None]:
    """Everybody of the household with their birth, by id."""
    known = facts.read(unit, key, reception_id)
    found = (person.person_id for person in people.read(unit, key, reception_id))
    return {member: known.value(member, "birth") for member in found}


def _settle(
    unit: Unit,
    ctx: Context,
    reception: Reception,
    key: DataKey,
    row: PreentryCode,
    chosen: dict[str, str],
    by: str,
) -> None:
    members = births_of_members(unit, key, reception.id)
    said = facts_of(answers_in(key, row))
    for member in members:
        facts.withdraw(unit, reception.id, person_id=member, source=SOURCE)
    for person, member in chosen.items():
        told = _plain(said[person])
        if members[member] and fit(told.get("birth"), members[member]):
            told.pop("birth", None)  # No difference: the code knows less of the day.
        facts.put_many(unit, ctx, key, reception.id, member, SOURCE, told)
    row.settled = True
    unit.add(row)
    record(unit, ctx, "preentry.settled", reception.id, matched=len(chosen), by=by)


def _of_household(answers: Answers, reception: Reception) -> dict[str, Any]:
    """The household's facts; a day is this reception's only if its event is."""
    chosen = [code for code in reception.events.split(",") if code]
    said = _plain(facts_of(answers)[""]) | {EVENT_DATE: None}
    return said | {date_fact(code, code == chosen[0]): day_of(answers, code) for code in chosen}


def _plain(said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in said.items()}


def _row(unit: Unit, reception: Reception, digest: str) -> PreentryCode | None:
    query = select(PreentryCode).where(
        PreentryCode.reception_id == reception.id, PreentryCode.digest == digest
    )
    return unit.first(query)


def _refuse_used(unit: Unit, ctx: Context, reception: Reception, digest: str) -> None:
    """A code belongs to the first reception that took it, unless that one came to nothing."""
    query = (
        select(Reception)
        .join(PreentryCode, col(PreentryCode.reception_id) == col(Reception.id))
        .where(
            PreentryCode.tenant_id == ctx.tenant_id,
            PreentryCode.digest == digest,
            Reception.id != reception.id,
            Reception.state != "abandoned",
        )
    )
    other = unit.first(query)
    if other is not None:
        raise CodeRefusedError("used", other.number)
