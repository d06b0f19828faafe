"""The station's state in words: what stands in the way now, and what to do about it."""

from typing import Any

from station.board import StationState
from station.words import Words, notice

_DEVICES = ("reader", "ticket_printer", "page_printer", "server")
_PRINTER_TROUBLE = frozenset({"paper_low", "paper_out", "cover_open", "offline", "silent"})


def codes(state: StationState) -> list[str]:
    """The keys of what stands in the way, most pressing first: the server, then devices."""
    found = []
    if state.server_trouble:
        found.append(f"server_{state.server_trouble}")
    elif state.server == "down":
        found.append("server_down")
    if state.reader_trouble:
        found.append(f"reader_{state.reader_trouble}")
    elif state.reader in ("no_service", "no_reader"):
        found.append(f"reader_{state.reader}")
    for printer in ("ticket_printer", "page_printer"):
        word = getattr(state, printer)
        if word in _PRINTER_TROUBLE:
            found.append(f"{printer}_{word}")
    return found


def notices(state: StationState) -> list[tuple[str, Words]]:
    """(key, sentence) of each."""
    return [(code, notice(code, state.clock_ahead_s)) for code in codes(state)]


def as_json(state: StationState) -> dict[str, Any]:
    """The answer of GET /station/state: a word for each device, and `notices` as [{code, ja, en}]."""
    devices = {name: getattr(state, name) for name in _DEVICES}
    return {**devices, "notices": [{"code": code, **words.model_dump()} for code, words in notices(state)]}
