"""A token bucket: so much at once, so much a second after that. In memory, for one process."""

from dataclasses import dataclass, field
from datetime import datetime
from math import ceil
from threading import Lock


@dataclass
class Bucket:
    """`burst` tokens that fill up again at `per_second`. It knows nobody: whoever comes takes of the same."""

    burst: float
    per_second: float
    _left: float = field(init=False)
    _at: datetime | None = field(init=False, default=None)
    _lock: Lock = field(init=False, repr=False, default_factory=Lock)

    def __post_init__(self) -> None:
        self._left = self.burst

    def take(self, cost: float, at: datetime) -> int:
        """0 when there was enough, which is then gone; else in how many whole seconds there will be."""
        with self._lock:
            passed = (at - self._at).total_seconds() if self._at is not None else 0.0
            # A clock that was put back takes nothing away.
            self._left = min(self.burst, self._left + max(0.0, passed) * self.per_second)
            self._at = at
            if self._left >= cost:
                self._left -= cost
                return 0
            return ceil((cost - self._left) / self.per_second)
