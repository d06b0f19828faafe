"""A passport or residence card of a foreign resident, as its machine-readable lines say, typed or scanned.

It fills the search and the form for somebody entered by hand; nothing of it is taken for the register's. The
number of a passport is on no form and is dropped; that of a residence card is kept, for the notification asks
for it. It names nobody: whose card it is, staff say.
"""

from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Literal

from card_reader.mrz import BadMrz, Mrz
from card_reader.scan import NotScannable, ResidenceCardNumber, holder_of, read_scan
from server.db.context import Context
from server.db.uow import NotThereError, Unit
from server.db.vault import DataKey
from server.journal.service import record
from server.reception import facts, people
from server.reception.facts import Facts
from server.reception.models import Reception
from server.reception.service import changed
from server.reception.states import move

FACT = "document"
LONGEST = 400
RESIDENCE_CARD = "residence_card"
NUMBER = "residence_card_no"  # the fact of the person whose card it is


@dataclass(frozen=True)
class Document:
    """What the lines say. `birth` and `expiry` are YYYY-MM-DD, `birth` shorter where the document knows less;
    `nationality` is its ICAO 9303-3 code. Empty: not said. `name_cut`: the name may be longer."""

    kind: Literal["passport", "residence_card"]
    name: str = field(default="", repr=False)
    birth: str = field(default="", repr=False)
    sex: str = field(default="", repr=False)
    nationality: str = field(default="", repr=False)
    expiry: str = field(default="", repr=False)
    number: str = field(default="", repr=False)
    name_cut: bool = field(default=False, repr=False)


@dataclass(frozen=True)
class NotRead:
    """Why nothing was taken: a word that the screen has a sentence for, and where to look in the lines."""

    reason: str
    line: int = 0
    first: int = 0
    last: int = 0


def read_document(text: str, on: date) -> Document | NotRead:
    """The lines as typed or scanned, with line ends or without; `on` is today. Never holds the 12-digit
    number: `individual_number` says that it was refused."""
    found = read_scan(text[:LONGEST])
    match found:
        case Mrz():
            return _of_zone(found, on)
        case ResidenceCardNumber(number):
            return Document("residence_card", number=number)
        case BadMrz(reason) if found.places:
            part, place = found.places[0]
            return NotRead(f"{'check' if reason == 'check_digits' else 'date'}_{part}", *place)
        case BadMrz(reason):
            return NotRead(reason)
        case NotScannable(("individual_number" | "empty") as reason):
            return NotRead(reason)
        case _:
            return NotRead("unknown")


def _of_zone(zone: Mrz, on: date) -> Document:
    holder = holder_of(zone, on)
    return Document(
        "passport",
        name=holder["name"],
        birth=_day(holder["birth"]),
        sex=holder["sex"],
        nationality=holder["nationality"],
        expiry=_day(zone.expiry_date() or ""),
        name_cut=zone.name_cut,
    )


def _day(digits: str) -> str:
    """YYYYMMDD as YYYY-MM-DD, YYYY-MM or YYYY, empty without a year: zeros stand for what is not known."""
    if digits.startswith("0000"):
        return ""
    year, month, day = digits[:4], digits[4:6], digits[6:]
    known = [year, *([month] if month != "00" else []), *([day] if "00" not in (month, day) else [])]
    return "-".join(part for part in known if part)


def keep(unit: Unit, ctx: Context, reception: Reception, key: DataKey, found: Document) -> None:
    """Seal what was read with the intake, in place of an earlier one of its kind. Raises NotNowError."""
    move(reception, "search")
    unit.add(reception)
    facts.put(
        unit, ctx, key, reception.id, _fact(found.kind), asdict(found), source="scan", confirmed_by=ctx.actor
    )
    record(unit, ctx, "reception.fact_set", reception.id, name=_fact(found.kind), source="scan", person=None)
    changed(unit, reception)


def kept(unit: Unit, key: DataKey, reception: Reception) -> list[Document]:
    """What was read for this intake, the passport first."""
    known = facts.read(unit, key, reception.id)
    said = [known.value("", _fact(kind)) for kind in ("passport", RESIDENCE_CARD)]
    return [Document(**value) for value in said if value]


def may_hold(known: Facts, person_id: str) -> bool:
    """Whether a residence card or a special permanent resident's certificate can be this person's: nobody's
    who is known to be a Japanese national."""
    return bool(known.value(person_id, "nat") != "JP")


def give(
    unit: Unit, ctx: Context, reception: Reception, key: DataKey, person_id: str, number: str | None
) -> None:
    """Staff say whose the card with this number is; None takes a wrong one back. It is nobody else's then.

    Raises NotThereError for whoever cannot hold such a card. Raises NotNowError.
    """
    known = facts.read(unit, key, reception.id)
    everybody = [one.person_id for one in people.read(unit, key, reception.id)]
    if person_id not in everybody or not may_hold(known, person_id):
        raise NotThereError("Person")
    move(reception, "edit")
    unit.add(reception)
    for one in everybody:
        if one == person_id or known.value(one, NUMBER) == number:
            facts.withdraw(unit, reception.id, person_id=one, name=NUMBER)
    if number is not None:
        facts.put(
            unit,
            ctx,
            key,
            reception.id,
            NUMBER,
            number,
            source="scan",
            person_id=person_id,
            confirmed_by=ctx.actor,
        )
    record(unit, ctx, "reception.fact_set", reception.id, name=NUMBER, source="scan", person=person_id)
    changed(unit, reception)


def _fact(kind: str) -> str:
    return f"{FACT}_{kind}"
