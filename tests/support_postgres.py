"""A PostgreSQL of the tests' own: started once for a test process, thrown away with it.

It is a real server with the settings that production needs (fsync on), on a Unix socket of its own, and it
speaks Asia/Tokyo, because a database that answers in the city's own time is the usual case and UTC is not.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

BINARIES = "/usr/lib/postgresql"
OWNER = "postgres"
START_SECONDS = 30.0
SETTINGS = {
    "listen_addresses": "",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "timezone": "Asia/Tokyo",
    "max_connections": "100",
    "shared_buffers": "32MB",
    # Nobody restores or follows this one.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
}


class PostgresMissingError(RuntimeError):
    """There is no PostgreSQL to start; the message says what to install."""


@dataclass(frozen=True)
class Cluster:
    """A running server. Databases are made from templates, each a few files copied by PostgreSQL itself."""

    sockets: Path

    def url(self, database: str) -> str:
        """The address of one database, as KAKANAI_DATABASE_URL takes it."""
        return f"postgresql://{OWNER}@/{database}?host={self.sockets}"

    def create(self, database: str, template: str = "template1") -> str:
        """Make `database` as a copy of `template`, to which nobody may be connected; its address."""
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
            sql.Identifier(database), sql.Identifier(template)
        )
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)
        return self.url(database)

    def drop(self, database: str) -> None:
        """Remove it, whoever is connected."""
        statement = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database))
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)


def binaries() -> Path:
    """The folder of the newest PostgreSQL here. Raises PostgresMissingError."""
    found = sorted(
        (path for path in Path(BINARIES).glob("*/bin") if (path / "initdb").exists()),
        key=lambda path: int(path.parent.name.split(".")[0]),
    )
    if found:
        return found[-1]
    in_path = shutil.which("initdb")
    if in_path is None:
        raise PostgresMissingError(
            "The tests run on SQLite and on PostgreSQL, and there is no PostgreSQL here: install Debian's "
            "package `postgresql` (no server of it needs to run; the tests start their own)."
        )
    return Path(in_path).parent


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """A fresh server; it and its data are gone afterwards. Raises PostgresMissingError."""
    tools = binaries()
    # A socket's path may have no more than 107 bytes, so it does not lie in pytest's own folders.
    folder = Path(tempfile.mkdtemp(prefix="kakanai-pg-"))
    # PostgreSQL refuses to run as root.
    user = OWNER if os.getuid() == 0 else None
    if user is not None:
        shutil.chown(folder, user, user)
    try:
        _initialise(tools, folder, user)
        process = _start(tools, folder, user)
        try:
            _wait(process, folder)
            yield Cluster(folder)
        finally:
            # Immediate shutdown: nothing of it is wanted any more.
            process.send_signal(signal.SIGQUIT)
            process.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _initialise(tools: Path, folder: Path, user: str | None) -> None:
    choices = ["--username", OWNER, "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8"]
    done = subprocess.run(
        [tools / "initdb", "--pgdata", folder / "data", *choices, "--no-sync", "--no-instructions"],
        user=user,
        cwd=folder,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"initdb failed: {done.stderr}")


def _start(tools: Path, folder: Path, user: str | None) -> subprocess.Popen[bytes]:
    command = [str(tools / "postgres"), "-D", str(folder / "data"), "-k", str(folder)]
    for name, value in SETTINGS.items():
        command += ["-c", f"{name}={value}"]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            command, user=user, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
        )


def _wait(process: subprocess.Popen[bytes], folder: Path) -> None:
    give_up = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(Cluster(folder).url("postgres")).close()
            return
        except psycopg.OperationalError as error:
            if process.poll() is not None or time.monotonic() > give_up:
                process.kill()
                words = (folder / "log").read_text(encoding="utf-8", errors="replace")
                raise RuntimeError(f"PostgreSQL did not start: {words}") from error
            time.sleep(0.05)
