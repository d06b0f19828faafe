"""The fictional people whose cards can be laid on a simulated reader (data/personas.yaml)."""

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from card_reader.outcomes import CardAttributes, Sex
from card_reader.yamlfile import load

PERSONAS_FILE = Path(__file__).parent.parent / "data" / "personas.yaml"

Kind = Literal["my_number", "juki", "driving_licence", "residence_card", "transit", "phone", "mute"]
SecretName = Literal["pin", "authentication", "signature"]
Day = Annotated[str, Field(pattern=r"^[0-9]{8}$")]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Label(_Model):
    """What staff of a demonstration see on the button."""

    ja: str = Field(min_length=1)
    en: str = Field(min_length=1)


class Persona(_Model):
    """A card and its holder. Only `kind` my_number has a holder; for it the fields below `kind` are required.

    `pin` opens the four attributes and is the user authentication PIN too; `sign_password` is that of the
    signature certificate (none for people without one). `tries` gives counters that differ from a new
    card's. `expiry` is that of the card, YYYYMMDD. `resident` is the holder's id in the sandbox core, None
    for people from elsewhere.
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
        if self.kind == "my_number" and missing:
            raise ValueError(f"a my_number card needs {', '.join(missing)}")
        return self

    @property
    def attributes(self) -> CardAttributes | None:
        """What the card's attributes file says; None for a card that has none."""
        if self.name is None or self.address is None or self.birth is None or self.sex is None:
            return None
        return CardAttributes(self.name, self.address, self.birth, self.sex)


class _PersonasFile(_Model):
    personas: dict[Annotated[str, Field(pattern=r"^[a-z0-9_]+$")], Persona]


@lru_cache(maxsize=8)
def load_personas(path: Path = PERSONAS_FILE) -> dict[str, Persona]:
    """Personas by id, in the order of the file. Raises BadDataFile with file and line."""
    found = load(path, _PersonasFile).personas
    return {key: persona.model_copy(update={"id": key}) for key, persona in found.items()}
