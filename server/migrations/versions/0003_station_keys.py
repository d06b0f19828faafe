"""Stations: one-time codes, numbered messages, nonces that processes share, and what troubles a reader."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def own() -> tuple[sa.Column[str], ...]:
    """The columns that every table has."""
    return (
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("tenant_id", sa.String(40), nullable=False),
        sa.Column("site_id", sa.String(40), nullable=False),
    )


def upgrade() -> None:
    """What the enrolment of a station and its messages need."""
    op.add_column("station", sa.Column("key_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("station", sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("station", sa.Column("trouble", sa.String(20), nullable=True))
    op.add_column("station", sa.Column("trouble_since", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "station_code",
        *own(),
        sa.Column("station", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("desk", sa.String(20), nullable=True),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("issued_by", sa.String(36), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_station_code"),
    )
    op.create_index("ix_station_code_tenant_id", "station_code", ["tenant_id"])
    op.create_index("ix_station_code_station", "station_code", ["station"])
    op.create_table(
        "station_sequence",
        *own(),
        sa.Column("station_id", sa.String(36), nullable=False),
        sa.Column("lane", sa.String(20), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("station_id", "lane", name="uq_station_sequence_station_id_lane"),
        sa.PrimaryKeyConstraint("id", name="pk_station_sequence"),
    )
    op.create_index("ix_station_sequence_tenant_id", "station_sequence", ["tenant_id"])
    op.create_table(
        "station_nonce",
        *own(),
        sa.Column("nonce", sa.String(32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("nonce", name="uq_station_nonce_nonce"),
        sa.PrimaryKeyConstraint("id", name="pk_station_nonce"),
    )
    op.create_index("ix_station_nonce_tenant_id", "station_nonce", ["tenant_id"])
    op.create_index("ix_station_nonce_at", "station_nonce", ["at"])
