"""Every table of the service in one place, for migrations and tests."""

from server.auth import models as auth
from server.db import vault
from server.db.base import metadata
from server.journal import models as journal
from server.preentry import models as preentry
from server.print_jobs import models as print_jobs
from server.queue import models as queue
from server.reception import models as reception
from server.rulebook import models as rulebook
from server.submissions import models as submissions
from server.web import idempotency
from server.worklists import models as worklists

__all__ = [
    "auth",
    "idempotency",
    "journal",
    "metadata",
    "preentry",
    "print_jobs",
    "queue",
    "reception",
    "rulebook",
    "submissions",
    "vault",
    "worklists",
]
