"""Pictures of a chip made fit for a screen: a card's own, larger ones, other formats, garbage."""

import io
from typing import Literal

import pytest
from PIL import Image

from card_reader import FaceRead, read_face
from card_reader.pictures import BadPicture, to_png
from card_reader.simulated.card import SimulatedCard
from tests.card_reader.support import persona

Kind = Literal["JPEG2000", "PNG"]


def picture(kind: str, size: tuple[int, int], mode: str = "L") -> bytes:
    made = io.BytesIO()
    Image.new(mode, size, 1).save(made, kind)
    return made.getvalue()


def test_the_pictures_of_a_card_become_fresh_png() -> None:
    person = persona("hanako")
    outcome = read_face(SimulatedCard(person), bytearray((person.number_b or "").encode()))
    assert isinstance(outcome, FaceRead)
    kinds: list[tuple[bytes, Kind]] = [
        (outcome.face.photo, "JPEG2000"),
        (outcome.face.name, "PNG"),
        (outcome.face.address, "PNG"),
    ]
    for held, kind in kinds:
        made = to_png(held, kind)
        with Image.open(io.BytesIO(made)) as shown, Image.open(io.BytesIO(held)) as real:
            assert (shown.format, shown.mode, shown.size) == ("PNG", "L", real.size)


def test_what_a_picture_carries_beside_its_points_is_left_behind() -> None:
    made = io.BytesIO()
    held = Image.new("1", (72, 12), 1)
    from PIL.PngImagePlugin import PngInfo

    note = PngInfo()
    note.add_text("Comment", "hidden words")
    held.save(made, "PNG", pnginfo=note)
    assert b"hidden words" in made.getvalue()
    assert b"hidden words" not in to_png(made.getvalue(), "PNG")


@pytest.mark.parametrize(
    ("held", "kind"),
    [
        (b"", "PNG"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (picture("PNG", (20, 20))[:45], "PNG"),
        (picture("PNG", (20, 20)), "JPEG2000"),
        (picture("JPEG2000", (20, 20)), "PNG"),
        (picture("BMP", (20, 20)), "PNG"),
        (picture("JPEG2000", (20, 20))[:120], "JPEG2000"),
        (picture("PNG", (2049, 2)), "PNG"),
        (picture("PNG", (1025, 1024), "1"), "PNG"),
        (picture("PNG", (20, 20)) + bytes(16 * 1024), "PNG"),
        (picture("JPEG2000", (20, 20)) + bytes(32 * 1024), "JPEG2000"),
    ],
)
def test_anything_else_is_refused_without_its_bytes(held: bytes, kind: Kind) -> None:
    with pytest.raises(BadPicture) as caught:
        to_png(held, kind)
    assert str(caught.value) in ("size", "dimensions", "undecodable")


def test_a_small_file_that_unpacks_to_a_huge_picture_is_refused_before_it_is_unpacked() -> None:
    bomb = picture("PNG", (2000, 2000), "1")
    assert len(bomb) < 16 * 1024
    with pytest.raises(BadPicture, match="dimensions"):
        to_png(bomb, "PNG")
