"""The municipality's own rules: every version of its overlay."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The table of the versions."""
    op.create_table(
        "overlay_version",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("tenant_id", sa.String(40), nullable=False),
        sa.Column("site_id", sa.String(40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("based_on", sa.Integer(), nullable=True),
        sa.Column("author", sa.String(40), nullable=False),
        sa.Column("editors", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=True),
        sa.Column("proposed_by", sa.String(40), nullable=True),
        sa.Column("decided_by", sa.String(40), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approval", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(400), nullable=False),
        sa.UniqueConstraint("tenant_id", "number", name="uq_overlay_version_tenant_id_number"),
        sa.PrimaryKeyConstraint("id", name="pk_overlay_version"),
    )
    op.create_index("ix_overlay_version_tenant_id", "overlay_version", ["tenant_id"])
