"""Exchange by files: whole or not there, byte for byte, and honest about what is not known yet."""

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from core_adapter.conformance import move
from core_adapter.csv_exchange import CsvExchangeAdapter, notification_csv, notification_of
from core_adapter.csv_format import BadFile, NoFile, manifest_of, publish, read
from core_adapter.mapping import load_codes, resident_from_wire, resident_to_wire
from core_adapter.models import Annotations, FollowUp, Notification, ResidentQuery
from core_adapter.ports import CoreMalformed, CoreOutcomeUnknown, CoreRefused, CoreUnavailable
from core_adapter.sandbox.filedrop import FileDrop
from core_adapter.sandbox.seed import load_seed
from core_adapter.sandbox.store import Store

NOW = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
SEED = load_seed()
STANDARD = load_codes("standard")
RARE = "5100000069"


class Exchange:
    def __init__(self, folder: Path) -> None:
        self.folder = folder / "exchange"
        self.store = Store(folder / "core.sqlite3", SEED, NOW)
        self.drop = FileDrop(self.folder, self.store, SEED)
        self.adapter = CsvExchangeAdapter(self.folder)
        self.drop.run(NOW)

    def notification(self, key: str = "by-a-file") -> Notification:
        household = self.adapter.household(RARE)
        assert household
        return move(household, SEED.towns[0].address("9番9号"), key=key, now=NOW)

    def files(self, where: str) -> list[str]:
        return sorted(path.name for path in (self.folder / where).glob("*.csv"))


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[Exchange]:
    exchange = Exchange(tmp_path)
    yield exchange
    exchange.store.close()


def rewrite(path: Path, content: bytes) -> None:
    """Changes a published file as the core itself would: with a manifest that fits."""
    rows = content.count(b"\r\n") - 1
    publish(path, content, rows, NOW.isoformat())


def test_everybody_survives_the_files(exchange: Exchange) -> None:
    rows = read(exchange.folder / "feed" / "residents.csv").rows
    assert len(rows) == len(SEED.residents)
    for resident in SEED.residents:
        household = exchange.adapter.household(resident.household_id)
        assert household
        assert resident in household.members


def test_a_notification_survives_the_file_with_everything_in_it(exchange: Exchange, tmp_path: Path) -> None:
    notification = exchange.notification()
    subject = notification.subjects[0].model_copy(
        update={"notes": Annotations(national_health_insurance=True, pension="first", child_allowance=False)}
    )
    later = FollowUp(
        procedure_id="R126", department="子育て支援課", klass="A", due=date(2026, 12, 7), state="引継"
    )
    notification = notification.model_copy(
        update={"subjects": [subject, *notification.subjects[1:]], "follow_ups": [later]}
    )
    content, rows = notification_csv(notification, STANDARD)
    publish(tmp_path / "n.csv", content, rows, NOW.isoformat())
    assert notification_of(read(tmp_path / "n.csv"), STANDARD) == notification
    assert notification_csv(notification, STANDARD)[0] == content


def test_the_file_is_what_the_paper_on_it_says(exchange: Exchange) -> None:
    """UTF-8 without a mark, CRLF, a heading row, characters as they are, a manifest that fits."""
    with pytest.raises(CoreOutcomeUnknown, match="awaiting_ack"):
        exchange.adapter.submit(exchange.notification())
    (name,) = exchange.files("out")
    path = exchange.folder / "out" / name
    content = path.read_bytes()
    assert content.startswith("レコード区分,届出ID,".encode())
    assert content.count(b"\r\n") == 1 + 1 + 6
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert "𠮷見　実".encode() in content
    manifest = json.loads(manifest_of(path).read_bytes())
    assert manifest["sha256"] == hashlib.sha256(content).hexdigest()
    assert manifest["rows"] == 7
    assert [p for p in path.parent.iterdir() if p.name.startswith(".")] == []


def test_variation_selectors_and_the_rest_are_not_touched(exchange: Exchange) -> None:
    names = {row["氏名"] for row in read(exchange.folder / "feed" / "residents.csv").rows}
    assert names == {resident.name.display for resident in SEED.residents}


def test_waiting_does_not_send_twice_and_an_answer_ends_it(exchange: Exchange) -> None:
    notification = exchange.notification()
    for _ in range(3):
        with pytest.raises(CoreOutcomeUnknown):
            exchange.adapter.submit(notification)
    assert len(exchange.files("out")) == 1
    assert exchange.adapter.receipt(notification.key) is None
    exchange.drop.run(NOW)
    assert exchange.files("out") == []
    receipt = exchange.adapter.submit(notification)
    assert receipt.duplicate
    assert exchange.files("out") == []


def test_a_job_that_died_after_acknowledging_reads_again_with_the_same_result(exchange: Exchange) -> None:
    notification = exchange.notification()
    with pytest.raises(CoreOutcomeUnknown):
        exchange.adapter.submit(notification)
    (name,) = exchange.files("out")
    exchange.drop.run(NOW)
    first = exchange.adapter.submit(notification)
    for part in (name, f"{name}.ok"):
        (exchange.folder / "out" / "done" / part).replace(exchange.folder / "out" / part)
    exchange.drop.run(NOW)
    assert exchange.adapter.submit(notification) == first
    assert len(exchange.adapter.events(0).events) == 1


def test_a_refusal_is_told_once_and_the_same_contents_may_be_asked_again(exchange: Exchange) -> None:
    notification = exchange.notification()
    stale = notification.subjects[0].model_copy(update={"old_address": notification.subjects[0].new_address})
    wrong = notification.model_copy(update={"subjects": [stale, *notification.subjects[1:]]})
    with pytest.raises(CoreOutcomeUnknown):
        exchange.adapter.submit(wrong)
    exchange.drop.run(NOW)
    with pytest.raises(CoreRefused) as caught:
        exchange.adapter.submit(wrong)
    assert caught.value.code == "stale_address"
    assert "旧住所" in caught.value.reason
    with pytest.raises(CoreOutcomeUnknown):
        exchange.adapter.submit(wrong)


def test_keys_with_dots_do_not_meet(exchange: Exchange) -> None:
    with pytest.raises(CoreOutcomeUnknown):
        exchange.adapter.submit(exchange.notification("visit.2026.b012"))
    exchange.drop.run(NOW)
    assert exchange.adapter.receipt("visit.2026.b012")
    assert exchange.adapter.receipt("visit.2026") is None


def test_no_export_yet_is_unavailable(tmp_path: Path) -> None:
    adapter = CsvExchangeAdapter(tmp_path / "nothing")
    for call in (lambda: adapter.household(RARE), lambda: adapter.events(0), adapter.towns):
        with pytest.raises(CoreUnavailable, match="no_feed"):
            call()
    assert adapter.health().code == "no_feed"


def test_a_file_being_replaced_is_unavailable_and_a_damaged_one_never_believed(exchange: Exchange) -> None:
    path = exchange.folder / "feed" / "residents.csv"
    whole = path.read_bytes()
    for damaged in (whole[:-3], whole + b"x", whole.replace("実".encode(), "夫".encode()), b""):
        path.write_bytes(damaged)
        with pytest.raises(CoreUnavailable, match="incomplete"):
            exchange.adapter.household(RARE)
        assert exchange.adapter.health().code == "incomplete"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda text: text.encode("cp932", "replace"), "encoding"),
        (lambda text: text.replace("続柄", "関係", 1).encode(), "columns"),
        (lambda text: text.replace("氏名,", "続柄,", 1).encode(), "columns"),
        (lambda text: text.replace("\r\n", ",x\r\n", 2).replace(",x", "", 1).encode(), "columns"),
        (lambda text: text.replace(",子の妻,", ",孫,").encode(), "schema"),
        (lambda text: text.replace("ミノル,1,", "ミノル,yes,").encode(), "value"),
        (lambda text: text.replace("𠮷見　実", "𠮷見\x07実", 1).encode(), "schema"),
    ],
)
def test_an_export_that_breaks_the_form_is_malformed(
    exchange: Exchange, change: Callable[[str], bytes], code: str
) -> None:
    path = exchange.folder / "feed" / "residents.csv"
    before = path.read_bytes()
    content = change(before.decode())
    assert content != before
    rewrite(path, content)
    with pytest.raises(CoreMalformed, match=code):
        exchange.adapter.household(RARE)


def test_an_unknown_code_and_a_column_more_are_kept(exchange: Exchange) -> None:
    path = exchange.folder / "feed" / "residents.csv"
    table = list(csv.reader(io.StringIO(path.read_bytes().decode(), newline="")))
    table[0].append("自治会")
    for line in table[1:]:
        line.append("第三自治会" if line[0] == "2100000167" else "")
        line[table[0].index("支援措置")] = "調査中"
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(table)
    rewrite(path, text.getvalue().encode())
    household = exchange.adapter.household(RARE)
    assert household
    assert {member.protection for member in household.members} == {"unknown"}
    kept = {(u.field, u.raw) for u in household.members[0].unmapped}
    assert kept == {("protection", "調査中"), ("自治会", "第三自治会")}


@pytest.mark.parametrize(
    "number", ["123456789012", "1234-5678-9012", "１２３４５６７８９０１２", "1234 5678 9012"]
)
def test_an_individual_number_is_dropped_at_the_door(number: str) -> None:
    wire = resident_to_wire(SEED.residents[0], STANDARD)
    resident = resident_from_wire(
        {**wire, "個人番号": number, "備考": {"x": [f"番号は{number}です"]}}, STANDARD
    )
    assert [u.field for u in resident.unmapped if u.field in ("個人番号", "備考")]
    stored = resident.model_dump_json()
    assert number not in stored
    assert "5678" not in stored
    assert "５６７８" not in stored


def test_a_feed_that_lost_a_line_is_malformed(exchange: Exchange) -> None:
    with pytest.raises(CoreOutcomeUnknown):
        exchange.adapter.submit(exchange.notification())
    exchange.drop.run(NOW)
    exchange.store.settle("by-a-file", "registered", NOW)
    exchange.drop.run(NOW)
    path = exchange.folder / "feed" / "events.csv"
    head, first, second = path.read_bytes().splitlines(keepends=True)
    rewrite(path, head + second)
    with pytest.raises(CoreMalformed, match="feed_gap"):
        exchange.adapter.events(0)
    rewrite(path, head + first + second)
    assert [event.kind for event in exchange.adapter.events(1).events] == ["registered"]


def test_a_file_without_its_manifest_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"x\r\n")
    with pytest.raises(NoFile):
        read(tmp_path / "a.csv")
    manifest_of(tmp_path / "a.csv").write_bytes(b"{")
    with pytest.raises(BadFile, match="incomplete"):
        read(tmp_path / "a.csv")


def test_search_words_find_people_in_the_export(exchange: Exchange) -> None:
    (match,) = exchange.adapter.search(ResidentQuery(name="吉見　実", birth="19580303"))
    assert match.differences == ["name_variant"]
