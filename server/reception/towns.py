"""The municipality's towns, kept in memory: they change once a year, and every intake asks for one."""

import threading

from core_adapter.models import Town
from core_adapter.ports import CoreAdapter, CoreError


class TownDirectory:
    """The core's master of towns; the last answer stays while the core is away."""

    def __init__(self, core: CoreAdapter) -> None:
        self._core = core
        self._towns: dict[str, Town] = {}
        self._lock = threading.Lock()

    def all(self) -> list[Town]:
        """Every town in the core's order; empty when the core has never answered."""
        with self._lock:
            if not self._towns:
                try:
                    self._towns = {town.town_code: town for town in self._core.towns()}
                except CoreError:
                    return []
            return list(self._towns.values())

    def find(self, town_code: str) -> Town | None:
        self.all()
        return self._towns.get(town_code)
