"""The string catalogues: gettext .po files, one folder a language, one file a room; keys are symbolic.

Where a language says one thing otherwise than several, the entry has both (`msgid_plural` is the key again).
"""

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
        """{language: {key: sentence}}, that of several things where one has its own. Raises ValueError for a
        key that two files define."""
        return {lang: {key: forms[-1] for key, forms in said.items()} for lang, said in self._all.items()}

    @cached_property
    def _all(self) -> dict[str, dict[str, tuple[str, ...]]]:
        return {path.name: _load(path) for path in sorted(self._folder.iterdir()) if path.is_dir()}

    @property
    def languages(self) -> tuple[str, ...]:
        """The municipality's own language first."""
        return (DEFAULT, *(lang for lang in self.catalogues if lang not in (DEFAULT, EASY)))

    def say(self, lang: str, key: str, **params: Any) -> str:
        """The sentence of `key` with its %(name)s places filled; Japanese where `lang` lacks it, and the key
        itself where nobody knows it, so that a gap is seen and a page still shown. The first number among
        `params` says whether it is about one thing."""
        forms = self._all.get(lang, {}).get(key) or self._all[DEFAULT].get(key) or (key,)
        counted = next((value for value in params.values() if isinstance(value, int)), None)
        sentence = forms[0 if counted == 1 else -1]
        return sentence % params if params else sentence.replace("%%", "%")

    def has(self, key: str) -> bool:
        """Whether the municipality's own language has this sentence."""
        return key in self.catalogues[DEFAULT]


def _load(folder: Path) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for path in sorted(folder.glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=None):
                if not message.id:
                    continue
                key = message.id if isinstance(message.id, str) else message.id[0]
                if key in found:
                    raise ValueError(f"{path}: {key} is defined twice")
                said = message.string or ""
                found[key] = (said,) if isinstance(said, str) else tuple(said)
    return found
