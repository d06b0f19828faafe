"""The facts about cards in data/cards.yaml, typed: what a real card may prove wrong is data, not code."""

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

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


class CounterFacts(_Facts):
    """A secret of which only the tries are asked: its key reference, and how often it may be wrong."""

    reference: FileId
    tries: int = Field(ge=1, le=15)


class PinFacts(CounterFacts):
    """A secret that is presented; `digits` is its shape."""

    digits: int = Field(ge=4, le=16)


class JpkiFacts(_Facts):
    """The application that tells what kind of card answers, and holds the user authentication certificate."""

    aid: Aid
    token_info: FileId
    label_bytes: int = Field(ge=1, le=240)
    certificate: FileId
    certificate_read_bytes: int = Field(ge=64, le=240)
    authentication_pin: CounterFacts
    signature_pin: CounterFacts


class TextFacts(_Facts):
    """The application that holds the four attributes."""

    aid: Aid
    attributes: FileId
    pin: PinFacts
    b: PinFacts
    integrity: FileId
    certificate: FileId
    card_key: FileId


class FaceFacts(_Facts):
    """The application that holds what is printed on the card."""

    aid: Aid
    content: FileId
    b: PinFacts
    certificate: FileId


class ObjectFileFacts(_Facts):
    """A file of one outer object: its tag and how it is read; sizes in bytes."""

    outer: HexText
    lead_in_bytes: int = Field(ge=0, le=64)
    read_bytes: int = Field(ge=16, le=240)
    max_bytes: int = Field(ge=240, le=32767)


class AttributesFileFacts(ObjectFileFacts):
    """Tags of the attributes file."""

    name: HexText
    address: HexText
    birth: HexText
    sex: HexText


class FaceFileFacts(ObjectFileFacts):
    """Tags of the card-face file."""

    birth: HexText
    sex: HexText
    name: HexText
    address: HexText
    photo: HexText
    expiry: HexText
    card_key: HexText
    signature: HexText
    signed_groups: tuple[tuple[HexText, ...], ...]


class ProofFacts(_Facts):
    """Tags of the structures by which a card proves that it is genuine."""

    certificate: HexText
    body: HexText
    body_signature: HexText
    exponent: HexText
    modulus: HexText
    integrity: HexText
    attributes_hash: HexText
    integrity_signature: HexText
    card_key: HexText
    public_key: HexText
    key_signature: HexText
    offsets: HexText
    max_bytes: int = Field(ge=600, le=4096)
    real_authorities: tuple[HexText, ...]


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
    no_secret: frozenset[StatusText]
    two_cards: frozenset[StatusText]


class Remedy(_Facts):
    """What leads on when a secret is not to be had.

    `procedure` is the id in procedures/data that sets it anew; `instead` the other ways to the attributes,
    best first.
    """

    procedure: str = Field(pattern=r"^R[0-9]{3}$")
    instead: tuple[Literal["pin", "b", "manual"], ...]


class Remedies(_Facts):
    """By secret."""

    pin: Remedy
    b: Remedy


class CardFacts(_Facts):
    """The whole of data/cards.yaml."""

    jpki: JpkiFacts
    text: TextFacts
    face: FaceFacts
    attributes_file: AttributesFileFacts
    face_file: FaceFileFacts
    proof_files: ProofFacts
    labels: dict[str, str]
    without_text: str
    others: tuple[OtherCardFacts, ...]
    without_files: str
    short_identifiers: bool
    status: StatusFacts
    remedies: Remedies


@lru_cache(maxsize=1)
def card_facts() -> CardFacts:
    """The facts that come with this package, read once. Raises BadDataFile."""
    return load(FACTS_FILE, CardFacts)
