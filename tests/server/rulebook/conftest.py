"""A rulebook over the small catalogue, and those who write in it."""

from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import pytest

from server.db.context import Context
from server.db.uow import Database
from server.kit import clock
from server.rulebook import service
from server.rulebook.current import Rulebook
from server.rulebook.reading import reading, shipped_text
from tests.factories.people import SYSTEM

SMALL = Path(__file__).parents[2] / "procedures" / "small"
CODE = "990001"
TODAY = date(2026, 11, 24)


def person(actor: str, role: str = "clerk") -> Context:
    return Context(SYSTEM.tenant_id, SYSTEM.site_id, actor=actor, role=role)


WRITER, OTHER = person("writer"), person("other")
CHIEF, SECOND = person("chief", "supervisor"), person("second", "administrator")


@dataclass
class Desk:
    """Does what the pages do, without the pages."""

    db: Database
    rulebook: Rulebook = field(init=False)

    def __post_init__(self) -> None:
        self.rulebook = Rulebook(self.db, SYSTEM.tenant_id, CODE, SMALL)

    def draft(self, content: str | None = None, by: Context = WRITER) -> str:
        text = shipped_text(CODE, SMALL) if content is None else content
        with self.db.write() as unit:
            return service.start(unit, by, title="手数料の改定", content=text, based_on=None).id

    def write(self, version: str, text: str, seen: int, by: Context = WRITER) -> None:
        with self.db.write() as unit:
            service.edit(unit, by, version, text, seen)

    def propose(
        self, version: str, text: str, day: date = TODAY, seen: int = 0, by: Context = WRITER
    ) -> None:
        good = service.checked(text, reading(CODE, text, SMALL))
        with self.db.write() as unit:
            service.propose(unit, by, version, effective_from=day, seen=seen, good=good)

    def approve(self, version: str, text: str, by: Context = CHIEF, instead_of: int | None = None) -> None:
        good = service.checked(text, reading(CODE, text, SMALL))
        with self.db.write() as unit:
            service.approve(unit, by, version, good=good, instead_of=instead_of)

    def approved(self, text: str, day: date = TODAY, instead_of: int | None = None) -> str:
        version = self.draft(text)
        self.propose(version, text, day)
        self.approve(version, text, instead_of=instead_of)
        return version

    def fee(self) -> int | None:
        """What certificate C01 costs today."""
        rules = self.rulebook.catalogue.at(clock.today()).rules
        fee = next(rule for rule in rules if rule.id == "C01").face.fee
        return fee.yen if fee else None


@pytest.fixture
def desk(db: Database) -> Desk:
    clock.start_at(datetime(2026, 11, 24, 9, tzinfo=clock.JST))
    return Desk(db)


def with_fee(yen: int) -> str:
    """The small town's overlay with another fee."""
    return shipped_text(CODE, SMALL).replace("yen: 300", f"yen: {yen}")
