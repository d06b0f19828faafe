"""What simulated cards consist of (simulated/data/card.yaml), typed."""

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from card_reader.yamlfile import load

LAYOUT_FILE = Path(__file__).parent / "data" / "card.yaml"

HexText = Annotated[str, Field(pattern=r"^(?:[0-9A-F]{2})*$")]
FileId = Annotated[str, Field(pattern=r"^[0-9A-F]{4}$")]
StatusText = Annotated[str, Field(pattern=r"^[0-9A-F]{4}$")]

SecretName = Literal[
    "pin",
    "authentication",
    "signature",
    "b",
    "a",
    "reserved",
    "face_birth",
    "face_b",
    "face_a",
]
KeyName = Literal["authentication", "signature", "text_own", "face_own"]
CertifyingKey = Literal["text_ca", "face_ca", "text_issuer", "face_issuer"]
ContentName = Literal[
    "signature_certificate",
    "signature_ca",
    "label",
    "certificates_held",
    "authentication_certificate",
    "authentication_ca",
    "attributes",
    "integrity",
    "text_certificate",
    "text_information",
    "session_key",
    "text_own_key",
    "age",
    "face",
    "face_information",
    "face_certificate",
]


class _Layout(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StatusWords(_Layout):
    """What the card answers, four hexadecimal digits each."""

    ok: StatusText
    wrong_length: StatusText
    wrong_structure: StatusText
    not_satisfied: StatusText
    blocked: StatusText
    no_file_selected: StatusText
    bad_data: StatusText
    not_found: StatusText
    wrong_parameters: StatusText
    past_the_end: StatusText
    no_instruction: StatusText
    no_class: StatusText


class SecretLayout(_Layout):
    """A secret: tries of a new card, and which field of the persona fits it."""

    tries: int = Field(ge=0, le=15)
    fits: Literal["pin", "sign_password", "number_b", "birth_printed", "never"]


class FileLayout(_Layout):
    """One file: exactly one of `content`, `secret` and `key`. Any one of `opened_by` opens it; none: free."""

    name: str
    content: ContentName | None = None
    secret: SecretName | None = None
    key: KeyName | None = None
    opened_by: frozenset[SecretName] = frozenset()

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        if sum(part is not None for part in (self.content, self.secret, self.key)) != 1:
            raise ValueError("a file is content, a secret or a key")
        return self


class ApplicationLayout(_Layout):
    """An application; `own_key` signs without a secret."""

    aid: HexText
    own_key: KeyName | None = None
    files: dict[FileId, FileLayout]


class KindLayout(_Layout):
    """A kind of card; `closed` as in the file."""

    label: str = ""
    applications: tuple[str, ...]
    closed: dict[str, frozenset[SecretName]] = Field(default_factory=dict)


class InformationLayout(_Layout):
    """Values of the applications' information files."""

    text: HexText
    text_key: HexText
    face: HexText
    municipality: str


class CardLayout(_Layout):
    """The whole of simulated/data/card.yaml."""

    status: StatusWords
    secrets: dict[SecretName, SecretLayout]
    applications: dict[str, ApplicationLayout]
    kinds: dict[str, KindLayout]
    without_instructions: frozenset[str]
    mute: frozenset[str]
    two_cards: frozenset[str]
    label_bytes: int
    token_info_bytes: int
    filler: HexText
    key_ids: dict[CertifyingKey, HexText]
    information: InformationLayout
    fonts: tuple[str, ...]


@lru_cache(maxsize=1)
def card_layout() -> CardLayout:
    """The layout that comes with this package, read once. Raises BadDataFile."""
    return load(LAYOUT_FILE, CardLayout)
