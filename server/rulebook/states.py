"""The life of a version. Whether an approved one counts, waits or is superseded follows from the dates and
from what was approved after it: see queries.standing.
"""

from server.kit.machine import Machine
from server.rulebook.models import OverlayVersion

MACHINE: Machine[str] = Machine(
    "overlay_version",
    {
        ("draft", "edit"): "draft",
        ("draft", "propose"): "proposed",
        ("draft", "discard"): "withdrawn",
        ("proposed", "take_back"): "draft",
        ("proposed", "reject"): "draft",
        ("proposed", "approve"): "approved",
        ("approved", "withdraw"): "withdrawn",
    },
)
# What needs the second pair of eyes, and who has it.
DECISIONS = frozenset({"approve", "reject", "withdraw"})
DECIDERS = ("supervisor", "administrator")


def move(version: OverlayVersion, action: str) -> OverlayVersion:
    """Carry out `action`. Raises NotNowError."""
    version.state = MACHINE.next(version.state, action)
    return version


def available_actions(state: str, editors: str, actor: str, role: str) -> frozenset[str]:
    """What this person may do with a version in this state."""
    actions = MACHINE.actions(state)
    if role not in DECIDERS:
        actions -= DECISIONS
    if actor in editors.split():
        actions -= {"approve"}
    return actions
