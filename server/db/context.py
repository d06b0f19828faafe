"""Who acts, where, and for which municipality: handed to every verb that writes."""

from dataclasses import dataclass, replace
from typing import TypeVar

from server.db.base import Row

RowT = TypeVar("RowT", bound=Row)


@dataclass(frozen=True)
class Context:
    """One acting person, station or worker. `role` is clerk, supervisor, department, administrator,
    resident, station or system; `actor` is an opaque id or a fixed word, never a name."""

    tenant_id: str
    site_id: str
    actor: str
    role: str
    station: str | None = None
    desk: str | None = None
    department: str | None = None

    def stamp(self, row: RowT) -> RowT:
        """Mark a new row as belonging here."""
        row.tenant_id = self.tenant_id
        row.site_id = self.site_id
        return row

    def at_desk(self, desk: str) -> "Context":
        """The same actor, acting at this desk."""
        return replace(self, desk=desk)


def system(tenant_id: str, site_id: str) -> Context:
    """The worker and the start-up code."""
    return Context(tenant_id=tenant_id, site_id=site_id, actor="system", role="system")
