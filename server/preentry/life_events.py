"""The life events of the catalogue in the order in which residents are offered them.

What a resident's choice says besides the event itself is a fact already: whoever has the paper certificate of
the old municipality did not file the move-out with a card.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True)
class LifeEvent:
    """One event of codes.yaml; `group` keys its heading, `facts` is what the choice says besides."""

    code: str
    group: str
    facts: Mapping[str, bool] = field(default_factory=dict)


def _event(code: str, group: str, **facts: bool) -> LifeEvent:
    return LifeEvent(code, group, MappingProxyType(facts))


LIFE_EVENTS = (
    _event("IN_SP", "moving", special_out=True),
    _event("IN_DOM", "moving", special_out=False),
    _event("IN_ABR", "moving"),
    _event("MOVE", "moving"),
    _event("OUT_DOM", "moving"),
    _event("OUT_ABR", "moving"),
    _event("IN_46", "foreign"),
    _event("IN_47", "foreign"),
    _event("PREG", "family"),
    _event("BIRTH", "family"),
    _event("MARRY", "family"),
    _event("DIVORCE", "family"),
    _event("DEATH", "family"),
    _event("NAME", "family"),
    _event("INS_LOSS", "work"),
    _event("HH_HEAD", "household"),
    _event("HH_SPLIT", "household"),
    _event("HH_MERGE", "household"),
    _event("HH_CHG", "household"),
    _event("CERT", "certificate"),
)
BY_CODE = {event.code: event for event in LIFE_EVENTS}
GROUPS = tuple(dict.fromkeys(event.group for event in LIFE_EVENTS))
# Somebody who moves in does not move out on the same notification.
ONE_OF = (frozenset({"moving", "foreign"}), frozenset({"household"}))
MOST = 3


def chosen(codes: list[str]) -> tuple[str, ...] | None:
    """The events in the catalogue's order, None when they do not go together or are none."""
    wanted = set(codes)
    if not wanted or len(wanted) > MOST or not wanted <= BY_CODE.keys():
        return None
    for groups in ONE_OF:
        if sum(BY_CODE[code].group in groups for code in wanted) > 1:
            return None
    return tuple(event.code for event in LIFE_EVENTS if event.code in wanted)
