"""The municipality's towns, in memory and in a file: they change once a year, every intake asks for one."""

import contextlib
import json
import threading
from pathlib import Path
from time import monotonic

from pydantic import TypeAdapter, ValidationError

from core_adapter.models import Town
from core_adapter.ports import CoreAdapter, CoreError

ASK_AGAIN_SECONDS = 30.0
_TOWNS = TypeAdapter(list[Town])


class TownDirectory:
    """The core's master of towns.

    The last answer stays while the core is away; in `kept` it outlives a restart, so that a server which
    starts during an outage can still take an address down.
    """

    def __init__(self, core: CoreAdapter, kept: Path | None = None) -> None:
        self._core = core
        self._kept = kept
        self._towns = _read(kept)
        self._fresh = False
        self._ask_at = 0.0
        self._turn = threading.Lock()

    def all(self) -> list[Town]:
        """Every town in the core's order; empty when the core has never answered.

        May ask the core, so it does not belong into a transaction.
        """
        if not self._fresh and self._turn.acquire(blocking=not self._towns):
            try:
                self._ask()
            finally:
                self._turn.release()
        return list(self._towns.values())

    def find(self, town_code: str) -> Town | None:
        """The town of this code, as `all` knows it."""
        self.all()
        return self._towns.get(town_code)

    def _ask(self) -> None:
        if self._fresh or monotonic() < self._ask_at:
            return
        try:
            towns = self._core.towns()
        except CoreError:
            self._ask_at = monotonic() + ASK_AGAIN_SECONDS
            # The worker, a process of its own, may have kept them meanwhile.
            self._towns = self._towns or _read(self._kept)
            return
        self._towns, self._fresh = {town.town_code: town for town in towns}, True
        if self._kept is not None:
            _write(self._kept, towns)


def _read(path: Path | None) -> dict[str, Town]:
    if path is None or not path.exists():
        return {}
    try:
        return {town.town_code: town for town in _TOWNS.validate_json(path.read_bytes())}
    except ValidationError:
        # Written by another release: the core will say it anew.
        return {}


def _write(path: Path, towns: list[Town]) -> None:
    rows = [town.model_dump(mode="json") for town in towns]
    beside = path.with_suffix(".new")
    # A full disk costs the copy, not the intake.
    with contextlib.suppress(OSError):
        beside.write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        beside.replace(path)
