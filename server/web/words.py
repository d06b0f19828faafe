"""The string catalogues: gettext .po files, one folder a language, one file a room; keys are symbolic."""

from functools import cached_property
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po

LOCALE = Path(__file__).parent / "locale"
DEFAULT = "ja"
# やさしい日本語: Japanese in easy words, where a room has them; what it lacks is said in Japanese.
EASY = "easy"


class Words:
    """Every sentence of every language, by key."""

    def __init__(self, folder: Path = LOCALE) -> None:
        self._folder = folder

    @cached_property
    def catalogues(self) -> dict[str, dict[str, str]]:
        """{language: {key: sentence}}. Raises ValueError for a key that two files define."""
        return {path.name: _load(path) for path in sorted(self._folder.iterdir()) if path.is_dir()}

    @property
    def languages(self) -> tuple[str, ...]:
        """The municipality's own language first."""
        return (DEFAULT, *(lang for lang in self.catalogues if lang not in (DEFAULT, EASY)))

    def say(self, lang: str, key: str, **params: Any) -> str:
        """The sentence of `key` with its %(name)s places filled; Japanese where `lang` lacks it, and the key
        itself where nobody knows it, so that a gap is seen and a page still shown."""
        sentence = self.catalogues.get(lang, {}).get(key) or self.catalogues[DEFAULT].get(key) or key
        return sentence % params if params else sentence.replace("%%", "%")

    def has(self, key: str) -> bool:
        """Whether the municipality's own language has this sentence."""
        return key in self.catalogues[DEFAULT]


def _load(folder: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for path in sorted(folder.glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=None):
                if not message.id:
                    continue
                if str(message.id) in found:
                    raise ValueError(f"{path}: {message.id} is defined twice")
                found[str(message.id)] = str(message.string)
    return found
