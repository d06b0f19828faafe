"""The worker: sends what is due to the core, reads the core's feed, erases what nobody needs any more.

On SQLite it is a thread of the server (one writing process); on PostgreSQL a process of its own.
"""

import logging
import threading
from collections.abc import Callable
from datetime import timedelta

from server.db.scrub import Scrubber
from server.db.uow import Unit
from server.preentry import service as preentry
from server.print_jobs import service as print_jobs
from server.queue import service as queue
from server.retention import service as retention
from server.submissions import service as submissions
from server.web import idempotency
from server.web.services import Services
from server.worklists import service as worklists

log = logging.getLogger("kakanai.worker")
PAUSE = 1.0
UNATTACHED = timedelta(minutes=60)
SWEEP_EVERY = 60


class Worker:
    """Runs `round` about once a second until stopped."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._scrubber = Scrubber(services.db)
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Work in a thread of this process."""
        self._thread = threading.Thread(target=self.run, name="kakanai-worker", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish the round under way and end."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(timeout=3)

    def run(self) -> None:
        """Work until stopped. A failed round is logged by its kind and tried again: nothing is lost by it."""
        rounds = 0
        while not self._stopped.is_set():
            try:
                self.round(sweep=rounds % SWEEP_EVERY == 0)
            except Exception as error:
                log.error("a worker round failed: %s", type(error).__name__)
            rounds += 1
            self._stopped.wait(PAUSE)

    def round(self, *, sweep: bool = False) -> None:
        """One look at the outbox, the feed, and (when `sweep`) at what is to be erased."""
        held = self._services
        submissions.send_due(held.db, held.system, held.vault, held.core, worklists.on_submission)
        submissions.record_acks(held.db, held.system, held.vault, held.core, worklists.on_submission)
        # Before anybody needs them: the core may be away by then.
        held.towns.all()
        if sweep:
            self.sweep()

    def sweep(self) -> None:
        """Erase what nobody needs any more, each kind by itself: one that cannot be erased keeps no other."""
        held, ctx = self._services, self._services.system

        def in_one(act: Callable[[Unit], object]) -> Callable[[], object]:
            def acting() -> None:
                with held.db.write() as unit:
                    act(unit)

            return acting

        for erase in (
            in_one(lambda unit: queue.expire_card_reads(unit, ctx, UNATTACHED)),
            in_one(lambda unit: retention.purge(unit, ctx, held.vault)),
            lambda: retention.give_up_left(held.db, ctx, held.vault, held.settings.open_days),
            in_one(lambda unit: idempotency.expire(unit, ctx)),
            in_one(lambda unit: print_jobs.drop_slips(unit, ctx)),
            in_one(lambda unit: preentry.forget(unit, ctx, held.vault, held.settings.preentry_life)),
            # Last: it removes what the others have left behind.
            self._scrubber.run,
        ):
            try:
                erase()
            except Exception as error:
                log.error("something could not be erased: %s", type(error).__name__)
