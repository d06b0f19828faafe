"""The facts about cards in data/cards.yaml, typed: what a real card may prove wrong is data, not code."""

from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from card_reader.yamlfile import load

FACTS_FILE = Path(__file__).parent / "data" / "cards.yaml"


def _hex(text: str) -> str:
    bytes.fromhex(text)
    return text.upper()


HexText = Annotated[str, AfterValidator(_hex)]
FileId = Annotated[HexText, Field(pattern=r"^[0-9A-Fa-f]{4}$")]
StatusText = Annotated[HexText, Field(pattern=r"^[0-9A-Fa-f]{4}$")]
Aid = Annotated[HexText, Field(min_length=10, max_length=32)]


class _Facts(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class JpkiFacts(_Facts):
    """The application that tells what kind of card answers."""

    aid: Aid
    token_info: FileId
    label_bytes: int = Field(ge=1, le=240)


class PinFacts(_Facts):
    """One secret of an application: its key reference, its shape and how often it may be wrong in a row."""

    reference: FileId
    digits: int = Field(ge=4, le=16)
    tries: int = Field(ge=1, le=15)


class TextFacts(_Facts):
    """The application that holds the four attributes."""

    aid: Aid
    attributes: FileId
    pin: PinFacts


class AttributesFileFacts(_Facts):
    """Tags and size limits of the attributes file; sizes in bytes."""

    outer: HexText
    name: HexText
    address: HexText
    birth: HexText
    sex: HexText
    lead_in_bytes: int = Field(ge=0, le=64)
    read_bytes: int = Field(ge=16, le=240)
    max_bytes: int = Field(ge=240, le=32767)


class OtherCardFacts(_Facts):
    """A card that is no My Number card, known by one of its applications."""

    kind: str
    aid: Aid


class StatusFacts(_Facts):
    """Status words by meaning, four hexadecimal digits each."""

    ok: frozenset[StatusText]
    blocked: frozenset[StatusText]
    unlimited_tries: frozenset[StatusText]
    not_found: frozenset[StatusText]
    unsupported: frozenset[StatusText]
    denied: frozenset[StatusText]
    end_of_file: frozenset[StatusText]
    first_command: frozenset[StatusText]


class CardFacts(_Facts):
    """The whole of data/cards.yaml."""

    jpki: JpkiFacts
    text: TextFacts
    attributes_file: AttributesFileFacts
    labels: dict[str, str]
    others: tuple[OtherCardFacts, ...]
    without_files: str
    status: StatusFacts


@lru_cache(maxsize=1)
def card_facts() -> CardFacts:
    """The facts that come with this package, read once. Raises BadDataFile."""
    return load(FACTS_FILE, CardFacts)
