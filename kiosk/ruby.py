"""Readings above their kanji: what easy Japanese writes as 届（とど）け becomes <ruby>. Pure."""

import re

# A day or a number of people is read as a whole (20日, はつか); any other number stands beside its word.
_WORD = re.compile(r"((?:[0-9]+(?=[日人]（(?!にち|にん)))?[一-龯々]+)（([ぁ-ゖァ-ヺー ]+)）")
_TAG = re.compile(r"(<[^>]*>)")
# Where the browser shows letters alone.
_PLAIN = ("option", "title", "textarea", "script")


def with_ruby(page: str) -> str:
    """The page with each reading above its word; parentheses stay for whoever cannot show ruby."""
    plain, parts = "", []
    for part in _TAG.split(page):
        if part.startswith("<"):
            name = part.strip("</>").split()[0].lower() if part.strip("</>") else ""
            if name in _PLAIN:
                plain = "" if part.startswith("</") else name
            parts.append(part)
        else:
            parts.append(part if plain else _WORD.sub(_ruby, part))
    return "".join(parts)


def _ruby(found: re.Match[str]) -> str:
    return f"<ruby>{found[1]}<rp>（</rp><rt>{found[2]}</rt><rp>）</rp></ruby>"
