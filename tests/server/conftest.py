"""What the tests of the server share: a filled office on both databases, a wired server, a core."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from card_reader.policy import ReadingPolicy
from core_adapter.mock import MockCoreAdapter
from procedures import Catalogue, load_catalogue
from server.db import engine as engines
from server.db.context import Context
from server.db.uow import Database
from server.db.vault import DataKey, Vault
from server.kit import clock
from server.queue import queries as queue
from server.reception.towns import TownDirectory
from server.rulebook.current import Rulebook
from server.settings import Settings
from server.web.services import Services
from server.web.sse import Hub
from server.web.words import Words
from tests.factories.people import SYSTEM
from tests.support_databases import PostgresOffice, SqliteOffice, Stations, postgres_office, seeded
from tests.support_postgres import Cluster, running_cluster

DATABASES = ("sqlite", "postgresql")


@pytest.fixture(autouse=True)
def _the_usual_time() -> Iterator[None]:
    """A test that moves the clock leaves it as it was."""
    yield
    clock.start_at(None)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A PostgreSQL server for this test process."""
    with running_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def stations() -> Stations:
    """The stations that are enrolled, with their private keys."""
    return Stations()


@pytest.fixture(scope="session")
def seeded_sqlite(tmp_path_factory: pytest.TempPathFactory, stations: Stations) -> SqliteOffice:
    folder = tmp_path_factory.mktemp("office")
    seeded(folder, stations)
    return SqliteOffice(folder / "kakanai.db")


@pytest.fixture(scope="session")
def seeded_postgres(
    tmp_path_factory: pytest.TempPathFactory, stations: Stations, postgres: Cluster
) -> PostgresOffice:
    return postgres_office(postgres, tmp_path_factory.mktemp("office"), stations)


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A seeded office: every test that asks for one runs on both databases."""
    office: SqliteOffice | PostgresOffice = request.getfixturevalue(
        "seeded_sqlite" if request.param == "sqlite" else "seeded_postgres"
    )
    with office.fresh(tmp_path) as url:
        yield url


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    """Reading and writing units over a seeded office."""
    engine = engines.create(database_url)
    yield Database(engine)
    engine.dispose()


@pytest.fixture
def vault() -> Vault:
    """A municipality's key."""
    return Vault(bytes(range(32)))


@pytest.fixture
def ctx() -> Context:
    """The server acting on its own account."""
    return SYSTEM


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """The real rules of 見本市."""
    return load_catalogue("992011")


@pytest.fixture(scope="session")
def words() -> Words:
    """The real sentences."""
    return Words()


@pytest.fixture
def core() -> MockCoreAdapter:
    """見本市's invented core in memory; it registers only when told to (`settle`)."""
    return MockCoreAdapter(clock=clock.now, register_after=None)


@pytest.fixture
def services(
    db: Database,
    vault: Vault,
    core: MockCoreAdapter,
    catalogue: Catalogue,
    words: Words,
    database_url: str,
    tmp_path: Path,
) -> Services:
    """A wired server over the seeded office, as server.bootstrap makes it."""
    hub = Hub()
    db.publish = hub.publish
    db.digest = DataKey("digests", bytes(32)).digest
    with db.read() as unit:
        site = queue.site(unit, SYSTEM)
    assert site is not None
    return Services(
        # Nobody listens there: a test reaches no core but the one it holds.
        settings=Settings(
            env="test", state_dir=tmp_path, database_url=database_url, core_url="http://127.0.0.1:9"
        ),
        db=db,
        vault=vault,
        core=core,
        rulebook=Rulebook(db, SYSTEM.tenant_id, catalogue.municipality),
        cards=ReadingPolicy(modes=("pin", "b", "face", "none")),
        hub=hub,
        words=words,
        site=site,
        towns=TownDirectory(core),
    )
