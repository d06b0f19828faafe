"""Text that is safe to put on paper: cleaning, character clusters and Japanese line breaking.

A *cluster* is what a reader calls one character: a base character with the variation selectors and
combining marks that follow it (葛 U+845B + U+E0100 is one cluster, two code points). Nothing here ever
normalises: NFC alone would change 1,002 kanji that occur in names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

# Neither may begin a line: closing punctuation, small kana, the long-vowel bar and iteration marks (JIS X
# 4051, short form).
_NOT_AT_START = frozenset(
    "、。，．・：；？！）］｝〕〉》」』】ーぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ々ゝゞヽヾ〜～％,.)]}!?:;"
)
# Nor may these end one.
_NOT_AT_END = frozenset("（［｛〔〈《「『【〒([{")

# やさしい日本語: kanji with their reading, and the words between spaces, each with its readings.
_READING = re.compile(r"[一-龯々]（[ぁ-ゖー ]+）")
_WORDS = re.compile(r"（?(?:[一-龯々]（[ぁ-ゖァ-ヺー ]+）|[^ \u3000、。・：（）])+[、。・：\u3000）]*|[\s\S]")

# Widths are sums of rounded numbers.
_SLACK = 1e-6


def is_variation_selector(code: int) -> bool:
    """True for U+FE00..FE0F and U+E0100..E01EF (Unicode 23.4, the two blocks of variation selectors)."""
    return 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF


def _is_dropped(char: str) -> bool:
    if is_variation_selector(ord(char)):
        return False
    # Cc: C0, DEL and C1, so ESC and GS never reach a printer. Cs: lone surrogates, which cannot be encoded.
    # Cf: bidirectional overrides, zero-width joiners and tags, which would let a printed line say something
    # else than the data behind it.
    return unicodedata.category(char) in ("Cc", "Cs", "Cf")


def clean(text: str) -> str:
    """Return `text` with line breaks and tabs as single spaces and every control, format or surrogate
    character removed.

    Variation selectors stay: they are part of a name.
    """
    spaced = "".join(" " if char in "\n\r\t\u2028\u2029" else char for char in text.replace("\r\n", "\n"))
    return "".join(char for char in spaced if not _is_dropped(char))


def without_selectors(text: str) -> str:
    """`text` without its variation selectors, for a renderer that would draw them as boxes."""
    return "".join(char for char in text if not is_variation_selector(ord(char)))


def clusters(text: str) -> Iterator[str]:
    """Yield the clusters of `text` in order; joined together they are `text` again."""
    current = ""
    for char in text:
        if current and (is_variation_selector(ord(char)) or unicodedata.combining(char)):
            current += char
            continue
        if current:
            yield current
        current = char
    if current:
        yield current


def _script(cluster: str, *, katakana: bool) -> str:
    """The kind of word a cluster may be part of: "latin", "katakana" (if asked for), "" for what stands
    alone."""
    first = cluster[0]
    if first.isascii() and first.isalnum():
        return "latin"
    # U+30FB is the middle dot, a good place to break.
    return "katakana" if katakana and "\u30a1" <= first <= "\u30ff" and first != "\u30fb" else ""


def units(text: str, *, katakana: bool = False) -> Iterator[str]:
    """Pieces that should stay on one line: a run of Latin letters and digits, a word in katakana when
    `katakana` is set, otherwise one cluster. Text with readings beside its kanji, 届（とど）け, has spaces
    between its words: there each word is a piece."""
    if _READING.search(text):
        yield from _WORDS.findall(text)
        return
    word, kind = "", ""
    for cluster in clusters(text):
        script = _script(cluster, katakana=katakana)
        if word and script != kind:
            yield word
            word = ""
        kind = script
        if script:
            word += cluster
        else:
            yield cluster
    if word:
        yield word


def _legal_break(line: list[str], following: str) -> int:
    """How many units at the end of `line` must move down so that neither line breaks a rule; 0 when none
    can."""
    for moved in range(len(line)):
        first = line[len(line) - moved] if moved else following
        last = line[len(line) - moved - 1]
        if first[0] not in _NOT_AT_START and last[0] not in _NOT_AT_END:
            return moved
    return 0


def wrap(text: str, width: float, measure: Callable[[str], float], *, katakana: bool = False) -> list[str]:
    """Break `text` into lines no wider than `width` in the unit of `measure`, which must be additive over
    clusters.

    Joined, the lines give `text` less the spaces at breaks. Breaks between any two Japanese characters
    except where punctuation forbids it, and never inside a Latin word or a number (with `katakana` set: nor
    a katakana word) that fits a line by itself. A single cluster wider than `width` still gets its own
    line: nothing is dropped."""
    lines: list[str] = []
    line: list[str] = []
    used = 0.0

    def end_line(keep: int) -> None:
        nonlocal line, used
        lines.append("".join(line[:keep]).rstrip(" "))
        line = line[keep:]
        used = measure("".join(line))

    for unit in units(text, katakana=katakana):
        need = measure(unit)
        if used + need <= width + _SLACK:
            line.append(unit)
            used += need
            continue
        if unit == " ":
            # A space at the break is the break.
            if line:
                end_line(len(line))
            continue
        if need <= width:
            keep = len(line) - _legal_break(line, unit)
            # What moves down must leave room for the unit; else the rule is broken rather than the width.
            end_line(keep if measure("".join(line[keep:])) + need <= width else len(line))
            line.append(unit)
            used += need
            continue
        # A word longer than a line: break it cluster by cluster.
        for cluster in clusters(unit):
            need = measure(cluster)
            if line and used + need > width + _SLACK:
                end_line(len(line))
            line.append(cluster)
            used += need
    if line:
        end_line(len(line))
    return [each for each in lines if each]
