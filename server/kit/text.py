"""Text at the edge: what a person or a device may send, and how a name is hidden.

A stored name is never normalised: NFC alone changes 1,002 kanji. Only search keys are derived from it.
"""

import unicodedata

_BIDI = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_VARIATION = range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0)


class UnsafeTextError(ValueError):
    """The text holds a character that no name or address can hold."""


def safe_line(text: str, limit: int = 200) -> str:
    """`text` unchanged but for white space at its ends.

    Raises UnsafeTextError for control characters, line and paragraph separators, lone surrogates,
    bidirectional marks, or more than `limit` code points: they break printers, tables and readers' eyes,
    and belong to nobody's name.
    """
    trimmed = text.strip()
    if len(trimmed) > limit:
        raise UnsafeTextError("too long")
    for char in trimmed:
        if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") or char in _BIDI:
            raise UnsafeTextError("control character")
    return trimmed


def safe_block(text: str, limit: int) -> str:
    """Several lines with line feeds between them, otherwise unchanged. Raises UnsafeTextError as safe_line
    does, but for tabs.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    if len(lines) > limit:
        raise UnsafeTextError("too long")
    for line in lines.split("\n"):
        safe_line(line.replace("\t", " "), limit)
    return lines


def graphemes(text: str) -> list[str]:
    """Characters as a reader counts them: a kanji and its variation selector are one."""
    out: list[str] = []
    for char in text:
        if out and (unicodedata.combining(char) or any(ord(char) in r for r in _VARIATION)):
            out[-1] += char
        else:
            out.append(char)
    return out


def masked_name(name: str) -> str:
    """The first character of each part of a name, the rest as ＊: 見＊　太＊."""
    parts = name.replace("\u3000", " ").split(" ")
    return "\u3000".join(_mask(part) for part in parts if part)


def _mask(part: str) -> str:
    chars = graphemes(part)
    return chars[0] + "＊" * max(1, min(len(chars) - 1, 3))


HIDDEN = "＊＊＊"
