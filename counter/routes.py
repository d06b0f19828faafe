"""The staff's pages: sign-in, the line, the reception workspace, the departments' work."""

from counter import acts, backoffice, document_acts, line, people_acts, reception, signing_in, stations
from server.web.guards import GuardedRouter

router = GuardedRouter()
for part in (
    signing_in.router,
    line.router,
    reception.router,
    acts.router,
    people_acts.router,
    document_acts.router,
    backoffice.router,
    stations.router,
):
    router.include_router(part)
