"""The life of a reception.

Preparing, signing and acceptance are three acts; only acceptance (受理) sends anything to the core. What has
no form here is guided instead: told, handed over to the departments, and over.
"""

from server.kit.machine import Machine
from server.reception.models import Reception

BEFORE_ACCEPTANCE = ("opened", "identified", "intake", "prepared", "confirmed")
# While somebody of the household may still be looked for.
GATHERING = ("identified", "intake")
# While documents are shown, signatures settled and papers handed out.
AT_THE_DESK = ("intake", "prepared", "confirmed", "accepted", "guided")
# What goes by itself when it is left open and nothing was filed (server.reception.left).
LEAVES = (*BEFORE_ACCEPTANCE, "guided")

MACHINE: Machine[str] = Machine(
    "reception",
    {
        ("opened", "identify"): "identified",
        ("identified", "identify"): "identified",
        ("intake", "identify"): "intake",
        ("identified", "gather"): "intake",
        ("intake", "gather"): "intake",
        ("intake", "edit"): "intake",
        ("intake", "prepare"): "prepared",
        ("prepared", "confirm"): "confirmed",
        ("prepared", "dispute"): "intake",
        ("prepared", "reopen"): "intake",
        ("confirmed", "reopen"): "intake",
        ("confirmed", "accept"): "accepted",
        ("accepted", "close"): "closed",
        ("intake", "guide"): "guided",
        ("guided", "close"): "closed",
    }
    # What leaves the state as it is, and is possible only in it.
    | {(state, "preenter"): state for state in ("opened", *GATHERING)}
    | {(state, "choose"): state for state in ("opened", *GATHERING)}
    | {(state, action): state for state in GATHERING for action in ("search", "attach", "refer", "release")}
    | {(state, "print"): state for state in ("confirmed", "accepted")}
    | {(state, "hold"): state for state in (*BEFORE_ACCEPTANCE, "accepted", "guided")}
    | {(state, "keep"): state for state in LEAVES}
    | {(state, action): state for state in AT_THE_DESK for action in ("mark", "hand_out")}
    | {(state, "abandon"): "abandoned" for state in BEFORE_ACCEPTANCE},
)


def move(reception: Reception, action: str) -> Reception:
    """Carry out `action` and count the change. Raises NotNowError."""
    reception.state = MACHINE.next(reception.state, action)
    reception.version += 1
    return reception


def available_actions(state: str, role: str) -> frozenset[str]:
    """What a member of staff may do now; departments and administrators do not work on receptions."""
    return MACHINE.actions(state) if role in ("clerk", "supervisor") else frozenset()
