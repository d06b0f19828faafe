"""The core by files (exchange levels L2 and L3): for cores that import and export CSV instead of answering.

Under one folder, shared with the core's own import job:
  out/<key>.<digest>.csv   notifications, one file each (the core moves what it has read to out/done/)
  ack/<key>.<digest>.csv   what the core says of such a file
  feed/{residents,events,towns}.csv   the core's own data, replaced as a whole
Files have the form of `csv_format`. The answer to a notification comes later, so `submit` says
CoreOutcomeUnknown("awaiting_ack") until the acknowledgement is there; submitting again is how to ask.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from core_adapter.csv_format import (
    RECORD,
    BadFile,
    NoFile,
    Published,
    Wire,
    from_row,
    manifest_of,
    publish,
    read,
    record_columns,
    set_aside,
    to_bytes,
    to_row,
)
from core_adapter.mapping import (
    Codes,
    household_from_wire,
    load_codes,
    notification_from_wire,
    notification_to_wire,
    pick,
    resident_from_wire,
    strictly,
)
from core_adapter.matching import rank
from core_adapter.models import (
    FeedEvent,
    FeedPage,
    Household,
    Notification,
    Receipt,
    ResidentMatch,
    ResidentQuery,
    Town,
)
from core_adapter.ports import (
    CoreHealth,
    CoreMalformed,
    CoreOutcomeUnknown,
    CoreRefused,
    CoreUnavailable,
)

T = TypeVar("T")
ACCEPTED = "accepted"
_SUBJECT, _FOLLOW_UP, _FILING = "異動者", "後続手続", "届出"


def notification_csv(notification: Notification, codes: Codes) -> tuple[bytes, int]:
    """The file for a notification and its number of rows; the same notification gives the same bytes."""
    wire = notification_to_wire(notification, codes)
    rows = [
        {RECORD: _FILING, **to_row(_FILING, wire)},
        *({RECORD: _SUBJECT, **to_row(_SUBJECT, subject)} for subject in wire["subjects"]),
        *({RECORD: _FOLLOW_UP, **to_row(_FOLLOW_UP, later)} for later in wire["follow_ups"]),
    ]
    columns = record_columns()
    headings = [c.heading for record in (_FILING, _SUBJECT, _FOLLOW_UP) for c in columns[record]]
    return to_bytes([RECORD, *headings], rows), len(rows)


def notification_of(file: Published, codes: Codes) -> Notification:
    """The core's end of `notification_csv`. Raises ValueError or BadFile."""
    wires: dict[str, list[Wire]] = {_FILING: [], _SUBJECT: [], _FOLLOW_UP: []}
    for row in file.rows:
        record = row.get(RECORD, "")
        if record not in wires:
            raise BadFile("columns")
        own = {column.heading for column in record_columns()[record]}
        wires[record].append(from_row(record, {h: cell for h, cell in row.items() if h in own}))
    if len(wires[_FILING]) != 1:
        raise BadFile("columns")
    (filing,) = wires[_FILING]
    whole = {**filing, "subjects": wires[_SUBJECT], "follow_ups": wires[_FOLLOW_UP]}
    return notification_from_wire(whole, codes)


class CsvExchangeAdapter:
    """A CoreAdapter over a folder. Reads are as old as the core's last export: `Household.as_of` says."""

    def __init__(self, address: str | Path, *, codes: Codes | None = None) -> None:
        """address: the folder, as a path or as file:///…; anything else is a ValueError."""
        parts = urlsplit(str(address))
        if parts.scheme not in ("", "file") or parts.netloc:
            raise ValueError("the core's address must be the exchange folder: file:///path/of/the/folder")
        self._folder = Path(unquote(parts.path) if parts.scheme else str(address))
        self._codes = codes or load_codes("standard")

    def search(self, query: ResidentQuery) -> list[ResidentMatch]:
        """See CoreAdapter."""
        if query == ResidentQuery():
            return []
        file = self._feed("residents")
        return rank(
            query, _trusted(lambda: [resident_from_wire(w, self._codes) for w in _wires("住民", file)])
        )

    def household(self, household_id: str) -> Household | None:
        """See CoreAdapter."""
        file = self._feed("residents")
        members = _trusted(lambda: [w for w in _wires("住民", file) if w["household_id"] == household_id])
        if not members:
            return None
        head = next((member["resident_id"] for member in members if member["is_head"]), None)
        wire = {
            "household_id": household_id,
            "head_id": head,
            "address": members[0]["address"],
            "members": members,
            "as_of": file.as_of,
        }
        return _trusted(lambda: household_from_wire(wire, self._codes))

    def submit(self, notification: Notification) -> Receipt:
        """See CoreAdapter and the module: usually CoreOutcomeUnknown("awaiting_ack") the first time."""
        content, rows = notification_csv(notification, self._codes)
        digest = hashlib.sha256(content).hexdigest()
        name = f"{notification.key}.{digest[:16]}.csv"
        for path, ack in self._acks(notification.key):
            if ack["code"] == ACCEPTED:
                if ack["sha256"] != digest:
                    raise CoreRefused("key_conflict", "同じ番号で内容の違う届出をすでに送っています。")
                return _receipt(ack, duplicate=True)
            if path.name == name:
                # Read once: the same contents sent again later are a new question.
                set_aside(path)
                raise CoreRefused(ack["code"], ack["reason"] or "")
        path = self._folder / "out" / name
        if not manifest_of(path).exists():
            publish(path, content, rows, notification.received_at.isoformat())
        raise CoreOutcomeUnknown("awaiting_ack")

    def receipt(self, key: str) -> Receipt | None:
        """See CoreAdapter."""
        accepted = [ack for _, ack in self._acks(key) if ack["code"] == ACCEPTED]
        return _receipt(accepted[0], duplicate=False) if accepted else None

    def events(self, after: int, limit: int = 100) -> FeedPage:
        """See CoreAdapter."""
        file = self._feed("events")
        events = _trusted(lambda: [self._event(wire) for wire in _wires("履歴", file)])
        if [event.seq for event in events] != list(range(1, len(events) + 1)):
            raise CoreMalformed("feed_gap")
        page = events[after : after + limit]
        whole = {"events": [], "next_after": after + len(page), "as_of": file.as_of}
        return _trusted(lambda: strictly(FeedPage, whole)).model_copy(update={"events": page})

    def towns(self) -> list[Town]:
        """See CoreAdapter."""
        file = self._feed("towns")
        return _trusted(lambda: [strictly(Town, pick(Town, wire)) for wire in _wires("町字", file)])

    def health(self) -> CoreHealth:
        """Whether the core has exported and the folder can be written; `as_of` says how old that is."""
        try:
            self._feed("residents")
            (self._folder / "out").mkdir(parents=True, exist_ok=True)
        except (CoreUnavailable, CoreMalformed) as error:
            return CoreHealth(ok=False, code=error.code)
        except OSError:
            return CoreHealth(ok=False, code="folder")
        return CoreHealth(ok=True)

    def _event(self, wire: Wire) -> FeedEvent:
        kind = self._codes.decode("event_kind", wire.get("kind_code"))
        return strictly(FeedEvent, pick(FeedEvent, {**wire, "kind": kind}))

    def _feed(self, name: str) -> Published:
        try:
            return read(self._folder / "feed" / f"{name}.csv")
        except NoFile:
            raise CoreUnavailable("no_feed") from None
        except BadFile as error:
            if str(error) == "incomplete":
                # The core may be replacing it this very moment; a damaged one stays so and shows in health().
                raise CoreUnavailable("incomplete") from None
            raise CoreMalformed(str(error)) from None

    def _acks(self, key: str) -> Iterator[tuple[Path, Wire]]:
        for path in sorted((self._folder / "ack").glob(f"{key}.*.csv")):
            if key_of(path) != key:
                continue
            try:
                (wire,) = _wires("取込結果", read(path))
            except NoFile:
                continue
            except (BadFile, ValueError):
                raise CoreMalformed("ack") from None
            if wire["key"] != key:
                raise CoreMalformed("wrong_key")
            yield path, wire


def key_of(path: Path) -> str:
    """The notification's key in a name <key>.<digest>.csv; keys may have dots of their own."""
    return path.name.rsplit(".", 2)[0]


def _wires(record: str, file: Published) -> list[Wire]:
    return [from_row(record, row) for row in file.rows]


def _receipt(ack: Wire, *, duplicate: bool) -> Receipt:
    return _trusted(lambda: strictly(Receipt, {**pick(Receipt, ack), "duplicate": duplicate}))


def _trusted(build: Callable[[], T]) -> T:
    """What build returns; whatever the file has wrong becomes CoreMalformed, without quoting it."""
    try:
        return build()
    except BadFile as error:
        raise CoreMalformed(str(error)) from None
    except ValueError:
        raise CoreMalformed("schema") from None
