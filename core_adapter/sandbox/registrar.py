"""The clerk of the invented core: turns 仮登録 into 本登録 (or a rejection) when its time has come."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

from core_adapter.sandbox.faults import Control
from core_adapter.sandbox.rules import REJECTION
from core_adapter.sandbox.store import Store


class Registrar:
    """A thread that sleeps until the next notification is due, or until `wake` says there is a new one."""

    def __init__(self, store: Store, control: Control, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._control = control
        self._clock = clock
        self._changed = threading.Condition()
        self._news = False
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="registrar", daemon=True)

    def start(self) -> None:
        """Begins with whatever was due while the process was away."""
        self._thread.start()

    def stop(self) -> None:
        """Returns when the thread has ended."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join()

    def wake(self) -> None:
        """A notification was taken or a mode was changed."""
        with self._changed:
            self._news = True
            self._changed.notify()

    def settle_due(self) -> None:
        """One pass over what is due now."""
        for key, refuse in self._store.due(self._clock()):
            if refuse or self._control.mode == "reject":
                self._store.settle(key, "rejected", self._clock(), *REJECTION)
            else:
                self._store.settle(key, "registered", self._clock())

    def _run(self) -> None:
        while True:
            self.settle_due()
            with self._changed:
                if not self._news and not self._stopping:
                    due = self._store.next_due()
                    wait = None if due is None else max(0.0, (due - self._clock()).total_seconds())
                    self._changed.wait(wait)
                self._news = False
                if self._stopping:
                    return
