"""The invented core's import and export job: the other end of `csv_exchange`'s folder."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from core_adapter.csv_exchange import ACCEPTED, key_of, notification_of
from core_adapter.csv_format import (
    BadFile,
    NoFile,
    Published,
    publish,
    read,
    record_columns,
    set_aside,
    to_bytes,
    to_row,
)
from core_adapter.mapping import load_codes, resident_to_wire
from core_adapter.sandbox.rules import REASONS, Refusal
from core_adapter.sandbox.seed import Seed
from core_adapter.sandbox.store import KeyConflict, Store


class FileDrop:
    """One pass of the nightly (or minutely) job each time `run` is called."""

    def __init__(self, folder: Path, store: Store, seed: Seed) -> None:
        self._folder = folder
        self._store = store
        self._seed = seed
        self._codes = load_codes("standard")

    def run(self, now: datetime) -> None:
        """Takes every delivered file, acknowledges each, then exports residents, events and towns."""
        for manifest in sorted((self._folder / "out").glob("*.csv.ok")):
            self._take(manifest.with_suffix(""), now)
        residents = [resident_to_wire(resident, self._codes) for resident in self._store.residents()]
        self._export("residents", "住民", residents, now)
        events = [event.model_dump(mode="json") for event in self._store.events(0, 1_000_000)]
        for event in events:
            event["kind_code"] = self._codes.encode("event_kind", event["kind"])
        self._export("events", "履歴", events, now)
        self._export("towns", "町字", [town.model_dump(mode="json") for town in self._seed.towns], now)

    def _take(self, path: Path, now: datetime) -> None:
        try:
            file = read(path)
        except (NoFile, BadFile):
            # Not whole, or not yet: it stays where it is, and the counter keeps waiting.
            return
        answer: dict[str, Any] = {
            "key": key_of(path),
            "sha256": file.sha256,
            "reason": None,
            "provisional_no": None,
            "accepted_at": now.isoformat(),
        }
        answer |= self._answer(file, now)
        content = to_bytes([c.heading for c in record_columns()["取込結果"]], [to_row("取込結果", answer)])
        publish(self._folder / "ack" / path.name, content, 1, now.isoformat())
        # Only now: a job that dies before this reads the file again, and the key makes it the same answer.
        set_aside(path)

    def _answer(self, file: Published, now: datetime) -> dict[str, Any]:
        try:
            notification = notification_of(file, self._codes)
            body = notification.model_dump_json()
            result = self._store.submit(notification, file.sha256, body, now, None, refuse=False)
        except KeyConflict:
            return {"code": "key_conflict", "reason": REASONS["key_conflict"]}
        except (ValueError, BadFile):
            return {"code": "invalid", "reason": "届出データの形式が正しくありません。"}
        if isinstance(result, Refusal):
            return {"code": result.code, "reason": result.reason}
        return {
            "code": ACCEPTED,
            "provisional_no": result.provisional_no,
            "accepted_at": result.accepted_at.isoformat(),
        }

    def _export(self, name: str, record: str, wires: Iterable[dict[str, Any]], now: datetime) -> None:
        rows = [to_row(record, wire) for wire in wires]
        content = to_bytes([column.heading for column in record_columns()[record]], rows)
        publish(self._folder / "feed" / f"{name}.csv", content, len(rows), now.isoformat())
