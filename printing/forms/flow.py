"""Setting blocks one under the other, page after page: for papers whose length nobody knows beforehand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from printing.forms.ops import PT, Box, Op

_LEADING = 1.32


@dataclass(frozen=True)
class Block:
    """Something that stays in one piece: its height in millimetres, and what it draws from a given y
    downwards.
    """

    height: float
    ops: Callable[[float], Iterable[Op]]


def line_height(size: float) -> float:
    """Distance of two baselines in running text, in millimetres."""
    return size * _LEADING * PT


def stack(blocks: Sequence[Block]) -> Block:
    """Blocks under each other, as one."""

    def ops(y: float) -> Iterator[Op]:
        for block in blocks:
            yield from block.ops(y)
            y += block.height

    return Block(sum(block.height for block in blocks), ops)


def flow(blocks: Sequence[Block], area: Box, further_top: float) -> list[list[Op]]:
    """Pages of operations. `area` is where blocks stand on the first page; further pages begin at
    `further_top` and end at the same foot. A block that is higher than a page has one of its own.
    """
    pages: list[list[Op]] = [[]]
    foot, y = area.y + area.h, area.y
    for block in blocks:
        if pages[-1] and y + block.height > foot:
            pages.append([])
            y = further_top
        pages[-1] += block.ops(y)
        y += block.height
    return pages
