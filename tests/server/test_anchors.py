"""What was noted outside finds a journal whose end was cut off or that was written anew."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text
from sqlmodel import col, select

from server.cli import main
from server.db.uow import Database
from server.journal import anchors
from server.journal.anchors import Anchor, AnchorUnreadableError, noted, read_anchors
from server.journal.models import JournalEntry, JournalHead
from server.journal.queries import verify
from server.journal.service import GENESIS, digest_of, record
from station.signing import create_key, public_pem
from tests.factories.people import SYSTEM, TENANT


def unguarded(connection: Any, sqlite: bool) -> None:
    """As whoever controls the whole database would begin."""
    if sqlite:
        for name in ("journal_no_update", "journal_no_delete", "journal_no_replace"):
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")
    else:
        connection.execute(text("SET LOCAL session_replication_role = replica"))


def shortened(db: Database, to: int) -> None:
    """The last entries are gone, and the head says so."""
    with db.engine.begin() as connection:
        unguarded(connection, db.engine.dialect.name == "sqlite")
        connection.execute(text("DELETE FROM journal_entry WHERE seq > :to"), {"to": to})
        connection.execute(
            text(
                "UPDATE journal_head SET seq = :to, "
                "digest = (SELECT digest FROM journal_entry WHERE seq = :to)"
            ),
            {"to": to},
        )


def rewritten(db: Database, actor: str) -> None:
    """Every entry says that somebody else did it, and the whole chain was made anew to fit."""
    with db.engine.begin() as connection:
        unguarded(connection, db.engine.dialect.name == "sqlite")
        with db.read() as unit:
            rows = unit.all(select(JournalEntry).order_by(col(JournalEntry.seq)))
        previous = GENESIS
        for row in rows:
            row.actor, row.previous = actor, previous
            previous = row.digest = digest_of(row)
            connection.execute(
                text("UPDATE journal_entry SET actor = :a, previous = :p, digest = :d WHERE seq = :s"),
                {"a": actor, "p": row.previous, "d": row.digest, "s": row.seq},
            )
        connection.execute(text("UPDATE journal_head SET digest = :d"), {"d": previous})


@pytest.fixture
def chain(db: Database) -> Database:
    """A journal of eight entries."""
    with db.write() as unit:
        head = unit.session.exec(select(JournalHead)).one()
        for number in range(8 - head.seq):
            record(unit, SYSTEM, "ticket.absent", f"t{number}", label="B001")
    return db


def stands(db: Database, key: Ed25519PrivateKey | None = None) -> Anchor:
    with db.read() as unit:
        found = anchors.anchor(unit, TENANT, key)
    assert found is not None
    return found


def fault(db: Database, anchor: Anchor, key: Any = None) -> str | None:
    with db.read() as unit:
        return anchors.fault(unit, anchor, key)


def test_a_chain_that_only_grew_leads_to_its_anchors(chain: Database) -> None:
    before = stands(chain)
    with chain.write() as unit:
        record(unit, SYSTEM, "ticket.absent", "t9", label="B001")
    assert (before.seq, stands(chain).seq) == (8, 9)
    assert fault(chain, before) is fault(chain, stands(chain)) is None
    assert fault(chain, noted(TENANT, f"8: {before.digest[:8]} {before.digest[8:16]}")) is None


def test_a_cut_off_end_is_found_by_the_anchor_alone(chain: Database) -> None:
    before = stands(chain)
    shortened(chain, 6)
    with chain.read() as unit:
        assert verify(unit, TENANT).whole, "the chain itself proves nothing here"
    assert "cut off" in (fault(chain, before) or "")
    with chain.write() as unit:
        for number in range(5):
            record(unit, SYSTEM, "ticket.absent", f"other{number}", label="B001")
    assert "written anew" in (fault(chain, before) or ""), "nor does new work cover it up"


def test_a_rewritten_history_is_found_by_the_anchor_alone(chain: Database) -> None:
    before = stands(chain)
    rewritten(chain, "somebody else")
    with chain.read() as unit:
        assert verify(unit, TENANT).whole, "the chain itself proves nothing here"
    assert "written anew" in (fault(chain, before) or "")


def test_a_signed_anchor_cannot_be_made_to_fit(chain: Database) -> None:
    key, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    signed = stands(chain, key)
    (again,) = read_anchors([signed.line, ""])
    assert again == signed
    assert fault(chain, again, key.public_key()) is None
    shortened(chain, 6)
    moved = Anchor(TENANT, 6, stands(chain).digest, signed.at, signed.signature)
    for forged in (moved, stands(chain), stands(chain, other)):
        assert "not signed" in (fault(chain, forged, key.public_key()) or "")


@pytest.mark.parametrize(
    "line",
    [
        "8",
        "{}",
        "[]",
        '{"tenant": "mihon", "seq": 0, "digest": "00000000000000000"}',
        '{"tenant": "mihon", "seq": 8, "digest": "short"}',
        '{"tenant": "mihon", "seq": 8, "digest": "0000000000000000", "at": "yesterday"}',
        '{"tenant": "mihon", "seq": 8, "digest": "0000000000000000", "more": 1}',
        '{"tenant": 1, "seq": 8, "digest": "0000000000000000"}',
    ],
)
def test_a_line_that_is_no_anchor_is_named(line: str) -> None:
    good = Anchor(TENANT, 8, "0" * 64).line
    with pytest.raises(AnchorUnreadableError, match="line 2"):
        read_anchors([good, line])


@pytest.mark.parametrize("typed", ["8", "8:abc", "0:0000000000000000", "8:000000000000000g", ""])
def test_too_little_on_paper_proves_nothing(typed: str) -> None:
    with pytest.raises(AnchorUnreadableError):
        noted(TENANT, typed)


def test_the_commands_from_paper_and_file(
    chain: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KAKANAI_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("KAKANAI_DATABASE_URL", chain.engine.url.render_as_string(hide_password=False))
    private, public, file = tmp_path / "key.pem", tmp_path / "key.pub", tmp_path / "anchors.jsonl"
    public.write_text(public_pem(create_key(private)), encoding="utf-8")

    def said(*arguments: str) -> tuple[int, str]:
        code = main(["journal", *arguments])
        return code, capsys.readouterr().out

    for _ in range(2):
        assert said("anchor", "--out", str(file), "--key", str(private))[0] == 0
    assert len(file.read_text(encoding="utf-8").splitlines()) == 2, "a day's line follows the day before"
    code, printed = said("anchor")
    paper = printed.split(" ", 2)[2].strip()
    assert code == 0
    assert paper.startswith("8: ")
    checks = ("verify", "--anchor", str(file), "--key", str(public), "--noted")
    # The one from paper is signed by nobody.
    assert said(*checks, paper)[0] == 1
    assert said("verify", "--anchor", str(file), "--noted", paper)[0] == 0
    assert said("verify", "--noted", "8")[0] == 2
    assert said("verify", "--anchor", str(tmp_path / "none"))[0] == 2
    assert said("anchor", "--key", str(public))[0] == 2
    shortened(chain, 6)
    code, answer = said("verify", "--anchor", str(file), "--key", str(public), "--json")
    told = json.loads(answer)
    assert (code, told["whole"], told["anchors"]) == (1, False, 2)
    assert [one["seq"] for one in told["broken_anchors"]] == [8, 8]
    assert all(tenant["broken_at"] is None for tenant in told["tenants"])
    assert "控えと違います" in said("verify", "--noted", paper)[1]
