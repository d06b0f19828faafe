"""The public's pages: the kiosk, the resident's second screen, the call display, the phone."""

from kiosk import hall, navigator, second, slips, tickets
from server.web.guards import GuardedRouter

router = GuardedRouter()
for part in (tickets.router, navigator.router, slips.router, second.router, hall.router):
    router.include_router(part)
