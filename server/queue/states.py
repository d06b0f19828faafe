"""The life of a ticket."""

from server.kit.machine import Machine
from server.queue.models import Ticket

MACHINE: Machine[str] = Machine(
    "ticket",
    {
        ("waiting", "call"): "called",
        ("called", "recall"): "called",
        ("called", "absent"): "waiting",
        ("called", "no_show"): "no_show",
        ("called", "serve"): "serving",
        ("serving", "finish"): "finished",
        ("waiting", "cancel"): "cancelled",
        ("called", "cancel"): "cancelled",
    },
)


def move(ticket: Ticket, action: str) -> Ticket:
    """Carry out `action`. Raises NotNowError."""
    ticket.state = MACHINE.next(ticket.state, action)
    return ticket


def available_actions(state: str) -> frozenset[str]:
    """What can be done with a ticket in this state."""
    return MACHINE.actions(state)
