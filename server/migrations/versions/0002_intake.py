"""The intake: receptions, what goes to the core, the departments' work."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
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
    """The tables that an acceptance needs."""
    op.create_table(
        "reception",
        *own(),
        sa.Column("number", sa.String(30), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("ticket_id", sa.String(36), nullable=True),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("desk", sa.String(10), nullable=False),
        sa.Column("staff_id", sa.String(36), nullable=False),
        sa.Column("language", sa.String(5), nullable=False),
        sa.Column("key_id", sa.String(36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("relation", sa.String(20), nullable=True),
        sa.Column("identity_method", sa.String(20), nullable=True),
        sa.Column("identity_documents", sa.String(100), nullable=True),
        sa.Column("filer_person_id", sa.String(36), nullable=True),
        sa.Column("bearer_person_id", sa.String(36), nullable=True),
        sa.Column("protection", sa.String(8), nullable=False),
        sa.Column("released_by", sa.String(36), nullable=True),
        sa.Column("gathered_from", sa.String(10), nullable=True),
        sa.Column("core_as_of", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed", sa.Boolean(), nullable=False),
        sa.Column("confirmed_how", sa.String(10), nullable=True),
        sa.Column("disputed", sa.String(200), nullable=True),
        sa.UniqueConstraint("tenant_id", "site_id", "number", name="uq_reception_tenant_id_site_id_number"),
        sa.PrimaryKeyConstraint("id", name="pk_reception"),
    )
    op.create_index("ix_reception_state", "reception", ["state"])
    op.create_index("ix_reception_tenant_id", "reception", ["tenant_id"])
    op.create_index("ix_reception_ticket_id", "reception", ["ticket_id"])
    op.create_table(
        "reception_person",
        *own(),
        sa.Column("reception_id", sa.String(36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(10), nullable=False),
        sa.Column("protection", sa.String(8), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["reception_id"], ["reception.id"], name="fk_reception_person_reception_id"),
        sa.UniqueConstraint("reception_id", "position", name="uq_reception_person_reception_id_position"),
        sa.PrimaryKeyConstraint("id", name="pk_reception_person"),
    )
    op.create_index("ix_reception_person_reception_id", "reception_person", ["reception_id"])
    op.create_index("ix_reception_person_tenant_id", "reception_person", ["tenant_id"])
    op.create_table(
        "fact",
        *own(),
        sa.Column("reception_id", sa.String(36), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("source", sa.String(10), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(40), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by", sa.String(40), nullable=True),
        sa.Column("replaced", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["reception_id"], ["reception.id"], name="fk_fact_reception_id"),
        sa.PrimaryKeyConstraint("id", name="pk_fact"),
    )
    op.create_index("ix_fact_reception_id", "fact", ["reception_id"])
    op.create_index("ix_fact_tenant_id", "fact", ["tenant_id"])
    op.create_table(
        "prepared_intake",
        *own(),
        sa.Column("reception_id", sa.String(36), nullable=False),
        sa.Column("form_id", sa.String(40), nullable=False),
        sa.Column("form_version", sa.String(20), nullable=False),
        sa.Column("catalogue_version", sa.String(40), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("form_sha256", sa.String(64), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("frozen", sa.LargeBinary(), nullable=False),
        sa.Column("pdf", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(40), nullable=False),
        sa.Column("dropped", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["reception_id"], ["reception.id"], name="fk_prepared_intake_reception_id"),
        sa.PrimaryKeyConstraint("id", name="pk_prepared_intake"),
    )
    op.create_index("ix_prepared_intake_reception_id", "prepared_intake", ["reception_id"])
    op.create_index("ix_prepared_intake_tenant_id", "prepared_intake", ["tenant_id"])
    op.create_table(
        "held_item",
        *own(),
        sa.Column("reception_id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["reception_id"], ["reception.id"], name="fk_held_item_reception_id"),
        sa.PrimaryKeyConstraint("id", name="pk_held_item"),
    )
    op.create_index("ix_held_item_reception_id", "held_item", ["reception_id"])
    op.create_index("ix_held_item_tenant_id", "held_item", ["tenant_id"])
    op.create_table(
        "feed_position",
        *own(),
        sa.Column("feed", sa.String(20), nullable=False),
        sa.Column("after", sa.Integer(), nullable=False),
        sa.Column("core_up", sa.Boolean(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.UniqueConstraint("tenant_id", "feed", name="uq_feed_position_tenant_id_feed"),
        sa.PrimaryKeyConstraint("id", name="pk_feed_position"),
    )
    op.create_index("ix_feed_position_tenant_id", "feed_position", ["tenant_id"])
    op.create_table(
        "submission",
        *own(),
        sa.Column("key", sa.String(100), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("reception_id", sa.String(36), nullable=False),
        sa.Column("state", sa.String(14), nullable=False),
        sa.Column("key_id", sa.String(36), nullable=False),
        sa.Column("draft", sa.LargeBinary(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.String(40), nullable=True),
        sa.Column("provisional_no", sa.String(40), nullable=True),
        sa.Column("reason_code", sa.String(40), nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.UniqueConstraint("tenant_id", "key", name="uq_submission_tenant_id_key"),
        sa.PrimaryKeyConstraint("id", name="pk_submission"),
    )
    op.create_index("ix_submission_reception_id", "submission", ["reception_id"])
    op.create_index("ix_submission_state", "submission", ["state"])
    op.create_index("ix_submission_tenant_id", "submission", ["tenant_id"])
    op.create_table(
        "work_item",
        *own(),
        sa.Column("department", sa.String(20), nullable=False),
        sa.Column("procedure_id", sa.String(20), nullable=False),
        sa.Column("klass", sa.String(1), nullable=False),
        sa.Column("reception_id", sa.String(36), nullable=False),
        sa.Column("submission_id", sa.String(36), nullable=True),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("protected", sa.Boolean(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("key_id", sa.String(36), nullable=False),
        sa.Column("part", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_by", sa.String(36), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_work_item"),
    )
    op.create_index("ix_work_item_department", "work_item", ["department"])
    op.create_index("ix_work_item_reception_id", "work_item", ["reception_id"])
    op.create_index("ix_work_item_state", "work_item", ["state"])
    op.create_index("ix_work_item_tenant_id", "work_item", ["tenant_id"])
