"""Who may see which address.

The flag has three values. `unknown` (never asked, the core is away, or its answer is older than a day)
hides addresses exactly as `yes` does; only `yes` calls for a supervisor. What a screen gets is already
masked: templates never decide.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from server.kit.clock import now

Flag = Literal["yes", "no", "unknown"]
FRESH = timedelta(hours=24)


@dataclass(frozen=True)
class Standing:
    """What is known of a household's protection now.

    flag: the worst of its members. stale: the core is away or its answer too old. released: a supervisor
    has allowed this reception to go on.
    """

    flag: Flag
    stale: bool = False
    released: bool = False

    @property
    def effective(self) -> Flag:
        if self.flag == "yes":
            return "yes"
        return "unknown" if self.stale or self.flag == "unknown" else "no"

    @property
    def needs_supervisor(self) -> bool:
        """A protected member: nobody below a supervisor goes on before one has allowed it."""
        return self.flag == "yes" and not self.released

    @property
    def may_show_core_addresses(self) -> bool:
        """Addresses that came from the core may be shown and printed."""
        if self.flag == "yes":
            return self.released and not self.stale
        return self.effective == "no"

    @property
    def may_show_any_address(self) -> bool:
        """Addresses from whatever source, the resident's own card included."""
        return not (self.flag == "yes" and not self.released)


def worst(flags: list[Flag]) -> Flag:
    """yes before unknown before no; nobody asked is unknown."""
    if "yes" in flags:
        return "yes"
    return "unknown" if "unknown" in flags or not flags else "no"


def is_stale(as_of: datetime | None, core_up: bool) -> bool:
    """Whether what the core said of protection counts no more: it is away, never answered, or a day old."""
    return not core_up or as_of is None or now() - as_of > FRESH
