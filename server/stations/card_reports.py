"""What a station reports of one reading, made fit for keeping: text that can be shown and printed, fresh
pictures of a card's size, days that exist.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from card_reader.messages import CardReadMessage
from card_reader.pictures import BadPicture, to_png
from server.kit.text import safe_line
from server.queue.card_reads import CardContent, CardFace, CardText

LONGEST = 400


class CardReadReport(CardReadMessage):
    """A card reading and what it was made for."""

    purpose: Annotated[str, Field(pattern="^(ticket|reception)$")]
    reference: Annotated[str, Field(max_length=64)] | None = None


def content_of(report: CardReadReport) -> CardContent:
    """What is kept of it. Raises UnsafeTextError."""
    return CardContent(
        text=_text(report),
        face=_face(report),
        certificate_expires=_day(report.certificate_expires),
        certificate_unknown=report.certificate_unknown,
        authenticity=report.authenticity.result if report.authenticity else None,
        authenticity_reason=report.authenticity.reason if report.authenticity else None,
    )


def _text(report: CardReadReport) -> CardText | None:
    found = report.attributes
    if found is None:
        return None
    # Whatever a chip holds, what goes on from here can be searched for, shown and printed.
    return CardText(
        name=safe_line(found.name, LONGEST),
        address=safe_line(found.address, LONGEST),
        birth=found.birth,
        sex=found.sex,
    )


def _face(report: CardReadReport) -> CardFace | None:
    found = report.face
    if found is None:
        return None
    return CardFace(
        photo=_picture(found.photo, "JPEG2000"),
        name=_picture(found.name, "PNG"),
        address=_picture(found.address, "PNG"),
        birth=_day(found.birth),
        expiry=_day(found.expiry),
    )


def _picture(card_s: bytes, kind: Literal["JPEG2000", "PNG"]) -> bytes | None:
    """The picture drawn anew; None when it is none: the others are worth seeing all the same."""
    try:
        return to_png(card_s, kind)
    except BadPicture:
        return None


def _day(digits: str | None) -> str | None:
    """YYYYMMDD as YYYY-MM-DD; None for what is no day."""
    try:
        return date.fromisoformat(digits).isoformat() if digits else None
    except ValueError:
        return None
