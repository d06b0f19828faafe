"""Filling the 住民異動届 from an intake. Addresses that may not be shown are left blank on the paper."""

from printing.forms.residence_change import Filer, PersonNotes, ResidenceChangeForm
from printing.forms.residence_change import Person as FormPerson
from printing.forms.values import AddressCell, DateCell, StaffNotes
from server.kit.ids import new_token
from server.kit.wareki import last_day_meant, wareki
from server.reception import documents, new_household
from server.reception.intake import Intake
from server.reception.people import PersonView

FORM_ID = "residence_change"
FORM_VERSION = "1"
_RELATION = {
    "self": "self",
    "member": "member",
    "relative": "agent",
    "legal_representative": "legal_representative",
    "agent": "agent",
    "messenger": "messenger",
}
_SEX = {"1": "male", "2": "female"}
_IDENTITY = {
    "my_number_card": "マイナンバーカード",
    "photo_document": "顔写真付き証明書",
    "two_documents": "証明書2点",
    "acquaintance": "聞き取り",
}


def unguessable(pdf: bytes) -> bytes:
    """The same pages with a random comment behind their end.

    Their digest outlives them, in the journal and in the core. Without this, whoever knows the rest of a page
    could try one address after the other until the digest fits.
    """
    return pdf + f"% {new_token()}\n".encode()


def fill(
    intake: Intake, *, municipality: str, desk: str, staff_name: str, ticket_label: str | None
) -> ResidenceChangeForm:
    """The form's content. The sheet is Japanese; a foreign resident's has small English beside the labels."""
    new = intake.new_address
    head = next((person for person in intake.people if person.is_head), None)
    head_name = intake.facts.value(head.person_id, "name", "") if head else ""
    new_head = new_household.head(intake)
    registers = _registers(intake)
    number = intake.number
    return ResidenceChangeForm(
        municipality=municipality,
        case_no=number,
        barcode=f"{number}/{FORM_ID}/{FORM_VERSION}",
        filed_on=date_cell(intake.filed_on.isoformat()),
        moved_on=date_cell(intake.moved_on.isoformat() if intake.moved_on else None),
        kind="転居",
        scope="全部" if intake.whole_household else "一部",
        joins="new" if new_household.is_founded(intake) else "same",
        filer=_filer(intake),
        new_address=AddressCell(
            postal_code=new["postal_code"],
            text=f"{new['municipality']}{new['town']}{new['number']}",
            building=new["building"],
        )
        if new
        else AddressCell(),
        new_head=intake.facts.value(new_head.person_id, "name", "") if new_head else "",
        old_address=_old_address(intake),
        old_head=head_name,
        honseki=registers[0],
        hittousha=registers[1],
        people=[_person(intake, person) for person in intake.movers],
        staff=StaffNotes(
            ticket_label=ticket_label,
            desk=desk,
            received_by=staff_name,
            identity_documents=[_IDENTITY[intake.identity_method]] if intake.identity_method else [],
        ),
        gloss="en" if intake.language == "en" else None,
    )


def _old_address(intake: Intake) -> AddressCell:
    """The address left behind: the register's with its parts where it may be printed, else what was said."""
    resident = next((person.resident for person in intake.movers if person.resident), None)
    if resident is None or not intake.may_show("core"):
        return AddressCell(text=intake.old_address)
    address = resident.address
    text = f"{address.municipality}{address.town}{address.number}"
    if text + (address.building or "") != address.text.replace("　", "").replace(" ", ""):
        # Where parts and wording disagree, the wording stands.
        return AddressCell(postal_code=address.postal_code, text=address.text)
    return AddressCell(postal_code=address.postal_code, text=text, building=address.building)


def date_cell(value: str | None, text: str | None = None, *, western: bool = False) -> DateCell:
    """A date of the register in the form's cells; one not known to the day keeps the register's wording."""
    if text and (value is None or len(value) < 10):
        return DateCell(text=text)
    if value is None:
        return DateCell()
    year, month, day = ([int(part) for part in value.split("-")] + [0, 0])[:3]
    parts = {"month": str(month) if month else None, "day": str(day) if day else None}
    if western:
        return DateCell(era="西暦", year=str(year), **parts)
    written = wareki(last_day_meant(value))
    return DateCell(era=written.era, year=written.year_text, **parts)  # type: ignore[arg-type]


def _filer(intake: Intake) -> Filer:
    person = intake.filer
    relation = _RELATION[intake.relation or "self"]
    if person is not None and relation == "self" and person.is_head:
        relation = "head"
    name = (
        intake.facts.value(person.person_id, "name", "")
        if person
        else intake.facts.value("", "filer_name", "")
    )
    return Filer(
        name=name,
        kana=(intake.facts.value(person.person_id, "kana") if person else None),
        address=_home_of_filer(intake),
        phone=intake.facts.value("", "phone"),
        relation=relation,  # type: ignore[arg-type]
    )


def _home_of_filer(intake: Intake) -> str | None:
    """Where who files lives from now on: the new address of one who moves, else theirs if it may be shown."""
    person = intake.filer
    if person is None:
        return None
    if person in intake.movers:
        return intake.new_address["text"] if intake.new_address else None
    views = intake.facts.all(person.person_id, "address")
    return next((str(view.value) for view in views if intake.may_show(view.source)), None)


def _registers(intake: Intake) -> tuple[str, str]:
    """本籍 and 筆頭者 of those who move, each register once, in one order; nothing that may not be shown."""
    if not intake.may_show("core"):
        return "", ""
    residents = [person.resident for person in intake.movers if person.resident]
    found = list(dict.fromkeys((one.honseki, one.hittousha or "") for one in residents if one.honseki))
    return "、".join(place for place, _ in found if place), "、".join(first for _, first in found)


def _person(intake: Intake, person: PersonView) -> FormPerson:
    facts, resident = intake.facts, person.resident
    western = resident is not None and resident.residence_kind != "JP"
    held = facts.value(person.person_id, "mnc")
    return FormPerson(
        name=facts.value(person.person_id, "name", ""),
        kana=facts.value(person.person_id, "kana"),
        former_name=resident.name.former if resident else None,
        alias=resident.name.alias if resident else None,
        birth=date_cell(
            facts.value(person.person_id, "birth"), resident.birth.text if resident else None, western=western
        ),
        sex=_SEX.get(facts.value(person.person_id, "sex", ""), "unknown"),  # type: ignore[arg-type]
        relationship=new_household.relationship(intake, person),
        card="held" if held == "held" else "none" if held == "none" else "unknown",
        residence_card_no=facts.value(person.person_id, documents.NUMBER),
        notes=_notes(person),
    )


def _notes(person: PersonView) -> PersonNotes:
    if person.resident is None:
        return PersonNotes()
    known = person.resident.known
    return PersonNotes(
        national_health_insurance=known.national_health_insurance,
        late_elderly=known.late_elderly,
        care_insurance=known.care_insurance,
        pension=known.pension,
        child_allowance=known.child_allowance,
    )
