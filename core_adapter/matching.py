"""Finding a resident in spite of how names and addresses are written: search keys and candidates.

Pure. Keys are derived for comparing only and never stored or shown in place of what they came from. The
folding follows the search rules of the specification of resident records (2.1.2): voiced and small
kana, long vowels, オ段 followed by ウ, spaces, all dashes, full and half width, and 異体字. It folds
somewhat more than the rules ask (コウ, コオ, コー and コ are one), since a person looks at the result.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path

import yaml

from core_adapter.models import Difference, Resident, ResidentMatch, ResidentQuery

_Note = Callable[[Difference, int], None]

DATA = Path(__file__).parent / "data"
LIMIT = 50

_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef\u180b-\u180d]")
_DASHES = re.compile("[-‐‑‒–—―−ー－ｰ~〜～]")
_SPACES = re.compile(r"\s+")
_SMALL = str.maketrans("ァィゥェォッャュョヮヵヶ", "アイウエオツヤユヨワカケ")
_O_ROW = "オコソトノホモヨロヲ"
_AFTER_O = re.compile(f"(?<=[{_O_ROW}])[ウオ]+")
_DIGITS = {"〇": 0, "一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_KANJI_NUMBER = re.compile("[〇一二三四五六七八九十百]+(?=丁目|番|号|-)")
_ADDRESS_WORDS = re.compile("丁目|番地の|番地|番|号室|号|大字|字|の(?=[0-9])|ノ(?=[0-9])")
GETA = "〓"
"""Stands on some cards for a character that the card cannot hold; it matches any one character."""


@lru_cache(maxsize=1)
def variant_table() -> dict[int, str]:
    """Every 異体字 of data/variants.yaml → the first character of its group, for `str.translate`."""
    groups: list[str] = yaml.safe_load((DATA / "variants.yaml").read_text(encoding="utf-8"))["groups"]
    return {ord(other): group[0] for group in groups for other in group[1:]}


def fold_name(text: str) -> str:
    """Search key of a name in kanji, kana or Latin letters."""
    plain = unicodedata.normalize("NFKC", _SELECTORS.sub("", text)).translate(variant_table())
    plain = _SPACES.sub("", _DASHES.sub("", plain)).casefold()
    return "".join(fold_kana(part) if _is_kana(part) else part for part in re.split("([ぁ-ゖァ-ヺ]+)", plain))


def fold_kana(text: str) -> str:
    """Search key of a reading: full-width katakana without voicing, small kana, long vowels and spaces."""
    wide = _SPACES.sub("", _DASHES.sub("", unicodedata.normalize("NFKC", text)))
    katakana = "".join(chr(ord(c) + 0x60) if "ぁ" <= c <= "ゖ" else c for c in wide)
    bare = "".join(c for c in unicodedata.normalize("NFD", katakana) if c not in "\u3099\u309a")
    return _AFTER_O.sub("", bare.translate(_SMALL)).casefold()


def fold_address(text: str) -> str:
    """Search key of an address: 花見台二丁目３番４号 and 花見台2-3-4 have the same."""
    plain = unicodedata.normalize("NFKC", _SELECTORS.sub("", text)).translate(variant_table())
    plain = _SPACES.sub("-", _DASHES.sub("-", plain).strip())
    plain = _KANJI_NUMBER.sub(lambda m: str(_kanji_number(m.group())), plain)
    plain = _ADDRESS_WORDS.sub("-", plain).translate(str.maketrans("ヶヵがガ", "ケケケケ"))
    return re.sub("-+", "-", plain).strip("-").casefold()


def _is_kana(text: str) -> bool:
    return bool(text) and all("ぁ" <= c <= "ヺ" for c in text)


def _kanji_number(text: str) -> int:
    if not set(text) & {"十", "百"}:
        return int("".join(str(_DIGITS[c]) for c in text))
    total, digit = 0, 0
    for c in text:
        if c in _DIGITS:
            digit = _DIGITS[c]
        else:
            total, digit = total + (digit or 1) * {"十": 10, "百": 100}[c], 0
    return total + digit


def _names_alike(asked: str, recorded: str) -> bool:
    """asked (a folded name or the beginning of one) fits recorded, a geta fitting any character."""
    if GETA in asked:
        return re.match(re.escape(asked).replace(re.escape(GETA), "."), recorded) is not None
    return recorded.startswith(asked)


def compare(query: ResidentQuery, resident: Resident) -> ResidentMatch | None:
    """The resident as a candidate for the query, or None.

    A candidate agrees in every given one of name, kana and birth date, as far as the record knows them;
    or in birth date and address while the name differs (a name changed since the card was written).
    Sex and address alone never exclude anybody: cards are old, people move.
    """
    differences: list[Difference] = []
    penalty = 0

    def note(difference: Difference, cost: int) -> None:
        nonlocal penalty
        differences.append(difference)
        penalty += cost

    same_address = query.address is not None and _addresses_alike(query.address, resident.address.text)
    birth = _birth_agrees(query.birth, resident)
    if birth is False:
        return None
    if query.birth is not None and birth is None:
        note("birth_unknown", 15)
    if not _compare_names(query, resident, note):
        if not (birth and same_address):
            return None
        note("name", 40)
    if query.sex in ("1", "2") and resident.sex in ("1", "2") and query.sex != resident.sex:
        note("sex", 20)
    if query.address is not None and not same_address:
        note("address", 10)
    if not (query.name or query.kana or birth or same_address):
        return None
    # A name alone, or a date alone, says little: fewer points than the same name with its date.
    penalty += 15 * (2 - min(2, sum(map(bool, (query.name, query.kana, query.birth, query.address)))))
    return ResidentMatch(resident=resident, score=max(1, 100 - penalty), differences=differences)


def _compare_names(query: ResidentQuery, resident: Resident, note: _Note) -> bool:
    name = resident.name
    if query.name:
        asked = fold_name(query.name)
        others = [fold_name(other) for other in (name.alias, name.latin, name.former) if other]
        if asked and _names_alike(asked, fold_name(name.display)):
            if not name.display.startswith(query.name):
                note("name_variant", 3)
        elif asked and any(_names_alike(asked, other) for other in others):
            note("alias", 10)
        else:
            return False
    if query.kana:
        asked = fold_kana(query.kana)
        if not asked or not _names_alike(asked, fold_kana(name.kana)):
            return False
        if not name.kana.startswith(query.kana):
            note("kana", 1)
    return True


def _birth_agrees(asked: str | None, resident: Resident) -> bool | None:
    """True: the dates agree in full as asked; None: cannot be told; False: they exclude each other."""
    if asked is None:
        return None
    recorded = resident.birth.value or ""
    common = min(len(asked), len(recorded))
    if asked[:common] != recorded[:common]:
        return False
    return True if common == len(asked) else None


def _addresses_alike(asked: str, recorded: str) -> bool:
    """Equal as folded; a card may leave out the prefecture, never the rest."""
    a, b = fold_address(asked), fold_address(recorded)
    return bool(a) and (a == b or (len(a) >= 6 and b.endswith(a)) or (len(b) >= 6 and a.endswith(b)))


def rank(query: ResidentQuery, residents: Iterable[Resident]) -> list[ResidentMatch]:
    """All candidates, best first, at most LIMIT. Equal scores stay in the order of their numbers.

    Two people who share name and birth date both appear: choosing is left to the person at the desk.
    """
    found = [match for resident in residents if (match := compare(query, resident))]
    found.sort(key=lambda match: (-match.score, match.resident.resident_id))
    return found[:LIMIT]
