"""Pre-entry: the keys that residents' codes are sealed to, and the codes that receptions have taken in."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
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
    """Keys and taken codes."""
    op.create_table(
        "preentry_key",
        *own(),
        sa.Column("name", sa.String(8), nullable=False),
        sa.Column("public", sa.String(64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("data_key_id", sa.String(36), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("destroyed_at", sa.DateTime(timezone=True), nullable=True),
        sa.UniqueConstraint("tenant_id", "name", name="uq_preentry_key_tenant_id_name"),
        sa.PrimaryKeyConstraint("id", name="pk_preentry_key"),
    )
    op.create_index("ix_preentry_key_tenant_id", "preentry_key", ["tenant_id"])
    op.create_table(
        "preentry_code",
        *own(),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("reception_id", sa.String(36), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(40), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.Column("replaced", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["reception_id"], ["reception.id"], name="fk_preentry_code_reception_id_reception"
        ),
        sa.UniqueConstraint("reception_id", "digest", name="uq_preentry_code_reception_id_digest"),
        sa.PrimaryKeyConstraint("id", name="pk_preentry_code"),
    )
    op.create_index("ix_preentry_code_tenant_id", "preentry_code", ["tenant_id"])
    op.create_index("ix_preentry_code_digest", "preentry_code", ["digest"])
    op.create_index("ix_preentry_code_reception_id", "preentry_code", ["reception_id"])
