"""Documents that staff have seen (提示済み): ticked with one key, kept with who saw them and when."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select

from procedures import Guidance
from server.db.context import Context
from server.db.uow import NotThereError, Unit
from server.journal.service import record
from server.kit.clock import now
from server.reception.models import Reception, ShownDocument
from server.reception.service import changed
from server.reception.states import move

# A document and whose it is; "" is the household.
Piece = tuple[str, str]


@dataclass(frozen=True)
class ShownView:
    """That a document was seen: when, and by whom of the staff (an opaque id)."""

    at: datetime
    by: str


def pieces_of(guidance: Guidance) -> set[Piece]:
    """Everything that somebody may be asked to show; of a confidential procedure nothing is said."""
    items = (*guidance.applies, *guidance.needs_confirmation, *guidance.may_apply)
    return {
        (document.id, person)
        for item in items
        if not item.confidential
        for document in item.documents
        for person in document.person_ids or ("",)
    }


def shown(unit: Unit, reception_id: str) -> dict[Piece, ShownView]:
    """What was seen and not withdrawn."""
    return {
        (row.document_id, row.person_id): ShownView(row.at, row.by) for row in _standing(unit, reception_id)
    }


def show(
    unit: Unit, ctx: Context, reception: Reception, pieces: set[Piece], asked: set[Piece], *, seen: bool
) -> None:
    """Tick `pieces`, or take the tick back; what already is so stays as it is.

    `asked` is what the procedures ask for now. Raises NotThereError for anything else, NotNowError.
    """
    if not pieces or not pieces <= asked:
        raise NotThereError("Document")
    move(reception, "mark")
    unit.add(reception)
    standing = {(row.document_id, row.person_id): row for row in _standing(unit, reception.id)}
    for document, person in sorted(pieces):
        row = standing.get((document, person))
        if seen and row is None:
            unit.add(
                ctx.stamp(
                    ShownDocument(
                        tenant_id="",
                        site_id="",
                        reception_id=reception.id,
                        document_id=document,
                        person_id=person,
                        at=now(),
                        by=ctx.actor,
                    )
                )
            )
        elif not seen and row is not None:
            row.withdrawn_at, row.withdrawn_by = now(), ctx.actor
            unit.add(row)
        else:
            continue
        event = "reception.document_shown" if seen else "reception.document_withdrawn"
        record(unit, ctx, event, reception.id, document=document, person=person or None)
    changed(unit, reception)


def _standing(unit: Unit, reception_id: str) -> list[ShownDocument]:
    query = select(ShownDocument).where(
        ShownDocument.reception_id == reception_id, col(ShownDocument.withdrawn_at).is_(None)
    )
    return unit.all(query.order_by(col(ShownDocument.at)))
