"""An outbox with a core that fails as told."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlmodel import col, select

from server.kit import clock
from server.submissions import service
from server.submissions.models import Submission
from server.submissions.service import Sent
from server.web.services import Services
from server.worklists import queries as worklists_queries
from server.worklists import service as worklists
from tests.factories.cores import ScriptedCore
from tests.factories.visits import ALONE, Visit


@dataclass
class Outbox:
    """One accepted visit after the other, and the worker's two verbs."""

    services: Services
    core: ScriptedCore

    def accepted(self, persona: str = ALONE) -> Visit:
        return Visit.at(self.services, "accepted", persona)

    def send(self) -> list[Sent]:
        held = self.services
        return service.send_due(held.db, held.system, held.vault, self.core, worklists.on_submission)

    def hear(self) -> int:
        held = self.services
        return service.record_acks(held.db, held.system, held.vault, self.core, worklists.on_submission)

    def rows(self) -> list[Submission]:
        with self.services.db.read() as unit:
            return unit.all(select(Submission).order_by(col(Submission.queued_at)))

    @property
    def row(self) -> Submission:
        (only,) = self.rows()
        return only

    def work(self, procedure: str) -> list[worklists_queries.WorkLine]:
        with self.services.db.read() as unit:
            lines = worklists_queries.lines(unit, self.services.system)
        return [line for line in lines if line.procedure_id == procedure]

    def events(self) -> list[str]:
        """What the journal says of submissions, in its order."""
        from server.journal.models import JournalEntry

        with self.services.db.read() as unit:
            query = select(JournalEntry.event).where(col(JournalEntry.event).startswith("submission."))
            return list(unit.session.exec(query.order_by(col(JournalEntry.seq))).all())


def later(**passed: float) -> None:
    clock.start_at(clock.now() + timedelta(**passed))


@pytest.fixture
def core() -> ScriptedCore:
    return ScriptedCore()


@pytest.fixture
def outbox(services: Services, core: ScriptedCore) -> Outbox:
    assert services.core is core
    return Outbox(services, core)
