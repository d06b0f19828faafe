"""Words in the three languages every screen and paper needs: Japanese, plain Japanese (やさしい日本語),
English.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence or name. `easy` falls back to `ja` when a text is meant for staff alone."""

    ja: str
    en: str
    easy: str = ""

    def to_dict(self) -> dict[str, str]:
        """{ja, easy, en}; never an empty string for `easy`."""
        return {"ja": self.ja, "easy": self.easy or self.ja, "en": self.en}


def joined(texts: list[Text], ja: str = "、", en: str = "; ") -> Text:
    """The texts one after the other, each once, in order."""
    seen: dict[str, Text] = {text.ja: text for text in texts}
    return Text(ja.join(seen), en.join(text.en for text in seen.values()))
