"""The life events of a reception: several at once, by the codes of the rules."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What the first release called a kind (move, certificate) becomes its event."""
    with op.batch_alter_table("reception") as reception:
        reception.alter_column(
            "kind",
            new_column_name="events",
            existing_type=sa.String(10),
            type_=sa.String(120),
            existing_nullable=False,
        )
    op.execute("UPDATE reception SET events = 'MOVE' WHERE events = 'move'")
    op.execute("UPDATE reception SET events = 'CERT' WHERE events = 'certificate'")
