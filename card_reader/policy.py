"""What a municipality chooses about the reading of cards: which ways, in which order, and what is looked at
beside.

By law the four digits open the number as well as the attributes, and on the ministry's slide of 2015 that is
for work under the 番号法 only, while 照合番号B opens the attributes alone; later practice reads them by PIN.
Which way is offered first is therefore the municipality's decision (番号法20条; docs/card-reader.md).
"""

import json
import tomllib
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from card_reader.authenticity import TrustedKeys, rsa_key
from card_reader.cards import card_facts
from card_reader.mynumber import Extras
from card_reader.outcomes import Mode
from card_reader.yamlfile import BadDataFile, load


class _Choice(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CaKey(_Choice):
    """A key that may have signed cards' certificates. Where it comes from decides what the check is worth:
    none is published officially as far as is known, and one taken from a card proves nothing.

    `id`: 16 bytes as certificates name it; `modulus`: 256 bytes; both hexadecimal.
    """

    id: Annotated[str, Field(pattern=r"^[0-9A-Fa-f]{32}$")]
    modulus: Annotated[str, Field(pattern=r"^[0-9A-Fa-f]{512}$")]
    exponent: int = Field(default=65537, ge=3)

    @model_validator(mode="after")
    def _usable(self) -> Self:
        rsa_key(bytes.fromhex(self.modulus), self.exponent)
        return self


class ReadingPolicy(_Choice):
    """The choices, with what holds where nothing was chosen.

    `modes`: the ways that are offered, the first one first. `certificate_expiry`: look at it for the guidance
    (renewal due), without a PIN. `authenticity`: whether cards are checked, against `ca_keys`.
    `era_year_for_foreigners`: which birth year a screen proposes for 照合番号B of a foreign resident's card;
    what those cards want is not known, so `ask` proposes none, and the person at the card always decides.
    `last_try`: whether staff may let a resident use the last try.
    """

    modes: tuple[Mode, ...] = Field(default=("pin", "b", "none"), min_length=1)
    certificate_expiry: bool = True
    authenticity: bool = False
    ca_keys: tuple[CaKey, ...] = ()
    era_year_for_foreigners: Literal["ask", "era", "western"] = "ask"
    last_try: Literal["staff", "never"] = "staff"

    @field_validator("modes")
    @classmethod
    def _once(cls, modes: tuple[Mode, ...]) -> tuple[Mode, ...]:
        if len(set(modes)) != len(modes):
            raise ValueError("a way of reading is named twice")
        return modes

    @model_validator(mode="after")
    def _checkable(self) -> Self:
        if self.authenticity and not self.ca_keys:
            raise ValueError("authenticity needs ca_keys: without a trusted key nothing can be checked")
        if len({key.id.upper() for key in self.ca_keys}) != len(self.ca_keys):
            raise ValueError("two ca_keys have the same id")
        return self

    @cached_property
    def trusted(self) -> TrustedKeys:
        """The keys to check against; none while authenticity is off."""
        if not self.authenticity:
            return TrustedKeys()
        return TrustedKeys(
            {bytes.fromhex(k.id): rsa_key(bytes.fromhex(k.modulus), k.exponent) for k in self.ca_keys}
        )

    @property
    def trusts_test_cards(self) -> bool:
        """Whether a test card or a simulated one could be called genuine: for production to refuse. Told by
        the ids, as far as one source knows them."""
        real = card_facts().proof_files.real_authorities
        return self.authenticity and not all(key.id.upper().startswith(real) for key in self.ca_keys)

    @property
    def extras(self) -> Extras:
        """What a reading looks at beside its purpose."""
        return Extras(certificate_expiry=self.certificate_expiry, trusted=self.trusted)

    def may_use_last_try(self, asked_by_staff: bool) -> bool:
        """Whether the last try may be used now; never without staff."""
        return asked_by_staff and self.last_try == "staff"


def load_policy(path: Path) -> ReadingPolicy:
    """The policy in a .yaml or .toml file. Raises BadDataFile with the file and, for YAML, the line."""
    if path.suffix != ".toml":
        return load(path, ReadingPolicy)
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        return ReadingPolicy.model_validate_json(json.dumps(document, default=str), strict=True)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadDataFile(f"{path}: {error}") from None
    except ValidationError as error:
        found = [f"{path}: {'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()]
        raise BadDataFile("\n".join(found)) from None
