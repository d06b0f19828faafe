"""Keys for personal columns: sealed, bound to their place, and gone for good when destroyed."""

import sqlite3
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from server.bootstrap import open_vault
from server.db.uow import Database, NotThereError
from server.db.vault import (
    DataKey,
    DataKeyRow,
    KeyDestroyedError,
    Vault,
    VaultDamagedError,
    master_from,
)
from server.settings import Settings, SettingsRefusedError
from tests.factories.people import SYSTEM

KEY = DataKey("k1", bytes(range(32)))
SECRET = {"name": "葛\U000e0100城　凛", "birth": "1992-12-24", "old": None, "list": [1, True]}


def test_what_is_sealed_comes_back_unchanged() -> None:
    assert KEY.open(KEY.seal(SECRET, "person:1"), "person:1") == SECRET


@given(st.binary(max_size=200))
def test_bytes_come_back_unchanged_and_never_look_the_same(plain: bytes) -> None:
    first, second = KEY.seal_bytes(plain, "x"), KEY.seal_bytes(plain, "x")
    assert first != second
    assert KEY.open_bytes(first, "x") == KEY.open_bytes(second, "x") == plain


def test_every_altered_byte_is_noticed() -> None:
    sealed = KEY.seal(SECRET, "person:1")
    for at in range(len(sealed)):
        altered = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        with pytest.raises(VaultDamagedError):
            KEY.open(altered, "person:1")
    for broken in (sealed[:-1], sealed + b"x", b"", sealed[:12]):
        with pytest.raises(VaultDamagedError):
            KEY.open(broken, "person:1")


def test_a_value_opens_only_where_it_was_put() -> None:
    """Copied into another row, or under another key's name, it is nobody's."""
    sealed = KEY.seal(SECRET, "person:1")
    for key, about in (
        (KEY, "person:2"),
        (KEY, "fact:1"),
        (DataKey("k2", KEY.secret), "person:1"),
        (DataKey("k1", bytes(32)), "person:1"),
    ):
        with pytest.raises(VaultDamagedError):
            key.open(sealed, about)


def test_a_key_shows_nothing_of_itself() -> None:
    assert repr(KEY) == "DataKey(id='k1')"


def test_a_new_key_is_stored_wrapped_only(db: Database, vault: Vault) -> None:
    with db.write() as unit:
        key = vault.new_key(unit, SYSTEM, "reception")
    with db.read() as unit:
        row = unit.session.exec(select(DataKeyRow).where(DataKeyRow.id == key.id)).one()
        assert row.wrapped is not None
        assert key.secret not in row.wrapped
        assert vault.key(unit, SYSTEM, key.id) == key
        assert row.master_id == vault.master_id


def test_a_destroyed_key_opens_nothing_any_more(db: Database, vault: Vault) -> None:
    with db.write() as unit:
        key = vault.new_key(unit, SYSTEM, "reception")
        vault.destroy(unit, SYSTEM, key.id)
    with db.read() as unit:
        with pytest.raises(KeyDestroyedError):
            vault.key(unit, SYSTEM, key.id)
        row = unit.session.exec(select(DataKeyRow).where(DataKeyRow.id == key.id)).one()
        assert row.destroyed_at is not None, "that it was there stays provable"


def test_a_destroyed_key_does_not_lie_on_in_the_file(tmp_path: Path, vault: Vault) -> None:
    """SQLite leaves deleted bytes in the free space of a page unless it is told otherwise; with the master
    key they would open everything that was to be forgotten."""
    from server.db import engine as engines
    from server.db.migrate import upgrade

    file = tmp_path / "kakanai.db"
    engine = engines.create(f"sqlite:///{file}")
    upgrade(engine)
    db, wrapped = Database(engine), list[bytes]()
    for _ in range(30):
        with db.write() as unit:
            key = vault.new_key(unit, SYSTEM, "reception")
            wrapped.append(
                unit.session.exec(select(DataKeyRow).where(DataKeyRow.id == key.id)).one().wrapped or b""
            )
        with db.write() as unit:
            vault.destroy(unit, SYSTEM, key.id)
    engine.dispose()
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    raw = file.read_bytes()
    assert [one for one in wrapped if one[12:] in raw] == []


def test_the_wrong_key_file_is_named_as_such(db: Database, vault: Vault) -> None:
    with db.write() as unit:
        key = vault.new_key(unit, SYSTEM, "reception")
    with db.read() as unit, pytest.raises(VaultDamagedError, match="key file"):
        Vault(bytes(32)).key(unit, SYSTEM, key.id)


def test_a_wrapped_key_in_another_row_is_refused(db: Database, vault: Vault) -> None:
    """Otherwise one municipality's clerk with a database tool could read with another reception's key."""
    with db.write() as unit:
        first, second = vault.new_key(unit, SYSTEM, "a"), vault.new_key(unit, SYSTEM, "b")
        rows = {row.id: row for row in unit.all(select(DataKeyRow))}
        rows[first.id].wrapped = rows[second.id].wrapped
        unit.add(rows[first.id])
    with db.read() as unit, pytest.raises(VaultDamagedError):
        vault.key(unit, SYSTEM, first.id)


def test_another_municipalitys_key_is_not_there(db: Database, vault: Vault) -> None:
    from dataclasses import replace

    with db.write() as unit:
        key = vault.new_key(unit, SYSTEM, "reception")
    with db.read() as unit, pytest.raises(NotThereError):
        vault.key(unit, replace(SYSTEM, tenant_id="elsewhere"), key.id)


def test_the_master_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "master.key"
    made = master_from(path, create=True)
    assert len(made) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert master_from(path, create=True) == made
    assert master_from(path, create=False) == made


def test_a_damaged_key_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    path.write_bytes(b"short")
    with pytest.raises(VaultDamagedError, match=r"master\.key"):
        master_from(path, create=True)
    with pytest.raises(FileNotFoundError):
        master_from(tmp_path / "none", create=False)


def test_production_makes_no_key_of_its_own(tmp_path: Path) -> None:
    """A server that lost its key and made another would go on, and nobody could read anything."""
    settings = Settings(env="production", state_dir=tmp_path, protection_declared="x")
    with pytest.raises(SettingsRefusedError, match=r"master\.key"):
        open_vault(settings)
    assert not (tmp_path / "master.key").exists()
