"""What a running server holds, made once by server.bootstrap and handed to every request."""

from dataclasses import dataclass, field

from fastapi import Request

from card_reader.policy import ReadingPolicy
from core_adapter.ports import CoreAdapter
from procedures import Catalogue
from server.db.context import Context
from server.db.uow import Database
from server.db.vault import Vault
from server.kit.bucket import Bucket
from server.queue.queries import SiteView
from server.reception.towns import TownDirectory
from server.rulebook.current import Rulebook
from server.settings import Settings
from server.web.sse import Hub
from server.web.words import DEFAULT, EASY, Words

COOKIE = "kakanai_session"


@dataclass(frozen=True)
class Municipality:
    """What pages call the municipality and this office."""

    name: str
    office: str


@dataclass(frozen=True)
class Services:
    """The wired server."""

    settings: Settings
    db: Database
    vault: Vault
    core: CoreAdapter
    rulebook: Rulebook
    cards: ReadingPolicy
    hub: Hub
    words: Words
    site: SiteView
    towns: TownDirectory
    # What residents may ask of the navigator from outside; kiosks and counters take nothing of it.
    navigator_presses: Bucket = field(default_factory=lambda: Bucket(burst=150, per_second=15))

    @property
    def catalogue(self) -> Catalogue:
        """The rules that count now: asked of the database each time; keep one for the whole of an answer."""
        return self.rulebook.catalogue

    def municipality(self, lang: str) -> Municipality:
        """The names in this language."""
        if lang in (DEFAULT, EASY):
            return Municipality(self.site.municipality_ja, self.site.name_ja)
        return Municipality(self.site.municipality_en, self.site.name_en)

    @property
    def system(self) -> Context:
        """The server acting on its own account."""
        return Context(self.settings.tenant, self.settings.site, actor="system", role="system")


def services(request: Request) -> Services:
    """The services of the application that handles `request`."""
    found: Services = request.app.state.services
    return found


def cookie_name(request: Request) -> str:
    """`__Host-` needs HTTPS, which only the demo on loopback does without."""
    return f"__Host-{COOKIE}" if services(request).settings.secure_cookies else COOKIE
