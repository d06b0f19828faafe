"""The fields of one small form: what was typed, and what of it cannot be, each field by itself."""

from collections.abc import Collection
from datetime import date

from server.kit.clock import today
from server.kit.dates import read_date
from server.kit.text import UnsafeTextError
from server.web.forms import LONGEST, Sent

Values = dict[str, str]
LANGUAGES = ("ja", "easy", "en")
_HIDDEN = ("csrf_token", "idempotency_key", "version")
_DIGITS = str.maketrans("０１２３４５６７８９", "0123456789", ",，円 ")


class WrongFieldsError(ValueError):
    """Nothing was written. `fields`: for each field that cannot be, the word of rules.wrong.<word> that says
    why, in the order of the form; the field "" stands for the form as a whole.
    """

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__(", ".join(fields.values()))
        self.fields = fields


class Fields:
    """A form while it is read. Every reader gives a value that can be worked with, and notes in `wrong` what
    cannot be, so that one answer names everything that has to be mended.
    """

    def __init__(self, sent: Sent) -> None:
        self._sent = sent
        self.wrong: dict[str, str] = {}

    def must_be_right(self) -> None:
        """Raises WrongFieldsError when something is wrong."""
        if self.wrong:
            raise WrongFieldsError(self.wrong)

    def refuse(self, name: str, word: str) -> None:
        """Note what is wrong with a field; the first fault that was found of it stays."""
        self.wrong.setdefault(name, word)

    def text(self, name: str, limit: int = 400) -> str:
        """A line, empty when nothing was typed."""
        try:
            return self._sent.text(name, limit=limit)
        except UnsafeTextError:
            self.refuse(name, "long" if len(str(self._sent.data.get(name, ""))) > limit else "unsafe")
            return ""

    def names(self, prefix: str) -> list[str]:
        """What follows `prefix` in the names of the fields of words, each once."""
        found = self._sent.data.keys()
        return [name[len(prefix) : -3] for name in found if name.startswith(prefix) and name.endswith(".ja")]

    def lines(self, name: str, limit: int = 2_000) -> list[str]:
        """The lines of a field that has several, without empty ones."""
        try:
            typed = self._sent.block(name, limit)
        except UnsafeTextError:
            self.refuse(name, "unsafe")
            return []
        return [line.strip() for line in typed.split("\n") if line.strip()]

    def chosen(self, name: str) -> list[str]:
        """Every ticked value of a name."""
        return [value for value in self._sent.data.getlist(name) if isinstance(value, str)]

    def number(self, name: str, least: int, most: int, word: str) -> int:
        """A whole number, also in wide digits and with 円; `word` says what is expected."""
        typed = self.text(name, 20).translate(_DIGITS)
        value = int(typed) if typed.isascii() and typed.isdigit() else -1
        if not least <= value <= most:
            self.refuse(name, word)
            return least
        return value

    def choice(self, name: str, known: Collection[str]) -> str:
        """One of the values that the form offers."""
        value = self.text(name, 80)
        if value not in known:
            self.refuse(name, "choice")
        return value

    def words(self, name: str, *, easy: bool = False) -> dict[str, str]:
        """Japanese and English, which the rules always have, and plain Japanese where residents read it."""
        keys = {lang: f"{name}.{lang}" for lang in LANGUAGES}
        found = {lang: self.text(key) for lang, key in keys.items()}
        for lang, typed in found.items():
            if not typed and (lang != "easy" or easy):
                self.refuse(f"{name}.{lang}", f"words_{lang}")
        return {lang: typed for lang, typed in found.items() if typed}

    def some_words(self, name: str, *, easy: bool = False) -> dict[str, str] | None:
        """The same, or None when none of them was filled in."""
        keys = [f"{name}.{lang}" for lang in LANGUAGES]
        return self.words(name, easy=easy) if any(map(self.text, keys)) else None

    def day(self, name: str = "day", *, past: bool = True, must: bool = False) -> date | None:
        """A day; `past`: one that is over may stand there."""
        try:
            typed = read_date(self.text(name, 20))
        except UnsafeTextError:
            self.refuse(name, "day")
            return None
        day = date.fromisoformat(typed) if typed else None
        if day is None and must:
            self.refuse(name, "day")
        if day is not None and day < today() and not past:
            self.refuse(name, "past")
        return day


def typed(sent: Sent) -> Values:
    """Everything that was typed, as it was typed."""
    found = {name: value for name, value in sent.data.items() if isinstance(value, str)}
    return {name: value[:LONGEST] for name, value in found.items() if name not in _HIDDEN}
