"""The same filled office on SQLite and on PostgreSQL, new for every test.

The office is seeded once on each (migrations, accounts, stations, an open day). SQLite gives each test a copy
of the file; PostgreSQL keeps the seeded rows in a schema of their own and puts them back, which takes
milliseconds where making a database takes tenths of seconds.
"""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import psycopg
from argon2 import PasswordHasher
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from psycopg import sql

from server.auth import service as auth
from server.seed import seed
from server.settings import Settings
from server.tables import metadata
from station.signing import public_pem
from tests.support_postgres import Cluster

TABLES = [table.name for table in metadata.sorted_tables]
STATIONS = (("kiosk-1", "kiosk", None), ("counter-1", "counter", "1"), ("counter-2", "counter", "2"))


@dataclass(frozen=True)
class Stations:
    """The demo's stations with keys made for these tests."""

    keys: dict[str, Ed25519PrivateKey] = field(
        repr=False, default_factory=lambda: {name: Ed25519PrivateKey.generate() for name, _, _ in STATIONS}
    )

    def register(self, folder: Path) -> None:
        """Write what server.seed enrols."""
        rows = [
            {"name": name, "kind": kind, "desk": desk, "public_key": public_pem(self.keys[name])}
            | {"base_url": None}
            for name, kind, desk in STATIONS
        ]
        (folder / "stations").mkdir(parents=True, exist_ok=True)
        (folder / "stations" / "stations.json").write_text(json.dumps(rows), encoding="utf-8")


def seeded(folder: Path, stations: Stations, url: str = "") -> None:
    """Fill a database as `python -m server.seed` does: the one at `url`, else SQLite in `folder`."""
    stations.register(folder)
    settings = Settings(env="test", state_dir=folder, database_url=url)
    # Passwords as weak as argon2 allows: a hash carries its own cost, and thousands are checked here.
    with patch.object(auth, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)):
        seed(settings)
    if settings.on_sqlite:
        # Everything into the one file that is copied.
        with closing(sqlite3.connect(folder / "kakanai.db")) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@dataclass(frozen=True)
class SqliteOffice:
    """A seeded file to copy."""

    file: Path

    @contextmanager
    def fresh(self, folder: Path) -> Iterator[str]:
        """The address of a copy of its own."""
        copy = folder / "kakanai.db"
        shutil.copyfile(self.file, copy)
        yield f"sqlite:///{copy}"


@dataclass(frozen=True)
class PostgresOffice:
    """A seeded database whose rows are put back before each test."""

    url: str

    @contextmanager
    def fresh(self, folder: Path) -> Iterator[str]:
        """The address of the database as it was seeded."""
        del folder
        _put_back_rows(self.url, "seeded")
        yield self.url


def postgres_office(cluster: Cluster, folder: Path, stations: Stations) -> PostgresOffice:
    """A database of `cluster`, seeded."""
    url = cluster.create("office")
    seeded(folder, stations, url)
    _keep_rows(url, "seeded")
    return PostgresOffice(url)


def keep(url: str, name: str, folder: Path) -> None:
    """Remember everything that a database holds now; `folder` is where SQLite's copy lies."""
    if url.startswith("sqlite"):
        _copy(_file_of(url), folder / f"{name}.db")
    else:
        _keep_rows(url, name)


def put_back(url: str, name: str, folder: Path) -> None:
    """Let it hold again what `keep` remembered. Connections may be open, transactions may not."""
    if url.startswith("sqlite"):
        _copy(folder / f"{name}.db", _file_of(url))
    else:
        _put_back_rows(url, name)


def _file_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def _copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as kept, closing(sqlite3.connect(target)) as live:
        kept.backup(live)


def _keep_rows(url: str, schema: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
        for name in TABLES:
            connection.execute(
                sql.SQL("CREATE TABLE {0}.{1} AS SELECT * FROM public.{1}").format(
                    sql.Identifier(schema), sql.Identifier(name)
                )
            )


def _put_back_rows(url: str, schema: str) -> None:
    with psycopg.connect(url) as connection:
        # A test that left a transaction open is found here instead of hanging the next one.
        connection.execute("SET lock_timeout = '5s'")
        # Without triggers and foreign keys: the journal refuses to be emptied.
        connection.execute("SET session_replication_role = replica")
        for name in TABLES:
            connection.execute(sql.SQL("DELETE FROM public.{}").format(sql.Identifier(name)))
            connection.execute(
                sql.SQL("INSERT INTO public.{1} SELECT * FROM {0}.{1}").format(
                    sql.Identifier(schema), sql.Identifier(name)
                )
            )
