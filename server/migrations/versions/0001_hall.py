"""The hall: office, line, people and stations, keys, journal, papers."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SQLITE_TRIGGERS = (
    "CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal_entry "
    "BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END",
    "CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal_entry "
    "BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END",
    # INSERT OR REPLACE deletes the row that stands in its way without firing a delete trigger.
    "CREATE TRIGGER journal_no_replace BEFORE INSERT ON journal_entry "
    "WHEN EXISTS (SELECT 1 FROM journal_entry WHERE id = NEW.id "
    "OR (tenant_id = NEW.tenant_id AND seq = NEW.seq)) "
    "BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END",
)
POSTGRESQL_TRIGGERS = (
    "CREATE FUNCTION journal_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'the journal is append-only'; END $$",
    "CREATE TRIGGER journal_append_only BEFORE UPDATE OR DELETE ON journal_entry "
    "FOR EACH ROW EXECUTE FUNCTION journal_refuse()",
    "CREATE TRIGGER journal_no_truncate BEFORE TRUNCATE ON journal_entry "
    "FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse()",
)


def own() -> tuple[sa.Column[str], ...]:
    """The columns that every table has."""
    return (
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("tenant_id", sa.String(40), nullable=False),
        sa.Column("site_id", sa.String(40), nullable=False),
    )


def upgrade() -> None:
    """The tables that a ticket and a call need."""
    op.create_table(
        "site",
        *own(),
        sa.Column("municipality_code", sa.String(6), nullable=False),
        sa.Column("municipality_ja", sa.String(40), nullable=False),
        sa.Column("municipality_en", sa.String(80), nullable=False),
        sa.Column("name_ja", sa.String(40), nullable=False),
        sa.Column("name_en", sa.String(80), nullable=False),
        sa.Column("address", sa.String(200), nullable=False),
        sa.UniqueConstraint("tenant_id", "site_id", name="uq_site_tenant_id_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_site"),
    )
    op.create_index("ix_site_tenant_id", "site", ["tenant_id"])
    op.create_table(
        "service_class",
        *own(),
        sa.Column("code", sa.String(20), nullable=False),
        sa.Column("letter", sa.String(2), nullable=False),
        sa.Column("name_ja", sa.String(40), nullable=False),
        sa.Column("name_en", sa.String(40), nullable=False),
        sa.Column("prepare_ja", sa.Text(), nullable=False),
        sa.Column("prepare_en", sa.Text(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.UniqueConstraint("tenant_id", "site_id", "code", name="uq_service_class_tenant_id_site_id_code"),
        sa.PrimaryKeyConstraint("id", name="pk_service_class"),
    )
    op.create_index("ix_service_class_tenant_id", "service_class", ["tenant_id"])
    op.create_table(
        "desk",
        *own(),
        sa.Column("number", sa.String(10), nullable=False),
        sa.Column("classes", sa.String(200), nullable=False),
        sa.UniqueConstraint("tenant_id", "site_id", "number", name="uq_desk_tenant_id_site_id_number"),
        sa.PrimaryKeyConstraint("id", name="pk_desk"),
    )
    op.create_index("ix_desk_tenant_id", "desk", ["tenant_id"])
    op.create_table(
        "business_day",
        *own(),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.UniqueConstraint(
            "tenant_id", "site_id", "date", "round", name="uq_business_day_tenant_id_site_id_date_round"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_business_day"),
    )
    op.create_index("ix_business_day_tenant_id", "business_day", ["tenant_id"])
    op.create_table(
        "ticket_counter",
        *own(),
        sa.Column("business_day_id", sa.String(36), nullable=False),
        sa.Column("service_class", sa.String(20), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["business_day_id"], ["business_day.id"], name="fk_ticket_counter_business_day_id"
        ),
        sa.UniqueConstraint(
            "tenant_id",
            "business_day_id",
            "service_class",
            name="uq_ticket_counter_tenant_id_business_day_id_service_class",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_ticket_counter"),
    )
    op.create_index("ix_ticket_counter_tenant_id", "ticket_counter", ["tenant_id"])
    op.create_table(
        "ticket",
        *own(),
        sa.Column("business_day_id", sa.String(36), nullable=False),
        sa.Column("service_class", sa.String(20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(10), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("language", sa.String(5), nullable=False),
        sa.Column("station", sa.String(40), nullable=True),
        sa.Column("ahead", sa.Integer(), nullable=False),
        sa.Column("public_token", sa.String(40), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("served_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("desk", sa.String(10), nullable=True),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["business_day_id"], ["business_day.id"], name="fk_ticket_business_day_id"),
        sa.UniqueConstraint("public_token", name="uq_ticket_public_token"),
        sa.UniqueConstraint(
            "tenant_id",
            "business_day_id",
            "service_class",
            "number",
            name="uq_ticket_tenant_id_business_day_id_service_class_number",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_ticket"),
    )
    op.create_index("ix_ticket_business_day_id", "ticket", ["business_day_id"])
    op.create_index("ix_ticket_state", "ticket", ["state"])
    op.create_index("ix_ticket_tenant_id", "ticket", ["tenant_id"])
    op.create_table(
        "board",
        *own(),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.UniqueConstraint("tenant_id", "site_id", name="uq_board_tenant_id_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_board"),
    )
    op.create_index("ix_board_tenant_id", "board", ["tenant_id"])
    op.create_table(
        "data_key",
        *own(),
        sa.Column("purpose", sa.String(40), nullable=False),
        sa.Column("master_id", sa.String(16), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("destroyed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_data_key"),
    )
    op.create_index("ix_data_key_tenant_id", "data_key", ["tenant_id"])
    op.create_table(
        "card_read",
        *own(),
        sa.Column("ticket_id", sa.String(36), nullable=True),
        sa.Column("reception_id", sa.String(36), nullable=True),
        sa.Column("station", sa.String(40), nullable=False),
        sa.Column("mode", sa.String(10), nullable=False),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("tries_left", sa.Integer(), nullable=True),
        sa.Column("key_id", sa.String(36), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attached_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_card_read"),
    )
    op.create_index("ix_card_read_reception_id", "card_read", ["reception_id"])
    op.create_index("ix_card_read_tenant_id", "card_read", ["tenant_id"])
    op.create_index("ix_card_read_ticket_id", "card_read", ["ticket_id"])
    op.create_table(
        "staff",
        *own(),
        sa.Column("login", sa.String(40), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("department", sa.String(20), nullable=True),
        sa.Column("password_hash", sa.String(200), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.UniqueConstraint("tenant_id", "login", name="uq_staff_tenant_id_login"),
        sa.PrimaryKeyConstraint("id", name="pk_staff"),
    )
    op.create_index("ix_staff_tenant_id", "staff", ["tenant_id"])
    op.create_table(
        "staff_session",
        *own(),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("staff_id", sa.String(36), nullable=False),
        sa.Column("station", sa.String(40), nullable=True),
        sa.Column("csrf", sa.String(40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_staff_session_staff_id"),
        sa.UniqueConstraint("token_hash", name="uq_staff_session_token_hash"),
        sa.PrimaryKeyConstraint("id", name="pk_staff_session"),
    )
    op.create_index("ix_staff_session_tenant_id", "staff_session", ["tenant_id"])
    op.create_table(
        "station",
        *own(),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("desk", sa.String(20), nullable=True),
        sa.Column("public_key", sa.String(200), nullable=False),
        sa.Column("base_url", sa.String(100), nullable=True),
        sa.Column("revoked", sa.Boolean(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reader", sa.String(20), nullable=False),
        sa.Column("ticket_printer", sa.String(20), nullable=False),
        sa.Column("page_printer", sa.String(20), nullable=False),
        sa.UniqueConstraint("tenant_id", "name", name="uq_station_tenant_id_name"),
        sa.PrimaryKeyConstraint("id", name="pk_station"),
    )
    op.create_index("ix_station_tenant_id", "station", ["tenant_id"])
    op.create_table(
        "journal_head",
        *own(),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.UniqueConstraint("tenant_id", name="uq_journal_head_tenant_id"),
        sa.PrimaryKeyConstraint("id", name="pk_journal_head"),
    )
    op.create_index("ix_journal_head_tenant_id", "journal_head", ["tenant_id"])
    op.create_table(
        "journal_entry",
        *own(),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event", sa.String(60), nullable=False),
        sa.Column("actor", sa.String(40), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("station", sa.String(40), nullable=True),
        sa.Column("desk", sa.String(20), nullable=True),
        sa.Column("subject", sa.String(60), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("key_id", sa.String(36), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.UniqueConstraint("tenant_id", "seq", name="uq_journal_entry_tenant_id_seq"),
        sa.PrimaryKeyConstraint("id", name="pk_journal_entry"),
    )
    op.create_index("ix_journal_entry_event", "journal_entry", ["event"])
    op.create_index("ix_journal_entry_subject", "journal_entry", ["subject"])
    op.create_index("ix_journal_entry_tenant_id", "journal_entry", ["tenant_id"])
    op.create_table(
        "idempotency_record",
        *own(),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("request_digest", sa.String(64), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("tenant_id", "key", name="uq_idempotency_record_tenant_id_key"),
        sa.PrimaryKeyConstraint("id", name="pk_idempotency_record"),
    )
    op.create_index("ix_idempotency_record_tenant_id", "idempotency_record", ["tenant_id"])
    op.create_table(
        "print_job",
        *own(),
        sa.Column("station", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("subject", sa.String(36), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("document", sa.String(36), nullable=True),
        sa.Column("key_id", sa.String(36), nullable=True),
        sa.Column("copy_no", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("problem", sa.String(20), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_print_job"),
    )
    op.create_index("ix_print_job_state", "print_job", ["state"])
    op.create_index("ix_print_job_station", "print_job", ["station"])
    op.create_index("ix_print_job_subject", "print_job", ["subject"])
    op.create_index("ix_print_job_tenant_id", "print_job", ["tenant_id"])
    _append_only()


def _append_only() -> None:
    """The journal takes new entries and nothing else, whoever holds the connection."""
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE_TRIGGERS if on_sqlite else POSTGRESQL_TRIGGERS:
        op.execute(sa.text(statement))
