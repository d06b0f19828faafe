"""Alembic's entry: runs the revisions on the engine it is given."""

from alembic import context
from sqlalchemy import Engine

from server import tables

engine: Engine = context.config.attributes["engine"]

with engine.connect().execution_options(kakanai_write=True) as connection:
    context.configure(
        connection=connection,
        target_metadata=tables.metadata,
        transactional_ddl=True,
        transaction_per_migration=True,
        render_as_batch=engine.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()
