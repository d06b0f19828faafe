"""No personal byte in the database file: not in a table, not in the write-ahead log, in no spelling.

Whoever takes the disk or a backup without the key file must find nobody in it.
"""

import json
from base64 import b64encode
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from sqlmodel import select

from core_adapter.mock import MockCoreAdapter
from core_adapter.models import Resident
from server.db.vault import KeyDestroyedError, Vault, VaultDamagedError
from server.journal.service import record
from server.kit import clock
from server.queue.models import CardRead
from server.reception import confirmation, prefill
from server.retention import service as retention
from server.submissions import service as submissions
from server.submissions.models import Submission
from server.web.services import Services
from server.worklists import queries as worklist_queries
from server.worklists import service as worklists
from tests.factories.people import staff
from tests.factories.visits import FOUR, Visit, card_of
from tests.support_databases import TABLES

TYPED = "見本太郎さんの希望により"


def spellings(text: str) -> list[bytes]:
    """How one value could lie on a disk."""
    return [
        text.encode("utf-8"),
        json.dumps(text)[1:-1].encode(),
        json.dumps(json.dumps(text)[1:-1])[1:-1].encode(),
        quote(text).encode(),
        b64encode(text.encode("utf-8")).rstrip(b"=")[:-1],
        text.encode("utf-16-le"),
        text.replace("　", "").encode("utf-8"),
        text.replace("　", " ").encode("utf-8"),
    ]


def canaries(household: list[Resident]) -> dict[str, list[bytes]]:
    """Everything about these people that must stay sealed, by what it is."""
    card = card_of("mihon_taro")
    found = {"typed by staff": TYPED, "card's name": card.name, "card's address": card.address}
    for resident in household:
        found[f"name of {resident.resident_id}"] = resident.name.display
        found[f"kana of {resident.resident_id}"] = resident.name.kana
        found[f"number of {resident.resident_id}"] = resident.resident_id
        found[f"birth of {resident.resident_id}"] = str(resident.birth.value)
        found[f"birth of {resident.resident_id} as the card has it"] = str(resident.birth.value).replace(
            "-", ""
        )
    found |= {
        "old address": household[0].address.text,
        "new address": "若葉町一丁目５番６号",
        "town": "花見台二丁目",
    }
    found |= {"household": household[0].household_id, "core's sentence": "審査の結果、登録できませんでした"}
    return {what: spellings(value) for what, value in found.items()}


def raw(services: Services, folder: Path) -> bytes:
    """Every byte that the database keeps."""
    if services.settings.on_sqlite:
        files = sorted(folder.glob("kakanai.db*"))
        assert any(path.name.endswith("-wal") for path in files)
        return b"\x00".join(path.read_bytes() for path in files)
    with psycopg.connect(services.settings.url) as connection:
        parts = []
        for name in TABLES:
            with connection.cursor().copy(f"COPY public.{name} TO STDOUT (FORMAT binary)") as copy:
                parts += list(copy)
        return b"".join(bytes(part) for part in parts)


def found_in(content: bytes, wanted: dict[str, list[bytes]]) -> list[str]:
    return [what for what, forms in wanted.items() if any(form in content for form in forms)]


def whole_visit(services: Services, core: MockCoreAdapter) -> Visit:
    """Everything that a visit can put into the database, and a rejection that brings words back."""
    visit = Visit.at(services, "intake", FOUR, pdf=None)
    found = prefill.search(core, {"name": "見本　花子", "kana": "ミホン"})
    with services.db.write() as unit:
        reception, key = visit.locked(unit)
        record(
            unit,
            visit.clerk,
            "reception.searched",
            reception.id,
            key=key,
            found=1,
            core="up",
            reason="asked",
            query={"name": "見本　花子"},
        )
    assert found is not None
    visit.enter(
        name="見本　さくら",
        birth="2016-06-18",
        relationship="子",
        is_head=False,
        address="花見台二丁目3番4号",
    )
    visit.gather()
    visit.settle()
    visit.fact("phone", "0999-00-0000")
    visit.prepare()
    with services.db.write() as unit:
        reception, key = visit.locked(unit)
        confirmation.reopen(unit, visit.clerk, reception, key, TYPED)
    visit.prepare()
    visit.confirm()
    visit.accept()
    held = (services.db, services.system, services.vault, core, worklists.on_submission)
    submissions.send_due(*held)
    with services.db.read() as unit:
        sent = unit.session.exec(select(Submission)).one()
        item = next(
            line
            for line in worklist_queries.lines(unit, visit.clerk)
            if not line.procedure_id.startswith("core.")
        )
    assert core.settle(sent.key, "rejected")
    submissions.record_acks(*held)
    department = staff(services.db, "supervisor1")
    with services.db.write() as unit:
        worklists.give_back(unit, department, services.vault, item.item_id, TYPED)
    return visit


def test_a_visit_leaves_nobody_in_the_database(
    services: Services, core: MockCoreAdapter, tmp_path: Path
) -> None:
    household = core.household("5100000018")
    assert household is not None
    wanted = canaries(household.members)
    whole_visit(services, core)
    other = Visit.opened(services, "kaku_kenichi", desk="2")
    other.identify()
    other.abandon(TYPED)
    assert found_in(raw(services, tmp_path), wanted) == []


def test_the_search_would_find_them(services: Services, core: MockCoreAdapter, tmp_path: Path) -> None:
    """One careless field, and the test above has to fail: in each spelling that a program may write."""
    household = core.household("5100000018")
    assert household is not None
    wanted = canaries(household.members)
    for leak, what in (
        ("見本　太郎", "card's name"),
        (json.dumps("見本　ウメ"), "name of 2100000043"),
        ('{"birth": "1945-02-01"}', "birth of 2100000043"),
        (quote("花見台二丁目"), "town"),
    ):
        with services.db.write() as unit:
            record(unit, services.system, "ticket.absent", "t", label=leak)
        assert what in found_in(raw(services, tmp_path), wanted)


def test_sealed_things_open_only_with_the_key(services: Services, core: MockCoreAdapter) -> None:
    visit = whole_visit(services, core)
    before = visit.workspace()
    assert before.members[0].name == "見本　太郎"
    assert before.submissions[0].reason is not None
    other = Services(**{**vars(services), "vault": Vault(bytes(32))})
    with pytest.raises(VaultDamagedError, match="key file"):
        Visit(other, visit.clerk, visit.reception_id, visit.ticket).workspace()


def test_after_its_time_a_reception_cannot_be_read_by_anybody(
    services: Services, core: MockCoreAdapter
) -> None:
    """住民基本台帳法施行令34条4項: kept for one year from acceptance."""
    visit = whole_visit(services, core)
    with services.db.read() as unit:
        assert retention.purge(unit, services.system, services.vault) == 0
    clock.start_at(clock.now() + timedelta(days=365))
    with services.db.write() as unit:
        assert retention.purge(unit, services.system, services.vault) == 0
    clock.start_at(clock.now() + timedelta(days=1, seconds=1))
    with services.db.write() as unit:
        assert retention.purge(unit, services.system, services.vault) == 1
        assert retention.purge(unit, services.system, services.vault) == 0
    with pytest.raises(KeyDestroyedError):
        visit.workspace()
    with services.db.read() as unit:
        for read in unit.all(select(CardRead)):
            assert read.erased_at is not None
            assert read.sealed is None
    # What is left of it does not stop the rest of the office.
    submissions.send_due(services.db, services.system, services.vault, core, worklists.on_submission)
    submissions.record_acks(services.db, services.system, services.vault, core, worklists.on_submission)


def test_the_card_is_forgotten_with_the_visit(services: Services) -> None:
    """What the intake needs of it lies under the intake's own key; a second copy would outlive it."""
    visit = Visit.at(services, "accepted", FOUR, pdf=None)
    with services.db.read() as unit:
        assert [read.erased_at for read in unit.all(select(CardRead))] == [None]
    visit.close()
    with services.db.read() as unit:
        read = unit.session.exec(select(CardRead)).one()
        assert read.erased_at is not None
        assert read.sealed is None
    assert visit.workspace().members[0].name == "見本　太郎"


def test_what_a_card_said_is_gone_when_the_intake_is_given_up(services: Services) -> None:
    visit = Visit.at(services, "attached")
    visit.abandon()
    with services.db.read() as unit:
        assert [read.sealed for read in unit.all(select(CardRead))] == [None]
    with pytest.raises(KeyDestroyedError):
        visit.workspace()
