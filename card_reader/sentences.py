"""The words of `kakanai card` in data/sentences.yaml."""

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from card_reader.yamlfile import load

SENTENCES_FILE = Path(__file__).parent / "data" / "sentences.yaml"

Language = Literal["ja", "en", "both"]


class Words(BaseModel):
    """One sentence in both languages."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ja: str
    en: str

    def said(self, language: Language, **values: object) -> str:
        """The sentence in one language, or in both with a stroke between them."""
        ja, en = self.ja.format(**values), self.en.format(**values)
        return {"ja": ja, "en": en, "both": f"{ja} / {en}"}[language]


class KindWords(BaseModel):
    """A kind of card: its name, what to say to the resident, what staff do instead."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Words
    resident: Words
    staff: Words


class Sentences(BaseModel):
    """The whole file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    outcomes: dict[str, Words]
    instead: dict[str, Words]
    kinds: dict[str, KindWords]
    states: dict[str, Words]
    applications: dict[str, Words]
    keys: dict[str, Words]
    key_states: dict[str, Words]
    labels: dict[str, Words]
    sexes: dict[str, Words]
    reasons: dict[str, Words]

    def kind(self, kind: str | None) -> KindWords:
        """The words for a kind of card; those of an unknown one when nobody knows it."""
        return self.kinds.get(kind or "", self.kinds["unknown"])

    def failed(self, outcome: str, detail: str | None) -> Words:
        """The words for a reading that came to nothing, `detail` as in CardReadMessage; a card that another
        program holds has words of its own."""
        return self.outcomes["busy" if (detail or "").endswith(":busy") else outcome]

    def ways(self, instead: Iterable[str], language: Language) -> list[str]:
        """A line for each other way to go on."""
        label = self.labels["instead"].said(language)
        return [f"{label}: {self.instead[way].said(language)}" for way in instead]

    def certificate(self, on: str | None, unknown: str | None, language: Language) -> str:
        """The line about the certificate's last day (YYYYMMDD), or why it is not known."""
        known = day(on) if on else self.labels[unknown or "unreadable"].said(language)
        return f"{self.labels['certificate'].said(language)}: {known}"


def day(digits: str) -> str:
    """YYYYMMDD as people read it in either language; zeros for what is not known stay zeros."""
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}"


@lru_cache(maxsize=1)
def sentences() -> Sentences:
    """The words that come with this package, read once. Raises BadDataFile."""
    return load(SENTENCES_FILE, Sentences)
