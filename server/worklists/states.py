"""The life of a department's work item. Waiting for 本登録 is not a state of it: see service.is_ready."""

from server.kit.machine import Machine
from server.worklists.models import WorkItem

MACHINE: Machine[str] = Machine(
    "work_item",
    {
        ("open", "start"): "started",
        ("open", "return"): "returned",
        ("started", "return"): "returned",
        ("started", "finish"): "done",
        ("returned", "start"): "started",
    },
)


def move(item: WorkItem, action: str) -> WorkItem:
    """Carry out `action`. Raises NotNowError."""
    item.state = MACHINE.next(item.state, action)
    return item


def available_actions(item_state: str, ready: bool) -> frozenset[str]:
    """`ready`: the core has registered what the item waits for; nothing is finished before."""
    actions = MACHINE.actions(item_state)
    return actions if ready else actions - {"finish"}
