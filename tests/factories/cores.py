"""A core that does what its script says, and remembers what it was sent."""

from collections.abc import Sequence

from core_adapter.mock import MockCoreAdapter
from core_adapter.models import FeedEvent, FeedPage, Notification, Receipt
from core_adapter.ports import CoreError
from server.kit import clock


class ScriptedCore(MockCoreAdapter):
    """見本市's invented core, which fails as told.

    `failures` are raised by the next calls of `submit`, one each; those in `after_taking` once the
    notification was taken, so that only the acknowledgement is lost. `feed_fails` is raised by `events`.
    """

    def __init__(self) -> None:
        super().__init__(clock=clock.now, register_after=None)
        self.failures: list[CoreError] = []
        self.after_taking: list[CoreError] = []
        self.feed_fails: CoreError | None = None
        self.sent: list[Notification] = []
        self.extra: list[FeedEvent] = []

    def fail(self, *failures: CoreError) -> None:
        """What the next tries meet."""
        self.failures += failures

    @property
    def keys(self) -> set[str]:
        return {notification.key for notification in self.sent}

    def submit(self, notification: Notification) -> Receipt:
        """See CoreAdapter."""
        self.sent.append(notification)
        if self.failures:
            raise self.failures.pop(0)
        receipt = super().submit(notification)
        if self.after_taking:
            raise self.after_taking.pop(0)
        return receipt

    def events(self, after: int, limit: int = 100) -> FeedPage:
        """See CoreAdapter; `extra` events come in place of the core's own."""
        if self.feed_fails is not None:
            raise self.feed_fails
        if self.extra:
            page = [event for event in self.extra if event.seq > after][:limit]
            return FeedPage(events=page, next_after=after + len(page), as_of=clock.now())
        return super().events(after, limit)

    def tell(self, events: Sequence[FeedEvent]) -> None:
        """Let the feed say this and nothing else."""
        self.extra = list(events)
