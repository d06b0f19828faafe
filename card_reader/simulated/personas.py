"""The fictional people whose cards can be laid on a simulated reader (data/personas.yaml)."""

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from card_reader.outcomes import CardAttributes, Sex
from card_reader.simulated.faults import Fault, FaultText
from card_reader.simulated.layout import SecretName
from card_reader.yamlfile import load

PERSONAS_FILE = Path(__file__).parent.parent / "data" / "personas.yaml"
# Of the card of somebody for whom nobody wrote one down.
FALLBACK_EXPIRY = "20401231"

Kind = Literal[
    "my_number", "juki", "driving_licence", "residence_card", "transit", "phone", "mute", "two_cards"
]
Day = Annotated[str, Field(pattern=r"^[0-9]{8}$")]

# First days of the eras whose years are printed on cards (元号法; 改元の政令), newest first.
_ERAS = (("20190501", 2019), ("19890108", 1989), ("19261225", 1926), ("19120730", 1912), ("18680125", 1868))


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Label(_Model):
    """What staff of a demonstration see on the button."""

    ja: str = Field(min_length=1)
    en: str = Field(min_length=1)


class Persona(_Model):
    """A card and its holder. Only `kind` my_number has a holder; for it name to pin are required.

    `pin` opens the four attributes and is the user authentication PIN too; a card for identification by face
    (`face_authentication`) has none and no signature certificate. `sign_password` is that of the signature
    certificate (none for people without one). `tries` gives counters that differ from a new card's. `expiry`
    is that of the card, `certificate_expiry` that of its certificates when it is earlier. `security_code` is
    printed under the photograph; `printed_year` says how the birth year is printed. `token` is what the JPKI
    token calls itself when that differs from the kind's. `faults` come with the card. `resident` is the
    holder's id in the sandbox core, None for people from elsewhere.
    """

    id: str = Field(default="", pattern=r"^[a-z0-9_]*$")
    label: Label
    kind: Kind
    name: str | None = Field(default=None, min_length=1, repr=False)
    address: str | None = Field(default=None, min_length=1, repr=False)
    birth: Day | None = Field(default=None, repr=False)
    sex: Sex | None = Field(default=None, repr=False)
    pin: str | None = Field(default=None, pattern=r"^[0-9]{4}$", repr=False)
    tries: dict[SecretName, Annotated[int, Field(ge=0, le=15)]] = Field(default_factory=dict)
    sign_password: str | None = Field(default=None, pattern=r"^[A-Z0-9]{6,16}$", repr=False)
    expiry: Day | None = None
    certificate_expiry: Day | None = None
    security_code: str = Field(default="5678", pattern=r"^[0-9]{4}$", repr=False)
    printed_year: Literal["era", "western"] = "era"
    face_authentication: bool = False
    token: str | None = Field(default=None, pattern=r"^[A-Z0-9]{1,32}$")
    faults: tuple[FaultText, ...] = ()
    resident: str | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        holder = {
            "name": self.name,
            "address": self.address,
            "birth": self.birth,
            "sex": self.sex,
            "pin": self.pin,
        }
        missing = [name for name, value in holder.items() if value is None]
        if self.face_authentication and "pin" in missing:
            missing.remove("pin")
        if self.kind == "my_number" and missing:
            raise ValueError(f"a my_number card needs {', '.join(missing)}")
        if self.face_authentication and (self.pin or self.sign_password):
            raise ValueError("a card for identification by face has no PIN and no signature password")
        return self

    @property
    def attributes(self) -> CardAttributes | None:
        """What the card's attributes file says; None for a card that has none."""
        if self.name is None or self.address is None or self.birth is None or self.sex is None:
            return None
        return CardAttributes(self.name, self.address, self.birth, self.sex)

    @property
    def birth_printed(self) -> str | None:
        """The birth date as YYMMDD with the year that is printed on the card; None without a birth date."""
        if self.birth is None:
            return None
        first = next((year for start, year in _ERAS if self.birth >= start), None)
        if self.printed_year == "western" or first is None:
            return self.birth[2:]
        return f"{int(self.birth[:4]) - first + 1:02d}{self.birth[4:]}"

    @property
    def number_b(self) -> str | None:
        """照合番号B, 14 digits: birth date as printed, expiry year, security code. None for other cards."""
        if self.kind != "my_number" or self.birth_printed is None:
            return None
        return f"{self.birth_printed}{(self.expiry or FALLBACK_EXPIRY)[:4]}{self.security_code}"

    @property
    def built_in_faults(self) -> tuple[Fault, ...]:
        """The faults that come with the card."""
        return tuple(Fault.parse(text) for text in self.faults)


class _PersonasFile(_Model):
    """`cases` are cards for the harder readings; `printed_year` adds to `personas`."""

    personas: dict[Annotated[str, Field(pattern=r"^[a-z0-9_]+$")], Persona]
    cases: dict[Annotated[str, Field(pattern=r"^[a-z0-9_]+$")], Persona] = Field(default_factory=dict)
    printed_year: dict[str, Literal["era", "western"]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _once(self) -> Self:
        if twice := self.personas.keys() & self.cases.keys():
            raise ValueError(f"{', '.join(sorted(twice))} is given twice")
        if unknown := self.printed_year.keys() - self.personas.keys():
            raise ValueError(f"printed_year names nobody: {', '.join(sorted(unknown))}")
        return self


@lru_cache(maxsize=8)
def load_personas(path: Path = PERSONAS_FILE) -> dict[str, Persona]:
    """Personas by id, in the order of the file. Raises BadDataFile with file and line."""
    found = load(path, _PersonasFile)
    return {
        key: persona.model_copy(
            update={"id": key, "printed_year": found.printed_year.get(key, persona.printed_year)}
        )
        for key, persona in {**found.personas, **found.cases}.items()
    }
