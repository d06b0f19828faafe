"""Codes as residents bring them: answers given at home, sealed to the office's key."""

from datetime import datetime

from server.db.uow import Unit
from server.kit.clock import now
from server.preentry import codes, keys
from server.preentry.answers import Answers
from server.web.services import Services
from tests.factories.people import SYSTEM

# The household of the persona `mihon_taro`, as its head would enter it.
AT_HOME = (
    Answers(("MOVE",), ("you", "spouse", "child1", "parent1"))
    .put("birth", {"you": "1973-04", "spouse": "1975-09", "child1": "2016-06", "parent1": "1945-02"})
    .put("moves", {"you": True, "spouse": True, "child1": True, "parent1": False})
    .put("event_date", {"": "2026-11-20"})
    .put("dog", {"": True})
    .put("dog_chip", {"": None})
    .put("mnc_sig_cert", {"you": True, "spouse": None})
)


def code_of(unit: Unit, services: Services, answers: Answers, until: datetime | None = None) -> str:
    """The code that the navigator makes of these answers."""
    keys.ensure(unit, SYSTEM, services.vault)
    public = keys.public_key(unit, SYSTEM)
    assert public is not None
    expires_at = until or now() + services.settings.preentry_life
    return codes.seal(answers.text().encode(), public, services.settings.municipality, expires_at)


def brought(services: Services, answers: Answers = AT_HOME, until: datetime | None = None) -> str:
    """The same, for who has no transaction of their own."""
    with services.db.write() as unit:
        return code_of(unit, services, answers, until)
