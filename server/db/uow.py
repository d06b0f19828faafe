"""The unit of work: the only place that commits.

A verb that writes runs inside `Database.write()`; it commits as a whole or not at all. What has to be told
to others afterwards (screens that show a queue) is collected as topics and published after the commit.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Engine, text
from sqlmodel import Session, SQLModel, select
from sqlmodel.sql.expression import SelectOfScalar

Model = TypeVar("Model", bound=SQLModel)
Publisher = Callable[[Sequence[str]], None]
Digest = Callable[[bytes], str]


class NotThereError(LookupError):
    """No such row in this municipality."""


class NoDigestKeyError(RuntimeError):
    """The database was opened without the key of its digests (server.bootstrap gives it)."""


class Unit:
    """One transaction. `digest` names content by the municipality's key: without it nobody tries guesses."""

    def __init__(self, session: Session, digest: Digest) -> None:
        self.session = session
        self.digest = digest
        self.topics: list[str] = []

    def add(self, row: Model) -> Model:
        """Write `row`; visible to later reads of this unit."""
        self.session.add(row)
        self.session.flush()
        return row

    def flush(self) -> None:
        """Write what was added; visible to later reads of this unit."""
        self.session.flush()

    def get(self, model: type[Model], key: Any, *, lock: bool = False) -> Model:
        """The row with this primary key, held against other writers when `lock`. Raises NotThereError."""
        row = self.session.get(model, key, with_for_update=lock or None, populate_existing=lock)
        if row is None:
            raise NotThereError(model.__name__)
        return row

    def all(self, query: SelectOfScalar[Model]) -> list[Model]:
        """Every row of the query."""
        return list(self.session.exec(query).all())

    def first(self, query: SelectOfScalar[Model]) -> Model | None:
        """The first row of the query, or None."""
        return self.session.exec(query.limit(1)).first()

    def hold(self, name: str) -> None:
        """Wait until no other transaction holds `name`, and hold it until this one ends.

        For what has no row yet that could be locked. Writers on SQLite come one after the other anyway.
        """
        if self.session.get_bind().dialect.name == "postgresql":
            self.session.execute(
                text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name}
            )

    def announce(self, topic: str) -> None:
        """Tell listeners of `topic`, after the commit, that something there has changed."""
        if topic not in self.topics:
            self.topics.append(topic)


class Database:
    """Reading and writing units over one engine."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.publish: Publisher = lambda topics: None
        self.digest: Digest = _no_digest
        self._is_sqlite = engine.dialect.name == "sqlite"
        # One writer at a time on SQLite: waiting on a lock in the process is fair and quick, waiting in
        # SQLite's busy handler is neither.
        self._writer = threading.Lock()

    @contextmanager
    def read(self) -> Iterator[Unit]:
        """A view of one moment, however long it is looked at; anything written in it is dropped."""
        with Session(self.engine, expire_on_commit=False) as session:
            if not self._is_sqlite:
                # PostgreSQL would show each query what was committed since the one before.
                session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            # Closing ends the transaction and leaves what was read usable.
            yield Unit(session, self.digest)

    @contextmanager
    def write(self) -> Iterator[Unit]:
        """A transaction: commits when the block ends, rolls back when it raises."""
        if not self._is_sqlite:
            yield from self._transaction({})
            return
        with self._writer:
            yield from self._transaction({"kakanai_write": True})

    @contextmanager
    def between_writes(self) -> Iterator[None]:
        """On SQLite nobody writes meanwhile: for what is done to the file as a whole."""
        with self._writer:
            yield

    def _transaction(self, options: dict[str, Any]) -> Iterator[Unit]:
        with Session(self.engine, expire_on_commit=False) as session:
            if options:
                session.connection(execution_options=options)
            unit = Unit(session, self.digest)
            try:
                yield unit
                if unit.topics and not self._is_sqlite:
                    self._notify(session, unit.topics)
                session.commit()
            except BaseException:
                session.rollback()
                raise
        if unit.topics:
            self.publish(unit.topics)

    @staticmethod
    def _notify(session: Session, topics: Sequence[str]) -> None:
        for topic in topics:
            session.execute(text("SELECT pg_notify('kakanai', :topic)"), {"topic": topic})


def _no_digest(_content: bytes) -> str:
    raise NoDigestKeyError


def one_of(unit: Unit, model: type[Model], tenant_id: str, key: str, *, lock: bool = False) -> Model:
    """The row `key` if it belongs to this tenant. Raises NotThereError otherwise, without telling which."""
    query = select(model).where(model.id == key, model.tenant_id == tenant_id)  # type: ignore[attr-defined]
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = unit.first(query)
    if row is None:
        raise NotThereError(model.__name__)
    return row
