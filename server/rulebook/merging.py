"""Two people changed the same rules in two drafts: what the one approved is taken into the other."""

import difflib
import itertools


def merged(base: str, mine: str, theirs: str) -> str | None:
    """`mine` with the lines that `theirs` changed since `base`; None where both changed the same place."""
    lines = base.splitlines(keepends=True)
    changes = sorted({*_changes(lines, mine), *_changes(lines, theirs)})
    for (_, end, _), (start, _, _) in itertools.pairwise(changes):
        if start <= end:
            return None
    for start, end, new in reversed(changes):
        lines[start:end] = new
    return "".join(lines)


def _changes(base: list[str], text: str) -> list[tuple[int, int, tuple[str, ...]]]:
    """From which line to which, and what stands there instead."""
    other = text.splitlines(keepends=True)
    matcher = difflib.SequenceMatcher(None, base, other, autojunk=False)
    return [
        (first, last, tuple(other[start:end]))
        for kind, first, last, start, end in matcher.get_opcodes()
        if kind != "equal"
    ]
