"""The only place that chooses: database, core adapter, rules, cards. Everybody else receives the result."""

from importlib.metadata import entry_points
from pathlib import Path

from card_reader.policy import ReadingPolicy, load_policy
from card_reader.yamlfile import BadDataFile
from core_adapter.ports import CoreAdapter
from procedures.reading.data_files import DATA
from server.db import engine as engines
from server.db.context import system
from server.db.migrate import upgrade
from server.db.uow import Database
from server.db.vault import Vault, master_from
from server.kit import clock, failpoints
from server.preentry import keys as preentry_keys
from server.queue import queries as queue
from server.queue.queries import SiteView
from server.reception.towns import TownDirectory
from server.rulebook import good_files
from server.rulebook.current import Rulebook
from server.settings import Settings, SettingsRefusedError
from server.web.services import Services
from server.web.sse import Hub
from server.web.words import Words

KEY_FILE = "master.key"
TOWN_FILE = "towns.json"


def open_database(settings: Settings) -> Database:
    """The database, brought to this release's tables and proven durable."""
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    engine = engines.create(settings.url)
    engines.assert_durable(engine)
    upgrade(engine)
    return Database(engine)


def open_vault(settings: Settings) -> Vault:
    """The municipality's key; the demo makes its own on first use, production must be given one."""
    path = settings.state_dir / KEY_FILE
    if settings.env == "production" and not path.exists():
        raise SettingsRefusedError(
            f"There is no key file at {path}: restore it, or make one with `kakanai keys new`."
        )
    return Vault(master_from(path, create=settings.env != "production"))


def core_adapter(settings: Settings) -> CoreAdapter:
    """The adapter named by KAKANAI_CORE_ADAPTER among the installed ones (group kakanai.core_adapters)."""
    found = {point.name: point for point in entry_points(group="kakanai.core_adapters")}
    point = found.get(settings.core_adapter)
    if point is None:
        known = ", ".join(sorted(found)) or "none"
        raise SettingsRefusedError(
            f"No core adapter is called {settings.core_adapter!r}; installed: {known}."
        )
    adapter: CoreAdapter = point.load()(settings.core_url)
    return adapter


def card_policy(settings: Settings) -> ReadingPolicy:
    """How this municipality reads cards: its file (KAKANAI_CARD_POLICY), or what holds where nothing was
    chosen. Raises SettingsRefusedError with the file and line of what is wrong."""
    if settings.card_policy is None:
        return ReadingPolicy()
    try:
        policy = load_policy(settings.card_policy)
    except BadDataFile as fault:
        raise SettingsRefusedError(f"KAKANAI_CARD_POLICY cannot be used.\n{fault}") from None
    if settings.env == "production" and policy.trusts_test_cards:
        raise SettingsRefusedError(
            f"{settings.card_policy}: ca_keys holds a key of test cards: a simulated card would be genuine."
        )
    return policy


def build(settings: Settings, data: Path = DATA) -> Services:
    """Wire a server (or a worker). `data`: the folder of the rules."""
    clock.start_at(settings.now)
    failpoints.arm(settings.failpoint)
    db = open_database(settings)
    hub = Hub()
    db.publish = hub.publish
    core = core_adapter(settings)
    rulebook = Rulebook(db, settings.tenant, settings.municipality, data)
    # Now rather than for the first resident; a server that never had rules to read does not start.
    rulebook.current()
    vault = open_vault(settings)
    with db.write() as unit:
        ctx = system(settings.tenant, settings.site)
        good_files.remember(unit, ctx, settings.municipality, rulebook.standing)
        db.digest = vault.lasting_key(unit, ctx, "digests").digest
        preentry_keys.ensure(unit, ctx, vault)
    return Services(
        settings=settings,
        db=db,
        vault=vault,
        core=core,
        rulebook=rulebook,
        cards=card_policy(settings),
        hub=hub,
        words=Words(),
        site=_site(settings, db),
        towns=TownDirectory(core, settings.state_dir / TOWN_FILE),
    )


def _site(settings: Settings, db: Database) -> SiteView:
    with db.read() as unit:
        found = queue.site(unit, system(settings.tenant, settings.site))
    if found is None:
        raise SettingsRefusedError(
            f"データベースに庁舎 {settings.tenant}/{settings.site} がありません。 / "
            f"The database holds no office {settings.tenant}/{settings.site}: check KAKANAI_TENANT and "
            "KAKANAI_SITE; `kakanai run` makes the demo's."
        )
    return found
