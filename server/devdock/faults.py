"""The faults that the hardware desk can give a simulated card: what goes wrong, and where."""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from card_reader.simulated.faults import Fault

# By the desk's name of a fault: the effect of card_reader.simulated.faults, and its value when none is given.
EFFECTS: Final = {
    "pulled": ("pulled", ""),
    "slow": ("slow", "2"),
    "status": ("status", "6984"),
    "garbage": ("garbage", ""),
    "short": ("short", "1"),
    "two_bytes": ("before", "0065"),
    "tag": ("tag", "FF21"),
    "length": ("length", "83FFFFFF"),
    "cut": ("cut", "40"),
}
PLACES: Final = {
    "anywhere": "*",
    "application": "select:*",
    "tries": "tries:*",
    "secret": "verify:*",
    "attributes": "read:text.attributes",
    "face": "read:face.face",
    "certificate": "read:jpki.*",
}


class WantedFault(BaseModel):
    """One fault as the desk's form says it. `number`, the place among the card's commands, goes before
    `where`."""

    model_config = ConfigDict(extra="forbid")

    effect: Annotated[str, Field(pattern=f"^({'|'.join(EFFECTS)})$")]
    value: Annotated[str, Field(max_length=64)] = ""
    where: Annotated[str, Field(pattern=f"^({'|'.join(PLACES)})$")] = "anywhere"
    number: Annotated[int, Field(ge=1, le=100)] | None = None

    def text(self) -> str:
        """The fault as stations take it. Raises ValueError when the value does not go with it."""
        effect, usual = EFFECTS[self.effect]
        value = self.value.strip() or usual
        place = PLACES[self.where] if self.number is None else str(self.number)
        text = f"{effect}={value}@{place}" if value else f"{effect}@{place}"
        Fault.parse(text)
        return text
