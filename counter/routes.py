"""The staff's pages: sign-in, the line, the reception workspace, the departments' work."""

from counter import (
    acts,
    backoffice,
    document_acts,
    event_acts,
    gather_acts,
    line,
    list_acts,
    people_acts,
    preentry,
    reception,
    rules,
    rules_acts,
    rules_add,
    rules_days,
    signing_in,
    stations,
)
from server.web.guards import GuardedRouter

router = GuardedRouter()
for part in (
    signing_in.router,
    line.router,
    reception.router,
    acts.router,
    event_acts.router,
    people_acts.router,
    gather_acts.router,
    preentry.router,
    list_acts.router,
    document_acts.router,
    backoffice.router,
    stations.router,
    rules.router,
    rules_acts.router,
    rules_add.router,
    rules_days.router,
):
    router.include_router(part)
