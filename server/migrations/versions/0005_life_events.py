"""The life events of a reception: several at once, by the codes of the rules."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What the first release called a kind (move, certificate) becomes its event."""
    op.add_column(
        "reception", sa.Column("events", sa.String(120), nullable=False, server_default=sa.text("''"))
    )
    op.execute("UPDATE reception SET events = 'MOVE' WHERE kind = 'move'")
    op.execute("UPDATE reception SET events = 'CERT' WHERE kind = 'certificate'")
    op.drop_column("reception", "kind")
