"""The files of the rules that were last read without a fault."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One row for each municipality."""
    op.create_table(
        "good_files",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("tenant_id", sa.String(40), nullable=False),
        sa.Column("site_id", sa.String(40), nullable=False),
        sa.Column("municipality", sa.String(10), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("texts", sa.Text(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("faulty_since", sa.DateTime(timezone=True), nullable=True),
        sa.UniqueConstraint("tenant_id", "municipality", name="uq_good_files_tenant_id_municipality"),
        sa.PrimaryKeyConstraint("id", name="pk_good_files"),
    )
    op.create_index("ix_good_files_tenant_id", "good_files", ["tenant_id"])
