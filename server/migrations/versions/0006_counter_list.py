"""Documents shown, who signs what, the resident's checklist, and the last change of the guidance."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def own(table: str) -> tuple[sa.Column[str] | sa.Constraint, ...]:
    """The columns that every table of a reception has."""
    return (
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("tenant_id", sa.String(40), nullable=False),
        sa.Column("site_id", sa.String(40), nullable=False),
        sa.Column("reception_id", sa.String(36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(40), nullable=False),
        sa.ForeignKeyConstraint(["reception_id"], ["reception.id"], name=f"fk_{table}_reception_id"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    )


def upgrade() -> None:
    """Three tables that hang on a reception, and one sealed column of its own."""
    op.add_column("reception", sa.Column("last_change", sa.LargeBinary(), nullable=True))
    op.create_table(
        "shown_document",
        *own("shown_document"),
        sa.Column("document_id", sa.String(60), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.String(40), nullable=True),
    )
    op.create_table(
        "signing_choice",
        *own("signing_choice"),
        sa.Column("procedure_id", sa.String(60), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("replaced", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "handout",
        *own("handout"),
        sa.Column("language", sa.String(5), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("pdf", sa.LargeBinary(), nullable=False),
    )
    for table in ("shown_document", "signing_choice", "handout"):
        op.create_index(f"ix_{table}_tenant_id", table, ["tenant_id"])
        op.create_index(f"ix_{table}_reception_id", table, ["reception_id"])
