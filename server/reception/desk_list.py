"""The counter's list of procedures: what the engine says of each, and what was done about it at this desk.

Pure, apart from `read`: the same rows are the screen's, the checklist's and the tests'.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from procedures import Catalogue, Guidance, Item, NotApplicable, Signing
from procedures.engine.guidance import Document
from procedures.pages.resident_list import Place, place_of
from server.db.context import Context
from server.db.uow import Unit
from server.kit.clock import jst, now
from server.reception import shown as shown_store
from server.reception import signing
from server.reception.intake import Intake
from server.reception.shown import Piece, ShownView
from server.reception.signing import ChoiceView

# What 本人確認 has seen already: {way of identification: documents of the person present}.
_OF_THE_FILER = ("identity", "photo_identity")
_CARD = (*_OF_THE_FILER, "mnc_card")
_SEEN_AT_IDENTIFICATION: dict[str | None, tuple[str, ...]] = {
    "my_number_card": _CARD,
    "photo_document": _OF_THE_FILER,
    "two_documents": ("identity",),
}


@dataclass(frozen=True)
class DocumentRow:
    """A document of a procedure: by whom of `wanted` it was shown, and for whom it is still missing."""

    document: Document
    wanted: tuple[str, ...]
    shown: Mapping[str, ShownView | None]

    @property
    def missing(self) -> tuple[str, ...]:
        """The persons ("" is the household) for whom it was not seen; nobody where it is not needed."""
        return tuple(person for person in self.wanted if person not in self.shown)

    @property
    def complete(self) -> bool:
        return not self.missing


@dataclass(frozen=True)
class DeskRow:
    """One procedure on the counter's screen.

    outcome: sure | confirm | open. `signing` is what the rules say of the person present, None where
    nobody signs anything here; `choice` is what staff settled. `opens_at` (local time): it cannot be done
    at this moment, though the office is open, and when it can.
    """

    item: Item
    outcome: str
    place: Place
    documents: tuple[DocumentRow, ...]
    signing: Signing | None
    choice: ChoiceView | None
    closed: bool = False
    opens_at: datetime | None = None

    @property
    def key(self) -> str:
        """What names this row on a page: a procedure may stand there twice, for different people."""
        return "-".join([self.outcome, self.item.procedure_id, *self.item.person_ids[:1]])

    @property
    def signed_by(self) -> str | None:
        """here | letter | later: as settled, else as the rules have it."""
        if self.choice is not None:
            return self.choice.kind
        return self.signing.kind if self.signing else None

    @property
    def needs_letter(self) -> bool:
        """A 委任状 is needed and nobody has said that it is there."""
        return self.choice is None and self.signing is not None and self.signing.kind == "letter"

    @property
    def missing(self) -> tuple[DocumentRow, ...]:
        """Documents that were not all seen."""
        return tuple(row for row in self.documents if row.document.needed == "yes" and not row.complete)

    @property
    def is_settled(self) -> bool:
        """Whether nothing of the resident's is still to come: signed, and every document seen."""
        return self.signed_by in (None, "here", "letter") and not self.needs_letter and not self.missing


@dataclass(frozen=True)
class DeskList:
    """All rows in the order of the guidance, and what is not needed with the words that say so (a certificate
    that the data link spares). `office_opens_at` is set while the office itself is closed."""

    rows: tuple[DeskRow, ...] = field(repr=False)
    spared: tuple[NotApplicable, ...] = ()
    office_closed: bool = False
    office_opens_at: datetime | None = None

    def group(self, name: str) -> list[DeskRow]:
        """Rows of a group: today | here | handover | advice; open ones are in none of them."""
        return [row for row in self.rows if row.outcome != "open" and row.item.group == name]

    @property
    def open(self) -> list[DeskRow]:
        return [row for row in self.rows if row.outcome == "open"]

    @property
    def departments(self) -> list[tuple[str, list[DeskRow]]]:
        """The sure ones by department, in the order in which they first come; today's are in `group`."""
        found: dict[str, list[DeskRow]] = {}
        for row in self.rows:
            if row.outcome != "open" and row.item.group != "today":
                found.setdefault(row.item.department.id, []).append(row)
        return list(found.items())


def read(
    unit: Unit, ctx: Context, intake: Intake, guidance: Guidance | None, catalogue: Catalogue
) -> DeskList:
    """The list as it is in this transaction; empty while there is nothing to guide."""
    if guidance is None:
        return DeskList(())
    seen = seen_at_identification(intake) | shown_store.shown(unit, intake.reception_id)
    return desk_list(
        guidance,
        signing.roles_of(intake) if signing.is_present_known(intake) else None,
        seen,
        signing.choices(unit, intake.reception_id),
        catalogue.at(intake.filed_on),
        ctx.site_id,
        jst(now()).replace(tzinfo=None),
    )


def seen_at_identification(intake: Intake) -> dict[Piece, ShownView | None]:
    """What nobody ticks twice: the person present was identified with it (who and when stands in the
    journal).
    """
    documents = _SEEN_AT_IDENTIFICATION.get(intake.identity_method, ())
    found: dict[Piece, ShownView | None] = {
        (name, intake.filer_id): None for name in documents if intake.filer_id
    }
    # The household's identification is that of whoever files for it; its cards are everybody's.
    return found | {(name, ""): None for name in documents if name != "mnc_card"}


def desk_list(
    guidance: Guidance,
    roles: dict[str, frozenset[str]] | None,
    seen: Mapping[Piece, ShownView | None],
    settled: Mapping[str, ChoiceView],
    catalogue: Catalogue,
    site: str,
    at: datetime,
) -> DeskList:
    """Engine, marks and opening hours put together; `at` is local time (Asia/Tokyo), naive. `roles` is None
    while nobody has said who is present: then nobody can say who signs.
    """
    hours = catalogue.opening
    place = hours.site_named(site) if hours else ""
    closed = hours is not None and not any(
        slot.takes("", at.time()) for slot in hours.slots(place, at.date())
    )
    rows = []
    for outcome, items in (
        ("sure", guidance.applies),
        ("confirm", guidance.needs_confirmation),
        ("open", guidance.may_apply),
    ):
        for item in items:
            hidden = item.confidential
            here = place_of(item) in ("here", "handover")
            possible = (
                hours is None or not here or hours.can_do(place, item.procedure_id, at, item.needs_juki_net)
            )
            opens = (
                hours.next_time(place, item.procedure_id, at, item.needs_juki_net)
                if hours and not possible and not closed
                else None
            )
            choice = settled.get(item.procedure_id)
            rows += [
                DeskRow(
                    item=part,
                    outcome=outcome,
                    place=place_of(item),
                    documents=() if hidden else _documents(part, seen),
                    signing=signs,
                    choice=choice,
                    closed=not possible and not closed,
                    opens_at=opens,
                )
                for part, signs in signing.parts_of(item, roles, choice)
            ]
    office = hours.next_time(place, "", at) if hours and closed else None
    return DeskList(tuple(rows), spared_of(guidance, catalogue), closed, office)


def spared_of(guidance: Guidance, catalogue: Catalogue) -> tuple[NotApplicable, ...]:
    """What people ask for and do not need: the rules have a sentence for this very case."""
    sentences = {
        rule.id: [words for _, words in rule.not_needed] for rule in catalogue.rules if rule.not_needed
    }
    return tuple(
        one
        for one in guidance.not_applicable
        if one.procedure_id in sentences and one.why in sentences[one.procedure_id]
    )


def _documents(item: Item, seen: Mapping[Piece, ShownView | None]) -> tuple[DocumentRow, ...]:
    """Those of the item's own people: it may be a part of one that concerns more."""
    own = set(item.person_ids)
    return tuple(
        _document(item, one, tuple(person for person in one.person_ids if not own or person in own), seen)
        for one in item.documents
        if not (own and one.person_ids) or own & set(one.person_ids)
    )


def _document(
    item: Item, document: Document, persons: tuple[str, ...], seen: Mapping[Piece, ShownView | None]
) -> DocumentRow:
    wanted = () if document.needed == "no" else persons or ("",)
    if wanted and item.klass == "N" and document.id in _OF_THE_FILER:
        wanted = ("",)  # a notification asks who files it, not who each of those is whom it concerns
    pieces = {person: (document.id, person) for person in wanted}
    return DocumentRow(
        document, wanted, {person: seen[piece] for person, piece in pieces.items() if piece in seen}
    )
