"""Who acts in tests: the server itself, staff by their login, a station."""

from sqlmodel import select

from server.auth.models import Staff
from server.db.context import Context, system
from server.db.uow import Database

TENANT, SITE = "mihon", "honcho"
SYSTEM = system(TENANT, SITE)
KIOSK = Context(TENANT, SITE, actor="resident", role="resident", station="kiosk-1")


def staff(db: Database, login: str, *, station: str | None = None, desk: str | None = None) -> Context:
    """A member of the seeded staff, signed in at a station."""
    with db.read() as unit:
        found = unit.session.exec(select(Staff).where(Staff.login == login)).one()
    return Context(
        TENANT, SITE, found.id, found.role, station=station, desk=desk, department=found.department
    )
