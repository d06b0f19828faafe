"""What was done once and is put back instead of being done again: a visit takes hundreds of statements.

Kept is the whole database as it stood after the visit, for visits that begin in an office where nothing has
happened yet. Whatever a test does before keeps its visit from being put back: it is then walked as ever.
"""

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from sqlmodel import select

from core_adapter.mock import MockCoreAdapter
from server.journal.models import JournalHead
from server.kit import clock
from server.queue.models import Ticket
from server.web.services import Services
from tests.support_databases import keep, put_back

T = TypeVar("T")
_FOLDER = tempfile.TemporaryDirectory(prefix="kakanai-kept-")
_kept: dict[object, tuple[str, Any]] = {}


def once(services: Services, what: tuple[object, ...], do: Callable[[], T]) -> T:
    """What `do` returned the first time, together with the database as it then was.

    `what`: everything that the outcome depends on, besides the office, its rules and its core.
    """
    beginning = _untouched(services)
    if beginning is None:
        return do()
    place = (beginning, id(services.catalogue), what)
    url, folder = services.settings.url, Path(_FOLDER.name)
    if place not in _kept:
        outcome = do()
        name = f"kept_{len(_kept)}"
        keep(url, name, folder)
        _kept[place] = name, outcome
        return outcome
    name, outcome = _kept[place]
    put_back(url, name, folder)
    return outcome


def _untouched(services: Services) -> str | None:
    """The office by the head of its journal; None where the day or the core is no longer the usual one."""
    usual_time = abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=1)
    core = services.core
    if not (usual_time and isinstance(core, MockCoreAdapter) and core.mode == "up"):
        return None
    with services.db.read() as unit:
        if unit.first(select(Ticket)) is not None:
            return None
        head = unit.first(select(JournalHead))
    return None if head is None else head.digest
