"""The journal: each event once, sealed where it is personal, and no way to change it unseen."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import text
from sqlmodel import col, select

from server.db.context import Context
from server.db.uow import Database, Unit
from server.db.vault import Vault
from server.journal import catalogue, queries, service
from server.journal.catalogue import UnknownEventError, event_kinds
from server.journal.models import JournalEntry, JournalHead
from server.journal.queries import ChainProof, verify
from server.journal.service import PersonalFieldUnsealedError, record
from server.queue import service as queue
from server.web.services import Services
from tests.factories.people import SITE, SYSTEM, TENANT
from tests.factories.visits import issue

Attack = Callable[[Any], None]


def entries(db: Database) -> list[JournalEntry]:
    with db.read() as unit:
        return unit.all(select(JournalEntry).order_by(col(JournalEntry.seq)))


def proof(db: Database) -> ChainProof:
    with db.read() as unit:
        return verify(unit, TENANT)


def attacked(db: Database, attack: Attack) -> ChainProof:
    """The proof after somebody with the database in their hands has switched its guards off."""
    with db.engine.begin() as connection:
        if db.engine.dialect.name == "sqlite":
            for name in ("journal_no_update", "journal_no_delete", "journal_no_replace"):
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
        else:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        attack(connection)
    return proof(db)


def change(statement: str, **values: Any) -> Attack:
    """An attack that is one statement; it has to hit something."""

    def attack(connection: Any) -> None:
        assert connection.execute(text(statement), values).rowcount > 0

    return attack


@pytest.fixture
def chain(db: Database, vault: Vault) -> Database:
    """Eight entries, one of them with a sealed part."""
    for number in range(6):
        with db.write() as unit:
            record(unit, SYSTEM, "ticket.absent", f"ticket-{number}", label=f"B{number:03d}")
    with db.write() as unit:
        key = vault.new_key(unit, SYSTEM, "reception")
        record(
            unit, SYSTEM, "reception.person_added", "r1", key=key, person="p", name="見本　太郎", birth="1973"
        )
    return db


def test_an_untouched_chain_is_whole(chain: Database) -> None:
    found = proof(chain)
    assert (found.whole, found.entries) == (True, 8)
    assert found.head == entries(chain)[-1].digest
    assert [entry.seq for entry in entries(chain)] == list(range(1, 9))


def test_an_empty_chain_is_whole(chain: Database) -> None:
    with chain.read() as unit:
        assert verify(unit, "elsewhere") == ChainProof("elsewhere", 0, service.GENESIS)


COLUMNS = {
    "at": "2020-01-01 00:00:00.000000",
    "event": "ticket.called",
    "actor": "somebody",
    "role": "clerk",
    "station": "kiosk-9",
    "desk": "9",
    "subject": "another",
    "payload": "{}",
    "key_id": "another",
    "site_id": "elsewhere",
    "previous": "0" * 64,
    "digest": "f" * 64,
    "id": "0190aaaa-0000-7000-8000-000000000009",
}


@pytest.mark.parametrize("column", COLUMNS)
def test_a_changed_column_is_found(chain: Database, column: str) -> None:
    """Whichever column: what the digest does not cover could be rewritten for ever."""
    statement = f"UPDATE journal_entry SET {column} = :value WHERE seq = 4"
    found = attacked(chain, change(statement, value=COLUMNS[column]))
    assert (found.whole, found.broken_at) in ((False, 4), (False, 5))


def test_every_column_is_attacked() -> None:
    """A column that is added and forgotten in the digest shows here."""
    assert set(JournalEntry.model_fields) == {*COLUMNS, "seq", "tenant_id", "sealed"}


def test_changed_ciphertext_is_found(chain: Database) -> None:
    found = attacked(chain, change("UPDATE journal_entry SET sealed = :v WHERE seq = 8", v=b"other bytes"))
    assert found.broken_at == 8
    again = attacked_again(chain, change("UPDATE journal_entry SET sealed = NULL WHERE seq = 8"))
    assert again.broken_at == 8


def attacked_again(db: Database, attack: Attack) -> ChainProof:
    with db.engine.begin() as connection:
        if db.engine.dialect.name != "sqlite":
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        attack(connection)
    return proof(db)


def test_a_deleted_entry_is_found(chain: Database) -> None:
    found = attacked(chain, change("DELETE FROM journal_entry WHERE seq = 3"))
    assert (found.broken_at, found.reason) == (3, "an entry is missing")


def test_missing_entries_at_the_end_are_found(chain: Database) -> None:
    found = attacked(chain, change("DELETE FROM journal_entry WHERE seq > 6"))
    assert (found.broken_at, found.reason) == (7, "entries are missing at the end")


def test_a_whole_chain_that_is_gone_is_found(chain: Database) -> None:
    assert attacked(chain, change("DELETE FROM journal_entry")).broken_at == 1


def test_a_lost_head_is_found(chain: Database) -> None:
    assert not attacked(chain, change("DELETE FROM journal_head")).whole


def test_an_entry_moved_to_another_place_is_found(chain: Database) -> None:
    def swap(connection: Any) -> None:
        for old, new in ((3, 93), (4, 3), (93, 4)):
            connection.execute(
                text("UPDATE journal_entry SET seq = :new WHERE seq = :old"), {"old": old, "new": new}
            )

    found = attacked(chain, swap)
    assert found.broken_at == 3


def test_an_inserted_entry_is_found_even_with_a_right_digest(chain: Database) -> None:
    """Somebody who knows how digests are made and writes one entry between two others."""

    def insert(connection: Any) -> None:
        connection.execute(text("UPDATE journal_entry SET seq = seq + 100 WHERE seq > 5"))
        connection.execute(text("UPDATE journal_entry SET seq = seq - 99 WHERE seq > 100"))
        fifth = entries(chain)[4]
        forged = JournalEntry(
            tenant_id=TENANT,
            site_id=SITE,
            seq=6,
            at=fifth.at,
            event="ticket.absent",
            actor="system",
            role="system",
            subject="forged",
            payload="{}",
            previous=fifth.digest,
            digest="",
        )
        forged.digest = service.digest_of(forged)
        connection.execute(JournalEntry.__table__.insert(), forged.model_dump())  # type: ignore[attr-defined]

    assert attacked(chain, insert).broken_at == 7


def test_the_database_itself_refuses_to_change_the_journal(chain: Database) -> None:
    """Nobody has to hold a trigger's name to be kept out: any connection is."""
    statements = [
        "UPDATE journal_entry SET actor = 'x' WHERE seq = 1",
        "DELETE FROM journal_entry WHERE seq = 8",
        "DELETE FROM journal_entry",
    ]
    if chain.engine.dialect.name == "sqlite":
        statements.append("INSERT OR REPLACE INTO journal_entry SELECT * FROM journal_entry WHERE seq = 2")
    else:
        statements.append("TRUNCATE journal_entry")
    for statement in statements:
        with pytest.raises(Exception, match="append-only"), chain.engine.begin() as connection:
            connection.exec_driver_sql(statement)
    assert proof(chain).whole


def test_an_unknown_event_or_field_ends_the_transaction(db: Database) -> None:
    before = len(entries(db))
    made_up: list[tuple[str, dict[str, Any]]] = [
        ("ticket.lost", {}),
        ("ticket.absent", {"label": "B001", "name": "x"}),
    ]
    for event, fields in made_up:
        with pytest.raises(UnknownEventError), db.write() as unit:
            record(unit, SYSTEM, event, "t1", **fields)
    assert len(entries(db)) == before


def test_a_personal_field_without_a_key_ends_the_transaction(services: Services) -> None:
    """Nothing happens unrecorded: the business change goes with the entry that could not be written."""
    day = len(entries(services.db))

    def change_and_fail(unit: Unit) -> None:
        queue.issue(unit, SYSTEM, "move")
        record(unit, SYSTEM, "reception.person_added", "r1", person="p", name="見本　太郎")

    with pytest.raises(PersonalFieldUnsealedError), services.db.write() as unit:
        change_and_fail(unit)
    with services.db.read() as unit:
        assert unit.session.execute(text("SELECT count(*) FROM ticket")).scalar_one() == 0
    assert len(entries(services.db)) == day
    assert issue(services).label == "B001", "the number was not used up either"


def test_a_journal_that_cannot_be_written_stops_the_change(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(queue, "record", full)
    with pytest.raises(OSError, match="no space"):
        issue(services)
    monkeypatch.undo()
    with services.db.read() as unit:
        for table in ("ticket", "ticket_counter", "print_job"):
            assert unit.session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0


def test_personal_fields_are_sealed_and_open_with_their_key(chain: Database, vault: Vault) -> None:
    entry = entries(chain)[-1]
    assert json.loads(entry.payload) == {"person": "p"}
    assert entry.sealed is not None
    assert "見本".encode() not in entry.sealed
    with chain.read() as unit:
        key = vault.key(unit, SYSTEM, entry.key_id or "")
    assert key.open(entry.sealed, f"journal:{entry.id}") == {"name": "見本　太郎", "birth": "1973"}


def test_forgetting_leaves_the_proof_whole(chain: Database, vault: Vault) -> None:
    entry = entries(chain)[-1]
    with chain.write() as unit:
        vault.destroy(unit, SYSTEM, entry.key_id or "")
    assert proof(chain).whole


def test_municipalities_have_chains_of_their_own(db: Database) -> None:
    other = Context("elsewhere", "hall", "system", "system")
    with db.write() as unit:
        record(unit, other, "day.closed", "d1", date="2026-11-23")
        record(unit, SYSTEM, "day.closed", "d2", date="2026-11-23")
        record(unit, other, "day.closed", "d3", date="2026-11-23")
    with db.read() as unit:
        assert queries.tenants(unit) == ["elsewhere", TENANT]
        assert [verify(unit, tenant).entries for tenant in ("elsewhere", TENANT)] == [2, 2]
        assert (
            unit.session.exec(select(JournalHead).where(JournalHead.tenant_id == "elsewhere")).one().seq == 2
        )


def test_a_screen_reads_what_happened_in_its_language(chain: Database) -> None:
    with chain.read() as unit:
        japanese = queries.steps(unit, TENANT, ["ticket-1", "r1"], "ja")
        english = queries.steps(unit, TENANT, ["ticket-1", "r1"], "en")
    assert [step.meaning for step in english] == ["Nobody came when called", "A person was entered by hand"]
    assert [step.seq for step in japanese] == [3, 8]
    assert "見本" not in repr(japanese)


def test_no_event_declares_a_field_that_cannot_be_given() -> None:
    """`key=` seals: a field of that name would be taken for a key and never be written."""
    taken = {"unit", "ctx", "event", "subject", "key"}
    for kind in event_kinds().values():
        assert not taken & (kind.fields | kind.personal), kind.name
        assert not kind.fields & kind.personal, kind.name
        assert kind.meaning_ja
        assert kind.meaning_en


def test_free_text_and_attributes_are_personal() -> None:
    """What a clerk types may name somebody; what a card or register says does."""
    for name in ("reason", "name", "birth", "address", "sex", "query", "value", "residents"):
        open_in = {kind.name for kind in event_kinds().values() if name in kind.fields}
        # Fixed words of the program, never typed by anybody.
        assert open_in <= {
            "ticket.cancelled",
            "card.forgotten",
            "protection.referred",
            "print.cancelled",
            "staff.refused",
            "data.forgotten",
            "reception.searched",
            # The name of the fact, never of a person.
            "reception.fact_set",
        }, name


def test_every_event_is_recorded_somewhere_and_every_recorded_one_exists() -> None:
    """An event that nobody records is a promise of the documents that is not kept."""
    root = Path(service.__file__).parents[2]
    source = "\n".join(
        path.read_text(encoding="utf-8")
        for folder in ("server", "kiosk", "counter")
        for path in (root / folder).rglob("*.py")
    )
    unused = [name for name in event_kinds() if f'"{name}"' not in source]
    assert unused == []


def test_the_catalogue_is_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = yaml.safe_load((Path(catalogue.__file__).parent / "events.yaml").read_text(encoding="utf-8"))
    assert set(raw["events"]) == set(event_kinds())
