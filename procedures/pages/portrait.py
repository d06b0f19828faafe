"""A rule in words, part by part, as those who decide upon it read it; and which parts two catalogues word
differently.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from procedures.engine.catalogue import Catalogue, DeadlineSpec, Face, Rule
from procedures.engine.deadlines import period_words
from procedures.pages.catalogue_words import condition
from procedures.schema.rules import EarliestModel, OffsetModel, TextDeadlineModel
from procedures.terms.text import Text

_NOTHING = Text("", "")
_UNKNOWN = Text("担当課に確認", "ask the department")
_FREE = Text("無料", "free of charge")
_UNDECIDED = Text("未定", "not decided yet")
_ALWAYS = Text("すべての方", "everybody")


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a rule: name, department, deadline, fee, forms, documents, applicants, note,
    lost_if_missed, handling, legal_basis or when; of the main form, or of a variant in these words.
    """

    key: str
    variant: Text | None
    words: Text


@dataclass(frozen=True, slots=True)
class Redrawn:
    """A rule that two catalogues describe differently. kind: appeared | disappeared | changed.

    `parts`: what differs, before and after (empty where there is nothing). `why`: a municipality's reason for
    taking a rule away.
    """

    id: str
    name: Text
    kind: str
    parts: tuple[tuple[str, Text | None, Text, Text], ...] = ()
    why: Text | None = None


def portrait(rule: Rule, catalogue: Catalogue) -> list[Part]:
    """Every part of a rule that says something, then what its variants change."""
    main = _face(rule.face, catalogue)
    when = condition(rule.when, catalogue)
    parts = [Part(key, None, words) for key, words in main.items() if words.ja]
    parts.append(Part("when", None, when if when.ja else _ALWAYS))
    for variant in rule.variants:
        named = condition(variant.when, catalogue)
        own = _face(variant.face, catalogue)
        parts += [Part(key, named, words) for key, words in own.items() if words != main[key]]
    return parts


def in_force(catalogue: Catalogue, day: date) -> dict[str, Rule]:
    """The rules that count on a day, by id."""
    return {rule.id: rule for rule in catalogue.at(day).rules if rule.in_force(day)}


def redrawn(old: Catalogue, new: Catalogue, day: date) -> list[Redrawn]:
    """The rules of a day that differ, in the order of their ids."""
    return list(_redrawn(old, new, day))


def _redrawn(old: Catalogue, new: Catalogue, day: date) -> Iterator[Redrawn]:
    before, after = in_force(old, day), in_force(new, day)
    for name in sorted({*before, *after}):
        if name not in before:
            yield Redrawn(name, after[name].face.name, "appeared")
        elif name not in after:
            yield Redrawn(name, before[name].face.name, "disappeared", why=new.at(day).disabled.get(name))
        else:
            parts = tuple(_different(portrait(before[name], old), portrait(after[name], new)))
            if parts:
                yield Redrawn(name, after[name].face.name, "changed", parts)


def _different(was: list[Part], now: list[Part]) -> Iterator[tuple[str, Text | None, Text, Text]]:
    old = {(part.key, part.variant): part.words for part in was}
    new = {(part.key, part.variant): part.words for part in now}
    for place in dict.fromkeys([*old, *new]):
        left, right = old.get(place, _NOTHING), new.get(place, _NOTHING)
        if left != right:
            yield (*place, left, right)


def _face(face: Face, catalogue: Catalogue) -> dict[str, Text]:
    department = face.department
    desk = department.desk or _NOTHING
    return {
        "name": face.name,
        "department": Text(
            f"{department.name.ja} {desk.ja}".strip(), f"{department.name.en} {desk.en}".strip()
        ),
        "deadline": deadline_words(face.deadline, catalogue),
        "fee": _fee(face),
        "forms": _joined([form.name for form in face.forms]),
        "documents": _joined([document.name for document in face.documents]),
        "applicants": _joined([applicant.name for applicant in face.applicants]),
        "note": face.note or _NOTHING,
        "lost_if_missed": face.lost_if_missed or _NOTHING,
        "confirm": face.confirm or _NOTHING,
        "handling": catalogue.codes.groups[face.group].text()
        if face.group in catalogue.codes.groups
        else _NOTHING,
        "legal_basis": Text("、".join(face.legal_basis), "、".join(face.legal_basis)),
    }


def deadline_words(spec: DeadlineSpec, catalogue: Catalogue) -> Text:
    """A deadline without a day: from what it counts and how long."""
    if isinstance(spec, TextDeadlineModel):
        return spec.words.text()
    if isinstance(spec, OffsetModel):
        return period_words(spec, catalogue.facts[spec.start].label)
    if isinstance(spec, EarliestModel):
        each = [deadline_words(one, catalogue) for one in spec.of]
        return Text(
            "次のうち早い方：" + "、".join(one.ja for one in each),
            "the earliest of: " + ", ".join(one.en for one in each),
        )
    return _UNKNOWN


def _fee(face: Face) -> Text:
    fee = face.fee
    if fee is None:
        return _NOTHING
    if fee.yen is None:
        amount = _UNDECIDED
    else:
        amount = Text(f"{fee.yen:,}円", f"{fee.yen:,} yen") if fee.yen else _FREE
    per, note = fee.per or _NOTHING, fee.note or _NOTHING
    ja = (f"{per.ja}につき" if per.ja else "") + amount.ja + (f"（{note.ja}）" if note.ja else "")
    en = amount.en + (f" {per.en}" if per.en else "") + (f" ({note.en})" if note.en else "")
    return Text(ja, en)


def _joined(several: list[Text]) -> Text:
    return Text(
        "、".join(one.ja for one in several),
        ", ".join(one.en for one in several),
        "、".join(one.easy or one.ja for one in several),
    )
