"""The number ticket: what it says, its picture, and the picture as bytes for a receipt printer.

Everything on it is a picture. A printer's own fonts are not asked: they have no 𠮷, and a text command
would let a control character in a name cut the paper. 8 dots are 1 mm (203 dpi, the usual resolution of 80
mm and 58 mm receipt printers)."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Annotated, Literal

from PIL import Image, features
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, field_validator

from printing import escpos_image
from printing.text import clean, without_selectors
from printing.ticket_picture import DOTS_PER_MM, TicketLines, draw

__all__ = ["DOTS_PER_MM", "PrinterProfile", "TicketContent", "render_ticket", "ticket_image"]

# Japan has had one offset and no summer time since 1952; a fixed zone needs no zone database on the station.
_JAPAN = timezone(timedelta(hours=9))
_WEEKDAYS = "月火水木金土日"
_WEEKDAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

Words = Annotated[str, StringConstraints(min_length=1, max_length=60)]


class TicketContent(BaseModel):
    """What one ticket says. It never names the visitor.

    `label` is the number as it is called (B012); `ahead` people are in front; `estimate` is the wait in
    minutes as a range (from, to) or None while too little is known to say; `qr_url` opens the visitor's
    place in the queue; `prepare` is what to have ready, one thing an entry; `second_line` is one line in
    the visitor's language."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    municipality: Words
    site: Words
    class_name: Words
    class_name_second: Words | None = None
    label: Annotated[str, StringConstraints(pattern=r"^[A-Z]{0,2}-?[0-9]{1,4}$")]
    issued_at: AwareDatetime
    ahead: Annotated[int, Field(ge=0, le=9999)]
    estimate: tuple[Annotated[int, Field(ge=0, le=999)], Annotated[int, Field(ge=0, le=999)]] | None = None
    qr_url: Annotated[str, StringConstraints(min_length=1, max_length=300)]
    prepare: Annotated[list[Words], Field(max_length=8)] = []
    language: Literal["ja", "en"] = "ja"
    second_line: Annotated[str, StringConstraints(max_length=160)] | None = None
    reissued: bool = False

    @field_validator("estimate")
    @classmethod
    def _is_a_range(cls, value: tuple[int, int] | None) -> tuple[int, int] | None:
        if value is not None and value[0] > value[1]:
            raise ValueError("the estimate must run from the shorter to the longer wait")
        return value


class PrinterProfile(BaseModel):
    """What must be known of a receipt printer: its printable width in dots (80 mm paper: 576, 58 mm: 384)
    and its cutter."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    width_dots: Literal[576, 384] = 576
    cut: Literal["full", "partial", "none"] = "partial"


def _issued(at: datetime) -> tuple[str, str]:
    local = at.astimezone(_JAPAN)
    day = f"{local.month}月{local.day}日（{_WEEKDAYS[local.weekday()]}）"
    return (
        f"{day} {local.hour}:{local.minute:02d}",
        f"{_WEEKDAYS_EN[local.weekday()]} {local:%d %b}, {local:%H:%M}",
    )


def _estimate(content: TicketContent) -> tuple[str, str] | None:
    if content.estimate is None:
        return None
    low, high = content.estimate
    if high == 0:
        return "まもなく", "very soon"
    if low == high:
        return f"約 {high}分", f"about {high} min"
    return f"{low}～{high}分", f"{low}-{high} min"


def _words(text: str) -> str:
    """Cleaned text; variants only where Pillow has the shaping library that knows them (Raqm)."""
    return clean(text) if features.check("raqm") else without_selectors(clean(text))


def _lines(content: TicketContent) -> TicketLines:
    issued, issued_en = _issued(content.issued_at)
    english = content.language == "en"
    facts = [
        ("受付", "Issued", issued, issued_en),
        (
            "前に待っている方",
            "Ahead of you",
            f"{content.ahead}人",
            "1 person" if content.ahead == 1 else f"{content.ahead} people",
        ),
    ]
    estimate = _estimate(content)
    if estimate is not None:
        facts.append(("待ち時間のめやす", "Estimated wait", estimate[0], estimate[1]))
    return TicketLines(
        place=(_words(content.municipality), _words(content.site)),
        class_name=_words(content.class_name),
        class_name_second=_words(content.class_name_second or ""),
        label=_words(content.label),
        reissued=content.reissued,
        facts=tuple(
            (ja, en if english else "", value, value_en if english else "")
            for ja, en, value, value_en in facts
        ),
        prepare=tuple(_words(line) for line in content.prepare),
        qr_url=clean(content.qr_url),
        second_line=_words(content.second_line or ""),
        english=english,
    )


def ticket_image(content: TicketContent, width_dots: Literal[576, 384] = 576) -> Image.Image:
    """Draw the ticket: mode "1", `width_dots` wide and as high as it needs to be. Long words wrap, nothing
    is cut off."""
    return draw(_lines(content), width_dots)


def render_ticket(content: TicketContent, profile: PrinterProfile) -> bytes:
    """The ticket as ESC/POS bytes: initialise, raster bands (GS v 0), feed, cut. No text command is ever
    sent."""
    return escpos_image.encode(ticket_image(content, profile.width_dots), profile.cut)
