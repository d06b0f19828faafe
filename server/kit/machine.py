"""A state machine is a table; screens draw their buttons from it and services refuse by it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

State = TypeVar("State", bound=str)


class HasState(Protocol):
    """Anything whose state is one word."""

    state: str


class NotNowError(RuntimeError):
    """The action is not possible in this state; `key` names the sentence that says so."""

    def __init__(self, machine: str, action: str, state: str) -> None:
        super().__init__(f"{machine}: {action} is not possible while {state}")
        self.machine = machine
        self.action = action
        self.state = state

    @property
    def key(self) -> str:
        return f"state.{self.machine}.{self.state}"


@dataclass(frozen=True)
class Machine(Generic[State]):
    """`table` maps (state, action) to the next state."""

    name: str
    table: Mapping[tuple[str, str], str]

    def next(self, state: str, action: str) -> str:
        """Where `action` leads. Raises NotNowError."""
        target = self.table.get((state, action))
        if target is None:
            raise NotNowError(self.name, action, state)
        return target

    def actions(self, state: str) -> frozenset[str]:
        """What is possible in this state."""
        return frozenset(action for source, action in self.table if source == state)

    def states(self) -> frozenset[str]:
        """Every state that the table names."""
        return frozenset(source for source, _ in self.table) | frozenset(self.table.values())
