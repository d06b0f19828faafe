"""What the invented core checks before 仮登録, and what 本登録 changes. Pure.

The checks are those a core makes so that nobody's record is changed by mistake: the people are who the
notification says, live where it says, and are not being moved by another notification.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass

from core_adapter.matching import fold_name
from core_adapter.models import Notification, Resident, Subject, Town

REASONS = {
    "wrong_municipality": "この市の届出ではありません。",
    "moved_on_after_filed_on": "異動日が届出日より後になっています。",
    "duplicate_subject": "同じ人が異動者に2回含まれています。",
    "unknown_resident": "異動者に、住民記録にない人が含まれています。",
    "wrong_household": "異動者に、届出の世帯に属さない人が含まれています。",
    "person_mismatch": "異動者の氏名または生年月日が住民記録と一致しません。",
    "stale_address": "異動者の旧住所が現在の住民記録と一致しません。すでに異動している可能性があります。",
    "scope_mismatch": "「全部」「一部」の区分と異動者が合いません。",
    "unknown_town": "新しい住所の町名がこの市の町字にありません。",
    "different_addresses": "異動者の新しい住所が一つにそろっていません。",
    "same_address": "新しい住所が現在の住所と同じです。",
    "unknown_household": "異動先の世帯が住民記録にありません。",
    "household_elsewhere": "異動先の世帯の住所が新しい住所と違います。",
    "head_mismatch": "新しい世帯の世帯主と続柄が合いません。",
    "protection_not_carried": "支援措置のある人の届出に、支援措置の印がありません。",
    "pending_exists": "異動者に、仮登録中の別の届出があります。",
    "key_conflict": "同じ番号で内容の違う届出をすでに受け付けています。",
    "desk_review": "審査の結果、登録できませんでした。届出の内容を確認してください。",
}
"""Every code with which this core refuses or rejects, and the sentence it gives the staff."""
REJECTION = ("desk_review", REASONS["desk_review"])
"""What a rejection in place of 本登録 says."""


@dataclass(frozen=True)
class Refusal:
    """A permanent no."""

    code: str

    @property
    def reason(self) -> str:
        """The sentence for staff."""
        return REASONS[self.code]


@dataclass(frozen=True)
class Register:
    """What the core knows when a notification comes in. pending: resident ids with a 仮登録 under way."""

    municipality_code: str
    towns: Mapping[str, Town]
    residents: Mapping[str, Resident]
    pending: Set[str]

    def household(self, household_id: str) -> list[Resident]:
        """Present members, in the record's order."""
        return [r for r in self.residents.values() if r.household_id == household_id]


def refusal(notification: Notification, register: Register) -> Refusal | None:
    """The first thing wrong with the notification, or None when it can be taken as 仮登録."""
    code = (
        _wrong_at_all(notification, register)
        or _wrong_people(notification, register)
        or _wrong_destination(notification, register)
        or _wrong_head(notification, register)
    )
    return Refusal(code) if code else None


def _wrong_at_all(notification: Notification, register: Register) -> str | None:
    if notification.municipality_code != register.municipality_code:
        return "wrong_municipality"
    if notification.moved_on > notification.filed_on:
        return "moved_on_after_filed_on"
    ids = [subject.resident_id for subject in notification.subjects]
    return "duplicate_subject" if len(set(ids)) != len(ids) else None


def _wrong_people(notification: Notification, register: Register) -> str | None:
    household = notification.household
    for subject in notification.subjects:
        record = register.residents.get(subject.resident_id)
        if record is None:
            return "unknown_resident"
        if record.household_id != household.old_id:
            return "wrong_household"
        if not _same_person(subject, record):
            return "person_mismatch"
        if subject.old_address.text != record.address.text:
            return "stale_address"
        if record.protection == "yes" and not subject.protected:
            return "protection_not_carried"
        if record.resident_id in register.pending:
            return "pending_exists"
    whole = len(notification.subjects) == len(register.household(household.old_id))
    if whole != (notification.scope == "全部") or (household.joins == "same" and not whole):
        return "scope_mismatch"
    return None


def _same_person(subject: Subject, record: Resident) -> bool:
    return subject.birth == record.birth and fold_name(subject.name) == fold_name(record.name.display)


def _wrong_destination(notification: Notification, register: Register) -> str | None:
    household, first = notification.household, notification.subjects[0]
    town = register.towns.get(first.new_address.town_code)
    if town is None or town.town != first.new_address.town:
        return "unknown_town"
    if any(subject.new_address != first.new_address for subject in notification.subjects):
        return "different_addresses"
    if any(subject.new_address.text == subject.old_address.text for subject in notification.subjects):
        return "same_address"
    if household.joins == "same":
        return None if household.new_id in (None, household.old_id) else "unknown_household"
    if household.joins == "new":
        return None if household.new_id is None else "unknown_household"
    there = register.household(household.new_id or "")
    if not there or household.new_id == household.old_id:
        return "unknown_household"
    return None if there[0].address.text == first.new_address.text else "household_elsewhere"


def _wrong_head(notification: Notification, register: Register) -> str | None:
    household = notification.household
    heads = {s.resident_id for s in notification.subjects if s.relationship == ["世帯主"]}
    if household.joins == "existing":
        there = {r.resident_id for r in register.household(household.new_id or "") if r.is_head}
        return "head_mismatch" if heads or household.head_id not in {None, *there} else None
    # An unset head_id leaves it to the relationships: one 世帯主 among them, or none (世帯主未設定).
    fits = heads == {household.head_id} if household.head_id else len(heads) <= 1
    return None if fits else "head_mismatch"


def registered(notification: Notification, register: Register, new_household_id: str) -> list[Resident]:
    """The records that 本登録 changes, as they are afterwards: the subjects, and a person left alone.

    new_household_id is used when the notification founds a household. Whoever remains as the only person of
    the old household becomes its head; of several, the core's own staff settle the head (世帯主未設定).
    """
    household = notification.household
    target = {
        "same": household.old_id,
        "new": new_household_id,
        "existing": household.new_id or household.old_id,
    }[household.joins]
    changed = [
        register.residents[subject.resident_id].model_copy(
            update={
                "household_id": target,
                "address": subject.new_address,
                "relationship": subject.relationship,
                "is_head": subject.relationship == ["世帯主"],
            }
        )
        for subject in notification.subjects
    ]
    moving = {subject.resident_id for subject in notification.subjects}
    remaining = [r for r in register.household(household.old_id) if r.resident_id not in moving]
    if len(remaining) == 1 and not remaining[0].is_head:
        changed.append(remaining[0].model_copy(update={"relationship": ["世帯主"], "is_head": True}))
    return changed
